/* The cost of a token mask: bench_mask MODEL|- [GRAMMAR|SCHEMA.json]. With "-" a synthetic vocabulary of 150 000 tokens. Walks
 * random texts of the grammar, asks for the mask at every token, and prints microseconds per mask: mean, 99th percentile
 * and worst, against a plain pass over the logits of as many tokens (what the sampler does anyway). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/grammar/grammar.h"
#include "platform/clock.h"

enum { SYNTHETIC = 150000, TEXTS = 40, LONGEST = 200, MAX_MASKS = TEXTS * LONGEST };

static const char standard[] =
    "{\"type\":\"array\",\"minItems\":1,\"items\":{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\","
    "\"maxLength\":60},\"kind\":{\"enum\":[\"person\",\"place\",\"thing\"]},\"born\":{\"type\":\"string\",\"format\":"
    "\"date\"},\"notes\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},\"score\":{\"type\":\"number\",\"minimum\":0,"
    "\"maximum\":1}},\"required\":[\"name\",\"kind\",\"notes\"]}}";

static uint64_t seed = 7;

static uint32_t random_below(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % n;
}

/* ---- a vocabulary of made-up words ---- */

typedef struct word {
    char text[24];
    uint8_t len;
} word;

static word *make_words(void)
{
    static const char *const syllables[] = {
        "an",  "ber", "co", "da", "el", "fi",        "gra",          "hu",           "in",
        "jo",  "ka",  "lo", "mi", "no", "\xc3\xa9t", "\xe4\xb8\xad", "\xe5\x9b\xbd", "\xd0\xb4\xd0\xb0",
        "ing", "tion"};
    static const char *const ends[] = {"", "", "", "", "\"", "\",", "\":", " {", "()", ";", "\n", "."};
    word *words = calloc(SYNTHETIC, sizeof *words);
    for (int i = 0; words && i < SYNTHETIC; i++) {
        word *w = &words[i];
        if (i < 257) {
            w->text[0] = (char)(i - 1);
            w->len = i > 0;
            continue;
        }
        size_t n = 0;
        if (random_below(2)) w->text[n++] = ' ';
        for (uint32_t k = 1 + random_below(4); k > 0; k--) {
            const char *s = syllables[random_below(20)];
            memcpy(w->text + n, s, strlen(s));
            n += strlen(s);
        }
        const char *end = ends[random_below(12)];
        memcpy(w->text + n, end, strlen(end));
        w->len = (uint8_t)(n + strlen(end));
    }
    return words;
}

static const char *word_text(const void *user, int32_t token, size_t *len, bool *ends)
{
    const word *w = &((const word *)user)[token];
    *ends = token == 0;
    *len = w->len;
    return w->text;
}

static const char *model_text(const void *user, int32_t token, size_t *len, bool *ends)
{
    *ends = sx_token_ends(user, token);
    return sx_token_bytes(user, token, len);
}

/* ---- measuring ---- */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static size_t measure(sx_matcher *m, const sx_token_trie *trie, double *us)
{
    size_t n = 0;
    uint32_t *bits = calloc(trie->n_tokens / 32 + 1, sizeof *bits);
    for (; n < LONGEST; n++) {
        memset(bits, 0, (trie->n_tokens / 32 + 1) * sizeof *bits);
        double begin = sx_clock_ms();
        if (!sx_matcher_mask(m, bits)) break;
        us[n] = (sx_clock_ms() - begin) * 1000;
        uint32_t at = random_below(trie->n_tokens), tried = 0;
        while (tried < trie->n_tokens && !(bits[at / 32] >> (at % 32) & 1)) at = (at + 1) % trie->n_tokens, tried++;
        if (tried == trie->n_tokens || !sx_matcher_advance(m, (int32_t)at) || sx_matcher_must_end(m)) break;
    }
    free(bits);
    return n;
}

static void report(double *us, size_t n, uint32_t n_tokens)
{
    double sum = 0, pass = 0;
    volatile float most = 0;
    float *logits = calloc(n_tokens, sizeof *logits);
    double begin = sx_clock_ms();
    for (int round = 0; round < 20; round++)
        for (uint32_t i = 0; i < n_tokens; i++)
            if (logits[i] > most) most = logits[i];
    pass = (sx_clock_ms() - begin) * 1000 / 20;
    free(logits);
    for (size_t i = 0; i < n; i++) sum += us[i];
    qsort(us, n, sizeof *us, by_size);
    printf(
        "%u tokens, %zu masks: mean %.0f us, 99%% %.0f us, worst %.0f us; a pass over the logits %.0f us; ratio %.1f\n",
        n_tokens, n, sum / (double)n, us[n * 99 / 100], us[n - 1], pass, sum / (double)n / pass);
}

int main(int argc, char **argv)
{
    static double us[MAX_MASKS];
    static char text[1 << 20];
    sx_mem mem;
    llm_error err = LLM_ERROR_INIT;
    sx_model *model = NULL;
    sx_token_trie *trie = NULL;
    sx_grammar *g = NULL;
    size_t n = 0, len = sizeof standard - 1;
    sx_mem_init(&mem, NULL);
    memcpy(text, standard, sizeof standard);
    FILE *f = argc > 2 ? fopen(argv[2], "rb") : NULL;
    if (f) len = fread(text, 1, sizeof text, f);
    if (f) fclose(f);
    word *words = argc < 2 || strcmp(argv[1], "-") == 0 ? make_words() : NULL;
    const void *user = words;
    llm_status status = words ? LLM_OK : sx_model_load(&model, &mem, argv[1], NULL, &err);
    if (model) user = model;
    double begin = sx_clock_ms();
    if (status == LLM_OK)
        status = sx_token_trie_create(&trie, &mem, words ? SYNTHETIC : sx_model_n_tokens(model),
                                      words ? word_text : model_text, user, &err);
    double trie_ms = sx_clock_ms() - begin;
    begin = sx_clock_ms();
    if (status == LLM_OK)
        status = text[0] == '{' ? sx_grammar_from_schema(&g, &mem, text, len, &err)
                                : sx_grammar_create(&g, &mem, text, len, &err);
    if (status == LLM_OK)
        printf("trie of %u nodes %.1f ms, grammar %.1f ms\n", trie->n, trie_ms, sx_clock_ms() - begin);
    sx_matcher *m = NULL;
    for (int i = 0; status == LLM_OK && i < TEXTS; i++) {
        status = sx_matcher_over(&m, &mem, g, trie, words ? word_text : model_text, user, &err);
        if (status == LLM_OK) n += measure(m, trie, us + n);
        sx_matcher_free(m);
    }
    if (status == LLM_OK && n)
        report(us, n, trie->n_tokens);
    else
        fprintf(stderr, "%s\n", err.message);
    sx_grammar_free(g);
    sx_token_trie_free(trie);
    sx_model_free(model);
    free(words);
    return status != LLM_OK;
}
