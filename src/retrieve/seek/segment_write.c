/* Writing a segment: documents and words first, then lists by key; the head last, when everything's place is known. */
#include "retrieve/seek/segment.h"

#include "retrieve/rank/score.h"

enum {
    ROW_BYTES = 4044, /* of a term row: what one page of the store holds beside its own accounts */
    ROW_HEAD = 3,
    ENTRY_HEAD = 16, /* key, number and what is left of a byte: more than they ever take */
    CHUNK_ROW_BYTES = 16 * 1024,
    CHUNK_LINE = 13,
    RICE_FIRST = 16,
    LONGEST_CODE = 64 /* bits of a posting beside its gap's high part and parameter */
};

static const char magic[4] = {'S', 'X', 'S', '2'};

float sx_seek_impact(float tf, float words, float mean)
{
    const sx_score_params *p = &sx_score_best;
    float length = words > 0 ? 1 - p->b + p->b * words / mean : 1;
    return tf / (tf + p->k1 * length);
}

float sx_seek_impact_of(uint32_t code, uint64_t words, float mean)
{
    uint32_t count, lead;
    sx_tf_split(code, &count, &lead);
    return sx_seek_impact((float)(count + lead), (float)words, mean);
}

uint8_t sx_seek_scaled(float impact)
{
    float scaled = impact * 255.0f + 1.001f; /* never below what is computed again in other steps */
    return scaled > 255 ? 255 : (uint8_t)scaled;
}

static llm_status new_row(sx_seg_writer *w, uint32_t *number)
{
    if (w->n_rows >= SX_SEGMENT_ROWS) return LLM_E_LIMIT;
    if (sx_mem_grow(w->mem, (void **)&w->rows, &w->rows_cap, w->n_rows + 1, sizeof *w->rows)) return LLM_E_MEMORY;
    *number = (uint32_t)w->n_rows++;
    sx_buf_init(&w->rows[*number], w->mem, 0);
    return LLM_OK;
}

static llm_status put_docs(sx_seg_writer *w)
{
    uint32_t row = 0;
    llm_status status = LLM_OK;
    for (uint32_t i = 0; i < w->n_docs && !status; i++) {
        if (i % SX_DOCS_ROW == 0) status = new_row(w, &row);
        if (status) break;
        sx_put_fixed(&w->rows[row], (uint64_t)w->docs[i].id, 8);
        sx_put_fixed(&w->rows[row], w->docs[i].first, 4);
        sx_put_fixed(&w->rows[row], w->docs[i].leaves, 4);
        sx_put_fixed(&w->rows[row], w->docs[i].lang, 1);
    }
    return status;
}

static llm_status put_words(sx_seg_writer *w)
{
    uint32_t row = 0;
    llm_status status = LLM_OK;
    for (uint32_t i = 0; i < w->n_units && !status; i++) {
        if (i % SX_WORDS_ROW == 0) status = new_row(w, &row);
        if (!status) sx_put_fixed(&w->rows[row], w->words[i], 2);
    }
    return status;
}

llm_status sx_seg_begin(sx_seg_writer *w, sx_mem *mem, sx_seg_doc *docs, uint32_t n_docs, const uint16_t *words,
                        uint32_t n_units)
{
    uint32_t head;
    memset(w, 0, sizeof *w);
    w->mem = mem;
    w->docs = docs;
    w->n_docs = n_docs;
    w->words = words;
    w->n_units = n_units;
    sx_buf_init(&w->terms, mem, 0);
    sx_buf_init(&w->marks, mem, 0);
    sx_buf_init(&w->list, mem, 0);
    sx_buf_init(&w->chunk_meta, mem, 0);
    sx_buf_init(&w->chunk_body, mem, 0);
    sx_buf_init(&w->term_directory, mem, 0);
    w->bits = (sx_bits_out){.out = &w->terms};
    w->rice = RICE_FIRST;
    for (uint32_t d = 0; d < n_docs; d++) {
        sx_seg_stats *s = &w->stats[docs[d].lang];
        s->leaves += docs[d].leaves;
        for (uint32_t u = docs[d].first; u < docs[d].first + docs[d].leaves; u++) s->words += words[u];
    }
    llm_status status = new_row(w, &head);
    if (!status) status = put_docs(w);
    return status ? status : put_words(w);
}

/* ---- lists ---- */

static const sx_seg_doc *doc_of(const sx_seg_writer *w, uint32_t unit)
{
    uint32_t low = 0, high = w->n_docs;
    while (high - low > 1) {
        uint32_t mid = low + (high - low) / 2;
        *(w->docs[mid].first <= unit ? &low : &high) = mid;
    }
    return &w->docs[low];
}

/* The greatest impact in 255ths, rounded up. Of paragraphs that say a word equally often the shortest has the greatest; one
 * without words counts as one of mean length. */
static uint8_t impact_of(const sx_seg_writer *w, const uint32_t *units, const uint32_t *codes, uint32_t n)
{
    enum { COMMON = 16 };
    const sx_seg_stats *s = &w->stats[doc_of(w, units[0])->lang];
    float mean = s->leaves && s->words ? (float)((double)s->words / s->leaves) : 1, best = 0;
    uint32_t shortest[COMMON];
    for (uint32_t c = 0; c < COMMON; c++) shortest[c] = UINT32_MAX;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t code = codes[i], words = w->words[units[i]];
        if (code < COMMON && words) {
            if (words < shortest[code]) shortest[code] = words;
            continue;
        }
        float impact = sx_seek_impact_of(code, words, mean);
        if (impact > best) best = impact;
    }
    for (uint32_t c = 0; c < COMMON; c++) {
        float impact = shortest[c] == UINT32_MAX ? 0 : sx_seek_impact_of(c, shortest[c], mean);
        if (impact > best) best = impact;
    }
    return sx_seek_scaled(best);
}

/* Gaps and codes of a short list; base: the unit before, plus one. */
static void put_loose(sx_bits_out *out, const uint32_t *units, const uint32_t *codes, uint32_t n, uint32_t base,
                      int rice)
{
    for (uint32_t i = 0; i < n; i++) {
        sx_put_posting(out, units[i] - base, rice, codes[i]);
        base = units[i] + 1;
    }
}

/* How many bytes that takes. */
static size_t loose_size(const uint32_t *units, const uint32_t *codes, uint32_t n, int rice)
{
    uint64_t bits = 0;
    uint32_t base = 0;
    for (uint32_t i = 0; i < n; i++) {
        bits += ((units[i] - base) >> rice) + 1 + (uint32_t)rice + 2 * (uint32_t)sx_bits_of(codes[i] + 1) - 1;
        base = units[i] + 1;
    }
    return (size_t)(bits / 8 + 1);
}

/* As many bits for each as make the whole smallest when what does not fit is written once more behind. */
static int choose_width(const uint32_t *v)
{
    enum { MOST = 32, STEP = 7 /* bits of an exception that a byte takes */ };
    uint32_t need[MOST + 1] = {0}, above[MOST + 1], sum = 0, all = 0; /* how many need so many bits; more bits */
    int best = 0;
    for (uint32_t i = 0; i < SX_BLOCK; i++) {
        need[sx_bits_of(v[i])]++;
        all |= v[i];
    }
    int most = sx_bits_of(all);
    for (int b = most; b >= 0; b--) {
        above[b] = sum;
        sum += need[b];
    }
    size_t least = SIZE_MAX;
    for (int width = most; width >= 0; width--) {
        size_t size = sx_packed_size(SX_BLOCK, width) + above[width];
        if (above[width] * 2 > least) break; /* each of those takes two bytes at least, and they only become more */
        for (int b = width; b < most; b += STEP) size += above[b];
        if (size < least) {
            least = size;
            best = width;
        }
    }
    return best;
}

static void put_packed(sx_buf *out, const uint32_t *v)
{
    uint32_t low[SX_BLOCK], exceptions = 0;
    int width = choose_width(v);
    uint64_t mask = (UINT64_C(1) << width) - 1;
    for (uint32_t i = 0; i < SX_BLOCK; i++) {
        low[i] = (uint32_t)(v[i] & mask);
        exceptions += low[i] != v[i];
    }
    sx_buf_char(out, (char)(unsigned char)(exceptions ? width | 0x80 : width));
    if (exceptions) sx_buf_char(out, (char)(unsigned char)exceptions);
    sx_pack_bits(out, low, SX_BLOCK, width);
    for (uint32_t i = 0; i < SX_BLOCK && exceptions; i++) {
        if (low[i] == v[i]) continue;
        sx_buf_char(out, (char)(unsigned char)i);
        sx_put_varint(out, v[i] >> width);
    }
}

static void put_block(sx_buf *out, const uint32_t *units, const uint32_t *codes, uint32_t n, uint32_t base)
{
    if (n < SX_BLOCK) {
        int rice = sx_rice_for(units[n - 1] + UINT64_C(1) - base, n);
        sx_bits_out bits = {.out = out};
        sx_buf_char(out, (char)rice);
        put_loose(&bits, units, codes, n, base, rice);
        sx_end_bits(&bits);
        return;
    }
    uint32_t gaps[SX_BLOCK];
    for (uint32_t i = 0; i < SX_BLOCK; i++) {
        gaps[i] = units[i] - base;
        base = units[i] + 1;
    }
    put_packed(out, gaps);
    put_packed(out, codes);
}

/* One chunk: its blocks go to the chunk row; its line to the directory in w->list. */
static llm_status put_chunk(sx_seg_writer *w, const uint32_t *units, const uint32_t *codes, uint32_t n, uint32_t base)
{
    sx_buf *meta = &w->chunk_meta, *body = &w->chunk_body;
    uint8_t best = 0;
    sx_buf_clear(meta);
    sx_buf_clear(body);
    for (uint32_t i = 0; i < n; i += SX_BLOCK) {
        uint32_t count = n - i < SX_BLOCK ? n - i : SX_BLOCK;
        uint8_t max = impact_of(w, units + i, codes + i, count);
        put_block(body, units + i, codes + i, count, base);
        base = units[i + count - 1] + 1;
        sx_put_fixed(meta, base - 1, 4);
        sx_put_fixed(meta, body->len, 2); /* CHUNK_BLOCKS blocks of BLOCK postings are at most 33 KB */
        sx_put_fixed(meta, max, 1);
        if (max > best) best = max;
    }
    if (sx_buf_status(meta) || sx_buf_status(body)) return LLM_E_MEMORY;
    if (!w->chunk_row || w->rows[w->chunk_row].len + meta->len + body->len > CHUNK_ROW_BYTES) {
        llm_status status = new_row(w, &w->chunk_row);
        if (status) return status;
        sx_buf_expect(&w->rows[w->chunk_row], CHUNK_ROW_BYTES - 1);
    }
    sx_buf *row = &w->rows[w->chunk_row];
    sx_put_fixed(&w->list, base - 1, 4);
    sx_put_fixed(&w->list, w->chunk_row, 4);
    sx_put_fixed(&w->list, row->len, 4);
    sx_put_fixed(&w->list, best, 1);
    sx_buf_add(row, meta->data, meta->len);
    sx_buf_add(row, body->data, body->len);
    return sx_buf_status(row);
}

static llm_status flush_terms(sx_seg_writer *w)
{
    uint32_t row;
    if (!w->in_row) return LLM_OK;
    llm_status status = new_row(w, &row);
    if (status) return status;
    sx_end_bits(&w->bits);
    sx_buf_expect(&w->rows[row], ROW_HEAD + w->marks.len + w->terms.len);
    sx_put_fixed(&w->term_directory, row, 4);
    sx_put_fixed(&w->rows[row], w->in_row, 2);
    sx_put_fixed(&w->rows[row], (uint64_t)w->rice, 1);
    sx_buf_add(&w->rows[row], w->marks.data, w->marks.len);
    sx_buf_add(&w->rows[row], w->terms.data, w->terms.len);
    int rice = sx_rice_for(w->last_key - w->first_key + 1, w->in_row); /* keys of the next row are as dense */
    if (w->in_row >= SX_MARK_EVERY) w->rice = rice > 0 ? rice : 1;
    w->in_row = 0;
    w->n_term_rows++;
    if (sx_buf_status(&w->terms)) return sx_buf_status(&w->terms);
    if (sx_buf_status(&w->marks)) return sx_buf_status(&w->marks);
    sx_buf_clear(&w->terms);
    sx_buf_clear(&w->marks);
    return sx_buf_status(&w->rows[row]);
}

/* What the term row takes with the head of one more entry. */
static size_t row_size(const sx_seg_writer *w)
{
    return ROW_HEAD + w->marks.len + SX_MARK_BYTES + w->terms.len + (size_t)w->bits.n / 8 + ENTRY_HEAD;
}

/* Room for a short list's postings, counted only where it could matter: a row that is not half full has it, and so has one
 * that would hold them in the longest codes they can have. */
static size_t room_for(const sx_seg_writer *w, const uint32_t *units, const uint32_t *codes, uint32_t n, int rice)
{
    if (w->terms.len + w->marks.len <= ROW_BYTES / 2) return 0;
    uint64_t most = ((units[n - 1] >> rice) + (uint64_t)n * ((uint64_t)rice + LONGEST_CODE)) / 8 + 1;
    return row_size(w) + most <= ROW_BYTES ? (size_t)most : loose_size(units, codes, n, rice);
}

/* Makes ready for the entry of a key, which will take so many bytes: a new row when this one has no room or is of another
 * field, a mark when it is time for one. */
static llm_status begin_entry(sx_seg_writer *w, uint64_t key, size_t bytes)
{
    llm_status status = LLM_OK;
    bool full = row_size(w) + bytes > ROW_BYTES || w->in_row == UINT16_MAX;
    if (w->in_row && (full || key >> 32 != w->last_key >> 32)) status = flush_terms(w);
    if (status) return status;
    if (!w->in_row) {
        sx_put_fixed(&w->term_directory, key, 5);
        w->first_key = key;
    }
    if (w->in_row++ % SX_MARK_EVERY == 0) { /* entries begin within ROW_BYTES, so that two bytes hold where */
        sx_end_bits(&w->bits);
        sx_put_fixed(&w->marks, key, 4);
        sx_put_fixed(&w->marks, w->terms.len, 2);
    } else {
        sx_put_golomb(&w->bits, (uint32_t)(key - w->last_key), w->rice);
    }
    w->last_key = key;
    return LLM_OK;
}

llm_status sx_seg_add(sx_seg_writer *w, uint64_t key, const uint32_t *units, const uint32_t *codes, uint32_t n)
{
    llm_status status = LLM_OK;
    sx_buf_clear(&w->list);
    for (uint32_t i = 0, step; i < n && n >= SX_BLOCK && !status; i += step) {
        step = n - i < SX_BLOCK * SX_CHUNK_BLOCKS ? n - i : SX_BLOCK * SX_CHUNK_BLOCKS;
        status = put_chunk(w, units + i, codes + i, step, i ? units[i - 1] + 1 : 0);
    }
    int rice = sx_rice_for(w->n_units, n);
    size_t bytes = n < SX_BLOCK ? room_for(w, units, codes, n, rice) : w->list.len;
    if (!status) status = begin_entry(w, key, bytes);
    if (status) return status;
    sx_put_gamma(&w->bits, n);
    if (n < SX_BLOCK) {
        put_loose(&w->bits, units, codes, n, 0, rice);
    } else {
        sx_end_bits(&w->bits);
        sx_buf_add(&w->terms, w->list.data, w->list.len);
    }
    return sx_buf_status(&w->list) ? sx_buf_status(&w->list) : sx_buf_status(&w->terms);
}

/* ---- the head ---- */

llm_status sx_seg_end(sx_seg_writer *w)
{
    llm_status status = flush_terms(w);
    if (status) return status;
    sx_buf *head = &w->rows[0];
    uint32_t langs = 0;
    for (uint32_t l = 0; l < SX_LANG_COUNT; l++) langs += w->stats[l].leaves > 0;
    sx_buf_add(head, magic, sizeof magic);
    sx_put_fixed(head, w->n_docs, 4);
    sx_put_fixed(head, w->n_units, 4);
    sx_put_fixed(head, w->n_rows, 4);
    sx_put_fixed(head, w->n_term_rows, 4);
    sx_put_fixed(head, langs, 4);
    for (uint32_t l = 0; l < SX_LANG_COUNT; l++) {
        if (!w->stats[l].leaves) continue;
        sx_put_fixed(head, l, 4);
        sx_put_fixed(head, w->stats[l].leaves, 4);
        sx_put_fixed(head, w->stats[l].words, 8);
    }
    for (uint32_t d = 0; d < w->n_docs; d += SX_DOCS_ROW) {
        sx_put_fixed(head, (uint64_t)w->docs[d].id, 8);
        sx_put_fixed(head, w->docs[d].first, 4);
    }
    sx_buf_add(head, w->term_directory.data, w->term_directory.len);
    return sx_buf_status(&w->term_directory) ? sx_buf_status(&w->term_directory) : sx_buf_status(head);
}

void sx_seg_writer_free(sx_seg_writer *w)
{
    for (size_t i = 0; i < w->n_rows; i++) sx_buf_free(&w->rows[i]);
    sx_mem_free(w->mem, w->rows);
    sx_buf_free(&w->terms);
    sx_buf_free(&w->marks);
    sx_buf_free(&w->list);
    sx_buf_free(&w->chunk_meta);
    sx_buf_free(&w->chunk_body);
    sx_buf_free(&w->term_directory);
}
