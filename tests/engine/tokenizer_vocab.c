/* Whole published vocabularies against reference token ids; needs data that is not part of the project. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>

#include "engine/text/tokenizer.h"
#include "platform/file.h"

static const char separator[] = "\n__ggml_vocab_test__\n";

/* One line of ids; returns the number read, *end behind the line. */
static size_t parse_ids(const char *s, int32_t *ids, size_t cap, const char **end)
{
    size_t n = 0;
    while (*s && *s != '\n') {
        char *next;
        long id = strtol(s, &next, 10);
        if (next == s) {
            s++;
            continue;
        }
        if (n < cap) ids[n++] = (int32_t)id;
        s = next;
    }
    *end = *s ? s + 1 : s;
    return n;
}

static int check_case(const sx_tokenizer *tok, sx_mem *mem, const char *text, size_t len, const int32_t *want, size_t n)
{
    static int32_t got[4096];
    int64_t k = sx_tokenizer_encode(tok, mem, text, len, 0, got, 4096, NULL);
    if (k == (int64_t)n && memcmp(got, want, n * sizeof *got) == 0) return 0;
    printf("    wrong: \"%.*s\"\n    want", (int)len, text);
    for (size_t i = 0; i < n && i < 40; i++) printf(" %d", want[i]);
    printf("\n    got ");
    for (int64_t i = 0; i < k && i < 40; i++) printf(" %d", got[i]);
    printf("\n");
    return 1;
}

static int check_vocab(const char *path)
{
    char other[4200];
    sx_mem mem;
    sx_mem_init(&mem, NULL);
    llm_error err = {sizeof err, 0, ""};
    sx_map_file map;
    sx_gguf *gguf;
    sx_tokenizer *tok;
    char *inp, *out;
    size_t inp_len, out_len, cases = 0, wrong = 0;
    assert_int_equal(sx_file_map(&map, path, &err), LLM_OK);
    assert_int_equal(sx_gguf_open(&gguf, &mem, map.data, map.size, &err), LLM_OK);
    if (sx_tokenizer_create(&tok, &mem, gguf, &err) != LLM_OK) fail_msg("%s: %s", path, err.message);
    snprintf(other, sizeof other, "%s.inp", path);
    assert_int_equal(sx_file_read(&mem, other, 1 << 20, &inp, &inp_len, &err), LLM_OK);
    snprintf(other, sizeof other, "%s.out", path);
    assert_int_equal(sx_file_read(&mem, other, 1 << 20, &out, &out_len, &err), LLM_OK);
    const char *ids = out;
    static int32_t want[4096];
    for (const char *text = inp; text;) {
        const char *next = strstr(text, separator);
        size_t len = next ? (size_t)(next - text) : inp_len - (size_t)(text - inp);
        size_t n = parse_ids(ids, want, 4096, &ids);
        wrong += (size_t)check_case(tok, &mem, text, len, want, n);
        cases++;
        text = next ? next + sizeof separator - 1 : NULL;
    }
    printf("  %s: %zu of %zu exact\n", strrchr(path, '/') + 1, cases - wrong, cases);
    sx_mem_free(&mem, inp);
    sx_mem_free(&mem, out);
    sx_tokenizer_free(tok);
    sx_gguf_close(gguf);
    sx_file_unmap(&map);
    assert_int_equal(atomic_load(&mem.live_bytes), 0);
    return (int)wrong;
}

static void published_vocabularies(void **state)
{
    (void)state;
    const char *shared = getenv("SEXTANT_SHARED");
    char folder[2048];
    snprintf(folder, sizeof folder, "%s/bench/vocab", shared ? shared : "");
    DIR *dir = shared ? opendir(folder) : NULL;
    if (!dir) {
        printf("  skipped: no vocabularies in SEXTANT_SHARED\n");
        skip();
    }
    int wrong = 0;
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        size_t n = strlen(e->d_name);
        if (n < 5 || strcmp(e->d_name + n - 5, ".gguf") != 0) continue;
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        wrong += check_vocab(path);
    }
    closedir(dir);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(published_vocabularies)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
