"""Moderation for its staff: what it looks for, whether it is on, and a rehearsal before it is."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.console.forms import Posted
from api.console.page import AnyMember, HostOnly, StaffOnly, Visit, see
from api.routes.community import CommunityBody, put_community
from cohost import audience
from cohost.errors import Conflict, NotFound
from cohost.jobs.moderate import NAME
from cohost.jobs.moderate_words import CATEGORIES
from cohost.rehearsal import Rehearsed, rehearse

router = APIRouter()
REHEARSED = 200  # posts: what is read while somebody waits
LOOKED_FOR = {name: words for name, words in CATEGORIES.items() if name != "reported"}
REASON_CHARACTERS = 2_000


@router.get("/moderation")
def show(visit: StaffOnly, done: str = "") -> HTMLResponse:
    """What holds now."""
    return _page(visit, done=done == "saved")


@router.post("/moderation")
def change(visit: HostOnly, form: Posted) -> Response:
    """Switch the job and its categories."""
    others = [job for job in visit.community.settings.jobs if job != NAME]
    off = [name for name in LOOKED_FOR if not form.ticked(name)]
    jobs = [*others, NAME] if form.ticked("reading") else others
    sent = CommunityBody.model_validate({"settings": {"jobs": jobs, "categories_off": off}})
    put_community(visit.core, visit.caller, sent)
    return see("/moderation?done=saved")


@router.post("/moderation/rehearsal")
def rehearsal(visit: StaffOnly, form: Posted) -> HTMLResponse:
    """What would have been flagged in the newest posts; stores nothing."""
    off = visit.community.settings.categories_off
    return _page(
        visit, rehearsed=rehearse(visit.core.store, visit.core.moderation, visit.community.id, limit=REHEARSED, off=off)
    )


@router.post("/report")
def report(visit: AnyMember, form: Posted) -> Response:
    """A member asks moderators to look at a post."""
    space_id, source_id = form.text("space", most=500, required=True), form.text("source", most=1_000, required=True)
    audience.space_in_sight(visit.sight, visit.caller, space_id)
    try:
        visit.core.reports.report(visit.caller, space_id, source_id, form.text("reason", most=REASON_CHARACTERS))
    except (NotFound, Conflict) as error:
        return visit.page("reported.html", space_id=space_id, trouble=error.message)
    return visit.page("reported.html", space_id=space_id, trouble="")


def _page(visit: Visit, *, done: bool = False, rehearsed: Rehearsed | None = None) -> HTMLResponse:
    return visit.page(
        "moderation.html",
        done=done,
        rehearsed=rehearsed,
        categories=LOOKED_FOR,
        on=NAME in visit.community.settings.jobs,
    )
