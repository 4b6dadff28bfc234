/* A built automaton as parts of a kept file, and back. What follows from the trie is made anew; the links of failure, which
 * cost most, are taken over after a look at each. */
#include <string.h>

#include "guard/scan/ac_parts.h"

enum { CHILDREN, LABEL, FAIL, ENDS, VALUE_AT, VALUES };

void sx_ac_parts(const sx_ac *ac, sx_kept_part parts[SX_AC_PARTS])
{
    const size_t n = ac->node_n;
    parts[CHILDREN] = (sx_kept_part){ac->children, n};
    parts[LABEL] = (sx_kept_part){ac->label, n};
    parts[FAIL] = (sx_kept_part){ac->fail, n * sizeof *ac->fail};
    parts[ENDS] = (sx_kept_part){ac->ends, (n / 64 + 1) * sizeof *ac->ends};
    parts[VALUE_AT] = (sx_kept_part){ac->value_at, (ac->end_n + 1) * sizeof *ac->value_at};
    parts[VALUES] = (sx_kept_part){ac->values, ac->word_n * sizeof *ac->values};
}

static bool borrow(sx_ac *ac, const sx_kept *kept)
{
    size_t labels = 0, fails = 0, ends = 0, values_at = 0;
    ac->children = (uint8_t *)sx_kept_array(kept, CHILDREN, 1, &ac->node_n);
    ac->label = (uint8_t *)sx_kept_array(kept, LABEL, 1, &labels);
    ac->fail = (uint32_t *)sx_kept_array(kept, FAIL, sizeof *ac->fail, &fails);
    ac->ends = (uint64_t *)sx_kept_array(kept, ENDS, sizeof *ac->ends, &ends);
    ac->value_at = (uint32_t *)sx_kept_array(kept, VALUE_AT, sizeof *ac->value_at, &values_at);
    ac->values = (uint32_t *)sx_kept_array(kept, VALUES, sizeof *ac->values, &ac->word_n);
    ac->end_n = values_at - (values_at > 0);
    return ac->children && ac->label && ac->fail && ac->ends && ac->value_at && ac->values && ac->node_n > 1 &&
           ac->node_n < UINT32_MAX && labels == ac->node_n && fails == ac->node_n && ends == ac->node_n / 64 + 1 &&
           values_at > 0;
}

/* Nodes stand level by level: the children of those of one level are the next. */
static bool find_levels(sx_ac *ac)
{
    size_t node = 0, end = 1, laid = 1;
    for (ac->levels = 0; node < end; ac->levels++) {
        if (ac->levels > SX_AC_BYTES_MAX) return false;
        ac->level[ac->levels] = (uint32_t)node;
        for (; node < end; node++) {
            if (node % 8 == 0) ac->first[node / 8] = (uint32_t)laid;
            laid += ac->children[node];
        }
        if (laid > ac->node_n) return false;
        end = laid;
    }
    ac->level[ac->levels] = (uint32_t)ac->node_n;
    return laid == ac->node_n;
}

/* Each link leads to a level further up, so that following them ends at the root. */
static bool links_rise(const sx_ac *ac)
{
    if (ac->fail[0] != SX_AC_ROOT) return false;
    for (uint32_t depth = 1; depth < ac->levels; depth++)
        for (uint32_t k = ac->level[depth]; k < ac->level[depth + 1]; k++)
            if (ac->fail[k] >= ac->level[depth]) return false;
    return true;
}

static bool values_fit(const sx_ac *ac, uint32_t limit)
{
    if (ac->value_at[0] != 0 || ac->value_at[ac->end_n] != ac->word_n) return false;
    for (size_t i = 0; i < ac->end_n; i++)
        if (ac->value_at[i] > ac->value_at[i + 1]) return false;
    for (size_t i = 0; i < ac->word_n; i++)
        if (ac->values[i] >= limit) return false;
    return true;
}

/* As many ends as there are values for, none at the root, none behind the last node. */
static bool ends_fit(const sx_ac *ac)
{
    size_t n = 0;
    for (size_t w = 0; w <= ac->node_n / 64; w++) n += (size_t)__builtin_popcountll(ac->ends[w]);
    return n == ac->end_n && (ac->ends[0] & 1) == 0 && ac->ends[ac->node_n / 64] >> (ac->node_n % 64) == 0;
}

bool sx_ac_take(sx_ac *ac, sx_kept *kept, uint32_t limit)
{
    sx_mem *mem = ac->mem;
    sx_ac_free(ac);
    const bool sound = borrow(ac, kept) && values_fit(ac, limit) && ends_fit(ac);
    if (sound) ac->first = sx_mem_array(mem, ac->node_n / 8 + 1, sizeof *ac->first);
    if (sound && ac->first && find_levels(ac) && links_rise(ac) && sx_ac_derive(ac)) {
        ac->kept = *kept;
        *kept = (sx_kept){0};
        return true;
    }
    sx_mem_free(mem, ac->first);
    sx_mem_free(mem, ac->reports);
    sx_mem_free(mem, ac->rank);
    sx_ac_init(ac, mem);
    return false;
}
