"""The folder of the embedded Chroma: one process owns it, and what was not closed well is never trusted."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

from cohost.errors import IndexUnavailable, Misconfigured
from knowledge.chroma import DATABASE

ASIDE_KEPT = 1  # enough to look at what broke
ASIDE_S = 24 * 3600.0  # and not for long: it may hold vectors of deleted posts
LOCK_WAIT_S = 2.0  # a child of an owner that was killed may hold the lock for a moment longer


class Folder:
    """`lock`, `store` with Chroma's files, `closed.json` while nobody has it open, `aside-…` what broke before."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._seal = root / "closed.json"
        self._lock: int | None = None
        self._opened: tuple[int, int] | None = None
        self.store = root / "store"

    @property
    def lock(self) -> int:
        """Descriptor of the lock; hand it to a child so that the folder stays owned while either lives."""
        if self._lock is None:
            raise IndexUnavailable("Another process owns the embedded vector index.")
        return self._lock

    def owned(self) -> bool:
        """Whether this process owns the folder; tries to. A lock whose file was deleted keeps nobody out."""
        if self._lock is not None and not _is_file(self._lock, self._root / "lock"):
            self.release()
        if self._lock is None:
            self._root.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(descriptor)
                return False
            self._lock = descriptor
        return True

    def own(self) -> None:
        """Own the folder; raises Misconfigured when another process does."""
        until = time.monotonic() + LOCK_WAIT_S
        while not self.owned():
            if time.monotonic() > until:
                raise Misconfigured(
                    f"Another process owns the vector index in {self._root}. For several processes run a Chroma server"
                    " (chroma run) and set COHOST_CHROMA_URL, or set COHOST_VECTOR_INDEX=auto."
                )
            time.sleep(0.05)

    def release(self) -> None:
        """Let another process own it."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def in_use(self) -> bool:
        """Whether there is anything on disk."""
        return self._root.is_dir() and any(path.name != "lock" for path in self._root.iterdir())

    def prepare(self) -> bool:
        """Make ready for opening; whether what is there can be trusted. What cannot is set aside."""
        trusted = self.store.is_dir() and self._sealed() == _state(self.store)
        if not trusted:
            self.set_aside()
        self._seal.unlink(missing_ok=True)
        self.store.mkdir(exist_ok=True)
        return trusted

    def opened(self) -> None:
        """Remember which database file was opened."""
        self._opened = self._identity()

    def intact(self) -> bool:
        """Whether the database file is there, and the one that was opened."""
        return self._opened is not None and self._opened == self._identity()

    def check(self) -> None:
        """Raise IndexUnavailable when it is not."""
        if not self.intact():
            raise IndexUnavailable("The files of the vector index were taken away.")

    def seal(self) -> None:
        """Everything was closed well: note the files as they are now."""
        if self.store.is_dir():
            self._seal.write_text(json.dumps(_state(self.store)))

    def set_aside(self) -> None:
        """Rename what is there, with the time."""
        if self.store.exists():
            self.store.rename(self._root / f"aside-{datetime.now(UTC):%Y%m%dT%H%M%S.%f}")
        self.prune()

    def prune(self) -> None:
        """Of what was set aside, only the newest is kept, and that for a day."""
        all_of_them = self._aside()
        old = [path for path in all_of_them if time.time() - path.stat().st_ctime > ASIDE_S]
        for path in {*all_of_them[:-ASIDE_KEPT], *old}:
            shutil.rmtree(path, ignore_errors=True)

    def remove_aside(self) -> None:
        """Delete what was set aside: it holds vectors of people who were erased since."""
        for old in self._aside():
            shutil.rmtree(old)

    def wipe(self) -> None:
        """Delete everything but the lock and requests."""
        self._seal.unlink(missing_ok=True)
        shutil.rmtree(self.store, ignore_errors=True)
        self.remove_aside()

    def request(self, space_pk: int) -> Path:
        """Ask the owner, whoever it is or will be, to forget a space; the file is gone when it has."""
        path = self._root / f"forget-{space_pk}"
        path.touch()
        return path

    def requests(self) -> list[int]:
        """Spaces that the owner was asked to forget."""
        return [int(path.name.partition("-")[2]) for path in self._root.glob("forget-*")]

    def _aside(self) -> list[Path]:
        return sorted(self._root.glob("aside-*"))

    def _sealed(self) -> object:
        try:
            return json.loads(self._seal.read_bytes())
        except (OSError, ValueError):
            return None

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = (self.store / DATABASE).stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino


def _is_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def _state(store: Path) -> dict[str, list[int]]:
    """Size and time of change of each file: any that was cut, replaced or written to since shows."""
    files = {path.relative_to(store).as_posix(): path.stat() for path in store.rglob("*") if path.is_file()}
    return {name: [stat.st_size, stat.st_mtime_ns] for name, stat in files.items()}
