#include "retrieve/navigate/judge.h"

#include <math.h>
#include <string.h>

#include "platform/clock.h"

enum {
    CARD_BYTES = 1600,   /* of a node's own text */
    BATCH = 32,          /* cards asked about at once: the budget of time is looked at between batches */
    BYTES_PER_TOKEN = 4, /* to foresee what a card costs, and when a judge does not say */
    TOKENS_DEFAULT = 16384
};

static const double no_opinion = 0.25; /* what no opinion is worth: less than a good one, more than a bad one */

void sx_bench_init(sx_bench *bench, sx_mem *mem, const sx_judge *judge, const char *question, size_t len,
                   const llm_cancel *cancel)
{
    *bench = (sx_bench){.judge = judge && judge->judge ? judge : NULL,
                        .mem = mem,
                        .question = question,
                        .len = len,
                        .cancel = cancel,
                        .began = sx_clock_ms()};
    sx_map_init(&bench->known, mem);
    sx_arena_init(&bench->keys, mem);
}

void sx_bench_free(sx_bench *bench)
{
    sx_map_free(&bench->known);
    sx_arena_free(&bench->keys);
    sx_mem_free(bench->mem, bench->opinions);
}

/* ---- what was said before ---- */

static double *recall(const sx_bench *bench, const sx_asked *node)
{
    const uint32_t key[2] = {node->doc, node->node};
    uint32_t at = sx_map_get(&bench->known, (const char *)key, sizeof key);
    return at == SX_MAP_NONE ? NULL : &bench->opinions[at];
}

static llm_status remember(sx_bench *bench, const sx_asked *node)
{
    const uint32_t key[2] = {node->doc, node->node};
    const char *kept = sx_arena_strndup(&bench->keys, (const char *)key, sizeof key);
    if (!kept ||
        sx_mem_grow(bench->mem, (void **)&bench->opinions, &bench->cap, bench->n_opinions + 1, sizeof(double)) ||
        sx_map_put(&bench->known, kept, sizeof key, (uint32_t)bench->n_opinions))
        return LLM_E_MEMORY;
    bench->opinions[bench->n_opinions++] = node->judged;
    return LLM_OK;
}

/* ---- cards ---- */

/* Cuts at a code point. */
static size_t cut(const char *text, size_t len, size_t most)
{
    if (len <= most) return len;
    while (most && ((unsigned char)text[most] & 0xc0) == 0x80) most--;
    return most;
}

/* Where it stands, what it is called, and how it begins; of a section also what its parts are called. */
static llm_status write_card(sx_buf *out, const sx_tree *tree, uint32_t node)
{
    const sx_node *n = &tree->nodes[node];
    sx_tree_put_path(tree, node, out);
    sx_buf_char(out, '\n');
    bool parts = false;
    for (uint32_t c = n->first_child; c != SX_NO_NODE && out->len < CARD_BYTES; c = tree->nodes[c].next_sibling) {
        const sx_node *child = &tree->nodes[c];
        if (child->kind != LLM_NODE_SECTION || child->title_end <= child->title_start) continue;
        if (parts) sx_buf_str(out, "; ");
        sx_buf_add(out, tree->text + child->title_start, child->title_end - child->title_start);
        parts = true;
    }
    if (parts) sx_buf_char(out, '\n');
    size_t room = out->len < CARD_BYTES ? CARD_BYTES - out->len : 0;
    sx_buf_add(out, tree->text + n->start, cut(tree->text + n->start, n->end - n->start, room));
    return sx_buf_status(out);
}

/* ---- one batch ---- */

typedef struct batch {
    sx_arena arena;
    sx_card cards[BATCH];
    sx_asked *nodes[BATCH];
    double scores[BATCH];
    uint32_t n;
    uint64_t tokens; /* foreseen */
} batch;

static llm_status add_card(batch *b, const sx_bench *bench, sx_asked *node)
{
    sx_buf text;
    sx_buf_init(&text, bench->mem, 0);
    sx_card *card = &b->cards[b->n];
    *card = (sx_card){.doc = node->tree->name, .lexical = node->lexical};
    sx_tree_put_id(node->tree, node->node, &text);
    card->node = sx_arena_strndup(&b->arena, sx_buf_cstr(&text), text.len);
    sx_buf_clear(&text);
    llm_status status = write_card(&text, node->tree, node->node);
    card->text = status ? NULL : sx_arena_strndup(&b->arena, sx_buf_cstr(&text), text.len);
    card->len = text.len;
    sx_buf_free(&text);
    if (!card->node || !card->text) return LLM_E_MEMORY;
    b->tokens += (card->len + bench->len) / BYTES_PER_TOKEN + 1;
    b->nodes[b->n++] = node;
    return LLM_OK;
}

/* An opinion is a share of one; anything else is none. */
static double opinion(double score)
{
    if (!(score > -HUGE_VAL && score < HUGE_VAL)) return SX_NO_OPINION;
    return score < 0 ? 0 : score > 1 ? 1 : score;
}

static llm_status ask(sx_bench *bench, batch *b, llm_error *err)
{
    sx_judge_request request = {.question = bench->question,
                                .len = bench->len,
                                .cards = b->cards,
                                .n = b->n,
                                .scores = b->scores,
                                .cancel = bench->cancel};
    uint64_t most = bench->judge->max_tokens ? bench->judge->max_tokens : TOKENS_DEFAULT;
    double spent = sx_clock_ms() - bench->began;
    request.tokens_left = most > bench->tokens ? most - bench->tokens : 0;
    request.ms_left = bench->judge->max_ms > 0 ? bench->judge->max_ms - spent : HUGE_VAL;
    for (uint32_t i = 0; i < b->n; i++) b->scores[i] = NAN;
    llm_status status = bench->judge->judge(bench->judge->user, &request, err);
    if (status != LLM_OK) return status;
    bench->tokens += request.tokens ? request.tokens : b->tokens;
    for (uint32_t i = 0; i < b->n; i++) {
        b->nodes[i]->judged = opinion(b->scores[i]);
        if (remember(bench, b->nodes[i])) return sx_fail_memory(err);
    }
    return LLM_OK;
}

static bool out_of_budget(const sx_bench *bench, uint64_t limit)
{
    return bench->tokens >= limit || (bench->judge->max_ms > 0 && sx_clock_ms() - bench->began >= bench->judge->max_ms);
}

/* Fills a batch with the next nodes that nobody was asked about. False: the budget holds no more. */
static llm_status gather(sx_bench *bench, batch *b, sx_asked *nodes, size_t n, size_t *at, uint64_t room, bool *full)
{
    for (; *at < n && b->n < BATCH; ++*at) {
        const double *said = recall(bench, &nodes[*at]);
        if (said) {
            nodes[*at].judged = *said;
            continue;
        }
        if (add_card(b, bench, &nodes[*at])) return LLM_E_MEMORY;
        if (b->tokens <= room) continue;
        b->n--;
        *full = true;
        return LLM_OK;
    }
    return LLM_OK;
}

llm_status sx_bench_ask(sx_bench *bench, sx_asked *nodes, size_t n, double share, llm_error *err)
{
    for (size_t i = 0; i < n; i++) nodes[i].judged = SX_NO_OPINION;
    if (!bench->judge) return LLM_OK;
    uint64_t most = bench->judge->max_tokens ? bench->judge->max_tokens : TOKENS_DEFAULT;
    uint64_t left = most > bench->tokens ? most - bench->tokens : 0;
    uint64_t limit = bench->tokens + (uint64_t)(share * (double)left);
    bool full = false;
    llm_status status = LLM_OK;
    for (size_t i = 0; i < n && !full && !status && !out_of_budget(bench, limit);) {
        batch b = {.n = 0};
        sx_arena_init(&b.arena, bench->mem);
        if (gather(bench, &b, nodes, n, &i, limit - bench->tokens, &full)) status = sx_fail_memory(err);
        if (!status && sx_cancelled(bench->cancel))
            status = sx_fail(err, LLM_E_CANCELLED, "the retrieval was cancelled");
        if (!status && b.n) status = ask(bench, &b, err);
        sx_arena_free(&b.arena);
    }
    return status;
}

/* ---- the blend ---- */

double sx_bench_blend(const sx_bench *bench, double relative, double judged)
{
    if (!bench->judge) return relative;
    if (judged < 0) judged = no_opinion;
    return (1 - bench->judge->weight) * relative + bench->judge->weight * judged;
}

static bool ahead(const sx_candidate *a, const sx_candidate *b)
{
    return a->score != b->score ? a->score > b->score : a->lexical > b->lexical;
}

/* Stable: few candidates, and equal ones keep the words' order. */
static void sort_blended(sx_candidate *v, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        sx_candidate c = v[i];
        uint32_t k = i;
        for (; k && ahead(&c, &v[k - 1]); k--) v[k] = v[k - 1];
        v[k] = c;
    }
}

/* Merges two orders of the same candidates into out: the blended one, but of the first k the floor(k * right) best by words
 * are always among them. placed: [n] zeroes. */
static void merge(sx_candidate *out, const sx_candidate *words, const sx_candidate *blended, uint32_t n, double right,
                  bool *placed)
{
    uint32_t next = 0, run = 0; /* the first of either order that has no place yet */
    for (uint32_t k = 0; k < n; k++) {
        uint32_t owed = (uint32_t)floor((k + 1) * right + 1e-9);
        while (placed[blended[next].order]) next++;
        while (placed[run]) run++;
        out[k] = run < owed ? words[run] : blended[next];
        placed[out[k].order] = true;
    }
    for (uint32_t k = n; k-- > 1;) /* a place by right is worth what stands behind it */
        if (out[k - 1].score < out[k].score) out[k - 1].score = out[k].score;
}

llm_status sx_bench_settle(const sx_bench *bench, sx_candidate *best, uint32_t n, llm_error *err)
{
    for (uint32_t i = 0; i < n; i++) best[i].lexical = best[i].score;
    if (!bench->judge || !n) return LLM_OK;
    sx_candidate *words = sx_mem_array(bench->mem, n, sizeof *words);
    sx_candidate *blended = sx_mem_array(bench->mem, n, sizeof *blended);
    bool *placed = sx_mem_array(bench->mem, n, sizeof *placed);
    bool ok = words && blended && placed;
    float top = best[0].score > 0 ? best[0].score : 1;
    for (uint32_t i = 0; i < n && ok; i++) {
        best[i].score = (float)sx_bench_blend(bench, (double)(best[i].score / top), best[i].judged);
        best[i].order = i;
        words[i] = blended[i] = best[i];
    }
    if (ok) {
        sort_blended(blended, n);
        merge(best, words, blended, n, 1 - bench->judge->weight, placed);
    }
    sx_mem_free(bench->mem, words);
    sx_mem_free(bench->mem, blended);
    sx_mem_free(bench->mem, placed);
    return ok ? LLM_OK : sx_fail_memory(err);
}
