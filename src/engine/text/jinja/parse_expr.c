/* Expressions, by falling precedence: if-else, or, and, not, comparisons and in, + and -, ~, * / // %, unary, **, then
 * postfix, filters and tests, as in Jinja2's parser.py. */
#include <string.h>

#include "engine/text/jinja/jinja.h"

static sx_jx_node *parse_unary(sx_jx_run *r, bool filters);
static sx_jx_node *parse_primary(sx_jx_run *r);

static void advance(sx_jx_run *r)
{
    if (r->at + 1 < r->n_tokens) r->at++;
}

static sx_jx_node *make(sx_jx_run *r, sx_jx_kind kind, sx_jx_node *a, sx_jx_node *b)
{
    sx_jx_node *n = sx_jx_new_node(r, kind);
    if (!n) return NULL;
    n->a = a;
    n->b = b;
    return n;
}

static sx_jx_node *literal(sx_jx_run *r, sx_jx_value v)
{
    sx_jx_node *n = sx_jx_new_node(r, JX_LITERAL);
    if (n) n->value = v;
    return n;
}

/* Behind '(': arguments, named ones last. */
sx_jx_node *sx_jx_parse_args(sx_jx_run *r)
{
    sx_jx_node *first = NULL, **last = &first;
    bool named = false;
    while (r->status == LLM_OK && !sx_jx_at_op(r, ")")) {
        const sx_jx_token *t = sx_jx_peek(r), *eq = r->at + 1 < r->n_tokens ? t + 1 : t;
        sx_jx_node *holder = sx_jx_new_node(r, JX_BODY);
        if (!holder) return NULL;
        if (t->kind == JX_T_NAME && eq->kind == JX_T_OP && sx_jx_is(&eq->value, "=")) {
            holder->keyword = t->value.as.s;
            holder->keyword_len = t->value.len;
            named = true;
            advance(r);
            advance(r);
        } else if (named) {
            sx_jx_unexpected(r, "a named argument, as the one before");
        }
        holder->a = sx_jx_parse_expr(r);
        *last = holder;
        last = &holder->next;
        if (!sx_jx_at_op(r, ")")) sx_jx_want_op(r, ",");
    }
    sx_jx_want_op(r, ")");
    return first;
}

static sx_jx_node *parse_list(sx_jx_run *r)
{
    sx_jx_node *n = sx_jx_new_node(r, JX_LIST_EXPR);
    sx_jx_node **last = n ? &n->args : NULL;
    while (r->status == LLM_OK && !sx_jx_at_op(r, "]")) {
        sx_jx_node *holder = make(r, JX_BODY, NULL, NULL);
        if (!holder) return NULL;
        holder->a = sx_jx_parse_expr(r);
        *last = holder;
        last = &holder->next;
        if (!sx_jx_at_op(r, "]")) sx_jx_want_op(r, ",");
    }
    sx_jx_want_op(r, "]");
    return n;
}

static sx_jx_node *parse_dict(sx_jx_run *r)
{
    sx_jx_node *n = sx_jx_new_node(r, JX_DICT_EXPR);
    sx_jx_node **last = n ? &n->args : NULL;
    while (r->status == LLM_OK && !sx_jx_at_op(r, "}")) {
        sx_jx_node *holder = make(r, JX_BODY, NULL, NULL);
        if (!holder) return NULL;
        holder->a = sx_jx_parse_expr(r);
        sx_jx_want_op(r, ":");
        holder->b = sx_jx_parse_expr(r);
        *last = holder;
        last = &holder->next;
        if (!sx_jx_at_op(r, "}")) sx_jx_want_op(r, ",");
    }
    sx_jx_want_op(r, "}");
    return n;
}

static bool at_tuple_end(sx_jx_run *r)
{
    const sx_jx_token *t = sx_jx_peek(r);
    return t->kind == JX_T_OUT_END || t->kind == JX_T_BLOCK_END || t->kind == JX_T_END || sx_jx_at_op(r, ")") ||
           sx_jx_at_op(r, "=") || sx_jx_at_name(r, "in");
}

static sx_jx_node *parse_or(sx_jx_run *r);

/* One expression, or several as a tuple. no_choice: a following "if" belongs to the statement. */
sx_jx_node *sx_jx_parse_tuple(sx_jx_run *r, bool no_choice)
{
    sx_jx_node *first = no_choice ? parse_or(r) : sx_jx_parse_expr(r);
    if (r->status != LLM_OK || !sx_jx_at_op(r, ",")) return first;
    sx_jx_node *n = sx_jx_new_node(r, JX_LIST_EXPR);
    if (!n) return NULL;
    n->flag = true;
    n->args = make(r, JX_BODY, first, NULL);
    sx_jx_node *last = n->args;
    while (r->status == LLM_OK && sx_jx_take_op(r, ",") && !at_tuple_end(r)) {
        last->next = make(r, JX_BODY, no_choice ? parse_or(r) : sx_jx_parse_expr(r), NULL);
        if (!last->next) return NULL;
        last = last->next;
    }
    return n;
}

/* What may be assigned to: a name, ns.name, or a tuple of targets. */
sx_jx_node *sx_jx_parse_target(sx_jx_run *r)
{
    if (!sx_jx_enter(r)) return NULL;
    sx_jx_node *tuple = NULL, *last = NULL, *one;
    for (;;) {
        if (sx_jx_take_op(r, "(")) {
            one = sx_jx_parse_target(r);
            sx_jx_want_op(r, ")");
        } else {
            one = sx_jx_new_node(r, JX_NAME);
            if (one) one->value = sx_jx_peek(r)->value;
            if (sx_jx_peek(r)->kind != JX_T_NAME) sx_jx_unexpected(r, "a name to assign to");
            advance(r);
            if (one && sx_jx_take_op(r, ".")) {
                one = make(r, JX_ATTR, one, NULL);
                if (sx_jx_peek(r)->kind != JX_T_NAME) sx_jx_unexpected(r, "a name");
                if (one) one->value = sx_jx_peek(r)->value;
                advance(r);
            }
        }
        if (r->status != LLM_OK) break;
        bool comma = sx_jx_take_op(r, ",");
        if (comma && !tuple) {
            tuple = sx_jx_new_node(r, JX_LIST_EXPR);
            if (!tuple) break;
            tuple->flag = true;
        }
        if (tuple) {
            sx_jx_node *holder = make(r, JX_BODY, one, NULL);
            if (!holder) break;
            if (last)
                last->next = holder;
            else
                tuple->args = holder;
            last = holder;
        }
        if (!comma || at_tuple_end(r)) break;
    }
    sx_jx_leave(r);
    return tuple ? tuple : one;
}

static sx_jx_node *parse_parenthesis(sx_jx_run *r)
{
    sx_jx_node *n;
    if (sx_jx_at_op(r, ")")) {
        n = sx_jx_new_node(r, JX_LIST_EXPR);
        if (n) n->flag = true;
    } else {
        n = sx_jx_parse_tuple(r, false);
    }
    sx_jx_want_op(r, ")");
    return n;
}

static sx_jx_node *parse_strings(sx_jx_run *r)
{
    sx_jx_node *n = literal(r, sx_jx_peek(r)->value);
    advance(r);
    while (n && r->status == LLM_OK && sx_jx_peek(r)->kind == JX_T_STRING) { /* neighbours are one */
        n->value = sx_jx_binary(r, JX_ADD, n->value, sx_jx_peek(r)->value);
        advance(r);
    }
    return n;
}

static sx_jx_node *parse_name(sx_jx_run *r)
{
    static const struct {
        const char *name;
        uint8_t type;
        bool b;
    } constants[] = {{"true", JX_BOOL, true}, {"True", JX_BOOL, true}, {"false", JX_BOOL, false}, {"False", JX_BOOL, false},
                     {"none", JX_NONE, false}, {"None", JX_NONE, false}};
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
        if (sx_jx_take_name(r, constants[i].name))
            return literal(r, (sx_jx_value){.type = constants[i].type, .as.b = constants[i].b});
    sx_jx_node *n = sx_jx_new_node(r, JX_NAME);
    if (n) n->value = sx_jx_peek(r)->value;
    advance(r);
    return n;
}

static sx_jx_node *parse_primary(sx_jx_run *r)
{
    const sx_jx_token *t = sx_jx_peek(r);
    if (t->kind == JX_T_NAME) return parse_name(r);
    if (t->kind == JX_T_STRING) return parse_strings(r);
    if (t->kind == JX_T_INT || t->kind == JX_T_FLOAT) {
        sx_jx_node *n = literal(r, t->value);
        advance(r);
        return n;
    }
    if (sx_jx_take_op(r, "(")) return parse_parenthesis(r);
    if (sx_jx_take_op(r, "[")) return parse_list(r);
    if (sx_jx_take_op(r, "{")) return parse_dict(r);
    sx_jx_unexpected(r, "a value");
    return NULL;
}

/* Behind '[': an index or a slice. */
static sx_jx_node *parse_subscript(sx_jx_run *r, sx_jx_node *of)
{
    sx_jx_node *parts[3] = {NULL, NULL, NULL};
    int n = 0;
    bool slice = false;
    while (r->status == LLM_OK && !sx_jx_at_op(r, "]") && n < 3) {
        if (sx_jx_take_op(r, ":")) {
            slice = true;
            n++;
        } else {
            parts[n] = sx_jx_parse_tuple(r, false);
            if (!sx_jx_at_op(r, ":")) break;
        }
    }
    sx_jx_want_op(r, "]");
    if (!slice && !parts[0]) sx_jx_unexpected(r, "an index");
    sx_jx_node *node = make(r, slice ? JX_SLICE : JX_ITEM, of, parts[0]);
    if (!node) return NULL;
    node->c = parts[1];
    node->body = parts[2];
    return node;
}

static sx_jx_node *parse_call(sx_jx_run *r, sx_jx_node *of)
{
    sx_jx_node *n = make(r, JX_CALL, of, NULL);
    if (n) n->args = sx_jx_parse_args(r);
    return n;
}

static sx_jx_node *parse_postfix(sx_jx_run *r, sx_jx_node *n)
{
    while (r->status == LLM_OK) {
        if (sx_jx_take_op(r, ".")) {
            const sx_jx_token *t = sx_jx_peek(r);
            if (t->kind == JX_T_INT) {
                n = make(r, JX_ITEM, n, literal(r, t->value));
            } else {
                n = make(r, JX_ATTR, n, NULL);
                if (n) n->value = t->value;
                if (t->kind != JX_T_NAME) sx_jx_unexpected(r, "a name behind the dot");
            }
            advance(r);
        } else if (sx_jx_take_op(r, "[")) {
            n = parse_subscript(r, n);
        } else if (sx_jx_take_op(r, "(")) {
            n = parse_call(r, n);
        } else {
            break;
        }
    }
    return n;
}

static void take_dotted(sx_jx_run *r, sx_jx_node *n)
{
    if (sx_jx_peek(r)->kind != JX_T_NAME) sx_jx_unexpected(r, "the name of a filter or test");
    if (n) n->value = sx_jx_peek(r)->value;
    advance(r);
}

static sx_jx_node *parse_filter(sx_jx_run *r, sx_jx_node *of)
{
    sx_jx_node *n = make(r, JX_FILTER, of, NULL);
    take_dotted(r, n);
    if (n && sx_jx_take_op(r, "(")) n->args = sx_jx_parse_args(r);
    return n;
}

sx_jx_node *sx_jx_parse_filters(sx_jx_run *r, sx_jx_node *n)
{
    while (r->status == LLM_OK && sx_jx_take_op(r, "|")) n = parse_filter(r, n);
    return n;
}

static bool begins_argument(sx_jx_run *r)
{
    const sx_jx_token *t = sx_jx_peek(r);
    if (t->kind == JX_T_NAME) return !sx_jx_at_name(r, "else") && !sx_jx_at_name(r, "or") && !sx_jx_at_name(r, "and");
    return t->kind == JX_T_STRING || t->kind == JX_T_INT || t->kind == JX_T_FLOAT || sx_jx_at_op(r, "[") || sx_jx_at_op(r, "{");
}

static sx_jx_node *parse_test(sx_jx_run *r, sx_jx_node *of)
{
    sx_jx_node *n = make(r, JX_TEST, of, NULL);
    if (!n) return NULL;
    n->op = sx_jx_take_name(r, "not");
    take_dotted(r, n);
    if (sx_jx_take_op(r, "(")) {
        n->args = sx_jx_parse_args(r);
    } else if (begins_argument(r)) {
        if (sx_jx_at_name(r, "is")) sx_jx_unexpected(r, "one test: they cannot be chained");
        if (r->status == LLM_OK && sx_jx_peek(r)->kind == JX_T_NAME &&
            (sx_jx_at_name(r, "if") || sx_jx_at_name(r, "in") || sx_jx_at_name(r, "not") || sx_jx_at_name(r, "recursive")))
            return n;
        n->args = make(r, JX_BODY, parse_postfix(r, parse_primary(r)), NULL);
    }
    return n;
}

static sx_jx_node *parse_filters_and_tests(sx_jx_run *r, sx_jx_node *n)
{
    while (r->status == LLM_OK) {
        if (sx_jx_take_op(r, "|"))
            n = parse_filter(r, n);
        else if (sx_jx_take_name(r, "is"))
            n = parse_test(r, n);
        else if (sx_jx_take_op(r, "("))
            n = parse_call(r, n);
        else
            break;
    }
    return n;
}

static sx_jx_node *parse_unary(sx_jx_run *r, bool filters)
{
    if (!sx_jx_enter(r)) return NULL;
    sx_jx_node *n;
    if (sx_jx_take_op(r, "-"))
        n = make(r, JX_NEGATE, parse_unary(r, false), NULL);
    else if (sx_jx_take_op(r, "+"))
        n = make(r, JX_PLUS, parse_unary(r, false), NULL);
    else
        n = parse_primary(r);
    n = parse_postfix(r, n);
    if (filters) n = parse_filters_and_tests(r, n);
    sx_jx_leave(r);
    return n;
}

typedef sx_jx_node *(*level_fn)(sx_jx_run *r);

/* left (op right)* over one row of operators. */
static sx_jx_node *binary_row(sx_jx_run *r, level_fn level, const char *const *ops, const sx_jx_op *codes)
{
    sx_jx_node *n = level(r);
    for (size_t k = 0; r->status == LLM_OK && ops[k];) {
        if (!sx_jx_take_op(r, ops[k])) {
            k++;
            continue;
        }
        n = make(r, JX_BINARY, n, level(r));
        if (n) n->op = (uint8_t)codes[k];
        if (!sx_jx_step(r, 1)) break;
        k = 0;
    }
    return n;
}

static sx_jx_node *unary(sx_jx_run *r)
{
    return parse_unary(r, true);
}

static sx_jx_node *parse_pow(sx_jx_run *r)
{
    static const char *const ops[] = {"**", NULL};
    static const sx_jx_op codes[] = {JX_POW};
    return binary_row(r, unary, ops, codes);
}

static sx_jx_node *parse_product(sx_jx_run *r)
{
    static const char *const ops[] = {"*", "//", "/", "%", NULL};
    static const sx_jx_op codes[] = {JX_MUL, JX_FLOORDIV, JX_DIV, JX_MOD};
    return binary_row(r, parse_pow, ops, codes);
}

static sx_jx_node *parse_concat(sx_jx_run *r)
{
    static const char *const ops[] = {"~", NULL};
    static const sx_jx_op codes[] = {JX_CONCAT};
    return binary_row(r, parse_product, ops, codes);
}

static sx_jx_node *parse_sum(sx_jx_run *r)
{
    static const char *const ops[] = {"+", "-", NULL};
    static const sx_jx_op codes[] = {JX_ADD, JX_SUB};
    return binary_row(r, parse_concat, ops, codes);
}

static bool take_comparison(sx_jx_run *r, sx_jx_op *op)
{
    static const char *const ops[] = {"==", "!=", "<=", "<", ">=", ">"};
    static const sx_jx_op codes[] = {JX_EQ, JX_NE, JX_LE, JX_LT, JX_GE, JX_GT};
    for (size_t k = 0; k < sizeof codes / sizeof *codes; k++)
        if (sx_jx_take_op(r, ops[k])) {
            *op = codes[k];
            return true;
        }
    *op = JX_IN;
    if (sx_jx_take_name(r, "in")) return true;
    *op = JX_NOT_IN;
    const sx_jx_token *next = r->at + 1 < r->n_tokens ? sx_jx_peek(r) + 1 : sx_jx_peek(r);
    if (!sx_jx_at_name(r, "not") || next->kind != JX_T_NAME || !sx_jx_is(&next->value, "in")) return false;
    advance(r);
    advance(r);
    return true;
}

/* a < b < c: a COMPARE holds a and a list of (op, operand). */
static sx_jx_node *parse_compare(sx_jx_run *r)
{
    sx_jx_node *n = parse_sum(r), **last = NULL;
    sx_jx_op op;
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

static sx_jx_node *parse_not(sx_jx_run *r)
{
    if (!sx_jx_at_name(r, "not")) return parse_compare(r);
    if (!sx_jx_enter(r)) return NULL;
    sx_jx_take_name(r, "not");
    sx_jx_node *n = make(r, JX_NOT, parse_not(r), NULL);
    sx_jx_leave(r);
    return n;
}

static sx_jx_node *parse_and(sx_jx_run *r)
{
    sx_jx_node *n = parse_not(r);
    while (r->status == LLM_OK && sx_jx_take_name(r, "and")) n = make(r, JX_AND, n, parse_not(r));
    return n;
}

static sx_jx_node *parse_or(sx_jx_run *r)
{
    sx_jx_node *n = parse_and(r);
    while (r->status == LLM_OK && sx_jx_take_name(r, "or")) n = make(r, JX_OR, n, parse_and(r));
    return n;
}

sx_jx_node *sx_jx_parse_expr(sx_jx_run *r)
{
    if (!sx_jx_enter(r)) return NULL;
    sx_jx_node *n = parse_or(r);
    while (r->status == LLM_OK && sx_jx_take_name(r, "if")) {
        sx_jx_node *choice = make(r, JX_CHOICE, n, parse_or(r));
        if (!choice) break;
        if (sx_jx_take_name(r, "else")) choice->c = sx_jx_parse_expr(r);
        n = choice;
    }
    sx_jx_leave(r);
    return n;
}
