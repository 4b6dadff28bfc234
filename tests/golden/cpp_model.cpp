// What sextant.hpp gives of models and contexts since 0.2, on a tiny model: cpp_model MODEL.gguf FOLDER. Also, in C++20, that
// its lists and streams are ranges by the standard's own concepts.
#include <sextant.hpp>

#include <cmath>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#if __cplusplus >= 202002L
#include <ranges>
#if !defined(__clang__) || __clang_major__ >= 16 // older ones do not take libstdc++'s views
#define HAS_VIEWS 1
#endif
#endif

namespace
{

int failures = 0;

void check(bool good, const char *what, int line)
{
    if (good) return;
    std::cerr << line << ": failed: " << what << '\n';
    failures++;
}
#define CHECK(cond) check((cond), #cond, __LINE__)

template <class Fn> llm_status code_of(Fn &&fn)
{
    try {
        fn();
    } catch (const sextant::error &problem) {
        return problem.code();
    }
    return LLM_OK;
}

std::string write(sextant::context &ctx, std::string_view prompt, std::uint32_t tokens)
{
    sextant::gen_opts opts;
    opts.max_tokens = tokens;
    opts.flags = LLM_GEN_IGNORE_EOS;
    return ctx.generate(prompt, nullptr, &opts).read();
}

void models(const std::string &path, const std::string &expected)
{
    std::ifstream file(path, std::ios::binary);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    const std::string data = bytes.str();
    const auto same = [&](const sextant::model &m) {
        sextant::context ctx({&m, nullptr, nullptr});
        return write(ctx, "the captain", 12) == expected;
    };
    const sextant::model kept = sextant::model::from_memory(data.data(), data.size());
    CHECK(same(kept));
    if (std::FILE *open = std::fopen(path.c_str(), "rb")) {
        const sextant::model read = sextant::model::from_fd(fileno(open));
        std::fclose(open);
        CHECK(same(read));
    }
    CHECK(code_of([&] { sextant::model::from_memory(data.data(), 40); }) == LLM_E_FORMAT);
    CHECK(code_of([&] { sextant::adapter(kept, "no/such/adapter.gguf"); }) == LLM_E_NOT_FOUND);
    CHECK(kept.chat_parse("<think>so</think>well", "<think>").find("content") != std::string::npos);
    CHECK(kept.n_embd() > 0);
}

void states(const sextant::model &m, const std::string &folder)
{
    sextant::context ctx({&m, nullptr, nullptr});
    CHECK(ctx.used() == 0 && ctx.size() > 0);
    write(ctx, "the captain and", 4);
    const std::size_t used = ctx.used();
    CHECK(used > 4);
    const std::string state = ctx.export_state();
    ctx.save(folder + "/cpp.state");
    sextant::context other = ctx.fork();
    CHECK(other.used() == used);
    ctx.drop(2, static_cast<std::uint32_t>(used));
    CHECK(ctx.used() == 2 && other.used() == used);
    ctx.import_state(state);
    CHECK(ctx.used() == used);
    ctx.drop(1, static_cast<std::uint32_t>(used));
    ctx.restore(folder + "/cpp.state");
    CHECK(ctx.used() == used);
    CHECK(code_of([&] { ctx.import_state("no state"); }) == LLM_E_FORMAT);
    CHECK(write(ctx, "the captain and the", 8) == write(other, "the captain and the", 8));
    std::remove((folder + "/cpp.state").c_str());
    ctx.imatrix("the captain and the ship in the north", folder + "/cpp.imatrix", "test");
    std::remove((folder + "/cpp.imatrix").c_str());
}

void numbers(const sextant::model &m, const std::string &path, const std::string &folder)
{
    sextant::context ctx({&m, nullptr, nullptr});
    sextant::score_opts opts;
    opts.top = 2;
    const sextant::scores s = ctx.score("the", {" captain", " ship"}, &opts);
    CHECK(s.size() == 2 && s[0].tokens > 0 && s[0].sum < 0);
    double sum = 0;
    for (std::uint32_t t = 0; t < s[1].tokens; t++) sum += s.at(1, t).logprob;
    CHECK(std::abs(sum - s[1].sum) < 1e-6);
    CHECK(s.top(0, 0, 0).logprob >= s.top(0, 0, 1).logprob && s.top(0, 0, 0).id >= 0);
    const std::vector<std::int32_t> ids = m.tokenize("the ship", LLM_TOK_SPECIAL);
    CHECK(ctx.score(ids)[0].tokens == ids.size() - 1);
    CHECK(code_of([&] { ctx.score(std::vector<std::int32_t>{-5, 1}); }) == LLM_E_INVALID);

    const auto vectors = ctx.embed(m, {"the ship", "the captain", "the ship"});
    CHECK(vectors.size() == 3 && vectors[0].size() == m.n_embd() && vectors[0] == vectors[2] &&
          vectors[0] != vectors[1]);
    sextant::embed_opts each;
    each.pooling = LLM_POOL_NONE;
    CHECK(ctx.embed(m, {"the ship"}, &each)[0].size() == m.n_embd() * ids.size());
    CHECK(code_of([&] { ctx.rerank("q", {"a", "b"}); }) == LLM_E_UNSUPPORTED); // it has no such head

    sextant::gen_opts gen;
    gen.max_tokens = 3;
    gen.logprobs = 2;
    sextant::reply reply = ctx.generate("the captain", nullptr, &gen);
    reply.read();
    CHECK(reply.logprob(0) < 0 && reply.top(0, 0).logprob >= reply.top(0, 1).logprob);
    CHECK(reply.top(0, 0).id == reply.token(0)); // greedy
    CHECK(reply.prompt_ms() >= 0 && reply.output_ms() >= 0);

    const char half[34] = {0, 0x3c}; // q8_0: a block of 32 of scale 1
    CHECK(sextant::dequantize("q8_0", std::string_view(half, sizeof half), 32) == std::vector<float>(32, 0.0f));
    CHECK(code_of([&] { sextant::quantize(path, folder + "/cpp.gguf", "q9_9"); }) < 0);
    CHECK(code_of([&] { sextant::quantize(path, folder + "/cpp.gguf", "f16", "no/such/imatrix"); }) == LLM_E_NOT_FOUND);
}

void judges()
{
    struct mine {
    };
    sextant::corpus corpus;
    corpus.ingest("a.md", "# A\n\n## Boats\n\nThe boat is red.\n\n## Cats\n\nThe boat of the cat is blue.\n");
    sextant::context ctx({nullptr, &corpus, nullptr});
    sextant::retrieve_opts opts;
    opts.judge_weight = 1;
    std::uint32_t asked = 0;
    const sextant::evidence found = ctx.retrieve("What colour is the boat?", opts, [&](sextant::judge_batch &batch) {
        for (std::uint32_t i = 0; i < batch.size(); i++, asked++)
            batch.set(i, batch[i].text.find("cat") != std::string_view::npos ? 1.0 : 0.0);
    });
    CHECK(asked > 0 && found.size() > 0 && found[0].text.find("blue") != std::string_view::npos);
    bool judged = false;
    for (const sextant::step &step : found.trace()) judged = judged || step.judged > 0.5;
    CHECK(judged && found[0].page == 0);
    bool came_back = false;
    try {
        ctx.retrieve("boat", opts, [](sextant::judge_batch &) { throw mine(); });
    } catch (const mine &) {
        came_back = true;
    }
    CHECK(came_back);
    CHECK(ctx.retrieve("boat").size() > 0); // the context is sound after it
}

#if __cplusplus >= 202002L
static_assert(std::ranges::input_range<sextant::reply>);
static_assert(std::ranges::input_range<sextant::hits_view> && std::ranges::sized_range<sextant::hits_view>);
static_assert(std::ranges::input_range<sextant::scores> && std::ranges::input_range<sextant::tree>);
#endif

#ifdef HAS_VIEWS
void ranges()
{
    sextant::corpus corpus;
    corpus.ingest("a.md", "# A\n\nOne boat.\n\nTwo boats.\n\nThree boats.\n");
    std::size_t n = 0;
    const sextant::tree tree = corpus.tree("a.md");
    for (const sextant::node &node : tree | std::views::filter([](const sextant::node &at) {
                                         return at.kind == LLM_NODE_PARAGRAPH;
                                     }) | std::views::take(2))
        n += node.end > node.start;
    CHECK(n == 2);
}
#endif

} // namespace

int main(int argc, char **argv)
{
    if (argc != 3) return 2;
    const std::string path = argv[1], folder = argv[2];
    const sextant::model model(path);
    sextant::context ctx({&model, nullptr, nullptr});
    models(path, write(ctx, "the captain", 12));
    states(model, folder);
    numbers(model, path, folder);
    judges();
#ifdef HAS_VIEWS
    ranges();
#endif
    std::cout << failures << " failures\n";
    return failures != 0;
}
