/* Passing over what stands inside of a match that wins anyway. Whatever else could be found between its ends would overlap it and
 * lose: such places are read, to be sure of it, but no rule is asked there. That changes no finding, see beats_all. */
#include "guard/stream/inside.h"

#include "guard/scan/chars.h"
#include "guard/stream/place.h"
#include "platform/utf8.h"

enum { FEWEST = 4 }; /* bytes of a match that has places in it */

/* Most that findings of each rule can score; 2 for rules that may judge the text rather than cover data. */
static void find_most(sx_filter *f)
{
    const sx_scan *scan = &f->guard->rules->scan;
    for (size_t r = 0; r < scan->rule_n; r++) {
        const sx_fact *fact = &scan->facts[r];
        uint32_t type = scan->type_of[r];
        float most = fact->most > fact->raised ? fact->most : fact->raised;
        if (!f->wanted[type]) continue;
        f->most[r] = sx_guard_may_judge(f->guard, type, f->direction, f->asked[type]) ? 2.0f : most;
    }
    f->most_known = true;
}

/* The strongest candidate that begins at the place being decided and waits for nothing. Others that are stronger may meet it only
 * when they cover all of it. */
static const sx_candidate *strongest(const sx_filter *f)
{
    const sx_candidate *best = NULL;
    for (size_t i = f->cand_n; i-- > 0;) {
        const sx_candidate *c = &f->cand[i];
        if (c->start != f->base + f->at || c->waits || !sx_action_edits(c->action)) continue;
        if (best == NULL || sx_stronger(c, best)) best = c;
    }
    if (best == NULL || best->end - best->start < FEWEST) return NULL;
    for (size_t i = 0; i < f->cand_n; i++) {
        const sx_candidate *c = &f->cand[i];
        bool covers = c->start <= best->start && c->end >= best->end;
        if (!covers && c->end > best->start && sx_action_edits(c->action) && sx_stronger(c, best)) return NULL;
    }
    return best;
}

/* No letters, nothing but plain characters: no word of context ends in it but those of types that are `loose`. */
static bool is_bare(const sx_window *w, size_t from, size_t to)
{
    while (from < to && w->fold[from] < 0x80 && !sx_ascii_letter(w->fold[from])) from++;
    return from == to;
}

/* May the rule find something inside of the candidate that scores more? */
static bool may_beat(sx_filter *f, const sx_window *w, uint16_t rule, const sx_candidate *best)
{
    const sx_scan *scan = &f->guard->rules->scan;
    const sx_fact *fact = &scan->facts[rule];
    uint32_t type = scan->type_of[rule];
    sx_reach reach = f->guard->reach[type];
    bool needs = fact->required || (fact->context && f->least[type] > 0);
    if (f->most[rule] > 1.0f || (!needs && fact->most > best->score) || reach.behind != 0) return true;
    if (!reach.words) return false;
    if (scan->loose[type] || f->guard->extra.loose[type]) return true;
    if (!is_bare(w, f->at, (size_t)(best->end - f->base))) return true;
    return sx_place_context(f, w, type, reach.before);
}

/* Does it beat all that a place inside of it may bring? Those are shorter, when they end with it at the latest, so that they have
 * to score more. */
static bool beats_all(sx_filter *f, const sx_window *w, const sx_candidate *best, size_t at)
{
    const sx_scout_walk *walk = &f->walk;
    if (walk->marks == 0 || f->base + at + walk->mark[walk->marks - 1].end > best->end) return false;
    for (uint32_t m = 0; m < walk->marks; m++) {
        uint32_t n;
        const uint16_t *rules = sx_scout_matches(f->scout, &walk->mark[m], &n);
        for (uint32_t i = 0; i < n; i++) {
            if (f->most[rules[i]] > best->score && may_beat(f, w, rules[i], best)) return false;
        }
    }
    return true;
}

size_t sx_inside_pass(sx_filter *f, const sx_window *w)
{
    const sx_guard *guard = f->guard;
    if (f->cand_n == 0 || guard->extra.rule_n > 0 || guard->params.max_hold > 0 || guard->review != NULL) return 0;
    if (f->words_on || f->learned != NULL || f->host != NULL || f->base + f->at < f->inside_at) return 0;
    const sx_candidate *best = strongest(f);
    if (best == NULL || best->end >= f->base + w->avail) return 0;
    size_t end = (size_t)(best->end - f->base), at = f->at;
    if (!f->most_known) find_most(f);
    for (bool found = true; found;) {
        size_t len = 1;
        if ((unsigned char)f->text[at] >= 0x80) (void)sx_utf8_next(f->text + at, w->avail - at, &len);
        at += len;
        if (at >= end) break;
        found = sx_scout_pass(f->scout, w, &at, end, f->max_span, NULL, &f->list, &f->walk);
        if (found && (f->walk.said != SX_SCOUT_KNOWN || !beats_all(f, w, best, at))) break;
    }
    if (at == end) return end;
    f->inside_at = f->base + at;
    return 0;
}
