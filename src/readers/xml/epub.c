/* EPUB: the documents of the spine in their order (EPUB 3.3, 5.7), each read as HTML. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "readers/xml/dom.h"
#include "readers/xml/formats.h"
#include "readers/xml/zip.h"
#include "sextant.h"

enum { PATH_BYTES = 1024, MOST_PARTS = 20000 };

static xmlDoc *parse_xml(sx_zip *zip, const char *name)
{
    size_t len;
    unsigned char *part = sx_zip_read(zip, name, &len);
    xmlDoc *doc = part ? sx_xml_parse(part, len) : NULL;
    free(part);
    if (!doc && zip->out->status == 0)
        sx_out_fail(zip->out, LLM_E_FORMAT, "lacks a part that an EPUB has, or it is not the XML it should be");
    return doc;
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* A reference of the package, unescaped, relative to the package's folder; false when it does not fit or leads out. */
static bool resolve(char *path, const char *package, const char *href)
{
    const char *slash = strrchr(package, '/');
    size_t n = slash ? (size_t)(slash - package) + 1 : 0;
    if (n >= PATH_BYTES) return false;
    memcpy(path, package, n);
    for (; *href && *href != '#'; href++) {
        if (n + 1 >= PATH_BYTES) return false;
        bool escaped = *href == '%' && hex(href[1]) >= 0 && hex(href[2]) >= 0;
        path[n++] = escaped ? (char)(hex(href[1]) * 16 + hex(href[2])) : *href;
        if (escaped) href += 2;
        if (n >= 3 && memcmp(path + n - 3, "../", 3) == 0) { /* up one folder */
            n -= 3;
            if (n == 0) return false;
            for (n--; n && path[n - 1] != '/';) n--;
        }
    }
    path[n] = '\0';
    return n > 0;
}

static const xmlNode *find_item(const xmlNode *manifest, const char *id)
{
    for (const xmlNode *c = manifest && id ? manifest->children : NULL; c; c = c->next) {
        const char *own = sx_dom_is(c, "item") ? sx_dom_attr(c, "id") : NULL;
        if (own && strcmp(own, id) == 0) return c;
    }
    return NULL;
}

static void read_chapter(sx_out *out, sx_zip *zip, const char *path)
{
    size_t len;
    unsigned char *part = sx_zip_read(zip, path, &len);
    xmlDoc *doc = part ? sx_html_parse(part, len) : NULL;
    const xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
    const xmlNode *body = root ? sx_dom_child(root, "body") : NULL;
    if (body) sx_html_walk(out, body); /* its title would repeat the book's */
    sx_out_end(out);
    xmlFreeDoc(doc);
    free(part);
}

static void read_spine(sx_out *out, sx_zip *zip, const char *package, const xmlNode *root)
{
    const xmlNode *manifest = sx_dom_child(root, "manifest"), *spine = sx_dom_child(root, "spine");
    const xmlNode *title = sx_dom_child(sx_dom_child(root, "metadata"), "title");
    unsigned parts = 0;
    if (title && title->children && title->children->content) {
        sx_out_begin(out, SX_MARK_HEADING, 1);
        sx_out_str(out, (const char *)title->children->content);
        sx_out_end(out);
    }
    for (const xmlNode *c = spine ? spine->children : NULL; c && sx_out_go_on(out) && parts < MOST_PARTS; c = c->next) {
        char path[PATH_BYTES];
        const xmlNode *item = sx_dom_is(c, "itemref") ? find_item(manifest, sx_dom_attr(c, "idref")) : NULL;
        const char *href = sx_dom_attr(item, "href"), *properties = sx_dom_attr(item, "properties");
        if (!href || (properties && strstr(properties, "nav")) || !resolve(path, package, href)) continue;
        read_chapter(out, zip, path);
        parts++;
    }
}

void sx_epub_read(sx_out *out, const unsigned char *bytes, size_t len)
{
    sx_zip zip;
    if (!sx_zip_open(&zip, out, bytes, len)) return;
    xmlDoc *container = parse_xml(&zip, "META-INF/container.xml");
    const xmlNode *root = container ? xmlDocGetRootElement(container) : NULL;
    const char *package = sx_dom_attr(sx_dom_child(sx_dom_child(root, "rootfiles"), "rootfile"), "full-path");
    xmlDoc *opf = package ? parse_xml(&zip, package) : NULL;
    if (opf)
        read_spine(out, &zip, package, xmlDocGetRootElement(opf));
    else
        sx_out_fail(out, LLM_E_FORMAT, "names no package: it is no EPUB");
    xmlFreeDoc(opf);
    xmlFreeDoc(container);
    sx_zip_close(&zip);
}
