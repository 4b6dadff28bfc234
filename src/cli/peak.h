/* What this machine can do at most: bytes read and multiplications made per second, measured by loops that do nothing else. */
#ifndef SX_CLI_PEAK_H
#define SX_CLI_PEAK_H

#include <stdbool.h>
#include <stdint.h>

/* The work of one thread. */
typedef struct sx_loop {
    const char *name; /* of what is multiplied */
    void (*run)(uint32_t turns);
    uint64_t products; /* of one turn: multiplications, each with an addition */
} sx_loop;

/* The fastest way to multiply that kernels of the level `isa` have for weights of a type, both as llm_model_info names them;
 * `tiles`: for texts that are read, else for tokens one by one. NULL: none is known for this level or processor. */
const sx_loop *sx_loop_of(const char *isa, const char *type, bool tiles);

/* Loads every byte, in order, four streams at a time. */
void sx_loop_read(const char *isa, const char *data, uint64_t n);

/* Per second, of all threads together, the best of several tries; 0: no memory or no threads for it. */
double sx_peak_products(const sx_loop *loop, uint32_t threads);
double sx_peak_read(const char *isa, uint64_t size,
                    uint32_t threads); /* a buffer of about `size` bytes, again and again */

#endif
