/* Parsed by recursive descent (nesting is bounded) into postfix order, so that asking needs a small stack of truths and
 * nothing else. */
#include "retrieve/corpus/filter.h"

#include <stdio.h>
#include <string.h>

#include "platform/arena.h"
#include "platform/number.h"
#include "platform/utf8.h"

enum { STEPS = 512, DEPTH = 64, FILTER_BYTES = 65536 };

typedef enum { TEST_EQUAL, TEST_LESS, TEST_MOST, TEST_MORE, TEST_LEAST, TEST_BEGINS, TEST_HAS, AND, OR, NOT } step_kind;

typedef struct step {
    step_kind kind;
    const char *key, *value;
    bool is_number;
    double number;
} step;

struct sx_docfilter {
    sx_mem *mem;
    sx_arena arena;
    step steps[STEPS];
    size_t count;
};

typedef struct parser {
    sx_docfilter *filter;
    const char *text, *at;
    unsigned depth;
    llm_error *err;
    llm_status status;
} parser;

/* ---- values ---- */

static bool is_number(const char *s, double *number)
{
    return s[strspn(s, "+-0123456789.eE")] == '\0' && s[0] && sx_number_float(s, strlen(s), number);
}

/* YYYY[-MM[-DD[T...]]] */
static bool is_date(const char *s)
{
    static const char form[] = "dddd-dd-dd";
    size_t n = 0;
    for (; n < sizeof form - 1 && s[n]; n++)
        if (form[n] == 'd' ? s[n] < '0' || s[n] > '9' : s[n] != '-') return false;
    if (s[n] && s[n] != 'T' && s[n] != ' ') return false;
    return n == 4 || n == 7 || n == 10;
}

/* -1, 0, 1; a more exact date is looked at only as far as the filter's goes. 2: not to be compared. */
static int compare(const char *have, const step *s)
{
    double number;
    if (s->is_number && is_number(have, &number)) return number < s->number ? -1 : number > s->number;
    if (!is_date(have) || !is_date(s->value)) return 2;
    int order = strncmp(have, s->value, strlen(s->value));
    return order < 0 ? -1 : order > 0;
}

static bool begins(const step *s, const char *have)
{
    size_t n = strlen(s->value);
    if (strcmp(s->key, "folder") != 0) return strncmp(have, s->value, n) == 0;
    while (n && s->value[n - 1] == '/') n--;
    return strncmp(have, s->value, n) == 0 && (!n || !have[n] || have[n] == '/');
}

static bool equal(const step *s, const char *have)
{
    double number;
    if (strcmp(have, s->value) == 0) return true;
    return s->is_number && is_number(have, &number) && number <= s->number && number >= s->number;
}

static bool fits(const step *s, const char *have)
{
    switch (s->kind) {
    case TEST_EQUAL: return equal(s, have);
    case TEST_LESS: return compare(have, s) == -1;
    case TEST_MOST: return compare(have, s) <= 0;
    case TEST_MORE: return compare(have, s) == 1;
    case TEST_LEAST: return compare(have, s) == 0 || compare(have, s) == 1;
    case TEST_BEGINS: return begins(s, have);
    default: return true;
    }
}

static bool any_label(const step *s, const sx_filter_doc *doc)
{
    for (const char *t = NULL; (t = sx_about_next(doc->about, t, SX_ABOUT_LABEL));)
        if ((!doc->labels || sx_list_has(doc->labels, t)) && fits(s, t)) return true;
    return false;
}

static bool any_pair(const step *s, const sx_filter_doc *doc)
{
    size_t n = strlen(s->key);
    for (const char *t = NULL; (t = sx_about_next(doc->about, t, SX_ABOUT_META));)
        if (strncmp(t, s->key, n) == 0 && t[n] == '=' && fits(s, t + n + 1)) return true;
    return false;
}

static bool test(const step *s, const sx_filter_doc *doc)
{
    static const char *const formats[] = {"", "text", "markdown", "html", "docx", "epub", "pdf", "pageindex"};
    char number[24];
    if (strcmp(s->key, "name") == 0) return fits(s, doc->name);
    if (strcmp(s->key, "folder") == 0) return fits(s, sx_about_folder(doc->about));
    if (strcmp(s->key, "label") == 0) return any_label(s, doc);
    if (strcmp(s->key, "format") == 0)
        return fits(s, doc->format < sizeof formats / sizeof *formats ? formats[doc->format] : "");
    if (strcmp(s->key, "bytes") == 0 || strcmp(s->key, "nodes") == 0) {
        uint64_t n = s->key[0] == 'b' ? doc->bytes : doc->nodes;
        snprintf(number, sizeof number, "%llu", (unsigned long long)n);
        return fits(s, number);
    }
    return any_pair(s, doc);
}

bool sx_docfilter_takes(const sx_docfilter *filter, const sx_filter_doc *doc)
{
    bool stack[STEPS];
    size_t n = 0;
    for (size_t i = 0; i < filter->count; i++) {
        const step *s = &filter->steps[i];
        switch (s->kind) {
        case AND: n--, stack[n - 1] = stack[n - 1] && stack[n]; break;
        case OR: n--, stack[n - 1] = stack[n - 1] || stack[n]; break;
        case NOT: stack[n - 1] = !stack[n - 1]; break;
        default: stack[n++] = test(s, doc); break;
        }
    }
    return n == 1 && stack[0];
}

/* ---- parsing ---- */

static void fail(parser *p, const char *at, const char *what)
{
    if (p->status != LLM_OK) return;
    size_t len = strlen(at);
    if (len > 24) len = 24;
    while (len && sx_utf8_check(at, len) != len) len--;
    p->status = sx_fail(p->err, LLM_E_INVALID, "the filter is wrong at byte %zu, %s%.*s%s: %s", (size_t)(at - p->text),
                        len ? "\"" : "its end", (int)len, at, len ? "\"" : "", what);
}

static void skip(parser *p)
{
    while (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r') p->at++;
}

static bool is_word_byte(char c)
{
    return (unsigned char)c > ' ' && !strchr("()\",=<>!^", c);
}

static size_t word_length(const char *s)
{
    size_t n = 0;
    while (s[n] && is_word_byte(s[n])) n++;
    return n;
}

static bool take_word(parser *p, const char *word)
{
    skip(p);
    size_t n = word_length(p->at);
    if (n != strlen(word) || strncmp(p->at, word, n) != 0) return false;
    p->at += n;
    return true;
}

static bool take_mark(parser *p, const char *mark)
{
    skip(p);
    size_t n = strlen(mark);
    if (strncmp(p->at, mark, n) != 0) return false;
    p->at += n;
    return true;
}

static const char *keep(parser *p, const char *s, size_t n)
{
    const char *copy = sx_arena_strndup(&p->filter->arena, s, n);
    if (!copy && p->status == LLM_OK) p->status = sx_fail_memory(p->err);
    return copy ? copy : "";
}

static void emit(parser *p, step s)
{
    if (p->status != LLM_OK) return;
    if (p->filter->count == STEPS) {
        p->status = sx_fail(p->err, LLM_E_LIMIT, "the filter has more than %d tests and joints", STEPS);
        return;
    }
    p->filter->steps[p->filter->count++] = s;
}

static const char *quoted(parser *p)
{
    const char *open = p->at++;
    char *copy = sx_arena_alloc(&p->filter->arena, strlen(open) + 1);
    size_t n = 0;
    if (!copy) {
        p->status = sx_fail_memory(p->err);
        return "";
    }
    for (; *p->at && *p->at != '"'; p->at++) {
        if (*p->at == '\\' && (p->at[1] == '"' || p->at[1] == '\\')) p->at++;
        copy[n++] = *p->at;
    }
    if (*p->at)
        p->at++;
    else
        fail(p, open, "the quotation mark is not closed");
    return copy;
}

static const char *value(parser *p)
{
    skip(p);
    if (*p->at == '"') return quoted(p);
    size_t n = word_length(p->at);
    if (!n) fail(p, p->at, "a value was expected; one with blanks or marks stands in quotation marks");
    const char *s = keep(p, p->at, n);
    p->at += n;
    return s;
}

static void emit_test(parser *p, step_kind kind, const char *key)
{
    skip(p);
    const char *at = p->at;
    step s = {.kind = kind, .key = key, .value = value(p)};
    s.is_number = is_number(s.value, &s.number);
    if (kind >= TEST_LESS && kind <= TEST_LEAST && !s.is_number && !is_date(s.value))
        fail(p, at, "<, <=, > and >= want a number or a date such as 2024-03-15");
    emit(p, s);
}

static void any_of(parser *p, const char *key)
{
    if (!take_mark(p, "(")) fail(p, p->at, "'in' wants a list such as (en, de)");
    for (size_t n = 0; p->status == LLM_OK; n++) {
        emit_test(p, TEST_EQUAL, key);
        if (n) emit(p, (step){.kind = OR});
        if (take_mark(p, ")")) return;
        if (!take_mark(p, ",")) fail(p, p->at, "',' or ')' was expected");
    }
}

static void one_test(parser *p)
{
    static const struct {
        const char *mark;
        step_kind kind;
    } marks[] = {{"<=", TEST_MOST},   {">=", TEST_LEAST}, {"<", TEST_LESS}, {">", TEST_MORE},
                 {"^=", TEST_BEGINS}, {"==", TEST_EQUAL}, {"=", TEST_EQUAL}};
    skip(p);
    size_t n = word_length(p->at);
    if (!n) {
        fail(p, p->at, "a key, 'not' or '(' was expected");
        return;
    }
    const char *key = keep(p, p->at, n);
    if (strcmp(key, "and") == 0 || strcmp(key, "or") == 0 || strcmp(key, "in") == 0) {
        fail(p, p->at, "a key was expected before it");
        return;
    }
    p->at += n;
    if (take_word(p, "in")) {
        any_of(p, key);
        return;
    }
    if (take_mark(p, "!=")) {
        emit_test(p, TEST_EQUAL, key);
        emit(p, (step){.kind = NOT});
        return;
    }
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (take_mark(p, marks[i].mark)) {
            emit_test(p, marks[i].kind, key);
            return;
        }
    emit(p, (step){.kind = TEST_HAS, .key = key, .value = ""});
}

static void either(parser *p);

/* `not`s in a row cost no depth. */
static void factor(parser *p)
{
    bool negated = false;
    while (p->status == LLM_OK && take_word(p, "not")) negated = !negated;
    skip(p);
    const char *open = p->at;
    if (take_mark(p, "(")) {
        if (++p->depth > DEPTH) fail(p, open, "parentheses are nested too deep");
        if (p->status == LLM_OK) either(p);
        p->depth--;
        if (p->status == LLM_OK && !take_mark(p, ")")) fail(p, p->at, "'and', 'or' or ')' was expected");
    } else {
        one_test(p);
    }
    if (negated) emit(p, (step){.kind = NOT});
}

static void both(parser *p)
{
    factor(p);
    while (p->status == LLM_OK && take_word(p, "and")) {
        factor(p);
        emit(p, (step){.kind = AND});
    }
}

static void either(parser *p)
{
    both(p);
    while (p->status == LLM_OK && take_word(p, "or")) {
        both(p);
        emit(p, (step){.kind = OR});
    }
}

llm_status sx_docfilter_parse(sx_docfilter **out, sx_mem *mem, const char *text, llm_error *err)
{
    *out = NULL;
    size_t len = strlen(text), bad = sx_utf8_check(text, len);
    if (len > FILTER_BYTES)
        return sx_fail(err, LLM_E_LIMIT, "the filter has %zu bytes; the limit is %d", len, FILTER_BYTES);
    if (bad != len) return sx_fail(err, LLM_E_UTF8, "the filter is not UTF-8 at byte %zu", bad);
    sx_docfilter *filter = sx_mem_zalloc(mem, sizeof *filter);
    if (!filter) return sx_fail_memory(err);
    filter->mem = mem;
    sx_arena_init(&filter->arena, mem);
    parser p = {.filter = filter, .text = text, .at = text, .err = err};
    either(&p);
    skip(&p);
    if (p.status == LLM_OK && *p.at) fail(&p, p.at, "'and', 'or' or the end was expected");
    if (p.status != LLM_OK) {
        sx_docfilter_free(filter);
        return p.status;
    }
    *out = filter;
    return LLM_OK;
}

void sx_docfilter_free(sx_docfilter *filter)
{
    if (!filter) return;
    sx_arena_free(&filter->arena);
    sx_mem_free(filter->mem, filter);
}
