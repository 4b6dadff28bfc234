/* Measures ranking over a question set in one process: reads the documents of a folder, then question lines from stdin,
 *     document TAB group TAB start,end;start,end... TAB question          (no spans: the document does not answer it)
 * and prints recall, reciprocal rank, refusal and times. With a third argument it also writes every candidate's features. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/clock.h"
#include "platform/file.h"
#include "platform/utf8.h"
#include "retrieve/navigate/navigate.h"
#include "retrieve/rank/cover.h"
#include "retrieve/rank/rank.h"
#include "retrieve/read/reader.h"

enum { MAX_DOCS = 512, MAX_SPANS = 64, MAX_CHARS = 2500, MAX_GROUPS = 32, KEEP = 64 };

typedef struct document {
    char name[256];
    sx_tree *tree;
    sx_index *index;
} document;

typedef struct question {
    uint32_t doc;
    char group[16];
    uint32_t n_spans, start[MAX_SPANS], end[MAX_SPANS];
    const char *text;
} question;

typedef struct group {
    char name[16];
    int n, at1, at3, at5, at10;
    double mrr;
} group;

static sx_mem mem;
static document docs[MAX_DOCS];
static uint32_t n_docs;
static double *confidence_yes, *confidence_no;
static size_t n_yes, n_no;

static void die(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(2);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const document *)a)->name, ((const document *)b)->name);
}

static void load_docs(const char *folder)
{
    DIR *dir = opendir(folder);
    if (!dir) die(folder, "cannot be listed");
    for (struct dirent *e; (e = readdir(dir)) && n_docs < MAX_DOCS;)
        if (e->d_name[0] != '.') snprintf(docs[n_docs++].name, sizeof docs->name, "%s", e->d_name);
    closedir(dir);
    qsort(docs, n_docs, sizeof *docs, by_name);
    double bytes = 0, read_ms = 0, index_ms = 0, load_ms = 0, blob_bytes = 0;
    uint32_t leaves = 0;
    for (uint32_t i = 0; i < n_docs; i++) {
        char path[1024], *text;
        size_t size;
        llm_error err = LLM_ERROR_INIT;
        snprintf(path, sizeof path, "%s/%s", folder, docs[i].name);
        if (sx_file_read(&mem, path, 1u << 30, &text, &size, &err)) die(path, err.message);
        double t0 = sx_clock_ms();
        if (sx_read_tree(&docs[i].tree, &mem, docs[i].name, text, size, sx_reader_format(docs[i].name, text, size),
                         NULL, &err))
            die(path, err.message);
        double t1 = sx_clock_ms();
        sx_index *built;
        if (sx_index_build(&built, &mem, docs[i].tree, NULL, &err)) die(path, err.message);
        double t2 = sx_clock_ms();
        sx_buf blob;
        sx_buf_init(&blob, &mem, 0);
        sx_index_save(built, &blob);
        double t3 = sx_clock_ms();
        if (sx_index_load(&docs[i].index, &mem, docs[i].tree, blob.data, blob.len, &err)) die(path, err.message);
        load_ms += sx_clock_ms() - t3;
        blob_bytes += (double)blob.len;
        sx_buf_free(&blob);
        sx_index_free(built);
        bytes += (double)size;
        read_ms += t1 - t0;
        index_ms += t2 - t1;
        leaves += docs[i].index->n_leaves;
    }
    printf(
        "# %u documents, %.2f MB, %u leaves; reading %.1f MB/s, indexing %.1f MB/s, loading %.0f MB/s, index %.0f %%\n",
        n_docs, bytes / 1e6, leaves, bytes / 1e3 / read_ms, bytes / 1e3 / index_ms, bytes / 1e3 / load_ms,
        100 * blob_bytes / bytes);
}

static void free_docs(void)
{
    for (uint32_t i = 0; i < n_docs; i++) {
        sx_index_free(docs[i].index);
        sx_tree_unref(docs[i].tree);
    }
}

static bool parse(char *line, question *q)
{
    char *doc = line, *name = strchr(doc, '\t');
    if (!name) return false;
    *name++ = '\0';
    char *spans = strchr(name, '\t');
    if (!spans) return false;
    *spans++ = '\0';
    char *text = strchr(spans, '\t');
    if (!text) return false;
    *text++ = '\0';
    text[strcspn(text, "\n")] = '\0';
    for (q->doc = 0; q->doc < n_docs && strcmp(docs[q->doc].name, doc) != 0; q->doc++) continue;
    snprintf(q->group, sizeof q->group, "%s", name);
    q->text = text;
    q->n_spans = 0;
    for (char *p = spans; *p && q->n_spans < MAX_SPANS; p += *p == ';') {
        q->start[q->n_spans] = (uint32_t)strtoul(p, &p, 10);
        q->end[q->n_spans++] = (uint32_t)strtoul(p + 1, &p, 10);
    }
    return q->doc < n_docs;
}

/* A passage counts with its first MAX_CHARS characters. */
static bool hits(const question *q, const sx_tree *tree, uint32_t node)
{
    uint32_t start = tree->nodes[node].start, end = start, chars = 0;
    for (; end < tree->nodes[node].end; end++)
        if (((unsigned char)tree->text[end] & 0xc0) != 0x80 && ++chars > MAX_CHARS) break;
    for (uint32_t i = 0; i < q->n_spans; i++)
        if (start < q->end[i] && q->start[i] < end) return true;
    return false;
}

static group *find_group(group *groups, int *n, const char *name)
{
    for (int i = 0; i < *n; i++)
        if (!strcmp(groups[i].name, name)) return &groups[i];
    if (*n == MAX_GROUPS) die(name, "too many groups");
    snprintf(groups[*n].name, sizeof groups->name, "%s", name);
    return &groups[(*n)++];
}

static void count(group *g, int rank)
{
    g->n++;
    g->at1 += rank == 1;
    g->at3 += rank && rank <= 3;
    g->at5 += rank && rank <= 5;
    g->at10 += rank && rank <= 10;
    g->mrr += rank ? 1.0 / rank : 0;
}

static double auroc(void)
{
    double wins = 0;
    for (size_t i = 0; i < n_yes; i++)
        for (size_t k = 0; k < n_no; k++)
            wins += confidence_yes[i] > confidence_no[k] ? 1 : confidence_yes[i] == confidence_no[k] ? 0.5 : 0;
    return n_yes && n_no ? wins / (double)n_yes / (double)n_no : 0;
}

/* Plain BM25 (k1 1.2, b 0.75) over all paragraphs of all documents or of the one that is given, stems as the index has
 * them: what to be held against. */
typedef struct flat_hit {
    double score;
    uint32_t doc, leaf;
} flat_hit;

static void flat_offer(flat_hit *best, flat_hit hit)
{
    for (int i = 0; i < 10; i++)
        if (hit.score > best[i].score) {
            flat_hit swap = best[i];
            best[i] = hit;
            hit = swap;
        }
}

static void flat_score(const sx_query *query, uint32_t d, double all, double mean, flat_hit *best)
{
    const sx_index *index = docs[d].index;
    double *scores = calloc(index->n_leaves + 1, sizeof *scores);
    for (uint32_t i = 0; i < query->n; i++) {
        uint32_t t = sx_index_term(index, query->terms[i].hash);
        if (t == SX_NO_TERM || query->terms[i].added) continue;
        double df = query->terms[i].df, idf = log(1 + (all - df + 0.5) / (df + 0.5)) * query->terms[i].count;
        for (uint32_t p = index->post_start[t]; p < index->post_start[t + 1]; p++) {
            double tf = index->posts[p].count, words = index->leaf_words[index->posts[p].leaf];
            scores[index->posts[p].leaf] += idf * tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * words / mean));
        }
    }
    for (uint32_t leaf = 0; leaf < index->n_leaves; leaf++) flat_offer(best, (flat_hit){scores[leaf], d, leaf});
    free(scores);
}

static int ask_flat(const question *q, bool whole)
{
    static sx_query queries[SX_LANG_COUNT];
    bool made[SX_LANG_COUNT] = {false};
    flat_hit best[10] = {{0, 0, 0}};
    double all = 0, words = 0;
    uint32_t first = whole ? 0 : q->doc, end = whole ? n_docs : q->doc + 1;
    for (uint32_t d = first; d < end; d++) {
        uint32_t lang = docs[d].index->lang;
        if (!made[lang] && sx_query_make(&queries[lang], &mem, lang, q->text, strlen(q->text))) die(q->text, "memory");
        made[lang] = true;
        sx_query_count(&queries[lang], docs[d].index);
        all += docs[d].index->n_leaves;
        words += (double)docs[d].index->total_words;
    }
    for (uint32_t d = first; d < end; d++) flat_score(&queries[docs[d].index->lang], d, all, words / all, best);
    for (int i = 0; i < 10 && best[i].score > 0; i++)
        if (best[i].doc == q->doc && hits(q, docs[q->doc].tree, docs[q->doc].index->leaf_node[best[i].leaf]))
            return i + 1;
    return 0;
}

static int ask(const question *q, bool whole, double *confidence)
{
    sx_doc_view views[MAX_DOCS];
    uint32_t n = 0;
    for (uint32_t i = 0; i < n_docs; i++)
        if (whole || i == q->doc) views[n++] = (sx_doc_view){docs[i].tree, docs[i].index};
    sx_evidence *evidence = NULL;
    sx_retrieve_params params = {.top = 10};
    llm_error err = LLM_ERROR_INIT;
    if (sx_navigate(&evidence, views, n, q->text, strlen(q->text), &params, &mem, &err)) die(q->text, err.message);
    int rank = 0;
    for (uint32_t i = 0; i < evidence->count && !rank; i++)
        if (evidence->found[i].tree == docs[q->doc].tree && hits(q, evidence->found[i].tree, evidence->found[i].node))
            rank = (int)i + 1;
    *confidence = evidence->confidence;
    sx_evidence_free(evidence);
    return rank;
}

/* For every term of the English documents the paragraphs that have it, beside the number of all: one document after another. */
static void print_words(void)
{
    for (uint32_t d = 0; d < n_docs; d++) {
        const sx_index *index = docs[d].index;
        if (index->lang != SX_LANG_EN) continue;
        printf("%u", index->n_leaves);
        for (uint32_t t = 0; t < index->n_terms; t++)
            if (index->post_start[t + 1] > index->post_start[t])
                printf(" %u:%u", index->terms[t], index->post_start[t + 1] - index->post_start[t]);
        printf("\n");
    }
}

/* One row per candidate: question number, answerable, hit, features. */
static void dump(FILE *out, int number, const question *q)
{
    sx_ranking r;
    llm_error err = LLM_ERROR_INIT;
    if (sx_ranking_init(&r, &mem, 1, &err)) die(q->text, err.message);
    r.docs[0].tree = docs[q->doc].tree;
    r.docs[0].index = docs[q->doc].index;
    if (sx_rank(&r, q->text, strlen(q->text), KEEP, &sx_score_best, NULL, &err)) die(q->text, err.message);
    float known = 0, words = 0;
    for (uint32_t i = 0; i < r.queries[0].n; i++) {
        const sx_query_term *t = &r.queries[0].terms[i];
        known += t->df && !t->added ? t->weight : 0;
        words += !t->weak && t->kind != SX_TOK_CHAR && t->kind != SX_TOK_LOOSE;
    }
    sx_cover cover = {0, 0, 0};
    if (r.n_best && sx_cover_applies(&r.queries[0], q->text, strlen(q->text)))
        cover = sx_cover_measure(&r, q->text, strlen(q->text));
    for (uint32_t i = 0; i < r.n_best; i++) {
        float row[3 + SX_FEATURES + 6] = {(float)number, q->n_spans > 0,
                                          hits(q, docs[q->doc].tree, r.docs[0].index->leaf_node[r.best[i].leaf])};
        memcpy(row + 3, r.best[i].x, sizeof r.best[i].x);
        row[3 + SX_FEATURES] = known / (float)r.queries[0].total;
        row[4 + SX_FEATURES] = words;
        row[5 + SX_FEATURES] = r.best[i].score;
        row[6 + SX_FEATURES] = cover.near;
        row[7 + SX_FEATURES] = cover.weight;
        row[8 + SX_FEATURES] = cover.missing;
        fwrite(row, sizeof row, 1, out);
    }
    sx_ranking_free(&r);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        die("usage", "bench_retrieval NAME FOLDER [FEATURES|--no-doc|--bm25|--bm25-no-doc|--words] < questions");
    sx_mem_init(&mem, NULL);
    load_docs(argv[2]);
    if (argc > 3 && !strcmp(argv[3], "--words")) {
        print_words();
        free_docs();
        return 0;
    }
    bool flat = argc > 3 && !strncmp(argv[3], "--bm25", 6);
    bool whole = argc > 3 && (!strcmp(argv[3], "--no-doc") || !strcmp(argv[3], "--bm25-no-doc"));
    FILE *out = argc > 3 && !whole && !flat ? fopen(argv[3], "wb") : NULL;
    group groups[MAX_GROUPS] = {{{0}, 0, 0, 0, 0, 0, 0}};
    int n_groups = 0, number = 0;
    confidence_yes = calloc(100000, sizeof(double));
    confidence_no = calloc(100000, sizeof(double));
    char *line = NULL;
    size_t cap = 0;
    double ms = 0;
    while (getline(&line, &cap, stdin) > 0) {
        question q;
        if (!parse(line, &q)) continue;
        if (out) {
            dump(out, number++, &q);
            continue;
        }
        double t = sx_clock_ms(), confidence = 0;
        int rank = flat ? ask_flat(&q, whole) : ask(&q, whole, &confidence);
        ms += sx_clock_ms() - t;
        number++;
        if (q.n_spans) {
            count(find_group(groups, &n_groups, q.group), rank);
            confidence_yes[n_yes++] = confidence;
        } else {
            confidence_no[n_no++] = confidence;
        }
    }
    for (int i = 0; i < n_groups; i++) {
        const group *g = &groups[i];
        printf("%-13s %-5s n=%5d  R@1 %5.1f  R@3 %5.1f  R@5 %5.1f  R@10 %5.1f  MRR %.3f\n", argv[1], g->name, g->n,
               100.0 * g->at1 / g->n, 100.0 * g->at3 / g->n, 100.0 * g->at5 / g->n, 100.0 * g->at10 / g->n,
               g->mrr / g->n);
    }
    double kept = 0, refused = 0;
    for (size_t i = 0; i < n_yes; i++) kept += confidence_yes[i] >= 0.5;
    for (size_t i = 0; i < n_no; i++) refused += confidence_no[i] < 0.5;
    printf("%-13s AUROC %.3f  at 0.5: answers %.1f %%, refuses %.1f %%  %.3f ms/question\n", argv[1], auroc(),
           n_yes ? 100 * kept / (double)n_yes : 0, n_no ? 100 * refused / (double)n_no : 0, ms / (number ? number : 1));
    if (out) fclose(out);
    free(confidence_yes);
    free(confidence_no);
    free(line);
    free_docs();
    return 0;
}
