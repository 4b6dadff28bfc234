/* Plain text: first form, paragraphs by blank lines and lines. */
#include "retrieve/read/label.h"
#include "retrieve/read/line.h"
#include "retrieve/read/reader.h"
#include "retrieve/read/sentence.h"

llm_status sx_read_text(sx_outline *outline, const llm_cancel *cancel, llm_error *err)
{
    sx_lines lines = sx_lines_of(outline->text, outline->text_len);
    sx_pack pack = {.outline = outline, .flags = SX_BLOCK_LINES};
    unsigned polls = 0;
    for (sx_line line; sx_line_next(&lines, &line);) {
        if (++polls % 4096 == 0 && sx_cancelled(cancel))
            return sx_fail(err, LLM_E_CANCELLED, "reading the document was cancelled");
        if (sx_line_blank(&line)) {
            sx_pack_flush(&pack);
            continue;
        }
        sx_label label;
        if (sx_label_read(&label, outline->text, line.first, line.end) && label.strong) {
            sx_pack_flush(&pack);
            bool whole = line.end - line.first < 100;
            sx_outline_heading(outline, label.rank, line.first, whole ? line.end : line.first, line.first, whole ? line.end : label.end, 0);
            if (whole) continue;
        }
        sx_pack_add(&pack, line.start, line.end);
    }
    sx_pack_flush(&pack);
    return LLM_OK;
}
