"""What the tests of readers share: a corpus in a temporary folder, and the command run on it."""
import json
import os
import subprocess
import sys
import tempfile
import zipfile

SEXTANT = os.environ["SEXTANT"]
SHARED = os.environ.get("SEXTANT_SHARED", "")


def skip(why):
    print("SKIP:", why)
    sys.exit(77)


def plugin(kind):
    """Skips the test where the plugin was not built."""
    path = os.path.join(os.path.dirname(os.environ["SEXTANT_LIBRARY"]), f"libsextant-read-{kind}.so")
    if not os.path.exists(path):
        skip(f"{os.path.basename(path)} was not built: its libraries are missing")


class Corpus:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "c.sextant")

    def file(self, name, content):
        path = os.path.join(self.folder.name, name)
        with open(path, "wb") as f:
            f.write(content if isinstance(content, bytes) else content.encode())
        return path

    def zip(self, name, parts, compress=zipfile.ZIP_DEFLATED):
        path = os.path.join(self.folder.name, name)
        with zipfile.ZipFile(path, "w", compress) as z:
            for part, content in parts.items():
                z.writestr(part, content)
        return path

    def run(self, *args, env=None, stdin=None):
        return subprocess.run([SEXTANT, args[0], "-c", self.path, *args[1:]], capture_output=True, input=stdin, env=env,
                              timeout=120)

    def ingest(self, path, *args):
        """The sentence of a failure, None when all went well. Nothing else may be printed."""
        done = self.run("ingest", "-q", *args, path)
        assert done.returncode in (0, 1), (done.returncode, done.stderr)
        lines = done.stderr.decode().strip().splitlines()
        assert len(lines) == (0 if done.returncode == 0 else 1), done.stderr.decode()
        return lines[0] if lines else None

    def text(self, doc):
        return self.run("text", doc).stdout.decode()

    def tree(self, doc):
        """[(depth, title, start, end)] of the nodes in reading order."""
        nodes = json.loads(self.run("tree", "--json", doc).stdout)["nodes"]
        return [(n["depth"], n["title"], n["start"], n["end"]) for n in nodes]

    def titles(self, doc):
        return [(depth, title) for depth, title, _, _ in self.tree(doc) if title]


def same(got, want):
    if got != want:
        print("got :", repr(got))
        print("want:", repr(want))
        sys.exit(1)


def holds(text, *pieces):
    for piece in pieces:
        if piece not in text:
            print("lacks", repr(piece), "in", repr(text[:2000]))
            sys.exit(1)


def lacks(text, *pieces):
    for piece in pieces:
        if piece in text:
            print("holds", repr(piece), "in", repr(text[:2000]))
            sys.exit(1)
