#include "engine/graph/forward.h"

#include <math.h>
#include <string.h>

#include "engine/graph/attention.h"

enum { TOKEN_GRAIN = 16 /* tokens per stretch of the cheap loops over rows */ };

size_t sx_forward_scratch(const sx_net *net, uint32_t n_batch, uint32_t longest)
{
    size_t product = net->kernels.matmul->scratch(n_batch);
    if (net->kernels.tiles && net->kernels.tiles->scratch(n_batch) > product)
        product = net->kernels.tiles->scratch(n_batch);
    for (size_t i = 0; i < SX_PANEL_FORMS; i++) {
        const sx_panel_ops *panels = net->kernels.panels[i];
        if (panels && longest > 0 && panels->scratch(longest) > product) product = panels->scratch(longest);
    }
    size_t attention = sx_attention_scratch(&net->kernels, net->hp.dim_k, net->hp.dim_v);
    return ((product > attention ? product : attention) + 63) / 64 * 64;
}

/* ---- rows ---- */

static void norm_row(const sx_eval *e, const sx_norm *norm, float *out, const float *x, uint32_t width)
{
    const sx_vector_ops *v = e->run.kernels->vector;
    const sx_hparams *hp = &e->net->hp;
    for (uint32_t at = 0, part = 0; at < width; at += norm->width, part++) {
        const size_t own = norm->rows > 1 ? (size_t)part * norm->width : 0;
        const float *weight = norm->weight ? norm->weight + own : NULL, *bias = norm->bias ? norm->bias + own : NULL;
        if (hp->arch->norm == SX_NORM_LAYER)
            v->layer_norm(out + at, x + at, weight, bias, norm->width, hp->eps);
        else
            v->rms_norm(out + at, x + at, weight, norm->width, hp->eps);
        if (bias && hp->arch->norm == SX_NORM_RMS) v->add(out + at, out + at, bias, norm->width);
    }
}

typedef struct norm_task {
    const sx_eval *e;
    const sx_norm *norm;
    float *out;
    const float *x;
    uint32_t width; /* of a whole row: a multiple of norm->width */
} norm_task;

static void norm_some(void *arg, uint32_t begin, uint32_t end, uint32_t worker)
{
    const norm_task *t = arg;
    (void)worker;
    for (uint32_t i = begin; i < end; i++)
        norm_row(t->e, t->norm, t->out + (size_t)i * t->width, t->x + (size_t)i * t->width, t->width);
}

void sx_norm_rows(const sx_eval *e, const sx_norm *norm, float *out, const float *x, uint32_t n, uint32_t width)
{
    norm_task t = {e, norm, out, x, width};
    sx_parallel(&e->run, n, TOKEN_GRAIN, norm_some, &t);
}

typedef struct residual_task {
    const sx_eval *e;
    const float *y;      /* x += scale * y first; NULL: nothing */
    const sx_norm *norm; /* h = norm(x) then; NULL: nothing */
} residual_task;

static void residual_some(void *arg, uint32_t begin, uint32_t end, uint32_t worker)
{
    const residual_task *t = arg;
    const sx_eval *e = t->e;
    const uint32_t d = e->net->hp.n_embd;
    (void)worker;
    for (uint32_t i = begin; i < end; i++) {
        float *x = e->b.x + (size_t)i * d;
        if (t->y) e->run.kernels->vector->add_scaled(x, t->y + (size_t)i * d, e->net->hp.residual_scale, d);
        if (t->norm) norm_row(e, t->norm, e->b.h + (size_t)i * d, x, d);
    }
}

/* What a block of the layer works on: the residual x, after y (or NULL) is added to it, through the norm if there is one. */
static sx_rows block_rows(const sx_eval *e, residual_task *t, const float *y, const sx_norm *norm)
{
    *t = (residual_task){e, y, norm->present ? norm : NULL};
    return (sx_rows){t->norm ? e->b.h : e->b.x, e->net->hp.n_embd, residual_some, t};
}

static void add_rows(const sx_eval *e, const float *y, uint32_t n)
{
    residual_task t = {e, y, NULL};
    sx_parallel(&e->run, n, TOKEN_GRAIN, residual_some, &t);
}

/* ---- attention ---- */

typedef struct place_task { /* turns queries and keys to their positions and stores keys and values */
    sx_eval *e;
    const sx_layer *l;
    uint32_t layer, row; /* the first row */
} place_task;

static void turn_heads(const sx_eval *e, const sx_layer *l, float *heads, uint32_t count, uint32_t token)
{
    const sx_hparams *hp = &e->net->hp;
    if (!l->ropes) return;
    size_t at = ((size_t)l->windowed * e->run.n_batch + token) * (hp->n_rot / 2);
    for (uint32_t i = 0; i < count; i++) {
        float *head = heads + (size_t)i * hp->dim_k;
        if (hp->arch->flags & SX_ARCH_MLA) head += hp->dim_k - hp->n_rot;
        if (hp->arch->rope == SX_ROPE_HALVES)
            e->run.kernels->vector->rope_halves(head, e->b.cosine + at, e->b.sine + at, hp->n_rot);
        else
            e->run.kernels->vector->rope_pairs(head, e->b.cosine + at, e->b.sine + at, hp->n_rot);
    }
}

static void clamp(float *x, float limit, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) x[i] = x[i] > limit ? limit : x[i] < -limit ? -limit : x[i];
}

static void place_some(void *arg, uint32_t begin, uint32_t end, uint32_t worker)
{
    const place_task *t = arg;
    sx_eval *e = t->e;
    const sx_hparams *hp = &e->net->hp;
    const sx_cache_ops *ops = e->run.kernels->cache;
    const uint32_t nq = hp->n_head * hp->dim_k, nk = hp->n_head_kv * hp->dim_k, nv = hp->n_head_kv * hp->dim_v;
    (void)worker;
    for (uint32_t i = begin; i < end; i++) {
        const uint32_t row = t->row + i;
        const sx_segment *segment = &e->segments[e->b.segment[row]];
        const sx_cache *c = segment->cache;
        const uint32_t position = segment->first + (row - segment->row);
        float *q = e->b.q + (size_t)row * nq, *k = e->b.k + (size_t)row * nk, *v = e->b.v + (size_t)row * nv;
        turn_heads(e, t->l, q, hp->n_head, row);
        turn_heads(e, t->l, k, hp->n_head_kv, row);
        for (uint32_t h = 0; h < hp->n_head_kv; h++) {
            ops->pack(c->type, sx_cache_k(c, t->layer, h, position), k + (size_t)h * hp->dim_k, hp->dim_k);
            if (c->dim_v)
                ops->pack(c->type, sx_cache_v(c, t->layer, h, position), v + (size_t)h * hp->dim_v, hp->dim_v);
        }
    }
}

static void project(sx_eval *e, const sx_layer *l, uint32_t n, sx_rows h)
{
    const sx_hparams *hp = &e->net->hp;
    const uint32_t nq = l->q.n_out, nk = l->k.n_out, nv = l->v.n_out;
    sx_project_made(e, (sx_product[]){{&l->q, e->b.q, nq}, {&l->k, e->b.k, nk}, {&l->v, e->b.v, nv}}, 3, h, n);
    if (hp->clamp_qkv > 0.0f) {
        clamp(e->b.q, hp->clamp_qkv, n * nq);
        clamp(e->b.k, hp->clamp_qkv, n * nk);
        clamp(e->b.v, hp->clamp_qkv, n * nv);
    }
    if (l->q_norm.present) sx_norm_rows(e, &l->q_norm, e->b.q, e->b.q, n, nq);
    if (l->k_norm.present) sx_norm_rows(e, &l->k_norm, e->b.k, e->b.k, n, nk);
}

/* Segments whose caches differ are stored and attended together: how many, from segment s on. */
static uint32_t distinct(const sx_eval *e, uint32_t s)
{
    uint32_t n = 1;
    for (; s + n < e->n_segments && n < SX_SEGMENTS; n++)
        for (uint32_t i = 0; i < n; i++)
            if (e->segments[s + i].cache == e->segments[s + n].cache) return n;
    return n;
}

static void attend_segments(sx_eval *e, uint32_t layer, const sx_segment *segments, uint32_t n)
{
    const sx_hparams *hp = &e->net->hp;
    const sx_layer *l = &e->net->weights.layers[layer];
    const uint32_t row = segments[0].row, rows = segments[n - 1].row + segments[n - 1].n - row;
    place_task place = {e, l, layer, row};
    sx_parallel(&e->run, rows, TOKEN_GRAIN, place_some, &place);
    sx_attend(&(sx_attention){.run = &e->run,
                              .segments = segments,
                              .n_segments = n,
                              .layer = layer,
                              .n_head = hp->n_head,
                              .n_head_kv = hp->n_head_kv,
                              .dim_k = hp->dim_k,
                              .dim_v = hp->dim_v,
                              .rounds = l->out.type != SX_TYPE_F32 && l->out.type != SX_TYPE_F16,
                              .both_ways = hp->both_ways,
                              .window = l->windowed ? hp->window : 0,
                              .scale = hp->attn_scale,
                              .cap = hp->attn_cap,
                              .alibi = hp->alibi,
                              .sinks = l->sinks,
                              .q = e->b.q,
                              .out = e->b.a,
                              .parts = e->b.parts});
}

/* y [n, n_embd] = attention over h [n, n_embd] */
static void attention(sx_eval *e, uint32_t layer, uint32_t n, sx_rows h, float *y)
{
    const sx_hparams *hp = &e->net->hp;
    const sx_layer *l = &e->net->weights.layers[layer];
    const bool latent = (hp->arch->flags & SX_ARCH_MLA) != 0;
    if (latent)
        sx_latent_project(e, l, n, h);
    else
        project(e, l, n, h);
    for (uint32_t i = 0, together; i < e->n_segments; i += together) {
        together = distinct(e, i);
        attend_segments(e, layer, &e->segments[i], together);
    }
    const float *values = latent ? sx_latent_values(e, l, n) : e->b.a;
    sx_project(e, &(sx_product){&l->out, y, hp->n_embd}, 1, values, l->out.k, n);
}

/* ---- the whole ---- */

static void embed_token(sx_eval *e, int32_t token, uint32_t position, uint32_t type, float *x)
{
    const sx_hparams *hp = &e->net->hp;
    const sx_weights *w = &e->net->weights;
    const sx_vector_ops *v = e->run.kernels->vector;
    sx_dequantize_row(w->embed.type, w->embed.data + (size_t)token * w->embed.stride, x, hp->n_embd);
    if (hp->embed_scale != 1.0f) v->scale(x, hp->embed_scale, hp->n_embd);
    if (w->types.data) {
        sx_dequantize_row(w->types.type, w->types.data + type * w->types.stride, e->b.h, hp->n_embd);
        v->add(x, x, e->b.h, hp->n_embd);
    }
    if (w->position.data) {
        sx_dequantize_row(w->position.type, w->position.data + (size_t)position * w->position.stride, e->b.h,
                          hp->n_embd);
        v->add(x, x, e->b.h, hp->n_embd);
    }
}

/* Lays the segments out in rows, one after the other; returns the number of rows. */
static uint32_t embed(sx_eval *e)
{
    const sx_hparams *hp = &e->net->hp;
    const sx_weights *w = &e->net->weights;
    uint32_t row = 0;
    e->n_made = 0;
    for (uint32_t s = 0; s < e->n_segments; s++) {
        sx_segment *segment = &e->segments[s];
        segment->row = row;
        if (segment->made && e->n_made == row) e->n_made += segment->n;
        for (uint32_t i = 0; i < segment->n; i++) {
            e->b.segment[row + i] = s;
            embed_token(e, segment->tokens[i], segment->first + i, i >= segment->second && w->types.n_out > 1,
                        e->b.x + (size_t)(row + i) * hp->n_embd);
        }
        for (size_t table = 0; table < 2; table++) {
            const sx_rope *rope = &segment->rope[table];
            size_t at = (table * e->run.n_batch + row) * rope->half;
            if (rope->step) sx_rope_angles(rope, segment->first, segment->n, e->b.cosine + at, e->b.sine + at);
        }
        row += segment->n;
    }
    if (w->embed_norm.present) sx_norm_rows(e, &w->embed_norm, e->b.x, e->b.x, row, hp->n_embd);
    return row;
}

static void encoder_layer(sx_eval *e, uint32_t layer, uint32_t n)
{
    const sx_layer *l = &e->net->weights.layers[layer];
    const sx_buffers *b = &e->b;
    const uint32_t d = e->net->hp.n_embd;
    residual_task task;
    attention(e, layer, n, block_rows(e, &task, NULL, &l->attn_norm), b->y);
    add_rows(e, b->y, n);
    if (l->attn_post.present) sx_norm_rows(e, &l->attn_post, b->x, b->x, n, d);
    sx_feed_forward(e, l, n, (sx_rows){b->x, d, NULL, NULL}, b->z);
    add_rows(e, b->z, n);
    sx_norm_rows(e, &l->ffn_post, b->x, b->x, n, d);
}

/* `owed` is what the layer before has left to be added to x, or NULL; this one leaves b.z. */
static void decoder_layer(sx_eval *e, uint32_t layer, uint32_t n, const float *owed)
{
    const sx_hparams *hp = &e->net->hp;
    const sx_layer *l = &e->net->weights.layers[layer];
    const sx_buffers *b = &e->b;
    residual_task first, second;
    sx_rows h = block_rows(e, &first, owed, &l->attn_norm);
    attention(e, layer, n, h, b->y);
    h.make = NULL;
    if (l->attn_post.present) sx_norm_rows(e, &l->attn_post, b->y, b->y, n, hp->n_embd);
    if (!hp->parallel || l->ffn_norm.present) h = block_rows(e, &second, hp->parallel ? NULL : b->y, &l->ffn_norm);
    sx_feed_forward(e, l, n, h, b->z);
    if (l->ffn_post.present) sx_norm_rows(e, &l->ffn_post, b->z, b->z, n, hp->n_embd);
    if (hp->parallel) add_rows(e, b->y, n);
}

bool sx_forward(sx_eval *e, sx_segment *segments, uint32_t n_segments)
{
    e->segments = segments;
    e->n_segments = n_segments;
    uint32_t n = embed(e);
    const bool encoder = (e->net->hp.arch->flags & SX_ARCH_ENCODER) != 0;
    for (uint32_t i = 0; i < e->net->hp.n_layer; i++) {
        if (sx_run_cancelled(&e->run)) return false;
        if (encoder)
            encoder_layer(e, i, n);
        else
            decoder_layer(e, i, n, i > 0 ? e->b.z : NULL);
    }
    if (!encoder && e->net->hp.n_layer > 0) add_rows(e, e->b.z, n);
    return !sx_run_cancelled(&e->run);
}

bool sx_head(sx_eval *e, const uint32_t *rows, uint32_t count, float *logits)
{
    const sx_hparams *hp = &e->net->hp;
    const sx_weights *w = &e->net->weights;
    const sx_kernels *k = e->run.kernels;
    if (!rows) {
        sx_norm_rows(e, &w->out_norm, e->b.h, e->b.x, count, hp->n_embd);
    } else {
        for (uint32_t i = 0; i < count; i++)
            sx_norm_rows(e, &w->out_norm, e->b.h + (size_t)i * hp->n_embd, e->b.x + (size_t)rows[i] * hp->n_embd, 1,
                         hp->n_embd);
    }
    const sx_product product = {&w->head, logits, hp->n_vocab};
    uint32_t made = 0;
    while (made < count && (rows ? rows[made] : made) < e->n_made) made++;
    sx_matmul(&e->run, &product, 1, &(sx_rows){.x = e->b.h, .ldx = hp->n_embd}, count, made);
    sx_adapt_rows(e, &product, e->b.h, hp->n_embd, rows, count);
    for (uint32_t i = 0; i < count; i++) {
        float *row = logits + (size_t)i * hp->n_vocab;
        if (hp->logit_scale != 1.0f) k->vector->scale(row, hp->logit_scale, hp->n_vocab);
        if (hp->logit_cap > 0.0f) k->attention->soft_cap(row, hp->n_vocab, hp->logit_cap);
    }
    return !sx_run_cancelled(&e->run);
}
