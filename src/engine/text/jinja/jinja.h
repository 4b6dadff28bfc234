/* What the parts of the Jinja interpreter share: values, the syntax tree, the run's state. Everything a run makes lies in one
 * arena of bounded size and goes with it. The first failure is kept in the state; after it every function returns
 * quickly and its result means nothing. */
#ifndef SX_ENGINE_JINJA_H
#define SX_ENGINE_JINJA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/arena.h"
#include "platform/buf.h"
#include "platform/error.h"

/* ---- values, with Python's meaning ---- */

typedef enum jkind {
    J_UNDEFINED, J_NONE, J_BOOL, J_INT, J_FLOAT, J_STR, J_LIST, J_TUPLE, J_GENERATOR, J_DICT, J_NAMESPACE, J_LOOP, J_MACRO, J_METHOD,
    J_GLOBAL
} jkind;

/* A J_GENERATOR is what map, select and their kin give: it can be iterated and counts as true, no more. */

typedef struct jstr {
    const char *s; /* UTF-8 */
    size_t len;
} jstr;

typedef struct jvalue {
    jkind kind;
    bool safe; /* a string that went through |safe or |escape: "+" escapes what is joined to it */
    union {
        bool b;
        int64_t i;
        double f;
        jstr str;  /* J_STR; of J_UNDEFINED the name that was looked up */
        struct jlist *list;
        struct jdict *dict; /* J_DICT, J_NAMESPACE */
        struct jloop *loop;
        struct jmacro *macro;
        struct jmethod *method;
        int global; /* index into the table of global functions */
    } u;
} jvalue;

typedef struct jlist {
    jvalue *items;
    size_t count, cap;
} jlist;

typedef struct jdict { /* in order of insertion, as Python keeps it */
    jvalue *keys, *values;
    size_t count, key_cap, value_cap;
} jdict;

typedef struct jmethod {
    jvalue self;
    jstr name;
} jmethod;

typedef struct jloop {
    const jlist *items;
    size_t index;
    uint32_t depth;
    jvalue changed; /* last argument of loop.changed() */
    bool was_changed;
} jloop;

/* ---- syntax tree ---- */

typedef enum jnode_kind {
    /* expressions */
    N_CONST, N_NAME, N_LIST, N_TUPLE, N_DICT, N_GETATTR, N_GETITEM, N_SLICE, N_CALL, N_FILTER, N_TEST, N_NOT, N_NEG, N_POS,
    N_BINARY, N_COMPARE, N_AND, N_OR, N_COND,
    /* statements */
    N_TEXT, N_PRINT, N_FOR, N_IF, N_SET, N_SET_BLOCK, N_MACRO, N_CALL_BLOCK, N_FILTER_BLOCK, N_WITH, N_BREAK, N_CONTINUE,
    N_BLOCK
} jnode_kind;

typedef struct jarg {
    jstr name; /* keyword, or s NULL */
    struct jnode *value;
    struct jarg *next;
} jarg;

/* One node; what a..d mean depends on the kind and stands in parse.c where it is made. */
typedef struct jnode {
    jnode_kind kind;
    uint32_t line;
    int op; /* token kind of an operator; flags */
    jstr name;
    jvalue value;
    struct jnode *a, *b, *c, *d;
    jarg *args;
    struct jnode *next; /* in lists */
} jnode;

/* ---- tokens ---- */

enum {
    T_END = 0, T_DATA = 256, T_PRINT_OPEN, T_PRINT_CLOSE, T_BLOCK_OPEN, T_BLOCK_CLOSE, T_NAME, T_STRING, T_INTEGER, T_REAL,
    T_EQ, T_NE, T_LE, T_GE, T_POW, T_FLOORDIV /* other operators are their own character */
};

typedef struct jtoken {
    int kind;
    uint32_t line;
    jstr text; /* of data, names and strings (unescaped) */
    int64_t i;
    double f;
} jtoken;

/* ---- the run ---- */

typedef struct jscope {
    struct jscope *parent;
    jdict vars;
} jscope;

typedef struct jmacro {
    const jnode *node;
    jscope *scope;  /* where it was defined */
    bool is_caller;
} jmacro;

typedef struct jinja {
    sx_mem *mem;
    sx_arena arena;
    size_t bytes;   /* taken from the arena */
    uint64_t steps; /* of evaluation */
    uint32_t depth; /* of recursion, in the parser and in the run */
    uint32_t line;  /* being run */
    llm_status status;
    llm_error *err;
    jtoken *tokens;
    size_t n_tokens, cap_tokens, at;
    jscope *globals;
    sx_buf *out; /* where text goes: the output, or the body of a macro or block set */
    enum { FLOW_ON, FLOW_BREAK, FLOW_CONTINUE } flow;
    uint32_t loops; /* open for loops, for loop.depth */
    jstr now;
    jlist no_list; /* handed out after a failure, when nothing is stored any more */
    jdict no_dict;
} jinja;

enum { J_MAX_DEPTH = 200 };

/* Failing and bounds: each returns false after the first failure. */
bool sx_jinja_fail(jinja *j, llm_status code, const char *format, ...)
#ifdef __GNUC__
    __attribute__((format(printf, 3, 4)))
#endif
    ;
bool sx_jinja_step(jinja *j, uint64_t cost);
bool sx_jinja_enter(jinja *j); /* one level deeper; pair with j->depth-- */
void *sx_jinja_alloc(jinja *j, size_t size);

/* value.c */
jvalue sx_j_undefined(jstr name);
jvalue sx_j_none(void);
jvalue sx_j_bool(bool b);
jvalue sx_j_int(int64_t i);
jvalue sx_j_float(double f);
jvalue sx_j_str(jinja *j, const char *s, size_t len);   /* copies */
jvalue sx_j_borrow(const char *s, size_t len);          /* bytes that outlive the run's use of them */
jvalue sx_j_take(jinja *j, sx_buf *buf);                /* copies, then frees the buffer */
jvalue sx_j_list(jinja *j, jkind kind);
jvalue sx_j_dict(jinja *j, jkind kind);
void sx_j_push(jinja *j, jlist *list, jvalue v);
void sx_j_put(jinja *j, jdict *dict, jvalue key, jvalue v);
const jvalue *sx_j_get(jinja *j, const jdict *dict, jvalue key);
const jvalue *sx_j_get_name(jinja *j, const jdict *dict, jstr name);
bool sx_j_is(jstr s, const char *name);
bool sx_j_truth(const jvalue *v);
bool sx_j_equal(jinja *j, jvalue a, jvalue b);
bool sx_j_number(jvalue v, double *f); /* int, float or bool */
int sx_j_compare(jinja *j, jvalue a, jvalue b); /* fails for kinds without an order */
bool sx_j_iterate(jinja *j, jvalue v, jlist *items); /* what a for loop would see */
int64_t sx_j_length(jinja *j, jvalue v);
const char *sx_j_kind(jvalue v); /* Python's name of the type */
void sx_j_print(jinja *j, jvalue v, sx_buf *out);  /* str() */
void sx_j_repr(jinja *j, jvalue v, sx_buf *out);   /* repr() */
void sx_j_put_float(sx_buf *out, double f);
jvalue sx_j_text(jinja *j, jvalue v); /* str() as a value */

/* json.c */
jvalue sx_j_read_json(jinja *j, const char *s, size_t len);
typedef struct jdump {
    bool ascii, sort;
    bool pretty;
    jstr indent, item, key; /* one level of indent; separators */
} jdump;
void sx_j_write_json(jinja *j, jvalue v, const jdump *how, uint32_t level, sx_buf *out);

/* lexer.c, parse.c, parse_expr.c */
bool sx_j_lex(jinja *j, const char *source, size_t len);
jnode *sx_j_parse(jinja *j);
jnode *sx_j_parse_expr(jinja *j);
jnode *sx_j_parse_tuple(jinja *j, bool condexpr); /* without brackets: a, b */
jnode *sx_j_parse_primary_postfix(jinja *j);
jnode *sx_j_parse_filters(jinja *j, jnode *value);
jarg *sx_j_parse_args(jinja *j); /* after '(' up to and with ')' */
jnode *sx_j_node(jinja *j, jnode_kind kind);
const jtoken *sx_j_peek(const jinja *j);
bool sx_j_at(const jinja *j, int kind);
bool sx_j_at_name(const jinja *j, const char *name);
bool sx_j_skip(jinja *j, int kind);
bool sx_j_skip_name(jinja *j, const char *name);
bool sx_j_expect(jinja *j, int kind, const char *what);

/* eval.c, run.c */
typedef struct jargs {
    jlist pos;
    jdict kw;
} jargs;
jvalue sx_j_eval(jinja *j, jscope *scope, const jnode *node);
void sx_j_run(jinja *j, jscope *scope, const jnode *list);
jvalue sx_j_call_macro(jinja *j, jmacro *macro, const jargs *args);
jvalue sx_j_getattr(jinja *j, jvalue self, jstr name);
jvalue sx_j_getitem(jinja *j, jvalue self, jvalue key);
jscope *sx_j_scope(jinja *j, jscope *parent);
void sx_j_set(jinja *j, jscope *scope, jstr name, jvalue v);

/* filters.c, tests.c, methods.c, globals.c */
jvalue sx_j_filter(jinja *j, jstr name, jvalue self, const jargs *args);
bool sx_j_test(jinja *j, jstr name, jvalue self, const jargs *args);
bool sx_j_has_method(jvalue self, jstr name, bool *safe);
jvalue sx_j_method(jinja *j, const jmethod *m, const jargs *args);
int sx_j_find_global(jstr name); /* -1 when there is none */
jvalue sx_j_call_global(jinja *j, int which, const jargs *args);
/* The i-th positional argument or the keyword of that name; undefined when absent. */
jvalue sx_j_arg(jinja *j, const jargs *args, size_t i, const char *name);
jvalue sx_j_strip(jvalue self, const jvalue *chars, bool left, bool right);
jvalue sx_j_escape(jinja *j, jvalue self); /* for HTML, unless it is safe already */
jvalue sx_j_replace(jinja *j, jvalue self, jvalue from, jvalue to, int64_t most);

#endif
