/* Further words that a question calls for, by a small table of general vocabulary. */
#ifndef SX_RETRIEVE_CONCEPTS_H
#define SX_RETRIEVE_CONCEPTS_H

#include <stddef.h>

/* Calls found with the words to add, for each concept that a folded question (words between single blanks) names. */
void sx_concepts(const char *folded, void (*found)(void *user, const char *written), void *user);

#endif
