/* Choosing among candidates that touch each other, and writing the text with what was chosen.
 *
 * The order, documented: findings that cover data (ALLOW and REPLACE to PSEUDONYM) compete with each other; those that change
 * the text go before those that only report, then the higher score, the longer span, the earlier row of the tables, the
 * earlier start. Findings that judge the text (REVIEW, BLOCK) compete among themselves in the same way, BLOCK first, and may
 * lie over the others, so that a person's name inside a suspicious sentence hides neither. */
#include <string.h>

#include "guard/redact/redact.h"
#include "guard/stream/learned.h"
#include "guard/stream/review.h"
#include "guard/vault/vault.h"

static bool judges(const sx_candidate *c)
{
    return c->action >= LLM_ACTION_REVIEW;
}

/* Strength of the action within its layer. */
static unsigned rank(const sx_candidate *c)
{
    if (c->action == LLM_ACTION_BLOCK || sx_action_edits(c->action)) return 1;
    return 0;
}

bool sx_stronger(const sx_candidate *a, const sx_candidate *b)
{
    if (rank(a) != rank(b)) return rank(a) > rank(b);
    if (a->score != b->score) return a->score > b->score;
    uint64_t la = a->end - a->start, lb = b->end - b->start;
    if (la != lb) return la > lb;
    if (a->rule != b->rule) return a->rule < b->rule;
    return a->start < b->start;
}

static bool earlier(const sx_candidate *a, const sx_candidate *b)
{
    if (a->start != b->start) return a->start < b->start;
    return a->end != b->end ? a->end < b->end : a->rule < b->rule;
}

typedef bool (*before_fn)(const sx_candidate *, const sx_candidate *);

static void sift(sx_candidate *v, size_t i, size_t n, before_fn before)
{
    sx_candidate x = v[i];
    for (size_t k; (k = 2 * i + 1) < n; i = k) {
        if (k + 1 < n && before(&v[k], &v[k + 1])) k++;
        if (!before(&x, &v[k])) break;
        v[i] = v[k];
    }
    v[i] = x;
}

/* By insertion, where groups are short; heapsort, which has no worst case, for hostile ones. */
static void sort(sx_candidate *v, size_t n, before_fn before)
{
    enum { FEW = 12 };
    for (size_t i = 1; i < n && n <= FEW; i++) {
        if (!before(&v[i], &v[i - 1])) continue;
        sx_candidate x = v[i];
        size_t k = i;
        for (; k > 0 && before(&x, &v[k - 1]); k--) v[k] = v[k - 1];
        v[k] = x;
    }
    if (n <= FEW) return;
    for (size_t i = n / 2; i-- > 0;) sift(v, i, n, before);
    for (size_t i = n; i-- > 1;) {
        sx_candidate x = v[0];
        v[0] = v[i];
        v[i] = x;
        sift(v, 0, i, before);
    }
}

/* The text that must be seen before a candidate can be decided. */
static uint64_t wait_of(const sx_filter *f, const sx_candidate *c)
{
    return c->waits ? c->end + f->guard->reach[c->type].behind : c->end;
}

bool sx_filter_allowed(sx_filter *f, const sx_candidate *c)
{
    const sx_allow *allow = &f->guard->allow;
    bool yes = false;
    if (sx_allow_empty(allow) || c->start < f->base) return false;
    size_t start = (size_t)(c->start - f->base), len = (size_t)(c->end - c->start);
    if (sx_allow_matches(allow, f->fold + start, len, c->type)) return true;
    llm_status status = sx_allow_has(allow, &f->allowed, f->text + start, len, sx_guard_type_name(f->guard, c->type),
                                     &yes);
    return status == LLM_OK && yes; /* without memory the finding stands */
}

bool sx_filter_rule(sx_filter *f, sx_candidate *c)
{
    c->ruling = sx_guard_ruling(f->guard, c->type, f->direction, c->score, f->floor, f->asked[c->type]);
    if (c->ruling == NULL || sx_filter_allowed(f, c)) return false;
    c->action = c->ruling->action;
    return true;
}

llm_status sx_filter_add(sx_filter *f, const sx_candidate *c, llm_error *err)
{
    if (c->start < f->limit) return LLM_OK; /* its place was given up to the bound on holding */
    if (sx_mem_grow(f->mem, (void **)&f->cand, &f->cand_cap, f->cand_n + 1, sizeof *f->cand))
        return sx_fail_memory(err);
    uint64_t wait = wait_of(f, c);
    if (f->cand_n == 0) {
        f->cand_start = c->start;
        f->cand_end = c->end;
        f->cand_wait = wait;
    }
    if (c->start < f->cand_start) f->cand_start = c->start;
    if (c->end > f->cand_end) f->cand_end = c->end;
    if (wait < f->cand_wait) f->cand_wait = wait;
    f->cand[f->cand_n++] = *c;
    return LLM_OK;
}

/* A waiting candidate counts if a word of its context stands behind it. */
static bool context_came(sx_filter *f, const sx_candidate *c)
{
    uint64_t began[SX_TYPE_MAX];
    memset(began, 0, sx_guard_type_count(f->guard) * sizeof *began);
    /* up to the place being decided, not to what happens to have arrived: cuts may not matter */
    sx_window w = {f->text, f->fold, f->at, false};
    size_t from = (size_t)(c->end - f->base), to = from + f->guard->reach[c->type].behind;
    if (to > f->at) to = f->at;
    (void)sx_scan_context(&f->guard->rules->scan, &w, from, to, f->base, began);
    if (f->guard->extra.context.words.word_n > 0) (void)sx_scan_context(&f->guard->extra, &w, from, to, f->base, began);
    return began[c->type] > 0;
}

/* Keeps the winners at the front of the group, in order of start. */
static llm_status choose(sx_filter *f, llm_error *err)
{
    size_t span = (size_t)(f->cand_end - f->cand_start), kept = 0;
    if (f->cand_n == 1) {
        if (f->cand[0].waits && !context_came(f, &f->cand[0])) f->cand_n = 0;
        return LLM_OK;
    }
    if (sx_mem_grow(f->mem, (void **)&f->taken, &f->taken_cap, 2 * span, 1)) return sx_fail_memory(err);
    memset(f->taken, 0, 2 * span);
    sort(f->cand, f->cand_n, sx_stronger);
    for (size_t i = 0; i < f->cand_n; i++) {
        sx_candidate *c = &f->cand[i];
        uint8_t *layer = f->taken + (judges(c) ? span : 0) + (c->start - f->cand_start);
        size_t len = (size_t)(c->end - c->start);
        if (memchr(layer, 1, len) != NULL || (c->waits && !context_came(f, c))) continue;
        memset(layer, 1, len);
        f->cand[kept++] = *c;
    }
    f->cand_n = kept;
    sort(f->cand, kept, earlier);
    return LLM_OK;
}

const char *sx_filter_rule_name(const sx_filter *f, uint16_t rule)
{
    size_t tables = f->guard->rules->scan.rule_n;
    if (rule == UINT16_MAX) return "word-list";
    if (rule >= SX_RULE_LEARNED) return sx_learned_rule(rule);
    if (rule >= SX_RULE_HOST) return f->guard->recognisers[rule - SX_RULE_HOST].name;
    return rule < tables ? f->guard->rules->scan.rules[rule]->name : f->guard->extra.rules[rule - tables]->name;
}

llm_status sx_filter_record(sx_filter *f, const sx_candidate *c, llm_error *err)
{
    static const uint8_t VERDICT[] = {0,
                                      LLM_VERDICT_ALLOW,
                                      LLM_VERDICT_REDACT,
                                      LLM_VERDICT_REDACT,
                                      LLM_VERDICT_REDACT,
                                      LLM_VERDICT_REDACT,
                                      LLM_VERDICT_REDACT,
                                      LLM_VERDICT_REVIEW,
                                      LLM_VERDICT_BLOCK};
    if (sx_mem_grow(f->mem, (void **)&f->found, &f->found_cap, f->found_n + 1, sizeof *f->found))
        return sx_fail_memory(err);
    sx_finding *found = &f->found[f->found_n++];
    *found = (sx_finding){.type = sx_guard_type_name(f->guard, c->type),
                          .rule = sx_filter_rule_name(f, c->rule),
                          .label = c->ruling->label,
                          .start = c->start,
                          .end = c->end,
                          .score = c->score,
                          .action = c->action};
    if (f->guard->audit != NULL && c->start >= f->base && c->end <= f->base + f->n)
        sx_audit_mark(f->guard->audit, found->type, f->text + (c->start - f->base), (size_t)(c->end - c->start),
                      found->mark);
    if (VERDICT[c->action] > f->verdict) f->verdict = VERDICT[c->action];
    return LLM_OK;
}

static llm_status open_vault(sx_filter *f, llm_error *err)
{
    if (f->vault_open) return LLM_OK;
    llm_status status = sx_vault_begin(f->guard->vault, err);
    f->vault_open = status == LLM_OK;
    return status;
}

/* One byte of text that stays: does it complete a placeholder? Depends on the text alone, never on how it was cut. */
static llm_status literal(sx_filter *f, char c, llm_error *err)
{
    bool inside = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (c == '<') f->literal_n = 0;
    if (c != '<' && f->literal_n == 0) return LLM_OK;
    if ((c != '<' && c != '>' && !inside) || f->literal_n == sizeof f->literal) {
        f->literal_n = 0;
        return LLM_OK;
    }
    f->literal[f->literal_n++] = c;
    if (c != '>') return LLM_OK;
    size_t n = f->literal_n;
    f->literal_n = 0;
    llm_status status = open_vault(f, err);
    return status == LLM_OK ? sx_vault_reserve(f->guard->vault, f->literal, n, err) : status;
}

llm_status sx_filter_pass(sx_filter *f, size_t to, sx_buf *out, llm_error *err)
{
    llm_status status = LLM_OK;
    if (f->guard->pseudonyms) {
        const char *text = f->text;
        for (size_t i = f->out; i < to && status == LLM_OK; i++) {
            if (f->literal_n == 0) {
                const char *open = memchr(text + i, '<', to - i);
                if (open == NULL) break;
                i = (size_t)(open - text);
            }
            status = literal(f, text[i], err);
        }
    }
    sx_buf_add(out, f->text + f->out, to - f->out);
    f->out = to;
    return status;
}

static llm_status edit(sx_filter *f, const sx_candidate *c, sx_buf *out, llm_error *err)
{
    size_t start = (size_t)(c->start - f->base), end = (size_t)(c->end - f->base);
    llm_status status = sx_filter_pass(f, start, out, err);
    f->out = end;
    f->literal_n = 0;
    if (status == LLM_OK && c->action == LLM_ACTION_PSEUDONYM) status = open_vault(f, err);
    if (status != LLM_OK) return status;
    return sx_redact(f->guard, sx_guard_type_name(f->guard, c->type), c->ruling, c->action, f->text + start,
                     end - start, out, err);
}

/* The group in f->cand is complete: chooses the findings, edits the text. */
static llm_status resolve_group(sx_filter *f, sx_buf *out, llm_error *err)
{
    llm_status status = choose(f, err);
    if (status == LLM_OK) sx_filter_review(f);
    for (size_t i = 0; status == LLM_OK && i < f->cand_n; i++) {
        f->blocked = f->blocked || f->cand[i].action == LLM_ACTION_BLOCK;
        status = sx_filter_record(f, &f->cand[i], err);
    }
    if (status == LLM_OK && f->blocked) status = sx_filter_pass(f, (size_t)(f->cand_start - f->base), out, err);
    for (size_t i = 0; status == LLM_OK && !f->blocked && i < f->cand_n; i++) {
        if (sx_action_edits(f->cand[i].action)) status = edit(f, &f->cand[i], out, err);
    }
    if (f->cand_end > f->limit) f->limit = f->cand_end;
    f->cand_n = 0;
    return status;
}

/* The first group of candidates that touch each other, in a list by start: its size and what must be seen before it is decided. */
static size_t first_group(sx_filter *f, uint64_t *wait)
{
    size_t n = 0;
    f->cand_start = f->cand[0].start;
    f->cand_end = f->cand[0].end;
    *wait = 0;
    for (; n < f->cand_n && (n == 0 || f->cand[n].start < f->cand_end); n++) {
        uint64_t mine = wait_of(f, &f->cand[n]);
        if (f->cand[n].end > f->cand_end) f->cand_end = f->cand[n].end;
        if (mine > *wait) *wait = mine;
    }
    return n;
}

llm_status sx_filter_resolve(sx_filter *f, bool all, sx_buf *out, llm_error *err)
{
    llm_status status = LLM_OK;
    sort(f->cand, f->cand_n, earlier);
    while (status == LLM_OK && f->cand_n > 0 && !f->blocked) {
        uint64_t wait;
        size_t n = first_group(f, &wait), rest = f->cand_n - n;
        if (!all && wait > f->limit) {
            f->cand_wait = wait;
            for (size_t i = n; i < f->cand_n; i++) {
                if (f->cand[i].end > f->cand_end) f->cand_end = f->cand[i].end;
            }
            return LLM_OK;
        }
        f->cand_n = n;
        status = resolve_group(f, out, err);
        memmove(f->cand, f->cand + n, rest * sizeof *f->cand);
        f->cand_n = rest;
    }
    if (f->blocked) f->cand_n = 0;
    return status;
}
