/* A policy in JSON: walking it, and telling what is wrong with it. */
#include "guard/policy/read.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- errors ---- */

/* Finds the value in the tree and writes the way to it, as a JSON Pointer; false when it is not below v. */
static bool write_way(const sx_json *v, const sx_json *wanted, char *way, size_t room, size_t at)
{
    if (v == wanted) return true;
    uint32_t i = 0;
    for (const sx_json *m = v->first; m != NULL; m = m->next, i++) {
        int n = v->kind == SX_JSON_OBJECT ? snprintf(way + at, room - at, "/%.40s", m->key)
                                          : snprintf(way + at, room - at, "/%u", i);
        size_t next = at + (size_t)n < room ? at + (size_t)n : room - 1;
        if (write_way(m, wanted, way, room, next)) return true;
        way[at] = 0;
    }
    return false;
}

llm_status sx_policy_fail(sx_policy_reader *r, llm_status code, const sx_json *at, const char *format, ...)
{
    char way[160] = "", why[320];
    uint32_t line, column;
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    sx_json_place(r->text, r->len, at->at, &line, &column);
    (void)write_way(r->root, at, way, sizeof way, 0);
    return sx_fail(r->err, code, "%s: line %u, column %u, at %s: %s", r->what, line, column, way[0] ? way : "/", why);
}

llm_status sx_policy_pass_on(sx_policy_reader *r, llm_status status, const sx_json *at, const llm_error *err)
{
    if (status == LLM_OK) return LLM_OK;
    if (status == LLM_E_MEMORY) return sx_fail_memory(r->err);
    return sx_policy_fail(r, status, at, "%s", err->message);
}

/* ---- values ---- */

static const char *const KINDS[] = {"null", "true or false", "a number", "a string", "a list", "an object"};

llm_status sx_policy_is(sx_policy_reader *r, const sx_json *v, sx_json_kind kind)
{
    if (v->kind == kind) return LLM_OK;
    return sx_policy_fail(r, LLM_E_FORMAT, v, "this must be %s, not %s", KINDS[kind], KINDS[v->kind]);
}

llm_status sx_policy_string(sx_policy_reader *r, const sx_json *v, size_t max, const char **out)
{
    llm_status status = sx_policy_is(r, v, SX_JSON_STRING);
    if (status != LLM_OK) return status;
    if (v->len == 0 || v->len > max || memchr(v->text, 0, v->len) != NULL)
        return sx_policy_fail(r, v->len > max ? LLM_E_LIMIT : LLM_E_FORMAT, v,
                              "this must be a text of 1 to %zu bytes without NULs; it has %zu bytes", max, v->len);
    *out = v->text;
    return LLM_OK;
}

llm_status sx_policy_number(sx_policy_reader *r, const sx_json *v, double lo, double hi, double *out)
{
    llm_status status = sx_policy_is(r, v, SX_JSON_NUMBER);
    if (status != LLM_OK) return status;
    if (!(v->number >= lo && v->number <= hi))
        return sx_policy_fail(r, LLM_E_FORMAT, v, "this must be a number from %g to %g", lo, hi);
    *out = v->number;
    return LLM_OK;
}

llm_status sx_policy_action(sx_policy_reader *r, const sx_json *v, uint8_t *out)
{
    static const char *const NAMES[] = {"allow", "replace", "mask", "remove", "hash", "pseudonym", "review", "block"};
    const char *name = NULL;
    llm_status status = sx_policy_string(r, v, 40, &name);
    for (unsigned i = 0; status == LLM_OK && i < sizeof NAMES / sizeof *NAMES; i++) {
        if (strcmp(NAMES[i], name) != 0) continue;
        *out = (uint8_t)(LLM_ACTION_ALLOW + i);
        return LLM_OK;
    }
    if (status != LLM_OK) return status;
    return sx_policy_fail(r, LLM_E_FORMAT, v,
                          "\"%s\" is no action; there are allow, replace, mask, remove, hash, pseudonym, review and "
                          "block",
                          name);
}

llm_status sx_policy_object(sx_policy_reader *r, const sx_json *v, const sx_policy_field *fields, size_t n, void *into)
{
    uint32_t seen = 0;
    llm_status status = sx_policy_is(r, v, SX_JSON_OBJECT);
    for (const sx_json *m = status == LLM_OK ? v->first : NULL; m != NULL && status == LLM_OK; m = m->next) {
        size_t i = 0;
        while (i < n && (strlen(fields[i].key) != m->key_len || memcmp(fields[i].key, m->key, m->key_len) != 0)) i++;
        if (i == n) {
            char known[240] = "";
            for (size_t k = 0, at = 0; k < n && at < sizeof known - 1; k++)
                at += (size_t)snprintf(known + at, sizeof known - at, "%s%s", k ? ", " : "", fields[k].key);
            return sx_policy_fail(r, LLM_E_FORMAT, m, "there is no key \"%.40s\" here; there are %s", m->key, known);
        }
        if (seen >> i & 1u) return sx_policy_fail(r, LLM_E_FORMAT, m, "the key \"%s\" comes twice", fields[i].key);
        seen |= 1u << i;
        if (fields[i].read != NULL) status = fields[i].read(r, m, into);
    }
    return status;
}

/* ---- types ---- */

static bool fits(const char *glob, size_t len, const char *name)
{
    const char *star = memchr(glob, '*', len);
    size_t n = strlen(name);
    if (star == NULL) return n == len && memcmp(glob, name, len) == 0;
    size_t head = (size_t)(star - glob), tail = len - head - 1;
    return n >= head + tail && memcmp(name, glob, head) == 0 && memcmp(name + n - tail, star + 1, tail) == 0;
}

static llm_status each_fitting(const sx_guard *g, const char *glob, size_t len, sx_policy_type_fn fn, void *user,
                               bool *any)
{
    llm_status status = LLM_OK;
    bool all = len == 1 && glob[0] == '*';
    for (uint32_t t = 0; status == LLM_OK && t < sx_guard_type_count(g); t++) {
        if (!fits(glob, len, sx_guard_type_name(g, t))) continue;
        *any = true;
        status = fn(user, t, !all);
    }
    return status;
}

llm_status sx_policy_types(sx_policy_reader *r, const sx_json *v, sx_policy_type_fn fn, void *user)
{
    const char *name = NULL;
    bool any = false;
    llm_status status = sx_policy_string(r, v, 100, &name);
    if (status != LLM_OK) return status;
    const char *globs = name[0] == '@' ? sx_policy_group(name) : name;
    if (globs == NULL) {
        char known[240] = "";
        for (size_t k = 0, at = 0; sx_policy_group_name(k) != NULL && at < sizeof known - 1; k++)
            at += (size_t)snprintf(known + at, sizeof known - at, "%s%s", k ? ", " : "", sx_policy_group_name(k));
        return sx_policy_fail(r, LLM_E_NOT_FOUND, v, "there is no group \"%s\"; there are %s", name, known);
    }
    while (status == LLM_OK && *globs != 0) {
        size_t n = strcspn(globs, "|");
        status = each_fitting(r->guard, globs, n, fn, user, &any);
        globs += n + (globs[n] == '|');
    }
    if (status == LLM_E_MEMORY) return sx_fail_memory(r->err);
    if (status == LLM_OK && !any && name[0] != '@' && strchr(name, '*') == NULL)
        return sx_policy_fail(
            r, LLM_E_NOT_FOUND, v,
            "there is no finding type \"%s\": llm_guard_type lists them, and types of \"custom\" count", name);
    return status;
}

/* ---- the whole ---- */

static llm_status read_version(sx_policy_reader *r, const sx_json *v, void *into)
{
    (void)into;
    if (v->kind == SX_JSON_NUMBER && v->number == 1) return LLM_OK;
    return sx_policy_fail(r, LLM_E_VERSION, v, "this library reads policies of version 1");
}

static llm_status read_default(sx_policy_reader *r, const sx_json *v, void *into)
{
    uint8_t action = 0;
    llm_status status = sx_policy_action(r, v, &action);
    (void)into;
    for (unsigned d = 0; d < 3 && status == LLM_OK; d++) {
        if (r->guard->defaults[d] == 0) r->guard->defaults[d] = action;
    }
    return status;
}

static llm_status read_min_score(sx_policy_reader *r, const sx_json *v, void *into)
{
    double score = 0;
    llm_status status = sx_policy_number(r, v, 0, 1, &score);
    (void)into;
    if (status == LLM_OK && r->guard->params.min_score == 0) r->guard->params.min_score = score > 0 ? (float)score : -1;
    return status;
}

static llm_status read_max_hold(sx_policy_reader *r, const sx_json *v, void *into)
{
    double bytes = 0;
    llm_status status = sx_policy_number(r, v, 1, UINT32_MAX, &bytes);
    (void)into;
    if (status == LLM_OK && r->guard->params.max_hold == 0) r->guard->params.max_hold = (uint32_t)bytes;
    return status;
}

static llm_status only(void *user, uint32_t type, bool named)
{
    sx_guard *g = user;
    (void)named;
    g->only[type] = true;
    return LLM_OK;
}

/* An empty list restricts nothing, as none does. */
static llm_status read_types(sx_policy_reader *r, const sx_json *v, void *into)
{
    llm_status status = sx_policy_is(r, v, SX_JSON_ARRAY);
    (void)into;
    if (status != LLM_OK || r->guard->restricted) return status;
    for (const sx_json *m = v->first; m != NULL && status == LLM_OK; m = m->next)
        status = sx_policy_types(r, m, only, r->guard);
    r->guard->restricted = v->count > 0;
    return status;
}

static llm_status read_text(sx_policy_reader *r, const char *text, size_t len);

static llm_status one_preset(sx_policy_reader *r, const sx_json *v, bool types_only)
{
    const char *name = NULL, *text = NULL, *known = NULL;
    llm_status status = sx_policy_string(r, v, 60, &name);
    if (status != LLM_OK) return status;
    if (r->preset) return sx_policy_fail(r, LLM_E_FORMAT, v, "a preset builds on no other");
    for (uint32_t i = 0; (known = sx_guard_preset(i, &text)) != NULL && strcmp(known, name) != 0;) i++;
    if (known == NULL)
        return sx_policy_fail(r, LLM_E_NOT_FOUND, v,
                              "there is no preset \"%s\"; there are gdpr, hipaa-safe-harbor, pci and pipl", name);
    sx_policy_reader in = *r;
    in.what = known;
    in.preset = true;
    in.types_only = types_only;
    return read_text(&in, text, strlen(text));
}

static llm_status read_preset(sx_policy_reader *r, const sx_json *v, bool types_only)
{
    llm_status status = LLM_OK;
    if (v->kind != SX_JSON_ARRAY) return one_preset(r, v, types_only);
    for (const sx_json *m = v->first; m != NULL && status == LLM_OK; m = m->next) status = one_preset(r, m, types_only);
    return status;
}

/* Types first, those of presets too, since the rest may name them; what the policy says itself before its presets, since the first ruling holds. */
static llm_status read_root(sx_policy_reader *r)
{
    static const sx_policy_field FIELDS[] = {
        {"$schema", NULL},
        {"comment", NULL},
        {"version", read_version},
        {"preset", NULL},
        {"default", read_default},
        {"min_score", read_min_score},
        {"max_hold", read_max_hold},
        {"custom", NULL},
        {"types", read_types},
        {"rules", NULL},
        {"actions", NULL},
        {"words", sx_policy_words},
        {"word_files", sx_policy_word_files},
        {"allow", sx_policy_allow},
    };
    llm_status status = sx_policy_is(r, r->root, SX_JSON_OBJECT);
    const sx_json *custom = sx_json_get(r->root, "custom"), *preset = sx_json_get(r->root, "preset");
    const sx_json *rules = sx_json_get(r->root, "rules"), *actions = sx_json_get(r->root, "actions");
    if (status == LLM_OK && preset != NULL) status = read_preset(r, preset, true);
    if (status == LLM_OK && custom != NULL && r->preset == r->types_only) status = sx_policy_custom(r, custom);
    if (status != LLM_OK || r->types_only) return status;
    status = sx_policy_object(r, r->root, FIELDS, sizeof FIELDS / sizeof *FIELDS, NULL);
    if (status == LLM_OK && rules != NULL) status = sx_policy_rules(r, rules);
    if (status == LLM_OK && actions != NULL) status = sx_policy_actions(r, actions);
    return status == LLM_OK && preset != NULL ? read_preset(r, preset, false) : status;
}

static llm_status read_text(sx_policy_reader *r, const char *text, size_t len)
{
    sx_arena arena;
    sx_arena_init(&arena, r->guard->mem);
    r->text = text;
    r->len = len;
    llm_status status = sx_json_parse(&r->root, &arena, r->what, text, len, r->err);
    if (status == LLM_OK) status = read_root(r);
    sx_arena_free(&arena);
    return status;
}

llm_status sx_policy_read(sx_guard *guard, const char *text, size_t len, const char *files, llm_error *err)
{
    if (len > SX_POLICY_BYTES_MAX)
        return sx_fail(err, LLM_E_LIMIT,
                       "the policy has %zu bytes; at most %d are read, and long word lists go into "
                       "files (\"word_files\")",
                       len, SX_POLICY_BYTES_MAX);
    sx_policy_reader r = {.guard = guard, .what = "policy", .files = files, .err = err};
    llm_status status = sx_pattern_compiler_create(&r.compiler, guard->mem, err);
    if (status != LLM_OK) return status;
    sx_pattern_compiler_limit(r.compiler, SX_POLICY_STEPS);
    status = read_text(&r, text, len);
    if (status == LLM_OK && (guard->extra.rule_n > 0 || guard->extra.context.words.word_n > 0))
        status = sx_scan_end(&guard->extra, err);
    sx_pattern_compiler_free(r.compiler);
    return status;
}
