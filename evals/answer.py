"""Does a draft quote the right place? Wikipedia passages with gold sentences, and the sample community's own questions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from cohost import demo
from cohost.bootstrap import App
from cohost.jobs.answer_choice import choose
from cohost.model import Caller, CommunitySettings, Member, Passage, SourceInput
from cohost.ports import Embedder
from cohost.store import people, sources, suggestions
from cohost.suggestion import Suggestion
from evals.ground import COMMUNITY, Ground, ground
from evals.harness import OURS, Report, Row, Setup, data_hash, signature
from evals.sets import SHARED, Corpus, lines
from knowledge.answerable import load
from knowledge.select import score_sentences

CLAPNQ, SAMPLE, GIVEN = "clapnq", "sample", "clapnq, given its passage"
EVERY = 3  # of the answerable questions: a draft takes a fifth of a second
SAMPLE_QUESTIONS = Path(__file__).with_name("data") / "sample_questions_hard.jsonl"
SAMPLE_SPACE, SAMPLE_ASKER = "bake-table", "mirela"  # a space of all members, so nothing private may be used
MEASURES = ("right source", "quote F1", "drafted", "verbatim")


@dataclass(frozen=True)
class _Asked:
    """A question with what a right answer quotes."""

    id: str
    text: str
    source_id: str
    sentences: tuple[str, ...]  # of the right source
    gold: tuple[str, ...]  # those among them that answer


def measure(setup: Setup) -> Report:
    """Draft an answer to every answerable question with the embedded default."""
    rows: list[Row] = []
    signatures: dict[str, str] = {}
    for task, read in ((CLAPNQ, _clapnq), (SAMPLE, _sample)):
        if not setup.wants(task):
            continue
        with ground(setup.work, setup.database_url) as place:
            setup.say(f"Drafting answers: {task}")
            asked, caller, space = read(place)
            rows += _rows(task, place.core, asked, caller, space)
            signatures[task] = _signature(place, task, asked)
    if setup.wants(GIVEN):
        with ground(setup.work, setup.database_url) as place:
            setup.say(f"Choosing sentences: {GIVEN}")
            found, asked = _given(place.core.embedder)
            rows += found
            signatures[GIVEN] = _signature(place, GIVEN, asked)
    return Report("answer", signatures, tuple(rows))


def _given(embedder: Embedder) -> tuple[list[Row], list[_Asked]]:
    """Of every answerable question with the passage that answers it: which sentences an answer would quote."""
    judge = load()
    f1: dict[str, float] = {}
    count: dict[str, float] = {}
    rows = lines(SHARED / "qa" / "clapnq" / "answerable.jsonl")
    asked = [_Asked(row["id"], row["question"], _page_id(row), tuple(row["sentences"]), _gold(row)) for row in rows]
    for question, row in zip(asked, rows, strict=True):
        text = row["passage"]
        passage = Passage("", question.source_id, row["title"], (), "", 0, len(text), text, score=0.0)
        chosen = choose(score_sentences(question.text, [passage], embedder, judge), CommunitySettings().answer_words)
        quoted = " ".join(_folded(sentence.text) for sentence in sorted(chosen, key=lambda s: s.start))
        f1[question.id] = _quote_f1(question, quoted)
        count[question.id] = float(sum(_folded(sentence) in quoted for sentence in question.sentences))
    return [Row(GIVEN, OURS, "sentence F1", f1), Row(GIVEN, OURS, "sentences", count)], asked


def _clapnq(place: Ground) -> tuple[list[_Asked], Caller, str]:
    rows = lines(SHARED / "qa" / "clapnq" / "answerable.jsonl")
    pages = {_page_id(row): SourceInput(_page_id(row), "page", row["title"], row["passage"]) for row in rows}
    place.add_corpus(Corpus(CLAPNQ, sources=tuple(pages.values())))
    with place.core.store.write() as tx:
        people.put_member(tx, COMMUNITY, Member("asker", "Asker"), place.core.clock())
    asked = [
        _Asked(row["id"], row["question"], _page_id(row), tuple(row["sentences"]), _gold(row)) for row in rows[::EVERY]
    ]
    return asked, Caller(COMMUNITY, "member", "asker", "session", "evals"), CLAPNQ


def _sample(place: Ground) -> tuple[list[_Asked], Caller, str]:
    demo.load(place.core, lambda done, total, name: None)
    rows = [row for row in lines(SAMPLE_QUESTIONS) if row["answerable"]]
    asked = [_Asked(row["id"], row["question"], row["source"], (row["quote"],), (row["quote"],)) for row in rows]
    return asked, Caller(demo.community_id(), "member", SAMPLE_ASKER, "session", "evals"), SAMPLE_SPACE


def _rows(task: str, core: App, asked: Sequence[_Asked], caller: Caller, space: str) -> Iterator[Row]:
    values: dict[str, dict[str, float]] = {name: {} for name in MEASURES}
    for question in asked:
        scores = _scores(question, _draft(core, caller, question.text, space), core, caller.community_id)
        for name, value in scores.items():
            values[name][question.id] = value
    return (Row(task, OURS, name, found) for name, found in values.items() if found)


def _draft(core: App, caller: Caller, question: str, space: str) -> Suggestion:
    view = core.questions.ask(caller, question, space_id=space)
    while core.worker.draft_one():
        pass
    with core.store.read() as tx:
        return suggestions.of_request(tx, view.id)[0]


def _scores(question: _Asked, made: Suggestion, core: App, community_id: str) -> dict[str, float]:
    """Of a question left alone, only that it was; the rest says how good drafts are."""
    if made.status == "abstained":
        return {"drafted": 0.0}
    quoted = " ".join(_folded(e.quote) for e in made.evidence if e.source_id == question.source_id)
    right = any(e.source_id == question.source_id for e in made.evidence)
    return {
        "drafted": 1.0, "right source": float(right), "quote F1": _quote_f1(question, quoted),
        "verbatim": float(_verbatim(made, core, community_id)),
    }  # fmt: skip


def _quote_f1(question: _Asked, quoted: str) -> float:
    """F1 of the sentences quoted against those that answer."""
    from sklearn.metrics import f1_score  # heavy: only when something is measured

    gold = [sentence in question.gold for sentence in question.sentences]
    found = [_folded(sentence) in quoted for sentence in question.sentences]
    return float(f1_score(gold, found, zero_division=0.0))


def _verbatim(made: Suggestion, core: App, community_id: str) -> bool:
    with core.store.read() as tx:
        texts = sources.texts(tx, community_id, ((e.space_id, e.source_id) for e in made.evidence))
    return all(texts[e.space_id, e.source_id].text[e.start : e.end] == e.quote for e in made.evidence)


def _signature(place: Ground, task: str, asked: Sequence[_Asked]) -> str:
    settings: dict[str, Any] = place.core.search.signature()
    embedder = str(settings.pop("embedder"))
    data = data_hash([json.dumps(vars(a), ensure_ascii=False) for a in asked])
    return signature(task, data=data, model="", embedder=embedder, settings=settings)


def _gold(row: dict[str, Any]) -> tuple[str, ...]:
    """The sentences that any annotator took for the answer."""
    return tuple(dict.fromkeys(sentence for answer in row["answers"] for sentence in answer["sentences"]))


def _page_id(row: dict[str, Any]) -> str:
    return sha256(row["passage"].encode()).hexdigest()[:16]


def _folded(text: str) -> str:
    return " ".join(text.split()).lower()
