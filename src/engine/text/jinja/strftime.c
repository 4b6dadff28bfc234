/* strftime_now: the usual conversions in English, over a time given or the local one. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/text/jinja/jinja.h"

static const char *const days[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
static const char *const months[] = {"January", "February", "March", "April", "May", "June", "July", "August", "September",
                                     "October", "November", "December"};

static bool leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* "2026-01-02T03:04:05" with its day of the week and of the year. */
static bool parse(const char *s, struct tm *t)
{
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int y, mo, d, h = 0, mi = 0, se = 0;
    int n = sscanf(s, "%4d-%2d-%2d%*1[T ]%2d:%2d:%2d", &y, &mo, &d, &h, &mi, &se);
    if (n < 3 || y < 1 || mo < 1 || mo > 12 || d < 1 || d > 31 || h < 0 || h > 23 || mi < 0 || mi > 59 || se < 0 || se > 60)
        return false;
    int yday = before[mo - 1] + d - 1 + (mo > 2 && leap(y)), p = y - 1;
    *t = (struct tm){.tm_year = y - 1900, .tm_mon = mo - 1, .tm_mday = d, .tm_hour = h, .tm_min = mi, .tm_sec = se,
                     .tm_yday = yday, .tm_wday = (p + p / 4 - p / 100 + p / 400 + yday + 1) % 7};
    return true;
}

static int twelve(int hour)
{
    return hour % 12 ? hour % 12 : 12;
}

static void number(sx_buf *out, int v, int width, char flag, char pad)
{
    if (flag == '-') width = 1;
    if (flag == '_') pad = ' ';
    if (flag == '0') pad = '0';
    sx_buf_printf(out, pad == ' ' ? "%*d" : "%0*d", width, v);
}

static void convert(const struct tm *t, char c, char flag, sx_buf *out)
{
    switch (c) {
    case 'Y': number(out, t->tm_year + 1900, 1, flag, '0'); break;
    case 'y': number(out, (t->tm_year + 1900) % 100, 2, flag, '0'); break;
    case 'm': number(out, t->tm_mon + 1, 2, flag, '0'); break;
    case 'd': number(out, t->tm_mday, 2, flag, '0'); break;
    case 'e': number(out, t->tm_mday, 2, flag, ' '); break;
    case 'H': number(out, t->tm_hour, 2, flag, '0'); break;
    case 'I': number(out, twelve(t->tm_hour), 2, flag, '0'); break;
    case 'k': number(out, t->tm_hour, 2, flag, ' '); break;
    case 'l': number(out, twelve(t->tm_hour), 2, flag, ' '); break;
    case 'M': number(out, t->tm_min, 2, flag, '0'); break;
    case 'S': number(out, t->tm_sec, 2, flag, '0'); break;
    case 'j': number(out, t->tm_yday + 1, 3, flag, '0'); break;
    case 'w': number(out, t->tm_wday, 1, flag, '0'); break;
    case 'u': number(out, t->tm_wday ? t->tm_wday : 7, 1, flag, '0'); break;
    case 'f': sx_buf_str(out, "000000"); break;
    case 'p': sx_buf_str(out, t->tm_hour < 12 ? "AM" : "PM"); break;
    case 'A': sx_buf_str(out, days[t->tm_wday]); break;
    case 'a': sx_buf_add(out, days[t->tm_wday], 3); break;
    case 'B': sx_buf_str(out, months[t->tm_mon]); break;
    case 'b':
    case 'h': sx_buf_add(out, months[t->tm_mon], 3); break;
    case 'n': sx_buf_char(out, '\n'); break;
    case 't': sx_buf_char(out, '\t'); break;
    case '%': sx_buf_char(out, '%'); break;
    case 'Z':
    case 'z': break; /* a naive time has no zone */
    default: sx_buf_printf(out, "%%%c", c);
    }
}

/* Conversions that stand for several others. */
static const char *expand(char c)
{
    return c == 'F' ? "%Y-%m-%d" : c == 'T' || c == 'X' ? "%H:%M:%S" : c == 'R' ? "%H:%M" : c == 'D' || c == 'x' ? "%m/%d/%y"
           : c == 'c' ? "%a %b %e %H:%M:%S %Y" : c == 'r' ? "%I:%M:%S %p" : NULL;
}

static void format(const struct tm *t, const char *f, size_t len, sx_buf *out)
{
    for (size_t i = 0; i < len; i++) {
        if (f[i] != '%' || i + 1 >= len) {
            sx_buf_char(out, f[i]);
            continue;
        }
        char flag = 0;
        if (f[i + 1] && strchr("-_0", f[i + 1]) && i + 2 < len) flag = f[++i];
        const char *several = expand(f[++i]);
        for (; several && *several; several++) { /* one level: none of these expands again */
            if (*several == '%')
                convert(t, *++several, 0, out);
            else
                sx_buf_char(out, *several);
        }
        if (!expand(f[i])) convert(t, f[i], flag, out);
    }
}

sx_jx_value sx_jx_strftime(sx_jx_run *r, const char *f, size_t len)
{
    struct tm t;
    time_t now = time(NULL);
    if (r->now ? !parse(r->now, &t) : !localtime_r(&now, &t)) {
        sx_jx_fail(r, LLM_E_INVALID, "the time to use, \"%s\", is not like 2026-01-02T03:04:05", r->now ? r->now : "now");
        return sx_jx_static("");
    }
    sx_buf out;
    sx_buf_init(&out, r->mem, (size_t)r->max_bytes);
    format(&t, f, len, &out);
    return sx_jx_from_buf(r, &out);
}
