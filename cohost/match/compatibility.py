"""How well two people would go together: a sum of named parts that a host can read and weight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from cohost.match.ordered import Term
from cohost.match.profile import Profile, Rows
from cohost.ports import FloatArray

LEVELS = 4.0  # from the lowest level to the highest


@dataclass(frozen=True)
class Weights:
    """How much each part counts; 0 leaves it out. Negative keeps alike people apart."""

    asks_offers: float = 1.0  # one asks for what the other offers, in both directions
    shared_goals: float = 0.6
    shared_interests: float = 0.3
    diverse_perspectives: float = 0.2  # they say different things of themselves
    rhythm: float = 0.2  # they write about as often
    level_gap: float = 0.0  # the second is `wanted_gap` levels above the first
    balanced_levels: float = 0.0  # one is above the average as far as the other is below


@dataclass(frozen=True)
class Features:
    """Each field of n people as vectors `(n, d)`, unit length or zero where the field is empty."""

    asks: FloatArray
    offers: FloatArray
    goals: FloatArray
    interests: FloatArray
    about: FloatArray
    level: FloatArray  # (n,), NaN where unknown
    posts_per_week: FloatArray  # (n,)


@dataclass(frozen=True)
class Compatibility:
    """Parts are 0..1, higher is better, except `balanced_levels`: -1..1."""

    features: Features
    weights: Weights = Weights()
    wanted_gap: float = 1.5  # levels between mentor and mentee
    ordered: tuple[Term, ...] = ()  # rules that come before the parts

    def block(self, rows: Rows, columns: Rows) -> FloatArray:
        """(rows, columns) float32, the weighted sum of the parts and of the rules before them."""
        everyone = np.arange(len(self.features.level))
        total = np.zeros((len(everyone[rows]), len(everyone[columns])), np.float32)
        for name, part in self.parts(rows, columns).items():
            total += np.float32(self._weight(name)) * part
        return total + self.rules(rows, columns) if self.ordered else total

    def rules(self, rows: Rows, columns: Rows) -> FloatArray:
        """(rows, columns) float32, the weighted sum of the rules alone."""
        everyone = np.arange(len(self.features.level))
        total = np.zeros((len(everyone[rows]), len(everyone[columns])), np.float32)
        for term in self.ordered:
            total += np.float32(term.weight) * term.block(rows, columns)
        return total

    def parts(self, rows: Rows, columns: Rows) -> Mapping[str, FloatArray]:
        """Each part that counts, by name, before it is weighted."""
        known = {
            "asks_offers": self._asks_offers, "shared_goals": self._goals, "shared_interests": self._interests,
            "diverse_perspectives": self._diverse, "rhythm": self._rhythm, "level_gap": self._gap,
            "balanced_levels": self._balanced,
        }  # fmt: skip
        return {field.name: known[field.name](rows, columns) for field in fields(Weights) if self._weight(field.name)}

    def _weight(self, name: str) -> float:
        return float(getattr(self.weights, name))

    def _asks_offers(self, rows: Rows, columns: Rows) -> FloatArray:
        f = self.features
        return _single((_alike(f.asks[rows], f.offers[columns]) + _alike(f.offers[rows], f.asks[columns])) / 2)

    def _goals(self, rows: Rows, columns: Rows) -> FloatArray:
        return _alike(self.features.goals[rows], self.features.goals[columns])

    def _interests(self, rows: Rows, columns: Rows) -> FloatArray:
        return _alike(self.features.interests[rows], self.features.interests[columns])

    def _diverse(self, rows: Rows, columns: Rows) -> FloatArray:
        one, other = self.features.about[rows], self.features.about[columns]
        said = np.logical_and.outer(one.any(axis=1), other.any(axis=1))
        return _single(np.where(said, 1 - _alike(one, other), 0))

    def _rhythm(self, rows: Rows, columns: Rows) -> FloatArray:
        often = np.log1p(self.features.posts_per_week)
        return _single(np.clip(1 - np.abs(often[rows][:, None] - often[columns][None, :]), 0, 1))

    def _gap(self, rows: Rows, columns: Rows) -> FloatArray:
        gap = self.features.level[columns][None, :] - self.features.level[rows][:, None]
        return _single(np.nan_to_num(np.clip(1 - np.abs(gap - self.wanted_gap) / LEVELS, 0, 1)))

    def _balanced(self, rows: Rows, columns: Rows) -> FloatArray:
        known = ~np.isnan(self.features.level)
        middle = np.float32(self.features.level[known].mean() if known.any() else 0)
        off = np.nan_to_num(self.features.level - middle) / np.float32(LEVELS)
        return _single(-off[rows][:, None] * off[columns][None, :])


def level_of(people: Sequence[Profile]) -> FloatArray:
    """(n,) float32, NaN where a member gave no level."""
    return np.array([np.nan if p.level is None else p.level for p in people], np.float32)


def _alike(one: FloatArray, other: FloatArray) -> FloatArray:
    """Cosine similarity of unit vectors, opposite counted as foreign."""
    return _single(np.clip(one @ other.T, 0, 1))


def _single(values: Any) -> FloatArray:
    """Single precision: half the memory, and far finer than what a person means by a match."""
    return np.asarray(values, np.float32)
