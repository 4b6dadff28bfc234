#include "guard/scan/ac.h"

#include <string.h>

void sx_ac_init(sx_ac *ac, sx_mem *mem)
{
    memset(ac, 0, sizeof *ac);
    ac->mem = mem;
}

void sx_ac_free(sx_ac *ac)
{
    sx_mem_free(ac->mem, ac->nodes);
    sx_mem_free(ac->mem, ac->label);
    sx_mem_free(ac->mem, ac->words);
    sx_mem_free(ac->mem, ac->bytes);
    sx_ac_init(ac, ac->mem);
}

llm_status sx_ac_add(sx_ac *ac, const char *word, size_t len, uint32_t value, llm_error *err)
{
    if (len == 0 || len > 1000)
        return sx_fail(err, LLM_E_INVALID, "a listed word holds 1 to 1000 bytes, this one %zu", len);
    if (ac->byte_n > UINT32_MAX - len || ac->word_n >= UINT32_MAX - 1)
        return sx_fail(err, LLM_E_LIMIT, "the word list is too long");
    if (sx_mem_grow(ac->mem, (void **)&ac->words, &ac->word_cap, ac->word_n + 1, sizeof *ac->words) ||
        sx_mem_grow(ac->mem, (void **)&ac->bytes, &ac->byte_cap, ac->byte_n + len, 1))
        return sx_fail_memory(err);
    memcpy(ac->bytes + ac->byte_n, word, len);
    ac->words[ac->word_n++] = (sx_ac_word){(uint32_t)ac->byte_n, (uint32_t)len, value, SX_AC_NONE};
    ac->byte_n += len;
    return LLM_OK;
}

/* Order of words by bytes, a prefix first. */
static int compare(const sx_ac *ac, uint32_t a, uint32_t b)
{
    const sx_ac_word *x = &ac->words[a], *y = &ac->words[b];
    uint32_t n = x->len < y->len ? x->len : y->len;
    int c = memcmp(ac->bytes + x->at, ac->bytes + y->at, n);
    if (c != 0) return c;
    return x->len < y->len ? -1 : x->len > y->len;
}

/* Bottom-up merge sort of the word numbers: no recursion, no worst case. */
static void sort_words(const sx_ac *ac, uint32_t *order, uint32_t *other)
{
    size_t n = ac->word_n;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t lo = 0; lo < n; lo += 2 * width) {
            size_t mid = lo + width < n ? lo + width : n, hi = lo + 2 * width < n ? lo + 2 * width : n;
            size_t i = lo, j = mid;
            for (size_t k = lo; k < hi; k++) {
                bool left = i < mid && (j >= hi || compare(ac, order[i], order[j]) <= 0);
                other[k] = left ? order[i++] : order[j++];
            }
        }
        memcpy(order, other, n * sizeof *order);
    }
}

/* A node's share of the sorted words while the trie is laid out level by level. */
typedef struct range {
    uint32_t lo, hi;
} range;

static llm_status add_node(sx_ac *ac, range **ranges, size_t *range_cap, range r, uint8_t label, uint16_t depth,
                           llm_error *err)
{
    if (sx_mem_grow(ac->mem, (void **)&ac->nodes, &ac->node_cap, ac->node_n + 1, sizeof *ac->nodes) ||
        sx_mem_grow(ac->mem, (void **)&ac->label, &ac->label_cap, ac->node_n + 1, 1) ||
        sx_mem_grow(ac->mem, (void **)ranges, range_cap, ac->node_n + 1, sizeof **ranges))
        return sx_fail_memory(err);
    ac->nodes[ac->node_n] = (sx_ac_node){.report = SX_AC_NONE, .word = SX_AC_NONE, .depth = depth};
    ac->label[ac->node_n] = label;
    (*ranges)[ac->node_n++] = r;
    return LLM_OK;
}

/* Gives node k its words and its children, which lie side by side because levels are laid out in order. */
static llm_status expand(sx_ac *ac, const uint32_t *order, range **ranges, size_t *range_cap, size_t k, llm_error *err)
{
    range r = (*ranges)[k];
    uint16_t depth = ac->nodes[k].depth;
    while (r.lo < r.hi && ac->words[order[r.lo]].len == depth) {
        ac->words[order[r.lo]].next = ac->nodes[k].word;
        ac->nodes[k].word = order[r.lo++];
    }
    ac->nodes[k].first = (uint32_t)ac->node_n;
    while (r.lo < r.hi) {
        uint8_t b = (uint8_t)ac->bytes[ac->words[order[r.lo]].at + depth];
        uint32_t end = r.lo;
        while (end < r.hi && (uint8_t)ac->bytes[ac->words[order[end]].at + depth] == b) end++;
        if (add_node(ac, ranges, range_cap, (range){r.lo, end}, b, (uint16_t)(depth + 1), err) != LLM_OK)
            return LLM_E_MEMORY;
        ac->nodes[k].count++;
        r.lo = end;
    }
    return LLM_OK;
}

static uint32_t child(const sx_ac *ac, uint32_t node, uint8_t byte)
{
    const sx_ac_node *n = &ac->nodes[node];
    const uint8_t *labels = ac->label + n->first;
    if (n->count == 1) return labels[0] == byte ? n->first : 0;
    if (n->count == 0) return 0;
    const uint8_t *hit = memchr(labels, byte, n->count);
    return hit == NULL ? 0 : n->first + (uint32_t)(hit - labels);
}

uint32_t sx_ac_step(const sx_ac *ac, uint32_t node, uint8_t byte)
{
    while (node != SX_AC_ROOT) {
        uint32_t to = child(ac, node, byte);
        if (to != 0) return to;
        node = ac->nodes[node].fail;
    }
    return ac->root[byte];
}

/* Parents come before children, so a node's fail link is ready when its children ask for theirs. */
static void link_fails(sx_ac *ac)
{
    for (uint32_t i = 0; i < ac->nodes[0].count; i++)
        ac->root[ac->label[ac->nodes[0].first + i]] = ac->nodes[0].first + i;
    for (uint32_t k = 0; k < ac->node_n; k++) {
        sx_ac_node *n = &ac->nodes[k];
        n->report = n->word != SX_AC_NONE ? k : k == 0 ? SX_AC_NONE : ac->nodes[n->fail].report;
        for (uint32_t i = 0; i < n->count; i++) {
            uint32_t c = n->first + i;
            ac->nodes[c].fail = k == 0 ? SX_AC_ROOT : sx_ac_step(ac, n->fail, ac->label[c]);
        }
    }
}

llm_status sx_ac_build(sx_ac *ac, llm_error *err)
{
    uint32_t *order = sx_mem_array(ac->mem, ac->word_n + 1, sizeof *order);
    uint32_t *other = sx_mem_array(ac->mem, ac->word_n + 1, sizeof *other);
    range *ranges = NULL;
    size_t range_cap = 0;
    llm_status status = order == NULL || other == NULL ? sx_fail_memory(err) : LLM_OK;
    ac->node_n = 0;
    memset(ac->root, 0, sizeof ac->root);
    for (size_t i = 0; status == LLM_OK && i < ac->word_n; i++) {
        order[i] = (uint32_t)i;
        ac->words[i].next = SX_AC_NONE;
    }
    if (status == LLM_OK) {
        sort_words(ac, order, other);
        status = add_node(ac, &ranges, &range_cap, (range){0, (uint32_t)ac->word_n}, 0, 0, err);
    }
    for (size_t k = 0; status == LLM_OK && k < ac->node_n; k++) status = expand(ac, order, &ranges, &range_cap, k, err);
    if (status == LLM_OK) link_fails(ac);
    sx_mem_free(ac->mem, order);
    sx_mem_free(ac->mem, other);
    sx_mem_free(ac->mem, ranges);
    return status;
}
