/* One tile of keys meets the rows of a block: scores, softmax, values. */
#include "engine/graph/attention_block.h"

#include <math.h>

enum {
    TOGETHER = 12,       /* rows whose scores stay in the nearest cache */
    TOGETHER_TILED = 32, /* the same with tiles of bf16; a multiple of 16 */
    TILE_ROWS = 16,      /* what those take at once */
    FEW = 8,             /* rows that take values as they are kept: more of them are worth a tile of floats */
    FEW_TILED = 6        /* or one of bf16 */
};

typedef sx_attention_block block;

/* ---- scratch ---- */

typedef struct layout { /* bytes of each part, in this order */
    size_t q, s, panel, values, acc, key_rows, keys16, values16, q16;
} layout;

static const sx_tile_attention_ops *tile_ops(const sx_kernels *kernels, uint32_t dim_v)
{
    return dim_v % 16 == 0 ? kernels->tile_attention : NULL;
}

static layout lay(const sx_kernels *kernels, uint32_t dim_k, uint32_t dim_v)
{
    const sx_tile_attention_ops *tiles = tile_ops(kernels, dim_v);
    const size_t rows = sx_block_rows(kernels), f = sizeof(float), half = sizeof(uint16_t);
    layout l = {.q = rows * sx_query_floats(dim_k) * f,
                .s = (size_t)(tiles ? TOGETHER_TILED : TOGETHER) * SX_KEY_TILE * f,
                .panel = sx_panel_floats(dim_k) * f,
                .values = sx_panel_floats(dim_v) * f,
                .acc = rows * sx_query_floats(dim_v) * f};
    if (!tiles) return l;
    l.key_rows = sx_panel_floats(dim_k) * f;
    l.keys16 = tiles->pair_numbers(dim_k, SX_KEY_TILE) * half;
    l.values16 = tiles->pair_numbers(SX_KEY_TILE, dim_v) * half;
    l.q16 = (rows + TILE_ROWS - 1) * tiles->query_numbers(dim_k) * half;
    return l;
}

size_t sx_attention_scratch(const sx_kernels *kernels, uint32_t dim_k, uint32_t dim_v)
{
    const layout l = lay(kernels, dim_k, dim_v);
    return l.q + l.s + l.panel + l.values + l.acc + l.key_rows + l.keys16 + l.values16 + l.q16;
}

static void *take(char **at, size_t bytes)
{
    char *p = *at;
    *at += bytes;
    return p;
}

void sx_block_lay_out(block *b, const sx_attention *a, uint32_t worker)
{
    const sx_tile_attention_ops *tiles = tile_ops(a->run->kernels, a->dim_v);
    const layout l = lay(a->run->kernels, a->dim_k, a->dim_v);
    char *at = a->run->scratch + worker * a->run->scratch_stride;
    b->a = a;
    b->ldq = sx_query_floats(a->dim_k);
    b->q = take(&at, l.q);
    b->s = take(&at, l.s);
    b->panel = take(&at, l.panel);
    b->values = take(&at, l.values);
    b->acc = take(&at, l.acc);
    b->key_rows = take(&at, l.key_rows);
    b->keys16 = take(&at, l.keys16);
    b->values16 = take(&at, l.values16);
    b->q16 = tiles ? take(&at, l.q16) : NULL;
    b->ldq16 = tiles ? tiles->query_numbers(a->dim_k) : 0;
}

/* ---- what a row sees ---- */

/* Of the tile from..from + SX_KEY_TILE: [*lo, *hi). */
static void sight(const block *b, uint32_t i, uint32_t from, uint32_t *lo, uint32_t *hi)
{
    *lo = b->begin[i] > from ? b->begin[i] - from : 0;
    *hi = b->end[i] > from ? b->end[i] - from : 0;
    if (*lo > SX_KEY_TILE) *lo = SX_KEY_TILE;
    if (*hi > SX_KEY_TILE) *hi = SX_KEY_TILE;
    if (*lo > *hi) *lo = *hi;
}

/* The rows from i on, before `end`, that see what i sees: at most `most`. */
static uint32_t same_sight(const block *b, uint32_t i, uint32_t end, uint32_t most, uint32_t from, uint32_t *lo,
                           uint32_t *hi)
{
    uint32_t n, l, h;
    sight(b, i, from, lo, hi);
    for (n = 1; n < most && i + n < end; n++) {
        sight(b, i + n, from, &l, &h);
        if (l != *lo || h != *hi) break;
    }
    return n;
}

/* ALiBi (arxiv.org/abs/2108.12409) with the slopes of head counts that are no power of two. */
static float slope(const sx_attention *a, uint32_t head)
{
    uint32_t power = 1;
    while (power * 2 <= a->n_head) power *= 2;
    float m = head < power ? powf(2.0f, -a->alibi / (float)power) : powf(2.0f, -a->alibi / 2.0f / (float)power);
    return powf(m, (float)(head < power ? head + 1 : 2 * (head - power) + 1));
}

/* Caps, biases and masks the scores in b->s of rows i .. i + n - 1, which see the same keys. */
static void adjust(block *b, uint32_t i, uint32_t n, uint32_t from, uint32_t lo, uint32_t hi)
{
    const sx_attention *a = b->a;
    if (hi - lo == SX_KEY_TILE && a->cap <= 0.0f && a->alibi <= 0.0f) return;
    float *s = b->s;
    for (uint32_t r = i; r < i + n; r++, s += SX_KEY_TILE) {
        if (a->cap > 0.0f) a->run->kernels->attention->soft_cap(s + lo, hi - lo, a->cap);
        if (a->alibi > 0.0f) {
            const float m = slope(a, sx_block_head(b, r));
            for (uint32_t j = lo; j < hi; j++) s[j] -= m * fabsf((float)b->position[r] - (float)(from + j));
        }
        for (uint32_t j = 0; j < lo; j++) s[j] = -INFINITY;
        for (uint32_t j = hi; j < SX_KEY_TILE; j++) s[j] = -INFINITY;
    }
}

/* ---- keys and values ---- */

static const char *kept_keys(const block *b, uint32_t from)
{
    return sx_cache_k(b->segment->cache, b->a->layer, b->head_kv, from);
}

typedef struct tile_rows { /* where a tile's values lie, and as what */
    uint32_t type;
    const char *rows;
    size_t stride;
} tile_rows;

static tile_rows kept_values(const block *b, uint32_t from)
{
    const sx_cache *c = b->segment->cache;
    return c->dim_v ? (tile_rows){c->type, sx_cache_v(c, b->a->layer, b->head_kv, from), c->v_row}
                    : (tile_rows){c->type, kept_keys(b, from), c->k_row};
}

static tile_rows float_values(const block *b, uint32_t from, uint32_t n_keys)
{
    const sx_attention *a = b->a;
    const tile_rows kept = kept_values(b, from);
    if (kept.type == SX_TYPE_F32) return kept;
    a->run->kernels->cache->unpack(kept.type, b->values, a->dim_v, kept.rows, kept.stride, n_keys, a->dim_v);
    return (tile_rows){SX_TYPE_F32, (const char *)b->values, a->dim_v * sizeof *b->values};
}

/* The next tile's keys (0) or values (1), once, for who asks for them; NULL: no longer, or there is no next tile. */
static const char *take_ahead(block *b, int which)
{
    const char *rows = b->ahead[which].bytes ? b->ahead[which].rows : NULL;
    b->ahead[which].bytes = 0;
    return rows;
}

/* For kernels that take this tile's values as they are kept, or not. */
static sx_wanted next_wanted(block *b, const char *kept)
{
    sx_wanted w = {.keys = take_ahead(b, 0)};
    if (kept) {
        w.values = take_ahead(b, 1);
        w.now = b->segment->cache->dim_v ? kept : NULL;
    }
    return w;
}

/* Asks for a part of the next tile's keys and values: a few lines at a time, since a machine takes no more at once. */
static void ask_ahead(block *b)
{
    enum { LINE = 64, PART = 48 * LINE };
    for (int i = 0; i < 2; i++) {
        const size_t n = b->ahead[i].bytes < PART ? b->ahead[i].bytes : PART;
        if (n == 0) continue; /* the last tile */
        for (size_t at = 0; at < n; at += LINE) __builtin_prefetch(b->ahead[i].rows + at);
        b->ahead[i].rows += n;
        b->ahead[i].bytes -= n;
        return;
    }
}

/* ---- as floats, or bytes where keys are kept as such ---- */

/* Each row of begin..end is weighed over what it sees and nothing else, so that no later position can reach an earlier one;
 * rows that see the same go together. */
static void meet(block *b, uint32_t begin, uint32_t end, uint32_t from, uint32_t n_keys)
{
    const sx_attention *a = b->a;
    const sx_attention_ops *ops = a->run->kernels->attention;
    const sx_cache *c = b->segment->cache;
    const tile_rows values = b->n <= FEW ? kept_values(b, from) : float_values(b, from, n_keys);
    const bool floats = values.type == SX_TYPE_F32;
    const sx_wanted next = next_wanted(b, floats ? NULL : values.rows), *wanted = &next;
    ops->keys(c->type, b->panel, kept_keys(b, from), c->k_row, n_keys, a->dim_k, wanted);
    for (uint32_t i = begin, n; i < end; i += n) {
        uint32_t lo, hi;
        n = same_sight(b, i, end, TOGETHER, from, &lo, &hi);
        if (lo == hi) continue;
        ops->scores(c->type, b->s, b->q + i * b->ldq, b->ldq, n, b->panel, a->dim_k, wanted);
        adjust(b, i, n, from, lo, hi);
        ops->softmax(b->s, n, b->max + i, b->sum + i, b->keep + i);
        if (floats) ask_ahead(b);
        ops->weigh(b->acc + (size_t)i * a->dim_v, a->dim_v, n, b->keep + i, b->s + lo, values.type,
                   values.rows + lo * values.stride, values.stride, hi - lo, a->dim_v, wanted);
        wanted = NULL;
    }
}

/* ---- as tiles of bf16 ---- */

static bool takes_kept(const block *b) /* values, as they are */
{
    return b->n <= FEW_TILED && b->a->run->kernels->tile_attention->weigh_kept;
}

static void make_tiles(block *b, uint32_t from, const sx_wanted *wanted)
{
    const sx_attention *a = b->a;
    const sx_kernels *k = a->run->kernels;
    const sx_tile_attention_ops *ops = k->tile_attention;
    const sx_cache *c = b->segment->cache;
    const void *keys = kept_keys(b, from);
    if (ops->keys) {
        const tile_rows kept = kept_values(b, from);
        ops->keys(c->type, b->keys16, keys, c->k_row, a->dim_k, wanted);
        if (!takes_kept(b)) ops->values(kept.type, b->values16, kept.rows, kept.stride, a->dim_v, wanted);
        return;
    }
    const tile_rows values = float_values(b, from, SX_KEY_TILE);
    if (sx_quant_get(c->type)) {
        k->cache->unpack(c->type, b->key_rows, a->dim_k, keys, c->k_row, SX_KEY_TILE, a->dim_k);
        k->attention->keys(SX_TYPE_F32, b->panel, b->key_rows, a->dim_k * sizeof *b->key_rows, SX_KEY_TILE, a->dim_k,
                           NULL);
    } else {
        k->attention->keys(c->type, b->panel, keys, c->k_row, SX_KEY_TILE, a->dim_k, NULL);
    }
    ops->pairs(b->keys16, b->panel, SX_KEY_TILE, a->dim_k, SX_KEY_TILE);
    ops->pairs(b->values16, (const float *)(const void *)values.rows, values.stride / sizeof(float), SX_KEY_TILE,
               a->dim_v);
}

/* Rows begin..end see the whole tile. */
static void meet_tiled(block *b, uint32_t begin, uint32_t end, uint32_t from)
{
    const sx_attention *a = b->a;
    const sx_kernels *k = a->run->kernels;
    const sx_tile_attention_ops *ops = k->tile_attention;
    const tile_rows kept = kept_values(b, from);
    const sx_wanted next = ops->keys ? next_wanted(b, kept.rows) : (sx_wanted){0}, *wanted = &next;
    make_tiles(b, from, wanted);
    for (uint32_t i = begin, n; i < end; i += n) {
        n = end - i < TOGETHER_TILED ? end - i : TOGETHER_TILED;
        float *acc = b->acc + (size_t)i * a->dim_v;
        if (!ops->keys) ask_ahead(b);
        ops->scores(b->s, b->q16 + i * b->ldq16, b->ldq16, n, b->keys16, a->dim_k, wanted);
        adjust(b, i, n, from, 0, SX_KEY_TILE);
        k->attention->softmax(b->s, n, b->max + i, b->sum + i, b->keep + i);
        if (!ops->keys) ask_ahead(b);
        if (takes_kept(b))
            ops->weigh_kept(acc, a->dim_v, n, b->keep + i, b->s, kept.type, kept.rows, kept.stride, a->dim_v, wanted);
        else
            ops->weigh(acc, a->dim_v, n, b->keep + i, b->s, b->values16, a->dim_v);
        wanted = NULL;
    }
}

/* The rows that see all of the tile follow each other: they begin at the returned one and end before *end. */
static uint32_t whole_sight(const block *b, uint32_t from, uint32_t *end)
{
    uint32_t lo, hi, begin = b->n;
    *end = b->n;
    for (uint32_t i = 0; i < b->n; i++) {
        sight(b, i, from, &lo, &hi);
        const bool whole = hi - lo == SX_KEY_TILE;
        if (whole && begin == b->n) begin = i;
        if (!whole && begin < b->n) {
            *end = i;
            break;
        }
    }
    return begin;
}

void sx_attend_tile(block *b, uint32_t from, uint32_t n_keys)
{
    uint32_t end = b->n;
    const uint32_t begin = b->tiled && n_keys == SX_KEY_TILE ? whole_sight(b, from, &end) : b->n;
    if (begin < end) meet_tiled(b, begin, end, from);
    if (begin > 0) meet(b, 0, begin, from, n_keys);
    if (end < b->n) meet(b, end, b->n, from, n_keys);
}
