/* Pseudonyms and their originals. Three kinds of rows in a sealed table: the number of a value, the value of a placeholder, and
 * the last number of a type. */
#include "guard/vault/vault.h"

#include <pthread.h>
#include <string.h>

#include "guard/scan/chars.h"
#include "platform/crypto.h"
#include "store/kv.h"

enum { PLACEHOLDER_MAX = 96 }; /* bytes of "<TYPE_n>" */

struct sx_vault {
    sx_mem *mem;
    sx_kv *kv;
    pthread_mutex_t lock; /* recursive: a filter holds it over the pseudonyms of one call */
    bool batch;           /* between begin and end */
    bool writing;         /* a transaction is open */
};

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
    sx_kv_close(vault->kv);
    pthread_mutex_destroy(&vault->lock);
    sx_mem_free(vault->mem, vault);
}

const unsigned char *sx_vault_hash_key(const sx_vault *vault)
{
    return sx_kv_hash_key(vault->kv);
}

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

/* A row's name: a letter for its kind, the type, the value. */
static void name_row(sx_buf *row, char kind, const char *type, const char *value, size_t len)
{
    sx_buf_clear(row);
    sx_buf_char(row, kind);
    sx_buf_add(row, type, strlen(type) + 1);
    sx_buf_add(row, value, len);
}

static llm_status get_number(sx_vault *v, const sx_buf *row, uint64_t *number, llm_error *err)
{
    char digits[24];
    sx_buf value;
    bool found;
    *number = 0;
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

static llm_status put_number(sx_vault *v, const sx_buf *row, uint64_t number, llm_error *err)
{
    char digits[24];
    size_t n = sizeof digits;
    do {
        digits[--n] = (char)('0' + number % 10);
    } while ((number /= 10) > 0);
    return sx_kv_put(v->kv, row->data, row->len, digits + n, sizeof digits - n, err);
}

/* Gives a value that has none the next number of its type. Inside a transaction, so that two processes cannot collide. */
static llm_status number_value(sx_vault *v, const char *type, const char *value, size_t len, sx_buf *row,
                               uint64_t *number, llm_error *err)
{
    char shown[PLACEHOLDER_MAX];
    sx_buf name;
    name_row(row, 'v', type, value, len);
    llm_status status = sx_buf_status(row) == LLM_OK ? get_number(v, row, number, err) : sx_fail_memory(err);
    if (status != LLM_OK || *number != 0) return status;
    name_row(row, 'c', type, NULL, 0);
    status = get_number(v, row, number, err);
    ++*number;
    if (status == LLM_OK) status = put_number(v, row, *number, err);
    name_row(row, 'v', type, value, len);
    if (status == LLM_OK)
        status = sx_buf_status(row) == LLM_OK ? put_number(v, row, *number, err) : sx_fail_memory(err);
    sx_buf_init(&name, v->mem, sizeof shown);
    sx_buf_printf(&name, "p<%s_%llu>", type, (unsigned long long)*number);
    if (status == LLM_OK && sx_buf_status(&name) != LLM_OK) status = sx_fail_memory(err);
    if (status == LLM_OK) status = sx_kv_put(v->kv, name.data, name.len, value, len, err);
    sx_buf_free(&name);
    return status;
}

static llm_status find_or_number(sx_vault *v, const char *type, const char *value, size_t len, uint64_t *number,
                                 llm_error *err)
{
    sx_buf row;
    sx_buf_init(&row, v->mem, 0);
    name_row(&row, 'v', type, value, len);
    llm_status status = sx_buf_status(&row) == LLM_OK ? get_number(v, &row, number, err) : sx_fail_memory(err);
    if (status == LLM_OK && *number == 0) {
        bool own = !v->writing;
        if (own) status = sx_kv_begin(v->kv, err);
        if (status == LLM_OK) {
            v->writing = true;
            status = number_value(v, type, value, len, &row, number, err);
            if (own && !v->batch) {
                llm_status end = sx_kv_end(v->kv, status == LLM_OK, err);
                v->writing = false;
                if (status == LLM_OK) status = end;
            }
        }
    }
    if (row.data != NULL) sx_wipe(row.data, row.cap);
    sx_buf_free(&row);
    return status;
}

llm_status sx_vault_pseudonym(sx_vault *vault, const char *type, const char *value, size_t len, sx_buf *out,
                              llm_error *err)
{
    uint64_t number = 0;
    pthread_mutex_lock(&vault->lock);
    llm_status status = find_or_number(vault, type, value, len, &number, err);
    pthread_mutex_unlock(&vault->lock);
    if (status != LLM_OK) return status;
    sx_buf_printf(out, "<%s_%llu>", type, (unsigned long long)number);
    return sx_buf_status(out) == LLM_OK ? LLM_OK : sx_fail_memory(err);
}

/* The length of a placeholder at s: "<", capitals, digits and underscores, "_", digits, ">". 0 when it is none. */
static size_t placeholder(const char *s, size_t n)
{
    size_t i = 1, digits = 0;
    if (n == 0 || s[0] != '<') return 0;
    while (i < n && i < PLACEHOLDER_MAX - 2 && (sx_ascii_upper(s[i]) || sx_ascii_digit(s[i]) || s[i] == '_')) {
        digits = sx_ascii_digit(s[i]) ? digits + 1 : 0;
        i++;
    }
    if (i >= n || s[i] != '>' || digits == 0 || i < digits + 3 || s[i - digits - 1] != '_') return 0;
    return i + 1;
}

llm_status sx_vault_restore(sx_vault *vault, const char *text, size_t len, sx_buf *out, llm_error *err)
{
    llm_status status = LLM_OK;
    size_t done = 0;
    pthread_mutex_lock(&vault->lock);
    for (size_t i = 0; status == LLM_OK && i < len;) {
        const char *open = memchr(text + i, '<', len - i);
        if (open == NULL) break;
        i = (size_t)(open - text);
        size_t n = placeholder(open, len - i);
        if (n == 0) {
            i++;
            continue;
        }
        char name[PLACEHOLDER_MAX + 1] = {'p'};
        memcpy(name + 1, open, n);
        bool found;
        sx_buf_add(out, text + done, i - done);
        status = sx_kv_get(vault->kv, name, n + 1, out, &found, err);
        if (!found) sx_buf_add(out, open, n);
        i += n;
        done = i;
    }
    pthread_mutex_unlock(&vault->lock);
    if (status != LLM_OK) return status;
    sx_buf_add(out, text + done, len - done);
    return sx_buf_status(out) == LLM_OK ? LLM_OK : sx_fail_memory(err);
}
