/* Asking the host's reviewer. Whatever it answers that is no decision blocks the text. */
#include "guard/stream/review.h"

enum { AROUND = 256 }; /* bytes of text shown at either side */

llm_status sx_guard_set_review(sx_guard *guard, llm_review_fn fn, void *user, llm_error *err)
{
    if (guard->frozen)
        return sx_fail(err, LLM_E_BUSY, "the guard is in use and cannot change; set the reviewer before");
    guard->review = fn;
    guard->review_user = user;
    return LLM_OK;
}

/* An offset into f->text moved to the beginning of a character. */
static size_t whole(const sx_filter *f, size_t at)
{
    for (unsigned i = 0; i < 3 && at > 0 && at < f->n && ((unsigned char)f->text[at] & 0xc0) == 0x80; i++) at--;
    return at;
}

static uint8_t ask(const sx_filter *f, const sx_candidate *c)
{
    size_t start = (size_t)(c->start - f->base), end = (size_t)(c->end - f->base);
    size_t from = whole(f, start > AROUND ? start - AROUND : 0);
    size_t to = end + AROUND < f->at ? whole(f, end + AROUND) : f->at > end ? f->at : end;
    const llm_review r = {.struct_size = sizeof r,
                          .direction = 1u << f->direction,
                          .type = sx_guard_type_name(f->guard, c->type),
                          .rule = sx_filter_rule_name(f, c->rule),
                          .label = c->ruling->label,
                          .text = f->text + from,
                          .len = to - from,
                          .start = start - from,
                          .end = end - from,
                          .offset = f->base + from,
                          .score = (double)c->score};
    uint32_t said = f->guard->review(f->guard->review_user, &r);
    bool known = said >= LLM_ACTION_ALLOW && said <= LLM_ACTION_BLOCK;
    if (said == LLM_ACTION_PSEUDONYM && f->guard->vault == NULL) known = false;
    return known ? (uint8_t)said : LLM_ACTION_BLOCK;
}

/* Takes into c those behind it in the group that change the text and meet it. */
static void swallow(sx_filter *f, size_t i)
{
    sx_candidate *c = &f->cand[i];
    size_t kept = 0;
    for (bool grew = true; grew;) {
        grew = false;
        kept = 0;
        for (size_t k = 0; k < f->cand_n; k++) {
            sx_candidate *o = &f->cand[k];
            if (o == c || !sx_action_edits(o->action) || o->end <= c->start || o->start >= c->end) continue;
            if (o->start < c->start || o->end > c->end) {
                if (o->start < c->start) c->start = o->start;
                if (o->end > c->end) c->end = o->end;
                grew = true;
            }
        }
    }
    sx_candidate mine = *c;
    for (size_t k = 0; k < f->cand_n; k++) {
        sx_candidate *o = &f->cand[k];
        bool met = o != c && sx_action_edits(o->action) && o->end > mine.start && o->start < mine.end;
        if (!met) f->cand[kept++] = f->cand[k];
    }
    f->cand_n = kept;
}

void sx_filter_review(sx_filter *f)
{
    if (f->guard->review == NULL) return;
    for (size_t i = 0; i < f->cand_n; i++) {
        if (f->cand[i].action != LLM_ACTION_REVIEW) continue;
        f->cand[i].action = ask(f, &f->cand[i]);
        f->cand[i].decided = sx_action_edits(f->cand[i].action);
    }
    for (size_t i = 0; i < f->cand_n;) {
        size_t n = f->cand_n;
        if (f->cand[i].decided) {
            f->cand[i].decided = false;
            swallow(f, i);
        }
        i = n == f->cand_n ? i + 1 : 0;
    }
}
