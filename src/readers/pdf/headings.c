/* Headings of a PDF. Its own outline (bookmarks) names them with their depth, and they are looked for on the page it points
 * to; besides, a line larger than the body, or a short one in bold that stands alone, is a heading by its looks. */
#include <stdlib.h>
#include <string.h>

#include "readers/pdf/pdf.h"

enum {
    MOST_MARKS = 20000, /* of an outline, and its depth */
    MOST_DEPTH = 12,
    SIZES = 256, /* sizes are counted in quarter points */
    LOOKS = 3,   /* levels of headings known by size */
    HEADING_BYTES = 200,
    BOLD_BYTES = 120
};

static unsigned size_class(float size)
{
    return size <= 0 ? 0 : size * 4 >= SIZES - 1 ? SIZES - 1 : (unsigned)(size * 4 + 0.5f);
}

/* ---- by looks ---- */

static bool has_letter(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)s[i] >= 0x80 || (unsigned)(unsigned char)(s[i] | 32) - 'a' < 26u) return true;
    return false;
}

static void count_sizes(const sx_pdf *pdf, size_t *letters)
{
    for (size_t i = 0; i < pdf->n_lines; i++)
        if (!pdf->lines[i].dropped) letters[size_class(pdf->lines[i].size)] += pdf->lines[i].len;
}

/* Larger than the body by an eighth; the rank of the size among the larger ones, 1 the largest, 0: not larger. */
static uint8_t rank_of_size(const size_t *letters, unsigned body, unsigned size)
{
    unsigned least = body + (body + 7) / 8, larger = 0;
    if (size < least) return 0;
    for (unsigned s = size + 2; s < SIZES; s++)
        if (letters[s]) {
            larger++;
            s += 2; /* sizes that differ by less count as one */
        }
    return (uint8_t)(larger >= LOOKS ? LOOKS : larger + 1);
}

static bool is_table_line(const sx_pdf *pdf, const sx_pdf_line *line)
{
    const char *s = sx_pdf_text(pdf, line);
    for (size_t i = 0; i + 3 <= line->len; i++)
        if (memcmp(s + i, "   ", 3) == 0) return true;
    return false;
}

static bool ends_a_sentence(const sx_pdf *pdf, const sx_pdf_line *line)
{
    char last = line->len ? sx_pdf_text(pdf, line)[line->len - 1] : '.';
    return last == '.' || last == ',' || last == ';';
}

static void find_by_looks(sx_pdf *pdf)
{
    size_t letters[SIZES] = {0};
    unsigned body = 0;
    count_sizes(pdf, letters);
    for (unsigned s = 1; s < SIZES; s++)
        if (letters[s] > letters[body]) body = s;
    pdf->body = (float)body / 4;
    for (size_t i = 0; i < pdf->n_lines; i++) {
        sx_pdf_line *line = &pdf->lines[i];
        if (line->dropped || line->level || line->len > HEADING_BYTES || is_table_line(pdf, line)) continue;
        if (!has_letter(sx_pdf_text(pdf, line), line->len)) continue;
        uint8_t rank = rank_of_size(letters, body, size_class(line->size));
        bool alone = line->gap && line->bold && line->len <= BOLD_BYTES && !ends_a_sentence(pdf, line);
        if (rank)
            line->level = rank;
        else if (alone)
            line->level = LOOKS + 1;
    }
}

/* ---- by the outline ---- */

static size_t next_word(const char *s, size_t n, size_t *at, const char **word)
{
    while (*at < n && (s[*at] == ' ' || s[*at] == '\t' || s[*at] == '\n' || s[*at] == '.' || s[*at] == ':')) ++*at;
    size_t from = *at;
    while (*at < n && !(s[*at] == ' ' || s[*at] == '\t' || s[*at] == '\n' || s[*at] == '.' || s[*at] == ':')) ++*at;
    *word = s + from;
    return *at - from;
}

/* The line's words are the title's first ones, all of them or at least two, in any case. */
static bool line_has_title(const char *line, size_t n, const char *title)
{
    size_t i = 0, k = 0, m = strlen(title), words = 0;
    for (;;) {
        const char *a, *b;
        size_t x = next_word(line, n, &i, &a), y = next_word(title, m, &k, &b);
        if (x == 0 || y == 0) return words > 0 && (y == 0 ? x == 0 || words >= 2 : words >= 2);
        if (x != y || g_ascii_strncasecmp(a, b, x) != 0) return false;
        words++;
    }
}

static void mark_title(sx_pdf *pdf, const char *title, int page, int depth)
{
    for (size_t i = 0; i < pdf->n_lines; i++) { /* lines of a page stand together: find it by halves */
        size_t low = 0, high = pdf->n_lines;
        while (low < high) {
            size_t mid = low + (high - low) / 2;
            if (pdf->lines[mid].page < (uint32_t)page)
                low = mid + 1;
            else
                high = mid;
        }
        for (i = low; i < pdf->n_lines && pdf->lines[i].page == (uint32_t)page; i++) {
            sx_pdf_line *line = &pdf->lines[i];
            if (line->level || line->len > HEADING_BYTES || !line_has_title(sx_pdf_text(pdf, line), line->len, title))
                continue;
            line->dropped = false;
            line->level = (uint8_t)depth;
            return;
        }
        return;
    }
}

static int page_of(PopplerDocument *document, const PopplerAction *action)
{
    if (action->type != POPPLER_ACTION_GOTO_DEST || !action->goto_dest.dest) return -1;
    const PopplerDest *dest = action->goto_dest.dest;
    if (dest->type != POPPLER_DEST_NAMED) return dest->page_num - 1;
    PopplerDest *named = poppler_document_find_dest(document, dest->named_dest);
    int page = named ? named->page_num - 1 : -1;
    if (named) poppler_dest_free(named);
    return page;
}

static void walk_outline(sx_pdf *pdf, PopplerDocument *document, PopplerIndexIter *iter, int depth, unsigned *left)
{
    do {
        PopplerAction *action = poppler_index_iter_get_action(iter);
        if (action) {
            int page = page_of(document, action);
            if (page >= 0 && action->any.title) mark_title(pdf, action->any.title, page, depth);
            poppler_action_free(action);
        }
        PopplerIndexIter *child = depth < MOST_DEPTH ? poppler_index_iter_get_child(iter) : NULL;
        if (child) {
            walk_outline(pdf, document, child, depth + 1, left);
            poppler_index_iter_free(child);
        }
    } while (*left && --*left && poppler_index_iter_next(iter));
}

void sx_pdf_find_headings(sx_pdf *pdf, PopplerDocument *document)
{
    if (pdf->out->status) return;
    PopplerIndexIter *iter = poppler_index_iter_new(document);
    unsigned left = MOST_MARKS;
    if (iter) {
        walk_outline(pdf, document, iter, 1, &left);
        poppler_index_iter_free(iter);
    }
    find_by_looks(pdf);
}
