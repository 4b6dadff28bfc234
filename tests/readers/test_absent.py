"""Without its plugin a format is refused with a sentence that says what is missing and where it was looked for."""
import os
import shutil
import tempfile

from reading import Corpus, holds, same

library = os.path.realpath(os.environ["SEXTANT_LIBRARY"])
c = Corpus()
with tempfile.TemporaryDirectory() as alone:
    shutil.copy(library, os.path.join(alone, "libsextant.so.0"))
    env = {**os.environ, "LD_LIBRARY_PATH": alone + ":" + os.environ.get("LD_LIBRARY_PATH", "")}
    done = c.run("ingest", "-q", c.file("a.pdf", b"%PDF-1.4\n"), env=env)
    same(done.returncode, 1)
    said = done.stderr.decode()
    if "damaged" in said:  # an installed plugin was found instead
        print("SKIP: a plugin is installed on this machine")
        raise SystemExit(77)
    holds(said, "a.pdf", "libsextant-read-pdf.so", alone, "libpoppler-glib8")
    same(c.run("ingest", "-q", c.file("a.md", "# A\n\nText.\n"), env=env).returncode, 0)
