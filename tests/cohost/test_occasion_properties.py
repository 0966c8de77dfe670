"""Welcomes, recaps and kick-offs over generated communities: no word of a private space, no hidden field, no forbidden pair."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from databases import Databases

from cohost import audience
from cohost.bootstrap import App, build
from cohost.jobs import discuss
from cohost.jobs.shape import Tools
from cohost.match.stored import SHOWN
from cohost.model import Community, CommunitySettings, Member, Request, SourceInput, Space
from cohost.settings import load
from cohost.store import people, places, profiles, safety_cases, sources
from cohost.store.audit import OPERATOR
from cohost.store.profiles import StoredProfile
from cohost.store.safety_cases import Report
from cohost.suggestion import Draft
from cohost.testing import HashEmbedder

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MONDAY = datetime(2026, 2, 23, tzinfo=UTC)
WORLDS = 60
SUBJECTS = ("help with ropes", "sailing at night", "red paint", "old charts")
FIELDS = ("goals", "interests", "offers", "asks")


@dataclass
class World:
    """A community made up from a seed; what stands in a private space says so, and so does what somebody hides."""

    id: str
    spaces: list[Space] = field(default_factory=list)
    stored: dict[str, StoredProfile] = field(default_factory=dict)
    apart: set[frozenset[str]] = field(default_factory=set)
    reported: set[str] = field(default_factory=set)  # authors


@pytest.fixture(scope="module")
def core(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    home = tmp_path_factory.mktemp("occasions")
    store = databases.store(databases.sqlite(home / "cohost.db"))
    made = build(load({"COHOST_HOME": str(home)}), clock=lambda: NOW, embedder=HashEmbedder(), store=store)
    yield made
    made.close()


def test_nothing_private_nothing_hidden_nobody_kept_apart(core: App) -> None:
    told = {"welcome": 0, "recap": 0, "kickoff": 0, "named": 0}
    for seed in range(WORLDS):
        world = generated(core, Random(seed), f"world{seed}")  # noqa: S311  a game of dice
        for draft in drafts(core, world):
            told[draft.payload["kind"]] += 1
            told["named"] += draft.payload["kind"] == "welcome" and len(draft.payload["people"]) > 1
            check(core, world, draft)
    assert all(count > WORLDS / 4 for count in told.values()), told  # the worlds are not empty


def check(core: App, world: World, draft: Draft) -> None:
    shown = repr((draft.payload, draft.rationale, [asdict(item) for item in draft.evidence]))
    with core.store.read() as tx:
        usable = audience.usable_spaces(audience.sight(tx, world.id), draft.destination)
    assert not [space.id for space in world.spaces if space.id not in usable and f"zz{space.id}" in shown]
    assert "zzhidden" not in shown
    if draft.payload["kind"] == "welcome":
        assert not any(f"zz{space.id}" in shown for space in world.spaces if space.visibility == "private")
        me, *others = draft.payload["people"]
        for other in others:
            assert "welcoming" in world.stored[other].purposes
            assert frozenset((me, other)) not in world.apart
            assert other not in world.reported
        named = {member for member in world.stored if f"zzname{member}" in shown}
        assert named <= set(draft.payload["people"])


def drafts(core: App, world: World) -> Iterator[Draft]:
    payloads: list[dict[str, Any]] = [{"kind": "welcome", "member_id": member} for member in world.stored]
    payloads += [{"kind": "recap", "space_id": space.id, "week": ""} for space in world.spaces]
    payloads += [
        {"kind": "kickoff", "space_id": at.id, "lesson_space_id": of.id, "lesson_id": "lesson"}
        for at in world.spaces for of in world.spaces
    ]  # fmt: skip
    with core.store.read() as tx:
        community = people.community(tx, world.id)
    tools = Tools(
        core.store, core.search, None, core.clock, community, embedder=core.embedder, concepts=core.worker.concepts
    )
    for n, payload in enumerate(payloads):
        request = Request(f"{world.id}-{n}", world.id, "discuss", payload, None, None, "claimed", 1, NOW)
        yield from (one for one in discuss.propose(request, tools) if isinstance(one, Draft))


def generated(core: App, random: Random, name: str) -> World:
    world = World(name)
    members = [f"m{n}" for n in range(random.randint(3, 6))]
    kinds = ["members", *random.choices(["members", "private"], k=2)]
    with core.store.write() as tx:
        people.put_community(tx, Community(name, name, settings=CommunitySettings(jobs=("discuss",))), NOW)
        for n, member in enumerate(members):
            people.put_member(
                tx, name, Member(member, f"Zzname{member} zzname{member}", "host" if n == 0 else "member"), NOW
            )
        for n, visibility in enumerate(kinds):
            inside = frozenset(random.sample(members, 2)) if visibility == "private" else frozenset[str]()
            world.spaces.append(Space(f"space{n}", f"Space {n}", "discussion", visibility, inside))  # type: ignore[arg-type]
            places.put_space(tx, name, world.spaces[-1], NOW)
        for member in members:
            world.stored[member] = profile(random, member)
            profiles.put(tx, name, world.stored[member], NOW)
    for space in world.spaces:
        write(core, world, space, members, random)
    bring_apart(core, world, members, random)
    return world


def profile(random: Random, member: str) -> StoredProfile:
    shown = tuple(one for one in SHOWN if random.random() < 0.6)
    said = {
        one: [random.choice(SUBJECTS) + ("" if one in shown else f" zzhidden{random.random():.9f}")] for one in FIELDS
    }
    return StoredProfile(member, dict(said), shown, ("welcoming",) if random.random() < 0.6 else ("introductions",))


def write(core: App, world: World, space: Space, members: list[str], random: Random) -> None:
    mark, posts = f"zz{space.id}", []
    lesson = f"This lesson is about {mark} and the ropes of {mark} boats. A rope of {mark} is strong because it is new."
    posts.append((space.id, SourceInput("lesson", "lesson", f"Lesson {mark}", lesson, updated_at=NOW)))
    for n in range(random.randint(3, 8)):
        who, at = random.choice(members), MONDAY + timedelta(hours=5 * n)
        parent = None if n % 3 == 0 else f"p{n - n % 3}"
        text = f"From now on we meet about {mark} and {random.choice(SUBJECTS)}. Who comes along to {mark}?"
        title = f"Thread {mark} {n}" if parent is None else ""
        posts.append((space.id, SourceInput(
            f"p{n}", "post", title, text, author_id=who, parent_id=parent, created_at=at, updated_at=at
        )))  # fmt: skip
    core.intake.put_many(world.id, posts, OPERATOR)


def bring_apart(core: App, world: World, members: list[str], random: Random) -> None:
    one, other = random.sample(members, 2)
    world.apart.add(frozenset((one, other)))
    with core.store.write() as tx:
        safety_cases.block(tx, world.id, one, other, NOW)
        if random.random() < 0.5:
            space = random.choice(world.spaces)
            post = next(p for p in posts_of(tx, world, space) if p.id == "p0")
            world.reported.add(str(post.author_id))
            reporter = next(m for m in members if m != post.author_id)
            world.apart.add(frozenset((reporter, str(post.author_id))))
            safety_cases.add_report(tx, world.id, Report(f"{world.id}-rp", space.id, "p0", reporter, "", NOW))


def posts_of(tx: Any, world: World, space: Space) -> list[Any]:
    return sources.in_space(tx, places.space(tx, world.id, space.id).pk)
