/* tokenizer.model: SentencePiece's model as a protocol buffer. Only the fields that decide tokens are read; lengths are held
 * against what is left. Source: sentencepiece_model.proto of github.com/google/sentencepiece. */
#include <string.h>

#include "engine/model/hf/vocab.h"

typedef struct wire {
    const unsigned char *p;
    size_t left;
    bool bad;
} wire;

typedef struct field {
    uint32_t number;
    uint64_t value; /* of varints and fixed numbers */
    wire bytes;     /* of what has a length */
} field;

typedef struct model {
    uint32_t n;
    uint64_t type; /* 1 unigram, 2 BPE */
    bool prefix, squeeze;
    wire charsmap;
    int64_t bos, eos, pad, unk;
} model;

static uint64_t varint(wire *w)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64 && w->left > 0; shift += 7) {
        unsigned char c = *w->p++;
        w->left--;
        v |= (uint64_t)(c & 0x7f) << shift;
        if (c < 0x80) return v;
    }
    w->bad = true;
    return 0;
}

static uint64_t fixed(wire *w, size_t n)
{
    uint64_t v = 0;
    if (w->left < n) {
        w->bad = true;
        return 0;
    }
    for (size_t i = 0; i < n; i++) v |= (uint64_t)w->p[i] << 8 * i;
    w->p += n;
    w->left -= n;
    return v;
}

/* The next field; false at the end or when the bytes make no sense, which w->bad tells. */
static bool next(wire *w, field *f)
{
    if (w->left == 0 || w->bad) return false;
    uint64_t tag = varint(w);
    *f = (field){.number = (uint32_t)(tag >> 3)};
    switch (tag & 7) {
    case 0: f->value = varint(w); break;
    case 1: f->value = fixed(w, 8); break;
    case 5: f->value = fixed(w, 4); break;
    case 2: {
        uint64_t len = varint(w);
        if (len > w->left) w->bad = true;
        if (w->bad) break;
        f->bytes = (wire){w->p, (size_t)len, false};
        w->p += len;
        w->left -= (size_t)len;
        break;
    }
    default: w->bad = true;
    }
    return !w->bad;
}

static float as_float(uint64_t bits)
{
    uint32_t word = (uint32_t)bits;
    float v;
    memcpy(&v, &word, sizeof v);
    return v;
}

static void read_trainer(wire w, model *m)
{
    field f;
    while (next(&w, &f)) {
        if (f.number == 3) m->type = f.value;
        if (f.number == 40) m->unk = (int32_t)f.value;
        if (f.number == 41) m->bos = (int32_t)f.value;
        if (f.number == 42) m->eos = (int32_t)f.value;
        if (f.number == 43) m->pad = (int32_t)f.value;
    }
}

static void read_normalizer(wire w, model *m)
{
    field f;
    while (next(&w, &f)) {
        if (f.number == 2) m->charsmap = f.bytes;
        if (f.number == 3) m->prefix = f.value != 0;
        if (f.number == 4) m->squeeze = f.value != 0;
    }
}

static bool read_model(wire w, model *m)
{
    field f;
    *m = (model){.type = 1, .prefix = true, .squeeze = true, .bos = 1, .eos = 2, .pad = -1};
    while (next(&w, &f)) {
        if (f.number == 1) m->n++;
        if (f.number == 2) read_trainer(f.bytes, m);
        if (f.number == 3) read_normalizer(f.bytes, m);
    }
    return !w.bad && m->n > 0;
}

static llm_status set_piece(hf_vocab *v, wire w, uint32_t id)
{
    field f;
    wire text = {(const unsigned char *)"", 0, false};
    float score = 0.0f;
    int32_t type = HF_NORMAL;
    while (next(&w, &f)) {
        if (f.number == 1) text = f.bytes;
        if (f.number == 2) score = as_float(f.value);
        if (f.number == 3) type = f.value >= HF_NORMAL && f.value <= HF_BYTE ? (int32_t)f.value : HF_UNUSED;
    }
    return sx_hf_vocab_set(v, id, (const char *)text.p, text.left, (double)score, type);
}

/* tokenizer_config.json's added_tokens_decoder: {"32000": {"content": ..., "special": ...}}; ids go on behind the pieces. */
static llm_status set_added(hf_vocab *v, const sx_json *added)
{
    llm_status s = LLM_OK;
    for (const sx_json *t = sx_json_is(added, SX_JSON_OBJECT) ? added->first : NULL; t && s == LLM_OK; t = t->next) {
        const sx_json *text = sx_json_get(t, "content");
        uint32_t id = 0;
        for (const char *p = t->key; *p >= '0' && *p <= '9' && id < 1u << 27; p++) id = id * 10 + (uint32_t)(*p - '0');
        if (!sx_json_is(text, SX_JSON_STRING) || id >= v->n || v->types[id] == HF_UNKNOWN) continue;
        s = sx_hf_vocab_set(v, id, text->text, text->len, v->scores[id],
                            sx_json_get_bool(t, "special", false) ? HF_CONTROL : HF_USER);
    }
    return s;
}

static void put_id(const hf_vocab *v, const char *key, int64_t id)
{
    if (id >= 0 && id < v->n) sx_gguf_put_u32(v->hf->gguf, key, (uint32_t)id);
}

static llm_status put_all(hf_vocab *v, const model *m)
{
    sx_gguf *g = v->hf->gguf;
    bool unigram = m->type == 1;
    if (!unigram && m->charsmap.left)
        return sx_fail(v->hf->err, LLM_E_UNSUPPORTED,
                       "tokenizer.model: a BPE model with a normalizer of its own is not supported by this version");
    sx_gguf_put_str(g, "tokenizer.ggml.model", unigram ? "t5" : "llama", unigram ? 2 : 5);
    sx_gguf_put_bool(g, "tokenizer.ggml.add_space_prefix", m->prefix);
    sx_gguf_put_bool(g, "tokenizer.ggml.remove_extra_whitespaces", m->squeeze);
    if (m->charsmap.left) sx_gguf_put_bytes(g, "tokenizer.ggml.precompiled_charsmap", m->charsmap.p, m->charsmap.left);
    put_id(v, "tokenizer.ggml.bos_token_id", m->bos);
    put_id(v, "tokenizer.ggml.eos_token_id", m->eos);
    put_id(v, "tokenizer.ggml.unknown_token_id", m->unk);
    put_id(v, "tokenizer.ggml.padding_token_id", m->pad);
    return LLM_OK;
}

llm_status sx_hf_vocab_spm(hf_vocab *v, const unsigned char *data, size_t size)
{
    model m;
    field f;
    wire w = {data, size, false};
    if (!read_model(w, &m))
        return sx_fail(v->hf->err, LLM_E_FORMAT,
                       "tokenizer.model is not a SentencePiece model, or damaged: fetch it again");
    if (m.type != 1 && m.type != 2)
        return sx_fail(
            v->hf->err, LLM_E_UNSUPPORTED,
            "tokenizer.model is a SentencePiece model of type %llu; this version knows unigram (1) and BPE (2)",
            (unsigned long long)m.type);
    const sx_json *added = sx_json_get(v->settings, "added_tokens_decoder");
    uint64_t n = m.n + (sx_json_is(added, SX_JSON_OBJECT) ? added->count : 0u);
    llm_status s = sx_hf_vocab_room(v, n, n);
    for (uint32_t id = 0; s == LLM_OK && next(&w, &f);)
        if (f.number == 1) s = set_piece(v, f.bytes, id++);
    if (s == LLM_OK) s = set_added(v, added);
    return s == LLM_OK ? put_all(v, &m) : s;
}
