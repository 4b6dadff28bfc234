/* Any bytes as a tree in PageIndex's JSON: it is refused with a sentence, or becomes a document whose tree is sound, written
 * and read again as the same text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "retrieve/read/pageindex.h"
#include "retrieve/read/reader.h"
#include "retrieve/retrieve.h"

enum { MOST = 1 << 20 };

static void require(int truth)
{
    if (!truth) abort();
}

static sx_tree *read_tree(sx_mem *mem, const char *bytes, size_t size)
{
    sx_tree *tree = NULL;
    llm_error err = {sizeof err, 0, ""};
    sx_foreign doc = {.mem = mem};
    llm_status status = sx_pageindex_read(&doc, mem, "fuzz", bytes, size, MOST, &err);
    if (status == LLM_OK)
        require(sx_foreign_tree(&tree, &doc, "fuzz", 0, NULL, &err) == LLM_OK);
    else
        require(err.message[0] != '\0');
    sx_foreign_free(&doc);
    return tree;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sx_mem mem;
    sx_mem_init(&mem, NULL);
    sx_tree *tree = read_tree(&mem, (const char *)data, size);
    if (tree) {
        sx_buf out;
        sx_buf_init(&out, &mem, 0);
        require(tree->count > 0 && tree->nodes[0].end == tree->text_len);
        require(sx_tree_pageindex(&out, tree) == LLM_OK);
        sx_tree *again = read_tree(&mem, out.data, out.len);
        sx_tree_unref(again);
        sx_buf_free(&out);
        sx_tree_unref(tree);
    }
    require(atomic_load(&mem.live_bytes) == 0);
    return 0;
}
