/* The types that patterns alone find. */
#ifndef TESTS_GUARD_PATTERN_TYPES_H
#define TESTS_GUARD_PATTERN_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "guard/guard.h"

/* As sx_check_params takes them: one behind the other, with an empty one at the end. Learned parts read every place. */
static inline const char *pattern_types(void)
{
    static const char *const LEARNED[] = {"PERSON", "ADDRESS", "LOCATION", "ORGANIZATION",     "AGE",
                                          "NRP",    "TITLE",   "HARMFUL",  "PROMPT_INJECTION", "JAILBREAK"};
    static char list[8192];
    size_t n = 0;
    for (uint32_t i = 0; sx_guard_type(i); i++) {
        const char *type = sx_guard_type(i);
        bool skip = n + strlen(type) + 2 > sizeof list;
        for (size_t k = 0; k < sizeof LEARNED / sizeof *LEARNED; k++) skip = skip || strcmp(type, LEARNED[k]) == 0;
        if (skip) continue;
        memcpy(list + n, type, strlen(type) + 1);
        n += strlen(type) + 1;
    }
    return list;
}

#endif
