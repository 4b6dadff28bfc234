/* The shipped recogniser: weights and word lists, read from the constant blob that tools/guard_train makes. */
#ifndef SX_GUARD_RECOGNISE_MODEL_H
#define SX_GUARD_RECOGNISE_MODEL_H

#include "guard/recognise/features.h"

#define SX_TAG_ROW_BITS  17u
#define SX_TAG_LIST_BITS 18u

/* The blob's layout, little-endian, without padding. Rows: labels of a feature, 1 / scale a unit. Lists: fingerprints (two
 * bytes, 0 empty) of words in open addressing, then their bits. */
typedef struct sx_tag_model {
    const int8_t *rows;    /* [1 << SX_TAG_ROW_BITS][SX_TAG_LANES] */
    const uint8_t *prints; /* [1 << SX_TAG_LIST_BITS][2] */
    const uint8_t *bits;   /* [1 << SX_TAG_LIST_BITS] */
    float scale;
    float slope[SX_TAG_TYPES], offset[SX_TAG_TYPES]; /* of the calibration */
} sx_tag_model;

#define SX_TAG_HEADER_BYTES (16u + 8u * SX_TAG_TYPES)
#define SX_TAG_BLOB_BYTES \
    (SX_TAG_HEADER_BYTES + ((size_t)SX_TAG_LANES << SX_TAG_ROW_BITS) + ((size_t)3 << SX_TAG_LIST_BITS))

/* Points into blob. False: not a model of this version. */
bool sx_tag_model_read(sx_tag_model *model, const unsigned char *blob, size_t len);
void sx_tag_model_shipped(sx_tag_model *model);

uint8_t sx_tag_lists(const void *model, uint64_t hash); /* an sx_lists_fn */
/* Labels of a token: sums of the rows of its features. */
void sx_tag_sum(const sx_tag_model *model, const uint32_t features[SX_TAG_FEATURES], int32_t sum[SX_TAG_LANES]);
/* How often findings of this type and raw score are right: a logistic curve over the raw score's log-odds (J. Platt, 1999). */
float sx_tag_calibrate(const sx_tag_model *model, unsigned type, float raw);

#endif
