/* Sentence ends. Two kinds of terminators: those that always end a sentence (。！？ and the like, which stand in scripts
 * without spaces or are used for nothing else) and those of Latin type, which end one only before white space and, for the
 * full stop, only when what stands before is no abbreviation, initial or label and what follows does not go on in lower
 * case. Every test looks at a bounded stretch, so the scan is linear. */
#include "retrieve/read/sentence.h"

#include <stdint.h>
#include <string.h>

#include "platform/ascii.h"
#include "platform/unicode.h"
#include "platform/utf8.h"

/* White space in the sense of text layout: ASCII blanks, no-break space, ideographic space, byte order mark. */
static size_t space_at(const char *s, size_t n)
{
    unsigned char c = (unsigned char)s[0];
    if (c == ' ' || (c >= '\t' && c <= '\r') || c == '\0') return 1;
    if (c == 0xC2 && n > 1 && ((unsigned char)s[1] == 0xA0 || (unsigned char)s[1] == 0x85)) return 2;
    if (c == 0xE2 && n > 2 && (unsigned char)s[1] == 0x80) {
        unsigned char d = (unsigned char)s[2];
        if ((d >= 0x80 && d <= 0x8B) || d == 0xA8 || d == 0xA9 || d == 0xAF) return 3;
    }
    if (c == 0xE3 && n > 2 && (unsigned char)s[1] == 0x80 && (unsigned char)s[2] == 0x80) return 3;
    if (c == 0xEF && n > 2 && (unsigned char)s[1] == 0xBB && (unsigned char)s[2] == 0xBF) return 3;
    return 0;
}

size_t sx_skip_space(const char *text, size_t start, size_t end)
{
    while (start < end) {
        size_t n = space_at(text + start, end - start);
        if (n == 0) break;
        start += n;
    }
    return start;
}

size_t sx_trim_space(const char *text, size_t start, size_t end)
{
    while (end > start) {
        size_t n = 0;
        for (size_t width = 1; width <= 3 && width <= end - start; width++)
            if (space_at(text + end - width, width) == width) n = width;
        if (n == 0) break;
        end -= n;
    }
    return end;
}

size_t sx_count_chars(const char *text, size_t start, size_t end)
{
    return end > start ? sx_utf8_count(text + start, end - start) : 0;
}

static bool is_final(uint32_t cp) /* ends a sentence wherever it stands */
{
    switch (cp) {
    case 0x3002:
    case 0xFF01:
    case 0xFF1F:
    case 0xFF61: /* CJK */
    case 0x0964:
    case 0x0965: /* danda */
    case 0x061F:
    case 0x06D4: /* Arabic, Urdu */
    case 0x1362:
    case 0x0589:
    case 0x17D4:
    case 0x104B: /* Ethiopic, Armenian, Khmer, Myanmar */
    case 0x203C:
    case 0x2047:
    case 0x2048:
    case 0x2049: return true;
    default: return false;
    }
}

static bool is_closer(uint32_t cp)
{
    switch (cp) {
    case ')':
    case ']':
    case '}':
    case '"':
    case '\'':
    case '*':
    case '_':
    case '`':
    case 0x2019:
    case 0x201D:
    case 0x00BB:
    case 0x203A:
    case 0x300D:
    case 0x300F:
    case 0xFF09:
    case 0x3011:
    case 0x300B:
    case 0x3009:
    case 0x3015:
    case 0xFF3D:
    case 0xFF5D:
    case 0xFF02: return true;
    default: return false;
    }
}

static size_t skip_closers(const char *text, size_t i, size_t end)
{
    while (i < end) {
        size_t n;
        if (!is_closer(sx_utf8_next(text + i, end - i, &n))) break;
        i += n;
    }
    return i;
}

/* Words that a full stop follows without ending the sentence. Sorted by bytes, lower case. */
static const char *const abbreviations[] = {
    "abs",  "al",  "anm", "app", "approx", "art",  "arts",  "aufl", "bd",  "bspw", "bzgl", "bzw",  "ca",   "cap",
    "cf",   "ch",  "cit", "cl",  "col",    "dept", "dr",    "dra",  "ed",  "eds",  "eq",   "eqs",  "esp",  "etc",
    "evtl", "ex",  "exh", "fig", "figs",   "gem",  "gen",   "ggf",  "gov", "hon",  "ibid", "incl", "inkl", "insb",
    "lit",  "lt",  "m",   "max", "mio",    "mme",  "mr",    "mrd",  "mrs", "ms",   "mt",   "n",    "no",   "nos",
    "nr",   "num", "núm", "p",   "par",    "para", "paras", "pg",   "pp",  "prof", "pt",   "pág",  "ref",  "refs",
    "resp", "rev", "rn",  "sec", "secs",   "sen",  "sog",   "sr",   "sra", "srta", "st",   "ste",  "str",  "tab",
    "tel",  "usw", "vgl", "viz", "vol",    "vols", "vs",    "zit",  "zzgl"};
/* Those that may just as well be the last word. */
static const char *const maybe_last[] = {"bros", "cie", "co", "corp", "inc", "jr", "llc", "ltd"};
static const char *const starters[] = {"A",     "After", "All",  "An",      "As",   "At",  "But",   "By",
                                       "Each",  "For",   "He",   "However", "If",   "In",  "It",    "No",
                                       "On",    "Our",   "She",  "Such",    "That", "The", "Their", "There",
                                       "These", "They",  "This", "To",      "Upon", "We",  "When",  "With"};
static const char *const after_ordinal[] = {"April",        "August",   "Dezember", "Februar",  "Jahrhundert",
                                            "Jahrhunderts", "Januar",   "Juli",     "Juni",     "Mai",
                                            "März",         "November", "Oktober",  "September"};

/* The lists are sorted by bytes. */
static bool in_list(const char *const *list, size_t n, const char *word, size_t len)
{
    for (size_t low = 0, high = n; low < high;) {
        size_t mid = (low + high) / 2, k = 0;
        while (k < len && word[k] && list[mid][k] == word[k]) k++;
        unsigned char is = (unsigned char)list[mid][k], wanted = k < len ? (unsigned char)word[k] : 0;
        if (k == len && !is) return true;
        if (is <= wanted) /* equal only where the word holds a NUL, which no list does */
            low = mid + 1;
        else
            high = mid;
    }
    return false;
}
#define IN_LIST(list, word, len) in_list(list, sizeof(list) / sizeof(list)[0], word, len)

#define WORD_MAX 16

static size_t word_at(const char *text, size_t i, size_t end)
{
    size_t n = 0;
    while (i + n < end && n < WORD_MAX) {
        unsigned char c = (unsigned char)text[i + n];
        bool letter = c >= 0x80 || (c | 0x20u) - 'a' < 26u;
        if (!letter) break;
        n++;
    }
    return n;
}

/* The token before offset i: its start, going back over at most WORD_MAX bytes that are neither blank nor opening. */
static size_t token_before(const char *text, size_t start, size_t i)
{
    size_t from = i;
    while (from > start && i - from <= WORD_MAX) {
        unsigned char c = (unsigned char)text[from - 1];
        if (c <= ' ' || c == '(' || c == '[' || c == '"' || c == '\'' || c == '/') break;
        if (c >= 0x80 && from >= start + 3 && (unsigned char)text[from - 3] == 0xE2)
            break; /* typographic quotes, dashes */
        if (c >= 0x80 && from >= start + 2 && (unsigned char)text[from - 2] == 0xC2) break; /* « and no-break space */
        from--;
    }
    return from;
}

/* "IV", "12", "(a", "3.1": what labels a clause when it opens the sentence. */
static bool is_label(const char *s, size_t n)
{
    bool digits = false, letters = false;
    if (n == 0 || n > 8) return false;
    for (size_t i = 0; i < n; i++) {
        char c = s[i];
        if (c >= '0' && c <= '9')
            digits = true;
        else if (strchr("IVXLCivxlc", c))
            letters = true;
        else if (c != '.')
            return n == 1;
    }
    return digits != letters;
}

/* Does the full stop at `dot` end the sentence that began at start? `next` is the first byte behind it and its closers. */
static bool stop_ends(const char *text, size_t start, size_t dot, size_t next, size_t end)
{
    size_t follow = sx_skip_space(text, next, end);
    if (follow >= end) return true;
    size_t n;
    if (sx_uc_class(sx_utf8_next(text + follow, end - follow, &n)) & SX_UC_LL) return false;
    size_t from = token_before(text, start, dot), len = dot - from;
    if (len == 0 || len > WORD_MAX) return true;
    const char *token = text + from;
    if (sx_skip_space(text, start, from) == from && is_label(token, len)) return false;
    size_t next_len = word_at(text, follow, end);
    size_t first;
    uint32_t cp = sx_utf8_next(token, len, &first);
    if (first == len && (sx_uc_class(cp) & SX_UC_L)) return sx_uc_is_unspaced(cp); /* an initial */
    char lower[WORD_MAX];
    bool inner_stop = false, digits = true;
    for (size_t i = 0; i < len; i++) {
        char c = token[i];
        lower[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
        inner_stop |= c == '.';
        digits &= c >= '0' && c <= '9';
    }
    if (digits) return !(len <= 2 && IN_LIST(after_ordinal, text + follow, next_len));
    if ((inner_stop && !(token[len - 1] >= '0' && token[len - 1] <= '9')) || /* U.S, e.g, z.B */
        IN_LIST(maybe_last, lower, len))
        return IN_LIST(starters, text + follow, next_len);
    return !IN_LIST(abbreviations, lower, len);
}

/* 「…。」と言った: a quotation that the sentence goes on after. */
static bool quote_goes_on(const char *text, size_t i, size_t end)
{
    if (i >= end) return false;
    size_t n;
    uint32_t cp = sx_utf8_next(text + i, end - i, &n);
    return cp == 0x3068 || cp == 0x3063 || cp == 0x306E || cp == 0x3001 || cp == 0xFF0C || cp == ',' || cp == 0x3002;
}

static bool goes_on_lower(const char *text, size_t i, size_t end)
{
    size_t n;
    i = sx_skip_space(text, i, end);
    return i < end && (sx_uc_class(sx_utf8_next(text + i, end - i, &n)) & SX_UC_LL) != 0;
}

static size_t skip_terminators(const char *text, size_t i, size_t end)
{
    while (i < end) {
        size_t n;
        uint32_t cp = sx_utf8_next(text + i, end - i, &n);
        if (cp != '.' && cp != '!' && cp != '?' && cp != 0x2026 && !is_final(cp)) break;
        i += n;
    }
    return i;
}

/* Thai and Lao end a phrase with a blank and have no full stop: a blank after this many bytes ends what we call a sentence. */
enum { PHRASE_BYTES = 240 };

static bool after_thai(const char *text, size_t i) /* i > 2 */
{
    unsigned char lead = (unsigned char)text[i - 3], second = (unsigned char)text[i - 2];
    return lead == 0xE0 && second >= 0xB8 && second <= 0xBB;
}

static bool blank_line_at(const char *text, size_t i, size_t end)
{
    while (i < end && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r')) i++;
    return i < end && text[i] == '\n';
}

/* The first byte of eight that a sentence may end at: a stop, a line's end, anything beyond ASCII. */
static unsigned uneventful(const char *p)
{
    uint64_t v = sx_ascii_load(p), plain = v & ~SX_ASCII_TOPS;
    uint64_t event = sx_ascii_equal(plain, '.') | sx_ascii_equal(plain, '!') | sx_ascii_equal(plain, '?') |
                     sx_ascii_equal(plain, '\n') | (v & SX_ASCII_TOPS);
    return sx_ascii_run(~event & SX_ASCII_TOPS);
}

size_t sx_sentence_end(const char *text, size_t start, size_t end, bool lines)
{
    size_t i = sx_skip_space(text, start, end);
    while (i < end) {
        if (i > start && (unsigned char)text[i - 1] < 0x80) { /* behind other scripts a blank may end a sentence too */
            while (end - i >= 8) {
                unsigned n = uneventful(text + i);
                i += n;
                if (n < 8) break;
            }
            if (i == end) break;
        }
        unsigned char c = (unsigned char)text[i];
        if (c < 0x80 && c != '.' && c != '!' && c != '?' && c != '\n') {
            if (c == ' ' && i - start >= PHRASE_BYTES && after_thai(text, i)) return i;
            i++;
            continue;
        }
        if (c == '\n') {
            if (lines || blank_line_at(text, i + 1, end)) return i;
            i++;
            continue;
        }
        size_t n;
        uint32_t cp = sx_utf8_next(text + i, end - i, &n);
        bool final = is_final(cp), narrow = cp == '.' || cp == '!' || cp == '?' || cp == 0x2026;
        if (!final && !narrow) {
            i += n;
            continue;
        }
        size_t stop = skip_terminators(text, i + n, end), next = skip_closers(text, stop, end);
        if (next >= end) return end;
        bool ends;
        if (final)
            ends = next == stop || !quote_goes_on(text, next, end);
        else if (space_at(text + next, end - next) == 0)
            ends = false;
        else if (next > stop && goes_on_lower(text, next, end)) /* "Really?" she asked */
            ends = false;
        else
            ends = (cp == '.' && stop == i + 1) ? stop_ends(text, start, i, next, end)
                                                : cp != 0x2026 || stop_ends(text, i, i, next, end);
        if (ends) return next;
        i = next;
    }
    return end;
}
