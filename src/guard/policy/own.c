/* What a policy brings of its own: types by pattern, by word list, and words to find as BLOCKED. */
#include <string.h>

#include "guard/policy/read.h"
#include "platform/file.h"

/* What patterns take over from their type unless they say it themselves. */
typedef struct manner {
    double score, in_context;
    sx_check_fn check;
    uint32_t flags;
    const char *name, *pattern;
} manner;

typedef struct custom {
    manner manner; /* first: its fields are read into it */
    const char *type;
    uint32_t number;
    const sx_json *patterns, *words, *word_files, *context;
} custom;

static llm_status take(const sx_json **out, const sx_json *v)
{
    *out = v;
    return LLM_OK;
}

/* ---- words ---- */

static llm_status add_word(sx_policy_reader *r, uint32_t type, const char *word, size_t len, llm_error *err)
{
    r->guard->has_words[type] = true;
    sx_guard_say(r->guard, "word", word, len);
    return sx_words_add(&r->guard->words, word, len, type, err);
}

static llm_status words_of(sx_policy_reader *r, const sx_json *v, uint32_t type)
{
    llm_status status = sx_policy_is(r, v, SX_JSON_ARRAY);
    for (const sx_json *m = status == LLM_OK ? v->first : NULL; m != NULL && status == LLM_OK; m = m->next) {
        const char *word = NULL;
        llm_error err = LLM_ERROR_INIT;
        status = sx_policy_string(r, m, 1000, &word);
        if (status == LLM_OK) status = sx_policy_pass_on(r, add_word(r, type, word, m->len, &err), m, &err);
    }
    return status;
}

/* One word a line; empty lines are passed over. */
static llm_status words_of_text(sx_policy_reader *r, const sx_json *at, uint32_t type, const char *text, size_t len)
{
    llm_status status = LLM_OK;
    uint32_t line = 0;
    for (size_t i = 0; i < len && status == LLM_OK;) {
        const char *nl = memchr(text + i, '\n', len - i);
        size_t end = nl != NULL ? (size_t)(nl - text) : len, n = end - i;
        llm_error err = LLM_ERROR_INIT;
        line++;
        if (n > 0 && text[end - 1] == '\r') n--;
        if (n > 0) status = add_word(r, type, text + i, n, &err);
        if (status == LLM_E_MEMORY) return sx_fail_memory(r->err);
        if (status != LLM_OK)
            return sx_policy_fail(r, status, at, "line %u of \"%.60s\": %s", line, at->text, err.message);
        i = end + 1;
    }
    return status;
}

static llm_status word_file(sx_policy_reader *r, const sx_json *v, uint32_t type)
{
    const char *name = NULL;
    char *text = NULL;
    size_t len = 0;
    llm_error err = LLM_ERROR_INIT;
    llm_status status = sx_policy_string(r, v, 200, &name);
    if (status != LLM_OK) return status;
    if (r->files == NULL)
        return sx_policy_fail(r, LLM_E_UNSUPPORTED, v,
                              "the host gave no folder of word files (llm_guard_opts.files), so none is read");
    if (strchr(name, '/') != NULL || name[0] == '.')
        return sx_policy_fail(r, LLM_E_INVALID, v,
                              "a word file is named without folders and does not begin with a dot");
    sx_buf path;
    sx_buf_init(&path, r->guard->mem, 0);
    sx_buf_printf(&path, "%s/%s", r->files, name);
    status = sx_buf_status(&path) == LLM_OK
                 ? sx_file_read(r->guard->mem, sx_buf_cstr(&path), SX_POLICY_WORDS_BYTES, &text, &len, &err)
                 : sx_fail_memory(&err);
    sx_buf_free(&path);
    if (status != LLM_OK) return sx_policy_pass_on(r, status, v, &err);
    status = words_of_text(r, v, type, text, len);
    sx_mem_free(r->guard->mem, text);
    return status;
}

static llm_status word_files_of(sx_policy_reader *r, const sx_json *v, uint32_t type)
{
    llm_status status = sx_policy_is(r, v, SX_JSON_ARRAY);
    for (const sx_json *m = status == LLM_OK ? v->first : NULL; m != NULL && status == LLM_OK; m = m->next)
        status = word_file(r, m, type);
    return status;
}

llm_status sx_policy_words(sx_policy_reader *r, const sx_json *v, void *into)
{
    (void)into;
    return words_of(r, v, r->guard->blocked_type);
}

llm_status sx_policy_word_files(sx_policy_reader *r, const sx_json *v, void *into)
{
    (void)into;
    return word_files_of(r, v, r->guard->blocked_type);
}

/* ---- patterns ---- */

static llm_status at_score(sx_policy_reader *r, const sx_json *v, void *into)
{
    return sx_policy_number(r, v, 0.001, 1, &((manner *)into)->score);
}

static llm_status at_context_score(sx_policy_reader *r, const sx_json *v, void *into)
{
    return sx_policy_number(r, v, 0.001, 1, &((manner *)into)->in_context);
}

static llm_status at_check(sx_policy_reader *r, const sx_json *v, void *into)
{
    const char *name = NULL;
    llm_status status = sx_policy_string(r, v, 40, &name);
    if (status != LLM_OK) return status;
    ((manner *)into)->check = sx_policy_check(name);
    if (((manner *)into)->check != NULL) return LLM_OK;
    return sx_policy_fail(
        r, LLM_E_NOT_FOUND, v,
        "there is no check \"%s\"; there are luhn, mod97-10, mod11-2, mod11-10, verhoeff, damm and gs1", name);
}

static llm_status set_flag(sx_policy_reader *r, const sx_json *v, manner *m, uint32_t flag)
{
    llm_status status = sx_policy_is(r, v, SX_JSON_BOOL);
    m->flags = v->truth ? m->flags | flag : m->flags & ~flag;
    return status;
}

static llm_status at_required(sx_policy_reader *r, const sx_json *v, void *into)
{
    return set_flag(r, v, into, SX_RULE_REQUIRED);
}

static llm_status at_number(sx_policy_reader *r, const sx_json *v, void *into)
{
    return set_flag(r, v, into, SX_RULE_NUMBER);
}

static llm_status at_inside(sx_policy_reader *r, const sx_json *v, void *into)
{
    return set_flag(r, v, into, SX_RULE_LEFT_ANY | SX_RULE_RIGHT_ANY);
}

static llm_status at_name(sx_policy_reader *r, const sx_json *v, void *into)
{
    return sx_policy_string(r, v, 60, &((manner *)into)->name);
}

static llm_status at_pattern(sx_policy_reader *r, const sx_json *v, void *into)
{
    return sx_policy_string(r, v, SX_POLICY_PATTERN_BYTES, &((manner *)into)->pattern);
}

#define MANNER_FIELDS \
    {"score", at_score}, {"score_in_context", at_context_score}, {"check", at_check}, \
        {"context_required", at_required}, {"number", at_number}, \
    { \
        "inside_words", at_inside \
    }

llm_status sx_policy_pattern_room(sx_policy_reader *r, const sx_json *at)
{
    if (r->guard->extra.rule_n + r->guard->allow.pattern_n < SX_POLICY_PATTERNS_MAX) return LLM_OK;
    return sx_policy_fail(r, LLM_E_LIMIT, at, "a policy has at most %d patterns of its own", SX_POLICY_PATTERNS_MAX);
}

static llm_status compile(sx_policy_reader *r, const sx_json *at, const custom *c, const manner *m)
{
    sx_guard *g = r->guard;
    llm_error err = LLM_ERROR_INIT;
    const char *name = m->name != NULL ? m->name : c->type;
    llm_status status = sx_policy_pattern_room(r, at);
    if (status != LLM_OK) return status;
    sx_rule *rule = sx_arena_alloc(&g->arena, sizeof *rule);
    if (rule == NULL) return sx_fail_memory(r->err);
    *rule = (sx_rule){.type = sx_guard_type_name(g, c->number),
                      .name = sx_arena_strndup(&g->arena, name, strlen(name)),
                      .pattern = sx_arena_strndup(&g->arena, m->pattern, strlen(m->pattern)),
                      .score = (float)m->score,
                      .in_context = (float)m->in_context,
                      .check = m->check,
                      .flags = m->flags};
    if (rule->name == NULL || rule->pattern == NULL) return sx_fail_memory(r->err);
    return sx_policy_pass_on(r, sx_scan_add_rule(&g->extra, r->compiler, rule, c->number, &err), at, &err);
}

static llm_status one_pattern(sx_policy_reader *r, const sx_json *v, const custom *c)
{
    static const sx_policy_field FIELDS[] = {
        {"pattern", at_pattern}, {"name", at_name}, {"comment", NULL}, {"source", NULL}, MANNER_FIELDS};
    manner m = c->manner;
    llm_status status = v->kind == SX_JSON_STRING ? at_pattern(r, v, &m)
                                                  : sx_policy_object(r, v, FIELDS, sizeof FIELDS / sizeof *FIELDS, &m);
    if (status == LLM_OK && m.pattern == NULL)
        status = sx_policy_fail(r, LLM_E_FORMAT, v, "a pattern needs its \"pattern\"");
    return status == LLM_OK ? compile(r, v, c, &m) : status;
}

static llm_status patterns_of(sx_policy_reader *r, const sx_json *v, const custom *c)
{
    llm_status status = sx_policy_is(r, v, SX_JSON_ARRAY);
    for (const sx_json *m = status == LLM_OK ? v->first : NULL; m != NULL && status == LLM_OK; m = m->next)
        status = one_pattern(r, m, c);
    return status;
}

/* ---- types ---- */

static llm_status custom_type(sx_policy_reader *r, const sx_json *v, void *into)
{
    const char *name = NULL;
    llm_status status = sx_policy_string(r, v, 48, &name);
    if (status != LLM_OK) return status;
    if (name[0] < 'A' || name[0] > 'Z' || strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != v->len)
        return sx_policy_fail(r, LLM_E_FORMAT, v, "a type is named in capitals, digits and _, as EMPLOYEE_ID");
    ((custom *)into)->type = name;
    return LLM_OK;
}

static llm_status custom_patterns(sx_policy_reader *r, const sx_json *v, void *into)
{
    (void)r;
    return take(&((custom *)into)->patterns, v);
}

static llm_status custom_words(sx_policy_reader *r, const sx_json *v, void *into)
{
    (void)r;
    return take(&((custom *)into)->words, v);
}

static llm_status custom_word_files(sx_policy_reader *r, const sx_json *v, void *into)
{
    (void)r;
    return take(&((custom *)into)->word_files, v);
}

static llm_status custom_context(sx_policy_reader *r, const sx_json *v, void *into)
{
    (void)r;
    return take(&((custom *)into)->context, v);
}

/* Words of context are compared in lower case. */
static llm_status context_of(sx_policy_reader *r, const sx_json *v, uint32_t type)
{
    llm_status status = sx_policy_is(r, v, SX_JSON_ARRAY);
    for (const sx_json *m = status == LLM_OK ? v->first : NULL; m != NULL && status == LLM_OK; m = m->next) {
        const char *word = NULL;
        char lower[64];
        llm_error err = LLM_ERROR_INIT;
        status = sx_policy_string(r, m, sizeof lower, &word);
        for (size_t i = 0; status == LLM_OK && i < m->len; i++)
            lower[i] = (char)(word[i] >= 'A' && word[i] <= 'Z' ? word[i] + 32 : word[i]);
        if (status == LLM_OK)
            status = sx_policy_pass_on(r, sx_scan_add_context(&r->guard->extra, type, lower, m->len, &err), m, &err);
        r->guard->own_context[type] = true;
    }
    return status;
}

static llm_status one_type(sx_policy_reader *r, const sx_json *v)
{
    static const sx_policy_field FIELDS[] = {{"type", custom_type},
                                             {"patterns", custom_patterns},
                                             {"words", custom_words},
                                             {"word_files", custom_word_files},
                                             {"context", custom_context},
                                             {"comment", NULL},
                                             {"source", NULL},
                                             MANNER_FIELDS};
    custom c = {.manner = {.score = 0.8}};
    llm_error err = LLM_ERROR_INIT;
    llm_status status = sx_policy_object(r, v, FIELDS, sizeof FIELDS / sizeof *FIELDS, &c);
    if (status == LLM_OK && c.type == NULL) status = sx_policy_fail(r, LLM_E_FORMAT, v, "a type needs its \"type\"");
    if (status == LLM_OK)
        status = sx_policy_pass_on(r, sx_guard_make_type(r->guard, c.type, strlen(c.type), &c.number, &err), v, &err);
    if (status == LLM_OK && c.context != NULL) status = context_of(r, c.context, c.number);
    if (status == LLM_OK && c.patterns != NULL) status = patterns_of(r, c.patterns, &c);
    if (status == LLM_OK && c.words != NULL) status = words_of(r, c.words, c.number);
    if (status == LLM_OK && c.word_files != NULL) status = word_files_of(r, c.word_files, c.number);
    if (status == LLM_OK && (c.words != NULL || c.word_files != NULL))
        sx_guard_set_word_score(r->guard, c.number, (float)c.manner.score);
    return status;
}

llm_status sx_policy_custom(sx_policy_reader *r, const sx_json *v)
{
    llm_status status = sx_policy_is(r, v, SX_JSON_ARRAY);
    for (const sx_json *m = status == LLM_OK ? v->first : NULL; m != NULL && status == LLM_OK; m = m->next)
        status = one_type(r, m);
    return status;
}
