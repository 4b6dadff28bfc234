/* What a reader plugin is: a shared object of its own that turns a document of a foreign format (HTML, DOCX, EPUB, PDF) into
 * canonical text with marks on it. Plugins keep heavy or differently licensed dependencies out of libsextant: one is opened
 * at the first document of its format, from the folder of the library, and stays open. A plugin sees nothing of the library
 * but this file; it must not print, exit, start threads, or change the process; it may be called by several threads at once. */
#ifndef SX_READERS_PLUGIN_H
#define SX_READERS_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#define SX_READER_VERSION 1
#define SX_READER_SYMBOL  "sextant_reader_plugin"

/* What a stretch of the text is. Marks come in the order of their starts and do not overlap. */
enum {
    SX_MARK_HEADING = 1, /* level 1 is the highest */
    SX_MARK_PARAGRAPH,
    SX_MARK_ITEM, /* of a list; small neighbours are joined */
    SX_MARK_ROW,  /* of a table; likewise */
    SX_MARK_CODE, /* kept whole */
    SX_MARK_PLAIN /* lines as on a page, to be read as plain text is, headings among them marked */
};

typedef struct sx_reader_limits {
    uint64_t max_text;     /* bytes of canonical text */
    uint64_t max_unpacked; /* bytes of a packed part, and of all together */
    uint32_t max_pages;
    uint32_t max_depth; /* of nested elements */
} sx_reader_limits;

/* Where a plugin puts what it reads. Each call answers 0 to go on; anything else means: clean up and return that. */
typedef struct sx_reader_sink {
    void *user;
    int32_t (*text)(void *user, const char *bytes, size_t len); /* appends UTF-8 */
    int32_t (*mark)(void *user, int kind, int level, size_t start, size_t end);
    int32_t (*poll)(void *user); /* to be asked at least once per page or few thousand elements */
    /* Tells why reading fails, an LLM_E_* and a sentence part that follows the document's name ("is a scan ..."). */
    int32_t (*fail)(void *user, int32_t status, const char *why);
} sx_reader_sink;

typedef struct sx_reader_plugin {
    uint32_t version; /* SX_READER_VERSION */
    const char *name;
    /* Reads a whole document of LLM_FORMAT_* `format`. Returns 0, or what the sink said, or an LLM_E_*. */
    int32_t (*read)(uint32_t format, const unsigned char *bytes, size_t len, const sx_reader_limits *limits,
                    const sx_reader_sink *sink);
} sx_reader_plugin;

typedef const sx_reader_plugin *(*sx_reader_entry)(void); /* what SX_READER_SYMBOL is */

#endif
