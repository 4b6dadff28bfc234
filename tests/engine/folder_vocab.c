/* Tokenizers of folders: tokenizer.json of each kind gives the ids of Hugging Face's tokenizers library, tokenizer.model is
 * read as SentencePiece wrote it, the files beside them name the ends of a text and the chat template; what this library does
 * not do the same is refused by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "st_write.h"

typedef struct text_case {
    const char *head, *tail; /* tokenizer.json; with a tail, 256 byte tokens go between */
    const char *text;
    int n;
    int32_t ids[16];
} text_case;

#include "folder_vocab_cases.h"

enum { ROWS = 320 };

static sx_mem mem;

static void put(const char *folder, const char *file, const char *text)
{
    st_file(folder, file, text, strlen(text));
}

/* The least model that loads. */
static void write_model(const char *folder)
{
    st_writer w = {0};
    static const char *const square[] = {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
                                         "mlp.gate_proj",    "mlp.up_proj",      "mlp.down_proj"};
    char name[96];
    for (size_t i = 0; i < sizeof square / sizeof *square; i++) {
        snprintf(name, sizeof name, "model.layers.0.%s.weight", square[i]);
        st_add(&w, name, 2, (unsigned[]){8, 8});
    }
    st_add(&w, "model.layers.0.input_layernorm.weight", 1, (unsigned[]){8});
    st_add(&w, "model.layers.0.post_attention_layernorm.weight", 1, (unsigned[]){8});
    st_add(&w, "model.norm.weight", 1, (unsigned[]){8});
    st_add(&w, "model.embed_tokens.weight", 2, (unsigned[]){ROWS, 8});
    st_save(&w, folder, "model.safetensors");
    put(folder, "config.json",
        "{\"model_type\":\"llama\",\"hidden_size\":8,\"num_hidden_layers\":1,\"num_attention_heads\":1,"
        "\"intermediate_size\":8,\"eos_token_id\":[2,1]}");
}

static sx_model *load(const char *folder)
{
    sx_model *model = NULL;
    llm_error err = LLM_ERROR_INIT;
    if (sx_model_load(&model, &mem, folder, &(sx_model_params){.threads = 1}, &err) != LLM_OK)
        fail_msg("%s", err.message);
    return model;
}

static void check(const sx_model *m, const char *text, int n, const int32_t *ids)
{
    int32_t got[64];
    llm_error err = LLM_ERROR_INIT;
    int64_t k = sx_tokenize(m, &mem, text, strlen(text), LLM_TOK_SPECIAL | LLM_TOK_PARSE, got, 64, &err);
    bool same = k == n;
    for (int i = 0; same && i < n; i++) same = got[i] == ids[i];
    if (same) return;
    print_error("\"%s\": %d ids:", text, (int)k);
    for (int64_t i = 0; i < k; i++) print_error(" %d", got[i]);
    fail_msg("; expected %d beginning with %d", n, n ? ids[0] : -1);
}

static void put_tokenizer(const char *folder, const text_case *c)
{
    gguf_bytes b = {0};
    char byte[32];
    gguf_put(&b, c->head, strlen(c->head));
    for (int i = 0; c->tail && i < 256; i++) {
        snprintf(byte, sizeof byte, "\"<0x%02X>\":%d,", (unsigned)i, i + 3);
        gguf_put(&b, byte, strlen(byte));
    }
    if (c->tail) gguf_put(&b, c->tail, strlen(c->tail));
    st_file(folder, "tokenizer.json", b.data, b.len);
    free(b.data);
}

static void ids_are_those_of_tokenizers(void **state)
{
    (void)state;
    char folder[256];
    st_folder(folder);
    write_model(folder);
    sx_model *model = NULL;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (i == 0 || texts[i].head != texts[i - 1].head) {
            put_tokenizer(folder, &texts[i]);
            sx_model_free(model);
            model = load(folder);
        }
        check(model, texts[i].text, texts[i].n, texts[i].ids);
    }
    sx_model_free(model);
    st_remove(folder);
}

/* ---- tokenizer.model ---- */

static void put_field(gguf_bytes *b, unsigned number, const void *bytes, size_t n)
{
    gguf_put_le(b, number << 3 | 2, 1);
    gguf_put_le(b, n, 1);
    gguf_put(b, bytes, n);
}

static void put_piece(gguf_bytes *b, const char *text, float score, unsigned type)
{
    gguf_bytes piece = {0};
    uint32_t bits;
    memcpy(&bits, &score, sizeof bits);
    put_field(&piece, 1, text, strlen(text));
    gguf_put_le(&piece, 2 << 3 | 5, 1);
    gguf_put_le(&piece, bits, 4);
    gguf_put_le(&piece, 3 << 3, 1);
    gguf_put_le(&piece, type, 1);
    put_field(b, 1, piece.data, piece.len);
    free(piece.data);
}

static void write_spm(const char *folder, unsigned type)
{
    static const char *const pieces[] = {"\xe2\x96\x81", "a", "b", "\xe2\x96\x81\x61", "ab", "\xe2\x96\x81\x61\x62"};
    gguf_bytes b = {0};
    put_piece(&b, "<unk>", 0, 2);
    put_piece(&b, "<s>", 0, 3);
    put_piece(&b, "</s>", 0, 3);
    for (int i = 0; i < 6; i++) put_piece(&b, pieces[i], (float)-i - 1, 1);
    put_piece(&b, "<sep>", 0, 4);
    put_field(&b, 2, (char[]){3 << 3, (char)type}, 2);
    st_file(folder, "tokenizer.model", b.data, b.len);
    free(b.data);
}

static void tokenizer_model(void **state)
{
    (void)state;
    char folder[256];
    st_folder(folder);
    write_model(folder);
    for (unsigned type = 1; type <= 2; type++) {
        write_spm(folder, type);
        put(folder, "tokenizer_config.json", "{\"add_bos_token\":true,\"add_eos_token\":false}");
        sx_model *model = load(folder);
        if (type == 2) check(model, "ab b<sep>a", 6, (int32_t[]){1, 8, 3, 5, 9, 6});
        if (type == 1) check(model, "ab b", 4, (int32_t[]){1, 8, 3, 5});
        sx_model_free(model);
    }
    st_remove(folder);
}

/* ---- what stands beside ---- */

static void the_files_beside(void **state)
{
    (void)state;
    char folder[256];
    sx_buf out;
    llm_error err = LLM_ERROR_INIT;
    st_folder(folder);
    write_model(folder);
    write_spm(folder, 2);
    put(folder, "tokenizer_config.json",
        "{\"bos_token\":{\"content\":\"<s>\"},\"eos_token\":\"</s>\",\"chat_template\":[{\"name\":\"tool\",\"template\":"
        "\"no\"},{\"name\":\"default\",\"template\":\"{{ bos_token }}yes\"}]}");
    put(folder, "generation_config.json", "{\"eos_token_id\":[2,9]}");
    sx_model *model = load(folder);
    assert_int_equal(sx_model_token(model, "bos"), 1);
    assert_int_equal(sx_model_token(model, "eos"), 2);
    assert_true(sx_token_ends(model, 2) && sx_token_ends(model, 9));
    sx_buf_init(&out, &mem, 0);
    assert_int_equal(sx_model_template(model, &mem, NULL, 0, "{}", 2, &out, &err), LLM_OK);
    assert_string_equal(sx_buf_cstr(&out), "<s>yes");
    sx_model_free(model);
    put(folder, "chat_template.jinja", "file");
    model = load(folder);
    sx_buf_clear(&out);
    assert_int_equal(sx_model_template(model, &mem, NULL, 0, "{}", 2, &out, &err), LLM_OK);
    assert_string_equal(sx_buf_cstr(&out), "file");
    sx_buf_free(&out);
    sx_model_free(model);
    st_remove(folder);
}

static void unknown_combinations_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *word;
    } bad[] = {
        {"{", "tokenizer.json"},
        {"{}", "model is missing"},
        {"{\"model\":{\"type\":\"WordLevel\",\"vocab\":{}}}", "WordLevel"},
        {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]}}", "spaces"},
        {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":2000000000},\"merges\":[]},\"pre_tokenizer\":{\"type\":"
         "\"ByteLevel\"}}",
         "damaged"},
        {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[[1]]},\"pre_tokenizer\":{\"type\":\"ByteLevel\"}}",
         "merges"},
        {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]},\"pre_tokenizer\":{\"type\":\"Sequence\","
         "\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":{\"Regex\":\"x+\"},\"behavior\":\"Isolated\"},{\"type\":"
         "\"ByteLevel\",\"use_regex\":false}]}}",
         "patterns"},
        {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]},\"pre_tokenizer\":{\"type\":\"ByteLevel\"},"
         "\"normalizer\":{\"type\":\"Lowercase\"}}",
         "Lowercase"},
        {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]},\"pre_tokenizer\":{\"type\":\"ByteLevel\"},"
         "\"added_tokens\":[{\"id\":0,\"content\":\"a\",\"single_word\":true}]}",
         "single_word"},
        {"{\"model\":{\"type\":\"Unigram\",\"vocab\":[[\"a\",\"b\"]]},\"pre_tokenizer\":{\"type\":\"Metaspace\"}}",
         "model.vocab"},
    };
    char folder[256];
    sx_model *model = NULL;
    st_folder(folder);
    write_model(folder);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        llm_error err = LLM_ERROR_INIT;
        put(folder, "tokenizer.json", bad[i].text);
        llm_status s = sx_model_load(&model, &mem, folder, &(sx_model_params){.threads = 1}, &err);
        if ((s != LLM_E_UNSUPPORTED && s != LLM_E_FORMAT) || !strstr(err.message, bad[i].word))
            fail_msg("%zu: status %d \"%s\", expected \"%s\"", i, s, err.message, bad[i].word);
    }
    st_remove(folder);
    st_folder(folder);
    write_model(folder);
    put(folder, "tokenizer.model", "\x0a\x7f is cut");
    llm_error err = LLM_ERROR_INIT;
    assert_int_equal(sx_model_load(&model, &mem, folder, &(sx_model_params){.threads = 1}, &err), LLM_E_FORMAT);
    assert_non_null(strstr(err.message, "tokenizer.model"));
    st_remove(folder);
}

static int start(void **state)
{
    (void)state;
    sx_mem_init(&mem, NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    return atomic_load(&mem.live_bytes) == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_those_of_tokenizers),
        cmocka_unit_test(tokenizer_model),
        cmocka_unit_test(the_files_beside),
        cmocka_unit_test(unknown_combinations_are_refused),
    };
    return cmocka_run_group_tests(tests, start, end);
}
