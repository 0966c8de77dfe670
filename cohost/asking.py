"""How one structured answer is got out of a chat server: modes, attempts and refused parameters, within a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, stop_before_delay
from tenacity import wait_random_exponential as exponential

from cohost.faults import PassingFault, RequestRefused, fault
from cohost.ports import Prompt
from cohost.structured import MODES, Mode, Reply, Usage, estimated_tokens, read

ATTEMPTS = 3  # two retries; more would not fit a deadline that people wait for
BACKOFF = exponential(multiplier=0.3, max=4.0)  # seconds, random below 0.3, 0.6 …: many workers do not return together

T = TypeVar("T", bound=BaseModel)


@dataclass
class Call(Generic[T]):
    """One question to a model on its way through modes and attempts; `spent` grows with each reply."""

    prompt: Prompt
    output: type[T]
    ends: float  # on the monotonic clock
    spent: Usage = field(default_factory=Usage)

    @property
    def estimate(self) -> Usage:
        """What one attempt costs at most, as far as can be told beforehand."""
        return Usage(estimated_tokens(self.prompt.system, self.prompt.user), self.prompt.max_output_tokens)

    @property
    def remaining_s(self) -> float:
        """Seconds until the deadline, never negative."""
        return max(self.ends - time.monotonic(), 0.0)


Send = Callable[[Call[Any], Mode, frozenset[str]], Reply]  # the last: parameters that the server does not take


class Asker:
    """Asks one server and remembers, while the process lives, what it turned out to be able to do."""

    def __init__(self, model: str, send: Send, sleep: Callable[[float], None]) -> None:
        self._model = model
        self._send = send
        self._sleep = sleep
        self._works: Mode | None = None  # the first mode that gave a valid answer
        self._refused: frozenset[str] = frozenset()

    def ask(self, call: Call[T]) -> tuple[T, str]:
        """The answer and the server's name for the model; raises ModelUnavailable.

        Until a mode has worked, all are tried from the strictest down; from then on only that one, so that a single bad
        answer does not cost three.
        """
        word = "bad_request"
        for mode in (self._works,) if self._works else MODES:
            try:
                reply = self._retried(call, mode)
            except RequestRefused:
                word, self._works = "bad_request", None  # perhaps another server by now: next time try all modes again
                continue
            except PassingFault as failed:
                if mode != "tools" or failed.fault != "server_error":
                    raise
                word = "server_error"  # some servers answer 500, not 400, to tools that they do not know
                continue
            value = read(reply, call.output)
            if value is not None:
                self._works = mode
                return value, reply.model
            word = "bad_json"
        raise fault(word, self._model)

    def _retried(self, call: Call[T], mode: Mode) -> Reply:
        """One reply in one mode: the only retry layer."""
        retrying = Retrying(
            retry=retry_if_exception_type(PassingFault),
            stop=stop_after_attempt(ATTEMPTS) | stop_before_delay(call.remaining_s),
            wait=_wait_s,
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(self._tuned, call, mode)

    def _tuned(self, call: Call[T], mode: Mode) -> Reply:
        """Leave out what the server refuses by name, from now on."""
        try:
            return self._send(call, mode, self._refused)
        except RequestRefused as refused:
            if refused.parameters <= self._refused:
                raise
            self._refused |= refused.parameters
        return self._tuned(call, mode)


def _wait_s(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    wished = error.retry_after_s if isinstance(error, PassingFault) else None
    return BACKOFF(state) if wished is None else wished
