"""Cursors: where a page ended, as an opaque text."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from datetime import datetime

from api.bodies import check_text
from cohost.errors import InvalidInput


def pack(*position: str | int) -> str:
    """A cursor for a position."""
    return urlsafe_b64encode(json.dumps(position, separators=(",", ":")).encode()).decode().rstrip("=")


def unpack_texts(cursor: str, count: int) -> tuple[str, ...]:
    """The position of `count` texts; raises InvalidInput for anything that `pack` did not make."""
    position = _unpack(cursor)
    texts = tuple(part for part in position if isinstance(part, str))
    if len(position) != count or len(texts) != count:
        raise _foreign()
    for text in texts:
        check_text(text, "query.cursor")
    return texts


def unpack_number(cursor: str) -> int:
    """The position of one number; raises InvalidInput."""
    position = _unpack(cursor)
    if len(position) != 1 or type(position[0]) is not int or not 0 <= position[0] < 2**63:
        raise _foreign()
    return position[0]


def unpack_moment(cursor: str) -> tuple[datetime, str]:
    """The position of a time and an id; raises InvalidInput."""
    at, last = unpack_texts(cursor, 2)
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise _foreign() from None
    if moment.tzinfo is None or not 1970 <= moment.year <= 2200:
        raise _foreign()
    return moment, last


def _unpack(cursor: str) -> list[object]:
    try:
        position = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, Error, RecursionError):  # ValueError covers UnicodeDecodeError and JSONDecodeError
        raise _foreign() from None
    if not isinstance(position, list):
        raise _foreign()
    return position


def _foreign() -> InvalidInput:
    return InvalidInput("The cursor is none of ours; take `next` of the page before.", field="query.cursor")
