/* Products with the model's own matrices, and what stands around them: adapters, which belong to segments of the batch, and
 * an observer. */
#include <string.h>

#include "engine/graph/forward.h"

enum { ROWS = 4 /* of the batch at a time */, OUTS = 256 /* of their results at a time */ };

typedef struct pair_task {
    const sx_eval *e;
    const sx_lora *pair;
    const sx_product *product;
    float scale;
    const float *x; /* [n, ldx] */
    size_t ldx;
    float *out; /* [n, product->ldo] */
} pair_task;

/* out += scale * B (A x) for a few rows; a product of some of the matrix's rows takes those of B. */
static void add_some(void *arg, uint32_t begin, uint32_t end, uint32_t worker)
{
    const pair_task *t = arg;
    const sx_lora *pair = t->pair;
    const sx_kernels *k = t->e->run.kernels;
    const uint32_t rank = pair->rank, n = end - begin, n_out = t->product->w->n_out;
    float low[ROWS * SX_LORA_MAX_RANK], part[ROWS * OUTS];
    (void)worker;
    k->matmul->floats(SX_TYPE_F32, pair->a, pair->k * sizeof(float), rank, t->x + begin * t->ldx, t->ldx, n, pair->k,
                      low, rank);
    for (uint32_t at = 0; at < n_out; at += OUTS) {
        uint32_t outs = n_out - at < OUTS ? n_out - at : OUTS;
        const float *b = pair->b + (size_t)(t->product->w->row + at) * rank;
        k->matmul->floats(SX_TYPE_F32, b, rank * sizeof(float), outs, low, rank, n, rank, part, OUTS);
        for (uint32_t i = 0; i < n; i++)
            k->vector->add_scaled(t->out + (begin + i) * t->product->ldo + at, part + i * OUTS, t->scale, outs);
    }
}

static const sx_lora *find(const sx_lora_set *set, const char *name)
{
    uint32_t i = sx_map_get(&set->by_name, name, strlen(name));
    return i == SX_MAP_NONE ? NULL : &set->pairs[i];
}

static void adapt(const sx_eval *e, const sx_adapters *all, const sx_product *product, const float *x, size_t ldx,
                  uint32_t from, uint32_t n)
{
    for (uint32_t i = 0; i < all->count; i++) {
        const sx_lora *pair = find(all->sets[i], product->w->name);
        if (!pair) continue;
        pair_task task = {
            e, pair, product, all->scales[i] * pair->scale, x + from * ldx, ldx, product->out + from * product->ldo};
        sx_parallel(&e->run, n, ROWS, add_some, &task);
    }
}

void sx_adapt_rows(const sx_eval *e, const sx_product *product, const float *x, size_t ldx, const uint32_t *rows,
                   uint32_t count)
{
    uint32_t at = 0;
    for (uint32_t s = 0, first = 0; s < e->n_segments && at < count; first += e->segments[s++].n) {
        uint32_t from = at;
        while (at < count && (rows ? rows[at] : at) < first + e->segments[s].n) at++;
        if (at > from && e->segments[s].adapters) adapt(e, e->segments[s].adapters, product, x, ldx, from, at - from);
    }
}

void sx_project_made(const sx_eval *e, const sx_product *products, uint32_t n, sx_rows x, uint32_t n_tok)
{
    if (e->observer) {
        if (x.make) x.make(x.arg, 0, n_tok, 0);
        x.make = NULL;
        for (uint32_t i = 0; i < n; i++)
            if (products[i].w->row == 0) e->observer->see(e->observer->user, products[i].w, x.x, x.ldx, n_tok);
    }
    sx_matmul(&e->run, products, n, &x, n_tok, e->n_made);
    for (uint32_t i = 0; i < n; i++)
        if (products[i].w->expert == 0) sx_adapt_rows(e, &products[i], x.x, x.ldx, NULL, n_tok);
}

void sx_project(const sx_eval *e, const sx_product *products, uint32_t n, const float *x, size_t ldx, uint32_t n_tok)
{
    sx_project_made(e, products, n, (sx_rows){x, ldx, NULL, NULL}, n_tok);
}

bool sx_project_gated(const sx_eval *e, const sx_gate *gate, const sx_product *down, sx_rows x, uint32_t n_tok)
{
    if (e->observer || e->n_made > 0) return false;
    for (uint32_t i = 0; i < e->n_segments; i++)
        if (e->segments[i].adapters) return false;
    return sx_matmul_gated(&e->run, gate, down, &x, n_tok);
}
