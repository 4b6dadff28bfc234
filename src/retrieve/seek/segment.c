/* Reading a segment. Rows are proven by their sums when fetched; what they say is checked all the same before it is
 * believed: every offset against its row, every unit against the count. */
#include "retrieve/seek/segment.h"

enum { HEAD_BYTES = 24, STATS_BYTES = 16, DOC_LINE = 12, TERM_LINE = 9, CHUNK_LINE = 13, BLOCK_LINE = 7, ROW_HEAD = 3 };

static const char magic[4] = {'S', 'X', 'S', '2'};

llm_status sx_segment_damaged(const sx_segment *segment, llm_error *err)
{
    return sx_fail(err, LLM_E_CORRUPT, "segment %lld of the index is damaged", (long long)segment->id);
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

static const unsigned char *mark_at(const sx_seg_row *row, uint32_t i)
{
    return row->data + ROW_HEAD + (size_t)i * SX_MARK_BYTES;
}

sx_seg_lists sx_seg_lists_of(const sx_segment *segment, uint32_t nth, const sx_seg_row *row)
{
    uint64_t first = sx_fixed_at(segment->term_directory + (size_t)nth * TERM_LINE, 5);
    sx_seg_lists l = {.row = row, .n_units = segment->n_units, .key = first >> 32 << 32, .in = {.bad = true}};
    if (row->size < ROW_HEAD) return l;
    l.n = (uint32_t)sx_fixed_at(row->data, 2);
    l.rice = row->data[2];
    size_t marks = (size_t)((l.n + SX_MARK_EVERY - 1) / SX_MARK_EVERY) * SX_MARK_BYTES;
    if (!l.n || l.rice < 1 || l.rice > 31 || marks > row->size - ROW_HEAD) return l;
    const unsigned char *base = row->data + ROW_HEAD + marks;
    l.in = (sx_bits_in){base, 0, (row->size - ROW_HEAD - marks) * 8, false};
    return l;
}

/* Steps to the last mark whose key is not beyond the wanted one. */
static void skip_to(sx_seg_lists *l, uint64_t key)
{
    uint32_t low = 0, high = (l->n + SX_MARK_EVERY - 1) / SX_MARK_EVERY;
    uint64_t field = l->key >> 32 << 32;
    if (l->in.bad) return;
    while (high - low > 1) {
        uint32_t mid = low + (high - low) / 2;
        *((field | sx_fixed_at(mark_at(l->row, mid), 4)) <= key ? &low : &high) = mid;
    }
    l->next = low * SX_MARK_EVERY;
}

/* Passes over the postings of a short list. */
static void skip_loose(sx_bits_in *in, uint32_t n, int rice)
{
    uint32_t ignored;
    for (uint32_t i = 0; i < n && !in->bad; i++) sx_take_posting(in, rice, &ignored);
}

/* The postings of a short list, or of the last block of a long one; false when they are damaged. */
static bool take_loose(sx_bits_in *in, uint32_t n, uint32_t base, int rice, uint32_t n_units, uint32_t *units,
                       uint32_t *codes)
{
    uint64_t next = base;
    for (uint32_t i = 0; i < n; i++) {
        next += sx_take_posting(in, rice, &codes[i]);
        if (in->bad || next >= n_units) return false;
        units[i] = (uint32_t)next++;
    }
    return true;
}

/* The head of an entry: its key and how many postings it has. */
static bool take_head(sx_seg_lists *l, sx_seg_list *list)
{
    if (l->in.bad || l->next == l->n) return false;
    if (l->next % SX_MARK_EVERY == 0) {
        const unsigned char *mark = mark_at(l->row, l->next / SX_MARK_EVERY);
        l->key = (l->key >> 32 << 32) | sx_fixed_at(mark, 4);
        l->in.at = sx_fixed_at(mark + 4, 2) * 8;
        if (l->in.at > l->in.end) l->in.bad = true;
    } else {
        l->key += sx_take_golomb(&l->in, l->rice);
    }
    l->next++;
    *list = (sx_seg_list){.key = l->key};
    uint32_t n = l->in.bad ? 0 : sx_take_gamma(&l->in);
    if (n == 0 || n > SX_UNITS_MAX) l->in.bad = true;
    if (l->in.bad) return false;
    list->n = n;
    return true;
}

/* The directory of a long list. */
static bool take_directory(sx_seg_lists *l, sx_seg_list *list)
{
    uint64_t size = ((uint64_t)(list->n - 1) / (SX_BLOCK * SX_CHUNK_BLOCKS) + 1) * CHUNK_LINE * 8;
    sx_align_bits(&l->in);
    if (l->in.at > l->in.end || size > l->in.end - l->in.at) l->in.bad = true;
    if (l->in.bad) return false;
    list->at = l->in.base + l->in.at / 8;
    for (const unsigned char *line = list->at; line < list->at + size / 8; line += CHUNK_LINE)
        if (line[CHUNK_LINE - 1] > list->max) list->max = line[CHUNK_LINE - 1];
    l->in.at += size;
    return true;
}

bool sx_seg_next_list(sx_seg_lists *l, sx_seg_list *list)
{
    if (!take_head(l, list)) return false;
    if (list->n >= SX_BLOCK) return take_directory(l, list);
    list->bits = l->in;
    skip_loose(&l->in, list->n, sx_rice_for(l->n_units, list->n));
    return !l->in.bad;
}

bool sx_seg_take_list(sx_seg_lists *l, sx_seg_list *list, uint32_t units[SX_BLOCK], uint32_t codes[SX_BLOCK])
{
    if (!take_head(l, list)) return false;
    if (list->n >= SX_BLOCK) return take_directory(l, list);
    if (!take_loose(&l->in, list->n, 0, sx_rice_for(l->n_units, list->n), l->n_units, units, codes)) l->in.bad = true;
    return !l->in.bad;
}

uint32_t sx_segment_term_row(const sx_segment *segment, uint32_t nth)
{
    return (uint32_t)sx_fixed_at(segment->term_directory + (size_t)nth * TERM_LINE + 5, 4);
}

llm_status sx_segment_find(const sx_segment *s, sx_rows *rows, uint64_t key, sx_seg_list *list, sx_seg_row **pin,
                           llm_error *err)
{
    uint32_t low = 0, high = s->n_term_rows;
    *list = (sx_seg_list){0};
    *pin = NULL;
    while (high - low > 1) {
        uint32_t mid = low + (high - low) / 2;
        *(sx_fixed_at(s->term_directory + (size_t)mid * TERM_LINE, 5) <= key ? &low : &high) = mid;
    }
    if (!s->n_term_rows || sx_fixed_at(s->term_directory + (size_t)low * TERM_LINE, 5) >> 32 != key >> 32)
        return LLM_OK;
    sx_seg_row *row;
    llm_status status = sx_rows_pin(rows, s->id, sx_segment_term_row(s, low), &row, err);
    if (status != LLM_OK) return status;
    sx_seg_list at = {0};
    sx_seg_lists lists = sx_seg_lists_of(s, low, row);
    skip_to(&lists, key);
    while (sx_seg_next_list(&lists, &at) && at.key < key) continue;
    if (!lists.in.bad && at.n && at.key == key) {
        *list = at;
        *pin = row;
        return LLM_OK;
    }
    sx_rows_unpin(rows, row);
    return lists.in.bad ? sx_segment_damaged(s, err) : LLM_OK;
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
    c->packed_codes = NULL;
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

static bool decode_loose(sx_cursor *c, sx_bits_in in, uint32_t n, uint32_t base, int rice)
{
    if (!take_loose(&in, n, base, rice, c->segment->n_units, c->units, c->codes)) return false;
    c->count = n;
    return true;
}

/* A block of numbers; steps `at` behind it. */
static bool unpack(const unsigned char **at, const unsigned char *end, uint32_t *v)
{
    const unsigned char *p = *at;
    if (p >= end || (*p & 0x80 && end - p < 2)) return false;
    int width = *p & 0x7f;
    uint32_t exceptions = *p++ & 0x80 ? *p++ : 0;
    size_t size = sx_packed_size(SX_BLOCK, width);
    if (width > 32 || (size_t)(end - p) < size) return false;
    sx_unpack_bits(p, v, SX_BLOCK, width);
    sx_bytes_in in = {p + size, end, false};
    for (; exceptions; exceptions--) {
        uint64_t i = sx_take_fixed(&in, 1), high = sx_take_varint(&in);
        if (in.bad || i >= SX_BLOCK || high > UINT32_MAX >> width) return false;
        v[i] |= (uint32_t)(high << width);
    }
    *at = in.at;
    return true;
}

static bool decode_packed(sx_cursor *c, const unsigned char *at, const unsigned char *end, uint32_t base)
{
    if (!unpack(&at, end, c->units)) return false;
    uint64_t next = base;
    for (uint32_t i = 0; i < SX_BLOCK; i++) {
        next += c->units[i];
        c->units[i] = (uint32_t)next++;
    }
    c->count = SX_BLOCK;
    c->packed_codes = at;
    c->packed_end = end;
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
    c->packed_codes = NULL;
    if (c->list.n < SX_BLOCK) {
        int rice = sx_rice_for(c->segment->n_units, c->list.n);
        if (!decode_loose(c, c->list.bits, c->list.n, 0, rice)) return sx_segment_damaged(c->segment, err);
    } else {
        llm_status status = load_chunk(c, c->block / SX_CHUNK_BLOCKS, err);
        if (status != LLM_OK) return status;
        uint32_t nth = c->block % SX_CHUNK_BLOCKS, base = base_of(c, c->block);
        uint64_t begin = nth ? sx_fixed_at(c->meta + (size_t)(nth - 1) * BLOCK_LINE + 4, 2) : 0;
        uint64_t end = sx_fixed_at(c->meta + (size_t)nth * BLOCK_LINE + 4, 2);
        if (begin > end || end > (uint64_t)(c->body_end - c->body)) return sx_segment_damaged(c->segment, err);
        uint32_t n = c->list.n - c->block * SX_BLOCK;
        const unsigned char *at = c->body + begin;
        sx_bits_in bits = {at + 1, 0, end > begin ? (end - begin - 1) * 8 : 0, false};
        bool ok = n >= SX_BLOCK ? decode_packed(c, at, c->body + end, base)
                                : end > begin && *at < 32 && decode_loose(c, bits, n, base, *at);
        if (!ok) return sx_segment_damaged(c->segment, err);
    }
    c->decoded = c->block;
    return LLM_OK;
}

llm_status sx_cursor_codes(sx_cursor *c, llm_error *err)
{
    if (!c->packed_codes) return LLM_OK;
    bool ok = unpack(&c->packed_codes, c->packed_end, c->codes) && c->packed_codes == c->packed_end;
    c->packed_codes = NULL;
    return ok ? LLM_OK : sx_segment_damaged(c->segment, err);
}

llm_status sx_cursor_max(sx_cursor *c, uint32_t lang, llm_error *err)
{
    float mean = sx_segment_mean(c->segment, lang), best = 0;
    sx_seg_row *row = NULL;
    uint32_t held = UINT32_MAX;
    llm_status status = LLM_OK;
    if (c->list.n >= SX_BLOCK || c->list.max) return LLM_OK;
    for (uint32_t i = 0; i < c->count && !status; i++) {
        uint32_t unit = c->units[i];
        if (held != unit / SX_WORDS_ROW) {
            sx_rows_unpin(c->rows, row);
            row = NULL;
            held = unit / SX_WORDS_ROW;
            status = sx_segment_words(c->segment, c->rows, unit, &row, err);
            if (status) break;
        }
        float impact = sx_seek_impact_of(c->codes[i], sx_fixed_at(row->data + (size_t)(unit % SX_WORDS_ROW) * 2, 2),
                                         mean);
        if (impact > best) best = impact;
    }
    sx_rows_unpin(c->rows, row);
    c->list.max = sx_seek_scaled(best);
    return status;
}
