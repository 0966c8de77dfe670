"""Themes of months and weeks: which one holds when, what it quotes, and how the calendar follows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from story import HERE, Story

from cohost.errors import InvalidInput, NotFound
from cohost.model import SourceInput
from cohost.store.audit import OPERATOR
from cohost.store.slots import Slot
from cohost.themes import theme, theme_at

KNOTS = """# Knots

The bowline is a loop that does not slip under load. Many sailors tie the bowline too early, and the loop then sits in
the wrong place. The bowline must be dressed before anybody hangs a weight on it.
"""
ROPES = """# Ropes

A braided rope keeps its shape under load, whereas a laid rope turns when the load changes. The braided rope is easier
on the hands because its surface is smooth.
"""
MOORINGS = """# Moorings

A mooring buoy holds the boat in its place, whereas an anchor lets the boat swing. The mooring buoy must be inspected
each spring because the chain wears where it touches the ground. Many sailors trust the mooring buoy without a look.
"""


@pytest.fixture
def on(story: Story) -> Story:
    story.settings(jobs=("discuss",))
    for name, text in (("Knots", KNOTS), ("Moorings", MOORINGS), ("Ropes", ROPES)):
        story.core.intake.put(HERE, "course", SourceInput(name.lower(), "lesson", name, text), OPERATOR)
    return story


def plan(story: Story, weeks: int = 4, themes: tuple[str, ...] = ()) -> list[Slot]:
    caller = story.cast.caller("hana")
    return story.core.calendar.plan(caller, "lounge", weeks=weeks, a_week=1, themes=themes, actor=OPERATOR)


def listed(story: Story) -> list[str]:
    return [one.theme for one in story.core.calendar.listed(HERE)]


@pytest.mark.parametrize(
    ("period", "starts", "ends"),
    [
        ("2026-05", date(2026, 5, 1), date(2026, 5, 31)),
        ("2028-02", date(2028, 2, 1), date(2028, 2, 29)),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("2026-W01", date(2025, 12, 29), date(2026, 1, 4)),
        ("2026-W53", date(2026, 12, 28), date(2027, 1, 3)),
    ],
)
def test_a_period_knows_its_days(period: str, starts: date, ends: date) -> None:
    made = theme(period, "Knots")
    assert (made.starts, made.ends) == (starts, ends)


@pytest.mark.parametrize(
    "period", ["2026-13", "2026-00", "2025-W53", "2026-W00", "2026", "May", "2026-5", "2026-W1", ""]
)
def test_what_is_no_month_and_no_week_is_refused(period: str) -> None:
    with pytest.raises(InvalidInput, match="2026-W19"):
        theme(period, "Knots")


def test_a_week_goes_before_its_month_also_at_the_turn_of_a_year() -> None:
    themes = {"2026-01": "Winter", "2026-W01": "New beginnings"}
    assert theme_at(themes, datetime(2026, 1, 2, 9, tzinfo=UTC)) == "New beginnings"
    assert theme_at(themes, datetime(2025, 12, 30, 9, tzinfo=UTC)) == "New beginnings"
    assert theme_at(themes, datetime(2026, 1, 5, 9, tzinfo=UTC)) == "Winter"
    assert theme_at(themes, datetime(2026, 2, 1, 9, tzinfo=UTC)) == ""


def test_open_slots_follow_the_themes_as_they_are_now(on: Story) -> None:
    slots = plan(on)  # the clock of the tests stands at Monday 2 March 2026, week 10
    lessons = listed(on)
    on.core.themes.put(HERE, "2026-03", "Ropes in winter", OPERATOR)
    on.core.themes.put(HERE, f"2026-W{slots[1].at.isocalendar().week}", "Moorings", OPERATOR)
    assert listed(on) == ["Ropes in winter", "Moorings", "Ropes in winter", "Ropes in winter"]
    on.core.themes.remove(HERE, "2026-03", OPERATOR)
    assert listed(on) == [lessons[0], "Moorings", *lessons[2:]]


def test_a_plan_with_themes_of_its_own_keeps_them(on: Story) -> None:
    on.core.themes.put(HERE, "2026-03", "Moorings", OPERATOR)
    assert [one.theme for one in plan(on, 2, ("Knots",))] == ["Knots", "Knots"]
    assert [one.theme for one in plan(on, 2)] == ["Moorings", "Moorings"]


def test_a_slots_draft_quotes_a_passage_of_its_theme(on: Story) -> None:
    on.core.themes.put(HERE, "2026-W10", "bowline", OPERATOR)
    plan(on)
    on.work()
    (draft,) = on.core.approval.queue(on.cast.caller("hana"), job="discuss")
    assert (draft.payload["theme"], draft.evidence[0].source_id) == ("bowline", "knots")
    on.core.themes.put(HERE, "2026-W10", "Moorings", OPERATOR)
    assert listed(on)[0] == "bowline"  # drafted already: what it was drafted for stays


def test_the_passages_of_a_theme_are_those_all_readers_may_read(on: Story) -> None:
    on.core.intake.put(HERE, "den", SourceInput("buoy", "lesson", "Mooring buoy", MOORINGS), OPERATOR)
    on.core.themes.put(HERE, "2026-W10", "mooring buoy", OPERATOR)
    found = on.core.themes.passages(on.cast.caller("hana"), "2026-W10", "lounge")
    assert {(one.space_id, one.source_id) for one in found} == {("course", "moorings")}
    with pytest.raises(NotFound):
        on.core.themes.passages(on.cast.caller("hana"), "2026-W11", "lounge")
    with pytest.raises(NotFound):
        on.core.themes.passages(on.cast.caller("hana"), "2026-W10", "nowhere")


def test_a_theme_the_material_does_not_speak_of_drafts_nothing_and_says_so(on: Story) -> None:
    asked = {"number": 2, "theme": "zymurgy qqq", "format": None, "tone": ""}
    request = on.core.discussion.ask(on.cast.caller("hana"), "lounge", asked, OPERATOR)
    on.work()
    (nothing,) = [one for one in on.rows("suggestions") if one["request_id"] == request]
    assert nothing["status"] == "abstained"
    assert "this theme" in nothing["rationale"]


def test_over_is_over_and_erroneous_periods_are_not_stored(on: Story, clock: Any) -> None:
    on.core.themes.put(HERE, "2026-03", "Knots", OPERATOR)
    on.core.themes.put(HERE, "2026-W10", "Ropes", OPERATOR)
    on.core.themes.put(HERE, "2026-04", "Tides", OPERATOR)
    assert [one.title for one in on.core.themes.listed(HERE)] == ["Knots", "Ropes", "Tides"]
    clock.forward(days=10)
    assert [one.title for one in on.core.themes.listed(HERE)] == ["Knots", "Tides"]
    with pytest.raises(NotFound):
        on.core.themes.remove(HERE, "2026-05", OPERATOR)


def test_over_http_hosts_set_read_preview_and_remove(client: Any, as_: Any, on: Story, clock: Any) -> None:
    week = (clock.now + timedelta(days=7)).isocalendar()
    path = f"/v1/themes/{week.year}-W{week.week:02}"
    made = client.put(path, json={"title": "mooring buoy"}, headers=as_("hana"))
    assert (made.status_code, made.json()["starts"]) == (200, "2026-03-09")
    assert client.get("/v1/themes", headers=as_("hana")).json()["items"] == [made.json()]
    shown = client.get(f"{path}/passages?space_id=lounge", headers=as_("hana")).json()["passages"]
    assert {one["source_id"] for one in shown} == {"moorings"}
    refused = client.put("/v1/themes/2026-13", json={"title": "Knots"}, headers=as_("hana"))
    assert (refused.status_code, "2026-W19" in refused.json()["detail"]) == (422, True)
    assert client.put(path, json={"title": "Knots"}, headers=as_("ada")).status_code == 403
    assert client.get("/v1/themes", headers=as_("stranger")).json()["items"] == []
    assert client.delete(path, headers=as_("hana")).status_code == 204
    assert client.delete(path, headers=as_("hana")).status_code == 404
