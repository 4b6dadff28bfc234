#include "retrieve/tree/cut.h"

#include <stdbool.h>
#include <string.h>

#include "retrieve/tree/outline.h"

typedef struct cutter {
    const sx_tree *tree;
    const sx_span *hidden; /* [n] as given */
    size_t n;
    sx_span *gone;  /* with their separators, without form feeds */
    uint32_t *lost; /* [n_gone + 1] bytes gone before each */
    size_t n_gone, cap;
    uint32_t carried; /* how strong a separator was kept before the last one, when it stands next to what follows */
    sx_mem *mem;
} cutter;

static bool blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r' && c != '\f');
}

/* How strongly a run of blanks separates: by its lines, then at all. */
static uint32_t strength(const char *text, uint32_t from, uint32_t to)
{
    uint32_t lines = 0;
    for (uint32_t i = from; i < to; i++) lines += text[i] == '\n';
    return lines ? lines + 1 : to > from;
}

static llm_status add_gone(cutter *c, uint32_t begin, uint32_t end)
{
    if (begin >= end) return LLM_OK;
    if (sx_mem_grow(c->mem, (void **)&c->gone, &c->cap, c->n_gone + 1, sizeof *c->gone)) return LLM_E_MEMORY;
    c->gone[c->n_gone++] = (sx_span){begin, end};
    return LLM_OK;
}

/* The stretch goes with the weaker of the separators around it; the text's ends separate most. `least`: where the last one
 * ended. */
static llm_status add_hidden(cutter *c, sx_span s, uint32_t least)
{
    const char *text = c->tree->text;
    uint32_t len = (uint32_t)c->tree->text_len;
    if (s.begin < least) s.begin = least;
    if (s.end <= s.begin) return LLM_OK;
    uint32_t before = s.begin, after = s.end;
    while (before > least && blank(text[before - 1])) before--;
    while (after < len && blank(text[after])) after++;
    uint32_t left = before == 0                            ? UINT32_MAX
                    : before == s.begin && before == least ? c->carried
                                                           : strength(text, before, s.begin);
    uint32_t right = after == len ? UINT32_MAX : strength(text, s.end, after);
    bool trailing = left > right || before == 0;
    if (trailing)
        s.end = after;
    else
        s.begin = before;
    c->carried = trailing ? left : 0;
    llm_status status = LLM_OK;
    for (uint32_t at = s.begin; at < s.end && status == LLM_OK;) {
        const char *feed = memchr(text + at, '\f', s.end - at);
        uint32_t stop = feed ? (uint32_t)(feed - text) : s.end;
        status = add_gone(c, at, stop);
        at = stop + 1;
    }
    return status;
}

static llm_status gather(cutter *c)
{
    llm_status status = LLM_OK;
    for (size_t i = 0; i < c->n && status == LLM_OK; i++)
        status = add_hidden(c, c->hidden[i], c->n_gone ? c->gone[c->n_gone - 1].end : 0);
    c->lost = sx_mem_array(c->mem, c->n_gone + 1, sizeof *c->lost);
    if (!c->lost) return LLM_E_MEMORY;
    for (size_t i = 0; i < c->n_gone; i++) c->lost[i + 1] = c->lost[i] + (c->gone[i].end - c->gone[i].begin);
    return status;
}

/* The first stretch of a sorted list that ends behind `at`. */
static size_t first_behind(const sx_span *v, size_t n, uint32_t at)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (v[mid].end <= at)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* Where an offset of the old text stands in the new one. */
static uint32_t moved(const cutter *c, uint32_t at)
{
    size_t i = first_behind(c->gone, c->n_gone, at);
    if (i < c->n_gone && c->gone[i].begin < at) at = c->gone[i].begin;
    return at - c->lost[i];
}

/* Is there anything to read in [begin, end) that is not hidden? */
static bool shows(const cutter *c, uint32_t begin, uint32_t end)
{
    size_t i = first_behind(c->hidden, c->n, begin);
    while (begin < end) {
        if (i < c->n && c->hidden[i].begin <= begin) {
            begin = c->hidden[i++].end;
            continue;
        }
        if (!blank(c->tree->text[begin]) && c->tree->text[begin] != '\f') return true;
        begin++;
    }
    return false;
}

static char *cut_text(const cutter *c, size_t *len)
{
    const sx_tree *tree = c->tree;
    *len = tree->text_len - c->lost[c->n_gone];
    char *text = sx_mem_alloc(c->mem, *len + 1);
    uint32_t at = 0, to = 0;
    for (size_t i = 0; text && i <= c->n_gone; i++) {
        uint32_t stop = i < c->n_gone ? c->gone[i].begin : (uint32_t)tree->text_len;
        if (stop > at) memcpy(text + to, tree->text + at, stop - at);
        to += stop - at;
        if (i < c->n_gone) at = c->gone[i].end;
    }
    if (text) text[*len] = '\0';
    return text;
}

static void link_node(sx_tree *tree, uint32_t i, uint32_t parent, uint32_t *youngest)
{
    sx_node *node = &tree->nodes[i];
    node->parent = parent;
    node->first_child = node->next_sibling = SX_NO_NODE;
    node->n_children = node->child_index = node->depth = 0;
    if (parent == SX_NO_NODE) return;
    sx_node *up = &tree->nodes[parent];
    node->depth = (uint16_t)(up->depth + 1);
    node->child_index = up->n_children++;
    if (up->first_child == SX_NO_NODE)
        up->first_child = i;
    else
        tree->nodes[youngest[parent]].next_sibling = i;
    youngest[parent] = i;
}

static llm_status cut_nodes(const cutter *c, sx_tree *out)
{
    const sx_tree *tree = c->tree;
    uint32_t *now = sx_mem_array(c->mem, tree->count, sizeof *now), *youngest = NULL;
    out->nodes = sx_mem_array(c->mem, tree->count, sizeof *out->nodes);
    youngest = sx_mem_array(c->mem, tree->count, sizeof *youngest);
    for (uint32_t i = 0; now && youngest && out->nodes && i < tree->count; i++) {
        const sx_node *was = &tree->nodes[i];
        now[i] = SX_NO_NODE;
        if (i && (now[was->parent] == SX_NO_NODE || !shows(c, was->start, was->end))) continue;
        now[i] = out->count++;
        sx_node *node = &out->nodes[now[i]];
        *node = *was;
        node->start = moved(c, was->start);
        node->end = moved(c, was->end);
        node->title_start = moved(c, was->title_start);
        node->title_end = moved(c, was->title_end);
        if (node->title_start == node->title_end) node->title_start = node->title_end = node->start;
        link_node(out, now[i], i ? now[was->parent] : SX_NO_NODE, youngest);
    }
    llm_status status = now && youngest && out->nodes ? LLM_OK : LLM_E_MEMORY;
    sx_mem_free(c->mem, now);
    sx_mem_free(c->mem, youngest);
    return status;
}

llm_status sx_tree_cut(sx_tree **out, const sx_tree *tree, const sx_span *spans, size_t n, sx_mem *mem, llm_error *err)
{
    *out = NULL;
    sx_tree *made = sx_mem_zalloc(mem, sizeof *made);
    if (!made) return sx_fail_memory(err);
    made->mem = mem;
    atomic_init(&made->refs, 1);
    cutter c = {.tree = tree, .hidden = spans, .n = n, .mem = mem};
    llm_status status = gather(&c);
    made->name = sx_mem_strndup(mem, tree->name, strlen(tree->name));
    if (status == LLM_OK) made->text = cut_text(&c, &made->text_len);
    if (status == LLM_OK) status = made->name && made->text ? cut_nodes(&c, made) : LLM_E_MEMORY;
    sx_mem_free(mem, c.gone);
    sx_mem_free(mem, c.lost);
    if (status != LLM_OK) {
        sx_tree_unref(made);
        return sx_fail_memory(err);
    }
    sx_tree_hash(made);
    *out = made;
    return LLM_OK;
}
