"""What is counted: requests by route and status, their duration, what waits, and what models cost. No names, no texts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from cohost.errors import CohostError
from cohost.ports import VectorIndex
from cohost.store import Store
from cohost.store.depths import depths, spent

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)  # the middle brackets what a search takes


@dataclass(frozen=True)
class Metrics:
    """The numbers of one server."""

    registry: CollectorRegistry
    requests: Counter  # labels: method, route (the template, never the address), status
    seconds: Histogram  # labels: method, route
    refusals: Counter  # label: limit (calls, questions, attempts, crowd, uploads)


def metrics(store: Store, index: VectorIndex) -> Metrics:
    """A registry of its own for each server, so that two in one process do not mix."""
    registry = CollectorRegistry()
    registry.register(_Waiting(store))
    registry.register(_Drift(index))
    registry.register(_Spent(store))
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
        now = depths(self._store)
        if now is None:
            return  # no database, no depths; the other numbers are still worth having
        for name, text, field in _DEPTHS:
            yield GaugeMetricFamily(name, text, value=getattr(now, field))


class _Drift(Collector):
    """How far the vector index is behind the database, compared when it is asked for."""

    def __init__(self, index: VectorIndex) -> None:
        self._index = index

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name only: registering must not ask the index."""
        yield self._gauge()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One line for each space that has a collection, by the space's number in the database."""
        gauge = self._gauge()
        try:
            drift = self._index.drift()
        except CohostError:
            return
        for space_pk, chunks in sorted(drift.items()):
            gauge.add_metric([str(space_pk)], chunks)
        yield gauge

    def _gauge(self) -> GaugeMetricFamily:
        return GaugeMetricFamily(
            "cohost_index_drift", "Chunks missing or surplus in the vector index.", labels=["space"]
        )


class _Spent(Collector):
    """Tokens and calls of language models by job, of all processes on this database, since it was made."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def describe(self) -> Iterator[CounterMetricFamily]:
        """Names only, as above."""
        yield from _counters()

    def collect(self) -> Iterator[CounterMetricFamily]:
        """One line per job and direction."""
        found = spent(self._store)
        if found is None:
            return
        tokens, calls = _counters()
        for job in found:
            tokens.add_metric([job.job, "input"], job.input_tokens)
            tokens.add_metric([job.job, "output"], job.output_tokens)
            calls.add_metric([job.job], job.calls)
        yield from (tokens, calls)


def _counters() -> tuple[CounterMetricFamily, CounterMetricFamily]:
    return (
        CounterMetricFamily("cohost_model_tokens", "Tokens of language models.", labels=["job", "direction"]),
        CounterMetricFamily("cohost_model_calls", "Calls of language models that cost something.", labels=["job"]),
    )


_DEPTHS = (
    ("cohost_requests_waiting", "Requests that no worker has taken yet.", "requests_waiting"),
    ("cohost_suggestions_pending", "Suggestions that wait for a person.", "suggestions_pending"),
    ("cohost_outbox", "Approved messages not yet sent.", "outbox"),
)
