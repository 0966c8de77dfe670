"""A moderation reader for tests: it sees what it is told to see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cohost.ports import Decided, Finding, Learned, ModerationText


class ScriptedReader:
    """Flags words: `ScriptedReader({"fool": "harassment"})` marks each "fool" as harassment."""

    name = "scripted"

    def __init__(
        self, words: Mapping[str, str], *, probability: float = 0.9, excess: Mapping[str, float] | None = None
    ) -> None:
        self._words = dict(words)
        self._probability = probability
        self._excess = dict(excess or {})

    def read(
        self, posts: Sequence[ModerationText], *, learned: Learned | None = None, leeway: float = 0.0
    ) -> list[list[Finding]]:
        """One finding a word that stands in the post, 1 log-odds above its threshold unless told otherwise."""
        shifts = learned.biases if learned else {}
        found = [
            [
                Finding(category, self._probability, ((at, at + len(word)),), excess=excess)
                for word, category in self._words.items()
                if (at := post.text.find(word)) >= 0
                if (excess := self._excess.get(word, 1.0) + shifts.get(category, 0.0)) >= -leeway
            ]
            for post in posts
        ]
        return [sorted(seen, key=lambda finding: -finding.excess) for seen in found]

    def fit(self, decided: Sequence[Decided]) -> Learned:
        """Two log-odds up or down by category, whichever most people said."""
        votes: dict[str, int] = {}
        for case in decided:
            votes[case.category] = votes.get(case.category, 0) + (1 if case.agreed else -1)
        return Learned({category: 2.0 if vote > 0 else -2.0 for category, vote in votes.items()})

    def probabilities(self, post: ModerationText) -> dict[str, float]:
        """The script's probability for what it sees, 0 for the rest."""
        (found,) = self.read([post])
        return {category: 0.0 for category in self._words.values()} | {f.category: f.probability for f in found}

    def guideline(self, meaning: str, guidelines: Sequence[str]) -> int | None:
        """The first, where there is one."""
        return 1 if guidelines else None
