"""Handles over their lives: closing, threads, the interpreter lock, Ctrl-C, fork."""

import _thread
import gc
import os
import signal
import sys
import threading
import time
import unittest
import warnings

import sextant

MODEL = os.environ.get("SX_TINY_MODEL", "")
BIG = "".join(f"Paragraph {i} speaks of harbour {i % 97} and its keeper {i % 89}.\n\n" for i in range(20000))


class Closing(unittest.TestCase):
    def test_twice_and_with(self):
        corpus = sextant.Corpus()
        self.assertEqual(repr(corpus), "<sextant.Corpus open>")
        corpus.close()
        corpus.close()
        self.assertTrue(corpus.closed)
        self.assertEqual(repr(corpus), "<sextant.Corpus closed>")
        with self.assertRaises(sextant.ClosedError):
            corpus.docs()
        with self.assertRaises(sextant.ClosedError):
            with corpus:
                pass

    def test_use_after_close_of_everything(self):
        corpus = sextant.Corpus()
        corpus.ingest("a.txt", "The harbour opens at seven.")
        ctx = sextant.Context(corpus=corpus)
        evidence = ctx.retrieve("When does the harbour open?")
        reply = ctx.generate("When does the harbour open?", evidence)
        stream = ctx.guard_stream()
        for handle, use in (
            (reply, lambda: reply.read()), (evidence, lambda: ctx.generate("x", evidence)),
            (stream, lambda: stream.feed("x")), (ctx, lambda: ctx.check("x")), (corpus, lambda: corpus.docs()),
        ):
            handle.close()
            with self.assertRaises(sextant.ClosedError):
                use()
        self.assertIn("seven", evidence[0].text)  # what was copied stays

    def test_any_order(self):
        corpus = sextant.Corpus()
        corpus.ingest("a.txt", "The harbour opens at seven.")
        ctx = sextant.Context(corpus=corpus)
        evidence = ctx.retrieve("harbour")
        reply = ctx.generate("harbour", evidence)
        corpus.close()
        ctx.close()
        with self.assertRaises(sextant.ClosedError):
            next(reply)
        reply.close()
        evidence.close()

    def test_context_outlives_what_it_was_made_on(self):
        with sextant.Corpus() as corpus:
            corpus.ingest("a.txt", "The harbour opens at seven.")
            ctx = sextant.Context(corpus=corpus)
        with ctx:
            self.assertIn("seven", ctx.retrieve("When does the harbour open?")[0].text)

    def test_forgotten_handles_are_freed_with_a_warning(self):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            sextant.Corpus()
            gc.collect()
        self.assertEqual([w.category for w in caught], [ResourceWarning])

    def test_leaving_a_loop_early(self):
        with sextant.Corpus() as corpus, sextant.Context(corpus=corpus) as ctx:
            corpus.ingest("a.txt", "The harbour opens at seven. The pier is long.")
            for _ in range(3):
                with ctx.retrieve("harbour") as evidence, ctx.generate("When does the harbour open?", evidence) as reply:
                    for _ in reply:
                        break

    def test_many_handles_do_not_pile_up(self):
        for i in range(2000):
            with sextant.Context() as ctx:
                if i % 100 == 0:  # the first check makes the policy's tables, which takes its time
                    ctx.check("joe@example.org")


class Threads(unittest.TestCase):
    def test_other_threads_run_during_a_long_call(self):
        ticks, stop = 0, threading.Event()

        def tick():
            nonlocal ticks
            while not stop.is_set():
                ticks += 1
                time.sleep(0.0005)

        ticker = threading.Thread(target=tick)
        started = []

        def ingest(corpus):
            before = ticks
            corpus.ingest("big.txt", BIG)
            started.append(ticks - before)

        with sextant.Corpus() as corpus:
            ticker.start()
            worker = threading.Thread(target=ingest, args=(corpus,))  # not the main thread: the call itself must let go
            worker.start()
            worker.join()
            stop.set()
            ticker.join()
        self.assertGreater(started[0], 5, "the ticker stood still: the call kept the interpreter lock")

    def test_two_threads_in_one_context(self):
        with sextant.Corpus() as corpus, sextant.Context(corpus=corpus) as ctx:
            corpus.ingest("big.txt", BIG)
            seen = []

            def use():
                for i in range(20):
                    try:
                        ctx.retrieve(f"keeper {i} of harbour {i}").close()
                    except sextant.BusyError as busy:
                        seen.append(busy)
                    except BaseException as wrong:  # reported below
                        seen.append(wrong)
                        raise

            threads = [threading.Thread(target=use) for _ in range(4)]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
            self.assertTrue(all(isinstance(s, sextant.BusyError) for s in seen), seen)

    @unittest.skipUnless(MODEL, "SX_TINY_MODEL is not set: no model to generate with")
    def test_reading_a_reply_while_it_is_pulled(self):
        with sextant.Model(MODEL, threads=1) as model, sextant.Context(model) as ctx:
            reply = ctx.generate("the captain", max_tokens=200, ignore_eos=True)
            seen, done = [], threading.Event()

            def watch():
                while not done.is_set():
                    try:
                        seen.append((len(reply.text), len(reply.tokens), reply.usage.output_tokens, reply.verdict()))
                    except sextant.BusyError:
                        pass

            watcher = threading.Thread(target=watch)
            watcher.start()
            pieces = []
            while True:
                try:
                    pieces.append(next(reply))
                except sextant.BusyError:
                    continue
                except StopIteration:
                    break
            done.set()
            watcher.join()
            self.assertEqual("".join(pieces), reply.text)
            ctx.close()
            self.assertEqual("".join(pieces), reply.text)
            reply.close()

    @unittest.skipUnless(MODEL, "SX_TINY_MODEL is not set: no model to generate with")
    def test_replies_forgotten_in_other_threads(self):
        with sextant.Model(MODEL, threads=1) as model, sextant.Context(model) as ctx:
            for _ in range(20):
                box = [ctx.generate("the captain", max_tokens=4)]
                next(box[0])
                dropper = threading.Thread(target=box.clear)
                dropper.start()
                for _ in range(5):
                    ctx.check("x")
                dropper.join()
            with ctx.generate("the captain", max_tokens=4) as reply:
                self.assertTrue(reply.read())

    def test_many_contexts_on_one_corpus(self):
        answers = []
        with sextant.Corpus() as corpus:
            corpus.ingest("a.txt", "The harbour opens at seven. The pier is long.")

            def use():
                with sextant.Context(corpus=corpus) as ctx:
                    for _ in range(10):
                        with ctx.retrieve("When does the harbour open?") as evidence:
                            answers.append(evidence[0].text)

            threads = [threading.Thread(target=use) for _ in range(4)]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
        self.assertEqual(len(answers), 40)
        self.assertEqual(len(set(answers)), 1)

    def test_close_during_a_call(self):
        for _ in range(5):
            corpus = sextant.Corpus()
            begun = threading.Event()
            outcome = []

            def ingest():
                begun.set()
                try:
                    corpus.ingest("big.txt", BIG)
                    outcome.append("whole")
                except sextant.ClosedError:
                    outcome.append("closed")

            worker = threading.Thread(target=ingest)
            worker.start()
            begun.wait()
            corpus.close()
            worker.join()
            self.assertIn(outcome[0], ("whole", "closed"))


class CtrlC(unittest.TestCase):
    def test_a_long_call_ends_and_the_handle_lives(self):
        old = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            with sextant.Corpus() as corpus:
                huge = BIG * 12
                done = threading.Event()

                def interrupt():
                    time.sleep(0.05)
                    if not done.is_set():
                        os.kill(os.getpid(), signal.SIGINT)

                killer = threading.Thread(target=interrupt)
                interrupted = False
                try:
                    killer.start()
                    corpus.ingest("huge.txt", huge)
                    done.set()
                    killer.join()
                except KeyboardInterrupt:
                    interrupted = True
                    killer.join()
                if interrupted:  # a machine may also be faster than the interrupt
                    self.assertEqual(corpus.docs(), [])
                corpus.ingest("a.txt", "The harbour opens at seven.")
                self.assertIn("a.txt", [d.name for d in corpus.docs()])
        finally:
            signal.signal(signal.SIGINT, old)


    def interrupted(self, call, tries=20):
        """Whether Ctrl-C ends the call with KeyboardInterrupt; a machine may also be faster, so it is tried again."""
        old = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            for _ in range(tries):
                done = threading.Event()
                main = threading.get_ident()

                def interrupt():
                    if not done.wait(0.01):
                        signal.pthread_kill(main, signal.SIGINT)

                killer = threading.Thread(target=interrupt)
                try:
                    killer.start()
                    try:
                        call()
                    finally:
                        done.set()
                        killer.join()
                except KeyboardInterrupt:
                    return True
            return False
        finally:
            signal.signal(signal.SIGINT, old)

    def test_a_guard_at_work(self):
        with sextant.Context() as ctx:
            self.assertTrue(self.interrupted(lambda: ctx.check(BIG + " joe@example.org")))
            self.assertEqual(ctx.check("joe@example.org").text, "<EMAIL_ADDRESS>")

    @unittest.skipUnless(MODEL, "SX_TINY_MODEL is not set: no model to generate with")
    def test_a_model_at_work(self):
        def answer():
            with ctx.generate("the captain", max_tokens=240, ignore_eos=True) as reply:
                reply.read()

        def search():
            ctx.retrieve("keeper of harbour 17", judge=True, judge_tokens=10**6).close()

        with sextant.Model(MODEL, threads=1) as model, sextant.Corpus() as corpus, sextant.Context(model, corpus) as ctx:
            corpus.ingest("big.txt", BIG[:100000])
            texts = ["the captain of the ship sails the sea " * 3] * 200
            for call in (answer, search, lambda: ctx.score(texts), lambda: ctx.embed(texts)):
                self.assertTrue(self.interrupted(call))
            with ctx.generate("the captain", max_tokens=2) as reply:
                self.assertTrue(reply.read())

    def test_a_judge_at_work(self):
        with sextant.Corpus() as corpus, sextant.Context(corpus=corpus) as ctx:
            corpus.ingest("a.md", "# One\n\nThe harbour opens at seven.\n\n# Two\n\nThe pier is long.")
            self.assertTrue(self.interrupted(lambda: ctx.retrieve("harbour", judge=lambda batch: time.sleep(0.1) or [])))
            self.assertTrue(len(ctx.retrieve("harbour")))


@unittest.skipUnless(hasattr(os, "fork"), "no fork here")
class Fork(unittest.TestCase):
    def test_handles_of_the_parent_answer_fork_error(self):
        with sextant.Corpus() as corpus, sextant.Context(corpus=corpus) as ctx:
            sys.stdout.flush()
            pid = os.fork()
            if pid == 0:
                code = 1
                try:
                    corpus.ingest("a.txt", "a")
                except sextant.ForkError:
                    try:
                        ctx.check("x")
                    except sextant.ForkError:
                        corpus.close()
                        with sextant.Context() as fresh:
                            code = 0 if fresh.check("joe@example.org").findings else 2
                finally:
                    os._exit(code)
            self.assertEqual(os.waitpid(pid, 0)[1], 0)


if __name__ == "__main__":
    unittest.main()
