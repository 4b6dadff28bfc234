/* The files of a folder of safetensors, of any bytes: the first byte says which. A configuration is read whole; tokenizers
 * are built and used; weights are laid out and bound under a fixed configuration. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/graph/weights.h"
#include "engine/model/hf/vocab.h"
#include "engine/text/tokenizer.h"

static const char llama[] =
    "{\"model_type\":\"llama\",\"hidden_size\":8,\"num_hidden_layers\":2,\"num_attention_heads\":2,"
    "\"num_key_value_heads\":1,\"intermediate_size\":8}";
static const char deepseek[] =
    "{\"model_type\":\"deepseek_v3\",\"hidden_size\":8,\"num_hidden_layers\":2,\"num_attention_heads\":2,"
    "\"intermediate_size\":8,\"kv_lora_rank\":4,\"qk_nope_head_dim\":2,\"qk_rope_head_dim\":2,\"v_head_dim\":3,"
    "\"n_routed_experts\":2,\"num_experts_per_tok\":1,\"moe_intermediate_size\":4}";
static const char gpt_oss[] =
    "{\"model_type\":\"gpt_oss\",\"hidden_size\":8,\"num_hidden_layers\":2,\"num_attention_heads\":2,"
    "\"intermediate_size\":8,\"num_local_experts\":2,\"num_experts_per_tok\":1}";

static void use_tokenizer(sx_mem *mem, const sx_gguf *g, llm_error *err)
{
    static const char text[] = "<s>a \xc3\xa9\xe5\x8c\x97 12\n\xff x</s>";
    int32_t ids[64];
    char back[256];
    sx_tokenizer *tok;
    if (sx_tokenizer_create(&tok, mem, g, err) != LLM_OK) return;
    int64_t n = sx_tokenizer_encode(tok, mem, text, sizeof text - 1, LLM_TOK_SPECIAL | LLM_TOK_PARSE, ids, 64, err);
    if (n > 0) sx_tokenizer_decode(tok, mem, ids, n < 64 ? (size_t)n : 64, LLM_TOK_PARSE, back, sizeof back, err);
    sx_tokenizer_free(tok);
}

static void bind(sx_hf *hf, sx_mem *mem, llm_error *err)
{
    sx_hparams hp;
    sx_weights w;
    sx_arena arena;
    sx_arena_init(&arena, mem);
    if (sx_hparams_read(&hp, hf->gguf, err) == LLM_OK) (void)sx_weights_bind(&w, &hp, hf->gguf, &arena, err);
    sx_arena_free(&arena);
}

static llm_status configure(sx_hf *hf, const char *text, size_t len)
{
    llm_status s = sx_json_parse(&hf->config, &hf->arena, "config.json", text, len, hf->err);
    return s == LLM_OK ? sx_hf_config(hf) : s;
}

/* An aligned copy without room behind it: so that a sanitizer sees a read too far. */
static void read_weights(sx_hf *hf, const char *config, const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (copy && size) memcpy(copy, data, size);
    if (copy && configure(hf, config, strlen(config)) == LLM_OK &&
        sx_st_add(&hf->st, "model.safetensors", copy, size, hf->err) == LLM_OK && sx_hf_tensors(hf) == LLM_OK)
        bind(hf, hf->mem, hf->err);
    sx_gguf_close(hf->gguf);
    hf->gguf = NULL;
    free(copy);
}

static void read_tokenizer(sx_hf *hf, const uint8_t *data, size_t size, bool json)
{
    hf_vocab v = {.hf = hf};
    const sx_json *file;
    sx_map_init(&v.by_text, hf->mem);
    llm_status s = json ? sx_json_parse(&file, &hf->arena, "tokenizer.json", (const char *)data, size, hf->err)
                        : sx_hf_vocab_spm(&v, data, size);
    if (s == LLM_OK && json) s = sx_hf_vocab_json(&v, file);
    if (s == LLM_OK) {
        sx_hf_vocab_put(&v);
        use_tokenizer(hf->mem, hf->gguf, hf->err);
    }
    sx_map_free(&v.by_text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    sx_mem mem;
    sx_mem_init(&mem, NULL);
    llm_error err = {sizeof err, 0, ""};
    sx_hf hf = {.mem = &mem, .folder = "", .err = &err};
    sx_arena_init(&hf.arena, &mem);
    sx_st_init(&hf.st, &mem);
    if (sx_gguf_create(&hf.gguf, &mem, &err) != LLM_OK) abort();
    const uint8_t which = data[0];
    data++;
    size--;
    switch (which) {
    case 'c':
        if (configure(&hf, (const char *)data, size) == LLM_OK) bind(&hf, &mem, &err);
        break;
    case 't': read_tokenizer(&hf, data, size, true); break;
    case 'm': read_tokenizer(&hf, data, size, false); break;
    case 'l': read_weights(&hf, llama, data, size); break;
    case 'd': read_weights(&hf, deepseek, data, size); break;
    default: read_weights(&hf, gpt_oss, data, size); break;
    }
    sx_gguf_close(hf.gguf);
    sx_st_free(&hf.st);
    sx_arena_free(&hf.arena);
    if (atomic_load(&mem.live_bytes) != 0) abort();
    return 0;
}
