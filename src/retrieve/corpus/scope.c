#include "retrieve/corpus/scope.h"

#include <string.h>

#include "retrieve/corpus/wide_inside.h"

void sx_scope_free(sx_wide *wide, sx_scope *scope)
{
    if (!scope) return;
    sx_snapshot_release(wide, scope->now);
    sx_mem_free(wide->mem, scope->seek.parts);
    sx_mem_free(wide->mem, scope->gone);
    sx_mem_free(wide->mem, scope->stats);
    sx_mem_free(wide->mem, scope->waiting);
    sx_mem_free(wide->mem, scope);
}

static llm_status lay_out(sx_wide *wide, sx_scope *scope)
{
    const sx_seek *seek = &scope->now->seek;
    size_t docs = 0;
    for (uint32_t p = 0; p < seek->n; p++) docs += seek->parts[p].segment.n_docs;
    scope->seek = (sx_seek){.mem = seek->mem, .rows = seek->rows, .n = seek->n};
    scope->seek.parts = sx_mem_array(wide->mem, seek->n + 1u, sizeof *scope->seek.parts);
    scope->gone = sx_mem_array(wide->mem, docs + 1, sizeof *scope->gone);
    scope->stats = sx_mem_array(wide->mem, ((size_t)seek->n + 1) * SX_LANG_COUNT, sizeof *scope->stats);
    scope->waiting = sx_mem_array(wide->mem, scope->now->state.n_pending + 1, sizeof *scope->waiting);
    return scope->seek.parts && scope->gone && scope->stats && scope->waiting ? LLM_OK : LLM_E_MEMORY;
}

static llm_status add_words(sx_wide *wide, const sx_segment *segment, const sx_seg_doc *doc, uint64_t *words,
                            llm_error *err)
{
    for (uint32_t u = doc->first, end = u + doc->leaves; u < end;) {
        sx_seg_row *row;
        llm_status status = sx_segment_words(segment, &wide->rows, u, &row, err);
        if (status != LLM_OK) return status;
        for (uint32_t stop = (u / SX_WORDS_ROW + 1) * SX_WORDS_ROW; u < end && u < stop; u++)
            *words += sx_fixed_at(row->data + (size_t)(u % SX_WORDS_ROW) * 2, 2);
        sx_rows_unpin(&wide->rows, row);
    }
    return LLM_OK;
}

/* Neighbours that are gone are one stretch. */
static void add_gone(sx_seek_part *part, const sx_seg_doc *doc)
{
    sx_gone *last = part->n_gone ? &part->gone[part->n_gone - 1] : NULL;
    if (last && last->last == doc->first)
        last->last += doc->leaves;
    else
        part->gone[part->n_gone++] = (sx_gone){doc->first, doc->first + doc->leaves};
}

static llm_status look_at(sx_wide *wide, sx_scope *scope, uint32_t p, const int64_t *ids, size_t n, llm_error *err)
{
    sx_seek_part *part = &scope->seek.parts[p];
    const sx_store_state *state = &scope->now->state;
    sx_seg_stats *stats = scope->stats + (size_t)p * SX_LANG_COUNT;
    llm_status status = LLM_OK;
    for (uint32_t d = 0; d < part->segment.n_docs && status == LLM_OK; d++) {
        sx_seg_doc doc;
        status = sx_segment_doc(&part->segment, &wide->rows, d, &doc, err);
        bool seen = sx_is_dead(ids, n, doc.id) && !sx_is_dead(state->tombstones, state->n_tombstones, doc.id);
        if (status != LLM_OK) continue;
        if (seen) part->n_docs++;
        if (!seen && doc.leaves) add_gone(part, &doc);
        if (!seen || !doc.leaves) continue;
        stats[doc.lang].leaves += doc.leaves;
        status = add_words(wide, &part->segment, &doc, &stats[doc.lang].words, err);
    }
    part->seen = stats;
    return status;
}

llm_status sx_scope_make(sx_scope **out, sx_wide *wide, uint64_t generation, const int64_t *ids, size_t n,
                         llm_error *err)
{
    sx_scope *scope = sx_mem_zalloc(wide->mem, sizeof *scope);
    *out = NULL;
    if (!scope) return sx_fail_memory(err);
    llm_status status = sx_snapshot_current(wide, &scope->now, err);
    if (status == LLM_OK && scope->now->state.generation != generation) status = LLM_MORE;
    if (status == LLM_OK && lay_out(wide, scope)) status = sx_fail_memory(err);
    size_t used = 0;
    for (uint32_t p = 0; status == LLM_OK && p < scope->seek.n; p++) {
        scope->seek.parts[p].segment = scope->now->seek.parts[p].segment;
        scope->seek.parts[p].gone = scope->gone + used;
        status = look_at(wide, scope, p, ids, n, err);
        used += scope->seek.parts[p].n_gone;
    }
    for (size_t i = 0; status == LLM_OK && i < scope->now->state.n_pending; i++)
        scope->waiting[i] = sx_is_dead(ids, n, scope->now->state.pending[i].id);
    if (status != LLM_OK) {
        sx_scope_free(wide, scope);
        return sx_wide_suspect(wide, generation, status == LLM_E_NOT_FOUND ? LLM_MORE : status);
    }
    *out = scope;
    return LLM_OK;
}
