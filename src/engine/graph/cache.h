/* Keys and values of a session's positions. They lie in pages of SX_PAGE positions that hold all layers, taken as positions
 * fill and counted by reference: a fork shares its parent's pages, and whoever writes into a shared page copies it first.
 * Layers that see all positions and layers that see a window have tables of their own, so that pages a window has left
 * behind can go. Inside a page: per layer and key-value head the keys of its positions, one after the other, then their
 * values. A cache is used by one thread at a time; pages may be shared between threads, and so the memory
 * they come from lives as long as any cache of the family. */
#ifndef SX_ENGINE_CACHE_H
#define SX_ENGINE_CACHE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "engine/graph/hparams.h"
#include "engine/kernels/kernels.h"
#include "platform/arena.h"

enum { SX_PAGE = SX_KEY_TILE /* positions: a tile of keys never crosses a page */ };

typedef struct sx_home { /* where the pages of a session and its forks come from */
    sx_mem mem;
    atomic_uint refs; /* caches */
} sx_home;

typedef struct sx_page {
    atomic_uint refs;
    sx_home *home;
    char *data; /* 64-byte aligned, behind this struct */
} sx_page;

typedef struct sx_page_table {
    uint32_t n_layer;
    size_t bytes;    /* of a page's data */
    sx_page **pages; /* [cap] NULL: not there */
    size_t cap;
} sx_page_table;

typedef struct sx_cache_layer {
    uint32_t table, index; /* which table, and which of its layers */
} sx_cache_layer;

enum { SX_TABLE_ALL, SX_TABLE_WINDOWED, SX_TABLES };

typedef struct sx_cache {
    sx_home *home;
    uint32_t type;  /* SX_TYPE_* of the numbers kept */
    uint32_t n_ctx; /* positions it may grow to */
    uint32_t n_layer, n_head;
    uint32_t dim_k, dim_v;        /* dim_v 0: values are the leading part of keys */
    size_t k_row, v_row;          /* bytes of one head's vector */
    const sx_cache_layer *layers; /* [n_layer] */
    sx_page_table table[SX_TABLES];
} sx_cache;

/* An empty cache that takes its pages where `mem` takes its memory; the list of layers comes from the arena. LLM_E_MEMORY. */
llm_status sx_cache_init(sx_cache *c, const sx_mem *mem, sx_arena *arena, const sx_hparams *hp, uint32_t type,
                         uint32_t n_ctx, llm_error *err);
/* An empty cache of the same shape and home, with the list of layers of `from`. */
void sx_cache_like(sx_cache *c, const sx_cache *from);
void sx_cache_free(sx_cache *c); /* gives its pages up; a cleared one is fine */

/* Bytes of n positions in all layers. */
uint64_t sx_cache_bytes(const sx_cache *c, uint32_t n);

/* Makes positions first .. first + n - 1 writable: pages that are missing are taken, shared ones copied. LLM_E_MEMORY leaves
 * what was there. */
llm_status sx_cache_reserve(sx_cache *c, uint32_t first, uint32_t n, llm_error *err);
/* Gives up pages of a table that lie wholly in positions first .. end - 1. */
void sx_cache_release(sx_cache *c, uint32_t table, uint32_t first, uint32_t end);
/* Gives up whole pages behind the first n positions. */
void sx_cache_truncate(sx_cache *c, uint32_t n);
/* Makes `to`, empty and of the same shape and home, hold the same pages. LLM_E_MEMORY leaves it empty. */
llm_status sx_cache_share(sx_cache *to, const sx_cache *from, llm_error *err);
/* True when the pages of these positions are all there. */
bool sx_cache_holds(const sx_cache *c, uint32_t table, uint32_t first, uint32_t end);

static inline char *sx_cache_k(const sx_cache *c, uint32_t layer, uint32_t head, uint32_t position)
{
    const sx_cache_layer *l = &c->layers[layer];
    const sx_page *page = c->table[l->table].pages[position / SX_PAGE];
    return page->data + ((size_t)l->index * c->n_head + head) * SX_PAGE * (c->k_row + c->v_row) +
           position % SX_PAGE * c->k_row;
}

/* With dim_v 0 there are none: values are the keys. */
static inline char *sx_cache_v(const sx_cache *c, uint32_t layer, uint32_t head, uint32_t position)
{
    const sx_cache_layer *l = &c->layers[layer];
    const sx_page *page = c->table[l->table].pages[position / SX_PAGE];
    return page->data + ((size_t)l->index * c->n_head + head) * SX_PAGE * (c->k_row + c->v_row) + SX_PAGE * c->k_row +
           position % SX_PAGE * c->v_row;
}

#endif
