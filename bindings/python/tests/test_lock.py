"""Every long call lets other threads run. The interpreter is told never to take the lock away from a thread, so that a ticker
thread ticks only when the call itself gives it up; what is measured is the raw call, wherever the face makes it."""

import os
import re
import sys
import tempfile
import threading
import time
import unittest
from unittest import mock

import sextant

MODEL = os.environ.get("SX_TINY_MODEL", "")
BIG = "".join(f"Paragraph {i} speaks of harbour {i % 97} and joe{i}@example.org.\n\n" for i in range(1500))
INTERFACE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "swig", "python.i")


class Ticker:
    """Counts how often its thread gets the lock."""

    def __enter__(self):
        self.ticks, self.stop, self.interval = 0, False, sys.getswitchinterval()
        self.thread = threading.Thread(target=self.tick)
        self.thread.start()
        sys.setswitchinterval(1000.0)
        # a thread whose wait for the lock began under the old interval still asks for it once: let all such waits pass
        begun, end = self.ticks, time.monotonic() + 10 * self.interval
        while self.ticks < begun + 2 or time.monotonic() < end:
            time.sleep(0.001)
        return self

    def __exit__(self, *exc):
        self.stop = True
        sys.setswitchinterval(self.interval)
        self.thread.join()

    def tick(self):
        while not self.stop:
            self.ticks += 1
            time.sleep(0.0002)


def let_go(ticker, name, act, seconds=5.0):
    """Whether the raw call of that name gives the lock up, when act makes the face call it."""
    real, seen, called = getattr(sextant._raw, name), [], []

    def probe(*args):
        before = ticker.ticks
        try:
            return real(*args)
        finally:
            called.append(1)
            if ticker.ticks > before:
                seen.append(1)

    end = time.monotonic() + seconds
    with mock.patch.object(sextant._raw, name, probe):
        while not seen and time.monotonic() < end:
            act()
    assert called, f"the face never called {name}"
    return bool(seen)


class Lock(unittest.TestCase):
    def in_a_thread(self, work):
        """Not in the main thread: there the face gives long calls to a helper, and waiting lets go of the lock by itself."""
        failures = []

        def run():
            try:
                work()
            except BaseException as exc:
                failures.append(exc)

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        if failures:
            raise failures[0]

    def test_the_ticker_stands_still_when_a_call_keeps_the_lock(self):
        def work():
            with Ticker() as ticker:
                self.assertFalse(let_go(ticker, "llm_guard_type", sextant.guard_types, 0.2))

        self.in_a_thread(work)

    @unittest.skipUnless(MODEL, "SX_TINY_MODEL is not set: no model to call")
    def test_every_long_call(self):
        self.in_a_thread(self.every_long_call)

    def every_long_call(self):
        folder = tempfile.TemporaryDirectory()
        path = lambda name: os.path.join(folder.name, name)  # noqa: E731
        model = sextant.Model(MODEL, threads=1)
        corpus, ctx, vault = sextant.Corpus(), sextant.Context(model), sextant.Vault(key=bytes(32))
        corpus.ingest("big.txt", BIG)
        with open(path("big.txt"), "w", encoding="utf-8") as file:
            file.write(BIG)
        with open(MODEL, "rb") as file:
            data = file.read()
        sextant.Corpus(path("c.sextant")).close()
        state, ids = [], model.tokenize(BIG)
        searcher, policy = sextant.Context(model, corpus), sextant.Guard()
        chat = {"source": "{% for i in range(20000) %}{{ i }}{% endfor %}", "messages": []}

        def read():
            with ctx.generate("the captain", max_tokens=2) as reply:
                reply.read()

        def feed(end):
            with ctx.guard_stream() as stream:
                stream.feed(BIG)
                if end:
                    stream.finish()

        def freed(make):
            return lambda: make().close()

        def added(name):
            return lambda: corpus.ingest(name, "x " * 2000)

        def export():
            state[:] = [ctx.export_state()]

        def drop():
            read()
            ctx.drop(1)

        def removal():
            corpus.ingest("gone.txt", BIG[:20000])
            corpus.remove("gone.txt")

        def fork_and_drop():
            with ctx.fork():
                pass

        def adapter():
            try:
                sextant.Adapter(model, MODEL)
            except sextant.FormatError:
                pass

        acts = {
            "sx_model_load": freed(lambda: sextant.Model(MODEL)),
            "sx_model_load_memory": freed(lambda: sextant.Model.from_bytes(data)),
            "sx_model_load_fd": lambda: self.from_fd(MODEL),
            "sx_tokenize": lambda: model.tokenize(BIG),
            "sx_detokenize": lambda: model.detokenize(ids),
            "sx_chat_template": lambda: model.chat(**chat),
            "sx_chat_parse": lambda: model.parse_chat(BIG),
            "sx_dequantize": lambda: sextant.dequantize("f32", bytes(4 << 18), 1 << 18),
            "sx_logits": lambda: ctx.logits(ids[:200]),
            "sx_adapter_load": adapter,
            "sx_ctx_save": lambda: ctx.save(path("state")),
            "sx_ctx_load": lambda: ctx.restore(path("state")),
            "sx_ctx_export": export,
            "sx_ctx_import": lambda: ctx.import_state(state[0]),
            "sx_ctx_fork": fork_and_drop,
            "sx_ctx_drop": drop,
            "sx_score": lambda: ctx.score(["the captain of the ship"] * 8),
            "sx_score_tokens": lambda: ctx.score_tokens(ids[:200]),
            "sx_embed": lambda: ctx.embed(["the captain of the ship"] * 8),
            "sx_rerank": lambda: self.assertRaises(sextant.UnsupportedError, ctx.rerank, "q", ["the captain"]),
            "sx_imatrix": lambda: ctx.imatrix("the captain of the ship " * 8, path("m.imatrix")),
            "sx_corpus_open": freed(lambda: sextant.Corpus(path("c.sextant"))),
            "sx_ingest": added("a.txt"),
            "sx_ingest_file": lambda: corpus.ingest_file(path("big.txt"), "file.txt"),
            "sx_describe": None,  # these two are one short commit each
            "sx_edit": None,
            "sx_docs_list": corpus.docs,
            "sx_tree_open": freed(lambda: corpus.tree("big.txt")),
            "sx_retrieve": freed(lambda: searcher.retrieve("keeper of harbour 17")),
            "sx_retrieve_judged": freed(lambda: searcher.retrieve("harbour 17", judge=lambda batch: [])),
            "sx_judge_wait": freed(lambda: searcher.retrieve("harbour 17", judge=lambda batch: [])),
            "sx_generate": read,
            "sx_reply_next": read,
            "sx_guard_create": freed(sextant.Guard),
            "llm_guard_reload": lambda: policy.reload({"preset": "hipaa-safe-harbor", "words": BIG.split()[:5000]}),
            "sx_guard_check": lambda: ctx.check(BIG),
            "sx_guard_feed": lambda: feed(False),
            "sx_guard_finish": lambda: feed(True),
            "sx_vault_open": freed(lambda: sextant.Vault(path("v"), key=bytes(32))),
            "sx_vault_restore": lambda: vault.restore(BIG + "<EMAIL_ADDRESS_1>" * 1000),
            "sx_vault_erase": lambda: vault.erase("nobody" * 1000),
            "sx_audit_open": freed(lambda: sextant.Audit(path("log"), key=bytes(32))),
            "sx_audit_head": None,  # these wait for a lock that nobody holds, and a short log is soon read
            "llm_audit_free": None,
            "sx_audit_verify": None,
            "llm_remove": removal,
            "llm_corpus_check": corpus.check,
            "llm_quantize": lambda: sextant.quantize(MODEL, path("q.gguf"), "q8_0"),
            "llm_quantize_weighted": lambda: sextant.quantize(MODEL, path("q.gguf"), "q4_0", imatrix=path("m.imatrix")),
            "llm_model_free": freed(lambda: sextant.Model(MODEL)),
            "llm_adapter_free": None,  # there is no adapter at hand
            "llm_corpus_free": freed(lambda: self.filled()),
            "llm_ctx_free": freed(lambda: self.used(model)),
            "llm_guard_set_audit": None,
            "llm_guard_add_word": None,  # these three wait for a lock at most: too short to be seen
            "llm_guard_set_action": None,
            "llm_guard_set_vault": None,
        }
        if os.path.exists(INTERFACE):
            with open(INTERFACE, encoding="utf-8") as file:
                self.assertEqual(set(re.findall(r"^%thread (\w+);", file.read(), re.M)), set(acts))
        kept = []
        with Ticker() as ticker:
            for name, act in acts.items():
                if act is not None and not let_go(ticker, name, act):
                    kept.append(name)
        for handle in (searcher, policy, ctx, vault, corpus, model):
            handle.close()
        folder.cleanup()
        self.assertEqual(kept, [], "these keep the interpreter lock")

    @staticmethod
    def from_fd(path):
        with open(path, "rb") as file, sextant.Model.from_fd(file.fileno()):
            pass

    @staticmethod
    def filled():
        corpus = sextant.Corpus()
        corpus.ingest("a.txt", BIG[:5000])
        return corpus

    @staticmethod
    def used(model):
        ctx = sextant.Context(model)
        ctx.logits([1, 260, 270])
        return ctx


if __name__ == "__main__":
    unittest.main()
