"""What several nouns share in their bodies: ids, texts, times, pages, passages, problems."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Path, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from cohost import model

PRINTABLE = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]+$"  # no control characters, no line separators
WORDS = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$"  # any text that is not blank
ANY_TEXT = "^[^\\u0000]*$"  # PostgreSQL cannot store NUL
ID_CHARACTERS = 200
SOURCE_ID_CHARACTERS = 1000  # for files it is their path
YEARS = "^(19[7-9]|2[01][0-9])[0-9]-"  # 1970 to 2199: a time outside is a mistake, and some have no UTC

Id = Annotated[str, StringConstraints(min_length=1, max_length=ID_CHARACTERS, pattern=PRINTABLE)]
SourceId = Annotated[str, StringConstraints(min_length=1, max_length=SOURCE_ID_CHARACTERS, pattern=PRINTABLE)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PRINTABLE)]
Address = Annotated[str, StringConstraints(max_length=2000, pattern='^https?://[^\\s<>"\\\\]+$')]
Omitted = SkipJsonSchema[None]  # a parameter may be left out, but it cannot be null: that would be the text "null"
Limit = Annotated[int, Query(ge=1, le=200, description="How many items a page holds at most.")]
Cursor = Annotated[
    str | Omitted, Query(max_length=2000, description="`next` of the page before; leave out for the first.")
]
SpacePath = Annotated[Id, Path(description="The space's id.", examples=["course"])]
ObjectPath = Annotated[Id, Path(description="The object's id.")]


def _moment(value: object) -> object:
    """A time in UTC; only text with a time zone, so that nobody's local time is guessed."""
    if isinstance(value, str) and re.match(YEARS, value):
        try:
            moment = datetime.fromisoformat(value.upper())  # RFC 3339 also knows the small letters t and z
        except ValueError:
            moment = None
        if moment and moment.tzinfo:
            return moment.astimezone(UTC)
    raise ValueError("give a time from 1970 to 2199 with its time zone, such as 2025-03-01T09:30:00Z")


def _whole(value: object) -> object:
    """In JSON 5.0 is a whole number too."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_whole)]
Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": YEARS, "examples": ["2025-03-01T09:30:00Z"]}),
]


class Body(BaseModel):
    """A request's body: unknown fields and wrong types are refused, nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class View(BaseModel):
    """A record as it is shown."""

    model_config = ConfigDict(from_attributes=True)


T = TypeVar("T", bound=BaseModel)


class Page(BaseModel, Generic[T]):
    """Some of many."""

    items: list[T]
    next: str | None = Field(description="The cursor of the next page; null on the last.")


class FieldError(BaseModel):
    """What is wrong with one field."""

    field: str = Field(examples=["member_ids.0"])
    detail: str


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    type: str = Field(description="Stable address of this kind of problem; it can be opened.")
    title: str
    status: int
    detail: str = Field(description="What happened, to which id, what to do.")
    errors: list[FieldError] | None = Field(None, description="The fields that are wrong, for 400 and 422.")
    request_id: str | None = Field(None, description="For operators, with a 500.")


class PassageView(View):
    """A span of a source, verbatim."""

    space_id: str
    source_id: str = Field(description="For a file: its path relative to the ingested root.")
    title: str
    headings: list[str] = Field(description="Outermost first.")
    place: str = Field(description="Such as `page 3` or `00:02:15`; empty where a source has no places.")
    start: int = Field(description="Offset in code points into the source's text.")
    end: int
    text: str = Field(description="Exactly the source's text from `start` to `end`.")
    score: float = Field(description="Higher is better; comparable within one search only.")
    url: str | None

    @classmethod
    def of(cls, passage: model.Passage) -> PassageView:
        """As retrieved."""
        return cls.model_validate(passage)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document the problems that an operation may answer with, and those that come with them."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    also = {503} | ({429} if 401 in statuses else set()) | ({408} if 413 in statuses else set())
    return {status: {"description": MEANINGS[status], "content": content, **_headers(status)}
            for status in sorted({*statuses, *also})}  # fmt: skip


def _headers(status: int) -> dict[str, Any]:
    wait = {"schema": {"type": "integer", "minimum": 1}, "description": "Seconds.", "required": True}
    return {"headers": {"Retry-After": wait}} if status in (429, 503) else {}


MEANINGS = {
    400: "The body is malformed.",
    401: "No valid key.",
    403: "The role does not have this right.",
    404: "Absent, or out of sight.",
    408: "The body did not arrive in time.",
    409: "The state does not allow it, or a call with the same Idempotency-Key still runs.",
    413: "The body is too large.",
    415: "The body has another content type.",
    422: "A value cannot be used; `errors` names the fields.",
    429: "Over a rate limit; try again after `Retry-After` seconds.",
    503: "Busy; try again after `Retry-After` seconds.",
}
