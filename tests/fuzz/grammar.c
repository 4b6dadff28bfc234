/* Any bytes as a grammar and as a JSON Schema: what compiles is walked along for a while, and its masks are asked for. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../engine/grammar_vocab.h"

static void walk(sx_mem *mem, const sx_grammar *g, const sx_token_trie *trie, uint32_t seed)
{
    sx_matcher *m;
    uint32_t bits[GRAMMAR_VOCAB / 32 + 1];
    if (sx_matcher_over(&m, mem, g, trie, grammar_text, NULL, NULL) != LLM_OK) return;
    for (int step = 0; step < 12; step++) {
        memset(bits, 0, sizeof bits);
        if (!sx_matcher_mask(m, bits)) break;
        uint32_t at = (seed = seed * 1664525u + 1013904223u) % GRAMMAR_VOCAB, tried = 0;
        while (tried < GRAMMAR_VOCAB && !(bits[at / 32] >> (at % 32) & 1)) at = (at + 1) % GRAMMAR_VOCAB, tried++;
        if (tried == GRAMMAR_VOCAB) break;
        if (!sx_matcher_advance(m, (int32_t)at)) abort(); /* the mask said that it may come */
        if (at == 0) break;
    }
    sx_matcher_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sx_mem mem;
    sx_mem_init(&mem, NULL);
    sx_token_trie *trie;
    if (size > 4096 || sx_token_trie_create(&trie, &mem, GRAMMAR_VOCAB, grammar_text, NULL, NULL) != LLM_OK) return 0;
    for (int schema = 0; schema < 2; schema++) {
        sx_grammar *g;
        llm_error err = {sizeof err, 0, ""};
        llm_status status = schema ? sx_grammar_from_schema(&g, &mem, (const char *)data, size, &err)
                                   : sx_grammar_create(&g, &mem, (const char *)data, size, &err);
        if (status == LLM_OK)
            walk(&mem, g, trie, (uint32_t)size);
        else if (!err.message[0])
            abort();
        sx_grammar_free(g);
    }
    sx_token_trie_free(trie);
    if (atomic_load(&mem.live_bytes) != 0) abort();
    return 0;
}
