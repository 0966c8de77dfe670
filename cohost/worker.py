"""Workers: claim a row, do its work, settle it. Any number may run; each row is claimed before anything is sent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from cohost import jobs
from cohost.approval import Approval
from cohost.connectors import Connectors
from cohost.errors import CohostError, DeliveryFailed, DeliveryRetry, DeliveryUncertain
from cohost.jobs.shape import Tools
from cohost.logs import where
from cohost.model import Request
from cohost.ports import ConceptReader, Connector, Embedder, LanguageModel, ModerationReader, Search, SecondReader
from cohost.store import Store, Tx, audit, people, publications, requests, suggestions
from cohost.suggestion import Publication, Receipt, Status
from cohost.withdrawal import GROUND_GONE, WITHDRAWABLE, still_stands, withdraw

IDLE_S = 0.5  # how long an idle worker sleeps: an answer is waited for by a person
MAX_TRIES = 3  # of a request whose job fails; then a host sees it as failed
RETRY_AFTER = timedelta(seconds=30)
# How long to wait before each further send; after the last one a host sees `failed` and may retry.
SCHEDULE = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 3600, 4 * 3600))

NOT_ALL_SENT = "A further message of it was not sent: something that it relied on changed."

log = structlog.get_logger()


class Reading(Protocol):
    """What the worker needs of file reading."""

    def step(self, stop: threading.Event | None = None) -> bool:
        """Read one waiting upload; False when there is none. Told to stop, it gives back what is not yet read."""
        ...


@dataclass(frozen=True)
class Worker:
    """One worker; `step` is one unit of work."""

    store: Store
    clock: Callable[[], datetime]
    search: Search
    model: LanguageModel | None
    connectors: Connectors
    approval: Approval
    files: Reading
    moderation: ModerationReader | None = None
    second_reader: SecondReader | None = None
    embedder: Embedder | None = None
    concepts: ConceptReader | None = None
    due: tuple[Callable[[], bool], ...] = ()  # each does one unit of what its schedule says; False when nothing is due

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop; the row in hand is finished first."""
        while not stop.is_set():
            try:
                busy = self.step(stop)
            except Exception as error:  # noqa: BLE001  the worker's loop goes on; the row stays visible
                log.error("worker.step_failed", **where(error))
                busy = False
            if not busy:
                stop.wait(IDLE_S)

    def step(self, stop: threading.Event | None = None) -> bool:
        """Publish, else draft, else read one thing, else close what nobody decided; False when nothing is due."""
        busy = self.publish_one() or self.draft_one() or self.files.step(stop) or self.approval.expire()
        return busy or any(do_one() for do_one in self.due)

    def draft_one(self) -> bool:
        """Run the job of one waiting request."""
        with self.store.write() as tx:
            request = requests.claim(tx, self.clock())
        if request is None:
            return False
        try:
            self._draft(request)
        except jobs.SourcesMoved:
            self._settle_request(request, "waiting")
        except CohostError as error:
            log.warning(
                "request.failed", request=request.id, job=request.job, attempts=request.attempts, error=error.slug
            )
            self._settle_request(request, "waiting" if request.attempts < MAX_TRIES else "failed", wait=RETRY_AFTER)
        return True

    def publish_one(self) -> bool:
        """Send one approved message."""
        with self.store.write() as tx:
            claimed = publications.claim(tx, self.clock())
            stands = claimed is not None and self._still_stands(tx, claimed)
        if claimed is None:
            return False
        if stands:
            self._send(claimed)
        elif claimed.status == "publishing":
            self._find_or_withdraw(claimed)
        return True

    def _draft(self, request: Request) -> None:
        with self.store.read() as tx:
            community = people.community(tx, request.community_id)
            connector = self.connectors.get(tx, community.id, community.settings.connector)
        tools = Tools(
            self.store,
            self.search,
            self.model,
            self.clock,
            community,
            self.moderation,
            self.second_reader,
            self.embedder,
            self.concepts,
            steps=connector.steps,
        )
        if request.job in community.settings.jobs or request.payload.get("reported"):  # members are heard also then
            made = jobs.run(request, tools, max_characters=connector.max_characters)
            log.info("request.done", request=request.id, job=request.job, suggestions=[(s.id, s.status) for s in made])
        self._settle_request(request, "done")

    def _settle_request(self, request: Request, status: str, *, wait: timedelta = timedelta()) -> None:
        with self.store.write() as tx:
            requests.settle(tx, request.id, status, available_at=self.clock() + wait, attempts=request.attempts)

    def _still_stands(self, tx: Tx, claimed: Publication) -> bool:
        """The last check, in the transaction of the claim; what never was sent and no longer stands is withdrawn here."""
        suggestion = suggestions.get(tx, claimed.community_id, claimed.suggestion_id)
        stands = still_stands(tx, suggestion, self.clock())
        if stands and suggestion.status != "publishing":
            suggestions.set_status(tx, suggestion.id, "publishing", now=self.clock())
            _record(tx, claimed, suggestion.status, "publishing", self.clock())
        if not stands and claimed.status == "approved":
            self._withdraw(tx, claimed)
        return stands

    def _find_or_withdraw(self, claimed: Publication) -> None:
        """A worker vanished in mid-send, and the ground is gone since: was it posted?"""
        connector = self._connector(claimed)
        if connector.proves != "find":
            self._settle(
                claimed,
                "uncertain",
                notice="A source it quotes changed while it was being sent. Look whether it was posted.",
            )
            return
        try:
            found = connector.find(claimed.community_id, claimed.id)
        except DeliveryFailed as fault:
            self._lost(connector, claimed, fault)
            return
        if found is not None:
            self._settle(claimed, "published", receipt=found)
            return
        with self.store.write() as tx:
            self._withdraw(tx, claimed)

    def _withdraw(self, tx: Tx, claimed: Publication) -> None:
        suggestions.hold(tx, claimed.suggestion_id)
        if publications.settle(tx, claimed.id, "approved", now=self.clock()):
            suggestion = suggestions.get(tx, claimed.community_id, claimed.suggestion_id)
            if suggestion.status in WITHDRAWABLE:
                withdraw(tx, suggestion, GROUND_GONE, now=self.clock())
            else:  # its earlier messages are out; this one is not sent
                publications.discard(tx, suggestion.id)
                suggestions.set_notice(tx, suggestion.id, NOT_ALL_SENT, now=self.clock())
                whole = _of_all(p.status for p in publications.of_suggestion(tx, suggestion.id))
                suggestions.set_status(tx, suggestion.id, whole, now=self.clock())

    def _send(self, claimed: Publication) -> None:
        connector = self._connector(claimed)
        try:
            receipt = self._deliver(connector, claimed)
        except DeliveryUncertain as fault:
            self._lost(connector, claimed, fault)
        except DeliveryRetry as fault:
            self._retry(connector, claimed, fault)
        except DeliveryFailed as fault:
            self._settle(claimed, "uncertain" if _may_be_posted(connector, claimed) else "failed", notice=fault.message)
        else:
            self._settle(claimed, "published", receipt=receipt)

    def _connector(self, claimed: Publication) -> Connector:
        with self.store.read() as tx:
            return self.connectors.get(tx, claimed.community_id, claimed.connector)

    def _deliver(self, connector: Connector, claimed: Publication) -> Receipt:
        if claimed.status == "publishing":  # a worker vanished, or a reply was lost, in mid-send
            if connector.proves == "nothing":
                raise DeliveryUncertain("The reply was lost and the platform cannot be asked whether it was posted.")
            found = connector.find(claimed.community_id, claimed.id) if connector.proves == "find" else None
            if found is not None:
                return found
        return connector.publish(claimed.community_id, claimed.message, claimed.id)

    def _lost(self, connector: Connector, claimed: Publication, fault: DeliveryFailed) -> None:
        if connector.proves == "nothing" or claimed.attempts > len(SCHEDULE):
            self._settle(claimed, "uncertain", notice=fault.message)
            return
        # stays `publishing`: the next claim knows that it may have been posted
        with self.store.write() as tx:
            publications.look_again(tx, claimed.id, self.clock() + SCHEDULE[claimed.attempts - 1])

    def _retry(self, connector: Connector, claimed: Publication, fault: DeliveryRetry) -> None:
        if _may_be_posted(connector, claimed):
            self._lost(connector, claimed, fault)
            return
        if claimed.attempts > len(SCHEDULE):
            self._settle(claimed, "failed", notice=fault.message)
            return
        wait = SCHEDULE[claimed.attempts - 1]
        if fault.retry_after_s is not None:
            wait = max(wait, timedelta(seconds=min(fault.retry_after_s, SCHEDULE[-1].total_seconds())))
        self._settle(claimed, "approved", available_at=self.clock() + wait, notice=fault.message)

    def _settle(
        self, claimed: Publication, status: Status, *, receipt: Receipt | None = None, available_at: datetime | None = None,
        notice: str = "",
    ) -> None:  # fmt: skip
        now = self.clock()
        with self.store.write() as tx:
            suggestions.hold(tx, claimed.suggestion_id)  # before its messages, as all do
            if not publications.settle(tx, claimed.id, status, now=now, receipt=receipt, available_at=available_at):
                return  # an erasure took it back meanwhile
            whole = _of_all(p.status for p in publications.of_suggestion(tx, claimed.suggestion_id))
            emptied = suggestions.get(tx, claimed.community_id, claimed.suggestion_id).erased_at is not None
            # an emptied one keeps the notice that tells what is to be done about it
            suggestions.set_status(tx, claimed.suggestion_id, whole, now=now, notice=None if emptied else notice)
            _record(tx, claimed, "publishing", whole, now)
            if emptied and whole in WITHDRAWABLE:  # it never went out, and never will
                self._withdraw(tx, claimed)
        log.info("publication.settled", publication=claimed.id, suggestion=claimed.suggestion_id, status=status)


def _may_be_posted(connector: Connector, claimed: Publication) -> bool:
    """Whether an earlier send of this message may have been taken; who can be asked has just said that it was not."""
    return claimed.status == "publishing" and connector.proves != "find"


def _of_all(statuses: Iterable[Status]) -> Status:
    """The state of a suggestion from those of its messages: the one that needs most attention."""
    present = set(statuses)
    order: tuple[Status, ...] = ("uncertain", "failed", "publishing", "approved", "published")
    return next(status for status in order if status in present)


def _record(tx: Tx, claimed: Publication, old: Status, new: Status, now: datetime) -> None:
    audit.record(
        tx, claimed.community_id, audit.WORKER, f"suggestion.{new}", "suggestion", claimed.suggestion_id, now=now, old=old,
        new=new, publication=claimed.id,
    )  # fmt: skip
