/* A record as a line of JSON, for people and other programs. */
#include "guard/audit/record.h"

#include <string.h>
#include <time.h>

#include "platform/json.h"

static const char *const DIRECTIONS[] = {"", "input", "evidence", "", "output"};
static const char *const VERDICTS[] = {"", "allow", "redact", "review", "block"};
static const char *const ACTIONS[] = {"", "allow", "replace", "mask", "remove", "hash", "pseudonym", "review", "block"};

/* A name out of a small table, "" beyond. */
#define NAME(table, i) ((i) < sizeof(table) / sizeof *(table) ? (table)[i] : "")

/* What is left of a record's content. `bad` stays when something did not fit. */
typedef struct reader {
    const unsigned char *p;
    size_t n;
    bool bad;
} reader;

static const unsigned char *take(reader *r, size_t n)
{
    static const unsigned char none[SX_SIGN_BYTES];
    if (r->bad || n > r->n) {
        r->bad = true;
        return none;
    }
    const unsigned char *at = r->p;
    r->p += n;
    r->n -= n;
    return at;
}

/* A comma where something stands before. */
static void show_key(sx_buf *out, const char *key)
{
    bool first = out->len == 0 || out->data[out->len - 1] == '{';
    sx_buf_printf(out, "%s\"%s\":", first ? "" : ",", key);
}

static void show_text(sx_buf *out, const char *key, reader *r, size_t len)
{
    const unsigned char *text = take(r, len);
    show_key(out, key);
    sx_json_quote(out, (const char *)text, r->bad ? 0 : len, false);
}

static void show_hex(sx_buf *out, const char *key, const unsigned char *bytes, size_t n)
{
    char hex[2 * SX_SIGN_BYTES + 1]; /* the longest there is */
    sx_hex(hex, bytes, n);
    show_key(out, key);
    sx_buf_printf(out, "\"%s\"", hex);
}

static void show_time(sx_buf *out, uint64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm t;
    if (ms / 1000 < UINT64_C(253402300800) && gmtime_r(&seconds, &t) != NULL) /* before the year 10000 */
        sx_buf_printf(out, "\"%04d-%02d-%02dT%02d:%02d:%02d.%03uZ\"", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday,
                      t.tm_hour, t.tm_min, t.tm_sec, (unsigned)(ms % 1000));
    else
        sx_buf_str(out, "null");
}

static void show_finding(sx_buf *out, reader *r)
{
    uint32_t type_len = *take(r, 1);
    sx_buf_char(out, '{');
    show_text(out, "type", r, type_len);
    uint32_t rule_len = *take(r, 1);
    show_text(out, "rule", r, rule_len);
    uint32_t length = sx_get_u32(take(r, 4)), score = sx_get_u16(take(r, 2)), action = *take(r, 1);
    sx_buf_printf(out, ",\"length\":%u,\"score\":%.4f,\"action\":\"%s\"", length, (double)score / 10000,
                  NAME(ACTIONS, action));
    show_hex(out, "value", take(r, SX_MARK_BYTES), SX_MARK_BYTES);
    sx_buf_char(out, '}');
}

static bool show_verdict(sx_buf *out, reader r)
{
    uint32_t direction = *take(&r, 1), verdict = *take(&r, 1), flags = *take(&r, 1);
    sx_buf_printf(out, ",\"direction\":\"%s\",\"action\":\"%s\"", NAME(DIRECTIONS, direction), NAME(VERDICTS, verdict));
    if (flags & SX_AUDIT_CUT) sx_buf_str(out, ",\"cut\":true");
    if (flags & SX_AUDIT_GOES_ON) sx_buf_str(out, ",\"goes_on\":true");
    show_hex(out, "policy", take(&r, SX_MARK_BYTES), SX_MARK_BYTES);
    sx_buf_printf(out, ",\"bytes\":%llu", (unsigned long long)sx_get_u64(take(&r, 8)));
    uint32_t tag = *take(&r, 1);
    show_text(out, "tag", &r, tag);
    uint32_t count = sx_get_u32(take(&r, 4));
    sx_buf_str(out, ",\"findings\":[");
    for (uint32_t i = 0; i < count && !r.bad; i++) {
        if (i > 0) sx_buf_char(out, ',');
        show_finding(out, &r);
    }
    sx_buf_char(out, ']');
    return !r.bad && r.n == 0;
}

bool sx_record_show(sx_buf *out, const sx_record *record)
{
    static const char *const KINDS[] = {"", "open", "verdict", "head", "tear"};
    reader r = {record->rest, record->rest_len, false};
    bool whole = true;
    sx_buf_printf(out, "{\"seq\":%llu,\"kind\":\"%s\",\"time\":", (unsigned long long)record->number,
                  record->kind < 5 && record->kind > 0 ? KINDS[record->kind] : "unknown");
    show_time(out, record->time);
    switch (record->kind) {
    case SX_RECORD_OPEN: show_text(out, "library", &r, r.n); break;
    case SX_RECORD_VERDICT: whole = show_verdict(out, r); break;
    case SX_RECORD_HEAD:
        sx_buf_printf(out, ",\"closing\":%s", *take(&r, 1) ? "true" : "false");
        show_hex(out, "signature", take(&r, SX_SIGN_BYTES), SX_SIGN_BYTES);
        whole = !r.bad && r.n == 0;
        break;
    case SX_RECORD_TEAR:
        sx_buf_printf(out, ",\"bytes\":%u", sx_get_u32(take(&r, 4)));
        whole = !r.bad;
        break;
    default: break; /* a later version's: its place in the chain is all that is known */
    }
    show_hex(out, "hash", record->hash, SX_HASH_BYTES);
    sx_buf_char(out, '}');
    return whole;
}
