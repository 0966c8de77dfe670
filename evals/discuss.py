"""Prompts for discussion made without a model: do quotes stand, do any repeat, is every form there, is the English clean?"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from cohost import demo
from cohost.bootstrap import App, build
from cohost.discuss.patterns import FORMATS
from cohost.discuss.payload import PromptPayload
from cohost.discuss.repeats import ALIKE, POSTS_LOOKED_AT, Earlier, text_of
from cohost.ids import new_id
from cohost.model import Caller, Community, CommunitySettings, Member, Request, Source, Space
from cohost.settings import load
from cohost.store import people, places, requests, sources, suggestions
from cohost.store.audit import OPERATOR
from cohost.suggestion import Suggestion
from evals.harness import OURS, Fact, Report, Row, Setup, signature
from evals.sets import SHARED

COURSES = ("ml-beginners", "hf-nlp", "agents", "workshops")
DRAFTS = 60
CHECKED = 50  # drafts whose repeat check is timed
SAMPLE = "sample"
# What a careful reader would mark. Only the words around the quotation are looked at: the lesson's are its author's.
SLIPS = {
    "doubled word": re.compile(r"\b(\w+) \1\b", re.IGNORECASE),
    "a before a vowel": re.compile(r"\ba (?=[aeio]\w)"),  # "A or B" are the sides of a debate
    "an before a consonant": re.compile(  # "an LLM" is right
        r"\ban (?!(?-i:[FHLMNRSX][A-Z]))(?=[bcdfgjklmnpqrtvwxyz]\w)", re.IGNORECASE
    ),
    "space before a mark": re.compile(r" [,.;:!?]"),
    "no space after a mark": re.compile(r"[a-z][,;!?][A-Za-z]"),
    "doubled article": re.compile(r"\b(?:the|a|an) \*?(?:the|a|an)\b", re.IGNORECASE),
    "unfilled place": re.compile(r"[{}]"),
    "small letter at the start": re.compile(r"(?:^|[.?!] )(?=[a-z])", re.MULTILINE),
    "doubled mark": re.compile(r"[,;:]{2,}|\.\.(?!\.)|\?\?|!!"),
}
PLANTED = (
    "What do you you think?", "This is a apple.", "It is an bowl.", "Well , yes.", "Yes,indeed it is.", "See the the knot.",
    "About {concept}.", "we begin small.", "Really??",
)  # fmt: skip


def measure(setup: Setup) -> Report:
    """Sixty drafts on every course and on the sample community."""
    missed = [text for text in PLANTED if not slips(text)]
    facts = [Fact("checker", "planted slips that it catches", 1 - len(missed) / len(PLANTED))]
    rows: list[Row] = []
    for name in (SAMPLE, *COURSES):
        if setup.wants(name):
            made_rows, made_facts = _course(name)
            rows += made_rows
            facts += made_facts
    if setup.wants("speed"):
        facts += _speed()
    made = signature("discuss", data="courses and the sample", model="", embedder="", settings=f"{DRAFTS} drafts")
    return Report("discuss", {"discuss": made}, tuple(rows), tuple(facts))


def _speed() -> list[Fact]:
    """The repeat check against 10,000 past posts, and a year's calendar of five spaces; seconds on this machine."""
    with TemporaryDirectory() as folder:
        core = build(load({"COHOST_HOME": folder}))
        try:
            return [Fact("speed", "seconds a draft for the repeat check", _repeats_s(core)),
                    Fact("speed", "seconds to plan 52 weeks of five spaces", _calendar_s(core))]  # fmt: skip
        finally:
            core.close()


def _repeats_s(core: App) -> float:
    _community(core, ())
    with core.store.read() as tx:
        earlier = Earlier(tx, "c", core.embedder)
    drawn = np.random.default_rng(7).normal(size=(POSTS_LOOKED_AT, core.embedder.dimensions)).astype(np.float32)
    earlier.learn(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))
    drafts = [PromptPayload(format="question", title=f"Rope {n}", text=f"Which {n} ropes?") for n in range(CHECKED)]
    begun = time.monotonic()
    for n, one in enumerate(drafts):
        (vector,) = earlier.embed([text_of(one)])
        earlier.knows(one, str(n), vector)
        earlier.add(one, str(n), vector)
    return (time.monotonic() - begun) / CHECKED


def _calendar_s(core: App) -> float:
    spaces = tuple(f"space-{n}" for n in range(5))
    _community(core, spaces)
    host = Caller("c", "host", "hana", "key", "")
    begun = time.monotonic()
    for space in spaces:
        core.calendar.plan(host, space, weeks=52, a_week=1, themes=(), actor=OPERATOR)
    return time.monotonic() - begun


def _community(core: App, spaces: Sequence[str]) -> None:
    with core.store.write() as tx:
        people.put_community(
            tx, Community("c", "A course", settings=CommunitySettings(jobs=("discuss",))), core.clock()
        )
        people.put_member(tx, "c", Member("hana", "Hana", "host"), core.clock())
        for space in spaces:
            places.put_space(tx, "c", Space(space, space, "discussion", "members"), core.clock())


def slips(text: str) -> list[str]:
    """What a careful reader would mark in a draft's own words."""
    own = "\n".join(line for line in text.splitlines() if line and not line.startswith((">", "-")))
    plain = own.replace("*", "")
    return [name for name, pattern in SLIPS.items() if pattern.search(plain)]


def drafted(name: str) -> list[tuple[Suggestion, Source]]:
    """All drafts of a set about lessons, each with its lesson."""
    with TemporaryDirectory() as folder:
        core = build(load({"COHOST_HOME": folder}))
        try:
            community, space = read_into(core, name)
            drafts = [one for one in drafts_of(core, community, space) if not one.payload["ground"]]
            with core.store.read() as tx:
                places_of = [(d.evidence[0].space_id, d.evidence[0].source_id) for d in drafts]
                texts = sources.texts(tx, community, places_of)
            return [(draft, texts[place]) for draft, place in zip(drafts, places_of, strict=True)]
        finally:
            core.close()


def _course(name: str) -> tuple[list[Row], list[Fact]]:
    with TemporaryDirectory() as folder:
        core = build(load({"COHOST_HOME": folder}))
        try:
            community, space = _sample(core) if name == SAMPLE else _read(core, name)
            begun = time.monotonic()
            drafts = drafts_of(core, community, space)
            seconds = time.monotonic() - begun
            return _judged(core, community, name, drafts, seconds)
        finally:
            core.close()


def _judged(
    core: App, community: str, name: str, drafts: Sequence[Suggestion], seconds: float
) -> tuple[list[Row], list[Fact]]:
    with core.store.read() as tx:
        texts = sources.texts(tx, community, [(i.space_id, i.source_id) for d in drafts for i in d.evidence])
    stands = {
        str(n): float(all(texts[i.space_id, i.source_id].text[i.start : i.end] == i.quote for i in d.evidence))
        for n, d in enumerate(drafts)
    }
    payloads = [PromptPayload.model_validate(d.payload) for d in drafts]
    vectors = core.embedder.embed([text_of(one) for one in payloads])
    near = np.tril(vectors @ vectors.T, -1)
    clean = {str(n): float(not slips(f"{p.title}\n{p.text}\n{p.low_effort}")) for n, p in enumerate(payloads)}
    forms = Counter(p.format for p in payloads)
    return [
        Row(name, OURS, "evidence at its offsets", stands), Row(name, OURS, "no slip found", clean),
    ], [
        Fact(name, "drafts", len(drafts)), Fact(name, "near repeats", int((near >= ALIKE).any(axis=1).sum())),
        Fact(name, "highest cosine of two", float(near.max()) if len(drafts) > 1 else 0.0),
        Fact(name, "formats", len([form for form in FORMATS if forms[form]])),
        Fact(name, "seconds a draft", seconds / max(len(drafts), 1)),
    ]  # fmt: skip


def drafts_of(core: App, community: str, space: str, *, variations: int = 1) -> list[Suggestion]:
    """Sixty drafts, in so many wordings."""
    payload = {"kind": "prompt", "space_id": space, "number": DRAFTS, "variations": variations}
    asked = Request(new_id("rq"), community, "discuss", payload, None, space, "waiting", 0, core.clock())
    with core.store.write() as tx:
        requests.add(tx, asked)
    while core.worker.draft_one():
        pass
    with core.store.read() as tx:
        return [one for one in suggestions.of_request(tx, asked.id) if one.status == "pending"]


def _sample(core: App) -> tuple[str, str]:
    demo.load(core, lambda done, total, name: None)
    return demo.community_id(), "bake-table"


def _read(core: App, name: str) -> tuple[str, str]:
    with core.store.write() as tx:
        settings = CommunitySettings(jobs=("discuss",))
        people.put_community(tx, Community("c", "A course", settings=settings), core.clock())
        places.put_space(tx, "c", Space("course", "Course", "course", "members"), core.clock())
    folder = Path(SHARED) / "courses" / name
    core.files.ingest_path("c", "course", folder, OPERATOR, on_progress=lambda done, total, file: None)
    return "c", "course"


def read_into(core: App, name: str) -> tuple[str, str]:
    """(community, space) of a set, read into an empty database."""
    return _sample(core) if name == SAMPLE else _read(core, name)
