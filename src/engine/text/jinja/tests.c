/* Tests: what "is ..." asks. */
#include <string.h>

#include "engine/text/jinja/jinja.h"

static bool whole(jinja *j, jvalue v, int64_t *i)
{
    if (v.kind == J_INT) *i = v.u.i;
    else if (v.kind == J_BOOL) *i = v.u.b;
    else return sx_jinja_fail(j, LLM_E_INVALID, "this test takes a whole number, not %s", sx_j_kind(v));
    return true;
}

static bool is_case(jinja *j, jvalue self, const char *filter)
{
    const jargs none = {0};
    jvalue text = sx_j_text(j, self);
    return sx_j_equal(j, sx_j_filter(j, (jstr){filter, strlen(filter)}, text, &none), text) && text.u.str.len > 0;
}

static bool ordered(jinja *j, jstr name, jvalue a, jvalue b, bool *result)
{
    static const struct {
        const char *names[3];
        int low, high; /* the comparison's sign must lie between */
    } kinds[] = {{{"lt", "<", "lessthan"}, -1, -1}, {{"le", "<=", "le"}, -1, 0}, {{"gt", ">", "greaterthan"}, 1, 1}, {{"ge", ">=", "ge"}, 0, 1}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (size_t k = 0; k < 3; k++)
            if (sx_j_is(name, kinds[i].names[k])) {
                int c = sx_j_compare(j, a, b);
                int sign = (c > 0) - (c < 0);
                *result = sign >= kinds[i].low && sign <= kinds[i].high;
                return true;
            }
    return false;
}

static bool is_in(jinja *j, jvalue item, jvalue in)
{
    jlist items;
    if (in.kind == J_STR && item.kind == J_STR)
        return item.u.str.len == 0 || memmem(in.u.str.s, in.u.str.len, item.u.str.s, item.u.str.len) != NULL;
    if (!sx_j_iterate(j, in, &items)) return false;
    for (size_t i = 0; i < items.count && j->status == LLM_OK; i++)
        if (sx_j_equal(j, items.items[i], item)) return true;
    return false;
}

/* Tests of the kind alone; false in *known for other names. */
static bool of_kind(jstr name, jvalue v, bool *known)
{
    *known = true;
    bool list = v.kind == J_LIST || v.kind == J_TUPLE;
    if (sx_j_is(name, "defined")) return v.kind != J_UNDEFINED;
    if (sx_j_is(name, "undefined")) return v.kind == J_UNDEFINED;
    if (sx_j_is(name, "none")) return v.kind == J_NONE;
    if (sx_j_is(name, "string")) return v.kind == J_STR;
    if (sx_j_is(name, "mapping")) return v.kind == J_DICT;
    if (sx_j_is(name, "sequence")) return list || v.kind == J_STR || v.kind == J_DICT || v.kind == J_UNDEFINED;
    if (sx_j_is(name, "iterable")) return list || v.kind == J_GENERATOR || v.kind == J_STR || v.kind == J_DICT || v.kind == J_UNDEFINED || v.kind == J_LOOP;
    if (sx_j_is(name, "number")) return v.kind == J_INT || v.kind == J_FLOAT || v.kind == J_BOOL;
    if (sx_j_is(name, "integer")) return v.kind == J_INT;
    if (sx_j_is(name, "float")) return v.kind == J_FLOAT;
    if (sx_j_is(name, "boolean")) return v.kind == J_BOOL;
    if (sx_j_is(name, "true")) return v.kind == J_BOOL && v.u.b;
    if (sx_j_is(name, "false")) return v.kind == J_BOOL && !v.u.b;
    if (sx_j_is(name, "callable")) return v.kind == J_MACRO || v.kind == J_METHOD || v.kind == J_GLOBAL || v.kind == J_UNDEFINED;
    if (sx_j_is(name, "escaped")) return false;
    *known = false;
    return false;
}

bool sx_j_test(jinja *j, jstr name, jvalue self, const jargs *args)
{
    bool known, result;
    int64_t i, n;
    result = of_kind(name, self, &known);
    if (known) return result;
    jvalue other = sx_j_arg(j, args, 0, NULL);
    if (sx_j_is(name, "eq") || sx_j_is(name, "equalto") || sx_j_is(name, "==")) return sx_j_equal(j, self, other);
    if (sx_j_is(name, "ne") || sx_j_is(name, "!=")) return !sx_j_equal(j, self, other);
    if (ordered(j, name, self, other, &result)) return result;
    if (sx_j_is(name, "in")) return is_in(j, self, other);
    if (sx_j_is(name, "sameas")) return self.kind == other.kind && sx_j_equal(j, self, other);
    if (sx_j_is(name, "odd")) return whole(j, self, &i) && i % 2 != 0;
    if (sx_j_is(name, "even")) return whole(j, self, &i) && i % 2 == 0;
    if (sx_j_is(name, "divisibleby")) return whole(j, self, &i) && whole(j, other, &n) && n != 0 && (n == -1 || i % n == 0);
    if (sx_j_is(name, "lower")) return is_case(j, self, "lower");
    if (sx_j_is(name, "upper")) return is_case(j, self, "upper");
    return sx_jinja_fail(j, LLM_E_FORMAT, "there is no test %.*s", (int)(name.len < 40 ? name.len : 40), name.s);
}
