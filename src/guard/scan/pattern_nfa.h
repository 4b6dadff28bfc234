/* The first half of pattern compilation: text to a Thompson automaton. Private to pattern*.c. */
#ifndef SX_GUARD_SCAN_PATTERN_NFA_H
#define SX_GUARD_SCAN_PATTERN_NFA_H

#include <stdint.h>

#include "platform/error.h"
#include "platform/mem.h"

typedef struct sx_nfa_set {
    uint64_t bits[4];
} sx_nfa_set;

enum { SX_NFA_SET, SX_NFA_SPLIT, SX_NFA_MATCH };

#define SX_NFA_NONE UINT16_MAX

typedef struct sx_nfa_node {
    uint16_t kind;
    uint16_t set;  /* SX_NFA_SET: index of its bytes */
    uint16_t out;  /* next node */
    uint16_t out2; /* SX_NFA_SPLIT: the other one */
} sx_nfa_node;

typedef struct sx_nfa {
    sx_mem *mem;
    sx_nfa_node *nodes;
    size_t node_n, node_cap;
    sx_nfa_set *sets;
    size_t set_n, set_cap;
    uint16_t start;
} sx_nfa;

/* Fills nfa (whose arrays are reused) from the pattern. LLM_E_FORMAT for a pattern that does not parse. */
llm_status sx_nfa_parse(sx_nfa *nfa, const char *pattern, llm_error *err);
void sx_nfa_free(sx_nfa *nfa);

static inline int sx_nfa_has(const sx_nfa_set *set, uint8_t byte)
{
    return (int)(set->bits[byte >> 6] >> (byte & 63) & 1);
}

#endif
