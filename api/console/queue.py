"""The queue: what waits for a person, and what became of the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from api.console import words
from api.console.page import StaffOnly, Visit
from api.console.words import Tab
from cohost.errors import InvalidInput
from cohost.store import feedback, requests, suggestions
from cohost.suggestion import Suggestion

router = APIRouter()
PER_PAGE = 20
WRONG_SHOWN = 5
COUNTED = 100  # a longer list shows as "99+": nobody needs the exact number, and counting loads the rows
QUESTIONED = ("answer", "help")  # jobs that work on a member's question


@dataclass(frozen=True)
class Card:
    """A suggestion in the list, with who asked."""

    suggestion: Suggestion
    asked_by: str  # a name, "" where nobody asked


@router.get("/queue")
def show(visit: StaffOnly, status: str = "pending", after: str = "") -> HTMLResponse:
    """One filter of the queue, oldest first."""
    tab = next((tab for tab in words.TABS if tab.slug == status), None)
    if tab is None:
        raise InvalidInput(f"There is no filter {status[:40]!r}. The links above the queue show all of them.")
    found = _found(visit, tab, after)
    shown = found[:PER_PAGE]
    return visit.page(
        "queue.html", tab=tab, cards=_cards(visit, shown), counts={t.slug: _count(visit, t) for t in words.TABS},
        next=shown[-1].id if len(found) > PER_PAGE else "", wrong=_called_wrong(visit),
    )  # fmt: skip


def asked_by(visit: Visit, suggestion: Suggestion) -> str:
    """The name of the member whose question it comes of, "" where it comes of none."""
    if suggestion.request_id is None or suggestion.job not in QUESTIONED:
        return ""
    with visit.core.store.read() as tx:
        request = requests.find(tx, visit.community.id, suggestion.request_id)
    return visit.name(request.requested_by) if request and request.requested_by else ""


def waiting_like(visit: Visit, suggestion: Suggestion) -> list[Suggestion]:
    """What waits in the list that this one is, or was, in; oldest first, at most some."""
    tab = words.tab_for(replace(suggestion, status="pending"))
    return visit.core.approval.queue(visit.caller, limit=COUNTED, **_of(tab))


def _called_wrong(visit: Visit) -> list[Suggestion]:
    if not visit.is_host:
        return []
    with visit.core.store.read() as tx:
        ids = feedback.called_wrong(tx, visit.community.id)[:WRONG_SHOWN]
        return suggestions.some(tx, visit.community.id, ids)


def _found(visit: Visit, tab: Tab, after: str) -> list[Suggestion]:
    cursor = None
    if after:
        last = visit.core.approval.visible(visit.caller, after)
        cursor = (last.created_at, last.id)
    return visit.core.approval.queue(visit.caller, after=cursor, limit=PER_PAGE + 1, **_of(tab))


def _count(visit: Visit, tab: Tab) -> str:
    found = len(visit.core.approval.queue(visit.caller, limit=COUNTED, **_of(tab)))
    return str(found) if found < COUNTED else f"{COUNTED - 1}+"


def _of(tab: Tab) -> dict[str, Any]:
    return {
        "statuses": tab.statuses, "category": tab.category, "without": tab.without, "job": tab.job,
        "without_jobs": tab.without_jobs, "held": tab.held,
    }  # fmt: skip


def _cards(visit: Visit, shown: list[Suggestion]) -> list[Card]:
    return [Card(suggestion, asked_by(visit, suggestion)) for suggestion in shown]
