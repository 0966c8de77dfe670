"""Who did what."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from api.auth import Host
from api.core import Core
from api.cursors import pack, unpack_number
from api.schemas import PRINTABLE, SOURCE_ID_CHARACTERS, Cursor, Limit, Omitted, Page, View, responses
from cohost.store import audit

router = APIRouter(tags=["audit"])

ObjectId = Annotated[
    str | Omitted,
    Query(min_length=1, max_length=SOURCE_ID_CHARACTERS, pattern=PRINTABLE, description="Changes of one object only."),
]


class AuditView(View):
    """One change."""

    id: int
    at: datetime
    actor: str = Field(description="A member's id, or `platform`, `worker`, `operator`.")
    credential_id: str | None = Field(description="The key, session or hook it came with.")
    action: str
    object_type: str
    object_id: str
    old: str | None
    new: str | None
    details: dict[str, Any] = Field(description="Ids and numbers, never text.")


@router.get("/v1/audit", summary="Read the audit", responses=responses(401, 403, 422))
def list_audit(
    core: Core, caller: Host, object_id: ObjectId = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[AuditView]:
    """Newest first."""
    before = unpack_number(cursor) if cursor else None
    with core.store.read() as tx:
        page = audit.rows(tx, caller.community_id, object_id=object_id, before=before, limit=limit + 1)
    items = [AuditView.model_validate(row) for row in page[:limit]]
    return Page(items=items, next=pack(items[-1].id) if len(page) > limit else None)
