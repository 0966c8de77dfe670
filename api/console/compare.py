"""Two texts side by side: what a person changed in a draft."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from markupsafe import Markup, escape

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
MOST_WORDS = 6_000  # above it, comparing word by word takes seconds; lines are enough to see what changed


def side_by_side(old: str, new: str) -> tuple[Markup, Markup]:
    """Both texts escaped, with what was taken out in `<del>` and what was put in in `<ins>`."""
    before, after = _pieces(old), _pieces(new)
    if len(before) + len(after) > MOST_WORDS:
        before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    left, right = Markup(), Markup()
    for move, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        left += _wrapped("del", "".join(before[a:b]), changed=move != "equal")
        right += _wrapped("ins", "".join(after[c:d]), changed=move != "equal")
    return left, right


def _pieces(text: str) -> list[str]:
    return _WORDS.findall(text)


def _wrapped(tag: str, text: str, *, changed: bool) -> Markup:
    if not text or not changed:
        return escape(text)
    return Markup("<{0}>{1}</{0}>").format(Markup(tag), text)  # noqa: S704  the tag is one of ours
