"""Who is spoken of must not decide: a change of features in which the groups of people hardly differ.

The same sentence is said about many groups; the ways in which its features then differ are the groups' own. Along
these a model pays `STRENGTH` times its weights' size on top, so that it leans on the rest of the sentence.
"""

from __future__ import annotations

import numpy as np

from cohost.ports import FloatArray

STRENGTH = 100.0


def changed(said: list[FloatArray]) -> FloatArray:
    """`(features, features)`: rows times this are what to fit on. `said` holds a sentence's rows, one a group, each."""
    apart = np.concatenate([rows - rows.mean(axis=0) for rows in said]).astype(np.float64)
    sizes, ways = np.linalg.eigh(apart.T @ apart / len(apart))
    made: FloatArray = ((ways / np.sqrt(1 + STRENGTH * np.maximum(sizes, 0))) @ ways.T).astype(np.float32)
    return made
