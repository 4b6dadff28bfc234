/* Segments and the search over them: what is pruned is never among the best, joined segments answer as one made at once,
 * removed documents leave neither hits nor counts, damage is told. Documents are made of a seed. */
#include "../store/store_fixture.h"

#include "retrieve/read/reader.h"
#include "retrieve/rank/form.h"
#include "retrieve/seek/fold.h"
#include "retrieve/seek/search.h"

enum { DOCS = 60, KEEP = 20 };

static sx_mem mem;
static sx_store *store;
static sx_rows rows;
static sx_fold_doc docs[DOCS];

static uint32_t random_state;

static uint32_t roll(uint32_t n)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % n;
}

/* Few words are said often, many seldom. */
static uint32_t word(void)
{
    uint32_t a = roll(1000) + 1;
    return roll(a) * roll(a) / 1000 + roll(3);
}

static void make_docs(void)
{
    for (uint32_t d = 0; d < DOCS; d++) {
        sx_buf text;
        llm_error err = {sizeof err, 0, {0}};
        char name[32];
        sx_buf_init(&text, &mem, 0);
        random_state = d * 77 + 1;
        for (uint32_t p = 0; p < 20 + roll(400); p++) {
            if (p % 40 == 0) sx_buf_printf(&text, "# w%u w%u\n\n", word(), word());
            for (uint32_t i = 0; i < 5 + roll(40); i++) sx_buf_printf(&text, "w%u ", word());
            if (p % 8) /* as plain as can be: once, and behind the lead */
                sx_buf_printf(&text, "%*s everywhere", 100, "stands");
            sx_buf_str(&text, "\n\n");
        }
        snprintf(name, sizeof name, "doc w%u.md", d * 3);
        docs[d].id = d + 1;
        sx_tree *tree;
        sx_index *index;
        assert_int_equal(sx_read_tree(&tree, &mem, name, sx_mem_strndup(&mem, text.data, text.len), text.len,
                                      LLM_FORMAT_MARKDOWN, NULL, &err),
                         LLM_OK);
        assert_int_equal(sx_index_build(&index, &mem, tree, NULL, &err), LLM_OK);
        docs[d].tree = tree;
        docs[d].index = index;
        sx_buf_free(&text);
    }
}

static void put_fold(const sx_fold *fold, uint32_t level, const int64_t *replaced, size_t n_replaced)
{
    llm_error err = {sizeof err, 0, {0}};
    sx_blob *blobs = sx_mem_array(&mem, fold->writer.n_rows, sizeof *blobs);
    for (size_t i = 0; i < fold->writer.n_rows; i++)
        blobs[i] = (sx_blob){fold->writer.rows[i].data, fold->writer.rows[i].len};
    const sx_store_fold f = {.level = level,
                             .units = fold->n_units,
                             .rows = blobs,
                             .n_rows = (uint32_t)fold->writer.n_rows,
                             .replaced = replaced,
                             .n_replaced = n_replaced};
    if (sx_store_put_segment(store, &f, &err) != LLM_OK) fail_msg("%s", err.message);
    sx_mem_free(&mem, blobs);
}

static void fold_range(uint32_t first, uint32_t last)
{
    llm_error err = {sizeof err, 0, {0}};
    sx_fold fold;
    assert_int_equal(sx_fold_docs(&fold, &mem, docs + first, last - first, NULL, &err), LLM_OK);
    put_fold(&fold, 0, NULL, 0);
    sx_fold_free(&fold, &mem);
}

static sx_seek open_all(void)
{
    llm_error err = {sizeof err, 0, {0}};
    sx_store_state state;
    sx_seek seek = {.mem = &mem, .rows = &rows};
    assert_int_equal(sx_store_state_read(store, &state, &err), LLM_OK);
    seek.n = (uint32_t)state.n_segments;
    seek.parts = sx_mem_array(&mem, seek.n, sizeof *seek.parts);
    for (uint32_t i = 0; i < seek.n; i++)
        if (sx_segment_open(&seek.parts[i].segment, &rows, &state.segments[i], &err) != LLM_OK)
            fail_msg("%s", err.message);
    sx_store_state_free(store, &state);
    return seek;
}

static void close_all(sx_seek *seek)
{
    for (uint32_t i = 0; i < seek->n; i++) sx_segment_close(&seek->parts[i].segment, &rows);
    sx_mem_free(&mem, seek->parts);
}

static void begin(void)
{
    llm_error err = {sizeof err, 0, {0}};
    assert_int_equal(sx_store_open(&store, &mem, NULL, false, &err), LLM_OK);
    assert_int_equal(sx_rows_init(&rows, &mem, store, 100000, &err), LLM_OK);
}

static void end(void)
{
    sx_rows_free(&rows);
    sx_store_close(store);
}

static void make_query(sx_query *query, const sx_seek *seek, uint32_t seed)
{
    char text[256];
    size_t n = 0;
    llm_error err = {sizeof err, 0, {0}};
    random_state = seed;
    for (uint32_t i = 0; i < 1 + seed % 9; i++) n += (size_t)snprintf(text + n, sizeof text - n, "w%u ", word());
    assert_int_equal(sx_query_make(query, &mem, docs[0].index->lang, text, n), LLM_OK);
    assert_int_equal(sx_seek_count(seek, query, &err), LLM_OK);
    sx_query_settle(query);
}

typedef struct answer {
    sx_hit hits[KEEP];
    uint32_t n;
    int64_t docs[KEEP];
    uint32_t leaves[KEEP];
} answer;

static answer ask(const sx_seek *seek, const sx_query *query, uint32_t field, bool all)
{
    answer a = {.n = 0};
    llm_error err = {sizeof err, 0, {0}};
    sx_hits hits = {.hits = a.hits, .most = KEEP, .all = all};
    if (sx_seek_top(seek, query, field, &hits, NULL, &err) != LLM_OK) fail_msg("%s", err.message);
    sx_hits_sort(&hits);
    a.n = hits.n;
    for (uint32_t i = 0; i < a.n; i++) {
        sx_seg_doc doc;
        assert_int_equal(sx_segment_doc_of(&seek->parts[a.hits[i].part].segment, &rows, a.hits[i].unit, &doc, &err),
                         LLM_OK);
        a.docs[i] = doc.id;
        a.leaves[i] = a.hits[i].unit - doc.first;
    }
    return a;
}

static void expect_same(const answer *a, const answer *b)
{
    assert_int_equal(a->n, b->n);
    for (uint32_t i = 0; i < a->n; i++) {
        assert_int_equal(a->hits[i].score, b->hits[i].score);
        assert_int_equal(a->docs[i], b->docs[i]);
        assert_int_equal(a->leaves[i], b->leaves[i]);
    }
}

/* The body score of a paragraph as its own document's index has it. */
static double score_of(const sx_query *query, const sx_index *index, uint32_t leaf)
{
    double sum = 0, mean = (double)query->n_words / query->n_leaves;
    for (uint32_t i = 0; i < query->n; i++) {
        uint32_t t = sx_index_term(index, query->terms[i].hash);
        for (uint32_t p = t == SX_NO_TERM ? 0 : index->post_start[t]; t != SX_NO_TERM && p < index->post_start[t + 1];
             p++)
            if (index->posts[p].leaf == leaf)
                sum += (double)query->terms[i].weight *
                       (double)sx_seek_impact((float)(index->posts[p].count + index->posts[p].lead),
                                              (float)index->leaf_words[leaf], (float)mean);
    }
    return sum / query->total;
}

/* Pruned or not, in one segment or several, the best are the same, and they are the best there are. */
static void test_same_best(void **state)
{
    (void)state;
    begin();
    fold_range(0, 20);
    fold_range(20, 21);
    fold_range(21, DOCS);
    sx_seek seek = open_all();
    uint32_t found = 0;
    for (uint32_t seed = 1; seed < 120; seed++) {
        sx_query query;
        make_query(&query, &seek, seed);
        answer pruned = ask(&seek, &query, SX_FIELD_BODY, false), full = ask(&seek, &query, SX_FIELD_BODY, true);
        expect_same(&pruned, &full);
        found += full.n;
        uint32_t df = 0;
        for (uint32_t d = 0; d < DOCS; d++) {
            uint32_t t = sx_index_term(docs[d].index, query.terms[0].hash);
            if (t != SX_NO_TERM) df += docs[d].index->post_start[t + 1] - docs[d].index->post_start[t];
        }
        assert_int_equal(query.terms[0].df, df);
        if (seed % 10 || !full.n) continue;
        double worst = full.n < KEEP ? 0 : (double)full.hits[full.n - 1].score / (1 << 24);
        uint32_t better = 0;
        for (uint32_t d = 0; d < DOCS; d++)
            for (uint32_t leaf = 0; leaf < docs[d].index->n_leaves; leaf++)
                better += score_of(&query, docs[d].index, leaf) > worst + 2e-6;
        assert_true(better <= full.n);
        double first = score_of(&query, docs[full.docs[0] - 1].index, full.leaves[0]);
        assert_true(first - (double)full.hits[0].score / (1 << 24) < 2e-6 &&
                    first * (1 << 24) + 1 > full.hits[0].score);
    }
    assert_true(found > 1000);
    assert_true(rows.cache.held <= rows.cache.budget + 60000); /* what is pinned may pass it: the heads */
    close_all(&seek);
    end();
}

enum { BEST = 5, OTHERS = 64 };

/* The first documents that a list of hits names. */
static uint32_t first_documents(const sx_seek *seek, const sx_query *query, sx_hit *best, bool all, int64_t ids[BEST])
{
    sx_hit kept[OTHERS];
    llm_error err = {sizeof err, 0, {0}};
    uint32_t n = 0;
    sx_hits hits = {.hits = kept, .most = OTHERS, .docs = best, .docs_most = BEST, .all = all};
    assert_int_equal(sx_seek_top(seek, query, SX_FIELD_BODY, &hits, NULL, &err), LLM_OK);
    sx_hits_sort(&hits);
    for (uint32_t i = 0; i < hits.n && n < BEST; i++) {
        sx_seg_doc doc;
        assert_int_equal(sx_segment_doc_of(&seek->parts[kept[i].part].segment, &rows, kept[i].unit, &doc, &err),
                         LLM_OK);
        bool there = false;
        for (uint32_t k = 0; k < n; k++) there = there || ids[k] == doc.id;
        if (!there) ids[n++] = doc.id;
    }
    return n;
}

/* Who wants the best documents only gets the same ones in the same order. */
static void test_best_documents(void **state)
{
    (void)state;
    begin();
    fold_range(0, 20);
    fold_range(20, DOCS);
    sx_seek seek = open_all();
    uint32_t found = 0;
    for (uint32_t seed = 1; seed < 200; seed++) {
        sx_query query;
        sx_hit best[BEST];
        int64_t pruned[BEST] = {0}, full[BEST] = {0};
        make_query(&query, &seek, seed);
        uint32_t n = first_documents(&seek, &query, best, false, pruned);
        assert_int_equal(n, first_documents(&seek, &query, NULL, true, full));
        assert_memory_equal(pruned, full, sizeof full);
        found += n;
    }
    assert_true(found > 800);
    close_all(&seek);
    end();
}

static void test_join(void **state)
{
    (void)state;
    llm_error err = {sizeof err, 0, {0}};
    begin();
    fold_range(0, 20);
    fold_range(20, 30);
    fold_range(30, DOCS);
    sx_seek apart = open_all();
    answer before[40], after;
    for (uint32_t seed = 1; seed <= 40; seed++) {
        sx_query query;
        make_query(&query, &apart, seed);
        before[seed - 1] = ask(&apart, &query, SX_FIELD_BODY, false);
    }
    sx_query plain;
    assert_int_equal(sx_query_make(&plain, &mem, docs[0].index->lang, "everywhere", 10), LLM_OK);
    assert_int_equal(sx_seek_count(&apart, &plain, &err), LLM_OK);
    sx_query_settle(&plain);
    answer said = ask(&apart, &plain, SX_FIELD_BODY, true), pruned = ask(&apart, &plain, SX_FIELD_BODY, false);
    assert_true(said.n == KEEP && plain.terms[0].df > 10 * SX_BLOCK);
    expect_same(&said, &pruned);
    sx_segment segments[3] = {apart.parts[0].segment, apart.parts[1].segment, apart.parts[2].segment};
    int64_t ids[3] = {segments[0].id, segments[1].id, segments[2].id};
    sx_fold fold;
    assert_int_equal(sx_fold_segments(&fold, &mem, segments, 3, &rows, NULL, 0, NULL, &err), LLM_OK);
    close_all(&apart);
    put_fold(&fold, 1, ids, 3);
    sx_fold whole;
    assert_int_equal(sx_fold_docs(&whole, &mem, docs, DOCS, NULL, &err), LLM_OK);
    assert_int_equal(whole.writer.n_rows, fold.writer.n_rows); /* byte for byte what is made at once */
    for (size_t i = 0; i < fold.writer.n_rows; i++) {
        assert_int_equal(whole.writer.rows[i].len, fold.writer.rows[i].len);
        assert_memory_equal(whole.writer.rows[i].data, fold.writer.rows[i].data, fold.writer.rows[i].len);
    }
    sx_fold_free(&whole, &mem);
    sx_fold_free(&fold, &mem);
    sx_seek joined = open_all();
    assert_int_equal(joined.n, 1);
    for (uint32_t seed = 1; seed <= 40; seed++) {
        sx_query query;
        make_query(&query, &joined, seed);
        after = ask(&joined, &query, SX_FIELD_BODY, false);
        expect_same(&before[seed - 1], &after);
    }
    close_all(&joined);
    end();
}

/* Hidden first, then left out of a join: hits and counts are those of a corpus that never had the documents. */
static void test_gone(void **state)
{
    (void)state;
    llm_error err = {sizeof err, 0, {0}};
    begin();
    fold_range(0, DOCS);
    sx_seek seek = open_all();
    sx_gone gone[2];
    const int64_t dead[] = {5, 31, 900};
    for (int i = 0; i < 2; i++) {
        sx_seg_doc doc;
        assert_int_equal(sx_segment_doc_by_id(&seek.parts[0].segment, &rows, dead[i], &doc, &err), LLM_OK);
        assert_int_equal(doc.id, dead[i]);
        gone[i] = (sx_gone){doc.first, doc.first + doc.leaves};
    }
    seek.parts[0].gone = gone;
    seek.parts[0].n_gone = 2;
    sx_fold fold;
    assert_int_equal(sx_fold_segments(&fold, &mem, &seek.parts[0].segment, 1, &rows, dead, 3, NULL, &err), LLM_OK);
    assert_int_equal(fold.n_docs, DOCS - 2);
    put_fold(&fold, 0, NULL, 0);
    sx_fold_free(&fold, &mem);
    sx_seek both = open_all(), without = {&mem, &rows, &both.parts[1], 1};
    for (uint32_t seed = 1; seed < 60; seed++) {
        sx_query query, clean;
        make_query(&query, &seek, seed);
        make_query(&clean, &without, seed);
        assert_int_equal(query.n_leaves, clean.n_leaves);
        assert_int_equal(query.n_words, clean.n_words);
        for (uint32_t i = 0; i < query.n; i++) assert_int_equal(query.terms[i].df, clean.terms[i].df);
        answer a = ask(&seek, &query, SX_FIELD_BODY, false), b = ask(&without, &clean, SX_FIELD_BODY, false);
        expect_same(&a, &b);
        for (uint32_t i = 0; i < a.n; i++) assert_true(a.docs[i] != 5 && a.docs[i] != 31);
    }
    close_all(&both);
    close_all(&seek);
    int64_t all[DOCS];
    for (int i = 0; i < DOCS; i++) all[i] = i + 1;
    seek = open_all();
    assert_int_equal(sx_fold_segments(&fold, &mem, &seek.parts[0].segment, 1, &rows, all, DOCS, NULL, &err), LLM_OK);
    assert_int_equal(fold.n_docs, 0);
    sx_fold_free(&fold, &mem);
    close_all(&seek);
    end();
}

static void test_headings_and_names(void **state)
{
    (void)state;
    llm_error err = {sizeof err, 0, {0}};
    begin();
    fold_range(0, DOCS);
    sx_seek seek = open_all();
    sx_query query;
    assert_int_equal(sx_query_make(&query, &mem, docs[0].index->lang, "doc w99", 7), LLM_OK);
    assert_int_equal(sx_seek_count(&seek, &query, &err), LLM_OK);
    sx_query_settle(&query);
    answer named = ask(&seek, &query, SX_FIELD_NAME, false);
    assert_true(named.n > 0 && named.docs[0] == 34 && named.leaves[0] == 0); /* 33 * 3 = 99 */
    make_query(&query, &seek, 3);
    answer a = ask(&seek, &query, SX_FIELD_HEAD, false), b = ask(&seek, &query, SX_FIELD_HEAD, true);
    assert_true(a.n > 0);
    expect_same(&a, &b);
    close_all(&seek);
    end();
}

/* Rows of nonsense, with sums that fit: an answer or an error, never more. */
static void test_nonsense(void **state)
{
    (void)state;
    llm_error err = {sizeof err, 0, {0}};
    sx_fold fold;
    uint32_t refused = 0;
    assert_int_equal(sx_fold_docs(&fold, &mem, docs, 12, NULL, &err), LLM_OK);
    for (uint32_t round = 0; round < 300; round++) {
        random_state = round * 31 + 7;
        begin();
        uint32_t row = roll((uint32_t)fold.writer.n_rows);
        sx_buf *victim = &fold.writer.rows[row];
        size_t at = roll(round % 3 ? (uint32_t)victim->len : victim->len < 40 ? (uint32_t)victim->len : 40);
        char was = victim->data[at];
        victim->data[at] = (char)(was ^ (char)(1 + roll(255)));
        put_fold(&fold, 0, NULL, 0);
        victim->data[at] = was;
        sx_store_segment segment = {1, 0, fold.n_units};
        sx_seek_part part = {.n_gone = 0};
        sx_seek seek = {&mem, &rows, &part, 1};
        llm_status status = sx_segment_open(&part.segment, &rows, &segment, &err);
        refused += status != LLM_OK;
        for (uint32_t seed = 1; seed < 12 && status == LLM_OK; seed++) {
            sx_query query;
            sx_hit best[KEEP];
            sx_hits hits = {.hits = best, .most = KEEP};
            assert_int_equal(sx_query_make(&query, &mem, docs[0].index->lang, "w1 w2 w3 w7 w40", 15), LLM_OK);
            status = sx_seek_count(&seek, &query, &err);
            sx_query_settle(&query);
            if (!status) status = sx_seek_top(&seek, &query, SX_FIELD_BODY, &hits, NULL, &err);
            for (uint32_t i = 0; i < hits.n && !status; i++) {
                sx_seg_doc doc;
                status = sx_segment_doc_of(&part.segment, &rows, hits.hits[i].unit, &doc, &err);
            }
            assert_true(status == LLM_OK || status == LLM_E_CORRUPT || status == LLM_E_NOT_FOUND);
            refused += status != LLM_OK;
        }
        sx_segment_close(&part.segment, &rows);
        end();
    }
    assert_true(refused > 20);
    sx_fold_free(&fold, &mem);
}

static int free_docs(void **state)
{
    for (uint32_t d = 0; d < DOCS; d++) {
        sx_index_free((sx_index *)(uintptr_t)docs[d].index);
        sx_tree_unref((sx_tree *)(uintptr_t)docs[d].tree);
    }
    assert_int_equal(mem.live_bytes, 0);
    return remove_temp(state);
}

static sx_bits_in bits_of(const sx_buf *bytes)
{
    return (sx_bits_in){(const unsigned char *)bytes->data, 0, (uint64_t)(bytes->len - SX_PAD) * 8, false};
}

/* Postings at once are what gap and code are one after the other, and end where the bytes do. */
static void test_postings(void **state)
{
    (void)state;
    static const uint32_t codes[] = {0, 1, 2, 5, 100, 1 << 16, UINT32_MAX - 1};
    for (int k = 0; k <= 31; k++)
        for (uint32_t high = 0; high < 80; high += 1 + high / 8)
            for (size_t c = 0; c < sizeof codes / sizeof *codes; c++) {
                if ((uint64_t)high << k > UINT32_MAX) continue;
                uint32_t gap = high << k | (UINT32_C(0x5A5A5A5A) & ((UINT32_C(1) << k) - 1)), code;
                sx_buf one, other;
                sx_buf_init(&one, &mem, 0);
                sx_buf_init(&other, &mem, 0);
                sx_bits_out at_once = {.out = &one}, apart = {.out = &other};
                for (int twice = 0; twice < 2; twice++) {
                    sx_put_posting(&at_once, gap, k, codes[c]);
                    sx_put_rice(&apart, gap, k);
                    sx_put_gamma(&apart, codes[c] + 1);
                }
                sx_end_bits(&at_once);
                sx_end_bits(&apart);
                assert_int_equal(one.len, other.len);
                assert_memory_equal(one.data, other.data, one.len);
                for (int i = 0; i < SX_PAD; i++) sx_buf_char(&one, '\xff');
                sx_bits_in in = bits_of(&one);
                for (int twice = 0; twice < 2; twice++) {
                    assert_int_equal(sx_take_posting(&in, k, &code), gap);
                    assert_int_equal(code, codes[c]);
                }
                assert_false(in.bad);
                in = bits_of(&one);
                in.end = 1;
                sx_take_posting(&in, k, &code);
                if (k || high || codes[c]) assert_true(in.bad);
                sx_buf_free(&one);
                sx_buf_free(&other);
            }
    for (uint64_t range = 0; range < 5000; range++)
        for (uint64_t n = 0; n < 70; n++) {
            int k = sx_rice_for(range, n), steps = 0;
            while (steps < 31 && (range * 11 / 16) >> (steps + 1) >= (n ? n : 1)) steps++;
            assert_int_equal(k, steps);
        }
    assert_int_equal(sx_rice_for(UINT64_C(1) << 40, 1), 31);
}

int main(void)
{
    sx_mem_init(&mem, NULL);
    make_docs();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_best), cmocka_unit_test(test_best_documents),     cmocka_unit_test(test_join),
        cmocka_unit_test(test_gone),      cmocka_unit_test(test_headings_and_names), cmocka_unit_test(test_nonsense),
        cmocka_unit_test(test_postings)};
    return cmocka_run_group_tests(tests, NULL, free_docs);
}
