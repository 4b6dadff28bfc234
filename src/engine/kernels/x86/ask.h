/* Asking memory for lines that will be needed soon: into the nearest cache or, on Intel and on AMD's family 19h, into the second
 * one, which can have more requests open than the first. Zen 4 wrote at half the speed with the first, as if it stood still
 * while as many are open as kernels make here; Zen 3 is of the same family and was not measured. On Intel (AMX) loops like these
 * read at 97 to 99 % of memory's speed with the second, and these at 72 to 78 with the first. Zen 5, where the first does well, was
 * not measured with the second (tests/bench/engine.md). */
#ifndef SX_ENGINE_ASK_H
#define SX_ENGINE_ASK_H

#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>

#define ASK_INLINE static inline __attribute__((always_inline))

enum { ASK_LINE = 64 /* bytes */ };

/* Reads what the compiler's runtime found when the library was loaded: once before a loop is enough. */
ASK_INLINE bool ask_second(void)
{
    return __builtin_cpu_is("amdfam19h") || __builtin_cpu_is("intel");
}

ASK_INLINE void ask_line(const void *at, bool second)
{
    if (second)
        _mm_prefetch((const char *)at, _MM_HINT_T1);
    else
        _mm_prefetch((const char *)at, _MM_HINT_T0);
}

/* A line every 64 bytes. */
ASK_INLINE void ask_bytes(const char *at, size_t bytes, bool second)
{
    for (size_t i = 0; i < bytes; i += ASK_LINE) ask_line(at + i, second);
}

#endif
