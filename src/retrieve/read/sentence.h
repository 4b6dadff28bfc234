/* Where sentences end, in any script: full stops, their kin, and the many full stops that end none ("No. 5", "U.S.",
 * "3.1"). Stateless. */
#ifndef SX_RETRIEVE_SENTENCE_H
#define SX_RETRIEVE_SENTENCE_H

#include <stdbool.h>
#include <stddef.h>

/* The end of the sentence that begins at text[start], at most `end`; closing quotes belong to it. lines: a line end ends
 * it too. Always beyond start when start < end. */
size_t sx_sentence_end(const char *text, size_t start, size_t end, bool lines);

/* The first offset in [start, end) that is not white space, or end; and the end without the white space before it. */
size_t sx_skip_space(const char *text, size_t start, size_t end);
size_t sx_trim_space(const char *text, size_t start, size_t end);

/* Code points in [start, end). */
size_t sx_count_chars(const char *text, size_t start, size_t end);

#endif
