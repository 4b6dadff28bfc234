#include "engine/graph/attention.h"

#include <math.h>
#include <string.h>

enum {
    ROWS = 96,    /* (query, head) pairs that share a key-value head and are worked on together */
    FEW = 8,      /* rows that take values as they are kept: more of them are worth a tile of floats */
    CHUNK = 1024, /* keys whose sums are made alone and then added to those before, in order: what threads share out */
    SPREAD = 64,  /* chunks of one query that may wait to be added */
    PER_WORKER = 4, /* blocks from which on there is no need to share chunks out */
    ROWS_MIN = 24,  /* where blocks stop getting smaller to be more */
    PLACES = 16     /* results joined at a time */
};

typedef struct stretch {
    const char *rows;
    size_t bytes;
} stretch;

typedef struct block { /* the rows one worker has in hand */
    const sx_attention *a;
    const sx_segment *segment;
    uint32_t head_kv, row, n; /* rows row .. row + n of (token of the segment, head of the group), heads fastest */
    float *q;                 /* [n, ldq] ready for the keys' type */
    size_t ldq;
    float *s;         /* [n, SX_KEY_TILE] */
    float *acc;       /* [n, dim_v] of the chunk in hand */
    float *panel;     /* a tile of keys */
    float *values;    /* [SX_KEY_TILE, dim_v] */
    stretch ahead[2]; /* of the next tile, not yet asked for: keys, values */
    float max[ROWS], sum[ROWS], keep[ROWS];
    uint32_t position[ROWS];         /* of each row's query */
    uint32_t begin[ROWS], end[ROWS]; /* keys each row sees */
} block;

size_t sx_attention_scratch(uint32_t dim_k, uint32_t dim_v)
{
    return sizeof(float) * (ROWS * (sx_query_floats(dim_k) + SX_KEY_TILE + sx_query_floats(dim_v)) +
                            sx_panel_floats(dim_k) + sx_panel_floats(dim_v));
}

/* A chunk's maximum, sum and values of every head of one query. */
static size_t part_floats(uint32_t n_head, uint32_t dim_v)
{
    return (size_t)n_head * (dim_v + 2);
}

size_t sx_attention_parts(uint32_t n_head, uint32_t dim_v)
{
    return sizeof(float) * SPREAD * (part_floats(n_head, dim_v) + 2 * (size_t)n_head);
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

/* Of the whole batch: where a row's result stands among those of all heads. */
static size_t place_of(const block *b, uint32_t i)
{
    return (size_t)(b->segment->row + token_of(b, i)) * b->a->n_head + head_of(b, i);
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
        const uint32_t position = b->segment->first + token_of(b, i);
        a->run->kernels->attention->query(b->segment->cache->type, b->q + i * b->ldq, a->q + place_of(b, i) * a->dim_k,
                                          a->scale, a->dim_k);
        b->position[i] = position;
        b->end[i] = a->both_ways ? b->segment->first + b->segment->n : position + 1;
        b->begin[i] = a->window > 0 && position + 1 > a->window ? position + 1 - a->window : 0;
    }
}

/* ---- a tile of keys ---- */

/* What row i sees of the tile from..from + SX_KEY_TILE: [*lo, *hi). */
static void sight(const block *b, uint32_t i, uint32_t from, uint32_t *lo, uint32_t *hi)
{
    *lo = b->begin[i] > from ? b->begin[i] - from : 0;
    *hi = b->end[i] > from ? b->end[i] - from : 0;
    if (*lo > SX_KEY_TILE) *lo = SX_KEY_TILE;
    if (*hi > SX_KEY_TILE) *hi = SX_KEY_TILE;
    if (*lo > *hi) *lo = *hi;
}

/* Caps, biases and masks the scores of rows i .. i + n - 1, which see the same keys. */
static void adjust(block *b, uint32_t i, uint32_t n, uint32_t from, uint32_t lo, uint32_t hi)
{
    const sx_attention *a = b->a;
    for (uint32_t r = i; r < i + n; r++) {
        float *s = b->s + (size_t)r * SX_KEY_TILE;
        if (a->cap > 0.0f) a->run->kernels->attention->soft_cap(s + lo, hi - lo, a->cap);
        if (a->alibi > 0.0f) {
            const float m = slope(a, head_of(b, r));
            for (uint32_t j = lo; j < hi; j++) s[j] -= m * fabsf((float)b->position[r] - (float)(from + j));
        }
        for (uint32_t j = 0; j < lo; j++) s[j] = -INFINITY;
        for (uint32_t j = hi; j < SX_KEY_TILE; j++) s[j] = -INFINITY;
    }
}

typedef struct tile_rows { /* where a tile's values lie, and as what */
    uint32_t type;
    const char *rows;
    size_t stride;
} tile_rows;

static tile_rows values_of(const block *b, uint32_t from, uint32_t n_keys)
{
    const sx_attention *a = b->a;
    const sx_cache *c = b->segment->cache;
    const char *rows = c->dim_v ? sx_cache_v(c, a->layer, b->head_kv, from) : sx_cache_k(c, a->layer, b->head_kv, from);
    const size_t stride = c->dim_v ? c->v_row : c->k_row;
    if (c->type == SX_TYPE_F32 || b->n <= FEW) return (tile_rows){c->type, rows, stride};
    a->run->kernels->cache->unpack(c->type, b->values, a->dim_v, rows, stride, n_keys, a->dim_v);
    return (tile_rows){SX_TYPE_F32, (const char *)b->values, a->dim_v * sizeof *b->values};
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

/* Each row is weighed over what it sees and nothing else, so that no later position can reach an earlier one; rows that
 * see the same go together. */
static void tile(block *b, uint32_t from, uint32_t n_keys)
{
    enum { TOGETHER = 12 }; /* rows whose scores stay in the nearest cache */
    const sx_attention *a = b->a;
    const sx_attention_ops *ops = a->run->kernels->attention;
    const sx_cache *c = b->segment->cache;
    const tile_rows values = values_of(b, from, n_keys);
    ask_ahead(b);
    ops->keys(c->type, b->panel, sx_cache_k(c, a->layer, b->head_kv, from), c->k_row, n_keys, a->dim_k);
    for (uint32_t i = 0, n; i < b->n; i += n) {
        uint32_t lo, hi, l, h;
        sight(b, i, from, &lo, &hi);
        for (n = 1; n < TOGETHER && i + n < b->n; n++) {
            sight(b, i + n, from, &l, &h);
            if (l != lo || h != hi) break;
        }
        if (lo == hi) continue;
        float *s = b->s + (size_t)i * SX_KEY_TILE;
        ask_ahead(b);
        ops->scores(c->type, s, b->q + i * b->ldq, b->ldq, n, b->panel, a->dim_k);
        if (hi - lo < SX_KEY_TILE || a->cap > 0.0f || a->alibi > 0.0f) adjust(b, i, n, from, lo, hi);
        ask_ahead(b);
        ops->softmax(s, n, b->max + i, b->sum + i, b->keep + i);
        ask_ahead(b);
        ops->weigh(b->acc + (size_t)i * a->dim_v, a->dim_v, n, b->keep + i, s + lo, values.type,
                   values.rows + lo * values.stride, values.stride, hi - lo, a->dim_v);
    }
}

/* ---- chunks ---- */

static void look_ahead(block *b, uint32_t next, uint32_t last)
{
    const uint32_t layer = b->a->layer;
    const sx_cache *c = b->segment->cache;
    const size_t n = next < last ? SX_KEY_TILE : 0;
    b->ahead[0] = b->ahead[1] = (stretch){0};
    if (n == 0) return;
    b->ahead[0] = (stretch){sx_cache_k(c, layer, b->head_kv, next), n * c->k_row};
    if (c->dim_v) b->ahead[1] = (stretch){sx_cache_v(c, layer, b->head_kv, next), n * c->v_row};
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
        tile(b, from, last - from < SX_KEY_TILE ? last - from : SX_KEY_TILE);
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
    b->head_kv = i % t->a->n_head_kv;
    uint32_t total = b->segment->n * group_of(t->a), blocks = (t->first[s + 1] - t->first[s]) / t->a->n_head_kv;
    b->row = (blocks - 1 - i / t->a->n_head_kv) * t->rows; /* the longest first: the last ones even the load out */
    b->n = total - b->row < t->rows ? total - b->row : t->rows;
}

static void lay_out(block *b, const sx_attention *a, uint32_t worker)
{
    b->a = a;
    b->ldq = sx_query_floats(a->dim_k);
    b->q = (float *)(void *)(a->run->scratch + worker * a->run->scratch_stride);
    b->s = b->q + ROWS * b->ldq;
    b->panel = b->s + (size_t)ROWS * SX_KEY_TILE;
    b->values = b->panel + sx_panel_floats(a->dim_k);
    b->acc = b->values + sx_panel_floats(a->dim_v);
}

/* A block's chunks one after the other. */
static void attend_blocks(void *arg, uint32_t begin, uint32_t end, uint32_t worker)
{
    const task *t = arg;
    const sx_attention *a = t->a;
    block b;
    lay_out(&b, a, worker);
    for (uint32_t i = begin; i < end; i++) {
        float max[ROWS], sum[ROWS];
        choose_block(&b, t, i);
        start(&b);
        for (uint32_t r = 0; r < b.n; r++) max[r] = -INFINITY;
        for (uint32_t c = b.begin[0] / CHUNK; c * CHUNK < b.end[b.n - 1]; c++) {
            if (!chunk(&b, c)) return;
            for (uint32_t r = 0; r < b.n; r++)
                join(a, a->out + place_of(&b, r) * a->dim_v, &max[r], &sum[r], b.acc + (size_t)r * a->dim_v, b.max[r],
                     b.sum[r]);
        }
        for (uint32_t r = 0; r < b.n; r++)
            finish(a, head_of(&b, r), a->out + place_of(&b, r) * a->dim_v, max[r], sum[r]);
    }
}

/* ---- few blocks over many keys: chunks are shared out, and joined in their order ---- */

static float *part_of(const task *t, const block *b, uint32_t r, uint32_t c)
{
    const size_t place = place_of(b, r) - (size_t)t->a->segments[0].row * t->a->n_head;
    return t->a->parts + (place * t->n_chunks + c) * (t->a->dim_v + 2);
}

static void attend_chunks(void *arg, uint32_t begin, uint32_t end, uint32_t worker)
{
    const task *t = arg;
    const sx_attention *a = t->a;
    block b;
    lay_out(&b, a, worker);
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
        sx_parallel(a->run, blocks * t->n_chunks, 1, attend_chunks, t);
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
        t->first[s + 1] = t->first[s] + (a->segments[s].n * group_of(a) + t->rows - 1) / t->rows * a->n_head_kv;
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
    task t = {.a = a, .rows = ROWS};
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
