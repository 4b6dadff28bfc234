// ask FILE... QUESTION, in C++: handles in unique_ptr, errors as exceptions.
#include <sextant.h>

#include <cstdio>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

namespace
{

template <auto Free> struct deleter {
    template <class T> void operator()(T *handle) const
    {
        Free(handle);
    }
};
using corpus_ptr = std::unique_ptr<llm_corpus, deleter<llm_corpus_free>>;
using ctx_ptr = std::unique_ptr<llm_ctx, deleter<llm_ctx_free>>;
using evidence_ptr = std::unique_ptr<llm_evidence, deleter<llm_evidence_free>>;
using reply_ptr = std::unique_ptr<llm_reply, deleter<llm_reply_free>>;

// Calls a function that gives a handle through its first argument and its sentence through its last.
template <class Ptr, class Fn, class... Args> Ptr make(Fn fn, Args... args)
{
    llm_error err = LLM_ERROR_INIT;
    typename Ptr::element_type *handle = nullptr;
    if (fn(&handle, args..., &err) != LLM_OK) throw std::runtime_error(err.message);
    return Ptr(handle);
}

evidence_ptr retrieve(llm_ctx *ctx, const std::string &question)
{
    llm_evidence *found = nullptr;
    if (llm_retrieve(ctx, question.data(), question.size(), nullptr, &found) != LLM_OK)
        throw std::runtime_error(llm_ctx_errmsg(ctx));
    return evidence_ptr(found);
}

reply_ptr generate(llm_ctx *ctx, const std::string &question, const llm_evidence *found)
{
    llm_reply *reply = nullptr;
    if (llm_generate(ctx, question.data(), question.size(), found, nullptr, &reply) != LLM_OK)
        throw std::runtime_error(llm_ctx_errmsg(ctx));
    return reply_ptr(reply);
}

void answer(llm_ctx *ctx, const std::string &question)
{
    const evidence_ptr found = retrieve(ctx, question);
    const reply_ptr reply = generate(ctx, question, found.get());
    llm_status status;
    while ((status = llm_reply_next(reply.get())) == LLM_MORE)
        std::cout << std::string(llm_reply_piece(reply.get()), llm_reply_piece_len(reply.get())) << std::flush;
    if (status < 0) throw std::runtime_error(llm_ctx_errmsg(ctx));
    for (uint32_t i = 0; i < llm_reply_citation_count(reply.get()); i++)
        std::cout << "\n[" << llm_reply_citation_doc(reply.get(), i) << ' ' << llm_reply_citation_node(reply.get(), i)
                  << "] " << llm_reply_citation_path(reply.get(), i);
    std::cout << '\n';
}

} // namespace

int main(int argc, char **argv)
{
    if (argc < 3) {
        std::cerr << "usage: ask FILE... QUESTION\n";
        return 2;
    }
    try {
        const corpus_ptr corpus = make<corpus_ptr>(llm_corpus_open, nullptr, nullptr);
        for (int i = 1; i < argc - 1; i++) {
            llm_error err = LLM_ERROR_INIT;
            if (llm_ingest_file(corpus.get(), argv[i], nullptr, nullptr, &err) != LLM_OK)
                throw std::runtime_error(err.message);
        }
        const ctx_ptr ctx = make<ctx_ptr>(llm_ctx_create, nullptr, corpus.get(), nullptr, nullptr);
        answer(ctx.get(), argv[argc - 1]);
    } catch (const std::exception &problem) {
        std::cerr << "ask: " << problem.what() << '\n';
        return 1;
    }
    return 0;
}
