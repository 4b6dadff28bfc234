/* attention_pairs.c for processors that have AVX-512 and no product of bf16 pairs: the same bits. */
#define SX_PAIRS_BY_STEPS 1
#include "engine/kernels/x86/attention_pairs.c"
