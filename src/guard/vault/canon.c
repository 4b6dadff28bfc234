#include "guard/vault/canon.h"

#include <string.h>

#include "guard/policy/policy.h"
#include "guard/scan/chars.h"
#include "platform/crypto.h"
#include "platform/unicode.h"
#include "platform/utf8.h"

static bool is_one_of(const char *type, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (strcmp(type, *list) == 0) return true;
    }
    return false;
}

sx_value_kind sx_value_kind_of(const char *type)
{
    static const char *const NAMES[] = {"PERSON",     "LOCATION", "ORGANIZATION", "ADDRESS",
                                        "CN_ADDRESS", "NRP",      "TITLE",        NULL};
    static const char *const ADDRESSES[] = {"EMAIL_ADDRESS", "IP_ADDRESS", "MAC_ADDRESS", NULL};
    static const char *const EXACT[] = {"SECRET",     "URL",       "CRYPTO",       "DATE_TIME",     "PROMPT_INJECTION",
                                        "JAILBREAK",  "BLOCKED",   "CN_WECHAT_ID", "HARMFUL",       "AGE",
                                        "COORDINATE", "USER_NAME", "COOKIE",       "DATE_OF_BIRTH", NULL};
    if (is_one_of(type, NAMES)) return SX_VALUE_NAME;
    if (is_one_of(type, ADDRESSES)) return SX_VALUE_ADDRESS;
    if (is_one_of(type, EXACT)) return SX_VALUE_EXACT;
    /* of a type of the host's own nothing is known: any sign may matter */
    return sx_guard_type_index(type, strlen(type)) == SX_TYPE_MAX ? SX_VALUE_EXACT : SX_VALUE_NUMBER;
}

/* The length without "'s", with any apostrophe, or without the bare apostrophe of a plural. */
static size_t without_possessive(const char *v, size_t n)
{
    static const char *const MARKS[] = {"'", "\xe2\x80\x99", "\xca\xbc", "`"};
    for (size_t i = 0; i < sizeof MARKS / sizeof *MARKS; i++) {
        size_t m = strlen(MARKS[i]);
        if (n > m + 1 && (v[n - 1] == 's' || v[n - 1] == 'S') && memcmp(v + n - 1 - m, MARKS[i], m) == 0)
            return n - 1 - m;
        if (n > m + 1 && memcmp(v + n - m, MARKS[i], m) == 0) return n - m;
    }
    return n;
}

/* Numbers keep + and what is neither blank nor a sign between groups; false when the value is none that is written in groups. */
static bool number_form(sx_buf *out, const char *v, size_t n)
{
    bool digits = false;
    size_t step;
    for (size_t i = 0; i < n; i += step) {
        uint32_t cp = sx_utf8_next(v + i, n - i, &step);
        if (cp >= 0xff01 && cp <= 0xff5e) cp -= 0xfee0; /* full width */
        if (cp == SX_UTF8_BAD) return false;
        uint32_t class = sx_uc_class(cp);
        digits = digits || (class & SX_UC_ND) != 0;
        if ((class & (SX_UC_SPACE | SX_UC_CF)) || (cp < 0x80 && strchr("-./()_", (int)cp) != NULL) ||
            (cp >= 0x2010 && cp <= 0x2015))
            continue;
        char bytes[4];
        sx_buf_add(out, bytes, sx_utf8_put(sx_uc_upper(cp), bytes));
    }
    return digits && out->len > 0;
}

static void name_form(sx_buf *out, sx_mem *mem, const char *v, size_t n)
{
    sx_buf folded;
    bool gap = false;
    size_t step;
    sx_buf_init(&folded, mem, 0);
    if (sx_uc_fold(v, n, &folded) != LLM_OK) out->status = LLM_E_MEMORY;
    for (size_t i = 0; i < folded.len; i += step) {
        uint32_t class = sx_uc_class(sx_utf8_next(folded.data + i, folded.len - i, &step));
        if (class & (SX_UC_SPACE | SX_UC_CF)) {
            gap = gap || (class & SX_UC_SPACE) != 0;
            continue;
        }
        if (gap && out->len > 0) sx_buf_char(out, ' ');
        gap = false;
        sx_buf_add(out, folded.data + i, step);
    }
    if (folded.data != NULL) sx_wipe(folded.data, folded.cap);
    sx_buf_free(&folded);
}

void sx_canon_begin(sx_canon *canon, sx_mem *mem, const char *type, const char *value, size_t len)
{
    canon->kind = sx_value_kind_of(type);
    canon->core = canon->kind == SX_VALUE_NAME ? without_possessive(value, len) : len;
    sx_buf_init(&canon->text, mem, 0);
    if (canon->kind == SX_VALUE_NAME) name_form(&canon->text, mem, value, canon->core);
    if (canon->kind == SX_VALUE_ADDRESS && sx_uc_fold(value, len, &canon->text) != LLM_OK)
        canon->text.status = LLM_E_MEMORY;
    if (canon->kind == SX_VALUE_NUMBER && !number_form(&canon->text, value, len)) {
        sx_buf_clear(&canon->text);
        canon->kind = SX_VALUE_EXACT;
    }
    if (canon->text.len == 0 && sx_buf_status(&canon->text) == LLM_OK) {
        canon->core = len;
        sx_buf_add(&canon->text, value, len);
    }
}

void sx_canon_end(sx_canon *canon)
{
    if (canon->text.data != NULL) sx_wipe(canon->text.data, canon->text.cap);
    sx_buf_free(&canon->text);
}
