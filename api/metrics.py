"""What is counted: requests by route and status, their duration, and what waits. No names, no texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from cohost.errors import CohostError
from cohost.store import Store, requests
from cohost.store.tables import publications, suggestions

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)  # the middle brackets what a search takes


@dataclass(frozen=True)
class Metrics:
    """The numbers of one server."""

    registry: CollectorRegistry
    requests: Counter  # labels: method, route (the template, never the address), status
    seconds: Histogram  # labels: method, route
    refusals: Counter  # label: limit (calls, questions, attempts, crowd, uploads)


def metrics(store: Store) -> Metrics:
    """A registry of its own for each server, so that two in one process do not mix."""
    registry = CollectorRegistry()
    registry.register(_Waiting(store))
    return Metrics(
        registry,
        Counter("cohost_http_requests", "Requests answered.", ["method", "route", "status"], registry=registry),
        Histogram(
            "cohost_http_request_seconds", "Time to answer.", ["method", "route"], buckets=SECONDS, registry=registry
        ),
        Counter("cohost_http_refusals", "Requests over a limit, answered 429 or 503.", ["limit"], registry=registry),
    )


class _Waiting(Collector):
    """Queue depths, counted when they are asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Names only: registering must not ask the database."""
        yield from (GaugeMetricFamily(name, text) for name, text, _ in _DEPTHS)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One gauge per queue."""
        try:
            with self._store.read() as tx:
                depths = [count(tx) for _, _, count in _DEPTHS]
        except (SQLAlchemyError, CohostError):  # no database, no depths; the other numbers are still worth having
            return
        for (name, text, _), depth in zip(_DEPTHS, depths, strict=True):
            yield GaugeMetricFamily(name, text, value=depth)


def _pending(tx: sa.Connection) -> int:
    query = sa.select(sa.func.count()).select_from(suggestions).where(suggestions.c.status == "pending")
    return int(tx.execute(query).scalar_one())


def _outbox(tx: sa.Connection) -> int:
    unsent = publications.c.status.in_(["approved", "publishing"])
    return int(tx.execute(sa.select(sa.func.count()).select_from(publications).where(unsent)).scalar_one())


_DEPTHS: tuple[tuple[str, str, Callable[[sa.Connection], int]], ...] = (
    ("cohost_requests_waiting", "Requests that no worker has taken yet.", requests.waiting),
    ("cohost_suggestions_pending", "Suggestions that wait for a person.", _pending),
    ("cohost_outbox", "Approved messages not yet sent.", _outbox),
)
