"""Write the three binary lessons of the sample course from binary_lessons.yaml.

The files are committed, so nobody has to run this unless the text changes. reportlab is needed here only and is no
dependency of the project: install it in an environment of its own and run `python cohost/demo/build_files.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
WRITTEN = datetime(2025, 1, 6, 9, 0)  # a fixed date, so that a rebuild does not change the properties of a file

Block = dict[str, Any]
Lesson = dict[str, Any]


def main() -> None:
    lessons = yaml.safe_load((HERE / "binary_lessons.yaml").read_text(encoding="utf-8"))
    course = HERE / "course"
    write_docx(lessons["document"], course)
    write_pptx(lessons["slides"], course)
    write_pdf(lessons["guide"], course)


def write_docx(lesson: Lesson, folder: Path) -> None:
    """A Word document with real heading, list and table styles, as an author would have made it."""
    import docx  # only this writer needs it

    document = docx.Document()
    document.core_properties.title = lesson["title"]
    document.core_properties.author = lesson["author"]
    document.core_properties.created = document.core_properties.modified = WRITTEN
    document.core_properties.comments = ""
    document.add_heading(lesson["title"], level=0)
    for block in lesson["blocks"]:
        _add_to_docx(document, block)
    document.save(str(folder / lesson["file"]))


def _add_to_docx(document: Any, block: Block) -> None:
    ((kind, content),) = block.items()
    if kind == "heading":
        document.add_heading(content, level=1)
    elif kind == "text":
        document.add_paragraph(content)
    elif kind == "table":
        _add_table_to_docx(document, content)
    else:
        style = {"steps": "List Number", "points": "List Bullet"}[kind]
        for item in content:
            document.add_paragraph(item, style=style)


def _add_table_to_docx(document: Any, rows: list[list[str]]) -> None:
    table = document.add_table(rows=0, cols=len(rows[0]), style="Light Grid Accent 1")
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text


def write_pptx(lesson: Lesson, folder: Path) -> None:
    """A title slide, then one slide per point with its facts in the speaker notes."""
    from pptx import Presentation  # only this writer needs it

    deck = Presentation()
    deck.core_properties.title = lesson["title"]
    deck.core_properties.author = "Ines Quintela"
    deck.core_properties.created = deck.core_properties.modified = WRITTEN
    title, bullets = deck.slide_layouts[0], deck.slide_layouts[1]
    _add_slide(deck, title, {"title": lesson["title"], "points": [lesson["subtitle"]], "notes": ""})
    for slide in lesson["slides"]:
        _add_slide(deck, bullets, slide)
    deck.save(str(folder / lesson["file"]))


def _add_slide(deck: Any, layout: Any, content: dict[str, Any]) -> None:
    slide = deck.slides.add_slide(layout)
    slide.shapes.title.text = content["title"]
    slide.placeholders[1].text = "\n".join(content["points"])
    if content["notes"]:
        slide.notes_slide.notes_text_frame.text = content["notes"]


def write_pdf(lesson: Lesson, folder: Path) -> None:
    """A4 pages without head or foot, which would break sentences in two; Helvetica, so that no font is shipped."""
    # Absent in the project's own environment, untyped where it is installed.
    from reportlab.platypus import (  # type: ignore[import-not-found,import-untyped,unused-ignore]
        Paragraph,
        SimpleDocTemplate,
    )

    styles = _pdf_styles()
    story = [Paragraph(lesson["title"], styles["Title"]), Paragraph(f"by {lesson['author']}", styles["text"])]
    for block in lesson["blocks"]:
        story += _pdf_flowables(block, styles)
    document = SimpleDocTemplate(
        str(folder / lesson["file"]), title=lesson["title"], author=lesson["author"], invariant=1
    )
    document.build(story)


def _pdf_styles() -> Any:
    from reportlab.lib.styles import (  # type: ignore[import-not-found,import-untyped,unused-ignore]
        ParagraphStyle,
        getSampleStyleSheet,
    )

    styles = getSampleStyleSheet()
    styles["Heading2"].keepWithNext = True
    styles.add(ParagraphStyle("text", parent=styles["BodyText"], fontSize=10.5, leading=14.5, spaceAfter=6))
    styles.add(ParagraphStyle("point", parent=styles["text"], leftIndent=12, firstLineIndent=-9))
    return styles


def _pdf_flowables(block: Block, styles: Any) -> list[Any]:
    from reportlab.platypus import (  # type: ignore[import-not-found,import-untyped,unused-ignore]
        Paragraph,
        Spacer,
    )

    ((kind, content),) = block.items()
    written: dict[str, Callable[[], list[Any]]] = {
        "heading": lambda: [Paragraph(content, styles["Heading2"])],
        "text": lambda: [Paragraph(content, styles["text"])],
        "points": lambda: [Paragraph(f"– {item}", styles["point"]) for item in content],
        "table": lambda: [_pdf_table(content), Spacer(1, 10)],
    }
    return written[kind]()


def _pdf_table(rows: list[list[str]]) -> Any:
    from reportlab.lib import colors  # type: ignore[import-not-found,import-untyped,unused-ignore]
    from reportlab.platypus import Table  # type: ignore[import-not-found,import-untyped,unused-ignore]

    look = [
        ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#e9dcc6")),
        ("GRID", (0, 0), (-1, -1), 0.5, colors.HexColor("#b9a88a")),
        ("FONTNAME", (0, 0), (-1, 0), "Helvetica-Bold"),
    ]
    return Table(rows, style=look, hAlign="LEFT")


if __name__ == "__main__":
    main()
