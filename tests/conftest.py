"""The cast of all tests: one community with a host, a moderator and two members, and a stranger from another one."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from databases import Databases
from fastapi.testclient import TestClient
from index_case import chroma_server
from story import Story

from cohost.bootstrap import App, build
from cohost.helping import Helping
from cohost.model import BigPurpose, Caller, Community, Member, Role, SourceInput, Space
from cohost.questions import Questions
from cohost.settings import load
from cohost.store import Store, credentials, people, places
from cohost.store.audit import OPERATOR
from cohost.testing import HashEmbedder, RecordingConnector, ScriptedReader
from knowledge.answerable import FEATURES, Answerability

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
HERE, ELSEWHERE = "harbour", "elsewhere"

LESSON = """# Tides

## Spring tides

Spring tides come twice a month, at new moon and at full moon. Then the sun and the moon pull in one line, and the water
rises highest. Leave the mooring two hours before high water.

## Neap tides

Neap tides come at the half moons. The range between high and low water is smallest, so the channel stays shallow.
"""
HASHED = {"joint": 8.0, "met_weighted": 4.0}
SEEN = {"You fool": "harassment", "555-0142": "personal_data", "cannot go on": "distress"}  # by moderation, in tests
# Test processes and their children read it as they start. Else each wakes a thread for every core at every small product of
# matrices, which spins while the others work: forty times the processor time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
gc.set_threshold(10_000, 10, 10)  # a test makes little that refers to itself
SECRET = "The spare key of the boathouse lies under the third flower pot on the left."


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cases", type=int, default=2, help="How many random cases of each operation the fuzzer sends.")


class Clock:
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=1)  # no two events at one time
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass(frozen=True)
class Cast:
    """Who is there, with a key each: `cast.headers("hana")`, `cast.caller("ada")`."""

    keys: dict[str, str] = field(repr=False)
    roles: dict[str, Role]

    def headers(self, name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[name]}"}

    def caller(self, name: str) -> Caller:
        if name == "platform":
            return Caller(HERE, "platform", None, "key", "key_platform", by_platform=True)
        community = ELSEWHERE if name == "stranger" else HERE
        return Caller(community, self.roles[name], name, "key", f"key_{name}")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """A process for each core; but named files are quicker without starting more."""
    return 0 if any(".py" in named for named in config.args) else None


@pytest.hookimpl(wrapper=True)  # before all plugins: they read the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """What shares something dear (a model in memory, a browser) goes to one process, and first, to balance the rest."""
    for item in items:
        for shared in ("model", "browser"):
            if item.get_closest_marker(shared):
                item.add_marker(pytest.mark.xdist_group(shared))
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)
    return (yield)


def pytest_collection_finish() -> None:
    """What the tests import stays; to look through it again and again took a fifth of their time."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Migrated once, and filled with the cast once; a copy for each test."""
    folder = tmp_path_factory.mktemp("databases")

    def fill(url: str) -> tuple[Cast, datetime]:
        clock = Clock()
        core = build(
            load({"COHOST_HOME": str(folder), "COHOST_DATABASE_URL": url}), clock=clock, embedder=HashEmbedder()
        )
        cast = _gathered(core, clock)
        core.close()
        return cast, clock.now

    made = Databases(folder, fill)
    yield made
    made.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> str:
    """A database of each kind, in this version's shape; with the cast in it where the test asks for them."""
    filled = "cast" in request.fixturenames
    if request.param == "sqlite":
        return databases.sqlite(tmp_path / "cohost.db", filled=filled)
    return databases.postgresql(filled=filled)


@pytest.fixture
def platform() -> RecordingConnector:
    """A platform beside the board, for a community whose connector is "recording"."""
    return RecordingConnector()


@pytest.fixture
def vector_index() -> str:
    """Which vector index: parametrise a test with `auto`, `exact`, `chroma` (embedded) or `server` to choose."""
    return "auto"


@pytest.fixture(scope="session")
def chroma_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Chroma server of these tests; each takes a database of its own on it, as the path of the URL."""
    with chroma_server(tmp_path_factory.mktemp("chroma")) as url:
        yield url


@pytest.fixture
def index_settings(request: pytest.FixtureRequest, vector_index: str, tmp_path: Path) -> dict[str, str]:
    """The environment for `vector_index`."""
    if vector_index != "server":
        return {"COHOST_VECTOR_INDEX": vector_index}
    url = f"{request.getfixturevalue('chroma_url')}/{tmp_path.name}"
    return {"COHOST_VECTOR_INDEX": "chroma", "COHOST_CHROMA_URL": url}


@pytest.fixture
def core(
    databases: Databases, database_url: str, tmp_path: Path, clock: Clock, platform: RecordingConnector,
    index_settings: dict[str, str],
) -> Iterator[App]:  # fmt: skip
    """The application with a deterministic embedder; no model, no network."""
    settings = load({"COHOST_HOME": str(tmp_path / "home"), "COHOST_DATABASE_URL": database_url, **index_settings})
    made = _judging(
        build(
            settings,
            clock=clock,
            embedder=HashEmbedder(),
            store=databases.store(database_url),
            connectors={platform.name: platform},
            moderation=ScriptedReader(SEEN),
        )
    )
    yield made
    made.close()


def _judging(made: App) -> App:
    """With a judge of answers for hashed words: the shipped weights know the cosines of the real embedder."""
    weights = np.array([HASHED.get(name, 0.0) for name in FEATURES], dtype=np.float32)
    search = replace(made.search, answerability=Answerability(weights, -5.0, "tests"))  # type: ignore[type-var]
    questions = Questions(made.store, search, made.embedder, made.clock)
    helping = Helping(made.store, made.clock, search, made.embedder)
    due = tuple(helping.step if step == made.helping.step else step for step in made.worker.due)
    worker = replace(made.worker, search=search, due=due)
    return replace(made, search=search, questions=questions, helping=helping, worker=worker)


@pytest.fixture
def cast(core: App, clock: Clock, databases: Databases) -> Cast:
    """Everyone, the spaces `course`, `lounge` and `den` (private, ada's), a lesson and a secret."""
    with core.store.read() as tx:
        there = people.all_members(tx, HERE)
    if not there:  # a database of the test's own
        return _gathered(core, clock)
    made: tuple[Cast, datetime] = databases.what_filled(core.store.url)
    clock.now = max(clock.now, made[1])
    return made[0]


def _gathered(core: App, clock: Clock) -> Cast:
    roles: dict[str, Role] = {"hana": "host", "mo": "moderator", "ada": "member", "ben": "member"}
    with core.store.write() as tx:
        people.put_community(tx, Community(HERE, "Harbour School", BigPurpose(1, "sailors"), ("Be kind.",)), clock())
        people.put_community(tx, Community(ELSEWHERE, "Elsewhere"), clock())
        for name, role in roles.items():
            people.put_member(tx, HERE, Member(name, name.title(), role), clock())
        people.put_member(tx, ELSEWHERE, Member("stranger", "Stranger", "host"), clock())
        for space in (
            Space("course", "Course", "course", "members"),
            Space("lounge", "Lounge", "discussion", "members"),
            Space("den", "Den", "discussion", "private", frozenset({"ada"})),
        ):
            places.put_space(tx, HERE, space, clock())
        keys = {name: _key(core.store, tx, HERE, name, role, clock()) for name, role in roles.items()}
        keys["stranger"] = _key(core.store, tx, ELSEWHERE, "stranger", "host", clock())
        keys["platform"] = _key(core.store, tx, HERE, None, "platform", clock())
    core.intake.put(HERE, "course", SourceInput("tides.md", "lesson", "Tides", LESSON), OPERATOR)
    core.intake.put(HERE, "den", SourceInput("key", "post", "Boathouse", SECRET, author_id="ada"), OPERATOR)
    return Cast(keys, roles)


def _key(store: Store, tx: sa.Connection, community: str, member: str | None, role: Role, now: datetime) -> str:
    _, secret = credentials.create_key(tx, community, role=role, member_id=member, name="test", actor=OPERATOR, now=now)
    return secret


@pytest.fixture
def client(core: App, cast: Cast) -> Iterator[TestClient]:
    """HTTP against the real edge; errors come back as responses, never as exceptions."""
    from api.app import create_app  # the core's tests do without the edge

    with TestClient(create_app(core), raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture
def as_(cast: Cast) -> Callable[[str], dict[str, str]]:
    """Headers for somebody: `client.get(url, headers=as_("hana"))`."""
    return cast.headers


@pytest.fixture
def story(core: App, cast: Cast, clock: Clock) -> Story:
    """Ask, draft, decide and publish in a line each."""
    return Story(core, cast, clock)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The development data, where it is."""
    if not SHARED.is_dir():
        pytest.skip("the development data (../shared/data) is not here")
    return SHARED
