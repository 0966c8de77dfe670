"""The sample community's own questions: are the answerable ones drafted from the right source, the others left alone?

`python -m evals.sample [-v]`
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cohost import demo
from cohost.bootstrap import App, build
from cohost.model import Caller
from cohost.settings import load
from cohost.store import suggestions
from cohost.suggestion import Suggestion

QUESTIONS = Path(__file__).with_name("data") / "sample_questions.jsonl"
ASKED_IN = "bake-table"  # visible to all members, so nothing private may be used, whoever asks
ASKER = "mirela"


@dataclass(frozen=True)
class Outcome:
    """One question and what became of it."""

    id: str
    question: str
    answerable: bool
    status: str
    confidence: float
    right_source: bool  # the gold source is among the evidence
    holds_quote: bool  # the gold quote is in the draft
    spaces: frozenset[str]  # of everything quoted or shown
    text: str


def main() -> None:
    """Print the counts, and with -v each draft."""
    with sample_core() as core:
        outcomes = list(run(core))
    for outcome in outcomes if "-v" in sys.argv else ():
        print(f"\n{outcome.id} {outcome.question}\n   {outcome.status} {outcome.confidence:.2f}"  # noqa: T201  a report
              f" source={outcome.right_source} quote={outcome.holds_quote}\n{outcome.text}")  # fmt: skip
    can = [o for o in outcomes if o.answerable]
    cannot = [o for o in outcomes if not o.answerable]
    print(f"drafted with the right source  {sum(map(drafted_right, can))} of {len(can)}")  # noqa: T201
    print(f"  holding the gold quote       {sum(o.holds_quote for o in can)} of {len(can)}")  # noqa: T201
    print(f"abstained                      {sum(o.status == 'abstained' for o in cannot)} of {len(cannot)}")  # noqa: T201


def drafted_right(outcome: Outcome) -> bool:
    """Whether a draft quotes the gold source."""
    return outcome.status == "pending" and outcome.right_source


@contextmanager
def sample_core() -> Iterator[App]:
    """The sample community in a temporary folder, with the real embedder."""
    with tempfile.TemporaryDirectory(prefix="cohost-sample-") as folder:
        core = build(load({"COHOST_HOME": folder}))
        try:
            demo.load(core, lambda done, total, name: None)
            yield core
        finally:
            core.close()


def run(core: App) -> Iterator[Outcome]:
    """Ask every question in a public space and read what the job made of it."""
    caller = Caller(demo.community_id(), "member", ASKER, "session", "evals")
    for line in QUESTIONS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        asked = core.questions.ask(caller, row["question"], space_id=ASKED_IN)
        while core.worker.draft_one():
            pass
        with core.store.read() as tx:
            made = suggestions.of_request(tx, asked.id)[0]
        yield _outcome(row, made)


def _outcome(row: dict[str, str], made: Suggestion) -> Outcome:
    return Outcome(
        id=row["id"],
        question=row["question"],
        answerable=bool(row["answerable"]),
        status=made.status,
        confidence=made.confidence,
        right_source=any(e.source_id == row.get("source") for e in made.evidence),
        holds_quote=_folded(row.get("quote") or "\0") in _folded(made.payload["text"].replace("> ", "")),
        spaces=frozenset(e.space_id for e in made.evidence),
        text=made.payload["text"] or made.rationale,
    )


def _folded(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    main()
