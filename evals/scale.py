"""100,000 chunks in 50 private spaces, several thousand members: what a search costs, beside stock Chroma.

`python -m evals.scale [CHUNKS] [--without-stock]`; processor time, so that a busy machine cancels out.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from cohost import audience
from cohost.bootstrap import App, build
from cohost.model import Community, Member, Source, Space
from cohost.ports import FloatArray, Query
from cohost.settings import load
from cohost.store import fulltext, people, places, sources
from cohost.store.fulltext import IndexedText
from cohost.store.sources import Chunk
from cohost.suggestion import for_asker
from evals.stock import Chroma
from knowledge import lexical
from knowledge.quick import NAME

HERE, NOW = "scale", datetime(2026, 1, 1, tzinfo=UTC)
CHUNKS, SPACES, MEMBERS, SPACES_OF_A_MEMBER = 100_000, 50, 4_000, 5
WORDS, CHUNKS_PER_SOURCE, QUESTIONS, TOP_K = 110, 20, 100, 20
TOPICS, DIMENSIONS = 2_000, 384
READERS = {5: "reads-5", 25: "reads-25"}  # who asks: a member of that many spaces


@dataclass(frozen=True)
class World:
    """What was generated."""

    vectors: FloatArray  # (n, 384), unit length
    spaces: list[int]  # number of the space of each chunk
    texts: list[str]


class Prepared:
    """An Embedder that knows its questions: their embedding is measured apart."""

    name, dimensions = NAME, DIMENSIONS

    def __init__(self, vectors: dict[str, FloatArray]) -> None:
        self._vectors = vectors

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """`(n, 384)`."""
        return np.stack([self._vectors[text] for text in texts])


def main() -> None:
    """Fill, search, compare, print."""
    count = next((int(word) for word in sys.argv[1:] if word.isdigit()), CHUNKS)
    with tempfile.TemporaryDirectory(prefix="cohost-scale-") as folder:
        core = build(load({"COHOST_HOME": folder}))
        try:
            core.embedder.embed(["so that its memory counts"])
            world = generate(count)
            seconds = processor_seconds(lambda: fill(core, world))
            print(f"filled {count} chunks, {SPACES} spaces, {MEMBERS} members in {seconds:.0f} s")
            ours = {many: _ours(core, world, many) for many in READERS}
            print(f"resident memory, model included: {resident_mb()} MB (peak {_peak_mb()} MB, the generated data too)")
        finally:
            core.close()
        if "--without-stock" not in sys.argv:
            _compare(Path(folder) / "stock", world, ours)


def generate(count: int) -> World:
    """Texts with word frequencies as in English, vectors around topics."""
    random = np.random.default_rng(7)
    shares = 1 / (np.arange(len(vocabulary := _vocabulary())) + 2.7)
    drawn = random.choice(len(vocabulary), size=(count, WORDS), p=shares / shares.sum())
    texts = [" ".join(vocabulary[at] for at in row) for row in drawn]
    topics = random.standard_normal((TOPICS, DIMENSIONS), dtype=np.float32)
    vectors = topics[random.integers(TOPICS, size=count)] + random.standard_normal(
        (count, DIMENSIONS), dtype=np.float32
    )
    return World(_unit(vectors), [at * SPACES // count for at in range(count)], texts)


def fill(core: App, world: World) -> None:
    """Rows written directly, as ingestion would."""
    with core.store.write() as tx:
        people.put_community(tx, Community(HERE, "Scale"), NOW)
        for number in range(MEMBERS):
            people.put_member(tx, HERE, Member(f"m{number}", f"Member {number}", "member"), NOW)
        for reader in READERS.values():
            people.put_member(tx, HERE, Member(reader, reader, "member"), NOW)
    for number in range(SPACES):
        with core.store.write() as tx:
            space = places.put_space(tx, HERE, _space(number), NOW)
            at = [n for n, belongs in enumerate(world.spaces) if belongs == number]
            for first in range(0, len(at), CHUNKS_PER_SOURCE):
                _put(tx, space.pk, at[first : first + CHUNKS_PER_SOURCE], world)
            places.bump_version(tx, [space.pk])


def _ours(core: App, world: World, many: int) -> list[float]:
    """Processor milliseconds of each search; prints what its parts take, and the recall of the vectors."""
    asked = questions(world, many)
    search = replace(core.search, embedder=Prepared(dict(asked)))  # type: ignore[type-var]
    to = for_asker(READERS[many])
    search.search(Query(HERE, asked[0][0], to, top_k=TOP_K))  # fills the resident copies
    whole = [milliseconds(partial(search.search, Query(HERE, text, to, top_k=TOP_K))) for text, _ in asked]
    print(f"{many} of {SPACES} spaces   ours {_quantiles(whole)}   {_parts(core, asked, many)}")
    return whole


def _parts(core: App, asked: Sequence[tuple[str, FloatArray]], many: int) -> str:
    with core.store.read() as tx:
        seeing = [milliseconds(lambda: audience.sight(tx, HERE)) for _ in asked[:20]]
        seen = audience.sight(tx, HERE)
        usable = audience.usable_spaces(seen, for_asker(READERS[many]))
        spaces = {seen.spaces[s].pk: seen.spaces[s].version for s in usable}
        words = [milliseconds(partial(fulltext.search, tx, lexical.terms(t), spaces, limit=60)) for t, _ in asked]
    near = [milliseconds(partial(core.index.search, vector, spaces, 60)) for _, vector in asked]
    return f"(permissions {_quantiles(seeing)}, words {_quantiles(words)}, vectors {_quantiles(near)})"


def _compare(folder: Path, world: World, ours: dict[int, list[float]]) -> None:
    stock = Chroma(folder)
    seconds = processor_seconds(lambda: stock.add(world.vectors, world.spaces, world.texts))
    print(f"stock Chroma filled in {seconds:.0f} s")
    for many, times in ours.items():
        theirs, recall = _stock(stock, world, many)
        ratio = np.quantile(times, 0.95) / np.quantile(theirs, 0.95)
        found = f"stock {_quantiles(theirs)}   recall@{TOP_K} {recall:.3f}"
        print(f"{many} of {SPACES} spaces   {found}   ours/stock p95 {ratio:.2f}")


def _stock(stock: Chroma, world: World, many: int) -> tuple[list[float], float]:
    """Processor milliseconds of each search, and the recall."""
    vectors = [vector for _, vector in questions(world, many)]
    stock.search(vectors[0], range(many), TOP_K)
    times = [milliseconds(partial(stock.search, vector, range(many), TOP_K)) for vector in vectors]
    recall = [_recall(world, vector, many, stock.search(vector, range(many), TOP_K)) for vector in vectors]
    return times, float(np.mean(recall))


def questions(world: World, many: int) -> list[tuple[str, FloatArray]]:
    """Texts and vectors near some chunk of the allowed spaces: ten words in a row, common and rare."""
    random = np.random.default_rng(many)
    allowed = [n for n, space in enumerate(world.spaces) if space < many]
    chosen = random.choice(allowed, size=QUESTIONS, replace=False)
    noise = random.standard_normal((QUESTIONS, DIMENSIONS), dtype=np.float32)
    near = _unit(world.vectors[chosen] + _unit(noise) * 0.5)
    return [(" ".join(world.texts[n].split()[20:30]), vector) for n, vector in zip(chosen, near, strict=True)]


def milliseconds(work: Callable[[], Any]) -> float:
    """Of processor time, all threads."""
    return processor_seconds(work) * 1000


def processor_seconds(work: Callable[[], Any]) -> float:
    """Of all threads of this process."""
    started = time.process_time()
    work()
    return time.process_time() - started


def resident_mb() -> int:
    """Now, of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 2**20


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _quantiles(values: Sequence[float]) -> str:
    return f"p50 {np.quantile(values, 0.5):.1f} p95 {np.quantile(values, 0.95):.1f} ms"


def _recall(world: World, vector: FloatArray, many: int, found: Sequence[int]) -> float:
    allowed = np.flatnonzero(np.array(world.spaces) < many)
    exact = allowed[np.argsort(-(world.vectors[allowed] @ vector))[:TOP_K]]
    return len(set(exact.tolist()) & set(found)) / TOP_K


def _put(tx: Any, space_pk: int, at: Sequence[int], world: World) -> None:
    source = Source(f"s{world.spaces[at[0]]}", f"source-{at[0]}", "page", "", "", created_at=NOW, updated_at=NOW)
    pk = sources.put(tx, HERE, space_pk, source, content_hash="x", structure={})
    new = [Chunk(0, len(world.texts[n]), (), "", world.texts[n], str(n)) for n in at]
    vectors = [world.vectors[n].tobytes() for n in at]
    pks = sources.replace_chunks(tx, HERE, space_pk, pk, new, vectors=vectors, embedder=NAME)
    title = " ".join(world.texts[at[0]].split()[:4])
    fulltext.add(tx, space_pk, [IndexedText(key, title, "", world.texts[n]) for key, n in zip(pks, at, strict=True)])


def _space(number: int) -> Space:
    belonging = {f"m{n}" for n in range(MEMBERS) if (n * 7 + number) % (SPACES // SPACES_OF_A_MEMBER) == 0}
    belonging |= {reader for many, reader in READERS.items() if number < many}
    return Space(f"s{number}", f"Space {number:02}", "course", "private", frozenset(belonging))


def _vocabulary() -> list[str]:
    """Stop words first, as in any English text; then made-up ones."""
    return sorted(lexical.STOP_WORDS) + [*_made_up(30_000)]


def _made_up(count: int) -> Iterator[str]:
    syllables = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]
    for number in range(count):
        yield "".join(syllables[(number * step + 11 * step) % len(syllables)] for step in (1, 7, 31))[
            : 4 + number % 3
        ] + str(number % 97)


def _unit(vectors: FloatArray) -> FloatArray:
    unit: FloatArray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


if __name__ == "__main__":
    main()
