/* A model file's vocabulary: tokens, what kind each is, the raw bytes it stands for, and the special ones. Immutable after
 * loading. */
#ifndef SX_ENGINE_TEXT_VOCAB_H
#define SX_ENGINE_TEXT_VOCAB_H

#include "engine/model/gguf.h"
#include "engine/text/split.h"
#include "engine/text/trie.h"
#include "platform/arena.h"
#include "platform/map.h"

typedef enum sx_vocab_kind { SX_VOCAB_SPM, SX_VOCAB_BPE, SX_VOCAB_WORDPIECE, SX_VOCAB_UNIGRAM } sx_vocab_kind;

/* What tokenizer.ggml.token_type says, and marks. */
enum {
    SX_TOKEN_NORMAL = 1,
    SX_TOKEN_UNKNOWN = 2,
    SX_TOKEN_CONTROL = 3,
    SX_TOKEN_USER = 4,
    SX_TOKEN_UNUSED = 5,
    SX_TOKEN_BYTE = 6,
    SX_TOKEN_TYPE = 7,    /* mask of the above */
    SX_TOKEN_ENDS = 8,    /* ends a text or a turn */
    SX_TOKEN_LSTRIP = 16, /* takes the white space before it */
    SX_TOKEN_RSTRIP = 32  /* takes the white space behind it */
};

typedef struct sx_vocab {
    sx_mem *mem;
    sx_vocab_kind kind;
    const sx_split *split; /* of SX_VOCAB_BPE */
    bool raw_text;         /* BPE without the byte alphabet: spaces are U+2581, bytes <0xXX> */
    bool add_bos, add_eos, add_sep, add_space_prefix, remove_extra_spaces, lower_case;
    bool merge_ranks;        /* SPM: the file's own merges decide, not the scores */
    bool space_prefix_first; /* SPM: a space goes before the text alone, not behind special tokens */
    bool space_prefix_spare; /* none goes before a space that is there */
    bool cut_words;          /* unigram: no token reaches over the beginning of a word */
    bool nfc;                /* BPE: text is composed first (Unicode normalization form C) */
    uint32_t n;
    sx_view *texts;          /* [n] as in the file */
    sx_view *bytes;          /* [n] raw bytes; "" of control and unknown tokens */
    float *scores;           /* [n], 0 where the file has none */
    uint8_t *marks;          /* [n] SX_TOKEN_* */
    sx_arena arena;          /* of bytes that differ from the file's */
    sx_map by_bytes;         /* what the merging may produce: raw bytes (SPM, WordPiece: file text) -> token */
    sx_trie parsed;          /* special and user-defined tokens as written */
    sx_trie always;          /* user-defined tokens only */
    int32_t byte_token[256]; /* -1: none */
    int32_t bos, eos, eot, eom, unk, pad, sep, cls, mask, fim_pre, fim_suf, fim_mid;
} sx_vocab;

llm_status sx_vocab_load(sx_vocab *vocab, sx_mem *mem, const sx_gguf *gguf, llm_error *err);
void sx_vocab_free(sx_vocab *vocab);

/* vocab_marks.c: the special tokens' ids and flags from the metadata; then the tokens that end a text. */
void sx_vocab_read_specials(sx_vocab *vocab, const sx_gguf *gguf);

/* special.c: the pieces of a text between special tokens, in order. piece gets a token (text NULL) or a stretch of text. */
typedef llm_status (*sx_piece_fn)(void *user, const char *text, size_t len, int32_t token);
llm_status sx_special_cut(const sx_vocab *vocab, const char *text, size_t len, bool parse, sx_piece_fn piece,
                          void *user);

#endif
