"""Welcomes, recaps and kick-offs: from what may be shown, each once, and by themselves when they are due."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from story import HERE, Story

from cohost.errors import Conflict, InvalidInput, NotFound
from cohost.model import Member, SourceInput
from cohost.store import people, places, profiles, requests, safety_cases, sources, suggestions
from cohost.store.audit import OPERATOR
from cohost.store.profiles import StoredProfile
from cohost.store.safety_cases import Report
from cohost.suggestion import Suggestion
from cohost.testing import ScriptedModel

MONDAY = datetime(2026, 2, 23, tzinfo=UTC)  # of the week before the tests' clock
HIDDEN = "a thing that ada keeps to herself"


@pytest.fixture
def on(story: Story) -> Story:
    story.settings(jobs=("discuss",))
    say(story, "older-0", "ben", "The season is over.", day=-20)
    for n in (1, 2):
        say(story, f"older-{n}", "ben", "Still nobody here.", day=-19, parent="older-0")
    return story


def say(story: Story, post_id: str, who: str, text: str, *, day: float = 0, title: str = "", parent: str | None = None,
        space: str = "lounge") -> None:  # fmt: skip
    at = MONDAY + timedelta(days=day, hours=10)
    post = SourceInput(post_id, "post", title, text, author_id=who, parent_id=parent, created_at=at, updated_at=at)
    story.core.intake.put(HERE, space, post, OPERATOR)


def tell(story: Story, who: str, *, shown: tuple[str, ...] = ("asks", "offers", "goals"), welcoming: bool = True,
         **fields: Any) -> None:  # fmt: skip
    new = StoredProfile(who, fields, shown, ("welcoming",) if welcoming else ())
    with story.core.store.write() as tx:
        profiles.put(tx, HERE, new, story.clock())
        story.core.approval.recheck_after_profile_change(tx, HERE, who)


def made(story: Story, request_id: str) -> Suggestion:
    story.work()
    with story.core.store.read() as tx:
        (one,) = suggestions.of_request(tx, request_id)
    return one


def welcome(story: Story, who: str = "ada") -> Suggestion:
    return made(story, story.core.occasions.welcome(story.cast.caller("hana"), who, OPERATOR))


def recap(story: Story, space: str = "lounge", week: str = "") -> Suggestion:
    return made(story, story.core.occasions.recap(story.cast.caller("hana"), space, week, OPERATOR))


def kickoff(story: Story, lesson: tuple[str, str] = ("course", "tides.md"), space: str = "lounge") -> Suggestion:
    return made(story, story.core.occasions.kickoff(story.cast.caller("hana"), space, lesson, OPERATOR))


def busy_week(story: Story) -> None:
    say(story, "knots", "ben", "Mine slipped. Which knot holds?", title="A knot that holds", day=1)
    say(story, "knots-1", "ada", "The bowline.", parent="knots", day=1.5)
    say(story, "knots-2", "hana", "From now on we meet on Tuesdays to practise.", parent="knots", day=2)
    say(story, "paint", "ben", "My hull is bare. Who has red paint to spare?", title="Red paint", day=3)


class TestWelcome:
    def test_it_says_back_what_is_shown_and_names_who_opted_in(self, on: Story) -> None:
        tell(on, "ada", asks=["help with ropes"], goals=["sail at night"])
        tell(on, "ben", offers=["help with ropes"])
        one = welcome(on)
        assert one.destination.member_ids == ("ada",)
        assert "“sail at night”" in one.payload["text"]
        assert "**Ben" in one.payload["text"]
        assert "“help with ropes”" in one.payload["text"]
        assert len(one.evidence) == 1

    def test_it_is_posted_to_the_member_alone(self, on: Story) -> None:
        assert on.publish(welcome(on)).status == "published"
        assert len(on.core.reports.notes(on.cast.caller("ada"))) == 1
        assert on.core.reports.notes(on.cast.caller("ben")) == []

    def test_no_hidden_field_and_nobody_who_did_not_opt_in(self, on: Story) -> None:
        tell(on, "ada", shown=("asks",), asks=["help with ropes"], goals=[HIDDEN])
        tell(on, "ben", welcoming=False, offers=["help with ropes"])
        one = welcome(on)
        assert HIDDEN not in str(one)
        assert one.payload["people"] == ["ada"]

    @pytest.mark.parametrize("who", [("ada", "ben"), ("ben", "ada")])
    def test_nobody_whom_a_block_keeps_apart(self, on: Story, who: tuple[str, str]) -> None:
        tell(on, "ada", asks=["help with ropes"])
        tell(on, "ben", offers=["help with ropes"])
        with on.core.store.write() as tx:
            safety_cases.block(tx, HERE, *who, on.clock())
        say(on, "bens", "ben", "Come and see my boat.", title="My boat")
        one = welcome(on)
        assert "Ben" not in str(one.payload)
        assert all(item.source_id != "bens" for item in one.evidence)

    def test_nobody_whose_post_was_reported_by_anybody(self, on: Story) -> None:
        tell(on, "ada", asks=["help with ropes"])
        tell(on, "ben", offers=["help with ropes"])
        say(on, "bad", "ben", "You are all fools.", title="Fools")
        with on.core.store.write() as tx:
            safety_cases.add_report(tx, HERE, Report("rp", "lounge", "bad", "mo", "", on.clock()))
        one = welcome(on)
        assert one.payload["people"] == ["ada"]
        assert all(item.source_id != "bad" for item in one.evidence)

    def test_a_block_before_the_decision_stops_it(self, on: Story) -> None:
        tell(on, "ada", asks=["help with ropes"])
        tell(on, "ben", offers=["help with ropes"])
        one = welcome(on)
        with on.core.store.write() as tx:
            safety_cases.block(tx, HERE, "ada", "ben", on.clock())
        with pytest.raises(Conflict):
            on.approve(one)

    def test_what_is_hidden_again_takes_the_draft_back(self, on: Story) -> None:
        tell(on, "ada", asks=["help with ropes"])
        tell(on, "ben", offers=["help with ropes"])
        one = welcome(on)
        tell(on, "ben", shown=(), offers=["help with ropes"])
        assert on.now(one).status == "withdrawn"
        assert "ropes" not in str(on.now(one).payload)
        assert welcome(on).payload["people"] == ["ada"]

    def test_once_and_no_more_whatever_became_of_it(self, on: Story) -> None:
        on.decide("reject", welcome(on), reason="Met her.")
        with pytest.raises(Conflict):
            welcome(on)

    @pytest.mark.parametrize("who", ["ada", "ben"])
    def test_erasing_somebody_erases_what_names_them(self, on: Story, who: str) -> None:
        tell(on, "ada", asks=["zzropes for ada"])
        tell(on, "ben", offers=["zzropes for ada"])
        welcome(on)
        on.core.erasure.erase(HERE, who, OPERATOR)
        with on.core.store.write() as tx:
            profiles.remove(tx, HERE, "ada")
            profiles.remove(tx, HERE, "ben")
        assert "zzropes" not in on.everything()


class TestRecap:
    def test_it_tells_threads_announcements_and_open_questions(self, on: Story) -> None:
        busy_week(on)
        text = recap(on).payload["text"]
        assert "[A knot that holds](</board/lounge/sources/knots>), begun by Ben" in text
        assert "> From now on we meet on Tuesdays to practise." in text
        assert "[Red paint](</board/lounge/sources/paint>), asked by Ben" in text

    def test_members_are_not_quoted(self, on: Story) -> None:
        busy_week(on)
        text = recap(on).payload["text"]
        assert "bowline" not in text
        assert "My hull" not in text

    def test_who_writes_for_the_first_time_is_thanked_and_nobody_else(self, on: Story) -> None:
        busy_week(on)
        one = recap(on)
        assert one.payload["people"] == ["ada"]

    def test_all_evidence_stands_at_its_offsets(self, on: Story) -> None:
        busy_week(on)
        for item in recap(on).evidence:
            source = on.source(item.space_id, item.source_id)
            assert source is not None
            assert source.text[item.start : item.end] == item.quote

    def test_links_to_the_board_are_posted(self, on: Story) -> None:
        busy_week(on)
        one = recap(on)
        on.publish(one)
        assert "(/board/lounge/sources/paint)" in on.outbox(one)[0].message.text

    def test_a_reported_post_is_not_pointed_to(self, on: Story) -> None:
        busy_week(on)
        with on.core.store.write() as tx:
            safety_cases.add_report(tx, HERE, Report("rp", "lounge", "paint", "ada", "", on.clock()))
        assert "paint" not in str(recap(on).payload)

    def test_a_quiet_week_has_none(self, on: Story) -> None:
        assert recap(on).status == "abstained"

    def test_a_post_of_a_private_space_is_told_only_there(self, on: Story) -> None:
        busy_week(on)
        for n, who in enumerate(("hana", "mo", "hana")):
            say(on, f"s{n}", who, "From now on the zzkey lies elsewhere. Is that clear?", title="zzkey", space="den")
        assert "zzkey" not in str(recap(on))

    def test_a_week_that_is_none_or_to_come_is_refused(self, on: Story) -> None:
        for week in ("2026-W60", "2027-W01", "next"):
            with pytest.raises(InvalidInput):
                recap(on, week=week)

    def test_the_same_week_is_not_told_twice(self, on: Story) -> None:
        busy_week(on)
        recap(on)
        with pytest.raises(Conflict):
            recap(on, week="2026-W09")


class TestKickoff:
    def test_it_quotes_the_lesson_and_asks_one_question(self, on: Story) -> None:
        one = kickoff(on)
        assert all(f"> {' '.join(item.quote.split())}" in one.payload["text"] for item in one.evidence)
        assert one.payload["text"].endswith("?") or "?" in one.payload["text"].rsplit("\n\n", 1)[-1]
        assert one.payload["title"] == "We begin “Tides”"

    def test_a_lesson_that_not_all_readers_may_read_is_refused(self, on: Story) -> None:
        on.put("den", "secret", "The boathouse is where the old rope lies for everybody who asks.")
        with pytest.raises(NotFound):
            kickoff(on, ("den", "secret"))

    def test_a_changed_lesson_takes_it_back_and_it_can_be_asked_for_again(self, on: Story) -> None:
        one = kickoff(on)
        on.put("course", "tides.md", "This lesson is about the tides of a small harbour in the north.", title="Tides")
        assert on.now(one).status == "withdrawn"
        assert "small harbour" in kickoff(on).payload["text"]


class TestDue:
    def due(self, story: Story) -> list[str]:
        story.clock.forward(minutes=10)  # type: ignore[attr-defined]
        story.work()
        with story.core.store.read() as tx:
            found = suggestions.of_job(tx, HERE, "discuss")
        return [f"{one.payload.get('kind')} {one.payload.get('about')}" for one in found if one.status == "pending"]

    def test_a_new_member_is_welcomed_after_a_day_and_once(self, on: Story) -> None:
        with on.core.store.write() as tx:
            joined = on.clock() + timedelta(days=8)
            people.put_member(tx, HERE, Member("nia", "Nia", joined_at=joined), on.clock())
        tell(on, "nia", goals=["sail"])
        on.clock.forward(days=8, hours=2)  # type: ignore[attr-defined]
        assert self.due(on) == []
        on.clock.forward(days=1)  # type: ignore[attr-defined]
        assert self.due(on) == ["welcome nia"]
        assert self.due(on) == ["welcome nia"]

    def test_who_shows_nothing_is_given_longer(self, on: Story) -> None:
        with on.core.store.write() as tx:
            people.put_member(tx, HERE, Member("nia", "Nia", joined_at=on.clock() + timedelta(days=8)), on.clock())
        on.clock.forward(days=10)  # type: ignore[attr-defined]
        assert self.due(on) == []
        on.clock.forward(days=2)  # type: ignore[attr-defined]
        assert self.due(on) == ["welcome nia"]

    def test_a_week_that_is_over_is_told(self, on: Story) -> None:
        busy_week(on)
        assert self.due(on) == ["recap 2026-W09"]

    def test_a_lesson_that_the_calendar_comes_to_is_opened_a_day_before(self, on: Story) -> None:
        slots = on.core.calendar.plan(
            on.cast.caller("hana"), "lounge", weeks=1, a_week=1, themes=["Tides"], actor=OPERATOR
        )
        on.core.calendar.move(HERE, slots[0].id, slots[0].at + timedelta(days=3))
        assert "kickoff course/tides.md" in self.due(on)
        with on.core.store.read() as tx:
            (one,) = [s for s in suggestions.of_job(tx, HERE, "discuss") if s.payload["kind"] == "kickoff"]
        assert one.payload["publish_at"] == (slots[0].at + timedelta(days=2)).isoformat()

    def test_nothing_where_the_job_is_off(self, on: Story) -> None:
        busy_week(on)
        on.settings(jobs=("answer",))
        assert self.due(on) == []
        with pytest.raises(Conflict):
            recap(on)

    @pytest.mark.parametrize("off", ["recap", "kickoff"])
    def test_a_kind_that_is_off_comes_only_when_asked_for(self, on: Story, off: str) -> None:
        busy_week(on)
        on.core.calendar.plan(on.cast.caller("hana"), "lounge", weeks=1, a_week=1, themes=["Tides"], actor=OPERATOR)
        on.clock.forward(hours=-9)  # type: ignore[attr-defined]  so that the kick-off's day is to come
        on.settings(jobs=("discuss",), unasked_off=(off,))
        kinds = {one.split()[0] for one in self.due(on)}
        assert kinds & {"recap", "kickoff"} == {"recap", "kickoff"} - {off}
        assert (recap if off == "recap" else kickoff)(on).status == "pending"


def test_what_works_counts_recaps_and_welcomed_members_who_wrote(on: Story) -> None:
    busy_week(on)
    on.publish(recap(on))
    with on.core.store.write() as tx:
        people.put_member(tx, HERE, Member("nia", "Nia"), on.clock())
    on.publish(welcome(on, "ada"))
    on.publish(welcome(on, "nia"))
    before = {one.format: (one.drafted, one.approved, one.replies) for one in on.core.discussion.record(HERE)}
    assert before == {"welcome": (2, 2, 0), "recap": (1, 1, 0)}
    with on.core.store.read() as tx:
        (posted,) = [p for p in sources.in_space(tx, places.space(tx, HERE, "lounge").pk) if p.origin == "cohost"]
    day = (on.clock() + timedelta(days=1) - MONDAY).total_seconds() / 86400
    say(on, "reply", "nia", "I can help with the paint.", parent=posted.id, day=day)
    say(on, "again", "ada", "So can I.", parent="paint", day=day)
    say(on, "late", "ada", "Too late to count.", parent="paint", day=day + 30)
    after = {one.format: (one.replies, one.first_replies) for one in on.core.discussion.record(HERE)}
    assert after == {"welcome": (2, 1), "recap": (1, 1)}  # ada had written before her welcome


class TestModel:
    def worded(self, story: Story, *answers: dict[str, str]) -> Suggestion:
        busy_week(story)
        request = story.core.occasions.recap(story.cast.caller("hana"), "lounge", "", OPERATOR)
        worker = replace(story.core.worker, model=ScriptedModel(answers))
        while worker.draft_one():
            pass
        with story.core.store.read() as tx:
            (one,) = suggestions.of_request(tx, request)
        return one

    def test_its_words_stand_around_what_is_fixed(self, on: Story) -> None:
        one = self.worded(on, {"opening": "A short look back, for all of us.", "closing": "Who has an idea for this?"})
        assert one.payload["text"].startswith("A short look back, for all of us.")
        assert "[Red paint]" in one.payload["text"]
        assert one.provenance.made_by == "scripted"

    @pytest.mark.parametrize("opening", [
        "Thank you, Zelda and dear Zelda, for it all.", "There were 97 posts.", "> A quotation", "See https://example.org",
        "Somebody said “never again”.", "word " * 80,
    ])  # fmt: skip
    def test_what_it_invents_is_not_used(self, on: Story, opening: str) -> None:
        one = self.worded(on, {"opening": opening, "closing": "Who has an idea?"})
        assert one.provenance.fallback == "wrong_shape"
        assert opening not in one.payload["text"]


def test_over_http(client: Any, as_: Callable[[str], dict[str, str]], on: Story) -> None:
    busy_week(on)
    for path, body in (
        ("welcomes", {"member_id": "ada"}), ("recaps", {"space_id": "lounge"}),
        ("kickoffs", {"space_id": "lounge", "lesson_space_id": "course", "lesson_id": "tides.md"}),
    ):  # fmt: skip
        assert client.post(f"/v1/{path}", json=body, headers=as_("hana")).status_code == 202
        assert client.post(f"/v1/{path}", json=body, headers=as_("hana")).status_code == 409
    on.work()
    items = client.get("/v1/suggestions?job=discuss", headers=as_("hana")).json()["items"]
    assert {item["payload"]["kind"] for item in items} == {"welcome", "recap", "kickoff"}
    assert client.post("/v1/welcomes", json={"member_id": "nobody"}, headers=as_("hana")).status_code == 404


def test_a_welcome_belongs_to_whom_it_is_for(on: Story) -> None:
    request_id = on.core.occasions.welcome(on.cast.caller("hana"), "ada", OPERATOR)
    with on.core.store.read() as tx:
        request = requests.find(tx, HERE, request_id)
    assert request is not None
    assert request.requested_by == "ada"
