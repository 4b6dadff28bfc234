/* Tokenizers over vocabularies small enough to follow by hand: merging order, splits of the families, special tokens,
 * bytes that are not UTF-8, long words, hostile files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/text/split.h"
#include "engine/text/tokenizer.h"
#include "fail_alloc.h"
#include "small_vocab.h"

/* A tokenizer with everything it stands on. */
typedef struct kit {
    sx_mem mem;
    fail_alloc alloc;
    gguf_writer w;
    sx_gguf *gguf;
    sx_tokenizer *tok;
    int32_t ids[256];
    char text[1024];
} kit;

static llm_status try_kit(kit *k, void (*write)(gguf_writer *), long until, llm_error *err)
{
    fail_alloc_init(&k->alloc, &k->mem, until);
    k->gguf = NULL;
    k->tok = NULL;
    write(&k->w);
    gguf_end(&k->w);
    llm_status status = sx_gguf_open(&k->gguf, &k->mem, k->w.data, k->w.len, err);
    return status == LLM_OK ? sx_tokenizer_create(&k->tok, &k->mem, k->gguf, err) : status;
}

static void make_kit(kit *k, void (*write)(gguf_writer *))
{
    llm_error err = {sizeof err, 0, ""};
    if (try_kit(k, write, -1, &err) != LLM_OK) fail_msg("%s", err.message);
}

static void free_kit(kit *k)
{
    sx_tokenizer_free(k->tok);
    sx_gguf_close(k->gguf);
    gguf_free(&k->w);
    assert_int_equal(k->alloc.held, 0);
}

/* Encodes and compares with the tokens' texts, joined by '|', as the vocabulary writes them ("" for none). */
static void expect_n(kit *k, const char *text, size_t len, uint32_t flags, const char *want)
{
    char got[1024] = "";
    int64_t n = sx_tokenizer_encode(k->tok, &k->mem, text, len, flags, k->ids, 256, NULL);
    assert_in_range(n, 0, 256);
    sx_view names[1024];
    assert_true(sx_gguf_array_strs(k->gguf, "tokenizer.ggml.tokens", names, sx_tokenizer_size(k->tok)));
    size_t at = 0;
    for (int64_t i = 0; i < n; i++) {
        sx_view v = names[k->ids[i]];
        at += (size_t)snprintf(got + at, sizeof got - at, "%s%.*s", i ? "|" : "", (int)v.len, v.s);
    }
    assert_string_equal(got, want);
}

static void expect(kit *k, const char *text, uint32_t flags, const char *want)
{
    expect_n(k, text, strlen(text), flags, want);
}

static void round_trip(kit *k, const char *text, size_t len)
{
    int64_t n = sx_tokenizer_encode(k->tok, &k->mem, text, len, 0, k->ids, 256, NULL);
    assert_in_range(n, 0, 256);
    int64_t m = sx_tokenizer_decode(k->tok, &k->mem, k->ids, (size_t)n, 0, k->text, sizeof k->text, NULL);
    assert_int_equal(m, len);
    assert_memory_equal(k->text, text, len);
}

static void spm_merges_by_score(void **state)
{
    (void)state;
    kit k;
    make_kit(&k, small_spm);
    expect(&k, "hello", 0, "\xe2\x96\x81hello");
    expect(&k, "hell", 0, "\xe2\x96\x81|he|ll");
    expect(&k, " hello hello", 0, "\xe2\x96\x81|\xe2\x96\x81hello|\xe2\x96\x81hello");
    expect(&k, "", LLM_TOK_SPECIAL, "<s>");
    expect(&k, "lo", LLM_TOK_SPECIAL, "<s>|\xe2\x96\x81|lo");
    expect(&k, "\xc3\xa9", 0, "\xe2\x96\x81|<0xC3>|<0xA9>");
    assert_true(sx_tokenizer_strips_space(k.tok));
    round_trip(&k, "hello h\xc3\xa9llo", 12);
    round_trip(&k, "  two", 5);
    free_kit(&k);
}

static void spm_specials_need_trust(void **state)
{
    (void)state;
    kit k;
    make_kit(&k, small_spm);
    expect(&k, "</s>", 0, "\xe2\x96\x81|<0x3C>|<0x2F>|<0x73>|<0x3E>");
    expect(&k, "he</s>lo", LLM_TOK_PARSE, "\xe2\x96\x81|he|</s>|\xe2\x96\x81|lo");
    expect(&k, "he[user]lo", 0, "\xe2\x96\x81|he|[user]|\xe2\x96\x81|lo"); /* user-defined: always */
    int32_t eos = sx_tokenizer_special(k.tok, "eos");
    size_t len;
    assert_true(sx_tokenizer_ends(k.tok, eos));
    assert_false(sx_tokenizer_ends(k.tok, sx_tokenizer_special(k.tok, "bos")));
    assert_string_equal(sx_tokenizer_bytes(k.tok, eos, &len), "");
    assert_int_equal(sx_tokenizer_special(k.tok, "pad"), -1);
    int32_t ids[] = {1, eos};
    assert_int_equal(sx_tokenizer_decode(k.tok, &k.mem, ids, 2, 0, k.text, 100, NULL), 0);
    assert_int_equal(sx_tokenizer_decode(k.tok, &k.mem, ids, 2, LLM_TOK_PARSE, k.text, 100, NULL), 7);
    assert_memory_equal(k.text, "<s></s>", 7);
    free_kit(&k);
}

static void bpe_merges_by_rank(void **state)
{
    (void)state;
    kit k;
    make_kit(&k, small_bpe);
    expect(&k, "hello", 0, "hello");
    expect(&k, "hell", 0, "hell");
    expect(&k, "lohe", 0, "lo|he");
    expect(&k, " hello", 0, "\xc4\xa0|hello");
    expect(&k, "x he", 0, "x|\xc4\xa0|he");
    expect(&k, "<|im_end|>", LLM_TOK_PARSE, "<|im_end|>");
    expect(&k, "he<|im_end|>", LLM_TOK_PARSE | LLM_TOK_SPECIAL, "he|<|im_end|>");
    assert_false(sx_tokenizer_strips_space(k.tok));
    assert_true(sx_tokenizer_ends(k.tok, sx_tokenizer_special(k.tok, "eot")));
    free_kit(&k);
}

static void bpe_keeps_any_bytes(void **state)
{
    (void)state;
    kit k;
    make_kit(&k, small_bpe);
    uint32_t x = 12345;
    for (int run = 0; run < 2000; run++) {
        char bytes[64];
        size_t len = (size_t)(run % 64);
        for (size_t i = 0; i < len; i++) {
            x = x * 1664525 + 1013904223;
            bytes[i] = (char)(x >> 24);
            if (x >> 20 & 1) bytes[i] = "hel lo\n1'"[(x >> 8) % 9];
        }
        round_trip(&k, bytes, len);
    }
    round_trip(&k, "a\0b", 3);
    free_kit(&k);
}

static void capacity_is_kept_and_length_told(void **state)
{
    (void)state;
    kit k;
    make_kit(&k, small_bpe);
    int32_t ids[3] = {-7, -7, -7};
    assert_int_equal(sx_tokenizer_encode(k.tok, &k.mem, "xyzxyz", 6, 0, NULL, 0, NULL), 6);
    assert_int_equal(sx_tokenizer_encode(k.tok, &k.mem, "xyzxyz", 6, 0, ids, 2, NULL), 6);
    assert_int_equal(ids[2], -7);
    assert_int_equal(sx_tokenizer_decode(k.tok, &k.mem, ids, 2, 0, k.text, 1, NULL), 2);
    assert_int_equal(k.text[0], 'x');
    llm_error err = {sizeof err, 0, ""};
    int32_t bad = 100000;
    assert_int_equal(sx_tokenizer_decode(k.tok, &k.mem, &bad, 1, 0, k.text, 1, &err), LLM_E_INVALID);
    assert_non_null(strstr(err.message, "100000"));
    free_kit(&k);
}

/* The heap must agree with the simple way: a word far longer than the short path takes, against its repeated part. */
static void long_words_merge_alike(void **state)
{
    (void)state;
    kit k;
    make_kit(&k, small_bpe);
    enum { TIMES = 5000 };
    char *text = malloc(5 * TIMES);
    int32_t *ids = malloc(5 * TIMES * sizeof *ids);
    for (size_t i = 0; i < TIMES; i++) memcpy(text + 5 * i, "hello", 5);
    int64_t n = sx_tokenizer_encode(k.tok, &k.mem, text, 5 * TIMES, 0, ids, 5 * TIMES, NULL);
    assert_int_equal(n, TIMES);
    for (size_t i = 0; i < TIMES; i++) assert_int_equal(ids[i], ids[0]);
    free(ids);
    free(text);
    free_kit(&k);
}

static void wordpiece_spells_from_the_left(void **state)
{
    (void)state;
    kit k;
    make_kit(&k, small_bert);
    expect(&k, "Playing", 0, "\xe2\x96\x81play|ing");
    expect(&k, "pl\xc3\xa1ying, play", LLM_TOK_SPECIAL,
           "[CLS]|\xe2\x96\x81play|ing|\xe2\x96\x81,|\xe2\x96\x81play|[SEP]");
    expect(&k, "\xe4\xb8\xad\xe4\xb8\xadzzz", 0, "\xe2\x96\x81\xe4\xb8\xad|\xe2\x96\x81\xe4\xb8\xad|[UNK]");
    int64_t n = sx_tokenizer_encode(k.tok, &k.mem, "playing, play", 13, 0, k.ids, 256, NULL);
    int64_t m = sx_tokenizer_decode(k.tok, &k.mem, k.ids, (size_t)n, 0, k.text, 100, NULL);
    assert_int_equal(m, 13);
    assert_memory_equal(k.text, "playing, play", 13);
    free_kit(&k);
}

static void unigram_takes_the_best_path(void **state)
{
    (void)state;
    kit k;
    make_kit(&k, small_t5);
    expect(&k, "ab", 0,
           "\xe2\x96\x81"
           "ab"); /* one token of -3 against "_" -2, "ab" -2 */
    expect(&k, "abc", 0,
           "\xe2\x96\x81"
           "ab|c");
    expect(&k, "a \xe4\xb8\xad\xe4\xb8\xad", LLM_TOK_SPECIAL, "\xe2\x96\x81|a|\xe2\x96\x81|<unk>|</s>");
    free_kit(&k);
}

typedef struct words {
    char text[512];
    size_t len;
} words;

static llm_status join(void *user, const char *word, size_t len)
{
    words *w = user;
    w->len += (size_t)snprintf(w->text + w->len, sizeof w->text - w->len, "%s%.*s", w->len ? "|" : "", (int)len, word);
    return LLM_OK;
}

static void expect_split(const char *pre, const char *text, const char *want)
{
    words w = {"", 0};
    const sx_split *split = sx_split_find(pre, strlen(pre));
    assert_non_null(split);
    assert_int_equal(sx_split_run(split, text, strlen(text), join, &w), LLM_OK);
    assert_string_equal(w.text, want);
}

static void families_split_their_own_way(void **state)
{
    (void)state;
    const char *text = "I'm  OK, 'RE 12345\n\nnext\tHelloWorld";
    expect_split("gpt-2", text, "I|'m| | OK|,| '|RE| 12345|\n|\n|next|\t|HelloWorld");
    expect_split("llama-bpe", text, "I|'m| | OK|,| '|RE| |123|45|\n\n|next|\tHelloWorld");
    expect_split("qwen2", text, "I|'m| | OK|,| '|RE| |1|2|3|4|5|\n\n|next|\tHelloWorld");
    expect_split("starcoder", text, "I|'m| | OK|,| '|RE| |1|2|3|4|5|\n|\n|next|\t|HelloWorld");
    expect_split("tekken", text, "I|'m| | OK|,| '|RE| |1|2|3|4|5|\n\n|next|\tHello|World");
    expect_split("falcon", "a.. 1234", "a|..| |123|4");
    expect_split("falcon", "\xc3\xbc 12", "\xc3|\xbc| |12"); /* digits are sought in the byte alphabet */
    expect_split("superbpe", "1234512345\xe3\x80\xa1", "1|234|512|345\xe3\x80\xa1");
    expect_split("kimi-k2",
                 "\xe2\xbc\x80\xe4\xb8\x80"
                 "a",
                 "\xe2\xbc\x80\xe4\xb8\x80|a");
    expect_split("tiny_aya", "1234567", "1|234|567");
    expect_split("tiny_aya", "1234567_", "123|456|7|_");
    expect_split("laguna", "a\n 1", "a|\n| |1");
    expect_split("deepseek-coder", "a1 b.\n", "a|1| b|.|\n");
    expect_split("deepseek-v3", "#include 1234\xe4\xb8\xad\xe6\x96\x87", "#include| |123|4|\xe4\xb8\xad\xe6\x96\x87");
    expect_split("bloom", "one two, three", "one| two|,| three");
    expect_split("gpt-4o", "HelloWorld's", "Hello|World's");
    expect_split("tiny_aya", "1234567 12a", "1|234|567| |12|a");
    assert_null(sx_split_find("nothing-like-it", 15));
    assert_null(sx_split_find("", 0));
}

static void unknown_kinds_are_named(void **state)
{
    (void)state;
    static const char *const toks[] = {"a"};
    for (int i = 0; i < 3; i++) {
        kit k;
        llm_error err = {sizeof err, 0, ""};
        gguf_begin(&k.w);
        if (i > 0) gguf_str(&k.w, "tokenizer.ggml.model", i == 1 ? "weird" : "gpt2");
        gguf_str(&k.w, "tokenizer.ggml.pre", "strange");
        gguf_strs(&k.w, "tokenizer.ggml.tokens", toks, 1);
        gguf_end(&k.w);
        fail_alloc_init(&k.alloc, &k.mem, -1);
        assert_int_equal(sx_gguf_open(&k.gguf, &k.mem, k.w.data, k.w.len, &err), LLM_OK);
        assert_int_equal(sx_tokenizer_create(&k.tok, &k.mem, k.gguf, &err), LLM_E_UNSUPPORTED);
        assert_non_null(strstr(err.message, i == 0 ? "tokenizer.ggml.model is missing" : i == 1 ? "weird" : "strange"));
        assert_null(k.tok);
        free_kit(&k);
    }
}

static void contradictions_are_refused(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        kit k;
        llm_error err = {sizeof err, 0, ""};
        gguf_begin(&k.w);
        gguf_str(&k.w, "tokenizer.ggml.model", i == 3 ? "gpt2" : "llama");
        if (i != 0) gguf_strs(&k.w, "tokenizer.ggml.tokens", (const char *const[]){"a", "b"}, 2);
        if (i == 1) gguf_f32s(&k.w, "tokenizer.ggml.scores", (const float[]){1}, 1);
        if (i == 2) gguf_i32s(&k.w, "tokenizer.ggml.token_type", (const int32_t[]){1}, 1);
        if (i == 3) gguf_u32(&k.w, "x", 0), gguf_i32s(&k.w, "tokenizer.ggml.merges", (const int32_t[]){1}, 1);
        gguf_end(&k.w);
        fail_alloc_init(&k.alloc, &k.mem, -1);
        assert_int_equal(sx_gguf_open(&k.gguf, &k.mem, k.w.data, k.w.len, &err), LLM_OK);
        assert_int_equal(sx_tokenizer_create(&k.tok, &k.mem, k.gguf, &err), LLM_E_FORMAT);
        assert_true(err.message[0]);
        free_kit(&k);
    }
}

static void survives_every_failed_allocation(void **state)
{
    (void)state;
    static void (*const writers[])(gguf_writer *) = {small_spm, small_bpe, small_bert, small_t5};
    static const char text[] = "hello playing </s> [user] abc hellohellohellohellohellohellohellohellohellohello";
    for (size_t w = 0; w < 4; w++) {
        bool done = false;
        for (long n = 0; !done; n++) {
            kit k;
            llm_error err = {sizeof err, 0, ""};
            llm_status status = try_kit(&k, writers[w], n, &err);
            int64_t made = status;
            if (status == LLM_OK)
                made = sx_tokenizer_encode(k.tok, &k.mem, text, sizeof text - 1, LLM_TOK_PARSE, k.ids, 256, &err);
            if (made >= 0)
                made = sx_tokenizer_decode(k.tok, &k.mem, k.ids, (size_t)made, 0, k.text, sizeof k.text, &err);
            if (made < 0) assert_int_equal(made, LLM_E_MEMORY);
            done = made >= 0;
            free_kit(&k);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spm_merges_by_score),
        cmocka_unit_test(spm_specials_need_trust),
        cmocka_unit_test(bpe_merges_by_rank),
        cmocka_unit_test(bpe_keeps_any_bytes),
        cmocka_unit_test(capacity_is_kept_and_length_told),
        cmocka_unit_test(long_words_merge_alike),
        cmocka_unit_test(wordpiece_spells_from_the_left),
        cmocka_unit_test(unigram_takes_the_best_path),
        cmocka_unit_test(families_split_their_own_way),
        cmocka_unit_test(unknown_kinds_are_named),
        cmocka_unit_test(contradictions_are_refused),
        cmocka_unit_test(survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
