/* Patterns of the rule tables, compiled to small deterministic automata: a match costs one table step per byte, whatever the
 * input, and the state is one number, so that a stream can stop and go on anywhere. Why our own: rules are short and
 * anchored, and a library of patterns would bring a dependency, a cache of its own and no control over memory.
 *
 * Syntax: literals (UTF-8), . (any ASCII but newline), [a-z] and [^a-z] (negation within ASCII), \d \w \s \D \W \S, \N (a
 * byte of any non-ASCII character), \ before punctuation, (a|b), ? * + {n} {n,m} {n,}, and (?i) at the very start. ^ and $ are errors outside of [ ]: a pattern is found anywhere. */
#ifndef SX_GUARD_SCAN_PATTERN_H
#define SX_GUARD_SCAN_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "guard/scan/kept.h"
#include "platform/error.h"
#include "platform/mem.h"

#define SX_PATTERN_DEAD  0u
#define SX_PATTERN_START 1u

/* Where one automaton lies in the pool. */
typedef struct sx_dfa {
    uint32_t next;     /* pool.next[next + state * classes + class]: the next state,
            SX_PATTERN_ACCEPT added where it accepts */
    uint32_t class_of; /* pool.class_of[class_of + byte] */
    uint16_t classes;
    uint16_t states;
} sx_dfa;

#define SX_PATTERN_ACCEPT 0x8000u

/* All automata of a guard, in two arrays. */
typedef struct sx_dfa_pool {
    sx_mem *mem;
    uint16_t *next;
    uint8_t *class_of;
    size_t next_n, next_cap, class_n, class_cap;
    sx_kept kept; /* what both lie in, when they were not made here */
} sx_dfa_pool;

typedef struct sx_pattern_compiler sx_pattern_compiler; /* scratch memory, kept between patterns */

llm_status sx_pattern_compiler_create(sx_pattern_compiler **out, sx_mem *mem, llm_error *err);
void sx_pattern_compiler_free(sx_pattern_compiler *compiler);
/* For patterns of strangers: the steps that all of them together may take from now on (each writes at most a few bytes);
 * beyond, LLM_E_LIMIT. Without a call there is no bound but that on states. */
void sx_pattern_compiler_limit(sx_pattern_compiler *compiler, uint64_t steps);
llm_status sx_pattern_compile(sx_pattern_compiler *compiler, sx_dfa_pool *pool, const char *pattern, sx_dfa *dfa,
                              llm_error *err);

void sx_dfa_pool_init(sx_dfa_pool *pool, sx_mem *mem);
void sx_dfa_pool_free(sx_dfa_pool *pool);

enum { SX_DFA_POOL_PARTS = 3 };
/* The pool and its n automata as parts of a kept file; they live as long as both. */
void sx_dfa_pool_parts(const sx_dfa_pool *pool, const sx_dfa *dfas, size_t n, sx_kept_part parts[SX_DFA_POOL_PARTS]);
/* Takes a kept file over in place of what the pool has; nothing can be added then. *dfas: [n], as long as the pool lives. False:
 * the file does not hold what it should, nothing changed. */
bool sx_dfa_pool_take(sx_dfa_pool *pool, sx_kept *kept, const sx_dfa **dfas, size_t n);

/* The step from a state (without its flag); the result carries SX_PATTERN_ACCEPT. */
static inline uint16_t sx_dfa_step(const sx_dfa_pool *pool, const sx_dfa *dfa, uint16_t state, uint8_t byte)
{
    return pool->next[dfa->next + (uint32_t)state * dfa->classes + pool->class_of[dfa->class_of + byte]];
}

#endif
