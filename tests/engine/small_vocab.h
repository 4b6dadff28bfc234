/* Vocabularies of a few tokens, one of each kind, for tests and fuzzers. Header only. */
#ifndef SX_TESTS_SMALL_VOCAB_H
#define SX_TESTS_SMALL_VOCAB_H

#include "gguf_write.h"

/* Appends the text of a code point as UTF-8, for the byte-level alphabet. */
static inline size_t small_alphabet(unsigned byte, char out[3])
{
    static const unsigned char self_ranges[][2] = {{0x21, 0x7e}, {0xa1, 0xac}, {0xae, 0xff}};
    unsigned cp = 0, k = 0;
    for (unsigned b = 0; b <= byte; b++) {
        bool self = false;
        for (int i = 0; i < 3; i++) self = self || (b >= self_ranges[i][0] && b <= self_ranges[i][1]);
        cp = self ? b : 0x100 + k++;
    }
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    out[0] = (char)(0xc0 | cp >> 6);
    out[1] = (char)(0x80 | (cp & 0x3f));
    return 2;
}

/* <unk> <s> </s>, 256 byte tokens, pieces of "hello", a user-defined token. */
static inline void small_spm(gguf_writer *w)
{
    static const struct {
        const char *text;
        float score;
        int32_t type;
    } extra[] = {{"\xe2\x96\x81", -9, 1}, {"h", -9, 1}, {"e", -9, 1}, {"l", -9, 1}, {"o", -9, 1}, {"he", -2, 1}, {"ll", -1, 1},
                 {"lo", -3, 1}, {"llo", -4, 1}, {"hello", -5, 1}, {"\xe2\x96\x81hello", -6, 1}, {"[user]", 0, 4}};
    enum { EXTRA = sizeof extra / sizeof *extra, N = 259 + EXTRA };
    static const char *const specials[] = {"<unk>", "<s>", "</s>"};
    sx_view toks[N];
    char bytes[256][7];
    float scores[N] = {0};
    int32_t types[N] = {2, 3, 3};
    for (int i = 0; i < 3; i++) toks[i] = (sx_view){specials[i], strlen(specials[i])};
    for (int b = 0; b < 256; b++) {
        snprintf(bytes[b], sizeof bytes[b], "<0x%02X>", (unsigned)b & 0xff);
        toks[3 + b] = (sx_view){bytes[b], 6};
        types[3 + b] = 6;
    }
    for (int i = 0; i < EXTRA; i++) {
        toks[259 + i] = (sx_view){extra[i].text, strlen(extra[i].text)};
        scores[259 + i] = extra[i].score;
        types[259 + i] = extra[i].type;
    }
    gguf_begin(w);
    gguf_str(w, "tokenizer.ggml.model", "llama");
    gguf_views(w, "tokenizer.ggml.tokens", toks, N);
    gguf_f32s(w, "tokenizer.ggml.scores", scores, N);
    gguf_i32s(w, "tokenizer.ggml.token_type", types, N);
    gguf_u32(w, "tokenizer.ggml.bos_token_id", 1);
    gguf_u32(w, "tokenizer.ggml.eos_token_id", 2);
}

/* 256 bytes, merges up to "hello", <|im_end|>. */
static inline void small_bpe(gguf_writer *w)
{
    static const char *const more[] = {"he", "ll", "lo", "llo", "hell", "hello"};
    static const char *const merges[] = {"h e", "l l", "l o", "he ll", "hell o", "ll o"};
    enum { MORE = 6, N = 256 + MORE + 1 };
    sx_view toks[N];
    char bytes[256][3];
    int32_t types[N];
    for (unsigned b = 0; b < 256; b++) toks[b] = (sx_view){bytes[b], small_alphabet(b, bytes[b])};
    for (int i = 0; i < MORE; i++) toks[256 + i] = (sx_view){more[i], strlen(more[i])};
    toks[N - 1] = (sx_view){"<|im_end|>", 10};
    for (int i = 0; i < N; i++) types[i] = i == N - 1 ? 3 : 1;
    gguf_begin(w);
    gguf_str(w, "tokenizer.ggml.model", "gpt2");
    gguf_str(w, "tokenizer.ggml.pre", "gpt-2");
    gguf_views(w, "tokenizer.ggml.tokens", toks, N);
    gguf_i32s(w, "tokenizer.ggml.token_type", types, N);
    gguf_strs(w, "tokenizer.ggml.merges", merges, 6);
    gguf_u32(w, "tokenizer.ggml.eos_token_id", N - 1);
}

static inline void small_bert(gguf_writer *w)
{
    static const char *const toks[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "\xe2\x96\x81play", "ing", "\xe2\x96\x81,",
                                       "\xe2\x96\x81\xe4\xb8\xad"};
    gguf_begin(w);
    gguf_str(w, "tokenizer.ggml.model", "bert");
    gguf_strs(w, "tokenizer.ggml.tokens", toks, 8);
    gguf_i32s(w, "tokenizer.ggml.token_type", (const int32_t[]){3, 3, 3, 3, 1, 1, 1, 1}, 8);
    gguf_u32(w, "tokenizer.ggml.padding_token_id", 0);
    gguf_u32(w, "tokenizer.ggml.unknown_token_id", 1);
    gguf_u32(w, "tokenizer.ggml.cls_token_id", 2);
    gguf_u32(w, "tokenizer.ggml.seperator_token_id", 3);
}

static inline void small_t5(gguf_writer *w)
{
    static const char *const toks[] = {"<pad>", "</s>", "<unk>", "\xe2\x96\x81", "a", "b", "c", "ab", "\xe2\x96\x81\x61\x62", "bc"};
    gguf_begin(w);
    gguf_str(w, "tokenizer.ggml.model", "t5");
    gguf_strs(w, "tokenizer.ggml.tokens", toks, 10);
    gguf_f32s(w, "tokenizer.ggml.scores", (const float[]){0, 0, 0, -2, -4, -4, -2, -2, -3, -8}, 10);
    gguf_i32s(w, "tokenizer.ggml.token_type", (const int32_t[]){3, 3, 2, 1, 1, 1, 1, 1, 1, 1}, 10);
}

#endif
