"""The console's wording: states, ages and reasons as people say them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cohost.suggestion import Evidence, Provenance, Status, Suggestion

MINUTE, HOUR, DAY = 60, 3_600, 86_400  # seconds


@dataclass(frozen=True)
class Tab:
    """A filter of the queue."""

    slug: str
    title: str
    statuses: tuple[Status, ...]
    empty: str  # what an empty list says
    category: str | None = None  # of flags: only this one
    without: str | None = None  # not this one
    job: str | None = None  # only this one
    without_jobs: tuple[str, ...] = ()
    held: bool | None = None  # of drafts: only those that wait for members, or none of them


DISTRESS: Final = "distress"  # no matter of rules: it has a list of its own
TABS: Final = (
    Tab(
        "pending", "Pending", ("pending",), "Nothing waits for a decision. The next draft will appear here.",
        without=DISTRESS, without_jobs=("discuss", "match"), held=False,
    ),
    Tab(
        "prompts", "Prompts", ("pending",), "No prompts wait. Ask for drafts, and they appear here.", job="discuss",
    ),
    Tab(
        "introductions", "Introductions", ("pending",), "No introductions wait. Make a round, and they appear here.",
        job="match",
    ),
    Tab(
        "support", "Support", ("pending",),
        "Nobody seems to need help. Posts of members who may not be well appear here, apart from the flags.",
        category=DISTRESS,
    ),
    Tab(
        "members", "Members first", ("pending",),
        "No draft waits for members. On the draft of an answer you can choose to ask members first.", job="answer",
        held=True,
    ),
    Tab("abstained", "Abstained", ("abstained",), "No open abstentions. What the co-host cannot answer appears here."),
    Tab("approved", "Approved", ("approved", "publishing"), "Nothing is on its way out at the moment."),
    Tab("published", "Published", ("published", "corrected", "undone"), "Nothing has been published yet."),
    Tab("failed", "Failed or uncertain", ("failed", "uncertain"), "Everything that was approved has arrived."),
    Tab("closed", "Rejected or withdrawn", ("rejected", "withdrawn", "expired"), "Nothing has been set aside."),
)  # fmt: skip

STATUS_NOTE: Final[Mapping[Status, str]] = {
    "abstained": "The co-host did not find enough to answer. You can answer in your own words.",
    "pending": "Waiting for a decision. Nothing has been posted.",
    "approved": "Approved, and about to be posted.",
    "publishing": "Being posted right now.",
    "published": "Posted in the community.",
    "undone": "Was posted and has been taken back.",
    "corrected": "Was posted and has been replaced by a correction.",
    "rejected": "Rejected. Nothing was posted.",
    "expired": "Nobody decided in time. Nothing was posted.",
    "withdrawn": "Withdrawn: something it relied on is no longer there.",
    "failed": "Approved, but it could not be posted. You can try again.",
    "uncertain": "The platform did not confirm. It may or may not have been posted: please look and tell us.",
}

FLAG_NOTE: Final[Mapping[Status, str]] = {
    **STATUS_NOTE,
    "pending": "Waiting for a decision. Nothing has been done.",
    "approved": "Agreed, and about to be carried out.",
    "publishing": "Being carried out right now.",
    "published": "Done as it was decided.",
    "undone": "Undone: the note is gone, and the post is as it was.",
    "rejected": "Rejected. Nothing was done.",
    "expired": "Nobody decided in time. Nothing was done.",
    "failed": "Agreed, but it could not be carried out on the platform. You can try again.",
    "uncertain": "The platform did not confirm. It may or may not have been carried out: please look and tell us.",
}

VERDICT: Final[Mapping[str, str]] = {
    "approve": "approved this",
    "edit": "edited and approved this",
    "reject": "rejected this",
    "escalate": "escalated this to a host",
}

OUTCOME: Final[Mapping[str, str]] = {
    "added": "Added",
    "changed": "Changed",
    "unchanged": "Unchanged",
    "removed": "Removed",
    "skipped": "Skipped",
    "failed": "Not read",
}

FILE_REASON: Final[Mapping[str, str]] = {
    "empty": "The file is empty.",
    "encrypted": "The file is protected by a password. Save it without one and upload it again.",
    "damaged": "The file is damaged and could not be opened.",
    "no_text": "There is no readable text in it; pictures of text cannot be read yet.",
    "unsupported": "This kind of file cannot be read yet.",
    "too_large": "The file is too large.",
    "too_slow": "Reading this file took too long.",
    "disguised": "What the file contains does not fit its name.",
    "crashed": "The file made its reader crash; it is probably damaged. The others were read.",
    "conflict": "Somebody else changed it at the same moment. Upload it again.",
}

PROVES: Final[Mapping[str, str]] = {
    "same_key": "It can be sent again: the platform takes the same message only once.",
    "find": "The platform is asked what it has, before anything is sent again.",
    "nothing": "Nobody can tell. It is shown as uncertain, and a host says whether it was posted.",
}

STEP: Final[Mapping[str, str]] = {
    "none": "Right, but nothing to do.",
    "private_note": "A private note to the author.",
    "ask_to_edit": "Ask the author to edit.",
    "support": "Offer support. No rule, no penalty, no public trace.",
    "move": "Move the post.",
    "hold": "Hold the post until it is settled.",
    "remove": "Remove the post.",
    "escalate": "Only escalate to a host.",
}

KIND: Final[Mapping[str, str]] = {"course": "Course", "discussion": "Discussion", "event": "Events", "chat": "Chat"}
JOB: Final[Mapping[str, str]] = {
    "answer": "Answer", "discuss": "Discussion prompt", "help": "Question to members", "match": "Introduction",
    "moderate": "Flag",
}  # fmt: skip


def tab_for(suggestion: Suggestion) -> Tab:
    """The filter under which it is found."""
    category = suggestion.payload.get("category")
    held = suggestion.held_until is not None
    fitting = (tab for tab in TABS if suggestion.status in tab.statuses and tab.held in (None, held))
    return next(tab for tab in fitting if _shows(tab, suggestion.job, category))


def _shows(tab: Tab, job: str, category: object) -> bool:
    fits = tab.category in (None, category) and tab.job in (None, job)
    return fits and (tab.without is None or tab.without != category) and job not in tab.without_jobs


def age(then: datetime | None, now: datetime) -> str:
    """How long ago, roughly: "5 minutes ago"; a date from a week on."""
    if then is None:
        return ""
    seconds = (now - then).total_seconds()
    if seconds < MINUTE:
        return "just now" if seconds > -DAY else day(then)
    for unit, length, until in (("minute", MINUTE, HOUR), ("hour", HOUR, DAY), ("day", DAY, 7 * DAY)):
        if seconds < until:
            count = int(seconds // length)
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return day(then)


def day(moment: datetime | None) -> str:
    """`3 March 2026`."""
    return f"{moment.day} {moment:%B %Y}" if moment else ""


def exactly(moment: datetime | None) -> str:
    """`3 March 2026, 14:05 UTC`."""
    return f"{day(moment)}, {moment:%H:%M} UTC" if moment else ""


def confidence(value: float) -> str:
    """`high (0.83)`: the word for a glance, the number for comparing."""
    word = "high" if value >= 0.75 else "fair" if value >= 0.5 else "low"
    return f"{word} ({value:.2f})"


def status_note(suggestion: Suggestion) -> str:
    """Where it stands, in a sentence."""
    return (FLAG_NOTE if suggestion.job == "moderate" else STATUS_NOTE)[suggestion.status]


def made_by(provenance: Provenance, job: str = "") -> str:
    """How a draft came about, in a sentence."""
    if job == "moderate":
        embedded = provenance.made_by == "embedded"
        return (
            "Seen by the embedded reader."
            if embedded
            else f"Seen by the embedded reader; the note is by {provenance.made_by}."
        )
    if provenance.made_by != "embedded":
        return f"Written by {provenance.made_by}, every quote checked."
    if provenance.fallback:
        reason = provenance.fallback.replace("_", " ")
        return f"Put together from quotes alone: the language model gave no usable answer ({reason})."
    if job in ("match", "help", "discuss"):
        return "Put together by rules and hand-written words, without a language model."
    return "Put together from quotes alone, without a language model."


def trail(evidence: Evidence) -> str:
    """`Lesson › Section, page 3`: where a quote stands."""
    path = " › ".join(part for part in (evidence.title, *evidence.headings) if part)
    return f"{path}, {evidence.place}" if evidence.place and not evidence.place.startswith("#") else path


def question_of(suggestion: Suggestion) -> str:
    """What it is about, for a list."""
    said = suggestion.payload.get("question") or suggestion.payload.get("title")
    return str(said or JOB.get(suggestion.job, suggestion.job))


def shortened(text: str, most: int) -> str:
    """At most `most` characters, cut between words."""
    if len(text) <= most:
        return text
    return text[:most].rsplit(None, 1)[0].rstrip(".,;:") + " …"
