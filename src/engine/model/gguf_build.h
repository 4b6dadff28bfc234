/* Builds a model's description in memory, so that a model from files of another format answers the same questions as one
 * read from a GGUF file. Failures stick: a run of puts needs one check, at its end, of sx_gguf_built. */
#ifndef SX_ENGINE_GGUF_BUILD_H
#define SX_ENGINE_GGUF_BUILD_H

#include "engine/model/gguf.h"

llm_status sx_gguf_create(sx_gguf **out, sx_mem *mem, llm_error *err); /* empty; sx_gguf_close frees it */

/* Metadata are copied. A key put again takes the new value. */
void sx_gguf_put_u32(sx_gguf *g, const char *key, uint32_t v);
void sx_gguf_put_f32(sx_gguf *g, const char *key, float v);
void sx_gguf_put_bool(sx_gguf *g, const char *key, bool v);
void sx_gguf_put_str(sx_gguf *g, const char *key, const char *s, size_t len);
void sx_gguf_put_strs(sx_gguf *g, const char *key, const sx_view *s, size_t n);
void sx_gguf_put_f32s(sx_gguf *g, const char *key, const float *v, size_t n);
void sx_gguf_put_f64s(sx_gguf *g, const char *key, const double *v, size_t n);
void sx_gguf_put_i32s(sx_gguf *g, const char *key, const int32_t *v, size_t n);
void sx_gguf_put_bools(sx_gguf *g, const char *key, const bool *v, size_t n);
void sx_gguf_put_bytes(sx_gguf *g, const char *key, const void *bytes, size_t n);

/* A tensor whose data (or parts) outlive g; name is copied, `bytes` and unused dimensions are filled in. */
void sx_gguf_put_tensor(sx_gguf *g, const char *name, const sx_tensor *t);

/* Memory that lives as long as g, cleared; NULL sticks as a failure. */
void *sx_gguf_room(sx_gguf *g, size_t bytes);

/* LLM_OK, or what went wrong: LLM_E_MEMORY, or LLM_E_FORMAT when a tensor was put twice. */
llm_status sx_gguf_built(const sx_gguf *g, llm_error *err);

#endif
