"""The embedded Chroma index: owned by one process, healed by itself, and rid of what was erased."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from index_case import Library, library, settings_for, settled, unit, wait_until

from cohost.errors import Misconfigured
from cohost.ports import FloatArray
from knowledge.chroma_folder import Folder
from knowledge.chroma_store import EmbeddedStore, check_url
from knowledge.index import ExactIndex
from knowledge.indexes import build_index
from knowledge.layered import LayeredIndex
from knowledge.vectors import StoredVectors

QUESTION = unit(1, 1)[0]
OUTER = "8.8.8.8"


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Library]:
    made = library(f"sqlite:///{tmp_path / 'cohost.db'}")
    yield made
    made.store.close()


@pytest.fixture
def course(books: Library) -> int:
    pk = books.space("course")
    books.put(pk, unit(300, 1))
    return pk


@pytest.fixture
def opened(tmp_path: Path, books: Library) -> Iterator[Callable[..., LayeredIndex]]:
    """An index over the folder, for spaces of any size unless told otherwise."""
    made: list[LayeredIndex] = []

    def open_index(**options: float) -> LayeredIndex:
        store = EmbeddedStore(Folder(tmp_path / "chroma"), books.embedder.name)
        chosen = {"large": 1, "tick_s": 0.05, "audit_s": 0.2, **options}
        made.append(LayeredIndex("chroma", StoredVectors(books.store, books.embedder), store, **chosen))
        return made[-1]

    yield open_index
    for index in made:
        index.close()


def filled(index: LayeredIndex, course: int) -> bool:
    """Whether Chroma serves the space."""
    index.follower.start()
    return index.follower.held(course) is not None and settled(index)


def owner(index: LayeredIndex, course: int) -> int:
    """The process that has the collections open."""
    held = index.follower.held(course)
    assert held is not None
    return held.process.pid


def holding(folder: Path, vector: FloatArray) -> list[str]:
    """Files with the bytes of a vector, or of a part of it."""
    raw = vector.tobytes()
    parts = (raw[:32], raw[32:64], raw[-32:])
    return [str(path) for path in folder.rglob("*") if any(part in contents(path) for part in parts)]


def contents(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.is_file() else b""
    except FileNotFoundError:  # deleted while we looked: it holds nothing
        return b""


def test_second_process_is_refused_and_told_of_the_server(tmp_path: Path, books: Library) -> None:
    settings = settings_for(tmp_path, "chroma")
    first = build_index(settings, books.store, books.embedder)
    with pytest.raises(Misconfigured, match="COHOST_CHROMA_URL"):
        build_index(settings, books.store, books.embedder)
    first.close()
    build_index(settings, books.store, books.embedder).close()


def test_with_auto_a_process_that_does_not_own_it_scans_exactly(
    opened: Callable[..., LayeredIndex], books: Library, course: int
) -> None:
    first, second = opened(), opened()
    wait_until(lambda: filled(first, course))
    assert books.found(second, QUESTION, [course]) == books.truth(QUESTION, [course], 10)
    assert second.drift() == {}
    first.close()
    wait_until(lambda: filled(second, course))  # takes over


def test_small_spaces_start_no_chroma(
    tmp_path: Path, opened: Callable[..., LayeredIndex], books: Library, course: int
) -> None:
    index = opened(large=301)
    assert books.found(index, QUESTION, [course]) == books.truth(QUESTION, [course], 10)
    index.follower.refresh()
    assert not (tmp_path / "chroma" / "store").exists()
    books.put(course, unit(1, 3), "one more")
    wait_until(lambda: filled(index, course))


def test_what_was_closed_well_is_used_again(
    tmp_path: Path, opened: Callable[..., LayeredIndex], books: Library, course: int
) -> None:
    index = opened()
    wait_until(lambda: filled(index, course))
    first = owner(index, course)
    books.put(course, unit(9, 2), "notes")
    wait_until(lambda: filled(index, course))
    books.put(course, unit(5, 3), "notes")
    wait_until(lambda: filled(index, course))
    assert owner(index, course) == first  # nothing broke on the way
    index.close()
    books.put(course, unit(5, 4), "while closed")
    again = opened()
    wait_until(lambda: filled(again, course))
    assert books.found(again, QUESTION, [course]) == books.truth(QUESTION, [course], 10)
    assert not list((tmp_path / "chroma").glob("aside-*"))


def cut_database(store: Path) -> None:
    os.truncate(store / "chroma.sqlite3", 5000)


def flip_vectors(store: Path) -> None:
    for path in store.rglob("*.bin"):
        path.write_bytes(bytes(byte ^ 0xFF for byte in path.read_bytes()))
    database = bytearray((store / "chroma.sqlite3").read_bytes())
    database[4096:] = os.urandom(len(database) - 4096)
    (store / "chroma.sqlite3").write_bytes(database)


def delete_all(store: Path) -> None:
    shutil.rmtree(store.parent)


@pytest.mark.parametrize("damage", [delete_all, shutil.rmtree, cut_database, flip_vectors])
def test_damage_while_serving_and_at_the_start_heals(
    damage: Callable[[Path], None], tmp_path: Path, opened: Callable[..., LayeredIndex], books: Library, course: int
) -> None:
    store = tmp_path / "chroma" / "store"
    index = opened()
    wait_until(lambda: filled(index, course))
    first = owner(index, course)
    damage(store)
    for seed in range(10):  # under writes, so that it must be noticed
        books.put(course, unit(3, 100 + seed), "notes")
        assert books.found(index, QUESTION, [course]) == books.truth(QUESTION, [course], 10)
    wait_until(lambda: filled(index, course) and owner(index, course) != first)
    assert books.found(index, QUESTION, [course]) == books.truth(QUESTION, [course], 10)

    index.close()
    damage(store)
    again = opened()
    assert books.found(again, QUESTION, [course]) == books.truth(QUESTION, [course], 10)
    wait_until(lambda: filled(again, course))
    assert books.found(again, QUESTION, [course]) == books.truth(QUESTION, [course], 10)
    kept = len(list((tmp_path / "chroma").glob("aside-*")))
    assert kept == (0 if damage in (delete_all, shutil.rmtree) else 1)  # the newest, to look at


@pytest.mark.parametrize("deleted", [5, 60])  # fewer and more than are asked for in reserve
def test_deleted_chunks_keep_no_others_out(
    deleted: int, opened: Callable[..., LayeredIndex], books: Library, course: int
) -> None:
    near = QUESTION + 0.01 * unit(deleted, 5)
    books.put(course, (near / np.linalg.norm(near, axis=1, keepdims=True)).astype(np.float32), "notes")
    index = opened(tick_s=3600)  # follows only when told
    index.follower.refresh()
    assert filled(index, course)
    books.put(course, unit(0), "notes")
    hits = index.search(QUESTION, books.versions(course), 10)
    assert [hit.chunk_pk for hit in hits] == books.truth(QUESTION, [course], 10)


def test_wrong_vectors_are_found_at_the_start(opened: Callable[..., LayeredIndex], books: Library, course: int) -> None:
    index = opened()
    wait_until(lambda: filled(index, course))
    held = index.follower.held(course)
    assert held is not None
    wrong = held.contents.chunk_pks[:1].tolist()
    held.process.call("add", course, wrong, unit(1, 77))
    index.close()
    again = opened()
    wait_until(lambda: filled(again, course))
    now = again.follower.held(course)
    assert now is not None
    kept = now.process.call("vectors", course, wrong)[wrong[0]]
    assert np.allclose(kept, StoredVectors(books.store, books.embedder).of(wrong)[1][0], atol=1e-5)


def test_a_chunk_lost_by_the_collection_is_noticed_and_put_back(
    opened: Callable[..., LayeredIndex], books: Library, course: int
) -> None:
    index = opened()
    wait_until(lambda: filled(index, course))
    held = index.follower.held(course)
    assert held is not None
    nearest = books.truth(QUESTION, [course], 1)
    held.process.call("remove", course, nearest, 1)
    wait_until(lambda: books.found(index, QUESTION, [course])[:1] == nearest)


def test_forgotten_vectors_are_in_no_file(
    tmp_path: Path, opened: Callable[..., LayeredIndex], books: Library, course: int
) -> None:
    lounge = books.space("lounge")
    canary, other = unit(2, 42)
    books.put(course, canary[None, :], "secret")
    books.put(lounge, np.stack([other, *unit(100, 4)]))
    index, second = opened(), opened()
    wait_until(lambda: filled(index, course) and filled(index, lounge))
    folder = tmp_path / "chroma"
    assert holding(folder, canary)
    books.put(course, unit(1, 43), "secret")
    wait_until(lambda: settled(index))
    assert holding(folder, canary)  # Chroma keeps what it deleted; this is why there is `forget`
    second.forget(course)  # by a process that does not own the folder
    assert not holding(folder, canary)
    assert holding(folder, other)
    wait_until(lambda: filled(index, course))
    assert not holding(folder, canary)
    assert books.found(index, QUESTION, [course, lounge]) == books.truth(QUESTION, [course, lounge], 10)


def test_forgotten_vectors_are_not_in_what_was_set_aside(
    tmp_path: Path, opened: Callable[..., LayeredIndex], books: Library, course: int
) -> None:
    canary = unit(1, 42)[0]
    books.put(course, canary[None, :], "secret")
    index = opened()
    wait_until(lambda: filled(index, course))
    os.kill(owner(index, course), signal.SIGKILL)
    books.put(course, unit(1, 43), "secret")
    index.forget(course)
    assert not holding(tmp_path / "chroma", canary)


def test_a_space_that_became_small_or_went_leaves_no_collection(
    opened: Callable[..., LayeredIndex], books: Library, course: int, tmp_path: Path
) -> None:
    index = opened(large=200)
    wait_until(lambda: filled(index, course))
    rows = unit(300, 1)
    books.put(course, rows[:10])
    wait_until(lambda: not index.drift() and index.follower.held(course) is None)
    assert books.found(index, rows[0], [course]) == books.truth(rows[0], [course], 10)
    wait_until(lambda: not holding(tmp_path / "chroma", rows[200]))


def test_a_broken_index_is_no_reason_to_answer_otherwise(books: Library, course: int, tmp_path: Path) -> None:
    (tmp_path / "chroma").mkdir()
    (tmp_path / "chroma" / "store").write_text("a file where a folder should be")
    store = EmbeddedStore(Folder(tmp_path / "chroma"), books.embedder.name)
    index = LayeredIndex("chroma", StoredVectors(books.store, books.embedder), store, large=1, tick_s=0.05)
    assert books.found(index, QUESTION, [course]) == books.truth(QUESTION, [course], 10)
    wait_until(lambda: filled(index, course))
    index.close()


def test_exact_copies_follow_additions_and_deletions(books: Library, course: int) -> None:
    index = ExactIndex(StoredVectors(books.store, books.embedder))
    for seed in range(5):
        books.put(course, unit(20 + seed, seed), f"post {seed % 2}")
        assert books.found(index, QUESTION, [course], 30) == books.truth(QUESTION, [course], 30)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://10.1.2.3:8000/harbour", "http://[::1]:8000"])
def test_a_server_in_a_private_network_needs_no_token(url: str) -> None:
    check_url(url, "")


@pytest.mark.parametrize(
    ("url", "token"),
    [(f"http://{OUTER}:8000", ""), (f"https://{OUTER}", ""), (f"http://{OUTER}", "t"), ("chroma:8000", "")],
)
def test_a_public_server_without_a_token_or_in_the_clear_is_refused(url: str, token: str) -> None:
    with pytest.raises(Misconfigured, match="COHOST_CHROMA"):
        check_url(url, token)


def test_a_public_server_with_a_token_is_used() -> None:
    check_url(f"https://{OUTER}", "token")


def test_a_server_that_does_not_answer_leaves_exact_scans(tmp_path: Path, books: Library, course: int) -> None:
    settings = settings_for(tmp_path, "server", "http://127.0.0.1:9")  # nobody listens there
    index = build_index(settings, books.store, books.embedder)
    assert isinstance(index, LayeredIndex)
    index.follower.refresh()
    assert books.found(index, QUESTION, [course]) == books.truth(QUESTION, [course], 10)
    assert index.drift() == {course: 300}
    index.close()
