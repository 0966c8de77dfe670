"""The kind `welcome` of the job `discuss`: to a new member alone, from what they show, with a person and a thread to meet."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cohost import audience
from cohost.discuss.links import linked
from cohost.discuss.meeting import Match, allowed, conversation, host, somebody, sought, welcoming
from cohost.discuss.occasions import quoted, words
from cohost.discuss.payload import NAME, PromptPayload, Stated
from cohost.discuss.spans import evidence
from cohost.jobs.discuss_words import Parts, written
from cohost.jobs.shape import Outcome, Tools
from cohost.match.stored import Fact, facts_of, says
from cohost.model import Community, Passage, Request, Source
from cohost.ports import Query
from cohost.store import Tx, people, profiles, safety_cases, sources, suggestions
from cohost.store.profiles import StoredProfile
from cohost.suggestion import Abstention, Destination, Draft, Provenance, Suggestion

SAID_BACK = 2  # values of a field: a welcome is no list
TOGETHER = 2  # activities of the community
NOTHING_TO_SHOW = (
    "There is no lesson and no lively thread yet that every member may read, so a welcome has nothing to point to."
)
# Before or instead of a first name.
_NO_FIRST_NAME = frozenset(
    "dr prof professor mr mrs ms miss mx sir dame herr frau mme m el la de di van von der al".split()
)


@dataclass(frozen=True)
class _Welcome:
    """What is known of the new member, and what they are shown."""

    tools: Tools
    me: StoredProfile
    names: Mapping[str, str]
    match: Match | None
    person: str | None  # whom to meet: that of the match, else a host
    place: Source
    space_name: str

    @property
    def key(self) -> str:
        return self.me.member_id

    def own(self) -> list[Fact]:
        """What the welcome says back to them: of the first field that they show something of."""
        told = (self.match.mine,) if self.match else ()
        fields = ([f for f in facts_of(self.me, name) if f not in told] for name in ("goals", "interests", "asks"))
        return next((found[:SAID_BACK] for found in fields if found), [])


def propose(request: Request, tools: Tools) -> Sequence[Outcome]:
    """One draft; an abstention where there is nothing to point to, nothing where they are gone."""
    member_id, community_id, now = request.payload["member_id"], request.community_id, tools.clock()
    to = Destination("introduction", member_ids=(member_id,))
    with tools.store.read() as tx:
        me = profiles.find(tx, community_id, member_id) or StoredProfile(member_id)
    found = [p for text in sought(me) for p in tools.search.search(Query(community_id, text, to, top_k=30))]
    with tools.store.read() as tx:
        members = [one for one in people.all_members(tx, community_id) if one.active]
        seen = audience.sight(tx, community_id)
        place = conversation(tx, community_id, member_id, found, seen.open_to_all(), now) or _lesson(
            tx, community_id, found, seen.open_to_all()
        )
        others, named = welcoming(tx, community_id), _named(tx, community_id)
        apart = safety_cases.kept_apart(tx, community_id)
    names, hosts = {one.id: one.name for one in members}, [one.id for one in members if one.role == "host"]
    if member_id not in names or tools.embedder is None:
        return []
    made = Provenance("embedded", embedder=tools.embedder.name, retrieval=tools.search.signature())
    if place is None:
        return [Abstention(NOTHING_TO_SHOW, to, (), made, payload={"title": "No welcome", "text": ""})]
    match = somebody(me, others, apart, named, tools.embedder.embed)
    person = match.theirs.member_id if match else host(me, others, apart, named, hosts)
    welcome = _Welcome(tools, me, names, match, person, place, seen.spaces[place.space_id].name)
    return [_draft(welcome, to, made, tone=request.payload.get("tone") or "")]


def _draft(welcome: _Welcome, to: Destination, made: Provenance, *, tone: str) -> Draft:
    me, match, own = welcome.me, welcome.match, welcome.own()
    called = first_name(welcome.names[me.member_id])
    done = written("welcome", _parts(welcome, own, called), welcome.tools, made, tone=tone)
    facts = [*own, *((match.mine, match.theirs) if match else ())]
    shown = PromptPayload(
        format="welcome", kind="welcome", text=done.text,
        title=words(welcome.tools.community, "welcome", "title", "", name=called),
        about=me.member_id, people=tuple(filter(None, (me.member_id, welcome.person))), tone=tone, why_now=_why(welcome),
        facts=tuple(Stated(**fact.__dict__) for fact in dict.fromkeys(facts)),
    )  # fmt: skip
    items = (evidence(welcome.place),)
    return Draft(shown.model_dump(mode="json"), items, to, shown.why_now, 0.8 if match else 0.5, done.made, ())


def _parts(welcome: _Welcome, own: Sequence[Fact], called: str) -> Parts:
    key, community = welcome.key, welcome.tools.community
    greeting = words(community, "welcome", "greeting", key, name=called, community=community.name)
    opening = " ".join(filter(None, (greeting, _said_back(community, own, key))))
    together = community.big_purpose.activities[:TOGETHER]
    said = "; ".join(_plain(t) for t in together)
    joined = "" if own or not together else words(community, "welcome", "together", key, values=said)
    place = "thread" if welcome.place.kind == "post" else "lesson"
    named = {place: linked(community, welcome.place), "space": welcome.space_name}
    body = "\n\n".join(filter(None, (joined, _person(welcome), words(community, "welcome", place, key, **named))))
    return Parts(opening, body, words(community, "welcome", f"closing_{place}", key))


def _said_back(community: Community, own: Sequence[Fact], key: str) -> str:
    return (
        words(community, "welcome", own[0].field, key, values=quoted(tuple(fact.value for fact in own))) if own else ""
    )


def _person(welcome: _Welcome) -> str:
    match, community = welcome.match, welcome.tools.community
    if match is None:
        named = welcome.names.get(welcome.person or "")
        return words(community, "welcome", "host", welcome.key, person=named) if named else ""
    near = {"helps_you": "helps_same", "goals": "same_goals", "interests": "same_interests"}
    far = {"goals": "goals_near", "interests": "interests_near"}
    part = near.get(match.kind, match.kind) if match.same else far.get(match.kind, match.kind)
    values = {"mine": quoted((match.mine.value,)), "theirs": quoted((match.theirs.value,))}
    return words(community, "welcome", part, welcome.key, person=welcome.names[match.theirs.member_id], **values)


def _why(welcome: _Welcome) -> str:
    name, person = welcome.names[welcome.me.member_id], welcome.names.get(welcome.person or "")
    whom = f" {person} lets new members be told of them." if person else ""
    return f"{name} is new here. This uses only what they show; they alone will read it.{whom}"


def _lesson(tx: Tx, community_id: str, found: Sequence[Passage], open_spaces: frozenset[str]) -> Source | None:
    """The one that comes nearest to what they look for, else the first one."""
    near = next(((p.space_id, p.source_id) for p in found if p.kind != "post" and p.space_id in open_spaces), None)
    if near is not None:
        return sources.quotable(tx, community_id, [near]).get(near)
    return next((one.source for one in sources.lessons(tx, community_id, open_spaces, limit=1)), None)


def _named(tx: Tx, community_id: str) -> Counter[str]:
    """How often each was named in a welcome before."""
    return Counter(
        person for one in suggestions.of_job(tx, community_id, NAME) if one.payload.get("kind") == "welcome"
        for person in one.payload.get("people", ())[1:]
    )  # fmt: skip


def still_true(tx: Tx, suggestion: Suggestion, now: datetime) -> bool:
    """Whether all whom it names are here, show what it repeats, and may still be named to each other."""
    shown = PromptPayload.model_validate(suggestion.payload)
    community_id, named = suggestion.community_id, frozenset(shown.people)
    if not named <= people.hold_active(tx, community_id, named):
        return False
    stored = {one: profiles.find(tx, community_id, one) for one in named}
    if not all(says(stored.get(f.member_id), Fact(f.member_id, f.field, f.value)) for f in shown.facts):
        return False
    others = shown.people[1:] if shown.kind == "welcome" else ()
    return all(allowed(tx, community_id, shown.people[0], stored[one]) for one in others)


def first_name(name: str) -> str:
    """How somebody is greeted: the first word of a name that looks like a first name, else all of it."""
    first, *rest = name.split() or [""]
    plain = first.isalpha() and first.isascii() | first.istitle() and len(first) > 1 and first[0].isupper()
    return (
        first
        if rest and plain and first.casefold() not in _NO_FIRST_NAME and not re.search(r"[^\u0000-\u024f]", name)
        else name
    )


def _plain(text: str) -> str:
    return text.rstrip(".")
