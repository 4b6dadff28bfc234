/* Objects and arrays. Members come in the order in which the schema names them, optional ones may be left out; further members
 * follow where additionalProperties invites them (or where the schema names none), under names that it does not use. */
#include <string.h>

#include "engine/grammar/schema.h"
#include "platform/utf8.h"

enum { MAX_ITEMS = 4096, MAX_NAME = 128, MAX_MEMBERS = 1024 };

static sx_expr *space(sx_schema *s)
{
    return sx_expr_rule(s->rules, s->space);
}

/* Things after one another; a NULL in the middle is a failure that is noted already. */
static sx_expr *sequence(sx_schema *s, sx_expr *a, sx_expr *b, sx_expr *c, sx_expr *d)
{
    sx_expr *seq = sx_expr_list(s->rules, SX_EXPR_SEQ);
    sx_expr *parts[] = {a, b, c, d};
    for (int i = 0; i < 4; i++) sx_expr_add(seq, parts[i]);
    return seq;
}

static sx_expr *text(sx_schema *s, const char *t)
{
    return sx_expr_text(s->rules, t);
}

static sx_expr *optional(sx_schema *s, sx_expr *e)
{
    return sx_expr_repeat(s->rules, e, 0, 1);
}

static uint32_t rule_of(sx_schema *s, sx_expr *e)
{
    uint32_t id = sx_rules_add(s->rules, "part of the schema", 18);
    if (!s->rules->failed) s->rules->rules[id].expr = e ? e : sx_expr_text(s->rules, "");
    return id;
}

/* ---- names ---- */

typedef struct name {
    const char *text;
    size_t len;
    bool required;
} name;

static bool same_name(const name *n, const char *s, size_t len)
{
    return n->len == len && memcmp(n->text, s, len) == 0;
}

/* A letter of a further member's name. Without escapes, so that it cannot spell a name of the schema in another way. */
static sx_expr *key_letter(sx_schema *s, const sx_range *besides, size_t n)
{
    sx_range out[MAX_NAME + 4] = {{0, 0x1f}, {'"', '"'}, {'\\', '\\'}, {0x7f, 0x7f}};
    for (size_t i = 0; i < n; i++) out[i + 4] = besides[i];
    return sx_expr_class(s->rules, out, n + 4, true);
}

static sx_expr *key_rest(sx_schema *s)
{
    return sx_expr_repeat(s->rules, key_letter(s, NULL, 0), 0, SX_UNBOUNDED);
}

/* Any text but those names that go on from byte `at`; they agree before it. */
static sx_expr *other_than(sx_schema *s, const name *const *names, size_t n, size_t at, const sx_json *part)
{
    sx_rules *rules = s->rules;
    sx_range next[MAX_NAME];
    size_t kinds = 0;
    bool whole = false;
    sx_expr *alt = sx_expr_list(rules, SX_EXPR_ALT);
    for (size_t i = 0; i < n; i++) {
        size_t len;
        if (names[i]->len == at) whole = true;
        if (names[i]->len <= at) continue;
        uint32_t cp = sx_utf8_next(names[i]->text + at, names[i]->len - at, &len);
        bool seen = false;
        for (size_t k = 0; k < kinds; k++) seen = seen || next[k].lo == cp;
        if (seen) continue;
        if (kinds == MAX_NAME || at > MAX_NAME)
            return sx_schema_refuse(s, part, "additionalProperties",
                                    "it is not supported beside names so long or so many; set it to false");
        next[kinds++] = (sx_range){cp, cp};
    }
    if (!whole) sx_expr_add(alt, text(s, ""));
    sx_expr_add(alt, sequence(s, key_letter(s, next, kinds), key_rest(s), NULL, NULL));
    const name **sub = sx_arena_alloc(s->arena, (n + 1) * sizeof *sub);
    if (!sub) rules->failed = true;
    for (size_t k = 0; k < kinds && sub; k++) {
        char utf8[4];
        size_t len = sx_utf8_put(next[k].lo, utf8), count = 0;
        for (size_t i = 0; i < n; i++)
            if (names[i]->len >= at + len && memcmp(names[i]->text + at, utf8, len) == 0) sub[count++] = names[i];
        sx_expr_add(
            alt, sequence(s, sx_expr_bytes(rules, utf8, len), other_than(s, sub, count, at + len, part), NULL, NULL));
    }
    return alt;
}

/* ---- objects ---- */

typedef struct members {
    name *names;
    size_t n, cap;
    bool open;       /* further members are invited */
    bool closed;     /* or forbidden */
    bool properties; /* the schema names members */
} members;

static name *find_name(members *m, const char *s, size_t len)
{
    for (size_t i = 0; i < m->n; i++)
        if (same_name(&m->names[i], s, len)) return &m->names[i];
    return NULL;
}

static name *add_name(sx_schema *s, members *m, const char *key, size_t len, const sx_json *part)
{
    name *found = find_name(m, key, len);
    if (found) return found;
    if (m->n == MAX_MEMBERS) {
        sx_schema_refuse(s, part, "properties", "more than 1024 members are not supported");
        return NULL;
    }
    if (sx_mem_grow(s->mem, (void **)&m->names, &m->cap, m->n + 1, sizeof *m->names)) {
        s->rules->failed = true;
        return NULL;
    }
    m->names[m->n] = (name){key, len, false};
    return &m->names[m->n++];
}

static void gather(sx_schema *s, const sx_conj *conj, members *m)
{
    for (uint32_t i = 0; i < conj->n && s->status == LLM_OK; i++) {
        const sx_json *part = conj->part[i], *props = sx_json_get(part, "properties"),
                      *more = sx_json_get(part, "additionalProperties");
        if (props && props->kind != SX_JSON_OBJECT) sx_schema_refuse(s, props, NULL, "it must be an object of schemas");
        for (const sx_json *p = props ? props->first : NULL; p; p = p->next) add_name(s, m, p->key, p->key_len, part);
        m->properties = m->properties || props;
        m->closed = m->closed || (sx_json_is(more, SX_JSON_BOOL) && !more->truth);
        m->open = m->open || (more && !(more->kind == SX_JSON_BOOL && !more->truth));
    }
    for (uint32_t i = 0; i < conj->n && s->status == LLM_OK; i++) {
        const sx_json *list = sx_json_get(conj->part[i], "required");
        if (list && list->kind != SX_JSON_ARRAY) sx_schema_refuse(s, list, NULL, "it must be an array of names");
        for (const sx_json *r = list ? list->first : NULL; r && s->status == LLM_OK; r = r->next) {
            name *n = r->kind == SX_JSON_STRING ? add_name(s, m, r->text, r->len, conj->part[i]) : NULL;
            if (n) n->required = true;
            if (r->kind != SX_JSON_STRING) sx_schema_refuse(s, r, NULL, "a name must be a string");
        }
    }
}

/* What holds for a member: by name, or for all that a part does not name. */
static sx_expr *member_value(sx_schema *s, const sx_conj *conj, const name *n)
{
    sx_conj value = {.n = 0};
    for (uint32_t i = 0; i < conj->n; i++) {
        const sx_json *props = sx_json_get(conj->part[i], "properties"), *one = NULL;
        for (const sx_json *p = n && props ? props->first : NULL; p && !one; p = p->next)
            if (same_name(n, p->key, p->key_len)) one = p;
        if (!one) one = sx_json_get(conj->part[i], "additionalProperties");
        if (one) sx_conj_add(s, &value, one);
    }
    return sx_schema_value(s, &value);
}

static sx_expr *named_member(sx_schema *s, const sx_conj *conj, const name *n)
{
    sx_buf key;
    sx_buf_init(&key, s->mem, 0);
    sx_json_quote(&key, n->text, n->len, false);
    sx_buf_char(&key, ':');
    if (sx_buf_status(&key) != LLM_OK) s->rules->failed = true;
    sx_expr *e = sequence(s, sx_expr_bytes(s->rules, sx_buf_cstr(&key), key.len), space(s), member_value(s, conj, n),
                          NULL);
    sx_buf_free(&key);
    return e;
}

static sx_expr *further_member(sx_schema *s, const sx_conj *conj, const members *m)
{
    const name **list = sx_arena_alloc(s->arena, (m->n + 1) * sizeof *list);
    size_t n = 0;
    if (!list) {
        s->rules->failed = true;
        return NULL;
    }
    for (size_t i = 0; i < m->n; i++) list[n++] = &m->names[i];
    sx_expr *key = n ? other_than(s, list, n, 0, conj->part[0]) : key_rest(s);
    return sequence(s, sequence(s, text(s, "\""), key, text(s, "\":"), space(s)), member_value(s, conj, NULL), NULL,
                    NULL);
}

/* One pattern for the names of all members. */
static sx_expr *patterned_member(sx_schema *s, const sx_conj *conj, const members *m)
{
    const sx_json *found = NULL;
    const char *why = NULL;
    for (uint32_t i = 0; i < conj->n; i++) {
        const sx_json *p = sx_json_get(conj->part[i], "patternProperties");
        if (!p || (p->kind == SX_JSON_OBJECT && !p->first)) continue;
        if (found || p->count != 1 || p->kind != SX_JSON_OBJECT || m->n || m->open || conj->n != 1)
            return sx_schema_refuse(s, p, NULL,
                                    "it is supported with one pattern, and without properties, required and "
                                    "additionalProperties other than false");
        found = p->first;
    }
    if (!found) return NULL;
    sx_expr *key = sx_regex_read(s->rules, found->key, found->key_len, &why);
    if (why) return sx_schema_refuse(s, found, NULL, why);
    sx_conj value = {.n = 0};
    sx_conj_add(s, &value, found);
    return sequence(s, sequence(s, text(s, "\""), key, text(s, "\":"), space(s)), sx_schema_value(s, &value), NULL,
                    NULL);
}

static sx_expr *comma(sx_schema *s, sx_expr *e)
{
    return sequence(s, text(s, ","), space(s), e, NULL);
}

/* From the last member to the first: what may follow once something stands there, and what may come first. */
static sx_expr *arrange(sx_schema *s, const sx_conj *conj, const members *m, sx_expr *further)
{
    uint32_t more = further ? rule_of(s, further) : 0;
    sx_expr *behind = text(s, "");
    if (further) behind = sx_expr_repeat(s->rules, comma(s, sx_expr_rule(s->rules, more)), 0, SX_UNBOUNDED);
    uint32_t rest = rule_of(s, behind);
    sx_expr *first = sx_expr_list(s->rules, SX_EXPR_ALT);
    bool may_be_empty = true;
    if (further)
        sx_expr_add(first, sequence(s, sx_expr_rule(s->rules, more), sx_expr_rule(s->rules, rest), NULL, NULL));
    for (size_t i = m->n; i-- > 0 && s->status == LLM_OK && !s->rules->failed;) {
        uint32_t one = rule_of(s, named_member(s, conj, &m->names[i]));
        sx_expr *with = comma(s, sx_expr_rule(s->rules, one));
        if (m->names[i].required) { /* nothing behind it can come first */
            first = sx_expr_list(s->rules, SX_EXPR_ALT);
            may_be_empty = false;
        }
        sx_expr_add(first, sequence(s, sx_expr_rule(s->rules, one), sx_expr_rule(s->rules, rest), NULL, NULL));
        rest = rule_of(
            s, sequence(s, m->names[i].required ? with : optional(s, with), sx_expr_rule(s->rules, rest), NULL, NULL));
    }
    sx_expr *inside = sequence(s, first, space(s), NULL, NULL);
    return may_be_empty ? optional(s, inside) : inside;
}

static void check_sizes(sx_schema *s, const sx_conj *conj, const members *m, bool further)
{
    uint32_t needed = 0;
    for (size_t i = 0; i < m->n; i++) needed += m->names[i].required;
    for (uint32_t i = 0; i < conj->n && s->status == LLM_OK; i++) {
        const sx_json *min = sx_json_get(conj->part[i], "minProperties"),
                      *max = sx_json_get(conj->part[i], "maxProperties");
        int64_t value;
        if (min && (!sx_json_int(min, &value) || value > needed))
            sx_schema_refuse(s, min, NULL, "it is supported up to the number of required members");
        if (max && (!sx_json_int(max, &value) || value < (int64_t)m->n || further))
            sx_schema_refuse(s, max, NULL, "it is supported where no more members can stand");
    }
}

sx_expr *sx_schema_object(sx_schema *s, const sx_conj *conj)
{
    members m = {0};
    sx_expr *further = NULL, *object = NULL;
    gather(s, conj, &m);
    if (s->status == LLM_OK && !s->rules->failed) further = patterned_member(s, conj, &m);
    bool invited = !further && !m.closed && (m.open || (!m.properties && m.n == 0));
    if (s->status == LLM_OK && !s->rules->failed && invited) further = further_member(s, conj, &m);
    if (s->status == LLM_OK) check_sizes(s, conj, &m, further != NULL);
    if (s->status == LLM_OK && !s->rules->failed)
        object = sequence(s, text(s, "{"), space(s), arrange(s, conj, &m, further), text(s, "}"));
    sx_mem_free(s->mem, m.names);
    return object;
}

/* ---- arrays ---- */

/* Element i, or with SX_UNBOUNDED those behind all that are named. */
static sx_expr *element(sx_schema *s, const sx_conj *conj, uint32_t i)
{
    sx_conj value = {.n = 0};
    for (uint32_t k = 0; k < conj->n; k++) {
        const sx_json *prefix = sx_json_get(conj->part[k], "prefixItems"), *one = prefix ? prefix->first : NULL;
        for (uint32_t at = 0; one && at < i; at++) one = one->next;
        if (!one) one = sx_json_get(conj->part[k], "items");
        if (one && one->kind == SX_JSON_ARRAY)
            return sx_schema_refuse(s, one, NULL, "use prefixItems for a list of schemas");
        if (one) sx_conj_add(s, &value, one);
    }
    return sx_schema_value(s, &value);
}

sx_expr *sx_schema_array(sx_schema *s, const sx_conj *conj)
{
    uint32_t min = sx_schema_count(s, conj, "minItems", true, 0),
             max = sx_schema_count(s, conj, "maxItems", false, SX_UNBOUNDED);
    uint32_t named = 0;
    bool free_items = true;
    for (uint32_t i = 0; i < conj->n; i++) {
        const sx_json *prefix = sx_json_get(conj->part[i], "prefixItems");
        if (prefix && prefix->kind != SX_JSON_ARRAY)
            return sx_schema_refuse(s, prefix, NULL, "it must be an array of schemas");
        if (prefix && prefix->count > named) named = prefix->count;
        if (sx_json_get(conj->part[i], "items")) free_items = false;
    }
    if (s->status != LLM_OK) return NULL;
    if (min > MAX_ITEMS || named > MAX_ITEMS / 4)
        return sx_schema_refuse(s, conj->part[0], "minItems", "more than 4096 elements are not supported");
    if (min > max) return sx_expr_class(s->rules, NULL, 0, false);
    if (named > max) named = max;
    if (named && free_items && min <= named) max = named; /* nothing invites further ones */
    if (max != SX_UNBOUNDED && max > MAX_ITEMS) max = MAX_ITEMS;

    sx_expr *tail = NULL; /* of what comes after `done` elements, each behind a comma */
    uint32_t done = named ? named : 1;
    if (max > done)
        tail = sx_expr_repeat(s->rules, comma(s, element(s, conj, SX_UNBOUNDED)), min > done ? min - done : 0,
                              max == SX_UNBOUNDED ? max : max - done);
    for (uint32_t i = done; i-- > 0 && s->status == LLM_OK && !s->rules->failed && max > 0;) {
        sx_expr *one = element(s, conj, named ? i : SX_UNBOUNDED);
        tail = sequence(s, i ? comma(s, one) : one, tail, i ? NULL : space(s), NULL);
        if (i >= min) tail = optional(s, tail);
        if (i) tail = sx_expr_rule(s->rules, rule_of(s, tail));
    }
    return sequence(s, text(s, "["), space(s), tail, text(s, "]"));
}
