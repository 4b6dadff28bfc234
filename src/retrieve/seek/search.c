#include "retrieve/seek/search.h"

#include <math.h>
#include <string.h>

enum { WINDOW = 2048, CODES = 64, ONE = 1 << 24 };

/* A list in hand, with what it can add at most. */
typedef struct list {
    sx_cursor *cursor;
    float worth;         /* a full impact's score */
    uint32_t most, here; /* greatest addition anywhere; in the window */
    uint32_t pos;        /* in the decoded block */
} list;

typedef struct run {
    const sx_seek *seek;
    const sx_seek_part *part;
    uint32_t number;     /* of the part */
    bool flat;           /* lengths do not count: headings and names */
    float mean, stretch; /* of paragraphs now; how many times that of the segment */
    list *lists;         /* [n] by `most` */
    uint32_t n;
    sx_hits *hits;
    sx_seg_row *words;
    uint32_t lo, hi;
    uint32_t gone; /* the first stretch that is gone and does not end before lo */
    uint64_t touched[WINDOW / 64], hidden[WINDOW / 64];
    uint32_t sums[WINDOW];
    uint32_t before[SX_QUERY_TERMS + 1]; /* [i]: what the lists before i can add in the window */
    float tf[CODES];
} run;

/* ---- the best ---- */

static bool worse(const sx_hit *a, const sx_hit *b)
{
    if (a->score != b->score) return a->score < b->score;
    return a->part != b->part ? a->part > b->part : a->unit > b->unit;
}

static void sift(sx_hit *heap, uint32_t n, uint32_t i)
{
    for (uint32_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && worse(&heap[child + 1], &heap[child])) child++;
        if (!worse(&heap[child], &heap[i])) return;
        sx_hit swap = heap[i];
        heap[i] = heap[child];
        heap[child] = swap;
    }
}

static void offer(sx_hits *h, sx_hit hit)
{
    if (h->n < h->most) {
        h->hits[h->n++] = hit;
        if (h->n == h->most)
            for (uint32_t i = h->n / 2; i-- > 0;) sift(h->hits, h->n, i);
    } else if (h->most && hit.score > h->hits[0].score) {
        h->hits[0] = hit;
        sift(h->hits, h->n, 0);
    }
}

void sx_hits_sort(sx_hits *h)
{
    for (uint32_t i = h->n / 2; i-- > 0;) sift(h->hits, h->n, i);
    for (uint32_t n = h->n; n > 1;) {
        sx_hit swap = h->hits[0];
        h->hits[0] = h->hits[--n];
        h->hits[n] = swap;
        sift(h->hits, n, 0);
    }
}

/* A paragraph must score more than this. A tie with the last document's hit may stand before it, so that it counts. */
static uint32_t bar(const sx_hits *h)
{
    if (h->all) return 0;
    uint32_t least = h->n < h->most ? 0 : h->hits[0].score;
    uint32_t last = h->docs && h->n_docs == h->docs_most ? h->docs[0].score : 0;
    return last > least + 1 ? last - 1 : least;
}

/* A hit of a document, by the document's first unit: keeps the best documents, the worst of them on top of a heap. */
static void offer_doc(sx_hits *h, sx_hit doc)
{
    uint32_t i = 0;
    while (i < h->n_docs && (h->docs[i].part != doc.part || h->docs[i].unit != doc.unit)) i++;
    if (i < h->n_docs) {
        if (h->docs[i].score >= doc.score) return;
        h->docs[i].score = doc.score;
    } else if (h->n_docs < h->docs_most) {
        h->docs[h->n_docs++] = doc;
    } else if (doc.score > h->docs[0].score) {
        h->docs[0] = doc;
    } else {
        return;
    }
    if (h->n_docs == h->docs_most)
        for (uint32_t k = h->n_docs / 2; k-- > 0;) sift(h->docs, h->n_docs, k);
}

/* ---- what a list can add ---- */

static uint32_t bound(const run *r, const list *l, uint8_t max)
{
    float impact = (float)max / 255.0f;
    if (r->flat) impact = sx_seek_impact(1, 0, 1);
    if (!r->flat && max < 255 && r->stretch > 1) impact = r->stretch * impact / (r->stretch * impact + 1 - impact);
    return (uint32_t)(l->worth * impact * 1.0001f) + 1;
}

/* The greatest addition in the window [lo, hi). */
static llm_status look_ahead(run *r, list *l, llm_error *err)
{
    sx_cursor *c = l->cursor;
    uint32_t last;
    uint8_t max, best = 0;
    l->here = 0;
    llm_status status = sx_cursor_seek(c, r->lo, err);
    if (status || c->block == c->n_blocks) return status;
    uint32_t begin = sx_cursor_begin(c);
    for (uint32_t b = c->block; b < c->n_blocks && begin < r->hi && !status; b++) {
        status = sx_cursor_block(c, b, &last, &max, err);
        if (max > best) best = max;
        begin = last + 1;
    }
    if (best) l->here = bound(r, l, best);
    return status;
}

/* ---- scoring ---- */

static uint32_t add_of(const run *r, const list *l, uint32_t unit, uint32_t code)
{
    uint32_t count, lead;
    float tf;
    if (code < CODES) {
        tf = r->tf[code];
    } else {
        sx_tf_split(code, &count, &lead);
        tf = (float)(count + lead);
    }
    const unsigned char *words = r->words->data + (size_t)(unit % SX_WORDS_ROW) * 2;
    return (uint32_t)(l->worth * sx_seek_impact(tf, r->flat ? 0 : (float)(words[0] | words[1] << 8), r->mean));
}

/* Adds a list's postings of the window to the sums. */
static llm_status add_list(run *r, list *l, llm_error *err)
{
    sx_cursor *c = l->cursor;
    llm_status status = sx_cursor_seek(c, r->lo, err);
    while (!status && c->block < c->n_blocks && sx_cursor_begin(c) < r->hi) {
        status = sx_cursor_decode(c, err);
        if (!status) status = sx_cursor_codes(c, err);
        if (status) break;
        uint32_t i = 0;
        if (c->units[0] < r->lo)
            for (uint32_t high = c->count; i < high;) {
                uint32_t mid = (i + high) / 2;
                if (c->units[mid] < r->lo)
                    i = mid + 1;
                else
                    high = mid;
            }
        for (; i < c->count && c->units[i] < r->hi; i++) {
            uint32_t at = c->units[i] - r->lo;
            r->sums[at] += add_of(r, l, c->units[i], c->codes[i]);
            r->touched[at / 64] |= UINT64_C(1) << (at % 64);
        }
        if (i < c->count) break;
        c->block++;
    }
    return status;
}

/* What a list adds for one paragraph; units are asked for in ascending order. */
static llm_status probe(run *r, list *l, uint32_t unit, uint32_t *sum, llm_error *err)
{
    sx_cursor *c = l->cursor;
    llm_status status = sx_cursor_seek(c, unit, err);
    if (status || c->block == c->n_blocks || sx_cursor_begin(c) > unit) return status;
    status = sx_cursor_decode(c, err);
    if (status) return status;
    uint32_t low = 0, high = c->count;
    while (low < high) {
        uint32_t mid = (low + high) / 2;
        if (c->units[mid] < unit)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == c->count || c->units[low] != unit) return LLM_OK;
    status = sx_cursor_codes(c, err);
    if (!status) *sum += add_of(r, l, unit, c->codes[low]);
    return status;
}

/* Marks in r->hidden what is gone of the window. False: all of it is. */
static bool mark_hidden(run *r)
{
    const sx_seek_part *part = r->part;
    while (r->gone < part->n_gone && part->gone[r->gone].last <= r->lo) r->gone++;
    memset(r->hidden, 0, sizeof r->hidden);
    for (uint32_t g = r->gone; g < part->n_gone && part->gone[g].first < r->hi; g++) {
        uint32_t from = part->gone[g].first > r->lo ? part->gone[g].first - r->lo : 0;
        uint32_t to = part->gone[g].last < r->hi ? part->gone[g].last - r->lo : r->hi - r->lo;
        if (to - from == r->hi - r->lo) return false;
        for (uint32_t at = from, end; at < to; at = end) {
            end = (at / 64 + 1) * 64 < to ? (at / 64 + 1) * 64 : to;
            uint64_t upto = end % 64 ? (UINT64_C(1) << end % 64) - 1 : UINT64_MAX;
            r->hidden[at / 64] |= upto & ~((UINT64_C(1) << at % 64) - 1);
        }
    }
    return true;
}

/* A paragraph that some list from `first` on has: what the lists before can add is looked up as long as it may matter. */
static llm_status settle(run *r, uint32_t at, uint32_t first, llm_error *err)
{
    uint32_t sum = r->sums[at], unit = r->lo + at, least = bar(r->hits);
    llm_status status = LLM_OK;
    for (uint32_t i = first; i-- > 0 && !status;) {
        if (least && sum + r->before[i + 1] <= least) return LLM_OK;
        if (r->lists[i].here) status = probe(r, &r->lists[i], unit, &sum, err);
    }
    if (status || sum <= least) return status;
    offer(r->hits, (sx_hit){sum, r->number, unit});
    if (!r->hits->docs) return LLM_OK;
    sx_seg_doc doc;
    status = sx_segment_doc_of(&r->part->segment, r->seek->rows, unit, &doc, err);
    if (!status) offer_doc(r->hits, (sx_hit){sum, r->number, doc.first});
    return status;
}

static llm_status search_window(run *r, llm_error *err)
{
    llm_status status = LLM_OK;
    for (uint32_t i = 0; i < r->n && !status; i++) {
        status = look_ahead(r, &r->lists[i], err);
        r->before[i + 1] = r->before[i] + r->lists[i].here;
    }
    uint32_t first = 0, least = bar(r->hits);
    if (status || !r->before[r->n]) return status;
    while (least && first < r->n && r->before[first + 1] <= least) first++;
    if (first == r->n) return LLM_OK;
    status = sx_segment_words(&r->part->segment, r->seek->rows, r->lo, &r->words, err);
    for (uint32_t i = first; i < r->n && !status; i++)
        if (r->lists[i].here) status = add_list(r, &r->lists[i], err);
    for (uint32_t w = 0; w < WINDOW / 64; w++) {
        for (uint64_t bits = r->touched[w]; bits && !status; bits &= bits - 1) {
            uint32_t at = w * 64 + (uint32_t)__builtin_ctzll(bits);
            if (!(r->hidden[w] >> at % 64 & 1)) status = settle(r, at, first, err);
            r->sums[at] = 0;
        }
        r->touched[w] = 0;
    }
    sx_rows_unpin(r->seek->rows, r->words);
    r->words = NULL;
    return status;
}

/* ---- one segment ---- */

static llm_status open_lists(run *r, const sx_query *query, uint32_t field, llm_error *err)
{
    llm_status status = LLM_OK;
    for (uint32_t i = 0; i < query->n && !status; i++) {
        sx_seg_list at;
        sx_seg_row *pin;
        float worth = query->terms[i].weight / (float)query->total * (float)ONE;
        if (!(worth > 0)) continue;
        status = sx_segment_find(&r->part->segment, r->seek->rows,
                                 sx_seek_key(query->terms[i].hash, query->lang, field), &at, &pin, err);
        if (status || !at.n) continue;
        list l = {.cursor = sx_mem_alloc(r->seek->mem, sizeof *l.cursor), .worth = worth};
        if (!l.cursor) {
            sx_rows_unpin(r->seek->rows, pin);
            return sx_fail_memory(err);
        }
        status = sx_cursor_open(l.cursor, &r->part->segment, r->seek->rows, &at, pin, err);
        if (r->flat)
            l.cursor->list.max = 255;
        else if (!status)
            status = sx_cursor_max(l.cursor, query->lang, err);
        l.most = bound(r, &l, l.cursor->list.max);
        uint32_t k = r->n++;
        for (; k && r->lists[k - 1].most > l.most; k--) r->lists[k] = r->lists[k - 1];
        r->lists[k] = l;
    }
    return status;
}

static void close_lists(run *r)
{
    for (uint32_t i = 0; i < r->n; i++) {
        sx_cursor_close(r->lists[i].cursor);
        sx_mem_free(r->seek->mem, r->lists[i].cursor);
    }
    r->n = 0;
}

static llm_status search_part(run *r, const sx_query *query, uint32_t field, const llm_cancel *cancel, llm_error *err)
{
    float there = sx_segment_mean(&r->part->segment, query->lang);
    r->stretch = r->mean / there;
    llm_status status = open_lists(r, query, field, err);
    r->gone = 0;
    for (r->lo = 0; r->n && r->lo < r->part->segment.n_units && !status; r->lo += WINDOW) {
        if (sx_cancelled(cancel)) status = sx_fail(err, LLM_E_CANCELLED, "the retrieval was cancelled");
        r->hi = r->part->segment.n_units - r->lo < WINDOW ? r->part->segment.n_units : r->lo + WINDOW;
        if (!status && mark_hidden(r)) status = search_window(r, err);
    }
    close_lists(r);
    return status;
}

llm_status sx_seek_top(const sx_seek *seek, const sx_query *query, uint32_t field, sx_hits *hits,
                       const llm_cancel *cancel, llm_error *err)
{
    run *r = sx_mem_zalloc(seek->mem, sizeof *r);
    if (!r) return sx_fail_memory(err);
    float mean = query->n_leaves ? (float)((double)query->n_words / query->n_leaves) : 1;
    r->seek = seek;
    r->hits = hits;
    r->flat = field != SX_FIELD_BODY;
    r->mean = mean > 0 ? mean : 1;
    r->lists = sx_mem_array(seek->mem, query->n + 1u, sizeof *r->lists);
    for (uint32_t code = 0; code < CODES; code++) {
        uint32_t count, lead;
        sx_tf_split(code, &count, &lead);
        r->tf[code] = (float)(count + lead);
    }
    llm_status status = r->lists ? LLM_OK : sx_fail_memory(err);
    for (r->number = 0; r->number < seek->n && !status; r->number++) {
        r->part = &seek->parts[r->number];
        if (sx_seek_stats(r->part, query->lang)->leaves) status = search_part(r, query, field, cancel, err);
    }
    sx_mem_free(seek->mem, r->lists);
    sx_mem_free(seek->mem, r);
    return status;
}

/* ---- statistics ---- */

static uint32_t block_size(const sx_cursor *c)
{
    uint32_t left = c->list.n - c->block * SX_BLOCK;
    return left < SX_BLOCK ? left : SX_BLOCK;
}

/* How many of a list's postings stand in what is gone. */
static llm_status count_gone(const sx_seek *seek, const sx_seek_part *part, const sx_seg_list *at, sx_seg_row *pin,
                             uint32_t *n, llm_error *err)
{
    sx_cursor *c = sx_mem_alloc(seek->mem, sizeof *c);
    if (!c) {
        sx_rows_unpin(seek->rows, pin);
        return sx_fail_memory(err);
    }
    llm_status status = sx_cursor_open(c, &part->segment, seek->rows, at, pin, err);
    for (uint32_t g = 0; g < part->n_gone && !status;) { /* block by block, each once */
        status = sx_cursor_seek(c, part->gone[g].first, err);
        if (status || c->block == c->n_blocks) break;
        uint32_t begin = sx_cursor_begin(c), last = 0, i = 0;
        uint8_t max;
        status = sx_cursor_block(c, c->block, &last, &max, err);
        if (!status && part->gone[g].first <= begin && last < part->gone[g].last) {
            *n += block_size(c);
        } else if (!status) {
            status = sx_cursor_decode(c, err);
            for (; !status && g < part->n_gone && part->gone[g].first <= last; g++) {
                while (i < c->count && c->units[i] < part->gone[g].first) i++;
                uint32_t from = i;
                while (i < c->count && c->units[i] < part->gone[g].last) i++;
                *n += i - from;
                if (part->gone[g].last > last) break; /* it goes on in the next block */
            }
        }
        c->block++;
        while (!status && g < part->n_gone && part->gone[g].last <= last + 1) g++;
    }
    sx_cursor_close(c);
    sx_mem_free(seek->mem, c);
    return status;
}

static llm_status count_key(const sx_seek *seek, const sx_seek_part *part, uint64_t key, uint32_t *n, llm_error *err)
{
    sx_seg_list at;
    sx_seg_row *pin;
    uint32_t gone = 0;
    llm_status status = sx_segment_find(&part->segment, seek->rows, key, &at, &pin, err);
    if (status || !at.n) return status;
    if (part->n_gone)
        status = count_gone(seek, part, &at, pin, &gone, err);
    else
        sx_rows_unpin(seek->rows, pin);
    *n += at.n - gone;
    return status;
}

static llm_status count_term(const sx_seek *seek, const sx_seek_part *part, sx_query_term *t, uint32_t lang,
                             llm_error *err)
{
    llm_status status = count_key(seek, part, sx_seek_key(t->hash, lang, SX_FIELD_BODY), &t->df, err);
    if (status || t->weak || t->added) return status;
    return count_key(seek, part, sx_seek_key(t->hash, lang, SX_FIELD_NAME), &t->named, err);
}

static llm_status uncount_gone(const sx_seek *seek, const sx_seek_part *part, sx_query *query, llm_error *err)
{
    llm_status status = LLM_OK;
    for (uint32_t g = 0; g < part->n_gone && !status; g++) {
        sx_seg_doc doc;
        status = sx_segment_doc_of(&part->segment, seek->rows, part->gone[g].first, &doc, err);
        if (status || doc.lang != query->lang) continue;
        query->n_leaves -= doc.leaves;
        for (uint32_t u = doc.first; u < doc.first + doc.leaves && !status;) {
            sx_seg_row *row;
            status = sx_segment_words(&part->segment, seek->rows, u, &row, err);
            if (status) break;
            uint32_t stop = (u / SX_WORDS_ROW + 1) * SX_WORDS_ROW;
            for (; u < doc.first + doc.leaves && u < stop; u++)
                query->n_words -= sx_fixed_at(row->data + (size_t)(u % SX_WORDS_ROW) * 2, 2);
            sx_rows_unpin(seek->rows, row);
        }
    }
    return status;
}

llm_status sx_seek_count(const sx_seek *seek, sx_query *query, llm_error *err)
{
    llm_status status = LLM_OK;
    for (uint32_t p = 0; p < seek->n && !status; p++) {
        const sx_seek_part *part = &seek->parts[p];
        const sx_seg_stats *stats = sx_seek_stats(part, query->lang);
        query->n_docs += part->n_docs;
        if (!stats->leaves) continue;
        query->n_leaves += stats->leaves;
        query->n_words += stats->words;
        for (uint32_t i = 0; i < query->n && !status; i++)
            status = count_term(seek, part, &query->terms[i], query->lang, err);
        if (!status && !part->seen) status = uncount_gone(seek, part, query, err);
    }
    return status;
}
