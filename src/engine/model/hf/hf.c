/* Opens the folder: which files it has, and in what order they are read. */
#include "engine/model/hf/hf.h"

#include <string.h>

#include "engine/model/hf/parts.h"
#include "platform/buf.h"

enum { MAX_SHARDS = 4096, MAX_JSON = 256 << 20 };

static llm_status path_of(const sx_hf *hf, const char *file, sx_buf *path)
{
    sx_buf_init(path, hf->mem, 0);
    sx_buf_printf(path, "%s/%s", hf->folder, file);
    return sx_buf_status(path) == LLM_OK ? LLM_OK : sx_fail_memory(hf->err);
}

llm_status sx_hf_read(sx_hf *hf, const char *file, char **data, size_t *size)
{
    sx_buf path;
    *data = NULL;
    *size = 0;
    llm_status s = path_of(hf, file, &path);
    if (s == LLM_OK && sx_file_exists(path.data)) s = sx_file_read(hf->mem, path.data, MAX_JSON, data, size, hf->err);
    sx_buf_free(&path);
    return s;
}

llm_status sx_hf_json(sx_hf *hf, const char *file, const sx_json **out)
{
    char *text;
    size_t size;
    *out = NULL;
    llm_status s = sx_hf_read(hf, file, &text, &size);
    if (s == LLM_OK && text) s = sx_json_parse(out, &hf->arena, file, text, size, hf->err);
    sx_mem_free(hf->mem, text);
    if (s == LLM_OK && *out && !sx_json_is(*out, SX_JSON_OBJECT))
        s = sx_fail(hf->err, LLM_E_FORMAT, "%s is not a JSON object", file);
    return s;
}

static llm_status add_shard(sx_hf *hf, const char *file)
{
    sx_buf path;
    sx_map_file map = {NULL, 0, 0};
    llm_status s = path_of(hf, file, &path);
    if (s == LLM_OK) s = sx_file_map(&map, path.data, hf->err);
    sx_buf_free(&path);
    if (s != LLM_OK) return s;
    if (sx_mem_grow(hf->mem, (void **)&hf->maps, &hf->cap_maps, hf->n_maps + 1, sizeof *hf->maps)) {
        sx_file_unmap(&map);
        return sx_fail_memory(hf->err);
    }
    hf->maps[hf->n_maps++] = map;
    return sx_st_add(&hf->st, file, map.data, map.size, hf->err);
}

/* A shard is a file of this folder and of no other. */
static llm_status check_shard(const sx_hf *hf, const sx_json *file, uint32_t count)
{
    if (!sx_json_is(file, SX_JSON_STRING) || file->len == 0 || strlen(file->text) != file->len ||
        strchr(file->text, '/'))
        return sx_fail(hf->err, LLM_E_FORMAT, "model.safetensors.index.json: the shard of %.100s is not a file's name",
                       file->key);
    if (count == MAX_SHARDS)
        return sx_fail(hf->err, LLM_E_LIMIT, "model.safetensors.index.json names more than %d shards", MAX_SHARDS);
    return LLM_OK;
}

static llm_status add_shards(sx_hf *hf, const sx_json *index)
{
    const sx_json *weights = sx_json_get(index, "weight_map");
    if (!sx_json_is(weights, SX_JSON_OBJECT) || weights->count == 0)
        return sx_fail(hf->err, LLM_E_FORMAT, "model.safetensors.index.json has no weight_map");
    sx_map seen;
    sx_map_init(&seen, hf->mem);
    llm_status s = LLM_OK;
    uint32_t count = 0;
    for (const sx_json *w = weights->first; w && s == LLM_OK; w = w->next) {
        if ((s = check_shard(hf, w, count)) != LLM_OK || sx_map_get(&seen, w->text, w->len) != SX_MAP_NONE) continue;
        if (sx_map_put(&seen, w->text, w->len, count++))
            s = sx_fail_memory(hf->err);
        else
            s = add_shard(hf, w->text);
    }
    sx_map_free(&seen);
    for (const sx_json *w = weights->first; w && s == LLM_OK; w = w->next)
        if (!sx_st_find(&hf->st, w->key))
            s = sx_fail(hf->err, LLM_E_FORMAT, "tensor %.100s of model.safetensors.index.json is in none of its shards",
                        w->key);
    return s;
}

static llm_status open_weights(sx_hf *hf)
{
    sx_buf path;
    const sx_json *index;
    llm_status s = path_of(hf, "model.safetensors", &path);
    bool single = s == LLM_OK && sx_file_exists(path.data);
    sx_buf_free(&path);
    if (s != LLM_OK) return s;
    if (single) return add_shard(hf, "model.safetensors");
    s = sx_hf_json(hf, "model.safetensors.index.json", &index);
    if (s != LLM_OK) return s;
    if (index) return add_shards(hf, index);
    return sx_fail(hf->err, LLM_E_NOT_FOUND,
                   "%s has neither model.safetensors nor model.safetensors.index.json; models saved as pickles "
                   "(pytorch_model.bin) must be saved again as safetensors",
                   hf->folder);
}

static llm_status open_all(sx_hf *hf)
{
    llm_status s = sx_hf_json(hf, "config.json", &hf->config);
    if (s != LLM_OK) return s;
    if (!hf->config)
        return sx_fail(hf->err, LLM_E_NOT_FOUND,
                       "%s is a folder without config.json; give a GGUF file, or a folder with config.json, "
                       "model.safetensors and tokenizer.json",
                       hf->folder);
    if ((s = sx_gguf_create(&hf->gguf, hf->mem, hf->err)) != LLM_OK || (s = sx_hf_config(hf)) != LLM_OK ||
        (s = open_weights(hf)) != LLM_OK || (s = sx_hf_tensors(hf)) != LLM_OK || (s = sx_hf_vocab(hf)) != LLM_OK)
        return s;
    return sx_gguf_built(hf->gguf, hf->err);
}

llm_status sx_hf_open(sx_hf **out, sx_mem *mem, const char *folder, llm_error *err)
{
    *out = NULL;
    sx_hf *hf = sx_mem_zalloc(mem, sizeof *hf);
    if (!hf) return sx_fail_memory(err);
    hf->mem = mem;
    hf->folder = folder;
    hf->err = err;
    sx_arena_init(&hf->arena, mem);
    sx_st_init(&hf->st, mem);
    llm_status s = open_all(hf);
    if (s != LLM_OK) {
        llm_error first = LLM_ERROR_INIT; /* what could not be put is missing later: that is the true reason */
        if (hf->gguf && sx_gguf_built(hf->gguf, &first) == LLM_E_MEMORY) s = sx_fail_memory(err);
        sx_hf_close(hf);
        return s;
    }
    sx_arena_free(&hf->arena); /* the JSON trees are spent; tensors and metadata stand in the description */
    hf->config = NULL;
    hf->err = NULL;
    hf->folder = NULL;
    *out = hf;
    return LLM_OK;
}

const sx_gguf *sx_hf_gguf(const sx_hf *hf)
{
    return hf->gguf;
}

void sx_hf_close(sx_hf *hf)
{
    if (!hf) return;
    sx_gguf_close(hf->gguf);
    sx_st_free(&hf->st);
    sx_arena_free(&hf->arena);
    for (size_t i = 0; i < hf->n_maps; i++) sx_file_unmap(&hf->maps[i]);
    sx_mem_free(hf->mem, hf->maps);
    sx_mem_free(hf->mem, hf);
}
