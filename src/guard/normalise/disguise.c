#include "guard/normalise/disguise.h"

#include <utf8proc.h>

#include "guard/scan/chars.h"
#include "platform/unicode.h"
#include "platform/utf8.h"

/* Letters that look like ASCII ones (a selection after Unicode's confusables, UTS 39), by code point. */
static const struct {
    uint32_t cp;
    char as;
} LOOKS[] = {
    {0x00df, 'b'}, {0x00f8, 'o'}, {0x0111, 'd'}, {0x0127, 'h'}, {0x0131, 'i'}, {0x0142, 'l'}, {0x0167, 't'},
    {0x0180, 'b'}, {0x0188, 'c'}, {0x0192, 'f'}, {0x0199, 'k'}, {0x019a, 'l'}, {0x01a5, 'p'}, {0x01ad, 't'},
    {0x0237, 'j'}, {0x0251, 'a'}, {0x0253, 'b'}, {0x0255, 'c'}, {0x0256, 'd'}, {0x0257, 'd'}, {0x0261, 'g'},
    {0x0262, 'g'}, {0x0266, 'h'}, {0x0268, 'i'}, {0x0269, 'i'}, {0x026a, 'i'}, {0x0271, 'm'}, {0x0274, 'n'},
    {0x0280, 'r'}, {0x028b, 'u'}, {0x028f, 'y'}, {0x0299, 'b'}, {0x029c, 'h'}, {0x029f, 'l'}, {0x03b1, 'a'},
    {0x03b2, 'b'}, {0x03b3, 'y'}, {0x03b5, 'e'}, {0x03b7, 'n'}, {0x03b9, 'i'}, {0x03ba, 'k'}, {0x03bc, 'u'},
    {0x03bd, 'v'}, {0x03bf, 'o'}, {0x03c1, 'p'}, {0x03c4, 't'}, {0x03c5, 'u'}, {0x03c7, 'x'}, {0x03c9, 'w'},
    {0x0430, 'a'}, {0x0432, 'b'}, {0x0433, 'r'}, {0x0435, 'e'}, {0x043a, 'k'}, {0x043c, 'm'}, {0x043d, 'h'},
    {0x043e, 'o'}, {0x043f, 'n'}, {0x0440, 'p'}, {0x0441, 'c'}, {0x0442, 't'}, {0x0443, 'y'}, {0x0445, 'x'},
    {0x0455, 's'}, {0x0456, 'i'}, {0x0458, 'j'}, {0x0475, 'v'}, {0x04af, 'y'}, {0x04bb, 'h'}, {0x04cf, 'l'},
    {0x0501, 'd'}, {0x051b, 'q'}, {0x051d, 'w'}, {0x0561, 'w'}, {0x0563, 'q'}, {0x0566, 'q'}, {0x0570, 'h'},
    {0x0578, 'n'}, {0x057c, 'n'}, {0x057d, 'u'}, {0x0581, 'g'}, {0x0582, 'i'}, {0x0584, 'p'}, {0x0585, 'o'},
    {0x1d00, 'a'}, {0x1d04, 'c'}, {0x1d05, 'd'}, {0x1d07, 'e'}, {0x1d0a, 'j'}, {0x1d0b, 'k'}, {0x1d0d, 'm'},
    {0x1d0f, 'o'}, {0x1d18, 'p'}, {0x1d1b, 't'}, {0x1d1c, 'u'}, {0x1d20, 'v'}, {0x1d21, 'w'}, {0x1d22, 'z'},
    {0xa730, 'f'}, {0xa731, 's'},
};

/* Digits and signs read as letters. 1 and ! stand for i and l, which therefore share one canonical form. */
static char leet(uint32_t cp)
{
    switch (cp) {
    case '0': return 'o';
    case '1':
    case '!': return 'i';
    case '3': return 'e';
    case '4':
    case '@': return 'a';
    case '5':
    case '$': return 's';
    case '7': return 't';
    case '8': return 'b';
    case '9': return 'g';
    default: return 0;
    }
}

static uint32_t looks_like(uint32_t cp)
{
    size_t lo = 0, hi = sizeof LOOKS / sizeof LOOKS[0];
    if (cp >= 0x1f150 && cp <= 0x1f169) return 'a' + cp - 0x1f150; /* negative circled */
    if (cp >= 0x1f170 && cp <= 0x1f189) return 'a' + cp - 0x1f170; /* negative squared */
    if (cp >= 0x1f1e6 && cp <= 0x1f1ff) return 'a' + cp - 0x1f1e6; /* regional indicators */
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (LOOKS[mid].cp < cp)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < sizeof LOOKS / sizeof LOOKS[0] && LOOKS[lo].cp == cp ? (uint32_t)(unsigned char)LOOKS[lo].as : cp;
}

static uint32_t canonical(uint32_t raw)
{
    uint32_t c = raw < 0x80 ? raw : sx_simplified(looks_like(raw));
    char l = leet(c);
    if (l != 0) c = (uint32_t)(unsigned char)l;
    return c == 'l' ? 'i' : c;
}

bool sx_stands_for(uint32_t text_raw, uint32_t word_raw, bool *sure)
{
    *sure = text_raw == word_raw;
    if (*sure) return true;
    if (text_raw < 0x80 && leet(text_raw) == 0) return false; /* a plain letter is itself and nothing else */
    if (sx_ascii_digit((int)word_raw)) return false;
    return canonical(text_raw) == canonical(word_raw);
}

/* Marks that are laid over any script's letters; a script's own vowel signs stay. */
static bool is_overlay(uint32_t cp)
{
    return (cp >= 0x300 && cp <= 0x36f) || (cp >= 0x1ab0 && cp <= 0x1aff) || (cp >= 0x1dc0 && cp <= 0x1dff) ||
           (cp >= 0x20d0 && cp <= 0x20ff) || (cp >= 0xfe20 && cp <= 0xfe2f);
}

static bool is_invisible(uint32_t cp, uint32_t cls)
{
    return (cls & SX_UC_CF) != 0 || (cp >= 0xfe00 && cp <= 0xfe0f) || (cp >= 0xe0100 && cp <= 0xe01ef) || cp == 0x34f ||
           cp == 0x115f || cp == 0x1160 || cp == 0x3164 || cp == 0xffa0 || (cp >= 0x180b && cp <= 0x180f);
}

static bool ends_sentence(uint32_t cp)
{
    return cp == '\n' || cp == '\r' || cp == ',' || cp == ';' || cp == ':' || cp == '?' || cp == 0x3001 ||
           cp == 0x3002 || cp == 0xff0c || cp == 0xff1a || cp == 0xff1b || cp == 0xff1f || cp == 0xff01 ||
           cp == 0x2028 || cp == 0x2029;
}

static void letter(sx_glyph *g, uint32_t raw)
{
    if (g->n == 4) return;
    g->raw[g->n] = raw;
    g->canon[g->n++] = canonical(raw);
}

/* Compatibility decomposition with case folding, marks and parentheses dropped. */
static void decompose(uint32_t cp, sx_glyph *g)
{
    utf8proc_int32_t parts[32];
    int last = 0;
    utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)cp, parts, 32,
                                                 UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD, &last);
    if (n < 0 || n > 32) n = 0;
    for (utf8proc_ssize_t i = 0; i < n; i++) {
        uint32_t part = (uint32_t)parts[i];
        if (sx_uc_class(part) & (SX_UC_L | SX_UC_N))
            letter(g, part);
        else if (!is_overlay(part) && (sx_uc_class(part) & SX_UC_M))
            letter(g, part);
    }
    if (g->n == 0) letter(g, cp);
}

void sx_undisguise(uint32_t cp, sx_glyph *out)
{
    out->n = 0;
    out->kind = SX_GLYPH_LETTER;
    if (cp < 0x80) {
        if (sx_ascii_letter((int)cp))
            letter(out, cp | 32u);
        else if (sx_ascii_digit((int)cp))
            letter(out, cp);
        else if (ends_sentence(cp))
            out->kind = SX_GLYPH_BREAK;
        else if (leet(cp) != 0)
            letter(out, cp), out->kind = SX_GLYPH_SIGN;
        else
            out->kind = SX_GLYPH_GAP;
        return;
    }
    if (cp >= 0x4e00 && cp <= 0x9fff) {
        letter(out, cp);
        return;
    }
    uint32_t cls = cp == SX_UTF8_BAD ? 0 : sx_uc_class(cp);
    if (cp == SX_UTF8_BAD || ends_sentence(cp))
        out->kind = SX_GLYPH_BREAK;
    else if (is_invisible(cp, cls))
        out->kind = SX_GLYPH_NONE;
    else if (is_overlay(cp))
        out->kind = SX_GLYPH_MARK;
    else if (cls & (SX_UC_L | SX_UC_N | SX_UC_M) || looks_like(cp) != cp || (cp >= 0x249c && cp <= 0x24e9) ||
             (cp >= 0x1f110 && cp <= 0x1f149))
        decompose(cp, out);
    else if (cp == 0xff20)
        letter(out, '@'), out->kind = SX_GLYPH_SIGN;
    else if (cp == 0xff04)
        letter(out, '$'), out->kind = SX_GLYPH_SIGN;
    else
        out->kind = SX_GLYPH_GAP;
}
