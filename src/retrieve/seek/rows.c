#include "retrieve/seek/rows.h"

static void drop(void *user, sx_lru_node *node)
{
    sx_rows *rows = user;
    sx_seg_row *row = (sx_seg_row *)node;
    sx_mem_free(rows->mem, row->data);
    sx_mem_free(rows->mem, row);
}

llm_status sx_rows_init(sx_rows *rows, sx_mem *mem, sx_store *store, size_t budget, llm_error *err)
{
    rows->mem = NULL;
    if (pthread_mutex_init(&rows->lock, NULL) != 0) return sx_fail_memory(err);
    rows->mem = mem;
    rows->store = store;
    sx_lru_init(&rows->cache, budget, drop, rows);
    return LLM_OK;
}

void sx_rows_free(sx_rows *rows)
{
    if (!rows->mem) return;
    sx_lru_clear(&rows->cache);
    pthread_mutex_destroy(&rows->lock);
    rows->mem = NULL;
}

llm_status sx_rows_pin(sx_rows *rows, int64_t segment, uint32_t row, sx_seg_row **out, llm_error *err)
{
    void *data = NULL;
    size_t size = 0;
    pthread_mutex_lock(&rows->lock);
    *out = (sx_seg_row *)sx_lru_find(&rows->cache, segment, row);
    pthread_mutex_unlock(&rows->lock);
    if (*out) return LLM_OK;
    llm_status status = sx_store_read_row(rows->store, segment, row, &data, &size, err);
    if (status != LLM_OK) return status;
    sx_seg_row *fresh = sx_mem_zalloc(rows->mem, sizeof *fresh);
    if (!fresh) {
        sx_mem_free(rows->mem, data);
        return sx_fail_memory(err);
    }
    fresh->node = (sx_lru_node){.key = segment, .part = row, .bytes = size + sizeof *fresh};
    fresh->size = size;
    fresh->data = data;
    pthread_mutex_lock(&rows->lock); /* another thread may have been faster: then its row is the one */
    *out = (sx_seg_row *)sx_lru_add(&rows->cache, &fresh->node);
    pthread_mutex_unlock(&rows->lock);
    return LLM_OK;
}

void sx_rows_unpin(sx_rows *rows, sx_seg_row *row)
{
    if (!row) return;
    pthread_mutex_lock(&rows->lock);
    sx_lru_release(&rows->cache, &row->node);
    pthread_mutex_unlock(&rows->lock);
}

sx_seg_row *sx_rows_share(sx_rows *rows, sx_seg_row *row)
{
    pthread_mutex_lock(&rows->lock);
    row->node.refs++;
    pthread_mutex_unlock(&rows->lock);
    return row;
}
