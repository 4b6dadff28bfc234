/* Loops at the limits of a processor: written in its own instructions, so that what is measured is what is meant. They are
 * run only where the library has found the level. */
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "peak.h"

enum { STREAMS = 4 /* a memory controller likes several */, LINE = 64 };

/* ---- any processor ---- */

static void read_words(const char *data, uint64_t part)
{
    uint64_t sum = 0, word[LINE / sizeof(uint64_t)];
    for (uint64_t i = 0; i < part; i += LINE)
        for (uint64_t s = 0; s < STREAMS; s++) {
            memcpy(word, data + s * part + i, LINE);
            for (size_t w = 0; w < LINE / sizeof *word; w++) sum += word[w];
        }
    volatile uint64_t used = sum; /* or the loop would be left out */
    (void)used;
}

#if defined(__x86_64__)

/* ---- reading ---- */

/* A line of each stream per turn, fetched 2 KB ahead. */
static void read_avx2(const char *data, uint64_t part)
{
    const char *a = data, *b = a + part, *c = b + part, *d = c + part;
    uint64_t lines = part / LINE;
    if (lines == 0) return;
#define LOAD(stream) \
    "prefetcht0 2048(" stream ")\n\tvmovdqu (" stream "), %%ymm0\n\tvmovdqu 32(" stream \
    "), %%ymm1\n\tadd $64, " stream "\n\t"
    __asm__ volatile("1:\n\t" LOAD("%0") LOAD("%1") LOAD("%2") LOAD("%3") "dec %4\n\tjnz 1b\n\tvzeroupper"
                     : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(lines)
                     :
                     : "xmm0", "xmm1", "cc", "memory");
#undef LOAD
}

/* ---- multiplying ---- */

#define TWELVE(op) /* independent sums: none waits for another */ \
    op("0") op("1") op("2") op("3") op("4") op("5") op("6") op("7") op("8") op("9") op("10") op("11")
#define CLEAR(n) "vpxor %%xmm" n ", %%xmm" n ", %%xmm" n "\n\t"
#define TURNS(width, op) \
    static const uint32_t factors[] = {0x3f803f80, 0x3f7f3f7f, 0x00010001}; /* near 1 as floats and as bf16 */ \
    __asm__ volatile("vpbroadcastd (%1), %%" width "12\n\tvpbroadcastd 4(%1), %%" width \
                     "13\n\tvpbroadcastd 8(%1), %%" width \
                     "15\n\t" TWELVE(CLEAR) "1:\n\t" TWELVE(op) "dec %0\n\tjnz 1b\n\tvzeroupper" \
                     : "+r"(turns) \
                     : "r"(factors), "m"(factors) \
                     : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", \
                       "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "cc")

static void floats_avx2(uint32_t turns)
{
#define OP(n) "vfmadd231ps %%ymm12, %%ymm13, %%ymm" n "\n\t"
    TURNS("ymm", OP);
#undef OP
}

static void floats_avx512(uint32_t turns)
{
#define OP(n) "vfmadd231ps %%zmm12, %%zmm13, %%zmm" n "\n\t"
    TURNS("zmm", OP);
#undef OP
}

static void bytes_avx2(uint32_t turns)
{
#define OP(n) \
    "vpmaddubsw %%ymm12, %%ymm13, %%ymm14\n\tvpmaddwd %%ymm15, %%ymm14, %%ymm14\n\tvpaddd %%ymm14, %%ymm" n \
    ", %%ymm" n "\n\t"
    TURNS("ymm", OP);
#undef OP
}

static void bytes_avx_vnni(uint32_t turns)
{
#define OP(n) "%{vex%} vpdpbusd %%ymm12, %%ymm13, %%ymm" n "\n\t"
    TURNS("ymm", OP);
#undef OP
}

static void bytes_avx512(uint32_t turns)
{
#define OP(n) "vpdpbusd %%zmm12, %%zmm13, %%zmm" n "\n\t"
    TURNS("zmm", OP);
#undef OP
}

static void pairs_avx512(uint32_t turns)
{
#define OP(n) "vdpbf16ps %%zmm12, %%zmm13, %%zmm" n "\n\t"
    TURNS("zmm", OP);
#undef OP
}

/* Four products of tiles of 16 rows by 32 numbers. */
static void tiles_amx(uint32_t turns)
{
    struct { /* as LDTILECFG reads it */
        uint8_t palette, start, reserved[14];
        uint16_t row_bytes[16];
        uint8_t rows[16];
    } unit = {.palette = 1};
    for (int i = 0; i < 8; i++) {
        unit.row_bytes[i] = 64;
        unit.rows[i] = 16;
    }
#define CLEAR_TILE(n) "tilezero %%tmm" n "\n\t"
    __asm__ volatile("ldtilecfg %1\n\t" CLEAR_TILE("0") CLEAR_TILE("1") CLEAR_TILE("2") CLEAR_TILE("3") CLEAR_TILE("4")
                         CLEAR_TILE("5") "1:\n\t"
                                         "tdpbf16ps %%tmm5, %%tmm4, %%tmm0\n\ttdpbf16ps %%tmm5, %%tmm4, %%tmm1\n\t"
                                         "tdpbf16ps %%tmm5, %%tmm4, %%tmm2\n\ttdpbf16ps %%tmm5, %%tmm4, %%tmm3\n\t"
                                         "dec %0\n\tjnz 1b\n\ttilerelease"
                     : "+r"(turns)
                     : "m"(unit)
                     : "cc");
#undef CLEAR_TILE
}

static const sx_loop of_floats_avx2 = {"f32", floats_avx2, 12 * 8}, of_floats_avx512 = {"f32", floats_avx512, 12 * 16},
                     of_bytes_avx2 = {"int8", bytes_avx2, 12 * 32},
                     of_bytes_avx_vnni = {"int8", bytes_avx_vnni, 12 * 32},
                     of_bytes_avx512 = {"int8", bytes_avx512, 12 * 64},
                     of_pairs_avx512 = {"bf16", pairs_avx512, 12 * 32},
                     of_tiles = {"bf16 in tiles", tiles_amx, 4 * 16 * 16 * 32};

static bool has_avx_vnni(void)
{
    enum { AVX_VNNI = 1 << 4 }; /* compilers of today have no name for it */
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & AVX_VNNI);
}

const sx_loop *sx_loop_of(const char *isa, const char *type, bool tiles)
{
    const bool amx = strcmp(isa, "amx") == 0, avx512 = amx || strcmp(isa, "avx512") == 0;
    const bool bf16 = strcmp(type, "bf16") == 0, floats = bf16 || strcmp(type, "f32") == 0 || strcmp(type, "f16") == 0;
    if (amx && tiles && (bf16 || !floats)) return &of_tiles;
    if (avx512 && bf16 && __builtin_cpu_supports("avx512bf16")) return &of_pairs_avx512;
    if (avx512) return floats ? &of_floats_avx512 : &of_bytes_avx512;
    if (strcmp(isa, "avx2") != 0) return NULL;
    if (!floats && has_avx_vnni()) return &of_bytes_avx_vnni;
    return floats ? &of_floats_avx2 : &of_bytes_avx2;
}

#else

const sx_loop *sx_loop_of(const char *isa, const char *type, bool tiles)
{
    (void)isa;
    (void)type;
    (void)tiles;
    return NULL;
}

#endif

void sx_loop_read(const char *isa, const char *data, uint64_t n)
{
    const uint64_t part = n / STREAMS / LINE * LINE;
#if defined(__x86_64__)
    if (strcmp(isa, "scalar") != 0) {
        read_avx2(data, part);
        return;
    }
#endif
    (void)isa;
    read_words(data, part);
}
