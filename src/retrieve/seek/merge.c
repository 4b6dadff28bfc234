/* Several segments become one: their term rows are read side by side, lists of a key are joined, documents that are gone
 * are left out. */
#include "retrieve/seek/fold.h"

typedef struct source {
    const sx_segment *segment;
    uint32_t *unit_of; /* [n_units] its new number, or UINT32_MAX */
    uint32_t shift;    /* where nothing is gone: unit_of[u] is shift + u */
    bool whole;        /* so it is */
    uint32_t term_row; /* the next to read */
    sx_seg_row *pin;
    sx_seg_lists lists;
    sx_seg_list list;                          /* in hand; n 0 at the end */
    uint32_t units[SX_BLOCK], codes[SX_BLOCK]; /* of a short one */
} source;

typedef struct merger {
    sx_fold *fold;
    sx_mem *mem;
    sx_rows *rows;
    source *sources;
    uint64_t *keys; /* [n_sources] of the lists in hand; UINT64_MAX at the end */
    uint32_t n_sources;
    uint32_t units_most; /* of all sources */
    uint32_t *units, *codes;
    size_t n, units_cap, codes_cap;
    sx_cursor *cursor;
} merger;

/* ---- documents ---- */

static llm_status map_docs(merger *m, source *s, const int64_t *dead, size_t n_dead, llm_error *err)
{
    sx_fold *fold = m->fold;
    uint32_t begin = fold->n_units;
    s->whole = true;
    s->shift = begin;
    s->unit_of = sx_mem_array(m->mem, (size_t)s->segment->n_units + 1, sizeof *s->unit_of);
    if (!s->unit_of) return sx_fail_memory(err);
    memset(s->unit_of, 0xff, ((size_t)s->segment->n_units + 1) * sizeof *s->unit_of);
    for (uint32_t d = 0; d < s->segment->n_docs; d++) {
        sx_seg_doc doc;
        llm_status status = sx_segment_doc(s->segment, m->rows, d, &doc, err);
        if (status != LLM_OK) return status;
        if (sx_is_dead(dead, n_dead, doc.id)) continue;
        if (doc.leaves > m->units_most - fold->n_units) return sx_segment_damaged(s->segment, err); /* they overlap */
        for (uint32_t u = doc.first; u < doc.first + doc.leaves; u++) {
            sx_seg_row *row;
            status = sx_segment_words(s->segment, m->rows, u, &row, err);
            if (status != LLM_OK) return status;
            for (uint32_t stop = (u / SX_WORDS_ROW + 1) * SX_WORDS_ROW; u < doc.first + doc.leaves && u < stop; u++) {
                s->unit_of[u] = fold->n_units;
                fold->words[fold->n_units++] = (uint16_t)sx_fixed_at(row->data + (size_t)(u % SX_WORDS_ROW) * 2, 2);
            }
            u--;
            sx_rows_unpin(m->rows, row);
        }
        s->whole = s->whole && doc.first == fold->n_units - doc.leaves - begin;
        fold->docs[fold->n_docs++] = (sx_seg_doc){doc.id, fold->n_units - doc.leaves, doc.leaves, doc.lang};
    }
    s->whole = s->whole && fold->n_units - begin == s->segment->n_units;
    return LLM_OK;
}

static llm_status lay_out(merger *m, const int64_t *dead, size_t n_dead, llm_error *err)
{
    uint64_t docs = 0, units = 0;
    for (uint32_t i = 0; i < m->n_sources; i++) {
        docs += m->sources[i].segment->n_docs;
        units += m->sources[i].segment->n_units;
    }
    if (units > SX_UNITS_MAX) return sx_fail(err, LLM_E_LIMIT, "the segments are too large to be joined");
    m->units_most = (uint32_t)units;
    m->fold->docs = sx_mem_array(m->mem, (size_t)docs + 1, sizeof *m->fold->docs);
    m->fold->words = sx_mem_array(m->mem, (size_t)units + 1, sizeof *m->fold->words);
    if (!m->fold->docs || !m->fold->words) return sx_fail_memory(err);
    llm_status status = LLM_OK;
    for (uint32_t i = 0; i < m->n_sources && !status; i++) status = map_docs(m, &m->sources[i], dead, n_dead, err);
    return status;
}

/* ---- lists ---- */

/* The next list of a segment, from the next row where one is at its end. */
static llm_status advance(merger *m, uint32_t nth, llm_error *err)
{
    source *s = &m->sources[nth];
    while (!sx_seg_take_list(&s->lists, &s->list, s->units, s->codes)) {
        if (s->lists.in.bad) return sx_segment_damaged(s->segment, err);
        s->list = (sx_seg_list){0};
        sx_rows_unpin(m->rows, s->pin);
        s->pin = NULL;
        s->lists = (sx_seg_lists){0};
        m->keys[nth] = UINT64_MAX;
        if (s->term_row == s->segment->n_term_rows) return LLM_OK;
        uint32_t row = s->term_row++;
        llm_status status = sx_rows_pin(m->rows, s->segment->id, sx_segment_term_row(s->segment, row), &s->pin, err);
        if (status != LLM_OK) return status;
        s->lists = sx_seg_lists_of(s->segment, row, s->pin);
    }
    m->keys[nth] = s->list.key;
    return LLM_OK;
}

/* units: ascending, as they were read. */
static llm_status append(merger *m, const source *s, const uint32_t *units, const uint32_t *codes, uint32_t n,
                         llm_error *err)
{
    if (sx_mem_grow(m->mem, (void **)&m->units, &m->units_cap, m->n + n, sizeof *m->units) ||
        sx_mem_grow(m->mem, (void **)&m->codes, &m->codes_cap, m->n + n, sizeof *m->codes))
        return sx_fail_memory(err);
    if (s->whole) {
        if (m->n && units[0] + s->shift <= m->units[m->n - 1]) return sx_segment_damaged(s->segment, err);
        uint32_t *to = m->units + m->n, shift = s->shift;
        for (uint32_t i = 0; i < n; i++) to[i] = units[i] + shift;
        memcpy(m->codes + m->n, codes, n * sizeof *codes);
        m->n += n;
        return LLM_OK;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t unit = s->unit_of[units[i]];
        if (unit == UINT32_MAX) continue;
        if (m->n && unit <= m->units[m->n - 1]) return sx_segment_damaged(s->segment, err);
        m->units[m->n] = unit;
        m->codes[m->n++] = codes[i];
    }
    return LLM_OK;
}

static llm_status append_list(merger *m, source *s, llm_error *err)
{
    if (s->list.n < SX_BLOCK) return append(m, s, s->units, s->codes, s->list.n, err);
    sx_cursor *c = m->cursor;
    llm_status status = sx_cursor_open(c, s->segment, m->rows, &s->list, sx_rows_share(m->rows, s->pin), err);
    for (; !status && c->block < c->n_blocks; c->block++) {
        status = sx_cursor_decode(c, err);
        if (!status) status = sx_cursor_codes(c, err);
        if (!status) status = append(m, s, c->units, c->codes, c->count, err);
    }
    sx_cursor_close(c);
    return status;
}

static llm_status merge_lists(merger *m, const llm_cancel *cancel, llm_error *err)
{
    llm_status status = LLM_OK;
    for (uint32_t i = 0; i < m->n_sources && !status; i++) status = advance(m, i, err);
    while (!status) {
        uint64_t key = UINT64_MAX;
        for (uint32_t i = 0; i < m->n_sources; i++) key = m->keys[i] < key ? m->keys[i] : key;
        if (key == UINT64_MAX) return LLM_OK;
        if (sx_cancelled(cancel)) return sx_fail(err, LLM_E_CANCELLED, "joining the index was cancelled");
        m->n = 0;
        for (uint32_t i = 0; i < m->n_sources && !status; i++) {
            if (m->keys[i] != key) continue;
            status = append_list(m, &m->sources[i], err);
            if (!status) status = advance(m, i, err);
        }
        if (!status && m->n && sx_seg_add(&m->fold->writer, key, m->units, m->codes, (uint32_t)m->n))
            status = sx_fail_memory(err);
    }
    return status;
}

static llm_status merge_all(merger *m, const int64_t *dead, size_t n_dead, const llm_cancel *cancel, llm_error *err)
{
    sx_fold *fold = m->fold;
    llm_status status = lay_out(m, dead, n_dead, err);
    if (status != LLM_OK || !fold->n_docs) return status;
    if (sx_seg_begin(&fold->writer, m->mem, fold->docs, fold->n_docs, fold->words, fold->n_units))
        return sx_fail_memory(err);
    status = merge_lists(m, cancel, err);
    if (!status && sx_seg_end(&fold->writer)) status = sx_fail_memory(err);
    return status;
}

llm_status sx_fold_segments(sx_fold *fold, sx_mem *mem, const sx_segment *segments, uint32_t n, sx_rows *rows,
                            const int64_t *dead, size_t n_dead, const llm_cancel *cancel, llm_error *err)
{
    merger m = {.fold = fold, .mem = mem, .rows = rows, .n_sources = n};
    memset(fold, 0, sizeof *fold);
    m.sources = sx_mem_array(mem, n, sizeof *m.sources);
    m.keys = sx_mem_array(mem, n, sizeof *m.keys);
    m.cursor = sx_mem_zalloc(mem, sizeof *m.cursor);
    for (uint32_t i = 0; i < n && m.sources; i++) m.sources[i].segment = &segments[i];
    llm_status status = m.sources && m.keys && m.cursor ? merge_all(&m, dead, n_dead, cancel, err)
                                                        : sx_fail_memory(err);
    for (uint32_t i = 0; i < n && m.sources; i++) {
        sx_rows_unpin(rows, m.sources[i].pin);
        sx_mem_free(mem, m.sources[i].unit_of);
    }
    sx_mem_free(mem, m.sources);
    sx_mem_free(mem, m.keys);
    sx_mem_free(mem, m.cursor);
    sx_mem_free(mem, m.units);
    sx_mem_free(mem, m.codes);
    if (status) sx_fold_free(fold, mem);
    return status;
}
