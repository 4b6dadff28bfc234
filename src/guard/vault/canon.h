/* What counts as the same value: one form for all the ways in which a value of a type is written.
 *
 *     names, places, firms, addresses   compatibility-composed, case-folded, one space between words, without a possessive
 *                                       ending ('s, ’s, or an apostrophe behind s), which stays behind the pseudonym
 *     numbers that are written in       without their blanks, dots, dashes and brackets, letters in upper case: cards, accounts,
 *       groups                          telephone numbers, identity numbers
 *     addresses of mail and machines    case-folded
 *     all others                        as they are: secrets, addresses of pages, dates, types of the host's own
 */
#ifndef SX_GUARD_VAULT_CANON_H
#define SX_GUARD_VAULT_CANON_H

#include "platform/buf.h"

typedef enum sx_value_kind { SX_VALUE_EXACT, SX_VALUE_NAME, SX_VALUE_NUMBER, SX_VALUE_ADDRESS } sx_value_kind;

sx_value_kind sx_value_kind_of(const char *type);

typedef struct sx_canon {
    sx_buf text; /* the form; its status tells a lack of memory */
    size_t core; /* bytes of the value without the ending that is kept */
    sx_value_kind kind;
} sx_canon;

void sx_canon_begin(sx_canon *canon, sx_mem *mem, const char *type, const char *value, size_t len);
void sx_canon_end(sx_canon *canon); /* wipes */

#endif
