/* Chooses the kernels of one instruction-set level, once per model. */
#include "engine/kernels/kernels.h"

#include "platform/cpu.h"
#include "sextant.h"

#if defined(SEXTANT_EMULATE_AMX)
#define TILES          (&sx_tiles_emulated)
#define TILE_ATTENTION (&sx_tile_attention_emulated)
#else
#define TILES          (&sx_tiles_amx)
#define TILE_ATTENTION (&sx_tile_attention_amx)
#endif

sx_kernels sx_kernels_select(uint32_t isa)
{
    sx_kernels k = {LLM_ISA_SCALAR, &sx_matmul_ref, &sx_vector_ref, &sx_attention_ref,
                    &sx_cache_ref,  NULL,           NULL,           {NULL}};
#if defined(__x86_64__)
    const sx_cpu cpu = sx_cpu_detect();
    if (isa == 0 || isa > cpu.isa) isa = cpu.isa;
    if (isa >= LLM_ISA_AVX512)
        k = (sx_kernels){LLM_ISA_AVX512,
                         &sx_matmul_avx512,
                         &sx_vector_avx512,
                         &sx_attention_avx512,
                         &sx_cache_avx512,
                         NULL,
                         cpu.avx512_bf16 ? &sx_tile_attention_pairs : &sx_tile_attention_steps,
                         {&sx_panels_avx512}};
    else if (isa >= LLM_ISA_AVX2)
        k = (sx_kernels){LLM_ISA_AVX2, &sx_matmul_avx2,  &sx_vector_avx2, &sx_attention_avx2, &sx_cache_avx2, NULL,
                         NULL,         {&sx_panels_avx2}};
    if (k.isa == LLM_ISA_AVX2 && cpu.avx_vnni) k.matmul = &sx_matmul_avx_vnni;
    if (k.isa == LLM_ISA_AVX512 && cpu.avx512_bf16) {
        k.matmul = &sx_matmul_avx512_bf16;
        k.panels[0] = &sx_panels_avx512_bf16;
        k.panels[1] = &sx_panels_avx512;
    }
    if (isa >= LLM_ISA_AMX && sx_cpu_ask_amx()) {
        k.isa = LLM_ISA_AMX;
        k.tiles = TILES;
        k.tile_attention = TILE_ATTENTION;
    }
#else
    (void)isa;
#endif
    return k;
}
