/* Vectorless retrieval: documents become trees, a question descends them, and what comes back is evidence with spans, a
 * calibrated confidence and the scratchpad of the descent. It knows nothing of models or policies; a judge is a port. */
#ifndef SX_RETRIEVE_H
#define SX_RETRIEVE_H

#include <stdbool.h>

#include "platform/cancel.h"
#include "platform/log.h"
#include "retrieve/tree/tree.h"

/* ---- corpus: any thread ---- */
typedef struct sx_corpus sx_corpus;

typedef struct sx_corpus_params {
    bool readonly;
    uint64_t max_doc_bytes; /* 0: 256 MiB */
    uint64_t max_nodes;     /* of a document; 0: SX_NODES_MAX */
    uint64_t cache_bytes;   /* trees, documents and index rows kept in memory; 0: 512 MiB */
    uint64_t pending_bytes; /* of text that is ranked whole before it goes into a segment; 0: 1 MiB */
    const sx_log *log;
} sx_corpus_params;

/* Lists of strings: each ended by NUL, the list by an empty one. `labels` below is what the caller holds; NULL: the owner, who
 * sees all. What the others may not see does not exist for them: not in lists, trees, scores, statistics or sentences. */
typedef struct sx_doc_info {
    const char *name;
    uint64_t bytes;
    uint32_t nodes, format;
    unsigned char hash[32];
    const char *folder; /* "" at the root */
    const char *labels; /* a list: those of the document that the caller holds */
    const char *meta;   /* a list of key=value */
} sx_doc_info;

typedef struct sx_ingest_params {
    uint32_t format; /* LLM_FORMAT_*; 0: to be found out */
    const llm_cancel *cancel;
    const char *folder, *labels, *meta; /* NULL: as they are; labels and meta are lists */
} sx_ingest_params;

llm_status sx_corpus_open(sx_corpus **out, sx_mem *mem, const char *path, const sx_corpus_params *params,
                          llm_error *err);
void sx_corpus_close(sx_corpus *corpus);
llm_status sx_corpus_ingest(sx_corpus *corpus, const char *name, const char *text, size_t len,
                            const sx_ingest_params *params, llm_error *err);
llm_status sx_corpus_ingest_file(sx_corpus *corpus, const char *path, const char *name, const sx_ingest_params *params,
                                 llm_error *err);
/* Sets what is said about a document; node (or NULL) an id: then labels alone, of that place. */
llm_status sx_corpus_describe(sx_corpus *corpus, const char *name, const char *node, const sx_ingest_params *params,
                              llm_error *err);
/* A stretch of a document's text and what stands there then. */
typedef struct sx_edit {
    uint64_t begin, end;
    const char *text;
    size_t len;
    const char *hash; /* of the root that the offsets count in, in hex; NULL: of whatever is there. LLM_E_BUSY */
} sx_edit;
llm_status sx_corpus_edit(sx_corpus *corpus, const char *name, const sx_edit *edit, llm_error *err);
llm_status sx_corpus_remove(sx_corpus *corpus, const char *name, llm_error *err);
llm_status sx_corpus_check(sx_corpus *corpus, llm_error *err);
/* Calls fn for each document sorted by name; a non-zero return stops with that status. */
llm_status sx_corpus_list(sx_corpus *corpus, const char *labels, llm_status (*fn)(void *user, const sx_doc_info *doc),
                          void *user, llm_error *err);
llm_status sx_corpus_tree(sx_corpus *corpus, const char *name, const char *labels, sx_tree **out,
                          llm_error *err); /* a reference */

/* Appends a tree in PageIndex's JSON. */
llm_status sx_tree_pageindex(sx_buf *out, const sx_tree *tree);

/* ---- evidence: plain data, owned by one caller ---- */
typedef struct sx_found {
    sx_tree *tree; /* a reference */
    uint32_t node;
    double score;
} sx_found;

typedef struct sx_step {
    const char *doc;
    const char *node_id;
    uint32_t depth;
    uint32_t action; /* LLM_TRACE_* */
    double score;
    double lexical; /* by words alone */
    double judged;  /* a judge's opinion, 0..1; negative: none was asked for */
    const char *reason;
} sx_step;

typedef struct sx_evidence {
    sx_mem *mem;
    struct sx_arena *arena; /* holds ids, paths, steps */
    sx_found *found;        /* [count], best first */
    uint32_t count;
    double confidence; /* 0..1 */
    sx_step *steps;    /* [n_steps] */
    uint32_t n_steps;
} sx_evidence;

/* ---- the judge: a port ---- */
typedef struct sx_card { /* a node as a judge sees it */
    const char *doc, *node;
    const char *text; /* headings above, the parts' headings, how it begins */
    size_t len;
    double lexical; /* its score by words */
} sx_card;

typedef struct sx_judge_request {
    const char *question;
    size_t len;
    const sx_card *cards; /* [n] */
    uint32_t n;
    uint64_t tokens_left; /* of the budget */
    double ms_left;       /* infinite without a limit */
    const llm_cancel *cancel;
    double *scores;  /* out: [n] 0..1 how likely the answer is there; NaN (what they come as): no opinion */
    uint64_t tokens; /* out: read; 0: to be guessed from the bytes */
} sx_judge_request;

typedef struct sx_judge {
    llm_status (*judge)(void *user, sx_judge_request *request, llm_error *err);
    void *user;
    double weight;       /* 0..1 of the judge's opinion in the blend */
    uint64_t max_tokens; /* 0: 16384 */
    double max_ms;       /* 0: no limit */
} sx_judge;

typedef struct sx_retrieve_params {
    uint32_t top;    /* 0: 10 */
    uint32_t beam;   /* 0: adaptive */
    const char *doc; /* NULL: all */
    const llm_cancel *cancel;
    const sx_judge *judge; /* NULL: words alone */
    const char *labels;
    const char *filter; /* corpus/filter.h; NULL: none */
} sx_retrieve_params;

llm_status sx_retrieve(sx_evidence **out, sx_corpus *corpus, const char *question, size_t len,
                       const sx_retrieve_params *params, sx_mem *mem, llm_error *err);
void sx_evidence_free(sx_evidence *evidence);

/* ---- citing ---- */
/* One quoted passage of an extractive answer. */
typedef struct sx_quote {
    uint32_t found;      /* index into evidence->found */
    uint32_t start, end; /* the sentence's span in that document's text */
    double support;      /* 0..1 */
} sx_quote;

#define SX_NO_QUOTES UINT32_MAX
/* The best-supported sentences for the question, at most max, in the order to be read. Returns how many, or SX_NO_QUOTES
 * without memory. */
uint32_t sx_extract(const sx_evidence *evidence, const char *question, size_t len, sx_quote *quotes, uint32_t max,
                    sx_mem *mem);
/* How well a passage supports a sentence, 0..1: the share of the sentence's weighted terms the passage holds.
 * Negative without memory. */
double sx_support(const char *sentence, size_t len, const char *passage, size_t passage_len, sx_mem *mem);

/* The citation automaton: after '[' only an id of the set may follow, then ']'. Feed it the bytes of each token. */
typedef struct sx_cite sx_cite;
llm_status sx_cite_create(sx_cite **out, sx_mem *mem, const char *const *ids, uint32_t count, llm_error *err);
void sx_cite_free(sx_cite *cite);
bool sx_cite_accepts(const sx_cite *cite, const char *bytes,
                     size_t len); /* may these bytes come next? len 0: the end */
void sx_cite_advance(sx_cite *cite, const char *bytes, size_t len);
/* Finds the citations in a finished text: fn is called with the index of the id and the span of "[id]" in the text. */
void sx_cite_scan(const sx_cite *cite, const char *text, size_t len,
                  void (*fn)(void *user, uint32_t id, size_t start, size_t end), void *user);

#endif
