/* Opens what a subcommand works with, and lets Ctrl-C end it in good order: the first sets the run's cancel flag, a
 * second one ends the process. */
#include "cli.h"
#include "term.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* A signal handler takes no argument; this is the one flag it may reach. */
static llm_cancel *volatile interrupted;

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    if (interrupted) llm_cancel_set(interrupted);
}

bool sx_run_begin(sx_run *run, const sx_command *cmd)
{
    memset(run, 0, sizeof *run);
    run->cmd = cmd;
    if (llm_cancel_create(&run->cancel) != LLM_OK) {
        sx_say(cmd, "out of memory");
        run->status = SX_EXIT_RUN;
        return false;
    }
    interrupted = run->cancel;
    struct sigaction act;
    memset(&act, 0, sizeof act);
    act.sa_handler = on_interrupt;
    act.sa_flags = (int)SA_RESETHAND; /* no SA_RESTART: a read from a terminal ends too */
    sigaction(SIGINT, &act, NULL);
    return true;
}

void sx_run_end(sx_run *run)
{
    llm_ctx_free(run->ctx);
    llm_guard_free(run->guard);
    llm_corpus_free(run->corpus);
    llm_model_free(run->model);
    signal(SIGINT, SIG_DFL);
    interrupted = NULL;
    llm_cancel_free(run->cancel);
    memset(run, 0, sizeof *run);
}

bool sx_interrupted(void)
{
    return interrupted && llm_cancel_is_set(interrupted);
}

int sx_failed(sx_run *run, llm_status code, const char *message)
{
    sx_progress_end();
    if (code == LLM_E_CANCELLED) {
        sx_say(run->cmd, "cancelled");
        return run->status = SX_EXIT_CANCELLED;
    }
    sx_say(run->cmd, "%s", message && message[0] ? message : llm_status_name(code));
    return run->status = SX_EXIT_RUN;
}

bool sx_open_model(sx_run *run, const char *path, uint32_t threads, uint32_t isa)
{
    llm_error err = LLM_ERROR_INIT;
    llm_model_opts opts = LLM_MODEL_OPTS_INIT;
    opts.threads = threads;
    opts.isa = isa;
    opts.cancel = run->cancel;
    sx_progress("Loading %s", path);
    llm_status st = llm_model_load(&run->model, path, &opts, &err);
    sx_progress_end();
    if (st != LLM_OK) sx_failed(run, st, err.message);
    return st == LLM_OK;
}

bool sx_open_corpus(sx_run *run, const char *path, bool readonly)
{
    llm_error err = LLM_ERROR_INIT;
    llm_corpus_opts opts = LLM_CORPUS_OPTS_INIT;
    opts.flags = readonly ? LLM_CORPUS_READONLY : 0;
    llm_status st = llm_corpus_open(&run->corpus, path, &opts, &err);
    if (st != LLM_OK) sx_failed(run, st, err.message);
    return st == LLM_OK;
}

bool sx_open_view(sx_run *run, const char *labels)
{
    llm_error err = LLM_ERROR_INIT;
    llm_corpus *view = NULL;
    sx_bytes list = {0};
    if (!labels) return true;
    if (!sx_list_split(&list, labels)) {
        sx_say(run->cmd, "out of memory");
        run->status = SX_EXIT_RUN;
        return false;
    }
    llm_status st = llm_corpus_view(&view, run->corpus, list.data, &err);
    sx_bytes_free(&list);
    if (st != LLM_OK) sx_failed(run, st, err.message);
    if (st != LLM_OK) return false;
    llm_corpus_free(run->corpus);
    run->corpus = view;
    return true;
}

bool sx_open_ctx(sx_run *run, const llm_ctx_opts *opts)
{
    llm_error err = LLM_ERROR_INIT;
    llm_status st = llm_ctx_create(&run->ctx, run->model, run->corpus, run->guard, opts, &err);
    if (st != LLM_OK) sx_failed(run, st, err.message);
    return st == LLM_OK;
}

static bool wear(sx_run *run, const char *spec)
{
    llm_error err = LLM_ERROR_INIT;
    llm_adapter *adapter = NULL;
    const char *equals = strrchr(spec, '=');
    char *path = strdup(spec), *rest = NULL;
    double scale = equals ? strtod(equals + 1, &rest) : 1.0;
    if (path && equals && rest != equals + 1 && !*rest)
        path[equals - spec] = '\0';
    else
        scale = 1.0; /* a name with '=' in it */
    if (!path) {
        sx_say(run->cmd, "out of memory");
        return false;
    }
    llm_status st = llm_adapter_load(&adapter, run->model, path, &err);
    free(path);
    if (st != LLM_OK) return sx_failed(run, st, err.message) == SX_EXIT_OK;
    st = llm_ctx_set_adapter(run->ctx, adapter, (float)scale);
    llm_adapter_free(adapter);
    return st == LLM_OK || sx_failed(run, st, llm_ctx_errmsg(run->ctx)) == SX_EXIT_OK;
}

bool sx_open_adapters(sx_run *run, const sx_bytes *specs)
{
    for (size_t at = 0; at < specs->len; at += strlen(specs->data + at) + 1)
        if (specs->data[at] && !wear(run, specs->data + at)) return false;
    return true;
}

int sx_isa(sx_args *args)
{
    static const char *const words[] = {"scalar", "avx2", "avx512", "amx", NULL};
    static const int values[] = {LLM_ISA_SCALAR, LLM_ISA_AVX2, LLM_ISA_AVX512, LLM_ISA_AMX};
    int i = sx_arg_choice(args, words);
    return i < 0 ? -1 : values[i];
}

int sx_kv(sx_args *args)
{
    static const char *const words[] = {"f16", "f32", "bf16", "q8_0", "q4_0", NULL};
    static const int values[] = {LLM_KV_F16, LLM_KV_F32, LLM_KV_BF16, LLM_KV_Q8_0, LLM_KV_Q4_0};
    int i = sx_arg_choice(args, words);
    return i < 0 ? -1 : values[i];
}
