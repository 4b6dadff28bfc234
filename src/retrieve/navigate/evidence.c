/* Evidence: what a descent found, kept with the trees it points into until it is freed. */
#include <string.h>

#include "retrieve/navigate/walk.h"

llm_status sx_evidence_new(sx_evidence **out, sx_mem *mem, uint32_t top, llm_error *err)
{
    sx_evidence *e = sx_mem_zalloc(mem, sizeof *e);
    if (!e) return sx_fail_memory(err);
    e->mem = mem;
    e->arena = sx_mem_zalloc(mem, sizeof *e->arena);
    e->found = sx_mem_array(mem, top, sizeof *e->found);
    if (!e->arena || !e->found) {
        sx_mem_free(mem, e->arena);
        sx_mem_free(mem, e->found);
        sx_mem_free(mem, e);
        return sx_fail_memory(err);
    }
    sx_arena_init(e->arena, mem);
    *out = e;
    return LLM_OK;
}

void sx_evidence_free(sx_evidence *evidence)
{
    if (!evidence) return;
    sx_mem *mem = evidence->mem;
    for (uint32_t i = 0; i < evidence->count; i++) sx_tree_unref(evidence->found[i].tree);
    sx_arena_free(evidence->arena);
    sx_mem_free(mem, evidence->arena);
    sx_mem_free(mem, evidence->found);
    sx_mem_free(mem, evidence->steps);
    sx_mem_free(mem, evidence);
}
