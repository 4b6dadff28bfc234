/* Files on their way into a corpus. */
#include "ingest.h"

#include <string.h>

#include "term.h"

const char *sx_base_name(const char *path)
{
    if (strcmp(path, "-") == 0) return "stdin";
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

bool sx_name_taken(char *const *files, int i)
{
    for (int k = 0; k < i; k++)
        if (strcmp(sx_base_name(files[k]), sx_base_name(files[i])) == 0) return true;
    return false;
}

/* A file that is not text often is a document of a kind that is not read yet: then that is what to say. */
static void explain_format(const char *path, llm_error *err)
{
    static const struct {
        const char *begin, *what;
    } kinds[] = {
        {"PK\003\004",
         "a zip archive, as ODT, XLSX and PPTX files are: of these only DOCX and EPUB are read; convert it first, for "
         "instance with pandoc"},
        {"\037\213", "compressed: unpack it first, for instance with gunzip"},
    };
    char head[8] = {0};
    FILE *f = fopen(path, "rb");
    if (!f) return;
    size_t n = fread(head, 1, sizeof head, f);
    fclose(f);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t len = strlen(kinds[i].begin);
        if (n >= len && memcmp(head, kinds[i].begin, len) == 0)
            sx_error_set(err, err->code, "%s is %s", path, kinds[i].what);
    }
}

llm_status sx_ingest_one(sx_run *run, const char *path, const char *name, uint32_t format, const sx_about_opts *about,
                         llm_error *err)
{
    llm_ingest_opts opts = LLM_INGEST_OPTS_INIT;
    opts.format = format;
    opts.cancel = run->cancel;
    if (about) sx_about_set(about, &opts);
    llm_status st;
    sx_progress("Reading %s", name);
    if (strcmp(path, "-") == 0) {
        sx_bytes text = {0};
        if (sx_read_all(run->cmd, path, &text)) {
            st = llm_ingest(run->corpus, name, text.data, text.len, &opts, err);
        } else {
            st = LLM_E_IO;
            sx_error_set(err, st, "Standard input could not be read.");
        }
        sx_bytes_free(&text);
    } else {
        st = llm_ingest_file(run->corpus, path, name, &opts, err);
        if (st == LLM_E_UTF8) explain_format(path, err);
    }
    sx_progress_end();
    return st;
}
