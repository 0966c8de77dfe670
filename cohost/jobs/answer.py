"""The job `answer`: a question in, a draft with verified quotes out, or an abstention with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cohost import quotes
from cohost.errors import ModelUnavailable
from cohost.jobs.answer_model import ask_model
from cohost.jobs.answer_payload import Claim, emptied, evidence_of, messages, payload, quote_of, revise
from cohost.jobs.shape import Job, Outcome, Tools
from cohost.model import Passage, Request
from cohost.ports import Query, ScoredSentence
from cohost.suggestion import Abstention, Destination, Draft, Evidence, Provenance, for_asker, in_space

PASSAGES = 8  # read for one answer; more adds noise before it adds answers
NEAREST = 3  # places shown with an abstention
MAX_SENTENCES = 4
# Probability that the material answers, from which on a draft is made: see evals for what each costs and gains.
THRESHOLDS = {"careful": 0.65, "balanced": 0.5, "bold": 0.35}
MODEL_FLOOR = 0.15  # below it even a language model is not asked: the passages are about something else
RELEVANCE_STEP = 0.72  # a sentence joins the answer when it is this close to the best one


def propose(request: Request, tools: Tools) -> Sequence[Outcome]:
    """One draft, or one abstention."""
    question = request.payload["text"]
    destination = in_space(request.space_id) if request.space_id else for_asker(request.requested_by or "")
    query = Query(request.community_id, _search_text(request), destination, top_k=PASSAGES)
    passages = tools.search.search(query)
    made = Provenance("embedded", retrieval=tools.search.signature())
    if not passages:
        return [_abstain("Nothing in the material that these readers may see comes near the question.", request, destination, [], made, 0.0)]
    probability = tools.search.answerable(question, passages)
    if tools.model is not None and probability >= MODEL_FLOOR:
        try:
            return [_with_model(request, destination, tools, passages, probability)]
        except ModelUnavailable as fault:
            made = replace(made, fallback=fault.fault)
    if probability < THRESHOLDS[tools.community.settings.caution]:
        reason = "The material comes near the question but does not seem to answer it."
        return [_abstain(reason, request, destination, passages, made, probability)]
    return [_extract(request, destination, tools, passages, probability, made)]


def _search_text(request: Request) -> str:
    """A follow-up is searched together with what the member said before it."""
    said = [turn["text"] for turn in request.payload.get("history", []) if turn["role"] == "member"]
    return "\n".join([*said[-1:], request.payload["text"]])


def _abstain(
    reason: str, request: Request, destination: Destination, passages: Sequence[Passage], made: Provenance, probability: float
) -> Abstention:
    nearest = tuple(evidence_of(p, p.start, p.end) for p in passages[:NEAREST])
    empty = payload(request.payload["text"], [], [])
    return Abstention(reason, destination, nearest, made, tuple(passages), probability, empty)


def _extract(
    request: Request, destination: Destination, tools: Tools, passages: Sequence[Passage], probability: float, made: Provenance
) -> Draft:
    """The sentences that answer, grouped by passage, in the order of the text."""
    scored = tools.search.sentences(request.payload["text"], passages)
    chosen = _choose(scored, tools.community.settings.answer_words)
    evidence = []
    for start, end, at in _joined(chosen, passages):
        evidence.append(evidence_of(passages[at], start, end))
    claims = [Claim(text=e.quote, quotes=(quote_of(e),)) for e in evidence]
    best = passages[chosen[0].passage]
    rationale = f"Quoted word for word. The best match is in “{best.title}”" + (f", {best.place}." if best.place else ".")
    return Draft(
        payload(request.payload["text"], claims, evidence), tuple(evidence), destination, rationale, probability, made, tuple(passages)
    )


def _with_model(
    request: Request, destination: Destination, tools: Tools, passages: Sequence[Passage], probability: float
) -> Outcome:
    """A draft in the model's words, or its abstention; raises ModelUnavailable."""
    with tools.store.read() as tx:  # the last look before anything goes into a prompt
        allowed = quotes.still_allowed(tx, request.community_id, destination, passages)
    answer = ask_model(request, tools, allowed)
    if not answer.claims:
        return _abstain(answer.why_empty, request, destination, answer.passages, answer.made, probability)
    rationale = f"Each of {len(answer.evidence)} quotes was found in the current sources."
    if answer.made.dropped_claims:
        rationale += f" {answer.made.dropped_claims} claims without a true quote were dropped."
    body = payload(request.payload["text"], answer.claims, answer.evidence)
    return Draft(body, answer.evidence, destination, rationale, probability, answer.made, answer.passages)


def _choose(scored: Sequence[ScoredSentence], words: int) -> list[ScoredSentence]:
    """The best sentence, and those close to it, within the answer's length."""
    chosen: list[ScoredSentence] = []
    for sentence in scored:
        if len(chosen) == MAX_SENTENCES or (chosen and sentence.relevance < RELEVANCE_STEP * chosen[0].relevance):
            break
        room = words - sum(len(s.text.split()) for s in chosen)
        if not chosen or len(sentence.text.split()) <= room:
            chosen.append(sentence)
    return chosen


def _joined(chosen: Sequence[ScoredSentence], passages: Sequence[Passage]) -> list[tuple[int, int, int]]:
    """Spans (start, end, passage): neighbours in the text become one quote; best passage first."""
    order = list(dict.fromkeys(s.passage for s in chosen))
    spans: list[tuple[int, int, int]] = []
    for at in order:
        passage = passages[at]
        for sentence in sorted((s for s in chosen if s.passage == at), key=lambda s: s.start):
            if spans and spans[-1][2] == at:
                between = passage.text[spans[-1][1] - passage.start : sentence.start - passage.start]
                if not between.strip():
                    spans[-1] = (spans[-1][0], sentence.end, at)
                    continue
            spans.append((sentence.start, sentence.end, at))
    return spans


JOB = Job(
    "answer", frozenset({"host"}), propose=propose, messages=messages, revise=revise, emptied=emptied
)  # fmt: skip
