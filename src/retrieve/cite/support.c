/* Does a passage support a sentence? The share of the sentence's weighted terms that the passage holds. Function words
 * weigh little, numbers double: a wrong number is the worst mistake an answer can make. */
#include <string.h>

#include "retrieve/rank/lexer.h"
#include "retrieve/retrieve.h"

static double term_weight(const sx_token *t)
{
    static const double by_kind[] = {0, 1.0, 2.0, 0.5, 0.3, 1.0, 0.5};
    return by_kind[t->kind] * (t->weak ? 0.1 : 1.0);
}

static int by_term(const sx_token *a, const sx_token *b)
{
    return (a->term > b->term) - (a->term < b->term);
}

static void sift(sx_token *v, size_t n, size_t i)
{
    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && by_term(&v[child], &v[child + 1]) < 0) child++;
        if (by_term(&v[i], &v[child]) >= 0) return;
        sx_token swap = v[i];
        v[i] = v[child];
        v[child] = swap;
    }
}

static void sort_terms(sx_token *v, size_t n)
{
    for (size_t i = n / 2; i-- > 0;) sift(v, n, i);
    while (n > 1) {
        sx_token swap = v[0];
        v[0] = v[--n];
        v[n] = swap;
        sift(v, n, 0);
    }
}

static bool has_term(const sx_token *v, size_t n, uint32_t term)
{
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (v[mid].term < term)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < n && v[lo].term == term;
}

/* Is this byte inside "[0.1.2]"? A citation is no part of what is claimed. */
static bool in_brackets(const char *text, size_t len, size_t at)
{
    size_t open = at;
    while (open > 0 && at - open < 64 && text[open] != '[' && text[open] != ']' && text[open] != ' ') open--;
    if (text[open] != '[') return false;
    while (at < len && text[at] != ']' && text[at] != ' ') at++;
    return at < len && text[at] == ']';
}

double sx_support(const char *sentence, size_t len, const char *passage, size_t passage_len, sx_mem *mem)
{
    uint32_t lang;
    if (sx_language_detect(&lang, mem, passage, passage_len)) return -1;
    sx_lexer said, held;
    sx_lexer_init(&said, mem, lang, true);
    sx_lexer_init(&held, mem, lang, false);
    double got = 0, all = 0;
    bool read = false;
    if (!sx_lexer_run(&said, sentence, len) && !sx_lexer_run(&held, passage, passage_len)) {
        read = true;
        sort_terms(held.tokens, held.count);
        for (size_t i = 0; i < said.count; i++) {
            if (in_brackets(sentence, len, said.tokens[i].start)) continue;
            double w = term_weight(&said.tokens[i]);
            all += w;
            if (has_term(held.tokens, held.count, said.tokens[i].term)) got += w;
        }
    }
    sx_lexer_free(&said);
    sx_lexer_free(&held);
    if (!read) return -1;
    return all > 0 ? got / all : 0;
}
