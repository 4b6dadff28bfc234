/* Many words at once: an Aho-Corasick automaton over bytes (A. Aho, M. Corasick, "Efficient String Matching", 1975). Built once,
 * then read by any thread; a search's whole state is one node number. Nodes are numbered level by level, so that a node takes
 * seven bytes: a million words fit where pointers would not. */
#ifndef SX_GUARD_SCAN_AC_H
#define SX_GUARD_SCAN_AC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/error.h"
#include "platform/mem.h"

#define SX_AC_ROOT      0u
#define SX_AC_NONE      UINT32_MAX
#define SX_AC_BYTES_MAX 1000u /* of one word */

typedef struct sx_ac {
    sx_mem *mem;
    uint8_t *children;  /* [node_n]: how many each has; they lie side by side, by byte, in the order of their parents */
    uint32_t *first;    /* per eight nodes: the first child of the first of them */
    uint32_t *fail;     /* [node_n]: the longest suffix that is a node too */
    uint8_t *label;     /* [node_n]: the byte that leads to it */
    uint64_t *ends;     /* bits: a word ends here */
    uint64_t *reports;  /* bits: here, or at a node that fail leads to */
    uint32_t *rank;     /* per 512 nodes: ends before them */
    uint32_t *value_at; /* [end_n + 1]: where the values of the i-th end begin in values */
    uint32_t *values;   /* [word_n] */
    size_t node_n, end_n, word_n;
    uint32_t root[256];                  /* the root's children, 0: none */
    uint32_t level[SX_AC_BYTES_MAX + 2]; /* the first node of each depth, [levels] is node_n */
    uint32_t levels;
    /* words that were added; gone when it is built */
    struct sx_ac_word {
        uint32_t at, value;
    } * words;
    size_t word_cap;
    char *bytes;
    size_t byte_n, byte_cap;
} sx_ac;

void sx_ac_init(sx_ac *ac, sx_mem *mem);
void sx_ac_free(sx_ac *ac);
/* Adds a word (1 to SX_AC_BYTES_MAX bytes) with a value of the caller's. Before it is built. */
llm_status sx_ac_add(sx_ac *ac, const char *word, size_t len, uint32_t value, llm_error *err);
/* Builds the automaton of all words added; once. */
llm_status sx_ac_build(sx_ac *ac, llm_error *err);
uint32_t sx_ac_step(const sx_ac *ac, uint32_t node, uint8_t byte);
/* The node that a byte leads to, SX_AC_ROOT for none: no word goes on with it. */
uint32_t sx_ac_child(const sx_ac *ac, uint32_t node, uint8_t byte);
uint32_t sx_ac_depth(const sx_ac *ac, uint32_t node);
bool sx_ac_leaf(const sx_ac *ac, uint32_t node); /* no word goes on from here */

/* Does a word end exactly here? */
static inline bool sx_ac_ends(const sx_ac *ac, uint32_t node)
{
    return (ac->ends[node / 64] >> (node % 64) & 1u) != 0;
}

/* The nearest node of the suffix chain, this one included, at which words end; there must be one. */
uint32_t sx_ac_reported(const sx_ac *ac, uint32_t node);
/* The same, or SX_AC_NONE. The next: that of its fail. */
static inline uint32_t sx_ac_report(const sx_ac *ac, uint32_t node)
{
    return (ac->reports[node / 64] >> (node % 64) & 1u) != 0 ? sx_ac_reported(ac, node) : SX_AC_NONE;
}
/* The values of the words that end at such a node. */
const uint32_t *sx_ac_values(const sx_ac *ac, uint32_t node, uint32_t *count);

#endif
