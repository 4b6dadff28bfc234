/* Any text through a tokenizer of each kind, and any file as a vocabulary. The first byte chooses: 0 to 7 are text for the
 * small vocabularies with two sets of flags, others make the rest a GGUF file that must not crash the tokenizer. */
#include <stdint.h>
#include <stdlib.h>

#include "../engine/small_vocab.h"
#include "engine/text/split.h"
#include "engine/text/tokenizer.h"

static void use(const sx_tokenizer *tok, sx_mem *mem, const char *text, size_t len, uint32_t flags, bool lossless)
{
    size_t cap = 4 * len + 16;
    int32_t *ids = malloc(cap * sizeof *ids);
    char *back = malloc(len + 16);
    if (!ids || !back) abort();
    int64_t n = sx_tokenizer_encode(tok, mem, text, len, flags, ids, cap, NULL);
    if (n >= 0 && (size_t)n <= cap) {
        int64_t m = sx_tokenizer_decode(tok, mem, ids, (size_t)n, flags & LLM_TOK_PARSE, back, len + 16, NULL);
        if (lossless && (m != (int64_t)len || memcmp(back, text, len) != 0)) abort();
        for (int64_t i = 0; i < n; i++) {
            size_t k;
            if (!sx_tokenizer_bytes(tok, ids[i], &k)) abort();
            sx_tokenizer_ends(tok, ids[i]);
        }
    }
    free(back);
    free(ids);
}

static void over(const void *file, size_t size, const char *text, size_t len, uint32_t flags, bool lossless)
{
    sx_mem mem;
    sx_mem_init(&mem, NULL);
    sx_gguf *gguf;
    sx_tokenizer *tok;
    llm_error err = {sizeof err, 0, ""};
    if (sx_gguf_open(&gguf, &mem, file, size, &err) == LLM_OK) {
        if (sx_tokenizer_create(&tok, &mem, gguf, &err) == LLM_OK) {
            use(tok, &mem, text, len, flags, lossless);
            sx_tokenizer_free(tok);
        }
        sx_gguf_close(gguf);
    }
    if (atomic_load(&mem.live_bytes) != 0) abort();
}

static llm_status count(void *user, const char *word, size_t len)
{
    (void)word;
    if (len == 0) abort();
    *(size_t *)user += len;
    return LLM_OK;
}

static void splits(const char *text, size_t len)
{
    static const char *const pres[] = {
        "default", "llama-bpe", "qwen2",      "qwen35", "deepseek-llm", "deepseek-coder", "deepseek-v3",
        "falcon",  "starcoder", "gpt-4o",     "tekken", "tiny_aya",     "kimi-k2",        "youtu",
        "bloom",   "superbpe",  "exaone-moe", "afmoe",  "jais-2",       "seed-coder",     "gemma4"};
    for (size_t i = 0; i < sizeof pres / sizeof *pres; i++) {
        size_t total = 0;
        sx_split_run(sx_split_find(pres[i], strlen(pres[i])), text, len, count, &total);
        if (total != len) abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const writers[])(gguf_writer *) = {small_spm, small_bpe, small_bert, small_t5};
    if (size == 0) return 0;
    const char *text = (const char *)data + 1;
    size_t len = size - 1;
    if (data[0] >= 8) {
        over(text, len, "Hello hello, w\xc3\xb6rld 123 \xff <s>", 28, LLM_TOK_PARSE | LLM_TOK_SPECIAL, false);
        return 0;
    }
    gguf_writer w;
    writers[data[0] % 4](&w);
    gguf_end(&w);
    over(w.data, w.len, text, len, data[0] < 4 ? 0 : LLM_TOK_PARSE, data[0] % 4 == 1 || data[0] == 5);
    gguf_free(&w);
    splits(text, len);
    return 0;
}
