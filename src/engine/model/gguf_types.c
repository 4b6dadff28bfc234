/* Every tensor type a GGUF file may name, with its block: also those nothing here computes with, so that a file that holds
 * them opens and the sentence about them has their name. Sizes: ggml-common.h of github.com/ggml-org/ggml. */
#include <stdbool.h>

#include "engine/model/gguf.h"

/* Indexed by the type's number; numbers without a name were withdrawn or never given. */
static const sx_type_info types[] = {
    [SX_TYPE_F32] = {"f32", 1, 4},
    [SX_TYPE_F16] = {"f16", 1, 2},
    [SX_TYPE_Q4_0] = {"q4_0", 32, 18},
    [SX_TYPE_Q4_1] = {"q4_1", 32, 20},
    [SX_TYPE_Q5_0] = {"q5_0", 32, 22},
    [SX_TYPE_Q5_1] = {"q5_1", 32, 24},
    [SX_TYPE_Q8_0] = {"q8_0", 32, 34},
    [9] = {"q8_1", 32, 36},
    [SX_TYPE_Q2_K] = {"q2_k", 256, 84},
    [SX_TYPE_Q3_K] = {"q3_k", 256, 110},
    [SX_TYPE_Q4_K] = {"q4_k", 256, 144},
    [SX_TYPE_Q5_K] = {"q5_k", 256, 176},
    [SX_TYPE_Q6_K] = {"q6_k", 256, 210},
    [15] = {"q8_k", 256, 292},
    [16] = {"iq2_xxs", 256, 66},
    [17] = {"iq2_xs", 256, 74},
    [18] = {"iq3_xxs", 256, 98},
    [19] = {"iq1_s", 256, 50},
    [SX_TYPE_IQ4_NL] = {"iq4_nl", 32, 18},
    [21] = {"iq3_s", 256, 110},
    [22] = {"iq2_s", 256, 82},
    [SX_TYPE_IQ4_XS] = {"iq4_xs", 256, 136},
    [24] = {"i8", 1, 1},
    [25] = {"i16", 1, 2},
    [26] = {"i32", 1, 4},
    [27] = {"i64", 1, 8},
    [28] = {"f64", 1, 8},
    [29] = {"iq1_m", 256, 56},
    [SX_TYPE_BF16] = {"bf16", 1, 2},
    [34] = {"tq1_0", 256, 54},
    [35] = {"tq2_0", 256, 66},
    [SX_TYPE_MXFP4] = {"mxfp4", 32, 17},
    [40] = {"nvfp4", 64, 36},
};

enum { N_TYPES = sizeof types / sizeof *types };

const sx_type_info *sx_type_get(uint32_t type)
{
    return type < N_TYPES && types[type].name ? &types[type] : NULL;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* strcasecmp would follow the host's locale. */
static bool same_word(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b)) a++, b++;
    return lower(*a) == lower(*b);
}

uint32_t sx_type_by_name(const char *name)
{
    for (uint32_t i = 0; i < N_TYPES; i++)
        if (types[i].name && same_word(types[i].name, name)) return i;
    return UINT32_MAX;
}
