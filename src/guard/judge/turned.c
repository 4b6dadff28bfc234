/* Runs of text whose letters stand 13 places on in the alphabet (ROT13). Each letter says how much likelier it is in such a run than
 * in English; a run begins where the sum leaves zero and ends at its highest point, once the sum has fallen well below that
 * (the CUSUM test of Page 1954). Plain English falls by 13/16 a letter on the mean and hardly ever gets anywhere. */
#include "guard/judge/judge.h"

#include "guard/scan/chars.h"

/* 16 ln(p(c + 13) / p(c)) of a to m, p the frequencies of letters in English prose; that of n to z is the negative. */
static const int8_t LIKELIER[13] = {-3, 26, -6, -61, -12, 17, 24, -12, -31, 44, -26, -11, -56};

enum {
    ENOUGH = 16 * 20, /* one plain text in e^20 looks so */
    FALLEN = 16 * 10
};

static int letter_number(char c)
{
    return sx_ascii_letter(c) ? (c | 32) - 'a' : -1;
}

static char turn(char c)
{
    int k = letter_number(c);
    return k < 0 ? c : (char)(k < 13 ? c + 13 : c - 13);
}

bool sx_judge_turned_end(sx_judge_turned *t, const char **text, uint32_t *n)
{
    bool found = t->peak >= ENOUGH;
    *text = t->text;
    *n = t->peak_n;
    t->sum = t->peak = 0;
    t->n = t->peak_n = 0;
    return found;
}

bool sx_judge_turned_next(sx_judge_turned *t, uint32_t cp, const char **text, uint32_t *n)
{
    char c = cp < 0x80 ? (char)cp : ' ';
    int k = letter_number(c);
    int step = k < 0 ? 0 : k < 13 ? LIKELIER[k] : -LIKELIER[k - 13];
    if (t->sum + step <= 0 && t->peak < ENOUGH) { /* nothing has begun */
        t->sum = t->peak = 0;
        t->n = t->peak_n = 0;
        return false;
    }
    t->sum += step;
    t->text[t->n++] = turn(c);
    if (t->sum >= t->peak) {
        t->peak = t->sum;
        t->peak_n = t->n;
    }
    bool over = t->n == SX_JUDGE_CODE || t->sum < t->peak - FALLEN;
    return over && sx_judge_turned_end(t, text, n);
}
