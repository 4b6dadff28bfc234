/* The formats of this plugin. Each writes a whole document to out, whose status tells how it went. */
#ifndef SX_READERS_FORMATS_H
#define SX_READERS_FORMATS_H

#include <libxml/tree.h>

#include "readers/out.h"

enum { SX_LOOKS_LEVEL = 40 /* of a heading by its looks alone: a short paragraph all in bold */ };

void sx_html_read(sx_out *out, const unsigned char *bytes, size_t len);
/* An HTML or XHTML document that is in memory already: what its body holds. */
void sx_html_walk(sx_out *out, const xmlNode *root);
void sx_docx_read(sx_out *out, const unsigned char *bytes, size_t len);
void sx_epub_read(sx_out *out, const unsigned char *bytes, size_t len);

#endif
