// What sextant.hpp promises besides the answers of conformance.cpp: exceptions of callbacks come back on the C++ side,
// handles end in any order, a stream can be left and taken up again, a set token stops a call.
#include <sextant.hpp>

#include <iostream>
#include <type_traits>

namespace
{

int failures = 0;

void check(bool good, const char *what)
{
    if (good) return;
    std::cerr << "failed: " << what << '\n';
    failures++;
}
#define CHECK(cond) check((cond), #cond)

const char rules[] = "# Rules\n\n## 1. Pets\n\nTenants may keep one dog of up to ten kilograms. Cats are welcome.\n\n"
                     "## 2. Noise\n\nThe house is quiet after ten in the evening.\n";
const char question[] = "How many kilograms may a dog have?";

struct mine : std::runtime_error {
    mine() : std::runtime_error("mine")
    {
    }
};

void callbacks(sextant::context &ctx, const sextant::evidence &found)
{
    bool came_back = false;
    sextant::reply reply = ctx.generate(question, &found);
    try {
        reply.each([](std::string_view) { throw mine(); });
    } catch (const mine &) {
        came_back = true;
    }
    CHECK(came_back);
    CHECK(!reply.text().empty()); // the reply is sound after it
    sextant::logger loud([](std::int32_t, std::string_view) { throw mine(); });
    const llm_logger *raw = loud.get();
    raw->log(raw->user, LLM_LOG_WARN, "a line"); // as the library would: nothing may come out
}

void streams(sextant::context &ctx, const sextant::evidence &found)
{
    sextant::reply reply = ctx.generate(question, &found);
    std::string joined;
    for (std::string_view piece : reply) {
        joined += piece;
        break;
    }
    for (std::string_view piece : reply) joined += piece;
    CHECK(joined == reply.text());
    CHECK(!reply.next());
    CHECK(!reply.citations().empty());
    bool beyond = false;
    try {
        reply.citations().at(1000);
    } catch (const std::out_of_range &) {
        beyond = true;
    }
    CHECK(beyond);
}

std::string orphan() // a reply outlives its context, its evidence and its corpus
{
    auto ctx = std::make_unique<sextant::context>([] {
        sextant::corpus corpus;
        corpus.ingest("rules.md", rules);
        return sextant::context({nullptr, &corpus, nullptr});
    }());
    auto found = std::make_unique<sextant::evidence>(ctx->retrieve(question));
    sextant::reply reply = ctx->generate(question, found.get());
    found.reset();
    ctx.reset();
    return reply.read();
}

llm_status stopped(sextant::context &ctx)
{
    sextant::cancel_token token;
    token.set();
    sextant::retrieve_opts opts;
    opts.cancel = token.get();
    try {
        ctx.retrieve(question, &opts);
    } catch (const sextant::error &problem) {
        return problem.code();
    }
    return LLM_OK;
}

} // namespace

int main()
{
    static_assert(std::is_nothrow_move_constructible<sextant::reply>::value, "handles move");
    static_assert(!std::is_copy_constructible<sextant::corpus>::value, "handles have one owner");
    sextant::corpus corpus;
    corpus.ingest("rules.md", rules);
    sextant::context ctx({nullptr, &corpus, nullptr});
    const sextant::evidence found = ctx.retrieve(question);
    CHECK(found.size() > 0 && found[0].doc == "rules.md");
    callbacks(ctx, found);
    streams(ctx, found);
    CHECK(orphan().find("ten kilograms") != std::string::npos);
    CHECK(stopped(ctx) == LLM_E_CANCELLED);
    try {
        sextant::corpus("no/such/folder/x.sextant");
        CHECK(false);
    } catch (const sextant::error &problem) {
        CHECK(problem.code() < 0 && std::string(problem.what()).size() > 10);
    }
    std::cout << failures << " failures\n";
    return failures != 0;
}
