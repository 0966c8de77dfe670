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
    """Markdown whose nested brackets cost the parser time that grows with the square of their number."""
    path = tmp_path / "slow.md"
    path.write_text("a [b](<" * 300_000)
    return path


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
    with Sandbox(timeout_s=1.0) as sandbox:
        sandbox.extract(lesson, "a.md")
        started = time.monotonic()
        with pytest.raises(UnreadableFile) as caught:
            sandbox.extract(slow_file(tmp_path), "slow.md")
        assert caught.value.code == "too_slow"
        assert time.monotonic() - started < 3
        assert sandbox.extract(lesson, "a.md").title == "Title"


def test_a_file_that_takes_too_much_memory_is_given_up(tmp_path: Path, lesson: Path) -> None:
    (tmp_path / "big.txt").write_bytes(b"word " * 8_000_000)
    with Sandbox(memory_bytes=160 * 1024**2) as sandbox:
        with pytest.raises(UnreadableFile) as caught:
            sandbox.extract(tmp_path / "big.txt", "big.txt")
        assert caught.value.code in {"too_large", "damaged"}
        assert sandbox.extract(lesson, "a.md").title == "Title"


def test_a_crash_is_answered_and_the_next_file_is_read(lesson: Path) -> None:
    with Sandbox() as sandbox:
        sandbox.extract(lesson, "a.md")
        os.kill(child_of(sandbox), signal.SIGKILL)
        assert sandbox.extract(lesson, "a.md").title == "Title"


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
