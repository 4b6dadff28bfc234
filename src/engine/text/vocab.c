/* Loads the vocabulary and turns each token's text into the raw bytes it stands for: U+2581 into a space, the byte-level
 * alphabet (printable stand-ins for all 256 bytes, from GPT-2's encoder.py) back into bytes, <0x41> into one byte. */
#include "engine/text/vocab.h"

#include <math.h>
#include <string.h>

#include "platform/utf8.h"

enum { MAX_SPECIAL = 512 /* bytes of a special token's text; longer ones are not looked for */ };

#define BLOCK "\xe2\x96\x81" /* U+2581, how SentencePiece writes a space */

static llm_status choose_kind(sx_vocab *v, const sx_gguf *gguf, llm_error *err)
{
    const char *model, *pre = "default";
    size_t len, pre_len = 7;
    if (!sx_gguf_str(gguf, "tokenizer.ggml.model", &model, &len))
        return sx_fail(err, LLM_E_UNSUPPORTED,
                       "the file has no tokenizer: tokenizer.ggml.model is missing; convert the model "
                       "with its vocabulary");
    v->lower_case = true;
    if (len == 5 && memcmp(model, "llama", 5) == 0) {
        v->kind = SX_VOCAB_SPM;
        v->add_bos = v->add_space_prefix = true;
    } else if (len == 4 && memcmp(model, "bert", 4) == 0) {
        v->kind = SX_VOCAB_WORDPIECE;
        v->add_bos = v->add_sep = true;
    } else if (len == 2 && memcmp(model, "t5", 2) == 0) {
        v->kind = SX_VOCAB_UNIGRAM;
        v->add_eos = v->add_space_prefix = true;
    } else if ((len == 4 && memcmp(model, "gpt2", 4) == 0) || (len == 6 && memcmp(model, "gemma4", 6) == 0)) {
        v->kind = SX_VOCAB_BPE;
        v->raw_text = len == 6;
        sx_gguf_str(gguf, "tokenizer.ggml.pre", &pre, &pre_len);
        if (v->raw_text || (pre_len == 6 && memcmp(pre, "gemma4", 6) == 0)) {
            v->raw_text = true;
            pre = "gemma4";
            pre_len = 6;
        }
        v->split = sx_split_find(pre, pre_len);
        if (!v->split)
            return sx_fail(err, LLM_E_UNSUPPORTED,
                           "the file's pre-tokenizer (tokenizer.ggml.pre) is \"%.*s\", which this "
                           "version does not know",
                           pre_len > 64 ? 64 : (int)pre_len, pre);
        v->add_bos = sx_split_get_traits(v->split).add_bos;
        v->add_sep = sx_split_get_traits(v->split).add_sep;
    } else {
        return sx_fail(err, LLM_E_UNSUPPORTED,
                       "the file's tokenizer (tokenizer.ggml.model) is \"%.*s\"; this version knows "
                       "llama, gpt2, bert, t5 and gemma4",
                       len > 64 ? 64 : (int)len, model);
    }
    return LLM_OK;
}

static llm_status read_arrays(sx_vocab *v, const sx_gguf *gguf, llm_error *err)
{
    uint32_t type;
    uint64_t n, n_scores, n_types;
    if (!sx_gguf_array(gguf, "tokenizer.ggml.tokens", &type, &n) || type != SX_GGUF_STRING || n == 0 || n > INT32_MAX)
        return sx_fail(err, LLM_E_FORMAT, "tokenizer.ggml.tokens is missing, empty or not a list of texts");
    v->n = (uint32_t)n;
    v->texts = sx_mem_array(v->mem, v->n, sizeof *v->texts);
    v->bytes = sx_mem_array(v->mem, v->n, sizeof *v->bytes);
    v->scores = sx_mem_array(v->mem, v->n, sizeof *v->scores);
    v->marks = sx_mem_array(v->mem, v->n, sizeof *v->marks);
    int32_t *types = sx_mem_array(v->mem, v->n, sizeof *types);
    if (!v->texts || !v->bytes || !v->scores || !v->marks || !types) {
        sx_mem_free(v->mem, types);
        return sx_fail_memory(err);
    }
    sx_gguf_array_strs(gguf, "tokenizer.ggml.tokens", v->texts, n);
    llm_status status = LLM_OK;
    if (sx_gguf_array(gguf, "tokenizer.ggml.scores", &type, &n_scores) &&
        !sx_gguf_array_f32(gguf, "tokenizer.ggml.scores", v->scores, n))
        status = sx_fail(err, LLM_E_FORMAT, "tokenizer.ggml.scores does not hold one number for each of %u tokens",
                         v->n);
    bool typed = sx_gguf_array(gguf, "tokenizer.ggml.token_type", &type, &n_types);
    if (status == LLM_OK && typed && !sx_gguf_array_i32(gguf, "tokenizer.ggml.token_type", types, n))
        status = sx_fail(err, LLM_E_FORMAT, "tokenizer.ggml.token_type does not hold one type for each of %u tokens",
                         v->n);
    for (uint32_t i = 0; i < v->n; i++) {
        if (isnan(v->scores[i])) v->scores[i] = -1e30f;
        bool known = typed && types[i] >= SX_TOKEN_NORMAL && types[i] <= SX_TOKEN_BYTE;
        v->marks[i] = (uint8_t)(known ? types[i] : typed ? SX_TOKEN_UNUSED : SX_TOKEN_NORMAL);
    }
    sx_mem_free(v->mem, types);
    return status;
}

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

/* "<0x41>" -> 0x41; -1 when the text is something else. */
static int hex_byte(sx_view t)
{
    if (t.len != 6 || memcmp(t.s, "<0x", 3) != 0 || t.s[5] != '>') return -1;
    int hi = hex(t.s[3]), lo = hex(t.s[4]);
    return hi < 0 || lo < 0 ? -1 : hi * 16 + lo;
}

/* The byte that a character of the byte-level alphabet stands for, or -1. Printable bytes stand for themselves; the other
 * 68, in order, are U+0100 and on. */
static int alphabet_byte(uint32_t cp)
{
    if ((cp >= 0x21 && cp <= 0x7e) || (cp >= 0xa1 && cp <= 0xac) || (cp >= 0xae && cp <= 0xff)) return (int)cp;
    if (cp < 0x100 || cp > 0x143) return -1;
    uint32_t k = cp - 0x100;
    return (int)(k < 33 ? k : k < 67 ? k - 33 + 0x7f : 0xad);
}

/* A byte-level text to bytes. A text with other characters in it was never made by merging: it stays as it is. */
static void from_alphabet(sx_view t, char *out, size_t *len)
{
    size_t n = 0;
    for (size_t i = 0, step; i < t.len; i += step) {
        int byte = alphabet_byte(sx_utf8_next(t.s + i, t.len - i, &step));
        if (byte < 0) {
            memcpy(out, t.s, t.len);
            *len = t.len;
            return;
        }
        out[n++] = (char)byte;
    }
    *len = n;
}

static void from_blocks(sx_view t, char *out, size_t *len)
{
    size_t n = 0;
    for (size_t i = 0; i < t.len;) {
        bool block = t.len - i >= 3 && memcmp(t.s + i, BLOCK, 3) == 0;
        out[n++] = block ? ' ' : t.s[i];
        i += block ? 3 : 1;
    }
    *len = n;
}

static llm_status find_bytes(sx_vocab *v, uint32_t i, llm_error *err)
{
    sx_view text = v->texts[i];
    uint8_t type = v->marks[i] & SX_TOKEN_TYPE;
    v->bytes[i] = (sx_view){"", 0};
    int byte = type == SX_TOKEN_BYTE ? hex_byte(text) : -1;
    if (byte >= 0) v->byte_token[byte] = (int32_t)i;
    if (type == SX_TOKEN_CONTROL || type == SX_TOKEN_UNKNOWN || text.len == 0) return LLM_OK;
    if (type == SX_TOKEN_USER) {
        v->bytes[i] = text;
        return LLM_OK;
    }
    char *out = sx_arena_alloc(&v->arena, text.len);
    size_t len = 1;
    if (!out) return sx_fail_memory(err);
    if (byte >= 0)
        *out = (char)byte;
    else if (v->kind == SX_VOCAB_BPE && !v->raw_text)
        from_alphabet(text, out, &len);
    else
        from_blocks(text, out, &len);
    v->bytes[i] = (sx_view){out, len};
    return LLM_OK;
}

/* May merging give this token? Control and unknown tokens never come out of plain text. User-defined ones give way to a
 * normal token of the same bytes. */
static llm_status index_token(sx_vocab *v, uint32_t i, bool user, llm_error *err)
{
    uint8_t type = v->marks[i] & SX_TOKEN_TYPE;
    sx_view key = v->kind == SX_VOCAB_BPE && !v->raw_text ? v->bytes[i] : v->texts[i];
    bool wanted = user ? type == SX_TOKEN_USER : type == SX_TOKEN_NORMAL || type == SX_TOKEN_UNUSED;
    if (!wanted || key.len == 0 || key.len > UINT32_MAX) return LLM_OK;
    if (user && sx_map_get(&v->by_bytes, key.s, key.len) != SX_MAP_NONE) return LLM_OK;
    return sx_map_put(&v->by_bytes, key.s, key.len, i) ? sx_fail_memory(err) : LLM_OK;
}

static llm_status index_specials(sx_vocab *v, llm_error *err)
{
    for (uint32_t i = 0; i < v->n; i++) {
        uint8_t type = v->marks[i] & SX_TOKEN_TYPE;
        sx_view t = v->texts[i];
        if (t.len == 0 || t.len > MAX_SPECIAL) continue;
        bool user = type == SX_TOKEN_USER;
        if (!user && type != SX_TOKEN_CONTROL && type != SX_TOKEN_UNKNOWN) continue;
        if (sx_trie_add(&v->parsed, t.s, t.len, i)) return sx_fail_memory(err);
        if (user && sx_trie_add(&v->always, t.s, t.len, i)) return sx_fail_memory(err);
    }
    return LLM_OK;
}

/* Bytes without a token of their own kind may have one as a text of one byte. */
static void find_byte_tokens(sx_vocab *v)
{
    for (unsigned b = 0; b < 256; b++) {
        char byte = (char)b;
        if (v->byte_token[b] >= 0) continue;
        uint32_t token = sx_map_get(&v->by_bytes, &byte, 1);
        if (token != SX_MAP_NONE) v->byte_token[b] = (int32_t)token;
    }
}

llm_status sx_vocab_load(sx_vocab *v, sx_mem *mem, const sx_gguf *gguf, llm_error *err)
{
    memset(v, 0, sizeof *v);
    v->mem = mem;
    sx_arena_init(&v->arena, mem);
    sx_map_init(&v->by_bytes, mem);
    sx_trie_init(&v->parsed, mem);
    sx_trie_init(&v->always, mem);
    for (unsigned b = 0; b < 256; b++) v->byte_token[b] = -1;
    llm_status status = choose_kind(v, gguf, err);
    if (status == LLM_OK) status = read_arrays(v, gguf, err);
    if (status != LLM_OK) return status;
    sx_vocab_read_specials(v, gguf);
    for (uint32_t i = 0; status == LLM_OK && i < v->n; i++) status = find_bytes(v, i, err);
    if (status == LLM_OK && sx_map_reserve(&v->by_bytes, v->n)) status = sx_fail_memory(err);
    for (int user = 0; user < 2; user++)
        for (uint32_t i = 0; status == LLM_OK && i < v->n; i++) status = index_token(v, i, user, err);
    if (status == LLM_OK) status = index_specials(v, err);
    find_byte_tokens(v);
    return status;
}

void sx_vocab_free(sx_vocab *v)
{
    if (!v->mem) return;
    sx_mem_free(v->mem, v->texts);
    sx_mem_free(v->mem, v->bytes);
    sx_mem_free(v->mem, v->scores);
    sx_mem_free(v->mem, v->marks);
    sx_map_free(&v->by_bytes);
    sx_trie_free(&v->parsed);
    sx_trie_free(&v->always);
    sx_arena_free(&v->arena);
}
