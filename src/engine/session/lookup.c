/* Prompt lookup: what may come next, guessed from what followed the last time the text stood at a place like this one. It
 * costs a scan of the tokens and no model (github.com/apoorvumang/prompt-lookup-decoding). */
#include "engine/session/session.h"

enum {
    SAME_MIN = 2, /* tokens that must agree before a guess is made */
    SAME_MAX = 16
};

/* How many tokens, ending with the one at `at`, are also the last ones of the text that `last` ends. */
static uint32_t agreement(const sx_session *s, uint32_t at, int32_t last)
{
    if (s->tokens[at] != last) return 0;
    uint32_t same = 1;
    while (same < SAME_MAX && same <= at && s->tokens[at - same] == s->tokens[s->used - same]) same++;
    return same;
}

uint32_t sx_session_lookup(const sx_session *s, int32_t last, uint32_t max, int32_t *draft)
{
    uint32_t best = 0, from = 0;
    for (uint32_t at = s->used; at-- > 0 && best < SAME_MAX;) {
        if (at + 1 == s->used) continue; /* nothing has followed it yet */
        uint32_t same = agreement(s, at, last);
        if (same <= best) continue; /* of equals the latest */
        best = same;
        from = at + 1;
    }
    if (best < SAME_MIN) return 0;
    uint32_t n = s->used - from;
    if (n > max) n = max;
    if (n > 3 * best) n = 3 * best; /* a short agreement says little about what is far */
    for (uint32_t i = 0; i < n; i++) draft[i] = s->tokens[from + i];
    return n;
}
