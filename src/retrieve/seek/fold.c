/* From documents to a segment: every (key, document) pair is a run of postings; sorted by key, runs join into lists. Most runs are
 * of one posting, which goes along with them: by key, documents' postings would be read all over the memory. */
#include "retrieve/seek/fold.h"

#include <string.h>

#include "retrieve/rank/form.h"

enum { KEY_BITS = 36 };
#define KEY_MASK ((UINT64_C(1) << KEY_BITS) - 1)
#define SINGLE   (UINT32_C(1) << 31)

typedef struct run {
    uint64_t key; /* and above it, of a single posting, its code */
    uint32_t doc;
    uint32_t what; /* a term of the document's index, or SINGLE and a leaf: one posting there */
} run;

typedef struct folder {
    sx_fold *fold;
    sx_fold_lists_fn *put;
    void *user;
    const sx_fold_doc *docs;
    sx_mem *mem;
    run *runs;
    size_t n_runs, runs_cap;
    uint32_t *units, *codes; /* of the list in hand */
    size_t n, units_cap, codes_cap;
} folder;

void sx_fold_free(sx_fold *fold, sx_mem *mem)
{
    if (fold->writer.mem) sx_seg_writer_free(&fold->writer);
    sx_mem_free(mem, fold->docs);
    sx_mem_free(mem, fold->words);
    memset(fold, 0, sizeof *fold);
}

bool sx_is_dead(const int64_t *dead, size_t n, int64_t id)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (dead[mid] == id) return true;
        if (dead[mid] < id)
            low = mid + 1;
        else
            high = mid;
    }
    return false;
}

static llm_status lay_out(folder *f, uint32_t n)
{
    uint64_t units = 0;
    sx_fold *fold = f->fold;
    fold->docs = sx_mem_array(f->mem, n + 1u, sizeof *fold->docs);
    if (!fold->docs) return LLM_E_MEMORY;
    for (uint32_t d = 0; d < n; d++) {
        const sx_index *index = f->docs[d].index;
        if (units + index->n_leaves > SX_UNITS_MAX) return LLM_E_LIMIT;
        fold->docs[d] = (sx_seg_doc){f->docs[d].id, (uint32_t)units, index->n_leaves, index->lang};
        units += index->n_leaves;
    }
    fold->n_docs = n;
    fold->n_units = (uint32_t)units;
    fold->words = sx_mem_array(f->mem, (size_t)units + 1, sizeof *fold->words);
    if (!fold->words) return LLM_E_MEMORY;
    for (uint32_t d = 0; d < n; d++)
        for (uint32_t i = 0; i < fold->docs[d].leaves; i++) {
            uint32_t words = f->docs[d].index->leaf_words[i];
            fold->words[fold->docs[d].first + i] = words > UINT16_MAX ? UINT16_MAX : (uint16_t)words;
        }
    return LLM_OK;
}

static llm_status add_run(folder *f, run r)
{
    if (sx_mem_grow(f->mem, (void **)&f->runs, &f->runs_cap, f->n_runs + 1, sizeof *f->runs)) return LLM_E_MEMORY;
    f->runs[f->n_runs++] = r;
    return LLM_OK;
}

static uint32_t code_of(const sx_posting *post)
{
    return sx_tf_code(post->count, post->lead < post->count ? post->lead : post->count);
}

static run run_of(const sx_index *index, uint32_t term, uint32_t lang, uint32_t doc)
{
    uint32_t first = index->post_start[term];
    uint64_t key = sx_seek_key(index->terms[term], lang, SX_FIELD_BODY), code = code_of(&index->posts[first]);
    if (index->post_start[term + 1] - first == 1 && code <= UINT64_MAX >> KEY_BITS)
        return (run){key | code << KEY_BITS, doc, SINGLE | index->posts[first].leaf};
    return (run){key, doc, term};
}

static llm_status add_name(folder *f, uint32_t d, sx_lexer *lexer)
{
    const sx_seg_doc *doc = &f->fold->docs[d];
    lexer->lang = doc->lang;
    llm_status status = sx_lexer_run(lexer, f->docs[d].tree->name, strlen(f->docs[d].tree->name));
    for (size_t i = 0; i < lexer->count && !status; i++)
        status = add_run(f, (run){sx_seek_key(lexer->tokens[i].term, doc->lang, SX_FIELD_NAME), d, SINGLE});
    return status;
}

static llm_status add_doc(folder *f, uint32_t d, sx_lexer *lexer)
{
    const sx_index *index = f->docs[d].index;
    const sx_seg_doc *doc = &f->fold->docs[d];
    llm_status status = LLM_OK;
    if (!doc->leaves) return LLM_OK;
    for (uint32_t t = 0; t < index->n_terms && !status; t++)
        if (index->post_start[t + 1] > index->post_start[t]) status = add_run(f, run_of(index, t, doc->lang, d));
    for (uint32_t s = 0; s < index->n_sections && !status; s++) {
        const sx_section *section = &index->sections[s];
        if (section->first == section->last) continue;
        for (uint32_t i = section->title; i < section->title_end && !status; i++)
            if (index->tokens[i])
                status = add_run(f, (run){sx_seek_key(index->terms[index->tokens[i] - 1], doc->lang, SX_FIELD_HEAD), d,
                                          SINGLE | section->first});
    }
    return status ? status : add_name(f, d, lexer);
}

/* Sorts by key, 12 bits at a time from the lowest; runs of one key stay in the order in which they were added, which is that of
 * their units. */
static llm_status sort_runs(folder *f)
{
    enum { BITS = 12, PLACES = 1 << BITS };
    run *from = f->runs, *to = sx_mem_array(f->mem, f->n_runs + 1, sizeof *to);
    size_t *place = sx_mem_array(f->mem, PLACES, sizeof *place);
    llm_status status = to && place ? LLM_OK : LLM_E_MEMORY;
    for (int shift = 0; shift < KEY_BITS && !status; shift += BITS) {
        memset(place, 0, PLACES * sizeof *place);
        for (size_t i = 0; i < f->n_runs; i++) place[from[i].key >> shift & (PLACES - 1)]++;
        size_t sum = 0;
        for (size_t p = 0; p < PLACES; p++) {
            size_t n = place[p];
            place[p] = sum;
            sum += n;
        }
        for (size_t i = 0; i < f->n_runs; i++) to[place[from[i].key >> shift & (PLACES - 1)]++] = from[i];
        run *swap = from;
        from = to;
        to = swap;
    }
    f->runs = from;
    sx_mem_free(f->mem, to);
    sx_mem_free(f->mem, place);
    return status;
}

static llm_status append(folder *f, uint32_t unit, uint32_t code)
{
    if (f->n && f->units[f->n - 1] >= unit) return LLM_OK; /* the same word again in a heading, or a clash of hashes */
    if (sx_mem_grow(f->mem, (void **)&f->units, &f->units_cap, f->n + 1, sizeof *f->units) ||
        sx_mem_grow(f->mem, (void **)&f->codes, &f->codes_cap, f->n + 1, sizeof *f->codes))
        return LLM_E_MEMORY;
    f->units[f->n] = unit;
    f->codes[f->n++] = code;
    return LLM_OK;
}

static llm_status append_run(folder *f, const run *r)
{
    uint32_t first = f->fold->docs[r->doc].first;
    if (r->what & SINGLE) return append(f, first + (r->what & ~SINGLE), (uint32_t)(r->key >> KEY_BITS));
    const sx_index *index = f->docs[r->doc].index;
    llm_status status = LLM_OK;
    for (uint32_t i = index->post_start[r->what]; i < index->post_start[r->what + 1] && !status; i++)
        status = append(f, first + index->posts[i].leaf, code_of(&index->posts[i]));
    return status;
}

/* By key, the postings of terms that have several are read all over the memory: asks for them some runs ahead. */
static void look_ahead(const folder *f, size_t at)
{
    enum { FAR = 32, NEAR = 16 };
    if (at + FAR >= f->n_runs) return;
    const run *far = &f->runs[at + FAR], *near = &f->runs[at + NEAR];
    if (!(far->what & SINGLE)) __builtin_prefetch(&f->docs[far->doc].index->post_start[far->what]);
    if (near->what & SINGLE) return;
    const sx_index *index = f->docs[near->doc].index;
    __builtin_prefetch(&index->posts[index->post_start[near->what]]);
}

static llm_status put_lists(folder *f, const llm_cancel *cancel)
{
    llm_status status = LLM_OK;
    for (size_t i = 0, next; i < f->n_runs && !status; i = next) {
        uint64_t key = f->runs[i].key & KEY_MASK;
        if (sx_cancelled(cancel)) return LLM_E_CANCELLED;
        f->n = 0;
        for (next = i; next < f->n_runs && (f->runs[next].key & KEY_MASK) == key && !status; next++) {
            look_ahead(f, next);
            status = append_run(f, &f->runs[next]);
        }
        if (!status) status = f->put(f->user, key, f->units, f->codes, (uint32_t)f->n);
    }
    return status;
}

static llm_status gather(folder *f, uint32_t n)
{
    sx_lexer lexer;
    llm_status status = lay_out(f, n);
    sx_lexer_init(&lexer, f->mem, SX_LANG_EN, false);
    for (uint32_t d = 0; d < n && !status; d++) status = add_doc(f, d, &lexer);
    sx_lexer_free(&lexer);
    return status ? status : sort_runs(f);
}

static llm_status into_segment(void *user, uint64_t key, const uint32_t *units, const uint32_t *codes, uint32_t n)
{
    return sx_seg_add(user, key, units, codes, n);
}

static llm_status fold_all(folder *f, uint32_t n, const llm_cancel *cancel)
{
    llm_status status = gather(f, n);
    if (status) return status;
    sx_fold *fold = f->fold;
    status = sx_seg_begin(&fold->writer, f->mem, fold->docs, n, fold->words, fold->n_units);
    if (!status) status = put_lists(f, cancel);
    return status ? status : sx_seg_end(&fold->writer);
}

static llm_status explain(llm_status status, llm_error *err)
{
    switch (status) {
    case LLM_OK: return LLM_OK;
    case LLM_E_CANCELLED: return sx_fail(err, status, "indexing was cancelled");
    case LLM_E_LIMIT: return sx_fail(err, status, "the index of the corpus is too large for one segment");
    default: return sx_fail_memory(err);
    }
}

static void finish(folder *f)
{
    sx_mem_free(f->mem, f->runs);
    sx_mem_free(f->mem, f->units);
    sx_mem_free(f->mem, f->codes);
}

llm_status sx_fold_docs(sx_fold *fold, sx_mem *mem, const sx_fold_doc *docs, uint32_t n, const llm_cancel *cancel,
                        llm_error *err)
{
    folder f = {.fold = fold, .put = into_segment, .user = &fold->writer, .docs = docs, .mem = mem};
    memset(fold, 0, sizeof *fold);
    llm_status status = fold_all(&f, n, cancel);
    finish(&f);
    if (status) sx_fold_free(fold, mem);
    return explain(status, err);
}

llm_status sx_fold_lists(sx_mem *mem, const sx_fold_doc *doc, sx_fold_lists_fn *put, void *user, llm_error *err)
{
    sx_fold fold = {0};
    folder f = {.fold = &fold, .put = put, .user = user, .docs = doc, .mem = mem};
    llm_status status = gather(&f, 1);
    if (!status) status = put_lists(&f, NULL);
    finish(&f);
    sx_fold_free(&fold, mem);
    return explain(status, err);
}
