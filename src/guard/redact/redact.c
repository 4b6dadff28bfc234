#include "guard/redact/redact.h"

#include <string.h>

#include "guard/vault/vault.h"
#include "platform/unicode.h"
#include "platform/utf8.h"

static bool readable(uint32_t cp)
{
    return cp != SX_UTF8_BAD && (sx_uc_class(cp) & (SX_UC_L | SX_UC_N)) != 0;
}

/* One * per code point but for the first and last letters or digits that the ruling keeps; a value that has no more of them
 * keeps none. */
static void mask(const sx_ruling *r, const char *value, size_t len, sx_buf *out)
{
    size_t total = 0, seen = 0, kept = (size_t)r->keep_first + r->keep_last, step;
    for (size_t i = 0; i < len; i += step) total += readable(sx_utf8_next(value + i, len - i, &step));
    for (size_t i = 0; i < len; i += step) {
        bool counts = readable(sx_utf8_next(value + i, len - i, &step));
        if (counts && total > kept && (seen < r->keep_first || total - seen <= r->keep_last))
            sx_buf_add(out, value + i, step);
        else
            sx_buf_add(out, r->mask_len > 0 ? r->mask : "*", r->mask_len > 0 ? r->mask_len : 1);
        seen += counts;
    }
}

/* A number of characters from one end, whatever they are. */
static void mask_some(const sx_ruling *r, const char *value, size_t len, sx_buf *out)
{
    size_t total = 0, at = 0, step;
    for (size_t i = 0; i < len; i += step, total++) (void)sx_utf8_next(value + i, len - i, &step);
    for (size_t i = 0; i < len; i += step, at++) {
        (void)sx_utf8_next(value + i, len - i, &step);
        if (r->mask_end ? total - at > r->mask_n : at >= r->mask_n)
            sx_buf_add(out, value + i, step);
        else
            sx_buf_add(out, r->mask_len > 0 ? r->mask : "*", r->mask_len > 0 ? r->mask_len : 1);
    }
}

/* Digests that other systems repeat: of the value and the salt behind it, in hex, alone. */
static void sha2(const sx_ruling *r, const char *value, size_t len, sx_buf *out)
{
    unsigned char digest[64];
    char hex[2 * sizeof digest + 1];
    const char *salt = r->salt != NULL ? r->salt : "";
    size_t n = r->hash == SX_HASH_WITH_SHA256 ? 32 : 64;
    if (n == 32)
        sx_sha256(digest, value, len, salt, strlen(salt));
    else
        sx_sha512(digest, value, len, salt, strlen(salt));
    sx_hex(hex, digest, n);
    sx_buf_str(out, hex);
}

static void hash(const sx_guard *guard, const char *type, const char *value, size_t len, sx_buf *out)
{
    unsigned char digest[SX_HASH_BYTES];
    char hex[17];
    sx_hash_keyed(digest, value, len, guard->vault != NULL ? sx_vault_hash_key(guard->vault) : guard->hash_key);
    sx_hex(hex, digest, 8);
    sx_buf_printf(out, "<%s:%s>", type, hex);
}

llm_status sx_redact(const sx_guard *guard, const char *type, const sx_ruling *ruling, uint32_t action,
                     const char *value, size_t len, sx_buf *out, llm_error *err)
{
    switch (action) {
    case LLM_ACTION_REPLACE:
        if (ruling->with != NULL)
            sx_buf_str(out, ruling->with);
        else
            sx_buf_add(out, "<", 1), sx_buf_str(out, type), sx_buf_add(out, ">", 1);
        break;
    case LLM_ACTION_MASK: (ruling->mask_counts ? mask_some : mask)(ruling, value, len, out); break;
    case LLM_ACTION_REMOVE: break;
    case LLM_ACTION_HASH:
        if (ruling->hash != SX_HASH_WITH_KEY)
            sha2(ruling, value, len, out);
        else
            hash(guard, type, value, len, out);
        break;
    case LLM_ACTION_PSEUDONYM: return sx_vault_pseudonym(guard->vault, type, value, len, ruling->keep_format, out, err);
    default: return sx_fail(err, LLM_E_INTERNAL, "the action %u edits no text", action);
    }
    llm_status status = sx_buf_status(out);
    return status == LLM_OK ? status : sx_fail(err, status, "no memory for the redacted text");
}
