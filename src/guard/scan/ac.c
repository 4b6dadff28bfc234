#include "guard/scan/ac_parts.h"

#include <string.h>

void sx_ac_init(sx_ac *ac, sx_mem *mem)
{
    memset(ac, 0, sizeof *ac);
    ac->mem = mem;
}

/* What only building needs. */
static void forget_words(sx_ac *ac)
{
    sx_mem_free(ac->mem, ac->words);
    sx_mem_free(ac->mem, ac->bytes);
    ac->words = NULL;
    ac->bytes = NULL;
    ac->word_cap = ac->byte_n = ac->byte_cap = 0;
}

void sx_ac_free(sx_ac *ac)
{
    forget_words(ac);
    if (ac->kept.map.data == NULL) {
        sx_mem_free(ac->mem, ac->children);
        sx_mem_free(ac->mem, ac->fail);
        sx_mem_free(ac->mem, ac->label);
        sx_mem_free(ac->mem, ac->ends);
        sx_mem_free(ac->mem, ac->value_at);
        sx_mem_free(ac->mem, ac->values);
    }
    sx_kept_close(&ac->kept);
    sx_mem_free(ac->mem, ac->first);
    sx_mem_free(ac->mem, ac->reports);
    sx_mem_free(ac->mem, ac->rank);
    sx_ac_init(ac, ac->mem);
}

llm_status sx_ac_add(sx_ac *ac, const char *word, size_t len, uint32_t value, llm_error *err)
{
    if (len == 0 || len > SX_AC_BYTES_MAX)
        return sx_fail(err, LLM_E_INVALID, "a listed word holds 1 to %u bytes, this one %zu", SX_AC_BYTES_MAX, len);
    if (ac->byte_n > UINT32_MAX / 2 - len || ac->word_n >= UINT32_MAX / 2)
        return sx_fail(err, LLM_E_LIMIT, "the word list is too long");
    if (sx_mem_grow(ac->mem, (void **)&ac->words, &ac->word_cap, ac->word_n + 1, sizeof *ac->words) ||
        sx_mem_grow(ac->mem, (void **)&ac->bytes, &ac->byte_cap, ac->byte_n + len, 1))
        return sx_fail_memory(err);
    memcpy(ac->bytes + ac->byte_n, word, len);
    ac->words[ac->word_n++] = (struct sx_ac_word){(uint32_t)ac->byte_n, value};
    ac->byte_n += len;
    return LLM_OK;
}

/* Words lie one behind the other. */
static uint32_t length(const sx_ac *ac, uint32_t w)
{
    return (w + 1 < ac->word_n ? ac->words[w + 1].at : (uint32_t)ac->byte_n) - ac->words[w].at;
}

/* Order of words by bytes, a prefix first. */
static int compare(const sx_ac *ac, uint32_t a, uint32_t b)
{
    uint32_t la = length(ac, a), lb = length(ac, b);
    int c = memcmp(ac->bytes + ac->words[a].at, ac->bytes + ac->words[b].at, la < lb ? la : lb);
    if (c != 0) return c;
    return la < lb ? -1 : la > lb;
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

/* Nodes of the trie of the sorted words: each word adds what it does not share with the one before it. */
static size_t count_nodes(const sx_ac *ac, const uint32_t *order)
{
    size_t n = 1;
    for (size_t i = 0; i < ac->word_n; i++) {
        uint32_t len = length(ac, order[i]), same = 0, before = i > 0 ? length(ac, order[i - 1]) : 0;
        const char *mine = ac->bytes + ac->words[order[i]].at,
                   *last = i > 0 ? ac->bytes + ac->words[order[i - 1]].at : "";
        while (same < len && same < before && mine[same] == last[same]) same++;
        n += len - same;
    }
    return n;
}

static bool bit(const uint64_t *bits, size_t i)
{
    return (bits[i / 64] >> (i % 64) & 1u) != 0;
}

static void set_bit(uint64_t *bits, size_t i)
{
    bits[i / 64] |= (uint64_t)1 << (i % 64);
}

/* A node's share of the sorted words while the trie is laid out level by level. */
typedef struct range {
    uint32_t lo, hi;
} range;

/* Lays out the children of the level's nodes, which begin with `node`; the next level's ranges go to `next`. */
static size_t lay_level(sx_ac *ac, const uint32_t *order, uint32_t depth, uint32_t node, const range *level, size_t n,
                        range *next, size_t *laid)
{
    size_t children = 0;
    for (size_t i = 0; i < n; i++) {
        range r = level[i];
        size_t values = ac->value_at[ac->end_n];
        while (r.lo < r.hi && length(ac, order[r.lo]) == depth) ac->values[values++] = ac->words[order[r.lo++]].value;
        if (values > ac->value_at[ac->end_n]) {
            set_bit(ac->ends, node + i);
            ac->value_at[++ac->end_n] = (uint32_t)values;
        }
        if ((node + i) % 8 == 0) ac->first[(node + i) / 8] = (uint32_t)*laid;
        while (r.lo < r.hi) {
            char b = ac->bytes[ac->words[order[r.lo]].at + depth];
            uint32_t end = r.lo;
            while (end < r.hi && ac->bytes[ac->words[order[end]].at + depth] == b) end++;
            next[children++] = (range){r.lo, end};
            ac->label[(*laid)++] = (uint8_t)b;
            ac->children[node + i]++; /* below 256: no word holds a NUL */
            r.lo = end;
        }
    }
    return children;
}

static llm_status lay_out(sx_ac *ac, const uint32_t *order, llm_error *err)
{
    range *ranges[2] = {sx_mem_array(ac->mem, ac->word_n + 1, sizeof **ranges),
                        sx_mem_array(ac->mem, ac->word_n + 1, sizeof **ranges)};
    llm_status status = ranges[0] && ranges[1] ? LLM_OK : sx_fail_memory(err);
    size_t laid = 1, n = 1;
    uint32_t node = 0, depth = 0;
    if (status == LLM_OK) ranges[0][0] = (range){0, (uint32_t)ac->word_n};
    for (; status == LLM_OK && n > 0; depth++) {
        ac->level[depth] = node;
        size_t children = lay_level(ac, order, depth, node, ranges[depth & 1], n, ranges[~depth & 1], &laid);
        node += (uint32_t)n;
        n = children;
    }
    ac->levels = depth;
    ac->level[depth] = (uint32_t)ac->node_n;
    sx_mem_free(ac->mem, ranges[0]);
    sx_mem_free(ac->mem, ranges[1]);
    return status;
}

static uint32_t first_child(const sx_ac *ac, uint32_t node)
{
    const uint64_t pairs = UINT64_C(0x00ff00ff00ff00ff);
    uint32_t first = ac->first[node / 8];
    uint64_t eight;
    if (node < 8) {
        for (uint32_t k = 0; k < node; k++) first += ac->children[k];
        return first;
    }
    if (node % 8 == 0) return first;
    memcpy(&eight, ac->children + node - 8, sizeof eight); /* of which the last are of the node's own eight */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    eight <<= 8 * (8 - node % 8);
#else
    eight >>= 8 * (8 - node % 8);
#endif
    eight = (eight & pairs) + (eight >> 8 & pairs);
    return first + (uint32_t)(eight * UINT64_C(0x0001000100010001) >> 48);
}

enum { FEW = 6 /* children that are looked at one by one */ };

uint32_t sx_ac_child(const sx_ac *ac, uint32_t node, uint8_t byte)
{
    if (node == SX_AC_ROOT) return ac->root[byte];
    uint32_t n = ac->children[node], from = n > 0 ? first_child(ac, node) : 0;
    if (n == 0) return 0;
    if (n <= FEW) {
        for (uint32_t c = from; c < from + n; c++)
            if (ac->label[c] == byte) return c;
        return 0;
    }
    const uint8_t *hit = memchr(ac->label + from, byte, n);
    return hit == NULL ? 0 : (uint32_t)(hit - ac->label);
}

uint32_t sx_ac_step(const sx_ac *ac, uint32_t node, uint8_t byte)
{
    while (node != SX_AC_ROOT) {
        uint32_t to = sx_ac_child(ac, node, byte);
        if (to != 0) return to;
        node = ac->fail[node];
    }
    return ac->root[byte];
}

static void list_root(sx_ac *ac)
{
    for (uint32_t c = 1; c <= ac->children[0]; c++) ac->root[ac->label[c]] = c;
}

/* Parents come before children, so a node's fail link is ready when its children ask for theirs. */
static void link_fails(sx_ac *ac)
{
    list_root(ac);
    for (uint32_t k = 0, c = 1; k < ac->node_n; k++)
        for (uint32_t i = 0; i < ac->children[k]; i++, c++)
            ac->fail[c] = k == 0 ? SX_AC_ROOT : sx_ac_step(ac, ac->fail[k], ac->label[c]);
}

static void count_ends(sx_ac *ac)
{
    uint32_t n = 0;
    for (size_t w = 0; w <= ac->node_n / 64; w++) {
        if (w % 8 == 0) ac->rank[w / 8] = n;
        n += (uint32_t)__builtin_popcountll(ac->ends[w]);
    }
}

bool sx_ac_derive(sx_ac *ac)
{
    ac->reports = sx_mem_array(ac->mem, ac->node_n / 64 + 1, sizeof *ac->reports);
    ac->rank = sx_mem_array(ac->mem, ac->node_n / 512 + 1, sizeof *ac->rank);
    if (!ac->reports || !ac->rank) return false;
    list_root(ac);
    for (uint32_t k = 0; k < ac->node_n; k++)
        if (bit(ac->ends, k) || (k > 0 && bit(ac->reports, ac->fail[k]))) set_bit(ac->reports, k);
    count_ends(ac);
    return true;
}

static llm_status make_room(sx_ac *ac, llm_error *err)
{
    size_t n = ac->node_n;
    ac->children = sx_mem_array(ac->mem, n, 1);
    ac->first = sx_mem_array(ac->mem, n / 8 + 1, sizeof *ac->first);
    ac->fail = sx_mem_array(ac->mem, n, sizeof *ac->fail);
    ac->label = sx_mem_array(ac->mem, n, 1);
    ac->ends = sx_mem_array(ac->mem, n / 64 + 1, sizeof *ac->ends);
    ac->value_at = sx_mem_array(ac->mem, ac->word_n + 1, sizeof *ac->value_at);
    ac->values = sx_mem_array(ac->mem, ac->word_n + 1, sizeof *ac->values);
    bool room = ac->children && ac->first && ac->fail && ac->label && ac->ends && ac->value_at && ac->values;
    return room ? LLM_OK : sx_fail_memory(err);
}

llm_status sx_ac_build(sx_ac *ac, llm_error *err)
{
    uint32_t *order = sx_mem_array(ac->mem, ac->word_n + 1, sizeof *order);
    uint32_t *other = sx_mem_array(ac->mem, ac->word_n + 1, sizeof *other);
    llm_status status = order == NULL || other == NULL ? sx_fail_memory(err) : LLM_OK;
    for (size_t i = 0; status == LLM_OK && i < ac->word_n; i++) order[i] = (uint32_t)i;
    if (status == LLM_OK) sort_words(ac, order, other);
    sx_mem_free(ac->mem, other);
    if (status == LLM_OK) {
        ac->node_n = count_nodes(ac, order);
        status = make_room(ac, err);
    }
    if (status == LLM_OK) status = lay_out(ac, order, err);
    sx_mem_free(ac->mem, order);
    if (status != LLM_OK) return status;
    forget_words(ac);
    link_fails(ac);
    return sx_ac_derive(ac) ? LLM_OK : sx_fail_memory(err);
}

uint32_t sx_ac_depth(const sx_ac *ac, uint32_t node)
{
    uint32_t lo = 0, hi = ac->levels; /* level[lo] <= node < level[hi] */
    while (hi - lo > 1) {
        uint32_t mid = (lo + hi) / 2;
        if (ac->level[mid] <= node)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

bool sx_ac_leaf(const sx_ac *ac, uint32_t node)
{
    return ac->children[node] == 0;
}

uint32_t sx_ac_reported(const sx_ac *ac, uint32_t node)
{
    while (!bit(ac->ends, node)) node = ac->fail[node];
    return node;
}

const uint32_t *sx_ac_values(const sx_ac *ac, uint32_t node, uint32_t *count)
{
    uint32_t i = ac->rank[node / 512];
    for (size_t w = node / 512 * 8; w < node / 64; w++) i += (uint32_t)__builtin_popcountll(ac->ends[w]);
    uint64_t below = ac->ends[node / 64] & (((uint64_t)1 << (node % 64)) - 1);
    i += (uint32_t)__builtin_popcountll(below);
    *count = ac->value_at[i + 1] - ac->value_at[i];
    return ac->values + ac->value_at[i];
}
