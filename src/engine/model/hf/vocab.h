/* A tokenizer while it is translated; shared by the vocab*.c of this folder and by nobody else. */
#ifndef SX_ENGINE_HF_VOCAB_H
#define SX_ENGINE_HF_VOCAB_H

#include "engine/model/hf/parts.h"

enum {
    HF_NORMAL = 1,
    HF_UNKNOWN = 2,
    HF_CONTROL = 3,
    HF_USER = 4,
    HF_UNUSED = 5,
    HF_BYTE = 6
}; /* GGUF's token types */

typedef struct hf_vocab {
    sx_hf *hf;
    const sx_json *settings;   /* tokenizer_config.json or NULL */
    const sx_json *generation; /* generation_config.json or NULL */
    uint32_t n;
    sx_view *texts;                /* [n] in the description's room */
    double *scores;                /* [n] */
    int32_t *types;                /* [n] */
    int32_t *strips;               /* [n] 1: takes white space before it, 2: behind it */
    bool any_strips, exact_scores; /* exact: of unigram models in tokenizer.json, whose ties depend on them */
    sx_map by_text;
} hf_vocab;

/* Room for n tokens, all unused. `given` is how many there are: ids far beyond are refused. */
llm_status sx_hf_vocab_room(hf_vocab *v, uint64_t n, uint64_t given);
llm_status sx_hf_vocab_set(hf_vocab *v, int64_t id, const char *text, size_t len, double score, int32_t type);
uint32_t sx_hf_vocab_find(const hf_vocab *v, const char *text, size_t len); /* SX_MAP_NONE: no such token */

/* The tokens and the special ones, once they are set. */
void sx_hf_vocab_put(const hf_vocab *v);

/* vocab_json.c: tokenizer.json; vocab_spm.c: tokenizer.model. */
llm_status sx_hf_vocab_json(hf_vocab *v, const sx_json *file);
llm_status sx_hf_vocab_spm(hf_vocab *v, const unsigned char *data, size_t size);

/* vocab_split.c: the name of the split that a pre-tokenizer of byte-level BPE is; NULL: none that is known. */
const char *sx_hf_split_name(const sx_json *pre_tokenizer, bool ignore_merges);

#endif
