/* BERT's tokenizer: text is cleaned, lower-cased and stripped of accents, cut at white space, punctuation and ideographs,
 * then each word is spelled by the longest pieces from the left. Words that cannot be spelled are unknown.
 * As google-research/bert tokenization.py; the file writes "##ing" as "ing" and word starts with U+2581. */
#include <string.h>
#include <utf8proc.h>

#include "engine/text/parts.h"
#include "platform/buf.h"
#include "platform/unicode.h"
#include "platform/utf8.h"

enum { WORD_CHARS = 100 /* longer words are unknown */, MARK = 3 /* bytes of U+2581 */ };

typedef struct speller {
    const sx_vocab *v;
    sx_tokens *tokens;
    char word[MARK + 4 * WORD_CHARS + 64];
    size_t len, chars;
    bool too_long;
} speller;

static bool spell(speller *w)
{
    size_t from = 0;
    while (from < w->len) {
        size_t to = w->len;
        uint32_t token = SX_MAP_NONE;
        for (; to > from; to--) {
            if (to < w->len && ((unsigned char)w->word[to] & 0xc0) == 0x80) continue;
            token = sx_map_get(&w->v->by_bytes, w->word + from, to - from);
            if (token != SX_MAP_NONE) break;
        }
        if (token == SX_MAP_NONE) return false;
        sx_tokens_add(w->tokens, (int32_t)token);
        from = to;
    }
    return true;
}

static void end_word(speller *w)
{
    if (w->len > MARK) {
        size_t before = w->tokens->n;
        if (w->too_long || !spell(w)) {
            w->tokens->n = before;
            if (w->v->unk >= 0) sx_tokens_add(w->tokens, w->v->unk);
        }
    }
    w->len = MARK;
    w->chars = 0;
    w->too_long = false;
}

static void add_char(speller *w, uint32_t c)
{
    if (w->chars == WORD_CHARS)
        w->too_long = true;
    else {
        w->len += sx_utf8_put(c, w->word + w->len);
        w->chars++;
    }
}

static bool ideograph(uint32_t c)
{
    return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x20000 && c <= 0x2a6df) ||
           (c >= 0x2a700 && c <= 0x2b73f) || (c >= 0x2b740 && c <= 0x2b81f) || (c >= 0x2b920 && c <= 0x2ceaf) ||
           (c >= 0xf900 && c <= 0xfaff) || (c >= 0x2f800 && c <= 0x2fa1f);
}

static bool punctuation(uint32_t c)
{
    if (c < 0x80) return (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126);
    return (sx_uc_class(c) & SX_UC_P) != 0;
}

/* One character after decomposition. */
static void take(speller *w, uint32_t c)
{
    uint32_t cls = sx_uc_class(c);
    if (cls & SX_UC_SPACE) {
        end_word(w);
        return;
    }
    if (w->v->lower_case) {
        if (utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_MN) return;
        c = sx_uc_lower(c);
    }
    bool alone = punctuation(c) || ideograph(c);
    if (alone) end_word(w);
    add_char(w, c);
    if (alone) end_word(w);
}

/* Control, format and private characters vanish; unassigned ones stay. */
static bool dropped(uint32_t c)
{
    if (c == 0 || c == 0xfffd || c == SX_UTF8_BAD) return true;
    if (c == '\t' || c == '\n' || c == '\r') return false;
    switch (utf8proc_category((utf8proc_int32_t)c)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CS: return true;
    default: return false;
    }
}

llm_status sx_wordpiece_encode(const sx_vocab *v, sx_mem *mem, const char *text, size_t len, sx_tokens *tokens)
{
    (void)mem;
    speller w = {.v = v, .tokens = tokens, .len = MARK};
    memcpy(w.word, "\xe2\x96\x81", MARK);
    for (size_t i = 0, step; i < len; i += step) {
        uint32_t c = sx_utf8_next(text + i, len - i, &step);
        if (dropped(c)) continue;
        if (c < 0x80 || !v->lower_case) {
            take(&w, c);
            continue;
        }
        utf8proc_int32_t parts[32];
        int last = 0;
        utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)c, parts, 32,
                                                     UTF8PROC_DECOMPOSE | UTF8PROC_STABLE, &last);
        if (n < 1 || n > 32) {
            parts[0] = (utf8proc_int32_t)c;
            n = 1;
        }
        for (utf8proc_ssize_t k = 0; k < n; k++) take(&w, (uint32_t)parts[k]);
    }
    end_word(&w);
    return LLM_OK;
}
