/* A matcher over a small vocabulary of bytes and pieces, for tests of grammars. Header only. */
#ifndef SX_TESTS_GRAMMAR_VOCAB_H
#define SX_TESTS_GRAMMAR_VOCAB_H

#include <string.h>

#include "engine/grammar/grammar.h"

/* Token 0 ends the text, 1 .. 256 are the bytes, then pieces that lie across the borders of things, some of code points. */
static const char *const grammar_pieces[] = {
    "ab",    "abc",      "\":",      "\",\"",    "{\"",      "\"}",      "\": ", "[[",   "]]",
    "], ",   "true",     "tr",       "null",     "12",       "123",      "-1",   "0.",   "\"a\"",
    "\\u00", "\xc3\xa9", "\xe4\xb8", "\xad\xe5", "\x9b\xbd", "\xf0\x9f", "  ",   "\n  ", "ab"};
enum { GRAMMAR_PIECES = sizeof grammar_pieces / sizeof *grammar_pieces, GRAMMAR_VOCAB = 257 + GRAMMAR_PIECES };

static inline const char *grammar_text(const void *user, int32_t token, size_t *len, bool *ends)
{
    static char bytes[256];
    (void)user;
    *ends = token == 0;
    *len = token == 0 ? 0 : 1;
    if (token == 0) return "";
    if (token > 256) {
        *len = strlen(grammar_pieces[token - 257]);
        return grammar_pieces[token - 257];
    }
    bytes[token - 1] = (char)(token - 1);
    return &bytes[token - 1];
}

#endif
