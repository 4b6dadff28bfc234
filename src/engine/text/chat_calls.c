/* Reads tool calls in their dialects and writes each as the JSON that OpenAI's interface has for it. */
#include <string.h>

#include "engine/text/chat_parts.h"
#include "platform/json.h"

typedef struct view {
    const char *s;
    size_t len;
} view;

static view trimmed(view v)
{
    while (v.len && (unsigned char)v.s[v.len - 1] <= ' ') v.len--;
    while (v.len && (unsigned char)v.s[0] <= ' ') {
        v.s++;
        v.len--;
    }
    return v;
}

static void put_call(sx_chat_reader *r, view name, view id, view arguments)
{
    if (r->n_calls) sx_buf_char(&r->calls, ',');
    sx_buf_str(&r->calls, "{\"id\":");
    if (id.len)
        sx_json_quote(&r->calls, id.s, id.len, false);
    else
        sx_buf_printf(&r->calls, "\"call_%u\"", r->n_calls);
    sx_buf_str(&r->calls, ",\"type\":\"function\",\"function\":{\"name\":");
    sx_json_quote(&r->calls, name.s, name.len, false);
    sx_buf_str(&r->calls, ",\"arguments\":");
    sx_json_quote(&r->calls, arguments.s, arguments.len, false);
    sx_buf_str(&r->calls, "}}");
    r->n_calls++;
}

/* ---- JSON ---- */

/* The object or list at *i, by its brackets; strings are respected. */
static sx_took json_extent(const sx_chat_reader *r, size_t *i, view *json)
{
    size_t from = sx_chat_blanks(r, *i), depth = 0;
    bool quoted = false;
    *i = from;
    if (from == r->n) return SX_MORE;
    if (r->s[from] != '{' && r->s[from] != '[') return SX_BAD;
    for (size_t k = from; k < r->n; k++) {
        char c = r->s[k];
        if (quoted) {
            if (c == '\\')
                k++;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if ((c == '}' || c == ']') && --depth == 0) {
            *json = (view){r->s + from, k + 1 - from};
            *i = k + 1;
            return SX_TOOK;
        }
    }
    return SX_MORE;
}

/* Is v JSON, and of what kind? NULL when it is not, or without memory (then r->status says so). */
static const sx_json *parse(sx_chat_reader *r, sx_arena *arena, view v)
{
    const sx_json *json = NULL;
    llm_status status = sx_json_parse(&json, arena, "the call", v.s, v.len, NULL);
    if (status == LLM_E_MEMORY) r->status = status;
    return status == LLM_OK ? json : NULL;
}

static const sx_json *first_of(const sx_json *v, const char *const *keys)
{
    for (; *keys; keys++) {
        const sx_json *m = sx_json_get(v, *keys);
        if (m) return m;
    }
    return NULL;
}

/* {"name": ..., "arguments" or "parameters": {...}, "id"?} */
static bool object_call(sx_chat_reader *r, const sx_json *v)
{
    static const char *const names[] = {"name", "tool_name", NULL};
    static const char *const arguments[] = {"arguments", "parameters", NULL};
    static const char *const ids[] = {"id", "tool_call_id", NULL};
    const sx_json *id = first_of(v, ids), *inner = sx_json_get(v, "function");
    if (sx_json_is(inner, SX_JSON_OBJECT)) v = inner;
    const sx_json *name = first_of(v, names), *args = first_of(v, arguments);
    if (!sx_json_is(name, SX_JSON_STRING) || !name->len) return false;
    bool text = sx_json_is(args, SX_JSON_STRING);
    if (args && !text && args->kind != SX_JSON_OBJECT && args->kind != SX_JSON_NULL) return false;
    sx_buf written;
    sx_buf_init(&written, r->mem, 0);
    if (text)
        sx_buf_add(&written, args->text, args->len);
    else if (sx_json_is(args, SX_JSON_OBJECT))
        sx_json_write(&written, args);
    else
        sx_buf_str(&written, "{}");
    view id_view = sx_json_is(id, SX_JSON_STRING) ? (view){id->text, id->len} : (view){NULL, 0};
    if (sx_buf_status(&written) == LLM_OK)
        put_call(r, (view){name->text, name->len}, id_view, (view){sx_buf_cstr(&written), written.len});
    else
        r->status = LLM_E_MEMORY;
    sx_buf_free(&written);
    return true;
}

/* A call, or a list of them. */
static sx_took json_calls(sx_chat_reader *r, size_t *i)
{
    view v;
    sx_took took = json_extent(r, i, &v);
    if (took != SX_TOOK) return took;
    sx_arena arena;
    sx_arena_init(&arena, r->mem);
    const sx_json *json = parse(r, &arena, v);
    bool good = json != NULL;
    if (good && json->kind == SX_JSON_OBJECT) {
        good = object_call(r, json);
    } else if (good) {
        good = json->count > 0;
        for (const sx_json *m = json->first; m && good; m = m->next) good = object_call(r, m);
    }
    sx_arena_free(&arena);
    return good ? SX_TOOK : SX_BAD;
}

sx_took sx_chat_bare_call(sx_chat_reader *r, size_t *i)
{
    return json_calls(r, i);
}

sx_took sx_chat_named_call(sx_chat_reader *r, size_t *i, const char *name, size_t name_len, const char *id,
                           size_t id_len)
{
    view v;
    sx_took took = json_extent(r, i, &v);
    if (took != SX_TOOK) return took;
    sx_arena arena;
    sx_arena_init(&arena, r->mem);
    const sx_json *json = parse(r, &arena, v);
    bool good = sx_json_is(json, SX_JSON_OBJECT) && name_len > 0;
    if (good) {
        sx_buf written;
        sx_buf_init(&written, r->mem, 0);
        sx_json_write(&written, json);
        if (sx_buf_status(&written) == LLM_OK)
            put_call(r, (view){name, name_len}, (view){id, id_len}, (view){sx_buf_cstr(&written), written.len});
        else
            r->status = LLM_E_MEMORY;
        sx_buf_free(&written);
    }
    sx_arena_free(&arena);
    return good ? SX_TOOK : SX_BAD;
}

/* ---- arguments as tags ---- */

/* Numbers, truth values, lists and objects are JSON already; anything else is a text. */
static void put_argument(sx_chat_reader *r, sx_buf *args, view key, view value)
{
    sx_arena arena;
    sx_arena_init(&arena, r->mem);
    const sx_json *json = parse(r, &arena, trimmed(value));
    if (args->len > 1) sx_buf_char(args, ',');
    sx_json_quote(args, key.s, key.len, false);
    sx_buf_char(args, ':');
    if (json && json->kind != SX_JSON_STRING)
        sx_json_write(args, json);
    else
        sx_json_quote(args, value.s, value.len, false);
    sx_arena_free(&arena);
}

/* One line break on each side belongs to the tags. */
static view without_breaks(view v)
{
    if (v.len && v.s[0] == '\n') {
        v.s++;
        v.len--;
    }
    if (v.len && v.s[v.len - 1] == '\n') v.len--;
    return v;
}

typedef struct tags {
    const char *key_open, *key_close, *value_open, *value_close, *end;
    bool end_stays; /* the end mark is the caller's */
} tags;

static sx_took tagged_arguments(sx_chat_reader *r, size_t *i, const tags *t, sx_buf *args)
{
    sx_buf_char(args, '{');
    for (;;) {
        view key, value;
        *i = sx_chat_blanks(r, *i);
        size_t end = *i;
        sx_took took = sx_chat_expect(r, &end, t->end);
        if (took == SX_TOOK || (took == SX_MORE && *i == r->n && !r->partial && t->end_stays)) {
            if (!t->end_stays) *i = end;
            sx_buf_char(args, '}');
            return SX_TOOK;
        }
        sx_took open = sx_chat_expect(r, i, t->key_open);
        if (open != SX_TOOK) return took == SX_MORE ? SX_MORE : open;
        took = sx_chat_until(r, i, t->key_close, &key.s, &key.len);
        if (took != SX_TOOK) return took;
        if (t->value_open) {
            *i = sx_chat_blanks(r, *i);
            took = sx_chat_expect(r, i, t->value_open);
            if (took != SX_TOOK) return took;
        }
        took = sx_chat_until(r, i, t->value_close, &value.s, &value.len);
        if (took != SX_TOOK) return took;
        put_argument(r, args, trimmed(key), without_breaks(value));
    }
}

static sx_took tagged_call(sx_chat_reader *r, size_t *i, const tags *t, view name)
{
    sx_buf args;
    sx_buf_init(&args, r->mem, 0);
    sx_took took = name.len ? tagged_arguments(r, i, t, &args) : SX_BAD;
    if (sx_buf_status(&args) != LLM_OK) r->status = LLM_E_MEMORY;
    if (took == SX_TOOK && r->status == LLM_OK)
        put_call(r, name, (view){NULL, 0}, (view){sx_buf_cstr(&args), args.len});
    sx_buf_free(&args);
    return took;
}

/* Behind "<function=": NAME>{...}</function>, or NAME> with <parameter=KEY>VALUE</parameter> and </function>. */
static sx_took function_call(sx_chat_reader *r, size_t *i)
{
    static const tags xml = {"<parameter=", ">", NULL, "</parameter>", "</function>", false};
    view name;
    sx_took took = sx_chat_until(r, i, ">", &name.s, &name.len);
    if (took != SX_TOOK) return took;
    size_t body = sx_chat_blanks(r, *i);
    name = trimmed(name);
    if (body == r->n || r->s[body] != '{') return tagged_call(r, i, &xml, name);
    took = sx_chat_named_call(r, i, name.s, name.len, NULL, 0);
    if (took != SX_TOOK) return took;
    *i = sx_chat_blanks(r, *i);
    return sx_chat_expect(r, i, "</function>");
}

/* NAME, then <arg_key>KEY</arg_key><arg_value>VALUE</arg_value> up to the close of the call. */
static sx_took keyed_call(sx_chat_reader *r, size_t *i)
{
    const tags glm = {"<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>", r->f->close, true};
    size_t from = *i;
    while (*i < r->n && r->s[*i] != '<' && r->s[*i] != '\n') ++*i;
    if (*i == r->n) return SX_MORE;
    return tagged_call(r, i, &glm, trimmed((view){r->s + from, *i - from}));
}

/* ---- styles ---- */

/* The mark that closes calls; at the very end of an answer it may be missing, as the model stops there. */
static sx_took close_calls(const sx_chat_reader *r, size_t *i)
{
    if (!r->f->close) return SX_TOOK;
    *i = sx_chat_blanks(r, *i);
    if (*i == r->n && !r->partial) return SX_TOOK;
    return sx_chat_expect(r, i, r->f->close);
}

static sx_took tagged(sx_chat_reader *r, size_t *i)
{
    if (!r->f->close) return function_call(r, i); /* the mark was "<function=" */
    *i = sx_chat_blanks(r, *i);
    if (*i == r->n) return SX_MORE;
    sx_took took = SX_BAD;
    if (r->s[*i] == '{' || r->s[*i] == '[') {
        took = json_calls(r, i);
    } else if (r->s[*i] == '<') {
        took = sx_chat_expect(r, i, "<function=");
        if (took == SX_TOOK) took = function_call(r, i);
    } else {
        took = keyed_call(r, i);
    }
    return took == SX_TOOK ? close_calls(r, i) : took;
}

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.' || c == ':' || c == '/';
}

/* [{...}, {...}], or NAME[CALL_ID]ID[ARGS]{...} with the middle part or both marks left out. */
static sx_took bracket(sx_chat_reader *r, size_t *i)
{
    *i = sx_chat_blanks(r, *i);
    if (*i == r->n) return SX_MORE;
    if (r->s[*i] == '[' || r->s[*i] == '{') return json_calls(r, i);
    view name = {r->s + *i, 0}, id = {NULL, 0};
    while (*i < r->n && name_char(r->s[*i])) ++*i;
    name.len = (size_t)(r->s + *i - name.s);
    size_t at = *i;
    sx_took took = sx_chat_expect(r, &at, "[CALL_ID]");
    if (took == SX_TOOK) {
        *i = at;
        took = sx_chat_until(r, i, "[ARGS]", &id.s, &id.len);
        if (took != SX_TOOK) return took;
    } else {
        sx_took args = sx_chat_expect(r, i, "[ARGS]");
        if (took == SX_MORE || args == SX_MORE) return SX_MORE;
    }
    return sx_chat_named_call(r, i, name.s, name.len, id.s, id.len);
}

/* A head such as "functions.get:0", or "function", with the name on the line behind it. */
static sx_took item_head(const sx_chat_reader *r, size_t *i, view *name, view *id)
{
    sx_took took = sx_chat_until(r, i, r->f->item_sep, &name->s, &name->len);
    if (took != SX_TOOK) return took;
    *name = trimmed(*name);
    if (name->len == 8 && memcmp(name->s, "function", 8) == 0) {
        took = sx_chat_until(r, i, "\n", &name->s, &name->len);
        *name = trimmed(*name);
        return took;
    }
    if (name->len > 10 && memcmp(name->s, "functions.", 10) == 0) {
        *id = *name;
        name->s += 10;
        name->len -= 10;
        size_t digits = name->len;
        while (digits && name->s[digits - 1] >= '0' && name->s[digits - 1] <= '9') digits--;
        if (digits && digits < name->len && name->s[digits - 1] == ':') name->len = digits - 1;
    }
    return SX_TOOK;
}

/* A mark that may be there, with white space around it. False: the text ends before one can tell. */
static bool optional(const sx_chat_reader *r, size_t *i, const char *mark)
{
    *i = sx_chat_blanks(r, *i);
    return sx_chat_expect(r, i, mark) != SX_MORE || !r->partial;
}

static sx_took items(sx_chat_reader *r, size_t *i)
{
    for (;;) {
        view name, id = {NULL, 0};
        *i = sx_chat_blanks(r, *i);
        sx_took took = sx_chat_expect(r, i, r->f->item_open);
        if (took == SX_TOOK) took = item_head(r, i, &name, &id);
        if (took != SX_TOOK) return took;
        if (!optional(r, i, "```json")) return SX_MORE;
        took = sx_chat_named_call(r, i, name.s, name.len, id.s, id.len);
        if (took != SX_TOOK) return took;
        if (!optional(r, i, "```")) return SX_MORE;
        *i = sx_chat_blanks(r, *i);
        took = sx_chat_expect(r, i, r->f->item_close);
        if (took != SX_TOOK) return took;
        *i = sx_chat_blanks(r, *i);
        size_t next = *i;
        took = sx_chat_expect(r, &next, r->f->item_open);
        if (took == SX_TOOK) continue;
        if (took == SX_MORE && r->partial) return SX_MORE;
        return close_calls(r, i);
    }
}

/* Behind Llama's <|python_tag|>: calls as JSON, or a program for the code interpreter. */
static sx_took python(sx_chat_reader *r, size_t *i)
{
    *i = sx_chat_blanks(r, *i);
    if (*i == r->n) return SX_MORE;
    if (r->s[*i] == '{') return json_calls(r, i);
    if (r->partial) return SX_MORE;
    sx_buf args;
    sx_buf_init(&args, r->mem, 0);
    sx_buf_str(&args, "{\"code\":");
    sx_json_quote(&args, r->s + *i, r->n - *i, false);
    sx_buf_char(&args, '}');
    if (sx_buf_status(&args) == LLM_OK)
        put_call(r, (view){"code_interpreter", 16}, (view){NULL, 0}, (view){sx_buf_cstr(&args), args.len});
    else
        r->status = LLM_E_MEMORY;
    sx_buf_free(&args);
    *i = r->n;
    return SX_TOOK;
}

sx_took sx_chat_calls(sx_chat_reader *r, size_t *i)
{
    switch (r->f->style) {
    case SX_CALLS_TAGGED: return tagged(r, i);
    case SX_CALLS_BRACKET: return bracket(r, i);
    case SX_CALLS_ITEMS: return items(r, i);
    case SX_CALLS_PYTHON: return python(r, i);
    case SX_CALLS_LIST: break;
    }
    sx_took took = json_calls(r, i);
    return took == SX_TOOK ? close_calls(r, i) : took;
}
