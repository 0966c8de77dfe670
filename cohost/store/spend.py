"""What language models cost: tokens by community, UTC day and job, reserved before a call and settled after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from cohost.store.engine import Tx
from cohost.store.tables import communities, model_spend

_TOKENS = model_spend.c.reserved_tokens + model_spend.c.input_tokens + model_spend.c.output_tokens


@dataclass(frozen=True)
class JobSpend:
    """What one job used of a model."""

    job: str
    input_tokens: int
    output_tokens: int
    calls: int

    @property
    def tokens(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens


def reserve(tx: Tx, community_id: str, day: date, job: str, *, tokens: int, limit: int) -> bool:
    """Set `tokens` aside; False when the community's day would go over `limit`."""
    # two workers that reserve at once come one after the other, and nobody else waits for them
    tx.execute(sa.select(communities.c.id).where(communities.c.id == community_id).with_for_update(key_share=True))
    if used(tx, community_id, day) + tokens > limit:
        return False
    _add(tx, community_id, day, job, reserved_tokens=tokens)
    return True


def settle(
    tx: Tx, community_id: str, day: date, job: str, *, reserved: int, input_tokens: int, output_tokens: int
) -> None:
    """Replace a reservation by what was used."""
    _add(
        tx, community_id, day, job, reserved_tokens=-reserved, input_tokens=input_tokens, output_tokens=output_tokens,
        calls=1 if input_tokens or output_tokens else 0,
    )  # fmt: skip


def used(tx: Tx, community_id: str, day: date) -> int:
    """Tokens used or reserved on a day, of all jobs."""
    mine = (model_spend.c.community_id == community_id) & (model_spend.c.day == day)
    return int(tx.execute(sa.select(sa.func.coalesce(sa.func.sum(_TOKENS), 0)).where(mine)).scalar_one())


def by_job(tx: Tx, community_id: str | None = None, *, today: date | None = None, days: int = 1) -> list[JobSpend]:
    """What each job used, by name; of one community or all, ever or in the last `days` until `today`."""
    columns = model_spend.c
    sums = [sa.func.sum(column) for column in (columns.input_tokens, columns.output_tokens, columns.calls)]
    query = sa.select(columns.job, *sums).group_by(columns.job).order_by(columns.job)
    if community_id is not None:
        query = query.where(columns.community_id == community_id)
    if today is not None:
        query = query.where(columns.day > today - timedelta(days=days), columns.day <= today)
    return [JobSpend(job, *map(int, counts)) for job, *counts in tx.execute(query)]


def _add(tx: Tx, community_id: str, day: date, job: str, **counts: int) -> None:
    where = (
        (model_spend.c.community_id == community_id) & (model_spend.c.day == day) & (model_spend.c.job == job)
    )  # fmt: skip
    grown: dict[str, Any] = {name: model_spend.c[name] + count for name, count in counts.items()}
    if tx.execute(model_spend.update().where(where).values(grown)).rowcount == 0:
        none = dict.fromkeys(("reserved_tokens", "input_tokens", "output_tokens", "calls"), 0)
        row = {"community_id": community_id, "day": day, "job": job, **none, **counts}
        tx.execute(model_spend.insert().values(row))
