/* Quantised weights, all seen the same way: groups of 16 or 32 signed bytes q with a float scale and, for some types, a
 * float minimum, so that weight = scale * q + min. Kernels and the exact dequantisation both start from here. */
#ifndef SX_ENGINE_QUANT_H
#define SX_ENGINE_QUANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Unpacks n_blocks whole blocks: q [n_blocks * block], scale and min [n_blocks * block / group]. Types without minima leave
 * min alone. */
typedef void (*sx_unpack_fn)(const unsigned char *blocks, size_t n_blocks, int8_t *q, float *scale, float *min);

typedef struct sx_quant {
    uint32_t type;  /* SX_TYPE_* */
    uint32_t block; /* elements */
    uint32_t block_bytes;
    uint32_t group; /* 16 or 32 */
    bool mins;
    sx_unpack_fn unpack;
} sx_quant;

/* NULL for a type that is not quantised (F32, F16, BF16) or not known. */
const sx_quant *sx_quant_get(uint32_t type);

/* Exact values of n elements that begin at a block: dst [n]. False when the type is unknown or n is not whole blocks. */
bool sx_dequantize_row(uint32_t type, const void *src, float *dst, size_t n);

#endif
