#include "engine/graph/cache.h"

#include <string.h>

enum { ALIGN = 64 };

/* Its own block comes from its own memory, which therefore dies last. */
static sx_home *home_new(const sx_mem *like)
{
    sx_mem first;
    sx_mem_init(&first, like->hook.alloc ? &like->hook : NULL);
    sx_home *home = sx_mem_zalloc(&first, sizeof *home);
    if (!home) return NULL;
    sx_mem_init(&home->mem, like->hook.alloc ? &like->hook : NULL);
    atomic_store(&home->mem.live_bytes, atomic_load(&first.live_bytes));
    atomic_init(&home->refs, 1);
    return home;
}

static void home_drop(sx_home *home)
{
    if (home && atomic_fetch_sub_explicit(&home->refs, 1, memory_order_acq_rel) == 1) sx_mem_free(&home->mem, home);
}

static size_t row_bytes(uint32_t type, uint32_t dim)
{
    const sx_type_info *info = sx_type_get(type);
    return (size_t)((dim + info->block - 1) / info->block) * info->block_bytes;
}

llm_status sx_cache_init(sx_cache *c, const sx_mem *mem, sx_arena *arena, const sx_hparams *hp, uint32_t type,
                         uint32_t n_ctx, llm_error *err)
{
    *c = (sx_cache){.home = home_new(mem),
                    .type = type,
                    .n_ctx = n_ctx,
                    .n_layer = hp->n_layer,
                    .n_head = hp->n_head_kv,
                    .dim_k = hp->dim_k,
                    .dim_v = hp->absorbed ? 0 : hp->dim_v};
    c->k_row = row_bytes(type, c->dim_k);
    c->v_row = row_bytes(type, c->dim_v);
    sx_cache_layer *layers = sx_arena_alloc(arena, hp->n_layer * sizeof *layers);
    if (!layers || !c->home) return sx_fail_memory(err);
    for (uint32_t i = 0; i < hp->n_layer; i++) {
        layers[i].table = hp->window > 0 && sx_layer_windowed(hp, i) ? SX_TABLE_WINDOWED : SX_TABLE_ALL;
        layers[i].index = c->table[layers[i].table].n_layer++;
    }
    c->layers = layers;
    for (int t = 0; t < SX_TABLES; t++)
        c->table[t].bytes = (size_t)c->table[t].n_layer * c->n_head * SX_PAGE * (c->k_row + c->v_row);
    return LLM_OK;
}

uint64_t sx_cache_bytes(const sx_cache *c, uint32_t n)
{
    return (uint64_t)c->n_layer * c->n_head * (c->k_row + c->v_row) * n;
}

/* ---- pages ---- */

static sx_page *page_new(sx_home *home, size_t bytes)
{
    char *block = sx_mem_alloc_aligned(&home->mem, ALIGN + bytes, ALIGN);
    if (!block) return NULL;
    sx_page *page = (sx_page *)(void *)block;
    atomic_init(&page->refs, 1);
    page->home = home;
    page->data = block + ALIGN;
    return page;
}

static void page_drop(sx_page *page)
{
    if (page && atomic_fetch_sub_explicit(&page->refs, 1, memory_order_acq_rel) == 1)
        sx_mem_free(&page->home->mem, page);
}

static bool make_own(sx_cache *c, sx_page_table *t, size_t i)
{
    sx_page *old = t->pages[i];
    if (old && atomic_load_explicit(&old->refs, memory_order_acquire) == 1) return true;
    sx_page *page = page_new(c->home, t->bytes);
    if (!page) return false;
    if (old) memcpy(page->data, old->data, t->bytes);
    page_drop(old);
    t->pages[i] = page;
    return true;
}

static bool make_room(sx_cache *c, sx_page_table *t, size_t n)
{
    size_t before = t->cap;
    if (sx_mem_grow(&c->home->mem, (void **)&t->pages, &t->cap, n, sizeof(sx_page *))) return false;
    for (size_t i = before; i < t->cap; i++) t->pages[i] = NULL;
    return true;
}

llm_status sx_cache_reserve(sx_cache *c, uint32_t first, uint32_t n, llm_error *err)
{
    if (n == 0) return LLM_OK;
    size_t from = first / SX_PAGE, to = ((size_t)first + n - 1) / SX_PAGE + 1;
    for (int k = 0; k < SX_TABLES; k++) {
        sx_page_table *t = &c->table[k];
        if (t->n_layer == 0) continue;
        if (!make_room(c, t, to)) return sx_fail_memory(err);
        for (size_t i = from; i < to; i++)
            if (!make_own(c, t, i)) return sx_fail_memory(err);
    }
    return LLM_OK;
}

static void drop_pages(sx_page_table *t, size_t from, size_t to)
{
    for (size_t i = from; i < to && i < t->cap; i++) {
        page_drop(t->pages[i]);
        t->pages[i] = NULL;
    }
}

void sx_cache_release(sx_cache *c, uint32_t table, uint32_t first, uint32_t end)
{
    drop_pages(&c->table[table], ((size_t)first + SX_PAGE - 1) / SX_PAGE, end / SX_PAGE);
}

void sx_cache_truncate(sx_cache *c, uint32_t n)
{
    for (int k = 0; k < SX_TABLES; k++) drop_pages(&c->table[k], ((size_t)n + SX_PAGE - 1) / SX_PAGE, SIZE_MAX);
}

llm_status sx_cache_share(sx_cache *to, const sx_cache *from, llm_error *err)
{
    for (int k = 0; k < SX_TABLES; k++)
        if (!make_room(to, &to->table[k], from->table[k].cap)) return sx_fail_memory(err);
    for (int k = 0; k < SX_TABLES; k++)
        for (size_t i = 0; i < from->table[k].cap; i++) {
            sx_page *page = from->table[k].pages[i];
            if (page) atomic_fetch_add_explicit(&page->refs, 1, memory_order_relaxed);
            to->table[k].pages[i] = page;
        }
    return LLM_OK;
}

bool sx_cache_holds(const sx_cache *c, uint32_t table, uint32_t first, uint32_t end)
{
    const sx_page_table *t = &c->table[table];
    if (t->n_layer == 0 || first >= end) return true;
    for (size_t i = first / SX_PAGE; i <= (end - 1) / SX_PAGE; i++)
        if (i >= t->cap || !t->pages[i]) return false;
    return true;
}

void sx_cache_like(sx_cache *c, const sx_cache *from)
{
    *c = *from;
    for (int k = 0; k < SX_TABLES; k++) {
        c->table[k].pages = NULL;
        c->table[k].cap = 0;
    }
    atomic_fetch_add_explicit(&c->home->refs, 1, memory_order_relaxed);
}

void sx_cache_free(sx_cache *c)
{
    sx_cache_truncate(c, 0);
    for (int k = 0; k < SX_TABLES; k++) {
        if (c->table[k].pages) sx_mem_free(&c->home->mem, c->table[k].pages);
        c->table[k].pages = NULL;
        c->table[k].cap = 0;
    }
    home_drop(c->home);
    c->home = NULL;
}
