/* How large a word list becomes, and how long it takes to compile: bench_words [COUNT | FILE [FOLDER]]. COUNT (a million) words are made of
 * syllables; a file has one word a line; what was compiled is kept in the folder, and taken from it the next time. Then how fast a text is read that holds none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "guard/guard.h"

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* The most bytes held at once, seen through the allocator's hooks. */
static size_t held, most;

static void *take(void *user, size_t size, size_t align)
{
    (void)user;
    held += size;
    if (held > most) most = held;
    return aligned_alloc(align, (size + align - 1) / align * align);
}

static void give(void *user, void *ptr, size_t size)
{
    (void)user;
    held -= size;
    free(ptr);
}

static void make_word(char *word, uint64_t i)
{
    static const char *const PARTS[] = {"ba",  "cor", "di",  "fen", "gu",  "hal", "ji",  "kro",
                                        "lem", "mi",  "nor", "pa",  "quo", "ri",  "sta", "tu"};
    uint64_t x = i * 0x9e3779b97f4a7c15u;
    word[0] = 0;
    for (unsigned k = 0; k < 3; k++) strcat(word, PARTS[x >> (60 - 4 * k) & 15]);
    for (uint64_t rest = i; rest > 0; rest /= 16) strcat(word, PARTS[rest % 16]);
}

static double pass(sx_mem *mem, const sx_guard *guard, const char *text, size_t len)
{
    sx_check_params p = {.types = "BLOCKED\0"};
    sx_filter *f = NULL;
    sx_buf out;
    sx_buf_init(&out, mem, 0);
    double from = cpu_ms();
    if (sx_filter_open(&f, mem, guard, &p, NULL) != LLM_OK || sx_filter_feed(f, text, len, &out, NULL) != LLM_OK ||
        sx_filter_finish(f, &out, NULL) != LLM_OK)
        exit(1);
    double took = cpu_ms() - from;
    sx_filter_close(f);
    sx_buf_free(&out);
    return took;
}

int main(int argc, char **argv)
{
    const llm_allocator hook = {.struct_size = sizeof hook, .alloc = take, .release = give};
    sx_mem mem;
    sx_guard *plain = NULL, *guard = NULL;
    sx_mem_init(&mem, &hook);
    if (sx_guard_create(&plain, &mem, NULL, NULL) != LLM_OK || sx_guard_freeze(plain, NULL) != LLM_OK) return 1;
    const sx_guard_params p = {.like = plain, .cache = argc > 2 ? argv[2] : NULL};
    if (sx_guard_create(&guard, &mem, &p, NULL) != LLM_OK) return 1;
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000, bytes = 0, n = 0;
    FILE *file = argc > 1 && count == 0 ? fopen(argv[1], "r") : NULL;
    size_t before = held;
    double from = cpu_ms();
    char word[1200];
    for (; file ? fgets(word, sizeof word, file) != NULL : n < count; n++) {
        if (!file) make_word(word, n);
        word[strcspn(word, "\r\n")] = 0;
        bytes += strlen(word);
        if (word[0] && sx_guard_add_word(guard, word, strlen(word), NULL) != LLM_OK) return 1;
    }
    double added = cpu_ms();
    most = held;
    if (sx_guard_freeze(guard, NULL) != LLM_OK) return 1;
    printf("%llu words of %llu bytes: %.1f MB, at most %.1f MB while compiling; read in %.0f ms, compiled in %.0f ms\n",
           (unsigned long long)n, (unsigned long long)bytes, (double)(held - before) / 1e6,
           (double)(most - before) / 1e6, added - from, cpu_ms() - added);
    enum { TEXT = 4 << 20 };
    static const char LINE[] =
        "The committee met on Tuesday to consider the report, which had been sent to all members before. ";
    char *text = malloc(TEXT);
    for (size_t i = 0; text && i < TEXT; i++) text[i] = LINE[i % (sizeof LINE - 1)];
    if (text) printf("%.1f MB/s with the list\n", TEXT / 1e3 / pass(&mem, guard, text, TEXT));
    free(text);
    if (file) fclose(file);
    sx_guard_free(guard);
    sx_guard_free(plain);
    return 0;
}
