/* Threads: two in one context give LLM_E_BUSY and never a crash; many contexts on one model, corpus and guard work at once
 * while documents change under them; a context freed while another thread is inside is safe; and a cancel token stops a long
 * ingest, retrieval and generation from another thread. Links the library, so that the thread sanitizer sees all of it.
 *   threads MODEL SLOW_MODEL */
#include "host.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- two threads in one context ---- */

typedef struct crowd {
    llm_ctx *ctx;
    llm_corpus *corpus;
    llm_model *model;
    llm_guard *guard;
    atomic_int ok, busy, other, stop;
} crowd;

static void count(crowd *c, llm_status status)
{
    atomic_fetch_add(status >= 0 ? &c->ok : status == LLM_E_BUSY ? &c->busy : &c->other, 1);
}

static void *intrude(void *arg)
{
    crowd *c = arg;
    for (int i = 0; i < 25; i++) {
        llm_evidence *evidence = NULL;
        llm_verdict *verdict = NULL;
        llm_reply *reply = NULL;
        count(c, llm_retrieve(c->ctx, "north tower", 11, NULL, &evidence));
        count(c, llm_guard_check(c->ctx, "call 212-555-0147", 17, NULL, &verdict));
        llm_status status = llm_generate(c->ctx, "tower", 5, NULL, NULL, &reply);
        count(c, status);
        if (status == LLM_OK) count(c, llm_reply_next(reply));
        llm_evidence_free(evidence);
        llm_verdict_free(verdict);
        llm_reply_free(reply);
    }
    return NULL;
}

static void two_in_one_context(llm_model *model, llm_corpus *corpus)
{
    crowd c = {.corpus = corpus};
    CHECK(llm_ctx_create(&c.ctx, model, corpus, NULL, NULL, NULL) == LLM_OK);
    pthread_t thread[4];
    for (int i = 0; i < 4; i++) CHECK(pthread_create(&thread[i], NULL, intrude, &c) == 0);
    for (int i = 0; i < 4; i++) pthread_join(thread[i], NULL);
    printf("one context, four threads: %d done, %d busy\n", atomic_load(&c.ok), atomic_load(&c.busy));
    CHECK(atomic_load(&c.other) == 0);
    CHECK(atomic_load(&c.ok) > 0);
    llm_evidence *evidence = NULL; /* and afterwards it works as ever */
    CHECK(llm_retrieve(c.ctx, "north tower", 11, NULL, &evidence) == LLM_OK && llm_evidence_count(evidence) > 0);
    llm_evidence_free(evidence);
    llm_ctx_free(c.ctx);
}

/* ---- many contexts ---- */

static void *reader(void *arg)
{
    crowd *c = arg;
    llm_ctx *ctx = NULL;
    CHECK(llm_ctx_create(&ctx, c->model, c->corpus, c->guard, NULL, NULL) == LLM_OK);
    char first[512] = "";
    for (int i = 0; i < 3; i++) {
        llm_evidence *evidence = NULL;
        llm_reply *reply = NULL;
        llm_gen_opts opts = LLM_GEN_OPTS_INIT;
        opts.max_tokens = 6;
        opts.flags = LLM_GEN_IGNORE_EOS;
        CHECK_WHY(llm_retrieve(ctx, "Where is the instrument stored?", 31, NULL, &evidence) == LLM_OK,
                  llm_ctx_errmsg(ctx));
        CHECK(llm_evidence_count(evidence) > 0);
        CHECK_WHY(llm_generate(ctx, "the tower", 9, NULL, &opts, &reply) == LLM_OK, llm_ctx_errmsg(ctx));
        while (llm_reply_next(reply) == LLM_MORE) {}
        CHECK(llm_reply_output_tokens(reply) == 6);
        if (i == 0) snprintf(first, sizeof first, "%s", llm_reply_text(reply));
        CHECK(strcmp(first, llm_reply_text(reply)) == 0); /* neighbours change nothing */
        llm_reply_free(reply);
        llm_evidence_free(evidence);
    }
    llm_ctx_free(ctx);
    return NULL;
}

static void *writer(void *arg)
{
    crowd *c = arg;
    char name[32];
    for (int i = 0; !atomic_load(&c->stop); i++) {
        snprintf(name, sizeof name, "note-%d.txt", i % 5);
        llm_error err = LLM_ERROR_INIT;
        CHECK_WHY(llm_ingest(c->corpus, name, HOST_DOC, strlen(HOST_DOC), NULL, &err) == LLM_OK, err.message);
        if (i % 3 == 2) CHECK_WHY(llm_remove(c->corpus, name, &err) == LLM_OK, err.message);
    }
    return NULL;
}

static void many_contexts(llm_model *model, llm_corpus *corpus)
{
    crowd c = {.model = model, .corpus = corpus};
    CHECK(llm_guard_create(&c.guard, NULL, NULL) == LLM_OK);
    pthread_t readers[4], writing;
    CHECK(pthread_create(&writing, NULL, writer, &c) == 0);
    for (int i = 0; i < 4; i++) CHECK(pthread_create(&readers[i], NULL, reader, &c) == 0);
    for (int i = 0; i < 4; i++) pthread_join(readers[i], NULL);
    atomic_store(&c.stop, 1);
    pthread_join(writing, NULL);
    CHECK(llm_corpus_check(corpus, NULL) == LLM_OK);
    llm_guard_free(c.guard);
    puts("four contexts read while a thread writes");
}

/* ---- steps joined into batches ---- */

enum { SINGERS = 8, SONG = 24 };

typedef struct singer {
    llm_model *model;
    uint32_t kv;
    char prompt[1600];
    char alone[512], together[512];
} singer;

static void sing(llm_ctx *ctx, const singer *s, char out[512])
{
    llm_reply *reply = NULL;
    llm_gen_opts opts = LLM_GEN_OPTS_INIT;
    opts.max_tokens = SONG;
    opts.flags = LLM_GEN_IGNORE_EOS;
    CHECK_WHY(llm_generate(ctx, s->prompt, strlen(s->prompt), NULL, &opts, &reply) == LLM_OK, llm_ctx_errmsg(ctx));
    while (llm_reply_next(reply) == LLM_MORE) {}
    CHECK_WHY(llm_reply_output_tokens(reply) == SONG, llm_ctx_errmsg(ctx));
    size_t at = 0;
    for (uint32_t i = 0; i < SONG; i++)
        at += (size_t)snprintf(out + at, 512 - at, "%d ", (int)llm_reply_token(reply, i));
    llm_reply_free(reply);
}

static llm_ctx *stage(const singer *s)
{
    llm_ctx *ctx = NULL;
    llm_ctx_opts opts = LLM_CTX_OPTS_INIT;
    opts.flags = LLM_CTX_NO_GUARD;
    opts.kv_type = s->kv;
    opts.n_batch = s->kv == LLM_KV_Q8_0 ? 33 : 0;
    CHECK(llm_ctx_create(&ctx, s->model, NULL, NULL, &opts, NULL) == LLM_OK);
    return ctx;
}

static void *sing_along(void *arg)
{
    singer *s = arg;
    for (int round = 0; round < 2; round++) {
        llm_ctx *ctx = stage(s), *child = NULL;
        sing(ctx, s, s->together);
        if (strcmp(s->alone, s->together) != 0) {
            fprintf(stderr, "kv %u, a prompt of %zu bytes: alone %s\nin company %s\n", s->kv, strlen(s->prompt),
                    s->alone, s->together);
            exit(1);
        }
        CHECK_WHY(llm_ctx_drop(ctx, (uint32_t)llm_ctx_used(ctx) / 2, UINT32_MAX) == LLM_OK, llm_ctx_errmsg(ctx));
        CHECK_WHY(llm_ctx_fork(ctx, &child) == LLM_OK, llm_ctx_errmsg(ctx));
        llm_ctx_free(ctx); /* the fork goes on with its pages */
        sing(child, s, s->together);
        CHECK(strcmp(s->alone, s->together) == 0);
        llm_ctx_free(child);
    }
    return NULL;
}

static void company_changes_nothing(llm_model *model)
{
    static singer singers[SINGERS];
    pthread_t thread[SINGERS];
    for (uint32_t i = 0; i < SINGERS; i++) {
        singer *s = &singers[i];
        s->model = model;
        s->kv = LLM_KV_F16 + i % 5;
        for (size_t n = 0; n < 20 + i * i * 30; n++)
            s->prompt[n] = "the north tower keeps its lamp lit "[(n * (i + 1)) % 35];
        llm_ctx *ctx = stage(s);
        sing(ctx, s, s->alone);
        llm_ctx_free(ctx);
    }
    for (int i = 0; i < SINGERS; i++) CHECK(pthread_create(&thread[i], NULL, sing_along, &singers[i]) == 0);
    for (int i = 0; i < SINGERS; i++) pthread_join(thread[i], NULL);
    printf("%d contexts at once: each has the tokens it has alone\n", SINGERS);
}

/* ---- freed under a running call ---- */

static void *long_question(void *arg)
{
    crowd *c = arg;
    llm_reply *reply = NULL;
    llm_gen_opts opts = LLM_GEN_OPTS_INIT;
    opts.max_tokens = 40;
    opts.flags = LLM_GEN_IGNORE_EOS;
    llm_status status = llm_generate(c->ctx, "tower", 5, NULL, &opts, &reply);
    atomic_store(&c->ok, 1);
    while (status >= 0 && (status = llm_reply_next(reply)) == LLM_MORE) {}
    CHECK(status <= 0);
    llm_reply_free(reply);
    return NULL;
}

static void freed_under_a_call(llm_model *model)
{
    for (int i = 0; i < 5; i++) {
        crowd c = {0};
        pthread_t thread;
        CHECK(llm_ctx_create(&c.ctx, model, NULL, NULL, NULL, NULL) == LLM_OK);
        CHECK(pthread_create(&thread, NULL, long_question, &c) == 0);
        while (!atomic_load(&c.ok)) sched_yield(); /* the reply holds its context from here on */
        llm_ctx_free(c.ctx);
        pthread_join(thread, NULL);
    }
    puts("a context freed under a running reply is safe");
}

/* ---- cancel ---- */

typedef struct alarm_clock {
    llm_cancel *cancel;
    double after, set_at;
} alarm_clock;

static void *ring(void *arg)
{
    alarm_clock *a = arg;
    const struct timespec wait = {0, (long)(a->after * 1e9)};
    nanosleep(&wait, NULL);
    a->set_at = now();
    llm_cancel_set(a->cancel);
    return NULL;
}

/* Runs work with a token that another thread sets after a while; again with a shorter while when the work was faster. */
static void cancelled(const char *what, llm_status (*work)(crowd *, const llm_cancel *), crowd *c)
{
    llm_cancel *cancel = NULL;
    CHECK(llm_cancel_create(&cancel) == LLM_OK);
    for (double after = 0.03; after > 1e-5; after /= 4) {
        alarm_clock clock = {cancel, after, 0};
        pthread_t thread;
        llm_cancel_reset(cancel);
        CHECK(llm_cancel_is_set(cancel) == 0);
        CHECK(pthread_create(&thread, NULL, ring, &clock) == 0);
        llm_status status = work(c, cancel);
        double end = now();
        pthread_join(thread, NULL);
        CHECK(status == LLM_OK || status == LLM_E_CANCELLED);
        if (status == LLM_OK) continue;
        printf("%s: stopped %.0f ms after the token was set\n", what, (end - clock.set_at) * 1e3);
        llm_cancel_free(cancel);
        return;
    }
    printf("%s: too fast here to be cancelled half-way\n", what);
    llm_cancel_set(cancel); /* then at least a token that is set beforehand stops it */
    CHECK(work(c, cancel) == LLM_E_CANCELLED);
    llm_cancel_free(cancel);
}

static char *big_text;
static size_t big_len;

static llm_status work_ingest(crowd *c, const llm_cancel *cancel)
{
    llm_ingest_opts opts = LLM_INGEST_OPTS_INIT;
    opts.cancel = cancel;
    llm_status status = llm_ingest(c->corpus, "big.txt", big_text, big_len, &opts, NULL);
    if (status == LLM_E_CANCELLED) { /* wholly or not at all */
        llm_docs *docs = NULL;
        CHECK(llm_docs_list(&docs, c->corpus, NULL) == LLM_OK);
        CHECK(llm_docs_count(docs) == 1 || llm_docs_bytes(docs, 0) == big_len);
        llm_docs_free(docs);
    }
    return status;
}

static llm_status work_retrieve(crowd *c, const llm_cancel *cancel)
{
    llm_retrieve_opts opts = LLM_RETRIEVE_OPTS_INIT;
    opts.cancel = cancel;
    llm_evidence *evidence = NULL;
    llm_status status = llm_retrieve(c->ctx, "Which keeper stored the instrument in the tower?", 48, &opts, &evidence);
    CHECK(status == LLM_OK || evidence == NULL);
    llm_evidence_free(evidence);
    return status;
}

static llm_status work_guard(crowd *c, const llm_cancel *cancel)
{
    llm_check_opts opts = LLM_CHECK_OPTS_INIT;
    opts.cancel = cancel;
    llm_verdict *verdict = NULL;
    llm_status status = llm_guard_check(c->ctx, big_text, big_len, &opts, &verdict);
    CHECK(status == LLM_OK || verdict == NULL);
    llm_verdict_free(verdict);
    return status;
}

static llm_status work_prefill(crowd *c, const llm_cancel *cancel)
{
    llm_gen_opts opts = LLM_GEN_OPTS_INIT;
    opts.cancel = cancel;
    opts.max_tokens = 4;
    llm_reply *reply = NULL;
    llm_status status = llm_generate(c->ctx, big_text, 6000, NULL, &opts, &reply);
    while (status >= 0 && (status = llm_reply_next(reply)) == LLM_MORE) {}
    if (status == LLM_E_CANCELLED && reply) CHECK(llm_reply_finish(reply) == LLM_FINISH_CANCEL);
    llm_reply_free(reply);
    return status;
}

/* A context that waits for others, and one whose step is among theirs, stop as promptly as one alone. */
static void *sing_on(void *arg)
{
    crowd *c = arg;
    llm_ctx *ctx = NULL;
    llm_ctx_opts opts = LLM_CTX_OPTS_INIT;
    opts.flags = LLM_CTX_NO_GUARD;
    CHECK(llm_ctx_create(&ctx, c->model, NULL, NULL, &opts, NULL) == LLM_OK);
    while (!atomic_load(&c->stop)) {
        llm_reply *reply = NULL;
        llm_gen_opts gen = LLM_GEN_OPTS_INIT;
        gen.flags = LLM_GEN_IGNORE_EOS;
        gen.max_tokens = 30;
        CHECK(llm_generate(ctx, big_text, 300, NULL, &gen, &reply) == LLM_OK);
        while (!atomic_load(&c->stop) && llm_reply_next(reply) == LLM_MORE) {}
        llm_reply_free(reply);
        CHECK(llm_ctx_drop(ctx, 0, UINT32_MAX) == LLM_OK);
    }
    llm_ctx_free(ctx);
    return NULL;
}

static void cancel_from_elsewhere(const char *slow_model)
{
    crowd c = {0};
    CHECK(llm_corpus_open(&c.corpus, NULL, NULL, NULL) == LLM_OK);
    CHECK(llm_ingest(c.corpus, "log.md", HOST_DOC, strlen(HOST_DOC), NULL, NULL) == LLM_OK);
    big_len = 4u << 20;
    big_text = malloc(big_len);
    CHECK(big_text != NULL);
    for (size_t i = 0, n = 0; i < big_len; i++) { /* words that differ from place to place */
        big_text[i] = i % 97 == 96 ? '.' : i % 7 == 6 ? ' ' : (char)('a' + (n = n * 31 + i) % 23);
        if (i % 970 == 969) big_text[i] = '\n', big_text[i - 1] = '\n';
    }
    cancelled("ingest", work_ingest, &c);
    CHECK(llm_ingest(c.corpus, "big.txt", big_text, big_len, NULL, NULL) == LLM_OK);
    CHECK(llm_ctx_create(&c.ctx, NULL, c.corpus, NULL, NULL, NULL) == LLM_OK);
    cancelled("retrieve", work_retrieve, &c);
    cancelled("guard", work_guard, &c);
    llm_ctx_free(c.ctx);
    CHECK(llm_model_load(&c.model, slow_model, NULL, NULL) == LLM_OK);
    llm_ctx_opts opts = LLM_CTX_OPTS_INIT;
    opts.flags = LLM_CTX_NO_GUARD;
    CHECK(llm_ctx_create(&c.ctx, c.model, NULL, NULL, &opts, NULL) == LLM_OK);
    cancelled("prefill", work_prefill, &c);
    pthread_t others[3];
    for (int i = 0; i < 3; i++) CHECK(pthread_create(&others[i], NULL, sing_on, &c) == 0);
    cancelled("prefill in company", work_prefill, &c);
    atomic_store(&c.stop, 1);
    for (int i = 0; i < 3; i++) pthread_join(others[i], NULL);
    /* a context that was cancelled goes on */
    llm_reply *reply = NULL;
    CHECK(llm_generate(c.ctx, "tower", 5, NULL, NULL, &reply) == LLM_OK);
    CHECK(llm_reply_next(reply) >= LLM_OK);
    llm_reply_free(reply);
    llm_ctx_free(c.ctx);
    llm_model_free(c.model);
    llm_corpus_free(c.corpus);
    free(big_text);
}

int main(int argc, char **argv)
{
    if (argc != 3) return 2;
    llm_model *model = NULL;
    llm_corpus *corpus = NULL;
    llm_error err = LLM_ERROR_INIT;
    llm_model_opts opts = LLM_MODEL_OPTS_INIT;
    opts.threads = 2;
    CHECK_WHY(llm_model_load(&model, argv[1], &opts, &err) == LLM_OK, err.message);
    CHECK_WHY(llm_corpus_open(&corpus, NULL, NULL, &err) == LLM_OK, err.message);
    CHECK_WHY(llm_ingest(corpus, "log.md", HOST_DOC, strlen(HOST_DOC), NULL, &err) == LLM_OK, err.message);
    two_in_one_context(model, corpus);
    many_contexts(model, corpus);
    company_changes_nothing(model);
    freed_under_a_call(model);
    llm_corpus_free(corpus);
    llm_model_free(model);
    cancel_from_elsewhere(argv[2]);
    return 0;
}
