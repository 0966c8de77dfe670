"""What an invitation to help says: to hosts who is asked and why, to those asked the question."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

NAME = "help"


class Telling(BaseModel):
    """One thing that says somebody may know: where it stands, and no word of it."""

    model_config = ConfigDict(frozen=True)
    kind: str  # answered, wrote, asked, offers
    cosine_similarity: float  # with the question, -1..1
    marked: bool = False  # an approved answer quotes it
    space_id: str = ""  # of a post
    source_id: str = ""


class Likely(BaseModel):
    """Somebody who is asked."""

    model_config = ConfigDict(frozen=True)
    member_id: str
    name: str
    strength: float
    telling: tuple[Telling, ...] = ()


class HelpPayload(BaseModel):
    """`text` is what each of them reads below their name."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    title: str
    question_id: str
    people: tuple[Likely, ...] = ()
    text: str = ""
    until: str = ""  # in words
