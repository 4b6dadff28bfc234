"""sqlite.py PLUGIN SECOND PROBE: the SQLite plugin inside Python's sqlite3 and inside the sqlite3 shell. SECOND is the plugin
with the library inside, PROBE tells what a plugin may not change."""
import ctypes
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import unittest

import manners

PLUGIN, SECOND, PROBE = (sys.argv.pop(1) for _ in range(3))
HANDBOOK = ("# Handbook\n\n## 1. Leave\n\nEmployees receive 25 days of paid annual leave per year.\n\n"
            "## 2. Contact\n\nPayroll questions go to payroll.desk@meridian-surveys.com at any time.\n")
QUESTION = "How many days of annual leave do employees receive?"


def connect(path=":memory:"):
    db = sqlite3.connect(path)
    db.enable_load_extension(True)
    db.load_extension(PLUGIN)
    return db


class InPython(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.corpus = os.path.join(self.folder, "notes.sextant")
        self.db = connect()
        self.addCleanup(self.db.close)

    def one(self, sql, *args):
        return self.db.execute(sql, args).fetchone()[0]

    def test_redacts_and_restores(self):
        text = "Write to joe@example.org today."
        self.assertEqual(self.one("SELECT sextant_redact(?)", text), "Write to <EMAIL_ADDRESS> today.")
        self.assertIsNone(self.one("SELECT sextant_redact(NULL)"))
        sealed = self.one("SELECT sextant_redact(?, 'open sesame')", text)
        self.assertNotIn("joe@", sealed)
        self.assertEqual(self.one("SELECT sextant_restore(?, 'open sesame')", sealed), text)
        self.assertEqual(self.one("SELECT sextant_restore(?, 'another')", sealed), sealed)

    def test_retrieves_and_answers(self):
        self.assertEqual(self.one("SELECT sextant_ingest(?, 'h.md', ?)", self.corpus, HANDBOOK), "h.md")
        rows = self.db.execute("SELECT doc, node, text, start, end, score, confidence FROM sextant_retrieve(?, ?)",
                               (self.corpus, QUESTION)).fetchall()
        doc, _, text, start, end, _, confidence = rows[0]
        self.assertEqual((doc, text), ("h.md", HANDBOOK.encode()[start:end].decode()))
        self.assertIn("25 days", text)
        self.assertGreater(confidence, 0.5)
        self.assertEqual(self.one("SELECT count(*) FROM sextant_retrieve(?, ?, 1)", self.corpus, QUESTION), 1)
        self.assertIn("25 days", self.one("SELECT sextant_generate(?, ?)", self.corpus, QUESTION))
        self.assertIn("<EMAIL_ADDRESS>", self.one("SELECT sextant_generate(?, 'Where do payroll questions go?')", self.corpus))
        # joined with a table: one retrieval per row
        self.db.execute("CREATE TABLE q(id, text)")
        self.db.executemany("INSERT INTO q VALUES(?, ?)", [(1, QUESTION), (2, "Where do payroll questions go?")])
        found = dict(self.db.execute("SELECT q.id, r.text FROM q, sextant_retrieve(?, q.text, 1) r", (self.corpus,)))
        self.assertIn("25 days", found[1])
        self.assertIn("payroll.desk", found[2])

    def test_says_what_was_wrong(self):
        with self.assertRaisesRegex(sqlite3.OperationalError, "wants a corpus and a question"):
            self.db.execute("SELECT * FROM sextant_retrieve('x')")
        with self.assertRaisesRegex(sqlite3.OperationalError, "nowhere"):
            self.one("SELECT sextant_ingest(?, 'a', 'b')", os.path.join(self.folder, "nowhere", "x.sextant"))
        with self.assertRaisesRegex(sqlite3.OperationalError, "UTF-8"):
            self.one("SELECT sextant_ingest(':memory:', 'a', x'74ff20')")
        with self.assertRaisesRegex(sqlite3.OperationalError, "passphrase"):
            self.one("SELECT sextant_redact('a', '')")

    def test_a_hostile_schema_gets_nothing(self):
        self.db.execute("CREATE TABLE t(x)")
        self.db.execute("INSERT INTO t VALUES('joe@example.org')")
        for view in ("SELECT sextant_generate(':memory:', x) FROM t", "SELECT sextant_ingest(':memory:', 'a', x) FROM t",
                     "SELECT text FROM sextant_retrieve(':memory:', 'q')", "SELECT sextant_restore(x, 'k') FROM t"):
            self.db.execute("DROP VIEW IF EXISTS v")
            self.db.execute("CREATE VIEW v AS " + view)
            with self.assertRaisesRegex(sqlite3.OperationalError, "unsafe use"):
                self.db.execute("SELECT * FROM v").fetchall()
        self.db.execute("DROP VIEW v")
        self.db.execute("CREATE VIEW v AS SELECT sextant_redact(x) FROM t")  # harmless
        self.assertEqual(self.one("SELECT * FROM v"), "<EMAIL_ADDRESS>")

    def test_an_interrupt_stops_before_anything_is_written(self):
        self.db.create_function("stop", 0, lambda: self.db.interrupt() or 1)
        with self.assertRaisesRegex(sqlite3.OperationalError, "cancelled"):
            self.db.execute("SELECT stop(), sextant_ingest(?, 'h.md', ?)", (self.corpus, HANDBOOK)).fetchall()
        self.assertEqual(self.one("SELECT count(*) FROM sextant_retrieve(?, ?)", self.corpus, QUESTION), 0)
        self.one("SELECT sextant_ingest(?, 'h.md', ?)", self.corpus, HANDBOOK)  # the next statement is free again
        self.assertGreater(self.one("SELECT count(*) FROM sextant_retrieve(?, ?)", self.corpus, QUESTION), 0)

    def heard_inside(self, delay, sql, *values):
        """Whether an interrupt after this delay met the call itself, and not SQLite before or behind it."""
        stopper = threading.Timer(delay, self.db.interrupt)
        stopper.start()
        try:
            self.db.execute(sql, values).fetchall()
            return False
        except sqlite3.OperationalError as error:
            self.assertRegex(str(error), "cancelled|interrupted")
            return "cancelled" in str(error)
        finally:
            stopper.join()

    def test_an_interrupt_is_heard_while_a_call_runs(self):
        text = "mail joe@example.org or 4111 1111 1111 1111, " * 100000
        delays = [0.001 * 2**i for i in range(10)]
        self.assertTrue(any(self.heard_inside(delay, "SELECT sextant_redact(?)", text) for delay in delays))
        for delay in delays:
            corpus = os.path.join(self.folder, f"{delay}.sextant")
            if self.heard_inside(delay, "SELECT sextant_ingest(?, 'a', ?)", corpus, text):
                break
        else:
            self.fail("no interrupt was heard while a document was read")
        self.assertEqual(self.one("SELECT count(*) FROM sextant_retrieve(?, 'mail')", corpus), 0)

    def test_long_and_odd_texts(self):
        text = "Write to joe@example.org, 北 ö. " * 9000  # more than a piece
        self.assertEqual(self.one("SELECT sextant_redact(?)", text), text.replace("joe@example.org", "<EMAIL_ADDRESS>"))
        self.assertEqual(self.one("SELECT sextant_redact('')"), "")
        self.assertEqual(self.one("SELECT hex(sextant_redact(x'6a6f65ff406578'))"), "6A6F65FF406578")


class Manners(unittest.TestCase):
    def test_leaves_the_host_as_it_was(self):
        sqlite3.connect(":memory:").close()
        before = manners.state()
        db = connect()
        self.assertEqual(manners.state(), before)  # loaded, not used: no thread, no file
        db.execute("SELECT sextant_ingest(':memory:', 'h.md', ?)", (HANDBOOK,)).fetchall()
        db.execute("SELECT sextant_generate(':memory:', ?), sextant_redact('joe@example.org')", (QUESTION,)).fetchall()
        db.close()
        self.assertEqual(manners.state(), before)

    def test_the_process_is_as_it_was(self):
        probe = ctypes.CDLL(PROBE)
        probe.probe_state.restype = ctypes.c_char_p
        sqlite3.connect(":memory:").close()
        os.urandom(1)
        with tempfile.TemporaryFile() as said:
            out, err = os.dup(1), os.dup(2)
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
            before = probe.probe_state()
            db = connect()
            loaded = probe.probe_state()
            db.execute("SELECT sextant_ingest(':memory:', 'h.md', ?)", (HANDBOOK,)).fetchall()
            db.execute("SELECT sextant_generate(':memory:', ?), sextant_redact('joe@example.org')", (QUESTION,)).fetchall()
            db.close()
            after = probe.probe_state()
            os.dup2(out, 1)
            os.dup2(err, 2)
            os.close(out)
            os.close(err)
            said.seek(0)
            self.assertEqual(said.read(), b"")
        self.assertEqual(before.split(b"\n"), loaded.split(b"\n"))
        self.assertEqual(before.split(b"\n"), after.split(b"\n"))

    def test_two_libraries(self):
        """The second plugin brings a library of its own; each works by itself and after the other has gone."""
        one, two = connect(), sqlite3.connect(":memory:")
        two.enable_load_extension(True)
        two.execute("SELECT load_extension(?, 'sqlite3_sextant_init')", (SECOND,))
        for db in (one, two):
            db.execute("SELECT sextant_ingest(':memory:', 'h.md', ?)", (HANDBOOK,)).fetchall()
            self.assertIn("25 days", db.execute("SELECT sextant_generate(':memory:', ?)", (QUESTION,)).fetchone()[0])
        one.close()
        self.assertIn("25 days", two.execute("SELECT sextant_generate(':memory:', ?)", (QUESTION,)).fetchone()[0])
        two.close()

    def test_two_copies_and_unloading(self):
        with tempfile.TemporaryDirectory() as folder:
            second = shutil.copy(PLUGIN, os.path.join(folder, "sextant_second.so"))
            one, two = connect(), sqlite3.connect(":memory:")
            two.enable_load_extension(True)
            two.execute("SELECT load_extension(?, 'sqlite3_sextant_init')", (second,))
            one.execute("SELECT sextant_redact('joe@example.org')").fetchall()
            one.close()  # SQLite unloads the first
            self.assertEqual(two.execute("SELECT sextant_redact('joe@example.org')").fetchone()[0], "<EMAIL_ADDRESS>")
            two.close()


class InTheShell(unittest.TestCase):
    def test_answers_and_prints_nothing_else(self):
        shell = shutil.which("sqlite3")
        if not shell:
            self.skipTest("there is no sqlite3 shell (Debian: sqlite3)")
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "h.md"), "w", encoding="utf-8") as f:
                f.write(HANDBOOK)
            script = (f".load {PLUGIN}\nSELECT sextant_ingest('n.sextant', 'h.md', readfile('h.md'));\n"
                      f"SELECT doc FROM sextant_retrieve('n.sextant', '{QUESTION}', 1);\n"
                      "SELECT sextant_redact('Write to joe@example.org.');\n")
            done = subprocess.run([shell, "-batch"], input=script, capture_output=True, text=True, timeout=60, cwd=folder)
        self.assertEqual((done.stdout, done.stderr, done.returncode), ("h.md\nh.md\nWrite to <EMAIL_ADDRESS>.\n", "", 0))


if __name__ == "__main__":
    if not hasattr(sqlite3.Connection, "enable_load_extension"):
        print("SKIPPED: this Python's sqlite3 loads no extensions")
        sys.exit(77)
    unittest.main()
