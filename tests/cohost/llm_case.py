"""What the tests of the language model share: a prompt with secrets, an answer, a model pointed at a server."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from cohost.errors import ModelUnavailable
from cohost.llm import ChatModel
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
