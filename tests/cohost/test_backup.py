"""Backups while the service runs, and restores that bring nobody back who was erased."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from databases import empty_schema
from story import Story

from cohost import backup, erasure_list
from cohost.bootstrap import App, build, restoring
from cohost.errors import CohostError, Conflict, InvalidInput, Misconfigured
from cohost.restore import Restored
from cohost.settings import Settings, load
from cohost.store import Store, dump, tables
from cohost.store.audit import Actor
from cohost.store.migrate import downgrade, migrate
from cohost.testing import HashEmbedder

HERE = "harbour"
POST = "The zqposta mooring is free on Sundays, and spring tides come twice a month there."
ESSENTIAL = ("communities", "members", "spaces", "space_members", "sources", "chunks", "suggestions", "audit", "keys")


@pytest.fixture
def taken(core: App, story: Story, tmp_path: Path) -> Path:
    """A backup of a community in which ada wrote, was quoted, and uploaded something."""
    story.put("lounge", "p", POST, kind="post", author_id="ada", title="Zqtitle")
    story.put("lounge", "r", "I go there too.", kind="post", title="", author_id="ben", parent_id="p")
    story.publish(story.draft("ben", "Which mooring is free on Sundays?", space="lounge"))
    core.files.accept_upload(HERE, "course", "zqfile.md", [b"# zqupload"], Actor("ada"))
    (core.settings.home / "secret.key").write_text("k" * 64)
    folder = tmp_path / "backups"
    folder.mkdir()
    return backup.write(core.store, core.settings, folder / "one.zip", now=core.clock()).path


@pytest.fixture
def elsewhere(core: App, tmp_path: Path) -> Iterator[Settings]:
    """Another home; on PostgreSQL another schema."""
    home = tmp_path / "other"
    with nullcontext(f"sqlite:///{home / 'cohost.db'}") if core.store.sqlite else empty_schema() as url:
        yield load({"COHOST_HOME": str(home), "COHOST_DATABASE_URL": url})


def restore(settings: Settings, path: Path, clock: Callable[[], object], **more: object) -> Restored:
    with closing(restoring(settings, clock=clock, embedder=HashEmbedder())) as restoration:  # type: ignore[arg-type]
        return restoration.run(path, **more)  # type: ignore[arg-type]


def rows_of(store: Store, name: str) -> list[tuple[object, ...]]:
    with store.read() as tx:
        return sorted(map(tuple, tx.execute(sa.select(tables.metadata.tables[name]))), key=repr)


def files_with(home: Path, needle: bytes) -> list[str]:
    return [path.name for path in home.rglob("*") if path.is_file() and needle in path.read_bytes()]


def test_everything_comes_back_in_another_home(core: App, story: Story, taken: Path, elsewhere: Settings) -> None:
    done = restore(elsewhere, taken, core.clock)
    assert (done.uploads, done.erased_again, done.with_key) == (1, 0, True)
    with closing(build(elsewhere, clock=core.clock, embedder=HashEmbedder())) as other:
        for name in ESSENTIAL:
            before, after = rows_of(core.store, name), rows_of(other.store, name)
            assert len(before) == len(after), name
            assert before == after or name == "spaces"  # whose versions went on
        there = Story(other, story.cast, core.clock)
        assert ("lounge", "p") in there.search("mooring sundays")
        there.work()  # the upload is read, and keys go on where they stopped
        assert there.source("course", "zqfile.md") is not None
    assert (elsewhere.home / "secret.key").read_text() == "k" * 64
    assert (elsewhere.home / "secret.key").stat().st_mode & 0o077 == 0
    assert taken.stat().st_mode & 0o077 == 0


def test_who_was_erased_after_the_backup_is_erased_again(
    core: App, story: Story, taken: Path, elsewhere: Settings
) -> None:
    core.erasure.erase(HERE, "ada", Actor("hana"))
    later = backup.write(core.store, core.settings, taken.with_name("two.zip"), now=core.clock()).path
    assert later.with_name("erased.jsonl").read_text().count('"ada"') == 1
    done = restore(elsewhere, taken, core.clock)
    assert done.erased_again == 1
    with closing(build(elsewhere, clock=core.clock, embedder=HashEmbedder())) as other:
        there = Story(other, story.cast, core.clock)
        assert "zq" not in there.everything().lower()
        assert there.source("lounge", "r").text == "I go there too."  # type: ignore[union-attr]
        with pytest.raises(Conflict):
            there.put("lounge", "p", POST, kind="post", author_id="ada")
    for needle in (b"zqposta", b"Zqtitle", b"zqfile", b"zqupload"):
        assert files_with(elsewhere.home, needle) == []


def test_the_list_in_the_home_is_enough(core: App, story: Story, taken: Path, clock: Callable[[], object]) -> None:
    core.erasure.erase(HERE, "ada", Actor("hana"))
    core.store.close()
    assert restore(core.settings, taken, clock, force=True).erased_again == 1
    assert "zqposta" not in story.everything()
    assert files_with(core.settings.home, b"zqposta") == []


def test_who_came_back_before_the_backup_stays(core: App, story: Story, tmp_path: Path, elsewhere: Settings) -> None:
    from cohost.model import Member

    core.erasure.erase(HERE, "ada", Actor("hana"))
    story.put_member(Member("ada", "Ada again"))
    path = backup.write(core.store, core.settings, tmp_path / "b.zip", now=core.clock()).path
    assert restore(elsewhere, path, core.clock).erased_again == 0
    with closing(Store(elsewhere.database_url)) as there:
        assert "Ada again" in str(rows_of(there, "members"))


def test_a_backup_taken_while_others_write_holds_one_moment(
    core: App, story: Story, tmp_path: Path, elsewhere: Settings
) -> None:
    stop, written = threading.Event(), []

    def write() -> None:
        while not stop.is_set():
            story.put("lounge", f"n{len(written)}", f"Note {len(written)} about ropes.", kind="post", author_id="ben")
            written.append(1)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(written) < 3:
            stop.wait(0.01)
        path = backup.write(core.store, core.settings, tmp_path / "b.zip", now=core.clock()).path
    finally:
        stop.set()
        writer.join()
    restore(elsewhere, path, core.clock)
    with closing(Store(elsewhere.database_url)) as there:
        found = {row[3] for row in rows_of(there, "sources")}
        notes = sorted(int(name[1:]) for name in found if str(name).startswith("n"))
        assert notes == list(range(len(notes)))
        assert len(notes) >= 3
        chunked = {row[1] for row in rows_of(there, "chunks")}
        assert len(chunked) == len(found)


@pytest.mark.parametrize("cut", [0.3, 0.9, 0.999])
def test_a_backup_that_was_cut_off_is_refused_and_nothing_changes(
    core: App, story: Story, taken: Path, cut: float
) -> None:
    broken = taken.with_name("broken.zip")
    content = taken.read_bytes()
    broken.write_bytes(content[: int(len(content) * cut)])
    before = story.everything()
    with pytest.raises(InvalidInput, match="cut off or no backup"):
        restore(core.settings, broken, core.clock, force=True)
    assert story.everything() == before


def test_a_backup_with_a_changed_byte_is_refused(core: App, story: Story, taken: Path) -> None:
    content = bytearray(taken.read_bytes())
    at = content.index(b"tables/sources.jsonl") + 60
    content[at] ^= 0xFF
    broken = taken.with_name("broken.zip")
    broken.write_bytes(content)
    before = story.everything()
    with pytest.raises(InvalidInput):
        restore(core.settings, broken, core.clock, force=True)
    assert story.everything() == before


def test_a_restore_that_fails_half_way_leaves_the_old_data(core: App, story: Story, taken: Path) -> None:
    before, uploads = story.everything(), sorted(core.settings.uploads.iterdir())

    class Fails:
        def within(self, *_: object, **__: object) -> bool:
            raise CohostError("The power is gone.")

    core.erasure.erase(HERE, "ben", Actor("hana"))
    before = story.everything()
    with closing(restoring(core.settings, clock=core.clock, embedder=HashEmbedder())) as restoration:
        restoration._erasure = Fails()  # type: ignore[assignment]
        with pytest.raises(CohostError, match="power"):
            restoration.run(taken, force=True)
    assert story.everything() == before
    assert sorted(core.settings.uploads.iterdir()) == uploads


def test_data_that_is_there_is_not_replaced_unasked(core: App, story: Story, taken: Path) -> None:
    with pytest.raises(Conflict, match="--force"):
        restore(core.settings, taken, core.clock)
    story.put("lounge", "later", "Written after the backup.", kind="post", author_id="ben")
    restore(core.settings, taken, core.clock, force=True)
    assert story.source("lounge", "later") is None
    assert story.source("lounge", "p") is not None


def test_a_backup_of_a_newer_version_is_refused(core: App, taken: Path, elsewhere: Settings) -> None:
    import zipfile

    newer = taken.with_name("newer.zip")
    with zipfile.ZipFile(taken) as old, zipfile.ZipFile(newer, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            revision = dump_revision(core)
            if name == backup.MANIFEST:
                content = content.replace(f'"{revision}"'.encode(), b'"9999"')
            new.writestr(name, content)
    with pytest.raises(Misconfigured, match="9999"):
        restore(elsewhere, newer, core.clock)


def dump_revision(core: App) -> str | None:
    with core.store.read() as tx:
        return dump.revision(tx)


def test_what_was_due_then_is_not_sent_twice(core: App, story: Story, tmp_path: Path, platform: object) -> None:
    story.settings(connector="recording")
    draft = story.draft("ben")
    story.approve(draft)
    path = backup.write(core.store, core.settings, tmp_path / "b.zip", now=core.clock()).path
    story.work()
    assert story.now(draft).status == "published"
    restore(core.settings, path, core.clock, force=True)
    assert story.now(draft).status == "publishing"
    core.clock.forward(minutes=5)  # type: ignore[attr-defined]
    story.work()
    assert story.now(draft).status == "published"
    assert len(platform.standing) == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", ["there.zip", "nowhere/b.zip"])
def test_a_backup_never_replaces_a_file(core: App, tmp_path: Path, path: str) -> None:
    (tmp_path / "there.zip").write_text("precious")
    with pytest.raises(InvalidInput):
        backup.write(core.store, core.settings, tmp_path / path, now=core.clock())
    assert (tmp_path / "there.zip").read_text() == "precious"


def test_the_list_holds_ids_and_times_and_survives_a_cut_off_line(tmp_path: Path, core: App, cast: object) -> None:
    core.erasure.erase(HERE, "ada", Actor("hana"))
    path = core.settings.home / erasure_list.FILE_NAME
    first = erasure_list.read(path)
    assert [(e.community_id, e.member_id) for e in first] == [(HERE, "ada")]
    path.write_text(path.read_text() + '{"community": "har')
    assert erasure_list.read(path) == first
    erasure_list.add(path, [replace(first[0], member_id="ben")])
    assert [entry.member_id for entry in erasure_list.read(path)] == ["ada", "ben"]


def test_a_list_that_cannot_be_read_stops_the_restore(core: App, story: Story, taken: Path) -> None:
    (taken.parent / erasure_list.FILE_NAME).write_text("not a list\n")
    before = story.everything()
    with pytest.raises(InvalidInput, match="not an erasure list"):
        restore(core.settings, taken, core.clock, force=True)
    assert story.everything() == before


def test_the_shape_goes_down_and_up_on_a_filled_database(core: App, story: Story) -> None:
    story.publish(story.draft())
    before = rows_of(core.store, "members"), rows_of(core.store, "suggestions")
    downgrade(core.store, "0002")
    migrate(core.store)
    assert (rows_of(core.store, "members"), rows_of(core.store, "suggestions")) == before
