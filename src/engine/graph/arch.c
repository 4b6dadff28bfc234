/* What the name of an architecture implies and its file does not say. Sources: the models' own papers and code, and the
 * graphs of github.com/ggml-org/llama.cpp, whose file names for tensors and keys are used throughout. */
#include <string.h>

#include "engine/graph/hparams.h"

#define RMS SX_NORM_RMS
#define LAYER SX_NORM_LAYER
#define PAIRS SX_ROPE_PAIRS
#define HALVES SX_ROPE_HALVES
#define NONE SX_ROPE_NONE
#define SILU SX_ACT_SILU
#define GELU SX_ACT_GELU

static const sx_arch archs[] = {
    {.name = "llama", .norm = RMS, .rope = PAIRS, .act = SILU},
};

const sx_arch *sx_arch_get(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof archs / sizeof archs[0]; i++)
        if (strlen(archs[i].name) == len && memcmp(archs[i].name, name, len) == 0) return &archs[i];
    return NULL;
}
