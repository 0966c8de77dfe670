"""After publishing: where a quote does not stand any more, hosts are asked to correct or to withdraw the answer.

The published suggestion is marked outdated and its request is worked on again; what comes of it is a correction. Approved,
it takes the old one's place; rejected, the old one stays as it is; to undo the old one withdraws it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cohost import audience, quotes
from cohost.connectors import Connectors
from cohost.model import Source
from cohost.store import Store, Tx, audit, publications, requests, sources, suggestions
from cohost.suggestion import Evidence, Status, Suggestion
from cohost.withdrawal import withdraw

AT_ONCE = 20  # superseded answers in one transaction
UNDECIDED: frozenset[Status] = frozenset({"pending", "abstained", "failed"})
BY_HAND = "A correction is published. {connector} cannot take the old post back: delete it there by hand."


def recheck(tx: Tx, published: Suggestion, *, now: datetime) -> None:
    """Within a change: mark a published answer as found again, or as outdated; then a correction is asked for."""
    if published.destination.kind == "moderation_desk":
        return  # an author who edits their post does what the note asked for
    if published.status != "published" or published.erased_at is not None or published.request_id is None:
        return
    items = quotes.all_stand(quotes.stand(tx, published.community_id, published.destination, published.evidence))
    if items is None:
        _outdate(tx, published, published.request_id, now)
    elif published.outdated_at is not None or items != published.evidence:
        suggestions.set_evidence(tx, published.community_id, published.id, items)
        suggestions.mark(tx, published.id, now=now, outdated_at=None, verified_at=now)
        _record(tx, published, "suggestion.verified", now)
        drop_corrections(tx, published, "What the answer quotes stands again.", now=now)


def recheck_placed(tx: Tx, community_id: str, *, now: datetime) -> None:
    """Within a change of who may read what: the same for every published answer that it may concern."""
    seen = audience.sight(tx, community_id)
    pairs = suggestions.placed(tx, community_id)
    usable = {to: audience.usable_spaces(seen, to) for to, _ in pairs}
    gone = {(to, space_id) for to, space_id in pairs if space_id not in usable[to]}
    concerned = [*suggestions.published_at(tx, community_id, gone), *suggestions.outdated(tx, community_id)]
    for one in {s.id: s for s in concerned}.values():
        recheck(tx, one, now=now)


def leave(tx: Tx, correction: Suggestion, *, now: datetime) -> None:
    """A host turned the correction down: the published answer stays as it is."""
    if correction.corrects is not None:
        suggestions.mark(tx, correction.corrects, now=now, outdated_at=None)


def drop_corrections(tx: Tx, published: Suggestion, reason: str, *, now: datetime) -> None:
    """Take back what was proposed to take its place and nobody has approved."""
    for one in suggestions.corrections_of(tx, published.id):
        if one.status in UNDECIDED:
            withdraw(tx, one, reason, now=now)


def _outdate(tx: Tx, published: Suggestion, request_id: str, now: datetime) -> None:
    if published.outdated_at is not None:
        return  # one correction is asked for already; a draft of it follows its own sources
    suggestions.mark(tx, published.id, now=now, outdated_at=now, verified_at=None)
    _record(tx, published, "suggestion.outdated", now)
    requests.settle(tx, request_id, "waiting", available_at=now)


@dataclass(frozen=True)
class Superseded:
    """Takes answers away whose correction is published; whatever crashes, the next call goes on."""

    store: Store
    clock: Callable[[], datetime]
    connectors: Connectors

    def step(self) -> bool:
        """Reverse the old posts of some; False when there are none."""
        with self.store.read() as tx:
            old = suggestions.superseded(tx, limit=AT_ONCE)
        for one in old:
            self._replace(one)
        return bool(old)

    def _replace(self, old: Suggestion) -> None:
        with self.store.read() as tx:
            posted = publications.of_suggestion(tx, old.id)
            used = {p.connector: self.connectors.get(tx, old.community_id, p.connector) for p in posted}
        by_hand, taken = "", []
        for one in posted:
            connector = used[one.connector]
            if one.receipt is None or not connector.can_reverse:
                by_hand = BY_HAND.format(connector=connector.name)
            else:
                connector.reverse(old.community_id, one.receipt)  # twice is fine
                taken.append(one)
        now = self.clock()
        with self.store.write() as tx:
            suggestions.hold(tx, old.id)
            if suggestions.get(tx, old.community_id, old.id).status == "published":
                for one in taken:
                    publications.settle(tx, one.id, "undone", now=now)
                suggestions.set_status(tx, old.id, "corrected", now=now, notice=by_hand)
                _record(tx, old, "suggestion.corrected", now, new="corrected")


@dataclass(frozen=True)
class Change:
    """What became of one quote of a published answer."""

    title: str
    space_id: str
    source_id: str
    old: str  # the quote as it was published
    new: str  # the place nearest to it in the source as it is now; "" unless it was edited
    why: Literal["edited", "gone", "restricted"]


def changes_behind(tx: Tx, suggestion: Suggestion) -> list[Change]:
    """Of an outdated answer, or of the one that a correction is for; [] for all others."""
    if suggestion.outdated_at is not None and suggestion.status == "published":
        return changes(tx, suggestion)
    if suggestion.corrects is None:
        return []
    corrected = suggestions.some(tx, suggestion.community_id, [suggestion.corrects])
    return [change for one in corrected for change in changes(tx, one)]


def changes(tx: Tx, published: Suggestion) -> list[Change]:
    """For hosts: the quotes that do not stand, each with what the source says now."""
    standing = quotes.stand(tx, published.community_id, published.destination, published.evidence)
    lost = [item for item, now in zip(published.evidence, standing, strict=True) if now is None]
    current = sources.texts(tx, published.community_id, [(item.space_id, item.source_id) for item in lost])
    return [_change(item, current.get((item.space_id, item.source_id))) for item in lost]


def _change(item: Evidence, source: Source | None) -> Change:
    if source is None:
        return Change(item.title, item.space_id, item.source_id, item.quote, "", "gone")
    if quotes.locate(item.quote, source.text) is not None:
        return Change(source.title, item.space_id, item.source_id, item.quote, "", "restricted")
    return Change(source.title, item.space_id, item.source_id, item.quote, nearest(item.quote, source.text), "edited")


def nearest(quote: str, text: str) -> str:
    """The paragraph of `text` that shares most words with `quote`; "" where none shares any."""
    wanted = set(quote.casefold().split())
    paragraphs = [part.strip() for part in text.split("\n") if part.strip()]
    return max((p for p in paragraphs if wanted & _words(p)), key=lambda p: len(wanted & _words(p)), default="")


def _words(text: str) -> set[str]:
    return set(text.casefold().split())


def _record(tx: Tx, of: Suggestion, action: str, now: datetime, *, new: str = "published") -> None:
    audit.record(
        tx, of.community_id, audit.WORKER, action, "suggestion", of.id, now=now, old=of.status, new=new
    )  # fmt: skip
