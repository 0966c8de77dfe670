"""The words of a query, for the full-text leg."""

from __future__ import annotations

import re

MAX_TERMS = 48  # a pasted page as a question: the first words carry it, and each term costs a posting list
_WORD = re.compile(r"\w+(?:['’]\w+)?")
_COMPOUND = re.compile(r"\w+(?:[._:/-]+\w+)+")  # load_dataset has no sign between, pd.read_csv and real-time have
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_IDENTIFIER = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)+|\b[^\W_]+(?:_+[^\W_]+)+\b|\b[A-Za-z]+[a-z0-9][A-Z]\w*\b")
_ENDING = re.compile(r"['’](?:s|t|ve|re|ll|d|m)$", re.IGNORECASE)

# Words that stand in nearly every English question; they cost most of the search time and tell nothing.
STOP_WORDS = frozenset(
    "a about am an and any are as at be been being but by can could did do does doing for from had has have having how i"
    " if in into is it its just me my of on or our shall should so some than that the their them then there these they"
    " this those to up was we were what when where which who whom whose why will with would you your".split()
)


def terms(query: str) -> list[str]:
    """Distinct lower-case words in order, compounds both whole and in parts; stop words only when nothing else is there.

    A term of several parts (`pd.read_csv`, `real-time`) is found where its parts stand in a row.
    """
    words = [_ENDING.sub("", word) for word in _WORD.findall(query)]
    parts = [part for word in words for part in _split(word)]
    plain = list(dict.fromkeys(word.lower() for word in (*words, *parts)))
    found = [word for word in plain if word not in STOP_WORDS] or plain
    whole = [name.lower() for name in _COMPOUND.findall(query)]
    return list(dict.fromkeys((*whole, *found)))[:MAX_TERMS]


def identifiers(text: str) -> list[str]:
    """Names as programs write them: `load_dataset`, `pd.read_csv`, `DataLoader`."""
    return list(dict.fromkeys(_IDENTIFIER.findall(text)))


def _split(word: str) -> list[str]:
    """`load_dataset` → load, dataset; `DataLoader` → Data, Loader; nothing for a plain word."""
    parts = _PARTS.findall(word)
    return [part for part in parts if len(part) > 1] if len(parts) > 1 else []
