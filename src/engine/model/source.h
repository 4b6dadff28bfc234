/* Where a model comes from: a GGUF file or the parts of one, a folder of safetensors, a range of an open file, memory.
 * Whatever it is, it is asked as one GGUF file would be. */
#ifndef SX_ENGINE_SOURCE_H
#define SX_ENGINE_SOURCE_H

#include "engine/engine.h"
#include "engine/model/gguf.h"

typedef struct sx_source sx_source;

/* A GGUF file must be whole but for its further parts, which are found by name beside the first. */
llm_status sx_source_open(sx_source **out, sx_mem *mem, const sx_origin *from, llm_error *err);
const sx_gguf *sx_source_gguf(const sx_source *source); /* lives as long as the source */
void sx_source_close(sx_source *source);

#endif
