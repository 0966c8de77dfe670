"""The hand-written patterns of `prompts/discuss/patterns.yaml`, checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, get_args

import yaml

from cohost.errors import Misconfigured
from cohost.ports import TellingKind
from cohost.prompts import FOLDER

FILE: Final = FOLDER / "discuss" / "patterns.yaml"
Format = Literal["question", "debate", "share", "poll", "challenge", "checkin"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
FORMAT_NAMES: Final[Mapping[Format, str]] = {
    "question": "Opening question", "debate": "Debate", "share": "Share your work", "poll": "Poll",
    "challenge": "Small challenge", "checkin": "Check-in",
}  # fmt: skip
FIELDS = {"concept": "X", "title": "Y"}


@dataclass(frozen=True)
class Patterns:
    """Of one format."""

    low_effort: str
    by_kind: Mapping[str, tuple[str, ...]]  # kind of sentence → texts with {concept} and {title}

    def fitting(self, kind: TellingKind) -> tuple[str, ...]:
        """Those made for the kind of sentence first, then those for any."""
        return (*self.by_kind.get(kind, ()), *self.by_kind.get("any", ()))

    def made_for(self, kind: TellingKind) -> bool:
        """Whether there is a pattern for just this kind."""
        return kind in self.by_kind


@cache
def patterns() -> Mapping[Format, Patterns]:
    """All of them; raises Misconfigured where the file is not what it should be."""
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
