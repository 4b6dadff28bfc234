/* Importance matrices: a text goes through the model in windows from an empty cache, and what goes into each matrix is summed
 * up by columns. The file's form stands in quantise/importance.h. */
#include <stdio.h>
#include <string.h>

#include "engine/model/gguf_build.h"
#include "engine/quantise/quantise.h"
#include "engine/session/session.h"

typedef struct column_sums { /* of one tensor */
    const char *name;        /* the model's */
    uint32_t k, matrices;
    double *sum;   /* [matrices, k] */
    double *count; /* [matrices] rows */
} column_sums;

typedef struct watcher {
    const sx_model *model;
    sx_arena arena;
    sx_map by_name; /* index into all */
    column_sums *all;
    size_t n, cap;
    bool no_memory;
    sx_segment segment;
} watcher;

/* ---- what is seen ---- */

static column_sums *find(watcher *w, const sx_weight *weight)
{
    uint32_t at = sx_map_get(&w->by_name, weight->name, strlen(weight->name));
    if (at != SX_MAP_NONE) return &w->all[at];
    const sx_tensor *t = sx_gguf_tensor(w->model->gguf, weight->name);
    if (!t || w->n == w->cap) return NULL;
    column_sums *made = &w->all[w->n];
    *made = (column_sums){.name = weight->name, .k = weight->k, .matrices = (uint32_t)(t->ne[2] * t->ne[3])};
    made->sum = sx_arena_alloc(&w->arena, (size_t)made->matrices * made->k * sizeof *made->sum);
    made->count = sx_arena_alloc(&w->arena, made->matrices * sizeof *made->count);
    if (!made->sum || !made->count || sx_map_put(&w->by_name, weight->name, strlen(weight->name), (uint32_t)w->n)) {
        w->no_memory = true;
        return NULL;
    }
    w->n++;
    return made;
}

static void see(void *user, const sx_weight *weight, const float *x, size_t ldx, uint32_t n_tok)
{
    watcher *w = user;
    column_sums *c = find(w, weight);
    uint32_t matrix = weight->expert ? weight->expert - 1 : 0;
    if (!c || matrix >= c->matrices) return;
    double *sum = c->sum + (size_t)matrix * c->k;
    for (uint32_t t = 0; t < n_tok; t++)
        for (uint32_t i = 0; i < c->k; i++) sum[i] += (double)x[t * ldx + i] * (double)x[t * ldx + i];
    c->count[matrix] += n_tok;
}

/* ---- reading ---- */

static bool read_window(void *arg, sx_eval *e)
{
    watcher *w = arg;
    const sx_observer observer = {see, w};
    sx_segment segment = w->segment;
    e->observer = &observer;
    bool done = sx_forward(e, &segment, 1);
    e->observer = NULL;
    return done;
}

static llm_status read_text(sx_session *s, watcher *w, const int32_t *tokens, size_t n, const llm_cancel *cancel,
                            llm_error *err)
{
    uint32_t window = s->n_batch; /* at most n_ctx */
    llm_status status = LLM_OK;
    for (size_t i = 0; i < n && status == LLM_OK; i += window) {
        uint32_t part = n - i < window ? (uint32_t)(n - i) : window;
        sx_session_truncate(s, 0);
        status = sx_session_fits(s, tokens + i, part, err);
        if (status == LLM_OK) status = sx_cache_reserve(&s->cache, 0, part, err);
        w->segment = sx_session_segment(s, tokens + i, part, 0);
        if (status == LLM_OK) status = sx_session_alone(s, read_window, w, cancel, err);
        if (status == LLM_OK && w->no_memory) status = sx_fail_memory(err);
    }
    sx_cache_truncate(&s->cache, 0);
    return status;
}

/* ---- writing ---- */

static void put_floats(sx_gguf *g, const char *name, const double *v, uint32_t k, uint32_t n)
{
    float *data = sx_gguf_room(g, (size_t)k * n * sizeof *data);
    if (!data) return; /* sticks */
    for (size_t i = 0; i < (size_t)k * n; i++) data[i] = (float)v[i];
    const sx_tensor t = {.type = SX_TYPE_F32, .n_dims = 2, .ne = {k, n}, .data = data};
    sx_gguf_put_tensor(g, name, &t);
}

static llm_status write_sums(sx_session *s, const watcher *w, const char *dataset, size_t n_tokens, const char *out,
                             llm_error *err)
{
    sx_gguf *g = NULL;
    char name[256];
    llm_status status = sx_gguf_create(&g, s->mem, err);
    if (status != LLM_OK) return status;
    const sx_view view = {dataset, strlen(dataset)};
    sx_gguf_put_str(g, "general.type", "imatrix", 7);
    sx_gguf_put_strs(g, "imatrix.datasets", &view, 1);
    sx_gguf_put_u32(g, "imatrix.chunk_count", (uint32_t)((n_tokens + s->n_batch - 1) / s->n_batch));
    sx_gguf_put_u32(g, "imatrix.chunk_size", s->n_batch);
    for (size_t i = 0; i < w->n; i++) {
        const column_sums *c = &w->all[i];
        if (strlen(c->name) > sizeof name - 16) continue;
        snprintf(name, sizeof name, "%s.in_sum2", c->name);
        put_floats(g, name, c->sum, c->k, c->matrices);
        snprintf(name, sizeof name, "%s.counts", c->name);
        put_floats(g, name, c->count, 1, c->matrices);
    }
    status = sx_gguf_built(g, err);
    if (status == LLM_OK) status = sx_gguf_write_file(g, out, s->mem, err);
    sx_gguf_close(g);
    return status;
}

llm_status sx_session_imatrix(sx_session *s, const int32_t *tokens, size_t n, const char *dataset, const char *out,
                              const llm_cancel *cancel, llm_error *err)
{
    if (n == 0) return sx_fail(err, LLM_E_INVALID, "the text has no tokens; an importance matrix needs some");
    watcher w = {.model = s->model, .cap = sx_gguf_tensor_count(s->model->gguf)};
    sx_arena_init(&w.arena, s->mem);
    sx_map_init(&w.by_name, s->mem);
    w.all = sx_arena_alloc(&w.arena, (w.cap + 1) * sizeof *w.all);
    llm_status status = w.all ? read_text(s, &w, tokens, n, cancel, err) : sx_fail_memory(err);
    if (status == LLM_OK) status = write_sums(s, &w, dataset, n, out, err);
    sx_map_free(&w.by_name);
    sx_arena_free(&w.arena);
    return status;
}
