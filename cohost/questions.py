"""Members' questions: asked, answered by an approved suggestion, and seen by those who may."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from cohost import audience, quotes
from cohost.errors import Busy, Conflict, Forbidden, InvalidInput, NotFound, Unauthenticated
from cohost.ids import new_id
from cohost.model import Caller, Passage, Request
from cohost.ports import Embedder, FloatArray, Query, Search
from cohost.store import Store, Tx, feedback, people, requests, suggestions
from cohost.store.feedback import Opinion
from cohost.suggestion import Destination, Suggestion, for_asker, in_space

JOB = "answer"
MAX_CHARACTERS = 10_000
MAX_HISTORY = 20
PASSAGES_AT_ONCE = 5
# Cosine from which two questions are nearly the same; see `evals/bank.py`. Paraphrases of a question are often below:
# the price of a wrong answer at once is higher than that of waiting for the right one.
NEARLY_SAME = 0.82
_NUMBER = re.compile(r"\d+")
MAX_OFFERED = 3
MAX_WAITING_OF_MEMBER = 50  # more than anybody asks in the minutes that a worker may be behind
MAX_WAITING = 10_000  # of a community: about what one worker drafts in an hour without a language model


@dataclass(frozen=True)
class Citation:
    """Where a quote stands."""

    title: str
    url: str | None
    place: str
    quote: str
    space_id: str
    source_id: str


@dataclass(frozen=True)
class PublishedAnswer:
    """An answer that a person approved and that is in effect."""

    suggestion_id: str
    question: str
    text: str  # Markdown
    citations: tuple[Citation, ...]
    published_at: datetime


@dataclass(frozen=True)
class QuestionView:
    """A question as its reader may see it; the last three fields are for staff only."""

    id: str
    text: str
    space_id: str | None
    asked_by: str | None
    created_at: datetime
    status: Literal["waiting", "answered"]
    notice: str = ""  # the one sentence a member sees until there is an answer
    passages: tuple[Passage, ...] = ()
    approved_answers: tuple[PublishedAnswer, ...] = ()
    answer: PublishedAnswer | None = None
    suggestion_id: str | None = None
    suggestion_status: str | None = None
    reason: str | None = None


class Questions:
    """Asks and shows questions."""

    def __init__(self, store: Store, search: Search, embedder: Embedder, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._search = search
        self._embedder = embedder
        self._clock = clock

    def ask(
        self, caller: Caller, text: str, *, space_id: str | None = None, history: Sequence[dict[str, str]] = ()
    ) -> QuestionView:
        """Store a question for the worker; passages and nearly equal answers come at once."""
        member_id = _asker(caller)
        _check_text(text, history)
        with self._store.read() as tx:
            _check_queue(tx, caller.community_id, member_id)
            if space_id is not None:
                audience.space_in_sight(audience.sight(tx, caller.community_id), caller, space_id)
        vector = self._embedder.embed([text])[0]
        payload = {"text": text, "history": [dict(turn) for turn in history]}
        asked = Request(
            new_id("q"), caller.community_id, JOB, payload, member_id, space_id, "waiting", 0, self._clock()
        )
        with self._store.write() as tx:
            if not people.hold(tx, caller.community_id, member_id):
                raise Unauthenticated("The member behind these credentials is not in this community any more.")
            _check_queue(tx, caller.community_id, member_id)
            requests.add(tx, asked, vector=vector.tobytes())
        return self._with_passages(caller, asked, vector)

    def get(self, caller: Caller, question_id: str) -> QuestionView:
        """A question of one's own, or any for staff; raises NotFound."""
        with self._store.read() as tx:
            asked = requests.find(tx, caller.community_id, question_id)
            own = asked is not None and asked.requested_by is not None and asked.requested_by == caller.member_id
            if asked is None or asked.job != JOB or not (caller.is_staff or own):
                raise NotFound(f"There is no question {question_id!r}.")
        return self._with_passages(caller, asked, self._embedder.embed([asked.payload["text"]])[0])

    def judge(self, caller: Caller, question_id: str, opinion: Opinion, note: str = "") -> None:
        """A reader of an answer says what they think of it; saying it again takes the place of the first.

        Raises NotFound, the same where the caller may not read it, and Conflict while there is no answer.
        """
        member_id = _asker(caller)
        with self._store.write() as tx:
            if not people.hold(tx, caller.community_id, member_id):
                raise Unauthenticated("The member behind these credentials is not in this community any more.")
            asked = requests.find(tx, caller.community_id, question_id)
            if asked is None or asked.job != JOB or not self._reads(tx, caller, asked):
                raise NotFound(f"There is no question {question_id!r}.")
            answer = suggestions.published_for(tx, question_id)
            if answer is None:
                raise Conflict("This question has no answer yet. Say what you think of it once there is one.")
            feedback.put(
                tx, caller.community_id, question_id, answer.id, member_id, opinion, note.strip(), self._clock()
            )

    def opinion_of(self, caller: Caller, view: QuestionView) -> Opinion | None:
        """What the caller said of the answer."""
        if view.answer is None or caller.member_id is None:
            return None
        with self._store.read() as tx:
            return feedback.of_member(tx, view.answer.suggestion_id, caller.member_id)

    def _reads(self, tx: Tx, caller: Caller, asked: Request) -> bool:
        readers = audience.readers(audience.sight(tx, asked.community_id), _destination(asked))
        return caller.member_id in readers or caller.is_staff

    def mine(self, caller: Caller) -> list[QuestionView]:
        """What the caller asked, newest first, without passages."""
        member_id = _asker(caller)
        with self._store.read() as tx:
            return self._views(tx, caller, requests.by_member(tx, caller.community_id, member_id, job=JOB))

    def in_space(self, caller: Caller, space_id: str) -> list[QuestionView]:
        """What was asked in a space that the caller may read, newest first, without passages."""
        with self._store.read() as tx:
            audience.space_in_sight(audience.sight(tx, caller.community_id), caller, space_id)
            return self._views(tx, caller, requests.in_space(tx, caller.community_id, space_id, job=JOB))

    def _with_passages(self, caller: Caller, asked: Request, vector: FloatArray) -> QuestionView:
        to = _destination(asked)
        passages = self._search.search(Query(asked.community_id, asked.payload["text"], to, top_k=PASSAGES_AT_ONCE))
        with self._store.read() as tx:
            view = self._views(tx, caller, [asked])[0]
            offered = () if view.answer else self._nearly_same(tx, asked, to, vector)
        return replace(view, passages=tuple(passages), approved_answers=offered)

    def _views(self, tx: Tx, caller: Caller, asked: Sequence[Request]) -> list[QuestionView]:
        made: dict[str, list[Suggestion]] = {request.id: [] for request in asked}
        for suggestion in suggestions.of_requests(tx, list(made)):
            made[suggestion.request_id or ""].append(suggestion)
        notice = people.community(tx, caller.community_id).settings.waiting_text
        return [_view(caller, request, made[request.id], notice) for request in asked]

    def _nearly_same(self, tx: Tx, asked: Request, to: Destination, vector: FloatArray) -> tuple[PublishedAnswer, ...]:
        """Approved answers to nearly this question, for an audience that contains this one, whose sources stand."""
        seen = audience.sight(tx, asked.community_id)
        known, matrix = requests.answered(tx, asked.community_id, JOB, self._embedder.dimensions)
        near = sorted(zip(map(float, matrix @ vector), known, strict=True), reverse=True)
        same = [answer for cosine, (question, answer) in near if cosine >= NEARLY_SAME and question != asked.id]
        offered: list[PublishedAnswer] = []
        for answer in same:
            if len(offered) == MAX_OFFERED:
                break
            suggestion = suggestions.get(tx, asked.community_id, answer)
            if not _same_numbers(suggestion.payload["question"], asked.payload["text"]):
                continue
            stands = quotes.all_stand(quotes.stand(tx, asked.community_id, to, suggestion.evidence)) is not None
            if stands and audience.contains(seen, suggestion.destination, to):
                offered.append(_published(suggestion))
        return tuple(offered)


def _same_numbers(one: str, other: str) -> bool:
    """To bake at 230 degrees is no paraphrase of to bake at 200, however near in meaning."""
    return set(_NUMBER.findall(one)) == set(_NUMBER.findall(other))


def _asker(caller: Caller) -> str:
    if caller.member_id is None:
        raise Forbidden("A question needs a member. Name the one you act for in the header Cohost-Member.")
    return caller.member_id


def _check_queue(tx: Tx, community_id: str, member_id: str) -> None:
    """A queue that nobody can work off helps nobody: better to say so at once."""
    in_community, own = requests.waiting_in(tx, community_id, member_id, limit=MAX_WAITING)
    if own >= MAX_WAITING_OF_MEMBER:
        raise Busy(f"{own} of your questions wait for their drafts already. Ask again when some are done.")
    if in_community >= MAX_WAITING:
        raise Busy("More questions wait than can be answered soon. Ask again in a while.")


def _check_text(text: str, history: Sequence[dict[str, str]]) -> None:
    if not text.strip():
        raise InvalidInput("The question is empty.", field="text")
    if len(text) > MAX_CHARACTERS:
        raise InvalidInput(
            f"A question may have at most {MAX_CHARACTERS:,} characters; this one has {len(text):,}.", field="text"
        )
    if len(history) > MAX_HISTORY:
        raise InvalidInput(f"The history may have at most {MAX_HISTORY} turns.", field="history")


def _destination(asked: Request) -> Destination:
    return in_space(asked.space_id) if asked.space_id else for_asker(asked.requested_by or "")


def _view(caller: Caller, asked: Request, made: Sequence[Suggestion], notice: str) -> QuestionView:
    answer = next((_published(s) for s in reversed(made) if s.status == "published" and not s.erased_at), None)
    latest = made[-1] if made else None
    view = QuestionView(
        asked.id, asked.payload["text"], asked.space_id, asked.requested_by, asked.created_at,
        "answered" if answer else "waiting", "" if answer else notice, answer=answer,
    )  # fmt: skip
    if not caller.is_staff or latest is None:
        return view
    reason = latest.rationale if latest.status == "abstained" else latest.notice
    return replace(view, suggestion_id=latest.id, suggestion_status=latest.status, reason=reason or None)


def _published(suggestion: Suggestion) -> PublishedAnswer:
    cited = tuple(Citation(e.title, e.url, e.place, e.quote, e.space_id, e.source_id) for e in suggestion.evidence)
    return PublishedAnswer(
        suggestion.id, suggestion.payload["question"], suggestion.payload["text"], cited, suggestion.updated_at
    )
