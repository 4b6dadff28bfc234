/* Functions every template may call. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/text/jinja/jinja.h"

enum { MAX_RANGE = 100000 }; /* as Jinja2's sandbox */

static jvalue g_range(jinja *j, const jargs *args)
{
    int64_t v[3] = {0, 0, 1};
    jvalue out = sx_j_list(j, J_LIST);
    for (size_t i = 0; i < args->pos.count && i < 3; i++) {
        if (args->pos.items[i].kind != J_INT) sx_jinja_fail(j, LLM_E_INVALID, "range takes whole numbers");
        else v[args->pos.count == 1 ? 1 : i] = args->pos.items[i].u.i;
    }
    if (v[2] == 0) sx_jinja_fail(j, LLM_E_INVALID, "range cannot step by 0");
    for (int64_t i = v[0]; j->status == LLM_OK && (v[2] > 0 ? i < v[1] : i > v[1]);) {
        if (out.u.list->count >= MAX_RANGE) sx_jinja_fail(j, LLM_E_LIMIT, "range is longer than %d", MAX_RANGE);
        sx_j_push(j, out.u.list, sx_j_int(i));
        if (__builtin_add_overflow(i, v[2], &i)) break;
    }
    return out;
}

static jvalue make(jinja *j, const jargs *args, jkind kind)
{
    jvalue out = sx_j_dict(j, kind);
    if (args->pos.count && args->pos.items[0].kind == J_DICT) {
        const jdict *from = args->pos.items[0].u.dict;
        for (size_t i = 0; i < from->count; i++) sx_j_put(j, out.u.dict, from->keys[i], from->values[i]);
    }
    for (size_t i = 0; i < args->kw.count; i++) sx_j_put(j, out.u.dict, args->kw.keys[i], args->kw.values[i]);
    return out;
}

static jvalue g_namespace(jinja *j, const jargs *args)
{
    return make(j, args, J_NAMESPACE);
}

static jvalue g_dict(jinja *j, const jargs *args)
{
    return make(j, args, J_DICT);
}

static jvalue g_raise(jinja *j, const jargs *args)
{
    jvalue why = sx_j_text(j, sx_j_arg(j, args, 0, "message"));
    if (j->status == LLM_OK)
        j->status = sx_fail(j->err, LLM_E_INVALID, "%.*s", (int)(why.u.str.len < 400 ? why.u.str.len : 400), why.u.str.s);
    return why;
}

static const char *const DAYS[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
static const char *const MONTHS[] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};

/* Whole numbers with one character between them ("2026-01-02T03:04:05"); how many there were. */
static int read_fields(jstr s, int *const *fields, int most)
{
    size_t at = 0;
    int n = 0;
    for (; n < most && at < s.len; n++, at++) {
        size_t from = at;
        for (; at < s.len && s.s[at] >= '0' && s.s[at] <= '9' && at - from < 4; at++) *fields[n] = *fields[n] * 10 + (s.s[at] - '0');
        if (at == from) break;
    }
    return n;
}

static void now_of(const jinja *j, struct tm *t)
{
    int *const fields[] = {&t->tm_year, &t->tm_mon, &t->tm_mday, &t->tm_hour, &t->tm_min, &t->tm_sec};
    memset(t, 0, sizeof *t);
    if (read_fields(j->now, fields, 6) >= 3) {
        t->tm_year -= 1900;
        t->tm_mon -= 1;
        t->tm_isdst = -1;
        struct tm copy = *t;
        time_t at = timegm(&copy); /* fills weekday and day of the year */
        gmtime_r(&at, &copy);
        t->tm_wday = copy.tm_wday;
        t->tm_yday = copy.tm_yday;
        if (t->tm_mon < 0 || t->tm_mon > 11) t->tm_mon = 0;
        return;
    }
    time_t at = time(NULL);
    localtime_r(&at, t);
}

/* strftime in the C locale, whatever the host's: the directives that templates use. */
static void put_time(jinja *j, char c, bool bare, const struct tm *t, sx_buf *out)
{
    int hour12 = t->tm_hour % 12 ? t->tm_hour % 12 : 12;
    switch (c) {
    case 'Y': sx_buf_printf(out, "%d", t->tm_year + 1900); break;
    case 'B': sx_buf_str(out, MONTHS[t->tm_mon]); break;
    case 'b':
    case 'h': sx_buf_add(out, MONTHS[t->tm_mon], 3); break;
    case 'A': sx_buf_str(out, DAYS[t->tm_wday]); break;
    case 'a': sx_buf_add(out, DAYS[t->tm_wday], 3); break;
    case 'p': sx_buf_str(out, t->tm_hour < 12 ? "AM" : "PM"); break;
    case 'j': sx_buf_printf(out, bare ? "%d" : "%03d", t->tm_yday + 1); break;
    case 'e': sx_buf_printf(out, "%2d", t->tm_mday); break;
    case 'F': sx_buf_printf(out, "%d-%02d-%02d", t->tm_year + 1900, t->tm_mon + 1, t->tm_mday); break;
    case 'T': sx_buf_printf(out, "%02d:%02d:%02d", t->tm_hour, t->tm_min, t->tm_sec); break;
    case '%': sx_buf_char(out, '%'); break;
    default: {
        int v = c == 'y' ? t->tm_year % 100 : c == 'm' ? t->tm_mon + 1 : c == 'd' ? t->tm_mday : c == 'H' ? t->tm_hour
                : c == 'I' ? hour12 : c == 'M' ? t->tm_min : c == 'S' ? t->tm_sec : -1;
        char text[16];
        if (v < 0) {
            sx_jinja_fail(j, LLM_E_UNSUPPORTED, "strftime_now does not know the directive %%%c", c);
            return;
        }
        snprintf(text, sizeof text, bare ? "%d" : "%02d", v);
        sx_buf_str(out, text);
    }
    }
}

static jvalue g_strftime_now(jinja *j, const jargs *args)
{
    jvalue format = sx_j_text(j, sx_j_arg(j, args, 0, "format"));
    struct tm t;
    now_of(j, &t);
    sx_buf out;
    sx_buf_init(&out, j->mem, 0);
    for (size_t i = 0; i < format.u.str.len && j->status == LLM_OK; i++) {
        char c = format.u.str.s[i];
        if (c != '%' || i + 1 == format.u.str.len) {
            sx_buf_char(&out, c);
            continue;
        }
        bool bare = format.u.str.s[i + 1] == '-' && i + 2 < format.u.str.len;
        i += bare ? 2 : 1;
        put_time(j, format.u.str.s[i], bare, &t, &out);
    }
    return sx_j_take(j, &out);
}

static const struct {
    const char *name;
    jvalue (*fn)(jinja *j, const jargs *args);
} GLOBALS[] = {{"range", g_range}, {"namespace", g_namespace}, {"dict", g_dict}, {"raise_exception", g_raise}, {"strftime_now", g_strftime_now}};

int sx_j_find_global(jstr name)
{
    for (size_t i = 0; i < sizeof GLOBALS / sizeof *GLOBALS; i++)
        if (sx_j_is(name, GLOBALS[i].name)) return (int)i;
    return -1;
}

jvalue sx_j_call_global(jinja *j, int which, const jargs *args)
{
    return GLOBALS[which].fn(j, args);
}
