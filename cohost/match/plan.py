"""One round: from profiles and rules to who meets whom, and why somebody meets nobody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from cohost.errors import InvalidInput
from cohost.match.child import AT_ONCE, apart, here
from cohost.match.compatibility import Compatibility, Weights
from cohost.match.features import Embed, features_of
from cohost.match.groups import LARGEST, SMALLEST, match_groups
from cohost.match.mentors import Assigned, match_once
from cohost.match.ordered import Rule, terms_of
from cohost.match.pairs import Matched, match_pairs
from cohost.match.profile import Profile, Purpose, eligible
from cohost.match.rules import Allowed, Must

Shape = Literal["pairs", "groups"]
Runner = Callable[..., Any]  # calls its first argument with the others; the default does so in another process
MOST_IN_GROUPS = 2_000  # every pair is looked at


@dataclass(frozen=True)
class Round:
    """What a host asks for."""

    shape: Shape = "pairs"
    purpose: Purpose = "introductions"
    must: Must = Must()
    weights: Weights = Weights()
    group_size: int = 4
    rules: tuple[Rule, ...] = ()  # in the order in which they count, before the weights


@dataclass(frozen=True)
class Meeting:
    """People who would meet, with what speaks for it."""

    member_ids: tuple[str, ...]
    parts: dict[str, float]  # mean over the pairs within, before weighting
    compatibility: float  # the weighted sum of the parts
    unmet: tuple[Rule, ...] = ()  # rules of the round that it does not keep


@dataclass(frozen=True)
class Plan:
    """What came of a round."""

    meetings: tuple[Meeting, ...]
    left_out: dict[str, str]  # member id -> reason, told from what hosts may know


def plan(
    people: Sequence[Profile], asked: Round, apart_pairs: frozenset[frozenset[str]], embed: Embed, *,
    run: Runner = apart,
) -> Plan:  # fmt: skip
    """Who meets whom; `apart_pairs` holds secret pairs and recent meetings alike. `run` is for more than a few people.

    Raises InvalidInput for a size that cannot be, Busy when the matching did not come to an end.
    """
    if asked.shape == "groups" and not SMALLEST <= asked.group_size <= LARGEST:
        raise InvalidInput(f"A group has {SMALLEST} to {LARGEST} members, not {asked.group_size}.")
    chosen = eligible(people, asked.purpose)
    if asked.shape == "groups" and len(chosen) > MOST_IN_GROUPS:
        raise InvalidInput(f"Groups are made of up to {MOST_IN_GROUPS} members; split the round.")
    compatibility = _compatibility(chosen, asked, embed)
    allowed = Allowed(chosen, asked.must, apart_pairs)
    matched: Matched = _runner(run, chosen)(_match, compatibility, allowed, asked)
    meetings = tuple(_meeting(compatibility, chosen, group) for group in matched.groups)
    return Plan(meetings, {chosen[at].member_id: allowed.why_alone(at) for at in matched.left_out})


def _compatibility(people: Sequence[Profile], asked: Round, embed: Embed) -> Compatibility:
    terms = terms_of(asked.rules, people, sum(abs(weight) for weight in vars(asked.weights).values()))
    return Compatibility(features_of(people, embed), asked.weights, ordered=terms)


def _runner(run: Runner, people: Sequence[Profile]) -> Runner:
    return run if len(people) > AT_ONCE else here


def _match(compatibility: Compatibility, allowed: Allowed, asked: Round) -> Matched:
    if asked.shape == "pairs":
        return match_pairs(compatibility, allowed)
    everyone = slice(None)
    scores = replace(compatibility, ordered=()).block(everyone, everyone)
    return match_groups(
        np.asarray((scores + scores.T) / 2, np.float32), allowed.block(everyone, everyone), asked.group_size,
        rules=compatibility.rules(everyone, everyone) if compatibility.ordered else None,
    )  # fmt: skip


def plan_mentors(
    mentees: Sequence[Profile], mentors: Sequence[tuple[Profile, int]], asked: Round,
    apart_pairs: frozenset[frozenset[str]], embed: Embed, *, run: Runner = apart,
) -> Plan:  # fmt: skip
    """A mentor for each mentee; a mentor comes with how many they take, and may be the mentee of another. Raises Busy."""
    learners = eligible(mentees, asked.purpose)
    capacity = {mentor.member_id: places for mentor, places in mentors}
    teachers = eligible((mentor for mentor, _ in mentors), "helping")
    together = (*learners, *teachers)
    compatibility = _compatibility(together, asked, embed)
    allowed = Allowed(together, asked.must, apart_pairs)
    rows, columns = range(len(learners)), range(len(learners), len(together))
    scores = compatibility.block(rows, columns)
    place = {teacher.member_id: at for at, teacher in enumerate(teachers)}
    assigned: Assigned = _runner(run, together)(
        match_once, scores, allowed.block(rows, columns), [capacity[t.member_id] for t in teachers],
        [m.skipped for m in learners], [place.get(one.member_id) for one in learners],
    )  # fmt: skip
    pairs = [(at, len(learners) + mentor) for at, mentor in enumerate(assigned.mentor_of) if mentor is not None]
    alone = [at for at, mentor in enumerate(assigned.mentor_of) if mentor is None]
    meetings = tuple(_meeting(compatibility, together, pair) for pair in pairs)
    met = {member for meeting in meetings for member in meeting.member_ids}  # who helps somebody is not left out
    left_out = {learners[at].member_id: allowed.why_alone(at) for at in alone if learners[at].member_id not in met}
    return Plan(meetings, left_out)


def _meeting(compatibility: Compatibility, people: Sequence[Profile], group: Sequence[int]) -> Meeting:
    one, other = np.triu_indices(len(group), 1)  # in the order given: a mentee stands before their mentor
    places = list(group)
    means = {name: float(part[one, other].mean()) for name, part in compatibility.parts(places, places).items()}
    total = sum(getattr(compatibility.weights, name) * mean for name, mean in means.items())
    unmet = tuple(term.rule for term in compatibility.ordered if not term.kept(places))
    return Meeting(tuple(people[at].member_id for at in group), means, total, unmet)
