"""Around what is quoted, named and linked: the words that a language model may choose, held to what was given."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from pydantic import BaseModel

from cohost import prompts, safety
from cohost.discuss.occasions import OCCASION_NAMES, Occasion
from cohost.discuss.pieces import TOLD
from cohost.errors import ModelUnavailable
from cohost.jobs.shape import Tools
from cohost.ports import Prompt
from cohost.suggestion import Provenance
from cohost.tone import EXCLUDED, excluded

MOST_WORDS = 60  # of the opening or the closing
_MARKS = re.compile(r"^\s*(?:>|#|-|\d+\.)|\]\(|https?:|\((?:link removed|mention)\)", re.M)


class WrittenOccasion(BaseModel):
    """What a language model is asked to return."""

    opening: str
    closing: str


@dataclass(frozen=True)
class Parts:
    """A draft; `body` stays as it is, whoever words the rest."""

    opening: str
    body: str
    closing: str

    @property
    def text(self) -> str:
        """As it will be posted."""
        return "\n\n".join(filter(None, (self.opening, self.body, self.closing)))


@dataclass(frozen=True)
class Written:
    """The draft in its final words."""

    text: str
    made: Provenance


def written(kind: Occasion, parts: Parts, tools: Tools, made: Provenance, *, tone: str = "") -> Written:
    """By a language model within bounds; the hand-written words stay where its own cannot be used."""
    if tools.model is None:
        return Written(parts.text, made)
    prompt = prompts.render(
        "occasion", kind=OCCASION_NAMES[kind], community_name=tools.community.name, tone=tone, opening=parts.opening,
        body=parts.body, closing=parts.closing,
    )  # fmt: skip
    try:
        done = tools.model.complete(prompt, WrittenOccasion, community_id=tools.community.id)
    except ModelUnavailable as failed:
        return Written(parts.text, replace(made, fallback=failed.fault))
    new = Parts(_clean(done.output.opening), parts.body, _clean(done.output.closing))
    if not fits(new, parts, prompt):
        return Written(parts.text, replace(made, fallback="wrong_shape"))
    if excluded(f"{new.opening}\n\n{new.closing}", tools.community.settings.words_excluded):
        return Written(parts.text, replace(made, fallback=EXCLUDED))
    return Written(new.text, prompts.worded_by(made, prompt, done, tools.model))


def fits(new: Parts, old: Parts, prompt: Prompt) -> bool:
    """Short, still asking what was asked, and with no name, number or quotation that was not there."""
    said = f"{new.opening}\n{new.closing}"
    short = all(0 < len(part.split()) <= MOST_WORDS for part in (new.opening, new.closing))
    invented = any(told not in old.text for told in TOLD.findall(said))
    asks = new.closing.rstrip().endswith("?") or "?" not in old.closing
    return short and asks and not invented and not _MARKS.search(said) and not prompts.echoes(prompt, said)


def _clean(text: str) -> str:
    return safety.clean(text, frozenset()).strip()
