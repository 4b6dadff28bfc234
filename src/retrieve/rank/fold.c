#include "retrieve/rank/fold.h"

#include <stdbool.h>

#include "platform/unicode.h"
#include "retrieve/rank/language.h"

static bool within(uint32_t cp, uint32_t lo, uint32_t hi)
{
    return cp >= lo && cp <= hi;
}

static sx_char by_class(uint32_t cp)
{
    uint32_t cls = sx_uc_class(cp);
    if (cls & SX_UC_ND) return SX_CHAR_DIGIT;
    if (cls & (SX_UC_L | SX_UC_N)) return SX_CHAR_LETTER;
    if (cls & SX_UC_M) return SX_CHAR_MARK;
    return SX_CHAR_OTHER;
}

sx_char sx_char_kind(uint32_t cp)
{
    if (cp < 0x80) {
        if (within(cp | 0x20, 'a', 'z')) return SX_CHAR_LETTER;
        return within(cp, '0', '9') ? SX_CHAR_DIGIT : SX_CHAR_OTHER;
    }
    if (within(cp, 0xc0, 0x24f)) return cp == 0xd7 || cp == 0xf7 ? SX_CHAR_OTHER : SX_CHAR_LETTER;
    if (within(cp, 0x400, 0x481) || within(cp, 0x3ac, 0x3ce) || within(cp, 0x620, 0x63f)) return SX_CHAR_LETTER;
    if (within(cp, 0x4e00, 0x9fff)) return SX_CHAR_IDEOGRAPH;
    if (within(cp, 0x3000, 0x3004) || within(cp, 0x2010, 0x206f))
        return cp == 0x200c || cp == 0x200d ? SX_CHAR_MARK : SX_CHAR_OTHER;
    if (cp == 0x30fb) return SX_CHAR_OTHER; /* the dot between katakana words */
    if (sx_uc_is_han(cp) || sx_uc_is_kana(cp)) return SX_CHAR_IDEOGRAPH;
    if (sx_uc_is_unspaced(cp)) {
        sx_char kind = by_class(cp);
        return kind == SX_CHAR_LETTER || kind == SX_CHAR_MARK ? SX_CHAR_SEA : kind;
    }
    if (sx_uc_is_hangul(cp)) return SX_CHAR_HANGUL;
    return by_class(cp);
}

/* The zeros of the decimal digits in use; each is followed by its nine. */
static const uint32_t zeros[] = {'0',   0x660, 0x6f0, 0x966, 0x9e6, 0xa66,  0xae6,  0xb66, 0xbe6,
                                 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0x1040, 0x17e0, 0xff10};

uint32_t sx_digit_value(uint32_t cp)
{
    for (size_t i = 0; i < sizeof zeros / sizeof *zeros; i++)
        if (within(cp, zeros[i], zeros[i] + 9)) return cp - zeros[i];
    return 10;
}

static uint32_t fold_latin(uint32_t cp)
{
    if (cp < 0x80) return within(cp, 'A', 'Z') ? cp + 32 : cp;
    if (cp < 0xc0 || cp == 0xdf) return SX_FOLD_SLOW;
    if (cp < 0x100) return within(cp, 0xc0, 0xde) && cp != 0xd7 ? cp + 32 : cp;
    if (cp == 0x131 || cp == 0x138) return cp;
    if (cp == 0x178) return 0xff;
    if (cp == 0x130 || cp == 0x132 || cp == 0x133 || cp == 0x13f || cp == 0x140 || cp == 0x149 || cp == 0x17f)
        return SX_FOLD_SLOW;
    if (within(cp, 0x139, 0x148) || within(cp, 0x179, 0x17e)) return cp & 1 ? cp + 1 : cp;
    if (cp < 0x180) return cp | 1;
    if (within(cp, 0x218, 0x21b)) return cp | 1;
    return SX_FOLD_SLOW;
}

static uint32_t fold_greek(uint32_t cp)
{
    if (within(cp, 0x391, 0x3a9)) return cp == 0x3a2 ? SX_FOLD_SLOW : cp + 32;
    if (cp == 0x3c2) return 0x3c3;
    if (within(cp, 0x3b1, 0x3c9) || within(cp, 0x3ac, 0x3af) || within(cp, 0x3cc, 0x3ce)) return cp;
    if (cp == 0x386) return 0x3ac;
    if (within(cp, 0x388, 0x38a)) return cp + 37;
    if (cp == 0x38c) return 0x3cc;
    return cp == 0x38e || cp == 0x38f ? cp + 63 : SX_FOLD_SLOW;
}

static uint32_t fold_cyrillic(uint32_t cp)
{
    if (cp == 0x401 || cp == 0x451) return 0x435; /* yo is written as ye as often as not */
    if (within(cp, 0x410, 0x42f)) return cp + 32;
    if (within(cp, 0x400, 0x40f)) return cp + 80;
    return cp <= 0x45f ? cp : SX_FOLD_SLOW;
}

static uint32_t fold_arabic(uint32_t cp)
{
    if (cp == 0x640 || within(cp, 0x64b, 0x65f) || cp == 0x670) return SX_FOLD_DROP;
    return within(cp, 0x620, 0x64a) ? cp : SX_FOLD_SLOW;
}

uint32_t sx_fold_simple(uint32_t cp)
{
    if (cp < 0x250) return fold_latin(cp);
    if (cp == 0x200c || cp == 0x200d || cp == 0xad) return SX_FOLD_DROP;
    if (within(cp, 0x386, 0x3ce)) return fold_greek(cp);
    if (within(cp, 0x400, 0x45f)) return fold_cyrillic(cp);
    if (within(cp, 0x5d0, 0x5ea)) return cp;
    if (within(cp, 0x620, 0x670)) return fold_arabic(cp);
    if (within(cp, 0x900, 0x950)) return cp;
    if (within(cp, 0x1ea0, 0x1ef9)) return cp | 1;
    if (within(cp, 0xac00, 0xd7a3)) return cp;
    return SX_FOLD_SLOW;
}

uint32_t sx_script_language(uint32_t cp)
{
    if (within(cp, 0x370, 0x3ff) || within(cp, 0x1f00, 0x1fff)) return SX_LANG_EL;
    if (within(cp, 0x400, 0x52f)) return SX_LANG_RU;
    if (within(cp, 0x590, 0x5ff)) return SX_LANG_HE;
    if (within(cp, 0x600, 0x77f) || within(cp, 0xfb50, 0xfeff)) return SX_LANG_AR;
    if (within(cp, 0x900, 0x97f)) return SX_LANG_HI;
    if (within(cp, 0xac00, 0xd7a3)) return SX_LANG_KO;
    return SX_LANG_EN;
}
