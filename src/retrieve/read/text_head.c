/* Which lines of plain text are headings: numbered clauses in their order, words with numbers, capitals, underlined lines,
 * and short lines that stand over text. A wrong heading costs little when text follows it (its words still lead to that
 * text) and nothing when none does (it becomes text again), so the looks may be judged by simple rules. */
#include "platform/unicode.h"
#include "platform/utf8.h"
#include "retrieve/read/sentence.h"
#include "retrieve/read/text.h"

enum {
    LINE_CHARS = 120, /* a heading on a line of its own has at most so many code points */
    TITLE_CHARS = 90, /* a title before the text of its clause */
    SHORT_CHARS = 80,
    HAN_CHARS = 40, /* the same for scripts that need fewer */
    OFTEN = 4       /* a line that occurs more often is a running head */
};

static const sx_text_heading none = {0};

static bool next_line(sx_text_scan *s, size_t at, sx_text_line *line)
{
    if (at >= s->lines.len) return false;
    if (!s->next_known || s->next_at != at) {
        sx_text_look(&s->lines, at, &s->next);
        s->next_at = at;
        s->next_known = true;
    }
    *line = s->next;
    return true;
}

/* The next line that is not blank, over at most four blank ones and no page break. */
static bool next_text(sx_text_scan *s, size_t at, sx_text_line *line, bool *gap)
{
    *gap = false;
    for (int i = 0; i < 5; i++) {
        if (!next_line(s, at, line) || line->page) return false;
        if (!line->blank) return true;
        *gap = true;
        at = line->at.next;
    }
    return false;
}

/* Most longer words begin with a capital; lines of scripts without case pass when they are short. */
static bool title_like(const char *text, size_t start, size_t end)
{
    unsigned words = 0, capital = 0, han = 0, digits = 0;
    for (size_t i = start; i < end;) {
        size_t n, from = i, letters = 0;
        uint32_t cp = sx_utf8_next(text + i, end - i, &n);
        if (!(sx_uc_class(cp) & (SX_UC_L | SX_UC_ND))) {
            i += n;
            continue;
        }
        bool upper = (sx_uc_class(cp) & SX_UC_LU) != 0, digit = (sx_uc_class(cp) & SX_UC_ND) != 0;
        if (sx_uc_is_unspaced(cp) || sx_uc_is_hangul(cp)) han++;
        while (i < end) {
            cp = sx_utf8_next(text + i, end - i, &n);
            if (!(sx_uc_class(cp) & (SX_UC_L | SX_UC_ND | SX_UC_M)) && cp != '\'' && cp != 0x2019) break;
            letters++;
            i += n;
        }
        if (digit)
            digits++;
        else if (letters > 3 || from == start || upper) {
            words++;
            capital += upper;
        }
    }
    if (han) return true;
    return words > 0 && words <= 16 && capital * 5 >= words * 3 && digits <= 2;
}

/* A title that stands before the text of its clause: "8. Fees. The Company shall": its end, or 0. */
static size_t run_in_title(const char *text, size_t start, size_t end)
{
    size_t limit = end - start > 4 * TITLE_CHARS ? start + 4 * TITLE_CHARS : end;
    for (size_t i = start; i < limit; i++) {
        char c = text[i];
        bool stop = (c == '.' || c == ':') && i + 1 < end && (text[i + 1] == ' ' || text[i + 1] == '\t');
        if (c == ';' || c == '\n') return 0;
        if (!stop) continue;
        if (sx_count_chars(text, start, i) > TITLE_CHARS || !title_like(text, start, i)) return 0;
        return i;
    }
    return 0;
}

/* A title on the line behind a bare label ("ARTICLE I" / "THE MERGER"). */
static void take_title_line(sx_text_scan *s, sx_text_heading *h)
{
    sx_text_line next;
    bool gap;
    if (!next_text(s, h->after, &next, &gap) || next.table || next.chars > SHORT_CHARS || next.lower) return;
    if (next.has_label && next.label.kind != SX_LABEL_BULLET) return;
    bool titled = next.caps || (h->rank <= SX_RANK_DIVISION && next.chars <= SHORT_CHARS * 3 / 4) ||
                  title_like(s->lines.text, next.at.first, next.at.end);
    if (next.ended || !titled) return;
    h->title_end = next.at.end;
    h->after = next.at.next;
}

static bool goes_on_in_prose(const char *text, size_t at, size_t end)
{
    if (at >= end) return false;
    size_t n;
    char c = text[at];
    uint32_t class = sx_uc_class(sx_utf8_next(text + at, end - at, &n));
    return (class & SX_UC_LL) != 0 || c == ',' || c == '(' || c == ')' || c == ';';
}

/* The line before runs into this one. */
static bool mid_sentence(const sx_text_scan *s)
{
    return s->wrapped && s->any_prev && !s->blank_before && !s->prev.ended && s->prev.chars * 5 >= s->width * 3;
}

static bool seen_often(const sx_text_scan *s, const sx_text_line *line)
{
    uint32_t n = sx_map_get(&s->seen, s->lines.text + line->at.first, line->at.end - line->at.first);
    return n != SX_MAP_NONE && n > OFTEN;
}

static size_t bare_label(const char *text, size_t start, size_t end)
{
    while (end > start && (text[end - 1] == '.' || text[end - 1] == ':' || text[end - 1] == ' ')) end--;
    return end - start;
}

/* "PART I" at the head of every page of part I. */
static bool repeats(const sx_text_scan *s, const sx_text_line *line)
{
    const char *text = s->lines.text;
    size_t rank = line->label.rank, n = bare_label(text, line->at.first, line->label.end);
    if (n == 0 || s->named_len[rank] != n || !seen_often(s, line)) return false;
    for (size_t i = 0; i < n; i++)
        if ((text[line->at.first + i] | 0x20) != (text[s->named[rank] + i] | 0x20)) return false;
    return true;
}

static bool han_heading_unit(uint8_t rank)
{
    return rank != SX_RANK_CLAUSE && rank != SX_RANK_ARTICLE;
}

static sx_text_heading named(sx_text_scan *s, const sx_text_line *line)
{
    const char *text = s->lines.text;
    const sx_label *label = &line->label;
    size_t rest = sx_skip_space(text, label->end, line->at.end);
    bool wide = (unsigned char)text[line->at.first] >= 0xE3 && (unsigned char)text[line->at.first] < 0xF0;
    sx_text_heading h = {
        .rank = label->rank, .title = line->at.first, .title_end = line->at.end, .after = line->at.next};
    if (sx_text_is_entry(text, line) || repeats(s, line)) return none;
    if (wide) {
        bool stop = line->ended || line->chars > HAN_CHARS;
        if (han_heading_unit(label->rank)) return stop ? none : h;
        if (rest < line->at.end && (stop || line->chars > HAN_CHARS / 2 + 10)) {
            h.clause = true;
            h.title_end = label->end;
        }
        return h;
    }
    if ((mid_sentence(s) && !line->caps) || goes_on_in_prose(text, rest, line->at.end)) return none;
    for (size_t i = rest; i + 2 < line->at.end; i++) /* "Item 1B. Unresolved Staff Comments   N/A": a row */
        if (text[i] == ' ' && text[i + 1] == ' ' && text[i + 2] == ' ' && line->chars <= LINE_CHARS) return none;
    if (label->rank == SX_RANK_ATTACHMENT &&
        (line->chars > SHORT_CHARS || line->ended || line->table || (!s->blank_before && !line->caps)))
        return none;
    if (label->rank == SX_RANK_ARTICLE && !s->in_chapter) h.rank = SX_RANK_CHAPTER;
    if (label->rank == SX_RANK_CLAUSE && label->parts > 1) h.rank = SX_RANK_SUBCLAUSE;
    if (rest == line->at.end) {
        take_title_line(s, &h);
        return h;
    }
    while (rest < line->at.end && (text[rest] == '-' || text[rest] == '.' || text[rest] == ':')) rest++;
    rest = sx_skip_space(text, rest, line->at.end);
    if (line->chars <= LINE_CHARS && (!line->ended || line->chars <= SHORT_CHARS)) return h;
    size_t title = run_in_title(text, rest, line->at.end);
    h.clause = true;
    h.title_end = title ? title : label->end;
    return h;
}

/* Does a decimal label follow from those before? */
static bool in_sequence(const sx_text_scan *s, const sx_label *label)
{
    uint32_t depth = label->parts > 4 ? 4 : label->parts, before = s->last[depth - 1];
    if (label->top > 200 || label->last > 300) return false;
    if (s->top == 0) return label->last <= 30; /* the first of the document, which may be an excerpt */
    if (depth == 1)
        return label->last == before + 1 || label->last == 1 ||
               (before && label->last > before && label->last <= before + 3);
    if (label->top == s->top) return label->last <= 1 || (label->last > before && label->last <= before + 3);
    return label->last <= 1 || (label->top == s->top + 1 && label->last <= 3);
}

static void follow(sx_text_scan *s, const sx_label *label)
{
    uint32_t depth = label->parts > 4 ? 4 : label->parts;
    s->last[depth - 1] = label->last;
    for (uint32_t d = depth; d < 4; d++) s->last[d] = 0;
    s->top = label->top;
}

static sx_text_heading decimal(sx_text_scan *s, const sx_text_line *line)
{
    const char *text = s->lines.text;
    const sx_label *label = &line->label;
    size_t rest = sx_skip_space(text, label->end, line->at.end);
    sx_text_heading h = {
        .rank = label->rank, .weak = true, .title = line->at.first, .title_end = line->at.end, .after = line->at.next};
    if (!in_sequence(s, label) || line->table || sx_text_is_entry(text, line) || mid_sentence(s)) return none;
    if (rest == line->at.end) {
        if (!label->stopped) return none;
        take_title_line(s, &h);
        follow(s, label);
        return h;
    }
    char c = text[rest];
    if ((c >= '0' && c <= '9') || c == '%' || c == '$') return none;
    if (!label->stopped && goes_on_in_prose(text, rest, line->at.end)) return none;
    bool listed = s->in_list == label->parts && label->last == s->last[label->parts > 4 ? 3 : label->parts - 1] + 1;
    bool more = label->parts > 1 && text[line->at.end - 1] == ';' && line->chars <= 2 * LINE_CHARS;
    s->in_list = more ? label->parts : 0;
    follow(s, label);
    if (listed || more) return none; /* "3.1 knew it;" is one of a list, and so is the one behind it */
    sx_text_line next;
    bool runs_on = next_line(s, line->at.next, &next) && !next.blank &&
                   (next.lower || (next.caps && line->caps && line->chars > SHORT_CHARS / 2));
    if (line->chars <= LINE_CHARS && !line->ended && !runs_on && !goes_on_in_prose(text, rest, line->at.end) &&
        (line->chars <= SHORT_CHARS / 2 || title_like(text, rest, line->at.end)))
        return h;
    if (line->chars <= SHORT_CHARS && line->ended && title_like(text, rest, line->at.end) &&
        text[line->at.end - 1] != ';')
        return h;
    size_t title = run_in_title(text, rest, line->at.end);
    h.clause = true;
    h.weak = false;
    h.title_end = title ? title : sx_trim_space(text, line->at.first, label->end);
    return h;
}

static sx_text_heading short_label(sx_text_scan *s, const sx_text_line *line)
{
    const char *text = s->lines.text;
    const sx_label *label = &line->label;
    size_t rest = sx_skip_space(text, label->end, line->at.end);
    sx_text_heading h = {
        .rank = label->rank, .weak = true, .title = line->at.first, .title_end = line->at.end, .after = line->at.next};
    sx_text_line next;
    if (line->table || sx_text_is_entry(text, line) || mid_sentence(s) || rest == line->at.end) return none;
    if (next_line(s, line->at.next, &next) && !next.blank && next.lower) return none;
    if (label->kind == SX_LABEL_HAN) {
        if (line->chars > HAN_CHARS || line->ended) {
            h.clause = true;
            h.weak = false;
            h.title_end = label->end;
        }
        return h;
    }
    if (line->chars > SHORT_CHARS || line->ended || !(line->caps || title_like(text, rest, line->at.end))) return none;
    if (label->kind == SX_LABEL_LETTER) {
        if (label->last != 1 && label->last != s->letter + 1) return none;
        s->letter = label->last;
    }
    return h;
}

/* ======, ------, ~~~~~~ at offset `at`, about as long as the line above: its character, or 0. */
static char underline_at(sx_text_scan *s, size_t at, const sx_text_line *above, size_t *after)
{
    sx_text_line next;
    const char *text = s->lines.text;
    if (!next_line(s, at, &next) || next.blank || next.page) return 0;
    char c = text[next.at.first];
    if (!strchr("=-~*^_#", c) || c == '\0' || next.chars < 3 || next.chars * 2 < above->chars) return 0;
    for (size_t i = next.at.first; i < next.at.end; i++)
        if (text[i] != c) return 0;
    *after = next.at.next;
    return c;
}

static uint8_t underlined(sx_text_scan *s, const sx_text_line *line, size_t *after)
{
    if (line->chars > LINE_CHARS || line->table) return 0;
    char c = underline_at(s, line->at.next, line, after);
    if (!c) return 0;
    return (uint8_t)(c == '=' ? SX_RANK_DIVISION - 1 : c == '-' ? SX_RANK_DIVISION : SX_RANK_SUBDIVISION);
}

static bool has_letter(const char *text, size_t start, size_t end)
{
    while (start < end) {
        size_t n;
        if (sx_uc_class(sx_utf8_next(text + start, end - start, &n)) & SX_UC_L) return true;
        start += n;
    }
    return false;
}

/* "DOI: 10.1080/2222", "License: cc-by": a name and its value. */
static bool is_field(const char *text, const sx_text_line *line)
{
    for (size_t i = line->at.first; i + 1 < line->at.end; i++)
        if (text[i] == ':' && (text[i + 1] == ' ' || text[i + 1] == '/'))
            return i - line->at.first < 24 || text[i + 1] == '/';
    return false;
}

/* 【...】 and the like around the whole line. */
static bool bracketed(const char *text, const sx_text_line *line)
{
    size_t n = line->at.end - line->at.first;
    return n > 6 && memcmp(text + line->at.first, "【", 3) == 0 && memcmp(text + line->at.end - 3, "】", 3) == 0;
}

/* A title in capitals, over up to four lines. Capitals that go on longer, or in sentences, are prose that shouts. */
static sx_text_heading capitals(sx_text_scan *s, const sx_text_line *line, sx_text_heading h)
{
    sx_text_line next;
    size_t chars = line->chars;
    int lines = 1;
    bool ended = line->ended;
    if (s->any_prev && !s->blank_before && s->prev.caps && s->prev.chars > SHORT_CHARS / 2) return none;
    for (; lines < 5 && next_line(s, h.after, &next); lines++) {
        if (next.blank || next.page || !next.caps || next.has_label || next.table || next.chars > LINE_CHARS) break;
        if (lines == 4 || ended) return none;
        h.title_end = next.at.end;
        h.after = next.at.next;
        chars += next.chars;
        ended = next.ended;
    }
    if (chars > 3 * LINE_CHARS || (ended && chars > SHORT_CHARS / 2)) return none;
    h.rank = SX_RANK_CAPS;
    return h;
}

/* A heading by its looks: capitals, or a short line over a paragraph. */
static sx_text_heading by_looks(sx_text_scan *s, const sx_text_line *line)
{
    const char *text = s->lines.text;
    sx_text_heading h = {.weak = true, .title = line->at.first, .title_end = line->at.end, .after = line->at.next};
    if (line->table || line->lower || line->has_label || mid_sentence(s) || seen_often(s, line)) return none;
    if (sx_text_is_entry(text, line) || !has_letter(text, line->at.first, line->at.end)) return none;
    h.rank = underlined(s, line, &h.after);
    if (h.rank) return h;
    h.after = line->at.next;
    char last = text[line->at.end - 1];
    if (last == ',' || last == ';' || last == ':' || last == '-') return none;
    if (is_field(text, line)) return none;
    if (line->caps && line->chars <= LINE_CHARS && line->chars >= 4) return capitals(s, line, h);
    if (bracketed(text, line) && line->chars <= HAN_CHARS) {
        h.rank = SX_RANK_LINE;
        return h;
    }
    bool wide = (unsigned char)text[line->at.first] >= 0xE3;
    if (line->ended || !line->upper || line->chars > (wide ? HAN_CHARS / 2 + 5 : SHORT_CHARS)) return none;
    sx_text_line next;
    bool gap;
    if (!next_text(s, line->at.next, &next, &gap) || next.table || next.lower) return none;
    if (next.has_label && next.label.kind >= SX_LABEL_ITEM) return none;
    bool open = !s->any_prev || s->blank_before || s->prev.ended || (s->wrapped && s->prev.chars * 5 < s->width * 3);
    size_t body = s->wrapped ? s->width * 3 / 5 : wide ? 60 : 120;
    if (!open || next.chars < body || next.chars < 2 * line->chars * (s->wrapped ? 0 : 1)) return none;
    if (!title_like(text, line->at.first, line->at.end)) return none;
    if (s->wrapped && !gap && line->chars * 10 >= s->width * 7) return none; /* a full line of a paragraph */
    if (s->wrapped && !gap && next.at.indent + 1 < line->at.indent && line->at.indent < 20)
        return none; /* a paragraph's first line */
    h.rank = SX_RANK_LINE;
    return h;
}

sx_text_heading sx_text_head(sx_text_scan *s, const sx_text_line *line)
{
    sx_text_heading h = none;
    if (line->has_label) {
        switch (line->label.kind) {
        case SX_LABEL_NAMED:
            h = named(s, line);
            if (h.rank) {
                s->named[line->label.rank] = line->at.first;
                s->named_len[line->label.rank] = bare_label(s->lines.text, line->at.first, line->label.end);
            }
            break;
        case SX_LABEL_DECIMAL: h = decimal(s, line); break;
        case SX_LABEL_ROMAN:
        case SX_LABEL_LETTER:
        case SX_LABEL_HAN: h = short_label(s, line); break;
        default: break;
        }
        if (h.rank && h.rank < SX_RANK_CLAUSE) { /* numbering begins anew under a chapter; articles go on */
            if (line->label.kind == SX_LABEL_NAMED)
                s->in_chapter |= h.rank <= SX_RANK_DIVISION && line->label.rank != SX_RANK_ARTICLE;
            if (h.rank <= SX_RANK_DIVISION) memset(s->last, 0, sizeof s->last);
        }
    } else {
        h = by_looks(s, line);
    }
    if (h.rank && h.rank < SX_RANK_LETTER) s->letter = 0;
    if (h.rank && !h.clause) underline_at(s, h.after, line, &h.after);
    return h;
}

sx_text_heading sx_text_hint(sx_text_scan *s, const sx_text_line *line)
{
    while (s->hint < s->n_hints && s->hints[s->hint].end <= line->at.first) s->hint++;
    if (s->hint == s->n_hints || s->hints[s->hint].start > line->at.first || line->at.first >= line->at.end)
        return none;
    const sx_mark *m = &s->hints[s->hint++];
    sx_text_heading h = sx_text_head(s, line); /* what its words say ranks it among the others */
    size_t end = m->end > line->at.end ? m->end : line->at.end;
    if (h.rank == 0 || h.clause || h.weak)
        h.rank = (uint8_t)(SX_RANK_ITEM + (m->level < 1 ? 1 : m->level > 7 ? 7 : m->level));
    h.clause = h.weak = false;
    h.title = line->at.first;
    h.title_end = end;
    h.after = line->at.next;
    while (h.after < end) { /* a title of several lines */
        sx_line more = sx_line_at(&s->lines, h.after);
        h.after = more.next;
    }
    return h;
}
