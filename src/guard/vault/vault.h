/* What the rest of the guard needs of a vault beyond guard.h. */
#ifndef SX_GUARD_VAULT_VAULT_H
#define SX_GUARD_VAULT_VAULT_H

#include "guard/guard.h"

const unsigned char *sx_vault_hash_key(const sx_vault *vault); /* SX_KEY_BYTES, for HASH */
/* Everything between begin and end is one transaction, durable before its text is released. end with keep false undoes. */
llm_status sx_vault_begin(sx_vault *vault, llm_error *err);
llm_status sx_vault_end(sx_vault *vault, bool keep, llm_error *err);
/* The text itself holds this placeholder: if it is none of the vault's, its number is never given, so that it stays what it is
 * when the text is restored. */
llm_status sx_vault_reserve(sx_vault *vault, const char *placeholder, size_t len, llm_error *err);

#endif
