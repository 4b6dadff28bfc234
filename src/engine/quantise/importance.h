/* Importance matrices: for each column of a matrix the mean square of what goes into it over a text, as GGUF files of
 * general.type "imatrix". Per matrix NAME two tensors of F32: NAME.in_sum2 [columns, matrices] sums of squares, and NAME.counts
 * [1, matrices] rows summed; metadata imatrix.datasets, imatrix.chunk_count and imatrix.chunk_size. The form is that of
 * github.com/ggml-org/llama.cpp (tools/imatrix). */
#ifndef SX_ENGINE_QUANTISE_IMPORTANCE_H
#define SX_ENGINE_QUANTISE_IMPORTANCE_H

#include "engine/model/gguf.h"

typedef struct sx_importance sx_importance;

llm_status sx_importance_open(sx_importance **out, sx_mem *mem, const char *path, llm_error *err);
/* The same from bytes that outlive it. */
llm_status sx_importance_read(sx_importance **out, sx_mem *mem, const void *data, size_t size, llm_error *err);
void sx_importance_close(sx_importance *importance);

/* Mean squares for a tensor: *out [ne[0], ne[2] * ne[3]], to be sx_mem_free'd, or NULL when the file has none. A matrix no
 * row went into gets ones. LLM_E_FORMAT: for another model, or damaged. */
llm_status sx_importance_of(const sx_importance *importance, sx_mem *mem, const sx_tensor *t, float **out,
                            llm_error *err);

#endif
