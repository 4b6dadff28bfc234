/* Surrogates kept: found again for the value, told apart from each other and from the values themselves. */
#include <stdio.h>
#include <string.h>

#include "guard/vault/rows.h"
#include "guard/vault/surrogate.h"
#include "platform/unicode.h"
#include "platform/utf8.h"

enum { ATTEMPTS = 64, SHIFT_SPAN = 300 };

void sx_surrogate_form(sx_buf *out, const char *text, size_t len)
{
    size_t step;
    for (size_t i = 0; i < len; i += step) {
        char bytes[4];
        uint32_t cp = sx_utf8_next(text + i, len - i, &step);
        if (cp == SX_UTF8_BAD || !(sx_uc_class(cp) & (SX_UC_L | SX_UC_N))) continue;
        sx_buf_add(out, bytes, sx_utf8_put(sx_uc_lower(cp), bytes));
    }
}

llm_status sx_vault_stand_in(sx_vault *v, uint64_t n, sx_buf *row, sx_stand_in *s, bool *found, llm_error *err)
{
    char name[32];
    int len = snprintf(name, sizeof name, "l%llu", (unsigned long long)n);
    sx_buf_clear(row);
    llm_status status = sx_kv_get(v->kv, name, (size_t)len, row, found, err);
    if (status != LLM_OK || !*found) return status;
    const char *type_end = row->len > 0 ? memchr(row->data, '\0', row->len) : NULL;
    const char *end = row->data + row->len;
    const char *mid = type_end != NULL ? memchr(type_end + 1, '\0', (size_t)(end - type_end - 1)) : NULL;
    if (mid == NULL) return sx_fail(err, LLM_E_CORRUPT, "a row of the vault holds no surrogate");
    *s = (sx_stand_in){row->data, type_end + 1, mid + 1, (size_t)(mid - type_end - 1), (size_t)(end - mid - 1)};
    return LLM_OK;
}

/* All dates of a vault move by the same number of days, so that what lies between them stays. */
static int32_t shift_of(const sx_vault *v)
{
    unsigned char h[SX_HASH_BYTES];
    sx_hash_keyed(h, "date shift", 10, sx_kv_hash_key(v->kv));
    uint32_t days = (uint32_t)(h[0] | h[1] << 8) % (2 * SHIFT_SPAN);
    return days < SHIFT_SPAN ? (int32_t)days - SHIFT_SPAN - 30 : (int32_t)days - SHIFT_SPAN + 30;
}

static llm_status number_of(sx_vault *v, sx_buf *row, char kind, const char *type, const sx_buf *form, uint64_t *n,
                            llm_error *err)
{
    sx_row_name(row, kind, type, form->data, form->len);
    return sx_row_number(v, row, n, err);
}

/* May this surrogate be given? Not when it stands for something, or is itself a value of the vault's. */
static llm_status is_free(sx_vault *v, const char *type, const char *made, size_t len, const sx_buf *form, sx_buf *row,
                          bool *yes, llm_error *err)
{
    uint64_t as_surrogate = 0, as_value = 0, as_stood_for = 0;
    sx_canon canon;
    sx_canon_begin(&canon, v->mem, type, made, len);
    llm_status status = sx_buf_status(&canon.text) == LLM_OK ? LLM_OK : sx_fail_memory(err);
    if (status == LLM_OK) status = number_of(v, row, 's', "", form, &as_surrogate, err);
    if (status == LLM_OK) status = number_of(v, row, 'f', type, &canon.text, &as_stood_for, err);
    if (status == LLM_OK) status = number_of(v, row, 'n', type, &canon.text, &as_value, err);
    sx_canon_end(&canon);
    *yes = as_surrogate == 0 && as_value == 0 && as_stood_for == 0;
    return status;
}

static llm_status store(sx_vault *v, const char *type, const char *value, const sx_canon *canon, const sx_buf *made,
                        const sx_buf *form, sx_buf *row, llm_error *err)
{
    uint64_t n = 0;
    char name[32];
    sx_buf record, last;
    sx_buf_init(&record, v->mem, 0);
    sx_buf_init(&last, v->mem, 0);
    sx_buf_char(&last, 'L');
    sx_buf_add(&record, type, strlen(type) + 1);
    sx_buf_add(&record, sx_buf_cstr(made), made->len + 1);
    sx_buf_add(&record, value, canon->core);
    llm_status status = sx_buf_status(&record) == LLM_OK ? sx_row_number(v, &last, &n, err) : sx_fail_memory(err);
    n++;
    int len = snprintf(name, sizeof name, "l%llu", (unsigned long long)n);
    if (status == LLM_OK) status = sx_row_put_number(v, &last, n, err);
    if (status == LLM_OK) status = sx_kv_put(v->kv, name, (size_t)len, record.data, record.len, err);
    sx_row_name(row, 's', "", form->data, form->len);
    if (status == LLM_OK) status = sx_row_put_number(v, row, n, err);
    sx_row_name(row, 'f', type, canon->text.data, canon->text.len);
    if (status == LLM_OK) status = sx_row_put_number(v, row, n, err);
    if (status == LLM_OK) status = sx_vault_know_type(v, type, err);
    if (record.data != NULL) sx_wipe(record.data, record.cap);
    sx_buf_free(&record);
    sx_buf_free(&last);
    return status;
}

/* Draws until one is free. made stays empty when values like it have no surrogate, or all near are taken. */
static llm_status make(sx_vault *v, const char *type, const char *value, const sx_canon *canon, sx_buf *made,
                       sx_buf *row, llm_error *err)
{
    llm_status status = LLM_OK;
    bool own, yes = false;
    sx_buf form;
    sx_buf_init(&form, v->mem, 0);
    for (uint32_t attempt = 0; status == LLM_OK && !yes && attempt < ATTEMPTS; attempt++) {
        sx_dice dice;
        sx_buf_clear(made);
        sx_buf_clear(&form);
        sx_dice_begin(&dice, sx_kv_hash_key(v->kv), type, canon->text.data, canon->text.len, attempt);
        sx_surrogate(made, &dice, type, value, canon->core, attempt, shift_of(v));
        sx_dice_end(&dice);
        if (made->len == 0) break;
        sx_surrogate_form(&form, made->data, made->len);
        if (sx_buf_status(made) != LLM_OK || sx_buf_status(&form) != LLM_OK) status = sx_fail_memory(err);
        if (status == LLM_OK) status = is_free(v, type, made->data, made->len, &form, row, &yes, err);
    }
    if (status == LLM_OK && yes) {
        uint64_t meanwhile = 0;
        status = sx_vault_write(v, &own, err);
        /* now that others wait: has one of them given it, or named this value? */
        if (status == LLM_OK) status = number_of(v, row, 'f', type, &canon->text, &meanwhile, err);
        if (status == LLM_OK && meanwhile == 0) status = is_free(v, type, made->data, made->len, &form, row, &yes, err);
        if (status == LLM_OK && meanwhile == 0 && yes) status = store(v, type, value, canon, made, &form, row, err);
        status = sx_vault_written(v, own, status, err);
    } else {
        sx_buf_clear(made);
    }
    sx_buf_free(&form);
    return status;
}

/* Is the value one that stands for another, as in a text that has been here before? */
static llm_status is_surrogate(sx_vault *v, const char *value, size_t len, sx_buf *row, bool *yes, llm_error *err)
{
    uint64_t n = 0;
    sx_buf form;
    sx_buf_init(&form, v->mem, 0);
    sx_surrogate_form(&form, value, len);
    llm_status status = sx_buf_status(&form) == LLM_OK ? number_of(v, row, 's', "", &form, &n, err)
                                                       : sx_fail_memory(err);
    sx_buf_free(&form);
    *yes = n > 0;
    return status;
}

llm_status sx_vault_surrogate(sx_vault *v, const char *type, const char *value, const sx_canon *canon, sx_buf *out,
                              bool *made, llm_error *err)
{
    sx_buf row, text;
    sx_stand_in s;
    uint64_t n = 0;
    bool found = false, again = false;
    *made = false;
    sx_buf_init(&row, v->mem, 0);
    sx_buf_init(&text, v->mem, 0);
    llm_status status = number_of(v, &row, 'f', type, &canon->text, &n, err);
    if (status == LLM_OK && n == 0) status = is_surrogate(v, value, canon->core, &row, &again, err);
    if (status == LLM_OK && again) { /* it stays what it is */
        sx_buf_add(out, value, canon->core);
        *made = true;
    } else if (status == LLM_OK && n == 0) {
        status = make(v, type, value, canon, &text, &row, err);
        if (status == LLM_OK) status = number_of(v, &row, 'f', type, &canon->text, &n, err);
    }
    if (status == LLM_OK && n > 0) status = sx_vault_stand_in(v, n, &row, &s, &found, err);
    if (status == LLM_OK && found) {
        if (!sx_reshape(out, canon->kind, value, canon->core, s.surrogate, s.surrogate_len))
            sx_buf_add(out, s.surrogate, s.surrogate_len);
        *made = true;
    }
    if (row.data != NULL) sx_wipe(row.data, row.cap);
    sx_buf_free(&row);
    sx_buf_free(&text);
    return status;
}
