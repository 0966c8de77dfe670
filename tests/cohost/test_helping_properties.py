"""Who is asked, over generated communities: no text out of the asker's sight, no blocked person, no trace of either."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from databases import Databases

from cohost.bootstrap import App, build
from cohost.jobs import help as helping
from cohost.jobs.shape import Tools
from cohost.model import Community, CommunitySettings, Member, Request, SourceInput, Space
from cohost.settings import load
from cohost.store import Tx, askings, people, places, profiles, requests, safety_cases, suggestions
from cohost.store.askings import Asking
from cohost.store.audit import OPERATOR
from cohost.store.profiles import StoredProfile
from cohost.store.safety_cases import Report
from cohost.suggestion import Draft, Provenance, Suggestion, in_space
from cohost.testing import HashEmbedder
from cohost.who_knows import who_knows

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
COMMUNITIES, AT_ONCE = 120, 20
QUESTION = "How long should the dough rest in a cold kitchen?"
NEAR = (
    "the dough should rest long in a cold kitchen",
    "a cold kitchen makes dough rest long",
    "how long dough should rest",
)
FAR = ("we sailed around the cape at night", "chess openings are hard to learn", "my cat likes old maps")
SECRET_WORDS = ("block", "report", "safety", "moderat", "apart")
ASKER = "Asker"


@dataclass(frozen=True)
class Generated:
    """A community made up from a seed, with a question."""

    id: str
    question: Request
    members: tuple[str, ...]
    hidden: tuple[str, ...]  # marks of posts in spaces that the asker may not read


@pytest.fixture(scope="module")
def core(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    home = tmp_path_factory.mktemp("helping")
    store = databases.store(databases.sqlite(home / "cohost.db"))
    made = build(load({"COHOST_HOME": str(home)}), clock=lambda: NOW, embedder=HashEmbedder(), store=store)
    yield made
    made.close()


@pytest.mark.parametrize("seeds", [range(at, at + AT_ONCE) for at in range(0, COMMUNITIES, AT_ONCE)], ids=str)
def test_blocks_change_only_who_is_proposed(core: App, seeds: range) -> None:
    proposed = 0
    for seed in seeds:
        made = generated(core, seed)
        before, open_draft = found(core, made), drafted(core, made, "open")
        apart = bring_apart(core, made, Random(seed))  # noqa: S311  a game of dice
        after, draft = found(core, made), drafted(core, made, "secret")
        kept = {member: one for member, one in before.items() if member not in apart}
        assert not apart & after.keys(), seed
        assert list(after)[: len(kept)] == list(kept), seed  # in the same order; others only move up behind them
        assert {member: after[member] for member in kept} == kept, seed  # and weighed as if nothing had happened
        check_the_same_but_for_who(open_draft, draft)
        proposed += len(before)
    assert proposed > AT_ONCE  # the test sees something


@pytest.mark.parametrize("seeds", [range(at, at + AT_ONCE) for at in range(0, COMMUNITIES, AT_ONCE)], ids=str)
def test_what_the_asker_may_not_read_neither_decides_nor_shows(core: App, seeds: range) -> None:
    for seed in seeds:
        made = generated(core, 10_000 + seed)
        before, draft = found(core, made), drafted(core, made, "before")
        shown = json.dumps([before, draft.payload if draft else {}], default=str)
        assert not [mark for mark in made.hidden if mark in shown], seed
        for mark in made.hidden:
            core.intake.delete(made.id, "closed", mark, OPERATOR)
        assert found(core, made) == before, seed


def check_the_same_but_for_who(one: Draft | None, other: Draft | None) -> None:
    """The words are the same; only people differ, and nothing tells why."""
    for draft in filter(None, (one, other)):
        assert not [word for word in SECRET_WORDS if word in json.dumps([draft.payload, draft.rationale]).casefold()]
    if one is not None and other is not None:
        assert one.payload["text"] == other.payload["text"]
        assert one.rationale == other.rationale
        before = {person["member_id"]: person for person in one.payload["people"]}
        assert all(before.get(p["member_id"], p) == p for p in other.payload["people"])


def found(core: App, made: Generated) -> dict[str, object]:
    """By member, likeliest first."""
    return {one.member_id: one for one in who_knows(core.store, core.embedder, made.question, NOW)}


def drafted(core: App, made: Generated, name: str) -> Draft | None:
    job = Request(
        f"{made.id}-{name}", made.id, "help", {"question_id": made.question.id}, ASKER, "talk", "claimed", 1, NOW
    )
    with core.store.write() as tx:
        community = people.community(tx, made.id)
        requests.add(tx, job)
        answer = f"{made.id}-answer"
        asking = Asking(job.id, made.id, made.question.id, answer, job.id, "talk", NOW + timedelta(days=2), NOW)
        _answer(tx, made, answer)
        askings.add(tx, asking)
    tools = Tools(core.store, core.search, None, core.clock, community, embedder=core.embedder)
    return next((one for one in helping.propose(job, tools) if isinstance(one, Draft)), None)


def _answer(tx: Tx, made: Generated, answer: str) -> None:
    """The draft that waits, as a row that the asking can refer to."""
    waits = Suggestion(
        answer, made.id, "answer", made.question.id, "pending", 1, {"question": QUESTION}, (), in_space("talk"), "", 0.5,
        Provenance("embedded"), NOW, NOW,
    )  # fmt: skip
    suggestions.add(tx, waits, (), dedupe_key=answer)


def bring_apart(core: App, made: Generated, random: Random) -> set[str]:
    """Some members and the asker: blocks in both directions, and reports."""
    chosen = random.sample(made.members, random.randint(1, max(1, len(made.members) // 2)))
    for one in chosen:
        with core.store.write() as tx:
            if random.random() < 0.3:
                post = f"open-{one}"
                safety_cases.add_report(tx, made.id, Report(f"{made.id}{one}", "talk", post, ASKER, "", NOW))
            else:
                safety_cases.block(tx, made.id, *random.sample((one, ASKER), 2), NOW)
    return set(chosen)


def generated(core: App, seed: int) -> Generated:
    random, name = Random(seed), f"helping-{seed}"  # noqa: S311  a game of dice
    members = tuple(f"Person{at:02}x" for at in range(random.randint(2, 10)))
    question = Request(f"q-{name}", name, "answer", {"text": QUESTION}, ASKER, "talk", "done", 1, NOW)
    with core.store.write() as tx:
        people.put_community(tx, Community(name, name, settings=CommunitySettings(jobs=("answer", "help"))), NOW)
        for member in (ASKER, *members):
            people.put_member(tx, name, Member(member, member), NOW)
        places.put_space(tx, name, Space("talk", "Talk", "discussion", "members"), NOW)
        places.put_space(tx, name, Space("closed", "Closed", "discussion", "private", frozenset(members)), NOW)
        for member in members:
            offers = [random.choice(NEAR + FAR)]
            shown = ("offers",) if random.random() < 0.5 else ()
            profiles.put(tx, name, StoredProfile(member, {"offers": offers}, shown, ("helping",)), NOW)
        requests.add(tx, question)
    hidden = tuple(_posts(core, name, members, random))
    return Generated(name, question, members, hidden)


def _posts(core: App, name: str, members: tuple[str, ...], random: Random) -> Iterator[str]:
    """Each writes something open, which may be reported, and some in the closed space; ids of the latter."""
    for member in members:
        _post(core, name, "talk", f"open-{member}", random.choice(NEAR + FAR), member, random)
        for n in range(random.randint(0, 2)):
            mark = f"hidden-{member}-{n}"
            _post(core, name, "closed", mark, f"{random.choice(NEAR)} {mark}", member, random)
            yield mark


def _post(core: App, name: str, space: str, post: str, text: str, author: str, random: Random) -> None:
    at = NOW - timedelta(days=random.randint(0, 900))
    core.intake.put(name, space, SourceInput(post, "post", "", text, author_id=author, created_at=at), OPERATOR)
