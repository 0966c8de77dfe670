"""What language models cost: reserved before a call, counted by community, day and job, for all processes together."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from cohost.bootstrap import App
from cohost.budget import StoredBudget
from cohost.errors import ModelUnavailable
from cohost.store import spend
from cohost.structured import Usage
from tests.cohost.answer_case import SPRING, chat, claiming, with_model
from tests.conftest import ELSEWHERE, Clock
from tests.openai_server import OpenAIServer
from tests.story import HERE, Cast, Story

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(claiming(("Twice a month.", SPRING))) as running:
        yield running


@pytest.fixture
def told(core: App, cast: Cast, server: OpenAIServer) -> Story:
    return with_model(core, cast, chat(core, server))


def spent(core: App) -> list[spend.JobSpend]:
    with core.store.read() as tx:
        return spend.by_job(tx, HERE)


def test_what_a_draft_cost_is_counted_for_its_job(told: Story, server: OpenAIServer) -> None:
    first, second = told.draft().provenance, told.draft().provenance
    [answer] = spent(told.core)
    assert (answer.job, answer.calls) == ("answer", 2)
    assert answer.input_tokens == first.input_tokens + second.input_tokens
    assert answer.output_tokens == first.output_tokens + second.output_tokens
    [row] = told.rows("model_spend")
    assert row["reserved_tokens"] == 0


@sqlite
def test_refused_call_gives_its_tokens_back(told: Story, server: OpenAIServer) -> None:
    server.mode = "server_error"
    told.draft()
    assert [(s.tokens, s.calls) for s in spent(told.core)] == [(0, 0)]


def test_budget_holds_for_all_processes_and_each_community_and_day(core: App, cast: Cast, clock: Clock) -> None:
    one, other = (StoredBudget(core.store, 100, clock) for _ in range(2))
    held = one.reserve(HERE, "answer", 60)
    with pytest.raises(ModelUnavailable, match="used up its 100 model tokens"):
        other.reserve(HERE, "discuss", 60)
    other.reserve(ELSEWHERE, "answer", 60)
    one.settle(held, Usage(10, 20))
    other.reserve(HERE, "discuss", 60)  # 30 are used, 60 fit
    clock.forward(days=1)
    one.reserve(HERE, "answer", 100)


def test_budget_is_not_overdrawn_by_workers_that_reserve_at_once(core: App, cast: Cast, clock: Clock) -> None:
    budget = StoredBudget(core.store, 100, clock)

    def fits(_: int) -> bool:
        try:
            budget.reserve(HERE, "answer", 30)
        except ModelUnavailable:
            return False
        return True

    with ThreadPoolExecutor(4) as workers:
        assert sum(workers.map(fits, range(8))) == 3  # 3 x 30 fit into 100


@sqlite
def test_spend_is_told_by_day(core: App, cast: Cast, clock: Clock) -> None:
    budget = StoredBudget(core.store, 1000, clock)
    budget.settle(budget.reserve(HERE, "answer", 10), Usage(3, 4))
    clock.forward(days=1)
    budget.settle(budget.reserve(HERE, "answer", 10), Usage(30, 40))
    today = clock().date()
    with core.store.read() as tx:
        assert [s.tokens for s in spend.by_job(tx, HERE, today=today)] == [70]
        assert [s.tokens for s in spend.by_job(tx, HERE, today=today, days=30)] == [77]
        assert spend.by_job(tx, HERE, today=today + timedelta(days=40), days=30) == []
        assert spend.by_job(tx, ELSEWHERE) == []


def test_metrics_tell_tokens_by_job(told: Story, server: OpenAIServer, client: TestClient) -> None:
    made = told.draft().provenance
    text = client.get("/metrics").text
    assert f'cohost_model_tokens_total{{direction="input",job="answer"}} {float(made.input_tokens)}' in text
    assert f'cohost_model_tokens_total{{direction="output",job="answer"}} {float(made.output_tokens)}' in text
    assert 'cohost_model_calls_total{job="answer"} 1.0' in text
