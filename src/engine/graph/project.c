/* Products with the model's own matrices, and what stands around them: adapters, which belong to segments of the batch, and
 * an observer. */
#include <string.h>

#include "engine/graph/forward.h"

static const sx_lora *find(const sx_lora_set *set, const char *name)
{
    uint32_t i = sx_map_get(&set->by_name, name, strlen(name));
    return i == SX_MAP_NONE ? NULL : &set->pairs[i];
}

/* out [n, ldo] += scale * B (A x) for n rows of x; a product of some of the matrix's rows takes those of B. */
static void add_pair(const sx_eval *e, const sx_adapters *all, const sx_lora *pair, float scale,
                     const sx_product *product, const float *x, size_t ldx, float *out, uint32_t n)
{
    const sx_weight *w = product->w;
    sx_weight b = pair->b;
    b.data += w->row * b.stride;
    b.n_out = w->n_out;
    sx_matmul(&e->run, &(sx_product){&pair->a, all->low, pair->a.n_out}, 1, x, ldx, n);
    sx_matmul(&e->run, &(sx_product){&b, all->full, b.n_out}, 1, all->low, pair->a.n_out, n);
    for (uint32_t i = 0; i < n; i++)
        e->run.kernels->vector->add_scaled(out + i * product->ldo, all->full + (size_t)i * b.n_out, scale, b.n_out);
}

static void adapt(const sx_eval *e, const sx_adapters *all, const sx_product *product, const float *x, size_t ldx,
                  uint32_t from, uint32_t n)
{
    for (uint32_t i = 0; i < all->count; i++) {
        const sx_lora *pair = find(all->sets[i], product->w->name);
        if (!pair) continue;
        add_pair(e, all, pair, all->scales[i] * pair->scale, product, x + from * ldx, ldx,
                 product->out + from * product->ldo, n);
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

void sx_project(const sx_eval *e, const sx_product *products, uint32_t n, const float *x, size_t ldx, uint32_t n_tok)
{
    if (e->observer)
        for (uint32_t i = 0; i < n; i++)
            if (products[i].w->row == 0) e->observer->see(e->observer->user, products[i].w, x, ldx, n_tok);
    sx_matmul(&e->run, products, n, x, ldx, n_tok);
    for (uint32_t i = 0; i < n; i++)
        if (products[i].w->expert == 0) sx_adapt_rows(e, &products[i], x, ldx, NULL, n_tok);
}
