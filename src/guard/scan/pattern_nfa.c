/* Pattern text to a Thompson automaton, by recursive descent. A counted repeat reads its atom again for each copy. */
#include "guard/scan/pattern_nfa.h"

#include <stdbool.h>
#include <string.h>

#include "platform/utf8.h"

enum { DEPTH_MAX = 24, NODE_MAX = 30000, REPEAT_MAX = 1000 };

/* A piece of automaton: the nodes from lo to the newest at the time; its ends are the outs still NONE among them. */
typedef struct frag {
    uint16_t in;
    size_t lo;
} frag;

typedef struct parser {
    sx_nfa *nfa;
    const char *at;
    bool fold; /* (?i) */
    unsigned depth;
    bool anchor; /* stopped at one */
    llm_status status;
} parser;

static frag parse_alternation(parser *p);

static void add_range(sx_nfa_set *set, unsigned lo, unsigned hi)
{
    for (unsigned b = lo; b <= hi; b++) set->bits[b >> 6] |= (uint64_t)1 << (b & 63);
}

static void fold_set(sx_nfa_set *set)
{
    for (unsigned c = 'a'; c <= 'z'; c++) {
        if (sx_nfa_has(set, (uint8_t)c) || sx_nfa_has(set, (uint8_t)(c - 32))) {
            add_range(set, c, c);
            add_range(set, c - 32, c - 32);
        }
    }
}

static void bad(parser *p)
{
    if (p->status == LLM_OK) p->status = LLM_E_FORMAT;
}

static uint16_t new_node(parser *p, uint16_t kind, uint16_t set)
{
    sx_nfa *n = p->nfa;
    if (p->status == LLM_OK && n->node_n >= NODE_MAX) p->status = LLM_E_LIMIT;
    if (p->status == LLM_OK && sx_mem_grow(n->mem, (void **)&n->nodes, &n->node_cap, n->node_n + 1, sizeof *n->nodes))
        p->status = LLM_E_MEMORY;
    if (p->status != LLM_OK) return 0;
    n->nodes[n->node_n] = (sx_nfa_node){kind, set, SX_NFA_NONE, SX_NFA_NONE};
    return (uint16_t)n->node_n++;
}

static frag set_node(parser *p, const sx_nfa_set *given)
{
    sx_nfa *n = p->nfa;
    sx_nfa_set set = *given;
    if (p->fold) fold_set(&set);
    size_t i = 0;
    while (i < n->set_n && memcmp(&n->sets[i], &set, sizeof set) != 0) i++;
    if (i == n->set_n && p->status == LLM_OK) {
        if (sx_mem_grow(n->mem, (void **)&n->sets, &n->set_cap, n->set_n + 1, sizeof *n->sets)) {
            p->status = LLM_E_MEMORY;
        } else {
            n->sets[n->set_n++] = set;
        }
    }
    frag f = {.lo = n->node_n};
    f.in = new_node(p, SX_NFA_SET, (uint16_t)i);
    return f;
}

static frag byte_range(parser *p, unsigned lo, unsigned hi)
{
    sx_nfa_set set = {{0}};
    add_range(&set, lo, hi);
    return set_node(p, &set);
}

/* Joins the loose ends of the nodes [lo, hi) to target. */
static void patch(parser *p, size_t lo, size_t hi, uint16_t target)
{
    sx_nfa *n = p->nfa;
    if (p->status != LLM_OK) return;
    for (size_t i = lo; i < hi; i++) {
        sx_nfa_node *node = &n->nodes[i];
        if (node->out == SX_NFA_NONE) node->out = target;
        if (node->kind == SX_NFA_SPLIT && node->out2 == SX_NFA_NONE) node->out2 = target;
    }
}

static frag join(parser *p, frag a, frag b)
{
    patch(p, a.lo, b.lo, b.in);
    return (frag){a.in, a.lo};
}

static frag either(parser *p, frag a, frag b)
{
    uint16_t s = new_node(p, SX_NFA_SPLIT, 0);
    if (p->status != LLM_OK) return a;
    p->nfa->nodes[s].out = a.in;
    p->nfa->nodes[s].out2 = b.in;
    return (frag){s, a.lo};
}

static frag nothing(parser *p)
{
    frag f = {.lo = p->nfa->node_n};
    f.in = new_node(p, SX_NFA_SPLIT, 0);
    return f;
}

static frag optional(parser *p, frag a)
{
    uint16_t s = new_node(p, SX_NFA_SPLIT, 0);
    if (p->status == LLM_OK) p->nfa->nodes[s].out = a.in;
    return (frag){s, a.lo};
}

static frag repeated(parser *p, frag a, bool at_least_once)
{
    size_t hi = p->nfa->node_n;
    uint16_t s = new_node(p, SX_NFA_SPLIT, 0);
    patch(p, a.lo, hi, s);
    if (p->status == LLM_OK) p->nfa->nodes[s].out = a.in;
    return (frag){at_least_once ? a.in : s, a.lo};
}

/* One character of the pattern as the bytes of its UTF-8. */
static frag literal(parser *p)
{
    size_t len;
    if (sx_utf8_next(p->at, strlen(p->at), &len) == SX_UTF8_BAD) bad(p);
    frag f = byte_range(p, (unsigned char)p->at[0], (unsigned char)p->at[0]);
    for (size_t i = 1; i < len; i++) {
        unsigned char b = (unsigned char)p->at[i];
        f = join(p, f, byte_range(p, b, b));
    }
    p->at += len;
    return f;
}

/* The set behind a letter escape; false when c names none. */
static bool named_set(char c, sx_nfa_set *set)
{
    sx_nfa_set s = {{0}};
    char lower = (char)(c | 32);
    if (lower == 'd' || lower == 'w') add_range(&s, '0', '9');
    if (lower == 'w') {
        add_range(&s, 'a', 'z');
        add_range(&s, 'A', 'Z');
        add_range(&s, '_', '_');
    }
    if (lower == 's') {
        add_range(&s, ' ', ' ');
        add_range(&s, '\t', '\r');
    }
    if (c == 'N') {
        add_range(&s, 0x80, 0xf4);
    } else if (c == 'D' || c == 'W' || c == 'S') {
        for (unsigned i = 0; i < 2; i++) s.bits[i] = ~s.bits[i];
    } else if (c != 'd' && c != 'w' && c != 's') {
        return false;
    }
    for (unsigned i = 0; i < 4; i++) set->bits[i] |= s.bits[i];
    return true;
}

static char escaped(char c)
{
    return c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
}

/* A class: its ASCII part is one set, every other character of it an alternative of its own. */
static frag parse_class(parser *p)
{
    sx_nfa_set set = {{0}};
    frag wide = {0};
    bool has_wide = false, negated = *p->at == '^';
    if (negated) p->at++;
    while (*p->at != ']' && p->status == LLM_OK) {
        if (*p->at == 0) {
            bad(p);
        } else if ((unsigned char)*p->at >= 0x80) {
            frag one = literal(p);
            wide = has_wide ? either(p, wide, one) : one;
            has_wide = true;
        } else if (*p->at == '\\' && named_set(p->at[1], &set)) {
            p->at += 2;
        } else {
            char lo = *p->at == '\\' ? escaped(*++p->at) : *p->at;
            char hi = lo;
            p->at++;
            if (p->at[0] == '-' && p->at[1] != ']' && p->at[1] > 0) {
                hi = p->at[1];
                p->at += 2;
            }
            if (lo <= 0 || hi < lo)
                bad(p);
            else
                add_range(&set, (unsigned char)lo, (unsigned char)hi);
        }
    }
    if (*p->at == ']') p->at++;
    if (negated) {
        if (p->fold) fold_set(&set);
        for (unsigned i = 0; i < 2; i++) set.bits[i] = ~set.bits[i];
        set.bits[0] &= ~(uint64_t)1;
    }
    bool empty = (set.bits[0] | set.bits[1] | set.bits[2] | set.bits[3]) == 0;
    if (!has_wide) return set_node(p, &set);
    return empty ? wide : either(p, wide, set_node(p, &set));
}

/* \H: an ideograph of the basic plane. */
static frag han(parser *p)
{
    frag f = byte_range(p, 0xe4, 0xe9);
    f = join(p, f, byte_range(p, 0x80, 0xbf));
    return join(p, f, byte_range(p, 0x80, 0xbf));
}

static frag parse_atom(parser *p)
{
    sx_nfa_set set = {{0}};
    char c = *p->at;
    if (c == '(') {
        if (p->depth >= DEPTH_MAX) bad(p);
        if (p->status != LLM_OK) return (frag){0};
        p->at++;
        p->depth++;
        frag f = parse_alternation(p);
        p->depth--;
        if (*p->at == ')')
            p->at++;
        else
            bad(p);
        return f;
    }
    if (c == '[') {
        p->at++;
        return parse_class(p);
    }
    if (c == '.') {
        p->at++;
        add_range(&set, 1, 0x7f);
        set.bits[0] &= ~((uint64_t)1 << '\n');
        return set_node(p, &set);
    }
    if (c == '\\' && p->at[1] == 'H') {
        p->at += 2;
        return han(p);
    }
    if (c == '\\' && named_set(p->at[1], &set)) {
        p->at += 2;
        return set_node(p, &set);
    }
    if (c == '\\' && p->at[1] > 0) {
        unsigned char b = (unsigned char)escaped(p->at[1]);
        p->at += 2;
        return byte_range(p, b, b);
    }
    p->anchor = p->status == LLM_OK && (c == '^' || c == '$');
    if (p->anchor || c == 0 || c == '*' || c == '+' || c == '?' || c == '{') bad(p);
    if (p->status != LLM_OK) return (frag){0};
    return literal(p);
}

static unsigned parse_number(parser *p)
{
    unsigned n = 0;
    if (*p->at < '0' || *p->at > '9') bad(p);
    while (*p->at >= '0' && *p->at <= '9') {
        n = n * 10 + (unsigned)(*p->at++ - '0');
        if (n > REPEAT_MAX) bad(p), n = 0;
    }
    return n;
}

/* {n}, {n,}, {n,m} behind an atom whose text begins at `source`; `first` is its first copy. */
static frag parse_counted(parser *p, const char *source, frag first)
{
    p->at++;
    unsigned lo = parse_number(p), hi = lo;
    bool open = false;
    if (*p->at == ',') {
        p->at++;
        open = *p->at == '}';
        hi = open ? lo : parse_number(p);
    }
    if (*p->at == '}')
        p->at++;
    else
        bad(p);
    if (hi < lo || (hi == 0 && !open)) bad(p);
    const char *after = p->at;
    unsigned copies = open && lo == 0 ? 1 : hi;
    frag all = first;
    for (unsigned i = 0; i < copies && p->status == LLM_OK; i++) {
        frag one = first;
        if (i > 0) {
            p->at = source;
            one = parse_atom(p);
        }
        if (open && i + 1 == copies)
            one = repeated(p, one, lo > 0);
        else if (i >= lo)
            one = optional(p, one);
        all = i > 0 ? join(p, all, one) : one;
    }
    p->at = after;
    return all;
}

static frag parse_repeat(parser *p)
{
    const char *source = p->at;
    frag f = parse_atom(p);
    if (p->status != LLM_OK) return f;
    switch (*p->at) {
    case '?': p->at++; return optional(p, f);
    case '*': p->at++; return repeated(p, f, false);
    case '+': p->at++; return repeated(p, f, true);
    case '{': return parse_counted(p, source, f);
    default: return f;
    }
}

static frag parse_sequence(parser *p)
{
    if (*p->at == 0 || *p->at == '|' || *p->at == ')') return nothing(p);
    frag f = parse_repeat(p);
    while (p->status == LLM_OK && *p->at != 0 && *p->at != '|' && *p->at != ')') f = join(p, f, parse_repeat(p));
    return f;
}

/* A sequence's loose ends must not be patched by its sibling's join: siblings only meet in a split whose outs are set. */
static frag parse_alternation(parser *p)
{
    frag f = parse_sequence(p);
    while (p->status == LLM_OK && *p->at == '|') {
        p->at++;
        f = either(p, f, parse_sequence(p));
    }
    return f;
}

llm_status sx_nfa_parse(sx_nfa *nfa, const char *pattern, llm_error *err)
{
    nfa->node_n = nfa->set_n = 0;
    parser p = {.nfa = nfa, .at = pattern};
    if (strncmp(pattern, "(?i)", 4) == 0) {
        p.fold = true;
        p.at += 4;
    }
    frag f = parse_alternation(&p);
    if (*p.at != 0) bad(&p);
    size_t hi = nfa->node_n;
    uint16_t match = new_node(&p, SX_NFA_MATCH, 0);
    patch(&p, f.lo, hi, match);
    nfa->start = f.in;
    if (p.status == LLM_E_MEMORY) return sx_fail_memory(err);
    if (p.anchor)
        return sx_fail(
            err, p.status,
            "the pattern \"%.80s\" has a %c at byte %zu: there is no sign for the beginning or the end of a text; "
            "write \\%c for the character",
            pattern, *p.at, (size_t)(p.at - pattern), *p.at);
    if (p.status != LLM_OK)
        return sx_fail(err, p.status, "the pattern \"%.80s\" cannot be read at byte %zu", pattern,
                       (size_t)(p.at - pattern));
    return LLM_OK;
}

void sx_nfa_free(sx_nfa *nfa)
{
    sx_mem_free(nfa->mem, nfa->nodes);
    sx_mem_free(nfa->mem, nfa->sets);
    *nfa = (sx_nfa){.mem = nfa->mem};
}
