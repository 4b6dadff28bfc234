/* The host's recognisers beside the rules. Each reads the text in windows that lie at fixed places, whatever the pieces were, so
 * that its findings never depend on the cutting: window k answers for findings that begin in [k * m, (k + 1) * m), m being the
 * longest span it declared, and sees m bytes more at either side. Text that an answer may still change is held back. */
#ifndef SX_GUARD_STREAM_HOST_H
#define SX_GUARD_STREAM_HOST_H

#include "guard/stream/filter.h"

enum { SX_HOST_MAX = 32, SX_HOST_SPAN_MAX = 1024, SX_HOST_SPANS = 256 };

struct sx_host {
    sx_mem *mem;
    uint64_t next[SX_HOST_MAX]; /* per recogniser: where the next window's share begins; UINT64_MAX: not asked */
    llm_span spans[SX_HOST_SPANS];
};

/* Makes f->host when a recogniser's type is wanted, else leaves it NULL. */
llm_status sx_host_open(sx_filter *f, llm_error *err);
void sx_host_close(sx_host *host);
/* Asks about the windows that end before f->at. */
llm_status sx_host_read(sx_filter *f, llm_error *err);
/* The text has ended: asks about the rest. */
llm_status sx_host_finish(sx_filter *f, llm_error *err);
/* Where the earliest candidate that may still come begins. */
uint64_t sx_host_pending(const sx_host *host);

#endif
