/* ngx_http_sextant_module.so: Sextant inside nginx, where prompts and answers pass. It redacts the bodies of requests before
 * they reach the upstream, and responses while they stream, whatever the pieces they come in:
 *
 *     load_module modules/ngx_http_sextant_module.so;
 *     location /v1/ {
 *         proxy_pass http://model:8000;
 *         proxy_set_header Accept-Encoding "";           # what is compressed cannot be read
 *         proxy_set_header Range "";                     # nor can a part of a text be judged
 *         sextant_redact request response;               # default: off
 *         sextant_action EMAIL_ADDRESS mask;             # allow, replace, mask, remove, hash, review, block
 *         sextant_types application/json text/event-stream;   # besides text/html; * for all. Default: see below
 *         sextant_others refuse;                         # bodies of other types; default: pass
 *         sextant_hold 64k;                              # most bytes of a response held back
 *     }
 *
 * It reads bodies as text: characters written as %40 or \u0040 are not undone. What it cannot read is refused and logged: a
 * compressed body, a part of one (206), a request body that is not buffered (proxy_request_buffering off). A failure of the
 * guard ends the response where it stands; nothing that was not checked goes out. A worker makes its guard at the first
 * request that needs it, so that loading, reloading and the master cost nothing; no thread is ever started. */
#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include <sextant.h>

#ifndef SEXTANT_PREFIX
#define SEXTANT_PREFIX "sextant" /* how the directives begin: a second copy in one server wants names of its own */
#endif

enum { REDACT_OFF = 1, REDACT_REQUEST = 2, REDACT_RESPONSE = 4 };
enum { OTHERS_PASS, OTHERS_REFUSE };
enum { OUT_SIZE = 16384, OUT_BUFFERS = 8, FEED = 16384, HELD = 0x08 /* of r->buffered; free in nginx's own filters */ };

typedef struct {
    u_char *type; /* NUL-terminated */
    ngx_uint_t action;
} sextant_action;

/* A guard of this worker, made by the first request that needs it; locations with the same settings share it. */
typedef struct {
    size_t hold;
    ngx_array_t *actions; /* of sextant_action */
    llm_ctx *ctx;
} sextant_guard;

typedef struct {
    ngx_uint_t redact; /* REDACT_* */
    ngx_uint_t others; /* OTHERS_* */
    size_t hold;
    ngx_array_t *actions; /* of sextant_action */
    ngx_hash_t types;
    ngx_array_t *type_keys;
    sextant_guard *guard;
} sextant_conf;

/* One body on its way through the guard. What the guard gives goes out in buffers that are used again. */
typedef struct {
    llm_guard_stream *stream;
    const char *text; /* of the last feed, not yet copied out */
    size_t text_len;
    ngx_chain_t *in, *out, **last, *busy, *free;
    ngx_int_t buffers; /* made so far */
    off_t length;      /* of all that went out */
    unsigned finished : 1;
    unsigned last_seen : 1;
    unsigned flush : 1;
    unsigned done : 1; /* the last buffer was made */
} sextant_body;

typedef struct {
    sextant_body request, response;
} sextant_request;

extern ngx_module_t ngx_http_sextant_module;
static ngx_http_output_header_filter_pt next_header_filter;
static ngx_http_output_body_filter_pt next_body_filter;
static ngx_http_request_body_filter_pt next_request_body_filter;

/* ---- the guard of a location ---- */

static llm_status make_guard(const sextant_guard *conf, llm_guard **out, llm_error *err)
{
    llm_guard_opts opts = LLM_GUARD_OPTS_INIT;
    const sextant_action *set = conf->actions ? conf->actions->elts : NULL;
    opts.max_hold = (uint32_t)conf->hold;
    llm_status status = llm_guard_create(out, &opts, err);
    for (ngx_uint_t i = 0; status == LLM_OK && conf->actions && i < conf->actions->nelts; i++)
        status = llm_guard_set_action(*out, (const char *)set[i].type, LLM_DIR_ALL, (uint32_t)set[i].action, err);
    return status;
}

static llm_ctx *worker_ctx(ngx_http_request_t *r, sextant_conf *conf)
{
    llm_error err = LLM_ERROR_INIT;
    llm_guard *guard = NULL;
    if (conf->guard->ctx) return conf->guard->ctx;
    llm_status status = make_guard(conf->guard, &guard, &err);
    if (status == LLM_OK) status = llm_ctx_create(&conf->guard->ctx, NULL, NULL, guard, NULL, &err);
    llm_guard_free(guard);
    if (status != LLM_OK)
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0, SEXTANT_PREFIX ": no guard: %s", err.message);
    return conf->guard->ctx;
}

static void guard_cleanup(void *data)
{
    sextant_guard *guard = data;
    llm_ctx_free(guard->ctx);
    guard->ctx = NULL;
}

/* ---- a request's state ---- */

static void request_cleanup(void *data)
{
    sextant_request *mine = data;
    llm_guard_close(mine->request.stream);
    llm_guard_close(mine->response.stream);
}

static sextant_request *request_state(ngx_http_request_t *r)
{
    sextant_request *mine = ngx_http_get_module_ctx(r, ngx_http_sextant_module);
    if (mine) return mine;
    ngx_pool_cleanup_t *cleanup = ngx_pool_cleanup_add(r->pool, sizeof *mine);
    if (!cleanup) return NULL;
    mine = cleanup->data;
    ngx_memzero(mine, sizeof *mine);
    mine->request.last = &mine->request.out;
    mine->response.last = &mine->response.out;
    cleanup->handler = request_cleanup;
    ngx_http_set_ctx(r, mine, ngx_http_sextant_module);
    return mine;
}

static ngx_int_t open_stream(ngx_http_request_t *r, sextant_conf *conf, sextant_body *body, uint32_t direction)
{
    llm_check_opts opts = LLM_CHECK_OPTS_INIT;
    llm_ctx *ctx = worker_ctx(r, conf);
    opts.direction = direction;
    if (!ctx) return NGX_ERROR;
    if (llm_guard_open(ctx, &opts, &body->stream) == LLM_OK) return NGX_OK;
    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0, SEXTANT_PREFIX ": no stream: %s", llm_ctx_errmsg(ctx));
    return NGX_ERROR;
}

/* A body of no stated type counts as text. */
static ngx_flag_t is_text(sextant_conf *conf, const ngx_str_t *type)
{
    u_char lower[128];
    size_t len = 0;
    if (conf->types.size == 0) return 1; /* all types */
    while (len < type->len && len < sizeof lower && type->data[len] != ';' && type->data[len] != ' ') len++;
    if (len == 0) return 1;
    ngx_uint_t key = ngx_hash_strlow(lower, type->data, len);
    return ngx_hash_find(&conf->types, key, lower, len) != NULL;
}

/* ---- bodies ---- */

/* Gives the guard up to FEED bytes of a buffer, or its end. The text it lets go is in body->text. */
static ngx_int_t feed(ngx_http_request_t *r, llm_ctx *ctx, sextant_body *body, ngx_buf_t *b, ngx_flag_t end)
{
    llm_status status;
    if (end) {
        status = llm_guard_finish(body->stream);
        body->finished = 1;
    } else {
        size_t len = ngx_min((size_t)(b->last - b->pos), (size_t)FEED);
        status = llm_guard_feed(body->stream, (const char *)b->pos, len);
        b->pos += len;
    }
    if (status != LLM_OK) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0, SEXTANT_PREFIX ": the guard failed: %s", llm_ctx_errmsg(ctx));
        return NGX_ERROR;
    }
    body->text = llm_guard_text(body->stream);
    body->text_len = llm_guard_text_len(body->stream);
    return NGX_OK;
}

/* An empty buffer at the end of body->out, or NULL: no memory, or as many as there may be are on their way (limit 0: no
 * limit). */
static ngx_buf_t *add_buffer(ngx_http_request_t *r, sextant_body *body, ngx_int_t limit)
{
    ngx_chain_t *link = body->free;
    if (link) {
        body->free = link->next;
        u_char *start = link->buf->start, *end = link->buf->end;
        ngx_memzero(link->buf, sizeof *link->buf);
        link->buf->start = link->buf->pos = link->buf->last = start;
        link->buf->end = end;
    } else {
        if (limit && body->buffers >= limit) return NULL;
        link = ngx_alloc_chain_link(r->pool);
        if (!link || !(link->buf = ngx_create_temp_buf(r->pool, OUT_SIZE))) return NULL;
        body->buffers++;
    }
    link->buf->temporary = 1;
    link->buf->tag = (ngx_buf_tag_t)&ngx_http_sextant_module;
    link->next = NULL;
    *body->last = link;
    body->last = &link->next;
    return link->buf;
}

/* Copies what the guard let go into buffers. NGX_AGAIN: more buffers are wanted. */
static ngx_int_t copy_out(ngx_http_request_t *r, sextant_body *body, ngx_buf_t **at, ngx_int_t limit)
{
    while (body->text_len > 0) {
        if (!*at || (*at)->last == (*at)->end) *at = add_buffer(r, body, limit);
        if (!*at) return NGX_AGAIN;
        size_t n = ngx_min((size_t)((*at)->end - (*at)->last), body->text_len);
        (*at)->last = ngx_cpymem((*at)->last, body->text, n);
        body->text += n;
        body->text_len -= n;
        body->length += (off_t)n;
    }
    return NGX_OK;
}

/* After buffers were handed on: those that are empty again are free. */
static void took(ngx_http_request_t *r, sextant_body *body)
{
    ngx_chain_update_chains(r->pool, &body->free, &body->busy, &body->out, (ngx_buf_tag_t)&ngx_http_sextant_module);
    body->last = &body->out;
}

/* ---- requests ---- */

static void set_length(ngx_http_request_t *r, off_t length)
{
    ngx_table_elt_t *header = r->headers_in.content_length;
    r->headers_in.content_length_n = length;
    if (!header) return;
    u_char *digits = ngx_pnalloc(r->pool, NGX_OFF_T_LEN);
    if (!digits) return;
    header->value.data = digits;
    header->value.len = (size_t)(ngx_sprintf(digits, "%O", length) - digits);
}

static ngx_int_t request_begin(ngx_http_request_t *r, sextant_conf *conf, sextant_body *body)
{
    const ngx_str_t none = ngx_null_string;
    const ngx_table_elt_t *type = r->headers_in.content_type;
    ngx_log_t *log = r->connection->log;
    if (!is_text(conf, type ? &type->value : &none)) {
        if (conf->others == OTHERS_PASS) return NGX_DECLINED;
        ngx_log_error(NGX_LOG_WARN, log, 0, SEXTANT_PREFIX ": a request body of type \"%V\" is refused", &type->value);
        return NGX_HTTP_UNSUPPORTED_MEDIA_TYPE;
    }
    for (ngx_list_part_t *part = &r->headers_in.headers.part; part; part = part->next) {
        ngx_table_elt_t *headers = part->elts;
        for (ngx_uint_t i = 0; i < part->nelts; i++) {
            if (headers[i].key.len != sizeof "Content-Encoding" - 1 ||
                ngx_strncasecmp(headers[i].key.data, (u_char *)"Content-Encoding", headers[i].key.len) != 0)
                continue;
            ngx_log_error(NGX_LOG_WARN, log, 0, SEXTANT_PREFIX ": a request body in %V cannot be read",
                          &headers[i].value);
            return NGX_HTTP_UNSUPPORTED_MEDIA_TYPE;
        }
    }
    if (r->request_body_no_buffering) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      SEXTANT_PREFIX ": a redacted request has another length, so it must be read whole: set "
                                     "proxy_request_buffering on");
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    return open_stream(r, conf, body, LLM_DIR_INPUT) == NGX_OK ? NGX_OK : NGX_HTTP_INTERNAL_SERVER_ERROR;
}

static ngx_int_t request_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    sextant_conf *conf = ngx_http_get_module_loc_conf(r, ngx_http_sextant_module);
    if (!(conf->redact & REDACT_REQUEST) || r != r->main) return next_request_body_filter(r, in);
    sextant_request *mine = request_state(r);
    if (!mine) return NGX_HTTP_INTERNAL_SERVER_ERROR;
    sextant_body *body = &mine->request;
    if (!body->stream && !body->finished) {
        ngx_int_t rc = request_begin(r, conf, body);
        if (rc != NGX_OK && rc != NGX_DECLINED) return rc;
        body->finished = rc == NGX_DECLINED; /* not ours to read */
    }
    if (!body->stream) return next_request_body_filter(r, in);

    ngx_buf_t *at = NULL;
    for (; in; in = in->next) {
        ngx_buf_t *b = in->buf;
        while (b->pos < b->last)
            if (feed(r, conf->guard->ctx, body, b, 0) != NGX_OK || copy_out(r, body, &at, 0) != NGX_OK)
                return NGX_HTTP_INTERNAL_SERVER_ERROR;
        if (!b->last_buf || body->finished) continue;
        if (feed(r, conf->guard->ctx, body, b, 1) != NGX_OK || copy_out(r, body, &at, 0) != NGX_OK)
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        if (!at && !(at = add_buffer(r, body, 0))) return NGX_HTTP_INTERNAL_SERVER_ERROR;
        at->last_buf = 1;
        at->temporary = at->last > at->pos; /* else nothing but a mark */
        body->last_seen = 1;
    }
    if (llm_verdict_action(llm_guard_verdict(body->stream)) == LLM_VERDICT_BLOCK) {
        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0, SEXTANT_PREFIX ": the request is blocked");
        return NGX_HTTP_FORBIDDEN;
    }
    if (body->last_seen) set_length(r, body->length);
    ngx_int_t rc = next_request_body_filter(r, body->out);
    took(r, body); /* what nginx has spilled into a file comes back as free buffers */
    return rc;
}

/* ---- responses ---- */

static ngx_int_t header_filter(ngx_http_request_t *r)
{
    sextant_conf *conf = ngx_http_get_module_loc_conf(r, ngx_http_sextant_module);
    if (!(conf->redact & REDACT_RESPONSE) || r->header_only || r->headers_out.status == NGX_HTTP_NO_CONTENT ||
        r->headers_out.status == NGX_HTTP_NOT_MODIFIED || r->headers_out.status < NGX_HTTP_OK)
        return next_header_filter(r);
    const ngx_str_t *type = &r->headers_out.content_type;
    const ngx_table_elt_t *encoding = r->headers_out.content_encoding;
    const char *why = NULL;
    if (!is_text(conf, type)) {
        if (conf->others == OTHERS_PASS) return next_header_filter(r);
        why = "of a type that is not text";
    } else if (encoding && encoding->hash && encoding->value.len > 0) {
        why = "that is compressed (set proxy_set_header Accept-Encoding \"\")";
    } else if (r->headers_out.status == NGX_HTTP_PARTIAL_CONTENT) {
        why = "that is a part of a text (set proxy_set_header Range \"\")";
    }
    if (why) {
        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0, SEXTANT_PREFIX ": a response %s is refused, \"%V\"", why,
                      type);
        return ngx_http_filter_finalize_request(r, &ngx_http_sextant_module, NGX_HTTP_BAD_GATEWAY);
    }
    sextant_request *mine = request_state(r);
    if (!mine) return NGX_ERROR;
    if (r->method != NGX_HTTP_HEAD) {
        if (open_stream(r, conf, &mine->response, LLM_DIR_OUTPUT) != NGX_OK) return NGX_ERROR;
        r->filter_need_in_memory = 1;
    }
    if (r == r->main) {
        ngx_http_clear_content_length(r);
        ngx_http_clear_accept_ranges(r);
        ngx_http_clear_last_modified(r);
        ngx_http_weak_etag(r);
    }
    return next_header_filter(r);
}

/* Takes what has come in as far as buffers last. NGX_AGAIN: all buffers are on their way to the client. */
static ngx_int_t response_read(ngx_http_request_t *r, llm_ctx *ctx, sextant_body *body)
{
    ngx_buf_t *at = NULL;
    for (;;) {
        if (copy_out(r, body, &at, OUT_BUFFERS) != NGX_OK) return NGX_AGAIN;
        if (!body->in) break;
        ngx_buf_t *b = body->in->buf;
        if (ngx_buf_size(b) > 0 && !ngx_buf_in_memory(b)) {
            ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                          SEXTANT_PREFIX ": a part of the response is not in memory");
            return NGX_ERROR;
        }
        if (!body->finished && ngx_buf_in_memory(b) && b->pos < b->last) {
            if (feed(r, ctx, body, b, 0) != NGX_OK) return NGX_ERROR;
            continue;
        }
        b->pos = b->last;
        if (b->last_buf || b->last_in_chain) {
            body->last_seen = 1;
            if (!body->finished) {
                if (feed(r, ctx, body, b, 1) != NGX_OK) return NGX_ERROR;
                continue; /* its text first */
            }
        }
        body->flush |= b->flush;
        ngx_chain_t *done = body->in;
        body->in = done->next;
        ngx_free_chain(r->pool, done);
    }
    if (!body->last_seen && !body->flush) return NGX_OK;
    if (!at && !(at = add_buffer(r, body, OUT_BUFFERS))) return NGX_AGAIN;
    at->flush = body->flush;
    at->last_buf = body->last_seen && r == r->main;
    at->last_in_chain = body->last_seen;
    if (at->last == at->pos) { /* nothing but a mark */
        at->temporary = 0;
        at->sync = !at->last_buf;
    }
    body->flush = 0;
    return NGX_OK;
}

/* Small buffers wait in nginx for company. When there are no more to come until these are back, they must not wait: nothing
 * would ever send them. */
static void send_when_all_are_used(sextant_body *body)
{
    if (!body->out || body->free || body->buffers < OUT_BUFFERS) return;
    ngx_chain_t *last = body->out;
    while (last->next) last = last->next;
    last->buf->flush = 1;
}

static ngx_int_t body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    sextant_conf *conf = ngx_http_get_module_loc_conf(r, ngx_http_sextant_module);
    sextant_request *mine = ngx_http_get_module_ctx(r, ngx_http_sextant_module);
    sextant_body *body = mine ? &mine->response : NULL;
    if (!body || !body->stream || r->header_only) return next_body_filter(r, in);
    if (in && ngx_chain_add_copy(r->pool, &body->in, in) != NGX_OK) return NGX_ERROR;

    for (ngx_flag_t pushed = 0;;) {
        ngx_int_t more = body->done ? NGX_OK : response_read(r, conf->guard->ctx, body);
        if (more == NGX_ERROR) return NGX_ERROR;
        if (more == NGX_OK && body->last_seen) body->done = 1;
        if (body->out == NULL && pushed) { /* the client is slow: go on when it has read */
            r->buffered |= more == NGX_AGAIN ? HELD : 0;
            return NGX_AGAIN;
        }
        pushed = body->out == NULL;
        send_when_all_are_used(body);
        ngx_int_t rc = next_body_filter(r, body->out);
        if (rc == NGX_ERROR) return rc;
        took(r, body);
        if (more == NGX_OK) {
            r->buffered &= ~HELD;
            return rc;
        }
    }
}

/* ---- configuration ---- */

static char *set_action(ngx_conf_t *cf, ngx_command_t *command, void *data)
{
    static const char *const names[] = {"allow", "replace", "mask", "remove", "hash", "", "review", "block"};
    (void)command;
    sextant_conf *conf = data;
    ngx_str_t *args = cf->args->elts;
    ngx_uint_t action = 0;
    for (ngx_uint_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (ngx_strcmp(args[2].data, names[i]) == 0 && args[2].len > 0) action = i + LLM_ACTION_ALLOW;
    if (action == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "there is no action \"%V\"; there are allow, replace, mask, remove, hash, review and block",
                           &args[2]);
        return NGX_CONF_ERROR;
    }
    if (!conf->actions) conf->actions = ngx_array_create(cf->pool, 4, sizeof(sextant_action));
    sextant_action *set = conf->actions ? ngx_array_push(conf->actions) : NULL;
    if (!set) return NGX_CONF_ERROR;
    set->type = args[1].data; /* nginx ends its arguments with NUL */
    set->action = action;
    return NGX_CONF_OK;
}

static ngx_conf_bitmask_t redact_names[] = {{ngx_string("off"), REDACT_OFF},
                                            {ngx_string("request"), REDACT_REQUEST},
                                            {ngx_string("response"), REDACT_RESPONSE},
                                            {ngx_null_string, 0}};
static ngx_conf_enum_t others_names[] = {
    {ngx_string("pass"), OTHERS_PASS}, {ngx_string("refuse"), OTHERS_REFUSE}, {ngx_null_string, 0}};

#define EVERYWHERE (NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF)
static ngx_command_t commands[] = {
    {ngx_string(SEXTANT_PREFIX "_redact"), EVERYWHERE | NGX_CONF_1MORE, ngx_conf_set_bitmask_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(sextant_conf, redact), redact_names},
    {ngx_string(SEXTANT_PREFIX "_others"), EVERYWHERE | NGX_CONF_TAKE1, ngx_conf_set_enum_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(sextant_conf, others), others_names},
    {ngx_string(SEXTANT_PREFIX "_hold"), EVERYWHERE | NGX_CONF_TAKE1, ngx_conf_set_size_slot, NGX_HTTP_LOC_CONF_OFFSET,
     offsetof(sextant_conf, hold), NULL},
    {ngx_string(SEXTANT_PREFIX "_types"), EVERYWHERE | NGX_CONF_1MORE, ngx_http_types_slot, NGX_HTTP_LOC_CONF_OFFSET,
     offsetof(sextant_conf, type_keys), NULL},
    {ngx_string(SEXTANT_PREFIX "_action"), EVERYWHERE | NGX_CONF_TAKE2, set_action, NGX_HTTP_LOC_CONF_OFFSET, 0, NULL},
    ngx_null_command};

static ngx_str_t default_types[] = {ngx_string("text/html"),        ngx_string("text/plain"),
                                    ngx_string("text/markdown"),    ngx_string("text/csv"),
                                    ngx_string("text/xml"),         ngx_string("text/event-stream"),
                                    ngx_string("application/json"), ngx_string("application/x-ndjson"),
                                    ngx_string("application/xml"),  ngx_null_string};

static void *create_conf(ngx_conf_t *cf)
{
    sextant_conf *conf = ngx_pcalloc(cf->pool, sizeof *conf);
    if (!conf) return NULL;
    conf->others = NGX_CONF_UNSET_UINT;
    conf->hold = NGX_CONF_UNSET_SIZE;
    return conf;
}

static sextant_guard *add_guard(ngx_conf_t *cf, const sextant_conf *conf)
{
    ngx_pool_cleanup_t *cleanup = ngx_pool_cleanup_add(cf->pool, sizeof(sextant_guard));
    if (!cleanup) return NULL;
    *(sextant_guard *)cleanup->data = (sextant_guard){conf->hold, conf->actions, NULL};
    cleanup->handler = guard_cleanup; /* runs before the module itself is unloaded */
    return cleanup->data;
}

static char *merge_conf(ngx_conf_t *cf, void *parent, void *child)
{
    sextant_conf *prev = parent, *conf = child;
    llm_error err = LLM_ERROR_INIT;
    llm_guard *trial = NULL;
    ngx_conf_merge_bitmask_value(conf->redact, prev->redact, NGX_CONF_BITMASK_SET | REDACT_OFF);
    ngx_conf_merge_uint_value(conf->others, prev->others, OTHERS_PASS);
    ngx_conf_init_size_value(prev->hold, 65536);
    ngx_conf_merge_size_value(conf->hold, prev->hold, 65536);
    if (!conf->actions) conf->actions = prev->actions;
    if (!prev->guard) prev->guard = add_guard(cf, prev);
    const ngx_flag_t same = conf->hold == prev->hold && conf->actions == prev->actions;
    if (!(conf->guard = same ? prev->guard : add_guard(cf, conf))) return NGX_CONF_ERROR;
    if (ngx_http_merge_types(cf, &conf->type_keys, &conf->types, &prev->type_keys, &prev->types, default_types) !=
        NGX_OK)
        return NGX_CONF_ERROR;
    if (conf->hold > UINT32_MAX ||
        ((conf->redact & REDACT_OFF) && (conf->redact & (REDACT_REQUEST | REDACT_RESPONSE)))) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, SEXTANT_PREFIX "_redact is off or not; the hold is below 4g");
        return NGX_CONF_ERROR;
    }
    if (!conf->actions) return NGX_CONF_OK;
    /* a wrong name of a type is told here and not to the first visitor */
    llm_status status = make_guard(conf->guard, &trial, &err);
    llm_guard_free(trial);
    if (status == LLM_OK) return NGX_CONF_OK;
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, SEXTANT_PREFIX ": %s", err.message);
    return NGX_CONF_ERROR;
}

static ngx_int_t install(ngx_conf_t *cf)
{
    (void)cf;
    next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = header_filter;
    next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = body_filter;
    next_request_body_filter = ngx_http_top_request_body_filter;
    ngx_http_top_request_body_filter = request_body_filter;
    return NGX_OK;
}

static ngx_http_module_t module = {
    .postconfiguration = install, .create_loc_conf = create_conf, .merge_loc_conf = merge_conf};

ngx_module_t ngx_http_sextant_module = {NGX_MODULE_V1, &module, commands, NGX_HTTP_MODULE,      NULL, NULL, NULL, NULL,
                                        NULL,          NULL,    NULL,     NGX_MODULE_V1_PADDING};

/* What nginx looks for in the file: its modules, their names, and the filter before which this one runs. */
#define NAME_(name) #name
#define NAME(name)  NAME_(name)
ngx_module_t *ngx_modules[] = {&ngx_http_sextant_module, NULL};
char *ngx_module_names[] = {NAME(ngx_http_sextant_module), NULL};
char *ngx_module_order[] = {NAME(ngx_http_sextant_module), "ngx_http_copy_filter_module", NULL};
