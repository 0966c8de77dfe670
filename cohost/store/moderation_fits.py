"""What a community's own posts and decisions taught its moderation, version by version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

import sqlalchemy as sa

from cohost.ports import Decided, Learned
from cohost.store.engine import Tx
from cohost.store.tables import appeals, decisions, evidence, moderation_fits, suggestions
from cohost.suggestion import AGREED

KEPT = 20  # versions
NEWEST = -1  # of the setting that chooses a version


@dataclass(frozen=True)
class Fit:
    """One version; 0 is what was shipped."""

    version: int = 0
    at: datetime | None = None
    bars: Mapping[str, float] = field(default_factory=dict)  # log-odds added to every threshold, by budget
    learned: Learned = Learned()
    posts: int = 0
    decisions: int = 0


@dataclass(frozen=True)
class Agreement:
    """How people decided flags of a category."""

    category: str
    confidence: float
    agreed: bool


def add(tx: Tx, community_id: str, new: Fit) -> None:
    """Store a version, and forget the oldest beyond what is kept."""
    values = {**new.__dict__, "learned": asdict(new.learned)}
    tx.execute(moderation_fits.insert().values(community_id=community_id, **values))
    old = (moderation_fits.c.community_id == community_id) & (moderation_fits.c.version <= new.version - KEPT)
    tx.execute(moderation_fits.delete().where(old))


def versions(tx: Tx, community_id: str) -> list[Fit]:
    """Newest first."""
    query = sa.select(moderation_fits).where(moderation_fits.c.community_id == community_id)
    rows = tx.execute(query.order_by(moderation_fits.c.version.desc()))
    return [Fit(row.version, row.at, row.bars, _learned(row.learned), row.posts, row.decisions) for row in rows]


def in_use(tx: Tx, community_id: str, chosen: int) -> Fit:
    """The version that the community's setting names; as shipped, where there is none or it is forgotten."""
    found = versions(tx, community_id)
    if chosen == NEWEST:
        return found[0] if found else Fit()
    return next((fit for fit in found if fit.version == chosen), Fit())


def forget(tx: Tx, community_id: str) -> None:
    """All versions: they were learned from words that are to be gone. The next fit does without."""
    tx.execute(moderation_fits.delete().where(moderation_fits.c.community_id == community_id))


def decided(tx: Tx, community_id: str, job: str, *, limit: int) -> list[Decided]:
    """The newest flags that people decided and whose words still stand, for learning."""
    found: dict[str, Decided] = {}
    query = (
        sa.select(suggestions.c.id, suggestions.c.payload, suggestions.c.provenance, _agreed().label("agreed"),
            evidence.c.quote,
        )
        .join(evidence, evidence.c.suggestion_id == suggestions.c.id)
        .where(_settled(community_id, job)).order_by(suggestions.c.updated_at.desc(), evidence.c.position)
    )  # fmt: skip
    for row in tx.execute(query):
        excess = row.provenance.get("retrieval", {}).get("excess")
        if excess is None or (row.id not in found and len(found) >= limit):
            continue
        old = found.get(row.id)
        quote = f"{old.quote} {row.quote}" if old else row.quote
        found[row.id] = Decided(row.payload["category"], quote, float(excess), bool(row.agreed))
    return list(found.values())


def agreements(tx: Tx, community_id: str, job: str) -> list[Agreement]:
    """Every flag that people decided, newest first."""
    query = sa.select(suggestions.c.payload, suggestions.c.confidence, _agreed().label("agreed")).where(
        _settled(community_id, job)
    )
    rows = tx.execute(query.order_by(suggestions.c.updated_at.desc()))
    return [Agreement(row.payload.get("category", ""), row.confidence, bool(row.agreed)) for row in rows]


def _settled(community_id: str, job: str) -> sa.ColumnElement[bool]:
    by_a_person = sa.exists().where(decisions.c.suggestion_id == suggestions.c.id)
    status = suggestions.c.status.in_((*AGREED, "rejected"))
    return (suggestions.c.community_id == community_id) & (suggestions.c.job == job) & status & by_a_person


def _agreed() -> sa.ColumnElement[bool]:
    """An appeal that was overturned says no, whoever said yes before."""
    overturned = (appeals.c.suggestion_id == suggestions.c.id) & (appeals.c.verdict == "overturned")
    return (suggestions.c.status != "rejected") & ~sa.exists().where(overturned)


def _learned(stored: dict[str, object]) -> Learned:
    biases, weights = stored.get("biases") or {}, stored.get("weights") or ()
    if not isinstance(biases, dict) or not isinstance(weights, Sequence):
        return Learned()
    return Learned(biases, tuple(weights))
