#include "engine/session/work.h"

#include <string.h>

#include "engine/graph/attention.h"

enum { ALIGN = 64 };

/* Lays buffers out one after the other: with base NULL it only counts. Sizes stay far below 2^64, since every width was
 * checked when the model was loaded and a batch is small. */
typedef struct layout {
    char *base;
    size_t at;
} layout;

static void *place(layout *l, uint64_t count, size_t elem)
{
    char *p = l->base ? l->base + l->at : NULL;
    l->at += (size_t)((count * elem + ALIGN - 1) / ALIGN * ALIGN);
    return p;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static void place_q8(sx_q8 *q8, layout *l, uint64_t n, uint64_t k)
{
    q8->q = place(l, n * k, sizeof *q8->q);
    q8->d = place(l, n * (k / 32 + 1), sizeof *q8->d);
    q8->off32 = place(l, n * (k / 32 + 1), sizeof *q8->off32);
    q8->off16 = place(l, n * (k / 16 + 1), sizeof *q8->off16);
    q8->sum32 = place(l, n * (k / 32 + 1), sizeof *q8->sum32);
    q8->sum16 = place(l, n * (k / 16 + 1), sizeof *q8->sum16);
}

/* Tokens in parts meet rows of floats. */
static size_t tile_numbers(const sx_tile_ops *tiles, uint32_t rows, uint32_t widest, uint32_t longest)
{
    const size_t whole = tiles ? tiles->packed(rows, widest, false) : 0,
                 parts = tiles ? tiles->packed(rows, longest, true) : 0;
    return whole > parts ? whole : parts;
}

static size_t panel_floats(const sx_kernels *kernels, uint32_t rows, uint32_t longest)
{
    size_t most = 0;
    for (size_t i = 0; i < SX_PANEL_FORMS && longest > 0; i++) {
        const size_t n = kernels->panels[i] ? kernels->panels[i]->packed(rows, longest) : 0;
        if (n > most) most = n;
    }
    return most;
}

static void place_all(sx_eval *e, const sx_net *net, uint32_t rows, layout *l)
{
    const sx_hparams *hp = &net->hp;
    sx_buffers *b = &e->b;
    uint64_t n = rows, d = hp->n_embd;
    uint32_t nq = hp->n_head * hp->dim_k, na = hp->n_head * hp->dim_v;
    uint32_t ff = larger(hp->n_ff, hp->n_expert ? larger(hp->n_ff_expert, hp->n_ff_shared) : 0);
    b->x = place(l, n * d, sizeof(float));
    b->h = place(l, n * d, sizeof(float));
    b->y = place(l, n * d, sizeof(float));
    b->z = place(l, n * d, sizeof(float));
    b->q = place(l, n * nq, sizeof(float));
    b->k = place(l, n * hp->n_head_kv * hp->dim_k, sizeof(float));
    b->v = place(l, hp->absorbed ? 0 : n * hp->n_head_kv * hp->dim_v, sizeof(float));
    b->a = place(l, n * na, sizeof(float));
    b->parts = place(l, 1, sx_attention_parts(hp->n_head, hp->dim_v));
    b->gate = place(l, n * ff, sizeof(float));
    b->up = place(l, n * ff, sizeof(float));
    b->rows = place(l, n, sizeof *b->rows);
    b->segment = place(l, n, sizeof *b->segment);
    if (hp->n_expert) {
        b->router = place(l, n * hp->n_expert, sizeof(float));
        b->chosen = place(l, n * hp->n_expert_used, sizeof(uint32_t));
        b->weight = place(l, n * hp->n_expert_used, sizeof(float));
        b->gathered = place(l, n * d, sizeof(float));
        b->member = place(l, n, sizeof(uint32_t));
    }
    if (hp->kv_rank) {
        b->latent = place(l, n * (hp->kv_rank + hp->n_rot), sizeof(float));
        b->c = place(l, n * hp->kv_rank, sizeof(float));
        b->qa = place(l, n * hp->q_rank, sizeof(float));
        b->wide = place(l, n * hp->n_head * (hp->dim_nope + larger(hp->n_rot, hp->dim_out)), sizeof(float));
    }
    b->cosine = place(l, n * hp->n_rot, sizeof(float));
    b->sine = place(l, n * hp->n_rot, sizeof(float));
    const uint32_t widest = larger(larger(hp->n_embd, ff),
                                   larger(larger(na, hp->n_head * hp->dim_out), larger(hp->q_rank, hp->kv_rank)));
    const sx_tile_ops *tiles = net->kernels.tiles;
    const uint32_t floats = net->weights.longest_floats, longest = floats < widest ? floats : widest;
    place_q8(&e->run.q8, l, n, widest);
    e->run.tiles = place(l, tile_numbers(tiles, rows, widest, longest), sizeof *e->run.tiles);
    e->run.gated = place(l, tile_numbers(tiles, rows, ff, 0), sizeof *e->run.gated);
    e->run.panels = place(l, panel_floats(&net->kernels, rows, longest), sizeof(float));
    e->run.longest = longest;
    e->run.n_batch = rows;
    e->run.scratch_stride = sx_forward_scratch(net, rows, longest);
    e->run.scratch = place(l, sx_pool_size(net->pool), e->run.scratch_stride);
}

void sx_work_init(sx_work *work, sx_mem *mem, const sx_net *net)
{
    *work = (sx_work){.mem = mem, .eval = {.net = net}};
    work->eval.run.kernels = &net->kernels;
    work->eval.run.pool = net->pool;
}

void sx_work_free(sx_work *work)
{
    sx_mem_free(work->mem, work->block);
    sx_mem_free(work->mem, work->joined);
}

uint64_t sx_work_bytes(const sx_net *net, uint32_t rows)
{
    sx_eval none = {0};
    layout l = {NULL, 0};
    place_all(&none, net, rows, &l);
    return l.at;
}

uint32_t sx_work_reserve(sx_work *work, uint32_t rows)
{
    sx_eval *e = &work->eval;
    if (rows <= e->run.n_batch) return e->run.n_batch;
    char *block = sx_mem_alloc_aligned(work->mem, (size_t)sx_work_bytes(e->net, rows), ALIGN);
    if (!block) return e->run.n_batch;
    sx_mem_free(work->mem, work->block);
    work->block = block;
    layout l = {block, 0};
    place_all(e, e->net, rows, &l);
    return rows;
}

void sx_work_join(sx_work *work, uint32_t n)
{
    if (n <= work->n_joined) return;
    float *joined = sx_mem_alloc_aligned(work->mem, (size_t)n * work->eval.net->hp.n_vocab * sizeof *joined, ALIGN);
    if (!joined) return;
    sx_mem_free(work->mem, work->joined);
    work->joined = joined;
    work->n_joined = n;
}
