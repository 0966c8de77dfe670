"""Files made to break, fill or stall their reader, by name: what they are called, how to make them, what must come.

`READ` stands for a text without harm; everything else is one of the documented reasons.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import docx
import pptx

READ = "read"
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
MAIN, SLIDE, RELS = "word/document.xml", "ppt/slides/slide1.xml", "word/_rels/document.xml.rels"


@dataclass(frozen=True)
class Hostile:
    """One such file."""

    name: str
    make: Callable[[], bytes]
    outcomes: frozenset[str]


def word() -> bytes:
    document, output = docx.Document(), io.BytesIO()
    document.add_paragraph("Words of a lesson.")
    document.save(output)
    return output.getvalue()


def slides() -> bytes:
    presentation, output = pptx.Presentation(), io.BytesIO()
    slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    slide.shapes.title.text = "Words of a slide"
    presentation.save(output)
    return output.getvalue()


def changed(package: bytes, part: str, data: bytes | str | None) -> bytes:
    """The package with one part replaced, added, or left out."""
    output = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            if info.filename != part:
                new.writestr(info.filename, old.read(info))
        if data is not None:
            new.writestr(part, data)
    return output.getvalue()


def document(body: str, prolog: str = "") -> bytes:
    """A Word file whose main part is this."""
    xml = f'<?xml version="1.0"?>{prolog}<w:document {W}><w:body><w:p><w:r><w:t>{body}</w:t></w:r></w:p></w:body></w:document>'
    return changed(word(), MAIN, xml)


def presentation(text: str, prolog: str) -> bytes:
    """A presentation whose slide is this."""
    with zipfile.ZipFile(io.BytesIO(slides())) as package:
        xml = package.read(SLIDE).decode()
    head, _, rest = xml.partition("?>")
    return changed(slides(), SLIDE, f"{head}?>{prolog}{rest.replace('Words of a slide', text)}")


def laughs(levels: int = 12) -> str:
    """Entities of entities: ten to the power of `levels` words."""
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, levels))
    return f'<!DOCTYPE x [<!ENTITY l0 "lol">{entities}]>'


def outer(address: str) -> str:
    return f'<!DOCTYPE x [<!ENTITY secret SYSTEM "{address}">]>'


def relation(target: str) -> bytes:
    """A Word file that asks for something from outside."""
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"
    with zipfile.ZipFile(io.BytesIO(word())) as package:
        xml = package.read(RELS).decode()
    added = f'<Relationship Id="rIdX" Type="{kind}" Target="{target}" TargetMode="External"/></Relationships>'
    return changed(word(), RELS, xml.replace("</Relationships>", added))


def locked(package: bytes) -> bytes:
    """With the mark of a password on every entry."""
    data = bytearray(package)
    for mark, at in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        position = data.find(mark)
        while position >= 0:
            data[position + at] |= 1
            position = data.find(mark, position + 4)
    return bytes(data)


def pdf(*objects: bytes, root: bytes = b"1 0 R") -> bytes:
    """A PDF of numbered objects, the first its catalogue."""
    data, offsets = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size, start = len(objects) + 1, len(data)
    trailer = b"trailer << /Size %d /Root %s >>\nstartxref\n%d\n%%%%EOF" % (size, root, start)
    return data + b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table) + trailer


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), entries, data)


def page(content: bytes, *others: bytes, kids: bytes = b"3 0 R", count: int = 1, resources: bytes = b"") -> bytes:
    """Catalogue, pages, one page, its contents (object 4), and more."""
    return pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources << %s >> >>" % resources,
        content,
        *others,
    )


def flate(data: bytes, times: int = 1) -> bytes:
    for _ in range(times):
        data = zlib.compress(data, 9)
    return stream(data, b"/Filter [%s]" % (b"/FlateDecode " * times))


def good_pdf() -> bytes:
    font = b"/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"
    return page(stream(b"BT /F1 10 Tf 1 0 0 1 1 1 Tm (Words of a page.) Tj ET"), resources=font)


def notebook(*cells: object, **fields: object) -> bytes:
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **fields}).encode()


def code(source: object) -> dict[str, object]:
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None, "id": "a"}


def cues(count: int) -> bytes:
    line = "{0}\n{1:02}:{2:02}:{3:02},000 --> {1:02}:{2:02}:{3:02},900\nWords of cue number {0}.\n\n"
    return "".join(line.format(n, n // 3600, n // 60 % 60, n % 60) for n in range(count)).encode()


def share(data: bytes, quarters: int) -> bytes:
    return data[: len(data) * quarters // 4]


def _all(*rows: tuple[str, str, Callable[[], bytes], str]) -> dict[str, Hostile]:
    return {title: Hostile(name, make, frozenset(outcomes.split())) for title, name, make, outcomes in rows}


WHOLE = {"a.docx": word, "a.pptx": slides, "a.pdf": good_pdf, "a.ipynb": lambda: notebook(code("words of code"))}
CUT = _all(
    *(
        (f"{name} cut at quarter {quarter}", name, lambda make=make, q=quarter: share(make(), q), "damaged")  # type: ignore[misc]
        for name, make in WHOLE.items()
        for quarter in (1, 2, 3)
    )
)
MALFORMED = CUT | _all(
    # Word and PowerPoint
    ("an entity of a file", "a.docx", lambda: document("&secret;", outer("file:///etc/passwd")), "no_text damaged"),
    ("an entity of the network", "a.docx", lambda: document("&secret;", outer("http://127.0.0.1:9/x")), "no_text damaged"),
    ("a document type from outside", "a.docx",
     lambda: document("x", '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'), "read damaged"),
    ("a parameter entity", "a.docx",
     lambda: document("x", '<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>'), "read damaged"),
    ("an entity in a slide", "a.pptx", lambda: presentation("&secret;", outer("file:///etc/passwd")), "no_text damaged"),
    ("a template from the network", "a.docx", lambda: relation("http://127.0.0.1:9/t.dotm"), "read"),
    ("a template from the disk", "a.docx", lambda: relation("file:///etc/passwd"), "read"),
    ("a docx without its document", "a.docx", lambda: changed(word(), MAIN, None), "damaged"),
    ("a docx without its list of parts", "a.docx", lambda: changed(word(), "[Content_Types].xml", None), "disguised"),
    ("a docx that is no XML", "a.docx", lambda: changed(word(), MAIN, b"\0\1\2" * 99), "damaged"),
    ("a docx with half its XML", "a.docx", lambda: changed(word(), MAIN, f"<w:document {W}><w:body>"), "damaged"),
    ("a docx in UTF-16", "a.docx", lambda: changed(
        word(), MAIN, f'<?xml version="1.0" encoding="UTF-16"?><w:document {W}><w:body/></w:document>'.encode("utf-16")),
     "no_text"),
    ("a docx nested without end", "a.docx", lambda: document("<w:r>" * 100_000), "damaged no_text"),
    ("a docx with a password on its parts", "a.docx", lambda: locked(word()), "encrypted"),
    ("a docx with its document twice", "a.docx", lambda: changed(word(), "../document.xml", b"x"), "read"),
    ("a docx whose contents were changed", "a.docx", lambda: word().replace(b"PK\3\4", b"PK\3\5", 3), "damaged"),
    ("a pptx without its slide", "a.pptx", lambda: changed(slides(), SLIDE, None), "damaged"),
    ("a pptx with a slide of nonsense", "a.pptx", lambda: changed(slides(), SLIDE, b"<x/>"), "damaged no_text"),
    ("an empty zip called docx", "a.docx", lambda: b"PK\5\6" + bytes(18), "damaged disguised"),
    # PDF
    ("a PDF whose pages hold themselves", "a.pdf", lambda: page(stream(b""), kids=b"2 0 R"), "damaged no_text"),
    ("a PDF with a thousand million pages, it says", "a.pdf", lambda: page(stream(b""), count=10**9),
     "too_large no_text"),
    ("a PDF without a catalogue", "a.pdf", lambda: pdf(b"<< >>", root=b"9 0 R"), "damaged"),
    ("a PDF whose table of objects leads to itself", "a.pdf",
     lambda: good_pdf().replace(b"trailer <<", b"trailer << /Prev 9 "), "read damaged"),
    ("a PDF with a form that draws itself", "a.pdf", lambda: page(
        stream(b"/X Do"),
        stream(b"/X Do", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 5 0 R >> >>"),
        resources=b"/XObject << /X 5 0 R >>"), "damaged no_text"),
    ("a PDF with an unknown filter", "a.pdf", lambda: page(stream(b"x", b"/Filter /Mystery")), "damaged no_text"),
    ("a PDF with a broken stream", "a.pdf", lambda: page(stream(b"nonsense", b"/Filter /FlateDecode")),
     "damaged no_text"),
    ("a PDF with contents nested without end", "a.pdf", lambda: page(stream(b"[" * 200_000)), "damaged no_text"),
    ("a PDF of zeros", "a.pdf", lambda: b"%PDF-1.7\n" + bytes(100_000), "damaged"),
    ("a PDF that refers to itself for its length", "a.pdf",
     lambda: page(b"<< /Length 4 0 R >>\nstream\nx\nendstream"), "damaged no_text"),
    # notebooks
    ("a notebook nested without end", "a.ipynb", lambda: b"[" * 200_000, "damaged"),
    ("a notebook of nothing", "a.ipynb", lambda: b"{}", "damaged"),
    ("a notebook that is a list", "a.ipynb", lambda: b"[1, 2]", "damaged"),
    ("a notebook whose cells are a number", "a.ipynb", lambda: b'{"nbformat": 4, "nbformat_minor": 5, "cells": 7}',
     "damaged"),
    ("a notebook whose cells are words", "a.ipynb", lambda: notebook("a", "b"), "damaged"),
    ("a notebook whose code is a number", "a.ipynb", lambda: notebook(code(7)), "damaged"),
    ("a notebook whose code is a tree", "a.ipynb", lambda: notebook(code([["a"], {}])), "damaged"),
    ("a notebook with half a character", "a.ipynb",
     lambda: b'{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[{"cell_type":"code","metadata":{},"outputs":[],'
     b'"execution_count":1,"source":"a\\ud800b"}]}', "read"),
    ("a notebook with a number of a million digits", "a.ipynb", lambda: b'{"nbformat": ' + b"9" * 1_000_000 + b"}",
     "damaged"),
    ("a notebook from the year 3000", "a.ipynb", lambda: notebook(code("x"), nbformat=99), "damaged read"),
    # subtitles
    ("subtitles of impossible times", "a.srt", lambda: b"1\n99999999999:99:99,999 --> 99999999999:99:99,999\nwords\n\n",
     "damaged"),
    ("subtitles in VTT of impossible times", "a.vtt",
     lambda: b"WEBVTT\n\n99999999999:99:99.999 --> 99999999999:99:99.999\nwords\n\n", "damaged no_text"),
    ("subtitles of arrows", "a.srt", lambda: b"--> " * 100_000, "no_text damaged"),
    ("subtitles that are cut in a time", "a.srt", lambda: b"1\n00:00:01,000 --> 00:0", "no_text damaged"),
    # text
    ("text of zeros", "a.txt", lambda: bytes(100_000), "disguised empty"),
    ("text with zeros between", "a.md", lambda: b"a\0b\0c\0" * 1_000, "disguised"),
    ("text that is only a mark", "a.md", lambda: b"\xff\xfe", "empty no_text"),
    ("UTF-16 that breaks off", "a.md", lambda: "Words".encode("utf-16") + b"x", "read"),
    ("text of one byte over and over", "a.txt", lambda: b"\xff" * 100_000, "read disguised no_text"),
    ("front matter with an impossible date", "a.md", lambda: b"---\ndate: 2024-02-31\n---\nWords.\n", "read"),
    ("front matter nested without end", "a.md", lambda: b"---\na: " + b"[" * 50_000 + b"\n---\nWords.\n", "read"),
    ("front matter that makes an object", "a.md",
     lambda: b"---\ntitle: !!python/object/apply:os.system ['true']\n---\nWords.\n", "read"),
    # lies
    ("a program called txt", "a.txt", lambda: b"\x7fELF\2\1\1" + bytes(range(256)) * 9, "disguised"),
    ("a film called srt", "a.srt", lambda: b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 9, "disguised"),
    ("a packed file called md", "a.md", lambda: b"\x1f\x8b" + zlib.compress(bytes(range(256)) * 99), "disguised"),
    ("a rich text called docx", "a.docx", lambda: rb"{\rtf1\ansi words}", "disguised"),
    ("an old table called docx", "a.docx", lambda: bytes.fromhex("d0cf11e0a1b11ae1") + bytes(2_000), "unsupported"),
    ("a page called ipynb", "a.ipynb", lambda: b"<!doctype html><html><body>Words.</body></html>", "read"),
    ("a web page of nothing seen", "a.html", lambda: b"<html><body><script>x</script><nav>y</nav></body></html>",
     "no_text"),
)  # fmt: skip


def bombs(n: Callable[[int], int] = int) -> dict[str, Hostile]:
    """Files whose cost grows faster than their size; `n` makes their numbers smaller."""
    return _all(
    ("a billion laughs in a docx", "a.docx", lambda: document("&l11;", laughs()), "damaged read no_text"),
    ("a billion laughs in a slide", "a.pptx", lambda: presentation("&l11;", laughs()), "damaged read no_text"),
    ("one long entity ten thousand times", "a.docx",
     lambda: document("&a;" * n(10_000), f'<!DOCTYPE x [<!ENTITY a "{"x" * n(100_000)}">]>'), "damaged read no_text"),
    ("a billion laughs in front matter", "a.md", lambda: b"---\na0: &a0 [lol]\n" + b"".join(
        b"a%d: &a%d [%s]\n" % (at, at, b",".join([b"*a%d" % (at - 1)] * 10)) for at in range(1, 12)) + b"---\nWords.\n",
     "read"),
    ("a docx that unpacks to 300 MB", "a.docx", lambda: changed(word(), "word/media/a.bin", bytes(n(300_000_000))),
     "too_large"),
    ("a PDF page that unpacks to 200 MB", "a.pdf", lambda: page(flate(b"(x) Tj " * n(30_000_000))),
     "too_large damaged no_text too_slow"),
    ("a PDF page packed three times", "a.pdf", lambda: page(flate(b"\n" * n(300_000_000), 3)),
     "too_large damaged no_text too_slow"),
    ("a PDF with the same page a million times", "a.pdf",
     lambda: page(stream(b""), kids=b"3 0 R " * n(1_000_000), count=n(1_000_000)), "too_large damaged"),
    ("a PDF with a page of 100,000 words", "a.pdf",
     lambda: page(flate(b"BT /F1 9 Tf (x) Tj ET\n" * n(100_000)),
                  resources=b"/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"),
     "too_large too_slow read"),
    ("a PDF with a picture of 400 million points", "a.pdf", lambda: page(
        stream(b"/I Do"), flate(bytes(n(100_000_000))).replace(
            b"<<", b"<< /Type /XObject /Subtype /Image /Width 20000 /Height 20000 /BitsPerComponent 8 /ColorSpace /DeviceGray",
            1), resources=b"/XObject << /I 5 0 R >>"), "no_text"),
    ("subtitles of a hundred thousand cues", "a.srt", lambda: cues(n(100_000)), "too_large read"),
    ("50 MB in one line", "a.txt", lambda: b"word " * n(10_000_000), "too_large"),
    ("50 MB in one word", "a.md", lambda: b"x" * n(50_000_000), "too_large too_slow"),
    ("20 MB of line ends", "a.md", lambda: b"\n" * n(20_000_000) + b"x", "read too_large too_slow"),
    ("a page nested without end", "a.html", lambda: b"<div>" * n(300_000) + b"Words.", "read damaged"),
    ("lists nested without end", "a.md", lambda: b"".join(b"  " * at + b"- a\n" for at in range(n(2_000))), "read damaged"),
    ("quotes nested without end", "a.md", lambda: b">" * n(100_000) + b" Words.", "read no_text damaged"),
    ("brackets without end", "a.md", lambda: b"[" * n(200_000), "read too_slow"),
    ("links in links", "a.md", lambda: b"a [b](<" * n(300_000), "read too_slow"),
    ("stars without end", "a.md", lambda: b"*a **a " * n(100_000), "read too_slow"),
    ("backticks of every length", "a.md", lambda: b" ".join(b"`" * at for at in range(1, n(2_000))), "read too_slow"),
    ("tags that never close", "a.mdx", lambda: b"<A b={" * n(200_000), "read too_slow"),
    ("braces without end", "a.mdx", lambda: b"{/*" * n(200_000), "read too_slow"),
    ("comments that never close", "a.md", lambda: b"<!-- " * n(200_000), "read no_text too_slow"),
    ("comments before a page", "a.txt", lambda: b"<!-- --> " * n(100_000), "read no_text too_slow"),
    ("dollars without end", "a.md", lambda: b"$a" * n(200_000), "read too_slow"),
    ("a heading of blanks", "a.md", lambda: b"# a" + b" " * n(500_000) + b"b", "read too_slow"),
    ("an anchor that never closes", "a.md", lambda: b"# " + b"[[a" * n(100_000), "read too_slow"),
    ("definitions without end", "a.md", lambda: b"".join(b"[a%d]: b\n" % at for at in range(n(100_000))) + b"x",
         "read too_slow"),
    ("a table of many columns", "a.md", lambda: b"|a" * n(20_000) + b"|\n" + b"|-" * n(20_000) + b"|\n" + b"|b" * n(20_000),
     "read too_slow"),
    ("colours without end", "a.ipynb",
     lambda: notebook({**code("x"), "outputs": [{"output_type": "stream", "name": "stdout", "text": "\x1b[0" * n(300_000)}]}),
     "read too_slow"),
    ("the shadow of an object", "a.ipynb", lambda: notebook({**code("x"), "outputs": [
        {"output_type": "execute_result", "execution_count": 1, "metadata": {},
         "data": {"text/plain": "<a" + " <a" * n(300_000)}}]}),
     "read too_slow"),
    ("progress without end", "a.ipynb", lambda: notebook({**code("x"), "outputs": [
        {"output_type": "stream", "name": "stdout", "text": "a" * n(500_000)}]}), "read too_slow"),
    ("captions of tags", "a.srt", lambda: b"1\n00:00:01,0 --> 00:00:02,0\n" + b"<a" * n(300_000) + b"\n", "read too_slow"),
    ("captions of brackets", "a.srt", lambda: b"1\n00:00:01,0 --> 00:00:02,0\n(" + b"a " * n(300_000) + b"\n", "read too_slow"),
    ("captions of blanks", "a.srt", lambda: b"1\n00:00:01,0 --> 00:00:02,0\na" + b" " * n(300_000) + b"-\n", "read too_slow"),
    ("times without end", "a.srt", lambda: b"1:" * n(500_000), "no_text damaged too_slow"),
    ("digits without end", "a.srt", lambda: b"1" * n(500_000), "no_text damaged too_slow"),
)  # fmt: skip
