"""The registry of jobs, and the one path they all share: propose, check, submit."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from cohost import __version__, quotes
from cohost.errors import InvalidInput
from cohost.ids import new_id
from cohost.jobs import answer, discuss, help, match, moderate
from cohost.jobs.shape import Job, Tools
from cohost.model import Request
from cohost.store import Tx, audit, requests, suggestions
from cohost.suggestion import Abstention, Draft, Suggestion

JOBS: dict[str, Job] = {job.name: job for job in (answer.JOB, discuss.JOB, help.JOB, match.JOB, moderate.JOB)}

AT_ONCE = 50  # drafts stored in one transaction: others who write wait for a second at most


class SourcesMoved(Exception):
    """A source changed while the draft was made; the request is worth another try."""


def run(request: Request, tools: Tools, *, max_characters: int) -> list[Suggestion]:
    """Run the request's job and submit what comes of it; raises SourcesMoved when nothing could be submitted."""
    outcomes = list(enumerate(JOBS[request.job].propose(request, tools)))
    made: list[Suggestion | None] = []
    for start in range(0, max(len(outcomes), 1), AT_ONCE):
        with tools.store.write() as tx:
            if not requests.hold(tx, request):  # erased, with who asked, meanwhile; or another worker has it
                break
            these = outcomes[start : start + AT_ONCE]
            made += [_submit(tx, request, outcome, n, tools.clock(), max_characters) for n, outcome in these]
            if start + AT_ONCE < len(outcomes):
                requests.renew(tx, request, tools.clock())
            else:
                JOBS[request.job].submitted(tx, request, tools.clock())
    return [one for one in made if one is not None]


def _submit(
    tx: Tx, request: Request, outcome: Draft | Abstention, position: int, now: datetime, max_characters: int
) -> Suggestion | None:
    in_effect = suggestions.published_for(tx, request.id)
    if in_effect is not None and in_effect.outdated_at is None:
        return None  # what it quotes stands again
    made = _suggestion(tx, request, outcome, now, max_characters)
    made = replace(made, corrects=in_effect.id if in_effect else None)
    if made.status == "pending" and not JOBS[request.job].still_true(tx, made, now):
        return None  # it went, or changed, while the draft was made
    # one suggestion per try: a worker that died after this commit cannot submit a second one for the same try
    # and what changed or went while the draft was made does not come back as a snapshot
    seen = quotes.still_allowed(tx, request.community_id, outcome.destination, outcome.passages, hold=True)
    stored = suggestions.add(tx, made, seen, dedupe_key=f"{request.id}/{request.attempts}/{position}")
    if stored:
        audit.record(
            tx, request.community_id, audit.WORKER, "suggestion.made", "suggestion", made.id, now=now, new=made.status,
            job=request.job, request=request.id,
        )  # fmt: skip
    return made


def _suggestion(
    tx: Tx, request: Request, outcome: Draft | Abstention, now: datetime, max_characters: int
) -> Suggestion:
    draft = isinstance(outcome, Draft)
    items = outcome.evidence if isinstance(outcome, Draft) else outcome.nearest
    # held: who changes a source meanwhile waits, then finds this suggestion among those that quote it
    standing = quotes.stand(tx, request.community_id, outcome.destination, items, hold=True)
    if isinstance(outcome, Draft):
        if not items and JOBS[request.job].needs_evidence:
            raise InvalidInput(f"Job {request.job} proposed a draft without evidence for request {request.id}.")
        if None in standing:
            raise SourcesMoved(request.id)
        _check_length(request, outcome, max_characters)
    return Suggestion(
        id=new_id("sg"), community_id=request.community_id, job=request.job, request_id=request.id,
        status="pending" if draft else "abstained", version=1, payload=outcome.payload,
        evidence=tuple(item for item in standing if item), destination=outcome.destination,
        rationale=outcome.rationale if isinstance(outcome, Draft) else outcome.reason, confidence=outcome.confidence,
        provenance=replace(outcome.provenance, code_version=__version__), created_at=now, updated_at=now,
    )  # fmt: skip


def _check_length(request: Request, draft: Draft, max_characters: int) -> None:
    for message in JOBS[request.job].messages(draft.payload, draft.destination, request.id):
        if len(message.text) > max_characters:
            raise InvalidInput(
                f"A draft for request {request.id} is longer than the platform takes ({max_characters})."
            )
