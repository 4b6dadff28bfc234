/* Values that look like others of their kind: a card stays a card with a valid check digit, a date a date, a name a name. Which
 * one stands for a value is decided by the vault's key, the value and the number of the try alone. */
#ifndef SX_GUARD_VAULT_SURROGATE_H
#define SX_GUARD_VAULT_SURROGATE_H

#include "guard/vault/canon.h"
#include "platform/crypto.h"

/* Numbers out of a key and what they are for; the same for the same. */
typedef struct sx_dice {
    unsigned char key[SX_KEY_BYTES]; /* of this row of numbers */
    unsigned char block[SX_HASH_BYTES];
    uint64_t blocks;
    unsigned left; /* bytes of the block not used yet */
} sx_dice;

void sx_dice_begin(sx_dice *dice, const unsigned char key[SX_KEY_BYTES], const char *type, const char *canon,
                   size_t len, uint32_t attempt);
uint32_t sx_dice_roll(sx_dice *dice, uint32_t below);
void sx_dice_end(sx_dice *dice); /* wipes */

/* Appends a surrogate of the value, in its shape; `shift`: days that all dates of the vault move by. Appends nothing when there
 * is none for values of this kind: then the placeholder stands. */
void sx_surrogate(sx_buf *out, sx_dice *dice, const char *type, const char *value, size_t len, uint32_t attempt,
                  int32_t shift);
/* A name of the script the value is written in. (names.c) */
void sx_surrogate_name(sx_buf *out, sx_dice *dice, const char *value, size_t len, uint32_t attempt);
/* given.family42@example.org (names.c) */
void sx_surrogate_email(sx_buf *out, sx_dice *dice);
/* The date moved, written as it was; nothing when it is no whole date. (dates.c) */
void sx_surrogate_date(sx_buf *out, const char *value, size_t len, int32_t shift);
/* Moves a day of the proleptic Gregorian calendar; false when year, month or day is none. (dates.c) */
bool sx_date_move(int32_t *year, uint32_t *month, uint32_t *day, int32_t shift);

/* Writes the letters and digits of `from` in the shape of another writing of the same value: its blanks and signs between
 * them; names take its capitals. False when they do not fit, and nothing is appended. */
bool sx_reshape(sx_buf *out, sx_value_kind kind, const char *shape, size_t shape_len, const char *from,
                size_t from_len);

#endif
