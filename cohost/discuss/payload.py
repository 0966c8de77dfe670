"""What a discussion prompt says."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

NAME = "discuss"


class Stated(BaseModel):
    """Something a member says of themselves and shows, that a welcome repeats."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    member_id: str
    field: str
    value: str


class Wording(BaseModel):
    """The same draft in other words; its evidence is the same."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    format: str
    title: str
    text: str
    options: tuple[str, ...] = ()
    low_effort: str = ""
    reworded: str = ""  # how it came of another one, for the host
    provenance: dict[str, Any] = {}  # as that of a suggestion


class PromptPayload(BaseModel):
    """`text` is Markdown as it will be posted; that of a prompt begins with the quoted sentence."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    kind: str = "prompt"  # others: welcome, recap, kickoff
    format: str  # of another kind: the kind
    title: str
    text: str
    concept: str = ""
    options: tuple[str, ...] = ()  # of a poll, 3 to 5
    low_effort: str = ""  # the variant for quiet members; it is posted below the text
    why_now: str = ""
    serves: str = ""  # part of the Big Purpose, in the host's words
    serves_part: str = ""  # goal, activity or outcome
    tone: str = ""
    theme: str = ""
    ground: str = ""  # of a prompt: event, question, thread or milestone; "" = a lesson
    about: str = ""  # of a prompt: what it is about, if no lesson; of other kinds: which member, week or lesson
    people: tuple[str, ...] = ()  # members it names; it is withdrawn when one of them leaves
    facts: tuple[Stated, ...] = ()
    reworded: str = ""  # how these words came of earlier ones, for the host; "" = they are the first
    earlier: tuple[Wording, ...] = ()  # what it was before a host had it worded anew, oldest first
    variations: tuple[Wording, ...] = ()  # others to choose instead
    publish_at: str = ""  # when the calendar wants it posted; the host's own time goes before
