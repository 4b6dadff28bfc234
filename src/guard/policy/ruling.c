/* Which ruling a finding falls under: what the setter said of its type, then the policy's rulings in their order, then the
 * defaults. */
#include "guard/policy/policy.h"

unsigned sx_direction_index(uint32_t direction)
{
    return direction == LLM_DIR_EVIDENCE ? 1 : direction == LLM_DIR_OUTPUT ? 2 : 0;
}

bool sx_action_edits(uint32_t action)
{
    return action >= LLM_ACTION_REPLACE && action <= LLM_ACTION_PSEUDONYM;
}

/* An action and nothing else. */
static const sx_ruling *plain(uint32_t action)
{
#define PLAIN(a) \
    { \
        .action = a, .keep_last = 4, .label = "", .next = SX_RULING_NONE \
    }
    static const sx_ruling PLAINS[] = {PLAIN(0), PLAIN(1), PLAIN(2), PLAIN(3), PLAIN(4),
                                       PLAIN(5), PLAIN(6), PLAIN(7), PLAIN(8)};
#undef PLAIN
    return &PLAINS[action];
}

llm_status sx_guard_add_ruling(sx_guard *guard, uint32_t type, uint32_t directions, bool named, const sx_ruling *ruling,
                               llm_error *err)
{
    for (unsigned d = 0; d < 3; d++) {
        if ((directions >> d & 1u) == 0) continue;
        if (sx_mem_grow(guard->mem, (void **)&guard->rulings, &guard->ruling_cap, guard->ruling_n + 1,
                        sizeof *guard->rulings))
            return sx_fail_memory(err);
        uint32_t made = (uint32_t)guard->ruling_n++;
        guard->rulings[made] = *ruling;
        guard->rulings[made].next = SX_RULING_NONE;
        uint32_t *link = &guard->first[d][type];
        while (*link != SX_RULING_NONE) link = &guard->rulings[*link].next;
        *link = made;
        guard->named[d][type] = guard->named[d][type] || named;
    }
    return LLM_OK;
}

bool sx_guard_action_set(const sx_guard *guard, uint32_t type, unsigned direction)
{
    return guard->actions[direction][type] != 0 || guard->named[direction][type];
}

/* What the defaults say, of a guard that is frozen. */
static uint32_t default_action(const sx_guard *guard, uint32_t type, unsigned direction, bool asked)
{
    uint32_t own = guard->reach[type].action;
    if (own == LLM_ACTION_REVIEW) return LLM_ACTION_REVIEW; /* a label, not data to cover */
    uint32_t given = guard->params.default_action != 0 ? guard->params.default_action : guard->defaults[direction];
    uint32_t action = given != 0 ? given : own != 0 ? own : LLM_ACTION_REPLACE;
    return action == LLM_ACTION_ALLOW && asked && given == 0 ? LLM_ACTION_REPLACE : action;
}

const sx_ruling *sx_guard_ruling(const sx_guard *guard, uint32_t type, unsigned direction, float score, float floor,
                                 bool asked)
{
    if (guard->actions[direction][type] != 0) return score < floor ? NULL : plain(guard->actions[direction][type]);
    for (uint32_t i = guard->first[direction][type]; i != SX_RULING_NONE; i = guard->rulings[i].next) {
        const sx_ruling *r = &guard->rulings[i];
        if (score >= (r->min_score > 0 ? r->min_score : floor)) return r;
    }
    return score < floor ? NULL : plain(default_action(guard, type, direction, asked));
}

float sx_guard_threshold(const sx_guard *guard, uint32_t type, unsigned direction, float floor)
{
    if (guard->actions[direction][type] != 0) return floor;
    for (uint32_t i = guard->first[direction][type]; i != SX_RULING_NONE; i = guard->rulings[i].next) {
        float from = guard->rulings[i].min_score;
        if (from > 0 && from < floor) floor = from;
    }
    return floor;
}

static bool edits(const sx_guard *guard, uint32_t action)
{
    return sx_action_edits(action) || action == LLM_ACTION_BLOCK ||
           (action == LLM_ACTION_REVIEW && guard->review != NULL);
}

bool sx_guard_may_edit(const sx_guard *guard, uint32_t type, unsigned direction, bool asked)
{
    if (guard->actions[direction][type] != 0) return edits(guard, guard->actions[direction][type]);
    bool any = edits(guard, default_action(guard, type, direction, asked));
    for (uint32_t i = guard->first[direction][type]; i != SX_RULING_NONE; i = guard->rulings[i].next)
        any = any || edits(guard, guard->rulings[i].action);
    return any;
}

bool sx_guard_may_judge(const sx_guard *guard, uint32_t type, unsigned direction, bool asked)
{
    uint32_t set = guard->actions[direction][type];
    bool any = (set != 0 ? set : default_action(guard, type, direction, asked)) >= LLM_ACTION_REVIEW;
    for (uint32_t i = guard->first[direction][type]; i != SX_RULING_NONE; i = guard->rulings[i].next)
        any = any || guard->rulings[i].action >= LLM_ACTION_REVIEW;
    return any;
}
