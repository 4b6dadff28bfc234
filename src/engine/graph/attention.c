#include "engine/graph/attention_block.h"

#include <math.h>
#include <string.h>

enum {
    CHUNK = 1024, /* keys whose sums are made alone and then added to those before, in order: what threads share out */
    SPREAD = 64,  /* chunks of one query that may wait to be added */
    PER_WORKER = 4, /* blocks from which on there is no need to share chunks out */
    ROWS_MIN = 24,  /* where blocks stop getting smaller to be more */
    PLACES = 16     /* results joined at a time */
};

typedef sx_attention_block block;

/* A chunk's maximum, sum and values of every head of one query. */
static size_t part_floats(uint32_t n_head, uint32_t dim_v)
{
    return (size_t)n_head * (dim_v + 2);
}

size_t sx_attention_parts(uint32_t n_head, uint32_t dim_v)
{
    return sizeof(float) * SPREAD * (part_floats(n_head, dim_v) + 2 * (size_t)n_head);
}

static void start(block *b)
{
    const sx_attention *a = b->a;
    for (uint32_t i = 0; i < b->n; i++) {
        const uint32_t position = b->segment->first + sx_block_token(b, i);
        a->run->kernels->attention->query(b->segment->cache->type, b->q + i * b->ldq,
                                          a->q + sx_block_place(b, i) * a->dim_k, a->scale, a->dim_k);
        if (b->tiled)
            a->run->kernels->tile_attention->query(b->q16 + i * b->ldq16, a->q + sx_block_place(b, i) * a->dim_k,
                                                   a->scale, a->dim_k);
        b->position[i] = position;
        b->end[i] = a->both_ways ? b->segment->first + b->segment->n : position + 1;
        b->begin[i] = a->window > 0 && position + 1 > a->window ? position + 1 - a->window : 0;
    }
}

/* ---- chunks ---- */

static void look_ahead(block *b, uint32_t next, uint32_t last)
{
    const uint32_t layer = b->a->layer;
    const sx_cache *c = b->segment->cache;
    const size_t n = next < last ? SX_KEY_TILE : 0;
    b->ahead[0] = b->ahead[1] = (sx_stretch){0};
    if (n == 0) return;
    b->ahead[0] = (sx_stretch){sx_cache_k(c, layer, b->head_kv, next), n * c->k_row};
    if (c->dim_v) b->ahead[1] = (sx_stretch){sx_cache_v(c, layer, b->head_kv, next), n * c->v_row};
}

/* The sums of the block's rows over one chunk. Returns false when cancelled. */
static bool chunk(block *b, uint32_t index)
{
    const sx_attention *a = b->a;
    uint32_t first = b->begin[0] / SX_KEY_TILE * SX_KEY_TILE, last = b->end[b->n - 1];
    if (first < index * CHUNK) first = index * CHUNK;
    if (last > (index + 1) * CHUNK) last = (index + 1) * CHUNK;
    for (uint32_t i = 0; i < b->n; i++) {
        b->max[i] = -INFINITY;
        b->sum[i] = 0.0f;
    }
    memset(b->acc, 0, (size_t)b->n * a->dim_v * sizeof *b->acc);
    for (uint32_t from = first; from < last; from += SX_KEY_TILE) {
        if (sx_run_cancelled(a->run)) return false;
        look_ahead(b, from + SX_KEY_TILE, b->end[b->n - 1]);
        sx_attend_tile(b, from, last - from < SX_KEY_TILE ? last - from : SX_KEY_TILE);
    }
    return true;
}

/* Adds the sums of a chunk to those of the chunks before it. */
static void join(const sx_attention *a, float *acc, float *max, float *sum, const float *part, float part_max,
                 float part_sum)
{
    const sx_vector_ops *v = a->run->kernels->vector;
    if (part_max == -INFINITY) return; /* nothing seen there */
    if (*max == -INFINITY) {
        memcpy(acc, part, a->dim_v * sizeof *acc);
        *max = part_max;
        *sum = part_sum;
        return;
    }
    const float top = *max > part_max ? *max : part_max, keep = expf(*max - top), add = expf(part_max - top);
    if (keep != 1.0f) v->scale(acc, keep, a->dim_v);
    v->add_scaled(acc, part, add, a->dim_v);
    *sum = *sum * keep + part_sum * add;
    *max = top;
}

static void finish(const sx_attention *a, uint32_t head, float *acc, float max, float sum)
{
    float keep = 1.0f;
    if (a->sinks) { /* one more score, of nothing */
        const float top = fmaxf(max, a->sinks[head]);
        keep = expf(max - top);
        sum = sum * keep + expf(a->sinks[head] - top);
    }
    a->run->kernels->vector->scale(acc, keep / sum, a->dim_v);
}

/* ---- blocks ---- */

typedef struct task {
    const sx_attention *a;
    uint32_t rows;                   /* per block */
    uint32_t first[SX_SEGMENTS + 1]; /* the number of blocks of all heads before each segment */
    uint32_t chunk, n_chunks;        /* of this round, when chunks are shared out */
    float *max, *sum;                /* [queries, n_head] over the rounds before */
} task;

static void choose_block(block *b, const task *t, uint32_t i)
{
    uint32_t s = 0;
    while (t->first[s + 1] <= i) s++;
    i -= t->first[s];
    b->segment = &t->a->segments[s];
    b->tiled = t->a->rounds && b->q16 &&
               t->a->run->kernels->tile_attention->takes(b->segment->cache->type, b->segment->made);
    b->head_kv = i % t->a->n_head_kv;
    uint32_t total = b->segment->n * sx_block_group(t->a), blocks = (t->first[s + 1] - t->first[s]) / t->a->n_head_kv;
    b->row = (blocks - 1 - i / t->a->n_head_kv) * t->rows; /* the longest first: the last ones even the load out */
    b->n = total - b->row < t->rows ? total - b->row : t->rows;
}

/* A block's chunks one after the other. */
static void attend_blocks(void *arg, uint32_t begin, uint32_t end, uint32_t worker)
{
    const task *t = arg;
    const sx_attention *a = t->a;
    block b;
    sx_block_lay_out(&b, a, worker);
    for (uint32_t i = begin; i < end; i++) {
        float max[SX_BLOCK_ROWS_TILED], sum[SX_BLOCK_ROWS_TILED];
        choose_block(&b, t, i);
        start(&b);
        for (uint32_t r = 0; r < b.n; r++) max[r] = -INFINITY;
        for (uint32_t c = b.begin[0] / CHUNK; c * CHUNK < b.end[b.n - 1]; c++) {
            if (!chunk(&b, c)) return;
            for (uint32_t r = 0; r < b.n; r++)
                join(a, a->out + sx_block_place(&b, r) * a->dim_v, &max[r], &sum[r], b.acc + (size_t)r * a->dim_v,
                     b.max[r], b.sum[r]);
        }
        for (uint32_t r = 0; r < b.n; r++)
            finish(a, sx_block_head(&b, r), a->out + sx_block_place(&b, r) * a->dim_v, max[r], sum[r]);
    }
}

/* ---- few blocks over many keys: chunks are shared out, and joined in their order ---- */

static float *part_of(const task *t, const block *b, uint32_t r, uint32_t c)
{
    const size_t place = sx_block_place(b, r) - (size_t)t->a->segments[0].row * t->a->n_head;
    return t->a->parts + (place * t->n_chunks + c) * (t->a->dim_v + 2);
}

static void attend_chunks(void *arg, uint32_t begin, uint32_t end, uint32_t worker)
{
    const task *t = arg;
    const sx_attention *a = t->a;
    block b;
    sx_block_lay_out(&b, a, worker);
    for (uint32_t i = begin; i < end; i++) {
        const uint32_t c = i % t->n_chunks, index = t->chunk + c;
        choose_block(&b, t, i / t->n_chunks);
        start(&b);
        const bool seen = index >= b.begin[0] / CHUNK && index * CHUNK < b.end[b.n - 1];
        if (seen && !chunk(&b, index)) return;
        for (uint32_t r = 0; r < b.n; r++) {
            float *part = part_of(t, &b, r, c);
            part[0] = seen ? b.max[r] : -INFINITY;
            part[1] = seen ? b.sum[r] : 0.0f;
            if (seen) memcpy(part + 2, b.acc + (size_t)r * a->dim_v, a->dim_v * sizeof *part);
        }
    }
}

static void join_chunks(void *arg, uint32_t begin, uint32_t end, uint32_t worker)
{
    const task *t = arg;
    const sx_attention *a = t->a;
    (void)worker;
    for (uint32_t i = begin; i < end; i++)
        for (uint32_t c = 0; c < t->n_chunks; c++) {
            const float *part = a->parts + ((size_t)i * t->n_chunks + c) * (a->dim_v + 2);
            join(a, a->out + ((size_t)a->segments[0].row * a->n_head + i) * a->dim_v, &t->max[i], &t->sum[i], part + 2,
                 part[0], part[1]);
        }
}

/* Rounds of as many chunks as may wait. */
static void attend_spread(task *t, uint32_t queries, uint32_t first, uint32_t last)
{
    const sx_attention *a = t->a;
    const uint32_t places = queries * a->n_head, blocks = t->first[a->n_segments];
    t->max = a->parts + SPREAD * part_floats(a->n_head, a->dim_v);
    t->sum = t->max + places;
    for (uint32_t i = 0; i < places; i++) t->max[i] = -INFINITY;
    for (t->chunk = first; t->chunk < last; t->chunk += t->n_chunks) {
        t->n_chunks = last - t->chunk < SPREAD / queries ? last - t->chunk : SPREAD / queries;
        const uint32_t n = blocks * t->n_chunks;
        if (n < sx_pool_size(a->run->pool))
            sx_parallel(a->run, n, 1, attend_chunks, t);
        else /* in stretches: each chunk asks for the beginning of the next one */
            sx_parallel_shares(a->run, n, 1, UINT32_MAX, attend_chunks, t);
        if (sx_run_cancelled(a->run)) return;
        sx_parallel(a->run, places, PLACES, join_chunks, t);
    }
    for (uint32_t i = 0; i < places; i++)
        finish(a, i % a->n_head, a->out + ((size_t)a->segments[0].row * a->n_head + i) * a->dim_v, t->max[i],
               t->sum[i]);
}

static void count_blocks(task *t)
{
    const sx_attention *a = t->a;
    for (uint32_t s = 0; s < a->n_segments; s++)
        t->first[s + 1] = t->first[s] + (a->segments[s].n * sx_block_group(a) + t->rows - 1) / t->rows * a->n_head_kv;
}

void sx_attend(const sx_attention *a)
{
    const uint32_t workers = sx_pool_size(a->run->pool);
    uint32_t queries = 0, first = UINT32_MAX, last = 0; /* chunks */
    for (uint32_t s = 0; s < a->n_segments; s++) {
        const sx_segment *g = &a->segments[s];
        const uint32_t begin = a->window > 0 && g->first + 1 > a->window ? g->first + 1 - a->window : 0;
        queries += g->n;
        if (begin / CHUNK < first) first = begin / CHUNK;
        if ((g->first + g->n - 1) / CHUNK + 1 > last) last = (g->first + g->n - 1) / CHUNK + 1;
    }
    task t = {.a = a, .rows = sx_block_rows(a->run->kernels)};
    count_blocks(&t);
    if (workers > 1 && t.first[a->n_segments] < PER_WORKER * workers) {
        if (queries <= SPREAD / 2 && last - first > 1) {
            attend_spread(&t, queries, first, last);
            return;
        }
        for (; t.rows > ROWS_MIN && t.first[a->n_segments] < PER_WORKER * workers; count_blocks(&t)) t.rows /= 2;
    }
    sx_parallel(a->run, t.first[a->n_segments], 1, attend_blocks, &t);
}
