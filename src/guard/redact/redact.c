#include "guard/redact/redact.h"

#include <string.h>

#include "guard/vault/vault.h"
#include "platform/unicode.h"
#include "platform/utf8.h"

enum { KEEP = 4 }; /* letters and digits that a mask leaves readable */

static bool readable(uint32_t cp)
{
    return cp != SX_UTF8_BAD && (sx_uc_class(cp) & (SX_UC_L | SX_UC_N)) != 0;
}

/* One * per code point but for the last four letters or digits; a value of up to four of them keeps none. */
static void mask(const char *value, size_t len, sx_buf *out)
{
    size_t total = 0, seen = 0, step;
    for (size_t i = 0; i < len; i += step) total += readable(sx_utf8_next(value + i, len - i, &step));
    for (size_t i = 0; i < len; i += step) {
        bool r = readable(sx_utf8_next(value + i, len - i, &step));
        if (r && total > KEEP && total - seen <= KEEP)
            sx_buf_add(out, value + i, step);
        else
            sx_buf_char(out, '*');
        seen += r;
    }
}

static void hash(const sx_guard *guard, const char *type, const char *value, size_t len, sx_buf *out)
{
    unsigned char digest[SX_HASH_BYTES];
    char hex[17];
    sx_hash_keyed(digest, value, len, guard->vault != NULL ? sx_vault_hash_key(guard->vault) : guard->hash_key);
    sx_hex(hex, digest, 8);
    sx_buf_printf(out, "<%s:%s>", type, hex);
}

llm_status sx_redact(const sx_guard *guard, const char *type, uint32_t action, const char *value, size_t len,
                     sx_buf *out, llm_error *err)
{
    switch (action) {
    case LLM_ACTION_REPLACE: sx_buf_printf(out, "<%s>", type); break;
    case LLM_ACTION_MASK: mask(value, len, out); break;
    case LLM_ACTION_REMOVE: break;
    case LLM_ACTION_HASH: hash(guard, type, value, len, out); break;
    case LLM_ACTION_PSEUDONYM: return sx_vault_pseudonym(guard->vault, type, value, len, false, out, err);
    default: return sx_fail(err, LLM_E_INTERNAL, "the action %u edits no text", action);
    }
    llm_status status = sx_buf_status(out);
    return status == LLM_OK ? status : sx_fail(err, status, "no memory for the redacted text");
}
