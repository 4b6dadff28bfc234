/* Grammars inside the engine: rules become a pushdown automaton over bytes (compile.c), which is made deterministic as far as
 * texts go (automaton.c) and run over a vocabulary as a trie of bytes (token_trie.c, matcher.c). */
#ifndef SX_ENGINE_GRAMMAR_GRAMMAR_H
#define SX_ENGINE_GRAMMAR_GRAMMAR_H

#include "engine/engine.h"
#include "engine/grammar/rules.h"
#include "engine/grammar/token_trie.h"

/* ---- gbnf.c, schema.c ---- */
llm_status sx_gbnf_read(sx_rules *rules, uint32_t *root, const char *text, size_t len, llm_error *err);
llm_status sx_schema_read(sx_rules *rules, uint32_t *root, const char *text, size_t len, llm_error *err);

/* ---- compile.c ---- */
typedef enum sx_edge_kind { SX_EDGE_BYTES, SX_EDGE_EMPTY, SX_EDGE_CALL } sx_edge_kind;

typedef struct sx_edge {
    uint32_t next;   /* of the same node, SX_NO_EDGE at the end */
    uint32_t target; /* of a call: where it returns to */
    uint32_t rule;   /* of a call */
    uint8_t kind, lo, hi;
} sx_edge;

#define SX_NO_EDGE UINT32_MAX

typedef struct sx_node {
    uint32_t edges;
    bool final;    /* the rule ends here */
    bool consumes; /* it has edges over bytes */
    bool useful;   /* the rule can be brought to its end from here */
} sx_node;

typedef struct sx_machine { /* of a rule that is called, not written out in place */
    uint32_t entry, final;
    bool built, nullable;
} sx_machine;

struct sx_grammar {
    sx_mem *mem;
    sx_node *nodes;
    sx_edge *edges;
    sx_machine *machines; /* [n_machines] by rule */
    size_t n_nodes, cap_nodes, n_edges, cap_edges, n_machines;
    uint32_t root;
    uint8_t class_of[256]; /* bytes that no edge tells apart are one class */
    uint32_t n_classes;
};

llm_status sx_grammar_compile(sx_grammar **out, sx_mem *mem, const sx_rules *rules, uint32_t root, llm_error *err);

/* ---- automaton.c ---- */
typedef struct sx_config { /* a place in the rules and where it returns to */
    uint32_t node, stack;
} sx_config;

typedef struct sx_cell { /* of stacks; they share their tails */
    uint32_t back, below;
} sx_cell;

typedef struct sx_state {
    size_t first; /* of its places, sorted, in the pool */
    uint32_t n;
    uint32_t hash;
    bool accepts;   /* the text may end */
    uint32_t *mask; /* of tokens, once asked for */
} sx_state;

#define SX_STATE_DEAD    0u
#define SX_STATE_UNKNOWN UINT32_MAX
#define SX_STATE_FAILED  (UINT32_MAX - 1) /* automaton->status says why */

typedef struct sx_seen {
    sx_config config;
    uint32_t stamp;
} sx_seen;

typedef struct sx_automaton {
    sx_mem *mem;
    const sx_grammar *grammar;
    sx_state *states;
    uint32_t *next; /* [n_states, n_classes] */
    sx_config *pool;
    sx_cell *cells;
    size_t n_states, cap_states, cap_next, n_pool, cap_pool, n_cells, cap_cells;
    uint32_t *state_table, *cell_table; /* open addressing */
    size_t state_slots, cell_slots;
    sx_config *work; /* of the state being made */
    size_t n_work, cap_work;
    sx_seen *seen;
    size_t seen_slots;
    uint32_t stamp;
    uint64_t effort;   /* edges followed since the last sx_automaton_rest */
    size_t mask_bytes; /* held by masks */
    llm_status status; /* sticks */
} sx_automaton;

/* The start state's id in *start. */
llm_status sx_automaton_init(sx_automaton *a, sx_mem *mem, const sx_grammar *grammar, uint32_t *start);
void sx_automaton_free(sx_automaton *a);
/* The state after a byte; SX_STATE_DEAD when it may not come, SX_STATE_FAILED when the automaton failed. */
uint32_t sx_automaton_make(sx_automaton *a, uint32_t state, uint8_t byte);
/* Between tokens: forgets all states but the given one when they have grown large. Its new id, or SX_STATE_FAILED. */
uint32_t sx_automaton_rest(sx_automaton *a, uint32_t state);

static inline uint32_t sx_automaton_step(sx_automaton *a, uint32_t state, uint8_t byte)
{
    uint32_t next = a->next[(size_t)state * a->grammar->n_classes + a->grammar->class_of[byte]];
    return next == SX_STATE_UNKNOWN ? sx_automaton_make(a, state, byte) : next;
}

/* ---- matcher.c ---- */
/* A matcher over any vocabulary; sx_matcher_create takes a model's. */
llm_status sx_matcher_over(sx_matcher **out, sx_mem *mem, const sx_grammar *grammar, const sx_token_trie *trie,
                           sx_token_text text, const void *user, llm_error *err);

#endif
