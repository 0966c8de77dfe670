"""Heads with a layer in common are fitted from rows that answer only some of the questions, and not by who is spoken of."""

from __future__ import annotations

import numpy as np
import pytest

from evals.alike import changed
from evals.shared_layer import Fitted, fit
from knowledge.moderation.normal import undisguised

ROWS = 600


def rows() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two questions about 8 numbers: is the first above 0, and do the second and third agree? Half the rows answer one."""
    x = np.random.default_rng(3).normal(size=(ROWS, 8)).astype(np.float32)
    answers = np.stack([x[:, 0] > 0, x[:, 1] * x[:, 2] > 0], axis=1).astype(np.float32)
    weights = np.ones((ROWS, 2), np.float32)
    weights[: ROWS // 2, 1] = 0  # these do not answer the second
    return x, answers, weights


def right(fitted: Fitted, x: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Share of the rows, by question."""
    return ((fitted.log_odds(x) > 0) == (answers > 0.5)).mean(axis=0)


def test_the_same_seed_makes_the_same_file() -> None:
    one, other = fit(*rows(), seed=4), fit(*rows(), seed=4)
    assert np.array_equal(one.inner, other.inner)
    assert np.array_equal(one.outer_bias, other.outer_bias)


def test_what_can_be_told_is_learned_from_rows_that_answer() -> None:
    x, answers, weights = (np.tile(part, (20, 1)) for part in rows())  # steps are counted by rows
    first, second = right(fit(x, answers, weights), x, answers)
    assert first > 0.95
    assert second > 0.75  # no straight line tells it: by chance .5


def test_an_answer_without_weight_teaches_nothing() -> None:
    x, answers, weights = (np.tile(part, (20, 1)) for part in rows())
    lies = np.where(weights > 0, answers, 1 - answers)
    assert np.array_equal(fit(x, answers, weights).outer, fit(x, lies, weights).outer)


def test_the_ways_in_which_groups_differ_count_for_little() -> None:
    random = np.random.default_rng(5)
    way = np.array([1.0, 0, 0, 0], np.float32)  # what a group's name does to the features
    said = [
        random.normal(size=4).astype(np.float32) + random.normal(size=(9, 1)).astype(np.float32) * way
        for _ in range(30)
    ]
    change = changed(said)
    assert np.linalg.norm(way @ change) < 0.2
    assert np.linalg.norm(np.array([0, 1.0, 0, 0], np.float32) @ change) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("You are an 1d10t, Ben.", "You are an idiot, Ben."), ("s t u p i d question", "stupid question"),
        ("Bake it at 250 degrees.", "Bake it at 250 degrees."), ("A kind word.", "A kind word."), ("", ""),
    ],
)  # fmt: skip
def test_disguised_words_are_spelled_out_and_others_stay(text: str, read: str) -> None:
    assert undisguised(text) == read
