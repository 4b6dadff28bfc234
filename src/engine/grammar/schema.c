/* Schemas to rules: what holds together ($ref, allOf), branches (anyOf, oneOf), constants and types. */
#include "engine/grammar/schema.h"

#include <string.h>

#include "platform/utf8.h"

enum { NUL = 1, BOOL = 2, INT = 4, REAL = 8, STR = 16, ARR = 32, OBJ = 64, ALL = 127, MAX_TEXT = 1 << 20 };
enum { ANY_OF = 1, ONE_OF = 2 };

/* ---- refusals ---- */

/* The JSON pointer of a value below `at`, found by looking for it; false when it is not there. */
static bool pointer_of(const sx_json *at, const sx_json *wanted, sx_buf *out)
{
    if (at == wanted) return true;
    size_t len = out->len, i = 0;
    for (const sx_json *m = at->first; m; m = m->next, i++) {
        sx_buf_char(out, '/');
        if (at->kind == SX_JSON_ARRAY) sx_buf_printf(out, "%zu", i);
        for (size_t k = 0; at->kind == SX_JSON_OBJECT && k < m->key_len; k++) {
            if (m->key[k] == '~' || m->key[k] == '/')
                sx_buf_str(out, m->key[k] == '~' ? "~0" : "~1");
            else
                sx_buf_char(out, m->key[k]);
        }
        if (pointer_of(m, wanted, out)) return true;
        sx_buf_drop_last(out, out->len - len);
    }
    return false;
}

sx_expr *sx_schema_refuse(sx_schema *s, const sx_json *part, const char *keyword, const char *why)
{
    sx_buf pointer;
    if (s->status != LLM_OK) return NULL;
    sx_buf_init(&pointer, s->mem, 0);
    sx_buf_char(&pointer, '#');
    pointer_of(s->root, part, &pointer);
    if (keyword) sx_buf_printf(&pointer, "/%s", keyword);
    if (sx_buf_status(&pointer) != LLM_OK)
        s->status = sx_fail_memory(s->err);
    else
        s->status = sx_fail(s->err, LLM_E_UNSUPPORTED, "schema, %.200s: %s", pointer.data, why);
    sx_buf_free(&pointer);
    return NULL;
}

/* ---- keywords ---- */

static bool listed(const char *const *list, const char *key)
{
    for (; *list; list++)
        if (strcmp(*list, key) == 0) return true;
    return false;
}

static void check_keywords(sx_schema *s, const sx_json *part)
{
    static const char *const known[] = {"type",
                                        "enum",
                                        "const",
                                        "$ref",
                                        "allOf",
                                        "anyOf",
                                        "oneOf",
                                        "properties",
                                        "required",
                                        "additionalProperties",
                                        "patternProperties",
                                        "minProperties",
                                        "maxProperties",
                                        "items",
                                        "prefixItems",
                                        "minItems",
                                        "maxItems",
                                        "minLength",
                                        "maxLength",
                                        "pattern",
                                        "format",
                                        "minimum",
                                        "maximum",
                                        "exclusiveMinimum",
                                        "exclusiveMaximum",
                                        "multipleOf", /* and what says nothing about values: */
                                        "title",
                                        "description",
                                        "default",
                                        "examples",
                                        "example",
                                        "deprecated",
                                        "readOnly",
                                        "writeOnly",
                                        "$comment",
                                        "$schema",
                                        "$id",
                                        "$defs",
                                        "definitions",
                                        "nullable",
                                        NULL};
    for (const sx_json *m = part->first; m && s->status == LLM_OK; m = m->next) {
        if (listed(known, m->key) || strncmp(m->key, "x-", 2) == 0) continue;
        if (strcmp(m->key, "uniqueItems") == 0 && m->kind == SX_JSON_BOOL && !m->truth) continue;
        sx_schema_refuse(s, m, NULL, "this keyword is not supported; leave it out, or check the text afterwards");
    }
}

static const sx_json *resolve(sx_schema *s, const sx_json *part, const sx_json *ref)
{
    const char *p = ref->kind == SX_JSON_STRING ? ref->text : "";
    const sx_json *at = s->root;
    if (p[0] != '#' || (p[1] && p[1] != '/') || strchr(p, '%')) {
        sx_schema_refuse(s, part, "$ref", "only references into this schema are supported: \"#\" or \"#/$defs/name\"");
        return NULL;
    }
    for (p++; *p == '/' && at;) {
        char key[256];
        size_t n = 0;
        for (p++; *p && *p != '/' && n + 1 < sizeof key; p++)
            key[n++] = *p == '~' && (p[1] == '0' || p[1] == '1') ? (*++p == '0' ? '~' : '/') : *p;
        key[n] = '\0';
        const sx_json *next = at->kind == SX_JSON_OBJECT ? sx_json_get(at, key) : NULL;
        if (at->kind == SX_JSON_ARRAY) {
            char *digit = key;
            uint32_t i = 0;
            while (*digit >= '0' && *digit <= '9' && i < 100000) i = i * 10 + (uint32_t)(*digit++ - '0');
            for (next = *digit || !n ? NULL : at->first; next && i; i--) next = next->next;
        }
        at = next;
    }
    if (!at || *p) {
        sx_schema_refuse(s, part, "$ref", "the reference leads nowhere");
        return NULL;
    }
    return at;
}

/* ---- conjunctions ---- */

typedef struct chain { /* of schemas that led to one another */
    const sx_json *part;
    const struct chain *up;
} chain;

/* A schema that holds for a value because it holds for that value says nothing: neither through references nor through its
 * own branches. */
static bool comes_back(sx_schema *s, const sx_conj *c, const sx_json *part, const chain *up)
{
    bool back = false;
    for (uint32_t i = 0; i < c->n; i++) back = back || (c->part[i] == part && c->chosen[i]);
    for (; up; up = up->up) back = back || up->part == part;
    if (back)
        sx_schema_refuse(s, part, NULL, "it refers to itself for the same value; let it do so for a member or item");
    return back;
}

/* Adds a schema with all that it refers to; `true` adds nothing. */
static void add_part(sx_schema *s, sx_conj *c, const sx_json *part, uint32_t depth, const chain *up)
{
    const chain here = {part, up};
    if (s->status != LLM_OK || (part->kind == SX_JSON_BOOL && part->truth) || comes_back(s, c, part, up)) return;
    for (uint32_t i = 0; i < c->n; i++)
        if (c->part[i] == part) return;
    if (part->kind != SX_JSON_OBJECT && part->kind != SX_JSON_BOOL) {
        sx_schema_refuse(s, part, NULL, "a schema must be an object, true or false");
        return;
    }
    if (c->n == SX_MAX_PARTS || depth == SX_MAX_PARTS) {
        sx_schema_refuse(s, part, NULL, "more than 16 schemas hold for one value");
        return;
    }
    c->chosen[c->n] = 0;
    c->part[c->n++] = part;
    if (part->kind != SX_JSON_OBJECT) return;
    check_keywords(s, part);
    const sx_json *ref = sx_json_get(part, "$ref"), *all = sx_json_get(part, "allOf");
    const sx_json *target = ref && s->status == LLM_OK ? resolve(s, part, ref) : NULL;
    if (target) add_part(s, c, target, depth + 1, &here);
    if (all && all->kind != SX_JSON_ARRAY) sx_schema_refuse(s, part, "allOf", "it must be an array of schemas");
    for (const sx_json *m = all ? all->first : NULL; m; m = m->next) add_part(s, c, m, depth + 1, &here);
}

void sx_conj_add(sx_schema *s, sx_conj *conj, const sx_json *part)
{
    add_part(s, conj, part, 0, NULL);
}

static bool same(const sx_conj *a, const sx_conj *b)
{
    return a->n == b->n && memcmp(a->part, b->part, a->n * sizeof *a->part) == 0 &&
           memcmp(a->chosen, b->chosen, a->n) == 0;
}

sx_expr *sx_schema_value(sx_schema *s, const sx_conj *conj)
{
    if (s->status != LLM_OK) return NULL;
    for (size_t i = 0; i < s->n_known; i++)
        if (same(&s->known[i].conj, conj)) return sx_expr_rule(s->rules, s->known[i].rule);
    if (s->n_known == SX_MAX_RULES / 4)
        return sx_schema_refuse(s, conj->n ? conj->part[0] : s->root, NULL, "the schema is too large when written out");
    if (sx_mem_grow(s->mem, (void **)&s->known, &s->cap_known, s->n_known + 1, sizeof *s->known)) {
        s->rules->failed = true;
        return NULL;
    }
    s->known[s->n_known] = (sx_conj_rule){*conj, sx_rules_add(s->rules, "of the schema", 13)};
    return sx_expr_rule(s->rules, s->known[s->n_known++].rule);
}

uint32_t sx_schema_count(sx_schema *s, const sx_conj *conj, const char *keyword, bool larger, uint32_t fallback)
{
    int64_t best = fallback, value;
    bool found = false;
    for (uint32_t i = 0; i < conj->n; i++) {
        const sx_json *v = sx_json_get(conj->part[i], keyword);
        if (!v) continue;
        if (!sx_json_int(v, &value) || value < 0) {
            sx_schema_refuse(s, v, NULL, "it must be a whole number of at least 0");
            return fallback;
        }
        if (value > UINT32_MAX - 1) value = UINT32_MAX - 1;
        if (!found || (larger ? value > best : value < best)) best = value;
        found = true;
    }
    return (uint32_t)best;
}

/* ---- types ---- */

static uint32_t type_named(const sx_json *v)
{
    static const struct {
        const char *name;
        uint32_t types;
    } names[] = {{"null", NUL},   {"boolean", BOOL}, {"integer", INT}, {"number", INT | REAL},
                 {"string", STR}, {"array", ARR},    {"object", OBJ}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (sx_json_equal(v, names[i].name)) return names[i].types;
    return 0;
}

static uint32_t types_of(sx_schema *s, const sx_json *part)
{
    const sx_json *t = sx_json_get(part, "type");
    uint32_t types = t && t->kind == SX_JSON_STRING ? type_named(t) : 0;
    for (const sx_json *m = t && t->kind == SX_JSON_ARRAY ? t->first : NULL; m; m = m->next) {
        if (!type_named(m)) types = ALL + 1;
        types |= type_named(m);
    }
    if (!t) return ALL;
    if (types == 0 || types > ALL)
        sx_schema_refuse(s, t, NULL, "a type is null, boolean, integer, number, string, array or object");
    return types & ALL;
}

/* A schema that names no type but what is said of one kind of value means that kind here. */
static uint32_t types_meant(const sx_json *part)
{
    static const char *const of_objects[] =
        {"properties", "required", "additionalProperties", "patternProperties", "minProperties", "maxProperties", NULL},
                             *const of_arrays[] = {"items", "prefixItems", "minItems", "maxItems", NULL},
                             *const of_strings[] = {"minLength", "maxLength", "pattern", "format", NULL},
                             *const of_numbers[] = {"minimum",          "maximum",    "exclusiveMinimum",
                                                    "exclusiveMaximum", "multipleOf", NULL};
    uint32_t types = 0;
    for (const sx_json *m = part->first; m; m = m->next) {
        if (listed(of_objects, m->key)) types |= OBJ;
        if (listed(of_arrays, m->key)) types |= ARR;
        if (listed(of_strings, m->key)) types |= STR;
        if (listed(of_numbers, m->key)) types |= INT | REAL;
    }
    return types;
}

static uint32_t conj_types(sx_schema *s, const sx_conj *c)
{
    uint32_t types = ALL, meant = 0;
    bool named = false;
    for (uint32_t i = 0; i < c->n; i++) {
        if (c->part[i]->kind == SX_JSON_BOOL) return 0; /* false */
        named = named || sx_json_get(c->part[i], "type");
        types &= types_of(s, c->part[i]);
        meant |= types_meant(c->part[i]);
    }
    return named || !meant ? types : meant;
}

static uint32_t type_of_value(const sx_json *v)
{
    static const uint32_t types[] = {NUL, BOOL, REAL, STR, ARR, OBJ};
    int64_t whole;
    return v->kind == SX_JSON_NUMBER && sx_json_int(v, &whole) ? INT : types[v->kind];
}

/* ---- constants ---- */

static bool same_value(sx_schema *s, const sx_json *a, const sx_json *b)
{
    if (a->kind == SX_JSON_NUMBER && b->kind == SX_JSON_NUMBER) return a->number == b->number;
    sx_buf x, y;
    sx_buf_init(&x, s->mem, 0);
    sx_buf_init(&y, s->mem, 0);
    sx_json_write(&x, a);
    sx_json_write(&y, b);
    bool equal = x.len == y.len && memcmp(sx_buf_cstr(&x), sx_buf_cstr(&y), x.len) == 0;
    if (sx_buf_status(&x) != LLM_OK || sx_buf_status(&y) != LLM_OK) s->rules->failed = true;
    sx_buf_free(&x);
    sx_buf_free(&y);
    return equal;
}

/* Whether enum and const of one schema let a value through. */
static bool listed_value(sx_schema *s, const sx_json *part, const sx_json *v)
{
    const sx_json *list = sx_json_get(part, "enum"), *constant = sx_json_get(part, "const");
    if (constant && !same_value(s, constant, v)) return false;
    if (!list) return true;
    for (const sx_json *m = list->first; m; m = m->next)
        if (same_value(s, m, v)) return true;
    return false;
}

static size_t letters(const sx_json *v)
{
    size_t n = 0, len;
    for (size_t i = 0; i < v->len; i += len, n++) sx_utf8_next(v->text + i, v->len - i, &len);
    return n;
}

/* Whether the other keywords of a schema let a constant through; what is not decided here is refused. */
static bool admits(sx_schema *s, const sx_json *part, const sx_json *v)
{
    static const char *const undecided[] = {"pattern",           "format",      "properties",           "items",
                                            "required",          "prefixItems", "additionalProperties", "minItems",
                                            "patternProperties", "maxItems",    "minProperties",        "maxProperties",
                                            "multipleOf",        NULL};
    const uint32_t type = type_of_value(v);
    if (!(types_of(s, part) & type)) return false;
    for (const sx_json *m = part->first; m; m = m->next) {
        const double bound = m->number;
        const bool number = type & (INT | REAL) && m->kind == SX_JSON_NUMBER, text = type == STR;
        if (number && strcmp(m->key, "minimum") == 0 && v->number < bound) return false;
        if (number && strcmp(m->key, "maximum") == 0 && v->number > bound) return false;
        if (number && strcmp(m->key, "exclusiveMinimum") == 0 && v->number <= bound) return false;
        if (number && strcmp(m->key, "exclusiveMaximum") == 0 && v->number >= bound) return false;
        if (text && strcmp(m->key, "minLength") == 0 && (double)letters(v) < bound) return false;
        if (text && strcmp(m->key, "maxLength") == 0 && (double)letters(v) > bound) return false;
        if (!listed(undecided, m->key)) continue;
        bool about = strcmp(m->key, "multipleOf") == 0                                 ? (type & (INT | REAL)) != 0
                     : strcmp(m->key, "pattern") == 0 || strcmp(m->key, "format") == 0 ? text
                     : strstr(m->key, "tems")                                          ? type == ARR
                                                                                       : type == OBJ;
        if (about) sx_schema_refuse(s, m, NULL, "it is not supported together with enum or const");
    }
    return listed_value(s, part, v);
}

static sx_expr *constants(sx_schema *s, const sx_conj *c, const sx_json *list, bool single)
{
    sx_expr *alt = sx_expr_list(s->rules, SX_EXPR_ALT);
    sx_buf text;
    sx_buf_init(&text, s->mem, 0);
    for (const sx_json *v = single ? list : list->first; v && s->status == LLM_OK; v = single ? NULL : v->next) {
        bool let = true;
        for (uint32_t i = 0; i < c->n && let; i++) let = c->part[i]->kind == SX_JSON_OBJECT && admits(s, c->part[i], v);
        if (!let) continue;
        sx_buf_clear(&text);
        sx_json_write(&text, v);
        if (sx_buf_status(&text) != LLM_OK) s->rules->failed = true;
        sx_expr_add(alt, sx_expr_bytes(s->rules, sx_buf_cstr(&text), text.len));
    }
    sx_buf_free(&text);
    return alt;
}

/* ---- branches ---- */

/* One hop or more to the schema that says something. */
static const sx_json *deref(sx_schema *s, const sx_json *part)
{
    for (int hops = 0; hops < SX_MAX_PARTS && part->kind == SX_JSON_OBJECT && s->status == LLM_OK; hops++) {
        const sx_json *ref = sx_json_get(part, "$ref");
        const sx_json *to = ref ? resolve(s, part, ref) : NULL;
        if (!to) break;
        part = to;
    }
    return part;
}

/* Types of the values that satisfy a branch, or with `made` of those that are made of it. */
static uint32_t branch_types(sx_schema *s, const sx_json *part, bool made)
{
    const sx_json *list = sx_json_get(part, "enum"), *constant = sx_json_get(part, "const");
    uint32_t types = 0;
    if (constant) return type_of_value(constant);
    if (!list && made && !sx_json_get(part, "type") && types_meant(part)) return types_meant(part);
    if (!list) return types_of(s, part);
    for (const sx_json *m = list->first; m; m = m->next) types |= type_of_value(m);
    return types;
}

static bool constants_apart(sx_schema *s, const sx_json *a, const sx_json *b)
{
    const sx_json *list = sx_json_get(a, "enum"), *constant = sx_json_get(a, "const");
    if ((!list && !constant) || (!sx_json_get(b, "enum") && !sx_json_get(b, "const"))) return false;
    for (const sx_json *m = constant ? constant : list->first; m; m = constant ? NULL : m->next)
        if (listed_value(s, a, m) && listed_value(s, b, m)) return false;
    return true;
}

static bool is_required(const sx_json *part, const char *key)
{
    const sx_json *list = sx_json_get(part, "required");
    for (const sx_json *m = list ? list->first : NULL; m; m = m->next)
        if (sx_json_equal(m, key)) return true;
    return false;
}

/* Whether no value can satisfy both: other types, other constants, or objects that a required member tells apart. */
static bool apart(sx_schema *s, const sx_json *a, const sx_json *b, int depth)
{
    a = deref(s, a);
    b = deref(s, b);
    if (a->kind != SX_JSON_OBJECT || b->kind != SX_JSON_OBJECT || s->status != LLM_OK)
        return sx_json_is(a, SX_JSON_BOOL) ? !a->truth : sx_json_is(b, SX_JSON_BOOL) && !b->truth;
    uint32_t both = (branch_types(s, a, true) & branch_types(s, b, false)) |
                    (branch_types(s, a, false) & branch_types(s, b, true));
    if (!both || constants_apart(s, a, b)) return true;
    if (depth == 0 || both != OBJ) return false;
    const sx_json *pa = sx_json_get(a, "properties"), *pb = sx_json_get(b, "properties");
    for (const sx_json *m = pa ? pa->first : NULL; m && pb; m = m->next) {
        const sx_json *other = sx_json_get(pb, m->key);
        if (other && is_required(a, m->key) && is_required(b, m->key) && apart(s, m, other, depth - 1)) return true;
    }
    return false;
}

static sx_expr *branches(sx_schema *s, const sx_conj *c, uint32_t at, const char *keyword, uint8_t kind)
{
    const sx_json *list = sx_json_get(c->part[at], keyword);
    sx_expr *alt = sx_expr_list(s->rules, SX_EXPR_ALT);
    if (list->kind != SX_JSON_ARRAY || !list->first)
        return sx_schema_refuse(s, list, NULL, "it must be an array of schemas");
    for (const sx_json *m = list->first; m && kind == ONE_OF; m = m->next)
        for (const sx_json *k = m->next; k; k = k->next)
            if (!apart(s, m, k, 3))
                return sx_schema_refuse(s, list, NULL,
                                        "two branches may hold for one value, which cannot be enforced; use anyOf, or "
                                        "tell them apart by type or by a required member with constants");
    for (const sx_json *m = list->first; m && s->status == LLM_OK; m = m->next) {
        sx_conj with = *c;
        with.chosen[at] |= kind;
        sx_conj_add(s, &with, m);
        sx_expr_add(alt, sx_schema_value(s, &with));
    }
    return alt;
}

/* ---- values ---- */

static sx_expr *of_types(sx_schema *s, const sx_conj *c)
{
    sx_expr *alt = sx_expr_list(s->rules, SX_EXPR_ALT);
    uint32_t types = conj_types(s, c);
    if (types & NUL) sx_expr_add(alt, sx_expr_text(s->rules, "null"));
    if (types & BOOL) {
        sx_expr_add(alt, sx_expr_text(s->rules, "true"));
        sx_expr_add(alt, sx_expr_text(s->rules, "false"));
    }
    if (types & (INT | REAL)) sx_expr_add(alt, sx_schema_number(s, c, !(types & REAL)));
    if (types & STR) sx_expr_add(alt, sx_schema_string(s, c));
    if (types & ARR) sx_expr_add(alt, sx_schema_array(s, c));
    if (types & OBJ) sx_expr_add(alt, sx_schema_object(s, c));
    return alt;
}

static sx_expr *body(sx_schema *s, const sx_conj *c)
{
    for (uint32_t i = 0; i < c->n; i++) {
        if (c->part[i]->kind == SX_JSON_BOOL) return sx_expr_class(s->rules, NULL, 0, false);
        if (sx_json_get(c->part[i], "anyOf") && !(c->chosen[i] & ANY_OF)) return branches(s, c, i, "anyOf", ANY_OF);
        if (sx_json_get(c->part[i], "oneOf") && !(c->chosen[i] & ONE_OF)) return branches(s, c, i, "oneOf", ONE_OF);
    }
    for (uint32_t i = 0; i < c->n; i++) {
        const sx_json *constant = sx_json_get(c->part[i], "const"), *list = sx_json_get(c->part[i], "enum");
        if (list && (list->kind != SX_JSON_ARRAY || !list->first))
            return sx_schema_refuse(s, list, NULL, "it must be an array with at least one value");
        if (constant) return constants(s, c, constant, true);
        if (list) return constants(s, c, list, false);
    }
    return of_types(s, c);
}

static uint32_t named_rule(sx_schema *s, const char *name, sx_expr *expr)
{
    uint32_t id = sx_rules_add(s->rules, name, strlen(name));
    if (!s->rules->failed) s->rules->rules[id].expr = expr;
    return id;
}

static llm_status build(sx_schema *s, uint32_t *root)
{
    sx_conj conj = {.n = 0};
    s->space = named_rule(s, "space", sx_schema_space(s));
    s->letter = named_rule(s, "letter", sx_schema_letter(s));
    sx_conj_add(s, &conj, s->root);
    const sx_expr *whole = sx_schema_value(s, &conj);
    while (s->n_built < s->n_known && s->status == LLM_OK && !s->rules->failed) {
        const sx_conj_rule todo = s->known[s->n_built++]; /* the list grows */
        sx_expr *e = body(s, &todo.conj);
        if (e) s->rules->rules[todo.rule].expr = e;
    }
    if (s->status != LLM_OK) return s->status;
    if (s->rules->failed || !whole) return sx_fail_memory(s->err);
    *root = whole->rule;
    return LLM_OK;
}

llm_status sx_schema_read(sx_rules *rules, uint32_t *root, const char *text, size_t len, llm_error *err)
{
    sx_schema s = {.rules = rules, .arena = rules->arena, .mem = rules->arena->mem, .err = err};
    if (len > MAX_TEXT) return sx_fail(err, LLM_E_LIMIT, "a schema of %zu bytes is too long: at most 1 MiB", len);
    llm_status status = sx_json_parse(&s.root, s.arena, "the schema", text, len, err);
    if (status == LLM_OK) status = build(&s, root);
    sx_mem_free(s.mem, s.known);
    return status;
}
