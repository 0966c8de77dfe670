"""Word: headings by style, lists, tables, code, in document order."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import docx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml

from knowledge.extract import extract
from knowledge.extract.document import Document

NAMESPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def read(document: Any, name: str = "a.docx") -> Document:
    output = io.BytesIO()
    document.save(output)
    return extract(output.getvalue(), name)


def append(document: Any, xml: str) -> None:
    document.element.body.insert(-1, parse_xml(xml.replace(">", f" {NAMESPACE}>", 1)))


@pytest.fixture
def document() -> Any:
    return docx.Document()


def test_everything_in_document_order(document: Any) -> None:
    document.add_heading("The course", 0)
    document.add_heading("Part", 1)
    document.add_paragraph("Some ").add_run("bold").bold = True
    for text in ("one", "two"):
        document.add_paragraph(text, style="List Number")
    document.add_paragraph("deep", style="List Bullet 2")
    table = document.add_table(2, 2)
    for cell, text in zip(table._cells, ("k", "v", "x", "1\n2"), strict=True):
        cell.text = text
    document.add_paragraph("End.")
    result = read(document)
    assert result.text == "The course\n\nPart\n\nSome bold\n\n1. one\n2. two\n- deep\n\nk | v\nx | 1 2\n\nEnd."
    assert [(heading.level, heading.title) for heading in result.headings] == [(1, "The course"), (1, "Part")]
    assert (result.title, result.kind) == ("The course", "lesson")
    assert len(result.whole) == 1


def test_styles_made_from_a_heading_are_headings(document: Any) -> None:
    style = document.styles.add_style("My Section", WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = document.styles["Heading 2"]
    document.add_paragraph("Here", style="My Section")
    assert [(heading.level, heading.title) for heading in read(document).headings] == [(2, "Here")]


def test_code_styles_make_one_block(document: Any) -> None:
    document.styles.add_style("Source Code", WD_STYLE_TYPE.PARAGRAPH)
    for line in ("if x:", "    y()"):
        document.add_paragraph(line, style="Source Code")
    document.add_paragraph("After.")
    result = read(document)
    assert [result.text[start:end] for start, end in result.whole] == ["if x:\n    y()"]


def test_what_was_deleted_or_hidden_is_not_text_and_what_was_inserted_is(document: Any) -> None:
    append(
        document,
        "<w:p><w:r><w:t>Keep</w:t></w:r><w:del><w:r><w:delText>gone</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t xml:space='preserve'> new</w:t></w:r></w:ins>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r></w:p>",
    )
    assert read(document).text == "Keep new"


def test_content_controls_links_and_text_boxes_are_read(document: Any) -> None:
    append(document, "<w:sdt><w:sdtContent><w:p><w:r><w:t>Controlled</w:t></w:r></w:p></w:sdtContent></w:sdt>")
    append(document, "<w:p><w:hyperlink><w:r><w:t>a link</w:t></w:r></w:hyperlink></w:p>")
    append(document, "<w:p><w:r><w:txbxContent><w:p><w:r><w:t>boxed</w:t></w:r></w:p></w:txbxContent></w:r></w:p>")
    assert read(document).text == "Controlled\n\na link\n\nboxed"


def test_the_file_s_own_title_serves_where_no_paragraph_is_one(document: Any) -> None:
    document.core_properties.title = "From the properties"
    document.add_paragraph("words")
    assert read(document).title == "From the properties"


def test_entities_are_never_resolved(document: Any) -> None:
    document.add_paragraph("before MARK after")
    original, changed = io.BytesIO(), io.BytesIO()
    document.save(original)
    declared = b'<!DOCTYPE d [<!ENTITY a "boom"><!ENTITY f SYSTEM "file:///etc/passwd">]><w:document'
    with zipfile.ZipFile(original) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "word/document.xml":
                data = data.replace(b"<w:document", declared, 1).replace(b"MARK", b"&a;&f;")
            target.writestr(name, data)
    text = extract(changed.getvalue(), "a.docx").text
    assert "before" in text
    assert "boom" not in text
    assert "root:" not in text
