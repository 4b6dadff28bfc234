/* The tagger: tokens in, labels chosen from left to right, findings out. */
#include "guard/recognise/tag.h"

#include <math.h>
#include <string.h>

/* Text of ideographs has rules of its own for names and addresses, which go first where both see something. */
static const float HAN_SCORE = 0.6f;

static const sx_token NOTHING = {.word = 1, .shape = 1};

static sx_token *token_at(sx_tag_state *s, uint64_t i)
{
    return &s->ring[i & 7u];
}

/* Words of two and three ideographs, looked up when the last one comes: it ends them, the first one begins them. */
void sx_tag_link_han(const sx_tag_model *model, sx_token *two_back, sx_token *last, sx_token *now)
{
    if (now->kind != SX_TOKEN_HAN || last == NULL || last->kind != SX_TOKEN_HAN || now->gap != SX_GAP_NONE) return;
    uint64_t two = sx_word_hash_add(sx_word_hash_add(sx_word_hash_begin(), last->first), now->first);
    uint32_t bits = sx_tag_lists(model, two);
    last->lists |= bits << 8;
    now->lists |= bits << 16;
    if (two_back == NULL || two_back->kind != SX_TOKEN_HAN || last->gap != SX_GAP_NONE) return;
    uint64_t three = sx_word_hash_begin();
    three = sx_word_hash_add(sx_word_hash_add(sx_word_hash_add(three, two_back->first), last->first), now->first);
    bits = sx_tag_lists(model, three);
    two_back->lists |= bits << 8;
    now->lists |= bits << 16;
}

/* The likeliest label that may follow, and how likely it is among those that may. */
static uint8_t choose(const sx_tag_model *model, const int32_t sum[SX_TAG_LANES], uint8_t last, float *sure)
{
    uint8_t best = 0;
    for (unsigned l = 1; l < SX_TAG_LABELS; l++) {
        if (sum[l] > sum[best] && sx_tag_allowed(last, (uint8_t)l)) best = (uint8_t)l;
    }
    if (best == 0) return 0;
    /* how likely the type is: its first and its further tokens together */
    float all = 0, mine = 0;
    for (unsigned l = 0; l < SX_TAG_LABELS; l++) {
        if (!sx_tag_allowed(last, (uint8_t)l)) continue;
        float p = expf((float)(sum[l] - sum[best]) * model->scale);
        all += p;
        if (l > 0 && (l - 1) / 2 == (best - 1u) / 2) mine += p;
    }
    *sure = mine / all;
    return best;
}

/* A Chinese name is a family name and one or two more ideographs, and no common word. */
static bool plausible(const sx_tag_state *s)
{
    if (!s->open_han || s->open.type != SX_TAG_PERSON) return true;
    bool two = (s->open_lists >> 8 & SX_LIST_FAMILY) != 0, one = (s->open_lists & SX_LIST_FAMILY) != 0;
    if (s->open_tokens < 2 || s->open_tokens > (two ? 4u : 3u) || (!one && !two)) return false;
    return s->open_tokens > 2 || (s->open_lists >> 8 & SX_LIST_COMMON) == 0;
}

static void emit(const sx_tag_model *model, sx_tag_state *s, sx_tag_hit *hits, unsigned *n)
{
    if (s->past.label == 0 || *n >= SX_TAG_HITS || !plausible(s)) return;
    hits[*n] = s->open;
    hits[*n].score = sx_tag_calibrate(model, s->open.type, s->open.score);
    if (s->open_han && hits[*n].score > HAN_SCORE) hits[*n].score = HAN_SCORE;
    (*n)++;
}

/* Inside "https://..." and "x@y" there are no names: a chunk without spaces that has shown such a sign is left alone. */
static void follow_link(sx_tag_state *s, const sx_token *t, const sx_token *next)
{
    if (t->gap != SX_GAP_NONE) s->in_link = false;
    if (t->first == '@' || (t->first == ':' && next->first == '/' && next->gap == SX_GAP_NONE)) s->in_link = true;
}

static void decide(const sx_tag_model *model, sx_tag_state *s, sx_tag_hit *hits, unsigned *n)
{
    const sx_token *window[SX_TAG_WINDOW];
    uint64_t at = s->done;
    for (unsigned k = 0; k < SX_TAG_WINDOW; k++) {
        uint64_t i = at + k - SX_TAG_REACH;
        window[k] = at + k >= SX_TAG_REACH && i < s->seen ? token_at(s, i) : &NOTHING;
    }
    const sx_token *t = window[SX_TAG_REACH];
    uint32_t features[SX_TAG_FEATURES];
    int32_t sum[SX_TAG_LANES];
    float sure = 0;
    uint8_t label = 0;
    follow_link(s, t, window[SX_TAG_REACH + 1]);
    if (!s->in_link) {
        sx_tag_features(window, &s->past, features);
        sx_tag_sum(model, features, sum);
        label = choose(model, sum, s->past.label, &sure);
    }
    bool goes_on = label != 0 && (label & 1u) == 0;
    if (goes_on && s->open_tokens >= SX_TAG_SPAN_TOKENS) {
        label--;
        goes_on = false;
    }
    if (goes_on) {
        s->open.end = t->end;
        s->open_tokens++;
        if (sure < s->open.score) s->open.score = sure;
    } else {
        emit(model, s, hits, n);
        s->open = (sx_tag_hit){t->start, t->end, sure, (uint8_t)((label - 1u) / 2u)};
        s->open_tokens = 1;
        s->open_lists = t->lists;
        s->open_han = t->kind == SX_TOKEN_HAN;
    }
    sx_tag_advance(&s->past, label, window[SX_TAG_REACH - 1]->word);
    s->done++;
}

static void take(const sx_tag_model *model, sx_tag_state *s, const sx_token *tokens, unsigned count, sx_tag_hit *hits,
                 unsigned *n)
{
    for (unsigned k = 0; k < count; k++) {
        sx_token *now = token_at(s, s->seen);
        *now = tokens[k];
        sx_tag_link_han(model, s->seen > 1 ? token_at(s, s->seen - 2) : NULL,
                        s->seen > 0 ? token_at(s, s->seen - 1) : NULL, now);
        s->seen++;
        if (s->seen - s->done > SX_TAG_REACH) decide(model, s, hits, n);
    }
}

unsigned sx_tag_next(const sx_tag_model *model, sx_tag_state *state, uint32_t cp, uint64_t start, uint64_t end,
                     sx_tag_hit hits[SX_TAG_HITS])
{
    sx_token tokens[2];
    unsigned n = 0, count = sx_token_next(&state->reader, sx_tag_lists, model, cp, start, end, tokens);
    take(model, state, tokens, count, hits, &n);
    return n;
}

unsigned sx_tag_finish(const sx_tag_model *model, sx_tag_state *state, sx_tag_hit hits[SX_TAG_HITS])
{
    sx_token tokens[1];
    unsigned n = 0, count = sx_token_finish(&state->reader, sx_tag_lists, model, tokens);
    take(model, state, tokens, count, hits, &n);
    while (state->done < state->seen) decide(model, state, hits, &n);
    emit(model, state, hits, &n);
    state->past = (sx_tag_past){0};
    return n;
}

uint64_t sx_tag_pending(const sx_tag_state *s)
{
    if (s->past.label != 0) return s->open.start;
    if (s->done < s->seen) return s->ring[s->done & 7u].start;
    return s->reader.is_open ? s->reader.open.start : UINT64_MAX;
}
