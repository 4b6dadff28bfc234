/* tokenizer.json, as github.com/huggingface/tokenizers writes it: its model, and the chains around it, as far as one of our
 * kinds of tokenizer does the same. What is not known to be the same is refused by name. */
#include <math.h>
#include <string.h>

#include "engine/model/hf/vocab.h"

#define BLOCK "\xe2\x96\x81" /* U+2581 */

static llm_status refuse(const hf_vocab *v, const char *what, const char *which)
{
    return sx_fail(v->hf->err, LLM_E_UNSUPPORTED, "tokenizer.json: the %s %.60s is not supported by this version", what,
                   which ? which : "given");
}

static llm_status damaged(const hf_vocab *v, const char *what)
{
    return sx_fail(v->hf->err, LLM_E_FORMAT, "tokenizer.json: %s is missing or not what it should be", what);
}

static const char *type_of(const sx_json *v)
{
    return sx_json_get_str(v, "type", "");
}

static bool is_type(const sx_json *v, const char *type)
{
    return strcmp(type_of(v), type) == 0;
}

/* Steps of a chain: the members of a Sequence, or the one there is; NULL at its end. */
static const sx_json *first_step(const sx_json *chain, const char *list)
{
    if (!sx_json_is(chain, SX_JSON_OBJECT)) return NULL;
    return is_type(chain, "Sequence") ? (sx_json_get(chain, list) ? sx_json_get(chain, list)->first : NULL) : chain;
}

static const sx_json *next_step(const sx_json *chain, const sx_json *step)
{
    return is_type(chain, "Sequence") ? step->next : NULL;
}

static const sx_json *find_step(const sx_json *chain, const char *list, const char *type)
{
    const sx_json *s = first_step(chain, list);
    while (s && !is_type(s, type)) s = next_step(chain, s);
    return s;
}

/* ---- tokens ---- */

static llm_status room(hf_vocab *v, const sx_json *file, const sx_json *vocab, bool list)
{
    uint64_t n = list ? vocab->count : 0, given = vocab->count;
    int64_t id;
    for (const sx_json *t = list ? NULL : vocab->first; t; t = t->next) {
        if (!sx_json_int(t, &id) || id < 0 || id > INT32_MAX) return damaged(v, "a token's id");
        if ((uint64_t)id + 1 > n) n = (uint64_t)id + 1;
    }
    const sx_json *added = sx_json_get(file, "added_tokens");
    for (const sx_json *t = sx_json_is(added, SX_JSON_ARRAY) ? added->first : NULL; t; t = t->next, given++) {
        if (!sx_json_int(sx_json_get(t, "id"), &id) || id < 0 || id > INT32_MAX)
            return damaged(v, "an added token's id");
        if ((uint64_t)id + 1 > n) n = (uint64_t)id + 1;
    }
    return sx_hf_vocab_room(v, n, given);
}

static llm_status set_added(hf_vocab *v, const sx_json *file)
{
    const sx_json *added = sx_json_get(file, "added_tokens");
    llm_status s = LLM_OK;
    for (const sx_json *t = sx_json_is(added, SX_JSON_ARRAY) ? added->first : NULL; t && s == LLM_OK; t = t->next) {
        const sx_json *text = sx_json_get(t, "content");
        int64_t id = 0;
        sx_json_int(sx_json_get(t, "id"), &id);
        if (!sx_json_is(text, SX_JSON_STRING)) return damaged(v, "an added token's content");
        if (sx_json_get_bool(t, "single_word", false)) return refuse(v, "option single_word of the token", text->text);
        bool special = sx_json_get_bool(t, "special", false);
        int32_t type = v->types[id] == HF_UNKNOWN ? HF_UNKNOWN : special ? HF_CONTROL : HF_USER;
        s = sx_hf_vocab_set(v, id, text->text, text->len, v->scores[id], type);
        if (s != LLM_OK) return s;
        v->strips[id] = sx_json_get_bool(t, "lstrip", false) + 2 * sx_json_get_bool(t, "rstrip", false);
        v->any_strips = v->any_strips || v->strips[id];
    }
    return s;
}

static llm_status set_unknown(hf_vocab *v, const sx_json *model)
{
    const sx_json *unk = sx_json_get(model, "unk_token");
    if (!sx_json_is(unk, SX_JSON_STRING)) return LLM_OK;
    uint32_t id = sx_hf_vocab_find(v, unk->text, unk->len);
    if (id == SX_MAP_NONE) return LLM_OK;
    v->types[id] = HF_UNKNOWN;
    sx_gguf_put_u32(v->hf->gguf, "tokenizer.ggml.unknown_token_id", id);
    return LLM_OK;
}

static bool is_byte(const char *s, size_t len)
{
    return len == 6 && memcmp(s, "<0x", 3) == 0 && strspn(s + 3, "0123456789ABCDEFabcdef") == 2 && s[5] == '>';
}

/* ---- what goes around a text ---- */

static uint32_t template_token(const hf_vocab *v, const sx_json *post, const sx_json *step)
{
    const sx_json *name = sx_json_get(sx_json_get(step, "SpecialToken"), "id");
    const sx_json *tokens = sx_json_get(post, "special_tokens");
    if (!sx_json_is(name, SX_JSON_STRING)) return SX_MAP_NONE;
    const sx_json *ids = sx_json_get(sx_json_get(tokens, name->text), "ids");
    int64_t id;
    if (sx_json_is(ids, SX_JSON_ARRAY) && ids->count == 1 && sx_json_int(ids->first, &id) && id >= 0 && id < v->n)
        return (uint32_t)id;
    return sx_hf_vocab_find(v, name->text, name->len);
}

static llm_status put_template(hf_vocab *v, const sx_json *post, bool pieces)
{
    const sx_json *single = sx_json_get(post, "single");
    uint32_t around[2] = {SX_MAP_NONE, SX_MAP_NONE}, seen = 0;
    if (!sx_json_is(single, SX_JSON_ARRAY)) return damaged(v, "post_processor.single");
    for (const sx_json *s = single->first; s; s = s->next) {
        if (sx_json_get(s, "Sequence")) {
            seen++;
            continue;
        }
        if (seen > 1 || around[seen] != SX_MAP_NONE)
            return refuse(v, "post_processor", "with several tokens on a side");
        around[seen] = template_token(v, post, s);
        if (around[seen] == SX_MAP_NONE) return damaged(v, "a token of post_processor");
    }
    if (seen != 1) return refuse(v, "post_processor", "without a text");
    sx_gguf *g = v->hf->gguf;
    sx_gguf_put_bool(g, "tokenizer.ggml.add_bos_token", around[0] != SX_MAP_NONE);
    sx_gguf_put_bool(g, pieces ? "tokenizer.ggml.add_sep_token" : "tokenizer.ggml.add_eos_token",
                     around[1] != SX_MAP_NONE);
    if (around[0] != SX_MAP_NONE) sx_gguf_put_u32(g, "tokenizer.ggml.bos_token_id", around[0]);
    if (around[1] != SX_MAP_NONE)
        sx_gguf_put_u32(g, pieces ? "tokenizer.ggml.seperator_token_id" : "tokenizer.ggml.eos_token_id", around[1]);
    return LLM_OK;
}

static llm_status put_post(hf_vocab *v, const sx_json *post, bool pieces)
{
    const char *names[] = {"tokenizer.ggml.add_bos_token", "tokenizer.ggml.add_eos_token",
                           "tokenizer.ggml.add_sep_token"};
    const sx_json *done = NULL;
    for (const sx_json *s = first_step(post, "processors"); s; s = next_step(post, s)) {
        if (is_type(s, "TemplateProcessing") && !done) {
            llm_status status = put_template(v, s, pieces);
            if (status != LLM_OK) return status;
            done = s;
        } else if (!is_type(s, "ByteLevel")) {
            return refuse(v, "post_processor", type_of(s));
        }
    }
    if (!done && !sx_json_get(v->settings, "add_bos_token") && !sx_json_get(v->settings, "add_eos_token"))
        for (size_t i = 0; i < 3; i++) sx_gguf_put_bool(v->hf->gguf, names[i], false);
    return LLM_OK;
}

/* ---- BPE ---- */

/* Merges as "a b": newer files list pairs, of which neither may hold the space that parts them here. */
static llm_status put_merges(hf_vocab *v, const sx_json *model, bool score)
{
    const sx_json *merges = sx_json_get(model, "merges");
    if (!sx_json_is(merges, SX_JSON_ARRAY)) return damaged(v, "model.merges");
    sx_view *list = sx_gguf_room(v->hf->gguf, merges->count * sizeof *list);
    uint32_t i = 0;
    if (!list) return sx_fail_memory(v->hf->err);
    for (const sx_json *m = merges->first; m; m = m->next, i++) {
        const sx_json *a = m->first, *b = a ? a->next : NULL;
        if (sx_json_is(m, SX_JSON_STRING)) {
            list[i] = (sx_view){m->text, m->len};
        } else {
            if (!sx_json_is(m, SX_JSON_ARRAY) || m->count != 2 || !sx_json_is(a, SX_JSON_STRING) ||
                !sx_json_is(b, SX_JSON_STRING) || memchr(a->text, ' ', a->len) || memchr(b->text, ' ', b->len))
                return damaged(v, "an entry of model.merges");
            char *joined = sx_gguf_room(v->hf->gguf, a->len + b->len + 1);
            if (!joined) return sx_fail_memory(v->hf->err);
            memcpy(joined, a->text, a->len);
            joined[a->len] = ' ';
            memcpy(joined + a->len + 1, b->text, b->len);
            list[i] = (sx_view){joined, a->len + b->len + 1};
        }
        if (!score) continue;
        const char *space = list[i].len ? memchr(list[i].s, ' ', list[i].len) : NULL;
        if (!space) return damaged(v, "an entry of model.merges");
        char whole[512];
        size_t n = (size_t)(space - list[i].s);
        if (list[i].len > sizeof whole) continue;
        memcpy(whole, list[i].s, n);
        memcpy(whole + n, space + 1, list[i].len - n - 1);
        uint32_t id = sx_hf_vocab_find(v, whole, list[i].len - 1);
        if (id != SX_MAP_NONE && v->scores[id] == 0.0) v->scores[id] = -(double)(i + 1);
    }
    sx_gguf_put_strs(v->hf->gguf, "tokenizer.ggml.merges", list, merges->count);
    return LLM_OK;
}

static llm_status set_bpe_tokens(hf_vocab *v, const sx_json *file, const sx_json *model, bool bytes)
{
    const sx_json *vocab = sx_json_get(model, "vocab");
    int64_t id = 0;
    if (!sx_json_is(vocab, SX_JSON_OBJECT)) return damaged(v, "model.vocab");
    llm_status s = room(v, file, vocab, false);
    for (const sx_json *t = vocab->first; t && s == LLM_OK; t = t->next) {
        bool byte = bytes && is_byte(t->key, t->key_len);
        sx_json_int(t, &id);
        s = sx_hf_vocab_set(v, id, t->key, t->key_len, 0.0, byte ? HF_BYTE : HF_NORMAL);
    }
    return s;
}

static llm_status byte_level(hf_vocab *v, const sx_json *file, const sx_json *model)
{
    const sx_json *pre = sx_json_get(file, "pre_tokenizer"), *level = find_step(pre, "pretokenizers", "ByteLevel");
    const char *split = sx_hf_split_name(pre, sx_json_get_bool(model, "ignore_merges", false));
    if (!split) return refuse(v, "pre_tokenizer", "of these patterns");
    for (const sx_json *n = first_step(sx_json_get(file, "normalizer"), "normalizers"); n;
         n = next_step(sx_json_get(file, "normalizer"), n)) {
        if (!is_type(n, "NFC")) return refuse(v, "normalizer", type_of(n));
        sx_gguf_put_bool(v->hf->gguf, "tokenizer.ggml.normalizer.nfc", true);
    }
    if (sx_json_get_bool(level, "add_prefix_space", false)) return refuse(v, "pre_tokenizer", "with add_prefix_space");
    llm_status s = set_bpe_tokens(v, file, model, false);
    if (s == LLM_OK) s = put_merges(v, model, false);
    sx_gguf_put_str(v->hf->gguf, "tokenizer.ggml.model", "gpt2", 4);
    sx_gguf_put_str(v->hf->gguf, "tokenizer.ggml.pre", split, strlen(split));
    return s;
}

/* How spaces become U+2581, and where one more goes. */
typedef struct spaces {
    bool replaced, prefix, first_only, spare, cut;
} spaces;

static void put_prefix(const hf_vocab *v, const spaces *s)
{
    sx_gguf_put_bool(v->hf->gguf, "tokenizer.ggml.add_space_prefix", s->prefix);
    if (s->prefix && s->first_only) sx_gguf_put_bool(v->hf->gguf, "tokenizer.ggml.space_prefix_first", true);
    if (s->prefix && s->spare) sx_gguf_put_bool(v->hf->gguf, "tokenizer.ggml.space_prefix_spare", true);
}

static llm_status read_metaspace(const hf_vocab *v, const sx_json *step, spaces *s)
{
    const char *scheme = sx_json_get_str(step, "prepend_scheme", NULL);
    if (strcmp(sx_json_get_str(step, "replacement", BLOCK), BLOCK) != 0)
        return refuse(v, "replacement of", "Metaspace");
    s->replaced = s->spare = true;
    s->cut = sx_json_get_bool(step, "split", true);
    s->prefix = scheme ? strcmp(scheme, "never") != 0 : sx_json_get_bool(step, "add_prefix_space", true);
    s->first_only = scheme && strcmp(scheme, "first") == 0;
    return LLM_OK;
}

static bool literal(const sx_json *pattern, const char *s)
{
    return sx_json_equal(sx_json_get(pattern, "String"), s);
}

static llm_status read_spaces(const hf_vocab *v, const sx_json *file, spaces *s)
{
    const sx_json *norm = sx_json_get(file, "normalizer"), *pre = sx_json_get(file, "pre_tokenizer");
    for (const sx_json *n = first_step(norm, "normalizers"); n; n = next_step(norm, n)) {
        if (is_type(n, "Prepend") && strcmp(sx_json_get_str(n, "prepend", ""), BLOCK) == 0)
            s->prefix = true;
        else if (is_type(n, "Replace") && literal(sx_json_get(n, "pattern"), " ") &&
                 strcmp(sx_json_get_str(n, "content", ""), BLOCK) == 0)
            s->replaced = true;
        else
            return refuse(v, "normalizer", type_of(n));
    }
    for (const sx_json *p = first_step(pre, "pretokenizers"); p; p = next_step(pre, p)) {
        llm_status status = LLM_OK;
        if (is_type(p, "Metaspace"))
            status = read_metaspace(v, p, s);
        else if (!(is_type(p, "Split") && literal(sx_json_get(p, "pattern"), " ") &&
                   s->replaced)) /* no space is left */
            status = refuse(v, "pre_tokenizer", type_of(p));
        if (status != LLM_OK) return status;
    }
    return s->replaced ? LLM_OK : refuse(v, "tokenizer", "that keeps spaces as they are");
}

static llm_status metaspace(hf_vocab *v, const sx_json *file, const sx_json *model)
{
    spaces s = {false, false, false, false, false};
    sx_gguf *g = v->hf->gguf;
    llm_status status = read_spaces(v, file, &s);
    if (status == LLM_OK) status = set_bpe_tokens(v, file, model, sx_json_get_bool(model, "byte_fallback", false));
    if (status == LLM_OK) status = put_merges(v, model, true);
    if (status != LLM_OK) return status;
    sx_gguf_put_str(g, "tokenizer.ggml.model", "llama", 5);
    sx_gguf_put_bool(g, "tokenizer.ggml.merge_ranks", true);
    put_prefix(v, &s);
    return LLM_OK;
}

static llm_status load_bpe(hf_vocab *v, const sx_json *file, const sx_json *model)
{
    const char *names[] = {"continuing_subword_prefix", "end_of_word_suffix"};
    for (size_t i = 0; i < 2; i++) {
        const sx_json *mark = sx_json_get(model, names[i]);
        if (sx_json_is(mark, SX_JSON_STRING) && mark->len) return refuse(v, "option of BPE", names[i]);
    }
    bool bytes = find_step(sx_json_get(file, "pre_tokenizer"), "pretokenizers", "ByteLevel") != NULL;
    return bytes ? byte_level(v, file, model) : metaspace(v, file, model);
}

/* ---- unigram ---- */

static int base64(char c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static llm_status put_charsmap(hf_vocab *v, const sx_json *step)
{
    const sx_json *map = sx_json_get(step, "precompiled_charsmap");
    if (!sx_json_is(map, SX_JSON_STRING)) return damaged(v, "precompiled_charsmap");
    unsigned char *out = sx_gguf_room(v->hf->gguf, map->len);
    size_t n = 0;
    uint32_t held = 0, bits = 0;
    if (!out) return sx_fail_memory(v->hf->err);
    for (size_t i = 0; i < map->len && map->text[i] != '='; i++) {
        int d = base64(map->text[i]);
        if (d < 0) return damaged(v, "precompiled_charsmap");
        held = held << 6 | (uint32_t)d;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out[n++] = (unsigned char)(held >> bits);
        }
    }
    sx_gguf_put_bytes(v->hf->gguf, "tokenizer.ggml.precompiled_charsmap", out, n);
    return LLM_OK;
}

/* Runs of spaces to one, as converters of SentencePiece write its remove_extra_whitespaces. */
static bool squeezes(const sx_json *n)
{
    return is_type(n, "Replace") && sx_json_equal(sx_json_get(sx_json_get(n, "pattern"), "Regex"), " {2,}") &&
           (strcmp(sx_json_get_str(n, "content", ""), " ") == 0 ||
            strcmp(sx_json_get_str(n, "content", ""), BLOCK) == 0);
}

static llm_status unigram_chains(hf_vocab *v, const sx_json *file, spaces *s, bool *squeeze)
{
    const sx_json *norm = sx_json_get(file, "normalizer"), *pre = sx_json_get(file, "pre_tokenizer");
    llm_status status = LLM_OK;
    for (const sx_json *n = first_step(norm, "normalizers"); n && status == LLM_OK; n = next_step(norm, n)) {
        if (is_type(n, "Precompiled"))
            status = put_charsmap(v, n);
        else if (squeezes(n))
            *squeeze = true;
        else
            status = refuse(v, "normalizer", type_of(n));
    }
    for (const sx_json *p = first_step(pre, "pretokenizers"); p && status == LLM_OK; p = next_step(pre, p)) {
        if (is_type(p, "Metaspace"))
            status = read_metaspace(v, p, s);
        else if (is_type(p, "WhitespaceSplit"))
            *squeeze = true;
        else
            status = refuse(v, "pre_tokenizer", type_of(p));
    }
    return status == LLM_OK && !s->replaced ? refuse(v, "tokenizer", "that keeps spaces as they are") : status;
}

static llm_status load_unigram(hf_vocab *v, const sx_json *file, const sx_json *model)
{
    const sx_json *vocab = sx_json_get(model, "vocab");
    spaces sp = {false, false, false, false, false};
    bool squeeze = false;
    int64_t unk = -1, id = 0;
    sx_gguf *g = v->hf->gguf;
    if (!sx_json_is(vocab, SX_JSON_ARRAY)) return damaged(v, "model.vocab");
    if (sx_json_get_bool(model, "byte_fallback", false)) return refuse(v, "option of Unigram", "byte_fallback");
    sx_json_int(sx_json_get(model, "unk_id"), &unk);
    llm_status s = unigram_chains(v, file, &sp, &squeeze);
    if (s == LLM_OK) s = room(v, file, vocab, true);
    for (const sx_json *t = vocab->first; t && s == LLM_OK; t = t->next, id++) {
        const sx_json *text = t->first, *score = text ? text->next : NULL;
        if (!sx_json_is(text, SX_JSON_STRING) || !sx_json_is(score, SX_JSON_NUMBER))
            return damaged(v, "an entry of model.vocab");
        s = sx_hf_vocab_set(v, id, text->text, text->len, score->number, id == unk ? HF_UNKNOWN : HF_NORMAL);
    }
    v->exact_scores = true;
    sx_gguf_put_str(g, "tokenizer.ggml.model", "t5", 2);
    if (unk >= 0 && unk < v->n) sx_gguf_put_u32(g, "tokenizer.ggml.unknown_token_id", (uint32_t)unk);
    put_prefix(v, &sp);
    if (sp.cut) sx_gguf_put_bool(g, "tokenizer.ggml.cut_words", true);
    sx_gguf_put_bool(g, "tokenizer.ggml.remove_extra_whitespaces", squeeze);
    return s;
}

/* ---- WordPiece ---- */

/* GGUF writes the beginning of a word, not its continuation: "##ing" as "ing", "sing" as U+2581 "sing". */
static llm_status set_piece(hf_vocab *v, const sx_json *t, int64_t id)
{
    char text[3 + 512];
    bool inner = t->key_len > 2 && memcmp(t->key, "##", 2) == 0,
         special = t->key_len > 2 && t->key[0] == '[' && t->key[t->key_len - 1] == ']';
    if (inner) return sx_hf_vocab_set(v, id, t->key + 2, t->key_len - 2, 0.0, HF_NORMAL);
    if (special || t->key_len > 512) return sx_hf_vocab_set(v, id, t->key, t->key_len, 0.0, HF_NORMAL);
    memcpy(text, BLOCK, 3);
    memcpy(text + 3, t->key, t->key_len);
    return sx_hf_vocab_set(v, id, text, t->key_len + 3, 0.0, HF_NORMAL);
}

static llm_status load_wordpiece(hf_vocab *v, const sx_json *file, const sx_json *model)
{
    const sx_json *vocab = sx_json_get(model, "vocab"), *norm = sx_json_get(file, "normalizer"),
                  *pre = sx_json_get(file, "pre_tokenizer"), *strip = sx_json_get(norm, "strip_accents");
    int64_t id = 0;
    if (!sx_json_is(vocab, SX_JSON_OBJECT)) return damaged(v, "model.vocab");
    if (strcmp(sx_json_get_str(model, "continuing_subword_prefix", "##"), "##") != 0)
        return refuse(v, "option of WordPiece", "continuing_subword_prefix");
    if (!is_type(norm, "BertNormalizer")) return refuse(v, "normalizer", type_of(norm));
    if (!is_type(pre, "BertPreTokenizer")) return refuse(v, "pre_tokenizer", type_of(pre));
    bool lower = sx_json_get_bool(norm, "lowercase", true);
    if (!sx_json_get_bool(norm, "clean_text", true) || !sx_json_get_bool(norm, "handle_chinese_chars", true) ||
        (sx_json_is(strip, SX_JSON_BOOL) && strip->truth != lower))
        return refuse(v, "normalizer", "BertNormalizer with these options");
    llm_status s = room(v, file, vocab, false);
    for (const sx_json *t = vocab->first; t && s == LLM_OK; t = t->next) {
        sx_json_int(t, &id);
        s = set_piece(v, t, id);
    }
    sx_gguf_put_str(v->hf->gguf, "tokenizer.ggml.model", "bert", 4);
    sx_gguf_put_bool(v->hf->gguf, "tokenizer.ggml.normalizer.lowercase", lower);
    return s;
}

llm_status sx_hf_vocab_json(hf_vocab *v, const sx_json *file)
{
    const sx_json *model = sx_json_get(file, "model");
    bool pieces = is_type(model, "WordPiece");
    llm_status s;
    if (!sx_json_is(model, SX_JSON_OBJECT)) return damaged(v, "model");
    if (is_type(model, "BPE") || (!sx_json_get(model, "type") && sx_json_get(model, "merges")))
        s = load_bpe(v, file, model);
    else if (is_type(model, "Unigram"))
        s = load_unigram(v, file, model);
    else if (pieces)
        s = load_wordpiece(v, file, model);
    else
        return refuse(v, "model", type_of(model));
    if (s == LLM_OK) s = set_unknown(v, model);
    if (s == LLM_OK) s = set_added(v, file);
    return s == LLM_OK ? put_post(v, sx_json_get(file, "post_processor"), pieces) : s;
}
