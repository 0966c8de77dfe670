"""Gaps in the course, for hosts."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from api.console.page import HostOnly
from cohost.gaps import gaps

router = APIRouter()
SHOWN = 50


@router.get("/gaps")
def show(visit: HostOnly) -> HTMLResponse:
    """The most asked for first."""
    with visit.core.store.read() as tx:
        found = gaps(tx, visit.community.id)
    return visit.page("gaps.html", gaps=found[:SHOWN])
