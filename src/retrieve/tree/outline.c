/* Outlines: gathering blocks, cutting long stretches at sentence ends, joining small neighbours. The sizes are chosen so
 * that a paragraph is read at a glance and fits whole into what a citation shows. */
#include "retrieve/tree/outline.h"

#include <string.h>

#include "platform/utf8.h"
#include "retrieve/read/sentence.h"

enum {
    WHOLE_CHARS = 1900, /* a paragraph up to here stays in one piece */
    PIECE_CHARS = 1200, /* about the size of the pieces of a longer one */
    PACK_CHARS = 900,   /* small neighbours are joined up to here */
    ALONE_CHARS = 450,  /* what is longer is no small neighbour */
    TINY_CHARS = 40     /* what is no paragraph at all joins any neighbour */
};

void sx_outline_init(sx_outline *outline, sx_mem *mem, const char *text, size_t len)
{
    *outline = (sx_outline){.mem = mem, .text = text, .text_len = len, .max_nodes = SX_NODES_MAX};
}

void sx_outline_free(sx_outline *outline)
{
    sx_mem_free(outline->mem, outline->blocks);
    outline->blocks = NULL;
    outline->count = outline->cap = 0;
}

static void add_block(sx_outline *outline, sx_block block)
{
    if (outline->failed) return;
    if (outline->count >= outline->max_nodes) {
        outline->failed = true;
        return;
    }
    if (sx_mem_grow(outline->mem, (void **)&outline->blocks, &outline->cap, outline->count + 1, sizeof block)) {
        outline->failed = true;
        return;
    }
    outline->blocks[outline->count++] = block;
}

void sx_outline_heading(sx_outline *outline, uint16_t level, size_t start, size_t end, size_t title_start,
                        size_t title_end, uint8_t flags)
{
    title_start = sx_skip_space(outline->text, title_start, title_end);
    title_end = sx_trim_space(outline->text, title_start, title_end);
    if (title_start >= title_end) title_start = title_end = start; /* as an empty title is loaded */
    end = sx_trim_space(outline->text, start, end);
    add_block(outline, (sx_block){(uint32_t)start, (uint32_t)end, (uint32_t)title_start, (uint32_t)title_end, level,
                                  SX_BLOCK_HEADING, flags});
}

void sx_outline_close(sx_outline *outline, uint16_t level, size_t at)
{
    add_block(outline, (sx_block){(uint32_t)at, (uint32_t)at, (uint32_t)at, (uint32_t)at, level, SX_BLOCK_CLOSE, 0});
}

static void add_piece(sx_outline *outline, size_t start, size_t end, uint8_t flags)
{
    start = sx_skip_space(outline->text, start, end);
    end = sx_trim_space(outline->text, start, end);
    if (start < end)
        add_block(outline, (sx_block){(uint32_t)start, (uint32_t)end, (uint32_t)start, (uint32_t)start, 0,
                                      SX_BLOCK_PARAGRAPH, flags});
}

/* Where to cut a stretch without sentence ends: after at most `chars` code points, better at a line end, a clause or a
 * blank in its second half. Always beyond start. */
static size_t hard_cut(const char *text, size_t start, size_t end, size_t chars)
{
    size_t line = 0, clause = 0, blank = 0, i = start, seen = 0;
    while (i < end && seen < chars) {
        size_t n;
        uint32_t cp = sx_utf8_next(text + i, end - i, &n);
        i += n;
        seen++;
        if (seen <= chars / 2) continue;
        if (cp == '\n')
            line = i;
        else if (cp == ' ' || cp == 0x3000)
            blank = i;
        else if (cp == ';' || cp == 0xFF1B || cp == 0xFF0C || cp == 0x3001)
            clause = i;
    }
    if (i >= end) return end;
    return line ? line : clause ? clause : blank ? blank : i;
}

/* Cuts [start, end), which holds `chars` code points, into pieces of about equal size at sentence ends. */
static void add_pieces(sx_outline *outline, size_t start, size_t end, size_t chars, uint8_t flags)
{
    const char *text = outline->text;
    size_t pieces = (chars + PIECE_CHARS - 1) / PIECE_CHARS, target = chars / pieces;
    size_t piece = start, piece_chars = 0, at = start;
    while (at < end && !outline->failed) {
        size_t stop = (flags & SX_BLOCK_WHOLE) ? end : sx_sentence_end(text, at, end, (flags & SX_BLOCK_LINES) != 0);
        size_t n = sx_count_chars(text, at, stop);
        while (n > PIECE_CHARS + PIECE_CHARS / 2) { /* a sentence too long to be one piece */
            if (piece_chars) add_piece(outline, piece, at, flags);
            size_t cut = hard_cut(text, at, stop, PIECE_CHARS);
            add_piece(outline, at, cut, flags);
            n -= sx_count_chars(text, at, cut);
            at = piece = cut;
            piece_chars = 0;
        }
        if (piece_chars && piece_chars + n > target + target / 4) {
            add_piece(outline, piece, at, flags);
            piece = at;
            piece_chars = 0;
        }
        piece_chars += n;
        at = stop;
        if (piece_chars >= target) {
            add_piece(outline, piece, at, flags);
            piece = at;
            piece_chars = 0;
        }
    }
    add_piece(outline, piece, end, flags);
}

void sx_outline_paragraph(sx_outline *outline, size_t start, size_t end, uint8_t flags)
{
    start = sx_skip_space(outline->text, start, end);
    end = sx_trim_space(outline->text, start, end);
    if (start >= end) return;
    size_t chars = end - start <= WHOLE_CHARS ? 0 : sx_count_chars(outline->text, start, end);
    if (chars <= WHOLE_CHARS)
        add_piece(outline, start, end, flags);
    else
        add_pieces(outline, start, end, chars, flags);
}

void sx_pack_add(sx_pack *pack, size_t start, size_t end)
{
    const char *text = pack->outline->text;
    start = sx_skip_space(text, start, end);
    end = sx_trim_space(text, start, end);
    if (start >= end) return;
    size_t chars = sx_count_chars(text, start, end);
    size_t limit = pack->limit ? pack->limit : PACK_CHARS, alone = pack->alone ? pack->alone : ALONE_CHARS;
    bool joins = pack->chars + chars <= limit && (chars <= alone || pack->chars <= alone / 2);
    if (pack->chars <= TINY_CHARS || chars <= TINY_CHARS)
        joins |= pack->chars + chars <= WHOLE_CHARS; /* page numbers */
    if (pack->chars && !joins) sx_pack_flush(pack);
    if (pack->chars == 0) pack->start = start;
    pack->end = end;
    pack->chars += chars;
}

void sx_pack_flush(sx_pack *pack)
{
    if (pack->chars) sx_outline_paragraph(pack->outline, pack->start, pack->end, pack->flags);
    pack->chars = 0;
}

void sx_outline_settle(sx_outline *outline)
{
    sx_block *blocks = outline->blocks;
    size_t kept = 0;
    for (size_t i = 0; i < outline->count; i++) {
        sx_block block = blocks[i];
        bool empty = i + 1 == outline->count ||
                     (blocks[i + 1].kind == SX_BLOCK_HEADING && blocks[i + 1].level <= block.level);
        if (block.kind == SX_BLOCK_HEADING && (block.flags & SX_BLOCK_WEAK) && empty) {
            block = (sx_block){block.start, block.end, block.start, block.start, 0, SX_BLOCK_PARAGRAPH, SX_BLOCK_LINES};
            /* lines of a title page come one after the other: they are one paragraph */
            if (kept && blocks[kept - 1].kind == SX_BLOCK_PARAGRAPH && (blocks[kept - 1].flags & SX_BLOCK_WEAK) &&
                block.end - blocks[kept - 1].start <= PACK_CHARS) {
                blocks[kept - 1].end = block.end;
                continue;
            }
            block.flags |= SX_BLOCK_WEAK;
        }
        blocks[kept++] = block;
    }
    outline->count = kept;
}
