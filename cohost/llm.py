"""The LanguageModel port over langchain's chat models: any OpenAI-compatible server, within one deadline.

Fault words: over_budget and breaker_open (`cohost.budget`), and the keys of `cohost.faults.MESSAGES`.
"""

from __future__ import annotations

import asyncio
import importlib.util
import threading
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic import BaseModel

from cohost.asking import Asker, Call
from cohost.budget import Breaker, Budget, Clock, ProcessBudget, StoredBudget
from cohost.errors import Misconfigured, ModelUnavailable
from cohost.faults import ABOUT_THE_QUESTION, fault, translated
from cohost.ports import Completion, LanguageModel, Prompt, SecondReader
from cohost.settings import Settings
from cohost.store import Store
from cohost.structured import Mode, Reply, Usage, estimated_tokens, in_words

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage

OPENAI_URL = "https://api.openai.com/v1"  # given explicitly: otherwise the vendor's library looks into the environment
NO_KEY = "none"  # local servers take any key; without one the library would look into the environment
MODEL_SHARE = 0.9  # of a draft's deadline; in the rest the embedded draft is made when the model is late (p95 2 s)
MODERATION_TIMEOUT_S = 10.0  # a classifier answers in a second
MAYBE_BILLED = frozenset({"timeout", "cut_off", "refusal"})  # an answer was begun, whether or not it arrived

T = TypeVar("T", bound=BaseModel)


def build_model(settings: Settings, clock: Clock, store: Store | None = None) -> LanguageModel | None:
    """The model of COHOST_MODEL, or None for the embedded default; loads nothing heavy. Raises Misconfigured.

    With a store, what it costs is counted there.
    """
    if not settings.model:
        return None
    provider, _, name = settings.model.partition(":")
    if not name or importlib.util.find_spec(f"langchain_{provider.replace('-', '_')}") is None:
        raise Misconfigured(
            f"COHOST_MODEL is {settings.model!r}; it must be provider:name with an installed provider, such as "
            "openai:gpt-5-mini. Every OpenAI-compatible server is openai:name with its address in COHOST_MODEL_URL."
        )
    budget = StoredBudget(store, settings.model_tokens_per_day, clock) if store else None
    return ChatModel(settings, clock, budget=budget)


def build_second_reader(settings: Settings, clock: Clock) -> SecondReader | None:
    """The moderation endpoint of COHOST_MODERATION_MODEL, or None; loads nothing heavy."""
    return ModerationEndpoint(settings, clock) if settings.moderation_model else None


class ModerationEndpoint:
    """OpenAI's moderation endpoint, or a compatible one, with a pinned model."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.name = settings.moderation_model
        self._settings = settings
        self._clock = clock
        self._breaker = Breaker(clock)

    def scores(self, text: str) -> Mapping[str, float]:
        """0..1 by the endpoint's categories; raises ModelUnavailable on every fault, at the latest after its deadline."""
        self._breaker.admit()
        try:
            found = self._asked(text)
        except ModelUnavailable:
            self._breaker.failed()
            raise
        self._breaker.succeeded()
        return found

    def _asked(self, text: str) -> Mapping[str, float]:
        import openai  # half a second

        server = openai.OpenAI(
            api_key=self._settings.model_key or NO_KEY, base_url=self._settings.model_url or OPENAI_URL,
            timeout=MODERATION_TIMEOUT_S, max_retries=0,
        )  # fmt: skip
        error: Exception | None = None
        try:
            answer = server.moderations.create(model=self.name, input=text)
        except openai.OpenAIError as failed:
            error = failed
        if error is not None:
            raise translated(error, self.name, self._clock())  # outside: the chain could quote text or key
        try:
            (result,) = answer.results
            scores = result.category_scores.model_dump(by_alias=True)
        except (AttributeError, TypeError, ValueError):
            raise fault("bad_json", self.name) from None
        return {name: float(score) for name, score in scores.items() if isinstance(score, (int, float))}


class ChatModel:
    """A chat model with structured output, a deadline, retries, a breaker and a budget."""

    def __init__(
        self, settings: Settings, clock: Clock, *, budget: Budget | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self.name = settings.model
        self.settings = settings
        self._clock = clock
        self._asker = Asker(self.name, self._send, sleep)
        self._budget = budget or ProcessBudget(settings.model_tokens_per_day, clock)
        self._breaker = Breaker(clock)

    def complete(self, prompt: Prompt, output: type[T], *, community_id: str) -> Completion[T]:
        """Answer as `output`; raises ModelUnavailable on every fault, at the latest after the deadline."""
        _load_libraries()  # before the deadline runs: a second, once per process, is not the server's fault
        begun = time.monotonic() if prompt.begun_s is None else prompt.begun_s
        call = Call(prompt, output, ends=begun + MODEL_SHARE * self.settings.model_timeout_s)
        reserved = self._budget.reserve(community_id, prompt.job, call.estimate.total)
        try:
            self._breaker.admit()
            return self._watched(call)
        finally:
            self._budget.settle(reserved, call.spent)

    def _watched(self, call: Call[T]) -> Completion[T]:
        """Ask, and tell the breaker how the server did."""
        try:
            value, model = self._asker.ask(call)
        except ModelUnavailable as failure:
            if failure.fault in ABOUT_THE_QUESTION:
                self._breaker.succeeded()
            else:
                self._breaker.failed()
            raise
        self._breaker.succeeded()
        return Completion(value, model or self.name, call.spent.input_tokens, call.spent.output_tokens)

    def _send(self, call: Call[Any], mode: Mode, refused: frozenset[str]) -> Reply:
        """Send once and wait at most until the deadline; a late request is cancelled, which closes its connection."""
        future = asyncio.run_coroutine_threadsafe(_invoke(self._chat(call.prompt, refused), call, mode), running_loop())
        try:
            error = future.exception(timeout=call.remaining_s)
        except TimeoutError as late:
            future.cancel()
            error = late
        if error is not None:
            failure = translated(error, self.name, self._clock())
            if failure.fault in MAYBE_BILLED:
                call.spent += _usage_of_failure(error, call.estimate)
            raise failure  # outside of the except clause: a vendor's message in the chain could quote prompt or key
        reply = _reply(future.result(), call.estimate)
        call.spent += reply.usage
        return _checked(reply, self.name)

    def _chat(self, prompt: Prompt, refused: frozenset[str]) -> BaseChatModel:
        from langchain.chat_models import init_chat_model  # half a second, and the vendor's library another

        url, openai_like = self.settings.model_url, self.name.startswith("openai:")
        options: dict[str, Any] = {
            "api_key": self.settings.model_key or NO_KEY,
            "timeout": self.settings.model_timeout_s,
            "max_retries": 0,
        }
        if url or openai_like:
            options["base_url"] = url or OPENAI_URL
        if openai_like:
            options["use_responses_api"] = False  # compatible servers do not have it
        if "temperature" not in refused:
            options["temperature"] = prompt.temperature
        # Several compatible servers know only `max_tokens`; OpenAI wants `max_completion_tokens`, which is what
        # langchain makes of its own parameter.
        if openai_like and url and "max_tokens" not in refused:
            options["extra_body"] = {"max_tokens": prompt.max_output_tokens}
        else:
            options["max_tokens"] = prompt.max_output_tokens
        return cast("BaseChatModel", init_chat_model(self.name, **options))


async def _invoke(chat: BaseChatModel, call: Call[Any], mode: Mode) -> AIMessage:
    """One request. A coroutine, because only that can be cancelled while a server trickles or hangs."""
    from langsmith import tracing_context  # comes with langchain

    system = call.prompt.system if mode != "plain" else f"{call.prompt.system}\n\n{in_words(call.output)}"
    messages = [("system", system), ("human", call.prompt.user)]
    with tracing_context(enabled=False):  # a variable in the environment would send all prompts to a third party
        if mode == "plain":
            return await chat.ainvoke(messages)
        how = {"method": "function_calling"} if mode == "tools" else {"method": "json_schema", "strict": True}
        schema = call.output.model_json_schema()
        structured: Any = chat.with_structured_output(schema, include_raw=True, **how)
        answer = await structured.ainvoke(messages)
    return cast("AIMessage", answer["raw"])  # what langchain parsed is left: we validate ourselves


def _reply(message: AIMessage, estimate: Usage) -> Reply:
    """What langchain gives, without langchain."""
    calls, broken, about = message.tool_calls, message.invalid_tool_calls, message.response_metadata
    text = str(message.text) or (str(broken[0]["args"]) if broken else "")
    usage = message.usage_metadata
    return Reply(
        text=text,
        arguments=calls[0]["args"] if calls else None,
        finish_reason=str(about.get("finish_reason") or ""),
        refusal=str(message.additional_kwargs.get("refusal") or ""),
        usage=Usage(usage["input_tokens"], usage["output_tokens"]) if usage else _estimated(text, estimate),
        model=str(about.get("model_name") or "")[:200],
    )


def _checked(reply: Reply, model: str) -> Reply:
    if reply.refusal or reply.finish_reason == "content_filter":
        raise fault("refusal", model)
    if reply.finish_reason == "length":
        raise fault("cut_off", model)
    if not reply.text.strip() and reply.arguments is None:
        raise fault("empty", model)
    return reply


def _estimated(text: str, estimate: Usage) -> Usage:
    return Usage(estimate.input_tokens, estimated_tokens(text))


def _usage_of_failure(error: BaseException, estimate: Usage) -> Usage:
    """Tokens of an answer that was begun: as told by the server, else as reserved, since it may be billed."""
    usage = getattr(getattr(error, "completion", None), "usage", None)
    return Usage(usage.prompt_tokens, usage.completion_tokens) if usage else estimate


def _load_libraries() -> None:
    importlib.import_module("langchain.chat_models")  # half a second
    importlib.import_module("langchain_openai")  # another half


_starting = threading.Lock()


def running_loop() -> asyncio.AbstractEventLoop:
    """The loop that all calls of this process share, in one daemon thread: connections can be reused."""
    with _starting:
        return _started_loop()


@cache
def _started_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="cohost-model", daemon=True).start()
    return loop
