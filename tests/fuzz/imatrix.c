/* Importance matrices of any bytes, asked about a matrix and about a row of experts: a status and no memory left. */
#include <stdatomic.h>
#include <stdlib.h>

#include "engine/quantise/importance.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const sx_tensor asked[] = {{.name = "blk.0.attn_q.weight", .ne = {8, 4, 1, 1}},
                                      {.name = "blk.0.ffn_up_exps.weight", .ne = {8, 4, 3, 1}}};
    sx_mem mem;
    sx_mem_init(&mem, NULL);
    sx_importance *made = NULL;
    llm_error err = LLM_ERROR_INIT;
    llm_status status = sx_importance_read(&made, &mem, data, size, &err);
    if ((status == LLM_OK) != (made != NULL) || (status != LLM_OK && !err.message[0])) abort();
    for (int i = 0; made && i < 2; i++) {
        float *weights = NULL;
        status = sx_importance_of(made, &mem, &asked[i], &weights, &err);
        if (status != LLM_OK && weights) abort();
        for (uint64_t k = 0; weights && k < 8 * asked[i].ne[2]; k++)
            if (!(weights[k] >= 0.0f)) abort();
        sx_mem_free(&mem, weights);
    }
    sx_importance_close(made);
    if (atomic_load(&mem.live_bytes)) abort();
    return 0;
}
