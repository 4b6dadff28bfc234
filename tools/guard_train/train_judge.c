/* train_judge DATA OUT [source]: learns the two scorers and writes the blob that the library links.
 *
 * A record of DATA is "ATTACK HARM CATEGORY SOURCE 0x1f text 0x1e"; labels are 0, 1 or - (not known), the category 0-7 or -. First
 * five models are learned, each without a fifth of the rows (of the sources when "source" is given; rows whose source begins with
 * "own" or "more" are always learned from and never counted), and judge what they have not seen, rounded as they are stored: from that
 * come the printed figures and the calibration. Then one is learned from all.
 *
 * Support vector machines over features weighed by how rare they are. Harm is the mean of two over the same features, so that a text
 * is still weighed once: the other's are weighed besides by how much they tell the two kinds apart (the log-count ratio of S. Wang and
 * C. Manning, 2012); for attacks that finds less in sources left out. Deterministic. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guard/judge/judge.h"
#include "platform/utf8.h"

enum { ROWS = 1 << SX_JUDGE_ROW_BITS, LANES = SX_JUDGE_LANES, EPOCHS = 20, FOLDS = 5, SOURCES = 128 };

#define WIDEST 6.0f /* largest weight that is kept */

typedef struct row {
    int label[SX_JUDGE_HEADS], category, source, fold;
    uint32_t *features, n;
    float margin[SX_JUDGE_HEADS], square; /* the square of its length */
} row;

static const float COST[SX_JUDGE_HEADS] = {0.1f, 0.05f}; /* of an error, against the length of the weights */

/* How much rows of a source count for harm: running text and attacks stand for what is not asked at all, and what was made from
 * templates or is long must not outvote what people wrote. */
static const struct {
    const char *source;
    float weight;
} WEIGHTS[] = {{"own-prose", 0.2f}, {"i-", 0.2f}, {"own-contrast", 0.5f}, {"more-ailuminate", 0.3f}};

static row *rows;
static size_t row_n;
static char sources[SOURCES][64];
static int source_n;
static float w[ROWS][LANES], bias[LANES];
static uint64_t seed;

static uint32_t draw(uint32_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seed >> 33) % below);
}

static uint32_t buffer[ROWS], buffer_n;

static void collect(void *user, uint32_t feature)
{
    (void)user;
    buffer[buffer_n++] = feature;
}

static int source_of(const char *name)
{
    for (int i = 0; i < source_n; i++) {
        if (strcmp(sources[i], name) == 0) return i;
    }
    if (source_n == SOURCES) exit(2);
    snprintf(sources[source_n], sizeof sources[0], "%s", name);
    return source_n++;
}

static bool own(const row *r)
{
    return strncmp(sources[r->source], "own", 3) == 0 || strncmp(sources[r->source], "more", 4) == 0;
}

static float weight_of(const row *r, unsigned lane)
{
    for (size_t i = 0; lane == SX_JUDGE_HARM && i < sizeof WEIGHTS / sizeof WEIGHTS[0]; i++) {
        if (strncmp(sources[r->source], WEIGHTS[i].source, strlen(WEIGHTS[i].source)) == 0) return WEIGHTS[i].weight;
    }
    return 1;
}

static void read_data(const char *path, bool by_source)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) exit(2);
    fseek(f, 0, SEEK_END);
    size_t n = (size_t)ftell(f), cap = 0;
    rewind(f);
    char *text = malloc(n + 1);
    if (text == NULL || fread(text, 1, n, f) != n) exit(2);
    fclose(f);
    static sx_judge_bag bag;
    seed = 3;
    for (char *p = text; p < text + n;) {
        char a, h, c, name[64], *end = memchr(p, 0x1e, (size_t)(text + n - p)), *body = memchr(p, 0x1f, (size_t)(end - p));
        *body = 0;
        if (sscanf(p, "%c %c %c %63s", &a, &h, &c, name) != 4) exit(2);
        if (row_n == cap) rows = realloc(rows, (cap = cap ? 2 * cap : 4096) * sizeof *rows);
        row *r = &rows[row_n++];
        *r = (row){.label = {a == '-' ? -1 : a - '0', h == '-' ? -1 : h - '0'}, .category = c == '-' ? -1 : c - '0', .source = source_of(name)};
        r->fold = by_source ? r->source % FOLDS : (int)draw(FOLDS);
        sx_judge_bag_clear(&bag);
        buffer_n = 0;
        for (char *t = body + 1; t < end && t < body + SX_JUDGE_WINDOW;) {
            size_t step;
            sx_judge_bag_add(NULL, &bag, sx_utf8_next(t, (size_t)(end - t), &step), collect, NULL);
            t += step;
        }
        sx_judge_bag_end(NULL, &bag, collect, NULL);
        r->n = buffer_n;
        r->features = malloc((buffer_n + 1) * sizeof *r->features);
        memcpy(r->features, buffer, buffer_n * sizeof *buffer);
        p = end + 1;
    }
    free(text);
}

static float margin(const row *r, unsigned lane)
{
    float s = 0;
    for (uint32_t i = 0; i < r->n; i++) s += w[r->features[i]][lane];
    return bias[lane] + s / sqrtf((float)r->n + 8.0f);
}

/* The machine that is being learned. */
static float one_w[ROWS], one_bias;

static float one_margin(const row *r)
{
    float s = 0;
    for (uint32_t i = 0; i < r->n; i++) s += one_w[r->features[i]];
    return one_bias + s / sqrtf((float)r->n + 8.0f);
}

/* Rare features weigh more (inverse document frequency); what they weigh is folded into the weights that are stored. */
static float rarity[ROWS];

static void weigh_features(void)
{
    for (size_t i = 0; i < row_n; i++) {
        for (uint32_t k = 0; k < rows[i].n; k++) rarity[rows[i].features[k]] += 1;
    }
    for (size_t f = 0; f < ROWS; f++) {
        float idf = 1 + logf((1 + (float)row_n) / (1 + rarity[f]));
        rarity[f] = idf * idf;
    }
}

/* The label of a row in a lane: 1, 0 or -1 (not known). */
static int label_of(const row *r, unsigned lane)
{
    if (lane < SX_JUDGE_HEADS) return r->label[lane];
    return r->category < 0 ? -1 : r->category == (int)(lane - SX_JUDGE_HEADS);
}

/* What a feature's square weighs: its rarity, for the second machine times how much it tells rows of the two kinds apart. */
static float scale[ROWS];

static void scale_features(unsigned lane, const size_t *order, size_t n, bool apart)
{
    static float counts[2][ROWS];
    memcpy(scale, rarity, sizeof scale);
    if (apart) {
        double all[2] = {ROWS, ROWS};
        for (size_t i = 0; i < ROWS; i++) counts[0][i] = counts[1][i] = 1;
        for (size_t i = 0; i < n; i++) {
            const row *r = &rows[order[i]];
            int known = label_of(r, lane);
            if (known < 0) continue;
            for (uint32_t k = 0; k < r->n; k++) counts[known][r->features[k]]++;
            all[known] += r->n;
        }
        for (size_t i = 0; i < ROWS; i++) {
            float ratio = logf(counts[1][i] / counts[0][i]) - (float)log(all[1] / all[0]);
            scale[i] *= ratio * ratio;
        }
    }
    for (size_t i = 0; i < row_n; i++) {
        rows[i].square = 0;
        for (uint32_t k = 0; k < rows[i].n; k++) rows[i].square += scale[rows[i].features[k]] / ((float)rows[i].n + 8.0f);
    }
}

/* A linear support vector machine with squared loss, by dual coordinate descent (C.-J. Hsieh et al., 2008); its share is added to
 * the lane. */
static void learn(unsigned lane, float cost, float share, size_t *order, size_t n, float *alpha)
{
    memset(alpha, 0, row_n * sizeof *alpha);
    memset(one_w, 0, sizeof one_w);
    one_bias = 0;
    for (int e = 0; e < EPOCHS; e++) {
        for (size_t i = n; i > 1; i--) {
            size_t k = draw((uint32_t)i), x = order[i - 1];
            order[i - 1] = order[k];
            order[k] = x;
        }
        for (size_t i = 0; i < n; i++) {
            const row *r = &rows[order[i]];
            int known = label_of(r, lane);
            if (known < 0) continue;
            float y = known ? 1.0f : -1.0f, x = 1.0f / sqrtf((float)r->n + 8.0f), old = alpha[order[i]];
            float ridge = 1 / (2 * cost * weight_of(r, lane));
            float slack = y * one_margin(r) - 1 + old * ridge, now = old - slack / (r->square + 1 + ridge);
            if (now < 0) now = 0;
            alpha[order[i]] = now;
            one_bias += (now - old) * y;
            for (uint32_t k = 0; k < r->n && now != old; k++)
                one_w[r->features[k]] += (now - old) * y * x * scale[r->features[k]];
        }
    }
    for (size_t i = 0; i < ROWS; i++) w[i][lane] += share * one_w[i];
    bias[lane] += share * one_bias;
}

/* Weights as they are stored: eight bits of one unit. The few that are larger are cut. */
static float round_weights(void)
{
    float most = 0;
    for (size_t i = 0; i < ROWS; i++) {
        for (unsigned l = 0; l < LANES; l++) most = fabsf(w[i][l]) > most ? fabsf(w[i][l]) : most;
    }
    float unit = (most < WIDEST ? most : WIDEST) / 127.0f;
    for (size_t i = 0; i < ROWS; i++) {
        for (unsigned l = 0; l < LANES; l++) {
            float q = roundf(w[i][l] / unit);
            w[i][l] = unit * (q > 127 ? 127 : q < -127 ? -127 : q);
        }
    }
    printf("largest weight %.3f, unit %.5f\n", (double)most, (double)unit);
    return unit;
}

static float train(int without)
{
    memset(w, 0, sizeof w);
    memset(bias, 0, sizeof bias);
    size_t *order = malloc(row_n * sizeof *order), n = 0;
    float *alpha = malloc(row_n * sizeof *alpha);
    for (size_t i = 0; i < row_n; i++) {
        if (own(&rows[i]) || rows[i].fold != without) order[n++] = i;
    }
    seed = 7;
    for (unsigned lane = 0; lane < LANES; lane++) {
        float cost = lane < SX_JUDGE_HEADS ? COST[lane] : 1.0f;
        bool two = lane == SX_JUDGE_HARM;
        scale_features(lane, order, n, false);
        learn(lane, cost, two ? 0.5f : 1.0f, order, n, alpha);
        if (!two) continue;
        scale_features(lane, order, n, true);
        learn(lane, cost, 0.5f, order, n, alpha);
    }
    free(alpha);
    free(order);
    return round_weights();
}

/* Each head is measured on the rows made for it: sources "i-..." of attacks, "h-..." of harm. */
static bool counts(const row *r, unsigned h)
{
    return sources[r->source][0] == "ih"[h] && sources[r->source][1] == '-' && r->label[h] >= 0;
}

static int falling(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

static float slope[SX_JUDGE_HEADS], offset[SX_JUDGE_HEADS];

/* Figures of what was never seen, and Platt's sigmoid moved so that at 0.5 `alarms` of the benign rows are flagged. */
static void judge_head(unsigned h, float alarms)
{
    float *benign = malloc(row_n * sizeof *benign), a = 1, b = 0;
    size_t n = 0, pos = 0;
    for (size_t i = 0; i < row_n; i++) {
        if (!counts(&rows[i], h)) continue;
        if (rows[i].label[h] == 0) benign[n++] = rows[i].margin[h];
        pos += rows[i].label[h] == 1;
    }
    for (int e = 0; e < 4000; e++) {
        float ga = 0, gb = 0, m = 0;
        for (size_t i = 0; i < row_n; i++) {
            if (!counts(&rows[i], h)) continue;
            float g = 1.0f / (1.0f + expf(-(a * rows[i].margin[h] + b))) - (float)rows[i].label[h];
            ga += g * rows[i].margin[h];
            gb += g;
            m++;
        }
        a -= 0.3f * ga / m;
        b -= 0.3f * gb / m;
    }
    qsort(benign, n, sizeof *benign, falling);
    float cut = benign[(size_t)((float)n * alarms)];
    for (int k = 1; k <= 5; k++) {
        float at = benign[(size_t)((float)n * (float)k * 0.01f)];
        size_t hit = 0;
        for (size_t i = 0; i < row_n; i++) hit += counts(&rows[i], h) && rows[i].label[h] == 1 && rows[i].margin[h] > at;
        printf("head %u: alarms %d %%: recall %.3f (%zu of %zu; benign %zu)\n", h, k, (double)hit / (double)pos, hit, pos, n);
    }
    printf("  Platt %.3f m %+.3f; moved so that 0.5 is margin %.3f\n", (double)a, (double)b, (double)cut);
    slope[h] = a;
    offset[h] = -a * cut;
    for (int s = 0; s < source_n; s++) {
        size_t all[2] = {0}, hit[2] = {0};
        for (size_t i = 0; i < row_n; i++) {
            int l = rows[i].label[h];
            if (rows[i].source != s || !counts(&rows[i], h)) continue;
            all[l]++;
            hit[l] += rows[i].margin[h] > cut;
        }
        if (all[0] + all[1]) printf("    %-40s recall %zu/%zu  alarms %zu/%zu\n", sources[s], hit[1], all[1], hit[0], all[0]);
    }
    for (int k = 0; k < 10; k++) {
        size_t all = 0, hit = 0;
        for (size_t i = 0; i < row_n; i++) {
            if (!counts(&rows[i], h)) continue;
            float p = 1.0f / (1.0f + expf(-(a * rows[i].margin[h] + b)));
            if ((int)(p * 10) != k && !(k == 9 && p >= 1)) continue;
            all++;
            hit += (size_t)rows[i].label[h];
        }
        if (all) printf("    reliability before the move %.1f-%.1f: %zu of %zu right (%.2f)\n", k / 10.0, (k + 1) / 10.0, hit, all, (double)hit / (double)all);
    }
    free(benign);
}

static void put(FILE *o, float f)
{
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    for (unsigned k = 0; k < 4; k++) fputc((int)(u >> (8 * k) & 255u), o);
}

int main(int argc, char **argv)
{
    if (argc < 3) return 2;
    read_data(argv[1], argc > 3 && strcmp(argv[3], "source") == 0);
    printf("%zu rows, %d sources\n", row_n, source_n);
    weigh_features();
    size_t right = 0, named = 0;
    for (int f = 0; f < FOLDS; f++) {
        train(f);
        for (size_t i = 0; i < row_n; i++) {
            row *r = &rows[i];
            if (own(r) || r->fold != f) continue;
            for (unsigned h = 0; h < SX_JUDGE_HEADS; h++) r->margin[h] = margin(r, h);
            int best = 0;
            for (int c = 1; c < (int)SX_JUDGE_CATEGORIES; c++)
                best = margin(r, SX_JUDGE_HEADS + (unsigned)c) > margin(r, SX_JUDGE_HEADS + (unsigned)best) ? c : best;
            named += r->category >= 0;
            right += r->category == best;
        }
    }
    judge_head(SX_JUDGE_ATTACK, 0.014f);
    judge_head(SX_JUDGE_HARM, 0.04f);
    printf("category right: %zu of %zu\n", right, named);
    float unit = train(-1);
    FILE *o = fopen(argv[2], "wb");
    if (o == NULL) return 2;
    fwrite("SXJUD1", 1, 6, o);
    fputc(SX_JUDGE_ROW_BITS, o);
    fputc(SX_JUDGE_LANES, o);
    put(o, unit);
    for (unsigned l = 0; l < LANES; l++) put(o, bias[l]);
    for (unsigned h = 0; h < SX_JUDGE_HEADS; h++) {
        put(o, slope[h]);
        put(o, offset[h]);
    }
    for (size_t i = 0; i < ROWS; i++) {
        for (unsigned l = 0; l < LANES; l++) fputc((int)(int8_t)roundf(w[i][l] / unit), o);
    }
    return fclose(o) != 0;
}
