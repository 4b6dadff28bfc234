/* Trees as blobs: a head, then one record per node in reading order. Hashes are not stored but the root's: loading can compute
 * them all again, and a root that differs says that text or tree was changed. A blob is untrusted: every number is checked
 * before it is used, and memory is bounded by the blob's own size.
 *
 *   head      "SXT2", number of nodes, bytes of the text, hash of the root
 *   record    a byte: kind, has children, has a title, gap between where the node begins and where it is expected to, which
 *             is behind its elder sibling, or with its parent; then as LEB128 numbers: the gap less 7 if that is its form,
 *             length, children if there are any, length of the title and where it begins if there is one
 *
 * A sentence that ends where its parent does is a kind of its own and has no length.
 *
 * So most sentences take two bytes. The first form, "SXT1", had five numbers for each node; it is still read. */
#include <string.h>

#include "platform/crypto.h"
#include "retrieve/tree/outline.h"

enum {
    HEAD = 4 + 4 + 8 + SX_HASH_BYTES, /* magic, node count, text length, root hash */
    LEAST = 2,                        /* bytes of the shortest record */
    LEAST_1 = 5,                      /* the same in the first form */
    MAX_DEPTH = 512
};
enum {
    KIND_MASK = 7,
    HAS_CHILDREN = 8,
    HAS_TITLE = 16,
    GAP_SHIFT = 5,
    GAP_MORE = 7,
    LAST_SENTENCE = 6
}; /* of a record's first byte */
static const char magic[4] = {'S', 'X', 'T', '2'}, magic_1[4] = {'S', 'X', 'T', '1'};

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

/* Where a node is expected to begin: behind its elder sibling, or with its parent. */
static uint32_t expected_start(const sx_tree *tree, uint32_t parent, uint32_t elder)
{
    return elder != SX_NO_NODE ? tree->nodes[elder].end : parent != SX_NO_NODE ? tree->nodes[parent].start : 0;
}

static bool is_last_sentence(const sx_tree *tree, const sx_node *node)
{
    return node->kind == LLM_NODE_SENTENCE && node->end == tree->nodes[node->parent].end;
}

static void put_node(sx_buf *out, const sx_tree *tree, const sx_node *node, uint32_t expected)
{
    uint32_t gap = node->start - expected, title = node->title_end - node->title_start;
    bool last = is_last_sentence(tree, node);
    uint32_t tag = (last ? LAST_SENTENCE : node->kind) | (gap < GAP_MORE ? gap : GAP_MORE) << GAP_SHIFT;
    if (node->n_children) tag |= HAS_CHILDREN;
    if (title) tag |= HAS_TITLE;
    sx_buf_char(out, (char)(unsigned char)tag);
    if (gap >= GAP_MORE) put_varint(out, gap - GAP_MORE);
    if (!last) put_varint(out, node->end - node->start);
    if (node->n_children) put_varint(out, node->n_children);
    if (title) {
        put_varint(out, title);
        put_varint(out, node->title_start - node->start);
    }
}

llm_status sx_tree_save(const sx_tree *tree, sx_buf *out)
{
    sx_buf_add(out, magic, sizeof magic);
    put_fixed(out, tree->count, 4);
    put_fixed(out, tree->text_len, 8);
    sx_buf_add(out, tree->nodes[0].hash, SX_HASH_BYTES);
    uint32_t *youngest = sx_mem_array(tree->mem, (size_t)tree->count + 1, sizeof *youngest); /* node + 1, 0: none yet */
    if (!youngest) return LLM_E_MEMORY;
    for (uint32_t i = 0; i < tree->count; i++) {
        const sx_node *node = &tree->nodes[i];
        uint32_t elder = node->parent != SX_NO_NODE && youngest[node->parent] ? youngest[node->parent] - 1 : SX_NO_NODE;
        put_node(out, tree, node, expected_start(tree, node->parent, elder));
        if (node->parent != SX_NO_NODE) youngest[node->parent] = i + 1;
    }
    sx_mem_free(tree->mem, youngest);
    return sx_buf_status(out);
}

typedef struct {
    const unsigned char *p, *end;
    bool first_form, bad;
} reader;

static uint32_t get_varint(reader *r)
{
    uint64_t v = 0;
    for (int shift = 0; shift < 35; shift += 7) {
        if (r->p == r->end) break;
        unsigned char c = *r->p++;
        v |= (uint64_t)(c & 0x7F) << shift;
        if (c < 0x80) {
            if (v > UINT32_MAX || (c == 0 && shift)) break; /* every number has one spelling */
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

/* What a record says. */
typedef struct {
    uint32_t kind, children;
    uint64_t start, end, title_start, title_end;
} record;

/* before: where the node before this one, whatever it is, begins. */
static record get_record_1(reader *r, uint32_t before)
{
    record n = {.kind = get_varint(r)};
    n.children = get_varint(r);
    n.start = n.title_start = n.title_end = (uint64_t)before + get_varint(r);
    n.end = n.start + get_varint(r);
    uint32_t title = get_varint(r);
    if (title) n.title_start += get_varint(r);
    n.title_end = n.title_start + title;
    return n;
}

static uint32_t get_some(reader *r) /* a number that is not 0 */
{
    uint32_t v = get_varint(r);
    if (!v) r->bad = true;
    return v;
}

static record get_record_2(reader *r, uint32_t expected, uint32_t parent_end)
{
    record n = {0};
    if (r->p == r->end) {
        r->bad = true;
        return n;
    }
    uint32_t tag = *r->p++, gap = tag >> GAP_SHIFT;
    n.kind = tag & KIND_MASK;
    n.start = (uint64_t)expected + gap;
    if (gap == GAP_MORE) n.start += get_varint(r);
    bool last = n.kind == LAST_SENTENCE;
    n.end = last ? parent_end : n.start + get_varint(r);
    if (last) n.kind = LLM_NODE_SENTENCE;
    if (n.end < n.start) r->bad = true;
    if (tag & HAS_CHILDREN) n.children = get_some(r);
    n.title_start = n.title_end = n.start;
    if (tag & HAS_TITLE) {
        uint32_t title = get_some(r);
        n.title_start += get_varint(r);
        n.title_end = n.title_start + title;
    }
    return n;
}

/* One record, its offsets checked against text, parent and elder sibling. `due` is how many children it announces. */
static bool load_node(reader *r, sx_tree *tree, uint32_t parent, uint32_t elder, uint32_t at, uint32_t *due)
{
    sx_node *node = &tree->nodes[tree->count];
    record n = r->first_form ? get_record_1(r, at)
                             : get_record_2(r, expected_start(tree, parent, elder),
                                            parent != SX_NO_NODE ? tree->nodes[parent].end : 0);
    *due = n.children;
    if (r->bad || n.end > tree->text_len || n.title_end > n.end) return false;
    bool root = tree->count == 0;
    if (root ? n.kind != LLM_NODE_DOCUMENT : (n.kind < LLM_NODE_SECTION || n.kind > LLM_NODE_GROUP)) return false;
    if (root && (n.start != 0 || n.end != tree->text_len)) return false;
    *node = (sx_node){.parent = parent,
                      .first_child = SX_NO_NODE,
                      .next_sibling = SX_NO_NODE,
                      .kind = (uint16_t)n.kind,
                      .start = (uint32_t)n.start,
                      .end = (uint32_t)n.end,
                      .title_start = (uint32_t)n.title_start,
                      .title_end = (uint32_t)n.title_end};
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
    bool first = size >= HEAD && memcmp(blob, magic_1, sizeof magic_1) == 0;
    if (size < HEAD || (!first && memcmp(blob, magic, sizeof magic) != 0)) return "its tree has no head";
    uint64_t count = get_fixed(blob + 4, 4), text_len = get_fixed(blob + 8, 8);
    if (count == 0 || count > (size - HEAD) / (first ? LEAST_1 : LEAST)) return "its tree is cut short";
    if (text_len != tree->text_len) return "its text has not the length it was saved with";
    tree->nodes = sx_mem_array(tree->mem, (size_t)count, sizeof(sx_node));
    if (!tree->nodes) return "";
    reader r = {blob + HEAD, blob + size, first, false};
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
