"""What reading a course costs, from files to rows and index, beside stock langchain and Chroma; and reading it again.

`python -m evals.ingestion FOLDER`; processor time of this process and of the children that read files.
"""

from __future__ import annotations

import resource
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from cohost.bootstrap import build
from cohost.model import Community, Space
from cohost.ports import FloatArray
from cohost.settings import load
from cohost.store import people, places, sources
from cohost.store.audit import OPERATOR
from evals import stock
from evals.embedding import READ

HERE = "evals"


def main() -> None:
    """Print ratios."""
    root = Path(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="cohost-ingestion-") as folder:
        home, nothing, theirs = Path(folder, "home"), Path(folder, "nothing"), stock.embedder()
        nothing.mkdir()
        theirs(["loaded before the clock starts"])
        ingest(home, nothing)  # makes the model, which is kept
        start = seconds(lambda: ingest(home, nothing))
        first = seconds(lambda: ingest(home, root)) - start
        again = seconds(lambda: ingest(home, root)) - start
        stock_s = seconds(lambda: ingest_stock(Path(folder, "stock"), root, theirs))
        print(f"{_count(home)} chunks ours; starting costs {start:.1f} s and is left out")
        print(f"whole ingestion: {first / stock_s:.2f} of stock's {stock_s:.1f} s of processor time")
        print(f"the same again: {again / first:.3f} of the first time ({again:.2f} s)")


def seconds(work: Callable[[], object]) -> float:
    """Of processor time, children that ended included."""
    before = _used()
    work()
    return _used() - before


def ingest(home: Path, root: Path) -> None:
    """A process's life: build, read, close."""
    core = build(load({"COHOST_HOME": str(home)}))
    try:
        core.embedder.embed(["loaded"])
        with core.store.write() as tx:
            people.put_community(tx, Community(HERE, "Evals"), core.clock())
            places.put_space(tx, HERE, Space("course", "Course", "course", "members"), core.clock())
        core.files.ingest_path(HERE, "course", root, OPERATOR, on_progress=lambda *step: None)
    finally:
        core.close()


def ingest_stock(folder: Path, root: Path, embed: Callable[[Sequence[str]], FloatArray]) -> None:
    """Split, embed, add; files are taken as text."""
    files = (path for path in sorted(root.rglob("*")) if path.suffix in READ and path.is_file())
    pieces = stock.split([path.read_text("utf-8", "ignore") for path in files])
    stock.Chroma(folder).add(embed(pieces), [0] * len(pieces), pieces)


def _count(home: Path) -> int:
    core = build(load({"COHOST_HOME": str(home)}))
    try:
        with core.store.read() as tx:
            return len(sources.indexed_texts(tx, places.space(tx, HERE, "course").pk))
    finally:
        core.close()


def _used() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)


if __name__ == "__main__":
    main()
