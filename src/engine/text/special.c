/* Finds special tokens written in a text, leftmost first, the longest where several begin. User-defined tokens are always
 * taken; control tokens only when the caller trusts the text. */
#include "engine/text/vocab.h"

static bool blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

llm_status sx_special_cut(const sx_vocab *v, const char *text, size_t len, bool parse, sx_piece_fn piece, void *user)
{
    const sx_trie *trie = parse ? &v->parsed : &v->always;
    size_t from = 0;
    for (size_t i = 0; trie->n_nodes > 1 && i < len;) {
        size_t n = 0;
        uint32_t token = sx_trie_longest(trie, text + i, len - i, &n);
        if (token == SX_TRIE_NONE) {
            i++;
            continue;
        }
        size_t to = i;
        if (v->marks[token] & SX_TOKEN_LSTRIP)
            while (to > from && blank(text[to - 1])) to--;
        llm_status status = to > from ? piece(user, text + from, to - from, -1) : LLM_OK;
        if (status == LLM_OK) status = piece(user, NULL, 0, (int32_t)token);
        if (status != LLM_OK) return status;
        i += n;
        if (v->marks[token] & SX_TOKEN_RSTRIP)
            while (i < len && blank(text[i])) i++;
        from = i;
    }
    return from < len ? piece(user, text + from, len - from, -1) : LLM_OK;
}
