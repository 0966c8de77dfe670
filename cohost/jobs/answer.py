"""The job `answer`: a question in, a draft with verified quotes out, or an abstention with its reason."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cohost import quotes, safety
from cohost.errors import ModelUnavailable
from cohost.jobs.addressed import addressed
from cohost.jobs.answer_choice import choose, disagree, joined
from cohost.jobs.answer_clarify import RATIONALE as ASKS_BACK
from cohost.jobs.answer_clarify import asked_back
from cohost.jobs.answer_edit import revise
from cohost.jobs.answer_model import ask_model
from cohost.jobs.answer_payload import Claim, emptied, evidence_of, messages, payload, quote_of
from cohost.jobs.follow_up import Resolved, depends, resolved, rewrite_prompt, rewritten, says_too_little
from cohost.jobs.shape import Job, Outcome, Tools
from cohost.jobs.tutor import hints, teaches
from cohost.language import in_another_language
from cohost.model import STAFF, Passage, Request
from cohost.ports import Query, ScoredSentence
from cohost.store import Tx, people, requests, safety_cases
from cohost.suggestion import Abstention, Destination, Draft, Evidence, Provenance, Suggestion, for_asker, in_space

FOUND = 12  # looked through for passages that may answer
FOUND_OF_ONE = 50  # and for what one person wrote
PASSAGES = 8  # read for one answer; more adds noise before it adds answers
NEAREST = 3  # places shown with an abstention
# Probability that the material answers, from which on a draft is made. Of the sample community's twenty answerable questions
# 8, 17 and 19 are drafted, of its twenty others 18, 18 and 16 left alone.
THRESHOLDS = {"careful": 0.5, "balanced": 0.3, "bold": 0.2}
MODEL_FLOOR = 0.12  # below it not even a language model is asked: the passages are about something else

NOTHING_NEAR = "Nothing in the material that these readers may see comes near the question."
NOT_ANSWERED = "The material comes near the question but does not seem to answer it."
DISAGREE = "Sources disagree about it: the newest comes first, and the draft says so."
NOTHING_TO_QUOTE = "The nearest places hold no sentence that could be quoted as an answer."


@dataclass(frozen=True)
class _Ground:
    """What one answer stands on."""

    question: str
    in_full: str  # the question with what a follow-up leaves out
    speaking: int  # how many of the passages, first ones, speak of what is asked
    destination: Destination
    passages: tuple[Passage, ...]
    probability: float  # 0..1 that the passages answer
    made: Provenance
    teaches: bool = False  # hints and where to read, no solution
    staff: frozenset[str] = frozenset()  # ids of hosts and moderators
    put_to: tuple[str, ...] = ()  # names of members whom the question speaks to

    @property
    def nothing(self) -> str:
        """Why there is nothing to read."""
        if not self.put_to:
            return NOTHING_NEAR
        return f"The question is put to {' and '.join(self.put_to)}, and nothing that they wrote comes near it."

    @property
    def for_model(self) -> bool:
        """Whether a model may find an answer; over a border of languages only it can tell, the judge compares words."""
        shown = "\n".join(passage.text for passage in self.passages)
        return self.probability >= MODEL_FLOOR or in_another_language(shown, self.question)

    def abstain(self, reason: str) -> Abstention:
        """No draft; the nearest places are shown to the host."""
        nearest = tuple(evidence_of(p, p.start, p.end) for p in self.passages[:NEAREST])
        empty = payload(self.question, [], [])
        return Abstention(reason, self.destination, nearest, self.made, self.passages, self.probability, empty)

    def draft(
        self, claims: Sequence[Claim], evidence: Sequence[Evidence], rationale: str, *, differ: bool = False
    ) -> Draft:
        """A draft for the host's decision."""
        body = payload(self.question, claims, evidence, differ=differ)
        return Draft(body, tuple(evidence), self.destination, rationale, self.probability, self.made, self.passages)


def propose(request: Request, tools: Tools) -> Sequence[Outcome]:
    """One draft, or one abstention."""
    begun_s = time.monotonic()  # rewriting and answering share one deadline
    asked, fault = _understood(request, tools, begun_s)
    ground = _ground(request, tools, asked)
    if not ground.passages:
        return [ground.abstain(ground.nothing)]
    if tools.model is not None and not fault and ground.for_model:
        try:
            return [_in_the_models_words(request, tools, ground, begun_s)]
        except ModelUnavailable as unavailable:
            fault = unavailable.fault
    ground = replace(ground, made=replace(ground.made, fallback=fault))
    if says_too_little(request.payload["text"], request.payload.get("history", [])):
        claims, evidence = asked_back(ground.passages)
        return [ground.draft(claims, evidence, ASKS_BACK) if claims else ground.abstain(NOT_ANSWERED)]
    if ground.probability < THRESHOLDS[tools.community.settings.caution]:
        return [ground.abstain(NOT_ANSWERED)]
    return [_in_hints(ground) if ground.teaches else _in_the_sources_words(tools, ground)]


def _understood(request: Request, tools: Tools, begun_s: float) -> tuple[Resolved, str]:
    """The question as it is searched for, and the fault of the model that should have put it into words, or ""."""
    question, history = request.payload["text"], request.payload.get("history", [])
    by_code = resolved(question, history)
    if tools.model is None or not depends(question, history):
        return by_code, ""
    prompt = replace(rewrite_prompt(question, history), begun_s=begun_s)
    try:
        return rewritten(tools.model, prompt, community_id=request.community_id, by_code=by_code), ""
    except ModelUnavailable as unavailable:
        return by_code, unavailable.fault


def _ground(request: Request, tools: Tools, asked: Resolved) -> _Ground:
    question = request.payload["text"]
    destination = in_space(request.space_id) if request.space_id else for_asker(request.requested_by or "")
    with tools.store.read() as tx:
        members = people.all_members(tx, request.community_id)
    put_to = addressed(question, members)
    wanted = FOUND_OF_ONE if put_to else FOUND
    found = tools.search.search(Query(request.community_id, asked.text, destination, top_k=wanted))
    theirs = [passage for passage in found if not put_to or passage.author_id in {member.id for member in put_to}]
    passages = [passage for passage in theirs if not _asks(passage)][:PASSAGES]
    passages.sort(key=lambda passage: not asked.asked_of(passage.text))  # stable: else in the order of the search
    speaking = [passage for passage in passages if asked.asked_of(passage.text)]
    probability, in_full = _judged(tools, asked, speaking)
    made = Provenance("embedded", retrieval=tools.search.signature())
    staff = frozenset(member.id for member in members if member.role in STAFF)
    names = tuple(member.name for member in put_to)
    with tools.store.read() as tx:
        hinting = teaches(tx, request, passages)
    return _Ground(
        question, in_full, len(speaking), destination, tuple(passages), probability, made, hinting, staff, names
    )


def _judged(tools: Tools, asked: Resolved, speaking: Sequence[Passage]) -> tuple[float, str]:
    """The reading of the question that its passages answer best, and how probably they do."""
    if not speaking:
        return 0.0, asked.text
    judged = [(tools.search.answerable(text, speaking), text) for text in asked.readings]
    return max(judged, key=lambda reading: reading[0])


def _asks(passage: Passage) -> bool:
    """A thread's first post that asks is no answer, however like the question it is."""
    return passage.kind == "post" and passage.parent_id is None and "?" in f"{passage.title} {passage.text}"


def _in_the_models_words(request: Request, tools: Tools, ground: _Ground, begun_s: float) -> Outcome:
    """A draft whose every quote was found, or an abstention; raises ModelUnavailable."""
    with tools.store.read() as tx:  # the last look before anything goes into a prompt
        allowed = quotes.still_allowed(tx, request.community_id, ground.destination, ground.passages)
    answer = ask_model(request, tools, allowed, teaching=ground.teaches, begun_s=begun_s)
    ground = replace(ground, passages=answer.passages, made=answer.made)
    if not answer.claims:
        return ground.abstain(answer.why_empty)
    rationale = f"Every quote ({len(answer.evidence)}) was found in the current sources."
    if answer.made.dropped_claims:
        why = " or they gave the solution away" if ground.teaches else ""
        rationale += f" Claims dropped because their quote was not found{why}: {answer.made.dropped_claims}."
    if answer.made.cut_claims:
        rationale += f" Claims left out to keep the answer short: {answer.made.cut_claims}."
    return ground.draft(answer.claims, answer.evidence, rationale)


def _in_hints(ground: _Ground) -> Outcome:
    """Where to read; the host sees the passages behind it."""
    claims, evidence = hints(ground.passages[: ground.speaking])
    if not claims:
        return ground.abstain(NOTHING_TO_QUOTE)
    return ground.draft(claims, evidence, "This space is set to hints: the draft says where to read.")


def _in_the_sources_words(tools: Tools, ground: _Ground) -> Outcome:
    """The sentences that answer, grouped by passage, in the order of the text."""
    found = tools.search.sentences(ground.in_full, ground.passages[: ground.speaking])
    scored = [sentence for sentence in found if _may_be_posted(sentence, ground)]
    if not scored:
        return ground.abstain(NOTHING_TO_QUOTE)
    chosen = choose(scored, tools.community.settings.answer_words)
    differ = disagree(chosen, ground.passages)
    spans = joined(chosen, ground.passages, newest_first=differ)
    evidence = [evidence_of(ground.passages[at], start, end) for at, start, end in spans]
    claims = [Claim(text=item.quote, quotes=(quote_of(item),)) for item in evidence]
    best = ground.passages[chosen[0].passage]
    rationale = f"Quoted word for word; the best match is in “{' › '.join((best.title, *best.headings[-1:]))}”."
    return ground.draft(claims, evidence, f"{rationale} {DISAGREE}" if differ else rationale, differ=differ)


def _may_be_posted(sentence: ScoredSentence, ground: _Ground) -> bool:
    """Not with a link that a member wrote: it would be followed as if the hosts had recommended it."""
    passage = ground.passages[sentence.passage]
    if passage.kind != "post" or passage.author_id in ground.staff:
        return True
    return safety.urls_in(sentence.text) <= {passage.url}


def still_true(tx: Tx, suggestion: Suggestion, now: datetime) -> bool:
    """A member's reply is not held up to somebody who is to be kept apart from them."""
    answered_by = suggestion.payload.get("answered_by", "")
    asked = requests.find(tx, suggestion.community_id, suggestion.request_id or "") if answered_by else None
    pair = frozenset((answered_by, asked.requested_by)) if asked else None
    return not answered_by or pair not in safety_cases.kept_apart(tx, suggestion.community_id)


def concerned(suggestion: Suggestion) -> frozenset[str]:
    """Whose reply it highlights: another host decides, where there is one."""
    answered_by = suggestion.payload.get("answered_by", "")
    return frozenset({answered_by}) if answered_by else frozenset()


JOB = Job(
    "answer", frozenset({"host"}), propose=propose, messages=messages, revise=revise, emptied=emptied,
    still_true=still_true, concerned=concerned,
    expires_after=timedelta(days=90),  # somebody waits for it: long enough for any holiday of the hosts
)  # fmt: skip
