/* What the name of an architecture implies and its file does not say. Sources: the models' own papers and code, and the
 * graphs of github.com/ggml-org/llama.cpp, whose file names for tensors and keys are used throughout. */
#include <string.h>

#include "engine/graph/hparams.h"

#define RMS    SX_NORM_RMS
#define LAYER  SX_NORM_LAYER
#define PAIRS  SX_ROPE_PAIRS
#define HALVES SX_ROPE_HALVES
#define NONE   SX_ROPE_NONE
#define SILU   SX_ACT_SILU
#define GELU   SX_ACT_GELU
#define ERF    SX_ACT_GELU_ERF

static const sx_arch archs[] = {
    {.name = "llama", .norm = RMS, .rope = PAIRS, .act = SILU},
    {.name = "qwen2", .norm = RMS, .rope = HALVES, .act = SILU},
    {.name = "qwen2moe", .norm = RMS, .rope = HALVES, .act = SILU, .flags = SX_ARCH_EXPERTS_RAW},
    {.name = "qwen3", .norm = RMS, .rope = HALVES, .act = SILU},
    {.name = "qwen3moe", .norm = RMS, .rope = HALVES, .act = SILU},
    {.name = "gemma", .norm = RMS, .rope = HALVES, .act = GELU, .flags = SX_ARCH_EMBED_SQRT},
    {.name = "gemma2",
     .norm = RMS,
     .rope = HALVES,
     .act = GELU,
     .flags = SX_ARCH_EMBED_SQRT | SX_ARCH_WIDE_SCALE,
     .window_period = 2},
    {.name = "gemma3",
     .norm = RMS,
     .rope = HALVES,
     .act = GELU,
     .flags = SX_ARCH_EMBED_SQRT | SX_ARCH_WIDE_SCALE,
     .window_period = 6,
     .local_base = 10000.0f},
    {.name = "phi2", .norm = LAYER, .rope = HALVES, .act = GELU, .flags = SX_ARCH_PARALLEL},
    {.name = "phi3", .norm = RMS, .rope = HALVES, .act = SILU},
    {.name = "gpt2", .norm = LAYER, .rope = NONE, .act = GELU},
    {.name = "starcoder", .norm = LAYER, .rope = NONE, .act = GELU},
    {.name = "starcoder2", .norm = LAYER, .rope = HALVES, .act = GELU},
    {.name = "bloom", .norm = LAYER, .rope = NONE, .act = GELU, .alibi = 8.0f},
    {.name = "mpt", .norm = LAYER, .rope = NONE, .act = GELU},
    {.name = "chatglm", .norm = RMS, .rope = PAIRS, .act = SILU},
    {.name = "glm4", .norm = RMS, .rope = PAIRS, .act = SILU},
    {.name = "falcon", .norm = LAYER, .rope = HALVES, .act = GELU, .flags = SX_ARCH_PARALLEL | SX_ARCH_NORM2_ATTN},
    {.name = "gptneox", .norm = LAYER, .rope = HALVES, .act = GELU, .flags = SX_ARCH_PARALLEL},
    {.name = "stablelm", .norm = LAYER, .rope = HALVES, .act = SILU, .flags = SX_ARCH_PARALLEL_BARE},
    {.name = "command-r", .norm = LAYER, .rope = PAIRS, .act = SILU, .flags = SX_ARCH_PARALLEL | SX_ARCH_LOGIT_TIMES},
    {.name = "cohere2",
     .norm = LAYER,
     .rope = PAIRS,
     .act = SILU,
     .flags = SX_ARCH_PARALLEL | SX_ARCH_LOGIT_TIMES | SX_ARCH_ROPE_LOCAL,
     .window_period = 4},
    {.name = "olmo", .norm = LAYER, .rope = PAIRS, .act = SILU, .flags = SX_ARCH_NO_NORM_W},
    {.name = "olmo2", .norm = RMS, .rope = HALVES, .act = SILU, .flags = SX_ARCH_LOCAL_PLAIN, .window_period = 4},
    {.name = "olmoe", .norm = RMS, .rope = HALVES, .act = SILU, .flags = SX_ARCH_EXPERTS_RAW},
    {.name = "arcee", .norm = RMS, .rope = PAIRS, .act = SX_ACT_RELU2},
    {.name = "nemotron", .norm = LAYER, .rope = HALVES, .act = SX_ACT_RELU2},
    {.name = "seed_oss", .norm = RMS, .rope = HALVES, .act = SILU, .flags = SX_ARCH_POST_IS_FFN},
    {.name = "exaone4", .norm = RMS, .rope = HALVES, .act = SILU, .flags = SX_ARCH_ROPE_LOCAL, .window_period = 4},
    {.name = "granite", .norm = RMS, .rope = PAIRS, .act = SILU, .flags = SX_ARCH_ROPE_SWITCH},
    {.name = "granitemoe", .norm = RMS, .rope = PAIRS, .act = SILU, .flags = SX_ARCH_ROPE_SWITCH},
    {.name = "smollm3", .norm = RMS, .rope = PAIRS, .act = SILU, .rope_skip = 4},
    {.name = "minicpm", .norm = RMS, .rope = PAIRS, .act = SILU, .flags = SX_ARCH_MINICPM},
    {.name = "internlm2", .norm = RMS, .rope = PAIRS, .act = SILU},
    {.name = "xverse", .norm = RMS, .rope = PAIRS, .act = SILU},
    {.name = "baichuan", .norm = RMS, .rope = PAIRS, .act = SILU, .flags = SX_ARCH_ALIBI_40},
    {.name = "orion", .norm = LAYER, .rope = PAIRS, .act = SILU},
    {.name = "deepseek2", .norm = RMS, .rope = PAIRS, .act = SILU, .flags = SX_ARCH_MLA | SX_ARCH_EXPERTS_RAW},
    {.name = "gpt-oss",
     .norm = RMS,
     .rope = HALVES,
     .act = SX_ACT_SWIGLU_OAI,
     .flags = SX_ARCH_POST_IS_FFN,
     .window_period = 2},
    /* encoders: also RoBERTa and XLM-RoBERTa, whose files call themselves bert and begin positions at 0 */
    {.name = "bert", .norm = LAYER, .rope = NONE, .act = ERF, .flags = SX_ARCH_ENCODER},
    {.name = "nomic-bert", .norm = LAYER, .rope = HALVES, .act = SILU, .flags = SX_ARCH_ENCODER},
    {.name = "jina-bert-v2", .norm = LAYER, .rope = NONE, .act = ERF, .flags = SX_ARCH_ENCODER, .alibi = 8.0f},
};

const sx_arch *sx_arch_get(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof archs / sizeof archs[0]; i++)
        if (strlen(archs[i].name) == len && memcmp(archs[i].name, name, len) == 0) return &archs[i];
    return NULL;
}
