/* DOCX: the paragraphs, lists and tables of the main text in their order, with the numbers that Word shows before them and
 * each footnote behind the paragraph that calls it. What was deleted or is hidden is not read; insertions are. */
#include "readers/xml/docx.h"

#include <stdlib.h>
#include <string.h>

#include "readers/xml/dom.h"
#include "readers/xml/formats.h"
#include "sextant.h"

enum { NOTES = 16 /* called in one paragraph; further ones are left out */ };

typedef struct {
    sx_out *out;
    sx_docx docx;
    const xmlNode *notes[NOTES]; /* called in the open paragraph */
    size_t n_notes;
} reader;

static const xmlNode *note_of(xmlDoc *notes, const char *name, const char *id)
{
    const xmlNode *root = notes ? xmlDocGetRootElement(notes) : NULL;
    for (const xmlNode *c = root && id ? root->children : NULL; c; c = c->next) {
        const char *own = sx_dom_is(c, name) ? sx_dom_attr(c, "id") : NULL;
        if (own && strcmp(own, id) == 0) return c;
    }
    return NULL;
}

static void call_note(reader *r, const xmlNode *node)
{
    bool end = sx_dom_is(node, "endnoteReference");
    const xmlNode *note = note_of(end ? r->docx.endnotes : r->docx.footnotes, end ? "endnote" : "footnote",
                                  sx_dom_attr(node, "id"));
    if (note && r->n_notes < NOTES) r->notes[r->n_notes++] = note;
}

static bool on(const xmlNode *property)
{
    const char *v = sx_dom_attr(property, "val");
    return property && !(v && (strcmp(v, "0") == 0 || strcmp(v, "false") == 0));
}

static bool is_left_out(const xmlNode *node)
{
    if (sx_dom_is(node, "del") || sx_dom_is(node, "moveFrom") || sx_dom_is(node, "pPr") || sx_dom_is(node, "rPr") ||
        sx_dom_is(node, "instrText") || sx_dom_is(node, "delText") || sx_dom_is(node, "Fallback"))
        return true;
    return sx_dom_is(node, "r") && on(sx_dom_child(sx_dom_child(node, "rPr"), "vanish"));
}

/* The words below an element; paragraphs in text boxes among them. */
static void take_words(reader *r, const xmlNode *root)
{
    for (const xmlNode *n = sx_dom_next(root, root, true); n && sx_out_go_on(r->out);) {
        bool out = is_left_out(n);
        if (sx_dom_is(n, "t") && n->children && n->children->content)
            sx_out_str(r->out, (const char *)n->children->content);
        else if (sx_dom_is(n, "tab") || sx_dom_is(n, "p"))
            sx_out_blank(r->out);
        else if (sx_dom_is(n, "br") || sx_dom_is(n, "cr"))
            sx_out_line(r->out);
        else if (sx_dom_is(n, "noBreakHyphen"))
            sx_out_str(r->out, "-");
        else if (sx_dom_is(n, "footnoteReference") || sx_dom_is(n, "endnoteReference"))
            call_note(r, n);
        n = sx_dom_next(n, root, !out);
    }
}

static void take_notes(reader *r)
{
    size_t n = r->n_notes;
    for (size_t i = 0; i < n; i++) {
        sx_out_begin(r->out, SX_MARK_ITEM, 0);
        sx_out_str(r->out, "[note] ");
        take_words(r, r->notes[i]);
        sx_out_end(r->out);
    }
    r->n_notes = 0;
}

static void take_paragraph(reader *r, const xmlNode *p)
{
    const xmlNode *properties = sx_dom_child(p, "pPr");
    int level = sx_docx_heading(&r->docx, properties), num, ilvl;
    char label[128] = "";
    sx_docx_list(&r->docx, properties, &num, &ilvl);
    if (num > 0) sx_docx_label(&r->docx, num, ilvl, label, sizeof label);
    bool bullet = strcmp(label, "•") == 0, deep = num > 0 && (bullet || ilvl > 1);
    sx_out_begin(r->out, level ? SX_MARK_HEADING : deep ? SX_MARK_ITEM : SX_MARK_PARAGRAPH, level);
    if (label[0] && !(level && bullet)) {
        sx_out_str(r->out, label);
        sx_out_blank(r->out);
    }
    size_t before = r->out->len;
    take_words(r, p);
    if (r->out->len == before) r->out->len = 0; /* a number before nothing */
    sx_out_end(r->out);
    take_notes(r);
}

static void take_row(reader *r, const xmlNode *row)
{
    bool first = true;
    sx_out_begin(r->out, SX_MARK_ROW, 0);
    for (const xmlNode *cell = row->children; cell; cell = cell->next) {
        if (!sx_dom_is(cell, "tc") && !sx_dom_is(cell, "sdt")) continue;
        size_t before = r->out->len;
        if (!first) sx_out_str(r->out, " | ");
        size_t parted = r->out->len;
        r->out->blank = !first;
        take_words(r, cell);
        if (r->out->len == parted) r->out->len = before;
        first = first && r->out->len == before;
    }
    sx_out_end(r->out);
    take_notes(r);
}

/* A table of one cell is a frame around paragraphs. */
static bool is_frame(const xmlNode *table)
{
    size_t cells = 0;
    for (const xmlNode *row = table->children; row; row = row->next)
        for (const xmlNode *cell = sx_dom_is(row, "tr") ? row->children : NULL; cell; cell = cell->next)
            if (sx_dom_is(cell, "tc") && ++cells > 1) return false;
    return true;
}

static void take_body(reader *r, const xmlNode *body)
{
    for (const xmlNode *n = sx_dom_next(body, body, true); n && sx_out_go_on(r->out);) {
        bool inside = !is_left_out(n);
        if (sx_dom_is(n, "p")) {
            take_paragraph(r, n);
            inside = false;
        } else if (sx_dom_is(n, "tr") && !is_frame(n->parent)) {
            take_row(r, n);
            inside = false;
        }
        n = sx_dom_next(n, body, inside);
    }
}

void sx_docx_read(sx_out *out, const unsigned char *bytes, size_t len)
{
    sx_zip zip;
    reader r = {.out = out};
    if (!sx_zip_open(&zip, out, bytes, len)) return;
    if (sx_docx_open(&r.docx, &zip)) {
        const xmlNode *body = sx_dom_child(xmlDocGetRootElement(r.docx.document), "body");
        if (body)
            take_body(&r, body);
        else
            sx_out_fail(out, LLM_E_FORMAT, "has no body in word/document.xml");
    }
    sx_docx_close(&r.docx);
    sx_zip_close(&zip);
}
