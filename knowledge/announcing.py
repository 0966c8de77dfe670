"""Whether a text says what will be told instead of telling it, as lessons do all the time: English only, else no."""

from __future__ import annotations

import re

_PLACES = "section|video|chapter|lesson|unit|module|workshop|tutorial|course|notebook|part|page|slide"
_ANNOUNCES = re.compile(
    rf"\b(?:in (?:this|the (?:next|following|previous|last)|our|a later) (?:{_PLACES})|(?:this|that|the next) (?:{_PLACES})"
    r"|(?:we|you)(?:['’]ll| will| are going to|['’]re going to| have|['’]ve)?(?: now| then| also| just| already)?"
    r" (?:see|saw|seen|look|learn(?:ed|t)?|cover(?:ed)?|explored?|explain(?:ed)?|discuss(?:ed)?|walk|defined|introduced)"
    r"|let['’]?s|let (?:us|me)|take a (?:closer )?look|by the end of|keep reading|stay tuned|feel comfortable"
    r"|now that (?:you|we)|(?:you|we) (?:may|might|will|can|could) (?:wonder|ask yourself)|as you work"
    r"|want to (?:know|dive|learn)|try (?:it|this) (?:out|yourself)|check out|congratulations|we hope|first things first"
    r"|are you ready|read more|links? to"
    r"|to (?:do|practi[sc]e) this week|you can (?:check|read|find|download)|you know how)\b",
    re.IGNORECASE,
)
_AIM = re.compile(  # of a lesson, as its list of aims has them; a question without its sign
    r"^[-*•\d.\s]*(?:(?:you will:?\s+[-*•\d.\s]*)?(?:learn|understand|explore|discover|describe|get started|explain)\b"
    r"|(?:how|what|why|when|where|which)\b[^?:.!]*$)",
    re.IGNORECASE,
)
_OF_THE_COURSE = re.compile(
    r"\b(?:objectives?|(?:will )?you(?:['’]ll)? (?:will )?learn|contents|agenda|(?:module|workshop) source|credits?|quiz"
    r"|next steps|further reading|what['’]?s next|challenge|assignment|acknowledge\w*)\b",
    re.IGNORECASE,
)


def announces(text: str) -> bool:
    """A signpost, an aim, a word about the lesson itself."""
    return _ANNOUNCES.search(text) is not None or _AIM.match(text) is not None


def heads_no_content(heading: str) -> bool:
    """Whether a heading stands above aims, links and thanks."""
    return _OF_THE_COURSE.search(heading) is not None
