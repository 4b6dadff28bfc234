/* The families' rules, as lists of matchers, and the driver that runs them: each rule of a list cuts the pieces the one
 * before left, matches and gaps alike becoming pieces of their own. Expressions: each family's published tokenizer.json. */
#include "engine/text/split.h"

#include <string.h>

#include "engine/text/split_parts.h"

/* Cased letters as DeepSeek LLM lists them. */
static const range cased_letters[] = {
    {0x41, 0x5a},       {0x61, 0x7a},       {0xb5, 0xb5},       {0xc0, 0xd6},
    {0xd8, 0xf6},       {0xf8, 0x1ba},      {0x1bc, 0x1bf},     {0x1c4, 0x293},
    {0x295, 0x2af},     {0x370, 0x373},     {0x376, 0x376},     {0x377, 0x377},
    {0x37b, 0x37d},     {0x37f, 0x37f},     {0x386, 0x386},     {0x388, 0x38a},
    {0x38c, 0x38c},     {0x38e, 0x3a1},     {0x3a3, 0x3f5},     {0x3f7, 0x481},
    {0x48a, 0x52f},     {0x531, 0x556},     {0x10a0, 0x10c5},   {0x13a0, 0x13f5},
    {0x13f8, 0x13fd},   {0x1c90, 0x1cba},   {0x1cbd, 0x1cbf},   {0x1d00, 0x1d2b},
    {0x1d6b, 0x1d77},   {0x1d79, 0x1d9a},   {0x1e00, 0x1f15},   {0x1f18, 0x1f1d},
    {0x1f20, 0x1f45},   {0x1f48, 0x1f4d},   {0x1f50, 0x1f57},   {0x1f59, 0x1f59},
    {0x1f5b, 0x1f5b},   {0x1f5d, 0x1f5d},   {0x1f5f, 0x1f7d},   {0x1f80, 0x1fb4},
    {0x1fb6, 0x1fbc},   {0x1fbe, 0x1fbe},   {0x1fc2, 0x1fc4},   {0x1fc6, 0x1fcc},
    {0x1fd0, 0x1fd3},   {0x1fd6, 0x1fdb},   {0x1fe0, 0x1fec},   {0x1ff2, 0x1ff4},
    {0x1ff6, 0x1ffc},   {0x2102, 0x2102},   {0x2107, 0x2107},   {0x210a, 0x2113},
    {0x2115, 0x2115},   {0x2119, 0x211d},   {0x2124, 0x2124},   {0x2126, 0x2126},
    {0x2128, 0x2128},   {0x212a, 0x212d},   {0x212f, 0x2134},   {0x2139, 0x2139},
    {0x213c, 0x213f},   {0x2145, 0x2149},   {0x214e, 0x214e},   {0x2183, 0x2183},
    {0x2184, 0x2184},   {0x2c00, 0x2c7b},   {0x2c7e, 0x2ce4},   {0x2ceb, 0x2cee},
    {0x2cf2, 0x2cf2},   {0x2cf3, 0x2cf3},   {0xa640, 0xa66d},   {0xa680, 0xa69b},
    {0xa722, 0xa76f},   {0xa771, 0xa787},   {0xa78b, 0xa78e},   {0xab70, 0xabbf},
    {0xfb00, 0xfb06},   {0xfb13, 0xfb17},   {0xff21, 0xff3a},   {0xff41, 0xff5a},
    {0x10400, 0x1044f}, {0x104b0, 0x104d3}, {0x104d8, 0x104fb}, {0x10c80, 0x10cb2},
    {0x10cc0, 0x10cf2}, {0x118a0, 0x118df}, {0x1e900, 0x1e943}, {0, 0},
};
static const range deepseek_marks[] = {
    {0x21, 0x2f}, {0x3a, 0x7e}, {0x2018, 0x201f}, {0x3000, 0x3002}, {0xff01, 0xff0f}, {0xff1a, 0xff5e}, {0, 0}};
static const range deepseek_asian[] = {{0x800, 0x9fa5}, {0xac00, 0xd7ff}, {0, 0}};
static const range cjk[] = {{0x3040, 0x30ff}, {0x4e00, 0x9fa5}, {0, 0}};
static const range newlines[] = {{'\n', '\n'}, {'\r', '\r'}, {0, 0}};
static const range digits[] = {{'0', '9'}, {0, 0}};
static const range ascii_marks[] = {{'$', '$'}, {'+', '+'}, {'<', '>'}, {'^', '^'},
                                    {'`', '`'}, {'|', '|'}, {'~', '~'}, {0, 0}};
static const range default_marks[] = {{'$', '$'}, {'+', '+'}, {'<', '>'}, {'^', '^'}, {'|', '|'}, {'~', '~'}, {0, 0}};
/* ( ) | . , ! ? and the stops of other scripts */
static const range bloom_stops[] = {
    {'!', '!'},     {'(', ')'},     {',', ','},       {'.', '.'},       {'?', '?'},       {'|', '|'}, {0x60c, 0x60c},
    {0x6d4, 0x6d4}, {0x964, 0x964}, {0x2026, 0x2026}, {0x3001, 0x3002}, {0xff0c, 0xff0c}, {0, 0}};
static const range hangul[] = {{0x3131, 0x318e}, {0xac00, 0xd7a3}, {0, 0}};
static const range wide_marks[] = {
    {0x2014, 0x2014}, {0x2018, 0x2019}, {0x201c, 0x201d}, {0x2026, 0x2026}, {0x3001, 0x303f},
    {0xfe30, 0xfe4f}, {0xff01, 0xff01}, {0xff0c, 0xff0c}, {0xff1a, 0xff1b}, {0, 0}};
static const range bopomofo[] = {{0x3105, 0x312f}, {0, 0}};
static const range afmoe_asian[] = {{0x0e00, 0x0eff}, {0x1000, 0x109f},
                                    {0x1100, 0x11ff}, {0x1780, 0x17ff},
                                    {0x2f00, 0x2fdf}, {0x3040, 0x30ff},
                                    {0x3400, 0x4dbf}, {0x4e00, 0x9fff},
                                    {0xa9e0, 0xa9ff}, {0xaa60, 0xaa7f},
                                    {0xac00, 0xd7af}, {0xf900, 0xfaff},
                                    {0xff65, 0xff9f}, {0, 0}};

#define RUN(mask, ranges, min, max, flags) \
    { \
        sx_match_run, mask, ranges, min, max, flags \
    }
#define GPT2 \
    { \
        sx_match_gpt2, 0, NULL, 1, 0, 0 \
    }
#define WORDS(mask, numbers, flags) \
    { \
        sx_match_words, mask, NULL, 1, numbers, flags \
    }
#define CASED(numbers, flags) \
    { \
        sx_match_cased, 0, NULL, 1, numbers, flags \
    }
#define DEEPSEEK3 \
    { \
        sx_match_deepseek3, 0, NULL, 1, 0, 0 \
    }
#define END \
    { \
        NULL, 0, NULL, 0, 0, 0 \
    }

static const rule gpt2[] = {GPT2, END};
static const rule digit_gpt2[] = {RUN(SX_UC_N, NULL, 1, 1, 0), GPT2, END};
static const rule by_default[] = {RUN(SX_UC_P, default_marks, 1, 0, 0), GPT2, RUN(SX_UC_N, NULL, 1, 0, 0),
                                  RUN(0, digits, 3, 3, 0), END};
static const rule falcon[] = {
    RUN(SX_UC_P, ascii_marks, 1, 0, 0), GPT2, {sx_match_number_bytes, 0, NULL, 1, 0, 0}, RUN(0, digits, 3, 3, 0), END};
static const rule llama3[] = {WORDS(SX_UC_L, 3, 0), END};
static const rule jais2[] = {WORDS(SX_UC_L, 3, SPACE_STEPS), END};
static const rule qwen2[] = {WORDS(SX_UC_L, 1, 0), END};
static const rule qwen35[] = {WORDS(SX_UC_L | SX_UC_M, 1, 0), END};
static const rule minicpm5[] = {RUN(SX_UC_N, NULL, 1, 3, 0), WORDS(SX_UC_L, 0, 0), END};
static const rule ufakzeka[] = {WORDS(SX_UC_L, 1, NO_CONTRACTION), END};
static const rule laguna[] = {{sx_match_newline_runs, 0, NULL, 1, 0, 0}, WORDS(SX_UC_L, 1, 0), END};
static const rule seed_coder[] = {WORDS(SX_UC_L, 1, NO_NEWLINES), END};
static const rule deepseek_llm[] = {RUN(0, newlines, 1, 1, 0),
                                    RUN(0, cased_letters, 1, 0, SPACE_BEFORE),
                                    RUN(0, deepseek_marks, 1, 0, SPACE_BEFORE),
                                    {sx_match_trailing_space, 0, NULL, 1, 0, 0},
                                    RUN(0, deepseek_asian, 1, 0, 0),
                                    RUN(SX_UC_N, NULL, 1, 1, 0),
                                    END};
static const rule deepseek_coder[] = {RUN(0, newlines, 1, 1, 0),
                                      RUN(SX_UC_L, NULL, 1, 0, SPACE_BEFORE),
                                      RUN(SX_UC_P, NULL, 1, 0, SPACE_BEFORE),
                                      RUN(0, deepseek_asian, 1, 0, 0),
                                      RUN(SX_UC_N, NULL, 1, 1, 0),
                                      END};
static const rule deepseek3[] = {RUN(SX_UC_N, NULL, 1, 3, 0), RUN(0, cjk, 1, 0, 0), DEEPSEEK3, END};
static const rule tekken[] = {CASED(1, SLASH | NO_CONTRACTION), END};
static const rule gpt4o[] = {CASED(3, SLASH), END};
static const rule tiny_aya[] = {{sx_match_digit_groups, 0, NULL, 1, 3, 0}, CASED(3, SLASH), END};
static const rule kimi[] = {CASED(3, HAN_APART), END};
static const rule youtu[] = {RUN(0, hangul, 1, 0, 0),   RUN(0, wide_marks, 1, 0, 0),
                             RUN(0, bopomofo, 1, 0, 0), RUN(0, cjk, 1, 0, 0),
                             CASED(1, SLASH),           END};
static const rule bloom[] = {{sx_match_bloom, 0, bloom_stops, 1, 0, 0}, END};
static const rule viking[] = {{sx_match_bloom, 0, bloom_stops, 1, 0, 0}, RUN(SX_UC_N, NULL, 1, 1, 0), END};
static const rule superbpe[] = {RUN(SX_UC_N, NULL, 1, 0, 0), {sx_match_digit_cuts, 0, NULL, 1, 0, 0}, END};
static const rule exaone_moe[] = {WORDS(SX_UC_L, 1, SLASH | ONE_NEWLINE | WORD_SPACES), END};
static const rule afmoe[] = {
    {sx_match_digit_groups, 0, NULL, 1, 3, ANY_END}, RUN(0, afmoe_asian, 1, 0, 0), DEEPSEEK3, END};
static const rule gemma4[] = {{sx_match_newline_runs, 0, NULL, 1, 0, 0}, END};

struct sx_split {
    const char *names; /* separated by spaces */
    const rule *rules;
    sx_split_traits traits;
};

static const sx_split splits[] = {
    {"default", by_default, {0}},
    {"llama3 llama-v3 llama-bpe falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano",
     llama3,
     {.whole_words = true, .add_bos = true}},
    {"dbrx smaug-bpe glm4 chatglm-bpe", llama3, {0}},
    {"gpt-2 phi-2 jina-es jina-de jina-v2-es jina-v2-de gigachat a.x-4.0 mellum modern-bert mpt olmo jais trillion "
     "granite-docling exaone4",
     gpt2,
     {0}},
    {"jina-v1-en jina-v2-code roberta-bpe", gpt2, {.add_sep = true}},
    {"starcoder refact command-r smollm codeshell exaone minerva-7b mellum2", digit_gpt2, {0}},
    {"qwen2 deepseek-r1-qwen kormo f2llmv2 stablelm2 hunyuan solar-open megrez grok-2 bailingmoe bailingmoe2 "
     "llada-moe",
     qwen2,
     {0}},
    {"qwen35", qwen35, {0}},
    {"minicpm5", minicpm5, {.whole_words = true}},
    {"ufakzeka", ufakzeka, {0}},
    {"laguna", laguna, {0}},
    {"seed-coder", seed_coder, {0}},
    {"jais-2", jais2, {0}},
    {"deepseek-llm", deepseek_llm, {0}},
    {"deepseek-coder", deepseek_coder, {0}},
    {"deepseek-v3 hunyuan-dense joyai-llm hy_v4", deepseek3, {0}},
    {"falcon", falcon, {0}},
    {"tekken", tekken, {.whole_words = true, .add_bos = true}},
    {"gpt-4o llama4 kanana2 minimax-m2 talkie", gpt4o, {0}},
    {"granite-embed-multi-97m", gpt4o, {.whole_words = true}},
    {"tiny_aya cohere2moe", tiny_aya, {0}},
    {"kimi-k2", kimi, {0}},
    {"youtu", youtu, {.whole_words = true}},
    {"bloom poro-chat gpt3-finnish", bloom, {0}},
    {"viking", viking, {0}},
    {"superbpe", superbpe, {0}},
    {"exaone-moe", exaone_moe, {0}},
    {"afmoe", afmoe, {0}},
    {"gemma4", gemma4, {.add_bos = true}},
};

static bool named(const char *names, const char *pre, size_t len)
{
    while (*names) {
        size_t n = strcspn(names, " ");
        if (n == len && memcmp(names, pre, n) == 0) return true;
        names += n + (names[n] == ' ');
    }
    return false;
}

const sx_split *sx_split_find(const char *pre, size_t len)
{
    for (size_t i = 0; len && i < sizeof splits / sizeof *splits; i++)
        if (named(splits[i].names, pre, len)) return &splits[i];
    return NULL;
}

sx_split_traits sx_split_get_traits(const sx_split *split)
{
    return split->traits;
}

enum { MAX_RULES = 8, LONG_TEXT = 512 /* bytes: from here on the tables below pay */ };

typedef struct driver {
    const char *s;
    const rule *rules;
    uint16_t ascii[128];
    bool never[MAX_RULES][128]; /* no match of this rule begins with this character */
    sx_word_fn word;
    void *user;
} driver;

/* Depth is bounded by the longest list of rules. */
static llm_status run(const driver *d, const rule *r, size_t begin, size_t end)
{
    if (!r->match) return d->word(d->user, d->s + begin, end - begin);
    scan t = {d->s, end, d->ascii, 0, 0, 0, 0};
    const bool *never = d->never[r - d->rules];
    size_t gap = begin;
    for (size_t i = begin; i < end;) {
        unsigned char c = (unsigned char)d->s[i];
        if (c < 0x80 && never[c]) {
            i++;
            continue;
        }
        size_t skip = 0, to = r->match(&t, i, r, &skip);
        if (to == i) {
            i = skip > i ? skip : i + at(&t, i).len;
            continue;
        }
        llm_status status = gap < i ? run(d, r + 1, gap, i) : LLM_OK;
        if (status == LLM_OK) status = run(d, r + 1, i, to);
        if (status != LLM_OK) return status;
        gap = i = to;
    }
    return gap < end ? run(d, r + 1, gap, end) : LLM_OK;
}

/* What cannot begin a match is stepped over without asking the matcher. */
static void fill_tables(driver *d)
{
    for (size_t k = 0; k < MAX_RULES && d->rules[k].match; k++) {
        const rule *r = &d->rules[k];
        bool run = r->match == sx_match_run;
        if (!run && r->match != sx_match_trailing_space) continue;
        for (uint32_t c = 0; c < 128; c++) {
            bool begins = run && ((d->ascii[c] & r->mask) || sx_split_listed(r->ranges, c));
            bool space = (!run || r->flags & SPACE_BEFORE) && (d->ascii[c] & SX_UC_SPACE);
            d->never[k][c] = !begins && !space;
        }
    }
}

llm_status sx_split_run(const sx_split *split, const char *text, size_t len, sx_word_fn word, void *user)
{
    driver d = {.s = text, .rules = split->rules, .word = word, .user = user};
    for (uint32_t c = 0; c < 128; c++) d.ascii[c] = (uint16_t)sx_uc_class(c);
    if (len >= LONG_TEXT) fill_tables(&d);
    return run(&d, split->rules, 0, len);
}
