/* What is said about a document, as bytes: as they are, and as the inside of a blob whose sum fits. What is read can be asked,
 * moved and written, and comes back from what was written. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "platform/map.h"
#include "retrieve/corpus/about.h"

static void require(int truth)
{
    if (!truth) abort();
}

static void seen_by(const sx_about *about, const char *labels, sx_mem *mem)
{
    sx_span *hidden = NULL;
    size_t n = 0;
    sx_about_open_to(about, labels);
    require(sx_about_hidden(about, labels, mem, &hidden, &n) == LLM_OK);
    for (size_t i = 0; i < n; i++)
        require(hidden[i].begin <= hidden[i].end && (!i || hidden[i - 1].end < hidden[i].begin));
    require(labels || n == 0);
    sx_mem_free(mem, hidden);
}

static void use(const sx_about *about, sx_mem *mem, const uint8_t *data, size_t size)
{
    static const char kinds[] = {SX_ABOUT_FOLDER, SX_ABOUT_LABEL, SX_ABOUT_META, SX_ABOUT_PLACE};
    sx_buf out;
    sx_about again;
    sx_place place;
    sx_buf_init(&out, mem, 0);
    require(sx_about_folder(about) != NULL);
    for (size_t k = 0; k < sizeof kinds; k++)
        for (const char *t = NULL; (t = sx_about_next(about, t, kinds[k]));)
            require(t > about->data && t <= about->data + about->len &&
                    (kinds[k] != SX_ABOUT_PLACE || sx_about_place(t, &place)));
    seen_by(about, NULL, mem);
    seen_by(about, "a\0", mem);
    seen_by(about, "", mem);
    uint32_t begin = size > 0 ? data[0] : 0, end = begin + (size > 1 ? data[1] : 0), len = size > 2 ? data[2] : 0;
    require(sx_about_moved(&out, about, begin, end, len) == LLM_OK && sx_about_read(&again, out.data, out.len));
    sx_buf_clear(&out);
    const sx_about_change change = {"f", "a\0b\0", NULL};
    if (sx_about_write(&out, about, &change, NULL) == LLM_OK) {
        require(sx_about_read(&again, out.data, out.len) && !strcmp(sx_about_folder(&again), "f"));
        require(sx_about_open_to(&again, "b\0") && !sx_about_open_to(&again, "c\0"));
    }
    sx_buf_clear(&out);
    if (sx_about_label(&out, about, (sx_span){begin, end}, "z\0", NULL) == LLM_OK)
        require(sx_about_read(&again, out.data, out.len));
    sx_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sx_mem mem;
    sx_about about;
    sx_mem_init(&mem, NULL);
    char *blob = sx_mem_alloc(&mem, size + 12);
    if (sx_about_read(&about, data, size)) use(&about, &mem, data, size);
    memcpy(blob, "SXA1", 4);
    uint64_t sum = sx_hash64(data, size, 0);
    for (int i = 0; i < 8; i++) blob[4 + i] = (char)(sum >> (8 * i));
    if (size) memcpy(blob + 12, data, size);
    if (sx_about_read(&about, blob, size + 12)) use(&about, &mem, data, size);
    sx_mem_free(&mem, blob);
    require(atomic_load(&mem.live_bytes) == 0);
    return 0;
}
