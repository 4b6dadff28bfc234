/* The cryptography the rest needs, over libsodium: hashes, sealing, signatures, keys. The only other users of libsodium would be the
 * vault, audit and receipts. Bounds are checked here, so that libsodium's abort on misuse cannot be reached. */
#ifndef SX_PLATFORM_CRYPTO_H
#define SX_PLATFORM_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/error.h"

#define SX_HASH_BYTES   32
#define SX_KEY_BYTES    32
#define SX_SALT_BYTES   16
#define SX_SEAL_BYTES   40 /* what sealing adds: nonce 24, tag 16 */
#define SX_PUBLIC_BYTES 32
#define SX_SECRET_BYTES 64
#define SX_SIGN_BYTES   64

const char *sx_crypto_version(void);       /* of libsodium; static */
llm_status sx_crypto_init(llm_error *err); /* once per process is enough, more is harmless; any thread */

typedef struct sx_hasher {
    unsigned char state[448]; /* of libsodium's generichash, aligned by hand */
} sx_hasher;

/* BLAKE2b-256, optionally keyed. */
void sx_hash(unsigned char out[SX_HASH_BYTES], const void *bytes, size_t len);
void sx_hash_keyed(unsigned char out[SX_HASH_BYTES], const void *bytes, size_t len,
                   const unsigned char key[SX_KEY_BYTES]);
void sx_hasher_begin(sx_hasher *h);
void sx_hasher_add(sx_hasher *h, const void *bytes, size_t len);
void sx_hasher_end(sx_hasher *h, unsigned char out[SX_HASH_BYTES]);
void sx_hex(char *out /* 2n + 1 */, const unsigned char *bytes, size_t n);

/* XChaCha20-Poly1305: out gets nonce | ciphertext | tag, len + SX_SEAL_BYTES bytes. ad is authenticated, not hidden. */
void sx_seal(unsigned char *out, const void *plain, size_t len, const void *ad, size_t ad_len,
             const unsigned char key[SX_KEY_BYTES]);
/* The reverse: plain gets len - SX_SEAL_BYTES bytes. False when the key is wrong or a bit was changed. */
bool sx_unseal(void *plain, const unsigned char *sealed, size_t len, const void *ad, size_t ad_len,
               const unsigned char key[SX_KEY_BYTES]);

/* Ed25519: both keys from a seed, a signature, its check. */
void sx_sign_keys(unsigned char pub[SX_PUBLIC_BYTES], unsigned char secret[SX_SECRET_BYTES],
                  const unsigned char seed[SX_KEY_BYTES]);
void sx_sign(unsigned char sig[SX_SIGN_BYTES], const void *bytes, size_t len,
             const unsigned char secret[SX_SECRET_BYTES]);
bool sx_sign_holds(const unsigned char sig[SX_SIGN_BYTES], const void *bytes, size_t len,
                   const unsigned char pub[SX_PUBLIC_BYTES]);

/* SHA-2, for digests that other systems must be able to repeat. */
void sx_sha256(unsigned char out[32], const void *a, size_t a_len, const void *b, size_t b_len); /* of a | b */
void sx_sha512(unsigned char out[64], const void *a, size_t a_len, const void *b, size_t b_len);

void sx_random(void *out, size_t n);
/* Argon2id, interactive limits (libsodium's opslimit/memlimit INTERACTIVE: 64 MiB). LLM_E_MEMORY when it cannot. */
llm_status sx_key_from_passphrase(unsigned char key[SX_KEY_BYTES], const char *pass, size_t len,
                                  const unsigned char salt[SX_SALT_BYTES], llm_error *err);
/* Memory that is locked, guarded and wiped: for keys. NULL when there is none. */
void *sx_secret_alloc(size_t n);
void sx_secret_free(void *ptr);
void sx_wipe(void *ptr, size_t n);

#endif
