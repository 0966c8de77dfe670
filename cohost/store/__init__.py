"""Rows: the truth for text, permissions, vectors and every change of state."""

from cohost.store.engine import Store, Tx

__all__ = ["Store", "Tx"]
