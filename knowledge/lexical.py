"""The words of a query, for the full-text leg."""

from __future__ import annotations

import re

MAX_TERMS = 48  # a pasted page as a question: the first words carry it, and each term costs a posting list
_WORD = re.compile(r"\w+")

# Words that stand in nearly every English question; they cost most of the search time and tell nothing.
STOP_WORDS = frozenset(
    "a about am an and any are as at be been being but by can could did do does doing for from had has have having how i"
    " if in into is it its just me my of on or our shall should so some than that the their them then there these they"
    " this those to up was we were what when where which who whom whose why will with would you your".split()
)


def terms(query: str) -> list[str]:
    """Distinct lower-case words in order; stop words only when nothing else is there."""
    words = list(dict.fromkeys(word.lower() for word in _WORD.findall(query)))
    telling = [word for word in words if word not in STOP_WORDS]
    return (telling or words)[:MAX_TERMS]
