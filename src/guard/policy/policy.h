/* A guard's inside: the compiled rules, the word list, and what to do with each type in each direction. */
#ifndef SX_GUARD_POLICY_POLICY_H
#define SX_GUARD_POLICY_POLICY_H

#include <pthread.h>

#include "guard/guard.h"
#include "guard/policy/allow.h"
#include "guard/policy/ruleset.h"
#include "guard/scan/words.h"
#include "platform/arena.h"
#include "platform/crypto.h"

/* What is done with findings of a type from a score on, and how. */
typedef struct sx_ruling {
    float min_score; /* 0: whatever the policy asks of all */
    uint8_t action;  /* LLM_ACTION_* */
    uint8_t mask_len;
    char mask[4]; /* MASK: the code point that stands for each; mask_len 0: * */
    uint16_t keep_first;
    uint16_t keep_last; /* letters and digits a mask leaves readable */
    bool mask_counts;   /* instead: mask_n characters are masked, at the end with mask_end, and the others stay */
    bool mask_end;
    uint16_t mask_n;
    bool keep_format;  /* PSEUDONYM: a value of the same kind instead of <TYPE_n>, where there is one */
    uint8_t hash;      /* SX_HASH_WITH_* */
    const char *salt;  /* behind the value, of SHA-2; NULL: none */
    const char *with;  /* REPLACE: in the finding's place; NULL: <TYPE> */
    const char *label; /* the host's word for it; "" for none */
    uint32_t next;     /* the next ruling of the same type and direction, SX_RULING_NONE */
} sx_ruling;

#define SX_RULING_NONE UINT32_MAX

enum { SX_HASH_WITH_KEY, SX_HASH_WITH_SHA256, SX_HASH_WITH_SHA512 };

/* A type that the policy brings, or what it adds to one of the tables' types. */
typedef struct sx_own_type {
    const char *name;
    float word_score; /* of its listed words; 0: 1 */
} sx_own_type;

/* What is known of a type, at hand: where words of context count for it. */
typedef struct sx_reach {
    bool words;             /* it has some */
    uint8_t before, behind; /* bytes before a finding and behind it */
    uint8_t action;         /* LLM_ACTION_* of its own, 0: none */
} sx_reach;

/* One of the host's recognisers. */
typedef struct sx_recogniser {
    llm_recogniser of; /* as the host gave it */
    const char *name;
    uint32_t type;
} sx_recogniser;

struct sx_guard {
    sx_mem *mem;
    atomic_uint refs;
    sx_guard_params params;
    sx_ruleset *rules; /* shared with other guards */
    sx_arena arena;    /* strings and rules of the policy */
    sx_scan extra;     /* the policy's own patterns; rule_n 0: none */
    sx_words words;
    bool has_words[SX_TYPE_MAX];
    sx_own_type *own; /* [own_n] types numbered from rules->scan.type_n on */
    size_t own_n, own_cap;
    bool own_context[SX_TYPE_MAX]; /* the policy has words of context for the type */
    sx_allow allow;

    uint8_t actions[3][SX_TYPE_MAX]; /* per direction, by the setter; 0: none of its own */
    uint8_t defaults[3];             /* of the policy; 0: none */
    uint32_t first[3][SX_TYPE_MAX];  /* the first ruling of a type */
    bool named[3][SX_TYPE_MAX];      /* a ruling names the type, not all types */
    sx_ruling *rulings;
    size_t ruling_n, ruling_cap;
    bool restricted; /* only these types are looked for */
    bool only[SX_TYPE_MAX];

    sx_recogniser *recognisers; /* of the host */
    size_t recogniser_n, recogniser_cap;
    llm_review_fn review; /* NULL: none */
    void *review_user;

    sx_vault *vault;
    struct sx_audit *audit;
    unsigned char *hash_key; /* for HASH without a vault: of this guard, random, in locked memory */
    sx_hasher says;          /* what the policy was told: words */
    unsigned char fingerprint[SX_MARK_BYTES];
    uint32_t blocked_type;
    sx_reach reach[SX_TYPE_MAX]; /* frozen only */
    bool ascii_word[128];        /* sx_is_word of plain characters */
    pthread_mutex_t lock;        /* of freezing */
    bool has_lock;
    bool frozen;
    bool pseudonyms; /* frozen only: something asks for them */
};

/* Makes something that the policy was told part of its fingerprint. Before it is frozen. */
void sx_guard_say(sx_guard *guard, const char *what, const void *bytes, size_t len);
/* The number of one of the tables' types; SX_TYPE_MAX when unknown. */
uint32_t sx_guard_type_index(const char *name, size_t len);
/* The same with the guard's own types. */
uint32_t sx_guard_find_type(const sx_guard *guard, const char *name, size_t len);
/* The type's number, made when it is new; SX_TYPE_MAX when there is no room. LLM_E_MEMORY. */
llm_status sx_guard_make_type(sx_guard *guard, const char *name, size_t len, uint32_t *type, llm_error *err);
uint32_t sx_guard_type_count(const sx_guard *guard);
/* What is known of a type; context is NULL for one without words. */
void sx_guard_type_info(const sx_guard *guard, uint32_t type, sx_type_info *info);
const char *sx_guard_type_name(const sx_guard *guard, uint32_t type);

/* The score of a listed word of the type. */
float sx_guard_word_score(const sx_guard *guard, uint32_t type);
void sx_guard_set_word_score(sx_guard *guard, uint32_t type, float score);
/* 0 to 2 for LLM_DIR_INPUT, EVIDENCE, OUTPUT. */
unsigned sx_direction_index(uint32_t direction);
/* Appends a ruling for a type in directions: those given before go first. */
llm_status sx_guard_add_ruling(sx_guard *guard, uint32_t type, uint32_t directions, bool named, const sx_ruling *ruling,
                               llm_error *err);
/* What is done with a finding of this score, seen from `floor` on; NULL: it does not count. `asked`: the caller asked for
 * the type by name. */
const sx_ruling *sx_guard_ruling(const sx_guard *guard, uint32_t type, unsigned direction, float score, float floor,
                                 bool asked);
/* The lowest score from which on findings of the type count. */
float sx_guard_threshold(const sx_guard *guard, uint32_t type, unsigned direction, float floor);
/* May a finding of the type change the text, whatever its score? A review counts when somebody is there to decide it. */
bool sx_guard_may_edit(const sx_guard *guard, uint32_t type, unsigned direction, bool asked);
/* May a finding of the type judge the text rather than cover data in it, whatever its score? */
bool sx_guard_may_judge(const sx_guard *guard, uint32_t type, unsigned direction, bool asked);
/* Was the type given an action of its own in this direction? */
bool sx_guard_action_set(const sx_guard *guard, uint32_t type, unsigned direction);
/* Types whose findings speak of the text rather than cover data in it: they may overlap others. */
bool sx_action_edits(uint32_t action);

/* Reads a policy in JSON into a new guard. (read.c) */
llm_status sx_policy_read(sx_guard *guard, const char *text, size_t len, const char *files, llm_error *err);

#endif
