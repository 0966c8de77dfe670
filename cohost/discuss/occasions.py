"""The hand-written words of `prompts/discuss/occasions.yaml`, checked once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from string import Formatter
from typing import Final, Literal, get_args

import yaml

from cohost.errors import Misconfigured
from cohost.model import Community
from cohost.prompts import FOLDER, pick
from cohost.tone import allowed, no_words

FILE: Final = FOLDER / "discuss" / "occasions.yaml"
Occasion = Literal["welcome", "recap", "kickoff"]
OCCASIONS: Final[tuple[Occasion, ...]] = get_args(Occasion)
OCCASION_NAMES: Final[Mapping[Occasion, str]] = {
    "welcome": "Welcome",
    "recap": "Recap of a week",
    "kickoff": "Kick-off",
}
FIELDS = frozenset("name community values person theirs mine thread space lesson days names one title terms".split())


def words(community: Community, occasion: Occasion, part: str, key: str, /, **values: str) -> str:
    """A text of a part with its places filled; the same key always gets the same text.

    Raises NoWords where every text of the part holds a word that the community excludes.
    """
    avoid = community.settings.words_excluded
    known = allowed(_texts()[occasion][part], avoid)
    if not known:
        raise no_words(f"the part “{part}” of a {occasion}", avoid)
    return pick(known, f"{key}/{part}").format(**values)


def quoted(values: tuple[str, ...]) -> str:
    """Words of somebody in a row: “rye” and “caraway”."""
    marked = [f"“{value}”" for value in values]
    return f"{', '.join(marked[:-1])} and {marked[-1]}" if len(marked) > 1 else marked[0]


@cache
def _texts() -> Mapping[str, Mapping[str, list[str]]]:
    read: dict[str, dict[str, list[str]]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    if set(read) != set(OCCASIONS):
        raise Misconfigured(f"{FILE.name} must hold {', '.join(OCCASIONS)}.")
    for part, texts in (item for parts in read.values() for item in parts.items()):
        unknown = {name for text in texts for _, name, _, _ in Formatter().parse(text) if name} - FIELDS
        if unknown or not texts:
            raise Misconfigured(f"{FILE.name}: {part} is empty, or has unknown places {sorted(unknown)}.")
    return read
