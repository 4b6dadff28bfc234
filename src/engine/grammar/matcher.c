/* One text's way through a grammar, token by token, and the mask of the tokens that may come next. */
#include <string.h>

#include "engine/grammar/grammar.h"

struct sx_matcher {
    sx_mem *mem;
    const sx_grammar *grammar;
    const sx_token_trie *trie;
    sx_token_text text;
    const void *user; /* of text */
    sx_automaton automaton;
    uint32_t state;
    uint32_t *walk; /* [deepest + 1] states along the path in the trie */
};

llm_status sx_matcher_over(sx_matcher **out, sx_mem *mem, const sx_grammar *grammar, const sx_token_trie *trie,
                           sx_token_text text, const void *user, llm_error *err)
{
    *out = NULL;
    sx_matcher *m = sx_mem_zalloc(mem, sizeof *m);
    if (!m) return sx_fail_memory(err);
    *m = (sx_matcher){.mem = mem, .grammar = grammar, .trie = trie, .text = text, .user = user};
    llm_status status = sx_automaton_init(&m->automaton, mem, grammar, &m->state);
    m->walk = sx_mem_array(mem, trie->deepest + (size_t)2, sizeof *m->walk);
    if (!m->walk) m->automaton.status = LLM_E_MEMORY;
    status = status == LLM_OK || status == LLM_E_LIMIT || status == LLM_E_MEMORY ? sx_matcher_status(m, err) : status;
    if (status == LLM_OK)
        *out = m;
    else
        sx_matcher_free(m);
    return status;
}

void sx_matcher_free(sx_matcher *m)
{
    if (!m) return;
    sx_automaton_free(&m->automaton);
    sx_mem_free(m->mem, m->walk);
    sx_mem_free(m->mem, m);
}

llm_status sx_matcher_status(const sx_matcher *m, llm_error *err)
{
    switch (m->automaton.status) {
    case LLM_OK: return LLM_OK;
    case LLM_E_LIMIT:
        return sx_fail(err, LLM_E_LIMIT,
                       "the grammar is too ambiguous: the text may stand in too many places of it at once; let its "
                       "alternatives begin differently");
    default: return sx_fail_memory(err);
    }
}

static bool accepting(const sx_matcher *m)
{
    return m->automaton.states[m->state].accepts;
}

bool sx_matcher_may_end(const sx_matcher *m)
{
    return accepting(m);
}

bool sx_matcher_must_end(const sx_matcher *m)
{
    return accepting(m) && m->automaton.states[m->state].n == 0;
}

static uint32_t after(sx_matcher *m, const char *bytes, size_t len)
{
    uint32_t state = m->state;
    for (size_t i = 0; i < len && state != SX_STATE_DEAD && state != SX_STATE_FAILED; i++)
        state = sx_automaton_step(&m->automaton, state, (uint8_t)bytes[i]);
    return state;
}

bool sx_matcher_accepts(sx_matcher *m, int32_t token)
{
    size_t len = 0;
    bool ends = false;
    const char *bytes = m->text(m->user, token, &len, &ends);
    if (ends) return accepting(m);
    m->automaton.effort = 0;
    uint32_t state = len ? after(m, bytes, len) : SX_STATE_DEAD;
    return state != SX_STATE_DEAD && state != SX_STATE_FAILED;
}

static void set(uint32_t *bits, int32_t token)
{
    bits[(uint32_t)token / 32] |= 1u << ((uint32_t)token % 32);
}

/* Walks the trie and the automaton together; what the automaton refuses is skipped with all that begins with it. */
static bool walk(sx_matcher *m, uint32_t *bits)
{
    const sx_token_trie *t = m->trie;
    sx_automaton *a = &m->automaton;
    m->walk[0] = m->state;
    for (uint32_t i = 0; i < t->n;) {
        uint32_t state = sx_automaton_step(a, m->walk[t->depth[i]], t->byte[i]);
        if (state == SX_STATE_DEAD) {
            i = t->skip[i];
            continue;
        }
        if (state == SX_STATE_FAILED) return false;
        m->walk[t->depth[i] + 1] = state;
        for (uint32_t k = t->first[i]; k < t->first[i + 1]; k++) set(bits, t->tokens[k]);
        i++;
    }
    return true;
}

bool sx_matcher_mask(sx_matcher *m, uint32_t *bits)
{
    sx_automaton *a = &m->automaton;
    const size_t size = ((size_t)m->trie->n_tokens / 32 + 1) * sizeof *bits;
    m->state = m->state == SX_STATE_FAILED ? m->state : sx_automaton_rest(a, m->state);
    if (m->state == SX_STATE_FAILED) return false;
    if (!a->states[m->state].mask) {
        uint32_t *made = sx_mem_zalloc(m->mem, size);
        if (!made) a->status = LLM_E_MEMORY;
        if (!made || !walk(m, made)) {
            sx_mem_free(m->mem, made);
            return false;
        }
        a->states[m->state].mask = made;
        a->mask_bytes += size;
    }
    memcpy(bits, a->states[m->state].mask, size);
    if (accepting(m))
        for (uint32_t i = 0; i < m->trie->n_ends; i++) set(bits, m->trie->ends[i]);
    return true;
}

bool sx_matcher_advance(sx_matcher *m, int32_t token)
{
    size_t len = 0;
    bool ends = false;
    const char *bytes = m->text(m->user, token, &len, &ends);
    if (ends || m->automaton.status != LLM_OK) return m->automaton.status == LLM_OK;
    m->automaton.effort = 0;
    uint32_t state = after(m, bytes, len);
    if (state == SX_STATE_DEAD || state == SX_STATE_FAILED) return false;
    m->state = state;
    return true;
}
