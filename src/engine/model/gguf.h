/* GGUF v2 and v3: the container of a model. Everything is checked against the file's size before it is used: counts,
 * lengths, offsets, alignment, overlap, types. Strings and arrays point into the mapped file. Immutable after opening.
 * Format: github.com/ggml-org/ggml/blob/master/docs/gguf.md */
#ifndef SX_ENGINE_GGUF_H
#define SX_ENGINE_GGUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/error.h"
#include "platform/mem.h"

/* Tensor types by their numbers in the file. */
enum {
    SX_TYPE_F32 = 0,
    SX_TYPE_F16 = 1,
    SX_TYPE_Q4_0 = 2,
    SX_TYPE_Q4_1 = 3,
    SX_TYPE_Q5_0 = 6,
    SX_TYPE_Q5_1 = 7,
    SX_TYPE_Q8_0 = 8,
    SX_TYPE_Q2_K = 10,
    SX_TYPE_Q3_K = 11,
    SX_TYPE_Q4_K = 12,
    SX_TYPE_Q5_K = 13,
    SX_TYPE_Q6_K = 14,
    SX_TYPE_IQ4_NL = 20,
    SX_TYPE_IQ4_XS = 23,
    SX_TYPE_BF16 = 30,
    SX_TYPE_MXFP4 = 39
};

/* Value types of metadata by their numbers in the file. */
enum {
    SX_GGUF_U8,
    SX_GGUF_I8,
    SX_GGUF_U16,
    SX_GGUF_I16,
    SX_GGUF_U32,
    SX_GGUF_I32,
    SX_GGUF_F32,
    SX_GGUF_BOOL,
    SX_GGUF_STRING,
    SX_GGUF_ARRAY,
    SX_GGUF_U64,
    SX_GGUF_I64,
    SX_GGUF_F64
};

typedef struct sx_type_info {
    const char *name; /* "q4_0" */
    uint32_t block;   /* elements per block */
    uint32_t block_bytes;
} sx_type_info;

/* NULL for a number this library does not know. */
const sx_type_info *sx_type_get(uint32_t type);
uint32_t sx_type_by_name(const char *name); /* UINT32_MAX when unknown; case does not matter */

typedef struct sx_tensor {
    const char *name; /* NUL-terminated copy */
    uint32_t type;    /* SX_TYPE_* */
    uint32_t n_dims;
    uint64_t ne[4];           /* elements per dimension, ne[0] contiguous; unused ones are 1 */
    const void *data;         /* in the file; NULL with parts */
    size_t bytes;             /* of all of it */
    const void *const *parts; /* NULL, or where each of the ne[2] slices lies: experts of safetensors files */
} sx_tensor;

/* Where slice i of the third dimension lies. */
static inline const void *sx_tensor_slice(const sx_tensor *t, uint64_t i)
{
    return t->parts ? t->parts[i] : (const char *)t->data + t->bytes / t->ne[2] * i;
}

typedef struct sx_gguf sx_gguf;

/* Over bytes that stay valid as long as the gguf lives (a mapped file, a buffer of a test). */
llm_status sx_gguf_open(sx_gguf **out, sx_mem *mem, const void *data, size_t size, llm_error *err);
void sx_gguf_close(sx_gguf *gguf);
/* Appends the tensors of another part of a split file; on success the first owns the part. */
llm_status sx_gguf_join(sx_gguf *first, sx_gguf *part, llm_error *err);

uint32_t sx_gguf_tensor_count(const sx_gguf *gguf);
const sx_tensor *sx_gguf_tensor_at(const sx_gguf *gguf, uint32_t i);
const sx_tensor *sx_gguf_tensor(const sx_gguf *gguf, const char *name); /* NULL when absent */

/* Metadata. The getters return false when the key is absent or of another kind (integers and floats convert within
 * range, so a u64 is found by get_u32 if it fits). */
bool sx_gguf_has(const sx_gguf *gguf, const char *key);
bool sx_gguf_u32(const sx_gguf *gguf, const char *key, uint32_t *value);
bool sx_gguf_f32(const sx_gguf *gguf, const char *key, float *value);
bool sx_gguf_bool(const sx_gguf *gguf, const char *key, bool *value);
bool sx_gguf_str(const sx_gguf *gguf, const char *key, const char **s, size_t *len); /* not NUL-terminated */

/* Arrays: count of elements and element type (SX_GGUF_*), then elements by index. */
bool sx_gguf_array(const sx_gguf *gguf, const char *key, uint32_t *type, uint64_t *count);
/* A whole array of strings at once: offsets are found in one pass. `views` holds count entries. */
typedef struct sx_view {
    const char *s;
    size_t len;
} sx_view;
bool sx_gguf_array_strs(const sx_gguf *gguf, const char *key, sx_view *views, uint64_t count);
bool sx_gguf_array_f64(const sx_gguf *gguf, const char *key, double *values, uint64_t count); /* of F64 alone */
bool sx_gguf_array_f32(const sx_gguf *gguf, const char *key, float *values, uint64_t count);
bool sx_gguf_array_i32(const sx_gguf *gguf, const char *key, int32_t *values, uint64_t count);
/* An array of bytes (u8 or i8) as it lies in the file. */
bool sx_gguf_array_bytes(const sx_gguf *gguf, const char *key, const unsigned char **bytes, size_t *count);

/* The i-th metadata key (NUL-terminated copy) or NULL: for listing. */
const char *sx_gguf_key_at(const sx_gguf *gguf, uint32_t i);
/* Any string or number as text in a buffer of `cap` bytes; false for arrays and absent keys. */
bool sx_gguf_as_text(const sx_gguf *gguf, const char *key, char *out, size_t cap);

#endif
