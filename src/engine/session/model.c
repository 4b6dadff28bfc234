#include "engine/session/model.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/grammar/token_trie.h"
#include "engine/session/cost.h"
#include "platform/cpu.h"

/* ---- facts ---- */

enum { OWN_FACTS = 9, NUMBER = 64 };

static void add_fact(sx_model *m, const char *key, const char *value)
{
    if (value) m->facts[m->n_facts++] = (sx_fact){key, value};
}

static void add_number(sx_model *m, const char *key, uint64_t n, bool *no_memory)
{
    char number[NUMBER];
    snprintf(number, sizeof number, "%" PRIu64, n);
    const char *text = sx_arena_strndup(&m->arena, number, strlen(number));
    if (!text) *no_memory = true;
    add_fact(m, key, text);
}

/* A string or number of the file as text; NULL also for arrays and absent keys. */
static const char *file_fact(sx_model *m, const char *key, bool *no_memory)
{
    const char *s;
    size_t len;
    char number[NUMBER];
    if (sx_gguf_str(m->gguf, key, &s, &len)) {
        s = sx_arena_strndup(&m->arena, s, len);
    } else if (sx_gguf_as_text(m->gguf, key, number, sizeof number)) {
        s = sx_arena_strndup(&m->arena, number, strlen(number));
    } else {
        return NULL;
    }
    if (!s) *no_memory = true;
    return s;
}

/* The type that holds most bytes of the file. */
static const char *main_type(const sx_gguf *gguf)
{
    uint64_t bytes[256] = {0};
    uint32_t best = 0;
    for (uint32_t i = 0; i < sx_gguf_tensor_count(gguf); i++) {
        const sx_tensor *t = sx_gguf_tensor_at(gguf, i);
        if (t->type < 256) bytes[t->type] += t->bytes;
    }
    for (uint32_t i = 1; i < 256; i++)
        if (bytes[i] > bytes[best]) best = i;
    const sx_type_info *info = bytes[best] ? sx_type_get(best) : NULL;
    return info ? info->name : NULL;
}

static llm_status collect_facts(sx_model *m, llm_error *err)
{
    size_t n = 0;
    while (sx_gguf_key_at(m->gguf, (uint32_t)n)) n++;
    m->facts = sx_arena_alloc(&m->arena, (n + OWN_FACTS) * sizeof *m->facts);
    if (!m->facts) return sx_fail_memory(err);
    bool no_memory = false;
    add_fact(m, "arch", m->net.hp.arch ? m->net.hp.arch->name : file_fact(m, "general.architecture", &no_memory));
    add_fact(m, "name", file_fact(m, "general.name", &no_memory));
    add_fact(m, "license", file_fact(m, "general.license", &no_memory));
    add_fact(m, "type", main_type(m->gguf));
    add_fact(m, "isa", sx_cpu_isa_name(m->net.kernels.isa));
    add_number(m, "threads", m->net.pool ? sx_pool_size(m->net.pool) : 0, &no_memory);
    if (m->net.pool) { /* there are weights */
        const sx_cost cost = sx_cost_of(&m->net);
        add_number(m, "step_bytes", cost.step_bytes, &no_memory);
        add_number(m, "step_products", cost.step_products, &no_memory);
        add_number(m, "prompt_products", cost.prompt_products, &no_memory);
    }
    for (uint32_t i = 0; i < n; i++) {
        const char *key = sx_gguf_key_at(m->gguf, i);
        add_fact(m, key, file_fact(m, key, &no_memory));
    }
    return no_memory ? sx_fail_memory(err) : LLM_OK;
}

const char *sx_model_info(const sx_model *m, const char *key)
{
    for (size_t i = 0; i < m->n_facts; i++)
        if (strcmp(m->facts[i].key, key) == 0) return m->facts[i].value;
    return NULL;
}

/* ---- loading ---- */

static llm_status cancelled(const sx_model_params *params, llm_error *err)
{
    if (!sx_cancelled(params->cancel)) return LLM_OK;
    return sx_fail(err, LLM_E_CANCELLED, "loading was cancelled by the caller");
}

static llm_status load_tokenizer(sx_model *m, llm_error *err)
{
    llm_status s = sx_tokenizer_create(&m->tok, m->mem, m->gguf, err);
    if (s != LLM_OK) return s;
    if (sx_tokenizer_size(m->tok) > m->net.hp.n_vocab)
        return sx_fail(err, LLM_E_FORMAT,
                       "the tokenizer has %u tokens but token_embd.weight only %u rows: the file "
                       "contradicts itself",
                       sx_tokenizer_size(m->tok), m->net.hp.n_vocab);
    return LLM_OK;
}

/* A file of metadata alone holds a vocabulary of any architecture: it tokenizes, and sessions refuse it. */
static llm_status load_vocabulary(sx_model *m, llm_error *err)
{
    llm_status s = sx_tokenizer_create(&m->tok, m->mem, m->gguf, err);
    if (s != LLM_OK) return s;
    m->net.hp.n_vocab = sx_tokenizer_size(m->tok);
    return collect_facts(m, err);
}

static llm_status load(sx_model *m, const sx_origin *from, const sx_model_params *params, llm_error *err)
{
    llm_status s;
    if ((s = sx_source_open(&m->source, m->mem, from, err)) != LLM_OK) return s;
    m->gguf = sx_source_gguf(m->source);
    if ((s = cancelled(params, err)) != LLM_OK) return s;
    if (sx_gguf_tensor_count(m->gguf) == 0) return load_vocabulary(m, err);
    if ((s = sx_hparams_read(&m->net.hp, m->gguf, err)) != LLM_OK ||
        (s = sx_weights_bind(&m->net.weights, &m->net.hp, m->gguf, &m->arena, err)) != LLM_OK ||
        (s = cancelled(params, err)) != LLM_OK || (s = load_tokenizer(m, err)) != LLM_OK ||
        (s = cancelled(params, err)) != LLM_OK)
        return s;
    m->net.kernels = sx_kernels_select(params->isa);
    uint32_t threads = params->threads ? params->threads : sx_cpu_default_threads();
    if ((s = sx_pool_create(&m->net.pool, m->mem, threads, err)) != LLM_OK ||
        (s = sx_scheduler_create(&m->scheduler, m->mem, &m->net, err)) != LLM_OK ||
        (s = collect_facts(m, err)) != LLM_OK)
        return s;
    if (params->log)
        sx_log_write(params->log, LLM_LOG_INFO, "loaded %s: %s, %u layers, %s weights, %s kernels, %u threads",
                     from->path ? from->path : "a model", m->net.hp.arch->name, m->net.hp.n_layer,
                     sx_model_info(m, "type"), sx_cpu_isa_name(m->net.kernels.isa), sx_pool_size(m->net.pool));
    return LLM_OK;
}

llm_status sx_model_load(sx_model **out, sx_mem *mem, const char *path, const sx_model_params *params, llm_error *err)
{
    return sx_model_load_from(out, mem, &(sx_origin){.path = path}, params, err);
}

llm_status sx_model_load_from(sx_model **out, sx_mem *mem, const sx_origin *from, const sx_model_params *params,
                              llm_error *err)
{
    static const sx_model_params defaults;
    *out = NULL;
    sx_model *m = sx_mem_zalloc(mem, sizeof *m);
    if (!m) return sx_fail_memory(err);
    m->mem = mem;
    sx_arena_init(&m->arena, mem);
    llm_status s = load(m, from, params ? params : &defaults, err);
    if (s == LLM_OK)
        *out = m;
    else
        sx_model_free(m);
    return s;
}

void sx_model_free(sx_model *m)
{
    if (!m) return;
    sx_scheduler_free(m->scheduler);
    sx_pool_free(m->net.pool);
    sx_token_trie_free(atomic_load(&m->trie));
    sx_tokenizer_free(m->tok);
    sx_arena_free(&m->arena);
    sx_source_close(m->source);
    sx_mem_free(m->mem, m);
}

uint32_t sx_model_n_tokens(const sx_model *m)
{
    return sx_tokenizer_size(m->tok);
}

uint32_t sx_model_n_vocab(const sx_model *m)
{
    return m->net.hp.n_vocab;
}

uint32_t sx_model_n_ctx(const sx_model *m)
{
    return m->net.hp.n_ctx;
}

/* ---- tokens ---- */

int32_t sx_model_token(const sx_model *m, const char *name)
{
    return sx_tokenizer_special(m->tok, name);
}

int64_t sx_tokenize(const sx_model *m, sx_mem *mem, const char *text, size_t len, uint32_t flags, int32_t *tokens,
                    size_t capacity, llm_error *err)
{
    return sx_tokenizer_encode(m->tok, mem, text, len, flags, tokens, capacity, err);
}

int64_t sx_detokenize(const sx_model *m, sx_mem *mem, const int32_t *tokens, size_t n, uint32_t flags, char *text,
                      size_t capacity, llm_error *err)
{
    return sx_tokenizer_decode(m->tok, mem, tokens, n, flags, text, capacity, err);
}

/* Embedding tables are often padded: ids beyond the tokenizer stand for nothing. */
static bool known(const sx_model *m, int32_t token)
{
    return token >= 0 && (uint32_t)token < sx_tokenizer_size(m->tok);
}

const char *sx_token_shown(const sx_model *m, int32_t token, size_t *len)
{
    const char *bytes = sx_token_bytes(m, token, len);
    return *len || !known(m, token) ? bytes : sx_tokenizer_text(m->tok, token, len);
}

const char *sx_token_bytes(const sx_model *m, int32_t token, size_t *len)
{
    *len = 0;
    return known(m, token) ? sx_tokenizer_bytes(m->tok, token, len) : "";
}

bool sx_token_ends(const sx_model *m, int32_t token)
{
    return known(m, token) && sx_tokenizer_ends(m->tok, token);
}

bool sx_model_strips_space(const sx_model *m)
{
    return sx_tokenizer_strips_space(m->tok);
}
