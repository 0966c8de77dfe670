"""A short version of `python -m tests.chaos.chroma_kills`."""

from __future__ import annotations

from pathlib import Path

from chaos.chroma_kills import run


def test_three_kills_under_writes_leave_every_answer_right(tmp_path: Path) -> None:
    figures, _ = run(tmp_path, kills=3, chunks=1000, dimensions=32)
    assert figures.kills == 3
    assert figures.searches > 0
    assert figures.wrong == 0
