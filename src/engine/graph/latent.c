/* Latent attention (DeepSeek 2, arxiv.org/abs/2405.04434): keys and values of all heads come from one small vector per
 * position. Either they are spread out before they are cached, or ("absorbed") the small vector itself is cached and
 * queries and results are led into its space and out of it, head by head. */
#include <string.h>

#include "engine/graph/forward.h"

static void queries(sx_eval *e, const sx_layer *l, uint32_t n, const float *h, float *q)
{
    const sx_hparams *hp = &e->net->hp;
    if (hp->q_rank > 0) {
        sx_project(e, &(sx_product){&l->q_a, e->b.qa, hp->q_rank}, 1, h, hp->n_embd, n);
        sx_norm_rows(e, &l->q_a_norm, e->b.qa, e->b.qa, n, hp->q_rank);
        h = e->b.qa;
    }
    sx_project(e, &(sx_product){&l->q, q, l->q.n_out}, 1, h, l->q.k, n);
}

/* Queries of the latent space: per head [k_up q_nope, q_rope]. */
static void absorb(sx_eval *e, const sx_layer *l, uint32_t n)
{
    const sx_hparams *hp = &e->net->hp;
    const size_t full = hp->dim_nope + hp->n_rot, from = hp->n_head * full, to = (size_t)hp->n_head * hp->dim_k;
    for (uint32_t i = 0; i < hp->n_head; i++) {
        sx_weight up = sx_expert(&l->k_up, i);
        sx_project(e, &(sx_product){&up, e->b.q + i * hp->dim_k, to}, 1, e->b.wide + i * full, from, n);
        for (uint32_t t = 0; t < n; t++)
            memcpy(e->b.q + t * to + i * hp->dim_k + hp->kv_rank, e->b.wide + t * from + i * full + hp->dim_nope,
                   hp->n_rot * sizeof(float));
    }
}

/* Keys per head [k_nope, rope part], values per head, from kv_b. */
static void spread(sx_eval *e, const sx_layer *l, uint32_t n)
{
    const sx_hparams *hp = &e->net->hp;
    const size_t both = hp->dim_nope + hp->dim_v, latent = hp->kv_rank + hp->n_rot;
    sx_project(e, &(sx_product){&l->kv_b, e->b.wide, l->kv_b.n_out}, 1, e->b.c, hp->kv_rank, n);
    for (size_t t = 0; t < n; t++)
        for (size_t i = 0; i < hp->n_head; i++) {
            const float *head = e->b.wide + t * l->kv_b.n_out + i * both;
            float *k = e->b.k + (t * hp->n_head + i) * hp->dim_k;
            memcpy(k, head, hp->dim_nope * sizeof *k);
            memcpy(k + hp->dim_nope, e->b.latent + t * latent + hp->kv_rank, hp->n_rot * sizeof *k);
            memcpy(e->b.v + (t * hp->n_head + i) * hp->dim_v, head + hp->dim_nope, hp->dim_v * sizeof *k);
        }
}

void sx_latent_project(sx_eval *e, const sx_layer *l, uint32_t n, sx_rows h)
{
    const sx_hparams *hp = &e->net->hp;
    const size_t latent = hp->kv_rank + hp->n_rot;
    sx_project_made(e, &(sx_product){&l->kv_a, e->b.latent, latent}, 1, h, n);
    for (size_t t = 0; t < n; t++)
        memcpy(e->b.c + t * hp->kv_rank, e->b.latent + t * latent, hp->kv_rank * sizeof(float));
    sx_norm_rows(e, &l->kv_a_norm, e->b.c, e->b.c, n, hp->kv_rank);
    queries(e, l, n, h.x, hp->absorbed ? e->b.wide : e->b.q);
    if (!hp->absorbed) {
        spread(e, l, n);
        return;
    }
    absorb(e, l, n);
    for (size_t t = 0; t < n; t++) {
        memcpy(e->b.k + t * latent, e->b.c + t * hp->kv_rank, hp->kv_rank * sizeof(float));
        memcpy(e->b.k + t * latent + hp->kv_rank, e->b.latent + t * latent + hp->kv_rank, hp->n_rot * sizeof(float));
    }
}

const float *sx_latent_values(sx_eval *e, const sx_layer *l, uint32_t n)
{
    const sx_hparams *hp = &e->net->hp;
    const size_t to = (size_t)hp->n_head * hp->dim_out, from = (size_t)hp->n_head * hp->kv_rank;
    if (!hp->absorbed) return e->b.a;
    for (uint32_t i = 0; i < hp->n_head; i++) {
        sx_weight up = sx_expert(&l->v_up, i);
        sx_project(e, &(sx_product){&up, e->b.wide + i * hp->dim_out, to}, 1, e->b.a + i * hp->kv_rank, from, n);
    }
    return e->b.wide;
}
