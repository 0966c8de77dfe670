"""The hand-written patterns of `prompts/discuss/patterns.yaml`, checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, get_args

import yaml

from cohost.errors import Misconfigured
from cohost.ports import Telling
from cohost.prompts import FOLDER
from cohost.tone import allowed, excluded

FILE: Final = FOLDER / "discuss" / "patterns.yaml"
Format = Literal["question", "debate", "share", "poll", "challenge", "checkin"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
FORMAT_NAMES: Final[Mapping[Format, str]] = {
    "question": "Opening question", "debate": "Debate", "share": "Share your work", "poll": "Poll",
    "challenge": "Small challenge", "checkin": "Check-in",
}  # fmt: skip
FIELDS = {"concept": "X", "title": "Y", "first": "Z", "second": "W"}


@dataclass(frozen=True)
class Patterns:
    """Of one format."""

    low_effort: str
    by_kind: Mapping[str, tuple[str, ...]]  # kind of sentence → texts with {concept} and {title}

    def fitting(self, telling: Telling) -> tuple[str, ...]:
        """Those made for this kind of sentence that have all the words they need; else those for any."""
        return self._made_for(telling) or self.by_kind.get("any", ())

    def made_for(self, telling: Telling) -> bool:
        """Whether there is a pattern for just this kind, and the sentence has what it asks for."""
        return bool(self._made_for(telling))

    def without(self, avoid: tuple[str, ...]) -> Patterns:
        """Those that use none of the words."""
        return Patterns(self.low_effort, {kind: allowed(texts, avoid) for kind, texts in self.by_kind.items()})

    def _made_for(self, telling: Telling) -> tuple[str, ...]:
        lacking = [f"{{{name}}}" for name in ("first", "second") if not getattr(telling, name)]
        return tuple(text for text in self.by_kind.get(telling.kind, ()) if not any(place in text for place in lacking))


@cache
def patterns(avoid: tuple[str, ...] = ()) -> Mapping[Format, Patterns]:
    """All that use no word to `avoid`; raises Misconfigured where the file is not what it should be."""
    if avoid:
        return {form: one.without(avoid) for form, one in patterns().items() if not excluded(one.low_effort, avoid)}
    read = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    if set(read) != set(FORMATS):
        raise Misconfigured(f"{FILE.name} must hold the formats {', '.join(FORMATS)}.")
    made = {}
    for name, kinds in read.items():
        low_effort = kinds.pop("low_effort")
        for texts in kinds.values():
            for text in texts:
                text.format(**FIELDS)  # an unknown placeholder is found here, not in a draft
        made[name] = Patterns(low_effort, {kind: tuple(texts) for kind, texts in kinds.items()})
    return made
