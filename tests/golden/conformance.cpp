// conformance CALLS.jsonl MODEL.gguf, through sextant.hpp: the same program as conformance.c in C++. A call that the C++
// face leaves to the C header gives {"absent":...}, which conformance_check counts and tells.
#include <sextant.hpp>

#include <jansson.h>

#include <cstdio>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>

namespace
{

using args = const json_t *;

const char *str(args call, const char *key, const char *otherwise)
{
    const char *s = json_string_value(json_object_get(call, key));
    return s ? s : otherwise;
}

std::uint32_t num(args call, const char *key)
{
    return static_cast<std::uint32_t>(json_integer_value(json_object_get(call, key)));
}

float real_of(args call, const char *key)
{
    return static_cast<float>(json_number_value(json_object_get(call, key)));
}

std::string text_of(args call) // "text", or the bytes of "hex"
{
    const json_t *t = json_object_get(call, "text");
    const std::string hex = str(call, "hex", "");
    if (hex.empty()) return t ? std::string(json_string_value(t), json_string_length(t)) : std::string();
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        bytes.push_back(static_cast<char>(std::stoul(hex.substr(i, 2), nullptr, 16)));
    return bytes;
}

sextant::string_list list_of(args array)
{
    sextant::string_list list;
    for (std::size_t i = 0; i < json_array_size(array); i++) list.add(json_string_value(json_array_get(array, i)));
    return list;
}

json_t *js(std::string_view s)
{
    return json_stringn(s.data(), s.size());
}
json_t *js(std::uint64_t n)
{
    return json_integer(static_cast<json_int_t>(n));
}
json_t *js(std::int64_t n)
{
    return json_integer(n);
}
json_t *js(std::uint32_t n)
{
    return json_integer(n);
}
json_t *js(double v)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.6f", v);
    return json_string(text);
}
json_t *ok()
{
    return json_pack("{s:s}", "status", "LLM_OK");
}

class world
{
  public:
    explicit world(const char *path)
        : model(path), vault(nullptr, "0123456789abcdef0123456789abcdef"), ctx({nullptr, &corpus, nullptr}),
          writer({&model, nullptr, nullptr}), guarded({nullptr, nullptr, nullptr})
    {
    }
    json_t *run(args call)
    {
        static const std::map<std::string, json_t *(world::*)(args)> calls = {
            {"ingest", &world::ingest}, {"remove", &world::remove},       {"open", &world::open},
            {"docs", &world::docs},     {"tree", &world::tree},           {"retrieve", &world::retrieve},
            {"ask", &world::ask},       {"generate", &world::generate},   {"tokenize", &world::tokenize},
            {"chat", &world::chat},     {"load", &world::load},           {"policy", &world::policy},
            {"guard", &world::check},   {"guard_stream", &world::stream}, {"restore", &world::restore},
            {"types", &world::types},
        };
        const auto found = calls.find(str(call, "call", ""));
        if (found == calls.end()) return json_pack("{s:s}", "absent", str(call, "call", ""));
        try {
            return (this->*found->second)(call);
        } catch (const sextant::error &problem) {
            return json_pack("{s:s}", "error", problem.name());
        }
    }

  private:
    json_t *ingest(args call)
    {
        const std::string format = str(call, "format", "");
        sextant::ingest_opts opts;
        if (format == "markdown") opts.format = LLM_FORMAT_MARKDOWN;
        if (format == "text") opts.format = LLM_FORMAT_TEXT;
        corpus.ingest(str(call, "name", ""), text_of(call), &opts);
        return ok();
    }
    json_t *remove(args call)
    {
        corpus.remove(str(call, "name", ""));
        return ok();
    }
    json_t *open(args call)
    {
        sextant::corpus_opts opts;
        opts.flags = json_is_true(json_object_get(call, "readonly")) ? LLM_CORPUS_READONLY : 0;
        sextant::corpus(str(call, "path", nullptr), &opts);
        return ok();
    }
    json_t *docs(args)
    {
        json_t *list = json_array();
        for (const sextant::doc &d : corpus.docs())
            json_array_append_new(list, json_pack("{s:o,s:o,s:o,s:o}", "name", js(d.name), "bytes", js(d.bytes),
                                                  "nodes", js(d.nodes), "hash", js(d.hash)));
        return json_pack("{s:o}", "docs", list);
    }
    json_t *tree(args call)
    {
        const sextant::tree t = corpus.tree(str(call, "name", ""));
        json_t *list = json_array();
        for (const sextant::node &n : t)
            json_array_append_new(list, json_pack("[o,o,o,o,o,o,o]", js(n.id), js(n.parent), js(n.kind), js(n.depth),
                                                  js(n.title), js(n.start), js(n.end)));
        return json_pack("{s:o,s:o,s:o}", "nodes", list, "found", js(t.find(str(call, "find", "0"))), "text",
                         js(t.text()));
    }
    sextant::evidence find(args call)
    {
        sextant::retrieve_opts opts;
        opts.top = num(call, "top");
        opts.doc = str(call, "doc", nullptr);
        return ctx.retrieve(str(call, "question", ""), &opts);
    }
    json_t *retrieve(args call)
    {
        const sextant::evidence found = find(call);
        json_t *hits = json_array(), *trace = json_array();
        for (const sextant::hit &h : found)
            json_array_append_new(hits, json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "doc", js(h.doc), "node", js(h.node),
                                                  "path", js(h.path), "text", js(h.text), "start", js(h.start), "end",
                                                  js(h.end), "score", js(h.score)));
        for (const sextant::step &s : found.trace())
            json_array_append_new(trace, json_pack("[o,o,o,o,o,o]", js(s.doc), js(s.node), js(s.depth), js(s.action),
                                                   js(s.score), js(s.reason)));
        return json_pack("{s:o,s:b,s:o,s:o}", "confidence", js(found.confidence()), "confident",
                         found.confidence() >= 0.5, "hits", hits, "trace", trace);
    }
    static json_t *reply_json(sextant::reply reply)
    {
        std::string joined;
        for (std::string_view piece : reply) joined.append(piece);
        json_t *citations = json_array(), *tokens = json_array();
        for (const sextant::citation &c : reply.citations())
            json_array_append_new(citations, json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "node", js(c.node), "doc",
                                                       js(c.doc), "path", js(c.path), "text", js(c.text), "start",
                                                       js(c.start), "end", js(c.end), "support", js(c.support)));
        for (std::uint32_t i = 0; i < reply.output_tokens(); i++)
            json_array_append_new(tokens, json_integer(reply.token(i)));
        const auto output = reply.verdict(LLM_DIR_OUTPUT);
        return json_pack("{s:o,s:b,s:o,s:o,s:o,s:o,s:o}", "text", js(joined), "whole", joined == reply.text(), "finish",
                         js(reply.finish()), "prompt_tokens", js(reply.prompt_tokens()), "tokens", tokens, "citations",
                         citations, "output_verdict", js(output ? output->action() : 0));
    }
    json_t *ask(args call)
    {
        const sextant::evidence found = find(call);
        return reply_json(ctx.generate(str(call, "question", ""), &found));
    }
    json_t *generate(args call)
    {
        const sextant::string_list stops = list_of(json_object_get(call, "stop"));
        sextant::gen_opts opts;
        opts.max_tokens = num(call, "max_tokens");
        opts.top_k = num(call, "top_k");
        opts.seed = num(call, "seed");
        opts.temperature = real_of(call, "temperature");
        opts.stop = stops.get();
        sextant::context &on = json_is_true(json_object_get(call, "no_model")) ? ctx : writer;
        return reply_json(on.generate(str(call, "prompt", ""), nullptr, &opts));
    }
    json_t *tokenize(args call)
    {
        const auto ids = model.tokenize(str(call, "text", ""), num(call, "flags"));
        json_t *list = json_array();
        for (std::int32_t id : ids) json_array_append_new(list, json_integer(id));
        return json_pack("{s:o,s:o}", "tokens", list, "back", js(model.detokenize(ids)));
    }
    json_t *chat(args call)
    {
        const std::unique_ptr<char, sextant::detail::deleter<free>> vars(
            json_dumps(json_object_get(call, "vars"), JSON_COMPACT));
        const char *source = str(call, "source", nullptr);
        return json_pack("{s:o}", "text",
                         js(source ? model.chat_template(vars.get(), source) : model.chat_template(vars.get())));
    }
    json_t *load(args call)
    {
        sextant::model(str(call, "path", ""));
        return ok();
    }
    json_t *policy(args call)
    {
        sextant::guard_opts opts;
        opts.default_action = num(call, "default");
        const std::string json = str(call, "json", "");
        if (!json.empty()) opts.policy = json.data();
        opts.policy_len = json.size();
        sextant::guard guard(&opts);
        if (json_is_true(json_object_get(call, "vault"))) guard.set_vault(vault);
        const char *type;
        json_t *value, *actions = json_object_get(call, "actions");
        json_object_foreach(actions, type, value)
            guard.set_action(type, static_cast<std::uint32_t>(json_integer_value(value)));
        args words = json_object_get(call, "words");
        for (std::size_t i = 0; i < json_array_size(words); i++)
            guard.add_word(json_string_value(json_array_get(words, i)));
        guarded = sextant::context({nullptr, nullptr, &guard});
        return ok();
    }
    static json_t *verdict_json(const sextant::verdict_view &verdict, std::string_view text)
    {
        json_t *findings = json_array();
        for (const sextant::finding &f : verdict)
            json_array_append_new(findings, json_pack("{s:o,s:o,s:o,s:o,s:o,s:o}", "type", js(f.type), "start",
                                                      js(f.start), "end", js(f.end), "rule", js(f.rule), "action",
                                                      js(f.action), "score", js(f.score)));
        return json_pack("{s:o,s:o,s:o}", "decision", js(verdict.action()), "text", js(text), "findings", findings);
    }
    json_t *check(args call)
    {
        const sextant::string_list types = list_of(json_object_get(call, "types"));
        const sextant::check_opts opts = check_opts(call, types);
        const sextant::verdict verdict = guarded.check(str(call, "text", ""), &opts);
        return verdict_json(verdict, verdict.text());
    }
    json_t *stream(args call)
    {
        const sextant::string_list types = list_of(json_object_get(call, "types"));
        const sextant::check_opts opts = check_opts(call, types);
        const std::string text = str(call, "text", "");
        sextant::guard_stream stream = guarded.open_guard(&opts);
        std::string out;
        for (std::size_t at = 0, cut = num(call, "cut"); at < text.size(); at += cut)
            out += stream.feed(std::string_view(text).substr(at, cut));
        out += stream.finish();
        return verdict_json(stream.verdict(), out);
    }
    static sextant::check_opts check_opts(args call, const sextant::string_list &types)
    {
        sextant::check_opts opts;
        opts.direction = num(call, "direction");
        opts.types = types.get();
        opts.min_score = real_of(call, "min_score");
        return opts;
    }
    json_t *restore(args call)
    {
        return json_pack("{s:o}", "text", js(vault.restore(str(call, "text", ""))));
    }
    json_t *types(args)
    {
        json_t *list = json_array();
        for (std::string_view type : sextant::guard_types()) json_array_append_new(list, js(type));
        return json_pack("{s:o}", "types", list);
    }

    sextant::model model;
    sextant::corpus corpus;
    sextant::vault vault;
    sextant::context ctx;     // corpus and default policy, no model
    sextant::context writer;  // the model alone
    sextant::context guarded; // the policy of the last "policy" call
};

} // namespace

int main(int argc, char **argv)
{
    std::ifstream file(argc == 3 ? argv[1] : "");
    if (!file) {
        std::cerr << "usage: conformance CALLS.jsonl MODEL.gguf\n";
        return 2;
    }
    world w(argv[2]);
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line[0] != '{') continue;
        json_t *call = json_loads(line.c_str(), 0, nullptr), *result = w.run(call);
        json_dumpf(result, stdout, JSON_COMPACT | JSON_SORT_KEYS);
        std::putchar('\n');
        json_decref(result);
        json_decref(call);
    }
    return 0;
}
