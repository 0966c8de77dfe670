"""What a community's own decisions add to the shipped heads: a small logistic head on top, held on a short leash.

The shipped log-odds stay as they are; the head adds a bias for each category and a weight for each dimension of what the
marked words mean, fitted by logistic regression with the shipped log-odds as its offset and a penalty that lets fifty
decisions say a little and five hundred a lot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cohost.ports import Decided, Finding, FloatArray, Learned

Matrix = NDArray[np.float64]

MOST_SHIFT = 2.0  # log-odds: what is sure without it stays flagged, whatever was decided
PENALTY_BIAS, PENALTY_WEIGHTS = 0.5, 2.0
STEPS, CLOSE = 50, 1e-6  # of Newton's method: with the penalty it needs about ten
SCALE = 3.0  # of the unit vectors, so that one penalty suits all their parts


def fit(decided: Sequence[Decided], meant: FloatArray) -> Learned:
    """`meant` is `(n, dimensions)`, unit length: what the marked words of each decision mean."""
    if not decided:
        return Learned()
    names = sorted({case.category for case in decided})
    shown = np.array([[float(case.category == name) for name in names] for case in decided])
    rows = np.hstack([shown, SCALE * meant]).astype(np.float64)
    offset = np.array([case.excess for case in decided])
    truth = np.array([float(case.agreed) for case in decided])
    penalty = np.array([PENALTY_BIAS] * len(names) + [PENALTY_WEIGHTS] * meant.shape[1])
    found = _newton(rows, offset, truth, penalty)
    biases = {name: round(float(value), 4) for name, value in zip(names, found, strict=False)}
    return Learned(biases, tuple(round(float(value), 4) for value in found[len(names) :]))


def _newton(rows: Matrix, offset: Matrix, truth: Matrix, penalty: Matrix) -> Matrix:
    """The weights of a logistic regression with an offset and a penalty on squares, by Newton's method."""
    weights = np.zeros(rows.shape[1])
    for _ in range(STEPS):
        likely = 1 / (1 + np.exp(-np.clip(offset + rows @ weights, -30, 30)))
        gradient = rows.T @ (likely - truth) + penalty * weights
        curvature = (rows.T * (likely * (1 - likely))) @ rows + np.diag(penalty)
        step = np.linalg.solve(curvature, gradient)
        weights -= step
        if np.abs(step).max() < CLOSE:
            break
    return weights


def shifts(learned: Learned, categories: Sequence[str], meant: FloatArray) -> FloatArray:
    """`(n,)` log-odds to add, within ± MOST_SHIFT."""
    added = np.array([learned.biases.get(name, 0.0) for name in categories], dtype=np.float32)
    if len(learned.weights) == meant.shape[1]:  # else: learned on another embedder
        added += SCALE * meant @ np.array(learned.weights, dtype=np.float32)
    bounded: FloatArray = np.clip(added, -MOST_SHIFT, MOST_SHIFT)
    return bounded


def moved(finding: Finding, shift: float) -> Finding:
    """The finding with its log-odds shifted."""
    odds = np.log(finding.probability / (1 - finding.probability)) if finding.probability < 1 else 9.0
    probability = float(1 / (1 + np.exp(-(odds + shift))))
    return replace(finding, probability=probability, excess=finding.excess + shift)
