#include "engine/grammar/token_trie.h"

#include <string.h>

typedef struct view {
    const char *s;
    size_t len;
} view;

enum { LONGEST = 4096 }; /* bytes; a longer token is never allowed under a grammar */

typedef struct sorter {
    sx_token_text text;
    const void *user;
    view *views; /* [n_tokens] */
} sorter;

static int order(const view *a, const view *b)
{
    int by = memcmp(a->s, b->s, a->len < b->len ? a->len : b->len);
    return by ? by : (a->len > b->len) - (a->len < b->len);
}

/* A merge sort, bottom up; equal texts stay in the order of their ids. */
static void sort(const view *views, int32_t *v, int32_t *spare, size_t n)
{
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t lo = 0; lo < n; lo += 2 * width) {
            size_t mid = lo + width < n ? lo + width : n, hi = lo + 2 * width < n ? lo + 2 * width : n;
            size_t a = lo, b = mid;
            for (size_t k = lo; k < hi; k++)
                spare[k] = a < mid && (b >= hi || order(&views[v[a]], &views[v[b]]) <= 0) ? v[a++] : v[b++];
        }
        memcpy(v, spare, n * sizeof *v);
    }
}

static size_t shared(const view *a, const view *b)
{
    size_t n = 0;
    while (n < a->len && n < b->len && a->s[n] == b->s[n]) n++;
    return n;
}

/* Sorted texts in order give the nodes in order: each adds those behind what it shares with the one before. */
static uint32_t lay_out(sx_token_trie *t, const view *views, uint32_t n_sorted, uint32_t *open)
{
    uint32_t n = 0;
    view before = {"", 0};
    for (uint32_t i = 0; i < n_sorted; i++) {
        const view v = views[t->tokens[i]];
        size_t same = shared(&before, &v);
        if (t->byte) {
            for (size_t d = same; d < before.len; d++) t->skip[open[d]] = n;
            for (size_t d = same; d < v.len; d++) {
                uint32_t at = n + (uint32_t)(d - same);
                t->byte[at] = (uint8_t)v.s[d];
                t->depth[at] = (uint16_t)d;
                t->first[at] = i;
                open[d] = at;
            }
        }
        n += (uint32_t)(v.len - same);
        before = v;
    }
    if (!t->byte) return n;
    for (size_t d = 0; d < before.len; d++) t->skip[open[d]] = n;
    t->first[n] = n_sorted;
    return n;
}

static llm_status fill(sx_token_trie *t, const sorter *s, llm_error *err)
{
    uint32_t n = 0, open[LONGEST];
    for (uint32_t i = 0; i < t->n_tokens; i++) {
        bool ends = false;
        size_t len = 0;
        const char *bytes = s->text(s->user, (int32_t)i, &len, &ends);
        s->views[i] = (view){bytes, len};
        if (ends)
            t->ends[t->n_ends++] = (int32_t)i;
        else if (len > 0 && len <= LONGEST)
            t->tokens[n++] = (int32_t)i;
        if (!ends && len <= LONGEST && len > t->deepest) t->deepest = (uint32_t)len;
    }
    int32_t *spare = sx_mem_array(t->mem, n + (size_t)1, sizeof *spare);
    if (!spare) return sx_fail_memory(err);
    sort(s->views, t->tokens, spare, n);
    sx_mem_free(t->mem, spare);
    t->n = lay_out(t, s->views, n, open);
    uint8_t *bytes = sx_mem_array(t->mem, t->n + (size_t)1, sizeof *bytes);
    t->depth = sx_mem_array(t->mem, t->n + (size_t)1, sizeof *t->depth);
    t->skip = sx_mem_array(t->mem, t->n + (size_t)1, sizeof *t->skip);
    t->first = sx_mem_array(t->mem, t->n + (size_t)1, sizeof *t->first);
    t->byte = bytes;
    if (!t->byte || !t->depth || !t->skip || !t->first) return sx_fail_memory(err);
    lay_out(t, s->views, n, open);
    return LLM_OK;
}

llm_status sx_token_trie_create(sx_token_trie **out, sx_mem *mem, uint32_t n_tokens, sx_token_text text,
                                const void *user, llm_error *err)
{
    *out = NULL;
    sx_token_trie *t = sx_mem_zalloc(mem, sizeof *t);
    if (!t) return sx_fail_memory(err);
    t->mem = mem;
    t->n_tokens = n_tokens;
    t->tokens = sx_mem_array(mem, n_tokens + (size_t)1, sizeof *t->tokens);
    t->ends = sx_mem_array(mem, n_tokens + (size_t)1, sizeof *t->ends);
    sorter s = {text, user, sx_mem_array(mem, n_tokens + (size_t)1, sizeof *s.views)};
    llm_status status = t->tokens && t->ends && s.views ? fill(t, &s, err) : sx_fail_memory(err);
    sx_mem_free(mem, s.views);
    if (status == LLM_OK)
        *out = t;
    else
        sx_token_trie_free(t);
    return status;
}

void sx_token_trie_free(sx_token_trie *t)
{
    if (!t) return;
    void *blocks[] = {t->byte, t->depth, t->skip, t->first, t->tokens, t->ends};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) sx_mem_free(t->mem, blocks[i]);
    sx_mem_free(t->mem, t);
}
