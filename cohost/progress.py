"""A progress bar with rate and time left, on a terminal only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

OnProgress = Callable[[int, int, str], None]


@contextmanager
def progress_bar(what: str) -> Iterator[OnProgress]:
    """A callback for (done, total, name)."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"), TimeRemainingColumn(), TextColumn("{task.fields[name]}"),
    )  # fmt: skip
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(what, total=None, rate="", name="")

        def on_progress(done: int, total: int, name: str) -> None:
            speed = bar.tasks[0].speed
            bar.update(task, completed=done, total=total, name=name[-40:], rate=f"{speed:.1f}/s" if speed else "")

        yield on_progress
