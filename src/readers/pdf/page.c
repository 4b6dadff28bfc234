/* A page's letters, each with its box and font, become words, words become lines, and lines are put into reading order:
 * down the columns of a page set in two, straight across where a table only looks like columns. Wide gaps inside a line
 * become three blanks, by which cells are known. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "readers/pdf/pdf.h"
#include "sextant.h"

typedef struct {
    const char *text;
    size_t len;
    float left, right, top, bottom, size;
    uint32_t letters;
    bool bold;
    uint8_t column; /* 0: across the page or left, 1: right */
} word;

typedef struct {
    word *words;
    size_t count, cap;
    float width, height;
} words;

/* ---- letters to words ---- */

typedef struct {
    GList *at; /* of PopplerTextAttributes, in order */
    float size;
    bool bold;
} font;

static bool name_is_bold(const char *name)
{
    static const char *const marks[] = {"Bold", "bold", "BOLD", "Black", "Heavy", "Semibold", "Demi"};
    for (size_t i = 0; name && i < sizeof marks / sizeof *marks; i++)
        if (strstr(name, marks[i])) return true;
    return false;
}

static void font_at(font *f, int letter)
{
    while (f->at && ((PopplerTextAttributes *)f->at->data)->end_index < letter) f->at = f->at->next;
    const PopplerTextAttributes *a = f->at ? f->at->data : NULL;
    f->size = a ? (float)a->font_size : 0;
    f->bold = a && name_is_bold(a->font_name);
}

static word *new_word(words *w)
{
    if (w->count == w->cap) {
        size_t cap = 2 * w->cap + 256;
        word *grown = realloc(w->words, cap * sizeof *grown);
        if (!grown) return NULL;
        w->words = grown;
        w->cap = cap;
    }
    w->words[w->count] = (word){.left = 1e9f, .top = 1e9f, .right = -1e9f, .bottom = -1e9f, .bold = true};
    return &w->words[w->count++];
}

static void widen(word *w, const PopplerRectangle *box, const font *f)
{
    float left = (float)fmin(box->x1, box->x2), right = (float)fmax(box->x1, box->x2);
    float top = (float)fmin(box->y1, box->y2), bottom = (float)fmax(box->y1, box->y2);
    w->left = fminf(w->left, left);
    w->right = fmaxf(w->right, right);
    w->top = fminf(w->top, top);
    w->bottom = fmaxf(w->bottom, bottom);
    w->size = fmaxf(w->size, f->size > 0 ? f->size : bottom - top);
    w->bold = w->bold && f->bold;
    w->letters++;
}

/* Poppler parts words by blanks and line ends, but a table's cells sometimes by their place alone. */
static bool elsewhere(const word *open, const PopplerRectangle *box)
{
    float left = (float)fmin(box->x1, box->x2), middle = (float)(box->y1 + box->y2) / 2;
    return left - open->right > 1.5f * open->size || left < open->left - open->size || middle < open->top ||
           middle > open->bottom;
}

/* False without memory. */
static bool take_words(words *w, const char *text, const PopplerRectangle *boxes, guint n_boxes, GList *fonts)
{
    font f = {.at = fonts};
    word *open = NULL;
    int letter = 0;
    for (const char *p = text; *p && (guint)letter < n_boxes; p = g_utf8_next_char(p), letter++) {
        gunichar c = g_utf8_get_char(p);
        if (g_unichar_isspace(c) || c == 0xA0 || g_unichar_iscntrl(c)) {
            open = NULL;
            continue;
        }
        font_at(&f, letter);
        if (open && elsewhere(open, &boxes[letter])) open = NULL;
        if (!open) {
            open = new_word(w);
            if (!open) return false;
            open->text = p;
        }
        open->len = (size_t)(g_utf8_next_char(p) - open->text);
        widen(open, &boxes[letter], &f);
    }
    return true;
}

/* ---- columns ---- */

/* Two columns of prose: a gutter near the middle that next to no word crosses, with enough words on either side, most lines
 * of each side filled. The middle of the gutter, or 0. */
static float find_gutter(const words *w)
{
    enum { BINS = 200 };
    unsigned cover[BINS] = {0}, best_from = 0, best_len = 0;
    if (w->count < 120 || w->width <= 0) return 0;
    for (size_t i = 0; i < w->count; i++) {
        int from = (int)(w->words[i].left / w->width * BINS), to = (int)(w->words[i].right / w->width * BINS);
        for (int b = from < 0 ? 0 : from; b <= to && b < BINS; b++) cover[b]++;
    }
    unsigned most = (unsigned)w->count / 100; /* headlines cross */
    for (unsigned b = BINS * 2 / 5, from = b; b < BINS * 3 / 5; b++) {
        if (cover[b] > most) from = b + 1;
        if (b + 1 > from && b + 1 - from > best_len) {
            best_len = b + 1 - from;
            best_from = from;
        }
    }
    if (best_len < 3) return 0;
    return ((float)best_from + (float)best_len / 2) * w->width / BINS;
}

/* How much of the lines' width between left and right is covered by words: prose fills them, cells do not. */
static bool is_filled(const words *w, float left, float right)
{
    float covered = 0, top = 1e9f, bottom = 0, from = 1e9f, to = 0, height = 0;
    size_t n = 0;
    for (size_t i = 0; i < w->count; i++) {
        const word *x = &w->words[i];
        if (x->left < left || x->right > right) continue;
        covered += x->right - x->left;
        height += x->bottom - x->top;
        top = fminf(top, x->top);
        bottom = fmaxf(bottom, x->bottom);
        from = fminf(from, x->left);
        to = fmaxf(to, x->right);
        n++;
    }
    if (n < 50 || to - from < 0.2f * w->width) return false;
    float lines = (bottom - top) / (height / (float)n * 1.15f);
    return covered / (lines * (to - from)) > 0.5f;
}

static void set_columns(words *w)
{
    float gutter = find_gutter(w);
    if (gutter <= 0 || !is_filled(w, 0, gutter) || !is_filled(w, gutter, w->width)) return;
    for (size_t i = 0; i < w->count; i++) w->words[i].column = w->words[i].left >= gutter;
}

/* ---- words to lines ---- */

static int by_place(const void *a, const void *b)
{
    const word *x = a, *y = b;
    if (x->column != y->column) return x->column < y->column ? -1 : 1;
    float mx = x->top + x->bottom, my = y->top + y->bottom;
    if (mx != my) return mx < my ? -1 : 1;
    return x->left < y->left ? -1 : x->left > y->left;
}

static int by_left(const void *a, const void *b)
{
    const word *x = a, *y = b;
    return x->left < y->left ? -1 : x->left > y->left;
}

/* The words from `from` on whose middles lie on one line: how many. */
static size_t line_of(const words *w, size_t from)
{
    const word *first = &w->words[from];
    float middle = (first->top + first->bottom) / 2, reach = fmaxf(first->bottom - first->top, 1) * 0.5f;
    size_t i = from + 1;
    for (; i < w->count && w->words[i].column == first->column; i++) {
        const word *x = &w->words[i];
        if ((x->top + x->bottom) / 2 - middle > reach) break;
        if (x->bottom - x->top > 2 * reach) reach = (x->bottom - x->top) * 0.5f; /* a larger word sets the line */
    }
    return i - from;
}

typedef struct {
    char *text;
    size_t len, cap;
} line_text;

static bool put(line_text *t, const char *s, size_t n)
{
    if (t->len + n > t->cap) {
        size_t cap = 2 * (t->len + n) + 256;
        char *grown = realloc(t->text, cap);
        if (!grown) return false;
        t->text = grown;
        t->cap = cap;
    }
    memcpy(t->text + t->len, s, n);
    t->len += n;
    return true;
}

static bool join_words(line_text *t, sx_pdf_line *line, word *first, size_t n)
{
    uint32_t letters = 0;
    bool fits = true;
    qsort(first, n, sizeof *first, by_left);
    t->len = 0;
    line->left = first->left;
    line->top = first->top;
    line->bold = true;
    for (size_t i = 0; i < n; i++) {
        const word *x = &first[i];
        float gap = i ? x->left - first[i - 1].right : 0, size = fmaxf(x->size, 1);
        if (i && gap > 1.2f * size)
            fits = fits && put(t, "   ", 3);
        else if (i && gap > 0.02f * size)
            fits = fits && put(t, " ", 1);
        fits = fits && put(t, x->text, x->len);
        if (x->letters > letters) line->size = x->size, letters = x->letters;
        line->bold = line->bold && x->bold;
        line->top = fminf(line->top, x->top);
        line->bottom = fmaxf(line->bottom, x->bottom);
        line->right = fmaxf(line->right, x->right);
    }
    return fits;
}

static bool add_lines(sx_pdf *pdf, words *w, uint32_t number)
{
    line_text t = {0};
    bool fits = true;
    const sx_pdf_line *before = NULL;
    size_t first_line = pdf->n_lines;
    qsort(w->words, w->count, sizeof *w->words, by_place);
    for (size_t i = 0, n; i < w->count && fits; i += n) {
        n = line_of(w, i);
        sx_pdf_line line = {.page = number};
        bool new_column = i && w->words[i].column != w->words[i - 1].column;
        fits = join_words(&t, &line, &w->words[i], n);
        before = pdf->n_lines > first_line ? &pdf->lines[pdf->n_lines - 1] : NULL;
        line.gap = !before || new_column || line.top - before->bottom > 0.6f * (line.bottom - line.top);
        fits = fits && sx_pdf_add_line(pdf, &line, t.text, t.len);
    }
    free(t.text);
    return fits;
}

void sx_pdf_read_page(sx_pdf *pdf, PopplerPage *page, uint32_t number)
{
    PopplerRectangle *boxes = NULL;
    guint n_boxes = 0;
    double width, height;
    words w = {0};
    char *text = poppler_page_get_text(page);
    if (!text || !*text || !poppler_page_get_text_layout(page, &boxes, &n_boxes)) {
        g_free(text);
        return;
    }
    GList *fonts = poppler_page_get_text_attributes(page);
    poppler_page_get_size(page, &width, &height);
    w.width = (float)width;
    w.height = (float)height;
    bool fits = take_words(&w, text, boxes, n_boxes, fonts);
    if (fits) {
        set_columns(&w);
        fits = add_lines(pdf, &w, number);
    }
    if (!fits && !pdf->out->status) sx_out_fail(pdf->out, LLM_E_MEMORY, "could not be read: there is no memory left");
    free(w.words);
    poppler_page_free_text_attributes(fonts);
    g_free(boxes);
    g_free(text);
}
