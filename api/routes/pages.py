"""Pages of the web: give an address, and what stands there becomes a source of a space."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import Field

from api.auth import HostOrPlatform, actor
from api.core import Core
from api.idempotency import IdempotencyKey, IdempotentRoute
from api.routes.files import IngestionStarted
from api.schemas import Address, Body, Id, responses
from cohost import audience

router = APIRouter(tags=["files"], route_class=IdempotentRoute)


class PageBody(Body):
    """The address of a page, and where it belongs."""

    url: Address = Field(
        description="A page, PDF or other document at a public address. At most five redirects are followed, each "
        "checked like the first.",
        examples=["https://school.example/tides.html"],
    )
    space_id: Id = Field(examples=["course"])


@router.post(
    "/v1/pages",
    summary="Read a page of the web",
    status_code=202,
    responses=responses(400, 401, 403, 404, 409, 413, 415, 422),
)
def read_page(
    core: Core, caller: HostOrPlatform, body: PageBody, response: Response, idempotency_key: IdempotencyKey = None
) -> IngestionStarted:
    """It is fetched and read in the background; look at `Location` for its outcome.

    The source's id is the address without its scheme; the same address again replaces what was read.
    """
    with core.store.read() as tx:
        audience.space_in_sight(audience.sight(tx, caller.community_id), caller, body.space_id)
    started = core.files.accept_page(caller.community_id, body.space_id, body.url, actor(caller))
    response.headers["Location"] = f"/v1/ingestions/{started}"
    return IngestionStarted(id=started)
