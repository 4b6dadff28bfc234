/* What a line of plain text looks like. Only the first 4096 code points of a line count: longer ones are prose. */
#include "platform/unicode.h"
#include "platform/utf8.h"
#include "retrieve/read/sentence.h"
#include "retrieve/read/text.h"

enum { LOOK_BYTES = 4096, CAPS_BYTES = 240, GAP = 3 };

static bool is_terminator(uint32_t cp)
{
    switch (cp) {
    case '.':
    case '!':
    case '?':
    case ';':
    case ':':
    case 0x3002:
    case 0xFF01:
    case 0xFF1F:
    case 0xFF1B:
    case 0xFF1A:
    case 0x0964:
    case 0x061F:
    case 0x06D4:
    case 0x2026: return true;
    default: return false;
    }
}

/* The last code point that is no closing quote or bracket. */
static uint32_t last_point(const char *text, size_t start, size_t end)
{
    uint32_t cp = 0;
    for (int i = 0; i < 4 && end > start; i++) {
        size_t n;
        cp = sx_utf8_prev(text + start, end - start, &n);
        if (cp != ')' && cp != '"' && cp != '\'' && cp != 0x201D && cp != 0x2019 && cp != 0x300D && cp != 0xFF09 &&
            cp != 0xBB)
            break;
        end -= n;
    }
    return cp;
}

static bool all_caps(const char *text, size_t start, size_t end)
{
    unsigned upper = 0;
    while (start < end) {
        unsigned char c = (unsigned char)text[start];
        size_t n = 1;
        if (c < 0x80) {
            if (c >= 'a' && c <= 'z') return false;
            upper += c >= 'A' && c <= 'Z';
        } else {
            uint32_t class = sx_uc_class(sx_utf8_next(text + start, end - start, &n));
            if (class & SX_UC_LL) return false;
            upper += (class & SX_UC_LU) != 0;
        }
        start += n;
    }
    return upper >= 3;
}

/* Two gaps of blanks, or one before a number: columns. */
static bool has_columns(const char *text, size_t start, size_t end)
{
    unsigned gaps = 0, tabs = 0, pipes = 0;
    for (size_t i = start; i < end; i++) {
        if (text[i] == '|') pipes++;
        if (text[i] != ' ' && text[i] != '\t') continue;
        size_t from = i;
        bool tab = false;
        for (; i < end && (text[i] == ' ' || text[i] == '\t'); i++) tab |= text[i] == '\t';
        if (i >= end) break;
        tabs += tab;
        if (i - from < GAP && !tab) {
            i--;
            continue;
        }
        gaps++;
        char c = text[i];
        if ((c >= '0' && c <= '9') || c == '$' || c == '(' || c == '-') gaps++;
        i--;
    }
    size_t each = (end - start) / 80; /* in a long line a gap or two are no columns */
    return gaps >= 2 + 2 * each || tabs >= 2 + each || pipes >= 3 + each;
}

void sx_text_look(const sx_lines *lines, size_t at, sx_text_line *line)
{
    const char *text = lines->text;
    *line = (sx_text_line){.at = sx_line_at(lines, at)};
    sx_line *l = &line->at;
    for (size_t i = l->start; i < l->first; i++) line->page |= text[i] == '\f';
    const char *feed = l->first < l->end ? memchr(text + l->first, '\f', l->end - l->first) : NULL;
    if (feed) { /* a page ends inside the line: the rest is a line of its own */
        l->next = (size_t)(feed - text);
        l->end = sx_trim_space(text, l->first, l->next);
    }
    if (l->indent > 0 && line->page) l->indent--;
    l->first = sx_skip_space(text, l->first, l->end);
    line->blank = sx_line_blank(l);
    if (line->blank) return;
    size_t look = l->end - l->first > LOOK_BYTES ? l->first + LOOK_BYTES : l->end;
    size_t n;
    line->chars = sx_count_chars(text, l->first, look);
    line->ended = is_terminator(last_point(text, l->end - l->first > 64 ? l->end - 64 : l->first, l->end));
    line->has_label = sx_label_read(&line->label, text, l->first, l->end);
    size_t word = line->has_label && line->label.kind >= SX_LABEL_ITEM ? sx_skip_space(text, line->label.end, l->end)
                                                                       : l->first;
    uint32_t class = word < l->end ? sx_uc_class(sx_utf8_next(text + word, l->end - word, &n)) : 0;
    line->lower = (class & SX_UC_LL) != 0;
    line->upper = !line->lower && (class & (SX_UC_L | SX_UC_N)) != 0;
    if (look == l->end) line->table = has_columns(text, l->first, l->end);
    if (l->end - l->first <= CAPS_BYTES) line->caps = all_caps(text, l->first, l->end);
}

bool sx_text_is_entry(const char *text, const sx_text_line *line)
{
    size_t i = line->at.end, start = line->at.first, digits = 0;
    while (i > start && ((text[i - 1] >= '0' && text[i - 1] <= '9') || strchr("ivxIVX", text[i - 1])) && digits < 6) {
        if (text[i - 1] == '\0') break;
        digits++;
        i--;
    }
    if (digits == 0 || i == start) return false;
    size_t blanks = 0, dots = 0;
    while (i > start && (text[i - 1] == ' ' || text[i - 1] == '\t' || text[i - 1] == '.')) {
        if (text[i - 1] == '.')
            dots++;
        else
            blanks += text[i - 1] == '\t' ? 4 : 1;
        i--;
    }
    return dots >= 3 || blanks >= 2;
}
