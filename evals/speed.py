"""How long does reading and asking take? Ratios to the stock pipeline in the same run: the machine cancels out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from cohost.model import SourceInput
from evals.baselines import langchain
from evals.ground import Ground, ground
from evals.harness import OURS, Curve, Fact, Plot, Report, Row, Setup, data_hash, signature
from evals.measures import quantiles
from evals.sets import Corpus, Task, tasks
from knowledge.embed import SentenceEmbedder
from knowledge.quick import QuickEmbedder

TASK = "stackfaq"
SOURCES, QUESTIONS = 40, 60  # a minute on two cores


def measure(setup: Setup) -> Report:
    """Read some pages and ask some questions, ours and the stock pipeline's, with nothing remembered."""
    task = next(task for task in tasks() if task.name == TASK)
    pages, asked = task.corpus.sources[:SOURCES], [q.text for q in task.questions[:QUESTIONS]]
    with (
        TemporaryDirectory() as folder,
        ground(database_url=setup.database_url, embedder=QuickEmbedder(Path(folder))) as place,
    ):
        place.core.embedder.embed(["loaded before the clock starts"])
        setup.say(f"Reading {len(pages)} pages and asking {len(asked)} questions twice")
        reading, ours = _ours(place, pages, asked)
        stock_reading, stock = _stock(place, asked)
        made_of = _signature(place, task, asked)
    facts = (*_facts(reading, stock_reading), *_latency(ours, stock))
    rows = (_row(OURS, ours), _row("langchain", stock))
    return Report("speed", {TASK: made_of}, rows, facts, (_plot(ours, stock),))


def _ours(place: Ground, pages: Sequence[SourceInput], asked: Sequence[str]) -> tuple[float, list[float]]:
    reading = _seconds(lambda: place.add_corpus(Corpus(TASK, sources=tuple(pages))))
    return reading, [_seconds(lambda q=q: place.search(TASK, q, top_k=10)) for q in asked]  # type: ignore[misc]


def _stock(place: Ground, asked: Sequence[str]) -> tuple[float, list[float]]:
    started = time.perf_counter()
    rank = langchain(place.sources(TASK), [], SentenceEmbedder())
    reading = time.perf_counter() - started
    return reading, [_seconds(lambda q=q: rank(q)) for q in asked]  # type: ignore[misc]


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _row(system: str, seconds: Sequence[float]) -> Row:
    return Row(TASK, system, "seconds a question", {str(n): value for n, value in enumerate(seconds)})


def _facts(reading: float, stock: float) -> list[Fact]:
    return [Fact(TASK, "reading", reading, "s"), Fact(TASK, "reading, of langchain's time", reading / stock, "x")]


def _latency(ours: Sequence[float], stock: Sequence[float]) -> list[Fact]:
    (p50, p95), (stock_p50, stock_p95) = quantiles(ours), quantiles(stock)
    return [
        Fact(TASK, "search p50", 1000 * p50, "ms"), Fact(TASK, "search p95", 1000 * p95, "ms"),
        Fact(TASK, "search p50, of langchain's time", p50 / stock_p50, "x"),
        Fact(TASK, "search p95, of langchain's time", p95 / stock_p95, "x"),
    ]  # fmt: skip


def _plot(ours: Sequence[float], stock: Sequence[float]) -> Plot:
    shares = np.linspace(0, 1, len(ours))
    curves = (
        Curve(name, tuple(1000 * s for s in sorted(seconds)), tuple(map(float, shares)))
        for name, seconds in ((OURS, ours), ("langchain", stock))
    )
    return Plot("Time of a search, its embedding included", "ms", "share of questions answered within", tuple(curves))


def _signature(place: Ground, task: Task, asked: Sequence[str]) -> str:
    settings = place.core.search.signature()
    embedder = str(settings.pop("embedder"))
    data = data_hash([*(s.id + s.text for s in task.corpus.sources[:SOURCES]), *asked])
    return signature(TASK, data=data, model="none", embedder=embedder, settings=settings)
