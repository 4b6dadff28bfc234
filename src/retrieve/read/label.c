/* Labels of clauses, by table. Words are compared without case for ASCII; they count only when written with a capital. */
#include "retrieve/read/label.h"

#include <string.h>

#include "platform/unicode.h"
#include "platform/utf8.h"

typedef struct {
    const char *word; /* lower case */
    uint8_t rank;
} name_row;

static const name_row names[] = {
    {"annex", SX_RANK_ATTACHMENT},    {"appendix", SX_RANK_ATTACHMENT}, {"exhibit", SX_RANK_ATTACHMENT},
    {"schedule", SX_RANK_ATTACHMENT}, {"annexe", SX_RANK_ATTACHMENT},   {"anexo", SX_RANK_ATTACHMENT},
    {"anhang", SX_RANK_ATTACHMENT},   {"anlage", SX_RANK_ATTACHMENT},   {"allegato", SX_RANK_ATTACHMENT},
    {"book", SX_RANK_BOOK},           {"volume", SX_RANK_BOOK},         {"livre", SX_RANK_BOOK},
    {"libro", SX_RANK_BOOK},          {"buch", SX_RANK_BOOK},           {"part", SX_RANK_PART},
    {"partie", SX_RANK_PART},         {"parte", SX_RANK_PART},          {"teil", SX_RANK_PART},
    {"subpart", SX_RANK_SUBPART},     {"title", SX_RANK_TITLE},         {"titre", SX_RANK_TITLE},
    {"título", SX_RANK_TITLE},        {"titulo", SX_RANK_TITLE},        {"titel", SX_RANK_TITLE},
    {"titolo", SX_RANK_TITLE},        {"chapter", SX_RANK_CHAPTER},     {"chapitre", SX_RANK_CHAPTER},
    {"capítulo", SX_RANK_CHAPTER},    {"capitulo", SX_RANK_CHAPTER},    {"kapitel", SX_RANK_CHAPTER},
    {"capo", SX_RANK_CHAPTER},        {"item", SX_RANK_ITEM},           {"division", SX_RANK_DIVISION},
    {"subchapter", SX_RANK_DIVISION}, {"abschnitt", SX_RANK_DIVISION},  {"unterabschnitt", SX_RANK_SUBDIVISION},
    {"sección", SX_RANK_DIVISION},    {"seccion", SX_RANK_DIVISION},    {"note", SX_RANK_LETTER},
    {"section", SX_RANK_CLAUSE},      {"sec.", SX_RANK_CLAUSE},         {"clause", SX_RANK_CLAUSE},
    {"cláusula", SX_RANK_CLAUSE},     {"clausula", SX_RANK_CLAUSE},     {"§", SX_RANK_CLAUSE},
    {"§§", SX_RANK_CLAUSE},           {"article", SX_RANK_ARTICLE},     {"artikel", SX_RANK_ARTICLE},
    {"artículo", SX_RANK_ARTICLE},    {"articulo", SX_RANK_ARTICLE},    {"artigo", SX_RANK_ARTICLE},
    {"articolo", SX_RANK_ARTICLE},    {"art.", SX_RANK_ARTICLE}};

/* Other alphabets, each spelling as it is written. */
static const name_row foreign[] = {{"Глава", SX_RANK_CHAPTER},     {"ГЛАВА", SX_RANK_CHAPTER},
                                   {"Раздел", SX_RANK_PART},       {"РАЗДЕЛ", SX_RANK_PART},
                                   {"Статья", SX_RANK_ARTICLE},    {"СТАТЬЯ", SX_RANK_ARTICLE},
                                   {"Стаття", SX_RANK_ARTICLE},    {"Приложение", SX_RANK_ATTACHMENT},
                                   {"Άρθρο", SX_RANK_ARTICLE},     {"ΑΡΘΡΟ", SX_RANK_ARTICLE},
                                   {"Κεφάλαιο", SX_RANK_CHAPTER},  {"ΚΕΦΑΛΑΙΟ", SX_RANK_CHAPTER},
                                   {"Madde", SX_RANK_ARTICLE},     {"MADDE", SX_RANK_ARTICLE},
                                   {"Bölüm", SX_RANK_CHAPTER},     {"BÖLÜM", SX_RANK_CHAPTER},
                                   {"Điều", SX_RANK_ARTICLE},      {"ĐIỀU", SX_RANK_ARTICLE},
                                   {"Chương", SX_RANK_CHAPTER},    {"CHƯƠNG", SX_RANK_CHAPTER},
                                   {"Mục", SX_RANK_DIVISION},      {"Phần", SX_RANK_PART},
                                   {"PHẦN", SX_RANK_PART},         {"Rozdział", SX_RANK_CHAPTER},
                                   {"Artykuł", SX_RANK_ARTICLE},   {"Articolul", SX_RANK_ARTICLE},
                                   {"Capitolul", SX_RANK_CHAPTER}, {"Artículo", SX_RANK_ARTICLE},
                                   {"المادة", SX_RANK_ARTICLE},    {"مادة", SX_RANK_ARTICLE},
                                   {"الفصل", SX_RANK_CHAPTER},     {"الباب", SX_RANK_PART},
                                   {"अध्याय", SX_RANK_CHAPTER},     {"धारा", SX_RANK_ARTICLE},
                                   {"अनुच्छेद", SX_RANK_ARTICLE},     {"มาตรา", SX_RANK_ARTICLE},
                                   {"หมวด", SX_RANK_CHAPTER},      {"บทที่", SX_RANK_CHAPTER},
                                   {"ข้อ", SX_RANK_ARTICLE}};

static const char *const number_words[] = {"one",     "two",     "three", "four",      "five",    "six",      "seven",
                                           "eight",   "nine",    "ten",   "eleven",    "twelve",  "first",    "second",
                                           "third",   "fourth",  "fifth", "sixth",     "premier", "première", "unique",
                                           "primero", "primera", "único", "preliminar"};

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alpha(char c)
{
    return (unsigned)(c | 0x20) - 'a' < 26u;
}

/* Length of `word` at s (n bytes), compared without ASCII case and for Í/Á/Ó; 0 when something else stands there. */
static size_t match_word(const char *s, size_t n, const char *word)
{
    size_t len = strlen(word);
    if (len > n) return 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char a = (unsigned char)lower(s[i]), b = (unsigned char)word[i];
        bool accented = i > 0 && (unsigned char)word[i - 1] == 0xC3 && b >= 0xA0;
        if (a != b && !(accented && a == b - 0x20)) return 0;
    }
    return len;
}

static size_t roman_run(const char *s, size_t n)
{
    size_t i = 0;
    while (i < n && i < 9 && s[i] && strchr("IVXLC", s[i])) i++;
    return i;
}

static size_t digit_run(const char *s, size_t n, uint32_t *value)
{
    size_t i = 0;
    *value = 0;
    while (i < n && i < 9 && is_digit(s[i])) *value = *value * 10 + (uint32_t)(s[i++] - '0');
    return i;
}

/* 3, 3.1, 3.1.2, 7A: digits with single full stops between. The trailing full stop is not taken. */
static size_t decimal_run(const char *s, size_t n, sx_label *label)
{
    size_t i = digit_run(s, n, &label->top);
    if (i == 0) return 0;
    label->last = label->top;
    label->parts = 1;
    while (i + 1 < n && s[i] == '.' && is_digit(s[i + 1]) && label->parts < 8) {
        i += 1 + digit_run(s + i + 1, n - i - 1, &label->last);
        label->parts++;
    }
    return i;
}

/* What may follow the number of a named label. */
static bool number_ends(const char *s, size_t n, size_t i)
{
    return i >= n || s[i] == ' ' || s[i] == '.' || s[i] == ':' || s[i] == '\t' || s[i] == ',' || s[i] == ')' ||
           s[i] == '\n' || s[i] == '-' || s[i] == '\r' || (unsigned char)s[i] == 0xE2 || (unsigned char)s[i] == 0xC2 ||
           s[i] == '(';
}

static size_t name_number(const char *s, size_t n, sx_label *label)
{
    size_t i = decimal_run(s, n, label);
    if (i) {
        if (i < n && is_alpha(s[i]) && number_ends(s, n, i + 1)) i++;                    /* 7A, § 312a */
        if (i + 1 < n && (s[i] == 'e' || s[i] == 'o') && lower(s[i + 1]) == 'r') i += 2; /* 1er */
        if (i + 1 < n && (unsigned char)s[i] == 0xC2 &&
            ((unsigned char)s[i + 1] == 0xBA || (unsigned char)s[i + 1] == 0xB0))
            i += 2;
        return number_ends(s, n, i) ? i : 0;
    }
    i = roman_run(s, n);
    if (i && number_ends(s, n, i)) return i;
    if (n && s[0] >= 'A' && s[0] <= 'Z') {
        size_t more = n > 1 && s[1] == '-' ? 2 + digit_run(s + 2, n - 2, &label->last) : 1; /* Exhibit A-1 */
        if (number_ends(s, n, more)) return more;
    }
    for (size_t w = 0; w < sizeof number_words / sizeof number_words[0]; w++) {
        i = match_word(s, n, number_words[w]);
        if (i && number_ends(s, n, i)) return i;
    }
    return 0;
}

static size_t blanks(const char *s, size_t n)
{
    size_t i = 0;
    while (i < n) {
        if (s[i] == ' ' || s[i] == '\t')
            i++;
        else if (i + 1 < n && (unsigned char)s[i] == 0xC2 && (unsigned char)s[i + 1] == 0xA0)
            i += 2;
        else
            break;
    }
    return i;
}

static size_t wide_digit_run(const char *s, size_t n) /* Arabic-Indic, Devanagari, Thai: any decimal digits */
{
    size_t i = 0, len;
    while (i < n && i < 18 && (sx_uc_class(sx_utf8_next(s + i, n - i, &len)) & SX_UC_ND)) i += len;
    return i;
}

static bool read_foreign(sx_label *label, const char *s, size_t n)
{
    if ((unsigned char)s[0] < 0xC3 && !strchr("MBCPRA", s[0])) return false;
    for (size_t k = 0; k < sizeof foreign / sizeof foreign[0]; k++) {
        size_t i = strlen(foreign[k].word), gap;
        if (i >= n || memcmp(s, foreign[k].word, i) != 0) continue;
        gap = blanks(s + i, n - i);
        bool open = s[i + gap] == '(' && i + gap + 1 < n; /* المادة (3) */
        size_t at = i + gap + (open ? 1 : 0), number = gap || open ? name_number(s + at, n - at, label) : 0;
        if (number == 0) number = wide_digit_run(s + at, n - at);
        if (number == 0) continue;
        i = at + number;
        if (open && i < n && s[i] == ')') i++;
        if (i < n && (s[i] == '.' || s[i] == ':')) {
            label->stopped = true;
            i++;
        }
        label->kind = SX_LABEL_NAMED;
        label->rank = foreign[k].rank;
        label->strong = true;
        label->end = i;
        return true;
    }
    return false;
}

static bool read_named(sx_label *label, const char *s, size_t n)
{
    char c = s[0];
    bool sign = (unsigned char)c == 0xC2 && n > 1 && (unsigned char)s[1] == 0xA7;
    if (!sign && !(c >= 'A' && c <= 'Z')) return false;
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        size_t i = match_word(s, n, names[k].word), gap;
        if (i == 0) continue;
        gap = blanks(s + i, n - i);
        if (gap == 0 && !sign) continue;
        size_t number = name_number(s + i + gap, n - i - gap, label);
        if (number == 0) continue;
        i += gap + number;
        if (i < n && (s[i] == '.' || s[i] == ':')) {
            label->stopped = true;
            i++;
        }
        label->kind = SX_LABEL_NAMED;
        label->rank = names[k].rank;
        label->strong = true;
        label->end = i;
        return true;
    }
    return false;
}

/* One CJK numeral or a digit of any width: its length in bytes, 0 when it is none. */
static size_t han_digit(const char *s, size_t n)
{
    static const char *const all = "零〇○一二三四五六七八九十百千两壹贰叁";
    if (n && is_digit(s[0])) return 1;
    if (n < 3) return 0;
    if ((unsigned char)s[0] == 0xEF && (unsigned char)s[1] == 0xBC && (unsigned char)s[2] >= 0x90 &&
        (unsigned char)s[2] <= 0x99)
        return 3;
    for (const char *p = all; *p; p += 3)
        if (memcmp(p, s, 3) == 0) return 3;
    return 0;
}

static size_t han_run(const char *s, size_t n)
{
    size_t i = 0, d;
    while (i < 30 && (d = han_digit(s + i, n - i)) != 0) i += d;
    return i;
}

static uint8_t han_unit(const char *s, size_t n, size_t *len)
{
    static const struct {
        const char *unit;
        uint8_t rank;
    } units[] = {{"分编", SX_RANK_SUBPART}, {"分編", SX_RANK_SUBPART},   {"编", SX_RANK_PART},
                 {"編", SX_RANK_PART},      {"篇", SX_RANK_PART},        {"卷", SX_RANK_BOOK},
                 {"部分", SX_RANK_PART},    {"章", SX_RANK_CHAPTER},     {"节", SX_RANK_DIVISION},
                 {"節", SX_RANK_DIVISION},  {"款", SX_RANK_SUBDIVISION}, {"条", SX_RANK_CLAUSE},
                 {"條", SX_RANK_CLAUSE},    {"편", SX_RANK_PART},        {"장", SX_RANK_CHAPTER},
                 {"절", SX_RANK_DIVISION},  {"조", SX_RANK_CLAUSE}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        *len = strlen(units[i].unit);
        if (*len <= n && memcmp(s, units[i].unit, *len) == 0) return units[i].rank;
    }
    return 0;
}

/* 第三条, 第十二条之一, 제3조 */
static bool read_ordinal(sx_label *label, const char *s, size_t n)
{
    if (n < 9 || (memcmp(s, "第", 3) != 0 && memcmp(s, "제", 3) != 0)) return false;
    size_t i = 3 + blanks(s + 3, n - 3), digits = han_run(s + i, n - i), unit;
    if (digits == 0) return false;
    i += digits;
    i += blanks(s + i, n - i);
    label->rank = han_unit(s + i, n - i, &unit);
    if (label->rank == 0) return false;
    i += unit;
    if (n - i > 3 && (memcmp(s + i, "之", 3) == 0 || memcmp(s + i, "の", 3) == 0 || memcmp(s + i, "의", 3) == 0)) {
        size_t more = han_run(s + i + 3, n - i - 3);
        if (more) i += 3 + more;
    }
    /* 第三条的规定, 第三条第二款: a reference, not a label */
    static const char *const goes_on[] = {"第", "的", "规", "規", "和", "、", "，", "至",
                                          "及", "或", "에", "의", "제", "中", "所"};
    for (size_t k = 0; k < sizeof goes_on / sizeof goes_on[0]; k++)
        if (n - i >= 3 && memcmp(s + i, goes_on[k], 3) == 0) return false;
    label->kind = SX_LABEL_NAMED;
    label->strong = true;
    label->end = i;
    return true;
}

static bool read_han_list(sx_label *label, const char *s, size_t n)
{
    size_t i = han_run(s, n);
    if (i == 0 || is_digit(s[0]) || n - i < 3) return false;
    if (memcmp(s + i, "、", 3) != 0 && memcmp(s + i, "．", 3) != 0) return false;
    label->kind = SX_LABEL_HAN;
    label->rank = SX_RANK_ROMAN;
    label->stopped = true;
    label->end = i + 3;
    return true;
}

/* (a) (iv) (12) （一） ① a) 2) b. */
static bool read_item(sx_label *label, const char *s, size_t n)
{
    size_t i = 0, wide = 0;
    label->kind = SX_LABEL_ITEM;
    if (n > 3 && s[0] >= 'a' && s[0] <= 'z' && s[1] == '.' && blanks(s + 2, n - 2) > 0) {
        label->end = 2;
        return true;
    }
    if (n >= 3 && (unsigned char)s[0] == 0xE2 && (unsigned char)s[1] == 0x91 && (unsigned char)s[2] < 0xB4) {
        label->end = 3;
        return true;
    }
    if (s[0] == '(')
        i = 1;
    else if (n >= 3 && memcmp(s, "（", 3) == 0)
        wide = i = 3;
    size_t from = i, digits = han_run(s + i, n - i);
    if (digits) {
        i += digits;
    } else {
        while (i < n && i - from < 5 && is_alpha(s[i])) i++;
        bool roman = true;
        for (size_t k = from; k < i; k++) roman &= strchr("ivxlc", lower(s[k])) != NULL;
        if (i == from || (i - from > 2 && !roman)) return false;
        if (i - from == 2 && !roman && s[from] != s[from + 1]) return false; /* (aa) but not (to) */
    }
    if (i < n && s[i] == ')') {
        i++;
        if (i < n && s[i] != ' ' && s[i] != '\t' && s[i] != '\n' && from == 0) return false;
    } else if (wide && n - i >= 3 && memcmp(s + i, "）", 3) == 0) {
        i += 3;
    } else {
        return false;
    }
    if (from == 0 && i > 4) return false;
    label->end = i;
    return true;
}

static bool read_bullet(sx_label *label, const char *s, size_t n)
{
    static const char *const marks[] = {
        "•", "▪", "●", "○", "◦", "■", "□", "·", "–", "—", "‣", "➢", "✓", "-", "*", "\xEF\x82\xB7", "\xEF\x82\xA7"};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        size_t len = strlen(marks[i]);
        if (n <= len || memcmp(s, marks[i], len) != 0) continue;
        if (blanks(s + len, n - len) == 0) return false;
        label->kind = SX_LABEL_BULLET;
        label->end = len;
        return true;
    }
    return false;
}

static bool read_decimal(sx_label *label, const char *s, size_t n)
{
    size_t i = decimal_run(s, n, label);
    if (i == 0) return false;
    if (i < n && s[i] == '.') {
        label->stopped = true;
        i++;
    } else if (n - i >= 3 && (memcmp(s + i, "．", 3) == 0 || memcmp(s + i, "、", 3) == 0)) {
        label->stopped = true;
        i += 3;
    } else if (label->parts == 1) {
        return false;
    }
    if (i < n && blanks(s + i, n - i) == 0 && s[i] != '\n' && (unsigned char)s[i] < 0xE3) return false;
    label->kind = SX_LABEL_DECIMAL;
    label->rank = (uint8_t)(SX_RANK_CLAUSE + 2 * ((label->parts > 4 ? 4 : label->parts) - 1));
    label->end = i;
    return true;
}

static bool read_letter(sx_label *label, const char *s, size_t n)
{
    size_t i = roman_run(s, n);
    bool roman = i > 0 && i < n && s[i] == '.' && !(i == 1 && strchr("LC", s[0]));
    if (!roman) i = n > 2 && s[0] >= 'A' && s[0] <= 'Z' ? 1 : 0;
    if (i == 0 || i + 1 >= n || s[i] != '.' || blanks(s + i + 1, n - i - 1) == 0) return false;
    label->kind = roman ? SX_LABEL_ROMAN : SX_LABEL_LETTER;
    label->rank = roman ? SX_RANK_ROMAN : SX_RANK_LETTER;
    label->last = roman ? 0 : (uint32_t)(s[0] - 'A' + 1);
    label->stopped = true;
    label->end = i + 1;
    return true;
}

bool sx_label_read(sx_label *label, const char *text, size_t start, size_t end)
{
    const char *s = text + start;
    size_t n = end - start < 64 ? end - start : 64;
    if (n == 0) return false;
    typedef bool (*reader)(sx_label *, const char *, size_t);
    static const reader readers[] = {read_named,   read_foreign, read_ordinal, read_han_list,
                                     read_decimal, read_letter,  read_item,    read_bullet};
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        memset(label, 0, sizeof *label);
        if (!readers[i](label, s, n)) continue;
        label->end += start;
        return true;
    }
    return false;
}
