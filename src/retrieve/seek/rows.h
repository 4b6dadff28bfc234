/* Rows of segments in memory: fetched from the store when they are asked for, kept while a budget allows, pinned while in
 * use. Any thread. */
#ifndef SX_RETRIEVE_ROWS_H
#define SX_RETRIEVE_ROWS_H

#include <pthread.h>

#include "platform/lru.h"
#include "store/store.h"

typedef struct sx_seg_row {
    sx_lru_node node;
    size_t size;
    unsigned char *data; /* [size + SX_ROW_PAD] */
} sx_seg_row;

typedef struct sx_rows {
    sx_mem *mem;
    sx_store *store;
    pthread_mutex_t lock;
    sx_lru cache;
} sx_rows;

llm_status sx_rows_init(sx_rows *rows, sx_mem *mem, sx_store *store, size_t budget, llm_error *err);
void sx_rows_free(sx_rows *rows);
/* Pins; sx_rows_unpin gives it back. LLM_E_NOT_FOUND: the segment is gone. */
llm_status sx_rows_pin(sx_rows *rows, int64_t segment, uint32_t row, sx_seg_row **out, llm_error *err);
void sx_rows_unpin(sx_rows *rows, sx_seg_row *row);        /* NULL is fine */
sx_seg_row *sx_rows_share(sx_rows *rows, sx_seg_row *row); /* one more pin */

#endif
