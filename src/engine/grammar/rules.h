/* Grammars as rules over code points: what GBNF and JSON Schema are read into, and what compile.c takes. Expressions live
 * in the arena; a failed allocation is remembered and shows when the rules are compiled. An expression belongs to one
 * list only; what is wanted in several places is a rule. */
#ifndef SX_ENGINE_GRAMMAR_RULES_H
#define SX_ENGINE_GRAMMAR_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/arena.h"
#include "platform/error.h"

#define SX_UNBOUNDED UINT32_MAX

typedef enum sx_expr_kind {
    SX_EXPR_BYTES, /* exactly these; none: the empty text */
    SX_EXPR_CLASS, /* one code point of the ranges; no range: nothing matches */
    SX_EXPR_SEQ,
    SX_EXPR_ALT,
    SX_EXPR_REPEAT, /* of its only child */
    SX_EXPR_RULE
} sx_expr_kind;

typedef struct sx_range { /* of code points, both ends in it */
    uint32_t lo, hi;
} sx_range;

typedef struct sx_expr {
    sx_expr_kind kind;
    uint32_t rule;
    uint32_t min, max; /* REPEAT; max SX_UNBOUNDED */
    const char *bytes;
    size_t len;
    const sx_range *ranges; /* [n_ranges] sorted, apart from each other, no surrogates */
    uint32_t n_ranges;
    struct sx_expr *first, *last; /* children */
    struct sx_expr *next;         /* in the parent's list */
} sx_expr;

typedef struct sx_rule {
    const char *name; /* for sentences */
    sx_expr *expr;    /* NULL: not defined */
} sx_rule;

typedef struct sx_rules {
    sx_arena *arena;
    sx_rule *rules;
    size_t n, cap;
    bool failed; /* an allocation */
} sx_rules;

enum { SX_MAX_RULES = 16384 };

void sx_rules_init(sx_rules *rules, sx_arena *arena);
void sx_rules_free(sx_rules *rules); /* the arena is the caller's */
uint32_t sx_rules_add(sx_rules *rules, const char *name, size_t len);

sx_expr *sx_expr_bytes(sx_rules *rules, const char *bytes, size_t len); /* copied */
sx_expr *sx_expr_text(sx_rules *rules, const char *text);
/* The ranges in any order; negated: every other code point. */
sx_expr *sx_expr_class(sx_rules *rules, const sx_range *ranges, size_t n, bool negated);
sx_expr *sx_expr_list(sx_rules *rules, sx_expr_kind kind /* SEQ or ALT */);
void sx_expr_add(sx_expr *list, sx_expr *child); /* NULLs are left out: the failure is remembered */
sx_expr *sx_expr_repeat(sx_rules *rules, sx_expr *child, uint32_t min, uint32_t max);
sx_expr *sx_expr_rule(sx_rules *rules, uint32_t rule);

#endif
