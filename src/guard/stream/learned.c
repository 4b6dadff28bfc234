/* The learned parts beside the rules: which are on, feeding them, and what they found as candidates. */
#include "guard/stream/learned.h"

#include <string.h>

#include "platform/crypto.h"
#include "platform/utf8.h"
#include "sextant.h"

enum { RULE_TAGS = SX_RULE_LEARNED, RULE_ATTACK, RULE_HARM };

enum { LOOK_BACK = 32 }; /* findings compared with a told one */

static const char *const TAG_TYPES[SX_TAG_TYPES] = {"PERSON", "LOCATION", "ORGANIZATION", "ADDRESS",
                                                    "AGE",    "NRP",      "TITLE"};
static const char *const HEAD_TYPES[SX_JUDGE_HEADS] = {"PROMPT_INJECTION", "HARMFUL"};

const char *sx_learned_rule(uint16_t rule)
{
    if (rule == RULE_TAGS) return "recogniser";
    if (rule == RULE_ATTACK) return "attack-scorer";
    return sx_judge_category((unsigned)(rule - RULE_HARM));
}

/* A guess changes the text only where its type was named. */
static bool may_edit(const sx_filter *f, uint32_t type)
{
    return f->named[type] && sx_guard_may_edit(f->guard, type, f->direction, f->asked[type]);
}

/* A guess at a type that nobody named is only told. */
static bool rule_guess(sx_filter *f, sx_candidate *c)
{
    static const sx_ruling TELL = {.action = LLM_ACTION_ALLOW, .label = "", .next = SX_RULING_NONE};
    if (f->named[c->type]) return sx_filter_rule(f, c);
    c->ruling = &TELL;
    c->action = LLM_ACTION_ALLOW;
    return c->score >= f->floor && !sx_filter_allowed(f, c);
}

llm_status sx_learned_open(sx_filter *f, llm_error *err)
{
    bool tags = false, tags_hold = false, judge = false, holds = false;
    bool tag_edits[SX_TAG_TYPES], head_edits[SX_JUDGE_HEADS];
    uint32_t types[SX_TAG_TYPES], heads[SX_JUDGE_HEADS];
    for (unsigned t = 0; t < SX_TAG_TYPES; t++) {
        types[t] = sx_guard_type_index(TAG_TYPES[t], strlen(TAG_TYPES[t]));
        tag_edits[t] = f->wanted[types[t]] && may_edit(f, types[t]);
        tags = tags || f->wanted[types[t]];
        tags_hold = tags_hold || tag_edits[t];
    }
    for (unsigned h = 0; h < SX_JUDGE_HEADS; h++) {
        heads[h] = sx_guard_type_index(HEAD_TYPES[h], strlen(HEAD_TYPES[h]));
        head_edits[h] = f->wanted[heads[h]] && sx_guard_may_edit(f->guard, heads[h], f->direction, f->asked[heads[h]]);
        judge = judge || f->wanted[heads[h]];
        holds = holds || head_edits[h];
    }
    if (!tags && !judge) return LLM_OK;
    sx_learned *l = f->learned = sx_mem_zalloc(f->mem, sizeof *l);
    if (l == NULL) return sx_fail_memory(err);
    l->mem = f->mem;
    l->tags_on = tags;
    l->tags_hold = tags_hold;
    memcpy(l->tag_edits, tag_edits, sizeof tag_edits);
    memcpy(l->head_edits, head_edits, sizeof head_edits);
    l->judge_holds = holds;
    memcpy(l->tag_type, types, sizeof types);
    memcpy(l->head_type, heads, sizeof heads);
    if (tags) sx_tag_model_shipped(&l->tag_model);
    if (!judge) return LLM_OK;
    l->judge = sx_mem_alloc(f->mem, sizeof *l->judge);
    if (l->judge == NULL) return sx_fail_memory(err);
    sx_judge_begin(l->judge);
    sx_judge_model_shipped(&l->judge_model);
    return LLM_OK;
}

void sx_learned_close(sx_learned *l)
{
    if (l == NULL) return;
    if (l->judge != NULL) sx_wipe(l->judge, sizeof *l->judge);
    sx_mem_free(l->mem, l->judge);
    sx_mem_free(l->mem, l);
}

/* Do the rules see something there? All that begin inside it are known by now, decided or not. */
static bool seen_otherwise(const sx_filter *f, const sx_candidate *c)
{
    for (size_t i = 0; i < f->cand_n; i++) {
        if (f->cand[i].start < c->end && f->cand[i].end > c->start) return true;
    }
    for (size_t i = f->found_n, n = 0; i-- > 0 && n < LOOK_BACK; n++) {
        if (f->found[i].start < c->end && f->found[i].end > c->start) return true;
    }
    return false;
}

static llm_status add_tags(sx_filter *f, const sx_tag_hit *hits, unsigned n, llm_error *err)
{
    llm_status status = LLM_OK;
    for (unsigned i = 0; i < n && status == LLM_OK; i++) {
        uint32_t type = f->learned->tag_type[hits[i].type];
        if (!f->wanted[type]) continue;
        if (f->guard->params.max_hold > 0 && hits[i].end - hits[i].start > f->max_span) continue;
        sx_candidate c = {.start = hits[i].start,
                          .end = hits[i].end,
                          .score = hits[i].score,
                          .rule = RULE_TAGS,
                          .type = (uint16_t)type};
        if (!rule_guess(f, &c)) continue;
        if (f->learned->tag_edits[hits[i].type])
            status = sx_filter_add(f, &c, err);
        else if (!seen_otherwise(f, &c))
            status = sx_filter_record(f, &c, err);
    }
    return status;
}

static llm_status add_judgement(sx_filter *f, const sx_judge_score *score, llm_error *err)
{
    sx_learned *l = f->learned;
    llm_status status = LLM_OK;
    for (unsigned h = 0; h < SX_JUDGE_HEADS && status == LLM_OK; h++) {
        if (!f->wanted[l->head_type[h]]) continue;
        sx_candidate c = {.start = l->judge->start,
                          .end = l->judge->end,
                          .score = score->p[h],
                          .rule = (uint16_t)(h == SX_JUDGE_ATTACK ? RULE_ATTACK : RULE_HARM + score->category),
                          .type = (uint16_t)l->head_type[h]};
        if (!sx_filter_rule(f, &c)) continue;
        status = l->head_edits[h] ? sx_filter_add(f, &c, err) : sx_filter_record(f, &c, err);
    }
    return status;
}

llm_status sx_learned_read(sx_filter *f, llm_error *err)
{
    sx_learned *l = f->learned;
    llm_status status = LLM_OK;
    while (status == LLM_OK && l->at < f->base + f->at) {
        size_t i = (size_t)(l->at - f->base), len = 1;
        uint32_t cp = (unsigned char)f->text[i];
        if (cp >= 0x80) cp = sx_utf8_next(f->text + i, f->avail - i, &len);
        uint64_t end = l->at + len;
        if (l->tags_on) {
            sx_tag_hit hits[SX_TAG_HITS];
            unsigned n = sx_tag_next(&l->tag_model, &l->tags, cp, l->at, end, hits);
            if (n > 0) status = add_tags(f, hits, n, err);
        }
        if (l->judge != NULL && status == LLM_OK) {
            sx_judge_score score;
            if (sx_judge_next(&l->judge_model, l->judge, cp, end, &score)) {
                status = add_judgement(f, &score, err);
                sx_judge_begin_next(l->judge);
            }
        }
        l->at = end;
    }
    return status;
}

llm_status sx_learned_finish(sx_filter *f, llm_error *err)
{
    sx_learned *l = f->learned;
    llm_status status = LLM_OK;
    if (l->tags_on) {
        sx_tag_hit hits[SX_TAG_HITS];
        unsigned n = sx_tag_finish(&l->tag_model, &l->tags, hits);
        status = add_tags(f, hits, n, err);
    }
    sx_judge_score score;
    if (status == LLM_OK && l->judge != NULL && sx_judge_finish(&l->judge_model, l->judge, &score))
        status = add_judgement(f, &score, err);
    return status;
}

uint64_t sx_learned_pending(const sx_learned *l)
{
    uint64_t pending = l->tags_hold ? sx_tag_pending(&l->tags) : UINT64_MAX;
    if (l->judge_holds && l->judge->start < pending) pending = l->judge->start;
    return pending;
}
