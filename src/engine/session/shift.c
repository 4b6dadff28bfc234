/* Dropping a stretch in the middle: rows move up, and keys are turned back by as many positions. */
#include <math.h>
#include <string.h>

#include "engine/session/session.h"

typedef struct shift {
    sx_session *s;
    const sx_run *run;
    uint32_t by;                /* positions */
    uint32_t to[2];             /* per table, the first position that gets a row from `by` further on */
    uint32_t end;               /* behind the last one */
    float *cosine[2], *sine[2]; /* [n_rot / 2] of an angle of -by positions; NULL: not turned */
} shift;

static void turn_back(const shift *t, const sx_layer *l, float *head)
{
    const sx_hparams *hp = &t->s->model->net.hp;
    const float *cosine = t->cosine[l->windowed], *sine = t->sine[l->windowed];
    if (!l->ropes || !cosine) return;
    if (hp->arch->flags & SX_ARCH_MLA) head += hp->dim_k - hp->n_rot;
    if (hp->arch->rope == SX_ROPE_HALVES)
        t->run->kernels->vector->rope_halves(head, cosine, sine, hp->n_rot);
    else
        t->run->kernels->vector->rope_pairs(head, cosine, sine, hp->n_rot);
}

/* Ascending, so that a row is read before it is written over. */
static void move_some(void *arg, uint32_t begin, uint32_t end, uint32_t worker)
{
    const shift *t = arg;
    const sx_cache *c = &t->s->cache;
    const sx_cache_ops *ops = t->run->kernels->cache;
    float *row = (float *)(void *)(t->run->scratch + worker * t->run->scratch_stride);
    for (uint32_t i = begin; i < end; i++) {
        const uint32_t layer = i / c->n_head, head = i % c->n_head;
        const sx_layer *l = &t->s->model->net.weights.layers[layer];
        for (uint32_t p = t->to[c->layers[layer].table]; p < t->end; p++) {
            ops->unpack(c->type, row, c->dim_k, sx_cache_k(c, layer, head, p + t->by), c->k_row, 1, c->dim_k);
            turn_back(t, l, row);
            ops->pack(c->type, sx_cache_k(c, layer, head, p), row, c->dim_k);
            if (c->dim_v) memcpy(sx_cache_v(c, layer, head, p), sx_cache_v(c, layer, head, p + t->by), c->v_row);
        }
    }
}

static bool move_all(void *arg, sx_eval *e)
{
    shift *t = arg;
    t->run = &e->run;
    sx_parallel(t->run, t->s->cache.n_layer * t->s->cache.n_head, 1, move_some, t);
    return true;
}

static llm_status angles(shift *t, sx_arena *arena, llm_error *err)
{
    for (int table = 0; table < 2; table++) {
        const sx_rope *rope = &t->s->rope[table];
        if (!rope->step || rope->half == 0) continue;
        t->cosine[table] = sx_arena_alloc(arena, rope->half * sizeof(float));
        t->sine[table] = sx_arena_alloc(arena, rope->half * sizeof(float));
        if (!t->cosine[table] || !t->sine[table]) return sx_fail_memory(err);
        for (uint32_t i = 0; i < rope->half; i++) {
            t->cosine[table][i] = (float)cos(rope->step[i] * (double)t->by);
            t->sine[table][i] = -(float)sin(rope->step[i] * (double)t->by);
        }
    }
    return LLM_OK;
}

static llm_status check(const sx_session *s, uint32_t begin, uint32_t end, llm_error *err)
{
    if (begin > end || begin > s->used)
        return sx_fail(err, LLM_E_INVALID, "positions %u to %u cannot be dropped: the context holds %u", begin, end,
                       s->used);
    if (end >= s->used || begin == end) return LLM_OK;
    if (s->model->net.weights.position.data)
        return sx_fail(err, LLM_E_UNSUPPORTED,
                       "%s has learned its positions one by one, so a text cannot move to others; drop to the end and "
                       "evaluate what is to stay",
                       s->model->net.hp.arch->name);
    return LLM_OK;
}

/* Where windowed layers will begin to hold everything: the beginning of a page. */
static llm_status windowed_start(const sx_session *s, uint32_t begin, uint32_t end, uint32_t *start, llm_error *err)
{
    const uint32_t from = sx_session_windowed_from(s), by = end - begin;
    *start = from;
    if (from <= begin) return LLM_OK;
    *start = ((from > end ? from : end) - by + SX_PAGE - 1) / SX_PAGE * SX_PAGE;
    if (*start <= sx_session_sees_from(s, s->used - by)) return LLM_OK;
    return sx_fail(
        err, LLM_E_UNSUPPORTED,
        "layers that see %u positions no longer hold those before %u; leave more behind position %u, or drop "
        "to the end and evaluate what is to stay",
        s->model->net.hp.window, begin, end);
}

llm_status sx_session_drop(sx_session *s, uint32_t begin, uint32_t end, llm_error *err)
{
    llm_status status = check(s, begin, end, err);
    if (status != LLM_OK || begin == end) return status;
    if (end >= s->used) {
        sx_session_truncate(s, begin);
        return LLM_OK;
    }
    shift t = {.s = s, .by = end - begin, .end = s->used - (end - begin)};
    uint32_t start, held = sx_session_windowed_from(s);
    if ((status = windowed_start(s, begin, end, &start, err)) != LLM_OK) return status;
    t.to[SX_TABLE_ALL] = begin;
    t.to[SX_TABLE_WINDOWED] = start > begin ? start : begin;
    sx_arena arena;
    sx_arena_init(&arena, s->mem);
    status = angles(&t, &arena, err);
    if (status == LLM_OK) status = sx_cache_reserve(&s->cache, begin, t.end - begin, err);
    if (status == LLM_OK) status = sx_session_alone(s, move_all, &t, NULL, err);
    sx_arena_free(&arena);
    sx_cache_release(&s->cache, SX_TABLE_WINDOWED, 0, status == LLM_OK ? start : held);
    if (status != LLM_OK) return status;
    memmove(s->tokens + begin, s->tokens + end, (s->used - end) * sizeof *s->tokens);
    s->used = t.end;
    sx_cache_truncate(&s->cache, s->used);
    return LLM_OK;
}
