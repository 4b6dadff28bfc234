/* Statements. A loop's body and a macro's body have scopes of their own; an if has none, as in Jinja2. */
#include "engine/text/jinja/jinja.h"

static void assign(jinja *j, jscope *scope, const jnode *target, jvalue v)
{
    if (target->kind == N_NAME) {
        sx_j_set(j, scope, target->name, v);
    } else if (target->kind == N_GETATTR) {
        jvalue ns = sx_j_eval(j, scope, target->a);
        if (ns.kind != J_NAMESPACE) sx_jinja_fail(j, LLM_E_INVALID, "only attributes of a namespace can be set");
        else sx_j_put(j, ns.u.dict, sx_j_borrow(target->name.s, target->name.len), v);
    } else {
        jlist items;
        if (!sx_j_iterate(j, v, &items)) return;
        size_t i = 0;
        for (const jnode *t = target->a; t; t = t->next, i++)
            if (i < items.count) assign(j, scope, t, items.items[i]);
        if (i != items.count) sx_jinja_fail(j, LLM_E_INVALID, "%zu values for %zu names", items.count, i);
    }
}

/* Runs a body with its text going to a value instead of the output. */
static jvalue capture(jinja *j, jscope *scope, const jnode *body)
{
    sx_buf text, *outer = j->out;
    sx_buf_init(&text, j->mem, outer->max);
    j->out = &text;
    sx_j_run(j, scope, body);
    j->out = outer;
    return sx_j_take(j, &text);
}

/* The items that pass the loop's condition. */
static jlist select_items(jinja *j, jscope *scope, const jnode *n, jlist items)
{
    jlist chosen = {0};
    if (!n->args) return items;
    for (size_t i = 0; i < items.count && j->status == LLM_OK; i++) {
        jscope *inner = sx_j_scope(j, scope);
        assign(j, inner, n->a, items.items[i]);
        jvalue keep = sx_j_eval(j, inner, n->args->value);
        if (sx_j_truth(&keep)) sx_j_push(j, &chosen, items.items[i]);
    }
    return chosen;
}

static void run_for(jinja *j, jscope *scope, const jnode *n)
{
    jlist all;
    if (!sx_j_iterate(j, sx_j_eval(j, scope, n->b), &all)) return;
    jlist *items = sx_jinja_alloc(j, sizeof *items);
    jloop *loop = sx_jinja_alloc(j, sizeof *loop);
    if (!items || !loop) return;
    *items = select_items(j, scope, n, all);
    *loop = (jloop){.items = items, .depth = ++j->loops};
    for (size_t i = 0; i < items->count && sx_jinja_step(j, 1) && j->flow != FLOW_BREAK; i++) {
        jscope *inner = sx_j_scope(j, scope);
        loop->index = i;
        sx_j_set(j, inner, (jstr){"loop", 4}, (jvalue){.kind = J_LOOP, .u.loop = loop});
        assign(j, inner, n->a, items->items[i]);
        sx_j_run(j, inner, n->c);
        if (j->flow == FLOW_CONTINUE) j->flow = FLOW_ON;
    }
    j->flow = FLOW_ON;
    j->loops--;
    if (items->count == 0 && n->d) sx_j_run(j, sx_j_scope(j, scope), n->d);
}

static void run_if(jinja *j, jscope *scope, const jnode *n)
{
    for (;;) {
        jvalue cond = sx_j_eval(j, scope, n->a);
        if (j->status != LLM_OK) return;
        if (sx_j_truth(&cond)) {
            sx_j_run(j, scope, n->b);
            return;
        }
        if (!n->c) { /* no further elif: the else, if there is one */
            sx_j_run(j, scope, n->d);
            return;
        }
        n = n->c;
    }
}

static jvalue make_macro(jinja *j, jscope *scope, const jnode *n)
{
    jmacro *m = sx_jinja_alloc(j, sizeof *m);
    if (!m) return sx_j_none();
    *m = (jmacro){n, scope, n->kind == N_CALL_BLOCK};
    return (jvalue){.kind = J_MACRO, .u.macro = m};
}

static void run_call_block(jinja *j, jscope *scope, const jnode *n)
{
    jscope *inner = sx_j_scope(j, scope);
    jvalue fn = sx_j_eval(j, scope, n->a->a);
    jargs args = {0};
    for (const jarg *arg = n->a->args; arg && j->status == LLM_OK; arg = arg->next) {
        jvalue v = sx_j_eval(j, scope, arg->value);
        if (arg->name.s) sx_j_put(j, &args.kw, sx_j_borrow(arg->name.s, arg->name.len), v);
        else sx_j_push(j, &args.pos, v);
    }
    sx_j_put(j, &args.kw, sx_j_borrow("caller", 6), make_macro(j, inner, n));
    if (j->status != LLM_OK) return;
    if (fn.kind != J_MACRO) {
        sx_jinja_fail(j, LLM_E_INVALID, "only a macro can be called with a body");
        return;
    }
    sx_j_print(j, sx_j_call_macro(j, fn.u.macro, &args), j->out);
}

/* A body captured, its filters applied: n->d is the constant that stands for the text. */
static jvalue filtered(jinja *j, jscope *scope, const jnode *n)
{
    jscope *inner = sx_j_scope(j, scope);
    jvalue text = capture(j, inner, n->b);
    if (n->c == n->d) return text;
    jnode *stand_in = n->d;
    stand_in->value = text; /* the tree belongs to this run alone */
    return sx_j_eval(j, scope, n->c);
}

static void run_with(jinja *j, jscope *scope, const jnode *n)
{
    jscope *inner = sx_j_scope(j, scope);
    for (const jarg *arg = n->args; arg && j->status == LLM_OK; arg = arg->next)
        sx_j_set(j, inner, arg->name, sx_j_eval(j, scope, arg->value));
    sx_j_run(j, inner, n->c);
}

static void run_one(jinja *j, jscope *scope, const jnode *n)
{
    j->line = n->line;
    switch (n->kind) {
    case N_TEXT: sx_j_print(j, sx_j_borrow(n->name.s, n->name.len), j->out); break;
    case N_PRINT: sx_j_print(j, sx_j_eval(j, scope, n->a), j->out); break;
    case N_FOR: run_for(j, scope, n); break;
    case N_IF: run_if(j, scope, n); break;
    case N_SET: assign(j, scope, n->a, sx_j_eval(j, scope, n->b)); break;
    case N_SET_BLOCK: assign(j, scope, n->a, filtered(j, scope, n)); break;
    case N_MACRO: sx_j_set(j, scope, n->name, make_macro(j, scope, n)); break;
    case N_CALL_BLOCK: run_call_block(j, scope, n); break;
    case N_FILTER_BLOCK: sx_j_print(j, filtered(j, scope, n), j->out); break;
    case N_WITH: run_with(j, scope, n); break;
    case N_BLOCK: sx_j_run(j, sx_j_scope(j, scope), n->c); break;
    case N_BREAK: j->flow = FLOW_BREAK; break;
    case N_CONTINUE: j->flow = FLOW_CONTINUE; break;
    default: sx_jinja_fail(j, LLM_E_INTERNAL, "a value stands where a statement should"); break;
    }
}

void sx_j_run(jinja *j, jscope *scope, const jnode *list)
{
    if (sx_jinja_enter(j))
        for (; list && j->flow == FLOW_ON && sx_jinja_step(j, 1); list = list->next) run_one(j, scope, list);
    j->depth--;
}

jvalue sx_j_call_macro(jinja *j, jmacro *macro, const jargs *args)
{
    jscope *scope = sx_j_scope(j, macro->scope);
    size_t i = 0, named = 0;
    for (const jarg *p = macro->node->args; p && j->status == LLM_OK; p = p->next, i++) {
        const jvalue *kw = sx_j_get_name(j, &args->kw, p->name);
        jvalue v = sx_j_undefined(p->name);
        if (i < args->pos.count) v = args->pos.items[i];
        else if (kw) v = *kw;
        else if (p->value) v = sx_j_eval(j, scope, p->value);
        named += kw != NULL;
        sx_j_set(j, scope, p->name, v);
    }
    const jvalue *caller = sx_j_get_name(j, &args->kw, (jstr){"caller", 6});
    if (caller && !macro->is_caller) {
        sx_j_set(j, scope, (jstr){"caller", 6}, *caller);
        named++;
    }
    if (args->pos.count > i) sx_jinja_fail(j, LLM_E_INVALID, "a macro got %zu arguments, it takes %zu", args->pos.count, i);
    if (args->kw.count > named) sx_jinja_fail(j, LLM_E_INVALID, "a macro got an argument with a name it does not know");
    uint32_t loops = j->loops;
    j->loops = 0;
    jvalue text = capture(j, scope, macro->node->c);
    j->loops = loops;
    return text;
}
