#include "guard/scan/words.h"

#include <string.h>

#include "guard/scan/ac_parts.h"
#include "guard/scan/scan.h"
#include "platform/unicode.h"
#include "platform/utf8.h"

#define GAP_MIXED UINT32_MAX

void sx_words_init(sx_words *words, sx_mem *mem)
{
    memset(words, 0, sizeof *words);
    words->mem = mem;
    sx_ac_init(&words->ac, mem);
}

void sx_words_free(sx_words *words)
{
    sx_ac_free(&words->ac);
    sx_mem_free(words->mem, words->text);
    sx_mem_free(words->mem, words->at);
    sx_mem_free(words->mem, words->type);
    sx_words_init(words, words->mem);
}

static bool turned(uint32_t before, uint32_t now)
{
    return before != now && (before == 'i' || before == 'l') && (now == 'i' || now == 'l');
}

/* A word's letters as runs, with its canonical bytes in key, which has room for four per run. */
static llm_status spell(sx_word *w, const char *text, size_t len, char *key, size_t *key_len, llm_error *err)
{
    bool gap = false;
    uint32_t last = 0, last_raw = 0;
    *key_len = 0;
    w->runs = 0;
    w->left_edge = w->right_edge = false;
    for (size_t i = 0, step; i < len; i += step) {
        sx_glyph g;
        uint32_t cp = sx_utf8_next(text + i, len - i, &step);
        if (cp == SX_UTF8_BAD) return sx_fail(err, LLM_E_UTF8, "a listed word is not UTF-8 at byte %zu", i);
        sx_undisguise(cp, &g);
        if (g.kind == SX_GLYPH_GAP || g.kind == SX_GLYPH_BREAK) gap = w->runs > 0;
        for (unsigned k = 0; k < g.n; k++) {
            if (w->runs > 0 && g.canon[k] == last) {
                sx_word_run *r = &w->run[w->runs - 1];
                r->count++;
                r->inner = r->inner || gap;
                if (turned(last_raw, g.raw[k])) r->turns++;
            } else {
                if (w->runs >= SX_WORD_LETTERS_MAX)
                    return sx_fail(err, LLM_E_LIMIT, "a listed word has more than %u letters", SX_WORD_LETTERS_MAX);
                *key_len += sx_utf8_put(g.canon[k], key + *key_len);
                w->run[w->runs++] = (sx_word_run){g.raw[k], 1, 0, gap, false};
            }
            if (w->runs == 1) w->left_edge = sx_is_word(g.canon[k]);
            w->right_edge = sx_is_word(g.canon[k]);
            last = g.canon[k];
            last_raw = g.raw[k];
            gap = false;
        }
    }
    if (w->runs == 0) return sx_fail(err, LLM_E_INVALID, "a listed word needs at least one letter or digit");
    return LLM_OK;
}

llm_status sx_words_add(sx_words *words, const char *word, size_t len, uint32_t type, llm_error *err)
{
    char key[SX_WORD_LETTERS_MAX * 4];
    size_t key_len;
    sx_word w;
    llm_status status = spell(&w, word, len, key, &key_len, err);
    if (status == LLM_OK && words->text_n > UINT32_MAX / 2 - len)
        status = sx_fail(err, LLM_E_LIMIT, "the word list is too long");
    if (status == LLM_OK &&
        (sx_mem_grow(words->mem, (void **)&words->text, &words->text_cap, words->text_n + len, 1) ||
         sx_mem_grow(words->mem, (void **)&words->at, &words->at_cap, words->word_n + 1, sizeof *words->at) ||
         sx_mem_grow(words->mem, (void **)&words->type, &words->type_cap, words->word_n + 1, sizeof *words->type)))
        status = sx_fail_memory(err);
    if (status == LLM_OK) status = sx_ac_add(&words->ac, key, key_len, (uint32_t)words->word_n, err);
    if (status != LLM_OK) return status;
    memcpy(words->text + words->text_n, word, len);
    words->at[words->word_n] = (uint32_t)words->text_n;
    words->type[words->word_n++] = (uint16_t)type;
    words->text_n += len;
    return LLM_OK;
}

/* Gives back what growing left over. */
static void fit(sx_words *words, void **data, size_t *cap, size_t n, size_t elem)
{
    void *fitted = n > 0 ? sx_mem_realloc(words->mem, *data, n * elem) : NULL;
    if (fitted == NULL) return;
    *data = fitted;
    *cap = n;
}

static void digest_of(const sx_words *words, unsigned char key[SX_HASH_BYTES])
{
    const uint64_t sizes[] = {SX_KEPT_FORMAT, words->word_n, words->text_n};
    sx_hasher h;
    sx_hasher_begin(&h);
    sx_hasher_add(&h, "words " LLM_VERSION, sizeof "words " LLM_VERSION);
    sx_hasher_add(&h, sizes, sizeof sizes);
    sx_hasher_add(&h, words->at, words->word_n * sizeof *words->at);
    sx_hasher_add(&h, words->text, words->text_n);
    sx_hasher_end(&h, key);
}

static llm_status build_kept(sx_words *words, const char *folder, llm_error *err)
{
    unsigned char key[SX_HASH_BYTES];
    sx_kept kept;
    digest_of(words, key);
    if (sx_kept_open(&kept, words->mem, folder, key)) {
        if (sx_ac_take(&words->ac, &kept, (uint32_t)words->word_n)) return LLM_OK;
        sx_kept_close(&kept);
        return sx_kept_refuse(folder, err);
    }
    sx_kept_part parts[SX_AC_PARTS];
    llm_status status = sx_ac_build(&words->ac, err);
    if (status != LLM_OK) return status;
    sx_ac_parts(&words->ac, parts);
    (void)sx_kept_write(words->mem, folder, key, parts, SX_AC_PARTS, NULL); /* else it is compiled again next time */
    return LLM_OK;
}

llm_status sx_words_build(sx_words *words, const char *folder, llm_error *err)
{
    fit(words, (void **)&words->text, &words->text_cap, words->text_n, 1);
    fit(words, (void **)&words->at, &words->at_cap, words->word_n, sizeof *words->at);
    fit(words, (void **)&words->type, &words->type_cap, words->word_n, sizeof *words->type);
    return folder ? build_kept(words, folder, err) : sx_ac_build(&words->ac, err);
}

static void spell_again(const sx_words *words, uint32_t i, sx_word *w)
{
    char key[SX_WORD_LETTERS_MAX * 4];
    size_t key_len, end = i + 1 < words->word_n ? words->at[i + 1] : words->text_n;
    (void)spell(w, words->text + words->at[i], end - words->at[i], key, &key_len,
                NULL); /* it was good when it was added */
}

static sx_text_run *run_at(sx_word_state *s, uint64_t i)
{
    return &s->ring[i % SX_WORD_RING];
}

/* Gaps that set letters apart on purpose: the same one between all of them. */
static bool parts_letters(uint32_t gap)
{
    return gap != 0 && gap != GAP_MIXED;
}

static bool phrase_gap(uint32_t gap)
{
    return gap == ' ' || gap == '-' || gap == '_' || gap == 0xa0 || gap == 0x3000 || gap == '.';
}

/* Is run k of the word (of `runs`) what stands in the text? `spread` is the gap between all letters, 0 for none. */
static bool run_fits(const sx_text_run *t, const sx_word_run *w, unsigned k, uint32_t spread, unsigned *letters)
{
    bool sure,
        piece = k == 0 && t->inner != 0 && t->inner != spread && !w->inner; /* its beginning belongs to another word */
    uint32_t count = piece ? t->piece_count : t->count;
    if (count < w->count || !sx_stands_for(t->raw, w->raw, &sure)) {
        if (t->guesses == 0 || count < w->count) return false;
    }
    if (t->guesses == 0 && t->count == count && t->turns != w->turns && w->count > 1) return false;
    if (k > 0) {
        if (w->gap ? !(phrase_gap(t->gap) || t->gap == 0 || t->gap == spread) : t->gap != spread) return false;
        if (t->inner != 0 && t->inner != spread && !w->inner) return false;
        if (spread != 0 && w->count > 1 && t->inner != spread) return false;
    }
    *letters += t->guesses < count ? count - t->guesses : 0;
    return true;
}

/* Common words of two ideographs: where one begins with a listed word's last character, the text was cut elsewhere ("wash |
 * wallet", not "launder money | bag"). Only words whose second character seldom begins the next word are here. */
static bool common_word(uint32_t first, uint32_t second)
{
    static const char WORDS[] =
        "钱包钱币钱塘场景场均聊城聊斋销售销量销毁品牌品味品质品种品德证券证实证书证明票据票房钞能易懂易燃易经"
        "药材药理网络网球网红网格挂号挂念挂钩款式款待职务职责职位彩虹彩色彩电彩排彩绘票价";
    char pair[8];
    size_t n = sx_utf8_put(first, pair);
    n += sx_utf8_put(second, pair + n);
    for (size_t i = 0; n == 6 && WORDS[i] != 0; i += 6) {
        if (memcmp(WORDS + i, pair, 6) == 0) return true;
    }
    return false;
}

/* Does the word end at the newest run? what follows is known: `edge` says it is a letter that would make it part of a longer
 * word. */
static bool judge(sx_word_state *s, const sx_word *w, bool edge, uint32_t next, sx_word_hit *hit)
{
    const sx_word_run *runs = w->run;
    if (w->runs > s->run_n || w->runs >= SX_WORD_RING - 1) return false;
    uint64_t first = s->run_n - w->runs;
    const sx_text_run *head = run_at(s, first), *tail = run_at(s, s->run_n - 1);
    uint32_t spread = 0;
    for (unsigned k = 1; k < w->runs && spread == 0; k++) {
        if (!runs[k].gap && parts_letters(run_at(s, first + k)->gap)) spread = run_at(s, first + k)->gap;
    }
    if (w->runs == 1 && !runs[0].inner && runs[0].count > 1 && parts_letters(head->inner)) spread = head->inner;
    unsigned letters = 0, total = 0;
    for (unsigned k = 0; k < w->runs; k++) {
        if (!run_fits(run_at(s, first + k), &runs[k], k, spread, &letters)) return false;
        total += runs[k].count;
    }
    if (letters < 2 && letters < total) return false;
    bool inner_gap = head->inner != 0 && head->inner != spread && !runs[0].inner;
    if (w->left_edge && !inner_gap && head->gap == 0 && first > 0 && s->run_n - first < SX_WORD_RING) {
        const sx_text_run *before = run_at(s, first - 1);
        if (before->edge && before->end == head->start) return false;
    }
    if (w->right_edge && edge) return false;
    if (next != 0 && w->runs == 2 && spread == 0 && common_word(tail->canon, next)) return false;
    hit->start = inner_gap ? head->piece_start : head->start;
    hit->end = tail->end;
    return true;
}

/* The longest word that ends at the newest run, now that its right side is known. */
static bool settle(const sx_words *words, sx_word_state *s, bool edge, uint32_t next, sx_word_hit *hit)
{
    bool found = false;
    if (!s->due) return false;
    s->due = false;
    for (uint32_t k = sx_ac_report(&words->ac, s->node); k != SX_AC_NONE;) {
        uint32_t n;
        const uint32_t *values = sx_ac_values(&words->ac, k, &n);
        for (uint32_t v = 0; v < n; v++) {
            sx_word w;
            sx_word_hit one;
            uint32_t type = words->type[values[v]];
            if (s->on != NULL && s->on[type] == 0) continue;
            spell_again(words, values[v], &w);
            if (!judge(s, &w, edge, next, &one)) continue;
            one.type = type;
            if (!found || one.start < hit->start) *hit = one;
            found = true;
        }
        k = sx_ac_report(&words->ac, words->ac.fail[k]);
    }
    return found;
}

static void forget(sx_word_state *s)
{
    s->node = SX_AC_ROOT;
    s->run_n = 0;
    s->gap = s->gap_len = 0;
    s->due = false;
}

static void begin_run(const sx_words *words, sx_word_state *s, uint32_t canon, uint64_t start)
{
    char bytes[4];
    size_t n = sx_utf8_put(canon, bytes);
    for (size_t i = 0; i < n; i++) {
        s->byte_start[s->byte_n++ % SX_WORD_BYTE_RING] = start;
        s->node = sx_ac_step(&words->ac, s->node, (uint8_t)bytes[i]);
    }
    s->due = true;
}

static bool take_letter(const sx_words *words, sx_word_state *s, uint32_t raw, uint32_t canon, bool sign,
                        uint64_t start, uint64_t end, sx_word_hit *hit)
{
    sx_text_run *last = s->run_n > 0 ? run_at(s, s->run_n - 1) : NULL;
    bool guess = sign || (raw >= '0' && raw <= '9'), edge = !sign && sx_is_word(raw), found = false;
    if (last != NULL && last->canon == canon) {
        if (s->gap != 0) {
            found = settle(words, s, false, 0, hit);
            last->inner = last->inner == 0 || last->inner == s->gap ? s->gap : GAP_MIXED;
            last->piece_start = start;
            last->piece_count = 0;
            s->due = true;
        }
        if (turned(last->last_raw, raw)) last->turns++;
        if (last->guesses == last->count && !guess) last->raw = raw;
        last->last_raw = raw;
        last->count++;
        last->piece_count++;
        last->guesses += guess;
        last->end = end;
        last->edge = edge;
    } else {
        found = settle(words, s, edge && s->gap == 0, s->gap == 0 ? canon : 0, hit);
        *run_at(s, s->run_n++) = (sx_text_run){.start = start,
                                               .end = end,
                                               .piece_start = start,
                                               .canon = canon,
                                               .raw = raw,
                                               .last_raw = raw,
                                               .gap = s->gap,
                                               .count = 1,
                                               .piece_count = 1,
                                               .guesses = guess,
                                               .edge = edge,
                                               .sign = sign};
        begin_run(words, s, canon, start);
    }
    s->gap = s->gap_len = 0;
    return found;
}

bool sx_words_next(const sx_words *words, sx_word_state *s, uint32_t cp, uint64_t start, uint64_t end, sx_word_hit *hit)
{
    sx_glyph g;
    bool found = false;
    sx_undisguise(cp, &g);
    if (g.kind == SX_GLYPH_SIGN) { /* among letters written without spaces a sign parts, it stands for nothing */
        const sx_text_run *last = s->run_n > 0 ? run_at(s, s->run_n - 1) : NULL;
        if (last != NULL && last->canon >= 0x80) g.kind = SX_GLYPH_GAP;
    }
    switch (g.kind) {
    case SX_GLYPH_NONE: return false;
    case SX_GLYPH_MARK:
        if (s->run_n > 0 && s->gap == 0) run_at(s, s->run_n - 1)->end = end;
        return false;
    case SX_GLYPH_BREAK:
        found = settle(words, s, false, 0, hit);
        forget(s);
        return found;
    case SX_GLYPH_GAP:
        found = settle(words, s, false, 0, hit);
        s->gap = s->gap == 0 || s->gap == cp ? cp : GAP_MIXED;
        if (++s->gap_len > 3) forget(s);
        return found;
    default: break;
    }
    for (unsigned k = 0; k < g.n; k++) {
        sx_word_hit one;
        if (take_letter(words, s, g.raw[k], g.canon[k], g.kind == SX_GLYPH_SIGN, start, end, &one)) {
            *hit = one;
            found = true;
        }
    }
    return found;
}

bool sx_words_finish(const sx_words *words, sx_word_state *s, sx_word_hit *hit)
{
    bool found = settle(words, s, false, 0, hit);
    forget(s);
    return found;
}

uint64_t sx_words_pending(const sx_words *words, const sx_word_state *s)
{
    uint32_t node = s->node;
    while (!s->due && node != SX_AC_ROOT && sx_ac_leaf(&words->ac, node)) node = words->ac.fail[node];
    uint32_t depth = sx_ac_depth(&words->ac, node);
    return depth == 0 ? UINT64_MAX : s->byte_start[(s->byte_n - depth) % SX_WORD_BYTE_RING];
}
