/* Evidence, answers and the scratchpad as a person reads them. */
#include "show.h"

#include <string.h>

#include "term.h"

static void place(const char *label_doc, const char *node, const char *doc, const char *path, uint32_t page)
{
    printf("%s[", sx_green());
    if (label_doc) {
        sx_print(label_doc, strlen(label_doc));
        putchar('#');
    }
    printf("%s]%s %s", node, sx_plain(), sx_bold());
    sx_print(doc, strlen(doc));
    fputs(sx_plain(), stdout);
    if (path && path[0]) {
        fputs(" > ", stdout);
        sx_print(path, strlen(path));
    }
    if (page) printf(" (page %u)", page);
    putchar('\n');
}

static bool several_documents(const llm_evidence *evidence)
{
    for (uint32_t i = 1; i < llm_evidence_count(evidence); i++)
        if (strcmp(llm_evidence_doc(evidence, i), llm_evidence_doc(evidence, 0)) != 0) return true;
    return false;
}

void sx_show_evidence(const llm_evidence *evidence, uint32_t most)
{
    for (uint32_t i = 0; i < llm_evidence_count(evidence) && i < most; i++) {
        uint64_t len = llm_evidence_end(evidence, i) - llm_evidence_start(evidence, i);
        place(NULL, llm_evidence_node(evidence, i), llm_evidence_doc(evidence, i), llm_evidence_path(evidence, i),
              llm_evidence_page(evidence, i));
        sx_print_passage(4, llm_evidence_text(evidence, i), (size_t)len);
    }
}

void sx_show_citations(const llm_reply *reply, const llm_evidence *evidence)
{
    bool several = several_documents(evidence); /* then the answer's marks name the document too */
    for (uint32_t i = 0; i < llm_reply_citation_count(reply); i++) {
        const char *node = llm_reply_citation_node(reply, i), *doc = llm_reply_citation_doc(reply, i);
        const char *text = llm_reply_citation_text(reply, i);
        bool same = i && strcmp(node, llm_reply_citation_node(reply, i - 1)) == 0 &&
                    strcmp(doc, llm_reply_citation_doc(reply, i - 1)) == 0;
        if (!same)
            place(several ? doc : NULL, node, doc, llm_reply_citation_path(reply, i),
                  llm_reply_citation_page(reply, i));
        fputs(sx_dim(), stdout);
        sx_print_passage(4, text, strlen(text));
        fputs(sx_plain(), stdout);
    }
}

/* What a node is called: its heading, or how its text begins. */
static void node_words(const llm_tree *tree, const char *id)
{
    int64_t i = tree ? llm_tree_find(tree, id) : -1;
    if (i < 0) return;
    const char *title = llm_tree_title(tree, (uint32_t)i);
    uint64_t start = llm_tree_start(tree, (uint32_t)i), end = llm_tree_end(tree, (uint32_t)i);
    if (title[0])
        sx_print_start(title, strlen(title), 56);
    else if (llm_tree_kind(tree, (uint32_t)i) == LLM_NODE_DOCUMENT)
        fputs("the whole document", stdout);
    else
        sx_print_start(llm_tree_text(tree) + start, (size_t)(end - start), 56);
}

static void step(const llm_tree *tree, const llm_evidence *evidence, uint32_t i)
{
    static const char *const marks[] = {" ", "+", "-", "*"};
    uint32_t action = llm_trace_action(evidence, i);
    const char *reason = llm_trace_reason(evidence, i);
    const char *colour = action == LLM_TRACE_FOUND ? sx_green() : action == LLM_TRACE_LEFT ? sx_dim() : "";
    printf("    %s%s %-10s %7.3f  ", colour, action < 4 ? marks[action] : " ", llm_trace_node(evidence, i),
           llm_trace_score(evidence, i));
    node_words(tree, llm_trace_node(evidence, i));
    if (llm_trace_judged(evidence, i) >= 0)
        printf("  (words %.3f, judge %.3f)", llm_trace_lexical(evidence, i), llm_trace_judged(evidence, i));
    printf("%s\n", sx_plain());
    if (reason[0]) {
        fputs(sx_dim(), stdout);
        sx_print_passage(27, reason, strlen(reason));
        fputs(sx_plain(), stdout);
    }
}

/* Where one stands in the scratchpad: a document's level on the way down, or the evidence at the end. */
static void stage(const char *doc, uint32_t level, bool found)
{
    fputs("  ", stdout);
    sx_print(doc, strlen(doc));
    if (found)
        printf("%sevidence, best first\n", doc[0] ? ": " : "");
    else
        printf("%slevel %u\n", doc[0] ? ", " : "", level);
}

void sx_show_trace(llm_corpus *corpus, const llm_evidence *evidence)
{
    const char *doc = NULL;
    llm_tree *tree = NULL;
    uint32_t level = 0;
    bool found = false;
    printf("%sHow it was found%s  (+ kept, - left, * became evidence)\n", sx_bold(), sx_plain());
    for (uint32_t i = 0; i < llm_trace_count(evidence); i++) {
        const char *next = llm_trace_doc(evidence, i);
        uint32_t depth = llm_trace_depth(evidence, i);
        bool other_doc = !doc || strcmp(doc, next) != 0, now_found = llm_trace_action(evidence, i) == LLM_TRACE_FOUND;
        if (other_doc) {
            llm_tree_free(tree);
            tree = NULL;
            doc = next;
            if (doc[0]) (void)llm_tree_open(&tree, corpus, doc, NULL); /* without it the ids are shown bare */
        }
        if (other_doc || now_found != found || (!found && depth != level)) stage(doc, depth, now_found);
        level = depth;
        found = now_found;
        step(tree, evidence, i);
    }
    llm_tree_free(tree);
}
