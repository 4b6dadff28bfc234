/* Values as text: str(), repr(), escapes, "%s" formats; and counting in code points. */
#include <inttypes.h>
#include <string.h>

#include "engine/text/jinja/jinja.h"
#include "platform/unicode.h"
#include "platform/utf8.h"

size_t sx_jx_chars(const char *s, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) n += ((unsigned char)s[i] & 0xc0) != 0x80;
    return n;
}

size_t sx_jx_char_offset(const char *s, size_t len, size_t k)
{
    size_t i = 0;
    for (; i < len; i++) {
        if (((unsigned char)s[i] & 0xc0) == 0x80) continue;
        if (k-- == 0) break;
    }
    return i;
}

static void repr_string(const sx_jx_value *v, sx_buf *out)
{
    char quote = memchr(v->as.s, '\'', v->len) && !memchr(v->as.s, '"', v->len) ? '"' : '\'';
    sx_buf_char(out, quote);
    for (size_t i = 0, n; i < v->len; i += n) {
        uint32_t c = sx_utf8_next(v->as.s + i, v->len - i, &n);
        if (c == (uint32_t)quote || c == '\\')
            sx_buf_printf(out, "\\%c", (int)c);
        else if (c == '\n' || c == '\r' || c == '\t')
            sx_buf_printf(out, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
        else if (c < 0x20 || c == 0x7f || (c >= 0x80 && c < 0x100 && sx_uc_class(c) & (SX_UC_C | SX_UC_Z)))
            sx_buf_printf(out, "\\x%02x", c);
        else if (c >= 0x100 && c != SX_UTF8_BAD && sx_uc_class(c) & (SX_UC_C | SX_UC_Z))
            sx_buf_printf(out, c > 0xffff ? "\\U%08x" : "\\u%04x", c);
        else
            sx_buf_add(out, v->as.s + i, n);
    }
    sx_buf_char(out, quote);
}

static void repr_list(sx_jx_run *r, const sx_jx_value *v, sx_buf *out)
{
    const sx_jx_list *l = v->as.list;
    sx_buf_char(out, v->tuple ? '(' : '[');
    for (size_t i = 0; i < l->n && sx_jx_step(r, 1); i++) {
        if (i) sx_buf_str(out, ", ");
        sx_jx_write_repr(r, &l->items[i], out);
    }
    if (v->tuple && l->n == 1) sx_buf_char(out, ',');
    sx_buf_char(out, v->tuple ? ')' : ']');
}

static void repr_dict(sx_jx_run *r, const sx_jx_value *v, sx_buf *out)
{
    const sx_jx_dict *d = v->as.dict;
    sx_buf_char(out, '{');
    for (size_t i = 0; i < d->n && sx_jx_step(r, 1); i++) {
        if (i) sx_buf_str(out, ", ");
        sx_jx_write_repr(r, &d->entries[i].key, out);
        sx_buf_str(out, ": ");
        sx_jx_write_repr(r, &d->entries[i].value, out);
    }
    sx_buf_char(out, '}');
}

void sx_jx_write_repr(sx_jx_run *r, const sx_jx_value *v, sx_buf *out)
{
    if (v->type == JX_STRING) {
        if (v->markup) sx_buf_str(out, "Markup(");
        repr_string(v, out);
        if (v->markup) sx_buf_char(out, ')');
    } else if (v->type == JX_UNDEFINED) {
        sx_buf_str(out, "Undefined");
    } else {
        sx_jx_write(r, v, out);
    }
}

void sx_jx_write(sx_jx_run *r, const sx_jx_value *v, sx_buf *out)
{
    if (!sx_jx_enter(r)) return;
    switch (v->type) {
    case JX_UNDEFINED: break;
    case JX_NONE: sx_buf_str(out, "None"); break;
    case JX_BOOL: sx_buf_str(out, v->as.b ? "True" : "False"); break;
    case JX_INT: sx_buf_printf(out, "%" PRId64, v->as.i); break;
    case JX_FLOAT: sx_number_print(v->as.d, out); break;
    case JX_STRING:
        sx_jx_step(r, v->len / 64);
        sx_buf_add(out, v->as.s, v->len);
        break;
    case JX_LIST: repr_list(r, v, out); break;
    case JX_DICT: repr_dict(r, v, out); break;
    default: sx_buf_printf(out, "<%s>", sx_jx_type_name(v));
    }
    sx_jx_leave(r);
}

sx_jx_value sx_jx_to_string(sx_jx_run *r, sx_jx_value v)
{
    if (v.type == JX_STRING) return v;
    sx_buf out;
    sx_buf_init(&out, r->mem, (size_t)r->max_bytes);
    sx_jx_write(r, &v, &out);
    return sx_jx_from_buf(r, &out);
}

sx_jx_value sx_jx_escape(sx_jx_run *r, sx_jx_value v)
{
    v = sx_jx_to_string(r, v);
    if (v.markup) return v;
    sx_buf out;
    sx_buf_init(&out, r->mem, (size_t)r->max_bytes);
    for (size_t i = 0; i < v.len; i++) {
        char c = v.as.s[i];
        const char *e = c == '&'    ? "&amp;"
                        : c == '<'  ? "&lt;"
                        : c == '>'  ? "&gt;"
                        : c == '\'' ? "&#39;"
                        : c == '"'  ? "&#34;"
                                    : NULL;
        if (e)
            sx_buf_str(&out, e);
        else
            sx_buf_char(&out, c);
    }
    v = sx_jx_from_buf(r, &out);
    v.markup = true;
    return v;
}

/* One conversion "%5.2f" at s[*i] (behind the %); the argument's text goes to out. */
static void convert(sx_jx_run *r, const sx_jx_value *f, size_t *i, sx_jx_value arg, sx_buf *out)
{
    int precision = -1, width = 0;
    bool left = false, zero = false;
    for (; *i < f->len && strchr("-0 +#", f->as.s[*i]); ++*i) {
        left = left || f->as.s[*i] == '-';
        zero = zero || f->as.s[*i] == '0';
    }
    for (; *i < f->len && f->as.s[*i] >= '0' && f->as.s[*i] <= '9' && width < 1000; ++*i)
        width = width * 10 + f->as.s[*i] - '0';
    if (*i < f->len && f->as.s[*i] == '.') {
        precision = 0;
        for (++*i; *i < f->len && f->as.s[*i] >= '0' && f->as.s[*i] <= '9' && precision < 100; ++*i)
            precision = precision * 10 + f->as.s[*i] - '0';
    }
    char kind = *i < f->len ? f->as.s[(*i)++] : 0;
    bool is_number = arg.type == JX_INT || arg.type == JX_FLOAT || arg.type == JX_BOOL;
    double d = arg.type == JX_FLOAT ? arg.as.d
               : arg.type == JX_INT ? (double)arg.as.i
                                    : (double)(is_number && arg.as.b);
    sx_buf text;
    sx_buf_init(&text, r->mem, (size_t)r->max_bytes);
    if (kind == 's') {
        sx_jx_write(r, &arg, &text);
        if (precision >= 0 && text.len) text.len = sx_jx_char_offset(text.data, text.len, (size_t)precision);
    } else if (kind == 'r') {
        sx_jx_write_repr(r, &arg, &text);
    } else if ((kind == 'd' || kind == 'i') && is_number) {
        sx_buf_printf(&text, "%" PRId64, arg.type == JX_INT ? arg.as.i : d > 9e18 || d < -9e18 ? 0 : (int64_t)d);
    } else if ((kind == 'x' || kind == 'X') && arg.type == JX_INT) {
        sx_buf_printf(&text, kind == 'x' ? "%" PRIx64 : "%" PRIX64, (uint64_t)arg.as.i);
    } else if (kind == 'f' && is_number) {
        sx_buf_printf(&text, "%.*f", precision < 0 ? 6 : precision, d);
    } else {
        sx_jx_fail(r, LLM_E_INVALID, "a format asks for %%%c but is given a %s", kind ? kind : ' ',
                   sx_jx_type_name(&arg));
    }
    size_t have = sx_jx_chars(sx_buf_cstr(&text), text.len), pad = (size_t)width > have ? (size_t)width - have : 0;
    if (!left)
        for (size_t k = 0; k < pad; k++) sx_buf_char(out, zero && is_number ? '0' : ' ');
    sx_buf_add(out, sx_buf_cstr(&text), text.len);
    if (left)
        for (size_t k = 0; k < pad; k++) sx_buf_char(out, ' ');
    sx_buf_free(&text);
}

sx_jx_value sx_jx_format_percent(sx_jx_run *r, sx_jx_value f, sx_jx_value args)
{
    bool many = args.type == JX_LIST && args.tuple;
    size_t n = many ? args.as.list->n : 1, used = 0;
    sx_buf out;
    sx_buf_init(&out, r->mem, (size_t)r->max_bytes);
    for (size_t i = 0; i < f.len && r->status == LLM_OK;) {
        char c = f.as.s[i++];
        if (c != '%' || i >= f.len) {
            sx_buf_char(&out, c);
        } else if (f.as.s[i] == '%') {
            sx_buf_char(&out, f.as.s[i++]);
        } else if (used >= n) {
            sx_jx_fail(r, LLM_E_INVALID, "a format has more places than arguments");
        } else {
            sx_jx_value arg = many ? args.as.list->items[used] : args;
            used++;
            convert(r, &f, &i, arg, &out);
        }
    }
    if (used < n && (many || args.type != JX_DICT))
        sx_jx_fail(r, LLM_E_INVALID, "a format has fewer places than arguments");
    return sx_jx_from_buf(r, &out);
}
