/* The bytes of an audit log, version 1, and their reading. Untrusted: every length is checked before it is used.
 *
 * All numbers are little-endian. A log begins with a header:
 *     "SXAUDIT" NUL | u32 version | u32 0 | 16 bytes id | 32 bytes public key | u64 time | 32 bytes hash | 64 bytes signature
 * hash is BLAKE2b-256 of what stands before it, signature that of the hash by the log's key. Then records:
 *     u32 length of the body | body | 32 bytes hash | u32 length again
 * body is u8 kind | u64 number | u64 time in ms since 1970 | what the kind holds; hash is BLAKE2b-256 of the hash before it
 * (the header's for record 1) and the body, so that each hash speaks for all that precedes. The second length lets the last
 * record be found from the end. */
#ifndef SX_GUARD_AUDIT_RECORD_H
#define SX_GUARD_AUDIT_RECORD_H

#include "guard/guard.h"
#include "platform/crypto.h"

enum {
    SX_AUDIT_VERSION = 1,
    SX_AUDIT_ID = 16,
    SX_AUDIT_HEADER = 168,
    SX_AUDIT_HEAD_BODY = 17, /* kind, number, time */
    SX_AUDIT_FRAME = 40,     /* what a record has around its body */
    SX_AUDIT_BODY_MAX = 1 << 20
};

enum {
    SX_RECORD_OPEN = 1,    /* a writer began: its library's version */
    SX_RECORD_VERDICT = 2, /* a text was judged */
    SX_RECORD_HEAD = 3,    /* a signature over all before: u8 closing | 64 bytes */
    SX_RECORD_TEAR = 4     /* a record was found torn: u32 bytes | the bytes */
};

typedef struct sx_audit_header {
    unsigned char id[SX_AUDIT_ID], pub[SX_PUBLIC_BYTES], hash[SX_HASH_BYTES];
    uint64_t time;
} sx_audit_header;

/* One record inside the bytes that were read: pointers into them. */
typedef struct sx_record {
    uint8_t kind;
    uint64_t number, time;
    const unsigned char *body, *rest; /* rest: what the kind holds */
    uint32_t body_len, rest_len;
    const unsigned char *hash;
} sx_record;

void sx_put_u16(sx_buf *out, uint32_t v);
void sx_put_u32(sx_buf *out, uint32_t v);
void sx_put_u64(sx_buf *out, uint64_t v);
uint32_t sx_get_u16(const unsigned char *p);
uint32_t sx_get_u32(const unsigned char *p);
uint64_t sx_get_u64(const unsigned char *p);

/* Appends a whole header, signed. */
void sx_header_put(sx_buf *out, sx_audit_header *header, const unsigned char secret[SX_SECRET_BYTES]);
/* LLM_E_FORMAT when these are no header's bytes, LLM_E_VERSION for a later format, LLM_E_CORRUPT for a changed one. */
llm_status sx_header_get(sx_audit_header *header, const unsigned char *bytes, size_t len, const char *path,
                         llm_error *err);

/* The frame at the beginning of the bytes: its size, or 0 when there is no whole one. Says nothing of the hash. */
size_t sx_record_get(sx_record *record, const unsigned char *bytes, size_t len);
/* The hash that the record must carry after `before`. */
void sx_record_hash(unsigned char out[SX_HASH_BYTES], const unsigned char before[SX_HASH_BYTES],
                    const unsigned char *body, size_t len);
/* Puts length, hash and length around the body that stands in out from `from` on behind four spare bytes; the new hash
 * replaces that in `chain`. */
void sx_record_close(sx_buf *out, size_t from, unsigned char chain[SX_HASH_BYTES]);
/* What a HEAD signs: the log's id, the head's number, the hash before it. */
void sx_head_message(unsigned char out[SX_AUDIT_ID + 8 + SX_HASH_BYTES + 8], const sx_audit_header *header,
                     uint64_t number, const unsigned char before[SX_HASH_BYTES]);
enum { SX_HEAD_MESSAGE = SX_AUDIT_ID + 8 + SX_HASH_BYTES + 8 };

/* Appends the record as one line of JSON, without its line end. False when what the kind holds is malformed. (show.c) */
bool sx_record_show(sx_buf *out, const sx_record *record);

#endif
