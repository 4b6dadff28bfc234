/* Statements: from tokens to a tree. What each node keeps where:
 *   IF a: condition, body, otherwise (a list: elif is an IF inside)     FOR a: target, b: items, c: filter, body, otherwise
 *   SET a: target, b: value      SET_BLOCK a: target, b: filters over the hole, body
 *   MACRO_DEF value: name, args: parameters (value: name, a: default), body    CALL_BLOCK a: call, args, body
 *   FILTER_BLOCK a: filters over the hole, body    WITH args: (a: target, b: value), body    OUTPUT a */
#include <string.h>

#include "engine/text/jinja/jinja.h"

jx_node *jx_new_node(jx_run *r, jx_kind kind)
{
    jx_node *n = jx_alloc(r, sizeof *n);
    if (!n) return NULL;
    n->kind = (uint8_t)kind;
    n->line = r->line = jx_peek(r)->line;
    return n;
}

const jx_token *jx_peek(jx_run *r)
{
    return &r->tokens[r->at]; /* the last token is END and is never passed */
}

static void advance(jx_run *r)
{
    if (r->at + 1 < r->n_tokens) r->at++;
}

bool jx_at_op(jx_run *r, const char *op)
{
    const jx_token *t = jx_peek(r);
    return t->kind == JX_T_OP && jx_is(&t->value, op);
}

bool jx_at_name(jx_run *r, const char *name)
{
    const jx_token *t = jx_peek(r);
    return t->kind == JX_T_NAME && jx_is(&t->value, name);
}

bool jx_take_op(jx_run *r, const char *op)
{
    bool there = jx_at_op(r, op);
    if (there) advance(r);
    return there;
}

bool jx_take_name(jx_run *r, const char *name)
{
    bool there = jx_at_name(r, name);
    if (there) advance(r);
    return there;
}

void jx_unexpected(jx_run *r, const char *wanted)
{
    const jx_token *t = jx_peek(r);
    r->line = t->line;
    int len = t->value.type == JX_STRING && t->value.len < 40 ? (int)t->value.len : 0;
    jx_fail(r, LLM_E_FORMAT, "expected %s but found %.*s", wanted, len ? len : 14, len ? t->value.as.s : "something else");
}

void jx_want_op(jx_run *r, const char *op)
{
    if (!jx_take_op(r, op)) jx_unexpected(r, op);
}

static void want(jx_run *r, jx_token_kind kind, const char *what)
{
    if (jx_peek(r)->kind != kind)
        jx_unexpected(r, what);
    else
        advance(r);
}

static void want_name(jx_run *r, const char *name)
{
    if (!jx_take_name(r, name)) jx_unexpected(r, name);
}

static jx_value take_identifier(jx_run *r)
{
    jx_value v = jx_peek(r)->value;
    want(r, JX_T_NAME, "a name");
    return v.type == JX_STRING ? v : jx_static("");
}

static jx_node *parse_body(jx_run *r, const char *const *ends);

/* What the filters of {% filter f %} and {% set x | f %} stand over: a name no template can write, set when they run. */
static jx_node *hole(jx_run *r)
{
    jx_node *n = jx_new_node(r, JX_NAME);
    if (n) n->value = jx_static(" text");
    return n;
}

static jx_node *parse_if(jx_run *r)
{
    static const char *const ends[] = {"elif", "else", "endif", NULL};
    jx_node *n = jx_new_node(r, JX_IF);
    if (!n || !jx_enter(r)) return n;
    n->a = jx_parse_tuple(r, false);
    want(r, JX_T_BLOCK_END, "%}");
    n->body = parse_body(r, ends);
    if (jx_take_name(r, "elif")) {
        n->otherwise = parse_if(r);
    } else {
        static const char *const endif[] = {"endif", NULL};
        if (jx_take_name(r, "else")) {
            want(r, JX_T_BLOCK_END, "%}");
            n->otherwise = parse_body(r, endif);
        }
        want_name(r, "endif");
        want(r, JX_T_BLOCK_END, "%}");
    }
    jx_leave(r);
    return n;
}

static jx_node *parse_for(jx_run *r)
{
    static const char *const ends[] = {"else", "endfor", NULL}, *const endfor[] = {"endfor", NULL};
    jx_node *n = jx_new_node(r, JX_FOR);
    if (!n) return NULL;
    n->a = jx_parse_target(r);
    want_name(r, "in");
    n->b = jx_parse_tuple(r, true);
    if (jx_take_name(r, "if")) n->c = jx_parse_expr(r);
    n->flag = jx_take_name(r, "recursive");
    want(r, JX_T_BLOCK_END, "%}");
    n->body = parse_body(r, ends);
    if (jx_take_name(r, "else")) {
        want(r, JX_T_BLOCK_END, "%}");
        n->otherwise = parse_body(r, endfor);
    }
    want_name(r, "endfor");
    want(r, JX_T_BLOCK_END, "%}");
    return n;
}

static jx_node *parse_set(jx_run *r)
{
    static const char *const ends[] = {"endset", NULL};
    jx_node *n = jx_new_node(r, JX_SET);
    if (!n) return NULL;
    n->a = jx_parse_target(r);
    if (jx_take_op(r, "=")) {
        n->b = jx_parse_tuple(r, false);
        want(r, JX_T_BLOCK_END, "%}");
        return n;
    }
    n->kind = JX_SET_BLOCK;
    n->b = jx_parse_filters(r, hole(r));
    want(r, JX_T_BLOCK_END, "%}");
    n->body = parse_body(r, ends);
    want_name(r, "endset");
    want(r, JX_T_BLOCK_END, "%}");
    return n;
}

/* "(a, b=1)" of a macro or a call block. */
static jx_node *parse_parameters(jx_run *r)
{
    jx_node *first = NULL, **last = &first;
    bool defaults = false;
    jx_want_op(r, "(");
    while (r->status == LLM_OK && !jx_at_op(r, ")")) {
        jx_node *p = jx_new_node(r, JX_NAME);
        if (!p) break;
        p->value = take_identifier(r);
        if (jx_take_op(r, "="))
            p->a = jx_parse_expr(r), defaults = true;
        else if (defaults)
            jx_unexpected(r, "a default for this parameter too");
        *last = p;
        last = &p->next;
        if (!jx_at_op(r, ")")) jx_want_op(r, ",");
    }
    jx_want_op(r, ")");
    return first;
}

static jx_node *parse_macro(jx_run *r)
{
    static const char *const ends[] = {"endmacro", NULL};
    jx_node *n = jx_new_node(r, JX_MACRO_DEF);
    if (!n) return NULL;
    n->value = take_identifier(r);
    n->args = parse_parameters(r);
    want(r, JX_T_BLOCK_END, "%}");
    n->body = parse_body(r, ends);
    want_name(r, "endmacro");
    want(r, JX_T_BLOCK_END, "%}");
    return n;
}

static jx_node *parse_call_block(jx_run *r)
{
    static const char *const ends[] = {"endcall", NULL};
    jx_node *n = jx_new_node(r, JX_CALL_BLOCK);
    if (!n) return NULL;
    n->value = jx_static("caller");
    if (jx_at_op(r, "(")) n->args = parse_parameters(r);
    n->a = jx_parse_expr(r);
    if (r->status == LLM_OK && n->a->kind != JX_CALL) jx_unexpected(r, "a call of a macro");
    want(r, JX_T_BLOCK_END, "%}");
    n->body = parse_body(r, ends);
    want_name(r, "endcall");
    want(r, JX_T_BLOCK_END, "%}");
    return n;
}

static jx_node *parse_filter_block(jx_run *r)
{
    static const char *const ends[] = {"endfilter", NULL};
    jx_node *n = jx_new_node(r, JX_FILTER_BLOCK);
    if (!n) return NULL;
    jx_node *f = jx_new_node(r, JX_FILTER);
    if (!f) return NULL;
    f->value = take_identifier(r);
    f->a = hole(r);
    if (jx_take_op(r, "(")) f->args = jx_parse_args(r);
    n->a = jx_parse_filters(r, f);
    want(r, JX_T_BLOCK_END, "%}");
    n->body = parse_body(r, ends);
    want_name(r, "endfilter");
    want(r, JX_T_BLOCK_END, "%}");
    return n;
}

static jx_node *parse_with(jx_run *r)
{
    static const char *const ends[] = {"endwith", NULL};
    jx_node *n = jx_new_node(r, JX_WITH);
    jx_node **last = n ? &n->args : NULL;
    while (r->status == LLM_OK && jx_peek(r)->kind != JX_T_BLOCK_END) {
        jx_node *p = jx_new_node(r, JX_SET);
        if (!p) break;
        p->a = jx_parse_target(r);
        jx_want_op(r, "=");
        p->b = jx_parse_expr(r);
        *last = p;
        last = &p->next;
        if (jx_peek(r)->kind != JX_T_BLOCK_END) jx_want_op(r, ",");
    }
    want(r, JX_T_BLOCK_END, "%}");
    if (n) n->body = parse_body(r, ends);
    want_name(r, "endwith");
    want(r, JX_T_BLOCK_END, "%}");
    return n;
}

/* {% generation %} marks the assistant's text for training; its body is the text. */
static jx_node *parse_generation(jx_run *r)
{
    static const char *const ends[] = {"endgeneration", NULL};
    jx_node *n = jx_new_node(r, JX_BODY);
    want(r, JX_T_BLOCK_END, "%}");
    if (n) n->body = parse_body(r, ends);
    want_name(r, "endgeneration");
    want(r, JX_T_BLOCK_END, "%}");
    return n;
}

static jx_node *parse_statement(jx_run *r)
{
    if (jx_take_name(r, "if")) return parse_if(r);
    if (jx_take_name(r, "for")) return parse_for(r);
    if (jx_take_name(r, "set")) return parse_set(r);
    if (jx_take_name(r, "macro")) return parse_macro(r);
    if (jx_take_name(r, "call")) return parse_call_block(r);
    if (jx_take_name(r, "filter")) return parse_filter_block(r);
    if (jx_take_name(r, "with")) return parse_with(r);
    if (jx_take_name(r, "generation")) return parse_generation(r);
    bool breaks = jx_take_name(r, "break");
    if (breaks || jx_take_name(r, "continue")) {
        jx_node *n = jx_new_node(r, breaks ? JX_BREAK : JX_CONTINUE);
        want(r, JX_T_BLOCK_END, "%}");
        return n;
    }
    const jx_token *t = jx_peek(r);
    r->line = t->line;
    int len = t->kind == JX_T_NAME && t->value.len < 40 ? (int)t->value.len : 0;
    jx_fail(r, LLM_E_UNSUPPORTED, "the statement \"%.*s\" is not known here", len, len ? t->value.as.s : "");
    return NULL;
}

static bool at_end(jx_run *r, const char *const *ends)
{
    for (; ends && *ends; ends++)
        if (jx_at_name(r, *ends)) return true;
    return false;
}

/* Statements up to {% end %}, whose word is left to be taken; ends NULL: up to the end of the template. */
static jx_node *parse_body(jx_run *r, const char *const *ends)
{
    jx_node *first = NULL, **last = &first;
    if (!jx_enter(r)) return NULL;
    while (r->status == LLM_OK) {
        const jx_token *t = jx_peek(r);
        jx_node *n = NULL;
        if (t->kind == JX_T_END) {
            if (ends) jx_unexpected(r, ends[0]);
            break;
        }
        if (t->kind == JX_T_TEXT) {
            n = jx_new_node(r, JX_TEXT);
            if (n) n->value = t->value;
            advance(r);
        } else if (t->kind == JX_T_OUT) {
            advance(r);
            n = jx_new_node(r, JX_OUTPUT);
            if (n) n->a = jx_parse_tuple(r, false);
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
    jx_leave(r);
    return first;
}

jx_node *jx_parse(jx_run *r)
{
    return parse_body(r, NULL);
}
