"""Discussion prompts as a reader judges them: a sheet of drafts beside their lessons, and the shares of what was judged.

`python -m evals.discuss_reading FILE --seed N` writes the sheet; without a file it prints the shares. The rules are in
`evals/discuss_reading.md`, the judgements in `evals/data/discuss_judgements.jsonl`: ids, verdicts and short reasons,
no words of any lesson.
"""

from __future__ import annotations

import json
import re
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from cohost import logs
from cohost.model import Source
from cohost.suggestion import Suggestion
from evals.discuss import COURSES, SAMPLE, drafted
from evals.harness import HOUSE, Fact

JUDGEMENTS = HOUSE / "evals" / "data" / "discuss_judgements.jsonl"
RULES = HOUSE / "evals" / "discuss_reading.md"
SETS = (SAMPLE, *COURSES)
OF_EACH = 12  # drafts of each set on a sheet
AROUND = 1_200  # characters of the lesson on either side of the quoted sentence
BEGINNING = 600  # characters of the lesson from its first
VERDICTS = ("concept", "unread", "post")  # the three questions; each is answered true or false


@dataclass(frozen=True)
class Judgement:
    """Of one draft by one reader."""

    id: str  # of the draft, see `draft_id`
    set: str
    reader: str  # who or what judged: "developer" knows the code, "fresh" saw the sheet alone
    concept: bool  # the term is truly one of this lesson
    unread: bool  # it could have been written without reading the lesson
    post: bool  # a host would post it as it is
    reason: str = ""


def judgements(file: Path = JUDGEMENTS) -> list[Judgement]:
    """All of them; raises ValueError with the line that is not as the rules want it."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [_judgement(line, n) for n, line in enumerate(lines, 1) if line.strip()]


def shares(known: Sequence[Judgement]) -> list[Fact]:
    """Of each reader's judgements the share that each question was answered with yes, and how many were judged."""
    facts = []
    for reader in sorted({one.reader for one in known}):
        mine = [one for one in known if one.reader == reader]
        facts.append(Fact(f"{reader} reader", "drafts judged", len(mine)))
        facts += [
            Fact(f"{reader} reader", NAMES[name], sum(getattr(one, name) for one in mine) / len(mine))
            for name in VERDICTS
        ]
    return facts


NAMES = {
    "concept": "share whose concept is one of the lesson", "unread": "share that could be written without reading",
    "post": "share that a host would post as it is",
}  # fmt: skip


def draft_id(name: str, draft: Suggestion) -> str:
    """The same for the same words about the same sentence, whenever it is drafted."""
    item = draft.evidence[0]
    told = (name, item.source_id, str(item.start), draft.payload["format"], draft.payload["text"])
    return sha256("\0".join(told).encode()).hexdigest()[:10]


def entry(number: int, name: str, draft: Suggestion, lesson: Source) -> str:
    """One draft and its lesson, as a reader sees them."""
    shown = draft.payload
    return "\n".join((
        f"## {number} · `{draft_id(name, draft)}` · {name}", "",
        f"Format: {shown['format']} · concept: **{shown['concept']}**", "",
        "### Draft", "", f"**{shown['title']}**", "", shown["text"], "", f"*{shown['low_effort']}*", "",
        f"### Lesson “{lesson.title}” (`{lesson.id}`)", "", *_fenced(lesson, draft), "",
    ))  # fmt: skip


def _fenced(lesson: Source, draft: Suggestion) -> Iterator[str]:
    """Its beginning, the surroundings of the sentence, and how often the concept is named."""
    text, at = lesson.text, draft.evidence[0]
    said = len(re.findall(re.escape(draft.payload["concept"]), text, re.I))
    yield f"The concept is named {said} times in the {len(text.split())} words of this lesson. It begins:"
    yield f"~~~~~\n{text[:BEGINNING]}\n~~~~~"
    yield "Around the quoted sentence:"
    yield f"~~~~~\n{text[max(0, at.start - AROUND) : at.end + AROUND]}\n~~~~~"


def _judgement(line: str, number: int) -> Judgement:
    try:
        given: dict[str, Any] = json.loads(line)
        made = Judgement(**given)
    except (json.JSONDecodeError, TypeError) as wrong:
        raise ValueError(f"{JUDGEMENTS.name}, line {number}: {wrong}. See {RULES.name}.") from wrong
    if not all(isinstance(getattr(made, name), bool) for name in VERDICTS):
        raise ValueError(f"{JUDGEMENTS.name}, line {number}: {', '.join(VERDICTS)} are true or false.")
    return made


def main() -> None:
    """Write a sheet of drafts of every set, each beside its lesson; without a file, print what readers judged."""
    words = ArgumentParser(description=main.__doc__)
    words.add_argument("file", nargs="?", type=Path, help="where the sheet goes; it holds text of the lessons")
    words.add_argument("--seed", type=int, default=1, help="another seed, other drafts")
    asked = words.parse_args()
    if asked.file is None:
        for fact in shares(judgements()):
            print(f"{fact.task}: {fact.name} {fact.value:.3g}")  # noqa: T201  a report
        return
    if asked.file.resolve().is_relative_to(HOUSE):
        words.error("The sheet holds text of the data sets: write it outside the project.")
    logs.configure("warning")
    pages = list(_entries(asked.seed, OF_EACH))
    asked.file.write_text(f"# Sheet of {len(pages)} drafts, seed {asked.seed}\n\n" + "\n".join(pages), encoding="utf-8")


def _entries(seed: int, of_each: int) -> Iterator[str]:
    number = 0
    for name in SETS:
        made = drafted(name)
        drawn = Random(f"{seed}/{name}")  # noqa: S311  a draw of drafts, no secret
        for draft, lesson in drawn.sample(made, min(of_each, len(made))):
            number += 1
            yield entry(number, name, draft, lesson)


if __name__ == "__main__":
    main()
