"""Course files and pages in: choosing them, and watching them being read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import UploadFile

from api.bodies import check_text
from api.console.ask import SPACE_CHARACTERS, spaces_of
from api.console.forms import Form, Posted, PostedFiles
from api.console.page import HostOnly, Visit, see
from cohost import audience
from cohost.errors import InvalidInput, TooLarge
from cohost.settings import MIB
from cohost.store import ingestions

router = APIRouter()
PIECE_BYTES = 1 * MIB  # handed on at a time, so that a large file is never held in memory
FILES_PER_PAGE = 200
URL_CHARACTERS = 2_000  # as the API allows
ONE_ARCHIVE = "To remove what is missing, upload the whole course as one archive: several files do not tell."


@router.get("/upload")
def show(visit: HostOnly, space: str = "") -> HTMLResponse:
    """The form and recent uploads."""
    return _form(visit, chosen=space)


@router.post("/upload")
def upload(visit: HostOnly, form: PostedFiles) -> Response:
    """Take in one or more files; each becomes an ingestion that the worker reads."""
    space_id = form.text("space", most=SPACE_CHARACTERS)
    space = audience.space_in_sight(visit.sight, visit.caller, space_id)
    try:
        files = _chosen(form)
    except InvalidInput as error:
        return _form(visit, chosen=space_id, error=error.message, status=422)
    made, refused = _accepted(visit, space.id, files, sync=form.ticked("sync"))
    if refused:
        others = " The other files were taken." if made else ""
        return _form(visit, chosen=space_id, error=" ".join(refused) + others, status=422)
    return see(f"/upload/{made[0]}" if len(made) == 1 else "/upload")


@router.post("/upload/page")
def page(visit: HostOnly, form: Posted) -> Response:
    """Have a page of the web read; it becomes an ingestion like an upload."""
    space_id = form.text("space", most=SPACE_CHARACTERS)
    space = audience.space_in_sight(visit.sight, visit.caller, space_id)
    try:
        url = form.text("url", most=URL_CHARACTERS, label="Address", required=True)
        made = visit.core.files.accept_page(visit.community.id, space.id, url, visit.actor)
    except InvalidInput as error:
        return _form(visit, chosen=space_id, error=error.message, url=form.typed("url")[:URL_CHARACTERS], status=422)
    return see(f"/upload/{made}")


@router.get("/upload/{ingestion_id}")
def ingestion(visit: HostOnly, ingestion_id: str, after: str = "") -> HTMLResponse:
    """How far reading has come, and what became of every file."""
    with visit.core.store.read() as tx:
        found = ingestions.get(tx, visit.community.id, ingestion_id)
        files = ingestions.files(tx, found.id, after=after, limit=FILES_PER_PAGE + 1)
    more = len(files) > FILES_PER_PAGE
    files = files[:FILES_PER_PAGE]
    return visit.page(
        "ingestion.html", ingestion=found, files=files, space=visit.sight.spaces.get(found.space_id),
        next=files[-1].name if more else "", by=visit.name(found.created_by),
    )  # fmt: skip


def _chosen(form: Form) -> list[UploadFile]:
    files = form.files("files")
    if not files:
        raise InvalidInput("Choose at least one file.", field="files")
    if form.ticked("sync") and len(files) > 1:
        raise InvalidInput(ONE_ARCHIVE, field="sync")
    return files


def _accepted(visit: Visit, space_id: str, files: list[UploadFile], *, sync: bool) -> tuple[list[str], list[str]]:
    """Ingestions that began, and what is wrong with the files for which none did."""
    made, refused = [], []
    for file in files:
        try:
            made.append(_accept(visit, space_id, file, sync=sync))
        except (InvalidInput, TooLarge) as error:
            refused.append(error.message)
    return made, refused


def _accept(visit: Visit, space_id: str, file: UploadFile, *, sync: bool) -> str:
    name, pieces = file.filename or "file", _pieces(file.file)
    check_text(name, "The file's name")
    return visit.core.files.accept_upload(visit.community.id, space_id, name, pieces, visit.actor, sync=sync)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE_BYTES):
        yield piece


def _form(visit: Visit, *, chosen: str = "", error: str = "", url: str = "", status: int = 200) -> HTMLResponse:
    with visit.core.store.read() as tx:
        recent = ingestions.recent(tx, visit.community.id)
    spaces = sorted(spaces_of(visit), key=lambda space: space.kind != "course")
    return visit.page(
        "upload.html", status=status, spaces=spaces, chosen=chosen, error=error, url=url, recent=recent,
        most_mb=visit.core.settings.max_upload_bytes // MIB,
    )  # fmt: skip
