/* Feed-forward: dense, or a mixture of experts. */
#include <math.h>
#include <string.h>

#include "engine/graph/forward.h"

/* The clamped gate of gpt-oss: alpha 1.702, limit 7. */
static void swiglu_oai(const sx_vector_ops *v, float *gate, float *up, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        gate[i] = gate[i] > 7.0f ? 7.0f : gate[i];
        up[i] = (up[i] > 7.0f ? 7.0f : up[i] < -7.0f ? -7.0f : up[i]) + 1.0f;
    }
    v->scale(gate, 1.702f, n);
    v->silu(gate, n); /* 1.702 x sigmoid(1.702 x) */
    v->scale(gate, 1.0f / 1.702f, n);
    v->mul(gate, gate, up, n);
}

static void gelu_erf(float *x, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) x[i] *= 0.5f * (1.0f + erff(x[i] * 0.70710678f));
}

static void relu2(float *x, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) x[i] = x[i] > 0.0f ? x[i] * x[i] : 0.0f;
}

static void (*activation(const sx_vector_ops *v, sx_act_kind act))(float *x, uint32_t n)
{
    switch (act) {
    case SX_ACT_GELU: return v->gelu;
    case SX_ACT_GELU_ERF: return gelu_erf;
    case SX_ACT_RELU2: return relu2;
    default: return v->silu;
    }
}

typedef struct act_task {
    const sx_eval *e;
    float *gate, *up; /* gate NULL: no gate; the result is in gate or, without one, in up */
    uint32_t width;
} act_task;

static void act_some(void *arg, uint32_t begin, uint32_t end, uint32_t worker)
{
    const act_task *t = arg;
    const sx_vector_ops *v = t->e->run.kernels->vector;
    sx_act_kind act = t->e->net->hp.act;
    (void)worker;
    for (uint32_t i = begin; i < end; i++) {
        float *gate = t->gate ? t->gate + (size_t)i * t->width : NULL, *up = t->up + (size_t)i * t->width;
        if (act == SX_ACT_SWIGLU_OAI && gate) {
            swiglu_oai(v, gate, up, t->width);
            continue;
        }
        activation(v, act)(gate ? gate : up, t->width);
        if (gate) v->mul(gate, gate, up, t->width);
    }
}

/* z = down(act(gate(h)) * up(h)) */
static void mlp(sx_eval *e, const sx_weight *gate, const sx_weight *up, const sx_weight *down, uint32_t n, sx_rows h,
                float *z)
{
    const uint32_t d = e->net->hp.n_embd, width = up->n_out;
    const sx_act_kind act = e->net->hp.act;
    const sx_gate gated = {gate, up, activation(e->run.kernels->vector, act)};
    if (gate->data && act != SX_ACT_SWIGLU_OAI && sx_project_gated(e, &gated, &(sx_product){down, z, d}, h, n)) return;
    sx_product both[2] = {{up, e->b.up, width}, {gate, e->b.gate, width}};
    act_task acts = {e, gate->data ? e->b.gate : NULL, e->b.up, width};
    sx_project_made(e, both, gate->data ? 2 : 1, h, n);
    sx_project_made(e, &(sx_product){down, z, d}, 1, (sx_rows){acts.gate ? acts.gate : acts.up, width, act_some, &acts},
                    n);
}

/* ---- experts ---- */

static float sigmoid(float x)
{
    return 1.0f / (1.0f + expf(-x));
}

static void softmax(float *x, uint32_t n)
{
    float max = -INFINITY, sum = 0.0f;
    for (uint32_t i = 0; i < n; i++) max = x[i] > max ? x[i] : max;
    for (uint32_t i = 0; i < n; i++) sum += x[i] = expf(x[i] - max);
    for (uint32_t i = 0; i < n; i++) x[i] /= sum;
}

static float offset_score(const float *score, const float *offset, uint32_t i)
{
    return score[i] + (offset ? offset[i] : 0.0f);
}

/* Experts come from the best groups alone (DeepSeek): a group is as good as its two best with sigmoid gates, else as its
 * best. */
static void open_groups(const sx_hparams *hp, const float *score, const float *offset, bool *open)
{
    float good[SX_MAX_GROUPS];
    uint32_t per = hp->n_expert / hp->n_group;
    for (uint32_t g = 0; g < hp->n_group; g++) {
        float first = -INFINITY, second = -INFINITY;
        for (uint32_t i = g * per; i < (g + 1) * per; i++) {
            float s = offset_score(score, offset, i);
            if (s > first) {
                second = first;
                first = s;
            } else if (s > second) {
                second = s;
            }
        }
        good[g] = hp->gating == SX_GATING_SIGMOID && per > 1 ? first + second : first;
        open[g] = hp->n_group_used == hp->n_group;
    }
    for (uint32_t k = 0; k < hp->n_group_used && hp->n_group_used < hp->n_group; k++) {
        uint32_t top = UINT32_MAX;
        for (uint32_t g = 0; g < hp->n_group; g++)
            if (!open[g] && (top == UINT32_MAX || good[g] > good[top])) top = g;
        open[top] = true;
    }
}

/* The best of scores not yet taken; ties and NaN go to the lowest index. */
static uint32_t best(const float *score, const float *offset, uint32_t n, const bool *open, uint32_t per,
                     const uint32_t *taken, uint32_t n_taken)
{
    uint32_t found = UINT32_MAX;
    float top = 0.0f;
    for (uint32_t i = 0; i < n; i++) {
        bool used = !open[i / per];
        for (uint32_t j = 0; j < n_taken; j++) used = used || taken[j] == i;
        float s = offset_score(score, offset, i);
        if (!used && (found == UINT32_MAX || s > top)) {
            found = i;
            top = s;
        }
    }
    return found;
}

/* One token: which experts, with what weights. */
static void choose(const sx_hparams *hp, const sx_layer *l, float *score, uint32_t *chosen, float *weight)
{
    uint32_t n = hp->n_expert, used = hp->n_expert_used;
    float sum = 0.0f;
    if (hp->gating == SX_GATING_SOFTMAX) softmax(score, n);
    if (hp->gating == SX_GATING_SIGMOID)
        for (uint32_t i = 0; i < n; i++) score[i] = sigmoid(score[i]);
    bool open[SX_MAX_GROUPS];
    open_groups(hp, score, l->router_offset, open);
    for (uint32_t j = 0; j < used; j++) {
        chosen[j] = best(score, l->router_offset, n, open, n / hp->n_group, chosen, j);
        weight[j] = score[chosen[j]];
        sum += weight[j];
    }
    if (hp->gating == SX_GATING_CHOSEN)
        softmax(weight, used);
    else if (hp->expert_norm)
        for (uint32_t j = 0; j < used; j++) weight[j] /= sum;
    for (uint32_t j = 0; j < used; j++) weight[j] *= hp->expert_scale;
}

/* Adds one expert's part to z for the tokens that chose it: they are gathered, worked on together, and spread out. Experts
 * come in ascending order, so a token's sum does not depend on the batch. */
static void one_expert(sx_eval *e, const sx_layer *l, uint32_t expert, uint32_t n, const float *h, float *z)
{
    const sx_hparams *hp = &e->net->hp;
    const uint32_t d = hp->n_embd, used = hp->n_expert_used;
    const uint32_t all_made = e->n_made;
    uint32_t members = 0, made = 0;
    for (uint32_t t = 0; t < n; t++)
        for (uint32_t j = 0; j < used; j++)
            if (e->b.chosen[(size_t)t * used + j] == expert) {
                made += t < all_made;
                memcpy(e->b.gathered + (size_t)members * d, h + (size_t)t * d, d * sizeof *h);
                e->b.member[members++] = t * used + j;
            }
    if (members == 0) return;
    sx_weight gate = sx_expert(&l->gates, expert), up = sx_expert(&l->ups, expert), down = sx_expert(&l->downs, expert);
    e->n_made = made; /* of the rows in hand */
    mlp(e, &gate, &up, &down, members, (sx_rows){e->b.gathered, d, NULL, NULL}, e->b.gathered);
    e->n_made = all_made;
    for (uint32_t i = 0; i < members; i++) {
        uint32_t at = e->b.member[i];
        e->run.kernels->vector->add_scaled(z + (size_t)(at / used) * d, e->b.gathered + (size_t)i * d, e->b.weight[at],
                                           d);
    }
}

static void shared_expert(sx_eval *e, const sx_layer *l, uint32_t n, sx_rows h, float *z)
{
    const uint32_t d = e->net->hp.n_embd;
    mlp(e, &l->shared_gate, &l->shared_up, &l->shared_down, n, h, e->b.gathered);
    if (l->shared_scale.data) sx_project(e, &(sx_product){&l->shared_scale, e->b.router, 1}, 1, h.x, d, n);
    for (uint32_t t = 0; t < n; t++)
        e->run.kernels->vector->add_scaled(z + (size_t)t * d, e->b.gathered + (size_t)t * d,
                                           l->shared_scale.data ? sigmoid(e->b.router[t]) : 1.0f, d);
}

static void mixture(sx_eval *e, const sx_layer *l, uint32_t n, sx_rows h, float *z)
{
    const sx_hparams *hp = &e->net->hp;
    sx_project_made(e, &(sx_product){&l->router, e->b.router, hp->n_expert}, 1, h, n);
    h.make = NULL;
    for (uint32_t t = 0; t < n; t++)
        choose(hp, l, e->b.router + (size_t)t * hp->n_expert, e->b.chosen + (size_t)t * hp->n_expert_used,
               e->b.weight + (size_t)t * hp->n_expert_used);
    memset(z, 0, (size_t)n * hp->n_embd * sizeof *z);
    for (uint32_t i = 0; i < hp->n_expert && !sx_run_cancelled(&e->run); i++) one_expert(e, l, i, n, h.x, z);
    if (l->shared_up.data) shared_expert(e, l, n, h, z);
}

void sx_feed_forward(sx_eval *e, const sx_layer *l, uint32_t n, sx_rows h, float *z)
{
    if (l->router.data)
        mixture(e, l, n, h, z);
    else
        mlp(e, &l->gate, &l->up, &l->down, n, h, z);
}
