"""Restoring a backup: checked whole before anything is touched, then in one transaction, and nobody erased comes back."""

from __future__ import annotations

import io
import json
import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zlib import error as ZlibError

from cohost import erasure_list
from cohost.backup import FORMAT, MANIFEST, OWNER_ONLY, Manifest
from cohost.erasing import Erasure
from cohost.errors import Conflict, InvalidInput
from cohost.ports import VectorIndex
from cohost.settings import Settings
from cohost.store import Store, Tx, audit, dump, erasures, migrate, revival
from cohost.store.erasures import Erased, Leftovers
from cohost.vault import FILE_NAME as KEY_FILE

UPLOADS = "uploads/"


@dataclass(frozen=True)
class Restored:
    """What came back."""

    rows: int
    uploads: int
    erased_again: int
    with_key: bool


class Restore:
    """Puts a backup in place of a database and a home."""

    def __init__(self, store: Store, settings: Settings, erasure: Erasure, index: VectorIndex) -> None:
        self._store = store
        self._settings = settings
        self._erasure = erasure
        self._index = index

    def run(self, path: Path, *, force: bool = False, erased: Path | None = None) -> Restored:
        """Restore; until the last step, everything that was there before stays as it was.

        Raises InvalidInput for a file that is no whole backup, Misconfigured for one of a newer version, and Conflict
        where there is data already and `force` does not say to replace it.
        """
        with opened(path) as (archive, manifest):
            migrate.check_known(manifest.revision)
            gone = self._gone(archive, path, erased)
            fresh = self._unpack_uploads(archive)
            try:
                pks, again = self._replace_rows(archive, manifest, gone, force=force)
            except BaseException:
                for name in fresh:
                    (self._settings.uploads / name).unlink(missing_ok=True)
                raise
            with_key = self._replace_key(archive)
        self._sweep(fresh)
        erasure_list.add(self._settings.home / erasure_list.FILE_NAME, gone)
        for pk in pks:
            self._index.forget(pk)
        self._erasure.clean()
        self._store.compact()
        return Restored(sum(manifest.rows.values()), len(fresh), again, with_key)

    def close(self) -> None:
        """Give back all connections."""
        self._store.close()

    def _gone(self, archive: zipfile.ZipFile, path: Path, given: Path | None) -> list[Erased]:
        """Everyone who was erased, by every list there is: in the backup, beside it, in this home and named."""
        if given is not None and not given.exists():
            raise InvalidInput(f"{given} does not exist.")
        inside = archive.read(erasure_list.FILE_NAME).decode()
        lists = [path.parent / erasure_list.FILE_NAME, self._settings.home / erasure_list.FILE_NAME, given]
        found = {*erasure_list.parse(inside, str(path)), *(e for one in lists if one for e in erasure_list.read(one))}
        return sorted(found, key=lambda entry: (entry.at, entry.community_id, entry.member_id))

    def _replace_rows(
        self, archive: zipfile.ZipFile, manifest: Manifest, gone: list[Erased], *, force: bool
    ) -> tuple[list[int], int]:
        with self._store.write() as tx:
            replaced: list[int] = []
            if dump.has_rows(tx) and not force:
                raise Conflict("There is a community in this database already. To replace everything, say --force.")
            if dump.revision(tx) is not None:
                gone = gone + [entry for entry in _listed(tx) if entry not in gone]
                replaced = dump.space_keys(tx)
                migrate.downgrade_within(tx, "base")
            migrate.upgrade_within(tx, manifest.revision)
            for name, count in manifest.rows.items():
                with archive.open(f"tables/{name}.jsonl") as entry:
                    filled = dump.fill(tx, name, io.TextIOWrapper(entry, "utf-8", newline="\n"))
                if filled != count:
                    raise InvalidInput(f"The backup is damaged: {filled} rows of {name} instead of {count}.")
            migrate.upgrade_within(tx, "head")
            revival.settle_outbox(tx)
            revival.settle_uploads(tx, self._settings.uploads, _uploads(archive))
            pks = revival.rebuild_fulltext(tx)
            return sorted({*pks, *replaced}), self._erase_again(tx, gone, datetime.fromisoformat(manifest.taken_at))

    def _erase_again(self, tx: Tx, gone: list[Erased], taken_at: datetime) -> int:
        """Whoever was erased after the backup was taken; those before are not in it, unless they came back since."""
        again = 0
        known = {(e.community_id, e.member_id, e.at) for e in erasures.everyone(tx)}
        there = erasures.communities(tx)
        latest = {(e.community_id, e.member_id): e for e in sorted(gone, key=lambda entry: entry.at)}
        for entry in (e for e in latest.values() if e.community_id in there):
            if entry.at >= taken_at and self._erasure.within(tx, entry, audit.OPERATOR, material=False):
                again += 1
            elif (entry.community_id, entry.member_id, entry.at) not in known:
                erasures.record(tx, entry, Leftovers())
        return again

    def _unpack_uploads(self, archive: zipfile.ZipFile) -> list[str]:
        names = [name for name in _uploads(archive) if not (self._settings.uploads / name).exists()]
        self._settings.uploads.mkdir(parents=True, exist_ok=True)
        for name in names:
            with archive.open(UPLOADS + name) as entry, (self._settings.uploads / name).open("wb") as file:
                shutil.copyfileobj(entry, file)
        return names

    def _replace_key(self, archive: zipfile.ZipFile) -> bool:
        if KEY_FILE not in archive.namelist():
            return False
        target = self._settings.home / KEY_FILE
        draft = target.with_name(f"{KEY_FILE}.part")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY), "wb") as file:
            file.write(archive.read(KEY_FILE))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
        return True

    def _sweep(self, fresh: list[str]) -> None:
        """Uploads of what was replaced, and of who was erased again."""
        with self._store.read() as tx:
            kept = {Path(path).name for path in revival.waiting_uploads(tx)}
        for upload in self._settings.uploads.iterdir():
            if upload.name not in kept:
                upload.unlink()


@contextmanager
def opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """A backup whose every byte was checked; raises InvalidInput in one line."""
    if not path.is_file():
        raise InvalidInput(f"{path} is not there.")
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
            if damaged:
                raise InvalidInput(f"{path} is damaged ({damaged}); nothing was changed.")
            yield archive, _manifest(archive, path)
    except (zipfile.BadZipFile, EOFError, ZlibError) as error:
        raise InvalidInput(f"{path} is cut off or no backup; nothing was changed.") from error


def _manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    try:
        manifest = Manifest(**json.loads(archive.read(MANIFEST)))
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInput(f"{path} is no backup of Cohost; nothing was changed.") from error
    if manifest.format != FORMAT:
        raise InvalidInput(f"{path} was made by another version of Cohost ({manifest.version}); nothing was changed.")
    return manifest


def _uploads(archive: zipfile.ZipFile) -> list[str]:
    """Plain file names only, whatever the archive says."""
    return [name.removeprefix(UPLOADS) for name in archive.namelist() if name.startswith(UPLOADS) and "/" not in
            name.removeprefix(UPLOADS) and name.removeprefix(UPLOADS).startswith("up_")]  # fmt: skip


def _listed(tx: Tx) -> list[Erased]:
    """Who was erased from the database that is replaced."""
    return erasures.everyone(tx) if erasures.is_there(tx) else []
