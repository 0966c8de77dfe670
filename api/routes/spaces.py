"""Spaces: places in the community, and who may read them."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from api.auth import Anyone, HostOrPlatform, actor
from api.core import Core
from api.cursors import pack, unpack_texts
from api.schemas import Body, Cursor, Id, Limit, Name, ObjectPath, Page, View, responses
from cohost import audience
from cohost.errors import InvalidInput
from cohost.model import Answers, Caller, Space, SpaceKind, Visibility
from cohost.store import Tx, audit, people, places

router = APIRouter(tags=["spaces"])


class SpaceView(View):
    """A space."""

    id: str
    name: str
    kind: SpaceKind
    visibility: Visibility
    answers: Answers = Field(
        description="How questions asked in it are answered: in `full`, or as a `tutor` does, with hints and where to read."
    )
    member_ids: list[str] | None = Field(
        description="The space's own members; null unless you are staff or a platform."
    )


class SpaceBody(Body):
    """A space as it shall be."""

    name: Name = Field(examples=["Bread course"])
    kind: SpaceKind = "discussion"
    visibility: Visibility = Field(
        "members", description="`members`: every member reads it; `private`: its own members and staff."
    )
    answers: Answers | None = Field(
        None, description="`full` or `tutor` (hints and where to read, no solutions). Left out, it stays as it is."
    )
    member_ids: Annotated[list[Id], Field(max_length=50_000)] = Field(
        [], description="Exactly these are its own members."
    )


@router.get("/v1/spaces", summary="List spaces", responses=responses(401, 403, 422))
def list_spaces(core: Core, caller: Anyone, limit: Limit = 50, cursor: Cursor = None) -> Page[SpaceView]:
    """Those the caller may know of, by name."""
    after = unpack_texts(cursor, 2) if cursor else ("", "")
    with core.store.read() as tx:
        seen = audience.sight(tx, caller.community_id)
    mine = sorted((s.name, s.id) for s in seen.spaces.values() if _knows(seen, caller, s))
    page = [at for at in mine if at > after][: limit + 1]
    items = [_view(seen.spaces[space_id], caller) for _, space_id in page[:limit]]
    return Page(items=items, next=pack(*page[limit - 1]) if len(page) > limit else None)


@router.get("/v1/spaces/{id}", summary="Read a space", responses=responses(401, 403, 404, 422))
def get_space(core: Core, caller: Anyone, id: ObjectPath) -> SpaceView:
    """One space."""
    with core.store.read() as tx:
        return _view(audience.space_in_sight(audience.sight(tx, caller.community_id), caller, id), caller)


@router.put(
    "/v1/spaces/{id}",
    summary="Create or replace a space",
    responses=responses(400, 401, 403, 413, 415, 422) | {201: {"model": SpaceView, "description": "Created."}},
)
def put_space(core: Core, caller: HostOrPlatform, id: ObjectPath, body: SpaceBody, response: Response) -> SpaceView:
    """Suggestions whose readers or sources this concerns are checked again in the same step."""
    new = Space(id, body.name, body.kind, body.visibility, frozenset(body.member_ids))
    with core.store.write() as tx:
        _check_members(tx, caller.community_id, body.member_ids)
        known = id in audience.sight(tx, caller.community_id).spaces
        stored = places.put_space(tx, caller.community_id, new, core.clock())
        if body.answers:
            places.set_answers(tx, stored.pk, body.answers)
            stored = replace(stored, answers=body.answers)
        audit.record(
            tx, caller.community_id, actor(caller), "space.changed" if known else "space.added", "space", id,
            now=core.clock(), visibility=new.visibility, members=len(new.member_ids),
            answers=stored.answers,
        )  # fmt: skip
        core.approval.recheck_after_permission_change(tx, caller.community_id)
    response.status_code = 200 if known else 201
    return _view(stored, caller)


@router.delete("/v1/spaces/{id}", summary="Delete a space", status_code=204, responses=responses(401, 403, 404, 422))
def delete_space(core: Core, caller: HostOrPlatform, id: ObjectPath) -> None:
    """With everything in it."""
    core.intake.delete_space(caller.community_id, id, actor(caller))
    with core.store.write() as tx:
        core.approval.recheck_after_permission_change(tx, caller.community_id)


def _knows(seen: audience.Sight, caller: Caller, space: Space) -> bool:
    if caller.role == "platform":
        return True
    return caller.member_id in seen.readers(space)


def _view(space: Space, caller: Caller) -> SpaceView:
    shown = caller.is_staff or caller.role == "platform"
    members = sorted(space.member_ids) if shown else None
    return SpaceView(
        id=space.id,
        name=space.name,
        kind=space.kind,
        visibility=space.visibility,
        answers=space.answers,
        member_ids=members,
    )


def _check_members(tx: Tx, community_id: str, ids: list[str]) -> None:
    unknown = people.unknown_members(tx, community_id, ids)
    if unknown:
        raise InvalidInput(f"These are no members here: {', '.join(unknown[:20])}.", field="member_ids")
