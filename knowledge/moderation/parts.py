"""What a post says in its author's own voice, apart from what it quotes, and from code."""

from __future__ import annotations

import re

Span = tuple[int, int]

_CODE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]+`", re.DOTALL)
_REPLY = re.compile(r"^[ \t]{0,3}>.*$", re.MULTILINE)
_WROTE = re.compile(r"^(?:On .{4,120}|.{1,60}) (?:wrote|écrit|schrieb|escribió):[ \t]*$", re.MULTILINE)
_ENCODED = re.compile(r"[A-Za-z0-9+/=_-]{60,}")
_INLINE = re.compile(r"[“«„]([^“”«»„\n]{2,400})[”»“]|(?<!\w)\"([^\"\n]{2,400})\"(?!\w)|(?<!\w)'([^'\n]{2,400})'(?!\w)")


def set_apart(text: str) -> list[Span]:
    """Spans of reply blocks, code and encoded data, in order."""
    found = [match.span() for pattern in (_CODE, _REPLY, _WROTE, _ENCODED) for match in pattern.finditer(text)]
    return sorted(found)


def quoted(text: str) -> list[Span]:
    """Spans within quotation marks, in order."""
    return [match.span(number) for match in _INLINE.finditer(text) for number in (1, 2, 3) if match[number]]
