/* What people call a thing, and what documents of a trade call it: general vocabulary of finance, law and medicine. A phrase
 * of the question calls for further words, which count a part of what the question's own do. Written by hand from common
 * knowledge of the trades; nothing here is taken from a question set. */
#ifndef SX_RETRIEVE_CONCEPTS_H
#define SX_RETRIEVE_CONCEPTS_H

#include <stddef.h>

typedef struct sx_concept {
    const char *said; /* as in a folded question, two bytes at least; blanks at its ends ask for a word's boundary */
    const char *written;
} sx_concept;

extern const sx_concept sx_concepts_trade[], sx_concepts_zh[]; /* ended by NULL */

/* Calls found for each concept that a folded question (words between single blanks) names. */
void sx_concepts(const char *folded, void (*found)(void *user, const sx_concept *concept), void *user);

#endif
