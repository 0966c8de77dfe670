"""Folders, archives and uploads on their way in: each file has its outcome, and nothing ends the worker."""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from databases import Databases
from hostile import bombs
from story import Story

from cohost.bootstrap import App, build
from cohost.ports import FloatArray
from cohost.store import ingestions
from cohost.store.audit import OPERATOR
from cohost.store.ingestions import IngestionFile
from cohost.testing import HashEmbedder
from knowledge.files import MAX_TRIES
from knowledge.ingest import TEXTS_AT_ONCE
from tests.conftest import HERE, Cast, Clock

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
KNOTS = b"# Knots\n\nThe bowline makes a loop that does not slip.\n"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    folder = tmp_path / "course"
    (folder / "unit 1").mkdir(parents=True)
    (folder / "unit 1" / "knots.md").write_bytes(KNOTS)
    (folder / "tides.txt").write_text("High water comes twice a day.")
    return folder


@pytest.fixture
def ingest(core: App, cast: Cast) -> Callable[..., dict[str, IngestionFile]]:
    """Read a path now; the outcome of each file."""

    def read(path: Path, *, sync: bool = False) -> dict[str, IngestionFile]:
        made = core.files.ingest_path(HERE, "lounge", path, OPERATOR, sync=sync, on_progress=lambda *_: None)
        return outcomes(core, made)

    return read


def outcomes(core: App, ingestion_id: str) -> dict[str, IngestionFile]:
    with core.store.read() as tx:
        return {file.name: file for file in ingestions.files(tx, ingestion_id)}


def upload(core: App, name: str, data: bytes) -> str:
    return core.files.accept_upload(HERE, "lounge", name, [data], OPERATOR)


def status(core: App, ingestion_id: str) -> str:
    with core.store.read() as tx:
        return ingestions.get(tx, HERE, ingestion_id).status


def test_a_removed_file_goes_with_sync_and_comes_back_when_it_comes_back(
    ingest: Callable[..., dict[str, IngestionFile]], course: Path, story: Story
) -> None:
    ingest(course)
    data = (course / "unit 1" / "knots.md").read_bytes()
    (course / "unit 1" / "knots.md").unlink()
    assert "unit 1/knots.md" not in ingest(course)
    assert story.source("lounge", "unit 1/knots.md") is not None  # without --sync nothing goes
    assert ingest(course, sync=True)["unit 1/knots.md"].outcome == "removed"
    assert story.source("lounge", "unit 1/knots.md") is None
    (course / "unit 1" / "knots.md").write_bytes(data)
    assert ingest(course, sync=True)["unit 1/knots.md"].outcome == "added"
    assert ("lounge", "unit 1/knots.md") in story.search("bowline loop slip")


@only_sqlite
def test_unchanged_files_embed_nothing(ingest: Callable[..., dict[str, IngestionFile]], course: Path) -> None:
    assert sum(file.embedded for file in ingest(course).values()) == 2
    again = ingest(course).values()
    assert ({file.outcome for file in again}, sum(file.embedded for file in again)) == ({"unchanged"}, 0)


@only_sqlite
def test_what_is_no_file_or_has_no_name_stops_nothing(
    ingest: Callable[..., dict[str, IngestionFile]], course: Path
) -> None:
    os.mkfifo(course / "pipe.md")  # opening it would wait for ever
    (course / "link.md").symlink_to("/etc/passwd")
    (Path(os.fsdecode(os.fsencode(course) + b"/caf\xe9\x1b.md"))).write_bytes(KNOTS)
    found = ingest(course)
    assert {name: file.outcome for name, file in found.items()} == {
        "unit 1/knots.md": "added", "tides.txt": "added", "caf?\x1b.md": "skipped",
    }  # fmt: skip


@only_sqlite
def test_an_upload_lies_under_a_random_name_and_is_gone_when_it_was_read(core: App, cast: Cast) -> None:
    made = upload(core, "../../unit/knots.md", KNOTS)
    (stored,) = core.settings.uploads.iterdir()
    assert "knots" not in stored.name
    assert not stored.stat().st_mode & (stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    assert core.files.step()
    assert list(core.settings.uploads.iterdir()) == []
    assert set(outcomes(core, made)) == {"knots.md"}


@only_sqlite
def test_an_upload_is_served_nowhere(core: App, cast: Cast) -> None:
    """Every answer of the API is JSON or text of its own; what was uploaded exists as extracted text only."""
    from api.app import create_app  # the edge: only here

    document = create_app(core).openapi()
    kinds = {
        kind
        for path in document["paths"].values()
        for operation in path.values()
        for answer in operation["responses"].values()
        for kind in answer.get("content", {})
    }
    assert kinds <= {"application/json", "application/problem+json", "text/plain", "text/html"}


@only_sqlite
def test_an_archive_that_is_refused_fails_as_a_whole(core: App, cast: Cast, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("../../evil.md", b"x")
    made = upload(core, "course.zip", (tmp_path / "x.zip").read_bytes())
    assert core.files.step()
    with core.store.read() as tx:
        found = ingestions.get(tx, HERE, made)
    assert (found.status, "unsafe" in found.message, outcomes(core, made)) == ("failed", True, {})
    assert list(core.settings.uploads.iterdir()) == []


@only_sqlite
def test_one_bomb_in_an_archive_stops_no_other_file(core: App, cast: Cast, tmp_path: Path) -> None:
    bomb = bombs(lambda number: number // 10)["50 MB in one line"]
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:  # stored, not packed: the archive itself is honest
        archive.writestr("a-bomb.txt", bomb.make())
        archive.writestr("inner.zip", b"PK\5\6" + bytes(18))
        archive.writestr("knots.md", KNOTS)
    made = upload(core, "course.zip", (tmp_path / "x.zip").read_bytes())
    assert core.files.step()
    found = outcomes(core, made)
    assert {name: (file.outcome, file.code) for name, file in found.items()} == {
        "a-bomb.txt": ("failed", "too_large"), "inner.zip": ("skipped", "unsupported"), "knots.md": ("added", ""),
    }  # fmt: skip


def test_two_workers_read_four_uploads_at_once(core: App, cast: Cast, databases: Databases, clock: Clock) -> None:
    other = build(core.settings, clock=clock, embedder=HashEmbedder(), store=databases.store(core.store.url))
    made = [upload(core, f"knots-{number}.md", KNOTS + b"%d" % number) for number in range(4)]
    with ThreadPoolExecutor(2) as pool:
        for app in (core, other):
            pool.submit(lambda app=app: [app.files.step() for _ in range(4)])
    other.close()
    assert [status(core, one) for one in made] == ["done"] * 4
    assert [next(iter(outcomes(core, one).values())).outcome for one in made] == ["added"] * 4


@only_sqlite
def test_what_ends_its_worker_every_time_is_given_up(core: App, cast: Cast, clock: Clock) -> None:
    made = upload(core, "knots.md", KNOTS)
    for _ in range(MAX_TRIES):  # a worker that claims and vanishes
        with core.store.write() as tx:
            assert ingestions.claim(tx, clock()) is not None
        clock.now += ingestions.LEASE + timedelta(seconds=1)
    assert core.files.step()
    assert (status(core, made), core.files.step(), list(core.settings.uploads.iterdir())) == ("failed", False, [])


class Told(HashEmbedder):
    """While it embeds, somebody tells the worker to stop."""

    def __init__(self) -> None:
        super().__init__()
        self.stop = Event()
        self.embedded = 0

    def embed(self, texts: Sequence[str]) -> FloatArray:
        self.stop.set()
        self.embedded += len(texts)
        return super().embed(texts)


@only_sqlite
def test_a_worker_told_to_stop_in_a_huge_file_stops_soon_and_keeps_nothing_of_it(
    core: App, story: Story, databases: Databases, clock: Clock
) -> None:
    told = Told()
    with closing(build(core.settings, clock=clock, embedder=told, store=databases.store(core.store.url))) as stopped:
        huge = upload(
            stopped, "huge.md", b"".join(b"# Knot %d\n\n%s\n\n" % (n, b"It holds. " * 30) for n in range(600))
        )
        for _ in range(MAX_TRIES + 1):  # restarts are no fault of the file
            told.embedded = 0
            assert stopped.files.step(told.stop)
            assert told.embedded == TEXTS_AT_ONCE
            assert status(core, huge) == "waiting"
            assert story.source("lounge", "huge.md") is None
    assert core.files.step()  # the next start
    assert outcomes(core, huge)["huge.md"].embedded > 2 * TEXTS_AT_ONCE
    assert status(core, huge) == "done"
