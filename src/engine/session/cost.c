#include "engine/session/cost.h"

typedef struct sum {
    uint64_t bytes, products;
} sum;

static void add(sum *s, const sx_weight *w)
{
    if (!w->data) return;
    s->bytes += (uint64_t)w->stride * w->n_out;
    s->products += (uint64_t)w->k * w->n_out;
}

/* `used` of matrices of one shape */
static void add_experts(sum *s, const sx_experts *all, uint32_t used)
{
    sum one = {0};
    add(&one, &all->first);
    s->bytes += one.bytes * used;
    s->products += one.products * used;
}

static void add_layer(sum *s, const sx_layer *l, const sx_hparams *hp)
{
    const sx_weight *dense[] = {&l->q,      &l->k,         &l->v,           &l->out,         &l->q_a,
                                &l->kv_a,   &l->kv_b,      &l->up,          &l->gate,        &l->down,
                                &l->router, &l->shared_up, &l->shared_gate, &l->shared_down, &l->shared_scale};
    for (size_t i = 0; i < sizeof dense / sizeof *dense; i++) add(s, dense[i]);
    add_experts(s, &l->k_up, hp->n_head); /* latent attention: one matrix a head */
    add_experts(s, &l->v_up, hp->n_head);
    add_experts(s, &l->gates, hp->n_expert_used);
    add_experts(s, &l->ups, hp->n_expert_used);
    add_experts(s, &l->downs, hp->n_expert_used);
}

sx_cost sx_cost_of(const sx_net *net)
{
    sum layers = {0};
    for (uint32_t i = 0; i < net->hp.n_layer; i++) add_layer(&layers, &net->weights.layers[i], &net->hp);
    sum all = layers;
    if (!(net->hp.arch->flags & SX_ARCH_ENCODER)) add(&all, &net->weights.head); /* encoders predict no token */
    return (sx_cost){all.bytes, all.products, layers.products};
}
