"""What an introduction says: to hosts who, why and when; to those invited nothing but what may be told to them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from cohost.match.ordered import Rule

NAME = "match"


class Person(BaseModel):
    """Somebody who would be introduced."""

    model_config = ConfigDict(frozen=True)
    member_id: str
    name: str


class StatedFact(BaseModel):
    """Something that one of them says of themselves, and that the texts repeat."""

    model_config = ConfigDict(frozen=True)
    member_id: str
    field: str
    value: str


class IntroductionPayload(BaseModel):
    """`text` is what everybody reads once all have accepted, below the names."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    title: str
    round_id: str
    shape: str
    purpose: str
    people: tuple[Person, ...]
    parts: dict[str, float] = Field(default_factory=dict)  # of the compatibility, before weighting
    unmet: tuple[Rule, ...] = ()  # rules of the round that it does not keep; for hosts alone
    reasons: tuple[str, ...] = ()
    facts: tuple[StatedFact, ...] = ()
    text: str = ""
    until: str = ""  # when the round ends, in words
    invitations: dict[str, str] = Field(default_factory=dict)  # member id → without any name
    reminders: dict[str, str] = Field(default_factory=dict)
    times: dict[str, tuple[str, ...]] = Field(default_factory=dict)  # member id → in their own time zone

    @property
    def member_ids(self) -> tuple[str, ...]:
        """Everybody in it."""
        return tuple(person.member_id for person in self.people)
