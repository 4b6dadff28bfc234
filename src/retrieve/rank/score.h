/* Lexical scores of a question over indexed documents of one language group. First every paragraph gets a base score
 * (BM25 over fields), then the best ones are looked at closely: features.h. */
#ifndef SX_RETRIEVE_SCORE_H
#define SX_RETRIEVE_SCORE_H

#include "retrieve/rank/form.h"

enum {
    SX_QUERY_TERMS = 96,   /* different terms of a question that count; the rest of a very long one does not */
    SX_QUERY_CONCEPTS = 16 /* likewise */
};

typedef struct sx_query_term {
    uint32_t hash;
    uint32_t start, end; /* where the question says it first */
    uint32_t df;         /* paragraphs that have it */
    uint32_t named;      /* documents of segments whose names say it */
    uint16_t count;      /* times in the question */
    uint8_t kind;        /* SX_TOK_* */
    bool weak;
    bool added; /* not said by the question, but called for by what it says */
    float idf;
    float weight; /* what a full match of it is worth */
} sx_query_term;

/* Words of the question, and what documents may say in their place: sets of terms. */
typedef struct sx_query_concept {
    uint32_t said[SX_QUERY_TERMS / 32], written[SX_QUERY_TERMS / 32];
    float idf; /* of all that is written */
} sx_query_concept;

typedef struct sx_query {
    uint32_t lang;
    uint32_t n;
    uint32_t own[SX_QUERY_TERMS / 32]; /* which terms the question says itself: those before the first that is added */
    sx_query_term terms[SX_QUERY_TERMS];
    uint8_t order[SX_QUERY_TERMS * 2]; /* the question as a sequence of its terms */
    uint32_t n_order;
    sx_query_concept concepts[SX_QUERY_CONCEPTS];
    uint32_t n_concepts;
    uint32_t n_leaves; /* of the documents considered */
    uint64_t n_words;
    uint32_t n_docs; /* in segments, of every language */
    double total;    /* sum of weights */
    double ideal;    /* base score of a paragraph that holds everything over and over */
    uint32_t cues;   /* SX_CUE_* the answer should show */
} sx_query;

enum { SX_CUE_NUMBER = 1, SX_CUE_TIME = 2, SX_CUE_NAME = 4, SX_CUE_MONEY = 8, SX_CUE_REASON = 16, SX_CUE_DEFINE = 32 };

llm_status sx_query_make(sx_query *query, sx_mem *mem, uint32_t lang, const char *text, size_t len);
void sx_query_count(sx_query *query, const sx_index *index); /* adds a document's statistics */
void sx_query_settle(sx_query *query);                       /* after the last count: weights */
void sx_query_weigh_concepts(sx_query *query);               /* from the idf of the terms they write */
float sx_term_worth(const sx_query_term *term);              /* how much of a word it is: 1, or a part of that */
uint32_t sx_query_cues(const char *text, size_t len);
enum { SX_QUESTION_MAX = 1024 };
/* Folds a question to words between single blanks, cut to SX_QUESTION_MAX; returns its length. */
size_t sx_query_fold(const char *text, size_t len, char out[SX_QUESTION_MAX]);

typedef struct sx_score_params {
    float k1, b, lead, heading; /* BM25's constants; how often lead and headings count beyond the body */
} sx_score_params;

extern const sx_score_params sx_score_best;

/* Base scores of all leaves (into leaf_scores [n_leaves], which must be zero) and of all sections with their text joined
 * (section_scores [n_sections], zero). scratch: [n_sections + 1] zeroes, left so. */
void sx_score_document(const sx_query *query, const sx_index *index, const sx_score_params *params, float *leaf_scores,
                       float *section_scores, uint32_t *scratch);

#endif
