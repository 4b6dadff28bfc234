/* What building and loading share: the leaves and sections of a tree, the table of terms, the postings. */
#include <string.h>

#include "platform/utf8.h"
#include "retrieve/rank/form.h"

void sx_index_free(sx_index *index)
{
    if (!index) return;
    sx_mem *mem = index->mem;
    sx_mem_free(mem, index->leaf_node);
    sx_mem_free(mem, index->leaf_section);
    sx_mem_free(mem, index->leaf_start);
    sx_mem_free(mem, index->leaf_lead);
    sx_mem_free(mem, index->leaf_title);
    sx_mem_free(mem, index->leaf_words);
    sx_mem_free(mem, index->leaf_len);
    sx_mem_free(mem, index->tokens);
    sx_mem_free(mem, index->sections);
    sx_mem_free(mem, index->terms);
    sx_mem_free(mem, index->slots);
    sx_mem_free(mem, index->post_start);
    sx_mem_free(mem, index->posts);
    sx_mem_free(mem, index);
}

enum { UNIT_CHARS = 1200 };

/* A clause whose whole text is short is one thing to find and to quote, however many paragraphs it has. */
static bool is_short(const sx_tree *tree, const sx_node *node)
{
    if (node->end - node->start > UNIT_CHARS * 4u) return false;
    return sx_utf8_count(tree->text + node->start, node->end - node->start) <= UNIT_CHARS;
}

/* Are there only paragraphs below? */
static bool holds_text_only(const sx_tree *tree, const sx_node *node)
{
    for (uint32_t c = node->first_child; c != SX_NO_NODE; c = tree->nodes[c].next_sibling)
        if (tree->nodes[c].kind != LLM_NODE_PARAGRAPH) return false;
    return true;
}

/* A leaf of navigation: a paragraph, a short section, or whatever has nothing below it. */
static bool is_leaf(const sx_tree *tree, const sx_node *node)
{
    if (node->kind == LLM_NODE_PARAGRAPH || node->n_children == 0) return node->kind != LLM_NODE_SENTENCE;
    return node->kind == LLM_NODE_SECTION && holds_text_only(tree, node) && is_short(tree, node);
}

/* The node behind everything below `i`. */
static uint32_t behind(const sx_tree *tree, uint32_t i)
{
    uint32_t next = i + 1;
    while (next < tree->count && tree->nodes[next].depth > tree->nodes[i].depth) next++;
    return next;
}

static void count_shape(const sx_tree *tree, uint32_t *leaves, uint32_t *sections)
{
    for (uint32_t i = 0; i < tree->count;) {
        bool leaf = is_leaf(tree, &tree->nodes[i]);
        *(leaf ? leaves : sections) += 1;
        i = leaf ? behind(tree, i) : i + 1;
    }
}

/* Nodes stand in reading order, so a section's leaves are those met between it and the first node behind it. Its number
 * is kept per node while the walk goes on. */
static void fill_shape(sx_index *index, const sx_tree *tree, uint32_t *section_of)
{
    uint32_t leaves = 0, sections = 0;
    for (uint32_t i = 0; i < tree->count;) {
        const sx_node *node = &tree->nodes[i];
        uint32_t parent = node->parent == SX_NO_NODE ? SX_NO_NODE : section_of[node->parent];
        if (is_leaf(tree, node)) {
            index->leaf_node[leaves] = i;
            index->leaf_section[leaves] = parent;
            leaves++;
            for (uint32_t s = parent; s != SX_NO_NODE; s = index->sections[s].parent) index->sections[s].last = leaves;
            i = behind(tree, i);
        } else {
            index->sections[sections] = (sx_section){.node = i, .parent = parent, .first = leaves, .last = leaves};
            section_of[i++] = sections++;
        }
    }
}

llm_status sx_index_shape(sx_index **out, sx_mem *mem, const sx_tree *tree, llm_error *err)
{
    uint32_t leaves = 0, sections = 0;
    count_shape(tree, &leaves, &sections);
    sx_index *index = sx_mem_zalloc(mem, sizeof *index);
    uint32_t *section_of = sx_mem_array(mem, tree->count, sizeof *section_of);
    if (index) {
        index->mem = mem;
        index->n_leaves = leaves;
        index->n_sections = sections;
        index->leaf_node = sx_mem_array(mem, leaves, sizeof *index->leaf_node);
        index->leaf_section = sx_mem_array(mem, leaves, sizeof *index->leaf_section);
        index->leaf_start = sx_mem_array(mem, (size_t)leaves + 1, sizeof *index->leaf_start);
        index->leaf_lead = sx_mem_array(mem, leaves, sizeof *index->leaf_lead);
        index->leaf_title = sx_mem_array(mem, leaves, sizeof *index->leaf_title);
        index->leaf_words = sx_mem_array(mem, leaves, sizeof *index->leaf_words);
        index->sections = sx_mem_array(mem, sections, sizeof *index->sections);
    }
    if (!index || !section_of || !index->leaf_node || !index->leaf_section || !index->leaf_start || !index->leaf_lead ||
        !index->leaf_title || !index->leaf_words || !index->sections) {
        sx_mem_free(mem, section_of);
        sx_index_free(index);
        return sx_fail_memory(err);
    }
    fill_shape(index, tree, section_of);
    sx_mem_free(mem, section_of);
    *out = index;
    return LLM_OK;
}

uint32_t sx_index_term(const sx_index *index, uint32_t hash)
{
    if (!index->n_slots) return SX_NO_TERM;
    for (uint32_t i = hash & (index->n_slots - 1); index->slots[i]; i = (i + 1) & (index->n_slots - 1))
        if (index->terms[index->slots[i] - 1] == hash) return index->slots[i] - 1;
    return SX_NO_TERM;
}

llm_status sx_index_slots(sx_index *index, llm_error *err)
{
    uint32_t cap = 16;
    while (cap < index->n_terms * 2ull && cap < 1u << 31) cap *= 2;
    index->slots = sx_mem_array(index->mem, cap, sizeof *index->slots);
    if (!index->slots) return sx_fail_memory(err);
    index->n_slots = cap;
    for (uint32_t t = 0; t < index->n_terms; t++) {
        uint32_t i = index->terms[t] & (cap - 1);
        while (index->slots[i]) i = (i + 1) & (cap - 1);
        index->slots[i] = t + 1;
    }
    return LLM_OK;
}

/* Counts the leaves of each term into post_start: the posting a term has in the leaf at hand is the term's newest one, if it
 * is of that leaf. */
static llm_status count_postings(sx_index *index)
{
    uint32_t *last = sx_mem_array(index->mem, (size_t)index->n_terms + 1, sizeof *last);
    index->post_start = sx_mem_array(index->mem, (size_t)index->n_terms + 1, sizeof *index->post_start);
    for (uint32_t leaf = 0; last && index->post_start && leaf < index->n_leaves; leaf++)
        for (uint32_t i = index->leaf_start[leaf]; i < index->leaf_start[leaf + 1]; i++) {
            uint32_t term = index->tokens[i];
            if (!term) continue;
            index->leaf_words[leaf]++;
            if (last[term - 1] == leaf + 1) continue;
            last[term - 1] = leaf + 1;
            index->post_start[term]++;
        }
    llm_status status = last && index->post_start ? LLM_OK : LLM_E_MEMORY;
    sx_mem_free(index->mem, last);
    return status;
}

static void fill_postings(sx_index *index, uint32_t *next)
{
    for (uint32_t leaf = 0; leaf < index->n_leaves; leaf++) {
        uint32_t first = index->leaf_start[leaf];
        for (uint32_t i = first; i < index->leaf_start[leaf + 1]; i++) {
            if (!index->tokens[i]) continue;
            uint32_t term = index->tokens[i] - 1;
            bool more = next[term] > index->post_start[term] && index->posts[next[term] - 1].leaf == leaf;
            sx_posting *post = &index->posts[more ? next[term] - 1 : next[term]++];
            post->leaf = leaf;
            if (post->count < UINT16_MAX) post->count++;
            if (i - first < index->leaf_lead[leaf] && post->lead < UINT16_MAX) post->lead++;
        }
    }
}

llm_status sx_index_finish(sx_index *index, llm_error *err)
{
    llm_status status = index->slots ? LLM_OK : sx_index_slots(index, err);
    if (status) return status;
    if (!index->post_start && count_postings(index)) return sx_fail_memory(err);
    for (uint32_t i = 0; i < index->n_leaves; i++) index->total_words += index->leaf_words[i];
    for (uint32_t t = 0; t < index->n_terms; t++) index->post_start[t + 1] += index->post_start[t];
    uint32_t *next = sx_mem_alloc(index->mem, ((size_t)index->n_terms + 1) * sizeof *next);
    index->posts = sx_mem_array(index->mem, index->post_start[index->n_terms], sizeof *index->posts);
    if (index->posts && next) {
        memcpy(next, index->post_start, ((size_t)index->n_terms + 1) * sizeof *next);
        fill_postings(index, next);
    }
    status = index->posts && next ? LLM_OK : sx_fail_memory(err);
    sx_mem_free(index->mem, next);
    return status;
}
