/* The judge at work: cards of nodes, asked about in batches within a budget, and the blend of its opinion with the words'.
 * A judge only orders: what the words alone would have shown keeps its share of the places. */
#ifndef SX_RETRIEVE_JUDGE_H
#define SX_RETRIEVE_JUDGE_H

#include "platform/arena.h"
#include "platform/map.h"
#include "retrieve/navigate/navigate.h"
#include "retrieve/rank/rank.h"

#define SX_NO_OPINION (-1.0)

typedef struct sx_bench {
    const sx_judge *judge; /* NULL: nobody is asked */
    sx_mem *mem;
    const char *question;
    size_t len;
    const llm_cancel *cancel;
    sx_map known; /* (document, node) -> index into opinions */
    sx_arena keys;
    double *opinions;
    size_t n_opinions, cap;
    uint64_t tokens; /* read so far */
    double began;    /* ms */
} sx_bench;

/* A node that may be asked about. */
typedef struct sx_asked {
    const sx_tree *tree;
    uint32_t doc, node;
    double lexical; /* 0..1 */
    double judged;  /* out: 0..1 or SX_NO_OPINION */
} sx_asked;

void sx_bench_init(sx_bench *bench, sx_mem *mem, const sx_judge *judge, const char *question, size_t len,
                   const llm_cancel *cancel);
void sx_bench_free(sx_bench *bench);
/* Fills judged, in order, until `share` of what is left of the budget is used up. A node is asked about once. */
llm_status sx_bench_ask(sx_bench *bench, sx_asked *nodes, size_t n, double share, llm_error *err);
/* The blend of a lexical score relative to the best one there is, and an opinion. */
double sx_bench_blend(const sx_bench *bench, double relative, double judged);

/* The final order of candidates (sorted best first by score, the words' own): sets score and judged. Of the first k the
 * floor(k * (1 - weight)) best by words are always among them. */
llm_status sx_bench_settle(const sx_bench *bench, sx_candidate *best, uint32_t n, llm_error *err);

#endif
