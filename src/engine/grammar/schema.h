/* JSON Schema (draft 2020-12, the part that can be enforced) to rules. A value must satisfy a conjunction of schemas: those
 * that $ref and allOf bring together, and of each anyOf or oneOf one branch. Each conjunction is one rule. Whatever
 * cannot be enforced is refused with its JSON pointer; what is left out of the language (members in another order than the
 * schema's, exotic spellings of numbers) is never what a schema forbids or demands. */
#ifndef SX_ENGINE_GRAMMAR_SCHEMA_H
#define SX_ENGINE_GRAMMAR_SCHEMA_H

#include "engine/grammar/grammar.h"
#include "platform/json.h"

enum { SX_MAX_PARTS = 16 };

typedef struct sx_conj {
    const sx_json *part[SX_MAX_PARTS];
    uint8_t chosen[SX_MAX_PARTS]; /* 1: of its anyOf a branch is among the parts; 2: of its oneOf */
    uint32_t n;
} sx_conj;

typedef struct sx_conj_rule {
    sx_conj conj;
    uint32_t rule;
} sx_conj_rule;

typedef struct sx_schema {
    sx_rules *rules;
    sx_arena *arena;
    sx_mem *mem;
    const sx_json *root;
    sx_conj_rule *known;
    size_t n_known, cap_known, n_built;
    uint32_t space;  /* the rule of blanks between things */
    uint32_t letter; /* of one code point inside a string */
    llm_error *err;
    llm_status status;
} sx_schema;

/* Notes LLM_E_UNSUPPORTED with the pointer of the schema (and the keyword in it, unless NULL). Returns NULL. */
sx_expr *sx_schema_refuse(sx_schema *s, const sx_json *part, const char *keyword, const char *why);

/* ---- schema.c ---- */
sx_expr *sx_schema_value(sx_schema *s, const sx_conj *conj); /* the rule of a conjunction, by name */
void sx_conj_add(sx_schema *s, sx_conj *conj, const sx_json *part);
/* A count such as minItems: the strictest of all parts; larger says whether that is the largest. fallback without any. */
uint32_t sx_schema_count(sx_schema *s, const sx_conj *conj, const char *keyword, bool larger, uint32_t fallback);

/* ---- schema_shapes.c ---- */
sx_expr *sx_schema_object(sx_schema *s, const sx_conj *conj);
sx_expr *sx_schema_array(sx_schema *s, const sx_conj *conj);

/* ---- schema_number.c ---- */
sx_expr *sx_schema_number(sx_schema *s, const sx_conj *conj, bool integer);

/* ---- schema_string.c ---- */
sx_expr *sx_schema_string(sx_schema *s, const sx_conj *conj);
sx_expr *sx_schema_letter(sx_schema *s); /* one code point inside a string */
sx_expr *sx_schema_space(sx_schema *s);

/* ---- regex.c ---- */
/* A regular expression (what ECMA 262 and others agree on) as the inside of a JSON string. *why: a sentence when NULL. */
sx_expr *sx_regex_read(sx_rules *rules, const char *pattern, size_t len, const char **why);

#endif
