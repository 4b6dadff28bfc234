/* HTML as a reader sees it: what is shown, in the order of the source. Headings, paragraphs, list items, rows of tables and
 * code become blocks; scripts, styles, navigation and what is hidden become nothing. One walk over the tree, whatever its
 * depth, with a look at each element as it opens and as it closes. */
#include <libxml/HTMLparser.h>
#include <string.h>

#include "readers/xml/dom.h"
#include "readers/xml/formats.h"
#include "sextant.h"

enum {
    LOOKS_BYTES = 160, /* a paragraph in bold up to here looks like a heading */
    LOOKS_NODES = 64
};

typedef struct {
    sx_out *out;
    const xmlNode *row;   /* the open row of a data table, or NULL */
    const xmlNode *code;  /* the open pre, or NULL */
    bool cell;            /* a further cell of the row has begun, and has no text yet */
    const xmlNode *table; /* the last one asked about */
    bool layout;
} walk;

static bool one_of(const xmlNode *node, const char *const *names)
{
    for (; *names; names++)
        if (sx_dom_is(node, *names)) return true;
    return false;
}

static bool is_block(const xmlNode *node)
{
    static const char *const names[] = {
        "address", "article", "aside", "blockquote", "body",     "caption",    "center", "dd",      "details", "dialog",
        "dir",     "div",     "dl",    "dt",         "fieldset", "figcaption", "figure", "footer",  "form",    "header",
        "hgroup",  "hr",      "html",  "li",         "main",     "ol",         "p",      "section", "summary", "table",
        "tbody",   "td",      "tfoot", "th",         "thead",    "title",      "tr",     "ul",      NULL};
    return one_of(node, names);
}

static bool style_hides(const char *style)
{
    static const char *const hiding[] = {"display:none", "visibility:hidden", NULL};
    char plain[256];
    size_t n = 0;
    for (; style && *style && n < sizeof plain - 1; style++)
        if (*style != ' ' && *style != '\t' && *style != '\n')
            plain[n++] = (char)(*style >= 'A' && *style <= 'Z' ? *style + 32 : *style);
    plain[n] = '\0';
    for (size_t i = 0; hiding[i]; i++)
        if (strstr(plain, hiding[i])) return true;
    return false;
}

static bool is_hidden(const xmlNode *node)
{
    static const char *const silent[] = {"script", "style", "template", "noscript", "svg",    "math",  "iframe",
                                         "object", "embed", "select",   "textarea", "canvas", "audio", "video",
                                         "nav",    "meta",  "link",     "base",     NULL};
    if (node->type != XML_ELEMENT_NODE) return node->type != XML_TEXT_NODE && node->type != XML_CDATA_SECTION_NODE;
    if (one_of(node, silent) || style_hides(sx_dom_attr(node, "style"))) return true;
    for (const xmlAttr *a = node->properties; a; a = a->next)
        if (xmlStrcasecmp(a->name, (const xmlChar *)"hidden") == 0) return true;
    return false;
}

static int heading_level(const xmlNode *node)
{
    const char *name = node->type == XML_ELEMENT_NODE ? (const char *)node->name : "";
    bool heading = (name[0] == 'h' || name[0] == 'H') && name[1] >= '1' && name[1] <= '6' && !name[2];
    return heading ? name[1] - '0' : 0;
}

static bool weight_is_bold(const char *style)
{
    const char *weight = style ? strstr(style, "font-weight") : NULL;
    const char *value = weight ? strchr(weight, ':') : NULL;
    if (!value) return false;
    value += 1 + strspn(value + 1, " ");
    return strncmp(value, "bold", 4) == 0 || (value[0] >= '6' && value[0] <= '9');
}

static bool is_bold(const xmlNode *node)
{
    return sx_dom_is(node, "b") || sx_dom_is(node, "strong") || weight_is_bold(sx_dom_attr(node, "style"));
}

static bool only_white(const xmlChar *s)
{
    for (; s && *s; s++)
        if (*s != ' ' && !(*s >= '\t' && *s <= '\r') && !(s[0] == 0xC2 && s[1] == 0xA0) && *s != 0xA0) return false;
    return true;
}

/* A paragraph whose every word is in bold, and few of them. */
static bool looks_like_heading(const xmlNode *p)
{
    size_t bytes = 0;
    unsigned seen = 0;
    const xmlNode *bold = is_bold(p) ? p : NULL;
    for (const xmlNode *n = p->children; n && n != p; n = sx_dom_next(n, p, true)) {
        if (++seen > LOOKS_NODES) return false;
        if (bold && bold != p) { /* left the bold element? */
            const xmlNode *up = n;
            while (up != p && up != bold) up = up->parent;
            if (up != bold) bold = NULL;
        }
        if (n->type == XML_ELEMENT_NODE && (is_block(n) || sx_dom_is(n, "img"))) return false;
        if (!bold && is_bold(n)) bold = n;
        if (n->type != XML_TEXT_NODE || only_white(n->content)) continue;
        if (!bold) return false;
        bytes += strlen((const char *)n->content);
        if (bytes > LOOKS_BYTES) return false;
    }
    return bytes > 0;
}

/* A table that arranges a page instead of holding data: others stand in it, or headings. */
static bool is_layout(const xmlNode *table)
{
    for (const xmlNode *n = sx_dom_next(table, table, true); n; n = sx_dom_next(n, table, true))
        if (sx_dom_is(n, "table") || heading_level(n) || sx_dom_is(n, "form")) return true;
    return false;
}

static bool is_data_row(walk *w, const xmlNode *node)
{
    const xmlNode *table = sx_dom_is(node, "tr") ? node->parent : NULL;
    for (int up = 0; table && !sx_dom_is(table, "table"); up++, table = table->parent)
        if (up == 4) return false; /* a row of no table */
    if (!table) return false;
    if (table != w->table) {
        w->table = table;
        w->layout = is_layout(table);
    }
    return !w->layout;
}

static void open_block(walk *w, const xmlNode *node)
{
    int level = heading_level(node);
    if (level)
        sx_out_begin(w->out, SX_MARK_HEADING, level);
    else if (sx_dom_is(node, "li") || sx_dom_is(node, "dt") || sx_dom_is(node, "dd"))
        sx_out_begin(w->out, SX_MARK_ITEM, 0);
    else if (is_data_row(w, node)) {
        w->row = node;
        w->cell = false;
        sx_out_begin(w->out, SX_MARK_ROW, 0);
    } else if (sx_dom_is(node, "title"))
        sx_out_begin(w->out, SX_MARK_HEADING, 1);
    else if ((sx_dom_is(node, "p") || sx_dom_is(node, "div")) && looks_like_heading(node))
        sx_out_begin(w->out, SX_MARK_HEADING, SX_LOOKS_LEVEL);
    else
        sx_out_end(w->out);
}

static void open_element(walk *w, const xmlNode *node)
{
    if (w->code) return;
    if (w->row) { /* inside a row everything is one line */
        if (sx_dom_is(node, "td") || sx_dom_is(node, "th")) w->cell = w->out->len > 0;
        if (is_block(node) || sx_dom_is(node, "br")) sx_out_blank(w->out);
    } else if (sx_dom_is(node, "pre")) {
        w->code = node;
        sx_out_begin(w->out, SX_MARK_CODE, 0);
    } else if (is_block(node) || heading_level(node)) {
        open_block(w, node);
    } else if (sx_dom_is(node, "br")) {
        sx_out_line(w->out);
    }
    if (sx_dom_is(node, "img") && sx_dom_attr(node, "alt")) {
        sx_out_blank(w->out);
        sx_out_str(w->out, sx_dom_attr(node, "alt"));
        sx_out_blank(w->out);
    }
}

static void close_element(walk *w, const xmlNode *node)
{
    if (node == w->code) {
        w->code = NULL;
        sx_out_end(w->out);
    } else if (node == w->row) {
        w->row = NULL;
        sx_out_end(w->out);
    } else if (w->row && is_block(node)) {
        sx_out_blank(w->out);
    } else if (!w->row && !w->code && (is_block(node) || heading_level(node))) {
        sx_out_end(w->out);
    }
}

static void take_text(walk *w, const xmlNode *node)
{
    if (!node->content) return;
    if (w->row && w->cell && !only_white(node->content)) { /* the first words of a further cell */
        w->out->blank = false;
        sx_out_str(w->out, " | ");
        w->out->blank = true;
        w->cell = false;
    }
    sx_out_str(w->out, (const char *)node->content);
}

void sx_html_walk(sx_out *out, const xmlNode *root)
{
    walk w = {.out = out};
    const xmlNode *node = root;
    while (node && sx_out_go_on(out)) {
        bool hidden = is_hidden(node);
        if (!hidden && node->type == XML_ELEMENT_NODE) open_element(&w, node);
        if (!hidden && node->type != XML_ELEMENT_NODE) take_text(&w, node);
        if (!hidden && node->children && node->type == XML_ELEMENT_NODE) {
            node = node->children;
            continue;
        }
        for (;;) { /* up to where something follows */
            if (node->type == XML_ELEMENT_NODE && !is_hidden(node)) close_element(&w, node);
            if (node == root) return;
            if (node->next) break;
            node = node->parent;
        }
        node = node->next;
    }
}

void sx_html_read(sx_out *out, const unsigned char *bytes, size_t len)
{
    xmlDoc *doc = sx_html_parse(bytes, len);
    const xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
    if (root)
        sx_html_walk(out, root);
    else if (len)
        sx_out_fail(out, LLM_E_FORMAT, "is not HTML that can be read");
    xmlFreeDoc(doc);
}
