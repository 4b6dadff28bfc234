/* train_tags TRAIN HELD LISTS OUT: learns the recogniser's weights from marked texts and writes the blob that the library links.
 *
 * A text ends with byte 0x1e; a finding stands between 0x01 TYPE (a digit, in the order of tag.h) and 0x02. LISTS holds one
 * "word TAB bits" a line. A text that begins with 0x03 is prose of which only the plain words are known to be no findings. The model is a softmax over labels, learned by AdaGrad on what the library's own tokens.c and
 * features.c give, with the labels before taken from its own guesses half of the time, words and lists hidden at random, so
 * that contexts count. HELD is not learned from: what is found in it is printed. Deterministic. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guard/recognise/tag.h"
#include "platform/utf8.h"

enum { ROWS = 1 << SX_TAG_ROW_BITS, LISTS = 1 << SX_TAG_LIST_BITS, LANES = SX_TAG_LANES, EPOCHS = 5, UNKNOWN = 255 };

typedef struct sample {
    size_t first, count;
} sample;

typedef struct set {
    sx_token *tokens;
    uint8_t *labels;
    size_t token_n, token_cap;
    sample *samples;
    size_t sample_n, sample_cap;
} set;

static float weights[ROWS][LANES], squares[ROWS][LANES];
static unsigned char prints[LISTS][2], bits[LISTS];
static sx_tag_model model = {.prints = &prints[0][0], .bits = bits};
static uint64_t seed = 1;

static uint32_t draw(uint32_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 33) % below);
}

static void *must(void *p)
{
    if (p == NULL) exit(2);
    return p;
}

static char *slurp(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        perror(path);
        exit(2);
    }
    fseek(f, 0, SEEK_END);
    *n = (size_t)ftell(f);
    rewind(f);
    char *text = must(malloc(*n + 1));
    if (fread(text, 1, *n, f) != *n) exit(2);
    text[*n] = 0;
    fclose(f);
    return text;
}

static void read_lists(const char *path)
{
    size_t n;
    char *text = slurp(path, &n), *line = text;
    while (line < text + n) {
        char *tab = strchr(line, '\t'), *next = strchr(line, '\n') + 1;
        uint64_t h = sx_word_hash_begin();
        for (char *p = line; p < tab;) {
            size_t len;
            uint32_t cp = sx_utf8_next(p, (size_t)(tab - p), &len);
            h = sx_word_hash_add(h, cp);
            p += len;
        }
        uint32_t print = (uint32_t)(h >> 48) | 1u, i = (uint32_t)(h >> 8) % LISTS;
        while ((prints[i][0] | prints[i][1]) != 0 && (prints[i][0] | (uint32_t)prints[i][1] << 8) != print) i = (i + 1) % LISTS;
        prints[i][0] = (unsigned char)print;
        prints[i][1] = (unsigned char)(print >> 8);
        bits[i] |= (unsigned char)atoi(tab + 1);
        line = next;
    }
    free(text);
}

static void add_token(set *s, const sx_token *t, size_t first)
{
    if (s->token_n == s->token_cap) {
        s->token_cap = s->token_cap ? 2 * s->token_cap : 1 << 16;
        s->tokens = must(realloc(s->tokens, s->token_cap * sizeof *s->tokens));
        s->labels = must(realloc(s->labels, s->token_cap));
    }
    s->tokens[s->token_n] = *t;
    sx_token *last = s->token_n > first ? &s->tokens[s->token_n - 1] : NULL;
    sx_token *two = s->token_n > first + 1 ? &s->tokens[s->token_n - 2] : NULL;
    sx_tag_link_han(&model, two, last, &s->tokens[s->token_n]);
    s->labels[s->token_n++] = 0;
}

typedef struct span {
    uint64_t start, end;
    int type;
} span;

static size_t unmark(const char *in, size_t n, char *out, span *spans, size_t *span_n)
{
    size_t len = 0;
    *span_n = 0;
    for (size_t i = 0; i < n; i++) {
        if (in[i] == 1)
            spans[(*span_n)++] = (span){len, 0, in[++i] - '0'};
        else if (in[i] == 2)
            spans[*span_n - 1].end = len;
        else
            out[len++] = in[i];
    }
    return len;
}

static void add_sample(set *s, const char *marked, size_t n)
{
    static char text[1 << 16];
    static span spans[4096];
    bool prose = n > 0 && marked[0] == 3;
    if (prose) {
        marked++;
        n--;
    }
    size_t span_n, len = unmark(marked, n, text, spans, &span_n), first = s->token_n;
    sx_token_reader reader = {0};
    sx_token out[2];
    for (size_t i = 0; i < len;) {
        size_t step;
        uint32_t cp = sx_utf8_next(text + i, len - i, &step);
        unsigned c = sx_token_next(&reader, sx_tag_lists, &model, cp, i, i + step, out);
        for (unsigned k = 0; k < c; k++) add_token(s, &out[k], first);
        i += step;
    }
    if (sx_token_finish(&reader, sx_tag_lists, &model, out)) add_token(s, out, first);
    for (size_t k = 0, i = first; k < span_n; k++) {
        bool begun = false;
        for (; i < s->token_n && s->tokens[i].start < spans[k].end; i++) {
            if (s->tokens[i].end <= spans[k].start) continue;
            s->labels[i] = (uint8_t)((begun ? 2 : 1) + 2 * spans[k].type);
            begun = true;
        }
    }
    for (size_t i = first; prose && i < s->token_n; i++) {
        const sx_token *t = &s->tokens[i];
        uint32_t names = SX_LIST_GIVEN | SX_LIST_FAMILY | SX_LIST_PLACE | SX_LIST_COUNTRY | SX_LIST_PEOPLE;
        bool word = (t->lists & SX_LIST_COMMON) != 0 && (t->kind == SX_TOKEN_LOWER || (t->lists & names) == 0);
        if (!word && t->kind != SX_TOKEN_SIGN) s->labels[i] = UNKNOWN;
    }
    if (s->token_n == first) return;
    if (s->sample_n == s->sample_cap) {
        s->sample_cap = s->sample_cap ? 2 * s->sample_cap : 4096;
        s->samples = must(realloc(s->samples, s->sample_cap * sizeof *s->samples));
    }
    s->samples[s->sample_n++] = (sample){first, s->token_n - first};
}

static void read_set(const char *path, set *s)
{
    size_t n;
    char *text = slurp(path, &n);
    for (char *p = text; p < text + n;) {
        char *end = memchr(p, 0x1e, (size_t)(text + n - p));
        if (end == NULL) end = text + n;
        add_sample(s, p, (size_t)(end - p));
        p = end + 1;
    }
    free(text);
}

static const sx_token NOTHING = {.word = 1, .shape = 1};

static void look(const set *s, const sample *x, size_t i, const sx_token *window[SX_TAG_WINDOW])
{
    for (size_t k = 0; k < SX_TAG_WINDOW; k++) {
        bool in = i + k >= SX_TAG_REACH && i + k - SX_TAG_REACH < x->count;
        window[k] = in ? &s->tokens[x->first + i + k - SX_TAG_REACH] : &NOTHING;
    }
}

/* Hides what a token is: its word (shape and ends stay for the one case), its lists, or both. */
static sx_token hidden(const sx_token *t)
{
    sx_token h = *t;
    uint32_t what = draw(10);
    if (t->kind == SX_TOKEN_SIGN || t->kind == SX_TOKEN_NUMBER) return h;
    if (what < 5) h.word = 7;
    if (what < 2) h.suffix4 = h.suffix3 = h.prefix = 7;
    if (what >= 4 && what < 7) h.lists &= SX_LIST_COMMON | SX_LIST_COMMON << 8 | SX_LIST_COMMON << 16;
    return h;
}

static void sums(const uint32_t f[SX_TAG_FEATURES], float out[LANES])
{
    memset(out, 0, LANES * sizeof *out);
    for (unsigned k = 0; k < SX_TAG_FEATURES; k++) {
        const float *row = weights[f[k] % ROWS];
        for (unsigned l = 0; l < LANES; l++) out[l] += row[l];
    }
}

static uint8_t best_of(const float v[LANES], uint8_t last)
{
    uint8_t best = 0;
    for (uint8_t l = 1; l < SX_TAG_LABELS; l++) {
        if (v[l] > v[best] && sx_tag_allowed(last, l)) best = l;
    }
    return best;
}

static void learn(const set *s, const sample *x, float rate, int epoch, double *loss, size_t *wrong)
{
    sx_tag_past past = {0};
    bool own = epoch > 0 && draw(2);
    for (size_t i = 0; i < x->count; i++) {
        const sx_token *window[SX_TAG_WINDOW];
        sx_token masks[SX_TAG_WINDOW];
        uint32_t f[SX_TAG_FEATURES];
        float v[LANES], p[LANES], all = 0;
        uint8_t gold = s->labels[x->first + i];
        look(s, x, i, window);
        for (unsigned k = 0; k < SX_TAG_WINDOW; k++) {
            if (draw(k == 3 ? 4 : 10) != 0) continue;
            masks[k] = hidden(window[k]);
            window[k] = &masks[k];
        }
        sx_tag_features(window, &past, f);
        sums(f, v);
        uint8_t guess = best_of(v, past.label);
        if (gold == UNKNOWN) {
            sx_tag_advance(&past, guess, i > 0 ? s->tokens[x->first + i - 1].word : 1);
            continue;
        }
        *wrong += guess != gold;
        float top = v[0];
        for (unsigned l = 1; l < SX_TAG_LABELS; l++) top = v[l] > top ? v[l] : top;
        for (unsigned l = 0; l < SX_TAG_LABELS; l++) all += p[l] = expf(v[l] - top);
        *loss -= log((double)(p[gold] / all) + 1e-12);
        for (unsigned l = 0; l < SX_TAG_LABELS; l++) p[l] = p[l] / all - (l == gold);
        for (unsigned k = 0; k < SX_TAG_FEATURES; k++) {
            float *w = weights[f[k] % ROWS], *q = squares[f[k] % ROWS];
            for (unsigned l = 0; l < SX_TAG_LABELS; l++) {
                q[l] += p[l] * p[l];
                w[l] -= rate * p[l] / sqrtf(q[l] + 0.5f);
            }
        }
        sx_tag_advance(&past, own ? guess : gold, i > 0 ? s->tokens[x->first + i - 1].word : 1);
    }
}

static int8_t rows[ROWS][LANES];

static float quantise(void)
{
    float most = 0;
    for (size_t i = 0; i < ROWS; i++) {
        for (unsigned l = 0; l < LANES; l++) most = fabsf(weights[i][l]) > most ? fabsf(weights[i][l]) : most;
    }
    float scale = (most < 2.5f ? most : 2.5f) / 127.0f;
    for (size_t i = 0; i < ROWS; i++) {
        for (unsigned l = 0; l < LANES; l++) {
            float q = roundf(weights[i][l] / scale);
            rows[i][l] = (int8_t)(q > 127 ? 127 : q < -127 ? -127 : q);
        }
    }
    printf("largest weight %.2f, unit %.4f\n", (double)most, (double)scale);
    return scale;
}

/* Reads the held texts as the library will and counts, per type, what is found and what is right. */
static void measure(const char *path)
{
    static char text[1 << 16];
    static span spans[4096];
    size_t n, tp[SX_TAG_TYPES] = {0}, fp[SX_TAG_TYPES] = {0}, fn[SX_TAG_TYPES] = {0};
    char *file = slurp(path, &n);
    for (char *p = file; p < file + n;) {
        char *end = memchr(p, 0x1e, (size_t)(file + n - p));
        if (end == NULL) end = file + n;
        size_t span_n, len = unmark(p, (size_t)(end - p), text, spans, &span_n);
        sx_tag_state state = {0};
        sx_tag_hit hits[SX_TAG_HITS];
        unsigned c = 0;
        for (size_t i = 0; i <= len;) {
            size_t step = 1;
            if (i < len) {
                uint32_t cp = sx_utf8_next(text + i, len - i, &step);
                c = sx_tag_next(&model, &state, cp, i, i + step, hits);
            } else {
                c = sx_tag_finish(&model, &state, hits);
            }
            for (unsigned k = 0; k < c; k++) {
                bool right = false;
                for (size_t g = 0; g < span_n; g++)
                    right = right || (spans[g].type == hits[k].type && spans[g].start == hits[k].start && spans[g].end == hits[k].end);
                *(right ? &tp[hits[k].type] : &fp[hits[k].type]) += 1;
            }
            i += step;
        }
        for (size_t g = 0; g < span_n; g++) fn[spans[g].type]++;
        p = end + 1;
    }
    free(file);
    for (unsigned t = 0; t < SX_TAG_TYPES; t++) {
        double prec = (double)tp[t] / (double)(tp[t] + fp[t] + 1e-9), rec = (double)tp[t] / ((double)fn[t] + 1e-9);
        printf("held type %u: P %.3f R %.3f of %zu\n", t, prec, rec, fn[t]);
    }
}

static void put(FILE *o, float f)
{
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    const unsigned char b[4] = {(unsigned char)u, (unsigned char)(u >> 8), (unsigned char)(u >> 16), (unsigned char)(u >> 24)};
    fwrite(b, 1, 4, o);
}

int main(int argc, char **argv)
{
    set train = {0};
    if (argc != 5) return 2;
    read_lists(argv[3]);
    read_set(argv[1], &train);
    printf("%zu texts, %zu tokens\n", train.sample_n, train.token_n);
    size_t *order = must(malloc(train.sample_n * sizeof *order));
    for (size_t i = 0; i < train.sample_n; i++) order[i] = i;
    for (int e = 0; e < EPOCHS; e++) {
        double loss = 0;
        size_t wrong = 0;
        for (size_t i = train.sample_n; i > 1; i--) {
            size_t k = draw((uint32_t)i), x = order[i - 1];
            order[i - 1] = order[k];
            order[k] = x;
        }
        for (size_t i = 0; i < train.sample_n; i++)
            learn(&train, &train.samples[order[i]], 0.12f / (1.0f + 0.5f * (float)e), e, &loss, &wrong);
        printf("epoch %d: loss %.4f, wrong %.4f\n", e, loss / (double)train.token_n, (double)wrong / (double)train.token_n);
        fflush(stdout);
    }
    model.scale = quantise();
    model.rows = &rows[0][0];
    measure(argv[2]);
    FILE *o = fopen(argv[4], "wb");
    if (o == NULL) return 2;
    fwrite("SXTAG2", 1, 6, o);
    fputc(SX_TAG_ROW_BITS, o);
    fputc(SX_TAG_LIST_BITS, o);
    put(o, model.scale);
    put(o, 0);
    for (unsigned t = 0; t < SX_TAG_TYPES; t++) { /* raw scores as they are, until calibrate.py */
        put(o, 1);
        put(o, 0);
    }
    fwrite(rows, 1, sizeof rows, o);
    fwrite(prints, 1, sizeof prints, o);
    fwrite(bits, 1, sizeof bits, o);
    return fclose(o) != 0;
}
