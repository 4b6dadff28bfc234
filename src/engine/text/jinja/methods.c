/* Methods of strings, lists, dicts and the loop, as Python has them. What would change a value is not callable: templates run
 * in Jinja2's immutable sandbox. */
#include <string.h>

#include "engine/text/jinja/jinja.h"
#include "platform/unicode.h"
#include "platform/utf8.h"

static const char *const STR_METHODS[] = {
    "capitalize", "count", "endswith", "find", "format", "index", "isalnum", "isalpha", "isdigit", "islower", "isnumeric", "isspace",
    "isupper", "join", "lower", "lstrip", "partition", "removeprefix", "removesuffix", "replace", "rfind", "rpartition", "rsplit",
    "rstrip", "split", "splitlines", "startswith", "strip", "title", "upper", "casefold", "zfill", NULL};
static const char *const LIST_METHODS[] = {"count", "index", "copy", NULL};
static const char *const DICT_METHODS[] = {"copy", "get", "items", "keys", "values", NULL};
static const char *const LOOP_METHODS[] = {"cycle", "changed", NULL};
static const char *const LIST_UNSAFE[] = {"append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort", NULL};
static const char *const DICT_UNSAFE[] = {"clear", "pop", "popitem", "setdefault", "update", NULL};

static bool among(jstr name, const char *const *list)
{
    for (; list && *list; list++)
        if (sx_j_is(name, *list)) return true;
    return false;
}

bool sx_j_has_method(jvalue self, jstr name, bool *safe)
{
    const char *const *known = self.kind == J_STR                             ? STR_METHODS
                               : self.kind == J_LIST || self.kind == J_TUPLE ? LIST_METHODS
                               : self.kind == J_DICT                         ? DICT_METHODS
                               : self.kind == J_LOOP                         ? LOOP_METHODS
                                                                             : NULL;
    const char *const *unsafe = self.kind == J_LIST ? LIST_UNSAFE : self.kind == J_DICT ? DICT_UNSAFE : NULL;
    *safe = among(name, known);
    return *safe || among(name, unsafe);
}

/* ---- strings ---- */

static bool in_set(uint32_t cp, const jvalue *chars)
{
    if (!chars) return (sx_uc_class(cp) & SX_UC_SPACE) || (cp >= 0x1c && cp <= 0x1f);
    for (size_t i = 0, step; i < chars->u.str.len; i += step)
        if (sx_utf8_next(chars->u.str.s + i, chars->u.str.len - i, &step) == cp) return true;
    return false;
}

jvalue sx_j_strip(jvalue self, const jvalue *chars, bool left, bool right)
{
    const char *s = self.u.str.s;
    size_t from = 0, to = self.u.str.len, step;
    while (left && from < to && in_set(sx_utf8_next(s + from, to - from, &step), chars)) from += step;
    while (right && to > from && in_set(sx_utf8_prev(s + from, to - from, &step), chars)) to -= step;
    return sx_j_borrow(s + from, to - from);
}

static jvalue strip(jinja *j, jvalue self, const jargs *args, bool left, bool right)
{
    jvalue chars = sx_j_arg(j, args, 0, "chars");
    sx_jinja_step(j, 1 + self.u.str.len / 16);
    return sx_j_strip(self, chars.kind == J_STR ? &chars : NULL, left, right);
}

jvalue sx_j_replace(jinja *j, jvalue self, jvalue from, jvalue to, int64_t most)
{
    const char *s = self.u.str.s;
    size_t len = self.u.str.len, at = 0;
    sx_buf out;
    sx_buf_init(&out, j->mem, (size_t)64 << 20);
    while (most != 0 && sx_jinja_step(j, 1)) {
        const char *hit = from.u.str.len ? memmem(s + at, len - at, from.u.str.s, from.u.str.len) : s + at;
        if (!hit) break;
        size_t before = (size_t)(hit - (s + at));
        sx_buf_add(&out, s + at, before);
        sx_buf_add(&out, to.u.str.s, to.u.str.len);
        at += before + from.u.str.len;
        most -= most > 0;
        if (from.u.str.len) continue;
        if (at >= len) break; /* an empty pattern stands between all characters */
        size_t step;
        sx_utf8_next(s + at, len - at, &step);
        sx_buf_add(&out, s + at, step);
        at += step;
    }
    sx_buf_add(&out, s + at, len - at);
    if (sx_buf_status(&out) == LLM_E_LIMIT) sx_jinja_fail(j, LLM_E_LIMIT, "a string grows beyond 64 MiB");
    return sx_j_take(j, &out);
}

/* Changes letters: mode 'l' lower, 'u' upper, 'c' capitalize, 't' title. */
static jvalue recase(jinja *j, jvalue self, char mode)
{
    sx_buf out;
    sx_buf_init(&out, j->mem, 0);
    bool start = true;
    for (size_t i = 0, step; i < self.u.str.len && sx_jinja_step(j, i % 16 == 0); i += step) {
        uint32_t cp = sx_utf8_next(self.u.str.s + i, self.u.str.len - i, &step);
        bool up = mode == 'u' || (start && (mode == 'c' || mode == 't'));
        char utf8[4];
        bool letter = cp != SX_UTF8_BAD && (sx_uc_class(cp) & SX_UC_L);
        if (letter) sx_buf_add(&out, utf8, sx_utf8_put(up ? sx_uc_upper(cp) : sx_uc_lower(cp), utf8));
        else sx_buf_add(&out, self.u.str.s + i, step);
        start = mode == 't' ? !letter : false;
    }
    return sx_j_take(j, &out);
}

static jvalue split_space(jinja *j, jvalue self, int64_t most, bool from_right)
{
    jvalue out = sx_j_list(j, J_LIST);
    jvalue rest = sx_j_strip(self, NULL, true, true);
    const char *s = rest.u.str.s;
    size_t len = rest.u.str.len;
    if (from_right && most >= 0) { /* rare: join what is too much on the left */
        jvalue all = split_space(j, self, -1, false);
        int64_t extra = (int64_t)all.u.list->count - 1 - most;
        if (extra <= 0) return all;
        jvalue last_joined = all.u.list->items[extra];
        sx_j_push(j, out.u.list, sx_j_borrow(s, (size_t)(last_joined.u.str.s + last_joined.u.str.len - s)));
        for (size_t i = (size_t)extra + 1; i < all.u.list->count; i++) sx_j_push(j, out.u.list, all.u.list->items[i]);
        return out;
    }
    for (size_t at = 0; at < len && sx_jinja_step(j, 1);) {
        size_t end = at, step = 1;
        while (end < len && (most == 0 || !in_set(sx_utf8_next(s + end, len - end, &step), NULL))) end += most == 0 ? len - end : step;
        sx_j_push(j, out.u.list, sx_j_borrow(s + at, end - at));
        most -= most > 0;
        while (end < len && in_set(sx_utf8_next(s + end, len - end, &step), NULL)) end += step;
        at = end;
    }
    return out;
}

static const char *find_last(const char *s, size_t len, jstr what)
{
    for (size_t i = len + 1; i-- > 0;)
        if (len - i >= what.len && memcmp(s + i, what.s, what.len) == 0) return s + i;
    return NULL;
}

static jvalue split_by(jinja *j, jvalue self, jstr by, int64_t most)
{
    jvalue out = sx_j_list(j, J_LIST);
    const char *s = self.u.str.s;
    size_t len = self.u.str.len, at = 0;
    while (most != 0 && sx_jinja_step(j, 1)) {
        const char *hit = memmem(s + at, len - at, by.s, by.len);
        if (!hit) break;
        sx_j_push(j, out.u.list, sx_j_borrow(s + at, (size_t)(hit - s) - at));
        at = (size_t)(hit - s) + by.len;
        most -= most > 0;
    }
    sx_j_push(j, out.u.list, sx_j_borrow(s + at, len - at));
    return out;
}

static jvalue rsplit_by(jinja *j, jvalue self, jstr by, int64_t most)
{
    jvalue reversed = sx_j_list(j, J_LIST), out = sx_j_list(j, J_LIST);
    size_t len = self.u.str.len;
    while (most != 0 && sx_jinja_step(j, 1 + len / 16)) {
        const char *hit = find_last(self.u.str.s, len, by);
        if (!hit) break;
        size_t at = (size_t)(hit - self.u.str.s);
        sx_j_push(j, reversed.u.list, sx_j_borrow(hit + by.len, len - at - by.len));
        len = at;
        most -= most > 0;
    }
    sx_j_push(j, out.u.list, sx_j_borrow(self.u.str.s, len));
    for (size_t i = reversed.u.list->count; i-- > 0;) sx_j_push(j, out.u.list, reversed.u.list->items[i]);
    return out;
}

static jvalue split(jinja *j, jvalue self, const jargs *args, bool from_right)
{
    jvalue by = sx_j_arg(j, args, 0, "sep"), max = sx_j_arg(j, args, 1, "maxsplit");
    int64_t most = max.kind == J_INT ? max.u.i : -1;
    if (by.kind == J_UNDEFINED || by.kind == J_NONE) return split_space(j, self, most, from_right);
    if (by.kind != J_STR || by.u.str.len == 0) {
        sx_jinja_fail(j, LLM_E_INVALID, "split takes a separator that is not empty");
        return self;
    }
    return from_right ? rsplit_by(j, self, by.u.str, most) : split_by(j, self, by.u.str, most);
}

static jvalue splitlines(jinja *j, jvalue self)
{
    jvalue out = sx_j_list(j, J_LIST);
    const char *s = self.u.str.s;
    size_t len = self.u.str.len, from = 0;
    for (size_t i = 0; i < len && sx_jinja_step(j, i % 16 == 0); i++) {
        if (s[i] != '\n' && s[i] != '\r') continue;
        sx_j_push(j, out.u.list, sx_j_borrow(s + from, i - from));
        if (s[i] == '\r' && i + 1 < len && s[i + 1] == '\n') i++;
        from = i + 1;
    }
    if (from < len) sx_j_push(j, out.u.list, sx_j_borrow(s + from, len - from));
    return out;
}

static bool has_end(jinja *j, jstr s, jvalue what, bool front)
{
    if (what.kind == J_TUPLE) {
        for (size_t i = 0; i < what.u.list->count; i++)
            if (what.u.list->items[i].kind == J_STR && has_end(j, s, what.u.list->items[i], front)) return true;
        return false;
    }
    if (what.kind != J_STR) return sx_jinja_fail(j, LLM_E_INVALID, "startswith and endswith take strings");
    jstr w = what.u.str;
    return w.len <= s.len && memcmp(front ? s.s : s.s + s.len - w.len, w.s, w.len) == 0;
}

static jvalue position(jinja *j, jvalue self, jvalue what, bool last, bool must)
{
    if (what.kind != J_STR) {
        sx_jinja_fail(j, LLM_E_INVALID, "find takes a string");
        return self;
    }
    const char *s = self.u.str.s;
    const char *hit = last ? find_last(s, self.u.str.len, what.u.str)
                           : memmem(s, self.u.str.len, what.u.str.s, what.u.str.len);
    if (!what.u.str.len && !last) hit = s;
    if (!hit && must) sx_jinja_fail(j, LLM_E_INVALID, "index: the string is not there");
    return sx_j_int(hit ? sx_j_length(j, sx_j_borrow(s, (size_t)(hit - s))) : -1);
}

static jvalue count_in(jinja *j, jvalue self, jvalue what)
{
    int64_t n = 0;
    if (what.kind != J_STR || what.u.str.len == 0) return sx_j_int(what.kind == J_STR ? sx_j_length(j, self) + 1 : 0);
    jvalue parts = split_by(j, self, what.u.str, -1);
    n = (int64_t)parts.u.list->count - 1;
    return sx_j_int(n);
}

static jvalue partition(jinja *j, jvalue self, jvalue by, bool last)
{
    jvalue out = sx_j_list(j, J_TUPLE), empty = sx_j_borrow("", 0);
    jstr s = self.u.str;
    const char *hit = by.kind != J_STR ? NULL : last ? find_last(s.s, s.len, by.u.str) : memmem(s.s, s.len, by.u.str.s, by.u.str.len);
    size_t at = hit ? (size_t)(hit - s.s) : 0;
    sx_j_push(j, out.u.list, hit ? sx_j_borrow(s.s, at) : last ? empty : self);
    sx_j_push(j, out.u.list, hit ? by : empty);
    sx_j_push(j, out.u.list, hit ? sx_j_borrow(hit + by.u.str.len, s.len - at - by.u.str.len) : last ? self : empty);
    return out;
}

/* isdigit and its kin: not empty and every code point in the class. */
static bool all_are(jstr s, uint32_t classes)
{
    for (size_t i = 0, step; i < s.len; i += step)
        if (!(sx_uc_class(sx_utf8_next(s.s + i, s.len - i, &step)) & classes)) return false;
    return s.len > 0;
}

/* "{} and {name}".format(...): plain fields only. */
static jvalue format(jinja *j, jvalue self, const jargs *args)
{
    sx_buf out;
    sx_buf_init(&out, j->mem, 0);
    jstr s = self.u.str;
    size_t next = 0;
    for (size_t i = 0; i < s.len && j->status == LLM_OK; i++) {
        char c = s.s[i];
        if ((c == '{' || c == '}') && i + 1 < s.len && s.s[i + 1] == c) i++;
        else if (c == '{') {
            const char *end = memchr(s.s + i, '}', s.len - i);
            jstr field = {s.s + i + 1, end ? (size_t)(end - s.s) - i - 1 : 0};
            const jvalue *v = NULL;
            if (end && field.len == 0 && next < args->pos.count) v = &args->pos.items[next++];
            else if (end && field.len == 1 && field.s[0] >= '0' && field.s[0] <= '9' && (size_t)(field.s[0] - '0') < args->pos.count)
                v = &args->pos.items[field.s[0] - '0'];
            else if (end) v = sx_j_get_name(j, &args->kw, field);
            if (!v) sx_jinja_fail(j, LLM_E_INVALID, "format: a field has no argument, or is of a form that is not supported");
            else sx_j_print(j, *v, &out);
            i += field.len + 1;
            continue;
        }
        sx_buf_char(&out, c);
    }
    return sx_j_take(j, &out);
}

static jvalue zfill(jinja *j, jvalue self, jvalue width)
{
    int64_t missing = width.kind == J_INT ? width.u.i - sx_j_length(j, self) : 0;
    if (missing > 10000) sx_jinja_fail(j, LLM_E_LIMIT, "zfill is wider than 10000");
    bool sign = self.u.str.len && (self.u.str.s[0] == '-' || self.u.str.s[0] == '+');
    sx_buf out;
    sx_buf_init(&out, j->mem, 0);
    sx_buf_add(&out, self.u.str.s, sign);
    for (; missing > 0 && j->status == LLM_OK; missing--) sx_buf_char(&out, '0');
    sx_buf_add(&out, self.u.str.s + sign, self.u.str.len - sign);
    return sx_j_take(j, &out);
}

static jvalue str_method(jinja *j, jvalue self, jstr name, const jargs *args)
{
    jstr s = self.u.str;
    jvalue a = sx_j_arg(j, args, 0, NULL), b = sx_j_arg(j, args, 1, NULL);
    if (sx_j_is(name, "strip")) return strip(j, self, args, true, true);
    if (sx_j_is(name, "lstrip")) return strip(j, self, args, true, false);
    if (sx_j_is(name, "rstrip")) return strip(j, self, args, false, true);
    if (sx_j_is(name, "split")) return split(j, self, args, false);
    if (sx_j_is(name, "rsplit")) return split(j, self, args, true);
    if (sx_j_is(name, "splitlines")) return splitlines(j, self);
    if (sx_j_is(name, "lower") || sx_j_is(name, "casefold")) return recase(j, self, 'l');
    if (sx_j_is(name, "upper")) return recase(j, self, 'u');
    if (sx_j_is(name, "capitalize")) return recase(j, self, 'c');
    if (sx_j_is(name, "title")) return recase(j, self, 't');
    if (sx_j_is(name, "startswith")) return sx_j_bool(has_end(j, s, a, true));
    if (sx_j_is(name, "endswith")) return sx_j_bool(has_end(j, s, a, false));
    if (sx_j_is(name, "find")) return position(j, self, a, false, false);
    if (sx_j_is(name, "rfind")) return position(j, self, a, true, false);
    if (sx_j_is(name, "index")) return position(j, self, a, false, true);
    if (sx_j_is(name, "count")) return count_in(j, self, a);
    if (sx_j_is(name, "format")) return format(j, self, args);
    if (sx_j_is(name, "zfill")) return zfill(j, self, a);
    if (sx_j_is(name, "partition")) return partition(j, self, a, false);
    if (sx_j_is(name, "rpartition")) return partition(j, self, a, true);
    if (sx_j_is(name, "isalpha")) return sx_j_bool(all_are(s, SX_UC_L));
    if (sx_j_is(name, "isalnum")) return sx_j_bool(all_are(s, SX_UC_L | SX_UC_N));
    if (sx_j_is(name, "isdigit")) return sx_j_bool(all_are(s, SX_UC_ND));
    if (sx_j_is(name, "isnumeric")) return sx_j_bool(all_are(s, SX_UC_N));
    if (sx_j_is(name, "isspace")) return sx_j_bool(all_are(s, SX_UC_SPACE));
    if (sx_j_is(name, "islower")) return sx_j_bool(sx_j_equal(j, recase(j, self, 'l'), self) && !sx_j_equal(j, recase(j, self, 'u'), self));
    if (sx_j_is(name, "isupper")) return sx_j_bool(sx_j_equal(j, recase(j, self, 'u'), self) && !sx_j_equal(j, recase(j, self, 'l'), self));
    if (sx_j_is(name, "join")) return sx_j_filter(j, (jstr){"join", 4}, a, &(jargs){.pos = {&self, 1, 1}});
    if (a.kind != J_STR) {
        sx_jinja_fail(j, LLM_E_INVALID, "%.*s takes a string", (int)name.len, name.s);
        return self;
    }
    if (sx_j_is(name, "replace")) return sx_j_replace(j, self, a, sx_j_text(j, b), args->pos.count > 2 && args->pos.items[2].kind == J_INT ? args->pos.items[2].u.i : -1);
    if (sx_j_is(name, "removeprefix")) return has_end(j, s, a, true) ? sx_j_borrow(s.s + a.u.str.len, s.len - a.u.str.len) : self;
    return has_end(j, s, a, false) ? sx_j_borrow(s.s, s.len - a.u.str.len) : self; /* removesuffix */
}

/* ---- the others ---- */

static jvalue list_method(jinja *j, jvalue self, jstr name, const jargs *args)
{
    const jlist *list = self.u.list;
    jvalue a = sx_j_arg(j, args, 0, NULL);
    int64_t n = 0;
    if (sx_j_is(name, "copy")) return self;
    for (size_t i = 0; i < list->count && j->status == LLM_OK; i++) {
        if (!sx_j_equal(j, list->items[i], a)) continue;
        if (sx_j_is(name, "index")) return sx_j_int((int64_t)i);
        n++;
    }
    if (sx_j_is(name, "index")) sx_jinja_fail(j, LLM_E_INVALID, "index: the value is not in the list");
    return sx_j_int(n);
}

static jvalue dict_method(jinja *j, jvalue self, jstr name, const jargs *args)
{
    const jargs none = {0};
    if (sx_j_is(name, "copy")) return self;
    if (sx_j_is(name, "items")) {
        jvalue pairs = sx_j_filter(j, name, self, &none);
        pairs.kind = J_LIST; /* a view has a length */
        return pairs;
    }
    if (sx_j_is(name, "get")) {
        const jvalue *v = sx_j_get(j, self.u.dict, sx_j_arg(j, args, 0, NULL));
        return v ? *v : args->pos.count > 1 ? args->pos.items[1] : sx_j_none();
    }
    jvalue out = sx_j_list(j, J_LIST);
    bool keys = sx_j_is(name, "keys");
    for (size_t i = 0; i < self.u.dict->count && sx_jinja_step(j, 1); i++)
        sx_j_push(j, out.u.list, keys ? self.u.dict->keys[i] : self.u.dict->values[i]);
    return out;
}

static jvalue loop_method(jinja *j, jvalue self, jstr name, const jargs *args)
{
    jloop *l = self.u.loop;
    if (sx_j_is(name, "cycle")) {
        if (args->pos.count) return args->pos.items[l->index % args->pos.count];
        sx_jinja_fail(j, LLM_E_INVALID, "loop.cycle needs values");
        return self;
    }
    jvalue now = sx_j_list(j, J_TUPLE);
    for (size_t i = 0; i < args->pos.count; i++) sx_j_push(j, now.u.list, args->pos.items[i]);
    bool changed = !l->was_changed || !sx_j_equal(j, l->changed, now);
    l->was_changed = true;
    l->changed = now;
    return sx_j_bool(changed);
}

jvalue sx_j_method(jinja *j, const jmethod *m, const jargs *args)
{
    sx_jinja_step(j, 1);
    switch (m->self.kind) {
    case J_STR: return str_method(j, m->self, m->name, args);
    case J_LIST:
    case J_TUPLE: return list_method(j, m->self, m->name, args);
    case J_DICT: return dict_method(j, m->self, m->name, args);
    default: return loop_method(j, m->self, m->name, args);
    }
}
