/* Surrogates found again in a text. They are held in memory while a vault restores: each by a hash of its letters and digits, so
 * that a text is walked once, word by word. What stands between the words must be what may stand there in a value of the kind. */
#include <string.h>

#include "guard/vault/rows.h"
#include "platform/crypto.h"
#include "guard/vault/surrogate.h"
#include "platform/unicode.h"
#include "platform/utf8.h"

enum { WORDS = 12, GAP = 3, SLOTS = 64 }; /* of a match; signs between two words; of a fresh table */

typedef struct entry {
    uint64_t hash; /* of the form; 0: an empty slot */
    size_t at;     /* in text: type NUL surrogate NUL value NUL, then lengths */
    uint32_t surrogate_len, value_len;
} entry;

struct sx_surrogates {
    sx_mem *mem;
    sx_buf text;
    entry *slots; /* [cap], a power of two */
    size_t n, cap;
    size_t longest;           /* letters and digits of the longest form */
    uint64_t loaded;          /* rows 1 to this are here */
    uint64_t version, erased; /* of the file when they were */
};

void sx_surrogates_free(sx_surrogates *k)
{
    if (k == NULL) return;
    if (k->text.data != NULL) sx_wipe(k->text.data, k->text.cap);
    sx_buf_free(&k->text);
    sx_mem_free(k->mem, k->slots);
    sx_mem_free(k->mem, k);
}

/* FNV-1a over code points: the table is ours and of random values, nobody chooses what collides. */
static uint64_t mix(uint64_t h, uint32_t cp)
{
    for (unsigned i = 0; i < 3; i++) h = (h ^ (cp >> (8 * i) & 0xff)) * UINT64_C(0x100000001b3);
    return h;
}

#define HASH_BASE UINT64_C(0xcbf29ce484222325)

static bool counts(uint32_t cp, uint32_t class)
{
    return cp != SX_UTF8_BAD && (class & (SX_UC_L | SX_UC_N)) != 0;
}

static uint64_t hash_of(const char *s, size_t n, size_t *letters)
{
    uint64_t h = HASH_BASE;
    size_t step;
    *letters = 0;
    for (size_t i = 0; i < n; i += step) {
        uint32_t cp = sx_utf8_next(s + i, n - i, &step);
        if (!counts(cp, cp != SX_UTF8_BAD ? sx_uc_class(cp) : 0)) continue;
        h = mix(h, sx_uc_lower(cp));
        ++*letters;
    }
    return h | 1;
}

static void put(entry *slots, size_t cap, const entry *e)
{
    size_t i = (size_t)e->hash & (cap - 1);
    while (slots[i].hash != 0) i = (i + 1) & (cap - 1);
    slots[i] = *e;
}

static bool grow(sx_surrogates *k)
{
    if (2 * (k->n + 1) < k->cap) return true;
    size_t cap = k->cap != 0 ? 2 * k->cap : SLOTS;
    entry *slots = sx_mem_array(k->mem, cap, sizeof *slots);
    if (slots == NULL) return false;
    for (size_t i = 0; i < k->cap; i++) {
        if (k->slots[i].hash != 0) put(slots, cap, &k->slots[i]);
    }
    sx_mem_free(k->mem, k->slots);
    k->slots = slots;
    k->cap = cap;
    return true;
}

static llm_status add(sx_surrogates *k, const sx_stand_in *s, llm_error *err)
{
    size_t letters;
    entry e = {.hash = hash_of(s->surrogate, s->surrogate_len, &letters),
               .at = k->text.len,
               .surrogate_len = (uint32_t)s->surrogate_len,
               .value_len = (uint32_t)s->value_len};
    sx_buf_add(&k->text, s->type, strlen(s->type) + 1);
    sx_buf_add(&k->text, s->surrogate, s->surrogate_len);
    sx_buf_add(&k->text, s->value, s->value_len);
    if (!grow(k) || sx_buf_status(&k->text) != LLM_OK) return sx_fail_memory(err);
    put(k->slots, k->cap, &e);
    k->n++;
    if (letters > k->longest) k->longest = letters;
    return LLM_OK;
}

static llm_status one_number(sx_vault *v, char kind, uint64_t *n, llm_error *err)
{
    sx_buf row;
    sx_buf_init(&row, v->mem, 0);
    sx_buf_char(&row, kind);
    llm_status status = sx_row_number(v, &row, n, err);
    sx_buf_free(&row);
    return status;
}

llm_status sx_vault_known(sx_vault *v, llm_error *err)
{
    uint64_t last, erased;
    llm_status status = one_number(v, 'L', &last, err);
    if (status == LLM_OK) status = one_number(v, 'e', &erased, err);
    if (status != LLM_OK) return status;
    if (v->known != NULL && (v->known->erased != erased || v->known->loaded > last)) {
        sx_surrogates_free(v->known);
        v->known = NULL;
    }
    if (v->known == NULL) {
        v->known = sx_mem_zalloc(v->mem, sizeof *v->known);
        if (v->known == NULL) return sx_fail_memory(err);
        v->known->mem = v->mem;
        v->known->erased = erased;
        sx_buf_init(&v->known->text, v->mem, 0);
    }
    sx_buf row;
    sx_buf_init(&row, v->mem, 0);
    while (status == LLM_OK && v->known->loaded < last) {
        sx_stand_in s;
        bool found;
        status = sx_vault_stand_in(v, v->known->loaded + 1, &row, &s, &found, err);
        if (status == LLM_OK && found) status = add(v->known, &s, err);
        if (status == LLM_OK) v->known->loaded++;
    }
    if (row.data != NULL) sx_wipe(row.data, row.cap);
    sx_buf_free(&row);
    return status;
}

/* ---- matching ---- */

/* May these bytes stand inside a value of the kind, where the surrogate has words side by side? */
static bool may_divide(sx_value_kind kind, const char *gap, size_t n, bool after_initial)
{
    size_t step;
    for (size_t i = 0; i < n; i += step) {
        uint32_t cp = sx_utf8_next(gap + i, n - i, &step);
        bool space = cp != SX_UTF8_BAD && (sx_uc_class(cp) & SX_UC_SPACE) != 0;
        if (space || cp == '-' || (cp >= 0x2010 && cp <= 0x2015)) continue;
        if (kind == SX_VALUE_NAME ? cp == '_' || (cp == '.' && after_initial)
                                  : cp < 0x80 && strchr("./()+:,", (int)cp) != NULL)
            continue;
        return false;
    }
    return true;
}

/* Do the signs in the text fit the kind? Of addresses and dates the signs are part. */
static bool signs_fit(const char *type, const char *surrogate, size_t surrogate_len, const char *text, size_t len)
{
    sx_value_kind kind = sx_value_kind_of(type);
    size_t step, gap = 0, letters = 0, word = 0;
    if (kind == SX_VALUE_ADDRESS) {
        if (len != surrogate_len) return false;
        for (size_t i = 0; i < len; i++) {
            char a = text[i], b = surrogate[i];
            if (a != b && !((a ^ b) == 32 && ((a | 32) >= 'a' && (a | 32) <= 'z'))) return false;
        }
        return true;
    }
    for (size_t i = 0; i < len; i += step) {
        uint32_t cp = sx_utf8_next(text + i, len - i, &step);
        if (!counts(cp, cp != SX_UTF8_BAD ? sx_uc_class(cp) : 0)) continue;
        if (letters > 0 && i > gap && !may_divide(kind, text + gap, i - gap, word == 1)) return false;
        word = i > gap ? 1 : word + 1;
        letters++;
        gap = i + step;
    }
    return true;
}

/* The entry of this form whose signs fit. */
static const entry *find(const sx_surrogates *k, uint64_t hash, size_t letters, const char *text, size_t len,
                         bool skipped)
{
    for (size_t i = (size_t)hash & (k->cap - 1); k->slots[i].hash != 0; i = (i + 1) & (k->cap - 1)) {
        const entry *e = &k->slots[i];
        size_t n;
        if (e->hash != hash) continue;
        const char *type = k->text.data + e->at, *surrogate = type + strlen(type) + 1;
        if (hash_of(surrogate, e->surrogate_len, &n) != hash || n != letters) continue;
        if (skipped && strcmp(type, "PERSON") != 0) continue;
        if (signs_fit(type, surrogate, e->surrogate_len, text, len)) return e;
    }
    return NULL;
}

/* Walks words from `at` on and notes the longest stretch whose form is known. With skip an initial between two words does not
 * count. */
static const entry *longest(const sx_surrogates *k, const char *text, size_t len, size_t at, bool skip, size_t *end)
{
    const entry *best = NULL;
    uint64_t h = HASH_BASE;
    size_t i = at, letters = 0, step;
    bool skipped = false;
    for (unsigned words = 0; words < WORDS && i < len && letters < k->longest; words++) {
        uint64_t before = h;
        size_t from = i, had = letters;
        bool unspaced = false;
        for (; i < len && letters <= k->longest; i += step) { /* a word: one character where there are no blanks */
            uint32_t cp = sx_utf8_next(text + i, len - i, &step);
            if (!counts(cp, cp != SX_UTF8_BAD ? sx_uc_class(cp) : 0)) break;
            unspaced = sx_uc_is_unspaced(cp) || sx_uc_is_hangul(cp);
            h = mix(h, sx_uc_lower(cp));
            letters++;
            if (!unspaced) continue;
            i += step;
            const entry *e = find(k, h | 1, letters, text + at, i - at, skipped);
            if (e != NULL) best = e, *end = i;
            if (++words >= WORDS * 4) return best;
            step = 0;
        }
        if (i == from) break;
        if (skip && words > 0 && letters == had + 1 && !unspaced) {
            h = before;
            letters = had;
            skipped = true;
        } else if (!unspaced) {
            const entry *e = find(k, h | 1, letters, text + at, i - at, skipped);
            if (e != NULL) best = e, *end = i;
        }
        for (size_t gap = 0; i < len; gap++) { /* to the next word */
            uint32_t cp = sx_utf8_next(text + i, len - i, &step);
            if (counts(cp, cp != SX_UTF8_BAD ? sx_uc_class(cp) : 0)) break;
            if (gap == GAP || cp == SX_UTF8_BAD) return best;
            i += step;
        }
    }
    return best;
}

size_t sx_surrogates_match(sx_vault *v, const char *text, size_t len, size_t at, uint32_t match, sx_buf *out)
{
    const sx_surrogates *k = v->known;
    size_t end = 0, step;
    if (k == NULL || k->n == 0) return 0;
    if (at > 0) { /* not in the middle of a word */
        uint32_t before = sx_utf8_prev(text, at, &step), here = sx_utf8_next(text + at, len - at, &step);
        if (counts(before, before != SX_UTF8_BAD ? sx_uc_class(before) : 0) && !sx_uc_is_unspaced(here) &&
            !sx_uc_is_unspaced(before) && !sx_uc_is_hangul(here))
            return 0;
    }
    const entry *e = longest(k, text, len, at, false, &end);
    bool skipped = e == NULL && match >= LLM_RESTORE_FUZZY;
    if (skipped) e = longest(k, text, len, at, true, &end);
    if (e == NULL) return 0;
    const char *type = k->text.data + e->at, *surrogate = type + strlen(type) + 1,
               *value = surrogate + e->surrogate_len;
    bool same = end - at == e->surrogate_len && memcmp(text + at, surrogate, e->surrogate_len) == 0;
    if (same || !sx_reshape(out, sx_value_kind_of(type), text + at, end - at, value, e->value_len))
        sx_buf_add(out, value, e->value_len);
    return end - at;
}
