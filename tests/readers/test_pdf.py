"""PDF: lines in reading order, pages, headings by outline and size, running heads gone, scans and locks refused."""
import json
import os

from reading import SHARED, Corpus, holds, lacks, plugin, same


def pdf(pages, outline=()):
    """A PDF of pages, each a list of (x, y from the top, size, font, text); fonts: R regular, B bold."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R /Outlines 5 0 R >>", None,
               b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
               b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold >>", None]
    kids = []
    for lines in pages:
        content = "".join(f"BT /{font} {size} Tf {x} {792 - y} Td ({text}) Tj ET\n" for x, y, size, font, text in lines).encode()
        objects.append(b"<< /Length %d >>\nstream\n" % len(content) + content + b"endstream")
        objects.append(b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R "
                       b"/Resources << /Font << /R 3 0 R /B 4 0 R >> >> >>" % len(objects))
        kids.append(len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(b"%d 0 R" % k for k in kids))
    first = len(objects) + 1
    for i, (title, page) in enumerate(outline):
        link = (b" /Next %d 0 R" % (first + i + 1) if i + 1 < len(outline) else b"") + (b" /Prev %d 0 R" % (first + i - 1) if i else b"")
        objects.append(b"<< /Title (%s) /Parent 5 0 R /Dest [%d 0 R /Fit]%s >>" % (title.encode(), kids[page], link))
    objects[4] = b"<< /Type /Outlines /First %d 0 R /Last %d 0 R /Count %d >>" % (first, len(objects), len(outline)) if outline else b"<< >>"
    out, at = b"%PDF-1.4\n", []
    for i, o in enumerate(objects):
        at.append(len(out))
        out += b"%d 0 obj\n" % (i + 1) + o + b"\nendobj\n"
    xref = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % a for a in at)
    return out + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, xref)


def page(number, *lines):
    return [(72, 40, 9, "R", "Harbour Authority"), *lines, (300, 760, 9, "R", f"{number}")]


plugin("pdf")
c = Corpus()
body = [page(1, (72, 90, 20, "B", "Annual Report"), (72, 130, 11, "R", "The harbour is open to every ves-"),
             (72, 144, 11, "R", "sel that pays its dues."), (72, 158, 11, "R", "It has two quays."),
             (72, 200, 11, "B", "Fees"), (72, 220, 11, "R", "Small boats pay five euros."))]
body += [page(n, (72, 90, 11, "R", f"Text of page {n} {'about on near'.split()[n % 3]} {'boats quays cranes ropes'.split()[n % 4]}."), (72, 130, 11, "R", "Year"), (250, 130, 11, "R", "Fee"),
              (72, 144, 11, "R", "2021"), (250, 144, 11, "R", str(n))) for n in range(2, 6)]
body += [page(6, (72, 90, 11, "R", "Accounts"), (72, 110, 11, "R", "The accounts are in order."))]
same(c.ingest(c.file("a.pdf", pdf(body, [("Accounts", 5)]))), None)
text = c.text("a.pdf")
holds(text, "open to every vessel\nthat pays its dues.\nIt has two quays.", "Year   Fee\n2021   3", "Text of page 2")
lacks(text, "Harbour Authority", "ves-")
same(text.count("\f"), 5)
lacks(text.split("\f")[3], "\n4\n")
titles = [t for _, t in c.titles("a.pdf")]
for want in ("Annual Report", "Fees", "Accounts"):
    if want not in titles:
        same(titles, want)
found = json.loads(c.run("retrieve", "--jsonl", "--top", "1", stdin=b'{"id":1,"question":"Are the accounts in order?"}\n').stdout)
same(found["evidence"][0]["page"], 6)

# two columns are read one after the other
words = "the quick brown fox jumps over the lazy dog and runs away from here".split()
left = [(50, 80 + 12 * i, 10, "R", "left " + " ".join(words[k % 14] for k in range(i, i + 8))) for i in range(40)]
right = [(320, 80 + 12 * i, 10, "R", "right " + " ".join(words[k % 14] for k in range(i, i + 8))) for i in range(40)]
same(c.ingest(c.file("two.pdf", pdf([[x for pair in zip(left, right) for x in pair]]))), None)
columns = c.text("two.pdf")
same((columns.count("left"), columns.count("right")), (40, 40))
same(columns.rfind("left") < columns.find("right"), True)

holds(c.ingest(c.file("scan.pdf", pdf([[], []]))), "scan.pdf", "scan", "OCR")
holds(c.ingest(c.file("junk.pdf", b"%PDF-1.4\n" + bytes(range(256)) * 20)), "junk.pdf", "damaged")
holds(c.ingest(c.file("empty.pdf", b"")), "empty.pdf")

# the pages of a real filing, where it is at hand
real = os.path.join(SHARED, "bench", "retrieval", "financebench", "pdf", "AMAZON_2017_10K.pdf")
if os.path.exists(real):
    same(c.ingest(real), None)
    name = os.path.basename(real)
    text = c.text(name)
    same(text.count("\f") > 70, True)
    titles = [t for _, t in c.titles(name)]
    for want in ("Item 1A.", "Item 7.", "PART II", "Competition"):
        if not any(t.startswith(want) for t in titles):
            same(titles[:80], want)
else:
    print("no shared data: the real filing was left out")
