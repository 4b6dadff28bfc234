/* The proof that a log is unbroken, or the sentence that names the first record that is not as it was written. */
#include <inttypes.h>
#include <string.h>

#include "guard/audit/walk.h"
#include "platform/json.h"

/* What the walk knows so far. */
typedef struct proof {
    sx_mem *mem;
    const char *path;
    sx_audit_header header;
    sx_walk walk;
    unsigned char chain[SX_HASH_BYTES];
    uint64_t number;           /* of the last record */
    uint64_t heads, last_head; /* how many, and the number of the last */
    uint64_t verdicts, tears;
    bool closed;
    llm_status broken;    /* LLM_E_CORRUPT once a problem was found */
    llm_error problem;    /* the first */
    uint64_t want_number; /* the published head; 0: none */
    unsigned char want_hash[SX_HASH_BYTES];
    bool wanted, seen;
    llm_piece_fn show;
    void *user;
    sx_buf line;
} proof;

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool unhex(unsigned char *out, size_t n, const char *hex)
{
    for (size_t i = 0; i < n; i++) {
        int high = hex_digit(hex[2 * i]), low = high < 0 ? -1 : hex_digit(hex[2 * i + 1]);
        if (low < 0) return false;
        out[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

/* "NUMBER-HASH-PUBLICKEY" */
static llm_status read_head(proof *p, const char *head, llm_error *err)
{
    unsigned char pub[SX_PUBLIC_BYTES];
    const char *s = head;
    uint64_t number = 0;
    while (*s >= '0' && *s <= '9' && s - head < 19) number = number * 10 + (uint64_t)(*s++ - '0');
    size_t rest = strlen(s);
    if (s == head || rest != 2 + 2 * SX_HASH_BYTES + 2 * SX_PUBLIC_BYTES || s[0] != '-' ||
        s[1 + 2 * SX_HASH_BYTES] != '-' || !unhex(p->want_hash, SX_HASH_BYTES, s + 1) ||
        !unhex(pub, SX_PUBLIC_BYTES, s + 2 + 2 * SX_HASH_BYTES))
        return sx_fail(err, LLM_E_INVALID, "a head is NUMBER-HASH-KEY with 64 hex digits each; this is none: \"%.40s\"",
                       head);
    if (memcmp(pub, p->header.pub, sizeof pub) != 0)
        return sx_fail(err, LLM_E_CORRUPT,
                       "the audit log \"%s\" is signed with another key than the head that was given", p->path);
    p->want_number = number;
    p->wanted = true;
    p->seen = number == 0 && memcmp(p->want_hash, p->header.hash, SX_HASH_BYTES) == 0;
    if (number == 0 && !p->seen)
        return sx_fail(err, LLM_E_CORRUPT, "\"%s\" is another log than the one whose beginning was given", p->path);
    return LLM_OK;
}

/* Notes the first problem; later ones follow from it or are for another day. */
#define PROBLEM(p, ...) \
    do { \
        if ((p)->broken == LLM_OK) (p)->broken = sx_fail(&(p)->problem, LLM_E_CORRUPT, __VA_ARGS__); \
    } while (0)

/* Does a record of this number come later in the file? */
static llm_status comes_later(proof *p, uint64_t number, bool *later, llm_error *err)
{
    sx_walk ahead;
    sx_record record;
    bool found = true;
    llm_status status = LLM_OK;
    *later = false;
    sx_walk_over(&ahead, p->mem, p->walk.fd, p->walk.size, p->walk.at, p->path);
    while (status == LLM_OK && found && !*later) {
        status = sx_walk_next(&ahead, &record, &found, err);
        *later = status == LLM_OK && found && record.number == number;
    }
    sx_walk_end(&ahead, false);
    return status;
}

/* A record that does not follow the one before it: why? */
static llm_status name_break(proof *p, const sx_record *r, bool fits, llm_error *err)
{
    uint64_t due = p->number + 1;
    bool later = false;
    llm_status status = LLM_OK;
    if (r->number > due) status = comes_later(p, due, &later, err);
    if (status != LLM_OK) return status;
    if (r->number == due)
        PROBLEM(p, "record %" PRIu64 " was edited: its hash does not fit what it holds and what stands before it", due);
    else if (r->number < due)
        PROBLEM(p, "record %" PRIu64 " was put where record %" PRIu64 " belongs: records were reordered or repeated",
                r->number, due);
    else if (later)
        PROBLEM(p, "records were reordered: record %" PRIu64 " stands where record %" PRIu64 " belongs", r->number,
                due);
    else if (r->number == due + 1)
        PROBLEM(p, "record %" PRIu64 " was removed", due);
    else
        PROBLEM(p, "records %" PRIu64 " to %" PRIu64 " were removed%s", due, r->number - 1,
                fits ? " and the rest was chained anew" : "");
    return LLM_OK;
}

static void check_head(proof *p, const sx_record *r)
{
    unsigned char message[SX_HEAD_MESSAGE];
    if (r->rest_len != 1 + SX_SIGN_BYTES) {
        PROBLEM(p, "record %" PRIu64 " is no head as it should be", r->number);
        return;
    }
    sx_head_message(message, &p->header, r->number, p->chain);
    if (!sx_sign_holds(r->rest + 1, message, sizeof message, p->header.pub))
        PROBLEM(p,
                "the signature of head %" PRIu64 " does not hold: something between record %" PRIu64
                " and it was changed by someone without the key",
                r->number, p->last_head + 1);
    p->heads++;
    p->last_head = r->number;
}

static llm_status show_line(proof *p, llm_error *err)
{
    if (sx_buf_status(&p->line) != LLM_OK) return sx_fail_memory(err);
    int32_t answer = p->show(p->line.data, p->line.len, p->user);
    sx_buf_clear(&p->line);
    return answer == 0 ? LLM_OK : sx_fail(err, answer, "the reader of the audit log ended it");
}

static llm_status take_record(proof *p, const sx_record *r, llm_error *err)
{
    unsigned char hash[SX_HASH_BYTES];
    llm_status status = LLM_OK;
    sx_record_hash(hash, p->chain, r->body, r->body_len);
    bool fits = memcmp(hash, r->hash, sizeof hash) == 0;
    if (!fits || r->number != p->number + 1) status = name_break(p, r, fits, err);
    if (status != LLM_OK) return status;
    if (r->kind == SX_RECORD_HEAD && p->broken == LLM_OK) check_head(p, r);
    p->closed = r->kind == SX_RECORD_HEAD && r->rest_len > 0 && r->rest[0] == 1;
    p->verdicts += r->kind == SX_RECORD_VERDICT;
    p->tears += r->kind == SX_RECORD_TEAR;
    if (p->wanted && r->number == p->want_number) {
        p->seen = memcmp(r->hash, p->want_hash, SX_HASH_BYTES) == 0;
        if (!p->seen)
            PROBLEM(p,
                    "record %" PRIu64
                    " is not the one of the head that was given: the log was written anew from some record up to it",
                    r->number);
    }
    memcpy(p->chain, r->hash, sizeof p->chain);
    p->number = r->number;
    bool well = sx_record_show(&p->line, r);
    if (!well) PROBLEM(p, "record %" PRIu64 " is malformed", r->number);
    if (p->show != NULL) return show_line(p, err);
    sx_buf_clear(&p->line);
    return LLM_OK;
}

/* The walk stopped before the file's end. True: it goes on behind the damage. */
static llm_status at_damage(proof *p, bool *go_on, llm_error *err)
{
    uint64_t stopped = p->walk.at, left = p->walk.size - stopped, later;
    p->walk.at++; /* the same place would be found again */
    llm_status status = sx_walk_resync(&p->walk, p->number, true, &later, err);
    if (status != LLM_OK) return status;
    *go_on = later != 0;
    if (later != 0)
        PROBLEM(p,
                "record %" PRIu64 " was edited: at byte %" PRIu64
                " it is no record any more; the next whole one is %" PRIu64,
                p->number + 1, stopped, later);
    else
        PROBLEM(
            p,
            "record %" PRIu64 " is torn: %" PRIu64 " bytes of it stand at the end, from byte %" PRIu64
            "; its writer was stopped in the middle or the file was cut (the next writer keeps them and tells of it)",
            p->number + 1, left, stopped);
    return LLM_OK;
}

static llm_status walk_all(proof *p, llm_error *err)
{
    llm_status status = LLM_OK;
    bool go_on = true;
    while (status == LLM_OK && go_on) {
        sx_record record;
        bool found;
        status = sx_walk_next(&p->walk, &record, &found, err);
        if (status != LLM_OK) break;
        if (found)
            status = take_record(p, &record, err);
        else if (p->walk.at < p->walk.size)
            status = at_damage(p, &go_on, err);
        else
            go_on = false;
    }
    if (status == LLM_OK && p->wanted && !p->seen && p->number < p->want_number)
        PROBLEM(
            p, "the log was truncated: it ends with record %" PRIu64 ", and the head that was given is record %" PRIu64,
            p->number, p->want_number);
    return status;
}

static void summary(proof *p)
{
    char hash[2 * SX_HASH_BYTES + 1], pub[2 * SX_PUBLIC_BYTES + 1], id[2 * SX_AUDIT_ID + 1];
    sx_hex(hash, p->chain, sizeof p->chain);
    sx_hex(pub, p->header.pub, sizeof p->header.pub);
    sx_hex(id, p->header.id, sizeof p->header.id);
    sx_buf_printf(&p->line,
                  "{\"kind\":\"summary\",\"verified\":%s,\"id\":\"%s\",\"records\":%" PRIu64 ",\"verdicts\":%" PRIu64
                  ",\"heads\":%" PRIu64 ",\"tears\":%" PRIu64 ",\"unsigned\":%" PRIu64
                  ",\"closed\":%s,\"head\":\"%" PRIu64 "-%s-%s\",\"problem\":",
                  p->broken == LLM_OK ? "true" : "false", id, p->number, p->verdicts, p->heads, p->tears,
                  p->number - p->last_head, p->closed ? "true" : "false", p->number, hash, pub);
    if (p->broken == LLM_OK)
        sx_buf_str(&p->line, "null");
    else
        sx_json_quote(&p->line, p->problem.message, strlen(p->problem.message), false);
    sx_buf_char(&p->line, '}');
}

llm_status sx_audit_verify(sx_mem *mem, const char *path, const char *head, llm_piece_fn show, void *user,
                           llm_error *err)
{
    proof p = {.mem = mem, .path = path, .show = show, .user = user, .problem = LLM_ERROR_INIT};
    llm_status status = sx_crypto_init(err);
    if (status == LLM_OK) status = sx_walk_begin(&p.walk, mem, path, &p.header, err);
    if (status != LLM_OK) return status;
    sx_buf_init(&p.line, mem, 0);
    memcpy(p.chain, p.header.hash, sizeof p.chain);
    if (head != NULL) status = read_head(&p, head, err);
    if (status == LLM_OK) status = walk_all(&p, err);
    if (status == LLM_OK && show != NULL) {
        summary(&p);
        status = show_line(&p, err);
    }
    sx_walk_end(&p.walk, true);
    sx_buf_free(&p.line);
    if (status == LLM_OK && p.broken != LLM_OK)
        status = sx_fail(err, p.broken, "the audit log \"%s\" is broken: %s", path, p.problem.message);
    return status;
}
