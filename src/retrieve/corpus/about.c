#include "retrieve/corpus/about.h"

#include <stdlib.h>
#include <string.h>

#include "platform/map.h"
#include "platform/utf8.h"

enum { HEAD = 12, ITEM_BYTES = 4096, ITEMS = 1024 };
static const char magic[4] = {'S', 'X', 'A', '1'};

/* ---- reading ---- */

static uint64_t get_sum(const unsigned char *p)
{
    uint64_t v = 0;
    for (int i = 0; i < 8; i++) v |= (uint64_t)p[i] << (8 * i);
    return v;
}

static const char *read_number(const char *s, uint32_t *value)
{
    uint64_t v = 0;
    if (*s < '0' || *s > '9') return NULL;
    for (; *s >= '0' && *s <= '9'; s++) {
        v = v * 10 + (uint64_t)(*s - '0');
        if (v > UINT32_MAX) return NULL;
    }
    *value = (uint32_t)v;
    return s;
}

bool sx_about_place(const char *text, sx_place *place)
{
    const char *s = read_number(text, &place->begin);
    if (!s || *s != '-') return false;
    s = read_number(s + 1, &place->end);
    if (!s || *s != ' ' || !s[1] || place->end < place->begin) return false;
    place->label = s + 1;
    return true;
}

bool sx_about_read(sx_about *about, const void *blob, size_t size)
{
    *about = (sx_about){"", 0};
    if (size == 0) return true;
    const char *p = blob;
    if (size < HEAD || memcmp(p, magic, sizeof magic) != 0 ||
        get_sum((const unsigned char *)p + sizeof magic) != sx_hash64(p + HEAD, size - HEAD, 0))
        return false;
    if (size > HEAD && p[size - 1] != '\0') return false;
    for (size_t at = HEAD; at < size; at += strlen(p + at) + 1) {
        sx_place place;
        switch (p[at]) {
        case SX_ABOUT_FOLDER:
        case SX_ABOUT_LABEL:
        case SX_ABOUT_META: break;
        case SX_ABOUT_PLACE:
            if (!sx_about_place(p + at + 1, &place)) return false;
            break;
        default: return false;
        }
    }
    *about = (sx_about){p + HEAD, size - HEAD};
    return true;
}

const char *sx_about_next(const sx_about *about, const char *at, char kind)
{
    const char *p = at ? at + strlen(at) + 1 : about->data;
    for (; p < about->data + about->len; p += strlen(p) + 1)
        if (*p == kind) return p + 1;
    return NULL;
}

const char *sx_about_folder(const sx_about *about)
{
    const char *folder = sx_about_next(about, NULL, SX_ABOUT_FOLDER);
    return folder ? folder : "";
}

bool sx_list_has(const char *list, const char *item)
{
    for (; list && *list; list += strlen(list) + 1)
        if (strcmp(list, item) == 0) return true;
    return false;
}

bool sx_about_open_to(const sx_about *about, const char *labels)
{
    const char *label = sx_about_next(about, NULL, SX_ABOUT_LABEL);
    if (!labels || !label) return true;
    for (; label; label = sx_about_next(about, label, SX_ABOUT_LABEL))
        if (sx_list_has(labels, label)) return true;
    return false;
}

/* ---- hidden stretches ---- */

static int by_place(const void *a, const void *b)
{
    const sx_span *x = a, *y = b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return x->end < y->end ? -1 : x->end > y->end;
}

/* One label held opens a stretch, whatever else is written on the same one. */
static bool is_open(const sx_about *about, const sx_place *place, const char *labels)
{
    for (const char *t = NULL; (t = sx_about_next(about, t, SX_ABOUT_PLACE));) {
        sx_place other;
        if (sx_about_place(t, &other) && other.begin == place->begin && other.end == place->end &&
            sx_list_has(labels, other.label))
            return true;
    }
    return false;
}

llm_status sx_about_hidden(const sx_about *about, const char *labels, sx_mem *mem, sx_span **out, size_t *n)
{
    size_t cap = 0, count = 0, kept = 0;
    *out = NULL;
    *n = 0;
    for (const char *t = NULL; labels && (t = sx_about_next(about, t, SX_ABOUT_PLACE));) {
        sx_place place;
        if (!sx_about_place(t, &place) || place.begin == place.end || is_open(about, &place, labels)) continue;
        if (sx_mem_grow(mem, (void **)out, &cap, count + 1, sizeof **out)) {
            sx_mem_free(mem, *out);
            *out = NULL;
            return LLM_E_MEMORY;
        }
        (*out)[count++] = (sx_span){place.begin, place.end};
    }
    if (!count) return LLM_OK;
    qsort(*out, count, sizeof **out, by_place);
    for (size_t i = 0; i < count; i++) {
        sx_span *last = kept ? &(*out)[kept - 1] : NULL, next = (*out)[i];
        if (last && next.begin <= last->end)
            last->end = next.end > last->end ? next.end : last->end;
        else
            (*out)[kept++] = next;
    }
    *n = kept;
    return LLM_OK;
}

/* ---- writing ---- */

typedef struct writer {
    sx_buf *out;
    size_t begin;
} writer;

static writer start(sx_buf *out)
{
    writer w = {out, out->len};
    sx_buf_add(out, magic, sizeof magic);
    sx_buf_add(out, "\0\0\0\0\0\0\0", 8);
    return w;
}

static void put(writer *w, char kind, const char *text)
{
    sx_buf_char(w->out, kind);
    sx_buf_add(w->out, text, strlen(text) + 1);
}

static llm_status finish(writer *w)
{
    llm_status status = sx_buf_status(w->out);
    if (status != LLM_OK) return status;
    char *p = w->out->data + w->begin;
    uint64_t sum = sx_hash64(p + HEAD, w->out->len - w->begin - HEAD, 0);
    for (int i = 0; i < 8; i++) p[sizeof magic + (size_t)i] = (char)(unsigned char)(sum >> (8 * i));
    return LLM_OK;
}

static void copy(writer *w, const sx_about *old, char kind)
{
    for (const char *t = NULL; (t = sx_about_next(old, t, kind));) put(w, kind, t);
}

static llm_status check_item(const char *what, const char *item, llm_error *err)
{
    size_t len = strlen(item), bad = sx_utf8_check(item, len);
    if (len > ITEM_BYTES)
        return sx_fail(err, LLM_E_LIMIT, "a %s has %zu bytes; the limit is %d", what, len, ITEM_BYTES);
    if (bad != len) return sx_fail(err, LLM_E_UTF8, "a %s is not UTF-8 at byte %zu", what, bad);
    for (const char *s = item; *s; s++)
        if ((unsigned char)*s < ' ')
            return sx_fail(err, LLM_E_INVALID, "a %s holds a control character at byte %zu", what, (size_t)(s - item));
    return LLM_OK;
}

/* A key begins with a letter; what the corpus itself knows cannot be said otherwise. */
static llm_status check_meta(const char *item, llm_error *err)
{
    static const char *const taken[] = {"name",  "folder", "label", "format", "bytes",
                                        "nodes", "and",    "or",    "not",    "in"};
    llm_status status = check_item("key=value pair", item, err);
    if (status != LLM_OK) return status;
    const char *equals = strchr(item, '=');
    size_t n = equals ? (size_t)(equals - item) : 0, good = 0;
    while (good < n && ((item[good] >= 'a' && item[good] <= 'z') || (item[good] >= 'A' && item[good] <= 'Z') ||
                        (unsigned char)item[good] >= 0x80 || item[good] == '_' ||
                        (good && ((item[good] >= '0' && item[good] <= '9') || item[good] == '-' || item[good] == '.'))))
        good++;
    if (!n || good < n)
        return sx_fail(
            err, LLM_E_INVALID,
            "\"%.100s\" is no key=value pair: a key is made of letters, digits, '_', '-' and '.', and begins "
            "with a letter",
            item);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (strlen(taken[i]) == n && memcmp(taken[i], item, n) == 0)
            return sx_fail(err, LLM_E_INVALID, "\"%s\" cannot be a key of your own: it has a meaning already",
                           taken[i]);
    return LLM_OK;
}

static llm_status put_list(writer *w, char kind, const char *what, const char *list, llm_error *err)
{
    llm_status status = LLM_OK;
    size_t n = 0;
    for (const char *item = list; *item && status == LLM_OK; item += strlen(item) + 1) {
        status = kind == SX_ABOUT_META ? check_meta(item, err) : check_item(what, item, err);
        if (status == LLM_OK && ++n > ITEMS)
            status = sx_fail(err, LLM_E_LIMIT, "a document may have at most %d of a %s", ITEMS, what);
        if (status == LLM_OK) put(w, kind, item);
    }
    return status;
}

/* "/a//b/" is "a/b". */
static llm_status put_folder(writer *w, const char *folder, llm_error *err)
{
    llm_status status = check_item("folder", folder, err);
    if (status != LLM_OK) return status;
    bool any = false;
    for (const char *s = folder; *s;) {
        size_t n = strcspn(s, "/");
        if ((n == 1 && s[0] == '.') || (n == 2 && s[0] == '.' && s[1] == '.'))
            return sx_fail(err, LLM_E_INVALID, "folder \"%.100s\" may not have . or .. in it", folder);
        if (n) {
            sx_buf_char(w->out, any ? '/' : SX_ABOUT_FOLDER);
            sx_buf_add(w->out, s, n);
            any = true;
        }
        s += n;
        while (*s == '/') s++;
    }
    if (any) sx_buf_char(w->out, '\0');
    return LLM_OK;
}

llm_status sx_about_write(sx_buf *out, const sx_about *old, const sx_about_change *change, llm_error *err)
{
    writer w = start(out);
    llm_status status = LLM_OK;
    if (change->folder)
        status = put_folder(&w, change->folder, err);
    else
        copy(&w, old, SX_ABOUT_FOLDER);
    if (!change->labels)
        copy(&w, old, SX_ABOUT_LABEL);
    else if (status == LLM_OK)
        status = put_list(&w, SX_ABOUT_LABEL, "label", change->labels, err);
    if (!change->meta)
        copy(&w, old, SX_ABOUT_META);
    else if (status == LLM_OK)
        status = put_list(&w, SX_ABOUT_META, "key=value pair", change->meta, err);
    copy(&w, old, SX_ABOUT_PLACE);
    if (status != LLM_OK) return status;
    return finish(&w) == LLM_OK ? LLM_OK : sx_fail_memory(err);
}

static void put_place(writer *w, uint32_t begin, uint32_t end, const char *label)
{
    sx_buf_printf(w->out, "%c%u-%u %s", SX_ABOUT_PLACE, begin, end, label);
    sx_buf_char(w->out, '\0');
}

static void copy_whole(writer *w, const sx_about *old)
{
    copy(w, old, SX_ABOUT_FOLDER);
    copy(w, old, SX_ABOUT_LABEL);
    copy(w, old, SX_ABOUT_META);
}

llm_status sx_about_label(sx_buf *out, const sx_about *old, sx_span where, const char *labels, llm_error *err)
{
    writer w = start(out);
    llm_status status = LLM_OK;
    size_t n = 0;
    copy_whole(&w, old);
    for (const char *t = NULL; (t = sx_about_next(old, t, SX_ABOUT_PLACE));) {
        sx_place place;
        if (sx_about_place(t, &place) && (place.begin != where.begin || place.end != where.end)) {
            put(&w, SX_ABOUT_PLACE, t);
            n++;
        }
    }
    for (; *labels && status == LLM_OK; labels += strlen(labels) + 1) {
        status = check_item("label", labels, err);
        if (status == LLM_OK && ++n > ITEMS)
            status = sx_fail(err, LLM_E_LIMIT, "a document may have at most %d labelled places", ITEMS);
        if (status == LLM_OK) put_place(&w, where.begin, where.end, labels);
    }
    if (status != LLM_OK) return status;
    return finish(&w) == LLM_OK ? LLM_OK : sx_fail_memory(err);
}

llm_status sx_about_moved(sx_buf *out, const sx_about *old, uint32_t begin, uint32_t end, uint32_t len)
{
    writer w = start(out);
    uint32_t gone = end - begin;
    copy_whole(&w, old);
    for (const char *t = NULL; (t = sx_about_next(old, t, SX_ABOUT_PLACE));) {
        sx_place p;
        if (!sx_about_place(t, &p)) continue;
        if (p.begin > end || (p.begin == end && begin < end)) { /* wholly behind */
            p.begin = p.begin - gone + len;
            p.end = p.end - gone + len;
        } else if (p.end > begin || (p.end == begin && begin == end)) { /* touched */
            uint32_t last = p.end > end ? p.end : end;
            p.begin = p.begin < begin ? p.begin : begin;
            p.end = last - gone + len;
        }
        if (p.begin < p.end) put_place(&w, p.begin, p.end, p.label);
    }
    return finish(&w);
}
