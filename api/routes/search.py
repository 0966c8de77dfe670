"""Search: passages that the readers of a destination, or the caller, may read."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, StringConstraints

from api.auth import Anyone
from api.core import Core
from api.schemas import WORDS, Body, Id, PassageView, View, Whole, responses
from cohost import audience
from cohost.model import Caller
from cohost.ports import Query
from cohost.suggestion import Destination, for_asker, in_space

router = APIRouter(tags=["search"])

# The row of the destination table that says: spaces every member may read, and nothing else.
OPEN_TO_ALL = Destination("introduction")


class SearchBody(Body):
    """What to look for."""

    query: Annotated[str, StringConstraints(min_length=1, max_length=10_000, pattern=WORDS)] = Field(
        examples=["When is my starter ready?"]
    )
    destination: Id | None = Field(
        None, description="The space where the passages will be shown: only what all its readers may read is found."
    )
    spaces: Annotated[list[Id], Field(max_length=1000)] | None = Field(None, description="Look in these only.")
    top_k: Whole = Field(8, ge=1, le=50)


class SearchView(View):
    """What was found."""

    passages: list[PassageView] = Field(description="Best first.")


@router.post("/v1/search", summary="Search", responses=responses(400, 401, 403, 404, 413, 415, 422))
def search(core: Core, caller: Anyone, body: SearchBody) -> SearchView:
    """Without `destination`: what the caller may read (a platform: what every member may read)."""
    with core.store.read() as tx:
        seen = audience.sight(tx, caller.community_id)
    for space_id in [*(body.spaces or ()), *([body.destination] if body.destination else ())]:
        audience.space_in_sight(seen, caller, space_id)
    spaces = None if body.spaces is None else tuple(body.spaces)
    where = in_space(body.destination) if body.destination else _own_destination(caller)
    found = core.search.search(Query(caller.community_id, body.query, where, spaces, body.top_k))
    return SearchView(passages=[PassageView.of(passage) for passage in found])


def _own_destination(caller: Caller) -> Destination:
    return OPEN_TO_ALL if caller.member_id is None else for_asker(caller.member_id)
