/* Texts as vectors. Texts go through the layers in common batches, each a segment of its own; what the last layer gives is
 * pooled per text, or led through the model's classification head. */
#include <math.h>
#include <string.h>

#include "engine/session/session.h"

typedef struct embedder {
    sx_session *s;
    const sx_embed_text *texts;
    size_t count;
    sx_embed_params how;
    uint32_t width; /* of a result */
    float *out;     /* where the next result goes */
    double *sum;    /* [n_embd] of the text in hand */
    float *pooled;  /* [n_embd] */
    float *hidden;  /* [n_embd] */
    float *logits;  /* [labels] */
    sx_segment *segments;
    uint32_t *owner; /* [n_batch] whose each segment is */
    uint32_t n_segments, rows;
    const llm_cancel *cancel;
} embedder;

uint32_t sx_model_n_embd(const sx_model *m)
{
    return m->net.hp.n_embd;
}

uint32_t sx_model_pooling(const sx_model *m)
{
    return m->net.hp.pooling;
}

bool sx_model_encodes(const sx_model *m)
{
    return m->net.hp.both_ways;
}

bool sx_model_ranks(const sx_model *m)
{
    return m->net.weights.cls.data || m->net.weights.cls_out.data;
}

/* ---- heads ---- */

static void normalise(float *v, uint32_t n)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < n; i++) sum += (double)v[i] * (double)v[i];
    double scale = sum > 0.0 ? 1.0 / sqrt(sum) : 0.0;
    for (uint32_t i = 0; i < n; i++) v[i] = (float)((double)v[i] * scale);
}

/* The head of sequence classifiers: a dense layer with tanh, then the labels; decoders have labels alone and compare them. */
static float rank_score(embedder *c, sx_eval *e)
{
    const sx_weights *w = &e->net->weights;
    const sx_hparams *hp = &e->net->hp;
    const float *x = c->pooled;
    if (w->cls.data) {
        sx_matmul(&e->run, &(sx_product){&w->cls, c->hidden, w->cls.n_out}, 1, &(sx_rows){.x = x}, 1, 0);
        for (uint32_t i = 0; i < w->cls.n_out; i++) c->hidden[i] = tanhf(c->hidden[i]);
        x = c->hidden;
    }
    if (!w->cls_out.data) return x[0];
    uint32_t n = w->cls_out.n_out;
    sx_matmul(&e->run, &(sx_product){&w->cls_out, c->logits, n}, 1, &(sx_rows){.x = x}, 1, 0);
    if (hp->both_ways || n < 2) return c->logits[0];
    double max = (double)c->logits[0], sum = 0.0;
    for (uint32_t i = 1; i < n; i++) max = fmax(max, (double)c->logits[i]);
    for (uint32_t i = 0; i < n; i++) sum += exp((double)c->logits[i] - max);
    return (float)(exp((double)c->logits[0] - max) / sum);
}

static void give(embedder *c, sx_eval *e)
{
    if (c->how.rank) {
        *c->out++ = rank_score(c, e);
        return;
    }
    memcpy(c->out, c->pooled, c->width * sizeof *c->out);
    if (c->how.normalise) normalise(c->out, c->width);
    c->out += c->width;
}

/* ---- pooling ---- */

static void take_row(embedder *c, sx_eval *e, const sx_embed_text *text, uint32_t position, const float *h)
{
    const uint32_t d = e->net->hp.n_embd;
    bool first = position == 0, last = position + 1 == text->n;
    switch (c->how.pooling) {
    case SX_POOL_NONE:
        memcpy(c->pooled, h, d * sizeof *h);
        give(c, e);
        return;
    case SX_POOL_MEAN:
        for (uint32_t i = 0; i < d; i++) c->sum[i] = (first ? 0.0 : c->sum[i]) + (double)h[i];
        if (last)
            for (uint32_t i = 0; i < d; i++) c->pooled[i] = (float)(c->sum[i] / (double)text->n);
        break;
    case SX_POOL_CLS:
        if (first) memcpy(c->pooled, h, d * sizeof *h);
        break;
    default:
        if (last) memcpy(c->pooled, h, d * sizeof *h);
        break;
    }
    if (last) give(c, e);
}

static bool read_batch(void *arg, sx_eval *e)
{
    embedder *c = arg;
    const sx_weights *w = &e->net->weights;
    const uint32_t d = e->net->hp.n_embd;
    if (!sx_forward(e, c->segments, c->n_segments)) return false;
    const float *h = e->b.x;
    if (w->out_norm.present) {
        sx_norm_rows(e, &w->out_norm, e->b.h, e->b.x, c->rows, d);
        h = e->b.h;
    }
    for (uint32_t s = 0; s < c->n_segments; s++)
        for (uint32_t i = 0; i < c->segments[s].n; i++, h += d)
            take_row(c, e, &c->texts[c->owner[s]], c->segments[s].first + i, h);
    return !sx_run_cancelled(&e->run);
}

static llm_status flush(embedder *c, llm_error *err)
{
    if (c->n_segments == 0) return LLM_OK;
    llm_status status = sx_session_alone(c->s, read_batch, c, c->cancel, err);
    c->n_segments = c->rows = 0;
    return status;
}

/* A text that is read both ways must stand in one batch as a whole; others may be cut, the rest going first in the next. */
static llm_status read_all(embedder *c, llm_error *err)
{
    sx_session *s = c->s;
    bool whole = s->model->net.hp.both_ways;
    llm_status status = LLM_OK;
    for (size_t i = 0; i < c->count && status == LLM_OK; i++) {
        const sx_embed_text *text = &c->texts[i];
        if (whole && text->n > s->n_batch - c->rows) status = flush(c, err);
        for (uint32_t at = 0; at < text->n && status == LLM_OK;) {
            uint32_t left = text->n - at, room = s->n_batch - c->rows, part = left < room ? left : room;
            status = sx_cache_reserve(&s->cache, at, part, err);
            if (status != LLM_OK) break;
            sx_segment *segment = &c->segments[c->n_segments];
            *segment = sx_session_segment(s, text->tokens + at, part, at);
            segment->second = text->second > at ? text->second - at : 0;
            c->owner[c->n_segments++] = (uint32_t)i;
            c->rows += part;
            at += part;
            if (c->rows == s->n_batch) status = flush(c, err);
        }
    }
    return status == LLM_OK ? flush(c, err) : status;
}

/* ---- the call ---- */

static llm_status check(const sx_session *s, const sx_embed_text *texts, size_t count, const sx_embed_params *how,
                        llm_error *err)
{
    const sx_hparams *hp = &s->model->net.hp;
    uint32_t most = hp->both_ways && s->n_batch < s->cache.n_ctx ? s->n_batch : s->cache.n_ctx;
    if (how->rank && !sx_model_ranks(s->model))
        return sx_fail(err, LLM_E_UNSUPPORTED,
                       "this model has no classification head (tensors cls and cls.output); use a reranking model");
    for (size_t i = 0; i < count; i++) {
        if (texts[i].n == 0) return sx_fail(err, LLM_E_INVALID, "text %zu has no tokens", i);
        if (texts[i].n > most)
            return sx_fail(err, LLM_E_LIMIT, "text %zu has %u tokens; at most %u fit: shorten it or raise n_ctx", i,
                           texts[i].n, most);
        for (uint32_t k = 0; k < texts[i].n; k++)
            if (texts[i].tokens[k] < 0 || (uint32_t)texts[i].tokens[k] >= hp->n_vocab)
                return sx_fail(err, LLM_E_INVALID, "token %d of text %zu is outside the vocabulary of %u",
                               texts[i].tokens[k], i, hp->n_vocab);
    }
    return LLM_OK;
}

llm_status sx_session_embed(sx_session *s, const sx_embed_text *texts, size_t count, const sx_embed_params *how,
                            float *out, const llm_cancel *cancel, llm_error *err)
{
    const sx_net *net = &s->model->net;
    llm_status status = check(s, texts, count, how, err);
    if (status != LLM_OK) return status;
    sx_arena arena;
    sx_arena_init(&arena, s->mem);
    uint32_t d = net->hp.n_embd, n = s->n_batch;
    embedder c = {.s = s, .texts = texts, .count = count, .how = *how, .width = d, .out = out, .cancel = cancel};
    c.sum = sx_arena_alloc(&arena, d * sizeof *c.sum);
    c.pooled = sx_arena_alloc(&arena, d * sizeof *c.pooled);
    c.hidden = sx_arena_alloc(&arena, d * sizeof *c.hidden);
    c.logits = sx_arena_alloc(&arena, (net->weights.cls_out.n_out + 1) * sizeof *c.logits);
    c.segments = sx_arena_alloc(&arena, n * sizeof *c.segments);
    c.owner = sx_arena_alloc(&arena, n * sizeof *c.owner);
    if (!c.sum || !c.pooled || !c.hidden || !c.logits || !c.segments || !c.owner) status = sx_fail_memory(err);
    if (status == LLM_OK) {
        sx_session_truncate(s, 0);
        status = read_all(&c, err);
        sx_cache_truncate(&s->cache, 0);
    }
    sx_arena_free(&arena);
    return status;
}
