#include "platform/unicode.h"

#include <utf8proc.h>

#include "platform/utf8.h"

const char *sx_uc_version(void)
{
    return utf8proc_unicode_version();
}

static uint32_t of_category(utf8proc_category_t c)
{
    switch (c) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LT: return SX_UC_L | SX_UC_LU;
    case UTF8PROC_CATEGORY_LL: return SX_UC_L | SX_UC_LL;
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO: return SX_UC_L;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME: return SX_UC_M;
    case UTF8PROC_CATEGORY_ND: return SX_UC_N | SX_UC_ND;
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO: return SX_UC_N;
    case UTF8PROC_CATEGORY_PC:
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO: return SX_UC_P;
    case UTF8PROC_CATEGORY_SM:
    case UTF8PROC_CATEGORY_SC:
    case UTF8PROC_CATEGORY_SK:
    case UTF8PROC_CATEGORY_SO: return SX_UC_S;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return SX_UC_Z;
    case UTF8PROC_CATEGORY_CF: return SX_UC_C | SX_UC_CF;
    default: return SX_UC_C;
    }
}

/* White_Space beyond the separators (Unicode 15 PropList). */
static bool is_space(uint32_t cp, uint32_t cls)
{
    return (cp >= 0x09 && cp <= 0x0d) || cp == 0x85 || (cls & SX_UC_Z);
}

uint32_t sx_uc_class(uint32_t cp)
{
    if (cp > 0x10ffff) return SX_UC_C;
    uint32_t cls = of_category(utf8proc_category((utf8proc_int32_t)cp));
    return is_space(cp, cls) ? cls | SX_UC_SPACE : cls;
}

static bool within(uint32_t cp, uint32_t lo, uint32_t hi)
{
    return cp >= lo && cp <= hi;
}

bool sx_uc_is_han(uint32_t cp)
{
    return within(cp, 0x4e00, 0x9fff) || within(cp, 0x3400, 0x4dbf) || within(cp, 0xf900, 0xfaff) ||
           within(cp, 0x20000, 0x3ffff) || cp == 0x3005 || cp == 0x3007;
}

bool sx_uc_is_kana(uint32_t cp)
{
    return within(cp, 0x3041, 0x309f) || within(cp, 0x30a1, 0x30ff) || within(cp, 0x31f0, 0x31ff) ||
           within(cp, 0xff66, 0xff9d);
}

bool sx_uc_is_hangul(uint32_t cp)
{
    return within(cp, 0xac00, 0xd7a3) || within(cp, 0x1100, 0x11ff) || within(cp, 0x3131, 0x318e);
}

bool sx_uc_is_unspaced(uint32_t cp)
{
    return within(cp, 0x0e01, 0x0eff) || within(cp, 0x1000, 0x109f) || within(cp, 0x1780, 0x17ff) || sx_uc_is_han(cp) ||
           sx_uc_is_kana(cp);
}

uint32_t sx_uc_lower(uint32_t cp)
{
    return (uint32_t)utf8proc_tolower((utf8proc_int32_t)cp);
}

uint32_t sx_uc_upper(uint32_t cp)
{
    return (uint32_t)utf8proc_toupper((utf8proc_int32_t)cp);
}

/* utf8proc decomposes one code point at a time; the run of results is then composed in place. Sequences of one base with its
 * marks stay together because a run is flushed only before a starter in ASCII. */
enum { RUN_MAX = 1024 };

typedef struct composer {
    sx_buf *out;
    utf8proc_int32_t run[RUN_MAX + 32];
    utf8proc_ssize_t n;
    int last_class;
    utf8proc_option_t options;
} composer;

static void flush(composer *c)
{
    if (c->n == 0) return;
    /* order marks by combining class, as decomposition of single code points leaves runs unsorted */
    for (utf8proc_ssize_t i = 1; i < c->n; i++) {
        utf8proc_propval_t cls = utf8proc_get_property(c->run[i])->combining_class;
        for (utf8proc_ssize_t k = i; cls && k > 0; k--) {
            if (utf8proc_get_property(c->run[k - 1])->combining_class <= cls) break;
            utf8proc_int32_t swap = c->run[k];
            c->run[k] = c->run[k - 1];
            c->run[k - 1] = swap;
        }
    }
    utf8proc_ssize_t n = utf8proc_normalize_utf32(c->run, c->n, UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    for (utf8proc_ssize_t i = 0; i < n; i++) {
        char bytes[4];
        sx_buf_add(c->out, bytes, sx_utf8_put((uint32_t)c->run[i], bytes));
    }
    c->n = 0;
}

static void push(composer *c, uint32_t cp)
{
    if (cp == SX_UTF8_BAD) cp = 0xfffd;
    bool boundary = cp < 0x300 || c->n >= RUN_MAX;
    if (boundary && c->n) flush(c);
    utf8proc_ssize_t k = utf8proc_decompose_char((utf8proc_int32_t)cp, c->run + c->n, 32, c->options, &c->last_class);
    if (k < 0 || k > 32) {
        c->run[c->n] = (utf8proc_int32_t)cp;
        k = 1;
    }
    c->n += k;
}

static llm_status transform(const char *text, size_t len, utf8proc_option_t options, sx_buf *out)
{
    composer c = {.out = out, .options = options};
    bool ascii_lower = (options & UTF8PROC_CASEFOLD) != 0;
    for (size_t i = 0, step; i < len; i += step) {
        unsigned char b = (unsigned char)text[i];
        unsigned char after = i + 1 < len ? (unsigned char)text[i + 1] : 0;
        if (b < 0x80 && after < 0x80) { /* no mark can follow: the common case needs no tables */
            if (c.n) flush(&c);
            sx_buf_char(out, ascii_lower && b >= 'A' && b <= 'Z' ? (char)(b + 32) : (char)b);
            step = 1;
            continue;
        }
        push(&c, sx_utf8_next(text + i, len - i, &step));
    }
    flush(&c);
    return sx_buf_status(out);
}

llm_status sx_uc_fold(const char *text, size_t len, sx_buf *out)
{
    return transform(text, len, UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD, out);
}

llm_status sx_uc_compose(const char *text, size_t len, bool compat, sx_buf *out)
{
    utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE;
    if (compat) options |= UTF8PROC_COMPAT;
    return transform(text, len, options, out);
}
