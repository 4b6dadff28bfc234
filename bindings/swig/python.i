/* Python: which calls let other threads run, and how text crosses. Built with -threads: without the lists below every
 * one-line accessor would pay for giving up the interpreter lock. */
%nothread;
%thread sx_model_load;
%thread sx_model_load_memory;
%thread sx_model_load_fd;
%thread sx_tokenize;
%thread sx_detokenize;
%thread sx_chat_template;
%thread sx_chat_parse;
%thread sx_dequantize;
%thread sx_logits;
%thread sx_adapter_load;
%thread sx_ctx_save;
%thread sx_ctx_load;
%thread sx_ctx_export;
%thread sx_ctx_import;
%thread sx_ctx_fork;
%thread sx_ctx_drop;
%thread sx_score;
%thread sx_embed;
%thread sx_rerank;
%thread sx_score_tokens;
%thread sx_corpus_open;
%thread sx_ingest;
%thread sx_ingest_file;
%thread sx_describe;
%thread sx_docs_list;
%thread sx_tree_open;
%thread sx_retrieve;
%thread sx_retrieve_judged;
%thread sx_judge_wait;
%thread sx_generate;
%thread sx_reply_next;
%thread sx_guard_check;
%thread sx_guard_feed;
%thread sx_guard_finish;
%thread sx_vault_open;
%thread sx_vault_restore;
%thread sx_vault_erase;
%thread sx_audit_open;
%thread sx_audit_head;
%thread sx_audit_verify;
%thread llm_audit_free;
%thread llm_remove;
%thread llm_corpus_check;
%thread llm_quantize;
%thread llm_quantize_weighted;
%thread sx_imatrix;
%thread llm_model_free;
%thread llm_adapter_free;
%thread llm_corpus_free;
%thread llm_ctx_free;
%thread llm_guard_add_word;
%thread llm_guard_set_action;
%thread llm_guard_set_vault;
%thread llm_guard_set_audit;
%thread llm_guard_reload;
%thread sx_guard_create;

%fragment("sx_py_bytes", "header") %{
/* str (its UTF-8, kept by the object) or bytes; 0 with an exception set for anything else. */
static int sx_py_bytes(PyObject *obj, const char **data, size_t *len)
{
    Py_ssize_t n = 0;
    if (PyUnicode_Check(obj)) {
        *data = PyUnicode_AsUTF8AndSize(obj, &n);
        if (!*data) return 0;
    } else if (PyBytes_Check(obj)) {
        char *bytes; /* functions, not macros: the module may be built for Python's stable ABI */
        if (PyBytes_AsStringAndSize(obj, &bytes, &n)) return 0;
        *data = bytes;
    } else {
        PyErr_Format(PyExc_TypeError, "expected str or bytes, not %R", (PyObject *)Py_TYPE(obj));
        return 0;
    }
    *len = (size_t)n;
    return 1;
}
%}

%typemap(in, fragment="sx_py_bytes") (char *STRING, size_t LENGTH) (const char *data, size_t len)
%{
    if (!sx_py_bytes($input, &data, &len)) SWIG_fail;
    $1 = ($1_ltype)data;
    $2 = ($2_ltype)len;
%}
%typemap(freearg) (char *STRING, size_t LENGTH) ""

/* Anything with a buffer (bytes, bytearray, memoryview, mmap, an array of numpy's), read where it lies. */
%typemap(arginit) (const char *src, size_t src_len) %{ memset(&view$argnum, 0, sizeof view$argnum); %}
%typemap(in) (const char *src, size_t src_len) (Py_buffer view)
%{
    if (PyObject_GetBuffer($input, &view, PyBUF_SIMPLE)) SWIG_fail;
    $1 = ($1_ltype)view.buf;
    $2 = ($2_ltype)view.len;
%}
%typemap(freearg) (const char *src, size_t src_len) %{ PyBuffer_Release(&view$argnum); %}

/* A C string cannot hold a NUL: to cut a name there would name something else. */
%typemap(in, fragment="sx_py_bytes") const char * (const char *data, size_t len)
%{
    if (!sx_py_bytes($input, &data, &len)) SWIG_fail;
    if (memchr(data, 0, len)) {
        PyErr_SetString(PyExc_ValueError, "a name or path may not hold a NUL character");
        SWIG_fail;
    }
    $1 = ($1_ltype)data;
%}
%typemap(freearg) const char * ""

%typemap(out) sx_text %{ $result = PyBytes_FromStringAndSize($1.data, (Py_ssize_t)$1.len); %}
%typemap(out) sx_blob
%{
    $result = PyBytes_FromStringAndSize($1.data, (Py_ssize_t)$1.len);
    free($1.data);
%}
