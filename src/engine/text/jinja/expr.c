/* Evaluates expressions, calls macros. */
#include <string.h>

#include "engine/text/jinja/jinja.h"

static jx_value look_up(jx_run *r, const jx_value *name, const jx_frame *frame)
{
    for (; frame; frame = frame->parent) {
        jx_value *v = jx_find(&frame->vars, name);
        if (v) return *v;
    }
    uint32_t global = jx_find_global(name->as.s, name->len);
    if (global != UINT32_MAX) return (jx_value){.type = JX_GLOBAL, .as.global = global};
    (void)r;
    return jx_undefined(name->as.s);
}

static jx_args eval_args(jx_run *r, const jx_node *list, jx_frame *frame)
{
    jx_args args = {NULL, 0, NULL};
    jx_value positional = jx_new_list(r, false);
    for (; list && r->status == LLM_OK; list = list->next) {
        jx_value v = jx_eval(r, list->a, frame);
        if (!list->keyword) {
            jx_push(r, positional.as.list, v);
            continue;
        }
        if (!args.named) args.named = jx_new_dict(r).as.dict;
        jx_put(r, args.named, jx_view(list->keyword, list->keyword_len), v);
    }
    args.v = positional.as.list->items;
    args.n = positional.as.list->n;
    return args;
}

jx_value jx_arg(const jx_args *args, size_t i, const char *name, jx_value fallback)
{
    if (i < args->n) return args->v[i];
    jx_value *v = args->named && name ? jx_find_name(args->named, name, strlen(name)) : NULL;
    return v ? *v : fallback;
}

bool jx_has_arg(const jx_args *args, size_t i, const char *name)
{
    return i < args->n || (args->named && jx_find_name(args->named, name, strlen(name)));
}

/* Puts the arguments into the macro's frame; what is more goes to varargs and kwargs. */
static void bind(jx_run *r, const jx_macro *m, const jx_args *args, jx_frame *f)
{
    size_t i = 0, named = 0;
    for (const jx_node *p = m->node->args; p && r->status == LLM_OK; p = p->next, i++) {
        jx_value *by_name = args->named ? jx_find(args->named, &p->value) : NULL;
        named += by_name != NULL;
        if (by_name && i < args->n) jx_fail(r, LLM_E_INVALID, "the argument %s is given twice", p->value.as.s);
        jx_value v = i < args->n ? args->v[i] : by_name ? *by_name : p->a ? jx_eval(r, p->a, f) : jx_undefined(p->value.as.s);
        jx_put(r, &f->vars, p->value, v);
    }
    if (i < args->n) {
        jx_value rest = jx_new_list(r, true);
        for (; i < args->n; i++) jx_push(r, rest.as.list, args->v[i]);
        jx_put(r, &f->vars, jx_static("varargs"), rest);
    }
    if (args->named && named < args->named->n)
        jx_put(r, &f->vars, jx_static("kwargs"), (jx_value){.type = JX_DICT, .as.dict = args->named});
}

static bool mentions(const jx_run *r, const jx_macro *m, const char *name)
{
    for (size_t i = 0; i < r->n_tokens; i++) /* anywhere in the template: enough to tell a typing slip */
        if (r->tokens[i].kind == JX_T_NAME && jx_is(&r->tokens[i].value, name)) return true;
    (void)m;
    return false;
}

static bool too_many(jx_run *r, const jx_macro *m, const jx_args *args)
{
    size_t n = 0, known = 0;
    for (const jx_node *p = m->node->args; p; p = p->next, n++)
        known += args->named && jx_find(args->named, &p->value);
    if (args->n > n && !mentions(r, m, "varargs")) {
        jx_fail(r, LLM_E_INVALID, "the macro %.*s takes %zu arguments, not %zu", (int)m->node->value.len, m->node->value.as.s, n,
                args->n);
        return true;
    }
    if (args->named && args->named->n > known && !mentions(r, m, "kwargs")) {
        jx_fail(r, LLM_E_INVALID, "the macro %.*s has no argument of that name", (int)m->node->value.len,
                m->node->value.as.s);
        return true;
    }
    return false;
}

jx_value jx_call_macro(jx_run *r, const jx_macro *m, const jx_args *args, const jx_value *caller)
{
    jx_value text = jx_static("");
    if (too_many(r, m, args) || !jx_enter(r)) return text;
    jx_frame *f = jx_new_frame(r, m->frame);
    if (f) {
        if (caller) jx_put(r, &f->vars, jx_static("caller"), *caller);
        bind(r, m, args, f);
        text = jx_capture(r, m->node->body, f);
        r->flow = JX_GOES_ON;
    }
    jx_leave(r);
    return text;
}

static jx_value call_loop(jx_run *r, const jx_loop *loop, const jx_args *args)
{
    sx_buf text, *outer = r->out;
    if (!loop->node || args->n != 1) {
        jx_fail(r, LLM_E_INVALID, "loop() needs a loop marked recursive, and what to go over");
        return jx_static("");
    }
    sx_buf_init(&text, r->mem, (size_t)r->max_bytes);
    r->out = &text;
    jx_loop_run(r, loop->node, loop->frame, args->v[0], loop->depth + 1);
    r->out = outer;
    return jx_from_buf(r, &text);
}

static jx_value call_cycler(jx_run *r, jx_value f)
{
    jx_cycler *c = f.as.cycler;
    (void)r;
    if (f.type == JX_JOINER) return c->at++ ? c->separator : jx_static("");
    return c->items->items[c->at++ % c->items->n];
}

jx_value jx_call(jx_run *r, jx_value f, const jx_args *args)
{
    if (!jx_step(r, 1)) return f;
    switch (f.type) {
    case JX_MACRO: return jx_call_macro(r, f.as.macro, args, NULL);
    case JX_METHOD: return jx_call_method(r, f.as.method, args);
    case JX_GLOBAL: return jx_call_global(r, f.as.global, args);
    case JX_LOOP: return call_loop(r, f.as.loop, args);
    case JX_JOINER: return call_cycler(r, f);
    case JX_UNDEFINED: jx_fail(r, LLM_E_INVALID, "%s is not defined, so it cannot be called", f.as.s ? f.as.s : "this"); break;
    default: jx_fail(r, LLM_E_INVALID, "a %s cannot be called", jx_type_name(&f));
    }
    return jx_undefined(NULL);
}

static jx_value eval_call(jx_run *r, const jx_node *n, jx_frame *frame)
{
    jx_value f = jx_eval(r, n->a, frame);
    if (r->status != LLM_OK) return f;
    jx_args args = eval_args(r, n->args, frame);
    if (r->status != LLM_OK) return f;
    r->line = n->line;
    jx_value *caller = frame->vars.n ? jx_find_name(&frame->vars, " caller", 7) : NULL;
    if (f.type != JX_MACRO || !caller) return jx_call(r, f, &args);
    jx_value block = *caller;
    return jx_call_macro(r, f.as.macro, &args, &block);
}

static jx_value eval_list(jx_run *r, const jx_node *n, jx_frame *frame)
{
    jx_value list = jx_new_list(r, n->flag);
    for (const jx_node *p = n->args; p && r->status == LLM_OK; p = p->next) jx_push(r, list.as.list, jx_eval(r, p->a, frame));
    return list;
}

static jx_value eval_dict(jx_run *r, const jx_node *n, jx_frame *frame)
{
    jx_value dict = jx_new_dict(r);
    for (const jx_node *p = n->args; p && r->status == LLM_OK; p = p->next) {
        jx_value key = jx_eval(r, p->a, frame);
        jx_put(r, dict.as.dict, key, jx_eval(r, p->b, frame));
    }
    return dict;
}

static jx_value eval_compare(jx_run *r, const jx_node *n, jx_frame *frame)
{
    jx_value a = jx_eval(r, n->a, frame), result = jx_bool(true);
    for (const jx_node *p = n->args; p && r->status == LLM_OK; p = p->next) {
        jx_value b = jx_eval(r, p->a, frame);
        if (r->status != LLM_OK) break;
        result = jx_binary(r, (jx_op)p->op, a, b);
        if (!jx_true(&result)) break;
        a = b;
    }
    return result;
}

static jx_value negate(jx_run *r, jx_value v, bool minus)
{
    if (v.type == JX_BOOL) v = jx_int(v.as.b);
    if (v.type == JX_FLOAT) return jx_float(minus ? -v.as.d : v.as.d);
    if (v.type == JX_INT && (v.as.i != INT64_MIN || !minus)) return jx_int(minus ? -v.as.i : v.as.i);
    jx_fail(r, LLM_E_INVALID, "a %s has no sign", jx_type_name(&v));
    return v;
}

static jx_value eval_slice(jx_run *r, const jx_node *n, jx_frame *frame)
{
    jx_value v = jx_eval(r, n->a, frame);
    jx_value from = n->b ? jx_eval(r, n->b, frame) : jx_none();
    jx_value to = n->c ? jx_eval(r, n->c, frame) : jx_none();
    jx_value step = n->body ? jx_eval(r, n->body, frame) : jx_none();
    return r->status == LLM_OK ? jx_slice(r, v, from, to, step) : v;
}

static jx_value eval_filter(jx_run *r, const jx_node *n, jx_frame *frame)
{
    jx_value v = jx_eval(r, n->a, frame);
    jx_args args = eval_args(r, n->args, frame);
    if (r->status != LLM_OK) return v;
    r->line = n->line;
    return jx_apply_filter(r, &n->value, v, &args);
}

static jx_value eval_test(jx_run *r, const jx_node *n, jx_frame *frame)
{
    jx_value v = jx_eval(r, n->a, frame);
    jx_args args = eval_args(r, n->args, frame);
    if (r->status != LLM_OK) return v;
    r->line = n->line;
    return jx_bool(jx_apply_test(r, &n->value, v, &args) != (n->op != 0));
}

static jx_value eval_choice(jx_run *r, const jx_node *n, jx_frame *frame)
{
    jx_value when = jx_eval(r, n->b, frame);
    if (r->status != LLM_OK) return when;
    if (jx_true(&when)) return jx_eval(r, n->a, frame);
    return n->c ? jx_eval(r, n->c, frame) : jx_undefined(NULL);
}

static jx_value eval_kind(jx_run *r, const jx_node *n, jx_frame *frame)
{
    jx_value a, b;
    switch (n->kind) {
    case JX_LITERAL: return n->value;
    case JX_NAME: return look_up(r, &n->value, frame);
    case JX_LIST_EXPR: return eval_list(r, n, frame);
    case JX_DICT_EXPR: return eval_dict(r, n, frame);
    case JX_CALL: return eval_call(r, n, frame);
    case JX_FILTER: return eval_filter(r, n, frame);
    case JX_TEST: return eval_test(r, n, frame);
    case JX_SLICE: return eval_slice(r, n, frame);
    case JX_COMPARE: return eval_compare(r, n, frame);
    case JX_CHOICE: return eval_choice(r, n, frame);
    default: break;
    }
    a = jx_eval(r, n->a, frame);
    if (r->status != LLM_OK) return a;
    r->line = n->line;
    switch (n->kind) {
    case JX_ATTR: return jx_attr(r, a, n->value.as.s, n->value.len);
    case JX_NOT: return jx_bool(!jx_true(&a));
    case JX_NEGATE: return negate(r, a, true);
    case JX_PLUS: return negate(r, a, false);
    case JX_AND: return jx_true(&a) ? jx_eval(r, n->b, frame) : a;
    case JX_OR: return jx_true(&a) ? a : jx_eval(r, n->b, frame);
    default: break;
    }
    b = jx_eval(r, n->b, frame);
    if (r->status != LLM_OK) return b;
    return n->kind == JX_ITEM ? jx_item(r, a, b) : jx_binary(r, (jx_op)n->op, a, b);
}

jx_value jx_eval(jx_run *r, const jx_node *n, jx_frame *frame)
{
    jx_value v = jx_undefined(NULL);
    if (!jx_step(r, 1) || !jx_enter(r)) return v;
    v = eval_kind(r, n, frame);
    jx_leave(r);
    return v;
}
