/* The scout reads a place for all rules of the tables at once; what it cannot tell, and the policy's own rules, are tried one by
 * one. Either way a rule's outcome is a run, and a run is weighed by its score and the words before it. */
#include "guard/stream/place.h"

#include <string.h>

#include "platform/utf8.h"

/* The scan that a run's rule is of, and the rule's number among all. */
static const sx_scan *scan_of(const sx_filter *f, bool extra)
{
    return extra ? &f->guard->extra : &f->guard->rules->scan;
}

static uint16_t number_of(const sx_filter *f, bool extra, uint16_t rule)
{
    return extra ? (uint16_t)(f->guard->rules->scan.rule_n + rule) : rule;
}

static bool may_begin(const sx_filter *f, const sx_before *before, bool extra, uint16_t r)
{
    const sx_scan *scan = scan_of(f, extra);
    if (!f->wanted[scan->type_of[r]] || f->covered[number_of(f, extra, r)] > f->base + f->at) return false;
    return sx_rule_may_follow(scan->rules[r], before);
}

/* A run of a rule that may begin here; NULL: it may not. */
static sx_run *start_run(sx_filter *f, const sx_before *before, bool extra, uint16_t r)
{
    if (!may_begin(f, before, extra, r)) return NULL;
    sx_run *run = &f->runs[f->run_n++];
    run->rule = r;
    run->extra = extra;
    run->settled = false;
    run->state = SX_PATTERN_START;
    run->at = run->count = 0;
    return run;
}

/* The rules that may begin at this place and that the walk leaves, each as a run of its own. */
static void start_runs(sx_filter *f, const sx_before *before)
{
    const sx_scan *scan = &f->guard->rules->scan;
    uint64_t left[SX_RULE_WORDS] = {0};
    bool all = !sx_scout_left(f->scout, &f->walk, left);
    for (uint32_t i = scan->list_at[f->list]; i < scan->list_at[f->list + 1]; i++) {
        uint16_t r = scan->lists[i];
        if (all || (left[r / 64] >> (r % 64) & 1)) start_run(f, before, false, r);
    }
}

/* The same of the policy's own rules, which no scout goes before. */
static void start_extra(sx_filter *f, const sx_before *before)
{
    const sx_scan *scan = &f->guard->extra;
    if (scan->rule_n == 0) return;
    uint8_t second = f->at + 1 < f->avail ? f->fold[f->at + 1] : SX_FOLD_SKIP;
    uint32_t list = sx_scan_list(scan, before->behind, f->fold[f->at], second);
    for (uint32_t i = scan->list_at[list]; i < scan->list_at[list + 1]; i++) start_run(f, before, true, scan->lists[i]);
}

static int by_rule(const sx_run *a, const sx_run *b)
{
    return a->rule < b->rule ? -1 : a->rule > b->rule;
}

/* The marks of a walk as runs that are over, in the order of rules. */
static void known_runs(sx_filter *f, const sx_before *before)
{
    enum { BARRED = UINT16_MAX };
    const sx_scan *scan = &f->guard->rules->scan;
    for (uint32_t m = 0; m < f->walk.marks; m++) {
        const sx_scout_mark *mark = &f->walk.mark[m];
        uint32_t n;
        const uint16_t *rules = sx_scout_matches(f->scout, mark, &n);
        for (uint32_t i = 0; i < n; i++) {
            uint16_t r = rules[i], span = scan->rules[r]->span;
            if (f->run_of[r] == 0) {
                sx_run *made = start_run(f, before, false, r);
                f->run_of[r] = made != NULL ? (uint16_t)f->run_n : BARRED;
                if (made != NULL) made->settled = true;
            }
            if (f->run_of[r] == BARRED || (span != 0 && mark->at > span)) continue;
            sx_run *run = &f->runs[f->run_of[r] - 1];
            run->ends[run->count++ % SX_ACCEPT_MAX] = mark->end;
        }
    }
    for (uint32_t m = 0; m < f->walk.marks; m++) {
        uint32_t n;
        const uint16_t *rules = sx_scout_matches(f->scout, &f->walk.mark[m], &n);
        for (uint32_t i = 0; i < n; i++) f->run_of[rules[i]] = 0;
    }
    for (size_t i = 1; i < f->run_n; i++) {
        for (size_t k = i; k > 0 && by_rule(&f->runs[k - 1], &f->runs[k]) > 0; k--) {
            sx_run run = f->runs[k];
            f->runs[k] = f->runs[k - 1];
            f->runs[k - 1] = run;
        }
    }
}

/* Does the walk wait for more text only for the sake of rules that may not begin here? */
static bool waits_in_vain(const sx_filter *f, const sx_before *before)
{
    uint64_t alive[SX_RULE_WORDS] = {0};
    if (f->walk.state == SX_SCOUT_NO) return false;
    sx_scout_alive(f->scout, &f->walk, alive);
    for (size_t r = 0; r < f->guard->rules->scan.rule_n; r++) {
        if (alive[r / 64] == 0)
            r |= 63;
        else if ((alive[r / 64] >> (r % 64) & 1) && may_begin(f, before, false, (uint16_t)r))
            return false;
    }
    return true;
}

/* What may begin at this place. When its second byte is not here yet, all that can begin with the first. False: the text
 * ends before the scout can say. */
static bool begin_place(sx_filter *f, const sx_window *w)
{
    const sx_scan *scan = &f->guard->rules->scan;
    sx_before before = sx_window_look_back(w, f->at);
    sx_scouted said = SX_SCOUT_NONE;
    if (f->phase == SX_PLACE_NEW) {
        bool second = f->at + 1 < f->avail;
        f->list = sx_scan_list(scan, before.behind, f->fold[f->at], second ? f->fold[f->at + 1] : SX_FOLD_SKIP);
        f->run_n = 0;
        f->phase = SX_PLACE_RUNS;
        if (!sx_scan_list_empty(scan, f->list) && sx_scout_begin(f->scout, f->list, second, &f->walk))
            f->phase = SX_PLACE_SCOUT;
    }
    if (f->phase == SX_PLACE_SCOUT) said = sx_scout_go(f->scout, w, f->at, f->max_span, &f->walk);
    if (said == SX_SCOUT_MORE && waits_in_vain(f, &before)) said = f->walk.marks > 0 ? SX_SCOUT_KNOWN : SX_SCOUT_NONE;
    if (said == SX_SCOUT_MORE) return false;
    if (said == SX_SCOUT_KNOWN) known_runs(f, &before);
    if (said == SX_SCOUT_MAYBE) start_runs(f, &before);
    start_extra(f, &before);
    f->phase = SX_PLACE_RUNS;
    return true;
}

/* Does a word of the type's context stand before the place? Text is read once for all types and for places near each other. */
static bool context_before(sx_filter *f, const sx_window *w, uint32_t type, uint32_t reach)
{
    uint64_t to = f->base + f->at, from = f->context_at;
    if (to != from) {
        if (to - from > SX_CONTEXT_BYTES) {
            from = to > SX_CONTEXT_BYTES ? to - SX_CONTEXT_BYTES : 0;
            f->context_node[0] = f->context_node[1] = SX_AC_ROOT;
        }
        size_t at = (size_t)(from - f->base);
        sx_scan_context(&f->guard->rules->scan, w, at, f->at, &f->context_node[0], f->base, f->context_began);
        if (f->guard->extra.context.word_n > 0)
            sx_scan_context(&f->guard->extra, w, at, f->at, &f->context_node[1], f->base, f->context_began);
        f->context_at = to;
    }
    return f->context_began[type] > (to > reach ? to - reach : 0);
}

/* Scores what a rule found; candidates that can reach the threshold join the group. */
static llm_status weigh(sx_filter *f, const sx_window *w, const sx_run *run, size_t begin, size_t end, float score,
                        llm_error *err)
{
    const sx_rule *rule = scan_of(f, run->extra)->rules[run->rule];
    uint32_t type = scan_of(f, run->extra)->type_of[run->rule];
    float least = sx_guard_threshold(f->guard, type, f->direction, f->floor);
    sx_type_info info = {0};
    sx_guard_type_info(f->guard, type, &info);
    float raised = rule->in_context > 0 ? rule->in_context : rule->score + 0.35f;
    if (raised > 1.0f) raised = 1.0f;
    bool needs = (rule->flags & SX_RULE_REQUIRED) != 0 || ((rule->flags & SX_RULE_CONTEXT) != 0 && least > 0);
    sx_candidate c = {.start = f->base + begin,
                      .end = f->base + end,
                      .score = score,
                      .rule = number_of(f, run->extra, run->rule),
                      .type = (uint16_t)type};
    if ((score < raised || needs) && info.context != NULL && context_before(f, w, type, info.before)) {
        if (raised > c.score) c.score = raised;
    } else if (needs || c.score < least) {
        if (info.behind == 0 || raised < least) return LLM_OK;
        c.waits = true;
        if (raised > c.score) c.score = raised;
    }
    return sx_filter_rule(f, &c) ? sx_filter_add(f, &c, err) : LLM_OK;
}

llm_status sx_place_decide(sx_filter *f, const sx_window *w, bool *done, llm_error *err)
{
    *done = f->phase == SX_PLACE_RUNS || begin_place(f, w);
    if (!*done) return LLM_OK;
    size_t kept = 0;
    for (size_t i = 0; i < f->run_n; i++) {
        sx_run *run = &f->runs[i];
        if (!run->settled) run->settled = sx_run_advance(scan_of(f, run->extra), w, f->at, f->max_span, run);
        if (run->settled && run->count == 0) continue;
        if (!run->settled) *done = false;
        if (kept != i) f->runs[kept] = *run;
        kept++;
    }
    f->run_n = kept;
    if (!*done) return LLM_OK;
    f->copy.plain = 0;
    for (size_t i = 0; i < f->run_n; i++) {
        const sx_run *run = &f->runs[i];
        size_t begin, end;
        float score;
        if (!sx_run_result(scan_of(f, run->extra), w, f->at, run, &f->copy, &begin, &end, &score)) continue;
        f->covered[number_of(f, run->extra, run->rule)] = f->base + end;
        llm_status status = weigh(f, w, run, begin, end, score, err);
        if (status != LLM_OK) return status;
    }
    f->phase = SX_PLACE_NEW;
    return LLM_OK;
}

bool sx_place_pass(sx_filter *f, const sx_window *w)
{
    const sx_scan *extra = f->guard->extra.rule_n > 0 ? &f->guard->extra : NULL;
    size_t end = (f->at | 4095u) + 1, before = f->at;
    if (end > f->avail - 1) end = f->avail - 1; /* the second byte must be here */
    if ((f->at & 4095u) == 0) return false;     /* where the cancel token is asked */
    if (f->phase != SX_PLACE_NEW || f->words_on) return false;
    if (f->cand_n > 0) { /* what waits for text is decided when that has come, as step by step */
        if (f->guard->params.max_hold > 0) return false;
        if (f->cand_wait - f->base < end) end = (size_t)(f->cand_wait - f->base);
    }
    if (f->at >= end) return false;
    if (sx_scout_pass(f->scout, w, &f->at, end, f->max_span, extra, &f->list, &f->walk)) {
        f->run_n = 0;
        f->phase = SX_PLACE_SCOUT; /* the place goes on from this walk */
    }
    return f->at != before;
}
