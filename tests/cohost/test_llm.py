"""The language model over a real server: every structured mode, every fault in its word, never late."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cohost.llm import ChatModel
from tests.cohost.llm_case import ANSWER, KEY, PROMPT, Clock, Verdict, ask, chat, fault, settings
from tests.openai_server import OpenAIServer


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(ANSWER) as running:
        yield running


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
