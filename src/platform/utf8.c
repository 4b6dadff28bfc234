#include "platform/utf8.h"

#include <string.h>

/* Length announced by a lead byte, and the range its second byte must lie in (Unicode 15, table 3-7). */
static unsigned lead(unsigned char c, unsigned char *lo, unsigned char *hi)
{
    *lo = 0x80;
    *hi = 0xbf;
    if (c < 0x80) return 1;
    if (c < 0xc2) return 0;
    if (c < 0xe0) return 2;
    if (c < 0xf0) {
        if (c == 0xe0) *lo = 0xa0;
        if (c == 0xed) *hi = 0x9f;
        return 3;
    }
    if (c < 0xf5) {
        if (c == 0xf0) *lo = 0x90;
        if (c == 0xf4) *hi = 0x8f;
        return 4;
    }
    return 0;
}

uint32_t sx_utf8_next(const char *s, size_t n, size_t *len)
{
    const unsigned char *p = (const unsigned char *)s;
    unsigned char lo, hi;
    unsigned want = lead(p[0], &lo, &hi);
    *len = 1;
    if (want == 1) return p[0];
    if (want == 0) return SX_UTF8_BAD;
    uint32_t cp = p[0] & (0x7fu >> want);
    for (unsigned i = 1; i < want; i++) {
        if (i >= n || p[i] < lo || p[i] > hi) {
            *len = i;
            return SX_UTF8_BAD;
        }
        cp = cp << 6 | (p[i] & 0x3fu);
        lo = 0x80;
        hi = 0xbf;
    }
    *len = want;
    return cp;
}

size_t sx_utf8_check(const char *s, size_t n)
{
    size_t i = 0, len;
    while (i < n) {
        if ((unsigned char)s[i] < 0x80) {
            i++;
            continue;
        }
        if (sx_utf8_next(s + i, n - i, &len) == SX_UTF8_BAD) return i;
        i += len;
    }
    return n;
}

size_t sx_utf8_floor(const char *s, size_t n)
{
    const unsigned char *p = (const unsigned char *)s;
    size_t i = n;
    while (i > 0 && n - i < 3 && (p[i - 1] & 0xc0) == 0x80) i--;
    if (i == 0 || p[i - 1] < 0xc2) return n;
    size_t start = i - 1, have = n - start;
    unsigned char lo, hi;
    unsigned want = lead(p[start], &lo, &hi);
    if (want <= have) return n;
    for (size_t k = 1; k < have; k++) {
        if (p[start + k] < lo || p[start + k] > hi) return n;
        lo = 0x80;
        hi = 0xbf;
    }
    return start;
}

size_t sx_utf8_put(uint32_t cp, char *out)
{
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xc0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 0x3f));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (char)(0xe0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
        out[2] = (char)(0x80 | (cp & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | cp >> 18);
    out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
    out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
    out[3] = (char)(0x80 | (cp & 0x3f));
    return 4;
}

uint32_t sx_utf8_prev(const char *s, size_t n, size_t *len)
{
    size_t i = n - 1, got;
    while (i > 0 && n - i < 4 && ((unsigned char)s[i] & 0xc0) == 0x80) i--;
    uint32_t cp = sx_utf8_next(s + i, n - i, &got);
    if (cp == SX_UTF8_BAD || got != n - i) {
        *len = 1;
        return SX_UTF8_BAD;
    }
    *len = got;
    return cp;
}

size_t sx_utf8_count(const char *s, size_t n)
{
    const uint64_t ones = 0x0101010101010101u;
    size_t count = n, i = 0;
    for (; i + 8 <= n; i += 8) {
        uint64_t v;
        memcpy(&v, s + i, sizeof v);
        count -= (size_t)(((v >> 7 & ~(v >> 6) & ones) * ones) >> 56); /* 10xxxxxx */
    }
    for (; i < n; i++) count -= ((unsigned char)s[i] & 0xC0) == 0x80;
    return count;
}
