/* Random numbers for tests: the same on every machine. */
#ifndef SX_TESTS_RANDOM_H
#define SX_TESTS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t random_bits(uint64_t *state)
{
    uint64_t x = *state += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/* Within -1 and 1. */
static inline void random_floats(float *x, size_t n, uint64_t seed)
{
    uint64_t state = seed * 1000003u;
    for (size_t i = 0; i < n; i++) x[i] = (float)((double)(random_bits(&state) >> 11) * 0x1p-52 - 1.0);
}

#endif
