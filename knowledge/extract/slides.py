"""PowerPoint: each slide's title, what stands on it, and what the speaker says about it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from typing import Any

from pptx import Presentation
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.exc import PythonPptxError
from pptx.oxml import parse_xml
from pptx.shapes.group import GroupShape

from cohost.errors import UnreadableFile
from knowledge.extract.archive import ZIP_DAMAGE, check_package
from knowledge.extract.document import Document
from knowledge.extract.naming import title_from_name
from knowledge.extract.writer import Writer

_TITLES = frozenset({PP_PLACEHOLDER.TITLE, PP_PLACEHOLDER.CENTER_TITLE, PP_PLACEHOLDER.VERTICAL_TITLE})
_OUTLINES = frozenset({PP_PLACEHOLDER.BODY, PP_PLACEHOLDER.OBJECT, PP_PLACEHOLDER.VERTICAL_BODY})
_FURNITURE = frozenset({PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.SLIDE_NUMBER, PP_PLACEHOLDER.HEADER})
_SECTIONS = frozenset({"title", "secHead"})  # layout types whose titles stand above those of other slides
_CODE_FONTS = re.compile(r"consol|courier|mono|code|menlo", re.IGNORECASE)
_DEFAULT_TITLES = frozenset({"", "powerpoint presentation", "presentation", "slide 1"})
_CALLOUT = re.compile(r"^\[!\w+\]\s*", re.MULTILINE)  # notes are often pasted from Markdown lessons
_DIAGRAM = "/relationships/diagramData"
_TEXT = "{http://schemas.openxmlformats.org/drawingml/2006/main}t"
_PARAGRAPH = "{http://schemas.openxmlformats.org/drawingml/2006/main}p"


def read(data: bytes, name: str) -> Document:
    """Slides in order, counted from 1; raises UnreadableFile `damaged`, or `too_large` before unpacking."""
    check_package(data, name)
    try:
        return _read(data, name)
    except (PythonPptxError, *ZIP_DAMAGE, KeyError, ValueError, TypeError, SyntaxError, AttributeError) as error:
        raise UnreadableFile("damaged", f"{name} cannot be read as a presentation.") from error


def _read(data: bytes, name: str) -> Document:
    presentation = Presentation(io.BytesIO(data))
    writer = Writer()
    for number, slide in enumerate(presentation.slides, start=1):
        writer.place("slide", str(number))
        _slide(slide, writer)
    title = presentation.core_properties.title or ""
    if title.strip().lower() in _DEFAULT_TITLES:
        title = next((heading.title for heading in writer.headings if heading.start == 0), title_from_name(name))
    return writer.document(name, "lesson", title=title)


def _slide(slide: Any, writer: Writer) -> None:
    shapes = list(_flat(slide.shapes))
    titles = [shape for shape in shapes if _placeholder(shape) in _TITLES]
    level = 1 if slide.slide_layout._element.get("type") in _SECTIONS else 2
    for shape in titles:
        writer.heading(level, shape.text_frame.text)
    for shape in shapes:
        if shape not in titles and _placeholder(shape) not in _FURNITURE and not _is_prompt(shape, slide):
            _shape(shape, slide, writer)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        _lines(slide.notes_slide.notes_text_frame.paragraphs, writer)


def _flat(shapes: Iterable[Any]) -> Iterator[Any]:
    """Shapes in the order of the file, which is the order in which assistive software reads them."""
    for shape in shapes:
        if isinstance(shape, GroupShape):
            yield from _flat(shape.shapes)
        else:
            yield shape


def _placeholder(shape: Any) -> Any:
    return shape.placeholder_format.type if shape.is_placeholder else None


def _is_prompt(shape: Any, slide: Any) -> bool:
    """Whether nobody replaced the words of the layout ("Speaker name")."""
    if not shape.is_placeholder or not shape.has_text_frame:
        return False
    index = shape.placeholder_format.idx
    prompts = (prompt for prompt in slide.slide_layout.placeholders if prompt.placeholder_format.idx == index)
    return any(prompt.has_text_frame and prompt.text_frame.text == shape.text_frame.text for prompt in prompts)


def _shape(shape: Any, slide: Any, writer: Writer) -> None:
    if getattr(shape, "has_table", False) and shape.has_table:
        writer.table([[cell.text_frame.text for cell in row.cells if not cell.is_spanned] for row in shape.table.rows])
    elif getattr(shape, "has_chart", False) and shape.has_chart:
        _chart(shape.chart, writer)
    elif shape.has_text_frame:
        _text(shape, writer)
    else:
        _diagram(shape, slide, writer)


def _text(shape: Any, writer: Writer) -> None:
    frame = shape.text_frame
    if _is_code(frame):
        writer.verbatim(frame.text.replace("\v", "\n"))
    elif _placeholder(shape) in _OUTLINES and sum(1 for line in frame.paragraphs if line.text.strip()) > 1:
        outermost = min(paragraph.level for paragraph in frame.paragraphs)
        for paragraph in frame.paragraphs:
            text = " ".join(paragraph.text.split())
            writer.item(f"{'  ' * (paragraph.level - outermost)}- {text}" if text else "")
    else:
        _lines(frame.paragraphs, writer)


def _is_code(frame: Any) -> bool:
    fonts = frame._txBody.xpath(".//a:latin/@typeface")
    return bool(fonts) and all(_CODE_FONTS.search(font) for font in fonts)


def _lines(paragraphs: Iterable[Any], writer: Writer) -> None:
    """A paragraph each; several short ones in a row are lines of one."""
    text = "\n".join(re.sub(r"[ \t]+", " ", paragraph.text.replace("\v", "\n")).strip() for paragraph in paragraphs)
    for block in re.split(r"\n{2,}", text):
        writer.paragraph(_CALLOUT.sub("", block))


def _chart(chart: Any, writer: Writer) -> None:
    """Its title and the names of what it compares; the numbers are a picture."""
    if chart.has_title and chart.chart_title.has_text_frame:
        writer.paragraph(chart.chart_title.text_frame.text)
    names = [str(category) for plot in chart.plots for category in plot.categories]
    names += [str(series.name) for plot in chart.plots for series in plot.series]
    writer.paragraph(", ".join(dict.fromkeys(names)))


def _diagram(shape: Any, slide: Any, writer: Writer) -> None:
    """SmartArt keeps its words in a part of its own."""
    for relation_id in shape._element.xpath(".//*[local-name()='relIds']/@r:dm"):
        relation = slide.part.rels.get(relation_id)
        if relation is not None and relation.reltype.endswith(_DIAGRAM):
            for paragraph in parse_xml(relation.target_part.blob).iter(_PARAGRAPH):
                text = "".join(run.text or "" for run in paragraph.iter(_TEXT)).strip()
                writer.item(f"- {text}" if text else "")
