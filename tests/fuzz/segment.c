/* A segment with a row of nonsense whose sum fits: what is asked of it, and its joining, ends in an answer or in LLM_E_CORRUPT.
 * Input: the row's number; 0 and the whole row, or a place (two bytes, from 1) and what is written over the row there. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "retrieve/read/reader.h"
#include "retrieve/seek/fold.h"
#include "retrieve/seek/search.h"
#include "store/store.h"

enum { DOCS = 6, HITS = 16 };

static sx_mem lasting;
static sx_store *empty; /* what is asked for beyond the rows is not there */
static sx_fold sound;

static void require(int truth)
{
    if (!truth) abort();
}

/* Words that are said everywhere, often, and once. */
static void make_sound(void)
{
    sx_fold_doc docs[DOCS];
    llm_error err = {sizeof err, 0, ""};
    sx_mem_init(&lasting, NULL);
    require(sx_store_open(&empty, &lasting, NULL, false, &err) == LLM_OK);
    for (int64_t d = 0; d < DOCS; d++) {
        sx_buf text;
        sx_tree *tree;
        sx_index *index;
        sx_buf_init(&text, &lasting, 0);
        for (unsigned p = 0; p < 60; p++) {
            if (p % 20 == 0) sx_buf_printf(&text, "# Part w%u\n\n", p);
            sx_buf_printf(&text, "every w%u w%u only%u", p % 7, p % 3, (unsigned)d * 60 + p);
            for (unsigned i = 0; i < p % 9; i++) sx_buf_str(&text, " many");
            sx_buf_str(&text, "\n\n");
        }
        require(sx_read_tree(&tree, &lasting, "w1.md", sx_mem_strndup(&lasting, text.data, text.len), text.len,
                             LLM_FORMAT_MARKDOWN, NULL, &err) == LLM_OK);
        require(sx_index_build(&index, &lasting, tree, NULL, &err) == LLM_OK);
        docs[d] = (sx_fold_doc){d + 1, tree, index};
        sx_buf_free(&text);
    }
    require(sx_fold_docs(&sound, &lasting, docs, DOCS, NULL, &err) == LLM_OK);
    for (int d = 0; d < DOCS; d++) {
        sx_index_free((sx_index *)docs[d].index);
        sx_tree_unref((sx_tree *)docs[d].tree);
    }
}

static void add_row(sx_rows *rows, uint32_t number, const void *data, size_t size)
{
    sx_seg_row *row = sx_mem_zalloc(rows->mem, sizeof *row);
    row->node = (sx_lru_node){.key = 1, .part = number, .bytes = size + sizeof *row};
    row->size = size;
    row->data = sx_mem_zalloc(rows->mem, size + SX_ROW_PAD);
    if (size) memcpy(row->data, data, size);
    sx_rows_unpin(rows, (sx_seg_row *)sx_lru_add(&rows->cache, &row->node));
}

static void ask(sx_mem *mem, sx_rows *rows, sx_seek_part *part)
{
    sx_query query;
    sx_seek seek = {mem, rows, part, 1};
    llm_error err = {sizeof err, 0, ""};
    require(sx_query_make(&query, mem, SX_LANG_EN, "every many w1 only77 part", 25) == LLM_OK);
    if (sx_seek_count(&seek, &query, &err) != LLM_OK) return;
    sx_query_settle(&query);
    for (uint32_t field = SX_FIELD_BODY; field <= SX_FIELD_NAME; field++) {
        sx_hit found[HITS], best[4];
        sx_hits hits = {.hits = found, .most = HITS, .docs = field ? NULL : best, .docs_most = 4};
        if (sx_seek_top(&seek, &query, field, &hits, NULL, &err) != LLM_OK) continue;
        for (uint32_t i = 0; i < hits.n; i++) require(found[i].unit < part->segment.n_units);
    }
    sx_seg_doc doc;
    for (uint32_t unit = 0; unit < part->segment.n_units; unit += 37)
        if (sx_segment_doc_of(&part->segment, rows, unit, &doc, &err) == LLM_OK)
            require(unit >= doc.first && unit - doc.first < doc.leaves);
    sx_segment_doc_by_id(&part->segment, rows, 3, &doc, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sx_mem mem;
    sx_rows rows;
    llm_error err = {sizeof err, 0, ""};
    if (!empty) make_sound();
    if (size < 3) return 0;
    sx_mem_init(&mem, NULL);
    require(sx_rows_init(&rows, &mem, empty, SIZE_MAX / 4, &err) == LLM_OK);
    uint32_t victim = data[0] % (uint32_t)sound.writer.n_rows;
    size_t at = (size_t)data[1] << 8 | data[2];
    for (uint32_t i = 0; i < sound.writer.n_rows; i++) {
        const sx_buf *row = &sound.writer.rows[i];
        if (i != victim) {
            add_row(&rows, i, row->data, row->len);
        } else if (at == 0) {
            add_row(&rows, i, data + 3, size - 3);
        } else {
            char *copy = sx_mem_strndup(&mem, row->data, row->len);
            for (size_t k = 0; k + 3 < size && at - 1 + k < row->len; k++) copy[at - 1 + k] = (char)data[k + 3];
            add_row(&rows, i, copy, row->len);
            sx_mem_free(&mem, copy);
        }
    }
    const sx_store_segment whole = {1, 0, sound.n_units};
    sx_seek_part part = {.n_gone = 0};
    if (sx_segment_open(&part.segment, &rows, &whole, &err) == LLM_OK) {
        sx_fold joined;
        const int64_t dead[] = {2};
        ask(&mem, &rows, &part);
        if (sx_fold_segments(&joined, &mem, &part.segment, 1, &rows, dead, 1, NULL, &err) == LLM_OK)
            sx_fold_free(&joined, &mem);
        sx_segment_close(&part.segment, &rows);
    }
    sx_rows_free(&rows);
    require(atomic_load(&mem.live_bytes) == 0);
    return 0;
}
