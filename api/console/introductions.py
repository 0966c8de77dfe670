"""Introductions: rounds for hosts; profile, invitations and their outcome for every member."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import cos, pi, sin
from typing import get_args

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.console.errors import status_of
from api.console.forms import Form, Posted
from api.console.page import AnyMember, HostOnly, Visit, see
from cohost.errors import Conflict, InvalidInput, NotFound
from cohost.jobs.match_round import Asked, Shape
from cohost.match.compatibility import Weights
from cohost.match.ordered import MOST_RULES, Kind, Rule, RuleField, in_words, rule_of
from cohost.match.stored import ITEM_CHARACTERS, PURPOSES, SHOWN
from cohost.rounds import Feasibility, people_of
from cohost.store.profiles import StoredProfile
from cohost.suggestion import Suggestion

router = APIRouter()
FIELDS = {
    "goals": "What I want to reach", "interests": "What I care about", "offers": "What I can help with",
    "asks": "What I want help with", "languages": "Languages I speak",
}  # fmt: skip
LINES_CHARACTERS = 5_000  # of one field, an entry a line
MOST_DAYS = 60
WIDTH, MARGIN = 360, 24  # of the picture of a group, in its own units
RADIUS, PAIR_RADIUS, LABEL = 80, 90, 20  # of its ring; of two; below a dot
PARTS = {
    "asks_offers": "What one asks for and the other offers", "shared_goals": "The same goals",
    "shared_interests": "The same interests", "diverse_perspectives": "Different views", "rhythm": "Writing about as often",
    "level_gap": "One is further than the other", "balanced_levels": "Levels that add up",
}  # fmt: skip
WEIGHED = ("asks_offers", "shared_goals", "shared_interests", "diverse_perspectives", "rhythm")
RULES = {
    f"{kind}:{field}": in_words(Rule(kind, field)) for kind in get_args(Kind) for field in get_args(RuleField)
}  # fmt: skip
COUNTS = {"usual": "as usual", "none": "not at all", "half": "half as much", "double": "twice as much"}
FACTORS = {"none": 0.0, "half": 0.5, "double": 2.0}


@dataclass(frozen=True)
class Dot:
    """A person in the picture of a group."""

    x: float
    y: float
    name: str


@dataclass(frozen=True)
class Picture:
    """A group as a ring, two people side by side."""

    dots: tuple[Dot, ...]
    height: float


@router.get("/match")
def rounds(visit: HostOnly) -> HTMLResponse:
    """Make a round; the last ones, and how they went."""
    return _rounds(visit)


@router.post("/match")
def make(visit: HostOnly, form: Posted) -> Response:
    """Look at what the rules leave, or make the round."""
    try:
        asked = _asked(form)
        if form.text("look", most=5):
            seen = visit.core.rounds.feasibility(visit.community.id, asked)
            return _rounds(visit, seen=seen, asked=asked, chosen=_weights(form), rules=_rules(form))
        deadline = visit.core.clock() + timedelta(days=min(max(form.number("days"), 1), MOST_DAYS))
        made = visit.core.rounds.make(visit.caller, asked, deadline, visit.actor)
    except (InvalidInput, Conflict) as error:
        return _rounds(visit, trouble=error.message, status=status_of(error))
    return see(f"/match/{made.id}")


@router.get("/match/{round_id}")
def one_round(visit: HostOnly, round_id: str) -> HTMLResponse:
    """Proposed meetings with reasons and a picture; whom it leaves out, and why."""
    return _one(visit, round_id)


@router.post("/match/{round_id}")
def decide(visit: HostOnly, round_id: str, form: Posted) -> Response:
    """Approve all that wait, or match anew with what is locked and dropped."""
    try:
        if form.text("do", most=10, required=True) == "approve":
            visit.core.round_approval.approve(visit.caller, round_id)
            return see(f"/match/{round_id}")
        locked, dropped = form.several("lock"), form.several("drop")
        visit.core.rounds.again(visit.caller, round_id, locked=locked, dropped=dropped, actor=visit.actor)
    except (InvalidInput, Conflict) as error:
        return _one(visit, round_id, trouble=error.message, status=status_of(error))
    return see(f"/match/{round_id}")


@router.get("/introductions")
def mine(visit: AnyMember, done: str = "") -> HTMLResponse:
    """What one says of oneself, and the invitations."""
    return _mine(visit, done=done[:20])


@router.post("/introductions")
def write(visit: AnyMember, form: Posted) -> Response:
    """Store the profile as it was sent."""
    given = {name: form.text(name, most=LINES_CHARACTERS).splitlines() for name in (*FIELDS, "free")}
    given["interests"] += form.several("suggested")
    single = {name: form.text(name, most=LINES_CHARACTERS) for name in ("about", "time_zone")}
    numbers = {name: form.number(name) for name in ("level", "capacity") if form.text(name, most=5)}
    chosen = {"shown": form.several("shown"), "purposes": form.several("purposes")}
    entries = {name: [line.strip() for line in lines if line.strip()] for name, lines in given.items()}
    try:
        visit.core.profiles.put(visit.caller, {**entries, **single, **numbers, **chosen}, visit.actor)
    except InvalidInput as error:
        typed = StoredProfile(
            visit.caller.member_id or "",
            {**entries, **single, **numbers},
            tuple(chosen["shown"]),
            tuple(chosen["purposes"]),
        )
        return _mine(visit, typed=typed, trouble=f"Nothing was saved: {error.message}", status=422)
    return see("/introductions?done=saved")


@router.post("/introductions/answer")
def answer(visit: AnyMember, form: Posted) -> Response:
    """Yes or no to an invitation."""
    said = form.text("answer", most=10, required=True)
    try:
        visit.core.invitations.answer(
            visit.caller, form.text("invitation", most=100, required=True), accept=said == "accept",
            not_again=form.ticked("not_again"),
        )  # fmt: skip
    except (Conflict, InvalidInput, NotFound) as error:
        return _mine(visit, trouble=error.message, status=status_of(error))
    return see("/introductions?done=answered")


@router.post("/introductions/outcome")
def outcome(visit: AnyMember, form: Posted) -> Response:
    """How it went, in two taps."""
    said = form.text("outcome", most=10, required=True)
    again = {"again": True, "met": False}.get(said)
    try:
        visit.core.invitations.outcome(
            visit.caller, form.text("invitation", most=100, required=True), met=said != "not_met", again=again
        )
    except (Conflict, NotFound) as error:
        return _mine(visit, trouble=error.message, status=status_of(error))
    return see("/introductions?done=answered")


def picture(names: Sequence[str]) -> Picture:
    """Everybody of one introduction."""
    pair = len(names) == 2
    radius, start, turn = PAIR_RADIUS if pair else RADIUS, pi if pair else -pi / 2, 2 * pi / max(len(names), 1)
    up = MARGIN if pair else MARGIN + radius
    spots = [
        (WIDTH / 2 + radius * cos(start + n * turn), up + radius * sin(start + n * turn)) for n in range(len(names))
    ]
    dots = tuple(Dot(round(x, 1), round(y, 1), name) for (x, y), name in zip(spots, names, strict=True))
    return Picture(dots, max((dot.y for dot in dots), default=0) + LABEL + MARGIN)


def _asked(form: Form) -> dict[str, object]:
    shape = form.text("shape", most=20, required=True)
    usual = Asked.model_validate({"shape": shape}).weights_of() if shape in get_args(Shape) else Weights()
    return {
        "weights": {part: FACTORS[how] * getattr(usual, part) for part, how in _weights(form).items() if how in FACTORS},
        "rules": [rule_of(text) for text in _rules(form) if text],
        "title": form.text("title", most=200), "shape": shape,
        "purpose": "groups" if shape == "groups" else "introductions", "group_size": form.number("group_size"),
        "overlap_hours": form.number("overlap_hours"), "shared_language": form.ticked("shared_language"),
        "no_repeat_rounds": form.number("no_repeat_rounds"),
    }  # fmt: skip


def _rules(form: Form) -> list[str]:
    return [form.text(f"rule_{at}", most=40) for at in range(MOST_RULES)]


def _weights(form: Form) -> dict[str, str]:
    return {part: form.text(f"weight_{part}", most=10) for part in WEIGHED}


def _rounds(
    visit: Visit, *, seen: Feasibility | None = None, asked: dict[str, object] | None = None,
    chosen: dict[str, str] | None = None, rules: Sequence[str] = ("",) * MOST_RULES, trouble: str = "", status: int = 200,
) -> HTMLResponse:  # fmt: skip
    return visit.page(
        "rounds.html", status=status, rounds=visit.core.rounds.listed(visit.community.id), seen=seen,
        asked=asked or {}, pauses=visit.core.rounds.pauses(visit.community.id), trouble=trouble,
        on="match" in visit.community.settings.jobs, weighed={part: PARTS[part] for part in WEIGHED}, counts=COUNTS,
        chosen=chosen or {}, rules=RULES, chosen_rules=rules, in_words=in_words,
    )  # fmt: skip


def _one(visit: Visit, round_id: str, *, trouble: str = "", status: int = 200) -> HTMLResponse:
    view = visit.core.rounds.view(visit.community.id, round_id)
    shown: list[tuple[Suggestion, Picture]] = [
        (one, picture(people_of(one))) for one in view.introductions if people_of(one)
    ]
    told = trouble or " ".join(dict.fromkeys(view.not_approved.values()))
    return visit.page(
        "round.html",
        status=status,
        view=view,
        shown=shown,
        trouble=told,
        width=WIDTH,
        label=LABEL,
        parts_in_words=PARTS,
        in_words=in_words,
        rules=RULES,
    )


def _mine(
    visit: Visit, *, typed: StoredProfile | None = None, done: str = "", trouble: str = "", status: int = 200
) -> HTMLResponse:
    return visit.page(
        "introductions.html", status=status, done=done, trouble=trouble, fields=FIELDS, shown=SHOWN, purposes=PURPOSES,
        profile=typed or visit.core.profiles.own(visit.caller), suggested=visit.core.profiles.suggested(visit.caller),
        invitations=visit.core.invitations.listed(visit.caller), most=ITEM_CHARACTERS,
    )  # fmt: skip
