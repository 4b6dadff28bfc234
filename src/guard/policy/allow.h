/* Values that are never findings: whole values, or the ends of values, for all types or one. Compared folded, so that case and
 * width do not matter. */
#ifndef SX_GUARD_POLICY_ALLOW_H
#define SX_GUARD_POLICY_ALLOW_H

#include <stdbool.h>

#include "platform/arena.h"
#include "platform/buf.h"
#include "platform/error.h"
#include "platform/map.h"

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
} sx_allow;

enum { SX_ALLOW_ENDS_MAX = 1000 };

void sx_allow_init(sx_allow *allow, sx_mem *mem);
void sx_allow_free(sx_allow *allow);
/* text: a value, or * and the end of values. type NULL: of all types; else copied. */
llm_status sx_allow_add(sx_allow *allow, const char *text, size_t len, const char *type, llm_error *err);
bool sx_allow_empty(const sx_allow *allow);
/* *yes: is the value of the type let pass? */
llm_status sx_allow_has(const sx_allow *allow, sx_buf *scratch, const char *value, size_t len, const char *type,
                        bool *yes);

#endif
