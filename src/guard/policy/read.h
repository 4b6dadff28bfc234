/* What the readers of a policy's parts share: the place they read into, and errors that tell line, column and path. */
#ifndef SX_GUARD_POLICY_READ_H
#define SX_GUARD_POLICY_READ_H

#include "guard/policy/policy.h"
#include "platform/json.h"

enum {
    SX_POLICY_BYTES_MAX = 2 << 20,    /* of JSON: its tree takes up to a hundred times that */
    SX_POLICY_RULES_MAX = 256,        /* in one "rules" */
    SX_POLICY_PATTERNS_MAX = 400,     /* of all custom types and of "allow" */
    SX_POLICY_PATTERN_BYTES = 4096,   /* of one pattern */
    SX_POLICY_STEPS = 20 << 20,       /* of compiling all patterns: bounds time and memory */
    SX_POLICY_WORDS_BYTES = 256 << 20 /* of one word file */
};

typedef struct sx_policy_reader {
    sx_guard *guard;
    const char *what; /* "policy", or the preset's name */
    const char *text;
    size_t len;
    const sx_json *root;
    const char *files; /* folder, or NULL */
    bool preset;       /* reading a preset: what the policy said before stands */
    bool types_only;   /* only the types that it brings */
    sx_pattern_compiler *compiler;
    llm_error *err;
} sx_policy_reader;

/* "policy: line 3, column 9, at /rules/0/action: ..." */
llm_status sx_policy_fail(sx_policy_reader *r, llm_status code, const sx_json *at, const char *format, ...)
#ifdef __GNUC__
    __attribute__((format(printf, 4, 5)))
#endif
    ;
/* The same around a sentence of somebody below, which is in err. */
llm_status sx_policy_pass_on(sx_policy_reader *r, llm_status status, const sx_json *at, const llm_error *err);

typedef llm_status (*sx_policy_field_fn)(sx_policy_reader *r, const sx_json *value, void *into);
typedef struct sx_policy_field {
    const char *key;
    sx_policy_field_fn read; /* NULL: any value, ignored */
} sx_policy_field;

/* Reads an object's members, each by its field; unknown keys and keys that come twice are errors. At most 32 fields. */
llm_status sx_policy_object(sx_policy_reader *r, const sx_json *v, const sx_policy_field *fields, size_t n, void *into);
llm_status sx_policy_is(sx_policy_reader *r, const sx_json *v, sx_json_kind kind);
/* A string without NULs of 1 to max bytes. */
llm_status sx_policy_string(sx_policy_reader *r, const sx_json *v, size_t max, const char **out);
llm_status sx_policy_number(sx_policy_reader *r, const sx_json *v, double lo, double hi, double *out);
llm_status sx_policy_action(sx_policy_reader *r, const sx_json *v, uint8_t *out);

/* The types that a string names: a name, a name with *, or a @group. Calls each with the type; `named` is false for "*". */
typedef llm_status (*sx_policy_type_fn)(void *user, uint32_t type, bool named);
llm_status sx_policy_types(sx_policy_reader *r, const sx_json *v, sx_policy_type_fn fn, void *user);
/* The names, with *, of a group's types, joined by |; NULL when there is none. (groups.c) */
const char *sx_policy_group(const char *name);
const char *sx_policy_group_name(size_t i); /* NULL beyond */

llm_status sx_policy_rules(sx_policy_reader *r, const sx_json *v);             /* rules.c */
llm_status sx_policy_actions(sx_policy_reader *r, const sx_json *v);           /* rules.c */
llm_status sx_policy_custom(sx_policy_reader *r, const sx_json *v);            /* own.c */
llm_status sx_policy_words(sx_policy_reader *r, const sx_json *v, void *into); /* own.c */
llm_status sx_policy_word_files(sx_policy_reader *r, const sx_json *v, void *into);
llm_status sx_policy_allow(sx_policy_reader *r, const sx_json *v, void *into); /* allowed.c */
/* LLM_E_LIMIT when the policy has all the patterns that one may have. (own.c) */
llm_status sx_policy_pattern_room(sx_policy_reader *r, const sx_json *at);
/* A check of digits by its name, NULL when there is none. (checks.c) */
sx_check_fn sx_policy_check(const char *name);
const char *sx_policy_check_name(size_t i);

#endif
