/* Statements. */
#include "engine/text/jinja/jinja.h"

static jnode *parse_body(jinja *j, const char *const *ends);

static bool at_end_tag(const jinja *j, const char *const *ends)
{
    if (!sx_j_at(j, T_BLOCK_OPEN)) return false;
    const jtoken *t = &j->tokens[j->at + 1];
    for (; t->kind == T_NAME && *ends; ends++)
        if (sx_j_is(t->text, *ends)) return true;
    return false;
}

static bool close_tag(jinja *j)
{
    return sx_j_expect(j, T_BLOCK_CLOSE, "the end of the tag");
}

/* "{% name" is next; takes it. */
static bool open_tag(jinja *j, const char *name)
{
    if (sx_j_expect(j, T_BLOCK_OPEN, "a tag") && sx_j_skip_name(j, name)) return true;
    return sx_jinja_fail(j, LLM_E_FORMAT, "expected %s", name);
}

static bool end_tag(jinja *j, const char *name)
{
    return open_tag(j, name) && close_tag(j);
}

static jstr take_name(jinja *j, const char *what)
{
    jstr name = sx_j_peek(j)->text;
    if (!sx_j_expect(j, T_NAME, what)) name = (jstr){"", 0};
    return name;
}

/* A target of for and set: a name, a namespace's attribute, or a tuple of names. */
static jnode *parse_target(jinja *j)
{
    jnode *first = NULL, **tail = &first;
    bool bracket = sx_j_skip(j, '('), many = bracket;
    uint32_t count = 0;
    do {
        if (count && (sx_j_at(j, ')') || sx_j_at(j, '='))) break;
        jnode *n = sx_j_node(j, N_NAME);
        if (!n) return NULL;
        n->name = take_name(j, "a name to assign to");
        if (sx_j_skip(j, '.')) {
            jnode *attr = sx_j_node(j, N_GETATTR);
            if (!attr) return NULL;
            attr->a = n;
            attr->name = take_name(j, "an attribute to assign to");
            n = attr;
        }
        *tail = n;
        tail = &n->next;
        count++;
    } while (sx_j_skip(j, ',') && (many = true));
    if (bracket) sx_j_expect(j, ')', ")");
    if (!many) return first;
    jnode *tuple = sx_j_node(j, N_TUPLE);
    if (tuple) tuple->a = first;
    return tuple;
}

static jnode *parse_for(jinja *j)
{
    static const char *const ends[] = {"endfor", "else", NULL};
    jnode *n = sx_j_node(j, N_FOR); /* a: target, b: iterable, c: body, d: else; value of the condition: args */
    if (!n) return NULL;
    n->a = parse_target(j);
    if (!sx_j_skip_name(j, "in")) {
        sx_jinja_fail(j, LLM_E_FORMAT, "expected in");
        return n;
    }
    n->b = sx_j_parse_tuple(j, false);
    if (sx_j_skip_name(j, "if")) {
        n->args = sx_jinja_alloc(j, sizeof *n->args);
        if (n->args) n->args->value = sx_j_parse_expr(j);
    }
    if (sx_j_at_name(j, "recursive")) sx_jinja_fail(j, LLM_E_UNSUPPORTED, "recursive loops are not supported");
    close_tag(j);
    n->c = parse_body(j, ends);
    if (j->status == LLM_OK && sx_j_is(j->tokens[j->at + 1].text, "else")) {
        end_tag(j, "else");
        n->d = parse_body(j, (const char *const[]){"endfor", NULL});
    }
    end_tag(j, "endfor");
    return n;
}

static jnode *parse_if(jinja *j)
{
    static const char *const ends[] = {"elif", "else", "endif", NULL};
    jnode *first = sx_j_node(j, N_IF), *n = first; /* a: condition, b: then, c: the elif, d: the else */
    while (n && j->status == LLM_OK) {
        n->a = sx_j_parse_tuple(j, true);
        close_tag(j);
        n->b = parse_body(j, ends);
        if (j->status != LLM_OK) break;
        if (sx_j_is(j->tokens[j->at + 1].text, "elif")) {
            open_tag(j, "elif");
            n->c = sx_j_node(j, N_IF);
            n = n->c;
            continue;
        }
        if (sx_j_is(j->tokens[j->at + 1].text, "else")) {
            end_tag(j, "else");
            n->d = parse_body(j, (const char *const[]){"endif", NULL});
        }
        end_tag(j, "endif");
        break;
    }
    return first;
}

static jnode *parse_set(jinja *j)
{
    jnode *n = sx_j_node(j, N_SET); /* a: target, b: value; of a block: b the body, c the filters over it */
    if (!n) return NULL;
    n->a = parse_target(j);
    if (sx_j_skip(j, '=')) {
        n->b = sx_j_parse_tuple(j, true);
        close_tag(j);
        return n;
    }
    n->kind = N_SET_BLOCK;
    jnode *body = sx_j_node(j, N_CONST); /* stands for the text of the body */
    n->c = sx_j_parse_filters(j, body);
    n->d = body;
    close_tag(j);
    n->b = parse_body(j, (const char *const[]){"endset", NULL});
    end_tag(j, "endset");
    return n;
}

static jarg *parse_parameters(jinja *j)
{
    jarg *first = NULL, **tail = &first;
    if (!sx_j_expect(j, '(', "( before the parameters")) return NULL;
    while (j->status == LLM_OK && !sx_j_at(j, ')')) {
        jarg *arg = sx_jinja_alloc(j, sizeof *arg);
        if (!arg) return NULL;
        arg->name = take_name(j, "a parameter");
        if (sx_j_skip(j, '=')) arg->value = sx_j_parse_expr(j);
        *tail = arg;
        tail = &arg->next;
        if (!sx_j_skip(j, ',')) break;
    }
    sx_j_expect(j, ')', ") after the parameters");
    return first;
}

static jnode *parse_macro(jinja *j)
{
    jnode *n = sx_j_node(j, N_MACRO); /* name, args: parameters, c: body */
    if (!n) return NULL;
    n->name = take_name(j, "the macro's name");
    n->args = parse_parameters(j);
    close_tag(j);
    n->c = parse_body(j, (const char *const[]){"endmacro", NULL});
    open_tag(j, "endmacro");
    sx_j_skip(j, T_NAME); /* the name may be repeated */
    close_tag(j);
    return n;
}

static jnode *parse_call(jinja *j)
{
    jnode *n = sx_j_node(j, N_CALL_BLOCK); /* a: the call, args: the caller's parameters, c: the caller's body */
    if (!n) return NULL;
    if (sx_j_at(j, '(')) n->args = parse_parameters(j);
    n->a = sx_j_parse_primary_postfix(j);
    if (n->a && n->a->kind != N_CALL) sx_jinja_fail(j, LLM_E_FORMAT, "expected a call");
    close_tag(j);
    n->c = parse_body(j, (const char *const[]){"endcall", NULL});
    end_tag(j, "endcall");
    return n;
}

static jnode *parse_filter_block(jinja *j)
{
    jnode *n = sx_j_node(j, N_FILTER_BLOCK); /* b: body, c: filters over d, which stands for its text */
    if (!n) return NULL;
    n->d = sx_j_node(j, N_CONST);
    jnode *f = sx_j_node(j, N_FILTER);
    if (!f) return NULL;
    f->a = n->d;
    f->name = take_name(j, "the name of a filter");
    if (sx_j_skip(j, '(')) f->args = sx_j_parse_args(j);
    n->c = sx_j_parse_filters(j, f);
    close_tag(j);
    n->b = parse_body(j, (const char *const[]){"endfilter", NULL});
    end_tag(j, "endfilter");
    return n;
}

static jnode *parse_with(jinja *j)
{
    jnode *n = sx_j_node(j, N_WITH); /* args: names and values, c: body */
    if (!n) return NULL;
    jarg **tail = &n->args;
    while (j->status == LLM_OK && sx_j_at(j, T_NAME)) {
        jarg *arg = sx_jinja_alloc(j, sizeof *arg);
        if (!arg) return n;
        arg->name = take_name(j, "a name");
        if (!sx_j_expect(j, '=', "=")) return n;
        arg->value = sx_j_parse_expr(j);
        *tail = arg;
        tail = &arg->next;
        if (!sx_j_skip(j, ',')) break;
    }
    close_tag(j);
    n->c = parse_body(j, (const char *const[]){"endwith", NULL});
    end_tag(j, "endwith");
    return n;
}

static jnode *parse_block(jinja *j)
{
    jnode *n = sx_j_node(j, N_BLOCK); /* c: body; there is no inheritance, so a block is its body */
    if (!n) return NULL;
    n->name = take_name(j, "the block's name");
    close_tag(j);
    n->c = parse_body(j, (const char *const[]){"endblock", NULL});
    open_tag(j, "endblock");
    sx_j_skip(j, T_NAME);
    close_tag(j);
    return n;
}

static jnode *parse_word(jinja *j, jnode_kind kind)
{
    jnode *n = sx_j_node(j, kind);
    close_tag(j);
    return n;
}

static jnode *parse_statement(jinja *j)
{
    sx_j_expect(j, T_BLOCK_OPEN, "a tag");
    if (sx_j_skip_name(j, "for")) return parse_for(j);
    if (sx_j_skip_name(j, "if")) return parse_if(j);
    if (sx_j_skip_name(j, "set")) return parse_set(j);
    if (sx_j_skip_name(j, "macro")) return parse_macro(j);
    if (sx_j_skip_name(j, "call")) return parse_call(j);
    if (sx_j_skip_name(j, "filter")) return parse_filter_block(j);
    if (sx_j_skip_name(j, "with")) return parse_with(j);
    if (sx_j_skip_name(j, "block")) return parse_block(j);
    if (sx_j_skip_name(j, "break")) return parse_word(j, N_BREAK);
    if (sx_j_skip_name(j, "continue")) return parse_word(j, N_CONTINUE);
    j->line = sx_j_peek(j)->line;
    jstr name = sx_j_peek(j)->text;
    sx_jinja_fail(j, LLM_E_FORMAT, "unknown tag %.*s", (int)(name.len < 40 ? name.len : 40), name.s ? name.s : "");
    return NULL;
}

static jnode *parse_text(jinja *j)
{
    jnode *n = sx_j_node(j, N_TEXT);
    if (n) n->name = sx_j_peek(j)->text;
    sx_j_skip(j, T_DATA);
    return n;
}

static jnode *parse_print(jinja *j)
{
    jnode *n = sx_j_node(j, N_PRINT);
    sx_j_skip(j, T_PRINT_OPEN);
    if (n) n->a = sx_j_parse_tuple(j, true);
    sx_j_expect(j, T_PRINT_CLOSE, "}}");
    return n;
}

static jnode *parse_body(jinja *j, const char *const *ends)
{
    jnode *first = NULL, **tail = &first;
    if (sx_jinja_enter(j)) {
        while (j->status == LLM_OK && !at_end_tag(j, ends)) {
            if (sx_j_at(j, T_END)) {
                if (*ends) sx_jinja_fail(j, LLM_E_FORMAT, "%s is missing", ends[0]);
                break;
            }
            jnode *n = sx_j_at(j, T_DATA) ? parse_text(j) : sx_j_at(j, T_PRINT_OPEN) ? parse_print(j) : parse_statement(j);
            if (!n) break;
            *tail = n;
            tail = &n->next;
        }
    }
    j->depth--;
    return first;
}

jnode *sx_j_parse(jinja *j)
{
    return parse_body(j, (const char *const[]){NULL});
}
