#include "retrieve/read/plugin.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

enum { PATH_BYTES = 4096 };

typedef struct {
    const char *file, *kind, *needs;
} source;

static source source_of(uint32_t format)
{
    if (format == LLM_FORMAT_PDF) return (source){"libsextant-read-pdf.so", "PDF", "libpoppler-glib8"};
    return (source){"libsextant-read-xml.so", "HTML, DOCX and EPUB", "libxml2 and libzip4"};
}

/* The folder that this library was loaded from, with its slash; "" when it cannot be told. */
static void own_folder(char *out, size_t size)
{
    Dl_info info;
    out[0] = '\0';
    if (!dladdr((void *)(uintptr_t)own_folder, &info) || !info.dli_fname) return;
    const char *slash = strrchr(info.dli_fname, '/');
    size_t len = slash ? (size_t)(slash - info.dli_fname) + 1 : 0;
    if (len == 0 || len >= size) return;
    memcpy(out, info.dli_fname, len);
    out[len] = '\0';
}

static void *open_one(const char *folder, const char *sub, const char *file)
{
    char path[PATH_BYTES];
    int n = snprintf(path, sizeof path, "%s%s%s", folder, sub, file);
    return n > 0 && (size_t)n < sizeof path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
}

llm_status sx_plugin_get(const sx_reader_plugin **out, uint32_t format, const char *name, llm_error *err)
{
    source s = source_of(format);
    char own[PATH_BYTES];
    own_folder(own, sizeof own);
    void *object = own[0] ? open_one(own, "", s.file) : NULL;
    if (!object && own[0]) object = open_one(own, "sextant/", s.file);
    if (!object) object = open_one(SX_READER_FOLDER, "/", s.file);
    *out = NULL;
    if (!object)
        return sx_fail(err, LLM_E_UNSUPPORTED,
                       "%s was not read: %s files need the plugin %s beside the library (%s) with what it links (on "
                       "Debian %s); install them or convert the document to text first",
                       name, s.kind, s.file, own[0] ? own : SX_READER_FOLDER, s.needs);
    sx_reader_entry entry;
    void *symbol = dlsym(object, SX_READER_SYMBOL);
    memcpy(&entry, &symbol, sizeof entry);
    const sx_reader_plugin *plugin = symbol ? entry() : NULL;
    if (!plugin || plugin->version != SX_READER_VERSION)
        return sx_fail(err, LLM_E_UNSUPPORTED,
                       "%s was not read: the plugin %s belongs to another release of the library", name, s.file);
    *out = plugin;
    return LLM_OK;
}
