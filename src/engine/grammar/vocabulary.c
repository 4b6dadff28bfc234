/* The vocabulary of a loaded model as a trie: made when the first grammar asks for it, then shared. */
#include "engine/grammar/grammar.h"
#include "engine/session/model.h"

static const char *text_of(const void *user, int32_t token, size_t *len, bool *ends)
{
    const sx_model *model = user;
    *ends = sx_token_ends(model, token);
    return sx_token_bytes(model, token, len);
}

static llm_status trie_of(sx_model *model, const sx_token_trie **out, llm_error *err)
{
    sx_token_trie *none = NULL, *made;
    if ((*out = atomic_load(&model->trie)) != NULL) return LLM_OK;
    llm_status status = sx_token_trie_create(&made, model->mem, sx_model_n_tokens(model), text_of, model, err);
    if (status != LLM_OK) return status;
    *out = made;
    if (atomic_compare_exchange_strong(&model->trie, &none, made)) return LLM_OK;
    *out = none; /* another thread was faster */
    sx_token_trie_free(made);
    return LLM_OK;
}

llm_status sx_matcher_create(sx_matcher **out, sx_mem *mem, sx_model *model, const sx_grammar *grammar, llm_error *err)
{
    const sx_token_trie *trie;
    *out = NULL;
    llm_status status = trie_of(model, &trie, err);
    return status == LLM_OK ? sx_matcher_over(out, mem, grammar, trie, text_of, model, err) : status;
}
