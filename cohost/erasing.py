"""Erasing a person: every row that holds their words, then every byte that outlives the rows.

The rows go in one transaction. What lies outside of it (old bytes in the database file, vectors in an index, stored
uploads) is noted in that same transaction and cleaned away before the call returns; after a crash in between, the next
start, or the next call, goes on from the note.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import structlog

from cohost import erasure_list
from cohost.approval import Approval
from cohost.errors import Busy, NotFound
from cohost.jobs import JOBS
from cohost.ports import VectorIndex
from cohost.store import Store, Tx, audit, board, erasure, erasures, fulltext, places, requests, sources
from cohost.store.audit import Actor
from cohost.store.erasure import SourceKey
from cohost.store.erasures import Erased, Leftovers
from cohost.store.sources import StoredSource
from cohost.suggestion import Suggestion
from cohost.withdrawal import WITHDRAWABLE, withdraw

REASON = "It held words of somebody who was erased."
CORRECT_IT = (
    "It held words of somebody who was erased, and they are gone here. It was posted: undo it, or correct it by hand on"
    " the platform."
)

log = structlog.get_logger()


class Burying(Protocol):
    """What erasing needs of the sources' side."""

    def bury(self, tx: Tx, community_id: str, stored: StoredSource, at: datetime) -> set[SourceKey]:
        """Take a source's text out of every place it stands in; all sources that held words of it."""
        ...

    def refresh(self) -> None:
        """Make the vectors again that were made with words which are gone."""
        ...


class Erasure:
    """Erases members of all communities."""

    def __init__(
        self, store: Store, clock: Callable[[], datetime], *, sources: Burying, approval: Approval, index: VectorIndex,
        home: Path, uploads: Path,
    ) -> None:  # fmt: skip
        self._store = store
        self._clock = clock
        self._sources = sources
        self._approval = approval
        self._index = index
        self._list = home / erasure_list.FILE_NAME
        self._uploads = uploads

    def erase(self, community_id: str, member_id: str, actor: Actor, *, material: bool = False) -> None:
        """Remove a person with everything they wrote, asked or edited; when this returns, no byte of it is left.

        With `material`, also what was read from files they uploaded: otherwise lessons stay with the community.
        Raises NotFound, and Busy when the bytes could not be cleaned away yet: then the same call goes on.
        """
        with self._store.write() as tx:
            if not self._half_done(tx, community_id, member_id):
                erased = Erased(community_id, member_id, self._clock())
                if not self.within(tx, erased, actor, material=material):
                    raise NotFound(f"There is no member {member_id!r}.")
        self.clean()

    def within(self, tx: Tx, erased: Erased, actor: Actor, *, material: bool = False) -> bool:
        """Do the rows' part in a transaction; False when there was nobody. `clean` must follow the commit."""
        community_id, member_id = erased.community_id, erased.member_id
        known = erasure.hold_member(tx, community_id, member_id)  # from here on nothing new of theirs is written
        written = sources.by_author(tx, community_id, member_id)
        if not known and not written:
            return False
        if material:
            written += self._material(tx, community_id, member_id)
        touched = {key for one in written for key in self._sources.bury(tx, community_id, one, erased.at)}
        self._erase_suggestions(tx, erased, touched)
        uploads = erasure.forget_uploads(tx, community_id, member_id)
        erasure.forget_member(tx, community_id, member_id)
        fulltext.compact(tx)
        pks = {space.id: space.pk for space in places.all_spaces(tx, community_id)}
        left = Leftovers(tuple(uploads), tuple(sorted({pks[space_id] for space_id, _ in touched})))
        erasures.record(tx, erased, left)
        audit.record(tx, community_id, actor, "member.erased", "member", member_id, now=erased.at)
        self._approval.recheck_after_permission_change(tx, community_id)
        return True

    def clean(self) -> None:
        """Clean away what erasures left outside the rows; raises Busy. Twice is fine."""
        with self._store.read() as tx:
            waiting = erasures.unfinished(tx)
        if not waiting:
            return
        self._sources.refresh()
        for erased, left in waiting:
            erasure_list.add(self._list, [erased])
            self._purge(left.space_pks)
            for name in left.uploads:
                (self._uploads / Path(name).name).unlink(missing_ok=True)
        self._store.compact()
        with self._store.write() as tx:
            for erased, _ in waiting:
                erasures.finished(tx, erased)
        log.info("erasure.cleaned", erasures=len(waiting))

    def resume(self) -> None:
        """Clean away what a crash left behind; where others keep the database busy, the next start or call does."""
        try:
            self.clean()
        except Busy as error:
            log.warning("erasure.not_cleaned", error=error.slug)

    def _purge(self, space_pks: Collection[int]) -> None:
        """Let the vector index drop what it holds of these spaces; it reads them from the rows again."""
        for space_pk in space_pks:
            self._index.forget(space_pk)

    def _half_done(self, tx: Tx, community_id: str, member_id: str) -> bool:
        """Whether an earlier call did the rows and did not get further."""
        waiting = {(e.community_id, e.member_id) for e, _ in erasures.unfinished(tx)}
        return (community_id, member_id) in waiting and erasures.is_gone(tx, community_id, member_id)

    def _material(self, tx: Tx, community_id: str, member_id: str) -> list[StoredSource]:
        pks = {space.id: space.pk for space in places.all_spaces(tx, community_id)}
        keys = erasure.uploaded(tx, community_id, member_id)
        found = [sources.find(tx, pks[space_id], source_id) for space_id, source_id in keys if space_id in pks]
        return [one for one in found if one is not None and one.structure.get("file")]

    def _erase_suggestions(self, tx: Tx, erased: Erased, touched: set[SourceKey]) -> None:
        found = erasure.carriers(tx, erased.community_id, erased.member_id, touched)
        for suggestion in found.asked:
            self._erase_own(tx, suggestion, erased.at)
        for suggestion in found.others:
            self._erase_others(tx, suggestion, erased.at)

    def _erase_own(self, tx: Tx, suggestion: Suggestion, at: datetime) -> None:
        """Made for a question of theirs: deleted, or emptied to the question where a message of it is out."""
        self._empty(tx, suggestion, _silent(JOBS[suggestion.job].emptied(suggestion.payload)), at)
        self._take_off_the_board(tx, suggestion, at)
        if not erasure.sent(tx, suggestion.id):
            erasure.delete(tx, suggestion.id)

    def _erase_others(self, tx: Tx, suggestion: Suggestion, at: datetime) -> None:
        """Made for somebody else: what waits is drafted again, what is out is emptied and named for correction."""
        if suggestion.status in WITHDRAWABLE:
            withdraw(tx, suggestion, REASON, now=at)
            erasure.empty_reasons(tx, suggestion.id)
        elif suggestion.status not in ("abstained", "withdrawn"):
            self._empty(tx, suggestion, JOBS[suggestion.job].emptied(suggestion.payload), at)
            again = self._take_off_the_board(tx, suggestion, at) and JOBS[suggestion.job].remade
            if again and suggestion.request_id is not None:
                requests.settle(tx, suggestion.request_id, "waiting", available_at=at)

    def _empty(self, tx: Tx, suggestion: Suggestion, payload: dict[str, Any], at: datetime) -> None:
        notice = CORRECT_IT if suggestion.status in erasure.SENT else REASON
        erasure.empty(tx, replace(suggestion, erased_at=at, updated_at=at, notice=notice), payload)
        audit.record(
            tx, suggestion.community_id, audit.WORKER, "suggestion.emptied", "suggestion", suggestion.id, now=at,
            old=suggestion.status, new=suggestion.status,
        )  # fmt: skip

    def _take_off_the_board(self, tx: Tx, suggestion: Suggestion, at: datetime) -> bool:
        """The built-in board is ours: what it shows is taken down here and now. True when something was."""
        keys = erasure.board_keys(tx, suggestion.id)
        for key in keys:
            board.take_down(tx, suggestion.community_id, key, at)
            erasure.undone(tx, suggestion.id, key, REASON, at)
        return bool(keys)


def _silent(value: Any) -> Any:
    """The same shape with every text empty."""
    if isinstance(value, dict):
        return {key: _silent(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_silent(inner) for inner in value]
    return "" if isinstance(value, str) else value
