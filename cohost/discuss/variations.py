"""Other wordings of one draft on the same evidence, to choose from side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest

from cohost.discuss.patterns import Format
from cohost.discuss.payload import PromptPayload, Wording
from cohost.ports import FloatArray
from cohost.suggestion import Provenance

MOST = 3  # wordings of a draft, the first one included: more are not compared, but skimmed
TURNS = 4  # patterns of one form that are tried


@dataclass(frozen=True)
class Worded:
    """A draft with how it was made, and what its text means."""

    draft: PromptPayload
    made: Provenance
    vector: FloatArray

    def as_wording(self) -> Wording:
        """To stand beside another one."""
        told = self.draft.model_dump(include=set(Wording.model_fields))
        return Wording(**told, provenance=asdict(self.made))


def variations(
    first: Worded, forms: Sequence[Format], worded: Callable[[Format, int], Worded | None], number: int
) -> list[Worded]:
    """So many others, in another form and in other words of the same form by turns; fewer where there are none."""
    said, found = {first.draft.text}, list[Worded]()
    for form, turn in _candidates(first.draft.format, forms) if number > 0 else ():
        one = worded(form, turn)
        if one is not None and one.draft.text not in said:
            said.add(one.draft.text)
            found.append(one)
        if len(found) >= number:
            break
    return found[:number]


def _candidates(first: str, forms: Sequence[Format]) -> Iterator[tuple[Format, int]]:
    others = [(form, 0) for form in forms if form != first]
    same = [(form, turn) for form in forms if form == first for turn in range(1, TURNS)]
    for pair in zip_longest(others, same):
        yield from (one for one in pair if one is not None)
