"""Who may decide about a suggestion, asked again inside the transaction of the decision."""

from __future__ import annotations

from collections.abc import Mapping

from cohost.errors import Forbidden, NotFound, Unauthenticated
from cohost.jobs.shape import Job
from cohost.model import Caller, Role
from cohost.store import Tx, people, safety_cases, suggestions
from cohost.store.credentials import RANK
from cohost.suggestion import Suggestion

Jobs = Mapping[str, Job]


def check_person(tx: Tx, caller: Caller) -> None:
    """Let only a person through who still holds their role, and keep it theirs until this transaction ends.

    Raises Forbidden, or Unauthenticated once they were erased.
    """
    if caller.by_platform or caller.member_id is None:
        raise Forbidden(
            "A platform key never decides, not even for a member. Decide with a person's own key or session."
        )
    member = people.hold_member(tx, caller.community_id, caller.member_id)
    if member is None:
        raise Unauthenticated("The member behind these credentials is not in this community any more.")
    if not member.active or RANK[member.role] < RANK[caller.role]:
        raise Forbidden(f"You are no {caller.role} here any more, so nothing was decided. Ask a host of the community.")


def jobs_in_sight(caller: Caller, jobs: Jobs) -> list[str] | None:
    """None = all: hosts see every job; moderators those that moderators decide; nobody else any."""
    return None if caller.role == "host" else [name for name, job in jobs.items() if _decides(caller.role, job)]


def in_sight(tx: Tx, caller: Caller, suggestion_id: str, jobs: Jobs) -> Suggestion:
    """The suggestion; raises NotFound when it is absent or not for the caller."""
    found = suggestions.get(tx, caller.community_id, suggestion_id)
    seen = jobs_in_sight(caller, jobs)
    if seen is not None and found.job not in seen:
        raise NotFound(f"There is no suggestion {suggestion_id!r}.")
    return found


def is_concerned(tx: Tx, caller: Caller, suggestion: Suggestion, job: Job) -> bool:
    """Whether it is about the caller and nobody else is left to decide; raises Forbidden when somebody is."""
    concerned = job.concerned(suggestion)
    if suggestion.destination.kind == "moderation_desk":
        posts = {(item.space_id, item.source_id) for item in suggestion.evidence}
        concerned |= safety_cases.reporters(tx, suggestion.community_id, posts)
    if caller.member_id not in concerned:
        return False
    others = (m for m in people.all_members(tx, caller.community_id) if m.active and m.id not in concerned)
    if any(_decides(member.role, job) for member in others):
        raise Forbidden(f"Suggestion {suggestion.id} concerns you; somebody else has to decide it.")
    return True


def _decides(role: Role, job: Job) -> bool:
    """A host has every right of a moderator."""
    return role == "host" or role in job.decided_by
