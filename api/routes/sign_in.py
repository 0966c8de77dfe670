"""Sign-in links: how a host lets a person into the console."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import Field

from api.auth import Host, actor
from api.core import Core
from api.idempotency import IdempotencyKey, IdempotentRoute
from api.schemas import Body, Id, View, responses
from cohost.store import credentials

router = APIRouter(tags=["keys"], route_class=IdempotentRoute)


class SignInLinkBody(Body):
    """Whom to let in."""

    member_id: Id


class SignInLinkView(View):
    """A link that works once."""

    url: str = Field(description="Give it to that person only.")
    expires_at: datetime


@router.post(
    "/v1/sign-in-links", summary="Create a sign-in link", status_code=201,
    responses=responses(400, 401, 403, 409, 413, 415, 422),
)  # fmt: skip
def create_sign_in_link(
    core: Core, caller: Host, body: SignInLinkBody, idempotency_key: IdempotencyKey = None
) -> SignInLinkView:
    """Works once, within 15 minutes."""
    with core.store.write() as tx:
        link = credentials.create_sign_in_link(
            tx, caller.community_id, body.member_id, actor=actor(caller), now=core.clock()
        )
    return SignInLinkView(url=link.url(core.settings.public_url), expires_at=link.expires_at)
