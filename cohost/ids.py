"""New identifiers."""

from __future__ import annotations

import secrets


def new_id(prefix: str) -> str:
    """Random and unguessable: `q_…`, `sg_…`, `pub_…`."""
    return f"{prefix}_{secrets.token_hex(12)}"
