/* One rendering from start to end, and the functions every template has. */
#include <string.h>

#include "engine/text/jinja/jinja.h"

typedef jx_value (*global_fn)(jx_run *r, const jx_args *args);

static jx_value g_range(jx_run *r, const jx_args *args)
{
    jx_value list = jx_new_list(r, false);
    int64_t v[3] = {0, 0, 1};
    for (size_t i = 0; i < args->n && i < 3; i++) {
        if (args->v[i].type != JX_INT && args->v[i].type != JX_BOOL)
            jx_fail(r, LLM_E_INVALID, "range needs whole numbers, not a %s", jx_type_name(&args->v[i]));
        v[i] = args->v[i].type == JX_BOOL ? args->v[i].as.b : args->v[i].as.i;
    }
    if (args->n == 1) {
        v[1] = v[0];
        v[0] = 0;
    }
    if (args->n < 1 || args->n > 3 || v[2] == 0) jx_fail(r, LLM_E_INVALID, "range needs one to three numbers, the step not zero");
    while (r->status == LLM_OK && (v[2] > 0 ? v[0] < v[1] : v[0] > v[1]) && jx_step(r, 1)) {
        jx_push(r, list.as.list, jx_int(v[0]));
        if (__builtin_add_overflow(v[0], v[2], &v[0])) break;
    }
    return list;
}

/* dict(...) and namespace(...): a dict or pairs first, then names. */
static jx_value make_dict(jx_run *r, const jx_args *args)
{
    jx_value dict = jx_new_dict(r);
    if (args->n && args->v[0].type == JX_DICT) {
        const jx_dict *d = args->v[0].as.dict;
        for (size_t i = 0; i < d->n && jx_step(r, 1); i++) jx_put(r, dict.as.dict, d->entries[i].key, d->entries[i].value);
    } else if (args->n) {
        jx_value pairs = jx_iterate(r, args->v[0]);
        for (size_t i = 0; i < pairs.as.list->n && jx_step(r, 1); i++) {
            jx_value pair = jx_iterate(r, pairs.as.list->items[i]);
            if (r->status == LLM_OK && pair.as.list->n != 2) jx_fail(r, LLM_E_INVALID, "dict needs pairs");
            if (r->status == LLM_OK) jx_put(r, dict.as.dict, pair.as.list->items[0], pair.as.list->items[1]);
        }
    }
    for (size_t i = 0; args->named && i < args->named->n; i++)
        jx_put(r, dict.as.dict, args->named->entries[i].key, args->named->entries[i].value);
    return dict;
}

static jx_value g_namespace(jx_run *r, const jx_args *args)
{
    jx_value v = make_dict(r, args);
    v.type = JX_NAMESPACE;
    return v;
}

static jx_value g_raise(jx_run *r, const jx_args *args)
{
    jx_value text = jx_to_string(r, jx_arg(args, 0, "message", jx_static("")));
    jx_fail(r, LLM_E_INVALID, "the template refuses this input: %.*s", text.len > 300 ? 300 : (int)text.len, text.as.s);
    return jx_none();
}

static jx_value g_strftime(jx_run *r, const jx_args *args)
{
    jx_value f = jx_to_string(r, jx_arg(args, 0, "format", jx_static("")));
    return jx_strftime(r, f.as.s, f.len);
}

static jx_value g_cycler(jx_run *r, const jx_args *args)
{
    jx_cycler *c = jx_alloc(r, sizeof *c);
    jx_value items = jx_new_list(r, false);
    for (size_t i = 0; i < args->n; i++) jx_push(r, items.as.list, args->v[i]);
    if (args->n == 0) jx_fail(r, LLM_E_INVALID, "cycler needs something to choose from");
    if (!c) return items;
    c->items = items.as.list;
    return (jx_value){.type = JX_CYCLER, .as.cycler = c};
}

static jx_value g_joiner(jx_run *r, const jx_args *args)
{
    jx_cycler *c = jx_alloc(r, sizeof *c);
    if (!c) return jx_none();
    c->separator = jx_arg(args, 0, "sep", jx_static(", "));
    return (jx_value){.type = JX_JOINER, .as.cycler = c};
}

static const struct {
    const char *name;
    global_fn fn;
} globals[] = {
    {"range", g_range}, {"dict", make_dict}, {"namespace", g_namespace}, {"raise_exception", g_raise},
    {"strftime_now", g_strftime}, {"cycler", g_cycler}, {"joiner", g_joiner},
};

uint32_t jx_find_global(const char *name, size_t len)
{
    for (uint32_t i = 0; i < sizeof globals / sizeof *globals; i++)
        if (strlen(globals[i].name) == len && memcmp(globals[i].name, name, len) == 0) return i;
    return UINT32_MAX;
}

jx_value jx_call_global(jx_run *r, uint32_t global, const jx_args *args)
{
    return globals[global].fn(r, args);
}

static void render(jx_run *r, const char *source, size_t source_len, const char *vars, size_t vars_len)
{
    jx_value v = jx_read_json(r, vars, vars_len);
    if (r->status != LLM_OK) return;
    if (v.type != JX_DICT) {
        jx_fail(r, LLM_E_FORMAT, "the variables are not a JSON object");
        return;
    }
    jx_frame *given = jx_new_frame(r, NULL), *top = jx_new_frame(r, given);
    if (!top) return;
    given->vars = *v.as.dict;
    jx_lex(r, source, source_len);
    jx_node *tree = r->status == LLM_OK ? jx_parse(r) : NULL;
    if (r->status == LLM_OK) jx_exec(r, tree, top);
}

llm_status sx_template_render(sx_mem *mem, const char *source, size_t source_len, const char *vars, size_t vars_len,
                              const sx_template_params *params, sx_buf *out, llm_error *err)
{
    uint64_t inputs = (uint64_t)source_len + vars_len;
    sx_buf text;
    sx_buf_init(&text, mem, 0);
    jx_run r = {.mem = mem, .err = err, .line = 1, .out = &text};
    r.max_steps = params && params->max_steps ? params->max_steps : 10000000 + inputs;
    r.max_bytes = params && params->max_bytes ? params->max_bytes : (64u << 20) + 32 * inputs;
    r.now = params ? params->now : NULL;
    text.max = (size_t)r.max_bytes;
    sx_arena_init(&r.arena, mem);
    render(&r, source, source_len, vars, vars_len);
    sx_arena_free(&r.arena);
    if (r.status == LLM_OK) {
        sx_buf_add(out, sx_buf_cstr(&text), text.len);
        if (sx_buf_status(out) != LLM_OK) r.status = sx_fail_memory(err);
    }
    sx_buf_free(&text);
    return r.status;
}
