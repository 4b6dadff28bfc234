/* A store with documents made of a seed, so that a reader can tell a whole document from a torn one. Tests only. */
#ifndef SX_TESTS_STORE_FIXTURE_H
#define SX_TESTS_STORE_FIXTURE_H

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/store.h"

static char temp_folder[32];

static inline void temp_path(char path[64], const char *name)
{
    if (!temp_folder[0]) {
        strcpy(temp_folder, "/tmp/sextant-XXXXXX");
        assert_non_null(mkdtemp(temp_folder));
    }
    snprintf(path, 64, "%s/%s", temp_folder, name);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static inline int remove_temp(void **state)
{
    (void)state;
    if (temp_folder[0]) nftw(temp_folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return 0;
}

/* Every byte of every section follows from the seed, and so do the numbers. */
static inline llm_status put_seeded(sx_store *store, const char *name, unsigned seed, size_t size, llm_error *err)
{
    unsigned char *bytes = malloc(size + 3);
    for (size_t i = 0; i < size + 3; i++) bytes[i] = (unsigned char)(seed * 31 + i * 7);
    sx_store_doc doc = {.name = name, .bytes = size, .nodes = seed, .format = 1};
    memset(doc.hash, (int)(seed & 0xFF), sizeof doc.hash);
    sx_blob sections[SX_SECTIONS] = {{bytes, size}, {bytes + 1, size}, {bytes + 2, size}};
    llm_status status = sx_store_put(store, &doc, sections, err);
    free(bytes);
    return status;
}

typedef struct {
    sx_store_doc docs[64];
    char names[64][32];
    unsigned count;
} doc_list;

static inline llm_status collect(void *user, const sx_store_doc *doc)
{
    doc_list *list = user;
    assert_true(list->count < 64);
    list->docs[list->count] = *doc;
    snprintf(list->names[list->count], sizeof list->names[0], "%s", doc->name);
    list->docs[list->count].name = list->names[list->count];
    list->count++;
    return LLM_OK;
}

/* Whole and of one seed, or the test fails. Returns the seed. */
static inline unsigned check_seeded(sx_store *store, sx_mem *mem, const sx_store_doc *doc)
{
    llm_error err = {sizeof err, 0, {0}};
    unsigned seed = doc->nodes;
    assert_int_equal(doc->hash[5], (unsigned char)seed);
    for (int part = 0; part < SX_SECTIONS; part++) {
        void *data;
        size_t size;
        assert_int_equal(sx_store_read(store, doc->id, part, &data, &size, &err), LLM_OK);
        assert_int_equal(size, doc->bytes);
        const unsigned char *bytes = data;
        for (size_t i = 0; i < size; i++)
            if (bytes[i] != (unsigned char)(seed * 31 + (i + (unsigned)part) * 7))
                fail_msg("document %s is torn", doc->name);
        sx_mem_free(mem, data);
    }
    return seed;
}

#endif
