"""How well the embedded moderation reader does, on sets that it was not fitted on."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cohost.ports import ModerationText
from evals import moderation_sets as sets
from evals.harness import OURS, Fact, Report, Row, Setup, signature
from evals.train_moderation import char_f1
from knowledge.moderation import personal
from knowledge.moderation.heads import load
from knowledge.moderation.reader import TrainedReader
from knowledge.quick import QuickEmbedder

DATA = Path(__file__).parent / "data"
# Personal data with a fixed form, as the set calls it; `IP_ADDRESS` belongs to a machine and is left out.
FORMATTED = {
    "EMAIL_ADDRESS": "email",
    "CREDIT_CARD": "card",
    "IBAN_CODE": "iban",
    "US_SSN": "ssn",
    "PHONE_NUMBER": "phone",
}
SPEED_POSTS = 400


def measure(setup: Setup) -> Report:
    """Any harm, spans, personal data, false flags of ordinary messages, recall of harmful ones, and speed."""
    embedder = QuickEmbedder(setup.work / "models")
    reader = TrainedReader(embedder, load())
    rows: list[Row] = []
    facts: list[Fact] = []
    if setup.wants("surge"):
        facts += _any_harm(reader, "surge", sets.surge())
    if setup.wants("wikipedia_talk"):
        facts += _any_harm(reader, "wikipedia_talk", sets.wikipedia_talk())
    if setup.wants("semeval"):
        f1 = {str(n): char_f1(reader.toxic(text), gold) for n, (text, gold) in enumerate(sets.spans("trial"))}
        rows.append(Row("semeval", OURS, "span F1", f1))
    if setup.wants("presidio"):
        rows += _personal()
    if setup.wants("messages"):
        rows += _messages(reader, "messages", "moderation_")
    if setup.wants("seen"):
        rows += _messages(reader, "seen", "moderation_blind_")
    if setup.wants("blind"):
        rows += _messages(reader, "blind", "moderation_blind2_")
    if setup.wants("functional"):
        rows += _functional(reader)
    if setup.wants("groups"):
        facts += _groups(reader)
    if setup.wants("blind"):
        facts += _kind(reader)
    if setup.wants("calibration"):
        facts += _calibration(reader)
    if setup.wants("speed"):
        facts += _speed(reader)
    made = signature(
        "moderate", data="see evals.moderation_sets", model="", embedder=embedder.name, settings=reader.name
    )
    return Report("moderate", {"moderate": made}, tuple(rows), tuple(facts))


def _any_harm(reader: TrainedReader, task: str, labelled: Sequence[tuple[str, bool]]) -> list[Fact]:
    from sklearn.metrics import average_precision_score, roc_auc_score

    truth = np.array([harmful for _, harmful in labelled])
    scores = np.array([reader.probability(text) for text, _ in labelled])
    threshold = np.quantile(scores[~truth], 0.99)
    return [
        Fact(task, "AUROC", float(roc_auc_score(truth, scores))),
        Fact(task, "AUPRC", float(average_precision_score(truth, scores))),
        Fact(task, "recall at 1 % false positives", float(np.mean(scores[truth] > threshold))),
    ]


def _personal() -> list[Row]:
    """Of each span of a kind with a fixed form: whether more than half of it was marked."""
    found: dict[str, dict[str, float]] = {kind: {} for kind in FORMATTED.values()}
    for n, row in enumerate(sets.presidio()):
        marked = {at for start, end, _ in personal.formatted(row["full_text"]) for at in range(start, end)}
        for span in row["spans"]:
            if span["entity_type"] in FORMATTED:
                inside = range(span["start_position"], span["end_position"])
                share = sum(at in marked for at in inside) / len(inside)
                found[FORMATTED[span["entity_type"]]][f"{n}/{span['start_position']}"] = float(share > 0.5)
    return [Row("presidio", OURS, f"recall of {kind}", values) for kind, values in found.items() if values]


def _messages(reader: TrainedReader, task: str, name: str) -> list[Row]:
    """At the shipped thresholds: shares of ordinary messages flagged, and of harmful ones found, by kind and category.

    The sets `moderation_blind_` and `moderation_blind2_` were written by people who had seen neither the training
    sentences nor the reader. The first have since been measured on while the heads were made, so they are `seen`; the
    second were opened once the heads of 2026-12-01 were final, and are blind for these.
    """
    ordinary, harmful = _lines(f"{name}ordinary.jsonl"), _lines(f"{name}harmful.jsonl")
    false = [(row.get("kind", ""), bool(_flagged(reader, row["text"]))) for row in ordinary]
    found = [(row["category"], bool(_flagged(reader, row["text"]))) for row in harmful]
    return [
        Row(task, OURS, "ordinary ones flagged", _shares(false)),
        Row(task, OURS, "harmful ones found", _shares(found)),
        *(Row(task, OURS, f"flagged, {kind}", _shares(false, kind)) for kind in sorted({k for k, _ in false}) if kind),
        *(Row(task, OURS, f"found, {category}", _shares(found, category)) for category in sorted({c for c, _ in found})),
    ]  # fmt: skip


def _shares(seen: Sequence[tuple[str, bool]], only: str = "") -> dict[str, float]:
    return {str(n): float(hit) for n, (kind, hit) in enumerate(seen) if only in ("", kind)}


def _functional(reader: TrainedReader) -> list[Row]:
    """By kind of sentence: whether it is judged right, harmful or not."""
    lines = _lines("moderation_functional.jsonl")
    right = [(row["kind"], bool(_flagged(reader, row["text"])) == bool(row["harmful"])) for row in lines]
    return [
        Row("functional", OURS, "right", _shares(right)),
        *(Row("functional", OURS, f"right, {kind}", _shares(right, kind)) for kind in sorted({k for k, _ in right})),
    ]


def _groups(reader: TrainedReader) -> list[Fact]:
    """Kind sentences about groups of people: how differently the groups are treated."""
    given = json.loads((DATA / "moderation_groups.json").read_text(encoding="utf-8"))
    shares = {}
    for group in given["groups"]:
        texts = [text.replace("{g}", group).replace("{G}", group[0].upper() + group[1:]) for text in given["sentences"]]
        shares[group] = float(np.mean([bool(_flagged(reader, text)) for text in texts]))
    return [
        Fact("groups", "most flagged", max(shares.values())),
        Fact("groups", "largest gap", max(shares.values()) - min(shares.values())),
    ]


def _kind(reader: TrainedReader) -> list[Fact]:
    """The blind kind messages, each written about one group: as `_groups`, though no two groups share a sentence."""
    flagged: dict[str, list[bool]] = defaultdict(list)
    for row in _lines("moderation_blind2_kind.jsonl"):
        flagged[row["group"]].append(bool(_flagged(reader, row["text"])))
    shares = [float(np.mean(found)) for found in flagged.values()]
    return [
        Fact("blind kind", "flagged", float(np.mean([hit for found in flagged.values() for hit in found]))),
        Fact("blind kind", "most flagged", max(shares)),
        Fact("blind kind", "largest gap", max(shares) - min(shares)),
    ]


def _calibration(reader: TrainedReader) -> list[Fact]:
    """On messages of both kinds, by category: how well probabilities rank, and how far they are from shares."""
    from sklearn.metrics import average_precision_score, brier_score_loss

    ordinary, harmful = _lines("moderation_ordinary.jsonl"), _lines("moderation_harmful.jsonl")
    given = [
        (row.get("category", ""), reader.probabilities(ModerationText(row["text"]))) for row in [*ordinary, *harmful]
    ]
    facts = []
    for category in sorted({category for category, _ in given if category}):
        truth = np.array([found == category for found, _ in given])
        scores = np.array([probabilities.get(category, 0.0) for _, probabilities in given])
        facts.append(Fact(f"calibration, {category}", "AUPRC", float(average_precision_score(truth, scores))))
        facts.append(Fact(f"calibration, {category}", "Brier score", float(brier_score_loss(truth, scores))))
    return facts


def _flagged(reader: TrainedReader, text: str) -> list[str]:
    return [finding.category for finding in reader.read([ModerationText(text)])[0] if not finding.quoted]


def _speed(reader: TrainedReader) -> list[Fact]:
    """Posts that one core reads in a second, embedding included: by processor time of all threads, whatever else runs."""
    messages = [row["text"] for row in _lines("moderation_ordinary.jsonl")]
    comments = [text for text, _ in sets.wikipedia_talk()]
    return [_pace(reader, "messages", messages), _pace(reader, "comments", comments)]


def _pace(reader: TrainedReader, what: str, texts: Sequence[str]) -> Fact:
    posts = [ModerationText(text) for text in texts[:SPEED_POSTS]]
    reader.read([ModerationText("loaded before the clock starts")])
    begun = time.process_time()
    for n in range(0, len(posts), 64):
        reader.read(posts[n : n + 64])
    pace = len(posts) / (time.process_time() - begun)
    words = np.mean([len(post.text.split()) for post in posts])
    return Fact("speed", f"posts a second on one core, {what} of {words:.0f} words", pace)


def _lines(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines() if line.strip()]
