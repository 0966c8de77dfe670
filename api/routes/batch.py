"""Many sources in one call, each with an outcome of its own."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from api.auth import HostOrPlatform, actor
from api.core import Core
from api.idempotency import IdempotencyKey, IdempotentRoute
from api.routes.sources import SourceBody
from api.schemas import Body, Id, SourceId, View, responses
from cohost.errors import CohostError
from knowledge.ingest import PutResult

router = APIRouter(tags=["sources"], route_class=IdempotentRoute)


class BatchItem(SourceBody):
    """A source with its address."""

    space_id: Id
    id: SourceId


class BatchBody(Body):
    """Sources to create or replace, in this order."""

    items: Annotated[list[BatchItem], Field(min_length=1, max_length=500)]


class ItemProblem(View):
    """Why an item was not taken."""

    slug: str = Field(description="The last part of the problem's type.", examples=["stale-version"])
    detail: str


class BatchOutcome(View):
    """What became of one item."""

    space_id: str
    id: str
    outcome: Literal["added", "changed", "unchanged", "failed"]
    version: int | None = Field(description="Of the source now; null when it failed.")
    problem: ItemProblem | None


class BatchView(View):
    """One outcome per item, in the order sent."""

    items: list[BatchOutcome]


@router.post(
    "/v1/sources/batch",
    summary="Create or replace many sources",
    responses=responses(400, 401, 403, 409, 413, 415, 422),
)
def put_batch(core: Core, caller: HostOrPlatform, body: BatchBody, idempotency_key: IdempotencyKey = None) -> BatchView:
    """An item that fails stops no other."""
    items = [(item.space_id, item.source(item.id, item.author_id)) for item in body.items]
    done = core.intake.put_many(caller.community_id, items, actor(caller))
    return BatchView(items=[_outcome(item, result) for item, result in zip(body.items, done, strict=True)])


def _outcome(item: BatchItem, result: PutResult | CohostError) -> BatchOutcome:
    if isinstance(result, CohostError):
        problem = ItemProblem(slug=result.slug, detail=result.message)
        return BatchOutcome(space_id=item.space_id, id=item.id, outcome="failed", version=None, problem=problem)
    return BatchOutcome.model_validate(
        {"space_id": item.space_id, "id": item.id, "outcome": result.outcome, "version": result.source.version,
         "problem": None}
    )  # fmt: skip
