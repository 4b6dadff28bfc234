/* Small questions to libxml2's trees, and documents parsed with every door shut: no network, no external entities, no
 * messages. Names are compared without their namespace prefix. */
#ifndef SX_READERS_DOM_H
#define SX_READERS_DOM_H

#include <libxml/tree.h>
#include <stdbool.h>
#include <stddef.h>

/* NULL when it is not well-formed, declares a document type (DTDs are how XML bombs are made), or is too long. */
xmlDoc *sx_xml_parse(const unsigned char *bytes, size_t len);
/* Anything a browser would take. dtd allowed: XHTML names one. */
xmlDoc *sx_html_parse(const unsigned char *bytes, size_t len);

bool sx_dom_is(const xmlNode *node, const char *name); /* an element of that name, in any case */
/* The next node in document order inside root, its children included or not; NULL at the end. */
const xmlNode *sx_dom_next(const xmlNode *node, const xmlNode *root, bool children);
const xmlNode *sx_dom_child(const xmlNode *node, const char *name);
/* The first attribute of that name, whatever its namespace; NULL when absent or not plain text. Borrowed. */
const char *sx_dom_attr(const xmlNode *node, const char *name);

#endif
