"""How the signed-in member's posts were used, and the switches that decide what they may be used for."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.console.forms import Posted
from api.console.page import AnyMember, see
from api.cursors import pack, unpack_moment
from cohost.errors import Conflict, NotFound
from cohost.store.consents import Consents

router = APIRouter()
PER_PAGE = 20
APPEAL_CHARACTERS = 5_000


@router.get("/my-posts")
def show(visit: AnyMember, done: str = "", before: str = "") -> HTMLResponse:
    """Answers that quoted them, newest first, and the three switches."""
    uses = visit.core.uses
    found = uses.of_caller(visit.caller, before=unpack_moment(before) if before else None, limit=PER_PAGE + 1)
    shown = found[:PER_PAGE]
    older = pack(shown[-1].at.isoformat(), shown[-1].position) if len(found) > PER_PAGE else ""
    spaces = {space_id: visit.sight.spaces[space_id] for use in shown if (space_id := use.seen_in)}
    notes, appeals = visit.core.reports.notes(visit.caller), visit.core.appeals.own(visit.caller)
    standing = {note.key for note in notes}
    return visit.page(
        "uses.html", uses=shown, spaces=spaces, older=older, first=not before, consents=uses.consents(visit.caller),
        notes=notes, appeals=appeals, taken_back=[one for key, one in appeals.items() if key not in standing], done=done[:20],
    )  # fmt: skip


@router.post("/my-posts")
def change(visit: AnyMember, form: Posted) -> Response:
    """Set the switches: a box that is not ticked is off."""
    new = Consents(form.ticked("answers"), form.ticked("matching"), form.ticked("insights"))
    visit.core.uses.set_consents(visit.caller, new, visit.actor)
    return see("/my-posts?done=saved")


@router.post("/my-posts/appeals")
def appeal(visit: AnyMember, form: Posted) -> Response:
    """Answer a note and ask for a second look."""
    text = form.text("text", most=APPEAL_CHARACTERS, required=True, label="Your answer")
    try:
        visit.core.appeals.make(visit.caller, form.text("note", most=100, required=True), text)
    except (NotFound, Conflict) as error:
        return visit.page("told.html", title="Your answer", trouble=error.message, back="/my-posts")
    return see("/my-posts?done=appeal")
