/* What the matchers of split_match.c and split_words.c share with the driver in split.c; nobody else includes this. */
#ifndef SX_ENGINE_TEXT_SPLIT_PARTS_H
#define SX_ENGINE_TEXT_SPLIT_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/unicode.h"
#include "platform/utf8.h"

/* One piece of text under one rule. The last run of white space is remembered, so that rules which look to its end and
 * take a part of it stay linear. */
typedef struct scan {
    const char *s;
    size_t end;
    const uint16_t *ascii;        /* [128] classes */
    size_t space_from, space_end; /* the run: [from, end) */
    size_t space_last;            /* where its last character begins */
    size_t space_newline;         /* behind its last \r or \n; 0: none */
} scan;

typedef struct point {
    uint32_t c, cls; /* code point and its classes; both 0 at the end of the piece */
    size_t len;      /* 0 at the end of the piece */
} point;

static inline point at(const scan *t, size_t i)
{
    if (i >= t->end) return (point){0, 0, 0};
    unsigned char b = (unsigned char)t->s[i];
    if (b < 0x80) return (point){b, t->ascii[b], 1};
    point p;
    p.c = sx_utf8_next(t->s + i, t->end - i, &p.len);
    if (p.c == SX_UTF8_BAD) return (point){0xfffd, SX_UC_S, 1};
    p.cls = sx_uc_class(p.c);
    return p;
}

static inline bool newline(point p)
{
    return p.c == '\n' || p.c == '\r';
}

/* The end of the run of characters that have a class of the mask. */
static inline size_t run_of(const scan *t, size_t i, uint32_t mask)
{
    for (point p = at(t, i); p.cls & mask; p = at(t, i)) i += p.len;
    return i;
}

/* The end of the run of characters that have none of the mask. */
static inline size_t run_not(const scan *t, size_t i, uint32_t mask)
{
    for (point p = at(t, i); p.len && !(p.cls & mask); p = at(t, i)) i += p.len;
    return i;
}

typedef struct range {
    uint32_t lo, hi;
} range;

/* A rule's matcher: the end of the match that begins at i, or i when none does. It may then set *skip to the first place
 * behind i where one could begin. */
typedef struct rule rule;
typedef size_t (*match_fn)(scan *t, size_t i, const rule *r, size_t *skip);

struct rule {
    match_fn match;      /* NULL ends a list of rules */
    uint32_t mask;       /* classes meant by the matcher */
    const range *ranges; /* characters besides, sorted, {0,0} at the end; or NULL */
    unsigned min, max;   /* characters; max 0: any number */
    unsigned flags;      /* of the matcher */
};

enum {
    SPACE_BEFORE = 1, /* one white space may come before */
    SLASH = 2,        /* a run of punctuation may end in newlines and slashes */
    NO_NEWLINES = 4,  /* a run of punctuation ends before newlines */
    NO_CONTRACTION = 8,
    HAN_APART = 16,    /* runs of Han are words of their own */
    SPACE_STEPS = 32,  /* runs of white space are cut at powers of two */
    WORD_SPACES = 64,  /* single spaces between letters do not end a word */
    ONE_NEWLINE = 256, /* a run of punctuation takes one newline or slash at most */
    ANY_END = 128      /* a number may run into a letter */
};

/* split_match.c */
bool sx_split_listed(const range *ranges, uint32_t c); /* ranges sorted, or NULL */
size_t sx_match_run(scan *t, size_t i, const rule *r, size_t *skip);
size_t sx_match_trailing_space(scan *t, size_t i, const rule *r, size_t *skip);
size_t sx_match_bloom(scan *t, size_t i, const rule *r, size_t *skip);
size_t sx_match_digit_groups(scan *t, size_t i, const rule *r, size_t *skip);
size_t sx_match_digit_cuts(scan *t, size_t i, const rule *r, size_t *skip);
size_t sx_match_number_bytes(scan *t, size_t i, const rule *r, size_t *skip);
size_t sx_match_newline_runs(scan *t, size_t i, const rule *r, size_t *skip);
/* split_words.c */
size_t sx_match_gpt2(scan *t, size_t i, const rule *r, size_t *skip);
size_t sx_match_words(scan *t, size_t i, const rule *r, size_t *skip);
size_t sx_match_cased(scan *t, size_t i, const rule *r, size_t *skip);
size_t sx_match_deepseek3(scan *t, size_t i, const rule *r, size_t *skip);

#endif
