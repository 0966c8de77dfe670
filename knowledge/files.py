"""Files in: folders, archives and uploads, file by file; one bad file never stops the others."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import structlog

from cohost.errors import Busy, CohostError, InvalidInput, NotFound, TooLarge, UnreadableFile
from cohost.ids import new_id
from cohost.model import SourceInput
from cohost.settings import Settings
from cohost.store import Store, audit, ingestions, places, sources
from cohost.store.audit import Actor
from cohost.store.ingestions import Ingestion, IngestionFile
from knowledge.extract import FORMATS
from knowledge.extract.archive import Entry, open_archive
from knowledge.extract.sandbox import Sandbox
from knowledge.ingest import Intake, Plan, PutResult

READER_VERSION = b"1"  # part of a file's hash: a reader that reads better makes files worth reading again
CHUNKS_AT_ONCE = 256  # embedded together: enough to sort by length, little enough to show progress
FILES_AT_ONCE = 25  # outcomes written in one transaction
MAX_UNREAD = 100  # uploads of a community that wait: their bytes lie on the server's disk
SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__", "venv"})
OnProgress = Callable[[int, int, str], None]  # files done, files in all, name of the last one

log = structlog.get_logger()


@dataclass(frozen=True)
class _Item:
    """One file to read; `entry` is set when it lies in an archive."""

    name: str  # relative, with forward slashes: the source's id
    path: Path | None = None
    entry: Entry | None = None
    skipped: str = ""

    def read(self) -> bytes:
        """The bytes; raises UnreadableFile."""
        if self.entry is not None:
            return self.entry.read()
        assert self.path is not None  # noqa: S101  an item has one or the other
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise UnreadableFile("damaged", f"{self.name} cannot be opened: {error.strerror}.") from error


@dataclass
class _Run:
    """What one ingestion has in hand."""

    ingestion: Ingestion
    known: dict[str, str]  # content hash by source id
    total: int
    on_progress: OnProgress
    done: int = 0
    plans: list[Plan] = field(default_factory=list)
    outcomes: list[IngestionFile] = field(default_factory=list)


class Files:
    """Reads files of all communities; parsing happens in a child process."""

    def __init__(
        self, store: Store, intake: Intake, settings: Settings, clock: Callable[[], datetime], sandbox: Sandbox
    ) -> None:
        self._store = store
        self._intake = intake
        self._settings = settings
        self._clock = clock
        self._sandbox = sandbox

    def accept_upload(
        self, community_id: str, space_id: str, name: str, parts: Iterable[bytes], actor: Actor, *, sync: bool = False
    ) -> str:
        """Store an upload under a random name for a worker to read; the ingestion's id.

        Raises TooLarge, InvalidInput or NotFound; then nothing was stored.
        """
        with self._store.read() as tx:
            places.space(tx, community_id, space_id)
            if ingestions.unread(tx, community_id) >= MAX_UNREAD:
                raise Busy(f"{MAX_UNREAD} uploads wait to be read already. Send this one when some are done.")
        path = self._stored(parts)
        if path.stat().st_size == 0:
            path.unlink()
            raise InvalidInput(f"{name} is empty.", field="file")
        try:
            return self._begin(
                community_id, space_id, _base_name(name), actor, sync=sync, path=path, status="waiting"
            ).id
        except NotFound:
            path.unlink()
            raise

    def ingest_path(
        self, community_id: str, space_id: str, path: Path, actor: Actor, *, sync: bool = False, on_progress: OnProgress
    ) -> str:
        """Read a folder, an archive or one file now; the ingestion's id."""
        if not path.exists():
            raise InvalidInput(f"{path} does not exist.", field="path")
        ingestion = self._begin(community_id, space_id, path.name, actor, sync=sync, path=path, status="running")
        self._read(ingestion, path, actor, on_progress)
        return ingestion.id

    def step(self, stop: threading.Event | None = None) -> bool:
        """Read one waiting upload; False when there is none. Told to stop, it gives back what is not yet read."""
        with self._store.write() as tx:
            ingestion = ingestions.claim(tx, self._clock())
        if ingestion is None:
            return False
        path = Path(ingestion.path or "")
        whole = self._read(ingestion, path, Actor(ingestion.created_by), lambda done, total, name: None, stop)
        if whole and path.parent == self._settings.uploads:
            path.unlink(missing_ok=True)
        return True

    def close(self) -> None:
        """End the child process."""
        self._sandbox.close()

    def _stored(self, parts: Iterable[bytes]) -> Path:
        self._settings.uploads.mkdir(parents=True, exist_ok=True)
        path, size = self._settings.uploads / new_id("up"), 0
        with path.open("wb") as file:
            for part in parts:
                size += len(part)
                if size > self._settings.max_upload_bytes:
                    path.unlink()
                    limit = self._settings.max_upload_bytes // 1024**2
                    raise TooLarge(
                        f"The upload is larger than {limit} MiB. Split it, or use `cohost ingest` on the server."
                    )
                file.write(part)
        return path

    def _begin(
        self, community_id: str, space_id: str, name: str, actor: Actor, *, sync: bool, path: Path, status: str
    ) -> Ingestion:
        now = self._clock()
        new = Ingestion(
            new_id("ing"), community_id, space_id, name, str(path), sync, "waiting", actor.name, None, 0, "", now, None
        )
        with self._store.write() as tx:
            places.space(tx, community_id, space_id)
            ingestions.add(tx, new)
            audit.record(tx, community_id, actor, "ingestion.started", "ingestion", new.id, now=now, space=space_id)
            if status == "running":
                ingestions.progress(tx, new.id, done=0, total=0, now=now)
        return new

    def _read(
        self,
        ingestion: Ingestion,
        path: Path,
        actor: Actor,
        on_progress: OnProgress,
        stop: threading.Event | None = None,
    ) -> bool:
        """Read all files; what goes wrong as a whole is the ingestion's message. False when told to stop before the end."""
        try:
            items = sorted(_items(path, ingestion.name), key=lambda item: item.name)
            with self._store.read() as tx:
                space = places.space(tx, ingestion.community_id, ingestion.space_id)
                known = sources.hashes(tx, space.pk)
            run = _Run(ingestion, known, len(items), on_progress)
            for item in items:
                self._read_one(run, item, actor)
                if stop is not None and stop.is_set() and (run.done < run.total or _failed(run, item)):
                    self._give_back(run, item, actor)
                    return False
            self._flush(run, actor)
            removed = self._sync(run, items, actor) if ingestion.sync and _holds_many(path, ingestion.name) else 0
        except CohostError as error:
            self._finish(ingestion, "failed", error.message)
        else:
            self._finish(ingestion, "done", f"{run.total} files read" + (f", {removed} removed." if removed else "."))
        return True

    def _give_back(self, run: _Run, last: _Item, actor: Actor) -> None:
        """Keep what was read; the last file may have failed only because its reader was ended."""
        if _failed(run, last):
            run.outcomes.pop()
        self._flush(run, actor)
        with self._store.write() as tx:
            ingestions.give_back(tx, run.ingestion.id)
        log.info("ingestion.given_back", ingestion=run.ingestion.id, done=run.done, total=run.total)

    def _read_one(self, run: _Run, item: _Item, actor: Actor) -> None:
        try:
            self._plan(run, item)
        except CohostError as error:
            code = error.code if isinstance(error, UnreadableFile) else error.slug
            harmless = item.skipped or code == "empty"  # an empty file in a folder is nobody's loss
            run.outcomes.append(IngestionFile(item.name, "skipped" if harmless else "failed", code, error.message))
        run.done += 1
        run.on_progress(run.done, run.total, item.name)
        if (
            sum(len(plan.missing) for plan in run.plans) >= CHUNKS_AT_ONCE
            or len(run.outcomes) + len(run.plans) >= FILES_AT_ONCE
        ):
            self._flush(run, actor)

    def _plan(self, run: _Run, item: _Item) -> None:
        if item.skipped:
            raise UnreadableFile("unsupported", item.skipped)
        data = item.read()
        digest = sha256(READER_VERSION + b"\0" + data).hexdigest()
        if run.known.get(item.name) == digest:
            run.outcomes.append(IngestionFile(item.name, "unchanged"))
            return
        with _on_disk(item, data) as path:
            document = self._sandbox.extract(path, item.name)
        new = SourceInput(id=item.name, kind=document.kind, title=document.title)
        plan = self._intake.plan(
            run.ingestion.community_id, run.ingestion.space_id, new, document, content_hash=digest, from_file=True
        )
        if isinstance(plan, PutResult):
            run.outcomes.append(IngestionFile(item.name, "unchanged"))
        else:
            run.plans.append(plan)

    def _flush(self, run: _Run, actor: Actor) -> None:
        """Embed and commit what is planned, then write outcomes and progress."""
        results = self._intake.commit(run.ingestion.community_id, run.plans, actor)
        for plan, result in zip(run.plans, results, strict=True):
            run.outcomes.append(_outcome(plan, result))
        with self._store.write() as tx:
            for outcome in run.outcomes:
                ingestions.record(tx, run.ingestion.id, outcome)
            ingestions.progress(tx, run.ingestion.id, done=run.done, total=run.total, now=self._clock())
        run.plans.clear()
        run.outcomes.clear()

    def _sync(self, run: _Run, items: list[_Item], actor: Actor) -> int:
        """Delete sources that came from files which are gone."""
        present = {item.name for item in items}
        with self._store.read() as tx:
            space = places.space(tx, run.ingestion.community_id, run.ingestion.space_id)
            gone = [name for name in sources.from_files(tx, space.pk) if name not in present]
        for name in gone:
            self._intake.delete(run.ingestion.community_id, space.id, name, actor)
            run.outcomes.append(IngestionFile(name, "removed"))
        self._flush(run, actor)
        return len(gone)

    def _finish(self, ingestion: Ingestion, status: str, message: str) -> None:
        with self._store.write() as tx:
            ingestions.finish(tx, ingestion.id, "done" if status == "done" else "failed", message, now=self._clock())
        log.info("ingestion.finished", ingestion=ingestion.id, status=status)


def _failed(run: _Run, item: _Item) -> bool:
    return bool(run.outcomes) and (run.outcomes[-1].name, run.outcomes[-1].outcome) == (item.name, "failed")


def _items(path: Path, name: str) -> Iterator[_Item]:
    if path.is_dir():
        yield from _in_folder(path)
    elif Path(name).suffix.lower() == ".zip":
        for entry in open_archive(path):
            skipped = f"{entry.name} is skipped: {entry.skipped}." if entry.skipped else _unsupported(entry.name)
            yield _Item(entry.name, entry=entry, skipped=skipped)
    else:
        yield _Item(name, path=path)


def _in_folder(root: Path) -> Iterator[_Item]:
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = [s for s in subfolders if not s.startswith(".") and s not in SKIPPED_FOLDERS]
        for name in names:
            path = Path(folder) / name
            relative = path.relative_to(root).as_posix()
            if not name.startswith(".") and not path.is_symlink():
                yield _Item(relative, path=path, skipped=_unsupported(relative))


def _unsupported(name: str) -> str:
    return "" if Path(name).suffix.lower() in FORMATS else f"{name} is of a kind that is not read."


@contextmanager
def _on_disk(item: _Item, data: bytes) -> Iterator[Path]:
    """Where the child process finds the file; what lies in an archive is unpacked for as long as it is read."""
    if item.path is not None:
        yield item.path
        return
    with tempfile.TemporaryDirectory(prefix="cohost-") as folder:
        path = Path(folder) / "file"
        path.write_bytes(data)
        yield path


def _outcome(plan: Plan, result: PutResult | None) -> IngestionFile:
    name = plan.source.id
    if result is None:
        return IngestionFile(
            name, "failed", "conflict", f"{name} was changed by somebody else at the same moment; read it again."
        )
    return IngestionFile(name, result.outcome, chunks=result.chunks, embedded=result.embedded)


def _holds_many(path: Path, name: str) -> bool:
    """Whether it stands for a whole course; one file says nothing about the others."""
    return path.is_dir() or name.lower().endswith(".zip")


def _base_name(name: str) -> str:
    """The last part of a file name as a browser sent it; never a path."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1].strip()
    if not base or base in (".", ".."):
        raise InvalidInput("The upload has no file name.", field="file")
    return base[:200]
