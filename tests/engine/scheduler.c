/* What waits at the same time goes through the model together: single tokens all at once, of a prompt a part with them; and
 * one who gives up while others are evaluated is answered at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "engine/session/session.h"
#include "platform/cancel.h"
#include "platform/clock.h"
#include "tiny.h"

enum { STEPS = 3, READ = 300, MOST = 4096 };

static sx_mem mem;

static sx_model *load(void)
{
    char path[256];
    sx_model *model = NULL;
    tiny t = tiny_default;
    t.n_ctx = 1024;
    tiny_write(&t, path);
    assert_int_equal(sx_model_load(&model, &mem, path, &(sx_model_params){.threads = 2}, NULL), LLM_OK);
    unlink(path);
    return model;
}

static sx_session *open_session(sx_model *model)
{
    sx_session *s = NULL;
    assert_int_equal(sx_session_create(&s, &mem, model, &(sx_session_params){1024, 0, 0}, NULL), LLM_OK);
    return s;
}

/* How many rows each batch had, by the first matrix they go through. */
typedef struct watch {
    uint32_t rows[MOST];
    size_t n;
} watch;

static void see(void *user, const sx_weight *w, const float *x, size_t ldx, uint32_t n_tok)
{
    watch *seen = user;
    (void)x;
    (void)ldx;
    if (strcmp(w->name, "blk.0.attn_q.weight") == 0 && seen->n < MOST) seen->rows[seen->n++] = n_tok;
}

/* Somebody who holds the turn until the others have had time to queue. */
typedef struct holder {
    sx_session *s;
    watch *seen;
    sx_observer observer;
    sem_t holds, let_go;
} holder;

static bool hold(void *arg, sx_eval *e)
{
    holder *h = arg;
    h->observer = (sx_observer){see, h->seen};
    e->observer = &h->observer;
    sem_post(&h->holds);
    sem_wait(&h->let_go);
    return true;
}

static bool look_away(void *arg, sx_eval *e)
{
    (void)arg;
    e->observer = NULL;
    return true;
}

static void *hold_turn(void *arg)
{
    holder *h = arg;
    assert_int_equal(sx_session_alone(h->s, hold, h, NULL, NULL), LLM_OK);
    return NULL;
}

typedef struct caller {
    sx_session *s;
    const int32_t *tokens;
    size_t n;
    float *logits;
    llm_status status;
    const llm_cancel *cancel;
} caller;

static void *call(void *arg)
{
    caller *c = arg;
    c->status = sx_session_eval(c->s, c->tokens, c->n, false, c->logits, c->cancel, NULL);
    return NULL;
}

static void begin_holding(holder *h, pthread_t *thread, sx_session *s, watch *seen)
{
    h->s = s;
    h->seen = seen;
    sem_init(&h->holds, 0, 0);
    sem_init(&h->let_go, 0, 0);
    assert_int_equal(pthread_create(thread, NULL, hold_turn, h), 0);
    sem_wait(&h->holds);
}

static void waiting_steps_are_one_batch(void **state)
{
    (void)state;
    int32_t tokens[READ];
    sx_model *model = load();
    const size_t vocab = sx_model_n_vocab(model);
    uint64_t seed = 3;
    for (int i = 0; i < READ; i++) tokens[i] = (int32_t)(random_bits(&seed) % vocab);
    sx_session *s[STEPS + 2];
    float *want[STEPS + 1], *got[STEPS + 1];
    for (int i = 0; i < STEPS + 2; i++) s[i] = open_session(model);
    for (int i = 0; i <= STEPS; i++) { /* each alone first: three write their next token, one reads a prompt */
        want[i] = malloc(vocab * sizeof(float));
        got[i] = malloc(vocab * sizeof(float));
        if (i < STEPS)
            assert_int_equal(sx_session_eval(s[i], tokens + i, 10 + (size_t)i, false, NULL, NULL, NULL), LLM_OK);
        assert_int_equal(sx_session_eval(s[i], tokens, i < STEPS ? 1 : READ, false, want[i], NULL, NULL), LLM_OK);
        sx_session_truncate(s[i], i < STEPS ? 10 + (uint32_t)i : 0);
    }
    bool joined = false;
    for (long patience = 5000; patience < 2000000 && !joined; patience *= 3) {
        static watch seen;
        holder h;
        pthread_t holding, calling[STEPS + 1];
        caller callers[STEPS + 1];
        seen.n = 0;
        begin_holding(&h, &holding, s[STEPS + 1], &seen);
        for (int i = 0; i <= STEPS; i++) {
            callers[i] = (caller){s[i], tokens, i < STEPS ? 1 : READ, got[i], 0, NULL};
            assert_int_equal(pthread_create(&calling[i], NULL, call, &callers[i]), 0);
        }
        usleep((unsigned)patience); /* then all of them wait, unless this machine is very busy */
        sem_post(&h.let_go);
        pthread_join(holding, NULL);
        uint32_t rows = 0;
        for (int i = 0; i <= STEPS; i++) {
            pthread_join(calling[i], NULL);
            assert_int_equal(callers[i].status, LLM_OK);
            assert_memory_equal(got[i], want[i], vocab * sizeof(float));
            sx_session_truncate(s[i], i < STEPS ? 10 + (uint32_t)i : 0);
        }
        joined = seen.n > 1 && seen.rows[0] == STEPS + 64; /* three tokens, and a part of the prompt with them */
        for (size_t i = 0; i < seen.n; i++) rows += seen.rows[i];
        assert_int_equal(rows, STEPS + READ);
        assert_int_equal(sx_session_alone(s[STEPS + 1], look_away, NULL, NULL, NULL), LLM_OK);
    }
    assert_true(joined);
    for (int i = 0; i < STEPS + 2; i++) sx_session_free(s[i]);
    for (int i = 0; i <= STEPS; i++) {
        free(want[i]);
        free(got[i]);
    }
    sx_model_free(model);
}

static void one_who_waits_can_give_up(void **state)
{
    (void)state;
    static watch seen;
    holder h;
    pthread_t holding, calling;
    llm_cancel cancel;
    int32_t token = 5;
    sx_model *model = load();
    sx_session *first = open_session(model), *second = open_session(model);
    atomic_init(&cancel.set, 0);
    begin_holding(&h, &holding, first, &seen);
    caller c = {second, &token, 1, NULL, 0, &cancel};
    assert_int_equal(pthread_create(&calling, NULL, call, &c), 0);
    usleep(20000);
    double begin = sx_clock_ms();
    atomic_store(&cancel.set, 1);
    pthread_join(calling, NULL); /* while the other still holds the turn */
    print_message("answered after %.0f ms\n", sx_clock_ms() - begin);
    assert_int_equal(c.status, LLM_E_CANCELLED);
    assert_int_equal(sx_session_used(second), 0);
    sem_post(&h.let_go);
    pthread_join(holding, NULL);
    assert_int_equal(sx_session_alone(first, look_away, NULL, NULL, NULL), LLM_OK);
    sx_session_free(first);
    sx_session_free(second);
    sx_model_free(model);
}

int main(void)
{
    sx_mem_init(&mem, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waiting_steps_are_one_batch),
        cmocka_unit_test(one_who_waits_can_give_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
