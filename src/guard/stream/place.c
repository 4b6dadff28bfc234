/* The scout reads a place for all rules of the tables at once and mostly tells which of them match, and where: these are tried end
 * by end, the longest first, so that checks share what they work out of a match. What it cannot tell, and the policy's own rules,
 * run one by one. What a rule finds is weighed by its score and the words before it. */
#include "guard/stream/place.h"

#include <string.h>

#include "guard/scan/chars.h"

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
    return sx_row_has(sx_scan_beside_left(scan, before), r);
}

/* A run of a rule, if it may begin here. */
static void start_run(sx_filter *f, const sx_before *before, bool extra, uint16_t r)
{
    if (!may_begin(f, before, extra, r)) return;
    sx_run *run = &f->runs[f->run_n++];
    run->rule = r;
    run->extra = extra;
    run->settled = false;
    run->state = SX_PATTERN_START;
    run->at = run->count = 0;
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

/* Reads one scan's words of context up to the place. */
static void read_context(sx_filter *f, const sx_window *w, bool extra, uint64_t least)
{
    uint64_t from = f->context_open[extra];
    if (from < least) from = least;
    size_t open = sx_scan_context(scan_of(f, extra), w, (size_t)(from - f->base), f->at, f->base, f->context_began);
    f->context_open[extra] = f->base + open;
}

/* Text is read once for all types and for places near each other. */
bool sx_place_context(sx_filter *f, const sx_window *w, uint32_t type, uint32_t reach)
{
    uint64_t to = f->base + f->at, least = to > SX_CONTEXT_BYTES ? to - SX_CONTEXT_BYTES : 0;
    if (to != f->context_at) {
        read_context(f, w, false, least);
        if (f->guard->extra.context.words.word_n > 0) read_context(f, w, true, least);
        f->context_at = to;
    }
    return f->context_began[type] > (to > reach ? to - reach : 0);
}

/* Scores what a rule found; candidates that can reach the threshold join the group. */
static llm_status weigh(sx_filter *f, const sx_window *w, bool extra, uint16_t rule, size_t begin, size_t end,
                        float score, llm_error *err)
{
    const sx_fact *fact = &scan_of(f, extra)->facts[rule];
    uint32_t type = scan_of(f, extra)->type_of[rule];
    sx_reach reach = f->guard->reach[type];
    float least = f->least[type];
    bool needs = fact->required || (fact->context && least > 0);
    sx_candidate c = {.start = f->base + begin,
                      .end = f->base + end,
                      .score = score,
                      .rule = number_of(f, extra, rule),
                      .type = (uint16_t)type};
    if ((score < fact->raised || needs) && reach.words && sx_place_context(f, w, type, reach.before)) {
        if (fact->raised > c.score) c.score = fact->raised;
    } else if (needs || c.score < least) {
        if (reach.behind == 0 || fact->raised < least) return LLM_OK;
        c.waits = true;
        if (fact->raised > c.score) c.score = fact->raised;
    }
    return sx_filter_rule(f, &c) ? sx_filter_add(f, &c, err) : LLM_OK;
}

/* How the text from a place on begins. */
typedef struct sight {
    size_t longest; /* match */
    size_t word,
        bare; /* so many letters and digits, so many plain characters that are no letters, as far as a match reaches */
    bool looked;
} sight;

static void look(const sx_filter *f, const sx_window *w, sight *s)
{
    const uint8_t *fold = w->fold + f->at;
    if (s->looked) return;
    while (s->word < s->longest && (sx_ascii_letter(fold[s->word]) || sx_ascii_digit(fold[s->word]))) s->word++;
    while (s->bare < s->longest && fold[s->bare] < 0x80 && !sx_ascii_letter(fold[s->bare])) s->bare++;
    s->looked = true;
}

/* Would a match of the rule up to `len` count neither here nor, when it is not looked at, at a later place inside of it? That needs
 * a word of context which is missing, and none can end before the match does. */
static bool in_vain(sx_filter *f, const sx_window *w, sight *s, uint16_t rule, size_t len)
{
    const sx_scan *scan = &f->guard->rules->scan;
    const sx_fact *fact = &scan->facts[rule];
    uint32_t type = scan->type_of[rule];
    sx_reach reach = f->guard->reach[type];
    float least = f->least[type];
    bool needs = fact->required || (fact->context && least > 0);
    if (!needs && (fact->affirms || fact->score >= least)) return false;
    if (reach.behind != 0 && fact->raised >= least) return false;
    look(f, w, s);
    bool loose = scan->loose[type] || f->guard->extra.loose[type];
    if (!(fact->apart && len <= s->word) && (loose || len > s->bare)) return false;
    return !reach.words || !sx_place_context(f, w, type, reach.before);
}

/* What the rule has done at this place. */
static sx_try *try_of(sx_filter *f, uint16_t rule)
{
    sx_try *t = &f->tries[rule];
    if (t->place != f->try_n) *t = (sx_try){.place = f->try_n};
    return t;
}

/* Tries a rule at an end where it matches. */
static llm_status try_end(sx_filter *f, const sx_window *w, sight *s, uint16_t rule, const sx_scout_mark *mark,
                          const uint64_t *right, llm_error *err)
{
    const sx_scan *scan = &f->guard->rules->scan;
    size_t begin, end = f->at + mark->end;
    float score;
    if (mark->at > scan->facts[rule].span || f->covered[rule] > f->base + f->at) return LLM_OK;
    sx_try *t = try_of(f, rule);
    if (t->over || t->ends == SX_ACCEPT_MAX || t->checks == SX_TRIES_MAX) return LLM_OK;
    t->ends++;
    if (!sx_row_has(right, rule)) return LLM_OK;
    t->checks++;
    t->over = in_vain(f, w, s, rule, mark->end);
    if (t->over || !sx_rule_check(scan->rules[rule], w, f->at, end, &f->copy, &begin, &score)) return LLM_OK;
    t->over = true;
    f->covered[rule] = f->base + end;
    return weigh(f, w, false, rule, begin, end, score, err);
}

/* Tries what a walk's marks tell, the longest match first. */
static llm_status try_known(sx_filter *f, const sx_window *w, const sx_before *before, llm_error *err)
{
    const sx_scan *scan = &f->guard->rules->scan;
    llm_status status = LLM_OK;
    sight s = {.longest = f->walk.mark[f->walk.marks - 1].end};
    const uint64_t *left = sx_scan_beside_left(scan, before), *right = NULL;
    if (++f->try_n == 0) {
        memset(f->tries, 0, scan->rule_n * sizeof *f->tries);
        f->try_n = 1;
    }
    sx_copy_begin(&f->copy, before->cp);
    for (uint32_t m = f->walk.marks; m-- > 0 && status == LLM_OK;) {
        const sx_scout_mark *mark = &f->walk.mark[m];
        uint32_t n;
        right = NULL;
        const uint16_t *rules = sx_scout_matches(f->scout, mark, &n);
        for (uint32_t i = 0; i < n && status == LLM_OK; i++) {
            if (!sx_row_has(left, rules[i])) continue;
            if (right == NULL) right = sx_scan_beside_right(scan, w, f->at + mark->end);
            status = try_end(f, w, &s, rules[i], mark, right, err);
        }
    }
    return status;
}

/* What may begin at this place. When its second byte is not here yet, all that can begin with the first. *done is false when the
 * text ends before the scout can say. */
static llm_status begin_place(sx_filter *f, const sx_window *w, bool *done, llm_error *err)
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
    if (f->phase == SX_PLACE_SCOUT) {
        said = f->walk.said; /* as it was passed to, when it does not wait */
        if (said == SX_SCOUT_NONE || said == SX_SCOUT_MORE) {
            said = sx_scout_go(f->scout, w, f->at, f->max_span, &f->walk);
        }
    }
    if (said == SX_SCOUT_MORE && waits_in_vain(f, &before)) said = f->walk.marks > 0 ? SX_SCOUT_KNOWN : SX_SCOUT_NONE;
    *done = said != SX_SCOUT_MORE;
    if (!*done) return LLM_OK;
    if (said == SX_SCOUT_MAYBE) start_runs(f, &before);
    start_extra(f, &before);
    f->phase = SX_PLACE_RUNS;
    return said == SX_SCOUT_KNOWN ? try_known(f, w, &before, err) : LLM_OK;
}

llm_status sx_place_decide(sx_filter *f, const sx_window *w, bool *done, llm_error *err)
{
    llm_status status = LLM_OK;
    *done = f->phase == SX_PLACE_RUNS;
    if (!*done) status = begin_place(f, w, done, err);
    if (status != LLM_OK || !*done) return status;
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
    if (f->run_n > 0) sx_copy_begin(&f->copy, sx_window_before(w, f->at));
    for (size_t i = 0; i < f->run_n; i++) {
        const sx_run *run = &f->runs[i];
        size_t begin, end;
        float score;
        if (!sx_run_result(scan_of(f, run->extra), w, f->at, run, &f->copy, &begin, &end, &score)) continue;
        f->covered[number_of(f, run->extra, run->rule)] = f->base + end;
        status = weigh(f, w, run->extra, run->rule, begin, end, score, err);
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
