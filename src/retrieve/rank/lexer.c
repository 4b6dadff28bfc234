#include "retrieve/rank/lexer.h"

#include <libstemmer.h>
#include <string.h>

#include "platform/ascii.h"
#include "platform/map.h"
#include "platform/unicode.h"
#include "platform/utf8.h"
#include "retrieve/rank/fold.h"

enum { PIECE_MAX = 192, JOIN_MAX = 256, PLAIN_MAX = 48 };

/* A word in hand: its bytes in the text and in folded form. */
typedef struct piece {
    size_t start, end;
    char folded[PIECE_MAX * 3 + 8];
    size_t len;
    uint32_t script; /* SX_LANG_* by its first letter outside ASCII */
    bool slow, letters, digits, hangul;
} piece;

void sx_lexer_init(sx_lexer *lexer, sx_mem *mem, uint32_t lang, bool want_weak)
{
    memset(lexer, 0, sizeof *lexer);
    lexer->mem = mem;
    lexer->lang = lang;
    lexer->want_weak = want_weak;
    sx_buf_init(&lexer->folded, mem, 0);
    sx_function_words_init(&lexer->function_words, mem);
}

void sx_lexer_free(sx_lexer *lexer)
{
    for (uint32_t i = 0; i < SX_STEMMERS; i++)
        if (lexer->stemmers[i]) sb_stemmer_delete(lexer->stemmers[i]);
    sx_mem_free(lexer->mem, lexer->slots);
    sx_mem_free(lexer->mem, lexer->tokens);
    sx_mem_free(lexer->mem, lexer->waiting);
    sx_buf_free(&lexer->folded);
    sx_function_words_free(&lexer->function_words);
    memset(lexer, 0, sizeof *lexer);
}

static void put_token(sx_lexer *x, uint32_t term, size_t start, size_t end, uint8_t kind, bool weak)
{
    if (sx_mem_grow(x->mem, (void **)&x->tokens, &x->tokens_cap, x->count + 1, sizeof *x->tokens)) {
        x->failed = true;
        return;
    }
    x->tokens[x->count++] = (sx_token){term, (uint32_t)start, (uint32_t)end, kind, weak};
}

static uint32_t term_of(const char *bytes, size_t len)
{
    uint64_t h = sx_hash64(bytes, len, 0x7365787461);
    uint32_t term = (uint32_t)(h ^ h >> 32);
    return term ? term : 1;
}

/* ---- stems, remembered per word ---- */

static uint32_t stem_term(sx_lexer *x, const char *word, size_t len, uint32_t lang)
{
    const char *name = sx_language_stemmer(lang);
    if (!name || len < 3) return term_of(word, len);
    if (!x->stemmers[lang]) x->stemmers[lang] = sb_stemmer_new(name, "UTF_8");
    if (!x->stemmers[lang]) { /* the language is part of every Snowball build, so this is want of memory */
        x->failed = true;
        return 1;
    }
    const sb_symbol *stem = sb_stemmer_stem(x->stemmers[lang], (const sb_symbol *)word, (int)len);
    if (!stem) {
        x->failed = true;
        return 1;
    }
    return term_of((const char *)stem, (size_t)sb_stemmer_length(x->stemmers[lang]));
}

static sx_term_slot *find_slot(sx_term_slot *slots, size_t cap, uint64_t key)
{
    size_t i = (size_t)(key >> 7) & (cap - 1);
    while (slots[i].key && slots[i].key != key) i = (i + 1) & (cap - 1);
    return &slots[i];
}

static bool grow_slots(sx_lexer *x)
{
    size_t cap = x->cap ? x->cap * 2 : 256;
    sx_term_slot *slots = sx_mem_array(x->mem, cap, sizeof *slots);
    if (!slots) return false;
    for (size_t i = 0; i < x->cap; i++)
        if (x->slots[i].key) *find_slot(slots, cap, x->slots[i].key) = x->slots[i];
    sx_mem_free(x->mem, x->slots);
    x->slots = slots;
    x->cap = cap;
    return true;
}

/* The language goes in far from the letters: a small number would only turn one letter into another. */
static uint64_t word_key(const char *word, size_t len, uint32_t lang, bool stem)
{
    return sx_hash64(word, len, stem ? (lang + 1) * UINT64_C(0x9E3779B97F4A7C15) : 0) | 1;
}

/* The slot of a key, free if the word is new; NULL without memory. */
static sx_term_slot *slot_of(sx_lexer *x, uint64_t key)
{
    if (x->used * 2 >= x->cap && !grow_slots(x)) {
        x->failed = true;
        return NULL;
    }
    return find_slot(x->slots, x->cap, key);
}

static void fill_slot(sx_lexer *x, sx_term_slot *slot, uint64_t key, const char *word, size_t len, uint32_t lang,
                      bool stem)
{
    slot->key = key;
    slot->term = stem ? stem_term(x, word, len, lang) : term_of(word, len);
    slot->weak = x->want_weak && sx_language_weak(lang, word, len);
    x->used++;
}

/* The term of a folded word; stemming happens once per different word. */
static sx_term_slot word_term(sx_lexer *x, const char *word, size_t len, uint32_t lang, bool stem)
{
    uint64_t key = word_key(word, len, lang, stem);
    sx_term_slot *slot = slot_of(x, key);
    if (!slot) return (sx_term_slot){key, 1, false};
    if (!slot->key) fill_slot(x, slot, key, word, len, lang, stem);
    return *slot;
}

/* ---- plain words: ASCII letters and digits between blanks and the like ---- */

/* The run of letters and digits at `at`, folded into out (PLAIN_MAX + 8 bytes); 0 when it is a long one. */
static size_t fold_plain(const char *text, size_t len, size_t at, char *out, bool *letters, bool *digits)
{
    uint64_t any_letters = 0, any_digits = 0;
    size_t n = 0;
    for (; n < PLAIN_MAX && len - at - n >= 8; n += 8) {
        sx_ascii8 a = sx_ascii_at(text + at + n);
        unsigned run = sx_ascii_run(a.letters | a.digits);
        sx_ascii_store(out + n, a.folded);
        any_letters |= sx_ascii_first(a.letters, run);
        any_digits |= sx_ascii_first(a.digits, run);
        if (run == 8) continue;
        n += run;
        *letters = any_letters != 0;
        *digits = any_digits != 0;
        return n;
    }
    *letters = any_letters != 0;
    *digits = any_digits != 0;
    for (; n < PLAIN_MAX && at + n < len; n++) {
        char c = text[at + n];
        bool letter = sx_ascii_is_letter(c), digit = sx_ascii_is_digit(c);
        if (!letter && !digit) return n;
        *letters = *letters || letter;
        *digits = *digits || digit;
        out[n] = (char)(c | 0x20);
    }
    return n < PLAIN_MAX ? n : 0;
}

/* Does a word of n letters end for good before this byte? A hyphen, an apostrophe and the like may join it to the next one, the dot
 * after a single letter may be an acronym's. */
static bool parts_plainly(char next, size_t n)
{
    return (unsigned char)next < 0x80 && next != '-' && next != '\'' && next != '&' && (next != '.' || n > 1);
}

/* Notes a plain word, if there is one at `at`: its place in the table is on its way from memory while the text is read on.
 * Returns its length, or 0. */
static size_t take_plain(sx_lexer *x, const char *text, size_t len, size_t at)
{
    char folded[PLAIN_MAX + 8];
    bool letters, digits;
    if (x->lang == SX_LANG_TR) return 0; /* has an i of its own */
    size_t n = fold_plain(text, len, at, folded, &letters, &digits);
    if (!n || !letters || (at + n < len && !parts_plainly(text[at + n], n))) return 0;
    if (sx_mem_grow(x->mem, (void **)&x->waiting, &x->waiting_cap, x->n_waiting + 1, sizeof *x->waiting)) {
        x->failed = true;
        return n;
    }
    uint64_t key = word_key(folded, n, x->lang, !digits);
    if (x->cap) __builtin_prefetch(&x->slots[(size_t)(key >> 7) & (x->cap - 1)]);
    x->waiting[x->n_waiting++] = (sx_waiting_word){key, x->count, !digits};
    put_token(x, 1, at, at + n, SX_TOK_WORD, false);
    return n;
}

/* Gives the noted words their terms. */
static void settle_plain(sx_lexer *x, const char *text, size_t len)
{
    for (size_t i = 0; i < x->n_waiting && !x->failed; i++) {
        const sx_waiting_word *w = &x->waiting[i];
        sx_token *token = &x->tokens[w->token];
        sx_term_slot *slot = slot_of(x, w->key);
        if (!slot) return;
        if (!slot->key) {
            char folded[PLAIN_MAX + 8];
            bool letters, digits;
            size_t n = fold_plain(text, len, token->start, folded, &letters, &digits);
            fill_slot(x, slot, w->key, folded, n, x->lang, w->stem);
        }
        token->term = slot->term;
        token->weak = slot->weak;
    }
    x->n_waiting = 0;
}

/* ---- folding a piece ---- */

static void put_folded(const sx_lexer *x, piece *p, uint32_t cp)
{
    if (p->len + 4 > sizeof p->folded) return;
    if (x->lang == SX_LANG_TR && (cp == 'I' || cp == 0x130)) {
        p->len += sx_utf8_put(cp == 'I' ? 0x131 : 'i', p->folded + p->len);
        return;
    }
    uint32_t value = cp >= 0x80 ? sx_digit_value(cp) : 10;
    uint32_t folded = value < 10 ? '0' + value : sx_fold_simple(cp);
    if (folded == SX_FOLD_SLOW)
        p->slow = true;
    else if (folded != SX_FOLD_DROP)
        p->len += sx_utf8_put(folded, p->folded + p->len);
}

/* The whole algorithm, for words with characters that the simple one does not know. */
static void fold_slowly(sx_lexer *x, piece *p, const char *text)
{
    sx_buf_clear(&x->folded);
    if (sx_uc_fold(text + p->start, p->end - p->start, &x->folded)) {
        x->failed = true;
        return;
    }
    p->len = 0;
    const char *s = sx_buf_cstr(&x->folded);
    for (size_t i = 0, step; i < x->folded.len && p->len + 4 <= sizeof p->folded; i += step) {
        uint32_t cp = sx_utf8_next(s + i, x->folded.len - i, &step);
        uint32_t simple = sx_fold_simple(cp);
        uint32_t value = cp >= 0x80 ? sx_digit_value(cp) : 10;
        if (simple == SX_FOLD_DROP || (cp == 0x307 && p->len && p->folded[p->len - 1] == 'i')) continue;
        if (value < 10) simple = '0' + value;
        if (cp != SX_UTF8_BAD) p->len += sx_utf8_put(simple == SX_FOLD_SLOW ? cp : simple, p->folded + p->len);
    }
}

/* The run of ASCII letters and digits at `at`, which is most of most texts; returns where it ends. */
static size_t take_ascii(const sx_lexer *x, const char *text, size_t len, size_t at, piece *p)
{
    size_t end = len - at < PIECE_MAX ? len : at + PIECE_MAX;
    bool turkish = x->lang == SX_LANG_TR;
    for (; at < end; at++) {
        unsigned char c = (unsigned char)text[at];
        if ((unsigned char)((c | 0x20) - 'a') < 26) {
            if (turkish && c == 'I') break;
            p->letters = true;
            p->folded[p->len++] = (char)(c | 0x20);
        } else if ((unsigned char)(c - '0') < 10) {
            p->digits = true;
            p->folded[p->len++] = (char)c;
        } else {
            break;
        }
    }
    return at;
}

static void begin_piece(piece *p, size_t at)
{
    p->start = p->end = at;
    p->len = 0;
    p->script = SX_LANG_EN;
    p->slow = p->letters = p->digits = p->hangul = false;
}

/* Takes the run of letters, marks and digits at `at`. */
static size_t take_piece(sx_lexer *x, const char *text, size_t len, size_t at, piece *p)
{
    size_t step;
    begin_piece(p, at);
    at = take_ascii(x, text, len, at, p);
    for (; at < len && at - p->start < PIECE_MAX; at += step) {
        uint32_t cp = sx_utf8_next(text + at, len - at, &step);
        sx_char kind = sx_char_kind(cp);
        if (cp == 0xad) kind = SX_CHAR_MARK; /* a soft hyphen does not part a word */
        if (kind == SX_CHAR_OTHER || kind == SX_CHAR_IDEOGRAPH || kind == SX_CHAR_SEA) break;
        if (kind == SX_CHAR_DIGIT) p->digits = true;
        if (kind == SX_CHAR_HANGUL) p->hangul = true;
        if (kind == SX_CHAR_LETTER || kind == SX_CHAR_HANGUL) p->letters = true;
        if (cp >= 0x370 && p->script == SX_LANG_EN && kind == SX_CHAR_LETTER) p->script = sx_script_language(cp);
        put_folded(x, p, cp);
    }
    p->end = at;
    if (p->slow) fold_slowly(x, p, text);
    return at;
}

/* ---- words, numbers, compounds ---- */

static uint32_t at_cp(const char *text, size_t len, size_t at, size_t *step)
{
    *step = 0;
    return at < len ? sx_utf8_next(text + at, len - at, step) : 0;
}

static bool is_word_char(const char *text, size_t len, size_t at)
{
    size_t step;
    if (at < len && (unsigned char)text[at] < 0x80)
        return (unsigned char)((text[at] | 0x20) - 'a') < 26 || (unsigned char)(text[at] - '0') < 10;
    uint32_t cp = at_cp(text, len, at, &step);
    if (!step) return false;
    sx_char kind = sx_char_kind(cp);
    return kind == SX_CHAR_LETTER || kind == SX_CHAR_DIGIT || kind == SX_CHAR_HANGUL;
}

static uint32_t language_of(const sx_lexer *x, const piece *p)
{
    if (p->hangul) return SX_LANG_KO;
    return p->script == SX_LANG_EN ? x->lang : p->script;
}

static void put_hangul_pairs(sx_lexer *x, const piece *p)
{
    for (size_t i = 0; i + 6 <= p->len; i += 3) {
        if ((p->folded[i] & 0xf0) != 0xe0 || (p->folded[i + 3] & 0xf0) != 0xe0) break;
        put_token(x, term_of(p->folded + i, 6), p->start, p->end, SX_TOK_PAIR, false);
    }
}

static void put_word(sx_lexer *x, const piece *p)
{
    if (!p->len) return;
    uint32_t lang = language_of(x, p);
    sx_term_slot t = word_term(x, p->folded, p->len, lang, p->letters && !p->digits);
    put_token(x, t.term, p->start, p->end, p->letters ? SX_TOK_WORD : SX_TOK_NUMBER, t.weak);
    if (p->hangul && p->len > 6) put_hangul_pairs(x, p);
}

/* 1,000.50: digits go on behind a mark that three digits (comma) or any digit (point) follow. A fraction of zeros says
 * nothing; other zeros stay, as section 3.10 is not 3.1. */
static size_t extend_number(const char *text, size_t len, piece *p)
{
    size_t at = p->end, point = 0;
    while (at + 1 < len && (text[at] == ',' || text[at] == '.') && text[at + 1] >= '0' && text[at + 1] <= '9') {
        size_t n = 0;
        while (at + 1 + n < len && text[at + 1 + n] >= '0' && text[at + 1 + n] <= '9') n++;
        if (text[at] == ',' && n != 3) break;
        if (text[at] == '.') {
            if (point) point = SIZE_MAX; /* a section number or a date: keep it as it is */
            if (point == 0) point = p->len;
            if (p->len < PIECE_MAX) p->folded[p->len++] = '.';
        }
        for (size_t i = 0; i < n && p->len < PIECE_MAX; i++) p->folded[p->len++] = text[at + 1 + i];
        at += 1 + n;
    }
    if (point && point != SIZE_MAX) {
        size_t keep = p->len;
        while (keep > point + 1 && p->folded[keep - 1] == '0') keep--;
        if (keep == point + 1) p->len = point;
    }
    p->end = at;
    return at;
}

/* What stands between two pieces: a hyphen, an apostrophe, a dot of an acronym, or nothing that joins. */
static char joiner_at(const char *text, size_t len, size_t at, const piece *p, size_t *step)
{
    *step = 1;
    if (at < len && (text[at] == ' ' || text[at] == '\n' || text[at] == ',' || text[at] == ')')) return 0;
    uint32_t cp = at_cp(text, len, at, step);
    if (!*step || !is_word_char(text, len, at + *step)) return 0;
    if (cp == '-' || cp == 0x2010 || cp == 0x2011) return '-';
    if (cp == '\'' || cp == 0x2019) return p->letters ? '\'' : 0;
    if (cp == '&' && p->len <= 2) return '-'; /* R&D, AT&T */
    if (cp == '.' && p->letters && p->end - p->start == 1) return '.';
    return 0;
}

static size_t take_word(sx_lexer *x, const char *text, size_t len, size_t at)
{
    char joined[JOIN_MAX];
    size_t joined_len = 0, first = at, parts = 0, step;
    bool acronym = true, digits = false;
    piece p; /* set by take_piece */
    for (;;) {
        at = take_piece(x, text, len, at, &p);
        if (p.digits && !p.letters) at = extend_number(text, len, &p);
        char join = joiner_at(text, len, at, &p, &step);
        bool single = p.letters && p.end - p.start == 1;
        if (!(single && (join == '.' || (acronym && parts && text[p.start - 1] == '.')))) {
            put_word(x, &p); /* the letters of an acronym are no words */
            acronym = false;
        }
        if (joined_len + p.len < JOIN_MAX) {
            memcpy(joined + joined_len, p.folded, p.len);
            joined_len += p.len;
        }
        parts++;
        digits = digits || p.digits;
        if (!join || parts > 8 || at == p.start) break;
        if (join == '\'' || (join == '.' && !single)) return at + step; /* l'homme, company's: two words */
        at += step;
    }
    if (parts > 1 && joined_len) {
        sx_term_slot t = word_term(x, joined, joined_len, x->lang, !digits);
        put_token(x, t.term, first, at, SX_TOK_JOINED, false);
    }
    return at > first ? at : first + 1;
}

/* ---- scripts without spaces ---- */

/* A character as the index knows it: half-width kana and compatibility ideographs in their plain form. */
static size_t fold_ideograph(sx_lexer *x, const char *s, size_t n, uint32_t cp, char *out)
{
    bool plain = (cp >= 0x4e00 && cp <= 0x9fff) || (cp >= 0x3041 && cp <= 0x30fe);
    if (!plain) {
        sx_buf_clear(&x->folded);
        if (sx_uc_fold(s, n, &x->folded)) x->failed = true;
        s = sx_buf_cstr(&x->folded);
        n = x->folded.len < 12 ? x->folded.len : 0;
    }
    memcpy(out, s, n);
    return n;
}

static size_t take_ideographs(sx_lexer *x, const char *text, size_t len, size_t at)
{
    char pair[32];
    size_t first_len = 0, first_start = 0;
    bool first_weak = false;
    for (size_t step; at < len; at += step) {
        uint32_t cp = sx_utf8_next(text + at, len - at, &step);
        if (sx_char_kind(cp) != SX_CHAR_IDEOGRAPH) break;
        size_t n = fold_ideograph(x, text + at, step, cp, pair + first_len);
        bool weak = x->want_weak && sx_language_weak(SX_LANG_CJK, pair + first_len, n);
        put_token(x, term_of(pair + first_len, n), at, at + step, SX_TOK_CHAR, weak);
        bool both = weak && first_weak, one = weak || first_weak;
        if (first_len) {
            uint8_t kind = one ? SX_TOK_LOOSE
                               : SX_TOK_PAIR; /* a function word beside something else is hardly a word */
            both = both || (x->want_weak && sx_language_weak(SX_LANG_CJK, pair, first_len + n));
            put_token(x, term_of(pair, first_len + n), first_start, at + step, kind, both);
        }
        first_weak = weak;
        memmove(pair, pair + first_len, n);
        first_len = n;
        first_start = at;
    }
    return at;
}

/* Runs of Thai and its neighbours give every three code points; a run of one or two is a term itself. */
static size_t take_sea(sx_lexer *x, const char *text, size_t len, size_t at)
{
    size_t starts[4] = {0}, count = 0, end = at;
    for (size_t step; end < len; end += step) {
        uint32_t cp = sx_utf8_next(text + end, len - end, &step);
        sx_char kind = sx_char_kind(cp);
        if (kind != SX_CHAR_SEA && kind != SX_CHAR_MARK) break;
        if (count == 3) {
            starts[0] = starts[1];
            starts[1] = starts[2];
            count = 2;
        }
        starts[count++] = end;
        if (count < 3) continue;
        size_t to = end + step;
        bool weak = x->want_weak && sx_language_weak(SX_LANG_TH, text + starts[0], to - starts[0]);
        put_token(x, term_of(text + starts[0], to - starts[0]), starts[0], to, SX_TOK_PAIR, weak);
    }
    if (count && count < 3) put_token(x, term_of(text + at, end - at), at, end, SX_TOK_PAIR, false);
    return end;
}

llm_status sx_lexer_run(sx_lexer *x, const char *text, size_t len)
{
    x->count = x->n_waiting = 0;
    x->failed = false;
    for (size_t at = 0, step; at < len && !x->failed;) {
        if (text[at] == ' ' || text[at] == '\n') {
            at++;
            continue;
        }
        size_t plain = sx_ascii_is_letter(text[at]) || sx_ascii_is_digit(text[at]) ? take_plain(x, text, len, at) : 0;
        if (plain) {
            at += plain;
            continue;
        }
        uint32_t cp = sx_utf8_next(text + at, len - at, &step);
        switch (sx_char_kind(cp)) {
        case SX_CHAR_LETTER:
        case SX_CHAR_DIGIT:
        case SX_CHAR_HANGUL: at = take_word(x, text, len, at); break;
        case SX_CHAR_IDEOGRAPH: at = take_ideographs(x, text, len, at); break;
        case SX_CHAR_SEA: at = take_sea(x, text, len, at); break;
        default: at += step;
        }
    }
    settle_plain(x, text, len);
    return x->failed ? LLM_E_MEMORY : LLM_OK;
}
