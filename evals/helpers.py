"""Who can help: are those who answered among the three proposed, and are others than the most active proposed, too?

Each thread of open discussions is hidden in turn; whoever answered it, and wrote in another thread of its site, should
be found from the other threads. These are a sample over many years, so recency is left out: all posts count as new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cohost.helping import ENOUGH
from cohost.match.helpers import FLOOR, MOST, NEAR, SHARES, Kind, Said, likely
from cohost.model import Passage
from cohost.ports import FloatArray
from evals.harness import OURS, Fact, Report, Row, Setup, data_hash, signature
from evals.measures import paired
from evals.sets import SHARED, lines
from knowledge.answerable import load
from knowledge.chunk import embedded_text
from knowledge.quick import NAME, QuickEmbedder
from knowledge.recent import Recent

TASK, REPLIES = "who answers", "replies"
PART = 900  # characters of a reply that are read at once, about a chunk; four at most
READ = 1_000  # characters of a post: about what the embedder reads
ACTIVE = 10  # one in so many counts as most active
SEED = 7
RANDOM, MOST_ACTIVE, PLAIN_SUM = "random", "most active", "sum of similarities"
Ranking = Callable[[Sequence[Said]], Sequence[str]]


@dataclass(frozen=True)
class _Post:
    """What somebody wrote in a thread."""

    thread: int
    member_id: str
    kind: Kind
    text: str
    accepted: bool = False


@dataclass(frozen=True)
class _Asked:
    """One hidden thread: what was written elsewhere on its site, and who answered it."""

    id: str
    said: tuple[Said, ...]
    answered: frozenset[str]
    active: frozenset[str]  # the most active tenth


def measure(setup: Setup) -> Report:
    """Precision and recall among three, and the share of the most active, beside what a host would do without it."""
    threads = [row for path in sorted((SHARED / "discussions" / "stackexchange").iterdir()) for row in lines(path)]
    embedder = QuickEmbedder(Path(setup.work))
    sites = dict.fromkeys(row["site"] for row in threads)
    asked = [one for site in sites for one in _hidden([t for t in threads if t["site"] == site], embedder.embed)]
    rows, facts = [], []
    for system, ranking in _systems().items():
        proposed = {one.id: list(ranking(one.said))[:MOST] for one in asked}
        rows += _rows(system, asked, proposed)
        facts += _facts(system, asked, proposed)
    facts += _recognised(threads, Recent(embedder))
    settings = {"shares": SHARES, "floor": FLOOR, "near": NEAR}
    data = data_hash([t["thread_id"] for t in threads])
    made = signature(TASK, data=data, model="none", embedder=NAME, settings=settings)
    return Report("helpers", {TASK: made}, tuple(rows), (*facts, *_compared(rows)))


def _systems() -> dict[str, Ranking]:
    random = np.random.default_rng(SEED)
    return {
        OURS: lambda said: [one.member_id for one in likely(said, busy={}, room={})],
        RANDOM: lambda said: [str(m) for m in random.permutation(sorted({one.member_id for one in said}))],
        MOST_ACTIVE: lambda said: [member for member, _ in Counter(one.member_id for one in said).most_common()],
        PLAIN_SUM: lambda said: _by_sum(said),
    }


def _by_sum(said: Sequence[Said]) -> list[str]:
    total: Counter[str] = Counter()
    for one in said:
        total[one.member_id] += one.cosine_similarity  # type: ignore[assignment]  # a counter of floats
    return [member for member, _ in total.most_common()]


def _hidden(threads: Sequence[dict[str, Any]], embed: Callable[[Sequence[str]], FloatArray]) -> Iterator[_Asked]:
    posts = [post for n, thread in enumerate(threads) for post in _posts(n, thread)]
    titles = [thread["question"]["title"] for thread in threads]
    vectors = embed([embedded_text(titles[post.thread], (), post.text) for post in posts])
    questions = embed(
        [f"{title}\n{t['question']['body_text'][:READ]}" for title, t in zip(titles, threads, strict=True)]
    )
    cosines = vectors @ questions.T
    for n, thread in enumerate(threads):
        asker = str(thread["question"].get("owner_user_id"))
        said = tuple(
            Said(p.member_id, p.kind, float(cosines[at, n]), marked=p.accepted, space_id="s", source_id=str(at))
            for at, p in enumerate(posts) if p.thread != n and p.member_id != asker
        )  # fmt: skip
        counts = Counter(one.member_id for one in said)
        wrote = {p.member_id for p in posts if p.thread == n and p.kind == "answered" and p.member_id in counts}
        if wrote:
            active = [member for member, _ in counts.most_common(max(1, len(counts) // ACTIVE))]
            yield _Asked(thread["thread_id"], said, frozenset(wrote), frozenset(active))


def _posts(n: int, thread: dict[str, Any]) -> Iterator[_Post]:
    """Of members who are known: the question, its answers, and comments on both."""
    asked = thread["question"]
    if asked.get("owner_user_id"):
        yield _Post(n, str(asked["owner_user_id"]), "asked", asked["body_text"][:READ])
    for answer in thread["answers"]:
        if answer.get("owner_user_id"):
            accepted = answer["id"] == asked.get("accepted_answer_id")
            yield _Post(n, str(answer["owner_user_id"]), "answered", answer["body_text"][:READ], accepted)
    for comment in _comments(thread["comments"]):
        if comment.get("user_id"):
            yield _Post(n, str(comment["user_id"]), "wrote", comment["text"][:READ])


def _comments(node: Any) -> Iterator[dict[str, Any]]:
    """Wherever they hang."""
    if isinstance(node, dict) and "text" in node:
        yield node
    elif isinstance(node, dict | list):
        for inner in node.values() if isinstance(node, dict) else node:
            yield from _comments(inner)


def _rows(system: str, asked: Sequence[_Asked], proposed: Mapping[str, Sequence[str]]) -> list[Row]:
    right = {one.id: len(one.answered & set(proposed[one.id])) for one in asked}
    return [
        Row(TASK, system, f"P@{MOST}", {one.id: right[one.id] / MOST for one in asked}),
        Row(TASK, system, f"R@{MOST}", {one.id: right[one.id] / len(one.answered) for one in asked}),
    ]


def _facts(system: str, asked: Sequence[_Asked], proposed: Mapping[str, Sequence[str]]) -> list[Fact]:
    every = [(one, member) for one in asked for member in proposed[one.id]]
    active = sum(member in one.active for one, member in every)
    return [
        Fact(TASK, f"{system}: proposed from the most active tenth", active / max(len(every), 1)),
        Fact(TASK, f"{system}: different members proposed", len({member for _, member in every})),
    ]


def _recognised(threads: Sequence[dict[str, Any]], embedder: Recent) -> list[Fact]:
    """Of every other thread: how often a reply without a title is taken for an answer to the thread's question."""
    judge, chosen = load(), threads[::2]
    answers = [t["answers"][0]["body_text"] if t["answers"] else "" for t in chosen]
    comments = [next(_comments(t["comments"].get("question", [])), {"text": ""})["text"] for t in chosen]
    kinds = {"answers": answers, "comments on the question": comments, "answers to another": [*answers[1:], answers[0]]}
    facts = []
    for kind, texts in kinds.items():
        asked = [(t["question"]["title"], text) for t, text in zip(chosen, texts, strict=True) if text]
        found = [judge.probability(title, _reply(title, text, embedder), embedder) for title, text in asked]
        taken = sum(one >= ENOUGH["balanced"] for one in found)
        facts.append(Fact(REPLIES, f"{kind}: taken for an answer, of {len(found)}", taken / len(found)))
    return facts


def _reply(question: str, text: str, embedder: Recent) -> list[Passage]:
    parts = [text[at : at + PART] for at in range(0, min(len(text), 4 * PART), PART)]
    cosines = embedder.embed(parts) @ embedder.embed([question])[0]
    read = [
        Passage("s", "reply", "", (), "", 0, len(part), part, 0.0, cosine_similarity=float(near))
        for part, near in zip(parts, cosines, strict=True)
    ]
    return sorted(read, key=lambda passage: -passage.cosine_similarity)


def _compared(rows: Sequence[Row]) -> list[Fact]:
    """How ours differs in recall."""
    values = {row.system: row.values for row in rows if row.measure == f"R@{MOST}"}
    differ = {other: paired(values[OURS], values[other]) for other in (RANDOM, MOST_ACTIVE, PLAIN_SUM)}
    found = {other: (one.difference, one.p) for other, one in differ.items() if one is not None}
    return [
        Fact(TASK, f"R@{MOST}: cohost - {other}, p {p:.2f}", by.mean, "", by.low, by.high)
        for other, (by, p) in found.items()
    ]
