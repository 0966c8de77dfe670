"""What a discussion prompt says."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

NAME = "discuss"


class PromptPayload(BaseModel):
    """`text` is Markdown as it will be posted; its first block is the quoted sentence."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    kind: str = "prompt"  # others: welcome, recap, kickoff
    format: str
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
    publish_at: str = ""  # when the calendar wants it posted; the host's own time goes before
