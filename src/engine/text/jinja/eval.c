/* Runs statements. A loop's body and a macro have a frame of their own, so that what they set does not leak; an if has
 * none. */
#include <string.h>

#include "engine/text/jinja/jinja.h"

sx_jx_frame *sx_jx_new_frame(sx_jx_run *r, sx_jx_frame *parent)
{
    sx_jx_frame *f = sx_jx_alloc(r, sizeof *f);
    if (f) f->parent = parent;
    return f;
}

static void assign_attr(sx_jx_run *r, const sx_jx_node *target, sx_jx_frame *frame, sx_jx_value v)
{
    sx_jx_value of = sx_jx_eval(r, target->a, frame);
    if (r->status != LLM_OK) return;
    if (of.type == JX_NAMESPACE)
        sx_jx_put(r, of.as.dict, target->value, v);
    else
        sx_jx_fail(r, LLM_E_INVALID, "only a namespace's attributes can be set, not those of a %s", sx_jx_type_name(&of));
}

void sx_jx_assign(sx_jx_run *r, const sx_jx_node *target, sx_jx_frame *frame, sx_jx_value v)
{
    r->line = target->line;
    if (target->kind == JX_NAME) {
        sx_jx_put(r, &frame->vars, target->value, v);
    } else if (target->kind == JX_ATTR) {
        assign_attr(r, target, frame, v);
    } else if (sx_jx_enter(r)) {
        sx_jx_value items = sx_jx_iterate(r, v);
        size_t i = 0;
        const sx_jx_node *part = r->status == LLM_OK ? target->args : NULL;
        for (; part && i < items.as.list->n; part = part->next) sx_jx_assign(r, part->a, frame, items.as.list->items[i++]);
        if (r->status == LLM_OK && (part || i < items.as.list->n))
            sx_jx_fail(r, LLM_E_INVALID, "%zu values cannot be assigned to another number of names", items.as.list->n);
        sx_jx_leave(r);
    }
}

sx_jx_value sx_jx_capture(sx_jx_run *r, const sx_jx_node *list, sx_jx_frame *frame)
{
    sx_buf text, *outer = r->out;
    sx_buf_init(&text, r->mem, (size_t)r->max_bytes);
    r->out = &text;
    sx_jx_exec(r, list, frame);
    r->out = outer;
    return sx_jx_from_buf(r, &text);
}

/* The items that a loop's filter lets through. */
static sx_jx_value filtered(sx_jx_run *r, const sx_jx_node *node, sx_jx_frame *frame, sx_jx_value items)
{
    sx_jx_value kept = sx_jx_new_list(r, false);
    sx_jx_frame *f = sx_jx_new_frame(r, frame);
    for (size_t i = 0; f && i < items.as.list->n && r->status == LLM_OK; i++) {
        sx_jx_assign(r, node->a, f, items.as.list->items[i]);
        sx_jx_value ok = sx_jx_eval(r, node->c, f);
        if (sx_jx_true(&ok)) sx_jx_push(r, kept.as.list, items.as.list->items[i]);
    }
    return kept;
}

static void loop_body(sx_jx_run *r, const sx_jx_node *node, sx_jx_frame *frame, sx_jx_loop *loop)
{
    for (; loop->at < loop->items->n && sx_jx_step(r, 1); loop->at++) {
        sx_jx_frame *f = sx_jx_new_frame(r, frame);
        if (!f) return;
        sx_jx_put(r, &f->vars, sx_jx_static("loop"), (sx_jx_value){.type = JX_LOOP, .as.loop = loop});
        sx_jx_assign(r, node->a, f, loop->items->items[loop->at]);
        sx_jx_exec(r, node->body, f);
        bool over = r->flow == JX_BREAKS;
        r->flow = JX_GOES_ON;
        if (over) return;
    }
}

void sx_jx_loop_run(sx_jx_run *r, const sx_jx_node *node, sx_jx_frame *frame, sx_jx_value v, unsigned depth)
{
    if (!sx_jx_enter(r)) return;
    sx_jx_value items = sx_jx_iterate(r, v);
    if (r->status == LLM_OK && node->c) items = filtered(r, node, frame, items);
    sx_jx_loop *loop = sx_jx_alloc(r, sizeof *loop);
    if (loop && items.as.list->n) {
        *loop = (sx_jx_loop){.items = items.as.list, .depth = depth, .node = node->flag ? node : NULL, .frame = frame};
        loop_body(r, node, frame, loop);
    } else if (loop && node->otherwise) {
        sx_jx_frame *f = sx_jx_new_frame(r, frame);
        if (f) sx_jx_exec(r, node->otherwise, f);
    }
    sx_jx_leave(r);
}

static void set_block(sx_jx_run *r, const sx_jx_node *node, sx_jx_frame *frame)
{
    sx_jx_frame *f = sx_jx_new_frame(r, frame);
    if (!f) return;
    sx_jx_value text = sx_jx_capture(r, node->body, f);
    if (node->b->kind == JX_FILTER) {
        sx_jx_put(r, &f->vars, sx_jx_static(" text"), text);
        text = sx_jx_eval(r, node->b, f);
    }
    sx_jx_assign(r, node->a, frame, text);
}

static void filter_block(sx_jx_run *r, const sx_jx_node *node, sx_jx_frame *frame)
{
    sx_jx_frame *f = sx_jx_new_frame(r, frame);
    if (!f) return;
    sx_jx_put(r, &f->vars, sx_jx_static(" text"), sx_jx_capture(r, node->body, f));
    sx_jx_value v = sx_jx_eval(r, node->a, f);
    if (r->status == LLM_OK) sx_jx_write(r, &v, r->out);
}

static void call_block(sx_jx_run *r, const sx_jx_node *node, sx_jx_frame *frame)
{
    sx_jx_macro *caller = sx_jx_alloc(r, sizeof *caller);
    sx_jx_frame *f = sx_jx_new_frame(r, frame);
    if (!caller || !f) return;
    *caller = (sx_jx_macro){node, frame};
    sx_jx_put(r, &f->vars, sx_jx_static(" caller"), (sx_jx_value){.type = JX_MACRO, .as.macro = caller});
    sx_jx_value v = sx_jx_eval(r, node->a, f);
    if (r->status == LLM_OK) sx_jx_write(r, &v, r->out);
}

static void define_macro(sx_jx_run *r, const sx_jx_node *node, sx_jx_frame *frame)
{
    sx_jx_macro *m = sx_jx_alloc(r, sizeof *m);
    if (!m) return;
    *m = (sx_jx_macro){node, frame};
    sx_jx_put(r, &frame->vars, node->value, (sx_jx_value){.type = JX_MACRO, .as.macro = m});
}

static void with(sx_jx_run *r, const sx_jx_node *node, sx_jx_frame *frame)
{
    sx_jx_frame *f = sx_jx_new_frame(r, frame);
    for (const sx_jx_node *p = node->args; f && p; p = p->next) sx_jx_assign(r, p->a, f, sx_jx_eval(r, p->b, frame));
    if (f) sx_jx_exec(r, node->body, f);
}

static void output(sx_jx_run *r, const sx_jx_value *v)
{
    if (r->status != LLM_OK) return;
    sx_jx_write(r, v, r->out);
    llm_status status = sx_buf_status(r->out);
    if (status == LLM_E_MEMORY && r->status == LLM_OK)
        r->status = sx_fail_memory(r->err);
    else if (status != LLM_OK)
        sx_jx_fail(r, LLM_E_LIMIT, "its text grows beyond %llu bytes", (unsigned long long)r->max_bytes);
}

static void exec_one(sx_jx_run *r, const sx_jx_node *n, sx_jx_frame *frame)
{
    sx_jx_value v;
    switch (n->kind) {
    case JX_TEXT: output(r, &n->value); break;
    case JX_OUTPUT:
        v = sx_jx_eval(r, n->a, frame);
        output(r, &v);
        break;
    case JX_IF:
        v = sx_jx_eval(r, n->a, frame);
        if (r->status == LLM_OK) sx_jx_exec(r, sx_jx_true(&v) ? n->body : n->otherwise, frame);
        break;
    case JX_FOR:
        v = sx_jx_eval(r, n->b, frame);
        if (r->status == LLM_OK) sx_jx_loop_run(r, n, frame, v, 0);
        break;
    case JX_SET:
        v = sx_jx_eval(r, n->b, frame);
        if (r->status == LLM_OK) sx_jx_assign(r, n->a, frame, v);
        break;
    case JX_SET_BLOCK: set_block(r, n, frame); break;
    case JX_MACRO_DEF: define_macro(r, n, frame); break;
    case JX_CALL_BLOCK: call_block(r, n, frame); break;
    case JX_FILTER_BLOCK: filter_block(r, n, frame); break;
    case JX_WITH: with(r, n, frame); break;
    case JX_BODY: sx_jx_exec(r, n->body, frame); break;
    case JX_BREAK: r->flow = JX_BREAKS; break;
    case JX_CONTINUE: r->flow = JX_CONTINUES; break;
    default: sx_jx_fail(r, LLM_E_INTERNAL, "a statement of kind %u", n->kind);
    }
}

void sx_jx_exec(sx_jx_run *r, const sx_jx_node *list, sx_jx_frame *frame)
{
    if (!sx_jx_enter(r)) return;
    for (; list && r->flow == JX_GOES_ON && sx_jx_step(r, 1); list = list->next) {
        r->line = list->line;
        exec_one(r, list, frame);
    }
    sx_jx_leave(r);
}
