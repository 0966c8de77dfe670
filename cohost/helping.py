"""Members first: who may know, an invitation to them, and what becomes of the draft that waits meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cohost import audience, quotes
from cohost.errors import Conflict, InvalidInput, NotFound
from cohost.ids import new_id
from cohost.jobs.answer_highlight import RATIONALE, Highlight, highlight
from cohost.jobs.help_payload import NAME
from cohost.match.helpers import Helper
from cohost.model import Caller, Member, Passage, Request
from cohost.ports import Embedder, Search
from cohost.store import Store, Tx, askings, audit, people, requests, safety_cases, sources, suggestions
from cohost.store.askings import BUSY, Asking
from cohost.store.audit import WORKER, Actor
from cohost.suggestion import Provenance, Suggestion
from cohost.who_knows import who_knows
from cohost.withdrawal import withdraw

QUESTIONS = "answer"  # the job whose requests are questions
DAYS, MOST_DAYS = 2, 14
AT_ONCE = 20
REPLIES = 50  # looked at for one question, newest first
# Probability that a reply answers, from which on it is put to the host; lower than for drafts, as replies leave out what the
# question says. At .2, 64 of 100 answers of open discussions are taken for one, 28 of 100 comments, 2 answers to another.
ENOUGH = {"careful": 0.3, "balanced": 0.2, "bold": 0.1}
PRIVATE = "This question was asked for the asker's eyes alone, so nobody else is asked."
NO_REPLY = "Members were asked first, and no reply answers the question yet: here is the draft again."
LOOK = "Members replied, and no reply is sure to answer the question. Look at them below it; here is the draft again."
NOBODY = "Nobody who likes to help seems to know about this, or the invitation was not sent: here is the draft again."
TURNED = "A member answered while the draft waited. If their reply does not answer it, edit this, or reject it."


@dataclass(frozen=True)
class HelperView:
    """For hosts: who may know, and why; posts of spaces that the asker may read."""

    member_id: str
    name: str
    helper: Helper


@dataclass(frozen=True)
class _Reply:
    """A post that may answer."""

    author: Member
    passages: tuple[Passage, ...]


class Helping:
    """Asked for by hosts; the worker looks at replies, and lets drafts go whose time is over."""

    def __init__(self, store: Store, clock: Callable[[], datetime], search: Search, embedder: Embedder) -> None:
        self._store = store
        self._clock = clock
        self._search = search
        self._embedder = embedder

    def helpers(self, caller: Caller, question_id: str) -> list[HelperView]:
        """Up to three members likely to know, likeliest first; raises NotFound."""
        with self._store.read() as tx:
            question = _question(tx, caller.community_id, question_id)
        found = who_knows(self._store, self._embedder, question, self._clock())
        with self._store.read() as tx:
            names = {member.id: member.name for member in people.all_members(tx, caller.community_id)}
        return [HelperView(one.member_id, names[one.member_id], one) for one in found if one.member_id in names]

    def ask(self, caller: Caller, suggestion_id: str, actor: Actor, *, days: int = DAYS) -> Asking:
        """Let a pending draft wait, and have an invitation drafted; raises NotFound, Conflict, InvalidInput."""
        if not 1 <= days <= MOST_DAYS:
            raise InvalidInput(f"Members get 1 to {MOST_DAYS} days to reply, not {days}.", field="days")
        now = self._clock()
        with self._store.write() as tx:
            draft = suggestions.get(tx, caller.community_id, suggestion_id)
            question = _to_be_put(tx, draft)
            job = Request(
                new_id("rq"), caller.community_id, NAME, {"question_id": question.id}, question.requested_by,
                question.space_id, "waiting", 0, now,
            )  # fmt: skip
            new = Asking(
                new_id("as"), caller.community_id, question.id, draft.id, job.id, question.space_id or "",
                now + timedelta(days=days), now,
            )  # fmt: skip
            requests.add(tx, job)
            askings.add(tx, new)
            suggestions.mark(tx, draft.id, now=now, held_until=new.until)
            audit.record(
                tx, caller.community_id, actor, "answer.members_asked", "suggestion", draft.id, now=now, request=job.id
            )
        return new

    def of_answer(self, caller: Caller, suggestion_id: str) -> tuple[Asking, Suggestion | None] | None:
        """What is, or was, asked for a draft, with the invitation once there is one."""
        with self._store.read() as tx:
            asking = askings.of_answer(tx, caller.community_id, suggestion_id)
            sent = suggestions.of_request(tx, asking.request_id) if asking else []
        return (asking, sent[-1] if sent else None) if asking else None

    def step(self) -> bool:
        """Look at some questions with something new; False when there are none."""
        with self._store.read() as tx:
            due = askings.due(tx, self._clock(), limit=AT_ONCE)
        for one in due:
            self._look(one)
        return bool(due)

    def _look(self, asking: Asking) -> None:
        with self._store.write() as tx:  # before the replies are read: who writes meanwhile is looked at next time
            askings.change(tx, asking.id, look=False)
        found = self._answering(asking)
        with self._store.write() as tx:
            suggestions.hold(tx, asking.answer_id)
            draft = suggestions.get(tx, asking.community_id, asking.answer_id)
            now_there = askings.of_answer(tx, asking.community_id, draft.id)
            if now_there is None or now_there.id != asking.id or now_there.state != "open":
                return  # another worker was here
            if draft.status != "pending":
                self._close(tx, asking, draft, "", "over")
            elif found is not None and self._turned(tx, asking, draft, found):
                self._close(tx, asking, draft, "answer.member_answered", "answered")
            elif notice := self._over(tx, asking):
                suggestions.mark(tx, draft.id, now=self._clock(), held_until=None, notice=notice)
                self._close(tx, asking, draft, "answer.back", "over")

    def _over(self, tx: Tx, asking: Asking) -> str:
        """Why the draft waits no longer, or ""."""
        if asking.until <= self._clock():
            question = requests.find(tx, asking.community_id, asking.question_id)
            return LOOK if question is not None and _replies(tx, asking, question) else NO_REPLY
        request = requests.find(tx, asking.community_id, asking.request_id)
        sent = suggestions.of_request(tx, asking.request_id)
        waits = request is not None and request.status in ("waiting", "claimed")
        return "" if waits or any(one.status in BUSY for one in sent) else NOBODY

    def _close(self, tx: Tx, asking: Asking, draft: Suggestion, action: str, state: str) -> None:
        """Nothing waits any more; an invitation that nobody approved is taken back."""
        now = self._clock()
        askings.change(tx, asking.id, state=state)
        if draft.held_until is not None and draft.status != "pending":
            suggestions.mark(tx, draft.id, now=now, held_until=None)
        for one in suggestions.of_request(tx, asking.request_id):
            if one.status in ("pending", "approved", "failed"):
                withdraw(tx, one, "The question does not wait for members any more.", now=now)
        if action:
            audit.record(tx, asking.community_id, WORKER, action, "suggestion", draft.id, now=now)

    def _answering(self, asking: Asking) -> Highlight | None:
        """Of the reply that answers most probably, if any does probably enough."""
        with self._store.read() as tx:
            question = requests.find(tx, asking.community_id, asking.question_id)
            if question is None:
                return None
            settings = people.community(tx, asking.community_id).settings
            replies = _replies(tx, asking, question)
            pks = [p.chunk_pk for reply in replies for p in reply.passages]
            known, matrix = sources.vectors_of(tx, pks, self._embedder.dimensions)
        text = question.payload["text"]
        near = dict(zip(known, (matrix @ self._embedder.embed([text])[0]).tolist(), strict=True))
        judged = [(self._search.answerable(text, _with_cosines(one.passages, near)), one) for one in replies]
        for probability, reply in sorted(judged, key=lambda pair: -pair[0]):
            if probability >= ENOUGH[settings.caution]:
                made = highlight(text, reply.passages, reply.author, self._search, words=settings.answer_words)
                if made is not None:
                    return replace(made, probability=probability)
        return None

    def _turned(self, tx: Tx, asking: Asking, draft: Suggestion, found: Highlight) -> bool:
        """Whether the draft has become a highlight of the reply, as it stands now."""
        seen = quotes.still_allowed(tx, asking.community_id, draft.destination, found.passages, hold=True)
        standing = quotes.all_stand(quotes.stand(tx, asking.community_id, draft.destination, found.evidence, hold=True))
        if standing is None:
            return False
        new = replace(
            draft, payload=found.payload, evidence=standing, rationale=RATIONALE, notice=TURNED,
            confidence=found.probability, provenance=Provenance("embedded", retrieval=self._search.signature()),
            held_until=None,
        )  # fmt: skip
        suggestions.replace_draft(tx, new, seen, now=self._clock())
        return True


def _question(tx: Tx, community_id: str, question_id: str) -> Request:
    found = requests.find(tx, community_id, question_id)
    if found is None or found.job != QUESTIONS:
        raise NotFound(f"There is no question {question_id!r}.")
    return found


def could_wait(tx: Tx, draft: Suggestion) -> bool:
    """Whether members may be asked before this draft is posted."""
    try:
        return bool(_to_be_put(tx, draft))
    except (Conflict, NotFound):
        return False


def _to_be_put(tx: Tx, draft: Suggestion) -> Request:
    """The question of a draft that members may be asked; raises NotFound or Conflict."""
    if draft.job != QUESTIONS:
        raise Conflict(f"Suggestion {draft.id} is no answer: only the draft of an answer can wait for members.")
    if NAME not in people.community(tx, draft.community_id).settings.jobs:
        raise Conflict("Asking members first is switched off here. A host switches on the job `help` first.")
    if draft.status != "pending" or draft.held_until is not None or draft.payload.get("answered_by"):
        raise Conflict(f"Suggestion {draft.id} is no draft that could wait for members now; load it again.")
    question = _question(tx, draft.community_id, draft.request_id or "")
    if question.space_id is None:
        raise Conflict(PRIVATE)
    if not people.hold(
        tx, draft.community_id, question.requested_by or ""
    ):  # an erasure waits for what is made for them
        raise NotFound(f"There is no question {question.id!r}.")
    return question


def _replies(tx: Tx, asking: Asking, question: Request) -> list[_Reply]:
    """Posts below the question, and what those asked wrote in its space since; nothing by who is kept apart from the asker."""
    space = audience.sight(tx, asking.community_id).spaces.get(asking.space_id)
    if space is None:
        return []
    sent = suggestions.of_request(tx, asking.request_id)
    asked = {member for one in sent for member in one.destination.member_ids}
    apart = safety_cases.kept_apart(tx, asking.community_id)
    here = {member.id: member for member in people.all_members(tx, asking.community_id)}
    found = []
    for post in sources.posts_since(tx, space.pk, asking.asked_at, below=question.id, limit=REPLIES):
        below, pair = post.parent_id == question.id, frozenset((post.author_id, question.requested_by))
        if post.author_id not in here or len(pair) < 2 or pair in apart or not (below or post.author_id in asked):
            continue
        chunks = sources.passages(tx, asking.community_id, sources.chunk_pks(tx, post.pk), [space.pk])
        if chunks:
            found.append(
                _Reply(here[post.author_id or ""], tuple(sorted(chunks.values(), key=lambda passage: passage.start)))
            )
    return found


def _with_cosines(passages: tuple[Passage, ...], near: dict[int, float]) -> list[Passage]:
    known = (replace(passage, cosine_similarity=near.get(passage.chunk_pk, 0.0)) for passage in passages)
    return sorted(known, key=lambda passage: -passage.cosine_similarity)
