/* What stands for a value: one for all its writings, values that keep their format, and the way back through what a model makes of
 * them; values forgotten; the vault's file under attack, killed and full. */
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard/scan/rules.h"
#include "guard/vault/surrogate.h"
#include "guard/vault/vault.h"
#include "help.h"

static sx_mem mem;
static char folder[] = "/tmp/sextant-pseudonyms-XXXXXX";
static const unsigned char KEY[32] = {4, 5, 6};

static const char *path_of(const char *name)
{
    static char path[160];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static sx_vault *open_vault(const char *path)
{
    sx_vault *v = NULL;
    llm_error err = LLM_ERROR_INIT;
    if (sx_vault_open(&v, &mem, path, KEY, sizeof KEY, 0, &err) != LLM_OK) fail_msg("%s", err.message);
    return v;
}

/* The pseudonym, in one of a few buffers that are reused. */
static const char *name_of(sx_vault *v, const char *type, const char *value, bool format)
{
    static char all[8][256];
    static unsigned next;
    char *mine = all[next++ % 8];
    sx_buf out;
    llm_error err = LLM_ERROR_INIT;
    sx_buf_init(&out, &mem, 0);
    if (sx_vault_pseudonym(v, type, value, strlen(value), format, &out, &err) != LLM_OK) fail_msg("%s", err.message);
    snprintf(mine, 256, "%s", sx_buf_cstr(&out));
    sx_buf_free(&out);
    return mine;
}

static void restored_is(sx_vault *v, uint32_t match, const char *text, const char *want)
{
    sx_buf out;
    sx_buf_init(&out, &mem, 0);
    assert_int_equal(sx_vault_restore(v, text, strlen(text), match, &out, NULL), LLM_OK);
    if (strcmp(sx_buf_cstr(&out), want) != 0) fail_msg("\"%s\" gave \"%s\", not \"%s\"", text, sx_buf_cstr(&out), want);
    sx_buf_free(&out);
}

static void all_writings_share_one(void **state)
{
    (void)state;
    sx_vault *v = open_vault(NULL);
    assert_string_equal(name_of(v, "PERSON", "Anna Kovač", false), "<PERSON_1>");
    assert_string_equal(name_of(v, "PERSON", "ANNA KOVAČ", false), "<PERSON_1>");
    assert_string_equal(name_of(v, "PERSON", "Anna  Kovač's", false), "<PERSON_1>'s");
    assert_string_equal(name_of(v, "PERSON", "anna\nkovac\xcc\x8c", false), "<PERSON_1>"); /* decomposed, broken */
    assert_string_equal(name_of(v, "PERSON", "Anna Kovač’s", false), "<PERSON_1>’s");
    assert_string_equal(name_of(v, "PERSON", "Anna Kovar", false), "<PERSON_2>");
    assert_string_equal(name_of(v, "CREDIT_CARD", "4111 1111 1111 1111", false), "<CREDIT_CARD_1>");
    assert_string_equal(name_of(v, "CREDIT_CARD", "4111-1111-1111-1111", false), "<CREDIT_CARD_1>");
    assert_string_equal(name_of(v, "EMAIL_ADDRESS", "Ann@X.org", false), "<EMAIL_ADDRESS_1>");
    assert_string_equal(name_of(v, "EMAIL_ADDRESS", "ann@x.org", false), "<EMAIL_ADDRESS_1>");
    assert_string_equal(name_of(v, "EMAIL_ADDRESS", "a.nn@x.org", false), "<EMAIL_ADDRESS_2>");
    assert_string_equal(name_of(v, "SECRET", "aBc", false), "<SECRET_1>");
    assert_string_equal(name_of(v, "SECRET", "abc", false), "<SECRET_2>"); /* another secret */
    assert_string_equal(name_of(v, "CASE_FILE", "AB-12", false), "<CASE_FILE_1>");
    assert_string_equal(name_of(v, "CASE_FILE", "AB12", false), "<CASE_FILE_2>"); /* a type of the host's own */
    sx_vault_close(v);
}

static void a_model_may_rewrite_placeholders(void **state)
{
    (void)state;
    sx_vault *v = open_vault(NULL);
    (void)name_of(v, "PERSON", "Ada", false);
    for (int i = 0; i < 11; i++) {
        char mail[32];
        snprintf(mail, sizeof mail, "m%d@x.org", i);
        (void)name_of(v, "EMAIL_ADDRESS", mail, false);
    }
    const uint32_t fuzzy = LLM_RESTORE_FUZZY;
    restored_is(v, LLM_RESTORE_EXACT, "<PERSON_1> <person_1> [PERSON_1]", "Ada <person_1> [PERSON_1]");
    restored_is(v, LLM_RESTORE_CASE, "<PERSON_1> <person_1> [PERSON_1]", "Ada Ada [PERSON_1]");
    restored_is(v, fuzzy, "<PERSON_1> <person_1> [PERSON_1] {Person_1} 《PERSON_1》 &lt;PERSON_1&gt;",
                "Ada Ada Ada Ada Ada Ada");
    restored_is(v, fuzzy, "< PERSON 1 > <Person-1> <PERSON1> [person 1]", "Ada Ada Ada Ada");
    restored_is(v, fuzzy, "PERSON_1, person_1's, (PERSON_1) PERSON\\_1 **PERSON_1**", "Ada, Ada's, (Ada) Ada **Ada**");
    restored_is(v, fuzzy, "给PERSON_1写信，EMAIL_ADDRESS_11。", "给Ada写信，m10@x.org。");
    restored_is(v, fuzzy, "<EMAIL ADDRESS 1> email_address_11", "m0@x.org m10@x.org");
    /* what only looks so */
    static const char *const STAY[] = {"PERSON_12",       "XPERSON_1", "PERSON_1X",  "MY_PERSON_1", "person 1 said",
                                       "Person-1",        "PERSON1",   "<PERSON_2>", "[1]",         "<PERSON_01>",
                                       "EMAIL ADDRESS 1", "<PERSON_1", "<1>",        "<PERSON_1_2>"};
    for (size_t i = 0; i < sizeof STAY / sizeof *STAY; i++) {
        if (strcmp(STAY[i], "<PERSON_1") == 0) continue;
        restored_is(v, fuzzy, STAY[i], STAY[i]);
    }
    restored_is(v, fuzzy, "<PERSON_1", "<Ada"); /* the closing bracket was lost */
    sx_vault_close(v);
}

static bool passes(sx_check_fn check, int arg, const char *text)
{
    size_t lead = 0;
    const sx_match m = {text, strlen(text), 0, 0, &lead, NULL};
    return check(&m, arg) >= SX_CHECK_MAYBE;
}

/* The same length, and the same signs in the same places. */
static void same_shape(const char *a, const char *b)
{
    assert_int_equal(strlen(a), strlen(b));
    for (; *a; a++, b++) {
        bool da = *a >= '0' && *a <= '9', db = *b >= '0' && *b <= '9';
        assert_int_equal(da, db);
        if (strchr(" -./+()", *a)) assert_int_equal(*a, *b);
    }
}

static void formats_are_kept(void **state)
{
    (void)state;
    sx_vault *v = open_vault(path_of("formats"));
    static const struct {
        const char *type, *value;
        sx_check_fn check;
        int arg;
        const char *begins;
    } CASES[] = {
        {"CREDIT_CARD", "4111 1111 1111 1111", sx_check_card, 0, "4"},
        {"CREDIT_CARD", "378282246310005", sx_check_card, 0, "37"},
        {"IBAN_CODE", "DE89 3704 0044 0532 0130 00", sx_check_iban, 0, "DE"},
        {"IBAN_CODE", "GB29NWBK60161331926819", sx_check_iban, 0, "GB"},
        {"PHONE_NUMBER", "+49 30 901820", NULL, 0, "+49 "},
        {"PHONE_NUMBER", "+1 (212) 555-0187", NULL, 0, "+1 ("},
        {"PHONE_NUMBER", "+386 41 123 456", NULL, 0, "+386 "},
        {"CN_MOBILE", "13800138000", NULL, 0, "1"},
        {"CN_RESIDENT_ID", "11010519491231002X", sx_check_cn_resident_id, 0, ""},
        {"PL_PESEL", "44051401359", sx_check_pl_pesel, 0, ""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        const char *made = name_of(v, CASES[i].type, CASES[i].value, true);
        if (strcmp(made, CASES[i].value) == 0 || made[0] == '<') fail_msg("%s became %s", CASES[i].value, made);
        if (strcmp(CASES[i].type, "CN_RESIDENT_ID") != 0) same_shape(CASES[i].value, made);
        assert_memory_equal(made, CASES[i].begins, strlen(CASES[i].begins));
        if (CASES[i].check && !passes(CASES[i].check, CASES[i].arg, made)) fail_msg("%s is not valid", made);
        assert_string_equal(name_of(v, CASES[i].type, CASES[i].value, true), made);
        restored_is(v, LLM_RESTORE_EXACT, made, CASES[i].value);
        /* what was here before stays: a text may pass twice */
        assert_string_equal(name_of(v, CASES[i].type, made, true), made);
    }
    /* another grouping of the same value, and the way back in any */
    const char *made = name_of(v, "CREDIT_CARD", "4111-1111-1111-1111", true);
    same_shape("4111-1111-1111-1111", made);
    char text[256];
    snprintf(text, sizeof text, "paid with %s, 12 times", made);
    restored_is(v, LLM_RESTORE_EXACT, text, "paid with 4111-1111-1111-1111, 12 times");
    snprintf(text, sizeof text, "%s7", made); /* a longer number is another */
    restored_is(v, LLM_RESTORE_FUZZY, text, text);
    sx_vault_close(v);
    v = open_vault(path_of("formats"));
    assert_string_equal(name_of(v, "CREDIT_CARD", "4111-1111-1111-1111", true), made);
    sx_vault_close(v);
}

static void names_mails_and_dates_keep_theirs(void **state)
{
    (void)state;
    sx_vault *v = open_vault(NULL);
    const char *anna = name_of(v, "PERSON", "Anna Kovač", true), *space = strchr(anna, ' ');
    assert_non_null(space);
    char loud[256], text[512], want[512];
    snprintf(loud, sizeof loud, "%s", name_of(v, "PERSON", "ANNA KOVAČ", true));
    for (size_t i = 0; anna[i]; i++) assert_int_equal(loud[i], anna[i] >= 'a' ? anna[i] - 32 : anna[i]);
    snprintf(want, sizeof want, "%s's", anna);
    assert_string_equal(name_of(v, "PERSON", "Anna  Kovač's", true), want);
    snprintf(text, sizeof text, "%s and %s; %s's.", anna, loud, anna);
    restored_is(v, LLM_RESTORE_EXACT, text, "Anna Kovač and ANNA KOVAČ; Anna Kovač's.");
    snprintf(text, sizeof text, "%.*s F. %s", (int)(space - anna), anna, space + 1);
    restored_is(v, LLM_RESTORE_EXACT, text, text);
    restored_is(v, LLM_RESTORE_FUZZY, text, "Anna Kovač");
    const char *han = name_of(v, "PERSON", "欧阳娜娜", true);
    assert_true((unsigned char)han[0] >= 0xe4);
    snprintf(text, sizeof text, "请联系%s先生", han);
    restored_is(v, LLM_RESTORE_EXACT, text, "请联系欧阳娜娜先生");
    assert_int_equal((unsigned char)name_of(v, "PERSON", "Иван Петров", true)[0] & 0xfe, 0xd0);
    assert_memory_equal(name_of(v, "PERSON", "محمد", true), "<PERSON_",
                        8); /* no names of that script: the placeholder */
    const char *mail = name_of(v, "EMAIL_ADDRESS", "anna@x.org", true);
    assert_non_null(strstr(mail, "@example."));
    snprintf(text, sizeof text, "mail <%s>.", mail);
    restored_is(v, LLM_RESTORE_EXACT, text, "mail <anna@x.org>.");
    static const char *const DATES[] = {"1984-03-12",    "12.03.1984",    "03/12/1984",
                                        "1984年3月12日", "12 March 1984", "Mar 12, 1984"};
    char day[6][64];
    for (size_t i = 0; i < 6; i++) {
        snprintf(day[i], sizeof day[i], "%s", name_of(v, "DATE_TIME", DATES[i], true));
        assert_string_not_equal(day[i], DATES[i]);
        assert_true(day[i][0] != '<');
        restored_is(v, LLM_RESTORE_EXACT, day[i], DATES[i]);
    }
    unsigned y, m, d, y2, m2, d2;
    assert_int_equal(sscanf(day[0], "%u-%u-%u", &y, &m, &d), 3);
    assert_int_equal(sscanf(day[1], "%u.%u.%u", &d2, &m2, &y2), 3);
    assert_true(y == y2 && m == m2 && d == d2); /* the same day moves to the same day */
    assert_memory_equal(name_of(v, "DATE_TIME", "Tuesday", true), "<DATE_TIME_", 11);
    sx_vault_close(v);
}

static void dates_move_over_leap_years(void **state)
{
    (void)state;
    int32_t y = 2024;
    uint32_t m = 2, d = 29;
    assert_true(sx_date_move(&y, &m, &d, 366));
    assert_true(y == 2025 && m == 3 && d == 1);
    assert_true(sx_date_move(&y, &m, &d, -366));
    assert_true(y == 2024 && m == 2 && d == 29);
    y = 2023;
    assert_false(sx_date_move(&y, &m, &d, 1));
}

/* Many values of a narrow kind: no two share one, none is another's original. */
static void surrogates_do_not_collide(void **state)
{
    (void)state;
    enum { MANY = 400 };
    sx_vault *v = open_vault(NULL);
    static char made[MANY][64];
    sx_vault_begin(v, NULL);
    for (int i = 0; i < MANY; i++) {
        char value[32];
        snprintf(value, sizeof value, "王%c%c", 'A' + i % 26, 'A' + i / 26); /* mixed scripts: placeholders */
        assert_int_equal(name_of(v, "PERSON", value, true)[0], '<');
        snprintf(value, sizeof value, "Person%c Family%c%c", 'a' + i % 26, 'a' + i / 26, 'a' + i % 7);
        snprintf(made[i], sizeof made[i], "%s", name_of(v, "PERSON", value, true));
        for (int k = 0; k < i; k++) assert_string_not_equal(made[i], made[k]);
    }
    sx_vault_end(v, true, NULL);
    sx_vault_close(v);
}

/* ---- forgetting ---- */

static char *slurp(const char *path, size_t *n)
{
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    char *bytes = malloc(1 << 20);
    assert_non_null(bytes);
    *n = fread(bytes, 1, 1 << 20, in);
    fclose(in);
    return bytes;
}

/* The sealed bytes of all rows. */
static size_t sealed_rows(const char *path, unsigned char rows[][512], int *sizes, size_t most)
{
    sqlite3 *db;
    sqlite3_stmt *q;
    size_t n = 0;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT v FROM sealed", -1, &q, NULL), SQLITE_OK);
    while (sqlite3_step(q) == SQLITE_ROW && n < most) {
        sizes[n] = sqlite3_column_bytes(q, 0);
        assert_true(sizes[n] < 512);
        memcpy(rows[n], sqlite3_column_blob(q, 0), (size_t)sizes[n]);
        n++;
    }
    sqlite3_finalize(q);
    sqlite3_close(db);
    return n;
}

static void a_person_is_forgotten_everywhere(void **state)
{
    (void)state;
    const char *path = path_of("forget");
    sx_vault *v = open_vault(path);
    char text[512], anna[64];
    (void)name_of(v, "PERSON", "Bob", false);
    static unsigned char before[64][512], after[64][512];
    int sizes[64], sizes_after[64];
    size_t kept = sealed_rows(path, before, sizes, 64), gone = 0;
    (void)name_of(v, "PERSON", "Anna Kovač", false);
    (void)name_of(v, "TITLE", "anna  kovač", false);
    snprintf(anna, sizeof anna, "%s", name_of(v, "PERSON", "Anna Kovač", true));
    snprintf(text, sizeof text, "<PERSON_1> <PERSON_2> <TITLE_1> %s", anna);
    restored_is(v, LLM_RESTORE_EXACT, text, "Bob Anna Kovač anna  kovač Anna Kovač");
    size_t n = sealed_rows(path, before, sizes, 64), bytes_n;
    assert_true(n > kept);
    uint64_t erased = 0;
    llm_error err = LLM_ERROR_INIT;
    if (sx_vault_erase(v, NULL, "ANNA KOVAČ", 11, &erased, &err) != LLM_OK) fail_msg("%s", err.message);
    assert_int_equal(erased, 3);
    snprintf(text, sizeof text, "<PERSON_1> <PERSON_2> <TITLE_1> %s", anna);
    char want[512];
    snprintf(want, sizeof want, "Bob <PERSON_2> <TITLE_1> %s", anna);
    restored_is(v, LLM_RESTORE_FUZZY, text, want);
    /* the sealed bytes of what went are nowhere in the file */
    size_t left = sealed_rows(path, after, sizes_after, 64);
    char *bytes = slurp(path, &bytes_n);
    for (size_t i = 0; i < n; i++) {
        bool still = false;
        for (size_t k = 0; k < left; k++)
            still = still || (sizes_after[k] == sizes[i] && memcmp(after[k], before[i], (size_t)sizes[i]) == 0);
        if (still) continue;
        gone++;
        assert_null(memmem(bytes, bytes_n, before[i], (size_t)sizes[i]));
        assert_null(memmem(bytes, bytes_n, before[i] + 24, 12)); /* nor a part of them */
    }
    assert_true(gone >= 6);
    free(bytes);
    /* neither number nor name comes again, to anybody */
    assert_string_equal(name_of(v, "PERSON", "Anna Kovač", false), "<PERSON_3>");
    assert_string_not_equal(name_of(v, "PERSON", "Anna Kovač", true), anna);
    assert_int_equal(sx_vault_erase(v, NULL, "nobody", 6, &erased, NULL), LLM_OK);
    assert_int_equal(erased, 0);
    /* by what stands for it */
    assert_int_equal(sx_vault_erase(v, "PERSON", "<PERSON_1>", 10, &erased, NULL), LLM_OK);
    assert_int_equal(erased, 1);
    restored_is(v, LLM_RESTORE_EXACT, "<PERSON_1>", "<PERSON_1>");
    sx_vault_close(v);
}

static void another_handle_sees_what_is_forgotten(void **state)
{
    (void)state;
    const char *path = path_of("two");
    sx_vault *a = open_vault(path), *b = open_vault(path);
    char made[64];
    snprintf(made, sizeof made, "%s", name_of(a, "PERSON", "Anna Kovač", true));
    restored_is(b, LLM_RESTORE_EXACT, made, "Anna Kovač");
    uint64_t erased = 0;
    assert_int_equal(sx_vault_erase(a, NULL, made, strlen(made), &erased, NULL), LLM_OK);
    assert_int_equal(erased, 1);
    restored_is(b, LLM_RESTORE_EXACT, made, made);
    sx_vault_close(a);
    sx_vault_close(b);
}

/* ---- processes ---- */

enum { PROCESSES = 2, VALUES = 25 };

/* Both write at once, placeholders and surrogates, the same values in another order: what each was told is what the other is. */
static void processes_agree(void **state)
{
    (void)state;
    const char *path = path_of("processes");
    static char told[PROCESSES][VALUES][2][64];
    for (int p = 0; p < PROCESSES; p++) {
        char file[200];
        snprintf(file, sizeof file, "%s/told%d", folder, p);
        pid_t child = fork();
        if (child == 0) {
            sx_mem_init(&mem, NULL);
            sx_vault *v = open_vault(path);
            for (int k = 0; k < VALUES; k++) {
                int i = (k * (2 * p + 1)) % VALUES;
                char value[32];
                snprintf(value, sizeof value, "Given%c Family", 'a' + i);
                for (int f = 0; f < 2; f++) snprintf(told[p][i][f], 64, "%s", name_of(v, "PERSON", value, f == 1));
            }
            sx_vault_close(v);
            FILE *out = fopen(file, "wb");
            _exit(out && fwrite(told[p], sizeof told[p], 1, out) == 1 && fclose(out) == 0 ? 0 : 1);
        }
    }
    for (int p = 0; p < PROCESSES; p++) {
        int status = 1;
        wait(&status);
        assert_int_equal(status, 0);
    }
    for (int p = 0; p < PROCESSES; p++) {
        char file[200];
        snprintf(file, sizeof file, "%s/told%d", folder, p);
        FILE *in = fopen(file, "rb");
        assert_non_null(in);
        assert_int_equal(fread(told[p], sizeof told[p], 1, in), 1);
        fclose(in);
    }
    assert_memory_equal(told[0], told[1], sizeof told[0]);
}

/* What a killed writer said it gave can be restored. */
static void a_killed_writer_keeps_its_word(void **state)
{
    (void)state;
    const char *path = path_of("killed");
    int pipe_ends[2];
    assert_int_equal(pipe(pipe_ends), 0);
    pid_t child = fork();
    if (child == 0) {
        sx_mem_init(&mem, NULL);
        sx_vault *v = open_vault(path);
        for (int i = 0;; i++) {
            char value[32], line[128] = {0};
            snprintf(value, sizeof value, "v%d@x.org", i);
            snprintf(line, sizeof line, "%s %s", value, name_of(v, "EMAIL_ADDRESS", value, i % 2 == 1));
            if (write(pipe_ends[1], line, sizeof line) != sizeof line) _exit(1);
        }
    }
    close(pipe_ends[1]);
    static char lines[4096][128];
    size_t n = 0;
    for (; n < 12 && read(pipe_ends[0], lines[n], 128) == 128;) n++;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    while (n < 4096 && read(pipe_ends[0], lines[n], 128) == 128) n++;
    close(pipe_ends[0]);
    assert_true(n >= 12);
    sx_vault *v = open_vault(path);
    for (size_t i = 0; i < n; i++) {
        char *space = strchr(lines[i], ' ');
        *space = '\0';
        restored_is(v, LLM_RESTORE_EXACT, space + 1, lines[i]);
    }
    sx_vault_close(v);
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
        cmocka_unit_test(all_writings_share_one),
        cmocka_unit_test(a_model_may_rewrite_placeholders),
        cmocka_unit_test(formats_are_kept),
        cmocka_unit_test(names_mails_and_dates_keep_theirs),
        cmocka_unit_test(dates_move_over_leap_years),
        cmocka_unit_test(surrogates_do_not_collide),
        cmocka_unit_test(a_person_is_forgotten_everywhere),
        cmocka_unit_test(another_handle_sees_what_is_forgotten),
        cmocka_unit_test(processes_agree),
        cmocka_unit_test(a_killed_writer_keeps_its_word),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
