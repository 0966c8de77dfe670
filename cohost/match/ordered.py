"""Rules in an order: who would rather be together, as far as it can be; each counts far more than all that follow it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any, Literal, cast, get_args

import numpy as np

from cohost.errors import InvalidInput
from cohost.match.profile import Profile, Rows
from cohost.ports import FloatArray

Kind = Literal["cluster", "distribute", "balance"]
RuleField = Literal["level", "languages", "time_zone", "goals", "interests", "offers", "asks"]
MOST_RULES = 3  # beyond, single precision could not tell the last part of a score
COUNTS = 20  # how many times as much as all that follows it together
MOST_VALUES = 1_000  # of a field, the commonest; what one person alone says is shared by nobody
SPAN = {"level": 4.0, "time_zone": 12.0}  # from nearest to farthest; zones go around the clock
NEAR_HOURS = 2.0  # between clocks of people who can still meet on any evening
NEAR = 0.5  # levels by which the mean of a meeting may differ from that of all


@dataclass(frozen=True)
class Rule:
    """`cluster`: alike in a field; `distribute`: none alike; `balance`: each meeting has its share."""

    kind: Kind
    field: RuleField


ALIKE = {
    "level": "on one level", "languages": "who share a language", "time_zone": "whose clocks differ by two hours at most",
    "goals": "with the same goals", "interests": "with the same interests", "offers": "who can help with the same",
    "asks": "who want help with the same",
}  # fmt: skip
FIELD_WORDS = {
    "level": "level", "languages": "languages", "time_zone": "time zones", "goals": "goals", "interests": "interests",
    "offers": "what they can help with", "asks": "what they want help with",
}  # fmt: skip


def in_words(rule: Rule) -> str:
    """As a host reads it."""
    if rule.kind == "cluster":
        return f"Together: people {ALIKE[rule.field]}"
    if rule.kind == "distribute":
        return f"Not together: people {ALIKE[rule.field]}"
    return f"The same mix everywhere: {FIELD_WORDS[rule.field]}"


def rule_of(text: str) -> Rule:
    """From "cluster:level"; raises InvalidInput that says what there is."""
    kind, _, field = text.partition(":")
    kinds, fields = get_args(Kind), get_args(RuleField)
    if kind not in kinds or field not in fields:
        raise InvalidInput(
            f"{text!r} is no rule. Write KIND:FIELD, with {', '.join(kinds)} and one of {', '.join(fields)}.",
            field="rules",
        )
    return Rule(cast("Kind", kind), cast("RuleField", field))


@dataclass(frozen=True)
class Term:
    """One rule over the people of a round."""

    rule: Rule
    said: tuple[frozenset[Any], ...]  # by person: what they say, empty where nothing
    weight: float = 1.0

    def block(self, rows: Rows, columns: Rows) -> FloatArray:
        """(rows, columns) 0..1, higher is better, before it is weighted."""
        if self.rule.kind == "balance":
            return np.asarray((1 - self._off[rows] @ self._off[columns].T) / 2, np.float32)
        if self.rule.kind == "distribute":
            return np.asarray(
                1 - self.shared(rows, columns), np.float32
            )  # far apart is not asked for, only not the same
        return self._near(rows, columns) if self.rule.field in SPAN else self.shared(rows, columns)

    def shared(self, rows: Rows, columns: Rows) -> FloatArray:
        """(rows, columns) 1 where two people say one thing, or live near by the clock, else 0."""
        if self.rule.field == "time_zone":
            return np.asarray(self._apart(rows, columns) <= NEAR_HOURS, np.float32)
        return np.asarray(self._marks[rows] @ self._marks[columns].T > 0, np.float32)

    def kept(self, group: Sequence[int]) -> bool:
        """Whether a meeting of these keeps the rule; who says nothing is alike with nobody."""
        said = [self.said[at] for at in group]
        if self.rule.field == "time_zone" and self.rule.kind != "balance":
            near = self.shared(list(group), list(group))[np.triu_indices(len(group), 1)] > 0
            return bool(near.all() if self.rule.kind == "cluster" else not near.any())
        if self.rule.kind == "cluster":
            return bool(frozenset.intersection(*said))
        if self.rule.kind == "distribute":
            return all(one.isdisjoint(other) for one, other in combinations(said, 2))
        return self._level_is_near(said) if self.rule.field == "level" else self._has_its_share(said)

    def _near(self, rows: Rows, columns: Rows) -> FloatArray:
        return np.asarray(np.nan_to_num(1 - self._apart(rows, columns) / SPAN[self.rule.field]), np.float32)

    def _apart(self, rows: Rows, columns: Rows) -> FloatArray:
        apart = np.abs(self._numbers[rows][:, None] - self._numbers[columns][None, :])
        around = np.minimum(apart, 24 - apart) if self.rule.field == "time_zone" else apart
        return np.asarray(around, np.float32)

    def _level_is_near(self, said: Sequence[frozenset[Any]]) -> bool:
        levels = [level for one in said for level in one]
        return not levels or abs(float(np.mean(levels)) - float(np.nanmean(self._numbers))) <= NEAR

    def _has_its_share(self, said: Sequence[frozenset[Any]]) -> bool:
        """As many with each value as the number of those who say something allows, up or down to a whole one."""
        told, everybody = sum(map(bool, said)), sum(map(bool, self.said))
        here, all_ = Counter(value for one in said for value in one), Counter(v for one in self.said for v in one)
        return all(abs(here[value] - told * count / everybody) < 1 for value, count in all_.items())

    @cached_property
    def _numbers(self) -> FloatArray:
        """(n,) NaN where nothing was said."""
        return np.array([next(iter(one), np.nan) for one in self.said], np.float32)

    @cached_property
    def _marks(self) -> FloatArray:
        """(n, values) 1 where a person says a value that another says too."""
        held = Counter(value for one in self.said for value in one)
        column = {value: at for at, (value, n) in enumerate(held.most_common(MOST_VALUES)) if n > 1}
        marks = np.zeros((len(self.said), max(len(column), 1)), np.float32)
        for row, values in enumerate(self.said):
            marks[row, [column[value] for value in values if value in column]] = 1
        return marks

    @cached_property
    def _off(self) -> FloatArray:
        """(n, values) how far a person is from the mean of all, none farther than 1; 0 where nothing was said."""
        values = self._numbers[:, None] if self.rule.field == "level" else self._marks
        told = np.array([bool(one) for one in self.said])
        if not told.any():
            return np.zeros((len(told), 1), np.float32)
        off = np.where(told[:, None], values - values[told].mean(axis=0), 0)
        farthest = float(np.linalg.norm(off, axis=1).max())
        return np.asarray(off / (farthest or 1), np.float32)


def terms_of(rules: Sequence[Rule], people: Sequence[Profile], reach: float) -> tuple[Term, ...]:
    """Weighted so that each counts more than what follows; `reach` is what everything else can add up to."""
    terms: list[Term] = []
    for rule in reversed(rules):
        weight = COUNTS * (reach or 1)
        terms.insert(0, Term(rule, tuple(said_of(person, rule.field) for person in people), weight))
        reach += weight
    return tuple(terms)


def said_of(person: Profile, field: RuleField) -> frozenset[Any]:
    """What they say in a field; the time zone as hours from UTC."""
    if field == "level":
        return _told([person.level])
    if field == "time_zone":
        return _told([person.utc_offset])
    return frozenset(str(value).casefold() for value in getattr(person, field))


def _told(values: Iterable[Any]) -> frozenset[Any]:
    return frozenset(value for value in values if value is not None)
