/* Runs statements. A loop's body and a macro have a frame of their own, so that what they set does not leak; an if has
 * none. */
#include <string.h>

#include "engine/text/jinja/jinja.h"

jx_frame *jx_new_frame(jx_run *r, jx_frame *parent)
{
    jx_frame *f = jx_alloc(r, sizeof *f);
    if (f) f->parent = parent;
    return f;
}

static void assign_attr(jx_run *r, const jx_node *target, jx_frame *frame, jx_value v)
{
    jx_value of = jx_eval(r, target->a, frame);
    if (r->status != LLM_OK) return;
    if (of.type == JX_NAMESPACE)
        jx_put(r, of.as.dict, target->value, v);
    else
        jx_fail(r, LLM_E_INVALID, "only a namespace's attributes can be set, not those of a %s", jx_type_name(&of));
}

void jx_assign(jx_run *r, const jx_node *target, jx_frame *frame, jx_value v)
{
    r->line = target->line;
    if (target->kind == JX_NAME) {
        jx_put(r, &frame->vars, target->value, v);
    } else if (target->kind == JX_ATTR) {
        assign_attr(r, target, frame, v);
    } else if (jx_enter(r)) {
        jx_value items = jx_iterate(r, v);
        size_t i = 0;
        const jx_node *part = r->status == LLM_OK ? target->args : NULL;
        for (; part && i < items.as.list->n; part = part->next) jx_assign(r, part->a, frame, items.as.list->items[i++]);
        if (r->status == LLM_OK && (part || i < items.as.list->n))
            jx_fail(r, LLM_E_INVALID, "%zu values cannot be assigned to another number of names", items.as.list->n);
        jx_leave(r);
    }
}

jx_value jx_capture(jx_run *r, const jx_node *list, jx_frame *frame)
{
    sx_buf text, *outer = r->out;
    sx_buf_init(&text, r->mem, (size_t)r->max_bytes);
    r->out = &text;
    jx_exec(r, list, frame);
    r->out = outer;
    return jx_from_buf(r, &text);
}

/* The items that a loop's filter lets through. */
static jx_value filtered(jx_run *r, const jx_node *node, jx_frame *frame, jx_value items)
{
    jx_value kept = jx_new_list(r, false);
    jx_frame *f = jx_new_frame(r, frame);
    for (size_t i = 0; f && i < items.as.list->n && r->status == LLM_OK; i++) {
        jx_assign(r, node->a, f, items.as.list->items[i]);
        jx_value ok = jx_eval(r, node->c, f);
        if (jx_true(&ok)) jx_push(r, kept.as.list, items.as.list->items[i]);
    }
    return kept;
}

static void loop_body(jx_run *r, const jx_node *node, jx_frame *frame, jx_loop *loop)
{
    for (; loop->at < loop->items->n && jx_step(r, 1); loop->at++) {
        jx_frame *f = jx_new_frame(r, frame);
        if (!f) return;
        jx_put(r, &f->vars, jx_static("loop"), (jx_value){.type = JX_LOOP, .as.loop = loop});
        jx_assign(r, node->a, f, loop->items->items[loop->at]);
        jx_exec(r, node->body, f);
        bool over = r->flow == JX_BREAKS;
        r->flow = JX_GOES_ON;
        if (over) return;
    }
}

void jx_loop_run(jx_run *r, const jx_node *node, jx_frame *frame, jx_value v, unsigned depth)
{
    if (!jx_enter(r)) return;
    jx_value items = jx_iterate(r, v);
    if (r->status == LLM_OK && node->c) items = filtered(r, node, frame, items);
    jx_loop *loop = jx_alloc(r, sizeof *loop);
    if (loop && items.as.list->n) {
        *loop = (jx_loop){.items = items.as.list, .depth = depth, .node = node->flag ? node : NULL, .frame = frame};
        loop_body(r, node, frame, loop);
    } else if (loop && node->otherwise) {
        jx_frame *f = jx_new_frame(r, frame);
        if (f) jx_exec(r, node->otherwise, f);
    }
    jx_leave(r);
}

static void set_block(jx_run *r, const jx_node *node, jx_frame *frame)
{
    jx_frame *f = jx_new_frame(r, frame);
    if (!f) return;
    jx_value text = jx_capture(r, node->body, f);
    if (node->b->kind == JX_FILTER) {
        jx_put(r, &f->vars, jx_static(" text"), text);
        text = jx_eval(r, node->b, f);
    }
    jx_assign(r, node->a, frame, text);
}

static void filter_block(jx_run *r, const jx_node *node, jx_frame *frame)
{
    jx_frame *f = jx_new_frame(r, frame);
    if (!f) return;
    jx_put(r, &f->vars, jx_static(" text"), jx_capture(r, node->body, f));
    jx_value v = jx_eval(r, node->a, f);
    if (r->status == LLM_OK) jx_write(r, &v, r->out);
}

static void call_block(jx_run *r, const jx_node *node, jx_frame *frame)
{
    jx_macro *caller = jx_alloc(r, sizeof *caller);
    jx_frame *f = jx_new_frame(r, frame);
    if (!caller || !f) return;
    *caller = (jx_macro){node, frame};
    jx_put(r, &f->vars, jx_static(" caller"), (jx_value){.type = JX_MACRO, .as.macro = caller});
    jx_value v = jx_eval(r, node->a, f);
    if (r->status == LLM_OK) jx_write(r, &v, r->out);
}

static void define_macro(jx_run *r, const jx_node *node, jx_frame *frame)
{
    jx_macro *m = jx_alloc(r, sizeof *m);
    if (!m) return;
    *m = (jx_macro){node, frame};
    jx_put(r, &frame->vars, node->value, (jx_value){.type = JX_MACRO, .as.macro = m});
}

static void with(jx_run *r, const jx_node *node, jx_frame *frame)
{
    jx_frame *f = jx_new_frame(r, frame);
    for (const jx_node *p = node->args; f && p; p = p->next) jx_assign(r, p->a, f, jx_eval(r, p->b, frame));
    if (f) jx_exec(r, node->body, f);
}

static void output(jx_run *r, const jx_value *v)
{
    if (r->status != LLM_OK) return;
    jx_write(r, v, r->out);
    llm_status status = sx_buf_status(r->out);
    if (status == LLM_E_MEMORY && r->status == LLM_OK)
        r->status = sx_fail_memory(r->err);
    else if (status != LLM_OK)
        jx_fail(r, LLM_E_LIMIT, "its text grows beyond %llu bytes", (unsigned long long)r->max_bytes);
}

static void exec_one(jx_run *r, const jx_node *n, jx_frame *frame)
{
    jx_value v;
    switch (n->kind) {
    case JX_TEXT: output(r, &n->value); break;
    case JX_OUTPUT:
        v = jx_eval(r, n->a, frame);
        output(r, &v);
        break;
    case JX_IF:
        v = jx_eval(r, n->a, frame);
        if (r->status == LLM_OK) jx_exec(r, jx_true(&v) ? n->body : n->otherwise, frame);
        break;
    case JX_FOR:
        v = jx_eval(r, n->b, frame);
        if (r->status == LLM_OK) jx_loop_run(r, n, frame, v, 0);
        break;
    case JX_SET:
        v = jx_eval(r, n->b, frame);
        if (r->status == LLM_OK) jx_assign(r, n->a, frame, v);
        break;
    case JX_SET_BLOCK: set_block(r, n, frame); break;
    case JX_MACRO_DEF: define_macro(r, n, frame); break;
    case JX_CALL_BLOCK: call_block(r, n, frame); break;
    case JX_FILTER_BLOCK: filter_block(r, n, frame); break;
    case JX_WITH: with(r, n, frame); break;
    case JX_BODY: jx_exec(r, n->body, frame); break;
    case JX_BREAK: r->flow = JX_BREAKS; break;
    case JX_CONTINUE: r->flow = JX_CONTINUES; break;
    default: jx_fail(r, LLM_E_INTERNAL, "a statement of kind %u", n->kind);
    }
}

void jx_exec(jx_run *r, const jx_node *list, jx_frame *frame)
{
    if (!jx_enter(r)) return;
    for (; list && r->flow == JX_GOES_ON && jx_step(r, 1); list = list->next) {
        r->line = list->line;
        exec_one(r, list, frame);
    }
    jx_leave(r);
}
