"""The development sets: what is read, what is asked, and which answer counts as right.

Half of each set's lessons or threads is for tuning (`dev`), the other for reporting (`test`); questions on one lesson or
thread never fall on both sides.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cohost.model import SourceInput

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
Half = Literal["dev", "test"]


@dataclass(frozen=True)
class Question:
    """One query with the units that answer it."""

    id: str
    text: str
    relevant: tuple[str, ...]
    half: Half = "test"


@dataclass(frozen=True)
class Corpus:
    """What is read into one space: a folder of files, or sources as a platform sends them."""

    name: str
    folder: Path | None = None
    skipped: tuple[str, ...] = ()  # subfolders and files that are no lessons
    sources: tuple[SourceInput, ...] = ()
    units: tuple[str, ...] = ()  # prefixes of source ids that count as one answer

    def unit(self, source_id: str) -> str:
        """What a found source counts as: its lesson, or itself."""
        return next((unit for unit in self.units if source_id.startswith(unit)), source_id)


@dataclass(frozen=True)
class Task:
    """Questions on a corpus."""

    name: str
    corpus: Corpus
    questions: tuple[Question, ...]
    counted: bool = True  # in the averages over sets; others are reported beside


def tasks() -> list[Task]:
    """All sets of the development data; raises FileNotFoundError without it."""
    return [*_ml_beginners(), _hf_nlp(), stackfaq(), *_stackexchange()]


def _ml_beginners() -> Iterator[Task]:
    folder = SHARED / "courses" / "ml-beginners"
    rows = lines(folder / "questions.jsonl")
    lessons = _in_order(row["relevant"][0].removesuffix("README.md") for row in rows)
    corpus = Corpus("ml-beginners", folder, ("questions.jsonl",), units=tuple(lessons))
    for lang in ("en", "fr", "it"):
        questions = (_course_question(row, lessons) for row in rows if row["lang"] == lang)
        yield Task(f"ml-beginners {lang}", corpus, tuple(questions), counted=lang == "en")


def _hf_nlp() -> Task:
    folder = SHARED / "courses" / "hf-nlp"
    rows = lines(folder / "questions.jsonl")
    chapters = _in_order(row["relevant"][0] for row in rows)
    # the lectures' subtitles treat the same subjects without belonging to a chapter's folder
    corpus = Corpus("hf-nlp", folder, ("questions.jsonl", "subtitles"), units=tuple(chapters))
    return Task("hf-nlp", corpus, tuple(_course_question(row, chapters) for row in rows))


def _course_question(row: dict[str, Any], lessons: list[str]) -> Question:
    lesson = row["relevant"][0].removesuffix("README.md")
    return Question(row["id"], row["question"], (lesson,), _half(lessons.index(lesson)))


def stackfaq() -> Task:
    """Paraphrases by people; the page holds the original question and its answers."""
    rows = json.loads((SHARED / "qa" / "stackfaq" / "stackExchange-FAQ.json").read_text(encoding="utf-8"))
    pairs = rows["root"]["qapair"]
    pages = [
        SourceInput(f"faq-{at}", "page", pair["question"], _joined(pair["answer"])) for at, pair in enumerate(pairs)
    ]
    questions = [
        Question(f"faq-{at}-{n}", text, (f"faq-{at}",), _half(at))
        for at, pair in enumerate(pairs)
        for n, text in enumerate(pair["rephr"])
        if text and len(text.strip()) > 1  # a lone asterisk, or nothing, marks a gap
    ]
    return Task("stackfaq", Corpus("stackfaq", sources=tuple(pages)), tuple(questions))


def _stackexchange() -> Iterator[Task]:
    """Accepted answers: found by the asker's words among answers alone, and as the best reply within whole threads."""
    threads = [row for path in sorted((SHARED / "discussions" / "stackexchange").iterdir()) for row in lines(path)]
    asked = [(at, row) for at, row in enumerate(threads) if row["question"].get("accepted_answer_id")]
    asked = [(at, row) for at, row in asked if _accepted(row) in {_post_id(row, a) for a in row["answers"]}]
    answers = Corpus("se-answers", sources=tuple(_post(row, a, "") for row in threads for a in row["answers"]))
    yield Task(
        "stackexchange", answers,
        tuple(Question(row["thread_id"], _query(row), (_accepted(row),), _half(at)) for at, row in asked),
    )  # fmt: skip
    posts = tuple(post for row in threads for post in _thread(row))
    yield Task(
        "stackexchange threads", Corpus("se-threads", sources=posts),
        tuple(Question(row["thread_id"], row["question"]["title"], (_accepted(row),), _half(at)) for at, row in asked),
        counted=False,
    )  # fmt: skip


def _thread(row: dict[str, Any]) -> Iterator[SourceInput]:
    asked = row["question"]
    yield SourceInput(_post_id(row, asked), "post", asked["title"], asked["body_text"])
    for answer in row["answers"]:
        yield _post(row, answer, _post_id(row, asked))


def _post(row: dict[str, Any], answer: dict[str, Any], parent: str) -> SourceInput:
    return SourceInput(_post_id(row, answer), "post", "", answer["body_text"], parent_id=parent or None)


def _query(row: dict[str, Any]) -> str:
    return f"{row['question']['title']}\n{row['question']['body_text']}"


def _accepted(row: dict[str, Any]) -> str:
    return f"{row['site']}/{row['question']['accepted_answer_id']}"


def _post_id(row: dict[str, Any], post: dict[str, Any]) -> str:
    return f"{row['site']}/{post['id']}"


def _half(position: int) -> Half:
    return "dev" if position % 2 == 0 else "test"


def _joined(answers: str | list[str]) -> str:
    return answers if isinstance(answers, str) else "\n\n".join(answers)


def _in_order(names: Iterable[str]) -> list[str]:
    return sorted(set(names))


def lines(path: Path) -> list[dict[str, Any]]:
    """Rows of a JSON lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
