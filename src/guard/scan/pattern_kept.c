/* Automata as parts of a kept file, and back: every step of every automaton is looked at before one is taken. */
#include "guard/scan/pattern.h"

enum { NEXT, CLASS_OF, AUTOMATA };

void sx_dfa_pool_parts(const sx_dfa_pool *pool, const sx_dfa *dfas, size_t n, sx_kept_part parts[SX_DFA_POOL_PARTS])
{
    parts[NEXT] = (sx_kept_part){pool->next, pool->next_n * sizeof *pool->next};
    parts[CLASS_OF] = (sx_kept_part){pool->class_of, pool->class_n};
    parts[AUTOMATA] = (sx_kept_part){dfas, n * sizeof *dfas};
}

/* All of it lies in the pool, and no step leads out of it. */
static bool sound(const sx_dfa_pool *pool, const sx_dfa *dfa)
{
    const size_t steps = (size_t)dfa->states * dfa->classes;
    if (dfa->states <= SX_PATTERN_START || dfa->states > SX_PATTERN_ACCEPT || pool->next_n < steps ||
        dfa->next > pool->next_n - steps || pool->class_n < 256 || dfa->class_of > pool->class_n - 256)
        return false;
    for (size_t b = 0; b < 256; b++)
        if (pool->class_of[dfa->class_of + b] >= dfa->classes) return false;
    for (size_t i = 0; i < steps; i++)
        if ((pool->next[dfa->next + i] & (SX_PATTERN_ACCEPT - 1)) >= dfa->states) return false;
    return true;
}

bool sx_dfa_pool_take(sx_dfa_pool *pool, sx_kept *kept, const sx_dfa **dfas, size_t n)
{
    sx_dfa_pool taken = {.mem = pool->mem};
    size_t count = 0;
    taken.next = (uint16_t *)sx_kept_array(kept, NEXT, sizeof *taken.next, &taken.next_n);
    taken.class_of = (uint8_t *)sx_kept_array(kept, CLASS_OF, 1, &taken.class_n);
    *dfas = sx_kept_array(kept, AUTOMATA, sizeof **dfas, &count);
    if (!taken.next || !taken.class_of || !*dfas || count != n) return false;
    for (size_t i = 0; i < n; i++)
        if (!sound(&taken, &(*dfas)[i])) return false;
    taken.kept = *kept;
    *kept = (sx_kept){0};
    sx_dfa_pool_free(pool);
    *pool = taken;
    return true;
}
