#include "retrieve/rank/prior.h"

#include <math.h>
#include <string.h>

/* What the parts are worth: the share, of the question's words that any name says, of those that this name says; and the
 * share of the question's weight that stands anywhere in the document. */
static const float by_name = 0.8f, by_text = 0.5f;
/* A word that every name says parts nothing: the share is of this much more than the names say. */
static const float name_damping = 0.5f;

enum { PREFIX_LEAST = 3, PART_LEAST = 5, WORD_MOST = 40, YEAR_DIGITS = 4, SET = SX_QUERY_TERMS / 32 };

/* For every document which of its query's terms its name says, and how many names say each: of all documents that could have
 * been chosen, so that a document gets the same whether it waits or is in a segment. */
typedef struct names {
    uint32_t (*said)[SET];          /* [n_docs] */
    uint32_t (*df)[SX_QUERY_TERMS]; /* [n_queries] */
    uint32_t of;                    /* documents */
} names;

/* Was it chosen from a segment? Then the segments' numbers count its name already. */
static bool is_counted(const sx_rank_doc *doc)
{
    return doc->index->lexer != NULL;
}

static uint32_t count_docs(const sx_ranking *r)
{
    uint32_t n = r->n_given ? r->given[0].n_docs : 0;
    for (uint32_t d = 0; d < r->n_docs; d++) n += !is_counted(&r->docs[d]);
    return n;
}

/* A short number in a name is a running number, and a short word one of grammar unless it is an acronym: neither is what a
 * question means. */
static bool may_name(const sx_query_term *t, const char *text)
{
    if (t->weak || t->added || t->kind == SX_TOK_CHAR || t->kind == SX_TOK_LOOSE) return false;
    char last = text[t->end - 1];
    return t->end - t->start >= 3 ||
           (t->kind != SX_TOK_NUMBER && ((last >= 'A' && last <= 'Z') || (last >= '0' && last <= '9')));
}

/* A name runs words together (CVSHEALTH) or goes on behind them (MGMRESORTS): a word of the question may begin one of its
 * words, and a longer one may stand inside. A year may have letters before it in the question (FY2022). name: folded. */
static bool spelt(const char *name, const char *word, size_t len)
{
    char folded[SX_QUESTION_MAX];
    size_t letters = 1;
    if (len < PREFIX_LEAST || len > WORD_MOST) return false;
    size_t end = sx_query_fold(word, len, folded) - 1; /* between blanks */
    folded[end] = '\0';
    while (folded[letters] >= 'a' && folded[letters] <= 'z') letters++;
    if (letters == end) return letters > PREFIX_LEAST && strstr(name, letters > PART_LEAST ? folded + 1 : folded);
    return letters > 1 && end - letters == YEAR_DIGITS && strspn(folded + letters, "0123456789") == YEAR_DIGITS &&
           strstr(name, folded + letters);
}

static llm_status read_names(const sx_ranking *r, const char *text, names *n)
{
    sx_lexer lexer;
    sx_lexer_init(&lexer, r->mem, SX_LANG_EN, false);
    llm_status status = LLM_OK;
    for (uint32_t q = 0; q < r->n_queries; q++)
        for (uint32_t t = 0; t < r->queries[q].n; t++)
            if (may_name(&r->queries[q].terms[t], text)) n->df[q][t] = r->queries[q].terms[t].named;
    for (uint32_t d = 0; d < r->n_docs && !status; d++) {
        const sx_query *query = &r->queries[r->docs[d].query];
        const char *name = r->docs[d].tree->name;
        char folded[SX_QUESTION_MAX];
        sx_query_fold(name, strlen(name), folded);
        lexer.lang = query->lang;
        status = sx_lexer_run(&lexer, name, strlen(name));
        for (uint32_t t = 0; t < query->n; t++) {
            const sx_query_term *term = &query->terms[t];
            if (!may_name(term, text)) continue;
            bool said = false;
            for (size_t i = 0; i < lexer.count && !said; i++) said = lexer.tokens[i].term == term->hash;
            bool counted = said && is_counted(&r->docs[d]);
            said = said || spelt(folded, text + term->start, term->end - term->start);
            if (!said || !r->docs[d].index->n_leaves) continue;
            n->said[d][t / 32] |= 1u << (t % 32);
            if (!counted) n->df[r->docs[d].query][t]++;
        }
    }
    sx_lexer_free(&lexer);
    return status;
}

static float rarity(uint32_t docs, uint32_t df)
{
    return df ? logf(1 + ((float)(df < docs ? docs - df : 0) + 0.5f) / ((float)df + 0.5f)) : 0;
}

static void weigh(sx_ranking *r, const names *n)
{
    for (uint32_t d = 0; d < r->n_docs; d++) {
        sx_rank_doc *doc = &r->docs[d];
        const sx_query *q = &r->queries[doc->query];
        float named = 0, nameable = 0, held = 0;
        for (uint32_t t = 0; t < q->n; t++) {
            float rare = rarity(n->of, n->df[doc->query][t]);
            nameable += rare;
            if (n->said[d][t / 32] >> (t % 32) & 1) named += rare;
            if (sx_index_term(doc->index, q->terms[t].hash) != SX_NO_TERM) held += q->terms[t].weight;
        }
        doc->prior = by_name * named / (nameable + name_damping) + by_text * held / (float)q->total;
    }
}

llm_status sx_prior(sx_ranking *r, const char *text)
{
    names n = {.of = count_docs(r)};
    if (n.of < 2) return LLM_OK;
    n.said = sx_mem_array(r->mem, r->n_docs, sizeof *n.said);
    n.df = sx_mem_array(r->mem, r->n_queries, sizeof *n.df);
    llm_status status = n.said && n.df ? read_names(r, text, &n) : LLM_E_MEMORY;
    if (!status) weigh(r, &n);
    sx_mem_free(r->mem, n.said);
    sx_mem_free(r->mem, n.df);
    return status;
}
