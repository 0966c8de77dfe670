"""One suggestion: the draft, what it rests on, how it was made, and a person's decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.console import words
from api.console.compare import side_by_side
from api.console.errors import status_of
from api.console.evidence import in_sources
from api.console.forms import Form, Posted
from api.console.helping import days_of, members_first
from api.console.page import HostOnly, StaffOnly, Visit, see
from api.console.queue import asked_by, waiting_like
from cohost import recall
from cohost.discuss.occasions import OCCASION_NAMES
from cohost.discuss.patterns import FORMAT_NAMES
from cohost.discuss.reword import HOWS
from cohost.errors import AlreadyDecided, Conflict, DeliveryFailed, InvalidInput, StaleVersion
from cohost.model import Source
from cohost.sensitivity import agreement
from cohost.store import feedback, moderation_fits, safety_cases, sources, suggestions
from cohost.suggestion import Decision, Message, Suggestion, Verdict

router = APIRouter()
TEXT_CHARACTERS = 20_000  # the longest message of any connector
REASON_CHARACTERS = 2_000
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
Refusal = InvalidInput | Conflict | DeliveryFailed  # what a person can act on, so the page stays with what they typed


@router.get("/queue/{suggestion_id}")
def show(visit: StaffOnly, suggestion_id: str, done: str = "") -> HTMLResponse:
    """The suggestion as it is now."""
    return _page(visit, suggestion_id, done=bool(done))


@router.post("/queue/{suggestion_id}/decision")
def decide(visit: StaffOnly, suggestion_id: str, form: Posted) -> Response:
    """Approve, edit, reject or escalate the version that was shown."""
    try:
        decision = _decision(form)
        visit.core.approval.decide(visit.caller, suggestion_id, decision)
    except (InvalidInput, Conflict) as error:
        return refused(visit, suggestion_id, error, typed=typed_in(form))
    return see(f"/queue/{suggestion_id}?done=yes")


@router.post("/queue/{suggestion_id}/undo")
def undo(visit: StaffOnly, suggestion_id: str, form: Posted) -> Response:
    """Take a published suggestion back."""
    try:
        visit.core.approval.undo(visit.caller, suggestion_id)
    except (Conflict, DeliveryFailed) as error:
        return refused(visit, suggestion_id, error)
    return see(f"/queue/{suggestion_id}?done=yes")


@router.post("/queue/{suggestion_id}/delivery")
def delivery(visit: StaffOnly, suggestion_id: str, form: Posted) -> Response:
    """Say whether an uncertain message was posted."""
    sent = form.text("sent", most=3, required=True) == "yes"
    try:
        visit.core.approval.delivery(visit.caller, suggestion_id, sent=sent)
    except Conflict as error:
        return refused(visit, suggestion_id, error)
    return see(f"/queue/{suggestion_id}?done=yes")


@router.post("/queue/{suggestion_id}/members-first")
def ask_members_first(visit: HostOnly, suggestion_id: str, form: Posted) -> Response:
    """Let a draft wait, and have an invitation drafted."""
    try:
        visit.core.helping.ask(visit.caller, suggestion_id, visit.actor, days=days_of(form))
    except (InvalidInput, Conflict) as error:
        return refused(visit, suggestion_id, error)
    return see(f"/queue/{suggestion_id}")


@router.post("/queue/{suggestion_id}/seen")
def seen(visit: HostOnly, suggestion_id: str, form: Posted) -> Response:
    """A host has looked at what members say of an answer."""
    suggestion = visit.core.approval.visible(visit.caller, suggestion_id)
    with visit.core.store.write() as tx:
        feedback.mark_seen(tx, suggestion.id)
    return see(f"/queue/{suggestion_id}")


def _decision(form: Form) -> Decision:
    sent = form.text("verdict", most=20)
    verdict = next((known for known in VERDICTS if known == sent), None)
    if verdict is None:
        raise InvalidInput("Choose one of the buttons: approve, edit, reject or escalate.", field="verdict")
    payload = None
    if verdict == "edit":
        payload = changed_in(form)
    return Decision(verdict, form.number("version"), payload, form.text("reason", most=REASON_CHARACTERS))


def changed_in(form: Form) -> dict[str, Any]:
    """The changed payload that a form holds."""
    step = form.text("step", most=20)  # of a flag: apart from the verdict, and it may need no words
    text = form.text("text", most=TEXT_CHARACTERS, label="Your text", required=not step)
    payload = {"text": text, "step": step} if step else {"text": text}
    payload |= {"move_to": form.text("move_to", most=500)} if step == "move" else {}
    payload |= {"low_effort": form.text("low_effort", most=300)} if form.has("low_effort") else {}
    return payload | ({"title": form.text("title", most=300)} if form.typed("title") else {})


def typed_in(form: Form) -> dict[str, str]:
    """What a person typed into the fields of an edit, to show it again."""
    return {name: form.typed(name) for name in ("text", "title", "low_effort") if form.has(name)}


def with_preview(visit: Visit, suggestion_id: str, typed: dict[str, str], previewed: Sequence[Message]) -> HTMLResponse:
    """The page with what was typed, and what would be posted."""
    return _page(visit, suggestion_id, typed=typed, previewed=previewed)


def refused(visit: Visit, suggestion_id: str, error: Refusal, *, typed: dict[str, str] | None = None) -> HTMLResponse:
    """The page as it stands now, with what stood in the way and what was typed."""
    suggestion = visit.core.approval.visible(visit.caller, suggestion_id)
    message = _kindly(visit, suggestion, error)
    return _page(visit, suggestion_id, status=status_of(error), refusal=message, typed=typed or {})


def _kindly(visit: Visit, suggestion: Suggestion, error: Refusal) -> str:
    """Who decided what meanwhile, or what else stands in the way."""
    if isinstance(error, AlreadyDecided):
        verdicts = _verdicts(visit, suggestion)
        if verdicts:
            last = verdicts[-1]
            ago = words.age(last["decided_at"], visit.core.clock())
            return f"{last['who']} {last['did']} {ago}, so nothing was changed."
        return "This was settled meanwhile, so nothing was changed."
    if isinstance(error, StaleVersion):
        return "This changed while you were reading, so nothing was decided. Below is how it stands now."
    if isinstance(error, Conflict) and suggestion.status == "withdrawn":
        return "A source it quotes has changed, so it was withdrawn and nothing was posted. It is being drafted again."
    return error.message


def _page(
    visit: Visit, suggestion_id: str, *, status: int = 200, done: bool = False, refusal: str = "",
    typed: dict[str, str] | None = None, previewed: Sequence[Message] = (),
) -> HTMLResponse:  # fmt: skip
    suggestion = visit.core.approval.visible(visit.caller, suggestion_id)
    with visit.core.store.read() as tx:
        snapshots = suggestions.snapshot_rows(tx, suggestion.id)
        changes = recall.changes_behind(tx, suggestion)
        said = feedback.counts(tx, [suggestion.id]).get(suggestion.id, feedback.Counts())
        remarks = feedback.remarks(tx, suggestion.id)
        unseen = visit.is_host and suggestion.id in feedback.called_wrong(tx, visit.community.id)
    return visit.page(
        "suggestion.html", status=status, suggestion=suggestion, tab=words.tab_for(suggestion),
        text=str(suggestion.payload.get("text", "")), asked_by=asked_by(visit, suggestion),
        evidence=in_sources(visit, suggestion), snapshots=snapshots, verdicts=_verdicts(visit, suggestion),
        edited=_edited(suggestion), done=done, refusal=refusal, changes=changes, said=said,
        remarks=remarks, unseen=unseen, beside=_beside(visit, suggestion), answered=_answered(visit, suggestion),
        reports=_reports(visit, suggestion), agreed=_agreed(visit, suggestion),
        members_first=members_first(visit, suggestion), typed=typed or {}, previewed=previewed,
        hows=HOWS, formats={**FORMAT_NAMES, **OCCASION_NAMES},
    )  # fmt: skip


@dataclass(frozen=True)
class Beside:
    """Ids of what waits before and after, in the same list; "" where nothing does."""

    before: str
    after: str


def _beside(visit: Visit, suggestion: Suggestion) -> Beside:
    waiting = [s for s in waiting_like(visit, suggestion) if s.id != suggestion.id]
    at = (suggestion.created_at, suggestion.id)
    older = [s.id for s in waiting if (s.created_at, s.id) < at]
    newer = [s.id for s in waiting if (s.created_at, s.id) > at]
    return Beside(older[-1] if older else "", newer[0] if newer else "")


def _reports(visit: Visit, suggestion: Suggestion) -> list[str]:
    """What members wrote with their reports of the post that a flag is about; not who."""
    if suggestion.job != "moderate":
        return []
    posts = {(item.space_id, item.source_id) for item in suggestion.evidence}
    with visit.core.store.read() as tx:
        return [reason for post in sorted(posts) for reason in safety_cases.reasons(tx, visit.community.id, *post)]


def _answered(visit: Visit, suggestion: Suggestion) -> Source | None:
    """The post that a flagged one answers, to judge it by."""
    if suggestion.job != "moderate" or not suggestion.evidence:
        return None
    space_id, source_id = suggestion.evidence[0].space_id, suggestion.evidence[0].source_id
    with visit.core.store.read() as tx:
        post = sources.texts(tx, visit.community.id, [(space_id, source_id)]).get((space_id, source_id))
        parent = (space_id, post.parent_id) if post and post.parent_id else None
        return sources.texts(tx, visit.community.id, [parent]).get(parent) if parent else None


def _agreed(visit: Visit, suggestion: Suggestion) -> tuple[int, int] | None:
    """How people decided earlier flags like this one: (agreed, all)."""
    if suggestion.job != "moderate" or suggestion.status != "pending":
        return None
    with visit.core.store.read() as tx:
        decided = moderation_fits.agreements(tx, visit.community.id, suggestion.job)
    return agreement(decided, str(suggestion.payload.get("category", "")), suggestion.confidence)


def _verdicts(visit: Visit, suggestion: Suggestion) -> list[dict[str, Any]]:
    with visit.core.store.read() as tx:
        rows = suggestions.decisions_of(tx, suggestion.id)
    return [{**row, "who": _who(visit, row["member_id"]), "did": words.VERDICT[row["verdict"]]} for row in rows]


def _who(visit: Visit, member_id: str) -> str:
    return "You" if member_id == visit.member.id else visit.name(member_id)


def _edited(suggestion: Suggestion) -> tuple[str, str] | None:
    """The draft and what a person made of it, where there was a draft."""
    before = str((suggestion.original_payload or {}).get("text", ""))
    return side_by_side(before, str(suggestion.payload.get("text", ""))) if before else None
