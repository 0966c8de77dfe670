"""What the tests of answers by a language model share: a community with a model, and answers that cite their prompt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from cohost.bootstrap import App
from cohost.budget import StoredBudget
from cohost.llm import ChatModel
from cohost.ports import LanguageModel
from cohost.prompts import data_blocks
from cohost.suggestion import Suggestion
from tests.cohost.llm_case import settings
from tests.openai_server import Json, OpenAIServer
from tests.story import Cast, Story

SPRING = "Spring tides come twice a month, at new moon and at full moon."
PULL = "Then the sun and the moon pull in one line"
MOORING = "Leave the mooring two hours before high water."
NEAP = "Neap tides come at the half moons."


def with_model(core: App, cast: Cast, model: LanguageModel) -> Story:
    """The same community, drafting with a model."""
    return Story(replace(core, model=model, worker=replace(core.worker, model=model)), cast, core.clock)


def chat(core: App, server: OpenAIServer, **changes: Any) -> ChatModel:
    """Over langchain, without the waits between attempts."""
    given = settings(server, **changes)
    budget = StoredBudget(core.store, given.model_tokens_per_day, core.clock)
    return ChatModel(given, core.clock, budget=budget, sleep=lambda _: None)


def user_part(body: Json) -> str:
    return str(body["messages"][-1]["content"])


def number_of(user: str, quote: str) -> int:
    """The number of the passage that holds a quote."""
    words = " ".join(quote.split())
    blocks = [block for block in data_blocks(user) if block.input == "passages"]
    return next(block.number or 0 for block in blocks if words in " ".join(block.text.split()))


def claiming(*claims: tuple[str, str]) -> Callable[[Json], Json]:
    """An answer of (text, quote), each quote with the number of its passage."""

    def answer(body: Json) -> Json:
        user = user_part(body)
        made = [{"text": text, "quotes": [{"passage": number_of(user, q), "quote": q}]} for text, q in claims]
        return {"answerable": True, "claims": made}

    return answer


def invented(text: str, quote: str, passage: int = 1) -> Json:
    """A claim whose quote need not stand anywhere."""
    return {"text": text, "quotes": [{"passage": passage, "quote": quote}]}


def said(suggestion: Suggestion) -> list[str]:
    """The claims' own words."""
    return [claim["text"] for claim in suggestion.payload["claims"]]
