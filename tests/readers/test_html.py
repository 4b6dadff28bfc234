"""HTML: what is shown becomes text, what structures it becomes the tree, what is hidden becomes nothing."""
from reading import Corpus, holds, lacks, plugin, same

PAGE = """<!DOCTYPE html><html><head><title>Harbour</title><style>p{x:y}</style><script>var a = "no";</script></head><body>
<nav>menu home</nav><h1>Harbour rules</h1>
<p>The office&nbsp;opens
at <b>seven</b>.<br>Closed on Sunday &amp; Monday.</p><h2>Fees</h2>
<ul><li>Small boats: 5 \u20ac</li><li>Large <i>boats</i>: 12 \u20ac</li></ul>
<table><tr><th>Year</th><th>Fee</th></tr><tr><td>2020</td><td></td><td>5</td></tr><tr><td>2021</td><td>7</td></tr></table>
<div style="display : none">secret</div><p hidden>also secret</p><!-- a remark -->
<p><b>Special cases</b></p><p>None so far.</p><pre>
  code   here
</pre><div><div>inner text</div>tail</div></body></html>"""

plugin("xml")
c = Corpus()
same(c.ingest(c.file("a.html", PAGE)), None)
text = c.text("a.html")
holds(text, "The office opens at seven.\nClosed on Sunday & Monday.", "Small boats: 5 \u20ac\nLarge boats: 12 \u20ac\n",
      "Year | Fee\n2020 | 5\n2021 | 7\n", "  code   here", "inner text\n\ntail")
lacks(text, "secret", "menu", "remark", "var a", "x:y")
same([t for t in c.titles("a.html") if t[1] != "Harbour"],
     [(1, "Harbour rules"), (2, "Fees"), (3, "Special cases")])

# a page that arranges everything in tables is read by its cells; a page without headings by its words in bold
same(c.ingest(c.file("layout.html", "<table><tr><td><table><tr><td>one<td>two</table><td><p>three</p></table>")), None)
holds(c.text("layout.html"), "one | two", "three")
same(c.ingest(c.file("bold.html", "<p style='font-weight: 700'>ITEM 1. BUSINESS</p><p>We sell boats.</p>"
                                  "<p><b>Competition</b></p><p>There is <b>much</b> of it.</p>")), None)
same(c.titles("bold.html"), [(1, "ITEM 1. BUSINESS"), (2, "Competition")])

# articles of a law that are no headings; other encodings; a page known by its first bytes
same(c.ingest(c.file("law.html", "<h1>\u6cd5</h1><p>\u7b2c\u4e00\u6761 \u672c\u6cd5\u3002</p><p>\u7b2c\u4e8c\u6761 \u8239\u3002</p>")), None)
same([t for _, t in c.titles("law.html")], ["\u6cd5", "\u7b2c\u4e00\u6761", "\u7b2c\u4e8c\u6761"])
latin = "<html><head><meta charset='iso-8859-1'></head><body><p>Caf\u00e9</p></body></html>".encode("latin-1")
same(c.ingest(c.file("latin.html", latin)), None)
holds(c.text("latin.html"), "Caf\u00e9")
same(c.ingest(c.file("page", "\n<!doctype html><p>Hello.</p>")), None)
same(c.text("page"), "Hello.")
same(c.ingest(c.file("empty.html", "")), None)
same(c.text("empty.html"), "")
