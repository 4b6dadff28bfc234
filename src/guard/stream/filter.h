/* A stream's inside. Text is taken in, places are decided one after the other in the text's order, and what no undecided
 * finding can reach goes out. Everything that is decided depends on the text alone, never on how it was cut. */
#ifndef SX_GUARD_STREAM_FILTER_H
#define SX_GUARD_STREAM_FILTER_H

#include "guard/policy/policy.h"
#include "guard/policy/ruleset.h"

#define SX_RULE_LEARNED 0xff00u /* the recogniser and the scorers, see learned.h */
#define SX_RULE_HOST    0xfe00u /* the host's recognisers, see host.h */

typedef struct sx_learned sx_learned;
typedef struct sx_host sx_host;

typedef struct sx_candidate {
    uint64_t start, end;
    float score;
    uint16_t
        rule; /* order breaks ties; behind the tables' rules the policy's; of the word list: UINT16_MAX; others see above */
    uint16_t type;
    uint8_t action; /* of the ruling */
    bool waits;     /* counts only with a context word behind it */
    bool decided;   /* the host's reviewer said that it is to be covered */
    const sx_ruling *ruling;
} sx_candidate;

enum { SX_PLACE_NEW, SX_PLACE_SCOUT, SX_PLACE_RUNS };

struct sx_filter {
    sx_mem *mem;
    const sx_guard *guard;
    const llm_cancel *cancel;
    float floor;        /* findings below do not count unless a ruling says so */
    unsigned direction; /* sx_direction_index */
    uint32_t max_span;
    llm_status failed; /* a failure stays: nothing more is released */
    bool finished, blocked;
    char literal[96]; /* what went out as it was and may be the beginning of a placeholder */
    size_t literal_n;
    bool vault_open;             /* pseudonyms of this call are inside one transaction */
    uint32_t verdict;            /* LLM_VERDICT_* so far */
    uint8_t wanted[SX_TYPE_MAX]; /* 0: the type is not looked for */
    bool asked[SX_TYPE_MAX];     /* by name */
    bool named[SX_TYPE_MAX];     /* that, or given an action of its own */
    bool words_on;
    float least[SX_TYPE_MAX]; /* of types looked for: findings below do not count */

    /* the text not yet let go: offsets below count from base */
    uint64_t base;
    char *text;
    uint8_t *fold;
    size_t n, text_cap, fold_cap;
    size_t avail; /* whole characters */
    size_t at;    /* the place being decided */
    size_t out;   /* released before this */

    uint8_t phase;   /* SX_PLACE_*: how far the place `at` is */
    uint32_t list;   /* the rules that may begin there */
    sx_scout *scout; /* goes before them */
    sx_scout_walk walk;
    sx_run *runs; /* rules alive at `at`; [rule_n + the policy's] */
    size_t run_n;
    struct sx_try *tries; /* [rule_n] how far each of the tables' rules is at a place */
    uint32_t try_n;       /* the place's number */
    float *most;          /* [rule_n] see inside.c */
    bool most_known;
    uint64_t inside_at; /* text before it was read ahead in vain, and is not read so again */
    uint64_t *covered;  /* per rule: end of its last finding; it looks no earlier again */
    sx_copy copy;
    /* words of context that end before context_at: of each type where the last one began, and one; longer ones may begin at
     * context_open, of the tables' words and of the policy's */
    uint64_t context_at, context_began[SX_TYPE_MAX], context_open[2];

    sx_word_state *word;
    sx_learned *learned; /* NULL: off */
    sx_host *host;       /* NULL: the host has no recogniser */
    size_t history;      /* bytes kept before `at` */
    uint64_t limit;      /* absolute: nothing that begins earlier can come any more */
    sx_candidate *cand;  /* undecided candidates */
    size_t cand_n, cand_cap;
    uint64_t cand_start, cand_end; /* what they cover */
    uint64_t cand_wait;            /* before this is seen none of them can be decided */
    sx_buf allowed;                /* scratch of the allow list */
    uint8_t *taken;                /* bytes of the group that a winner covers */
    size_t taken_cap;

    sx_finding *found;
    size_t found_n, found_cap;
};

/* Decides the candidates that nothing can touch any more, group by group of those that touch each other; all: every one.
 * (resolve.c) */
llm_status sx_filter_resolve(sx_filter *f, bool all, sx_buf *out, llm_error *err);
/* Tells of a finding that covers no text of its own. (resolve.c) */
llm_status sx_filter_record(sx_filter *f, const sx_candidate *c, llm_error *err);
/* Finds what is done with a candidate of this score; false: it does not count. (resolve.c) */
bool sx_filter_rule(sx_filter *f, sx_candidate *c);
/* Is its value on the policy's allow list? (resolve.c) */
bool sx_filter_allowed(sx_filter *f, const sx_candidate *c);
const char *sx_filter_rule_name(const sx_filter *f, uint16_t rule);
/* Appends text that stays as it is, up to an offset into f->text. Placeholders that stand in it by themselves are made known to
 * the vault, so that no value gets them. (resolve.c) */
llm_status sx_filter_pass(sx_filter *f, size_t to, sx_buf *out, llm_error *err);
/* Does a come before b in the order in which findings are chosen? (resolve.c) */
bool sx_stronger(const sx_candidate *a, const sx_candidate *b);
/* Takes a candidate into the group. (resolve.c) */
llm_status sx_filter_add(sx_filter *f, const sx_candidate *c, llm_error *err);

#endif
