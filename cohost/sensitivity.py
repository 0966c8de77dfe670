"""How much moderation shows: a budget of false flags, a most of each day, and what people's decisions taught.

The budget says how many of a community's ordinary posts may be flagged. Where the heads would flag more of them, every
threshold is raised until the budget holds; that is measured on the community's own posts as soon as there are enough.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from cohost.jobs.moderate_payload import NAME
from cohost.model import Community
from cohost.ports import Learned, ModerationReader
from cohost.store import Store, Tx, audit, moderation_fits, people, readings, suggestions
from cohost.store.moderation_fits import Agreement, Fit
from cohost.store.readings import Outcome, Reading

SHARES: Final[Mapping[str, float]] = {"few": 0.01, "balanced": 0.02, "many": 0.05}  # of ordinary posts, at most
LOWEST, HIGHEST = -1.0, 3.0  # log-odds: below, nearly everything is noise; above, hardly anything is left
ENOUGH_POSTS = 200  # fewer say too little about one in a hundred
ENOUGH_DECISIONS = 50
MOST_DECISIONS = 2_000
EVERY = timedelta(days=1)
REMEMBERED = timedelta(days=90)
UNSHOWN: Final[tuple[Outcome, ...]] = ("shadow", "held_back")
SIMILAR = 0.1  # of the confidence: flags that are compared
ENOUGH_SIMILAR = 5


@dataclass(frozen=True)
class Version:
    """A fit as a host sees it."""

    version: int
    at: datetime | None
    bars: Mapping[str, float]
    posts: int
    decisions: int
    in_use: bool


@dataclass(frozen=True)
class Tally:
    """How people decided the flags of one category."""

    category: str
    agreed: int
    decided: int


@dataclass(frozen=True)
class Record:
    """How moderation did in a community."""

    agreement: tuple[Tally, ...]
    versions: tuple[Version, ...]  # newest first
    shadow: int  # posts, of the last 90 days
    held_back: int


@dataclass(frozen=True)
class Tuner:
    """Fits every community anew, once a day."""

    store: Store
    reader: ModerationReader
    clock: Callable[[], datetime]

    def step(self) -> bool:
        """Fit one community whose fit is a day old; False when there is none."""
        with self.store.read() as tx:
            due = next((found for found in people.all_communities(tx) if self._is_due(tx, found)), None)
        if due is None:
            return False
        self.fit(due.id)
        return True

    def fit(self, community_id: str) -> Fit:
        """A new version from the posts and decisions so far."""
        now = self.clock()
        with self.store.read() as tx:
            posts = readings.since(tx, community_id, now - REMEMBERED)
            decided = moderation_fits.decided(tx, community_id, NAME, limit=MOST_DECISIONS)
            judged = suggestions.decided_on(tx, community_id, NAME)
        learned = self.reader.fit(decided) if len(decided) >= ENOUGH_DECISIONS else Learned()
        ordinary = [one for one in posts if judged.get((one.space_id, one.source_id)) != "agreed"]
        with self.store.write() as tx:
            old = moderation_fits.versions(tx, community_id)
            version = old[0].version + 1 if old else 1
            made = Fit(version, now, bars(ordinary), learned, len(ordinary), len(decided))
            moderation_fits.add(tx, community_id, made)
            readings.forget_before(tx, community_id, now - REMEMBERED)
            audit.record(
                tx, community_id, audit.WORKER, "moderation.fitted", "community", community_id, now=now, version=version
            )
        return made

    def record(self, community_id: str) -> Record:
        """How it did so far."""
        since = self.clock() - REMEMBERED
        with self.store.read() as tx:
            chosen = people.community(tx, community_id).settings.moderation_version
            used = moderation_fits.in_use(tx, community_id, chosen)
            fits = moderation_fits.versions(tx, community_id)
            decided = moderation_fits.agreements(tx, community_id, NAME)
            shadow, held = (readings.count(tx, community_id, name, since) for name in UNSHOWN)
        versions = (Version(f.version, f.at, f.bars, f.posts, f.decisions, f.version == used.version) for f in fits)
        return Record(_tallies(decided), tuple(versions), shadow, held)

    def _is_due(self, tx: Tx, community: Community) -> bool:
        if NAME not in community.settings.jobs:
            return False
        newest = moderation_fits.versions(tx, community.id)[:1]
        at = newest[0].at if newest else None
        if at is not None and self.clock() - at < EVERY:
            return False
        return bool(newest) or len(readings.since(tx, community.id, self.clock() - REMEMBERED)) >= ENOUGH_POSTS


def _tallies(decided: Sequence[Agreement]) -> tuple[Tally, ...]:
    of: dict[str, list[bool]] = {}
    for one in decided:
        of.setdefault(one.category, []).append(one.agreed)
    return tuple(Tally(name, sum(agreed), len(agreed)) for name, agreed in sorted(of.items()))


def bars(ordinary: Sequence[Reading]) -> dict[str, float]:
    """Log-odds to add to every threshold so that each budget holds; {} while there are too few posts."""
    if len(ordinary) < ENOUGH_POSTS:
        return {}
    scores = np.array([LOWEST if one.excess is None else one.excess for one in ordinary])
    above = {name: float(np.quantile(scores, 1 - share, method="higher")) for name, share in SHARES.items()}
    # what lies exactly at the quantile is one too many
    return {name: round(float(np.clip(at + 1e-3, LOWEST, HIGHEST)), 3) for name, at in above.items()}


def agreement(decided: Sequence[Agreement], category: str, confidence: float) -> tuple[int, int] | None:
    """(agreed, all) of earlier flags like this one; None where there are too few to say."""
    like = [one for one in decided if one.category == category and abs(one.confidence - confidence) <= SIMILAR]
    return (sum(one.agreed for one in like), len(like)) if len(like) >= ENOUGH_SIMILAR else None
