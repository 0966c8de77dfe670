"""The sandbox survives whatever a file does to its reader."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cohost.errors import UnreadableFile
from knowledge.extract import extract
from knowledge.extract.sandbox import Sandbox

SOURCE = "# Title\n\n```\ncode\n```\n\n| a | b |\n|---|---|\n| 1 | é |\n"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as shared:
        yield shared


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    path = tmp_path / "upload"
    path.write_text(SOURCE, encoding="utf-8")
    return path


def slow_file(tmp_path: Path) -> Path:
    """Markdown of images within images: the dearest to parse for its size, some thirty microseconds each."""
    path = tmp_path / "slow.md"
    path.write_text("![a](" * 400_000)
    return path


def reason(sandbox: Sandbox, path: Path, name: str) -> str:
    with pytest.raises(UnreadableFile) as caught:
        sandbox.extract(path, name)
    return caught.value.code


def kill(sandbox: Sandbox) -> None:
    os.kill(child_of(sandbox), signal.SIGKILL)


def wait_until_busy(sandbox: Sandbox) -> None:
    """Until the child has used processor time on what it reads now; it idles between files."""
    ticks = cpu_ticks(child_of(sandbox))
    while cpu_ticks(child_of(sandbox)) < ticks + 5:
        time.sleep(0.01)


def cpu_ticks(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11])  # utime


def child_of(sandbox: Sandbox) -> int:
    child = sandbox._child
    assert child is not None
    return child.pid


def test_the_same_document_as_without(sandbox: Sandbox, lesson: Path) -> None:
    assert sandbox.extract(lesson, "lesson.md") == extract(SOURCE.encode(), "lesson.md")


def test_one_child_reads_many_files_and_from_several_threads(sandbox: Sandbox, lesson: Path) -> None:
    sandbox.extract(lesson, "a.md")
    before = child_of(sandbox)
    with ThreadPoolExecutor(4) as pool:
        titles = list(pool.map(lambda _: sandbox.extract(lesson, "a.md").title, range(20)))
    assert (titles, child_of(sandbox)) == (["Title"] * 20, before)


def test_reasons_come_through(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(UnreadableFile) as caught:
        sandbox.extract(tmp_path / "a", "a.md")
    assert caught.value.code == "empty"
    with pytest.raises(UnreadableFile, match="cannot be opened"):
        sandbox.extract(tmp_path / "absent", "b.md")


def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path, lesson: Path) -> None:
    with Sandbox(timeout_s=3.0) as sandbox:
        sandbox.extract(lesson, "a.md")
        assert reason(sandbox, slow_file(tmp_path), "slow.md") == "too_slow"
        assert sandbox.extract(lesson, "a.md").title == "Title"


def test_a_reader_that_only_waits_is_given_up_too(tmp_path: Path, lesson: Path) -> None:
    """Time spent waiting is no processor time: the clock of the parent ends it."""
    os.mkfifo(tmp_path / "pipe")  # opening it waits for a writer that never comes
    with Sandbox(timeout_s=0.1) as sandbox:
        assert reason(sandbox, tmp_path / "pipe", "pipe.md") == "too_slow"


def test_a_file_that_takes_too_much_memory_is_given_up(tmp_path: Path, lesson: Path) -> None:
    (tmp_path / "big.txt").write_bytes(b"word " * 4_000_000)
    with Sandbox(memory_bytes=128 * 1024**2) as sandbox:
        sandbox.extract(lesson, "a.md")
        before = child_of(sandbox)
        assert reason(sandbox, tmp_path / "big.txt", "big.txt") == "too_large"
        assert sandbox.extract(lesson, "a.md").title == "Title"
        assert child_of(sandbox) != before


def test_a_child_that_died_between_two_files_is_nobodys_loss(lesson: Path) -> None:
    with Sandbox() as sandbox:
        sandbox.extract(lesson, "a.md")
        kill(sandbox)
        assert sandbox._child is not None
        sandbox._child.wait()
        assert sandbox.extract(lesson, "a.md").title == "Title"


def test_a_reader_killed_in_mid_file_is_told_and_the_next_file_is_read(tmp_path: Path, lesson: Path) -> None:
    with Sandbox() as sandbox, ThreadPoolExecutor(1) as pool:
        sandbox.extract(lesson, "a.md")
        reading = pool.submit(reason, sandbox, slow_file(tmp_path), "slow.md")
        wait_until_busy(sandbox)
        kill(sandbox)
        assert reading.result() == "crashed"
        assert sandbox.extract(lesson, "a.md").title == "Title"


def test_two_sandboxes_read_at_once_and_one_dying_does_not_touch_the_other(tmp_path: Path, lesson: Path) -> None:
    with Sandbox() as one, Sandbox() as other, ThreadPoolExecutor(2) as pool:
        one.extract(lesson, "a.md")
        dying = pool.submit(reason, one, slow_file(tmp_path), "slow.md")
        wait_until_busy(one)
        titles = [other.extract(lesson, "a.md").title for _ in range(3)]
        kill(one)
        assert (titles, dying.result()) == (["Title"] * 3, "crashed")
        assert other.extract(lesson, "a.md").title == "Title"


def test_children_are_replaced_after_some_files(lesson: Path) -> None:
    with Sandbox(files_per_child=2) as sandbox:
        children = []
        for _ in range(4):
            sandbox.extract(lesson, "a.md")
            children.append(child_of(sandbox))
    assert children[0] == children[1] != children[2] == children[3]


def test_the_child_sees_no_secrets_and_ends_with_the_sandbox(lesson: Path) -> None:
    sandbox = Sandbox()
    sandbox.extract(lesson, "a.md")
    child = child_of(sandbox)
    names = {entry.partition(b"=")[0] for entry in Path(f"/proc/{child}/environ").read_bytes().split(b"\0")}
    sandbox.close()
    assert names <= {b"PATH", b"LANG", b"LC_CTYPE", b""}
    assert not Path(f"/proc/{child}").exists()


def test_closing_twice_or_unused_is_fine() -> None:
    sandbox = Sandbox()
    sandbox.close()
    sandbox.close()


@pytest.mark.parametrize("attempt", ["import socket; socket.socket()", "import os; os.system('true')"])
def test_the_child_may_not_use_the_network_or_start_programs(attempt: str) -> None:
    script = f"from knowledge.extract import child; child._limit(2**31); {attempt}"
    result = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True)  # noqa: S603  # our words
    assert b"PermissionError: The reader of files may not use" in result.stderr


def test_the_child_may_not_write_files(tmp_path: Path) -> None:
    script = (
        f"from knowledge.extract import child; child._limit(2**31); open({str(tmp_path / 'x')!r}, 'wb', 0).write(b'a')"
    )
    result = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True)  # noqa: S603  # our words
    assert b"File too large" in result.stderr
