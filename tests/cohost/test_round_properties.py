"""Rounds over generated communities, from the stored rows to every text: no secret, no hidden field, nobody forgotten.

COHOST_CHAOS_ROUNDS sets how many communities are generated.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import combinations
from random import Random

import pytest
from databases import Databases

from cohost.bootstrap import App, build
from cohost.jobs import match
from cohost.jobs.shape import Tools
from cohost.match.rules import NO_HOURS, NO_LANGUAGE, NOBODY_LEFT
from cohost.match.stored import LISTS, SHOWN
from cohost.model import Community, CommunitySettings, Member, Passage, Request, SourceInput, Space
from cohost.ports import Query, ScoredSentence
from cohost.settings import load
from cohost.store import people, places, profiles, rounds, safety_cases
from cohost.store.audit import OPERATOR
from cohost.store.profiles import StoredProfile
from cohost.store.rounds import StoredRound
from cohost.store.safety_cases import Report
from cohost.suggestion import Draft
from cohost.testing import HashEmbedder
from tests.cohost.match_case import CHAOS_ROUNDS, here

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AT_ONCE = 20
SUBJECTS = ("baking bread slowly", "chess opening moves", "drawing old harbours", "sailing at night")
KINDS = ("cluster", "distribute", "balance")
PURPOSES = ("introductions", "groups", "helping")
SECRET_WORDS = ("block", "report", "safety", "moderat")


class Silent:
    """A search that finds nothing."""

    def search(self, query: Query) -> list[Passage]:
        return []

    def sentences(self, query: str, passages: Sequence[Passage]) -> list[ScoredSentence]:
        return []

    def answerable(self, question: str, passages: Sequence[Passage]) -> float:
        return 0.0

    def signature(self) -> dict[str, str]:
        return {}


@dataclass(frozen=True)
class Generated:
    """A community made up from a seed."""

    id: str
    stored: dict[str, StoredProfile]
    asked: dict[str, object]
    apart: set[frozenset[str]] = field(default_factory=set)

    def hidden(self) -> list[str]:
        """Everything that somebody says and does not show; no two say the same."""
        return [
            value for one in self.stored.values() for name in LISTS if name not in one.shown
            for value in one.fields[name] if name != "languages"
        ]  # fmt: skip


@pytest.fixture(scope="module")
def core(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    home = tmp_path_factory.mktemp("rounds")
    store = databases.store(databases.sqlite(home / "cohost.db"))
    made = build(load({"COHOST_HOME": str(home)}), clock=lambda: NOW, embedder=HashEmbedder(), store=store)
    yield made
    made.close()


@pytest.mark.parametrize("seeds", [range(at, at + AT_ONCE) for at in range(0, CHAOS_ROUNDS, AT_ONCE)], ids=str)
def test_rounds_over_generated_communities(core: App, seeds: range) -> None:
    for seed in seeds:
        made = generated(core, seed)
        open_drafts, open_left = proposed(core, made, "open")
        bring_apart(core, made, Random(seed))  # noqa: S311  a game of dice
        drafts, left_out = proposed(core, made, "secret")
        for draft in (*open_drafts, *drafts):
            check_texts(made, draft)
            check_willing(made, draft)
        for draft in drafts:
            assert not made.apart & {frozenset(pair) for pair in combinations(draft.destination.member_ids, 2)}, seed
        check_everybody(made, open_drafts, open_left)
        check_everybody(made, drafts, left_out)
        check_the_same_but_for_who(open_drafts, drafts)
        assert all(
            one["field"] in {rule["field"] for rule in made.asked["rules"]}
            for d in drafts
            for one in d.payload["unmet"]
        )
        assert set(left_out.values()) <= {NO_LANGUAGE, NO_HOURS, NOBODY_LEFT}
        assert all(left_out[one] == open_left[one] for one in left_out.keys() & open_left.keys())


def check_texts(made: Generated, draft: Draft) -> None:
    """No field that somebody hides, no name in an invitation, no secret, and only facts of shown fields."""
    everything = json.dumps([draft.payload, draft.rationale, [asdict(item) for item in draft.evidence]])
    assert not [value for value in made.hidden() if value in everything]
    assert not [word for word in SECRET_WORDS if word in everything.casefold()]
    for member, text in (draft.payload["invitations"] | draft.payload["reminders"]).items():
        assert not [other for other in made.stored if other != member and other in text]
    for fact in draft.payload["facts"]:
        one = made.stored[fact["member_id"]]
        assert fact["field"] in one.shown
        assert fact["value"] in one.fields[fact["field"]]


def check_willing(made: Generated, draft: Draft) -> None:
    for member in draft.destination.member_ids:
        purposes = made.stored[member].purposes
        helps = made.asked["shape"] in ("mentors", "buddy") and "helping" in purposes
        assert made.asked["purpose"] in purposes or helps


def check_everybody(made: Generated, drafts: Sequence[Draft], left_out: dict[str, str]) -> None:
    """Each in one meeting (a mentor in several), or left out with a reason; nobody silently."""
    met = [member for draft in drafts for member in draft.destination.member_ids]
    assert not left_out.keys() & set(met)
    if made.asked["shape"] in ("pairs", "groups"):
        willing = {m for m, one in made.stored.items() if made.asked["purpose"] in one.purposes}
        assert sorted([*met, *left_out]) == sorted(willing)


def check_the_same_but_for_who(one: Sequence[Draft], other: Sequence[Draft]) -> None:
    """What both rounds propose reads the same in both, and stands in the order of the ids."""
    before = {draft.destination.member_ids: draft for draft in one}
    for draft in other:
        assert before.get(draft.destination.member_ids, draft).payload == draft.payload | {
            "round_id": before.get(draft.destination.member_ids, draft).payload["round_id"]
        }
    order = [draft.destination.member_ids for draft in other]
    assert order == sorted(order)


def generated(core: App, seed: int) -> Generated:
    random, name = Random(seed), f"community-{seed}"  # noqa: S311  a game of dice
    shape = ("pairs", "groups", "mentors", "buddy")[seed % 4]
    asked = {
        "shape": shape, "purpose": "groups" if shape == "groups" else "introductions", "group_size": random.randint(3, 5),
        "overlap_hours": random.choice((0, 0, 2)), "shared_language": random.random() < 0.3,
        "rules": [
            {"kind": random.choice(KINDS), "field": field}
            for field in random.sample(("level", "languages", "time_zone", "goals"), random.randint(0, 2))
        ],
    }  # fmt: skip
    with core.store.write() as tx:
        people.put_community(tx, Community(name, name, settings=CommunitySettings(jobs=("match",))), NOW)
        places.put_space(tx, name, Space("talk", "Talk", "discussion", "members"), NOW)
        stored = {}
        for at in range(random.randint(2, 14)):
            member = f"Person{at:02}x"
            joined = NOW - timedelta(days=random.choice((3, 20, 100, 300)))
            people.put_member(tx, name, Member(member, member, joined_at=joined), NOW)
            stored[member] = _profile(random, member)
            profiles.put(tx, name, stored[member], NOW)
    core.intake.put(name, "talk", SourceInput("post", "post", "", "Good evening.", author_id=min(stored)), OPERATOR)
    return Generated(name, stored, asked)


def _profile(random: Random, member: str) -> StoredProfile:
    fields: dict[str, object] = {
        name: [f"{subject} {name} of somebody {random.random():.12f}" for subject in random.sample(SUBJECTS, 2)]
        for name in LISTS
    }
    days = random.sample(("mon", "tue", "wed", "thu", "fri"), 2)
    fields |= {"languages": random.sample(["en", "fr", "pt"], random.randint(1, 2)), "level": random.randint(0, 4)}
    fields |= {
        "time_zone": random.choice(("UTC", "Asia/Tokyo", "Europe/Paris")),
        "free": [f"{day} 8-20" for day in days],
    }
    shown = tuple(name for name in SHOWN if random.random() < 0.6)
    return StoredProfile(member, fields, shown, tuple(p for p in PURPOSES if random.random() < 0.7))


def bring_apart(core: App, made: Generated, random: Random) -> None:
    """Blocks in both directions, and reports."""
    pairs = list(combinations(sorted(made.stored), 2))
    for one, other in random.sample(pairs, min(len(pairs), random.randint(1, 8))):
        made.apart.add(frozenset({one, other}))
        with core.store.write() as tx:
            if one == min(made.stored):  # who wrote the post
                safety_cases.add_report(tx, made.id, Report(f"{made.id}{other}", "talk", "post", other, "", NOW))
            else:
                blocker, blocked = random.sample((one, other), 2)
                safety_cases.block(tx, made.id, blocker, blocked, NOW)


def proposed(core: App, made: Generated, name: str) -> tuple[list[Draft], dict[str, str]]:
    round_id = f"{made.id}-{name}"
    with core.store.write() as tx:
        community = people.community(tx, made.id)
        rounds.add(tx, made.id, StoredRound(round_id, dict(made.asked), NOW + timedelta(days=9), NOW))
    tools = Tools(core.store, Silent(), None, core.clock, community, embedder=HashEmbedder(), run=here)
    request = Request(round_id, made.id, "match", {"round_id": round_id}, None, None, "claimed", 1, NOW)
    drafts = [one for one in match.propose(request, tools) if isinstance(one, Draft)]
    with core.store.read() as tx:
        return drafts, rounds.get(tx, made.id, round_id).left_out
