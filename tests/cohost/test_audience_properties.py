"""In every community one can think of, no word of a space reaches somebody who may not read it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import pytest
from databases import Databases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from story import Story

from cohost import audience
from cohost.bootstrap import App, build
from cohost.errors import CohostError
from cohost.ids import new_id
from cohost.model import Caller, Community, CommunitySettings, Member, Role, SourceInput, Space
from cohost.ports import FloatArray, Query, VectorHit
from cohost.store import people, places, suggestions, tables
from cohost.store.audit import OPERATOR
from cohost.suggestion import Decision, Destination, Suggestion, for_asker, in_space

NAMES = ["ann", "bob", "cid", "dot", "eve"]
PLACES = ["attic", "bar", "cave", "deck"]
ASKED = "Which word does the lantern spell at midnight?"

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
few = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


@dataclass(frozen=True)
class World:
    """A community as drawn; what follows from it is worked out below, without the code under test."""

    members: tuple[Member, ...]
    spaces: tuple[Space, ...]

    def may_read(self, name: str, space: Space) -> bool:
        """The rule in one sentence, as the table of destinations tells it."""
        member = next(m for m in self.members if m.id == name)
        staff = member.role in ("host", "moderator")
        return member.active and (space.visibility == "members" or name in space.member_ids or staff)

    def readers(self, to: Destination) -> list[str]:
        if to.kind != "space":
            return [m.id for m in self.members if m.active and m.id in to.member_ids]
        there = next(s for s in self.spaces if s.id == to.space_id)
        return [m.id for m in self.members if self.may_read(m.id, there)]

    def forbidden(self, to: Destination) -> set[str]:
        """Spaces that some reader of the destination may not read; where nobody reads, all private ones but itself."""
        readers = self.readers(to)
        return {
            s.id
            for s in self.spaces
            if not all(self.may_read(r, s) for r in readers)
            or (not readers and s.visibility == "private" and s.id != to.space_id)
        }

    def destinations(self) -> list[Destination]:
        return [*(in_space(s.id) for s in self.spaces), *(for_asker(m.id) for m in self.members if m.active)]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    roles: st.SearchStrategy[Role] = st.sampled_from(["member", "member", "member", "moderator", "host"])
    members = [Member(n, n.title(), draw(roles), active=draw(st.integers(0, 4)) > 0) for n in NAMES]
    spaces = [
        Space(
            s, s.title(), "discussion", draw(st.sampled_from(["members", "private", "private"])),
            frozenset(draw(st.sets(st.sampled_from(NAMES)))),
        )
        for s in PLACES
    ]  # fmt: skip
    return World(tuple(members), tuple(spaces))


def canary(space_id: str, n: int = 0) -> str:
    return f"zz{space_id}{n}zz"


def said(space_id: str, n: int = 0) -> str:
    return f"At midnight the lantern spells the word {canary(space_id, n)}."


def settled(core: App, world: World) -> str:
    """The world as rows; each space has two sources with a word that stands nowhere else."""
    here = new_id("c")
    with core.store.write() as tx:
        bold = CommunitySettings(caution="bold")
        people.put_community(tx, Community(here, "World", settings=bold), core.clock())
        for member in world.members:
            people.put_member(tx, here, member, core.clock())
        for space in world.spaces:
            places.put_space(tx, here, space, core.clock())
    texts = [
        (s.id, SourceInput(f"note{n}", "lesson", f"Lantern {canary(s.id)}", said(s.id, n)))
        for s in world.spaces
        for n in (0, 1)
    ]  # fmt: skip
    core.intake.put_many(here, texts, OPERATOR)
    return here


def leaks(shown: object, forbidden: set[str]) -> list[str]:
    return [space for space in forbidden if f"zz{space}" in repr(shown)]


@pytest.fixture
def core(core: App, databases: Databases) -> Iterator[App]:
    """With an index that answers with every chunk there is, of all spaces and communities."""
    store = databases.store(core.settings.database_url)
    made = build(core.settings, clock=core.clock, embedder=core.embedder, index=Hostile(core), store=store)
    yield made
    made.close()


class Hostile:
    """A vector index that is broken, or somebody else's."""

    name = "hostile"

    def __init__(self, core: App) -> None:
        self._core = core

    def search(self, vector: FloatArray, spaces: Mapping[int, int], top_k: int) -> list[VectorHit]:
        with self._core.store.read() as tx:
            keys = list(tx.execute(tables.chunks.select().with_only_columns(tables.chunks.c.pk)).scalars())
        random.Random(0).shuffle(keys)  # noqa: S311  which ones come first must not matter
        return [VectorHit(pk, 0.99) for pk in [*keys, 10**9]]

    def forget(self, space_pk: int) -> None: ...

    def drift(self) -> Mapping[int, int]:
        return {}

    def close(self) -> None: ...


@few
@given(worlds())
def test_search_finds_exactly_what_all_readers_may_read(core: App, world: World) -> None:
    here = settled(core, world)
    for to in world.destinations():
        found = core.search.search(Query(here, ASKED, to, top_k=50))
        assert {p.space_id for p in found} == {s.id for s in world.spaces} - world.forbidden(to)
        assert len(found) == 2 * (len(world.spaces) - len(world.forbidden(to)))  # nothing is counted that is not shown
        assert not leaks(found, world.forbidden(to))
        assert audience.readers(_sight(core, here), to) == set(world.readers(to))


@few
@given(worlds(), st.data())
def test_no_draft_no_question_and_no_answer_carries_a_forbidden_word(
    core: App, world: World, data: st.DataObject
) -> None:
    here = settled(core, world)
    present = [m.id for m in world.members if m.active]
    for name in present:
        spaces = [s.id for s in world.spaces if world.may_read(name, s)]
        space_id = data.draw(st.sampled_from([None, *spaces]))
        to = in_space(space_id) if space_id else for_asker(name)
        asked = core.questions.ask(Caller(here, "member", name, "key", "k"), ASKED, space_id=space_id)
        assert not leaks(asked, world.forbidden(to))  # passages, and answers approved for others a moment ago
        while core.worker.draft_one():
            pass
        with core.store.read() as tx:
            made = suggestions.of_request(tx, asked.id)
            snapshots = suggestions.snapshot_rows(tx, made[0].id)
        assert not leaks((made, snapshots), world.forbidden(to))
        _decide(core, world, here, made[0], data)
        while core.worker.publish_one():
            pass
        assert not leaks(core.questions.get(Caller(here, "member", name, "key", "k"), asked.id), world.forbidden(to))


def _decide(core: App, world: World, here: str, made: Suggestion, data: st.DataObject) -> None:
    """A host, if there is one, pastes from a forbidden space and is stopped; then approves what was drafted."""
    host = next((m.id for m in world.members if m.role == "host" and m.active), None)
    if host is None:
        return
    caller = Caller(here, "host", host, "key", "k")
    for space in sorted(world.forbidden(made.destination)):
        pasted = f"I looked. {said(space)} You know."
        with pytest.raises(CohostError) as refused:
            core.approval.decide(caller, made.id, Decision("edit", made.version, {"text": pasted}))
        others = world.forbidden(made.destination) - {space}
        assert not leaks(refused.value, others)  # it repeats what was pasted, and nothing else
    if made.status == "pending":
        core.approval.decide(caller, made.id, Decision("approve", made.version))


def _sight(core: App, here: str) -> audience.Sight:
    with core.store.read() as tx:
        return audience.sight(tx, here)


@few
@given(worlds(), worlds())
def test_whatever_changes_what_waits_stays_within_its_audience(core: App, before: World, after: World) -> None:
    here = settled(core, before)
    for to in before.destinations():
        asker = to.member_ids[0] if to.kind == "asker" else next(iter(before.readers(to)), None)
        if asker is not None:
            core.questions.ask(Caller(here, "member", asker, "key", "k"), ASKED, space_id=to.space_id)
    while core.worker.draft_one():
        pass
    with core.store.write() as tx:
        for member in after.members:
            people.put_member(tx, here, member, core.clock())
        for space in after.spaces:
            places.put_space(tx, here, space, core.clock())
        core.approval.recheck_after_permission_change(tx, here)
        for waiting in suggestions.open_ones(tx, here):
            assert not leaks((waiting.payload, waiting.evidence), after.forbidden(waiting.destination))


def test_the_story_of_the_cast_holds_with_a_hostile_index(story: Story, core: App) -> None:
    hostile = replace(story, core=core)
    assert hostile.search("spare key of the boathouse", in_space("course")) == [("course", "tides.md")] * 2
    assert ("den", "key") in hostile.search("spare key of the boathouse", for_asker("ada"))
