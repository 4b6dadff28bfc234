/* Every tensor of the folder finds its place by name, or is refused by name. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/model/hf/parts.h"

enum { NAME = 160 };

/* A name taken apart: "model.layers.3.mlp.experts.7.up_proj.weight" is layer 3, expert 7, "mlp.experts.#.up_proj" and
 * ".weight". */
typedef struct place {
    int layer;      /* -1: outside the layers */
    int64_t expert; /* -1: none */
    char rest[NAME];
    const char *suffix;
} place;

/* Experts of one kind in one layer, gathered as they are met. */
typedef struct stack {
    const hf_name *name;
    int layer;
    const sx_st_tensor *first;
    const void **parts; /* [n_expert] */
    struct stack *next;
} stack;

typedef struct gather {
    sx_hf *hf;
    stack *stacks;
} gather;

static bool begins(const char **s, const char *with)
{
    size_t n = strlen(with);
    if (strncmp(*s, with, n) != 0) return false;
    *s += n;
    return true;
}

/* A number and the point behind it. */
static bool take_number(const char **s, int64_t *n)
{
    const char *p = *s;
    int64_t v = 0;
    while (*p >= '0' && *p <= '9' && v < 1 << 24) v = v * 10 + (*p++ - '0');
    if (p == *s || *p != '.') return false;
    *s = p + 1;
    *n = v;
    return true;
}

static bool take_apart(const char *name, place *p)
{
    static const char *const outer[] = {"model.", "transformer.", "gpt_neox.", "language_model.model."};
    static const char *const layers[] = {"layers.", "h.", "blocks.", "encoder.layers."};
    static const char *const suffixes[] = {".weight", ".bias"};
    int64_t n = -1;
    *p = (place){.layer = -1, .expert = -1, .suffix = ""};
    for (size_t i = 0; i < sizeof outer / sizeof *outer; i++)
        if (begins(&name, outer[i])) break;
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        const char *behind = name;
        if (!begins(&behind, layers[i]) || !take_number(&behind, &n)) continue;
        name = behind;
        p->layer = (int)n;
        break;
    }
    const char *experts = strstr(name, "experts.");
    const char *behind = experts ? experts + 8 : NULL;
    int written = behind && take_number(&behind, &p->expert)
                      ? snprintf(p->rest, sizeof p->rest, "%.*s#.%s", (int)(experts + 8 - name), name, behind)
                      : snprintf(p->rest, sizeof p->rest, "%s", name);
    if (written < 0 || (size_t)written >= sizeof p->rest) return false;
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        size_t len = strlen(p->rest), end = strlen(suffixes[i]);
        if (len <= end || strcmp(p->rest + len - end, suffixes[i]) != 0) continue;
        p->rest[len - end] = '\0';
        p->suffix = suffixes[i];
        break;
    }
    return true;
}

/* What transformers names with the suffix joined on: "experts.down_proj_bias", "gate.e_score_correction_bias". */
static const hf_name *look_up(const sx_hf *hf, place *p)
{
    const hf_name *n = sx_hf_name(hf->family, p->rest);
    size_t len = strlen(p->rest);
    if (n && p->suffix[0] == '\0') p->suffix = strchr(n->to, '.') ? "" : ".weight";
    if (n || len <= 5) return n;
    if (strcmp(p->rest + len - 5, "_bias") == 0) {
        p->rest[len - 5] = '\0';
        p->suffix = ".bias";
        return sx_hf_name(hf->family, p->rest);
    }
    snprintf(p->rest + len, sizeof p->rest - len, "%s", p->suffix); /* "attn.bias" is a name of its own */
    return sx_hf_name(hf->family, p->rest);
}

static llm_status add_expert(gather *g, const sx_st_tensor *t, const hf_name *name, const place *p)
{
    sx_hf *hf = g->hf;
    if (p->suffix[0] == '.' && p->suffix[1] == 'b')
        return sx_fail(hf->err, LLM_E_UNSUPPORTED, "tensor %.100s: biases of single experts are not supported",
                       t->name);
    if (p->expert < 0 || (uint64_t)p->expert >= hf->n_expert || t->n_dims != 2)
        return sx_fail(hf->err, LLM_E_FORMAT, "tensor %.100s is not a matrix of one of the %u experts of config.json",
                       t->name, hf->n_expert);
    stack *s = g->stacks; /* those of one layer come together as a rule, so the newest is first */
    while (s && (s->layer != p->layer || s->name != name)) s = s->next;
    if (!s) {
        s = sx_gguf_room(hf->gguf, sizeof *s);
        const void **parts = sx_gguf_room(hf->gguf, hf->n_expert * sizeof *parts);
        if (!s || !parts) return sx_fail_memory(hf->err);
        *s = (stack){name, p->layer, t, parts, g->stacks};
        g->stacks = s;
    }
    if (s->first->type != t->type || s->first->shape[0] != t->shape[0] || s->first->shape[1] != t->shape[1])
        return sx_fail(hf->err, LLM_E_FORMAT, "tensor %.100s has another type or shape than %.100s", t->name,
                       s->first->name);
    s->parts[p->expert] = t->data;
    return LLM_OK;
}

static llm_status put_stacks(const gather *g)
{
    sx_hf *hf = g->hf;
    for (const stack *s = g->stacks; s; s = s->next) {
        char name[NAME];
        sx_tensor t = sx_hf_tensor(s->first);
        for (uint32_t i = 0; i < hf->n_expert; i++)
            if (!s->parts[i])
                return sx_fail(hf->err, LLM_E_FORMAT, "expert %u of layer %d is missing beside %.100s", i, s->layer,
                               s->first->name);
        t.n_dims = 3;
        t.ne[2] = hf->n_expert;
        t.data = NULL;
        t.parts = s->parts;
        snprintf(name, sizeof name, "blk.%d.%s.weight", s->layer, s->name->to);
        sx_gguf_put_tensor(hf->gguf, name, &t);
    }
    return LLM_OK;
}

/* Loads of wider numbers from odd addresses are not everywhere allowed: such a tensor is copied. */
static llm_status align(sx_hf *hf, sx_st_tensor *t)
{
    if ((uintptr_t)t->data % (t->type == SX_TYPE_F32 ? 4 : 2) == 0) return LLM_OK;
    unsigned char *copy = sx_gguf_room(hf->gguf, t->bytes);
    if (!copy) return sx_fail_memory(hf->err);
    if (t->bytes) memcpy(copy, t->data, t->bytes);
    t->data = copy;
    return LLM_OK;
}

static llm_status put_one(gather *g, sx_st_tensor *t)
{
    sx_hf *hf = g->hf;
    place p;
    const hf_name *name = take_apart(t->name, &p) ? look_up(hf, &p) : NULL;
    if (p.layer >= 0 && (uint32_t)p.layer >= hf->n_layer) return LLM_OK; /* layers that only predict further tokens */
    if (!name)
        return sx_fail(
            hf->err, LLM_E_UNSUPPORTED,
            "tensor %.100s has no place in a %s model as this version knows them; the folder holds another kind "
            "of model, or a newer one",
            t->name, hf->family->type);
    if (name->change == HF_DROP || (hf->tied && strcmp(name->to, "output") == 0)) return LLM_OK;
    if (t->type == UINT32_MAX)
        return sx_fail(
            hf->err, LLM_E_UNSUPPORTED,
            "tensor %.100s is of type %.20s; this version reads F32, F16 and BF16: save the model in one of them",
            t->name, t->dtype);
    llm_status s = align(hf, t);
    if (s != LLM_OK) return s;
    return name->change == HF_EXPERT ? add_expert(g, t, name, &p) : sx_hf_lay_out(hf, t, name, p.layer, p.suffix);
}

llm_status sx_hf_find_matrix(const char *arch, const char *module, sx_hf_matrix *out, llm_error *err)
{
    place p;
    const hf_family *family = sx_hf_family_of(arch);
    const hf_name *n = family && take_apart(module, &p) ? sx_hf_name(family, p.rest) : NULL;
    bool turns = n && (family->flags & HF_TURN) && (n->change == HF_QUERY || n->change == HF_KEY);
    bool plain = n && (n->change == HF_SAME || n->change == HF_QUERY || n->change == HF_KEY ||
                       n->change == HF_TRANSPOSE || (n->change == HF_QKV && !(family->flags & HF_TURN)));
    if (!plain || strlen(n->to) > sizeof out->name - 32)
        return sx_fail(err, LLM_E_UNSUPPORTED, "the module %.100s of a %s model is not supported here", module, arch);
    out->turns = turns;
    if (p.layer < 0)
        snprintf(out->name, sizeof out->name, "%s.weight", n->to);
    else
        snprintf(out->name, sizeof out->name, "blk.%d.%s.weight", p.layer, n->to);
    return LLM_OK;
}

llm_status sx_hf_tensors(sx_hf *hf)
{
    gather g = {hf, NULL};
    llm_status s = LLM_OK;
    for (size_t i = 0; i < hf->st.n && s == LLM_OK; i++) s = put_one(&g, &hf->st.tensors[i]);
    if (s == LLM_OK) s = put_stacks(&g);
    if (s != LLM_OK) return s;
    const sx_json *tied = sx_json_get(hf->config, "tie_word_embeddings");
    if (sx_json_is(tied, SX_JSON_BOOL) && !tied->truth && !sx_gguf_tensor(hf->gguf, "output.weight"))
        return sx_fail(hf->err, LLM_E_FORMAT,
                       "the output head (lm_head.weight) is missing, and config.json says that it is not tied to the "
                       "embeddings");
    return sx_gguf_built(hf->gguf, hf->err);
}
