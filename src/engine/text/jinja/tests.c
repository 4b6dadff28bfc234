/* Tests: what stands behind "is". */
#include <string.h>

#include "engine/text/jinja/jinja.h"
#include "platform/unicode.h"
#include "platform/utf8.h"

typedef bool (*test_fn)(jx_run *r, const jx_value *v, const jx_value *arg);

static bool t_defined(jx_run *r, const jx_value *v, const jx_value *arg) { (void)r, (void)arg; return v->type != JX_UNDEFINED; }
static bool t_undefined(jx_run *r, const jx_value *v, const jx_value *arg) { (void)r, (void)arg; return v->type == JX_UNDEFINED; }
static bool t_none(jx_run *r, const jx_value *v, const jx_value *arg) { (void)r, (void)arg; return v->type == JX_NONE; }
static bool t_string(jx_run *r, const jx_value *v, const jx_value *arg) { (void)r, (void)arg; return v->type == JX_STRING; }
static bool t_boolean(jx_run *r, const jx_value *v, const jx_value *arg) { (void)r, (void)arg; return v->type == JX_BOOL; }
static bool t_integer(jx_run *r, const jx_value *v, const jx_value *arg) { (void)r, (void)arg; return v->type == JX_INT; }
static bool t_float(jx_run *r, const jx_value *v, const jx_value *arg) { (void)r, (void)arg; return v->type == JX_FLOAT; }
static bool t_mapping(jx_run *r, const jx_value *v, const jx_value *arg) { (void)r, (void)arg; return v->type == JX_DICT; }
static bool t_escaped(jx_run *r, const jx_value *v, const jx_value *arg) { (void)r, (void)arg; return v->markup; }
static bool t_eq(jx_run *r, const jx_value *v, const jx_value *arg) { (void)r; return jx_equal(v, arg); }
static bool t_ne(jx_run *r, const jx_value *v, const jx_value *arg) { (void)r; return !jx_equal(v, arg); }
static bool t_lt(jx_run *r, const jx_value *v, const jx_value *arg) { return jx_order(r, v, arg) < 0; }
static bool t_le(jx_run *r, const jx_value *v, const jx_value *arg) { return jx_order(r, v, arg) <= 0; }
static bool t_gt(jx_run *r, const jx_value *v, const jx_value *arg) { return jx_order(r, v, arg) > 0; }
static bool t_ge(jx_run *r, const jx_value *v, const jx_value *arg) { return jx_order(r, v, arg) >= 0; }
static bool t_in(jx_run *r, const jx_value *v, const jx_value *arg) { return jx_contains(r, v, arg); }

static bool t_true(jx_run *r, const jx_value *v, const jx_value *arg)
{
    (void)r, (void)arg;
    return v->type == JX_BOOL && v->as.b;
}

static bool t_false(jx_run *r, const jx_value *v, const jx_value *arg)
{
    (void)r, (void)arg;
    return v->type == JX_BOOL && !v->as.b;
}

static bool t_number(jx_run *r, const jx_value *v, const jx_value *arg)
{
    (void)r, (void)arg;
    return v->type == JX_BOOL || v->type == JX_INT || v->type == JX_FLOAT;
}

/* What iter() takes. An undefined value may be gone over: it is empty. */
static bool t_iterable(jx_run *r, const jx_value *v, const jx_value *arg)
{
    (void)r, (void)arg;
    return v->type == JX_STRING || v->type == JX_LIST || v->type == JX_DICT || v->type == JX_UNDEFINED || v->type == JX_LOOP;
}

/* What has a length and items. */
static bool t_sequence(jx_run *r, const jx_value *v, const jx_value *arg)
{
    (void)r, (void)arg;
    return v->type == JX_STRING || (v->type == JX_LIST && !v->lazy && !v->view) || v->type == JX_DICT || v->type == JX_UNDEFINED;
}

static bool t_callable(jx_run *r, const jx_value *v, const jx_value *arg)
{
    (void)r, (void)arg;
    return v->type == JX_MACRO || v->type == JX_METHOD || v->type == JX_GLOBAL || v->type == JX_LOOP || v->type == JX_JOINER ||
           v->type == JX_UNDEFINED;
}

static bool remainder_is(jx_run *r, const jx_value *v, int64_t by, int64_t want)
{
    jx_value rest = jx_binary(r, JX_MOD, *v, jx_int(by)), w = jx_int(want);
    return r->status == LLM_OK && jx_equal(&rest, &w);
}

static bool t_odd(jx_run *r, const jx_value *v, const jx_value *arg)
{
    (void)arg;
    return remainder_is(r, v, 2, 1);
}

static bool t_even(jx_run *r, const jx_value *v, const jx_value *arg)
{
    (void)arg;
    return remainder_is(r, v, 2, 0);
}

static bool t_divisibleby(jx_run *r, const jx_value *v, const jx_value *arg)
{
    jx_value rest = jx_binary(r, JX_MOD, *v, *arg);
    return r->status == LLM_OK && !jx_true(&rest);
}

static bool t_sameas(jx_run *r, const jx_value *v, const jx_value *arg)
{
    (void)r;
    if (v->type != arg->type) return false;
    return v->type >= JX_LIST ? v->as.dict == arg->as.dict : jx_equal(v, arg);
}

/* Has letters, and all of them of this case. */
static bool cased(const jx_value *v, uint32_t want, uint32_t not)
{
    bool any = false;
    for (size_t i = 0, n; v->type == JX_STRING && i < v->len; i += n) {
        uint32_t cls = sx_uc_class(sx_utf8_next(v->as.s + i, v->len - i, &n));
        if (cls & not) return false;
        any = any || (cls & want);
    }
    return any;
}

static bool t_lower(jx_run *r, const jx_value *v, const jx_value *arg)
{
    (void)r, (void)arg;
    return cased(v, SX_UC_LL, SX_UC_LU);
}

static bool t_upper(jx_run *r, const jx_value *v, const jx_value *arg)
{
    (void)r, (void)arg;
    return cased(v, SX_UC_LU, SX_UC_LL);
}

static const struct {
    const char *name;
    test_fn fn;
    bool takes_arg;
} tests[] = {
    {"defined", t_defined, false}, {"undefined", t_undefined, false}, {"none", t_none, false}, {"string", t_string, false},
    {"boolean", t_boolean, false}, {"integer", t_integer, false}, {"float", t_float, false}, {"number", t_number, false},
    {"mapping", t_mapping, false}, {"iterable", t_iterable, false}, {"sequence", t_sequence, false},
    {"callable", t_callable, false}, {"true", t_true, false}, {"false", t_false, false}, {"odd", t_odd, false},
    {"even", t_even, false}, {"lower", t_lower, false}, {"upper", t_upper, false}, {"escaped", t_escaped, false},
    {"divisibleby", t_divisibleby, true}, {"sameas", t_sameas, true}, {"in", t_in, true}, {"eq", t_eq, true},
    {"equalto", t_eq, true}, {"==", t_eq, true}, {"ne", t_ne, true}, {"!=", t_ne, true}, {"lt", t_lt, true},
    {"lessthan", t_lt, true}, {"<", t_lt, true}, {"le", t_le, true}, {"<=", t_le, true}, {"gt", t_gt, true},
    {"greaterthan", t_gt, true}, {">", t_gt, true}, {"ge", t_ge, true}, {">=", t_ge, true},
};

bool jx_apply_test(jx_run *r, const jx_value *name, jx_value v, const jx_args *args)
{
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        if (!jx_is(name, tests[i].name)) continue;
        if (args->n != (tests[i].takes_arg ? 1u : 0u)) {
            jx_fail(r, LLM_E_INVALID, "the test %s takes %s argument", tests[i].name, tests[i].takes_arg ? "one" : "no");
            return false;
        }
        return tests[i].fn(r, &v, args->n ? &args->v[0] : NULL);
    }
    jx_fail(r, LLM_E_UNSUPPORTED, "the test \"%.*s\" is not known here", name->len > 40 ? 40 : (int)name->len, name->as.s);
    return false;
}
