"""Rounds of introductions for hosts: what is feasible, what came of it, and how the last ones went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from cohost import withdrawal
from cohost.errors import Conflict, InvalidInput
from cohost.ids import new_id
from cohost.jobs.match_payload import NAME, IntroductionPayload
from cohost.jobs.match_round import Asked, kept_apart, matched, of_table, present, sides
from cohost.match.child import apart as in_a_process
from cohost.match.child import here as at_once
from cohost.match.features import Embed
from cohost.match.limits import RuleLimits, looked_at
from cohost.match.ordered import Rule
from cohost.match.plan import Plan, Runner
from cohost.match.profile import Profile, eligible
from cohost.match.rules import Allowed
from cohost.model import Caller, Request
from cohost.store import Store, Tx, audit, people, requests, rounds, suggestions
from cohost.store.audit import Actor
from cohost.store.rounds import STANDING, Invitation, Status, StoredRound
from cohost.suggestion import Suggestion

IN_A_PROCESS = 2_000  # people from whom on looking at all pairs of them takes more than a moment
REPEATED = 2  # introductions that did not come about because of one member, from which on a pause is suggested
WENT = 10  # rounds that are looked back on


@dataclass(frozen=True)
class Feasibility:
    """What the rules leave, before anybody is matched; told from what everybody may know."""

    eligible: int
    with_partner: int  # somebody fits the rules on hours and languages
    alone: dict[str, int]  # reason → how many
    rules: tuple[RuleLimits, ...] = ()


@dataclass(frozen=True)
class RuleOutcome:
    """What came of a rule, in the introductions that stand."""

    rule: Rule
    kept: int
    not_kept: int
    why: str  # "" where it is kept everywhere


@dataclass(frozen=True)
class RoundView:
    """A round with what came of it."""

    round: StoredRound
    asked: Asked
    introductions: tuple[Suggestion, ...]
    invited: int
    accepted: int
    declined: int
    met: int
    not_met: int
    again: int
    rules: tuple[RuleOutcome, ...] = ()

    @property
    def approval_waiting(self) -> int:
        """Introductions that a host approved and that are still to be worked on."""
        return len(self.round.approving.left) if self.round.approving else 0

    @property
    def withdrawn(self) -> int:
        """Introductions that were taken back before anybody was invited, since something they relied on changed."""
        return sum(one.status == "withdrawn" and one.notice != ANEW for one in self.introductions)

    @property
    def not_approved(self) -> dict[str, str]:
        """By introduction, why the last approval left it out."""
        return self.round.approving.refused if self.round.approving else {}


@dataclass(frozen=True)
class Pause:
    """A member whose introductions did not come about, worded for a host who will talk to them."""

    member_id: str
    times: int
    text: str


class Rounds:
    """Made by hosts, matched by the worker; what came of them, and how they went."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def feasibility(self, community_id: str, given: dict[str, Any]) -> Feasibility:
        """Before a round is made; raises InvalidInput."""
        asked = _asked(given)
        with self._store.read() as tx:
            here = present(tx, community_id, asked.purpose, self._clock())
        one_side: tuple[Profile, ...] = ()
        if asked.shape in ("mentors", "buddy"):
            learners, helpers = sides(asked, here.profiles, here, self._clock())
            one_side, chosen = eligible(learners, asked.purpose), eligible(helpers, "helping")
        else:
            chosen = eligible(here.profiles, asked.purpose)
        chosen = (*one_side, *chosen)
        allowed = Allowed(chosen, asked.must)
        size = asked.group_size if asked.shape == "groups" else 2
        run: Runner = in_a_process if len(chosen) > IN_A_PROCESS else at_once
        alone, rules = run(looked_at, allowed, asked.rules, len(one_side), size)
        reasons = Counter(allowed.why_alone(at) for at in alone)
        return Feasibility(len(chosen), len(chosen) - len(alone), dict(reasons), rules)

    def tried(self, community_id: str, given: dict[str, Any], embed: Embed, *, table: str | None = None) -> Plan:
        """What would come of a round, of those stored or of a CSV table; nothing is stored, nobody hears of it.

        Raises InvalidInput, Busy.
        """
        asked, now = _asked(given), self._clock()
        with self._store.read() as tx:
            apart = kept_apart(tx, community_id, asked)
            here = present(tx, community_id, asked.purpose, now) if table is None else of_table(table, asked.shape, now)
        return matched(asked, here, apart, embed, now)

    def make(self, caller: Caller, given: dict[str, Any], deadline: datetime, actor: Actor) -> StoredRound:
        """Ask for a round; the worker matches. Raises InvalidInput, Conflict where the job is off."""
        asked, now = _asked(given), self._clock()
        if deadline <= now:
            raise InvalidInput("The deadline is over already; choose a later one.", field="deadline")
        new = StoredRound(new_id("rd"), asked.model_dump(mode="json"), deadline, now)
        with self._store.write() as tx:
            if NAME not in people.community(tx, caller.community_id).settings.jobs:
                raise Conflict("Introductions are switched off here. A host switches on the job `match` first.")
            rounds.add(tx, caller.community_id, new)
            self._request(tx, caller, new, 0)
            audit.record(tx, caller.community_id, actor, "round.made", "round", new.id, now=now)
        return new

    def again(
        self, caller: Caller, round_id: str, *, locked: Collection[str], dropped: Collection[str], actor: Actor
    ) -> StoredRound:
        """Match anew: locked introductions stay, dropped ones do not come back. Raises NotFound, Conflict."""
        with self._store.write() as tx:
            old = rounds.get(tx, caller.community_id, round_id)
            if old.approving is not None and old.approving.left:
                raise Conflict("This round is being approved. Wait until that is done, then change it.")
            found = self._introductions(tx, caller.community_id, round_id)
            _check_known([*locked, *dropped], found)
            if _status(tx, caller.community_id, old) == "waiting":
                raise Conflict("This round is being matched. Wait until it is there, then change it.")
            for one in found:
                if one.status == "pending" and one.id not in locked:
                    withdrawal.withdraw(tx, one, ANEW, now=self._clock())
            asked = Asked.model_validate(old.asked)
            apart = [one.destination.member_ids for one in found if one.id in dropped]
            changed = asked.model_copy(update={"locked": tuple(locked), "apart": (*asked.apart, *apart)})
            rounds.again(tx, round_id, changed.model_dump(mode="json"))
            self._request(tx, caller, old, len(found))
            audit.record(tx, caller.community_id, actor, "round.matched_again", "round", round_id, now=self._clock())
            return rounds.get(tx, caller.community_id, round_id)

    def view(self, community_id: str, round_id: str) -> RoundView:
        """One round; raises NotFound."""
        with self._store.read() as tx:
            return self._view(tx, community_id, rounds.get(tx, community_id, round_id))

    def listed(self, community_id: str) -> list[RoundView]:
        """Newest first."""
        with self._store.read() as tx:
            return [self._view(tx, community_id, one) for one in rounds.listed(tx, community_id, limit=WENT)]

    def pauses(self, community_id: str) -> list[Pause]:
        """Members whom a host may want to ask whether they would like a break."""
        with self._store.read() as tx:
            past = [one.id for one in rounds.listed(tx, community_id, limit=WENT)]
            missed = _missed([one for one in rounds.of_rounds(tx, community_id, past) if one.exchanged_at])
            names = {member.id: member.name for member in people.all_members(tx, community_id)}
        times = Counter(missed)
        return [
            Pause(member, count, PAUSE.format(name=names.get(member, "They"), count=count))
            for member, count in times.most_common() if count >= REPEATED
        ]  # fmt: skip

    def _request(self, tx: Tx, caller: Caller, of: StoredRound, tries: int) -> None:
        new = Request(
            new_id("rq"), caller.community_id, NAME, {"round_id": of.id}, None, None, "waiting", 0, self._clock()
        )
        requests.add(tx, new, dedupe_key=f"{NAME}/{of.id}/{tries}/{self._clock().isoformat()}")

    def _introductions(self, tx: Tx, community_id: str, round_id: str) -> list[Suggestion]:
        rounds.get(tx, community_id, round_id)
        return suggestions.some(tx, community_id, rounds.introductions(tx, community_id, round_id))

    def _view(self, tx: Tx, community_id: str, one: StoredRound) -> RoundView:
        found = self._introductions(tx, community_id, one.id)
        invited = rounds.of_rounds(tx, community_id, [one.id])
        answers, outcomes = Counter(i.answer for i in invited), Counter(i.outcome for i in invited)
        one = replace(one, status=_status(tx, community_id, one))
        asked = Asked.model_validate(one.asked)
        return RoundView(
            one, asked, tuple(found), len(invited), answers["accept"], answers["decline"],
            outcomes["met"], outcomes["not_met"], sum(bool(i.again) for i in invited),
            _outcomes(asked, found),
        )  # fmt: skip


ANEW = "The round was matched anew."
NOT_KEPT = (
    "Nobody was left with whom it could be kept: rules that come before it, what members say, earlier meetings, numbers"
    " and safety rules count."
)
PAUSE = (
    "{count} introductions of {name} did not lead to a meeting, though everybody had said yes. Whatever the reason: you may"
    " want to ask whether they would like a break from introductions."
)


def _outcomes(asked: Asked, found: Sequence[Suggestion]) -> tuple[RuleOutcome, ...]:
    standing = [one for one in found if one.status in STANDING]
    unmet = Counter(
        rule for one in standing for rule in IntroductionPayload.model_validate(one.payload).unmet
    )  # fmt: skip
    return tuple(
        RuleOutcome(rule, len(standing) - unmet[rule], unmet[rule], NOT_KEPT if unmet[rule] else "")
        for rule in asked.rules
    )


def _missed(exchanged: Sequence[Invitation]) -> list[str]:
    """Members, once for each meeting that did not come about: who stayed away seldom says so, so one word of it counts."""
    met = {one.suggestion_id for one in exchanged if one.outcome == "met"}
    failed = {one.suggestion_id for one in exchanged if one.outcome == "not_met"} - met
    return [one.member_id for one in exchanged if one.suggestion_id in failed or one.outcome == "not_met"]


def people_of(shown: Suggestion) -> tuple[str, ...]:
    """Names of those who would be introduced."""
    return tuple(person.name for person in IntroductionPayload.model_validate(shown.payload).people)


def _status(tx: Tx, community_id: str, one: StoredRound) -> Status:
    """One that no worker matches any more has failed, or the job was switched off meanwhile."""
    if one.status != "waiting" or requests.round_is_worked_on(tx, community_id, one.id):
        return one.status
    return "failed"


def _asked(given: dict[str, Any]) -> Asked:
    try:
        asked = Asked.model_validate(given)
        Asked.weights_of(asked)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(f"{where}: {first['msg'].removeprefix('Value error, ')}.", field=where) from error
    except TypeError as error:
        raise InvalidInput(f"weights names a part that does not exist: {error}.", field="weights") from error
    return asked


def _check_known(ids: Collection[str], found: Collection[Suggestion]) -> None:
    unknown = set(ids) - {one.id for one in found}
    if unknown:
        raise InvalidInput(f"{sorted(unknown)[0]!r} is no introduction of this round.", field="locked")
