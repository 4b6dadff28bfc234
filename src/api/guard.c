/* Policies, vaults, checks of whole texts and of streams, and the reading of verdicts. */
#include "api/handles.h"

#include <string.h>

#include "platform/crypto.h"

/* ---- vault ---- */

llm_status llm_vault_open(llm_vault **out, const char *path, const void *key, size_t key_len,
                          const llm_vault_opts *opts, llm_error *err)
{
    if (!out) return sx_fail(err, LLM_E_INVALID, "out is NULL");
    *out = NULL;
    llm_vault_opts o;
    llm_status status = sx_opts_read(&o, sizeof o, sizeof o, opts, "llm_vault_opts", err);
    if (status == LLM_OK) status = sx_hooks_check(o.allocator, o.logger, err);
    if (status == LLM_OK) status = sx_crypto_init(err);
    if (status != LLM_OK) return status;
    bool passphrase = (o.flags & LLM_VAULT_PASSPHRASE) != 0;
    if (!key || key_len == 0 || (!passphrase && key_len != SX_KEY_BYTES))
        return sx_fail(err, LLM_E_INVALID,
                       "a key has %d bytes, this one %zu; for a passphrase set LLM_VAULT_PASSPHRASE", SX_KEY_BYTES,
                       key ? key_len : 0);
    llm_vault *vault = sx_handle_new(sizeof *vault, o.allocator, o.logger);
    if (!vault) return sx_fail_memory(err);
    status = sx_vault_open(&vault->vault, &vault->h.mem, path, key, key_len, o.flags, err);
    if (status != LLM_OK) {
        llm_vault_free(vault);
        return status;
    }
    *out = vault;
    return LLM_OK;
}

void llm_vault_free(llm_vault *vault)
{
    if (!vault || !sx_handle_unref(&vault->h)) return;
    sx_vault_close(vault->vault);
    sx_handle_delete(&vault->h);
}

int64_t llm_vault_restore(llm_vault *vault, const char *text, size_t len, char *out, size_t capacity, llm_error *err)
{
    return llm_vault_restore_as(vault, text, len, LLM_RESTORE_EXACT, out, capacity, err);
}

int64_t llm_vault_erase(llm_vault *vault, const char *type, const char *value, size_t len, llm_error *err)
{
    uint64_t erased = 0;
    llm_status status = sx_handle_check(vault ? &vault->h : NULL, "vault", err);
    if (status != LLM_OK) return status;
    if (!value || len == 0) return sx_fail(err, LLM_E_INVALID, "no value was given to be erased");
    status = sx_vault_erase(vault->vault, type, value, len, &erased, err);
    return status == LLM_OK ? (int64_t)erased : status;
}

int64_t llm_vault_restore_as(llm_vault *vault, const char *text, size_t len, uint32_t match, char *out, size_t capacity,
                             llm_error *err)
{
    llm_status status = sx_handle_check(vault ? &vault->h : NULL, "vault", err);
    if (status != LLM_OK) return status;
    if ((!text && len) || (!out && capacity)) return sx_fail(err, LLM_E_INVALID, "text or out is NULL");
    if (match > LLM_RESTORE_FUZZY) return sx_fail(err, LLM_E_INVALID, "match %u is not one of LLM_RESTORE_*", match);
    sx_buf restored;
    sx_buf_init(&restored, &vault->h.mem, 0);
    status = sx_vault_restore(vault->vault, text ? text : "", len, match, &restored, err);
    int64_t size = (int64_t)restored.len;
    if (status == LLM_OK && restored.len && capacity)
        memcpy(out, restored.data, restored.len < capacity ? restored.len : capacity);
    if (restored.data) sx_wipe(restored.data, restored.len);
    sx_buf_free(&restored);
    return status == LLM_OK ? size : status;
}

/* ---- policy ---- */

/* The policy in force, with a reference. */
static const sx_guard *current(llm_guard *guard)
{
    pthread_mutex_lock(&guard->lock);
    const sx_guard *now = guard->guard;
    sx_guard_ref(now);
    pthread_mutex_unlock(&guard->lock);
    return now;
}

/* Folders are needed again at every reload. */
static llm_status keep_path(llm_guard *guard, const char **to, const char *path, llm_error *err)
{
    if (!path) return LLM_OK;
    *to = sx_mem_strndup(&guard->h.mem, path, strlen(path));
    return *to ? LLM_OK : sx_fail_memory(err);
}

llm_status llm_guard_create(llm_guard **out, const llm_guard_opts *opts, llm_error *err)
{
    if (!out) return sx_fail(err, LLM_E_INVALID, "out is NULL");
    *out = NULL;
    llm_guard_opts o;
    llm_status status = sx_opts_read(&o, sizeof o, offsetof(llm_guard_opts, policy), opts, "llm_guard_opts", err);
    if (status == LLM_OK) status = sx_hooks_check(o.allocator, o.logger, err);
    if (status == LLM_OK) status = sx_crypto_init(err);
    if (status == LLM_OK && o.like) status = sx_handle_check(&o.like->h, "guard to be like", err);
    if (status == LLM_OK && o.default_action > LLM_ACTION_BLOCK)
        status = sx_fail(err, LLM_E_INVALID, "default_action %u is not one of LLM_ACTION_*", o.default_action);
    if (status != LLM_OK) return status;
    llm_guard *guard = sx_handle_new(sizeof *guard, o.allocator, o.logger);
    if (!guard) return sx_fail_memory(err);
    pthread_mutex_init(&guard->lock, NULL);
    guard->params = (sx_guard_params){
        .default_action = o.default_action, .min_score = o.min_score, .max_hold = o.max_hold};
    status = keep_path(guard, &guard->params.files, o.files, err);
    if (status == LLM_OK) status = keep_path(guard, &guard->params.cache, o.cache, err);
    sx_guard_params params = guard->params;
    params.policy = o.policy;
    params.policy_len = (size_t)o.policy_len;
    const sx_guard *like = NULL;
    if (o.like) like = params.like = current(o.like);
    if (status == LLM_OK) status = sx_guard_create(&guard->guard, &guard->h.mem, &params, err);
    sx_guard_free(like);
    if (status != LLM_OK) {
        llm_guard_free(guard);
        return status;
    }
    *out = guard;
    return LLM_OK;
}

void llm_guard_free(llm_guard *guard)
{
    if (!guard || !sx_handle_unref(&guard->h)) return;
    sx_guard_free(guard->guard);
    sx_mem_free(&guard->h.mem, (char *)guard->params.files);
    sx_mem_free(&guard->h.mem, (char *)guard->params.cache);
    llm_vault_free(guard->vault);
    llm_audit_free(guard->audit);
    pthread_mutex_destroy(&guard->lock);
    sx_handle_delete(&guard->h);
}

/* Locks the policy for a change; on LLM_OK the caller unlocks. */
llm_status sx_guard_open_for_change(llm_guard *guard, llm_error *err)
{
    llm_status status = sx_handle_check(guard ? &guard->h : NULL, "guard", err);
    if (status != LLM_OK) return status;
    pthread_mutex_lock(&guard->lock);
    if (!guard->in_use) return LLM_OK;
    pthread_mutex_unlock(&guard->lock);
    return sx_fail(err, LLM_E_BUSY, "a context uses this guard, so it can no longer change: make a new guard");
}

llm_status llm_guard_set_action(llm_guard *guard, const char *type, uint32_t directions, uint32_t action,
                                llm_error *err)
{
    llm_status status = sx_guard_open_for_change(guard, err);
    if (status != LLM_OK) return status;
    if (!type || !directions || (directions & ~LLM_DIR_ALL) || action < LLM_ACTION_ALLOW || action > LLM_ACTION_BLOCK)
        status = sx_fail(err, LLM_E_INVALID, "type, directions (LLM_DIR_*) or action (LLM_ACTION_*) is out of range");
    else if (action == LLM_ACTION_PSEUDONYM && !guard->vault)
        status = sx_fail(err, LLM_E_UNSUPPORTED, "PSEUDONYM needs a vault: call llm_guard_set_vault first");
    else
        status = sx_guard_set_action(guard->guard, type, directions, action, err);
    pthread_mutex_unlock(&guard->lock);
    return status;
}

llm_status llm_guard_add_word(llm_guard *guard, const char *word, size_t len, llm_error *err)
{
    llm_status status = sx_guard_open_for_change(guard, err);
    if (status != LLM_OK) return status;
    if (!word || len == 0)
        status = sx_fail(err, LLM_E_INVALID, "the word is NULL or empty");
    else
        status = sx_guard_add_word(guard->guard, word, len, err);
    pthread_mutex_unlock(&guard->lock);
    return status;
}

llm_status llm_guard_set_vault(llm_guard *guard, llm_vault *vault, llm_error *err)
{
    llm_status status = sx_handle_check(vault ? &vault->h : NULL, "vault", err);
    if (status == LLM_OK) status = sx_guard_open_for_change(guard, err);
    if (status != LLM_OK) return status;
    sx_handle_ref(&vault->h);
    llm_vault_free(guard->vault);
    guard->vault = vault;
    sx_guard_set_vault(guard->guard, vault->vault);
    pthread_mutex_unlock(&guard->lock);
    return LLM_OK;
}

llm_status llm_guard_add_recogniser(llm_guard *guard, const llm_recogniser *recogniser, llm_error *err)
{
    llm_recogniser r;
    if (!recogniser) return sx_fail(err, LLM_E_INVALID, "recogniser is NULL");
    llm_status status = sx_opts_read(&r, sizeof r, sizeof r, recogniser, "llm_recogniser", err);
    if (status == LLM_OK) status = sx_guard_open_for_change(guard, err);
    if (status != LLM_OK) return status;
    status = sx_guard_add_recogniser(guard->guard, &r, err);
    pthread_mutex_unlock(&guard->lock);
    return status;
}

llm_status llm_guard_set_reviewer(llm_guard *guard, llm_review_fn review, void *user, llm_error *err)
{
    llm_status status = sx_guard_open_for_change(guard, err);
    if (status != LLM_OK) return status;
    status = sx_guard_set_review(guard->guard, review, user, err);
    pthread_mutex_unlock(&guard->lock);
    return status;
}

/* The vault and the audit log stay. */
static void take_handles(const llm_guard *guard, sx_guard *next)
{
    if (guard->vault) sx_guard_set_vault(next, guard->vault->vault);
    if (guard->audit) sx_guard_set_audit(next, guard->audit->audit);
}

/* What takes long is done before the lock is taken, so that no check waits for it. */
static llm_status prepare(llm_guard *guard, sx_guard *next, llm_error *err)
{
    pthread_mutex_lock(&guard->lock);
    bool in_use = guard->in_use;
    take_handles(guard, next);
    pthread_mutex_unlock(&guard->lock);
    return in_use ? sx_guard_freeze(next, err) : LLM_OK;
}

/* The next policy is made beside the one in force and takes its place when it is whole. */
llm_status llm_guard_reload(llm_guard *guard, const char *policy, size_t len, llm_error *err)
{
    llm_status status = sx_handle_check(guard ? &guard->h : NULL, "guard", err);
    if (status != LLM_OK) return status;
    if (!policy) return sx_fail(err, LLM_E_INVALID, "policy is NULL");
    sx_guard *next = NULL;
    const sx_guard *old = current(guard);
    sx_guard_params params = guard->params;
    params.policy = policy;
    params.policy_len = len;
    params.like = old;
    status = sx_guard_create(&next, &guard->h.mem, &params, err);
    if (status == LLM_OK) status = sx_guard_take_host(next, old, err);
    sx_guard_free(old);
    if (status == LLM_OK) status = prepare(guard, next, err);
    if (status == LLM_OK) {
        pthread_mutex_lock(&guard->lock);
        take_handles(guard, next);
        if (guard->in_use) status = sx_guard_freeze(next, err);
        if (status == LLM_OK) {
            sx_guard *last = guard->guard;
            guard->guard = next;
            next = last;
        }
        pthread_mutex_unlock(&guard->lock);
    }
    sx_guard_free(next); /* the last one, or the one that did not become */
    return status;
}

const char *llm_guard_preset_name(uint32_t i)
{
    const char *text;
    return sx_guard_preset(i, &text);
}

const char *llm_guard_preset_policy(uint32_t i)
{
    const char *text;
    return sx_guard_preset(i, &text) ? text : NULL;
}

const char *llm_guard_type(uint32_t i)
{
    return sx_guard_type(i);
}

/* ---- verdicts ---- */

void sx_verdict_init(llm_verdict *verdict, sx_mem *mem)
{
    memset(verdict, 0, sizeof *verdict);
    verdict->mem = mem;
    verdict->action = LLM_VERDICT_ALLOW;
    sx_buf_init(&verdict->text, mem, 0);
}

void sx_verdict_clear(llm_verdict *verdict)
{
    if (!verdict->mem) return;
    sx_buf_free(&verdict->text);
    sx_mem_free(verdict->mem, verdict->findings);
    for (size_t i = 0; i < verdict->guard_n; i++) sx_guard_free(verdict->guards[i]);
    sx_mem_free(verdict->mem, verdict->guards);
    verdict->findings = NULL;
    verdict->guards = NULL;
    verdict->count = verdict->cap = verdict->guard_n = verdict->guard_cap = 0;
}

/* The names in findings are their guard's, and the log tells its policy: the verdict holds on to it. */
static llm_status hold_guard(llm_verdict *verdict, const sx_guard *guard, llm_error *err)
{
    if (verdict->guard_n > 0 && verdict->guards[verdict->guard_n - 1] == guard) return LLM_OK;
    if (sx_mem_grow(verdict->mem, (void **)&verdict->guards, &verdict->guard_cap, verdict->guard_n + 1,
                    sizeof *verdict->guards))
        return sx_fail_memory(err);
    sx_guard_ref(guard);
    verdict->guards[verdict->guard_n++] = guard;
    return LLM_OK;
}

llm_status sx_verdict_take(llm_verdict *verdict, const sx_filter *filter, uint64_t offset, uint32_t *from,
                           llm_error *err)
{
    uint32_t count;
    const sx_finding *findings = sx_filter_findings(filter, &count);
    if (sx_mem_grow(verdict->mem, (void **)&verdict->findings, &verdict->cap, verdict->count + count - *from + 1,
                    sizeof *verdict->findings))
        return sx_fail_memory(err);
    if (hold_guard(verdict, sx_filter_guard(filter), err) != LLM_OK) return LLM_E_MEMORY;
    for (; *from < count; ++*from) {
        sx_finding *mine = &verdict->findings[verdict->count++];
        *mine = findings[*from];
        mine->start += offset;
        mine->end += offset;
    }
    uint32_t action = sx_filter_action(filter);
    if (action > verdict->action) verdict->action = action;
    return LLM_OK;
}

llm_status sx_guard_pass(llm_ctx *ctx, const sx_check_params *params, const char *text, size_t len, uint64_t offset,
                         llm_verdict *verdict, sx_buf *out, llm_error *err)
{
    const sx_guard *guard = NULL;
    sx_filter *filter = NULL;
    uint32_t from = 0;
    llm_status status = sx_ctx_guard(ctx, &guard);
    if (status == LLM_OK) status = sx_filter_open(&filter, verdict->mem, guard, params, err);
    if (status == LLM_OK) status = sx_filter_feed(filter, text, len, out, err);
    if (status == LLM_OK) status = sx_filter_finish(filter, out, err);
    if (status == LLM_OK) status = sx_verdict_take(verdict, filter, offset, &from, err);
    if (status == LLM_OK && sx_filter_action(filter) == LLM_VERDICT_BLOCK) sx_buf_clear(out);
    sx_filter_close(filter);
    sx_guard_free(guard);
    return status;
}

llm_status sx_guard_run(llm_ctx *ctx, const sx_check_params *params, const char *text, size_t len, uint64_t offset,
                        llm_verdict *verdict, sx_buf *out, llm_error *err)
{
    llm_status status = sx_guard_pass(ctx, params, text, len, offset, verdict, out, err);
    return status == LLM_OK ? sx_log_verdict(ctx, params->direction, verdict, len, false, err) : status;
}

static llm_status check_params(const llm_check_opts *opts, sx_check_params *params, llm_error *err)
{
    llm_check_opts o;
    llm_status status = sx_opts_read(&o, sizeof o, sizeof o, opts, "llm_check_opts", err);
    if (status != LLM_OK) return status;
    if (o.direction > LLM_DIR_OUTPUT || (o.direction & (o.direction - 1)))
        return sx_fail(err, LLM_E_INVALID, "direction %u is not one of LLM_DIR_*", o.direction);
    *params = (sx_check_params){o.direction ? o.direction : LLM_DIR_INPUT, o.types, o.min_score, o.cancel};
    return LLM_OK;
}

static llm_status check(llm_ctx *ctx, const char *text, size_t len, const llm_check_opts *opts, llm_verdict **out)
{
    sx_check_params params;
    llm_status status = check_params(opts, &params, &ctx->err);
    if (status != LLM_OK) return status;
    if (!text && len) return sx_fail(&ctx->err, LLM_E_INVALID, "text is NULL");
    llm_verdict *verdict = sx_mem_alloc(&ctx->h.mem, sizeof *verdict);
    if (!verdict) return sx_fail_memory(&ctx->err);
    sx_verdict_init(verdict, &ctx->h.mem);
    sx_ctx_ref(ctx);
    verdict->ctx = ctx;
    status = sx_guard_run(ctx, &params, text ? text : "", len, 0, verdict, &verdict->text, &ctx->err);
    if (status != LLM_OK) {
        llm_verdict_free(verdict);
        return status;
    }
    *out = verdict;
    return LLM_OK;
}

llm_status llm_guard_check(llm_ctx *ctx, const char *text, size_t len, const llm_check_opts *opts, llm_verdict **out)
{
    if (out) *out = NULL;
    llm_status status = sx_ctx_enter(ctx);
    if (status != LLM_OK) return status;
    status = out ? check(ctx, text, len, opts, out) : sx_fail(&ctx->err, LLM_E_INVALID, "out is NULL");
    return sx_ctx_leave(ctx, status);
}

void llm_verdict_free(llm_verdict *verdict)
{
    if (!verdict || !verdict->ctx) return; /* one inside a reply or a stream goes with it */
    if (sx_handle_check(&verdict->ctx->h, "context", NULL) != LLM_OK) return;
    llm_ctx *ctx = verdict->ctx;
    sx_verdict_clear(verdict);
    sx_mem_free(&ctx->h.mem, verdict);
    sx_ctx_unref(ctx);
}

uint32_t llm_verdict_action(const llm_verdict *verdict)
{
    return verdict ? verdict->action : 0;
}

const char *llm_verdict_text(const llm_verdict *verdict)
{
    return verdict ? sx_buf_cstr(&verdict->text) : "";
}

size_t llm_verdict_text_len(const llm_verdict *verdict)
{
    return verdict ? verdict->text.len : 0;
}

uint32_t llm_verdict_count(const llm_verdict *verdict)
{
    return verdict ? (uint32_t)verdict->count : 0;
}

static const sx_finding *finding_at(const llm_verdict *verdict, uint32_t i)
{
    static const sx_finding none = {.type = "", .rule = "", .label = ""};
    return verdict && i < verdict->count ? &verdict->findings[i] : &none;
}

const char *llm_verdict_type(const llm_verdict *verdict, uint32_t i)
{
    return finding_at(verdict, i)->type;
}

uint64_t llm_verdict_start(const llm_verdict *verdict, uint32_t i)
{
    return finding_at(verdict, i)->start;
}

uint64_t llm_verdict_end(const llm_verdict *verdict, uint32_t i)
{
    return finding_at(verdict, i)->end;
}

double llm_verdict_score(const llm_verdict *verdict, uint32_t i)
{
    return (double)finding_at(verdict, i)->score;
}

const char *llm_verdict_rule(const llm_verdict *verdict, uint32_t i)
{
    return finding_at(verdict, i)->rule;
}

uint32_t llm_verdict_finding_action(const llm_verdict *verdict, uint32_t i)
{
    return finding_at(verdict, i)->action;
}

const char *llm_verdict_label(const llm_verdict *verdict, uint32_t i)
{
    return finding_at(verdict, i)->label;
}

/* ---- streams ---- */

struct llm_guard_stream {
    llm_ctx *ctx; /* a reference */
    sx_filter *filter;
    llm_verdict verdict; /* its text is that of the last piece */
    uint32_t taken;      /* findings already in the verdict */
    uint32_t direction;
    uint64_t fed; /* bytes so far */
    bool finished;
    llm_status failed; /* the first failure: nothing is released after it */
};

llm_status llm_guard_open(llm_ctx *ctx, const llm_check_opts *opts, llm_guard_stream **out)
{
    if (out) *out = NULL;
    llm_status status = sx_ctx_enter(ctx);
    if (status != LLM_OK) return status;
    sx_check_params params = {0};
    const sx_guard *guard = NULL;
    llm_guard_stream *stream = NULL;
    status = out ? check_params(opts, &params, &ctx->err) : sx_fail(&ctx->err, LLM_E_INVALID, "out is NULL");
    if (status == LLM_OK) status = sx_ctx_guard(ctx, &guard);
    if (status == LLM_OK) {
        stream = sx_mem_zalloc(&ctx->h.mem, sizeof *stream);
        if (!stream) status = sx_fail_memory(&ctx->err);
    }
    if (status == LLM_OK) status = sx_filter_open(&stream->filter, &ctx->h.mem, guard, &params, &ctx->err);
    sx_guard_free(guard);
    if (status == LLM_OK) {
        sx_verdict_init(&stream->verdict, &ctx->h.mem);
        sx_ctx_ref(ctx);
        stream->ctx = ctx;
        stream->direction = params.direction;
        *out = stream;
    } else {
        sx_mem_free(&ctx->h.mem, stream);
    }
    return sx_ctx_leave(ctx, status);
}

static llm_status advance(llm_guard_stream *stream, const char *bytes, size_t len, bool last)
{
    llm_error *err = &stream->ctx->err;
    sx_buf *text = &stream->verdict.text;
    sx_buf_clear(text);
    if (stream->finished) return sx_fail(err, LLM_E_INVALID, "the stream is finished; open another");
    if (stream->failed != LLM_OK)
        return sx_fail(err, stream->failed, "the stream failed earlier; nothing more is released");
    llm_status status = last ? sx_filter_finish(stream->filter, text, err)
                             : sx_filter_feed(stream->filter, bytes, len, text, err);
    if (status == LLM_OK) status = sx_verdict_take(&stream->verdict, stream->filter, 0, &stream->taken, err);
    stream->fed += len;
    if (status == LLM_OK && last)
        status = sx_log_verdict(stream->ctx, stream->direction, &stream->verdict, stream->fed, false, err);
    if (status != LLM_OK) {
        stream->failed = status;
        sx_buf_clear(text);
    }
    stream->finished = last && status == LLM_OK;
    return status;
}

llm_status llm_guard_feed(llm_guard_stream *stream, const char *bytes, size_t len)
{
    if (!stream) return LLM_E_INVALID;
    llm_status status = sx_ctx_enter(stream->ctx);
    if (status != LLM_OK) return status;
    if (!bytes && len)
        status = sx_fail(&stream->ctx->err, LLM_E_INVALID, "bytes is NULL");
    else
        status = advance(stream, bytes ? bytes : "", len, false);
    return sx_ctx_leave(stream->ctx, status);
}

llm_status llm_guard_finish(llm_guard_stream *stream)
{
    if (!stream) return LLM_E_INVALID;
    llm_status status = sx_ctx_enter(stream->ctx);
    if (status != LLM_OK) return status;
    return sx_ctx_leave(stream->ctx, advance(stream, NULL, 0, true));
}

const char *llm_guard_text(const llm_guard_stream *stream)
{
    return stream ? sx_buf_cstr(&stream->verdict.text) : "";
}

size_t llm_guard_text_len(const llm_guard_stream *stream)
{
    return stream ? stream->verdict.text.len : 0;
}

const llm_verdict *llm_guard_verdict(const llm_guard_stream *stream)
{
    return stream ? &stream->verdict : NULL;
}

void llm_guard_close(llm_guard_stream *stream)
{
    if (!stream || sx_handle_check(&stream->ctx->h, "context", NULL) != LLM_OK) return;
    llm_ctx *ctx = stream->ctx;
    if (!stream->finished && stream->fed > 0)
        (void)sx_log_verdict(ctx, stream->direction, &stream->verdict, stream->fed, true, NULL);
    sx_filter_close(stream->filter);
    sx_verdict_clear(&stream->verdict);
    sx_mem_free(&ctx->h.mem, stream);
    sx_ctx_unref(ctx);
}
