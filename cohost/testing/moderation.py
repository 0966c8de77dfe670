"""A moderation reader for tests: it sees what it is told to see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cohost.ports import Finding, ModerationText


class ScriptedReader:
    """Flags words: `ScriptedReader({"fool": "harassment"})` marks each "fool" as harassment."""

    name = "scripted"

    def __init__(self, words: Mapping[str, str], *, probability: float = 0.9) -> None:
        self._words = dict(words)
        self._probability = probability

    def read(self, posts: Sequence[ModerationText]) -> list[list[Finding]]:
        """One finding a word that stands in the post."""
        return [
            [
                Finding(category, self._probability, ((at, at + len(word)),))
                for word, category in self._words.items()
                if (at := post.text.find(word)) >= 0
            ]
            for post in posts
        ]

    def probabilities(self, post: ModerationText) -> dict[str, float]:
        """The script's probability for what it sees, 0 for the rest."""
        (found,) = self.read([post])
        return {category: 0.0 for category in self._words.values()} | {f.category: f.probability for f in found}

    def guideline(self, meaning: str, guidelines: Sequence[str]) -> int | None:
        """The first, where there is one."""
        return 1 if guidelines else None
