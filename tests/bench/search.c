/* Measures a corpus of N paragraphs made by the program (words of a Zipf vocabulary, documents of 100 paragraphs in
 * Markdown): taking it in, opening it, asking it, its size; and the same with SQLite's FTS5 in the same run. Lines of JSON.
 *
 *     bench_search N FOLDER [--dump | --ask]
 *
 * --dump: the paragraphs and questions go to FOLDER/text and FOLDER/questions; --ask: what an earlier run left there is asked
 * again. Times of questions are those of the processor, which other programs on the machine do not lengthen; wall_ too.
 */
#include <math.h>
#include <sextant.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { WORDS = 200000, PER_DOC = 100, QUESTIONS = 300, LONGEST = 128 };

static char words[WORDS][16];
static double cumulated[WORDS];
static uint64_t state;

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void die(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(2);
}

static double roll(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (double)(state >> 11) / 9007199254740992.0;
}

static void make_vocabulary(void)
{
    static const char *const syllables[] = {"ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo",
                                            "mu", "na", "pe", "ri", "so", "tu", "va", "we", "xi",
                                            "yo", "zu", "an", "el", "ir", "os", "un"};
    double sum = 0;
    for (uint32_t i = 0; i < WORDS; i++) {
        for (uint32_t v = i + 25, n = 0; v && n < 6; v /= 25, n++) strcat(words[i], syllables[v % 25]);
        sum += 1.0 / (i + 2.7);
        cumulated[i] = sum;
    }
    for (uint32_t i = 0; i < WORDS; i++) cumulated[i] /= sum;
}

static uint32_t word(void)
{
    double r = roll();
    uint32_t low = 0, high = WORDS - 1;
    while (low < high) {
        uint32_t mid = (low + high) / 2;
        if (cumulated[mid] < r)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* A paragraph follows from its number alone. */
static uint32_t paragraph(uint32_t number, uint32_t *said)
{
    state = number * 0x9E3779B97F4A7C15u + 0x1234567;
    for (int i = 0; i < 4; i++) roll();
    uint32_t n = 30 + (uint32_t)(roll() * 90);
    for (uint32_t i = 0; i < n; i++) said[i] = word();
    return n;
}

static size_t write_paragraph(uint32_t number, char *out)
{
    uint32_t said[LONGEST], n = paragraph(number, said);
    size_t at = 0;
    for (uint32_t i = 0; i < n; i++) {
        size_t len = strlen(words[said[i]]);
        memcpy(out + at, words[said[i]], len);
        if (i % 12 == 0) out[at] = (char)(out[at] - 32);
        at += len;
        if (i % 12 == 11 || i + 1 == n) out[at++] = '.';
        out[at++] = ' ';
    }
    out[at - 1] = '\0';
    return at - 1;
}

/* Some words of some paragraph, as somebody asks who has read it. */
static void question(uint32_t number, uint32_t paragraphs, char out[256])
{
    uint32_t said[LONGEST], n;
    state = number * 0xD1B54A32D192ED03u + 99;
    for (int i = 0; i < 4; i++) roll();
    uint32_t about = (uint32_t)(roll() * paragraphs), terms = 3 + (uint32_t)(roll() * 6);
    uint64_t kept = state;
    n = paragraph(about, said);
    state = kept;
    out[0] = '\0';
    for (uint32_t i = 0; i < terms; i++) {
        strcat(out, words[said[(uint32_t)(roll() * n)]]);
        strcat(out, i + 1 < terms ? " " : "");
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double thread_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double file_mb(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (double)st.st_size / 1e6 : 0;
}

static double cpu_s(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static double peak_mb(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_maxrss / 1e3;
}

static void tell(const char *what, uint32_t n, double mb, double wall_s, double cpu, double open_ms, double *ms,
                 double *wall, double size_mb)
{
    qsort(ms, QUESTIONS, sizeof *ms, by_value);
    qsort(wall, QUESTIONS, sizeof *wall, by_value);
    printf("{\"what\":\"%s\",\"paragraphs\":%u,\"text_mb\":%.2f,\"ingest_mb_s\":%.2f,\"ingest_mb_cpu_s\":%.2f,"
           "\"open_ms\":%.3f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"wall_p50_ms\":%.3f,"
           "\"wall_p99_ms\":%.3f,\"size_percent\":%.1f,\"peak_mb\":%.0f}\n",
           what, n, mb, mb / wall_s, mb / cpu, open_ms, ms[QUESTIONS / 2], ms[QUESTIONS * 99 / 100],
           wall[QUESTIONS / 2], wall[QUESTIONS * 99 / 100], 100 * size_mb / mb, peak_mb());
    fflush(stdout);
}

static void ask_filtered(llm_ctx *ctx, uint32_t n, const char *filter, const char *what)
{
    static double ms[QUESTIONS];
    char asked[256];
    llm_evidence *found;
    llm_retrieve_opts opts = LLM_RETRIEVE_OPTS_INIT;
    opts.filter = filter;
    for (uint32_t q = 0; q < QUESTIONS; q++) {
        question(q, n, asked);
        double t = thread_ms();
        if (llm_retrieve(ctx, asked, strlen(asked), &opts, &found)) die(asked, llm_ctx_errmsg(ctx));
        ms[q] = thread_ms() - t;
        llm_evidence_free(found);
    }
    double first = ms[0];
    qsort(ms, QUESTIONS, sizeof *ms, by_value);
    printf("{\"what\":\"sextant, %s\",\"paragraphs\":%u,\"ms\":%.3f,\"p50\":%.3f,\"p99\":%.3f}\n", what, n, first,
           ms[QUESTIONS / 2], ms[QUESTIONS * 99 / 100]);
    fflush(stdout);
}

/* Bytes of text in a corpus that was made before. */
static double text_mb(const char *path)
{
    sqlite3 *db;
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_open(path, &db) || sqlite3_prepare_v2(db, "SELECT sum(bytes) FROM document", -1, &stmt, NULL) ||
        sqlite3_step(stmt) != SQLITE_ROW)
        die(path, "cannot be read");
    double mb = (double)sqlite3_column_int64(stmt, 0) / 1e6;
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return mb;
}

static void run_sextant(uint32_t n, const char *folder, bool again, uint32_t cache_mb)
{
    char path[512], name[64], asked[256], part[16] = {0}, *text = malloc(PER_DOC * 2048);
    static double ms[QUESTIONS], wall_ms[QUESTIONS];
    llm_error err = LLM_ERROR_INIT;
    llm_ingest_opts say = LLM_INGEST_OPTS_INIT;
    llm_corpus_opts how = LLM_CORPUS_OPTS_INIT;
    llm_corpus *corpus;
    llm_ctx *ctx;
    llm_evidence *found;
    double mb = 0, making = 0, making_cpu = 0;
    say.meta = part;
    how.max_cache_bytes = (uint64_t)cache_mb << 20;
    snprintf(path, sizeof path, "%s/corpus.sextant", folder);
    if (!again) unlink(path);
    if (llm_corpus_open(&corpus, path, &how, &err)) die(path, err.message);
    double begin = now_ms(), cpu = cpu_s();
    for (uint32_t d = 0; !again && d * PER_DOC < n; d++) {
        double t = now_ms(), c = cpu_s();
        size_t len = (size_t)sprintf(text, "# Document %u\n\n", d);
        for (uint32_t p = d * PER_DOC; p < n && p < (d + 1) * PER_DOC; p++) {
            len += write_paragraph(p, text + len);
            len += (size_t)sprintf(text + len, "\n\n");
        }
        making += now_ms() - t;
        making_cpu += cpu_s() - c;
        mb += (double)len / 1e6;
        snprintf(name, sizeof name, "d%07u.md", d);
        snprintf(part, sizeof part - 1, "part=%u", d % 100);
        if (llm_ingest(corpus, name, text, len, &say, &err)) die(name, err.message);
    }
    double wall = (now_ms() - begin - making) / 1e3;
    cpu = cpu_s() - cpu - making_cpu;
    llm_corpus_free(corpus);
    double t = now_ms();
    if (llm_corpus_open(&corpus, path, &how, &err) || llm_ctx_create(&ctx, NULL, corpus, NULL, NULL, &err))
        die(path, err.message);
    double opened = now_ms() - t;
    for (uint32_t q = 0; q < QUESTIONS; q++) {
        question(q, n, asked);
        t = thread_ms();
        wall_ms[q] = now_ms();
        if (llm_retrieve(ctx, asked, strlen(asked), NULL, &found)) die(asked, llm_ctx_errmsg(ctx));
        ms[q] = thread_ms() - t;
        wall_ms[q] = now_ms() - wall_ms[q];
        llm_evidence_free(found);
    }
    double first = ms[0];
    if (again) mb = text_mb(path);
    tell("sextant", n, mb, wall, cpu, opened, ms, wall_ms, file_mb(path) - mb);
    printf("{\"what\":\"sextant first question\",\"paragraphs\":%u,\"ms\":%.3f}\n", n, first);
    ask_filtered(ctx, n, "part < 50", "a filter that takes half");
    ask_filtered(ctx, n, "part = 7", "a filter that takes a hundredth");
    llm_ctx_free(ctx);
    llm_corpus_free(corpus);
    free(text);
}

static void sql(sqlite3 *db, const char *statement)
{
    if (sqlite3_exec(db, statement, NULL, NULL, NULL)) die(statement, sqlite3_errmsg(db));
}

static void run_fts5(uint32_t n, const char *folder, bool again)
{
    char path[512], text[2048], asked[256], match[512];
    static double ms[QUESTIONS], wall_ms[QUESTIONS];
    sqlite3 *db;
    sqlite3_stmt *stmt;
    double mb = 0, making = 0, making_cpu = 0;
    snprintf(path, sizeof path, "%s/fts5.sqlite", folder);
    if (!again) unlink(path);
    if (sqlite3_open(path, &db)) die(path, sqlite3_errmsg(db));
    sql(db,
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE VIRTUAL TABLE IF NOT EXISTS t USING fts5(body, tokenize='porter')");
    sqlite3_prepare_v2(db, "INSERT INTO t(body) VALUES(?1)", -1, &stmt, NULL);
    double begin = now_ms(), cpu = cpu_s();
    for (uint32_t p = 0; p < n; p++) {
        double t = now_ms(), c = cpu_s();
        size_t len = write_paragraph(p, text);
        making += now_ms() - t;
        making_cpu += cpu_s() - c;
        mb += (double)len / 1e6;
        if (p % PER_DOC == 0) sql(db, "BEGIN"); /* a document is whole or not there */
        sqlite3_bind_text(stmt, 1, text, (int)len, SQLITE_STATIC);
        if (!again) sqlite3_step(stmt);
        sqlite3_reset(stmt);
        if (p % PER_DOC == PER_DOC - 1 || p + 1 == n) sql(db, "COMMIT");
    }
    double wall = (now_ms() - begin - making) / 1e3;
    cpu = cpu_s() - cpu - making_cpu;
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    double t = now_ms();
    sqlite3_open(path, &db);
    sqlite3_prepare_v2(db, "SELECT rowid, body FROM t WHERE t MATCH ?1 ORDER BY bm25(t) LIMIT 10", -1, &stmt, NULL);
    double opened = now_ms() - t;
    for (uint32_t q = 0; q < QUESTIONS; q++) {
        question(q, n, asked);
        match[0] = '\0';
        for (char *w = strtok(asked, " "); w; w = strtok(NULL, " ")) {
            strcat(match, *match ? " OR " : "");
            strcat(match, w);
        }
        t = thread_ms();
        wall_ms[q] = now_ms();
        sqlite3_bind_text(stmt, 1, match, -1, SQLITE_STATIC);
        while (sqlite3_step(stmt) == SQLITE_ROW) sqlite3_column_text(stmt, 1);
        sqlite3_reset(stmt);
        ms[q] = thread_ms() - t;
        wall_ms[q] = now_ms() - wall_ms[q];
    }
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    tell("fts5", n, mb, wall, cpu, opened, ms, wall_ms, file_mb(path) - mb);
}

static void dump(uint32_t n, const char *folder)
{
    char path[512], text[2048];
    snprintf(path, sizeof path, "%s/text", folder);
    FILE *f = fopen(path, "w");
    for (uint32_t p = 0; f && p < n; p++) {
        write_paragraph(p, text);
        fprintf(f, "%s\n", text);
    }
    if (!f || fclose(f)) die(path, "cannot be written");
    snprintf(path, sizeof path, "%s/questions", folder);
    f = fopen(path, "w");
    for (uint32_t q = 0; f && q < QUESTIONS; q++) {
        question(q, n, text);
        fprintf(f, "%s\n", text);
    }
    if (!f || fclose(f)) die(path, "cannot be written");
}

int main(int argc, char **argv)
{
    if (argc < 3) die("usage", "bench_search N FOLDER [--dump | --make | --ask [CACHE_MB]] [--alone]");
    uint32_t n = (uint32_t)strtoul(argv[1], NULL, 10);
    if (n < PER_DOC) die(argv[1], "at least 100 paragraphs");
    make_vocabulary();
    if (argc > 3 && !strcmp(argv[3], "--dump")) {
        dump(n, argv[2]);
        return 0;
    }
    bool again = argc > 3 && !strcmp(argv[3], "--ask");
    run_sextant(n, argv[2], again, argc > 4 ? (uint32_t)strtoul(argv[4], NULL, 10) : 0);
    if (argc < 4 || strcmp(argv[argc - 1], "--alone") != 0) run_fts5(n, argv[2], again);
    return 0;
}
