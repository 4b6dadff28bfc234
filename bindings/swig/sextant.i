/* The raw modules of Python and Go: the functions of sextant.h under their own names, and shims where the C form (handles
 * through pointers, option structs, callbacks) does not travel. Nothing here owns, names nicely or decides: the hand-written
 * faces in bindings/python and bindings/go do. Needs SWIG 4.1 or newer. Must stay silent under -Wall. */
#ifdef SWIGPYTHON
%module(package="sextant") capi // not _capi: Python would mangle the name of its __capi inside classes
#else
%module raw
#endif

%{
#include <sextant.h>
%}

%include <stdint.i>

/* Handles: each a type of its own, none made or freed by the target language. */
%nodefaultctor;
%nodefaultdtor;
struct llm_model {};
struct llm_adapter {};
struct llm_corpus {};
struct llm_guard {};
struct llm_vault {};
struct llm_audit {};
struct llm_cancel {};
struct llm_ctx {};
struct llm_tree {};
struct llm_docs {};
struct llm_evidence {};
struct llm_reply {};
struct llm_verdict {};
struct llm_guard_stream {};
struct llm_scores {};
struct sx_log {};
struct sx_gen {};
struct sx_judge {};

/* An error is the one struct the faces make: every call fills one. */
%ignore llm_error::struct_size;
%immutable llm_error::code;
%immutable llm_error::message;
%extend llm_error {
    llm_error()
    {
        llm_error *made = malloc(sizeof *made);
        if (made) llm_error_init(made, sizeof *made);
        return made;
    }
    ~llm_error() { free($self); }
}

%include "ignored.i"

/* Text goes in as pointer and length without a copy, and comes out by value: sx_text is copied, sx_blob copied and freed. */
typedef struct sx_text sx_text;
typedef struct sx_blob sx_blob;
#ifdef SWIGPYTHON
%include "python.i"
#endif
#ifdef SWIGGO
%include "go.i"
#endif
%apply (char *STRING, size_t LENGTH) {
    (const char *text, size_t len), (const char *word, size_t len), (const char *bytes, size_t len),
    (const char *question, size_t len), (const char *policy, size_t len), (const char *prompt, size_t len), (const char *prompt, size_t prompt_len),
    (const char *answer, size_t answer_len), (const char *key, size_t key_len),
    (const char *ids, size_t ids_len), (const char *stops, size_t stops_len),
    (const char *types, size_t types_len), (const char *vars, size_t vars_len),
    (const char *texts, size_t texts_len), (const char *lens, size_t lens_len),
    (const char *folder, size_t folder_len), (const char *labels, size_t labels_len), (const char *meta, size_t meta_len)
};

%header "shims.c"
%header "judge.c"
%include "sextant.h"
%include "shims.h"
