"""Shorter, warmer or simpler by a language model, within what code can check; by the rules where its words cannot be used."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pydantic import BaseModel

from cohost import prompts, safety
from cohost.discuss import links
from cohost.discuss.payload import PromptPayload
from cohost.discuss.pieces import TOLD, Pieces, fixed, pieces
from cohost.discuss.reword import How, by_rules
from cohost.errors import ModelUnavailable
from cohost.model import Community
from cohost.ports import LanguageModel, Prompt
from cohost.suggestion import Provenance
from cohost.tone import EXCLUDED, excluded

ASKED = {
    "shorter": "shorter: keep the core and leave out what it can do without",
    "warmer": "warmer: more inviting, plain, and without pretending to know anybody",
    "simpler": "simpler: short sentences and everyday words, for readers whose first language is another",
}
GROWTH, ROOM = 1.4, 25  # a warmer or simpler draft may be longer by so much, or have so many more words
_MARKS = re.compile(r"^\s*(?:>|#|[-+*] |\d+\.)|\n\s*\n|\((?:link removed|mention)\)", re.MULTILINE)


class Reworded(BaseModel):
    """What a language model is asked to return."""

    parts: list[str]


@dataclass(frozen=True)
class Done:
    """A draft in other words; `by` says in whose."""

    draft: PromptPayload
    made: Provenance
    by: str


def reword(
    how: How, draft: PromptPayload, made: Provenance, community: Community, model: LanguageModel | None,
    repeats: Callable[[PromptPayload], bool],
) -> Done | None:  # fmt: skip
    """None where there is nothing to change; `repeats` tells whether a draft comes too near to another one."""
    fault = ""
    if model is not None:
        found = _by_model(how, draft, made, community, model, repeats)
        if isinstance(found, Done):
            return found
        fault = found
    changed = by_rules(how, draft, community.settings.words_excluded)
    return Done(changed, replace(made, fallback=fault or made.fallback), "by rules") if changed else None


def _by_model(
    how: How, draft: PromptPayload, made: Provenance, community: Community, model: LanguageModel,
    repeats: Callable[[PromptPayload], bool],
) -> Done | str:  # fmt: skip
    """The fault where its words cannot be used."""
    old, avoid = pieces(draft), community.settings.words_excluded
    prompt = prompts.render(
        "reword", community_name=community.name, how=ASKED[how], avoid=", ".join(avoid), whole=old.text,
        parts=list(old.parts),
    )  # fmt: skip
    try:
        done = model.complete(prompt, Reworded, community_id=community.id)
    except ModelUnavailable as failed:
        return failed.fault
    known = safety.urls_in(draft.text) | links.own_in(draft.text)
    said = [safety.clean(part, known).strip() for part in done.output.parts]
    if not _fits(said, old, prompt, how):
        return "wrong_shape"
    new = old.with_parts(said).onto(draft)
    if excluded("\n\n".join(said), avoid):
        return EXCLUDED
    if repeats(new):
        return "repeated"
    told = prompts.worded_by(made, prompt, done, model)
    return Done(new, told, f"by {told.made_by}")


def _fits(said: Sequence[str], old: Pieces, prompt: Prompt, how: How) -> bool:
    """Part for part what was there, as short as it may be, and nothing given away or made up."""
    if len(said) != len(old.parts) or list(said) == list(old.parts):
        return False
    same = all(_keeps(new, was, n) for n, (new, was) in enumerate(zip(said, old.parts, strict=True)))
    everything = f"{old.title}\n{old.text}\n{old.low_effort}"
    invented = any(told not in everything for part in said for told in TOLD.findall(part))
    new = old.with_parts(said).words
    short = new < old.words if how == "shorter" else new <= max(old.words * GROWTH, old.words + ROOM)
    return same and short and not invented and not prompts.echoes(prompt, "\n".join(said))


def _keeps(new: str, old: str, number: int) -> bool:
    """Whether a part still quotes, names and links the same, asks if it asked (a title need not), and has no structure."""
    asks = "?" in new or "?" not in old or number == 0
    return bool(new) and fixed(new) == fixed(old) and asks and not _MARKS.search(new)
