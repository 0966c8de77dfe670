"""What people do about suggestions: see the queue, decide, take back, say what became of a message."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from cohost import recall, rights, steps, withdrawal
from cohost.connectors import Connectors
from cohost.errors import CohostError, Conflict, StaleVersion
from cohost.jobs import JOBS, match_now
from cohost.jobs.moderate_words import BACK_BY_HAND
from cohost.model import Caller
from cohost.quotes import Readable
from cohost.rights import Jobs
from cohost.store import Store, Tx, audit, publications, requests, suggestions
from cohost.suggestion import Decision, Message, Publication, Status, Suggestion, check_move
from cohost.verdict import DECIDABLE, Verdict, record

EXPIRED_AT_ONCE = 20  # in one transaction, so that nobody waits long for its locks


class Approval:
    """Decisions by hosts and moderators."""

    def __init__(self, store: Store, clock: Callable[[], datetime], connectors: Connectors, jobs: Jobs = JOBS) -> None:
        self._store = store
        self._clock = clock
        self._connectors = connectors
        self._jobs = jobs

    def queue(
        self, caller: Caller, *, statuses: Collection[str] = (), job: str | None = None,
        category: str | None = None, without: str | None = None, without_jobs: Collection[str] = (),
        held: bool | None = None, after: tuple[datetime, str] | None = None, limit: int = 50,
    ) -> list[Suggestion]:  # fmt: skip
        """What the caller may decide on, oldest first, after a cursor of (created_at, id)."""
        jobs = rights.jobs_in_sight(caller, self._jobs)
        if without_jobs:
            jobs = [name for name in jobs or self._jobs if name not in without_jobs]
        with self._store.read() as tx:
            return suggestions.queue(
                tx, caller.community_id, statuses=statuses, job=job, jobs=jobs, category=category, without=without,
                held=held, after=after, limit=limit,
            )  # fmt: skip

    def visible(self, caller: Caller, suggestion_id: str) -> Suggestion:
        """One suggestion; raises NotFound when it is absent or not for the caller to see."""
        with self._store.read() as tx:
            return rights.in_sight(tx, caller, suggestion_id, self._jobs)

    def preview(self, caller: Caller, suggestion_id: str, payload: dict[str, Any]) -> list[Message]:
        """What would go out if this edit were approved; checks it as an edit, and stores nothing.

        Raises NotFound, InvalidInput, and Conflict where it is not to be decided any more.
        """
        with self._store.read() as tx:
            shown = rights.in_sight(tx, caller, suggestion_id, self._jobs)
            if shown.status not in DECIDABLE:
                raise Conflict(f"Suggestion {shown.id} is {shown.status}: nothing of it can be edited.")
            job = self._jobs[shown.job]
            revision = job.revise(shown, payload, Readable(tx, shown.community_id, shown.destination))
            return (job.previewed or job.messages)(revision.payload, shown.destination, shown.request_id)

    def decide(self, caller: Caller, suggestion_id: str, decision: Decision) -> Suggestion:
        """Apply a verdict on the version that the person saw.

        Raises Forbidden, NotFound, StaleVersion, AlreadyDecided, Conflict or InvalidInput; then nothing was decided.
        """
        with self._store.write() as tx:
            shown = self._held(tx, caller, suggestion_id)
            job = self._jobs[shown.job]
            hands_over = decision.verdict == "escalate"  # also what is about oneself may be handed to somebody else
            alone = not hands_over and rights.is_concerned(tx, caller, shown, job)
            result = Verdict(
                tx, caller, shown, decision, job, self._connectors, self._clock(), by_concerned=alone
            ).apply()
        if isinstance(result, CohostError):
            raise result
        return result

    def undo(self, caller: Caller, suggestion_id: str) -> Suggestion:
        """Take back what was published, or the approval of what was not sent yet: that one waits for a decision again.

        Raises Conflict, with what to do by hand, where the platform cannot.
        """
        with self._store.write() as tx:
            shown = self._held(tx, caller, suggestion_id)
            rights.is_concerned(tx, caller, shown, self._jobs[shown.job])
            sent = publications.of_suggestion(tx, shown.id)
            if shown.status == "approved":
                return self._recall(tx, caller, shown, sent)
            check_move(shown.id, shown.status, "undone")
        try:
            for publication in sent:
                self._reverse(caller.community_id, publication)
        except Conflict:  # nobody can do it there by a call; what is ours is given back all the same
            with self._store.write() as tx:
                steps.give_back(tx, shown, now=self._clock())
            raise
        return self._undone(caller, shown, sent)

    def delivery(self, caller: Caller, suggestion_id: str, *, sent: bool) -> Suggestion:
        """A person says whether an uncertain message was posted; if not, it is sent again."""
        now = self._clock()
        with self._store.write() as tx:
            shown = self._held(tx, caller, suggestion_id)
            if shown.status != "uncertain":
                raise Conflict(f"Suggestion {shown.id} is {shown.status}, not uncertain; load it again.")
            new: Status = "published" if sent else "approved"
            for publication in publications.of_suggestion(tx, shown.id):
                if publication.status == "uncertain":
                    publications.settle(tx, publication.id, new, now=now, available_at=now)
            return self._moved(tx, caller, shown, new)

    def expire(self) -> bool:
        """Close some pending suggestions that nobody decided in time; False when there are none."""
        now = self._clock()
        limits = {name: now - job.expires_after for name, job in self._jobs.items()}
        with self._store.read() as tx:
            if not suggestions.untouched(tx, limits, limit=1):
                return False
        with self._store.write() as tx:
            for old in suggestions.untouched(tx, limits, limit=EXPIRED_AT_ONCE):
                suggestions.update(tx, old.id, from_version=old.version, now=now, status="expired")
                audit.record(
                    tx, old.community_id, audit.WORKER, "suggestion.expired", "suggestion", old.id, now=now,
                    old=old.status, new="expired",
                )  # fmt: skip
        return True

    def recheck_after_permission_change(self, tx: Tx, community_id: str) -> None:
        """Within the change of a space or member: withdraw what its readers may no longer be shown."""
        for open_one in suggestions.open_ones(tx, community_id):
            withdrawal.recheck(tx, open_one, "Who may read its sources has changed.", now=self._clock())
        recall.recheck_placed(tx, community_id, now=self._clock())

    def recheck_after_consent_change(self, tx: Tx, community_id: str, member_id: str) -> None:
        """Within a member's change of what their posts may be used for."""
        self.recheck_after_permission_change(tx, community_id)
        for citing in suggestions.citing_author(tx, community_id, member_id):
            recall.recheck(tx, citing, now=self._clock())

    def recheck_after_profile_change(self, tx: Tx, community_id: str, *member_ids: str) -> None:
        """Within a member's change of what they say of themselves: withdraw what repeats what is not so any more."""
        changed = frozenset(member_ids)
        for open_one in suggestions.open_ones(tx, community_id):
            if not changed.isdisjoint(self._jobs[open_one.job].names(open_one)):
                withdrawal.recheck(tx, open_one, withdrawal.GROUND_GONE, now=self._clock())
        for sent in suggestions.answered_by(tx, community_id, changed):
            if match_now.reworded(tx, sent):
                suggestions.set_notice(tx, sent.id, match_now.CHANGED_FOR_HOSTS, now=self._clock())

    def recheck_after_source_change(self, tx: Tx, community_id: str, space_id: str, source_id: str) -> None:
        """Within the change of a source: follow quotes that moved, withdraw drafts whose quotes are gone."""
        for citing in suggestions.citing(tx, community_id, space_id, source_id):
            withdrawal.recheck(tx, citing, "A source it quotes was changed or deleted.", now=self._clock())
            recall.recheck(tx, citing, now=self._clock())

    def _held(self, tx: Tx, caller: Caller, suggestion_id: str) -> Suggestion:
        """The suggestion as it stands, for a person who may decide it; neither changes until the transaction ends."""
        rights.check_person(tx, caller)
        return rights.in_sight(tx, caller, suggestion_id, self._jobs)

    def _recall(self, tx: Tx, caller: Caller, shown: Suggestion, unsent: Sequence[Publication]) -> Suggestion:
        if any(publication.status != "approved" for publication in unsent):
            raise Conflict(f"Part of suggestion {shown.id} is posted already. Wait until all of it is, then undo it.")
        publications.discard(tx, shown.id)
        steps.give_back(tx, shown, now=self._clock())
        return self._moved(tx, caller, shown, "pending")

    def _undone(self, caller: Caller, shown: Suggestion, sent: Sequence[Publication]) -> Suggestion:
        with self._store.write() as tx:
            for publication in sent:
                publications.settle(tx, publication.id, "undone", now=self._clock())
            waits = [one for one in suggestions.corrections_of(tx, shown.id) if one.status in recall.UNDECIDED]
            for one in waits:
                suggestions.mark(tx, one.id, now=self._clock(), corrects=None)
            open_again = self._jobs[shown.job].again_after_undo and not waits
            if shown.request_id is not None and open_again:  # it is open again: a new draft, or an abstention, waits
                requests.settle(tx, shown.request_id, "waiting", available_at=self._clock())
            steps.give_back(tx, shown, now=self._clock())
            return self._moved(tx, caller, shown, "undone", notice=_left_by_hand(shown))

    def _moved(self, tx: Tx, caller: Caller, shown: Suggestion, new: Status, *, notice: str = "") -> Suggestion:
        now = self._clock()
        check_move(shown.id, shown.status, new)
        if not suggestions.update(tx, shown.id, from_version=shown.version, now=now, status=new, notice=notice):
            raise StaleVersion(f"Suggestion {shown.id} changed meanwhile; load it again.")
        record(tx, caller, shown, new, now=now)
        return suggestions.get(tx, shown.community_id, shown.id)

    def _reverse(self, community_id: str, publication: Publication) -> None:
        with self._store.read() as tx:
            connector = self._connectors.get(tx, community_id, publication.connector)
        if publication.receipt is None or not connector.can_reverse:
            raise Conflict(f"{connector.name} cannot take a post back. Delete it there by hand.")
        connector.reverse(community_id, publication.receipt)


def _left_by_hand(undone: Suggestion) -> str:
    """What a person had to do on the platform, they have to undo there as well."""
    return BACK_BY_HAND[undone.payload["step"]] if undone.payload.get("by_hand") else ""
