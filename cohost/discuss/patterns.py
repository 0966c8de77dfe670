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
FIELDS = dict.fromkeys(("concept", "one", "title", "first", "second"), "X")


@dataclass(frozen=True)
class Patterns:
    """Of one format."""

    low_effort: str
    by_kind: Mapping[str, tuple[str, ...]]  # kind of sentence → texts with {concept} and {title}
    options: Mapping[str, tuple[str, ...]]  # of a poll: kind of sentence → what there is to choose from

    def fitting(self, telling: Telling) -> tuple[str, ...]:
        """Those made for this kind of sentence that have all the words they need."""
        lacking = [f"{{{name}}}" for name in ("first", "second") if not getattr(telling, name)]
        return tuple(text for text in self.by_kind.get(telling.kind, ()) if not any(place in text for place in lacking))

    def without(self, avoid: tuple[str, ...]) -> Patterns:
        """Those that use none of the words."""
        kept = {kind: allowed(texts, avoid) for kind, texts in self.by_kind.items()}
        spoilt = {kind for kind, options in self.options.items() if len(allowed(options, avoid)) < len(options)}
        return Patterns(self.low_effort, {kind: kept[kind] for kind in kept if kind not in spoilt}, self.options)


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
        low_effort, options = kinds.pop("low_effort"), kinds.pop("options", {})
        for texts in kinds.values():
            for text in texts:
                text.format(**FIELDS)  # an unknown placeholder is found here, not in a draft
        made[name] = Patterns(low_effort, _tuples(kinds), _tuples(options))
    return made


def _tuples(by_kind: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {kind: tuple(texts) for kind, texts in by_kind.items()}
