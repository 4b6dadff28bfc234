"""conformance.py CALLS.jsonl MODEL.gguf: the Python form of tests/golden/conformance.c."""

import json
import math
import os
import sys

import sextant
from sextant import Action, Format


NAMES = {code: name for name, code in vars(sextant._raw).items() if name.startswith("LLM_E_")}


def real(value):
    return f"{value:.6f}"


def verdict_json(verdict, text):
    return {
        "decision": int(verdict.decision),
        "text": text,
        "findings": [
            {"type": f.type, "start": f.start, "end": f.end, "rule": f.rule, "action": int(f.action),
             "score": real(f.score)}
            for f in verdict.findings
        ],
    }


class World:
    def __init__(self, model):
        self.path = model
        self.model = sextant.Model(model)
        self.corpus = sextant.Corpus()
        self.vault = sextant.Vault(key=b"0123456789abcdef0123456789abcdef")
        self.ctx = sextant.Context(corpus=self.corpus)
        self.writer = sextant.Context(self.model)
        self.guarded = sextant.Context()

    def close(self):
        for handle in (self.guarded, self.writer, self.ctx, self.vault, self.corpus, self.model):
            handle.close()

    def ingest(self, call):
        text = bytes.fromhex(call["hex"]) if "hex" in call else call["text"]
        format = {"markdown": Format.MARKDOWN, "text": Format.TEXT}.get(call.get("format"), Format.BY_NAME)
        self.corpus.ingest(call["name"], text, format=format)

    def remove(self, call):
        self.corpus.remove(call["name"])

    def open(self, call):
        sextant.Corpus(call["path"], readonly=call.get("readonly", False)).close()

    def docs(self, call):
        return {"docs": self._docs(self.corpus)}

    def _docs(self, corpus):
        return [{"name": d.name, "bytes": d.bytes, "nodes": d.nodes, "hash": d.hash, "about": list(d.about)}
                for d in corpus.docs()]

    def tree(self, call):
        with self.corpus.tree(call["name"]) as tree:
            found = tree.find(call.get("find", "0"))
            return {
                "nodes": [[n.id, n.parent, int(n.kind), n.depth, n.title, n.start, n.end] for n in tree],
                "found": -1 if found is None else found,
                "text": tree.text,
            }

    def _retrieve(self, call):
        return self.ctx.retrieve(call["question"], top=call.get("top", 0), doc=call.get("doc"),
                                 filter=call.get("filter", ""))

    def retrieve(self, call):
        with self._retrieve(call) as found:
            return self._evidence(found)

    def judge(self, call):
        def scripted(batch):
            return [next((score for part, score in call["scores"].items() if part in c.text), None)
                    for c in batch.candidates]

        with self.ctx.retrieve(call["question"], judge=scripted, judge_weight=call.get("weight", 0.0)) as found:
            return {**self._evidence(found), "judged": [[real(s.lexical), real(s.judged)] for s in found.trace()]}

    def _evidence(self, found):
        return {
            "confidence": real(found.confidence),
            "confident": found.confidence >= 0.5,
            "hits": [
                {"doc": h.doc, "node": h.node, "path": h.path, "text": h.text, "start": h.start, "end": h.end,
                 "score": real(h.score)}
                for h in found
            ],
            "trace": [[s.doc, s.node, s.depth, int(s.action), real(s.score), s.reason] for s in found.trace()],
        }

    def _reply(self, reply):
        with reply:
            joined = "".join(reply)
            output = reply.verdict()
            return {
                "text": joined,
                "whole": joined == reply.text,
                "finish": int(reply.finish),
                "prompt_tokens": reply.usage.prompt_tokens,
                "tokens": reply.tokens,
                "citations": [
                    {"node": c.node, "doc": c.doc, "path": c.path, "text": c.text, "start": c.start, "end": c.end,
                     "support": real(c.support)}
                    for c in reply.citations
                ],
                "output_verdict": int(output.decision) if output else 0,
            }

    def ask(self, call):
        with self._retrieve(call) as found:
            reply = self.ctx.generate(call["question"], found)
        return self._reply(reply)

    def generate(self, call):
        ctx = self.ctx if call.get("no_model") else self.writer
        return self._reply(ctx.generate(
            call["prompt"], max_tokens=call.get("max_tokens", 0), top_k=call.get("top_k", 0), seed=call.get("seed", 0),
            temperature=call.get("temperature", 0.0), stop=call.get("stop", [])))

    def tokenize(self, call):
        ids = self.model.tokenize(call["text"], special=bool(call["flags"] & 1), parse=bool(call["flags"] & 2))
        return {"tokens": ids, "back": self.model.detokenize(ids)}

    def chat(self, call):
        fields = dict(call["vars"])
        return {"text": self.model.chat(fields.pop("messages", []), source=call.get("source", ""), **fields)}

    @staticmethod
    def _scores(scores):
        return {"scores": [{"sum": real(s.sum), "tokens": list(s.tokens), "likeliest": [at[0][0] for at in s.top]}
                           for s in scores]}

    def score(self, call):
        return self._scores(self.writer.score(call["texts"], call["prompt"], given=call.get("given", ()),
                                              top=call.get("top", 0)))

    def score_tokens(self, call):
        return self._scores([self.writer.score_tokens(call["tokens"], call.get("from", 0))])

    def _other(self, call):
        return sextant.Model(os.path.join(os.path.dirname(self.path), call["model"]) if "model" in call else self.path)

    def embed(self, call):
        with self._other(call) as model, sextant.Context(model) as ctx:
            rows = ctx.embed(call["texts"], pooling=call.get("pooling", 0), normalise=call.get("normalise", False)).tolist()
        return {"width": len(rows[0]),
                "vectors": [[real(x) for x in row[:4]] + [real(math.sqrt(sum(x * x for x in row)))] for row in rows]}

    def rerank(self, call):
        with self._other(call) as model, sextant.Context(model) as ctx:
            return {"scores": [real(s) for s in ctx.rerank(call["query"], call["documents"])]}

    def chat_parse(self, call):
        made = self.model.parse_chat(call["answer"], prompt=call.get("prompt", ""), source=call.get("source", ""),
                                     partial=call.get("partial", False))
        calls = [[c["function"]["name"], c["function"]["arguments"]] for c in made.get("tool_calls", [])]
        return {"content": made["content"], "reasoning": made.get("reasoning", ""), "calls": calls,
                "malformed": made.get("malformed", False)}

    def constrain(self, call):
        given = {key: call[key] for key in ("max_tokens", "seed", "temperature", "logprobs", "grammar", "schema") if key in call}
        firm = sextant.Sampling(repeat_penalty=call.get("repeat_penalty", 0.0))
        with self.writer.generate(call["prompt"], sampling=firm, **given) as reply:
            return {"text": reply.read(), "finish": int(reply.finish),
                    "logprobs": [[real(t.logprob), t.top[0][0], real(t.top[0][1])] for t in reply.logprobs]}

    def state(self, call):
        def go_on(ctx):
            with ctx.generate(call["prompt"], max_tokens=6) as reply:
                return reply.read()

        path = self.path + ".state-python"
        with sextant.Context(self.model) as ctx, sextant.Context(self.model) as other:
            first = go_on(ctx)
            ctx.save(path)
            other.restore(path)
            os.remove(path)
            used, size = other.used, len(ctx.export_state())
            with ctx.fork() as child:
                restored, forked = go_on(other) == first, go_on(child) == first
            ctx.drop(call["begin"], call["end"])
            return {"text": first, "restored": restored, "forked": forked, "used": used, "bytes": size, "left": ctx.used}

    def load(self, call):
        sextant.Model(call["path"]).close()

    def policy(self, call):
        vault = self.vault if call.get("vault") else None
        with sextant.Guard(default_action=call.get("default", Action.DEFAULT), vault=vault,
                           actions=call.get("actions"), words=call.get("words", ()), policy=call.get("json")) as guard:
            made = sextant.Context(guard=guard)
        self.guarded.close()
        self.guarded = made

    def _check_args(self, call):
        return {"direction": call.get("direction", 0), "types": call.get("types", ()), "min_score": call.get("min_score", 0.0)}

    def guard(self, call):
        verdict = self.guarded.check(call["text"], **self._check_args(call))
        return verdict_json(verdict, verdict.text)

    def guard_stream(self, call):
        data, cut = call["text"].encode(), call["cut"]
        with self.guarded.guard_stream(**self._check_args(call)) as stream:
            out = "".join(stream.feed(data[at:at + cut]) for at in range(0, len(data), cut)) + stream.finish()
            return verdict_json(stream.verdict, out)

    def restore(self, call):
        return {"text": self.vault.restore(call["text"], call.get("match", 0))}

    def types(self, call):
        return {"types": sextant.guard_types()}

    def edit(self, call):
        self.corpus.edit(call["name"], call["begin"], call["end"], call["text"], hash=call.get("hash", ""))
        with self.corpus.tree(call["name"]) as tree:
            return {"text": tree.text}

    def describe(self, call):
        meta = dict(pair.split("=", 1) for pair in call["meta"]) if "meta" in call else None
        self.corpus.describe(call["name"], node=call.get("node"), folder=call.get("folder"), labels=call.get("labels"),
                             meta=meta)

    def view(self, call):
        with self.corpus.view(call["labels"]) as view, sextant.Context(corpus=view) as ctx:
            with ctx.retrieve(call["question"]) as found:
                seen = {**self._evidence(found), "docs": self._docs(view)}
            try:
                with view.tree(call["name"]) as tree:
                    seen["text"] = tree.text
            except sextant.SextantError as problem:
                seen["text"] = {"error": NAMES[problem.code]}
            try:
                view.remove(call["name"])
            except sextant.SextantError as problem:
                seen["write"] = NAMES[problem.code]
            return seen

    def pageindex(self, call):
        with self.corpus.tree(call["name"]) as tree:
            return {"json": tree.pageindex()}

    def erase(self, call):
        return {"erased": self.vault.erase(call["value"], call.get("type"))}

    def audit(self, call):
        path = self.path + ".audit-python"
        if os.path.exists(path):
            os.remove(path)
        with sextant.Audit(path, key=b"0123456789abcdef0123456789abcdef") as audit, sextant.Guard(audit=audit) as guard:
            with sextant.Context(guard=guard) as ctx:
                ctx.set_tag(call["tag"])
                for text in call["texts"]:
                    ctx.check(text)
            head = audit.head()
        if call.get("spoil"):
            with open(path, "r+b") as file:
                tag = call["tag"].encode()
                file.seek(file.read().index(tag))
                file.write(bytes([tag[0] ^ 1]))
        report = sextant.verify_audit(path, head)
        os.remove(path)
        verdicts = [{key: value for key, value in record.items() if key not in ("time", "hash")}
                    for record in report.records if record["kind"] == "verdict"]
        return {"verdicts": verdicts, "verified": report.summary["verified"], "closed": report.summary["closed"]}


def main():
    sys.stdout.reconfigure(encoding="utf-8")
    world = World(sys.argv[2])
    with open(sys.argv[1], encoding="utf-8") as file:
        for line in file:
            if not line.startswith("{"):
                continue
            call = json.loads(line)
            try:
                result = getattr(world, call["call"])(call) or {"status": "LLM_OK"}
            except sextant.SextantError as problem:
                result = {"error": NAMES[problem.code]}
            print(json.dumps(result, ensure_ascii=False))
    world.close()


main()
