/* What gguf.c (reading the file) and gguf_values.c (answering about its metadata) share; nobody else includes this. */
#ifndef SX_ENGINE_GGUF_PARTS_H
#define SX_ENGINE_GGUF_PARTS_H

#include "engine/model/gguf.h"
#include "platform/arena.h"
#include "platform/map.h"

typedef struct gguf_kv {
    const char *key;
    uint32_t type;              /* SX_GGUF_* */
    uint32_t elem;              /* of arrays */
    uint64_t count;             /* of arrays: elements; of strings: bytes; else 1 */
    const unsigned char *value; /* the first byte of number, text or first element: checked to be all in the file */
} gguf_kv;

struct sx_gguf {
    sx_mem *mem;
    sx_arena names;
    gguf_kv *kvs;
    sx_tensor *tensors;
    sx_map kv_index, tensor_index;
    uint32_t n_kvs, n_tensors;
    size_t cap_kvs, cap_tensors; /* of one that is built, not read */
    llm_status built;            /* the first failure of building */
    struct sx_gguf *joined;      /* further parts of a split file */
};

/* Little-endian, whatever the machine and the alignment. */
static inline uint64_t sx_gguf_le(const unsigned char *p, unsigned bytes)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < bytes; i++) v |= (uint64_t)p[i] << (8 * i);
    return v;
}

/* Bytes of a number of this type, 0 for strings, arrays and unknown types. */
unsigned sx_gguf_number_bytes(uint32_t type);

#endif
