"""Gaps in the course: what members asked and the material could not answer, grouped by meaning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from cohost.ports import FloatArray
from cohost.store import Tx
from cohost.store.gaps import Unanswered, unanswered

ALIKE = 0.6  # cosine of a question with the middle of a group from which on it belongs to it
SHOWN = 5  # questions of a group that are shown


@dataclass(frozen=True)
class Place:
    """Where the missing words would best stand."""

    space_id: str
    source_id: str
    title: str
    headings: tuple[str, ...]


@dataclass(frozen=True)
class Gap:
    """One thing that is missing."""

    count: int
    questions: tuple[Unanswered, ...]  # the most typical first
    first_asked: datetime
    last_asked: datetime
    place: Place | None  # the nearest one to most of them


@dataclass
class _Group:
    sum: FloatArray
    members: list[tuple[Unanswered, FloatArray]] = field(default_factory=list)

    @property
    def middle(self) -> FloatArray:
        found: FloatArray = self.sum / np.linalg.norm(self.sum)
        return found


def gaps(tx: Tx, community_id: str) -> list[Gap]:
    """The most asked for first, then the latest."""
    groups = _grouped(unanswered(tx, community_id))
    found = [_gap(group) for group in groups]
    return sorted(found, key=lambda gap: (gap.count, gap.last_asked), reverse=True)


def _grouped(asked: Sequence[Unanswered]) -> list[_Group]:
    """Oldest first, each to the nearest group that is near enough, so that a new question moves no older one."""
    groups: list[_Group] = []
    for question in reversed(asked):
        vector = np.frombuffer(question.vector, dtype=np.float32)
        near = [float(group.middle @ vector) if group.sum.shape == vector.shape else -1.0 for group in groups]
        at = int(np.argmax(near)) if near else -1
        if at < 0 or near[at] < ALIKE:
            groups.append(_Group(np.zeros_like(vector)))
            at = len(groups) - 1
        groups[at].sum = groups[at].sum + vector
        groups[at].members.append((question, vector))
    return groups


def _gap(group: _Group) -> Gap:
    middle = group.middle
    typical = sorted(group.members, key=lambda pair: -float(middle @ pair[1]))
    times = [question.asked_at for question, _ in group.members]
    places = Counter(question.place for question, _ in typical if question.place)
    place = Place(*places.most_common(1)[0][0]) if places else None
    return Gap(len(typical), tuple(question for question, _ in typical[:SHOWN]), min(times), max(times), place)
