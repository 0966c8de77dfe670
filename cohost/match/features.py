"""Profiles as vectors, one for each field: an ask must be able to meet an offer, not the whole of a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from cohost.match.compatibility import Features, level_of
from cohost.match.profile import Profile
from cohost.ports import FloatArray

Embed = Callable[[Sequence[str]], FloatArray]  # n texts -> (n, d) float32, unit length


def features_of(people: Sequence[Profile], embed: Embed) -> Features:
    """Each different text is embedded once; an empty field is a zero vector, which goes well with nobody."""
    fields = {
        "asks": ["; ".join(p.asks) for p in people],
        "offers": ["; ".join(p.offers) for p in people],
        "goals": ["; ".join(p.goals) for p in people],
        "interests": ["; ".join(p.interests) for p in people],
        "about": [p.about for p in people],
    }
    texts = sorted({text for column in fields.values() for text in column if text.strip()})
    vectors = embed(texts) if texts else np.zeros((0, 1), np.float32)
    row = {text: at for at, text in enumerate(texts)}
    nothing = np.zeros((1, vectors.shape[1]), np.float32)
    padded = np.concatenate([vectors, nothing])
    columns = {name: padded[[row.get(text, -1) for text in column]] for name, column in fields.items()}
    often = np.array([p.posts_per_week for p in people], np.float32)
    return Features(**columns, level=level_of(people), posts_per_week=often)
