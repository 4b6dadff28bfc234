/* A segment: the postings of many documents' paragraphs, in rows that never change. Paragraphs are numbered through the
 * segment, documents in the order of their ids. Lists of postings stand by key; a key is a field and a term in a language;
 * fields: bodies of paragraphs; headings (put to the first paragraph below); names of documents (put to their first
 * paragraph). So the few lists of headings and names stand together.
 *
 *   row 0        "SXS2", counts, statistics by language, the first unit and id of each document row, the first key and the
 *                number of each term row
 *   documents    DOCS_ROW of: id, first unit, leaves, language
 *   words        WORDS_ROW of: words of a paragraph (16 bits)
 *   terms        of one field: number of entries, the parameter of their keys' code, for every MARK_EVERYth entry its key and
 *                where it begins (whole bytes); then the entries by key, as bits: key difference (Golomb, none behind a mark),
 *                postings (gamma), and either these (fewer than a block: gaps by Rice, codes by gamma) or, in whole bytes, a
 *                directory of chunks: last unit, row, place, greatest impact
 *   chunks       up to CHUNK_BLOCKS blocks of BLOCK postings: last units, ends, greatest impacts; then the blocks, each of
 *                gaps and of codes in as many bits as most of them need, with the exceptions behind them. A last block that
 *                is not full is written as a short list is
 *
 * An impact is tf / (tf + k1 * length) in 255ths, rounded up, with the language's mean length in this segment: what bounds
 * a score whatever the mean of the corpus has become. That of a short list is found out when it is asked for. */
#ifndef SX_RETRIEVE_SEGMENT_H
#define SX_RETRIEVE_SEGMENT_H

#include "platform/cancel.h"
#include "retrieve/rank/language.h"
#include "retrieve/seek/bits.h"
#include "retrieve/seek/rows.h"

enum {
    SX_BLOCK = 128,
    SX_CHUNK_BLOCKS = 32,
    SX_DOCS_ROW = 1024,
    SX_DOC_BYTES = 17,
    SX_WORDS_ROW = 16384,
    SX_MARK_EVERY = 32,
    SX_MARK_BYTES = 6,
    SX_UNITS_MAX = 1 << 28,
    SX_FIELD_BODY = 0,
    SX_FIELD_HEAD = 1,
    SX_FIELD_NAME = 2
};

static inline uint64_t sx_seek_key(uint32_t term, uint32_t lang, uint32_t field)
{
    return (uint64_t)field << 32 | (term ^ lang * 0x9E3779B1u);
}

typedef struct sx_seg_doc {
    int64_t id;
    uint32_t first, leaves; /* units [first, first + leaves) */
    uint32_t lang;
} sx_seg_doc;

typedef struct sx_seg_stats {
    uint32_t leaves;
    uint64_t words;
} sx_seg_stats;

/* tf / (tf + k1 * length): what BM25 saturates to. words 0: of mean length. */
float sx_seek_impact(float tf, float words, float mean);
float sx_seek_impact_of(uint32_t code, uint64_t words, float mean); /* the same of a posting */
uint8_t sx_seek_scaled(float impact);                               /* in 255ths, rounded up */

/* ---- writing ---- */

typedef struct sx_seg_writer {
    sx_mem *mem;
    sx_seg_doc *docs; /* [n_docs] ascending ids and units; the caller's */
    uint32_t n_docs, n_units;
    const uint16_t *words;             /* [n_units]; the caller's */
    sx_seg_stats stats[SX_LANG_COUNT]; /* made by begin */
    sx_buf *rows;                      /* [n_rows] */
    size_t n_rows, rows_cap;
    sx_buf terms, marks; /* the term row in hand: entries, marks */
    sx_bits_out bits;    /* into terms */
    uint32_t in_row;     /* entries of the term row */
    int rice;            /* of its keys' code */
    sx_buf list;         /* the directory of chunks in hand */
    sx_buf chunk_meta, chunk_body;
    uint32_t chunk_row;           /* the row that chunks go to now; 0: none yet */
    uint64_t first_key, last_key; /* in the term row */
    sx_buf term_directory;        /* first key and number of each term row */
    uint32_t n_term_rows;
} sx_seg_writer;

llm_status sx_seg_begin(sx_seg_writer *w, sx_mem *mem, sx_seg_doc *docs, uint32_t n_docs, const uint16_t *words,
                        uint32_t n_units);
/* Keys ascending, units ascending. Fails with LLM_E_MEMORY only. */
llm_status sx_seg_add(sx_seg_writer *w, uint64_t key, const uint32_t *units, const uint32_t *codes, uint32_t n);
llm_status sx_seg_end(sx_seg_writer *w); /* rows are complete then */
void sx_seg_writer_free(sx_seg_writer *w);

/* ---- reading ---- */

typedef struct sx_segment {
    int64_t id;
    uint32_t level;
    uint32_t n_docs, n_units, n_rows;
    uint32_t n_doc_rows, n_word_rows, n_term_rows;
    sx_seg_stats stats[SX_LANG_COUNT];
    const unsigned char *doc_directory, *term_directory; /* in the pinned row 0 */
    sx_seg_row *head;
} sx_segment;

llm_status sx_segment_open(sx_segment *segment, sx_rows *rows, const sx_store_segment *at, llm_error *err);
void sx_segment_close(sx_segment *segment, sx_rows *rows);
llm_status sx_segment_damaged(const sx_segment *segment, llm_error *err);
llm_status sx_segment_doc(const sx_segment *segment, sx_rows *rows, uint32_t nth, sx_seg_doc *doc, llm_error *err);
llm_status sx_segment_doc_of(const sx_segment *segment, sx_rows *rows, uint32_t unit, sx_seg_doc *doc, llm_error *err);
/* doc->id is 0 when the segment has no such document. */
llm_status sx_segment_doc_by_id(const sx_segment *segment, sx_rows *rows, int64_t id, sx_seg_doc *doc, llm_error *err);
/* The row that holds the words of a unit and those after it. */
llm_status sx_segment_words(const sx_segment *segment, sx_rows *rows, uint32_t unit, sx_seg_row **out, llm_error *err);
static inline float sx_segment_mean(const sx_segment *segment, uint32_t lang)
{
    const sx_seg_stats *s = &segment->stats[lang];
    return s->leaves && s->words ? (float)((double)s->words / s->leaves) : 1;
}

/* Where a key's postings are: in the pinned row. */
typedef struct sx_seg_list {
    uint64_t key;
    uint32_t n;
    uint8_t max;             /* of a long list */
    const unsigned char *at; /* of a long list: the directory */
    sx_bits_in bits;         /* of a short one that was passed over */
} sx_seg_list;

/* The entries of a term row, one after another. */
typedef struct sx_seg_lists {
    const sx_seg_row *row;
    uint32_t n, next, n_units;
    int rice;
    uint64_t key;
    sx_bits_in in;
} sx_seg_lists;

sx_seg_lists sx_seg_lists_of(const sx_segment *segment, uint32_t nth, const sx_seg_row *row);
/* False at the end or where the row is damaged (lists->in.bad). */
bool sx_seg_next_list(sx_seg_lists *lists, sx_seg_list *list);
/* The same for who wants all postings: those of a short list (n below SX_BLOCK) are in units and codes then. */
bool sx_seg_take_list(sx_seg_lists *lists, sx_seg_list *list, uint32_t units[SX_BLOCK], uint32_t codes[SX_BLOCK]);
/* The number of a term row. */
uint32_t sx_segment_term_row(const sx_segment *segment, uint32_t nth);
/* list->n 0: no such key, and nothing is pinned. */
llm_status sx_segment_find(const sx_segment *segment, sx_rows *rows, uint64_t key, sx_seg_list *list, sx_seg_row **pin,
                           llm_error *err);

/* Walks a list by blocks. */
typedef struct sx_cursor {
    const sx_segment *segment;
    sx_rows *rows;
    sx_seg_list list;
    sx_seg_row *pin, *chunk_pin; /* of the list; of the chunk in hand */
    uint32_t n_blocks, block;    /* block n_blocks: the end */
    uint32_t chunk;              /* in hand, or UINT32_MAX */
    const unsigned char *meta, *body, *body_end;
    uint32_t decoded; /* the block in units, or UINT32_MAX */
    uint32_t count;
    const unsigned char *packed_codes, *packed_end; /* of that block, not looked at yet; NULL: in codes */
    uint32_t units[SX_BLOCK], codes[SX_BLOCK];
} sx_cursor;

/* Takes over pin. */
llm_status sx_cursor_open(sx_cursor *c, const sx_segment *segment, sx_rows *rows, const sx_seg_list *list,
                          sx_seg_row *pin, llm_error *err);
void sx_cursor_close(sx_cursor *c);
/* No unit of the present block is below this. */
uint32_t sx_cursor_begin(const sx_cursor *c);
/* Puts the cursor to the first block from the present one on that ends at `unit` or behind it. */
llm_status sx_cursor_seek(sx_cursor *c, uint32_t unit, llm_error *err);
/* The last unit and the greatest impact of a block in the chunk in hand or the next one; loads its chunk. */
llm_status sx_cursor_block(sx_cursor *c, uint32_t block, uint32_t *last, uint8_t *max, llm_error *err);
/* Fills units with the present block. */
llm_status sx_cursor_decode(sx_cursor *c, llm_error *err);
/* Then codes too. */
llm_status sx_cursor_codes(sx_cursor *c, llm_error *err);
/* The greatest impact of the list, which is of this language. */
llm_status sx_cursor_max(sx_cursor *c, uint32_t lang, llm_error *err);

#endif
