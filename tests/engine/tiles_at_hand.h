/* The kernels of AMX over tiles in memory, for machines without the unit. */
#ifndef TILES_AT_HAND_H
#define TILES_AT_HAND_H

#include "engine/kernels/kernels.h"
#include "platform/cpu.h"

/* NULL: this machine cannot even emulate them. */
static inline const sx_tile_ops *emulated(void)
{
#if defined(__x86_64__)
    const sx_cpu cpu = sx_cpu_detect();
    return cpu.avx512_bf16 && cpu.avx512_vbmi ? &sx_tiles_emulated : NULL;
#else
    return NULL;
#endif
}

static inline const sx_tile_attention_ops *emulated_attention(void)
{
#if defined(__x86_64__)
    return emulated() ? &sx_tile_attention_emulated : NULL;
#else
    return NULL;
#endif
}

#define NEEDS_EMULATION \
    if (!emulated()) { \
        print_message("skipped: tiles are emulated with AVX-512, BF16 and VBMI, which this machine lacks\n"); \
        skip(); \
    }

#endif
