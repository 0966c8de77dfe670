"""Appeals: whoever got a note answers it, and somebody else looks again."""

from __future__ import annotations

import pytest
from story import HERE, Story

from cohost.errors import Conflict, Forbidden, InvalidInput, NotFound
from cohost.model import Member, SourceInput
from cohost.store import people
from cohost.store.audit import OPERATOR
from cohost.suggestion import Suggestion

RUDE = "I read your log. You fool, the tide was out."


@pytest.fixture
def noted(story: Story) -> Suggestion:
    """A flag of a post by ben that mo agreed with; ben has the note."""
    story.settings(jobs=("moderate",))
    story.core.intake.put(HERE, "lounge", SourceInput("p1", "post", "Log", RUDE, author_id="ben"), OPERATOR)
    story.work()
    (flag,) = story.core.approval.queue(story.cast.caller("mo"), job="moderate")
    story.decide("approve", flag, "mo")
    story.work()
    return story.now(flag)


def note_id(story: Story) -> str:
    return story.core.reports.notes(story.cast.caller("ben"))[0].key


def test_an_overturned_appeal_takes_the_note_back_and_both_sides_read_why(story: Story, noted: Suggestion) -> None:
    made = story.core.appeals.make(story.cast.caller("ben"), note_id(story), "We joke like this.")
    settled = story.core.appeals.decide(story.cast.caller("hana"), made.id, "overturned", "They are old friends.")
    assert (settled.by_hand, settled.appeal.by_same) == ("", False)
    assert story.now(noted).status == "undone"
    assert story.core.reports.notes(story.cast.caller("ben")) == []
    for who in ("ben", "mo"):
        assert [one.reason for one in story.core.appeals.listed(story.cast.caller(who))] == ["They are old friends."]
    (tally,) = story.core.tuner.record(HERE).agreement
    assert (tally.agreed, tally.decided) == (0, 1)  # it counts as a mistake of the co-host


def test_an_upheld_appeal_leaves_the_note(story: Story, noted: Suggestion) -> None:
    made = story.core.appeals.make(story.cast.caller("ben"), note_id(story), "We joke like this.")
    story.core.appeals.decide(story.cast.caller("hana"), made.id, "upheld", "Not everybody who reads it knows.")
    assert story.now(noted).status == "published"
    with pytest.raises(Conflict):
        story.core.appeals.decide(story.cast.caller("hana"), made.id, "overturned", "Again.")


def test_whoever_decided_first_does_not_decide_again_while_somebody_else_is_there(
    story: Story, noted: Suggestion
) -> None:
    made = story.core.appeals.make(story.cast.caller("ben"), note_id(story), "We joke like this.")
    with pytest.raises(Forbidden):
        story.core.appeals.decide(story.cast.caller("mo"), made.id, "upheld", "I was right.")
    with story.core.store.write() as tx:
        people.put_member(tx, HERE, Member("hana", "Hana", "host", active=False), story.clock())
    settled = story.core.appeals.decide(story.cast.caller("mo"), made.id, "overturned", "I was wrong.")
    assert settled.appeal.by_same


def test_only_whoever_got_the_note_answers_it_and_only_once(story: Story, noted: Suggestion) -> None:
    key = note_id(story)
    with pytest.raises(NotFound):
        story.core.appeals.make(story.cast.caller("ada"), key, "Let him be.")
    story.core.appeals.make(story.cast.caller("ben"), key, "We joke like this.")
    with pytest.raises(Conflict):
        story.core.appeals.make(story.cast.caller("ben"), key, "Really.")
    assert story.core.appeals.listed(story.cast.caller("ada")) == []


def test_an_answer_without_words_or_a_decision_without_a_reason_is_refused(story: Story, noted: Suggestion) -> None:
    with pytest.raises(InvalidInput):
        story.core.appeals.make(story.cast.caller("ben"), note_id(story), "  ")
    made = story.core.appeals.make(story.cast.caller("ben"), note_id(story), "We joke like this.")
    with pytest.raises(InvalidInput):
        story.core.appeals.decide(story.cast.caller("hana"), made.id, "upheld", " ")
    assert story.core.appeals.listed(story.cast.caller("ben"))[0].verdict == ""


def test_a_note_that_was_taken_back_needs_no_answer(story: Story, noted: Suggestion) -> None:
    key = note_id(story)
    story.core.approval.undo(story.cast.caller("mo"), noted.id)
    with pytest.raises(Conflict):
        story.core.appeals.make(story.cast.caller("ben"), key, "We joke like this.")


def test_an_appeal_goes_with_its_erased_author(story: Story, noted: Suggestion) -> None:
    story.core.appeals.make(story.cast.caller("ben"), note_id(story), "We joke like this.")
    story.core.erasure.erase(HERE, "ben", OPERATOR)
    assert story.core.appeals.listed(story.cast.caller("hana")) == []
