"""Requests at a fixed rate, whether or not the server keeps up, and what came of them.

The moment at which a request was due counts, not the one at which it could be sent: a server that stalls makes all
later ones late, and that shows.
"""

from __future__ import annotations

import json
import queue
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any

SENDERS = 160  # at once; more than a server lets run and wait, so that it has to refuse
PATIENCE_S = 20.0  # after it a request counts as lost
LOST = 0  # instead of a status: the connection broke, or no answer came


@dataclass(frozen=True)
class Call:
    """One request to make."""

    kind: str
    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any] | None = None


@dataclass(frozen=True)
class Answered:
    """What came of it."""

    kind: str
    status: int
    seconds: float  # from when it was due
    retry_after: bool
    said: str  # the beginning of an answer that is an error


@dataclass(frozen=True)
class Outcome:
    """What came of all."""

    answers: Sequence[Answered]

    def statuses(self) -> Counter[int]:
        """How often each."""
        return Counter(answer.status for answer in self.answers)

    def errors(self, *allowed: int) -> list[Answered]:
        """All that are neither a success nor one of `allowed`, and refusals that do not say when to come back."""
        return [a for a in self.answers if not (200 <= a.status < 300 or (a.status in allowed and a.retry_after))]

    def quantile(self, q: float, kind: str | None = None) -> float:
        """Seconds within which this share of the successful requests was answered; 0 when there was none."""
        ok = sorted(a.seconds for a in self.answers if 200 <= a.status < 300 and kind in (None, a.kind))
        return ok[min(len(ok) - 1, int(q * len(ok)))] if ok else 0.0


def drive(
    port: int, make: Callable[[random.Random], Call], *, rate: float, seconds: float, patience_s: float = PATIENCE_S
) -> Outcome:
    """Send `rate` requests a second to this machine for `seconds`."""
    chance, due = random.Random(1), queue.Queue[tuple[float, Call] | None]()  # noqa: S311  which request, no secret
    answers: list[Answered] = []
    senders = [
        threading.Thread(target=_send_all, args=(port, patience_s, due, answers), daemon=True) for _ in range(SENDERS)
    ]
    for sender in senders:
        sender.start()
    started = time.monotonic()
    for number in range(int(rate * seconds)):
        at = started + number / rate
        time.sleep(max(0.0, at - time.monotonic()))
        due.put((at, make(chance)))
    for _ in senders:
        due.put(None)
    for sender in senders:
        sender.join()
    return Outcome(answers)


def _send_all(
    port: int, patience_s: float, due: queue.Queue[tuple[float, Call] | None], answers: list[Answered]
) -> None:
    while (item := due.get()) is not None:
        answers.append(_sent(port, patience_s, *item))


def _sent(port: int, patience_s: float, at: float, call: Call) -> Answered:
    """Over a connection of its own: a kept one may be closed by the server at the very moment it is used again."""
    connection = HTTPConnection("127.0.0.1", port, timeout=patience_s)
    body = None if call.body is None else json.dumps(call.body)
    headers = call.headers if body is None else {**call.headers, "Content-Type": "application/json"}
    try:
        connection.request(call.method, call.path, body, headers)
        answer = connection.getresponse()
        said, status = answer.read(), answer.status
    except (OSError, HTTPException) as error:
        return Answered(call.kind, LOST, time.monotonic() - at, False, repr(error))
    finally:
        connection.close()
    wait = answer.headers.get("Retry-After", "").isdigit()
    return Answered(call.kind, status, time.monotonic() - at, wait, "" if status < 400 else said[:300].decode())
