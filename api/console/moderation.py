"""Moderation for its staff: what it looks for, whether it is on, and a rehearsal before it is."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from pydantic import ValidationError

from api.console.errors import status_of
from api.console.forms import Posted
from api.console.page import AnyMember, HostOnly, StaffOnly, Visit, see
from api.routes.community import CommunityBody, put_community
from cohost import audience
from cohost.appeals import Outcome
from cohost.errors import Conflict, Forbidden, InvalidInput, NotFound
from cohost.jobs.moderate_payload import NAME
from cohost.jobs.moderate_words import CATEGORIES, Words
from cohost.sensitivity import UNSHOWN
from cohost.store import readings
from cohost.store.readings import Reading

router = APIRouter()
MOST_REHEARSED = 10_000  # posts
FLAGS_SHOWN = 50
LOOKED_FOR = {name: words for name, words in CATEGORIES.items() if name != "reported"}
REASON_CHARACTERS = 2_000
MOST_WORDS = 20  # characters of what the page is told to say
APPEALS_SHOWN = 30
READINGS_SHOWN = 20


@dataclass(frozen=True)
class Mapped:
    """A category with the guideline that speaks of it."""

    name: str
    words: Words
    chosen: str  # by a host; "" = by meaning
    by_meaning: int | None  # the number of the nearest guideline


@router.get("/moderation")
def show(visit: StaffOnly, done: str = "") -> HTMLResponse:
    """What holds now."""
    return _page(visit, done=done[:MOST_WORDS])


@router.post("/moderation")
def change(visit: HostOnly, form: Posted) -> Response:
    """Switch the job and its categories, and say how much it shows."""
    others = [job for job in visit.community.settings.jobs if job != NAME]
    guidelines = visit.community.guidelines
    asked = {name: f"guideline-{name}" for name in LOOKED_FOR}
    chosen = {name: form.number(field) if form.text(field, most=20) else 0 for name, field in asked.items()}
    if any(number > len(guidelines) for number in chosen.values()):
        raise InvalidInput("The guidelines have changed meanwhile. Load the page again, and choose anew.")
    settings = {
        "jobs": [*others, NAME] if form.ticked("reading") else others,
        "categories_off": [name for name in LOOKED_FOR if not form.ticked(name)],
        "moderation_shadow": form.ticked("shadow"),
        "flag_budget": form.text("budget", most=20, required=True),
        "flags_per_day": form.number("per_day"),
        "moderation_version": form.number("learned") - 1,  # the form counts from 0: the newest
        "category_guidelines": {name: guidelines[number - 1] for name, number in chosen.items() if number},
    }
    try:
        sent = CommunityBody.model_validate({"settings": settings})
    except ValidationError as error:
        return _page(visit, trouble=f"Nothing was saved: {error.errors()[0]['msg'].lower()}.", status=422)
    put_community(visit.core, visit.caller, sent)
    return see("/moderation?done=saved")


@router.post("/moderation/rehearsal")
def rehearsal(visit: StaffOnly, form: Posted) -> Response:
    """What would have been flagged in the newest posts; the page shows how far it is."""
    limit = form.number("limit")
    if not 1 <= limit <= MOST_REHEARSED:
        return _page(visit, trouble=f"Choose a number of posts from 1 to {MOST_REHEARSED}.", status=422)
    visit.core.rehearsals.ask(visit.community.id, limit, visit.actor)
    return see("/moderation#rehearsed")


@router.post("/moderation/appeals")
def decide_appeal(visit: StaffOnly, form: Posted) -> Response:
    """A second look at a flag."""
    outcome: Outcome = "overturned" if form.text("verdict", most=20, required=True) == "overturn" else "upheld"
    reason = form.text("reason", most=REASON_CHARACTERS, required=True, label="Your reason")
    try:
        settled = visit.core.appeals.decide(visit.caller, form.text("appeal", most=100, required=True), outcome, reason)
    except (Conflict, Forbidden) as error:
        return _page(visit, trouble=error.message, status=status_of(error))
    return _page(visit, trouble=settled.by_hand) if settled.by_hand else see("/moderation?done=appeal")


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


def _page(visit: Visit, *, done: str = "", trouble: str = "", status: int = 200) -> HTMLResponse:
    return visit.page(
        "moderation.html",
        status=status,
        done=done,
        trouble=trouble,
        rehearsal=visit.core.rehearsals.newest(visit.community.id),
        flags_shown=FLAGS_SHOWN,
        categories=LOOKED_FOR,
        mapped=_mapped(visit) if visit.is_host else [],
        on=NAME in visit.community.settings.jobs,
        record=visit.core.tuner.record(visit.community.id),
        appeals=visit.core.appeals.listed(visit.caller)[:APPEALS_SHOWN],
        unshown=_unshown(visit),
    )


def _mapped(visit: Visit) -> list[Mapped]:
    chosen, guidelines = visit.community.settings.category_guidelines, visit.community.guidelines
    return [
        Mapped(name, words, chosen.get(name, ""), visit.core.moderation.guideline(words.meaning, guidelines))
        for name, words in LOOKED_FOR.items()
    ]


def _unshown(visit: Visit) -> list[Reading]:
    """The newest posts that were seen and not put to the queue."""
    with visit.core.store.read() as tx:
        return [
            one
            for outcome in UNSHOWN
            for one in readings.with_outcome(tx, visit.community.id, outcome, limit=READINGS_SHOWN)
        ]
