/* Markdown blocks with their exact bytes. What opens a section is a heading (ATX, setext, HTML, or a line all in bold);
 * everything else becomes paragraphs: prose, lists by their items, tables by their rows, code, quotes, front matter.
 * Containers are not nested here: a heading inside a list or a quotation is text of it, so the scan is one pass over the
 * lines however deep the nesting. */
#include <string.h>

#include "retrieve/read/label.h"
#include "retrieve/read/line.h"
#include "retrieve/read/reader.h"
#include "retrieve/read/sentence.h"

enum {
    BOLD_LEVEL = 8,     /* headings are 1..6; a bold line stands below them */
    TABLE_LEVEL = 200,  /* a large table is a section of its own, titled by its header row */
    LABEL_LEVEL = 20,   /* clauses such as 第三条: below every heading */
    TITLE_BYTES = 400,  /* a longer setext "heading" is a paragraph over a rule */
    LEAD_BYTES = 400,   /* a paragraph that ends in a colon joins the list it introduces up to here */
    TABLE_CHARS = 1900, /* a table up to here stays whole */
    MATTER_LINES = 400, /* front matter is at most so long */
    POLL_LINES = 4096
};

typedef struct {
    sx_outline *out;
    const char *t;
    sx_lines lines;
    sx_line line;
    size_t para, para_end, para_last; /* the open paragraph: span, start of its last line */
    size_t para_lines;                /* 0: none is open */
    size_t lead, lead_end;            /* a closed paragraph that waits for its list */
    sx_pack clause;                   /* the short paragraphs of an article of law stay together */
    bool in_clause;
} scanner;

/* ---- what a line is ---- */

static size_t run_of(const scanner *s, size_t at, char c)
{
    size_t n = 0;
    while (at + n < s->line.end && s->t[at + n] == c) n++;
    return n;
}

static size_t atx_level(const scanner *s)
{
    size_t n = run_of(s, s->line.first, '#');
    if (s->line.indent > 3 || n < 1 || n > 6) return 0;
    size_t at = s->line.first + n;
    return at == s->line.end || s->t[at] == ' ' || s->t[at] == '\t' ? n : 0;
}

/* The length of an opening fence, its character in *c. */
static size_t fence_open(const scanner *s, char *c)
{
    if (sx_line_blank(&s->line)) return 0;
    *c = s->t[s->line.first];
    if (*c != '`' && *c != '~') return 0;
    size_t n = run_of(s, s->line.first, *c), at = s->line.first + n;
    if (n < 3 || (*c == '`' && memchr(s->t + at, '`', s->line.end - at))) return 0;
    return n;
}

static bool fence_close(const scanner *s, char c, size_t n)
{
    size_t run = run_of(s, s->line.first, c);
    return run >= n && s->line.first + run == s->line.end;
}

/* ---, ***, ___ with blanks between. */
static bool is_rule(const scanner *s)
{
    if (s->line.indent > 3 || sx_line_blank(&s->line)) return false;
    char c = s->t[s->line.first];
    if (c != '-' && c != '*' && c != '_') return false;
    size_t n = 0;
    for (size_t i = s->line.first; i < s->line.end; i++) {
        if (s->t[i] == c)
            n++;
        else if (s->t[i] != ' ' && s->t[i] != '\t')
            return false;
    }
    return n >= 3;
}

static size_t setext_level(const scanner *s)
{
    char c = s->t[s->line.first];
    if (s->line.indent > 3 || (c != '=' && c != '-') || s->line.first + run_of(s, s->line.first, c) != s->line.end)
        return 0;
    return c == '=' ? 1 : 2;
}

/* The offset of a list item's content, 0 when the line begins none. ordinal: the number of an ordered item, else 0. */
static size_t list_item(const scanner *s, unsigned *ordinal)
{
    size_t i = s->line.first, end = s->line.end;
    *ordinal = 0;
    if (i >= end || is_rule(s)) return 0;
    char c = s->t[i];
    if (c == '-' || c == '*' || c == '+') {
        i++;
    } else if (c >= '0' && c <= '9') {
        unsigned v = 0;
        size_t from = i;
        while (i < end && i - from < 9 && s->t[i] >= '0' && s->t[i] <= '9') v = v * 10 + (unsigned)(s->t[i++] - '0');
        if (i == end || (s->t[i] != '.' && s->t[i] != ')')) return 0;
        *ordinal = v;
        i++;
    } else {
        return 0;
    }
    if (i < end && s->t[i] != ' ' && s->t[i] != '\t') return 0;
    while (i < end && (s->t[i] == ' ' || s->t[i] == '\t')) i++;
    return i;
}

/* |---|:--:| under a line with as much as one pipe. */
static bool is_delimiter_row(const scanner *s)
{
    bool dash = false, pipe = false;
    for (size_t i = s->line.first; i < s->line.end; i++) {
        char c = s->t[i];
        if (c == '-')
            dash = true;
        else if (c == '|')
            pipe = true;
        else if (c != ':' && c != ' ' && c != '\t')
            return false;
    }
    return dash && pipe;
}

static bool starts_html(const scanner *s)
{
    size_t i = s->line.first;
    if (s->line.indent > 3 || i + 1 >= s->line.end || s->t[i] != '<') return false;
    char c = s->t[i + 1];
    return c == '!' || c == '?' || c == '/' || (unsigned)(c | 0x20) - 'a' < 26u;
}

/* What may follow a paragraph without a blank line. */
static bool interrupts(const scanner *s)
{
    char c;
    unsigned ordinal;
    if (s->line.indent > 3) return false;
    size_t item = list_item(s, &ordinal);
    return atx_level(s) || fence_open(s, &c) || is_rule(s) || s->t[s->line.first] == '>' ||
           (item && item < s->line.end && ordinal <= 1);
}

/* ---- prose ---- */

static void emit_paragraph(scanner *s, size_t start, size_t end);

static void emit_lead(scanner *s)
{
    if (s->lead_end > s->lead) emit_paragraph(s, s->lead, s->lead_end);
    s->lead = s->lead_end = 0;
}

/* Something other than prose comes: what was gathered of a clause goes out first. */
static void end_clause(scanner *s, bool heading)
{
    sx_pack_flush(&s->clause);
    if (heading) s->in_clause = false;
}

/* "Section 3 of the Act applies": prose that only begins like a clause. */
static bool refers(const scanner *s, size_t at, size_t end)
{
    at = sx_skip_space(s->t, at, end);
    return at < end &&
           (s->t[at] == ',' || s->t[at] == '(' || s->t[at] == ')' || (unsigned)(unsigned char)s->t[at] - 'a' < 26u);
}

/* **A line all in bold** serves as a heading. */
static bool bold_line(const scanner *s, size_t start, size_t end, size_t *from, size_t *to)
{
    char c = s->t[start];
    if (end - start < 5 || end - start > 160 || (c != '*' && c != '_') || s->t[start + 1] != c) return false;
    if (s->t[end - 1] != c || s->t[end - 2] != c) return false;
    for (size_t i = start + 2; i < end - 2; i++)
        if (s->t[i] == c || s->t[i] == '\n') return false;
    *from = start + 2;
    *to = end - 2;
    return true;
}

static void emit_paragraph(scanner *s, size_t start, size_t end)
{
    size_t from, to;
    start = sx_skip_space(s->t, start, end);
    end = sx_trim_space(s->t, start, end);
    if (start >= end) return;
    if (bold_line(s, start, end, &from, &to)) {
        end_clause(s, true);
        sx_outline_heading(s->out, BOLD_LEVEL, start, end, from, to, SX_BLOCK_WEAK);
        return;
    }
    sx_label label;
    if (sx_label_read(&label, s->t, start, end) && label.strong && label.rank && !refers(s, label.end, end)) {
        sx_pack_flush(&s->clause);
        sx_outline_heading(s->out, (uint16_t)(LABEL_LEVEL + label.rank), start, start, start, label.end, 0);
        s->in_clause = true;
    }
    if (s->in_clause)
        sx_pack_add(&s->clause, start, end);
    else
        sx_outline_paragraph(s->out, start, end, 0);
}

static void close_paragraph(scanner *s)
{
    if (s->para_lines == 0) return;
    s->para_lines = 0;
    emit_lead(s);
    size_t end = sx_trim_space(s->t, s->para, s->para_end);
    bool colon = end > s->para &&
                 (s->t[end - 1] == ':' || (end - s->para >= 3 && memcmp(s->t + end - 3, "：", 3) == 0));
    if (colon && end - s->para <= LEAD_BYTES) {
        s->lead = s->para;
        s->lead_end = end;
    } else {
        emit_paragraph(s, s->para, end);
    }
}

/* ---- blocks of several lines: each reads from the current line on and stops before the first that is not its own ---- */

static void read_atx(scanner *s, size_t level)
{
    size_t from = s->line.first + level, to = s->line.end, bare = to;
    while (bare > from && s->t[bare - 1] == '#') bare--; /* a closing run of # */
    if (bare < to && (bare == from || s->t[bare - 1] == ' ' || s->t[bare - 1] == '\t')) to = bare;
    sx_outline_heading(s->out, (uint16_t)level, s->line.first, s->line.end, from, to, 0);
}

static void read_fence(scanner *s, char c, size_t n)
{
    size_t start = s->line.start, end = s->line.next;
    while (sx_line_next(&s->lines, &s->line)) {
        end = s->line.next;
        if (s->line.indent <= 3 && fence_close(s, c, n)) break;
    }
    sx_outline_paragraph(s->out, start, end, SX_BLOCK_WHOLE);
}

static void put_back(scanner *s)
{
    s->lines.pos = s->line.start;
}

static void read_indented_code(scanner *s)
{
    size_t start = s->line.start, end = s->line.end;
    while (sx_line_next(&s->lines, &s->line)) {
        if (sx_line_blank(&s->line)) continue;
        if (s->line.indent < 4) {
            put_back(s);
            break;
        }
        end = s->line.end;
    }
    sx_outline_paragraph(s->out, start, end, SX_BLOCK_WHOLE);
}

/* A quotation's paragraphs are parted by lines with nothing behind the mark. */
static void read_quote(scanner *s)
{
    size_t start = s->line.start, end = s->line.end;
    bool open = true;
    do {
        if (sx_line_blank(&s->line)) {
            open = false;
        } else if (s->line.indent <= 3 && s->t[s->line.first] == '>') {
            size_t i = s->line.first;
            while (i < s->line.end && (s->t[i] == '>' || s->t[i] == ' ')) i++;
            if (i == s->line.end) {
                sx_outline_paragraph(s->out, start, end, 0);
                start = s->line.next;
            }
        } else if (interrupts(s)) {
            open = false;
        }
        if (!open) {
            put_back(s);
            break;
        }
        end = s->line.end;
    } while (sx_line_next(&s->lines, &s->line));
    if (end > start) sx_outline_paragraph(s->out, start, end, 0);
}

/* A list: items of any depth are the fragments, packed. Ends at a line that is neither an item, nor indented, nor glued to
 * the line before. */
static void read_list(scanner *s)
{
    sx_pack pack = {.outline = s->out, .flags = SX_BLOCK_LINES};
    size_t start = s->line.start, end = s->line.end, fence = 0;
    bool blank = false;
    char fence_char = 0;
    if (s->lead_end > s->lead) {
        sx_label label;
        if (sx_label_read(&label, s->t, s->lead, s->lead_end) && label.strong) {
            emit_lead(s);
        } else {
            sx_pack_add(&pack, s->lead, s->lead_end);
            s->lead = s->lead_end = 0;
        }
    }
    end_clause(s, false);
    while (sx_line_next(&s->lines, &s->line)) {
        unsigned ordinal;
        char c;
        if (sx_line_blank(&s->line)) {
            blank = true;
            continue;
        }
        if (fence && s->line.indent >= 2) {
            if (fence_close(s, fence_char, fence)) fence = 0;
        } else {
            bool item = list_item(s, &ordinal) != 0, inside = s->line.indent >= 2;
            fence = 0;
            if (!item && !inside && (blank || interrupts(s) || starts_html(s))) {
                put_back(s);
                break;
            }
            if (is_rule(s) && !inside) {
                put_back(s);
                break;
            }
            if (item || blank) {
                sx_pack_add(&pack, start, end);
                start = s->line.start;
            }
            size_t n = inside ? fence_open(s, &c) : 0;
            if (n) {
                fence = n;
                fence_char = c;
            }
        }
        blank = false;
        end = s->line.end;
    }
    sx_pack_add(&pack, start, end);
    sx_pack_flush(&pack);
}

/* A table, its header row already read. A small one is one paragraph; a large one a section under its header row. */
static void read_table(scanner *s, size_t start, size_t header_end)
{
    size_t body = s->line.next, end = s->line.end;
    while (sx_line_next(&s->lines, &s->line)) {
        if (sx_line_blank(&s->line) || !memchr(s->t + s->line.first, '|', s->line.end - s->line.first)) {
            put_back(s);
            break;
        }
        end = s->line.end;
    }
    if (end - start <= TABLE_CHARS || sx_count_chars(s->t, start, end) <= TABLE_CHARS || body >= end) {
        sx_outline_paragraph(s->out, start, end, SX_BLOCK_LINES);
        return;
    }
    sx_outline_heading(s->out, TABLE_LEVEL, start, body, start, header_end, 0);
    sx_pack pack = {.outline = s->out, .flags = SX_BLOCK_LINES};
    sx_lines rows = {s->t, end, body, s->lines.eol};
    for (sx_line row; sx_line_next(&rows, &row);) sx_pack_add(&pack, row.start, row.end);
    sx_pack_flush(&pack);
    sx_outline_close(s->out, TABLE_LEVEL, end);
}

static bool starts_with(const scanner *s, size_t at, size_t end, const char *word)
{
    for (; *word; word++, at++)
        if (at >= end || (s->t[at] >= 'A' && s->t[at] <= 'Z' ? s->t[at] + 32 : s->t[at]) != *word) return false;
    return true;
}

static bool holds(const scanner *s, const char *word)
{
    for (size_t i = s->line.start; i < s->line.end; i++)
        if (starts_with(s, i, s->line.end, word)) return true;
    return false;
}

/* <h2 id="x">Title</h2> on one line. */
static bool html_heading(scanner *s)
{
    size_t i = s->line.first, end = s->line.end;
    if (!starts_with(s, i, end, "<h") || i + 4 > end || s->t[i + 2] < '1' || s->t[i + 2] > '6') return false;
    const char *open = memchr(s->t + i, '>', end - i);
    if (!open) return false;
    size_t from = (size_t)(open - s->t) + 1, to = from;
    while (to < end && s->t[to] != '<') to++;
    if (!starts_with(s, to, end, "</h") || to == from) return false;
    sx_outline_heading(s->out, (uint16_t)(s->t[i + 2] - '0'), i, end, from, to, 0);
    return true;
}

static void read_html(scanner *s)
{
    static const char *const ends[][2] = {
        {"<!--", "-->"}, {"<script", "</script>"}, {"<pre", "</pre>"}, {"<style", "</style>"}, {"<?", "?>"}};
    const char *until = NULL;
    if (html_heading(s)) return;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (starts_with(s, s->line.first, s->line.end, ends[i][0])) until = ends[i][1];
    size_t start = s->line.start, end = s->line.end;
    if (!until || !holds(s, until)) {
        while (sx_line_next(&s->lines, &s->line)) {
            if (!until && sx_line_blank(&s->line)) break;
            end = s->line.end;
            if (until && holds(s, until)) break;
        }
    }
    sx_outline_paragraph(s->out, start, end, 0);
}

/* --- ... --- at the very start, as static site makers write it. */
static void read_front_matter(scanner *s)
{
    sx_lines lines = s->lines;
    sx_line line;
    if (!sx_line_next(&lines, &line) || line.end - line.start != 3 || memcmp(s->t + line.start, "---", 3) != 0) return;
    size_t start = line.start;
    for (int i = 0; i < MATTER_LINES && sx_line_next(&lines, &line); i++) {
        if (line.end - line.start != 3) continue;
        if (memcmp(s->t + line.start, "---", 3) != 0 && memcmp(s->t + line.start, "...", 3) != 0) continue;
        sx_outline_paragraph(s->out, start, line.end, SX_BLOCK_LINES);
        s->lines.pos = line.next;
        return;
    }
}

/* ---- the scan ---- */

/* A line while a paragraph is open: true when it was taken. */
static bool goes_on(scanner *s)
{
    if (sx_line_blank(&s->line)) {
        close_paragraph(s);
        return true;
    }
    size_t level = setext_level(s);
    if (level && s->para_end - s->para <= TITLE_BYTES) {
        s->para_lines = 0;
        emit_lead(s);
        end_clause(s, true);
        sx_outline_heading(s->out, (uint16_t)level, s->para, s->line.end, s->para, s->para_end, 0);
        return true;
    }
    if (is_delimiter_row(s) && memchr(s->t + s->para_last, '|', s->para_end - s->para_last)) {
        size_t header = s->para_last, header_end = s->para_end;
        s->para_end = header;
        if (s->para_lines > 1) close_paragraph(s);
        s->para_lines = 0;
        emit_lead(s);
        end_clause(s, false);
        read_table(s, header, header_end);
        return true;
    }
    if (interrupts(s)) {
        close_paragraph(s);
        return false;
    }
    s->para_last = s->line.start;
    s->para_end = s->line.end;
    s->para_lines++;
    return true;
}

static void open_block(scanner *s)
{
    char c;
    unsigned ordinal;
    if (sx_line_blank(&s->line)) return;
    if (s->line.indent <= 3 && list_item(s, &ordinal)) {
        read_list(s);
        return;
    }
    size_t level = atx_level(s), fence = fence_open(s, &c);
    bool code = s->line.indent > 3, quote = s->t[s->line.first] == '>', rule = is_rule(s), html = starts_html(s);
    if (!level && !code && !fence && !quote && !rule && !html) {
        s->para = s->para_last = s->line.start;
        s->para_end = s->line.end;
        s->para_lines = 1;
        return;
    }
    emit_lead(s);
    end_clause(s, level != 0);
    if (level)
        read_atx(s, level);
    else if (code)
        read_indented_code(s);
    else if (fence)
        read_fence(s, c, fence);
    else if (rule)
        return;
    else if (quote)
        read_quote(s);
    else
        read_html(s);
}

llm_status sx_read_markdown(sx_outline *outline, const llm_cancel *cancel, llm_error *err)
{
    scanner s = {.out = outline, .t = outline->text, .lines = sx_lines_of(outline->text, outline->text_len)};
    unsigned polls = 0;
    s.clause.outline = outline;
    s.clause.flags = SX_BLOCK_LINES;
    read_front_matter(&s);
    while (sx_line_next(&s.lines, &s.line)) {
        if (++polls % POLL_LINES == 0 && sx_cancelled(cancel))
            return sx_fail(err, LLM_E_CANCELLED, "reading the document was cancelled");
        if (s.para_lines && goes_on(&s)) continue;
        open_block(&s);
    }
    close_paragraph(&s);
    emit_lead(&s);
    sx_pack_flush(&s.clause);
    return LLM_OK;
}
