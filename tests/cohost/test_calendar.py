"""The calendar: slots ahead, drafts in good time, posted at the hour when members are there, nothing made up for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from story import HERE, Story

from cohost.calendar import AHEAD
from cohost.discuss.patterns import FORMATS
from cohost.errors import Conflict, InvalidInput, NotFound
from cohost.model import SourceInput
from cohost.store import publications
from cohost.store.audit import OPERATOR
from cohost.store.slots import Slot
from cohost.suggestion import Suggestion

ROPES = """# Ropes

A braided rope keeps its shape under load, whereas a laid rope turns when the load changes. The braided rope is easier
on the hands because its surface is smooth. The bowline is a loop that does not slip under load. Many sailors tie the
bowline too early, and the loop then sits in the wrong place.
"""


@pytest.fixture
def on(story: Story) -> Story:
    story.settings(jobs=("discuss",))
    story.core.intake.put(HERE, "course", SourceInput("ropes", "lesson", "Ropes", ROPES), OPERATOR)
    return story


def plan(story: Story, *, weeks: int = 4, a_week: int = 1, themes: tuple[str, ...] = ()) -> list[Slot]:
    return story.core.calendar.plan(
        story.cast.caller("hana"), "lounge", weeks=weeks, a_week=a_week, themes=themes, actor=OPERATOR
    )


def drafts(story: Story) -> list[Suggestion]:
    """The prompts of the slots; a lesson's kick-off, which comes a day before it, is told apart by its format."""
    story.work()
    waiting = story.core.approval.queue(story.cast.caller("hana"), job="discuss")
    return [one for one in waiting if one.payload["format"] in FORMATS]


def test_a_plan_has_a_slot_for_each_week_with_the_lessons_in_turn(on: Story) -> None:
    made = plan(on, weeks=3)
    assert [(b.at - a.at).days for a, b in zip(made, made[1:], strict=False)] == [7, 7]
    assert {one.theme for one in made} >= {"Ropes"}


def test_themes_take_the_weeks_in_turn(on: Story) -> None:
    made = plan(on, weeks=3, a_week=2, themes=("knots", "ropes"))
    assert [one.theme for one in made] == ["knots", "knots", "ropes", "ropes", "knots", "knots"]


def test_prompts_are_posted_at_the_hour_in_which_most_is_written(on: Story, clock: Any) -> None:
    for n, hour in enumerate((6, 20, 20)):
        at = (clock() - timedelta(days=n + 1)).replace(hour=hour)
        post = SourceInput(f"p{n}", "post", "", "Hello.", author_id="ada", created_at=at)
        on.core.intake.put(HERE, "lounge", post, OPERATOR)
    assert {one.at.hour for one in plan(on)} == {20}


def test_a_draft_appears_ahead_of_its_slot_and_is_posted_then(on: Story, clock: Any) -> None:
    (first, *_) = plan(on)
    (one,) = drafts(on)
    assert first.at - clock() < AHEAD
    waiting = on.core.approval.queue(on.cast.caller("hana"), job="discuss")
    assert {other.payload["format"] for other in waiting if other.id != one.id} == {"kickoff"}
    on.approve(one)
    on.work()
    assert on.now(one).status == "approved"
    with on.core.store.read() as tx:
        (waiting,) = publications.of_suggestion(tx, one.id)
    assert waiting.available_at == first.at
    clock.forward(days=2)
    while on.core.worker.publish_one():
        pass
    assert on.now(one).status == "published"


def test_where_prompts_come_only_when_asked_for_slots_rest(on: Story, clock: Any) -> None:
    plan(on, weeks=3)
    on.settings(jobs=("discuss",), unasked_off=("prompt",))
    clock.forward(days=4)  # the first slot is over, the second comes near
    assert drafts(on) == []
    assert [one.status for one in on.core.calendar.listed(HERE)] == ["missed", "planned", "planned"]
    with pytest.raises(Conflict, match="only when you ask"):
        plan(on)
    on.settings(jobs=("discuss",), unasked_off=())
    on.work()
    assert [one.status for one in on.core.calendar.listed(HERE)] == ["missed", "asked", "planned"]


def test_what_was_missed_is_skipped_and_not_bunched(on: Story, clock: Any) -> None:
    plan(on, weeks=6)
    clock.forward(days=25)  # nobody worked for so long: the slots of days 1, 8, 15 and 22 are over
    assert len(drafts(on)) == 1
    assert [one.status for one in on.core.calendar.listed(HERE)][-3:] == ["missed", "asked", "planned"]


def test_a_slot_is_moved_or_dropped_until_its_draft_is_asked_for(on: Story, clock: Any) -> None:
    made = plan(on)
    later = made[2].at + timedelta(days=1)
    assert on.core.calendar.move(HERE, made[2].id, later).at == later
    on.core.calendar.drop(HERE, made[3].id)
    assert made[3].id not in {one.id for one in on.core.calendar.listed(HERE)}
    with pytest.raises(InvalidInput):
        on.core.calendar.move(HERE, made[1].id, clock() - timedelta(days=1))
    on.work()
    with pytest.raises(Conflict):
        on.core.calendar.drop(HERE, made[0].id)
    with pytest.raises(NotFound):
        on.core.calendar.drop(HERE, "sl_none")


def test_planning_again_replaces_what_is_not_drafted_yet(on: Story) -> None:
    plan(on, weeks=4)
    on.work()
    plan(on, weeks=2)
    statuses = [one.status for one in on.core.calendar.listed(HERE)]
    assert sorted(statuses) == ["asked", "planned", "planned"]


def test_a_year_of_five_a_week_is_planned_at_once(on: Story) -> None:
    made = plan(on, weeks=52, a_week=5)
    assert len(made) == 260
    assert len({one.at.date() for one in made}) == 260


@pytest.mark.parametrize(("weeks", "a_week"), [(0, 1), (54, 1), (1, 0), (1, 6)])
def test_a_plan_that_cannot_be_is_refused(on: Story, weeks: int, a_week: int) -> None:
    with pytest.raises(InvalidInput):
        plan(on, weeks=weeks, a_week=a_week)


def test_over_http_hosts_plan_read_move_and_drop(client: Any, as_: Any, on: Story) -> None:
    body = {"space_id": "lounge", "weeks": 3}
    assert client.post("/v1/calendar", json=body, headers=as_("ada")).status_code == 403
    made = client.post("/v1/calendar", json=body, headers=as_("hana")).json()["items"]
    assert len(client.get("/v1/calendar", headers=as_("hana")).json()["items"]) == 3
    later = (datetime.fromisoformat(made[1]["at"]) + timedelta(days=1)).isoformat()
    path = f"/v1/calendar/{made[1]['id']}"
    assert client.put(path, json={"at": later}, headers=as_("hana")).status_code == 200
    assert client.delete(path, headers=as_("hana")).status_code == 204
    assert len(client.get("/v1/calendar", headers=as_("hana")).json()["items"]) == 2
