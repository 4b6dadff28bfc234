/* What the readers of chat answers share: chat.c walks the text, chat_calls.c reads the calls, chat_formats.c holds the rows.
 * Nobody else includes this. */
#ifndef SX_ENGINE_TEXT_CHAT_PARTS_H
#define SX_ENGINE_TEXT_CHAT_PARTS_H

#include <stdbool.h>

#include "engine/text/chat.h"
#include "platform/arena.h"

/* How the calls behind a mark are written. */
typedef enum sx_call_style {
    SX_CALLS_TAGGED, /* one call: JSON, <function=..> with parameters, or name with <arg_key>, by its first character */
    SX_CALLS_BRACKET, /* a JSON list, or NAME[ARGS]{...} */
    SX_CALLS_LIST,    /* a JSON list or object */
    SX_CALLS_ITEMS,   /* items between marks of their own: head, separator, JSON */
    SX_CALLS_PYTHON   /* JSON objects with ; between, or code */
} sx_call_style;

struct sx_chat_format {
    const char *marks[2]; /* all of these stand in the template */
    const char *think_open, *think_close;
    const char *open, *close; /* around a call or a list of them; close NULL: the call ends by itself */
    sx_call_style style;
    const char *item_open, *item_sep, *item_close; /* of SX_CALLS_ITEMS */
    const char *drop[2];                           /* marks without meaning for the reader */
    bool bare;                                     /* an answer that begins with a JSON object of a call is one */
    bool channels;                                 /* harmony: <|channel|>NAME<|message|> */
};

typedef enum sx_took { SX_TOOK, SX_MORE /* the text ends too early */, SX_BAD } sx_took;

typedef struct sx_chat_reader {
    const sx_chat_format *f;
    const char *s;
    size_t n;
    bool partial, malformed, trim; /* trim: white space before the next content is dropped */
    sx_mem *mem;
    sx_buf content, reasoning, calls; /* calls: the JSON of each, with commas between */
    uint32_t n_calls;
    llm_status status;
} sx_chat_reader;

size_t sx_chat_blanks(const sx_chat_reader *r, size_t i); /* behind the white space at i */
bool sx_chat_at(const sx_chat_reader *r, size_t i, const char *mark);
/* Steps over a mark; or over everything to behind it, which *view gets. */
sx_took sx_chat_expect(const sx_chat_reader *r, size_t *i, const char *mark);
sx_took sx_chat_until(const sx_chat_reader *r, size_t *i, const char *mark, const char **view, size_t *len);

/* The calls behind r->f->open, *i standing there; moves *i to behind what was looked at, also when it is bad. */
sx_took sx_chat_calls(sx_chat_reader *r, size_t *i);
/* A JSON object that is a call; SX_BAD when it is something else. */
sx_took sx_chat_bare_call(sx_chat_reader *r, size_t *i);
/* A call whose arguments are the JSON at *i. */
sx_took sx_chat_named_call(sx_chat_reader *r, size_t *i, const char *name, size_t name_len, const char *id,
                           size_t id_len);

#endif
