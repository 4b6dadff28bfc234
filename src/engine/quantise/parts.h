/* One function per type: a block of x with weights w to dst. */
#ifndef SX_ENGINE_QUANTISE_PARTS_H
#define SX_ENGINE_QUANTISE_PARTS_H

#include <stdint.h>

void sx_quantise_f32(const float *x, const float *w, uint8_t *dst);
void sx_quantise_f16(const float *x, const float *w, uint8_t *dst);
void sx_quantise_bf16(const float *x, const float *w, uint8_t *dst);
void sx_quantise_q8_0(const float *x, const float *w, uint8_t *dst);
void sx_quantise_q4_0(const float *x, const float *w, uint8_t *dst);
void sx_quantise_q4_1(const float *x, const float *w, uint8_t *dst);
void sx_quantise_q5_0(const float *x, const float *w, uint8_t *dst);
void sx_quantise_q5_1(const float *x, const float *w, uint8_t *dst);
void sx_quantise_q4_k(const float *x, const float *w, uint8_t *dst);
void sx_quantise_q5_k(const float *x, const float *w, uint8_t *dst);
void sx_quantise_q6_k(const float *x, const float *w, uint8_t *dst);

#endif
