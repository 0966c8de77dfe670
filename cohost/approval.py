"""A person's verdict on a suggestion, and what must still hold when it takes effect."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from cohost import audience, quotes
from cohost.connectors import Connectors
from cohost.errors import (
    AlreadyDecided,
    CohostError,
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    StaleVersion,
    Unauthenticated,
)
from cohost.ids import new_id
from cohost.jobs import JOBS
from cohost.model import Caller
from cohost.ownwords import find_foreign_text
from cohost.store import Store, Tx, audit, people, publications, requests, suggestions
from cohost.store.audit import Actor
from cohost.suggestion import Decision, Evidence, Publication, Status, Suggestion, check_move
from cohost.withdrawal import WITHDRAWABLE, withdraw

DECIDABLE: frozenset[Status] = frozenset({"pending", "abstained", "failed"})
Result = Suggestion | CohostError  # an error that is raised only after its own changes are committed


class Approval:
    """Decisions by hosts and moderators."""

    def __init__(self, store: Store, clock: Callable[[], datetime], connectors: Connectors) -> None:
        self._store = store
        self._clock = clock
        self._connectors = connectors

    def queue(
        self, caller: Caller, *, statuses: Collection[str] = (), job: str | None = None,
        after: tuple[datetime, str] | None = None, limit: int = 50,
    ) -> list[Suggestion]:  # fmt: skip
        """What the caller may decide on, oldest first, after a cursor of (created_at, id)."""
        jobs = _jobs_in_sight(caller)
        with self._store.read() as tx:
            return suggestions.queue(
                tx, caller.community_id, statuses=statuses, job=job, jobs=jobs, after=after, limit=limit
            )

    def visible(self, caller: Caller, suggestion_id: str) -> Suggestion:
        """One suggestion; raises NotFound when it is absent or not for the caller to see."""
        with self._store.read() as tx:
            return _in_sight(tx, caller, suggestion_id)

    def decide(self, caller: Caller, suggestion_id: str, decision: Decision) -> Suggestion:
        """Apply a verdict on the version that the person saw.

        Raises Forbidden, NotFound, StaleVersion, AlreadyDecided, Conflict or InvalidInput; then nothing was decided.
        """
        self._check_person(caller)
        with self._store.write() as tx:
            _check_present(tx, caller)
            shown = _in_sight(tx, caller, suggestion_id)
            _check_right(caller, shown)
            _check_current(tx, shown, decision)
            result = self._verdict(tx, caller, shown, decision)
        if isinstance(result, CohostError):
            raise result
        return result

    def undo(self, caller: Caller, suggestion_id: str) -> Suggestion:
        """Take a published suggestion back; raises Conflict, with what to do by hand, where the platform cannot."""
        self._check_person(caller)
        shown = self.visible(caller, suggestion_id)
        _check_right(caller, shown)
        check_move(shown.id, shown.status, "undone")
        with self._store.read() as tx:
            sent = publications.of_suggestion(tx, shown.id)
        for publication in sent:
            self._reverse(caller.community_id, publication)
        with self._store.write() as tx:
            if not suggestions.update(tx, shown.id, from_version=shown.version, now=self._clock(), status="undone"):
                raise StaleVersion(f"Suggestion {shown.id} changed meanwhile; load it again.")
            for publication in sent:
                publications.settle(tx, publication.id, "undone", now=self._clock())
            self._record(tx, caller, shown, "undone")
            if shown.request_id is not None:  # it is open again: a new draft, or an abstention, waits for a host
                requests.settle(tx, shown.request_id, "waiting", available_at=self._clock())
            return suggestions.get(tx, caller.community_id, shown.id)

    def delivery(self, caller: Caller, suggestion_id: str, *, sent: bool) -> Suggestion:
        """A person says whether an uncertain message was posted; if not, it is sent again."""
        self._check_person(caller)
        now = self._clock()
        with self._store.write() as tx:
            shown = _in_sight(tx, caller, suggestion_id)
            _check_right(caller, shown)
            if shown.status != "uncertain":
                raise Conflict(f"Suggestion {shown.id} is {shown.status}, not uncertain; load it again.")
            new: Status = "published" if sent else "approved"
            for publication in publications.of_suggestion(tx, shown.id):
                if publication.status == "uncertain":
                    publications.settle(tx, publication.id, new, now=now, available_at=now)
            suggestions.update(tx, shown.id, from_version=shown.version, now=now, status=new, notice="")
            self._record(tx, caller, shown, new)
            return suggestions.get(tx, caller.community_id, shown.id)

    def recheck_after_permission_change(self, tx: Tx, community_id: str) -> None:
        """Within the change of a space or member: withdraw what its readers may no longer be shown."""
        for open_one in suggestions.open_ones(tx, community_id):
            self._recheck(tx, open_one, "Who may read its sources has changed.")

    def recheck_after_source_change(self, tx: Tx, community_id: str, space_id: str, source_id: str) -> None:
        """Within the change of a source: follow quotes that moved, withdraw drafts whose quotes are gone."""
        for citing in suggestions.citing(tx, community_id, space_id, source_id):
            self._recheck(tx, citing, "A source it quotes was changed or deleted.")

    def still_stands(self, tx: Tx, suggestion: Suggestion) -> bool:
        """Last gate before sending: every quote in place, every source readable by all who will see it."""
        if suggestion.erased_at is not None:
            return False
        standing = quotes.stand(tx, suggestion.community_id, suggestion.destination, suggestion.evidence, hold=True)
        seen = audience.sight(tx, suggestion.community_id)
        return None not in standing and bool(audience.readers(seen, suggestion.destination))

    def _recheck(self, tx: Tx, suggestion: Suggestion, reason: str) -> None:
        standing = quotes.stand(tx, suggestion.community_id, suggestion.destination, suggestion.evidence)
        if suggestion.status == "abstained" or not _outdated(suggestion.evidence, standing):
            items = [item for item in standing if item]
            if suggestion.status in WITHDRAWABLE | {"abstained"} and tuple(items) != suggestion.evidence:
                suggestions.set_evidence(tx, suggestion.community_id, suggestion.id, items)
        elif suggestion.status in WITHDRAWABLE:
            withdraw(tx, suggestion, reason, now=self._clock())

    def _verdict(self, tx: Tx, caller: Caller, shown: Suggestion, decision: Decision) -> Result:
        if decision.verdict == "approve":
            return self._approve(tx, caller, shown, decision)
        if decision.verdict == "edit":
            return self._edit(tx, caller, shown, decision)
        if decision.verdict == "reject":
            return self._settle(tx, caller, shown, decision, status="rejected")
        return self._escalate(tx, caller, shown, decision)

    def _approve(self, tx: Tx, caller: Caller, shown: Suggestion, decision: Decision) -> Result:
        if shown.status == "abstained":
            raise Conflict(
                f"Suggestion {shown.id} is an abstention: there is nothing to approve. Answer it in your own words (edit)."
            )
        if not self.still_stands(tx, shown):
            withdraw(tx, shown, "A source it quotes changed or may no longer be read there.", now=self._clock())
            return Conflict(
                f"Suggestion {shown.id} was withdrawn: a source it quotes changed or may no longer be read there."
                " It is being drafted again."
            )
        return self._publish(tx, caller, shown, decision, payload=shown.payload, evidence=shown.evidence)

    def _edit(self, tx: Tx, caller: Caller, shown: Suggestion, decision: Decision) -> Result:
        if not decision.payload:
            raise InvalidInput("The verdict `edit` needs the changed `payload`.", field="payload")
        revision = JOBS[shown.job].revise(shown.payload, shown.evidence, decision.payload)
        standing = quotes.stand(tx, shown.community_id, shown.destination, revision.evidence, hold=True)
        for item, found in zip(revision.evidence, standing, strict=True):
            if found is None:
                raise InvalidInput(
                    f"These words are not in a source that all readers may read: “{_short(item.quote)}”."
                    " Quote exactly, or say it in your own words.",
                    field="payload",
                )
        foreign = find_foreign_text(tx, shown.community_id, shown.destination, revision.own_words)
        if foreign:
            raise InvalidInput(
                f"“{_short(foreign)}” is taken from a source that not all readers may read. Leave it out.",
                field="payload",
            )
        evidence = quotes.all_stand(standing) or ()
        return self._publish(tx, caller, shown, decision, payload=revision.payload, evidence=evidence)

    def _publish(
        self,
        tx: Tx,
        caller: Caller,
        shown: Suggestion,
        decision: Decision,
        *,
        payload: dict[str, Any],
        evidence: Sequence[Evidence],
    ) -> Suggestion:
        """Approve: the new state, the decision, the audit row and the outbox commit together."""
        if not audience.readers(audience.sight(tx, shown.community_id), shown.destination):
            raise Conflict(f"Suggestion {shown.id} has nowhere to go: its space or its reader is gone. Reject it.")
        connector = self._connectors.get(
            tx, shown.community_id, people.community(tx, shown.community_id).settings.connector
        )
        outbox = [
            Publication(new_id("pub"), shown.community_id, shown.id, connector.name, message, "approved", 0)
            for message in JOBS[shown.job].messages(payload, shown.destination, shown.request_id)
        ]
        for publication in outbox:
            if len(publication.message.text) > connector.max_characters:
                raise InvalidInput(
                    f"The text is longer than {connector.name} takes ({connector.max_characters} characters).",
                    field="payload",
                )
        if not (payload == shown.payload and publications.revive(tx, shown.id, connector.name, now=self._clock())):
            publications.discard(tx, shown.id)
            publications.add(tx, outbox, self._clock())
        suggestions.set_evidence(tx, shown.community_id, shown.id, evidence)
        values: dict[str, Any] = {"payload": payload, "notice": ""}
        if payload != shown.payload:
            values["original_payload"] = shown.original_payload or shown.payload
        return self._settle(
            tx,
            caller,
            shown,
            decision,
            status="approved",
            edited=payload if payload != shown.payload else None,
            **values,
        )

    def _escalate(self, tx: Tx, caller: Caller, shown: Suggestion, decision: Decision) -> Suggestion:
        hosts = [m.id for m in people.all_members(tx, caller.community_id) if m.role == "host" and m.active]
        others = [host for host in hosts if host != caller.member_id] or hosts
        if not others:
            raise Conflict("There is no host to escalate to; make a member host first.")
        return self._settle(tx, caller, shown, decision, status=shown.status, assigned_to=others[0])

    def _settle(
        self, tx: Tx, caller: Caller, shown: Suggestion, decision: Decision, *, status: Status,
        edited: dict[str, Any] | None = None, **values: Any,
    ) -> Suggestion:  # fmt: skip
        now = self._clock()
        if status != shown.status:
            check_move(shown.id, shown.status, status)
        if not suggestions.update(tx, shown.id, from_version=shown.version, now=now, status=status, **values):
            raise StaleVersion(f"Suggestion {shown.id} changed meanwhile; load it again.")
        suggestions.add_decision(
            tx, shown.community_id, shown.id, version=decision.version, verdict=decision.verdict, member_id=caller.member_id,
            credential_id=caller.credential_id, payload_shown=shown.payload, payload=edited, reason=decision.reason,
            by_concerned=False, decided_at=now,
        )  # fmt: skip
        self._record(tx, caller, shown, status, verdict=decision.verdict)
        return suggestions.get(tx, shown.community_id, shown.id)

    def _record(self, tx: Tx, caller: Caller, shown: Suggestion, new: Status, **details: Any) -> None:
        actor = Actor(caller.member_id or "platform", caller.credential_id)
        audit.record(
            tx, shown.community_id, actor, f"suggestion.{new}", "suggestion", shown.id, now=self._clock(), old=shown.status,
            new=new, version=shown.version, **details,
        )  # fmt: skip

    def _check_person(self, caller: Caller) -> None:
        if caller.by_platform or caller.member_id is None:
            raise Forbidden(
                "A platform key never decides, not even for a member. Decide with a person's own key or session."
            )

    def _reverse(self, community_id: str, publication: Publication) -> None:
        with self._store.read() as tx:
            connector = self._connectors.get(tx, community_id, publication.connector)
        if publication.receipt is None or not connector.can_reverse:
            raise Conflict(f"{connector.name} cannot take a post back. Delete it there by hand.")
        connector.reverse(community_id, publication.receipt)


def _jobs_in_sight(caller: Caller) -> list[str] | None:
    """Hosts see every job; moderators those that moderators decide."""
    return None if caller.role == "host" else [name for name, job in JOBS.items() if "moderator" in job.decided_by]


def _in_sight(tx: Tx, caller: Caller, suggestion_id: str) -> Suggestion:
    found = suggestions.get(tx, caller.community_id, suggestion_id)
    jobs = _jobs_in_sight(caller)
    if jobs is not None and found.job not in jobs:
        raise NotFound(f"There is no suggestion {suggestion_id!r}.")
    return found


def _outdated(items: Sequence[Evidence], standing: Sequence[Evidence | None]) -> bool:
    """Whether a draft shows what is not so any more: a quote that is gone, or the title of where it stands."""
    return any(now is None or now.title != item.title for item, now in zip(items, standing, strict=True))


def _check_present(tx: Tx, caller: Caller) -> None:
    """What a person writes is not kept once they were erased, a moment ago say."""
    if not people.hold(tx, caller.community_id, caller.member_id or ""):
        raise Unauthenticated("The member behind these credentials is not in this community any more.")


def _check_right(caller: Caller, shown: Suggestion) -> None:
    if caller.role != "host" and caller.role not in JOBS[shown.job].decided_by:
        raise Forbidden(f"Suggestions of the job {shown.job} are decided by hosts.")


def _check_current(tx: Tx, shown: Suggestion, decision: Decision) -> None:
    if shown.status not in DECIDABLE:
        verdicts = suggestions.decisions_of(tx, shown.id)
        who = f" by {verdicts[-1]['member_id']} ({verdicts[-1]['verdict']})" if verdicts else ""
        raise AlreadyDecided(f"Suggestion {shown.id} is already {shown.status}{who}; load it again.")
    if shown.version != decision.version:
        raise StaleVersion(
            f"You saw version {decision.version} of suggestion {shown.id}; now it is {shown.version}. Load it again."
        )


def _short(text: str) -> str:
    return text if len(text) <= 120 else text[:117] + "…"
