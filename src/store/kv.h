/* A small sealed table of keys and values in one SQLite file, or in memory: for the vault. Nothing readable is stored: a key is
 * kept as its keyed hash, a value sealed and bound to its key, so that rows can be neither read, changed nor swapped
 * unnoticed. Not thread-safe: the owner locks. Any number of processes may use one file. */
#ifndef SX_STORE_KV_H
#define SX_STORE_KV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/buf.h"
#include "platform/error.h"
#include "platform/mem.h"

typedef struct sx_kv sx_kv;

#define SX_KV_READONLY   1u
#define SX_KV_PASSPHRASE 2u /* the key is a passphrase (Argon2id, the salt is in the file); else 32 bytes */

/* path NULL: in memory. LLM_E_KEY for a wrong key, LLM_E_CORRUPT for a file that is none of ours or damaged. */
llm_status sx_kv_open(sx_kv **out, sx_mem *mem, const char *path, const void *key, size_t key_len, uint32_t flags,
                      llm_error *err);
void sx_kv_close(sx_kv *kv); /* an open transaction is undone */

/* Appends the value to out. LLM_E_CORRUPT when the row was changed. */
llm_status sx_kv_get(sx_kv *kv, const void *key, size_t key_len, sx_buf *out, bool *found, llm_error *err);
llm_status sx_kv_put(sx_kv *kv, const void *key, size_t key_len, const void *value, size_t len, llm_error *err);

/* Removes a row; its bytes are overwritten. No row is no error. */
llm_status sx_kv_remove(sx_kv *kv, const void *key, size_t key_len, llm_error *err);
/* Writes the file anew without what was removed, so that nothing of it is left. Outside a transaction. */
llm_status sx_kv_compact(sx_kv *kv, llm_error *err);
/* A number that changes when another process, or another handle, changed the file. */
llm_status sx_kv_version(sx_kv *kv, uint64_t *version, llm_error *err);

/* A write transaction: begin waits for other writers; end makes it durable or undoes it. */
llm_status sx_kv_begin(sx_kv *kv, llm_error *err);
llm_status sx_kv_end(sx_kv *kv, bool keep, llm_error *err);

/* A key for other keyed hashes, derived from the table's own: SX_KEY_BYTES. */
const unsigned char *sx_kv_hash_key(const sx_kv *kv);

#endif
