#include "retrieve/corpus/sight.h"

#include <stdlib.h>
#include <string.h>

#include "retrieve/corpus/scope.h"

/* Counted under the corpus's lock; immutable besides. */
struct sx_sight {
    unsigned char key[SX_HASH_BYTES]; /* over labels and filter */
    uint64_t generation;
    int64_t *ids;   /* [n_ids] ascending: seen whole */
    size_t *partly; /* [n_partly] seen in part: rows of a list of that generation */
    size_t n_ids, n_partly;
    sx_scope *scope;
    unsigned refs;
};

bool sx_row_wanted(const sx_row *row, const char *labels, const sx_docfilter *filter)
{
    const sx_filter_doc doc = {row->doc.name, &row->about, labels, row->doc.bytes, row->doc.nodes, row->doc.format};
    return sx_row_visible(row, labels) && (!filter || sx_docfilter_takes(filter, &doc));
}

static void free_sight(sx_corpus *corpus, sx_sight *sight)
{
    sx_scope_free(corpus->wide, sight->scope);
    sx_mem_free(corpus->mem, sight->ids);
    sx_mem_free(corpus->mem, sight->partly);
    sx_mem_free(corpus->mem, sight);
}

static void release(sx_corpus *corpus, sx_sight *sight)
{
    if (!sight) return;
    pthread_mutex_lock(&corpus->lock);
    bool last = --sight->refs == 0;
    pthread_mutex_unlock(&corpus->lock);
    if (last) free_sight(corpus, sight);
}

void sx_sights_forget(sx_corpus *corpus)
{
    for (unsigned i = 0; i < SX_SIGHTS; i++) {
        release(corpus, corpus->sights[i]);
        corpus->sights[i] = NULL;
    }
}

/* It is of no more use: what it looks at has changed, or is damaged. */
static void drop(sx_corpus *corpus, const sx_sight *sight)
{
    sx_sight *kept = NULL;
    pthread_mutex_lock(&corpus->lock);
    for (unsigned i = 0; i < SX_SIGHTS; i++)
        if (corpus->sights[i] == sight) {
            kept = corpus->sights[i];
            corpus->sights[i] = NULL;
        }
    pthread_mutex_unlock(&corpus->lock);
    release(corpus, kept);
}

/* ---- making one ---- */

static int by_id(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static llm_status look(sx_corpus *corpus, sx_sight *sight, const sx_listing *list, const char *labels,
                       const sx_docfilter *filter)
{
    sight->ids = sx_mem_array(corpus->mem, list->count + 1, sizeof *sight->ids);
    sight->partly = sx_mem_array(corpus->mem, list->count + 1, sizeof *sight->partly);
    if (!sight->ids || !sight->partly) return LLM_E_MEMORY;
    for (size_t i = 0; i < list->count; i++) {
        sx_span *hidden = NULL;
        size_t n = 0;
        if (!sx_row_wanted(&list->rows[i], labels, filter)) continue;
        if (sx_about_hidden(&list->rows[i].about, labels, corpus->mem, &hidden, &n)) return LLM_E_MEMORY;
        sx_mem_free(corpus->mem, hidden);
        if (n)
            sight->partly[sight->n_partly++] = i;
        else
            sight->ids[sight->n_ids++] = list->rows[i].doc.id;
    }
    if (sight->n_ids) qsort(sight->ids, sight->n_ids, sizeof *sight->ids, by_id);
    return LLM_OK;
}

static void make_key(unsigned char key[SX_HASH_BYTES], const sx_retrieve_params *params)
{
    sx_hasher h;
    const char *labels = params->labels, *filter = params->filter;
    unsigned char kind = (unsigned char)((labels != NULL) | (filter != NULL) << 1);
    sx_hasher_begin(&h);
    sx_hasher_add(&h, &kind, 1);
    for (; labels && *labels; labels += strlen(labels) + 1) sx_hasher_add(&h, labels, strlen(labels) + 1);
    sx_hasher_add(&h, "", 1);
    if (filter) sx_hasher_add(&h, filter, strlen(filter));
    sx_hasher_end(&h, key);
}

/* Keeps it in the place of one of an older state, or of the one kept longest. */
static void keep(sx_corpus *corpus, sx_sight *sight)
{
    sx_sight *old[SX_SIGHTS];
    unsigned n = 0;
    pthread_mutex_lock(&corpus->lock);
    for (unsigned i = 0; i < SX_SIGHTS; i++) {
        sx_sight *s = corpus->sights[i];
        bool stale = s && (s->generation != sight->generation || i == corpus->next_sight);
        if (!stale) continue;
        old[n++] = s;
        corpus->sights[i] = NULL;
    }
    corpus->sights[corpus->next_sight] = sight;
    corpus->next_sight = (corpus->next_sight + 1) % SX_SIGHTS;
    sight->refs++;
    pthread_mutex_unlock(&corpus->lock);
    while (n) release(corpus, old[--n]);
}

static sx_sight *find(sx_corpus *corpus, const unsigned char key[SX_HASH_BYTES], uint64_t generation)
{
    sx_sight *found = NULL;
    pthread_mutex_lock(&corpus->lock);
    for (unsigned i = 0; i < SX_SIGHTS && !found; i++) {
        sx_sight *s = corpus->sights[i];
        if (s && s->generation == generation && memcmp(s->key, key, SX_HASH_BYTES) == 0) found = s;
    }
    if (found) found->refs++;
    pthread_mutex_unlock(&corpus->lock);
    return found;
}

static llm_status get(sx_sight **out, sx_corpus *corpus, const sx_listing *list, const sx_docfilter *filter,
                      const sx_retrieve_params *params, llm_error *err)
{
    unsigned char key[SX_HASH_BYTES];
    make_key(key, params);
    *out = find(corpus, key, list->generation);
    if (*out) return LLM_OK;
    sx_sight *sight = sx_mem_zalloc(corpus->mem, sizeof *sight);
    if (!sight) return sx_fail_memory(err);
    memcpy(sight->key, key, sizeof key);
    sight->generation = list->generation;
    sight->refs = 1;
    llm_status status = look(corpus, sight, list, params->labels, filter) ? sx_fail_memory(err) : LLM_OK;
    if (status == LLM_OK)
        status = sx_scope_make(&sight->scope, corpus->wide, list->generation, sight->ids, sight->n_ids, err);
    if (status != LLM_OK) {
        free_sight(corpus, sight);
        return status;
    }
    keep(corpus, sight);
    *out = sight;
    return LLM_OK;
}

/* ---- asking ---- */

/* Documents of which something is hidden come as they are seen, each with an index of its own. */
static llm_status gather(sx_corpus *corpus, const sx_sight *sight, sx_listing *list, const char *labels,
                         sx_entry **entries, sx_doc_view *views, size_t *n, llm_error *err)
{
    llm_status status = LLM_OK;
    for (*n = 0; *n < sight->n_partly && status == LLM_OK; ++*n) {
        status = sx_entry_get(corpus, &list->rows[sight->partly[*n]], labels, &entries[*n], err);
        if (status != LLM_OK) break;
        views[*n] = (sx_doc_view){entries[*n]->tree, entries[*n]->index};
    }
    return status == LLM_E_NOT_FOUND ? LLM_MORE : status;
}

static llm_status ask(sx_evidence **out, sx_corpus *corpus, const sx_sight *sight, sx_listing *list,
                      const char *question, size_t len, const sx_retrieve_params *params, sx_mem *mem, llm_error *err)
{
    size_t n = 0;
    sx_entry **entries = sx_mem_array(mem, sight->n_partly + 1, sizeof(sx_entry *));
    sx_doc_view *views = sx_mem_array(mem, sight->n_partly + 1, sizeof *views);
    llm_status status = entries && views ? gather(corpus, sight, list, params->labels, entries, views, &n, err)
                                         : sx_fail_memory(err);
    if (status == LLM_OK)
        status = sx_wide_retrieve(out, corpus->wide, sight->scope, views, (uint32_t)n, question, len, params, mem, err);
    for (size_t i = 0; i < n; i++) sx_entry_release(corpus, entries[i]);
    sx_mem_free(mem, entries);
    sx_mem_free(mem, views);
    return status;
}

llm_status sx_sight_retrieve(sx_evidence **out, sx_corpus *corpus, const sx_docfilter *filter, const char *question,
                             size_t len, const sx_retrieve_params *params, sx_mem *mem, llm_error *err)
{
    sx_listing *list;
    sx_sight *sight = NULL;
    llm_status status = sx_listing_current(corpus, &list, err);
    if (status != LLM_OK) return status;
    status = get(&sight, corpus, list, filter, params, err);
    if (status == LLM_OK) status = ask(out, corpus, sight, list, question, len, params, mem, err);
    if (status == LLM_MORE && sight) drop(corpus, sight);
    release(corpus, sight);
    sx_listing_release(corpus, list);
    return status;
}
