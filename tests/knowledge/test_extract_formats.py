"""Which reader gets a file, and how files that cannot be read are refused."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile

import docx
import pytest

from cohost.errors import UnreadableFile
from knowledge.extract import FORMATS, extract


def word(text: str) -> bytes:
    document, output = docx.Document(), io.BytesIO()
    document.add_paragraph(text)
    document.save(output)
    return output.getvalue()


def zipped(**files: str) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return output.getvalue()


OLD_OFFICE = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
REFUSED = {
    "zero bytes": (b"", "a.md", "empty"),
    "only blanks": (b" \n\t\r\n", "a.pdf", "empty"),
    "front matter only": (b"---\ntitle: x\n---\n", "a.md", "no_text"),
    "a zip called pdf": (zipped(a="x"), "a.pdf", "disguised"),
    "a zip called md": (zipped(a="x"), "a.md", "disguised"),
    "a zip": (zipped(a="x"), "a.zip", "unsupported"),
    "a picture called txt": (PICTURE, "a.txt", "disguised"),
    "a picture called md": (PICTURE, "a.md", "disguised"),
    "a picture called pdf": (PICTURE, "a.pdf", "disguised"),
    "a picture": (PICTURE, "a.png", "unsupported"),
    "words called pdf": (b"just words", "a.pdf", "disguised"),
    "words called docx": (b"just words", "a.docx", "disguised"),
    "a cut off docx": (word("x")[:2_000], "a.docx", "damaged"),
    "old Word": (OLD_OFFICE, "a.doc", "unsupported"),
    "a locked docx": (OLD_OFFICE + "EncryptedPackage".encode("utf-16-le"), "a.docx", "encrypted"),
    "no extension": (b"words", "LICENSE", "unsupported"),
    "subtitles without cues": (b"WEBVTT\n\nNOTE x\n", "a.vtt", "no_text"),
    "a docx full of nothing": (
        zipped(**{"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>"}),
        "a.docx",
        "damaged",
    ),
    "a docx that explodes": (
        zipped(**{"[Content_Types].xml": "<x/>", "word/document.xml": " " * 20_000_000}),
        "a.docx",
        "too_large",
    ),
}


@pytest.mark.parametrize(("data", "name", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_unreadable_files_are_refused_with_their_reason(data: bytes, name: str, code: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        extract(data, name)
    assert caught.value.code == code
    assert caught.value.message.endswith(".")


def test_contents_count_more_than_the_name() -> None:
    assert extract(word("Word words"), "a.md").text == "Word words"
    assert extract(word("Word words"), "no-extension").text == "Word words"


def test_upper_case_extensions_and_windows_paths() -> None:
    assert extract(b"# T\n", "unit 1\\LESSON.MD").title == "T"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Grüße aus Köln", "utf-8-sig"),
        ("Grüße aus Köln", "utf-16"),
        ("Grüße aus Köln", "utf-32"),
        ("Voilà une leçon très détaillée, où l'élève découvre le français.", "cp1252"),
        ("机器学习是人工智能的一个重要分支，它让计算机从数据中学习。", "gb18030"),
        ("機械学習は人工知能の一分野です。データから学びます。", "shift_jis"),
    ],
)
def test_text_in_many_encodings(text: str, encoding: str) -> None:
    assert extract(text.encode(encoding), "a.txt").text == text


def test_a_few_bad_bytes_do_not_spoil_utf8() -> None:
    data = "Größe und Länge und Höhe ".encode() + b"\xff" + " für alle".encode()
    assert extract(data, "a.txt").text == "Größe und Länge und Höhe  für alle"


def test_plain_text_keeps_its_lines_and_paragraphs() -> None:
    document = extract(b"one  \ntwo\r\n\r\n \r\n\r\nthree\x0cfour\x00", "notes/my-file.txt")
    assert (document.text, document.title) == ("one\ntwo\n\nthree\nfour", "My file")


def test_a_markdown_file_does_not_load_the_other_formats() -> None:
    script = (
        "import sys; from knowledge.extract import extract; extract(b'# a', 'a.md');"
        "sys.exit(any(name in sys.modules for name in ('pypdf', 'docx', 'pptx', 'nbformat', 'srt', 'webvtt')))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0  # noqa: S603  # our own words


def test_every_format_has_a_reader() -> None:
    assert set(FORMATS) >= {".md", ".mdx", ".html", ".ipynb", ".pdf", ".docx", ".pptx", ".srt", ".vtt", ".txt"}


def test_comments_before_a_page_do_not_stall_the_look_at_it() -> None:
    comments = b"<!-- a --> " * 150
    assert extract(comments + b"<html><body><p>Words.</p></body></html>", "a.txt").kind == "page"
    assert extract(comments + b"<b>Words.</b>", "a.txt").kind == "lesson"
