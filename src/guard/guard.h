/* The filter: finds personal data, secrets and listed words in whole texts and in streams, and redacts them. One code path:
 * a whole text is a stream of one piece. It knows nothing of models or documents. An error inside fails closed: nothing
 * is released. */
#ifndef SX_GUARD_H
#define SX_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/buf.h"
#include "platform/cancel.h"
#include "platform/error.h"
#include "platform/mem.h"

#define SX_MARK_BYTES 16 /* of a keyed hash that stands for a value, and of a policy's fingerprint */

/* ---- vault: any thread ---- */
typedef struct sx_vault sx_vault;
llm_status sx_vault_open(sx_vault **out, sx_mem *mem, const char *path, const void *key, size_t key_len, uint32_t flags,
                         llm_error *err);
void sx_vault_close(sx_vault *vault);
/* What stands for a value, appended to out: the placeholder "<PERSON_3>", or with `format` a value that looks like it, where there
 * is one for its kind. All writings of a value (vault/canon.h) share one. */
llm_status sx_vault_pseudonym(sx_vault *vault, const char *type, const char *value, size_t len, bool format,
                              sx_buf *out, llm_error *err);
/* Every placeholder and surrogate of the vault's is replaced, others stay: restore only text whose reader may see all of the
 * vault. How freely they may be written (LLM_RESTORE_*): vault/restore.c. */
llm_status sx_vault_restore(sx_vault *vault, const char *text, size_t len, uint32_t match, sx_buf *out, llm_error *err);
/* Forgets a value (or what the placeholder or surrogate given stands for) in one type or, with NULL, in all: how many entries
 * that were. Nothing sealed of them is left in the file, and what stood for them is never restored nor given again. */
llm_status sx_vault_erase(sx_vault *vault, const char *type, const char *value, size_t len, uint64_t *erased,
                          llm_error *err);

/* ---- policy: built by one thread, then frozen and shared ----
 * Without an action of its own a type is replaced; URL, URL_USERNAME, DATE_TIME, LOCATION, ORGANIZATION, AGE, NRP and TITLE are only
 * reported; BLOCKED, PROMPT_INJECTION, JAILBREAK and HARMFUL judge the text rather than cover data in it: REVIEW, whatever
 * default_action says, unless set_action does. */
typedef struct sx_guard sx_guard;
struct sx_audit;

typedef struct sx_guard_params {
    uint32_t default_action; /* LLM_ACTION_*; 0: as llm_guard_opts tells */
    float min_score;         /* 0: 0.5 */
    uint32_t max_hold;       /* 0: no bound; else findings longer than half of it are not seen */
    const char *policy;      /* JSON as docs/policies.md tells, or NULL; what the fields above set wins over it */
    size_t policy_len;
    const char *files;           /* the folder of the word lists that the policy names; NULL: it may name none */
    const struct sx_guard *like; /* shares this guard's compiled rules; NULL: its own */
    const char *cache;           /* the folder in which what was compiled is kept; NULL: nowhere. Outlives the guard */
} sx_guard_params;

llm_status sx_guard_create(sx_guard **out, sx_mem *mem, const sx_guard_params *params, llm_error *err);
void sx_guard_ref(const sx_guard *guard);
void sx_guard_free(const sx_guard *guard); /* drops a reference */
llm_status sx_guard_set_action(sx_guard *guard, const char *type, uint32_t directions, uint32_t action, llm_error *err);
llm_status sx_guard_add_word(sx_guard *guard, const char *word, size_t len, llm_error *err);
void sx_guard_set_vault(sx_guard *guard, sx_vault *vault);   /* borrowed; the facade keeps it alive */
llm_status sx_guard_freeze(sx_guard *guard, llm_error *err); /* compiles the word list; idempotent, thread-safe */
const char *sx_guard_type(uint32_t i);
void sx_guard_set_audit(sx_guard *guard, struct sx_audit *audit); /* borrowed, as the vault: findings get their marks */
const unsigned char *sx_guard_fingerprint(
    const sx_guard *guard); /* SX_MARK_BYTES of what the policy says; frozen only */
/* The i-th policy that comes with the library: its name, and its JSON in *text. NULL beyond. */
const char *sx_guard_preset(uint32_t i, const char **text);
/* Somebody else's recogniser, copied; before freezing. */
llm_status sx_guard_add_recogniser(sx_guard *guard, const llm_recogniser *recogniser, llm_error *err);
/* Takes over what belongs to the host in another guard: recognisers, reviewer, the key of hashes. */
llm_status sx_guard_take_host(sx_guard *guard, const sx_guard *from, llm_error *err);
/* Who decides findings whose action is REVIEW; before freezing. */
llm_status sx_guard_set_review(sx_guard *guard, llm_review_fn fn, void *user, llm_error *err);

/* ---- scanning: one caller at a time ---- */
typedef struct sx_finding {
    const char *type; /* lives as long as the guard, as do rule and label */
    const char *rule;
    const char *label; /* of the policy; "" for none */
    uint64_t start, end;
    float score;
    uint32_t action;                   /* LLM_ACTION_* */
    unsigned char mark[SX_MARK_BYTES]; /* of its value, for the audit log; zeroes without one */
} sx_finding;

typedef struct sx_check_params {
    uint32_t direction; /* one LLM_DIR_*; 0: INPUT */
    const char *types;  /* NUL-separated list ended by an empty one; NULL: all. A type asked for by name is redacted
                           (REPLACE) even where the default would only report it. */
    float min_score;    /* 0: the guard's; negative: none */
    const llm_cancel *cancel;
} sx_check_params;

typedef struct sx_filter sx_filter;

/* A stream under a frozen guard, of which it keeps a reference. */
llm_status sx_filter_open(sx_filter **out, sx_mem *mem, const sx_guard *guard, const sx_check_params *params,
                          llm_error *err);
void sx_filter_close(sx_filter *filter);
/* Takes bytes, appends to out what may be released now. After a failure nothing more is released. */
llm_status sx_filter_feed(sx_filter *filter, const char *bytes, size_t len, sx_buf *out, llm_error *err);
llm_status sx_filter_finish(sx_filter *filter, sx_buf *out, llm_error *err);
/* Findings decided so far, by start; they live until the next feed or finish. Those that cover data do not overlap (what
 * changes the text goes before what is only reported, then score, length, order of the tables); those whose action is REVIEW
 * or BLOCK do not overlap each other, but may lie over the first kind. What the recogniser and the scorers
 * guess changes the text only where its type was named; else it is told when it has passed. A scorer's judgement (rules "attack-scorer" and
 * "harm-...") spans the window that it judged, comes when that has passed, and may lie over all others. */
const sx_finding *sx_filter_findings(const sx_filter *filter, uint32_t *count);
uint32_t sx_filter_action(const sx_filter *filter); /* LLM_VERDICT_* so far */
const sx_guard *sx_filter_guard(const sx_filter *filter);

/* ---- audit log: any thread; any number of processes append to one file ----
 * Records are chained by hashes and signed at intervals (audit/record.h). No value is written, only its keyed hash. */
typedef struct sx_audit sx_audit;

typedef struct sx_audit_params {
    uint32_t head_every;          /* records between signatures; 0: 64 */
    bool durable;                 /* each record is on the disk before its call returns; else signatures are */
    int64_t (*clock)(void *user); /* ms since 1970; NULL: the system's */
    void *clock_user;
} sx_audit_params;

#define SX_AUDIT_CUT     1u /* flag: the text was not seen to its end */
#define SX_AUDIT_GOES_ON 2u /* flag: the next record holds more findings of the same text */

typedef struct sx_audit_text {
    uint32_t direction, verdict, flags;
    uint64_t bytes;              /* of the text */
    const char *tag;             /* the host's, at most 255 bytes count; NULL: none */
    const unsigned char *policy; /* SX_MARK_BYTES */
    const sx_finding *findings;
    size_t count;
} sx_audit_text;

/* LLM_E_KEY for another key than the log's, LLM_E_CORRUPT for a log that cannot be continued, LLM_E_BUSY when another
 * process keeps it locked. A torn last record is kept inside a record that tells of it. */
llm_status sx_audit_open(sx_audit **out, sx_mem *mem, const char *path, const void *key, size_t key_len,
                         const sx_audit_params *params, llm_error *err);
void sx_audit_close(sx_audit *audit); /* signs what is not signed yet */
/* Appends whole or not at all. */
llm_status sx_audit_verdict(sx_audit *audit, const sx_audit_text *text, llm_error *err);
/* Signs now and appends "NUMBER-HASH-PUBLICKEY": what a host publishes elsewhere. */
llm_status sx_audit_head(sx_audit *audit, sx_buf *out, llm_error *err);
void sx_audit_mark(const sx_audit *audit, const char *type, const char *value, size_t len,
                   unsigned char mark[SX_MARK_BYTES]);

/* Proves a log unbroken: LLM_OK, or LLM_E_CORRUPT whose sentence names the first record that is wrong. head: one that was
 * published, or NULL. show (or NULL) gets each record as a line of JSON and at the end a summary; what it returns but 0
 * ends the walk with that status. */
llm_status sx_audit_verify(sx_mem *mem, const char *path, const char *head, llm_piece_fn show, void *user,
                           llm_error *err);

#endif
