"""Connectors: the platforms where approved suggestions can be published."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from api.auth import Host
from api.core import Core
from api.schemas import Page, View, responses

router = APIRouter(tags=["connectors"])


class ConnectorView(View):
    """What a connector can do."""

    name: str
    proves: Literal["same_key", "find", "nothing"] = Field(
        description="What makes sending again safe after a lost reply: the platform refuses the same key twice, it can "
        "be asked what it has, or nothing (then a person says)."
    )
    can_reverse: bool = Field(description="Whether a published suggestion can be taken back by a call.")


@router.get("/v1/connectors", summary="List connectors", responses=responses(401, 403, 422))
def list_connectors(core: Core, caller: Host) -> Page[ConnectorView]:
    """All on one page."""
    items = [ConnectorView.model_validate(connector) for _, connector in sorted(core.connectors.items())]
    return Page(items=items, next=None)
