/* What tells a secret from a name, a placeholder or prose. */
#include <math.h>
#include <string.h>

#include "guard/scan/chars.h"
#include "guard/scan/digits.h"
#include "guard/scan/rules.h"

/* Shannon entropy of the bytes, in bits per byte. */
static double entropy(const char *s, size_t n)
{
    unsigned count[256] = {0};
    double h = 0;
    for (size_t i = 0; i < n; i++) count[(unsigned char)s[i]]++;
    for (unsigned b = 0; b < 256; b++) {
        if (count[b] == 0) continue;
        double p = (double)count[b] / (double)n;
        h -= p * log2(p);
    }
    return h;
}

static size_t count_digits(const char *s, size_t n)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++) k += sx_ascii_digit(s[i]);
    return k;
}

static bool has(const char *s, size_t n, const char *what)
{
    size_t len = strlen(what);
    for (size_t i = 0; i + len <= n; i++) {
        size_t k = 0;
        while (k < len && sx_ascii_lower(s[i + k]) == what[k]) k++;
        if (k == len) return true;
    }
    return false;
}

/* Written where a secret should stand: "xxxx", "your-key-here", "${TOKEN}", "abcdefgh". */
static bool placeholder(const char *s, size_t n)
{
    static const char *const WORDS[] = {"example",  "your",   "xxxxxx", "placeholder", "changeme",
                                        "redacted", "dummy",  "sample", "abcdefghij",  "insert",
                                        "todo",     "......", "******", "aaaaaaaaaa",  "0000000000"};
    if (n >= 2 && (s[0] == '$' || s[0] == '<' || s[0] == '%' || s[0] == '{')) return true;
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        if (has(s, n, WORDS[i])) return true;
    }
    return false;
}

static bool is_uuid(const char *s, size_t n)
{
    if (n != 36) return false;
    for (size_t i = 0; i < n; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? s[i] != '-'
                 : !(sx_ascii_digit(s[i]) || (sx_ascii_lower(s[i]) >= 'a' && sx_ascii_lower(s[i]) <= 'f')))
            return false;
    }
    return true;
}

/* Words of a name or a path: parts of letters between dots, dashes, underscores; version numbers. */
static bool reads_like_a_name(const char *s, size_t n)
{
    size_t parts = 0, worded = 0, len = 0, digits = 0;
    for (size_t i = 0; i <= n; i++) {
        bool sep = i == n || s[i] == '.' || s[i] == '-' || s[i] == '_' || s[i] == '/' || s[i] == ':' || s[i] == '@' ||
                   s[i] == '&';
        if (!sep) {
            len++;
            digits += sx_ascii_digit(s[i]);
            continue;
        }
        parts += len > 0;
        worded += len > 0 && (digits == 0 || digits == len) && len <= 14;
        len = digits = 0;
    }
    return parts > 1 && worded * 4 >= parts * 3;
}

/* Long enough, mixed enough, no placeholder. */
static bool looks_random(const char *s, size_t n)
{
    size_t digits = count_digits(s, n);
    if (entropy(s, n) < 2.5 || placeholder(s, n)) return false; /* the cheap question first: hostile texts ask often */
    if (is_uuid(s, n)) return true;
    if (n < 10 || digits == 0) return n >= 20 && entropy(s, n) >= 4.2 && !reads_like_a_name(s, n);
    if (digits == n) return n >= 15 && n <= 40 && entropy(s, n) >= 2.5;
    if (reads_like_a_name(s, n) && entropy(s, n) < 3.9) return false;
    return entropy(s, n) >= (n < 16 ? 2.9 : 2.6);
}

static size_t keyword_at(const char *s, size_t n)
{
    static const char *const WORDS[] = {"passphrase", "credentials",   "credential", "password", "passwd", "secret",
                                        "apikey",     "token",         "auth",       "pass",     "key",    "pwd",
                                        "jwt",        "authorization", "bearer",     "basic"};
    size_t best = 0;
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        size_t len = strlen(WORDS[i]), k = 0;
        if (len > n || len <= best) continue;
        while (k < len && sx_ascii_lower(s[k]) == WORDS[i][k]) k++;
        if (k == len) best = len;
    }
    return best;
}

/* Steps over what stands between a name and its value; 0 when it is no assignment. */
static size_t glue(const char *s, size_t n)
{
    size_t i = 0;
    bool sign = false;
    while (i < n && (sx_ascii_digit(s[i]) || s[i] == 's')) i++;
    while (i < n) {
        if (strchr("=:,?>", s[i]) != NULL)
            sign = true;
        else if (n - i > 3 && memcmp(s + i, " is", 3) == 0)
            sign = true, i += 2;
        else if (n - i > 7 && memcmp(s + i, " string", 7) == 0)
            i += 6;
        else if (strchr(" \t\n\r\"'`)]", s[i]) == NULL)
            break;
        i++;
    }
    return sign ? i : 0;
}

enum { NAME_MAX = 100 }; /* a name ends within so many bytes */

/* Where the value of an assignment begins; m->len when it is none. */
static size_t value_of(const sx_match *m)
{
    for (size_t i = 0; i < m->len && i < NAME_MAX; i++) {
        if (m->text[i] == 0 || strchr("pcsatkjbPCSATKJB", m->text[i]) == NULL) continue;
        size_t k = keyword_at(m->text + i, m->len - i);
        if (k == 0) continue;
        size_t g = glue(m->text + i + k, m->len - i - k);
        if (g > 0 && i + k + g < m->len) return i + k + g;
    }
    return m->len;
}

/* arg 1: the value is the last word, whatever stood before. */
float sx_check_secret_assigned(const sx_match *m, int arg)
{
    size_t at = value_of(m);
    if (arg == 1) {
        at = m->len;
        while (at > 0 && m->text[at - 1] > ' ' && m->text[at - 1] != '"' && m->text[at - 1] != '\'' &&
               m->text[at - 1] != ':')
            at--;
        if (at > 0 && m->text[at - 1] != ':' && (unsigned char)m->text[0] >= 0x80) {
            while (at < m->len && (unsigned char)m->text[at] >= 0x80) at++;
        }
        while (at < m->len && (unsigned char)m->text[at] >= 0x80) at++;
    }
    if (at >= m->len) return SX_CHECK_NO;
    const char *v = m->text + at;
    size_t n = m->len - at;
    if (n < 8 || n > 256 || m->after == '(' || m->after == '[' || m->after == '{') return SX_CHECK_NO;
    if (!looks_random(v, n)) return SX_CHECK_NO;
    m->lead[0] = at;
    return SX_CHECK_MAYBE;
}

float sx_check_secret_quoted(const sx_match *m, int arg)
{
    size_t at = m->len;
    char quote = 0;
    (void)arg;
    for (size_t i = 0; i < m->len && at == m->len; i++) {
        if ((m->text[i] == '=' || m->text[i] == ':' || m->text[i] == '>') && i + 1 < m->len) {
            size_t k = i + 1;
            while (k < m->len && (m->text[k] == ' ' || m->text[k] == '=' || m->text[k] == '>')) k++;
            if (k < m->len && (m->text[k] == '"' || m->text[k] == '\'')) {
                quote = m->text[k];
                at = k + 1;
            }
        }
    }
    if (at >= m->len || m->after != (unsigned char)quote) return SX_CHECK_NO;
    size_t letters = 0, n = m->len - at;
    for (size_t i = at; i < m->len; i++) letters += sx_ascii_letter(m->text[i]) || sx_ascii_digit(m->text[i]);
    if (letters * 2 < n || placeholder(m->text + at, n) || has(m->text + at, n, "fake") ||
        has(m->text + at, n, "doesn"))
        return SX_CHECK_NO;
    m->lead[0] = at;
    return SX_CHECK_MAYBE;
}

/* A password is not random, but it is no word either: letters among signs. */
float sx_check_secret_password(const sx_match *m, int arg)
{
    static const char SIGNS[] = "{}$#@!^&*?<>|~%+";
    size_t at = m->len, letters = 0, signs = 0;
    (void)arg;
    while (at > 0 && m->text[at - 1] > ' ' && strchr("\"'`,;", m->text[at - 1]) == NULL) at--;
    while (at < m->len && strchr("=:>!@", m->text[at]) != NULL) at++;
    if (m->len - at < 8) return SX_CHECK_NO;
    for (size_t i = at; i < m->len; i++) {
        letters += sx_ascii_letter(m->text[i]) || sx_ascii_digit(m->text[i]);
        signs += strchr(SIGNS, m->text[i]) != NULL;
    }
    if (signs < 3 || letters < 6 || letters < signs || placeholder(m->text + at, m->len - at)) return SX_CHECK_NO;
    m->lead[0] = at;
    return SX_CHECK_MAYBE;
}

/* user:password. arg 1: inside a URL. */
float sx_check_secret_user(const sx_match *m, int arg)
{
    const char *s = m->text, *end = s + m->len;
    const char *user = arg == 1 ? strstr(s, "://") : strpbrk(s, " \t");
    if (user == NULL) return SX_CHECK_NO;
    user += arg == 1 ? 3 : 1;
    while (user < end && (*user == ' ' || *user == '"' || *user == '\'')) user++;
    const char *colon = memchr(user, ':', (size_t)(end - user));
    if (colon == NULL) return SX_CHECK_NO;
    const char *stop = arg == 1 ? memchr(colon, '@', (size_t)(end - colon)) : end;
    if (stop == NULL) return SX_CHECK_NO;
    while (stop > colon && (stop[-1] == '"' || stop[-1] == '\'')) stop--;
    const char *p = colon + 1;
    while (p < stop && (*p == '"' || *p == '\'')) p++;
    size_t n = (size_t)(stop - p);
    if (n < 3 || placeholder(p, n) || *p == '[' || memchr(p, '{', n) != NULL ||
        placeholder(user, (size_t)(colon - user) + 1))
        return SX_CHECK_NO;
    if (arg == 0 && (n == (size_t)(colon - user) && memcmp(p, user, n) == 0)) return SX_CHECK_NO;
    if (arg == 0 && (has(p, n, "password") || count_digits(p, n) == 0)) return SX_CHECK_NO;
    m->lead[0] = (size_t)(user - s);
    return SX_CHECK_MAYBE;
}

/* A key between its lines holds something. */
float sx_check_secret_pem(const sx_match *m, int arg)
{
    const char *end = strstr(m->text, "-----END");
    const char *begin = strstr(m->text + 5, "-----");
    (void)arg;
    if (end == NULL && m->after == '-') return SX_CHECK_NO;
    if (end != NULL && begin != NULL && end - begin < 20) return SX_CHECK_NO;
    return SX_CHECK_MAYBE;
}

/* A token known by its prefix. arg 0: mixed enough; 1: letters of both cases and digits; 2: only no placeholder by words;
 * 3: as 0 with a digit, for prefixes that prose may have. */
float sx_check_secret_token(const sx_match *m, int arg)
{
    size_t n = m->len;
    double h = entropy(m->text, n);
    if (m->text[n - 1] == 'E' && n > 7 && memcmp(m->text + n - 7, "EXAMPLE", 7) == 0) return SX_CHECK_NO;
    if (has(m->text, n, "xxxxxx")) return SX_CHECK_NO;
    if (arg == 2) return SX_CHECK_MAYBE;
    if (n > 7 && memcmp(m->text, "sk-ant-", 7) == 0)
        return n >= 100 && m->text[n - 1] == 'A' && m->text[n - 2] == 'A' ? SX_CHECK_MAYBE : SX_CHECK_NO;
    if (arg == 1) {
        bool small = false, capital = false;
        for (size_t i = 2; i < n; i++) {
            small = small || (sx_ascii_letter(m->text[i]) && !sx_ascii_upper(m->text[i]));
            capital = capital || sx_ascii_upper(m->text[i]);
        }
        return small && capital && count_digits(m->text, n) > 0 ? SX_CHECK_MAYBE : SX_CHECK_NO;
    }
    if (arg == 3 && count_digits(m->text + 3, n - 3) == 0 && h < 4.0) return SX_CHECK_NO;
    return h >= 3.0 ? SX_CHECK_MAYBE : SX_CHECK_NO;
}
