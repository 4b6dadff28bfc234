/* A host's own judge without a callback into Python or Go: the retrieval runs in a thread of the face's, its judge hands each
 * batch over here and waits, and the caller's thread takes the batch, asks the host's function and answers. */

typedef struct sx_judge {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    llm_judge_batch *batch; /* waits for its answer; NULL: none does */
    llm_status answer;
    int ended;
} sx_judge;

static sx_judge *sx_judge_create(void)
{
    sx_judge *judge = calloc(1, sizeof *judge);
    if (!judge) return NULL;
    if (pthread_mutex_init(&judge->lock, NULL) == 0) {
        if (pthread_cond_init(&judge->changed, NULL) == 0) return judge;
        pthread_mutex_destroy(&judge->lock);
    }
    free(judge);
    return NULL;
}

static void sx_judge_free(sx_judge *judge)
{
    if (!judge) return;
    pthread_cond_destroy(&judge->changed);
    pthread_mutex_destroy(&judge->lock);
    free(judge);
}

/* What the library calls, in the retrieval's thread. */
static llm_status sx_judge_ask(void *user, llm_judge_batch *batch)
{
    sx_judge *judge = user;
    pthread_mutex_lock(&judge->lock);
    judge->batch = batch;
    pthread_cond_broadcast(&judge->changed);
    while (judge->batch) pthread_cond_wait(&judge->changed, &judge->lock);
    const llm_status answer = judge->answer;
    pthread_mutex_unlock(&judge->lock);
    return answer;
}

static int32_t sx_judge_wait(sx_judge *judge, uint32_t ms)
{
    struct timespec until;
    int late = 0;
    timespec_get(&until, TIME_UTC);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&judge->lock);
    while (!judge->batch && !judge->ended && !late)
        late = pthread_cond_timedwait(&judge->changed, &judge->lock, &until) != 0;
    const int32_t state = judge->batch ? 1 : judge->ended ? 0 : -1;
    pthread_mutex_unlock(&judge->lock);
    return state;
}

/* The batch stands still until it is answered, so these need no lock. */
static const char *sx_judge_question(const sx_judge *judge)
{
    return judge->batch->question;
}
static uint32_t sx_judge_count(const sx_judge *judge)
{
    return judge->batch->count;
}
static const char *sx_judge_doc(const sx_judge *judge, uint32_t i)
{
    return i < judge->batch->count ? judge->batch->docs[i] : "";
}
static const char *sx_judge_node(const sx_judge *judge, uint32_t i)
{
    return i < judge->batch->count ? judge->batch->nodes[i] : "";
}
static const char *sx_judge_text(const sx_judge *judge, uint32_t i)
{
    return i < judge->batch->count ? judge->batch->texts[i] : "";
}
static double sx_judge_lexical(const sx_judge *judge, uint32_t i)
{
    return i < judge->batch->count ? judge->batch->lexical[i] : 0;
}
static uint64_t sx_judge_tokens_left(const sx_judge *judge)
{
    return judge->batch->tokens_left;
}
static double sx_judge_ms_left(const sx_judge *judge)
{
    return judge->batch->ms_left;
}

static void sx_judge_score(sx_judge *judge, uint32_t i, double score)
{
    if (judge->batch && i < judge->batch->count) judge->batch->scores[i] = score;
}

static void sx_judge_answer(sx_judge *judge, llm_status status)
{
    pthread_mutex_lock(&judge->lock);
    judge->answer = status;
    judge->batch = NULL;
    pthread_cond_broadcast(&judge->changed);
    pthread_mutex_unlock(&judge->lock);
}

static void sx_judge_end(sx_judge *judge)
{
    pthread_mutex_lock(&judge->lock);
    judge->ended = 1;
    pthread_cond_broadcast(&judge->changed);
    pthread_mutex_unlock(&judge->lock);
}

static llm_evidence *sx_retrieve_judged(llm_ctx *ctx, const char *question, size_t len, uint32_t top, uint32_t beam,
                                        const char *doc, const char *filter, sx_judge *judge, float judge_weight,
                                        uint32_t judge_ms, uint64_t judge_tokens, const llm_cancel *cancel,
                                        llm_error *err)
{
    llm_retrieve_opts opts = LLM_RETRIEVE_OPTS_INIT;
    opts.top = top;
    opts.beam = beam;
    opts.doc = sx_or_null(doc);
    opts.filter = sx_or_null(filter);
    opts.judge = sx_judge_ask;
    opts.judge_user = judge;
    opts.judge_weight = judge_weight;
    opts.judge_ms = judge_ms;
    opts.judge_tokens = judge_tokens;
    opts.cancel = cancel;
    llm_evidence *made = NULL;
    sx_ctx_told(ctx, llm_retrieve(ctx, question, len, &opts, &made), err);
    sx_judge_end(judge);
    return made;
}
