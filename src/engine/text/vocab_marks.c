/* Which tokens are special: ids and flags from the metadata, and, since files leave much unsaid, names that published
 * models use for the end of a turn. */
#include <string.h>

#include "engine/text/vocab.h"

typedef struct id_key {
    const char *key;
    size_t field;
} id_key;

static const id_key id_keys[] = {
    {"tokenizer.ggml.bos_token_id", offsetof(sx_vocab, bos)},
    {"tokenizer.ggml.eos_token_id", offsetof(sx_vocab, eos)},
    {"tokenizer.ggml.eot_token_id", offsetof(sx_vocab, eot)},
    {"tokenizer.ggml.eom_token_id", offsetof(sx_vocab, eom)},
    {"tokenizer.ggml.unknown_token_id", offsetof(sx_vocab, unk)},
    {"tokenizer.ggml.padding_token_id", offsetof(sx_vocab, pad)},
    {"tokenizer.ggml.seperator_token_id", offsetof(sx_vocab, sep)}, /* the format's own spelling */
    {"tokenizer.ggml.cls_token_id", offsetof(sx_vocab, cls)},
    {"tokenizer.ggml.mask_token_id", offsetof(sx_vocab, mask)},
    {"tokenizer.ggml.prefix_token_id", offsetof(sx_vocab, fim_pre)},
    {"tokenizer.ggml.suffix_token_id", offsetof(sx_vocab, fim_suf)},
    {"tokenizer.ggml.middle_token_id", offsetof(sx_vocab, fim_mid)},
    {"tokenizer.ggml.fim_pre_token_id", offsetof(sx_vocab, fim_pre)},
    {"tokenizer.ggml.fim_suf_token_id", offsetof(sx_vocab, fim_suf)},
    {"tokenizer.ggml.fim_mid_token_id", offsetof(sx_vocab, fim_mid)},
};

static const char *const turn_ends[] = {
    "<|eot_id|>",
    "<|im_end|>",
    "<|end|>",
    "<|return|>",
    "<|call|>",
    "<|flush|>",
    "<|calls|>",
    "<end_of_turn>",
    "<|endoftext|>",
    "</s>",
    "<|eom_id|>",
    "<EOT>",
    "_<EOT>",
    "[EOT]",
    "[EOS]",
    "<|end_of_text|>",
    "<end_of_utterance>",
    "<eos>",
    "<turn|>",
    "<|tool_response>",
    "<\xef\xbd\x9c\x65nd\xe2\x96\x81of\xe2\x96\x81sentence\xef\xbd\x9c>",
};

/* In the order of preference: what closes the assistant's turn. */
static const char *const eot_names[] = {
    "<|eot_id|>",
    "<|im_end|>",
    "<|end|>",
    "<end_of_turn>",
    "<turn|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<EOT>",
    "_<EOT>",
    "[EOT]",
    "<\xef\xbd\x9c\x65nd\xe2\x96\x81of\xe2\x96\x81sentence\xef\xbd\x9c>",
    "<end_of_utterance>",
};

static int32_t *id_field(sx_vocab *v, size_t offset)
{
    return (int32_t *)(void *)((char *)v + offset);
}

static void default_ids(sx_vocab *v)
{
    for (size_t i = 0; i < sizeof id_keys / sizeof *id_keys; i++) *id_field(v, id_keys[i].field) = -1;
    if (v->kind == SX_VOCAB_SPM) {
        v->bos = 1;
        v->eos = 2;
        v->unk = 0;
    } else if (v->kind == SX_VOCAB_WORDPIECE) {
        v->bos = 101;
        v->unk = 100;
        v->sep = 102;
        v->pad = 0;
        v->mask = 103;
    } else if (v->kind == SX_VOCAB_UNIGRAM) {
        v->eos = 1;
        v->unk = 2;
        v->pad = 0;
    }
}

/* The token of exactly this text, or -1. Few names are asked for, so the list is walked. */
static int32_t by_text(const sx_vocab *v, const char *name)
{
    size_t len = strlen(name);
    for (uint32_t i = 0; i < v->n; i++)
        if (v->texts[i].len == len && memcmp(v->texts[i].s, name, len) == 0) return (int32_t)i;
    return -1;
}

static void set_type(sx_vocab *v, int32_t token, uint8_t type)
{
    if (token >= 0) v->marks[token] = (uint8_t)((v->marks[token] & ~SX_TOKEN_TYPE) | type);
}

static uint8_t type_of(const sx_vocab *v, int32_t token)
{
    return v->marks[token] & SX_TOKEN_TYPE;
}

static void mark_end(sx_vocab *v, int32_t token)
{
    if (token >= 0) v->marks[token] |= SX_TOKEN_ENDS;
}

static void mark_ends(sx_vocab *v)
{
    for (size_t i = 0; i < sizeof turn_ends / sizeof *turn_ends; i++) {
        int32_t token = by_text(v, turn_ends[i]);
        if (token < 0) continue;
        mark_end(v, token);
        if (type_of(v, token) != SX_TOKEN_UNUSED) set_type(v, token, SX_TOKEN_CONTROL);
    }
    for (size_t i = 0; v->eot < 0 && i < sizeof eot_names / sizeof *eot_names; i++) v->eot = by_text(v, eot_names[i]);
    mark_end(v, v->eos);
    mark_end(v, v->eot);
    mark_end(v, v->eom);
    /* harmony and its kin: <|end|> only separates messages there */
    if ((by_text(v, "<|return|>") >= 0 && by_text(v, "<|call|>") >= 0) ||
        (by_text(v, "<|flush|>") >= 0 && by_text(v, "<|calls|>") >= 0)) {
        int32_t end = by_text(v, "<|end|>");
        if (end >= 0 && end != v->eos) v->marks[end] &= (uint8_t)~SX_TOKEN_ENDS;
        if (v->eot == end) v->eot = -1;
    }
    if (by_text(v, "<|tool_response>") >= 0) {
        int32_t s = by_text(v, "</s>");
        if (s >= 0 && s != v->eos) v->marks[s] = SX_TOKEN_NORMAL;
    }
}

/* In ASCII alone: strncasecmp would follow the host's locale. `lower` is in lower case. */
static bool begins_with(const char *s, const char *lower)
{
    for (; *lower; s++, lower++) {
        char c = *s >= 'A' && *s <= 'Z' ? (char)(*s - 'A' + 'a') : *s;
        if (c != *lower) return false;
    }
    return true;
}

static bool contains(const sx_gguf *gguf, const char *key, const char *const *words)
{
    const char *s;
    size_t len;
    if (!sx_gguf_str(gguf, key, &s, &len)) return false;
    for (; *words; words++) {
        size_t n = strlen(*words);
        for (size_t i = 0; i + n <= len; i++)
            if (begins_with(s + i, *words)) return true;
    }
    return false;
}

static void set_mark(sx_vocab *v, const char *name, uint8_t mark, bool on)
{
    int32_t token = by_text(v, name);
    if (token < 0) return;
    if (on)
        v->marks[token] |= mark;
    else
        v->marks[token] &= (uint8_t)~mark;
}

/* White space that special tokens take along is not in the files; these families are known to. */
static void mark_strips(sx_vocab *v, const sx_gguf *gguf)
{
    if (contains(gguf, "tokenizer.ggml.pre", (const char *const[]){"jina-v2-de", "jina-v2-es", "jina-v2-code", NULL}) ||
        contains(gguf, "general.architecture", (const char *const[]){"nomic-bert-moe", "jina-bert-v3", NULL})) {
        set_mark(v, "<mask>", SX_TOKEN_LSTRIP, true);
    } else if (contains(gguf, "general.name", (const char *const[]){"phi-3", "phi3", NULL})) {
        for (uint32_t i = 0; i < v->n; i++)
            if (type_of(v, (int32_t)i) >= SX_TOKEN_UNKNOWN && type_of(v, (int32_t)i) <= SX_TOKEN_USER)
                v->marks[i] |= SX_TOKEN_RSTRIP;
        set_mark(v, "</s>", SX_TOKEN_RSTRIP, true);
        set_mark(v, "<unk>", SX_TOKEN_RSTRIP, false);
        set_mark(v, "<s>", SX_TOKEN_RSTRIP, false);
        set_mark(v, "<|endoftext|>", SX_TOKEN_RSTRIP, false);
    } else if (contains(gguf, "general.name", (const char *const[]){"modern-bert", NULL})) {
        set_mark(v, "[MASK]", SX_TOKEN_LSTRIP, true);
    }
}

/* What the file itself says of them: 1 before, 2 behind. */
static void read_strips(sx_vocab *v, const sx_gguf *gguf)
{
    uint32_t type;
    uint64_t n;
    if (!sx_gguf_array(gguf, "tokenizer.ggml.token_strip", &type, &n) || n != v->n) return;
    int32_t *strips = sx_mem_array(v->mem, v->n, sizeof *strips);
    if (strips && sx_gguf_array_i32(gguf, "tokenizer.ggml.token_strip", strips, n))
        for (uint32_t i = 0; i < v->n; i++)
            v->marks[i] |= (uint8_t)((strips[i] & 1 ? SX_TOKEN_LSTRIP : 0) | (strips[i] & 2 ? SX_TOKEN_RSTRIP : 0));
    sx_mem_free(v->mem, strips);
}

void sx_vocab_read_specials(sx_vocab *v, const sx_gguf *gguf)
{
    default_ids(v);
    for (size_t i = 0; i < sizeof id_keys / sizeof *id_keys; i++) {
        uint32_t id;
        int32_t *field = id_field(v, id_keys[i].field);
        if (sx_gguf_u32(gguf, id_keys[i].key, &id) && id < v->n) *field = (int32_t)id;
        if (*field >= 0 && (uint32_t)*field >= v->n) *field = -1;
    }
    if (v->kind == SX_VOCAB_WORDPIECE && v->cls >= 0 && !sx_gguf_has(gguf, "tokenizer.ggml.bos_token_id"))
        v->bos = v->cls;
    sx_gguf_bool(gguf, "tokenizer.ggml.add_bos_token", &v->add_bos);
    sx_gguf_bool(gguf, "tokenizer.ggml.add_eos_token", &v->add_eos);
    sx_gguf_bool(gguf, "tokenizer.ggml.add_sep_token", &v->add_sep);
    sx_gguf_bool(gguf, "tokenizer.ggml.add_space_prefix", &v->add_space_prefix);
    sx_gguf_bool(gguf, "tokenizer.ggml.remove_extra_whitespaces", &v->remove_extra_spaces);
    sx_gguf_bool(gguf, "tokenizer.ggml.normalizer.lowercase", &v->lower_case);
    /* written for models from folders of safetensors; no other reader of GGUF asks for them */
    sx_gguf_bool(gguf, "tokenizer.ggml.space_prefix_first", &v->space_prefix_first);
    sx_gguf_bool(gguf, "tokenizer.ggml.cut_words", &v->cut_words);
    sx_gguf_bool(gguf, "tokenizer.ggml.space_prefix_spare", &v->space_prefix_spare);
    if (v->kind == SX_VOCAB_BPE && !v->raw_text) sx_gguf_bool(gguf, "tokenizer.ggml.normalizer.nfc", &v->nfc);
    if (v->kind == SX_VOCAB_SPM) sx_gguf_bool(gguf, "tokenizer.ggml.merge_ranks", &v->merge_ranks);
    if (v->merge_ranks) v->raw_text = true;
    if (!sx_gguf_has(gguf, "tokenizer.ggml.token_type")) { /* then these at least are known to be special */
        const int32_t known[] = {v->bos, v->eos, v->pad, v->sep, v->cls, v->mask};
        for (size_t i = 0; i < sizeof known / sizeof *known; i++) set_type(v, known[i], SX_TOKEN_CONTROL);
        set_type(v, v->unk, SX_TOKEN_UNKNOWN);
    }
    mark_ends(v);
    mark_strips(v, gguf);
    read_strips(v, gguf);
}
