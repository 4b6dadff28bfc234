/* Values that are never findings: whole values, the ends of values, or what a pattern matches from end to end. Values are
 * compared folded, so that case and width do not matter; patterns read the plain text, as those of rules do. */
#ifndef SX_GUARD_POLICY_ALLOW_H
#define SX_GUARD_POLICY_ALLOW_H

#include <stdbool.h>

#include "guard/scan/pattern.h"
#include "guard/scan/rules.h"
#include "platform/arena.h"
#include "platform/buf.h"
#include "platform/error.h"
#include "platform/map.h"

/* Types by their number. */
typedef struct sx_type_set {
    uint64_t bits[SX_TYPE_MAX / 64];
} sx_type_set;

typedef struct sx_allow {
    sx_mem *mem;
    sx_arena arena;
    sx_map whole; /* folded value, 0, type name or nothing -> 0 */
    struct sx_allow_end {
        const char *text;
        size_t len;
        const char *type; /* NULL: all */
    } * ends;
    size_t end_n, end_cap;
    size_t longest; /* bytes of the longest whole value */
    sx_dfa_pool pool;
    struct sx_allow_pattern {
        sx_dfa dfa;
        sx_type_set types;
    } * patterns;
    size_t pattern_n, pattern_cap;
} sx_allow;

enum { SX_ALLOW_ENDS_MAX = 1000 };

void sx_allow_init(sx_allow *allow, sx_mem *mem);
void sx_allow_free(sx_allow *allow);
/* text: a value, or * and the end of values. type NULL: of all types; else copied. */
llm_status sx_allow_add(sx_allow *allow, const char *text, size_t len, const char *type, llm_error *err);
/* What the pattern matches as a whole, of these types. LLM_E_FORMAT, LLM_E_LIMIT: of the pattern. */
llm_status sx_allow_add_pattern(sx_allow *allow, sx_pattern_compiler *compiler, const char *pattern,
                                const sx_type_set *types, llm_error *err);
bool sx_allow_empty(const sx_allow *allow);
/* *yes: is the value of the type a listed one, or does it end in one? */
llm_status sx_allow_has(const sx_allow *allow, sx_buf *scratch, const char *value, size_t len, const char *type,
                        bool *yes);
/* Does a pattern for the type match the whole of the folded text? */
bool sx_allow_matches(const sx_allow *allow, const uint8_t *fold, size_t len, uint32_t type);

#endif
