/* What this machine and this process may use: instruction sets (with the operating system's consent) and CPUs. */
#ifndef SX_PLATFORM_CPU_H
#define SX_PLATFORM_CPU_H

#include <stdbool.h>
#include <stdint.h>

typedef struct sx_cpu {
    uint32_t isa;  /* best LLM_ISA_*: AVX2 means AVX2 + FMA + F16C; AVX512 means F, BW, DQ, VL and VNNI besides; AMX
                    * tiles of bf16, and AVX-512 with BF16 and VBMI */
    bool avx_vnni; /* VNNI of 256 bits that needs no AVX-512 */
    bool avx512_bf16;
    bool avx512_vbmi;
} sx_cpu;

sx_cpu sx_cpu_detect(void);
/* Asks the system for the tiles of AMX, which a process may use only then; it stays granted, to all threads. False when the
 * system refuses, as it does when some thread has an alternate signal stack too small for what a signal would save. */
bool sx_cpu_ask_amx(void);
const char *sx_cpu_isa_name(uint32_t isa); /* "scalar", "avx2", "avx512", "amx" */

/* The smaller of the affinity mask and the cgroup quota (v2 and v1), at least 1. Reads /proc and /sys. */
uint32_t sx_cpu_default_threads(void);

#endif
