#include "platform/crypto.h"

#include <sodium.h>
#include <string.h>

const char *sx_crypto_version(void)
{
    return sodium_version_string();
}

llm_status sx_crypto_init(llm_error *err)
{
    return sodium_init() >= 0 ? LLM_OK : sx_fail(err, LLM_E_INTERNAL, "libsodium could not be initialised");
}

void sx_hash(unsigned char out[SX_HASH_BYTES], const void *bytes, size_t len)
{
    crypto_generichash(out, SX_HASH_BYTES, bytes, len, NULL, 0);
}

void sx_hash_keyed(unsigned char out[SX_HASH_BYTES], const void *bytes, size_t len,
                   const unsigned char key[SX_KEY_BYTES])
{
    crypto_generichash(out, SX_HASH_BYTES, bytes, len, key, SX_KEY_BYTES);
}

/* libsodium wants its state on a 64-byte boundary; ours may stand anywhere. */
static crypto_generichash_state *state_of(sx_hasher *h)
{
    _Static_assert(sizeof(crypto_generichash_state) + 63 <= sizeof h->state, "the hasher's room is too small");
    uintptr_t at = ((uintptr_t)h->state + 63) & ~(uintptr_t)63;
    return (crypto_generichash_state *)at;
}

void sx_hasher_begin(sx_hasher *h)
{
    crypto_generichash_init(state_of(h), NULL, 0, SX_HASH_BYTES);
}

void sx_hasher_add(sx_hasher *h, const void *bytes, size_t len)
{
    crypto_generichash_update(state_of(h), bytes, len);
}

void sx_hasher_end(sx_hasher *h, unsigned char out[SX_HASH_BYTES])
{
    crypto_generichash_final(state_of(h), out, SX_HASH_BYTES);
}

void sx_hex(char *out, const unsigned char *bytes, size_t n)
{
    sodium_bin2hex(out, 2 * n + 1, bytes, n);
}

void sx_seal(unsigned char *out, const void *plain, size_t len, const void *ad, size_t ad_len,
             const unsigned char key[SX_KEY_BYTES])
{
    enum { NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES };
    _Static_assert(NONCE + crypto_aead_xchacha20poly1305_ietf_ABYTES == SX_SEAL_BYTES, "seal overhead");
    randombytes_buf(out, NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE, NULL, plain, len, ad, ad_len, NULL, out, key);
}

bool sx_unseal(void *plain, const unsigned char *sealed, size_t len, const void *ad, size_t ad_len,
               const unsigned char key[SX_KEY_BYTES])
{
    enum { NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES };
    if (len < SX_SEAL_BYTES) return false;
    return crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, sealed + NONCE, len - NONCE, ad, ad_len,
                                                      sealed, key) == 0;
}

void sx_sign_keys(unsigned char pub[SX_PUBLIC_BYTES], unsigned char secret[SX_SECRET_BYTES],
                  const unsigned char seed[SX_KEY_BYTES])
{
    _Static_assert(SX_PUBLIC_BYTES == crypto_sign_PUBLICKEYBYTES, "Ed25519 sizes");
    _Static_assert(SX_SECRET_BYTES == crypto_sign_SECRETKEYBYTES, "Ed25519 sizes");
    _Static_assert(SX_SIGN_BYTES == crypto_sign_BYTES, "Ed25519 sizes");
    _Static_assert(SX_KEY_BYTES == crypto_sign_SEEDBYTES, "Ed25519 sizes");
    crypto_sign_seed_keypair(pub, secret, seed);
}

void sx_sign(unsigned char sig[SX_SIGN_BYTES], const void *bytes, size_t len,
             const unsigned char secret[SX_SECRET_BYTES])
{
    crypto_sign_detached(sig, NULL, bytes, len, secret);
}

bool sx_sign_holds(const unsigned char sig[SX_SIGN_BYTES], const void *bytes, size_t len,
                   const unsigned char pub[SX_PUBLIC_BYTES])
{
    return crypto_sign_verify_detached(sig, bytes, len, pub) == 0;
}

void sx_sha256(unsigned char out[32], const void *a, size_t a_len, const void *b, size_t b_len)
{
    crypto_hash_sha256_state s;
    crypto_hash_sha256_init(&s);
    crypto_hash_sha256_update(&s, a, a_len);
    crypto_hash_sha256_update(&s, b, b_len);
    crypto_hash_sha256_final(&s, out);
    sodium_memzero(&s, sizeof s);
}

void sx_sha512(unsigned char out[64], const void *a, size_t a_len, const void *b, size_t b_len)
{
    crypto_hash_sha512_state s;
    crypto_hash_sha512_init(&s);
    crypto_hash_sha512_update(&s, a, a_len);
    crypto_hash_sha512_update(&s, b, b_len);
    crypto_hash_sha512_final(&s, out);
    sodium_memzero(&s, sizeof s);
}

void sx_random(void *out, size_t n)
{
    randombytes_buf(out, n);
}

llm_status sx_key_from_passphrase(unsigned char key[SX_KEY_BYTES], const char *pass, size_t len,
                                  const unsigned char salt[SX_SALT_BYTES], llm_error *err)
{
    _Static_assert(SX_SALT_BYTES == crypto_pwhash_SALTBYTES, "salt size");
    if (crypto_pwhash(key, SX_KEY_BYTES, pass, len, salt, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                      crypto_pwhash_MEMLIMIT_INTERACTIVE, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return sx_fail(err, LLM_E_MEMORY, "no 64 MiB of memory to stretch the passphrase with Argon2id");
    return LLM_OK;
}

void *sx_secret_alloc(size_t n)
{
    return sodium_malloc(n);
}

void sx_secret_free(void *ptr)
{
    sodium_free(ptr);
}

void sx_wipe(void *ptr, size_t n)
{
    sodium_memzero(ptr, n);
}
