/* JSON (RFC 8259) read into an arena, and strings written. For files and requests that strangers send: strict grammar, UTF-8
 * checked, nesting bounded, errors with line and column. Lone surrogates become U+FFFD; of equal keys the last counts. */
#ifndef SX_PLATFORM_JSON_H
#define SX_PLATFORM_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/arena.h"
#include "platform/buf.h"
#include "platform/error.h"

typedef enum sx_json_kind {
    SX_JSON_NULL,
    SX_JSON_BOOL,
    SX_JSON_NUMBER,
    SX_JSON_STRING,
    SX_JSON_ARRAY,
    SX_JSON_OBJECT
} sx_json_kind;

typedef struct sx_json {
    sx_json_kind kind;
    bool truth;       /* BOOL */
    uint32_t count;   /* members of an ARRAY or OBJECT */
    const char *text; /* STRING: its value, NUL-terminated; NUMBER: as written, NUL-terminated */
    size_t len;       /* of text; a string may hold NULs */
    double number;    /* NUMBER */
    const char *key;  /* of a member of an OBJECT, NUL-terminated */
    size_t key_len;
    size_t at;             /* its first byte's offset in the source */
    struct sx_json *first; /* member of an ARRAY or OBJECT; for (m = v->first; m; m = m->next) */
    struct sx_json *next;  /* in the same ARRAY or OBJECT */
} sx_json;

enum { SX_JSON_MAX_DEPTH = 200 };

/* Parses one value. `what` names the text in sentences ("config.json"). LLM_E_FORMAT, LLM_E_LIMIT (nesting),
 * LLM_E_MEMORY. The tree lives as long as the arena and does not point into text. */
llm_status sx_json_parse(const sx_json **out, sx_arena *arena, const char *what, const char *text, size_t len,
                         llm_error *err);

/* Where an offset stands in the source, from 1. Columns count bytes. */
void sx_json_place(const char *text, size_t len, size_t at, uint32_t *line, uint32_t *column);

/* The member of an object, NULL when v is NULL, no object, or has none. Walks the members: loop over large objects instead. */
const sx_json *sx_json_get(const sx_json *v, const char *key);
bool sx_json_is(const sx_json *v, sx_json_kind kind); /* false for NULL */
bool sx_json_equal(const sx_json *v, const char *s);  /* a STRING of these bytes */
/* The value of a member, or the fallback when it is absent or of another kind. */
const char *sx_json_get_str(const sx_json *v, const char *key, const char *fallback);
double sx_json_get_num(const sx_json *v, const char *key, double fallback);
bool sx_json_get_bool(const sx_json *v, const char *key, bool fallback);
/* A NUMBER that is an integer in range ("3", "3.0", "1e3"); false otherwise. */
bool sx_json_int(const sx_json *v, int64_t *value);

/* Appends a string in quotes; bytes that are not UTF-8 become U+FFFD. ascii: everything else beyond as \u. */
void sx_json_quote(sx_buf *out, const char *s, size_t len, bool ascii);

/* Appends a value without blanks, numbers as they were written. */
void sx_json_write(sx_buf *out, const sx_json *v);

#endif
