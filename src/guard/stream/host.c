/* Asking the host's recognisers. What they answer is checked: one that fails or answers nonsense ends the check. */
#include "guard/stream/host.h"

#include <string.h>

llm_status sx_guard_add_recogniser(sx_guard *guard, const llm_recogniser *r, llm_error *err)
{
    if (guard->frozen) return sx_fail(err, LLM_E_BUSY, "the guard is in use and cannot change; add recognisers before");
    if (r->find == NULL || r->type == NULL || r->type[0] == 0)
        return sx_fail(err, LLM_E_INVALID, "a recogniser needs a type and a function");
    if (r->max_span == 0 || r->max_span > SX_HOST_SPAN_MAX)
        return sx_fail(err, LLM_E_INVALID, "a recogniser's max_span is 1 to %d bytes, not %u", SX_HOST_SPAN_MAX,
                       r->max_span);
    if (guard->params.max_hold > 0 && 3 * r->max_span > guard->params.max_hold / 2)
        return sx_fail(err, LLM_E_INVALID,
                       "a recogniser of spans of %u bytes needs a max_hold of at least %u, or none, not %u",
                       r->max_span, 6 * r->max_span, guard->params.max_hold);
    if (guard->recogniser_n >= SX_HOST_MAX)
        return sx_fail(err, LLM_E_LIMIT, "a guard has at most %d recognisers", SX_HOST_MAX);
    sx_recogniser made = {.of = *r};
    llm_status status = sx_guard_make_type(guard, r->type, strlen(r->type), &made.type, err);
    if (status != LLM_OK) return status;
    const char *name = r->name != NULL ? r->name : r->type;
    made.name = sx_arena_strndup(&guard->arena, name, strlen(name));
    if (made.name == NULL || sx_mem_grow(guard->mem, (void **)&guard->recognisers, &guard->recogniser_cap,
                                         guard->recogniser_n + 1, sizeof *guard->recognisers))
        return sx_fail_memory(err);
    guard->recognisers[guard->recogniser_n++] = made;
    return LLM_OK;
}

llm_status sx_guard_take_host(sx_guard *guard, const sx_guard *from, llm_error *err)
{
    llm_status status = LLM_OK;
    for (size_t i = 0; i < from->recogniser_n && status == LLM_OK; i++) {
        llm_recogniser r = from->recognisers[i].of;
        r.type = sx_guard_type_name(from, from->recognisers[i].type);
        r.name = from->recognisers[i].name;
        status = sx_guard_add_recogniser(guard, &r, err);
    }
    memcpy(guard->hash_key, from->hash_key, SX_KEY_BYTES); /* equal values keep their hash */
    guard->review = from->review;
    guard->review_user = from->review_user;
    return status;
}

llm_status sx_host_open(sx_filter *f, llm_error *err)
{
    const sx_guard *g = f->guard;
    bool any = false;
    for (size_t i = 0; i < g->recogniser_n; i++) any = any || f->wanted[g->recognisers[i].type];
    if (!any) return LLM_OK;
    f->host = sx_mem_zalloc(f->mem, sizeof *f->host);
    if (f->host == NULL) return sx_fail_memory(err);
    f->host->mem = f->mem;
    for (size_t i = 0; i < SX_HOST_MAX; i++) {
        bool on = i < g->recogniser_n && f->wanted[g->recognisers[i].type];
        f->host->next[i] = on ? 0 : UINT64_MAX;
        size_t reach = on ? 3 * (size_t)g->recognisers[i].of.max_span + 8 : 0;
        if (reach > f->history) f->history = reach;
    }
    return LLM_OK;
}

void sx_host_close(sx_host *host)
{
    if (host != NULL) sx_mem_free(host->mem, host);
}

static bool inside_char(const sx_filter *f, size_t at)
{
    return at < f->n && ((unsigned char)f->text[at] & 0xc0) == 0x80;
}

/* An offset into f->text moved to the beginning of the character that it stands in. */
static size_t whole(const sx_filter *f, size_t at)
{
    for (unsigned i = 0; i < 3 && at > 0 && inside_char(f, at); i++) at--;
    return at;
}

/* One answer, against what was asked. */
static llm_status take(sx_filter *f, size_t index, const llm_window *w, uint64_t share, const llm_span *s,
                       llm_error *err)
{
    const sx_recogniser *r = &f->guard->recognisers[index];
    if (s->start >= s->end || s->end > w->len || s->end - s->start > r->of.max_span ||
        !(s->score >= 0 && s->score <= 1) || inside_char(f, (size_t)(w->offset - f->base + s->start)) ||
        inside_char(f, (size_t)(w->offset - f->base + s->end)))
        return sx_fail(err, LLM_E_USER,
                       "the recogniser \"%.60s\" reported [%llu, %llu) with score %g: a span lies in the window's %zu "
                       "bytes at whole characters, is at most %u bytes long, and scores 0 to 1",
                       r->name, (unsigned long long)s->start, (unsigned long long)s->end, s->score, w->len,
                       r->of.max_span);
    sx_candidate c = {.start = w->offset + s->start,
                      .end = w->offset + s->end,
                      .score = (float)s->score,
                      .rule = (uint16_t)(SX_RULE_HOST + index),
                      .type = (uint16_t)r->type};
    if (c.start < share || c.start >= share + r->of.max_span || !sx_filter_rule(f, &c)) return LLM_OK;
    return sx_filter_add(f, &c, err);
}

/* Asks about the window whose share begins at `share` and whose text ends at `to`, an offset into f->text. */
static llm_status ask(sx_filter *f, size_t index, uint64_t share, size_t to, bool last, llm_error *err)
{
    const sx_recogniser *r = &f->guard->recognisers[index];
    uint64_t begin = share > r->of.max_span ? share - r->of.max_span : 0;
    size_t from = whole(f, (size_t)(begin - f->base));
    llm_window w = {.struct_size = sizeof w,
                    .direction = 1u << f->direction,
                    .text = f->text + from,
                    .len = to - from,
                    .offset = f->base + from,
                    .last = last,
                    .spans = f->host->spans,
                    .capacity = SX_HOST_SPANS};
    llm_status status = r->of.find(r->of.user, &w);
    if (status != LLM_OK)
        return sx_fail(err, status < 0 ? status : LLM_E_USER,
                       "the recogniser \"%.60s\" failed (%d): nothing is released", r->name, status);
    if (w.count > SX_HOST_SPANS)
        return sx_fail(err, LLM_E_USER, "the recogniser \"%.60s\" reported %u spans; there is room for %d", r->name,
                       w.count, SX_HOST_SPANS);
    for (uint32_t i = 0; i < w.count && status == LLM_OK; i++)
        status = take(f, index, &w, share, &f->host->spans[i], err);
    return status;
}

llm_status sx_host_read(sx_filter *f, llm_error *err)
{
    llm_status status = LLM_OK;
    uint64_t at = f->base + f->at;
    for (size_t i = 0; i < f->guard->recogniser_n; i++) {
        uint32_t span = f->guard->recognisers[i].of.max_span;
        uint64_t *next = &f->host->next[i];
        while (status == LLM_OK && *next != UINT64_MAX && *next + 2 * span <= at) {
            size_t to = whole(f, (size_t)(*next + 2 * span - f->base));
            status = ask(f, i, *next, to, false, err);
            *next += span;
        }
    }
    return status;
}

llm_status sx_host_finish(sx_filter *f, llm_error *err)
{
    llm_status status = sx_host_read(f, err);
    for (size_t i = 0; i < f->guard->recogniser_n; i++) {
        uint32_t span = f->guard->recognisers[i].of.max_span;
        uint64_t *next = &f->host->next[i], end = f->base + f->n;
        for (; status == LLM_OK && *next != UINT64_MAX && *next < end; *next += span) {
            uint64_t to = *next + 2 * span;
            status = ask(f, i, *next, to < end ? whole(f, (size_t)(to - f->base)) : f->n, to >= end, err);
        }
        *next = UINT64_MAX;
    }
    return status;
}

uint64_t sx_host_pending(const sx_host *host)
{
    uint64_t pending = UINT64_MAX;
    for (size_t i = 0; i < SX_HOST_MAX; i++) {
        if (host->next[i] < pending) pending = host->next[i];
    }
    return pending;
}
