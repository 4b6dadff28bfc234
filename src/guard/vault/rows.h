/* A vault's inside: its rows. All in one sealed table; a row's name begins with a letter for its kind.
 *
 *     c TYPE             the last number of a type
 *     n TYPE NUL form    the number of a value, by the form that all its writings share
 *     v TYPE NUL value   the same by the exact value: of vaults made before there were forms
 *     p <TYPE_n>         the value, as it was first written
 *     r <TYPE_n>         a number never to be given: the text itself held this placeholder
 *     s form             the number of a surrogate, by its letters and digits
 *     f TYPE NUL form    the same by the value that it stands for
 *     l n                surrogate n: TYPE NUL surrogate NUL value
 *     L                  the last number of a surrogate
 *     T                  the types that have rows, each ended by NUL
 *     e                  how often rows were erased
 */
#ifndef SX_GUARD_VAULT_ROWS_H
#define SX_GUARD_VAULT_ROWS_H

#include <pthread.h>

#include "guard/vault/canon.h"
#include "guard/vault/vault.h"
#include "store/kv.h"

enum { SX_PLACEHOLDER_MAX = 96 }; /* bytes of "<TYPE_n>" */

typedef struct sx_surrogates sx_surrogates;

struct sx_vault {
    sx_mem *mem;
    sx_kv *kv;
    pthread_mutex_t lock; /* recursive: a filter holds it over the pseudonyms of one call */
    bool batch;           /* between begin and end */
    bool writing;         /* a transaction is open */
    sx_surrogates *known; /* of restore; NULL until needed */
};

/* A row's name: kind, type NUL, value. */
void sx_row_name(sx_buf *row, char kind, const char *type, const char *value, size_t len);
/* 0 when there is no such row. */
llm_status sx_row_number(sx_vault *v, const sx_buf *row, uint64_t *number, llm_error *err);
llm_status sx_row_put_number(sx_vault *v, const sx_buf *row, uint64_t number, llm_error *err);
/* Opens the transaction of what follows, once; *own when the caller must end it. */
llm_status sx_vault_write(sx_vault *v, bool *own, llm_error *err);
llm_status sx_vault_written(sx_vault *v, bool own, llm_status status, llm_error *err);
/* Appends the type to T if it is new. In a transaction. */
llm_status sx_vault_know_type(sx_vault *v, const char *type, llm_error *err);

/* ---- surrogates (formats.c) ---- */
/* Appends the surrogate of a value in the shape of this writing of it; *made false, and nothing appended, when values like it
 * have none. */
llm_status sx_vault_surrogate(sx_vault *v, const char *type, const char *value, const sx_canon *canon, sx_buf *out,
                              bool *made, llm_error *err);
/* The letters and digits of a text, small, that surrogates are known by. */
void sx_surrogate_form(sx_buf *out, const char *text, size_t len);
/* Row l n, taken apart; *found false for an erased one. The pointers are into row. */
typedef struct sx_stand_in {
    const char *type, *surrogate, *value;
    size_t surrogate_len, value_len;
} sx_stand_in;
llm_status sx_vault_stand_in(sx_vault *v, uint64_t n, sx_buf *row, sx_stand_in *s, bool *found, llm_error *err);

/* ---- matching (match.c) ---- */
/* The surrogates as they are now, loaded when they changed. */
llm_status sx_vault_known(sx_vault *v, llm_error *err);
void sx_surrogates_free(sx_surrogates *known);
/* The longest known surrogate that begins at text + at, under the tolerance of `match`: its length, 0 for none; what stands for
 * it is appended to out. */
size_t sx_surrogates_match(sx_vault *v, const char *text, size_t len, size_t at, uint32_t match, sx_buf *out);

#endif
