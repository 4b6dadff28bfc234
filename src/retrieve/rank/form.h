/* The index in memory: what scoring walks. Leaves are the paragraphs (and other childless nodes above sentences) in
 * reading order; sections are all other nodes, each a contiguous range of leaves. Tokens are kept as a forward sequence
 * per leaf, from which postings are made. */
#ifndef SX_RETRIEVE_FORM_H
#define SX_RETRIEVE_FORM_H

#include "retrieve/rank/index.h"
#include "retrieve/rank/lexer.h"

#define SX_NO_TERM UINT32_MAX
#define SX_UNREAD  UINT32_MAX

typedef struct sx_posting {
    uint32_t leaf;
    uint16_t count; /* in the whole paragraph */
    uint16_t lead;  /* among its first tokens */
} sx_posting;

typedef struct sx_section {
    uint32_t node;
    uint32_t parent;           /* section, SX_NO_NODE for the root */
    uint32_t first, last;      /* leaves [first, last) */
    uint32_t title, title_end; /* tokens of its heading, in index->tokens */
} sx_section;

struct sx_index {
    sx_mem *mem;
    uint32_t lang;
    uint32_t n_leaves, n_sections, n_terms, n_tokens;
    uint32_t *leaf_node;    /* [n_leaves] */
    uint32_t *leaf_section; /* [n_leaves] the section right above */
    uint32_t *leaf_start;   /* [n_leaves + 1] into tokens */
    uint32_t *leaf_len;     /* of a light index: [n_leaves] tokens, SX_UNREAD before sx_index_read_leaf; else NULL */
    uint16_t *leaf_lead;    /* [n_leaves] how many tokens its first characters make */
    uint16_t *leaf_title;   /* [n_leaves] how many its own heading makes, 0 without one */
    uint32_t *leaf_words;   /* [n_leaves] tokens that are not breaks */
    uint32_t *tokens;       /* [n_tokens] term + 1; 0 parts sentences. Leaves first, headings behind them */
    sx_section *sections;   /* [n_sections] parents first */
    uint32_t *terms;        /* [n_terms] hash of each term */
    uint32_t *slots;        /* [n_slots] term + 1, 0: free */
    uint32_t n_slots;
    uint32_t *post_start; /* [n_terms + 1] */
    sx_posting *posts;
    uint64_t total_words;
    size_t tokens_cap;
    sx_lexer *lexer; /* of a light index: borrowed */
};

/* The tokens of a leaf: [*first, *end) of index->tokens. */
static inline void sx_leaf_tokens(const sx_index *index, uint32_t leaf, uint32_t *first, uint32_t *end)
{
    *first = index->leaf_start[leaf];
    *end = index->leaf_len ? *first + index->leaf_len[leaf] : index->leaf_start[leaf + 1];
}

uint32_t sx_index_term(const sx_index *index, uint32_t hash); /* SX_NO_TERM when the document lacks it */

/* Steps shared by building and loading. */
llm_status sx_index_build_in(sx_index **out, sx_mem *mem, const sx_tree *tree, uint32_t lang, const llm_cancel *cancel,
                             llm_error *err); /* when the language is known */
llm_status sx_index_shape(sx_index **out, sx_mem *mem, const sx_tree *tree, llm_error *err); /* leaves and sections */
llm_status sx_index_slots(sx_index *index, llm_error *err);                                  /* the table of terms */
/* Slots and postings. What was made on the way is not made again: slots; the leaves of each term t in post_start[t + 1], with
 * leaf_words. */
llm_status sx_index_finish(sx_index *index, llm_error *err);

/* ---- a light index: of the terms of one question alone, leaves read from the text when they are looked at ---- */

typedef struct sx_light_post {
    uint32_t term; /* of the question */
    sx_posting post;
} sx_light_post;

/* posts: [n] by term, then leaf. words: of each leaf, 16 bits little-endian. LLM_E_CORRUPT when the tree has not n_leaves
 * leaves. The lexer must outlive it. */
llm_status sx_index_light(sx_index **out, sx_mem *mem, const sx_tree *tree, uint32_t lang, const uint32_t *hashes,
                          uint32_t n_hashes, const sx_light_post *posts, size_t n_posts, const uint16_t *words,
                          uint32_t n_leaves, sx_lexer *lexer, llm_error *err);
/* Does nothing for a leaf that was read, and for whole indexes. LLM_OK or LLM_E_MEMORY. */
llm_status sx_index_read_leaf(sx_index *index, const sx_tree *tree, uint32_t leaf);

#endif
