"""What passes between the sandbox and its child: length-prefixed JSON, since JSON cannot carry code."""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

from knowledge.extract.document import Document, Heading, Place

HEADER = struct.Struct("!I")  # length of the message in bytes


def pack(message: dict[str, Any]) -> bytes:
    """One message with its length in front."""
    body = json.dumps(message).encode("ascii")
    return HEADER.pack(len(body)) + body


def receive(stream: BinaryIO) -> dict[str, Any] | None:
    """The next message; None at the end of the stream."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    message = json.loads(stream.read(HEADER.unpack(header)[0]))
    return message if isinstance(message, dict) else None


def to_message(document: Document) -> dict[str, Any]:
    """The document as JSON values."""
    return {
        "title": document.title,
        "text": document.text,
        "headings": [[heading.start, heading.level, heading.title, heading.slug] for heading in document.headings],
        "places": [[place.start, place.kind, place.value] for place in document.places],
        "whole": document.whole,
        "kind": document.kind,
    }


def from_message(message: dict[str, Any]) -> Document:
    """The document of a message; raises KeyError, TypeError or ValueError if it is not one."""
    return Document(
        title=message["title"],
        text=message["text"],
        headings=tuple(Heading(*heading) for heading in message["headings"]),
        places=tuple(Place(*place) for place in message["places"]),
        whole=tuple((start, end) for start, end in message["whole"]),
        kind=message["kind"],
    )
