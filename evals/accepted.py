"""The last accepted values of ours, question by question, and how a new run differs from them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from evals.harness import OURS, Report, Row
from evals.measures import Paired, Values, paired

FOLDER = Path(__file__).with_name("accepted")
DIGITS = 4  # of a kept value: as many as a report ever shows, and one more


@dataclass(frozen=True)
class Change:
    """A measure now against the accepted one, on the same questions."""

    task: str
    measure: str
    n: int
    paired: Paired
    same_data: bool  # False: the set itself changed, so a difference says little


def changes(report: Report, folder: Path = FOLDER) -> list[Change]:
    """Every kept measure that was measured again."""
    kept = _kept(report.module, folder)
    found = []
    for row in _ours(report):
        before = kept.get(row.task, {})
        compared = paired(row.values, before.get("values", {}).get(row.measure, {}))
        if compared is not None:
            n = len(row.values.keys() & before["values"][row.measure].keys())
            same = _data(report.signatures.get(row.task, "")) == _data(before["signature"])
            found.append(Change(row.task, row.measure, n, compared, same))
    return found


def accept(report: Report, folder: Path = FOLDER) -> Path:
    """Keep this run's values as the ones to compare with; tasks that were not measured stay."""
    kept = _kept(report.module, folder)
    for task in dict.fromkeys(row.task for row in _ours(report)):
        values = {row.measure: _rounded(row.values) for row in _ours(report) if row.task == task}
        kept[task] = {"signature": report.signatures.get(task, ""), "values": values}
    path = folder / f"{report.module}.json"
    folder.mkdir(exist_ok=True)
    path.write_text(json.dumps(kept, ensure_ascii=False, sort_keys=True, indent=0) + "\n", encoding="utf-8")
    return path


def _ours(report: Report) -> list[Row]:
    """The leading measure of each whole task."""
    first: dict[str, Row] = {}
    for row in report.rows:
        if row.system == OURS and row.task in report.signatures:
            first.setdefault(row.task, row)
    return list(first.values())


def _kept(module: str, folder: Path) -> dict[str, dict]:  # type: ignore[type-arg]  # our own file
    path = folder / f"{module}.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def _rounded(values: Values) -> Values:
    return {question: round(value, DIGITS) for question, value in values.items()}


def _data(signature: str) -> str:
    return next((part for part in signature.split("|") if part.startswith("data:")), "")
