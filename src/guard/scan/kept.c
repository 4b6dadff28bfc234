#include "guard/scan/kept.h"

#include <string.h>

#include "platform/buf.h"
#include "platform/newfile.h"

enum { ALIGN = 64 };

typedef struct head {
    char magic[8];
    uint32_t format, order; /* order: 1 as this machine writes it */
    unsigned char key[SX_HASH_BYTES];
    uint64_t count, bytes[SX_KEPT_PARTS_MAX];
} head; /* then each part, filled up to ALIGN bytes, then a digest of all before it */

static const char MAGIC[8] = "SXTKEPT";

static size_t filled(size_t bytes)
{
    return (bytes + ALIGN - 1) / ALIGN * ALIGN;
}

static bool name_file(sx_buf *path, const char *folder, const unsigned char key[SX_HASH_BYTES])
{
    char name[2 * SX_HASH_BYTES + 1];
    sx_hex(name, key, SX_HASH_BYTES);
    sx_buf_printf(path, "%s/%s.kept", folder, name);
    return sx_buf_status(path) == LLM_OK;
}

static bool take_parts(sx_kept *kept, const unsigned char key[SX_HASH_BYTES])
{
    unsigned char digest[SX_HASH_BYTES];
    head h;
    if (kept->map.size < filled(sizeof h) + SX_HASH_BYTES) return false;
    memcpy(&h, kept->map.data, sizeof h);
    if (memcmp(h.magic, MAGIC, sizeof MAGIC) != 0 || h.format != SX_KEPT_FORMAT || h.order != 1 ||
        memcmp(h.key, key, SX_HASH_BYTES) != 0 || h.count > SX_KEPT_PARTS_MAX)
        return false;
    size_t at = filled(sizeof h), left = kept->map.size - at - SX_HASH_BYTES;
    for (uint32_t i = 0; i < h.count; i++) {
        if (h.bytes[i] > left || filled((size_t)h.bytes[i]) > left) return false;
        kept->part[i] = (sx_kept_part){kept->map.data + at, (size_t)h.bytes[i]};
        at += filled((size_t)h.bytes[i]);
        left -= filled((size_t)h.bytes[i]);
    }
    kept->part_n = (uint32_t)h.count;
    if (left != 0) return false;
    sx_hash(digest, kept->map.data, at);
    return memcmp(digest, kept->map.data + at, sizeof digest) == 0;
}

bool sx_kept_open(sx_kept *kept, sx_mem *mem, const char *folder, const unsigned char key[SX_HASH_BYTES])
{
    sx_buf path;
    sx_buf_init(&path, mem, 0);
    *kept = (sx_kept){0};
    bool there = name_file(&path, folder, key) && sx_file_exists(path.data) &&
                 sx_file_map(&kept->map, path.data, NULL) == LLM_OK;
    sx_buf_free(&path);
    if (there && !take_parts(kept, key)) {
        sx_kept_close(kept);
        there = false;
    }
    return there;
}

void sx_kept_close(sx_kept *kept)
{
    if (kept->map.data) sx_file_unmap(&kept->map);
    *kept = (sx_kept){0};
}

const void *sx_kept_array(const sx_kept *kept, uint32_t part, size_t element, size_t *count)
{
    if (part >= kept->part_n || kept->part[part].bytes % element != 0) return NULL;
    *count = kept->part[part].bytes / element;
    return kept->part[part].data;
}

llm_status sx_kept_refuse(const char *folder, llm_error *err)
{
    return sx_fail(err, LLM_E_FORMAT, "a file kept in %s is not what it says it is: remove what is in that folder",
                   folder);
}

typedef struct writer {
    sx_new_file file;
    sx_hasher digest;
} writer;

static llm_status put(writer *w, const void *bytes, size_t n, llm_error *err)
{
    static const char nothing[ALIGN] = {0};
    const size_t rest = filled(n) - n;
    llm_status status = sx_new_file_put(&w->file, bytes, n, err);
    if (status == LLM_OK) status = sx_new_file_put(&w->file, nothing, rest, err);
    if (n > 0) sx_hasher_add(&w->digest, bytes, n);
    sx_hasher_add(&w->digest, nothing, rest);
    return status;
}

static llm_status write_all(writer *w, const head *h, const sx_kept_part *parts, llm_error *err)
{
    unsigned char digest[SX_HASH_BYTES];
    sx_hasher_begin(&w->digest);
    llm_status status = put(w, h, sizeof *h, err);
    for (uint32_t i = 0; status == LLM_OK && i < h->count; i++) status = put(w, parts[i].data, parts[i].bytes, err);
    sx_hasher_end(&w->digest, digest);
    return status == LLM_OK ? sx_new_file_put(&w->file, digest, sizeof digest, err) : status;
}

llm_status sx_kept_write(sx_mem *mem, const char *folder, const unsigned char key[SX_HASH_BYTES],
                         const sx_kept_part *parts, uint32_t count, llm_error *err)
{
    head h = {.format = SX_KEPT_FORMAT, .order = 1, .count = count};
    writer w;
    sx_buf path;
    memcpy(h.magic, MAGIC, sizeof h.magic);
    memcpy(h.key, key, sizeof h.key);
    for (uint32_t i = 0; i < count; i++) h.bytes[i] = parts[i].bytes;
    sx_buf_init(&path, mem, 0);
    llm_status status = name_file(&path, folder, key) ? LLM_OK : sx_fail_memory(err);
    if (status == LLM_OK) status = sx_new_file_begin(&w.file, mem, path.data, err);
    if (status == LLM_OK) status = sx_new_file_end(&w.file, write_all(&w, &h, parts, err), err);
    sx_buf_free(&path);
    return status;
}
