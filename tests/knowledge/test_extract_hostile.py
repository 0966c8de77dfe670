"""Sixty malformed files and some dozens of bombs: each has its documented reason, and the reader lives on.

The bombs are a tenth of their full size here and have five seconds of processor time instead of twenty-eight.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from hostile import MALFORMED, READ, Hostile, bombs

from cohost.errors import UnreadableFile, UnreadableReason
from knowledge.extract.sandbox import Sandbox

SMALL_BOMBS = bombs(lambda number: number // 10)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(timeout_s=5) as shared:
        yield shared


def outcome(sandbox: Sandbox, hostile: Hostile, folder: Path) -> tuple[str, str]:
    """The reason, or `READ` and the text."""
    path = folder / "upload"
    path.write_bytes(hostile.make())
    try:
        return READ, sandbox.extract(path, hostile.name).text
    except UnreadableFile as error:
        return error.code, error.message


@pytest.mark.parametrize("title", MALFORMED)
def test_a_malformed_file_is_refused_with_its_reason_or_read_without_harm(
    sandbox: Sandbox, tmp_path: Path, title: str
) -> None:
    code, text = outcome(sandbox, MALFORMED[title], tmp_path)
    assert code in MALFORMED[title].outcomes, text
    assert "root:" not in text


@pytest.mark.parametrize("title", SMALL_BOMBS)
def test_a_bomb_goes_off_where_it_harms_nobody(sandbox: Sandbox, tmp_path: Path, title: str) -> None:
    code, text = outcome(sandbox, SMALL_BOMBS[title], tmp_path)
    assert code in SMALL_BOMBS[title].outcomes, text


def test_after_all_of_them_a_lesson_is_read(sandbox: Sandbox, tmp_path: Path) -> None:
    assert outcome(sandbox, Hostile("a.md", lambda: b"# A\n\nWords.", frozenset()), tmp_path) == (READ, "A\n\nWords.")


def test_there_are_enough_of_each_and_only_documented_reasons() -> None:
    assert len(MALFORMED) >= 60
    assert len(SMALL_BOMBS) >= 10
    expected = set().union(*(file.outcomes for file in (*MALFORMED.values(), *SMALL_BOMBS.values())))
    assert expected <= {*get_args(UnreadableReason), READ}
