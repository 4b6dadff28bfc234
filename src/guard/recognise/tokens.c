/* Text to tokens, one character at a time. */
#include "guard/recognise/tokens.h"

#include <string.h>

#include "platform/unicode.h"
#include "platform/utf8.h"

enum { SIGN, LETTER, DIGIT, MARK, HAN, SPACE, LINE, NOTHING };

static int sort_of(uint32_t cp, uint32_t *class_of)
{
    if (cp < 0x80) {
        if ((cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z')) {
            *class_of = cp >= 'a' ? SX_UC_LL : SX_UC_LU;
            return LETTER;
        }
        if (cp >= '0' && cp <= '9') return DIGIT;
        if (cp == '\n') return LINE;
        return cp == ' ' || (cp >= 9 && cp <= 13) ? SPACE : SIGN;
    }
    if (cp == SX_UTF8_BAD) return SIGN;
    if (sx_uc_is_han(cp)) return HAN;
    uint32_t c = *class_of = sx_uc_class(cp);
    if (c & SX_UC_L) return LETTER;
    if (c & SX_UC_ND) return DIGIT;
    if (c & SX_UC_M) return MARK;
    if (c & SX_UC_CF) return NOTHING;
    if (cp == 0x2028 || cp == 0x2029) return LINE;
    return c & SX_UC_SPACE ? SPACE : SIGN;
}

static void begin(sx_token_reader *r, uint32_t cp, uint64_t start)
{
    uint8_t gap = r->gap;
    memset(r, 0, sizeof *r);
    r->open.start = start;
    r->open.gap = gap;
    r->open.first = cp;
    r->hash = sx_word_hash_begin();
    r->is_open = true;
}

static uint8_t kind_of(const sx_token_reader *r)
{
    if (r->digits > 0) return r->digits == r->count ? SX_TOKEN_NUMBER : SX_TOKEN_ALNUM;
    if (r->upper == 0) return r->lower > 0 ? SX_TOKEN_LOWER : SX_TOKEN_UNCASED;
    if (r->upper == r->count) return r->count > 1 ? SX_TOKEN_UPPER : SX_TOKEN_INITIAL;
    return r->upper == 1 && sx_uc_lower(r->open.first) != r->open.first ? SX_TOKEN_TITLE : SX_TOKEN_MIXED;
}

/* Numbers are what they look like: so many digits, a year, or a figure of up to two digits as it is. */
static uint32_t number_word(const sx_token_reader *r)
{
    uint32_t n = r->count < 9 ? r->count : 9;
    if (n == 4 && ((r->tail[3] == '1' && r->tail[2] == '9') || (r->tail[3] == '2' && r->tail[2] == '0'))) return 0x59u;
    if (n == 2) return 0x100u + r->tail[1];
    return 0x40u + n;
}

static void close(sx_token_reader *r, sx_lists_fn lists, const void *data, sx_token *out)
{
    sx_token *t = &r->open;
    t->kind = kind_of(r);
    t->word = (uint32_t)(r->hash >> 16);
    t->suffix2 = sx_mix(r->tail[1], r->tail[0]);
    t->suffix3 = sx_mix(t->suffix2, r->tail[2]);
    t->suffix4 = sx_mix(t->suffix3, r->tail[3]);
    if (t->kind == SX_TOKEN_NUMBER) {
        t->word = t->shape = t->prefix = sx_mix(0x6e756du, number_word(r));
        t->suffix2 = t->suffix3 = t->suffix4 = t->shape;
    } else {
        t->lists = lists(data, r->hash);
    }
    *out = *t;
    r->is_open = false;
    r->gap = SX_GAP_NONE;
}

static void extend(sx_token_reader *r, uint32_t cp, int sort, uint32_t class_of, uint64_t end)
{
    uint32_t lower = cp >= 0x80 ? sx_uc_lower(cp) : cp >= 'A' && cp <= 'Z' ? cp + 32 : cp;
    uint32_t shape = 'c';
    r->open.end = end;
    r->hash = sx_word_hash_add(r->hash, lower);
    if (sort == MARK) return;
    if (sort == DIGIT) {
        r->digits++;
        shape = 'd';
    } else if (class_of & SX_UC_LU) {
        r->upper++;
        shape = 'X';
    } else if (class_of & SX_UC_LL) {
        r->lower++;
        shape = 'x';
    } else {
        r->uncased++;
    }
    if (shape != r->last_shape || r->count == 1) r->open.shape = sx_mix(r->open.shape, shape);
    r->last_shape = shape;
    if (r->count < 3) r->open.prefix = sx_mix(r->open.prefix, lower);
    memmove(r->tail + 1, r->tail, 3 * sizeof r->tail[0]);
    r->tail[0] = lower;
    r->count++;
}

static sx_token alone(sx_token_reader *r, uint32_t cp, int sort, sx_lists_fn lists, const void *data, uint64_t start,
                      uint64_t end)
{
    uint64_t hash = sx_word_hash_add(sx_word_hash_begin(), cp);
    uint32_t word = (uint32_t)(hash >> 16), kind = sort == HAN ? SX_TOKEN_HAN : SX_TOKEN_SIGN;
    sx_token t = {.start = start,
                  .end = end,
                  .word = word,
                  .shape = sort == HAN ? 0x48414eu : word,
                  .prefix = word,
                  .suffix2 = word,
                  .suffix3 = word,
                  .suffix4 = word,
                  .lists = sort == HAN ? lists(data, hash) : 0,
                  .first = cp,
                  .kind = (uint8_t)kind,
                  .gap = r->gap};
    r->gap = SX_GAP_NONE;
    return t;
}

unsigned sx_token_next(sx_token_reader *r, sx_lists_fn lists, const void *data, uint32_t cp, uint64_t start,
                       uint64_t end, sx_token out[2])
{
    uint32_t class_of = 0;
    int sort = sort_of(cp, &class_of);
    unsigned n = 0;
    if (sort == NOTHING || (sort == MARK && !r->is_open)) return 0;
    if (sort == LETTER || sort == DIGIT || sort == MARK) {
        if (r->is_open && end - r->open.start > SX_TOKEN_BYTES) close(r, lists, data, &out[n++]);
        if (!r->is_open) begin(r, cp, start);
        extend(r, cp, sort, class_of, end);
        return n;
    }
    if (r->is_open) close(r, lists, data, &out[n++]);
    if (sort == SPACE) {
        if (r->gap < SX_GAP_SPACE) r->gap = SX_GAP_SPACE;
    } else if (sort == LINE) {
        r->gap = r->gap >= SX_GAP_LINE ? SX_GAP_BLANK : SX_GAP_LINE;
    } else {
        out[n++] = alone(r, cp, sort, lists, data, start, end);
    }
    return n;
}

unsigned sx_token_finish(sx_token_reader *r, sx_lists_fn lists, const void *data, sx_token out[1])
{
    if (!r->is_open) return 0;
    close(r, lists, data, &out[0]);
    return 1;
}
