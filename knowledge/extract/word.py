"""Word documents: headings by style, paragraphs, lists and tables in document order."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import docx
from docx.opc.exceptions import OpcError
from docx.oxml.ns import qn
from docx.styles.style import ParagraphStyle
from docx.table import Table
from docx.text.paragraph import Paragraph

from cohost.errors import UnreadableFile
from knowledge.extract.archive import ZIP_DAMAGE, check_package
from knowledge.extract.document import Document
from knowledge.extract.writer import Writer

_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)
_CODE = re.compile(r"code|preformatted|verbatim|listing", re.IGNORECASE)
_CONTENTS = re.compile(r"toc( heading)?\b|table of (figures|contents)", re.IGNORECASE)
_WORDS = {qn("w:t"): None, qn("m:t"): None, qn("w:tab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n"}
_WORDS |= {qn("w:noBreakHyphen"): "\u2011"}
# Deleted text, field codes, the second copy of a drawing's text, and text boxes, which are blocks of their own.
_UNSEEN = frozenset({qn("w:del"), qn("w:moveFrom"), qn("w:instrText"), qn("w:txbxContent"), qn("w:pict")}) | {
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
}


def read(data: bytes, name: str) -> Document:
    """Title from the Title style, else the file's properties; raises `damaged`, or `too_large` before unpacking."""
    check_package(data, name)
    try:
        return _read(data, name)
    except (OpcError, *ZIP_DAMAGE, KeyError, ValueError, TypeError, SyntaxError, AttributeError) as error:
        raise UnreadableFile("damaged", f"{name} cannot be read as a Word document.") from error


def _read(data: bytes, name: str) -> Document:
    document = docx.Document(io.BytesIO(data))
    story = _Story(Writer(), document)
    for block in _blocks(document.element.body):
        story.write(block)
    story.end_code()
    return story.writer.document(name, "lesson", title=story.title or document.core_properties.title or "")


class _Story:
    """Writes blocks one after another; lines of code gather until something else comes."""

    def __init__(self, writer: Writer, document: Any) -> None:
        self.writer = writer
        self.title = ""
        self._document = document
        self._code: list[str] = []
        self._numbers: dict[tuple[str, int], int] = {}

    def write(self, block: Any) -> None:
        if block.tag == qn("w:tbl"):
            self.end_code()
            self._table(Table(block, self._document))
        else:
            self._paragraph(Paragraph(block, self._document))
            for box in block.iter(qn("w:txbxContent")):
                if not any(ancestor.tag in _UNSEEN - {qn("w:txbxContent")} for ancestor in box.iterancestors()):
                    for inner in _blocks(box):
                        self.write(inner)

    def end_code(self) -> None:
        self.writer.verbatim("\n".join(self._code))
        self._code.clear()

    def _paragraph(self, paragraph: Paragraph) -> None:
        text = "".join(_words(paragraph._p))
        style = _style_names(paragraph)
        if any(_CODE.search(name) for name in style):
            self._code.append(text)
            return
        self.end_code()
        if any(_CONTENTS.match(name) for name in style):
            return
        level = _heading_level(paragraph, style)
        if level:
            self.title = self.title or (text if "Title" in style else "")
            self.writer.heading(level, text)
        elif marker := self._marker(paragraph, style):
            self.writer.item(marker + " ".join(text.split()) if text.strip() else "")
        else:
            self.writer.paragraph(text)

    def _table(self, table: Table) -> None:
        self.writer.table([[_cell_text(cell) for cell in row._tr.tc_lst] for row in table.rows])

    def _marker(self, paragraph: Paragraph, style: list[str]) -> str:
        number, depth = _numbering(paragraph)
        if number is None and not any(name.startswith("List ") for name in style):
            return ""
        form = _number_format(self._document, number, depth) or next(iter(style), "")
        if form in {"bullet", "none"} or "Bullet" in form or form == "List Paragraph":
            return "  " * depth + "- "
        key = (number or form, depth)
        self._numbers = {known: count for known, count in self._numbers.items() if known[1] <= depth}
        self._numbers[key] = self._numbers.get(key, 0) + 1
        return f"{'  ' * depth}{self._numbers[key]}. "


def _blocks(element: Any) -> Iterator[Any]:
    """Paragraphs and tables in order, also those inside content controls and tracked insertions."""
    for child in element:
        if child.tag in {qn("w:p"), qn("w:tbl")}:
            yield child
        elif child.tag in {qn("w:sdt"), qn("w:sdtContent"), qn("w:ins"), qn("w:moveTo"), qn("w:customXml")}:
            yield from _blocks(child)


def _words(element: Any) -> Iterator[str]:
    for child in element:
        if child.tag in _UNSEEN or (child.tag == qn("w:r") and _is_hidden(child)):
            continue
        if child.tag in _WORDS:
            yield _WORDS[child.tag] or child.text or ""
        else:
            yield from _words(child)


def _is_hidden(run: Any) -> bool:
    return bool(run.xpath("./w:rPr/w:vanish[not(@w:val) or (@w:val!='0' and @w:val!='false')]"))


def _cell_text(cell: Any) -> str:
    return "\n".join("".join(_words(block)) for block in cell.iter(qn("w:p")))


def _style_names(paragraph: Paragraph) -> list[str]:
    """The style's name and those it is based on, as Word names them in English."""
    names: list[str] = []
    style = paragraph.style
    while isinstance(style, ParagraphStyle) and len(names) < 10:  # a style based on itself must not hang us
        names.append(style.name or "")
        style = style.base_style
    return names


def _heading_level(paragraph: Paragraph, style: list[str]) -> int:
    if "Title" in style:
        return 1
    for name in style:
        if match := _HEADING.match(name):
            return int(match.group(1))
    outline = paragraph._p.xpath("./w:pPr/w:outlineLvl/@w:val")
    return int(outline[0]) + 1 if outline and outline[0] in set("012345") else 0


def _numbering(paragraph: Paragraph) -> tuple[str | None, int]:
    """The list this paragraph belongs to and its depth from 0; its own setting before its style's."""
    sources = [paragraph._p]
    if paragraph.style is not None:
        sources.append(paragraph.style.element)
    for source in sources:
        numbers = source.xpath("./w:pPr/w:numPr/w:numId/@w:val")
        depths = source.xpath("./w:pPr/w:numPr/w:ilvl/@w:val")
        if numbers:
            return (numbers[0] if numbers[0] != "0" else None), int(depths[0]) if depths else 0
    return None, 0


def _number_format(document: Any, number: str | None, depth: int) -> str:
    if number is None:
        return ""
    try:
        numbering = document.part.numbering_part.element
    except (KeyError, NotImplementedError):  # a document without lists of its own has no such part
        return ""
    abstract = numbering.xpath(f"./w:num[@w:numId='{int(number)}']/w:abstractNumId/@w:val")
    if not abstract:
        return ""
    path = f"./w:abstractNum[@w:abstractNumId='{abstract[0]}']/w:lvl[@w:ilvl='{depth}']/w:numFmt/@w:val"
    return next(iter(numbering.xpath(path)), "")
