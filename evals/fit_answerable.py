"""Fit the probability that passages answer a question, and write it to `knowledge/answerable.json`.

Positive: a question with what retrieval finds. Negative: a question that the material cannot answer, or one that is asked
where its own lesson is not. Scores are from folds by question or lesson, never on rows that were fitted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from cohost.model import Passage
from cohost.ports import FloatArray
from evals import evidence
from evals.ground import SHARED, Ground, ground
from knowledge.answerable import FEATURES, WEIGHTS, features
from knowledge.chunk import embedded_text

TOP_K = 8  # as in the answer job
CAUTION = {"careful": 0.05, "balanced": 0.12, "bold": 0.25}  # share of the unanswerable that may be drafted


@dataclass(frozen=True)
class Row:
    """One question with its features."""

    task: str
    group: str  # folds never split a group
    answerable: bool
    values: FloatArray  # (passages, features)


def main() -> None:
    """Measure, print, and write the weights."""
    with ground() as place:
        given = list(_clapnq_given(place))
        rows = [*given, *_clapnq(place), *_course(place, "ml-beginners"), *_course(place, "hf-nlp")]
    for task in dict.fromkeys(row.task for row in rows):
        _report_alone([row for row in rows if row.task == task])
    fit(rows)


def fit(rows: list[Row]) -> None:
    """Score by folds, fit on all, write."""
    scores = fold_scores(rows)
    tasks = list(dict.fromkeys(row.task for row in rows))
    for task in tasks:
        print(f"{_line(rows, scores, task)}, fitted on all sets")  # noqa: T201  a report
    for word, share in CAUTION.items():
        threshold = _threshold(rows, scores, share)
        drafted = _drafted(rows, scores, threshold)
        print(f"{word:<9} from {threshold:.2f}: {drafted:.0%} of the answerable, {share:.0%} of the others")  # noqa: T201
    model = evidence.fitted([row.values for row in rows], [row.answerable for row in rows], _balance(rows))
    _write(model, rows, {task: _auroc(rows, scores, task) for task in tasks})


def _report_alone(rows: list[Row]) -> None:
    """A set fitted and scored by itself, as others report it."""
    scores = fold_scores(rows)
    drafted = {share: _drafted(rows, scores, _threshold(rows, scores, share)) for share in (0.05, 0.10)}
    shares = " ".join(f"{share:.0%}→{answered:.0%}" for share, answered in drafted.items())
    print(f"{_line(rows, scores, rows[0].task)}, by itself; drafted {shares}")  # noqa: T201


def _line(rows: list[Row], scores: FloatArray, task: str) -> str:
    chosen = np.array([row.task == task for row in rows])
    line = f"{task:<14} n={chosen.sum():<5} AUROC {_auroc(rows, scores, task):.3f}"
    if task.startswith("clapnq"):
        return line
    own = scores[chosen]  # rows come in pairs: with the lesson, and without it
    return f"{line}, falls without the lesson in {np.mean(own[0::2] > own[1::2]):.0%}"


def fold_scores(rows: Sequence[Row]) -> FloatArray:
    """`(len(rows),)` probabilities, each from weights fitted without the row's group."""
    return evidence.by_folds(
        [row.values for row in rows], [row.answerable for row in rows], _balance(rows), [row.group for row in rows]
    )


def _threshold(rows: list[Row], scores: FloatArray, share: float) -> float:
    """The probability that `share` of the unanswerable rows reach, every set weighing the same."""
    others = sorted(
        ((s, w) for r, s, w in zip(rows, scores, _balance(rows), strict=True) if not r.answerable), reverse=True
    )
    reached = np.cumsum([w for _, w in others]) / sum(w for _, w in others)
    return float(others[int(np.searchsorted(reached, share))][0])


def _drafted(rows: list[Row], scores: FloatArray, threshold: float) -> float:
    """Share of the answerable rows that reach the threshold, every set weighing the same."""
    reached = [
        [s >= threshold for r, s in zip(rows, scores, strict=True) if r.answerable and r.task == task]
        for task in dict.fromkeys(r.task for r in rows)
    ]
    return float(np.mean([np.mean(task) for task in reached]))


def _clapnq_given(place: Ground) -> Iterator[Row]:
    """Each question with its own passage alone, which for the unanswerable is a near miss."""
    for name in ("answerable", "unanswerable"):
        for row in _lines(SHARED / "qa" / "clapnq" / f"{name}.jsonl"):
            alone = Passage(
                "clapnq", row["id"], row["title"], (), "", 0, len(row["passage"]), row["passage"], 1.0,
                cosine_similarity=place.cosine(row["question"], embedded_text(row["title"], (), row["passage"])),
            )  # fmt: skip
            yield _row(place, "clapnq given", row["question"], row["question"], [alone], name == "answerable")


def _clapnq(place: Ground) -> Iterator[Row]:
    files = {name: _lines(SHARED / "qa" / "clapnq" / f"{name}.jsonl") for name in ("answerable", "unanswerable")}
    pages = {}
    for row in (row for rows in files.values() for row in rows):
        pages[sha256(row["passage"].encode()).hexdigest()[:16]] = (row["title"], row["passage"])
    place.add_texts("clapnq", ((key, title, text) for key, (title, text) in pages.items()))
    for name, rows in files.items():
        for row in rows:
            passages = place.search("clapnq", row["question"], top_k=TOP_K)
            yield _row(place, "clapnq", row["question"], row["question"], passages, name == "answerable")


def _course(place: Ground, name: str) -> Iterator[Row]:
    """Each lesson is a space, so that one can be left out of a search as if it had never been read."""
    asked = [row for row in _lines(SHARED / "courses" / name / "questions.jsonl") if row.get("lang", "en") == "en"]
    lessons = {row["relevant"][0]: f"{name}/{row['relevant'][0].removesuffix('README.md')}" for row in asked}
    for space in dict.fromkeys(lessons.values()):
        place.add_folder(space, SHARED / "courses" / space)
    for row in asked:
        lesson = lessons[row["relevant"][0]]
        for spaces in (set(lessons.values()), set(lessons.values()) - {lesson}):
            passages = place.search_in(sorted(spaces), row["question"], top_k=TOP_K)
            yield _row(place, name, lesson, row["question"], passages, lesson in spaces)


def _row(place: Ground, task: str, group: str, question: str, passages: list[Passage], answerable: bool) -> Row:
    return Row(task, group, answerable, features(question, passages, place.core.embedder))


def _balance(rows: Sequence[Row]) -> FloatArray:
    """Every task weighs the same, and within it both classes do."""
    counts = {(r.task, r.answerable): 0 for r in rows}
    for r in rows:
        counts[r.task, r.answerable] += 1
    each = len(rows) / len(counts)
    return np.array([each / counts[r.task, r.answerable] for r in rows], dtype=np.float32)


def _auroc(rows: list[Row], scores: FloatArray, task: str) -> float:
    from sklearn.metrics import roc_auc_score  # heavy: only when something is measured

    chosen = [n for n, r in enumerate(rows) if r.task == task]
    return float(roc_auc_score([rows[n].answerable for n in chosen], [scores[n] for n in chosen]))


def _write(model: evidence.Evidence, rows: list[Row], aurocs: dict[str, float]) -> None:
    data = sha256(b"".join(row.values.tobytes() for row in rows)).hexdigest()[:12]
    stored = {
        "signature": f"logistic over passages, rows {len(rows)}, data {data}, all-MiniLM-L6-v2, AUROC by folds "
        + ", ".join(f"{task} {auroc:.3f}" for task, auroc in aurocs.items()),
        "bias": round(model.bias, 4),
        "weights": {name: round(float(w), 4) for name, w in zip(FEATURES, model.weights, strict=True)},
    }
    WEIGHTS.write_text(json.dumps(stored, indent=2) + "\n")


def _lines(path: Path) -> list[dict]:  # type: ignore[type-arg]  # rows of foreign files, read by key
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def judged(place: Ground, task: str) -> list[Row]:
    """Every question of a task with its features, and whether what was searched holds its answer."""
    return list(_clapnq(place) if task == "clapnq" else _course(place, task))


if __name__ == "__main__":
    main()
