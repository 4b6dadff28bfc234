/* The two searches every quantised type is made of. */
#ifndef SX_ENGINE_QUANTISE_FIT_H
#define SX_ENGINE_QUANTISE_FIT_H

#include <stdint.h>

/* x ~ d * q with q in [lo, hi], lo < 0: writes q to level and returns d. The scale whose weighted squared error is least
 * among those around the one that maps the largest value to the end of the range, each refitted by least squares. */
float sx_fit_symmetric(uint32_t n, const float *x, const float *w, int lo, int hi, int8_t *level);

/* x ~ d * q - m with q in [0, hi], m >= 0: writes q to level and *min, returns d. */
float sx_fit_affine(uint32_t n, const float *x, const float *w, int hi, uint8_t *level, float *min);

#endif
