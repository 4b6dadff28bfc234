/* Strings: lengths in code points, patterns, formats. */
#include <string.h>

#include "engine/grammar/schema.h"

enum { MAX_LENGTH = 4096 };

#define YMD \
    "[1-9][0-9]{3}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
#define HMS    "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
#define OCTET  "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
#define LABEL  "[a-z0-9]([a-z0-9-]{0,14}[a-z0-9])?"
#define DOMAIN LABEL "(\\." LABEL "){0,3}"

static const struct {
    const char *name, *pattern;
} formats[] = {
    {"date", "^" YMD "$"},
    {"time", "^" HMS "$"},
    {"date-time", "^" YMD "T" HMS "$"},
    {"duration", "^P([0-9]{1,4}[DW]|T[0-9]{1,4}[HMS]|[0-9]{1,4}DT[0-9]{1,4}[HMS])$"},
    {"uuid", "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"},
    {"email", "^[A-Za-z0-9_+-]{1,24}(\\.[A-Za-z0-9_+-]{1,16}){0,2}@" DOMAIN "\\.[a-z]{2,8}$"},
    {"hostname", "^" DOMAIN "$"},
    {"ipv4", "^" OCTET "(\\." OCTET "){3}$"},
    {"ipv6", "^[0-9a-f]{1,4}(:[0-9a-f]{1,4}){7}$"},
    {"uri", "^https?://" DOMAIN "(/[A-Za-z0-9._~-]{1,64}){0,8}/?$"},
};

sx_expr *sx_schema_space(sx_schema *s)
{
    const sx_range blank = {' ', ' '};
    sx_expr *alt = sx_expr_list(s->rules, SX_EXPR_ALT), *line = sx_expr_list(s->rules, SX_EXPR_SEQ);
    sx_expr_add(alt, sx_expr_text(s->rules, ""));
    sx_expr_add(alt, sx_expr_text(s->rules, " "));
    sx_expr_add(line, sx_expr_text(s->rules, "\n"));
    sx_expr_add(line, sx_expr_repeat(s->rules, sx_expr_class(s->rules, &blank, 1, false), 0, 16));
    sx_expr_add(alt, line);
    return alt;
}

/* A code point as it is, or an escape that stands for one; halves of surrogate pairs are no text. */
sx_expr *sx_schema_letter(sx_schema *s)
{
    sx_rules *r = s->rules;
    const sx_range not_plain[] = {{0, 0x1f}, {'"', '"'}, {'\\', '\\'}, {0x7f, 0x7f}},
                   names[] = {{'"', '"'}, {'\\', '\\'}, {'/', '/'}, {'b', 'b'},
                              {'f', 'f'}, {'n', 'n'},   {'r', 'r'}, {'t', 't'}},
                   hex[] = {{'0', '9'}, {'a', 'f'}, {'A', 'F'}},
                   no_d[] = {{'0', '9'}, {'a', 'c'}, {'e', 'f'}, {'A', 'C'}, {'E', 'F'}},
                   d[] = {{'d', 'd'}, {'D', 'D'}}, low[] = {{'0', '7'}};
    sx_expr *all = sx_expr_list(r, SX_EXPR_ALT), *escape = sx_expr_list(r, SX_EXPR_SEQ),
            *kind = sx_expr_list(r, SX_EXPR_ALT), *code = sx_expr_list(r, SX_EXPR_SEQ),
            *four = sx_expr_list(r, SX_EXPR_ALT), *most = sx_expr_list(r, SX_EXPR_SEQ),
            *some = sx_expr_list(r, SX_EXPR_SEQ);
    sx_expr_add(most, sx_expr_class(r, no_d, 5, false));
    sx_expr_add(most, sx_expr_repeat(r, sx_expr_class(r, hex, 3, false), 3, 3));
    sx_expr_add(some, sx_expr_class(r, d, 2, false));
    sx_expr_add(some, sx_expr_class(r, low, 1, false));
    sx_expr_add(some, sx_expr_repeat(r, sx_expr_class(r, hex, 3, false), 2, 2));
    sx_expr_add(four, most);
    sx_expr_add(four, some);
    sx_expr_add(code, sx_expr_text(r, "u"));
    sx_expr_add(code, four);
    sx_expr_add(kind, sx_expr_class(r, names, 8, false));
    sx_expr_add(kind, code);
    sx_expr_add(escape, sx_expr_text(r, "\\"));
    sx_expr_add(escape, kind);
    sx_expr_add(all, sx_expr_class(r, not_plain, 4, true));
    sx_expr_add(all, escape);
    return all;
}

static sx_expr *pattern(sx_schema *s, const sx_json *v, const char *text, size_t len)
{
    const char *why = NULL;
    sx_expr *e = sx_regex_read(s->rules, text, len, &why);
    return why ? sx_schema_refuse(s, v, NULL, why) : e;
}

static sx_expr *format(sx_schema *s, const sx_json *v)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (sx_json_equal(v, formats[i].name)) return pattern(s, v, formats[i].pattern, strlen(formats[i].pattern));
    return sx_schema_refuse(s, v, NULL,
                            "this format is not supported (supported: date, time, date-time, duration, uuid, email, "
                            "hostname, ipv4, ipv6, uri)");
}

sx_expr *sx_schema_string(sx_schema *s, const sx_conj *conj)
{
    const sx_json *shape = NULL, *length = NULL;
    sx_rules *rules = s->rules;
    for (uint32_t i = 0; i < conj->n; i++)
        for (const sx_json *m = conj->part[i]->first; m; m = m->next) {
            bool of_shape = strcmp(m->key, "pattern") == 0 || strcmp(m->key, "format") == 0;
            if (of_shape && shape && (shape->len != m->len || memcmp(shape->text, m->text, m->len) != 0))
                return sx_schema_refuse(s, m, NULL, "only one pattern or format at a time is supported");
            if (of_shape && m->kind != SX_JSON_STRING) return sx_schema_refuse(s, m, NULL, "it must be a string");
            if (of_shape) shape = m;
            if (strcmp(m->key, "minLength") == 0 || strcmp(m->key, "maxLength") == 0) length = m;
        }
    if (shape && length)
        return sx_schema_refuse(s, length, NULL,
                                "it is not supported together with pattern or format; put it into the pattern");
    sx_expr *inside;
    if (shape) {
        inside = strcmp(shape->key, "pattern") == 0 ? pattern(s, shape, shape->text, shape->len) : format(s, shape);
    } else {
        uint32_t min = sx_schema_count(s, conj, "minLength", true, 0);
        uint32_t max = sx_schema_count(s, conj, "maxLength", false, SX_UNBOUNDED);
        if (min > MAX_LENGTH)
            return sx_schema_refuse(s, length, NULL, "strings of more than 4096 letters are not supported");
        if (min > max) return sx_expr_class(rules, NULL, 0, false);
        if (max != SX_UNBOUNDED && max > MAX_LENGTH) max = MAX_LENGTH;
        inside = sx_expr_repeat(rules, sx_expr_rule(rules, s->letter), min, max);
    }
    sx_expr *seq = sx_expr_list(rules, SX_EXPR_SEQ);
    sx_expr_add(seq, sx_expr_text(rules, "\""));
    sx_expr_add(seq, inside);
    sx_expr_add(seq, sx_expr_text(rules, "\""));
    return seq;
}
