/* Errors inside the library: a status travels as the return value, its sentence in an llm_error that the caller owns
 * (NULL is allowed everywhere). A sentence says what was wrong, where, and how to mend it; the first failure is kept. */
#ifndef SX_PLATFORM_ERROR_H
#define SX_PLATFORM_ERROR_H

#include "sextant.h"

/* Records code and sentence in err and returns code, so that `return sx_fail(err, LLM_E_FORMAT, "...", ...)` reads well.
 * The sentence is cut to the room there is, at a whole code point. */
llm_status sx_fail(llm_error *err, llm_status code, const char *format, ...)
#ifdef __GNUC__
    __attribute__((format(printf, 3, 4)))
#endif
    ;

llm_status sx_fail_memory(llm_error *err);
/* LLM_E_FULL, LLM_E_NOT_FOUND or LLM_E_IO for an errno, with its text. `what` is a whole verb phrase: "cannot open X". */
llm_status sx_fail_errno(llm_error *err, int errnum, const char *what, const char *path);

#endif
