"""Kill the process that has Chroma open, again and again, under steady writes: right answers throughout?

    python -m tests.chaos.chroma_kills [--kills 30] [--chunks 20000]

A writer puts and replaces sources all the time, a reader compares what the index finds with a full comparison, and the
owner of the embedded store gets SIGKILL at random moments. Prints one line of figures; ends with 1 if a bar is missed.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the tests' own modules, as pytest finds them

import numpy as np
from index_case import Library, library, settled, unit, wait_until

from knowledge.chroma_folder import Folder
from knowledge.chroma_store import EmbeddedStore
from knowledge.layered import LayeredIndex
from knowledge.vectors import StoredVectors

DIMENSIONS = 384
REFILL_S = 60.0  # the bar for 20,000 chunks on an idle machine of two cores
TOP_K = 20


@dataclass
class Figures:
    """What happened."""

    writes: int = 0
    searches: int = 0
    wrong: int = 0  # answers that lacked a chunk which was there before and after the search, and nearer than the last
    kills: int = 0
    seconds: list[float] = field(default_factory=list)  # of each search

    def line(self, refill_s: float) -> str:
        slow = np.percentile(self.seconds, [50, 99]) * 1000
        return (
            f"kills {self.kills}, writes {self.writes}, searches {self.searches}, wrong answers {self.wrong},"
            f" search median {slow[0]:.0f} ms p99 {slow[1]:.0f} ms, refill after the last kill {refill_s:.1f} s"
        )


def main(arguments: list[str] | None = None) -> int:
    """Run it; 0 when every bar is met."""
    parser = argparse.ArgumentParser(description="Kills of the embedded Chroma under writes.")
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--chunks", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="chroma-kills-") as home:
        figures, refill_s = run(Path(home), kills=options.kills, chunks=options.chunks, seed=options.seed)
    print(figures.line(refill_s))  # noqa: T201  # what the command is for
    return 0 if figures.wrong == 0 and figures.kills == options.kills and refill_s <= REFILL_S else 1


def run(home: Path, *, kills: int, chunks: int, seed: int = 1, dimensions: int = DIMENSIONS) -> tuple[Figures, float]:
    """Figures, and how long the last refill took."""
    books = library(f"sqlite:///{home / 'cohost.db'}", dimensions)
    course = books.space("course")
    books.put(course, unit(chunks, 1, dimensions=dimensions))
    store = EmbeddedStore(Folder(home / "chroma"), books.embedder.name)
    index = LayeredIndex("chroma", StoredVectors(books.store, books.embedder), store, large=1, tick_s=0.2)
    figures, stop = Figures(), threading.Event()
    threads = [
        threading.Thread(target=_write, args=(books, course, figures, stop)),
        threading.Thread(target=_read, args=(index, books, course, figures, stop)),
    ]
    for thread in threads:
        thread.start()
    try:
        refill_s = _kill(index, course, figures, kills, Random(seed))  # noqa: S311  # moments, not secrets
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        wait_until(lambda: settled(index))  # nobody writes any more: drift goes to 0
        index.close()
        books.store.close()
    return figures, refill_s


def _kill(index: LayeredIndex, course: int, figures: Figures, kills: int, random: Random) -> float:
    """Each at a random moment of opening, filling or serving; then wait until all is well again."""
    index.follower.start()
    wait_until(lambda: index.follower.held(course) is not None, 600)
    while figures.kills < kills:
        time.sleep(random.uniform(0.1, 3.0))
        pid = index.follower.pid
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            figures.kills += 1
            wait_until(lambda dead=pid: index.follower.pid not in (None, dead))
    began = time.monotonic()
    wait_until(lambda: index.follower.held(course) is not None, 600)
    return time.monotonic() - began


def _write(books: Library, course: int, figures: Figures, stop: threading.Event) -> None:
    while not stop.wait(0.1):
        figures.writes += 1
        rows = unit(3, 1000 + figures.writes, dimensions=books.embedder.dimensions)
        books.put(course, rows, f"post {figures.writes % 20}")


def _read(index: LayeredIndex, books: Library, course: int, figures: Figures, stop: threading.Event) -> None:
    questions = unit(50, 7, dimensions=books.embedder.dimensions)
    while not stop.wait(0.05):
        question = questions[figures.searches % len(questions)]
        before = books.truth(question, [course], TOP_K)
        began = time.monotonic()
        found = books.found(index, question, [course], TOP_K)
        figures.seconds.append(time.monotonic() - began)
        after = books.truth(question, [course], TOP_K)
        steady = set(before) & set(after)  # the writer may have changed the others meanwhile
        figures.searches += 1
        figures.wrong += len(steady & set(found)) < len(steady) - 1  # a graph may miss one of twenty


if __name__ == "__main__":
    sys.exit(main())
