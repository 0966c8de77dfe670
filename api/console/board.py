"""The board: the spaces a member may read, with their course material, threads, questions and events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote as quoted

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.console.ask import spaces_of
from api.console.forms import Posted
from api.console.page import QUOTE_CHARACTERS, AnyMember, HostOnly, Visit, see
from api.console.reading import Block, blocks, highlighted, is_markdown
from cohost import audience
from cohost.errors import NotFound
from cohost.model import Answers, Source, Space
from cohost.quotes import locate
from cohost.store import audit, places, sources
from cohost.store.sources import StoredSource

router = APIRouter()
MATERIAL = ("lesson", "transcript", "page")
THREADS_PER_PAGE = 20
BLOCKS_PER_PAGE = 300  # about thirty printed pages; a longer text is shown in parts
READ_AT_ONCE = 1_000
EARLIEST = datetime.min.replace(tzinfo=UTC)  # sorts a source without a time to the end


@dataclass
class Thread:
    """A root with its replies, oldest first."""

    root: Source
    replies: list[Source] = field(default_factory=list)

    @property
    def latest(self) -> datetime | None:
        """When somebody last wrote in it."""
        return max((s.created_at for s in (self.root, *self.replies) if s.created_at), default=None)


@router.get("/board")
def show(visit: AnyMember) -> HTMLResponse:
    """The spaces in sight."""
    return visit.page("board.html", spaces=spaces_of(visit))


@router.get("/board/{space_id}")
def space(visit: AnyMember, space_id: str, page: int = 1) -> HTMLResponse:
    """What a space holds; a private one out of sight looks like one that does not exist."""
    here = audience.space_in_sight(visit.sight, visit.caller, space_id)
    found = _all_sources(visit, here)
    questions = visit.core.questions.in_space(visit.caller, here.id)
    replies = {one.id: _replies(found, one.id) for one in questions}
    below = {post.id for posts in replies.values() for post in posts}
    threads = sorted(
        _threads([s for s in found if s.id not in below]), key=lambda t: t.latest or EARLIEST, reverse=True
    )
    first = (max(page, 1) - 1) * THREADS_PER_PAGE
    return visit.page(
        "space.html", space=here, material=[s for s in found if s.kind in MATERIAL],
        events=[s for s in found if s.kind == "event"],
        threads=threads[first : first + THREADS_PER_PAGE], total_threads=len(threads), page=max(page, 1),
        pages=-(-len(threads) // THREADS_PER_PAGE), questions=questions, replies=replies,
    )  # fmt: skip


@router.post("/board/{space_id}/answers")
def change_answers(visit: HostOnly, space_id: str, form: Posted) -> Response:
    """Switch between full answers and a tutor's hints; counts from the next draft on."""
    here = audience.space_in_sight(visit.sight, visit.caller, space_id)
    answers: Answers = "tutor" if form.ticked("tutor") else "full"
    with visit.core.store.write() as tx:
        places.set_answers(tx, here.pk, answers)
        audit.record(
            tx, visit.caller.community_id, visit.actor, "space.changed", "space", here.id, now=visit.core.clock(),
            answers=answers,
        )  # fmt: skip
    return see(f"/board/{quoted(here.id, safe='')}")


@router.get("/board/{space_id}/sources/{source_id:path}")
def source(
    visit: AnyMember, space_id: str, source_id: str, start: int = 0, end: int = 0, quote: str = "", part: int = 0
) -> HTMLResponse:
    """One source to read; `start` and `end`, or its words, mark a quote in it."""
    here = audience.space_in_sight(visit.sight, visit.caller, space_id)
    stored = _stored(visit, here, source_id)
    text = stored.source.text
    mark = (start, end) if 0 <= start < end <= len(text) else locate(quote[:QUOTE_CHARACTERS], text)
    if thread := _thread_of(visit, here, stored.source):
        marked = highlighted(text, mark) if mark else None
        return visit.page("thread.html", space=here, thread=thread, shown=source_id, marked=marked)
    return _reading_page(visit, here, stored, mark=mark, part=part)


def _reading_page(
    visit: Visit, here: Space, stored: StoredSource, *, mark: tuple[int, int] | None, part: int
) -> HTMLResponse:
    if mark is None and is_markdown(stored.source.text, stored.structure):
        return visit.page("source.html", space=here, source=stored.source, blocks=None, part=1, parts_total=1)
    found = blocks(stored.source.text, stored.structure, mark=mark)
    parts = max(1, -(-len(found) // BLOCKS_PER_PAGE))
    part = min(max(part, 1), parts) if part else _part_of(found, mark)
    shown = found[(part - 1) * BLOCKS_PER_PAGE : part * BLOCKS_PER_PAGE]
    return visit.page("source.html", space=here, source=stored.source, blocks=shown, part=part, parts_total=parts)


def _stored(visit: Visit, space: Space, source_id: str) -> StoredSource:
    with visit.core.store.read() as tx:
        stored = sources.find(tx, space.pk, source_id)
    if stored is None or stored.deleted_at is not None or not audience.sees(visit.caller, stored.source):
        raise NotFound(f"There is no source {source_id!r} in space {space.id!r}.")
    return stored


def _all_sources(visit: Visit, space: Space) -> list[Source]:
    found: list[Source] = []
    with visit.core.store.read() as tx:
        while page := sources.in_space(tx, space.pk, after=found[-1].id if found else "", limit=READ_AT_ONCE):
            found += page
    return [source for source in found if audience.sees(visit.caller, source)]


def _threads(found: Sequence[Source]) -> list[Thread]:
    """Posts by their thread; approved answers are left out, they stand under their questions."""
    posts = [s for s in found if s.kind == "post" and s.origin != "cohost"]
    threads = {s.id: Thread(s) for s in posts if s.parent_id is None}
    for reply in sorted((s for s in posts if s.parent_id is not None), key=lambda s: (s.created_at or EARLIEST, s.id)):
        thread = threads.get(reply.parent_id or "")
        if thread is None:  # its root is gone: it stands for itself
            threads[reply.id] = Thread(reply)
        else:
            thread.replies.append(reply)
    return list(threads.values())


def _replies(found: Sequence[Source], question_id: str) -> list[Source]:
    """What people wrote below a question, oldest first."""
    posts = (s for s in found if s.kind == "post" and s.origin != "cohost" and s.parent_id == question_id)
    return sorted(posts, key=lambda s: (s.created_at or EARLIEST, s.id))


def _thread_of(visit: Visit, space: Space, post: Source) -> Thread | None:
    """The thread in which a post stands; None for what is no post by people."""
    if post.kind != "post" or post.origin == "cohost":
        return None
    threads = _threads(_all_sources(visit, space))
    return next((t for t in threads if any(s.id == post.id for s in (t.root, *t.replies))), None)


def _part_of(found: Sequence[Block], mark: tuple[int, int] | None) -> int:
    """The part of a long text in which the marked quote begins."""
    if mark is None:
        return 1
    at = next((n for n, block in enumerate(found) if block.marked), 0)
    return at // BLOCKS_PER_PAGE + 1
