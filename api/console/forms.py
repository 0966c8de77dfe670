"""Forms: bounded, from our own pages, and carrying the token of this very session."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from api.bodies import check_text
from cohost.errors import Forbidden, InvalidInput, TooLarge
from cohost.settings import MIB

SESSION_COOKIE = "cohost_session"  # holds the session's secret
VISITOR_COOKIE = "cohost_visitor"  # holds a random secret for the one form a signed-out visitor sees
TOKEN_FIELD = "form_token"  # noqa: S105  a field's name
FORM_BYTES = 1 * MIB  # far above the longest text a form may hold, 10,000 characters and their encoding
UPLOAD_FILES = 500  # at once; a larger course comes as an archive
FIELDS = 200
T = TypeVar("T", bound=str)
STALE_FORM = (
    "This form is no longer valid, perhaps because you signed in again. Go back, reload the page, and send it again."
)


class Form:
    """What was sent: texts are asked for by name and length, files by name."""

    def __init__(self, data: FormData) -> None:
        self._data = data

    def text(self, name: str, *, most: int, label: str = "", required: bool = False) -> str:
        """A field with line ends as `\\n` and no space around; raises InvalidInput when too long or missing."""
        value = self.typed(name).strip()
        check_text(value, name)
        label = label or name.replace("_", " ").capitalize()
        if required and not value:
            raise InvalidInput(f"{label} is empty. Please fill it in.", field=name)
        if len(value) > most:
            raise InvalidInput(f"{label} has {len(value):,} characters; at most {most:,} are possible.", field=name)
        return value

    def typed(self, name: str) -> str:
        """What was typed, to show it again beside an error."""
        raw = self._data.get(name)
        return raw.replace("\r\n", "\n") if isinstance(raw, str) else ""

    def has(self, name: str) -> bool:
        """Whether the form holds a field, be it empty."""
        return isinstance(self._data.get(name), str)

    def several(self, name: str) -> list[str]:
        """What was typed into fields of the same name, empty ones left out."""
        values = [raw.replace("\r\n", "\n").strip() for raw in self._data.getlist(name) if isinstance(raw, str)]
        for value in values:
            check_text(value, name)
        return [value for value in values if value]

    def one_of(self, name: str, known: Iterable[T], otherwise: str) -> T:
        """The known one that was chosen; raises InvalidInput with what to do `otherwise`."""
        value = self.text(name, most=20)
        found = next((one for one in known if one == value), None)
        if found is None:
            raise InvalidInput(otherwise, field=name)
        return found

    def number(self, name: str) -> int:
        """A whole number; raises InvalidInput."""
        value = self.text(name, most=20)
        if not value.isascii() or not value.isdigit():
            raise InvalidInput(f"{name.capitalize()} must be a number.", field=name)
        return int(value)

    def ticked(self, name: str) -> bool:
        """Whether a check box was ticked."""
        return self._data.get(name) is not None

    def files(self, name: str) -> list[UploadFile]:
        """The files that were chosen."""
        return [item for item in self._data.getlist(name) if isinstance(item, UploadFile) and item.filename]


def form_token(secret: str) -> str:
    """What a page's forms carry: bound to a secret that only the cookie holds, and useless to find it."""
    return sha256(b"cohost form token\x00" + secret.encode()).hexdigest()


async def checked_form(request: Request) -> AsyncIterator[Form]:
    """The form of a POST; raises Forbidden unless it came from one of this session's own pages."""
    async with _checked(request, most_bytes=FORM_BYTES) as form:
        yield form


async def checked_upload(request: Request) -> AsyncIterator[Form]:
    """The same with files, up to the size of an upload."""
    async with _checked(request, most_bytes=request.app.state.core.settings.max_upload_bytes + FORM_BYTES) as form:
        yield form


Posted = Annotated[Form, Depends(checked_form)]
PostedFiles = Annotated[Form, Depends(checked_upload)]


@asynccontextmanager
async def _checked(request: Request, *, most_bytes: int) -> AsyncIterator[Form]:
    """The form while the page works with it; uploaded files are closed afterwards."""
    _refuse_foreign_origin(request)
    _refuse_large(request, most_bytes)
    try:
        data = await request.form(max_files=UPLOAD_FILES, max_fields=FIELDS, max_part_size=FORM_BYTES)
    except HTTPException as error:
        raise InvalidInput("The form could not be read. Please go back and send it again.") from error
    try:
        _refuse_foreign_token(request, data.get(TOKEN_FIELD))
        yield Form(data)
    finally:
        await data.close()


def _refuse_foreign_token(request: Request, sent: object) -> None:
    secret = request.cookies.get(SESSION_COOKIE) or request.cookies.get(VISITOR_COOKIE)
    if not secret or not isinstance(sent, str) or not hmac.compare_digest(sent.encode(), form_token(secret).encode()):
        raise Forbidden(STALE_FORM)


def _refuse_foreign_origin(request: Request) -> None:
    """Raise Forbidden when the browser says that another site sent this.

    Pages send no referrer, so browsers may tell the origin as "null" even for our own forms; `Sec-Fetch-Site`
    tells it truly where the connection is trusted. Where neither says anything, the form token decides.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        raise Forbidden(STALE_FORM)
    origin = request.headers.get("origin", "null")
    asked = f"{request.url.scheme}://{request.headers.get('host', '')}"
    if origin not in ("null", asked, _origin(request.app.state.core.settings.public_url)):
        raise Forbidden(STALE_FORM)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _refuse_large(request: Request, most_bytes: int) -> None:
    """The server reads no more than the length it was told, so the told length is enough to check."""
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > most_bytes:
        raise TooLarge(f"That is more than the {most_bytes // MIB} MB that can be sent at once.")
