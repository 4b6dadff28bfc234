/* The tokenizer of a folder: tokenizer.json, else tokenizer.model; then what the files beside them say of special tokens and
 * of the chat template. */
#include "engine/model/hf/vocab.h"

#include <stdio.h>
#include <string.h>

enum { MAX_TOKENS = 1 << 24 };

llm_status sx_hf_vocab_room(hf_vocab *v, uint64_t n, uint64_t given)
{
    sx_gguf *g = v->hf->gguf;
    if (n == 0 || n > MAX_TOKENS || n > 4 * given + 1024)
        return sx_fail(v->hf->err, LLM_E_FORMAT,
                       "the tokenizer has %llu tokens with ids up to %llu: its file is damaged",
                       (unsigned long long)given, (unsigned long long)n);
    v->n = (uint32_t)n;
    v->texts = sx_gguf_room(g, v->n * sizeof *v->texts);
    v->scores = sx_gguf_room(g, v->n * sizeof *v->scores);
    v->types = sx_gguf_room(g, v->n * sizeof *v->types);
    v->strips = sx_gguf_room(g, v->n * sizeof *v->strips);
    if (!v->texts || !v->scores || !v->types || !v->strips || sx_map_reserve(&v->by_text, v->n))
        return sx_fail_memory(v->hf->err);
    for (uint32_t i = 0; i < v->n; i++) {
        v->texts[i] = (sx_view){"", 0};
        v->types[i] = HF_UNUSED;
    }
    return LLM_OK;
}

llm_status sx_hf_vocab_set(hf_vocab *v, int64_t id, const char *text, size_t len, double score, int32_t type)
{
    if (id < 0 || id >= v->n)
        return sx_fail(v->hf->err, LLM_E_FORMAT, "token %.60s has the id %lld, outside the vocabulary of %u", text,
                       (long long)id, v->n);
    char *copy = sx_gguf_room(v->hf->gguf, len + 1);
    if (!copy) return sx_fail_memory(v->hf->err);
    if (len) memcpy(copy, text, len);
    v->texts[id] = (sx_view){copy, len};
    v->scores[id] = score;
    v->types[id] = type;
    return sx_map_put(&v->by_text, copy, len, (uint32_t)id) ? sx_fail_memory(v->hf->err) : LLM_OK;
}

uint32_t sx_hf_vocab_find(const hf_vocab *v, const char *text, size_t len)
{
    return sx_map_get(&v->by_text, text, len);
}

/* ---- special tokens ---- */

/* tokenizer_config.json names a token by its text, or by an object that has it. */
static uint32_t named(const hf_vocab *v, const char *name)
{
    const sx_json *t = sx_json_get(v->settings, name);
    if (sx_json_is(t, SX_JSON_OBJECT)) t = sx_json_get(t, "content");
    return sx_json_is(t, SX_JSON_STRING) ? sx_hf_vocab_find(v, t->text, t->len) : SX_MAP_NONE;
}

static uint32_t id_of(const hf_vocab *v, const sx_json *n)
{
    int64_t id;
    return sx_json_int(n, &id) && id >= 0 && id < v->n ? (uint32_t)id : SX_MAP_NONE;
}

/* A token of config.json or generation_config.json: an id, or a list of them. */
static uint32_t numbered(const hf_vocab *v, const sx_json *object, const char *name, uint32_t i)
{
    const sx_json *n = sx_json_get(object, name);
    if (!sx_json_is(n, SX_JSON_ARRAY)) return i == 0 ? id_of(v, n) : SX_MAP_NONE;
    n = n->first;
    while (n && i-- > 0) n = n->next;
    return id_of(v, n);
}

static void put_id(const hf_vocab *v, const char *key, uint32_t id)
{
    if (id != SX_MAP_NONE && !sx_gguf_has(v->hf->gguf, key)) sx_gguf_put_u32(v->hf->gguf, key, id);
}

/* Whatever else ends a text: the further ids of a list are kept as the ends of a turn and of a message. */
static void put_ends(const hf_vocab *v)
{
    static const char eos[] = "tokenizer.ggml.eos_token_id";
    const sx_json *lists[] = {v->generation, v->hf->config};
    put_id(v, eos, named(v, "eos_token"));
    for (size_t k = 0; k < 2; k++) put_id(v, eos, numbered(v, lists[k], "eos_token_id", 0));
    uint32_t own = SX_MAP_NONE, turn = SX_MAP_NONE;
    sx_gguf_u32(v->hf->gguf, eos, &own);
    for (size_t k = 0; k < 2; k++)
        for (uint32_t i = 0; i < 3; i++) {
            uint32_t id = numbered(v, lists[k], "eos_token_id", i);
            if (id == SX_MAP_NONE || id == own || id == turn) continue;
            put_id(v, turn == SX_MAP_NONE ? "tokenizer.ggml.eot_token_id" : "tokenizer.ggml.eom_token_id", id);
            turn = id;
        }
}

static void put_specials(const hf_vocab *v)
{
    static const struct {
        const char *name, *key;
    } tokens[] = {{"bos_token", "tokenizer.ggml.bos_token_id"},     {"unk_token", "tokenizer.ggml.unknown_token_id"},
                  {"pad_token", "tokenizer.ggml.padding_token_id"}, {"sep_token", "tokenizer.ggml.seperator_token_id"},
                  {"cls_token", "tokenizer.ggml.cls_token_id"},     {"mask_token", "tokenizer.ggml.mask_token_id"}};
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) put_id(v, tokens[i].key, named(v, tokens[i].name));
    put_id(v, "tokenizer.ggml.bos_token_id", numbered(v, v->hf->config, "bos_token_id", 0));
    put_ends(v);
    const char *flags[] = {"add_bos_token", "add_eos_token"};
    for (size_t i = 0; i < 2; i++) {
        char key[64];
        const sx_json *on = sx_json_get(v->settings, flags[i]);
        snprintf(key, sizeof key, "tokenizer.ggml.%s", flags[i]);
        if (!sx_gguf_has(v->hf->gguf, key) && sx_json_is(on, SX_JSON_BOOL))
            sx_gguf_put_bool(v->hf->gguf, key, on->truth);
    }
}

/* chat_template.jinja, or tokenizer_config.json's chat_template: a text, or a list of which the default counts. */
static llm_status put_template(const hf_vocab *v)
{
    char *text;
    size_t size;
    llm_status s = sx_hf_read(v->hf, "chat_template.jinja", &text, &size);
    if (s != LLM_OK) return s;
    const sx_json *t = sx_json_get(v->settings, "chat_template");
    for (const sx_json *e = sx_json_is(t, SX_JSON_ARRAY) ? t->first : NULL; e; e = e->next)
        if (sx_json_equal(sx_json_get(e, "name"), "default")) t = sx_json_get(e, "template");
    if (text)
        sx_gguf_put_str(v->hf->gguf, "tokenizer.chat_template", text, size);
    else if (sx_json_is(t, SX_JSON_STRING))
        sx_gguf_put_str(v->hf->gguf, "tokenizer.chat_template", t->text, t->len);
    sx_mem_free(v->hf->mem, text);
    return LLM_OK;
}

static void put_tokens(const hf_vocab *v)
{
    sx_gguf *g = v->hf->gguf;
    sx_gguf_put_strs(g, "tokenizer.ggml.tokens", v->texts, v->n);
    if (v->exact_scores) {
        sx_gguf_put_f64s(g, "tokenizer.ggml.scores", v->scores, v->n);
    } else {
        float *scores = sx_gguf_room(g, v->n * sizeof *scores);
        for (uint32_t i = 0; scores && i < v->n; i++) scores[i] = (float)v->scores[i];
        if (scores) sx_gguf_put_f32s(g, "tokenizer.ggml.scores", scores, v->n);
    }
    sx_gguf_put_i32s(g, "tokenizer.ggml.token_type", v->types, v->n);
    if (v->any_strips) sx_gguf_put_i32s(g, "tokenizer.ggml.token_strip", v->strips, v->n);
}

void sx_hf_vocab_put(const hf_vocab *v)
{
    put_tokens(v);
    put_specials(v);
}

static llm_status load(hf_vocab *v)
{
    const sx_json *file;
    sx_hf *hf = v->hf;
    char *model = NULL;
    size_t size = 0;
    llm_status s;
    if ((s = sx_hf_json(hf, "tokenizer_config.json", &v->settings)) != LLM_OK ||
        (s = sx_hf_json(hf, "generation_config.json", &v->generation)) != LLM_OK ||
        (s = sx_hf_json(hf, "tokenizer.json", &file)) != LLM_OK)
        return s;
    if (file) return sx_hf_vocab_json(v, file);
    if ((s = sx_hf_read(hf, "tokenizer.model", &model, &size)) != LLM_OK) return s;
    if (!model)
        return sx_fail(hf->err, LLM_E_NOT_FOUND, "%s has neither tokenizer.json nor tokenizer.model: copy one there",
                       hf->folder);
    s = sx_hf_vocab_spm(v, (const unsigned char *)model, size);
    sx_mem_free(hf->mem, model);
    return s;
}

llm_status sx_hf_vocab(sx_hf *hf)
{
    hf_vocab v = {.hf = hf};
    sx_map_init(&v.by_text, hf->mem);
    llm_status s = load(&v);
    if (s == LLM_OK) {
        sx_hf_vocab_put(&v);
        s = put_template(&v);
    }
    sx_map_free(&v.by_text);
    return s;
}
