"""Many ids in one row: a community of thousands is read for every search, and a row for each id costs the most."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from cohost.store.engine import Tx

IDS_PER_QUERY = 500  # below the bound-parameter limits of both databases
REMEMBERED = 512  # sets whose text was seen before: mostly the same people as a moment ago


def gathered(tx: Tx, column: sa.Column[Any]) -> sa.ColumnElement[str]:
    """The ids of a group as one text, for `ids`."""
    if tx.dialect.name == "sqlite":
        return sa.func.json_group_array(column)
    return sa.cast(sa.func.json_agg(column), sa.Text)


@lru_cache(REMEMBERED)
def ids(text: str) -> frozenset[str]:
    """The ids that `gathered` joined; the text comes fresh from the database, only its reading is remembered."""
    return frozenset(json.loads(text))
