/* What a policy lets pass: values, ends of values and patterns, for all types or for some. */
#include <string.h>

#include "guard/policy/read.h"

/* "value", or {"value" or "pattern", "types"}. */
typedef struct allowed {
    const char *value, *pattern;
    const sx_json *pattern_at; /* where the pattern stands, for errors */
    const sx_json *types;      /* NULL: all */
} allowed;

static llm_status allowed_value(sx_policy_reader *r, const sx_json *v, void *into)
{
    return sx_policy_string(r, v, 1000, &((allowed *)into)->value);
}

static llm_status allowed_pattern(sx_policy_reader *r, const sx_json *v, void *into)
{
    ((allowed *)into)->pattern_at = v;
    return sx_policy_string(r, v, SX_POLICY_PATTERN_BYTES, &((allowed *)into)->pattern);
}

static llm_status allowed_types(sx_policy_reader *r, const sx_json *v, void *into)
{
    ((allowed *)into)->types = v;
    return sx_policy_is(r, v, SX_JSON_ARRAY);
}

static llm_status each_type(sx_policy_reader *r, const allowed *a, sx_policy_type_fn fn, void *user)
{
    llm_status status = LLM_OK;
    for (const sx_json *t = a->types->first; t != NULL && status == LLM_OK; t = t->next)
        status = sx_policy_types(r, t, fn, user);
    return status;
}

typedef struct allowing {
    sx_policy_reader *r;
    const char *value;
} allowing;

static llm_status allow_type(void *user, uint32_t type, bool named)
{
    const allowing *a = user;
    (void)named;
    return sx_allow_add(&a->r->guard->allow, a->value, strlen(a->value), sx_guard_type_name(a->r->guard, type), NULL);
}

static llm_status add_value(sx_policy_reader *r, const sx_json *at, const allowed *a)
{
    llm_error err = LLM_ERROR_INIT;
    allowing to = {r, a->value};
    if (a->types != NULL) return each_type(r, a, allow_type, &to);
    return sx_policy_pass_on(r, sx_allow_add(&r->guard->allow, a->value, strlen(a->value), NULL, &err), at, &err);
}

static llm_status mark_type(void *user, uint32_t type, bool named)
{
    sx_type_set *set = user;
    (void)named;
    set->bits[type / 64] |= (uint64_t)1 << type % 64;
    return LLM_OK;
}

static llm_status add_pattern(sx_policy_reader *r, const allowed *a)
{
    llm_error err = LLM_ERROR_INIT;
    sx_type_set types;
    memset(&types, a->types == NULL ? 0xff : 0, sizeof types);
    llm_status status = sx_policy_pattern_room(r, a->pattern_at);
    if (status == LLM_OK && a->types != NULL) status = each_type(r, a, mark_type, &types);
    if (status != LLM_OK) return status;
    status = sx_allow_add_pattern(&r->guard->allow, r->compiler, a->pattern, &types, &err);
    return sx_policy_pass_on(r, status, a->pattern_at, &err);
}

static llm_status one_allowed(sx_policy_reader *r, const sx_json *v)
{
    static const sx_policy_field FIELDS[] = {
        {"value", allowed_value}, {"pattern", allowed_pattern}, {"types", allowed_types}, {"comment", NULL}};
    allowed a = {NULL, NULL, NULL, NULL};
    llm_status status = v->kind == SX_JSON_STRING ? allowed_value(r, v, &a)
                                                  : sx_policy_object(r, v, FIELDS, sizeof FIELDS / sizeof *FIELDS, &a);
    if (status != LLM_OK) return status;
    if ((a.value == NULL) == (a.pattern == NULL))
        return sx_policy_fail(r, LLM_E_FORMAT, v, "what is allowed needs its \"value\" or its \"pattern\"%s",
                              a.value != NULL ? ", not both" : "");
    return a.pattern != NULL ? add_pattern(r, &a) : add_value(r, v, &a);
}

llm_status sx_policy_allow(sx_policy_reader *r, const sx_json *v, void *into)
{
    llm_status status = sx_policy_is(r, v, SX_JSON_ARRAY);
    (void)into;
    for (const sx_json *m = status == LLM_OK ? v->first : NULL; m != NULL && status == LLM_OK; m = m->next)
        status = one_allowed(r, m);
    return status;
}
