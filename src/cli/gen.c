/* Options of making text, and running a reply to its end. */
#include "gen.h"

#include <string.h>

#include "term.h"

void sx_gen_init(sx_gen *gen)
{
    memset(gen, 0, sizeof *gen);
    llm_ctx_opts_init(&gen->ctx, sizeof gen->ctx);
    llm_gen_opts_init(&gen->opts, sizeof gen->opts);
}

void sx_gen_free(sx_gen *gen)
{
    sx_sampling_free(&gen->lists);
}

bool sx_gen_option(sx_gen *gen, sx_args *args, int id)
{
    llm_gen_opts *o = &gen->opts;
    int word = 0;
    switch (id) {
    case SX_OPT_MODEL: gen->model = args->value; return true;
    case SX_OPT_MAX_TOKENS: return sx_arg_u32(args, 1, UINT32_MAX, &o->max_tokens);
    case SX_OPT_TEMPERATURE: return sx_arg_float(args, 0, 100, &o->temperature);
    case SX_OPT_TOP_K: return sx_arg_u32(args, 0, UINT32_MAX, &o->top_k);
    case SX_OPT_TOP_P: return sx_arg_float(args, 0, 1, &o->top_p);
    case SX_OPT_MIN_P: return sx_arg_float(args, 0, 1, &o->min_p);
    case SX_OPT_SEED: return sx_arg_u64(args, &o->seed);
    case SX_OPT_STOP:
        if (sx_list_add(&gen->lists.stop, args->value, strlen(args->value))) return true;
        sx_say(args->cmd, "out of memory");
        return false;
    case SX_OPT_THREADS: return sx_arg_u32(args, 1, 4096, &gen->threads);
    case SX_OPT_ISA: return (gen->isa = sx_isa(args)) >= 0;
    case SX_OPT_CTX: return sx_arg_u32(args, 1, UINT32_MAX, &gen->ctx.n_ctx);
    case SX_OPT_KV:
        word = sx_kv(args);
        gen->ctx.kv_type = word < 0 ? 0 : (uint32_t)word;
        return word >= 0;
    case SX_OPT_NO_GUARD: gen->ctx.flags |= LLM_CTX_NO_GUARD; return true;
    default: return sx_sampling_option(gen, args, id);
    }
}

void sx_gen_ready(sx_gen *gen, const sx_run *run)
{
    sx_sampling_lists(&gen->opts, &gen->lists);
    gen->opts.cancel = run->cancel;
}

llm_status sx_gen_line(const sx_gen *gen, const json_t *in, llm_gen_opts *opts, sx_gen_lists *lists, llm_error *err)
{
    *opts = gen->opts;
    bool ignore_eos = false;
    llm_status st = sx_json_get_u32(in, "max_tokens", &opts->max_tokens, err);
    if (st == LLM_OK) st = sx_json_get_float(in, "temperature", &opts->temperature, err);
    if (st == LLM_OK) st = sx_json_get_u32(in, "top_k", &opts->top_k, err);
    if (st == LLM_OK) st = sx_json_get_float(in, "top_p", &opts->top_p, err);
    if (st == LLM_OK) st = sx_json_get_float(in, "min_p", &opts->min_p, err);
    if (st == LLM_OK) st = sx_json_get_u64(in, "seed", &opts->seed, err);
    if (st == LLM_OK) st = sx_json_get_bool(in, "ignore_eos", &ignore_eos, err);
    if (st == LLM_OK) st = sx_json_get_list(in, "stop", &lists->stop, err);
    if (st == LLM_OK) st = sx_sampling_line(in, opts, lists, err);
    if (ignore_eos) opts->flags |= LLM_GEN_IGNORE_EOS;
    return st;
}

llm_status sx_reply_run(llm_reply *reply, bool show)
{
    llm_status st;
    sx_stream *stream = show ? sx_stream_begin() : NULL;
    while ((st = llm_reply_next(reply)) == LLM_MORE) {
        /* the words for "not found" are the caller's to choose: nothing of the library's is shown */
        if (!show || llm_reply_finish(reply) == LLM_FINISH_NOT_FOUND) continue;
        sx_stream_put(stream, llm_reply_piece(reply), llm_reply_piece_len(reply));
        if (fflush(stdout) != 0) break; /* nobody reads any more: sx_finish says so */
    }
    sx_stream_end(stream);
    return st == LLM_E_CANCELLED || st == LLM_MORE ? LLM_OK : st;
}
