"""What every evaluation shares: its result, its signature, and the registry of modules.

A module is `evals/<name>.py` with `measure(setup) -> Report`, and a line in `MODULES`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from importlib import import_module
from pathlib import Path

from cohost import __version__
from evals.measures import Interval, Values, interval

HOUSE = Path(__file__).resolve().parents[1]
MODULES = ("retrieval", "answer", "abstain", "bank", "discuss", "helpers", "match", "moderate", "rewording", "speed")
OURS = "cohost"  # the system whose values are kept and compared with the last accepted ones


@dataclass(frozen=True)
class Setup:
    """How to measure."""

    work: Path  # for embeddings that are kept between runs
    database_url: str = ""  # "" = SQLite in a temporary folder
    only: tuple[str, ...] = ()  # tasks; empty = all
    at_most: int = 0  # questions of a task, evenly taken; 0 = all
    say: Callable[[str], None] = lambda line: None  # progress

    def wants(self, task: str) -> bool:
        """Whether a task was chosen."""
        return not self.only or task in self.only


@dataclass(frozen=True)
class Row:
    """One figure: a measure of one system on one task."""

    task: str
    system: str
    measure: str
    values: Values  # by question
    note: str = ""

    @property
    def n(self) -> int:
        """Number of questions."""
        return len(self.values)

    @cached_property
    def interval(self) -> Interval:
        """Mean with its 95 % bootstrap interval."""
        return interval(list(self.values.values()))


@dataclass(frozen=True)
class Fact:
    """A figure that is no mean over questions: a ratio, a quantile, a comparison of two systems."""

    task: str
    name: str
    value: float
    unit: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Curve:
    """One line of a plot."""

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True)
class Plot:
    """A plot of the report."""

    title: str
    x_label: str
    y_label: str
    curves: tuple[Curve, ...]
    log_x: bool = False


@dataclass(frozen=True)
class Report:
    """What one module found."""

    module: str
    signatures: dict[str, str]  # by task
    rows: tuple[Row, ...]
    facts: tuple[Fact, ...] = ()
    plots: tuple[Plot, ...] = ()
    notes: tuple[str, ...] = field(default=())


def run(name: str, setup: Setup) -> Report:
    """Measure one thing."""
    measure: Callable[[Setup], Report] = import_module(f"evals.{name}").measure
    return measure(setup)


def signature(task: str, *, data: str, model: str, embedder: str, settings: object) -> str:
    """What produced a score, on one line."""
    parts = {
        "task": task, "data": data, "model": model or "embedded default", "embedder": embedder, "settings": settings,
        "code": code_version(),
    }  # fmt: skip
    return "|".join(f"{key}:{value}" for key, value in parts.items())


def code_version() -> str:
    """The release, and a hash of the code that a score depends on."""
    digest = sha256()
    for path in sorted(p for floor in ("cohost", "knowledge", "evals", "prompts") for p in (HOUSE / floor).rglob("*")):
        if path.suffix in (".py", ".md", ".json") and "demo" not in path.parts and "accepted" not in path.parts:
            digest.update(path.read_bytes())
    return f"{__version__}+{digest.hexdigest()[:8]}"


def data_hash(parts: Sequence[str]) -> str:
    """A short hash of everything that was read and asked."""
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:12]
