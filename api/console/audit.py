"""Who did what, newest first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from api.console.page import HostOnly, Visit
from cohost.store import audit

router = APIRouter()
PER_PAGE = 50
LAST = 2**63 - 1  # the largest key a database holds
NO_PERSON = {"worker": "Cohost's worker", "operator": "an operator", "platform": "the platform"}


@router.get("/audit")
def show(visit: HostOnly, before: Annotated[int | None, Query(ge=0, le=LAST)] = None) -> HTMLResponse:
    """One page of the record."""
    with visit.core.store.read() as tx:
        rows = audit.rows(tx, visit.community.id, before=before, limit=PER_PAGE + 1)
    shown = rows[:PER_PAGE]
    names = {row.actor: _who(visit, row.actor) for row in shown}
    return visit.page("audit.html", rows=shown, names=names, next=shown[-1].id if len(rows) > PER_PAGE else None)


def _who(visit: Visit, actor: str) -> str:
    return NO_PERSON.get(actor) or visit.name(actor)
