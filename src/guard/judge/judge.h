/* Two questions about a text as a whole: is it an attack on a model's instructions, does it ask for harm? A small linear model over
 * words, pieces of words, pairs and triples of words and of ideographs, undisguised (case, width, invisible and look-alike characters, characters of
 * the tag block; runs of base64, hexadecimal and ROT13 are read decoded too). It sees wording only: what needs understanding needs a model. */
#ifndef SX_GUARD_JUDGE_JUDGE_H
#define SX_GUARD_JUDGE_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SX_JUDGE_ROW_BITS   18u
#define SX_JUDGE_HEADS      2u /* attack, harm */
#define SX_JUDGE_CATEGORIES 8u /* of harm, see sx_judge_category */
#define SX_JUDGE_LANES      (SX_JUDGE_HEADS + SX_JUDGE_CATEGORIES)
#define SX_JUDGE_WINDOW     4096u /* a longer text is judged in windows of this size, each ended at a word */
#define SX_JUDGE_WORD       48u   /* letters; a longer word is cut */
#define SX_JUDGE_CODE       1024u /* most letters of an encoded run that are decoded */

enum { SX_JUDGE_ATTACK, SX_JUDGE_HARM };

typedef struct sx_judge_model {
    const int8_t *rows; /* [1 << SX_JUDGE_ROW_BITS][SX_JUDGE_LANES] */
    float scale;
    float bias[SX_JUDGE_LANES];
    float slope[SX_JUDGE_HEADS], offset[SX_JUDGE_HEADS]; /* of the calibration */
} sx_judge_model;

#define SX_JUDGE_HEADER_BYTES (12u + 4u * SX_JUDGE_LANES + 8u * SX_JUDGE_HEADS)
#define SX_JUDGE_BLOB_BYTES   (SX_JUDGE_HEADER_BYTES + ((size_t)SX_JUDGE_LANES << SX_JUDGE_ROW_BITS))

/* Points into blob. False: not a model of this version. */
bool sx_judge_model_read(sx_judge_model *model, const unsigned char *blob, size_t len);
void sx_judge_model_shipped(sx_judge_model *model);

/* What is known of the words of a window: every feature counts once. */
typedef struct sx_judge_bag {
    uint64_t seen[(1u << SX_JUDGE_ROW_BITS) / 64];
    int32_t sum[SX_JUDGE_LANES];
    uint32_t features, words;
    uint32_t last, last2; /* words before */
    uint32_t word, stem, letters;
    uint32_t letter[SX_JUDGE_WORD];
    bool ideograph;
} sx_judge_bag;

typedef struct sx_judge_score {
    float p[SX_JUDGE_HEADS];
    unsigned category; /* of harm, the likeliest */
    float margin[SX_JUDGE_LANES];
} sx_judge_score;

/* Called with each new feature of a window, by the trainer. */
typedef void (*sx_judge_feature_fn)(void *user, uint32_t row);

void sx_judge_bag_clear(sx_judge_bag *bag);
/* Adds a character; model NULL: nothing is summed. */
void sx_judge_bag_add(const sx_judge_model *model, sx_judge_bag *bag, uint32_t cp, sx_judge_feature_fn fn, void *user);
void sx_judge_bag_end(const sx_judge_model *model, sx_judge_bag *bag, sx_judge_feature_fn fn, void *user);
void sx_judge_bag_score(const sx_judge_model *model, const sx_judge_bag *bag, sx_judge_score *out);

/* A run of ROT13 as it comes: decoded so far, how much speaks for it, and both where that was most. */
typedef struct sx_judge_turned {
    char text[SX_JUDGE_CODE];
    uint32_t n, peak_n;
    int32_t sum, peak;
} sx_judge_turned;

/* Takes the next character. True when a run has ended: then text is what it says, which lives until the next call. */
bool sx_judge_turned_next(sx_judge_turned *turned, uint32_t cp, const char **text, uint32_t *n);
bool sx_judge_turned_end(sx_judge_turned *turned, const char **text, uint32_t *n); /* the text ends here */

/* A stream's place: begin it with sx_judge_begin. Large: it lives on the heap. */
typedef struct sx_judge_state {
    sx_judge_bag text, decoded;
    uint64_t start, end;      /* of the window */
    char code[SX_JUDGE_CODE]; /* an encoded run as it comes */
    uint32_t code_n;
    sx_judge_turned turned;
    bool has_decoded;
} sx_judge_state;

void sx_judge_begin(sx_judge_state *state);
/* Takes the next character, which ends at `end`. True when it ended a window: then score tells of [state->start, state->end), and
 * sx_judge_begin_next must follow. */
bool sx_judge_next(const sx_judge_model *model, sx_judge_state *state, uint32_t cp, uint64_t end,
                   sx_judge_score *score);
/* The window that the text's end leaves; false when it is empty. */
bool sx_judge_finish(const sx_judge_model *model, sx_judge_state *state, sx_judge_score *score);
void sx_judge_begin_next(sx_judge_state *state);

/* "harm-weapons" and the like; static. */
const char *sx_judge_category(unsigned i);

#endif
