"""The face of the package: the five calls, values, exceptions, streams."""

import array
import asyncio
import json
import logging
import os
import tempfile
import unittest
from pathlib import Path

import sextant

MODEL = os.environ.get("SX_TINY_MODEL", "")
HANDBOOK = """# Staff handbook

## 1. Leave

Employees receive 25 days of paid annual leave per calendar year.

## 2. Contact

Payroll questions go to payroll.desk@meridian-surveys.com at any time.
"""
QUESTION = "How many days of annual leave do employees receive?"


class FiveCalls(unittest.TestCase):
    def test_a_model_may_judge(self):
        with sextant.Corpus() as corpus, sextant.Context(corpus=corpus) as ctx:
            corpus.ingest("handbook.md", HANDBOOK)
            with ctx.retrieve(QUESTION) as evidence:
                self.assertTrue(all(step.judged < 0 <= step.lexical for step in evidence.trace()))
            with self.assertRaises(sextant.SextantError):  # there is no model
                ctx.retrieve(QUESTION, judge=True)
            if MODEL:
                with sextant.Model(MODEL) as model, sextant.Context(model, corpus=corpus) as judged:
                    with judged.retrieve(QUESTION, judge=True, judge_tokens=4000) as evidence:
                        self.assertTrue(any(0 < step.judged < 1 for step in evidence.trace()))
                    with judged.retrieve(QUESTION, judge="letters") as letters:
                        self.assertTrue(any(0 < step.judged < 1 for step in letters.trace()))
                    with self.assertRaises(ValueError):
                        judged.retrieve(QUESTION, judge="guesses")

    def test_a_function_may_judge(self):
        asked = []

        def judge(batch):
            self.assertEqual(batch.question, QUESTION)
            self.assertGreater(batch.tokens_left, 0)
            asked.extend(batch.candidates)
            return [1.0 if "Payroll" in candidate.text else None for candidate in batch.candidates]

        with sextant.Corpus() as corpus, sextant.Context(corpus=corpus) as ctx:
            corpus.ingest("handbook.md", HANDBOOK)
            with ctx.retrieve(QUESTION, judge=judge, judge_weight=1.0, judge_ms=60000) as evidence:
                self.assertIn("Payroll", evidence[0].text)
                self.assertTrue(any(step.judged == 1.0 for step in evidence.trace()))
                self.assertTrue(any(step.judged < 0 for step in evidence.trace()))
            self.assertEqual({candidate.doc for candidate in asked}, {"handbook.md"})

            def refuse(batch):
                raise RuntimeError("the judge is out")

            for wrong, kind in ((refuse, RuntimeError), (lambda batch: [0.5] * 1000, ValueError), (lambda batch: ["x"], TypeError)):
                with self.assertRaises(kind):
                    ctx.retrieve(QUESTION, judge=wrong)
            with self.assertRaises(ValueError):
                ctx.retrieve(QUESTION, doc="a\0b", judge=judge)
            with self.assertRaises(sextant.BusyError):
                ctx.retrieve(QUESTION, judge=lambda batch: ctx.check("x").findings)
            with ctx.retrieve(QUESTION) as evidence:  # and the context lives on
                self.assertIn("25 days", evidence[0].text)

    def test_create_ingest_retrieve_generate_guard(self):
        with sextant.Corpus() as corpus, sextant.Context(corpus=corpus) as ctx:
            corpus.ingest("handbook.md", HANDBOOK)
            with ctx.retrieve(QUESTION) as evidence, ctx.generate(QUESTION, evidence) as reply:
                self.assertGreaterEqual(evidence.confidence, 0.5)
                self.assertIn("25 days", evidence[0].text)
                pieces = list(reply)
                self.assertEqual("".join(pieces), reply.text)
                self.assertIn("25 days", reply.text)
                self.assertEqual(reply.finish, sextant.Finish.STOP)
                citation = reply.citations[0]
                self.assertEqual(citation.doc, "handbook.md")
                data = corpus.tree("handbook.md").data
                self.assertEqual(data[citation.start:citation.end].decode(), citation.text)
            verdict = ctx.check("Mail joe@example.org")
            self.assertEqual(verdict.decision, sextant.Decision.REDACT)
            self.assertEqual(verdict.text, "Mail <EMAIL_ADDRESS>")
            self.assertEqual([(f.type, f.start, f.end) for f in verdict.findings], [("EMAIL_ADDRESS", 5, 20)])

    def test_who_sees_what(self):
        with sextant.Corpus() as corpus:
            corpus.ingest("handbook.md", HANDBOOK, folder="staff/rules", meta={"year": 2024, "lang": ["en", "de"]})
            corpus.ingest("board.txt", "The board has 90 days of annual leave.", labels=["board", "chair"])
            self.assertEqual([doc.about for doc in corpus.docs()],
                             [("label=board", "label=chair"), ("folder=staff/rules", "year=2024", "lang=en", "lang=de")])
            with corpus.view(["hr"]) as seen, sextant.Context(corpus=seen) as ctx:
                self.assertEqual([doc.name for doc in seen.docs()], ["handbook.md"])
                with self.assertRaises(sextant.NotFoundError):
                    seen.tree("board.txt")
                with self.assertRaises(sextant.ReadOnlyError):
                    seen.remove("handbook.md")
                with ctx.retrieve(QUESTION) as evidence:
                    self.assertEqual({hit.doc for hit in evidence}, {"handbook.md"})
            with sextant.Context(corpus=corpus) as ctx:
                with ctx.retrieve(QUESTION, filter="folder ^= staff and year < 2020 or label in (board)") as evidence:
                    self.assertEqual({hit.doc for hit in evidence}, {"board.txt"})
                with self.assertRaisesRegex(ValueError, "byte 7"):
                    ctx.retrieve(QUESTION, filter="year > late")
            corpus.describe("board.txt", labels=[])
            corpus.describe("handbook.md", node="0.0", labels=["hr"])
            with corpus.view([]) as seen:
                self.assertEqual([(doc.name, doc.bytes) for doc in seen.docs()][0], ("board.txt", 38))
                self.assertNotIn("25 days", seen.tree("handbook.md").text)

    def test_edits_and_pageindex(self):
        with sextant.Corpus() as corpus, sextant.Context(corpus=corpus) as ctx:
            corpus.ingest("handbook.md", HANDBOOK)
            tree = corpus.tree("handbook.md")
            at, old = tree.data.index(b"25 days"), tree[0].hash
            corpus.edit("handbook.md", at, at + 7, "31 days", hash=old)
            self.assertEqual([n.id for n in corpus.tree("handbook.md")], [n.id for n in tree])
            with self.assertRaises(sextant.BusyError):
                corpus.edit("handbook.md", at, at + 7, "99 days", hash=old)
            with ctx.retrieve(QUESTION) as evidence:
                self.assertIn("31 days", evidence[0].text)
            corpus.ingest("again.json", corpus.tree("handbook.md").pageindex())
            with ctx.retrieve(QUESTION, doc="again.json") as evidence:
                self.assertIn("31 days", evidence[0].text)
            self.assertEqual(corpus.tree("again.json").pageindex().replace("again.json", ""),
                             corpus.tree("handbook.md").pageindex().replace("handbook.md", ""))

    def test_file_corpus_is_there_again(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "c.sextant")
            source = os.path.join(folder, "handbook.md")
            with open(source, "w", encoding="utf-8") as file:
                file.write(HANDBOOK)
            with sextant.Corpus(path, max_cache_bytes=1 << 20) as corpus:
                corpus.ingest_file(source)
            with sextant.Corpus(max_doc_nodes=3) as corpus, self.assertRaises(sextant.LimitError):
                corpus.ingest_file(source)
            with sextant.Corpus(path, readonly=True) as corpus:
                corpus.check()
                self.assertEqual([d.name for d in corpus.docs()], ["handbook.md"])
                with self.assertRaises(sextant.ReadOnlyError):
                    corpus.ingest("more.txt", "more")

    def test_tree_is_a_sequence(self):
        with sextant.Corpus() as corpus:
            corpus.ingest("handbook.md", HANDBOOK)
            with corpus.tree("handbook.md") as tree:
                self.assertEqual(tree[0].id, "0")
                self.assertEqual(tree[0].kind, sextant.NodeKind.DOCUMENT)
                self.assertEqual(tree[-1], list(tree)[-1])
                self.assertEqual(tree[1:3], list(tree)[1:3])
                self.assertEqual([tree.find(n.id) for n in tree], list(range(len(tree))))
                self.assertIsNone(tree.find("7.7.7"))
                with self.assertRaises(IndexError):
                    tree[len(tree)]
                for node in tree[1:]:
                    parent = tree[node.parent]
                    self.assertTrue(parent.start <= node.start <= node.end <= parent.end)


class Model(unittest.TestCase):
    def setUp(self):
        if not MODEL:
            self.skipTest("SX_TINY_MODEL is not set: no model to generate with")
        self.model = sextant.Model(MODEL, threads=1)
        self.addCleanup(self.model.close)

    def test_facts(self):
        self.assertEqual(self.model.info("arch"), "llama")
        self.assertIsNone(self.model.info("no.such.key"))
        self.assertGreater(self.model.n_vocab, 259)
        self.assertEqual(self.model.n_ctx, 256)
        self.assertEqual((self.model.token("bos"), self.model.token("eos")), (1, 2))

    def test_tokens_come_back(self):
        for text in ("the ship", "北风 ö \U0001f30a", ""):
            ids = self.model.tokenize(text)
            self.assertEqual(self.model.detokenize(ids).strip(), text.strip())
        self.assertEqual(self.model.tokenize("ship", special=True)[0], 1)
        with self.assertRaises(sextant.InvalidArgumentError):
            self.model.detokenize([10**6])

    def test_chat_answers_are_read(self):
        call = '<tool_call>\n{"name": "get", "arguments": {"city": "Paris"}}\n</tool_call>'
        answer = self.model.parse_chat("Hm.</think>\n\nYes. " + call, prompt="<think>\n", source="<tool_call>")
        self.assertEqual((answer["content"], answer["reasoning"]), ("Yes.", "Hm."))
        self.assertEqual(answer["tool_calls"][0]["function"], {"name": "get", "arguments": '{"city":"Paris"}'})
        self.assertEqual(self.model.parse_chat("Yes <tool_ca", partial=True), {"content": "Yes"})
        self.assertTrue(self.model.parse_chat("<tool_call>{", source="<tool_call>")["malformed"])

    def test_greedy_is_the_same_for_any_threads(self):
        with sextant.Context(self.model) as ctx, sextant.Model(MODEL, threads=2) as two, sextant.Context(two) as other:
            with ctx.generate("the captain", max_tokens=16) as a, other.generate("the captain", max_tokens=16) as b:
                self.assertEqual(list(a), list(b))
                self.assertEqual(a.tokens, b.tokens)
                self.assertEqual(a.usage.output_tokens, 16)
                self.assertEqual(a.finish, sextant.Finish.LENGTH)

    def test_drafts_change_steps_and_no_text(self):
        with sextant.Context(self.model) as ctx, sextant.Context(self.model) as other:
            prompt = "the captain saw the captain saw the captain"
            with ctx.generate(prompt, max_tokens=64, ignore_eos=True) as a, \
                    other.generate(prompt, max_tokens=64, ignore_eos=True, draft=8) as b:
                self.assertEqual("".join(a), "".join(b))
                self.assertEqual(a.tokens, b.tokens)
                self.assertEqual(a.usage.steps, 63)
                self.assertLess(b.usage.steps, 63)
            with self.assertRaises(sextant.InvalidArgumentError):
                ctx.generate(prompt, draft=65)

    def test_from_bytes_and_from_a_part_of_a_file(self):
        with open(MODEL, "rb") as f:
            data = f.read()
        with sextant.Context(self.model) as ctx:
            want = ctx.logits([1, 260, 270])
        with tempfile.TemporaryFile() as f:
            f.write(b"in front" * 8 + data + b"behind")
            f.flush()
            with sextant.Model.from_fd(f.fileno(), 64, len(data)) as model, sextant.Context(model) as ctx:
                self.assertEqual(bytes(ctx.logits([1, 260, 270])), bytes(want))
            with self.assertRaises(sextant.InvalidArgumentError):
                sextant.Model.from_fd(f.fileno(), 64, 1 << 40)
        with sextant.Model.from_bytes(data) as model, sextant.Context(model) as ctx:
            self.assertEqual(bytes(ctx.logits([1, 260, 270])), bytes(want))

    def test_logits(self):
        with sextant.Context(self.model) as ctx:
            rows = ctx.logits([1, 260, 270])
            self.assertEqual(rows.shape, (3, self.model.n_vocab))
            self.assertEqual(rows[2, 5], ctx.logits([1, 260, 270])[2, 5])

    def test_state(self):
        def answer(ctx):
            with ctx.generate("the captain and the ship", max_tokens=6) as reply:
                return list(reply), reply.tokens

        with sextant.Context(self.model, n_ctx=64) as ctx, tempfile.TemporaryDirectory() as folder:
            first = answer(ctx)
            used = ctx.used
            self.assertEqual(ctx.size, 64)
            self.assertGreater(used, 6)
            path = Path(folder) / "state"
            ctx.save(path)
            state = ctx.export_state()
            self.assertEqual(path.read_bytes(), state)
            with ctx.fork() as child, sextant.Context(self.model) as other:
                self.assertEqual(child.used, used)
                other.restore(path)
                self.assertEqual((other.used, answer(other), answer(child)), (used, first, first))
                other.import_state(state)
                with self.assertRaises(sextant.FormatError):
                    other.import_state(state[:-1])
                self.assertEqual(other.used, used)
                other.drop(2, 4)
                self.assertEqual(other.used, used - 2)
                other.drop(1)
                self.assertEqual(other.used, 1)
            self.assertEqual((ctx.used, answer(ctx)), (used, first))
        with sextant.Context(self.model, kv_type=sextant.KvType.Q8_0) as small:
            with self.assertRaises(sextant.InvalidArgumentError):
                small.import_state(state)

    def test_score(self):
        with sextant.Context(self.model) as ctx:
            ship, sea = ctx.score([" ship", " sea and wind"], "the captain", top=2)
            self.assertEqual(ship, ctx.score([" ship"], "the captain", top=2)[0])
            self.assertAlmostEqual(sum(sea.logprobs), sea.sum, 5)
            self.assertEqual((len(sea.top), len(sea.top[0])), (len(sea.tokens), 2))
            given = ctx.score([" sea and wind"], "the captain", given=[4])[0]
            self.assertLess(len(given.tokens), len(sea.tokens))
            ids = [1, *self.model.tokenize("the captain ship")]
            self.assertEqual(ctx.score_tokens(ids, len(ids) - len(ship.tokens)).logprobs, ship.logprobs)
            with self.assertRaises(sextant.InvalidArgumentError):
                ctx.score(["x"], given=[9])

    def test_embed(self):
        with sextant.Context(self.model) as ctx:
            rows = ctx.embed(["the captain", "a ship"], normalise=True)
            self.assertEqual(rows.shape[0], 2)
            self.assertAlmostEqual(sum(rows[1, i] ** 2 for i in range(rows.shape[1])), 1.0, 4)
            alone = ctx.embed(["a ship"], normalise=True)
            self.assertEqual([rows[1, i] for i in range(8)], [alone[0, i] for i in range(8)])
            each = ctx.embed(["a ship"], pooling=sextant.Pooling.NONE)
            self.assertEqual(each.shape[0], len(self.model.tokenize("a ship", special=True)))
            with self.assertRaises(sextant.UnsupportedError):
                ctx.rerank("who sails?", ["the captain"])

    def test_imatrix(self):
        with tempfile.TemporaryDirectory() as folder, sextant.Context(self.model, n_batch=16) as ctx:
            matrix, small = os.path.join(folder, "m.imatrix"), os.path.join(folder, "small.gguf")
            ctx.imatrix("the captain of the ship sails the sea " * 8, matrix, name="sea")
            sextant.quantize(MODEL, small, "q4_0", imatrix=matrix)
            self.assertLess(os.path.getsize(small), os.path.getsize(MODEL))
            with self.assertRaises(sextant.FormatError):
                sextant.quantize(MODEL, small, "q4_0", imatrix=MODEL)

    def test_adapter_refusals(self):
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaises(sextant.NotFoundError):
                sextant.Adapter(self.model, os.path.join(folder, "none.gguf"))
        with self.assertRaises(sextant.FormatError):
            sextant.Adapter(self.model, MODEL)  # a model is no adapter

    def test_cancel_from_outside(self):
        with sextant.Context(self.model, n_ctx=256) as ctx:
            with ctx.generate("the captain", max_tokens=200, ignore_eos=True) as reply:
                first = next(reply)
                reply.cancel()
                with self.assertRaises(sextant.CancelledError):
                    while True:
                        next(reply)
                self.assertTrue(reply.text.startswith(first))
                self.assertEqual(reply.finish, sextant.Finish.CANCEL)
            token = sextant.Cancel()
            token.set()
            with self.assertRaises(sextant.CancelledError):
                with ctx.generate("the captain", cancel=token) as reply:
                    reply.read()
            token.reset()
            with ctx.generate("the captain", cancel=token, max_tokens=2) as reply:
                self.assertTrue(reply.read())

    def test_async(self):
        async def pull():
            with sextant.Context(self.model) as ctx, ctx.generate("the captain", max_tokens=8) as reply:
                return [piece async for piece in reply], reply.text

        pieces, text = asyncio.run(pull())
        self.assertEqual("".join(pieces), text)

    def test_async_cancelled_task_cancels_the_reply(self):
        async def pull(reply, started):
            async for _ in reply:
                started.set()

        async def main():
            with sextant.Context(self.model) as ctx:
                with ctx.generate("the captain", max_tokens=240, ignore_eos=True) as reply:
                    started = asyncio.Event()
                    task = asyncio.create_task(pull(reply, started))
                    await started.wait()
                    task.cancel()
                    with self.assertRaises(asyncio.CancelledError):
                        await task
                    with self.assertRaises(sextant.CancelledError):
                        while True:
                            next(reply)

        asyncio.run(main())

    def test_stop_strings(self):
        with sextant.Context(self.model) as ctx:
            with ctx.generate("the captain", max_tokens=16) as reply:
                text = reply.read()
            word = text.split()[2]
            with ctx.generate("the captain", max_tokens=16, stop=[word]) as reply:
                self.assertNotIn(word, reply.read())
                self.assertEqual(reply.finish, sextant.Finish.STOP)
            with self.assertRaises(TypeError):
                ctx.generate("x", stop="ab")
            with self.assertRaises(ValueError):
                ctx.generate("x", stop=["a\0b"])

    def test_sampling(self):
        with sextant.Context(self.model) as ctx:
            with ctx.generate("the captain", max_tokens=8, logprobs=2) as reply:
                reply.read()
                plain, probs = reply.tokens, reply.logprobs
            self.assertEqual([p.token for p in probs], plain)
            self.assertTrue(all(len(p.top) == 2 and p.top[0] == (p.token, p.top[0][1]) for p in probs))  # greedy
            self.assertTrue(all(p.logprob < 0 and p.top[0][1] >= p.top[1][1] for p in probs))
            banned = sextant.Sampling(bias={plain[0]: float("-inf")}, repeat_penalty=1.5, dry_breakers=("x",))
            with ctx.generate("the captain", max_tokens=8, sampling=banned) as reply:
                reply.read()
                self.assertNotEqual(reply.tokens, plain)
                self.assertNotIn(plain[0], reply.tokens)
                self.assertEqual(reply.logprobs, [])
            with self.assertRaises(sextant.InvalidArgumentError):
                ctx.generate("x", sampling=sextant.Sampling(xtc_probability=2.0))
            with self.assertRaises(ValueError):
                ctx.generate("x", logprobs=-1)

    def test_grammar(self):
        with sextant.Context(self.model) as ctx:
            with ctx.generate("the captain", grammar='root ::= "yes" | "no"') as reply:
                self.assertIn(reply.read(), ("yes", "no"))
                self.assertEqual(reply.finish, sextant.Finish.STOP)
            with self.assertRaises(sextant.FormatError):
                ctx.generate("the captain", grammar="root ::= (")
            schema = {"type": "array", "items": {"enum": [1, "two", None]}, "minItems": 2, "maxItems": 2}
            with ctx.generate("the captain", schema=schema, temperature=1.0, seed=5) as reply:
                made = json.loads(reply.read())
            self.assertTrue(len(made) == 2 and all(x in (1, "two", None) for x in made))
            with self.assertRaisesRegex(sextant.UnsupportedError, "#/items/not"):
                ctx.generate("the captain", schema={"items": {"not": {}}})

    def test_dequantize(self):
        blocks = array.array("H", [0x3C00]).tobytes() + bytes(range(32))  # q8_0: scale 1.0, quants 0..31
        self.assertEqual(list(sextant.dequantize("q8_0", blocks, 32)), [float(i) for i in range(32)])
        with self.assertRaises(sextant.SextantError):
            sextant.dequantize("no such type", blocks, 32)

    def test_quantize(self):
        with tempfile.TemporaryDirectory() as folder:
            small = os.path.join(folder, "small.gguf")
            sextant.quantize(MODEL, small, "q8_0")
            self.assertLess(os.path.getsize(small), os.path.getsize(MODEL))
            with self.assertRaises(sextant.NotFoundError):
                sextant.quantize(os.path.join(folder, "absent"), small, "q8_0")


class Errors(unittest.TestCase):
    def test_each_has_its_kin(self):
        with self.assertRaises(FileNotFoundError) as caught:
            sextant.Model("no/such/model.gguf")
        self.assertIsInstance(caught.exception, sextant.NotFoundError)
        self.assertEqual(caught.exception.code, -5)
        self.assertIn("no/such/model.gguf", str(caught.exception))
        with sextant.Corpus() as corpus:
            with self.assertRaises(ValueError) as caught:
                corpus.ingest("bad.txt", b"a\xffb")
            self.assertIsInstance(caught.exception, sextant.Utf8Error)
            with self.assertRaises(sextant.NotFoundError):
                corpus.tree("absent")

    def test_every_status_has_a_class(self):
        codes = {v for k, v in vars(sextant._raw).items() if k.startswith("LLM_E_")}
        codes.discard(sextant._raw.LLM_E_USER)  # for callbacks, of which there are none here
        self.assertEqual(codes, set(sextant._errors._BY_CODE))

    def test_wrong_types_are_type_errors(self):
        with sextant.Context() as ctx:
            for wrong in (None, 3, ["a"]):
                with self.assertRaises(TypeError):
                    ctx.check(wrong)
            with self.assertRaises(TypeError):
                sextant.Vault()
        with sextant.Corpus() as corpus:
            with self.assertRaises(ValueError):
                corpus.ingest("a\0b", "text")
            with self.assertRaises(UnicodeEncodeError):
                corpus.ingest("half", "\ud800")

    def test_guard_cannot_change_in_use(self):
        policy = {"words": ["Bluebird", "青鸟"], "actions": {"BLOCKED": sextant.Action.REPLACE}}
        with sextant.Guard(**policy) as guard, sextant.Context(guard=guard) as ctx:
            with self.assertRaises(sextant.BusyError):
                guard.add_word("Redbird")
            self.assertEqual(ctx.check("Project Bluebird, 青鸟计划").text, "Project <BLOCKED>, <BLOCKED>计划")

    def test_policies_in_json_and_reloading(self):
        self.assertIn("gdpr", sextant.guard_presets())
        policy = {"preset": "pci", "rules": [{"types": "EMAIL_ADDRESS", "action": "remove", "label": "mail"}]}
        with sextant.Guard(policy=policy) as guard, sextant.Guard(policy="{}", like=guard) as plain:
            with sextant.Context(guard=guard) as ctx, sextant.Context(guard=plain) as other:
                verdict = ctx.check("jo@example.org 4111111111111111")
                self.assertEqual(verdict.text, " 411111******1111")
                self.assertEqual(verdict.findings[0].label, "mail")
                self.assertEqual(other.check("jo@example.org").text, "<EMAIL_ADDRESS>")
                guard.reload({"default": "mask"})
                self.assertEqual(ctx.check("jo@ab.org").text, "****b*org")
                with self.assertRaisesRegex(sextant.FormatError, "line 1, column"):
                    guard.reload('{"rules": 1}')

    def test_compiled_words_are_kept(self):
        with tempfile.TemporaryDirectory() as folder:
            for _ in range(2):
                with sextant.Guard(words=["Bluebird"], cache=folder) as guard, sextant.Context(guard=guard) as ctx:
                    self.assertEqual(len(ctx.check("Project Bluebird").findings), 1)
                words = [f for f in os.listdir(folder) if f.endswith(".kept")]
                self.assertGreaterEqual(len(words), 1)
            with self.assertRaisesRegex(sextant.InvalidArgumentError, "not a folder"):
                sextant.Guard(cache=os.path.join(folder, words[0]))

    def test_unsupported(self):
        with sextant.Context() as ctx:
            with self.assertRaises(sextant.UnsupportedError):
                ctx.generate("nothing to work with")
            with self.assertRaises(sextant.UnsupportedError):
                ctx.retrieve("no corpus")


class GuardFace(unittest.TestCase):
    TEXT = "电话13800138000，邮箱li.lei@example.cn，end é."

    def test_stream_equals_whole_for_any_cut(self):
        data = self.TEXT.encode()
        with sextant.Context() as ctx:
            whole = ctx.check(self.TEXT)
            for cut in (1, 2, 3, 5, len(data)):
                with ctx.guard_stream() as stream:
                    parts = [stream.feed_bytes(data[i:i + cut]) for i in range(0, len(data), cut)]
                    out = b"".join(parts) + stream.finish_bytes()
                    self.assertEqual(out, whole.data)
                    self.assertEqual(stream.verdict.findings, whole.findings)
            with ctx.guard_stream() as stream:
                out = "".join(stream.feed(c) for c in self.TEXT) + stream.finish()
                self.assertEqual(out, whole.text)

    def test_bytes_that_are_not_utf8_pass(self):
        with sextant.Context() as ctx:
            verdict = ctx.check(b"a\xff joe@example.org")
            self.assertEqual(verdict.data, b"a\xff <EMAIL_ADDRESS>")
            self.assertIn("\ufffd", verdict.text)

    def test_nul_inside_text_does_not_cut_it(self):
        with sextant.Context() as ctx:
            self.assertEqual(ctx.check("a\0b joe@example.org").text, "a\0b <EMAIL_ADDRESS>")

    def test_vault_round_trip(self):
        with tempfile.TemporaryDirectory() as folder:
            path, key = os.path.join(folder, "v"), bytes(range(32))
            with sextant.Vault(path, key=key) as vault:
                with sextant.Guard(vault=vault, default_action=sextant.Action.PSEUDONYM) as guard:
                    with sextant.Context(guard=guard) as ctx:
                        hidden = ctx.check("Ask joe@example.org").text
                self.assertNotIn("joe", hidden)
            with sextant.Vault(path, key=key, readonly=True) as vault:
                self.assertEqual(vault.restore(hidden), "Ask joe@example.org")
            with self.assertRaises(sextant.KeyMismatchError):
                sextant.Vault(path, key=bytes(32))

    def test_vault_forgets(self):
        with sextant.Vault(key=bytes(32)) as vault:
            with sextant.Guard(vault=vault, default_action=sextant.Action.PSEUDONYM) as guard:
                with sextant.Context(guard=guard) as ctx:
                    self.assertEqual(ctx.check("Joe@example.org, JOE@EXAMPLE.ORG").text,
                                     "<EMAIL_ADDRESS_1>, <EMAIL_ADDRESS_1>")
            rewritten = "[email address 1] EMAIL_ADDRESS_1"
            self.assertEqual(vault.restore(rewritten), rewritten)
            self.assertEqual(vault.restore(rewritten, sextant.Match.FUZZY), "Joe@example.org Joe@example.org")
            self.assertEqual(vault.erase("joe@EXAMPLE.org"), 1)
            self.assertEqual(vault.erase("joe@EXAMPLE.org", "EMAIL_ADDRESS"), 0)
            self.assertEqual(vault.restore(rewritten, sextant.Match.FUZZY), rewritten)

    def test_audit(self):
        with tempfile.TemporaryDirectory() as folder:
            path, key = os.path.join(folder, "log"), bytes(range(32))
            with sextant.Audit(path, key=key) as audit:
                with sextant.Guard(audit=audit) as guard, sextant.Context(guard=guard) as ctx:
                    ctx.set_tag("doc 7")
                    ctx.check("Ask joe@example.org")
                    head = audit.head()
                    ctx.check("Nothing")
            report = sextant.verify_audit(path, head)
            self.assertIsNone(report.problem)
            self.assertTrue(report.summary["verified"])
            first = [r for r in report.records if r["kind"] == "verdict"][0]
            self.assertEqual((first["tag"], first["action"], first["findings"][0]["type"]),
                             ("doc 7", "redact", "EMAIL_ADDRESS"))
            with open(path, "rb") as log:
                data = bytearray(log.read())
            self.assertNotIn(b"joe", data)
            data[data.index(b"doc 7")] ^= 1
            with open(path, "wb") as log:
                log.write(data)
            self.assertIn("edited", sextant.verify_audit(path).problem)
            with self.assertRaises(sextant.KeyMismatchError):
                sextant.Audit(path, key=bytes(32))

    def test_block(self):
        with sextant.Guard(default_action=sextant.Action.BLOCK) as guard, sextant.Context(guard=guard) as ctx:
            verdict = ctx.check("Mail joe@example.org")
            self.assertFalse(verdict.allowed)
            self.assertEqual(verdict.text, "")


class Identity(unittest.TestCase):
    def test_versions(self):
        self.assertEqual(sextant.version(), sextant.__version__)
        self.assertEqual(sextant.build_info("api_level"), str(sextant._raw.LLM_API_LEVEL))
        self.assertIsNone(sextant.build_info("no such fact"))
        self.assertIn("EMAIL_ADDRESS", sextant.guard_types())

    def test_nothing_is_exported_by_accident(self):
        for name in sextant.__all__:
            self.assertTrue(getattr(sextant, name).__doc__, f"{name} has no docstring")

    def test_log_goes_to_logging(self):
        log, raw = sextant._handle.LOG, sextant._raw
        raw.sx_log_put(log, raw.LLM_LOG_WARN, "the first")
        raw.sx_log_put(log, raw.LLM_LOG_DEBUG, "the second, ö")
        with self.assertLogs("sextant", logging.DEBUG) as caught:
            sextant.Context().close()  # any call brings the lines
        self.assertEqual([(r.levelno, r.getMessage()) for r in caught.records],
                         [(logging.WARNING, "the first"), (logging.DEBUG, "the second, ö")])
        for i in range(1000):  # a queue that nobody empties keeps the youngest lines
            raw.sx_log_put(log, raw.LLM_LOG_INFO, f"line {i} " + "x" * 1000)
        with self.assertLogs("sextant", logging.DEBUG) as caught:
            sextant.Context().close()
        self.assertEqual(len(caught.records), 256)
        self.assertTrue(caught.records[-1].getMessage().startswith("line 999 "))
        self.assertTrue(any(isinstance(h, logging.NullHandler) for h in logging.getLogger("sextant").handlers))


if __name__ == "__main__":
    unittest.main()
