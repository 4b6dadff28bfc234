#include "about.h"

#include <string.h>

/* An empty item stands for the empty list. */
static bool add(const sx_args *args, sx_bytes *list, bool *has)
{
    *has = true;
    if (!*args->value || sx_list_add(list, args->value, strlen(args->value))) return true;
    sx_say(args->cmd, "out of memory");
    return false;
}

bool sx_about_option(sx_about_opts *about, const sx_args *args, int id)
{
    if (id == SX_OPT_FOLDER) about->folder = args->value;
    if (id == SX_OPT_LABEL) return add(args, &about->labels, &about->has_labels);
    if (id == SX_OPT_META) return add(args, &about->meta, &about->has_meta);
    return true;
}

void sx_about_set(const sx_about_opts *about, llm_ingest_opts *opts)
{
    opts->folder = about->folder;
    if (about->has_labels) opts->labels = about->labels.data ? about->labels.data : "";
    if (about->has_meta) opts->meta = about->meta.data ? about->meta.data : "";
}

void sx_about_free(sx_about_opts *about)
{
    sx_bytes_free(&about->labels);
    sx_bytes_free(&about->meta);
}
