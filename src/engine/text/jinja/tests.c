/* Tests: what stands behind "is". */
#include <string.h>

#include "engine/text/jinja/jinja.h"
#include "platform/unicode.h"
#include "platform/utf8.h"

typedef bool (*test_fn)(sx_jx_run *r, const sx_jx_value *v, const sx_jx_value *arg);

static bool t_defined(sx_jx_run *r, const sx_jx_value *v, const sx_jx_value *arg) { (void)r, (void)arg; return v->type != JX_UNDEFINED; }
static bool t_undefined(sx_jx_run *r, const sx_jx_value *v, const sx_jx_value *arg) { (void)r, (void)arg; return v->type == JX_UNDEFINED; }
static bool t_none(sx_jx_run *r, const sx_jx_value *v, const sx_jx_value *arg) { (void)r, (void)arg; return v->type == JX_NONE; }
static bool t_string(sx_jx_run *r, const sx_jx_value *v, const sx_jx_value *arg) { (void)r, (void)arg; return v->type == JX_STRING; }
static bool t_boolean(sx_jx_run *r, const sx_jx_value *v, const sx_jx_value *arg) { (void)r, (void)arg; return v->type == JX_BOOL; }
static bool t_integer(sx_jx_run *r, const sx_jx_value *v, const sx_jx_value *arg) { (void)r, (void)arg; return v->type == JX_INT; }
static bool t_float(sx_jx_run *r, const sx_jx_value *v, const sx_jx_value *arg) { (void)r, (void)arg; return v->type == JX_FLOAT; }
static bool t_mapping(sx_jx_run *r, const sx_jx_value *v, const sx_jx_value *arg) { (void)r, (void)arg; return v->type == JX_DICT; }
static bool t_escaped(sx_jx_run *r, const sx_jx_value *v, const sx_jx_value *arg) { (void)r, (void)arg; return v->markup; }
static bool t_eq(sx_jx_run *r, const sx_jx_value *v, const sx_jx_value *arg) { (void)r; return sx_jx_equal(v, arg); }
static bool t_ne(sx_jx_run *r, const sx_jx_value *v, const sx_jx_value *arg) { (void)r; return !sx_jx_equal(v, arg); }
static bool t_lt(sx_jx_run *r, const sx_jx_value *v, const sx_jx_value *arg) { return sx_jx_order(r, v, arg) < 0; }
static bool t_le(sx_jx_run *r, const sx_jx_value *v, const sx_jx_value *arg) { return sx_jx_order(r, v, arg) <= 0; }
static bool t_gt(sx_jx_run *r, const sx_jx_value *v, const sx_jx_value *arg) { return sx_jx_order(r, v, arg) > 0; }
static bool t_ge(sx_jx_run *r, const sx_jx_value *v, const sx_jx_value *arg) { return sx_jx_order(r, v, arg) >= 0; }
static bool t_in(sx_jx_run *r, const sx_jx_value *v, const sx_jx_value *arg) { return sx_jx_contains(r, v, arg); }

static bool t_true(sx_jx_run *r, const sx_jx_value *v, const sx_jx_value *arg)
{
    (void)r, (void)arg;
    return v->type == JX_BOOL && v->as.b;
}

static bool t_false(sx_jx_run *r, const sx_jx_value *v, const sx_jx_value *arg)
{
    (void)r, (void)arg;
    return v->type == JX_BOOL && !v->as.b;
}

static bool t_number(sx_jx_run *r, const sx_jx_value *v, const sx_jx_value *arg)
{
    (void)r, (void)arg;
    return v->type == JX_BOOL || v->type == JX_INT || v->type == JX_FLOAT;
}

/* What iter() takes. An undefined value may be gone over: it is empty. */
static bool t_iterable(sx_jx_run *r, const sx_jx_value *v, const sx_jx_value *arg)
{
    (void)r, (void)arg;
    return v->type == JX_STRING || v->type == JX_LIST || v->type == JX_DICT || v->type == JX_UNDEFINED || v->type == JX_LOOP;
}

/* What has a length and items. */
static bool t_sequence(sx_jx_run *r, const sx_jx_value *v, const sx_jx_value *arg)
{
    (void)r, (void)arg;
    return v->type == JX_STRING || (v->type == JX_LIST && !v->lazy && !v->view) || v->type == JX_DICT || v->type == JX_UNDEFINED;
}

static bool t_callable(sx_jx_run *r, const sx_jx_value *v, const sx_jx_value *arg)
{
    (void)r, (void)arg;
    return v->type == JX_MACRO || v->type == JX_METHOD || v->type == JX_GLOBAL || v->type == JX_LOOP || v->type == JX_JOINER ||
           v->type == JX_UNDEFINED;
}

static bool remainder_is(sx_jx_run *r, const sx_jx_value *v, int64_t by, int64_t want)
{
    sx_jx_value rest = sx_jx_binary(r, JX_MOD, *v, sx_jx_int(by)), w = sx_jx_int(want);
    return r->status == LLM_OK && sx_jx_equal(&rest, &w);
}

static bool t_odd(sx_jx_run *r, const sx_jx_value *v, const sx_jx_value *arg)
{
    (void)arg;
    return remainder_is(r, v, 2, 1);
}

static bool t_even(sx_jx_run *r, const sx_jx_value *v, const sx_jx_value *arg)
{
    (void)arg;
    return remainder_is(r, v, 2, 0);
}

static bool t_divisibleby(sx_jx_run *r, const sx_jx_value *v, const sx_jx_value *arg)
{
    sx_jx_value rest = sx_jx_binary(r, JX_MOD, *v, *arg);
    return r->status == LLM_OK && !sx_jx_true(&rest);
}

static bool t_sameas(sx_jx_run *r, const sx_jx_value *v, const sx_jx_value *arg)
{
    (void)r;
    if (v->type != arg->type) return false;
    return v->type >= JX_LIST ? v->as.dict == arg->as.dict : sx_jx_equal(v, arg);
}

/* Has letters, and all of them of this case. */
static bool cased(const sx_jx_value *v, uint32_t want, uint32_t not)
{
    bool any = false;
    for (size_t i = 0, n; v->type == JX_STRING && i < v->len; i += n) {
        uint32_t cls = sx_uc_class(sx_utf8_next(v->as.s + i, v->len - i, &n));
        if (cls & not) return false;
        any = any || (cls & want);
    }
    return any;
}

static bool t_lower(sx_jx_run *r, const sx_jx_value *v, const sx_jx_value *arg)
{
    (void)r, (void)arg;
    return cased(v, SX_UC_LL, SX_UC_LU);
}

static bool t_upper(sx_jx_run *r, const sx_jx_value *v, const sx_jx_value *arg)
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

bool sx_jx_apply_test(sx_jx_run *r, const sx_jx_value *name, sx_jx_value v, const sx_jx_args *args)
{
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        if (!sx_jx_is(name, tests[i].name)) continue;
        if (args->n != (tests[i].takes_arg ? 1u : 0u)) {
            sx_jx_fail(r, LLM_E_INVALID, "the test %s takes %s argument", tests[i].name, tests[i].takes_arg ? "one" : "no");
            return false;
        }
        return tests[i].fn(r, &v, args->n ? &args->v[0] : NULL);
    }
    sx_jx_fail(r, LLM_E_UNSUPPORTED, "the test \"%.*s\" is not known here", name->len > 40 ? 40 : (int)name->len, name->as.s);
    return false;
}
