/* The kernel of attention_amx.c over tiles in memory: what machines without the unit test it with. */
#define SX_TILES_EMULATED 1
#include "engine/kernels/x86/attention_amx.c"
