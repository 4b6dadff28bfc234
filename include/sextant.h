/* sextant.h: answers from your own documents, inside your own process.
 *
 * One library, four calls: llm_ctx_create opens a context on a model, a corpus and a guard (each optional);
 * llm_retrieve finds evidence by descending document trees; llm_generate streams an answer whose citations are
 * constrained and verified; llm_guard_check finds personal data and redacts it. A whole program:
 *
 *     #include <sextant.h>
 *     #include <stdio.h>
 *     #include <string.h>
 *
 *     static int fail(const char *what, const char *why) { fprintf(stderr, "%s: %s\n", what, why); return 1; }
 *
 *     int main(int argc, char **argv)                      // ask FILE QUESTION
 *     {
 *         llm_error err = LLM_ERROR_INIT;
 *         llm_corpus *corpus = NULL;
 *         llm_ctx *ctx = NULL;
 *         llm_evidence *found = NULL;
 *         llm_reply *reply = NULL;
 *         if (argc != 3) return fail("usage", "ask FILE QUESTION");
 *         if (llm_corpus_open(&corpus, NULL, NULL, &err) ||                  // NULL path: in memory
 *             llm_ingest_file(corpus, argv[1], NULL, NULL, &err) ||
 *             llm_ctx_create(&ctx, NULL, corpus, NULL, NULL, &err))          // no model: an extractive answer
 *             return fail("open", err.message);
 *         if (llm_retrieve(ctx, argv[2], strlen(argv[2]), NULL, &found) ||
 *             llm_generate(ctx, argv[2], strlen(argv[2]), found, NULL, &reply))
 *             return fail("ask", llm_ctx_errmsg(ctx));
 *         while (llm_reply_next(reply) == LLM_MORE)
 *             fwrite(llm_reply_piece(reply), 1, llm_reply_piece_len(reply), stdout);
 *         for (uint32_t i = 0; i < llm_reply_citation_count(reply); i++)
 *             printf("\n[%s] %s", llm_reply_citation_node(reply, i), llm_reply_citation_text(reply, i));
 *         llm_reply_free(reply);
 *         llm_evidence_free(found);
 *         llm_ctx_free(ctx);
 *         llm_corpus_free(corpus);
 *         return 0;
 *     }
 *
 * What is not in this file is not API.
 *
 * THREADS. llm_model, llm_corpus, llm_guard, llm_vault, llm_audit and llm_cancel are shared: any number of threads may use one at
 * once. llm_ctx and what it hands out (llm_evidence, llm_reply, llm_guard_stream, llm_verdict) belong to one caller at
 * a time, llm_tree and llm_docs too; they may move between threads. Two threads in one context at once: the second gets
 * LLM_E_BUSY, nothing else happens. Concurrency comes from many contexts on one model. Each function below says "Thread: any" (shared handle or
 * no handle) or "Thread: ctx" (one call at a time per context). Loading the library starts no thread and reads no file;
 * a model starts its workers at the first evaluation and joins them in the last llm_model_free.
 *
 * FORK. A handle made before fork() answers LLM_E_FORK in the child (free functions do nothing there). Create handles
 * after the fork. Never freeing anything is legal; a child may be freed after its parent.
 *
 * ERRORS. LLM_OK is 0, LLM_MORE is 1, failures are negative and their numbers never change. The sentence behind a failure
 * is in the llm_error the caller passed, or, for calls on a context and its children, in llm_ctx_errmsg(ctx). There is
 * no thread-local or global error. A refusal by the guard is a verdict, never an error. Nothing here prints, exits,
 * aborts, installs a signal handler, or changes locale, environment, working directory or FPU mode.
 *
 * TEXT is UTF-8 with a length in bytes; text handed out is NUL-terminated besides. Offsets are bytes, [start, end).
 * Pointers handed out are const and live until the handle is freed or its next mutating call (llm_reply_next,
 * llm_guard_feed, llm_guard_finish). They are never the caller's to free.
 *
 * OPTIONS are structs that begin with struct_size; use the *_INIT macro or the *_init function, then set fields. NULL
 * means defaults and a zero field means its default. Fields are only ever added at the end; a library that meets a
 * larger struct with a non-zero field it does not know answers LLM_E_VERSION.
 *
 * DEPRECATION. Nothing is removed while the SONAME stands. New behaviour gets a new name or a new field; an old function
 * keeps working, is marked "Deprecated" here with its successor, and goes only when the SONAME changes. "Since" names
 * the release in which a function appeared.
 */
#ifndef SEXTANT_H
#define SEXTANT_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32) && defined(LLM_SHARED)
#define LLM_API __declspec(dllimport)
#elif defined(__GNUC__)
#define LLM_API __attribute__((visibility("default")))
#else
#define LLM_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define LLM_VERSION_MAJOR 0
#define LLM_VERSION_MINOR 3
#define LLM_VERSION_PATCH 0
#define LLM_VERSION       "0.3.0"
#define LLM_API_LEVEL     3 /* grows by one with each release that adds functions */

/* ---- Status ----------------------------------------------------------------------------------------------------- */

typedef int32_t llm_status;

#define LLM_OK            0     /* done */
#define LLM_MORE          1     /* a piece is ready, call again (llm_reply_next) */
#define LLM_E_INVALID     (-1)  /* an argument is wrong: a NULL that may not be, a size out of range */
#define LLM_E_MEMORY      (-2)  /* the allocator returned NULL */
#define LLM_E_IO          (-3)  /* the operating system refused a read or a write */
#define LLM_E_FORMAT      (-4)  /* a file is truncated, malformed or hostile */
#define LLM_E_NOT_FOUND   (-5)  /* no such file, document, node or key */
#define LLM_E_UNSUPPORTED (-6)  /* well-formed, but this build cannot do it; the sentence names what */
#define LLM_E_VERSION     (-7)  /* caller and library disagree about a struct or an API level */
#define LLM_E_BUSY        (-8)  /* the context is in use by another call, or the handle can no longer change */
#define LLM_E_FORK        (-9)  /* the handle was made before fork() */
#define LLM_E_CANCELLED   (-10) /* the caller's llm_cancel was set */
#define LLM_E_LIMIT       (-11) /* a limit was met: context window, document size, nesting */
#define LLM_E_UTF8        (-12) /* text is not UTF-8; the sentence gives the offset */
#define LLM_E_CORRUPT     (-13) /* a corpus or vault file is damaged */
#define LLM_E_FULL        (-14) /* the disk is full; the previous state stands */
#define LLM_E_KEY         (-15) /* a vault does not open with this key */
#define LLM_E_READONLY    (-16) /* the corpus or vault was opened read-only */
#define LLM_E_USER        (-30) /* never made by the library: free for callbacks to return */
#define LLM_E_INTERNAL    (-99) /* a broken invariant; the handle is poisoned and only its free function works */

/* The name of a status, such as "LLM_E_FORMAT". Static. Thread: any. Since 0.1. */
LLM_API const char *llm_status_name(llm_status status);

/* Where constructors and calls on shared handles put their sentence: what was wrong, where, how to mend it. */
typedef struct llm_error {
    uint32_t struct_size; /* sizeof(llm_error) */
    llm_status code;
    char message[504]; /* UTF-8, NUL-terminated */
} llm_error;

/* ---- Handles ---------------------------------------------------------------------------------------------------- */

typedef struct llm_model llm_model;     /* weights and tokenizer of one file: immutable, shared */
typedef struct llm_adapter llm_adapter; /* low-rank changes to a model (LoRA): immutable, shared */
typedef struct llm_corpus llm_corpus;   /* documents as trees, in one file or in memory: shared */
typedef struct llm_guard llm_guard; /* a policy: what to look for, what to do: shared, frozen once a context uses it */
typedef struct llm_vault llm_vault; /* sealed originals behind pseudonyms: shared */
typedef struct llm_audit llm_audit; /* an append-only log of verdicts, chained and signed: shared */
typedef struct llm_cancel llm_cancel;             /* one flag that stops the calls it was passed to: shared */
typedef struct llm_ctx llm_ctx;                   /* one caller's connection to a model, a corpus and a guard */
typedef struct llm_tree llm_tree;                 /* one document's tree and text, a snapshot */
typedef struct llm_docs llm_docs;                 /* the list of a corpus's documents, a snapshot */
typedef struct llm_evidence llm_evidence;         /* what a retrieval found, and the way it took */
typedef struct llm_reply llm_reply;               /* an answer being made */
typedef struct llm_verdict llm_verdict;           /* what the guard saw in a text and decided */
typedef struct llm_scores llm_scores;             /* how likely given texts are */
typedef struct llm_guard_stream llm_guard_stream; /* the guard over text that arrives in pieces */

/* ---- Options ---------------------------------------------------------------------------------------------------- */

/* The caller's allocator. alloc returns memory aligned to `align` (a power of two) or NULL; release gets the same size.
 * Both must be callable from any thread. What SQLite, libsodium and the stemmers take for themselves is outside it. The
 * struct is copied. */
typedef struct llm_allocator {
    uint32_t struct_size;
    uint32_t reserved; /* 0 */
    void *user;
    void *(*alloc)(void *user, size_t size, size_t align);
    void (*release)(void *user, void *ptr, size_t size);
} llm_allocator;

/* The caller's logger. message is one finished UTF-8 line without newline; level is LLM_LOG_*. Called from any thread of
 * the library; must not call the handle that logs. The struct is copied. */
typedef struct llm_logger {
    uint32_t struct_size;
    uint32_t reserved; /* 0 */
    void *user;
    void (*log)(void *user, int32_t level, const char *message);
} llm_logger;

#define LLM_LOG_WARN  1
#define LLM_LOG_INFO  2
#define LLM_LOG_DEBUG 3

/* Highest instruction-set level to use; 0 chooses the best the machine has. Results are bit-identical across thread
 * counts, batch sizes and prompt chunkings within one level (of BF16 weights also between processors that both have
 * AVX512_BF16, or both have not). Up to LLM_ISA_AVX512 it does not matter either whether a token was given to the model or
 * made by it, so a context that goes on has the bits of one that reads everything anew. With LLM_ISA_AMX the tokens given (a
 * prompt, texts to score or embed) go through matrix units unless weights are F32, those made (an answer, drafts) do not, and
 * the two differ as rounding does: ask for at most LLM_ISA_AVX512 where they must not. */
#define LLM_ISA_SCALAR 1
#define LLM_ISA_AVX2   2
#define LLM_ISA_AVX512 3
#define LLM_ISA_AMX    4 /* Since 0.3 */

typedef struct llm_model_opts {
    uint32_t struct_size;
    uint32_t flags;   /* 0 */
    uint32_t threads; /* workers for this model; 0: the smaller of the affinity mask and the cgroup's quota */
    uint32_t isa;     /* LLM_ISA_*, 0: best */
    const llm_allocator *allocator; /* NULL: malloc */
    const llm_logger *logger;       /* NULL: silence */
    const llm_cancel *cancel;       /* polled while loading; NULL: none */
} llm_model_opts;

#define LLM_CORPUS_READONLY 1u /* flag: open an existing corpus for reading only */

typedef struct llm_corpus_opts {
    uint32_t struct_size;
    uint32_t flags;         /* LLM_CORPUS_* */
    uint64_t max_doc_bytes; /* longest document taken; 0: 256 MiB */
    const llm_allocator *allocator;
    const llm_logger *logger;
    uint64_t max_cache_bytes; /* documents and index kept in memory between calls; 0: 512 MiB. Since 0.3 */
    uint64_t max_doc_nodes;   /* most places of a document's tree, sentences included; 0: 16 Mi. Since 0.3 */
} llm_corpus_opts;

#define LLM_FORMAT_TEXT      1 /* plain text: numbered sections, paragraphs, sentences */
#define LLM_FORMAT_MARKDOWN  2 /* CommonMark headings, lists, code, tables */
/* Formats whose canonical text is made by a reader plugin (LLM_E_UNSUPPORTED where it is not installed). */
#define LLM_FORMAT_HTML      3
#define LLM_FORMAT_DOCX      4
#define LLM_FORMAT_EPUB      5
#define LLM_FORMAT_PDF       6 /* a form feed stands between pages; scans without text are refused */
/* PageIndex's JSON tree: each node's title, below it its text or summary; known by its first bytes. Since 0.3 */
#define LLM_FORMAT_PAGEINDEX 7

typedef struct llm_ingest_opts {
    uint32_t struct_size;
    uint32_t format; /* LLM_FORMAT_*; 0: by the name's ending, else by the first bytes, else text */
    const llm_cancel *cancel;
    /* Since 0.3. What is said about the document; NULL: as it was, at first nothing. Lists are strings that each end with
     * NUL, the list with an empty one ("hr\0board\0"). */
    const char *folder; /* "contracts/2024"; "": the root */
    const char *labels; /* list: only holders of one of them may see it; none: everybody (llm_corpus_view) */
    const char *meta;   /* list of "key=value", a key as often as it has values ("lang=de\0year=2024\0") */
} llm_ingest_opts;

#define LLM_CTX_NO_GUARD 1u /* flag: llm_generate runs no guard; llm_guard_check still works */

/* How a context keeps keys and values: 16, 32, 16, 8.5 and 4.5 bits a number (heads that are no multiple of 32 fill whole
 * blocks of 32 in the last two). Against F32, logits of the reference models move by 0.0005 (F16), 0.004 (BF16), 0.01 (Q8_0)
 * and 0.16 (Q4_0) of their standard deviation in the mean: Q4_0 is for texts that forgive it. The last three since 0.2. */
#define LLM_KV_F16  1
#define LLM_KV_F32  2
#define LLM_KV_BF16 3
#define LLM_KV_Q8_0 4
#define LLM_KV_Q4_0 5

typedef struct llm_ctx_opts {
    uint32_t struct_size;
    uint32_t flags;   /* LLM_CTX_* */
    uint32_t n_ctx;   /* most tokens of prompt and answer together; 0: the model's own, at most 8192; memory for them is
                          taken as they come */
    uint32_t n_batch; /* prompt tokens per evaluation; 0: 512 */
    uint32_t kv_type; /* LLM_KV_*; 0: F16 */
    uint32_t reserved; /* 0 */
    const llm_allocator *allocator;
    const llm_logger *logger;
} llm_ctx_opts;

/* Some nodes that a judge is asked about, read at once. Everything lives until the judge returns. Since 0.2. */
typedef struct llm_judge_batch {
    uint32_t struct_size;
    uint32_t count;
    const char *question; /* NUL-terminated, as are all texts here */
    const char *const *docs;
    const char *const *nodes; /* [count] ids */
    const char *const *texts; /* [count] cards: the headings above, the headings of the parts, how the node begins */
    const double *lexical;    /* [count] what the words alone say; larger is better */
    double *scores;       /* [count] out: 0 to 1, how likely the answer is there; left as they come (NaN): no opinion */
    uint64_t tokens_left; /* of judge_tokens */
    double ms_left;       /* of judge_ms; infinite without a limit */
    uint64_t tokens_used; /* out; 0: guessed from the bytes */
    const llm_cancel *cancel; /* the retrieval's, or NULL */
} llm_judge_batch;

/* A host's own judge. Must not call the context that retrieves. A negative status ends the retrieval with it. Since 0.2. */
typedef llm_status (*llm_judge_fn)(void *user, llm_judge_batch *batch);

#define LLM_RETRIEVE_JUDGE \
    1u /* flag: the context's model judges the nodes by how likely the question is behind each (opts->judge is NULL). Since 0.2 */
/* flag: it names nodes by letters, a few at a time in every order, by the logits of the letters; with LLM_RETRIEVE_JUDGE the
 * mean of both counts. For models that follow instructions. Since 0.3 */
#define LLM_RETRIEVE_LETTERS 2u

typedef struct llm_retrieve_opts {
    uint32_t struct_size;
    uint32_t flags;  /* LLM_RETRIEVE_* */
    uint32_t top;    /* most evidence nodes returned; 0: 10 */
    uint32_t beam;   /* branches kept per level; 0: as many as the level's own certainty asks for */
    const char *doc; /* only this document; NULL: the whole corpus */
    const llm_cancel *cancel;
    llm_judge_fn judge; /* NULL: words alone, or the model with LLM_RETRIEVE_JUDGE. Since 0.2, as are those below */
    void *judge_user;
    float judge_weight; /* of its opinion in the blend; 0: 0.6. Of the first k, k * (1 - weight) stay the words' own */
    uint32_t judge_ms;  /* it is not asked any more after so long; 0: no limit */
    uint64_t judge_tokens; /* nor after reading so many; 0: 16384 */
    /* Which documents are looked at, as if the corpus had no others; NULL: all. Tests joined by and, or, not and
     * parentheses:  folder ^= contracts and (year >= 2020 or not draft) and lang in (en, de)
     * Keys: name, folder, label, format, bytes, nodes and those of meta. Tests: = != < <= > >= (numbers; dates as far as
     * they are given: 2024-03), ^= (begins with; a folder: it or below), in (A, B), and a key alone (there is one). Values
     * with blanks or marks stand in "quotation marks". Since 0.3 */
    const char *filter;
} llm_retrieve_opts;

#define LLM_GEN_IGNORE_EOS    1u /* flag: go on after an end-of-text token (benchmarks) */
#define LLM_GEN_NO_BOS        2u /* flag: do not begin the prompt with the model's BOS token */
#define LLM_GEN_PARSE_SPECIAL 4u /* flag: take special tokens such as <|im_end|> from the prompt's text */
#define LLM_GEN_SHOW_SPECIAL \
    8u /* flag: write the answer's special tokens into its text, for llm_chat_parse. Since 0.2 */

#define LLM_DRAFT_MAX 64

typedef struct llm_gen_opts {
    uint32_t struct_size;
    uint32_t flags;      /* LLM_GEN_* */
    uint32_t max_tokens; /* most tokens made; 0: 256 */
    uint32_t top_k;      /* keep the k likeliest; 0: all */
    float temperature;   /* 0: greedy */
    float top_p;         /* keep the likeliest that sum to p; 0 or 1: all */
    float min_p;         /* drop what is less likely than min_p times the likeliest; 0: nothing */
    float
        min_confidence; /* with evidence: below this llm_evidence_confidence the answer is "not found"; 0: 0.5, negative: never */
    uint64_t seed;    /* same seed, same text, whatever the thread count */
    const char *stop; /* stop strings, each ended by NUL and the list by an empty one ("\n\n\0User:\0"); NULL: none */
    const llm_cancel *cancel; /* must outlive the reply */
    /* Since 0.2. Logits pass these in order: bias, repetition, frequency and presence penalties, DRY; then the choice, with a
     * temperature above 0: top-n-sigma, temperature, and either mirostat or min_p, top_k, top_p, typical, XTC. */
    float repeat_penalty;    /* divides positive logits of the last tokens and multiplies negative ones; 0 or 1: off */
    float frequency_penalty; /* taken off a logit for each time the token stands among the last ones */
    float presence_penalty;  /* taken off once if it stands there at all */
    uint32_t penalty_last_n; /* how many tokens of prompt and answer these three look back; 0: 64 */
    float dry_multiplier;    /* DRY: takes multiplier * base^(n - allowed_length) off a token that would lengthen a */
    float dry_base;          /* repetition of n >= allowed_length tokens; multiplier 0: off; base 0: 1.75; */
    uint32_t dry_allowed_length; /* 0: 2 */
    uint32_t dry_last_n;         /* how many tokens it looks back; 0: 1024 */
    float dynatemp_range;        /* temperature moves within +- this with the entropy; 0: fixed */
    float dynatemp_exponent;     /* of the normalised entropy; 0: 1 */
    float top_n_sigma;           /* keep logits within n standard deviations of the highest; 0: all */
    float typical_p;             /* keep the locally typical that sum to p; 0 or 1: all */
    float xtc_probability; /* how often all but the last of the choices above xtc_threshold are left out; 0: never */
    float xtc_threshold;   /* 0: 0.1 */
    float mirostat_tau;    /* mirostat 2: target surprise in bits, in place of the cuts behind temperature; 0: off */
    float mirostat_eta;    /* its learning rate; 0: 0.1 */
    uint32_t logprobs;     /* keep log-probabilities and this many likeliest tokens for each; 0: none */
    uint32_t n_bias;       /* entries of bias_tokens and bias */
    const int32_t *bias_tokens; /* bias[i] is added to the logit of bias_tokens[i]; -INFINITY bans it */
    const float *bias;
    const char *dry_breakers; /* no repetition reaches over a token that holds one of these, a list as stop; NULL: "\n",
                                 ":", "\"", "*" */
    const char
        *grammar; /* GBNF: the text is one that rule root takes, unless max_tokens, a stop string or the guard cuts
                            it; ends by itself when nothing else may follow. Not with evidence. NULL: none */
    const char
        *schema; /* JSON Schema (draft 2020-12): the same with the JSON texts that satisfy it; what cannot be enforced
                           is refused by its JSON pointer. Not together with grammar. NULL: none */
    /* Since 0.3 */
    uint32_t
        draft; /* most tokens guessed per step, from what followed the like before in prompt and answer; the text is
                       the same with and without, and comes faster where it repeats what was read; at most
                       LLM_DRAFT_MAX; 0: none */
} llm_gen_opts;

/* What to do with a finding. The verdict on a text is the strongest of ALLOW < redact (REPLACE..PSEUDONYM) < REVIEW < BLOCK. */
#define LLM_ACTION_ALLOW     1 /* report only */
#define LLM_ACTION_REPLACE   2 /* <TYPE> */
#define LLM_ACTION_MASK      3 /* one * per code point, the last four letters or digits kept */
#define LLM_ACTION_REMOVE    4 /* nothing in its place */
#define LLM_ACTION_HASH      5 /* <TYPE:16 hex digits of keyed BLAKE2b>; the key is the vault's or the guard's own */
#define LLM_ACTION_PSEUDONYM 6 /* <TYPE_n>; the original is sealed in the vault and can be restored */
#define LLM_ACTION_REVIEW    7 /* left as it is, the verdict asks for a person */
#define LLM_ACTION_BLOCK     8 /* nothing of the text is released */

/* Where a text stands on its way. */
#define LLM_DIR_INPUT    1u
#define LLM_DIR_EVIDENCE 2u
#define LLM_DIR_OUTPUT   4u
#define LLM_DIR_ALL      7u

typedef struct llm_guard_opts {
    uint32_t struct_size;
    uint32_t
        default_action; /* LLM_ACTION_* for types without one of their own; 0: REPLACE, but ALLOW for URL, DATE_TIME,
                                LOCATION, ORGANIZATION, AGE, NRP and TITLE; BLOCKED, PROMPT_INJECTION, JAILBREAK and HARMFUL
                                are REVIEW unless set by name. Learned guesses at names, places and addresses are
                                reported only, unless their type was set or asked for by name */
    float min_score;    /* findings below are dropped; 0: 0.5 */
    uint32_t max_hold;  /* most bytes a stream holds back; 0: as long as a finding could still grow */
    const llm_allocator *allocator;
    const llm_logger *logger;
    const char
        *policy; /* JSON as docs/policies.md tells; what the fields above set wins over it. NULL: none. Since 0.3 */
    uint64_t policy_len; /* its bytes */
    const char *files;   /* the folder of the word lists that the policy names; NULL: it may name none */
    llm_guard *like;     /* shares this guard's compiled rules, so that many guards cost little; NULL: its own */
    /* A folder of the host's in which what was compiled is kept for the next guard and the next process, which share its
     * memory: a million words compile in an eighth of the time. Files are never stale, and checked before they are used; a
     * folder that cannot be written is only read. NULL: none. */
    const char *cache;
} llm_guard_opts;

/* A part of a text that a host's recogniser looks at. The recogniser writes what it finds to spans. Since 0.3. */
typedef struct llm_span {
    uint64_t start, end; /* bytes of the window's text, at whole code points */
    double score;        /* 0 to 1 */
} llm_span;

typedef struct llm_window {
    uint32_t struct_size;
    uint32_t direction; /* LLM_DIR_* */
    const char *text;   /* not NUL-terminated; lives until the recogniser returns */
    size_t len;
    uint64_t offset; /* of text in the whole text */
    uint32_t last;   /* 1: the text ends here */
    uint32_t capacity;
    llm_span *spans; /* [capacity] to be filled */
    uint32_t count;  /* how many were */
} llm_window;

/* Called by the checks of a guard, in their threads, several at once; must not call the context that checks. Anything but
 * LLM_OK, and a span that is none, ends the check and nothing is released. Since 0.3. */
typedef llm_status (*llm_recognise_fn)(void *user, llm_window *window);

typedef struct llm_recogniser {
    uint32_t struct_size;
    uint32_t
        max_span; /* bytes of its longest finding, 1 to 1024: windows overlap by so much, and a stream holds back up to
                          three times as much */
    const char *type; /* one of the library's types, or a new one ("ORDER_NUMBER"); copied */
    const char *name; /* shown as the finding's rule; NULL: the type; copied */
    llm_recognise_fn find;
    void *user;
} llm_recogniser;

/* A finding whose action is REVIEW, as the host's reviewer sees it. Everything lives until it returns. Since 0.3. */
typedef struct llm_review {
    uint32_t struct_size;
    uint32_t direction; /* LLM_DIR_* */
    const char *type, *rule, *label;
    const char *text; /* the finding with what stands around it; not NUL-terminated */
    size_t len;
    uint64_t start, end; /* the finding in text */
    uint64_t offset;     /* of text in the whole text */
    double score;
} llm_review;

/* Returns what is to be done: LLM_ACTION_ALLOW, one that covers the finding, LLM_ACTION_BLOCK, or LLM_ACTION_REVIEW to leave
 * it to a person later. Any other answer blocks. The text waits for it. Called as recognisers are. Since 0.3. */
typedef uint32_t (*llm_review_fn)(void *user, const llm_review *finding);

typedef struct llm_check_opts {
    uint32_t struct_size;
    uint32_t direction; /* one LLM_DIR_*; 0: INPUT */
    const char *types;  /* only these types, each ended by NUL and the list by an empty one; NULL: all of the policy */
    float min_score;    /* 0: the guard's own; negative: no threshold */
    uint32_t reserved;  /* 0 */
    const llm_cancel *cancel;
} llm_check_opts;

#define LLM_VAULT_READONLY   1u /* flag: restore only */
#define LLM_VAULT_PASSPHRASE 2u /* flag: the key is a passphrase, stretched with Argon2id; else it is 32 random bytes */

typedef struct llm_vault_opts {
    uint32_t struct_size;
    uint32_t flags; /* LLM_VAULT_* */
    const llm_allocator *allocator;
    const llm_logger *logger;
} llm_vault_opts;

#define LLM_AUDIT_DURABLE 1u /* flag: each record is on the disk before its call returns; else each signature is */

/* Since 0.3. */
typedef struct llm_audit_opts {
    uint32_t struct_size;
    uint32_t flags;               /* LLM_AUDIT_* */
    uint32_t head_every;          /* most records between two signatures; 0: 64 */
    uint32_t reserved;            /* 0 */
    int64_t (*clock)(void *user); /* milliseconds since 1970, from any thread; NULL: the system's clock */
    void *clock_user;
    const llm_allocator *allocator;
    const llm_logger *logger;
} llm_audit_opts;

#define LLM_SCORE_NO_BOS        1u /* flag: do not begin with the model's BOS token */
#define LLM_SCORE_PARSE_SPECIAL 2u /* flag: take special tokens such as <|im_end|> from prompt and texts */

typedef struct llm_score_opts {
    uint32_t struct_size;
    uint32_t flags;        /* LLM_SCORE_* */
    uint32_t top;          /* the likeliest tokens kept at each place, at most 256; 0: none */
    uint32_t reserved;     /* 0 */
    const uint64_t *given; /* [n] bytes at the beginning of each text that are read and not scored; NULL: none */
    const llm_cancel *cancel;
} llm_score_opts;

/* How the hidden states of a text's tokens become one vector. */
#define LLM_POOL_MODEL 0 /* as the model's file says */
#define LLM_POOL_MEAN  1
#define LLM_POOL_CLS   2 /* the first token's */
#define LLM_POOL_LAST  3 /* the last token's */
#define LLM_POOL_NONE  4 /* one vector per token */

#define LLM_EMBED_NORMALISE 1u /* flag: vectors of length 1 */

typedef struct llm_embed_opts {
    uint32_t struct_size;
    uint32_t flags;    /* LLM_EMBED_* */
    uint32_t pooling;  /* LLM_POOL_* */
    uint32_t reserved; /* 0 */
    const llm_cancel *cancel;
} llm_embed_opts;

/* clang-format off */
#ifndef SWIG
#define LLM_ERROR_INIT {(uint32_t)sizeof(llm_error), 0, {0}}
#define LLM_MODEL_OPTS_INIT {(uint32_t)sizeof(llm_model_opts), 0, 0, 0, NULL, NULL, NULL}
#define LLM_CORPUS_OPTS_INIT {(uint32_t)sizeof(llm_corpus_opts), 0, 0, NULL, NULL, 0, 0}
#define LLM_INGEST_OPTS_INIT {(uint32_t)sizeof(llm_ingest_opts), 0, NULL, NULL, NULL, NULL}
#define LLM_CTX_OPTS_INIT {(uint32_t)sizeof(llm_ctx_opts), 0, 0, 0, 0, 0, NULL, NULL}
#define LLM_RETRIEVE_OPTS_INIT {(uint32_t)sizeof(llm_retrieve_opts), 0, 0, 0, NULL, NULL, NULL, NULL, 0, 0, 0, NULL}
#define LLM_GEN_OPTS_INIT {(uint32_t)sizeof(llm_gen_opts), 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
    0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, 0}
#define LLM_GUARD_OPTS_INIT {(uint32_t)sizeof(llm_guard_opts), 0, 0, 0, NULL, NULL, NULL, 0, NULL, NULL, NULL}
#define LLM_CHECK_OPTS_INIT {(uint32_t)sizeof(llm_check_opts), 0, NULL, 0, 0, NULL}
#define LLM_VAULT_OPTS_INIT {(uint32_t)sizeof(llm_vault_opts), 0, NULL, NULL}
#define LLM_SCORE_OPTS_INIT {(uint32_t)sizeof(llm_score_opts), 0, 0, 0, NULL, NULL}
#define LLM_EMBED_OPTS_INIT {(uint32_t)sizeof(llm_embed_opts), 0, 0, 0, NULL}
#define LLM_AUDIT_OPTS_INIT {(uint32_t)sizeof(llm_audit_opts), 0, 0, 0, NULL, NULL, NULL, NULL}
#endif
/* clang-format on */

/* The same as the macros, for callers that cannot use them: zeroes the struct and sets struct_size to `size`, which is
 * the caller's sizeof. NULL is ignored. Thread: any. Since 0.1. */
LLM_API void llm_error_init(llm_error *err, size_t size);
LLM_API void llm_model_opts_init(llm_model_opts *opts, size_t size);
LLM_API void llm_corpus_opts_init(llm_corpus_opts *opts, size_t size);
LLM_API void llm_ingest_opts_init(llm_ingest_opts *opts, size_t size);
LLM_API void llm_ctx_opts_init(llm_ctx_opts *opts, size_t size);
LLM_API void llm_retrieve_opts_init(llm_retrieve_opts *opts, size_t size);
LLM_API void llm_gen_opts_init(llm_gen_opts *opts, size_t size);
LLM_API void llm_guard_opts_init(llm_guard_opts *opts, size_t size);
LLM_API void llm_check_opts_init(llm_check_opts *opts, size_t size);
LLM_API void llm_vault_opts_init(llm_vault_opts *opts, size_t size);
LLM_API void llm_score_opts_init(llm_score_opts *opts, size_t size); /* Since 0.2 */
LLM_API void llm_embed_opts_init(llm_embed_opts *opts, size_t size); /* Since 0.2 */
LLM_API void llm_audit_opts_init(llm_audit_opts *opts, size_t size); /* Since 0.3 */

/* ---- Identity --------------------------------------------------------------------------------------------------- */

/* The library's version, "0.3.0". Static. Thread: any. Since 0.1. */
LLM_API const char *llm_version(void);

/* A fact of this build by key: "api_level", "compiler", "isa" (the level this machine gets), "sqlite", "sodium",
 * "unicode". NULL for an unknown key. Static. Thread: any. Since 0.1. */
LLM_API const char *llm_build_info(const char *key);

/* ---- Cancellation ----------------------------------------------------------------------------------------------- */

/* Makes a flag that stops the calls it is passed to. Errors: LLM_E_INVALID, LLM_E_MEMORY. Thread: any. Since 0.1. */
LLM_API llm_status llm_cancel_create(llm_cancel **out);

/* Sets the flag: calls holding it end with LLM_E_CANCELLED within about 100 ms. Lock-free, safe in a signal handler.
 * Thread: any. Since 0.1. */
LLM_API void llm_cancel_set(llm_cancel *cancel);

/* Clears the flag for another use. Thread: any, but not while a call holds it. Since 0.1. */
LLM_API void llm_cancel_reset(llm_cancel *cancel);

/* 1 when set. Thread: any. Since 0.1. */
LLM_API int32_t llm_cancel_is_set(const llm_cancel *cancel);

/* Frees it; no call may hold it any more. NULL is fine. Thread: any. Since 0.1. */
LLM_API void llm_cancel_free(llm_cancel *cancel);

/* ---- Model ------------------------------------------------------------------------------------------------------ */

/* Maps a model and checks it whole. The path is a GGUF file (v2 or v3), the first file of a split one
 * ("...-00001-of-00003.gguf", the others beside it), or a folder as Hugging Face's libraries save it: config.json,
 * model.safetensors or its shards in F32, F16 or BF16, tokenizer.json or tokenizer.model. Weights are used where they
 * lie in the files, which must not change while the model lives. *out is set only on LLM_OK and freed with
 * llm_model_free. Numbers that are not finite in norms and biases are refused; matrices are not searched for them.
 * Errors: LLM_E_INVALID, LLM_E_NOT_FOUND, LLM_E_IO, LLM_E_FORMAT, LLM_E_UNSUPPORTED (the sentence names the
 * architecture, tensor type or tokenizer), LLM_E_MEMORY, LLM_E_CANCELLED. Blocks: yes. Thread: any. Since 0.1. */
LLM_API llm_status llm_model_load(llm_model **out, const char *path, const llm_model_opts *opts, llm_error *err);

/* The same from a GGUF file's len bytes in memory, which must neither change nor go before the model does. Bytes that do
 * not begin at a multiple of 32 are copied. Errors: as llm_model_load. Blocks: yes. Thread: any. Since 0.2. */
LLM_API llm_status llm_model_load_memory(llm_model **out, const void *data, size_t len, const llm_model_opts *opts,
                                         llm_error *err);

/* The same from len bytes at an offset of an open regular file, such as a model packed into a larger file; len 0 stands
 * for all that follow. The descriptor may be closed afterwards. An offset that is not a multiple of 32 costs a copy.
 * Errors: as llm_model_load. Blocks: yes. Thread: any. Since 0.2. */
LLM_API llm_status llm_model_load_fd(llm_model **out, int32_t fd, uint64_t offset, uint64_t len,
                                     const llm_model_opts *opts, llm_error *err);

/* Drops the caller's reference; contexts keep theirs. NULL is fine. Thread: any. Since 0.1. */
LLM_API void llm_model_free(llm_model *model);

/* A fact of the model by key: "arch", "name", "type" (of most weights), "isa", "threads", "license", or any metadata key
 * of the file that holds a string or a number. Since 0.3 also what its matrices cost, as decimal numbers (of a mixture the
 * experts that a token uses; norms, embedding rows and the context's keys and values not counted): "step_bytes" read and
 * "step_products" multiplied to make one token, "prompt_products" to read one token of a prompt. NULL when there is none.
 * Lives as long as the model. Thread: any. Since 0.1. */
LLM_API const char *llm_model_info(llm_model *model, const char *key);

/* Entries of the vocabulary; logits have this many. Thread: any. Since 0.1. */
LLM_API uint32_t llm_model_n_vocab(const llm_model *model);

/* Tokens of context the model was trained for. Thread: any. Since 0.1. */
LLM_API uint32_t llm_model_n_ctx(const llm_model *model);

/* Special tokens by name: "bos", "eos", "unk", "pad", "eot"; -1 when the model has none. Thread: any. Since 0.1. */
LLM_API int32_t llm_model_token(const llm_model *model, const char *name);

#define LLM_TOK_SPECIAL 1u /* add what the model wants around a text (BOS, EOS) */
#define LLM_TOK_PARSE   2u /* take special tokens written in the text; untrusted text should not */

/* Text to token ids. Writes at most capacity ids and returns how many the text has (call with capacity 0 to learn it),
 * or a negative status: LLM_E_INVALID, LLM_E_UNSUPPORTED, LLM_E_MEMORY. Bytes that are not UTF-8 become byte tokens
 * where the vocabulary has them. Thread: any. Since 0.1. */
LLM_API int64_t llm_tokenize(const llm_model *model, const char *text, size_t len, uint32_t flags, int32_t *tokens,
                             size_t capacity, llm_error *err);

/* Token ids to text: writes at most capacity bytes and returns the bytes of the whole text (not NUL-terminated), or a
 * negative status: LLM_E_INVALID (an id outside the vocabulary), LLM_E_MEMORY. LLM_TOK_PARSE renders special tokens
 * too. Thread: any. Since 0.1. */
LLM_API int64_t llm_detokenize(const llm_model *model, const int32_t *tokens, size_t n, uint32_t flags, char *text,
                               size_t capacity, llm_error *err);

/* Renders a chat template: `vars` is a JSON object whose fields are the template's variables ("messages", "tools",
 * "add_generation_prompt", ...). The template is `source`, or with source NULL the model's own; the model (NULL is fine with
 * a source) gives bos_token and eos_token where vars does not. Writes at most capacity bytes and returns the bytes of the
 * whole text, or a negative status: LLM_E_INVALID (also: the template refuses, in its own words), LLM_E_FORMAT (template
 * or JSON malformed, with the line), LLM_E_NOT_FOUND (the model has no template), LLM_E_LIMIT (it runs too long or takes
 * too much), LLM_E_MEMORY. Give the text to llm_generate with LLM_GEN_PARSE_SPECIAL | LLM_GEN_NO_BOS. Thread: any.
 * Since 0.1. */
LLM_API int64_t llm_chat_template(const llm_model *model, const char *source, size_t source_len, const char *vars,
                                  size_t vars_len, char *text, size_t capacity, llm_error *err);

#define LLM_CHAT_PARTIAL 1u /* the answer goes on: hold back what could still become a mark or a call */

/* Reads an answer to a prompt that llm_chat_template made, in the dialect of that template (source and model as there; with
 * neither, <think> and <tool_call>), made with LLM_GEN_SHOW_SPECIAL. The result is a JSON object: "content", and where
 * there are any "reasoning", "tool_calls" as [{"id", "type": "function", "function": {"name", "arguments": JSON as text}}]
 * and "malformed": true, when a call could not be read and stays in the content. The prompt tells whether it opened the
 * reasoning; NULL: it did not. With LLM_CHAT_PARTIAL nothing that is given for a beginning of the answer is taken back
 * later. Time is linear in the answer. Writes at most capacity bytes and returns the bytes of the whole JSON, or a negative
 * status: LLM_E_INVALID, LLM_E_MEMORY. Thread: any. Since 0.2. */
LLM_API int64_t llm_chat_parse(const llm_model *model, const char *source, size_t source_len, const char *prompt,
                               size_t prompt_len, const char *answer, size_t len, uint32_t flags, char *out,
                               size_t capacity, llm_error *err);

/* Decodes quantised blocks to float: type is a GGUF type name ("q4_0"), src_len bytes must be whole blocks, dst holds
 * dst_len floats, at least as many as the blocks have. Errors: LLM_E_INVALID, LLM_E_UNSUPPORTED. Thread: any.
 * Since 0.1. */
LLM_API llm_status llm_dequantize(const char *type, const void *src, size_t src_len, float *dst, size_t dst_len,
                                  llm_error *err);

/* Writes the model `in` (F32, F16 or BF16; any path that llm_model_load takes) as one GGUF file `out` in a smaller type,
 * which also makes GGUF of a folder of safetensors or of a split file: recipe is "q8_0", "q4_0", "q4_1",
 * "q5_0", "q5_1", "q4_k_s", "q5_k_s", "q6_k", the mixes "q4_k_m" and "q5_k_m", "f32", "f16" or "bf16". `out` appears whole or not
 * at all. threads 0: as llm_model_opts. Errors: LLM_E_INVALID, LLM_E_NOT_FOUND, LLM_E_IO, LLM_E_FULL, LLM_E_FORMAT,
 * LLM_E_UNSUPPORTED, LLM_E_MEMORY, LLM_E_CANCELLED. Blocks: yes. Thread: any. Since 0.1. */
LLM_API llm_status llm_quantize(const char *in, const char *out, const char *recipe, uint32_t threads,
                                const llm_cancel *cancel, llm_error *err);

/* The same by an importance matrix (llm_imatrix; NULL: none): where its file has numbers for a tensor, columns that are fed
 * more are kept more exactly. Errors: also LLM_E_FORMAT when it was made for another model. Blocks: yes. Thread: any.
 * Since 0.2. */
LLM_API llm_status llm_quantize_weighted(const char *in, const char *out, const char *recipe, const char *imatrix,
                                         uint32_t threads, const llm_cancel *cancel, llm_error *err);

/* ---- Adapters --------------------------------------------------------------------------------------------------- */

/* Reads a low-rank adapter (LoRA) for a model and checks every shape against the model: a GGUF file of general.type
 * "adapter", or a folder as the peft package saves it (adapter_config.json, adapter_model.safetensors). Memory comes from the model's allocator; the adapter keeps the model. Free with llm_adapter_free. Errors:
 * LLM_E_INVALID, LLM_E_NOT_FOUND, LLM_E_IO, LLM_E_FORMAT (damaged, or made for another model), LLM_E_UNSUPPORTED (of
 * embeddings, norms or rows of experts), LLM_E_MEMORY. Blocks: yes. Thread: any. Since 0.2. */
LLM_API llm_status llm_adapter_load(llm_adapter **out, llm_model *model, const char *path, llm_error *err);

/* Drops the caller's reference; contexts that carry it keep theirs. NULL is fine. Thread: any. Since 0.2. */
LLM_API void llm_adapter_free(llm_adapter *adapter);

/* The context carries the adapter from now on, times scale (1 as it was trained, 0 not at all); several add up. The model
 * itself and its other contexts are untouched. A change forgets what the context has read. Errors: LLM_E_INVALID (another
 * model's adapter, a scale that is not finite), LLM_E_MEMORY, LLM_E_BUSY. Thread: ctx. Since 0.2. */
LLM_API llm_status llm_ctx_set_adapter(llm_ctx *ctx, llm_adapter *adapter, float scale);

/* ---- Corpus ----------------------------------------------------------------------------------------------------- */

/* Opens or creates a corpus file; path NULL makes one in memory. Errors: LLM_E_INVALID, LLM_E_IO, LLM_E_NOT_FOUND
 * (read-only and absent), LLM_E_CORRUPT, LLM_E_VERSION (made by a newer library), LLM_E_MEMORY. Blocks: yes.
 * Thread: any. Since 0.1. */
LLM_API llm_status llm_corpus_open(llm_corpus **out, const char *path, const llm_corpus_opts *opts, llm_error *err);

/* The corpus as a holder of these labels (a list; NULL: none) sees it: give it to llm_ctx_create, llm_docs_list and
 * llm_tree_open. A document or place without labels is everybody's; of one with labels the caller must hold at least one, and
 * of a place within others one of each. What the caller may not see is not there: not in lists, texts, trees, hashes,
 * evidence, traces, scores, statistics, confidence or error messages, which are those of a corpus that never held it. Ids
 * and offsets count in what is seen; pages keep their numbers. A view follows the corpus, cannot be written to
 * (LLM_E_READONLY) and may be made of a view, which it narrows to the labels in both. The first handle is the owner's, who
 * sees all. Free with llm_corpus_free. Errors: LLM_E_INVALID, LLM_E_MEMORY. Thread: any. Since 0.3. */
LLM_API llm_status llm_corpus_view(llm_corpus **out, llm_corpus *corpus, const char *labels, llm_error *err);

/* Drops the caller's reference; contexts and trees keep theirs. NULL is fine. Thread: any. Since 0.1. */
LLM_API void llm_corpus_free(llm_corpus *corpus);

/* Adds a document under a name, or replaces the one of that name; either wholly or not at all, also across a crash. The
 * bytes of plain text and Markdown must be UTF-8 and are their own canonical text, the one that offsets count in; of other
 * formats a reader plugin makes it (llm_tree_text). Errors: LLM_E_INVALID, LLM_E_UTF8, LLM_E_UNSUPPORTED (no plugin, or a
 * document without text), LLM_E_FORMAT, LLM_E_LIMIT, LLM_E_IO, LLM_E_FULL, LLM_E_READONLY, LLM_E_CORRUPT, LLM_E_MEMORY, LLM_E_CANCELLED. Blocks: yes.
 * Thread: any. Since 0.1. */
LLM_API llm_status llm_ingest(llm_corpus *corpus, const char *name, const char *text, size_t len,
                              const llm_ingest_opts *opts, llm_error *err);

/* The same with the bytes of a file; name NULL takes the path's last part. Errors: as llm_ingest, LLM_E_NOT_FOUND.
 * Blocks: yes. Thread: any. Since 0.1. */
LLM_API llm_status llm_ingest_file(llm_corpus *corpus, const char *path, const char *name, const llm_ingest_opts *opts,
                                   llm_error *err);

/* Changes what is said about a document without touching its text: folder, labels and meta of opts. With node, an id of its
 * tree, the labels of that place; the place stays labelled when the text moves, and what is written into it is hidden with
 * it. Errors: LLM_E_INVALID, LLM_E_NOT_FOUND, LLM_E_LIMIT, and those of writing. Thread: any. Since 0.3. */
LLM_API llm_status llm_describe(llm_corpus *corpus, const char *name, const char *node, const llm_ingest_opts *opts,
                                llm_error *err);

/* Replaces the bytes [begin, end) of a document's canonical text; durable and seen by the next retrieval, like any other
 * write. Words inside a paragraph that stays one leave every other node its id, and its hash unless it lies above; of any
 * other change the document is read anew, but not indexed anew where it did not change (documents of formats whose text is
 * made: LLM_E_UNSUPPORTED). hash: that of the root (llm_tree_hash of node 0) in the tree that the offsets were taken from;
 * LLM_E_BUSY when the document has changed since. NULL: as it is now. Errors: LLM_E_INVALID, LLM_E_NOT_FOUND, LLM_E_UTF8,
 * LLM_E_LIMIT, LLM_E_CORRUPT, LLM_E_BUSY, LLM_E_UNSUPPORTED, and those of writing. Blocks: yes. Thread: any. Since 0.3. */
LLM_API llm_status llm_edit(llm_corpus *corpus, const char *name, uint64_t begin, uint64_t end, const char *text,
                            size_t len, const char *hash, llm_error *err);

/* Removes a document. Errors: LLM_E_INVALID, LLM_E_NOT_FOUND, and those of writing. Blocks: yes. Thread: any. Since 0.1. */
LLM_API llm_status llm_remove(llm_corpus *corpus, const char *name, llm_error *err);

/* Proves the whole corpus sound: file structure, every document's hashes and index. LLM_OK, or LLM_E_CORRUPT with what
 * is lost. Blocks: yes. Thread: any. Since 0.1. */
LLM_API llm_status llm_corpus_check(llm_corpus *corpus, llm_error *err);

/* The documents as they are now, sorted by name; free with llm_docs_free. Errors: LLM_E_INVALID, LLM_E_IO,
 * LLM_E_MEMORY. Thread: any. Since 0.1. */
LLM_API llm_status llm_docs_list(llm_docs **out, llm_corpus *corpus, llm_error *err);
LLM_API uint32_t llm_docs_count(const llm_docs *docs);
LLM_API const char *llm_docs_name(const llm_docs *docs, uint32_t i);
LLM_API uint64_t llm_docs_bytes(const llm_docs *docs, uint32_t i); /* of canonical text */
LLM_API uint32_t llm_docs_nodes(const llm_docs *docs, uint32_t i);
LLM_API const char *llm_docs_hash(const llm_docs *docs, uint32_t i); /* of the root node, 64 hex digits */
/* The k-th thing said about it: "folder=contracts", "label=hr", then the pairs of meta; NULL behind the last. Since 0.3 */
LLM_API const char *llm_docs_about(const llm_docs *docs, uint32_t i, uint32_t k);
LLM_API void llm_docs_free(llm_docs *docs);

/* ---- Tree walking ----------------------------------------------------------------------------------------------- */

#define LLM_NODE_DOCUMENT  1 /* the root, id "0" */
#define LLM_NODE_SECTION   2 /* a heading or a numbered clause and what stands under it */
#define LLM_NODE_PARAGRAPH 3 /* a block of text: the unit of evidence */
#define LLM_NODE_SENTENCE  4 /* the unit of citation */
#define LLM_NODE_GROUP     5 /* no heading of its own: keeps a long level balanced */

/* A document's tree as it is now, nodes in reading order (a parent before its children); free with llm_tree_free.
 * Errors: LLM_E_INVALID, LLM_E_NOT_FOUND, LLM_E_IO, LLM_E_CORRUPT, LLM_E_MEMORY. Thread: any. Since 0.1. */
LLM_API llm_status llm_tree_open(llm_tree **out, llm_corpus *corpus, const char *name, llm_error *err);
LLM_API void llm_tree_free(llm_tree *tree);
LLM_API const char *llm_tree_text(const llm_tree *tree); /* the canonical text */
LLM_API uint64_t llm_tree_text_len(const llm_tree *tree);
LLM_API uint32_t llm_tree_count(const llm_tree *tree);
/* The position of a node id, or -1. Thread: any. Since 0.1. */
LLM_API int64_t llm_tree_find(const llm_tree *tree, const char *id);
/* Of node i (below llm_tree_count; else "" , 0 or -1): its id, the path of child indices from the root ("0.2.5"); */
LLM_API const char *llm_tree_id(const llm_tree *tree, uint32_t i);
LLM_API int64_t llm_tree_parent(const llm_tree *tree, uint32_t i); /* position of the parent, -1 for the root */
LLM_API uint32_t llm_tree_kind(const llm_tree *tree, uint32_t i);  /* LLM_NODE_* */
LLM_API uint32_t llm_tree_depth(const llm_tree *tree, uint32_t i);
LLM_API const char *llm_tree_title(const llm_tree *tree, uint32_t i); /* the heading's words, "" without one */
LLM_API uint64_t llm_tree_start(const llm_tree *tree, uint32_t i);
LLM_API uint64_t llm_tree_end(const llm_tree *tree, uint32_t i);
LLM_API const char *llm_tree_hash(const llm_tree *tree,
                                  uint32_t i); /* BLAKE2b of its text and children, 64 hex digits */

/* The tree in PageIndex's JSON: its sections with titles, node_ids "0000" on, pages (or lines where it has none) and texts;
 * llm_ingest reads it back. Writes at most capacity bytes and returns the bytes of the whole JSON, or a negative status:
 * LLM_E_INVALID, LLM_E_MEMORY. Thread: any. Since 0.3. */
LLM_API int64_t llm_tree_pageindex(const llm_tree *tree, char *out, size_t capacity, llm_error *err);

/* ---- Context ---------------------------------------------------------------------------------------------------- */

/* Opens a context on a model, a corpus and a guard; each may be NULL (guard NULL: the default policy). The context
 * keeps references, so the handles may be freed before it. Errors: LLM_E_INVALID, LLM_E_VERSION, LLM_E_MEMORY,
 * LLM_E_LIMIT (n_ctx beyond what fits). Thread: any. Since 0.1. */
LLM_API llm_status llm_ctx_create(llm_ctx **out, llm_model *model, llm_corpus *corpus, llm_guard *guard,
                                  const llm_ctx_opts *opts, llm_error *err);

/* Frees it; its evidence, replies and streams stay readable but make no more text. NULL is fine. While another thread is
 * inside the context, the memory goes when that call returns. Thread: ctx. Since 0.1. */
LLM_API void llm_ctx_free(llm_ctx *ctx);

/* The sentence of the context's last failure, "" after none. Lives until the next call on the context. Thread: ctx.
 * Since 0.1. */
LLM_API const char *llm_ctx_errmsg(llm_ctx *ctx);

/* Logits of a token sequence from an empty cache: n rows of llm_model_n_vocab floats into out, which holds out_len
 * floats. Errors: LLM_E_INVALID, LLM_E_LIMIT, LLM_E_UNSUPPORTED (no model), LLM_E_CANCELLED, LLM_E_BUSY. Blocks: yes.
 * Thread: ctx. Since 0.1. */
LLM_API llm_status llm_logits(llm_ctx *ctx, const int32_t *tokens, size_t n, float *out, size_t out_len,
                              const llm_cancel *cancel);

/* ---- Score ------------------------------------------------------------------------------------------------------ */

/* How likely the model finds each of n texts after one prompt, which may be empty. The prompt, and whatever else all texts
 * begin with, is read once, and not again where the context holds it from an earlier call; the texts go through the model
 * as one batch; a text's scores do not depend on the others. Prompt and text are tokenized together: a token that runs
 * over the border counts to the text. The very first token of all has nothing before it and is not scored; a token that
 * ends every text (EOS) is left out. texts: [n] of lens[n] bytes. Free with llm_scores_free. Errors: LLM_E_INVALID,
 * LLM_E_UNSUPPORTED (no model), LLM_E_LIMIT (a text does not fit the context window), LLM_E_MEMORY, LLM_E_CANCELLED,
 * LLM_E_BUSY. Blocks: yes. Thread: ctx. Since 0.2. */
LLM_API llm_status llm_score(llm_ctx *ctx, const char *prompt, size_t len, const char *const *texts, const size_t *lens,
                             size_t n, const llm_score_opts *opts, llm_scores **out);

/* The same for one text of n tokens, exactly as given, scored from index `from` on (0 counts as 1); opts->given is not
 * looked at. Thread: ctx. Since 0.2. */
LLM_API llm_status llm_score_tokens(llm_ctx *ctx, const int32_t *tokens, size_t n, size_t from,
                                    const llm_score_opts *opts, llm_scores **out);

/* Of text i: how many tokens were scored, and the sum of their logarithms (natural; perplexity is exp(-sum / tokens)). Of its
 * scored token t: the id, and the logarithm of its probability. The k-th likeliest token at its place and that one's
 * logarithm. Beyond the counts: 0, -1 for an id, -infinity for top_logprob. Thread: ctx. Since 0.2. */
LLM_API uint32_t llm_scores_count(const llm_scores *scores);
LLM_API uint32_t llm_scores_tokens(const llm_scores *scores, uint32_t i);
LLM_API double llm_scores_sum(const llm_scores *scores, uint32_t i);
LLM_API int32_t llm_scores_token(const llm_scores *scores, uint32_t i, uint32_t t);
LLM_API double llm_scores_logprob(const llm_scores *scores, uint32_t i, uint32_t t);
LLM_API int32_t llm_scores_top_token(const llm_scores *scores, uint32_t i, uint32_t t, uint32_t k);
LLM_API double llm_scores_top_logprob(const llm_scores *scores, uint32_t i, uint32_t t, uint32_t k);
LLM_API void llm_scores_free(llm_scores *scores);

/* The state of a context is what the model has read in it: keys and values per position, and the tokens. The next prompt is
 * compared with it, and what both begin with is not read again; so a state that was saved, restored or forked spares reading.
 *
 * Writes the state into a file, which appears whole or not at all, for llm_ctx_restore on the same model with the same
 * kv_type. A text that goes on from a restored state gets the same bits as one that never left. The file holds what was read
 * in the clear. A context with adapters cannot be saved. Errors: LLM_E_BUSY (also: a reply is being made), LLM_E_INVALID,
 * LLM_E_UNSUPPORTED, LLM_E_IO, LLM_E_FULL, LLM_E_NOT_FOUND, LLM_E_MEMORY. Blocks: yes. Thread: ctx. Since 0.2. */
LLM_API llm_status llm_ctx_save(llm_ctx *ctx, const char *path);

/* Replaces the state by a saved one; on any failure the context is as it was. Errors: LLM_E_FORMAT (truncated, damaged, not a
 * state), LLM_E_INVALID (of another model or kv_type), LLM_E_LIMIT (more positions than n_ctx), LLM_E_VERSION, LLM_E_NOT_FOUND,
 * LLM_E_IO, LLM_E_MEMORY, LLM_E_BUSY. Blocks: yes. Thread: ctx. Since 0.2. */
LLM_API llm_status llm_ctx_restore(llm_ctx *ctx, const char *path);

/* The same in memory: returns the bytes of the state, written only when capacity is enough (0 asks), or a negative status.
 * Errors: as llm_ctx_save and llm_ctx_restore. Blocks: yes. Thread: ctx. Since 0.2. */
LLM_API int64_t llm_ctx_export(llm_ctx *ctx, void *bytes, size_t capacity);
LLM_API llm_status llm_ctx_import(llm_ctx *ctx, const void *bytes, size_t len);

/* Opens a second context on the same model, corpus, guard, options and state; both go on independently and in any thread.
 * Memory of the state is shared until one of the two writes over it. Errors: LLM_E_INVALID, LLM_E_BUSY, LLM_E_MEMORY.
 * Thread: ctx. Since 0.2. */
LLM_API llm_status llm_ctx_fork(llm_ctx *ctx, llm_ctx **out);

/* Forgets positions begin .. end - 1. With an end at or behind the last one this takes back the newest; a stretch in the
 * middle lets a long conversation go on: what stands behind moves up, its keys turned to their new positions, and keeps what
 * it took from the dropped text, so it is not what reading the shorter text would give. Layers with a window may have
 * forgotten what is asked to stay: taking back far then forgets all (llm_ctx_used tells), and moving is refused. Errors:
 * LLM_E_INVALID, LLM_E_UNSUPPORTED (models that learned their positions one by one; the sentence tells), LLM_E_BUSY,
 * LLM_E_MEMORY. Thread: ctx. Since 0.2. */
LLM_API llm_status llm_ctx_drop(llm_ctx *ctx, uint32_t begin, uint32_t end);

/* Positions filled, and positions there are (n_ctx); or a negative status. Thread: ctx. Since 0.2. */
LLM_API int64_t llm_ctx_used(llm_ctx *ctx);
LLM_API int64_t llm_ctx_size(llm_ctx *ctx);
/* Reads a text through the model, n_batch tokens of the context at a time and each time from an empty cache, and writes for
 * each column of each matrix the mean square of what goes into it: an importance matrix, a GGUF file in llama.cpp's form,
 * for llm_quantize_weighted. out appears whole or not at all. name is noted in it; NULL: none. The context forgets what it
 * has read. Errors: LLM_E_INVALID (also: an empty text), LLM_E_UNSUPPORTED (no model), LLM_E_IO, LLM_E_FULL, LLM_E_MEMORY,
 * LLM_E_CANCELLED, LLM_E_BUSY. Blocks: yes. Thread: ctx. Since 0.2. */
LLM_API llm_status llm_imatrix(llm_ctx *ctx, const char *text, size_t len, const char *name, const char *out,
                               const llm_cancel *cancel);

/* ---- Embed ------------------------------------------------------------------------------------------------------ */

/* Floats of a vector that llm_embed makes. Thread: any. Since 0.2. */
LLM_API uint32_t llm_model_n_embd(const llm_model *model);

/* Each of n texts as a vector of llm_model_n_embd floats: out holds n of them one after the other (with LLM_POOL_NONE one for
 * each token of each text, as llm_tokenize with LLM_TOK_SPECIAL counts them), out_len is its size in floats. Encoders
 * (BERT and its kin) and models that write text both serve. A text's vector does not depend on the others; what the
 * context has read stays. texts: [n] of lens[n] bytes. Errors: LLM_E_INVALID (also: out is too small), LLM_E_UNSUPPORTED
 * (no model), LLM_E_LIMIT (a text is too long), LLM_E_MEMORY, LLM_E_CANCELLED, LLM_E_BUSY. Blocks: yes. Thread: ctx.
 * Since 0.2. */
LLM_API llm_status llm_embed(llm_ctx *ctx, const char *const *texts, const size_t *lens, size_t n,
                             const llm_embed_opts *opts, float *out, size_t out_len);

/* How well each of n documents answers a query, into scores[n]: what the model's classification head says of the pair, as
 * it was trained (most: an unbounded number, larger is better; rerankers that compare two words: a probability).
 * Errors: as llm_embed; LLM_E_UNSUPPORTED also when the model has no such head. Blocks: yes. Thread: ctx. Since 0.2. */
LLM_API llm_status llm_rerank(llm_ctx *ctx, const char *query, size_t len, const char *const *documents,
                              const size_t *lens, size_t n, float *scores, const llm_cancel *cancel);

/* ---- Retrieve --------------------------------------------------------------------------------------------------- */

/* Finds evidence for a question by descending the document trees. An empty corpus gives empty evidence of confidence 0.
 * With a judge each level of the descent is put before it, the best by words first, and its opinion is blended with the
 * words'; it orders, and cannot hide. Free with llm_evidence_free. Errors: LLM_E_INVALID, LLM_E_UNSUPPORTED (no corpus;
 * LLM_RETRIEVE_JUDGE or LLM_RETRIEVE_LETTERS without a model, or with one whose tokens do not tell letters apart), LLM_E_NOT_FOUND (opts->doc), a judge's own,
 * LLM_E_UTF8, LLM_E_IO, LLM_E_CORRUPT, LLM_E_MEMORY, LLM_E_CANCELLED, LLM_E_BUSY. Blocks: yes. Thread: ctx. Since 0.1. */
LLM_API llm_status llm_retrieve(llm_ctx *ctx, const char *question, size_t len, const llm_retrieve_opts *opts,
                                llm_evidence **out);
LLM_API void llm_evidence_free(llm_evidence *evidence);
LLM_API uint32_t llm_evidence_count(const llm_evidence *evidence);
/* How likely it is that the documents answer the question, 0 to 1, where as many questions are answered as not: 0.5 is where
 * "answered" becomes likelier than "not". Where a share q of your questions has an answer in the documents, the same place is
 * 1 - q. Measured sets and how far each keeps to this: tests/bench/retrieval.md. Thread: ctx. Since 0.1. */
LLM_API double llm_evidence_confidence(const llm_evidence *evidence);
/* Of evidence i, best first (beyond the count: "" or 0): document, node id, section path ("Part II > 8. Fees"), the
 * passage (end - start bytes), its span in the canonical text, its score. Thread: ctx. Since 0.1. */
LLM_API const char *llm_evidence_doc(const llm_evidence *evidence, uint32_t i);
LLM_API const char *llm_evidence_node(const llm_evidence *evidence, uint32_t i);
LLM_API const char *llm_evidence_path(const llm_evidence *evidence, uint32_t i);
LLM_API const char *llm_evidence_text(const llm_evidence *evidence, uint32_t i);
LLM_API uint64_t llm_evidence_start(const llm_evidence *evidence, uint32_t i);
LLM_API uint64_t llm_evidence_end(const llm_evidence *evidence, uint32_t i);
LLM_API double llm_evidence_score(const llm_evidence *evidence, uint32_t i);
/* The page that evidence i begins on, from 1; 0 in a document without pages. Form feeds in the canonical text part pages.
 * Thread: ctx. Since 0.2. */
LLM_API uint32_t llm_evidence_page(const llm_evidence *evidence, uint32_t i);

#define LLM_TRACE_KEPT  1 /* the node stayed in the beam */
#define LLM_TRACE_LEFT  2 /* the node was considered and left */
#define LLM_TRACE_FOUND 3 /* the node became evidence */

/* The scratchpad: what was considered at each level, in order: document, node, level, LLM_TRACE_*, score, reason.
 * Thread: ctx. Since 0.1. */
LLM_API uint32_t llm_trace_count(const llm_evidence *evidence);
LLM_API const char *llm_trace_doc(const llm_evidence *evidence, uint32_t i);
LLM_API const char *llm_trace_node(const llm_evidence *evidence, uint32_t i);
LLM_API uint32_t llm_trace_depth(const llm_evidence *evidence, uint32_t i);
LLM_API uint32_t llm_trace_action(const llm_evidence *evidence, uint32_t i);
LLM_API double llm_trace_score(const llm_evidence *evidence, uint32_t i);
LLM_API const char *llm_trace_reason(const llm_evidence *evidence, uint32_t i);
/* Of step i the two scores behind the one: what the words say, and what the judge says (0 to 1; negative: it was not
 * asked, or had no opinion). Thread: ctx. Since 0.2. */
LLM_API double llm_trace_lexical(const llm_evidence *evidence, uint32_t i);
LLM_API double llm_trace_judged(const llm_evidence *evidence, uint32_t i);

/* ---- Generate --------------------------------------------------------------------------------------------------- */

/* Begins an answer. Without evidence the prompt is continued by the model. With evidence the prompt is a question: a model
 * answers it from the evidence and can cite only the evidence's node ids; without a model the best-supported sentences
 * are quoted and cited; below min_confidence the answer is an honest "not found". The guard runs on prompt, evidence and
 * answer unless the context was made with LLM_CTX_NO_GUARD. The evidence is copied. Free with llm_reply_free; one reply
 * per context at a time. Errors: LLM_E_INVALID, LLM_E_UNSUPPORTED (neither model nor evidence; a grammar or schema with
 * evidence, a left-recursive grammar, a part of a schema that cannot be enforced), LLM_E_FORMAT (grammar or schema, with line
 * and column), LLM_E_LIMIT (the prompt does not fit; the
 * grammar is too large), LLM_E_MEMORY, LLM_E_CANCELLED, LLM_E_BUSY. Blocks: yes (the guard). Thread: ctx. Since 0.1. */
LLM_API llm_status llm_generate(llm_ctx *ctx, const char *prompt, size_t len, const llm_evidence *evidence,
                                const llm_gen_opts *opts, llm_reply **out);

/* Makes the next piece: LLM_MORE with a piece of whole code points ready, LLM_OK at the end, or a failure with its
 * sentence in llm_ctx_errmsg: LLM_E_CANCELLED (what was made stays readable), LLM_E_LIMIT (the grammar is too ambiguous), LLM_E_UNSUPPORTED (it asks
 * for text that the vocabulary cannot spell), LLM_E_MEMORY, LLM_E_BUSY, LLM_E_INTERNAL.
 * Blocks: yes. Thread: ctx. Since 0.1. */
LLM_API llm_status llm_reply_next(llm_reply *reply);

/* The callback form: calls fn for each piece until the end; a non-zero return stops and is returned. Thread: ctx.
 * Since 0.1. */
typedef int32_t (*llm_piece_fn)(const char *piece, size_t len, void *user);
LLM_API llm_status llm_reply_each(llm_reply *reply, llm_piece_fn fn, void *user);

/* Frees the reply and ends it where it stands; NULL is fine. Its text: the last piece, and all pieces so far (lengths in
 * bytes). Thread: ctx. Since 0.1. */
LLM_API void llm_reply_free(llm_reply *reply);
LLM_API const char *llm_reply_piece(const llm_reply *reply); /* of the last llm_reply_next */
LLM_API size_t llm_reply_piece_len(const llm_reply *reply);
LLM_API const char *llm_reply_text(const llm_reply *reply); /* all pieces so far */
LLM_API size_t llm_reply_text_len(const llm_reply *reply);

#define LLM_FINISH_NONE      0 /* not yet */
#define LLM_FINISH_STOP      1 /* end-of-text token, stop string, or the extract is whole */
#define LLM_FINISH_LENGTH    2 /* max_tokens or the context window */
#define LLM_FINISH_CANCEL    3
#define LLM_FINISH_BLOCKED   4 /* the guard released nothing */
#define LLM_FINISH_NOT_FOUND 5 /* the evidence does not hold an answer */

/* Why the answer ended, LLM_FINISH_*. Thread: ctx. Since 0.1. */
LLM_API uint32_t llm_reply_finish(const llm_reply *reply);

/* Tokens and time: of the prompt, of the answer; milliseconds spent on each. Thread: ctx. Since 0.1. */
LLM_API uint32_t llm_reply_prompt_tokens(const llm_reply *reply);
LLM_API uint32_t llm_reply_output_tokens(const llm_reply *reply);
LLM_API double llm_reply_prompt_ms(const llm_reply *reply);
LLM_API double llm_reply_output_ms(const llm_reply *reply);
LLM_API int32_t llm_reply_token(const llm_reply *reply, uint32_t i); /* id of output token i, -1 beyond */

/* Evaluations made for the answer behind the prompt's: one for each further token, fewer when opts.draft guessed right.
 * Thread: ctx. Since 0.3. */
LLM_API uint32_t llm_reply_steps(const llm_reply *reply);

/* With opts.logprobs: the natural logarithm of output token i's probability in the model's own distribution, before bias,
 * penalties, temperature, cuts and grammar; and of the k-th likeliest token at its place (from 0, below opts.logprobs) its id
 * and the same. Beyond, or without opts.logprobs: -1 for the id and 0 for the logarithms. Thread: ctx. Since 0.2. */
LLM_API double llm_reply_logprob(const llm_reply *reply, uint32_t i);
LLM_API int32_t llm_reply_top_token(const llm_reply *reply, uint32_t i, uint32_t k);
LLM_API double llm_reply_top_logprob(const llm_reply *reply, uint32_t i, uint32_t k);

/* Citations of the answer so far, verified: each names a node of the evidence. Its id, document, section path, span in
 * the canonical text, the passage as the guard let it through (NUL-terminated), and how well the passage supports the
 * sentence that cites it, 0 to 1. Thread: ctx. Since 0.1. */
LLM_API uint32_t llm_reply_citation_count(const llm_reply *reply);
LLM_API const char *llm_reply_citation_node(const llm_reply *reply, uint32_t i);
LLM_API const char *llm_reply_citation_doc(const llm_reply *reply, uint32_t i);
LLM_API const char *llm_reply_citation_path(const llm_reply *reply, uint32_t i);
LLM_API const char *llm_reply_citation_text(const llm_reply *reply, uint32_t i);
LLM_API uint64_t llm_reply_citation_start(const llm_reply *reply, uint32_t i);
LLM_API uint64_t llm_reply_citation_end(const llm_reply *reply, uint32_t i);
LLM_API double llm_reply_citation_support(const llm_reply *reply, uint32_t i);
LLM_API uint32_t llm_reply_citation_page(const llm_reply *reply, uint32_t i); /* as llm_evidence_page. Since 0.2. */

/* What the guard decided on the prompt (LLM_DIR_INPUT, spans in the prompt), the evidence (LLM_DIR_EVIDENCE, spans in the
 * canonical text) or the answer so far (LLM_DIR_OUTPUT, spans in the answer before redaction; its text is
 * llm_reply_text); NULL when it did not run. Lives as long as the reply. Thread: ctx. Since 0.1. */
LLM_API const llm_verdict *llm_reply_verdict(const llm_reply *reply, uint32_t direction);

/* ---- Guard ------------------------------------------------------------------------------------------------------ */

/* Makes a policy; change it with the setters until a context uses it. Errors: LLM_E_INVALID, LLM_E_VERSION, LLM_E_MEMORY;
 * of opts->policy, with line, column and the way to the value, LLM_E_FORMAT, LLM_E_NOT_FOUND (an unknown type, group, preset or
 * check), LLM_E_LIMIT (too large, or a pattern whose automaton is), LLM_E_UTF8, LLM_E_UNSUPPORTED, LLM_E_IO (a word file).
 * Thread: any. Since 0.1. */
LLM_API llm_status llm_guard_create(llm_guard **out, const llm_guard_opts *opts, llm_error *err);
LLM_API void llm_guard_free(llm_guard *guard);

/* Sets the action for a type ("EMAIL_ADDRESS") in the given directions (LLM_DIR_* joined by |). Errors: LLM_E_INVALID,
 * LLM_E_NOT_FOUND (no such type), LLM_E_BUSY (a context uses the guard), LLM_E_UNSUPPORTED (PSEUDONYM without a vault). Thread: any.
 * Since 0.1. */
LLM_API llm_status llm_guard_set_action(llm_guard *guard, const char *type, uint32_t directions, uint32_t action,
                                        llm_error *err);

/* Adds a word or phrase to find as BLOCKED, through case, width and zero-width disguises. Errors: LLM_E_INVALID,
 * LLM_E_UTF8, LLM_E_BUSY, LLM_E_MEMORY. Thread: any. Since 0.1. */
LLM_API llm_status llm_guard_add_word(llm_guard *guard, const char *word, size_t len, llm_error *err);

/* Gives the policy a vault for PSEUDONYM and HASH. The guard keeps a reference. Errors: LLM_E_INVALID, LLM_E_BUSY.
 * Thread: any. Since 0.1. */
LLM_API llm_status llm_guard_set_vault(llm_guard *guard, llm_vault *vault, llm_error *err);

/* Puts another policy in JSON in the place of all that the last one, llm_guard_set_action and llm_guard_add_word said; options,
 * vault, recognisers and reviewer stay. Checks and streams that run end under the old policy, later ones follow the new.
 * Compiled rules are kept. After an error the old policy stands. Errors: as llm_guard_create. Thread: any. Since 0.3. */
LLM_API llm_status llm_guard_reload(llm_guard *guard, const char *policy, size_t len, llm_error *err);

/* Adds a recogniser of the host's beside the library's own rules. Errors: LLM_E_INVALID (also a max_hold too small for its
 * spans), LLM_E_LIMIT (more than 32), LLM_E_BUSY, LLM_E_MEMORY. Thread: any. Since 0.3. */
LLM_API llm_status llm_guard_add_recogniser(llm_guard *guard, const llm_recogniser *recogniser, llm_error *err);

/* Gives findings whose action is REVIEW to the host to decide, while the text waits. NULL: none, then they stay in the text and
 * the verdict asks for a person. Errors: LLM_E_INVALID, LLM_E_BUSY. Thread: any. Since 0.3. */
LLM_API llm_status llm_guard_set_reviewer(llm_guard *guard, llm_review_fn review, void *user, llm_error *err);

/* The i-th policy that comes with the library ("gdpr"), and its JSON, which a policy extends by {"preset": name}; NULL
 * beyond. Static. Thread: any. Since 0.3. */
LLM_API const char *llm_guard_preset_name(uint32_t i);
LLM_API const char *llm_guard_preset_policy(uint32_t i);

/* The i-th finding type this library knows, NULL beyond. Static. Thread: any. Since 0.1. */
LLM_API const char *llm_guard_type(uint32_t i);

/* Checks a whole text under the context's policy. Free with llm_verdict_free. Text that is not UTF-8 is checked all the
 * same: broken bytes count as separators and pass through. Errors: LLM_E_INVALID, LLM_E_NOT_FOUND (an unknown type),
 * LLM_E_MEMORY, LLM_E_IO or LLM_E_FULL (the vault), LLM_E_CANCELLED, LLM_E_BUSY. On an error nothing is released.
 * Blocks: yes. Thread: ctx. Since 0.1. */
LLM_API llm_status llm_guard_check(llm_ctx *ctx, const char *text, size_t len, const llm_check_opts *opts,
                                   llm_verdict **out);

/* The same for text that arrives in pieces: the same findings and the same text for any cutting, even inside a code
 * point. After each feed, and after finish, llm_guard_text is what may go out now. Thread: ctx. Since 0.1. */
LLM_API llm_status llm_guard_open(llm_ctx *ctx, const llm_check_opts *opts, llm_guard_stream **out);
LLM_API llm_status llm_guard_feed(llm_guard_stream *stream, const char *bytes, size_t len);
LLM_API llm_status llm_guard_finish(llm_guard_stream *stream);
LLM_API const char *llm_guard_text(const llm_guard_stream *stream);
LLM_API size_t llm_guard_text_len(const llm_guard_stream *stream);
LLM_API const llm_verdict *llm_guard_verdict(const llm_guard_stream *stream); /* so far; lives as long as the stream */
LLM_API void llm_guard_close(llm_guard_stream *stream);

#define LLM_VERDICT_ALLOW  1
#define LLM_VERDICT_REDACT 2
#define LLM_VERDICT_REVIEW 3
#define LLM_VERDICT_BLOCK  4

/* A verdict: its decision (LLM_VERDICT_*), the text that may go on ("" when blocked; of a stream: the text of the last
 * piece), and its findings in order of start: type, span in the original text, score, rule that fired, action taken.
 * Thread: ctx. Since 0.1. */
LLM_API uint32_t llm_verdict_action(const llm_verdict *verdict);
LLM_API const char *llm_verdict_text(const llm_verdict *verdict);
LLM_API size_t llm_verdict_text_len(const llm_verdict *verdict);
LLM_API uint32_t llm_verdict_count(const llm_verdict *verdict);
LLM_API const char *llm_verdict_type(const llm_verdict *verdict, uint32_t i);
LLM_API uint64_t llm_verdict_start(const llm_verdict *verdict, uint32_t i);
LLM_API uint64_t llm_verdict_end(const llm_verdict *verdict, uint32_t i);
LLM_API double llm_verdict_score(const llm_verdict *verdict, uint32_t i);
LLM_API const char *llm_verdict_rule(const llm_verdict *verdict, uint32_t i);
LLM_API uint32_t llm_verdict_finding_action(const llm_verdict *verdict, uint32_t i); /* LLM_ACTION_* */
LLM_API const char *llm_verdict_label(const llm_verdict *verdict,
                                      uint32_t i); /* the policy's; "" for none. Since 0.3 */
LLM_API void llm_verdict_free(llm_verdict *verdict);

/* Opens or creates a vault: originals sealed with XChaCha20-Poly1305 under a key (32 bytes, or a passphrase). path NULL
 * keeps it in memory. The key is copied to locked memory and wiped at the end. Errors: LLM_E_INVALID, LLM_E_KEY (wrong
 * key), LLM_E_IO, LLM_E_CORRUPT, LLM_E_MEMORY. Blocks: yes. Thread: any. Since 0.1. */
LLM_API llm_status llm_vault_open(llm_vault **out, const char *path, const void *key, size_t key_len,
                                  const llm_vault_opts *opts, llm_error *err);
LLM_API void llm_vault_free(llm_vault *vault);

/* Puts the originals back: writes at most capacity bytes of the restored text and returns its whole length, or a negative
 * status: LLM_E_INVALID, LLM_E_CORRUPT, LLM_E_IO, LLM_E_MEMORY. Placeholders the vault does not know stay. Thread: any.
 * Since 0.1. */
LLM_API int64_t llm_vault_restore(llm_vault *vault, const char *text, size_t len, char *out, size_t capacity,
                                  llm_error *err);

/* How freely what stands for an original may have been rewritten, as by a model, and still be restored. */
#define LLM_RESTORE_EXACT 0 /* <PERSON_1> */
#define LLM_RESTORE_CASE  1 /* besides, letters in any case: <Person_1> */
#define LLM_RESTORE_FUZZY \
    2 /* besides, other brackets, blanks inside of them, a blank or dash for an underscore inside of them, or no brackets where
         the underscore stands: [person 1], PERSON_1, PERSON\_1; an initial put into a name that stands for one */

/* llm_vault_restore with a tolerance, LLM_RESTORE_*. Only what the vault knows is ever replaced, and no part of a longer word;
 * values that keep their format are found through other blanks, dashes and capitals always. Errors: as llm_vault_restore.
 * Thread: any. Since 0.3. */
LLM_API int64_t llm_vault_restore_as(llm_vault *vault, const char *text, size_t len, uint32_t match, char *out,
                                     size_t capacity, llm_error *err);

/* Forgets a value in all its writings: given as it is, or as what stands for it. type: of this type; NULL: of all. What stood
 * for it is never restored again, nor given to another; nothing sealed is left of it in the file, which is written anew.
 * Returns how many entries went, 0 when the vault knows none, or a negative status: LLM_E_INVALID, LLM_E_READONLY,
 * LLM_E_CORRUPT, LLM_E_FULL, LLM_E_IO, LLM_E_MEMORY. Blocks: yes. Thread: any. Since 0.3. */
LLM_API int64_t llm_vault_erase(llm_vault *vault, const char *type, const char *value, size_t len, llm_error *err);

/* ---- Audit ------------------------------------------------------------------------------------------------------ */

/* Opens an audit log for appending, or begins one: append-only records of what the guard decided, each chained to all before
 * it by BLAKE2b, signed with Ed25519 at intervals and at the end. A record holds its number, the time, the direction, the
 * verdict, the policy's fingerprint, the context's tag, the text's length, and of each finding type, rule, length, score,
 * action and a keyed hash of the value, by which the key's holder can relate equal values; never text. The key has 32 random
 * bytes and is kept in locked memory. Any number of processes may append to one file. A record that a crash left torn at the
 * end is kept, inside a record that tells of it. Errors: LLM_E_INVALID, LLM_E_KEY (the log was made with another key),
 * LLM_E_FORMAT, LLM_E_VERSION, LLM_E_CORRUPT (it cannot be continued), LLM_E_BUSY (another process keeps it locked),
 * LLM_E_FULL, LLM_E_IO, LLM_E_MEMORY. Blocks: yes. Thread: any. Since 0.3. */
LLM_API llm_status llm_audit_open(llm_audit **out, const char *path, const void *key, size_t key_len,
                                  const llm_audit_opts *opts, llm_error *err);

/* Drops the caller's reference; guards keep theirs. The last one signs the log's end. NULL is fine. Thread: any. Since 0.3. */
LLM_API void llm_audit_free(llm_audit *audit);

/* Every verdict under this policy is logged: of a whole text when it is made, of a stream or an answer when it ends. A
 * verdict that cannot be logged is an error (LLM_E_FULL, LLM_E_IO, LLM_E_CORRUPT, LLM_E_BUSY), and nothing is released. The
 * guard keeps a reference. Errors: LLM_E_INVALID, LLM_E_BUSY (a context uses the guard). Thread: any. Since 0.3. */
LLM_API llm_status llm_guard_set_audit(llm_guard *guard, llm_audit *audit, llm_error *err);

/* Names what the context's next texts are, for the log: a document, a session, a tenant; at most 255 bytes, NULL for none.
 * The tag is written as it is. Errors: LLM_E_INVALID, LLM_E_UTF8, LLM_E_MEMORY, LLM_E_BUSY. Thread: ctx. Since 0.3. */
LLM_API llm_status llm_ctx_set_tag(llm_ctx *ctx, const char *tag);

/* Signs what is not signed yet and writes the log's head as text, "NUMBER-HASH-PUBLICKEY", at most capacity bytes of it;
 * returns its length or a negative status (as llm_audit_open). Publish heads where the log's keeper cannot reach them: they
 * pin the key and let llm_audit_verify see that records are missing at the end. Thread: any. Since 0.3. */
LLM_API int64_t llm_audit_head(llm_audit *audit, char *out, size_t capacity, llm_error *err);

/* Proves a log unbroken, with no key: LLM_OK, or LLM_E_CORRUPT and the sentence names the first record that was removed, edited,
 * reordered or torn. head: one that was published, which the log must still hold; NULL: only what a log tells of itself is
 * checked, its end may be missing and its key be anybody's. fn, unless NULL, gets each record as one line of JSON without
 * its line end, then {"kind": "summary", "verified", "records", "verdicts", "heads", "tears", "unsigned", "closed", "head",
 * "problem"}; a non-zero return ends the call with it. Other errors: LLM_E_INVALID (the head), LLM_E_NOT_FOUND, LLM_E_FORMAT
 * (no audit log), LLM_E_VERSION, LLM_E_IO, LLM_E_MEMORY. Blocks: yes. Thread: any. Since 0.3. */
LLM_API llm_status llm_audit_verify(const char *path, const char *head, llm_piece_fn fn, void *user, llm_error *err);

/* ---- Function table --------------------------------------------------------------------------------------------- */

/* Every function above, in the order in which they came, for hosts that dlopen the library and want one symbol. Slots are
 * only ever appended; size is that of the library's table, so a slot exists when its offset lies below it. */
typedef struct llm_api {
    uint32_t size;
    uint32_t level;
    const char *(*status_name)(llm_status status);
    void (*error_init)(llm_error *err, size_t size);
    void (*model_opts_init)(llm_model_opts *opts, size_t size);
    void (*corpus_opts_init)(llm_corpus_opts *opts, size_t size);
    void (*ingest_opts_init)(llm_ingest_opts *opts, size_t size);
    void (*ctx_opts_init)(llm_ctx_opts *opts, size_t size);
    void (*retrieve_opts_init)(llm_retrieve_opts *opts, size_t size);
    void (*gen_opts_init)(llm_gen_opts *opts, size_t size);
    void (*guard_opts_init)(llm_guard_opts *opts, size_t size);
    void (*check_opts_init)(llm_check_opts *opts, size_t size);
    void (*vault_opts_init)(llm_vault_opts *opts, size_t size);
    const char *(*version)(void);
    const char *(*build_info)(const char *key);
    llm_status (*cancel_create)(llm_cancel **out);
    void (*cancel_set)(llm_cancel *cancel);
    void (*cancel_reset)(llm_cancel *cancel);
    int32_t (*cancel_is_set)(const llm_cancel *cancel);
    void (*cancel_free)(llm_cancel *cancel);
    llm_status (*model_load)(llm_model **out, const char *path, const llm_model_opts *opts, llm_error *err);
    void (*model_free)(llm_model *model);
    const char *(*model_info)(llm_model *model, const char *key);
    uint32_t (*model_n_vocab)(const llm_model *model);
    uint32_t (*model_n_ctx)(const llm_model *model);
    int32_t (*model_token)(const llm_model *model, const char *name);
    int64_t (*tokenize)(const llm_model *model, const char *text, size_t len, uint32_t flags, int32_t *tokens,
                        size_t capacity, llm_error *err);
    int64_t (*detokenize)(const llm_model *model, const int32_t *tokens, size_t n, uint32_t flags, char *text,
                          size_t capacity, llm_error *err);
    int64_t (*chat_template)(const llm_model *model, const char *source, size_t source_len, const char *vars,
                             size_t vars_len, char *text, size_t capacity, llm_error *err);
    llm_status (*dequantize)(const char *type, const void *src, size_t src_len, float *dst, size_t dst_len,
                             llm_error *err);
    llm_status (*quantize)(const char *in, const char *out, const char *recipe, uint32_t threads,
                           const llm_cancel *cancel, llm_error *err);
    llm_status (*corpus_open)(llm_corpus **out, const char *path, const llm_corpus_opts *opts, llm_error *err);
    void (*corpus_free)(llm_corpus *corpus);
    llm_status (*ingest)(llm_corpus *corpus, const char *name, const char *text, size_t len,
                         const llm_ingest_opts *opts, llm_error *err);
    llm_status (*ingest_file)(llm_corpus *corpus, const char *path, const char *name, const llm_ingest_opts *opts,
                              llm_error *err);
    llm_status (*remove)(llm_corpus *corpus, const char *name, llm_error *err);
    llm_status (*corpus_check)(llm_corpus *corpus, llm_error *err);
    llm_status (*docs_list)(llm_docs **out, llm_corpus *corpus, llm_error *err);
    uint32_t (*docs_count)(const llm_docs *docs);
    const char *(*docs_name)(const llm_docs *docs, uint32_t i);
    uint64_t (*docs_bytes)(const llm_docs *docs, uint32_t i);
    uint32_t (*docs_nodes)(const llm_docs *docs, uint32_t i);
    const char *(*docs_hash)(const llm_docs *docs, uint32_t i);
    void (*docs_free)(llm_docs *docs);
    llm_status (*tree_open)(llm_tree **out, llm_corpus *corpus, const char *name, llm_error *err);
    void (*tree_free)(llm_tree *tree);
    const char *(*tree_text)(const llm_tree *tree);
    uint64_t (*tree_text_len)(const llm_tree *tree);
    uint32_t (*tree_count)(const llm_tree *tree);
    int64_t (*tree_find)(const llm_tree *tree, const char *id);
    const char *(*tree_id)(const llm_tree *tree, uint32_t i);
    int64_t (*tree_parent)(const llm_tree *tree, uint32_t i);
    uint32_t (*tree_kind)(const llm_tree *tree, uint32_t i);
    uint32_t (*tree_depth)(const llm_tree *tree, uint32_t i);
    const char *(*tree_title)(const llm_tree *tree, uint32_t i);
    uint64_t (*tree_start)(const llm_tree *tree, uint32_t i);
    uint64_t (*tree_end)(const llm_tree *tree, uint32_t i);
    const char *(*tree_hash)(const llm_tree *tree, uint32_t i);
    llm_status (*ctx_create)(llm_ctx **out, llm_model *model, llm_corpus *corpus, llm_guard *guard,
                             const llm_ctx_opts *opts, llm_error *err);
    void (*ctx_free)(llm_ctx *ctx);
    const char *(*ctx_errmsg)(llm_ctx *ctx);
    llm_status (*logits)(llm_ctx *ctx, const int32_t *tokens, size_t n, float *out, size_t out_len,
                         const llm_cancel *cancel);
    llm_status (*retrieve)(llm_ctx *ctx, const char *question, size_t len, const llm_retrieve_opts *opts,
                           llm_evidence **out);
    void (*evidence_free)(llm_evidence *evidence);
    uint32_t (*evidence_count)(const llm_evidence *evidence);
    double (*evidence_confidence)(const llm_evidence *evidence);
    const char *(*evidence_doc)(const llm_evidence *evidence, uint32_t i);
    const char *(*evidence_node)(const llm_evidence *evidence, uint32_t i);
    const char *(*evidence_path)(const llm_evidence *evidence, uint32_t i);
    const char *(*evidence_text)(const llm_evidence *evidence, uint32_t i);
    uint64_t (*evidence_start)(const llm_evidence *evidence, uint32_t i);
    uint64_t (*evidence_end)(const llm_evidence *evidence, uint32_t i);
    double (*evidence_score)(const llm_evidence *evidence, uint32_t i);
    uint32_t (*trace_count)(const llm_evidence *evidence);
    const char *(*trace_doc)(const llm_evidence *evidence, uint32_t i);
    const char *(*trace_node)(const llm_evidence *evidence, uint32_t i);
    uint32_t (*trace_depth)(const llm_evidence *evidence, uint32_t i);
    uint32_t (*trace_action)(const llm_evidence *evidence, uint32_t i);
    double (*trace_score)(const llm_evidence *evidence, uint32_t i);
    const char *(*trace_reason)(const llm_evidence *evidence, uint32_t i);
    llm_status (*generate)(llm_ctx *ctx, const char *prompt, size_t len, const llm_evidence *evidence,
                           const llm_gen_opts *opts, llm_reply **out);
    llm_status (*reply_next)(llm_reply *reply);
    llm_status (*reply_each)(llm_reply *reply, llm_piece_fn fn, void *user);
    void (*reply_free)(llm_reply *reply);
    const char *(*reply_piece)(const llm_reply *reply);
    size_t (*reply_piece_len)(const llm_reply *reply);
    const char *(*reply_text)(const llm_reply *reply);
    size_t (*reply_text_len)(const llm_reply *reply);
    uint32_t (*reply_finish)(const llm_reply *reply);
    uint32_t (*reply_prompt_tokens)(const llm_reply *reply);
    uint32_t (*reply_output_tokens)(const llm_reply *reply);
    double (*reply_prompt_ms)(const llm_reply *reply);
    double (*reply_output_ms)(const llm_reply *reply);
    int32_t (*reply_token)(const llm_reply *reply, uint32_t i);
    uint32_t (*reply_citation_count)(const llm_reply *reply);
    const char *(*reply_citation_node)(const llm_reply *reply, uint32_t i);
    const char *(*reply_citation_doc)(const llm_reply *reply, uint32_t i);
    const char *(*reply_citation_path)(const llm_reply *reply, uint32_t i);
    const char *(*reply_citation_text)(const llm_reply *reply, uint32_t i);
    uint64_t (*reply_citation_start)(const llm_reply *reply, uint32_t i);
    uint64_t (*reply_citation_end)(const llm_reply *reply, uint32_t i);
    double (*reply_citation_support)(const llm_reply *reply, uint32_t i);
    const llm_verdict *(*reply_verdict)(const llm_reply *reply, uint32_t direction);
    llm_status (*guard_create)(llm_guard **out, const llm_guard_opts *opts, llm_error *err);
    void (*guard_free)(llm_guard *guard);
    llm_status (*guard_set_action)(llm_guard *guard, const char *type, uint32_t directions, uint32_t action,
                                   llm_error *err);
    llm_status (*guard_add_word)(llm_guard *guard, const char *word, size_t len, llm_error *err);
    llm_status (*guard_set_vault)(llm_guard *guard, llm_vault *vault, llm_error *err);
    const char *(*guard_type)(uint32_t i);
    llm_status (*guard_check)(llm_ctx *ctx, const char *text, size_t len, const llm_check_opts *opts,
                              llm_verdict **out);
    llm_status (*guard_open)(llm_ctx *ctx, const llm_check_opts *opts, llm_guard_stream **out);
    llm_status (*guard_feed)(llm_guard_stream *stream, const char *bytes, size_t len);
    llm_status (*guard_finish)(llm_guard_stream *stream);
    const char *(*guard_text)(const llm_guard_stream *stream);
    size_t (*guard_text_len)(const llm_guard_stream *stream);
    const llm_verdict *(*guard_verdict)(const llm_guard_stream *stream);
    void (*guard_close)(llm_guard_stream *stream);
    uint32_t (*verdict_action)(const llm_verdict *verdict);
    const char *(*verdict_text)(const llm_verdict *verdict);
    size_t (*verdict_text_len)(const llm_verdict *verdict);
    uint32_t (*verdict_count)(const llm_verdict *verdict);
    const char *(*verdict_type)(const llm_verdict *verdict, uint32_t i);
    uint64_t (*verdict_start)(const llm_verdict *verdict, uint32_t i);
    uint64_t (*verdict_end)(const llm_verdict *verdict, uint32_t i);
    double (*verdict_score)(const llm_verdict *verdict, uint32_t i);
    const char *(*verdict_rule)(const llm_verdict *verdict, uint32_t i);
    uint32_t (*verdict_finding_action)(const llm_verdict *verdict, uint32_t i);
    void (*verdict_free)(llm_verdict *verdict);
    llm_status (*vault_open)(llm_vault **out, const char *path, const void *key, size_t key_len,
                             const llm_vault_opts *opts, llm_error *err);
    void (*vault_free)(llm_vault *vault);
    int64_t (*vault_restore)(llm_vault *vault, const char *text, size_t len, char *out, size_t capacity,
                             llm_error *err);
    void (*score_opts_init)(llm_score_opts *opts, size_t size);
    llm_status (*score)(llm_ctx *ctx, const char *prompt, size_t len, const char *const *texts, const size_t *lens,
                        size_t n, const llm_score_opts *opts, llm_scores **out);
    llm_status (*score_tokens)(llm_ctx *ctx, const int32_t *tokens, size_t n, size_t from, const llm_score_opts *opts,
                               llm_scores **out);
    uint32_t (*scores_count)(const llm_scores *scores);
    uint32_t (*scores_tokens)(const llm_scores *scores, uint32_t i);
    double (*scores_sum)(const llm_scores *scores, uint32_t i);
    int32_t (*scores_token)(const llm_scores *scores, uint32_t i, uint32_t t);
    double (*scores_logprob)(const llm_scores *scores, uint32_t i, uint32_t t);
    int32_t (*scores_top_token)(const llm_scores *scores, uint32_t i, uint32_t t, uint32_t k);
    double (*scores_top_logprob)(const llm_scores *scores, uint32_t i, uint32_t t, uint32_t k);
    void (*scores_free)(llm_scores *scores);
    uint32_t (*evidence_page)(const llm_evidence *evidence, uint32_t i);
    uint32_t (*reply_citation_page)(const llm_reply *reply, uint32_t i);
    llm_status (*adapter_load)(llm_adapter **out, llm_model *model, const char *path, llm_error *err);
    void (*adapter_free)(llm_adapter *adapter);
    llm_status (*ctx_set_adapter)(llm_ctx *ctx, llm_adapter *adapter, float scale);
    llm_status (*ctx_save)(llm_ctx *ctx, const char *path);
    llm_status (*ctx_restore)(llm_ctx *ctx, const char *path);
    int64_t (*ctx_export)(llm_ctx *ctx, void *bytes, size_t capacity);
    llm_status (*ctx_import)(llm_ctx *ctx, const void *bytes, size_t len);
    llm_status (*ctx_fork)(llm_ctx *ctx, llm_ctx **out);
    llm_status (*ctx_drop)(llm_ctx *ctx, uint32_t begin, uint32_t end);
    int64_t (*ctx_used)(llm_ctx *ctx);
    int64_t (*ctx_size)(llm_ctx *ctx);
    llm_status (*model_load_memory)(llm_model **out, const void *data, size_t len, const llm_model_opts *opts,
                                    llm_error *err);
    llm_status (*model_load_fd)(llm_model **out, int32_t fd, uint64_t offset, uint64_t len, const llm_model_opts *opts,
                                llm_error *err);
    double (*reply_logprob)(const llm_reply *reply, uint32_t i);
    int32_t (*reply_top_token)(const llm_reply *reply, uint32_t i, uint32_t k);
    double (*reply_top_logprob)(const llm_reply *reply, uint32_t i, uint32_t k);
    void (*embed_opts_init)(llm_embed_opts *opts, size_t size);
    uint32_t (*model_n_embd)(const llm_model *model);
    llm_status (*embed)(llm_ctx *ctx, const char *const *texts, const size_t *lens, size_t n,
                        const llm_embed_opts *opts, float *out, size_t out_len);
    llm_status (*rerank)(llm_ctx *ctx, const char *query, size_t len, const char *const *documents, const size_t *lens,
                         size_t n, float *scores, const llm_cancel *cancel);
    llm_status (*quantize_weighted)(const char *in, const char *out, const char *recipe, const char *imatrix,
                                    uint32_t threads, const llm_cancel *cancel, llm_error *err);
    llm_status (*imatrix)(llm_ctx *ctx, const char *text, size_t len, const char *name, const char *out,
                          const llm_cancel *cancel);
    double (*trace_lexical)(const llm_evidence *evidence, uint32_t i);
    double (*trace_judged)(const llm_evidence *evidence, uint32_t i);
    int64_t (*chat_parse)(const llm_model *model, const char *source, size_t source_len, const char *prompt,
                          size_t prompt_len, const char *answer, size_t len, uint32_t flags, char *out, size_t capacity,
                          llm_error *err);
    void (*audit_opts_init)(llm_audit_opts *opts, size_t size);
    llm_status (*audit_open)(llm_audit **out, const char *path, const void *key, size_t key_len,
                             const llm_audit_opts *opts, llm_error *err);
    void (*audit_free)(llm_audit *audit);
    llm_status (*guard_set_audit)(llm_guard *guard, llm_audit *audit, llm_error *err);
    llm_status (*ctx_set_tag)(llm_ctx *ctx, const char *tag);
    int64_t (*audit_head)(llm_audit *audit, char *out, size_t capacity, llm_error *err);
    llm_status (*audit_verify)(const char *path, const char *head, llm_piece_fn fn, void *user, llm_error *err);
    llm_status (*corpus_view)(llm_corpus **out, llm_corpus *corpus, const char *labels, llm_error *err);
    llm_status (*describe)(llm_corpus *corpus, const char *name, const char *node, const llm_ingest_opts *opts,
                           llm_error *err);
    const char *(*docs_about)(const llm_docs *docs, uint32_t i, uint32_t k);
    llm_status (*guard_reload)(llm_guard *guard, const char *policy, size_t len, llm_error *err);
    llm_status (*guard_add_recogniser)(llm_guard *guard, const llm_recogniser *recogniser, llm_error *err);
    llm_status (*guard_set_reviewer)(llm_guard *guard, llm_review_fn review, void *user, llm_error *err);
    const char *(*guard_preset_name)(uint32_t i);
    const char *(*guard_preset_policy)(uint32_t i);
    const char *(*verdict_label)(const llm_verdict *verdict, uint32_t i);
    int64_t (*vault_restore_as)(llm_vault *vault, const char *text, size_t len, uint32_t match, char *out,
                                size_t capacity, llm_error *err);
    int64_t (*vault_erase)(llm_vault *vault, const char *type, const char *value, size_t len, llm_error *err);
    llm_status (*edit)(llm_corpus *corpus, const char *name, uint64_t begin, uint64_t end, const char *text, size_t len,
                       const char *hash, llm_error *err);
    int64_t (*tree_pageindex)(const llm_tree *tree, char *out, size_t capacity, llm_error *err);
    uint32_t (*reply_steps)(const llm_reply *reply);
} llm_api;

/* The table for an API level, or NULL when the library is older than that: ask for the oldest level you need. Static.
 * Thread: any. Since 0.1. */
LLM_API const llm_api *llm_get_api(uint32_t level);

#ifdef __cplusplus
}
#endif

#endif /* SEXTANT_H */
