#include "retrieve/rank/concepts.h"

#include <stdint.h>
#include <string.h>

enum { PAIRS = 4096 };

/* Which pairs of neighbouring bytes a question has: most concepts begin with another. */
typedef struct byte_pairs {
    uint8_t seen[PAIRS / 8];
} byte_pairs;

static uint32_t pair_at(const char *s)
{
    return ((uint32_t)(unsigned char)s[0] * 61 + (unsigned char)s[1]) % PAIRS;
}

static void look_up(const sx_concept *concepts, const byte_pairs *pairs, const char *folded,
                    void (*found)(void *user, const sx_concept *concept), void *user)
{
    for (const sx_concept *c = concepts; c->said; c++) {
        uint32_t first = pair_at(c->said);
        if (pairs->seen[first / 8] >> (first % 8) & 1 && strstr(folded, c->said)) found(user, c);
    }
}

void sx_concepts(const char *folded, void (*found)(void *user, const sx_concept *concept), void *user)
{
    byte_pairs pairs = {{0}};
    for (const char *s = folded; s[0] && s[1]; s++) pairs.seen[pair_at(s) / 8] |= (uint8_t)(1u << (pair_at(s) % 8));
    look_up(sx_concepts_trade, &pairs, folded, found, user);
    look_up(sx_concepts_zh, &pairs, folded, found, user);
}
