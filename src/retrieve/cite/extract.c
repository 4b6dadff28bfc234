/* An answer without a model: the sentences of the evidence that say most of what the question asks about. The first is the
 * best one; others follow only while they add terms of the question that are still missing. */
#include <math.h>
#include <string.h>

#include "retrieve/rank/features.h"
#include "retrieve/rank/spans.h"
#include "retrieve/retrieve.h"

enum { EVIDENCE_READ = 5, SENTENCES_MAX = 256 };

typedef struct sentence {
    uint32_t found, start, end;
    uint32_t has[SX_QUERY_TERMS / 32];
    uint32_t words;
    bool cue;
    double score;
} sentence;

typedef struct extraction {
    sx_query query;
    sx_lexer lexer;
    sentence *sentences;
    uint32_t count;
    const sx_evidence *evidence;
} extraction;

static llm_status read_sentence(extraction *x, uint32_t found, uint32_t start, uint32_t end)
{
    if (x->count == SENTENCES_MAX || start >= end) return LLM_OK;
    sentence *s = &x->sentences[x->count];
    *s = (sentence){.found = found, .start = start, .end = end};
    const char *text = x->evidence->found[found].tree->text + start;
    llm_status status = sx_lexer_run(&x->lexer, text, end - start);
    if (status) return status;
    for (size_t i = 0; i < x->lexer.count; i++)
        for (uint32_t t = 0; t < x->query.n; t++)
            if (x->query.terms[t].hash == x->lexer.tokens[i].term) s->has[t / 32] |= 1u << (t % 32);
    s->words = (uint32_t)x->lexer.count;
    s->cue = (x->query.cues & sx_text_cues(text, end - start)) != 0;
    x->count++;
    return LLM_OK;
}

static llm_status read_evidence(extraction *x)
{
    llm_status status = LLM_OK;
    for (uint32_t f = 0; f < x->evidence->count && f < EVIDENCE_READ && !status; f++) {
        const sx_tree *tree = x->evidence->found[f].tree;
        sx_spans spans = sx_spans_of(tree, x->evidence->found[f].node);
        for (uint32_t start, end; !status && sx_spans_next(&spans, &start, &end);)
            status = read_sentence(x, f, start, end);
    }
    return status;
}

static bool has(const sentence *s, uint32_t t)
{
    return s->has[t / 32] >> (t % 32) & 1;
}

/* Terms that many of these sentences share tell little between them. */
static void weigh_terms(extraction *x)
{
    x->query.n_leaves = x->count;
    for (uint32_t t = 0; t < x->query.n; t++)
        for (uint32_t i = 0; i < x->count; i++) x->query.terms[t].df += has(&x->sentences[i], t);
    sx_query_settle(&x->query);
}

static double gain(const extraction *x, const sentence *s, const uint32_t *covered)
{
    double sum = 0;
    for (uint32_t t = 0; t < x->query.n; t++)
        if (has(s, t) && !(covered[t / 32] >> (t % 32) & 1)) sum += (double)x->query.terms[t].weight;
    return sum / x->query.total;
}

static void score_sentences(extraction *x)
{
    static const uint32_t nothing[SX_QUERY_TERMS / 32];
    double best = x->evidence->count ? x->evidence->found[0].score : 0;
    for (uint32_t i = 0; i < x->count; i++) {
        sentence *s = &x->sentences[i];
        double trust = best > 0 ? x->evidence->found[s->found].score / best : 1;
        if (!(trust > 0)) trust = 0;
        s->score = gain(x, s, nothing) * (0.4 + 0.6 * trust) / (1.0 + 0.05 * s->found);
        if (s->cue) s->score *= 1.15;
        if (s->words < 4) s->score *= 0.5; /* a fragment, a heading */
    }
}

static uint32_t best_sentence(const extraction *x, const bool *taken, const uint32_t *covered, double floor_gain,
                              double floor_score)
{
    uint32_t best = x->count;
    for (uint32_t i = 0; i < x->count; i++) {
        const sentence *s = &x->sentences[i];
        if (taken[i] || s->score <= floor_score || gain(x, s, covered) <= floor_gain) continue;
        if (best == x->count || s->score > x->sentences[best].score) best = i;
    }
    return best;
}

static bool reads_before(const sx_quote *a, const sx_quote *b, uint32_t first)
{
    if ((a->found == first) != (b->found == first)) return a->found == first;
    return a->found != b->found ? a->found < b->found : a->start < b->start;
}

/* Behind the best sentence the others follow in reading order, those of its own passage first. */
static void order_quotes(sx_quote *quotes, uint32_t n)
{
    for (uint32_t i = 2; i < n; i++)
        for (uint32_t k = i; k > 1 && reads_before(&quotes[k], &quotes[k - 1], quotes[0].found); k--) {
            sx_quote swap = quotes[k];
            quotes[k] = quotes[k - 1];
            quotes[k - 1] = swap;
        }
}

static uint32_t choose(extraction *x, sx_quote *quotes, uint32_t max)
{
    bool taken[SENTENCES_MAX] = {false};
    uint32_t covered[SX_QUERY_TERMS / 32] = {0}, n = 0;
    double first_score = 0;
    while (n < max) {
        uint32_t i = best_sentence(x, taken, covered, n ? 0.1 : 0, n ? 0.4 * first_score : 0);
        if (i == x->count) break;
        const sentence *s = &x->sentences[i];
        static const uint32_t nothing[SX_QUERY_TERMS / 32];
        quotes[n++] = (sx_quote){s->found, s->start, s->end, gain(x, s, nothing)};
        taken[i] = true;
        if (n == 1) first_score = s->score;
        for (uint32_t k = 0; k < SX_QUERY_TERMS / 32; k++) covered[k] |= s->has[k];
    }
    order_quotes(quotes, n);
    return n;
}

uint32_t sx_extract(const sx_evidence *evidence, const char *question, size_t len, sx_quote *quotes, uint32_t max,
                    sx_mem *mem)
{
    if (!evidence->count || !max || len > UINT32_MAX / 2) return 0;
    const sx_tree *tree = evidence->found[0].tree;
    extraction x = {.evidence = evidence};
    uint32_t lang, n = SX_NO_QUOTES;
    if (sx_language_detect(&lang, mem, tree->text, tree->text_len)) return SX_NO_QUOTES;
    x.sentences = sx_mem_array(mem, SENTENCES_MAX, sizeof *x.sentences);
    sx_lexer_init(&x.lexer, mem, lang, false);
    if (x.sentences && !sx_query_make(&x.query, mem, lang, question, len) && !read_evidence(&x)) {
        weigh_terms(&x);
        score_sentences(&x);
        n = choose(&x, quotes, max);
    }
    sx_lexer_free(&x.lexer);
    sx_mem_free(mem, x.sentences);
    return n;
}
