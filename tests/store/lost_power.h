/* A disk that loses power, beneath SQLite: a file layer that remembers every write, truncation, sync, creation and deletion
 * in the order they were asked for, and then makes files as they may stand after the power failed behind any of them. What
 * was synced stands. Of what came after the last sync of a file, any of its sectors may have reached the disk and any other
 * not, whatever their order; the length may have come before the bytes (which read as zeroes then, or as what lay there),
 * or not at all; files that were made may be missing and deleted ones be back until their folder was synced. Tests only. */
#ifndef SX_TESTS_LOST_POWER_H
#define SX_TESTS_LOST_POWER_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef enum { LP_WRITE, LP_TRUNCATE, LP_SYNC, LP_CREATE, LP_DELETE, LP_SYNC_FOLDER, LP_MARK } lp_kind;

typedef struct lp_event {
    lp_kind kind;
    int file; /* its number; of a mark: the number that the test gave */
    char name[24];
    unsigned char *data;
    size_t at, n;
} lp_event;

enum { LP_FILES = 64, LP_NAMES = 8 };

typedef struct lp_bytes {
    unsigned char *data;
    size_t n;
} lp_bytes;

typedef struct lp_folder { /* which file stands under a name */
    char name[LP_NAMES][24];
    int file[LP_NAMES];
    int n;
} lp_folder;

static struct {
    sqlite3_vfs vfs, *real;
    char folder[64]; /* whose files are watched; "" for none */
    lp_event *events;
    size_t n, cap;
    lp_bytes first[LP_FILES]; /* as they stood when the watch began, which is on the disk */
    lp_folder first_names, names;
    int files;
} lp;

static inline void *lp_more(void *old, size_t n)
{
    void *more = realloc(old, n ? n : 1);
    if (!more) abort();
    return more;
}

/* ---- the folder ---- */

static inline int lp_find(const lp_folder *f, const char *name)
{
    for (int i = 0; i < f->n; i++)
        if (strcmp(f->name[i], name) == 0) return i;
    return -1;
}

static inline void lp_enter(lp_folder *f, const char *name, int file)
{
    int i = lp_find(f, name);
    if (i < 0) {
        if (f->n == LP_NAMES) abort();
        i = f->n++;
        snprintf(f->name[i], sizeof f->name[i], "%s", name);
    }
    f->file[i] = file;
}

static inline void lp_strike(lp_folder *f, const char *name)
{
    int i = lp_find(f, name);
    if (i < 0) return;
    f->n--;
    memmove(f->name[i], f->name[f->n], sizeof f->name[i]);
    f->file[i] = f->file[f->n];
}

/* ---- watching ---- */

static inline lp_event *lp_note(lp_kind kind, int file, const char *name)
{
    if (lp.n == lp.cap) lp.events = lp_more(lp.events, (lp.cap = lp.cap * 2 + 256) * sizeof *lp.events);
    lp_event *e = &lp.events[lp.n++];
    *e = (lp_event){.kind = kind, .file = file};
    if (name) snprintf(e->name, sizeof e->name, "%s", name);
    return e;
}

static inline void lp_mark(int mark)
{
    if (lp.folder[0]) lp_note(LP_MARK, mark, NULL);
}

/* The name within the watched folder, or NULL. */
static inline const char *lp_watched(const char *path)
{
    size_t n = strlen(lp.folder);
    return path && n && strncmp(path, lp.folder, n) == 0 && path[n] == '/' ? path + n + 1 : NULL;
}

typedef struct lp_file {
    sqlite3_file base;
    int number;        /* -1: not watched */
    bool names_folder; /* its next sync is one of the folder too, as SQLite does it for journals it made */
    sqlite3_file real[];
} lp_file;

static int lp_close(sqlite3_file *f)
{
    lp_file *l = (lp_file *)f;
    return l->real->pMethods ? l->real->pMethods->xClose(l->real) : SQLITE_OK;
}

static int lp_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
    lp_file *l = (lp_file *)f;
    return l->real->pMethods->xRead(l->real, to, n, at);
}

static int lp_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
    lp_file *l = (lp_file *)f;
    if (l->number >= 0 && lp.folder[0]) {
        lp_event *e = lp_note(LP_WRITE, l->number, NULL);
        e->at = (size_t)at;
        e->n = (size_t)n;
        e->data = lp_more(NULL, e->n);
        memcpy(e->data, from, e->n);
    }
    return l->real->pMethods->xWrite(l->real, from, n, at);
}

static int lp_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    lp_file *l = (lp_file *)f;
    if (l->number >= 0 && lp.folder[0]) lp_note(LP_TRUNCATE, l->number, NULL)->n = (size_t)size;
    return l->real->pMethods->xTruncate(l->real, size);
}

static int lp_sync(sqlite3_file *f, int flags)
{
    lp_file *l = (lp_file *)f;
    (void)flags; /* the real disk is not waited for: it is not the one that fails */
    if (l->number >= 0 && lp.folder[0]) {
        lp_note(LP_SYNC, l->number, NULL);
        if (l->names_folder) lp_note(LP_SYNC_FOLDER, 0, NULL);
        l->names_folder = false;
    }
    return SQLITE_OK;
}

#define LP_PASS(name, args, pass) \
    static int lp_##name args \
    { \
        lp_file *l = (lp_file *)f; \
        return l->real->pMethods->x##name pass; \
    }
LP_PASS(FileSize, (sqlite3_file * f, sqlite3_int64 *n), (l->real, n))
LP_PASS(Lock, (sqlite3_file * f, int level), (l->real, level))
LP_PASS(Unlock, (sqlite3_file * f, int level), (l->real, level))
LP_PASS(CheckReservedLock, (sqlite3_file * f, int *out), (l->real, out))
LP_PASS(FileControl, (sqlite3_file * f, int op, void *arg), (l->real, op, arg))
LP_PASS(SectorSize, (sqlite3_file * f), (l->real))
LP_PASS(DeviceCharacteristics, (sqlite3_file * f), (l->real))
LP_PASS(ShmMap, (sqlite3_file * f, int page, int size, int extend, void volatile **at),
        (l->real, page, size, extend, at))
LP_PASS(ShmLock, (sqlite3_file * f, int offset, int n, int flags), (l->real, offset, n, flags))
LP_PASS(ShmUnmap, (sqlite3_file * f, int remove), (l->real, remove))
#undef LP_PASS

static void lp_ShmBarrier(sqlite3_file *f)
{
    lp_file *l = (lp_file *)f;
    l->real->pMethods->xShmBarrier(l->real);
}

static const sqlite3_io_methods lp_methods = {
    .iVersion = 2,
    .xClose = lp_close,
    .xRead = lp_read,
    .xWrite = lp_write,
    .xTruncate = lp_truncate,
    .xSync = lp_sync,
    .xFileSize = lp_FileSize,
    .xLock = lp_Lock,
    .xUnlock = lp_Unlock,
    .xCheckReservedLock = lp_CheckReservedLock,
    .xFileControl = lp_FileControl,
    .xSectorSize = lp_SectorSize,
    .xDeviceCharacteristics = lp_DeviceCharacteristics,
    .xShmMap = lp_ShmMap,
    .xShmLock = lp_ShmLock,
    .xShmBarrier = lp_ShmBarrier,
    .xShmUnmap = lp_ShmUnmap,
};

static int lp_open(sqlite3_vfs *vfs, sqlite3_filename path, sqlite3_file *f, int flags, int *out)
{
    lp_file *l = (lp_file *)f;
    const char *name = flags & SQLITE_OPEN_DELETEONCLOSE ? NULL : lp_watched(path);
    bool made = name && access(path, F_OK) != 0;
    (void)vfs;
    l->base.pMethods = NULL;
    l->number = -1;
    l->names_folder = false;
    int rc = lp.real->xOpen(lp.real, path, l->real, flags, out);
    if (rc != SQLITE_OK) return rc;
    l->base.pMethods = &lp_methods;
    if (name && made) {
        if (lp.files == LP_FILES) abort();
        l->number = lp.files++;
        l->names_folder = (flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL)) != 0;
        lp_note(LP_CREATE, l->number, name);
        lp_enter(&lp.names, name, l->number);
    } else if (name) {
        l->number = lp.names.file[lp_find(&lp.names, name)];
    }
    return rc;
}

static int lp_delete(sqlite3_vfs *vfs, const char *path, int sync)
{
    const char *name = lp_watched(path);
    (void)vfs;
    int rc = lp.real->xDelete(lp.real, path, 0);
    if (rc != SQLITE_OK || !name) return rc;
    lp_note(LP_DELETE, 0, name);
    lp_strike(&lp.names, name);
    if (sync) lp_note(LP_SYNC_FOLDER, 0, NULL);
    return rc;
}

static inline void lp_install(void)
{
    if (lp.real) return;
    lp.real = sqlite3_vfs_find(NULL);
    lp.vfs = *lp.real;
    lp.vfs.zName = "lost-power";
    lp.vfs.szOsFile = (int)sizeof(lp_file) + lp.real->szOsFile;
    lp.vfs.xOpen = lp_open;
    lp.vfs.xDelete = lp_delete;
    sqlite3_vfs_register(&lp.vfs, 1);
}

/* Begins to watch a folder; what is given stands in it already, on the disk. */
static inline void lp_watch(const char *folder, const lp_folder *names, const lp_bytes *files, int n)
{
    for (size_t i = 0; i < lp.n; i++) free(lp.events[i].data);
    for (int i = 0; i < LP_FILES; i++) {
        free(lp.first[i].data);
        lp.first[i] = (lp_bytes){NULL, 0};
    }
    lp.n = 0;
    lp.names = (lp_folder){.n = 0};
    for (int i = 0; i < n; i++) {
        lp.first[i] = (lp_bytes){lp_more(NULL, files[i].n), files[i].n};
        if (files[i].n) memcpy(lp.first[i].data, files[i].data, files[i].n);
    }
    if (names) lp.names = *names;
    lp.first_names = lp.names;
    lp.files = n;
    snprintf(lp.folder, sizeof lp.folder, "%s", folder);
}

static inline void lp_stop(void)
{
    lp.folder[0] = '\0';
}

static inline void lp_end(void)
{
    lp_stop();
    lp_watch("", NULL, NULL, 0);
    free(lp.events);
    lp.events = NULL;
    lp.cap = 0;
}

/* ---- what is left ---- */

static uint32_t lp_seed = 1;

static inline uint32_t lp_roll(uint32_t n)
{
    lp_seed = lp_seed * 1664525u + 1013904223u;
    return (lp_seed >> 8) % n;
}

static inline void lp_resize(lp_bytes *b, size_t n, int fill)
{
    if (n > b->n) {
        b->data = lp_more(b->data, n);
        for (size_t i = b->n; i < n; i++) b->data[i] = fill ? (unsigned char)(i * 167 + 13) : 0;
    }
    b->n = n;
}

/* One change of a file reaches the disk, as far as each of its sectors is in luck (of 8). */
static inline void lp_apply(lp_bytes *b, const lp_event *e, size_t sector, uint32_t luck, int fill)
{
    if (e->kind == LP_TRUNCATE) {
        if (lp_roll(8) < luck) lp_resize(b, e->n, 0);
        return;
    }
    for (size_t done = 0, n; done < e->n; done += n) {
        size_t at = e->at + done;
        n = sector - at % sector;
        if (n > e->n - done) n = e->n - done;
        bool comes = lp_roll(8) < luck;
        if (!comes && lp_roll(2)) continue;
        if (at + n > b->n) lp_resize(b, at + n, comes ? 0 : fill); /* the length may come alone */
        if (comes) memcpy(b->data + at, e->data + done, n);
    }
}

/* How much of it reached the disk: by and large, as what the one throw decides. */
static inline uint32_t lp_luck(void)
{
    static const uint32_t of[] = {0, 8, 4, 4, 1, 7};
    return of[lp_roll(6)];
}

/* Makes the files as they may stand when the power fails before event `at`, of files[LP_FILES] (freed by lp_free). */
static inline void lp_fail(size_t at, lp_folder *names, lp_bytes files[LP_FILES])
{
    size_t since[LP_FILES] = {0}, named = 0, sector = lp_roll(2) ? 512 : 4096;
    for (size_t i = 0; i < at; i++) {
        if (lp.events[i].kind == LP_SYNC) since[lp.events[i].file] = i;
        if (lp.events[i].kind == LP_SYNC_FOLDER) named = i;
    }
    for (int f = 0; f < LP_FILES; f++) {
        files[f] = (lp_bytes){NULL, 0};
        if (lp.first[f].n) {
            lp_resize(&files[f], lp.first[f].n, 0);
            memcpy(files[f].data, lp.first[f].data, lp.first[f].n);
        }
        uint32_t luck = lp_luck(), fill = lp_roll(2);
        for (size_t i = 0; i < at; i++)
            if (lp.events[i].file == f && (lp.events[i].kind == LP_WRITE || lp.events[i].kind == LP_TRUNCATE))
                lp_apply(&files[f], &lp.events[i], sector, i < since[f] ? 8 : luck, (int)fill);
    }
    *names = lp.first_names;
    for (size_t i = 0; i < at; i++) {
        if (i >= named && lp_roll(2)) continue;
        if (lp.events[i].kind == LP_CREATE) lp_enter(names, lp.events[i].name, lp.events[i].file);
        if (lp.events[i].kind == LP_DELETE) lp_strike(names, lp.events[i].name);
    }
}

static inline void lp_free(lp_bytes files[LP_FILES])
{
    for (int i = 0; i < LP_FILES; i++) free(files[i].data);
}

/* Writes them into a folder in the place of what is there, under the same names. */
static inline void lp_lay_out(const char *folder, const lp_folder *names, const lp_bytes *files,
                              const char *const *known)
{
    char path[128];
    for (; *known; known++) {
        int i = lp_find(names, *known);
        snprintf(path, sizeof path, "%s/%s-shm", folder, *known);
        remove(path);
        snprintf(path, sizeof path, "%s/%s", folder, *known);
        remove(path);
        if (i < 0) continue;
        FILE *out = fopen(path, "wb");
        const lp_bytes *bytes = &files[names->file[i]];
        if (!out || (bytes->n && fwrite(bytes->data, 1, bytes->n, out) != bytes->n)) abort();
        fclose(out);
    }
}

/* The greatest mark before an event; 0 when there is none. */
static inline int lp_marked(size_t at)
{
    int mark = 0;
    for (size_t i = 0; i < at; i++)
        if (lp.events[i].kind == LP_MARK) mark = lp.events[i].file;
    return mark;
}

#endif
