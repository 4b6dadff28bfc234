/* How fast the guard reads: bench_guard [FILE]. One thread, a text in one piece and in small ones: first with the types that
 * patterns find, then with all, the learned recogniser and scorers among them; beside each the speed of a plain copy of the same bytes in the same run, so that machines can be compared by the ratio. At the end what one generated token waits for, with vault and audit log too. Without a
 * file the text is made: prose, numbers, addresses of mail and web, code, in a fixed order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <unistd.h>

#include "../guard/pattern_types.h"
#include "guard/guard.h"

enum { MADE = 8 << 20, REPEATS = 5 };

/* The thread's own time, so that a busy machine does not count. */
static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static const char *const PIECES[] = {
    "The committee met on Tuesday to consider the report, which had been sent to all members a week before. ",
    "Nobody asked about the cost; the chair noted that the figures in table 4.2 were 12,480 and 1,003.5 respectively. ",
    "Please write to anna.meier@example.org or call +49 30 901820 between nine and five. ",
    "for (size_t i = 0; i < n; i++) total += weights[i] * values[i];\n",
    "See https://www.example.com/docs/setup?page=3 for the details of the installation.\n",
    "His account DE89 3704 0044 0532 0130 00 was closed in 2019, the card 4111 1111 1111 1111 before that. ",
    "A second reading brought no change, and the text was adopted as it stands without further debate. ",
    "\xe5\xa7\x94\xe5\x91\x98\xe4\xbc\x9a\xe5\xae\xa1\xe8\xae\xae\xe4\xba\x86\xe6\x8a\xa5\xe5\x91\x8a\xe3\x80\x82 ",
    "The quick brown fox jumps over the lazy dog, again and again, until the page is full of foxes and dogs.\n",
};

static char *make_text(size_t *len)
{
    char *text = malloc(MADE);
    size_t n = 0;
    for (unsigned i = 0; text; i = i * 5 + 3) {
        const char *p = PIECES[i % (sizeof PIECES / sizeof *PIECES)];
        if (n + strlen(p) > MADE) break;
        memcpy(text + n, p, strlen(p));
        n += strlen(p);
    }
    *len = n;
    return text;
}

static char *read_text(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    char *text = NULL;
    if (!f) return NULL;
    if (fseek(f, 0, SEEK_END) == 0 && ftell(f) > 0) {
        *len = (size_t)ftell(f);
        rewind(f);
        text = malloc(*len);
        if (text && fread(text, 1, *len, f) != *len) *len = 0;
    }
    fclose(f);
    return text;
}

/* Seconds of the fastest of some runs; the findings of one in *found. */
static double scan(sx_mem *mem, const sx_guard *guard, const sx_check_params *params, const char *text, size_t len,
                   size_t piece, uint32_t *found)
{
    double best = 1e9;
    for (int r = 0; r < REPEATS; r++) {
        sx_filter *filter;
        sx_buf out;
        uint32_t n = 0;
        sx_buf_init(&out, mem, 0);
        double start = cpu_ms();
        if (sx_filter_open(&filter, mem, guard, params, NULL) != LLM_OK) exit(1);
        for (size_t at = 0; at < len; at += piece) {
            size_t step = len - at < piece ? len - at : piece;
            if (sx_filter_feed(filter, text + at, step, &out, NULL) != LLM_OK) exit(1);
            if (out.len > 1 << 20) sx_buf_clear(&out);
        }
        if (sx_filter_finish(filter, &out, NULL) != LLM_OK) exit(1);
        double took = (cpu_ms() - start) / 1e3;
        sx_filter_findings(filter, &n);
        *found = n;
        sx_filter_close(filter);
        sx_buf_free(&out);
        if (took < best) best = took;
    }
    return best;
}

static double copy(const char *text, size_t len)
{
    char *to = malloc(len);
    double best = 1e9;
    for (int r = 0; to && r < REPEATS; r++) {
        double start = cpu_ms();
        memcpy(to, text, len);
        __asm__ volatile("" ::"r"(to) : "memory");
        double took = (cpu_ms() - start) / 1e3;
        if (took < best) best = took;
    }
    free(to);
    return best;
}

/* ---- what a generated token waits for ---- */

enum { TOKENS = 60000 };

static double wall_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The q-th of sorted numbers. */
static double quantile(const double *v, size_t n, double q)
{
    return v[(size_t)(q * (double)(n - 1))];
}

/* A word with the blank before it, as tokens are. */
static size_t token_at(const char *text, size_t len, size_t at)
{
    size_t n = 1;
    while (at + n < len && n < 8 && text[at + n] != ' ' && text[at + n] != '\n') n++;
    return n;
}

/* Answers of 400 tokens, each a stream of its own whose verdict is logged at its end, as the facade does. */
static void latency(sx_mem *mem, const char *name, const sx_guard *guard, const sx_check_params *params,
                    sx_audit *audit, const char *text, size_t len)
{
    static double cpu[TOKENS], wall[TOKENS], held[TOKENS];
    sx_filter *filter = NULL;
    sx_buf out;
    size_t at = 0, fed = 0, n = 0;
    sx_buf_init(&out, mem, 0);
    for (; n < TOKENS; n++) {
        size_t step = token_at(text, len, at);
        double c = cpu_ms(), w = wall_us();
        if (!filter && sx_filter_open(&filter, mem, guard, params, NULL) != LLM_OK) exit(1);
        if (sx_filter_feed(filter, text + at, step, &out, NULL) != LLM_OK) exit(1);
        fed += step;
        held[n] = fed > out.len ? (double)(fed - out.len) : 0; /* of texts that shrink this is a guess from above */
        if (n % 400 == 399) {
            sx_audit_text verdict = {.direction = LLM_DIR_OUTPUT, .bytes = fed};
            uint32_t count;
            if (sx_filter_finish(filter, &out, NULL) != LLM_OK) exit(1);
            verdict.findings = sx_filter_findings(filter, &count);
            verdict.count = count;
            verdict.verdict = sx_filter_action(filter);
            if (audit && sx_audit_verdict(audit, &verdict, NULL) != LLM_OK) exit(1);
            sx_filter_close(filter);
            filter = NULL;
            sx_buf_clear(&out);
            fed = 0;
        }
        cpu[n] = (cpu_ms() - c) * 1e3;
        wall[n] = wall_us() - w;
        at = at + step < len ? at + step : 0;
    }
    sx_filter_close(filter);
    sx_buf_free(&out);
    qsort(cpu, n, sizeof *cpu, by_size);
    qsort(wall, n, sizeof *wall, by_size);
    qsort(held, n, sizeof *held, by_size);
    printf(
        "%-34s per token: p50 %6.2f p99 %6.2f us of the thread, p50 %6.2f p99 %7.2f us in all; held p50 %3.0f p99 %3.0f "
        "bytes\n",
        name, quantile(cpu, n, 0.5), quantile(cpu, n, 0.99), quantile(wall, n, 0.5), quantile(wall, n, 0.99),
        quantile(held, n, 0.5), quantile(held, n, 0.99));
}

/* With nothing, with a vault, with a vault in a file and an audit log. */
static void latencies(sx_mem *mem, const sx_check_params *patterns, const char *text, size_t len)
{
    static const unsigned char key[32] = {1};
    char folder[] = "/tmp/bench-guard-XXXXXX", vault_path[64], log_path[64];
    if (!mkdtemp(folder)) exit(1);
    snprintf(vault_path, sizeof vault_path, "%s/vault", folder);
    snprintf(log_path, sizeof log_path, "%s/log", folder);
    for (unsigned i = 0; i < 4; i++) {
        static const char *const NAMES[] = {"pattern types", "pattern types, vault and audit", "all types",
                                            "all types, vault and audit"};
        const sx_guard_params params = {.default_action = i % 2 ? LLM_ACTION_PSEUDONYM : 0};
        sx_guard *guard = NULL;
        sx_vault *vault = NULL;
        sx_audit *audit = NULL;
        const sx_check_params all = {0};
        if (sx_guard_create(&guard, mem, &params, NULL) != LLM_OK) exit(1);
        if (i % 2 && (sx_vault_open(&vault, mem, vault_path, key, sizeof key, 0, NULL) != LLM_OK ||
                      sx_audit_open(&audit, mem, log_path, key, sizeof key, NULL, NULL) != LLM_OK))
            exit(1);
        if (i % 2) {
            sx_guard_set_vault(guard, vault);
            sx_guard_set_audit(guard, audit);
        }
        if (sx_guard_freeze(guard, NULL) != LLM_OK) exit(1);
        latency(mem, NAMES[i], guard, i < 2 ? patterns : &all, audit, text, len);
        sx_guard_free(guard);
        sx_audit_close(audit);
        sx_vault_close(vault);
    }
    unlink(vault_path);
    unlink(log_path);
    rmdir(folder);
}

int main(int argc, char **argv)
{
    size_t len = 0;
    char *text = argc > 1 ? read_text(argv[1], &len) : make_text(&len);
    sx_mem mem;
    sx_guard *guard;
    llm_error err = {sizeof err, 0, ""};
    sx_mem_init(&mem, NULL);
    if (!text || len == 0) {
        fprintf(stderr, "bench_guard: no text\n");
        return 1;
    }
    double start = cpu_ms();
    if (sx_guard_create(&guard, &mem, NULL, &err) != LLM_OK || sx_guard_freeze(guard, &err) != LLM_OK) {
        fprintf(stderr, "bench_guard: %s\n", err.message);
        return 1;
    }
    double compile = cpu_ms() - start, plain = copy(text, len), mb = (double)len / 1e6;
    printf("rules compiled in %.1f ms, %.2f MB held\n", compile, (double)atomic_load(&mem.live_bytes) / 1e6);
    static const size_t pieces[] = {SIZE_MAX / 2, 4096, 16};
    const sx_check_params patterns = {.types = pattern_types()}, all = {0};
    for (size_t i = 0; i < 2 * sizeof pieces / sizeof *pieces; i++) {
        bool learned = i >= sizeof pieces / sizeof *pieces;
        size_t piece = pieces[i % (sizeof pieces / sizeof *pieces)];
        uint32_t found;
        if (piece > len) piece = len;
        double took = scan(&mem, guard, learned ? &all : &patterns, text, len, piece, &found);
        printf("%s, pieces of %7zu bytes: %7.1f MB/s, %.4f of a copy, %u findings\n",
               learned ? "all types    " : "pattern types", piece, mb / took, plain / took, found);
    }
    latencies(&mem, &patterns, text, len);
    sx_guard_free(guard);
    free(text);
    return atomic_load(&mem.live_bytes) != 0;
}
