#include "engine/model/source.h"

#include <stdio.h>
#include <string.h>

#include "engine/model/hf/hf.h"
#include "platform/buf.h"
#include "platform/file.h"

enum { ALIGNMENT = 32, MAX_PARTS = 99999, SUFFIX = 20 /* bytes of "-00001-of-00003.gguf" */ };

struct sx_source {
    sx_mem *mem;
    sx_map_file *maps; /* [n] */
    size_t n, cap;
    void *copy; /* of bytes that begin at an odd address; NULL: none */
    sx_gguf *gguf;
    sx_hf *folder;
};

static llm_status keep(sx_source *s, sx_map_file map, llm_error *err)
{
    if (sx_mem_grow(s->mem, (void **)&s->maps, &s->cap, s->n + 1, sizeof *s->maps)) {
        sx_file_unmap(&map);
        return sx_fail_memory(err);
    }
    s->maps[s->n++] = map;
    return LLM_OK;
}

static llm_status map_path(sx_source *s, const char *path, llm_error *err)
{
    sx_map_file map;
    llm_status status = sx_file_map(&map, path, err);
    return status == LLM_OK ? keep(s, map, err) : status;
}

/* ---- split files ---- */

/* What a part says of itself; 1 for a file that is not split. */
static uint32_t part_count(const sx_gguf *g)
{
    uint32_t n = 1;
    return sx_gguf_u32(g, "split.count", &n) && n ? n : 1;
}

static llm_status check_part(const sx_gguf *part, uint32_t i, uint32_t count, const char *path, llm_error *err)
{
    uint32_t no = UINT32_MAX;
    if (sx_gguf_u32(part, "split.no", &no) && no == i && part_count(part) == count) return LLM_OK;
    return sx_fail(err, LLM_E_FORMAT, "%s says it is not part %u of %u (split.no, split.count): parts were mixed up",
                   path, i + 1, count);
}

static llm_status add_part(sx_source *s, uint32_t i, uint32_t count, const char *path, llm_error *err)
{
    sx_gguf *part = NULL;
    llm_status status = map_path(s, path, err);
    if (status != LLM_OK) return status;
    const sx_map_file *map = &s->maps[s->n - 1];
    status = sx_gguf_open(&part, s->mem, map->data, map->size, err);
    if (status == LLM_OK) status = check_part(part, i, count, path, err);
    if (status == LLM_OK) status = sx_gguf_join(s->gguf, part, err);
    if (status != LLM_OK) sx_gguf_close(part);
    return status;
}

static llm_status check_tensor_count(const sx_source *s, llm_error *err)
{
    uint32_t n = sx_gguf_tensor_count(s->gguf), want = n;
    sx_gguf_u32(s->gguf, "split.tensors.count", &want);
    if (want == n) return LLM_OK;
    return sx_fail(err, LLM_E_FORMAT, "the parts of the file hold %u tensors where split.tensors.count says %u", n,
                   want);
}

static llm_status add_parts(sx_source *s, const char *path, llm_error *err)
{
    uint32_t count = part_count(s->gguf);
    char suffix[SUFFIX + 12];
    size_t len = strlen(path);
    if (count > MAX_PARTS) return sx_fail(err, LLM_E_FORMAT, "%s: split.count is %u: the file is damaged", path, count);
    snprintf(suffix, sizeof suffix, "-00001-of-%05u.gguf", count);
    if (len < SUFFIX || strcmp(path + len - SUFFIX, suffix) != 0)
        return sx_fail(
            err, LLM_E_INVALID,
            "%s is a part of a model split into %u files; give the first one, whose name ends in %s, with the "
            "others beside it",
            path, count, suffix);
    llm_status status = check_part(s->gguf, 0, count, path, err);
    sx_buf name;
    sx_buf_init(&name, s->mem, 0);
    for (uint32_t i = 1; i < count && status == LLM_OK; i++) {
        sx_buf_clear(&name);
        sx_buf_add(&name, path, len - SUFFIX);
        sx_buf_printf(&name, "-%05u-of-%05u.gguf", i + 1, count);
        status = sx_buf_status(&name) == LLM_OK ? add_part(s, i, count, name.data, err) : sx_fail_memory(err);
    }
    sx_buf_free(&name);
    return status == LLM_OK ? check_tensor_count(s, err) : status;
}

/* ---- opening ---- */

static llm_status open_bytes(sx_source *s, const void *data, size_t size, const char *path, llm_error *err)
{
    if ((uintptr_t)data % ALIGNMENT) { /* then weights would not lie where vectors can be loaded */
        s->copy = sx_mem_alloc_aligned(s->mem, size, ALIGNMENT);
        if (!s->copy) return sx_fail_memory(err);
        data = memcpy(s->copy, data, size);
    }
    llm_status status = sx_gguf_open(&s->gguf, s->mem, data, size, err);
    if (status != LLM_OK || part_count(s->gguf) == 1) return status;
    if (path) return add_parts(s, path, err);
    return sx_fail(err, LLM_E_UNSUPPORTED,
                   "this is one of %u parts of a split model: load it by the path of its first part",
                   part_count(s->gguf));
}

static llm_status open_any(sx_source *s, const sx_origin *from, llm_error *err)
{
    if (from->path && sx_file_is_folder(from->path)) return sx_hf_open(&s->folder, s->mem, from->path, err);
    if (from->data) return open_bytes(s, from->data, from->size, NULL, err);
    sx_map_file map;
    llm_status status = from->path ? sx_file_map(&map, from->path, err)
                                   : sx_file_map_fd(&map, from->fd, from->offset, from->size, err);
    if (status == LLM_OK) status = keep(s, map, err);
    return status == LLM_OK ? open_bytes(s, map.data, map.size, from->path, err) : status;
}

llm_status sx_source_open(sx_source **out, sx_mem *mem, const sx_origin *from, llm_error *err)
{
    *out = NULL;
    sx_source *s = sx_mem_zalloc(mem, sizeof *s);
    if (!s) return sx_fail_memory(err);
    s->mem = mem;
    llm_status status = open_any(s, from, err);
    if (status == LLM_OK)
        *out = s;
    else
        sx_source_close(s);
    return status;
}

const sx_gguf *sx_source_gguf(const sx_source *s)
{
    return s->folder ? sx_hf_gguf(s->folder) : s->gguf;
}

void sx_source_close(sx_source *s)
{
    if (!s) return;
    sx_gguf_close(s->gguf);
    sx_hf_close(s->folder);
    for (size_t i = 0; i < s->n; i++) sx_file_unmap(&s->maps[i]);
    sx_mem_free(s->mem, s->maps);
    sx_mem_free(s->mem, s->copy);
    sx_mem_free(s->mem, s);
}
