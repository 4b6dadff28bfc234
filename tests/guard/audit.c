/* An audit log's life: what is written, every way of tampering and what it is called, tears, two writers, a full disk. */
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard/audit/record.h"
#include "help.h"

static sx_mem mem;
static char folder[] = "/tmp/sextant-audit-XXXXXX";
static const unsigned char KEY[32] = {7, 7, 7};

static const char *path_of(const char *name)
{
    static char path[160];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int64_t fixed_time(void *user)
{
    (void)user;
    return 1700000000123;
}

static sx_audit *open_log(const char *path)
{
    const sx_audit_params params = {.head_every = 5, .clock = fixed_time};
    sx_audit *a = NULL;
    llm_error err = LLM_ERROR_INIT;
    if (sx_audit_open(&a, &mem, path, KEY, sizeof KEY, &params, &err) != LLM_OK) fail_msg("%s", err.message);
    return a;
}

static void log_value(sx_audit *a, const char *tag, const char *value)
{
    static const unsigned char policy[SX_MARK_BYTES] = {0xab};
    sx_finding f = {
        .type = "PERSON", .rule = "tagger", .start = 3, .end = 3 + strlen(value), .score = 0.85f, .action = 2};
    llm_error err = LLM_ERROR_INIT;
    sx_audit_mark(a, f.type, value, strlen(value), f.mark);
    const sx_audit_text text = {1, 2, 0, 40, tag, policy, &f, 1};
    if (sx_audit_verdict(a, &text, &err) != LLM_OK) fail_msg("%s", err.message);
}

/* A closed log of eight verdicts: 1 open, 2-5 verdicts, 6 head, ... */
static const char *make_log(const char *name)
{
    const char *path = path_of(name);
    unlink(path);
    sx_audit *a = open_log(path);
    for (int i = 0; i < 8; i++) {
        char tag[16];
        snprintf(tag, sizeof tag, "doc-%d", i);
        log_value(a, tag, "Anna Kovač");
    }
    sx_audit_close(a);
    return path;
}

typedef struct lines {
    sx_buf text;
    unsigned n;
} lines;

static int32_t keep(const char *line, size_t len, void *user)
{
    lines *l = user;
    sx_buf_add(&l->text, line, len);
    sx_buf_char(&l->text, '\n');
    l->n++;
    return 0;
}

static void verify_says(const char *path, const char *head, llm_status want, const char *words)
{
    llm_error err = LLM_ERROR_INIT;
    llm_status got = sx_audit_verify(&mem, path, head, NULL, NULL, &err);
    if (got != want || (words != NULL && strstr(err.message, words) == NULL))
        fail_msg("wanted %d \"%s\", got %d \"%s\"", want, words, got, err.message);
}

/* ---- the file as frames, to be tampered with ---- */

typedef struct file {
    unsigned char bytes[1 << 16];
    size_t len, at[64], size[64]; /* frames, from 1 */
    unsigned n;
} file;

static void read_file(file *f, const char *path)
{
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    f->len = fread(f->bytes, 1, sizeof f->bytes, in);
    fclose(in);
    f->n = 0;
    for (size_t at = SX_AUDIT_HEADER; at < f->len;) {
        sx_record r;
        size_t size = sx_record_get(&r, f->bytes + at, f->len - at);
        assert_true(size > 0);
        f->at[++f->n] = at;
        f->size[f->n] = size;
        at += size;
    }
}

static void write_file(const char *path, const void *bytes, size_t len)
{
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, len, out), len);
    fclose(out);
}

/* Writes the header and the frames named, in that order, ended by 0. */
static void write_frames(const char *path, const file *f, const unsigned *order)
{
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    fwrite(f->bytes, 1, SX_AUDIT_HEADER, out);
    for (; *order; order++) fwrite(f->bytes + f->at[*order], 1, f->size[*order], out);
    fclose(out);
}

static file f, other;

static void a_log_tells_what_was_decided(void **state)
{
    (void)state;
    const char *path = make_log("told");
    lines l = {.n = 0};
    llm_error err = LLM_ERROR_INIT;
    sx_buf_init(&l.text, &mem, 0);
    assert_int_equal(sx_audit_verify(&mem, path, NULL, keep, &l, &err), LLM_OK);
    assert_int_equal(l.n, 1 + 8 + 2 + 1 + 0); /* open, verdicts, heads, summary */
    assert_non_null(strstr(l.text.data,
                           "{\"seq\":2,\"kind\":\"verdict\",\"time\":\"2023-11-14T22:13:20.123Z\",\"direction\":"
                           "\"input\",\"action\":\"redact\",\"policy\":\"ab00000000000000000000000000000"
                           "0\",\"bytes\":40,\"tag\":\"doc-0\",\"findings\":[{\"type\":\"PERSON\",\"rule\":"
                           "\"tagger\",\"length\":11,\"score\":0.8500,\"action\":\"replace\",\"value\":\""));
    assert_non_null(strstr(l.text.data, "\"verified\":true"));
    assert_non_null(strstr(l.text.data, "\"closed\":true"));
    sx_buf_free(&l.text);
    read_file(&f, path);
    assert_null(memmem(f.bytes, f.len, "Kova", 4)); /* no clear personal data */
}

static void marks_relate_equal_values(void **state)
{
    (void)state;
    sx_audit *a = open_log(path_of("marks"));
    unsigned char anna[SX_MARK_BYTES], loud[SX_MARK_BYTES], bob[SX_MARK_BYTES];
    sx_audit_mark(a, "PERSON", "Anna Kovač", 11, anna);
    sx_audit_mark(a, "PERSON", "ANNA  KOVAČ's", 14, loud);
    sx_audit_mark(a, "PERSON", "Bob", 3, bob);
    assert_memory_equal(anna, loud, sizeof anna);
    assert_memory_not_equal(anna, bob, sizeof anna);
    sx_audit_close(a);
}

static void tampering_is_named(void **state)
{
    (void)state;
    const char *path = make_log("tampered");
    read_file(&f, path);
    assert_int_equal(f.n, 11);
    verify_says(path, NULL, LLM_OK, NULL);
    /* a byte of record 4's tag */
    other = f;
    unsigned char *tag = memmem(other.bytes, other.len, "doc-2", 5);
    assert_non_null(tag);
    tag[4] = '9';
    write_file(path, other.bytes, other.len);
    verify_says(path, NULL, LLM_E_CORRUPT, "record 4 was edited");
    /* the length that frames record 4 */
    other = f;
    other.bytes[f.at[4]] ^= 1;
    write_file(path, other.bytes, other.len);
    verify_says(path, NULL, LLM_E_CORRUPT, "record 4 was edited: at byte");
    write_frames(path, &f, (const unsigned[]){1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 0});
    verify_says(path, NULL, LLM_E_CORRUPT, "record 4 was removed");
    write_frames(path, &f, (const unsigned[]){1, 2, 3, 7, 8, 9, 10, 11, 0});
    verify_says(path, NULL, LLM_E_CORRUPT, "records 4 to 6 were removed");
    write_frames(path, &f, (const unsigned[]){1, 2, 4, 3, 5, 6, 7, 8, 9, 10, 11, 0});
    verify_says(path, NULL, LLM_E_CORRUPT, "record 4 stands where record 3 belongs");
    write_frames(path, &f, (const unsigned[]){1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0});
    verify_says(path, NULL, LLM_E_CORRUPT, "record 3 was put where record 4 belongs");
    write_file(path, f.bytes, f.at[11] + 20);
    verify_says(path, NULL, LLM_E_CORRUPT, "record 11 is torn: 20 bytes");
    other = f;
    other.bytes[20] ^= 1;
    write_file(path, other.bytes, other.len);
    verify_says(path, NULL, LLM_E_CORRUPT, "header");
}

/* Somebody without the key who can hash: edits a record and chains everything behind it anew. */
static void a_chain_made_anew_is_noticed(void **state)
{
    (void)state;
    const char *path = make_log("anew");
    read_file(&f, path);
    unsigned char *tag = memmem(f.bytes, f.len, "doc-2", 5), chain[SX_HASH_BYTES];
    assert_non_null(tag);
    tag[4] = '9';
    memcpy(chain, f.bytes + SX_AUDIT_HEADER - SX_SIGN_BYTES - SX_HASH_BYTES, sizeof chain);
    for (unsigned i = 1; i <= f.n; i++) {
        size_t body = f.size[i] - SX_AUDIT_FRAME;
        sx_record_hash(chain, chain, f.bytes + f.at[i] + 4, body);
        memcpy(f.bytes + f.at[i] + 4 + body, chain, sizeof chain);
    }
    write_file(path, f.bytes, f.len);
    verify_says(path, NULL, LLM_E_CORRUPT, "the signature of head 6 does not hold");
}

static void a_published_head_pins_the_end_and_the_key(void **state)
{
    (void)state;
    const char *path = path_of("pinned");
    sx_audit *a = open_log(path);
    sx_buf first, head;
    sx_buf_init(&first, &mem, 0);
    sx_buf_init(&head, &mem, 0);
    assert_int_equal(sx_audit_head(a, &head, NULL), LLM_OK); /* of a log that holds nothing: its beginning */
    assert_memory_equal(head.data, "0-", 2);
    verify_says(path, head.data, LLM_OK, NULL);
    sx_buf_clear(&head);
    log_value(a, NULL, "Ada");
    assert_int_equal(sx_audit_head(a, &first, NULL), LLM_OK);
    log_value(a, NULL, "Bob");
    assert_int_equal(sx_audit_head(a, &head, NULL), LLM_OK);
    log_value(a, NULL, "Eve");
    sx_audit_close(a);
    verify_says(path, first.data, LLM_OK, NULL);
    verify_says(path, head.data, LLM_OK, NULL);
    read_file(&f, path);
    write_frames(path, &f, (const unsigned[]){1, 2, 3, 0}); /* cut at a signature: alone it looks whole */
    verify_says(path, NULL, LLM_OK, NULL);
    verify_says(path, first.data, LLM_OK, NULL);
    verify_says(path, head.data, LLM_E_CORRUPT, "truncated: it ends with record 3");
    /* the whole log written again under another key */
    unlink(path);
    const unsigned char stranger[32] = {8};
    assert_int_equal(sx_audit_open(&a, &mem, path, stranger, sizeof stranger, NULL, NULL), LLM_OK);
    log_value(a, NULL, "Ada");
    sx_audit_close(a);
    verify_says(path, NULL, LLM_OK, NULL);
    verify_says(path, first.data, LLM_E_CORRUPT, "another key");
    verify_says(path, "12-ab", LLM_E_INVALID, "a head is");
    sx_buf_free(&first);
    sx_buf_free(&head);
}

static void a_torn_end_is_kept_and_told(void **state)
{
    (void)state;
    const char *path = path_of("torn");
    for (size_t cut = 1; cut < 150; cut += 37) {
        unlink(path);
        sx_audit *first = open_log(path);
        log_value(first, "before", "Bob");
        sx_audit_close(first);
        read_file(&f, path);
        size_t last = f.n;
        write_file(path, f.bytes, f.at[last] + cut % f.size[last]);
        verify_says(path, NULL, LLM_E_CORRUPT, "is torn");
        sx_audit *a = open_log(path);
        log_value(a, "after", "Bob");
        sx_audit_close(a);
        lines l = {.n = 0};
        sx_buf_init(&l.text, &mem, 0);
        assert_int_equal(sx_audit_verify(&mem, path, NULL, keep, &l, NULL), LLM_OK);
        char want[64];
        snprintf(want, sizeof want, "\"bytes\":%zu", cut % f.size[last]);
        assert_non_null(strstr(l.text.data, "\"kind\":\"tear\""));
        assert_non_null(strstr(l.text.data, want));
        assert_non_null(strstr(l.text.data, "\"tears\":1"));
        sx_buf_free(&l.text);
    }
}

static void what_cannot_be_continued_is_refused(void **state)
{
    (void)state;
    sx_audit *a;
    llm_error err = LLM_ERROR_INIT;
    const unsigned char stranger[32] = {8};
    const char *path = make_log("refused");
    assert_int_equal(sx_audit_open(&a, &mem, path, stranger, sizeof stranger, NULL, &err), LLM_E_KEY);
    assert_int_equal(sx_audit_open(&a, &mem, path, KEY, 31, NULL, NULL), LLM_E_INVALID);
    read_file(&f, path);
    /* damage in the middle, and a torn end so that the open looks */
    f.bytes[f.at[4]] ^= 0x40;
    write_file(path, f.bytes, f.at[11] + 9);
    assert_int_equal(sx_audit_open(&a, &mem, path, KEY, sizeof KEY, NULL, &err), LLM_E_CORRUPT);
    write_file(path, "something else entirely", 23);
    assert_int_equal(sx_audit_open(&a, &mem, path, KEY, sizeof KEY, NULL, NULL), LLM_E_FORMAT);
    verify_says(path, NULL, LLM_E_FORMAT, "no audit log");
    verify_says(path_of("absent"), NULL, LLM_E_NOT_FOUND, NULL);
    write_file(path, "SXAU", 4); /* its maker died in the first write */
    sx_audit_close(open_log(path));
    verify_says(path, NULL, LLM_OK, NULL);
    a = open_log(path);
    log_value(a, NULL, "Ada");
    assert_int_equal(truncate(path, SX_AUDIT_HEADER), 0);
    const sx_audit_text text = {.direction = 1, .verdict = 1};
    memset(&err, 0, sizeof err);
    assert_int_equal(sx_audit_verdict(a, &text, &err), LLM_E_CORRUPT);
    sx_audit_close(a);
}

enum { PROCESSES = 3, EACH = 40 };

static void processes_append_to_one_log(void **state)
{
    (void)state;
    const char *path = path_of("shared");
    pid_t children[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            sx_mem_init(&mem, NULL);
            sx_audit *a = open_log(path);
            for (int k = 0; k < EACH; k++) log_value(a, "p", "Anna");
            sx_audit_close(a);
            _exit(0);
        }
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = 1;
        waitpid(children[i], &status, 0);
        assert_int_equal(status, 0);
    }
    lines l = {.n = 0};
    sx_buf_init(&l.text, &mem, 0);
    assert_int_equal(sx_audit_verify(&mem, path, NULL, keep, &l, NULL), LLM_OK);
    assert_non_null(strstr(l.text.data, "\"verdicts\":120"));
    assert_non_null(strstr(l.text.data, "\"tears\":0"));
    sx_buf_free(&l.text);
}

/* A writer killed at any moment leaves a log that verifies, but for a torn end that the next writer tells of. */
static void a_killed_writer_loses_nothing(void **state)
{
    (void)state;
    const char *path = path_of("killed");
    for (int round = 0; round < 5; round++) {
        int told[2];
        assert_int_equal(pipe(told), 0);
        pid_t child = fork();
        if (child == 0) {
            sx_mem_init(&mem, NULL);
            sx_audit *a = open_log(path);
            for (;;) {
                log_value(a, "k", "Anna");
                if (write(told[1], "x", 1) != 1) _exit(1);
            }
        }
        close(told[1]);
        char buf[64];
        size_t logged = 0;
        for (ssize_t n; logged < 20 && (n = read(told[0], buf, 1)) > 0;) logged += (size_t)n;
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        for (ssize_t n; (n = read(told[0], buf, sizeof buf)) > 0;) logged += (size_t)n;
        close(told[0]);
        sx_audit_close(open_log(path));
        lines l = {.n = 0};
        sx_buf_init(&l.text, &mem, 0);
        assert_int_equal(sx_audit_verify(&mem, path, NULL, keep, &l, NULL), LLM_OK);
        size_t kept = 0;
        for (const char *s = l.text.data; (s = strstr(s, "\"kind\":\"verdict\"")) != NULL; s++) kept++;
        assert_true(kept >= logged);
        sx_buf_free(&l.text);
        unlink(path);
    }
}

static void a_full_disk_takes_records_whole_or_not(void **state)
{
    (void)state;
    char small[128];
    snprintf(small, sizeof small, "%s/small", folder);
    mkdir(small, 0700);
    if (mount("tmpfs", small, "tmpfs", 0, "size=16k") != 0) {
        print_message("no small file system can be mounted here\n");
        skip();
    }
    char path[256];
    snprintf(path, sizeof path, "%s/log", small);
    sx_audit *a = open_log(path);
    const sx_audit_text text = {.direction = 1, .verdict = 1, .tag = "a tag that takes some room, as tags may do"};
    llm_status status = LLM_OK;
    for (int i = 0; i < 1000 && status == LLM_OK; i++) status = sx_audit_verdict(a, &text, NULL);
    assert_int_equal(status, LLM_E_FULL);
    verify_says(path, NULL, LLM_OK, NULL);
    assert_int_equal(sx_audit_verdict(a, &text, NULL), LLM_E_FULL);
    verify_says(path, NULL, LLM_OK, NULL);
    sx_audit_close(a);
    umount(small);
}

static void many_findings_take_several_records(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    const char *path = path_of("many");
    sx_audit *a = open_log(path);
    sx_finding *all = calloc(MANY, sizeof *all);
    assert_non_null(all);
    for (int i = 0; i < MANY; i++) all[i] = (sx_finding){.type = "URL", .rule = "url", .end = 10, .action = 1};
    const sx_audit_text text = {.direction = 4, .verdict = 1, .findings = all, .count = MANY};
    assert_int_equal(sx_audit_verdict(a, &text, NULL), LLM_OK);
    sx_audit_close(a);
    free(all);
    lines l = {.n = 0};
    sx_buf_init(&l.text, &mem, 0);
    assert_int_equal(sx_audit_verify(&mem, path, NULL, keep, &l, NULL), LLM_OK);
    assert_non_null(strstr(l.text.data, "\"goes_on\":true"));
    size_t n = 0;
    for (const char *s = l.text.data; (s = strstr(s, "\"type\":\"URL\"")) != NULL; s++) n++;
    assert_int_equal(n, MANY);
    sx_buf_free(&l.text);
}

static int setup(void **state)
{
    (void)state;
    sx_mem_init(&mem, NULL);
    return mkdtemp(folder) == NULL;
}

static int teardown(void **state)
{
    (void)state;
    char command[160];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command) != 0 || atomic_load(&mem.live_bytes) != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_tells_what_was_decided),
        cmocka_unit_test(marks_relate_equal_values),
        cmocka_unit_test(tampering_is_named),
        cmocka_unit_test(a_chain_made_anew_is_noticed),
        cmocka_unit_test(a_published_head_pins_the_end_and_the_key),
        cmocka_unit_test(a_torn_end_is_kept_and_told),
        cmocka_unit_test(what_cannot_be_continued_is_refused),
        cmocka_unit_test(processes_append_to_one_log),
        cmocka_unit_test(a_killed_writer_loses_nothing),
        cmocka_unit_test(a_full_disk_takes_records_whole_or_not),
        cmocka_unit_test(many_findings_take_several_records),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
