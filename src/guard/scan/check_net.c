/* Checks of addresses in networks: IP, e-mail, URL; and of telephone numbers' shape. */
#include <string.h>

#include "guard/scan/chars.h"
#include "guard/scan/rules.h"

static bool hex(char c)
{
    return sx_ascii_digit(c) || (sx_ascii_lower(c) >= 'a' && sx_ascii_lower(c) <= 'f');
}

/* Reads a dotted quad at s[0..n); its length, 0 when there is none. */
static size_t quad(const char *s, size_t n)
{
    size_t i = 0;
    for (unsigned part = 0; part < 4; part++) {
        unsigned v = 0, k = 0;
        if (part > 0 && (i >= n || s[i++] != '.')) return 0;
        for (; i < n && sx_ascii_digit(s[i]) && k < 3; k++) v = v * 10 + (unsigned)(s[i++] - '0');
        if (k == 0 || v > 255 || (k > 1 && s[i - k] == '0')) return 0;
    }
    return i;
}

/* "/n" up to max, or nothing. */
static bool prefix_ok(const char *s, size_t n, unsigned max)
{
    unsigned v = 0;
    if (n == 0) return true;
    if (s[0] != '/' || n < 2 || n > 4) return false;
    for (size_t i = 1; i < n; i++) {
        if (!sx_ascii_digit(s[i])) return false;
        v = v * 10 + (unsigned)(s[i] - '0');
    }
    return v <= max;
}

float sx_check_ipv4(const sx_match *m, int arg)
{
    size_t n = quad(m->text, m->len);
    (void)arg;
    return n > 0 && prefix_ok(m->text + n, m->len - n, 32) ? SX_CHECK_MAYBE : SX_CHECK_NO;
}

/* RFC 4291: eight groups, one run of which may be "::", the last two maybe a dotted quad; then a zone and a prefix. */
float sx_check_ipv6(const sx_match *m, int arg)
{
    const char *s = m->text;
    size_t i = 0, n = m->len;
    unsigned groups = 0;
    bool gap = false, some = false;
    (void)arg;
    if (n >= 2 && s[0] == ':' && s[1] == ':') {
        gap = true;
        i = 2;
    }
    while (i < n && hex(s[i])) {
        size_t q = quad(s + i, n - i);
        if (q > 0) {
            groups += 2;
            i += q;
            some = true;
            break;
        }
        size_t k = 0;
        while (i < n && hex(s[i]) && k < 5) k++, i++;
        if (k > 4) return SX_CHECK_NO;
        groups++;
        some = true;
        if (i >= n || s[i] != ':') break;
        i++;
        if (i < n && s[i] == ':') {
            if (gap) return SX_CHECK_NO;
            gap = true;
            i++;
        } else if (i >= n || !hex(s[i])) {
            return SX_CHECK_NO;
        }
    }
    if (gap ? groups > 7 : groups != 8) return SX_CHECK_NO;
    if (i < n && s[i] == '%') {
        for (i++; i < n && s[i] != '/'; i++) {}
    }
    if (!prefix_ok(s + i, n - i, 128)) return SX_CHECK_NO;
    bool digits = false;
    for (size_t k = 0; k < i; k++) digits = digits || sx_ascii_digit(s[k]);
    return some && (digits || groups > 2) ? SX_CHECK_MAYBE : 0.1f; /* "::" and "a::b" are rarely addresses */
}

/* Country code top-level domains (ISO 3166 alpha-2 as IANA delegates them, with eu, uk, ac, su): the second letters, by the first. */
static const char *const COUNTRY_TLDS[26] = {"cdefgilmoqrstuwxz",
                                             "abdefghijmnorstvwyz",
                                             "acdfghiklmnoruvwxyz",
                                             "ejkmoz",
                                             "cegrstu",
                                             "ijkmor",
                                             "abdefghilmnpqrstuwy",
                                             "kmnrtu",
                                             "delmnoqrst",
                                             "emop",
                                             "eghimnprwyz",
                                             "abcikrstuvy",
                                             "acdeghklmnopqrstuvwxyz",
                                             "acefgilopruz",
                                             "m",
                                             "aefghklmnrstwy",
                                             "a",
                                             "eosuw",
                                             "abcdeghiklmnorstuvxyz",
                                             "cdfghjklmnortvwz",
                                             "agksyz",
                                             "aceginu",
                                             "fs",
                                             "",
                                             "et",
                                             "amw"};

/* Generic ones in common use (IANA root zone), by the first letter. */
static const char *const GENERIC_TLDS[26] = {
    " academy accountant accountants adult aero africa agency amsterdam apartments app arpa art asia associates attorney auto autos ",
    " baby bank bar bargains basketball beauty beer berlin best bet bid bike bio biz black blog blue boats bond broker build builders business buzz ",
    " cab cafe capital car care career careers cars cash casino cat catering center centre cfd charity chat cheap church city cleaning click clinic clothing cloud club code codes coffee college com community company computer construction consulting contractors cooking cool coop courses credit creditcard cruises cyou ",
    " data date dating deals dental design dev diamonds digital directory discount doctor dog download ",
    " earth eco edu education email energy engineer engineering enterprises equipment estate exchange expert ",
    " family fan fans faq farm fashion film finance financial fish fitness flights florist flowers food football forex forum foundation fun fund ",
    " gallery game games garden gift gifts gives global gmbh gold golf gov green group guide guru ",
    " hair health healthcare help hockey holdings holiday home homes hospital host hosting hotel hotels house how ",
    " icu inc industries info ink institute insurance insure int international istanbul ",
    " jewelry jobs ",
    " kids kim kitchen ",
    " land lat law lawyer legal life limo link live llc loan loans local lol london lotto love ltd ",
    " makeup market marketing markets media men mil mobi moda mom money monster mortgage moscow motorcycles museum music ",
    " name net network news ngo ninja nyc ",
    " one ong onion onl online ooo org ",
    " page paris partners parts party pet pets photo photos pictures pink pizza play plumbing poker porn post press pro properties property protection pub ",
    " quest ",
    " racing realestate recipes red reisen rent rentals repair report reports restaurant review reviews rocks rugby run ",
    " sale sarl school science security server services sex sexy shoes shop singles site ski skin soccer social software solar solutions space srl store stream studio study style supplies supply support surf surgery systems ",
    " tax taxi team tech tel tennis tips tires today tokyo tools top tours town toys trade trading training travel tube ",
    " university ",
    " vacations vegas ventures vet video villas vip vodka ",
    " watch web webcam website wedding wien wiki win wine work works world wtf ",
    " xxx xyz ",
    " yachts yoga ",
    " zone "};

bool sx_known_tld(const char *label, size_t len)
{
    char key[24];
    if (len < 2 || len + 3 > sizeof key || !sx_ascii_letter(label[0])) return false;
    key[0] = ' ';
    for (size_t i = 0; i < len; i++) key[i + 1] = sx_ascii_lower(label[i]);
    key[len + 1] = ' ';
    key[len + 2] = 0;
    unsigned first = (unsigned)(key[1] - 'a');
    if (len == 2) return key[2] != 0 && strchr(COUNTRY_TLDS[first], key[2]) != NULL;
    return strstr(GENERIC_TLDS[first], key) != NULL && strchr(key + 1, ' ') == key + len + 1;
}

/* A host name's labels are sound; *tld and *tld_len get the last one. */
static bool host_ok(const char *s, size_t n, const char **tld, size_t *tld_len, unsigned *labels)
{
    size_t from = 0;
    *labels = 0;
    if (n == 0 || n > 253) return false;
    for (size_t i = 0; i <= n; i++) {
        if (i < n && s[i] != '.') continue;
        size_t len = i - from;
        if (len == 0 || len > 63 || s[from] == '-' || s[i - 1] == '-') return false;
        *tld = s + from;
        *tld_len = len;
        ++*labels;
        from = i + 1;
    }
    return true;
}

static bool is_punycode(const char *label, size_t len)
{
    return len > 4 && sx_ascii_lower(label[0]) == 'x' && sx_ascii_lower(label[1]) == 'n' && label[2] == '-' &&
           label[3] == '-';
}

static bool letters_only(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!sx_ascii_letter(s[i])) return false;
    }
    return n > 0;
}

/* RFC 5321 lengths, sound labels; sure when the top-level domain is known. */
float sx_check_email(const sx_match *m, int arg)
{
    const char *at = memchr(m->text, '@', m->len), *tld;
    size_t tld_len;
    unsigned labels;
    (void)arg;
    if (at == NULL || at == m->text || at - m->text > 64 || at[-1] == '.') return SX_CHECK_NO;
    size_t n = m->len - (size_t)(at + 1 - m->text);
    if (!host_ok(at + 1, n, &tld, &tld_len, &labels) || labels < 2) return SX_CHECK_NO;
    if (sx_known_tld(tld, tld_len) || is_punycode(tld, tld_len)) return SX_CHECK_YES;
    return letters_only(tld, tld_len) && tld_len >= 2 ? 0.6f : SX_CHECK_NO;
}

/* Names of files look like hosts under these country domains. */
static bool like_a_file(const char *tld, size_t len)
{
    static const char EXT[] = " py sh md rs pl so cc ps ai mk in st id to is am it as at be do or no me my us we so ";
    char key[6];
    if (len != 2) return false;
    key[0] = ' ';
    key[1] = sx_ascii_lower(tld[0]);
    key[2] = sx_ascii_lower(tld[1]);
    key[3] = ' ';
    key[4] = 0;
    return strstr(EXT, key) != NULL;
}

/* arg 1: with a scheme. arg 0: a bare host, whose top-level domain must be known. */
float sx_check_url(const sx_match *m, int arg)
{
    const char *s = m->text, *end = s + m->len, *tld;
    size_t tld_len;
    unsigned labels;
    if (arg == 1) s = strstr(s, "://") + 3;
    if (end[-1] == '.' || end[-1] == ',') return SX_CHECK_NO;
    if (arg == 1) { /* user information before the host */
        for (const char *p = s; p < end && *p != '/' && *p != '?' && *p != '#'; p++) {
            if (*p == '@') s = p + 1;
        }
    }
    size_t n = strcspn(s, ":/?#");
    if (!host_ok(s, n, &tld, &tld_len, &labels)) return SX_CHECK_NO;
    if (labels >= 2 && (sx_known_tld(tld, tld_len) || is_punycode(tld, tld_len))) {
        if (arg == 1) return 0.9f;
        return labels == 2 && s + n == end && like_a_file(tld, tld_len) ? 0.3f : 0.5f;
    }
    if (arg == 0) return SX_CHECK_NO;
    return labels >= 2 && letters_only(tld, tld_len) ? 0.6f : 0.5f;
}

/* Country calling codes (ITU-T E.164): 1 and 7; of two digits, by the first, a bit for each second one; of three digits, by the
 * first two, a bit for each third one. */
static const uint16_t TWO_DIGITS[10] = {0, 0, 0x081, 0x25f, 0x3fb, 0x1fe, 0x07f, 0, 0x056, 0x13f};
static const uint16_t THREE_DIGITS[100] = {
    [21] = 0x14e, [22] = 0x3ff, [23] = 0x3ff, [24] = 0x37f, [25] = 0x1ff, [26] = 0x3ff, [29] = 0x383, [35] = 0x3ff,
    [37] = 0x3ff, [38] = 0x2ef, [42] = 0x00b, [50] = 0x3ff, [59] = 0x3ff, [67] = 0x3fd, [68] = 0x3ef, [69] = 0x007,
    [80] = 0x101, [85] = 0x06d, [87] = 0x001, [88] = 0x141, [96] = 0x1ff, [97] = 0x2ff, [99] = 0x17c};

static bool calling_code(const char *d, size_t n)
{
    unsigned digit[3] = {0};
    for (size_t i = 0; i < 3 && i < n; i++) digit[i] = (unsigned)(d[i] - '0');
    if (n > 0 && (digit[0] == 1 || digit[0] == 7)) return true;
    if (n > 1 && (TWO_DIGITS[digit[0]] >> digit[1] & 1) != 0) return true;
    return n > 2 && (THREE_DIGITS[digit[0] * 10 + digit[1]] >> digit[2] & 1) != 0;
}

static bool balanced(const sx_match *m)
{
    int open = 0;
    for (size_t i = 0; i < m->len; i++) {
        open += m->text[i] == '(' ? 1 : m->text[i] == ')' ? -1 : 0;
        if (open < 0 || open > 1) return false;
    }
    return open == 0;
}

/* arg: least and most digits (least * 100 + most); an extension is not counted. With "+" or "00" the calling code must exist;
 * a date or an IP address is no number. */
float sx_check_phone(const sx_match *m, int arg)
{
    char d[40];
    sx_match body = *m;
    bool brackets = true;
    if (m->shared == NULL || !sx_match_undivided(m, &brackets)) {
        size_t i = 1;
        while (i < m->len && (m->text[i] | 32) != 'x' && (m->text[i] | 32) != 'e') i++;
        if (i < m->len) {
            body.len = i;
            body.shared = NULL;
        }
    }
    size_t n = sx_match_digits(&body, d, sizeof d), same = 1;
    if (n < (size_t)(arg / 100) || n > (size_t)(arg % 100) || n >= sizeof d) return SX_CHECK_NO;
    bool plus = m->text[0] == '+' || (m->len > 1 && m->text[0] == '(' && m->text[1] == '+');
    bool zeros = !plus && n > 2 && d[0] == '0' && d[1] == '0';
    if (plus && !calling_code(d, n)) return SX_CHECK_NO;
    if (zeros && !calling_code(d + 2, n - 2)) return SX_CHECK_NO;
    while (same < n && d[same] == d[0]) same++;
    return same >= n || (brackets && !balanced(&body)) ? SX_CHECK_NO : SX_CHECK_MAYBE;
}
