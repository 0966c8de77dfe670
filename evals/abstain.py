"""Does it know when to be silent? The estimated probability that the material answers, against whether it does.

The weights are fitted on these sets, so the scores here are from folds: each question is judged by weights that were
fitted without it and without its lesson.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cohost.ports import FloatArray
from evals.fit_answerable import Row as Judged
from evals.fit_answerable import fold_scores, judged
from evals.ground import ground
from evals.harness import OURS, Curve, Fact, Plot, Report, Row, Setup, data_hash, signature
from evals.measures import Values

TASKS = ("clapnq", "ml-beginners", "hf-nlp")
COVERAGES = (0.25, 0.5, 0.75, 1.0)


def measure(setup: Setup) -> Report:
    """AUROC, average precision, and the risk at each coverage."""
    chosen = [task for task in TASKS if setup.wants(task)]
    with ground(setup.work, setup.database_url) as place:
        rows = []
        for task in chosen:
            setup.say(f"Judging answerability: {task}")
            rows += judged(place, task)
        settings = place.core.search.signature()
        embedder = str(settings.pop("embedder"))
    scores = fold_scores(rows)
    data = data_hash([row.values.tobytes().hex() for row in rows])
    signatures = {
        t: signature(t, data=data, model="logistic, by folds", embedder=embedder, settings=settings) for t in chosen
    }
    found = {task: _of(task, rows, scores) for task in chosen}
    return Report(
        "abstain", signatures,
        tuple(Row(task, OURS, "right at 0.5", _right(*of)) for task, of in found.items()),
        tuple(fact for task, of in found.items() for fact in _facts(task, *of)), (_plot(found),),
    )  # fmt: skip


def _of(task: str, rows: Sequence[Judged], scores: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Truth 0 or 1, and probability."""
    chosen = [n for n, row in enumerate(rows) if row.task == task]
    return np.array([rows[n].answerable for n in chosen], dtype=np.float32), scores[chosen]


def _right(truth: FloatArray, scores: FloatArray) -> Values:
    return {
        str(n): float((score >= 0.5) == bool(true)) for n, (true, score) in enumerate(zip(truth, scores, strict=True))
    }


def _facts(task: str, truth: FloatArray, scores: FloatArray) -> list[Fact]:
    from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score  # heavy

    coverage, risk = risk_coverage(truth, scores)
    at = [
        Fact(task, f"share unanswerable among the surest {c:.0%}", float(np.interp(c, coverage, risk)))
        for c in COVERAGES
    ]
    return [
        Fact(task, "AUROC", float(roc_auc_score(truth, scores))),
        Fact(task, "average precision", float(average_precision_score(truth, scores))),
        Fact(task, "Brier score", float(brier_score_loss(truth, scores))),
        Fact(task, "area under risk-coverage", float(np.trapezoid(risk, coverage))),
        *at,
    ]


def risk_coverage(truth: FloatArray, scores: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Share answered, and the share of unanswerable questions among them, as the threshold falls (El-Yaniv & Wiener 2010)."""
    order = np.argsort(-scores, kind="stable")
    answered = np.arange(1, len(order) + 1, dtype=np.float32)
    coverage = (answered / len(order)).astype(np.float32)
    return coverage, (np.cumsum(1 - truth[order]) / answered).astype(np.float32)


def _plot(found: dict[str, tuple[FloatArray, FloatArray]]) -> Plot:
    curves = []
    for task, (truth, scores) in found.items():
        coverage, risk = risk_coverage(truth, scores)
        curves.append(Curve(task, tuple(map(float, coverage)), tuple(map(float, risk))))
    return Plot("Risk and coverage", "share of questions drafted", "share of drafts without an answer", tuple(curves))
