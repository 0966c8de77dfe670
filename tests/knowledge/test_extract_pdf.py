"""PDF: paragraphs, headings and pages; what is no text is refused with its reason."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from cohost.errors import UnreadableFile
from knowledge.extract import extract
from knowledge.extract.document import Document

Text = tuple[int, int, str]  # size of type, height on the page, words


def pdf(*pages: list[Text], password: str = "", title: str = "", font: str = "Helvetica") -> bytes:
    writer = PdfWriter()
    for texts in pages:
        page = writer.add_blank_page(width=600, height=800)
        face = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": f"/{font}", "/Encoding": "/WinAnsiEncoding"}
        named = DictionaryObject({NameObject(key): NameObject(value) for key, value in face.items()})
        fonts = DictionaryObject({NameObject("/F1"): named})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        content = DecodedStreamObject()
        lines = (f"BT /F1 {size} Tf 1 0 0 1 50 {height} Tm ({words}) Tj ET" for size, height, words in texts)
        content.set_data("\n".join(lines).encode("cp1252"))
        page[NameObject("/Contents")] = writer._add_object(content)
    if title:
        writer.add_metadata({"/Title": title})
    if password:
        writer.encrypt(password, algorithm="AES-256")
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def read(*pages: list[Text], name: str = "a.pdf", title: str = "", font: str = "Helvetica") -> Document:
    return extract(pdf(*pages, title=title, font=font), name)


def reason(data: bytes, name: str = "a.pdf") -> str:
    with pytest.raises(UnreadableFile) as caught:
        extract(data, name)
    return caught.value.code


PROSE = [
    "A tokenizer splits a text into the small pieces that a model can",
    "read, and it does so with a fixed vocabu-",
    "lary that was learned before. It is a well-known and much-",
    "used part of every language model, and a much-used one at that.",
]


def test_lines_become_paragraphs_and_hyphenated_words_become_one() -> None:
    lines = [(10, 700 - 12 * i, line) for i, line in enumerate(PROSE)]
    document = read([*lines, (10, 630, "Another paragraph stands apart by a gap.")])
    assert document.text == (
        "A tokenizer splits a text into the small pieces that a model can read, and it does so with a fixed "
        "vocabulary that was learned before. It is a well-known and much-used part of every language model, "
        "and a much-used one at that.\n\nAnother paragraph stands apart by a gap."
    )


def test_larger_type_makes_headings_and_the_first_one_the_title() -> None:
    document = read([(24, 750, "The Course"), (10, 700, "Some words that make up the body of it.")], name="x.pdf")
    assert [(heading.level, heading.title) for heading in document.headings] == [(1, "The Course")]
    assert document.title == "The Course"


def test_metadata_title_wins_unless_a_tool_wrote_it() -> None:
    assert read([(10, 700, "words")], title="Real title").title == "Real title"
    assert read([(10, 700, "words")], title="Microsoft Word - draft3.docx", name="my_notes.pdf").title == "My notes"


def test_pages_are_places_and_running_lines_are_gone() -> None:
    pages = [
        [(8, 780, "Course of 2024"), (10, 600, f"Body of page {word}."), (8, 20, f"Page {number} of 5")]
        for number, word in enumerate(["one", "two", "three", "four", "five"], start=1)
    ]
    document = read(*pages)
    assert document.text.split("\n\n") == [f"Body of page {word}." for word in ["one", "two", "three", "four", "five"]]
    assert [place.value for place in document.places] == ["1", "2", "3", "4", "5"]
    assert all(document.text[place.start :].startswith("Body") for place in document.places)


def test_numbered_headings_at_the_top_of_pages_stay() -> None:
    pages = [
        [(24, 750, f"Question {n}"), (10, 700, f"What is the body of number {n} about, then?")] for n in range(1, 9)
    ]
    assert [heading.title for heading in read(*pages).headings] == [f"Question {n}" for n in range(1, 9)]


def test_bullets_are_a_list() -> None:
    texts = [
        (10, 700, "We need:"),
        (10, 680, "\x95 paper"),
        (10, 668, "\x95 a pen that writes for a"),
        (10, 656, "long time"),
    ]
    assert read([(size, y, words.replace("\x95", "•")) for size, y, words in texts]).text == (
        "We need:\n\n- paper\n- a pen that writes for a long time"
    )


def test_lines_in_a_typewriter_face_are_code() -> None:
    document = read([(10, 700, "import os"), (10, 688, "print\\(os\\)")], font="Courier")
    assert document.text == "import os\nprint(os)"
    assert document.whole == ((0, len(document.text)),)


def test_a_password_and_a_scan_are_told_apart() -> None:
    assert reason(pdf([(10, 700, "secret")], password="x")) == "encrypted"
    assert reason(pdf([])) == "no_text"


def test_an_owner_password_alone_does_not_lock_a_file() -> None:
    writer = PdfWriter(io.BytesIO(pdf([(10, 700, "open words")])))
    writer.encrypt("", "owner", algorithm="RC4-128")
    output = io.BytesIO()
    writer.write(output)
    assert extract(output.getvalue(), "a.pdf").text == "open words"


def test_broken_files_are_damaged() -> None:
    data = pdf([(10, 700, "words")])
    assert reason(data[:300]) == "damaged"
    assert reason(b"%PDF-1.7\n" + b"\x00\x9f" * 400) == "damaged"


def test_too_many_pages_are_refused() -> None:
    writer = PdfWriter()
    for _ in range(2_001):
        writer.add_blank_page(width=10, height=10)
    output = io.BytesIO()
    writer.write(output)
    assert reason(output.getvalue()) == "too_large"
