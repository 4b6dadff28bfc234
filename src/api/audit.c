/* The audit log: opening, heads, proof; and the verdicts that go into it. */
#include "api/handles.h"

#include <string.h>

#include "platform/crypto.h"
#include "platform/utf8.h"

enum { TAG_MAX = 255 };

llm_status llm_audit_open(llm_audit **out, const char *path, const void *key, size_t key_len,
                          const llm_audit_opts *opts, llm_error *err)
{
    if (!out) return sx_fail(err, LLM_E_INVALID, "out is NULL");
    *out = NULL;
    llm_audit_opts o;
    llm_status status = sx_opts_read(&o, sizeof o, sizeof o, opts, "llm_audit_opts", err);
    if (status == LLM_OK) status = sx_hooks_check(o.allocator, o.logger, err);
    if (status == LLM_OK && (o.flags & ~LLM_AUDIT_DURABLE))
        status = sx_fail(err, LLM_E_INVALID, "audit flags %u are not LLM_AUDIT_*", o.flags);
    if (status == LLM_OK && (!path || !key || key_len != SX_KEY_BYTES))
        status = sx_fail(err, LLM_E_INVALID, "an audit log needs a path and a key of %d bytes, not %zu", SX_KEY_BYTES,
                         key ? key_len : 0);
    if (status != LLM_OK) return status;
    llm_audit *audit = sx_handle_new(sizeof *audit, o.allocator, o.logger);
    if (!audit) return sx_fail_memory(err);
    const sx_audit_params params = {o.head_every, (o.flags & LLM_AUDIT_DURABLE) != 0, o.clock, o.clock_user};
    status = sx_audit_open(&audit->audit, &audit->h.mem, path, key, key_len, &params, err);
    if (status != LLM_OK) {
        sx_handle_delete(&audit->h);
        return status;
    }
    *out = audit;
    return LLM_OK;
}

void llm_audit_free(llm_audit *audit)
{
    if (!audit || !sx_handle_unref(&audit->h)) return;
    sx_audit_close(audit->audit);
    sx_handle_delete(&audit->h);
}

llm_status llm_guard_set_audit(llm_guard *guard, llm_audit *audit, llm_error *err)
{
    llm_status status = sx_handle_check(audit ? &audit->h : NULL, "audit log", err);
    if (status == LLM_OK) status = sx_guard_open_for_change(guard, err);
    if (status != LLM_OK) return status;
    sx_handle_ref(&audit->h);
    llm_audit_free(guard->audit);
    guard->audit = audit;
    sx_guard_set_audit(guard->guard, audit->audit);
    pthread_mutex_unlock(&guard->lock);
    return LLM_OK;
}

static llm_status set_tag(llm_ctx *ctx, const char *tag)
{
    size_t len = tag ? strlen(tag) : 0;
    if (len > TAG_MAX) return sx_fail(&ctx->err, LLM_E_INVALID, "the tag has %zu bytes; %d are allowed", len, TAG_MAX);
    if (sx_utf8_check(tag ? tag : "", len) != len) return sx_fail(&ctx->err, LLM_E_UTF8, "the tag is not UTF-8");
    char *copy = tag ? sx_mem_strndup(&ctx->h.mem, tag, len) : NULL;
    if (tag && !copy) return sx_fail_memory(&ctx->err);
    sx_mem_free(&ctx->h.mem, ctx->tag);
    ctx->tag = copy;
    return LLM_OK;
}

llm_status llm_ctx_set_tag(llm_ctx *ctx, const char *tag)
{
    llm_status status = sx_ctx_enter(ctx);
    return status == LLM_OK ? sx_ctx_leave(ctx, set_tag(ctx, tag)) : status;
}

int64_t llm_audit_head(llm_audit *audit, char *out, size_t capacity, llm_error *err)
{
    llm_status status = sx_handle_check(audit ? &audit->h : NULL, "audit log", err);
    if (status != LLM_OK) return status;
    if (!out && capacity) return sx_fail(err, LLM_E_INVALID, "out is NULL");
    sx_buf head;
    sx_buf_init(&head, &audit->h.mem, 0);
    status = sx_audit_head(audit->audit, &head, err);
    int64_t size = (int64_t)head.len;
    if (status == LLM_OK && head.len && capacity) memcpy(out, head.data, head.len < capacity ? head.len : capacity);
    sx_buf_free(&head);
    return status == LLM_OK ? size : status;
}

llm_status llm_audit_verify(const char *path, const char *head, llm_piece_fn fn, void *user, llm_error *err)
{
    if (!path) return sx_fail(err, LLM_E_INVALID, "path is NULL");
    sx_mem mem;
    sx_mem_init(&mem, NULL);
    return sx_audit_verify(&mem, path, head, fn, user, err);
}

llm_status sx_log_verdict(llm_ctx *ctx, uint32_t direction, const llm_verdict *verdict, uint64_t bytes, bool cut,
                          llm_error *err)
{
    const llm_guard *guard = ctx->guard;
    if (!guard || !guard->audit) return LLM_OK;
    const sx_guard *now = NULL;
    llm_status status = verdict->guard_n ? LLM_OK : sx_ctx_guard(ctx, &now); /* nothing was fed: the policy in force */
    if (status != LLM_OK) return status;
    const sx_audit_text text = {.direction = direction,
                                .verdict = verdict->action,
                                .flags = cut ? SX_AUDIT_CUT : 0,
                                .bytes = bytes,
                                .tag = ctx->tag,
                                .policy = sx_guard_fingerprint(now ? now : verdict->guards[verdict->guard_n - 1]),
                                .findings = verdict->findings,
                                .count = verdict->count};
    status = sx_audit_verdict(guard->audit->audit, &text, err);
    sx_guard_free(now);
    return status;
}
