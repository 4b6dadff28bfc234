/* The blob of an index: "SXI2", language, number of leaves and of sections, a checksum over all before it. Everything else
 * follows from the tree and its text and is made again when it is loaded, which takes less than a third of the room and
 * cannot disagree with the text. The first form, "SXI1", held the terms' hashes and all tokens as LEB128 numbers besides; it
 * is still read. */
#include <string.h>

#include "platform/map.h"
#include "retrieve/rank/form.h"

static const char magic[4] = {'S', 'X', 'I', '2'}, magic_1[4] = {'S', 'X', 'I', '1'};

static void put_number(sx_buf *out, uint32_t v)
{
    unsigned char bytes[5];
    size_t n = 0;
    for (; v >= 0x80; v >>= 7) bytes[n++] = (unsigned char)(v | 0x80);
    bytes[n++] = (unsigned char)v;
    sx_buf_add(out, bytes, n);
}

static void put_fixed(sx_buf *out, uint64_t v, int n)
{
    for (int i = 0; i < n; i++) sx_buf_char(out, (char)(v >> (8 * i) & 0xff));
}

llm_status sx_index_save(const sx_index *index, sx_buf *out)
{
    size_t begin = out->len;
    sx_buf_add(out, magic, sizeof magic);
    put_number(out, index->lang);
    put_number(out, index->n_leaves);
    put_number(out, index->n_sections);
    if (sx_buf_status(out)) return sx_buf_status(out);
    put_fixed(out, sx_hash64(out->data + begin, out->len - begin, 0), 8);
    return sx_buf_status(out);
}

typedef struct cursor {
    const unsigned char *at, *end;
    bool bad;
} cursor;

static uint32_t get_number(cursor *c)
{
    uint32_t v = 0;
    for (int shift = 0; shift < 35; shift += 7) {
        if (c->at == c->end) break;
        unsigned char byte = *c->at++;
        if (shift == 28 && byte > 0x0f) break;
        v |= (uint32_t)(byte & 0x7f) << shift;
        if (byte < 0x80) return v;
    }
    c->bad = true;
    return 0;
}

static uint64_t get_fixed(cursor *c, int n)
{
    if (c->end - c->at < n) {
        c->bad = true;
        return 0;
    }
    uint64_t v = 0;
    for (int i = 0; i < n; i++) v |= (uint64_t)c->at[i] << (8 * i);
    c->at += n;
    return v;
}

static void read_layout(sx_index *index, cursor *c)
{
    uint64_t at = 0;
    for (uint32_t i = 0; i < index->n_leaves && !c->bad; i++) {
        uint32_t count = get_number(c), lead = get_number(c), title = get_number(c);
        if (count > index->n_tokens - at || lead > UINT16_MAX || title > count || title > UINT16_MAX) c->bad = true;
        if (c->bad) return;
        index->leaf_start[i] = (uint32_t)at;
        index->leaf_lead[i] = (uint16_t)lead;
        index->leaf_title[i] = (uint16_t)title;
        at += count;
        index->leaf_start[i + 1] = (uint32_t)at;
    }
    for (uint32_t i = 0; i < index->n_sections && !c->bad; i++) {
        uint32_t count = get_number(c);
        if (count > index->n_tokens - at) c->bad = true;
        if (c->bad) return;
        index->sections[i].title = (uint32_t)at;
        at += count;
        index->sections[i].title_end = (uint32_t)at;
    }
    if (at != index->n_tokens) c->bad = true;
}

static llm_status read_body(sx_index *index, cursor *c, llm_error *err)
{
    uint32_t left = (uint32_t)(c->end - c->at);
    if (index->n_terms > left / 4 || index->n_tokens > left) {
        c->bad = true;
        return LLM_OK;
    }
    index->terms = sx_mem_array(index->mem, index->n_terms, sizeof *index->terms);
    index->tokens = sx_mem_array(index->mem, index->n_tokens, sizeof *index->tokens);
    if (!index->terms || !index->tokens) return sx_fail_memory(err);
    for (uint32_t t = 0; t < index->n_terms; t++) index->terms[t] = (uint32_t)get_fixed(c, 4);
    read_layout(index, c);
    for (uint32_t i = 0; i < index->n_tokens && !c->bad; i++) {
        index->tokens[i] = get_number(c);
        if (index->tokens[i] > index->n_terms) c->bad = true;
    }
    if (c->at != c->end) c->bad = true;
    return LLM_OK;
}

static llm_status damaged(const sx_tree *tree, llm_error *err)
{
    return sx_fail(err, LLM_E_CORRUPT, "the index of document '%s' is damaged; ingest the document again", tree->name);
}

static llm_status load_first_form(sx_index **out, sx_mem *mem, const sx_tree *tree, cursor *c, llm_error *err)
{
    sx_index *index = NULL;
    llm_status status = sx_index_shape(&index, mem, tree, err);
    if (status) return status;
    index->lang = get_number(c);
    uint32_t leaves = get_number(c), sections = get_number(c);
    index->n_terms = get_number(c);
    index->n_tokens = get_number(c);
    if (index->lang >= SX_LANG_COUNT || leaves != index->n_leaves || sections != index->n_sections) c->bad = true;
    if (!c->bad) status = read_body(index, c, err);
    if (!status && c->bad) status = damaged(tree, err);
    if (!status) status = sx_index_finish(index, err);
    if (status)
        sx_index_free(index);
    else
        *out = index;
    return status;
}

static llm_status load_second_form(sx_index **out, sx_mem *mem, const sx_tree *tree, cursor *c, llm_error *err)
{
    uint32_t lang = get_number(c), leaves = get_number(c), sections = get_number(c);
    if (c->bad || c->at != c->end || lang >= SX_LANG_COUNT) return damaged(tree, err);
    llm_status status = sx_index_build_in(out, mem, tree, lang, NULL, err);
    if (status || ((*out)->n_leaves == leaves && (*out)->n_sections == sections)) return status;
    sx_index_free(*out);
    *out = NULL;
    return damaged(tree, err);
}

llm_status sx_index_load(sx_index **out, sx_mem *mem, const sx_tree *tree, const void *blob, size_t size,
                         llm_error *err)
{
    cursor c = {blob, (const unsigned char *)blob + size, false};
    if (size < sizeof magic + 8 || size > UINT32_MAX) return damaged(tree, err);
    cursor sum = {c.end - 8, c.end, false};
    c.end -= 8;
    if (get_fixed(&sum, 8) != sx_hash64(blob, size - 8, 0)) return damaged(tree, err);
    c.at += sizeof magic;
    if (memcmp(blob, magic_1, sizeof magic_1) == 0) return load_first_form(out, mem, tree, &c, err);
    if (memcmp(blob, magic, sizeof magic) == 0) return load_second_form(out, mem, tree, &c, err);
    return damaged(tree, err);
}
