"""Members: people of the community, their roles and profiles."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field, StringConstraints

from api.auth import Anyone, HostOrPlatform, StaffOrPlatform, actor
from api.core import Core
from api.cursors import pack, unpack_texts
from api.schemas import ANY_TEXT, WORDS, Body, Cursor, Limit, Moment, Name, ObjectPath, Page, View, responses
from cohost.errors import NotFound
from cohost.model import Member
from cohost.store import audit, people

router = APIRouter(tags=["members"])

MemberRole = Literal["member", "moderator", "host"]
Text = Annotated[str, StringConstraints(max_length=5000, pattern=ANY_TEXT)]
ShortText = Annotated[str, StringConstraints(max_length=100, pattern=ANY_TEXT)]
Topics = Annotated[list[Annotated[str, StringConstraints(max_length=500, pattern=WORDS)]], Field(max_length=50)]


Material = Annotated[
    bool, Query(description="true: also erase what was read from files they uploaded. Otherwise lessons stay.")
]


class Profile(Body):
    """What a member tells about themself."""

    bio: Text | None = None
    goals: Topics | None = None
    interests: Topics | None = None
    offers: Topics | None = Field(None, description="What they can help others with.")
    asks: Topics | None = Field(None, description="What they want help with.")
    level: ShortText | None = None
    languages: Topics | None = None
    time_zone: ShortText | None = Field(None, examples=["Europe/Berlin"])


class MemberView(View):
    """A member."""

    id: str
    name: str
    role: MemberRole
    active: bool
    joined_at: datetime | None
    profile: dict[str, Any]


class MemberBody(Body):
    """A member as they shall be; `role`, `active` and `profile` keep their value when left out."""

    name: Name = Field(examples=["Ada"])
    role: MemberRole | None = Field(None, description="Of a new member: `member`.")
    active: bool | None = Field(None, description="false: they left; they keep no right.")
    profile: Profile | None = None
    joined_at: Moment | None = Field(None, description="Used when the member is new.")


@router.get("/v1/members", summary="List members", responses=responses(401, 403, 422))
def list_members(core: Core, caller: StaffOrPlatform, limit: Limit = 50, cursor: Cursor = None) -> Page[MemberView]:
    """Everyone, by name."""
    after = unpack_texts(cursor, 2) if cursor else ("", "")
    with core.store.read() as tx:
        members = {(m.name, m.id): m for m in people.all_members(tx, caller.community_id)}
    page = [at for at in sorted(members) if at > after][: limit + 1]
    items = [MemberView.model_validate(members[at]) for at in page[:limit]]
    return Page(items=items, next=pack(*page[limit - 1]) if len(page) > limit else None)


@router.get("/v1/members/{id}", summary="Read a member", responses=responses(401, 403, 404, 422))
def get_member(core: Core, caller: Anyone, id: ObjectPath) -> MemberView:
    """Staff and platforms read everyone; a member reads themself."""
    if not (caller.is_staff or caller.role == "platform" or caller.member_id == id):
        raise NotFound(f"There is no member {id!r}.")
    with core.store.read() as tx:
        return MemberView.model_validate(people.member(tx, caller.community_id, id))


@router.put(
    "/v1/members/{id}",
    summary="Create or change a member",
    responses=responses(400, 401, 403, 413, 415, 422) | {201: {"model": MemberView, "description": "Created."}},
)
def put_member(core: Core, caller: HostOrPlatform, id: ObjectPath, body: MemberBody, response: Response) -> MemberView:
    """A changed role or departure takes effect with the member's next call."""
    with core.store.write() as tx:
        old = people.find_member(tx, caller.community_id, id)
        new = _merged(id, old, body)
        people.put_member(tx, caller.community_id, new, core.clock())
        audit.record(
            tx, caller.community_id, actor(caller), "member.changed" if old else "member.added", "member", id,
            now=core.clock(), old=old.role if old else None, new=new.role, active=new.active,
        )  # fmt: skip
        core.approval.recheck_after_permission_change(tx, caller.community_id)
        stored = people.member(tx, caller.community_id, id)
    response.status_code = 200 if old else 201
    return MemberView.model_validate(stored)


@router.delete("/v1/members/{id}", summary="Erase a member", status_code=204, responses=responses(401, 403, 404, 422))
def delete_member(core: Core, caller: HostOrPlatform, id: ObjectPath, material: Material = False) -> None:
    """With everything they wrote, asked or edited: texts, vectors, drafts, snapshots, files and keys; it cannot be undone.

    Answers that quoted them are emptied here. What stands on another platform is listed with a notice: look at
    `GET /v1/suggestions?status=published`. After a 503 the same call goes on where it stopped.
    """
    core.erasure.erase(caller.community_id, id, actor(caller), material=material)


def _merged(member_id: str, old: Member | None, body: MemberBody) -> Member:
    old = old or Member(member_id, body.name)
    profile = old.profile if body.profile is None else body.profile.model_dump(exclude_none=True)
    active = old.active if body.active is None else body.active
    return Member(member_id, body.name, body.role or old.role, active, old.joined_at or body.joined_at, profile)
