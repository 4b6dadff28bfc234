"""Documents made to hurt: each ends in text or in one sentence, within bounds, and leaves the corpus as it was."""
import os
import random
import resource

from reading import Corpus, holds, plugin, same

plugin("xml")
if not os.environ.get("SEXTANT_SANITIZE"):  # a sanitizer's shadow is larger than any bound on memory
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
c = Corpus()
same(c.ingest(c.file("kept.md", "# Kept\n\nThis stays.\n")), None)

# nesting, wide rows, one long line
same(c.ingest(c.file("deep.html", "<div>" * 100000 + "x" + "</div>" * 100000)), None)
holds(c.text("deep.html"), "x")
same(c.ingest(c.file("lists.html", "<ul><li>" * 100000 + "y")), None)
holds(c.text("lists.html"), "y")
same(c.ingest(c.file("rows.html", "<table>" + "<tr><td>a<td>b" * 30000)), None)
same(c.ingest(c.file("line.html", "<p>" + "word " * 400000)), None)
same(c.ingest(c.file("tables.html", "<table><tr><td>" * 20000)), None)

# a zip bomb: 300 MiB of text in a few hundred KiB
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
blow = f"<w:document {W}><w:body><w:p><w:r><w:t>" + "a" * (300 << 20) + "</w:t></w:r></w:p></w:body></w:document>"
path = c.zip("bomb.docx", {"word/document.xml": blow})
del blow
holds(c.ingest(path), "bomb.docx", "max_doc_bytes")
os.remove(path)

# damaged archives, at every sort of place
whole = open(c.zip("a.docx", {"word/document.xml": f"<w:document {W}><w:body><w:p><w:r><w:t>Hello.</w:t></w:r></w:p></w:body></w:document>"}), "rb").read()
rng = random.Random(7)
for i in range(60):
    broken = bytearray(whole[: rng.randrange(len(whole))] if i % 2 else whole)
    for _ in range(rng.randrange(1, 6)):
        if broken:
            broken[rng.randrange(len(broken))] = rng.randrange(256)
    sentence = c.ingest(c.file("b.docx", bytes(broken)), "--format", "docx")
    if sentence:
        holds(sentence, "b.docx")
holds(c.ingest(c.file("noise.epub", rng.randbytes(5000))), "noise.epub")
same(c.text("kept.md"), "# Kept\n\nThis stays.\n")
