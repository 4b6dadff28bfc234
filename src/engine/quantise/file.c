/* A model file into a smaller one: the head is rewritten with new tensor types, the rows are quantised by all threads. The
 * new file grows under a temporary name and takes its own only when it is whole and on the disk. */
#include <stdio.h>
#include <string.h>

#include "engine/engine.h"
#include "engine/model/gguf_parts.h"
#include "engine/model/source.h"
#include "engine/quantise/importance.h"
#include "engine/quantise/quantise.h"
#include "platform/buf.h"
#include "platform/cpu.h"
#include "platform/file.h"
#include "platform/newfile.h"
#include "engine/kernels/half.h"

enum { ALIGNMENT = 32, CHUNK_ROWS = 256 };

/* What a recipe means: the type of most weights, and whether the tensors that matter most get a finer one. */
typedef struct recipe {
    const char *name;
    uint32_t type;
    uint32_t finer;     /* for some value and down projections and the output head */
    uint32_t file_type; /* general.file_type, as other readers of GGUF number it */
} recipe;

static const recipe RECIPES[] = {
    {"f32", SX_TYPE_F32, SX_TYPE_F32, 0},       {"f16", SX_TYPE_F16, SX_TYPE_F16, 1},
    {"bf16", SX_TYPE_BF16, SX_TYPE_BF16, 32},   {"q4_0", SX_TYPE_Q4_0, SX_TYPE_Q4_0, 2},
    {"q4_1", SX_TYPE_Q4_1, SX_TYPE_Q4_1, 3},    {"q8_0", SX_TYPE_Q8_0, SX_TYPE_Q8_0, 7},
    {"q5_0", SX_TYPE_Q5_0, SX_TYPE_Q5_0, 8},    {"q5_1", SX_TYPE_Q5_1, SX_TYPE_Q5_1, 9},
    {"q4_k", SX_TYPE_Q4_K, SX_TYPE_Q4_K, 14},   {"q4_k_s", SX_TYPE_Q4_K, SX_TYPE_Q4_K, 14},
    {"q4_k_m", SX_TYPE_Q4_K, SX_TYPE_Q6_K, 15}, {"q5_k", SX_TYPE_Q5_K, SX_TYPE_Q5_K, 16},
    {"q5_k_s", SX_TYPE_Q5_K, SX_TYPE_Q5_K, 16}, {"q5_k_m", SX_TYPE_Q5_K, SX_TYPE_Q6_K, 17},
    {"q6_k", SX_TYPE_Q6_K, SX_TYPE_Q6_K, 18},
};

typedef struct job {
    const sx_gguf *gguf;
    const recipe *how;               /* NULL: every tensor stays as it is */
    const sx_importance *importance; /* NULL: none */
    sx_new_file file;
    uint64_t written;
    uint32_t n_layers;
    sx_mem *mem;
    sx_pool *pool;
    const llm_cancel *cancel;
    llm_error *err;
} job;

static const recipe *find_recipe(const char *name)
{
    for (size_t i = 0; i < sizeof RECIPES / sizeof *RECIPES; i++) {
        const char *a = RECIPES[i].name, *b = name;
        while (*a && (*a == *b || (*b >= 'A' && *b <= 'Z' && *a == *b + 32))) a++, b++;
        if (!*a && !*b) return &RECIPES[i];
    }
    return NULL;
}

/* ---- which type a tensor gets ---- */

/* In the mixes: the output head, and the value and down projections of the first and last eighth of the layers and every
 * third between, where errors were seen to hurt perplexity most (the K-quant mixes of ggml). */
static bool wants_finer(const job *j, const char *name)
{
    if (strcmp(name, "output.weight") == 0) return true;
    if (strcmp(name, "token_embd.weight") == 0) return sx_gguf_tensor(j->gguf, "output.weight") == NULL;
    unsigned layer;
    char rest[64];
    if (sscanf(name, "blk.%u.%63s", &layer, rest) != 2) return false;
    if (strcmp(rest, "attn_v.weight") != 0 && strcmp(rest, "ffn_down.weight") != 0) return false;
    return layer < j->n_layers / 8 || layer >= j->n_layers * 7 / 8 || (layer - j->n_layers / 8) % 3 == 2;
}

static uint32_t with_small_blocks(uint32_t type)
{
    return type == SX_TYPE_Q4_K ? SX_TYPE_Q5_0 : type == SX_TYPE_Q5_K ? SX_TYPE_Q5_1 : SX_TYPE_Q8_0;
}

static uint32_t type_for(const job *j, const sx_tensor *t)
{
    if (!j->how) return t->type;
    size_t len = strlen(t->name);
    bool weight = len > 7 && strcmp(t->name + len - 7, ".weight") == 0;
    bool half = t->type == SX_TYPE_F16 || t->type == SX_TYPE_BF16;
    if (t->n_dims < 2 || !weight || strstr(t->name, "_norm") || strstr(t->name, "ffn_gate_inp"))
        return half ? SX_TYPE_F32 : t->type; /* where readers of GGUF look for F32 */
    uint32_t type = wants_finer(j, t->name) ? j->how->finer : j->how->type;
    if (t->ne[0] % sx_type_get(type)->block) type = with_small_blocks(type);
    if (t->ne[0] % sx_type_get(type)->block) type = SX_TYPE_F16;
    return type;
}

/* ---- writing ---- */

static llm_status put(job *j, const void *bytes, size_t n)
{
    j->written += n;
    return sx_new_file_put(&j->file, bytes, n, j->err);
}

static llm_status put_number(job *j, uint64_t v, int bytes)
{
    unsigned char le[8];
    for (int i = 0; i < bytes; i++) le[i] = (unsigned char)(v >> 8 * i);
    return put(j, le, (size_t)bytes);
}

static llm_status put_string(job *j, const char *s)
{
    llm_status status = put_number(j, strlen(s), 8);
    return status == LLM_OK ? put(j, s, strlen(s)) : status;
}

static llm_status put_padding(job *j)
{
    static const char zeroes[ALIGNMENT];
    return put(j, zeroes, (size_t)((ALIGNMENT - j->written % ALIGNMENT) % ALIGNMENT));
}

/* Keys this writer sets itself. */
static bool own_key(const char *key)
{
    return strcmp(key, "general.file_type") == 0 || strcmp(key, "general.quantization_version") == 0 ||
           strcmp(key, "general.alignment") == 0 || strncmp(key, "split.", 6) == 0;
}

/* Bytes of `count` elements of a metadata array, which the reader has checked to lie in the file. */
static size_t array_bytes(uint32_t elem, uint64_t count, const unsigned char *p)
{
    size_t number = sx_gguf_number_bytes(elem), total = 0;
    if (number) return (size_t)count * number;
    for (uint64_t i = 0; i < count; i++) {
        if (elem == SX_GGUF_STRING) {
            total += 8 + (size_t)sx_gguf_le(p + total, 8);
        } else { /* arrays in arrays: at most four deep, as the reader allows */
            uint32_t inner = (uint32_t)sx_gguf_le(p + total, 4);
            uint64_t n = sx_gguf_le(p + total + 4, 8);
            total += 12 + array_bytes(inner, n, p + total + 12);
        }
    }
    return total;
}

static llm_status put_kv(job *j, const gguf_kv *kv)
{
    llm_status status = put_string(j, kv->key);
    if (status == LLM_OK) status = put_number(j, kv->type, 4);
    size_t n = sx_gguf_number_bytes(kv->type);
    if (kv->type == SX_GGUF_STRING) {
        if (status == LLM_OK) status = put_number(j, kv->count, 8);
        n = (size_t)kv->count;
    } else if (kv->type == SX_GGUF_ARRAY) {
        if (status == LLM_OK) status = put_number(j, kv->elem, 4);
        if (status == LLM_OK) status = put_number(j, kv->count, 8);
        n = array_bytes(kv->elem, kv->count, kv->value);
    }
    return status == LLM_OK ? put(j, kv->value, n) : status;
}

static llm_status put_own_u32(job *j, const char *key, uint32_t v)
{
    llm_status status = put_string(j, key);
    if (status == LLM_OK) status = put_number(j, SX_GGUF_U32, 4);
    return status == LLM_OK ? put_number(j, v, 4) : status;
}

static llm_status put_kvs(job *j)
{
    const sx_gguf *g = j->gguf;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < g->n_kvs; i++) kept += !own_key(g->kvs[i].key);
    llm_status status = put(j, "GGUF", 4);
    if (status == LLM_OK) status = put_number(j, 3, 4);
    if (status == LLM_OK) status = put_number(j, g->n_tensors, 8);
    if (status == LLM_OK) status = put_number(j, kept + 2, 8);
    for (uint32_t i = 0; i < g->n_kvs && status == LLM_OK; i++)
        if (!own_key(g->kvs[i].key)) status = put_kv(j, &g->kvs[i]);
    if (status == LLM_OK) status = put_own_u32(j, "general.file_type", j->how ? j->how->file_type : 0);
    return status == LLM_OK ? put_own_u32(j, "general.quantization_version", 2) : status;
}

static uint64_t bytes_as(const sx_tensor *t, uint32_t type)
{
    const sx_type_info *from = sx_type_get(t->type), *to = sx_type_get(type);
    return t->bytes / from->block_bytes * from->block / to->block * to->block_bytes;
}

static llm_status put_tensor_list(job *j)
{
    uint64_t offset = 0;
    llm_status status = LLM_OK;
    for (uint32_t i = 0; i < j->gguf->n_tensors && status == LLM_OK; i++) {
        const sx_tensor *t = &j->gguf->tensors[i];
        uint32_t type = type_for(j, t);
        status = put_string(j, t->name);
        if (status == LLM_OK) status = put_number(j, t->n_dims, 4);
        for (uint32_t d = 0; d < t->n_dims && status == LLM_OK; d++) status = put_number(j, t->ne[d], 8);
        if (status == LLM_OK) status = put_number(j, type, 4);
        if (status == LLM_OK) status = put_number(j, offset, 8);
        offset += (bytes_as(t, type) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
    return status == LLM_OK ? put_padding(j) : status;
}

/* ---- rows ---- */

typedef struct chunk {
    const sx_tensor *t;
    uint32_t type;
    uint64_t first, rows;
    size_t from_bytes, to_bytes; /* of one row */
    float *floats;               /* [workers][ne0] */
    const float *importance;     /* [matrices][ne0] or NULL */
    unsigned char *out;          /* [rows][to_bytes] */
} chunk;

static void to_floats(uint32_t type, const void *src, float *dst, size_t n)
{
    const unsigned char *p = src;
    for (size_t i = 0; i < n; i++) {
        if (type == SX_TYPE_F32)
            dst[i] = sx_bits_f32((uint32_t)sx_gguf_le(p + 4 * i, 4));
        else if (type == SX_TYPE_F16)
            dst[i] = sx_f16_f32((uint16_t)sx_gguf_le(p + 2 * i, 2));
        else
            dst[i] = sx_bf16_f32((uint16_t)sx_gguf_le(p + 2 * i, 2));
    }
}

static const unsigned char *row_at(const sx_tensor *t, uint64_t row, size_t bytes)
{
    if (!t->parts) return (const unsigned char *)t->data + row * bytes;
    return (const unsigned char *)t->parts[row / t->ne[1]] + row % t->ne[1] * bytes;
}

static void quantise_chunk(void *arg, uint32_t worker, uint32_t workers)
{
    const chunk *c = arg;
    size_t n = (size_t)c->t->ne[0];
    float *row = c->floats + worker * n;
    for (uint64_t r = worker; r < c->rows; r += workers) {
        to_floats(c->t->type, row_at(c->t, c->first + r, c->from_bytes), row, n);
        const float *importance = c->importance ? c->importance + (c->first + r) / c->t->ne[1] * n : NULL;
        sx_quantise_row(c->type, row, importance, n, c->out + r * c->to_bytes);
    }
}

static llm_status put_quantised(job *j, const sx_tensor *t, uint32_t type)
{
    if (t->type != SX_TYPE_F32 && t->type != SX_TYPE_F16 && t->type != SX_TYPE_BF16)
        return sx_fail(j->err, LLM_E_UNSUPPORTED,
                       "tensor %.100s is %s already: quantise from a file in F32, F16 or BF16", t->name,
                       sx_type_get(t->type)->name);
    const sx_type_info *from = sx_type_get(t->type), *to = sx_type_get(type);
    uint64_t rows = t->ne[1] * t->ne[2] * t->ne[3];
    chunk c = {.t = t,
               .type = type,
               .from_bytes = (size_t)t->ne[0] * from->block_bytes,
               .to_bytes = (size_t)(t->ne[0] / to->block) * to->block_bytes};
    float *importance = NULL;
    llm_status status = sx_importance_of(j->importance, j->mem, t, &importance, j->err);
    if (status != LLM_OK) return status;
    c.importance = importance;
    c.floats = sx_mem_array(j->mem, sx_pool_size(j->pool) * (size_t)t->ne[0], sizeof *c.floats);
    c.out = sx_mem_array(j->mem, CHUNK_ROWS, c.to_bytes);
    status = c.floats && c.out ? LLM_OK : sx_fail_memory(j->err);
    for (; c.first < rows && status == LLM_OK; c.first += c.rows) {
        if (sx_cancelled(j->cancel)) status = sx_fail(j->err, LLM_E_CANCELLED, "cancelled by the caller");
        c.rows = rows - c.first < CHUNK_ROWS ? rows - c.first : CHUNK_ROWS;
        if (status != LLM_OK) break;
        sx_pool_run(j->pool, quantise_chunk, &c);
        status = put(j, c.out, (size_t)c.rows * c.to_bytes);
    }
    sx_mem_free(j->mem, importance);
    sx_mem_free(j->mem, c.floats);
    sx_mem_free(j->mem, c.out);
    return status;
}

static llm_status put_as_it_is(job *j, const sx_tensor *t)
{
    llm_status status = LLM_OK;
    if (!t->parts) return put(j, t->data, t->bytes);
    for (uint64_t i = 0; i < t->ne[2] && status == LLM_OK; i++) status = put(j, t->parts[i], t->bytes / t->ne[2]);
    return status;
}

static llm_status put_data(job *j)
{
    llm_status status = LLM_OK;
    for (uint32_t i = 0; i < j->gguf->n_tensors && status == LLM_OK; i++) {
        const sx_tensor *t = &j->gguf->tensors[i];
        uint32_t type = type_for(j, t);
        status = type == t->type ? put_as_it_is(j, t) : put_quantised(j, t, type);
        if (status == LLM_OK) status = put_padding(j);
    }
    return status;
}

static llm_status write_all(job *j)
{
    llm_status status = put_kvs(j);
    if (status == LLM_OK) status = put_tensor_list(j);
    return status == LLM_OK ? put_data(j) : status;
}

static llm_status write_file(job *j, const char *out)
{
    llm_status status = sx_new_file_begin(&j->file, j->mem, out, j->err);
    return status == LLM_OK ? sx_new_file_end(&j->file, write_all(j), j->err) : status;
}

llm_status sx_gguf_write_file(const sx_gguf *gguf, const char *out, sx_mem *mem, llm_error *err)
{
    job j = {.gguf = gguf, .mem = mem, .err = err};
    return write_file(&j, out);
}

llm_status sx_quantise_file(const char *in, const char *out, const char *name, const char *importance, uint32_t threads,
                            const llm_cancel *cancel, sx_mem *mem, llm_error *err)
{
    job j = {.how = find_recipe(name), .mem = mem, .cancel = cancel, .err = err};
    if (!j.how)
        return sx_fail(err, LLM_E_UNSUPPORTED,
                       "there is no recipe %.40s; choose from f32, f16, bf16, q8_0, q4_0, q4_1, q5_0, "
                       "q5_1, q4_k_s, q4_k_m, q5_k_s, q5_k_m, q6_k",
                       name);
    sx_source *source = NULL;
    sx_importance *weights = NULL;
    llm_status status = importance ? sx_importance_open(&weights, mem, importance, err) : LLM_OK;
    j.importance = weights;
    if (status == LLM_OK) status = sx_source_open(&source, mem, &(sx_origin){.path = in}, err);
    if (status == LLM_OK) status = sx_pool_create(&j.pool, mem, threads ? threads : sx_cpu_default_threads(), err);
    if (status == LLM_OK) {
        const char *arch;
        size_t len;
        char key[128];
        const sx_gguf *gguf = sx_source_gguf(source);
        j.gguf = gguf;
        if (sx_gguf_str(gguf, "general.architecture", &arch, &len) && len < 64) {
            snprintf(key, sizeof key, "%.*s.block_count", (int)len, arch);
            if (!sx_gguf_u32(gguf, key, &j.n_layers)) j.n_layers = 0;
        }
        status = write_file(&j, out);
    }
    sx_pool_free(j.pool);
    sx_source_close(source);
    sx_importance_close(weights);
    return status;
}
