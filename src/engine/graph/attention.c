#include "engine/graph/attention.h"

#include <math.h>
#include <string.h>

enum { ROWS = 32 /* (query, head) pairs that share a key-value head and are worked on together */ };

typedef struct block { /* the rows one worker has in hand */
    const sx_attention *a;
    uint32_t head_kv, row, n; /* rows row .. row + n of (token, head of the group), heads fastest */
    float *q;                 /* [n, dim_k] scaled */
    float *s;                 /* [n, SX_KEY_TILE] */
    float *acc;               /* [n, dim_v] */
    float max[ROWS], sum[ROWS];
    uint32_t position[ROWS];         /* of each row's query */
    uint32_t begin[ROWS], end[ROWS]; /* keys each row sees */
} block;

size_t sx_attention_scratch(uint32_t dim_k, uint32_t dim_v)
{
    return ROWS * sizeof(float) * ((size_t)dim_k + SX_KEY_TILE + dim_v);
}

static uint32_t group_of(const sx_attention *a)
{
    return a->n_head / a->n_head_kv;
}

static uint32_t head_of(const block *b, uint32_t i)
{
    return b->head_kv * group_of(b->a) + (b->row + i) % group_of(b->a);
}

static uint32_t token_of(const block *b, uint32_t i)
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
        uint32_t token = token_of(b, i), position = a->first + token;
        const float *q = a->q + ((size_t)token * a->n_head + head_of(b, i)) * a->dim_k;
        memcpy(b->q + (size_t)i * a->dim_k, q, a->dim_k * sizeof *q);
        b->position[i] = position;
        b->end[i] = a->both_ways ? a->first + a->n_tok : position + 1;
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

/* Rows that see the whole tile are weighed together; the others alone, over what they see and nothing else, so that no
 * later position can reach an earlier one. */
static void tile(block *b, uint32_t from, uint32_t n_keys)
{
    const sx_attention *a = b->a;
    const sx_cache *c = a->cache;
    const sx_kernels *k = a->run->kernels;
    size_t k_stride = (size_t)c->k_width * c->elem, v_stride = c->v ? (size_t)c->v_width * c->elem : k_stride;
    const char *keys = sx_cache_k(c, a->layer, from) + (size_t)b->head_kv * a->dim_k * c->elem;
    const char *values = c->v ? sx_cache_v(c, a->layer, from) + (size_t)b->head_kv * a->dim_v * c->elem : keys;
    k->matmul->floats(c->type, keys, k_stride, n_keys, b->q, a->dim_k, b->n, a->dim_k, b->s, SX_KEY_TILE);
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
            k->attention->weigh(b->acc + r * a->dim_v, a->dim_v, whole, b->s + r * SX_KEY_TILE, c->type, values,
                                v_stride, SX_KEY_TILE, a->dim_v);
            whole = 0;
        }
        if (lo < hi)
            k->attention->weigh(b->acc + (size_t)i * a->dim_v, a->dim_v, 1, b->s + (size_t)i * SX_KEY_TILE + lo,
                                c->type, values + lo * v_stride, v_stride, hi - lo, a->dim_v);
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
        memcpy(a->out + ((size_t)token_of(b, i) * a->n_head + head) * a->dim_v, acc, a->dim_v * sizeof *acc);
    }
}

typedef struct task {
    const sx_attention *a;
    uint32_t rows;   /* per block */
    uint32_t blocks; /* per key-value head */
} task;

static void attend_blocks(void *arg, uint32_t begin, uint32_t end, uint32_t worker)
{
    const task *t = arg;
    const sx_attention *a = t->a;
    block b = {.a = a, .q = (float *)(void *)(a->run->scratch + worker * a->run->scratch_stride)};
    b.s = b.q + (size_t)ROWS * a->dim_k;
    b.acc = b.s + (size_t)ROWS * SX_KEY_TILE;
    for (uint32_t i = begin; i < end; i++) {
        uint32_t total = a->n_tok * group_of(a);
        b.head_kv = i % a->n_head_kv;
        b.row = (t->blocks - 1 - i / a->n_head_kv) * t->rows; /* the longest first: the last ones even the load out */
        b.n = total - b.row < t->rows ? total - b.row : t->rows;
        start(&b);
        uint32_t first = b.begin[0] / SX_KEY_TILE * SX_KEY_TILE, last = b.end[b.n - 1];
        for (uint32_t from = first; from < last; from += SX_KEY_TILE) {
            if (sx_cancelled(a->run->cancel)) return;
            tile(&b, from, last - from < SX_KEY_TILE ? last - from : SX_KEY_TILE);
        }
        finish(&b);
    }
}

void sx_attend(const sx_attention *a)
{
    uint32_t total = a->n_tok * group_of(a), workers = sx_pool_size(a->run->pool);
    task t = {.a = a, .rows = ROWS};
    if (total * a->n_head_kv < ROWS * workers) /* few rows: share them out */
        t.rows = (total * a->n_head_kv + workers - 1) / workers < ROWS ? (total * a->n_head_kv + workers - 1) / workers
                                                                       : ROWS;
    t.blocks = (total + t.rows - 1) / t.rows;
    sx_parallel(a->run, t.blocks * a->n_head_kv, 1, attend_blocks, &t);
}
