/* Damaged and hostile files through the public calls: models and corpora cut short at any byte and with any bit turned, files
 * that are something else, text that is not UTF-8, documents with nothing in them. Every failure has its documented code and
 * a sentence that a person can use; nothing crashes; what can still be read is read.   files FOLDER */
#include <sys/stat.h>

#include "../host/host.h"
#include "../host/tiny_model.h"

static char path[4096];
static uint32_t seed = 7;

static uint32_t rnd(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)seed * below) >> 32);
}

static void save(const void *bytes, size_t len)
{
    FILE *f = fopen(path, "wb");
    CHECK(f && fwrite(bytes, 1, len, f) == len && fclose(f) == 0);
}

static unsigned char *load(const char *from, size_t *len)
{
    FILE *f = fopen(from, "rb");
    CHECK(f != NULL);
    fseek(f, 0, SEEK_END);
    *len = (size_t)ftell(f);
    rewind(f);
    unsigned char *bytes = malloc(*len + 1);
    CHECK(bytes && fread(bytes, 1, *len, f) == *len && fclose(f) == 0);
    return bytes;
}

/* A sentence for a person: more than a word, UTF-8 without line ends. */
static void good_sentence(const char *s)
{
    if (strlen(s) < 25 || strchr(s, '\n')) host_fail(__FILE__, __LINE__, "a poor sentence", s);
}

/* ---- models ---- */

static void use_model(llm_model *model)
{
    int32_t tokens[16];
    llm_error err = LLM_ERROR_INIT;
    int64_t n = llm_tokenize(model, "the tower", 9, LLM_TOK_SPECIAL | LLM_TOK_PARSE, tokens, 16, &err);
    if (n > 16) n = 16;
    char text[256];
    if (n > 0) llm_detokenize(model, tokens, (size_t)n, LLM_TOK_PARSE, text, sizeof text, &err);
    llm_ctx_opts opts = LLM_CTX_OPTS_INIT;
    opts.n_ctx = 64;
    llm_ctx *ctx = NULL;
    llm_reply *reply = NULL;
    if (llm_ctx_create(&ctx, model, NULL, NULL, &opts, &err) == LLM_OK) {
        llm_gen_opts gen = LLM_GEN_OPTS_INIT;
        gen.max_tokens = 3;
        if (llm_generate(ctx, "a", 1, NULL, &gen, &reply) == LLM_OK)
            while (llm_reply_next(reply) == LLM_MORE) {}
        llm_reply_free(reply);
    }
    llm_ctx_free(ctx);
}

static void try_model(const char *how)
{
    llm_model *model = NULL;
    llm_error err = LLM_ERROR_INIT;
    llm_model_opts opts = LLM_MODEL_OPTS_INIT;
    opts.threads = 1;
    llm_status status = llm_model_load(&model, path, &opts, &err);
    if (status == LLM_OK) {
        CHECK(model != NULL);
        use_model(model);
        llm_model_free(model);
        return;
    }
    CHECK(model == NULL);
    if (status != LLM_E_FORMAT && status != LLM_E_UNSUPPORTED && status != LLM_E_MEMORY && status != LLM_E_LIMIT)
        host_fail(__FILE__, __LINE__, how, err.message);
    good_sentence(err.message);
}

static void damaged_models(void)
{
    gguf_writer w;
    tiny_model_build(&w, (tiny_shape){1, 32, 2, 1, 32, 64});
    save(w.data, w.len);
    llm_model *model = NULL;
    CHECK(llm_model_load(&model, path, NULL, NULL) == LLM_OK);
    llm_model_free(model);
    model = NULL;

    const size_t head = 16000 < w.len ? 16000 : w.len;
    for (size_t cut = 0; cut < w.len; cut += cut < 200 ? 1 : 1 + rnd(2500)) {
        save(w.data, cut);
        llm_error err = LLM_ERROR_INIT;
        llm_status status = llm_model_load(&model, path, NULL, &err);
        CHECK_WHY(status == LLM_E_FORMAT, err.message); /* a file cut short is never taken */
        good_sentence(err.message);
    }
    for (int i = 0; i < 800; i++) { /* bits of the part that steers */
        size_t at = rnd((uint32_t)(i < 400 ? 600 : head));
        unsigned char was = w.data[at];
        w.data[at] ^= (unsigned char)(1u << rnd(8));
        save(w.data, w.len);
        try_model("one bit turned");
        w.data[at] = was;
    }
    for (int i = 0; i < 300; i++) { /* numbers that lie: 32 bits replaced by an extreme */
        static const uint32_t extremes[] = {0, 1, 0xffffffff, 0x7fffffff, 0x80000000, 0x10000000, 65536};
        size_t at = rnd((uint32_t)head - 8);
        unsigned char was[4];
        memcpy(was, w.data + at, 4);
        memcpy(w.data + at, &extremes[rnd(7)], 4);
        save(w.data, w.len);
        try_model("a lying number");
        memcpy(w.data + at, was, 4);
    }
    gguf_free(&w);
    puts("damaged models are refused with a sentence");
}

static void what_is_no_model(const char *folder)
{
    llm_model *model = NULL;
    llm_error err = LLM_ERROR_INIT;
    CHECK(llm_model_load(&model, "/nonexistent/model.gguf", NULL, &err) == LLM_E_NOT_FOUND);
    CHECK_WHY(strstr(err.message, "/nonexistent/model.gguf"), err.message);
    CHECK(err.code == LLM_E_NOT_FOUND);
    good_sentence(err.message);
    llm_error_init(&err, sizeof err);
    llm_status status = llm_model_load(&model, folder, NULL, &err); /* a folder that holds no model */
    CHECK_WHY(status == LLM_E_NOT_FOUND && strstr(err.message, "config.json"), err.message);
    good_sentence(err.message);
    llm_error_init(&err, sizeof err);
    save("", 0);
    CHECK_WHY(llm_model_load(&model, path, NULL, &err) == LLM_E_FORMAT, err.message);
    good_sentence(err.message);
    llm_error_init(&err, sizeof err);
    save("%PDF-1.7 this is something else entirely, and it goes on for a while", 66);
    CHECK_WHY(llm_model_load(&model, path, NULL, &err) == LLM_E_FORMAT, err.message);
    good_sentence(err.message);
    CHECK(llm_model_load(NULL, path, NULL, NULL) == LLM_E_INVALID);
    CHECK(llm_model_load(&model, NULL, NULL, NULL) == LLM_E_INVALID);
    CHECK(model == NULL);
}

/* ---- corpora ---- */

static void try_corpus(void)
{
    llm_corpus *corpus = NULL;
    llm_error err = LLM_ERROR_INIT;
    llm_status status = llm_corpus_open(&corpus, path, NULL, &err);
    if (status == LLM_OK) {
        llm_docs *docs = NULL;
        llm_ctx *ctx = NULL;
        llm_evidence *found = NULL;
        llm_status check = llm_corpus_check(corpus, &err);
        CHECK_WHY(check == LLM_OK || check == LLM_E_CORRUPT || check == LLM_E_IO, err.message);
        if (check != LLM_OK) good_sentence(err.message);
        llm_error_init(&err, sizeof err);
        status = llm_docs_list(&docs, corpus, &err);
        CHECK_WHY(status == LLM_OK || status == LLM_E_CORRUPT || status == LLM_E_IO, err.message);
        for (uint32_t i = 0; docs && i < llm_docs_count(docs); i++) {
            llm_tree *tree = NULL;
            llm_error_init(&err, sizeof err);
            status = llm_tree_open(&tree, corpus, llm_docs_name(docs, i), &err);
            CHECK_WHY(status == LLM_OK || status == LLM_E_CORRUPT || status == LLM_E_IO || status == LLM_E_NOT_FOUND,
                      err.message);
            if (status != LLM_OK) good_sentence(err.message);
            for (uint32_t k = 0; tree && k < llm_tree_count(tree); k++)
                CHECK(llm_tree_start(tree, k) <= llm_tree_end(tree, k) &&
                      llm_tree_end(tree, k) <= llm_tree_text_len(tree));
            llm_tree_free(tree);
        }
        llm_docs_free(docs);
        CHECK(llm_ctx_create(&ctx, NULL, corpus, NULL, NULL, NULL) == LLM_OK);
        status = llm_retrieve(ctx, "Where is the instrument stored?", 31, NULL, &found);
        CHECK_WHY(status == LLM_OK || status == LLM_E_CORRUPT || status == LLM_E_IO, llm_ctx_errmsg(ctx));
        llm_evidence_free(found);
        llm_ctx_free(ctx);
    } else {
        CHECK(corpus == NULL);
        CHECK_WHY(status == LLM_E_CORRUPT || status == LLM_E_VERSION || status == LLM_E_IO || status == LLM_E_FORMAT,
                  err.message);
        good_sentence(err.message);
    }
    llm_corpus_free(corpus);
}

static void remove_corpus(void)
{
    char extra[4200];
    remove(path);
    snprintf(extra, sizeof extra, "%s-wal", path);
    remove(extra);
    snprintf(extra, sizeof extra, "%s-shm", path);
    remove(extra);
    snprintf(extra, sizeof extra, "%s-journal", path);
    remove(extra);
}

static void damaged_corpora(void)
{
    remove_corpus();
    llm_corpus *corpus = NULL;
    CHECK(llm_corpus_open(&corpus, path, NULL, NULL) == LLM_OK);
    CHECK(llm_ingest(corpus, "log.md", HOST_DOC, strlen(HOST_DOC), NULL, NULL) == LLM_OK);
    CHECK(llm_ingest(corpus, "two.txt", "A second document. It has two sentences.", 40, NULL, NULL) == LLM_OK);
    llm_corpus_free(corpus);
    size_t len;
    unsigned char *bytes = load(path, &len);
    CHECK(len > 1000);
    for (int i = 0; i < 60; i++) {
        remove_corpus();
        save(bytes, i < 20 ? (size_t)i * 7 + 1 : 1 + rnd((uint32_t)len - 1));
        try_corpus();
    }
    int noticed = 0;
    for (int i = 0; i < 600; i++) {
        remove_corpus();
        size_t at = rnd((uint32_t)(i < 100 ? 200 : len));
        unsigned char was = bytes[at];
        bytes[at] ^= (unsigned char)(1u << rnd(8));
        save(bytes, len);
        try_corpus();
        corpus = NULL; /* a turned bit in a document is noticed by the check */
        if (llm_corpus_open(&corpus, path, NULL, NULL) != LLM_OK || llm_corpus_check(corpus, NULL) != LLM_OK) noticed++;
        llm_corpus_free(corpus);
        bytes[at] = was;
    }
    printf("damaged corpora: %d of 600 turned bits noticed (the rest lie in unused space)\n", noticed);
    CHECK(noticed > 30);

    /* any one bit of the stored text */
    unsigned char *text = memmem(bytes, len, "stored in the north tower", 25);
    if (text) {
        text[3] ^= 4;
        remove_corpus();
        save(bytes, len);
        corpus = NULL;
        llm_error err = LLM_ERROR_INIT;
        llm_status status = llm_corpus_open(&corpus, path, NULL, &err);
        if (status == LLM_OK) status = llm_corpus_check(corpus, &err);
        CHECK_WHY(status == LLM_E_CORRUPT, err.message);
        CHECK_WHY(strstr(err.message, "log.md"), err.message); /* it says which document */
        llm_corpus_free(corpus);
    }
    remove_corpus();
    save("a text file is no corpus, however long it may be, and must not be overwritten as if it were one\n", 96);
    corpus = NULL;
    llm_error err = LLM_ERROR_INIT;
    CHECK_WHY(llm_corpus_open(&corpus, path, NULL, &err) == LLM_E_CORRUPT, err.message);
    good_sentence(err.message);
    size_t after;
    unsigned char *same = load(path, &after);
    CHECK(after == 96);
    free(same);
    remove_corpus();
    llm_corpus_opts ro = LLM_CORPUS_OPTS_INIT;
    ro.flags = LLM_CORPUS_READONLY;
    llm_error_init(&err, sizeof err);
    CHECK_WHY(llm_corpus_open(&corpus, path, &ro, &err) == LLM_E_NOT_FOUND, err.message);
    good_sentence(err.message);
    llm_error_init(&err, sizeof err);
    CHECK_WHY(llm_corpus_open(&corpus, "/nonexistent/folder/x.sextant", NULL, &err) < 0, err.message);
    CHECK_WHY(strstr(err.message, "/nonexistent/folder"), err.message);
    free(bytes);
    puts("damaged corpora are answered");
}

/* ---- text ---- */

static void strange_text(void)
{
    llm_corpus *corpus = NULL;
    llm_ctx *ctx = NULL;
    llm_error err = LLM_ERROR_INIT;
    CHECK(llm_corpus_open(&corpus, NULL, NULL, NULL) == LLM_OK);
    CHECK(llm_ctx_create(&ctx, NULL, corpus, NULL, NULL, NULL) == LLM_OK);
    llm_evidence *found = NULL;
    CHECK(llm_retrieve(ctx, "anything", 8, NULL, &found) == LLM_OK); /* an empty corpus */
    CHECK(llm_evidence_count(found) == 0 && llm_evidence_confidence(found) == 0);
    llm_evidence_free(found);
    found = NULL;

    CHECK(llm_ingest(corpus, "bad.txt", "good until \xff here", 17, NULL, &err) == LLM_E_UTF8);
    CHECK_WHY(strstr(err.message, "11"), err.message); /* the sentence gives the offset */
    good_sentence(err.message);
    CHECK(llm_ingest(corpus, "cut.txt", "ends inside \xe4\xb8", 14, NULL, NULL) == LLM_E_UTF8);
    llm_docs *docs = NULL;
    CHECK(llm_docs_list(&docs, corpus, NULL) == LLM_OK && llm_docs_count(docs) == 0);
    llm_docs_free(docs);
    CHECK(llm_retrieve(ctx, "what \xc0\xaf", 7, NULL, &found) == LLM_E_UTF8 && found == NULL);
    good_sentence(llm_ctx_errmsg(ctx));

    const char *empties[] = {"", " ", "\n\n\n", "\xef\xbb\xbf", "#", "\t\r\n", "---\n---\n", "```"};
    for (size_t i = 0; i < sizeof empties / sizeof empties[0]; i++) {
        llm_error_init(&err, sizeof err);
        CHECK_WHY(llm_ingest(corpus, i % 2 ? "empty.md" : "empty.txt", empties[i], strlen(empties[i]), NULL, &err) ==
                      LLM_OK,
                  err.message);
        CHECK(llm_retrieve(ctx, "anything at all", 15, NULL, &found) == LLM_OK);
        llm_evidence_free(found);
        found = NULL;
        CHECK(llm_corpus_check(corpus, NULL) == LLM_OK);
    }
    CHECK(llm_ingest(corpus, "nul.txt", "with a \0 inside. And more.", 26, NULL, &err) == LLM_OK || err.code != 0);
    char *deep = malloc(400000); /* nesting as deep as the text is long */
    CHECK(deep != NULL);
    memset(deep, '>', 200000);
    CHECK(llm_ingest(corpus, "deep.md", deep, 200000, NULL, &err) <= 0);
    memset(deep, '[', 200000);
    CHECK(llm_ingest(corpus, "deep.md", deep, 200000, NULL, &err) <= 0);
    for (int i = 0; i < 400000; i++) deep[i] = i % 2 ? '\n' : '#';
    CHECK(llm_ingest(corpus, "deep.md", deep, 400000, NULL, &err) <= 0);
    memset(deep, 'a', 400000); /* one word */
    CHECK(llm_ingest(corpus, "word.txt", deep, 400000, NULL, &err) == LLM_OK);
    CHECK(llm_retrieve(ctx, deep, 400000, NULL, &found) <= 0);
    llm_evidence_free(found);
    free(deep);
    CHECK(llm_ingest(corpus, "", "text", 4, NULL, NULL) == LLM_E_INVALID);
    CHECK(llm_ingest(corpus, NULL, "text", 4, NULL, NULL) == LLM_E_INVALID);
    CHECK(llm_ingest(corpus, "x", NULL, 4, NULL, NULL) == LLM_E_INVALID);
    CHECK(llm_ingest(NULL, "x", "text", 4, NULL, NULL) == LLM_E_INVALID);
    CHECK(llm_remove(corpus, "never there", &err) == LLM_E_NOT_FOUND);
    llm_error_init(&err, sizeof err);
    CHECK(llm_ingest_file(corpus, "/nonexistent/file.txt", NULL, NULL, &err) == LLM_E_NOT_FOUND);
    CHECK_WHY(strstr(err.message, "/nonexistent/file.txt"), err.message);

    llm_verdict *verdict = NULL; /* broken bytes pass through the guard, what stands between them is seen */
    const char *broken = "\xff\xfe mail a@example.org \x80\x80";
    CHECK(llm_guard_check(ctx, broken, strlen(broken), NULL, &verdict) == LLM_OK);
    CHECK(llm_verdict_count(verdict) == 1 && memcmp(llm_verdict_text(verdict), "\xff\xfe", 2) == 0);
    llm_verdict_free(verdict);
    llm_ctx_free(ctx);
    llm_corpus_free(corpus);
    puts("strange text is answered");
}

int main(int argc, char **argv)
{
    if (argc != 2) return 2;
    snprintf(path, sizeof path, "%s/files.gguf", argv[1]);
    what_is_no_model(argv[1]);
    damaged_models();
    remove(path);
    snprintf(path, sizeof path, "%s/files.sextant", argv[1]);
    damaged_corpora();
    remove_corpus();
    strange_text();
    return 0;
}
