/* Opening a vault, and the numbers of its placeholders. */
#include <stdio.h>
#include <string.h>

#include "guard/scan/chars.h"
#include "guard/vault/rows.h"
#include "platform/crypto.h"

llm_status sx_vault_open(sx_vault **out, sx_mem *mem, const char *path, const void *key, size_t key_len, uint32_t flags,
                         llm_error *err)
{
    pthread_mutexattr_t attr;
    *out = NULL;
    if ((flags & ~(LLM_VAULT_READONLY | LLM_VAULT_PASSPHRASE)) != 0)
        return sx_fail(err, LLM_E_INVALID, "vault flags %u are not LLM_VAULT_*", flags);
    sx_vault *v = sx_mem_zalloc(mem, sizeof *v);
    if (v == NULL) return sx_fail_memory(err);
    v->mem = mem;
    uint32_t kv_flags = (flags & LLM_VAULT_READONLY ? SX_KV_READONLY : 0) |
                        (flags & LLM_VAULT_PASSPHRASE ? SX_KV_PASSPHRASE : 0);
    llm_status status = sx_kv_open(&v->kv, mem, path, key, key_len, kv_flags, err);
    if (status != LLM_OK) {
        sx_mem_free(mem, v);
        return status;
    }
    int bad = pthread_mutexattr_init(&attr);
    if (bad == 0) {
        bad = pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
        if (bad == 0) bad = pthread_mutex_init(&v->lock, &attr);
        pthread_mutexattr_destroy(&attr);
    }
    if (bad != 0) {
        sx_kv_close(v->kv);
        sx_mem_free(mem, v);
        return sx_fail(err, LLM_E_MEMORY, "no mutex for the vault");
    }
    *out = v;
    return LLM_OK;
}

void sx_vault_close(sx_vault *vault)
{
    if (vault == NULL) return;
    sx_surrogates_free(vault->known);
    sx_kv_close(vault->kv);
    pthread_mutex_destroy(&vault->lock);
    sx_mem_free(vault->mem, vault);
}

const unsigned char *sx_vault_hash_key(const sx_vault *vault)
{
    return sx_kv_hash_key(vault->kv);
}

/* ---- transactions ---- */

llm_status sx_vault_begin(sx_vault *vault, llm_error *err)
{
    (void)err;
    pthread_mutex_lock(&vault->lock);
    vault->batch = true;
    return LLM_OK;
}

llm_status sx_vault_end(sx_vault *vault, bool keep, llm_error *err)
{
    llm_status status = vault->writing ? sx_kv_end(vault->kv, keep, err) : LLM_OK;
    vault->writing = vault->batch = false;
    pthread_mutex_unlock(&vault->lock);
    return status;
}

llm_status sx_vault_write(sx_vault *v, bool *own, llm_error *err)
{
    *own = !v->writing && !v->batch;
    if (v->writing) return LLM_OK;
    llm_status status = sx_kv_begin(v->kv, err);
    v->writing = status == LLM_OK;
    return status;
}

llm_status sx_vault_written(sx_vault *v, bool own, llm_status status, llm_error *err)
{
    if (!own || !v->writing) return status;
    llm_status end = sx_kv_end(v->kv, status == LLM_OK, err);
    v->writing = false;
    return status == LLM_OK ? end : status;
}

/* ---- rows ---- */

void sx_row_name(sx_buf *row, char kind, const char *type, const char *value, size_t len)
{
    sx_buf_clear(row);
    sx_buf_char(row, kind);
    sx_buf_add(row, type, strlen(type) + 1);
    sx_buf_add(row, value, len);
}

llm_status sx_row_number(sx_vault *v, const sx_buf *row, uint64_t *number, llm_error *err)
{
    char digits[24];
    sx_buf value;
    bool found;
    *number = 0;
    if (sx_buf_status(row) != LLM_OK) return sx_fail_memory(err);
    sx_buf_init(&value, v->mem, sizeof digits);
    llm_status status = sx_kv_get(v->kv, row->data, row->len, &value, &found, err);
    for (size_t i = 0; status == LLM_OK && found && i < value.len; i++) {
        if (!sx_ascii_digit(value.data[i]) || *number > UINT64_MAX / 10 - 9)
            status = sx_fail(err, LLM_E_CORRUPT, "a row of the vault holds no number");
        else
            *number = *number * 10 + (uint64_t)(value.data[i] - '0');
    }
    sx_buf_free(&value);
    return status;
}

llm_status sx_row_put_number(sx_vault *v, const sx_buf *row, uint64_t number, llm_error *err)
{
    char digits[24];
    size_t n = sizeof digits;
    if (sx_buf_status(row) != LLM_OK) return sx_fail_memory(err);
    do {
        digits[--n] = (char)('0' + number % 10);
    } while ((number /= 10) > 0);
    return sx_kv_put(v->kv, row->data, row->len, digits + n, sizeof digits - n, err);
}

llm_status sx_vault_know_type(sx_vault *v, const char *type, llm_error *err)
{
    sx_buf types;
    bool found;
    sx_buf_init(&types, v->mem, 0);
    llm_status status = sx_kv_get(v->kv, "T", 1, &types, &found, err);
    for (size_t i = 0; status == LLM_OK && i < types.len; i += strlen(types.data + i) + 1) {
        if (strcmp(types.data + i, type) != 0) continue;
        sx_buf_free(&types);
        return LLM_OK;
    }
    sx_buf_add(&types, type, strlen(type) + 1);
    if (status == LLM_OK && sx_buf_status(&types) != LLM_OK) status = sx_fail_memory(err);
    if (status == LLM_OK) status = sx_kv_put(v->kv, "T", 1, types.data, types.len, err);
    sx_buf_free(&types);
    return status;
}

/* ---- placeholders ---- */

static llm_status there(sx_vault *v, char kind, const char *type, uint64_t number, bool *found, llm_error *err)
{
    char name[SX_PLACEHOLDER_MAX + 32];
    sx_buf value;
    int n = snprintf(name, sizeof name, "%c<%s_%llu>", kind, type, (unsigned long long)number);
    *found = false;
    if (n <= 0 || (size_t)n >= sizeof name) return sx_fail(err, LLM_E_LIMIT, "the type's name is too long for a vault");
    sx_buf_init(&value, v->mem, 0);
    llm_status status = sx_kv_get(v->kv, name, (size_t)n, &value, found, err);
    if (value.data != NULL) sx_wipe(value.data, value.cap);
    sx_buf_free(&value);
    return status;
}

/* The next number of a type that is free; the text may have taken some for itself. */
static llm_status next_number(sx_vault *v, const char *type, sx_buf *row, uint64_t *number, llm_error *err)
{
    bool taken = true;
    sx_row_name(row, 'c', type, NULL, 0);
    llm_status status = sx_row_number(v, row, number, err);
    if (status == LLM_OK && *number == 0) status = sx_vault_know_type(v, type, err);
    while (status == LLM_OK && taken) status = there(v, 'r', type, ++*number, &taken, err);
    if (status == LLM_OK) status = sx_row_put_number(v, row, *number, err);
    return status;
}

/* Gives a value that has none the next number of its type. Inside a transaction, so that two processes cannot collide. */
static llm_status number_value(sx_vault *v, const char *type, const char *value, const sx_canon *canon, sx_buf *row,
                               uint64_t *number, llm_error *err)
{
    sx_buf name;
    sx_row_name(row, 'n', type, canon->text.data, canon->text.len);
    llm_status status = sx_row_number(v, row, number, err);
    if (status != LLM_OK || *number != 0) return status;
    status = next_number(v, type, row, number, err);
    sx_row_name(row, 'n', type, canon->text.data, canon->text.len);
    if (status == LLM_OK) status = sx_row_put_number(v, row, *number, err);
    sx_buf_init(&name, v->mem, 0);
    sx_buf_printf(&name, "p<%s_%llu>", type, (unsigned long long)*number);
    if (status == LLM_OK && sx_buf_status(&name) != LLM_OK) status = sx_fail_memory(err);
    if (status == LLM_OK) status = sx_kv_put(v->kv, name.data, name.len, value, canon->core, err);
    sx_buf_free(&name);
    return status;
}

static llm_status find_or_number(sx_vault *v, const char *type, const char *value, size_t len, const sx_canon *canon,
                                 uint64_t *number, llm_error *err)
{
    sx_buf row;
    sx_buf_init(&row, v->mem, 0);
    sx_row_name(&row, 'n', type, canon->text.data, canon->text.len);
    llm_status status = sx_row_number(v, &row, number, err);
    if (status == LLM_OK && *number == 0) {
        sx_row_name(&row, 'v', type, value, len);
        status = sx_row_number(v, &row, number, err);
    }
    if (status == LLM_OK && *number == 0) {
        bool own;
        status = sx_vault_write(v, &own, err);
        if (status == LLM_OK) status = number_value(v, type, value, canon, &row, number, err);
        status = sx_vault_written(v, own, status, err);
    }
    if (row.data != NULL) sx_wipe(row.data, row.cap);
    sx_buf_free(&row);
    return status;
}

static llm_status pseudonym(sx_vault *v, const char *type, const char *value, size_t len, bool format, sx_buf *out,
                            llm_error *err)
{
    sx_canon canon;
    bool made = false;
    sx_canon_begin(&canon, v->mem, type, value, len);
    llm_status status = sx_buf_status(&canon.text) == LLM_OK ? LLM_OK : sx_fail_memory(err);
    if (status == LLM_OK && format) status = sx_vault_surrogate(v, type, value, &canon, out, &made, err);
    if (status == LLM_OK && !made) {
        uint64_t number = 0;
        status = find_or_number(v, type, value, len, &canon, &number, err);
        if (status == LLM_OK) sx_buf_printf(out, "<%s_%llu>", type, (unsigned long long)number);
    }
    if (status == LLM_OK) sx_buf_add(out, value + canon.core, len - canon.core); /* a possessive ending */
    sx_canon_end(&canon);
    return status == LLM_OK && sx_buf_status(out) != LLM_OK ? sx_fail_memory(err) : status;
}

llm_status sx_vault_pseudonym(sx_vault *vault, const char *type, const char *value, size_t len, bool format,
                              sx_buf *out, llm_error *err)
{
    size_t from = out->len;
    pthread_mutex_lock(&vault->lock);
    llm_status status = pseudonym(vault, type, value, len, format, out, err);
    pthread_mutex_unlock(&vault->lock);
    if (status != LLM_OK && sx_buf_status(out) == LLM_OK) sx_buf_drop_last(out, out->len - from);
    return status;
}

static llm_status reserve(sx_vault *v, const char *type, const char *placeholder, size_t len, uint64_t number,
                          llm_error *err)
{
    bool ours, taken = false, own;
    char name[SX_PLACEHOLDER_MAX + 1] = {'r'};
    memcpy(name + 1, placeholder, len);
    llm_status status = there(v, 'p', type, number, &ours, err);
    if (status == LLM_OK && !ours) status = there(v, 'r', type, number, &taken, err);
    if (status != LLM_OK || ours || taken) return status;
    status = sx_vault_write(v, &own, err);
    if (status == LLM_E_READONLY) { /* then no number is given either */
        if (err != NULL) err->message[0] = '\0';
        return LLM_OK;
    }
    if (status == LLM_OK) status = sx_kv_put(v->kv, name, len + 1, "", 0, err);
    return sx_vault_written(v, own, status, err);
}

llm_status sx_vault_reserve(sx_vault *vault, const char *placeholder, size_t len, llm_error *err)
{
    char type[SX_PLACEHOLDER_MAX];
    uint64_t number = 0;
    size_t at = len > 0 ? len - 1 : 0; /* behind the last digit */
    while (at > 0 && sx_ascii_digit(placeholder[at - 1])) at--;
    if (len < 5 || len >= SX_PLACEHOLDER_MAX || at < 3 || at + 18 < len) return LLM_OK;
    if (placeholder[at] == '0') return LLM_OK; /* never given */
    for (size_t i = at; i + 1 < len; i++) number = number * 10 + (uint64_t)(placeholder[i] - '0');
    memcpy(type, placeholder + 1, at - 2);
    type[at - 2] = '\0';
    pthread_mutex_lock(&vault->lock);
    llm_status status = reserve(vault, type, placeholder, len, number, err);
    pthread_mutex_unlock(&vault->lock);
    return status;
}
