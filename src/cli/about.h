/* Options that say something of a document: --folder, --label, --meta. */
#ifndef SX_CLI_ABOUT_H
#define SX_CLI_ABOUT_H

#include "cli.h"

enum { SX_OPT_FOLDER = 200, SX_OPT_LABEL, SX_OPT_META };

#define SX_ABOUT_OPTIONS \
    {SX_OPT_FOLDER, 0, "folder", true}, {SX_OPT_LABEL, 0, "label", true}, \
    { \
        SX_OPT_META, 0, "meta", true \
    }

#define SX_ABOUT_HELP \
    "      --folder F        the folder it stands in, such as contracts/2024\n" \
    "      --label L         only holders of this label may see it; may be given again\n" \
    "                        ('' takes labels away)\n" \
    "      --meta KEY=VALUE  what a filter can ask for; may be given again\n"

typedef struct sx_about_opts {
    const char *folder;
    sx_bytes labels, meta;
    bool has_labels, has_meta;
} sx_about_opts;

bool sx_about_option(sx_about_opts *about, const sx_args *args, int id); /* false: out of memory */
void sx_about_set(const sx_about_opts *about, llm_ingest_opts *opts);
void sx_about_free(sx_about_opts *about);

#endif
