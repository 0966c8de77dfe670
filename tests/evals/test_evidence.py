"""Fitting the weights of one passage to what is known of several."""

from __future__ import annotations

import numpy as np
import pytest

from evals.evidence import Evidence, by_folds, fitted


def planted(count: int) -> tuple[list[np.ndarray], list[bool]]:
    """Sets of 1 to 6 passages; a set answers where one of its passages, anywhere in it, is high in the first feature."""
    draw = np.random.default_rng(7)
    sets, labels = [], []
    for n in range(count):
        passages = draw.normal(0, 0.3, (draw.integers(1, 7), 3))
        if n % 2:
            passages[draw.integers(len(passages)), 0] += 2.0
        sets.append(passages)
        labels.append(bool(n % 2))
    return sets, labels


def test_the_feature_that_decides_is_found_wherever_its_passage_stands():
    sets, labels = planted(200)
    model = fitted(sets, labels, np.ones(200))
    assert model.weights[0] > 5 * np.abs(model.weights[1:]).max()
    assert sum((model.probability(one) > 0.5) == true for one, true in zip(sets, labels, strict=True)) >= 190


def test_what_counts_for_nothing_changes_nothing():
    sets, labels = planted(40)
    turned = [not label for label in labels]
    counts = np.array([1.0] * 40 + [0.0] * 40)
    both = fitted([*sets, *sets], [*labels, *turned], counts * 2)  # the mean is over twice as many
    assert both.weights == pytest.approx(fitted(sets, labels, np.ones(40)).weights, rel=0.02)


def test_a_set_without_passages_does_not_answer_and_teaches_nothing():
    sets, labels = planted(40)
    empty = np.zeros((0, 3))
    model = fitted([*sets, empty], [*labels, True], np.ones(41))
    assert model.probability(empty) == 0.0
    assert np.isfinite([*model.weights, model.bias]).all()


def test_no_group_is_scored_by_what_was_fitted_on_it():
    """Each group repeats one meaningless passage under one label: only who has seen the label could know it."""
    draw = np.random.default_rng(3)
    groups = [f"g{n // 4}" for n in range(80)]
    of_group = draw.normal(0, 1, (20, 5))
    sets = [of_group[n // 4][None] for n in range(80)]
    labels = [bool(n // 4 % 2) for n in range(80)]
    scores = by_folds(sets, labels, np.ones(80), groups)
    assert np.mean((scores > 0.5) == np.array(labels)) < 0.8


def test_more_passages_never_make_a_set_less_probable():
    model = Evidence(np.array([1.0, -1.0]), -1.0)
    passages = np.array([[0.5, 0.2], [-3.0, 1.0], [0.1, 0.1]])
    assert model.probability(passages[:1]) < model.probability(passages[:2]) < model.probability(passages)
