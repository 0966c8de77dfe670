"""What a flag says."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from cohost.jobs.moderate_words import Step

NAME = "moderate"
REPORTED = "reported"
MOST_SPANS = 20


class Opinion(BaseModel):
    """What a second reader says of the same post."""

    model_config = ConfigDict(frozen=True)
    name: str
    sees_it: bool
    reason: str = ""


class FlagPayload(BaseModel):
    """A flag and a step: two separate things. `text` is the private note to the author."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    title: str
    category: str
    also: tuple[str, ...] = ()  # other categories seen in the same post
    guideline: int | None = Field(None, ge=1)  # number of the community's guideline
    guideline_text: str = ""
    step: Step
    by_hand: str = ""  # what a person has to do on the platform for the step, because the connector cannot
    move_to: str | None = None  # the space, for the step `move`
    text: str = ""
    space_id: str
    source_id: str
    source_version: int
    author_id: str | None = None
    readers: tuple[Opinion, ...] = ()  # second ones; where they disagree, that is shown
    concerned: tuple[str, ...] = ()  # members who do not decide it: the author, and whom the post answers
