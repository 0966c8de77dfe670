"""What keeps a language model from costing too much or being asked in vain: a daily budget and a breaker."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

import structlog

from cohost.errors import Busy, ModelUnavailable
from cohost.store import Store, spend
from cohost.structured import Usage

log = structlog.get_logger()
Clock = Callable[[], datetime]

FAILURES_TO_OPEN = 5  # one bad reply is chance, five in a row are an outage
COOL_DOWN = timedelta(seconds=60)  # long enough for a restart, short enough that hosts hardly notice


@dataclass(frozen=True)
class Reservation:
    """Tokens set aside for one call, on the day the call began."""

    community_id: str
    job: str
    day: date
    tokens: int


class Budget(Protocol):
    """Tokens per community and UTC day."""

    def reserve(self, community_id: str, job: str, tokens: int) -> Reservation:
        """Set `tokens` aside before a call; raises ModelUnavailable("over_budget") when they do not fit."""
        ...

    def settle(self, reserved: Reservation, used: Usage) -> None:
        """Replace a reservation by what the call really used."""
        ...


class StoredBudget:
    """Counted in the database: for all processes together, and after a restart as before."""

    def __init__(self, store: Store, tokens_per_day: int, clock: Clock) -> None:
        self._store = store
        self._limit = tokens_per_day
        self._clock = clock

    def reserve(self, community_id: str, job: str, tokens: int) -> Reservation:
        """See Budget."""
        day = self._clock().date()
        with self._store.write() as tx:
            fits = spend.reserve(tx, community_id, day, job, tokens=tokens, limit=self._limit)
        if not fits:
            raise over_budget(community_id, self._limit)
        return Reservation(community_id, job, day, tokens)

    def settle(self, reserved: Reservation, used: Usage) -> None:
        """See Budget; a database that is busy now must not cost the answer: then the reservation stays for its day."""
        try:
            with self._store.write() as tx:
                spend.settle(
                    tx, reserved.community_id, reserved.day, reserved.job, reserved=reserved.tokens,
                    input_tokens=used.input_tokens, output_tokens=used.output_tokens,
                )  # fmt: skip
        except Busy:
            log.warning("budget.not_settled", community=reserved.community_id, job=reserved.job)


class ProcessBudget:
    """Counted in this process alone, for models that are used without a database: a restart forgets."""

    def __init__(self, tokens_per_day: int, clock: Clock) -> None:
        self._limit = tokens_per_day
        self._clock = clock
        self._used: dict[tuple[str, date], int] = defaultdict(int)
        self._lock = threading.Lock()

    def reserve(self, community_id: str, job: str, tokens: int) -> Reservation:
        """See Budget."""
        day = self._clock().date()
        with self._lock:
            if self._used[community_id, day] + tokens > self._limit:
                raise over_budget(community_id, self._limit)
            self._used[community_id, day] += tokens
        return Reservation(community_id, job, day, tokens)

    def settle(self, reserved: Reservation, used: Usage) -> None:
        """See Budget."""
        with self._lock:
            self._used[reserved.community_id, reserved.day] += used.total - reserved.tokens


def over_budget(community_id: str, limit: int) -> ModelUnavailable:
    """The error for a day that is spent."""
    return ModelUnavailable(
        "over_budget",
        f"Community {community_id} has used up its {limit} model tokens of today; "
        "COHOST_MODEL_TOKENS_PER_DAY raises them.",
    )


class Breaker:
    """Stops asking a server that fails; after the cool-down one call may try, and its result decides."""

    def __init__(self, clock: Clock, *, failures: int = FAILURES_TO_OPEN, cool_down: timedelta = COOL_DOWN) -> None:
        self._clock = clock
        self._failures_to_open = failures
        self._cool_down = cool_down
        self._failures = 0
        self._next_probe: datetime | None = None
        self._lock = threading.Lock()

    def admit(self) -> None:
        """Let a call pass; raises ModelUnavailable("breaker_open") while open, except for one probe per cool-down."""
        with self._lock:
            now = self._clock()
            if self._next_probe is None:
                return
            if now < self._next_probe:
                wait = round((self._next_probe - now).total_seconds())
                raise ModelUnavailable("breaker_open", f"The model server keeps failing; next attempt in {wait} s.")
            self._next_probe = now + self._cool_down  # this call is the probe; others wait for it

    def succeeded(self) -> None:
        """The server answered: close."""
        with self._lock:
            self._failures, self._next_probe = 0, None

    def failed(self) -> None:
        """Count a failure; at the limit, or when a probe fails, stay open for a cool-down."""
        with self._lock:
            self._failures += 1
            if self._failures >= self._failures_to_open:
                self._next_probe = self._clock() + self._cool_down
