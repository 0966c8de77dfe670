"""A profile that is changed after a yes ends no introduction in silence: names go out without what no longer holds."""

from __future__ import annotations

from typing import Any

import pytest
from story import HERE, Story

from cohost.jobs.match_now import CHANGED, CHANGED_FOR_HOSTS
from cohost.store import board
from cohost.suggestion import Suggestion
from tests.cohost.test_rounds import ALL, answer, invited, made, notes, of, on, write

__all__ = ["on"]  # the fixture
FREE = {"time_zone": "Europe/Lisbon", "free": ["mon 18-21"]}


@pytest.fixture
def sent(on: Story) -> Suggestion:
    """Ada and Ben are invited, and Ada has said yes."""
    for who in ("ada", "ben"):
        write(on, who, **FREE)
    one = of(made(on), "ada")
    on.approve(one)
    on.work()
    answer(on, "ada", accept=True)
    return one


def text_for(story: Story, who: str) -> str:
    (view,) = story.core.invitations.listed(story.cast.caller(who))
    return view.text


def test_names_go_out_without_what_was_reworded(on: Story, sent: Suggestion) -> None:
    write(on, "ben", offers=["folding charts"], **FREE)
    answer(on, "ben", accept=True)
    (note, *_) = notes(on, "ada")
    assert "You both said yes: meet Ben." in note
    assert CHANGED in note
    assert "reading charts" not in note
    assert "tying knots" in note  # still so
    assert "A question to start with" not in note  # it may be about what was changed
    assert text_for(on, "ada") == note


def test_what_somebody_hides_leaves_the_invitation_of_the_other(on: Story, sent: Suggestion) -> None:
    assert "“reading charts”" in text_for(on, "ada")
    write(on, "ben", shown=tuple(name for name in ALL if name != "offers"), **FREE)
    assert "“reading charts”" not in text_for(on, "ada")


def test_the_host_is_told(on: Story, sent: Suggestion) -> None:
    assert on.now(sent).notice == ""
    write(on, "ben", offers=["folding charts"], **FREE)
    assert on.now(sent).notice == CHANGED_FOR_HOSTS
    assert on.now(sent).status == "published"


def test_the_round_tells_a_host_what_was_withdrawn_before_anybody_was_invited(on: Story) -> None:
    view = made(on)
    write(on, "ben", offers=["folding charts"])
    assert on.core.rounds.view(HERE, view.round.id).withdrawn == 1


def test_a_change_of_something_else_tells_nobody_anything(on: Story, sent: Suggestion) -> None:
    write(on, "ben", interests=["old maps"], **FREE)
    answer(on, "ben", accept=True)
    assert on.now(sent).notice == ""
    assert CHANGED not in notes(on, "ada")[0]
    assert "Monday at 18:00" in notes(on, "ada")[0]


def test_times_go_only_while_everybody_is_free_then(on: Story, sent: Suggestion) -> None:
    write(on, "ben", time_zone="Europe/Lisbon", free=["tue 8-9"])
    answer(on, "ben", accept=True)
    assert "meet Ben" in notes(on, "ada")[0]
    assert "Times when" not in notes(on, "ada")[0]


def test_the_reminder_still_comes(on: Story, sent: Suggestion, clock: Any) -> None:
    write(on, "ben", offers=["folding charts"], **FREE)
    clock.forward(days=6)
    on.work()
    assert any("still waits" in note for note in notes(on, "ben"))


def test_what_is_reworded_between_the_yes_and_the_sending_does_not_go_out(on: Story, sent: Suggestion) -> None:
    on.core.invitations.answer(on.cast.caller("ben"), invited(on, "ben").id, accept=True)
    write(on, "ben", offers=["folding charts"], **FREE)
    on.work()
    with on.core.store.read() as tx:
        assert not any(
            "reading charts" in note.text and "meet" in note.text for note in board.notes_to(tx, HERE, "ada")
        )
    assert "meet Ben" in text_for(on, "ada")  # under Introductions it stands, without it
    assert "was not sent" in on.now(sent).notice


def test_who_left_the_purpose_ends_it_as_before(on: Story, sent: Suggestion, clock: Any) -> None:
    write(on, "ben", purposes=(), **FREE)
    answer(on, "ben", accept=True)
    assert len(notes(on, "ada")) == 1
    clock.forward(days=11)
    on.work()
    (mine,) = on.core.invitations.listed(on.cast.caller("ada"))
    assert mine.state == "over"
