/* The parts of a DOCX beside its text (ECMA-376, part 1, 17.3, 17.7, 17.9): styles and numbering. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "readers/xml/docx.h"
#include "readers/xml/dom.h"
#include "sextant.h"

static int number_of(const char *s, int otherwise)
{
    if (!s || !*s) return otherwise;
    long v = strtol(s, NULL, 10);
    return v < -1000000 || v > 1000000 ? otherwise : (int)v;
}

static int value_of(const xmlNode *parent, const char *name, int otherwise)
{
    return number_of(sx_dom_attr(sx_dom_child(parent, name), "val"), otherwise);
}

/* "heading 2": the built-in styles keep their English names in the file, whatever language Word shows. */
static int level_of_name(const char *name)
{
    if (!name || (name[0] != 'h' && name[0] != 'H') || strncmp(name + 1, "eading ", 7) != 0) return 0;
    return name[8] >= '1' && name[8] <= '9' && !name[9] ? name[8] - '0' : 0;
}

static void read_style(sx_docx_style *style, const xmlNode *node)
{
    const xmlNode *properties = sx_dom_child(node, "pPr"), *list = sx_dom_child(properties, "numPr");
    const char *name = sx_dom_attr(sx_dom_child(node, "name"), "val");
    int outline = value_of(properties, "outlineLvl", 9);
    style->id = sx_dom_attr(node, "styleId");
    style->based_on = sx_dom_attr(sx_dom_child(node, "basedOn"), "val");
    style->level = outline >= 0 && outline < 9 ? outline + 1 : level_of_name(name);
    if (name && (strcmp(name, "Title") == 0 || strcmp(name, "title") == 0)) style->level = 1;
    style->num = list ? value_of(list, "numId", -1) : -1;
    style->ilvl = list ? value_of(list, "ilvl", 0) : 0;
}

static size_t count_children(const xmlNode *root, const char *name)
{
    size_t n = 0;
    for (const xmlNode *c = root ? root->children : NULL; c; c = c->next) n += sx_dom_is(c, name);
    return n;
}

static bool read_styles(sx_docx *docx)
{
    const xmlNode *root = docx->styles_doc ? xmlDocGetRootElement(docx->styles_doc) : NULL;
    size_t n = count_children(root, "style");
    docx->styles = calloc(n + 1, sizeof *docx->styles);
    if (!docx->styles) return false;
    for (const xmlNode *c = root ? root->children : NULL; c; c = c->next)
        if (sx_dom_is(c, "style") && sx_dom_attr(c, "styleId")) read_style(&docx->styles[docx->n_styles++], c);
    return true;
}

static char kind_of(const char *format)
{
    static const struct {
        const char *name;
        char kind;
    } kinds[] = {{"decimal", 'd'},
                 {"decimalZero", 'd'},
                 {"lowerLetter", 'a'},
                 {"upperLetter", 'A'},
                 {"lowerRoman", 'i'},
                 {"upperRoman", 'I'},
                 {"bullet", '-'},
                 {"none", '0'},
                 {"ordinal", 'd'},
                 {"chineseCounting", 'h'},
                 {"japaneseCounting", 'h'},
                 {"ideographDigital", 'h'},
                 {"chineseCountingThousand", 'h'},
                 {"taiwaneseCountingThousand", 'h'}};
    for (size_t i = 0; format && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(format, kinds[i].name) == 0) return kinds[i].kind;
    return 'd';
}

static void read_level(sx_docx_numbering *list, const xmlNode *node)
{
    int ilvl = number_of(sx_dom_attr(node, "ilvl"), -1);
    if (ilvl < 0 || ilvl >= SX_DOCX_LEVELS) return;
    const char *text = sx_dom_attr(sx_dom_child(node, "lvlText"), "val");
    list->level[ilvl].start = value_of(node, "start", 1);
    list->level[ilvl].kind = kind_of(sx_dom_attr(sx_dom_child(node, "numFmt"), "val"));
    snprintf(list->level[ilvl].text, SX_DOCX_FORMAT_BYTES, "%s", text ? text : "");
}

static const xmlNode *abstract_of(const xmlNode *root, int id)
{
    for (const xmlNode *c = root->children; c; c = c->next)
        if (sx_dom_is(c, "abstractNum") && number_of(sx_dom_attr(c, "abstractNumId"), -1) == id) return c;
    return NULL;
}

static void read_list(sx_docx_numbering *list, const xmlNode *root, const xmlNode *node)
{
    list->num = number_of(sx_dom_attr(node, "numId"), -1);
    list->abstract = value_of(node, "abstractNumId", -1);
    const xmlNode *abstract = abstract_of(root, list->abstract);
    for (const xmlNode *c = abstract ? abstract->children : NULL; c; c = c->next)
        if (sx_dom_is(c, "lvl")) read_level(list, c);
    for (const xmlNode *c = node->children; c; c = c->next) {
        int ilvl = sx_dom_is(c, "lvlOverride") ? number_of(sx_dom_attr(c, "ilvl"), -1) : -1;
        if (ilvl < 0 || ilvl >= SX_DOCX_LEVELS) continue;
        if (sx_dom_child(c, "lvl")) read_level(list, sx_dom_child(c, "lvl"));
        list->level[ilvl].start = value_of(c, "startOverride", (int)list->level[ilvl].start);
    }
    for (int i = 0; i < SX_DOCX_LEVELS; i++) list->counter[i] = list->level[i].start - 1;
}

enum { MOST_LISTS = 20000 };

static bool read_lists(sx_docx *docx)
{
    const xmlNode *root = docx->numbering_doc ? xmlDocGetRootElement(docx->numbering_doc) : NULL;
    size_t n = count_children(root, "num");
    if (n > MOST_LISTS) n = 0; /* nobody's document: read without labels */
    docx->lists = calloc(n + 1, sizeof *docx->lists);
    if (!docx->lists) return false;
    for (const xmlNode *c = n ? root->children : NULL; c; c = c->next)
        if (sx_dom_is(c, "num")) read_list(&docx->lists[docx->n_lists++], root, c);
    return true;
}

static xmlDoc *parse_part(sx_zip *zip, const char *name)
{
    size_t len;
    unsigned char *part = sx_zip_read(zip, name, &len);
    xmlDoc *doc = part ? sx_xml_parse(part, len) : NULL;
    if (part && !doc) sx_out_fail(zip->out, LLM_E_FORMAT, "has a part that is not the XML it should be");
    free(part);
    return doc;
}

bool sx_docx_open(sx_docx *docx, sx_zip *zip)
{
    *docx = (sx_docx){.document = parse_part(zip, "word/document.xml")};
    docx->styles_doc = parse_part(zip, "word/styles.xml");
    docx->numbering_doc = parse_part(zip, "word/numbering.xml");
    docx->footnotes = parse_part(zip, "word/footnotes.xml");
    docx->endnotes = parse_part(zip, "word/endnotes.xml");
    if (zip->out->status == 0 && !docx->document)
        sx_out_fail(zip->out, LLM_E_FORMAT, "is a zip archive without word/document.xml: it is no DOCX");
    if (zip->out->status == 0 && !(read_styles(docx) && read_lists(docx)))
        sx_out_fail(zip->out, LLM_E_MEMORY, "could not be read: there is no memory left");
    return zip->out->status == 0;
}

void sx_docx_close(sx_docx *docx)
{
    free(docx->styles);
    free(docx->lists);
    xmlFreeDoc(docx->document);
    xmlFreeDoc(docx->styles_doc);
    xmlFreeDoc(docx->numbering_doc);
    xmlFreeDoc(docx->footnotes);
    xmlFreeDoc(docx->endnotes);
}

static const sx_docx_style *style_of(const sx_docx *docx, const char *id)
{
    for (size_t i = 0; id && i < docx->n_styles; i++)
        if (strcmp(docx->styles[i].id, id) == 0) return &docx->styles[i];
    return NULL;
}

enum { MOST_ANCESTORS = 16 /* of styles; a longer chain is a circle */ };

int sx_docx_heading(const sx_docx *docx, const xmlNode *properties)
{
    int own = value_of(properties, "outlineLvl", 9);
    if (own >= 0 && own < 9) return own + 1;
    const sx_docx_style *style = style_of(docx, sx_dom_attr(sx_dom_child(properties, "pStyle"), "val"));
    for (int i = 0; style && i < MOST_ANCESTORS; i++, style = style_of(docx, style->based_on))
        if (style->level) return style->level;
    return 0;
}

void sx_docx_list(const sx_docx *docx, const xmlNode *properties, int *num, int *ilvl)
{
    const xmlNode *own = sx_dom_child(properties, "numPr");
    *num = own ? value_of(own, "numId", -1) : -1;
    *ilvl = own ? value_of(own, "ilvl", 0) : 0;
    if (*num >= 0) return;
    const sx_docx_style *style = style_of(docx, sx_dom_attr(sx_dom_child(properties, "pStyle"), "val"));
    for (int i = 0; style && i < MOST_ANCESTORS; i++, style = style_of(docx, style->based_on)) {
        if (style->num < 0) continue;
        *num = style->num;
        if (!own) *ilvl = style->ilvl;
        return;
    }
    *num = 0;
}

static void put_roman(char *out, size_t size, long v, bool upper)
{
    static const struct {
        long value;
        const char *low, *high;
    } digits[] = {{1000, "m", "M"}, {900, "cm", "CM"}, {500, "d", "D"},  {400, "cd", "CD"}, {100, "c", "C"},
                  {90, "xc", "XC"}, {50, "l", "L"},    {40, "xl", "XL"}, {10, "x", "X"},    {9, "ix", "IX"},
                  {5, "v", "V"},    {4, "iv", "IV"},   {1, "i", "I"}};
    size_t n = 0;
    out[0] = '\0';
    if (v < 1 || v > 3999) return;
    for (size_t i = 0; i < sizeof digits / sizeof *digits; i++)
        for (; v >= digits[i].value && n + 3 < size; v -= digits[i].value)
            n += (size_t)snprintf(out + n, size - n, "%s", upper ? digits[i].high : digits[i].low);
}

static void put_han(char *out, size_t size, long v)
{
    static const char *const digits[] = {"〇", "一", "二", "三", "四", "五", "六", "七", "八", "九"};
    if (v < 1 || v > 99)
        snprintf(out, size, "%ld", v);
    else if (v < 10)
        snprintf(out, size, "%s", digits[v]);
    else
        snprintf(out, size, "%s十%s", v < 20 ? "" : digits[v / 10], v % 10 ? digits[v % 10] : "");
}

static void put_number(char *out, size_t size, char kind, long v)
{
    if (kind == 'a' || kind == 'A') {
        size_t n = v > 0 ? (size_t)((v - 1) / 26 + 1) : 0; /* after z come aa, bb, cc */
        for (size_t i = 0; i < n && i + 1 < size; i++) out[i] = (char)(kind + (v - 1) % 26);
        out[n + 1 < size ? n : size - 1] = '\0';
    } else if (kind == 'i' || kind == 'I') {
        put_roman(out, size, v, kind == 'I');
    } else if (kind == 'h') {
        put_han(out, size, v);
    } else {
        snprintf(out, size, "%ld", v);
    }
}

static sx_docx_numbering *list_of(sx_docx *docx, int num)
{
    for (size_t i = 0; i < docx->n_lists; i++)
        if (docx->lists[i].num == num) return &docx->lists[i];
    return NULL;
}

void sx_docx_label(sx_docx *docx, int num, int ilvl, char *label, size_t size)
{
    sx_docx_numbering *list = num > 0 ? list_of(docx, num) : NULL;
    label[0] = '\0';
    if (!list || ilvl < 0 || ilvl >= SX_DOCX_LEVELS) return;
    list->counter[ilvl]++;
    for (int i = ilvl + 1; i < SX_DOCX_LEVELS; i++) list->counter[i] = list->level[i].start - 1;
    char kind = list->level[ilvl].kind;
    if (kind == '-') snprintf(label, size, "•");
    if (kind == '-' || kind == '0') return;
    size_t n = 0;
    for (const char *p = list->level[ilvl].text; *p && n + 8 < size; p++) {
        if (*p != '%' || p[1] < '1' || p[1] > '9') {
            label[n++] = *p;
            label[n] = '\0';
            continue;
        }
        int level = *++p - '1';
        long v = list->counter[level] < list->level[level].start ? list->level[level].start : list->counter[level];
        put_number(label + n, size - n, list->level[level].kind, v);
        n += strlen(label + n);
    }
}
