/* Reading a segment. Rows are proven by their sums when fetched; what they say is checked all the same before it is
 * believed: every offset against its row, every unit against the count. */
#include "retrieve/seek/segment.h"

enum { HEAD_BYTES = 24, STATS_BYTES = 16, DOC_LINE = 12, TERM_LINE = 8, CHUNK_LINE = 13, BLOCK_LINE = 7 };

static const char magic[4] = {'S', 'X', 'S', '2'};

llm_status sx_segment_damaged(const sx_segment *segment, llm_error *err)
{
    return sx_fail(err, LLM_E_CORRUPT, "segment %lld of the index is damaged; restore the corpus from a copy",
                   (long long)segment->id);
}

static bool read_head(sx_segment *s)
{
    sx_bytes_in in = {s->head->data, s->head->data + s->head->size, false};
    if (s->head->size < HEAD_BYTES || memcmp(in.at, magic, sizeof magic) != 0) return false;
    in.at += sizeof magic;
    s->n_docs = (uint32_t)sx_take_fixed(&in, 4);
    s->n_units = (uint32_t)sx_take_fixed(&in, 4);
    s->n_rows = (uint32_t)sx_take_fixed(&in, 4);
    s->n_term_rows = (uint32_t)sx_take_fixed(&in, 4);
    uint32_t langs = (uint32_t)sx_take_fixed(&in, 4);
    if (s->n_units > SX_UNITS_MAX || s->n_docs == 0 || s->n_rows > SX_SEGMENT_ROWS || langs > SX_LANG_COUNT)
        return false;
    for (uint32_t i = 0; i < langs; i++) {
        uint32_t lang = (uint32_t)sx_take_fixed(&in, 4);
        if (lang >= SX_LANG_COUNT) return false;
        s->stats[lang].leaves = (uint32_t)sx_take_fixed(&in, 4);
        s->stats[lang].words = sx_take_fixed(&in, 8);
    }
    s->n_doc_rows = (s->n_docs - 1) / SX_DOCS_ROW + 1;
    s->n_word_rows = s->n_units ? (s->n_units - 1) / SX_WORDS_ROW + 1 : 0;
    if (in.bad ||
        (uint64_t)(in.end - in.at) != (uint64_t)s->n_doc_rows * DOC_LINE + (uint64_t)s->n_term_rows * TERM_LINE)
        return false;
    s->doc_directory = in.at;
    s->term_directory = in.at + (size_t)s->n_doc_rows * DOC_LINE;
    return true;
}

llm_status sx_segment_open(sx_segment *segment, sx_rows *rows, const sx_store_segment *at, llm_error *err)
{
    memset(segment, 0, sizeof *segment);
    segment->id = at->id;
    segment->level = at->level;
    llm_status status = sx_rows_pin(rows, at->id, 0, &segment->head, err);
    if (status == LLM_OK && (!read_head(segment) || segment->n_units != at->units))
        status = sx_segment_damaged(segment, err);
    if (status != LLM_OK) sx_segment_close(segment, rows);
    return status;
}

void sx_segment_close(sx_segment *segment, sx_rows *rows)
{
    sx_rows_unpin(rows, segment->head);
    segment->head = NULL;
}

/* ---- documents and words ---- */

/* The line of a document in its row; NULL when it is not there. */
static const unsigned char *doc_line(const sx_segment *s, const sx_seg_row *row, uint32_t nth)
{
    size_t at = (size_t)(nth % SX_DOCS_ROW) * SX_DOC_BYTES;
    return nth < s->n_docs && at + SX_DOC_BYTES <= row->size ? row->data + at : NULL;
}

static llm_status read_doc(const sx_segment *s, const unsigned char *line, sx_seg_doc *doc, llm_error *err)
{
    if (!line) return sx_segment_damaged(s, err);
    *doc = (sx_seg_doc){(int64_t)sx_fixed_at(line, 8), (uint32_t)sx_fixed_at(line + 8, 4),
                        (uint32_t)sx_fixed_at(line + 12, 4), line[16]};
    if (doc->lang >= SX_LANG_COUNT || doc->first > s->n_units || doc->leaves > s->n_units - doc->first)
        return sx_segment_damaged(s, err);
    return LLM_OK;
}

llm_status sx_segment_doc(const sx_segment *s, sx_rows *rows, uint32_t nth, sx_seg_doc *doc, llm_error *err)
{
    sx_seg_row *row;
    llm_status status = sx_rows_pin(rows, s->id, 1 + nth / SX_DOCS_ROW, &row, err);
    if (status != LLM_OK) return status;
    status = read_doc(s, doc_line(s, row, nth), doc, err);
    sx_rows_unpin(rows, row);
    return status;
}

/* The last document whose value (id or first unit) is not beyond the wanted one. */
static llm_status search_doc(const sx_segment *s, sx_rows *rows, bool by_id, uint64_t wanted, sx_seg_doc *doc,
                             llm_error *err)
{
    uint32_t low = 0, high = s->n_doc_rows;
    int at = by_id ? 0 : 8, size = by_id ? 8 : 4;
    while (high - low > 1) {
        uint32_t mid = low + (high - low) / 2;
        *(sx_fixed_at(s->doc_directory + (size_t)mid * DOC_LINE + at, size) <= wanted ? &low : &high) = mid;
    }
    sx_seg_row *row;
    llm_status status = sx_rows_pin(rows, s->id, 1 + low, &row, err);
    if (status != LLM_OK) return status;
    low *= SX_DOCS_ROW;
    high = s->n_docs - low < SX_DOCS_ROW ? s->n_docs : low + SX_DOCS_ROW;
    while (high - low > 1) {
        uint32_t mid = low + (high - low) / 2;
        const unsigned char *line = doc_line(s, row, mid);
        *(line && sx_fixed_at(line + at, size) <= wanted ? &low : &high) = mid;
    }
    status = read_doc(s, doc_line(s, row, low), doc, err);
    sx_rows_unpin(rows, row);
    return status;
}

llm_status sx_segment_doc_of(const sx_segment *s, sx_rows *rows, uint32_t unit, sx_seg_doc *doc, llm_error *err)
{
    llm_status status = search_doc(s, rows, false, unit, doc, err);
    if (status == LLM_OK && (unit < doc->first || unit - doc->first >= doc->leaves))
        status = sx_segment_damaged(s, err);
    return status;
}

llm_status sx_segment_doc_by_id(const sx_segment *s, sx_rows *rows, int64_t id, sx_seg_doc *doc, llm_error *err)
{
    llm_status status = search_doc(s, rows, true, (uint64_t)id, doc, err);
    if (status == LLM_OK && doc->id != id) doc->id = 0;
    return status;
}

llm_status sx_segment_words(const sx_segment *s, sx_rows *rows, uint32_t unit, sx_seg_row **out, llm_error *err)
{
    llm_status status = sx_rows_pin(rows, s->id, 1 + s->n_doc_rows + unit / SX_WORDS_ROW, out, err);
    if (status != LLM_OK) return status;
    uint32_t first = unit / SX_WORDS_ROW * SX_WORDS_ROW;
    uint32_t n = s->n_units - first < SX_WORDS_ROW ? s->n_units - first : SX_WORDS_ROW;
    if ((*out)->size == (size_t)n * 2) return LLM_OK;
    sx_rows_unpin(rows, *out);
    *out = NULL;
    return sx_segment_damaged(s, err);
}

/* ---- terms ---- */

/* Where the marks of a term row are; 0 and bad when they do not fit in it. */
static uint32_t marks_of(const sx_seg_row *row, bool *bad)
{
    uint32_t n = row->size >= 2 ? (uint32_t)sx_fixed_at(row->data, 2) : 0;
    *bad = n == 0 || row->size - 2 < (size_t)n * SX_MARK_BYTES;
    return *bad ? 0 : n;
}

sx_bytes_in sx_seg_lists(const sx_seg_row *row)
{
    bool bad;
    uint32_t n = marks_of(row, &bad);
    const unsigned char *end = row->data + row->size;
    return (sx_bytes_in){bad ? end : row->data + 2 + (size_t)n * SX_MARK_BYTES, end, bad};
}

/* Steps to the last mark whose key is not beyond the wanted one. What its entry says of its key is a difference to the one before. */
static sx_bytes_in lists_from(const sx_seg_row *row, uint32_t key, sx_seg_list *at)
{
    sx_bytes_in in = sx_seg_lists(row);
    if (in.bad) return in;
    const unsigned char *marks = row->data + 2;
    uint32_t low = 0, high = (uint32_t)sx_fixed_at(row->data, 2);
    while (high - low > 1) {
        uint32_t mid = low + (high - low) / 2;
        *(sx_fixed_at(marks + (size_t)mid * SX_MARK_BYTES, 4) <= key ? &low : &high) = mid;
    }
    uint32_t begin = (uint32_t)sx_fixed_at(marks + (size_t)low * SX_MARK_BYTES + 4, 2);
    sx_bytes_in peek = in;
    if (begin > (size_t)(in.end - in.at)) {
        in.bad = true;
        return in;
    }
    peek.at = in.at += begin;
    at->key = (uint32_t)(sx_fixed_at(marks + (size_t)low * SX_MARK_BYTES, 4) - sx_take_varint(&peek));
    return in;
}

bool sx_seg_next_list(sx_bytes_in *in, sx_seg_list *list)
{
    if (in->at == in->end || in->bad) return false;
    uint64_t key = list->key + sx_take_varint(in), n = sx_take_varint(in);
    uint8_t max = (uint8_t)sx_take_fixed(in, 1);
    uint64_t size = sx_take_varint(in);
    if (in->bad || key > UINT32_MAX || n == 0 || n > SX_UNITS_MAX || size > (uint64_t)(in->end - in->at) ||
        (n >= SX_BLOCK && size != ((n - 1) / (SX_BLOCK * SX_CHUNK_BLOCKS) + 1) * CHUNK_LINE)) {
        in->bad = true;
        return false;
    }
    *list = (sx_seg_list){(uint32_t)key, (uint32_t)n, max, in->at, in->at + size};
    in->at += size;
    return true;
}

llm_status sx_segment_find(const sx_segment *s, sx_rows *rows, uint32_t key, sx_seg_list *list, sx_seg_row **pin,
                           llm_error *err)
{
    uint32_t low = 0, high = s->n_term_rows;
    *list = (sx_seg_list){0};
    *pin = NULL;
    while (high - low > 1) {
        uint32_t mid = low + (high - low) / 2;
        *(sx_fixed_at(s->term_directory + (size_t)mid * TERM_LINE, 4) <= key ? &low : &high) = mid;
    }
    if (!s->n_term_rows) return LLM_OK;
    sx_seg_row *row;
    uint32_t number = (uint32_t)sx_fixed_at(s->term_directory + (size_t)low * TERM_LINE + 4, 4);
    llm_status status = sx_rows_pin(rows, s->id, number, &row, err);
    if (status != LLM_OK) return status;
    sx_seg_list at = {0};
    sx_bytes_in in = lists_from(row, key, &at);
    while (sx_seg_next_list(&in, &at) && at.key < key) continue;
    if (!in.bad && at.n && at.key == key) {
        *list = at;
        *pin = row;
        return LLM_OK;
    }
    sx_rows_unpin(rows, row);
    return in.bad ? sx_segment_damaged(s, err) : LLM_OK;
}

/* ---- cursors ---- */

llm_status sx_cursor_open(sx_cursor *c, const sx_segment *segment, sx_rows *rows, const sx_seg_list *list,
                          sx_seg_row *pin, llm_error *err)
{
    c->segment = segment;
    c->rows = rows;
    c->list = *list;
    c->pin = pin;
    c->chunk_pin = NULL;
    c->n_blocks = (list->n - 1) / SX_BLOCK + 1;
    c->block = 0;
    c->chunk = c->decoded = UINT32_MAX;
    c->count = 0;
    return list->n < SX_BLOCK ? sx_cursor_decode(c, err) : LLM_OK;
}

void sx_cursor_close(sx_cursor *c)
{
    sx_rows_unpin(c->rows, c->pin);
    sx_rows_unpin(c->rows, c->chunk_pin);
    c->pin = c->chunk_pin = NULL;
}

static const unsigned char *chunk_line(const sx_cursor *c, uint32_t chunk)
{
    return c->list.at + (size_t)chunk * CHUNK_LINE;
}

static llm_status load_chunk(sx_cursor *c, uint32_t chunk, llm_error *err)
{
    if (c->chunk == chunk) return LLM_OK;
    const unsigned char *line = chunk_line(c, chunk);
    uint64_t offset = sx_fixed_at(line + 8, 4);
    uint32_t blocks = c->n_blocks - chunk * SX_CHUNK_BLOCKS;
    if (blocks > SX_CHUNK_BLOCKS) blocks = SX_CHUNK_BLOCKS;
    sx_rows_unpin(c->rows, c->chunk_pin);
    c->chunk_pin = NULL;
    c->chunk = UINT32_MAX;
    llm_status status = sx_rows_pin(c->rows, c->segment->id, (uint32_t)sx_fixed_at(line + 4, 4), &c->chunk_pin, err);
    if (status != LLM_OK) return status;
    size_t size = c->chunk_pin->size, meta = (size_t)blocks * BLOCK_LINE;
    if (offset > size || meta > size - offset) return sx_segment_damaged(c->segment, err);
    c->meta = c->chunk_pin->data + offset;
    c->body = c->meta + meta;
    uint64_t length = sx_fixed_at(c->meta + meta - BLOCK_LINE + 4, 2);
    if (length > size - offset - meta) return sx_segment_damaged(c->segment, err);
    c->body_end = c->body + length;
    c->chunk = chunk;
    return LLM_OK;
}

llm_status sx_cursor_block(sx_cursor *c, uint32_t block, uint32_t *last, uint8_t *max, llm_error *err)
{
    if (c->list.n < SX_BLOCK) {
        *last = c->units[c->count - 1];
        *max = c->list.max;
        return LLM_OK;
    }
    llm_status status = load_chunk(c, block / SX_CHUNK_BLOCKS, err);
    if (status != LLM_OK) return status;
    const unsigned char *line = c->meta + (size_t)(block % SX_CHUNK_BLOCKS) * BLOCK_LINE;
    *last = (uint32_t)sx_fixed_at(line, 4);
    *max = line[6];
    return LLM_OK;
}

llm_status sx_cursor_seek(sx_cursor *c, uint32_t unit, llm_error *err)
{
    if (c->block >= c->n_blocks) return LLM_OK;
    if (c->list.n < SX_BLOCK) {
        if (c->units[c->count - 1] < unit) c->block = c->n_blocks;
        return LLM_OK;
    }
    uint32_t chunk = c->block / SX_CHUNK_BLOCKS, chunks = (c->n_blocks - 1) / SX_CHUNK_BLOCKS + 1, from = chunk;
    if (sx_fixed_at(chunk_line(c, chunk), 4) < unit) { /* gallop is not worth it: binary over the rest */
        uint32_t low = chunk, high = chunks;
        while (high - low > 1) {
            uint32_t mid = low + (high - low) / 2;
            *(sx_fixed_at(chunk_line(c, mid), 4) < unit ? &low : &high) = mid;
        }
        chunk = high;
    }
    if (chunk == chunks) {
        c->block = c->n_blocks;
        return LLM_OK;
    }
    if (chunk != from) c->block = chunk * SX_CHUNK_BLOCKS;
    llm_status status = load_chunk(c, chunk, err);
    if (status != LLM_OK) return status;
    uint32_t end = (chunk + 1) * SX_CHUNK_BLOCKS < c->n_blocks ? (chunk + 1) * SX_CHUNK_BLOCKS : c->n_blocks;
    while (c->block < end && sx_fixed_at(c->meta + (size_t)(c->block % SX_CHUNK_BLOCKS) * BLOCK_LINE, 4) < unit)
        c->block++;
    return LLM_OK;
}

static bool decode_loose(sx_cursor *c, const unsigned char *at, const unsigned char *end, uint32_t n, uint32_t base)
{
    sx_bytes_in in = {at, end, false};
    uint64_t next = base;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t v = sx_take_varint(&in);
        next += v >> 2;
        if (in.bad || next >= c->segment->n_units) return false;
        c->units[i] = (uint32_t)next++;
        c->codes[i] = (uint32_t)(v & 3);
        if (c->codes[i] == 3) c->codes[i] += (uint32_t)(sx_take_varint(&in) & INT32_MAX);
    }
    c->count = n;
    return !in.bad;
}

static bool decode_packed(sx_cursor *c, const unsigned char *at, const unsigned char *end, uint32_t base)
{
    if (end - at < 2 || at[0] > 32 || at[1] > 32) return false;
    size_t steps = sx_packed_size(SX_BLOCK, at[0]), codes = sx_packed_size(SX_BLOCK, at[1]);
    if ((size_t)(end - at) != 2 + steps + codes) return false;
    sx_unpack_bits(at + 2, c->units, SX_BLOCK, at[0]);
    sx_unpack_bits(at + 2 + steps, c->codes, SX_BLOCK, at[1]);
    uint64_t next = base;
    for (uint32_t i = 0; i < SX_BLOCK; i++) {
        next += c->units[i];
        c->units[i] = (uint32_t)next++;
    }
    c->count = SX_BLOCK;
    return next <= c->segment->n_units;
}

/* The unit behind the last one before a block. */
static uint32_t base_of(const sx_cursor *c, uint32_t block)
{
    if (block == 0) return 0;
    if (block % SX_CHUNK_BLOCKS == 0) return (uint32_t)sx_fixed_at(chunk_line(c, block / SX_CHUNK_BLOCKS - 1), 4) + 1;
    return (uint32_t)sx_fixed_at(c->meta + (size_t)(block % SX_CHUNK_BLOCKS - 1) * BLOCK_LINE, 4) + 1;
}

uint32_t sx_cursor_begin(const sx_cursor *c)
{
    if (c->list.n < SX_BLOCK) return c->units[0];
    return c->chunk == c->block / SX_CHUNK_BLOCKS || c->block % SX_CHUNK_BLOCKS == 0 ? base_of(c, c->block) : 0;
}

llm_status sx_cursor_decode(sx_cursor *c, llm_error *err)
{
    if (c->decoded == c->block) return LLM_OK;
    c->decoded = UINT32_MAX;
    if (c->list.n < SX_BLOCK) {
        if (!decode_loose(c, c->list.at, c->list.end, c->list.n, 0)) return sx_segment_damaged(c->segment, err);
    } else {
        llm_status status = load_chunk(c, c->block / SX_CHUNK_BLOCKS, err);
        if (status != LLM_OK) return status;
        uint32_t nth = c->block % SX_CHUNK_BLOCKS, base = base_of(c, c->block);
        uint64_t begin = nth ? sx_fixed_at(c->meta + (size_t)(nth - 1) * BLOCK_LINE + 4, 2) : 0;
        uint64_t end = sx_fixed_at(c->meta + (size_t)nth * BLOCK_LINE + 4, 2);
        if (begin > end || end > (uint64_t)(c->body_end - c->body)) return sx_segment_damaged(c->segment, err);
        uint32_t n = c->list.n - c->block * SX_BLOCK;
        bool ok = n >= SX_BLOCK ? decode_packed(c, c->body + begin, c->body + end, base)
                                : decode_loose(c, c->body + begin, c->body + end, n, base);
        if (!ok) return sx_segment_damaged(c->segment, err);
    }
    c->decoded = c->block;
    return LLM_OK;
}
