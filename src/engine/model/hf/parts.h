/* What the files of this folder share; nobody else includes this. */
#ifndef SX_ENGINE_HF_PARTS_H
#define SX_ENGINE_HF_PARTS_H

#include "engine/model/gguf_build.h"
#include "engine/model/hf/hf.h"
#include "engine/model/safetensors.h"
#include "platform/file.h"
#include "platform/json.h"

/* How a tensor's layout changes on its way to GGUF's. */
typedef enum hf_change {
    HF_SAME,      /* not at all: it is used where it lies */
    HF_DROP,      /* not needed: computed, or of training alone */
    HF_QUERY,     /* rows of query heads: reordered where the family turns */
    HF_KEY,       /* the same of key heads */
    HF_QKV,       /* rows of all queries, keys, values */
    HF_GROUPS,    /* per key-value head: its queries, its key, its value */
    HF_TRANSPOSE, /* [in, out] */
    HF_EXPERT,    /* one expert's matrix: joined with the others as slices of one tensor, where they lie */
    HF_TWO,       /* the first half of the rows, and the second, are two tensors (each of every expert, if 3-D) */
    HF_WOVEN,     /* per expert [in, 2 out], even columns and odd ones: two tensors (gpt-oss) */
    HF_FLIPPED,   /* per expert [in, out] */
    HF_LATENT     /* kv_b of latent attention: per head rows of keys and rows of values */
} hf_change;

typedef struct hf_name {
    const char *from; /* inside a layer or outside; '#' stands for an expert's number */
    const char *to;   /* GGUF's, without ".weight"; with a second name behind a space for those that become two */
    hf_change change;
} hf_name;

enum {
    HF_TURN = 1,     /* rope there turns halves of a head, in GGUF's layout neighbouring pairs: reorder rows */
    HF_PLUS_ONE = 2, /* norms multiply by 1 + weight */
    HF_LATENT_KV = 4 /* latent attention, kept absorbed */
};

struct sx_hf {
    sx_mem *mem;
    const char *folder;
    sx_arena arena; /* of JSON trees */
    const sx_json *config;
    sx_map_file *maps; /* [n_maps] shards */
    size_t n_maps, cap_maps;
    sx_st st;
    sx_gguf *gguf;
    const struct hf_family *family;
    llm_error *err;                      /* of the opening under way */
    uint32_t n_layer, n_head, n_head_kv; /* what layouts depend on */
    uint32_t dim_k, n_rot, n_expert;
    uint32_t dim_nope, dim_out;
    bool tied;
};

typedef struct hf_family {
    const char *type; /* config.json's model_type */
    const char *arch; /* GGUF's */
    uint32_t flags;
    const hf_name *names;                /* tried before the common ones; NULL: none */
    llm_status (*odd)(struct sx_hf *hf); /* facts that this family states in its own way; NULL: none */
} hf_family;

/* names.c */
const hf_family *sx_hf_family(const char *model_type); /* NULL: not known */
const hf_family *sx_hf_family_of(const char *arch);    /* the first whose models GGUF calls so; NULL: none */
/* The entry of a name (as inside a layer, '#' for an expert, without .weight or .bias); NULL: not known. */
const hf_name *sx_hf_name(const hf_family *family, const char *name);

/* config.c: config.json into metadata, and the sizes above. */
llm_status sx_hf_config(sx_hf *hf);
/* For families' own functions: puts <arch>.<name>. */
void sx_hf_put_u32(sx_hf *hf, const char *name, uint32_t v);
void sx_hf_put_f32(sx_hf *hf, const char *name, float v);
void sx_hf_put_bool(sx_hf *hf, const char *name, bool v);
void sx_hf_put_str(sx_hf *hf, const char *name, const char *v);
void sx_hf_put_bools(sx_hf *hf, const char *name, const bool *v, size_t n);
/* odd.c: those functions. */
llm_status sx_hf_odd_falcon(sx_hf *hf);
llm_status sx_hf_odd_bigcode(sx_hf *hf);
llm_status sx_hf_odd_gpt2(sx_hf *hf);
llm_status sx_hf_odd_bloom(sx_hf *hf);
llm_status sx_hf_odd_mpt(sx_hf *hf);
llm_status sx_hf_odd_chatglm(sx_hf *hf);
llm_status sx_hf_odd_minicpm(sx_hf *hf);
llm_status sx_hf_odd_gemma(sx_hf *hf);
llm_status sx_hf_odd_smollm3(sx_hf *hf);
llm_status sx_hf_odd_deepseek(sx_hf *hf);
llm_status sx_hf_odd_experts(sx_hf *hf);
llm_status sx_hf_odd_stablelm(sx_hf *hf);

/* rope.c: rope_parameters, rope_scaling and their kin; puts tensors of factors where the kind has them. */
llm_status sx_hf_rope(sx_hf *hf);

/* tensors.c: all tensors of hf->st into hf->gguf. */
llm_status sx_hf_tensors(sx_hf *hf);
/* layout.c: one tensor, laid out anew, put under `to` (as in hf_name; "blk.N." goes before, `suffix` behind). */
llm_status sx_hf_lay_out(sx_hf *hf, const sx_st_tensor *t, const hf_name *name, int layer, const char *suffix);
/* GGUF's order of dimensions. */
sx_tensor sx_hf_tensor(const sx_st_tensor *t);

/* vocab.c: tokenizer.json or tokenizer.model, and the files beside them. */
llm_status sx_hf_vocab(sx_hf *hf);

/* hf.c: a JSON file of the folder parsed into hf->arena; *out NULL when it is absent. */
llm_status sx_hf_json(sx_hf *hf, const char *file, const sx_json **out);
/* The bytes of a file of the folder, freed by the caller; *data NULL when it is absent. */
llm_status sx_hf_read(sx_hf *hf, const char *file, char **data, size_t *size);

#endif
