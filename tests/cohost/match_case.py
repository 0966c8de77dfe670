"""Communities made up for the tests of matching."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

import numpy as np
from hypothesis import strategies as st

from cohost.match.profile import Profile
from cohost.ports import FloatArray

CHAOS_ROUNDS = int(os.environ.get("COHOST_CHAOS_ROUNDS", "200"))  # of each property, over generated communities
SUBJECTS = ("baking", "chess", "drawing", "geology", "sailing", "weaving")


def embed(texts: Sequence[str]) -> FloatArray:
    """A fixed direction for each text."""
    seeds = [int.from_bytes(sha256(text.encode()).digest()[:4]) for text in texts]
    vectors = np.stack([np.random.default_rng(seed).standard_normal(16) for seed in seeds])
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def here(solve: Callable[..., Any], *args: Any) -> Any:
    """Runs a matching in this process."""
    return solve(*args)


def random_people(n: int, seed: int = 0) -> list[Profile]:
    random = np.random.default_rng(seed)
    return [
        Profile(
            f"m{at:05}", asks=(SUBJECTS[random.integers(6)],), offers=(SUBJECTS[random.integers(6)],),
            goals=(SUBJECTS[random.integers(6)],), about=f"{random.integers(50)}",
            purposes=frozenset({"introductions"}),
        )
        for at in range(n)
    ]  # fmt: skip


@st.composite
def communities(draw: st.DrawFn) -> tuple[list[Profile], frozenset[frozenset[str]]]:
    """Up to fourteen members, some of whom opted in, and pairs that are kept apart."""
    n = draw(st.integers(0, 14))
    people = [
        Profile(
            f"m{at}", asks=(draw(st.sampled_from(SUBJECTS)),), offers=(draw(st.sampled_from(SUBJECTS)),),
            level=draw(st.none() | st.integers(0, 4)), languages=draw(st.frozensets(st.sampled_from(["en", "fr"]))),
            hours=draw(st.frozensets(st.integers(0, 5))), skipped=draw(st.integers(0, 1)),
            purposes=frozenset(["introductions"] if draw(st.integers(0, 5)) else []),
        )
        for at in range(n)
    ]  # fmt: skip
    pairs = draw(st.sets(st.tuples(st.integers(0, 13), st.integers(0, 13)), max_size=40))
    return people, frozenset(frozenset({f"m{a}", f"m{b}"}) for a, b in pairs if a != b)
