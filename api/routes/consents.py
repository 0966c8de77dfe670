"""What a member lets their posts be used for, and how they were used."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from api.auth import Person, actor
from api.core import Core
from api.cursors import pack, unpack_moment
from api.schemas import Body, Cursor, Limit, ObjectPath, Page, View, responses
from cohost.errors import NotFound
from cohost.model import Caller
from cohost.store.consents import Consents

router = APIRouter(tags=["members"])


class ConsentsView(View):
    """A member's three switches."""

    answers: bool = Field(description="Posts may be found for answers and quoted in them.")
    matching: bool = Field(description="Posts may be read to find people who fit.")
    insights: bool = Field(description="Posts may be counted in what hosts see of the community.")


class ConsentsBody(Body):
    """The switches to set; what is left out stays as it is."""

    answers: bool | None = None
    matching: bool | None = None
    insights: bool | None = None


class UseView(View):
    """One quote of a post in an answer that was posted."""

    space_id: str = Field(description="Where the post stands.")
    source_id: str
    title: str
    quote: str
    suggestion_id: str
    status: Literal["published", "corrected", "undone"]
    at: datetime
    seen_in: str | None = Field(description="The space where the answer stands; null where one person got it.")
    url: str | None = Field(description="Of the answer on its platform, where the reader may see it.")


@router.get("/v1/members/{id}/consents", summary="Read one's own switches", responses=responses(401, 403, 404, 422))
def get_consents(core: Core, caller: Person, id: ObjectPath) -> ConsentsView:
    """For the member themself, and a platform key that acts for them."""
    _check_self(caller, id)
    return ConsentsView.model_validate(core.uses.consents(caller))


@router.put(
    "/v1/members/{id}/consents",
    summary="Set one's own switches",
    responses=responses(400, 401, 403, 404, 413, 415, 422),
)
def put_consents(core: Core, caller: Person, id: ObjectPath, body: ConsentsBody) -> ConsentsView:
    """Takes effect before this returns: posts kept out of answers leave search and every draft that waits."""
    _check_self(caller, id)
    old = core.uses.consents(caller)
    changes = {name: value for name, value in body.model_dump().items() if value is not None}
    new = Consents(**{**old.__dict__, **changes})
    core.uses.set_consents(caller, new, actor(caller))
    return ConsentsView.model_validate(new)


@router.get("/v1/members/{id}/uses", summary="See how one's posts were used", responses=responses(401, 403, 404, 422))
def list_uses(core: Core, caller: Person, id: ObjectPath, limit: Limit = 50, cursor: Cursor = None) -> Page[UseView]:
    """Answers that quoted the member's posts, newest first."""
    _check_self(caller, id)
    before = unpack_moment(cursor) if cursor else None
    found = core.uses.of_caller(caller, before=before, limit=limit + 1)
    items = [UseView.model_validate(use) for use in found[:limit]]
    last = found[limit - 1] if len(found) > limit else None
    return Page(items=items, next=pack(last.at.isoformat(), last.position) if last else None)


def _check_self(caller: Caller, member_id: str) -> None:
    """Not even staff look here, and others' look like those of nobody."""
    if caller.member_id != member_id:
        raise NotFound(f"There is no member {member_id!r} whose switches you could see.")
