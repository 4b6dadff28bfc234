/* What stands in a finding's place. */
#ifndef SX_GUARD_REDACT_REDACT_H
#define SX_GUARD_REDACT_REDACT_H

#include "guard/policy/policy.h"

/* Appends what replaces the value under an action that edits and its ruling: <TYPE> or the ruling's own text, a mask, nothing, <TYPE:hash> or a
 * pseudonym. */
llm_status sx_redact(const sx_guard *guard, const char *type, const sx_ruling *ruling, uint32_t action,
                     const char *value, size_t len, sx_buf *out, llm_error *err);

#endif
