/* The interpreter's own world: values, the tree of a parsed template, and one rendering. Everything lives in one arena that
 * goes when the rendering ends. The first failure sticks in run.status; functions then return quickly and what they return
 * means nothing. */
#ifndef SX_ENGINE_JINJA_H
#define SX_ENGINE_JINJA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/text/template.h"
#include "platform/arena.h"
#include "platform/buf.h"

enum { JX_MAX_DEPTH = 200 /* of nesting: in the source, of calls, of data */ };

typedef enum jx_type {
    JX_UNDEFINED, JX_NONE, JX_BOOL, JX_INT, JX_FLOAT, JX_STRING, JX_LIST, JX_DICT, JX_NAMESPACE, JX_MACRO, JX_METHOD,
    JX_GLOBAL, JX_LOOP, JX_CYCLER, JX_JOINER
} jx_type;

typedef struct jx_list jx_list;
typedef struct jx_dict jx_dict;
typedef struct jx_macro jx_macro;
typedef struct jx_method jx_method;
typedef struct jx_loop jx_loop;
typedef struct jx_cycler jx_cycler;

typedef struct jx_value {
    uint8_t type;   /* jx_type */
    bool tuple;     /* of lists */
    bool lazy;      /* of lists: an iterator that can be gone over once, has no length and no items */
    bool view;      /* of lists: a dict's keys, values or items: no items by number, no JSON */
    bool markup;    /* of strings: made by |safe or |escape */
    size_t len;     /* of strings: bytes */
    union {
        bool b;
        int64_t i;
        double d;
        const char *s;     /* strings; of JX_UNDEFINED the name that was not found, NUL-terminated, or NULL */
        jx_list *list;
        jx_dict *dict;     /* JX_DICT, JX_NAMESPACE */
        jx_macro *macro;
        jx_method *method;
        jx_loop *loop;
        jx_cycler *cycler; /* JX_CYCLER, JX_JOINER */
        uint32_t global;
    } as;
} jx_value;

struct jx_list {
    jx_value *items;
    size_t n, cap;
    bool used; /* a lazy one that was gone over */
};

typedef struct jx_entry {
    jx_value key, value;
} jx_entry;

struct jx_dict { /* in order of insertion; an index when it is not small */
    jx_entry *entries;
    size_t n, cap;
    uint32_t *slots; /* [n_slots] entry + 1, 0: free; NULL while small */
    size_t n_slots;
};

typedef struct jx_frame {
    struct jx_frame *parent;
    jx_dict vars;
} jx_frame;

typedef struct jx_node jx_node;

struct jx_macro {
    const jx_node *node;
    jx_frame *frame; /* where it was defined */
};

struct jx_method {
    jx_value self;
    const char *name;
    size_t len;
};

struct jx_loop {
    const jx_list *items;
    size_t at;
    unsigned depth;
    const jx_node *node; /* of a recursive loop */
    jx_frame *frame;
    jx_value changed;    /* last argument of loop.changed */
};

struct jx_cycler {
    const jx_list *items;
    size_t at;
    jx_value separator; /* of a joiner */
};

/* ---- the tree ---- */

typedef enum jx_kind {
    /* statements */
    JX_TEXT, JX_OUTPUT, JX_IF, JX_FOR, JX_SET, JX_SET_BLOCK, JX_MACRO_DEF, JX_CALL_BLOCK, JX_FILTER_BLOCK, JX_BREAK,
    JX_CONTINUE, JX_WITH, JX_BODY,
    /* expressions */
    JX_LITERAL, JX_NAME, JX_LIST_EXPR, JX_DICT_EXPR, JX_ATTR, JX_ITEM, JX_SLICE, JX_CALL, JX_FILTER, JX_TEST, JX_NOT,
    JX_NEGATE, JX_PLUS, JX_BINARY, JX_AND, JX_OR, JX_CHOICE, JX_COMPARE
} jx_kind;

struct jx_node {
    uint8_t kind;      /* jx_kind */
    uint8_t op;        /* of BINARY, COMPARE: a jx_op; TEST: 1 when negated */
    bool flag;         /* LIST_EXPR: tuple; FOR: recursive */
    uint32_t line;
    jx_value value;    /* LITERAL, TEXT; NAME, ATTR, FILTER, TEST, MACRO_DEF: the name */
    jx_node *a, *b, *c; /* operands; see the parser */
    jx_node *args;     /* list of arguments or members, by next */
    jx_node *body, *otherwise;
    jx_node *next;     /* in a list */
    const char *keyword; /* of an argument: its name, or NULL */
    size_t keyword_len;
};

typedef enum jx_op {
    JX_ADD, JX_SUB, JX_MUL, JX_DIV, JX_FLOORDIV, JX_MOD, JX_POW, JX_CONCAT,
    JX_EQ, JX_NE, JX_LT, JX_LE, JX_GT, JX_GE, JX_IN, JX_NOT_IN
} jx_op;

/* ---- tokens ---- */

typedef enum jx_token_kind { JX_T_TEXT, JX_T_OUT, JX_T_OUT_END, JX_T_BLOCK, JX_T_BLOCK_END, JX_T_NAME, JX_T_INT, JX_T_FLOAT,
                             JX_T_STRING, JX_T_OP, JX_T_END } jx_token_kind;

typedef struct jx_token {
    uint8_t kind;
    uint32_t line;
    jx_value value; /* TEXT, STRING, INT, FLOAT: the value; NAME, OP: the word as a string */
} jx_token;

/* ---- one rendering ---- */

typedef struct jx_run {
    sx_mem *mem;
    sx_arena arena;
    llm_error *err;
    llm_status status;
    uint64_t steps, max_steps, bytes, max_bytes;
    unsigned depth;      /* of nested evaluation */
    uint32_t line;       /* where we are */
    jx_token *tokens;    /* of the parser */
    size_t n_tokens, at;
    jx_frame *globals;
    sx_buf *out;
    enum { JX_GOES_ON, JX_BREAKS, JX_CONTINUES } flow;
    const char *now;
    jx_list no_list;     /* what a failed run hands out: nothing is ever put into these */
    jx_dict no_dict;
} jx_run;

/* value.c */
void jx_fail(jx_run *r, llm_status code, const char *format, ...)
#ifdef __GNUC__
    __attribute__((format(printf, 3, 4)))
#endif
    ;
void *jx_alloc(jx_run *r, size_t size); /* cleared; never NULL unless the run has failed */
bool jx_step(jx_run *r, uint64_t n);    /* counts work; false when the run has failed or is used up */
bool jx_enter(jx_run *r);               /* one level deeper; false: too deep. jx_leave after true */
void jx_leave(jx_run *r);
jx_value jx_undefined(const char *name);
jx_value jx_none(void);
jx_value jx_bool(bool b);
jx_value jx_int(int64_t i);
jx_value jx_float(double d);
jx_value jx_string(jx_run *r, const char *s, size_t len); /* copied */
jx_value jx_static(const char *s);                        /* NUL-terminated, borrowed */
jx_value jx_view(const char *s, size_t len);              /* borrowed */
jx_value jx_from_buf(jx_run *r, sx_buf *buf);             /* copied; the buffer is freed; fails with it */
jx_value jx_new_list(jx_run *r, bool tuple);
void jx_push(jx_run *r, jx_list *list, jx_value v);
jx_value jx_new_dict(jx_run *r);
void jx_put(jx_run *r, jx_dict *dict, jx_value key, jx_value v);
jx_value *jx_find(const jx_dict *dict, const jx_value *key);
jx_value *jx_find_name(const jx_dict *dict, const char *name, size_t len);
bool jx_is(const jx_value *v, const char *text); /* a string of exactly this text */
const char *jx_type_name(const jx_value *v);     /* as Python calls it */

/* ops.c */
bool jx_true(const jx_value *v);
bool jx_equal(const jx_value *a, const jx_value *b);
int jx_order(jx_run *r, const jx_value *a, const jx_value *b); /* -1, 0, 1; fails for what has no order */
bool jx_contains(jx_run *r, const jx_value *item, const jx_value *in);
jx_value jx_binary(jx_run *r, jx_op op, jx_value a, jx_value b);
jx_value jx_iterate(jx_run *r, jx_value v); /* a list of what iterating gives; fails for what cannot be iterated */
int64_t jx_length(jx_run *r, const jx_value *v);
jx_value jx_slice(jx_run *r, jx_value v, jx_value from, jx_value to, jx_value step);
jx_value jx_item(jx_run *r, jx_value v, jx_value key);
jx_value jx_attr(jx_run *r, jx_value v, const char *name, size_t len);

/* number.c */
void jx_print_float(double d, sx_buf *out);
bool jx_parse_float(const char *s, size_t len, double *d);
bool jx_parse_int(const char *s, size_t len, int64_t *i); /* with white space, sign and _ as int() takes them */

/* text.c */
void jx_write(jx_run *r, const jx_value *v, sx_buf *out); /* str(v) */
void jx_write_repr(jx_run *r, const jx_value *v, sx_buf *out);
jx_value jx_to_string(jx_run *r, jx_value v);
jx_value jx_escape(jx_run *r, jx_value v);
jx_value jx_format_percent(jx_run *r, jx_value format, jx_value args);
size_t jx_chars(const char *s, size_t len);                /* code points */
size_t jx_char_offset(const char *s, size_t len, size_t k); /* byte offset of the k-th */

/* json.c */
jx_value jx_read_json(jx_run *r, const char *s, size_t len);
typedef struct jx_json_style {
    bool ascii, sort;
    int indent;                  /* -1: one line */
    const char *item, *key;      /* separators */
    size_t item_len, key_len;
    const char *pad;             /* one level of indentation, when it is a text; else NULL */
    size_t pad_len;
} jx_json_style;
void jx_write_json(jx_run *r, const jx_value *v, const jx_json_style *style, sx_buf *out);

/* strftime.c */
jx_value jx_strftime(jx_run *r, const char *format, size_t len);

/* lex.c, parse.c, parse_expr.c */
void jx_lex(jx_run *r, const char *source, size_t len);
jx_node *jx_parse(jx_run *r); /* a list of statements */
jx_node *jx_parse_expr(jx_run *r);
jx_node *jx_parse_tuple(jx_run *r, bool no_choice); /* a tuple when there is a comma */
jx_node *jx_parse_target(jx_run *r);
jx_node *jx_parse_args(jx_run *r); /* behind '(' up to and with ')' */
jx_node *jx_parse_filters(jx_run *r, jx_node *node); /* | name(args)... */
jx_node *jx_new_node(jx_run *r, jx_kind kind);
const jx_token *jx_peek(jx_run *r);
bool jx_at_op(jx_run *r, const char *op);
bool jx_at_name(jx_run *r, const char *name);
bool jx_take_op(jx_run *r, const char *op);
bool jx_take_name(jx_run *r, const char *name);
void jx_want_op(jx_run *r, const char *op);
void jx_unexpected(jx_run *r, const char *wanted);

/* eval.c, expr.c */
void jx_exec(jx_run *r, const jx_node *list, jx_frame *frame);
jx_value jx_eval(jx_run *r, const jx_node *node, jx_frame *frame);
jx_value jx_capture(jx_run *r, const jx_node *list, jx_frame *frame); /* the text that statements write */
void jx_loop_run(jx_run *r, const jx_node *node, jx_frame *frame, jx_value items, unsigned depth);
void jx_assign(jx_run *r, const jx_node *target, jx_frame *frame, jx_value v);
jx_frame *jx_new_frame(jx_run *r, jx_frame *parent);

typedef struct jx_args {
    jx_value *v;    /* positional */
    size_t n;
    jx_dict *named; /* or NULL */
} jx_args;

jx_value jx_call(jx_run *r, jx_value f, const jx_args *args);
jx_value jx_call_macro(jx_run *r, const jx_macro *m, const jx_args *args, const jx_value *caller);
/* The i-th positional argument, or the one of this name, or fallback. */
jx_value jx_arg(const jx_args *args, size_t i, const char *name, jx_value fallback);
bool jx_has_arg(const jx_args *args, size_t i, const char *name);

/* filters.c, filters_seq.c, tests.c, methods.c, render.c */
typedef jx_value (*jx_filter_fn)(jx_run *r, jx_value v, const jx_args *args);
typedef struct jx_filter_row {
    const char *name;
    jx_filter_fn fn;
} jx_filter_row;
extern const jx_filter_row jx_text_filters[], jx_seq_filters[]; /* each ends with a NULL name */
jx_value jx_apply_filter(jx_run *r, const jx_value *name, jx_value v, const jx_args *args);
bool jx_apply_test(jx_run *r, const jx_value *name, jx_value v, const jx_args *args);
bool jx_is_method(const jx_value *v, const char *name, size_t len);
jx_value jx_call_method(jx_run *r, const jx_method *m, const jx_args *args);
jx_value jx_strip(jx_value s, const jx_value *chars, bool left, bool right);
jx_value jx_replace(jx_run *r, jx_value s, jx_value from, jx_value to, int64_t count);
jx_value jx_change_case(jx_run *r, jx_value s, int how); /* 'u', 'l', 't' title, 'c' capitalize, 's' swap */
uint32_t jx_find_global(const char *name, size_t len); /* UINT32_MAX when there is none */
jx_value jx_call_global(jx_run *r, uint32_t global, const jx_args *args);

#endif
