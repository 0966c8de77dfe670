"""The records of a community: what exists, and what is asked of a co-host."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

Role = Literal["member", "moderator", "host", "platform"]
SpaceKind = Literal["course", "discussion", "event", "chat"]
Visibility = Literal["members", "private"]
Answers = Literal["full", "tutor"]  # tutor: hints and where to read, no solutions
SourceKind = Literal["lesson", "transcript", "page", "post", "event"]
Origin = Literal["person", "cohost", "bot"]
RequestStatus = Literal["waiting", "claimed", "done", "failed"]

UnaskedKind = Literal["prompt", "welcome", "recap", "kickoff"]
UNASKED: tuple[UnaskedKind, ...] = get_args(UnaskedKind)  # drafts that nobody needs to ask for, unless switched off
STAFF: frozenset[Role] = frozenset({"moderator", "host"})


@dataclass(frozen=True)
class BigPurpose:
    """Who the community is for and what it is about; each change makes a new version."""

    version: int = 0
    for_whom: str = ""
    goals: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    outcome: str = ""
    sentence: str = ""  # all of it in one: "We bring together … in order to … so that …"


@dataclass(frozen=True)
class CommunitySettings:
    """What the hosts of one community decide."""

    jobs: tuple[str, ...] = ("answer",)  # which jobs run
    connector: str = "board"  # where approved suggestions are published
    caution: Literal["careful", "balanced", "bold"] = "balanced"  # how sure the co-host must be before it drafts
    answer_words: int = 150  # upper bound of an answer
    categories_off: tuple[str, ...] = ()  # of moderation: what is not looked for
    flag_budget: Literal["few", "balanced", "many"] = "balanced"  # of ordinary posts, 1, 2 or 5 in a hundred at most
    flags_per_day: int = 20  # what exceeds it waits unflagged; threats, distress and personal data always come through
    moderation_shadow: bool = False  # read and count, and put nothing to the queue
    moderation_version: int = -1  # of what was learned from decisions: -1 = the newest, 0 = as shipped
    category_guidelines: dict[str, str] = field(default_factory=dict)  # category → the guideline a host chose for it
    words_excluded: tuple[str, ...] = ()  # words and short phrases that drafts do not use; what they quote may
    unasked_off: tuple[str, ...] = ()  # kinds of drafts (UNASKED) that are made only when a host asks
    waiting_text: str = "Thank you. A host will answer here soon."  # the one sentence a member sees until then


@dataclass(frozen=True)
class Community:
    """One tenant."""

    id: str
    name: str
    big_purpose: BigPurpose = BigPurpose()
    guidelines: tuple[str, ...] = ()  # numbered from 1 by position
    settings: CommunitySettings = CommunitySettings()


@dataclass(frozen=True)
class Member:
    """A person in a community; `active=False` means they left, not that they are erased."""

    id: str
    name: str
    role: Role = "member"
    active: bool = True
    joined_at: datetime | None = None
    profile: dict[str, Any] = field(
        default_factory=dict
    )  # bio, goals, interests, offers, asks, level, languages, time_zone


@dataclass(frozen=True)
class Space:
    """A place in the community; a private space is read by its `member_ids` and by staff."""

    id: str
    name: str
    kind: SpaceKind
    visibility: Visibility
    member_ids: frozenset[str] = frozenset()
    pk: int = 0  # database key, also the token that filters the full-text index
    version: int = 0  # grows with every change of its chunks; resident copies compare it
    answers: Answers = "full"  # how questions asked in it are answered; kept when a platform replaces the space


@dataclass(frozen=True)
class Source:
    """One item that is read, in its current version; identified by (space, id)."""

    space_id: str
    id: str
    kind: SourceKind
    title: str
    text: str  # as extracted; all offsets count code points of this text
    author_id: str | None = None
    parent_id: str | None = None  # the thread root, for a reply
    url: str | None = None
    origin: Origin = "person"
    created_at: datetime | None = None
    updated_at: datetime | None = None
    version: int = 1
    pk: int = 0
    set_aside: bool = False  # held or removed by a moderator: its author and staff alone see it


@dataclass(frozen=True)
class SourceInput:
    """A source as a platform, a member or a file hands it over."""

    id: str
    kind: SourceKind
    title: str
    text: str = ""
    html: str | None = None
    author_id: str | None = None
    parent_id: str | None = None
    url: str | None = None
    origin: Origin = "person"
    created_at: datetime | None = None
    updated_at: datetime | None = None  # None = now


@dataclass(frozen=True)
class Caller:
    """Who is calling, with the role they hold at this moment."""

    community_id: str
    role: Role
    member_id: str | None  # None only for a platform key that acts for nobody
    via: Literal["key", "session"]
    credential_id: str
    by_platform: bool = False  # a platform key, also when it acts for a member: it never decides

    @property
    def is_staff(self) -> bool:
        """Whether the caller is a host or a moderator in person."""
        return self.role in STAFF and not self.by_platform


@dataclass(frozen=True)
class Passage:
    """A chunk as retrieved. `text` is `source.text[start:end]` exactly."""

    space_id: str
    source_id: str
    title: str
    headings: tuple[str, ...]  # outermost first
    place: str  # "page 3", "slide 4", "00:02:15", "#slug" or ""
    start: int
    end: int
    text: str
    score: float  # fused, higher is better, comparable within one query
    cosine_similarity: float = 0.0  # -1..1
    lexical_score: float = 0.0  # 0..1, normalised within one query
    url: str | None = None
    source_version: int = 1
    kind: SourceKind = "lesson"
    updated_at: datetime | None = None
    author_id: str | None = None
    parent_id: str | None = None
    chunk_pk: int = 0


@dataclass(frozen=True)
class Request:
    """Something to act on. For the job `answer`: a question, whose id is the request's."""

    id: str
    community_id: str
    job: str
    payload: dict[str, Any]
    requested_by: str | None
    space_id: str | None
    status: RequestStatus
    attempts: int
    created_at: datetime
