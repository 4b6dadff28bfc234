/* A document's tree as a snapshot with its strings made ready: ids, titles and hashes as the caller reads them. */
#include <string.h>

#include "api/handles.h"
#include "platform/crypto.h"

typedef struct tree_row {
    const char *id, *title, *hash;
} tree_row;

struct llm_tree {
    llm_corpus *corpus; /* a reference: its memory holds the tree */
    sx_tree *tree;      /* a reference */
    sx_arena arena;
    tree_row *rows; /* [tree->count] */
};

static llm_status fill_rows(llm_tree *t, llm_error *err)
{
    const sx_tree *tree = t->tree;
    sx_mem *mem = t->arena.mem;
    t->rows = sx_mem_array(mem, tree->count, sizeof *t->rows);
    if (!t->rows) return sx_fail_memory(err);
    sx_buf id;
    sx_buf_init(&id, mem, 0);
    llm_status status = LLM_OK;
    for (uint32_t i = 0; i < tree->count && status == LLM_OK; i++) {
        const sx_node *node = &tree->nodes[i];
        char hex[2 * SX_HASH_BYTES + 1];
        sx_hex(hex, node->hash, SX_HASH_BYTES);
        sx_buf_clear(&id);
        sx_tree_put_id(tree, i, &id);
        t->rows[i] = (tree_row){
            sx_arena_strndup(&t->arena, sx_buf_cstr(&id), id.len),
            sx_arena_strndup(&t->arena, tree->text + node->title_start, node->title_end - node->title_start),
            sx_arena_strndup(&t->arena, hex, sizeof hex - 1)};
        if (sx_buf_status(&id) != LLM_OK || !t->rows[i].id || !t->rows[i].title || !t->rows[i].hash)
            status = sx_fail_memory(err);
    }
    sx_buf_free(&id);
    return status;
}

llm_status llm_tree_open(llm_tree **out, llm_corpus *corpus, const char *name, llm_error *err)
{
    if (!out) return sx_fail(err, LLM_E_INVALID, "out is NULL");
    *out = NULL;
    llm_status status = sx_handle_check(corpus ? &corpus->h : NULL, "corpus", err);
    if (status != LLM_OK) return status;
    if (!name) return sx_fail(err, LLM_E_INVALID, "the document's name is NULL");
    llm_tree *t = sx_mem_zalloc(&corpus->h.mem, sizeof *t);
    if (!t) return sx_fail_memory(err);
    sx_handle_ref(&corpus->h);
    t->corpus = corpus;
    sx_arena_init(&t->arena, &corpus->h.mem);
    status = sx_corpus_tree(corpus->corpus, name, corpus->labels, &t->tree, err);
    if (status == LLM_OK) status = fill_rows(t, err);
    if (status != LLM_OK) {
        llm_tree_free(t);
        return status;
    }
    *out = t;
    return LLM_OK;
}

void llm_tree_free(llm_tree *tree)
{
    if (!tree || sx_handle_check(&tree->corpus->h, "corpus", NULL) != LLM_OK) return;
    llm_corpus *corpus = tree->corpus;
    sx_tree_unref(tree->tree);
    sx_mem_free(&corpus->h.mem, tree->rows);
    sx_arena_free(&tree->arena);
    sx_mem_free(&corpus->h.mem, tree);
    llm_corpus_free(corpus);
}

const char *llm_tree_text(const llm_tree *tree)
{
    return tree && tree->tree->text ? tree->tree->text : "";
}

uint64_t llm_tree_text_len(const llm_tree *tree)
{
    return tree ? tree->tree->text_len : 0;
}

uint32_t llm_tree_count(const llm_tree *tree)
{
    return tree ? tree->tree->count : 0;
}

int64_t llm_tree_find(const llm_tree *tree, const char *id)
{
    if (!tree || !id) return -1;
    uint32_t node = sx_tree_find(tree->tree, id);
    return node == SX_NO_NODE ? -1 : (int64_t)node;
}

static const sx_node *node_at(const llm_tree *tree, uint32_t i)
{
    static const sx_node none = {.parent = SX_NO_NODE};
    return tree && i < tree->tree->count ? &tree->tree->nodes[i] : &none;
}

static const tree_row *row_at(const llm_tree *tree, uint32_t i)
{
    static const tree_row none = {"", "", ""};
    return tree && i < tree->tree->count ? &tree->rows[i] : &none;
}

const char *llm_tree_id(const llm_tree *tree, uint32_t i)
{
    return row_at(tree, i)->id;
}

int64_t llm_tree_parent(const llm_tree *tree, uint32_t i)
{
    uint32_t parent = node_at(tree, i)->parent;
    return parent == SX_NO_NODE ? -1 : (int64_t)parent;
}

uint32_t llm_tree_kind(const llm_tree *tree, uint32_t i)
{
    return node_at(tree, i)->kind;
}

uint32_t llm_tree_depth(const llm_tree *tree, uint32_t i)
{
    return node_at(tree, i)->depth;
}

const char *llm_tree_title(const llm_tree *tree, uint32_t i)
{
    return row_at(tree, i)->title;
}

uint64_t llm_tree_start(const llm_tree *tree, uint32_t i)
{
    return node_at(tree, i)->start;
}

uint64_t llm_tree_end(const llm_tree *tree, uint32_t i)
{
    return node_at(tree, i)->end;
}

const char *llm_tree_hash(const llm_tree *tree, uint32_t i)
{
    return row_at(tree, i)->hash;
}

int64_t llm_tree_pageindex(const llm_tree *tree, char *out, size_t capacity, llm_error *err)
{
    if (!tree || (!out && capacity)) return sx_fail(err, LLM_E_INVALID, "the tree or out is NULL");
    sx_buf json;
    sx_buf_init(&json, tree->arena.mem, 0);
    llm_status status = sx_tree_pageindex(&json, tree->tree);
    int64_t n = status == LLM_OK ? (int64_t)json.len : sx_fail_memory(err);
    if (n >= 0 && capacity) memcpy(out, json.data, json.len < capacity ? json.len : capacity);
    sx_buf_free(&json);
    return n;
}
