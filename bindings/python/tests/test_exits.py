"""Ends of the interpreter: everything left open, dropped in any order, in the middle of a stream. Each child must end with
status 0 and say nothing."""

import subprocess
import sys
import unittest

OPEN = """
import os, sys, sextant
corpus = sextant.Corpus()
corpus.ingest("a.txt", "The harbour opens at seven. The pier is long.")
ctx = sextant.Context(corpus=corpus)
evidence = ctx.retrieve("When does the harbour open?")
reply = ctx.generate("When does the harbour open?", evidence)
piece = next(reply)
stream = ctx.guard_stream()
stream.feed("joe@exam")
guard = sextant.Guard(words=["x"])
vault = sextant.Vault(key=bytes(32))
"""


class Exits(unittest.TestCase):
    def child(self, code, status=0):
        done = subprocess.run([sys.executable, "-X", "dev", "-W", "error", "-c", OPEN + code], capture_output=True, text=True,
                              timeout=60)
        self.assertEqual((done.returncode, done.stderr, done.stdout), (status, "", ""))

    def test_everything_open(self):
        self.child("")

    def test_sys_exit(self):
        self.child("sys.exit(3)", 3)

    def test_os_exit(self):
        self.child("os._exit(0)")

    def test_closed_in_reverse(self):
        self.child("for h in (corpus, vault, guard, ctx, evidence, reply, stream): h.close()")

    def test_in_a_cycle(self):
        self.child("corpus.me = ctx; ctx.me = corpus; ctx.reply = reply")

    def test_held_by_a_daemon_thread(self):
        self.child("""
import threading, time
def work():
    other = sextant.Context(corpus=corpus)
    while True:
        other.retrieve("harbour").close()
threading.Thread(target=work, daemon=True).start()
time.sleep(0.05)
""")

    def test_in_module_atexit(self):
        self.child("import atexit; atexit.register(lambda: [h.close() for h in (reply, ctx, corpus)])")


class Import(unittest.TestCase):
    def test_starts_no_thread_and_says_nothing(self):
        code = """
import os
before, fds = len(os.listdir("/proc/self/task")), sorted(os.listdir("/proc/self/fd"))
import sextant
assert before == len(os.listdir("/proc/self/task")) == 1
assert fds == sorted(os.listdir("/proc/self/fd"))
"""
        done = subprocess.run([sys.executable, "-X", "dev", "-W", "error", "-c", code], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr, done.stdout), (0, "", ""))

    def test_needs_nothing_optional(self):
        code = "import sys, sextant; sys.exit(any(m.split('.')[0] in ('langchain_core', 'llama_index', 'numpy') for m in sys.modules))"
        self.assertEqual(subprocess.run([sys.executable, "-c", code], timeout=60).returncode, 0)


if __name__ == "__main__":
    unittest.main()
