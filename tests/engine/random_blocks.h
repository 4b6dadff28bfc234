/* Random quantised weights for tests. */
#ifndef SX_TESTS_RANDOM_BLOCKS_H
#define SX_TESTS_RANDOM_BLOCKS_H

#include <string.h>

#include "engine/kernels/quant.h"
#include "engine/model/gguf.h"
#include "random.h"

/* Half-precision scales become finite: every exponent byte loses its top bits. */
static inline void finite_scales(unsigned char *b, size_t n, const sx_quant *quant)
{
    for (size_t at = 0; at < n; at += quant->block_bytes) {
        static const struct {
            uint32_t type, offset[2];
        } halves[] = {{SX_TYPE_Q2_K, {80, 82}}, {SX_TYPE_Q3_K, {108, 108}}, {SX_TYPE_Q4_K, {0, 2}},
                      {SX_TYPE_Q5_K, {0, 2}},   {SX_TYPE_Q6_K, {208, 208}}, {SX_TYPE_Q4_1, {0, 2}},
                      {SX_TYPE_Q5_1, {0, 2}}};
        uint32_t offset[2] = {0, 0};
        for (size_t h = 0; h < sizeof halves / sizeof halves[0]; h++)
            if (halves[h].type == quant->type) memcpy(offset, halves[h].offset, sizeof offset);
        for (int h = 0; h < 2; h++)
            if (quant->type == SX_TYPE_MXFP4)
                b[at] = (unsigned char)(120 + b[at] % 8);
            else
                b[at + offset[h] + 1] = (unsigned char)((b[at + offset[h] + 1] & 0x83) | 0x28);
    }
}

/* Random bits as blocks. */
static inline void random_blocks(unsigned char *b, size_t n, const sx_quant *quant)
{
    for (size_t i = 0; i < n; i++) b[i] = (unsigned char)random_bits(&(uint64_t){i * 977 + quant->type});
    finite_scales(b, n, quant);
}

#endif
