"""Does the right lesson, page or reply come first? Beside BM25, dense search and the stock langchain pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from cohost.model import Passage
from evals.baselines import SYSTEMS, Rank
from evals.ground import Ground, ground
from evals.harness import OURS, Curve, Fact, Plot, Report, Row, Setup, data_hash, signature
from evals.measures import RANKING, RECALL_DEPTHS, Values, by_question, error_reduction, interval, paired
from evals.sets import Corpus, Task, tasks
from evals.unique import unique_task

TOP_K = 50
MEASURE = RANKING[0]
HALVES = {"dev": "tuning half", "test": "test half"}


@dataclass(frozen=True)
class _Ranked:
    """Rankings of units by system and question."""

    task: Task
    rankings: dict[str, dict[str, list[str]]]

    @property
    def relevant(self) -> dict[str, tuple[str, ...]]:
        return {q.id: q.relevant for q in self.task.questions}


def measure(setup: Setup) -> Report:
    """Read every corpus, ask every question of every system."""
    with ground(setup.work, setup.database_url) as place:
        ranked = list(_all(place, setup))
        signatures = {r.task.name: _signature(place, r.task) for r in ranked}
    rows = [row for r in ranked for row in _rows(r)]
    return Report(
        "retrieval", signatures, tuple(rows), tuple(_facts(ranked, rows)), tuple(_recall(ranked)),
        ("Fusion, boosts and sizes were tuned on the tuning halves alone (even lessons and threads).",),
    )  # fmt: skip


def _all(place: Ground, setup: Setup) -> Iterator[_Ranked]:
    wanted = [_sampled(task, setup.at_most) for task in tasks() if setup.wants(task.name)]
    for corpus in dict.fromkeys(task.corpus for task in wanted):
        setup.say(f"Reading {corpus.name}")
        place.add_corpus(corpus)
        ranks = _systems(place, corpus)
        asked = [task for task in wanted if task.corpus == corpus]
        for task in [*asked, *unique_task(corpus, place.sources(corpus.name))]:
            setup.say(f"Asking {len(task.questions)} questions: {task.name}")
            place.core.embedder.embed([q.text for q in task.questions])  # remembered: one by one takes far longer
            yield _ranked(task, ranks)
        place.embedder.keep()
        place.plain.keep()


def _sampled(task: Task, at_most: int) -> Task:
    step = max(1, -(-len(task.questions) // at_most)) if at_most else 1
    step += step % 2 == 0  # an even step would leave one half out
    return replace(task, questions=task.questions[::step])


def _systems(place: Ground, corpus: Corpus) -> dict[str, Rank]:
    sources, chunks = place.sources(corpus.name), place.chunks(corpus.name)
    embedders = {"langchain": place.plain}
    built = {name: build(sources, chunks, embedders.get(name, place.embedder)) for name, build in SYSTEMS.items()}
    return built | {OURS: ours(lambda question: place.search(corpus.name, question, top_k=TOP_K))}


def ours(search: Callable[[str], Sequence[Passage]]) -> Rank:
    """Our search as a ranking of sources."""
    return lambda question: [passage.source_id for passage in search(question)]


def _ranked(task: Task, ranks: dict[str, Rank]) -> _Ranked:
    found = {
        name: {q.id: distinct(map(task.corpus.unit, rank(q.text))) for q in task.questions}
        for name, rank in ranks.items()
    }
    return _Ranked(task, found)


def distinct(units: Iterable[str]) -> list[str]:
    """Each unit once, at its best place."""
    return list(dict.fromkeys(units))


def _rows(ranked: _Ranked) -> Iterator[Row]:
    for system, rankings in ranked.rankings.items():
        for name, values in by_question(rankings, ranked.relevant).items():
            yield Row(ranked.task.name, system, name, values)
            for half, label in HALVES.items():
                ids = {q.id for q in ranked.task.questions if q.half == half}
                if 0 < len(ids) < len(values):
                    yield Row(f"{ranked.task.name}, {label}", system, name, {q: values[q] for q in ids})


def _facts(ranked: Sequence[_Ranked], rows: Sequence[Row]) -> Iterator[Fact]:
    found = {(row.task, row.system): row.values for row in rows if row.measure == MEASURE}
    for task in dict.fromkeys(row.task for row in rows):
        yield from _beside(task, found)
    counted = [r.task.name for r in ranked if r.task.counted and not r.task.corpus.name.startswith("unique")]
    for label in ("", *(f", {half}" for half in HALVES.values())):
        names = [f"{name}{label}" for name in counted if (f"{name}{label}", OURS) in found]
        if names:
            cut = error_reduction([found[n, OURS] for n in names], [found[n, "langchain"] for n in names])
            yield Fact(
                f"all sets{label}", f"1 - {MEASURE} smaller than langchain's by", cut.mean, "share", cut.low, cut.high
            )


def _beside(task: str, found: dict[tuple[str, str], Values]) -> Iterator[Fact]:
    """Ours against the better leg and against the stock pipeline, paired."""
    legs = {name: interval(list(found[task, name].values())).mean for name in ("BM25", "dense")}
    for other in (max(legs, key=lambda name: legs[name]), "langchain"):
        compared = paired(found[task, OURS], found[task, other])
        if compared is not None:
            d = compared.difference
            yield Fact(task, f"{MEASURE} - {other} (p {compared.p:.3f})", d.mean, "", d.low, d.high)


def _recall(ranked: Sequence[_Ranked]) -> Iterator[Plot]:
    for r in ranked:
        names = [f"R@{depth}" for depth in RECALL_DEPTHS]
        curves = []
        for system, rankings in r.rankings.items():
            means = [interval(list(v.values())).mean for v in by_question(rankings, r.relevant, names).values()]
            curves.append(Curve(system, tuple(map(float, RECALL_DEPTHS)), tuple(means)))
        yield Plot(f"Recall, {r.task.name}", "first k", "share found", tuple(curves), log_x=True)


def _signature(place: Ground, task: Task) -> str:
    read = [f"{s.id}\0{s.title}\0{s.text}" for s in place.sources(task.corpus.name)]
    asked = [f"{q.id}\0{q.text}\0{q.relevant}" for q in task.questions]
    settings = place.core.search.signature()
    embedder = str(settings.pop("embedder"))
    return signature(task.name, data=data_hash([*read, *asked]), model="none", embedder=embedder, settings=settings)
