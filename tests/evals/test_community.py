"""A host's own questions: asked, measured, and refused with a clear word where a row is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import HERE, Cast

from cohost.bootstrap import App
from cohost.errors import InvalidInput
from cohost.model import SourceInput
from cohost.store.audit import OPERATOR
from cohost.suggestion import Destination, in_space
from evals.community import evaluate, read_questions

HOSTS = Destination("hosts")


@pytest.fixture
def school(core: App, cast: Cast) -> App:
    core.intake.put(
        HERE, "course", SourceInput("knots.md", "lesson", "Knots", "The bowline makes a loop that holds."), OPERATOR
    )
    return core


def csv(folder: Path, text: str) -> Path:
    path = folder / "questions.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_sources_are_named_by_id_or_title(school: App, tmp_path: Path) -> None:
    file = csv(tmp_path, "question,expected\nWhen do spring tides come?,tides.md\nWhich knot makes a loop?,knots\n")
    asked = read_questions(file, school, HERE)
    assert [e.sources for e in asked] == [("course/tides.md",), ("course/knots.md",)]
    made, missed = evaluate(school, HERE, asked, HOSTS)
    assert {row.measure: row.interval.mean for row in made.rows}["Success@1"] == 1.0
    assert missed == []


def test_a_question_whose_source_is_not_first_is_told_with_its_place(school: App, tmp_path: Path) -> None:
    file = csv(tmp_path, "question;expected\nWhich knot makes a loop?;Tides\n")  # as some spreadsheets write it
    _, missed = evaluate(school, HERE, read_questions(file, school, HERE), in_space("course"))
    assert [(m.expected.line, m.place) for m in missed] == [(2, 2)]


def test_asked_in_a_space_a_private_source_is_not_found(school: App, tmp_path: Path) -> None:
    file = csv(tmp_path, "question,expected\nWhere is the spare key of the boathouse?,key\n")
    asked = read_questions(file, school, HERE)
    assert evaluate(school, HERE, asked, HOSTS)[1] == []
    assert [m.place for m in evaluate(school, HERE, asked, in_space("course"))[1]] == [None]


def test_every_bad_row_is_named_by_its_line(school: App, tmp_path: Path) -> None:
    file = csv(tmp_path, "question,expected\nWhen?,tides.md\n,tides.md\nWhy?,\nHow?,Sextants\n")
    with pytest.raises(InvalidInput) as refused:
        read_questions(file, school, HERE)
    assert refused.value.message.splitlines()[1:] == [
        "line 3: the question is empty.",
        "line 4: no expected source is given.",
        "line 5: no source has the id or the title 'Sextants'.",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("query,expected\nWhen?,tides.md\n", "must name the columns question and expected"),
        ("question,expected\n", "holds no questions"),
    ],
)
def test_a_file_without_columns_or_rows_is_refused(school: App, tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        read_questions(csv(tmp_path, text), school, HERE)


def test_a_missing_or_foreign_file_is_refused(school: App, tmp_path: Path) -> None:
    (tmp_path / "sheet.xlsx").write_bytes(b"PK\x03\x04\xff\xfe")
    for name in ("absent.csv", "sheet.xlsx"):
        with pytest.raises(InvalidInput, match="cannot be read as CSV"):
            read_questions(tmp_path / name, school, HERE)
