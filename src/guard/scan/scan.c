/* Trying rules at one place of the text. */
#include "guard/scan/scan.h"

#include <string.h>

#include "guard/scan/chars.h"
#include "platform/unicode.h"
#include "platform/utf8.h"

bool sx_is_word(uint32_t cp)
{
    if (cp < 0x80) return sx_ascii_letter((int)cp) || sx_ascii_digit((int)cp) || cp == '_';
    if (cp == SX_UTF8_BAD) return false;
    if ((sx_uc_class(cp) & (SX_UC_L | SX_UC_N | SX_UC_M)) == 0) return false;
    return !sx_uc_is_unspaced(cp) && !sx_uc_is_hangul(cp);
}

/* Full-width letters, digits and the signs that numbers and addresses are written with; odd dashes; hard spaces. */
static uint32_t plain(uint32_t cp)
{
    if (cp >= 0xff10 && cp <= 0xff19) return cp - 0xff10 + '0';
    if (cp >= 0xff21 && cp <= 0xff3a) return cp - 0xff21 + 'A';
    if (cp >= 0xff41 && cp <= 0xff5a) return cp - 0xff41 + 'a';
    if ((cp >= 0x2010 && cp <= 0x2013) || cp == 0x2212 || cp == 0xff0d) return '-';
    if (cp == 0xa0 || cp == 0x202f || cp == 0x2009) return ' ';
    if (cp == 0xff20) return '@';
    if (cp == 0xff0b) return '+';
    if (cp == 0xff0e) return '.';
    if (cp == 0xff3f) return '_';
    return cp;
}

void sx_fold_char(uint32_t cp, const char *s, size_t len, uint8_t *fold)
{
    uint32_t to = cp == SX_UTF8_BAD ? cp : plain(cp);
    if (cp == SX_UTF8_BAD) {
        memset(fold, SX_FOLD_BAD, len);
    } else if ((cp >= 0x200b && cp <= 0x200d) || cp == 0x2060 || cp == 0xfeff || cp == 0xad) {
        memset(fold, SX_FOLD_NONE, len);
    } else if (len > 1 && to < 0x80) {
        memset(fold, SX_FOLD_SKIP, len);
        fold[0] = (uint8_t)to;
    } else {
        memcpy(fold, s, len);
    }
}

uint32_t sx_window_before(const sx_window *w, size_t at)
{
    if (at == 0) return 0;
    size_t len, from = at > 4 ? at - 4 : 0;
    if (w->fold[at - 1] < 0x80) return w->fold[at - 1];
    uint32_t cp = sx_utf8_prev(w->text + from, at - from, &len);
    return cp == SX_UTF8_BAD ? cp : plain(cp);
}

uint32_t sx_window_wide(const sx_window *w, size_t at)
{
    size_t len;
    uint32_t cp = sx_utf8_next(w->text + at, w->avail - at, &len);
    return cp == SX_UTF8_BAD ? cp : plain(cp);
}

sx_before sx_window_look_back(const sx_window *w, size_t at)
{
    uint8_t last = at > 0 ? w->fold[at - 1] : 0;
    if (last < 0x80 && !sx_joins_numbers(last)) {
        bool letter = sx_ascii_letter(last) || last == '_', digit = sx_ascii_digit(last);
        uint32_t behind = digit ? SX_BEHIND_DIGIT : letter ? SX_BEHIND_LETTER : SX_BEHIND_OTHER;
        return (sx_before){.cp = last, .word = digit || letter, .behind = behind};
    }
    sx_before b = {.cp = sx_window_before(w, at)};
    b.behind = sx_behind(b.cp);
    b.word = b.behind != SX_BEHIND_OTHER;
    b.number = sx_joins_numbers(b.cp) && sx_ascii_digit((int)sx_window_before(w, at - 1));
    return b;
}

bool sx_run_advance(const sx_scan *scan, const sx_window *w, size_t start, size_t max_span, sx_run *run)
{
    const sx_dfa *dfa = &scan->dfas[run->rule];
    const sx_rule *rule = scan->rules[run->rule];
    if (rule->span != 0 && rule->span < max_span) max_span = rule->span;
    size_t i = start + run->at, stop = start + max_span;
    uint16_t state = run->state;
    while (state != SX_PATTERN_DEAD && i < w->avail) {
        uint8_t b = w->fold[i];
        if (i >= stop) {
            state = SX_PATTERN_DEAD;
            break;
        }
        if (!sx_fold_skips(b)) {
            state = sx_dfa_step(&scan->pool, dfa, state & (SX_PATTERN_ACCEPT - 1), b);
            if (state == SX_PATTERN_DEAD) break;
        }
        i++;
        if (state & SX_PATTERN_ACCEPT) {
            while (i < w->avail && w->fold[i] == SX_FOLD_SKIP) i++;
            run->ends[run->count++ % SX_ACCEPT_MAX] = (uint16_t)(i - start);
        }
    }
    run->state = state;
    run->at = (uint32_t)(i - start);
    if (w->last) return true;
    if (state != SX_PATTERN_DEAD) return false;
    /* dead, but what stands behind the longest end may need one character more to judge */
    bool at_end = run->count > 0 && run->ends[(run->count - 1) % SX_ACCEPT_MAX] == run->at;
    if (at_end && i >= w->avail) return false;
    return !(at_end && (rule->flags & SX_RULE_NUMBER) && sx_joins_numbers(w->fold[i]) && i + 1 >= w->avail);
}

/* The match as its check sees it: folded, without the bytes that folding left over. */
static size_t copy_folded(const sx_window *w, size_t start, size_t end, char *out)
{
    size_t n = 0;
    for (size_t i = start; i < end; i++) {
        if (!sx_fold_skips(w->fold[i])) out[n++] = (char)w->fold[i];
    }
    out[n] = 0;
    return n;
}

/* The place of the n-th folded byte behind start. */
static size_t unfolded(const sx_window *w, size_t start, size_t n)
{
    size_t i = start;
    for (; n > 0; i++) n -= !sx_fold_skips(w->fold[i]);
    while (sx_fold_skips(w->fold[i])) i++;
    return i;
}

/* The match up to `end`, a NUL behind it. */
static void copy_match(const sx_window *w, size_t start, size_t end, sx_copy *copy)
{
    if (copy->end == end) return;
    if (copy->end > 0) copy->text[copy->len] = copy->behind;
    size_t n = copy->plain, need = end - start;
    for (uint64_t eight; n + sizeof eight <= need; n += sizeof eight) {
        memcpy(&eight, w->fold + start + n, sizeof eight);
        if (eight & UINT64_C(0x8080808080808080)) break;
        memcpy(copy->text + n, &eight, sizeof eight);
    }
    for (; n < need && !sx_fold_skips(w->fold[start + n]); n++) copy->text[n] = (char)w->fold[start + n];
    copy->plain = n;
    copy->len = need;
    if (n < need) {
        copy->plain = 0;
        copy->len = copy_folded(w, start, end, copy->text);
    }
    copy->end = end;
    copy->behind = copy->text[copy->len];
    copy->text[copy->len] = 0;
    copy->after = sx_window_at(w, end);
}

void sx_copy_begin(sx_copy *copy, uint32_t before)
{
    copy->plain = copy->end = 0;
    copy->before = before;
    copy->shared.len = copy->shared.digits = copy->shared.letter = copy->shared.bracket = copy->shared.card_len = 0;
}

bool sx_rule_check(const sx_rule *rule, const sx_window *w, size_t start, size_t end, sx_copy *copy, size_t *begin,
                   float *score)
{
    size_t lead = 0;
    float said = SX_CHECK_MAYBE;
    if (rule->check != NULL) {
        copy_match(w, start, end, copy);
        const sx_match m = {copy->text, copy->len, copy->before, copy->after, &lead, &copy->shared};
        said = rule->check(&m, rule->arg);
    }
    if (said < 0) return false;
    *begin = lead > 0 ? unfolded(w, start, lead) : start;
    *score = said > 0 ? said : rule->score;
    return true;
}

bool sx_run_result(const sx_scan *scan, const sx_window *w, size_t start, const sx_run *run, sx_copy *copy,
                   size_t *begin, size_t *end, float *score)
{
    uint32_t kept = run->count < SX_ACCEPT_MAX ? run->count : SX_ACCEPT_MAX;
    for (uint32_t k = 1, tries = 0; k <= kept && tries < SX_TRIES_MAX; k++) {
        size_t e = start + run->ends[(run->count - k) % SX_ACCEPT_MAX];
        if (!sx_row_has(sx_scan_beside_right(scan, w, e), run->rule)) continue;
        tries++;
        *end = e;
        if (sx_rule_check(scan->rules[run->rule], w, start, e, copy, begin, score)) return true;
    }
    return false;
}
