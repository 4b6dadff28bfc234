/* Expressions to values. */
#include <math.h>
#include <string.h>

#include "engine/text/jinja/jinja.h"
#include "platform/utf8.h"

jscope *sx_j_scope(jinja *j, jscope *parent)
{
    jscope *s = sx_jinja_alloc(j, sizeof *s);
    if (s) s->parent = parent;
    return s ? s : parent;
}

void sx_j_set(jinja *j, jscope *scope, jstr name, jvalue v)
{
    sx_j_put(j, &scope->vars, sx_j_borrow(name.s, name.len), v);
}

static jvalue lookup(jinja *j, const jscope *scope, jstr name)
{
    for (; scope; scope = scope->parent) {
        const jvalue *v = sx_j_get_name(j, &scope->vars, name);
        if (v) return *v;
    }
    int global = sx_j_find_global(name);
    if (global >= 0) return (jvalue){.kind = J_GLOBAL, .u.global = global};
    return sx_j_undefined(name);
}

/* ---- attributes and items ---- */

static jvalue no_such(jinja *j, jvalue self, jstr name)
{
    if (self.kind == J_UNDEFINED)
        sx_jinja_fail(j, LLM_E_INVALID, "%.*s is undefined", (int)(self.u.str.len < 80 ? self.u.str.len : 80), self.u.str.s);
    return sx_j_undefined(name);
}

static jvalue loop_attr(jinja *j, jloop *l, jstr name)
{
    int64_t n = (int64_t)l->items->count, i = (int64_t)l->index;
    if (sx_j_is(name, "index")) return sx_j_int(i + 1);
    if (sx_j_is(name, "index0")) return sx_j_int(i);
    if (sx_j_is(name, "revindex")) return sx_j_int(n - i);
    if (sx_j_is(name, "revindex0")) return sx_j_int(n - i - 1);
    if (sx_j_is(name, "first")) return sx_j_bool(i == 0);
    if (sx_j_is(name, "last")) return sx_j_bool(i == n - 1);
    if (sx_j_is(name, "length")) return sx_j_int(n);
    if (sx_j_is(name, "depth")) return sx_j_int(l->depth);
    if (sx_j_is(name, "depth0")) return sx_j_int((int64_t)l->depth - 1);
    if (sx_j_is(name, "previtem")) return i > 0 ? l->items->items[i - 1] : sx_j_undefined(name);
    if (sx_j_is(name, "nextitem")) return i + 1 < n ? l->items->items[i + 1] : sx_j_undefined(name);
    (void)j;
    return sx_j_undefined(name);
}

static jvalue bind(jinja *j, jvalue self, jstr name)
{
    jmethod *m = sx_jinja_alloc(j, sizeof *m);
    if (!m) return sx_j_none();
    *m = (jmethod){self, name};
    return (jvalue){.kind = J_METHOD, .u.method = m};
}

jvalue sx_j_getattr(jinja *j, jvalue self, jstr name)
{
    bool safe;
    if (self.kind == J_NAMESPACE || self.kind == J_DICT) {
        bool method = self.kind == J_DICT && sx_j_has_method(self, name, &safe);
        if (method) return safe ? bind(j, self, name) : sx_j_undefined(name);
        const jvalue *v = sx_j_get_name(j, self.u.dict, name);
        return v ? *v : sx_j_undefined(name);
    }
    if (self.kind == J_LOOP && !sx_j_has_method(self, name, &safe)) return loop_attr(j, self.u.loop, name);
    if (sx_j_has_method(self, name, &safe)) return safe ? bind(j, self, name) : sx_j_undefined(name);
    return no_such(j, self, name);
}

static jvalue item_of_string(jinja *j, jvalue self, int64_t i)
{
    int64_t n = sx_j_length(j, self);
    if (i < 0) i += n;
    if (i < 0 || i >= n) return sx_j_undefined((jstr){"item", 4});
    size_t at = 0, step = 0;
    for (;; at += step) {
        sx_utf8_next(self.u.str.s + at, self.u.str.len - at, &step);
        if (i-- == 0) return sx_j_borrow(self.u.str.s + at, step);
    }
}

jvalue sx_j_getitem(jinja *j, jvalue self, jvalue key)
{
    if (!sx_jinja_step(j, 1)) return sx_j_none();
    if (self.kind == J_DICT || self.kind == J_NAMESPACE) {
        const jvalue *v = sx_j_get(j, self.u.dict, key);
        if (v) return *v;
    } else if (key.kind == J_INT || key.kind == J_BOOL) {
        int64_t i = key.kind == J_INT ? key.u.i : key.u.b;
        if (self.kind == J_STR) return item_of_string(j, self, i);
        if (self.kind == J_LIST || self.kind == J_TUPLE) {
            int64_t n = (int64_t)self.u.list->count;
            if (i < 0) i += n;
            return i >= 0 && i < n ? self.u.list->items[i] : sx_j_undefined((jstr){"item", 4});
        }
    }
    if (key.kind == J_STR) return self.kind == J_DICT ? sx_j_undefined(key.u.str) : sx_j_getattr(j, self, key.u.str);
    return no_such(j, self, (jstr){"item", 4});
}

/* Python's rules for slice bounds. */
static bool bound(jinja *j, jvalue v, int64_t missing, int64_t n, int64_t step, int64_t *out)
{
    *out = missing;
    if (v.kind == J_NONE) return true;
    if (v.kind != J_INT) return sx_jinja_fail(j, LLM_E_INVALID, "a slice takes whole numbers");
    int64_t i = v.u.i;
    if (i < 0) i = i < -n ? -1 : i + n;
    int64_t low = step < 0 ? -1 : 0, high = step < 0 ? n - 1 : n;
    if (v.u.i < 0 && v.u.i < -n) i = low;
    *out = i < low ? low : i > high ? high : i;
    return true;
}

static jvalue slice(jinja *j, jscope *scope, const jnode *n)
{
    jvalue self = sx_j_eval(j, scope, n->a);
    jvalue from = n->b ? sx_j_eval(j, scope, n->b) : sx_j_none(), to = n->c ? sx_j_eval(j, scope, n->c) : sx_j_none();
    jvalue by = n->d ? sx_j_eval(j, scope, n->d) : sx_j_none();
    jlist items;
    int64_t step = by.kind == J_INT ? by.u.i : 1, a, b;
    if (j->status != LLM_OK) return self;
    if (step == 0 || self.kind == J_UNDEFINED || self.kind == J_DICT) {
        sx_jinja_fail(j, LLM_E_INVALID, "%s cannot be sliced so", sx_j_kind(self));
        return self;
    }
    if (!sx_j_iterate(j, self, &items)) return self;
    int64_t count = (int64_t)items.count;
    if (!bound(j, from, step < 0 ? count - 1 : 0, count, step, &a) || !bound(j, to, step < 0 ? -1 : count, count, step, &b))
        return self;
    jvalue out = sx_j_list(j, self.kind == J_TUPLE ? J_TUPLE : J_LIST);
    for (int64_t i = a; (step > 0 ? i < b : i > b) && sx_jinja_step(j, 1);) {
        sx_j_push(j, out.u.list, items.items[i]);
        if (step > 0 ? step > b - i : step < b - i) break;
        i += step;
    }
    if (self.kind != J_STR) return out;
    sx_buf text;
    sx_buf_init(&text, j->mem, 0);
    for (size_t i = 0; i < out.u.list->count; i++) sx_buf_add(&text, out.u.list->items[i].u.str.s, out.u.list->items[i].u.str.len);
    return sx_j_take(j, &text);
}

/* ---- operators ---- */

static jvalue refuse(jinja *j, jvalue a, jvalue b)
{
    jvalue u = a.kind == J_UNDEFINED ? a : b;
    if (u.kind == J_UNDEFINED)
        sx_jinja_fail(j, LLM_E_INVALID, "%.*s is undefined", (int)(u.u.str.len < 80 ? u.u.str.len : 80), u.u.str.s);
    else
        sx_jinja_fail(j, LLM_E_INVALID, "this operator does not take %s and %s", sx_j_kind(a), sx_j_kind(b));
    return sx_j_none();
}

static jvalue join_lists(jinja *j, jvalue a, jvalue b)
{
    jvalue out = sx_j_list(j, a.kind);
    sx_jinja_step(j, a.u.list->count + b.u.list->count);
    for (size_t i = 0; i < a.u.list->count; i++) sx_j_push(j, out.u.list, a.u.list->items[i]);
    for (size_t i = 0; i < b.u.list->count; i++) sx_j_push(j, out.u.list, b.u.list->items[i]);
    return out;
}

static jvalue join_text(jinja *j, jvalue a, jvalue b)
{
    sx_buf text;
    sx_buf_init(&text, j->mem, 0);
    sx_j_print(j, a, &text);
    sx_j_print(j, b, &text);
    return sx_j_take(j, &text);
}

static jvalue repeat(jinja *j, jvalue s, int64_t times)
{
    jvalue out = s.kind == J_STR ? sx_j_none() : sx_j_list(j, s.kind);
    sx_buf text;
    sx_buf_init(&text, j->mem, 0);
    size_t cost = s.kind == J_STR ? 1 + s.u.str.len / 16 : 1 + s.u.list->count;
    for (int64_t i = 0; i < times && sx_jinja_step(j, cost); i++) {
        if (s.kind == J_STR) sx_buf_add(&text, s.u.str.s, s.u.str.len);
        else out = join_lists(j, out, s);
        if (text.len > (size_t)64 << 20) sx_jinja_fail(j, LLM_E_LIMIT, "a string grows beyond 64 MiB");
    }
    return s.kind == J_STR ? sx_j_take(j, &text) : out;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}

static jvalue whole_numbers(jinja *j, int op, int64_t a, int64_t b)
{
    int64_t r = 0;
    bool over = false;
    switch (op) {
    case '+': over = __builtin_add_overflow(a, b, &r); break;
    case '-': over = __builtin_sub_overflow(a, b, &r); break;
    case '*': over = __builtin_mul_overflow(a, b, &r); break;
    case T_POW:
        if (b < 0) return sx_j_float(pow((double)a, (double)b));
        r = 1;
        for (int64_t i = 0; i < b && !over && sx_jinja_step(j, 1); i++) {
            over = __builtin_mul_overflow(r, a, &r);
            if (a == 0 || a == 1) break;
        }
        break;
    default:
        if (b == 0) {
            sx_jinja_fail(j, LLM_E_INVALID, "division by zero");
            return sx_j_none();
        }
        if (op == '/') return sx_j_float((double)a / (double)b);
        if (b == -1) return op == '%' ? sx_j_int(0) : whole_numbers(j, '-', 0, a);
        r = op == '%' ? a - floor_div(a, b) * b : floor_div(a, b);
    }
    if (over) sx_jinja_fail(j, LLM_E_LIMIT, "a whole number grows beyond 64 bits");
    return sx_j_int(r);
}

static jvalue real_numbers(jinja *j, int op, double a, double b)
{
    switch (op) {
    case '+': return sx_j_float(a + b);
    case '-': return sx_j_float(a - b);
    case '*': return sx_j_float(a * b);
    case T_POW: return sx_j_float(pow(a, b));
    default: break;
    }
    if (b == 0) {
        sx_jinja_fail(j, LLM_E_INVALID, "division by zero");
        return sx_j_none();
    }
    if (op == '/') return sx_j_float(a / b);
    double q = floor(a / b);
    return sx_j_float(op == '%' ? a - q * b : q);
}

/* "%s" % x: only %s, %d and %% are known. */
static jvalue format_text(jinja *j, jvalue format, jvalue arg)
{
    jlist one = {&arg, 1, 1};
    const jlist *args = arg.kind == J_TUPLE ? arg.u.list : &one;
    size_t used = 0;
    sx_buf text;
    sx_buf_init(&text, j->mem, 0);
    for (size_t i = 0; i < format.u.str.len && j->status == LLM_OK; i++) {
        char c = format.u.str.s[i], next = i + 1 < format.u.str.len ? format.u.str.s[i + 1] : 0;
        if (c != '%') {
            sx_buf_char(&text, c);
            continue;
        }
        i++;
        if (next == '%') sx_buf_char(&text, '%');
        else if ((next == 's' || next == 'd') && used < args->count) sx_j_print(j, args->items[used++], &text);
        else sx_jinja_fail(j, LLM_E_INVALID, "this format after a percent sign is not supported, or has too few arguments");
    }
    return sx_j_take(j, &text);
}

static bool sequence(jvalue v)
{
    return v.kind == J_STR || v.kind == J_LIST || v.kind == J_TUPLE;
}

static jvalue binary(jinja *j, int op, jvalue a, jvalue b)
{
    double x, y;
    if (j->status != LLM_OK) return a;
    if (op == '~') return join_text(j, a, b);
    if (op == '+' && a.kind == J_STR && b.kind == J_STR) {
        bool safe = a.safe || b.safe;
        jvalue both = safe ? join_text(j, sx_j_escape(j, a), sx_j_escape(j, b)) : join_text(j, a, b);
        both.safe = safe;
        return both;
    }
    if (op == '+' && a.kind == b.kind && (a.kind == J_LIST || a.kind == J_TUPLE)) return join_lists(j, a, b);
    if (op == '*' && sequence(a) && b.kind == J_INT) return repeat(j, a, b.u.i);
    if (op == '*' && sequence(b) && a.kind == J_INT) return repeat(j, b, a.u.i);
    if (op == '%' && a.kind == J_STR) return format_text(j, a, b);
    if (!sx_j_number(a, &x) || !sx_j_number(b, &y)) return refuse(j, a, b);
    if (a.kind == J_FLOAT || b.kind == J_FLOAT) return real_numbers(j, op, x, y);
    return whole_numbers(j, op, a.kind == J_INT ? a.u.i : a.u.b, b.kind == J_INT ? b.u.i : b.u.b);
}

static bool contains(jinja *j, jvalue item, jvalue in)
{
    if (in.kind == J_STR) {
        if (item.kind != J_STR) return sx_jinja_fail(j, LLM_E_INVALID, "%s cannot be looked for in a string", sx_j_kind(item));
        sx_jinja_step(j, 1 + in.u.str.len / 16);
        return item.u.str.len == 0 || memmem(in.u.str.s, in.u.str.len, item.u.str.s, item.u.str.len) != NULL;
    }
    if (in.kind == J_DICT) return sx_j_get(j, in.u.dict, item) != NULL;
    jlist items;
    if (!sx_j_iterate(j, in, &items)) return false;
    for (size_t i = 0; i < items.count && j->status == LLM_OK; i++)
        if (sx_j_equal(j, items.items[i], item)) return true;
    return false;
}

enum { OP_IN = 1000, OP_NOT_IN };

static bool compare(jinja *j, int op, jvalue a, jvalue b)
{
    if (op == T_EQ) return sx_j_equal(j, a, b);
    if (op == T_NE) return !sx_j_equal(j, a, b);
    if (op == OP_IN) return contains(j, a, b);
    if (op == OP_NOT_IN) return !contains(j, a, b);
    if (a.kind == J_UNDEFINED || b.kind == J_UNDEFINED) {
        refuse(j, a, b);
        return false;
    }
    int c = sx_j_compare(j, a, b);
    return op == '<' ? c < 0 : op == '>' ? c > 0 : op == T_LE ? c <= 0 : c >= 0;
}

static jvalue compare_chain(jinja *j, jscope *scope, const jnode *n)
{
    jvalue left = sx_j_eval(j, scope, n->a);
    for (const jnode *link = n->b; link; link = link->next) {
        jvalue right = sx_j_eval(j, scope, link->a);
        if (j->status != LLM_OK || !compare(j, link->op, left, right)) return sx_j_bool(false);
        left = right;
    }
    return sx_j_bool(true);
}

/* ---- calls ---- */

static jargs eval_args(jinja *j, jscope *scope, const jarg *arg)
{
    jargs args = {0};
    for (; arg && j->status == LLM_OK; arg = arg->next) {
        jvalue v = sx_j_eval(j, scope, arg->value);
        if (arg->name.s) sx_j_put(j, &args.kw, sx_j_borrow(arg->name.s, arg->name.len), v);
        else sx_j_push(j, &args.pos, v);
    }
    return args;
}

static jvalue call(jinja *j, jscope *scope, const jnode *n)
{
    jvalue fn = sx_j_eval(j, scope, n->a);
    jargs args = eval_args(j, scope, n->args);
    if (j->status != LLM_OK) return fn;
    j->line = n->line;
    switch (fn.kind) {
    case J_MACRO: return sx_j_call_macro(j, fn.u.macro, &args);
    case J_METHOD: return sx_j_method(j, fn.u.method, &args);
    case J_GLOBAL: return sx_j_call_global(j, fn.u.global, &args);
    case J_UNDEFINED:
        sx_jinja_fail(j, LLM_E_INVALID, "%.*s is undefined or may not be called here",
                      (int)(fn.u.str.len < 80 ? fn.u.str.len : 80), fn.u.str.s);
        return fn;
    default: sx_jinja_fail(j, LLM_E_INVALID, "%s cannot be called", sx_j_kind(fn)); return fn;
    }
}

static jvalue filter(jinja *j, jscope *scope, const jnode *n)
{
    jvalue self = sx_j_eval(j, scope, n->a);
    jargs args = eval_args(j, scope, n->args);
    j->line = n->line;
    return j->status == LLM_OK ? sx_j_filter(j, n->name, self, &args) : self;
}

static jvalue test(jinja *j, jscope *scope, const jnode *n)
{
    jvalue self = sx_j_eval(j, scope, n->a);
    jargs args = eval_args(j, scope, n->args);
    j->line = n->line;
    return sx_j_bool(j->status == LLM_OK && sx_j_test(j, n->name, self, &args));
}

/* ---- the rest ---- */

static jvalue make_list(jinja *j, jscope *scope, const jnode *n)
{
    jvalue v = sx_j_list(j, n->kind == N_LIST ? J_LIST : J_TUPLE);
    for (const jnode *item = n->a; item && j->status == LLM_OK; item = item->next)
        sx_j_push(j, v.u.list, sx_j_eval(j, scope, item));
    return v;
}

static jvalue make_dict(jinja *j, jscope *scope, const jnode *n)
{
    jvalue v = sx_j_dict(j, J_DICT);
    for (const jnode *key = n->a; key && key->next && j->status == LLM_OK; key = key->next->next) {
        jvalue k = sx_j_eval(j, scope, key);
        if (k.kind >= J_LIST && k.kind != J_TUPLE) sx_jinja_fail(j, LLM_E_INVALID, "%s cannot be a key", sx_j_kind(k));
        sx_j_put(j, v.u.dict, k, sx_j_eval(j, scope, key->next));
    }
    return v;
}

static jvalue negate(jinja *j, jvalue v, int sign)
{
    if (v.kind == J_INT || v.kind == J_BOOL) return whole_numbers(j, '*', v.kind == J_INT ? v.u.i : v.u.b, sign);
    if (v.kind == J_FLOAT) return sx_j_float(v.u.f * sign);
    return refuse(j, v, v);
}

static jvalue eval(jinja *j, jscope *scope, const jnode *n)
{
    jvalue v;
    switch (n->kind) {
    case N_CONST: return n->value;
    case N_NAME: return lookup(j, scope, n->name);
    case N_LIST:
    case N_TUPLE: return make_list(j, scope, n);
    case N_DICT: return make_dict(j, scope, n);
    case N_GETATTR: return sx_j_getattr(j, sx_j_eval(j, scope, n->a), n->name);
    case N_GETITEM:
        v = sx_j_eval(j, scope, n->a);
        return sx_j_getitem(j, v, sx_j_eval(j, scope, n->b));
    case N_SLICE: return slice(j, scope, n);
    case N_CALL: return call(j, scope, n);
    case N_FILTER: return filter(j, scope, n);
    case N_TEST: return test(j, scope, n);
    case N_NOT: v = sx_j_eval(j, scope, n->a); return sx_j_bool(!sx_j_truth(&v));
    case N_NEG: return negate(j, sx_j_eval(j, scope, n->a), -1);
    case N_POS: return negate(j, sx_j_eval(j, scope, n->a), 1);
    case N_BINARY:
        v = sx_j_eval(j, scope, n->a);
        return binary(j, n->op, v, sx_j_eval(j, scope, n->b));
    case N_COMPARE: return compare_chain(j, scope, n);
    case N_AND:
    case N_OR:
        v = sx_j_eval(j, scope, n->a);
        return sx_j_truth(&v) == (n->kind == N_OR) ? v : sx_j_eval(j, scope, n->b);
    case N_COND:
        v = sx_j_eval(j, scope, n->a);
        if (sx_j_truth(&v)) return sx_j_eval(j, scope, n->b);
        return n->c ? sx_j_eval(j, scope, n->c) : sx_j_undefined((jstr){"the else of an inline if", 24});
    default: sx_jinja_fail(j, LLM_E_INTERNAL, "a statement stands where a value should"); return sx_j_none();
    }
}

jvalue sx_j_eval(jinja *j, jscope *scope, const jnode *n)
{
    jvalue v = sx_j_none();
    if (!n || !sx_jinja_step(j, 1)) return v;
    j->line = n->line;
    if (sx_jinja_enter(j)) v = eval(j, scope, n);
    j->depth--;
    return v;
}
