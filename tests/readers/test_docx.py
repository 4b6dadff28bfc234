"""DOCX: styles, numbering, tables, notes; what was deleted or hidden is not read."""
from reading import Corpus, holds, lacks, plugin, same

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def par(*runs, style=None, num=None, level=0):
    props = (f'<w:pStyle w:val="{style}"/>' if style else "") + (
        f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{num}"/></w:numPr>' if num else "")
    return f"<w:p><w:pPr>{props}</w:pPr>" + "".join(runs) + "</w:p>"


def run(text, props=""):
    return f'<w:r><w:rPr>{props}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def cell(*pars):
    return "<w:tc>" + "".join(pars) + "</w:tc>"


BODY = [
    par(run("Master Agreement"), style="H1"),
    par(run("Definitions"), style="H2"),
    par(run("Fee means the "), "<w:del><w:r><w:delText>old</w:delText></w:r></w:del>", "<w:ins>" + run("sum") + "</w:ins>",
        '<w:r><w:footnoteReference w:id="2"/></w:r>', run("."), num=1, level=1),
    par(run("Term is one year."), run("HIDDEN", "<w:vanish/>"), num=1, level=1),
    par(run("Payment"), style="H2"),
    par(run("in cash"), num=1, level=2),
    par(run("by cheque"), num=1, level=2),
    "<w:tbl><w:tr>" + cell(par(run("Year"))) + cell(par(run("Fee"))) + "</w:tr><w:tr>" + cell(par(run("2021"))) +
    cell(par(run("7")), par(run("EUR"))) + "</w:tr></w:tbl>",
    "<w:tbl><w:tr>" + cell(par(run("A frame is no table."))) + "</w:tr></w:tbl>",
    par(run("See")) + '<w:p><w:r><w:tab/><w:t>tab</w:t><w:br/><w:t>line</w:t></w:r></w:p>',
]
STYLES = f"""<w:styles {W}><w:style w:styleId="H1"><w:name w:val="heading 1"/></w:style>
<w:style w:styleId="H2"><w:name w:val="Clause"/><w:basedOn w:val="Base"/></w:style>
<w:style w:styleId="Base"><w:pPr><w:outlineLvl w:val="1"/><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style></w:styles>"""


def level(i, kind, text):
    return f'<w:lvl w:ilvl="{i}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{text}"/></w:lvl>'


NUMBERING = (f'<w:numbering {W}><w:abstractNum w:abstractNumId="0">' + level(0, "decimal", "%1.") +
             level(1, "decimal", "%1.%2") + level(2, "lowerRoman", "(%3)") +
             '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>')
NOTES = f'<w:footnotes {W}><w:footnote w:id="2"><w:p>{run("See annex B.")}</w:p></w:footnote></w:footnotes>'


def parts(body, **more):
    document = f'<?xml version="1.0"?><w:document {W}><w:body>{"".join(body)}</w:body></w:document>'
    return {"[Content_Types].xml": "<Types/>", "word/document.xml": document, **more}


plugin("xml")
c = Corpus()
path = c.zip("a.docx", parts(BODY, **{"word/styles.xml": STYLES, "word/numbering.xml": NUMBERING, "word/footnotes.xml": NOTES}))
same(c.ingest(path), None)
text = c.text("a.docx")
holds(text, "1. Definitions", "1.1 Fee means the sum.\n", "[note] See annex B.", "1.2 Term is one year.", "2. Payment",
      "(i) in cash\n(ii) by cheque", "Year | Fee\n2021 | 7 EUR", "A frame is no table.", "tab\nline")
lacks(text, "old", "HIDDEN")
same([t for t in c.titles("a.docx") if not t[1][:3] in ("1.1", "1.2")],
     [(1, "Master Agreement"), (2, "1. Definitions"), (2, "2. Payment")])

# a circle of styles ends; a document type is refused; another archive is no DOCX
circle = f'<w:styles {W}><w:style w:styleId="H1"><w:basedOn w:val="H1"/></w:style></w:styles>'
same(c.ingest(c.zip("circle.docx", parts(BODY[:1], **{"word/styles.xml": circle}))), None)
bomb = parts(["<w:p>" + run("&a;") + "</w:p>"])
bomb["word/document.xml"] = '<!DOCTYPE x [<!ENTITY a "aaaa">]>' + bomb["word/document.xml"].split("?>", 1)[1]
holds(c.ingest(c.zip("bomb.docx", bomb)), "bomb.docx", "not the XML")
holds(c.ingest(c.zip("other.docx", {"a.txt": "hello"})), "no DOCX")
