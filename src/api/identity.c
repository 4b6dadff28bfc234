/* Who this library is: status names, versions, build facts; and the cancel token. */
#include <stdlib.h>
#include <string.h>

#include "platform/cancel.h"
#include "platform/cpu.h"
#include "store/store.h"
#include "platform/crypto.h"
#include "platform/unicode.h"

const char *llm_status_name(llm_status status)
{
    switch (status) {
    case LLM_OK: return "LLM_OK";
    case LLM_MORE: return "LLM_MORE";
    case LLM_E_INVALID: return "LLM_E_INVALID";
    case LLM_E_MEMORY: return "LLM_E_MEMORY";
    case LLM_E_IO: return "LLM_E_IO";
    case LLM_E_FORMAT: return "LLM_E_FORMAT";
    case LLM_E_NOT_FOUND: return "LLM_E_NOT_FOUND";
    case LLM_E_UNSUPPORTED: return "LLM_E_UNSUPPORTED";
    case LLM_E_VERSION: return "LLM_E_VERSION";
    case LLM_E_BUSY: return "LLM_E_BUSY";
    case LLM_E_FORK: return "LLM_E_FORK";
    case LLM_E_CANCELLED: return "LLM_E_CANCELLED";
    case LLM_E_LIMIT: return "LLM_E_LIMIT";
    case LLM_E_UTF8: return "LLM_E_UTF8";
    case LLM_E_CORRUPT: return "LLM_E_CORRUPT";
    case LLM_E_FULL: return "LLM_E_FULL";
    case LLM_E_KEY: return "LLM_E_KEY";
    case LLM_E_READONLY: return "LLM_E_READONLY";
    case LLM_E_USER: return "LLM_E_USER";
    case LLM_E_INTERNAL: return "LLM_E_INTERNAL";
    default: return "unknown status";
    }
}

const char *llm_version(void)
{
    return LLM_VERSION;
}

#define STRINGIZE_(x) #x
#define STRINGIZE(x)  STRINGIZE_(x)

const char *llm_build_info(const char *key)
{
    if (!key) return NULL;
    if (strcmp(key, "api_level") == 0) return STRINGIZE(LLM_API_LEVEL);
    if (strcmp(key, "compiler") == 0) return __VERSION__;
    if (strcmp(key, "isa") == 0) return sx_cpu_isa_name(sx_cpu_detect().isa);
    if (strcmp(key, "sqlite") == 0) return sx_store_version();
    if (strcmp(key, "sodium") == 0) return sx_crypto_version();
    if (strcmp(key, "unicode") == 0) return sx_uc_version();
    return NULL;
}

llm_status llm_cancel_create(llm_cancel **out)
{
    if (!out) return LLM_E_INVALID;
    *out = malloc(sizeof **out); /* no hook: a token belongs to no handle */
    if (!*out) return LLM_E_MEMORY;
    atomic_init(&(*out)->set, 0);
    return LLM_OK;
}

void llm_cancel_set(llm_cancel *cancel)
{
    if (cancel) atomic_store_explicit(&cancel->set, 1, memory_order_relaxed);
}

void llm_cancel_reset(llm_cancel *cancel)
{
    if (cancel) atomic_store_explicit(&cancel->set, 0, memory_order_relaxed);
}

int32_t llm_cancel_is_set(const llm_cancel *cancel)
{
    return sx_cancelled(cancel);
}

void llm_cancel_free(llm_cancel *cancel)
{
    free(cancel);
}
