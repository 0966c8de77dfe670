"""Whatever a model's server does, the member's question gets a draft from the sources' own words, and the host reads why."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from api.console import words
from cohost.bootstrap import App
from cohost.budget import COOL_DOWN, FAILURES_TO_OPEN
from cohost.llm import ChatModel, running_loop
from cohost.suggestion import Suggestion
from tests.cohost.answer_case import SPRING, chat, claiming, said, with_model
from tests.conftest import Clock
from tests.openai_server import OpenAIServer
from tests.story import Cast

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

GOOD = claiming(("Twice a month.", SPRING))
GERMAN = claiming(("Sie kommen zweimal im Monat, und zwar bei Neumond und bei Vollmond.", SPRING))
SHORT = 0.6  # seconds a draft may take where the server never answers

FAULTS = {
    "server_error": "server_error",
    "rate_limited": "rate_limited",
    "no_quota": "rate_limited",
    "bad_key": "bad_key",
    "no_model": "bad_request",
    "hang": "timeout",
    "trickle": "timeout",
    "trickle_headers": "timeout",
    "cut_body": "cut_off",
    "hang_up": "unreachable",
    "html": "server_error",
    "no_choices": "server_error",
    "empty": "empty",
    "refusal": "refusal",
    "filtered": "refusal",
    "prose": "bad_json",
    "bad_json": "bad_json",
    "wrong_shape": "bad_json",
    "too_long": "cut_off",
}


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(GOOD) as running:
        yield running


def threads() -> set[threading.Thread]:
    """Those that could be waiting for a model: not the server's own, nor the loop of all calls and its pool, nor an index."""
    own = ("process_request_thread", "serve_forever", "cohost-model", "asyncio_", "vector-index")
    return {thread for thread in threading.enumerate() if not any(name in thread.name for name in own)}


def waiting() -> set[asyncio.Task[object]]:
    """Requests still under way, once what was cancelled had a moment to end."""
    for _ in range(100):
        left = asyncio.all_tasks(running_loop())
        if not left:
            break
        time.sleep(0.02)
    return left


def is_labelled(drafted: Suggestion, fault: str) -> bool:
    """A draft of quotes alone, which says on its page what the model's trouble was."""
    made = drafted.provenance
    assert (drafted.status, made.made_by, made.fallback) == ("pending", "embedded", fault)
    assert SPRING in drafted.payload["text"]
    return fault.replace("_", " ") in words.made_by(made)


@pytest.mark.parametrize(("mode", "fault"), FAULTS.items())
def test_each_fault_gives_a_labelled_draft_of_quotes(
    core: App, cast: Cast, server: OpenAIServer, mode: str, fault: str
) -> None:
    server.mode = mode
    slow = mode in ("hang", "trickle", "trickle_headers")
    told = with_model(core, cast, chat(core, server, model_timeout_s=SHORT if slow else 10))
    before = threads()
    assert is_labelled(told.draft(), fault)
    assert server.requests
    assert threads() <= before
    assert not waiting()


def test_nobody_at_the_address_gives_a_labelled_draft(core: App, cast: Cast) -> None:
    with OpenAIServer(GOOD) as gone:
        told = with_model(core, cast, chat(core, gone))
    assert is_labelled(told.draft(), "unreachable")


def test_wait_longer_than_the_deadline_is_not_begun(core: App, cast: Cast, server: OpenAIServer) -> None:
    slept: list[float] = []
    server.mode, server.retry_after = "rate_limited", "3600"
    model = ChatModel(chat(core, server).settings, core.clock, sleep=slept.append)
    assert is_labelled(with_model(core, cast, model).draft(), "rate_limited")
    assert (slept, len(server.requests)) == ([], 1)


def test_answer_in_another_language_than_the_question_gives_way_to_quotes(
    core: App, cast: Cast, server: OpenAIServer
) -> None:
    server.answer = GERMAN
    told = with_model(core, cast, chat(core, server))
    assert is_labelled(told.draft(text="When is it that the spring tides come?"), "wrong_language")


def test_community_over_its_budget_gets_quotes_and_nothing_is_sent(core: App, cast: Cast, server: OpenAIServer) -> None:
    told = with_model(core, cast, chat(core, server, model_tokens_per_day=500))
    assert is_labelled(told.draft(), "over_budget")
    assert server.requests == []


def test_breaker_opens_after_five_drafts_and_closes_by_itself(
    core: App, cast: Cast, clock: Clock, server: OpenAIServer
) -> None:
    told = with_model(core, cast, chat(core, server))
    server.mode = "bad_key"
    faults = [told.draft().provenance.fallback for _ in range(FAILURES_TO_OPEN + 1)]
    assert faults == ["bad_key"] * FAILURES_TO_OPEN + ["breaker_open"]
    server.mode = "good"
    clock.forward(seconds=COOL_DOWN / timedelta(seconds=1))
    assert said(told.draft()) == ["Twice a month."]
