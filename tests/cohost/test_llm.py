"""The language model over a real server: every structured mode, every fault, nothing secret, never late."""

from __future__ import annotations

import logging
import subprocess
import sys
import traceback
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from cohost.budget import COOL_DOWN
from cohost.errors import Misconfigured, ModelUnavailable
from cohost.llm import ChatModel, build_model
from cohost.ports import Completion, Prompt
from cohost.settings import Settings
from tests.openai_server import OpenAIServer

KEY = "sk-very-secret-key"
QUESTION = "Why does my secret sourdough collapse?"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Verdict(BaseModel):
    """Whether it is so, and why."""

    yes: bool
    reasons: list[str]


ANSWER = {"yes": True, "reasons": ["too much water", "Teig zu weich – größer"]}
PROMPT = Prompt("test", "hash", "Judge only by the data.", QUESTION, temperature=0.1, max_output_tokens=200)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(ANSWER) as running:
        yield running


def settings(server: OpenAIServer, **changes: Any) -> Settings:
    base = Settings(home=Path(), database_url="sqlite://", model="openai:gpt-test", model_key=KEY, model_timeout_s=10)
    return replace(base, **({"model_url": server.base_url} | changes))


def chat(server: OpenAIServer, clock: Clock | None = None, **changes: Any) -> ChatModel:
    return ChatModel(settings(server, **changes), clock or Clock(), sleep=lambda _: None)


def ask(model: ChatModel, community: str = "bakers") -> Completion[Verdict]:
    return model.complete(PROMPT, Verdict, community_id=community)


def fault(model: ChatModel) -> str:
    with pytest.raises(ModelUnavailable) as raised:
        ask(model)
    return raised.value.fault


def test_answer_is_validated_and_counted(server: OpenAIServer) -> None:
    done = ask(chat(server))
    assert done.output == Verdict.model_validate(ANSWER)
    assert done.model == "gpt-test-2026-01-01"
    assert done.input_tokens == sum(len(m["content"]) for m in server.bodies[0]["messages"]) // 4
    assert done.output_tokens > 0


def test_what_is_sent_is_the_chat_completions_format(server: OpenAIServer) -> None:
    ask(chat(server))
    sent, body = server.requests[0], server.bodies[0]
    assert sent.path == "/v1/chat/completions"
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert body["model"] == "gpt-test"
    assert body["messages"] == [
        {"role": "system", "content": PROMPT.system},
        {"role": "user", "content": PROMPT.user},
    ]
    assert body["response_format"]["type"] == "json_schema"
    assert body["response_format"]["json_schema"]["name"] == "Verdict"
    assert body["response_format"]["json_schema"]["strict"] is True
    assert body["response_format"]["json_schema"]["schema"]["additionalProperties"] is False
    assert (body["temperature"], body["max_tokens"]) == (0.1, 200)
    assert not {"tools", "tool_choice", "max_completion_tokens", "stream"} & {k for k, v in body.items() if v}


def test_key_is_not_needed_for_a_local_server(server: OpenAIServer) -> None:
    ask(chat(server, model_key=""))
    assert server.requests[0].headers["authorization"] == "Bearer none"


def test_server_without_schemas_is_asked_with_a_tool_and_remembered(server: OpenAIServer) -> None:
    server.mode = "no_schema"
    model = chat(server)
    assert ask(model).output.yes
    assert ask(model).output.yes
    first, tools, again = server.bodies
    assert "response_format" in first
    assert tools["tool_choice"] == {"type": "function", "function": {"name": "Verdict"}}
    assert "tools" in again
    assert "response_format" not in again


@pytest.mark.parametrize("mode", ["only_plain", "fenced", "ignores"])
def test_server_without_schemas_and_tools_is_asked_for_plain_json_and_remembered(
    server: OpenAIServer, mode: str
) -> None:
    server.mode = mode
    model = chat(server)
    assert ask(model).output.yes
    assert ask(model).output.yes
    assert len(server.bodies) == 4  # schema, tools, plain; then plain only
    assert not {"tools", "response_format"} & server.bodies[-1].keys()
    assert "JSON schema" in server.bodies[-1]["messages"][0]["content"]
    assert server.bodies[-1]["messages"][1]["content"] == PROMPT.user


def test_mode_is_learned_anew_when_the_server_changes(server: OpenAIServer) -> None:
    model = chat(server)
    ask(model)
    server.mode = "only_plain"
    assert fault(model) == "bad_request"
    assert ask(model).output.yes


def test_server_that_fails_on_tools_is_asked_for_plain_json(server: OpenAIServer) -> None:
    server.script("no_response_format", "server_error", "server_error", "server_error", "good")
    assert ask(chat(server)).output.yes


def test_refused_parameters_are_left_out_from_then_on(server: OpenAIServer) -> None:
    server.mode = "fussy"
    model = chat(server)
    ask(model)
    ask(model)
    assert "temperature" not in server.bodies[-1]
    assert server.bodies[-1]["max_completion_tokens"] == 200
    assert len(server.bodies) == 4  # refused temperature, refused max_tokens, answered; answered


@pytest.mark.parametrize(
    ("mode", "word"),
    [
        ("rate_limited", "rate_limited"),
        ("no_quota", "rate_limited"),
        ("server_error", "server_error"),
        ("no_choices", "server_error"),
        ("html", "server_error"),
        ("bad_key", "bad_key"),
        ("no_model", "bad_request"),
        ("too_long", "cut_off"),
        ("cut_body", "cut_off"),
        ("hang_up", "unreachable"),
        ("empty", "empty"),
        ("refusal", "refusal"),
        ("filtered", "refusal"),
        ("prose", "bad_json"),
        ("bad_json", "bad_json"),
        ("wrong_shape", "bad_json"),
    ],
)
def test_each_fault_has_its_word(server: OpenAIServer, mode: str, word: str) -> None:
    server.mode = mode
    assert fault(chat(server)) == word


@pytest.mark.parametrize("mode", ["hang", "trickle", "trickle_headers"])
def test_slow_server_is_a_timeout(server: OpenAIServer, mode: str) -> None:
    ask(chat(server))  # the libraries are loaded
    server.mode = mode
    assert fault(chat(server, model_timeout_s=0.6)) == "timeout"


def test_timed_out_request_is_hung_up(server: OpenAIServer) -> None:
    server.mode = "trickle_headers"
    model = chat(server, model_timeout_s=0.6)
    assert fault(model) == "timeout"
    assert server.hung_up.wait(5)
    server.mode = "good"
    assert ask(model).output.yes


def test_nobody_there_is_unreachable() -> None:
    with OpenAIServer(ANSWER) as gone:
        model = chat(gone)
    assert fault(model) == "unreachable"


@pytest.mark.parametrize("passing", ["rate_limited", "server_error", "cut_body", "hang_up"])
def test_passing_fault_is_tried_again(server: OpenAIServer, passing: str) -> None:
    server.script(passing, passing)
    assert ask(chat(server)).output.yes
    assert len(server.requests) == 3


def test_wait_that_the_server_asks_for_is_kept(server: OpenAIServer) -> None:
    slept: list[float] = []
    server.retry_after = "7"
    server.script("rate_limited")
    ChatModel(settings(server), Clock(), sleep=slept.append).complete(PROMPT, Verdict, community_id="bakers")
    assert slept == [7.0]


@pytest.mark.parametrize("asked", ["60", "Sun, 01 Mar 2026 12:01:00 GMT"])
def test_wait_beyond_the_deadline_is_not_begun(server: OpenAIServer, asked: str) -> None:
    server.retry_after = asked
    server.mode = "rate_limited"
    assert fault(chat(server)) == "rate_limited"
    assert len(server.requests) == 1


@pytest.mark.parametrize("final", ["bad_key", "refusal", "no_quota", "too_long", "empty"])
def test_what_a_retry_cannot_help_is_not_tried_again(server: OpenAIServer, final: str) -> None:
    server.mode = final
    fault(chat(server))
    assert len(server.requests) == 1


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
        "from pathlib import Path; from datetime import datetime, UTC; from tests.cohost.test_llm import *\n"
        f"s = Settings(home=Path(), database_url='', model='openai:m', model_url={server.base_url!r})\n"
        "ChatModel(s, lambda: datetime.now(UTC)).complete(PROMPT, Verdict, community_id='bakers')"
    )
    trap = {"LANGSMITH_TRACING": "true", "LANGSMITH_ENDPOINT": server.base_url, "LANGSMITH_API_KEY": "x"}
    subprocess.run([sys.executable, "-c", code], check=True, env=trap, cwd=Path(__file__).parents[2], timeout=60)
    assert [r.path for r in server.requests] == ["/v1/chat/completions"]


def test_building_a_model_loads_no_heavy_library() -> None:
    code = (
        "import sys; from pathlib import Path; from cohost.settings import Settings; from cohost.llm import build_model\n"
        "assert build_model(Settings(Path(), '', model='openai:gpt-test'), lambda: None) is not None\n"
        "assert not {'langchain', 'langchain_core', 'openai'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2], timeout=60)


def test_no_model_means_the_embedded_default() -> None:
    assert build_model(Settings(Path(), ""), Clock()) is None


@pytest.mark.parametrize("name", ["gpt-5-mini", "openai:", "nosuchprovider:model"])
def test_model_setting_that_cannot_work_is_named(name: str) -> None:
    with pytest.raises(Misconfigured, match="COHOST_MODEL"):
        build_model(Settings(Path(), "", model=name), Clock())
