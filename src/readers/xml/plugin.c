/* The reader plugin for HTML, DOCX and EPUB, on libxml2 and libzip. */
#include "readers/xml/formats.h"
#include "sextant.h"

static int32_t read_document(uint32_t format, const unsigned char *bytes, size_t len, const sx_reader_limits *limits,
                             const sx_reader_sink *sink)
{
    sx_out out;
    sx_out_init(&out, sink, limits);
    switch (format) {
    case LLM_FORMAT_HTML: sx_html_read(&out, bytes, len); break;
    case LLM_FORMAT_DOCX: sx_docx_read(&out, bytes, len); break;
    case LLM_FORMAT_EPUB: sx_epub_read(&out, bytes, len); break;
    default: sx_out_fail(&out, LLM_E_UNSUPPORTED, "is of a format that this plugin does not read");
    }
    return sx_out_close(&out);
}

__attribute__((visibility("default"))) const sx_reader_plugin *sextant_reader_plugin(void);

const sx_reader_plugin *sextant_reader_plugin(void)
{
    static const sx_reader_plugin plugin = {SX_READER_VERSION, "xml", read_document};
    return &plugin;
}
