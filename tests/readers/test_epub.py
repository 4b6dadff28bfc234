"""EPUB: the chapters of the spine in their order, found by escaped and relative references."""
from reading import Corpus, holds, lacks, plugin, same

plugin("xml")
c = Corpus()
parts = {
    "mimetype": "application/epub+zip",
    "META-INF/container.xml": '<container><rootfiles><rootfile full-path="OEBPS/p.opf"/></rootfiles></container>',
    "OEBPS/p.opf": '<package xmlns:dc="x"><metadata><dc:title>The Book</dc:title></metadata><manifest>'
                   '<item id="n" href="nav.xhtml" properties="nav"/><item id="a" href="c%201.xhtml"/>'
                   '<item id="b" href="../b.xhtml#part"/><item id="x" href="../../../etc/passwd"/></manifest>'
                   '<spine><itemref idref="n"/><itemref idref="b"/><itemref idref="a"/><itemref idref="x"/></spine></package>',
    "OEBPS/nav.xhtml": "<html><body><p>contents</p></body></html>",
    "OEBPS/c 1.xhtml": "<?xml version='1.0'?><!DOCTYPE html><html><head><title>x</title></head><body><h2>One</h2>"
                       "<p>First chapter text.</p></body></html>",
    "b.xhtml": "<html><body><h2>Two</h2><p>Second.</p></body></html>",
}
same(c.ingest(c.zip("a.epub", parts)), None)
same(c.text("a.epub"), "The Book\n\nTwo\n\nSecond.\n\nOne\n\nFirst chapter text.")
same(c.titles("a.epub"), [(1, "The Book"), (2, "Two"), (2, "One")])
del parts["META-INF/container.xml"]
holds(c.ingest(c.zip("b.epub", parts)), "b.epub", "EPUB")
lacks(c.run("docs").stdout.decode(), "b.epub")
