#include "retrieve/rank/spans.h"

sx_spans sx_spans_of(const sx_tree *tree, uint32_t passage)
{
    const sx_node *node = &tree->nodes[passage];
    return (sx_spans){tree, passage + 1, node->depth, node->start, node->end};
}

/* Nodes stand in reading order, so those below the passage follow it directly. */
bool sx_spans_next(sx_spans *s, uint32_t *start, uint32_t *end)
{
    if (s->at >= s->end) return false;
    while (s->node < s->tree->count && s->tree->nodes[s->node].depth > s->depth &&
           (s->tree->nodes[s->node].n_children || s->tree->nodes[s->node].end <= s->at))
        s->node++;
    *start = s->at;
    const sx_node *next = s->node < s->tree->count ? &s->tree->nodes[s->node] : NULL;
    if (!next || next->depth <= s->depth)
        *end = s->end;
    else if (next->start > s->at)
        *end = next->start;
    else {
        *end = next->end;
        s->node++;
    }
    s->at = *end;
    return true;
}
