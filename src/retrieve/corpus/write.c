/* How documents in memory come to the store, and changes of a few bytes of one. */
#include <string.h>

#include "platform/utf8.h"
#include "retrieve/corpus/inside.h"
#include "retrieve/read/reader.h"
#include "retrieve/tree/patch.h"

llm_status sx_entry_write(sx_corpus *corpus, const sx_store_doc *was, const sx_entry *e, uint32_t format,
                          const sx_buf *about, llm_error *err)
{
    sx_mem *mem = corpus->mem;
    sx_buf tree_blob, index_blob;
    sx_buf_init(&tree_blob, mem, 0);
    sx_buf_init(&index_blob, mem, 0);
    llm_status status = sx_tree_save(e->tree, &tree_blob);
    if (status == LLM_OK) status = sx_index_save(e->index, &index_blob);
    if (status == LLM_E_MEMORY)
        sx_fail_memory(err);
    else if (status != LLM_OK)
        sx_fail(err, status, "document %s is too long to be stored", e->tree->name);
    if (status == LLM_OK) {
        sx_store_doc doc = {.name = e->tree->name,
                            .bytes = e->tree->text_len,
                            .nodes = e->tree->count,
                            .format = format,
                            .about = about->data,
                            .about_size = about->len};
        memcpy(doc.hash, e->tree->nodes[0].hash, sizeof doc.hash);
        sx_blob sections[SX_SECTIONS] = {
            {e->tree->text, e->tree->text_len}, {tree_blob.data, tree_blob.len}, {index_blob.data, index_blob.len}};
        status = sx_store_replace(corpus->store, was, &doc, sections, err);
    }
    sx_buf_free(&tree_blob);
    sx_buf_free(&index_blob);
    return status;
}

/* ---- edits ---- */

static bool on_boundary(const sx_tree *tree, uint64_t at)
{
    return at >= tree->text_len || ((unsigned char)tree->text[at] & 0xC0) != 0x80;
}

static llm_status check_edit(const sx_corpus *corpus, const sx_tree *tree, const sx_edit *edit, llm_error *err)
{
    char hash[2 * SX_HASH_BYTES + 1];
    sx_hex(hash, tree->nodes[0].hash, SX_HASH_BYTES);
    if (edit->hash && strcmp(edit->hash, hash) != 0)
        return sx_fail(err, LLM_E_BUSY, "document %s is not the one that was looked at (%.16s...) any more; look again",
                       tree->name, edit->hash);
    if (edit->begin > edit->end || edit->end > tree->text_len)
        return sx_fail(err, LLM_E_INVALID, "document %s has %zu bytes: [%llu, %llu) is no stretch of it", tree->name,
                       tree->text_len, (unsigned long long)edit->begin, (unsigned long long)edit->end);
    if (!on_boundary(tree, edit->begin) || !on_boundary(tree, edit->end))
        return sx_fail(err, LLM_E_UTF8, "[%llu, %llu) of document %s cuts a character in two",
                       (unsigned long long)edit->begin, (unsigned long long)edit->end, tree->name);
    size_t bad = sx_utf8_check(edit->text, edit->len);
    if (bad != edit->len) return sx_fail(err, LLM_E_UTF8, "the new text is not UTF-8 at byte %zu", bad);
    if (tree->text_len - (edit->end - edit->begin) + edit->len > corpus->max_bytes)
        return sx_fail(err, LLM_E_LIMIT, "document %s would have more than %llu bytes (raise max_doc_bytes to take it)",
                       tree->name, (unsigned long long)corpus->max_bytes);
    return LLM_OK;
}

/* The words of a paragraph are patched; what changes more than that is read anew. */
static llm_status edit_tree(sx_corpus *corpus, const sx_tree *old, const sx_edit *edit, uint32_t format, sx_tree **out,
                            llm_error *err)
{
    bool foreign = sx_format_is_foreign(format);
    llm_status status = sx_tree_patch(out, corpus->mem, old, (uint32_t)edit->begin, (uint32_t)edit->end, edit->text,
                                      (uint32_t)edit->len, foreign ? LLM_FORMAT_TEXT : format, err);
    if (status != LLM_OK || *out) return status;
    if (foreign)
        return sx_fail(err, LLM_E_UNSUPPORTED,
                       "the text of document %s was made by a reader: only words inside one of its paragraphs can be "
                       "edited; ingest the changed file",
                       old->name);
    char *text = sx_text_patched(corpus->mem, old->text, old->text_len, edit->begin, edit->end, edit->text, edit->len);
    if (!text) return sx_fail_memory(err);
    return sx_read_tree_within(out, corpus->mem, old->name, text, old->text_len - (edit->end - edit->begin) + edit->len,
                               format, corpus->max_nodes, NULL, err);
}

static llm_status edit_entry(sx_corpus *corpus, const sx_row *row, const sx_entry *was, const sx_edit *edit,
                             llm_error *err)
{
    sx_tree *tree = NULL;
    sx_index *index = NULL;
    sx_entry *e = NULL;
    sx_buf about;
    llm_status status = edit_tree(corpus, was->tree, edit, row->doc.format, &tree, err);
    if (status != LLM_OK) return status;
    status = sx_index_build_from(&index, corpus->mem, tree, was->tree, was->index, &corpus->wording, NULL, err);
    if (status != LLM_OK) {
        sx_tree_unref(tree);
        return status;
    }
    status = sx_entry_make(corpus, tree, index, tree->text_len, &e, err);
    if (status != LLM_OK) return status;
    sx_buf_init(&about, corpus->mem, 0);
    if (row->about.len &&
        sx_about_moved(&about, &row->about, (uint32_t)edit->begin, (uint32_t)edit->end, (uint32_t)edit->len) != LLM_OK)
        status = sx_fail_memory(err);
    if (status == LLM_OK) status = sx_entry_write(corpus, &row->doc, e, row->doc.format, &about, err);
    if (status == LLM_OK) sx_entry_keep(corpus, e);
    sx_buf_free(&about);
    sx_entry_release(corpus, e);
    return status;
}

static llm_status edit_once(sx_corpus *corpus, const char *name, const sx_edit *edit, llm_error *err)
{
    sx_listing *list;
    sx_entry *was = NULL;
    llm_status status = sx_listing_of(corpus, name, &list, err);
    if (status != LLM_OK) return status;
    sx_row *row = sx_listing_find(list, name);
    if (!row)
        status = sx_fail(err, LLM_E_NOT_FOUND, "the corpus has no document named %s", name);
    else if (row->damaged)
        status = sx_fail(err, LLM_E_CORRUPT, "what is said about document %s is damaged; ingest it again", name);
    else
        status = sx_entry_get(corpus, row, NULL, &was, err);
    if (status == LLM_OK) {
        status = check_edit(corpus, was->tree, edit, err);
        if (status == LLM_OK) status = edit_entry(corpus, row, was, edit, err);
        sx_entry_release(corpus, was);
    }
    sx_listing_release(corpus, list);
    return status;
}

/* Somebody faster than us moves what the offsets count in: only who named no state wants the edit all the same. */
llm_status sx_corpus_edit(sx_corpus *corpus, const char *name, const sx_edit *edit, llm_error *err)
{
    if (corpus->readonly)
        return sx_fail(err, LLM_E_READONLY, "the corpus was opened read-only; open it for writing to change it");
    return edit_once(corpus, name, edit, err);
}
