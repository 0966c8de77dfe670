"""A readable title from a file's name, for files that do not say their own."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

# Names that say what role a file plays in its folder, not what it is about.
_ROLES = frozenset({"readme", "index", "notebook", "slides", "main", "lesson", "untitled"})
_NUMBERING = re.compile(r"^\d+[a-z]?[\s._-]+(?=\D)")


def title_from_name(name: str) -> str:
    """`49_what-is-normalization.srt` gives "What is normalization"; a README takes its folder's name."""
    path = PurePosixPath(name.replace("\\", "/"))
    own = _readable(path.stem)
    parent = _readable(path.parent.name)
    if own.lower().rstrip("0123456789 ") in _ROLES:
        return parent or "Untitled"
    if not any(character.isalpha() for character in own):
        return f"{parent} {own}".strip() or "Untitled"
    return own


def _readable(stem: str) -> str:
    words = re.sub(r"[\s_-]+", " ", _NUMBERING.sub("", stem)).strip()
    return words[:1].upper() + words[1:]
