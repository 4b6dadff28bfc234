/* str.format as templates use it: fields by turn, number or name, with !s and !r, and specs of alignment, zeros, width, precision
 * and type, which are handed to the % formatter. Attributes and items of fields are refused: Python's sandbox checks them, and a
 * template can write the expression instead. */
#include <string.h>

#include "engine/text/jinja/jinja.h"

typedef struct field {
    const char *name, *spec;
    size_t name_len, spec_len;
    char conversion; /* 's', 'r' or 0 */
} field;

/* Reads the field behind its opening brace; how many bytes with the closing one, 0 when it is not closed. */
static size_t read_field(const char *s, size_t n, field *f)
{
    size_t end = 0;
    while (end < n && s[end] != '}' && s[end] != '{') end++;
    if (end == n || s[end] == '{') return 0;
    *f = (field){.name = s, .spec = s + end};
    while (f->name_len < end && s[f->name_len] != '!' && s[f->name_len] != ':') f->name_len++;
    size_t at = f->name_len;
    if (at + 1 < end && s[at] == '!') {
        f->conversion = s[at + 1];
        at += 2;
    }
    if (at < end && s[at] == ':') {
        f->spec = s + at + 1;
        f->spec_len = end - at - 1;
    } else if (at < end) {
        return 0;
    }
    return end + 1;
}

static sx_jx_value value_of(sx_jx_run *r, const field *f, const sx_jx_args *args, size_t *turn)
{
    int64_t at = (int64_t)*turn;
    bool numbered = f->name_len > 0 && sx_number_int(f->name, f->name_len, &at) && at >= 0;
    if (f->name_len == 0) ++*turn;
    if ((f->name_len == 0 || numbered) && (uint64_t)at < args->n) return args->v[at];
    sx_jx_value *named = f->name_len && !numbered && args->named ? sx_jx_find_name(args->named, f->name, f->name_len)
                                                                 : NULL;
    if (named) return *named;
    sx_jx_fail(r, LLM_E_INVALID, "format has no argument for the field {%.*s}", (int)f->name_len, f->name);
    return sx_jx_none();
}

/* "08.3f" as "%08.3f", "<8" as "%-8s"; a text stands left and a number right unless told. False: another spec. */
static bool percent_of(const field *f, sx_jx_value v, char *out, size_t size)
{
    const char *s = f->spec, *end = f->spec + f->spec_len;
    char align = s < end && strchr("<>", *s) && *s ? *s++ : v.type == JX_STRING ? '<' : '>';
    size_t n = 0;
    out[n++] = '%';
    if (align == '<') out[n++] = '-';
    while (s < end && n + 2 < size && ((*s >= '0' && *s <= '9') || *s == '.')) out[n++] = *s++;
    char type = s < end ? *s++ : v.type == JX_INT ? 'd' : 's';
    if (s != end || !strchr("dsfFxXoeEgG", type)) return false;
    out[n++] = type;
    out[n] = '\0';
    return true;
}

static sx_jx_value shown(sx_jx_run *r, const field *f, sx_jx_value v)
{
    char percent[32];
    if (f->conversion && f->conversion != 's' && f->conversion != 'r') {
        sx_jx_fail(r, LLM_E_UNSUPPORTED, "the conversion !%c of format is not supported", f->conversion);
        return v;
    }
    sx_jx_value one = sx_jx_new_list(r, true);
    sx_jx_push(r, one.as.list, v);
    if (f->conversion) {
        v = sx_jx_format_percent(r, sx_jx_static(f->conversion == 'r' ? "%r" : "%s"), one);
        one = sx_jx_new_list(r, true);
        sx_jx_push(r, one.as.list, v);
    }
    if (f->spec_len == 0) return sx_jx_to_string(r, v);
    if (!percent_of(f, v, percent, sizeof percent)) {
        sx_jx_fail(r, LLM_E_UNSUPPORTED, "the format {:%.*s} is not supported", (int)f->spec_len, f->spec);
        return v;
    }
    return sx_jx_format_percent(r, sx_jx_view(percent, strlen(percent)), one);
}

sx_jx_value sx_jx_format_braces(sx_jx_run *r, sx_jx_value s, const sx_jx_args *args)
{
    sx_buf out;
    size_t turn = 0;
    sx_buf_init(&out, r->mem, (size_t)r->max_bytes);
    for (size_t i = 0; i < s.len && sx_jx_step(r, 1);) {
        const char *at = s.as.s + i;
        bool twice = i + 1 < s.len && at[1] == at[0];
        if ((*at != '{' && *at != '}') || twice) {
            sx_buf_char(&out, *at);
            i += *at == '{' || *at == '}' ? 2 : 1;
            continue;
        }
        field f;
        size_t used = *at == '{' ? read_field(at + 1, s.len - i - 1, &f) : 0;
        if (used == 0) {
            sx_jx_fail(r, LLM_E_INVALID, "a brace of format stands alone at byte %zu", i);
            break;
        }
        sx_jx_value text = shown(r, &f, value_of(r, &f, args, &turn));
        if (text.type == JX_STRING) sx_buf_add(&out, text.as.s, text.len);
        i += used + 1;
    }
    return sx_jx_from_buf(r, &out);
}
