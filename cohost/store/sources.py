"""Sources and their chunks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa

from cohost.model import Passage, Source
from cohost.ports import FloatArray, IntArray
from cohost.store import asides, consents
from cohost.store.embeddings import comparable
from cohost.store.engine import Tx
from cohost.store.fulltext import IndexedText
from cohost.store.idsets import IDS_PER_QUERY
from cohost.store.tables import chunks, members, sources, spaces

STALE = ""  # in place of a chunk's hash: its vector has to be made again


@dataclass(frozen=True)
class Chunk:
    """A span of a source's text with what is embedded of it."""

    start: int
    end: int
    headings: tuple[str, ...]
    place: str
    text: str
    hash: str  # of the embedded text and the embedder's name


@dataclass(frozen=True)
class StoredSource:
    """A source row with what only ingestion needs."""

    source: Source
    space_pk: int
    content_hash: str
    structure: dict[str, Any]
    deleted_at: datetime | None


def find(tx: Tx, space_pk: int, source_id: str, *, hold: bool = False) -> StoredSource | None:
    """The row, also a tombstone (its `deleted_at` is set); `hold` makes changes of it wait for this transaction."""
    query = _select().where(sources.c.space_pk == space_pk, sources.c.id == source_id)
    row = tx.execute(query.with_for_update(read=True, of=sources) if hold else query).one_or_none()
    return _stored(row) if row else None


def in_space(tx: Tx, space_pk: int, *, after: str = "", limit: int | None = 1000) -> list[Source]:
    """Living sources of a space by id, after a cursor."""
    query = _select().where(sources.c.space_pk == space_pk, sources.c.deleted_at.is_(None), sources.c.id > after)
    return [_stored(row).source for row in tx.execute(query.order_by(sources.c.id).limit(limit))]


def hashes(tx: Tx, space_pk: int) -> dict[str, str]:
    """Content hash by id of the living sources of a space."""
    query = sa.select(sources.c.id, sources.c.content_hash)
    rows = tx.execute(query.where(sources.c.space_pk == space_pk, sources.c.deleted_at.is_(None)))
    return {row.id: row.content_hash for row in rows}


def from_files(tx: Tx, space_pk: int) -> list[str]:
    """Ids of the living sources of a space that were read from files."""
    query = sa.select(sources.c.id, sources.c.structure).where(
        sources.c.space_pk == space_pk, sources.c.deleted_at.is_(None)
    )
    return [row.id for row in tx.execute(query) if row.structure.get("file")]


def texts(tx: Tx, community_id: str, ids: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Source]:
    """Current living sources by (space id, source id)."""
    return _by_ids(tx, community_id, ids, sa.true(), hold=False)


def quotable(
    tx: Tx, community_id: str, ids: Iterable[tuple[str, str]], *, hold: bool = False, in_answers: bool = True
) -> dict[tuple[str, str], Source]:
    """Those of `texts` that a person wrote; with `in_answers`, who lets them be used there, and nobody set them aside.

    With `hold`, for what is about to be stored or sent: their change, deletion or erasure waits for this transaction,
    and so finds what it has to take back.
    """
    let = consents.lets_answer() & ~asides.is_aside() if in_answers else sa.true()
    return _by_ids(tx, community_id, ids, (sources.c.origin == "person") & let, hold=hold)


@dataclass(frozen=True)
class Since:
    """A place in the order of posts, newest first."""

    created_at: datetime
    pk: int

    @classmethod
    def of(cls, post: Source) -> Since:
        """The place of a stored post."""
        assert post.created_at is not None  # noqa: S101  a column that is never empty
        return cls(post.created_at, post.pk)


def newest_posts(tx: Tx, community_id: str, *, limit: int, after: Since | None = None) -> list[Source]:
    """Living posts of people in all spaces, newest first, behind a place."""
    where = _posts(community_id)
    if after is not None:
        same = (sources.c.created_at == after.created_at) & (sources.c.pk > after.pk)
        where &= (sources.c.created_at < after.created_at) | same
    query = _select().where(where).order_by(sources.c.created_at.desc(), sources.c.pk)
    return [_stored(row).source for row in tx.execute(query.limit(limit))]


def count_posts(tx: Tx, community_id: str) -> int:
    """How many living posts of people there are."""
    return tx.execute(sa.select(sa.func.count()).select_from(sources).where(_posts(community_id))).scalar_one()


def _posts(community_id: str) -> sa.ColumnElement[bool]:
    by_people = (sources.c.kind == "post") & (sources.c.origin == "person")
    return (sources.c.community_id == community_id) & by_people & sources.c.deleted_at.is_(None)


def posts_per_week(tx: Tx, community_id: str, now: datetime, *, weeks: int = 4) -> dict[str, float]:
    """By author, of those who let their posts be used for matching: how often they wrote in the last weeks."""
    let = (members.c.community_id == sources.c.community_id) & (members.c.id == sources.c.author_id)
    query = (
        sa.select(sources.c.author_id, sa.func.count()).join(members, let).group_by(sources.c.author_id)
        .where(sources.c.community_id == community_id, sources.c.kind == "post", members.c.posts_in_matching)
        .where(sources.c.deleted_at.is_(None), sources.c.created_at >= now - timedelta(weeks=weeks))
    )  # fmt: skip
    return {author: count / weeks for author, count in tx.execute(query)}


def lessons(tx: Tx, community_id: str, space_ids: Collection[str], *, limit: int) -> list[StoredSource]:
    """Living lessons, transcripts and pages of these spaces, in the order of their ids."""
    kinds = sources.c.kind.in_(("lesson", "transcript", "page")) & (sources.c.origin == "person")
    where = (
        (sources.c.community_id == community_id) & kinds & sources.c.deleted_at.is_(None) & spaces.c.id.in_(space_ids)
    )
    rows = tx.execute(_select().where(where).order_by(spaces.c.id, sources.c.id).limit(limit))
    return [_stored(row) for row in rows]


def of_kind(tx: Tx, community_id: str, kind: str, space_ids: Collection[str], *, limit: int) -> list[Source]:
    """Living sources of one kind that people made, in these spaces and the order of their ids."""
    where = (sources.c.community_id == community_id) & (sources.c.kind == kind) & (sources.c.origin == "person")
    query = _select().where(where, sources.c.deleted_at.is_(None), spaces.c.id.in_(space_ids), consents.lets_answer())
    return [_stored(row).source for row in tx.execute(query.order_by(spaces.c.id, sources.c.id).limit(limit))]


def replied_at(tx: Tx, space_pk: int) -> list[datetime]:
    """When the replies of people in a space were written that all its readers see."""
    where = (sources.c.space_pk == space_pk) & (sources.c.kind == "post") & (sources.c.origin == "person")
    query = sa.select(sources.c.created_at).where(where, sources.c.deleted_at.is_(None), ~asides.is_aside())
    return list(tx.execute(query.where(sources.c.parent_id.is_not(None)).order_by(sources.c.created_at)).scalars())


def titled(tx: Tx, community_id: str, space_ids: Collection[str], title: str) -> Source | None:
    """The living lesson, transcript or page of these spaces with just this title; of several, the first by its id."""
    kinds = sources.c.kind.in_(("lesson", "transcript", "page")) & (sources.c.origin == "person")
    where = (
        (sources.c.community_id == community_id) & kinds & sources.c.deleted_at.is_(None) & spaces.c.id.in_(space_ids)
    )
    query = _select().where(where, sources.c.title == title).order_by(spaces.c.id, sources.c.id).limit(1)
    row = tx.execute(query).one_or_none()
    return _stored(row).source if row else None


def wrote_before(tx: Tx, space_pk: int, post: Source) -> int:
    """How many earlier posts in the space have the author of this one."""
    where = (sources.c.space_pk == space_pk) & (sources.c.author_id == post.author_id) & (sources.c.kind == "post")
    query = sa.select(sa.func.count()).select_from(sources).where(where, sources.c.created_at < post.created_at)
    return tx.execute(query).scalar_one()


def posts_before(tx: Tx, space_pk: int, post: Source) -> int:
    """How many posts of people in the space are older than this one."""
    where = (sources.c.space_pk == space_pk) & (sources.c.kind == "post") & (sources.c.origin == "person")
    query = sa.select(sa.func.count()).select_from(sources).where(where, sources.c.created_at < post.created_at)
    return tx.execute(query).scalar_one()


def posted_at(tx: Tx, community_id: str, space_id: str, *, since: datetime) -> list[datetime]:
    """When people posted in a space from then on."""
    where = (sources.c.community_id == community_id) & (sources.c.kind == "post") & (sources.c.origin == "person")
    query = sa.select(sources.c.created_at).join(spaces, spaces.c.pk == sources.c.space_pk).where(where)
    return list(tx.execute(query.where(spaces.c.id == space_id, sources.c.created_at >= since)).scalars())


def posts_with(tx: Tx, community_id: str, words: str) -> int:
    """How many living posts of people hold these words, in any case."""
    pattern = f"%{words.replace('%', '').replace('_', ' ')}%"
    where = (sources.c.community_id == community_id) & (sources.c.kind == "post") & (sources.c.origin == "person")
    query = sa.select(sa.func.count()).select_from(sources).where(where, sources.c.deleted_at.is_(None))
    return tx.execute(query.where(sources.c.text.ilike(pattern))).scalar_one()


def post_vectors(tx: Tx, community_id: str, dimensions: int, embedder: str, *, limit: int) -> FloatArray:
    """`(n, dimensions)` float32 of the newest posts of a community, whoever wrote them."""
    query = (
        sa.select(chunks.c.vector).join(sources, sources.c.pk == chunks.c.source_pk)
        .where(sources.c.community_id == community_id, sources.c.kind == "post", sources.c.deleted_at.is_(None))
        .where(chunks.c.embedder == embedder, chunks.c.vector.is_not(None)).order_by(sources.c.created_at.desc()).limit(limit)
    )  # fmt: skip
    read = [np.frombuffer(vector, dtype=np.float32) for vector in tx.execute(query).scalars()]
    fitting = [vector for vector in read if len(vector) == dimensions]
    return np.stack(fitting) if fitting else np.zeros((0, dimensions), np.float32)


def posts_of_people(tx: Tx, space_pk: int, *, since: datetime, until: datetime) -> list[Source]:
    """Living posts of a space from `since` to before `until`, oldest first; without those whose authors keep theirs back."""
    where = (sources.c.space_pk == space_pk) & (sources.c.kind == "post") & (sources.c.origin == "person")
    query = _select().where(where, sources.c.deleted_at.is_(None), consents.lets_answer())
    query = query.where(sources.c.created_at >= since, sources.c.created_at < until)
    return [_stored(row).source for row in tx.execute(query.order_by(sources.c.created_at, sources.c.pk))]


def replies(tx: Tx, space_pk: int, root_id: str) -> list[StoredSource]:
    """The living replies of a thread."""
    where = (sources.c.space_pk == space_pk) & (sources.c.parent_id == root_id) & sources.c.deleted_at.is_(None)
    return [_stored(row) for row in tx.execute(_select().where(where))]


def posts_since(tx: Tx, space_pk: int, since: datetime, *, below: str, limit: int) -> list[Source]:
    """Living posts of people from then on, and all below a post or question, newest first."""
    mine = (sources.c.space_pk == space_pk) & (sources.c.kind == "post") & (sources.c.origin == "person")
    new = (sources.c.created_at >= since) | (sources.c.parent_id == below)
    query = (
        _select().where(mine, new, sources.c.deleted_at.is_(None)).order_by(sources.c.created_at.desc(), sources.c.pk)
    )
    return [_stored(row).source for row in tx.execute(query.limit(limit))]


def by_author(tx: Tx, community_id: str, member_id: str) -> list[StoredSource]:
    """Everything a member wrote, tombstones included."""
    query = _select().where(sources.c.community_id == community_id, sources.c.author_id == member_id)
    return [_stored(row) for row in tx.execute(query)]


def put(tx: Tx, community_id: str, space_pk: int, new: Source, *, content_hash: str, structure: dict[str, Any]) -> int:
    """Insert or replace a source (reviving a tombstone); its key."""
    values: dict[str, Any] = {
        "kind": new.kind, "title": new.title, "text": new.text, "structure": structure, "author_id": new.author_id,
        "parent_id": new.parent_id, "url": new.url, "origin": new.origin, "content_hash": content_hash,
        "created_at": new.created_at, "updated_at": new.updated_at, "deleted_at": None, "version": new.version,
    }  # fmt: skip
    where = (sources.c.space_pk == space_pk) & (sources.c.id == new.id)
    if tx.execute(sources.update().where(where).values(values)).rowcount == 0:
        tx.execute(sources.insert().values(community_id=community_id, space_pk=space_pk, id=new.id, **values))
        if new.parent_id is not None:
            asides.follow_root(tx, where, new.parent_id)
    return int(tx.execute(sa.select(sources.c.pk).where(where)).scalar_one())


def touch(tx: Tx, source_pk: int, updated_at: datetime) -> None:
    """The same content was seen again, at a newer time."""
    tx.execute(sources.update().where(sources.c.pk == source_pk).values(updated_at=updated_at))


def bury(tx: Tx, source_pk: int, deleted_at: datetime) -> None:
    """Empty a source and leave a tombstone: its id, its author's, and when it was deleted.

    The author stays until they are erased themselves: published answers may still quote what they took back.
    """
    tx.execute(
        sources.update().where(sources.c.pk == source_pk).values(
            title="", text="", structure={}, url=None, content_hash="", deleted_at=deleted_at,
            updated_at=deleted_at, version=sources.c.version + 1,
        )
    )  # fmt: skip


def chunk_vectors(tx: Tx, source_pk: int) -> dict[str, bytes]:
    """Vector bytes by chunk hash, to embed only what changed."""
    query = sa.select(chunks.c.hash, chunks.c.vector).where(chunks.c.source_pk == source_pk, chunks.c.hash != STALE)
    return {row.hash: row.vector for row in tx.execute(query)}


def chunk_pks(tx: Tx, source_pk: int) -> list[int]:
    """Keys of a source's chunks."""
    return list(tx.execute(sa.select(chunks.c.pk).where(chunks.c.source_pk == source_pk)).scalars())


def replace_chunks(
    tx: Tx,
    community_id: str,
    space_pk: int,
    source_pk: int,
    new: Sequence[Chunk],
    *,
    vectors: Sequence[bytes],
    embedder: str,
) -> list[int]:
    """Replace a source's chunks; keys in the order given."""
    tx.execute(chunks.delete().where(chunks.c.source_pk == source_pk))
    if not new:
        return []
    fixed = {"source_pk": source_pk, "space_pk": space_pk, "community_id": community_id, "embedder": embedder}
    rows = [
        {**fixed, "start": c.start, "end": c.end, "headings": list(c.headings), "place": c.place, "text": c.text,
         "hash": c.hash, "vector": v}
        for c, v in zip(new, vectors, strict=True)
    ]  # fmt: skip
    result = tx.execute(chunks.insert().returning(chunks.c.pk, sort_by_parameter_order=True), rows)
    return [int(pk) for pk in result.scalars()]


def place_at(tx: Tx, source_pk: int, offset: int) -> tuple[tuple[str, ...], str]:
    """Heading trail and place of an offset in a source's text; nothing where no chunk covers it."""
    here = (chunks.c.source_pk == source_pk) & (chunks.c.start <= offset) & (chunks.c.end > offset)
    query = sa.select(chunks.c.headings, chunks.c.place).where(here).order_by(chunks.c.start.desc()).limit(1)
    row = tx.execute(query).one_or_none()
    return (tuple(row.headings), row.place) if row else ((), "")


def indexed_texts(tx: Tx, space_pk: int, *, source_pk: int | None = None) -> list[IndexedText]:
    """What the full-text index holds of a space, or of one source in it, from the rows it is derived from."""
    query = sa.select(chunks.c.pk, sources.c.title, chunks.c.headings, chunks.c.text).join(sources)
    if source_pk is not None:
        query = query.where(chunks.c.source_pk == source_pk)
    rows = tx.execute(query.where(chunks.c.space_pk == space_pk))
    return [IndexedText(row.pk, row.title, " ".join(row.headings), row.text) for row in rows]


def vectors(tx: Tx, space_pk: int, dimensions: int, embedder: str) -> tuple[list[int], FloatArray]:
    """Chunk keys and their `(n, dimensions)` float32 matrix for one space, by key: all that `embedder` can be compared with."""
    query = sa.select(chunks.c.pk, chunks.c.vector)
    query = query.where(chunks.c.space_pk == space_pk, chunks.c.embedder.in_(comparable(embedder)))
    rows = tx.execute(query.order_by(chunks.c.pk)).all()
    matrix = np.frombuffer(b"".join(row.vector for row in rows), dtype=np.float32).reshape(-1, dimensions)
    return [row.pk for row in rows], matrix


def chunk_counts(tx: Tx) -> dict[int, tuple[int, int]]:
    """Version and number of chunks by key of each space that has chunks, over all communities."""
    counts = sa.select(chunks.c.space_pk, sa.func.count().label("held")).group_by(chunks.c.space_pk).subquery()
    query = sa.select(spaces.c.pk, spaces.c.version, counts.c.held).join(counts, counts.c.space_pk == spaces.c.pk)
    return {row.pk: (row.version, row.held) for row in tx.execute(query)}


def space_version(tx: Tx, space_pk: int) -> int:
    """How often the space's chunks changed; 0 for a space that is gone."""
    return tx.execute(sa.select(spaces.c.version).where(spaces.c.pk == space_pk)).scalar_one_or_none() or 0


def chunk_keys(tx: Tx, space_pk: int, embedder: str, *, after: int = 0) -> IntArray:
    """Keys above `after` of a space's chunks that `embedder` can be compared with, ascending."""
    query = sa.select(chunks.c.pk).where(
        chunks.c.space_pk == space_pk, chunks.c.embedder.in_(comparable(embedder)), chunks.c.pk > after
    )
    return np.fromiter(tx.execute(query.order_by(chunks.c.pk)).scalars(), dtype=np.int64)


def living(tx: Tx, chunk_pks: Iterable[int]) -> set[int]:
    """Those of the given chunks that are still there."""
    wanted, found = sorted(chunk_pks), set[int]()
    for at in range(0, len(wanted), IDS_PER_QUERY):
        query = sa.select(chunks.c.pk).where(chunks.c.pk.in_(wanted[at : at + IDS_PER_QUERY]))
        found.update(tx.execute(query).scalars())
    return found


def vectors_of(tx: Tx, chunk_pks: Iterable[int], dimensions: int) -> tuple[list[int], FloatArray]:
    """Keys and `(n, dimensions)` vectors of those of the given chunks that are still there."""
    wanted, found = sorted(chunk_pks), {}
    for at in range(0, len(wanted), IDS_PER_QUERY):
        query = sa.select(chunks.c.pk, chunks.c.vector).where(chunks.c.pk.in_(wanted[at : at + IDS_PER_QUERY]))
        found.update({row.pk: row.vector for row in tx.execute(query)})
    matrix = np.frombuffer(b"".join(found.values()), dtype=np.float32).reshape(-1, dimensions)
    return list(found), matrix


def retitle(tx: Tx, source_pk: int, title: str) -> None:
    """Change the title alone; its vectors, made with the old one, are marked to be made again."""
    tx.execute(sources.update().where(sources.c.pk == source_pk).values(title=title, version=sources.c.version + 1))
    tx.execute(chunks.update().where(chunks.c.source_pk == source_pk).values(hash=STALE))


@dataclass(frozen=True)
class StaleChunk:
    """A chunk whose vector was made with words that are gone."""

    pk: int
    space_pk: int
    title: str
    headings: tuple[str, ...]
    text: str


def stale_chunks(tx: Tx) -> list[StaleChunk]:
    """Of all communities."""
    query = sa.select(chunks, sources.c.title).join(sources, sources.c.pk == chunks.c.source_pk)
    rows = tx.execute(query.where(chunks.c.hash == STALE).order_by(chunks.c.pk))
    return [StaleChunk(row.pk, row.space_pk, row.title, tuple(row.headings), row.text) for row in rows]


def set_vector(tx: Tx, chunk: StaleChunk, *, hash: str, vector: bytes) -> None:
    """Replace a stale vector, unless its chunk changed meanwhile."""
    where = (chunks.c.pk == chunk.pk) & (chunks.c.hash == STALE) & (chunks.c.text == chunk.text)
    tx.execute(chunks.update().where(where).values(hash=hash, vector=vector))


def passages(
    tx: Tx, community_id: str, pks: Collection[int], space_pks: Collection[int], *, withheld: bool = False
) -> dict[int, Passage]:
    """Chunks by key, only of living sources by persons in the given spaces: the check behind every index.

    What its author keeps out of answers is left out, unless `withheld` asks for it.
    """
    wanted, found = sorted(pks), {}
    used = sa.true() if withheld else consents.lets_answer() & ~asides.is_aside()
    for at in range(0, len(wanted), IDS_PER_QUERY):
        query = (
            sa.select(
                chunks.c.pk, chunks.c.start, chunks.c.end, chunks.c.headings, chunks.c.place, chunks.c.text,
                spaces.c.id.label("space_id"), sources.c.id, sources.c.title, sources.c.url, sources.c.version,
                sources.c.kind, sources.c.updated_at, sources.c.author_id, sources.c.parent_id,
            )
            .join(sources, sources.c.pk == chunks.c.source_pk)
            .join(spaces, spaces.c.pk == sources.c.space_pk)
            .where(
                # asked of the chunk: asked of the source, SQLite walks through every source of the community
                chunks.c.pk.in_(wanted[at : at + IDS_PER_QUERY]), chunks.c.community_id == community_id,
                chunks.c.space_pk.in_(space_pks), sources.c.deleted_at.is_(None), sources.c.origin == "person", used,
            )
        )  # fmt: skip
        for row in tx.execute(query):
            found[row.pk] = _passage(row)
    return found


def _by_ids(
    tx: Tx, community_id: str, ids: Iterable[tuple[str, str]], which: sa.ColumnElement[bool], *, hold: bool
) -> dict[tuple[str, str], Source]:
    wanted = sorted(set(ids))
    found: dict[tuple[str, str], Source] = {}
    for at in range(0, len(wanted), IDS_PER_QUERY):
        pairs = sa.tuple_(spaces.c.id, sources.c.id).in_(wanted[at : at + IDS_PER_QUERY])
        query = _select().where(sources.c.community_id == community_id, sources.c.deleted_at.is_(None), pairs, which)
        for row in tx.execute(query.with_for_update(read=True, of=sources) if hold else query):
            found[(row.space_id, row.id)] = _stored(row).source
    return found


def span(tx: Tx, chunk_pk: int, start: int, end: int) -> str:
    """`text[start:end]` of the source that a chunk belongs to."""
    if end <= start:
        return ""
    query = sa.select(sa.func.substr(sources.c.text, start + 1, end - start))
    return str(tx.execute(query.join_from(sources, chunks).where(chunks.c.pk == chunk_pk)).scalar_one())


def next_chunk(tx: Tx, chunk_pk: int, end: int) -> tuple[int, int, tuple[str, ...]] | None:
    """`[start, end)` and headings of the first chunk of the same source that begins at `end` or behind it."""
    same = sa.select(chunks.c.source_pk).where(chunks.c.pk == chunk_pk).scalar_subquery()
    query = sa.select(chunks.c.start, chunks.c.end, chunks.c.headings).where(
        chunks.c.source_pk == same, chunks.c.start >= end
    )
    row = tx.execute(query.order_by(chunks.c.start).limit(1)).first()
    return (row.start, row.end, tuple(row.headings)) if row else None


def _passage(row: Any) -> Passage:
    return Passage(
        space_id=row.space_id, source_id=row.id, title=row.title, headings=tuple(row.headings), place=row.place,
        start=row.start, end=row.end, text=row.text, score=0.0, url=row.url, source_version=row.version, kind=row.kind,
        updated_at=row.updated_at, author_id=row.author_id, parent_id=row.parent_id, chunk_pk=row.pk,
    )  # fmt: skip


def _select() -> sa.Select[Any]:
    out = asides.is_aside().label("set_aside")
    return sa.select(sources, spaces.c.id.label("space_id"), out).join(spaces, spaces.c.pk == sources.c.space_pk)


def _stored(row: sa.Row[Any]) -> StoredSource:
    source = Source(
        space_id=row.space_id, id=row.id, kind=row.kind, title=row.title, text=row.text, author_id=row.author_id,
        parent_id=row.parent_id, url=row.url, origin=row.origin, created_at=row.created_at, updated_at=row.updated_at,
        version=row.version, pk=row.pk, set_aside=bool(row.set_aside),
    )  # fmt: skip
    return StoredSource(source, row.space_pk, row.content_hash, dict(row.structure), row.deleted_at)
