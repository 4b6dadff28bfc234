/* Evaluates expressions, calls macros. */
#include <string.h>

#include "engine/text/jinja/jinja.h"

static sx_jx_value look_up(sx_jx_run *r, const sx_jx_value *name, const sx_jx_frame *frame)
{
    for (; frame; frame = frame->parent) {
        sx_jx_value *v = sx_jx_find(&frame->vars, name);
        if (v) return *v;
    }
    uint32_t global = sx_jx_find_global(name->as.s, name->len);
    if (global != UINT32_MAX) return (sx_jx_value){.type = JX_GLOBAL, .as.global = global};
    (void)r;
    return sx_jx_undefined(name->as.s);
}

static sx_jx_args eval_args(sx_jx_run *r, const sx_jx_node *list, sx_jx_frame *frame)
{
    sx_jx_args args = {NULL, 0, NULL};
    sx_jx_value positional = sx_jx_new_list(r, false);
    for (; list && r->status == LLM_OK; list = list->next) {
        sx_jx_value v = sx_jx_eval(r, list->a, frame);
        if (!list->keyword) {
            sx_jx_push(r, positional.as.list, v);
            continue;
        }
        if (!args.named) args.named = sx_jx_new_dict(r).as.dict;
        sx_jx_put(r, args.named, sx_jx_view(list->keyword, list->keyword_len), v);
    }
    args.v = positional.as.list->items;
    args.n = positional.as.list->n;
    return args;
}

sx_jx_value sx_jx_arg(const sx_jx_args *args, size_t i, const char *name, sx_jx_value fallback)
{
    if (i < args->n) return args->v[i];
    sx_jx_value *v = args->named && name ? sx_jx_find_name(args->named, name, strlen(name)) : NULL;
    return v ? *v : fallback;
}

bool sx_jx_has_arg(const sx_jx_args *args, size_t i, const char *name)
{
    return i < args->n || (args->named && sx_jx_find_name(args->named, name, strlen(name)));
}

/* Puts the arguments into the macro's frame; what is more goes to varargs and kwargs. */
static void bind(sx_jx_run *r, const sx_jx_macro *m, const sx_jx_args *args, sx_jx_frame *f)
{
    size_t i = 0, named = 0;
    for (const sx_jx_node *p = m->node->args; p && r->status == LLM_OK; p = p->next, i++) {
        sx_jx_value *by_name = args->named ? sx_jx_find(args->named, &p->value) : NULL;
        named += by_name != NULL;
        if (by_name && i < args->n) sx_jx_fail(r, LLM_E_INVALID, "the argument %s is given twice", p->value.as.s);
        sx_jx_value v = i < args->n ? args->v[i] : by_name ? *by_name : p->a ? sx_jx_eval(r, p->a, f) : sx_jx_undefined(p->value.as.s);
        sx_jx_put(r, &f->vars, p->value, v);
    }
    if (i < args->n) {
        sx_jx_value rest = sx_jx_new_list(r, true);
        for (; i < args->n; i++) sx_jx_push(r, rest.as.list, args->v[i]);
        sx_jx_put(r, &f->vars, sx_jx_static("varargs"), rest);
    }
    if (args->named && named < args->named->n)
        sx_jx_put(r, &f->vars, sx_jx_static("kwargs"), (sx_jx_value){.type = JX_DICT, .as.dict = args->named});
}

static bool mentions(const sx_jx_run *r, const sx_jx_macro *m, const char *name)
{
    for (size_t i = 0; i < r->n_tokens; i++) /* anywhere in the template: enough to tell a typing slip */
        if (r->tokens[i].kind == JX_T_NAME && sx_jx_is(&r->tokens[i].value, name)) return true;
    (void)m;
    return false;
}

static bool too_many(sx_jx_run *r, const sx_jx_macro *m, const sx_jx_args *args)
{
    size_t n = 0, known = 0;
    for (const sx_jx_node *p = m->node->args; p; p = p->next, n++)
        known += args->named && sx_jx_find(args->named, &p->value);
    if (args->n > n && !mentions(r, m, "varargs")) {
        sx_jx_fail(r, LLM_E_INVALID, "the macro %.*s takes %zu arguments, not %zu", (int)m->node->value.len, m->node->value.as.s, n,
                args->n);
        return true;
    }
    if (args->named && args->named->n > known && !mentions(r, m, "kwargs")) {
        sx_jx_fail(r, LLM_E_INVALID, "the macro %.*s has no argument of that name", (int)m->node->value.len,
                m->node->value.as.s);
        return true;
    }
    return false;
}

sx_jx_value sx_jx_call_macro(sx_jx_run *r, const sx_jx_macro *m, const sx_jx_args *args, const sx_jx_value *caller)
{
    sx_jx_value text = sx_jx_static("");
    if (too_many(r, m, args) || !sx_jx_enter(r)) return text;
    sx_jx_frame *f = sx_jx_new_frame(r, m->frame);
    if (f) {
        if (caller) sx_jx_put(r, &f->vars, sx_jx_static("caller"), *caller);
        bind(r, m, args, f);
        text = sx_jx_capture(r, m->node->body, f);
        r->flow = JX_GOES_ON;
    }
    sx_jx_leave(r);
    return text;
}

static sx_jx_value call_loop(sx_jx_run *r, const sx_jx_loop *loop, const sx_jx_args *args)
{
    sx_buf text, *outer = r->out;
    if (!loop->node || args->n != 1) {
        sx_jx_fail(r, LLM_E_INVALID, "loop() needs a loop marked recursive, and what to go over");
        return sx_jx_static("");
    }
    sx_buf_init(&text, r->mem, (size_t)r->max_bytes);
    r->out = &text;
    sx_jx_loop_run(r, loop->node, loop->frame, args->v[0], loop->depth + 1);
    r->out = outer;
    return sx_jx_from_buf(r, &text);
}

static sx_jx_value call_cycler(sx_jx_run *r, sx_jx_value f)
{
    sx_jx_cycler *c = f.as.cycler;
    (void)r;
    if (f.type == JX_JOINER) return c->at++ ? c->separator : sx_jx_static("");
    return c->items->items[c->at++ % c->items->n];
}

sx_jx_value sx_jx_call(sx_jx_run *r, sx_jx_value f, const sx_jx_args *args)
{
    if (!sx_jx_step(r, 1)) return f;
    switch (f.type) {
    case JX_MACRO: return sx_jx_call_macro(r, f.as.macro, args, NULL);
    case JX_METHOD: return sx_jx_call_method(r, f.as.method, args);
    case JX_GLOBAL: return sx_jx_call_global(r, f.as.global, args);
    case JX_LOOP: return call_loop(r, f.as.loop, args);
    case JX_JOINER: return call_cycler(r, f);
    case JX_UNDEFINED: sx_jx_fail(r, LLM_E_INVALID, "%s is not defined, so it cannot be called", f.as.s ? f.as.s : "this"); break;
    default: sx_jx_fail(r, LLM_E_INVALID, "a %s cannot be called", sx_jx_type_name(&f));
    }
    return sx_jx_undefined(NULL);
}

static sx_jx_value eval_call(sx_jx_run *r, const sx_jx_node *n, sx_jx_frame *frame)
{
    sx_jx_value f = sx_jx_eval(r, n->a, frame);
    if (r->status != LLM_OK) return f;
    sx_jx_args args = eval_args(r, n->args, frame);
    if (r->status != LLM_OK) return f;
    r->line = n->line;
    sx_jx_value *caller = frame->vars.n ? sx_jx_find_name(&frame->vars, " caller", 7) : NULL;
    if (f.type != JX_MACRO || !caller) return sx_jx_call(r, f, &args);
    sx_jx_value block = *caller;
    return sx_jx_call_macro(r, f.as.macro, &args, &block);
}

static sx_jx_value eval_list(sx_jx_run *r, const sx_jx_node *n, sx_jx_frame *frame)
{
    sx_jx_value list = sx_jx_new_list(r, n->flag);
    for (const sx_jx_node *p = n->args; p && r->status == LLM_OK; p = p->next) sx_jx_push(r, list.as.list, sx_jx_eval(r, p->a, frame));
    return list;
}

static sx_jx_value eval_dict(sx_jx_run *r, const sx_jx_node *n, sx_jx_frame *frame)
{
    sx_jx_value dict = sx_jx_new_dict(r);
    for (const sx_jx_node *p = n->args; p && r->status == LLM_OK; p = p->next) {
        sx_jx_value key = sx_jx_eval(r, p->a, frame);
        sx_jx_put(r, dict.as.dict, key, sx_jx_eval(r, p->b, frame));
    }
    return dict;
}

static sx_jx_value eval_compare(sx_jx_run *r, const sx_jx_node *n, sx_jx_frame *frame)
{
    sx_jx_value a = sx_jx_eval(r, n->a, frame), result = sx_jx_bool(true);
    for (const sx_jx_node *p = n->args; p && r->status == LLM_OK; p = p->next) {
        sx_jx_value b = sx_jx_eval(r, p->a, frame);
        if (r->status != LLM_OK) break;
        result = sx_jx_binary(r, (sx_jx_op)p->op, a, b);
        if (!sx_jx_true(&result)) break;
        a = b;
    }
    return result;
}

static sx_jx_value negate(sx_jx_run *r, sx_jx_value v, bool minus)
{
    if (v.type == JX_BOOL) v = sx_jx_int(v.as.b);
    if (v.type == JX_FLOAT) return sx_jx_float(minus ? -v.as.d : v.as.d);
    if (v.type == JX_INT && (v.as.i != INT64_MIN || !minus)) return sx_jx_int(minus ? -v.as.i : v.as.i);
    sx_jx_fail(r, LLM_E_INVALID, "a %s has no sign", sx_jx_type_name(&v));
    return v;
}

static sx_jx_value eval_slice(sx_jx_run *r, const sx_jx_node *n, sx_jx_frame *frame)
{
    sx_jx_value v = sx_jx_eval(r, n->a, frame);
    sx_jx_value from = n->b ? sx_jx_eval(r, n->b, frame) : sx_jx_none();
    sx_jx_value to = n->c ? sx_jx_eval(r, n->c, frame) : sx_jx_none();
    sx_jx_value step = n->body ? sx_jx_eval(r, n->body, frame) : sx_jx_none();
    return r->status == LLM_OK ? sx_jx_slice(r, v, from, to, step) : v;
}

static sx_jx_value eval_filter(sx_jx_run *r, const sx_jx_node *n, sx_jx_frame *frame)
{
    sx_jx_value v = sx_jx_eval(r, n->a, frame);
    sx_jx_args args = eval_args(r, n->args, frame);
    if (r->status != LLM_OK) return v;
    r->line = n->line;
    return sx_jx_apply_filter(r, &n->value, v, &args);
}

static sx_jx_value eval_test(sx_jx_run *r, const sx_jx_node *n, sx_jx_frame *frame)
{
    sx_jx_value v = sx_jx_eval(r, n->a, frame);
    sx_jx_args args = eval_args(r, n->args, frame);
    if (r->status != LLM_OK) return v;
    r->line = n->line;
    return sx_jx_bool(sx_jx_apply_test(r, &n->value, v, &args) != (n->op != 0));
}

static sx_jx_value eval_choice(sx_jx_run *r, const sx_jx_node *n, sx_jx_frame *frame)
{
    sx_jx_value when = sx_jx_eval(r, n->b, frame);
    if (r->status != LLM_OK) return when;
    if (sx_jx_true(&when)) return sx_jx_eval(r, n->a, frame);
    return n->c ? sx_jx_eval(r, n->c, frame) : sx_jx_undefined(NULL);
}

static sx_jx_value eval_kind(sx_jx_run *r, const sx_jx_node *n, sx_jx_frame *frame)
{
    sx_jx_value a, b;
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
    a = sx_jx_eval(r, n->a, frame);
    if (r->status != LLM_OK) return a;
    r->line = n->line;
    switch (n->kind) {
    case JX_ATTR: return sx_jx_attr(r, a, n->value.as.s, n->value.len);
    case JX_NOT: return sx_jx_bool(!sx_jx_true(&a));
    case JX_NEGATE: return negate(r, a, true);
    case JX_PLUS: return negate(r, a, false);
    case JX_AND: return sx_jx_true(&a) ? sx_jx_eval(r, n->b, frame) : a;
    case JX_OR: return sx_jx_true(&a) ? a : sx_jx_eval(r, n->b, frame);
    default: break;
    }
    b = sx_jx_eval(r, n->b, frame);
    if (r->status != LLM_OK) return b;
    return n->kind == JX_ITEM ? sx_jx_item(r, a, b) : sx_jx_binary(r, (sx_jx_op)n->op, a, b);
}

sx_jx_value sx_jx_eval(sx_jx_run *r, const sx_jx_node *n, sx_jx_frame *frame)
{
    sx_jx_value v = sx_jx_undefined(NULL);
    if (!sx_jx_step(r, 1) || !sx_jx_enter(r)) return v;
    v = eval_kind(r, n, frame);
    sx_jx_leave(r);
    return v;
}
