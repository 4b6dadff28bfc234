/* make_model OUT.gguf: writes a tiny llama model with weights from a fixed generator, so that every machine can run
 * llm_generate without fetching anything. Its words are nonsense; what matters is that they are always the same. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EMBED = 64, HEADS = 4, KV_HEADS = 2, LAYERS = 2, FEED = 128, CONTEXT = 256, BYTES = 256 };
enum { U32 = 4, F32 = 6, STRING = 8, ARRAY = 9, I32 = 5 };

static const char *const words[] = {"\xe2\x96\x81the",
                                    "\xe2\x96\x81"
                                    "a",
                                    "\xe2\x96\x81sea",
                                    "\xe2\x96\x81ship",
                                    "\xe2\x96\x81star",
                                    "\xe2\x96\x81north",
                                    "\xe2\x96\x81sails",
                                    "\xe2\x96\x81under",
                                    "\xe2\x96\x81over",
                                    "\xe2\x96\x81holds",
                                    "\xe2\x96\x81light",
                                    "\xe2\x96\x81wind",
                                    "\xe2\x96\x81"
                                    "and",
                                    "\xe2\x96\x81"
                                    "captain",
                                    "\xe2\x96\x81reads",
                                    "\xe2\x96\x81map",
                                    "\xe2\x96\x81night",
                                    "\xe2\x96\x81quiet",
                                    "\xe2\x96\x81harbour",
                                    "\xe2\x96\x81horizon",
                                    "\xe2\x96\x81"
                                    "angle",
                                    "\xe2\x96\x81measures",
                                    "\xe2\x96\x81"
                                    "island",
                                    "\xe2\x96\x81home",
                                    "\xe6\x98\x9f",
                                    "\xe6\xb5\xb7",
                                    "\xe8\x88\xb9",
                                    "\xe5\x8c\x97",
                                    "\xe9\xa3\x8e",
                                    ".",
                                    ",",
                                    "\xe2\x96\x81",
                                    "s",
                                    "t",
                                    "a",
                                    "e",
                                    "r",
                                    "h",
                                    "n",
                                    "o",
                                    "i",
                                    "p"};
enum { WORDS = sizeof words / sizeof *words, VOCAB = 3 + BYTES + WORDS };

typedef struct tensor {
    char name[64];
    uint64_t ne[2];
    uint32_t n_dims;
    uint64_t offset;
} tensor;

static FILE *out;
static tensor tensors[64];
static uint32_t n_tensors;
static uint64_t data_size, state = 0x9e3779b97f4a7c15u;

static void put(const void *data, size_t n)
{
    if (n && fwrite(data, 1, n, out) != n) {
        fprintf(stderr, "make_model: the file cannot be written\n");
        exit(1);
    }
}

static void put_u32(uint32_t v)
{
    put(&v, sizeof v);
}
static void put_u64(uint64_t v)
{
    put(&v, sizeof v);
}
static void put_f32(float v)
{
    put(&v, sizeof v);
}

static void put_str(const char *s)
{
    put_u64(strlen(s));
    put(s, strlen(s));
}

static uint32_t n_keys;

static void key(const char *name, uint32_t type)
{
    put_str(name);
    put_u32(type);
    n_keys++;
}

static void key_u32(const char *name, uint32_t v)
{
    key(name, U32);
    put_u32(v);
}
static void key_f32(const char *name, float v)
{
    key(name, F32);
    put_f32(v);
}
static void key_str(const char *name, const char *v)
{
    key(name, STRING);
    put_str(v);
}

static void key_array(const char *name, uint32_t type)
{
    key(name, ARRAY);
    put_u32(type);
    put_u64(VOCAB);
}

static const char *token_text(uint32_t id, char buf[8])
{
    static const char *const special[] = {"<unk>", "<s>", "</s>"};
    if (id < 3) return special[id];
    if (id >= 3 + BYTES) return words[id - 3 - BYTES];
    snprintf(buf, 8, "<0x%02X>", id - 3);
    return buf;
}

static void write_metadata(void)
{
    char buf[8];
    key_str("general.architecture", "llama");
    key_str("general.name", "tiny");
    key_u32("llama.context_length", CONTEXT);
    key_u32("llama.embedding_length", EMBED);
    key_u32("llama.block_count", LAYERS);
    key_u32("llama.feed_forward_length", FEED);
    key_u32("llama.attention.head_count", HEADS);
    key_u32("llama.attention.head_count_kv", KV_HEADS);
    key_u32("llama.rope.dimension_count", EMBED / HEADS);
    key_u32("llama.vocab_size", VOCAB);
    key_f32("llama.attention.layer_norm_rms_epsilon", 1e-5f);
    key_f32("llama.rope.freq_base", 10000.0f);
    key_u32("general.file_type", 0);
    key_str("tokenizer.ggml.model", "llama");
    key_array("tokenizer.ggml.tokens", STRING);
    for (uint32_t i = 0; i < VOCAB; i++) put_str(token_text(i, buf));
    key_array("tokenizer.ggml.scores", F32);
    for (uint32_t i = 0; i < VOCAB; i++) put_f32(i < 3 + BYTES ? 0.0f : -(float)(i - 3 - BYTES));
    key_array("tokenizer.ggml.token_type", I32);
    for (uint32_t i = 0; i < VOCAB; i++) put_u32(i == 0 ? 2 : i < 3 ? 3 : i < 3 + BYTES ? 6 : 1);
    key_u32("tokenizer.ggml.bos_token_id", 1);
    key_u32("tokenizer.ggml.eos_token_id", 2);
    key_u32("tokenizer.ggml.unknown_token_id", 0);
}

static void add(const char *name, uint64_t ne0, uint64_t ne1)
{
    tensor *t = &tensors[n_tensors++];
    snprintf(t->name, sizeof t->name, "%s", name);
    t->ne[0] = ne0;
    t->ne[1] = ne1;
    t->n_dims = ne1 ? 2 : 1;
    t->offset = data_size;
    data_size += ne0 * (ne1 ? ne1 : 1) * sizeof(float); /* all sizes here are multiples of 32 */
}

static void add_layer(uint32_t layer)
{
    static const struct {
        const char *name;
        uint64_t ne0, ne1;
    } parts[] = {
        {"attn_norm", EMBED, 0},
        {"attn_q", EMBED, EMBED},
        {"attn_k", EMBED, EMBED / HEADS * KV_HEADS},
        {"attn_v", EMBED, EMBED / HEADS * KV_HEADS},
        {"attn_output", EMBED, EMBED},
        {"ffn_norm", EMBED, 0},
        {"ffn_gate", EMBED, FEED},
        {"ffn_up", EMBED, FEED},
        {"ffn_down", FEED, EMBED},
    };
    char name[64];
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        snprintf(name, sizeof name, "blk.%u.%s.weight", layer, parts[i].name);
        add(name, parts[i].ne0, parts[i].ne1);
    }
}

static float weight(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (float)(int32_t)(state >> 40) / 8388608.0f - 1.0f; /* 24 bits: exact in a float */
}

/* Byte tokens and special tokens are never likely: the text stays readable. */
static void write_tensor(const tensor *t)
{
    float scale = strcmp(t->name, "output.weight") == 0 || strcmp(t->name, "token_embd.weight") == 0 ? 1.0f : 0.25f;
    for (uint64_t row = 0; row < (t->n_dims == 2 ? t->ne[1] : 1); row++)
        for (uint64_t i = 0; i < t->ne[0]; i++) {
            float w = t->n_dims == 1 ? 1.0f : weight() * scale;
            put_f32(row < 3 + BYTES && strcmp(t->name, "output.weight") == 0 ? 0.0f : w);
        }
}

int main(int argc, char **argv)
{
    if (argc != 2 || !(out = fopen(argv[1], "wb"))) {
        fprintf(stderr, "usage: make_model OUT.gguf\n");
        return 2;
    }
    add("token_embd.weight", EMBED, VOCAB);
    for (uint32_t i = 0; i < LAYERS; i++) add_layer(i);
    add("output_norm.weight", EMBED, 0);
    add("output.weight", EMBED, VOCAB);
    put("GGUF", 4);
    put_u32(3);
    put_u64(n_tensors);
    long counts = ftell(out);
    put_u64(0);
    write_metadata();
    for (uint32_t i = 0; i < n_tensors; i++) {
        put_str(tensors[i].name);
        put_u32(tensors[i].n_dims);
        for (uint32_t d = 0; d < tensors[i].n_dims; d++) put_u64(tensors[i].ne[d]);
        put_u32(0); /* F32 */
        put_u64(tensors[i].offset);
    }
    while (ftell(out) % 32) put("", 1);
    for (uint32_t i = 0; i < n_tensors; i++) write_tensor(&tensors[i]);
    if (fseek(out, counts, SEEK_SET)) return 1;
    put_u64(n_keys);
    return fclose(out) ? 1 : 0;
}
