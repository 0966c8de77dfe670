"""`python -m evals [MODULE ...]`: measure, print, compare with what was accepted, and write a page."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from cohost import logs
from evals import accepted, report
from evals.harness import HOUSE, MODULES, Setup, run
from evals.sets import SHARED

NO_DATA = (
    f"The development data is not at {SHARED}; without it, `cohost evaluate questions.csv` measures on a community."
)
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    modules: Annotated[
        list[str] | None, typer.Argument(help=f"Any of {', '.join(MODULES)}; all when left out.")
    ] = None,
    only: Annotated[list[str] | None, typer.Option(help="A task, such as hf-nlp; may be given again.")] = None,
    at_most: Annotated[int, typer.Option(min=0, help="Questions of a task, evenly taken, for a quicker look.")] = 0,
    database: Annotated[str, typer.Option(help="An empty PostgreSQL database instead of SQLite.")] = "",
    out: Annotated[Path, typer.Option(help="Where the page and the JSON go.")] = HOUSE / "var" / "evals",
    accept: Annotated[bool, typer.Option("--accept", help="Keep the values as those to compare with.")] = False,
) -> None:
    """Measure the quality, beside what a user would otherwise have."""
    logs.configure("warning")
    chosen = modules or list(MODULES)
    if unknown := set(chosen) - set(MODULES):
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: choose from {', '.join(MODULES)}.")
    if not SHARED.is_dir():
        print(NO_DATA, file=sys.stderr)
        raise typer.Exit(1)
    setup = Setup(out, database, tuple(only or ()), at_most, _say)
    _measure(chosen, setup, accept=accept)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _measure(chosen: list[str], setup: Setup, *, accept: bool) -> None:
    done = []
    for name in chosen:
        made = run(name, setup)
        changes = accepted.changes(made)
        print(report.table(made, changes), end="\n\n", flush=True)
        done.append((made, changes))
        if accept:
            print(f"accepted: {accepted.accept(made)}")
    print(f"page: {report.write(done, setup.work)}")


if __name__ == "__main__":
    app()
