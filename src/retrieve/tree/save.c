/* Trees as blobs: a head, then one record per node in reading order, numbers as varints. Hashes are not stored but the
 * root's: loading can compute them all again, and a root that differs says that text or tree was changed. A blob is
 * untrusted: every number is checked before it is used, and memory is bounded by the blob's own size. */
#include <string.h>

#include "platform/crypto.h"
#include "retrieve/tree/outline.h"

enum {
    HEAD = 4 + 4 + 8 + SX_HASH_BYTES, /* magic, node count, text length, root hash */
    LEAST = 5,                        /* bytes of the shortest record */
    MAX_DEPTH = 512
};
static const char magic[4] = {'S', 'X', 'T', '1'};

static void put_varint(sx_buf *out, uint32_t v)
{
    unsigned char b[5];
    size_t n = 0;
    for (; v >= 0x80; v >>= 7) b[n++] = (unsigned char)(v | 0x80);
    b[n++] = (unsigned char)v;
    sx_buf_add(out, b, n);
}

static void put_fixed(sx_buf *out, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++) sx_buf_char(out, (char)(unsigned char)(v >> (8 * i)));
}

llm_status sx_tree_save(const sx_tree *tree, sx_buf *out)
{
    sx_buf_add(out, magic, sizeof magic);
    put_fixed(out, tree->count, 4);
    put_fixed(out, tree->text_len, 8);
    sx_buf_add(out, tree->nodes[0].hash, SX_HASH_BYTES);
    uint32_t at = 0;
    for (uint32_t i = 0; i < tree->count; i++) {
        const sx_node *node = &tree->nodes[i];
        put_varint(out, node->kind);
        put_varint(out, node->n_children);
        put_varint(out, node->start - at);
        put_varint(out, node->end - node->start);
        if (node->title_end > node->title_start) {
            put_varint(out, node->title_end - node->title_start);
            put_varint(out, node->title_start - node->start);
        } else {
            put_varint(out, 0);
        }
        at = node->start;
    }
    return sx_buf_status(out);
}

typedef struct {
    const unsigned char *p, *end;
    bool bad;
} reader;

static uint32_t get_varint(reader *r)
{
    uint64_t v = 0;
    for (int shift = 0; shift < 35; shift += 7) {
        if (r->p == r->end) break;
        unsigned char c = *r->p++;
        v |= (uint64_t)(c & 0x7F) << shift;
        if (c < 0x80) {
            if (v > UINT32_MAX) break;
            return (uint32_t)v;
        }
    }
    r->bad = true;
    return 0;
}

static uint64_t get_fixed(const unsigned char *p, int bytes)
{
    uint64_t v = 0;
    for (int i = 0; i < bytes; i++) v |= (uint64_t)p[i] << (8 * i);
    return v;
}

/* An offset may not cut a code point. */
static bool on_boundary(const sx_tree *tree, uint32_t at)
{
    return at >= tree->text_len || ((unsigned char)tree->text[at] & 0xC0) != 0x80;
}

/* One record, its offsets checked against text, parent and elder sibling. `due` is how many children it announces. */
static bool load_node(reader *r, sx_tree *tree, uint32_t parent, uint32_t elder, uint32_t at, uint32_t *due)
{
    sx_node *node = &tree->nodes[tree->count];
    uint32_t kind = get_varint(r), title;
    *due = get_varint(r);
    uint64_t start = (uint64_t)at + get_varint(r), end = start + get_varint(r), title_start = start;
    title = get_varint(r);
    if (title) title_start += get_varint(r);
    if (r->bad || end > tree->text_len || title_start + title > end) return false;
    bool root = tree->count == 0;
    if (root ? kind != LLM_NODE_DOCUMENT : (kind < LLM_NODE_SECTION || kind > LLM_NODE_GROUP)) return false;
    if (root && (start != 0 || end != tree->text_len)) return false;
    *node = (sx_node){.parent = parent,
                      .first_child = SX_NO_NODE,
                      .next_sibling = SX_NO_NODE,
                      .kind = (uint16_t)kind,
                      .start = (uint32_t)start,
                      .end = (uint32_t)end,
                      .title_start = (uint32_t)title_start,
                      .title_end = (uint32_t)(title_start + title)};
    if (!on_boundary(tree, node->start) || !on_boundary(tree, node->end) || !on_boundary(tree, node->title_start) ||
        !on_boundary(tree, node->title_end))
        return false;
    if (root) return true;
    sx_node *up = &tree->nodes[parent];
    if (node->end > up->end || up->depth + 1 >= MAX_DEPTH) return false; /* starts never fall, so it begins inside */
    if (elder != SX_NO_NODE && node->start < tree->nodes[elder].end) return false;
    node->depth = (uint16_t)(up->depth + 1);
    node->child_index = up->n_children++;
    if (elder == SX_NO_NODE)
        up->first_child = tree->count;
    else
        tree->nodes[elder].next_sibling = tree->count;
    return true;
}

/* Rebuilds the links from the announced numbers of children. */
static bool load_nodes(reader *r, sx_tree *tree, uint32_t count)
{
    uint32_t left[MAX_DEPTH], elder[MAX_DEPTH], parent[MAX_DEPTH], open = 0, at = 0;
    while (tree->count < count) {
        while (open && left[open - 1] == 0) open--;
        if ((open == 0) != (tree->count == 0)) return false;
        uint32_t up = open ? parent[open - 1] : SX_NO_NODE, due;
        if (!load_node(r, tree, up, open ? elder[open - 1] : SX_NO_NODE, at, &due)) return false;
        at = tree->nodes[tree->count].start;
        if (open) {
            left[open - 1]--;
            elder[open - 1] = tree->count;
        }
        if (due > count) return false;
        if (due) {
            if (open == MAX_DEPTH) return false;
            left[open] = due;
            elder[open] = SX_NO_NODE;
            parent[open] = tree->count;
            open++;
        }
        tree->count++;
    }
    while (open && left[open - 1] == 0) open--;
    return open == 0 && r->p == r->end;
}

static const char *load_checked(sx_tree *tree, const unsigned char *blob, size_t size, bool hashes)
{
    if (size < HEAD || memcmp(blob, magic, sizeof magic) != 0) return "its tree has no head";
    uint64_t count = get_fixed(blob + 4, 4), text_len = get_fixed(blob + 8, 8);
    if (count == 0 || count > (size - HEAD) / LEAST) return "its tree is cut short";
    if (text_len != tree->text_len) return "its text has not the length it was saved with";
    tree->nodes = sx_mem_array(tree->mem, (size_t)count, sizeof(sx_node));
    if (!tree->nodes) return "";
    reader r = {blob + HEAD, blob + size, false};
    if (!load_nodes(&r, tree, (uint32_t)count)) return "its tree is malformed";
    if (!hashes) {
        memcpy(tree->nodes[0].hash, blob + 16, SX_HASH_BYTES);
        return NULL;
    }
    sx_tree_hash(tree);
    if (memcmp(tree->nodes[0].hash, blob + 16, SX_HASH_BYTES) != 0) return "its text or tree does not match its hash";
    return NULL;
}

llm_status sx_tree_load(sx_tree **out, sx_mem *mem, const char *name, char *text, size_t text_len, const void *blob,
                        size_t size, bool hashes, llm_error *err)
{
    *out = NULL;
    sx_tree *tree = sx_mem_zalloc(mem, sizeof *tree);
    if (!tree) {
        sx_mem_free(mem, text);
        return sx_fail_memory(err);
    }
    tree->mem = mem;
    tree->text = text;
    tree->text_len = text_len;
    atomic_init(&tree->refs, 1);
    llm_status status = sx_crypto_init(err);
    if (status == LLM_OK) {
        tree->name = sx_mem_strndup(mem, name, strlen(name));
        const char *why = !tree->name              ? ""
                          : text_len >= UINT32_MAX ? "its text is too long"
                                                   : load_checked(tree, blob, size, hashes);
        if (why && !*why)
            status = sx_fail_memory(err);
        else if (why)
            status = sx_fail(err, LLM_E_CORRUPT, "document %s is damaged: %s; ingest it again", name, why);
    }
    if (status != LLM_OK) {
        sx_tree_unref(tree);
        return status;
    }
    *out = tree;
    return LLM_OK;
}
