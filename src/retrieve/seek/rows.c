#include "retrieve/seek/rows.h"

#include <string.h>

#include "platform/map.h"

llm_status sx_rows_init(sx_rows *rows, sx_mem *mem, sx_store *store, size_t budget, llm_error *err)
{
    memset(rows, 0, sizeof *rows);
    if (pthread_mutex_init(&rows->lock, NULL) != 0) return sx_fail_memory(err);
    rows->mem = mem;
    rows->store = store;
    rows->budget = budget;
    return LLM_OK;
}

static void drop(sx_rows *rows, sx_seg_row *r)
{
    sx_mem_free(rows->mem, r->data);
    sx_mem_free(rows->mem, r);
}

void sx_rows_free(sx_rows *rows)
{
    if (!rows->mem) return;
    for (sx_seg_row *r = rows->newest, *older; r; r = older) {
        older = r->older;
        drop(rows, r);
    }
    pthread_mutex_destroy(&rows->lock);
    rows->mem = NULL;
}

static sx_seg_row **bucket(sx_rows *rows, int64_t segment, uint32_t row)
{
    uint64_t key[2] = {(uint64_t)segment, row};
    return &rows->buckets[sx_hash64(key, sizeof key, 0) % SX_ROW_BUCKETS];
}

static void unlink_row(sx_rows *rows, sx_seg_row *r)
{
    *(r->newer ? &r->newer->older : &rows->newest) = r->older;
    *(r->older ? &r->older->newer : &rows->oldest) = r->newer;
    r->newer = r->older = NULL;
}

static void link_newest(sx_rows *rows, sx_seg_row *r)
{
    r->older = rows->newest;
    *(rows->newest ? &rows->newest->newer : &rows->oldest) = r;
    rows->newest = r;
}

static size_t weight(const sx_seg_row *r)
{
    return r->size + sizeof *r;
}

/* Forgets what was asked for longest ago and is not in use, until the rest is within the budget. */
static void make_room(sx_rows *rows)
{
    for (sx_seg_row *r = rows->oldest, *newer; r && rows->held > rows->budget; r = newer) {
        newer = r->newer;
        if (r->refs) continue;
        sx_seg_row **at = bucket(rows, r->segment, r->row);
        while (*at != r) at = &(*at)->chain;
        *at = r->chain;
        unlink_row(rows, r);
        rows->held -= weight(r);
        drop(rows, r);
    }
}

static sx_seg_row *find(sx_rows *rows, int64_t segment, uint32_t row)
{
    for (sx_seg_row *r = *bucket(rows, segment, row); r; r = r->chain)
        if (r->segment == segment && r->row == row) {
            r->refs++;
            unlink_row(rows, r);
            link_newest(rows, r);
            return r;
        }
    return NULL;
}

/* Another thread may have been faster: then its row is the one. */
static sx_seg_row *add(sx_rows *rows, sx_seg_row *r)
{
    sx_seg_row *there = find(rows, r->segment, r->row);
    if (there) {
        drop(rows, r);
        return there;
    }
    sx_seg_row **at = bucket(rows, r->segment, r->row);
    r->refs = 1;
    r->chain = *at;
    *at = r;
    link_newest(rows, r);
    rows->held += weight(r);
    make_room(rows);
    return r;
}

llm_status sx_rows_pin(sx_rows *rows, int64_t segment, uint32_t row, sx_seg_row **out, llm_error *err)
{
    void *data = NULL;
    size_t size = 0;
    pthread_mutex_lock(&rows->lock);
    *out = find(rows, segment, row);
    pthread_mutex_unlock(&rows->lock);
    if (*out) return LLM_OK;
    llm_status status = sx_store_read_row(rows->store, segment, row, &data, &size, err);
    if (status != LLM_OK) return status;
    sx_seg_row *r = sx_mem_zalloc(rows->mem, sizeof *r);
    if (!r) {
        sx_mem_free(rows->mem, data);
        return sx_fail_memory(err);
    }
    r->segment = segment;
    r->row = row;
    r->size = size;
    r->data = data;
    pthread_mutex_lock(&rows->lock);
    *out = add(rows, r);
    pthread_mutex_unlock(&rows->lock);
    return LLM_OK;
}

void sx_rows_unpin(sx_rows *rows, sx_seg_row *row)
{
    if (!row) return;
    pthread_mutex_lock(&rows->lock);
    row->refs--;
    if (rows->held > rows->budget) make_room(rows);
    pthread_mutex_unlock(&rows->lock);
}

sx_seg_row *sx_rows_share(sx_rows *rows, sx_seg_row *row)
{
    pthread_mutex_lock(&rows->lock);
    row->refs++;
    pthread_mutex_unlock(&rows->lock);
    return row;
}
