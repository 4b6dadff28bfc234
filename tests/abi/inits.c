/* Option structs and the library agree: INIT macro and init function give the same bytes, a struct of a newer caller is
 * taken while its unknown tail is zero and refused with LLM_E_VERSION when it is not, a struct without its size is refused
 * with a sentence, and the function table holds the exported functions in the committed order. */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sextant.h"

/* Every byte of a struct that the init function filled equals the macro's. Padding there is none: layout.c's offsets show
 * it, and the sum of the fields is checked here by the bytes themselves. */
#define SAME_BYTES(type, init, macro) \
    do { \
        type by_function; \
        memset(&by_function, 0xa5, sizeof by_function); \
        init(&by_function, sizeof by_function); \
        const type by_macro = macro; \
        assert_memory_equal(&by_function, &by_macro, sizeof by_macro); \
        assert_int_equal(by_function.struct_size, sizeof by_function); \
        init(NULL, sizeof by_function); /* ignored */ \
    } while (0)

static void macros_and_functions_agree(void **state)
{
    (void)state;
    SAME_BYTES(llm_error, llm_error_init, LLM_ERROR_INIT);
    SAME_BYTES(llm_model_opts, llm_model_opts_init, LLM_MODEL_OPTS_INIT);
    SAME_BYTES(llm_corpus_opts, llm_corpus_opts_init, LLM_CORPUS_OPTS_INIT);
    SAME_BYTES(llm_ingest_opts, llm_ingest_opts_init, LLM_INGEST_OPTS_INIT);
    SAME_BYTES(llm_ctx_opts, llm_ctx_opts_init, LLM_CTX_OPTS_INIT);
    SAME_BYTES(llm_retrieve_opts, llm_retrieve_opts_init, LLM_RETRIEVE_OPTS_INIT);
    SAME_BYTES(llm_gen_opts, llm_gen_opts_init, LLM_GEN_OPTS_INIT);
    SAME_BYTES(llm_guard_opts, llm_guard_opts_init, LLM_GUARD_OPTS_INIT);
    SAME_BYTES(llm_check_opts, llm_check_opts_init, LLM_CHECK_OPTS_INIT);
    SAME_BYTES(llm_vault_opts, llm_vault_opts_init, LLM_VAULT_OPTS_INIT);
    SAME_BYTES(llm_score_opts, llm_score_opts_init, LLM_SCORE_OPTS_INIT);
    SAME_BYTES(llm_embed_opts, llm_embed_opts_init, LLM_EMBED_OPTS_INIT);
}

/* An init function called by an older or newer caller touches exactly the bytes it was told of. */
static void init_stays_inside_its_size(void **state)
{
    (void)state;
    unsigned char room[256];
    memset(room, 0x5a, sizeof room);
    llm_gen_opts_init((llm_gen_opts *)(void *)room, 16);
    assert_int_equal(room[0], 16);
    for (size_t i = 4; i < 16; i++) assert_int_equal(room[i], 0);
    for (size_t i = 16; i < sizeof room; i++) assert_int_equal(room[i], 0x5a);
    memset(room, 0x5a, sizeof room);
    llm_gen_opts_init((llm_gen_opts *)(void *)room, 200); /* a caller from the future */
    assert_int_equal(room[0], 200);
    for (size_t i = 4; i < 200; i++) assert_int_equal(room[i], 0);
    for (size_t i = 200; i < sizeof room; i++) assert_int_equal(room[i], 0x5a);
    memset(room, 0x5a, sizeof room);
    llm_gen_opts_init((llm_gen_opts *)(void *)room, 2); /* no room even for the size */
    for (size_t i = 2; i < sizeof room; i++) assert_int_equal(room[i], 0x5a);
}

typedef struct calls {
    llm_corpus *corpus;
    llm_ctx *ctx;
    llm_evidence *evidence;
} calls;

/* One call per kind of option struct, with a struct of the caller's making. Whatever is made is freed again. */
typedef llm_status (*opts_call)(const calls *c, const void *opts, const char **sentence);

static llm_error last;

static llm_status with_model(const calls *c, const void *opts, const char **sentence)
{
    (void)c;
    llm_model *model = NULL;
    llm_status status = llm_model_load(&model, "/nonexistent/model.gguf", opts, &last);
    llm_model_free(model);
    *sentence = last.message;
    return status;
}

static llm_status with_corpus(const calls *c, const void *opts, const char **sentence)
{
    (void)c;
    llm_corpus *corpus = NULL;
    llm_status status = llm_corpus_open(&corpus, NULL, opts, &last);
    llm_corpus_free(corpus);
    *sentence = last.message;
    return status;
}

static llm_status with_ingest(const calls *c, const void *opts, const char **sentence)
{
    *sentence = last.message;
    return llm_ingest(c->corpus, "inits.txt", "One sentence.\n", 14, opts, &last);
}

static llm_status with_ctx(const calls *c, const void *opts, const char **sentence)
{
    llm_ctx *ctx = NULL;
    llm_status status = llm_ctx_create(&ctx, NULL, c->corpus, NULL, opts, &last);
    llm_ctx_free(ctx);
    *sentence = last.message;
    return status;
}

static llm_status with_retrieve(const calls *c, const void *opts, const char **sentence)
{
    llm_evidence *evidence = NULL;
    llm_status status = llm_retrieve(c->ctx, "sentence", 8, opts, &evidence);
    llm_evidence_free(evidence);
    *sentence = llm_ctx_errmsg(c->ctx);
    return status;
}

static llm_status with_gen(const calls *c, const void *opts, const char **sentence)
{
    llm_reply *reply = NULL;
    llm_status status = llm_generate(c->ctx, "sentence", 8, c->evidence, opts, &reply);
    *sentence = llm_ctx_errmsg(c->ctx);
    llm_reply_free(reply);
    return status;
}

static llm_status with_guard(const calls *c, const void *opts, const char **sentence)
{
    (void)c;
    llm_guard *guard = NULL;
    llm_status status = llm_guard_create(&guard, opts, &last);
    llm_guard_free(guard);
    *sentence = last.message;
    return status;
}

static llm_status with_check(const calls *c, const void *opts, const char **sentence)
{
    llm_verdict *verdict = NULL;
    llm_status status = llm_guard_check(c->ctx, "text", 4, opts, &verdict);
    llm_verdict_free(verdict);
    *sentence = llm_ctx_errmsg(c->ctx);
    return status;
}

static llm_status with_open(const calls *c, const void *opts, const char **sentence)
{
    llm_guard_stream *stream = NULL;
    llm_status status = llm_guard_open(c->ctx, opts, &stream);
    llm_guard_close(stream);
    *sentence = llm_ctx_errmsg(c->ctx);
    return status;
}

static llm_status with_vault(const calls *c, const void *opts, const char **sentence)
{
    (void)c;
    const unsigned char key[32] = {7};
    llm_vault *vault = NULL;
    llm_status status = llm_vault_open(&vault, NULL, key, sizeof key, opts, &last);
    llm_vault_free(vault);
    *sentence = last.message;
    return status;
}

static void sizes_are_negotiated(void **state)
{
    (void)state;
    const struct {
        const char *name;
        opts_call call;
        size_t size;
        llm_status plain; /* what the call answers with good options */
    } rows[] = {
        {"llm_model_opts", with_model, sizeof(llm_model_opts), LLM_E_NOT_FOUND},
        {"llm_corpus_opts", with_corpus, sizeof(llm_corpus_opts), LLM_OK},
        {"llm_ingest_opts", with_ingest, sizeof(llm_ingest_opts), LLM_OK},
        {"llm_ctx_opts", with_ctx, sizeof(llm_ctx_opts), LLM_OK},
        {"llm_retrieve_opts", with_retrieve, sizeof(llm_retrieve_opts), LLM_OK},
        {"llm_gen_opts", with_gen, sizeof(llm_gen_opts), LLM_OK},
        {"llm_guard_opts", with_guard, sizeof(llm_guard_opts), LLM_OK},
        {"llm_check_opts", with_check, sizeof(llm_check_opts), LLM_OK},
        {"llm_check_opts of a stream", with_open, sizeof(llm_check_opts), LLM_OK},
        {"llm_vault_opts", with_vault, sizeof(llm_vault_opts), LLM_OK},
    };
    calls c = {0};
    assert_int_equal(llm_corpus_open(&c.corpus, NULL, NULL, NULL), LLM_OK);
    assert_int_equal(llm_ingest(c.corpus, "inits.txt", "One sentence.\n", 14, NULL, NULL), LLM_OK);
    assert_int_equal(llm_ctx_create(&c.ctx, NULL, c.corpus, NULL, NULL, NULL), LLM_OK);
    assert_int_equal(llm_retrieve(c.ctx, "sentence", 8, NULL, &c.evidence), LLM_OK);
    llm_error_init(&last, sizeof last);

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *sentence = "";
        union {
            uint32_t size;
            uint64_t align;
            unsigned char bytes[512];
        } opts;
        memset(&opts, 0, sizeof opts);
        print_message("%s\n", rows[i].name);

        assert_int_equal(rows[i].call(&c, NULL, &sentence), rows[i].plain);
        opts.size = (uint32_t)rows[i].size;
        assert_int_equal(rows[i].call(&c, &opts, &sentence), rows[i].plain);

        opts.size = (uint32_t)rows[i].size + 64; /* newer, but asks for nothing new */
        assert_int_equal(rows[i].call(&c, &opts, &sentence), rows[i].plain);
        opts.bytes[rows[i].size + 63] = 1; /* asks for something we do not know */
        assert_int_equal(rows[i].call(&c, &opts, &sentence), LLM_E_VERSION);
        assert_true(strlen(sentence) > 20);
        opts.bytes[rows[i].size + 63] = 0;

        opts.size = 0; /* the size was forgotten */
        assert_int_equal(rows[i].call(&c, &opts, &sentence), LLM_E_INVALID);
        assert_true(strlen(sentence) > 20);
        opts.size = 4; /* less than the first release had */
        assert_int_equal(rows[i].call(&c, &opts, &sentence), LLM_E_INVALID);
        opts.size = UINT32_MAX; /* nonsense must not be read as a length */
        llm_status status = rows[i].call(&c, &opts, &sentence);
        assert_true(status == LLM_E_INVALID || status == LLM_E_VERSION);
    }
    llm_evidence_free(c.evidence);
    llm_ctx_free(c.ctx);
    llm_corpus_free(c.corpus);
}

static void table_holds_the_exports(void **state)
{
    (void)state;
    assert_null(llm_get_api(LLM_API_LEVEL + 1));
    const llm_api *api = llm_get_api(1);
    assert_non_null(api);
    assert_ptr_equal(api, llm_get_api(LLM_API_LEVEL));
    assert_int_equal(api->level, LLM_API_LEVEL);
    assert_int_equal(api->size, sizeof(llm_api));

    FILE *list = fopen(ABI_SYMBOLS, "r");
    assert_non_null(list);
    char line[128];
    size_t slot = offsetof(llm_api, status_name);
    while (fgets(line, sizeof line, list)) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#' || line[0] == '\0' || strcmp(line, "llm_get_api") == 0) continue;
        void *in_table, *exported = dlsym(RTLD_DEFAULT, line);
        assert_true(slot + sizeof in_table <= api->size);
        memcpy(&in_table, (const char *)api + slot, sizeof in_table);
        if (exported != in_table) fail_msg("the slot of %s does not hold it", line);
        assert_non_null(exported);
        slot += sizeof in_table;
    }
    assert_int_equal(slot, api->size);
    assert_int_equal(fclose(list), 0);
}

static void names_and_facts_are_there(void **state)
{
    (void)state;
    assert_string_equal(llm_version(), LLM_VERSION);
    const llm_status known[] = {LLM_OK,       LLM_MORE,        LLM_E_INVALID,     LLM_E_MEMORY,  LLM_E_IO,
                                LLM_E_FORMAT, LLM_E_NOT_FOUND, LLM_E_UNSUPPORTED, LLM_E_VERSION, LLM_E_BUSY,
                                LLM_E_FORK,   LLM_E_CANCELLED, LLM_E_LIMIT,       LLM_E_UTF8,    LLM_E_CORRUPT,
                                LLM_E_FULL,   LLM_E_KEY,       LLM_E_READONLY,    LLM_E_USER,    LLM_E_INTERNAL};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        assert_int_equal(strncmp(llm_status_name(known[i]), "LLM_", 4), 0);
    assert_string_equal(llm_status_name(LLM_E_FORMAT), "LLM_E_FORMAT");
    assert_non_null(llm_status_name(-12345));
    const char *keys[] = {"api_level", "compiler", "isa", "sqlite", "sodium", "unicode"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        assert_non_null(llm_build_info(keys[i]));
        assert_true(strlen(llm_build_info(keys[i])) > 0);
    }
    assert_null(llm_build_info("no such key"));
    assert_null(llm_build_info(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(macros_and_functions_agree), cmocka_unit_test(init_stays_inside_its_size),
        cmocka_unit_test(sizes_are_negotiated),       cmocka_unit_test(table_holds_the_exports),
        cmocka_unit_test(names_and_facts_are_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
