/* Keys and values of a session's positions, per layer. */
#ifndef SX_ENGINE_CACHE_H
#define SX_ENGINE_CACHE_H

#include <stddef.h>
#include <stdint.h>

typedef struct sx_cache {
    uint32_t type;             /* SX_TYPE_F16 or SX_TYPE_F32 */
    uint32_t n_ctx;            /* positions there is room for */
    uint32_t elem;             /* bytes of an element */
    uint32_t k_width, v_width; /* elements per position: heads * dim */
    char *k, *v;               /* [n_layer, n_ctx, width]; v is NULL where values are the leading part of keys */
} sx_cache;

static inline char *sx_cache_k(const sx_cache *c, uint32_t layer, uint32_t position)
{
    return c->k + ((size_t)layer * c->n_ctx + position) * c->k_width * c->elem;
}

static inline char *sx_cache_v(const sx_cache *c, uint32_t layer, uint32_t position)
{
    return c->v + ((size_t)layer * c->n_ctx + position) * c->v_width * c->elem;
}

#endif
