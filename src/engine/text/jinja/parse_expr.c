/* Expressions, by Jinja2's own precedence: if-else, or, and, not, comparison, + -, ~, * / // %, **, unary, postfix, filters. */
#include <string.h>

#include "engine/text/jinja/jinja.h"

const jtoken *sx_j_peek(const jinja *j)
{
    return &j->tokens[j->at];
}

bool sx_j_at(const jinja *j, int kind)
{
    return sx_j_peek(j)->kind == kind;
}

bool sx_j_at_name(const jinja *j, const char *name)
{
    return sx_j_at(j, T_NAME) && sx_j_is(sx_j_peek(j)->text, name);
}

static const jtoken *take(jinja *j)
{
    const jtoken *t = &j->tokens[j->at];
    if (t->kind != T_END) j->at++;
    j->line = t->line;
    return t;
}

bool sx_j_skip(jinja *j, int kind)
{
    if (j->status != LLM_OK || !sx_j_at(j, kind)) return false;
    take(j);
    return true;
}

bool sx_j_skip_name(jinja *j, const char *name)
{
    if (j->status != LLM_OK || !sx_j_at_name(j, name)) return false;
    take(j);
    return true;
}

bool sx_j_expect(jinja *j, int kind, const char *what)
{
    if (sx_j_skip(j, kind)) return true;
    j->line = sx_j_peek(j)->line;
    return sx_jinja_fail(j, LLM_E_FORMAT, "expected %s", what);
}

jnode *sx_j_node(jinja *j, jnode_kind kind)
{
    jnode *n = sx_jinja_alloc(j, sizeof *n);
    if (!n) return NULL;
    n->kind = kind;
    n->line = j->at < j->n_tokens ? j->tokens[j->at].line : j->line;
    return n;
}

static jnode *with(jinja *j, jnode_kind kind, int op, jnode *a, jnode *b)
{
    jnode *n = sx_j_node(j, kind);
    if (!n) return NULL;
    n->op = op;
    n->a = a;
    n->b = b;
    return n;
}

static jnode *constant(jinja *j, jvalue v)
{
    jnode *n = sx_j_node(j, N_CONST);
    if (n) n->value = v;
    return n;
}

/* Appends to a list through its tail pointer. */
static void append(jnode ***tail, jnode *n)
{
    if (!n) return;
    **tail = n;
    *tail = &n->next;
}

/* ---- primaries ---- */

static jnode *parse_list(jinja *j)
{
    jnode *n = sx_j_node(j, N_LIST);
    if (!n) return NULL;
    jnode **tail = &n->a;
    while (j->status == LLM_OK && !sx_j_at(j, ']')) {
        append(&tail, sx_j_parse_expr(j));
        if (!sx_j_skip(j, ',')) break;
    }
    sx_j_expect(j, ']', "] at the end of a list");
    return n;
}

static jnode *parse_dict(jinja *j)
{
    jnode *n = sx_j_node(j, N_DICT); /* a: keys and values in turn */
    if (!n) return NULL;
    jnode **tail = &n->a;
    while (j->status == LLM_OK && !sx_j_at(j, '}')) {
        append(&tail, sx_j_parse_expr(j));
        if (!sx_j_expect(j, ':', ": between key and value")) return n;
        append(&tail, sx_j_parse_expr(j));
        if (!sx_j_skip(j, ',')) break;
    }
    sx_j_expect(j, '}', "} at the end of a dict");
    return n;
}

static jnode *parse_name(jinja *j)
{
    jstr name = take(j)->text;
    if (sx_j_is(name, "true") || sx_j_is(name, "True")) return constant(j, sx_j_bool(true));
    if (sx_j_is(name, "false") || sx_j_is(name, "False")) return constant(j, sx_j_bool(false));
    if (sx_j_is(name, "none") || sx_j_is(name, "None")) return constant(j, sx_j_none());
    jnode *n = sx_j_node(j, N_NAME);
    if (n) n->name = name;
    return n;
}

static jnode *parse_strings(jinja *j)
{
    jvalue v = sx_j_borrow(sx_j_peek(j)->text.s, sx_j_peek(j)->text.len);
    take(j);
    while (j->status == LLM_OK && sx_j_at(j, T_STRING)) { /* neighbours join, as in Python */
        sx_buf both;
        sx_buf_init(&both, j->mem, 0);
        sx_buf_add(&both, v.u.str.s, v.u.str.len);
        sx_buf_add(&both, sx_j_peek(j)->text.s, sx_j_peek(j)->text.len);
        v = sx_j_take(j, &both);
        take(j);
    }
    return constant(j, v);
}

static jnode *parse_primary(jinja *j)
{
    const jtoken *t = sx_j_peek(j);
    switch (t->kind) {
    case T_NAME: return parse_name(j);
    case T_STRING: return parse_strings(j);
    case T_INTEGER: return constant(j, sx_j_int(take(j)->i));
    case T_REAL: return constant(j, sx_j_float(take(j)->f));
    case '(': {
        take(j);
        jnode *n = sx_j_at(j, ')') ? sx_j_node(j, N_TUPLE) : sx_j_parse_tuple(j, true);
        sx_j_expect(j, ')', ")");
        return n;
    }
    case '[': take(j); return parse_list(j);
    case '{': take(j); return parse_dict(j);
    default:
        j->line = t->line;
        sx_jinja_fail(j, LLM_E_FORMAT, "expected a value");
        return NULL;
    }
}

/* ---- postfix ---- */

jarg *sx_j_parse_args(jinja *j)
{
    jarg *first = NULL, **tail = &first;
    while (j->status == LLM_OK && !sx_j_at(j, ')')) {
        jarg *arg = sx_jinja_alloc(j, sizeof *arg);
        if (!arg) return NULL;
        if (sx_j_at(j, T_NAME) && j->tokens[j->at + 1].kind == '=') {
            arg->name = take(j)->text;
            take(j);
        }
        arg->value = sx_j_parse_expr(j);
        *tail = arg;
        tail = &arg->next;
        if (!sx_j_skip(j, ',')) break;
    }
    sx_j_expect(j, ')', ") at the end of the arguments");
    return first;
}

static jnode *parse_subscript(jinja *j, jnode *self)
{
    jnode *from = NULL, *to = NULL, *step = NULL;
    if (!sx_j_at(j, ':')) from = sx_j_parse_expr(j);
    if (!sx_j_at(j, ':')) {
        sx_j_expect(j, ']', "] after a subscript");
        return with(j, N_GETITEM, 0, self, from);
    }
    take(j);
    if (!sx_j_at(j, ':') && !sx_j_at(j, ']')) to = sx_j_parse_expr(j);
    if (sx_j_skip(j, ':') && !sx_j_at(j, ']')) step = sx_j_parse_expr(j);
    sx_j_expect(j, ']', "] after a slice");
    jnode *n = with(j, N_SLICE, 0, self, from);
    if (n) {
        n->c = to;
        n->d = step;
    }
    return n;
}

static jnode *parse_postfix(jinja *j, jnode *n)
{
    while (j->status == LLM_OK) {
        if (sx_j_skip(j, '.')) {
            if (sx_j_at(j, T_INTEGER)) {
                n = with(j, N_GETITEM, 0, n, constant(j, sx_j_int(take(j)->i)));
                continue;
            }
            jnode *get = with(j, N_GETATTR, 0, n, NULL);
            if (!sx_j_at(j, T_NAME)) sx_j_expect(j, T_NAME, "a name after the dot");
            if (get && j->status == LLM_OK) get->name = take(j)->text;
            n = get;
        } else if (sx_j_skip(j, '[')) {
            n = parse_subscript(j, n);
        } else if (sx_j_skip(j, '(')) {
            jnode *call = with(j, N_CALL, 0, n, NULL);
            jarg *args = sx_j_parse_args(j);
            if (call) call->args = args;
            n = call;
        } else {
            break;
        }
    }
    return n;
}

jnode *sx_j_parse_primary_postfix(jinja *j)
{
    return parse_postfix(j, parse_primary(j));
}

static jnode *parse_filter(jinja *j, jnode *self)
{
    jnode *n = with(j, N_FILTER, 0, self, NULL);
    if (!sx_j_at(j, T_NAME)) sx_j_expect(j, T_NAME, "the name of a filter");
    if (!n || j->status != LLM_OK) return n;
    n->name = take(j)->text;
    if (sx_j_skip(j, '(')) n->args = sx_j_parse_args(j);
    return n;
}

/* A test's argument may stand without brackets: "is divisibleby 3". */
static bool starts_argument(const jinja *j)
{
    int k = sx_j_peek(j)->kind;
    if (k == T_NAME) {
        static const char *const stop[] = {"else", "or", "and", "is", "in", "not", "if"};
        for (size_t i = 0; i < sizeof stop / sizeof *stop; i++)
            if (sx_j_at_name(j, stop[i])) return false;
        return true;
    }
    return k == T_STRING || k == T_INTEGER || k == T_REAL || k == '[' || k == '{';
}

static jnode *parse_test(jinja *j, jnode *self)
{
    bool negated = sx_j_skip_name(j, "not");
    jnode *n = with(j, N_TEST, 0, self, NULL);
    if (!sx_j_at(j, T_NAME)) sx_j_expect(j, T_NAME, "the name of a test");
    if (!n || j->status != LLM_OK) return n;
    n->name = take(j)->text;
    if (sx_j_skip(j, '(')) {
        n->args = sx_j_parse_args(j);
    } else if (starts_argument(j)) {
        jarg *arg = sx_jinja_alloc(j, sizeof *arg);
        if (!arg) return n;
        arg->value = sx_j_parse_primary_postfix(j);
        n->args = arg;
    }
    return negated ? with(j, N_NOT, 0, n, NULL) : n;
}

jnode *sx_j_parse_filters(jinja *j, jnode *n)
{
    while (j->status == LLM_OK) {
        if (sx_j_skip(j, '|')) n = parse_filter(j, n);
        else if (sx_j_skip_name(j, "is")) n = parse_test(j, n);
        else if (sx_j_at(j, '(')) n = parse_postfix(j, n);
        else break;
    }
    return n;
}

/* ---- operators ---- */

static jnode *parse_unary(jinja *j, bool filters)
{
    jnode *n = NULL;
    if (sx_jinja_enter(j)) {
        if (sx_j_skip(j, '-')) n = with(j, N_NEG, 0, parse_unary(j, false), NULL);
        else if (sx_j_skip(j, '+')) n = with(j, N_POS, 0, parse_unary(j, false), NULL);
        else n = parse_primary(j);
        n = parse_postfix(j, n);
        if (filters) n = sx_j_parse_filters(j, n);
    }
    j->depth--;
    return n;
}

/* Left-associative levels, tightest first. */
static jnode *parse_level(jinja *j, int level)
{
    static const int ops[4][5] = {{T_POW, 0}, {'*', '/', T_FLOORDIV, '%', 0}, {'~', 0}, {'+', '-', 0}};
    jnode *n = level ? parse_level(j, level - 1) : parse_unary(j, true);
    for (const int *op = ops[level]; j->status == LLM_OK && *op;) {
        if (!sx_j_skip(j, *op)) {
            op++;
            continue;
        }
        int which = *op;
        n = with(j, N_BINARY, which, n, level ? parse_level(j, level - 1) : parse_unary(j, true));
        op = ops[level];
    }
    return n;
}

enum { OP_IN = 1000, OP_NOT_IN };

static int comparison(jinja *j)
{
    static const int ops[] = {T_EQ, T_NE, T_LE, T_GE, '<', '>'};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (sx_j_skip(j, ops[i])) return ops[i];
    if (sx_j_skip_name(j, "in")) return OP_IN;
    if (sx_j_at_name(j, "not") && j->tokens[j->at + 1].kind == T_NAME && sx_j_is(j->tokens[j->at + 1].text, "in")) {
        take(j);
        take(j);
        return OP_NOT_IN;
    }
    return 0;
}

/* a < b < c: a chain, each link compared with its left neighbour. */
static jnode *parse_compare(jinja *j)
{
    jnode *first = parse_level(j, 3), *chain = NULL, **tail = NULL;
    int op;
    while (j->status == LLM_OK && (op = comparison(j))) {
        if (!chain) {
            chain = with(j, N_COMPARE, 0, first, NULL);
            if (!chain) return NULL;
            tail = &chain->b;
        }
        jnode *link = with(j, N_COMPARE, op, parse_level(j, 3), NULL);
        append(&tail, link);
    }
    return chain ? chain : first;
}

static jnode *parse_not(jinja *j)
{
    jnode *n = NULL;
    if (sx_jinja_enter(j)) n = sx_j_skip_name(j, "not") ? with(j, N_NOT, 0, parse_not(j), NULL) : parse_compare(j);
    j->depth--;
    return n;
}

static jnode *parse_and(jinja *j)
{
    jnode *n = parse_not(j);
    while (sx_j_skip_name(j, "and")) n = with(j, N_AND, 0, n, parse_not(j));
    return n;
}

static jnode *parse_or(jinja *j)
{
    jnode *n = parse_and(j);
    while (sx_j_skip_name(j, "or")) n = with(j, N_OR, 0, n, parse_and(j));
    return n;
}

jnode *sx_j_parse_expr(jinja *j)
{
    jnode *n = NULL;
    if (sx_jinja_enter(j)) {
        n = parse_or(j);
        while (sx_j_skip_name(j, "if")) { /* a: condition, b: then, c: else or none */
            jnode *cond = sx_j_node(j, N_COND);
            if (!cond) break;
            cond->b = n;
            cond->a = parse_or(j);
            if (sx_j_skip_name(j, "else")) cond->c = sx_j_parse_expr(j);
            n = cond;
        }
    }
    j->depth--;
    return n;
}

static bool ends_tuple(const jinja *j)
{
    int k = sx_j_peek(j)->kind;
    return k == T_PRINT_CLOSE || k == T_BLOCK_CLOSE || k == ')' || k == '=' || sx_j_at_name(j, "in") ||
           sx_j_at_name(j, "if") || sx_j_at_name(j, "recursive");
}

jnode *sx_j_parse_tuple(jinja *j, bool condexpr)
{
    jnode *first = condexpr ? sx_j_parse_expr(j) : parse_or(j);
    if (!sx_j_at(j, ',')) return first;
    jnode *n = sx_j_node(j, N_TUPLE);
    if (!n) return NULL;
    jnode **tail = &n->a;
    append(&tail, first);
    while (sx_j_skip(j, ',') && !ends_tuple(j)) append(&tail, condexpr ? sx_j_parse_expr(j) : parse_or(j));
    return n;
}
