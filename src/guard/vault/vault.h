/* What the rest of the guard needs of a vault beyond guard.h. */
#ifndef SX_GUARD_VAULT_VAULT_H
#define SX_GUARD_VAULT_VAULT_H

#include "guard/guard.h"

const unsigned char *sx_vault_hash_key(const sx_vault *vault); /* SX_KEY_BYTES, for HASH */
/* Everything between begin and end is one transaction, durable before its text is released. end with keep false undoes. */
llm_status sx_vault_begin(sx_vault *vault, llm_error *err);
llm_status sx_vault_end(sx_vault *vault, bool keep, llm_error *err);

#endif
