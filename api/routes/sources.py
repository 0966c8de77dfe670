"""Sources: what is read, one by one or in a batch."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import ConfigDict, Field, StringConstraints, model_validator

from api.auth import Anyone, actor
from api.core import Core
from api.cursors import pack, unpack_texts
from api.schemas import ANY_TEXT, Body, Cursor, Id, Limit, Moment, Omitted, Page, SourceId, SpacePath, View, responses
from cohost import audience
from cohost.bootstrap import App
from cohost.errors import Conflict, Forbidden, NotFound
from cohost.model import Caller, Origin, Source, SourceInput, SourceKind
from cohost.store import sources
from knowledge.ingest import PutResult

router = APIRouter(tags=["sources"])

TEXT_CHARACTERS = 1_000_000
SourcePath = Annotated[
    SourceId, Path(description="The source's id; it may hold slashes.", examples=["week-1/starter.md"])
]
Text = Annotated[str, StringConstraints(max_length=TEXT_CHARACTERS, pattern=ANY_TEXT)]
ONE_OF_BOTH: dict[str, Any] = {
    "oneOf": [
        {"required": [one], "properties": {one: {"type": "string"}, other: {"type": "null"}}}
        for one, other in (("text", "html"), ("html", "text"))
    ]
}
Url = Annotated[str, StringConstraints(max_length=2000, pattern='^https?://[^\\s<>"]+$')]


class SourceBody(Body):
    """A source as its platform holds it now."""

    model_config = ConfigDict(json_schema_extra=ONE_OF_BOTH)

    kind: SourceKind = Field(examples=["lesson"])
    title: str = Field(
        "", max_length=500, pattern=ANY_TEXT, description="A reply without one is found under its thread's title."
    )
    text: Text | None = Field(None, description="Markdown or plain text; either this or `html`.")
    html: Text | None = None
    author_id: Id | None = None
    parent_id: SourceId | None = Field(None, description="For a reply: the id of its thread's root.")
    url: Url | None = Field(None, description="Where a person reads it.")
    origin: Origin = Field("person", description="What a co-host or a bot wrote is never quoted.")
    created_at: Moment | None = None
    updated_at: Moment | None = Field(
        None, description="An older version than the known one is refused. Left out: now."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> SourceBody:
        if (self.text is None) == (self.html is None):
            raise ValueError("give either text or html")
        return self

    def source(self, source_id: str, author_id: str | None) -> SourceInput:
        """As it is handed in."""
        fields = {name: getattr(self, name) for name in SourceBody.model_fields}
        return SourceInput(**fields | {"id": source_id, "text": self.text or "", "author_id": author_id})


class SourceListed(View):
    """A source without its text."""

    space_id: str
    id: str
    kind: SourceKind
    title: str
    author_id: str | None
    parent_id: str | None
    url: str | None
    origin: Origin
    created_at: datetime | None
    updated_at: datetime | None
    version: int
    set_aside: bool = Field(description="Held or removed by a moderator: its author and staff alone see it.")


class SourceView(SourceListed):
    """A source with its extracted text, to which all offsets refer."""

    text: str


class SourcePut(SourceListed):
    """What a put did."""

    outcome: Literal["added", "changed", "unchanged", "removed", "skipped", "failed"]
    chunks: int = Field(description="How many chunks it has now; 0 when nothing changed.")
    embedded: int = Field(description="How many of them had to be embedded.")

    @classmethod
    def of(cls, done: PutResult) -> SourcePut:
        """Both parts in one."""
        listed = SourceListed.model_validate(done.source).model_dump()
        return cls(**listed, outcome=done.outcome, chunks=done.chunks, embedded=done.embedded)


@router.get("/v1/spaces/{space}/sources", summary="List a space's sources", responses=responses(401, 403, 404, 422))
def list_sources(
    core: Core, caller: Anyone, space: SpacePath, limit: Limit = 50, cursor: Cursor = None
) -> Page[SourceListed]:
    """By id, without their texts."""
    after = unpack_texts(cursor, 1)[0] if cursor else ""
    with core.store.read() as tx:
        found = audience.space_in_sight(audience.sight(tx, caller.community_id), caller, space)
        page = sources.in_space(tx, found.pk, after=after, limit=limit + 1)
    items = [SourceListed.model_validate(source) for source in page[:limit] if audience.sees(caller, source)]
    return Page(items=items, next=pack(page[limit - 1].id) if len(page) > limit else None)


@router.get("/v1/spaces/{space}/sources/{id:path}", summary="Read a source", responses=responses(401, 403, 404, 422))
def get_source(core: Core, caller: Anyone, space: SpacePath, id: SourcePath) -> SourceView:
    """With its text as extracted."""
    found = _known(core, caller, space, id)
    if found is None:
        raise NotFound(f"There is no source {id!r} in space {space!r}.")
    return SourceView.model_validate(found)


@router.put(
    "/v1/spaces/{space}/sources/{id:path}",
    summary="Create or replace a source",
    responses=responses(400, 401, 403, 404, 409, 413, 415, 422)
    | {201: {"model": SourcePut, "description": "Created."}},
)
def put_source(
    core: Core, caller: Anyone, space: SpacePath, id: SourcePath, body: SourceBody, response: Response
) -> SourcePut:
    """Searchable when this returns. Hosts and platforms put everything; others put posts of their own."""
    author = body.author_id
    if not _keeps_all(caller):
        author = _own_post(core, caller, space, id, body)
    else:
        _known(core, caller, space, id)
    done = core.intake.put(caller.community_id, space, body.source(id, author), actor(caller))
    response.status_code = 201 if done.outcome == "added" else 200
    return SourcePut.of(done)


@router.delete(
    "/v1/spaces/{space}/sources/{id:path}",
    summary="Delete a source",
    status_code=204,
    responses=responses(401, 403, 404, 409, 422),
)
def delete_source(
    core: Core, caller: Anyone, space: SpacePath, id: SourcePath,
    deleted_at: Annotated[Moment | Omitted, Query(description="When it was deleted there. Left out: now.")] = None,
) -> None:  # fmt: skip
    """Out of search, drafts and prompts when this returns; only a newer `updated_at` brings it back."""
    found = _known(core, caller, space, id)
    if not _keeps_all(caller):
        if found is None:
            raise NotFound(f"There is no source {id!r} in space {space!r}.")
        _check_own(caller, found)
    core.intake.delete(caller.community_id, space, id, actor(caller), deleted_at=deleted_at)


def _keeps_all(caller: Caller) -> bool:
    """A host, or a platform that acts for nobody; everyone else keeps their own posts only."""
    return caller.role in ("host", "platform")


def _known(core: App, caller: Caller, space_id: str, source_id: str) -> Source | None:
    """The living source, if any; raises NotFound for a space out of sight."""
    with core.store.read() as tx:
        space = audience.space_in_sight(audience.sight(tx, caller.community_id), caller, space_id)
        stored = sources.find(tx, space.pk, source_id)
    return stored.source if stored and stored.deleted_at is None and audience.sees(caller, stored.source) else None


def _own_post(core: App, caller: Caller, space_id: str, source_id: str, body: SourceBody) -> str | None:
    """The author of a post that a member may write; raises Forbidden for everything else."""
    with core.store.read() as tx:
        space = audience.space_in_sight(audience.sight(tx, caller.community_id), caller, space_id)
        stored = sources.find(tx, space.pk, source_id)
    if body.kind != "post" or body.origin != "person" or body.author_id not in (None, caller.member_id):
        raise Forbidden("Members write posts of their own: kind `post`, origin `person`, themselves as author.")
    if stored is not None and stored.deleted_at is not None:
        raise Conflict(f"Source {source_id!r} was deleted; post under another id.")
    if stored is not None:
        _check_own(caller, stored.source)
    return caller.member_id


def _check_own(caller: Caller, source: Source) -> None:
    if source.kind != "post" or source.origin != "person" or source.author_id != caller.member_id:
        raise Forbidden(f"Source {source.id!r} is not a post of yours.")
