#include "readers/xml/zip.h"

#include <stdlib.h>
#include <zip.h>

#include "sextant.h"

enum { STEP = 1 << 20 /* bytes unpacked before the next look at the budget: the size a part claims is not believed */ };

bool sx_zip_open(sx_zip *zip, sx_out *out, const unsigned char *bytes, size_t len)
{
    zip_error_t error;
    zip_error_init(&error);
    *zip = (sx_zip){.out = out, .left = out->limits->max_unpacked};
    zip_source_t *source = zip_source_buffer_create(bytes, len, 0, &error);
    zip->archive = source ? zip_open_from_source(source, ZIP_RDONLY, &error) : NULL;
    if (source && !zip->archive) zip_source_free(source);
    zip_error_fini(&error);
    if (!zip->archive) sx_out_fail(out, LLM_E_FORMAT, "is not the zip archive it should be, or is cut off");
    return zip->archive != NULL;
}

void sx_zip_close(sx_zip *zip)
{
    if (zip->archive) zip_discard(zip->archive);
    zip->archive = NULL;
}

/* NULL after a failure. */
static unsigned char *unpack(sx_zip *zip, zip_file_t *part, size_t *len)
{
    unsigned char *data = NULL;
    size_t size = 0, cap = 0;
    zip_int64_t n = 0;
    do {
        size += (size_t)n;
        zip->left -= (uint64_t)n;
        if (zip->left == 0) {
            sx_out_fail(zip->out, LLM_E_LIMIT, "unpacks to more than max_doc_bytes; raise it to take the document");
            break;
        }
        if (cap - size < STEP) {
            cap = size + STEP + cap / 2;
            unsigned char *grown = realloc(data, cap);
            if (!grown) {
                sx_out_fail(zip->out, LLM_E_MEMORY, "could not be read: there is no memory left");
                break;
            }
            data = grown;
        }
        if (!sx_out_go_on(zip->out)) break;
        n = zip_fread(part, data + size, zip->left < STEP ? zip->left : STEP);
    } while (n > 0);
    if (n < 0) sx_out_fail(zip->out, LLM_E_FORMAT, "has a damaged or encrypted part");
    *len = size;
    if (zip->out->status == 0) return data;
    free(data);
    return NULL;
}

unsigned char *sx_zip_read(sx_zip *zip, const char *name, size_t *len)
{
    *len = 0;
    zip_file_t *part = zip->out->status ? NULL : zip_fopen(zip->archive, name, 0);
    if (!part) return NULL;
    unsigned char *data = unpack(zip, part, len);
    zip_fclose(part);
    return data;
}
