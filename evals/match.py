"""Does matching find who belongs together, how near is it to the optimum, and how long does it take?"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from cohost.match.child import apart
from cohost.match.compatibility import Compatibility, Features
from cohost.match.groups import match_groups, worst
from cohost.match.mentors import match_mentors
from cohost.match.pairs import Matched, match_pairs
from cohost.match.profile import Profile
from cohost.match.rules import Allowed, Must
from cohost.ports import FloatArray
from evals.harness import OURS, Fact, Report, Row, Setup, data_hash, signature
from evals.measures import Values, paired
from evals.sets import SHARED, lines
from knowledge.quick import NAME, QuickEmbedder

R = TypeVar("R")
TAGS, PAIRS, MENTORS, GROUPS = "hidden tags", "pairs", "mentors", "groups"
FEWEST, MOST, DEPTH = 3, 30, 10  # holders of a tag that is hidden; places looked at
TEXT_COUNTS = 0.5  # beside 1 for the tags: a bio says less, and in more words
MEMBERS, SKIPPED, OPTIMUM_OF, CLUSTERS, DIMENSIONS = 10_000, 500, 1_000, 40, 64
MENTEES, MENTOR_COUNT, ROOM = 5_000, 800, 8
PLANTED, SIZE, SEEDS = 1_000, 4, 20


def measure(setup: Setup) -> Report:
    """Hidden tags on open profiles; size, time and distance from the optimum on generated ones."""
    rows: list[Row] = []
    facts: list[Fact] = []
    if setup.wants(TAGS):
        setup.say("Looking for members who share a hidden tag")
        rows += _hidden_tags(setup)
        facts += _against_single_parts(rows)
    for name, found in ((PAIRS, _pairs), (MENTORS, _mentors)):
        if setup.wants(name):
            setup.say(f"Matching {name}")
            facts += found()
    if setup.wants(GROUPS):
        setup.say("Finding planted groups")
        planted = {str(seed): _planted(seed) for seed in range(SEEDS)}
        rows.append(Row(GROUPS, OURS, "worst / planted worst", planted))
        facts.append(Fact(GROUPS, f"lowest of {SEEDS} seeds", min(planted.values())))
    tasks = [row.task for row in rows] + [fact.task for fact in facts]
    made_of = signature("match", data=_data(), model="none", embedder=NAME, settings={"text": TEXT_COUNTS})
    return Report("match", dict.fromkeys(tasks, made_of), tuple(rows), tuple(facts))


def _hidden_tags(setup: Setup) -> list[Row]:
    people = lines(SHARED / "members" / "profiles.jsonl")
    tags = [sorted({tag.strip().casefold() for tag in person["tags"]}) for person in people]
    embedder = QuickEmbedder(Path(setup.work))
    names = sorted({tag for own in tags for tag in own})
    vector = dict(zip(names, embedder.embed(names), strict=True))
    whole = np.stack([_mean([vector[tag] for tag in own]) for own in tags])
    said = embedder.embed([person["bio"] for person in people])
    holders = {tag: {at for at, own in enumerate(tags) if tag in own} for tag in names}
    asked = [(at, tag) for tag in names if FEWEST <= len(holders[tag]) <= MOST for at in sorted(holders[tag])]
    found: dict[str, Values] = {"random": {}, "tags only": {}, "text only": {}, OURS: {}}
    for at, tag in asked:
        rest = _mean([vector[other] for other in tags[at] if other != tag])
        by_tags, by_text = whole @ rest, said @ said[at]
        both = by_tags + TEXT_COUNTS * by_text
        sharing = holders[tag] - {at}
        for system, scores in (("tags only", by_tags), ("text only", by_text), (OURS, both)):
            found[system][f"{at} {tag}"] = _precision(scores, at, sharing)
        found["random"][f"{at} {tag}"] = len(sharing) / (len(people) - 1)  # what drawing lots gives on average
    return [Row(TAGS, system, f"P@{DEPTH}", values) for system, values in found.items()]


def _mean(vectors: Sequence[FloatArray]) -> FloatArray:
    if not vectors:
        return np.zeros(384, np.float32)
    mean = np.mean(vectors, axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), np.float32)


def _precision(scores: FloatArray, asker: int, sharing: set[int]) -> float:
    ranked = [int(at) for at in np.argsort(-scores, kind="stable") if at != asker][:DEPTH]
    return len(sharing & set(ranked)) / DEPTH


def _against_single_parts(rows: Sequence[Row]) -> list[Fact]:
    values = {row.system: row.values for row in rows}
    facts = []
    for single in ("tags only", "text only"):
        differ = paired(values[OURS], values[single])
        if differ is not None:
            facts += [
                Fact(TAGS, f"combined - {single}", differ.difference.mean, "", differ.difference.low, differ.difference.high),
                Fact(TAGS, f"p of combined - {single}", differ.p),
            ]  # fmt: skip
    return facts


def _pairs() -> list[Fact]:
    compatibility, allowed = _community(MEMBERS)
    seconds, matched = _timed(lambda: apart(match_pairs, compatibility, allowed))
    before = Allowed(tuple(replace(p, skipped=int(at < SKIPPED)) for at, p in enumerate(allowed.people)), allowed.must)
    with_skipped, first = _timed(lambda: apart(match_pairs, compatibility, before))
    small, rules = _community(OPTIMUM_OF)
    return [
        Fact(PAIRS, f"{MEMBERS} members", seconds, "s"),
        Fact(PAIRS, f"with {SKIPPED} who were left out before", with_skipped, "s"),
        Fact(PAIRS, "of those, left out again", sum(at < SKIPPED for at in first.left_out), "members"),
        Fact(PAIRS, "largest child process", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, "MB"),
        Fact(PAIRS, "left out", len(matched.left_out), "members"),
        Fact(
            PAIRS, f"total / optimum of {OPTIMUM_OF}", _total(small, match_pairs(small, rules)) / _optimum(small, rules)
        ),
    ]


def _optimum(compatibility: Compatibility, allowed: Allowed) -> float:
    """The total of the best matching on all pairs."""
    return _total(compatibility, match_pairs(compatibility, allowed, candidates=len(allowed.people)))


def _total(compatibility: Compatibility, matched: Matched) -> float:
    return sum(float(compatibility.block([group[0]], [group[1]])[0, 0]) for group in matched.groups)


def _community(n: int) -> tuple[Compatibility, Allowed]:
    """Members in clusters of interest, in three languages, free some evenings of one of 24 time zones."""
    random = np.random.default_rng(0)
    asks, offers, goals, interests, about = (_clustered(random, n) for _ in range(5))
    level, posts = random.integers(0, 5, n).astype(np.float32), random.exponential(2, n).astype(np.float32)
    zones, languages = random.integers(0, 24, n), random.choice(["en", "es", "hi"], n)
    people = tuple(
        Profile(f"m{at:05}", languages=frozenset({str(languages[at])}), hours=frozenset(_evenings(int(zones[at]))))
        for at in range(n)
    )
    return Compatibility(Features(asks, offers, goals, interests, about, level, posts)), Allowed(
        people, Must(overlap_hours=3, shared_language=True)
    )


def _evenings(zone: int) -> set[int]:
    return {(day * 24 + hour - zone) % 168 for day in range(5) for hour in range(18, 22)}


def _clustered(random: np.random.Generator, n: int) -> FloatArray:
    centres = random.standard_normal((CLUSTERS, DIMENSIONS))
    vectors = centres[random.integers(0, CLUSTERS, n)] + 0.7 * random.standard_normal((n, DIMENSIONS))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def _mentors() -> list[Fact]:
    random = np.random.default_rng(0)
    popular = random.random(MENTOR_COUNT) ** 4
    scores = np.asarray(random.random((MENTEES, MENTOR_COUNT)) + popular, np.float32)
    every, room = np.ones(scores.shape, bool), [ROOM] * MENTOR_COUNT
    seconds, assigned = _timed(lambda: apart(match_mentors, scores, every, room, [0] * MENTEES))
    alone = sum(mentor is None for mentor in assigned.mentor_of)
    return [Fact(MENTORS, f"{MENTEES} x {MENTOR_COUNT}", seconds, "s"), Fact(MENTORS, "left out", alone, "mentees")]


def _planted(seed: int) -> float:
    """The worst group's mean score, as a share of the worst planted one's."""
    random = np.random.default_rng(seed)
    group = random.permutation(np.arange(PLANTED) // SIZE)
    vectors = random.standard_normal((PLANTED // SIZE, 32))[group] + 0.6 * random.standard_normal((PLANTED, 32))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    scores = np.asarray(vectors @ vectors.T, np.float32)
    planted = [tuple(np.flatnonzero(group == at).tolist()) for at in range(PLANTED // SIZE)]
    return worst(match_groups(scores, ~np.eye(PLANTED, dtype=bool), SIZE).groups, scores) / worst(planted, scores)


def _timed(work: Callable[[], R]) -> tuple[float, R]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def _data() -> str:
    return data_hash([(SHARED / "members" / "profiles.jsonl").read_text(encoding="utf-8")])
