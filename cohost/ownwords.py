"""Whether a person's own sentence carries words of a source that the readers may not read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cohost import audience
from cohost.store import Tx, fulltext, sources
from cohost.suggestion import Destination

SHINGLE = 6  # words in a row that two people do not write by chance, but a paste has
WINDOW = 24  # words looked up at once; windows overlap by a shingle, so that no run is missed between two
CANDIDATES = 20
_WORD = re.compile(r"[^\W_]+")  # `_` marks emphasis; the words of `snake_case` are looked for one by one


def find_foreign_text(tx: Tx, community_id: str, destination: Destination, texts: Sequence[str]) -> str | None:
    """The first run of words that stands in a forbidden source and in no allowed one, or None."""
    seen = audience.sight(tx, community_id)
    allowed = audience.usable_spaces(seen, destination)
    forbidden = [space.pk for space in seen.spaces.values() if space.id not in allowed]
    open_pks = [seen.spaces[s].pk for s in allowed]
    for window in (window for text in texts for window in _windows(text)):
        for run in _shared_runs(tx, community_id, window, forbidden):
            if not _shared_runs(tx, community_id, run, open_pks):
                return " ".join(run)
    return None


def _windows(text: str) -> Iterator[list[str]]:
    words = _words(text)
    for at in range(0, max(len(words) - SHINGLE + 1, 0), WINDOW - SHINGLE + 1):
        yield words[at : at + WINDOW]


def _shared_runs(tx: Tx, community_id: str, words: list[str], space_pks: Sequence[int]) -> list[list[str]]:
    if not space_pks:
        return []
    hits = fulltext.search(tx, list(dict.fromkeys(words)), space_pks, limit=CANDIDATES)
    found = sources.passages(tx, community_id, [pk for pk, _ in hits], space_pks, withheld=True)
    theirs = [f" {' '.join(_words(passage.text))} " for passage in found.values()]
    runs = [words[n : n + SHINGLE] for n in range(len(words) - SHINGLE + 1)]
    return [run for run in runs if any(f" {' '.join(run)} " in their for their in theirs)]


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]
