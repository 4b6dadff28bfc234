/* Any text as a filter over documents: it is refused with a sentence, or it takes a document or not, and says the same again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "retrieve/corpus/filter.h"

static void require(int truth)
{
    if (!truth) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sx_mem mem;
    sx_buf blob;
    sx_about about;
    llm_error err = {sizeof err, 0, ""};
    sx_docfilter *filter = NULL;
    sx_mem_init(&mem, NULL);
    sx_buf_init(&blob, &mem, 0);
    const sx_about nothing = {"", 0};
    const sx_about_change said = {"contracts/2024", "hr\0board\0", "lang=de\0lang=en\0year=2024\0signed=2024-03-15\0"};
    require(sx_about_write(&blob, &nothing, &said, &err) == LLM_OK && sx_about_read(&about, blob.data, blob.len));
    char *text = sx_mem_strndup(&mem, (const char *)data, size);
    llm_status status = sx_docfilter_parse(&filter, &mem, text, &err);
    if (status == LLM_OK) {
        const sx_filter_doc docs[] = {{"lease.md", &about, NULL, 12345, 67, 2}, {"", &nothing, "hr\0", 0, 1, 1}};
        for (int i = 0; i < 2; i++)
            require(sx_docfilter_takes(filter, &docs[i]) == sx_docfilter_takes(filter, &docs[i]));
    } else {
        require(status == LLM_E_INVALID || status == LLM_E_UTF8 || status == LLM_E_LIMIT);
        require(err.message[0] && !filter);
    }
    sx_docfilter_free(filter);
    sx_mem_free(&mem, text);
    sx_buf_free(&blob);
    require(atomic_load(&mem.live_bytes) == 0);
    return 0;
}
