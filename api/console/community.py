"""The community's own page: name, Big Purpose, guidelines and settings, edited by hosts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from pydantic import ValidationError

from api.console.errors import status_of
from api.console.forms import Form, Posted
from api.console.page import HostOnly, Visit, see
from api.routes.community import CommunityBody, put_community
from cohost.errors import CohostError, InvalidInput, StaleVersion
from cohost.model import UNASKED, Community, UnaskedKind
from cohost.store import spend

router = APIRouter()
LONGEST = 120_000  # characters: a hundred lines of a thousand, the most that goals may hold
SPEND_DAYS = 30
LABELS = {
    "name": "Name", "for_whom": "Who it is for", "goals": "Shared goals", "activities": "Activities",
    "outcome": "Outcome", "caution": "Caution", "answer_words": "Longest answer",
    "waiting_text": "While they wait", "words_excluded": "Words to avoid",
}  # fmt: skip


UNASKED_WORDS: dict[UnaskedKind, tuple[str, str]] = {
    "prompt": ("Prompts.", "For what the calendar plans, five days ahead."),
    "welcome": ("Welcomes.", "Some days after somebody joined."),
    "recap": ("Recaps.", "When a week is over."),
    "kickoff": ("Kick-offs.", "A day before the calendar comes to a lesson."),
}


@router.get("/community")
def show(visit: HostOnly, done: str = "") -> HTMLResponse:
    """The form with what holds now."""
    by_itself: list[str] = [kind for kind in UNASKED if kind not in visit.community.settings.unasked_off]
    return _page(visit, _values(visit.community), list(visit.community.guidelines), by_itself, done=done == "saved")


@router.post("/community")
def change(visit: HostOnly, form: Posted) -> Response:
    """Save; a changed Big Purpose becomes its next version."""
    typed = {name: form.typed(name) for name in LABELS}
    guidelines = form.several("guidelines")
    try:
        put_community(visit.core, visit.caller, _body(form, guidelines))
    except (InvalidInput, StaleVersion) as error:
        by_itself = form.several("by_itself")
        return _page(visit, typed, guidelines, by_itself, error=error.message, status=status_of(error))
    return see("/community?done=saved")


def _body(form: Form, guidelines: list[str]) -> CommunityBody:
    """The form in the shape of the API's own body, so that both have the same limits."""
    text = {name: form.text(name, most=LONGEST, label=LABELS[name]) for name in LABELS}
    fields: dict[str, Any] = {
        "name": text["name"],
        "big_purpose": {
            "version": form.number("version"), "for_whom": text["for_whom"], "goals": _lines(text["goals"]),
            "activities": _lines(text["activities"]), "outcome": text["outcome"],
        },
        "guidelines": guidelines,
        "settings": {
            "caution": text["caution"], "answer_words": form.number("answer_words"),
            "waiting_text": text["waiting_text"], "words_excluded": _lines(text["words_excluded"]),
            "unasked_off": [kind for kind in UNASKED if kind not in form.several("by_itself")],
        },
    }  # fmt: skip
    try:
        return CommunityBody.model_validate(fields)
    except ValidationError as error:
        raise _named(error) from error


def _named(error: ValidationError) -> CohostError:
    first = error.errors()[0]
    names = [str(part) for part in first["loc"] if str(part) in LABELS]
    label = LABELS[names[-1]] if names else "Guidelines" if "guidelines" in first["loc"] else "The form"
    return InvalidInput(f"{label}: {first['msg'].lower()}.", field=names[-1] if names else None)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _one_per_line(items: Iterable[str]) -> str:
    return "\n".join(" ".join(item.split()) for item in items)


def _values(community: Community) -> dict[str, str]:
    purpose, settings = community.big_purpose, community.settings
    return {
        "name": community.name, "for_whom": purpose.for_whom, "goals": _one_per_line(purpose.goals),
        "activities": _one_per_line(purpose.activities), "outcome": purpose.outcome,
        "caution": settings.caution, "answer_words": str(settings.answer_words), "waiting_text": settings.waiting_text,
        "words_excluded": _one_per_line(settings.words_excluded),
    }  # fmt: skip


def _page(
    visit: Visit, values: dict[str, str], guidelines: list[str], by_itself: list[str], *,
    error: str = "", done: bool = False, status: int = 200,
) -> HTMLResponse:  # fmt: skip
    return visit.page(
        "community.html", status=status, values=values, guidelines=guidelines, error=error, done=done, spend=_spend(visit),
        unasked=UNASKED_WORDS, by_itself=by_itself,
    )  # fmt: skip


@dataclass(frozen=True)
class Spend:
    """Tokens of one job."""

    job: str
    today: int
    month: int


def _spend(visit: Visit) -> list[Spend]:
    """What each job used of a language model, today and in the last days, in UTC."""
    today = visit.core.clock().date()
    with visit.core.store.read() as tx:
        now = {one.job: one.tokens for one in spend.by_job(tx, visit.community.id, today=today)}
        month = spend.by_job(tx, visit.community.id, today=today, days=SPEND_DAYS)
    return [Spend(one.job, now.get(one.job, 0), one.tokens) for one in month]
