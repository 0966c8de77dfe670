"""A draft in other words: worded anew for a host, or another wording of it taken. Each is a new version of the suggestion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from cohost import rights
from cohost.discuss.payload import NAME, PromptPayload, Wording
from cohost.discuss.repeats import Earlier, text_of
from cohost.discuss.reword import How
from cohost.discuss.reword_model import reword
from cohost.errors import Conflict, InvalidInput, StaleVersion
from cohost.jobs import JOBS
from cohost.jobs.shape import Job
from cohost.model import Caller
from cohost.ownwords import find_foreign_text
from cohost.ports import Embedder, LanguageModel
from cohost.quotes import Readable
from cohost.store import Store, Tx, audit, people, suggestions
from cohost.store.audit import Actor
from cohost.suggestion import Decision, Suggestion
from cohost.verdict import check_current

KEPT = 6  # earlier wordings of a draft: the first and the newest
Among = Literal["earlier", "variations"]
NOTHING = {
    "shorter": "It cannot be made shorter without losing what it asks or what it quotes. Edit it where you see a way.",
    "warmer": "It already has a warm opening and a warm closing. More would be too much; edit it where you see a way.",
    "simpler": "No sentence of it is long, and no word has a plainer one here. Edit it where you see a way.",
}


class Rewording:
    """For hosts, on drafts that wait for a decision."""

    def __init__(
        self, store: Store, clock: Callable[[], datetime], embedder: Embedder, model: LanguageModel | None
    ) -> None:
        self._store = store
        self._clock = clock
        self._embedder = embedder
        self._model = model

    def reword(self, caller: Caller, suggestion_id: str, version: int, how: How) -> Suggestion:
        """Shorter, warmer or simpler; what it was before stays beside it.

        Raises Forbidden, NotFound, StaleVersion, AlreadyDecided, and Conflict where there is nothing to change or it is no
        draft of this kind; then nothing was changed.
        """
        with self._store.read() as tx:
            shown = _current(tx, caller, suggestion_id, version)
            community = people.community(tx, caller.community_id)
        old = PromptPayload.model_validate(shown.payload)
        done = reword(how, old, shown.provenance, community, self._model, lambda new: self._repeats(shown, new))
        if done is None:
            raise Conflict(NOTHING[how])
        told = {
            "earlier": _kept((*old.earlier, _wording(old, shown))),
            "reworded": f"Made {how} {done.by}.",
        }
        new = done.draft.model_copy(update=told)
        return self._store_new(caller, shown, new, asdict(done.made), how=how)

    def take(self, caller: Caller, suggestion_id: str, version: int, among: Among, number: int) -> Suggestion:
        """Another wording in place of the one shown, which takes its place there. Numbers count from 1.

        Raises as `reword` does, and InvalidInput for a number that is not there.
        """
        with self._store.read() as tx:
            shown = _current(tx, caller, suggestion_id, version)
        old = PromptPayload.model_validate(shown.payload)
        others = list(getattr(old, among))
        if not 1 <= number <= len(others):
            raise InvalidInput(f"There is no wording {number} among {len(others)} {among}.", field="number")
        taken: Wording = others[number - 1]
        others[number - 1] = _wording(old, shown)
        changes = taken.model_dump(exclude={"provenance"}) | {among: tuple(others)}
        new = old.model_copy(update=changes)
        return self._store_new(caller, shown, new, taken.provenance, how=f"{among} {number}")

    def _repeats(self, shown: Suggestion, new: PromptPayload) -> bool:
        """Whether a prompt comes too near to a post or to another draft."""
        if new.kind != "prompt":
            return False
        with self._store.read() as tx:
            earlier = Earlier(tx, shown.community_id, self._embedder, without=shown.id)
        return earlier.is_near(earlier.embed([text_of(new)])[0])

    def _store_new(
        self, caller: Caller, seen: Suggestion, new: PromptPayload, made: dict[str, Any], *, how: str
    ) -> Suggestion:
        """Everything is checked as an edit is, on the version that was seen."""
        now = self._clock()
        with self._store.write() as tx:
            rights.check_person(tx, caller)
            shown = _current(tx, caller, seen.id, seen.version)
            _check(tx, shown, new, JOBS[NAME])
            payload = new.model_dump(mode="json")
            if not suggestions.update(
                tx, shown.id, from_version=shown.version, now=now, payload=payload, provenance=made or asdict(shown.provenance)
            ):  # fmt: skip
                raise StaleVersion(f"Suggestion {shown.id} changed meanwhile; load it again.")
            who = Actor(caller.member_id or "platform", caller.credential_id)
            audit.record(
                tx, shown.community_id, who, "suggestion.reworded", "suggestion", shown.id, now=now, old=shown.status,
                new=shown.status, version=shown.version, how=how,
            )  # fmt: skip
            return suggestions.get(tx, shown.community_id, shown.id)


def _current(tx: Tx, caller: Caller, suggestion_id: str, version: int) -> Suggestion:
    """As the caller saw it, still to be decided, and of a kind that is worded anew."""
    shown = rights.in_sight(tx, caller, suggestion_id, JOBS)
    check_current(tx, shown, Decision("edit", version))
    if shown.job != NAME or shown.status != "pending":
        raise Conflict(
            "Only drafts of prompts, welcomes, recaps and kick-offs that wait for a decision are worded anew."
        )
    return shown


def _check(tx: Tx, shown: Suggestion, new: PromptPayload, job: Job) -> None:
    readable = Readable(tx, shown.community_id, shown.destination)
    proposed = {"title": new.title, "text": new.text, "low_effort": new.low_effort}
    revision = job.revise(shown, proposed, readable)
    if len(revision.evidence) != len(shown.evidence):
        raise InvalidInput("A wording may not lose a quotation.", field="text")
    foreign = find_foreign_text(tx, shown.community_id, shown.destination, revision.own_words)
    if foreign:
        raise InvalidInput("A wording may not take its words from what not all readers may read.", field="text")


def _wording(draft: PromptPayload, shown: Suggestion) -> Wording:
    return Wording(**draft.model_dump(include=set(Wording.model_fields)), provenance=asdict(shown.provenance))


def _kept(earlier: Sequence[Wording]) -> tuple[Wording, ...]:
    return tuple(earlier) if len(earlier) <= KEPT else (earlier[0], *earlier[-KEPT + 1 :])
