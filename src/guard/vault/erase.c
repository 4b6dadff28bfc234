/* Values forgotten: their rows go, in every type, and the file is written anew so that nothing sealed is left of them. Numbers and
 * surrogates that stood for them are not given again. */
#include <stdio.h>
#include <string.h>

#include "guard/vault/rows.h"
#include "platform/crypto.h"

/* Removes a row; counts it if it was there. */
static llm_status drop(sx_vault *v, const void *key, size_t len, llm_error *err)
{
    return sx_kv_remove(v->kv, key, len, err);
}

static llm_status drop_placeholder(sx_vault *v, const char *type, uint64_t number, llm_error *err)
{
    sx_buf name;
    sx_buf_init(&name, v->mem, 0);
    sx_buf_printf(&name, "p<%s_%llu>", type, (unsigned long long)number);
    llm_status status = sx_buf_status(&name) == LLM_OK ? drop(v, name.data, name.len, err) : sx_fail_memory(err);
    sx_buf_free(&name);
    return status;
}

/* Row l n, and s of its surrogate stays reserved with a number that names nothing. */
static llm_status drop_surrogate(sx_vault *v, uint64_t n, llm_error *err)
{
    char name[32];
    int len = snprintf(name, sizeof name, "l%llu", (unsigned long long)n);
    return drop(v, name, (size_t)len, err);
}

/* A value of one type: by its form, and by its exact bytes as old vaults keep it. */
static llm_status erase_of_type(sx_vault *v, const char *type, const char *value, size_t len, uint64_t *erased,
                                llm_error *err)
{
    sx_canon canon;
    sx_buf row;
    uint64_t number = 0;
    sx_buf_init(&row, v->mem, 0);
    sx_canon_begin(&canon, v->mem, type, value, len);
    llm_status status = sx_buf_status(&canon.text) == LLM_OK ? LLM_OK : sx_fail_memory(err);
    for (unsigned kind = 0; status == LLM_OK && kind < 3; kind++) {
        if (kind == 0) sx_row_name(&row, 'n', type, canon.text.data, canon.text.len);
        if (kind == 1) sx_row_name(&row, 'v', type, value, len);
        if (kind == 2) sx_row_name(&row, 'f', type, canon.text.data, canon.text.len);
        status = sx_row_number(v, &row, &number, err);
        if (status != LLM_OK || number == 0) continue;
        status = kind == 2 ? drop_surrogate(v, number, err) : drop_placeholder(v, type, number, err);
        if (status == LLM_OK) status = drop(v, row.data, row.len, err);
        ++*erased;
    }
    sx_canon_end(&canon);
    if (row.data != NULL) sx_wipe(row.data, row.cap);
    sx_buf_free(&row);
    return status;
}

/* Old vaults have a row for each writing of a value: all whose form is the same. */
static llm_status erase_old(sx_vault *v, const char *type, const char *value, size_t len, uint64_t *erased,
                            llm_error *err)
{
    sx_canon canon;
    sx_buf row, old;
    uint64_t last = 0;
    sx_buf_init(&row, v->mem, 0);
    sx_buf_init(&old, v->mem, 0);
    sx_canon_begin(&canon, v->mem, type, value, len);
    sx_row_name(&row, 'c', type, NULL, 0);
    llm_status status = sx_buf_status(&canon.text) == LLM_OK ? sx_row_number(v, &row, &last, err) : sx_fail_memory(err);
    for (uint64_t i = 1; status == LLM_OK && i <= last; i++) {
        sx_canon other;
        bool found;
        sx_buf_clear(&row);
        sx_buf_printf(&row, "p<%s_%llu>", type, (unsigned long long)i);
        sx_buf_clear(&old);
        if (sx_buf_status(&row) != LLM_OK) status = sx_fail_memory(err);
        if (status == LLM_OK) status = sx_kv_get(v->kv, row.data, row.len, &old, &found, err);
        if (status != LLM_OK || !found) continue;
        sx_canon_begin(&other, v->mem, type, sx_buf_cstr(&old), old.len);
        bool same = other.text.len == canon.text.len && other.text.len > 0 &&
                    memcmp(other.text.data, canon.text.data, canon.text.len) == 0;
        if (sx_buf_status(&other.text) != LLM_OK) status = sx_fail_memory(err);
        sx_canon_end(&other);
        if (status == LLM_OK && same) status = erase_of_type(v, type, sx_buf_cstr(&old), old.len, erased, err);
    }
    sx_canon_end(&canon);
    if (old.data != NULL) sx_wipe(old.data, old.cap);
    sx_buf_free(&old);
    sx_buf_free(&row);
    return status;
}

/* One type: by its form at once; writings that an old vault keeps apart one by one. */
static llm_status erase_in(sx_vault *v, const char *type, bool old, const char *value, size_t len, uint64_t *erased,
                           llm_error *err)
{
    llm_status status = erase_of_type(v, type, value, len, erased, err);
    return status == LLM_OK && old ? erase_old(v, type, value, len, erased, err) : status;
}

/* All types that the vault has rows of. A vault from before it kept the list may have any of the library's. */
static llm_status erase_everywhere(sx_vault *v, const char *type, const char *value, size_t len, uint64_t *erased,
                                   llm_error *err)
{
    sx_buf types;
    bool found;
    sx_buf_init(&types, v->mem, 0);
    llm_status status = sx_kv_get(v->kv, "T", 1, &types, &found, err);
    if (type != NULL && status == LLM_OK) {
        status = erase_in(v, type, true, value, len, erased, err);
    } else {
        for (size_t i = 0; status == LLM_OK && i < types.len; i += strlen(types.data + i) + 1)
            status = erase_in(v, types.data + i, false, value, len, erased, err);
        for (uint32_t i = 0; status == LLM_OK && sx_guard_type(i) != NULL; i++)
            status = erase_in(v, sx_guard_type(i), true, value, len, erased, err);
    }
    sx_buf_free(&types);
    return status;
}

static llm_status note(sx_vault *v, llm_error *err)
{
    sx_buf row;
    uint64_t n = 0;
    sx_buf_init(&row, v->mem, 0);
    sx_buf_char(&row, 'e');
    llm_status status = sx_row_number(v, &row, &n, err);
    if (status == LLM_OK) status = sx_row_put_number(v, &row, n + 1, err);
    sx_buf_free(&row);
    return status;
}

/* What a placeholder or a surrogate stands for is the value meant. */
static llm_status meant(sx_vault *v, const char *text, size_t len, sx_buf *value, llm_error *err)
{
    llm_status status = sx_vault_restore(v, text, len, LLM_RESTORE_CASE, value, err);
    return status;
}

llm_status sx_vault_erase(sx_vault *vault, const char *type, const char *value, size_t len, uint64_t *erased,
                          llm_error *err)
{
    bool own = false;
    sx_buf real;
    *erased = 0;
    sx_buf_init(&real, vault->mem, 0);
    pthread_mutex_lock(&vault->lock);
    llm_status status = vault->batch ? sx_fail(err, LLM_E_BUSY, "a text is being redacted with this vault") : LLM_OK;
    if (status == LLM_OK) status = meant(vault, value, len, &real, err);
    if (status == LLM_OK) status = sx_vault_write(vault, &own, err);
    if (status == LLM_OK) status = erase_everywhere(vault, type, sx_buf_cstr(&real), real.len, erased, err);
    if (status == LLM_OK && *erased > 0) status = note(vault, err);
    status = sx_vault_written(vault, own, status, err);
    if (status == LLM_OK && *erased > 0) {
        sx_surrogates_free(vault->known); /* it holds what is forgotten */
        vault->known = NULL;
        status = sx_kv_compact(vault->kv, err);
    }
    pthread_mutex_unlock(&vault->lock);
    if (real.data != NULL) sx_wipe(real.data, real.cap);
    sx_buf_free(&real);
    return status;
}
