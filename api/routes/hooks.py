"""Hooks: where platforms send posts as they are written, changed and deleted, signed by Standard Webhooks."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Request, Security
from fastapi.security import APIKeyHeader
from pydantic import ConfigDict, Field

from api.auth import Host, actor, attempt
from api.core import Core
from api.idempotency import IdempotencyKey, IdempotentRoute
from api.rates import rates_of
from api.routes.sources import SourceBody
from api.schemas import Body, Id, Moment, Name, ObjectPath, Page, SourceId, View, responses
from cohost.bootstrap import App
from cohost.errors import StaleVersion
from cohost.store import connectors, hooks
from cohost.store.audit import Actor
from cohost.store.hooks import Hook

router = APIRouter(tags=["hooks"])
making = APIRouter(tags=["hooks"], route_class=IdempotentRoute)

Signature = Annotated[
    str | None,
    Security(
        APIKeyHeader(
            name="webhook-signature",
            scheme_name="signature",
            description="`v1,` and, in base64, the HMAC-SHA256 of `{webhook-id}.{webhook-timestamp}.{body}` with the secret.",
            auto_error=False,
        )
    ),
]
MessageId = Annotated[
    str, Header(alias="webhook-id", description="The same id has an effect once; send it again until you get a 200.")
]
Timestamp = Annotated[
    str, Header(alias="webhook-timestamp", description="Seconds since 1970; within five minutes of now.")
]


class HookView(View):
    """A hook, without its secret."""

    id: str
    name: str
    created_at: datetime
    revoked_at: datetime | None


class NewHookView(HookView):
    """A hook just made."""

    url: str = Field(description="Where the platform sends.")
    secret: str = Field(description="Shown this once; the platform signs with it.", examples=["whsec_…"])


class HookBody(Body):
    """A hook to make."""

    name: Name = Field(description="Which platform sends here.", examples=["Forum"])


class PutSource(SourceBody):
    """A source as its platform holds it now."""

    id: SourceId
    updated_at: Moment = Field(description="What puts messages in order, whatever order they arrive in.")


class DeletedSource(Body):
    """A source that is gone; whatever else is sent of it is not read."""

    model_config = ConfigDict(extra="ignore")

    id: SourceId


class SourcePutEvent(Body):
    """A source was written or changed."""

    type: Literal["source.put"]
    space_id: Id
    source: PutSource


class SourceDeletedEvent(Body):
    """A source was deleted."""

    type: Literal["source.deleted"]
    space_id: Id
    source: DeletedSource
    deleted_at: Moment


Event = Annotated[SourcePutEvent | SourceDeletedEvent, Field(discriminator="type")]


class Effect(View):
    """What a message did."""

    applied: bool = Field(description="false: it came before, or something newer is known. Do not send it again.")
    outcome: Literal["added", "changed", "unchanged", "deleted", "seen_before", "out_of_date"]


@making.post(
    "/v1/hooks", summary="Create a hook", status_code=201, responses=responses(400, 401, 403, 409, 413, 415, 422)
)
def create_hook(core: Core, caller: Host, body: HookBody, idempotency_key: IdempotencyKey = None) -> NewHookView:
    """The secret is shown once."""
    hook, secret = core.hooks.create(caller.community_id, body.name, actor(caller))
    url = f"{core.settings.public_url}/v1/hooks/{hook.id}"
    return NewHookView(**HookView.model_validate(hook).model_dump(), url=url, secret=secret)


@router.get("/v1/hooks", summary="List hooks", responses=responses(401, 403, 422))
def list_hooks(core: Core, caller: Host) -> Page[HookView]:
    """All on one page, newest first, revoked ones included."""
    with core.store.read() as tx:
        found = hooks.of_community(tx, caller.community_id)
    return Page(items=[HookView.model_validate(hook) for hook in found], next=None)


@router.delete("/v1/hooks/{id}", summary="Revoke a hook", status_code=204, responses=responses(401, 403, 404, 422))
def revoke_hook(core: Core, caller: Host, id: ObjectPath) -> None:
    """At once, and for good."""
    core.hooks.revoke(caller.community_id, id, actor(caller))


async def _raw(request: Request) -> bytes:
    return await request.body()


def _signed(
    request: Request, core: Core, id: str, raw: Annotated[bytes, Depends(_raw)], _signature: Signature = None
) -> Hook:
    """The hook behind a message; raises Unauthenticated before anything of the body is looked at."""
    with attempt(request):
        hook = core.hooks.authenticated(id, request.headers, raw)
    rates_of(request).call(hook.id)
    return hook


@router.post(
    "/v1/hooks/{id}", summary="Send what happened on a platform", responses=responses(400, 401, 404, 413, 415, 422)
)
def receive(
    core: Core, id: ObjectPath, hook: Annotated[Hook, Depends(_signed)], event: Event, message_id: MessageId,
    timestamp: Timestamp,
) -> Effect:  # fmt: skip
    """Signed with the hook's secret over the raw bytes. Messages may come twice and in any order."""
    if core.hooks.seen(hook, message_id):
        return Effect(applied=False, outcome="seen_before")
    effect = _applied(core, hook, event)
    core.hooks.remember(hook, message_id)
    return effect


def _applied(core: App, hook: Hook, event: SourcePutEvent | SourceDeletedEvent) -> Effect:
    try:
        if isinstance(event, SourcePutEvent):
            return _put(core, hook, event)
        core.intake.delete(
            hook.community_id, event.space_id, event.source.id, _actor(hook), deleted_at=event.deleted_at
        )
    except StaleVersion:
        return Effect(applied=False, outcome="out_of_date")
    return Effect(applied=True, outcome="deleted")


def _put(core: App, hook: Hook, event: SourcePutEvent) -> Effect:
    new = event.source.source(event.source.id, event.source.author_id)
    with core.store.read() as tx:
        if connectors.is_echo(tx, hook.community_id, new.id, new.text):  # what we posted comes back like any post
            new = replace(new, origin="cohost")
    done = core.intake.put(hook.community_id, event.space_id, new, _actor(hook))
    return Effect.model_validate({"applied": done.outcome != "unchanged", "outcome": done.outcome})


def _actor(hook: Hook) -> Actor:
    return Actor("platform", hook.id)
