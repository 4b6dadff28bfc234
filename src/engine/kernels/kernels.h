/* The inner loops of a forward pass, one ops table per family, in one form per instruction-set level. The order of every
 * sum is fixed per level: a result depends on its own row and token only, never on how many rows, tokens or threads are
 * computed beside it. All pointers may be unaligned; all functions are pure loops that cannot fail. */
#ifndef SX_ENGINE_KERNELS_H
#define SX_ENGINE_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/kernels/quant.h"

/* ---- matrix times vectors ---- */

/* Activations as bytes: blocks of 32 share a scale, x = d * q. What the kernels need of their sums stands beside them. */
typedef struct sx_q8 {
    int8_t *q;      /* [n_tok, k] */
    float *d;       /* [n_tok, k / 32] */
    int32_t *off32; /* [n_tok, k / 32] -128 * the block's sum of q: undoes weights stored with 128 added */
    int32_t *off16; /* [n_tok, k / 16] the same per half block */
    float *sum32;   /* [n_tok, k / 32] d * the block's sum of q: what a minimum is multiplied with */
    float *sum16;   /* [n_tok, k / 16] */
} sx_q8;

typedef struct sx_matmul_ops {
    /* out[t * ldo + r] = w[r] . x[t] for r < n_rows, t < n_tok; w: rows of `type` (F32, F16, BF16) `stride` bytes apart. */
    void (*floats)(uint32_t type, const void *w, size_t stride, uint32_t n_rows, const float *x, size_t ldx,
                   uint32_t n_tok, uint32_t k, float *out, size_t ldo);
    /* The same for quantised rows (k a multiple of 32) and activations as bytes from token t0 on. scratch: as below. */
    void (*quants)(const sx_quant *quant, const void *w, size_t stride, uint32_t n_rows, const sx_q8 *x, uint32_t n_tok,
                   uint32_t k, float *out, size_t ldo, void *scratch);
    size_t (*scratch)(uint32_t n_tok); /* bytes of scratch, 64-byte aligned, that quants needs for n_tok tokens */
    void (*to_q8)(const float *x, uint32_t k, const sx_q8 *out, size_t token); /* one token's row */
} sx_matmul_ops;

/* Tokens for the unit for small matrices. */
typedef struct sx_tile_tokens {
    uint16_t *a; /* 64-byte aligned */
    uint32_t n;
    bool parts; /* what rounding to bf16 leaves stands there too */
} sx_tile_tokens;

typedef struct sx_tile_rows { /* of a matrix */
    uint32_t type;
    const void *data;
    size_t stride; /* bytes from one to the next */
} sx_tile_rows;

typedef struct sx_tile_gate { /* act(gate x) * (up x) */
    sx_tile_rows gate, up;
    void (*act)(float *x, uint32_t n); /* works on each number by itself */
} sx_tile_gate;

/* The same for many tokens where there is such a unit: weights and activations are rounded to bf16, but F16 is multiplied in
 * two parts, without loss worth the name; sums stay F32. Not the bits of sx_matmul_ops, and again the same bits however many
 * rows and tokens go together. */
typedef struct sx_tile_ops {
    bool (*takes)(uint32_t type);    /* of weights; k a multiple of 32 but for F16 and BF16 */
    bool (*in_parts)(uint32_t type); /* of weights that need their tokens so; the others take them either way */
    size_t (*packed)(uint32_t n_tok, uint32_t k, bool parts); /* bf16 numbers that pack needs for n_tok tokens */
    /* 16 tokens of out->n from token `first` (a multiple of 16) on; missing ones become zeros. */
    void (*pack)(const float *x, size_t ldx, uint32_t k, const sx_tile_tokens *out, uint32_t first);
    void (*multiply)(const sx_tile_rows *w, uint32_t n_rows, const sx_tile_tokens *x, uint32_t k, float *out,
                     size_t ldo, void *scratch);
    /* n_rows of both (a multiple of 32; neither in parts), packed at once for a product of next_k (likewise) numbers, as its
     * numbers from `first` (likewise) on: the bits of multiply, act, a product of two floats and pack. next: x->n tokens,
     * not in parts. */
    void (*multiply_gated)(const sx_tile_gate *g, uint32_t n_rows, const sx_tile_tokens *x, uint32_t k,
                           const sx_tile_tokens *next, uint32_t next_k, uint32_t first, void *scratch);
    size_t (*scratch)(uint32_t n_tok); /* bytes, 64-byte aligned, that both need */
} sx_tile_ops;

/* The same for many tokens with float weights: the bits of sx_matmul_ops.floats. Tokens are laid out once for all rows. */
typedef struct sx_panel_ops {
    uint32_t tokens; /* that are packed together */
    uint32_t least;  /* tokens that are worth making panels of weights */
    bool (*takes)(uint32_t type);
    size_t (*packed)(uint32_t n_tok, uint32_t k); /* floats, 64-byte aligned, that pack needs for n_tok tokens */
    /* `tokens` tokens of n_tok from token `first` (a multiple of as many) on. */
    void (*pack)(const float *x, size_t ldx, uint32_t n_tok, uint32_t k, float *out, uint32_t first);
    void (*multiply)(uint32_t type, const void *w, size_t stride, uint32_t n_rows, const float *x, uint32_t n_tok,
                     uint32_t k, float *out, size_t ldo, void *scratch);
    size_t (*scratch)(uint32_t k); /* bytes, 64-byte aligned, that multiply needs */
} sx_panel_ops;

/* ---- rows of floats ---- */

typedef struct sx_vector_ops {
    void (*rms_norm)(float *out, const float *x, const float *weight /* or NULL */, uint32_t n, float eps);
    void (*layer_norm)(float *out, const float *x, const float *weight, const float *bias /* each or NULL */,
                       uint32_t n, float eps);
    void (*add)(float *out, const float *a, const float *b, uint32_t n);
    void (*add_scaled)(float *out, const float *x, float scale, uint32_t n); /* out += scale * x */
    void (*scale)(float *x, float scale, uint32_t n);
    void (*mul)(float *out, const float *a, const float *b, uint32_t n);
    void (*silu)(float *x, uint32_t n);
    void (*gelu)(float *x, uint32_t n); /* tanh form */
    /* Pairs (x[i], x[i + n/2]) or (x[2i], x[2i + 1]) turned by cos[i], sin[i], i < n / 2. */
    void (*rope_halves)(float *x, const float *cos, const float *sin, uint32_t n);
    void (*rope_pairs)(float *x, const float *cos, const float *sin, uint32_t n);
} sx_vector_ops;

/* ---- attention ---- */

#define SX_KEY_TILE 64 /* keys per step of the online softmax, always beginning at a multiple of it */

static inline size_t sx_query_floats(uint32_t dim)
{
    return ((size_t)dim + 15) / 16 * 16;
}

static inline size_t sx_panel_floats(uint32_t dim)
{
    return sx_query_floats(dim) * SX_KEY_TILE;
}

/* What comes next, for the kernels to ask memory for while they compute: a little at every step, since a processor has few
 * requests under way at once and drops those beyond, and each line again later, in case that it was dropped. Any may be
 * NULL. */
typedef struct sx_wanted {
    const char *keys, *values; /* of the next tile: SX_KEY_TILE rows without a gap */
    const char *now;           /* the values of this tile: again */
} sx_wanted;

typedef struct sx_attention_ops {
    /* out [sx_query_floats(dim)] = scale * q, ready for keys of this type. */
    void (*query)(uint32_t type, float *out, const float *q, float scale, uint32_t dim);
    /* One tile of keys, rows `stride` bytes apart, as a panel of sx_panel_floats(dim) that `scores` reads; keys from n_keys on
     * count as 0. Here as below `wanted` may be NULL. */
    void (*keys)(uint32_t type, float *panel, const void *rows, size_t stride, uint32_t n_keys, uint32_t dim,
                 const sx_wanted *wanted);
    /* s[i * SX_KEY_TILE + j] = query i (row of `q`, ldq apart) . key j of the panel; the sum over dim goes in order. */
    void (*scores)(uint32_t type, float *s, const float *q, size_t ldq, uint32_t n_rows, const float *panel,
                   uint32_t dim, const sx_wanted *wanted);
    /* Rows of one tile of scores s [n_rows, SX_KEY_TILE] (-INFINITY: not seen) become exp(s - max), with each row's running
     * maximum and sum updated. keep[i]: what the row's earlier sums must be multiplied with. */
    void (*softmax)(float *s, uint32_t n_rows, float *max, float *sum, float *keep);
    /* acc[i * lda + d] = keep[i] * acc[i * lda + d] + sum over j < n_keys of p[i * SX_KEY_TILE + j] * v[j][d]; d < dim,
     * i < n_rows; the sum over j goes in order. v: rows of any type that is kept, `stride` bytes apart. Floats want nothing. */
    void (*weigh)(float *acc, size_t lda, uint32_t n_rows, const float *keep, const float *p, uint32_t type,
                  const void *v, size_t stride, uint32_t n_keys, uint32_t dim, const sx_wanted *wanted);
    void (*soft_cap)(float *s, uint32_t n, float cap); /* cap * tanh(s / cap) */
} sx_attention_ops;

/* Attention of queries that all see a whole tile of keys, with pairs or small matrices of bf16: queries, keys, values and what
 * weighs them are rounded to it. */
typedef struct sx_tile_attention_ops {
    bool (*takes)(uint32_t type, bool made); /* keys as they are kept; tokens that the model has made, or given ones */
    size_t (*query_numbers)(uint32_t dim);   /* bf16 numbers of a query */
    size_t (*pair_numbers)(uint32_t n, uint32_t cols); /* bf16 numbers that pairs gives */
    void (*query)(uint16_t *out, const float *q, float scale, uint32_t dim);
    /* n rows of `cols` floats (a multiple of 16): keys with each key as a column, or values with each as a row. 64-byte aligned. */
    void (*pairs)(uint16_t *out, const float *x, size_t ldx, uint32_t n, uint32_t cols);
    /* In its place, or NULL: SX_KEY_TILE rows as they are kept, `stride` bytes apart. Values: dim a multiple of 16. */
    void (*keys)(uint32_t type, uint16_t *out, const void *rows, size_t stride, uint32_t dim, const sx_wanted *wanted);
    void (*values)(uint32_t type, uint16_t *out, const void *rows, size_t stride, uint32_t dim,
                   const sx_wanted *wanted);
    /* s[i * SX_KEY_TILE + j] as sx_attention_ops.scores. Rows of q and s up to the next multiple of 16 are there: they are
     * read and written, for nothing. */
    void (*scores)(float *s, const uint16_t *q, size_t ldq, uint32_t n_rows, const uint16_t *keys, uint32_t dim,
                   const sx_wanted *wanted);
    /* As sx_attention_ops.softmax, but that weights go to p [n_rows, SX_KEY_TILE], as good as bf16 can tell; sums are of what
     * they were before they were rounded. p may lie where s does, which is no longer good for anything. */
    void (*softmax)(uint16_t *p, float *s, uint32_t n_rows, float *max, float *sum, float *keep);
    /* acc as sx_attention_ops.weigh, of SX_KEY_TILE values; dim a multiple of 16. Rows of p up to the next multiple of 16 are
     * there: they are read, for nothing. */
    void (*weigh)(float *acc, size_t lda, uint32_t n_rows, const float *keep, const uint16_t *p, const uint16_t *values,
                  uint32_t dim);
    /* Or NULL: what `values` and `weigh` do one after the other, for few rows. */
    void (*weigh_kept)(float *acc, size_t lda, uint32_t n_rows, const float *keep, const uint16_t *p, uint32_t type,
                       const void *rows, size_t stride, uint32_t dim, const sx_wanted *wanted);
} sx_tile_attention_ops;

/* ---- keys and values as they are kept ---- */

/* Types: F32, F16, BF16, Q8_0, Q4_0. Every level gives the same bytes and the same numbers. */
typedef struct sx_cache_ops {
    void (*pack)(uint32_t type, void *row, const float *x, uint32_t n); /* a last block that is short is filled up */
    /* out [n_rows, ldo], the first n of each row: rows of `type`, `stride` bytes apart. */
    void (*unpack)(uint32_t type, float *out, size_t ldo, const void *rows, size_t stride, uint32_t n_rows, uint32_t n);
} sx_cache_ops;

enum { SX_PANEL_FORMS = 2 };

typedef struct sx_kernels {
    uint32_t isa; /* LLM_ISA_* */
    const sx_matmul_ops *matmul;
    const sx_vector_ops *vector;
    const sx_attention_ops *attention;
    const sx_cache_ops *cache;
    const sx_tile_ops *tiles;                    /* NULL: this level has none */
    const sx_tile_attention_ops *tile_attention; /* likewise */
    const sx_panel_ops *panels[SX_PANEL_FORMS];  /* the first that takes a type has the bits of `floats`; NULL: none */
} sx_kernels;

/* The best level this machine has, at most `isa` (0: no limit). The first call that may choose AMX asks the system for it, for
 * the whole process; where that is refused the level is the one below. */
sx_kernels sx_kernels_select(uint32_t isa);

extern const sx_matmul_ops sx_matmul_ref;
extern const sx_vector_ops sx_vector_ref;
extern const sx_attention_ops sx_attention_ref;
extern const sx_cache_ops sx_cache_ref;
#if defined(__x86_64__)
extern const sx_matmul_ops sx_matmul_avx2, sx_matmul_avx_vnni, sx_matmul_avx512, sx_matmul_avx512_bf16;
extern const sx_vector_ops sx_vector_avx2, sx_vector_avx512;
extern const sx_attention_ops sx_attention_avx2, sx_attention_avx512;
extern const sx_cache_ops sx_cache_avx2, sx_cache_avx512;
extern const sx_tile_ops sx_tiles_amx, sx_tiles_emulated; /* the second: for tests alone */
extern const sx_panel_ops sx_panels_avx2, sx_panels_avx512, sx_panels_avx512_bf16;
extern const sx_tile_attention_ops sx_tile_attention_amx, sx_tile_attention_emulated, sx_tile_attention_pairs,
    sx_tile_attention_steps; /* the last two: the same bits */
#endif

#endif
