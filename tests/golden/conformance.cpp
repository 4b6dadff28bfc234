// conformance CALLS.jsonl MODEL.gguf, through sextant.hpp: the same program as conformance.c in C++. A call that the C++
// face leaves to the C header gives {"absent":...}, which conformance_check counts and tells.
#include <sextant.hpp>

#include <jansson.h>

#include <cmath>
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
    explicit world(const char *file)
        : path(file), model(file), vault(nullptr, "0123456789abcdef0123456789abcdef"), ctx({nullptr, &corpus, nullptr}),
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
            {"types", &world::types},   {"judge", &world::judge},         {"score", &world::score},
            {"embed", &world::embed},   {"rerank", &world::rerank},       {"score_tokens", &world::score_tokens},
            {"state", &world::state},   {"constrain", &world::constrain}, {"chat_parse", &world::chat_parse},
            {"edit", &world::edit},     {"describe", &world::describe},   {"pageindex", &world::pageindex},
            {"view", &world::view},     {"erase", &world::erase},         {"audit", &world::audit},
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
        return json_pack("{s:o}", "docs", docs_json(corpus));
    }
    static json_t *docs_json(const sextant::corpus &corpus)
    {
        json_t *list = json_array();
        const sextant::docs docs = corpus.docs();
        for (std::uint32_t i = 0; i < docs.size(); i++) {
            json_t *about = json_array();
            for (std::string_view said : docs.about(i)) json_array_append_new(about, js(said));
            const sextant::doc d = docs[i];
            json_array_append_new(list, json_pack("{s:o,s:o,s:o,s:o,s:o}", "name", js(d.name), "bytes", js(d.bytes),
                                                  "nodes", js(d.nodes), "hash", js(d.hash), "about", about));
        }
        return list;
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
        opts.filter = str(call, "filter", nullptr);
        return ctx.retrieve(str(call, "question", ""), &opts);
    }
    json_t *retrieve(args call)
    {
        return evidence_json(find(call));
    }
    static json_t *evidence_json(const sextant::evidence &found)
    {
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
        return json_pack("{s:o}", "text", js(vault.restore(str(call, "text", ""), num(call, "match"))));
    }
    json_t *types(args)
    {
        json_t *list = json_array();
        for (std::string_view type : sextant::guard_types()) json_array_append_new(list, js(type));
        return json_pack("{s:o}", "types", list);
    }

    // ---- since 0.2 ----

    static std::vector<std::string_view> texts_of(args call, const char *key)
    {
        std::vector<std::string_view> texts;
        const json_t *array = json_object_get(call, key);
        for (std::size_t i = 0; i < json_array_size(array); i++)
            texts.emplace_back(json_string_value(json_array_get(array, i)),
                               json_string_length(json_array_get(array, i)));
        return texts;
    }
    // "model": a file beside the program's own model
    std::optional<sextant::model> other_model(args call) const
    {
        const char *name = str(call, "model", nullptr);
        if (!name) return std::nullopt;
        return sextant::model(path.substr(0, path.rfind('/') + 1) + name);
    }
    json_t *judge(args call)
    {
        sextant::retrieve_opts opts;
        opts.judge_weight = real_of(call, "weight");
        json_t *scores = json_object_get(call, "scores");
        const sextant::evidence found = ctx.retrieve(str(call, "question", ""), opts, [&](sextant::judge_batch &batch) {
            for (std::uint32_t i = 0; i < batch.size(); i++) {
                const char *part;
                json_t *score;
                json_object_foreach(scores, part, score) if (batch[i].text.find(part) != std::string_view::npos)
                {
                    batch.set(i, json_number_value(score));
                    break;
                }
            }
        });
        json_t *result = evidence_json(found), *judged = json_array();
        for (const sextant::step &s : found.trace())
            json_array_append_new(judged, json_pack("[o,o]", js(s.lexical), js(s.judged)));
        json_object_set_new(result, "judged", judged);
        return result;
    }
    static json_t *scores_json(const sextant::scores &scores, std::uint32_t top)
    {
        json_t *list = json_array();
        for (std::uint32_t i = 0; i < scores.size(); i++) {
            json_t *tokens = json_array(), *likeliest = json_array();
            for (std::uint32_t t = 0; t < scores[i].tokens; t++) {
                json_array_append_new(tokens, json_integer(scores.at(i, t).id));
                if (top) json_array_append_new(likeliest, json_integer(scores.top(i, t, 0).id));
            }
            json_array_append_new(
                list, json_pack("{s:o,s:o,s:o}", "sum", js(scores[i].sum), "tokens", tokens, "likeliest", likeliest));
        }
        return json_pack("{s:o}", "scores", list);
    }
    json_t *score(args call)
    {
        const std::vector<std::string_view> texts = texts_of(call, "texts");
        std::vector<std::uint64_t> given(texts.size());
        const json_t *array = json_object_get(call, "given");
        for (std::size_t i = 0; i < json_array_size(array) && i < given.size(); i++)
            given[i] = static_cast<std::uint64_t>(json_integer_value(json_array_get(array, i)));
        sextant::score_opts opts;
        opts.top = num(call, "top");
        opts.given = given.data();
        return scores_json(writer.score(str(call, "prompt", ""), texts, &opts), opts.top);
    }
    json_t *score_tokens(args call)
    {
        std::vector<std::int32_t> ids;
        const json_t *array = json_object_get(call, "tokens");
        for (std::size_t i = 0; i < json_array_size(array); i++)
            ids.push_back(static_cast<std::int32_t>(json_integer_value(json_array_get(array, i))));
        return scores_json(writer.score(ids, num(call, "from")), 0);
    }
    json_t *embed(args call)
    {
        const std::optional<sextant::model> other = other_model(call);
        const sextant::model &on = other ? *other : model;
        sextant::context fresh({&on, nullptr, nullptr});
        sextant::embed_opts opts;
        opts.pooling = num(call, "pooling");
        opts.flags = json_is_true(json_object_get(call, "normalise")) ? LLM_EMBED_NORMALISE : 0;
        json_t *vectors = json_array();
        for (const std::vector<float> &vector : fresh.embed(on, texts_of(call, "texts"), &opts)) {
            double sum = 0;
            json_t *row = json_array();
            for (std::size_t k = 0; k < vector.size(); k++) {
                sum += static_cast<double>(vector[k]) * static_cast<double>(vector[k]);
                if (k < 4) json_array_append_new(row, js(static_cast<double>(vector[k])));
            }
            json_array_append_new(row, js(std::sqrt(sum)));
            json_array_append_new(vectors, row);
        }
        return json_pack("{s:o,s:o}", "width", js(on.n_embd()), "vectors", vectors);
    }
    json_t *rerank(args call)
    {
        const std::optional<sextant::model> other = other_model(call);
        sextant::context fresh({other ? &*other : &model, nullptr, nullptr});
        json_t *scores = json_array();
        try {
            for (float s : fresh.rerank(str(call, "query", ""), texts_of(call, "documents")))
                json_array_append_new(scores, js(static_cast<double>(s)));
        } catch (...) {
            json_decref(scores);
            throw;
        }
        return json_pack("{s:o}", "scores", scores);
    }
    json_t *chat_parse(args call)
    {
        const char *source = str(call, "source", "");
        const std::string text = model.chat_parse(str(call, "answer", ""), str(call, "prompt", ""),
                                                  json_is_true(json_object_get(call, "partial")) ? LLM_CHAT_PARTIAL : 0,
                                                  source[0] ? std::optional<std::string_view>(source) : std::nullopt);
        json_t *parsed = json_loadb(text.data(), text.size(), 0, nullptr), *calls = json_array();
        const json_t *made = json_object_get(parsed, "tool_calls");
        for (std::size_t i = 0; i < json_array_size(made); i++) {
            const json_t *function = json_object_get(json_array_get(made, i), "function");
            json_array_append_new(calls, json_pack("[s,s]", str(function, "name", ""), str(function, "arguments", "")));
        }
        json_t *result = json_pack("{s:s,s:s,s:o,s:b}", "content", str(parsed, "content", ""), "reasoning",
                                   str(parsed, "reasoning", ""), "calls", calls, "malformed",
                                   json_is_true(json_object_get(parsed, "malformed")));
        json_decref(parsed);
        return result;
    }
    json_t *constrain(args call)
    {
        const json_t *schema = json_object_get(call, "schema");
        const std::unique_ptr<char, sextant::detail::deleter<free>> text(schema ? json_dumps(schema, JSON_COMPACT)
                                                                                : nullptr);
        sextant::gen_opts opts;
        opts.max_tokens = num(call, "max_tokens");
        opts.seed = num(call, "seed");
        opts.temperature = real_of(call, "temperature");
        opts.repeat_penalty = real_of(call, "repeat_penalty");
        opts.logprobs = num(call, "logprobs");
        opts.grammar = str(call, "grammar", nullptr);
        opts.schema = text.get();
        sextant::reply reply = writer.generate(str(call, "prompt", ""), nullptr, &opts);
        reply.read();
        json_t *logprobs = json_array();
        for (std::uint32_t i = 0; opts.logprobs && i < reply.output_tokens(); i++)
            json_array_append_new(
                logprobs, json_pack("[o,i,o]", js(reply.logprob(i)), reply.top(i, 0).id, js(reply.top(i, 0).logprob)));
        return json_pack("{s:o,s:o,s:o}", "text", js(reply.text()), "finish", js(reply.finish()), "logprobs", logprobs);
    }
    static std::string go_on(sextant::context &on, std::string_view prompt)
    {
        sextant::gen_opts opts;
        opts.max_tokens = 6;
        return on.generate(prompt, nullptr, &opts).read();
    }
    json_t *state(args call)
    {
        const std::string prompt = str(call, "prompt", ""), file = path + ".state-cpp";
        sextant::context first({&model, nullptr, nullptr}), second({&model, nullptr, nullptr});
        const std::string text = go_on(first, prompt);
        first.save(file);
        second.restore(file);
        std::remove(file.c_str());
        sextant::context child = first.fork();
        const std::uint64_t used = second.used(), bytes = first.export_state().size();
        const bool restored = go_on(second, prompt) == text, forked = go_on(child, prompt) == text;
        first.drop(num(call, "begin"), num(call, "end"));
        return json_pack("{s:o,s:b,s:b,s:o,s:o,s:o}", "text", js(text), "restored", restored, "forked", forked, "used",
                         js(used), "bytes", js(bytes), "left", js(static_cast<std::uint64_t>(first.used())));
    }

    // ---- since 0.3 ----

    json_t *edit(args call)
    {
        const std::string name = str(call, "name", "");
        corpus.edit(name, num(call, "begin"), num(call, "end"), str(call, "text", ""), str(call, "hash", nullptr));
        return json_pack("{s:o}", "text", js(corpus.tree(name).text()));
    }
    json_t *describe(args call)
    {
        const sextant::string_list labels = list_of(json_object_get(call, "labels"));
        const sextant::string_list meta = list_of(json_object_get(call, "meta"));
        sextant::ingest_opts opts;
        opts.folder = str(call, "folder", nullptr);
        if (json_object_get(call, "labels")) opts.labels = labels.get() ? labels.get() : "";
        if (json_object_get(call, "meta")) opts.meta = meta.get() ? meta.get() : "";
        corpus.describe(str(call, "name", ""), opts, str(call, "node", nullptr));
        return ok();
    }
    static json_t *or_error(const std::function<json_t *()> &get)
    {
        try {
            return get();
        } catch (const sextant::error &problem) {
            return json_pack("{s:s}", "error", problem.name());
        }
    }
    json_t *view(args call)
    {
        const std::string name = str(call, "name", "");
        sextant::corpus seen = corpus.view(list_of(json_object_get(call, "labels")));
        sextant::context on({nullptr, &seen, nullptr});
        json_t *result = evidence_json(on.retrieve(str(call, "question", "")));
        json_object_set_new(result, "docs", docs_json(seen));
        json_object_set_new(result, "text", or_error([&] { return js(seen.tree(name).text()); }));
        json_t *written = or_error([&] { return seen.remove(name), ok(); });
        json_object_set(result, "write", json_object_get(written, "error"));
        json_decref(written);
        return result;
    }
    json_t *pageindex(args call)
    {
        return json_pack("{s:o}", "json", js(corpus.tree(str(call, "name", "")).pageindex()));
    }
    json_t *erase(args call)
    {
        return json_pack("{s:o}", "erased", js(vault.erase(str(call, "value", ""), str(call, "type", ""))));
    }
    std::string write_log(args call, const std::string &file) const
    {
        const sextant::audit log(file.c_str(), "0123456789abcdef0123456789abcdef");
        sextant::guard guard;
        guard.set_audit(log);
        sextant::context on({nullptr, nullptr, &guard});
        on.set_tag(str(call, "tag", nullptr));
        for (std::string_view text : texts_of(call, "texts")) on.check(text);
        return log.head();
    }
    static void spoil(const std::string &file, const std::string &tag)
    {
        std::fstream log(file, std::ios::in | std::ios::out | std::ios::binary);
        const std::string data{std::istreambuf_iterator<char>(log), {}};
        log.seekp(static_cast<std::streamoff>(data.find(tag)));
        log.put(static_cast<char>(tag[0] ^ 1));
    }
    json_t *audit(args call)
    {
        const std::string file = path + ".audit-cpp";
        std::remove(file.c_str());
        const std::string head = write_log(call, file);
        if (json_is_true(json_object_get(call, "spoil"))) spoil(file, str(call, "tag", ""));
        json_t *result = json_object(), *verdicts = json_array();
        const auto take = [&](std::string_view line) {
            json_t *record = json_loadb(line.data(), line.size(), 0, nullptr);
            const std::string kind = str(record, "kind", "");
            json_object_del(record, "time");
            json_object_del(record, "hash");
            if (kind == "verdict") json_array_append(verdicts, record);
            for (const char *key : {"verified", "closed"})
                if (kind == "summary") json_object_set(result, key, json_object_get(record, key));
            json_decref(record);
        };
        try {
            sextant::audit_verify(file, head.c_str(), take);
        } catch (const sextant::error &) { // the summary tells of it
        }
        std::remove(file.c_str());
        json_object_set_new(result, "verdicts", verdicts);
        return result;
    }

    std::string path;
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
