/* Matrix times many vectors with tiles of bf16. Weights become bf16 on the way, a stretch of k of 32 rows at a time, in a
 * panel that stays in L1 and serves all tokens; activations were made bf16 once, as tiles that lie in the order in which they
 * are taken. An output is the sum of its 32-element products in order of k, however rows, tokens and stretches are cut, so its
 * bits depend on its own row and token only.
 *
 * Cost on a processor with AMX (Emerald Rapids): a product of two tiles is 16 cycles, 20 on numbers that are no zeros; taking
 * a tile of sums in and out costs 70, though they wait in L2, so a cut should be long: 32 rows of it take three quarters of L1
 * if what comes from the tokens goes by (a cut of 512 is a sixth faster than one of 256, and without that a sixth slower).
 * Making the weights bf16 is a tenth of the work for 512 tokens, and half of it for 32. */
#include <string.h>

#include "engine/kernels/kernels.h"
#include "engine/kernels/x86/lanes_avx512.h"
#include "engine/kernels/x86/lines.h"
#include "engine/kernels/x86/simd_avx512.h"
#include "engine/kernels/x86/tile_unit.h"

enum {
    CUT_MAX = 576,               /* elements of k that all tokens work through at once: 32 rows of them fit L1 */
    TILE = TILE_BYTES / 2,       /* bf16 numbers in a tile */
    PAIR = 2 * ROWS,             /* rows of the matrix that go together */
    BLOCK = 8 * PAIR,            /* rows whose sums wait in L2 between cuts, */
    TOKENS = 512,                /* for as many tokens */
    MANY = 128,                  /* tokens whose results go past the caches */
    SUMS = 4 * TILE_ROWS * ROWS, /* of 32 rows times 32 tokens: tiles (0, 0), (0, 1), (1, 0), (1, 1) */
    SUM = TILE_ROWS * ROWS       /* of one tile */
};

typedef struct tile_room {                      /* a worker's scratch */
    _Alignas(64) uint16_t pair[CUT_MAX * PAIR]; /* [2][steps of the cut][tile] */
    _Alignas(64) float done[SUMS];              /* sums that are whole, on their way out */
    panel bytes;
    unsigned char last[ROWS * CUT_MAX * 2]; /* bf16 rows filled up */
    _Alignas(64) float sums[];              /* [pairs of a block][token blocks][SUMS] */
} tile_room;

/* Cuts of k of about the same length: whole superblocks of 256 where a row may have such. */
static uint32_t cut_of(uint32_t k)
{
    if (k % 256 == 0) return 512;
    const uint32_t cuts = (k + CUT_MAX - 1) / CUT_MAX, each = (k + cuts - 1) / cuts;
    return (each + TILE_STEP - 1) / TILE_STEP * TILE_STEP;
}

typedef struct weights {
    const matrix *m;
    uint32_t k, cut;
    tile_room *room;
} weights;

/* ---- weights as tiles ---- */

/* How a weight comes from its byte q: q * scale + min, (q - bias) * scale, or the same as (32768 + q) * scale - (32768 + bias)
 * * scale, for which q need not become a float first: it is set into the mantissa of 32768. Of scales of 11 bits, nothing is
 * lost on that way but by the last rounding, which all three have. */
typedef enum form { WITH_MINS, BIASED, BIASED_F16 } form;

static form form_of(const sx_quant *quant)
{
    if (quant->mins) return WITH_MINS;
    const uint32_t t = quant->type;
    return t == SX_TYPE_Q8_0 || t == SX_TYPE_Q4_0 || t == SX_TYPE_Q5_0 || t == SX_TYPE_IQ4_NL ? BIASED_F16 : BIASED;
}

/* What is added to scale * q, or to scale * (32768 + q). */
INLINE __m512 offset(const float *min, __m512 scale, float bias, const form f)
{
    if (f == WITH_MINS) return _mm512_loadu_ps(min);
    return _mm512_mul_ps(scale, _mm512_set1_ps(-(f == BIASED ? bias : bias + 32768.0f)));
}

/* The bytes of a line that `at` names, a dword each. */
INLINE __m512 numbers_of(__m512i line, __m512i at, const form f)
{
    if (f == BIASED_F16) /* a unit of 32768's mantissa is 2^-8 */
        return _mm512_castsi512_ps(_mm512_mask_permutexvar_epi8(_mm512_set1_epi32(0x47000000), 0x2222222222222222,
                                                                _mm512_slli_epi32(at, 8), line));
    return _mm512_cvtepi32_ps(_mm512_maskz_permutexvar_epi8(0x1111111111111111, at, line));
}

/* 32 k of a panel's 16 rows: line i has 4 k of every row, which are rows 2 i and 2 i + 1 of the tile. */
INLINE void tile_of_lines(const uint8_t *lines, const float *scale, const float *min, uint16_t *tile, float bias,
                          const int group, const form f)
{
    const __m512i twice[2] = {_mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7),
                              _mm512_setr_epi32(8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 15)};
    const __m512i odd = _mm512_set1_epi64(0x0000000100000000); /* dwords 0, 1, 0, 1, ... */
    __m512 s[2], o[2];
    for (int i = 0; i < 8; i++) {
        if (i % (group / 4) == 0) {
            const int g = i * 4 / group * ROWS;
            const __m512 whole = _mm512_loadu_ps(scale + g), from = offset(min + g, whole, bias, f);
            for (int h = 0; h < 2; h++) {
                s[h] = _mm512_permutexvar_ps(twice[h], whole);
                o[h] = _mm512_permutexvar_ps(twice[h], from);
            }
        }
        const __m512i line = _mm512_loadu_si512(lines + i * LINE);
        for (int j = 0; j < 2; j++) {
            __m512 v[2];
            for (int h = 0; h < 2; h++) { /* bytes 4 row + 2 j + (0 or 1) */
                const __m512i at = _mm512_add_epi32(_mm512_add_epi32(_mm512_slli_epi32(twice[h], 2), odd),
                                                    _mm512_set1_epi32(2 * j));
                v[h] = _mm512_fmadd_ps(numbers_of(line, at, f), s[h], o[h]);
            }
            _mm512_store_si512(tile + (2 * i + j) * 32, (__m512i)_mm512_cvtne2ps_pbh(v[1], v[0]));
        }
    }
}

INLINE void tiles_of(const panel *p, uint32_t n, uint16_t *tiles, const int group, const form f)
{
    for (uint32_t t = 0; t < n / TILE_STEP; t++) {
        const size_t g = (size_t)t * TILE_STEP / (uint32_t)group * ROWS;
        tile_of_lines(p->lines + (size_t)t * 8 * LINE, p->scale + g, p->min + g, tiles + (size_t)t * TILE,
                      (float)(128 >> p->shift), group, f);
    }
}

static void quantised(const weights *w, uint32_t r0, uint32_t k0, uint32_t n, uint16_t *tiles)
{
    panel *p = &w->room->bytes;
    const form f = form_of(w->m->quant);
    const bool small = w->m->quant->group == 16;
    fill_rows(p, w->m, r0, k0, n, NULL);
    if (f == BIASED_F16) /* groups of 32 */
        tiles_of(p, n, tiles, 32, BIASED_F16);
    else if (f == BIASED)
        small ? tiles_of(p, n, tiles, 16, BIASED) : tiles_of(p, n, tiles, 32, BIASED);
    else
        small ? tiles_of(p, n, tiles, 16, WITH_MINS) : tiles_of(p, n, tiles, 32, WITH_MINS);
}

/* Rows of bf16: the pairs along k are there, and go from rows to columns. Missing rows and a last part of k are zeros. */
static void halves(const weights *w, uint32_t r0, uint32_t k0, uint32_t n, uint16_t *tiles)
{
    const uint32_t left = w->m->n_rows - r0 < ROWS ? w->m->n_rows - r0 : ROWS;
    rows from = {.first = w->m->w + (size_t)r0 * w->m->stride + 2 * (size_t)k0, .stride = w->m->stride};
    if (left < ROWS || n % TILE_STEP != 0) {
        memset(w->room->last, 0, sizeof w->room->last);
        for (uint32_t r = 0; r < left; r++)
            memcpy(w->room->last + (size_t)r * CUT_MAX * 2, from.first + (size_t)r * from.stride, (size_t)n * 2);
        from.first = w->room->last;
        from.stride = (size_t)CUT_MAX * 2;
    }
    begin_rows(&from);
    for (uint32_t t = 0; t < (n + TILE_STEP - 1) / TILE_STEP; t++)
        for (uint32_t i = 0; i < 4; i++) {
            vec c[4];
            columns(&from, (size_t)t * 64 + i * 16, c);
            for (uint32_t j = 0; j < 4; j++) _mm512_store_si512(tiles + (size_t)t * TILE + (4 * i + j) * 32, c[j]);
        }
}

/* The next rows' bytes of the same cut, asked for while these are worked on: `part` of `parts`. */
static void ask_for(const weights *w, uint32_t r0, uint32_t k0, uint32_t n, uint32_t part, uint32_t parts)
{
    const sx_quant *quant = w->m->quant;
    const size_t at = quant ? (size_t)(k0 / quant->block) * quant->block_bytes : 2 * (size_t)k0,
                 bytes = quant ? (size_t)(n / quant->block) * quant->block_bytes : 2 * (size_t)n;
    const uint32_t left = w->m->n_rows > r0 ? w->m->n_rows - r0 : 0, count = left < PAIR ? left : PAIR;
    for (uint32_t r = count * part / parts; r < count * (part + 1) / parts; r++)
        for (size_t i = 0; i < bytes + 63; i += 64)
            _mm_prefetch((const char *)w->m->w + (size_t)(r0 + r) * w->m->stride + at + (i < bytes ? i : bytes - 1),
                         _MM_HINT_T1);
}

/* ---- products ---- */

/* Those of the next tokens, a sixteenth at a step. */
INLINE void ask_for_sums(const float *sums, size_t step)
{
    for (size_t line = 4 * step; line < 4 * step + 4; line++) _mm_prefetch((const char *)sums + line * 64, _MM_HINT_T0);
}

/* 16 or 32 tokens times 16 or 32 rows over `steps` tiles of k; sums from `in` (NULL: from 0) go to `out`. The tokens' tiles
 * pass the nearest cache by, which the rows' fill. */
INLINE void multiply_tiles(tile_unit *unit, const uint16_t *a, const uint16_t *b, uint32_t steps, const float *in,
                           float *out, const int toks, const int cols)
{
    (void)unit;
    const size_t n = (size_t)steps * TILE;
    if (!in) {
        TILE_ZERO(unit, 0);
        if (cols == 2) TILE_ZERO(unit, 1);
        if (toks == 2) TILE_ZERO(unit, 2);
        if (toks == 2 && cols == 2) TILE_ZERO(unit, 3);
    } else {
        TILE_LOAD(unit, 0, in);
        if (cols == 2) TILE_LOAD(unit, 1, in + SUM);
        if (toks == 2) TILE_LOAD(unit, 2, in + 2 * SUM);
        if (toks == 2 && cols == 2) TILE_LOAD(unit, 3, in + 3 * SUM);
    }
    for (size_t i = 0; i < n; i += TILE) {
        if (in) ask_for_sums(in + SUMS, i / TILE);
        TILE_LOAD_ONCE(unit, 4, a + i);
        TILE_LOAD(unit, 6, b + i);
        if (cols == 2) TILE_LOAD(unit, 7, b + n + i);
        if (toks == 2) TILE_LOAD_ONCE(unit, 5, a + n + i);
        TILE_ADD_PRODUCT(unit, 0, 4, 6);
        if (cols == 2) TILE_ADD_PRODUCT(unit, 1, 4, 7);
        if (toks == 2) TILE_ADD_PRODUCT(unit, 2, 5, 6);
        if (toks == 2 && cols == 2) TILE_ADD_PRODUCT(unit, 3, 5, 7);
    }
    TILE_STORE(unit, 0, out);
    if (cols == 2) TILE_STORE(unit, 1, out + SUM);
    if (toks == 2) TILE_STORE(unit, 2, out + 2 * SUM);
    if (toks == 2 && cols == 2) TILE_STORE(unit, 3, out + 3 * SUM);
}

INLINE void multiply_some(tile_unit *unit, const uint16_t *a, const uint16_t *b, uint32_t steps, const float *in,
                          float *out, bool full, bool two)
{
    if (full && two)
        multiply_tiles(unit, a, b, steps, in, out, 2, 2);
    else if (full)
        multiply_tiles(unit, a, b, steps, in, out, 2, 1);
    else if (two)
        multiply_tiles(unit, a, b, steps, in, out, 1, 2);
    else
        multiply_tiles(unit, a, b, steps, in, out, 1, 1);
}

typedef struct tokens { /* at most TOKENS as bf16 tiles: [cuts of k][tiles of 16 tokens][steps of a cut][tile] */
    const uint16_t *a;
    uint32_t n;
    float *out; /* of the first */
    size_t ldo;
} tokens;

static size_t up_to_16(uint32_t n_tok)
{
    return ((size_t)n_tok + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS;
}

/* Whole sums of n_tok tokens and n_rows rows. Results of many tokens go past the caches: they are more than L2 holds, and to
 * have their lines first, from wherever they were written last, costs as much as half of the products. */
INLINE void put(const float *sums, float *out, size_t ldo, uint32_t n_tok, uint32_t n_rows, bool many)
{
    if (many && n_rows == PAIR && ((uintptr_t)out | ldo * sizeof *out) % 64 == 0) {
        for (uint32_t t = 0; t < n_tok; t++, out += ldo) {
            const float *from = sums + t / TILE_ROWS * 2 * SUM + t % TILE_ROWS * ROWS;
            _mm512_stream_ps(out, _mm512_load_ps(from));
            _mm512_stream_ps(out + ROWS, _mm512_load_ps(from + SUM));
        }
        return;
    }
    const __mmask16 low = head_mask(n_rows < ROWS ? n_rows : ROWS), high = head_mask(n_rows < ROWS ? 0 : n_rows - ROWS);
    for (uint32_t t = 0; t < n_tok; t++, out += ldo) {
        const float *from = sums + t / TILE_ROWS * 2 * SUM + t % TILE_ROWS * ROWS;
        _mm512_mask_storeu_ps(out, low, _mm512_load_ps(from));
        if (n_rows > ROWS) _mm512_mask_storeu_ps(out + ROWS, high, _mm512_load_ps(from + SUM));
    }
}

/* All tokens times the n_rows rows from r0 on, of which room->pair holds the cut at k0. */
static void all_tokens(tile_unit *unit, const weights *w, const tokens *x, uint32_t r0, uint32_t n_rows, uint32_t k0,
                       float *sums)
{
    const uint32_t n = w->k - k0 < w->cut ? w->k - k0 : w->cut, steps = (n + TILE_STEP - 1) / TILE_STEP,
                   blocks = (x->n + 31) / 32;
    const bool last = k0 + n == w->k;
    const uint16_t *a = x->a + (size_t)k0 * up_to_16(x->n);
    for (uint32_t i = 0; i < blocks; i++, sums += SUMS, a += (size_t)2 * steps * TILE) {
        const uint32_t n_tok = x->n - 32 * i < 32 ? x->n - 32 * i : 32;
        multiply_some(unit, a, w->room->pair, steps, k0 > 0 ? sums : NULL, last ? w->room->done : sums,
                      n_tok > TILE_ROWS, n_rows > ROWS);
        if (last) put(w->room->done, x->out + (size_t)32 * i * x->ldo + r0, x->ldo, n_tok, n_rows, x->n >= MANY);
        ask_for(w, r0 + PAIR, k0, n, i, blocks);
    }
}

static void block(tile_unit *unit, const weights *w, const tokens *x, uint32_t r0, uint32_t n_rows)
{
    void (*const make)(const weights *, uint32_t, uint32_t, uint32_t, uint16_t *) = w->m->quant ? quantised : halves;
    const size_t pair_sums = (size_t)(x->n + 31) / 32 * SUMS;
    for (uint32_t k0 = 0; k0 < w->k; k0 += w->cut) {
        const uint32_t n = w->k - k0 < w->cut ? w->k - k0 : w->cut, steps = (n + TILE_STEP - 1) / TILE_STEP;
        for (uint32_t r = 0; r < n_rows; r += PAIR) {
            const uint32_t some = n_rows - r < PAIR ? n_rows - r : PAIR;
            make(w, r0 + r, k0, n, w->room->pair);
            if (some > ROWS) make(w, r0 + r + ROWS, k0, n, w->room->pair + (size_t)steps * TILE);
            all_tokens(unit, w, x, r0 + r, some, k0, w->room->sums + r / PAIR * pair_sums);
        }
    }
}

static size_t width(uint32_t k) /* of a packed token's row */
{
    return ((size_t)k + TILE_STEP - 1) / TILE_STEP * TILE_STEP;
}

static void multiply(const sx_quant *quant, const void *data, size_t stride, uint32_t n_rows, const uint16_t *x,
                     uint32_t n_tok, uint32_t k, float *out, size_t ldo, void *scratch)
{
    const matrix m = {quant, data, stride, n_rows};
    const weights w = {&m, k, cut_of(k), scratch};
    tile_unit unit;
    tiles_begin(&unit);
    for (uint32_t t = 0; t < n_tok; t += TOKENS) {
        const tokens some = {x + t * width(k), n_tok - t < TOKENS ? n_tok - t : TOKENS, out + t * ldo, ldo};
        for (uint32_t r = 0; r < n_rows; r += BLOCK)
            block(&unit, &w, &some, r, n_rows - r < BLOCK ? n_rows - r : BLOCK);
    }
    tiles_end(&unit);
    _mm_sfence(); /* what went past the caches comes before whatever tells others that it is there */
}

/* ---- activations as tiles ---- */

static size_t packed(uint32_t n_tok, uint32_t k)
{
    return up_to_16(n_tok) * width(k);
}

INLINE __m512i two_vectors(const float *x, uint32_t left)
{
    if (left >= TILE_STEP) return (__m512i)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(x + 16), _mm512_loadu_ps(x));
    const __m512 low = _mm512_maskz_loadu_ps(head_mask(left < 16 ? left : 16), x);
    if (left <= 16) return (__m512i)_mm512_cvtne2ps_pbh(_mm512_setzero_ps(), low);
    return (__m512i)_mm512_cvtne2ps_pbh(_mm512_maskz_loadu_ps(head_mask(left < 32 ? left - 16 : 16), x + 16), low);
}

/* 16 tokens' part of a cut. */
INLINE void pack_cut(const float *x, size_t ldx, uint32_t there, uint32_t n, uint16_t *tiles)
{
    for (uint32_t t = 0; t < TILE_ROWS; t++)
        for (uint32_t i = 0; i < n; i += TILE_STEP)
            _mm512_store_si512(tiles + (size_t)i / TILE_STEP * TILE + t * TILE_STEP,
                               t < there ? two_vectors(x + t * ldx + i, n - i) : _mm512_setzero_si512());
}

static void pack(const float *x, size_t ldx, uint32_t n_tok, uint32_t k, uint16_t *out, uint32_t first)
{
    const uint32_t begin = first / TOKENS * TOKENS, there = n_tok - first < TILE_ROWS ? n_tok - first : TILE_ROWS;
    const size_t all = up_to_16(n_tok - begin < TOKENS ? n_tok - begin : TOKENS);
    const uint32_t cut = cut_of(k);
    out += begin * width(k);
    for (uint32_t k0 = 0; k0 < k; k0 += cut) {
        const uint32_t n = k - k0 < cut ? k - k0 : cut;
        pack_cut(x + first * ldx + k0, ldx, there, n, out + k0 * all + (first - begin) * width(n));
    }
}

static bool takes(uint32_t type)
{
    return type == SX_TYPE_BF16 || sx_quant_get(type) != NULL;
}

static size_t scratch_bytes(uint32_t n_tok)
{
    const size_t blocks = ((n_tok < TOKENS ? n_tok : TOKENS) + 31) / 32;
    return sizeof(tile_room) + BLOCK / PAIR * blocks * SUMS * sizeof(float);
}

#if defined(SX_TILES_EMULATED)
const sx_tile_ops sx_tiles_emulated = {takes, packed, pack, multiply, scratch_bytes, &sx_tile_attention_emulated};
#else
const sx_tile_ops sx_tiles_amx = {takes, packed, pack, multiply, scratch_bytes, &sx_tile_attention_amx};
#endif
