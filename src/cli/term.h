/* How the command looks on a terminal: colours, progress on stderr, wrapped passages. On anything that is no terminal
 * there are no colours, no progress and no wrapping. */
#ifndef SX_CLI_TERM_H
#define SX_CLI_TERM_H

#include <stdbool.h>
#include <stddef.h>

bool sx_tty_out(void); /* stdout is a terminal */
bool sx_tty_err(void);
size_t sx_columns_out(void);
/* Escape sequences for stdout, "" where colours are off (no terminal, NO_COLOR set, TERM=dumb). */
const char *sx_bold(void);
const char *sx_dim(void);
const char *sx_green(void);
const char *sx_yellow(void);
const char *sx_plain(void);

/* A line on stderr that the next one overwrites; nothing when stderr is no terminal. */
void sx_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
void sx_progress_end(void);

/* Text of a document or a model to stdout. On a terminal control characters are shown as U+FFFD, so that no text can
 * drive it; elsewhere the bytes are written as they are. */
void sx_print(const char *text, size_t len);
/* A passage on lines of its own: white space runs become one space, `indent` columns stay free, and on a terminal lines
 * break at its width (East Asian characters count two columns). */
void sx_print_passage(int indent, const char *text, size_t len);
/* Text that arrives in pieces of whole code points: on a terminal its lines break at words, so the last word waits for
 * its end; elsewhere it is written as it comes. NULL (no memory) works and only does not break lines. */
typedef struct sx_stream sx_stream;
sx_stream *sx_stream_begin(void);
void sx_stream_put(sx_stream *stream, const char *text, size_t len);
void sx_stream_end(sx_stream *stream);
/* The first `columns` columns of a passage on the present line, with "…" where it goes on. */
void sx_print_start(const char *text, size_t len, size_t columns);

#endif
