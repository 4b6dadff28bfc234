/* What may stand beside a match, worked out for all rules at once: a row of bits, one a rule, for each kind of neighbour. */
#include <string.h>

#include "guard/scan/chars.h"
#include "guard/scan/scan.h"

static bool listed(const char *set, unsigned c)
{
    for (; set != NULL && *set != 0; set++) {
        if ((unsigned char)*set == c) return true;
    }
    return false;
}

/* May a neighbour of this kind stand there? letters: the flag for letters beside it; any: that for anything. */
static bool allowed(unsigned side, const char *never, bool letters, bool any)
{
    if (side == 0) return true;
    if (listed(never, side)) return false;
    if (letters) return !sx_ascii_digit((int)side);
    return any || !(side == SX_SIDE_WORD || (side < SX_SIDE_WORD && sx_is_word(side)));
}

/* The number of a row, made when there is none like it. */
static llm_status row_of(sx_scan *scan, const uint64_t row[SX_RULE_WORDS], uint16_t *number, llm_error *err)
{
    size_t i = 0;
    while (i < scan->row_n && memcmp(scan->rows[i], row, sizeof scan->rows[i]) != 0) i++;
    if (i == scan->row_n) {
        if (sx_mem_grow(scan->mem, (void **)&scan->rows, &scan->row_cap, i + 1, sizeof *scan->rows))
            return sx_fail_memory(err);
        memcpy(scan->rows[scan->row_n++], row, sizeof scan->rows[i]);
    }
    *number = (uint16_t)i;
    return LLM_OK;
}

/* Both rows of a neighbour: as it is, and where it joins numbers and a digit stands behind it. */
static llm_status rows_of(sx_scan *scan, unsigned side, bool left, llm_error *err)
{
    uint64_t row[SX_RULE_WORDS] = {0}, joined[SX_RULE_WORDS] = {0};
    for (size_t r = 0; r < scan->rule_n; r++) {
        const sx_rule *rule = scan->rules[r];
        uint32_t letters = left ? SX_RULE_LEFT_LETTERS : SX_RULE_RIGHT_LETTERS;
        uint32_t any = left ? SX_RULE_LEFT_ANY : SX_RULE_RIGHT_ANY;
        uint64_t bit = (uint64_t)1 << (r % 64);
        if (!allowed(side, left ? rule->not_before : rule->not_after, rule->flags & letters, rule->flags & any))
            continue;
        row[r / 64] |= bit;
        if (!(rule->flags & SX_RULE_NUMBER)) joined[r / 64] |= bit;
    }
    uint16_t *at = scan->beside[left ? 0 : 1][side];
    llm_status status = row_of(scan, row, &at[0], err);
    return status == LLM_OK ? row_of(scan, joined, &at[1], err) : status;
}

llm_status sx_scan_make_beside(sx_scan *scan, llm_error *err)
{
    llm_status status = LLM_OK;
    for (unsigned side = 0; side < SX_SIDES && status == LLM_OK; side++) {
        status = rows_of(scan, side, true, err);
        if (status == LLM_OK) status = rows_of(scan, side, false, err);
    }
    return status;
}

const uint64_t *sx_scan_beside_right(const sx_scan *scan, const sx_window *w, size_t end)
{
    uint32_t cp = sx_window_at(w, end);
    bool number = sx_joins_numbers(cp) && end + 1 < w->avail && sx_ascii_digit((int)sx_window_at(w, end + 1));
    return scan->rows[scan->beside[1][sx_side(cp)][number]];
}
