/* The blob of the recogniser: where its numbers lie, looking words up, adding weights. */
#include "guard/recognise/model.h"

#include <math.h>
#include <string.h>

static const unsigned char MAGIC[8] = {'S', 'X', 'T', 'A', 'G', '2', SX_TAG_ROW_BITS, SX_TAG_LIST_BITS};

static float number(const unsigned char *p)
{
    uint32_t u = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

bool sx_tag_model_read(sx_tag_model *model, const unsigned char *blob, size_t len)
{
    if (len != SX_TAG_BLOB_BYTES || memcmp(blob, MAGIC, sizeof MAGIC) != 0) return false;
    model->scale = number(blob + 8);
    for (unsigned t = 0; t < SX_TAG_TYPES; t++) {
        model->slope[t] = number(blob + 16 + (size_t)8 * t);
        model->offset[t] = number(blob + 20 + (size_t)8 * t);
    }
    model->rows = (const int8_t *)blob + SX_TAG_HEADER_BYTES;
    model->prints = blob + SX_TAG_HEADER_BYTES + ((size_t)SX_TAG_LANES << SX_TAG_ROW_BITS);
    model->bits = model->prints + ((size_t)2 << SX_TAG_LIST_BITS);
    return true;
}

uint8_t sx_tag_lists(const void *data, uint64_t hash)
{
    const sx_tag_model *m = data;
    const uint32_t mask = (1u << SX_TAG_LIST_BITS) - 1;
    uint32_t print = (uint32_t)(hash >> 48) | 1u, i = (uint32_t)(hash >> 8) & mask;
    for (unsigned tries = 0; tries < 64; tries++, i = (i + 1) & mask) {
        uint32_t found = m->prints[2 * (size_t)i] | (uint32_t)m->prints[2 * (size_t)i + 1] << 8;
        if (found == print) return m->bits[i];
        if (found == 0) return 0;
    }
    return 0;
}

void sx_tag_sum(const sx_tag_model *model, const uint32_t features[SX_TAG_FEATURES], int32_t sum[SX_TAG_LANES])
{
    int16_t acc[SX_TAG_LANES] = {0}; /* SX_TAG_FEATURES * 127 fits */
    for (unsigned f = 0; f < SX_TAG_FEATURES; f++) {
        const int8_t *row = model->rows + (size_t)(features[f] & ((1u << SX_TAG_ROW_BITS) - 1)) * SX_TAG_LANES;
        for (unsigned l = 0; l < SX_TAG_LANES; l++) acc[l] = (int16_t)(acc[l] + row[l]);
    }
    for (unsigned l = 0; l < SX_TAG_LANES; l++) sum[l] = acc[l];
}

float sx_tag_calibrate(const sx_tag_model *model, unsigned type, float raw)
{
    const float least = 1e-4f,
                most = 0.95f; /* so that a sure raw score has log-odds; no guess is as sure as a check digit */
    float p = raw < least ? least : raw > 1 - least ? 1 - least : raw;
    float score = 1.0f / (1.0f + expf(-(model->slope[type] * logf(p / (1 - p)) + model->offset[type])));
    return score < most ? score : most;
}
