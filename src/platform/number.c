#include "platform/number.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 64 };

/* The C library's idea of a decimal point: one byte in every locale that a C library ships with UTF-8, or several. */
static const char *point(void)
{
    const char *p = localeconv()->decimal_point;
    return p && *p ? p : ".";
}

bool sx_number_read(const char *s, size_t len, double *value)
{
    char text[LONGEST + 8];
    if (len == 0 || len >= LONGEST) return false;
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        if (!strchr("+-0123456789.eE", s[i]) || !s[i]) return false;
        if (s[i] != '.') {
            text[n++] = s[i];
            continue;
        }
        size_t p = strlen(point());
        if (n + p + (len - i) >= sizeof text) return false;
        memcpy(text + n, point(), p);
        n += p;
    }
    text[n] = '\0';
    char *end;
    *value = strtod(text, &end);
    return *end == '\0';
}

static void with_point(char *text)
{
    char *at = strstr(text, point());
    size_t p = strlen(point());
    if (!at) return;
    *at = '.';
    memmove(at + 1, at + p, strlen(at + p) + 1);
}

size_t sx_number_write(char *buf, size_t size, double value)
{
    char text[LONGEST];
    int digits = 1;
    for (; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*e", digits - 1, value);
        if (strtod(text, NULL) == value) break;
    }
    int exponent = atoi(strchr(text, 'e') + 1);
    int decimals = digits - 1 - exponent;
    if (exponent >= -4 && exponent < 16) snprintf(text, sizeof text, "%.*f", decimals > 1 ? decimals : 1, value);
    with_point(text);
    snprintf(buf, size, "%s", text);
    return strlen(buf);
}
