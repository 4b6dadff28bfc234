/* One rendering from start to end, and the functions every template has. */
#include <string.h>

#include "engine/text/jinja/jinja.h"

typedef sx_jx_value (*global_fn)(sx_jx_run *r, const sx_jx_args *args);

static sx_jx_value g_range(sx_jx_run *r, const sx_jx_args *args)
{
    sx_jx_value list = sx_jx_new_list(r, false);
    int64_t v[3] = {0, 0, 1};
    for (size_t i = 0; i < args->n && i < 3; i++) {
        if (args->v[i].type != JX_INT && args->v[i].type != JX_BOOL)
            sx_jx_fail(r, LLM_E_INVALID, "range needs whole numbers, not a %s", sx_jx_type_name(&args->v[i]));
        v[i] = args->v[i].type == JX_BOOL ? args->v[i].as.b : args->v[i].as.i;
    }
    if (args->n == 1) {
        v[1] = v[0];
        v[0] = 0;
    }
    if (args->n < 1 || args->n > 3 || v[2] == 0) sx_jx_fail(r, LLM_E_INVALID, "range needs one to three numbers, the step not zero");
    while (r->status == LLM_OK && (v[2] > 0 ? v[0] < v[1] : v[0] > v[1]) && sx_jx_step(r, 1)) {
        sx_jx_push(r, list.as.list, sx_jx_int(v[0]));
        if (__builtin_add_overflow(v[0], v[2], &v[0])) break;
    }
    return list;
}

/* dict(...) and namespace(...): a dict or pairs first, then names. */
static sx_jx_value make_dict(sx_jx_run *r, const sx_jx_args *args)
{
    sx_jx_value dict = sx_jx_new_dict(r);
    if (args->n && args->v[0].type == JX_DICT) {
        const sx_jx_dict *d = args->v[0].as.dict;
        for (size_t i = 0; i < d->n && sx_jx_step(r, 1); i++) sx_jx_put(r, dict.as.dict, d->entries[i].key, d->entries[i].value);
    } else if (args->n) {
        sx_jx_value pairs = sx_jx_iterate(r, args->v[0]);
        for (size_t i = 0; i < pairs.as.list->n && sx_jx_step(r, 1); i++) {
            sx_jx_value pair = sx_jx_iterate(r, pairs.as.list->items[i]);
            if (r->status == LLM_OK && pair.as.list->n != 2) sx_jx_fail(r, LLM_E_INVALID, "dict needs pairs");
            if (r->status == LLM_OK) sx_jx_put(r, dict.as.dict, pair.as.list->items[0], pair.as.list->items[1]);
        }
    }
    for (size_t i = 0; args->named && i < args->named->n; i++)
        sx_jx_put(r, dict.as.dict, args->named->entries[i].key, args->named->entries[i].value);
    return dict;
}

static sx_jx_value g_namespace(sx_jx_run *r, const sx_jx_args *args)
{
    sx_jx_value v = make_dict(r, args);
    v.type = JX_NAMESPACE;
    return v;
}

static sx_jx_value g_raise(sx_jx_run *r, const sx_jx_args *args)
{
    sx_jx_value text = sx_jx_to_string(r, sx_jx_arg(args, 0, "message", sx_jx_static("")));
    sx_jx_fail(r, LLM_E_INVALID, "the template refuses this input: %.*s", text.len > 300 ? 300 : (int)text.len, text.as.s);
    return sx_jx_none();
}

static sx_jx_value g_strftime(sx_jx_run *r, const sx_jx_args *args)
{
    sx_jx_value f = sx_jx_to_string(r, sx_jx_arg(args, 0, "format", sx_jx_static("")));
    return sx_jx_strftime(r, f.as.s, f.len);
}

static sx_jx_value g_cycler(sx_jx_run *r, const sx_jx_args *args)
{
    sx_jx_cycler *c = sx_jx_alloc(r, sizeof *c);
    sx_jx_value items = sx_jx_new_list(r, false);
    for (size_t i = 0; i < args->n; i++) sx_jx_push(r, items.as.list, args->v[i]);
    if (args->n == 0) sx_jx_fail(r, LLM_E_INVALID, "cycler needs something to choose from");
    if (!c) return items;
    c->items = items.as.list;
    return (sx_jx_value){.type = JX_CYCLER, .as.cycler = c};
}

static sx_jx_value g_joiner(sx_jx_run *r, const sx_jx_args *args)
{
    sx_jx_cycler *c = sx_jx_alloc(r, sizeof *c);
    if (!c) return sx_jx_none();
    c->separator = sx_jx_arg(args, 0, "sep", sx_jx_static(", "));
    return (sx_jx_value){.type = JX_JOINER, .as.cycler = c};
}

static const struct {
    const char *name;
    global_fn fn;
} globals[] = {
    {"range", g_range}, {"dict", make_dict}, {"namespace", g_namespace}, {"raise_exception", g_raise},
    {"strftime_now", g_strftime}, {"cycler", g_cycler}, {"joiner", g_joiner},
};

uint32_t sx_jx_find_global(const char *name, size_t len)
{
    for (uint32_t i = 0; i < sizeof globals / sizeof *globals; i++)
        if (strlen(globals[i].name) == len && memcmp(globals[i].name, name, len) == 0) return i;
    return UINT32_MAX;
}

sx_jx_value sx_jx_call_global(sx_jx_run *r, uint32_t global, const sx_jx_args *args)
{
    return globals[global].fn(r, args);
}

static void render(sx_jx_run *r, const char *source, size_t source_len, const char *vars, size_t vars_len)
{
    sx_jx_value v = sx_jx_read_json(r, vars, vars_len);
    if (r->status != LLM_OK) return;
    if (v.type != JX_DICT) {
        sx_jx_fail(r, LLM_E_FORMAT, "the variables are not a JSON object");
        return;
    }
    sx_jx_frame *given = sx_jx_new_frame(r, NULL), *top = sx_jx_new_frame(r, given);
    if (!top) return;
    given->vars = *v.as.dict;
    const sx_jx_value *now = sx_jx_find_name(&given->vars, "now", 3); /* a replay fixes the clock */
    if (!r->now && now && now->type == JX_STRING) r->now = sx_arena_strndup(&r->arena, now->as.s, now->len);
    sx_jx_lex(r, source, source_len);
    sx_jx_node *tree = r->status == LLM_OK ? sx_jx_parse(r) : NULL;
    if (r->status == LLM_OK) sx_jx_exec(r, tree, top);
}

llm_status sx_template_render(sx_mem *mem, const char *source, size_t source_len, const char *vars, size_t vars_len,
                              const sx_template_params *params, sx_buf *out, llm_error *err)
{
    uint64_t inputs = (uint64_t)source_len + vars_len;
    sx_buf text;
    sx_buf_init(&text, mem, 0);
    sx_jx_run r = {.mem = mem, .err = err, .line = 1, .out = &text};
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
