/* Expressions, by falling precedence: if-else, or, and, not, comparisons and in, + and -, ~, * / // %, unary, **, then
 * postfix, filters and tests, as in Jinja2's parser.py. */
#include <string.h>

#include "engine/text/jinja/jinja.h"

static jx_node *parse_unary(jx_run *r, bool filters);
static jx_node *parse_primary(jx_run *r);

static void advance(jx_run *r)
{
    if (r->at + 1 < r->n_tokens) r->at++;
}

static jx_node *make(jx_run *r, jx_kind kind, jx_node *a, jx_node *b)
{
    jx_node *n = jx_new_node(r, kind);
    if (!n) return NULL;
    n->a = a;
    n->b = b;
    return n;
}

static jx_node *literal(jx_run *r, jx_value v)
{
    jx_node *n = jx_new_node(r, JX_LITERAL);
    if (n) n->value = v;
    return n;
}

/* Behind '(': arguments, named ones last. */
jx_node *jx_parse_args(jx_run *r)
{
    jx_node *first = NULL, **last = &first;
    bool named = false;
    while (r->status == LLM_OK && !jx_at_op(r, ")")) {
        const jx_token *t = jx_peek(r), *eq = r->at + 1 < r->n_tokens ? t + 1 : t;
        jx_node *holder = jx_new_node(r, JX_BODY);
        if (!holder) return NULL;
        if (t->kind == JX_T_NAME && eq->kind == JX_T_OP && jx_is(&eq->value, "=")) {
            holder->keyword = t->value.as.s;
            holder->keyword_len = t->value.len;
            named = true;
            advance(r);
            advance(r);
        } else if (named) {
            jx_unexpected(r, "a named argument, as the one before");
        }
        holder->a = jx_parse_expr(r);
        *last = holder;
        last = &holder->next;
        if (!jx_at_op(r, ")")) jx_want_op(r, ",");
    }
    jx_want_op(r, ")");
    return first;
}

static jx_node *parse_list(jx_run *r)
{
    jx_node *n = jx_new_node(r, JX_LIST_EXPR);
    jx_node **last = n ? &n->args : NULL;
    while (r->status == LLM_OK && !jx_at_op(r, "]")) {
        jx_node *holder = make(r, JX_BODY, NULL, NULL);
        if (!holder) return NULL;
        holder->a = jx_parse_expr(r);
        *last = holder;
        last = &holder->next;
        if (!jx_at_op(r, "]")) jx_want_op(r, ",");
    }
    jx_want_op(r, "]");
    return n;
}

static jx_node *parse_dict(jx_run *r)
{
    jx_node *n = jx_new_node(r, JX_DICT_EXPR);
    jx_node **last = n ? &n->args : NULL;
    while (r->status == LLM_OK && !jx_at_op(r, "}")) {
        jx_node *holder = make(r, JX_BODY, NULL, NULL);
        if (!holder) return NULL;
        holder->a = jx_parse_expr(r);
        jx_want_op(r, ":");
        holder->b = jx_parse_expr(r);
        *last = holder;
        last = &holder->next;
        if (!jx_at_op(r, "}")) jx_want_op(r, ",");
    }
    jx_want_op(r, "}");
    return n;
}

static bool at_tuple_end(jx_run *r)
{
    const jx_token *t = jx_peek(r);
    return t->kind == JX_T_OUT_END || t->kind == JX_T_BLOCK_END || t->kind == JX_T_END || jx_at_op(r, ")") ||
           jx_at_op(r, "=") || jx_at_name(r, "in");
}

static jx_node *parse_or(jx_run *r);

/* One expression, or several as a tuple. no_choice: a following "if" belongs to the statement. */
jx_node *jx_parse_tuple(jx_run *r, bool no_choice)
{
    jx_node *first = no_choice ? parse_or(r) : jx_parse_expr(r);
    if (r->status != LLM_OK || !jx_at_op(r, ",")) return first;
    jx_node *n = jx_new_node(r, JX_LIST_EXPR);
    if (!n) return NULL;
    n->flag = true;
    n->args = make(r, JX_BODY, first, NULL);
    jx_node *last = n->args;
    while (r->status == LLM_OK && jx_take_op(r, ",") && !at_tuple_end(r)) {
        last->next = make(r, JX_BODY, no_choice ? parse_or(r) : jx_parse_expr(r), NULL);
        if (!last->next) return NULL;
        last = last->next;
    }
    return n;
}

/* What may be assigned to: a name, ns.name, or a tuple of targets. */
jx_node *jx_parse_target(jx_run *r)
{
    if (!jx_enter(r)) return NULL;
    jx_node *tuple = NULL, *last = NULL, *one;
    for (;;) {
        if (jx_take_op(r, "(")) {
            one = jx_parse_target(r);
            jx_want_op(r, ")");
        } else {
            one = jx_new_node(r, JX_NAME);
            if (one) one->value = jx_peek(r)->value;
            if (jx_peek(r)->kind != JX_T_NAME) jx_unexpected(r, "a name to assign to");
            advance(r);
            if (one && jx_take_op(r, ".")) {
                one = make(r, JX_ATTR, one, NULL);
                if (jx_peek(r)->kind != JX_T_NAME) jx_unexpected(r, "a name");
                if (one) one->value = jx_peek(r)->value;
                advance(r);
            }
        }
        if (r->status != LLM_OK) break;
        bool comma = jx_take_op(r, ",");
        if (comma && !tuple) {
            tuple = jx_new_node(r, JX_LIST_EXPR);
            if (!tuple) break;
            tuple->flag = true;
        }
        if (tuple) {
            jx_node *holder = make(r, JX_BODY, one, NULL);
            if (!holder) break;
            if (last)
                last->next = holder;
            else
                tuple->args = holder;
            last = holder;
        }
        if (!comma || at_tuple_end(r)) break;
    }
    jx_leave(r);
    return tuple ? tuple : one;
}

static jx_node *parse_parenthesis(jx_run *r)
{
    jx_node *n;
    if (jx_at_op(r, ")")) {
        n = jx_new_node(r, JX_LIST_EXPR);
        if (n) n->flag = true;
    } else {
        n = jx_parse_tuple(r, false);
    }
    jx_want_op(r, ")");
    return n;
}

static jx_node *parse_strings(jx_run *r)
{
    jx_node *n = literal(r, jx_peek(r)->value);
    advance(r);
    while (n && r->status == LLM_OK && jx_peek(r)->kind == JX_T_STRING) { /* neighbours are one */
        n->value = jx_binary(r, JX_ADD, n->value, jx_peek(r)->value);
        advance(r);
    }
    return n;
}

static jx_node *parse_name(jx_run *r)
{
    static const struct {
        const char *name;
        uint8_t type;
        bool b;
    } constants[] = {{"true", JX_BOOL, true}, {"True", JX_BOOL, true}, {"false", JX_BOOL, false}, {"False", JX_BOOL, false},
                     {"none", JX_NONE, false}, {"None", JX_NONE, false}};
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
        if (jx_take_name(r, constants[i].name))
            return literal(r, (jx_value){.type = constants[i].type, .as.b = constants[i].b});
    jx_node *n = jx_new_node(r, JX_NAME);
    if (n) n->value = jx_peek(r)->value;
    advance(r);
    return n;
}

static jx_node *parse_primary(jx_run *r)
{
    const jx_token *t = jx_peek(r);
    if (t->kind == JX_T_NAME) return parse_name(r);
    if (t->kind == JX_T_STRING) return parse_strings(r);
    if (t->kind == JX_T_INT || t->kind == JX_T_FLOAT) {
        jx_node *n = literal(r, t->value);
        advance(r);
        return n;
    }
    if (jx_take_op(r, "(")) return parse_parenthesis(r);
    if (jx_take_op(r, "[")) return parse_list(r);
    if (jx_take_op(r, "{")) return parse_dict(r);
    jx_unexpected(r, "a value");
    return NULL;
}

/* Behind '[': an index or a slice. */
static jx_node *parse_subscript(jx_run *r, jx_node *of)
{
    jx_node *parts[3] = {NULL, NULL, NULL};
    int n = 0;
    bool slice = false;
    while (r->status == LLM_OK && !jx_at_op(r, "]") && n < 3) {
        if (jx_take_op(r, ":")) {
            slice = true;
            n++;
        } else {
            parts[n] = jx_parse_tuple(r, false);
            if (!jx_at_op(r, ":")) break;
        }
    }
    jx_want_op(r, "]");
    if (!slice && !parts[0]) jx_unexpected(r, "an index");
    jx_node *node = make(r, slice ? JX_SLICE : JX_ITEM, of, parts[0]);
    if (!node) return NULL;
    node->c = parts[1];
    node->body = parts[2];
    return node;
}

static jx_node *parse_call(jx_run *r, jx_node *of)
{
    jx_node *n = make(r, JX_CALL, of, NULL);
    if (n) n->args = jx_parse_args(r);
    return n;
}

static jx_node *parse_postfix(jx_run *r, jx_node *n)
{
    while (r->status == LLM_OK) {
        if (jx_take_op(r, ".")) {
            const jx_token *t = jx_peek(r);
            if (t->kind == JX_T_INT) {
                n = make(r, JX_ITEM, n, literal(r, t->value));
            } else {
                n = make(r, JX_ATTR, n, NULL);
                if (n) n->value = t->value;
                if (t->kind != JX_T_NAME) jx_unexpected(r, "a name behind the dot");
            }
            advance(r);
        } else if (jx_take_op(r, "[")) {
            n = parse_subscript(r, n);
        } else if (jx_take_op(r, "(")) {
            n = parse_call(r, n);
        } else {
            break;
        }
    }
    return n;
}

static void take_dotted(jx_run *r, jx_node *n)
{
    if (jx_peek(r)->kind != JX_T_NAME) jx_unexpected(r, "the name of a filter or test");
    if (n) n->value = jx_peek(r)->value;
    advance(r);
}

static jx_node *parse_filter(jx_run *r, jx_node *of)
{
    jx_node *n = make(r, JX_FILTER, of, NULL);
    take_dotted(r, n);
    if (n && jx_take_op(r, "(")) n->args = jx_parse_args(r);
    return n;
}

jx_node *jx_parse_filters(jx_run *r, jx_node *n)
{
    while (r->status == LLM_OK && jx_take_op(r, "|")) n = parse_filter(r, n);
    return n;
}

static bool begins_argument(jx_run *r)
{
    const jx_token *t = jx_peek(r);
    if (t->kind == JX_T_NAME) return !jx_at_name(r, "else") && !jx_at_name(r, "or") && !jx_at_name(r, "and");
    return t->kind == JX_T_STRING || t->kind == JX_T_INT || t->kind == JX_T_FLOAT || jx_at_op(r, "[") || jx_at_op(r, "{");
}

static jx_node *parse_test(jx_run *r, jx_node *of)
{
    jx_node *n = make(r, JX_TEST, of, NULL);
    if (!n) return NULL;
    n->op = jx_take_name(r, "not");
    take_dotted(r, n);
    if (jx_take_op(r, "(")) {
        n->args = jx_parse_args(r);
    } else if (begins_argument(r)) {
        if (jx_at_name(r, "is")) jx_unexpected(r, "one test: they cannot be chained");
        if (r->status == LLM_OK && jx_peek(r)->kind == JX_T_NAME &&
            (jx_at_name(r, "if") || jx_at_name(r, "in") || jx_at_name(r, "not") || jx_at_name(r, "recursive")))
            return n;
        n->args = make(r, JX_BODY, parse_postfix(r, parse_primary(r)), NULL);
    }
    return n;
}

static jx_node *parse_filters_and_tests(jx_run *r, jx_node *n)
{
    while (r->status == LLM_OK) {
        if (jx_take_op(r, "|"))
            n = parse_filter(r, n);
        else if (jx_take_name(r, "is"))
            n = parse_test(r, n);
        else if (jx_take_op(r, "("))
            n = parse_call(r, n);
        else
            break;
    }
    return n;
}

static jx_node *parse_unary(jx_run *r, bool filters)
{
    if (!jx_enter(r)) return NULL;
    jx_node *n;
    if (jx_take_op(r, "-"))
        n = make(r, JX_NEGATE, parse_unary(r, false), NULL);
    else if (jx_take_op(r, "+"))
        n = make(r, JX_PLUS, parse_unary(r, false), NULL);
    else
        n = parse_primary(r);
    n = parse_postfix(r, n);
    if (filters) n = parse_filters_and_tests(r, n);
    jx_leave(r);
    return n;
}

typedef jx_node *(*level_fn)(jx_run *r);

/* left (op right)* over one row of operators. */
static jx_node *binary_row(jx_run *r, level_fn level, const char *const *ops, const jx_op *codes)
{
    jx_node *n = level(r);
    for (size_t k = 0; r->status == LLM_OK && ops[k];) {
        if (!jx_take_op(r, ops[k])) {
            k++;
            continue;
        }
        n = make(r, JX_BINARY, n, level(r));
        if (n) n->op = (uint8_t)codes[k];
        if (!jx_step(r, 1)) break;
        k = 0;
    }
    return n;
}

static jx_node *unary(jx_run *r)
{
    return parse_unary(r, true);
}

static jx_node *parse_pow(jx_run *r)
{
    static const char *const ops[] = {"**", NULL};
    static const jx_op codes[] = {JX_POW};
    return binary_row(r, unary, ops, codes);
}

static jx_node *parse_product(jx_run *r)
{
    static const char *const ops[] = {"*", "//", "/", "%", NULL};
    static const jx_op codes[] = {JX_MUL, JX_FLOORDIV, JX_DIV, JX_MOD};
    return binary_row(r, parse_pow, ops, codes);
}

static jx_node *parse_concat(jx_run *r)
{
    static const char *const ops[] = {"~", NULL};
    static const jx_op codes[] = {JX_CONCAT};
    return binary_row(r, parse_product, ops, codes);
}

static jx_node *parse_sum(jx_run *r)
{
    static const char *const ops[] = {"+", "-", NULL};
    static const jx_op codes[] = {JX_ADD, JX_SUB};
    return binary_row(r, parse_concat, ops, codes);
}

static bool take_comparison(jx_run *r, jx_op *op)
{
    static const char *const ops[] = {"==", "!=", "<=", "<", ">=", ">"};
    static const jx_op codes[] = {JX_EQ, JX_NE, JX_LE, JX_LT, JX_GE, JX_GT};
    for (size_t k = 0; k < sizeof codes / sizeof *codes; k++)
        if (jx_take_op(r, ops[k])) {
            *op = codes[k];
            return true;
        }
    *op = JX_IN;
    if (jx_take_name(r, "in")) return true;
    *op = JX_NOT_IN;
    const jx_token *next = r->at + 1 < r->n_tokens ? jx_peek(r) + 1 : jx_peek(r);
    if (!jx_at_name(r, "not") || next->kind != JX_T_NAME || !jx_is(&next->value, "in")) return false;
    advance(r);
    advance(r);
    return true;
}

/* a < b < c: a COMPARE holds a and a list of (op, operand). */
static jx_node *parse_compare(jx_run *r)
{
    jx_node *n = parse_sum(r), **last = NULL;
    jx_op op;
    while (r->status == LLM_OK && take_comparison(r, &op)) {
        if (!last) {
            n = make(r, JX_COMPARE, n, NULL);
            if (!n) return NULL;
            last = &n->args;
        }
        *last = make(r, JX_BODY, parse_sum(r), NULL);
        if (!*last) return NULL;
        (*last)->op = (uint8_t)op;
        last = &(*last)->next;
    }
    return n;
}

static jx_node *parse_not(jx_run *r)
{
    if (!jx_at_name(r, "not")) return parse_compare(r);
    if (!jx_enter(r)) return NULL;
    jx_take_name(r, "not");
    jx_node *n = make(r, JX_NOT, parse_not(r), NULL);
    jx_leave(r);
    return n;
}

static jx_node *parse_and(jx_run *r)
{
    jx_node *n = parse_not(r);
    while (r->status == LLM_OK && jx_take_name(r, "and")) n = make(r, JX_AND, n, parse_not(r));
    return n;
}

static jx_node *parse_or(jx_run *r)
{
    jx_node *n = parse_and(r);
    while (r->status == LLM_OK && jx_take_name(r, "or")) n = make(r, JX_OR, n, parse_and(r));
    return n;
}

jx_node *jx_parse_expr(jx_run *r)
{
    if (!jx_enter(r)) return NULL;
    jx_node *n = parse_or(r);
    while (r->status == LLM_OK && jx_take_name(r, "if")) {
        jx_node *choice = make(r, JX_CHOICE, n, parse_or(r));
        if (!choice) break;
        if (jx_take_name(r, "else")) choice->c = jx_parse_expr(r);
        n = choice;
    }
    jx_leave(r);
    return n;
}
