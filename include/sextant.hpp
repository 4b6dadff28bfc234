// sextant.hpp: the C++17 face of sextant.h. Handles that free themselves, text as string_view, results and streams as
// ranges, failures as sextant::error with the status and the library's sentence. Header-only: it calls the C functions
// and holds no logic of its own. No exception ever crosses a C frame: what a callback of yours throws is caught there
// and thrown again on the C++ side.
//
//     sextant::corpus corpus;                                  // in memory
//     corpus.ingest_file("handbook.md");
//     sextant::context ctx({nullptr, &corpus});
//     auto found = ctx.retrieve(question);
//     auto reply = ctx.generate(question, &found);
//     for (std::string_view piece : reply) std::cout << piece;
//     for (const sextant::citation &c : reply.citations()) std::cout << c.node << '\n';
//
// Threads, fork, memory and cancellation are as sextant.h says; get() gives the C handle for whatever stands only there.
// A view (string_view, hit, finding...) lives as long as what it came from, a piece until the next one.
#ifndef SEXTANT_HPP
#define SEXTANT_HPP

#if !defined(__cpp_exceptions) && !defined(_CPPUNWIND)
#error "sextant.hpp tells failures by exceptions; with -fno-exceptions use sextant.h, whose calls return a status"
#elif __cplusplus < 201703L && (!defined(_MSVC_LANG) || _MSVC_LANG < 201703L)
#error "sextant.hpp needs C++17; for older C++ there is sextant.h"
#endif

#include <sextant.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <list>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sextant
{

// A failure: code() is the LLM_E_* status, what() the sentence.
class error : public std::runtime_error
{
  public:
    error(llm_status code, const std::string &sentence) : std::runtime_error(sentence), code_(code)
    {
    }
    llm_status code() const noexcept
    {
        return code_;
    }
    const char *name() const noexcept // "LLM_E_FORMAT"
    {
        return llm_status_name(code_);
    }

  private:
    llm_status code_;
};

// Option structs that begin as the *_INIT macros would; set the fields of sextant.h on them.
#define SEXTANT_HPP_OPTS(name) \
    struct name : ::llm_##name { \
        name() : ::llm_##name() \
        { \
            llm_##name##_init(this, sizeof(::llm_##name)); \
        } \
    }
SEXTANT_HPP_OPTS(model_opts);
SEXTANT_HPP_OPTS(corpus_opts);
SEXTANT_HPP_OPTS(ingest_opts);
SEXTANT_HPP_OPTS(ctx_opts);
SEXTANT_HPP_OPTS(retrieve_opts);
SEXTANT_HPP_OPTS(gen_opts);
SEXTANT_HPP_OPTS(guard_opts);
SEXTANT_HPP_OPTS(check_opts);
SEXTANT_HPP_OPTS(vault_opts);
SEXTANT_HPP_OPTS(audit_opts);
SEXTANT_HPP_OPTS(score_opts);
SEXTANT_HPP_OPTS(embed_opts);
#undef SEXTANT_HPP_OPTS

// A list of strings in the form that gen_opts::stop, check_opts::types and corpus::view want; it must outlive the options.
class string_list
{
  public:
    string_list() = default;
    string_list(std::initializer_list<std::string_view> items)
    {
        for (std::string_view item : items) add(item);
    }
    void add(std::string_view item)
    {
        if (item.empty() || item.find('\0') != item.npos)
            throw error(LLM_E_INVALID, "a list of strings may hold neither an empty string nor one with a NUL");
        joined_.append(item).push_back('\0');
    }
    const char *get() const noexcept // NULL when empty
    {
        return joined_.empty() ? nullptr : joined_.c_str();
    }

  private:
    std::string joined_;
};

namespace detail
{

template <auto Free> struct deleter {
    template <class T> void operator()(T *handle) const noexcept
    {
        Free(handle);
    }
};

struct sentence { // an llm_error that throws itself
    llm_error err;
    sentence() noexcept : err()
    {
        llm_error_init(&err, sizeof err);
    }
    void check(llm_status status) const
    {
        if (status < 0) throw error(status, err.message);
    }
    std::size_t check_len(std::int64_t status) const
    {
        if (status < 0) throw error(static_cast<llm_status>(status), err.message);
        return static_cast<std::size_t>(status);
    }
};

// A sized output: asked for its length with no room, then made.
template <class Call> std::string text_of(Call call)
{
    sentence s;
    std::string out(s.check_len(call(nullptr, std::size_t{0}, &s.err)), '\0');
    if (!out.empty()) s.check_len(call(&out[0], out.size(), &s.err));
    return out;
}

inline std::string_view view(const char *text) noexcept
{
    return text ? std::string_view(text) : std::string_view();
}

// A function that may throw behind a callback of pieces, which may not.
template <class Fn> struct thrower {
    Fn &fn;
    std::exception_ptr thrown;
    static std::int32_t piece(const char *piece, std::size_t len, void *user) noexcept
    {
        thrower &to = *static_cast<thrower *>(user);
        try {
            to.fn(std::string_view(piece, len));
            return 0;
        } catch (...) {
            to.thrown = std::current_exception();
            return LLM_E_USER;
        }
    }
};

// Texts in the two arrays that the C calls want.
struct text_array {
    std::vector<const char *> texts;
    std::vector<std::size_t> lens;
    explicit text_array(const std::vector<std::string_view> &from)
    {
        for (std::string_view text : from) {
            texts.push_back(text.data() ? text.data() : "");
            lens.push_back(text.size());
        }
    }
};

} // namespace detail

// A counted sequence behind C accessors as a range of values made on the spot, with size() and []. It borrows its handle.
template <class Handle, class Value, std::uint32_t (*Count)(const Handle *), Value (*At)(const Handle *, std::uint32_t)>
class list_view
{
  public:
    class iterator
    {
      public:
        using iterator_category = std::input_iterator_tag; // its values are made, not stored
        using value_type = Value;
        using difference_type = std::ptrdiff_t;
        using reference = Value;
        struct pointer {
            Value value;
            const Value *operator->() const noexcept
            {
                return &value;
            }
        };
        iterator() = default;
        iterator(const Handle *handle, std::uint32_t at) noexcept : handle_(handle), at_(at)
        {
        }
        Value operator*() const
        {
            return At(handle_, at_);
        }
        pointer operator->() const
        {
            return pointer{At(handle_, at_)};
        }
        iterator &operator++() noexcept
        {
            ++at_;
            return *this;
        }
        iterator operator++(int) noexcept
        {
            iterator was = *this;
            ++at_;
            return was;
        }
        friend bool operator==(const iterator &a, const iterator &b) noexcept
        {
            return a.at_ == b.at_;
        }
        friend bool operator!=(const iterator &a, const iterator &b) noexcept
        {
            return a.at_ != b.at_;
        }

      private:
        const Handle *handle_ = nullptr;
        std::uint32_t at_ = 0;
    };
    using value_type = Value;
    using const_iterator = iterator;

    list_view() = default;
    explicit list_view(const Handle *handle) noexcept : handle_(handle)
    {
    }
    std::uint32_t size() const noexcept
    {
        return handle_ ? Count(handle_) : 0;
    }
    bool empty() const noexcept
    {
        return size() == 0;
    }
    Value operator[](std::uint32_t i) const
    {
        return At(handle_, i);
    }
    Value at(std::uint32_t i) const
    {
        if (i >= size()) throw std::out_of_range("sextant: an index beyond the end of a list");
        return At(handle_, i);
    }
    iterator begin() const noexcept
    {
        return iterator(handle_, 0);
    }
    iterator end() const noexcept
    {
        return iterator(handle_, size());
    }

  private:
    const Handle *handle_ = nullptr;
};

// ---- What lists hold ----

struct doc {
    std::string_view name;
    std::uint64_t bytes;
    std::uint32_t nodes;
    std::string_view hash;
};
struct node {
    std::string_view id;
    std::int64_t parent;
    std::uint32_t kind; // LLM_NODE_*
    std::uint32_t depth;
    std::string_view title;
    std::uint64_t start, end;
    std::string_view hash;
};
struct hit {
    std::string_view doc, node, path, text;
    std::uint64_t start, end;
    double score;
    std::uint32_t page; // from 1; 0 in a document without pages
};
struct step {
    std::string_view doc, node;
    std::uint32_t depth;
    std::uint32_t action; // LLM_TRACE_*
    double score;
    std::string_view reason;
    double lexical, judged; // what the words say, and the judge (negative: it was not asked, or had no opinion)
};
struct citation {
    std::string_view node, doc, path, text;
    std::uint64_t start, end;
    double support;
    std::uint32_t page; // as of a hit
};
struct finding {
    std::string_view type;
    std::uint64_t start, end;
    double score;
    std::string_view rule;
    std::uint32_t action; // LLM_ACTION_*
    std::string_view label;
};
struct score { // of one text: how many tokens were scored, the sum of their logarithms
    std::uint32_t tokens;
    double sum;
};

namespace detail
{

inline doc doc_at(const llm_docs *d, std::uint32_t i)
{
    return {view(llm_docs_name(d, i)), llm_docs_bytes(d, i), llm_docs_nodes(d, i), view(llm_docs_hash(d, i))};
}
inline node node_at(const llm_tree *t, std::uint32_t i)
{
    return {view(llm_tree_id(t, i)),    llm_tree_parent(t, i), llm_tree_kind(t, i), llm_tree_depth(t, i),
            view(llm_tree_title(t, i)), llm_tree_start(t, i),  llm_tree_end(t, i),  view(llm_tree_hash(t, i))};
}
inline hit hit_at(const llm_evidence *e, std::uint32_t i)
{
    const std::uint64_t start = llm_evidence_start(e, i), end = llm_evidence_end(e, i);
    return {view(llm_evidence_doc(e, i)),
            view(llm_evidence_node(e, i)),
            view(llm_evidence_path(e, i)),
            {llm_evidence_text(e, i), static_cast<std::size_t>(end - start)},
            start,
            end,
            llm_evidence_score(e, i),
            llm_evidence_page(e, i)};
}
inline step step_at(const llm_evidence *e, std::uint32_t i)
{
    return {view(llm_trace_doc(e, i)), view(llm_trace_node(e, i)),   llm_trace_depth(e, i),   llm_trace_action(e, i),
            llm_trace_score(e, i),     view(llm_trace_reason(e, i)), llm_trace_lexical(e, i), llm_trace_judged(e, i)};
}
inline citation citation_at(const llm_reply *r, std::uint32_t i)
{
    return {view(llm_reply_citation_node(r, i)), view(llm_reply_citation_doc(r, i)),
            view(llm_reply_citation_path(r, i)), view(llm_reply_citation_text(r, i)),
            llm_reply_citation_start(r, i),      llm_reply_citation_end(r, i),
            llm_reply_citation_support(r, i),    llm_reply_citation_page(r, i)};
}
inline score score_at(const llm_scores *s, std::uint32_t i)
{
    return {llm_scores_tokens(s, i), llm_scores_sum(s, i)};
}
inline finding finding_at(const llm_verdict *v, std::uint32_t i)
{
    return {view(llm_verdict_type(v, i)), llm_verdict_start(v, i),      llm_verdict_end(v, i),
            llm_verdict_score(v, i),      view(llm_verdict_rule(v, i)), llm_verdict_finding_action(v, i),
            view(llm_verdict_label(v, i))};
}

} // namespace detail

using docs_view = list_view<llm_docs, doc, llm_docs_count, detail::doc_at>;
using nodes_view = list_view<llm_tree, node, llm_tree_count, detail::node_at>;
using hits_view = list_view<llm_evidence, hit, llm_evidence_count, detail::hit_at>;
using trace_view = list_view<llm_evidence, step, llm_trace_count, detail::step_at>;
using citations_view = list_view<llm_reply, citation, llm_reply_citation_count, detail::citation_at>;
using scores_view = list_view<llm_scores, score, llm_scores_count, detail::score_at>;
using findings_view = list_view<llm_verdict, finding, llm_verdict_count, detail::finding_at>;

// ---- Identity ----

inline std::string_view version() noexcept
{
    return llm_version();
}
inline std::string_view build_info(const char *key) noexcept
{
    return detail::view(llm_build_info(key));
}
inline std::vector<std::string_view> guard_types()
{
    std::vector<std::string_view> types;
    for (std::uint32_t i = 0; const char *type = llm_guard_type(i); i++) types.emplace_back(type);
    return types;
}

// The policies that come with the library: a name for {"preset": name}, and the JSON.
struct preset {
    std::string_view name, policy;
};
inline std::vector<preset> guard_presets()
{
    std::vector<preset> presets;
    for (std::uint32_t i = 0; const char *name = llm_guard_preset_name(i); i++)
        presets.push_back({name, llm_guard_preset_policy(i)});
    return presets;
}

// ---- Shared handles ----

// Stops the calls it was passed to: opts.cancel = token.get(). Outlives them.
class cancel_token
{
  public:
    cancel_token()
    {
        llm_cancel *made = nullptr;
        if (llm_status status = llm_cancel_create(&made)) throw error(status, "no memory for a cancel token");
        handle_.reset(made);
    }
    void set() noexcept // also in a signal handler
    {
        llm_cancel_set(handle_.get());
    }
    void reset() noexcept
    {
        llm_cancel_reset(handle_.get());
    }
    bool is_set() const noexcept
    {
        return llm_cancel_is_set(handle_.get()) != 0;
    }
    llm_cancel *get() const noexcept
    {
        return handle_.get();
    }

  private:
    std::unique_ptr<llm_cancel, detail::deleter<llm_cancel_free>> handle_;
};

// A logger out of a function: opts.logger = log.get(). It must outlive the handles that log, is called from any thread,
// and what it throws is dropped, because the library must not be unwound.
class logger
{
  public:
    explicit logger(std::function<void(std::int32_t level, std::string_view line)> fn)
        : fn_(std::make_unique<std::function<void(std::int32_t, std::string_view)>>(std::move(fn)))
    {
        raw_.struct_size = sizeof raw_;
        raw_.user = fn_.get();
        raw_.log = [](void *user, std::int32_t level, const char *line) noexcept {
            try {
                (*static_cast<std::function<void(std::int32_t, std::string_view)> *>(user))(level, line);
            } catch (...) {
            }
        };
    }
    const llm_logger *get() const noexcept
    {
        return &raw_;
    }

  private:
    std::unique_ptr<std::function<void(std::int32_t, std::string_view)>> fn_; // stays where it is when this moves
    llm_logger raw_ = llm_logger();
};

class model
{
  public:
    explicit model(const std::string &path, const llm_model_opts *opts = nullptr)
    {
        detail::sentence s;
        llm_model *made = nullptr;
        s.check(llm_model_load(&made, path.c_str(), opts, &s.err));
        handle_.reset(made);
    }
    // A GGUF file's bytes in memory, which must neither change nor go before the model does.
    static model from_memory(const void *data, std::size_t len, const llm_model_opts *opts = nullptr)
    {
        detail::sentence s;
        llm_model *made = nullptr;
        s.check(llm_model_load_memory(&made, data, len, opts, &s.err));
        return model(made);
    }
    // len bytes at an offset of an open file; 0: all that follow. The descriptor may be closed afterwards.
    static model from_fd(int fd, std::uint64_t offset = 0, std::uint64_t len = 0, const llm_model_opts *opts = nullptr)
    {
        detail::sentence s;
        llm_model *made = nullptr;
        s.check(llm_model_load_fd(&made, fd, offset, len, opts, &s.err));
        return model(made);
    }
    explicit model(llm_model *owned) noexcept : handle_(owned)
    {
    }
    std::string_view info(const char *key) const noexcept
    {
        return detail::view(llm_model_info(handle_.get(), key));
    }
    std::uint32_t n_vocab() const noexcept
    {
        return llm_model_n_vocab(handle_.get());
    }
    std::uint32_t n_ctx() const noexcept
    {
        return llm_model_n_ctx(handle_.get());
    }
    std::uint32_t n_embd() const noexcept // floats of a vector that context::embed makes
    {
        return llm_model_n_embd(handle_.get());
    }
    std::int32_t token(const char *name) const noexcept
    {
        return llm_model_token(handle_.get(), name);
    }
    std::vector<std::int32_t> tokenize(std::string_view text, std::uint32_t flags = 0) const
    {
        detail::sentence s;
        const auto run = [&](std::int32_t *ids, std::size_t room) {
            return s.check_len(llm_tokenize(handle_.get(), text.data(), text.size(), flags, ids, room, &s.err));
        };
        std::vector<std::int32_t> ids(run(nullptr, 0));
        if (!ids.empty()) run(ids.data(), ids.size());
        return ids;
    }
    std::string detokenize(const std::vector<std::int32_t> &ids, std::uint32_t flags = 0) const
    {
        return detail::text_of([&](char *out, std::size_t room, llm_error *err) {
            return llm_detokenize(handle_.get(), ids.data(), ids.size(), flags, out, room, err);
        });
    }
    // The chat template rendered over a JSON object of variables; no source: the model's own.
    std::string chat_template(std::string_view vars, std::optional<std::string_view> source = std::nullopt) const
    {
        return detail::text_of([&](char *out, std::size_t room, llm_error *err) {
            return llm_chat_template(handle_.get(), source ? source->data() : nullptr, source ? source->size() : 0,
                                     vars.data(), vars.size(), out, room, err);
        });
    }
    // An answer to a prompt of chat_template as a JSON object of content, reasoning and tool calls; flags: LLM_CHAT_*.
    std::string chat_parse(std::string_view answer, std::optional<std::string_view> prompt = std::nullopt,
                           std::uint32_t flags = 0, std::optional<std::string_view> source = std::nullopt) const
    {
        return detail::text_of([&](char *out, std::size_t room, llm_error *err) {
            return llm_chat_parse(handle_.get(), source ? source->data() : nullptr, source ? source->size() : 0,
                                  prompt ? prompt->data() : nullptr, prompt ? prompt->size() : 0, answer.data(),
                                  answer.size(), flags, out, room, err);
        });
    }
    llm_model *get() const noexcept
    {
        return handle_.get();
    }

  private:
    std::unique_ptr<llm_model, detail::deleter<llm_model_free>> handle_;
};

// A low-rank adapter (LoRA) for a model: context::set_adapter.
class adapter
{
  public:
    adapter(const model &m, const std::string &path)
    {
        detail::sentence s;
        llm_adapter *made = nullptr;
        s.check(llm_adapter_load(&made, m.get(), path.c_str(), &s.err));
        handle_.reset(made);
    }
    llm_adapter *get() const noexcept
    {
        return handle_.get();
    }

  private:
    std::unique_ptr<llm_adapter, detail::deleter<llm_adapter_free>> handle_;
};

// Writes the model `in` as one GGUF file `out` in a smaller type ("q4_k_m"); with an importance matrix, by that.
inline void quantize(const std::string &in, const std::string &out, const std::string &recipe,
                     const char *imatrix = nullptr, std::uint32_t threads = 0, const llm_cancel *cancel = nullptr)
{
    detail::sentence s;
    s.check(imatrix ? llm_quantize_weighted(in.c_str(), out.c_str(), recipe.c_str(), imatrix, threads, cancel, &s.err)
                    : llm_quantize(in.c_str(), out.c_str(), recipe.c_str(), threads, cancel, &s.err));
}
// n numbers out of whole quantised blocks of a GGUF type ("q4_0").
inline std::vector<float> dequantize(const std::string &type, std::string_view blocks, std::size_t n)
{
    detail::sentence s;
    std::vector<float> out(n);
    s.check(llm_dequantize(type.c_str(), blocks.data(), blocks.size(), out.data(), n, &s.err));
    return out;
}

// A document's tree, a snapshot: a range of nodes in reading order.
class tree : public nodes_view
{
  public:
    explicit tree(llm_tree *owned) noexcept : nodes_view(owned), handle_(owned)
    {
    }
    std::string_view text() const noexcept
    {
        return {llm_tree_text(handle_.get()), static_cast<std::size_t>(llm_tree_text_len(handle_.get()))};
    }
    std::string_view text(const node &n) const
    {
        return text().substr(static_cast<std::size_t>(n.start), static_cast<std::size_t>(n.end - n.start));
    }
    std::int64_t find(const std::string &id) const noexcept // -1: no such node
    {
        return llm_tree_find(handle_.get(), id.c_str());
    }
    std::string pageindex() const // its sections as PageIndex's JSON
    {
        return detail::text_of([&](char *out, std::size_t room, llm_error *err) {
            return llm_tree_pageindex(handle_.get(), out, room, err);
        });
    }
    llm_tree *get() const noexcept
    {
        return handle_.get();
    }

  private:
    std::unique_ptr<llm_tree, detail::deleter<llm_tree_free>> handle_;
};

// The list of documents, a snapshot.
class docs : public docs_view
{
  public:
    explicit docs(llm_docs *owned) noexcept : docs_view(owned), handle_(owned)
    {
    }
    // What is said about the i-th: "folder=contracts", "label=hr", then the pairs of its meta.
    std::vector<std::string_view> about(std::uint32_t i) const
    {
        std::vector<std::string_view> all;
        for (std::uint32_t k = 0; const char *said = llm_docs_about(handle_.get(), i, k); k++) all.emplace_back(said);
        return all;
    }

  private:
    std::unique_ptr<llm_docs, detail::deleter<llm_docs_free>> handle_;
};

class corpus
{
  public:
    corpus() : corpus(nullptr, nullptr) // in memory
    {
    }
    explicit corpus(const std::string &path, const llm_corpus_opts *opts = nullptr) : corpus(path.c_str(), opts)
    {
    }
    corpus(const char *path, const llm_corpus_opts *opts)
    {
        detail::sentence s;
        llm_corpus *made = nullptr;
        s.check(llm_corpus_open(&made, path, opts, &s.err));
        handle_.reset(made);
    }
    void ingest(const std::string &name, std::string_view text, const llm_ingest_opts *opts = nullptr)
    {
        detail::sentence s;
        s.check(llm_ingest(handle_.get(), name.c_str(), text.data(), text.size(), opts, &s.err));
    }
    void ingest_file(const std::string &path, const char *name = nullptr, const llm_ingest_opts *opts = nullptr)
    {
        detail::sentence s;
        s.check(llm_ingest_file(handle_.get(), path.c_str(), name, opts, &s.err));
    }
    // Replaces the bytes [begin, end) of the canonical text; hash: the root's, in the tree that the offsets are from.
    void edit(const std::string &name, std::uint64_t begin, std::uint64_t end, std::string_view text,
              const char *hash = nullptr)
    {
        detail::sentence s;
        s.check(llm_edit(handle_.get(), name.c_str(), begin, end, text.data(), text.size(), hash, &s.err));
    }
    // Changes folder, labels and meta of a document, or the labels of one of its nodes.
    void describe(const std::string &name, const llm_ingest_opts &opts, const char *node = nullptr)
    {
        detail::sentence s;
        s.check(llm_describe(handle_.get(), name.c_str(), node, &opts, &s.err));
    }
    // The same corpus as somebody with these labels may see it.
    corpus view(const string_list &labels) const
    {
        detail::sentence s;
        llm_corpus *made = nullptr;
        s.check(llm_corpus_view(&made, handle_.get(), labels.get(), &s.err));
        return corpus(made);
    }
    void remove(const std::string &name)
    {
        detail::sentence s;
        s.check(llm_remove(handle_.get(), name.c_str(), &s.err));
    }
    void check() const
    {
        detail::sentence s;
        s.check(llm_corpus_check(handle_.get(), &s.err));
    }
    sextant::docs docs() const
    {
        detail::sentence s;
        llm_docs *made = nullptr;
        s.check(llm_docs_list(&made, handle_.get(), &s.err));
        return sextant::docs(made);
    }
    sextant::tree tree(const std::string &name) const
    {
        detail::sentence s;
        llm_tree *made = nullptr;
        s.check(llm_tree_open(&made, handle_.get(), name.c_str(), &s.err));
        return sextant::tree(made);
    }
    explicit corpus(llm_corpus *owned) noexcept : handle_(owned)
    {
    }
    llm_corpus *get() const noexcept
    {
        return handle_.get();
    }

  private:
    std::unique_ptr<llm_corpus, detail::deleter<llm_corpus_free>> handle_;
};

class vault
{
  public:
    // A key of 32 bytes, or with LLM_VAULT_PASSPHRASE in the options a passphrase; path NULL: in memory.
    vault(const char *path, std::string_view key, const llm_vault_opts *opts = nullptr)
    {
        detail::sentence s;
        llm_vault *made = nullptr;
        s.check(llm_vault_open(&made, path, key.data(), key.size(), opts, &s.err));
        handle_.reset(made);
    }
    std::string restore(std::string_view text, std::uint32_t match = LLM_RESTORE_EXACT) const
    {
        return detail::text_of([&](char *out, std::size_t room, llm_error *err) {
            return llm_vault_restore_as(handle_.get(), text.data(), text.size(), match, out, room, err);
        });
    }
    // How many entries went; type empty: of all types.
    std::int64_t erase(std::string_view value, const std::string &type = {}) const
    {
        detail::sentence s;
        std::int64_t n = llm_vault_erase(handle_.get(), type.empty() ? nullptr : type.c_str(), value.data(),
                                         value.size(), &s.err);
        s.check(n < 0 ? static_cast<llm_status>(n) : LLM_OK);
        return n;
    }
    llm_vault *get() const noexcept
    {
        return handle_.get();
    }

  private:
    std::unique_ptr<llm_vault, detail::deleter<llm_vault_free>> handle_;
};

class audit
{
  public:
    audit(const char *path, std::string_view key, const llm_audit_opts *opts = nullptr)
    {
        detail::sentence s;
        llm_audit *made = nullptr;
        s.check(llm_audit_open(&made, path, key.data(), key.size(), opts, &s.err));
        handle_.reset(made);
    }
    std::string head() const
    {
        return detail::text_of(
            [&](char *out, std::size_t room, llm_error *err) { return llm_audit_head(handle_.get(), out, room, err); });
    }
    llm_audit *get() const noexcept
    {
        return handle_.get();
    }

  private:
    std::unique_ptr<llm_audit, detail::deleter<llm_audit_free>> handle_;
};

// Proves an audit log unbroken, or throws with the first record that is not as it was. head: one that was published.
inline void audit_verify(const std::string &path, const char *head = nullptr)
{
    detail::sentence s;
    s.check(llm_audit_verify(path.c_str(), head, nullptr, nullptr, &s.err));
}
// The same; fn gets each record as a line of JSON, then the summary. What it throws ends the proof and is thrown from here.
template <class Fn> void audit_verify(const std::string &path, const char *head, Fn &&fn)
{
    detail::sentence s;
    detail::thrower<Fn> to{fn, nullptr};
    const llm_status status = llm_audit_verify(path.c_str(), head, detail::thrower<Fn>::piece, &to, &s.err);
    if (to.thrown) std::rethrow_exception(to.thrown);
    s.check(status);
}

// The part of a text that a recogniser looks at.
class window
{
  public:
    explicit window(llm_window &raw) noexcept : raw_(raw)
    {
    }
    std::string_view text() const noexcept
    {
        return {raw_.text, raw_.len};
    }
    std::uint32_t direction() const noexcept // LLM_DIR_*
    {
        return raw_.direction;
    }
    std::uint64_t offset() const noexcept // of text() in the whole text
    {
        return raw_.offset;
    }
    bool last() const noexcept // the text ends here
    {
        return raw_.last != 0;
    }
    void add(std::uint64_t start, std::uint64_t end, double score) // bytes of text()
    {
        if (raw_.count == raw_.capacity)
            throw error(LLM_E_LIMIT, "a recogniser finds more than its window has room for");
        raw_.spans[raw_.count++] = {start, end, score};
    }

  private:
    llm_window &raw_;
};
using recognise_fn = std::function<void(window &)>;
using review_fn = std::function<std::uint32_t(const llm_review &)>;

namespace detail
{

struct callbacks { // of one guard; they live as long as it and the contexts on it
    std::list<recognise_fn> recognisers;
    std::list<review_fn> reviewers;
};

} // namespace detail

class guard
{
  public:
    explicit guard(const llm_guard_opts *opts = nullptr)
    {
        detail::sentence s;
        llm_guard *made = nullptr;
        s.check(llm_guard_create(&made, opts, &s.err));
        handle_.reset(made);
    }
    guard &set_action(const std::string &type, std::uint32_t action, std::uint32_t directions = LLM_DIR_ALL)
    {
        detail::sentence s;
        s.check(llm_guard_set_action(handle_.get(), type.c_str(), directions, action, &s.err));
        return *this;
    }
    guard &add_word(std::string_view word)
    {
        detail::sentence s;
        s.check(llm_guard_add_word(handle_.get(), word.data(), word.size(), &s.err));
        return *this;
    }
    guard &reload(std::string_view policy)
    {
        detail::sentence s;
        s.check(llm_guard_reload(handle_.get(), policy.data(), policy.size(), &s.err));
        return *this;
    }
    // fn(window &) adds what it finds, at most max_span bytes long each. It is called in the threads that check, several at
    // once; what it throws ends the check with LLM_E_USER, and nothing is released.
    guard &add_recogniser(const std::string &type, std::uint32_t max_span, recognise_fn fn, const char *name = nullptr)
    {
        detail::sentence s;
        callbacks_->recognisers.push_back(std::move(fn));
        llm_recogniser raw = llm_recogniser();
        raw.struct_size = sizeof raw;
        raw.max_span = max_span;
        raw.type = type.c_str();
        raw.name = name;
        raw.user = &callbacks_->recognisers.back();
        raw.find = [](void *user, llm_window *in) noexcept -> llm_status {
            try {
                window mine(*in);
                (*static_cast<recognise_fn *>(user))(mine);
                return LLM_OK;
            } catch (...) {
                return LLM_E_USER;
            }
        };
        s.check(llm_guard_add_recogniser(handle_.get(), &raw, &s.err));
        return *this;
    }
    // fn(const llm_review &) returns an LLM_ACTION_* for a finding whose action is REVIEW; what it throws blocks the text.
    guard &set_reviewer(review_fn fn)
    {
        detail::sentence s;
        callbacks_->reviewers.push_back(std::move(fn));
        s.check(llm_guard_set_reviewer(
            handle_.get(),
            [](void *user, const llm_review *finding) noexcept -> std::uint32_t {
                try {
                    return (*static_cast<review_fn *>(user))(*finding);
                } catch (...) {
                    return LLM_ACTION_BLOCK;
                }
            },
            &callbacks_->reviewers.back(), &s.err));
        return *this;
    }
    guard &set_vault(const vault &v)
    {
        detail::sentence s;
        s.check(llm_guard_set_vault(handle_.get(), v.get(), &s.err));
        return *this;
    }
    guard &set_audit(const audit &a)
    {
        detail::sentence s;
        s.check(llm_guard_set_audit(handle_.get(), a.get(), &s.err));
        return *this;
    }
    llm_guard *get() const noexcept
    {
        return handle_.get();
    }

    std::shared_ptr<const void> kept() const noexcept // what a context on this guard has to keep
    {
        return callbacks_;
    }

  private:
    std::shared_ptr<detail::callbacks> callbacks_ = std::make_shared<detail::callbacks>(); // freed after the handle
    std::unique_ptr<llm_guard, detail::deleter<llm_guard_free>> handle_;
};

// ---- What a context hands out ----

// Passages that a retrieval found, best first.
class evidence : public hits_view
{
  public:
    explicit evidence(llm_evidence *owned) noexcept : hits_view(owned), handle_(owned)
    {
    }
    double confidence() const noexcept
    {
        return llm_evidence_confidence(handle_.get());
    }
    trace_view trace() const noexcept
    {
        return trace_view(handle_.get());
    }
    llm_evidence *get() const noexcept
    {
        return handle_.get();
    }

  private:
    std::unique_ptr<llm_evidence, detail::deleter<llm_evidence_free>> handle_;
};

// What a judge is asked at once: nodes by number, and a score from 0 to 1 to be set for each (left alone: no opinion).
class judge_batch
{
  public:
    struct card {
        std::string_view doc, node, text;
        double lexical; // what the words alone say; larger is better
    };
    explicit judge_batch(llm_judge_batch &batch) noexcept : batch_(batch)
    {
    }
    std::string_view question() const noexcept
    {
        return batch_.question;
    }
    std::uint32_t size() const noexcept
    {
        return batch_.count;
    }
    card operator[](std::uint32_t i) const noexcept
    {
        return {batch_.docs[i], batch_.nodes[i], batch_.texts[i], batch_.lexical[i]};
    }
    void set(std::uint32_t i, double score) noexcept
    {
        batch_.scores[i] = score;
    }
    llm_judge_batch &get() const noexcept
    {
        return batch_;
    }

  private:
    llm_judge_batch &batch_;
};

// How likely texts are: a range of their scores; per token by at(text, place).
class scores : public scores_view
{
  public:
    struct token {
        std::int32_t id;
        double logprob;
    };
    explicit scores(llm_scores *owned) noexcept : scores_view(owned), handle_(owned)
    {
    }
    token at(std::uint32_t text, std::uint32_t place) const noexcept
    {
        return {llm_scores_token(handle_.get(), text, place), llm_scores_logprob(handle_.get(), text, place)};
    }
    token top(std::uint32_t text, std::uint32_t place, std::uint32_t k) const noexcept // the k-th likeliest there
    {
        return {llm_scores_top_token(handle_.get(), text, place, k),
                llm_scores_top_logprob(handle_.get(), text, place, k)};
    }

  private:
    std::unique_ptr<llm_scores, detail::deleter<llm_scores_free>> handle_;
};

// A verdict somebody else owns: a stream or a reply.
class verdict_view : public findings_view
{
  public:
    explicit verdict_view(const llm_verdict *borrowed) noexcept : findings_view(borrowed), verdict_(borrowed)
    {
    }
    std::uint32_t action() const noexcept // LLM_VERDICT_*
    {
        return llm_verdict_action(verdict_);
    }
    std::string_view text() const noexcept
    {
        return {llm_verdict_text(verdict_), llm_verdict_text_len(verdict_)};
    }

  private:
    const llm_verdict *verdict_;
};

// A verdict of one's own.
class verdict : public verdict_view
{
  public:
    explicit verdict(llm_verdict *owned) noexcept : verdict_view(owned), handle_(owned)
    {
    }

  private:
    std::unique_ptr<llm_verdict, detail::deleter<llm_verdict_free>> handle_;
};

namespace detail
{

using shared_ctx = std::shared_ptr<llm_ctx>;

struct ctx_deleter { // frees a context, then lets go of what its guard calls
    std::shared_ptr<const void> kept;
    void operator()(llm_ctx *ctx) const noexcept
    {
        llm_ctx_free(ctx);
    }
};

inline void check_ctx(const shared_ctx &ctx, llm_status status)
{
    if (status < 0) throw error(status, llm_ctx_errmsg(ctx.get()));
}

} // namespace detail

// An answer being made: an input range of its pieces. It keeps the context alive.
class reply
{
  public:
    reply(detail::shared_ctx ctx, llm_reply *owned) noexcept : ctx_(std::move(ctx)), handle_(owned)
    {
    }

    class iterator
    {
      public:
        using iterator_category = std::input_iterator_tag;
        using value_type = std::string_view;
        using difference_type = std::ptrdiff_t;
        using pointer = const std::string_view *;
        using reference = std::string_view;
        iterator() = default;
        explicit iterator(reply *from) : from_(from)
        {
            ++*this;
        }
        std::string_view operator*() const noexcept
        {
            return piece_;
        }
        pointer operator->() const noexcept
        {
            return &piece_;
        }
        iterator &operator++()
        {
            if (const auto piece = from_->next())
                piece_ = *piece;
            else
                from_ = nullptr;
            return *this;
        }
        void operator++(int)
        {
            ++*this;
        }
        friend bool operator==(const iterator &a, const iterator &b) noexcept
        {
            return a.from_ == b.from_;
        }
        friend bool operator!=(const iterator &a, const iterator &b) noexcept
        {
            return a.from_ != b.from_;
        }

      private:
        reply *from_ = nullptr;
        std::string_view piece_;
    };
    iterator begin() // goes on where the last loop stopped
    {
        return iterator(this);
    }
    iterator end() const noexcept
    {
        return iterator();
    }

    // The next piece, whole code points; nothing at the end.
    std::optional<std::string_view> next()
    {
        const llm_status status = llm_reply_next(handle_.get());
        detail::check_ctx(ctx_, status);
        if (status != LLM_MORE) return std::nullopt;
        return std::string_view(llm_reply_piece(handle_.get()), llm_reply_piece_len(handle_.get()));
    }
    // Calls fn(piece) for each piece through the library's own loop. What fn throws stops it and is thrown from here.
    template <class Fn> void each(Fn &&fn)
    {
        detail::thrower<Fn> c{fn, nullptr};
        const llm_status status = llm_reply_each(handle_.get(), detail::thrower<Fn>::piece, &c);
        if (c.thrown) std::rethrow_exception(c.thrown);
        detail::check_ctx(ctx_, status);
    }
    std::string read() // to the end; the whole answer
    {
        while (next()) {}
        return std::string(text());
    }
    std::string_view text() const noexcept
    {
        return {llm_reply_text(handle_.get()), llm_reply_text_len(handle_.get())};
    }
    std::uint32_t finish() const noexcept // LLM_FINISH_*
    {
        return llm_reply_finish(handle_.get());
    }
    std::uint32_t prompt_tokens() const noexcept
    {
        return llm_reply_prompt_tokens(handle_.get());
    }
    std::uint32_t output_tokens() const noexcept
    {
        return llm_reply_output_tokens(handle_.get());
    }
    std::uint32_t steps() const noexcept // how often the model ran for the output: fewer than its tokens with drafts
    {
        return llm_reply_steps(handle_.get());
    }
    double prompt_ms() const noexcept
    {
        return llm_reply_prompt_ms(handle_.get());
    }
    double output_ms() const noexcept
    {
        return llm_reply_output_ms(handle_.get());
    }
    std::int32_t token(std::uint32_t i) const noexcept
    {
        return llm_reply_token(handle_.get(), i);
    }
    double logprob(std::uint32_t i) const noexcept // with gen_opts::logprobs
    {
        return llm_reply_logprob(handle_.get(), i);
    }
    scores::token top(std::uint32_t i, std::uint32_t k) const noexcept // the k-th likeliest at token i
    {
        return {llm_reply_top_token(handle_.get(), i, k), llm_reply_top_logprob(handle_.get(), i, k)};
    }
    citations_view citations() const noexcept
    {
        return citations_view(handle_.get());
    }
    std::optional<verdict_view> verdict(std::uint32_t direction) const noexcept // nothing when the guard did not run
    {
        const llm_verdict *found = llm_reply_verdict(handle_.get(), direction);
        return found ? std::optional<verdict_view>(found) : std::nullopt;
    }
    llm_reply *get() const noexcept
    {
        return handle_.get();
    }

  private:
    detail::shared_ctx ctx_; // freed after the reply
    std::unique_ptr<llm_reply, detail::deleter<llm_reply_free>> handle_;
};

// The guard over text that arrives in pieces. What feed and finish return may go out, and lives until the next of them.
class guard_stream
{
  public:
    guard_stream(detail::shared_ctx ctx, llm_guard_stream *owned) noexcept : ctx_(std::move(ctx)), handle_(owned)
    {
    }
    std::string_view feed(std::string_view bytes)
    {
        return after(llm_guard_feed(handle_.get(), bytes.data(), bytes.size()));
    }
    std::string_view finish()
    {
        return after(llm_guard_finish(handle_.get()));
    }
    verdict_view verdict() const noexcept
    {
        return verdict_view(llm_guard_verdict(handle_.get()));
    }
    llm_guard_stream *get() const noexcept
    {
        return handle_.get();
    }

  private:
    std::string_view after(llm_status status)
    {
        detail::check_ctx(ctx_, status);
        return {llm_guard_text(handle_.get()), llm_guard_text_len(handle_.get())};
    }
    detail::shared_ctx ctx_;
    std::unique_ptr<llm_guard_stream, detail::deleter<llm_guard_close>> handle_;
};

// One caller's connection. It keeps references to what it was opened on.
class context
{
  public:
    struct parts { // each may be left out; no guard: the default policy
        const sextant::model *model = nullptr;
        const sextant::corpus *corpus = nullptr;
        const sextant::guard *guard = nullptr;
    };
    explicit context(const parts &on, const llm_ctx_opts *opts = nullptr)
    {
        detail::sentence s;
        llm_ctx *made = nullptr;
        s.check(llm_ctx_create(&made, on.model ? on.model->get() : nullptr, on.corpus ? on.corpus->get() : nullptr,
                               on.guard ? on.guard->get() : nullptr, opts, &s.err));
        kept_ = on.guard ? on.guard->kept() : nullptr;
        handle_ = detail::shared_ctx(made, detail::ctx_deleter{kept_});
    }
    evidence retrieve(std::string_view question, const llm_retrieve_opts *opts = nullptr)
    {
        llm_evidence *made = nullptr;
        detail::check_ctx(handle_, llm_retrieve(handle_.get(), question.data(), question.size(), opts, &made));
        return evidence(made);
    }
    // The same with a judge: fn(judge_batch &) sets scores. What it throws ends the retrieval and is thrown from here.
    template <class Fn> evidence retrieve(std::string_view question, const llm_retrieve_opts &opts, Fn &&fn)
    {
        struct call {
            Fn &fn;
            std::exception_ptr thrown;
        } c{fn, nullptr};
        retrieve_opts with;
        static_cast<llm_retrieve_opts &>(with) = opts;
        with.judge_user = &c;
        with.judge = [](void *user, llm_judge_batch *batch) noexcept -> llm_status {
            call &to = *static_cast<call *>(user);
            try {
                judge_batch mine(*batch);
                to.fn(mine);
                return LLM_OK;
            } catch (...) {
                to.thrown = std::current_exception();
                return LLM_E_USER;
            }
        };
        llm_evidence *made = nullptr;
        const llm_status status = llm_retrieve(handle_.get(), question.data(), question.size(), &with, &made);
        if (c.thrown) std::rethrow_exception(c.thrown);
        detail::check_ctx(handle_, status);
        return evidence(made);
    }
    reply generate(std::string_view prompt, const evidence *found = nullptr, const llm_gen_opts *opts = nullptr)
    {
        llm_reply *made = nullptr;
        detail::check_ctx(handle_, llm_generate(handle_.get(), prompt.data(), prompt.size(),
                                                found ? found->get() : nullptr, opts, &made));
        return reply(handle_, made);
    }
    verdict check(std::string_view text, const llm_check_opts *opts = nullptr)
    {
        llm_verdict *made = nullptr;
        detail::check_ctx(handle_, llm_guard_check(handle_.get(), text.data(), text.size(), opts, &made));
        return verdict(made);
    }
    guard_stream open_guard(const llm_check_opts *opts = nullptr)
    {
        llm_guard_stream *made = nullptr;
        detail::check_ctx(handle_, llm_guard_open(handle_.get(), opts, &made));
        return guard_stream(handle_, made);
    }
    // How likely the model finds each text after one prompt, which may be empty; token by token of the last form.
    sextant::scores score(std::string_view prompt, const std::vector<std::string_view> &texts,
                          const llm_score_opts *opts = nullptr)
    {
        const detail::text_array in(texts);
        llm_scores *made = nullptr;
        detail::check_ctx(handle_, llm_score(handle_.get(), prompt.data(), prompt.size(), in.texts.data(),
                                             in.lens.data(), in.texts.size(), opts, &made));
        return sextant::scores(made);
    }
    sextant::scores score(const std::vector<std::int32_t> &ids, std::size_t from = 1,
                          const llm_score_opts *opts = nullptr)
    {
        llm_scores *made = nullptr;
        detail::check_ctx(handle_, llm_score_tokens(handle_.get(), ids.data(), ids.size(), from, opts, &made));
        return sextant::scores(made);
    }
    // Each text as a vector of m.n_embd() floats; with LLM_POOL_NONE one vector per token, all in the text's row.
    std::vector<std::vector<float>> embed(const model &m, const std::vector<std::string_view> &texts,
                                          const llm_embed_opts *opts = nullptr)
    {
        const bool per_token = opts && opts->pooling == LLM_POOL_NONE;
        const detail::text_array in(texts);
        std::vector<std::size_t> sizes;
        std::size_t all = 0;
        for (std::string_view text : texts) {
            sizes.push_back(m.n_embd() * (per_token ? m.tokenize(text, LLM_TOK_SPECIAL).size() : 1));
            all += sizes.back();
        }
        std::vector<float> flat(all);
        detail::check_ctx(handle_, llm_embed(handle_.get(), in.texts.data(), in.lens.data(), in.texts.size(), opts,
                                             flat.data(), flat.size()));
        std::vector<std::vector<float>> rows;
        const float *at = flat.data();
        for (std::size_t size : sizes) {
            rows.emplace_back(at, at + size);
            at += size;
        }
        return rows;
    }
    // How well each document answers a query, as the model's classification head was trained to say.
    std::vector<float> rerank(std::string_view query, const std::vector<std::string_view> &documents,
                              const llm_cancel *cancel = nullptr)
    {
        const detail::text_array in(documents);
        std::vector<float> out(documents.size());
        detail::check_ctx(handle_, llm_rerank(handle_.get(), query.data(), query.size(), in.texts.data(),
                                              in.lens.data(), in.texts.size(), out.data(), cancel));
        return out;
    }
    void set_adapter(const adapter &a, float scale = 1)
    {
        detail::check_ctx(handle_, llm_ctx_set_adapter(handle_.get(), a.get(), scale));
    }
    // The state: what the model has read here. In a file, in memory, in a second context, and shortened.
    void save(const std::string &path)
    {
        detail::check_ctx(handle_, llm_ctx_save(handle_.get(), path.c_str()));
    }
    void restore(const std::string &path)
    {
        detail::check_ctx(handle_, llm_ctx_restore(handle_.get(), path.c_str()));
    }
    std::string export_state()
    {
        std::string bytes(count(llm_ctx_export(handle_.get(), nullptr, 0)), '\0');
        if (!bytes.empty()) count(llm_ctx_export(handle_.get(), &bytes[0], bytes.size()));
        return bytes;
    }
    void import_state(std::string_view bytes)
    {
        detail::check_ctx(handle_, llm_ctx_import(handle_.get(), bytes.data(), bytes.size()));
    }
    context fork()
    {
        llm_ctx *made = nullptr;
        detail::check_ctx(handle_, llm_ctx_fork(handle_.get(), &made));
        return context(made, kept_);
    }
    void set_tag(const char *tag) // what the audit log calls the next texts; NULL: nothing
    {
        detail::check_ctx(handle_, llm_ctx_set_tag(handle_.get(), tag));
    }
    void drop(std::uint32_t begin, std::uint32_t end)
    {
        detail::check_ctx(handle_, llm_ctx_drop(handle_.get(), begin, end));
    }
    std::size_t used()
    {
        return count(llm_ctx_used(handle_.get()));
    }
    std::size_t size()
    {
        return count(llm_ctx_size(handle_.get()));
    }
    // Reads a text and writes an importance matrix for quantize().
    void imatrix(std::string_view text, const std::string &out, const char *name = nullptr,
                 const llm_cancel *cancel = nullptr)
    {
        detail::check_ctx(handle_, llm_imatrix(handle_.get(), text.data(), text.size(), name, out.c_str(), cancel));
    }
    // One row of n_vocab logits per token, from an empty cache.
    std::vector<float> logits(const model &m, const std::vector<std::int32_t> &ids, const llm_cancel *cancel = nullptr)
    {
        std::vector<float> rows(ids.size() * m.n_vocab());
        detail::check_ctx(handle_, llm_logits(handle_.get(), ids.data(), ids.size(), rows.data(), rows.size(), cancel));
        return rows;
    }
    explicit context(llm_ctx *owned, std::shared_ptr<const void> kept = nullptr)
        : kept_(std::move(kept)), handle_(owned, detail::ctx_deleter{kept_})
    {
    }
    llm_ctx *get() const noexcept
    {
        return handle_.get();
    }

  private:
    std::size_t count(std::int64_t status) const
    {
        if (status < 0) detail::check_ctx(handle_, static_cast<llm_status>(status));
        return static_cast<std::size_t>(status);
    }
    std::shared_ptr<const void> kept_;
    detail::shared_ctx handle_;
};

} // namespace sextant

#endif // SEXTANT_HPP
