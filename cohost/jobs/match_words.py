"""The wording of introductions: reasons for hosts, and what each invited person reads before and after all have accepted."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cohost.jobs.match_payload import IntroductionPayload
from cohost.match.profile import WEEK_HOURS
from cohost.match.reasons import Reason
from cohost.match.stored import Fact
from cohost.prompts import pick
from cohost.tone import allowed

QUESTIONS = (
    "In “{title}” it says: “{quote}” Where have you seen this go differently?",
    "“{title}” says: “{quote}” Which of you has tried this already, and what surprised you?",
    "A sentence to start with, from “{title}”: “{quote}” What would each of you try first to check it?",
    "From “{title}”: “{quote}” What is the hardest part of this for each of you?",
    "Here is something from “{title}”: “{quote}” How would you explain it to a friend, with your own example?",
)
SENTENCE_ALONE = "“{title}”: “{quote}”"
QUESTION_ON_A_GOAL = "One of you aims at “{goal}”. What is the next small step, and what could get in its way?"
QUESTION_WITHOUT = "What did each of you work on last, and where did you get stuck?"
NOTHING_SHOWN = "They show little of themselves. This round leaves out nobody whom its rules allow to meet somebody."
QUESTION_FOLLOWS = "A question to start with:"
SLOTS = 3
WORD = re.compile(r"\w+")
ADDRESSES = ("@", "//", "www.")  # of mail, of platforms, of the web
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def reason_for_hosts(reason: Reason, names: Mapping[str, str]) -> str:
    """With names: only hosts read it before all have accepted."""
    one, other = names[reason.one.member_id], names[reason.other.member_id]
    a, b = reason.one.value, reason.other.value
    if reason.kind == "helps":
        return f"{one} offers “{a}”, and {other} asks for “{b}”."
    if reason.kind == "languages":
        return f"All of them speak {a}." if len(names) > 2 else f"{one} and {other} both speak {a}."
    if reason.kind == "goals":
        same = f"{one} and {other} have the same goal: “{a}”."
        return same if a.casefold() == b.casefold() else f"{one}'s goal is “{a}”, {other}'s is “{b}”."
    if a.casefold() == b.casefold():
        return f"{one} and {other} are both interested in “{a}”."
    return f"{one} is interested in “{a}”, {other} in “{b}”."


def reason_for(member_id: str, reason: Reason) -> str:
    """To one of the two, without the other's name; "" where it is about others."""
    mine, theirs = (
        (reason.one, reason.other) if reason.one.member_id == member_id else (reason.other, reason.one)
    )  # fmt: skip
    if mine.member_id != member_id:
        return ""
    if reason.kind == "helps":
        return (
            f"Somebody asks for “{theirs.value}”, and you offer “{mine.value}”."
            if mine.field == "offers"
            else f"Somebody offers “{theirs.value}”, and you asked for “{mine.value}”."
        )
    same = mine.value.casefold() == theirs.value.casefold()
    if reason.kind == "languages":
        return f"You both speak {mine.value}."
    if reason.kind == "goals":
        return (
            f"You have the same goal: “{mine.value}”."
            if same
            else f"Your goal is “{mine.value}”, theirs is “{theirs.value}”."
        )
    if same:
        return f"You are both interested in “{mine.value}”."
    return f"You are interested in “{mine.value}”, and they in “{theirs.value}”."


def tells_who(text: str, name: str) -> bool:
    """Whether words of a profile would give away whose it is, before that person has said yes."""
    own = {word for word in WORD.findall(name.casefold()) if len(word) > 2}
    return not own.isdisjoint(WORD.findall(text.casefold())) or any(mark in text.casefold() for mark in ADDRESSES)


def invitation(name: str, others: int, reasons: Sequence[str], until: str) -> str:
    """What one person receives: why, and how to answer. No name, whoever it is."""
    whom = "somebody from this community" if others == 1 else f"{others} people from this community"
    rule = (
        f"If you both say yes until {until}, each of you learns the other's name."
        if others == 1
        else f"If at least three of you say yes until {until}, those who did learn each other's names."
    )
    why = "\n".join(f"- {reason}" for reason in dict.fromkeys(reasons) if reason)
    answer = "Say yes or no under *Introductions*. If it does not suit you, you need not explain."
    return "\n\n".join(
        filter(None, (f"Hello {name},", f"we would like to introduce you to {whom}.", why, rule, answer))
    )


def reminder(name: str, until: str) -> str:
    """Once, and no more."""
    return (
        f"Hello {name},\n\nan introduction still waits for your yes or no, until {until}. You find it under *Introductions*."
        " If you do nothing, nothing happens."
    )


def exchange(shown: IntroductionPayload, member_id: str, accepted: Collection[str]) -> str:
    """What one person receives once everybody, or everybody who is left, has accepted."""
    others = [person.name for person in shown.people if person.member_id in accepted and person.member_id != member_id]
    start = f"You both said yes: meet {others[0]}." if len(others) == 1 else f"You all said yes: meet {listed(others)}."
    times = shown.times.get(member_id, ())
    when = f"Times when you are all free, by your clock: {'; '.join(times)}." if times else ""
    return "\n\n".join(filter(None, (start, shown.text, when)))


def question(title: str, quote: str, key: str, avoid: Collection[str] = ()) -> str:
    """A concrete first question about a sentence of a lesson; the same pair always gets the same pattern.

    The sentence alone where every pattern uses a word to `avoid`.
    """
    known = allowed(QUESTIONS, avoid) or (SENTENCE_ALONE,)
    return pick(known, key).format(title=title, quote=quote)


def question_without_lesson(facts: Sequence[Fact]) -> str:
    """About what one of them says."""
    goals = [fact.value for fact in facts if fact.field == "goals"]
    return QUESTION_ON_A_GOAL.format(goal=goals[0]) if goals else QUESTION_WITHOUT


def slots(hours: Sequence[frozenset[int]], zones: Mapping[str, str], now: datetime) -> dict[str, tuple[str, ...]]:
    """By member, up to three hours of the week when all are free, each on another day, by the member's own clock."""
    common = sorted(frozenset.intersection(*hours)) if hours else []
    chosen: list[int] = []
    for hour in common:
        if hour // 24 not in {other // 24 for other in chosen} and len(chosen) < SLOTS:
            chosen.append(hour)
    monday = (now - timedelta(days=now.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    at = [monday + timedelta(hours=hour % WEEK_HOURS) for hour in chosen]
    return {
        member: tuple(f"{DAYS[t.weekday()]} at {t:%H:%M}" for t in (moment.astimezone(ZoneInfo(zone)) for moment in at))
        for member, zone in zones.items()
    }


def listed(names: Sequence[str]) -> str:
    """Names in a row: "Ada, Ben and Cora"."""
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
