"""Whatever bytes come, the answer is a document with exact offsets or a stated reason."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cohost.errors import UnreadableFile
from knowledge.extract import extract
from knowledge.extract.document import Document

REASONS = {"empty", "encrypted", "damaged", "no_text", "unsupported", "too_large", "disguised"}
PIECES = (
    *(
        "word",
        "é",
        "中文",
        "\n",
        "\n\n",
        "  ",
        "    ",
        "# ",
        "## A [[b]]",
        "- ",
        "1. ",
        "> ",
        "> [!TIP]\n",
        "```",
        "$x$",
        "$$",
    ),
    *("| a | b |\n|---|---|\n| 1 | 2 |\n", "*", "**", "`", "[", "](u)", "![", "<!--", "-->", "[^1]", "[^1]: ", "---\n"),
    *(
        "<Tip a={1}>",
        "</Tip>",
        "<A",
        "{",
        "}",
        "{/*",
        "*/}",
        "title: t\n",
        "import a from 'b'\n",
        "<html>",
        "<h1>",
        "</p>",
    ),
    *("<table><tr><td>", "</table>", "<pre>", "<div hidden>", "<ul><li>", "<script>", "&amp;", "\x00", "\r", "\u2028"),
    *("1\n00:00:01,000 --> 00:00:02,000\n", "WEBVTT\n\n", "00:01.000 --> 00:02.000\n", "<v A>", "\ufeff"),
)
TEXTS = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


def read(data: bytes, name: str) -> Document | None:
    """The document, or None where the file was refused for a documented reason; other errors pass."""
    try:
        return extract(data, name)
    except UnreadableFile as error:
        return None if error.code in REASONS else pytest.fail(error.code)


@pytest.mark.parametrize("name", ["a.md", "a.mdx", "a.html", "a.srt", "a.vtt", "a.txt"])
@given(text=TEXTS)
@settings(max_examples=60, deadline=None)
def test_offsets_are_exact_for_any_text(name: str, text: str) -> None:
    document = read(text.encode(), name)
    if document is None:
        return
    for heading in document.headings:
        assert document.text[heading.start :].split("\n", 1)[0] == heading.title
    for start, end in document.whole:
        assert 0 <= start < end <= len(document.text)
    assert all(0 <= place.start < len(document.text) for place in document.places)
    assert not any(unicodedata.category(character) in {"Cc", "Cs"} for character in document.text.replace("\n", ""))


@pytest.mark.parametrize("name", ["a.md", "a.ipynb", "a.pdf", "a.docx", "a.pptx", "a.srt", "a.txt", "a"])
@given(data=st.binary(max_size=400))
@settings(max_examples=30, deadline=None)
def test_any_bytes_are_read_or_refused(name: str, data: bytes) -> None:
    document = read(data, name)
    assert document is None or document.text
