"""Sources in: read, cut, embed what changed, and commit text, vectors and full-text index in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Event
from typing import Any, Protocol

from cohost.errors import CohostError, InvalidInput, NotFound, StaleVersion, UnreadableFile
from cohost.model import Source, SourceInput, Space
from cohost.ports import Embedder
from cohost.store import Store, Tx, audit, erasures, fulltext, places, sources, suggestions
from cohost.store.audit import Actor
from cohost.store.fulltext import IndexedText
from cohost.store.ingestions import Outcome
from cohost.store.sources import Chunk, StoredSource
from knowledge.chunk import chunk_hash, cut, embedded_text
from knowledge.extract.document import Document
from knowledge.structure import document_from_text
from knowledge.tokens import token_counter

OnChange = Callable[
    [Tx, str, str, str], None
]  # (tx, community id, space id, source id), inside the change's transaction


class OnWritten(Protocol):
    """Told of every source that was added or changed, inside the transaction that writes it."""

    def __call__(self, tx: Tx, community_id: str, post: Source, /, *, now: datetime) -> None: ...


TICK = timedelta(microseconds=1)
TEXTS_AT_ONCE = 256  # embedded between two looks at whether to stop: a second or two


class Stopped(Exception):
    """Told to stop in the midst of embedding; nothing was written."""


@dataclass(frozen=True)
class PutResult:
    """What a put did."""

    source: Source
    outcome: Outcome
    chunks: int = 0
    embedded: int = 0


@dataclass(frozen=True)
class Plan:
    """A change worked out before any lock is taken; `before` is the row it was worked out against."""

    space: Space
    source: Source
    document: Document
    content_hash: str
    from_file: bool
    chunks: list[Chunk]
    known: dict[str, bytes]  # vectors by chunk hash that need not be made again
    before: StoredSource | None
    thread_title: str | None = None  # set when the title is not its own but that of its thread

    @property
    def missing(self) -> list[Chunk]:
        """Chunks without a vector."""
        return [chunk for chunk in self.chunks if chunk.hash not in self.known]


class Intake:
    """Puts and deletes sources of all communities."""

    def __init__(
        self, store: Store, embedder: Embedder, clock: Callable[[], datetime], on_change: OnChange,
        on_written: OnWritten = lambda tx, community_id, post, /, *, now: None,
    ) -> None:  # fmt: skip
        self.store = store
        self.embedder = embedder
        self.clock = clock
        self._on_change = on_change
        self._on_written = on_written

    def put(self, community_id: str, space_id: str, new: SourceInput, actor: Actor) -> PutResult:
        """Insert or replace one source; raises StaleVersion when a newer version or a later deletion is known."""
        document = _document(new)
        while True:
            plan = self.plan(community_id, space_id, new, document, content_hash=_hash_of(new))
            if isinstance(plan, PutResult):
                return plan
            result = self.commit(community_id, [plan], actor)[0]
            if result is not None:
                return result

    def put_many(
        self, community_id: str, items: Sequence[tuple[str, SourceInput]], actor: Actor
    ) -> list[PutResult | CohostError]:
        """Put each by itself, in order; an item that fails stops no other. Embedded together, which is faster."""
        outcomes: dict[int, PutResult | CohostError] = {}
        waiting: dict[int, Plan] = {}
        for at, (space_id, new) in enumerate(items):
            titles = {(plan.space.id, plan.source.id): plan.source.title for plan in waiting.values()}
            if (space_id, new.id) in titles:
                self._commit_waiting(community_id, items, waiting, outcomes, actor)  # twice in one batch: in order
            lent = titles.get((space_id, new.parent_id or ""), "") if not new.title else ""
            titled = replace(new, title=new.title or lent)
            try:
                planned = self.plan(community_id, space_id, titled, _document(titled), content_hash=_hash_of(new))
                if lent and isinstance(planned, Plan):
                    planned = replace(planned, thread_title=lent)
            except CohostError as error:
                outcomes[at] = error
                continue
            if isinstance(planned, PutResult):
                outcomes[at] = planned
            else:
                waiting[at] = planned
        self._commit_waiting(community_id, items, waiting, outcomes, actor)
        return [outcomes[at] for at in range(len(items))]

    def _commit_waiting(
        self,
        community_id: str,
        items: Sequence[tuple[str, SourceInput]],
        waiting: dict[int, Plan],
        outcomes: dict[int, PutResult | CohostError],
        actor: Actor,
    ) -> None:
        results = self.commit(community_id, list(waiting.values()), actor)
        for at, result in zip(waiting, results, strict=True):
            try:
                outcomes[at] = result or self.put(community_id, *items[at], actor)  # None: somebody else was quicker
            except CohostError as error:
                outcomes[at] = error
        waiting.clear()

    def plan(
        self,
        community_id: str,
        space_id: str,
        new: SourceInput,
        document: Document,
        *,
        content_hash: str,
        from_file: bool = False,
    ) -> Plan | PutResult:
        """Work out a change, or say that nothing changed."""
        with self.store.read() as tx:
            space = places.space(tx, community_id, space_id)
            before = sources.find(tx, space.pk, new.id)
            source = _next_source(space, new, document, before, now=self.clock())
            erasures.refuse_gone(tx, community_id, source.author_id)
            inherited = None if source.title else self._thread_title(tx, space, source)
            title = source.title or inherited or ""
            source, document = replace(source, title=title), replace(document, title=title)
            known = sources.chunk_vectors(tx, before.source.pk) if before else {}
        if before is not None and before.deleted_at is None and before.content_hash == content_hash:
            return self._unchanged(before, source)
        chunks = (
            cut(document, count_tokens=token_counter(), embedder=self.embedder.name, reply=new.parent_id is not None)
            if source.origin == "person"
            else []
        )
        return Plan(space, source, document, content_hash, from_file, chunks, known, before, inherited)

    def commit(
        self, community_id: str, plans: Sequence[Plan], actor: Actor, *, stop: Event | None = None
    ) -> list[PutResult | None]:
        """Embed what is missing, then write each source; None for one that somebody changed meanwhile.

        Raises Stopped when it is told to stop before all is embedded.
        """
        missing = [(plan, chunk) for plan in plans for chunk in plan.missing]
        texts = [embedded_text(p.document.title, c.headings, c.text) for p, c in missing]
        fresh = {chunk.hash: vector for (_, chunk), vector in zip(missing, self._embedded(texts, stop), strict=True)}
        return [self._write(community_id, plan, fresh, actor) for plan in plans]

    def _embedded(self, texts: Sequence[str], stop: Event | None) -> Iterator[bytes]:
        for at in range(0, len(texts), TEXTS_AT_ONCE):
            if at and stop is not None and stop.is_set():  # the first ones always: what is small is kept
                raise Stopped
            yield from (vector.tobytes() for vector in self.embedder.embed(texts[at : at + TEXTS_AT_ONCE]))

    def delete(
        self, community_id: str, space_id: str, source_id: str, actor: Actor, *, deleted_at: datetime | None = None
    ) -> None:
        """Out of search, drafts and prompts when this returns. Twice is fine.

        With `deleted_at`, a source never seen leaves a tombstone too, so that events may arrive in any order.
        """
        now = self.clock()
        with self.store.write() as tx:
            space = places.space(tx, community_id, space_id)
            before = sources.find(tx, space.pk, source_id)
            if before is None:
                if deleted_at is None:
                    raise NotFound(f"There is no source {source_id!r} in space {space_id!r}.")
                before = self._tombstone(tx, community_id, space, source_id, deleted_at)
            elif before.deleted_at is not None:
                return
            _refuse_stale_delete(before, deleted_at)
            held = self.bury(tx, community_id, before, deleted_at or max(now, before.source.updated_at or now))
            audit.record(tx, community_id, actor, "source.deleted", "source", source_id, now=now, space=space_id)
        if len(held) > 1:
            self.refresh()

    def delete_space(self, community_id: str, space_id: str, actor: Actor) -> None:
        """Remove a space with everything in it; drafts that quote it are withdrawn."""
        now = self.clock()
        with self.store.write() as tx:
            space = places.space(tx, community_id, space_id)
            for source in sources.in_space(tx, space.pk, limit=None):
                stored = sources.find(tx, space.pk, source.id)
                if stored is not None:
                    self.bury(tx, community_id, stored, now)
            fulltext.compact(tx)
            places.delete_space(tx, space.pk)
            audit.record(tx, community_id, actor, "space.deleted", "space", space_id, now=now)
        self.store.checkpoint()

    def reindex(self, community_id: str) -> int:
        """Write the full-text index again, and let every vector index read its spaces again; the number of chunks."""
        count = 0
        with self.store.write() as tx:
            for space in places.all_spaces(tx, community_id):
                rows = sources.indexed_texts(tx, space.pk)
                fulltext.remove(tx, [row.chunk_pk for row in rows])
                fulltext.add(tx, space.pk, rows)
                places.bump_version(tx, [space.pk])
                count += len(rows)
            fulltext.compact(tx)
        return count

    def bury(self, tx: Tx, community_id: str, stored: StoredSource, at: datetime) -> set[tuple[str, str]]:
        """Within a transaction: take a source's text out of every place it stands in.

        Gives (space id, source id) of all that held words of it: itself, and replies found under its title. Call
        `refresh` after the commit.
        """
        source = stored.source
        fulltext.remove(tx, sources.chunk_pks(tx, source.pk))
        sources.replace_chunks(
            tx, community_id, stored.space_pk, source.pk, [], vectors=[], embedder=self.embedder.name
        )
        sources.bury(tx, source.pk, at)
        suggestions.forget_source(tx, community_id, source.space_id, source.id)
        places.bump_version(tx, [stored.space_pk])
        self._on_change(tx, community_id, source.space_id, source.id)
        retitled = self._retitle_replies(tx, community_id, stored, "") if source.title else []
        return {(source.space_id, source_id) for source_id in (source.id, *retitled)}

    def refresh(self) -> None:
        """Make the vectors again that were made with a title which is gone."""
        with self.store.read() as tx:
            stale = sources.stale_chunks(tx)
        if not stale:
            return
        made = self.embedder.embed([embedded_text(c.title, c.headings, c.text) for c in stale])
        with self.store.write() as tx:
            for chunk, vector in zip(stale, made, strict=True):
                digest = chunk_hash(self.embedder.name, chunk.title, chunk.headings, chunk.text)
                sources.set_vector(tx, chunk, hash=digest, vector=vector.tobytes())
            places.bump_version(tx, {chunk.space_pk for chunk in stale})

    def _retitle_replies(self, tx: Tx, community_id: str, root: StoredSource, title: str) -> list[str]:
        """Replies without a title of their own are found under their thread's; it goes, or changes, with the thread."""
        changed = []
        for reply in sources.replies(tx, root.space_pk, root.source.id):
            if reply.source.title == root.source.title:
                sources.retitle(tx, reply.source.pk, title)
                rows = sources.indexed_texts(tx, root.space_pk, source_pk=reply.source.pk)
                fulltext.remove(tx, [row.chunk_pk for row in rows])
                fulltext.add(tx, root.space_pk, rows)
                self._on_change(tx, community_id, root.source.space_id, reply.source.id)
                changed.append(reply.source.id)
        return changed

    def _write(self, community_id: str, plan: Plan, fresh: dict[str, bytes], actor: Actor) -> PutResult | None:
        with self.store.write() as tx:
            places.space(tx, community_id, plan.space.id)  # one writer at a time in a space
            now_there = sources.find(tx, plan.space.pk, plan.source.id)
            if self._outdated(tx, community_id, plan, now_there):
                return None
            structure: dict[str, Any] = {
                "headings": [[h.start, h.level, h.title, h.slug] for h in plan.document.headings],
                "places": [[p.start, p.kind, p.value] for p in plan.document.places],
                "file": plan.from_file,
            }
            pk = sources.put(
                tx, community_id, plan.space.pk, plan.source, content_hash=plan.content_hash, structure=structure
            )
            self._index(tx, community_id, plan, pk, plan.known | fresh)
            outcome: Outcome = "changed" if plan.before and plan.before.deleted_at is None else "added"
            audit.record(
                tx, community_id, actor, f"source.{outcome}", "source", plan.source.id, now=self.clock(),
                space=plan.space.id, version=plan.source.version,
            )  # fmt: skip
            retitled = self._follow(tx, community_id, plan) if plan.before else []
            self._on_written(tx, community_id, plan.source, now=self.clock())
        if retitled:
            self.refresh()
        return PutResult(replace(plan.source, pk=pk), outcome, len(plan.chunks), len({c.hash for c in plan.missing}))

    def _follow(self, tx: Tx, community_id: str, plan: Plan) -> list[str]:
        """What an edit means for snapshots, for drafts, and for replies under its title; ids of the latter."""
        assert plan.before is not None  # noqa: S101  only called for an edit
        source = plan.source
        suggestions.forget_outdated(tx, community_id, plan.space.id, source.id, source.text)
        self._on_change(tx, community_id, plan.space.id, source.id)
        if plan.before.source.title in ("", source.title):
            return []
        return self._retitle_replies(tx, community_id, plan.before, source.title)

    def _index(self, tx: Tx, community_id: str, plan: Plan, source_pk: int, vectors: dict[str, bytes]) -> None:
        fulltext.remove(tx, sources.chunk_pks(tx, source_pk))
        pks = sources.replace_chunks(
            tx, community_id, plan.space.pk, source_pk, plan.chunks,
            vectors=[vectors[c.hash] for c in plan.chunks], embedder=self.embedder.name,
        )  # fmt: skip
        fulltext.add(
            tx, plan.space.pk,
            (IndexedText(pk, plan.source.title, " ".join(c.headings), c.text) for pk, c in zip(pks, plan.chunks, strict=True)),
        )  # fmt: skip
        places.bump_version(tx, [plan.space.pk])

    def _unchanged(self, before: StoredSource, new: Source) -> PutResult:
        if new.updated_at != before.source.updated_at and new.updated_at is not None:
            with self.store.write() as tx:
                sources.touch(tx, before.source.pk, new.updated_at)
        return PutResult(before.source, "unchanged")

    def _thread_title(self, tx: Tx, space: Space, new: Source, *, hold: bool = False) -> str:
        """A reply is found under the title of its thread."""
        root = sources.find(tx, space.pk, new.parent_id, hold=hold) if new.parent_id else None
        return root.source.title if root else ""

    def _outdated(self, tx: Tx, community_id: str, plan: Plan, now_there: StoredSource | None) -> bool:
        """Whether the ground of a plan moved while it was made: the source, its author, or the title of its thread."""
        if _state(now_there) != _state(plan.before) or erasures.is_gone(tx, community_id, plan.source.author_id):
            return True
        titled = plan.thread_title
        return titled is not None and self._thread_title(tx, plan.space, plan.source, hold=True) != titled

    def _tombstone(self, tx: Tx, community_id: str, space: Space, source_id: str, at: datetime) -> StoredSource:
        empty = Source(space.id, source_id, "post", "", "", created_at=at, updated_at=at)
        sources.put(tx, community_id, space.pk, empty, content_hash="", structure={})
        found = sources.find(tx, space.pk, source_id)
        assert found is not None  # noqa: S101  written two lines above, in this transaction
        return found


def _document(new: SourceInput) -> Document:
    if new.html is None:
        return document_from_text(new.title, new.text)
    from knowledge.extract.html import read  # an HTML parser: only for sources that come as HTML

    try:
        return replace(read(new.html.encode("utf-8", "ignore"), new.title or new.id), title=new.title)
    except UnreadableFile as error:
        if error.code != "no_text":
            raise
        return document_from_text(new.title, "")  # a post of one picture is a post


def _hash_of(new: SourceInput) -> str:
    parts = (new.kind, new.title, new.text, new.html, new.author_id, new.parent_id, new.url, new.origin)
    return sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _next_source(
    space: Space, new: SourceInput, document: Document, before: StoredSource | None, *, now: datetime
) -> Source:
    """The row to be; raises StaleVersion where an older version would overwrite a newer one."""
    if new.parent_id == new.id:
        raise InvalidInput(f"Source {new.id!r} cannot be a reply to itself.", field="parent_id")
    latest = (before.deleted_at or before.source.updated_at) if before else None
    updated_at = new.updated_at or (now if latest is None else max(now, latest + TICK))
    if before and before.deleted_at and updated_at <= before.deleted_at:
        raise StaleVersion(
            f"Source {new.id!r} was deleted at {before.deleted_at.isoformat()}; only a later updated_at revives it."
        )
    if before and not before.deleted_at and latest and updated_at < latest:
        raise StaleVersion(
            f"Source {new.id!r} is known in a version of {latest.isoformat()}, newer than this one; nothing was changed."
        )
    created_at = new.created_at or (before.source.created_at if before else None) or updated_at
    return Source(
        space.id, new.id, new.kind, new.title, document.text, new.author_id, new.parent_id, new.url, new.origin,
        created_at, updated_at, before.source.version + 1 if before else 1,
    )  # fmt: skip


def _refuse_stale_delete(before: StoredSource, deleted_at: datetime | None) -> None:
    updated_at = before.source.updated_at
    if deleted_at and updated_at and deleted_at < updated_at:
        raise StaleVersion(
            f"Source {before.source.id!r} has a version of {updated_at.isoformat()}, newer than this deletion."
        )


def _state(stored: StoredSource | None) -> tuple[int, datetime | None] | None:
    return (stored.source.version, stored.deleted_at) if stored else None
