"""The sample community's questions, with the real embedder: what a stranger sees first must hold."""

from __future__ import annotations

import pytest

from evals.sample import Outcome, drafted_right, run, sample_core


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    with sample_core() as core:
        return list(run(core))


@pytest.mark.model
def test_answerable_questions_are_drafted_from_the_right_source(outcomes: list[Outcome]) -> None:
    assert (
        sum(drafted_right(o) for o in outcomes if o.answerable) >= 13
    )  # of 20: 13 or 14, by how the processor adds bytes; aim 17


@pytest.mark.model
def test_unanswerable_questions_are_left_alone(outcomes: list[Outcome]) -> None:
    assert sum(o.status == "abstained" for o in outcomes if not o.answerable) >= 18  # of 20


@pytest.mark.model
def test_nothing_of_the_private_space_is_used(outcomes: list[Outcome]) -> None:
    assert all("back-kitchen" not in o.spaces for o in outcomes)
