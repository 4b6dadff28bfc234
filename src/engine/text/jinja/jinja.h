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
#include "platform/number.h"

enum { JX_MAX_DEPTH = 200 /* of nesting: in the source, of calls, of data */ };

typedef enum sx_jx_type {
    JX_UNDEFINED,
    JX_NONE,
    JX_BOOL,
    JX_INT,
    JX_FLOAT,
    JX_STRING,
    JX_LIST,
    JX_DICT,
    JX_NAMESPACE,
    JX_MACRO,
    JX_METHOD,
    JX_GLOBAL,
    JX_LOOP,
    JX_CYCLER,
    JX_JOINER
} sx_jx_type;

typedef struct sx_jx_list sx_jx_list;
typedef struct sx_jx_dict sx_jx_dict;
typedef struct sx_jx_macro sx_jx_macro;
typedef struct sx_jx_method sx_jx_method;
typedef struct sx_jx_loop sx_jx_loop;
typedef struct sx_jx_cycler sx_jx_cycler;

typedef struct sx_jx_value {
    uint8_t type; /* sx_jx_type */
    bool tuple;   /* of lists */
    bool lazy;    /* of lists: an iterator that can be gone over once, has no length and no items */
    bool view;    /* of lists: a dict's keys, values or items: no items by number, no JSON */
    bool markup;  /* of strings: made by |safe or |escape */
    size_t len;   /* of strings: bytes */
    union {
        bool b;
        int64_t i;
        double d;
        const char *s; /* strings; of JX_UNDEFINED the name that was not found, NUL-terminated, or NULL */
        sx_jx_list *list;
        sx_jx_dict *dict; /* JX_DICT, JX_NAMESPACE */
        sx_jx_macro *macro;
        sx_jx_method *method;
        sx_jx_loop *loop;
        sx_jx_cycler *cycler; /* JX_CYCLER, JX_JOINER */
        uint32_t global;
    } as;
} sx_jx_value;

struct sx_jx_list {
    sx_jx_value *items;
    size_t n, cap;
    bool used; /* a lazy one that was gone over */
};

typedef struct sx_jx_entry {
    sx_jx_value key, value;
} sx_jx_entry;

struct sx_jx_dict { /* in order of insertion; an index when it is not small */
    sx_jx_entry *entries;
    size_t n, cap;
    uint32_t *slots; /* [n_slots] entry + 1, 0: free; NULL while small */
    size_t n_slots;
};

typedef struct sx_jx_frame {
    struct sx_jx_frame *parent;
    sx_jx_dict vars;
} sx_jx_frame;

typedef struct sx_jx_node sx_jx_node;

struct sx_jx_macro {
    const sx_jx_node *node;
    sx_jx_frame *frame; /* where it was defined */
};

struct sx_jx_method {
    sx_jx_value self;
    const char *name;
    size_t len;
};

struct sx_jx_loop {
    const sx_jx_list *items;
    size_t at;
    unsigned depth;
    const sx_jx_node *node; /* of a recursive loop */
    sx_jx_frame *frame;
    sx_jx_value changed; /* last argument of loop.changed */
};

struct sx_jx_cycler {
    const sx_jx_list *items;
    size_t at;
    sx_jx_value separator; /* of a joiner */
};

/* ---- the tree ---- */

typedef enum sx_jx_kind {
    /* statements */
    JX_TEXT,
    JX_OUTPUT,
    JX_IF,
    JX_FOR,
    JX_SET,
    JX_SET_BLOCK,
    JX_MACRO_DEF,
    JX_CALL_BLOCK,
    JX_FILTER_BLOCK,
    JX_BREAK,
    JX_CONTINUE,
    JX_WITH,
    JX_BODY,
    /* expressions */
    JX_LITERAL,
    JX_NAME,
    JX_LIST_EXPR,
    JX_DICT_EXPR,
    JX_ATTR,
    JX_ITEM,
    JX_SLICE,
    JX_CALL,
    JX_FILTER,
    JX_TEST,
    JX_NOT,
    JX_NEGATE,
    JX_PLUS,
    JX_BINARY,
    JX_AND,
    JX_OR,
    JX_CHOICE,
    JX_COMPARE
} sx_jx_kind;

struct sx_jx_node {
    uint8_t kind; /* sx_jx_kind */
    uint8_t op;   /* of BINARY, COMPARE: a sx_jx_op; TEST: 1 when negated */
    bool flag;    /* LIST_EXPR: tuple; FOR: recursive */
    uint32_t line;
    sx_jx_value value;     /* LITERAL, TEXT; NAME, ATTR, FILTER, TEST, MACRO_DEF: the name */
    sx_jx_node *a, *b, *c; /* operands; see the parser */
    sx_jx_node *args;      /* list of arguments or members, by next */
    sx_jx_node *body, *otherwise;
    sx_jx_node *next;    /* in a list */
    const char *keyword; /* of an argument: its name, or NULL */
    size_t keyword_len;
};

typedef enum sx_jx_op {
    JX_ADD,
    JX_SUB,
    JX_MUL,
    JX_DIV,
    JX_FLOORDIV,
    JX_MOD,
    JX_POW,
    JX_CONCAT,
    JX_EQ,
    JX_NE,
    JX_LT,
    JX_LE,
    JX_GT,
    JX_GE,
    JX_IN,
    JX_NOT_IN
} sx_jx_op;

/* ---- tokens ---- */

typedef enum sx_jx_token_kind {
    JX_T_TEXT,
    JX_T_OUT,
    JX_T_OUT_END,
    JX_T_BLOCK,
    JX_T_BLOCK_END,
    JX_T_NAME,
    JX_T_INT,
    JX_T_FLOAT,
    JX_T_STRING,
    JX_T_OP,
    JX_T_END
} sx_jx_token_kind;

typedef struct sx_jx_token {
    uint8_t kind;
    uint32_t line;
    sx_jx_value value; /* TEXT, STRING, INT, FLOAT: the value; NAME, OP: the word as a string */
} sx_jx_token;

/* ---- one rendering ---- */

typedef struct sx_jx_run {
    sx_mem *mem;
    sx_arena arena;
    llm_error *err;
    llm_status status;
    uint64_t steps, max_steps, bytes, max_bytes;
    unsigned depth;      /* of nested evaluation */
    uint32_t line;       /* where we are */
    sx_jx_token *tokens; /* of the parser */
    size_t n_tokens, at;
    sx_jx_frame *globals;
    sx_buf *out;
    enum { JX_GOES_ON, JX_BREAKS, JX_CONTINUES } flow;
    const char *now;
    sx_jx_list no_list; /* what a failed run hands out: nothing is ever put into these */
    sx_jx_dict no_dict;
} sx_jx_run;

/* value.c */
void sx_jx_fail(sx_jx_run *r, llm_status code, const char *format, ...)
#ifdef __GNUC__
    __attribute__((format(printf, 3, 4)))
#endif
    ;
void *sx_jx_alloc(sx_jx_run *r, size_t size); /* cleared; never NULL unless the run has failed */
bool sx_jx_step(sx_jx_run *r, uint64_t n);    /* counts work; false when the run has failed or is used up */
bool sx_jx_enter(sx_jx_run *r);               /* one level deeper; false: too deep. sx_jx_leave after true */
void sx_jx_leave(sx_jx_run *r);
sx_jx_value sx_jx_undefined(const char *name);
sx_jx_value sx_jx_none(void);
sx_jx_value sx_jx_bool(bool b);
sx_jx_value sx_jx_int(int64_t i);
sx_jx_value sx_jx_float(double d);
sx_jx_value sx_jx_string(sx_jx_run *r, const char *s, size_t len); /* copied */
sx_jx_value sx_jx_static(const char *s);                           /* NUL-terminated, borrowed */
sx_jx_value sx_jx_view(const char *s, size_t len);                 /* borrowed */
sx_jx_value sx_jx_from_buf(sx_jx_run *r, sx_buf *buf);             /* copied; the buffer is freed; fails with it */
sx_jx_value sx_jx_new_list(sx_jx_run *r, bool tuple);
void sx_jx_push(sx_jx_run *r, sx_jx_list *list, sx_jx_value v);
sx_jx_value sx_jx_new_dict(sx_jx_run *r);
void sx_jx_put(sx_jx_run *r, sx_jx_dict *dict, sx_jx_value key, sx_jx_value v);
sx_jx_value *sx_jx_find(const sx_jx_dict *dict, const sx_jx_value *key);
sx_jx_value *sx_jx_find_name(const sx_jx_dict *dict, const char *name, size_t len);
bool sx_jx_is(const sx_jx_value *v, const char *text); /* a string of exactly this text */
const char *sx_jx_type_name(const sx_jx_value *v);     /* as Python calls it */

/* ops.c */
bool sx_jx_true(const sx_jx_value *v);
bool sx_jx_equal(const sx_jx_value *a, const sx_jx_value *b);
int sx_jx_order(sx_jx_run *r, const sx_jx_value *a, const sx_jx_value *b); /* -1, 0, 1; fails for what has no order */
bool sx_jx_contains(sx_jx_run *r, const sx_jx_value *item, const sx_jx_value *in);
sx_jx_value sx_jx_binary(sx_jx_run *r, sx_jx_op op, sx_jx_value a, sx_jx_value b);
sx_jx_value sx_jx_iterate(sx_jx_run *r,
                          sx_jx_value v); /* a list of what iterating gives; fails for what cannot be iterated */
int64_t sx_jx_length(sx_jx_run *r, const sx_jx_value *v);
sx_jx_value sx_jx_slice(sx_jx_run *r, sx_jx_value v, sx_jx_value from, sx_jx_value to, sx_jx_value step);
sx_jx_value sx_jx_item(sx_jx_run *r, sx_jx_value v, sx_jx_value key);
sx_jx_value sx_jx_attr(sx_jx_run *r, sx_jx_value v, const char *name, size_t len);

/* text.c */
void sx_jx_write(sx_jx_run *r, const sx_jx_value *v, sx_buf *out); /* str(v) */
void sx_jx_write_repr(sx_jx_run *r, const sx_jx_value *v, sx_buf *out);
sx_jx_value sx_jx_to_string(sx_jx_run *r, sx_jx_value v);
sx_jx_value sx_jx_escape(sx_jx_run *r, sx_jx_value v);
sx_jx_value sx_jx_format_percent(sx_jx_run *r, sx_jx_value format, sx_jx_value args);
size_t sx_jx_chars(const char *s, size_t len);                 /* code points */
size_t sx_jx_char_offset(const char *s, size_t len, size_t k); /* byte offset of the k-th */

/* json.c */
sx_jx_value sx_jx_read_json(sx_jx_run *r, const char *s, size_t len);
typedef struct sx_jx_json_style {
    bool ascii, sort;
    int indent;             /* -1: one line */
    const char *item, *key; /* separators */
    size_t item_len, key_len;
    const char *pad; /* one level of indentation, when it is a text; else NULL */
    size_t pad_len;
} sx_jx_json_style;
void sx_jx_write_json(sx_jx_run *r, const sx_jx_value *v, const sx_jx_json_style *style, sx_buf *out);

/* strftime.c */
sx_jx_value sx_jx_strftime(sx_jx_run *r, const char *format, size_t len);

/* lex.c, parse.c, parse_expr.c */
void sx_jx_lex(sx_jx_run *r, const char *source, size_t len);
sx_jx_node *sx_jx_parse(sx_jx_run *r); /* a list of statements */
sx_jx_node *sx_jx_parse_expr(sx_jx_run *r);
sx_jx_node *sx_jx_parse_tuple(sx_jx_run *r, bool no_choice); /* a tuple when there is a comma */
sx_jx_node *sx_jx_parse_target(sx_jx_run *r);
sx_jx_node *sx_jx_parse_args(sx_jx_run *r);                      /* behind '(' up to and with ')' */
sx_jx_node *sx_jx_parse_filters(sx_jx_run *r, sx_jx_node *node); /* | name(args)... */
sx_jx_node *sx_jx_new_node(sx_jx_run *r, sx_jx_kind kind);
const sx_jx_token *sx_jx_peek(sx_jx_run *r);
bool sx_jx_at_op(sx_jx_run *r, const char *op);
bool sx_jx_at_name(sx_jx_run *r, const char *name);
bool sx_jx_take_op(sx_jx_run *r, const char *op);
bool sx_jx_take_name(sx_jx_run *r, const char *name);
void sx_jx_want_op(sx_jx_run *r, const char *op);
void sx_jx_unexpected(sx_jx_run *r, const char *wanted);

/* eval.c, expr.c */
void sx_jx_exec(sx_jx_run *r, const sx_jx_node *list, sx_jx_frame *frame);
sx_jx_value sx_jx_eval(sx_jx_run *r, const sx_jx_node *node, sx_jx_frame *frame);
sx_jx_value sx_jx_capture(sx_jx_run *r, const sx_jx_node *list,
                          sx_jx_frame *frame); /* the text that statements write */
void sx_jx_loop_run(sx_jx_run *r, const sx_jx_node *node, sx_jx_frame *frame, sx_jx_value items, unsigned depth);
void sx_jx_assign(sx_jx_run *r, const sx_jx_node *target, sx_jx_frame *frame, sx_jx_value v);
sx_jx_frame *sx_jx_new_frame(sx_jx_run *r, sx_jx_frame *parent);

typedef struct sx_jx_args {
    sx_jx_value *v; /* positional */
    size_t n;
    sx_jx_dict *named; /* or NULL */
} sx_jx_args;

/* str.format: "{} {name:>8}". (format.c) */
sx_jx_value sx_jx_format_braces(sx_jx_run *r, sx_jx_value s, const sx_jx_args *args);
sx_jx_value sx_jx_call(sx_jx_run *r, sx_jx_value f, const sx_jx_args *args);
sx_jx_value sx_jx_call_macro(sx_jx_run *r, const sx_jx_macro *m, const sx_jx_args *args, const sx_jx_value *caller);
/* The i-th positional argument, or the one of this name, or fallback. */
sx_jx_value sx_jx_arg(const sx_jx_args *args, size_t i, const char *name, sx_jx_value fallback);
bool sx_jx_has_arg(const sx_jx_args *args, size_t i, const char *name);

/* filters.c, filters_seq.c, tests.c, methods.c, render.c */
typedef sx_jx_value (*sx_jx_filter_fn)(sx_jx_run *r, sx_jx_value v, const sx_jx_args *args);
typedef struct sx_jx_filter_row {
    const char *name;
    sx_jx_filter_fn fn;
} sx_jx_filter_row;
extern const sx_jx_filter_row sx_jx_text_filters[], sx_jx_seq_filters[]; /* each ends with a NULL name */
sx_jx_value sx_jx_apply_filter(sx_jx_run *r, const sx_jx_value *name, sx_jx_value v, const sx_jx_args *args);
bool sx_jx_apply_test(sx_jx_run *r, const sx_jx_value *name, sx_jx_value v, const sx_jx_args *args);
bool sx_jx_is_method(const sx_jx_value *v, const char *name, size_t len);
sx_jx_value sx_jx_call_method(sx_jx_run *r, const sx_jx_method *m, const sx_jx_args *args);
sx_jx_value sx_jx_strip(sx_jx_value s, const sx_jx_value *chars, bool left, bool right);
sx_jx_value sx_jx_replace(sx_jx_run *r, sx_jx_value s, sx_jx_value from, sx_jx_value to, int64_t count);
sx_jx_value sx_jx_change_case(sx_jx_run *r, sx_jx_value s, int how); /* 'u', 'l', 't' title, 'c' capitalize, 's' swap */
uint32_t sx_jx_find_global(const char *name, size_t len);            /* UINT32_MAX when there is none */
sx_jx_value sx_jx_call_global(sx_jx_run *r, uint32_t global, const sx_jx_args *args);

#endif
