/* The cancel token: one atomic, set from any thread or a signal handler, polled inside long work. */
#ifndef SX_PLATFORM_CANCEL_H
#define SX_PLATFORM_CANCEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "sextant.h"

struct llm_cancel {
    atomic_int set;
};

static inline bool sx_cancelled(const llm_cancel *cancel /* or NULL */)
{
    return cancel != NULL && atomic_load_explicit(&cancel->set, memory_order_relaxed) != 0;
}

#endif
