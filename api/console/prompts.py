"""Discussion prompts: ask for drafts, pick from a board of them, and see what works here."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.console.errors import status_of
from api.console.forms import Form, Posted
from api.console.page import HostOnly, Visit, see
from cohost.discuss.grounds import GROUND_NAMES
from cohost.discuss.occasions import OCCASION_NAMES
from cohost.discuss.patterns import FORMAT_NAMES
from cohost.discuss.payload import NAME
from cohost.discuss.variations import MOST as VARIATIONS
from cohost.errors import Conflict, InvalidInput, NotFound
from cohost.model import Member, Source
from cohost.store import people, sources

router = APIRouter()
NEW_SHOWN, LESSONS_SHOWN = 30, 200
LONG_AGO = datetime.min.replace(tzinfo=UTC)
SHOWN = 60  # drafts on the board
SLOTS_SHOWN = 60
THEMES_CHARACTERS = 5_000
MOST = 60  # asked for at once


@router.get("/prompts")
def show(visit: HostOnly, done: str = "") -> HTMLResponse:
    """The drafts that wait, and the record of the earlier ones."""
    return _page(visit, done=bool(done))


@router.post("/prompts")
def draft(visit: HostOnly, form: Posted) -> Response:
    """Ask for drafts; the worker makes them."""
    chosen = form.text("format", most=20)
    try:
        if chosen and chosen not in FORMAT_NAMES:
            raise InvalidInput("There is no such form of prompt.")
        ground = form.text("ground", most=20)
        asked = {
            "number": min(max(form.number("number"), 1), MOST), "theme": form.text("theme", most=200),
            "format": chosen or None, "ground": ground or None, "tone": form.text("tone", most=200),
            "variations": min(max(form.number("variations"), 1), VARIATIONS) if form.typed("variations") else 1,
        }  # fmt: skip
        visit.core.discussion.ask(visit.caller, form.text("space", most=500, required=True), asked, visit.actor)
    except (Conflict, InvalidInput, NotFound) as error:
        return _page(visit, trouble=error.message, status=status_of(error))
    return see("/prompts?done=yes")


@router.post("/prompts/occasion")
def draft_occasion(visit: HostOnly, form: Posted) -> Response:
    """Ask for a welcome, a recap or a kick-off."""
    try:
        _ask_for(visit, form)
    except (Conflict, InvalidInput, NotFound) as error:
        return _page(visit, trouble=error.message, status=status_of(error))
    return see("/prompts?done=yes")


@router.post("/prompts/calendar")
def plan(visit: HostOnly, form: Posted) -> Response:
    """Plan a space for the coming weeks."""
    themes = form.text("themes", most=THEMES_CHARACTERS).splitlines()
    try:
        visit.core.calendar.plan(
            visit.caller, form.text("space", most=500, required=True), weeks=form.number("weeks"),
            a_week=form.number("a_week"), themes=themes, actor=visit.actor,
        )  # fmt: skip
    except (Conflict, InvalidInput, NotFound) as error:
        return _page(visit, trouble=error.message, status=status_of(error))
    return see("/prompts")


@router.post("/prompts/calendar/drop")
def drop(visit: HostOnly, form: Posted) -> Response:
    """Take a slot out."""
    try:
        visit.core.calendar.drop(visit.community.id, form.text("slot", most=100, required=True))
    except (Conflict, NotFound) as error:
        return _page(visit, trouble=error.message, status=status_of(error))
    return see("/prompts")


def _ask_for(visit: Visit, form: Form) -> None:
    occasions, kind = visit.core.occasions, form.text("kind", most=20)
    if kind == "welcome":
        occasions.welcome(visit.caller, form.text("member", most=500, required=True), visit.actor)
    elif kind == "recap":
        occasions.recap(visit.caller, form.text("space", most=500, required=True), "", visit.actor)
    elif kind == "kickoff":
        lesson_space, _, lesson = form.text("lesson", most=2000, required=True).partition("\n")
        space = form.text("space", most=500, required=True)
        occasions.kickoff(visit.caller, space, (lesson_space, lesson.strip()), visit.actor)
    else:
        raise InvalidInput("Choose a welcome, a recap or a kick-off.")


def _newest(visit: Visit) -> list[Member]:
    """Whoever joined last, first."""
    with visit.core.store.read() as tx:
        members = [
            one for one in people.all_members(tx, visit.community.id) if one.active and one.joined_at is not None
        ]
    return sorted(members, key=lambda one: one.joined_at or LONG_AGO, reverse=True)[:NEW_SHOWN]


def _lessons(visit: Visit) -> list[Source]:
    with visit.core.store.read() as tx:
        return [one.source for one in sources.lessons(tx, visit.community.id, visit.sight.spaces, limit=LESSONS_SHOWN)]


def _page(visit: Visit, *, done: bool = False, trouble: str = "", status: int = 200) -> HTMLResponse:
    drafts = visit.core.approval.queue(visit.caller, statuses=("pending",), job=NAME, limit=SHOWN)
    spaces = [space for space in visit.sight.spaces.values() if space.kind != "event"]
    return visit.page(
        "prompts.html", status=status, drafts=drafts, spaces=sorted(spaces, key=lambda space: space.name), done=done,
        trouble=trouble, formats=FORMAT_NAMES, grounds=GROUND_NAMES, kinds=OCCASION_NAMES,
        names={**FORMAT_NAMES, **OCCASION_NAMES},
        newest=_newest(visit), lessons=_lessons(visit), record=visit.core.discussion.record(visit.community.id),
        on=NAME in visit.community.settings.jobs, slots=visit.core.calendar.listed(visit.community.id)[:SLOTS_SHOWN],
    )  # fmt: skip
