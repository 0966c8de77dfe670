"""Plain text: paragraphs as they stand."""

from __future__ import annotations

import re

from knowledge.extract.decode import decode
from knowledge.extract.document import Document
from knowledge.extract.writer import Writer


def read(data: bytes, name: str) -> Document:
    """Blank lines separate paragraphs; lines inside one are kept."""
    writer = Writer()
    for paragraph in re.split(r"\n[ \t]*\n", decode(data)):
        writer.paragraph(re.sub(r"[ \t]+\n", "\n", paragraph))
    return writer.document(name, "lesson")
