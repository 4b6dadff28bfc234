/* The SQLite plugin as an auto-extension: every connection of the process has the functions, and two copies of the plugin
 * in one process do not meet.   sqlite_auto PLUGIN */
#include <dlfcn.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static int answer(sqlite3 *db, const char *sql, const char *expected)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK || sqlite3_step(stmt) != SQLITE_ROW) {
        fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(db));
        sqlite3_finalize(stmt);
        return 1;
    }
    const char *got = (const char *)sqlite3_column_text(stmt, 0);
    int bad = !got || !strstr(got, expected);
    if (bad) fprintf(stderr, "%s gave: %s\n", sql, got ? got : "NULL");
    sqlite3_finalize(stmt);
    return bad;
}

int main(int argc, char **argv)
{
    int bad = 0;
    void *plugin = argc == 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    void (*entry)(void) = NULL;
    void *symbol = plugin ? dlsym(plugin, "sqlite3_sextant_init") : NULL;
    memcpy(&entry, &symbol, sizeof entry);
    if (!entry || sqlite3_auto_extension(entry) != SQLITE_OK) {
        fprintf(stderr, "sqlite_auto: the plugin cannot be registered\n");
        return 1;
    }
    sqlite3 *db[2] = {NULL, NULL};
    for (int i = 0; i < 2; i++) {
        if (sqlite3_open(":memory:", &db[i]) != SQLITE_OK) return 1;
        bad += answer(db[i], "SELECT sextant_redact('mail joe@example.org')", "mail <EMAIL_ADDRESS>");
    }
    /* what one connection ingested into memory, the other does not know */
    bad += answer(db[0], "SELECT sextant_ingest(':memory:', 'a.txt', 'The lamp is trimmed at dusk.')", "a.txt");
    bad += answer(db[0], "SELECT count(*) FROM sextant_retrieve(':memory:', 'lamp')", "1");
    bad += answer(db[1], "SELECT count(*) FROM sextant_retrieve(':memory:', 'lamp')", "0");
    bad += sqlite3_close(db[0]) != SQLITE_OK;
    bad += answer(db[1], "SELECT sextant_redact('mail joe@example.org')", "mail <EMAIL_ADDRESS>");
    bad += sqlite3_close(db[1]) != SQLITE_OK;
    sqlite3_reset_auto_extension();
    bad += dlclose(plugin) != 0;
    if (sqlite3_open(":memory:", &db[0]) != SQLITE_OK) return 1; /* the host lives on without it */
    bad += answer(db[0], "SELECT 'still here'", "still here");
    sqlite3_close(db[0]);
    return bad != 0;
}
