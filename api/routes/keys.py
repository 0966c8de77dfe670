"""Keys: what programs and people call with."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field

from api.auth import Host, actor
from api.core import Core
from api.idempotency import IdempotencyKey, IdempotentRoute
from api.schemas import Body, Id, Name, ObjectPath, Page, View, responses
from cohost.model import Role
from cohost.store import credentials

router = APIRouter(tags=["keys"])
making = APIRouter(tags=["keys"], route_class=IdempotentRoute)


class KeyView(View):
    """A key, without its secret."""

    id: str
    role: Role = Field(description="The most it may do; never more than the member's present role.")
    member_id: str | None = Field(description="null for `platform`.")
    name: str
    created_at: datetime
    revoked_at: datetime | None


class NewKeyView(KeyView):
    """A key just made."""

    secret: str = Field(description="Shown this once. Send it as `Authorization: Bearer <secret>`.", examples=["ck_…"])


class KeyBody(Body):
    """A key to make."""

    role: Role
    member_id: Id | None = Field(None, description="Whose key it is; leave out for `platform`.")
    name: Name = Field(description="What it is for.", examples=["Forum server"])


@making.post(
    "/v1/keys", summary="Create a key", status_code=201, responses=responses(400, 401, 403, 409, 413, 415, 422)
)
def create_key(core: Core, caller: Host, body: KeyBody, idempotency_key: IdempotencyKey = None) -> NewKeyView:
    """The secret is shown once and stored only as a hash."""
    with core.store.write() as tx:
        key, secret = credentials.create_key(
            tx, caller.community_id, role=body.role, member_id=body.member_id, name=body.name, actor=actor(caller),
            now=core.clock(),
        )  # fmt: skip
    return NewKeyView(**KeyView.model_validate(key).model_dump(), secret=secret)


@router.get("/v1/keys", summary="List keys", responses=responses(401, 403, 422))
def list_keys(core: Core, caller: Host) -> Page[KeyView]:
    """All on one page, newest first, revoked ones included."""
    with core.store.read() as tx:
        keys = credentials.list_keys(tx, caller.community_id)
    return Page(items=[KeyView.model_validate(key) for key in keys], next=None)


@router.delete("/v1/keys/{id}", summary="Revoke a key", status_code=204, responses=responses(401, 403, 404, 422))
def revoke_key(core: Core, caller: Host, id: ObjectPath) -> None:
    """At once, and for good."""
    with core.store.write() as tx:
        credentials.revoke_key(tx, caller.community_id, id, actor=actor(caller), now=core.clock())
