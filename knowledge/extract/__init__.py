"""From a file's bytes to text with places, through one reader per format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import cast

from cohost.errors import UnreadableFile
from knowledge.extract.archive import LARGEST_FILE
from knowledge.extract.document import Document
from knowledge.extract.sniff import format_of

Reader = Callable[[bytes, str], Document]

LARGEST_TEXT = 3_000_000  # characters, about six thick books; more is not a lesson


def _reader(module: str) -> Reader:
    """Import the reader when the first such file comes: a Markdown file must not pay for a PDF library."""

    def read(data: bytes, name: str) -> Document:
        return cast(Reader, import_module(f"{__name__}.{module}").read)(data, name)

    return read


FORMATS: Mapping[str, Reader] = {
    ".md": _reader("markdown"),
    ".markdown": _reader("markdown"),
    ".mdx": _reader("markdown"),
    ".html": _reader("html"),
    ".htm": _reader("html"),
    ".xhtml": _reader("html"),
    ".ipynb": _reader("notebook"),
    ".pdf": _reader("pdf"),
    ".docx": _reader("word"),
    ".pptx": _reader("slides"),
    ".srt": _reader("subtitles"),
    ".vtt": _reader("subtitles"),
    ".txt": _reader("plain"),
    ".text": _reader("plain"),
}


def extract(data: bytes, name: str) -> Document:
    """Read a file by what it contains, then by its extension; `name` may be a path relative to the course.

    Raises UnreadableFile with one of the documented reasons.
    """
    if len(data) > LARGEST_FILE:
        raise UnreadableFile("too_large", f"{name} is larger than {LARGEST_FILE // 1024**2} MB; split it.")
    document = FORMATS[format_of(data, name, FORMATS)](data, name)
    if len(document.text) > LARGEST_TEXT:
        raise UnreadableFile("too_large", f"{name} holds more than {LARGEST_TEXT:,} characters; split it.")
    return document
