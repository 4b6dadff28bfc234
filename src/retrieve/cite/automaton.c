/* The citation automaton. Ids sorted by their bytes are a trie without nodes: the ids that begin with what was read since
 * '[' form a range, and each further byte narrows it. */
#include <string.h>

#include "retrieve/retrieve.h"

typedef struct cite_id {
    const char *bytes;
    uint32_t len;
    uint32_t index; /* in the caller's order */
} cite_id;

/* Outside brackets depth is NONE; inside, ids [lo, hi) begin with the depth bytes read. */
#define OUTSIDE UINT32_MAX
typedef struct cite_state {
    uint32_t lo, hi, depth;
} cite_state;

struct sx_cite {
    sx_mem *mem;
    cite_id *ids; /* [count] sorted */
    uint32_t count;
    uint32_t longest;
    cite_state state;
    char *bytes; /* of all ids */
};

static int compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
    int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
    return order ? order : (a_len > b_len) - (a_len < b_len);
}

static bool id_less(const cite_id *a, const cite_id *b)
{
    int order = compare(a->bytes, a->len, b->bytes, b->len);
    return order ? order < 0 : a->index < b->index;
}

static void sift(cite_id *v, uint32_t n, uint32_t i)
{
    for (uint32_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && id_less(&v[child], &v[child + 1])) child++;
        if (!id_less(&v[i], &v[child])) return;
        cite_id swap = v[i];
        v[i] = v[child];
        v[child] = swap;
    }
}

static void sort_ids(cite_id *v, uint32_t n)
{
    for (uint32_t i = n / 2; i-- > 0;) sift(v, n, i);
    while (n > 1) {
        cite_id swap = v[0];
        v[0] = v[--n];
        v[n] = swap;
        sift(v, n, 0);
    }
}

static llm_status check_ids(const char *const *ids, uint32_t count, size_t *total, llm_error *err)
{
    *total = 0;
    for (uint32_t i = 0; i < count; i++) {
        size_t len = ids[i] ? strlen(ids[i]) : 0;
        if (len == 0 || len > UINT16_MAX || memchr(ids[i], ']', len))
            return sx_fail(err, LLM_E_INVALID, "citation id %u is empty, too long or holds ']'", i);
        *total += len;
    }
    return LLM_OK;
}

llm_status sx_cite_create(sx_cite **out, sx_mem *mem, const char *const *ids, uint32_t count, llm_error *err)
{
    size_t total, at = 0;
    llm_status status = check_ids(ids, count, &total, err);
    if (status) return status;
    sx_cite *cite = sx_mem_zalloc(mem, sizeof *cite);
    if (!cite) return sx_fail_memory(err);
    *cite = (sx_cite){.mem = mem, .count = count, .state = {0, 0, OUTSIDE}};
    cite->ids = sx_mem_array(mem, count, sizeof *cite->ids);
    cite->bytes = sx_mem_alloc(mem, total + 1);
    if (!cite->ids || !cite->bytes) {
        sx_cite_free(cite);
        return sx_fail_memory(err);
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t len = (uint32_t)strlen(ids[i]);
        memcpy(cite->bytes + at, ids[i], len);
        cite->ids[i] = (cite_id){cite->bytes + at, len, i};
        if (len > cite->longest) cite->longest = len;
        at += len;
    }
    sort_ids(cite->ids, count);
    *out = cite;
    return LLM_OK;
}

void sx_cite_free(sx_cite *cite)
{
    if (!cite) return;
    sx_mem_free(cite->mem, cite->ids);
    sx_mem_free(cite->mem, cite->bytes);
    sx_mem_free(cite->mem, cite);
}

/* The byte of an id behind the state's depth, -1 at its end. */
static int next_byte(const sx_cite *cite, uint32_t id, uint32_t depth)
{
    return depth < cite->ids[id].len ? (unsigned char)cite->ids[id].bytes[depth] : -1;
}

/* The first id of [lo, hi) whose next byte is at least `byte`. */
static uint32_t lower(const sx_cite *cite, const cite_state *s, int byte)
{
    uint32_t lo = s->lo, hi = s->hi;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (next_byte(cite, mid, s->depth) < byte)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* Takes one byte; false, with the state spoilt, when it may not come. */
static bool step(const sx_cite *cite, cite_state *s, unsigned char byte)
{
    if (s->depth == OUTSIDE) {
        if (byte == '[') *s = (cite_state){0, cite->count, 0};
        return byte != '[' || cite->count > 0;
    }
    if (byte == ']') {
        bool whole = s->lo < s->hi && cite->ids[s->lo].len == s->depth; /* the shortest stands first */
        *s = (cite_state){0, 0, OUTSIDE};
        return whole;
    }
    uint32_t lo = lower(cite, s, byte), hi = lower(cite, s, byte + 1);
    *s = (cite_state){lo, hi, s->depth + 1};
    return lo < hi;
}

static bool run(const sx_cite *cite, cite_state *s, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (s->depth == OUTSIDE) {
            const char *open = memchr(bytes + i, '[', len - i);
            if (!open) return true;
            i = (size_t)(open - bytes);
        }
        if (!step(cite, s, (unsigned char)bytes[i])) return false;
    }
    return true;
}

bool sx_cite_accepts(const sx_cite *cite, const char *bytes, size_t len)
{
    cite_state s = cite->state;
    return len ? run(cite, &s, bytes, len) : s.depth == OUTSIDE;
}

void sx_cite_advance(sx_cite *cite, const char *bytes, size_t len)
{
    if (len && !run(cite, &cite->state, bytes, len)) cite->state = (cite_state){0, 0, OUTSIDE};
}

static uint32_t find_id(const sx_cite *cite, const char *bytes, size_t len)
{
    uint32_t lo = 0, hi = cite->count;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (compare(cite->ids[mid].bytes, cite->ids[mid].len, bytes, len) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    bool found = lo < cite->count && cite->ids[lo].len == len && memcmp(cite->ids[lo].bytes, bytes, len) == 0;
    return found ? cite->ids[lo].index : UINT32_MAX;
}

void sx_cite_scan(const sx_cite *cite, const char *text, size_t len,
                  void (*fn)(void *user, uint32_t id, size_t start, size_t end), void *user)
{
    for (size_t i = 0; i < len;) {
        const char *open = memchr(text + i, '[', len - i);
        if (!open) return;
        size_t start = (size_t)(open - text), room = len - start - 1;
        if (room > cite->longest + (size_t)1) room = cite->longest + (size_t)1;
        const char *close = memchr(open + 1, ']', room);
        uint32_t id = close ? find_id(cite, open + 1, (size_t)(close - open - 1)) : UINT32_MAX;
        i = start + 1;
        if (id == UINT32_MAX) continue;
        i = (size_t)(close - text) + 1;
        fn(user, id, start, i);
    }
}
