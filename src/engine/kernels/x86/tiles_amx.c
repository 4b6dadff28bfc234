/* Matrix times many vectors with tiles of bf16. Weights become bf16 on the way, a stretch of k of 32 rows at a time, in a
 * panel that stays in L1 and serves all tokens; activations were made bf16 once, as tiles that lie in the order in which they
 * are taken. An output is the sum of its 32-element products in order of k, however rows, tokens and stretches are cut, so its
 * bits depend on its own row and token only.
 *
 * Cost on a processor with AMX (Emerald Rapids): a product of two tiles is 16 cycles, 20 on numbers that are no zeros; taking
 * a tile of sums in and out costs 70, though they wait in L2, so a cut should be long: 32 rows of it take three quarters of L1
 * if what comes from the tokens goes by (a cut of 512 is a sixth faster than one of 256, and without that a sixth slower).
 * Making the weights bf16 is a tenth of the work for 512 tokens, and half of it for 32. */
#include "engine/kernels/kernels.h"
#include "engine/kernels/x86/tile_weights.h"

enum {
    PAIRS = 8,                   /* of columns whose sums wait in L2 between cuts, */
    TOKENS = 512,                /* for as many tokens */
    MANY = 128,                  /* tokens whose results go past the caches */
    SUMS = 4 * TILE_ROWS * ROWS, /* of 32 rows times 32 tokens: tiles (0, 0), (0, 1), (1, 0), (1, 1) */
    SUM = TILE_ROWS * ROWS       /* of one tile */
};

typedef struct tile_room { /* a worker's scratch */
    weight_room weights;
    _Alignas(64) float done[SUMS];             /* sums that are whole, on their way out */
    _Alignas(64) uint16_t half[TOKENS * ROWS]; /* the first 16 columns of a step of the next product */
    _Alignas(64) float sums[];                 /* [pairs of a block][token blocks][SUMS] */
} tile_room;

/* ---- products ---- */

/* One step of k. Tokens' tiles leave the nearest cache to those of the rows, which fill it. */
INLINE void multiply_step(tile_unit *unit, const uint16_t *a0, const uint16_t *a1, const uint16_t *b0,
                          const uint16_t *b1, const int toks, const int cols)
{
    (void)unit;
    TILE_LOAD_ONCE(unit, 4, a0);
    TILE_LOAD(unit, 6, b0);
    if (cols == 2) TILE_LOAD(unit, 7, b1);
    if (toks == 2) TILE_LOAD_ONCE(unit, 5, a1);
    TILE_ADD_PRODUCT(unit, 0, 4, 6);
    if (cols == 2) TILE_ADD_PRODUCT(unit, 1, 4, 7);
    if (toks == 2) TILE_ADD_PRODUCT(unit, 2, 5, 6);
    if (toks == 2 && cols == 2) TILE_ADD_PRODUCT(unit, 3, 5, 7);
}

/* Asks for the tokens' tiles of the step after the next: L2 does not give them as fast as they are wanted. */
INLINE void ask_for_tokens(const uint16_t *a0, const uint16_t *a1)
{
    for (size_t i = 2 * TILE; i < 3 * TILE; i += TILE_STEP) {
        _mm_prefetch((const char *)(a0 + i), _MM_HINT_T0);
        _mm_prefetch((const char *)(a1 + i), _MM_HINT_T0);
    }
}

/* Asks for the next tokens' sums, a sixteenth at a step. */
INLINE void ask_for_sums(const float *sums, size_t step)
{
    for (size_t line = 4 * step; line < 4 * step + 4; line++) _mm_prefetch((const char *)sums + line * 64, _MM_HINT_T0);
}

/* Tiles of a cut: of 16 or 32 tokens, and of the rows. */
typedef struct operands {
    const uint16_t *a, *b;
    size_t next;    /* numbers from 16 tokens to the next */
    uint32_t steps; /* of k */
} operands;

/* 16 or 32 tokens times 16 or 32 rows; sums from `in` (NULL: from 0) go to `out`. */
INLINE void multiply_tiles(tile_unit *unit, const operands *o, const float *in, float *out, const int toks,
                           const int cols, const bool parts)
{
    const size_t n = (size_t)o->steps * TILE;
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
        const uint16_t *a0 = o->a + i, *a1 = a0 + o->next, *b0 = o->b + i, *b1 = b0 + n;
        if (in) ask_for_sums(in + SUMS, i / TILE);
        ask_for_tokens(a0, a1);
        multiply_step(unit, a0, a1, b0, b1, toks, cols);
        if (parts) {
            multiply_step(unit, a0 + n, a1 + n, b0, b1, toks, cols);
            multiply_step(unit, a0, a1, b0 + 2 * n, b1 + 2 * n, toks, cols);
        }
    }
    TILE_STORE(unit, 0, out);
    if (cols == 2) TILE_STORE(unit, 1, out + SUM);
    if (toks == 2) TILE_STORE(unit, 2, out + 2 * SUM);
    if (toks == 2 && cols == 2) TILE_STORE(unit, 3, out + 3 * SUM);
}

INLINE void multiply_some(tile_unit *unit, const operands *o, const float *in, float *out, bool full, bool two,
                          const bool parts)
{
    if (full && two)
        multiply_tiles(unit, o, in, out, 2, 2, parts);
    else if (full)
        multiply_tiles(unit, o, in, out, 2, 1, parts);
    else if (two)
        multiply_tiles(unit, o, in, out, 1, 2, parts);
    else
        multiply_tiles(unit, o, in, out, 1, 1, parts);
}

static size_t up_to_16(uint32_t n_tok)
{
    return ((size_t)n_tok + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS;
}

static size_t width(uint32_t k) /* of a packed token's row */
{
    return ((size_t)k + TILE_STEP - 1) / TILE_STEP * TILE_STEP;
}

typedef struct tokens { /* at most TOKENS as tiles: [cuts of k][16 tokens][parts][steps of a cut][tile] */
    uint16_t *a;
    uint32_t n, k, cut, parts;
} tokens;

/* Those from token t on. */
static tokens tokens_at(const sx_tile_tokens *x, uint32_t t, uint32_t k)
{
    const uint32_t parts = x->parts ? 2 : 1;
    return (tokens){x->a + t * width(k) * parts, x->n - t < TOKENS ? x->n - t : TOKENS, k, cut_of(k, x->parts), parts};
}

/* 16 tokens' tiles of the cut that begins at k0. */
static uint16_t *tiles_at(const tokens *x, uint32_t token, uint32_t k0)
{
    const uint32_t n = x->k - k0 < x->cut ? x->k - k0 : x->cut;
    return x->a + (k0 * up_to_16(x->n) + token * width(n)) * x->parts;
}

/* ---- results ---- */

typedef struct results { /* where they go: floats, or tokens of the next product */
    float *out;          /* [n, ldo] */
    size_t ldo;
    void (*gate)(float *x, uint32_t n); /* or NULL: a pair is a gate and what goes through it */
    tokens next;
    uint32_t first; /* of the next product's k: where the first row goes */
} results;

/* Whole sums of n_tok tokens and n_rows rows. Results of many tokens go past the caches: they are more than L2 holds, and to
 * have their lines first, from wherever they were written last, costs as much as half of the products. */
INLINE void put(const float *sums, float *out, size_t ldo, uint32_t n_tok, uint32_t n_rows, bool many)
{
    const bool past = many && n_rows == PAIR && ((uintptr_t)out | ldo * sizeof *out) % 64 == 0;
    const __mmask16 low = head_mask(n_rows < ROWS ? n_rows : ROWS), high = head_mask(n_rows < ROWS ? 0 : n_rows - ROWS);
    for (uint32_t t = 0; t < n_tok; t++, out += ldo) {
        const float *from = sums + t / TILE_ROWS * 2 * SUM + t % TILE_ROWS * ROWS;
        if (past) {
            _mm512_stream_ps(out, _mm512_load_ps(from));
            _mm512_stream_ps(out + ROWS, _mm512_load_ps(from + SUM));
            continue;
        }
        _mm512_mask_storeu_ps(out, low, _mm512_load_ps(from));
        if (n_rows > ROWS) _mm512_mask_storeu_ps(out + ROWS, high, _mm512_load_ps(from + SUM));
    }
}

/* gate(first column) * second, of 16 tokens from `token` on, as 16 columns of the next product's tokens. Of a step of 32, the
 * first 16 wait for the others, so that whole lines go out. */
INLINE void put_gated(float *sums, const results *to, uint32_t token, uint32_t column, uint16_t *half, bool many)
{
    const uint32_t k0 = column / to->next.cut * to->next.cut;
    uint16_t *tile = tiles_at(&to->next, token, k0) + (size_t)(column - k0) / TILE_STEP * TILE;
    to->gate(sums, SUM);
    for (uint32_t t = 0; t < TILE_ROWS; t++) {
        __m256i *low = (__m256i *)(void *)(half + (size_t)(token + t) * ROWS);
        const __m512 v = _mm512_mul_ps(_mm512_load_ps(sums + t * ROWS), _mm512_load_ps(sums + SUM + t * ROWS));
        const __m256i numbers = (__m256i)_mm512_cvtneps_pbh(v);
        if (column % TILE_STEP == 0) {
            _mm256_store_si256(low, numbers);
            continue;
        }
        const __m512i line = _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_load_si256(low)), numbers, 1);
        __m512i *out = (__m512i *)(void *)(tile + t * TILE_STEP);
        many ? _mm512_stream_si512(out, line) : _mm512_store_si512(out, line);
    }
}

/* Of n_tok tokens from `token` on and the pair from row r0 on. */
INLINE void put_pair(tile_room *room, const results *to, uint32_t token, uint32_t n_tok, uint32_t r0, uint32_t n_rows,
                     bool many)
{
    if (!to->gate) {
        put(room->done, to->out + token * to->ldo + r0, to->ldo, n_tok, n_rows, many);
        return;
    }
    for (uint32_t t = 0; t < n_tok; t += TILE_ROWS)
        put_gated(room->done + t / TILE_ROWS * 2 * SUM, to, token + t, to->first + r0, room->half, many);
}

/* ---- all of it ---- */

typedef struct stretch { /* a pair of columns over a cut of k, which weights.pair holds */
    uint32_t row, n_rows, k0, n;
} stretch;

static void all_tokens(tile_unit *unit, const weights *w, const tokens *x, const results *to, const stretch *s,
                       float *sums, tile_room *room)
{
    const uint32_t blocks = (x->n + 31) / 32;
    const bool last = s->k0 + s->n == w->k, two = to->gate || s->n_rows > ROWS;
    operands o = {.a = tiles_at(x, 0, s->k0), .b = w->room->pair, .steps = steps_of(s->n)};
    o.next = (size_t)o.steps * TILE * x->parts;
    for (uint32_t i = 0; i < blocks; i++, sums += SUMS, o.a += 2 * o.next) {
        const uint32_t n_tok = x->n - 32 * i < 32 ? x->n - 32 * i : 32;
        const float *in = s->k0 > 0 ? sums : NULL;
        float *out = last ? room->done : sums;
        if (in_parts(w->from->type))
            multiply_some(unit, &o, in, out, n_tok > TILE_ROWS, two, true);
        else
            multiply_some(unit, &o, in, out, n_tok > TILE_ROWS, two, false);
        if (last) put_pair(room, to, 32 * i, n_tok, s->row, s->n_rows, x->n >= MANY);
        ask_for(w, s->row + ROWS + w->apart, s->k0, s->n, i, blocks);
    }
}

/* All tokens times the rows from r0 to `end`, whose sums there is room for. */
static void block(tile_unit *unit, const weights *w, const tokens *x, const results *to, uint32_t r0, uint32_t end,
                  tile_room *room)
{
    const size_t pair_sums = (size_t)(x->n + 31) / 32 * SUMS;
    const uint32_t step = ROWS + w->apart; /* rows of each matrix in a pair */
    for (uint32_t k0 = 0; k0 < w->k; k0 += w->cut) {
        float *sums = room->sums;
        for (uint32_t r = r0; r < end; r += step, sums += pair_sums) {
            const stretch s = {r, end - r < step ? end - r : step, k0, w->k - k0 < w->cut ? w->k - k0 : w->cut};
            make_pair(w, r, to->gate || s.n_rows > ROWS ? 2 : 1, k0, s.n);
            all_tokens(unit, w, x, to, &s, sums, room);
        }
    }
}

/* All rows times all tokens; `next`: the tokens of the next product, where results are that. */
static void multiply_all(weights *w, uint32_t n_rows, const sx_tile_tokens *x, results to, const sx_tile_tokens *next,
                         uint32_t next_k, tile_room *room)
{
    const uint32_t step = PAIRS * (ROWS + w->apart);
    float *out = to.out;
    tile_unit unit;
    w->room = &room->weights;
    tiles_begin(&unit);
    for (uint32_t t = 0; t < x->n; t += TOKENS) {
        const tokens some = tokens_at(x, t, w->k);
        w->cut = some.cut;
        if (next)
            to.next = tokens_at(next, t, next_k);
        else
            to.out = out + t * to.ldo;
        for (uint32_t r = 0; r < n_rows; r += step)
            block(&unit, w, &some, &to, r, n_rows - r < step ? n_rows : r + step, room);
    }
    tiles_end(&unit);
    _mm_sfence(); /* what went past the caches comes before whatever tells others that it is there */
}

static source source_of(const sx_tile_rows *w, uint32_t n_rows)
{
    return (source){{sx_quant_get(w->type), w->data, w->stride, n_rows}, w->type};
}

static void multiply(const sx_tile_rows *w, uint32_t n_rows, const sx_tile_tokens *x, uint32_t k, float *out,
                     size_t ldo, void *scratch)
{
    const source from = source_of(w, n_rows);
    weights all = {.from = {from, from}, .apart = ROWS, .k = k};
    multiply_all(&all, n_rows, x, (results){.out = out, .ldo = ldo}, NULL, 0, scratch);
}

static void multiply_gated(const sx_tile_gate *g, uint32_t n_rows, const sx_tile_tokens *x, uint32_t k,
                           const sx_tile_tokens *next, uint32_t next_k, uint32_t first, void *scratch)
{
    weights all = {.from = {source_of(&g->gate, n_rows), source_of(&g->up, n_rows)}, .k = k};
    multiply_all(&all, n_rows, x, (results){.gate = g->act, .first = first}, next, next_k, scratch);
}

/* ---- activations as tiles ---- */

static size_t packed(uint32_t n_tok, uint32_t k, bool parts)
{
    return up_to_16(n_tok) * width(k) * (parts ? 2 : 1);
}

/* At most 32 numbers. */
INLINE void load_step(const float *x, uint32_t left, __m512 v[2])
{
    v[0] = _mm512_maskz_loadu_ps(head_mask(left < 16 ? left : 16), x);
    v[1] = left > 16 ? _mm512_maskz_loadu_ps(head_mask(left < 32 ? left - 16 : 16), x + 16) : _mm512_setzero_ps();
}

/* 16 tokens' part of a cut. */
INLINE void pack_cut(const float *x, size_t ldx, uint32_t there, uint32_t n, uint16_t *tiles, const bool parts)
{
    const size_t rest = (size_t)steps_of(n) * TILE;
    for (uint32_t t = 0; t < TILE_ROWS; t++)
        for (uint32_t i = 0; i < n; i += TILE_STEP) {
            uint16_t *to = tiles + (size_t)i / TILE_STEP * TILE + t * TILE_STEP;
            __m512 v[2];
            load_step(x + t * ldx + i, t < there ? n - i : 0, v);
            _mm512_store_si512(to, (__m512i)_mm512_cvtne2ps_pbh(v[1], v[0]));
            if (parts) _mm512_store_si512(to + rest, (__m512i)_mm512_cvtne2ps_pbh(rest_of(v[1]), rest_of(v[0])));
        }
}

static void pack(const float *x, size_t ldx, uint32_t k, const sx_tile_tokens *out, uint32_t first)
{
    const uint32_t begin = first / TOKENS * TOKENS, there = out->n - first < TILE_ROWS ? out->n - first : TILE_ROWS;
    const tokens all = tokens_at(out, begin, k);
    for (uint32_t k0 = 0; k0 < k; k0 += all.cut) {
        const uint32_t n = k - k0 < all.cut ? k - k0 : all.cut;
        const float *from = x + first * ldx + k0;
        uint16_t *to = tiles_at(&all, first - begin, k0);
        if (out->parts)
            pack_cut(from, ldx, there, n, to, true);
        else
            pack_cut(from, ldx, there, n, to, false);
    }
}

static bool takes(uint32_t type)
{
    return type == SX_TYPE_BF16 || type == SX_TYPE_F16 || sx_quant_get(type) != NULL;
}

static size_t scratch_bytes(uint32_t n_tok)
{
    const size_t blocks = ((n_tok < TOKENS ? n_tok : TOKENS) + 31) / 32;
    return sizeof(tile_room) + PAIRS * blocks * SUMS * sizeof(float);
}

#if defined(SX_TILES_EMULATED)
const sx_tile_ops sx_tiles_emulated = {takes, in_parts, packed, pack, multiply, multiply_gated, scratch_bytes};
#else
const sx_tile_ops sx_tiles_amx = {takes, in_parts, packed, pack, multiply, multiply_gated, scratch_bytes};
#endif
