/* The reader plugin for PDF, on poppler-glib. Poppler is under the GPL: whoever distributes this plugin distributes it under
 * those terms, which is why it is a file of its own. */
#include <stdlib.h>
#include <string.h>

#include "readers/pdf/pdf.h"
#include "sextant.h"

bool sx_pdf_add_line(sx_pdf *pdf, const sx_pdf_line *line, const char *text, size_t len)
{
    if (pdf->out->status) return false;
    if (pdf->text_len + len > pdf->out->limits->max_text) {
        sx_out_fail(pdf->out, LLM_E_LIMIT, "holds more text than max_doc_bytes allows; raise it to take the document");
        return false;
    }
    if (pdf->text_len + len > pdf->text_cap) {
        size_t cap = 2 * (pdf->text_len + len) + 4096;
        char *grown = realloc(pdf->text, cap);
        if (grown) {
            pdf->text = grown;
            pdf->text_cap = cap;
        }
    }
    if (pdf->n_lines == pdf->lines_cap) {
        size_t cap = 2 * pdf->lines_cap + 256;
        sx_pdf_line *grown = realloc(pdf->lines, cap * sizeof *grown);
        if (grown) {
            pdf->lines = grown;
            pdf->lines_cap = cap;
        }
    }
    if (pdf->text_len + len > pdf->text_cap || pdf->n_lines == pdf->lines_cap) {
        sx_out_fail(pdf->out, LLM_E_MEMORY, "could not be read: there is no memory left");
        return false;
    }
    memcpy(pdf->text + pdf->text_len, text, len);
    pdf->lines[pdf->n_lines] = *line;
    pdf->lines[pdf->n_lines].text = (uint32_t)pdf->text_len;
    pdf->lines[pdf->n_lines++].len = (uint32_t)len;
    pdf->text_len += len;
    return true;
}

const char *sx_pdf_text(const sx_pdf *pdf, const sx_pdf_line *line)
{
    return pdf->text + line->text;
}

static PopplerDocument *open_document(sx_out *out, const unsigned char *bytes, size_t len)
{
    GError *error = NULL;
    GBytes *data = g_bytes_new_static(bytes, len);
    PopplerDocument *document = poppler_document_new_from_bytes(data, NULL, &error);
    g_bytes_unref(data);
    if (!document) {
        bool locked = error && g_error_matches(error, POPPLER_ERROR, POPPLER_ERROR_ENCRYPTED);
        sx_out_fail(out, locked ? LLM_E_UNSUPPORTED : LLM_E_FORMAT,
                    locked ? "is locked with a password: save it without one first"
                           : "is not the PDF it should be, or is damaged");
    }
    if (error) g_error_free(error);
    return document;
}

static void read_pages(sx_pdf *pdf, PopplerDocument *document)
{
    sx_out *out = pdf->out;
    for (uint32_t i = 0; i < pdf->n_pages && !out->status; i++) {
        PopplerPage *page = poppler_document_get_page(document, (int)i);
        if (page) {
            sx_pdf_read_page(pdf, page, i);
            g_object_unref(page);
        }
        if (!out->status) out->status = out->sink->poll(out->sink->user);
    }
}

static void read_document(sx_pdf *pdf, PopplerDocument *document)
{
    int pages = poppler_document_get_n_pages(document);
    pdf->n_pages = pages > 0 ? (uint32_t)pages : 0;
    if (pdf->n_pages > pdf->out->limits->max_pages) {
        sx_out_fail(pdf->out, LLM_E_LIMIT, "has more pages than a document may have; split it");
        return;
    }
    read_pages(pdf, document);
    if (!pdf->out->status && pdf->n_lines == 0) {
        sx_out_fail(pdf->out, LLM_E_UNSUPPORTED,
                    pdf->n_pages ? "has pages but no text: it is a scan; recognise its text first (OCR)"
                                 : "has no pages");
        return;
    }
    sx_pdf_drop_furniture(pdf);
    sx_pdf_find_headings(pdf, document);
    if (!pdf->out->status) sx_pdf_write(pdf);
}

static int32_t read_pdf(uint32_t format, const unsigned char *bytes, size_t len, const sx_reader_limits *limits,
                        const sx_reader_sink *sink)
{
    sx_out out;
    sx_pdf pdf = {.out = &out};
    sx_out_init(&out, sink, limits);
    if (format != LLM_FORMAT_PDF) sx_out_fail(&out, LLM_E_UNSUPPORTED, "is of a format that this plugin does not read");
    PopplerDocument *document = out.status ? NULL : open_document(&out, bytes, len);
    if (document) {
        read_document(&pdf, document);
        g_object_unref(document);
    }
    free(pdf.text);
    free(pdf.lines);
    return sx_out_close(&out);
}

__attribute__((visibility("default"))) const sx_reader_plugin *sextant_reader_plugin(void);

const sx_reader_plugin *sextant_reader_plugin(void)
{
    static const sx_reader_plugin plugin = {SX_READER_VERSION, "pdf", read_pdf};
    return &plugin;
}
