"""Files in: folders, archives and uploads, file by file; one bad file never stops the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import structlog

from cohost.errors import Busy, CohostError, Conflict, DeliveryFailed, InvalidInput, NotFound, TooLarge, UnreadableFile
from cohost.ids import new_id
from cohost.model import SourceInput
from cohost.ports import Sender
from cohost.settings import Settings
from cohost.store import Store, audit, erasures, ingestions, places, sources
from cohost.store.audit import Actor
from cohost.store.ingestions import FileCode, Ingestion, IngestionFile
from knowledge.extract.sandbox import Sandbox
from knowledge.ingest import TEXTS_AT_ONCE, Intake, Plan, PutResult, Stopped
from knowledge.items import Item, PageItem, is_archive, items_at
from knowledge.web import is_address

READER_VERSION = b"2"  # part of a file's hash: a reader that reads better makes files worth reading again
FILES_AT_ONCE = 25  # outcomes written in one transaction
RENEW_AFTER = ingestions.LEASE / 4  # without a write; slow files must not cost us the claim
MAX_TRIES = 3  # of an ingestion whose reader vanished: what ends a worker three times is in the file
MAX_UNREAD = 100  # uploads of a community that wait: their bytes lie on the server's disk
BLOCK = 1 << 20
OnProgress = Callable[[int, int, str], None]  # files done, files in all, name of the last one

log = structlog.get_logger()


@dataclass
class _Run:
    """What one ingestion has in hand."""

    ingestion: Ingestion
    known: dict[str, str]  # content hash by source id
    total: int
    on_progress: OnProgress
    flushed_at: datetime
    stop: threading.Event | None = None
    done: int = 0
    plans: list[Plan] = field(default_factory=list)
    outcomes: list[IngestionFile] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        """Whether it is time to embed and write."""
        missing = sum(len(plan.missing) for plan in self.plans)
        return missing >= TEXTS_AT_ONCE or len(self.outcomes) + len(self.plans) >= FILES_AT_ONCE


class Files:
    """Reads files and pages of all communities; parsing happens in a child process."""

    def __init__(
        self, store: Store, intake: Intake, settings: Settings, clock: Callable[[], datetime], sandbox: Sandbox,
        sender: Sender,
    ) -> None:  # fmt: skip
        self._store = store
        self._intake = intake
        self._settings = settings
        self._clock = clock
        self._sandbox = sandbox
        self._sender = sender

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
            return self._begin(community_id, space_id, _base_name(name), actor, sync=sync, at=str(path)).id
        except (NotFound, Conflict):
            path.unlink()
            raise

    def accept_page(self, community_id: str, space_id: str, url: str, actor: Actor) -> str:
        """Have a worker fetch a page of the web and keep it; again, it replaces what was read. The ingestion's id.

        Raises InvalidInput for an address that no request is sent to, or NotFound; then nothing was stored.
        """
        self._check_address(url)
        return self._begin(community_id, space_id, url, actor, at=url).id

    def ingest_path(
        self, community_id: str, space_id: str, path: Path, actor: Actor, *, sync: bool = False, on_progress: OnProgress
    ) -> str:
        """Read a folder, an archive or one file now; the ingestion's id."""
        if not (path.is_dir() or path.is_file()):
            raise InvalidInput(f"{path} does not exist, or is neither a file nor a folder.", field="path")
        started = self._begin(community_id, space_id, path.name, actor, sync=sync, at=str(path), running=True)
        self._read(started, actor, on_progress)
        return started.id

    def ingest_page(
        self, community_id: str, space_id: str, url: str, actor: Actor, *, on_progress: OnProgress
    ) -> str:  # fmt: skip
        """Fetch and read a page of the web now; the ingestion's id."""
        self._check_address(url)
        started = self._begin(community_id, space_id, url, actor, at=url, running=True)
        self._read(started, actor, on_progress)
        return started.id

    def step(self, stop: threading.Event | None = None) -> bool:
        """Read one waiting upload or page; False when there is none. Told to stop, it gives back what is not yet read."""
        with self._store.write() as tx:
            ingestion = ingestions.claim(tx, self._clock())
        if ingestion is None:
            return False
        whole = True
        if ingestion.attempts > MAX_TRIES:
            self._finish(ingestion, "failed", f"It was given up: its reader vanished {MAX_TRIES} times.")
        else:
            whole = self._read(ingestion, Actor(ingestion.created_by), lambda done, total, name: None, stop)
        if whole:
            self._remove_upload(ingestion)
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

    def _check_address(self, url: str) -> None:
        """At once, for whoever waits; it is checked again when it is fetched."""
        try:
            self._sender.check(url)
        except DeliveryFailed as error:
            raise InvalidInput(error.message, field="url") from error

    def _begin(
        self, community_id: str, space_id: str, name: str, actor: Actor, *, at: str, sync: bool = False,
        running: bool = False,
    ) -> Ingestion:  # fmt: skip
        now = self._clock()
        new = Ingestion(
            new_id("ing"), community_id, space_id, name, at, sync, "waiting", actor.name, None, 0, "", now, None
        )
        with self._store.write() as tx:
            places.space(tx, community_id, space_id)
            erasures.refuse_gone(tx, community_id, actor.name)
            ingestions.add(tx, new)
            audit.record(tx, community_id, actor, "ingestion.started", "ingestion", new.id, now=now, space=space_id)
            if running:
                ingestions.progress(tx, new.id, done=0, total=0, now=now)
        return new

    def _remove_upload(self, ingestion: Ingestion) -> None:
        """What was read is not kept: the space holds its text, and nothing serves the file again."""
        path = Path(ingestion.path or "")
        if path.parent == self._settings.uploads:
            path.unlink(missing_ok=True)

    def _read(
        self, ingestion: Ingestion, actor: Actor, on_progress: OnProgress, stop: threading.Event | None = None
    ) -> bool:
        """Read all there is; what goes wrong as a whole is the ingestion's message. False when told to stop before the end."""
        try:
            items = self._items(ingestion)
            with self._store.read() as tx:
                space = places.space(tx, ingestion.community_id, ingestion.space_id)
                known = sources.hashes(tx, space.pk)
            run = _Run(ingestion, known, len(items), on_progress, self._clock(), stop)
            for item in items:
                self._read_one(run, item, actor)
                if stop is not None and stop.is_set() and (run.done < run.total or _failed(run, item)):
                    self._give_back(run, item, actor)
                    return False
            self._flush(run, actor)
            removed = self._sync(run, items, actor) if ingestion.sync and _holds_many(ingestion) else 0
        except Stopped:  # in a long file; it is read again, and those that waited to be written with it
            self._release(ingestion)
            return False
        except CohostError as error:
            self._finish(ingestion, "failed", error.message)
        else:
            self._finish(ingestion, "done", _summary(run.total, removed))
        return True

    def _give_back(self, run: _Run, last: Item, actor: Actor) -> None:
        """Keep what was read; the last file may have failed only because its reader was ended."""
        if _failed(run, last):
            run.outcomes.pop()
        self._flush(run, actor)
        self._release(run.ingestion)

    def _release(self, ingestion: Ingestion) -> None:
        with self._store.write() as tx:
            ingestions.give_back(tx, ingestion.id)
        log.info("ingestion.given_back", ingestion=ingestion.id)

    def _items(self, ingestion: Ingestion) -> list[Item]:
        at = ingestion.path or ""
        if is_address(at):
            return [PageItem(at, self._sender)]
        return sorted(items_at(Path(at), ingestion.name), key=lambda item: item.name)

    def _read_one(self, run: _Run, item: Item, actor: Actor) -> None:
        try:
            self._plan(run, item)
        except CohostError as error:
            code = _code(error)
            harmless = item.skipped or code == "empty"  # an empty file in a folder is nobody's loss
            run.outcomes.append(IngestionFile(item.name, "skipped" if harmless else "failed", code, error.message))
        run.done += 1
        run.on_progress(run.done, run.total, item.name)
        if run.is_full or self._clock() - run.flushed_at > RENEW_AFTER:
            self._flush(run, actor)

    def _plan(self, run: _Run, item: Item) -> None:
        if item.skipped:
            raise UnreadableFile("unsupported", item.skipped)
        with item.on_disk() as found:
            digest = _digest(found.path)
            if run.known.get(item.name) == digest:
                run.outcomes.append(IngestionFile(item.name, "unchanged"))
                return
            document = self._sandbox.extract(found.path, found.name)
        new = SourceInput(id=item.name, kind=document.kind, title=document.title, url=found.url)
        plan = self._intake.plan(
            run.ingestion.community_id, run.ingestion.space_id, new, document, content_hash=digest,
            from_file=item.from_file,
        )  # fmt: skip
        if isinstance(plan, PutResult):
            run.outcomes.append(IngestionFile(item.name, "unchanged"))
        else:
            run.plans.append(plan)

    def _flush(self, run: _Run, actor: Actor) -> None:
        """Embed and commit what is planned, then write outcomes and progress; raises NotFound for an erased upload."""
        with self._store.read() as tx:
            ingestions.hold(tx, run.ingestion.id)
        results = self._intake.commit(run.ingestion.community_id, run.plans, actor, stop=run.stop)
        for plan, result in zip(run.plans, results, strict=True):
            run.outcomes.append(_outcome(plan, result))
        with self._store.write() as tx:
            ingestions.hold(tx, run.ingestion.id)
            for outcome in run.outcomes:
                ingestions.record(tx, run.ingestion.id, outcome)
            ingestions.progress(tx, run.ingestion.id, done=run.done, total=run.total, now=self._clock())
        run.plans.clear()
        run.outcomes.clear()
        run.flushed_at = self._clock()

    def _sync(self, run: _Run, items: Sequence[Item], actor: Actor) -> int:
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


def _failed(run: _Run, item: Item) -> bool:
    return bool(run.outcomes) and (run.outcomes[-1].name, run.outcomes[-1].outcome) == (item.name, "failed")


def _outcome(plan: Plan, result: PutResult | None) -> IngestionFile:
    name = plan.source.id
    if result is None:
        return IngestionFile(
            name, "failed", "conflict", f"{name} was changed by somebody else at the same moment; read it again."
        )
    return IngestionFile(name, result.outcome, chunks=result.chunks, embedded=result.embedded)


def _code(error: CohostError) -> FileCode:
    if isinstance(error, UnreadableFile):
        return error.code
    if isinstance(error, NotFound):
        return "not-found"
    return "busy" if error.retry_helps else "conflict"


def _digest(path: Path) -> str:
    digest = sha256(READER_VERSION + b"\0")
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _summary(total: int, removed: int) -> str:
    return f"{total} {'file' if total == 1 else 'files'} read" + (f", {removed} removed." if removed else ".")


def _holds_many(ingestion: Ingestion) -> bool:
    """Whether it stands for a whole course; one file says nothing about the others."""
    return Path(ingestion.path or "").is_dir() or is_archive(ingestion.name)


def _base_name(name: str) -> str:
    """The last part of a file name as a browser sent it; never a path."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1].strip()
    if not base or base in (".", ".."):
        raise InvalidInput("The upload has no file name.", field="file")
    return base[:200]
