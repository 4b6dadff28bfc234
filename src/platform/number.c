/* Locale-free reading and writing of numbers. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/number.h"

static bool blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void strip(const char **s, size_t *len)
{
    while (*len && blank(**s)) ++*s, --*len;
    while (*len && blank((*s)[*len - 1])) --*len;
}

bool sx_number_int(const char *s, size_t len, int64_t *value)
{
    strip(&s, &len);
    bool minus = len && *s == '-';
    if (len && (*s == '-' || *s == '+')) s++, len--;
    uint64_t v = 0;
    for (size_t i = 0; i < len; i++) {
        if (s[i] == '_' && i > 0 && i + 1 < len && s[i - 1] != '_') continue;
        if (s[i] < '0' || s[i] > '9') return false;
        unsigned d = (unsigned)(s[i] - '0');
        if (v > ((uint64_t)INT64_MAX - d) / 10) return false;
        v = v * 10 + d;
    }
    *value = minus ? -(int64_t)v : (int64_t)v;
    return len > 0;
}

/* strtod takes the locale's decimal point: the text is given to it with that point put in. */
bool sx_number_float(const char *s, size_t len, double *value)
{
    char copy[128], point[8];
    strip(&s, &len);
    if (len == 0 || len > 100) return false;
    snprintf(point, sizeof point, "%.1f", 0.5); /* "0.5" or "0,5" */
    size_t width = strlen(point) - 2, n = 0;
    for (size_t i = 0; i < len; i++) {
        if (s[i] == '.') {
            memcpy(copy + n, point + 1, width);
            n += width;
        } else if ((s[i] >= '0' && s[i] <= '9') || strchr("+-eEinfatyINFATY", s[i])) {
            copy[n++] = s[i];
        } else {
            return false;
        }
        if (n > sizeof copy - 8) return false;
    }
    copy[n] = '\0';
    char *end;
    *value = strtod(copy, &end);
    return end == copy + n;
}

void sx_number_print(double d, sx_buf *out)
{
    char digits[40];
    if (isnan(d) || isinf(d)) {
        sx_buf_str(out, isnan(d) ? "nan" : d < 0 ? "-inf" : "inf");
        return;
    }
    int precision = 0;
    for (; precision < 17; precision++) {
        snprintf(digits, sizeof digits, "%.*e", precision, d);
        if (strtod(digits, NULL) == d) break;
    }
    char *e = strchr(digits, 'e');
    int exponent = atoi(e + 1), n = 0;
    char plain[24];
    for (char *p = digits; p < e; p++)
        if (*p >= '0' && *p <= '9') plain[n++] = *p;
    while (n > 1 && plain[n - 1] == '0') n--;
    if (signbit(d)) sx_buf_char(out, '-');
    if (exponent < -4 || exponent >= 16) {
        sx_buf_char(out, plain[0]);
        if (n > 1) sx_buf_char(out, '.');
        sx_buf_add(out, plain + 1, (size_t)n - 1);
        sx_buf_printf(out, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
    } else if (exponent < 0) {
        sx_buf_str(out, "0.");
        for (int i = -1; i > exponent; i--) sx_buf_char(out, '0');
        sx_buf_add(out, plain, (size_t)n);
    } else {
        for (int i = 0; i <= exponent; i++) sx_buf_char(out, i < n ? plain[i] : '0');
        sx_buf_char(out, '.');
        if (n > exponent + 1)
            sx_buf_add(out, plain + exponent + 1, (size_t)(n - exponent - 1));
        else
            sx_buf_char(out, '0');
    }
}
