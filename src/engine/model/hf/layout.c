/* Layouts: rows reordered, matrices turned over, tensors cut in two. What only needs other addresses stays in the mapped
 * file; the rest is copied into the description. */
#include <stdio.h>
#include <string.h>

#include "engine/kernels/quant.h"
#include "engine/model/hf/parts.h"

enum { NAME = 128 };

sx_tensor sx_hf_tensor(const sx_st_tensor *t)
{
    sx_tensor g = {.type = t->type, .n_dims = t->n_dims ? t->n_dims : 1, .ne = {1, 1, 1, 1}, .data = t->data};
    for (uint32_t d = 0; d < t->n_dims; d++) g.ne[d] = t->shape[t->n_dims - 1 - d];
    return g;
}

static size_t element(const sx_st_tensor *t)
{
    return t->type == SX_TYPE_F32 ? 4 : 2;
}

static void put(sx_hf *hf, const sx_tensor *t, const char *to, size_t len, int layer, const char *suffix)
{
    char name[NAME];
    if (layer < 0)
        snprintf(name, sizeof name, "%.*s%s", (int)len, to, suffix);
    else
        snprintf(name, sizeof name, "blk.%d.%.*s%s", layer, (int)len, to, suffix);
    sx_gguf_put_tensor(hf->gguf, name, t);
}

static llm_status wrong_shape(const sx_hf *hf, const sx_st_tensor *t)
{
    return sx_fail(hf->err, LLM_E_FORMAT,
                   "tensor %.100s has %u dimensions, the first of %llu, which does not fit config.json: the folder "
                   "contradicts itself",
                   t->name, t->n_dims, (unsigned long long)t->shape[0]);
}

/* ---- rows ---- */

/* Halves to pairs: element 2i of a head comes from i, 2i + 1 from i + n_rot / 2. */
static uint64_t turned(const sx_hf *hf, uint64_t row)
{
    uint64_t head = row / hf->dim_k * hf->dim_k, r = row % hf->dim_k;
    if (!(hf->family->flags & HF_TURN) || r >= hf->n_rot) return row;
    return head + r / 2 + (r % 2 ? hf->n_rot / 2 : 0);
}

/* Where the row of the new layout lies in the old one. */
static uint64_t source_row(const sx_hf *hf, hf_change change, uint64_t row)
{
    const uint64_t d = hf->dim_k, per = hf->n_head / hf->n_head_kv, nq = hf->n_head * d, nk = hf->n_head_kv * d;
    if (change == HF_QUERY || change == HF_KEY) return turned(hf, row);
    uint64_t part = row < nq ? 0 : row < nq + nk ? 1 : 2, at = row - (part == 0 ? 0 : part == 1 ? nq : nq + nk);
    if (part < 2) at = turned(hf, at);
    if (change == HF_QKV) return at + (part == 0 ? 0 : part == 1 ? nq : nq + nk);
    uint64_t head = at / d, group = part == 0 ? head / per : head, inside = part == 0 ? head % per : per + part - 1;
    return (group * (per + 2) + inside) * d + at % d;
}

static llm_status reorder(sx_hf *hf, const sx_st_tensor *t, const hf_name *n, int layer, const char *suffix)
{
    const uint64_t d = hf->dim_k, rows = t->shape[0];
    uint64_t want = n->change == HF_QUERY ? hf->n_head * d
                    : n->change == HF_KEY ? hf->n_head_kv * d
                                          : (hf->n_head + 2ull * hf->n_head_kv) * d;
    sx_tensor g = sx_hf_tensor(t);
    bool moves = n->change == HF_GROUPS ? hf->n_head_kv > 1 : (hf->family->flags & HF_TURN) != 0;
    if (moves && (rows != want || t->n_dims > 2)) return wrong_shape(hf, t);
    if (moves) {
        size_t bytes = t->bytes / (size_t)rows;
        unsigned char *to = sx_gguf_room(hf->gguf, t->bytes);
        for (uint64_t i = 0; to && i < rows; i++)
            memcpy(to + i * bytes, t->data + source_row(hf, n->change, i) * bytes, bytes);
        g.data = to;
    }
    put(hf, &g, n->to, strlen(n->to), layer, suffix);
    return LLM_OK;
}

/* ---- matrices turned over ---- */

/* out [cols][rows] = in [rows][cols], only every `step`-th column from `first`. */
static void flip(unsigned char *out, const unsigned char *in, uint64_t rows, uint64_t cols, uint64_t first,
                 uint64_t step, size_t size)
{
    for (uint64_t c = first, k = 0; c < cols; c += step, k++)
        for (uint64_t r = 0; r < rows; r++) memcpy(out + (k * rows + r) * size, in + (r * cols + c) * size, size);
}

static llm_status transpose(sx_hf *hf, const sx_st_tensor *t, const hf_name *n, int layer, const char *suffix)
{
    sx_tensor g = sx_hf_tensor(t);
    bool experts = n->change == HF_FLIPPED;
    if (t->n_dims == (experts ? 3u : 2u)) {
        uint64_t e = experts ? t->shape[0] : 1, rows = t->shape[t->n_dims - 2], cols = t->shape[t->n_dims - 1];
        unsigned char *to = sx_gguf_room(hf->gguf, t->bytes);
        for (uint64_t i = 0; to && i < e; i++)
            flip(to + i * (t->bytes / e), t->data + i * (t->bytes / e), rows, cols, 0, 1, element(t));
        g.ne[0] = rows;
        g.ne[1] = cols;
        g.data = to;
    } else if (t->n_dims != (experts ? 2u : 1u)) {
        return wrong_shape(hf, t);
    }
    put(hf, &g, n->to, strlen(n->to), layer, suffix);
    return LLM_OK;
}

/* Even columns to the first name, odd ones to the second. */
static llm_status unweave(sx_hf *hf, const sx_st_tensor *t, const hf_name *n, int layer, const char *suffix)
{
    const char *to = n->to;
    uint64_t e = t->shape[0], rows = t->n_dims == 3 ? t->shape[1] : 1, cols = t->shape[t->n_dims - 1];
    if (t->n_dims < 2 || t->n_dims > 3 || cols % 2) return wrong_shape(hf, t);
    for (uint64_t which = 0; which < 2; which++) {
        sx_tensor g = {.type = t->type, .n_dims = t->n_dims, .ne = {cols / 2, e, 1, 1}};
        unsigned char *out = sx_gguf_room(hf->gguf, t->bytes / 2);
        for (uint64_t i = 0; out && i < e; i++)
            flip(out + i * (t->bytes / 2 / e), t->data + i * (t->bytes / e), rows, cols, which, 2, element(t));
        if (t->n_dims == 3) {
            g.ne[0] = rows;
            g.ne[1] = cols / 2;
            g.ne[2] = e;
        }
        g.data = out;
        size_t len = strcspn(to, " ");
        put(hf, &g, to, len, layer, suffix);
        to += len + 1;
    }
    return LLM_OK;
}

/* ---- addresses alone ---- */

/* `rows` rows behind `skip` others, of each of n slices of `all` rows. */
static const void *const *slices(sx_hf *hf, const sx_st_tensor *t, uint64_t n, uint64_t all, uint64_t skip)
{
    const void **parts = sx_gguf_room(hf->gguf, (size_t)n * sizeof *parts);
    size_t row = t->bytes / (size_t)(n * all);
    for (uint64_t i = 0; parts && i < n; i++) parts[i] = t->data + (size_t)(i * all + skip) * row;
    return parts;
}

static llm_status halve(sx_hf *hf, const sx_st_tensor *t, const hf_name *n, int layer, const char *suffix)
{
    bool experts = t->n_dims == 3;
    const char *to = n->to;
    uint64_t rows = t->shape[experts ? 1 : 0], e = experts ? t->shape[0] : 1;
    if (rows % 2 || t->n_dims > 3 || t->bytes == 0) return wrong_shape(hf, t);
    for (uint64_t which = 0; which < 2; which++) {
        sx_tensor g = sx_hf_tensor(t);
        g.ne[t->n_dims == 1 ? 0 : 1] = rows / 2;
        g.data = t->data + which * (t->bytes / 2);
        if (experts) {
            g.parts = slices(hf, t, e, rows, which * (rows / 2));
            g.data = NULL;
        }
        size_t len = strcspn(to, " ");
        put(hf, &g, to, len, layer, suffix);
        to += len + 1;
    }
    return LLM_OK;
}

/* Latent attention, absorbed: keys' rows turned over, head by head; values' rows where they lie. */
static llm_status latent(sx_hf *hf, const sx_st_tensor *t, int layer, const char *suffix)
{
    uint64_t nope = hf->dim_nope, both = nope + hf->dim_out, rank = t->shape[1], heads = hf->n_head;
    if (t->n_dims != 2 || t->shape[0] != heads * both || t->bytes == 0) return wrong_shape(hf, t);
    size_t row = t->bytes / (size_t)t->shape[0];
    unsigned char *keys = sx_gguf_room(hf->gguf, (size_t)(heads * nope) * row);
    for (uint64_t h = 0; keys && h < heads; h++)
        flip(keys + h * nope * row, t->data + h * both * row, nope, rank, 0, 1, element(t));
    put(hf, &(sx_tensor){.type = t->type, .n_dims = 3, .ne = {nope, rank, heads, 1}, .data = keys}, "attn_k_b", 8,
        layer, suffix);
    put(hf,
        &(sx_tensor){.type = t->type,
                     .n_dims = 3,
                     .ne = {rank, hf->dim_out, heads, 1},
                     .parts = slices(hf, t, heads, both, nope)},
        "attn_v_b", 8, layer, suffix);
    return LLM_OK;
}

/* ---- values ---- */

/* 1 + weight, as the engine's norms want it. */
static llm_status plus_one(sx_hf *hf, const sx_st_tensor *t, const hf_name *n, int layer, const char *suffix)
{
    sx_tensor g = sx_hf_tensor(t);
    size_t count = t->bytes / element(t);
    float *v = sx_gguf_room(hf->gguf, count * sizeof *v);
    if (v) sx_dequantize_row(t->type, t->data, v, count);
    for (size_t i = 0; v && i < count; i++) v[i] += 1.0f;
    g.type = SX_TYPE_F32;
    g.data = v;
    put(hf, &g, n->to, strlen(n->to), layer, suffix);
    return LLM_OK;
}

static bool is_norm(const char *to)
{
    size_t n = strlen(to);
    return n >= 4 && strcmp(to + n - 4, "norm") == 0;
}

llm_status sx_hf_lay_out(sx_hf *hf, const sx_st_tensor *t, const hf_name *n, int layer, const char *suffix)
{
    bool weight = strcmp(suffix, ".weight") == 0;
    switch (n->change) {
    case HF_QUERY:
    case HF_KEY:
    case HF_QKV:
    case HF_GROUPS: return reorder(hf, t, n, layer, suffix);
    case HF_TRANSPOSE:
    case HF_FLIPPED: return transpose(hf, t, n, layer, suffix);
    case HF_WOVEN: return unweave(hf, t, n, layer, suffix);
    case HF_TWO: return halve(hf, t, n, layer, suffix);
    case HF_LATENT: return latent(hf, t, layer, suffix);
    default: break;
    }
    if ((hf->family->flags & HF_PLUS_ONE) && weight && is_norm(n->to)) return plus_one(hf, t, n, layer, suffix);
    sx_tensor g = sx_hf_tensor(t);
    if (strcmp(n->to, "ffn_gate_inp_shexp") == 0 && g.n_dims == 2 && g.ne[1] == 1) g.n_dims = 1; /* as GGUF has it */
    put(hf, &g, n->to, strlen(n->to), layer, suffix);
    return LLM_OK;
}
