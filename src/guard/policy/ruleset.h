/* The compiled rules of the tables: made once, shared by any number of guards, and by their streams in any thread. */
#ifndef SX_GUARD_POLICY_RULESET_H
#define SX_GUARD_POLICY_RULESET_H

#include "guard/scan/scan.h"
#include "guard/scan/scout.h"

typedef struct sx_ruleset {
    sx_mem mem; /* its own: it may outlive the guard that made it */
    atomic_uint refs;
    sx_scan scan;
    sx_scout_stock *scouts;
} sx_ruleset;

/* hook: an allocator as of sx_mem_init, which is copied. folder: where compiled rules are kept, or NULL. */
llm_status sx_ruleset_create(sx_ruleset **out, const llm_allocator *hook, const char *folder, llm_error *err);
sx_ruleset *sx_ruleset_ref(sx_ruleset *rules);
void sx_ruleset_free(sx_ruleset *rules); /* drops a reference; NULL is fine */

#endif
