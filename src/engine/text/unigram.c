/* SentencePiece's unigram model: the text is normalised by the file's own character map, then cut into the tokens whose
 * scores add up to the most (Viterbi, forwards). Kudo 2018, arxiv.org/abs/1804.10959; the character map is a double array
 * (darts) as sentencepiece stores it. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "engine/text/parts.h"
#include "platform/buf.h"
#include "platform/utf8.h"

enum { UNKNOWN_PENALTY = 10, MAX_TOKEN = 512 /* bytes: longer tokens are not matched, so that time stays linear */ };

static llm_status load_map(sx_unigram *u, const sx_gguf *gguf, llm_error *err)
{
    static const char key[] = "tokenizer.ggml.precompiled_charsmap";
    const unsigned char *data;
    size_t size;
    if (!sx_gguf_array_bytes(gguf, key, &data, &size) || size == 0) return LLM_OK;
    uint64_t nodes_bytes = size < 4
                               ? size
                               : data[0] | (uint64_t)data[1] << 8 | (uint64_t)data[2] << 16 | (uint64_t)data[3] << 24;
    if (nodes_bytes % 4 || nodes_bytes > size - 4 || (nodes_bytes < size - 4 && data[size - 1] != 0))
        return sx_fail(err, LLM_E_FORMAT, "%s is damaged: its table of %llu bytes does not fit in %zu", key,
                       (unsigned long long)nodes_bytes, size);
    u->map = data + 4;
    u->map_nodes = (size_t)nodes_bytes / 4;
    u->replacements = (const char *)data + 4 + nodes_bytes;
    u->replacements_len = size - 4 - (size_t)nodes_bytes;
    return LLM_OK;
}

llm_status sx_unigram_load(sx_unigram *u, sx_mem *mem, const sx_vocab *v, const sx_gguf *gguf, llm_error *err)
{
    memset(u, 0, sizeof *u);
    sx_trie_init(&u->trie, mem);
    u->mem = mem;
    u->scores = sx_mem_array(mem, v->n, sizeof *u->scores);
    if (!u->scores) return sx_fail_memory(err);
    bool exact = sx_gguf_array_f64(gguf, "tokenizer.ggml.scores", u->scores, v->n);
    double least = DBL_MAX;
    for (uint32_t i = 0; i < v->n; i++) {
        uint8_t type = v->marks[i] & SX_TOKEN_TYPE;
        if (!exact || isnan(u->scores[i])) u->scores[i] = (double)v->scores[i];
        if (type == SX_TOKEN_NORMAL && u->scores[i] < least) least = u->scores[i];
        if (type != SX_TOKEN_NORMAL && type != SX_TOKEN_USER && type != SX_TOKEN_UNUSED) continue;
        sx_view t = v->texts[i];
        if (t.len && t.len <= MAX_TOKEN && sx_trie_add(&u->trie, t.s, t.len, i)) return sx_fail_memory(err);
    }
    u->unknown_score = least == DBL_MAX ? -UNKNOWN_PENALTY : least - UNKNOWN_PENALTY;
    return load_map(u, gguf, err);
}

void sx_unigram_free(sx_unigram *u)
{
    sx_mem_free(u->mem, u->scores);
    sx_trie_free(&u->trie);
}

static uint32_t node(const sx_unigram *u, size_t i)
{
    const unsigned char *p = u->map + 4 * i;
    return i < u->map_nodes ? p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24 : 0;
}

static size_t child_offset(uint32_t unit)
{
    return (size_t)(unit >> 10) << ((unit & (1u << 9)) >> 6);
}

/* The longest entry of the character map that begins s: its length (0: none) and its replacement. */
static size_t mapped(const sx_unigram *u, const char *s, size_t n, const char **replacement)
{
    if (!u->map_nodes) return 0;
    size_t found = 0, at = child_offset(node(u, 0));
    for (size_t i = 0; i < n && i < 64; i++) {
        unsigned char c = (unsigned char)s[i];
        at ^= c;
        uint32_t unit = node(u, at);
        if (c == 0 || (unit & (1u << 31 | 0xff)) != c) break;
        at ^= child_offset(unit);
        if (!(unit >> 8 & 1)) continue;
        size_t value = node(u, at) & 0x7fffffffu;
        if (value >= u->replacements_len) continue;
        found = i + 1;
        *replacement = u->replacements + value; /* NUL-terminated: the last byte of the table is 0 */
    }
    return found;
}

typedef struct normalizer {
    const sx_vocab *v;
    sx_buf out;
    bool in_word, prefixed;
} normalizer;

#define BLOCK "\xe2\x96\x81"

/* Spaces become U+2581; runs of them one, where the model says so; one goes before the text. */
static void add(normalizer *z, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (s[i] == ' ') {
            z->in_word = false;
            if (!z->v->remove_extra_spaces) sx_buf_add(&z->out, BLOCK, 3);
            continue;
        }
        if (!z->in_word) {
            z->in_word = true;
            bool spared = z->v->space_prefix_spare && z->out.len > 0;
            if ((z->v->add_space_prefix && !z->prefixed && !spared) || z->v->remove_extra_spaces) {
                sx_buf_add(&z->out, BLOCK, 3);
                z->prefixed = true;
            }
        }
        sx_buf_char(&z->out, s[i]);
    }
}

static llm_status normalize(const sx_unigram *u, normalizer *z, const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        const char *replacement = NULL;
        size_t n = mapped(u, text + i, len - i, &replacement);
        if (n) {
            add(z, replacement, strlen(replacement));
        } else if (sx_utf8_next(text + i, len - i, &n) == SX_UTF8_BAD) {
            n = 1;
            add(z, "\xef\xbf\xbd", 3);
        } else {
            add(z, text + i, n);
        }
        i += n;
    }
    return sx_buf_status(&z->out);
}

typedef struct best {
    double score;
    uint32_t from;
    int32_t token;
} best;

static void offer(best *to, double score, size_t from, int32_t token)
{
    if (score > to->score) *to = (best){score, (uint32_t)from, token};
}

static bool begins_word(const char *s, size_t n, size_t i)
{
    return n - i >= 3 && memcmp(s + i, BLOCK, 3) == 0;
}

static void forward(const sx_unigram *u, const sx_vocab *v, const char *s, size_t n, best *b)
{
    size_t end = n; /* of the word, where words are cut apart: each is weighed from 0 */
    for (size_t i = 0, step; i < n; i += step) {
        if (v->cut_words && (i == 0 || begins_word(s, n, i))) {
            b[i].score = 0.0;
            for (end = i + 1; end < n && !begins_word(s, n, end);) end++;
        }
        if (sx_utf8_next(s + i, n - i, &step) == SX_UTF8_BAD) step = 1;
        bool whole = false;
        uint32_t at = SX_TRIE_ROOT, token;
        for (size_t k = i; k < end; k++) {
            at = sx_trie_step(&u->trie, at, (unsigned char)s[k], &token);
            if (at == SX_TRIE_NONE) break;
            if (token == SX_TRIE_NONE) continue;
            if (k + 1 - i == step) whole = true;
            double score = (v->marks[token] & SX_TOKEN_TYPE) == SX_TOKEN_USER ? 0.0 : u->scores[token];
            offer(&b[k + 1], b[i].score + score, i, (int32_t)token);
        }
        if (!whole) offer(&b[i + step], b[i].score + u->unknown_score, i, v->unk);
    }
}

/* The tokens of the best path, last first, then turned round; neighbouring unknowns are one. */
static llm_status backtrack(const sx_vocab *v, sx_mem *mem, const best *b, size_t n, sx_tokens *tokens)
{
    int32_t *path = sx_mem_array(mem, n + 1, sizeof *path);
    if (!path) return LLM_E_MEMORY;
    size_t k = 0;
    for (size_t i = n; i > 0; i = b[i].from) {
        bool repeat = k && b[i].token == v->unk && path[k - 1] == v->unk;
        if (!repeat) path[k++] = b[i].token;
    }
    while (k) {
        if (path[--k] >= 0) sx_tokens_add(tokens, path[k]);
    }
    sx_mem_free(mem, path);
    return LLM_OK;
}

llm_status sx_unigram_encode(const sx_unigram *u, const sx_vocab *v, sx_mem *mem, const char *text, size_t len,
                             sx_tokens *tokens)
{
    normalizer z = {.v = v};
    sx_buf_init(&z.out, mem, UINT32_MAX);
    llm_status status = normalize(u, &z, text, len);
    size_t n = z.out.len;
    best *b = status == LLM_OK ? sx_mem_array(mem, n + 1, sizeof *b) : NULL;
    if (!b) {
        sx_buf_free(&z.out);
        return LLM_E_MEMORY;
    }
    for (size_t i = 1; i <= n; i++) b[i] = (best){-DBL_MAX, 0, v->unk};
    forward(u, v, sx_buf_cstr(&z.out), n, b);
    status = backtrack(v, mem, b, n, tokens);
    sx_mem_free(mem, b);
    sx_buf_free(&z.out);
    return status;
}
