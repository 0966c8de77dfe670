"""Files: upload one, or an archive of a whole course, and follow how it is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException

from api.auth import HostOrPlatform, actor
from api.bodies import check_text
from api.core import Core
from api.cursors import pack, unpack_texts
from api.idempotency import IdempotencyKey, IdempotentRoute
from api.problems import Malformed
from api.schemas import ID_CHARACTERS, Cursor, Limit, ObjectPath, View, responses
from cohost import audience
from cohost.errors import InvalidInput
from cohost.store import ingestions

router = APIRouter(tags=["files"])
uploads = APIRouter(tags=["files"], route_class=IdempotentRoute)

NAME_BYTES = 255  # the longest file name of common file systems
BLOCK = 1 << 20
FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "space_id"],
                    "additionalProperties": False,
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "A document or an archive."},
                        "space_id": {"type": "string", "minLength": 1, "maxLength": ID_CHARACTERS, "example": "course"},
                        "sync": {
                            "type": "string", "enum": ["true", "false"], "default": "false",
                            "description": "true: what this upload lacks is removed from the space.",
                        },
                    },
                }
            }
        },
    }
}  # fmt: skip


REASONS = """A stable reason, empty when all is well.

- `empty`: nothing in it. `no_text`: readable, but without a word, such as a scan.
- `encrypted`: a password is needed. `damaged`: cut off, or not what its format asks for.
- `unsupported`: a format or a name that is not read. `disguised`: named like one format, but holding another.
- `too_large`, `too_slow`: over a limit of size, entries, pages, memory or time.
- `crashed`: the process that read it died; the others of the same upload were read.
- `refused`: an address that no request is sent to. `unreachable`: no page came from there.
- `conflict`: somebody else changed the source at the same moment. `not-found`: the space went away. `busy`: read it
  again."""


class IngestionStarted(View):
    """An accepted upload or page."""

    id: str
    status: Literal["waiting"] = "waiting"


class FileOutcome(View):
    """What became of one file."""

    name: str
    outcome: Literal["added", "changed", "unchanged", "removed", "skipped", "failed"]
    code: ingestions.FileCode = Field(description=REASONS, examples=["encrypted"])
    message: str
    chunks: int
    embedded: int


class IngestionView(View):
    """How far the reading of an upload or a page is."""

    id: str
    space_id: str
    name: str = Field(description="The file's name, or the page's address.")
    sync: bool
    status: Literal["waiting", "running", "done", "failed"]
    total: int | None = Field(description="Files in it; null until reading began.")
    done: int
    message: str
    created_at: datetime
    finished_at: datetime | None
    files: list[FileOutcome]
    next: str | None = Field(description="The cursor of the next page of files; null on the last.")


@dataclass(frozen=True)
class Upload:
    """The checked fields of the form."""

    file: UploadFile
    name: str
    space_id: str
    sync: bool

    def blocks(self) -> Iterator[bytes]:
        """The file's bytes."""
        while block := self.file.file.read(BLOCK):
            yield block


async def _form(request: Request, caller: HostOrPlatform) -> Upload:
    """Read the form; `caller` comes first, so that nobody without the right makes us store a file."""
    try:
        return _checked(await request.form(max_files=1, max_fields=10))
    except MultiPartException as error:
        raise Malformed(f"The form cannot be read: {error.message}", field="body") from None


@uploads.post(
    "/v1/files",
    summary="Upload a file or an archive",
    status_code=202,
    openapi_extra=FORM,
    responses=responses(400, 401, 403, 404, 409, 413, 415, 422),
)
def upload_file(
    core: Core, caller: HostOrPlatform, upload: Annotated[Upload, Depends(_form)], response: Response,
    idempotency_key: IdempotencyKey = None,
) -> IngestionStarted:  # fmt: skip
    """It is read in the background; look at `Location` for progress."""
    with core.store.read() as tx:
        audience.space_in_sight(audience.sight(tx, caller.community_id), caller, upload.space_id)
    started = core.files.accept_upload(
        caller.community_id, upload.space_id, upload.name, upload.blocks(), actor(caller), sync=upload.sync
    )
    response.headers["Location"] = f"/v1/ingestions/{started}"
    return IngestionStarted(id=started)


@router.get("/v1/ingestions/{id}", summary="Follow an upload or a page", responses=responses(401, 403, 404, 422))
def get_ingestion(
    core: Core, caller: HostOrPlatform, id: ObjectPath, limit: Limit = 200, cursor: Cursor = None
) -> IngestionView:
    """Progress, and the outcome of every file by name."""
    after = unpack_texts(cursor, 1)[0] if cursor else ""
    with core.store.read() as tx:
        found = ingestions.get(tx, caller.community_id, id)
        files = ingestions.files(tx, id, after=after, limit=limit + 1)
    more = pack(files[limit - 1].name) if len(files) > limit else None
    return IngestionView.model_validate({**found.__dict__, "files": files[:limit], "next": more})


def _checked(form: FormData) -> Upload:
    strange = sorted(set(form) - {"file", "space_id", "sync"})
    if strange:
        raise InvalidInput(f"The form has a field that is not known: {strange[0][:50]!r}.", field="body")
    file, space_id, sync = form.get("file"), form.get("space_id"), form.get("sync", "false")
    if not isinstance(file, UploadFile):
        raise InvalidInput("The form needs a file in the field `file`.", field="file")
    if not isinstance(space_id, str) or not 1 <= len(space_id) <= ID_CHARACTERS:
        raise InvalidInput("The form needs the id of a space in the field `space_id`.", field="space_id")
    if sync not in ("true", "false"):
        raise InvalidInput("`sync` is true or false.", field="sync")
    check_text(space_id, "space_id")
    return Upload(file, _name(file.filename or ""), space_id, sync == "true")


def _name(sent: str) -> str:
    """The file's own name, without the folders that some browsers send along."""
    check_text(sent, "file")
    name = sent.replace("\\", "/").rpartition("/")[2]
    if not name.isprintable() or name in ("", ".", "..") or len(name.encode()) > NAME_BYTES:
        raise InvalidInput(f"The file needs a printable name of at most {NAME_BYTES} bytes.", field="file")
    return name
