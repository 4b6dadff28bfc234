/* A judgement: windows, encoded runs, scores. */
#include "guard/judge/judge.h"

#include <string.h>

#include "guard/scan/chars.h"

enum { CODE_MIN = 20, CODE_READABLE = 85 }; /* shortest run that is decoded; percent of it that must read as text */

void sx_judge_begin(sx_judge_state *s)
{
    memset(s, 0, sizeof *s);
}

void sx_judge_begin_next(sx_judge_state *s)
{
    uint64_t end = s->end;
    sx_judge_begin(s);
    s->start = s->end = end;
}

static int base64(char c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (sx_ascii_digit(c)) return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

static int hexadecimal(char c)
{
    if (sx_ascii_digit(c)) return c - '0';
    c = sx_ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes a run of letters of `bits` bits each; its length, 0 when a letter is none. */
static size_t decode(const char *code, uint32_t n, int (*digit)(char), unsigned bits, unsigned char *out)
{
    uint32_t acc = 0, have = 0;
    size_t len = 0;
    for (uint32_t i = 0; i < n; i++) {
        int d = digit(code[i]);
        if (d < 0) return 0;
        acc = (acc << bits | (uint32_t)d) & 0xffffu;
        have += bits;
        if (have >= 8) out[len++] = (unsigned char)(acc >> (have -= 8));
    }
    return len;
}

static bool readable(const unsigned char *text, size_t n)
{
    size_t good = 0, spaces = 0;
    for (size_t i = 0; i < n; i++) {
        good += sx_ascii_letter(text[i]) || text[i] == ' ' || text[i] == '.' || text[i] == ',';
        spaces += text[i] == ' ';
    }
    return n > 0 && good * 100 >= n * CODE_READABLE && spaces > 0;
}

static void add_decoded(const sx_judge_model *m, sx_judge_state *s, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) sx_judge_bag_add(m, &s->decoded, (unsigned char)text[i], NULL, NULL);
    sx_judge_bag_add(m, &s->decoded, ' ', NULL, NULL);
    s->has_decoded = true;
}

static void code_done(const sx_judge_model *m, sx_judge_state *s)
{
    unsigned char plain[SX_JUDGE_CODE];
    uint32_t n = s->code_n;
    s->code_n = 0;
    if (n < CODE_MIN) return;
    size_t len = decode(s->code, n, hexadecimal, 4, plain);
    if (!readable(plain, len)) len = decode(s->code, n, base64, 6, plain);
    if (readable(plain, len)) add_decoded(m, s, (const char *)plain, len);
}

static void conclude(const sx_judge_model *m, sx_judge_state *s, sx_judge_score *score)
{
    const char *run;
    uint32_t n;
    code_done(m, s);
    if (sx_judge_turned_end(&s->turned, &run, &n)) add_decoded(m, s, run, n);
    sx_judge_bag_end(m, &s->text, NULL, NULL);
    sx_judge_bag_score(m, &s->text, score);
    if (!s->has_decoded) return;
    sx_judge_score hidden;
    sx_judge_bag_end(m, &s->decoded, NULL, NULL);
    sx_judge_bag_score(m, &s->decoded, &hidden);
    if (hidden.p[SX_JUDGE_HARM] > score->p[SX_JUDGE_HARM]) score->category = hidden.category;
    for (unsigned h = 0; h < SX_JUDGE_HEADS; h++) {
        if (hidden.p[h] > score->p[h]) score->p[h] = hidden.p[h];
    }
}

bool sx_judge_next(const sx_judge_model *m, sx_judge_state *s, uint32_t cp, uint64_t end, sx_judge_score *score)
{
    const char *run;
    uint32_t n;
    if (cp < 0x80 && base64((char)cp) >= 0 && s->code_n < SX_JUDGE_CODE)
        s->code[s->code_n++] = (char)cp;
    else if (s->code_n > 0)
        code_done(m, s);
    if (sx_judge_turned_next(&s->turned, cp, &run, &n)) add_decoded(m, s, run, n);
    sx_judge_bag_add(m, &s->text, cp, NULL, NULL);
    s->end = end;
    if (end - s->start < SX_JUDGE_WINDOW) return false;
    if (cp > ' ' && end - s->start < 2 * SX_JUDGE_WINDOW) return false;
    conclude(m, s, score);
    return true;
}

bool sx_judge_finish(const sx_judge_model *m, sx_judge_state *s, sx_judge_score *score)
{
    if (s->end == s->start) return false;
    conclude(m, s, score);
    return true;
}
