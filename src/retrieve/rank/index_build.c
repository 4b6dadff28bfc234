/* Building: one walk over the paragraphs, sentence by sentence, then over the headings. */
#include <string.h>

#include "retrieve/rank/donor.h"
#include "retrieve/rank/spans.h"

enum { LEAD_CHARS = 90, TOKEN_BYTES = 6 /* of text that a token takes at least, in most languages */ };

/* Up to where a leaf's tokens belong to its lead and its title, and how many those are. */
typedef struct limits {
    uint32_t leaf, lead_end, title_end;
    uint16_t *lead, *title;
} limits;

/* A term on its way into the index: in how many leaves it stands, and the last of them + 1. */
typedef struct numbered {
    uint32_t hash, last, leaves;
} numbered;

typedef struct builder {
    sx_index *index;
    const sx_tree *tree;
    sx_lexer *lexer;
    numbered *terms; /* [index->n_terms] */
    size_t terms_cap, slots_cap;
    bool known;      /* a light index: its terms are given, all others are one */
    uint32_t *slots; /* term + 1 by hash */
    sx_donor donor;
} builder;

static llm_status grow_slots(builder *b)
{
    sx_index *index = b->index;
    size_t cap = b->slots_cap ? b->slots_cap * 2 : 1024;
    uint32_t *slots = sx_mem_array(index->mem, cap, sizeof *slots);
    if (!slots) return LLM_E_MEMORY;
    for (uint32_t t = 0; t < index->n_terms; t++) {
        size_t i = b->terms[t].hash & (cap - 1);
        while (slots[i]) i = (i + 1) & (cap - 1);
        slots[i] = t + 1;
    }
    sx_mem_free(index->mem, b->slots);
    b->slots = slots;
    b->slots_cap = cap;
    return LLM_OK;
}

/* The term's number + 1, given at its first appearance; 0 without memory. */
static uint32_t number_of(builder *b, uint32_t hash)
{
    sx_index *index = b->index;
    if (b->known) {
        uint32_t term = sx_index_term(index, hash);
        return term == SX_NO_TERM ? index->n_terms + 1 : term + 1;
    }
    if ((size_t)index->n_terms * 2 >= b->slots_cap && grow_slots(b)) return 0;
    size_t i = hash & (b->slots_cap - 1);
    for (; b->slots[i]; i = (i + 1) & (b->slots_cap - 1))
        if (b->terms[b->slots[i] - 1].hash == hash) return b->slots[i];
    if (sx_mem_grow(index->mem, (void **)&b->terms, &b->terms_cap, (size_t)index->n_terms + 1, sizeof *b->terms))
        return 0;
    b->terms[index->n_terms++] = (numbered){.hash = hash};
    return b->slots[i] = index->n_terms;
}

static llm_status put(builder *b, uint32_t value)
{
    sx_index *index = b->index;
    if (sx_mem_grow(index->mem, (void **)&index->tokens, &index->tokens_cap, (size_t)index->n_tokens + 1,
                    sizeof *index->tokens))
        return LLM_E_MEMORY;
    index->tokens[index->n_tokens++] = value;
    return LLM_OK;
}

/* Counts a token of a leaf, which is the last one so far. */
static void count_in(builder *b, uint32_t number, uint32_t leaf)
{
    if (b->known) return;
    numbered *term = &b->terms[number - 1];
    term->leaves += term->last != leaf + 1;
    term->last = leaf + 1;
    b->index->leaf_words[leaf]++;
}

/* Adds one to *n for a token (or a break) that begins before `limit`. */
static void count_before(uint16_t *n, uint32_t start, uint32_t limit)
{
    if (start < limit && *n < UINT16_MAX) ++*n;
}

/* Adds the tokens of a span and a break. Those that begin before the leaf's limits count for its lead and its title. */
static llm_status add_span(builder *b, uint32_t start, uint32_t end, const limits *at)
{
    llm_status status = sx_lexer_run(b->lexer, b->tree->text + start, end - start);
    if (status) return status;
    sx_index *index = b->index;
    if (sx_mem_grow(index->mem, (void **)&index->tokens, &index->tokens_cap, index->n_tokens + b->lexer->count + 1,
                    sizeof *index->tokens))
        return LLM_E_MEMORY;
    for (size_t i = 0; i < b->lexer->count; i++) {
        uint32_t number = number_of(b, b->lexer->tokens[i].term);
        if (!number) return LLM_E_MEMORY;
        index->tokens[index->n_tokens++] = number;
        if (at) count_in(b, number, at->leaf);
        if (at) count_before(at->lead, start + b->lexer->tokens[i].start, at->lead_end);
        if (at) count_before(at->title, start + b->lexer->tokens[i].start, at->title_end);
    }
    if (at) count_before(at->lead, start, at->lead_end); /* the break stands between sentences of the lead */
    return put(b, 0);
}

/* The byte behind the first LEAD_CHARS characters. */
static uint32_t lead_of(const char *text, uint32_t start, uint32_t end)
{
    uint32_t chars = 0, at = start;
    for (; at < end; at++)
        if (((unsigned char)text[at] & 0xc0) != 0x80 && ++chars > LEAD_CHARS) break;
    return at;
}

/* A leaf of the same hash has the same words. Each of its terms is looked up once, whatever leaves it comes from. */
static llm_status copy_leaf(builder *b, uint32_t leaf, uint32_t from)
{
    sx_index *index = b->index;
    const sx_index *known = b->donor.index;
    index->leaf_start[leaf] = index->n_tokens;
    index->leaf_lead[leaf] = known->leaf_lead[from];
    index->leaf_title[leaf] = known->leaf_title[from];
    for (uint32_t i = known->leaf_start[from]; i < known->leaf_start[from + 1]; i++) {
        uint32_t token = known->tokens[i];
        if (token && !b->donor.number[token - 1]) {
            b->donor.number[token - 1] = number_of(b, known->terms[token - 1]);
            if (!b->donor.number[token - 1]) return LLM_E_MEMORY;
        }
        if (put(b, token ? b->donor.number[token - 1] : 0)) return LLM_E_MEMORY;
        if (token) count_in(b, b->donor.number[token - 1], leaf);
    }
    index->leaf_start[leaf + 1] = index->n_tokens;
    return LLM_OK;
}

static llm_status add_leaf(builder *b, uint32_t leaf)
{
    const sx_node *node = &b->tree->nodes[b->index->leaf_node[leaf]];
    uint32_t from = sx_donor_leaf(&b->donor, node);
    if (from != SX_NO_NODE) return copy_leaf(b, leaf, from);
    limits at = {leaf, lead_of(b->tree->text, node->start, node->end), 0, &b->index->leaf_lead[leaf],
                 &b->index->leaf_title[leaf]};
    if (node->title_end > node->title_start) at.title_end = node->title_end;
    uint32_t start, end;
    sx_spans spans = sx_spans_of(b->tree, b->index->leaf_node[leaf]);
    llm_status status = LLM_OK;
    b->index->leaf_start[leaf] = b->index->n_tokens;
    while (!status && sx_spans_next(&spans, &start, &end)) status = add_span(b, start, end, &at);
    if (b->known)
        b->index->leaf_len[leaf] = b->index->n_tokens - b->index->leaf_start[leaf];
    else
        b->index->leaf_start[leaf + 1] = b->index->n_tokens;
    return status;
}

static llm_status add_title(builder *b, sx_section *section)
{
    const sx_node *node = &b->tree->nodes[section->node];
    llm_status status = LLM_OK;
    section->title = b->index->n_tokens;
    if (node->title_end > node->title_start) status = add_span(b, node->title_start, node->title_end, NULL);
    section->title_end = b->index->n_tokens;
    return status;
}

static llm_status add_all(builder *b, const llm_cancel *cancel, llm_error *err)
{
    llm_status status = LLM_OK;
    for (uint32_t i = 0; i < b->index->n_leaves && !status; i++) {
        if (i % 64 == 0 && sx_cancelled(cancel)) return sx_fail(err, LLM_E_CANCELLED, "indexing was cancelled");
        status = add_leaf(b, i);
    }
    for (uint32_t i = 0; i < b->index->n_sections && !status; i++) status = add_title(b, &b->index->sections[i]);
    return status ? sx_fail_memory(err) : LLM_OK;
}

/* What was counted while terms were numbered goes where postings will begin. */
static llm_status take_terms(builder *b)
{
    sx_index *index = b->index;
    index->terms = sx_mem_array(index->mem, (size_t)index->n_terms + 1, sizeof *index->terms);
    index->post_start = sx_mem_array(index->mem, (size_t)index->n_terms + 1, sizeof *index->post_start);
    if (!index->terms || !index->post_start) return LLM_E_MEMORY;
    for (uint32_t t = 0; t < index->n_terms; t++) {
        index->terms[t] = b->terms[t].hash;
        index->post_start[t + 1] = b->terms[t].leaves;
    }
    return LLM_OK;
}

static llm_status build(sx_index **out, sx_mem *mem, const sx_tree *tree, uint32_t lang, const sx_tree *known_tree,
                        const sx_index *known, sx_lexer *lexer, const llm_cancel *cancel, llm_error *err)
{
    builder b = {.tree = tree, .lexer = lexer};
    llm_status status = sx_index_shape(&b.index, mem, tree, err);
    if (status) return status;
    b.index->lang = lexer->lang = lang;
    if (sx_mem_grow(mem, (void **)&b.index->tokens, &b.index->tokens_cap, tree->text_len / TOKEN_BYTES + 1,
                    sizeof *b.index->tokens))
        status = sx_fail_memory(err);
    if (!status && known && known->lang == lang && sx_donor_open(&b.donor, mem, known_tree, known))
        status = sx_fail_memory(err);
    if (!status) status = add_all(&b, cancel, err);
    sx_donor_close(&b.donor, mem);
    b.index->slots = b.slots; /* the table by which terms were numbered finds them from now on */
    b.index->n_slots = (uint32_t)b.slots_cap;
    if (!status) status = take_terms(&b) ? sx_fail_memory(err) : sx_index_finish(b.index, err);
    sx_mem_free(mem, b.terms);
    if (status)
        sx_index_free(b.index);
    else
        *out = b.index;
    return status;
}

llm_status sx_index_build_in(sx_index **out, sx_mem *mem, const sx_tree *tree, uint32_t lang, const llm_cancel *cancel,
                             llm_error *err)
{
    sx_lexer lexer;
    sx_lexer_init(&lexer, mem, lang, false);
    llm_status status = build(out, mem, tree, lang, NULL, NULL, &lexer, cancel, err);
    sx_lexer_free(&lexer);
    return status;
}

llm_status sx_index_build_from(sx_index **out, sx_mem *mem, const sx_tree *tree, const sx_tree *known_tree,
                               const sx_index *known, sx_wording *wording, const llm_cancel *cancel, llm_error *err)
{
    uint32_t lang;
    sx_lexer own, *borrowed = wording ? sx_wording_borrow(wording) : NULL, *lexer = borrowed ? borrowed : &own;
    if (!borrowed) sx_lexer_init(&own, mem, SX_LANG_EN, false);
    llm_status status = sx_language_detect_with(&lang, &lexer->function_words, tree->text, tree->text_len);
    if (status)
        sx_fail_memory(err);
    else
        status = build(out, mem, tree, lang, known_tree, known, lexer, cancel, err);
    if (borrowed)
        sx_wording_return(wording);
    else
        sx_lexer_free(&own);
    return status;
}

llm_status sx_index_build(sx_index **out, sx_mem *mem, const sx_tree *tree, const llm_cancel *cancel, llm_error *err)
{
    return sx_index_build_from(out, mem, tree, NULL, NULL, NULL, cancel, err);
}

/* ---- light indexes ---- */

/* Numbers the question's terms, those the document lacks too at first. */
static llm_status take_posts(sx_index *index, const uint32_t *hashes, uint32_t n_hashes, const sx_light_post *posts,
                             size_t n_posts)
{
    index->terms = sx_mem_array(index->mem, n_hashes, sizeof *index->terms);
    index->posts = sx_mem_array(index->mem, n_posts, sizeof *index->posts);
    index->post_start = sx_mem_array(index->mem, (size_t)n_hashes + 1, sizeof *index->post_start);
    if (!index->terms || !index->posts || !index->post_start) return LLM_E_MEMORY;
    index->n_terms = n_hashes;
    memcpy(index->terms, hashes, n_hashes * sizeof *hashes);
    for (size_t i = 0; i < n_posts; i++) {
        index->posts[i] = posts[i].post;
        index->post_start[posts[i].term + 1]++;
    }
    for (uint32_t t = 0; t < n_hashes; t++) index->post_start[t + 1] += index->post_start[t];
    return LLM_OK;
}

/* A term without postings that stands in no heading either is none of the document's: its hash becomes one no word has. */
static llm_status drop_absent(sx_index *index)
{
    bool *seen = sx_mem_array(index->mem, (size_t)index->n_terms + 2, sizeof *seen);
    if (!seen) return LLM_E_MEMORY;
    for (uint32_t i = 0; i < index->n_tokens; i++) seen[index->tokens[i]] = true;
    for (uint32_t t = 0; t < index->n_terms; t++)
        if (!seen[t + 1] && index->post_start[t] == index->post_start[t + 1]) index->terms[t] = 0;
    sx_mem_free(index->mem, seen);
    return LLM_OK;
}

static llm_status fill_light(sx_index *index, const sx_tree *tree, const uint16_t *words)
{
    builder b = {.index = index, .tree = tree, .lexer = index->lexer, .known = true};
    index->leaf_len = sx_mem_array(index->mem, index->n_leaves, sizeof *index->leaf_len);
    if (!index->leaf_len) return LLM_E_MEMORY;
    for (uint32_t i = 0; i < index->n_leaves; i++) {
        index->leaf_len[i] = SX_UNREAD;
        index->leaf_words[i] = words[i];
        index->total_words += words[i];
    }
    llm_status status = sx_index_slots(index, NULL);
    for (uint32_t i = 0; i < index->n_sections && !status; i++) status = add_title(&b, &index->sections[i]);
    if (!status) status = drop_absent(index);
    sx_mem_free(index->mem, index->slots);
    index->slots = NULL;
    index->n_slots = 0;
    return status ? status : sx_index_slots(index, NULL);
}

llm_status sx_index_light(sx_index **out, sx_mem *mem, const sx_tree *tree, uint32_t lang, const uint32_t *hashes,
                          uint32_t n_hashes, const sx_light_post *posts, size_t n_posts, const uint16_t *words,
                          uint32_t n_leaves, sx_lexer *lexer, llm_error *err)
{
    sx_index *index;
    llm_status status = sx_index_shape(&index, mem, tree, err);
    if (status) return status;
    index->lang = lang;
    index->lexer = lexer;
    lexer->lang = lang;
    if (index->n_leaves != n_leaves)
        status = sx_fail(err, LLM_E_CORRUPT, "the index of the corpus does not fit document %s; ingest it again",
                         tree->name);
    for (size_t i = 0; i < n_posts && !status; i++)
        if (posts[i].post.leaf >= n_leaves || posts[i].term >= n_hashes) status = LLM_E_CORRUPT;
    if (!status && (take_posts(index, hashes, n_hashes, posts, n_posts) || fill_light(index, tree, words)))
        status = sx_fail_memory(err);
    if (status)
        sx_index_free(index);
    else
        *out = index;
    return status;
}

llm_status sx_index_read_leaf(sx_index *index, const sx_tree *tree, uint32_t leaf)
{
    if (!index->leaf_len || index->leaf_len[leaf] != SX_UNREAD) return LLM_OK;
    builder b = {.index = index, .tree = tree, .lexer = index->lexer, .known = true};
    index->lexer->lang = index->lang;
    return add_leaf(&b, leaf) ? LLM_E_MEMORY : LLM_OK;
}
