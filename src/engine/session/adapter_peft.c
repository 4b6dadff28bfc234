/* Adapters as the peft package saves them: a folder with adapter_config.json and adapter_model.safetensors. Modules are found
 * by the same tables as the models of such folders; rows are reordered where theirs are. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/model/hf/hf.h"
#include "engine/model/safetensors.h"
#include "engine/session/adapter.h"
#include "platform/buf.h"
#include "platform/file.h"
#include "platform/json.h"

enum { MAX_CONFIG = 1 << 20, NAME = 256 };

typedef struct peft {
    sx_adapter *adapter;
    const char *folder;
    sx_arena arena; /* of the configuration */
    sx_st st;
    double alpha;
    bool by_root; /* the scale is alpha / sqrt(rank) */
    llm_error *err;
} peft;

/* ---- configuration ---- */

static llm_status path_of(const peft *p, const char *file, sx_buf *path)
{
    sx_buf_init(path, p->adapter->mem, 0);
    sx_buf_printf(path, "%s/%s", p->folder, file);
    return sx_buf_status(path) == LLM_OK ? LLM_OK : sx_fail_memory(p->err);
}

static bool some(const sx_json *config, const char *key)
{
    const sx_json *v = sx_json_get(config, key);
    return v && v->kind != SX_JSON_NULL && !(v->kind == SX_JSON_BOOL && !v->truth) &&
           !((v->kind == SX_JSON_OBJECT || v->kind == SX_JSON_ARRAY) && v->count == 0);
}

static llm_status check_config(peft *p, const sx_json *config)
{
    static const char *const unsupported[] = {"use_dora",        "rank_pattern",      "alpha_pattern",
                                              "modules_to_save", "layer_replication", "trainable_token_indices"};
    if (!sx_json_is(config, SX_JSON_OBJECT) || strcmp(sx_json_get_str(config, "peft_type", ""), "LORA") != 0)
        return sx_fail(p->err, LLM_E_UNSUPPORTED,
                       "adapter_config.json: peft_type is not \"LORA\", the only supported kind");
    for (size_t i = 0; i < sizeof unsupported / sizeof *unsupported; i++)
        if (some(config, unsupported[i]))
            return sx_fail(p->err, LLM_E_UNSUPPORTED, "adapter_config.json asks for %s, which is not supported",
                           unsupported[i]);
    if (strcmp(sx_json_get_str(config, "bias", "none"), "none") != 0)
        return sx_fail(p->err, LLM_E_UNSUPPORTED, "adapter_config.json trains biases, which is not supported");
    p->alpha = sx_json_get_num(config, "lora_alpha", 8.0);
    p->by_root = sx_json_get_bool(config, "use_rslora", false);
    if (p->alpha > 0.0 && isfinite(p->alpha)) return LLM_OK;
    return sx_fail(p->err, LLM_E_FORMAT, "adapter_config.json: lora_alpha is %g; it must be positive", p->alpha);
}

static llm_status read_config(peft *p)
{
    sx_buf path;
    char *text = NULL;
    size_t size = 0;
    const sx_json *config = NULL;
    llm_status s = path_of(p, "adapter_config.json", &path);
    if (s == LLM_OK) s = sx_file_read(p->adapter->mem, path.data, MAX_CONFIG, &text, &size, p->err);
    sx_buf_free(&path);
    if (s == LLM_OK) s = sx_json_parse(&config, &p->arena, "adapter_config.json", text, size, p->err);
    sx_mem_free(p->adapter->mem, text);
    return s == LLM_OK ? check_config(p, config) : s;
}

/* ---- tensors ---- */

static llm_status half_of(const peft *p, const sx_st_tensor *t, sx_half *h)
{
    if (t->n_dims != 2 || t->type == UINT32_MAX)
        return sx_fail(p->err, LLM_E_UNSUPPORTED, "the adapter's tensor %.100s is no matrix of F32, F16 or BF16",
                       t->name);
    *h = (sx_half){t->type, t->data, t->shape[0], t->shape[1]};
    return LLM_OK;
}

/* Halves of a head to neighbouring pairs, as the model's own rows were. */
static llm_status turn_rows(const peft *p, sx_lora *pair, uint64_t rows)
{
    const sx_hparams *hp = &p->adapter->model->net.hp;
    float *made = sx_arena_alloc(&p->adapter->arena, (size_t)rows * pair->rank * sizeof *made);
    if (!made) return sx_fail_memory(p->err);
    for (uint64_t row = 0; row < rows; row++) {
        uint64_t head = row / hp->dim_k * hp->dim_k, r = row % hp->dim_k;
        uint64_t from = r >= hp->n_rot ? row : head + r / 2 + (r % 2 ? hp->n_rot / 2 : 0);
        memcpy(made + row * pair->rank, pair->b + from * pair->rank, pair->rank * sizeof *made);
    }
    pair->b = made;
    return LLM_OK;
}

static llm_status add(const peft *p, const sx_st_tensor *t)
{
    static const char lead[] = "base_model.model.", tail_a[] = ".lora_A.weight", tail_b[] = ".lora_B.weight";
    char module[NAME], other[NAME];
    size_t len = strlen(t->name), tail = sizeof tail_a - 1;
    bool is_a = len > tail && strcmp(t->name + len - tail, tail_a) == 0,
         is_b = len > tail && strcmp(t->name + len - tail, tail_b) == 0;
    if (len >= NAME || (!is_a && !is_b))
        return sx_fail(p->err, LLM_E_UNSUPPORTED, "the adapter's tensor %.100s is neither a lora_A nor a lora_B",
                       t->name);
    memcpy(other, t->name, len + 1);
    other[len - strlen("A.weight")] = is_a ? 'B' : 'A';
    const sx_st_tensor *pair = sx_st_find(&p->st, other);
    if (!pair) return sx_fail(p->err, LLM_E_FORMAT, "the adapter has %.100s and no %.100s", t->name, other);
    if (is_b) return LLM_OK;
    size_t skip = strncmp(t->name, lead, sizeof lead - 1) == 0 ? sizeof lead - 1 : 0;
    snprintf(module, sizeof module, "%.*s", (int)(len - tail - skip), t->name + skip);
    sx_hf_matrix place;
    llm_status s = sx_hf_find_matrix(p->adapter->model->net.hp.arch->name, module, &place, p->err);
    sx_half a, b;
    if (s == LLM_OK) s = half_of(p, t, &a);
    if (s == LLM_OK) s = half_of(p, pair, &b);
    if (s != LLM_OK) return s;
    double alpha = p->by_root ? p->alpha * sqrt((double)a.rows) : p->alpha;
    sx_lora *made = NULL;
    s = sx_adapter_add(p->adapter, place.name, &a, &b, (float)alpha, &made, p->err);
    return s == LLM_OK && place.turns ? turn_rows(p, made, b.rows) : s;
}

static llm_status read_tensors(peft *p)
{
    sx_buf path;
    sx_map_file map = {0};
    llm_status s = path_of(p, "adapter_model.safetensors", &path);
    if (s == LLM_OK) s = sx_file_map(&map, path.data, p->err);
    sx_buf_free(&path);
    if (s != LLM_OK) return s;
    s = sx_st_add(&p->st, "adapter_model.safetensors", map.data, map.size, p->err);
    if (s == LLM_OK) s = sx_adapter_reserve(p->adapter, p->st.n, p->err);
    for (size_t i = 0; i < p->st.n && s == LLM_OK; i++) s = add(p, &p->st.tensors[i]);
    sx_file_unmap(&map);
    return s;
}

llm_status sx_adapter_read_peft(sx_adapter *adapter, const char *folder, llm_error *err)
{
    peft p = {.adapter = adapter, .folder = folder, .err = err};
    if (!adapter->model->net.hp.arch)
        return sx_fail(err, LLM_E_UNSUPPORTED, "this model holds a vocabulary and no weights; adapters change weights");
    sx_arena_init(&p.arena, adapter->mem);
    sx_st_init(&p.st, adapter->mem);
    llm_status s = read_config(&p);
    if (s == LLM_OK) s = read_tensors(&p);
    sx_st_free(&p.st);
    sx_arena_free(&p.arena);
    return s;
}
