/* The rules of a policy: what is done with which types, where, from which score on. */
#include <string.h>

#include "guard/policy/read.h"
#include "platform/utf8.h"

typedef struct rule {
    sx_ruling ruling;
    uint32_t directions;
    const sx_json *types;
} rule;

static llm_status rule_types(sx_policy_reader *r, const sx_json *v, void *into)
{
    ((rule *)into)->types = v;
    return v->kind == SX_JSON_STRING ? LLM_OK : sx_policy_is(r, v, SX_JSON_ARRAY);
}

static llm_status one_direction(sx_policy_reader *r, const sx_json *v, rule *into)
{
    static const char *const NAMES[] = {"input", "evidence", "output"};
    const char *name = NULL;
    llm_status status = sx_policy_string(r, v, 40, &name);
    for (unsigned d = 0; d < 3 && status == LLM_OK; d++) {
        if (strcmp(NAMES[d], name) != 0) continue;
        into->directions |= 1u << d;
        return LLM_OK;
    }
    if (status != LLM_OK) return status;
    return sx_policy_fail(r, LLM_E_FORMAT, v, "\"%s\" is no direction; there are input, evidence and output", name);
}

static llm_status rule_directions(sx_policy_reader *r, const sx_json *v, void *into)
{
    if (v->kind == SX_JSON_STRING) return one_direction(r, v, into);
    llm_status status = sx_policy_is(r, v, SX_JSON_ARRAY);
    if (status == LLM_OK && v->count == 0)
        return sx_policy_fail(r, LLM_E_FORMAT, v, "a list of directions names at least one");
    for (const sx_json *m = status == LLM_OK ? v->first : NULL; m != NULL && status == LLM_OK; m = m->next)
        status = one_direction(r, m, into);
    return status;
}

static llm_status rule_min_score(sx_policy_reader *r, const sx_json *v, void *into)
{
    double score = 0;
    llm_status status = sx_policy_number(r, v, 0.001, 1, &score);
    ((rule *)into)->ruling.min_score = (float)score;
    return status;
}

static llm_status rule_action(sx_policy_reader *r, const sx_json *v, void *into)
{
    return sx_policy_action(r, v, &((rule *)into)->ruling.action);
}

static llm_status keep_text(sx_policy_reader *r, const sx_json *v, size_t max, const char **out)
{
    const char *text = NULL;
    llm_status status = sx_policy_string(r, v, max, &text);
    if (status != LLM_OK) return status;
    *out = sx_arena_strndup(&r->guard->arena, text, strlen(text));
    return *out != NULL ? LLM_OK : sx_fail_memory(r->err);
}

static llm_status rule_label(sx_policy_reader *r, const sx_json *v, void *into)
{
    return keep_text(r, v, 100, &((rule *)into)->ruling.label);
}

static llm_status rule_with(sx_policy_reader *r, const sx_json *v, void *into)
{
    return keep_text(r, v, 200, &((rule *)into)->ruling.with);
}

static llm_status count_of(sx_policy_reader *r, const sx_json *v, uint16_t *out)
{
    double n = 0;
    llm_status status = sx_policy_number(r, v, 0, 100, &n);
    *out = (uint16_t)n;
    return status;
}

static llm_status rule_first(sx_policy_reader *r, const sx_json *v, void *into)
{
    return count_of(r, v, &((rule *)into)->ruling.keep_first);
}

static llm_status rule_last(sx_policy_reader *r, const sx_json *v, void *into)
{
    return count_of(r, v, &((rule *)into)->ruling.keep_last);
}

static llm_status rule_mask_with(sx_policy_reader *r, const sx_json *v, void *into)
{
    const char *text = NULL;
    size_t step = 0;
    sx_ruling *ruling = &((rule *)into)->ruling;
    llm_status status = sx_policy_string(r, v, 4, &text);
    if (status != LLM_OK) return status;
    if (sx_utf8_next(text, v->len, &step) == SX_UTF8_BAD || step != v->len)
        return sx_policy_fail(r, LLM_E_FORMAT, v, "a mask is made of one character, such as *");
    memcpy(ruling->mask, text, step);
    ruling->mask_len = (uint8_t)step;
    return LLM_OK;
}

static llm_status mask_some(sx_policy_reader *r, const sx_json *v, rule *into, bool end)
{
    if (into->ruling.mask_counts)
        return sx_policy_fail(r, LLM_E_FORMAT, v, "a mask covers its first or its last characters, not both");
    into->ruling.mask_counts = true;
    into->ruling.mask_end = end;
    return count_of(r, v, &into->ruling.mask_n);
}

static llm_status rule_mask_first(sx_policy_reader *r, const sx_json *v, void *into)
{
    return mask_some(r, v, into, false);
}

static llm_status rule_mask_last(sx_policy_reader *r, const sx_json *v, void *into)
{
    return mask_some(r, v, into, true);
}

static llm_status rule_format(sx_policy_reader *r, const sx_json *v, void *into)
{
    llm_status status = sx_policy_is(r, v, SX_JSON_BOOL);
    ((rule *)into)->ruling.keep_format = v->truth;
    return status;
}

static llm_status rule_hash(sx_policy_reader *r, const sx_json *v, void *into)
{
    static const char *const NAMES[] = {"key", "sha256", "sha512"};
    const char *name = NULL;
    llm_status status = sx_policy_string(r, v, 40, &name);
    for (uint8_t i = 0; i < 3 && status == LLM_OK; i++) {
        if (strcmp(NAMES[i], name) != 0) continue;
        ((rule *)into)->ruling.hash = i;
        return LLM_OK;
    }
    if (status != LLM_OK) return status;
    return sx_policy_fail(r, LLM_E_FORMAT, v, "\"%s\" is no hash; there are key, sha256 and sha512", name);
}

static llm_status rule_salt(sx_policy_reader *r, const sx_json *v, void *into)
{
    return keep_text(r, v, 200, &((rule *)into)->ruling.salt);
}

typedef struct adding {
    sx_policy_reader *r;
    const rule *rule;
} adding;

static llm_status add(void *user, uint32_t type, bool named)
{
    const adding *a = user;
    return sx_guard_add_ruling(a->r->guard, type, a->rule->directions, named, &a->rule->ruling, a->r->err);
}

static llm_status read_rule(sx_policy_reader *r, const sx_json *v)
{
    static const sx_policy_field FIELDS[] = {
        {"types", rule_types},
        {"directions", rule_directions},
        {"min_score", rule_min_score},
        {"action", rule_action},
        {"label", rule_label},
        {"replace_with", rule_with},
        {"keep_first", rule_first},
        {"keep_last", rule_last},
        {"mask_with", rule_mask_with},
        {"mask_first", rule_mask_first},
        {"mask_last", rule_mask_last},
        {"keep_format", rule_format},
        {"hash_with", rule_hash},
        {"salt", rule_salt},
        {"comment", NULL},
        {"source", NULL},
    };
    rule one = {.ruling = {.keep_last = 4, .label = "", .next = SX_RULING_NONE}};
    adding to = {r, &one};
    llm_status status = sx_policy_object(r, v, FIELDS, sizeof FIELDS / sizeof *FIELDS, &one);
    if (status == LLM_OK && (one.types == NULL || one.ruling.action == 0))
        return sx_policy_fail(r, LLM_E_FORMAT, v, "a rule needs \"types\" and an \"action\"");
    if (status != LLM_OK) return status;
    if (one.directions == 0) one.directions = LLM_DIR_ALL;
    if (one.types->kind == SX_JSON_STRING) return sx_policy_types(r, one.types, add, &to);
    for (const sx_json *t = one.types->first; t != NULL && status == LLM_OK; t = t->next)
        status = sx_policy_types(r, t, add, &to);
    return status;
}

llm_status sx_policy_rules(sx_policy_reader *r, const sx_json *v)
{
    llm_status status = sx_policy_is(r, v, SX_JSON_ARRAY);
    if (status == LLM_OK && v->count > SX_POLICY_RULES_MAX)
        return sx_policy_fail(r, LLM_E_LIMIT, v, "a policy has at most %d rules, this one %u", SX_POLICY_RULES_MAX,
                              v->count);
    for (const sx_json *m = status == LLM_OK ? v->first : NULL; m != NULL && status == LLM_OK; m = m->next)
        status = read_rule(r, m);
    return status;
}

/* {"EMAIL_ADDRESS": "mask"}: the short form, for all directions. */
llm_status sx_policy_actions(sx_policy_reader *r, const sx_json *v)
{
    llm_status status = sx_policy_is(r, v, SX_JSON_OBJECT);
    if (status == LLM_OK && v->count > SX_POLICY_RULES_MAX)
        return sx_policy_fail(r, LLM_E_LIMIT, v, "\"actions\" has at most %d entries", SX_POLICY_RULES_MAX);
    for (const sx_json *m = status == LLM_OK ? v->first : NULL; m != NULL && status == LLM_OK; m = m->next) {
        rule one = {.ruling = {.keep_last = 4, .label = "", .next = SX_RULING_NONE}, .directions = LLM_DIR_ALL};
        adding to = {r, &one};
        sx_json key = {.kind = SX_JSON_STRING, .text = m->key, .len = m->key_len, .at = m->at};
        status = sx_policy_action(r, m, &one.ruling.action);
        if (status == LLM_OK) status = sx_policy_types(r, &key, add, &to);
    }
    return status;
}
