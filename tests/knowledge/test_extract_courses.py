"""Every file of real courses can be read, and what comes out is text with exact offsets."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from cohost.errors import UnreadableFile
from knowledge.extract import FORMATS, extract
from knowledge.extract.document import Document

pytestmark = [pytest.mark.shared, pytest.mark.xdist_group("courses")]  # read once


@pytest.fixture(scope="module")
def courses(shared_data: Path) -> Path:
    return shared_data / "courses"


@pytest.fixture(scope="module")
def documents(courses: Path) -> dict[str, Document]:
    return {str(path.relative_to(courses)): extract(path.read_bytes(), str(path)) for path in files(courses)}


def files(courses: Path) -> Iterator[Path]:
    """Every file with a known extension that is not empty (one README is)."""
    return (path for path in sorted(courses.rglob("*")) if path.suffix in FORMATS and path.stat().st_size)


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.lower()))


def test_every_file_is_read(documents: dict[str, Document]) -> None:
    suffixes = Counter(Path(name).suffix for name in documents)
    assert suffixes == {".mdx": 119, ".md": 54, ".srt": 41, ".ipynb": 16, ".pptx": 7, ".pdf": 3}


def test_an_empty_file_says_so(courses: Path) -> None:
    with pytest.raises(UnreadableFile) as caught:
        extract((courses / "agents/unit3/README.md").read_bytes(), "README.md")
    assert caught.value.code == "empty"


def test_offsets_are_exact(documents: dict[str, Document]) -> None:
    for document in documents.values():
        for heading in document.headings:
            assert document.text[heading.start :].split("\n", 1)[0] == heading.title
            assert heading.start == 0 or document.text[heading.start - 1] == "\n"
        for start, end in document.whole:
            assert 0 <= start < end <= len(document.text)
            assert document.text[start:end] == document.text[start:end].strip("\n")
        for mark in (*document.headings, *document.places):
            assert not document.text[mark.start].isspace() or document.text[mark.start] == " "


def test_marks_are_in_order_and_spans_apart(documents: dict[str, Document]) -> None:
    for document in documents.values():
        starts = [heading.start for heading in document.headings]
        places = [place.start for place in document.places]
        edges = [edge for span in document.whole for edge in span]
        assert starts == sorted(set(starts))
        assert places == sorted(set(places))
        assert edges == sorted(edges)
        assert len({heading.slug for heading in document.headings}) == len(starts)


def test_no_markup_is_left_outside_code(documents: dict[str, Document]) -> None:
    markup = r"\]\(http|</?(Tip|Question|Youtube|iframe)\b|<img |class=|explain:|\{[#:/]|^#+ |^```|\[!\w+\]"
    left = re.compile(markup, re.MULTILINE)
    for name, document in documents.items():
        text = document.text
        for start, end in reversed(document.whole):
            text = text[:start] + text[end:]
        if Path(name).suffix in {".md", ".mdx"}:
            assert left.search(text) is None, (name, left.search(text))


def test_code_comes_through_verbatim(courses: Path, documents: dict[str, Document]) -> None:
    fence = re.compile(r"^```[^\n`]*\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
    for name, document in documents.items():
        if name.startswith("hf-nlp") and name.endswith(".mdx"):
            for block in fence.findall((courses / name).read_text(encoding="utf-8")):
                assert block.strip("\n").rstrip() in document.text


def test_pdfs_say_what_their_markdown_twins_say(documents: dict[str, Document]) -> None:
    folder = "ml-beginners/1-Introduction/"
    for lesson, pdf, least in (("1-intro-to-ML", "lesson-1.pdf", 1.0), ("2-history-of-ML", "lesson-2.pdf", 0.95)):
        from_pdf = words(documents[f"{folder}{lesson}/{pdf}"].text)
        twin = words(documents[f"{folder}{lesson}/README.md"].text)
        shared = (from_pdf & twin).total()
        assert shared == from_pdf.total()
        assert shared / twin.total() >= least  # the second PDF's cover is a picture, and some lines were cut off


def test_speaker_notes_are_most_of_a_workshop(documents: dict[str, Document]) -> None:
    text = documents["workshops/full/intro-react/slides.pptx"].text
    assert "React focuses on the View in Model-View-Controller" in text


def test_quiz_pages_keep_questions_without_choices(documents: dict[str, Document]) -> None:
    text = documents["agents/unit1/quiz1.mdx"].text
    assert "What is the Role of Planning in an Agent?" in text
    assert "passive repositories" not in text
