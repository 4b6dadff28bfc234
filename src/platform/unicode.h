/* What a code point is, from the Unicode database of utf8proc: categories, scripts that are written without spaces, folding
 * and normal forms. Stateless, any thread. */
#ifndef SX_PLATFORM_UNICODE_H
#define SX_PLATFORM_UNICODE_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/buf.h"

/* General categories as one bit each, so that classes are masks. */
#define SX_UC_L     0x001u /* letters */
#define SX_UC_M     0x002u /* marks */
#define SX_UC_N     0x004u /* numbers (Nd, Nl, No) */
#define SX_UC_ND    0x008u /* decimal digits (set together with SX_UC_N) */
#define SX_UC_P     0x010u /* punctuation */
#define SX_UC_S     0x020u /* symbols */
#define SX_UC_Z     0x040u /* separators */
#define SX_UC_C     0x080u /* control, format, surrogate, private, unassigned */
#define SX_UC_LU    0x100u /* upper or title case letter (with SX_UC_L) */
#define SX_UC_LL    0x200u /* lower case letter (with SX_UC_L) */
#define SX_UC_CF    0x400u /* format characters: zero width, bidi controls (with SX_UC_C) */
#define SX_UC_SPACE 0x800u /* White_Space property */

const char *sx_uc_version(void);   /* of the Unicode database; static */
uint32_t sx_uc_class(uint32_t cp); /* SX_UC_* bits; 0x80 for what is not a code point */

bool sx_uc_is_han(uint32_t cp);  /* ideographs, all planes */
bool sx_uc_is_kana(uint32_t cp); /* hiragana, katakana, half-width too */
bool sx_uc_is_hangul(uint32_t cp);
bool sx_uc_is_unspaced(uint32_t cp); /* scripts written without spaces: Han, kana, Thai, Lao, Khmer, Myanmar */

uint32_t sx_uc_lower(uint32_t cp); /* simple lower case */
uint32_t sx_uc_upper(uint32_t cp); /* simple upper case */

/* Appends the text compatibility-composed (NFKC) and case-folded. Malformed bytes become U+FFFD. Returns LLM_OK or the
 * buffer's failure. */
llm_status sx_uc_fold(const char *text, size_t len, sx_buf *out);
/* Appends NFC (compat false) or NFKC (compat true). Malformed bytes become U+FFFD. */
llm_status sx_uc_compose(const char *text, size_t len, bool compat, sx_buf *out);

#endif
