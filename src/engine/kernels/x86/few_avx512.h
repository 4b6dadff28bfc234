/* What few_tokens.h asks for of AVX-512, whatever the numbers are. */
#ifndef SX_ENGINE_FEW_AVX512_H
#define SX_ENGINE_FEW_AVX512_H

#include <stdbool.h>

#include "engine/kernels/x86/simd_avx512.h"

#define GROUP 8
#define FEW   static inline __attribute__((always_inline))

typedef __m512 fvec;

FEW fvec zero(void)
{
    return _mm512_setzero_ps();
}

FEW int side_by_side(const int toks) /* rows: with the tokens they fill the registers */
{
    return toks <= 2 ? toks : toks <= 6 ? 4 : 3;
}

/* Does L2 give tokens as fast as they are wanted? Where 512 bits are multiplied in two turns it does. */
FEW bool second_is_fast(void)
{
    return __builtin_cpu_is("amdfam19h");
}

FEW fvec load_step(const void *x)
{
    fvec v = _mm512_load_ps(x);
    __asm__("" : "+v"(v)); /* loaded once, not at each use */
    return v;
}

#endif
