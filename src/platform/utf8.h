/* UTF-8 by the Unicode Standard's table 3-7: no surrogates, no overlong forms, at most U+10FFFF. */
#ifndef SX_PLATFORM_UTF8_H
#define SX_PLATFORM_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define SX_UTF8_BAD UINT32_MAX

/* Decodes the code point at s (n > 0 bytes there), stores its length in *len. A malformed sequence gives SX_UTF8_BAD and
 * the length of its maximal part (at least 1). */
uint32_t sx_utf8_next(const char *s, size_t n, size_t *len);

/* Offset of the first byte that is not UTF-8, or n when all is well. */
size_t sx_utf8_check(const char *s, size_t n);

/* The largest offset <= n at which no code point that begins before it is cut. Bytes that can never complete count as
 * whole. s holds at least n bytes. */
size_t sx_utf8_floor(const char *s, size_t n);

/* Code points in n bytes: all but the bytes that continue one. */
size_t sx_utf8_count(const char *s, size_t n);

/* Writes cp as UTF-8 to out (room for 4), returns its length. */
size_t sx_utf8_put(uint32_t cp, char *out);

/* The code point that ends at s + n (n > 0), its length in *len; SX_UTF8_BAD with length 1 when malformed. */
uint32_t sx_utf8_prev(const char *s, size_t n, size_t *len);

#endif
