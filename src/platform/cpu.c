#include "platform/cpu.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "sextant.h"

#if defined(SEXTANT_EMULATE_AMX) /* a build for tests: every machine with the rest of the level seems to have tiles */

static bool has_tiles(void)
{
    return true;
}

bool sx_cpu_ask_amx(void)
{
    return true;
}

#elif defined(__x86_64__) && defined(SYS_arch_prctl)

/* Tiles of bf16, and a system that saves them. Compilers of today have no names for these. */
static bool has_tiles(void)
{
    enum { AMX_BF16 = 1 << 22, AMX_TILE = 1 << 24, TILE_STATE = 3 << 17 };
    unsigned a, b, c, d, low, high;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return false;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low & TILE_STATE) != TILE_STATE) return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & AMX_BF16) && (d & AMX_TILE);
}

bool sx_cpu_ask_amx(void)
{
    enum { REQUEST = 0x1023 /* ARCH_REQ_XCOMP_PERM, since Linux 5.16 */, TILE_DATA = 18 };
    return syscall(SYS_arch_prctl, REQUEST, TILE_DATA) == 0;
}

#else

bool sx_cpu_ask_amx(void)
{
    return false;
}

#endif

sx_cpu sx_cpu_detect(void)
{
    sx_cpu cpu = {.isa = LLM_ISA_SCALAR};
#if defined(__x86_64__)
    __builtin_cpu_init(); /* checks XCR0 too: a level is there only if the kernel saves its registers */
    unsigned a, b, c, d;
    bool f16c = __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C); /* clang 14 does not know the name "f16c" */
    if (!f16c || !__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return cpu;
    cpu.isa = LLM_ISA_AVX2;
    enum { AVX_VNNI = 1 << 4 }; /* compilers of today have no name for it */
    cpu.avx_vnni = __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & AVX_VNNI);
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl") ||
        !__builtin_cpu_supports("avx512vnni"))
        return cpu;
    cpu.isa = LLM_ISA_AVX512;
    cpu.avx512_bf16 = __builtin_cpu_supports("avx512bf16") != 0;
    cpu.avx512_vbmi = __builtin_cpu_supports("avx512vbmi") != 0;
#if defined(SYS_arch_prctl)
    if (cpu.avx512_bf16 && cpu.avx512_vbmi && has_tiles()) cpu.isa = LLM_ISA_AMX;
#endif
#endif
    return cpu;
}

const char *sx_cpu_isa_name(uint32_t isa)
{
    return isa == LLM_ISA_AMX ? "amx" : isa == LLM_ISA_AVX512 ? "avx512" : isa == LLM_ISA_AVX2 ? "avx2" : "scalar";
}

static bool read_line(const char *path, char *line, int size)
{
    FILE *f = fopen(path, "re");
    if (!f) return false;
    bool ok = fgets(line, size, f) != NULL;
    fclose(f);
    return ok;
}

/* CPUs of the cgroup's bandwidth quota, rounded up; 0 when there is none. */
static uint32_t quota(void)
{
    char line[128];
    long long max = 0, period = 0;
    if (read_line("/sys/fs/cgroup/cpu.max", line, sizeof line)) {
        if (sscanf(line, "%lld %lld", &max, &period) != 2) return 0;
    } else {
        if (!read_line("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", line, sizeof line) || sscanf(line, "%lld", &max) != 1)
            return 0;
        if (!read_line("/sys/fs/cgroup/cpu/cpu.cfs_period_us", line, sizeof line) || sscanf(line, "%lld", &period) != 1)
            return 0;
    }
    if (max <= 0 || period <= 0) return 0;
    return (uint32_t)((max + period - 1) / period);
}

uint32_t sx_cpu_default_threads(void)
{
    cpu_set_t set;
    uint32_t n = 1;
    if (sched_getaffinity(0, sizeof set, &set) == 0) n = (uint32_t)CPU_COUNT(&set);
    uint32_t limit = quota();
    if (limit && limit < n) n = limit;
    return n ? n : 1;
}
