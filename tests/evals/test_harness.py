"""What every evaluation does with its numbers: measure, compare with what was accepted, report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from evals import accepted, report
from evals.abstain import risk_coverage
from evals.harness import OURS, Curve, Fact, Plot, Report, Row, data_hash, signature
from evals.measures import by_question, error_reduction, interval, paired
from evals.retrieval import distinct
from evals.sets import Corpus, tasks

RIGHT = {f"q{n}": float(n % 4 != 0) for n in range(40)}  # 30 of 40


def a_report(values: dict[str, float], data: str = "d1") -> Report:
    made_of = signature("set", data=data, model="none", embedder="hash", settings={})
    plot = Plot("Recall", "k", "share", (Curve(OURS, (1.0, 5.0), (0.5, 0.9)),))
    return Report(
        "retrieval", {"set": made_of}, (Row("set", OURS, "nDCG@10", values),), (Fact("set", "ratio", 0.4),), (plot,)
    )


def test_measures_are_those_of_the_field() -> None:
    found = by_question({"a": ["x", "right"], "b": ["right"], "c": []}, {q: ["right"] for q in "abc"})
    assert found["nDCG@10"] == pytest.approx({"a": 0.6309, "b": 1.0, "c": 0.0}, abs=1e-4)  # 1 / log2(3) at place 2
    assert found["Success@1"] == {"a": 0.0, "b": 1.0, "c": 0.0}


def test_a_lesson_counts_once_at_its_best_place() -> None:
    lessons = Corpus("course", units=("1/", "2/"))
    assert distinct(map(lessons.unit, ["2/a.md", "1/b.md", "2/c.md", "notes.md"])) == ["2/", "1/", "notes.md"]


def test_an_interval_holds_its_mean_and_narrows_with_more_questions() -> None:
    few, many = interval(list(RIGHT.values())), interval(list(RIGHT.values()) * 10)
    assert few.low < few.mean == many.mean == 0.75 < few.high
    assert many.high - many.low < few.high - few.low


def test_a_paired_test_sees_what_is_better_and_what_is_luck() -> None:
    worse = RIGHT | {f"q{n}": 0.0 for n in range(1, 30)}
    better, luck = paired(RIGHT, worse), paired(RIGHT, RIGHT | {"q0": 1.0})
    assert better is not None
    assert luck is not None
    assert better.difference.low > 0
    assert better.p < 0.01
    assert luck.difference.low < 0 <= luck.difference.high
    assert luck.p > 0.5


def test_questions_that_only_one_has_are_not_compared() -> None:
    assert paired({"a": 1.0}, {"b": 1.0}) is None


def test_halving_the_error_is_a_reduction_by_half() -> None:
    ours, theirs = dict.fromkeys(RIGHT, 0.9), dict.fromkeys(RIGHT, 0.8)
    assert error_reduction([ours, ours], [theirs, theirs]).mean == pytest.approx(0.5, abs=1e-5)


def test_risk_falls_when_the_surest_are_right() -> None:
    import numpy as np

    coverage, risk = risk_coverage(
        np.array([1, 0, 1, 0], dtype=np.float32), np.array([0.9, 0.1, 0.8, 0.2], dtype=np.float32)
    )
    assert coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert risk.tolist() == pytest.approx([0, 0, 1 / 3, 0.5])


def test_a_run_is_compared_with_the_one_that_was_accepted(tmp_path: Path) -> None:
    assert accepted.changes(a_report(RIGHT), tmp_path) == []
    accepted.accept(a_report(RIGHT), tmp_path)
    worse = RIGHT | {f"q{n}": 0.0 for n in range(20)}
    (change,) = accepted.changes(a_report(worse), tmp_path)
    assert (change.n, change.same_data) == (40, True)
    assert change.paired.difference.high < 0


def test_a_set_that_changed_is_told(tmp_path: Path) -> None:
    accepted.accept(a_report(RIGHT), tmp_path)
    assert not accepted.changes(a_report(RIGHT, data="d2"), tmp_path)[0].same_data


def test_accepting_one_task_keeps_the_others(tmp_path: Path) -> None:
    first = a_report(RIGHT)
    accepted.accept(replace(first, signatures={"other": "s"}, rows=(replace(first.rows[0], task="other"),)), tmp_path)
    accepted.accept(first, tmp_path)
    assert json.loads((tmp_path / "retrieval.json").read_text()).keys() == {"other", "set"}


def test_table_json_and_page_tell_n_interval_and_signature(tmp_path: Path) -> None:
    made = a_report(RIGHT)
    page = report.write([(made, [])], tmp_path).read_text(encoding="utf-8")
    for text in (report.table(made, []), page):
        assert "0.750" in text
        assert "40" in text
        assert "task:set|data:d1" in text
    assert "http://" not in page.replace("http://www.w3.org", "").replace("http://purl.org", "").replace(
        "http://creativecommons.org", ""
    )
    assert json.loads((tmp_path / "evals.json").read_text())["retrieval"]["rows"][0]["n"] == 40


def test_a_hash_changes_with_any_text() -> None:
    assert data_hash(["a", "b"]) != data_hash(["a", "c"]) != data_hash(["ab"])


@pytest.mark.shared
def test_no_lesson_or_thread_is_in_both_halves(shared_data: Path) -> None:
    for task in tasks():
        halves = {half: {u for q in task.questions if q.half == half for u in q.relevant} for half in ("dev", "test")}
        assert halves["dev"]
        assert halves["test"]
        assert not halves["dev"] & halves["test"]
