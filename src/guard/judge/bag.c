/* A window's words as features. The trainer shares this file. */
#include <string.h>

#include "guard/judge/judge.h"
#include "guard/normalise/disguise.h"
#include "platform/unicode.h"
#include "platform/utf8.h"

enum { STEM = 5, PIECE_MIN = 3, PIECE_MAX = 5 };

static uint32_t mix(uint32_t a, uint32_t b)
{
    uint64_t x = (((uint64_t)a << 32) | b) * 0xd6e8feb86659fd93u;
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93u;
    return (uint32_t)(x >> 32);
}

void sx_judge_bag_clear(sx_judge_bag *bag)
{
    memset(bag, 0, sizeof *bag);
}

static void feature(const sx_judge_model *m, sx_judge_bag *bag, uint32_t hash, sx_judge_feature_fn fn, void *user)
{
    uint32_t row = hash & ((1u << SX_JUDGE_ROW_BITS) - 1);
    uint64_t bit = (uint64_t)1 << (row & 63u);
    if (bag->seen[row >> 6] & bit) return;
    bag->seen[row >> 6] |= bit;
    bag->features++;
    if (fn != NULL) fn(user, row);
    if (m == NULL) return;
    const int8_t *w = m->rows + (size_t)row * SX_JUDGE_LANES;
    for (unsigned l = 0; l < SX_JUDGE_LANES; l++) bag->sum[l] += w[l];
}

/* Pieces of a word, its ends marked: what words of one kind share though they are written otherwise. */
static void pieces(const sx_judge_model *m, sx_judge_bag *bag, sx_judge_feature_fn fn, void *user)
{
    uint32_t n = bag->letters + 2;
    for (uint32_t at = 0; at + PIECE_MIN <= n; at++) {
        uint32_t hash = 8;
        for (uint32_t k = 0; k < PIECE_MAX && at + k < n; k++) {
            bool edge = at + k == 0 || at + k + 1 == n;
            hash = mix(hash, edge ? ' ' : bag->letter[at + k - 1]);
            if (k + 1 >= PIECE_MIN) feature(m, bag, hash, fn, user);
        }
    }
}

static void word_done(const sx_judge_model *m, sx_judge_bag *bag, sx_judge_feature_fn fn, void *user)
{
    if (bag->letters == 0) return;
    uint32_t w = bag->word, a = bag->last, b = bag->last2;
    feature(m, bag, mix(1, w), fn, user);
    if (bag->letters > STEM) feature(m, bag, mix(2, bag->stem), fn, user);
    feature(m, bag, mix(mix(3, a), w), fn, user);
    feature(m, bag, mix(mix(mix(4, b), a), w), fn, user);
    if (!bag->ideograph) feature(m, bag, mix(mix(5, b), w), fn, user);
    if (!bag->ideograph) pieces(m, bag, fn, user);
    if (bag->words < 3) feature(m, bag, mix(mix(6, bag->words), w), fn, user);
    bag->last2 = a;
    bag->last = w;
    bag->words++;
    bag->word = bag->stem = bag->letters = 0;
}

static void letter(const sx_judge_model *m, sx_judge_bag *bag, uint32_t c, sx_judge_feature_fn fn, void *user)
{
    bool alone = c >= 0x80 && sx_uc_is_unspaced(c);
    if (alone || bag->ideograph || bag->letters >= SX_JUDGE_WORD) word_done(m, bag, fn, user);
    bag->ideograph = alone;
    bag->word = mix(bag->word, c);
    bag->letter[bag->letters] = c;
    if (bag->letters < STEM) bag->stem = mix(bag->stem, c);
    bag->letters++;
    if (alone) word_done(m, bag, fn, user);
}

void sx_judge_bag_add(const sx_judge_model *m, sx_judge_bag *bag, uint32_t cp, sx_judge_feature_fn fn, void *user)
{
    if (cp >= 0xe0020 && cp < 0xe007f) cp -= 0xe0000; /* the tag block mirrors ASCII, unseen */
    if (cp < 0x80) {
        if (cp >= 'A' && cp <= 'Z') cp += 32;
        if ((cp >= 'a' && cp <= 'z') || (cp >= '0' && cp <= '9')) {
            letter(m, bag, cp, fn, user);
            return;
        }
        if (cp == '\'') return; /* "don't" and "dont" are one */
        word_done(m, bag, fn, user);
        if (cp > ' ' && cp != ',' && cp != '.') feature(m, bag, mix(7, cp), fn, user);
        return;
    }
    sx_glyph g;
    if (cp == SX_UTF8_BAD || cp == 0x2019) {
        if (cp == SX_UTF8_BAD) word_done(m, bag, fn, user);
        return;
    }
    sx_undisguise(cp, &g);
    if (g.kind == SX_GLYPH_LETTER) {
        for (unsigned i = 0; i < g.n; i++) letter(m, bag, g.canon[i], fn, user);
    } else if (g.kind != SX_GLYPH_MARK && g.kind != SX_GLYPH_NONE) {
        word_done(m, bag, fn, user);
    }
}

void sx_judge_bag_end(const sx_judge_model *m, sx_judge_bag *bag, sx_judge_feature_fn fn, void *user)
{
    word_done(m, bag, fn, user);
}
