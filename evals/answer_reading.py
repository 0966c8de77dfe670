"""A sheet for reading drafts of answers: `python -m evals.answer_reading FILE`.

Forty questions as learners ask them are put to the courses that they are about; `evals/answer_reading.md` says how to judge.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from cohost.model import Caller, Member
from cohost.store import people, suggestions
from evals.ground import COMMUNITY, SHARED, Ground, ground
from evals.sets import lines

QUESTIONS = Path(__file__).with_name("data") / "answer_questions.jsonl"


def main() -> None:
    """Read the courses, draft, write the sheet."""
    with ground() as place, Path(sys.argv[1]).open("w", encoding="utf-8") as sheet:
        sheet.writelines(drafts(place))


def drafts(place: Ground) -> Iterator[str]:
    """Each question with its draft, or with the reason why there is none."""
    asked = lines(QUESTIONS)
    for course in dict.fromkeys(row["course"] for row in asked):
        place.add_folder(course, SHARED / "courses" / course)
    with place.core.store.write() as tx:
        people.put_member(tx, COMMUNITY, Member("asker", "Asker"), place.core.clock())
    caller = Caller(COMMUNITY, "member", "asker", "session", "evals")
    for row in asked:
        view = place.core.questions.ask(caller, row["question"], space_id=row["course"])
        while place.core.worker.draft_one():
            pass
        with place.core.store.read() as tx:
            made = suggestions.of_request(tx, view.id)[0]
        yield f"## {row['id']} · {row['question']}\n\n{made.status} {made.confidence:.2f}\n\n{made.payload['text']}\n\n"


if __name__ == "__main__":
    main()
