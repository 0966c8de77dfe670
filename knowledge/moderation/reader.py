"""The embedded moderation reader: every window of a post by every head; no finding without words that carry it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cohost.ports import Decided, Embedder, Finding, FloatArray, Learned, ModerationText, TokenVectors
from knowledge.moderation import learned as learning
from knowledge.moderation import parts, personal
from knowledge.moderation.features import FEATURES, Lexicon, lexical, meaning, wording
from knowledge.moderation.heads import MEANING_SCALE, Heads, load
from knowledge.moderation.normal import Normal, normalise, undisguised
from knowledge.moderation.spans import toxic_spans
from knowledge.sentences import sentence_spans

WINDOW_WORDS = 40  # longer ones dilute one bad sentence among kind ones
MOST_WINDOWS = 200  # of one post, evenly taken
LONGEST = 100_000  # characters that are read
FEWEST_LETTERS = 2
BY_WORDS = ("harassment", "hate", "threat", "sexual")  # whose spans are words; the others' are sentences
NEAR_GUIDELINE = 0.3  # cosine; below, a guideline speaks of something else
EDGE = 1e-6  # of a probability: log-odds have no end


@dataclass(frozen=True)
class Window:
    """A few sentences of a plain text."""

    plain: Normal
    start: int
    end: int
    quoted: bool

    @property
    def text(self) -> str:
        """As it is scored."""
        return self.plain.text[self.start : self.end]


class TrainedReader:
    """The ModerationReader port on an embedder and the shipped heads."""

    def __init__(self, embedder: Embedder, heads: Heads | None = None) -> None:
        self._embedder = embedder
        self._given = heads

    @property
    def name(self) -> str:
        """With the version of the heads."""
        return f"heads {self._heads.version}"

    @cached_property
    def _heads(self) -> Heads:
        return self._given or load()

    def read(
        self, posts: Sequence[ModerationText], *, learned: Learned | None = None, leeway: float = 0.0
    ) -> list[list[Finding]]:
        """Each post's findings, most probable first, every category at most once."""
        reach = leeway + (learning.MOST_SHIFT if learned else 0.0)  # what was learned may lift a finding as well
        found = self._read(posts, reach)
        return [self._adjusted(post.text, seen, learned, leeway) for post, seen in zip(posts, found, strict=True)]

    def fit(self, decided: Sequence[Decided]) -> Learned:
        """A small head on top: see `knowledge.moderation.learned`."""
        meant = self._embedder.embed([case.quote for case in decided])
        return learning.fit(decided, meant)

    def _read(self, posts: Sequence[ModerationText], leeway: float) -> list[list[Finding]]:
        windows = [list(windows_of(post.text[:LONGEST])) for post in posts]
        flat = [window for of_post in windows for window in of_post]
        read = self._embedder.embed_tokens([window.text for window in flat]) if flat else []
        scores = self._heads.probabilities(self._rows([window.text for window in flat], read))
        found, position = [], 0
        for post, of_post in zip(posts, windows, strict=True):
            here = slice(position, position + len(of_post))
            part = {name: values[here] for name, values in scores.items()}
            found.append(self._findings(post.text, of_post, read[here], part, leeway))
            position += len(of_post)
        return found

    def probabilities(self, post: ModerationText) -> dict[str, float]:
        """0..1 of every category in what the author says in their own voice."""
        own = [window.text for window in windows_of(post.text[:LONGEST]) if not window.quoted]
        scored = {
            name: float(values.max(initial=0.0)) for name, values in self._heads.probabilities(self._rows(own)).items()
        }
        formatted = [finding.probability for finding in personal.findings(post.text)]
        return {**scored, personal.CATEGORY: max(formatted, default=0.0)}

    def guideline(self, meaning: str, guidelines: Sequence[str]) -> int | None:
        """The nearest guideline by cosine, where it is near enough."""
        if not guidelines:
            return None
        wanted, *others = self._embedder.embed([meaning, *guidelines])
        cosines = np.array(others) @ wanted
        best = int(np.argmax(cosines))
        return best + 1 if cosines[best] >= NEAR_GUIDELINE else None

    def probability(self, text: str) -> float:
        """0..1 that anything in the text harms somebody, for evaluations."""
        flat = list(windows_of(text))
        if not flat:
            return 0.0
        return float(self._heads.harm.probabilities(self._rows([window.text for window in flat])).max())

    def toxic(self, text: str) -> set[int]:
        """Offsets of the characters that carry harm, for evaluations."""
        plain = normalise(text)
        marked: set[int] = set()
        for start, end in _packed(plain.text):
            piece = plain.text[start:end]
            (tokens,) = self._embedder.embed_tokens([piece])
            for s, e, _ in toxic_spans(piece, tokens, self._heads.lexicon, self._heads.span):
                marked.update(range(*plain.span(start + s, start + e)))
        return marked

    def _adjusted(self, text: str, found: list[Finding], learned: Learned | None, leeway: float) -> list[Finding]:
        if learned is None or not found:
            return found
        quotes = [" ".join(text[s:e] for s, e in finding.spans) for finding in found]
        shifts = learning.shifts(learned, [finding.category for finding in found], self._embedder.embed(quotes))
        moved = [learning.moved(finding, float(shift)) for finding, shift in zip(found, shifts, strict=True)]
        kept = [finding for finding in moved if finding.excess >= -leeway]
        return sorted(kept, key=lambda finding: -finding.probability)

    def _findings(
        self, text: str, windows: Sequence[Window], read: Sequence[TokenVectors], scores: dict[str, FloatArray],
        leeway: float,
    ) -> list[Finding]:  # fmt: skip
        found = [finding for name in scores if (finding := self._finding(name, windows, read, scores[name], leeway))]
        found += personal.findings(text)
        return sorted(found, key=lambda finding: -finding.probability)

    def _finding(
        self, category: str, windows: Sequence[Window], read: Sequence[TokenVectors], values: FloatArray, leeway: float
    ) -> Finding | None:
        excess = over(values, self._heads.categories[category].threshold)
        seen = [n for n, value in enumerate(excess) if value >= -leeway]
        own = [n for n in seen if not windows[n].quoted]
        chosen = own or seen
        spans = [span for n in chosen for span in self._spans(category, windows[n], read[n])]
        if not spans:
            return None
        best = max(chosen, key=lambda n: excess[n])
        return Finding(
            category, float(values[best]), tuple(sorted(set(spans))), quoted=not own, excess=float(excess[best])
        )

    def _spans(self, category: str, window: Window, tokens: TokenVectors) -> list[tuple[int, int]]:
        """The words that carry it; the window's sentences where no single word does."""
        found = toxic_spans(window.text, tokens, self._heads.lexicon, self._heads.span) if category in BY_WORDS else []
        inner = [(s, e) for s, e, _ in found] or self._sentences(category, window)
        return [window.plain.span(window.start + s, window.start + e) for s, e in inner]

    def _sentences(self, category: str, window: Window) -> list[tuple[int, int]]:
        """The sentence that the category's head finds most telling, alone."""
        found = sentence_spans(window.text)
        if len(found) < 2:
            return found
        texts = [window.text[s:e] for s, e in found]
        return [found[int(np.argmax(self._heads.probabilities(self._rows(texts))[category]))]]

    def _rows(self, texts: Sequence[str], read: Sequence[TokenVectors] | None = None) -> FloatArray:
        known = dict(zip(texts, read or (), strict=read is not None))
        plain = [undisguised(text) for text in texts]
        new = list(dict.fromkeys(text for text in plain if text not in known))
        known |= zip(new, self._embedder.embed_tokens(new) if new else (), strict=True)
        return rows_of(plain, [known[text] for text in plain], self._heads.lexicon, self._embedder.dimensions)


def over(probabilities: FloatArray, threshold: float) -> FloatArray:
    """`(n,)` log-odds above a threshold."""
    safe = np.clip(probabilities, EDGE, 1 - EDGE)
    excess: FloatArray = np.log(safe / (1 - safe)) - np.log(threshold / (1 - threshold))
    return excess


def rows_of(texts: Sequence[str], read: Sequence[TokenVectors], lexicon: Lexicon, dimensions: int) -> FloatArray:
    """`(texts, features)` float32: what the heads of the categories read."""
    if not texts:
        return np.zeros((0, 2 * dimensions + len(FEATURES)), dtype=np.float32)
    meant = np.stack([meaning(tokens, dimensions) for tokens in read])
    worded = np.stack([wording(tokens, dimensions) for tokens in read])
    counted = np.array([lexical(text, lexicon) for text in texts], dtype=np.float32)
    return np.hstack([MEANING_SCALE * meant, MEANING_SCALE * worded, counted])


def windows_of(text: str) -> Iterator[Window]:
    """A post's own words in windows, and then what it quotes, each quotation by itself."""
    apart, quotes = parts.set_apart(text), parts.quoted(text)
    own = normalise(text, [*apart, *quotes])
    if sum(map(str.isalnum, own.text)) < FEWEST_LETTERS and any(not c.isspace() for c in own.text):
        own = normalise(text, apart)  # nothing but a quotation, or emoji alone
    spans = list(_packed(own.text))
    step = max(1, -(-len(spans) // MOST_WINDOWS))
    yield from (Window(own, s, e, quoted=False) for s, e in spans[::step])
    inside = [span for span in quotes if not any(s <= span[0] < e for s, e in apart)]
    for start, end in inside[:MOST_WINDOWS]:
        plain = normalise(text, [(0, start), (end, len(text))])
        yield from (Window(plain, s, e, quoted=True) for s, e in _packed(plain.text))


def _packed(text: str) -> Iterator[tuple[int, int]]:
    """Neighbouring sentences together up to the window's size; a longer sentence is cut."""
    start, count, last = 0, 0, 0
    for s, e in _cut(text):
        size = len(text[s:e].split())
        if count and count + size > WINDOW_WORDS:
            yield start, last
            count = 0
        start, count, last = (start if count else s), count + size, e
    if count:
        yield start, last


def _cut(text: str) -> Iterator[tuple[int, int]]:
    for start, end in sentence_spans(text):
        position = start
        found = text[start:end].split(" ")
        for n in range(0, len(found), WINDOW_WORDS):
            piece = " ".join(found[n : n + WINDOW_WORDS])
            if piece.strip():
                yield position, position + len(piece)
            position += len(piece) + 1
