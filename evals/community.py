"""A host's own questions on their own community: is the expected source found, and how far up?"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cohost.bootstrap import App
from cohost.errors import InvalidInput
from cohost.model import Passage, Source
from cohost.ports import Query
from cohost.store import places, sources
from cohost.suggestion import Destination
from evals.harness import OURS, Report, Row, data_hash, signature
from evals.measures import by_question

TASK = "questions"
COLUMNS = ("question", "expected")
TOP_K = 50
SHOWN = 10  # bad rows, or missed questions, named in one message


@dataclass(frozen=True)
class Expected:
    """One row of the file."""

    line: int
    question: str
    sources: tuple[str, ...]  # any of these is right, as `space/id`


@dataclass(frozen=True)
class Missed:
    """A question whose source did not come first."""

    expected: Expected
    place: int | None  # 1 = first; None = not among the first 50


def read_questions(path: Path, core: App, community_id: str) -> list[Expected]:
    """The rows of a CSV file with the columns `question` and `expected` (a source's id or title).

    Raises InvalidInput that names each bad row by its line.
    """
    by_name = _names(core, community_id)
    found, wrong = [], []
    for line, row in _rows(path):
        try:
            found.append(_expected(line, row, by_name))
        except InvalidInput as error:
            wrong.append(f"line {line}: {error.message}")
    if wrong:
        more = [f"and {len(wrong) - SHOWN} more"] if len(wrong) > SHOWN else []
        raise InvalidInput("\n".join((f"{path.name} has rows that cannot be asked:", *wrong[:SHOWN], *more)))
    if not found:
        raise InvalidInput(f"{path.name} holds no questions below its first line.")
    return found


def evaluate(
    core: App, community_id: str, asked: Sequence[Expected], destination: Destination
) -> tuple[Report, list[Missed]]:
    """Ask each question as for `destination`; the measures, and what did not come first."""
    core.embedder.embed([e.question for e in asked])
    rankings = {str(e.line): _ranking(core.search.search, community_id, e.question, destination) for e in asked}
    relevant = {str(e.line): e.sources for e in asked}
    rows = tuple(Row(TASK, OURS, name, values) for name, values in by_question(rankings, relevant).items())
    made_of = _signature(core, community_id, asked)
    missed = [Missed(e, _place(rankings[str(e.line)], e.sources)) for e in asked]
    return Report("questions", {TASK: made_of}, rows), [m for m in missed if m.place != 1]


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:  # spreadsheets write a byte order mark
            head = file.readline()
            file.seek(0)
            # semicolons are what spreadsheets write where the comma divides decimals
            reader = csv.DictReader(file, delimiter=";" if head.count(";") > head.count(",") else ",")
            if not set(COLUMNS) <= set(reader.fieldnames or ()):
                raise InvalidInput(f"The first line of {path.name} must name the columns {' and '.join(COLUMNS)}.")
            for row in reader:
                yield reader.line_num, {key: value or "" for key, value in row.items() if isinstance(key, str)}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput(f"{path} cannot be read as CSV in UTF-8: {error}.") from error


def _expected(line: int, row: dict[str, str], by_name: dict[str, list[str]]) -> Expected:
    question, name = row["question"].strip(), row["expected"].strip()
    if not question:
        raise InvalidInput("the question is empty.")
    if not name:
        raise InvalidInput("no expected source is given.")
    found = by_name.get(name) or by_name.get(name.casefold())
    if not found:
        raise InvalidInput(f"no source has the id or the title {name!r}.")
    return Expected(line, question, tuple(found))


def _names(core: App, community_id: str) -> dict[str, list[str]]:
    """Sources by id, by `space/id` and by title."""
    names: dict[str, list[str]] = {}
    with core.store.read() as tx:
        for space in places.all_spaces(tx, community_id):
            for source in sources.in_space(tx, space.pk, limit=None):
                for name in {source.id, _key(source), source.title.casefold()} - {""}:
                    names.setdefault(name, []).append(_key(source))
    return names


def _ranking(
    search: Callable[[Query], Sequence[Passage]], community_id: str, question: str, destination: Destination
) -> list[str]:
    passages = search(Query(community_id, question, destination, top_k=TOP_K))
    return list(dict.fromkeys(map(_key, passages)))


def _key(item: Source | Passage) -> str:
    return f"{item.space_id}/{item.id if isinstance(item, Source) else item.source_id}"


def _place(ranking: Sequence[str], right: Sequence[str]) -> int | None:
    return next((at + 1 for at, key in enumerate(ranking) if key in right), None)


def _signature(core: App, community_id: str, asked: Sequence[Expected]) -> str:
    settings = core.search.signature()
    embedder = str(settings.pop("embedder"))
    data = data_hash([community_id, *(f"{e.question}\0{e.sources}" for e in asked)])
    return signature(TASK, data=data, model="none", embedder=embedder, settings=settings)
