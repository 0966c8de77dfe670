"""Prompts about an event, a question, a thread or a milestone: true, quoted by leave, proposed once, posted only while so."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from story import HERE, Story

from cohost.discuss.ground_events import day_of
from cohost.discuss.grounds import _parts, spoken
from cohost.discuss.patterns import patterns
from cohost.errors import Conflict, InvalidInput
from cohost.model import CommunitySettings, Member, SourceInput
from cohost.store import people, profiles, safety_cases, slots
from cohost.store.audit import OPERATOR
from cohost.store.profiles import StoredProfile
from cohost.store.safety_cases import Report
from cohost.suggestion import Suggestion

ASKED = "My bowline slips under load on the new rope. What holds a smooth rope to a wet post?"
NOTED = "I have made a second turn on every post since Sunday. It holds well enough in the rain."


@pytest.fixture
def on(story: Story) -> Story:
    story.settings(jobs=("discuss",))
    return story


def let(story: Story, *members: str, purposes: tuple[str, ...] = ("quoting",)) -> None:
    with story.core.store.write() as tx:
        for one in members:
            profiles.put(tx, HERE, StoredProfile(one, purposes=purposes), story.clock())
            story.core.approval.recheck_after_profile_change(tx, HERE, one)


def post(story: Story, name: str, who: str, days_ago: float, text: str, *, of: str = "", space: str = "lounge") -> None:
    at = story.clock() - timedelta(days=days_ago)
    new = SourceInput(
        name,
        "post",
        "" if of else f"About {name}",
        text,
        author_id=who,
        parent_id=of or None,
        created_at=at,
        updated_at=at,
    )
    story.core.intake.put(HERE, space, new, OPERATOR)


def event(story: Story, days: int, *, space: str = "lounge", name: str = "regatta") -> date:
    day = (story.clock() + timedelta(days=days)).date()
    text = f"When: {day:%A %d %B %Y}, 90 minutes\n\nWe tie every knot of the course on the wet rope of the pier."
    story.core.intake.put(HERE, space, SourceInput(name, "event", "Knots on the pier", text), OPERATOR)
    return day


def drafts(story: Story, ground: str | None, number: int = 6, **asked: Any) -> list[Suggestion]:
    given = {"number": number, "theme": "", "format": None, "tone": "", "ground": ground, **asked}
    request = story.core.discussion.ask(story.cast.caller("hana"), given.pop("space", "lounge"), given, OPERATOR)
    story.work()
    with story.core.store.read() as tx:
        from cohost.store import suggestions

        return [one for one in suggestions.of_request(tx, request) if one.status == "pending"]


def holds_at_its_offsets(story: Story, one: Suggestion) -> bool:
    return all(
        story.source(i.space_id, i.source_id).text[i.start : i.end] == i.quote  # type: ignore[union-attr]
        for i in one.evidence
    )


def test_a_question_nobody_has_replied_to_is_put_to_the_space(on: Story) -> None:
    let(on, "ada")
    post(on, "knots", "ada", 3, ASKED)
    (one,) = drafts(on, "question")
    assert "What holds a smooth rope to a wet post?" in one.payload["text"]
    assert one.payload["why_now"] == "“About knots” was asked three days ago, and nobody has replied yet."
    assert one.payload["low_effort"]
    assert holds_at_its_offsets(on, one)


def test_once_somebody_replied_it_is_not_proposed_and_not_posted(on: Story) -> None:
    let(on, "ada")
    post(on, "knots", "ada", 3, ASKED)
    (one,) = drafts(on, "question")
    on.approve(one)
    post(on, "reply", "ben", 0, "A hitch with two turns.", of="knots")
    on.work()
    assert on.now(one).status == "withdrawn"
    assert drafts(on, "question") == []


def test_nor_can_a_host_approve_it_then(on: Story) -> None:
    let(on, "ada")
    post(on, "knots", "ada", 3, ASKED)
    (one,) = drafts(on, "question")
    post(on, "reply", "ben", 0, "A hitch with two turns.", of="knots")
    with pytest.raises(Conflict):
        on.approve(one)
    assert on.now(one).status == "withdrawn"


@pytest.mark.parametrize("days", [0.5, 40])
def test_a_question_just_asked_or_let_go_is_left_alone(on: Story, days: float) -> None:
    let(on, "ada")
    post(on, "knots", "ada", days, ASKED)
    assert drafts(on, "question") == []


def test_a_lively_thread_is_told_by_who_wrote_lately_and_its_replies_are_not_quoted(on: Story) -> None:
    let(on, "ada")
    post(on, "turns", "ada", 30, NOTED)
    for n, who in enumerate(("ben", "mo", "ben")):
        post(on, f"r{n}", who, 1, f"Reply {n} of mine says something else.", of="turns")
    (one,) = drafts(on, "thread")
    assert one.payload["why_now"] == "Two people have replied in the last two days."
    assert "Reply" not in str((one.payload["text"], one.evidence))
    assert holds_at_its_offsets(on, one)


def test_an_open_thread_is_one_whose_asker_has_not_come_back(on: Story) -> None:
    let(on, "ada")
    post(on, "knots", "ada", 12, ASKED)
    post(on, "reply", "ben", 10, "A hitch.", of="knots")
    (one,) = drafts(on, "thread")
    assert one.payload["why_now"].startswith("One person has replied, the last ten days ago, and whoever asked")
    post(on, "thanks", "ada", 0, "Thank you, that was it.", of="knots")
    with pytest.raises(Conflict):
        on.approve(one)


@pytest.mark.parametrize("ground", ["question", "thread"])
def test_nobody_is_quoted_without_their_opt_in_and_no_title_of_theirs_is_told(on: Story, ground: str) -> None:
    let(on, "ada", purposes=("introductions", "welcoming"))
    post(on, "knots", "ada", 12, ASKED)
    if ground == "thread":
        post(on, "reply", "ben", 2, "A hitch.", of="knots")
    assert drafts(on, ground) == []
    let(on, "ada")
    (one,) = drafts(on, ground)
    let(on, "ada", purposes=())  # taken back: at once, not only when it would be sent
    assert on.now(one).status == "withdrawn"
    assert "bowline" not in str(on.now(one).payload)


@pytest.mark.parametrize(("days", "told", "format"), [(5, "is on", "poll"), (-3, "was on", "share")])
def test_an_event_is_told_by_the_day_its_text_names(on: Story, days: int, told: str, format: str) -> None:
    day = event(on, days)
    (one,) = drafts(on, "event", format=format)
    words = f"{day:%A} {day.day} {day:%B}"
    assert f"{told} {words}" in one.payload["why_now"]
    assert words in one.payload["text"]
    assert "We tie every knot of the course on the wet rope of the pier." in one.payload["text"]
    assert any("When:" in item.quote for item in one.evidence)
    assert len(one.payload["options"]) in ((4,) if format == "poll" else (0,))
    assert holds_at_its_offsets(on, one)


@pytest.mark.parametrize("days", [0, 20, -20])
def test_an_event_today_or_far_away_is_left_alone(on: Story, days: int) -> None:
    event(on, days)
    assert drafts(on, "event") == []


def test_what_says_that_an_event_is_coming_is_not_posted_once_it_is_over(on: Story, clock: Any) -> None:
    event(on, 5)
    (one,) = drafts(on, "event")
    on.approve(one)
    with on.core.store.write() as tx:
        from cohost.store import publications

        (waiting,) = publications.of_suggestion(tx, one.id)
        publications.settle(tx, waiting.id, "approved", now=on.clock(), available_at=on.clock() + timedelta(days=6))
    clock.forward(days=7)
    on.work()
    assert on.now(one).status == "withdrawn"
    (after,) = drafts(on, "event")
    assert "was on" in after.payload["why_now"]


def test_an_event_of_a_private_space_stays_there(on: Story) -> None:
    event(on, 5, space="den")
    assert drafts(on, "event") == []
    (one,) = drafts(on, "event", space="den")
    assert one.destination.space_id == "den"


def test_nothing_reported_or_kept_apart_is_shown(on: Story) -> None:
    let(on, "ada", "ben")
    post(on, "knots", "ada", 3, ASKED)
    post(on, "lines", "ben", 3, ASKED.replace("bowline", "hitch"))
    with on.core.store.write() as tx:
        safety_cases.add_report(tx, HERE, Report("rp", "lounge", "knots", "mo", "", on.clock()))
        safety_cases.block(tx, HERE, "mo", "ben", on.clock())
    assert drafts(on, "question") == []


def test_a_milestone_is_a_number_of_replies_and_names_nobody(on: Story) -> None:
    let(on, "ada")
    post(on, "turns", "ada", 30, NOTED)
    for n in range(10):
        post(on, f"r{n}", ("ben", "mo")[n % 2], 20 - n * 2, f"Reply {n}.", of="turns")
    made = [one for one in drafts(on, "milestone") if one.payload["about"].startswith("answers/")]
    (one,) = made
    assert one.payload["why_now"] == "The 10th reply in Lounge was written lately."
    assert holds_at_its_offsets(on, one)
    on.delete("lounge", "r9")
    with pytest.raises(Conflict):
        on.approve(one)


def test_members_and_years_are_milestones_as_well(on: Story) -> None:
    let(on, "ada")
    post(on, "turns", "ada", 3, NOTED)
    post(on, "reply", "ben", 2, "Mine too.", of="turns")
    with on.core.store.write() as tx:
        for n in range(10 - len(people.all_members(tx, HERE))):
            joined = on.clock() - timedelta(days=3 if n else 367)
            people.put_member(tx, HERE, Member(f"new{n}", "New", joined_at=joined), on.clock())
    assert {one.payload["about"] for one in drafts(on, "milestone")} == {"members/all/10"}  # one thread, one prompt
    post(on, "other", "ada", 4, "I tie every rope twice when the tide is high. Nobody has asked me why.")
    for n, who in enumerate(("ben", "mo")):
        post(on, f"o{n}", who, 3, "I saw it.", of="other")
    assert {one.payload["about"] for one in drafts(on, "milestone")} == {"age/all/a year"}


def test_nothing_of_it_comes_twice_whatever_became_of_it(on: Story) -> None:
    let(on, "ada")
    post(on, "knots", "ada", 3, ASKED)
    event(on, 5)
    first = drafts(on, None, 2)
    first += drafts(on, "event") + drafts(on, "question")
    on.decide("reject", first[0], reason="Not now.")
    grounds = [one.payload["ground"] for one in first if one.payload["ground"]]
    assert sorted(grounds) == ["event", "question"]
    assert drafts(on, "event") + drafts(on, "question") == []


def test_an_unasked_for_ground_is_a_mixture_with_lessons(on: Story) -> None:
    event(on, 5)
    told = (
        "A bowline makes a loop that does not slip, because the load closes it. A bowline is a knot that can be untied."
    )
    on.put("course", "loops", told, title="The bowline")
    assert {one.payload["ground"] for one in drafts(on, None, 3)} == {"", "event"}
    assert {one.payload["ground"] for one in drafts(on, "lesson", 3)} <= {""}


def test_a_theme_keeps_what_is_near_it(on: Story) -> None:
    event(on, 5)
    assert drafts(on, "event", theme="zzz qqq") == []
    assert len(drafts(on, "event", theme="wet rope")) == 1


@pytest.mark.parametrize(("days", "ground"), [(4, "event"), (20, "")])
def test_the_calendar_takes_the_event_of_the_week_before_the_lesson(on: Story, days: int, ground: str) -> None:
    event(on, days)
    plan = {"weeks": 1, "a_week": 1, "actor": OPERATOR}
    on.core.calendar.plan(on.cast.caller("hana"), "lounge", themes=(), **plan)
    on.work()
    (one,) = [s for s in on.core.approval.queue(on.cast.caller("hana"), job="discuss") if s.payload["kind"] == "prompt"]
    assert one.payload["ground"] == ground
    with on.core.store.read() as tx:
        (slot,) = slots.listed(tx, HERE, since=on.clock())
    assert one.payload["publish_at"] == slot.at.isoformat()


def test_a_theme_that_the_host_named_goes_before_the_event(on: Story) -> None:
    event(on, 4)
    plan = {"weeks": 1, "a_week": 1, "actor": OPERATOR}
    on.core.calendar.plan(on.cast.caller("hana"), "lounge", themes=("spring tides",), **plan)
    on.work()
    (one,) = [s for s in on.core.approval.queue(on.cast.caller("hana"), job="discuss") if s.status == "pending"]
    assert one.payload["ground"] == ""


def test_a_ground_that_there_is_not_is_refused(client: Any, as_: Any, on: Story) -> None:
    with pytest.raises(InvalidInput):
        drafts(on, "weather")
    body = {"space_id": "lounge", "ground": "weather"}
    sent = client.post("/v1/discussion-prompts", json=body, headers=as_("hana"))
    assert (sent.status_code, sent.headers["content-type"]) == (422, "application/problem+json")
    assert (
        client.post("/v1/discussion-prompts", json={**body, "ground": "event"}, headers=as_("hana")).status_code == 202
    )


def test_excluded_words_leave_no_draft(on: Story) -> None:
    event(on, 5)
    on.settings(jobs=("discuss",), words_excluded=("enough", "bring", "tap", "guess", "just"))
    assert drafts(on, "event") == []
    assert CommunitySettings().words_excluded == ()


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("When: Sunday 06 December 2026, 90 minutes", date(2026, 12, 6)), ("On 2026-12-06 we meet.", date(2026, 12, 6)),
        ("We meet on December 6th, 2026.", date(2026, 12, 6)), ("On the 3rd Sept 2026", date(2026, 9, 3)),
        ("From 5 May 2026 to 7 May 2026", None), ("31 February 2026", None), ("Next Sunday", None),
    ],
)  # fmt: skip
def test_a_day_is_read_where_a_text_names_just_one(text: str, day: date | None) -> None:
    found = day_of(f"A title\n{text}\nMore.")
    assert (found[0] if found else None) == day


def test_a_question_is_quoted_with_the_sentence_before_it() -> None:
    span = spoken(f"Hello all. {ASKED}", asking=True)
    assert span is not None
    assert f"Hello all. {ASKED}"[slice(*span)] == ASKED
    assert spoken(NOTED, asking=True) is None


def test_each_part_has_several_formats_with_an_easy_way_and_fitting_options() -> None:
    for name, part in _parts().items():
        assert len(part["formats"]) >= 3, name
        for form, one in part["formats"].items():
            assert one["low_effort"]
            assert len(one.get("options", ())) in ((3, 4, 5) if form == "poll" else (0,))


def test_an_event_is_still_a_prompt_where_every_pattern_for_lessons_is_excluded(on: Story) -> None:
    avoid = tuple(" ".join(one.low_effort.split()[:4]) for one in patterns().values())
    on.settings(jobs=("discuss",), words_excluded=avoid)
    event(on, 5)
    (one,) = drafts(on, None)
    assert one.payload["ground"] == "event"
    assert drafts(on, "lesson") == []
