"""What limits the language model: breaker, budget, and that nothing secret gets out."""

from __future__ import annotations

import logging
import subprocess
import sys
import traceback
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from cohost.budget import COOL_DOWN
from cohost.errors import Misconfigured, ModelUnavailable
from cohost.llm import build_model
from cohost.settings import Settings
from tests.cohost.llm_case import ANSWER, KEY, PROMPT, QUESTION, Clock, ask, chat, fault
from tests.openai_server import OpenAIServer


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(ANSWER) as running:
        yield running


def test_breaker_opens_after_five_failures_and_closes_after_one_good_probe(server: OpenAIServer) -> None:
    clock = Clock()
    model = chat(server, clock)
    server.mode = "bad_key"
    assert [fault(model) for _ in range(6)] == ["bad_key"] * 5 + ["breaker_open"]
    clock.now += COOL_DOWN
    assert [fault(model), fault(model)] == ["bad_key", "breaker_open"]  # one probe, and it failed
    clock.now += COOL_DOWN
    server.mode = "good"
    assert ask(model).output.yes
    assert ask(model).output.yes
    assert len(server.requests) == 5 + 1 + 2


def test_questions_that_are_refused_do_not_open_the_breaker(server: OpenAIServer) -> None:
    server.mode = "refusal"
    model = chat(server)
    assert {fault(model) for _ in range(6)} == {"refusal"}


def test_budget_is_per_community_and_day(server: OpenAIServer) -> None:
    clock = Clock()
    model = chat(server, clock, model_tokens_per_day=300)  # one answer reserves 200 + about 30
    ask(model)
    ask(model)  # settled by what was used, about 30 tokens, not by what was reserved
    server.mode = "too_long"
    for _ in range(20):
        if fault(model) == "over_budget":
            break
    assert fault(model) == "over_budget"
    server.mode = "good"
    assert ask(model, "bikers").output.yes
    clock.now += timedelta(days=1)
    assert ask(model).output.yes


def test_unknown_usage_is_estimated(server: OpenAIServer) -> None:
    server.mode = "no_usage"
    done = ask(chat(server))
    assert done.input_tokens >= len(PROMPT.system + PROMPT.user) // 4
    assert done.output_tokens > 0


def test_refused_request_costs_nothing(server: OpenAIServer) -> None:
    server.mode = "server_error"
    model = chat(server, model_tokens_per_day=300)
    assert {fault(model) for _ in range(4)} == {"server_error"}


@pytest.mark.parametrize("mode", ["good", "bad_key", "rate_limited", "bad_json", "html", "hang_up", "too_long"])
def test_logs_and_errors_hold_neither_prompt_nor_key_nor_answer(
    server: OpenAIServer, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.mode, told = mode, ""
    try:
        ask(chat(server))
    except ModelUnavailable as error:
        told = "".join(traceback.format_exception(error)) + repr(error.__cause__) + repr(error.__context__)
    for secret in (KEY, QUESTION, "too much water"):
        assert secret not in caplog.text
        assert secret not in told


def test_tracing_in_the_environment_sends_prompts_nowhere(server: OpenAIServer) -> None:
    code = (
        "from pathlib import Path; from datetime import datetime, UTC; from tests.cohost.llm_case import *\n"
        f"s = Settings(home=Path(), database_url='', model='openai:m', model_url={server.base_url!r})\n"
        "ChatModel(s, lambda: datetime.now(UTC)).complete(PROMPT, Verdict, community_id='bakers')"
    )
    trap = {"LANGSMITH_TRACING": "true", "LANGSMITH_ENDPOINT": server.base_url, "LANGSMITH_API_KEY": "x"}
    _run(code, trap)
    assert [r.path for r in server.requests] == ["/v1/chat/completions"]


def test_building_a_model_loads_no_heavy_library() -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from cohost.settings import Settings; from cohost.llm import build_model\n"
        "assert build_model(Settings(Path(), '', model='openai:gpt-test'), lambda: None) is not None\n"
        "assert not {'langchain', 'langchain_core', 'openai'} & sys.modules.keys()"
    )
    _run(code, {})


def test_no_model_means_the_embedded_default() -> None:
    assert build_model(Settings(Path(), ""), Clock()) is None


@pytest.mark.parametrize("name", ["gpt-5-mini", "openai:", "nosuchprovider:model"])
def test_model_setting_that_cannot_work_is_named(name: str) -> None:
    with pytest.raises(Misconfigured, match="COHOST_MODEL"):
        build_model(Settings(Path(), "", model=name), Clock())


def _run(code: str, environment: dict[str, str]) -> None:
    """Run in a fresh interpreter, with nothing but `environment`."""
    here = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, cwd=here, timeout=60)  # noqa: S603  # our own code
