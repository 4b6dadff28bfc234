"""What goes in and out: bytes in any buffer, handles through pickle into another process."""

import array
import mmap
import os
import pickle
import subprocess
import sys
import tempfile
import unittest

import sextant

try:
    import numpy
except ImportError:
    numpy = None
MODEL = os.environ.get("SX_TINY_MODEL", "")
TEXT = b"Mail joe@example.org"


def buffers(data):
    """The same bytes in everything that holds bytes."""
    yield from (data, bytearray(data), memoryview(data), memoryview(b"[" + data + b"]")[1:-1], array.array("B", data))
    yield memoryview(bytes(b for byte in data for b in (byte, 0)))[::2]  # with gaps
    with mmap.mmap(-1, len(data)) as shared:
        shared.write(data)
        yield shared
    if numpy is not None:
        yield numpy.frombuffer(data, dtype=numpy.uint8)


class Buffers(unittest.TestCase):
    def test_text(self):
        with sextant.Context() as ctx, sextant.Corpus() as corpus:
            for i, text in enumerate(buffers(TEXT)):
                self.assertEqual(ctx.check(text).text, "Mail <EMAIL_ADDRESS>", type(text))
                corpus.ingest(f"{i}.txt", text)
                with corpus.tree(f"{i}.txt") as tree:
                    self.assertEqual(tree.data, TEXT)
                with ctx.guard_stream() as stream:
                    self.assertEqual(stream.feed_bytes(text) + stream.finish_bytes(), b"Mail <EMAIL_ADDRESS>")

    def test_keys(self):
        for key in buffers(bytes(range(32))):
            with sextant.Vault(key=key) as vault:
                self.assertEqual(vault.restore(b"<EMAIL_ADDRESS_1>"), "<EMAIL_ADDRESS_1>")

    def test_blocks(self):
        blocks = array.array("H", [0x3C00]).tobytes() + bytes(range(32))
        for data in buffers(blocks):
            if isinstance(data, memoryview) and not data.contiguous:
                with self.assertRaises((BufferError, ValueError)):  # read in place, so it must lie in one piece
                    sextant.dequantize("q8_0", data, 32)
            else:
                self.assertEqual(sextant.dequantize("q8_0", data, 32)[31], 31.0)

    @unittest.skipUnless(MODEL, "SX_TINY_MODEL is not set: no model to load")
    def test_a_model_in_a_map(self):
        with open(MODEL, "rb") as file:
            bytes_of_it = file.read()
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)  # lent for good, so never closed
        with sextant.Model(MODEL, threads=1) as model, sextant.Context(model) as ctx:
            want, state = bytes(ctx.logits([1, 260, 270])), ctx.export_state()
        for data in (mapped, bytearray(bytes_of_it)):
            with sextant.Model.from_bytes(data, threads=1) as model, sextant.Context(model) as ctx:
                self.assertEqual(bytes(ctx.logits([1, 260, 270])), want)
                ctx.import_state(bytearray(state))
                with self.assertRaises(BufferError):  # what the model reads can neither move nor go
                    mapped.close() if data is mapped else data.append(0)
                if numpy is not None:
                    ids = numpy.array([1, 260, 270], dtype=numpy.int32)
                    self.assertEqual(bytes(ctx.logits(ids)), want)

    def test_what_is_no_buffer(self):
        with sextant.Context() as ctx:
            for wrong in (None, 3, ["a"]):
                with self.assertRaises(TypeError):
                    ctx.check(wrong)
                with self.assertRaises(TypeError):
                    ctx.import_state(wrong)
                with self.assertRaises(TypeError):
                    sextant.dequantize("q8_0", wrong, 32)


class Pickles(unittest.TestCase):
    def elsewhere(self, handle, use):
        """What `use` (Python, of `handle`) prints in a process of its own, in another folder."""
        code = f"import pickle, sys\nhandle = pickle.load(sys.stdin.buffer)\nimport sextant\nwith handle:\n    print(({use}))"
        done = subprocess.run([sys.executable, "-X", "dev", "-W", "error", "-c", code], input=pickle.dumps(handle), cwd="/",
                              capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return done.stdout.decode().strip()

    def test_corpus(self):
        here = os.getcwd()
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            try:
                with sextant.Corpus("c.sextant") as corpus:
                    corpus.ingest("a.txt", "The harbour opens at seven.")
                with sextant.Corpus("c.sextant", readonly=True) as corpus:
                    self.assertEqual(self.elsewhere(corpus, "[d.name for d in handle.docs()]"), "['a.txt']")
                    with pickle.loads(pickle.dumps(corpus)) as twin, self.assertRaises(sextant.ReadOnlyError):
                        twin.ingest("b.txt", "b")
            finally:
                os.chdir(here)

    @unittest.skipUnless(MODEL, "SX_TINY_MODEL is not set: no model to load")
    def test_model(self):
        with sextant.Model(MODEL, threads=1, isa=sextant.Isa.SCALAR) as model:
            self.assertEqual(self.elsewhere(model, "handle.info('threads'), handle.info('isa')"),
                             str((model.info("threads"), model.info("isa"))))

    def test_guard_policy(self):
        policy = {"words": ["Bluebird"], "actions": {"BLOCKED": sextant.Action.REPLACE}, "default_action": sextant.Action.MASK}
        text = "Bluebird, joe@example.org"
        with sextant.Guard(**policy) as guard:
            guard.set_action("EMAIL_ADDRESS", sextant.Action.REMOVE)
            twin = self.elsewhere(guard, f"sextant.Context(guard=handle).check({text!r}).text".replace(
                "sextant.Context(guard=handle)", "(ctx := sextant.Context(guard=handle))") + ", ctx.close()")
            with sextant.Context(guard=guard) as ctx:
                self.assertEqual(twin, str((ctx.check(text).text, None)))
            self.assertEqual(ctx.closed, True)

    def test_what_is_more_than_a_path(self):
        with sextant.Corpus() as corpus, sextant.Vault(key=bytes(32)) as vault, sextant.Guard(vault=vault) as guard:
            with sextant.Context(corpus=corpus) as ctx:
                for handle in (corpus, vault, guard, ctx, sextant.Cancel()):
                    with self.assertRaisesRegex(TypeError, "cannot be pickled"):
                        pickle.dumps(handle)
        with self.assertRaises(sextant.ClosedError):
            pickle.dumps(corpus)

    def test_errors_travel(self):
        try:
            sextant.Model("no/such/model.gguf")
        except sextant.NotFoundError as exc:
            twin = pickle.loads(pickle.dumps(exc))
            self.assertEqual((type(twin), str(twin), twin.code), (type(exc), str(exc), exc.code))


if __name__ == "__main__":
    unittest.main()
