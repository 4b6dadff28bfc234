/* Compiled rules and word lists in a folder: what comes back from it finds what was found before, damage is compiled anew, and files of
 * strangers are refused before a number in them is used. */
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guard/policy/policy.h"
#include "guard/scan/ac_parts.h"
#include "help.h"

static sx_mem mem;
static char folder[64];
static sx_guard *plain; /* without a folder; lends its rules to guards that are about words */

static char *file_there(void)
{
    static char path[512];
    DIR *d = opendir(folder);
    int n = 0;
    assert_non_null(d);
    for (const struct dirent *e; (e = readdir(d));)
        if (strstr(e->d_name, ".kept")) {
            assert_null(strstr(e->d_name, ".part"));
            snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
            n++;
        }
    closedir(d);
    return n == 1 ? path : NULL;
}

static const char *const WORDS[] = {"casino", "赌博", "money mule", "ca", "sin", "mule", "бомба", "a man a plan"};

static sx_guard *make(llm_status *status, llm_error *err)
{
    sx_guard *g = NULL;
    const sx_guard_params p = {.cache = folder, .like = plain};
    *status = sx_guard_create(&g, &mem, &p, err);
    for (size_t i = 0; *status == LLM_OK && i < sizeof WORDS / sizeof WORDS[0]; i++)
        *status = sx_guard_add_word(g, WORDS[i], strlen(WORDS[i]), err);
    if (*status == LLM_OK) *status = sx_guard_freeze(g, err);
    return g;
}

static void finds(const sx_guard *g)
{
    static const char WORDY[] = "a C-A-S-I-N-O for 赌博, the moneymule and a бомба in the ca of sinners";
    outcome o = check_text(&mem, g, WORDY, strlen(WORDY), "BLOCKED\0", 0, NULL);
    assert_string_equal(sx_buf_cstr(&o.findings),
                        "BLOCKED[2,13) BLOCKED[18,24) BLOCKED[30,39) BLOCKED[46,56) BLOCKED[64,66) ");
    free_outcome(&o);
}

static sx_guard *made(void)
{
    llm_status status;
    llm_error err = LLM_ERROR_INIT;
    sx_guard *g = make(&status, &err);
    if (status != LLM_OK) fail_msg("%s", err.message);
    finds(g);
    return g;
}

static char *read_whole(const char *path, size_t *n)
{
    char *data = NULL;
    assert_int_equal(sx_file_read(&mem, path, 1 << 24, &data, n, NULL), LLM_OK);
    return data;
}

static void write_whole(const char *path, const char *data, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, n, f), n);
    fclose(f);
}

static void the_next_guard_takes_it(void **state)
{
    (void)state;
    sx_guard_free(made());
    const char *path = file_there();
    assert_non_null(path);
    struct stat before, after;
    assert_int_equal(stat(path, &before), 0);
    sx_guard *first = made(), *second = made();
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino); /* not written anew */
    assert_non_null(first->words.ac.kept.map.data);
    unlink(path); /* who has it keeps it */
    finds(first);
    finds(second);
    sx_guard_free(first);
    sx_guard_free(second);
}

static void other_words_are_another_file(void **state)
{
    (void)state;
    sx_guard_free(made());
    sx_guard *g = NULL;
    const sx_guard_params p = {.cache = folder, .like = plain};
    assert_int_equal(sx_guard_create(&g, &mem, &p, NULL), LLM_OK);
    assert_int_equal(sx_guard_add_word(g, "casino", 6, NULL), LLM_OK);
    assert_int_equal(sx_guard_freeze(g, NULL), LLM_OK);
    assert_null(g->words.ac.kept.map.data);
    assert_null(file_there()); /* two */
    sx_guard_free(g);
}

static void damage_is_compiled_anew(void **state)
{
    (void)state;
    sx_guard_free(made());
    char *path = strdup(file_there());
    size_t n;
    char *whole = read_whole(path, &n);
    for (size_t i = 0; i < n + 40; i += i < 200 ? 29 : 997) {
        char *bad = malloc(n);
        memcpy(bad, whole, n);
        if (i < n) bad[i] ^= 0x10;
        write_whole(path, bad, i < n ? n : n - (i - n) - 1);
        sx_guard *g = made();
        assert_null(g->words.ac.kept.map.data);
        sx_guard_free(g);
        size_t again;
        char *mended = read_whole(path, &again);
        assert_int_equal(again, n);
        assert_memory_equal(mended, whole, n);
        sx_mem_free(&mem, mended);
        free(bad);
    }
    sx_mem_free(&mem, whole);
    free(path);
}

/* Files that are whole and say what they should not: refused, or harmless. */
static void strangers_files_do_no_harm(void **state)
{
    (void)state;
    sx_guard *g = made();
    sx_kept_part parts[SX_AC_PARTS];
    sx_ac_parts(&g->words.ac, parts);
    const unsigned char key[SX_HASH_BYTES] = {1};
    uint32_t refused = 0, taken = 0;
    uint64_t seed = 5;
    for (uint32_t round = 0; round < 420; round++) {
        sx_kept_part bad[SX_AC_PARTS];
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        const uint32_t which = round % SX_AC_PARTS;
        memcpy(bad, parts, sizeof bad);
        unsigned char *copy = malloc(parts[which].bytes + 8);
        memset(copy, 0xff, parts[which].bytes + 8);
        memcpy(copy, parts[which].data, parts[which].bytes);
        bad[which].data = copy;
        if (seed >> 60 == 0)
            bad[which].bytes -= (seed >> 40) % 9 < bad[which].bytes ? (seed >> 40) % 9 : 0;
        else if (seed >> 60 == 1)
            bad[which].bytes += (seed >> 40) % 9;
        else
            copy[(seed >> 20) % parts[which].bytes] ^= (unsigned char)(1u << (seed >> 50) % 8);
        assert_int_equal(sx_kept_write(&mem, folder, key, bad, SX_AC_PARTS, NULL), LLM_OK);
        sx_kept kept;
        sx_ac ac;
        sx_ac_init(&ac, &mem);
        assert_true(sx_kept_open(&kept, &mem, folder, key));
        if (sx_ac_take(&ac, &kept, sizeof WORDS / sizeof WORDS[0])) {
            uint32_t node = SX_AC_ROOT, count;
            for (uint32_t i = 0; i < 300; i++) {
                const uint64_t byte = i % 3 ? (uint64_t) "casinomule "[i % 11] : seed >> i % 50;
                node = sx_ac_step(&ac, node, (uint8_t)byte);
                for (uint32_t k = sx_ac_report(&ac, node); k != SX_AC_NONE; k = sx_ac_report(&ac, ac.fail[k])) {
                    const uint32_t *values = sx_ac_values(&ac, k, &count);
                    for (uint32_t v = 0; v < count; v++) assert_true(values[v] < sizeof WORDS / sizeof WORDS[0]);
                }
                assert_true(sx_ac_depth(&ac, node) <= SX_AC_BYTES_MAX);
            }
            sx_ac_free(&ac);
            taken++;
        } else {
            sx_kept_close(&kept);
            refused++;
        }
        free(copy);
    }
    print_message("%u refused, %u taken\n", refused, taken);
    assert_true(refused > 200);
    sx_guard_free(g);
}

static void such_a_file_is_an_error(void **state)
{
    (void)state;
    sx_guard *g = made();
    llm_status status;
    llm_error err = LLM_ERROR_INIT;
    sx_kept_part parts[SX_AC_PARTS];
    unsigned char key[SX_HASH_BYTES];
    char *path = file_there();
    for (size_t i = 0; i < SX_HASH_BYTES; i++) {
        unsigned byte;
        assert_int_equal(sscanf(strrchr(path, '/') + 1 + 2 * i, "%2x", &byte), 1);
        key[i] = (unsigned char)byte;
    }
    sx_ac_parts(&g->words.ac, parts);
    parts[2] = parts[1]; /* a list of another length */
    assert_int_equal(sx_kept_write(&mem, folder, key, parts, SX_AC_PARTS, NULL), LLM_OK);
    sx_guard_free(g);
    g = make(&status, &err);
    assert_int_equal(status, LLM_E_FORMAT);
    assert_non_null(strstr(err.message, folder));
    sx_guard_free(g);
}

static void folders_that_are_none(void **state)
{
    (void)state;
    sx_guard *g = NULL;
    llm_error err = LLM_ERROR_INIT;
    const sx_guard_params no = {.cache = "/nonexistent/folder"}, full = {.cache = "/proc"};
    assert_int_equal(sx_guard_create(&g, &mem, &no, &err), LLM_E_INVALID);
    assert_non_null(strstr(err.message, "/nonexistent/folder"));
    assert_int_equal(sx_guard_create(&g, &mem, &full, &err), LLM_OK); /* nothing can be written there: no matter */
    assert_int_equal(sx_guard_add_word(g, "casino", 6, NULL), LLM_OK);
    assert_int_equal(sx_guard_freeze(g, &err), LLM_OK);
    sx_guard_free(g);
}

static void empty_folder(void)
{
    DIR *d = opendir(folder);
    for (const struct dirent *e; d && (e = readdir(d));) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (e->d_name[0] != '.') unlink(path);
    }
    if (d) closedir(d);
}

/* ---- rules ---- */

static const char TEXT[] =
    "Mail jo@example.org, card 4111 1111 1111 1111, IBAN DE89 3704 0044 0532 0130 00, 13800138000, 10.0.0.1";

static sx_guard *with_rules(llm_status *status, llm_error *err)
{
    sx_guard *g = NULL;
    const sx_guard_params p = {.cache = folder};
    *status = sx_guard_create(&g, &mem, &p, err);
    if (*status == LLM_OK) *status = sx_guard_freeze(g, err);
    return g;
}

static void finds_as_plain(const sx_guard *g)
{
    outcome want = check_text(&mem, plain, TEXT, strlen(TEXT), NULL, 0, NULL),
            got = check_text(&mem, g, TEXT, strlen(TEXT), NULL, 0, NULL);
    assert_string_equal(sx_buf_cstr(&got.findings), sx_buf_cstr(&want.findings));
    assert_true(got.findings.len > 40);
    free_outcome(&want);
    free_outcome(&got);
}

static void rules_are_kept(void **state)
{
    (void)state;
    llm_status status;
    for (int i = 0; i < 2; i++) {
        sx_guard *g = with_rules(&status, NULL);
        assert_int_equal(status, LLM_OK);
        assert_int_equal(g->rules->scan.pool.kept.map.data != NULL, i > 0);
        finds_as_plain(g);
        sx_guard_free(g);
    }
    char *path = file_there();
    size_t n;
    char *whole = read_whole(path, &n);
    whole[n / 2] ^= 1;
    write_whole(path, whole, n);
    sx_guard *g = with_rules(&status, NULL);
    assert_int_equal(status, LLM_OK);
    assert_null(g->rules->scan.pool.kept.map.data);
    finds_as_plain(g);
    sx_guard_free(g);
    sx_mem_free(&mem, whole);
}

/* Steps that lead out of an automaton, automata that lie outside of the pool: none is taken. */
static void strangers_rules_are_refused(void **state)
{
    (void)state;
    const sx_scan *scan = &plain->rules->scan;
    const unsigned char key[SX_HASH_BYTES] = {2};
    sx_kept_part parts[SX_DFA_POOL_PARTS];
    sx_dfa_pool_parts(&scan->pool, scan->dfas, scan->rule_n, parts);
    for (uint32_t round = 0; round < 8; round++) {
        sx_kept_part bad[SX_DFA_POOL_PARTS];
        sx_kept kept;
        sx_dfa_pool pool;
        const sx_dfa *dfas;
        memcpy(bad, parts, sizeof bad);
        unsigned char *copy[SX_DFA_POOL_PARTS];
        for (int i = 0; i < SX_DFA_POOL_PARTS; i++) {
            copy[i] = malloc(parts[i].bytes);
            memcpy(copy[i], parts[i].data, parts[i].bytes);
            bad[i].data = copy[i];
        }
        sx_dfa *last = (sx_dfa *)(void *)copy[2] + scan->rule_n - 1;
        uint16_t *next = (uint16_t *)(void *)copy[0];
        switch (round) {
        case 1: next[last->next] = last->states; break;
        case 2: copy[1][last->class_of + 255] = (unsigned char)last->classes; break;
        case 3: last->next = UINT32_MAX - 3; break;
        case 4: last->class_of = (uint32_t)scan->pool.class_n - 255; break;
        case 5: last->states = UINT16_MAX; break;
        case 6: bad[2].bytes -= sizeof *last; break;
        case 7: bad[0].bytes -= 2; break;
        default: break;
        }
        assert_int_equal(sx_kept_write(&mem, folder, key, bad, SX_DFA_POOL_PARTS, NULL), LLM_OK);
        assert_true(sx_kept_open(&kept, &mem, folder, key));
        sx_dfa_pool_init(&pool, &mem);
        assert_int_equal(sx_dfa_pool_take(&pool, &kept, &dfas, scan->rule_n), round == 0);
        sx_kept_close(&kept);
        sx_dfa_pool_free(&pool);
        for (int i = 0; i < SX_DFA_POOL_PARTS; i++) free(copy[i]);
    }
}

static int begin(void **state)
{
    (void)state;
    sx_mem_init(&mem, NULL);
    return sx_guard_create(&plain, &mem, NULL, NULL) || sx_guard_freeze(plain, NULL);
}

static int end(void **state)
{
    (void)state;
    sx_guard_free(plain);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/sextant-kept-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    empty_folder();
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_next_guard_takes_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_words_are_another_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damage_is_compiled_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(strangers_files_do_no_harm, set_up, tear_down),
        cmocka_unit_test_setup_teardown(such_a_file_is_an_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rules_are_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(strangers_rules_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(folders_that_are_none, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
