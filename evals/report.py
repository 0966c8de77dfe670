"""A module's findings as a table, as JSON, and as one page that needs nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from evals.accepted import Change
from evals.harness import Fact, Report, Row
from evals.plots import svg

Cells = tuple[str, ...]
HEAD: Cells = ("task", "n", "system", "measure", "mean", "95 % interval")
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #1c2430; }
table { border-collapse: collapse; margin: 1rem 0; }
td, th { padding: .2rem .8rem; text-align: left; border-bottom: 1px solid #dde3ea; }
code { font-size: 12px; color: #55606e; overflow-wrap: anywhere; } figure { display: inline-block; margin: .5rem; }
"""


def table(report: Report, changes: Sequence[Change]) -> str:
    """For a terminal."""
    parts = [f"== {report.module}", _aligned((HEAD, *map(_row, report.rows)))]
    if report.facts:
        parts.append(_aligned((("task", "figure", "value", "95 % interval"), *map(_fact, report.facts))))
    if changes:
        parts.append(_aligned((("task", "against the accepted", "n", "difference", "p"), *map(_change, changes))))
    parts += [f"note: {note}" for note in report.notes]
    parts += [f"signature: {line}" for line in report.signatures.values()]
    return "\n".join(parts)


def write(reports: Sequence[tuple[Report, Sequence[Change]]], folder: Path) -> Path:
    """`evals.json` and `evals.html` in a folder; the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {report.module: as_json(report, changes) for report, changes in reports}
    (folder / "evals.json").write_text(json.dumps(made, ensure_ascii=False, indent=1), encoding="utf-8")
    page = folder / "evals.html"
    page.write_text(_page(reports), encoding="utf-8")
    return page


def as_json(report: Report, changes: Sequence[Change]) -> dict[str, Any]:
    """Everything, question by question."""
    return {
        "signatures": report.signatures,
        "rows": [
            {"task": r.task, "system": r.system, "measure": r.measure, "n": r.n, "mean": i.mean, "low": i.low,
             "high": i.high, "values": r.values}
            for r in report.rows for i in (r.interval,)
        ],
        "facts": [vars(fact) for fact in report.facts],
        "changes": [
            {"task": c.task, "measure": c.measure, "n": c.n, "difference": vars(c.paired.difference), "p": c.paired.p,
             "same_data": c.same_data}
            for c in changes
        ],
        "plots": [{**vars(plot), "curves": [vars(curve) for curve in plot.curves]} for plot in report.plots],
        "notes": report.notes,
    }  # fmt: skip


def _row(row: Row) -> Cells:
    i = row.interval
    return row.task, str(row.n), row.system, row.measure, f"{i.mean:.3f}", f"{i.low:.3f} to {i.high:.3f}"


def _fact(fact: Fact) -> Cells:
    between = "" if fact.low is None or fact.high is None else f"{fact.low:+.3f} to {fact.high:+.3f}"
    return fact.task, fact.name, f"{fact.value:.4g} {fact.unit}".strip(), between


def _change(change: Change) -> Cells:
    d = change.paired.difference
    measure = change.measure if change.same_data else f"{change.measure} (other data)"
    return (
        change.task,
        measure,
        str(change.n),
        f"{d.mean:+.3f} ({d.low:+.3f} to {d.high:+.3f})",
        f"{change.paired.p:.3f}",
    )


def _aligned(rows: Sequence[Cells]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def _page(reports: Sequence[tuple[Report, Sequence[Change]]]) -> str:
    body = "\n".join(part for report, changes in reports for part in _section(report, changes))
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    head = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Cohost: evaluation</title><style>{STYLE}</style>'
    )
    return f"{head}<h1>Evaluation</h1><p>{when}</p>{body}</html>"


def _section(report: Report, changes: Sequence[Change]) -> Iterator[str]:
    yield f"<h2>{escape(report.module)}</h2>"
    yield _html_table(HEAD, map(_row, report.rows))
    if report.facts:
        yield _html_table(("task", "figure", "value", "95 % interval"), map(_fact, report.facts))
    if changes:
        yield _html_table(("task", "against the accepted", "n", "difference", "p"), map(_change, changes))
    yield from (f"<figure>{svg(plot)}</figure>" for plot in report.plots)
    yield from (f"<p>{escape(note)}</p>" for note in report.notes)
    yield from (f"<p><code>{escape(line)}</code></p>" for line in report.signatures.values())


def _html_table(head: Cells, rows: Any) -> str:
    lines = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{''.join(f'<th>{escape(cell)}</th>' for cell in head)}</tr>{lines}</table>"
