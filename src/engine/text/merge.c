#include "engine/text/merge.h"

#include <string.h>

#include "platform/utf8.h"

enum { SHORT_WORD = 40 };

#define NO_PAIR UINT32_MAX

typedef struct sx_symbol {
    uint32_t start, len; /* bytes of the word; len 0: joined to another */
    int32_t token;       /* -1: no token spells it */
    uint32_t prev, next; /* NO_PAIR at the ends */
} symbol;

typedef struct sx_bigram {
    uint32_t key, left;
    uint32_t left_len, right_len; /* at the time it was found: else it is out of date */
    int32_t joined;
} bigram;

llm_status sx_merger_begin(sx_merger *m, sx_mem *mem, const sx_vocab *vocab, const sx_pairs *merges, sx_tokens *tokens,
                           size_t text_len)
{
    memset(m, 0, sizeof *m);
    m->mem = mem;
    m->vocab = vocab;
    m->merges = merges;
    m->tokens = tokens;
    m->slots = text_len < 1024 ? 0 : text_len < 65536 ? 1024 : 8192; /* clearing them must cost less than they save */
    if (m->slots) m->cache = sx_mem_array(mem, m->slots, sizeof *m->cache);
    return m->slots && !m->cache ? LLM_E_MEMORY : LLM_OK;
}

void sx_merger_end(sx_merger *m)
{
    sx_mem_free(m->mem, m->cache);
    sx_mem_free(m->mem, m->symbols);
    sx_mem_free(m->mem, m->heap);
}

void sx_emit_bytes(const sx_vocab *v, const char *s, size_t len, sx_tokens *tokens)
{
    bool unknown = false;
    for (size_t i = 0; i < len; i++) {
        int32_t token = v->byte_token[(unsigned char)s[i]];
        if (token >= 0)
            sx_tokens_add(tokens, token);
        else if (v->unk >= 0 && !unknown) {
            sx_tokens_add(tokens, v->unk);
            unknown = true;
        }
    }
}

static void emit(const sx_merger *m, const char *word, const symbol *s)
{
    if (s->token >= 0)
        sx_tokens_add(m->tokens, s->token);
    else
        sx_emit_bytes(m->vocab, word + s->start, s->len, m->tokens);
}

/* A key that sorts like the negated score: the best token has the lowest. */
static uint32_t score_key(float score)
{
    uint32_t bits;
    score += 0.0f; /* -0 and 0 are one */
    memcpy(&bits, &score, sizeof bits);
    bits = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
    return ~bits;
}

/* How early the pair is to be joined, and into what; NO_PAIR: never. b stands right behind a. */
static uint32_t look_up(const sx_merger *m, const char *word, const symbol *a, const symbol *b, int32_t *joined)
{
    if (m->merges) {
        if (a->token < 0 || b->token < 0) return NO_PAIR;
        const sx_pair_slot *pair = sx_pairs_get(m->merges, (uint32_t)a->token, (uint32_t)b->token);
        if (!pair) return NO_PAIR;
        *joined = (int32_t)pair->y;
        return pair->x;
    }
    uint32_t token = sx_map_get(&m->vocab->by_bytes, word + a->start, a->len + b->len);
    if (token == SX_MAP_NONE) return NO_PAIR;
    *joined = (int32_t)token;
    uint32_t key = score_key(m->vocab->scores[token]);
    return key == NO_PAIR ? key - 1 : key;
}

static size_t symbol_length(const sx_merger *m, const char *s, size_t left)
{
    if (m->merges && !m->vocab->raw_text) return 1;
    size_t len;
    return sx_utf8_next(s, left, &len) == SX_UTF8_BAD ? 1 : len;
}

static symbol make_symbol(const sx_merger *m, const char *word, size_t i, size_t left)
{
    size_t len = symbol_length(m, word + i, left);
    symbol s = {(uint32_t)i, (uint32_t)len, -1, NO_PAIR, NO_PAIR};
    if (m->merges && !m->vocab->raw_text) {
        s.token = m->vocab->byte_token[(unsigned char)word[i]];
    } else {
        uint32_t token = sx_map_get(&m->vocab->by_bytes, word + i, len);
        if (token != SX_MAP_NONE) s.token = (int32_t)token;
    }
    return s;
}

/* In place: the keys of neighbours stand in an array, the least is searched, the joined symbol closes the gap. */
static void merge_short(const sx_merger *m, const char *word, symbol *s, size_t n)
{
    uint32_t keys[SHORT_WORD];
    int32_t joined[SHORT_WORD];
    for (size_t i = 0; i + 1 < n; i++) keys[i] = look_up(m, word, &s[i], &s[i + 1], &joined[i]);
    while (n > 1) {
        size_t best = 0;
        for (size_t i = 1; i + 1 < n; i++)
            if (keys[i] < keys[best]) best = i;
        if (keys[best] == NO_PAIR) break;
        s[best].len += s[best + 1].len;
        s[best].token = joined[best];
        n--;
        memmove(&s[best + 1], &s[best + 2], (n - best - 1) * sizeof *s);
        if (best + 1 < n) { /* the pair behind the removed symbol moves up, then is asked anew */
            memmove(&keys[best], &keys[best + 1], (n - 1 - best) * sizeof *keys);
            memmove(&joined[best], &joined[best + 1], (n - 1 - best) * sizeof *joined);
            keys[best] = look_up(m, word, &s[best], &s[best + 1], &joined[best]);
        }
        if (best > 0) keys[best - 1] = look_up(m, word, &s[best - 1], &s[best], &joined[best - 1]);
    }
    for (size_t i = 0; i < n; i++) emit(m, word, &s[i]);
}

static bool before(const bigram *a, const bigram *b)
{
    return a->key != b->key ? a->key < b->key : a->left < b->left;
}

static int heap_push(sx_merger *m, size_t *n, bigram b)
{
    if (sx_mem_grow(m->mem, (void **)&m->heap, &m->heap_cap, *n + 1, sizeof *m->heap)) return -1;
    size_t i = (*n)++;
    while (i > 0 && before(&b, &m->heap[(i - 1) / 2])) {
        m->heap[i] = m->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    m->heap[i] = b;
    return 0;
}

static bigram heap_pop(sx_merger *m, size_t *n)
{
    bigram top = m->heap[0], last = m->heap[--*n];
    size_t i = 0;
    for (size_t k = 1; k < *n; k = 2 * i + 1) {
        if (k + 1 < *n && before(&m->heap[k + 1], &m->heap[k])) k++;
        if (!before(&m->heap[k], &last)) break;
        m->heap[i] = m->heap[k];
        i = k;
    }
    m->heap[i] = last;
    return top;
}

static int push_pair(sx_merger *m, const char *word, size_t *n, uint32_t left)
{
    const symbol *a = &m->symbols[left];
    if (a->next == NO_PAIR) return 0;
    const symbol *b = &m->symbols[a->next];
    bigram pair = {0, left, a->len, b->len, -1};
    pair.key = look_up(m, word, a, b, &pair.joined);
    return pair.key == NO_PAIR ? 0 : heap_push(m, n, pair);
}

static llm_status merge_long(sx_merger *m, const char *word, size_t len)
{
    size_t n = 0, heap = 0;
    for (size_t i = 0; i < len;) {
        if (sx_mem_grow(m->mem, (void **)&m->symbols, &m->symbols_cap, n + 1, sizeof *m->symbols)) return LLM_E_MEMORY;
        symbol s = make_symbol(m, word, i, len - i);
        i += s.len;
        s.prev = n ? (uint32_t)n - 1 : NO_PAIR;
        s.next = i < len ? (uint32_t)n + 1 : NO_PAIR;
        m->symbols[n++] = s;
    }
    for (uint32_t i = 0; i < n; i++)
        if (push_pair(m, word, &heap, i)) return LLM_E_MEMORY;
    while (heap) {
        bigram b = heap_pop(m, &heap);
        symbol *left = &m->symbols[b.left];
        if (left->len != b.left_len || left->next == NO_PAIR) continue;
        symbol *right = &m->symbols[left->next];
        if (right->len != b.right_len) continue;
        left->len += right->len;
        left->token = b.joined;
        left->next = right->next;
        right->len = 0;
        if (left->next != NO_PAIR) m->symbols[left->next].prev = b.left;
        if (left->prev != NO_PAIR && push_pair(m, word, &heap, left->prev)) return LLM_E_MEMORY;
        if (push_pair(m, word, &heap, b.left)) return LLM_E_MEMORY;
    }
    for (size_t i = 0; i < n; i++)
        if (m->symbols[i].len) emit(m, word, &m->symbols[i]);
    return LLM_OK;
}

static llm_status merge_fresh(sx_merger *m, const char *word, size_t len)
{
    symbol s[SHORT_WORD];
    size_t n = 0, i = 0;
    for (; i < len && n < SHORT_WORD; i += s[n++].len) s[n] = make_symbol(m, word, i, len - i);
    if (i < len) return merge_long(m, word, len);
    merge_short(m, word, s, n);
    return LLM_OK;
}

llm_status sx_merge_word(sx_merger *m, const char *word, size_t len)
{
    if (!m->slots || len > SX_CACHE_WORD) return merge_fresh(m, word, len);
    sx_cached_word *c = &m->cache[sx_hash64(word, len, 0) & (m->slots - 1)];
    if (c->n && c->len == len && memcmp(c->word, word, len) == 0) {
        for (unsigned k = 0; k < c->n; k++) sx_tokens_add(m->tokens, c->tokens[k]);
        return LLM_OK;
    }
    sx_tokens mine = {c->tokens, SX_CACHE_TOKENS, 0}, *caller = m->tokens;
    c->n = 0;
    m->tokens = &mine;
    llm_status status = merge_fresh(m, word, len);
    m->tokens = caller;
    if (status != LLM_OK) return status;
    if (mine.n > SX_CACHE_TOKENS) return merge_fresh(m, word, len);
    c->len = (uint8_t)len;
    c->n = (uint8_t)mine.n;
    memcpy(c->word, word, len);
    for (size_t k = 0; k < mine.n; k++) sx_tokens_add(m->tokens, c->tokens[k]);
    return LLM_OK;
}
