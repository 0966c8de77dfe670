"""A draft in other words, and what an edit of it will look like."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.console.errors import status_of
from api.console.forms import Posted
from api.console.page import HostOnly, StaffOnly, see
from api.console.suggestion import changed_in, refused, typed_in, with_preview
from cohost.discuss.reword import HOWS
from cohost.errors import Conflict, InvalidInput
from cohost.rewording import Among

router = APIRouter()
LISTS: tuple[Among, ...] = ("variations", "earlier")
FRAGMENT = "X-Fragment"  # a page's script sends it to get the preview alone


@router.post("/queue/{suggestion_id}/reworded")
def reword(visit: HostOnly, suggestion_id: str, form: Posted) -> Response:
    """Shorter, warmer or simpler."""
    try:
        how = form.one_of("how", HOWS, "Choose shorter, warmer or simpler.")
        visit.core.rewording.reword(visit.caller, suggestion_id, form.number("version"), how)
    except (InvalidInput, Conflict) as error:
        return refused(visit, suggestion_id, error)
    return see(f"/queue/{suggestion_id}#draft")


@router.post("/queue/{suggestion_id}/wording")
def take(visit: HostOnly, suggestion_id: str, form: Posted) -> Response:
    """A variation or an earlier wording in place of the one shown."""
    try:
        among = form.one_of("among", LISTS, "Choose one of the wordings.")
        version, number = form.number("version"), form.number("number")
        visit.core.rewording.take(visit.caller, suggestion_id, version, among, number)
    except (InvalidInput, Conflict) as error:
        return refused(visit, suggestion_id, error)
    return see(f"/queue/{suggestion_id}#draft")


@router.post("/queue/{suggestion_id}/preview")
def preview(visit: StaffOnly, suggestion_id: str, form: Posted) -> HTMLResponse:
    """What would be posted; stores nothing. The whole page, or, for its script, the preview alone."""
    alone, typed = FRAGMENT in visit.request.headers, typed_in(form)
    try:
        seen = visit.core.approval.preview(visit.caller, suggestion_id, changed_in(form))
    except (InvalidInput, Conflict) as error:
        if alone:
            return visit.page("preview.html", status=status_of(error), previewed=(), trouble=error.message)
        return refused(visit, suggestion_id, error, typed=typed)
    return (
        visit.page("preview.html", previewed=seen, trouble="")
        if alone
        else with_preview(visit, suggestion_id, typed, seen)
    )
