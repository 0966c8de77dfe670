"""Whom a question is put to: what somebody is asked by name is theirs to answer, so only their own words count."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cohost.model import Member

_GREETING = r"(?:(?:hi|hey|hello|dear|thanks|thank you|good (?:morning|evening))[ ,]+)?"


def addressed(question: str, members: Sequence[Member]) -> tuple[Member, ...]:
    """The members whom the question speaks to: `Ana, how do you …`, `… do you soak it, Ana?`, `@Ana`."""
    return tuple(member for member in members if member.name.strip() and _speaks_to(question, member.name))


def _speaks_to(question: str, name: str) -> bool:
    called = "|".join(re.escape(form) for form in dict.fromkeys((name, name.split()[0])))
    at_start = rf"^\s*{_GREETING}(?:{called})\s*[,:!–-]"
    at_end = rf",\s*(?:{called})\s*[?!.]*\s*$"
    # only the greeting may be in any case: "will" and "mark" are words, "Will" and "Mark" are people
    found = re.search(rf"(?i:{at_start})|(?i:{at_end})|@(?i:{called})\b", question)
    return found is not None and any(form in found.group() for form in (name, name.split()[0]))
