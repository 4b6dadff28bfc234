/* The audit log as the command sees it: opened with a key file for `guard` and `audit`, read record by record, and shown as a
 * page of HTML. */
#ifndef SX_CLI_AUDIT_H
#define SX_CLI_AUDIT_H

#include <jansson.h>

#include "cli.h"

/* Ids of the options that name a log to write. */
enum { SX_OPT_AUDIT = 220, SX_OPT_AUDIT_KEY, SX_OPT_TAG };

/* clang-format off */
#define SX_AUDIT_OPTIONS \
    {SX_OPT_AUDIT, 0, "audit", true}, \
    {SX_OPT_AUDIT_KEY, 0, "audit-key-file", true}, \
    {SX_OPT_TAG, 0, "tag", true}
/* clang-format on */

#define SX_AUDIT_HELP \
    "      --audit LOG             log each verdict in an audit log (see sextant audit)\n" \
    "      --audit-key-file FILE   the log's key: 32 random bytes, or 64 hex digits\n" \
    "      --tag TEXT              what the log calls these texts\n"

typedef struct sx_audit_source {
    const char *log, *key_file, *tag;
} sx_audit_source;

void sx_audit_option(sx_audit_source *source, const sx_args *args, int id);
/* Opens the log, or leaves *out NULL where none was named. False after a sentence. */
bool sx_audit_get(const sx_command *cmd, const sx_audit_source *source, llm_audit **out);

/* A page about a log, made record by record. */
typedef struct sx_report sx_report;
sx_report *sx_report_begin(const char *path);          /* NULL: no memory */
bool sx_report_add(sx_report *report, json_t *record); /* keeps what it needs; false: no memory */
bool sx_report_write(const sx_report *report, const json_t *summary, FILE *out);
void sx_report_end(sx_report *report);

#endif
