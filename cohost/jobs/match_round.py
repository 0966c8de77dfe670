"""A round as it is asked for, and the plan that comes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import combinations
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from cohost.errors import InvalidInput
from cohost.jobs.shape import Tools
from cohost.match.child import apart as in_a_process
from cohost.match.compatibility import Weights
from cohost.match.features import Embed
from cohost.match.ordered import MOST_RULES, Rule
from cohost.match.plan import Meeting, Plan, Round, Runner, plan, plan_mentors
from cohost.match.profile import Profile, Purpose
from cohost.match.rules import Must
from cohost.match.stored import as_profile
from cohost.match.table import read_profiles, stored_rows
from cohost.model import Member
from cohost.store import Tx, people, profiles, rounds, safety_cases, sources
from cohost.store.profiles import StoredProfile
from cohost.store.rounds import StoredRound

Shape = Literal["pairs", "groups", "mentors", "buddy"]
MENTORING = Weights(asks_offers=1.0, shared_goals=0.4, level_gap=0.4, diverse_perspectives=0.0)
DEFAULT_CAPACITY = 2  # people whom a mentor takes who says nothing about it
NEWCOMER, EXPERIENCED = timedelta(days=30), timedelta(days=90)  # since they joined
ROUNDS_LOOKED_AT = 10  # for who was left out before


class Asked(BaseModel):
    """What a host asks for."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    title: str = Field("", max_length=200)
    shape: Shape = "pairs"
    purpose: Purpose = "introductions"
    group_size: int = Field(4, ge=3, le=6)
    overlap_hours: int = Field(0, ge=0, le=168)
    shared_language: bool = False
    no_repeat_rounds: int = Field(6, ge=0, le=100)
    weights: dict[str, float] = Field(default_factory=dict)
    rules: tuple[Rule, ...] = Field((), max_length=MOST_RULES)  # in the order in which they count, before the weights
    locked: tuple[str, ...] = ()  # introductions of an earlier try that stay
    apart: tuple[tuple[str, ...], ...] = ()  # people of introductions that a host dropped

    @field_validator("rules")
    @classmethod
    def _one_rule_a_field(cls, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        if len({rule.field for rule in rules}) < len(rules):
            raise ValueError("two rules are about one field; keep one of them")
        return rules

    def weights_of(self) -> Weights:
        """How much each part counts; raises TypeError for a part that does not exist."""
        usual = MENTORING if self.shape in ("mentors", "buddy") else Weights()
        return replace(usual, **self.weights)

    @property
    def must(self) -> Must:
        """The hard rules."""
        return Must(self.overlap_hours, self.shared_language)


@dataclass(frozen=True)
class Planned:
    """Who would meet, with what is known of them."""

    round: StoredRound
    asked: Asked
    meetings: tuple[Meeting, ...]
    left_out: dict[str, str]
    stored: Mapping[str, StoredProfile]
    hours: Mapping[str, frozenset[int]]  # free ones, in UTC
    names: Mapping[str, str]

    def profiles_of(self, meeting: Meeting) -> list[StoredProfile]:
        """Of the people of one meeting."""
        return [self.stored[member] for member in meeting.member_ids]


@dataclass(frozen=True)
class Present:
    """Everybody who could be in a round."""

    members: Mapping[str, Member]
    stored: Mapping[str, StoredProfile]
    profiles: tuple[Profile, ...]


def present(tx: Tx, community_id: str, purpose: Purpose, now: datetime) -> Present:
    """Active members with a profile, and how often in a row rounds of this purpose left them out."""
    stored = {one.member_id: one for one in profiles.of_active(tx, community_id)}
    often = sources.posts_per_week(tx, community_id, now)
    past = [one for one in rounds.listed(tx, community_id, limit=ROUNDS_LOOKED_AT) if one.asked["purpose"] == purpose]
    skipped = left_out_before(past)
    read = tuple(
        as_profile(one, now, posts_per_week=often.get(m, 0.0), skipped=skipped.get(m, 0)) for m, one in stored.items()
    )
    return Present({m.id: m for m in people.all_members(tx, community_id)}, stored, read)


def of_table(text: str, shape: str, now: datetime) -> Present:
    """Everybody in a CSV table; raises InvalidInput that names each bad row."""
    if shape == "buddy":
        raise InvalidInput("A table does not say who is new, so buddies are tried with the members who are stored.")
    stored = {row.profile.member_id: row.profile for row in stored_rows(text, now)}
    return Present({}, stored, tuple(read_profiles(text, now)))


def left_out_before(past: Sequence[StoredRound]) -> dict[str, int]:
    """member → in how many rounds in a row, up to the last one."""
    counts: dict[str, int] = {}
    done = [one for one in past if one.status == "proposed"]
    for n, one in enumerate(done):
        for member in one.left_out:
            if counts.get(member, 0) == n:
                counts[member] = n + 1
    return counts


def planned(tools: Tools, stored: StoredRound) -> Planned:
    """Match those who are in no introduction of this round that stands, and mentors who have room left."""
    asked, now, community = Asked.model_validate(stored.asked), tools.clock(), tools.community.id
    with tools.store.read() as tx:
        here = present(tx, community, asked.purpose, now)
        apart = kept_apart(tx, community, asked, but=stored.id)
        kept = rounds.kept_in(tx, community, stored.id)
    assert tools.embedder is not None  # noqa: S101  the caller asked before
    made = matched(asked, here, apart, tools.embedder.embed, now, kept=kept, run=tools.run)
    hours = {profile.member_id: profile.hours for profile in here.profiles}
    names = {member: one.name for member, one in here.members.items()}
    met = {member for members in kept for member in members}
    left_out = {member: why for member, why in made.left_out.items() if member not in met}
    return Planned(stored, asked, made.meetings, left_out, here.stored, hours, names)


def kept_apart(tx: Tx, community_id: str, asked: Asked, *, but: str = "") -> frozenset[frozenset[str]]:
    """Secret pairs, those who met lately in rounds other than `but`, and those whom a host does not want together."""
    dropped = {frozenset(pair) for group in asked.apart for pair in combinations(group, 2)}
    lately = met_lately(tx, community_id, asked.no_repeat_rounds, but)
    return safety_cases.kept_apart(tx, community_id) | lately | dropped


def matched(
    asked: Asked, here: Present, apart: frozenset[frozenset[str]], embed: Embed, now: datetime,
    *, kept: Sequence[tuple[str, ...]] = (), run: Runner = in_a_process,
) -> Plan:  # fmt: skip
    """Who meets whom, beside the introductions that are kept, a mentee before their mentor. Raises InvalidInput, Busy."""
    if asked.shape in ("pairs", "groups"):
        weights = asked.weights_of()
        taken = {member for members in kept for member in members}
        free = [profile for profile in here.profiles if profile.member_id not in taken]
        shape: Literal["pairs", "groups"] = "pairs" if asked.shape == "pairs" else "groups"
        return plan(
            free, Round(shape, asked.purpose, asked.must, weights, asked.group_size, asked.rules), apart, embed, run=run
        )
    learners, teachers = sides(asked, here.profiles, here, now)
    served, busy = {members[0] for members in kept}, Counter(members[-1] for members in kept)
    round_ = Round("pairs", asked.purpose, asked.must, asked.weights_of(), rules=asked.rules)
    room = {m: int(one.fields.get("capacity", DEFAULT_CAPACITY)) - busy[m] for m, one in here.stored.items()}
    places = [(one, room[one.member_id]) for one in teachers if room[one.member_id] > 0]
    apart |= {frozenset(members) for members in kept}
    return plan_mentors([one for one in learners if one.member_id not in served], places, round_, apart, embed, run=run)


def sides(asked: Asked, free: Sequence[Profile], here: Present, now: datetime) -> tuple[list[Profile], list[Profile]]:
    """(who learns, who helps): for a buddy, newcomers and those who have been here for long.

    With mentors, whoever helps some may ask others for help.
    """
    if asked.shape == "buddy":
        age = {m: now - one.joined_at for m, one in here.members.items() if one.joined_at is not None}
        known = [one for one in free if one.member_id in age]
        new = [one for one in known if age[one.member_id] <= NEWCOMER]
        return new, [one for one in known if "helping" in one.purposes and age[one.member_id] >= EXPERIENCED]
    return [one for one in free if one.asks], [one for one in free if "helping" in one.purposes]


def met_lately(tx: Tx, community_id: str, count: int, this: str) -> frozenset[frozenset[str]]:
    """Pairs that were invited to meet each other in the last rounds."""
    past = [one.id for one in rounds.listed(tx, community_id, limit=count + 1) if one.id != this][:count]
    together: dict[str, list[str]] = {}
    for one in rounds.of_rounds(tx, community_id, past):
        together.setdefault(one.suggestion_id, []).append(one.member_id)
    return frozenset(frozenset(pair) for group in together.values() for pair in combinations(group, 2))
