"""Logistic regression over sets of passages: the weights of one passage, fitted to whether any of a question's answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cohost.ports import FloatArray
from knowledge.answerable import SHARPNESS, together

Floats = NDArray[np.floating[Any]]
FOLDS = 10
STRENGTH = 0.01  # of the penalty on squared weights, of features brought to one scale; from .001 to .03 little moved


@dataclass(frozen=True)
class Evidence:
    """Weights as they apply to plain features: the scale is folded into them."""

    weights: FloatArray  # (features,)
    bias: float

    def probability(self, passages: FloatArray) -> float:
        """0..1 that one of the passages, `(n, features)`, answers; 0 without any."""
        return 1 / (1 + float(np.exp(-together(passages @ self.weights + self.bias)))) if len(passages) else 0.0


def fitted(sets: Sequence[FloatArray], labels: Sequence[bool], counts: FloatArray) -> Evidence:
    """`sets` hold `(n, features)` each, n differing; `counts` is how much each of them counts."""
    from scipy.optimize import minimize  # heavy

    kept = [n for n, passages in enumerate(sets) if len(passages)]
    rows = np.concatenate([sets[n] for n in kept]).astype(np.float64)
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    starts = np.cumsum([0, *(len(sets[n]) for n in kept[:-1])])
    truth = np.array([labels[n] for n in kept], dtype=np.float64)
    found = minimize(
        _loss, np.zeros(rows.shape[1] + 1), args=((rows - mean) / scale, starts, truth, counts[kept]),
        jac=True, method="L-BFGS-B",
    ).x  # fmt: skip
    weights = found[:-1] / scale
    return Evidence(weights, float(found[-1] - weights @ mean))


def _loss(
    parameters: Floats, rows: Floats, starts: NDArray[np.intp], truth: Floats, counts: Floats
) -> tuple[float, Floats]:
    """Mean log loss with its penalty, and its gradient."""
    weights, bias = parameters[:-1], parameters[-1]
    scaled = SHARPNESS * (rows @ weights)
    joined = np.logaddexp.reduceat(scaled, starts)
    logits = joined / SHARPNESS + bias
    sizes = np.diff([*starts, len(rows)])
    shares = np.exp(scaled - np.repeat(joined, sizes))  # of each passage in what its set says
    off = counts * (1 / (1 + np.exp(-logits)) - truth) / len(truth)
    loss = float(np.mean(counts * (np.logaddexp(0, logits) - truth * logits)) + STRENGTH * weights @ weights)
    slope = (np.repeat(off, sizes) * shares) @ rows + 2 * STRENGTH * weights
    return loss, np.append(slope, off.sum())


def by_folds(
    sets: Sequence[FloatArray], labels: Sequence[bool], counts: FloatArray, groups: Sequence[str]
) -> FloatArray:
    """Probabilities, each from weights that were fitted without the row's group."""
    from sklearn.model_selection import GroupKFold  # heavy

    made = np.zeros(len(sets), dtype=np.float32)
    folds = GroupKFold(min(FOLDS, len(set(groups))))
    for fit_on, score in folds.split(labels, groups=groups):
        model = fitted([sets[n] for n in fit_on], [labels[n] for n in fit_on], counts[fit_on])
        made[score] = [model.probability(sets[n]) for n in score]
    return made
