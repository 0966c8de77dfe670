"""Profiles: what members say of themselves to be introduced; theirs alone."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from fastapi import APIRouter
from pydantic import Field, StringConstraints

from api.auth import HostOrPlatform, Person, actor
from api.core import Core
from api.idempotency import IdempotencyKey, IdempotentRoute
from api.schemas import ANY_TEXT, WORDS, Body, ObjectPath, View, Whole, responses
from cohost.errors import NotFound
from cohost.match.profile import OptIn
from cohost.match.stored import ABOUT_CHARACTERS, ITEM_CHARACTERS, MOST_CAPACITY, MOST_ITEMS
from cohost.model import Caller
from cohost.store.profiles import StoredProfile

router = APIRouter(tags=["introductions"])
making = APIRouter(tags=["introductions"], route_class=IdempotentRoute)

Item = Annotated[str, StringConstraints(min_length=1, max_length=ITEM_CHARACTERS, pattern=WORDS)]
Items = Annotated[list[Item], Field(max_length=MOST_ITEMS)]
Shown = Literal["goals", "interests", "offers", "asks", "level", "languages", "time_zone", "about"]
CSV_CHARACTERS = 2_000_000


class ProfileBody(Body):
    """What a member says of themself; it replaces what they said before."""

    goals: Items = []
    interests: Items = []
    offers: Items = Field([], description="What they can help with.")
    asks: Items = Field([], description="What they want help with.")
    level: Whole | None = Field(None, ge=0, le=4, description="0 = new to the subject, 4 = expert.")
    languages: Items = []
    time_zone: str = Field("", max_length=100, pattern=ANY_TEXT, examples=["Europe/Paris"])
    free: Items = Field([], description="Spans of the week by their own clock.", examples=[["mon 18-21", "sat 9-12"]])
    about: str = Field("", max_length=ABOUT_CHARACTERS, pattern=ANY_TEXT)
    capacity: Whole | None = Field(None, ge=1, le=MOST_CAPACITY, description="How many people they would help at once.")
    shown: list[Shown] = Field([], max_length=8, description="What somebody they are matched with may read.")
    purposes: list[OptIn] = Field(
        [],
        max_length=len(get_args(OptIn)),
        description="What they opt in to; nothing, unless they say so. `welcoming`: to be named to new "
        "members; `quoting`: that their posts are quoted in discussion prompts.",
    )


class ProfileView(View):
    """A member's own profile."""

    goals: list[str]
    interests: list[str]
    offers: list[str]
    asks: list[str]
    level: int | None
    languages: list[str]
    time_zone: str
    free: list[str]
    about: str
    capacity: int | None
    shown: list[str]
    purposes: list[str]
    suggested: list[str] = Field(description="Tags that fit what they wrote; none is theirs until they confirm it.")


class TagsBody(Body):
    """Tags to confirm."""

    interests: Annotated[list[Item], Field(min_length=1, max_length=MOST_ITEMS)]


class SimilarView(View):
    """What two people share, from fields that the other one shows."""

    member_id: str
    name: str
    shared: list[str]
    opening: str = Field(description="A line to begin with; empty where nothing is shown.")


class CsvBody(Body):
    """Profiles as CSV."""

    csv: str = Field(max_length=CSV_CHARACTERS, pattern=ANY_TEXT, description="Its first line names the columns.")


class CountView(View):
    """How many were stored."""

    stored: int


@router.get("/v1/members/{id}/profile", summary="Read one's own profile", responses=responses(401, 403, 404, 422))
def get_profile(core: Core, caller: Person, id: ObjectPath) -> ProfileView:
    """With tags that fit what the member wrote, for them to confirm."""
    _check_self(caller, id)
    return _view(core.profiles.own(caller), core.profiles.suggested(caller))


@router.put(
    "/v1/members/{id}/profile", summary="Write one's own profile",
    responses=responses(400, 401, 403, 404, 413, 415, 422),
)  # fmt: skip
def put_profile(core: Core, caller: Person, id: ObjectPath, body: ProfileBody) -> ProfileView:
    """Introductions that wait and repeat what is gone are withdrawn before this returns."""
    _check_self(caller, id)
    return _view(core.profiles.put(caller, body.model_dump(), actor(caller)), [])


@making.post(
    "/v1/members/{id}/profile", summary="Confirm tags",
    responses=responses(400, 401, 403, 404, 409, 413, 415, 422),
)  # fmt: skip
def confirm_tags(
    core: Core, caller: Person, id: ObjectPath, body: TagsBody, idempotency_key: IdempotencyKey = None
) -> ProfileView:
    """Add them to the member's interests; whether interests are shown stays as it was."""
    _check_self(caller, id)
    return _view(core.profiles.confirm(caller, body.interests, actor(caller)), core.profiles.suggested(caller))


@router.delete(
    "/v1/members/{id}/profile", status_code=204, summary="Remove one's own profile",
    responses=responses(401, 403, 404, 422),
)  # fmt: skip
def delete_profile(core: Core, caller: Person, id: ObjectPath) -> None:
    """No round finds them any more. Twice is fine."""
    _check_self(caller, id)
    core.profiles.remove(caller, actor(caller))


@router.get(
    "/v1/members/{id}/similarities", summary="See what one shares with a member",
    responses=responses(401, 403, 404, 422),
)  # fmt: skip
def similarities(core: Core, caller: Person, id: ObjectPath) -> SimilarView:
    """From fields that this person shows, and a line to begin with."""
    return SimilarView.model_validate(core.profiles.similarities(caller, id))


@making.post(
    "/v1/profiles/import", summary="Import profiles",
    responses=responses(400, 401, 403, 409, 413, 415, 422),
)  # fmt: skip
def import_profiles(
    core: Core, caller: HostOrPlatform, body: CsvBody, idempotency_key: IdempotencyKey = None
) -> CountView:
    """All rows or none; a refusal names every bad row by its line. Import only what members agreed to."""
    return CountView(stored=core.profiles.import_rows(caller, body.csv, actor(caller)))


def _view(stored: StoredProfile, suggested: list[str]) -> ProfileView:
    f = stored.fields
    return ProfileView(
        goals=f.get("goals", []), interests=f.get("interests", []), offers=f.get("offers", []), asks=f.get("asks", []),
        level=f.get("level"), languages=f.get("languages", []), time_zone=f.get("time_zone", ""),
        free=f.get("free", []), about=f.get("about", ""), capacity=f.get("capacity"), shown=list(stored.shown),
        purposes=list(stored.purposes), suggested=suggested,
    )  # fmt: skip


def _check_self(caller: Caller, member_id: str) -> None:
    """Not even staff look here, and others' look like those of nobody."""
    if caller.member_id != member_id:
        raise NotFound(f"There is no member {member_id!r} whose profile you could see.")
