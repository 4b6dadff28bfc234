/* The blob of the scorers: where its numbers lie, and what a sum of weights means. */
#include <math.h>
#include <string.h>

#include "guard/judge/judge.h"

static const unsigned char MAGIC[8] = {'S', 'X', 'J', 'U', 'D', '1', SX_JUDGE_ROW_BITS, SX_JUDGE_LANES};

static float number(const unsigned char *p)
{
    uint32_t u = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

bool sx_judge_model_read(sx_judge_model *model, const unsigned char *blob, size_t len)
{
    if (len != SX_JUDGE_BLOB_BYTES || memcmp(blob, MAGIC, sizeof MAGIC) != 0) return false;
    model->scale = number(blob + 8);
    const unsigned char *p = blob + 12;
    for (unsigned l = 0; l < SX_JUDGE_LANES; l++, p += 4) model->bias[l] = number(p);
    for (unsigned h = 0; h < SX_JUDGE_HEADS; h++, p += 8) {
        model->slope[h] = number(p);
        model->offset[h] = number(p + 4);
    }
    model->rows = (const int8_t *)p;
    return true;
}

void sx_judge_bag_score(const sx_judge_model *model, const sx_judge_bag *bag, sx_judge_score *out)
{
    float norm = 1.0f / sqrtf((float)bag->features + 8.0f);
    for (unsigned l = 0; l < SX_JUDGE_LANES; l++)
        out->margin[l] = model->bias[l] + (float)bag->sum[l] * model->scale * norm;
    for (unsigned h = 0; h < SX_JUDGE_HEADS; h++)
        out->p[h] = 1.0f / (1.0f + expf(-(model->slope[h] * out->margin[h] + model->offset[h])));
    out->category = 0;
    for (unsigned c = 1; c < SX_JUDGE_CATEGORIES; c++) {
        if (out->margin[SX_JUDGE_HEADS + c] > out->margin[SX_JUDGE_HEADS + out->category]) out->category = c;
    }
}

const char *sx_judge_category(unsigned i)
{
    static const char *const NAMES[SX_JUDGE_CATEGORIES] = {"harm-weapons",   "harm-violence", "harm-cyber",
                                                           "harm-crime",     "harm-hate",     "harm-sexual",
                                                           "harm-deception", "harm-privacy"};
    return i < SX_JUDGE_CATEGORIES ? NAMES[i] : NULL;
}
