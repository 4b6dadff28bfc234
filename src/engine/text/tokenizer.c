/* One tokenizer over the four kinds of vocabulary: cuts the text at special tokens, hands each stretch to its kind, and
 * puts tokens back into text. */
#include "engine/text/tokenizer.h"

#include <string.h>

#include "engine/text/parts.h"
#include "platform/buf.h"

#define BLOCK "\xe2\x96\x81" /* U+2581 */

struct sx_tokenizer {
    sx_mem *mem;
    sx_vocab v;
    sx_pairs merges; /* of BPE */
    sx_unigram unigram;
    bool whole_words;  /* BPE: a word that is a token is taken without merging */
    bool cut_at_space; /* SPM: no token reaches over the start of a word, so words are merged one by one */
};

/* ---- creation ---- */

/* The token that a part of a merge names, in the form the file writes it. */
static uint32_t token_of(const sx_map *by_text, const char *s, size_t len)
{
    return sx_map_get(by_text, s, len);
}

static llm_status add_merge(sx_tokenizer *t, const sx_map *by_text, sx_view m, uint32_t rank, sx_buf *joined)
{
    const char *space = m.len > 1 ? memchr(m.s + 1, ' ', m.len - 1) : NULL;
    if (!space) return LLM_OK;
    size_t n = (size_t)(space - m.s);
    sx_buf_clear(joined);
    sx_buf_add(joined, m.s, n);
    sx_buf_add(joined, space + 1, m.len - n - 1);
    if (sx_buf_status(joined) != LLM_OK) return LLM_E_MEMORY;
    uint32_t a = token_of(by_text, m.s, n), b = token_of(by_text, space + 1, m.len - n - 1);
    uint32_t whole = token_of(by_text, sx_buf_cstr(joined), joined->len);
    if (a == SX_MAP_NONE || b == SX_MAP_NONE || whole == SX_MAP_NONE) return LLM_OK; /* can never happen in a text */
    return sx_pairs_add(&t->merges, a, b, rank, whole) ? LLM_E_MEMORY : LLM_OK;
}

/* Without a list of merges a token's number is its rank: each way to cut it into two tokens is a merge. */
static llm_status merges_from_ranks(sx_tokenizer *t)
{
    const sx_vocab *v = &t->v;
    for (uint32_t i = 0; i < v->n; i++) {
        sx_view w = v->bytes[i];
        if (w.len < 2 || w.len > 256 || sx_map_get(&v->by_bytes, w.s, w.len) != i) continue;
        for (size_t k = 1; k < w.len; k++) {
            uint32_t a = sx_map_get(&v->by_bytes, w.s, k), b = sx_map_get(&v->by_bytes, w.s + k, w.len - k);
            if (a == SX_MAP_NONE || b == SX_MAP_NONE) continue;
            if (sx_pairs_add(&t->merges, a, b, i, i)) return LLM_E_MEMORY;
        }
    }
    return LLM_OK;
}

static llm_status fill_merges(sx_tokenizer *t, const sx_gguf *gguf, sx_map *by_text, sx_view *list, uint64_t n)
{
    const sx_vocab *v = &t->v;
    sx_gguf_array_strs(gguf, "tokenizer.ggml.merges", list, n);
    if (sx_map_reserve(by_text, v->n)) return LLM_E_MEMORY;
    for (uint32_t i = 0; i < v->n; i++) {
        sx_view key = v->raw_text ? v->texts[i] : v->bytes[i]; /* only what merging may produce */
        if (key.len == 0 || sx_map_get(&v->by_bytes, key.s, key.len) != i) continue;
        if (sx_map_put(by_text, v->texts[i].s, v->texts[i].len, i)) return LLM_E_MEMORY;
    }
    if (sx_pairs_reserve(&t->merges, (size_t)n)) return LLM_E_MEMORY;
    sx_buf joined;
    sx_buf_init(&joined, t->mem, 0);
    llm_status status = LLM_OK;
    for (uint64_t i = 0; status == LLM_OK && i < n; i++) status = add_merge(t, by_text, list[i], (uint32_t)i, &joined);
    sx_buf_free(&joined);
    return status;
}

static llm_status load_merges(sx_tokenizer *t, const sx_gguf *gguf, llm_error *err)
{
    uint32_t type;
    uint64_t n = 0;
    bool there = sx_gguf_array(gguf, "tokenizer.ggml.merges", &type, &n);
    if (there && (type != SX_GGUF_STRING || n >= SX_MAP_NONE))
        return sx_fail(err, LLM_E_FORMAT, "tokenizer.ggml.merges is not a list of texts");
    if (!there) return merges_from_ranks(t) == LLM_OK ? LLM_OK : sx_fail_memory(err);
    sx_map by_text;
    sx_map_init(&by_text, t->mem);
    sx_view *list = sx_mem_array(t->mem, (size_t)n, sizeof *list);
    llm_status status = list ? fill_merges(t, gguf, &by_text, list, n) : LLM_E_MEMORY;
    sx_mem_free(t->mem, list);
    sx_map_free(&by_text);
    return status == LLM_OK ? LLM_OK : sx_fail_memory(err);
}

/* Is there no token with U+2581 behind another character? Then none reaches over the start of a word. */
static bool words_stand_alone(const sx_vocab *v)
{
    for (uint32_t i = 0; i < v->n; i++) {
        sx_view t = v->texts[i];
        uint8_t type = v->marks[i] & SX_TOKEN_TYPE;
        if (type != SX_TOKEN_NORMAL && type != SX_TOKEN_UNUSED && type != SX_TOKEN_USER) continue;
        for (size_t k = 1; k + 3 <= t.len; k++)
            if (memcmp(t.s + k, BLOCK, 3) == 0 && (k < 3 || memcmp(t.s + k - 3, BLOCK, 3) != 0)) return false;
    }
    return true;
}

llm_status sx_tokenizer_create(sx_tokenizer **out, sx_mem *mem, const sx_gguf *gguf, llm_error *err)
{
    *out = NULL;
    sx_tokenizer *t = sx_mem_zalloc(mem, sizeof *t);
    if (!t) return sx_fail_memory(err);
    t->mem = mem;
    sx_pairs_init(&t->merges, mem);
    llm_status status = sx_vocab_load(&t->v, mem, gguf, err);
    if (status == LLM_OK && (t->v.kind == SX_VOCAB_BPE || t->v.merge_ranks)) status = load_merges(t, gguf, err);
    if (status == LLM_OK && t->v.kind == SX_VOCAB_BPE) {
        t->whole_words = sx_split_get_traits(t->v.split).whole_words;
    } else if (status == LLM_OK && t->v.kind == SX_VOCAB_UNIGRAM) {
        status = sx_unigram_load(&t->unigram, mem, &t->v, gguf, err);
    } else if (status == LLM_OK) {
        t->cut_at_space = words_stand_alone(&t->v);
    }
    if (status != LLM_OK) {
        sx_tokenizer_free(t);
        return status;
    }
    *out = t;
    return LLM_OK;
}

void sx_tokenizer_free(sx_tokenizer *t)
{
    if (!t) return;
    if (t->v.kind == SX_VOCAB_UNIGRAM && t->unigram.trie.edges.mem) sx_unigram_free(&t->unigram);
    sx_pairs_free(&t->merges);
    sx_vocab_free(&t->v);
    sx_mem_free(t->mem, t);
}

/* ---- questions ---- */

uint32_t sx_tokenizer_size(const sx_tokenizer *t)
{
    return t->v.n;
}

int32_t sx_tokenizer_special(const sx_tokenizer *t, const char *name)
{
    const sx_vocab *v = &t->v;
    const struct {
        const char *name;
        int32_t token;
    } known[] = {{"bos", v->bos},   {"eos", v->eos},         {"unk", v->unk},         {"pad", v->pad},
                 {"eot", v->eot},   {"eom", v->eom},         {"sep", v->sep},         {"cls", v->cls},
                 {"mask", v->mask}, {"fim_pre", v->fim_pre}, {"fim_suf", v->fim_suf}, {"fim_mid", v->fim_mid}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0) return known[i].token;
    return -1;
}

bool sx_tokenizer_ends(const sx_tokenizer *t, int32_t token)
{
    return token >= 0 && (uint32_t)token < t->v.n && (t->v.marks[token] & SX_TOKEN_ENDS);
}

bool sx_tokenizer_strips_space(const sx_tokenizer *t)
{
    return t->v.kind != SX_VOCAB_BPE && (t->v.add_space_prefix || t->v.kind == SX_VOCAB_WORDPIECE);
}

const char *sx_tokenizer_bytes(const sx_tokenizer *t, int32_t token, size_t *len)
{
    bool known = token >= 0 && (uint32_t)token < t->v.n;
    *len = known ? t->v.bytes[token].len : 0;
    return known ? t->v.bytes[token].s : "";
}

/* ---- text to tokens ---- */

typedef struct encoder {
    const sx_tokenizer *t;
    sx_mem *mem;
    sx_tokens tokens;
    sx_merger merger;
    sx_buf text;        /* SPM: the stretch with U+2581 for spaces */
    bool after_special; /* SPM: a space goes before the stretch */
} encoder;

static llm_status encode_word(void *user, const char *word, size_t len)
{
    encoder *e = user;
    const sx_vocab *v = &e->t->v;
    if (len > INT32_MAX) return LLM_E_LIMIT;
    if (e->t->whole_words || (v->kind == SX_VOCAB_BPE && v->raw_text && word[0] == '\n')) {
        uint32_t token = sx_map_get(&v->by_bytes, word, len);
        if (token != SX_MAP_NONE) {
            sx_tokens_add(&e->tokens, (int32_t)token);
            return LLM_OK;
        }
    }
    return sx_merge_word(&e->merger, word, len);
}

static bool block_at(const char *s, size_t n)
{
    return n >= 3 && memcmp(s, BLOCK, 3) == 0;
}

static llm_status with_blocks(encoder *e, const char *text, size_t len, bool prefix)
{
    sx_buf_clear(&e->text);
    if (prefix) sx_buf_add(&e->text, BLOCK, 3);
    for (size_t i = 0; i < len;) {
        const char *space = memchr(text + i, ' ', len - i);
        size_t n = space ? (size_t)(space - text) - i : len - i;
        sx_buf_add(&e->text, text + i, n);
        if (space) sx_buf_add(&e->text, BLOCK, 3);
        i += n + (space != NULL);
    }
    return sx_buf_status(&e->text);
}

/* Words begin at the first U+2581 behind another character. */
static llm_status encode_spm(encoder *e, const char *text, size_t len)
{
    bool prefix = e->after_special && e->t->v.add_space_prefix;
    if (e->t->v.space_prefix_spare && (text[0] == ' ' || block_at(text, len))) prefix = false;
    llm_status status = with_blocks(e, text, len, prefix);
    e->after_special = false;
    const char *s = sx_buf_cstr(&e->text);
    size_t n = e->text.len, from = 0;
    for (size_t i = 0; status == LLM_OK && i < n;) {
        bool was_block = block_at(s + i, n - i);
        i += was_block ? 3 : 1;
        bool cut = i == n || (e->t->cut_at_space && !was_block && block_at(s + i, n - i));
        if (!cut) continue;
        status = encode_word(e, s + from, i - from);
        from = i;
    }
    return status;
}

static llm_status encode_stretch(encoder *e, const char *text, size_t len)
{
    const sx_vocab *v = &e->t->v;
    switch (v->kind) {
    case SX_VOCAB_SPM: return encode_spm(e, text, len);
    case SX_VOCAB_WORDPIECE: return sx_wordpiece_encode(v, e->mem, text, len, &e->tokens);
    case SX_VOCAB_UNIGRAM: return sx_unigram_encode(&e->t->unigram, v, e->mem, text, len, &e->tokens);
    default: break;
    }
    if (!v->raw_text) return sx_split_run(v->split, text, len, encode_word, e);
    llm_status status = with_blocks(e, text, len, false);
    return status == LLM_OK ? sx_split_run(v->split, sx_buf_cstr(&e->text), e->text.len, encode_word, e) : status;
}

static llm_status encode_piece(void *user, const char *text, size_t len, int32_t token)
{
    encoder *e = user;
    if (text && e->t->v.nfc) {
        llm_status status = sx_nfc(e->mem, &text, &len, &e->text);
        if (status != LLM_OK) return status;
    }
    if (text) return encode_stretch(e, text, len);
    sx_tokens_add(&e->tokens, token);
    e->after_special = !e->t->v.space_prefix_first;
    return LLM_OK;
}

static llm_status encode_all(encoder *e, const char *text, size_t len, uint32_t flags)
{
    const sx_vocab *v = &e->t->v;
    bool around = flags & LLM_TOK_SPECIAL;
    e->after_special = true;
    if (around && v->add_bos && v->bos >= 0) sx_tokens_add(&e->tokens, v->bos);
    llm_status status = sx_special_cut(v, text, len, flags & LLM_TOK_PARSE, encode_piece, e);
    if (around && v->add_sep && (v->sep >= 0 || v->kind == SX_VOCAB_BPE)) {
        int32_t sep = v->sep >= 0 ? v->sep : v->eos;
        if (sep >= 0 && !(v->add_eos && sep == v->eos)) sx_tokens_add(&e->tokens, sep);
    }
    if (around && v->add_eos && v->eos >= 0) sx_tokens_add(&e->tokens, v->eos);
    return status;
}

int64_t sx_tokenizer_encode(const sx_tokenizer *t, sx_mem *mem, const char *text, size_t len, uint32_t flags,
                            int32_t *tokens, size_t capacity, llm_error *err)
{
    if ((!text && len) || (!tokens && capacity)) return sx_fail(err, LLM_E_INVALID, "text or tokens is NULL");
    if (flags & ~(LLM_TOK_SPECIAL | LLM_TOK_PARSE)) return sx_fail(err, LLM_E_INVALID, "unknown flags 0x%x", flags);
    encoder e = {.t = t, .mem = mem, .tokens = {tokens, capacity, 0}};
    sx_buf_init(&e.text, mem, 0);
    llm_status status = LLM_OK;
    if (t->v.kind == SX_VOCAB_BPE || t->v.kind == SX_VOCAB_SPM)
        status = sx_merger_begin(&e.merger, mem, &t->v,
                                 t->v.kind == SX_VOCAB_BPE || t->v.merge_ranks ? &t->merges : NULL, &e.tokens, len);
    if (status == LLM_OK) status = encode_all(&e, text ? text : "", len, flags);
    if (e.merger.mem) sx_merger_end(&e.merger);
    sx_buf_free(&e.text);
    if (status == LLM_E_MEMORY) return sx_fail_memory(err);
    if (status == LLM_E_LIMIT)
        return sx_fail(err, LLM_E_INVALID, "a word of the text is longer than 2 GiB; cut it first");
    if (status != LLM_OK) return status;
    return (int64_t)e.tokens.n;
}

/* ---- tokens to text ---- */

/* Spaces that only separate words in a token list are taken back, as BERT's decoder does. */
static void clean_up(sx_buf *b)
{
    static const char *const joined[] = {" .", " ?", " !", " ,", " n't", " 'm", " 's", " 've", " 're", NULL};
    size_t n = 0;
    for (size_t i = 0; i < b->len; i++) {
        bool drop = false;
        for (size_t k = 0; b->data[i] == ' ' && joined[k] && !drop; k++) {
            size_t len = strlen(joined[k]);
            drop = b->len - i >= len && memcmp(b->data + i, joined[k], len) == 0;
        }
        if (!drop) b->data[n++] = b->data[i];
    }
    b->len = n;
}

static void add_token(const sx_tokenizer *t, int32_t token, bool parse, bool *first, sx_buf *out)
{
    const sx_vocab *v = &t->v;
    uint8_t type = v->marks[token] & SX_TOKEN_TYPE;
    sx_view s = v->bytes[token];
    bool special = type == SX_TOKEN_CONTROL || type == SX_TOKEN_UNKNOWN;
    if (special && parse) {
        s = v->texts[token];
        *first = false;
    } else if (*first && s.len && s.s[0] == ' ') {
        s.s++;
        s.len--;
    }
    sx_buf_add(out, s.s, s.len);
    if (!special) *first = false;
}

int64_t sx_tokenizer_decode(const sx_tokenizer *t, sx_mem *mem, const int32_t *tokens, size_t n, uint32_t flags,
                            char *text, size_t capacity, llm_error *err)
{
    if ((!tokens && n) || (!text && capacity)) return sx_fail(err, LLM_E_INVALID, "tokens or text is NULL");
    if (flags & ~(LLM_TOK_SPECIAL | LLM_TOK_PARSE)) return sx_fail(err, LLM_E_INVALID, "unknown flags 0x%x", flags);
    sx_buf out;
    sx_buf_init(&out, mem, 0);
    bool first = sx_tokenizer_strips_space(t);
    for (size_t i = 0; i < n; i++) {
        if (tokens[i] < 0 || (uint32_t)tokens[i] >= t->v.n) {
            sx_buf_free(&out);
            return sx_fail(err, LLM_E_INVALID, "token %d at place %zu is outside the vocabulary of %u", tokens[i], i,
                           t->v.n);
        }
        add_token(t, tokens[i], flags & LLM_TOK_PARSE, &first, &out);
    }
    if (sx_buf_status(&out) != LLM_OK) {
        sx_buf_free(&out);
        return sx_fail_memory(err);
    }
    if (t->v.kind == SX_VOCAB_WORDPIECE) clean_up(&out);
    size_t len = out.len;
    if (len && capacity) memcpy(text, out.data, len < capacity ? len : capacity);
    sx_buf_free(&out);
    return (int64_t)len;
}
