/* The compiled rules of a guard and the search for those that begin at one place. */
#ifndef SX_GUARD_SCAN_SCAN_H
#define SX_GUARD_SCAN_SCAN_H

#include "guard/scan/context.h"
#include "guard/scan/pattern.h"
#include "guard/scan/rules.h"

#define SX_FOLD_SKIP  0xfeu /* a continuation byte of a character that folds to one byte */
#define SX_FOLD_NONE  0xfdu /* a byte of an invisible character: rules read past it */
#define SX_FOLD_BAD   0xffu /* a byte that is no UTF-8 */
#define SX_SPAN_MAX   4096u /* longest finding of a rule, bytes */
#define SX_ACCEPT_MAX 24u
#define SX_RULES_MAX  512u
#define SX_RULE_WORDS (SX_RULES_MAX / 64)

/* Kinds of neighbours: a plain character, of the others those that are part of a token and the rest. 0: none. */
enum { SX_SIDE_WORD = 128, SX_SIDE_OTHER, SX_SIDES };

/* Bytes that rules read past. */
static inline bool sx_fold_skips(uint8_t b)
{
    return b == SX_FOLD_SKIP || b == SX_FOLD_NONE;
}

/* Signs inside of numbers. */
static inline bool sx_joins_numbers(uint32_t cp)
{
    return cp == '.' || cp == ',' || cp == '-' || cp == '/';
}

/* What rules tell apart of what stands before them: a digit, another part of a token (sx_is_word), anything else. */
enum { SX_BEHIND_DIGIT, SX_BEHIND_LETTER, SX_BEHIND_OTHER, SX_BEHIND };

/* What is known of a rule before its check is asked. */
typedef struct sx_fact {
    float score, raised; /* without a context word, and with one */
    float most;          /* the highest without */
    uint16_t span;       /* longest match; UINT16_MAX: any */
    bool required;       /* never counts without a context word */
    bool context;        /* nor where a threshold is set */
    bool affirms;        /* its check may give a score */
    bool apart;          /* it never begins inside of a word */
} sx_fact;

/* Compiled once, then read by any number of streams. */
typedef struct sx_scan {
    sx_mem *mem;
    sx_dfa_pool pool;
    const sx_rule **rules; /* [rule_n] */
    sx_dfa *dfas;          /* [rule_n] */
    uint16_t *type_of;     /* [rule_n] index of the rule's type */
    sx_fact *facts;        /* [rule_n] */
    size_t rule_n, rule_cap, dfa_cap, type_cap;
    /* rules by their first two bytes: those that may follow a digit, a letter, then all. Bytes that no rule tells apart there
     * share a class. */
    uint8_t head_class[256];
    uint32_t heads;
    uint16_t *lists;
    size_t list_n, list_cap;
    uint32_t *list_at; /* [SX_BEHIND * heads * heads + 1] */
    uint64_t *quiet;   /* a bit per list: no rule is in it */
    /* rows of bits of the rules that a neighbour allows: [left or right][its kind][a number goes on behind it] */
    uint64_t (*rows)[SX_RULE_WORDS];
    size_t row_n, row_cap;
    uint16_t beside[2][SX_SIDES][2];
    sx_context context;
    bool loose[SX_TYPE_MAX]; /* a context word of the type ends with a sign or a digit */
    uint32_t type_n;
} sx_scan;

/* The rules of the tables, compiled. folder: as of sx_words_build. */
llm_status sx_scan_init(sx_scan *scan, sx_mem *mem, const char *folder, llm_error *err);
/* Rules of somebody else's: begin, add rules and words of context, end. The rules must outlive the scan; their types are numbered
 * by the caller. After a failure only sx_scan_free. */
void sx_scan_begin(sx_scan *scan, sx_mem *mem);
llm_status sx_scan_add_rule(sx_scan *scan, sx_pattern_compiler *compiler, const sx_rule *rule, uint32_t type,
                            llm_error *err);
llm_status sx_scan_add_context(sx_scan *scan, uint32_t type, const char *word, size_t len, llm_error *err);
llm_status sx_scan_end(sx_scan *scan, llm_error *err);
void sx_scan_free(sx_scan *scan);

/* The text as a stream sees it: parallel arrays of original and folded bytes, [0, avail) whole characters. */
typedef struct sx_window {
    const char *text;
    const uint8_t *fold;
    size_t avail;
    bool last; /* nothing follows avail */
} sx_window;

/* One rule tried at one place, resumable. */
typedef struct sx_run {
    uint16_t rule;  /* within its scan */
    bool extra;     /* the caller's: a rule of its second scan */
    bool settled;   /* nothing can change its outcome */
    uint16_t state; /* SX_PATTERN_DEAD: decided */
    uint32_t at;    /* next offset to read, from the start */
    uint32_t count; /* accepted ends so far, the last SX_ACCEPT_MAX kept */
    uint16_t ends[SX_ACCEPT_MAX];
} sx_run;

/* The list of rules that can begin with these two bytes behind what stands before: its rules are scan->lists
 * [scan->list_at[list], scan->list_at[list + 1]). */
static inline uint32_t sx_scan_list(const sx_scan *scan, uint32_t behind, uint8_t first, uint8_t second)
{
    return (behind * scan->heads + scan->head_class[first]) * scan->heads + scan->head_class[second];
}

static inline bool sx_scan_list_empty(const sx_scan *scan, uint32_t list)
{
    return (scan->quiet[list / 64] >> (list % 64) & 1) != 0;
}

/* What stands before a place, worked out once for all rules. */
typedef struct sx_before {
    uint32_t cp;     /* 0 at the beginning */
    bool word;       /* sx_is_word */
    uint32_t behind; /* sx_behind */
    bool number;     /* cp joins numbers and a digit stands before it */
} sx_before;

sx_before sx_window_look_back(const sx_window *w, size_t at);

/* Fills the rows of bits; part of sx_scan_end. (beside.c) */
llm_status sx_scan_make_beside(sx_scan *scan, llm_error *err);
/* The rules that may end where `end` is. (beside.c) */
const uint64_t *sx_scan_beside_right(const sx_scan *scan, const sx_window *w, size_t end);
static inline bool sx_row_has(const uint64_t *row, uint16_t rule)
{
    return (row[rule / 64] >> (rule % 64) & 1) != 0;
}

/* Goes on with a run that began at `start`; true when nothing behind the window can change its outcome. */
bool sx_run_advance(const sx_scan *scan, const sx_window *w, size_t start, size_t max_span, sx_run *run);

#define SX_TRIES_MAX 10u /* ends that are checked before a match is given up: more would make hostile texts slow */

/* The text from a place on as checks see it, copied once for all of them. */
typedef struct sx_copy {
    char *text;      /* [SX_SPAN_MAX + 1] */
    size_t plain;    /* bytes from the place that are in it, one for one */
    size_t end, len; /* the match that stands in it ends there in the window; 0: none */
    char behind;     /* what its final NUL stands on */
    uint32_t before, after;
    sx_shared shared;
} sx_copy;

/* A new place. */
void sx_copy_begin(sx_copy *copy, uint32_t before);
/* Asks the rule's check of the match [start, end), whose sides are allowed. False: it is none. */
bool sx_rule_check(const sx_rule *rule, const sx_window *w, size_t start, size_t end, sx_copy *copy, size_t *begin,
                   float *score);
/* What a finished run found: the longest end that its boundaries and check allow, and where the finding begins. False:
 * nothing. */
bool sx_run_result(const sx_scan *scan, const sx_window *w, size_t start, const sx_run *run, sx_copy *copy,
                   size_t *begin, size_t *end, float *score);

/* Looks for words of context that begin in [from, to) and end by `to`: began of a word's type becomes where it begins, counted from
 * the window's start at `base`, and one. Where to go on from when more has come: what begins there may be longer. (context.c) */
size_t sx_scan_context(const sx_scan *scan, const sx_window *w, size_t from, size_t to, uint64_t base,
                       uint64_t began[SX_TYPE_MAX]);

/* Letters, marks and digits of scripts that are written with spaces, and the underscore: what a token is made of. */
bool sx_is_word(uint32_t cp);
/* SX_BEHIND_* of a code point, 0 for the beginning. */
static inline uint32_t sx_behind(uint32_t cp)
{
    if (cp >= '0' && cp <= '9') return SX_BEHIND_DIGIT;
    return cp != 0 && sx_is_word(cp) ? SX_BEHIND_LETTER : SX_BEHIND_OTHER;
}
/* Does a Han character of three bytes, U+4E00 to U+9FFF, stand at the beginning of n bytes? Rules read it as it is, and it is no
 * part of a token. */
static inline bool sx_han_at(const char *s, size_t n)
{
    const unsigned char *b = (const unsigned char *)s;
    return n >= 3 && b[0] >= 0xe4 && b[0] <= 0xe9 && (b[0] > 0xe4 || b[1] >= 0xb8) && (b[1] & 0xc0) == 0x80 &&
           (b[2] & 0xc0) == 0x80;
}

/* The code point before / at an offset, folded; 0 at the end, SX_UTF8_BAD for broken bytes. */
uint32_t sx_window_before(const sx_window *w, size_t at);
uint32_t sx_window_wide(const sx_window *w, size_t at);

/* SX_SIDES of a code point. */
static inline unsigned sx_side(uint32_t cp)
{
    return cp < 0x80 ? cp : sx_is_word(cp) ? SX_SIDE_WORD : SX_SIDE_OTHER;
}

/* The rules that may begin behind what stands before. */
static inline const uint64_t *sx_scan_beside_left(const sx_scan *scan, const sx_before *before)
{
    unsigned side = before->cp < 0x80 ? before->cp : before->word ? SX_SIDE_WORD : SX_SIDE_OTHER;
    return scan->rows[scan->beside[0][side][before->number]];
}

static inline uint32_t sx_window_at(const sx_window *w, size_t at)
{
    if (at >= w->avail) return 0;
    return w->fold[at] < 0x80 ? w->fold[at] : sx_window_wide(w, at);
}

/* Writes the folded byte(s) of the character at s (len bytes) to fold. */
void sx_fold_char(uint32_t cp, const char *s, size_t len, uint8_t *fold);

#endif
