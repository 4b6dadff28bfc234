/* Headers and frames, written and read. */
#include "guard/audit/record.h"

#include <string.h>

static const char MAGIC[8] = "SXAUDIT";
static const char HEAD_DOMAIN[8] = "SXHEAD1"; /* a head's signature can be nothing else's */

enum { SIGNED = SX_AUDIT_HEADER - SX_SIGN_BYTES, HASHED = SIGNED - SX_HASH_BYTES };

static void put(sx_buf *out, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) sx_buf_char(out, (char)(unsigned char)(v >> (8 * i)));
}

static uint64_t get(const unsigned char *p, unsigned bytes)
{
    uint64_t v = 0;
    for (unsigned i = bytes; i-- > 0;) v = v << 8 | p[i];
    return v;
}

void sx_put_u16(sx_buf *out, uint32_t v)
{
    put(out, v, 2);
}

void sx_put_u32(sx_buf *out, uint32_t v)
{
    put(out, v, 4);
}

void sx_put_u64(sx_buf *out, uint64_t v)
{
    put(out, v, 8);
}

uint32_t sx_get_u16(const unsigned char *p)
{
    return (uint32_t)get(p, 2);
}

uint32_t sx_get_u32(const unsigned char *p)
{
    return (uint32_t)get(p, 4);
}

uint64_t sx_get_u64(const unsigned char *p)
{
    return get(p, 8);
}

void sx_header_put(sx_buf *out, sx_audit_header *header, const unsigned char secret[SX_SECRET_BYTES])
{
    unsigned char sig[SX_SIGN_BYTES];
    size_t from = out->len;
    sx_buf_add(out, MAGIC, sizeof MAGIC);
    sx_put_u32(out, SX_AUDIT_VERSION);
    sx_put_u32(out, 0);
    sx_buf_add(out, header->id, sizeof header->id);
    sx_buf_add(out, header->pub, sizeof header->pub);
    sx_put_u64(out, header->time);
    if (sx_buf_status(out) != LLM_OK) return;
    sx_hash(header->hash, out->data + from, HASHED);
    sx_buf_add(out, header->hash, sizeof header->hash);
    sx_sign(sig, header->hash, sizeof header->hash, secret);
    sx_buf_add(out, sig, sizeof sig);
}

llm_status sx_header_get(sx_audit_header *header, const unsigned char *bytes, size_t len, const char *path,
                         llm_error *err)
{
    unsigned char hash[SX_HASH_BYTES];
    if (len < SX_AUDIT_HEADER || memcmp(bytes, MAGIC, sizeof MAGIC) != 0)
        return sx_fail(err, LLM_E_FORMAT, "\"%s\" is no audit log", path);
    uint32_t version = sx_get_u32(bytes + 8);
    if (version != SX_AUDIT_VERSION)
        return sx_fail(err, LLM_E_VERSION, "the audit log \"%s\" has format %u; this library reads format %d", path,
                       version, SX_AUDIT_VERSION);
    memcpy(header->id, bytes + 16, SX_AUDIT_ID);
    memcpy(header->pub, bytes + 32, SX_PUBLIC_BYTES);
    header->time = sx_get_u64(bytes + 64);
    memcpy(header->hash, bytes + HASHED, SX_HASH_BYTES);
    sx_hash(hash, bytes, HASHED);
    if (memcmp(hash, header->hash, sizeof hash) != 0 ||
        !sx_sign_holds(bytes + SIGNED, header->hash, SX_HASH_BYTES, header->pub))
        return sx_fail(err, LLM_E_CORRUPT, "the header of the audit log \"%s\" was changed", path);
    return LLM_OK;
}

size_t sx_record_get(sx_record *record, const unsigned char *bytes, size_t len)
{
    if (len < SX_AUDIT_FRAME + SX_AUDIT_HEAD_BODY) return 0;
    uint32_t body = sx_get_u32(bytes);
    if (body < SX_AUDIT_HEAD_BODY || body > SX_AUDIT_BODY_MAX || body > len - SX_AUDIT_FRAME) return 0;
    if (sx_get_u32(bytes + 4 + body + SX_HASH_BYTES) != body) return 0;
    *record = (sx_record){.kind = bytes[4],
                          .number = sx_get_u64(bytes + 5),
                          .time = sx_get_u64(bytes + 13),
                          .body = bytes + 4,
                          .rest = bytes + 4 + SX_AUDIT_HEAD_BODY,
                          .body_len = body,
                          .rest_len = body - SX_AUDIT_HEAD_BODY,
                          .hash = bytes + 4 + body};
    return (size_t)body + SX_AUDIT_FRAME;
}

void sx_record_hash(unsigned char out[SX_HASH_BYTES], const unsigned char before[SX_HASH_BYTES],
                    const unsigned char *body, size_t len)
{
    sx_hasher h;
    sx_hasher_begin(&h);
    sx_hasher_add(&h, before, SX_HASH_BYTES);
    sx_hasher_add(&h, body, len);
    sx_hasher_end(&h, out);
}

void sx_record_close(sx_buf *out, size_t from, unsigned char chain[SX_HASH_BYTES])
{
    if (sx_buf_status(out) != LLM_OK) return;
    unsigned char *at = (unsigned char *)out->data + from, hash[SX_HASH_BYTES];
    uint32_t len = (uint32_t)(out->len - from - 4);
    for (unsigned i = 0; i < 4; i++) at[i] = (unsigned char)(len >> (8 * i));
    sx_record_hash(hash, chain, at + 4, len);
    sx_buf_add(out, hash, sizeof hash);
    sx_put_u32(out, len);
    memcpy(chain, hash, sizeof hash);
}

void sx_head_message(unsigned char out[SX_HEAD_MESSAGE], const sx_audit_header *header, uint64_t number,
                     const unsigned char before[SX_HASH_BYTES])
{
    memcpy(out, HEAD_DOMAIN, 8);
    memcpy(out + 8, header->id, SX_AUDIT_ID);
    for (unsigned i = 0; i < 8; i++) out[8 + SX_AUDIT_ID + i] = (unsigned char)(number >> (8 * i));
    memcpy(out + 16 + SX_AUDIT_ID, before, SX_HASH_BYTES);
}
