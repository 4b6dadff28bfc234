/* Answers about a GGUF file's metadata: numbers converted within range, texts as views, arrays copied out. What was
 * checked at opening is not checked again. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/model/gguf_parts.h"
#include "platform/utf8.h"

unsigned sx_gguf_number_bytes(uint32_t type)
{
    static const unsigned char bytes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    return type < sizeof bytes ? bytes[type] : 0;
}

static const gguf_kv *find(const sx_gguf *g, const char *key)
{
    uint32_t i = sx_map_get(&g->kv_index, key, strlen(key));
    return i == SX_MAP_NONE ? NULL : &g->kvs[i];
}

/* A number as it stands in the file: integers as sign and magnitude, so that both u64 and i64 fit. */
typedef struct number {
    bool is_float, negative;
    uint64_t magnitude;
    double real;
} number;

static bool load_number(uint32_t type, const unsigned char *p, number *n)
{
    unsigned bytes = sx_gguf_number_bytes(type);
    if (!bytes) return false;
    uint64_t bits = sx_gguf_le(p, bytes);
    *n = (number){false, false, bits, 0};
    if (type == SX_GGUF_F32) {
        uint32_t word = (uint32_t)bits;
        float f;
        memcpy(&f, &word, sizeof f);
        *n = (number){true, false, 0, (double)f};
    } else if (type == SX_GGUF_F64) {
        n->is_float = true;
        memcpy(&n->real, &bits, sizeof n->real);
    } else if (type == SX_GGUF_I8 || type == SX_GGUF_I16 || type == SX_GGUF_I32 || type == SX_GGUF_I64) {
        uint64_t sign = (uint64_t)1 << (8 * bytes - 1);
        n->negative = (bits & sign) != 0;
        if (n->negative) n->magnitude = bytes == 8 ? 0 - bits : (sign << 1) - bits;
    }
    return true;
}

static bool to_float(const number *n, float *value)
{
    double d = n->is_float ? n->real : n->negative ? -(double)n->magnitude : (double)n->magnitude;
    if (isfinite(d) && fabs(d) > 3.402823466e38) return false;
    *value = (float)d;
    return true;
}

static bool to_i32(const number *n, int32_t *value)
{
    if (n->is_float || n->magnitude > (uint64_t)INT32_MAX + n->negative) return false;
    *value = (int32_t)(n->negative ? -(int64_t)n->magnitude : (int64_t)n->magnitude);
    return true;
}

bool sx_gguf_has(const sx_gguf *g, const char *key)
{
    return find(g, key) != NULL;
}

bool sx_gguf_u32(const sx_gguf *g, const char *key, uint32_t *value)
{
    const gguf_kv *kv = find(g, key);
    number n;
    if (!kv || kv->type == SX_GGUF_BOOL || !load_number(kv->type, kv->value, &n)) return false;
    if (n.is_float || n.negative || n.magnitude > UINT32_MAX) return false;
    *value = (uint32_t)n.magnitude;
    return true;
}

bool sx_gguf_f32(const sx_gguf *g, const char *key, float *value)
{
    const gguf_kv *kv = find(g, key);
    number n;
    return kv && kv->type != SX_GGUF_BOOL && load_number(kv->type, kv->value, &n) && to_float(&n, value);
}

bool sx_gguf_bool(const sx_gguf *g, const char *key, bool *value)
{
    const gguf_kv *kv = find(g, key);
    number n;
    if (!kv || !load_number(kv->type, kv->value, &n) || n.is_float) return false;
    *value = n.magnitude != 0;
    return true;
}

bool sx_gguf_str(const sx_gguf *g, const char *key, const char **s, size_t *len)
{
    const gguf_kv *kv = find(g, key);
    if (!kv || kv->type != SX_GGUF_STRING) return false;
    *s = (const char *)kv->value;
    *len = (size_t)kv->count;
    return true;
}

bool sx_gguf_array(const sx_gguf *g, const char *key, uint32_t *type, uint64_t *count)
{
    const gguf_kv *kv = find(g, key);
    if (!kv || kv->type != SX_GGUF_ARRAY) return false;
    *type = kv->elem;
    *count = kv->count;
    return true;
}

static const gguf_kv *find_array(const sx_gguf *g, const char *key, uint64_t count)
{
    const gguf_kv *kv = find(g, key);
    return kv && kv->type == SX_GGUF_ARRAY && kv->count == count ? kv : NULL;
}

bool sx_gguf_array_strs(const sx_gguf *g, const char *key, sx_view *views, uint64_t count)
{
    const gguf_kv *kv = find_array(g, key, count);
    if (!kv || kv->elem != SX_GGUF_STRING) return false;
    const unsigned char *p = kv->value;
    for (uint64_t i = 0; i < count; i++) {
        size_t len = (size_t)sx_gguf_le(p, 8);
        views[i] = (sx_view){(const char *)p + 8, len};
        p += 8 + len;
    }
    return true;
}

bool sx_gguf_array_f64(const sx_gguf *g, const char *key, double *values, uint64_t count)
{
    const gguf_kv *kv = find_array(g, key, count);
    if (!kv || kv->elem != SX_GGUF_F64) return false;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t bits = sx_gguf_le(kv->value + i * 8, 8);
        memcpy(&values[i], &bits, sizeof bits);
    }
    return true;
}

bool sx_gguf_array_f32(const sx_gguf *g, const char *key, float *values, uint64_t count)
{
    const gguf_kv *kv = find_array(g, key, count);
    unsigned bytes = kv ? sx_gguf_number_bytes(kv->elem) : 0;
    if (!bytes || kv->elem == SX_GGUF_BOOL) return false;
    for (uint64_t i = 0; i < count; i++) {
        number n;
        if (!load_number(kv->elem, kv->value + i * bytes, &n) || !to_float(&n, &values[i])) return false;
    }
    return true;
}

bool sx_gguf_array_i32(const sx_gguf *g, const char *key, int32_t *values, uint64_t count)
{
    const gguf_kv *kv = find_array(g, key, count);
    unsigned bytes = kv ? sx_gguf_number_bytes(kv->elem) : 0;
    if (!bytes) return false;
    for (uint64_t i = 0; i < count; i++) {
        number n;
        if (!load_number(kv->elem, kv->value + i * bytes, &n) || !to_i32(&n, &values[i])) return false;
    }
    return true;
}

bool sx_gguf_array_bytes(const sx_gguf *g, const char *key, const unsigned char **bytes, size_t *count)
{
    const gguf_kv *kv = find(g, key);
    if (!kv || kv->type != SX_GGUF_ARRAY || (kv->elem != SX_GGUF_U8 && kv->elem != SX_GGUF_I8)) return false;
    *bytes = kv->value;
    *count = (size_t)kv->count;
    return true;
}

const char *sx_gguf_key_at(const sx_gguf *g, uint32_t i)
{
    return i < g->n_kvs ? g->kvs[i].key : NULL;
}

/* The fewest digits that read back as the same number, with a point whatever the host's locale writes. */
static void print_real(double real, bool single, char *out, size_t cap)
{
    char text[40];
    for (int digits = 6; digits <= 17; digits++) {
        double back = 0;
        snprintf(text, sizeof text, "%.*g", digits, real);
        if (sscanf(text, "%lf", &back) == 1 && (single ? (float)back == (float)real : back == real)) break;
    }
    for (char *p = text; *p; p++)
        if (*p == ',') *p = '.';
    snprintf(out, cap, "%s", text);
}

bool sx_gguf_as_text(const sx_gguf *g, const char *key, char *out, size_t cap)
{
    const gguf_kv *kv = find(g, key);
    number n;
    if (!kv || cap == 0 || kv->type == SX_GGUF_ARRAY) return false;
    if (kv->type == SX_GGUF_STRING) {
        size_t len = (size_t)kv->count;
        if (len >= cap) len = sx_utf8_floor((const char *)kv->value, cap - 1);
        memcpy(out, kv->value, len);
        out[len] = '\0';
        return true;
    }
    if (!load_number(kv->type, kv->value, &n)) return false;
    if (kv->type == SX_GGUF_BOOL)
        snprintf(out, cap, "%s", n.magnitude ? "true" : "false");
    else if (n.is_float)
        print_real(n.real, kv->type == SX_GGUF_F32, out, cap);
    else
        snprintf(out, cap, "%s%" PRIu64, n.negative ? "-" : "", n.magnitude);
    return true;
}
