/* Statements: from tokens to a tree. What each node keeps where:
 *   IF a: condition, body, otherwise (a list: elif is an IF inside)     FOR a: target, b: items, c: filter, body, otherwise
 *   SET a: target, b: value      SET_BLOCK a: target, b: filters over the hole, body
 *   MACRO_DEF value: name, args: parameters (value: name, a: default), body    CALL_BLOCK a: call, args, body
 *   FILTER_BLOCK a: filters over the hole, body    WITH args: (a: target, b: value), body    OUTPUT a */
#include <string.h>

#include "engine/text/jinja/jinja.h"

sx_jx_node *sx_jx_new_node(sx_jx_run *r, sx_jx_kind kind)
{
    sx_jx_node *n = sx_jx_alloc(r, sizeof *n);
    if (!n) return NULL;
    n->kind = (uint8_t)kind;
    n->line = r->line = sx_jx_peek(r)->line;
    return n;
}

const sx_jx_token *sx_jx_peek(sx_jx_run *r)
{
    return &r->tokens[r->at]; /* the last token is END and is never passed */
}

static void advance(sx_jx_run *r)
{
    if (r->at + 1 < r->n_tokens) r->at++;
}

bool sx_jx_at_op(sx_jx_run *r, const char *op)
{
    const sx_jx_token *t = sx_jx_peek(r);
    return t->kind == JX_T_OP && sx_jx_is(&t->value, op);
}

bool sx_jx_at_name(sx_jx_run *r, const char *name)
{
    const sx_jx_token *t = sx_jx_peek(r);
    return t->kind == JX_T_NAME && sx_jx_is(&t->value, name);
}

bool sx_jx_take_op(sx_jx_run *r, const char *op)
{
    bool there = sx_jx_at_op(r, op);
    if (there) advance(r);
    return there;
}

bool sx_jx_take_name(sx_jx_run *r, const char *name)
{
    bool there = sx_jx_at_name(r, name);
    if (there) advance(r);
    return there;
}

void sx_jx_unexpected(sx_jx_run *r, const char *wanted)
{
    const sx_jx_token *t = sx_jx_peek(r);
    r->line = t->line;
    int len = t->value.type == JX_STRING && t->value.len < 40 ? (int)t->value.len : 0;
    sx_jx_fail(r, LLM_E_FORMAT, "expected %s but found %.*s", wanted, len ? len : 14, len ? t->value.as.s : "something else");
}

void sx_jx_want_op(sx_jx_run *r, const char *op)
{
    if (!sx_jx_take_op(r, op)) sx_jx_unexpected(r, op);
}

static void want(sx_jx_run *r, sx_jx_token_kind kind, const char *what)
{
    if (sx_jx_peek(r)->kind != kind)
        sx_jx_unexpected(r, what);
    else
        advance(r);
}

static void want_name(sx_jx_run *r, const char *name)
{
    if (!sx_jx_take_name(r, name)) sx_jx_unexpected(r, name);
}

static sx_jx_value take_identifier(sx_jx_run *r)
{
    sx_jx_value v = sx_jx_peek(r)->value;
    want(r, JX_T_NAME, "a name");
    return v.type == JX_STRING ? v : sx_jx_static("");
}

static sx_jx_node *parse_body(sx_jx_run *r, const char *const *ends);

/* What the filters of {% filter f %} and {% set x | f %} stand over: a name no template can write, set when they run. */
static sx_jx_node *hole(sx_jx_run *r)
{
    sx_jx_node *n = sx_jx_new_node(r, JX_NAME);
    if (n) n->value = sx_jx_static(" text");
    return n;
}

static sx_jx_node *parse_if(sx_jx_run *r)
{
    static const char *const ends[] = {"elif", "else", "endif", NULL};
    sx_jx_node *n = sx_jx_new_node(r, JX_IF);
    if (!n || !sx_jx_enter(r)) return n;
    n->a = sx_jx_parse_tuple(r, false);
    want(r, JX_T_BLOCK_END, "%}");
    n->body = parse_body(r, ends);
    if (sx_jx_take_name(r, "elif")) {
        n->otherwise = parse_if(r);
    } else {
        static const char *const endif[] = {"endif", NULL};
        if (sx_jx_take_name(r, "else")) {
            want(r, JX_T_BLOCK_END, "%}");
            n->otherwise = parse_body(r, endif);
        }
        want_name(r, "endif");
        want(r, JX_T_BLOCK_END, "%}");
    }
    sx_jx_leave(r);
    return n;
}

static sx_jx_node *parse_for(sx_jx_run *r)
{
    static const char *const ends[] = {"else", "endfor", NULL}, *const endfor[] = {"endfor", NULL};
    sx_jx_node *n = sx_jx_new_node(r, JX_FOR);
    if (!n) return NULL;
    n->a = sx_jx_parse_target(r);
    want_name(r, "in");
    n->b = sx_jx_parse_tuple(r, true);
    if (sx_jx_take_name(r, "if")) n->c = sx_jx_parse_expr(r);
    n->flag = sx_jx_take_name(r, "recursive");
    want(r, JX_T_BLOCK_END, "%}");
    n->body = parse_body(r, ends);
    if (sx_jx_take_name(r, "else")) {
        want(r, JX_T_BLOCK_END, "%}");
        n->otherwise = parse_body(r, endfor);
    }
    want_name(r, "endfor");
    want(r, JX_T_BLOCK_END, "%}");
    return n;
}

static sx_jx_node *parse_set(sx_jx_run *r)
{
    static const char *const ends[] = {"endset", NULL};
    sx_jx_node *n = sx_jx_new_node(r, JX_SET);
    if (!n) return NULL;
    n->a = sx_jx_parse_target(r);
    if (sx_jx_take_op(r, "=")) {
        n->b = sx_jx_parse_tuple(r, false);
        want(r, JX_T_BLOCK_END, "%}");
        return n;
    }
    n->kind = JX_SET_BLOCK;
    n->b = sx_jx_parse_filters(r, hole(r));
    want(r, JX_T_BLOCK_END, "%}");
    n->body = parse_body(r, ends);
    want_name(r, "endset");
    want(r, JX_T_BLOCK_END, "%}");
    return n;
}

/* "(a, b=1)" of a macro or a call block. */
static sx_jx_node *parse_parameters(sx_jx_run *r)
{
    sx_jx_node *first = NULL, **last = &first;
    bool defaults = false;
    sx_jx_want_op(r, "(");
    while (r->status == LLM_OK && !sx_jx_at_op(r, ")")) {
        sx_jx_node *p = sx_jx_new_node(r, JX_NAME);
        if (!p) break;
        p->value = take_identifier(r);
        if (sx_jx_take_op(r, "="))
            p->a = sx_jx_parse_expr(r), defaults = true;
        else if (defaults)
            sx_jx_unexpected(r, "a default for this parameter too");
        *last = p;
        last = &p->next;
        if (!sx_jx_at_op(r, ")")) sx_jx_want_op(r, ",");
    }
    sx_jx_want_op(r, ")");
    return first;
}

static sx_jx_node *parse_macro(sx_jx_run *r)
{
    static const char *const ends[] = {"endmacro", NULL};
    sx_jx_node *n = sx_jx_new_node(r, JX_MACRO_DEF);
    if (!n) return NULL;
    n->value = take_identifier(r);
    n->args = parse_parameters(r);
    want(r, JX_T_BLOCK_END, "%}");
    n->body = parse_body(r, ends);
    want_name(r, "endmacro");
    want(r, JX_T_BLOCK_END, "%}");
    return n;
}

static sx_jx_node *parse_call_block(sx_jx_run *r)
{
    static const char *const ends[] = {"endcall", NULL};
    sx_jx_node *n = sx_jx_new_node(r, JX_CALL_BLOCK);
    if (!n) return NULL;
    n->value = sx_jx_static("caller");
    if (sx_jx_at_op(r, "(")) n->args = parse_parameters(r);
    n->a = sx_jx_parse_expr(r);
    if (r->status == LLM_OK && n->a->kind != JX_CALL) sx_jx_unexpected(r, "a call of a macro");
    want(r, JX_T_BLOCK_END, "%}");
    n->body = parse_body(r, ends);
    want_name(r, "endcall");
    want(r, JX_T_BLOCK_END, "%}");
    return n;
}

static sx_jx_node *parse_filter_block(sx_jx_run *r)
{
    static const char *const ends[] = {"endfilter", NULL};
    sx_jx_node *n = sx_jx_new_node(r, JX_FILTER_BLOCK);
    if (!n) return NULL;
    sx_jx_node *f = sx_jx_new_node(r, JX_FILTER);
    if (!f) return NULL;
    f->value = take_identifier(r);
    f->a = hole(r);
    if (sx_jx_take_op(r, "(")) f->args = sx_jx_parse_args(r);
    n->a = sx_jx_parse_filters(r, f);
    want(r, JX_T_BLOCK_END, "%}");
    n->body = parse_body(r, ends);
    want_name(r, "endfilter");
    want(r, JX_T_BLOCK_END, "%}");
    return n;
}

static sx_jx_node *parse_with(sx_jx_run *r)
{
    static const char *const ends[] = {"endwith", NULL};
    sx_jx_node *n = sx_jx_new_node(r, JX_WITH);
    sx_jx_node **last = n ? &n->args : NULL;
    while (r->status == LLM_OK && sx_jx_peek(r)->kind != JX_T_BLOCK_END) {
        sx_jx_node *p = sx_jx_new_node(r, JX_SET);
        if (!p) break;
        p->a = sx_jx_parse_target(r);
        sx_jx_want_op(r, "=");
        p->b = sx_jx_parse_expr(r);
        *last = p;
        last = &p->next;
        if (sx_jx_peek(r)->kind != JX_T_BLOCK_END) sx_jx_want_op(r, ",");
    }
    want(r, JX_T_BLOCK_END, "%}");
    if (n) n->body = parse_body(r, ends);
    want_name(r, "endwith");
    want(r, JX_T_BLOCK_END, "%}");
    return n;
}

/* {% generation %} marks the assistant's text for training; its body is the text. */
static sx_jx_node *parse_generation(sx_jx_run *r)
{
    static const char *const ends[] = {"endgeneration", NULL};
    sx_jx_node *n = sx_jx_new_node(r, JX_BODY);
    want(r, JX_T_BLOCK_END, "%}");
    if (n) n->body = parse_body(r, ends);
    want_name(r, "endgeneration");
    want(r, JX_T_BLOCK_END, "%}");
    return n;
}

static sx_jx_node *parse_statement(sx_jx_run *r)
{
    if (sx_jx_take_name(r, "if")) return parse_if(r);
    if (sx_jx_take_name(r, "for")) return parse_for(r);
    if (sx_jx_take_name(r, "set")) return parse_set(r);
    if (sx_jx_take_name(r, "macro")) return parse_macro(r);
    if (sx_jx_take_name(r, "call")) return parse_call_block(r);
    if (sx_jx_take_name(r, "filter")) return parse_filter_block(r);
    if (sx_jx_take_name(r, "with")) return parse_with(r);
    if (sx_jx_take_name(r, "generation")) return parse_generation(r);
    bool breaks = sx_jx_take_name(r, "break");
    if (breaks || sx_jx_take_name(r, "continue")) {
        sx_jx_node *n = sx_jx_new_node(r, breaks ? JX_BREAK : JX_CONTINUE);
        want(r, JX_T_BLOCK_END, "%}");
        return n;
    }
    const sx_jx_token *t = sx_jx_peek(r);
    r->line = t->line;
    int len = t->kind == JX_T_NAME && t->value.len < 40 ? (int)t->value.len : 0;
    sx_jx_fail(r, LLM_E_UNSUPPORTED, "the statement \"%.*s\" is not known here", len, len ? t->value.as.s : "");
    return NULL;
}

static bool at_end(sx_jx_run *r, const char *const *ends)
{
    for (; ends && *ends; ends++)
        if (sx_jx_at_name(r, *ends)) return true;
    return false;
}

/* Statements up to {% end %}, whose word is left to be taken; ends NULL: up to the end of the template. */
static sx_jx_node *parse_body(sx_jx_run *r, const char *const *ends)
{
    sx_jx_node *first = NULL, **last = &first;
    if (!sx_jx_enter(r)) return NULL;
    while (r->status == LLM_OK) {
        const sx_jx_token *t = sx_jx_peek(r);
        sx_jx_node *n = NULL;
        if (t->kind == JX_T_END) {
            if (ends) sx_jx_unexpected(r, ends[0]);
            break;
        }
        if (t->kind == JX_T_TEXT) {
            n = sx_jx_new_node(r, JX_TEXT);
            if (n) n->value = t->value;
            advance(r);
        } else if (t->kind == JX_T_OUT) {
            advance(r);
            n = sx_jx_new_node(r, JX_OUTPUT);
            if (n) n->a = sx_jx_parse_tuple(r, false);
            want(r, JX_T_OUT_END, "}}");
        } else {
            want(r, JX_T_BLOCK, "{%");
            if (at_end(r, ends)) break;
            n = parse_statement(r);
        }
        if (!n) break;
        *last = n;
        last = &n->next;
    }
    sx_jx_leave(r);
    return first;
}

sx_jx_node *sx_jx_parse(sx_jx_run *r)
{
    return parse_body(r, NULL);
}
