#include "engine/graph/attention.h"

#include <math.h>
#include <string.h>

enum { ROWS = 32 /* (query, head) pairs that share a key-value head and are worked on together */ };

typedef struct block { /* the rows one worker has in hand */
    const sx_attention *a;
    const sx_segment *segment;
    uint32_t head_kv, row, n; /* rows row .. row + n of (token of the segment, head of the group), heads fastest */
    float *q;                 /* [n, dim_k] scaled */
    float *s;                 /* [n, SX_KEY_TILE] */
    float *acc;               /* [n, dim_v] */
    float *keys, *values;     /* [SX_KEY_TILE, dim] a tile of quantised ones as floats */
    float max[ROWS], sum[ROWS];
    uint32_t position[ROWS];         /* of each row's query */
    uint32_t begin[ROWS], end[ROWS]; /* keys each row sees */
} block;

size_t sx_attention_scratch(uint32_t dim_k, uint32_t dim_v)
{
    return sizeof(float) * (ROWS * ((size_t)dim_k + SX_KEY_TILE + dim_v) + SX_KEY_TILE * ((size_t)dim_k + dim_v));
}

static uint32_t group_of(const sx_attention *a)
{
    return a->n_head / a->n_head_kv;
}

static uint32_t head_of(const block *b, uint32_t i)
{
    return b->head_kv * group_of(b->a) + (b->row + i) % group_of(b->a);
}

static uint32_t token_of(const block *b, uint32_t i) /* of the segment */
{
    return (b->row + i) / group_of(b->a);
}

/* ALiBi (arxiv.org/abs/2108.12409) with the slopes of head counts that are no power of two. */
static float slope(const sx_attention *a, uint32_t head)
{
    uint32_t power = 1;
    while (power * 2 <= a->n_head) power *= 2;
    float m = head < power ? powf(2.0f, -a->alibi / (float)power) : powf(2.0f, -a->alibi / 2.0f / (float)power);
    return powf(m, (float)(head < power ? head + 1 : 2 * (head - power) + 1));
}

static void start(block *b)
{
    const sx_attention *a = b->a;
    for (uint32_t i = 0; i < b->n; i++) {
        uint32_t token = token_of(b, i), position = b->segment->first + token;
        const float *q = a->q + ((size_t)(b->segment->row + token) * a->n_head + head_of(b, i)) * a->dim_k;
        memcpy(b->q + (size_t)i * a->dim_k, q, a->dim_k * sizeof *q);
        b->position[i] = position;
        b->end[i] = a->both_ways ? b->segment->first + b->segment->n : position + 1;
        b->begin[i] = a->window > 0 && position + 1 > a->window ? position + 1 - a->window : 0;
        b->max[i] = -INFINITY;
        b->sum[i] = 0.0f;
    }
    a->run->kernels->vector->scale(b->q, a->scale, b->n * a->dim_k);
    memset(b->acc, 0, (size_t)b->n * a->dim_v * sizeof *b->acc);
}

/* Masks and weighs one row's scores in the tile of keys from..from + SX_KEY_TILE; [*lo, *hi) is what it sees there. */
static void row_softmax(block *b, uint32_t i, uint32_t from, uint32_t *lo, uint32_t *hi)
{
    const sx_attention *a = b->a;
    const sx_kernels *k = a->run->kernels;
    float *s = b->s + (size_t)i * SX_KEY_TILE;
    *lo = b->begin[i] > from ? b->begin[i] - from : 0;
    *hi = b->end[i] > from ? b->end[i] - from : 0;
    if (*lo > SX_KEY_TILE) *lo = SX_KEY_TILE;
    if (*hi > SX_KEY_TILE) *hi = SX_KEY_TILE;
    if (*lo >= *hi) return;
    if (a->cap > 0.0f) k->attention->soft_cap(s + *lo, *hi - *lo, a->cap);
    if (a->alibi > 0.0f) {
        float m = slope(a, head_of(b, i));
        for (uint32_t j = *lo; j < *hi; j++) s[j] -= m * fabsf((float)b->position[i] - (float)(from + j));
    }
    for (uint32_t j = 0; j < *lo; j++) s[j] = -INFINITY;
    for (uint32_t j = *hi; j < SX_KEY_TILE; j++) s[j] = -INFINITY;
    float keep = k->attention->softmax(s, &b->max[i], &b->sum[i]);
    if (keep != 1.0f) k->vector->scale(b->acc + (size_t)i * a->dim_v, keep, a->dim_v);
}

typedef struct tile_rows { /* where a tile's rows lie, and as what */
    uint32_t type;
    const char *rows;
    size_t stride;
} tile_rows;

/* Blocks of integers become floats once for all rows of queries; floats are used as they lie. */
static tile_rows tile_of(const block *b, const char *rows, size_t stride, uint32_t dim, uint32_t n_keys, float *room)
{
    uint32_t type = b->segment->cache->type;
    if (!sx_quant_get(type)) return (tile_rows){type, rows, stride};
    b->a->run->kernels->cache->unpack(type, room, dim, rows, stride, n_keys, dim);
    return (tile_rows){SX_TYPE_F32, (const char *)room, dim * sizeof *room};
}

/* Rows that see the whole tile are weighed together; the others alone, over what they see and nothing else, so that no
 * later position can reach an earlier one. */
static void tile(block *b, uint32_t from, uint32_t n_keys)
{
    const sx_attention *a = b->a;
    const sx_cache *c = b->segment->cache;
    const sx_kernels *k = a->run->kernels;
    const tile_rows keys = tile_of(b, sx_cache_k(c, a->layer, b->head_kv, from), c->k_row, a->dim_k, n_keys, b->keys);
    const tile_rows values = c->dim_v ? tile_of(b, sx_cache_v(c, a->layer, b->head_kv, from), c->v_row, a->dim_v,
                                                n_keys, b->values)
                                      : keys;
    k->matmul->floats(keys.type, keys.rows, keys.stride, n_keys, b->q, a->dim_k, b->n, a->dim_k, b->s, SX_KEY_TILE);
    uint32_t whole = 0; /* rows i - whole .. i - 1 see all of the tile and wait to be weighed */
    for (uint32_t i = 0; i <= b->n; i++) {
        uint32_t lo = 0, hi = 0;
        if (i < b->n) {
            row_softmax(b, i, from, &lo, &hi);
            if (hi - lo == SX_KEY_TILE) {
                whole++;
                continue;
            }
        }
        if (whole > 0) {
            size_t r = i - whole;
            k->attention->weigh(b->acc + r * a->dim_v, a->dim_v, whole, b->s + r * SX_KEY_TILE, values.type,
                                values.rows, values.stride, SX_KEY_TILE, a->dim_v);
            whole = 0;
        }
        if (lo < hi)
            k->attention->weigh(b->acc + (size_t)i * a->dim_v, a->dim_v, 1, b->s + (size_t)i * SX_KEY_TILE + lo,
                                values.type, values.rows + lo * values.stride, values.stride, hi - lo, a->dim_v);
    }
}

static void finish(block *b)
{
    const sx_attention *a = b->a;
    for (uint32_t i = 0; i < b->n; i++) {
        uint32_t head = head_of(b, i);
        float *acc = b->acc + (size_t)i * a->dim_v, sum = b->sum[i], keep = 1.0f;
        if (a->sinks) { /* one more score, of nothing */
            float max = fmaxf(b->max[i], a->sinks[head]);
            keep = expf(b->max[i] - max);
            sum = sum * keep + expf(a->sinks[head] - max);
        }
        a->run->kernels->vector->scale(acc, keep / sum, a->dim_v);
        memcpy(a->out + ((size_t)(b->segment->row + token_of(b, i)) * a->n_head + head) * a->dim_v, acc,
               a->dim_v * sizeof *acc);
    }
}

typedef struct task {
    const sx_attention *a;
    uint32_t rows;                   /* per block */
    uint32_t first[SX_SEGMENTS + 1]; /* the number of blocks of all heads before each segment */
} task;

static void choose_block(block *b, const task *t, uint32_t i)
{
    uint32_t s = 0;
    while (t->first[s + 1] <= i) s++;
    i -= t->first[s];
    b->segment = &t->a->segments[s];
    b->head_kv = i % t->a->n_head_kv;
    uint32_t total = b->segment->n * group_of(t->a), blocks = (t->first[s + 1] - t->first[s]) / t->a->n_head_kv;
    b->row = (blocks - 1 - i / t->a->n_head_kv) * t->rows; /* the longest first: the last ones even the load out */
    b->n = total - b->row < t->rows ? total - b->row : t->rows;
}

static void attend_blocks(void *arg, uint32_t begin, uint32_t end, uint32_t worker)
{
    const task *t = arg;
    const sx_attention *a = t->a;
    block b = {.a = a, .q = (float *)(void *)(a->run->scratch + worker * a->run->scratch_stride)};
    b.s = b.q + (size_t)ROWS * a->dim_k;
    b.acc = b.s + (size_t)ROWS * SX_KEY_TILE;
    b.keys = b.acc + (size_t)ROWS * a->dim_v;
    b.values = b.keys + (size_t)SX_KEY_TILE * a->dim_k;
    for (uint32_t i = begin; i < end; i++) {
        choose_block(&b, t, i);
        start(&b);
        uint32_t first = b.begin[0] / SX_KEY_TILE * SX_KEY_TILE, last = b.end[b.n - 1];
        for (uint32_t from = first; from < last; from += SX_KEY_TILE) {
            if (sx_run_cancelled(a->run)) return;
            tile(&b, from, last - from < SX_KEY_TILE ? last - from : SX_KEY_TILE);
        }
        finish(&b);
    }
}

void sx_attend(const sx_attention *a)
{
    uint32_t total = 0, workers = sx_pool_size(a->run->pool);
    for (uint32_t s = 0; s < a->n_segments; s++) total += a->segments[s].n * group_of(a);
    task t = {.a = a, .rows = ROWS};
    if (total * a->n_head_kv < ROWS * workers) /* few rows: share them out */
        t.rows = (total * a->n_head_kv + workers - 1) / workers < ROWS ? (total * a->n_head_kv + workers - 1) / workers
                                                                       : ROWS;
    for (uint32_t s = 0; s < a->n_segments; s++)
        t.first[s + 1] = t.first[s] + (a->segments[s].n * group_of(a) + t.rows - 1) / t.rows * a->n_head_kv;
    sx_parallel(a->run, t.first[a->n_segments], 1, attend_blocks, &t);
}
