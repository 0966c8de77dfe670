"""Measures from the field's libraries: ir-measures for rankings, SciPy for intervals and paired tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cohost.ports import FloatArray

RANKING = ("nDCG@10", "Success@1", "R@5", "RR@10")  # trec_eval's names; Success@1 is "the right one comes first"
RECALL_DEPTHS = (1, 2, 3, 5, 10, 20)
RESAMPLES = 2000  # the third decimal of an interval stays put
CONFIDENCE = 0.95
SEED = 7

Values = dict[str, float]  # by question id


@dataclass(frozen=True)
class Interval:
    """A mean with its bootstrap interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Paired:
    """How two systems differ on the same questions."""

    difference: Interval  # mean of (ours - theirs)
    p: float  # two-sided randomisation test: how often signs at random differ as much


def by_question(
    rankings: Mapping[str, Sequence[str]], relevant: Mapping[str, Sequence[str]], names: Sequence[str] = RANKING
) -> dict[str, Values]:
    """Measure → value of each question; `rankings` holds items best first."""
    import ir_measures  # reads trec_eval's native library: only when something is measured

    run = {q: {item: 1.0 / (at + 1) for at, item in enumerate(items)} for q, items in rankings.items()}
    qrels = {q: dict.fromkeys(items, 1) for q, items in relevant.items() if q in run}
    found: dict[str, Values] = {name: dict.fromkeys(rankings, 0.0) for name in names}
    wanted = {ir_measures.parse_measure(name): name for name in names}
    for metric in ir_measures.iter_calc(list(wanted), qrels, run):
        found[wanted[metric.measure]][metric.query_id] = float(metric.value)
    return found


def interval(values: Sequence[float]) -> Interval:
    """Mean and percentile bootstrap over questions (Efron & Tibshirani 1993, section 13.3)."""
    from scipy.stats import bootstrap  # heavy: only when something is measured

    array = np.asarray(values, dtype=np.float64)
    mean = float(array.mean()) if len(array) else 0.0
    if len(array) < 2 or np.ptp(array) == 0:
        return Interval(mean, mean, mean)
    made = bootstrap(
        (array,), np.mean, n_resamples=RESAMPLES, confidence_level=CONFIDENCE, method="percentile",
        rng=np.random.default_rng(SEED),
    )  # fmt: skip
    return Interval(mean, float(made.confidence_interval.low), float(made.confidence_interval.high))


def paired(ours: Values, theirs: Values) -> Paired | None:
    """Compare on the questions that both have; None when there are none."""
    from scipy.stats import permutation_test  # heavy: only when something is measured

    common = sorted(ours.keys() & theirs.keys())
    if not common:
        return None
    differences = np.array([ours[q] - theirs[q] for q in common])
    if not differences.any():
        return Paired(Interval(0.0, 0.0, 0.0), 1.0)
    tested = permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=RESAMPLES, rng=np.random.default_rng(SEED)
    )
    return Paired(interval(list(differences)), float(tested.pvalue))


def quantiles(seconds: Sequence[float]) -> tuple[float, float]:
    """Median and 95th percentile."""
    middle, high = np.quantile(np.asarray(seconds), (0.5, 0.95))
    return float(middle), float(high)


def error_reduction(ours: Sequence[Values], theirs: Sequence[Values]) -> Interval:
    """Share by which the mean over sets of (1 - measure) is smaller than theirs, bootstrapped within each set."""
    rng = np.random.default_rng(SEED)
    pairs = [_matched(a, b) for a, b in zip(ours, theirs, strict=True)]
    draws = [_reduction([_drawn(pair, rng) for pair in pairs]) for _ in range(RESAMPLES)]
    low, high = np.quantile(draws, ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2))
    return Interval(_reduction(pairs), float(low), float(high))


def _matched(ours: Values, theirs: Values) -> FloatArray:
    common = sorted(ours.keys() & theirs.keys())
    return np.array([[ours[q], theirs[q]] for q in common], dtype=np.float32)


def _drawn(pair: FloatArray, rng: np.random.Generator) -> FloatArray:
    drawn: FloatArray = pair[rng.integers(0, len(pair), len(pair))]
    return drawn


def _reduction(pairs: Sequence[FloatArray]) -> float:
    ours, theirs = np.mean([1 - pair.mean(axis=0) for pair in pairs], axis=0)
    return float(1 - ours / theirs) if theirs else 0.0
