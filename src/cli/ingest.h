/* What `ask` and `ingest` share: files on their way into a corpus. */
#ifndef SX_CLI_INGEST_H
#define SX_CLI_INGEST_H

#include "about.h"

/* The last part of a path, which is a document's name unless something else is asked for; "stdin" for "-". */
const char *sx_base_name(const char *path);
/* Whether another of files[0..i) would take the name of files[i]. */
bool sx_name_taken(char *const *files, int i);
/* Ingests a file, or standard input for "-", under a name. A failure is in err. */
llm_status sx_ingest_one(sx_run *run, const char *path, const char *name, uint32_t format, const sx_about_opts *about,
                         llm_error *err);

#endif
