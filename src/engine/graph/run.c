/* Work is handed out in stretches from shared counters, so that a slow or late worker does not hold the others up. Which
 * worker does what changes from run to run; the results do not, since a stretch's result does not depend on it. */
#include "engine/graph/run.h"

#include <stdatomic.h>

typedef struct range_task {
    atomic_uint next;
    uint32_t n, grain;
    const sx_run *run;
    sx_range_fn fn;
    void *arg;
} range_task;

static void work(void *arg, uint32_t worker, uint32_t workers)
{
    range_task *task = arg;
    (void)workers;
    uint32_t parts = (task->n - 1) / task->grain + 1, part;
    while ((part = atomic_fetch_add_explicit(&task->next, 1, memory_order_relaxed)) < parts) {
        if (sx_run_cancelled(task->run)) return;
        uint32_t begin = part * task->grain, end = task->n - begin < task->grain ? task->n : begin + task->grain;
        task->fn(task->arg, begin, end, worker);
    }
}

void sx_parallel(const sx_run *run, uint32_t n, uint32_t grain, sx_range_fn fn, void *arg)
{
    if (n == 0) return;
    if (grain == 0) grain = 1;
    range_task task = {.n = n, .grain = grain, .run = run, .fn = fn, .arg = arg};
    atomic_init(&task.next, 0);
    if (n <= grain)
        fn(arg, 0, n, 0);
    else if (sx_pool_size(run->pool) == 1)
        work(&task, 0, 1);
    else
        sx_pool_run(run->pool, work, &task);
}

/* ---- shares ---- */

enum { SHARES = 64, LINE = 64 };

typedef struct share { /* of the work: on a cache line of its own */
    atomic_uint next;
    uint32_t end;
    char unused[LINE - 2 * sizeof(uint32_t)];
} share;

typedef struct share_task {
    share shares[SHARES];
    uint32_t n, least, most;
    const sx_run *run;
    sx_range_fn fn;
    void *arg;
} share_task;

/* Half of what is left of a share: long stretches first, and short ones at the end that even out who is late. Each begins anew
 * with reading, so none is shorter than `least` unless a share is. */
static bool claim(share *s, uint32_t least, uint32_t most, uint32_t *begin, uint32_t *end)
{
    *begin = atomic_load_explicit(&s->next, memory_order_relaxed);
    do {
        if (*begin >= s->end) return false;
        const uint32_t left = s->end - *begin;
        const uint32_t half = left < 2 * least ? left : (left + 1) / 2;
        *end = *begin + (half < most ? half : most);
    } while (!atomic_compare_exchange_weak_explicit(&s->next, begin, *end, memory_order_relaxed, memory_order_relaxed));
    return true;
}

static void work_shares(void *arg, uint32_t worker, uint32_t workers)
{
    share_task *task = arg;
    const uint32_t own = (uint32_t)((uint64_t)worker * task->n / workers);
    for (uint32_t i = 0; i < task->n; i++) {
        share *s = &task->shares[(own + i) % task->n];
        uint32_t begin, end;
        while (claim(s, task->least, task->most, &begin, &end)) {
            if (sx_run_cancelled(task->run)) return;
            task->fn(task->arg, begin, end, worker);
        }
    }
}

void sx_parallel_shares(const sx_run *run, uint32_t n, uint32_t least, uint32_t most, sx_range_fn fn, void *arg)
{
    const uint32_t workers = sx_pool_size(run->pool), shares = workers < SHARES ? workers : SHARES;
    if (workers == 1 || n < shares) {
        sx_parallel(run, n, n, fn, arg);
        return;
    }
    share_task task;
    task.n = shares;
    task.least = least;
    task.most = most;
    task.run = run;
    task.fn = fn;
    task.arg = arg;
    for (uint32_t i = 0; i < shares; i++) {
        atomic_init(&task.shares[i].next, (uint32_t)((uint64_t)n * i / shares));
        task.shares[i].end = (uint32_t)((uint64_t)n * (i + 1) / shares);
    }
    sx_pool_run(run->pool, work_shares, &task);
}

/* ---- products ---- */

enum {
    PANEL = 16, /* rows that every kernel form likes to take together: one token alone, and twice as many for more */
    PANELS_MAX = 2,
    TILED_PANELS_MAX = 8, /* tiles share what they fetch of the tokens among these rows */
    QUANTISE_GRAIN = 4,   /* tokens */
    PACK_GRAIN = 16,
    IN_ORDER = 32,        /* panels of floats: the next ones are asked for meanwhile, and a cancel is heard between */
    STREAMED = 8,         /* tokens for which weights are read as fast as memory gives them */
    STREAMED_FLOATS = 24, /* or nearly so, where they are floats */
    ALONE = 1 << 15,      /* multiplications: waking others costs more */
    LEAST = 1 << 18,      /* bytes of weights that are worth a stretch of their own */
    FEW_ALONE = 1 << 14   /* activations to be made bytes: likewise */
};

typedef struct product_task {
    const sx_run *run;
    const sx_product *products;
    uint32_t n, n_tok, n_made, panel /* rows */;
    uint32_t first[SX_PRODUCTS + 1]; /* the number of panels before each product */
    uint32_t bytes;                  /* the first tokens, which are wanted as bytes */
    bool tiles, parts;               /* those from n_made on are wanted as tiles; in parts */
    uint16_t *tile_room;             /* where these are */
    const sx_panel_ops *form;        /* in which tokens meet float weights; NULL: as they are */
    const sx_rows *x;
} product_task;

static bool tiled(const product_task *task, const sx_weight *w)
{
    const sx_tile_ops *tiles = task->run->kernels->tiles;
    return tiles && task->n_made < task->n_tok && tiles->takes(w->type) &&
           (!tiles->in_parts(w->type) || w->k <= task->run->longest);
}

/* ---- tokens made, and made bytes and tiles while they are near ---- */

static sx_tile_tokens tile_tokens(const product_task *task)
{
    return (sx_tile_tokens){task->tile_room, task->n_tok - task->n_made, task->parts};
}

static void ready(const product_task *task, uint32_t begin, uint32_t end, uint32_t worker)
{
    const sx_rows *x = task->x;
    const sx_kernels *ops = task->run->kernels;
    const uint32_t k = task->products[0].w->k, made = task->n_made;
    if (x->make) x->make(x->arg, begin, end, worker);
    for (uint32_t t = begin; t < end && t < task->bytes; t++)
        ops->matmul->to_q8(x->x + t * x->ldx, k, &task->run->q8, t);
    const sx_tile_tokens tiles = tile_tokens(task);
    for (uint32_t t = begin; task->tiles && t >= made && t < end; t += PACK_GRAIN)
        ops->tiles->pack(x->x + made * x->ldx, x->ldx, k, &tiles, t - made);
}

/* What the model has made is counted up to whole grains, so that those of the others begin with the first of them. */
static uint32_t lead_of(const product_task *task)
{
    return (task->n_made + PACK_GRAIN - 1) / PACK_GRAIN * PACK_GRAIN;
}

static void ready_some(void *arg, uint32_t begin, uint32_t end, uint32_t worker)
{
    const product_task *task = arg;
    const uint32_t made = task->n_made, lead = lead_of(task);
    if (begin < made) ready(task, begin, end < made ? end : made, worker);
    if (end > lead) ready(task, (begin > lead ? begin - lead : 0) + made, end - lead + made, worker);
}

static void make_ready(product_task *task)
{
    const uint32_t n = lead_of(task) + task->n_tok - task->n_made;
    if (!task->x->make && task->bytes == 0 && !task->tiles) return;
    const bool few = !task->tiles && (uint64_t)task->n_tok * task->products[0].w->k < FEW_ALONE;
    sx_parallel(task->run, n, few ? n : task->tiles ? PACK_GRAIN : QUANTISE_GRAIN, ready_some, task);
}

/* Many tokens go through panels, with the same bits. All matrices that do share one form of the tokens. */
static const sx_panel_ops *form_of(const product_task *task, const sx_weight *w)
{
    if (w->quant || tiled(task, w) || w->n_out < 2 * PANEL || w->k > task->run->longest) return NULL;
    for (size_t i = 0; i < SX_PANEL_FORMS; i++) {
        const sx_panel_ops *ops = task->run->kernels->panels[i];
        if (ops && ops->takes(w->type)) return task->n_tok < ops->least ? NULL : ops;
    }
    return NULL;
}

static bool paneled(const product_task *task, const sx_weight *w)
{
    return task->form && form_of(task, w) == task->form;
}

static void pack_panels(void *arg, uint32_t begin, uint32_t end, uint32_t worker)
{
    const product_task *task = arg;
    (void)worker;
    for (uint32_t t = begin; t < end; t += task->form->tokens)
        task->form->pack(task->x->x, task->x->ldx, task->n_tok, task->products[0].w->k, task->run->panels, t);
}

static uint32_t pack_grain(const product_task *task) /* whole tiles, and some of them, since each asks for the next */
{
    const uint32_t tokens = task->form->tokens, tiles = task->n_tok / (tokens * 4 * sx_pool_size(task->run->pool));
    return tiles < 1 ? tokens : tiles * tokens;
}

/* ---- rows of the matrices ---- */

static sx_tile_rows tile_rows(const sx_weight *w, uint32_t row)
{
    return (sx_tile_rows){w->type, w->data + (size_t)row * w->stride, w->stride};
}

static void multiply_rows(const product_task *task, const sx_product *p, uint32_t row, uint32_t n, uint32_t worker)
{
    const sx_kernels *ops = task->run->kernels;
    const sx_weight *w = p->w;
    const char *data = w->data + (size_t)row * w->stride;
    const uint32_t n_vector = tiled(task, w) ? task->n_made : task->n_tok;
    float *out = p->out + row;
    void *scratch = task->run->scratch + worker * task->run->scratch_stride;
    if (n_vector > 0 && w->quant)
        ops->matmul->quants(w->quant, data, w->stride, n, &task->run->q8, n_vector, w->k, out, p->ldo, scratch);
    else if (paneled(task, w))
        task->form->multiply(w->type, data, w->stride, n, task->run->panels, n_vector, w->k, out, p->ldo, scratch);
    else if (n_vector > 0)
        ops->matmul->floats(w->type, data, w->stride, n, task->x->x, task->x->ldx, n_vector, w->k, out, p->ldo);
    if (n_vector < task->n_tok) {
        const sx_tile_tokens tiles = tile_tokens(task);
        const sx_tile_rows rows = tile_rows(w, row);
        ops->tiles->multiply(&rows, n, &tiles, w->k, out + n_vector * p->ldo, p->ldo, scratch);
    }
    if (w->bias)
        for (uint32_t t = 0; t < task->n_tok; t++)
            ops->vector->add(out + t * p->ldo, out + t * p->ldo, w->bias + row, n);
}

static void multiply(void *arg, uint32_t begin, uint32_t end, uint32_t worker)
{
    const product_task *task = arg;
    for (uint32_t i = 0; i < task->n; i++) {
        uint32_t from = begin > task->first[i] ? begin : task->first[i];
        uint32_t to = end < task->first[i + 1] ? end : task->first[i + 1];
        if (from >= to) continue;
        uint32_t row = (from - task->first[i]) * task->panel, last = (to - task->first[i]) * task->panel;
        uint32_t n_out = task->products[i].w->n_out;
        multiply_rows(task, &task->products[i], row, (last < n_out ? last : n_out) - row, worker);
    }
}

/* How many panels a worker takes at a time. */
static uint32_t grain_of(const product_task *task)
{
    const bool tiles = task->tiles || task->form;
    const uint32_t panels = task->first[task->n], workers = sx_pool_size(task->run->pool);
    const uint32_t most = tiles ? TILED_PANELS_MAX : PANELS_MAX;
    uint32_t grain = panels / ((tiles ? 4 : 8) * workers);
    if (task->n_tok > 16 && grain > most) grain = most;
    if ((uint64_t)panels * task->panel * task->products[0].w->k * task->n_tok < ALONE) grain = panels;
    return grain < 1 ? 1 : grain;
}

/* Whether memory sets the pace, so that each worker had best read what lies together. */
static bool streamed(const product_task *task)
{
    return !task->tiles && task->n_tok <= (task->products[0].w->quant ? STREAMED : STREAMED_FLOATS);
}

/* How many panels are worth a stretch of a share. */
static uint32_t least_of(const product_task *task)
{
    return (uint32_t)(LEAST / (task->panel * task->products[0].w->stride + 1)) + 1;
}

void sx_matmul(const sx_run *run, const sx_product *products, uint32_t n, const sx_rows *x, uint32_t n_tok,
               uint32_t n_made)
{
    product_task task = {.run = run, .products = products, .n = n, .n_tok = n_tok, .n_made = n_made, .x = x};
    task.tile_room = run->tiles;
    task.panel = n_tok > 1 ? 2 * PANEL : PANEL;
    for (uint32_t i = 0; i < n; i++) {
        const sx_weight *w = products[i].w;
        task.first[i + 1] = task.first[i] + (w->n_out + task.panel - 1) / task.panel;
        if (tiled(&task, w)) task.tiles = true;
        if (tiled(&task, w) && run->kernels->tiles->in_parts(w->type)) task.parts = true;
        if (!task.form) task.form = form_of(&task, w);
        const uint32_t vectors = !w->quant ? 0 : tiled(&task, w) ? n_made : n_tok;
        if (vectors > task.bytes) task.bytes = vectors;
    }
    make_ready(&task);
    if (task.form) sx_parallel(run, n_tok, pack_grain(&task), pack_panels, &task);
    const uint32_t panels = task.first[n], grain = grain_of(&task);
    if (!task.tiles && task.form && grain < panels)
        sx_parallel_shares(run, panels, 1, IN_ORDER, multiply, &task);
    else if (streamed(&task) && grain < panels)
        sx_parallel_shares(run, panels, least_of(&task), panels, multiply, &task);
    else
        sx_parallel(run, panels, grain, multiply, &task);
}

/* ---- gated products ---- */

typedef struct gated_task {
    const product_task *task;
    const sx_gate *gate;
    sx_tile_tokens next;
} gated_task;

static void multiply_gated(void *arg, uint32_t begin, uint32_t end, uint32_t worker)
{
    const gated_task *t = arg;
    const sx_run *run = t->task->run;
    const sx_weight *up = t->gate->up;
    const uint32_t row = begin * t->task->panel, last = end * t->task->panel;
    const sx_tile_tokens x = tile_tokens(t->task);
    const sx_tile_gate rows = {tile_rows(t->gate->gate, row), tile_rows(up, row), t->gate->act};
    run->kernels->tiles->multiply_gated(&rows, (last < up->n_out ? last : up->n_out) - row, &x, up->k, &t->next,
                                        up->n_out, row, run->scratch + worker * run->scratch_stride);
}

static bool gates(const product_task *task, const sx_gate *gate, const sx_weight *down)
{
    const sx_weight *all[] = {gate->gate, gate->up, down};
    for (size_t i = 0; i < 3; i++)
        if (!tiled(task, all[i]) || task->run->kernels->tiles->in_parts(all[i]->type)) return false;
    return gate->act && !gate->gate->bias && !gate->up->bias && gate->up->n_out % (2 * PANEL) == 0;
}

/* A product whose tokens all go, or are, as tiles. */
static product_task as_tiles(const sx_run *run, const sx_product *p, const sx_rows *x, uint32_t n_tok, uint16_t *room)
{
    product_task task = {.run = run, .products = p, .n = 1, .n_tok = n_tok, .x = x, .tiles = true, .tile_room = room};
    task.panel = 2 * PANEL;
    task.first[1] = (p->w->n_out + task.panel - 1) / task.panel;
    return task;
}

bool sx_matmul_gated(const sx_run *run, const sx_gate *gate, const sx_product *down, const sx_rows *x, uint32_t n_tok)
{
    const sx_product up = {gate->up, NULL, 0};
    product_task first = as_tiles(run, &up, x, n_tok, run->tiles);
    if (!gates(&first, gate, down->w)) return false;
    make_ready(&first);
    gated_task task = {&first, gate, {run->gated, n_tok, false}};
    const uint32_t grain = grain_of(&first);
    sx_parallel(run, first.first[1], grain > 1 ? grain / 2 : 1, multiply_gated, &task);
    product_task second = as_tiles(run, down, NULL, n_tok, run->gated);
    sx_parallel(run, second.first[1], grain_of(&second), multiply, &second);
    return true;
}
