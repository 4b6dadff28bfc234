/* Dates moved by days, written as they were: 2024-03-09, 9.3.2024, 03/09/2024, 2024年3月9日, 9 March 2024, March 9, 2024. */
#include <stdio.h>
#include <string.h>

#include "guard/scan/chars.h"
#include "guard/vault/surrogate.h"

static const char *const MONTHS[] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};

/* Days since 0000-03-01 and back, in the proleptic Gregorian calendar. */
static int32_t day_number(int32_t y, uint32_t m, uint32_t d)
{
    y -= m <= 2;
    int32_t era = y / 400, of_era = y % 400;
    uint32_t of_year = (153 * (m + (m > 2 ? (uint32_t)-3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + (int32_t)of_year;
}

static void of_day_number(int32_t z, int32_t *y, uint32_t *m, uint32_t *d)
{
    int32_t era = z / 146097, doe = z % 146097;
    int32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    uint32_t doy = (uint32_t)(doe - (365 * yoe + yoe / 4 - yoe / 100)), mp = (5 * doy + 2) / 153;
    *d = doy - (153 * mp + 2) / 5 + 1;
    *m = mp < 10 ? mp + 3 : mp - 9;
    *y = yoe + era * 400 + (*m <= 2);
}

bool sx_date_move(int32_t *year, uint32_t *month, uint32_t *day, int32_t shift)
{
    static const unsigned char DAYS[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (*year % 4 == 0 && *year % 100 != 0) || *year % 400 == 0;
    if (*year < 1000 || *year > 9000 || *month < 1 || *month > 12 || *day < 1 || *day > DAYS[*month - 1]) return false;
    if (*month == 2 && *day == 29 && !leap) return false;
    of_day_number(day_number(*year, *month, *day) + shift, year, month, day);
    return true;
}

/* A piece of a date: a number with its width, or a month's name. */
typedef struct part {
    size_t at, len;
    uint32_t value;
    bool name;  /* a month's */
    bool brief; /* its first three letters */
} part;

static bool month_name(const char *s, size_t n, part *p)
{
    for (uint32_t m = 0; m < 12; m++) {
        size_t whole = strlen(MONTHS[m]);
        if (n != 3 && n != whole) continue;
        size_t i = 0;
        while (i < n && sx_ascii_lower(s[i]) == sx_ascii_lower(MONTHS[m][i])) i++;
        if (i < n) continue;
        p->value = m + 1;
        p->name = true;
        p->brief = n == 3;
        return true;
    }
    return false;
}

/* The three parts of a whole date; false for anything else. */
static bool parts_of(const char *s, size_t n, part parts[3])
{
    size_t k = 0;
    for (size_t i = 0; i < n;) {
        size_t from = i;
        part p = {.at = i};
        if (sx_ascii_digit(s[i])) {
            for (; i < n && sx_ascii_digit(s[i]) && i - from < 5; i++) p.value = p.value * 10 + (uint32_t)(s[i] - '0');
        } else if (sx_ascii_letter(s[i])) {
            while (i < n && sx_ascii_letter(s[i])) i++;
            if (!month_name(s + from, i - from, &p)) return false;
        } else {
            i++;
            continue;
        }
        p.len = i - from;
        if (k == 3) return false;
        parts[k++] = p;
    }
    return k == 3;
}

/* Which part is the year, the month, the day. */
static bool order_of(const char *s, const part p[3], unsigned *y, unsigned *m, unsigned *d)
{
    if (p[0].name) {
        *m = 0, *d = 1, *y = 2;
    } else if (p[1].name) {
        *d = 0, *m = 1, *y = 2;
    } else if (p[0].len == 4) {
        *y = 0, *m = 1, *d = 2;
    } else {
        bool month_first = p[0].value <= 12 && (p[1].value > 12 || s[p[0].at + p[0].len] == '/');
        *y = 2, *m = month_first ? 0 : 1, *d = month_first ? 1 : 0;
    }
    return p[*y].len == 4 && !p[*y].name && !p[*d].name && p[*d].len <= 2 && (p[*m].name || p[*m].len <= 2);
}

static void put_month(sx_buf *out, const char *old, const part *p, uint32_t month)
{
    const char *name = MONTHS[month - 1];
    size_t n = p->brief ? 3 : strlen(name);
    bool upper = p->len > 1 && sx_ascii_upper(old[1]), capital = sx_ascii_upper(old[0]);
    for (size_t i = 0; i < n; i++) {
        char c = sx_ascii_lower(name[i]);
        sx_buf_char(out, upper || (i == 0 && capital) ? (char)(c - 32) : c);
    }
}

void sx_surrogate_date(sx_buf *out, const char *value, size_t len, int32_t shift)
{
    part p[3];
    unsigned y, m, d;
    if (!parts_of(value, len, p) || !order_of(value, p, &y, &m, &d)) return;
    int32_t year = (int32_t)p[y].value;
    uint32_t month = p[m].value, day = p[d].value;
    if (!sx_date_move(&year, &month, &day, shift)) return;
    const uint32_t now[3] = {[0] = y == 0   ? (uint32_t)year
                                   : m == 0 ? month
                                            : day,
                             [1] = y == 1   ? (uint32_t)year
                                   : m == 1 ? month
                                            : day,
                             [2] = y == 2   ? (uint32_t)year
                                   : m == 2 ? month
                                            : day};
    size_t at = 0;
    for (unsigned i = 0; i < 3; i++) {
        sx_buf_add(out, value + at, p[i].at - at);
        if (p[i].name)
            put_month(out, value + p[i].at, &p[i], now[i]);
        else /* a zero in front stays where there was one, or where the width says so */
            sx_buf_printf(out, "%0*u", p[i].len == 2 && (value[p[i].at] == '0' || p[i].value > 9) ? 2 : 1, now[i]);
        at = p[i].at + p[i].len;
    }
    sx_buf_add(out, value + at, len - at);
}
