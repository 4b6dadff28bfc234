/* safetensors: the tensors of one file or of the shards of an index. Every shape and offset is held against the file's size
 * before it is used; nothing is copied. Format: github.com/huggingface/safetensors. */
#ifndef SX_ENGINE_SAFETENSORS_H
#define SX_ENGINE_SAFETENSORS_H

#include "engine/model/gguf.h"
#include "platform/arena.h"
#include "platform/map.h"

typedef struct sx_st_tensor {
    const char *name;  /* NUL-terminated */
    const char *dtype; /* as in the file: "BF16" */
    uint32_t type;     /* SX_TYPE_F32, F16 or BF16; UINT32_MAX: another one */
    uint32_t n_dims;
    uint64_t shape[4]; /* as in the file, slowest first; unused ones are 1 */
    const unsigned char *data;
    size_t bytes;
} sx_st_tensor;

typedef struct sx_st { /* tensors of all shards */
    sx_mem *mem;
    sx_arena arena; /* names */
    sx_map index;
    sx_st_tensor *tensors; /* [n] */
    size_t n, cap;
} sx_st;

void sx_st_init(sx_st *st, sx_mem *mem);
void sx_st_free(sx_st *st);

/* Adds the tensors of a file's bytes, which must outlive st; `what` names the file in sentences. */
llm_status sx_st_add(sx_st *st, const char *what, const unsigned char *data, size_t size, llm_error *err);

const sx_st_tensor *sx_st_find(const sx_st *st, const char *name); /* NULL when absent */

#endif
