#include "readers/xml/dom.h"

#include <libxml/HTMLparser.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <limits.h>
#include <string.h>

enum { XML_SHUT = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_COMPACT | XML_PARSE_NOCDATA };
enum {
    HTML_SHUT = HTML_PARSE_NONET | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_COMPACT | HTML_PARSE_RECOVER
};

/* A document type can stand only before the first element. */
static bool has_doctype(const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i + 1 < len; i++) {
        if (bytes[i] != '<') continue;
        if (bytes[i + 1] == '!' && len - i > 9 && memcmp(bytes + i, "<!DOCTYPE", 9) == 0) return true;
        if (bytes[i + 1] != '!' && bytes[i + 1] != '?') return false;
    }
    return false;
}

xmlDoc *sx_xml_parse(const unsigned char *bytes, size_t len)
{
    if (len > INT_MAX || has_doctype(bytes, len)) return NULL;
    return xmlReadMemory((const char *)bytes, (int)len, NULL, NULL, XML_SHUT);
}

/* Valid UTF-8 is UTF-8, whatever a page says of itself. */
static bool is_utf8(const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len;) {
        int n = (int)(len - i > 4 ? 4 : len - i);
        if (bytes[i] < 0x80) {
            i++;
            continue;
        }
        if (xmlGetUTF8Char(bytes + i, &n) < 0 || n <= 0) return false;
        i += (size_t)n;
    }
    return true;
}

xmlDoc *sx_html_parse(const unsigned char *bytes, size_t len)
{
    htmlParserCtxtPtr parser = len <= INT_MAX ? htmlCreateMemoryParserCtxt((const char *)bytes, (int)len) : NULL;
    if (!parser) return NULL;
    htmlCtxtUseOptions(parser, HTML_SHUT);
    parser->options |= XML_PARSE_HUGE; /* else it stops without a word at a depth of 256 */
    if (is_utf8(bytes, len)) xmlSwitchEncoding(parser, XML_CHAR_ENCODING_UTF8);
    htmlParseDocument(parser);
    xmlDoc *doc = parser->myDoc;
    parser->myDoc = NULL;
    htmlFreeParserCtxt(parser);
    return doc;
}

bool sx_dom_is(const xmlNode *node, const char *name)
{
    return node && node->type == XML_ELEMENT_NODE && xmlStrcasecmp(node->name, (const xmlChar *)name) == 0;
}

const xmlNode *sx_dom_next(const xmlNode *node, const xmlNode *root, bool children)
{
    if (children && node->children && node->type == XML_ELEMENT_NODE) return node->children;
    while (node != root) {
        if (node->next) return node->next;
        node = node->parent;
    }
    return NULL;
}

const xmlNode *sx_dom_child(const xmlNode *node, const char *name)
{
    for (const xmlNode *c = node ? node->children : NULL; c; c = c->next)
        if (sx_dom_is(c, name)) return c;
    return NULL;
}

const char *sx_dom_attr(const xmlNode *node, const char *name)
{
    if (!node || node->type != XML_ELEMENT_NODE) return NULL;
    for (const xmlAttr *a = node->properties; a; a = a->next)
        if (xmlStrcmp(a->name, (const xmlChar *)name) == 0 && a->children && a->children->type == XML_TEXT_NODE &&
            !a->children->next)
            return (const char *)a->children->content;
    return NULL;
}
