/* From floats to quantised blocks, and from a model file to a smaller one. Scales are chosen by weighted least squares
 * (weight: importance of a column where given, else the squared value), not by the largest value alone. */
#ifndef SX_ENGINE_QUANTISE_H
#define SX_ENGINE_QUANTISE_H

#include <stdbool.h>

#include "engine/model/gguf.h"
#include "platform/cancel.h"
#include "platform/pool.h"

/* Can rows be written in this type (SX_TYPE_*)? */
bool sx_quantise_can(uint32_t type);

/* Quantises n floats (whole blocks) to dst. weight: [n] importance per column, or NULL. */
void sx_quantise_row(uint32_t type, const float *x, const float *weight, size_t n, void *dst);

/* Writes a description and its tensors as a file that appears whole or not at all. */
llm_status sx_gguf_write_file(const sx_gguf *gguf, const char *out, sx_mem *mem, llm_error *err);

/* sx_quantise_file (engine.h) applies a recipe: a type name ("q8_0") or a mix ("q4_k_m", "q5_k_m"; "_s": no mix). Norms,
 * biases and other one-dimensional tensors stay as they are; rows that do not divide into 256 take a type with blocks
 * of 32. */

#endif
