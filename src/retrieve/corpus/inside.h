/* The inside of a corpus: what its files share. The list of documents is made afresh when the store's generation has changed, and
 * never altered but for what is cached in its rows; whoever works on it holds a reference, so that retrievals go on
 * undisturbed while documents come and go. Loading and reading happen outside the lock. */
#ifndef SX_RETRIEVE_CORPUS_INSIDE_H
#define SX_RETRIEVE_CORPUS_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "platform/crypto.h"
#include "retrieve/corpus/about.h"
#include "retrieve/corpus/wide.h"
#include "retrieve/navigate/navigate.h"
#include "retrieve/rank/wording.h"
#include "retrieve/retrieve.h"
#include "store/store.h"

enum {
    SX_VARIANTS = 4, /* of a document that are kept for callers who may not see all of it */
    SX_RETRIES = 16  /* a list may be overtaken by replacements so often before a reader gives up */
};

/* A document in memory. Counted under the corpus's lock. */
typedef struct sx_entry {
    sx_tree *tree;
    sx_index *index;
    size_t bytes; /* about what it takes */
    unsigned refs;
} sx_entry;

/* A document as someone sees it who may not see all of it. */
typedef struct sx_variant {
    unsigned char key[SX_HASH_BYTES]; /* over what is hidden */
    sx_entry *entry;                  /* or NULL */
} sx_variant;

typedef struct sx_row {
    sx_store_doc doc;     /* name and about owned */
    sx_about about;       /* points into doc.about */
    bool damaged;         /* what is said about it cannot be read: nobody may see it */
    sx_entry *cached;     /* or NULL; under the lock, as is what follows */
    sx_variant *variants; /* [SX_VARIANTS], the last one made first, or NULL */
    uint64_t used;        /* when it was last asked for */
} sx_row;

/* Entries just written, until a list takes them up. */
enum { SX_FRESH = 256 };

typedef struct sx_listing {
    sx_row *rows; /* [count], sorted by name */
    size_t count, cap;
    uint64_t generation;
    unsigned refs; /* under the lock */
} sx_listing;

typedef struct sx_sight sx_sight; /* sight.c */
enum { SX_SIGHTS = 8 };           /* kept for the next questions */

struct sx_corpus {
    sx_mem *mem;
    sx_store *store;
    uint64_t max_bytes, max_nodes;
    bool readonly;
    atomic_bool untidy; /* a check found damage: rows that belong to nothing go when it is closed */
    const sx_log *log;
    pthread_mutex_t lock;      /* list, the rows' caches, all counts below */
    sx_listing *list;          /* or NULL */
    sx_entry *fresh[SX_FRESH]; /* a ring; by the root's hash */
    unsigned newest;
    size_t fresh_bytes, fresh_most;
    sx_wide *wide;               /* the search over all documents */
    sx_sight *sights[SX_SIGHTS]; /* or NULL */
    unsigned next_sight;
    sx_wording wording;
    size_t cached_bytes, cache_bytes;
    uint64_t clock;
};

/* ---- listing.c ---- */

/* The documents as they are now; given back with sx_listing_release. */
llm_status sx_listing_current(sx_corpus *corpus, sx_listing **out, llm_error *err);
/* A list of the document of one name alone, or of none: however many there are, it is made in no time. */
llm_status sx_listing_of(sx_corpus *corpus, const char *name, sx_listing **out, llm_error *err);
void sx_listing_release(sx_corpus *corpus, sx_listing *list);
sx_row *sx_listing_find(sx_listing *list, const char *name);
/* May a holder of these labels (NULL: the owner) know of the document? */
bool sx_row_visible(const sx_row *row, const char *labels);

/* Takes over tree and index. `blobs`: bytes to count besides. */
llm_status sx_entry_make(sx_corpus *corpus, sx_tree *tree, sx_index *index, size_t blobs, sx_entry **out,
                         llm_error *err);
void sx_entry_release(sx_corpus *corpus, sx_entry *e); /* NULL is fine */
/* Reads a document from the store and proves it. LLM_E_NOT_FOUND: replaced meanwhile. */
llm_status sx_entry_load(sx_corpus *corpus, const sx_store_doc *doc, sx_entry **out, llm_error *err);
/* The document of a row, from memory or the store, as a holder of these labels sees it; given back with sx_entry_release. */
llm_status sx_entry_get(sx_corpus *corpus, sx_row *row, const char *labels, sx_entry **out, llm_error *err);
/* Writes a document in the place of the one in the state `was` (id 0: there is none); LLM_E_BUSY when that is no more. */
llm_status sx_entry_write(sx_corpus *corpus, const sx_store_doc *was, const sx_entry *e, uint32_t format,
                          const sx_buf *about, llm_error *err);
/* What was just written is in memory anyway: keeps it for a while. */
void sx_entry_keep(sx_corpus *corpus, sx_entry *e);
/* An entry that was kept: of this name and root hash; given back with sx_entry_release. NULL when there is none. */
sx_entry *sx_entry_fresh(sx_corpus *corpus, const sx_store_doc *doc);
void sx_entries_forget(sx_corpus *corpus); /* all that are kept */

void sx_forget(llm_error *err); /* an error that was dealt with */

/* ---- wide_port.c ---- */

llm_status sx_corpus_open_wide(sx_corpus *corpus, size_t budget, size_t pending_bytes, llm_error *err);

#endif
