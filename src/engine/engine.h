/* The engine: language models on CPUs. It knows tensors, tokens and samplers, and nothing of documents or policies.
 *
 * A model is immutable once loaded and may be used by any number of sessions and threads. A session is one caller's
 * timeline (KV cache and position) and is used by one thread at a time. Evaluations of all sessions of a model share its
 * worker pool, and what waits at the same time goes through the model as one batch. Logits do not depend on thread count, batch neighbours or how a prompt is cut into evaluations. */
#ifndef SX_ENGINE_H
#define SX_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/buf.h"
#include "platform/error.h"
#include "platform/log.h"
#include "platform/mem.h"

typedef struct sx_model sx_model;
typedef struct sx_session sx_session;

typedef struct sx_model_params {
    uint32_t threads; /* 0: sx_cpu_default_threads */
    uint32_t isa;     /* highest LLM_ISA_* to use; 0: best */
    const llm_cancel *cancel;
    const sx_log *log;
} sx_model_params;

/* Where a model's bytes are: a path (a GGUF file, the first of several, or a folder of safetensors), or memory that outlives
 * the model, or a range of an open file. */
typedef struct sx_origin {
    const char *path; /* NULL: data or fd */
    const void *data; /* NULL: fd */
    size_t size;      /* of data, or of the range; 0: to the file's end */
    uint64_t offset;  /* of the range */
    int fd;
} sx_origin;

/* ---- model ---- */
llm_status sx_model_load(sx_model **out, sx_mem *mem, const char *path, const sx_model_params *params, llm_error *err);
llm_status sx_model_load_from(sx_model **out, sx_mem *mem, const sx_origin *from, const sx_model_params *params,
                              llm_error *err);
void sx_model_free(sx_model *model);
const char *sx_model_info(const sx_model *model, const char *key); /* as llm_model_info */
uint32_t sx_model_n_vocab(const sx_model *model);
uint32_t sx_model_n_tokens(const sx_model *model); /* of the tokenizer, at most n_vocab: what may be sampled */
uint32_t sx_model_n_ctx(const sx_model *model);
int32_t sx_model_token(const sx_model *model, const char *name); /* as llm_model_token */

/* ---- tokens ---- */
int64_t sx_tokenize(const sx_model *model, sx_mem *mem, const char *text, size_t len, uint32_t flags, int32_t *tokens,
                    size_t capacity, llm_error *err); /* as llm_tokenize */
int64_t sx_detokenize(const sx_model *model, sx_mem *mem, const int32_t *tokens, size_t n, uint32_t flags, char *text,
                      size_t capacity, llm_error *err); /* as llm_detokenize */
/* The bytes a token stands for inside a text (they may be part of a code point; "" for special tokens): borrowed. */
const char *sx_token_bytes(const sx_model *model, int32_t token, size_t *len);
/* The same, but a special token's own text, such as "<|im_start|>". */
const char *sx_token_shown(const sx_model *model, int32_t token, size_t *len);
bool sx_token_ends(const sx_model *model, int32_t token); /* end of text or of turn */
/* True when generation from an empty prompt text should drop the first token's leading space (SentencePiece). */
bool sx_model_strips_space(const sx_model *model);

/* A chat template over JSON variables, as llm_chat_template; appended to out. model may be NULL with a source. */
llm_status sx_model_template(const sx_model *model, sx_mem *mem, const char *source, size_t source_len,
                             const char *vars, size_t vars_len, sx_buf *out, llm_error *err);

/* An answer to a prompt that sx_model_template made, as llm_chat_parse; appended to out. */
llm_status sx_model_answer(const sx_model *model, sx_mem *mem, const char *source, size_t source_len,
                           const char *prompt, size_t prompt_len, const char *text, size_t len, bool partial,
                           sx_buf *out, llm_error *err);

/* ---- session ---- */
typedef struct sx_session_params {
    uint32_t n_ctx;   /* positions; 0: the model's own, at most 8192 */
    uint32_t n_batch; /* tokens per evaluation; 0: 512 */
    uint32_t kv_type; /* LLM_KV_*; 0: F16 */
} sx_session_params;

llm_status sx_session_create(sx_session **out, sx_mem *mem, sx_model *model, const sx_session_params *params,
                             llm_error *err);
void sx_session_free(sx_session *session);
uint32_t sx_session_n_ctx(const sx_session *session);
uint32_t sx_session_used(const sx_session *session); /* positions filled */
/* Forgets positions from `keep` on. Returns how many are left: fewer, when layers with a window no longer hold what those
 * before it would see. */
uint32_t sx_session_truncate(sx_session *session, uint32_t keep);
/* Keeps the longest beginning of what the session holds that is also one of tokens, leaving at least the last of them to be
 * evaluated; forgets the rest. Returns its length. */
uint32_t sx_session_reuse(sx_session *session, const int32_t *tokens, size_t n);
/* Forgets positions begin .. end - 1; what stands behind moves up to `begin`, its keys turned to where they stand now. It
 * keeps what it read from the dropped text, so this is not what evaluating the shorter text gives. end beyond what is filled:
 * as truncating. LLM_E_UNSUPPORTED where the model cannot. On a failure the session is as before. */
llm_status sx_session_drop(sx_session *session, uint32_t begin, uint32_t end, llm_error *err);
/* A second session at the same place of the same text. Pages are shared until one of the two writes. */
llm_status sx_session_fork(sx_session **out, sx_mem *mem, const sx_session *from, llm_error *err);
/* The state as llm_ctx_save and its kin have it. What is read replaces what the session holds, or leaves it alone. */
llm_status sx_session_save(const sx_session *session, const char *path, llm_error *err);
llm_status sx_session_restore(sx_session *session, const char *path, llm_error *err);
int64_t sx_session_export(const sx_session *session, void *bytes, size_t capacity, llm_error *err);
llm_status sx_session_import(sx_session *session, const void *bytes, size_t n, llm_error *err);
/* Appends n tokens, evaluated in batches. logits: all_rows ? [n, n_vocab] : [n_vocab] of the last token; NULL: none.
 * The cancel token is polled so that a stop is seen within 100 ms. On a failure the session is as before the call. */
llm_status sx_session_eval(sx_session *session, const int32_t *tokens, size_t n, bool all_rows, float *logits,
                           const llm_cancel *cancel, llm_error *err);
/* The same for tokens that were chosen from the session's own logits, and for guesses at what comes after them. At a level
 * without matrix units the bits are those of sx_session_eval; elsewhere only other such steps have the same. */
llm_status sx_session_step(sx_session *session, const int32_t *tokens, size_t n, bool all_rows, float *logits,
                           const llm_cancel *cancel, llm_error *err);

/* Guesses, from what the session has evaluated, what follows it and then `last`, a token not yet evaluated: at most `max`
 * tokens, 0 when the text has stood at no such place before. */
uint32_t sx_session_lookup(const sx_session *session, int32_t last, uint32_t max, int32_t *draft);

/* ---- adapters ---- */
typedef struct sx_adapter sx_adapter; /* low-rank changes to a model's matrices; immutable, shared */

/* From a GGUF adapter, or a folder of the peft package. The adapter must not outlive the model. LLM_E_FORMAT: damaged, or made for another model. */
llm_status sx_adapter_load(sx_adapter **out, sx_mem *mem, const sx_model *model, const char *path, llm_error *err);
void sx_adapter_free(sx_adapter *adapter); /* no session may carry it any more */
/* The session carries these from now on, each times its scale (0: not at all), and forgets what it held. */
llm_status sx_session_adapt(sx_session *session, const sx_adapter *const *adapters, const float *scales, size_t n,
                            llm_error *err);

/* ---- texts as vectors ---- */
typedef struct sx_embed_text {
    const int32_t *tokens;
    uint32_t n;
    uint32_t second; /* where a second sentence begins; n: nowhere */
} sx_embed_text;

typedef struct sx_embed_params {
    uint32_t pooling; /* LLM_POOL_*, not 0 */
    bool normalise;
    bool rank; /* one number per text, the classification head's, instead of a vector */
} sx_embed_params;

uint32_t sx_model_n_embd(const sx_model *model);
uint32_t sx_model_pooling(const sx_model *model); /* LLM_POOL_*, as the model's file asks for */
bool sx_model_encodes(const sx_model *model);     /* reads both ways; a batch must hold each text whole */
bool sx_model_ranks(const sx_model *model);       /* has a classification head */
/* A session for sx_session_embed alone; the only kind that models which read both ways allow. */
llm_status sx_session_create_reader(sx_session **out, sx_mem *mem, sx_model *model, const sx_session_params *params,
                                    llm_error *err);
/* out: per text n_embd floats, or with LLM_POOL_NONE that many per token, or with rank one. Forgets what the session held.
 * A text's vector does not depend on the others. */
llm_status sx_session_embed(sx_session *session, const sx_embed_text *texts, size_t count, const sx_embed_params *how,
                            float *out, const llm_cancel *cancel, llm_error *err);

/* ---- scoring ---- */
typedef struct sx_score_item { /* a text that follows the shared prefix */
    const int32_t *tokens;
    size_t n;
    size_t from;        /* tokens before this one are read and not scored */
    double *logprob;    /* out: [n - from] natural logarithm of each token's probability */
    int32_t *top;       /* out: [n - from, n_top] the likeliest tokens there, best first; NULL with n_top 0 */
    float *top_logprob; /* out: [n - from, n_top] */
} sx_score_item;

/* Reads n_prefix more tokens, then all items after them, in batches that share what was read; afterwards the session holds
 * the prefix and no item. An item's scores do not depend on the others, nor on threads or batch sizes. The first token
 * of a session cannot be scored: nothing comes before it. On a failure the session is as before the call. */
llm_status sx_session_score(sx_session *session, const int32_t *prefix, size_t n_prefix, sx_score_item *items,
                            size_t count, uint32_t n_top, const llm_cancel *cancel, llm_error *err);

/* One row of logits: the logarithm of the sum of exponentials, in double; then the likeliest tokens, best first, with
 * their log-probabilities (-1 and -INFINITY beyond the vocabulary). */
double sx_logits_sum(const float *logits, uint32_t n);
void sx_logits_best(const float *logits, uint32_t n, double sum, uint32_t n_top, int32_t *top, float *logprob);

/* ---- sampling ---- */

/* What may come next, as the sampler asks it: for one token first, then, when that one may not come, for all at once. Tokens
 * that end the text are asked for like any other. */
typedef struct sx_constraint {
    void *user;
    bool (*accepts)(void *user, int32_t token);
    bool (*mask)(void *user,
                 uint32_t *bits /* [n_vocab] bits, cleared */); /* false: it failed, and the user knows why */
} sx_constraint;

typedef struct sx_sampler_params { /* fields as in llm_gen_opts */
    float temperature, top_p, min_p;
    uint32_t top_k;
    uint64_t seed;
    float repeat_penalty, frequency_penalty, presence_penalty;
    uint32_t penalty_last_n;
    float dry_multiplier, dry_base;
    uint32_t dry_allowed_length, dry_last_n;
    float dynatemp_range, dynatemp_exponent, top_n_sigma, typical_p, xtc_probability, xtc_threshold;
    float mirostat_tau, mirostat_eta;
    uint32_t n_bias;
    const int32_t *bias_tokens; /* these must outlive the sampler: */
    const float *bias;
    const char *dry_breakers;
    const sx_constraint *constraint; /* NULL: none */
} sx_sampler_params;

typedef struct sx_sampler sx_sampler;
llm_status sx_sampler_create(sx_sampler **out, sx_mem *mem, const sx_model *model, const sx_sampler_params *params,
                             llm_error *err);
void sx_sampler_free(sx_sampler *sampler);
/* Tells what came before (the prompt), for the penalties. Tokens that sx_sample chose are known already. */
void sx_sampler_read(sx_sampler *sampler, const int32_t *tokens, size_t n);
/* Chooses from logits [n_vocab] (which it may change). -1 when the constraint accepts no token at all or failed. The random numbers
 * are a function of (seed, number of tokens sampled so far). */
int32_t sx_sample(sx_sampler *sampler, float *logits);

/* ---- grammars ---- */
typedef struct sx_grammar sx_grammar; /* compiled; immutable, any thread */
typedef struct sx_matcher
    sx_matcher; /* one text's place in a grammar; one caller at a time; the grammar must outlive it */

llm_status sx_grammar_create(sx_grammar **out, sx_mem *mem, const char *gbnf, size_t len, llm_error *err);
/* The JSON texts that satisfy a JSON Schema. */
llm_status sx_grammar_from_schema(sx_grammar **out, sx_mem *mem, const char *schema, size_t len, llm_error *err);
void sx_grammar_free(sx_grammar *grammar);

llm_status sx_matcher_create(sx_matcher **out, sx_mem *mem, sx_model *model, const sx_grammar *grammar, llm_error *err);
void sx_matcher_free(sx_matcher *matcher);
bool sx_matcher_accepts(sx_matcher *matcher, int32_t token);
/* Sets the bits of all tokens that may come next; false: the matcher failed, sx_matcher_status says why. */
bool sx_matcher_mask(sx_matcher *matcher, uint32_t *bits);
bool sx_matcher_advance(sx_matcher *matcher, int32_t token); /* false: the token may not come, or the matcher failed */
bool sx_matcher_may_end(const sx_matcher *matcher);
bool sx_matcher_must_end(const sx_matcher *matcher);
llm_status sx_matcher_status(const sx_matcher *matcher, llm_error *err);

/* ---- quantised blocks ---- */
llm_status sx_dequantize(const char *type, const void *src, size_t src_len, float *dst, size_t dst_len, llm_error *err);
/* A model file in a smaller type, as llm_quantize. */
llm_status sx_quantise_file(const char *in, const char *out, const char *recipe, const char *importance /* or NULL */,
                            uint32_t threads, const llm_cancel *cancel, sx_mem *mem, llm_error *err);
/* Writes an importance matrix of a text, as llm_imatrix; forgets what the session held. dataset: the text's name. */
llm_status sx_session_imatrix(sx_session *session, const int32_t *tokens, size_t n, const char *dataset,
                              const char *out, const llm_cancel *cancel, llm_error *err);

#endif
