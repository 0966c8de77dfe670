"""Fit one layer that several yes-or-no questions share, where each row answers only some of them.

Rectified units with dropout, AdamW (Loshchilov and Hutter 2019), a rate that rises and falls once: in NumPy, so that
the same seed makes the same file everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cohost.ports import FloatArray

UNITS = 64
EPOCHS, BATCH = 5, 256
RATE, DECAY = 0.004, 0.3
LEFT_OUT_IN, LEFT_OUT = 0.2, 0.6  # shares of features and of units in a step: there are more weights than rows
RISING = 0.3  # of all steps, before the rate falls


@dataclass(frozen=True)
class Fitted:
    """`relu(x @ inner + inner_bias) @ outer + outer_bias`, log-odds."""

    inner: FloatArray  # (features, units)
    inner_bias: FloatArray  # (units,)
    outer: FloatArray  # (units, questions)
    outer_bias: FloatArray  # (questions,)

    def log_odds(self, x: FloatArray) -> FloatArray:
        """`(n, questions)` of `(n, features)`."""
        made: FloatArray = np.maximum(x @ self.inner + self.inner_bias, 0) @ self.outer + self.outer_bias
        return made


def fit(x: FloatArray, answers: FloatArray, weights: FloatArray, seed: int = 0) -> Fitted:
    """Of `(n, features)`, `(n, questions)` of 0 and 1, and what each answer counts: 0 where there is none."""
    random = np.random.default_rng(seed)
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-3
    scaled = ((x - mean) / scale).astype(np.float32)
    most = weights.max(axis=1)
    share = (weights / np.maximum(most, 1e-9)[:, None]).astype(np.float32)
    steps = EPOCHS * len(x) // BATCH
    drawn = random.choice(len(x), size=(steps, BATCH), p=most / most.sum())  # what counts more is seen more often
    parts = _begin(random, x.shape[1], answers.shape[1])
    moments = [(np.zeros_like(part), np.zeros_like(part)) for part in parts]
    for step, rows in enumerate(drawn):
        slopes = _slopes(random, parts, scaled[rows], answers[rows], share[rows])
        for part, slope, moment in zip(parts, slopes, moments, strict=True):
            _move(part, slope, moment, step, _rate(step, steps))
    inner = parts[0] / scale[:, None]
    return Fitted(inner, parts[1] - mean @ inner, parts[2], parts[3])


def _begin(random: np.random.Generator, features: int, questions: int) -> list[FloatArray]:
    def drawn(rows: int, columns: int) -> FloatArray:
        made: FloatArray = (random.uniform(-1, 1, (rows, columns)) / np.sqrt(rows)).astype(np.float32)
        return made

    return [
        drawn(features, UNITS),
        np.zeros(UNITS, np.float32),
        drawn(UNITS, questions),
        np.zeros(questions, np.float32),
    ]


def _slopes(
    random: np.random.Generator, parts: list[FloatArray], x: FloatArray, answers: FloatArray, share: FloatArray
) -> list[FloatArray]:
    """Of the weighted cross-entropy, by part, with features and units left out at random."""
    inner, inner_bias, outer, outer_bias = parts
    x = x * (random.random(x.shape, dtype=np.float32) >= LEFT_OUT_IN) / (1 - LEFT_OUT_IN)
    before = x @ inner + inner_bias
    kept = (random.random(before.shape, dtype=np.float32) >= LEFT_OUT) / np.float32(1 - LEFT_OUT) * (before > 0)
    units = before * kept
    wrong = (1 / (1 + np.exp(-(units @ outer + outer_bias))) - answers) * share / answers.size
    back = (wrong @ outer.T) * kept
    return [x.T @ back, back.sum(axis=0), units.T @ wrong, wrong.sum(axis=0)]


def _move(part: FloatArray, slope: FloatArray, moment: tuple[FloatArray, FloatArray], step: int, rate: float) -> None:
    first, second = moment
    first += 0.1 * (slope - first)
    second += 0.001 * (slope**2 - second)
    towards = first / (1 - 0.9 ** (step + 1)) / (np.sqrt(second / (1 - 0.999 ** (step + 1))) + 1e-8)
    part -= rate * (towards + DECAY * part)


def _rate(step: int, steps: int) -> float:
    rising = RISING * steps
    if step < rising:
        return RATE * step / rising
    return float(RATE * 0.5 * (1 + np.cos(np.pi * (step - rising) / (steps - rising))))
