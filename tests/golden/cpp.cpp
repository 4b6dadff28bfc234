// What sextant.hpp promises besides the answers of conformance.cpp: exceptions of callbacks come back on the C++ side,
// handles end in any order, a stream can be left and taken up again, a set token stops a call.
#include <sextant.hpp>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <type_traits>
#include <unistd.h>

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

// Recognisers and reviewers: they live as long as a context on their guard, and what they throw lets nothing out.
void of_the_host()
{
    std::unique_ptr<sextant::context> ctx;
    {
        sextant::guard guard;
        guard.add_recogniser("ORDER_NUMBER", 16, [](sextant::window &in) {
            for (std::size_t at = in.text().find("no. "); at != std::string_view::npos;
                 at = in.text().find("no. ", at + 1))
                if (in.text().size() >= at + 8) in.add(at + 4, at + 8, 0.9);
            if (in.text().find("throw") != std::string_view::npos) throw mine();
        });
        guard.set_action("ORDER_NUMBER", LLM_ACTION_MASK);
        guard.set_action("EMAIL_ADDRESS", LLM_ACTION_REVIEW);
        guard.set_reviewer([](const llm_review &finding) -> std::uint32_t {
            const std::string_view text(finding.text, finding.len);
            if (text.find("explodes") != std::string_view::npos) throw mine();
            return text.find("info@") != std::string_view::npos ? LLM_ACTION_ALLOW : LLM_ACTION_MASK;
        });
        ctx = std::make_unique<sextant::context>(sextant::context::parts{nullptr, nullptr, &guard});
    }
    const sextant::verdict order = ctx->check("Please send no. 4711 today.");
    CHECK(order.size() == 1 && order[0].type == "ORDER_NUMBER" && order[0].start == 16 && order[0].end == 20);
    CHECK(order.text().find("4711") == std::string_view::npos);
    CHECK(ctx->check("Write to info@example.org.").text() == "Write to info@example.org.");
    CHECK(ctx->check("Write to eve@example.org.").text().find("eve@") == std::string_view::npos);
    CHECK(ctx->check("It explodes at eve@example.org.").action() == LLM_VERDICT_BLOCK);
    try {
        ctx->check("a throw of no. 1234");
        CHECK(false);
    } catch (const sextant::error &problem) {
        CHECK(problem.code() == LLM_E_USER);
    }
    const std::vector<sextant::preset> presets = sextant::guard_presets();
    CHECK(!presets.empty() && presets[0].policy.find('{') != std::string_view::npos);
}

// What was checked is logged under its tag; the log proves itself, and a reader that throws is heard.
void logs()
{
    char folder[] = "/tmp/sxcppXXXXXX";
    CHECK(mkdtemp(folder) != nullptr);
    const std::string path = std::string(folder) + "/audit.log";
    {
        sextant::audit audit(path.c_str(), std::string(32, 'k'));
        sextant::guard guard;
        guard.set_audit(audit);
        sextant::context ctx({nullptr, nullptr, &guard});
        ctx.set_tag("letter 7");
        ctx.check("Write to eve@example.org.");
    }
    sextant::audit_verify(path);
    std::string lines;
    sextant::audit_verify(path, nullptr, [&](std::string_view line) { lines.append(line).push_back('\n'); });
    CHECK(lines.find("letter 7") != std::string::npos && lines.find("eve@") == std::string::npos);
    bool came_back = false;
    try {
        sextant::audit_verify(path, nullptr, [](std::string_view) { throw mine(); });
    } catch (const mine &) {
        came_back = true;
    }
    CHECK(came_back);
    std::remove(path.c_str());
    rmdir(folder);
}

// Edits, labels, what is said of a document, a view, the tree as JSON.
void documents()
{
    sextant::corpus corpus;
    corpus.ingest("rules.md", rules);
    const std::uint64_t at = corpus.tree("rules.md").text().find("ten kilograms");
    const std::string hash(corpus.tree("rules.md")[0].hash);
    corpus.edit("rules.md", at, at + 3, "twelve", hash.c_str());
    CHECK(corpus.tree("rules.md").text().find("twelve kilograms") == at);
    try {
        corpus.edit("rules.md", at, at + 6, "ten", hash.c_str());
        CHECK(false);
    } catch (const sextant::error &problem) {
        CHECK(problem.code() == LLM_E_BUSY); // the offsets are of a text that has changed
    }
    CHECK(corpus.tree("rules.md").pageindex().find("Pets") != std::string::npos);
    const sextant::string_list labels{"staff"}, guests{"guests"};
    sextant::ingest_opts opts;
    opts.labels = labels.get();
    opts.folder = "house";
    corpus.describe("rules.md", opts);
    const sextant::docs list = corpus.docs();
    const std::vector<std::string_view> about = list.about(0);
    CHECK(about.size() == 2 && about[0] == "folder=house" && about[1] == "label=staff");
    CHECK(corpus.view(labels).docs().size() == 1 && corpus.view(guests).docs().empty());
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
    of_the_host();
    documents();
    logs();
    try {
        sextant::corpus("no/such/folder/x.sextant");
        CHECK(false);
    } catch (const sextant::error &problem) {
        CHECK(problem.code() < 0 && std::string(problem.what()).size() > 10);
    }
    std::cout << failures << " failures\n";
    return failures != 0;
}
