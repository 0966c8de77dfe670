"""The two sides of a contrast, verbatim."""

from __future__ import annotations

import re
from typing import Final

from knowledge.grammar import is_clause

FEWEST, MOST = 3, 16  # words of a side: less says nothing, more is the sentence once more
# The surest first. Where both sides have to be whole clauses, "but" may stand between two things as well.
SPLITS: Final = tuple(re.compile(text, re.I | re.S) for text in (
    r"^(?:although|even though|while|whereas|unlike) (?P<first>[^,;]+), (?P<second>[^;]+)$",
    r"^(?P<first>[^;]+?),? (?:whereas|while|in contrast to|as opposed to) (?P<second>[^;,]+)$",
    r"^(?P<first>[^;:]+?),? (?:rather than|instead of) (?P<second>[^;,]+)",
    r"^(?P<first>[^;,]+), (?:but|yet) (?P<second>[^;]+)$",
))  # fmt: skip
_HEDGE: Final = re.compile(r"^(?:and|or|but|so|then|also|just|even|however|thus|therefore)\b,?\s+", re.I)


def pieces_of(sentence: str) -> tuple[str, str]:
    """`(first, second)`, each as it stands in the sentence; empty where they cannot be told apart surely."""
    said = " ".join(sentence.split()).rstrip(".")
    for pattern in SPLITS:
        found = pattern.search(said)
        first, second = (_trimmed(found["first"]), _trimmed(found["second"])) if found else ("", "")
        if first and second:
            return first, second
    return "", ""


def _trimmed(side: str) -> str:
    """Without the word that leads into it; nothing where it is too short, too long, cut in a bracket or no clause."""
    kept = _HEDGE.sub("", side.strip(" ,;:"))
    fits = (
        FEWEST <= len(kept.split()) <= MOST
        and kept.count("(") == kept.count(")")
        and kept.count("“") == kept.count("”")
    )
    return kept if fits and is_clause(kept) else ""
