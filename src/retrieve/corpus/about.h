/* What is said about a document besides its text: a folder, access labels of the whole and of stretches, key=value pairs. Kept as one
 * blob that is checked when it is read; a list of strings has the public form, each ended by NUL and the list by an empty one.
 * It knows no trees: a labelled place is a stretch of bytes. */
#ifndef SX_RETRIEVE_ABOUT_H
#define SX_RETRIEVE_ABOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/buf.h"
#include "platform/error.h"
#include "retrieve/tree/cut.h"

/* Validated entries: a kind, its text, NUL. Points into the blob. */
typedef struct sx_about {
    const char *data;
    size_t len;
} sx_about;

enum { SX_ABOUT_FOLDER = 'f', SX_ABOUT_LABEL = 'l', SX_ABOUT_META = 'm', SX_ABOUT_PLACE = 'n' };

/* A stretch of bytes that only holders of one of its labels may see. */
typedef struct sx_place {
    uint32_t begin, end;
    const char *label;
} sx_place;

/* False when the blob is damaged. An empty one says nothing. */
bool sx_about_read(sx_about *about, const void *blob, size_t size);
/* The next text of a kind behind `at` (NULL: the first), NULL at the end. */
const char *sx_about_next(const sx_about *about, const char *at, char kind);
const char *sx_about_folder(const sx_about *about); /* "" at the root */
bool sx_about_place(const char *text, sx_place *place);

/* What a caller changes; NULL leaves as it is. */
typedef struct sx_about_change {
    const char *folder, *labels, *meta;
} sx_about_change;

/* Appends the blob of `old` with the change made. LLM_E_INVALID with what is wrong in the change. */
llm_status sx_about_write(sx_buf *out, const sx_about *old, const sx_about_change *change, llm_error *err);
/* Appends the blob of `old` with the labels of one stretch replaced; an empty list frees it. */
llm_status sx_about_label(sx_buf *out, const sx_about *old, sx_span where, const char *labels, llm_error *err);
/* Appends the blob of `old` as it is after [begin, end) of the text became `len` bytes: places move along, and one that
 * is touched by the change takes all of it in, so that nothing hidden comes to light. */
llm_status sx_about_moved(sx_buf *out, const sx_about *old, uint32_t begin, uint32_t end, uint32_t len);

/* May a holder of these labels see the document? labels NULL: the owner, who sees all. */
bool sx_about_open_to(const sx_about *about, const char *labels);
bool sx_list_has(const char *list, const char *item);
/* The stretches that a holder of these labels may not see, sorted, joined where they touch, in memory of `mem`; *n 0: none. */
llm_status sx_about_hidden(const sx_about *about, const char *labels, sx_mem *mem, sx_span **out, size_t *n);

#endif
