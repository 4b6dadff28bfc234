/* The public handles as the facade sees them, and the manners every public call shares: option structs of any age, one
 * call at a time per context, nothing after fork, a poisoned context stays shut. */
#ifndef SX_API_HANDLES_H
#define SX_API_HANDLES_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "engine/engine.h"
#include "guard/guard.h"
#include "platform/arena.h"
#include "platform/buf.h"
#include "platform/cancel.h"
#include "platform/error.h"
#include "platform/log.h"
#include "platform/mem.h"
#include "retrieve/retrieve.h"

/* What every handle begins with. The handle's own block comes from its own mem, so the memory dies last. */
typedef struct sx_handle {
    sx_mem mem;
    sx_log log;
    atomic_uint refs;
    pid_t pid; /* the process that made it */
} sx_handle;

/* The default policy of the contexts on one model or corpus: compiled once, at first need. */
typedef struct sx_shared_guard {
    pthread_mutex_t lock;
    llm_guard *guard; /* a reference, or NULL */
} sx_shared_guard;

struct llm_model {
    sx_handle h;
    sx_model *model;
    sx_shared_guard defaults;
};

struct llm_corpus {
    sx_handle h;
    sx_corpus *corpus;
    sx_shared_guard defaults;
    llm_corpus *whole; /* of a view: a reference on the owner's handle; else NULL */
    char *labels;      /* of a view: what its holder holds, a list; NULL: the owner, who sees all */
};

struct llm_adapter {
    sx_handle h;
    llm_model *model; /* a reference */
    sx_adapter *adapter;
};

typedef struct sx_worn {  /* an adapter that a context carries */
    llm_adapter *adapter; /* a reference */
    float scale;
} sx_worn;

struct llm_vault {
    sx_handle h;
    sx_vault *vault;
};

struct llm_audit {
    sx_handle h;
    sx_audit *audit;
};

struct llm_guard {
    sx_handle h;
    sx_guard *guard;
    llm_vault *vault;       /* a reference, or NULL */
    llm_audit *audit;       /* likewise */
    sx_guard_params params; /* what it was made with, for the next policy */
    pthread_mutex_t lock;   /* guards in_use against the setters, and guard against llm_guard_reload */
    bool in_use;            /* a context holds it: frozen */
};

struct llm_ctx {
    sx_handle h;
    llm_model *model; /* references, or NULL */
    llm_corpus *corpus;
    llm_guard *guard;    /* NULL until first need when the caller gave none */
    sx_session *session; /* made at first need */
    sx_worn *worn;       /* [n_worn] adapters, in the order in which they came */
    size_t n_worn, cap_worn;
    sx_session_params session_params;
    uint32_t flags;
    char *tag;          /* the host's name for its texts in the audit log, or NULL */
    atomic_bool busy;   /* a call is inside */
    atomic_bool closed; /* llm_ctx_free was called; children still hold references */
    bool poisoned;
    struct llm_reply *active; /* the reply that owns the session, until its end */
    llm_error err;
};

/* ---- handles ---- */
/* A cleared block of `size` bytes that begins with an sx_handle, with one reference; NULL without memory. */
void *sx_handle_new(size_t size, const llm_allocator *allocator, const llm_logger *logger);
/* Counts a holder in; a handle whose memory belongs to another process is left alone by both. */
void sx_handle_ref(sx_handle *h);
bool sx_handle_unref(sx_handle *h); /* true: that was the last one, tear it down, then sx_handle_delete */
void sx_handle_delete(sx_handle *h);
/* LLM_OK; LLM_E_INVALID for NULL; LLM_E_FORK in a child process. */
llm_status sx_handle_check(const sx_handle *h, const char *what, llm_error *err);

void sx_shared_guard_init(sx_shared_guard *shared);
void sx_shared_guard_clear(sx_shared_guard *shared);

/* ---- option structs ---- */
/* Copies the caller's struct into dst, which has `known` bytes: NULL gives zeroes. LLM_E_INVALID for a struct_size below
 * `first` (that of release 0.1), LLM_E_VERSION for a non-zero tail this library does not know. */
llm_status sx_opts_read(void *dst, size_t known, size_t first, const void *src, const char *name, llm_error *err);
llm_status sx_hooks_check(const llm_allocator *allocator, const llm_logger *logger, llm_error *err);

/* ---- contexts ---- */
/* Opens a call on a context (LLM_E_INVALID, LLM_E_FORK, LLM_E_BUSY, LLM_E_INTERNAL); sx_ctx_leave closes it and passes
 * the status through. The context may be freed by another thread meanwhile: it goes in sx_ctx_leave then. */
llm_status sx_ctx_enter(llm_ctx *ctx);
llm_status sx_ctx_leave(llm_ctx *ctx, llm_status status);
/* Children keep the context's memory, model, corpus and guard alive. */
void sx_ctx_ref(llm_ctx *ctx);
void sx_ctx_unref(llm_ctx *ctx);
/* The frozen policy in force, with a reference of the caller's (sx_guard_free); made at first need. Inside a call only. */
llm_status sx_ctx_guard(llm_ctx *ctx, const sx_guard **guard);
llm_status sx_ctx_session(llm_ctx *ctx, sx_session **session);
/* adapter.c: the session carries what the context does; what a context lets go of at its end. */
llm_status sx_ctx_dress(llm_ctx *ctx, sx_session *session);
void sx_ctx_undress(llm_ctx *ctx);

/* ---- verdicts ---- */
struct llm_verdict {
    llm_ctx *ctx; /* a reference when it stands alone, NULL inside a reply or a stream */
    sx_mem *mem;
    uint32_t action; /* LLM_VERDICT_* */
    sx_buf text;
    sx_finding *findings; /* [count] */
    size_t count, cap;
    const sx_guard **guards; /* [guard_n] references: what findings point to lives there */
    size_t guard_n, guard_cap;
};

void sx_verdict_init(llm_verdict *verdict, sx_mem *mem);
void sx_verdict_clear(llm_verdict *verdict);
/* Takes over what a filter has decided so far, spans moved by `offset`; `from`: how many of its findings are here. */
llm_status sx_verdict_take(llm_verdict *verdict, const sx_filter *filter, uint64_t offset, uint32_t *from,
                           llm_error *err);
/* Runs a whole text through the policy: what may go on is appended to out, decisions to verdict. The second does not log. */
llm_status sx_guard_run(llm_ctx *ctx, const sx_check_params *params, const char *text, size_t len, uint64_t offset,
                        llm_verdict *verdict, sx_buf *out, llm_error *err);
llm_status sx_guard_pass(llm_ctx *ctx, const sx_check_params *params, const char *text, size_t len, uint64_t offset,
                         llm_verdict *verdict, sx_buf *out, llm_error *err);

/* audit.c: the verdict on a text of so many bytes goes into the guard's log, where it has one. `cut`: the text did not come to
 * its end. */
llm_status sx_log_verdict(llm_ctx *ctx, uint32_t direction, const llm_verdict *verdict, uint64_t bytes, bool cut,
                          llm_error *err);
/* The guard of the caller, unlocked again by the caller on LLM_OK; LLM_E_BUSY when a context uses it. (guard.c) */
llm_status sx_guard_open_for_change(llm_guard *guard, llm_error *err);

/* ---- evidence ---- */
typedef struct sx_evidence_row {
    const char *node, *path, *text;
} sx_evidence_row;

struct llm_evidence {
    llm_ctx *ctx; /* a reference */
    sx_evidence *evidence;
    sx_arena arena;
    sx_evidence_row *rows; /* [evidence->count] */
};

#endif
