"""Connectors: the platforms where approved suggestions can be published."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import Field, StringConstraints

from api.auth import Host, actor
from api.core import Core
from api.idempotency import IdempotencyKey, IdempotentRoute
from api.schemas import Address, Body, Page, View, Whole, responses
from cohost.connectors import Connectors
from cohost.connectors.configured import WebhookSpec, stored
from cohost.connectors.webhook import STEPS
from cohost.errors import Conflict, InvalidInput
from cohost.ports import Connector
from cohost.store import Tx
from cohost.store import connectors as rows
from cohost.store.connectors import StoredConnector

router = APIRouter(tags=["connectors"])
making = APIRouter(tags=["connectors"], route_class=IdempotentRoute)

Proves = Literal["same_key", "find", "nothing"]
ConnectorName = Annotated[str, StringConstraints(max_length=50, pattern="^[a-z0-9][a-z0-9-]*$")]
PROVES = Field(
    description="What makes sending again safe after a lost reply: the platform takes the same `webhook-id` only once "
    "(`same_key`), it can be asked what it has (`find`), or `nothing` (then a person says whether it was posted)."
)


class ConnectorView(View):
    """What a connector can do, and how it is."""

    name: str
    kind: Literal["built_in", "webhook"]
    proves: Proves = PROVES
    can_reverse: bool = Field(description="Whether a published suggestion can be taken back by a call.")
    steps: list[str] = Field(description="Of `move`, `hold`, `remove`: what it does to a post when a flag is approved.")
    max_characters: int = Field(description="The longest text it takes.")
    state: Literal["active", "disabled"] = "active"
    notice: str = Field(description="Why it was disabled.")
    url: str | None = None
    find_url: str | None = None
    created_at: datetime | None = None


class NewConnectorView(ConnectorView):
    """A connector just made."""

    secret: str = Field(
        description="Shown this once. Every request carries a Standard Webhooks signature made with it.",
        examples=["whsec_…"],
    )


class ConnectorBody(Body):
    """A platform to connect by webhook."""

    name: ConnectorName = Field(examples=["forum"])
    url: Address = Field(
        description="Where `publication.created` is POSTed.", examples=["https://forum.example/cohost"]
    )
    proves: Proves = PROVES
    find_url: Address | None = Field(
        None,
        description="With `find`: answers GET `?id=<webhook-id>` with 200 `{id, url}`, or 404 when it has nothing.",
    )
    can_reverse: bool = Field(False, description="Whether `publication.reversed` is understood at `url`.")
    takes_steps: bool = Field(
        False,
        description="Whether `step.decided` and `step.undone` (move, hold or remove a post) are understood at `url`.",
    )
    max_characters: Whole = Field(10_000, ge=200, le=100_000)


NamePath = Annotated[ConnectorName, Path(description="The connector's name.", examples=["forum"])]


@router.get("/v1/connectors", summary="List connectors", responses=responses(401, 403, 422))
def list_connectors(core: Core, caller: Host) -> Page[ConnectorView]:
    """All on one page, built-in ones first."""
    with core.store.read() as tx:
        configured = rows.of_community(tx, caller.community_id)
    fixed = [_built_in(connector) for _, connector in sorted(core.connectors.built_in.items())]
    return Page(items=[*fixed, *map(_webhook, configured)], next=None)


@making.post(
    "/v1/connectors",
    summary="Connect a platform by webhook",
    status_code=201,
    responses=responses(400, 401, 403, 409, 413, 415, 422),
)
def create_connector(
    core: Core, caller: Host, body: ConnectorBody, idempotency_key: IdempotencyKey = None
) -> NewConnectorView:
    """The secret is shown once. To publish there, choose it in the community's settings."""
    if body.name in core.connectors.built_in:
        raise InvalidInput(f"{body.name!r} is built in; take another name.", field="name")
    made, secret = core.connectors.webhooks.create(caller.community_id, WebhookSpec(**body.model_dump()), actor(caller))
    return NewConnectorView(**_webhook(made).model_dump(), secret=secret)


@router.get("/v1/connectors/{name}", summary="Read a connector", responses=responses(401, 403, 404, 422))
def get_connector(core: Core, caller: Host, name: NamePath) -> ConnectorView:
    """Without its secret."""
    with core.store.read() as tx:
        return _of(core.connectors, tx, caller.community_id, name)


@router.delete(
    "/v1/connectors/{name}", summary="Remove a connector", status_code=204, responses=responses(401, 403, 404, 409, 422)
)
def delete_connector(core: Core, caller: Host, name: NamePath) -> None:
    """With its secret; 409 while the community publishes through it. What still waits to be sent there will fail."""
    if name in core.connectors.built_in:
        raise Conflict(f"{name} is built in and stays.")
    core.connectors.webhooks.remove(caller.community_id, name, actor(caller))


def _of(connectors: Connectors, tx: Tx, community_id: str, name: str) -> ConnectorView:
    if name in connectors.built_in:
        return _built_in(connectors.built_in[name])
    return _webhook(stored(tx, community_id, name))


def _built_in(connector: Connector) -> ConnectorView:
    return ConnectorView(
        name=connector.name, kind="built_in", proves=connector.proves, can_reverse=connector.can_reverse,
        steps=sorted(connector.steps), max_characters=connector.max_characters, notice="",
    )  # fmt: skip


def _webhook(row: StoredConnector) -> ConnectorView:
    return ConnectorView.model_validate(
        {**row.__dict__, "kind": "webhook", "steps": sorted(STEPS) if row.takes_steps else []}
    )
