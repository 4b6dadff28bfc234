/* Plain text: lines become paragraphs and sections. First a look at the whole says whether its lines are broken to a width
 * (then they are joined) or are paragraphs each; then one pass, with a look at the next line, opens sections at headings
 * and gathers paragraphs, list items and rows of tables. Nothing but a section crosses a page break. */
#include "retrieve/read/sentence.h"
#include "retrieve/read/text.h"

enum {
    POLL_LINES = 4096,
    MOST_SEEN = 200000, /* heading-like lines that are counted */
    WIDTHS = 256
};

/* ---- the look at the whole ---- */

typedef struct {
    size_t lines, follow, running, full;
    size_t widths[WIDTHS];
} survey;

static void count_seen(sx_text_scan *s, const sx_text_line *line)
{
    if (line->chars > 100 || line->lower || line->table || s->seen.count >= MOST_SEEN) return;
    const char *key = s->lines.text + line->at.first;
    size_t len = line->at.end - line->at.first;
    uint32_t n = sx_map_get(&s->seen, key, len);
    if (sx_map_put(&s->seen, key, len, n == SX_MAP_NONE ? 1 : n + 1)) s->out->failed = true;
}

static size_t common_width(const survey *v)
{
    size_t seen = 0, want = v->lines - v->lines / 10;
    for (size_t i = 0; i < WIDTHS; i++) {
        seen += v->widths[i];
        if (seen >= want) return i ? i : 1;
    }
    return WIDTHS;
}

static llm_status look_at_whole(sx_text_scan *s, const llm_cancel *cancel, llm_error *err)
{
    survey v = {0};
    sx_text_line line, prev = {.blank = true};
    size_t polls = 0;
    for (size_t at = s->lines.pos; at < s->lines.len && !s->out->failed; at = line.at.next) {
        if (++polls % POLL_LINES == 0 && sx_cancelled(cancel))
            return sx_fail(err, LLM_E_CANCELLED, "reading the document was cancelled");
        sx_text_look(&s->lines, at, &line);
        if (!line.blank) {
            v.lines++;
            v.widths[line.chars < WIDTHS ? line.chars : WIDTHS - 1]++;
            count_seen(s, &line);
            if (!prev.blank && !line.page && !prev.table && !line.table) {
                v.follow++;
                v.running += line.lower && !prev.ended && !(line.has_label && line.label.kind >= SX_LABEL_ITEM);
                v.full += !prev.ended && line.chars <= prev.chars + 4 && prev.chars >= 16;
            }
        }
        prev = line;
    }
    s->width = common_width(&v);
    s->wrapped = v.follow > 0 && s->width < WIDTHS - 1 &&
                 (v.running * 6 >= v.follow || (v.full * 2 >= v.follow && s->width <= 100 && v.running > 0));
    if (!s->wrapped && v.follow > 4 && s->width <= 60 && v.full * 5 >= v.follow * 3)
        s->wrapped = true; /* scripts without case */
    return LLM_OK;
}

/* ---- paragraphs ---- */

typedef enum { PROSE, ITEM, ROWS } nature;

typedef struct {
    sx_text_scan *s;
    sx_pack pack;
    nature sort;       /* of what the pack holds and of the open paragraph */
    size_t start, end; /* the open paragraph; equal: none */
    size_t indent;     /* of its first line */
} gatherer;

static void set_sort(gatherer *g, nature sort)
{
    static const size_t limits[] = {1000, 1200, 1800}, alone[] = {450, 600, 1800};
    if (sort != g->sort && g->pack.chars > 250) sx_pack_flush(&g->pack); /* a short lead stays with its list or table */
    g->sort = sort;
    g->pack.limit = limits[sort];
    g->pack.alone = alone[sort];
}

static void close_paragraph(gatherer *g)
{
    if (g->end > g->start) sx_pack_add(&g->pack, g->start, g->end);
    g->start = g->end = 0;
}

static void flush(gatherer *g)
{
    close_paragraph(g);
    sx_pack_flush(&g->pack);
}

/* Does the line go on with the open paragraph? */
static bool continues(const gatherer *g, const sx_text_line *line)
{
    const sx_text_scan *s = g->s;
    if (g->end == g->start || s->blank_before || !s->wrapped) return false;
    if (line->has_label && (line->label.kind >= SX_LABEL_ITEM || s->prev.ended)) return false;
    if (g->sort == ROWS) return false;
    bool short_before = s->prev.chars * 5 < s->width * 4;
    if (s->prev.ended && short_before) return false;
    if (s->prev.ended && line->at.indent > s->prev.at.indent + 1 && g->indent <= s->prev.at.indent + 2) return false;
    if (!s->prev.ended && short_before && !line->lower && line->at.indent != s->prev.at.indent) return false;
    return true;
}

static void take_line(gatherer *g, const sx_text_line *line)
{
    bool item = line->has_label; /* a clause that opened no section is an item too */
    if (continues(g, line) && !(line->table && !line->lower)) {
        g->end = line->at.end;
        return;
    }
    close_paragraph(g);
    set_sort(g, line->table ? ROWS : item ? ITEM : PROSE);
    if (g->sort == ROWS || !g->s->wrapped) g->pack.flags |= SX_BLOCK_LINES;
    g->start = line->at.first;
    g->end = line->at.end;
    g->indent = line->at.indent;
}

/* ---- the pass ---- */

static bool take_heading(gatherer *g, const sx_text_line *line, size_t *next)
{
    sx_text_heading h = sx_text_hint(g->s, line);
    if (h.rank == 0) h = sx_text_head(g->s, line);
    if (h.rank == 0) return false;
    flush(g);
    g->pack.flags = g->s->wrapped ? 0 : SX_BLOCK_LINES;
    set_sort(g, PROSE);
    uint8_t flags = h.weak ? SX_BLOCK_WEAK : 0;
    if (h.clause) {
        sx_outline_heading(g->s->out, h.rank, line->at.first, line->at.first, h.title, h.title_end, flags);
        g->start = line->at.first;
        g->end = line->at.end;
        g->indent = line->at.indent;
        return true;
    }
    sx_outline_heading(g->s->out, h.rank, line->at.first, h.after, h.title, h.title_end, flags);
    *next = h.after;
    return true;
}

static llm_status read_lines(sx_text_scan *s, const llm_cancel *cancel, llm_error *err)
{
    gatherer g = {.s = s, .pack = {.outline = s->out, .flags = s->wrapped ? 0 : SX_BLOCK_LINES}};
    sx_text_line line;
    size_t next, polls = 0;
    set_sort(&g, PROSE);
    s->blank_before = true;
    for (size_t at = s->lines.pos; at < s->lines.len && !s->out->failed; at = next) {
        if (++polls % POLL_LINES == 0 && sx_cancelled(cancel))
            return sx_fail(err, LLM_E_CANCELLED, "reading the document was cancelled");
        sx_text_look(&s->lines, at, &line);
        next = line.at.next;
        if (line.page) {
            flush(&g);
            g.pack.flags = s->wrapped ? 0 : SX_BLOCK_LINES;
            s->blank_before = true;
        }
        if (line.blank) {
            close_paragraph(&g);
            s->blank_before = true;
            continue;
        }
        bool heading = take_heading(&g, &line, &next);
        if (!heading) take_line(&g, &line);
        bool clause = heading && g.end > g.start;
        s->prev = line;
        s->any_prev = true;
        s->blank_before = heading && !clause;
    }
    flush(&g);
    return LLM_OK;
}

llm_status sx_read_text(sx_outline *outline, const llm_cancel *cancel, llm_error *err)
{
    return sx_read_text_hinted(outline, NULL, 0, cancel, err);
}

llm_status sx_read_text_hinted(sx_outline *outline, const sx_mark *hints, size_t n_hints, const llm_cancel *cancel,
                               llm_error *err)
{
    sx_text_scan s = {
        .out = outline, .lines = sx_lines_of(outline->text, outline->text_len), .hints = hints, .n_hints = n_hints};
    sx_map_init(&s.seen, outline->mem);
    llm_status status = look_at_whole(&s, cancel, err);
    if (status == LLM_OK) status = read_lines(&s, cancel, err);
    sx_map_free(&s.seen);
    return status;
}
