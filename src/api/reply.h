/* An answer in the making. Two makers fill it, one at a time: extract.c quotes the evidence, decode.c runs the model; both
 * write through outflow.c, which is the only way text reaches the caller: whole code points, guarded, citations apart. */
#ifndef SX_API_REPLY_H
#define SX_API_REPLY_H

#include "api/handles.h"

/* A piece of evidence as the answer may use it: redacted by the guard, named by the label that the answer cites. */
typedef struct sx_passage {
    const char *label; /* node id, or "document#id" where the evidence spans documents */
    const char *node, *doc, *path;
    const char *text; /* as the guard let it through; NULL when it blocked the passage */
    size_t text_len;
    uint64_t start, end;
    uint32_t page; /* from 1; 0: the document has no pages */
} sx_passage;

typedef struct sx_citation {
    uint32_t passage;
    uint64_t start, end;
    const char *text;
    double support;
} sx_citation;

struct llm_reply {
    llm_ctx *ctx; /* a reference */
    sx_arena arena;
    llm_gen_opts opts;
    uint32_t finish;  /* LLM_FINISH_* */
    bool done;        /* finish is final and nothing is left to give */
    bool piece_given; /* the piece was handed out: the next call begins a new one */
    llm_status failed;

    sx_buf prompt; /* as the guard let it through */
    sx_passage *passages;
    uint32_t n_passages;
    bool grounded; /* evidence was given */

    /* outflow */
    sx_buf piece, text;
    size_t sentence_from; /* offset in text + piece where the sentence being cited begins */
    bool guarded;
    sx_filter *filter;
    uint32_t filter_taken;
    uint64_t filter_offset; /* of the filter's first byte in the unguarded answer */
    uint64_t fed;           /* bytes of the unguarded answer so far */
    bool blocked;
    bool logged;             /* the answer's verdict stands in the audit log */
    llm_verdict verdicts[3]; /* input, evidence, output */
    sx_citation *citations;
    size_t n_citations, cap_citations;

    /* extractive answers */
    sx_quote *quotes;
    const char *quote_texts[3]; /* the quoted words, in the arena */
    uint32_t n_quotes, next_quote;

    /* answers of the model */
    sx_sampler *sampler;
    sx_cite *cite;
    sx_buf raw;                    /* bytes of tokens not yet passed on: a cut code point, a stop string's beginning */
    sx_buf bracket;                /* an open citation "[0.1" */
    sx_buf frame_head, frame_tail; /* the chat template before and after a grounded prompt */
    bool framed;
    int32_t *prompt_tokens;
    size_t n_prompt_tokens, cap_prompt_tokens;
    int32_t *out_tokens;
    size_t n_out_tokens, cap_out_tokens;
    float *logits; /* [n_vocab] */
    sx_constraint constraint;
    sx_grammar *grammar;
    sx_matcher *matcher;

    /* log-probabilities, with opts.logprobs */
    float *raw_logits;   /* [n_vocab] before the sampler changed them */
    double *logprobs;    /* [n_out_tokens] */
    int32_t *top_tokens; /* [n_out_tokens, opts.logprobs] */
    float *top_logprobs;
    size_t cap_logprobs, cap_top_tokens, cap_top_logprobs;

    bool prefilled, strip_space;
    double prompt_ms, output_ms;
};

/* ---- outflow.c ---- */
/* Text of the answer: through the guard to the piece. */
llm_status sx_outflow_text(llm_reply *reply, const char *text, size_t len);
/* A citation: everything before it is released first, then "[label]" follows, which the guard need not see. */
llm_status sx_outflow_cite(llm_reply *reply, uint32_t passage, uint64_t start, uint64_t end, const char *text,
                           size_t text_len);
/* Releases what the guard still holds. */
llm_status sx_outflow_flush(llm_reply *reply);

/* ---- extract.c ---- */
llm_status sx_extract_begin(llm_reply *reply, const sx_evidence *evidence, const char *question, size_t len);
llm_status sx_extract_step(llm_reply *reply);

/* ---- decode.c ---- */
llm_status sx_decode_begin(llm_reply *reply);
llm_status sx_decode_step(llm_reply *reply);

/* ---- constrain.c ---- */
/* Whether the options can be served at all. */
llm_status sx_constrain_check(llm_ctx *ctx, const llm_gen_opts *opts, bool grounded);
/* Fills in reply->constraint; NULL in *constraint when nothing restrains the text. */
llm_status sx_constrain_begin(llm_reply *reply, const sx_constraint **constraint);
/* Tells the constraints the token that was chosen. */
void sx_constrain_advance(llm_reply *reply, int32_t token);
/* When no token could be chosen: LLM_OK if the text may end here. */
llm_status sx_constrain_stuck(llm_reply *reply);

/* ---- logprobs.c ---- */
/* Around the sampler, with opts.logprobs: keeps the raw logits, then notes the chosen token's place in them. */
void sx_logprobs_keep(llm_reply *reply);
llm_status sx_logprobs_note(llm_reply *reply, int32_t token);

/* ---- frame.c ---- */
/* Finds what the model's chat template puts around a user message, if it has one. */
llm_status sx_frame_prepare(llm_reply *reply);
/* The prompt in tokens, inside the frame if there is one. */
llm_status sx_frame_tokens(llm_reply *reply);

/* ---- ground.c ---- */
/* Copies the evidence into passages: labelled, guarded. */
llm_status sx_ground_passages(llm_reply *reply, const llm_evidence *evidence);
/* Turns the question into a prompt over as many passages as fit; passages left out lose their label. */
llm_status sx_ground_prompt(llm_reply *reply);

#endif
