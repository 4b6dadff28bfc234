/* What every SQLite file of ours shares: opening with care, errors as sentences, whole transactions. */
#ifndef SX_STORE_SQL_H
#define SX_STORE_SQL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "platform/error.h"

/* Who a file belongs to and how old its form is. */
typedef struct sx_sql_form {
    const char *what;            /* "corpus": for sentences */
    uint32_t application_id;     /* PRAGMA application_id */
    int version;                 /* PRAGMA user_version: newer files are LLM_E_VERSION */
    const char *schema;          /* statements that make an empty file ours */
    const char *const *upgrades; /* [version - 1]: what makes form i + 1 form i + 2, when opened for writing. A reader
                                  * takes an older form as it is */
} sx_sql_form;

/* path NULL: in memory. Write-ahead log, durable at commit. A file of someone else is never written to. */
llm_status sx_sql_open(sqlite3 **out, const char *path, bool readonly, const sx_sql_form *form, llm_error *err);

/* The status and sentence for what SQLite answered last; `doing` is a phrase such as "writing the corpus". */
llm_status sx_sql_fail(sqlite3 *db, int rc, const char *doing, llm_error *err);

/* Runs statements that give no rows. Returns SQLite's code. */
int sx_sql_exec(sqlite3 *db, const char *sql);

#endif
