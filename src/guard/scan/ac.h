/* Many words at once: an Aho-Corasick automaton over bytes. Built once, then read by any thread; a search's whole state is
 * one node number. */
#ifndef SX_GUARD_SCAN_AC_H
#define SX_GUARD_SCAN_AC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/error.h"
#include "platform/mem.h"

#define SX_AC_ROOT 0u
#define SX_AC_NONE UINT32_MAX

typedef struct sx_ac_node {
    uint32_t first; /* children are first .. first + count - 1, by byte */
    uint32_t fail;
    uint32_t report; /* nearest node of the suffix chain (this one included) that ends a word, or SX_AC_NONE */
    uint32_t word;   /* first word that ends here, or SX_AC_NONE */
    uint16_t depth;
    uint16_t count;
} sx_ac_node;

typedef struct sx_ac_word {
    uint32_t at, len; /* its bytes */
    uint32_t value;
    uint32_t next; /* another word of the same bytes, or SX_AC_NONE */
} sx_ac_word;

typedef struct sx_ac {
    sx_mem *mem;
    sx_ac_node *nodes;
    uint8_t *label;     /* [node]: the byte that leads to it */
    uint32_t root[256]; /* the root's children, 0: none */
    size_t node_n, node_cap, label_cap;
    sx_ac_word *words;
    size_t word_n, word_cap;
    char *bytes;
    size_t byte_n, byte_cap;
} sx_ac;

void sx_ac_init(sx_ac *ac, sx_mem *mem);
void sx_ac_free(sx_ac *ac);
/* Adds a word (1 to 1000 bytes) with a value of the caller's. */
llm_status sx_ac_add(sx_ac *ac, const char *word, size_t len, uint32_t value, llm_error *err);
/* Builds the automaton of all words added so far. */
llm_status sx_ac_build(sx_ac *ac, llm_error *err);
uint32_t sx_ac_step(const sx_ac *ac, uint32_t node, uint8_t byte);

#endif
