/* Option structs of any age: what the caller knows is copied, what it does not know is zero, what we do not know must be
 * zero. */
#include <string.h>

#include "api/handles.h"

enum { LARGEST = 4096 }; /* bytes of any option struct of any release */

llm_status sx_opts_read(void *dst, size_t known, size_t first, const void *src, const char *name, llm_error *err)
{
    memset(dst, 0, known);
    if (!src) return LLM_OK;
    uint32_t size;
    memcpy(&size, src, sizeof size);
    if (size < first)
        return sx_fail(err, LLM_E_INVALID,
                       "%s.struct_size is %u, at least %zu was expected: use the INIT macro or %s_init", name, size,
                       first, name);
    if (size > LARGEST)
        return sx_fail(err, LLM_E_INVALID, "%s.struct_size is %u, which no struct has: it was not initialised", name,
                       size);
    const unsigned char *bytes = src;
    for (size_t i = known; i < size; i++)
        if (bytes[i])
            return sx_fail(err, LLM_E_VERSION,
                           "%s sets a field at byte %zu that this library (%s) does not know: update the library", name,
                           i, LLM_VERSION);
    memcpy(dst, src, size < known ? size : known);
    return LLM_OK;
}

llm_status sx_hooks_check(const llm_allocator *allocator, const llm_logger *logger, llm_error *err)
{
    if (allocator && (allocator->struct_size < sizeof *allocator || !allocator->alloc || !allocator->release))
        return sx_fail(err, LLM_E_INVALID, "llm_allocator needs struct_size, alloc and release");
    if (logger && (logger->struct_size < sizeof *logger || !logger->log))
        return sx_fail(err, LLM_E_INVALID, "llm_logger needs struct_size and log");
    return LLM_OK;
}

static void init(void *opts, size_t size)
{
    if (!opts || size < sizeof(uint32_t)) return;
    memset(opts, 0, size);
    uint32_t struct_size = (uint32_t)size;
    memcpy(opts, &struct_size, sizeof struct_size);
}

void llm_error_init(llm_error *err, size_t size)
{
    init(err, size);
}

void llm_model_opts_init(llm_model_opts *opts, size_t size)
{
    init(opts, size);
}

void llm_corpus_opts_init(llm_corpus_opts *opts, size_t size)
{
    init(opts, size);
}

void llm_ingest_opts_init(llm_ingest_opts *opts, size_t size)
{
    init(opts, size);
}

void llm_ctx_opts_init(llm_ctx_opts *opts, size_t size)
{
    init(opts, size);
}

void llm_retrieve_opts_init(llm_retrieve_opts *opts, size_t size)
{
    init(opts, size);
}

void llm_gen_opts_init(llm_gen_opts *opts, size_t size)
{
    init(opts, size);
}

void llm_guard_opts_init(llm_guard_opts *opts, size_t size)
{
    init(opts, size);
}

void llm_check_opts_init(llm_check_opts *opts, size_t size)
{
    init(opts, size);
}

void llm_vault_opts_init(llm_vault_opts *opts, size_t size)
{
    init(opts, size);
}

void llm_score_opts_init(llm_score_opts *opts, size_t size)
{
    init(opts, size);
}

void llm_embed_opts_init(llm_embed_opts *opts, size_t size)
{
    init(opts, size);
}

void llm_audit_opts_init(llm_audit_opts *opts, size_t size)
{
    init(opts, size);
}
