/* A guard's inside: the compiled rules, the word list, and what to do with each type in each direction. */
#ifndef SX_GUARD_POLICY_POLICY_H
#define SX_GUARD_POLICY_POLICY_H

#include <pthread.h>

#include "guard/guard.h"
#include "guard/scan/scan.h"
#include "guard/scan/scout.h"
#include "guard/scan/words.h"
#include "platform/crypto.h"

struct sx_guard {
    sx_mem *mem;
    sx_guard_params params;
    sx_scan scan;
    sx_words words;
    uint8_t actions[3][SX_TYPE_MAX]; /* per direction; 0: none of its own */
    sx_vault *vault;
    struct sx_audit *audit;
    unsigned char *hash_key; /* for HASH without a vault: of this guard, random, in locked memory */
    sx_hasher says;          /* what the policy was told: words */
    unsigned char fingerprint[SX_MARK_BYTES];
    uint32_t blocked_type;
    bool ascii_word[128]; /* sx_is_word of plain characters */
    sx_scout_stock *scouts;
    pthread_mutex_t lock; /* of freezing */
    bool has_lock;
    bool frozen;
};

/* Makes something that the policy was told part of its fingerprint. Before it is frozen. */
void sx_guard_say(sx_guard *guard, const char *what, const void *bytes, size_t len);
/* The type's number, SX_TYPE_MAX when unknown. */
uint32_t sx_guard_type_index(const char *name, size_t len);
/* What to do with a type in a direction (LLM_DIR_*); `asked`: the caller asked for it by name. */
uint32_t sx_guard_action(const sx_guard *guard, uint32_t type, uint32_t direction, bool asked);
/* Was the type given an action of its own in this direction? */
bool sx_guard_action_set(const sx_guard *guard, uint32_t type, uint32_t direction);
/* Types whose findings speak of the text rather than cover data in it: they may overlap others. */
bool sx_action_edits(uint32_t action);

#endif
