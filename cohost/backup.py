"""Backups: one file with all rows, the uploads that wait, the key of connector secrets, and the erasure list.

The same portable form for SQLite and PostgreSQL, written while the service runs: one way to test, no tool that has to
be installed or match a server's version, and a way from one database to the other. A ZIP file, because its table of
contents stands at the end: one that was cut off cannot be opened at all.
"""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from cohost import __version__, erasure_list
from cohost.errors import InvalidInput
from cohost.settings import Settings
from cohost.store import Store, Tx, dump, erasures, revival
from cohost.vault import FILE_NAME as KEY_FILE

FORMAT = 1
MANIFEST = "manifest.json"
OWNER_ONLY = 0o600  # it holds everybody's words, and the key


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself."""

    format: int
    version: str  # of Cohost
    revision: str  # of the database's shape
    taken_at: str  # who was erased after it is erased again
    rows: dict[str, int]  # by table, in the order in which they can be inserted


@dataclass(frozen=True)
class Backup:
    """What was written."""

    path: Path
    rows: int
    uploads: int
    with_key: bool


def write(store: Store, settings: Settings, path: Path, *, now: datetime) -> Backup:
    """Back up to a new file, whole or not at all; the erasure list beside it is brought up to date too.

    Raises InvalidInput when the file exists already or its folder does not.
    """
    if path.exists() or not path.parent.is_dir():
        why = "exists already" if path.exists() else "lies in a folder that does not exist"
        raise InvalidInput(f"{path} {why}. Name a new file.")
    draft = path.with_name(f"{path.name}.part")
    draft.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, store.read() as tx:
                made = _fill(archive, tx, settings, path, now)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)  # unlike a rename it never replaces a file
    finally:
        draft.unlink(missing_ok=True)
    return made


def _fill(archive: zipfile.ZipFile, tx: Tx, settings: Settings, path: Path, now: datetime) -> Backup:
    revision = dump.revision(tx) or ""  # the first statement: from here on the snapshot stands
    uploads = [_copy(archive, settings.uploads / Path(name).name) for name in revival.waiting_uploads(tx)]
    rows = {name: _table(archive, tx, name) for name in dump.names()}
    gone = sorted({*erasures.everyone(tx), *erasure_list.read(settings.home / erasure_list.FILE_NAME)}, key=str)
    archive.writestr(erasure_list.FILE_NAME, "".join(map(erasure_list.render, gone)))
    erasure_list.add(path.parent / erasure_list.FILE_NAME, gone)
    key = settings.home / KEY_FILE
    if key.exists():
        archive.writestr(KEY_FILE, key.read_bytes())
    manifest = Manifest(FORMAT, __version__, revision, now.isoformat(), rows)
    archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1))
    return Backup(path, sum(rows.values()), sum(uploads), key.exists())


def _copy(archive: zipfile.ZipFile, upload: Path) -> bool:
    """One upload; a worker may have read and removed it since."""
    try:
        with upload.open("rb") as file, archive.open(f"uploads/{upload.name}", "w", force_zip64=True) as entry:
            shutil.copyfileobj(file, entry)
    except FileNotFoundError:
        return False
    return True


def _table(archive: zipfile.ZipFile, tx: Tx, name: str) -> int:
    count = 0
    with archive.open(f"tables/{name}.jsonl", "w", force_zip64=True) as entry:
        for line in dump.lines(tx, name):
            entry.write(line.encode())
            count += 1
    return count
