"""The load of `make load`, small and short: nothing is lost, and what is refused is refused politely. No times."""

from __future__ import annotations

import pytest

from cohost.testing import HashEmbedder
from evals.load import fill, mixed
from evals.traffic import Answered, Outcome, drive
from tests.http_server import listening


@pytest.fixture
def served(core):
    keys = fill(core, 40)
    with listening(core) as port:
        yield port, mixed(keys)


def said(outcome):
    """What came that is neither a success nor a refusal that says when to come back."""
    return {f"{answer.kind} {answer.status} {answer.said}" for answer in outcome.errors(429, 503)}


def test_mixed_reads_and_writes_are_all_answered(served):
    port, mix = served
    outcome = drive(port, mix, rate=20, seconds=2, patience_s=120)
    assert len(outcome.answers) == 40
    assert said(outcome) == set()


def test_a_burst_far_over_what_can_be_done_is_served_or_refused_politely(served):
    port, mix = served
    outcome = drive(port, mix, rate=2000, seconds=0.1, patience_s=120)
    assert len(outcome.answers) == 200
    assert said(outcome) == set()
    assert outcome.statuses()[200] > 0


def test_an_outcome_counts_what_is_wrong():
    def answered(status, retry_after=False):
        return Answered("search", status, 0.1, retry_after, "")

    outcome = Outcome([answered(200), answered(503, True), answered(503), answered(500), answered(0)])
    assert [a.status for a in outcome.errors(429, 503)] == [503, 500, 0]
    assert outcome.quantile(0.99) == 0.1


def test_the_fill_can_be_searched(core):
    assert isinstance(core.embedder, HashEmbedder)
    fill(core, 20)
    with core.store.read() as tx:
        assert tx.exec_driver_sql("SELECT count(*) FROM chunks").scalar_one() >= 20
