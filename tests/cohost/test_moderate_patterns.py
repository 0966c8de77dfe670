"""What only shows over time: one-sided hostility, and many against one."""

from __future__ import annotations

import pytest
from story import HERE, Story

from cohost.jobs.moderate import messages
from cohost.model import Member, SourceInput
from cohost.store import people
from cohost.store.audit import OPERATOR
from cohost.suggestion import Suggestion

RUDE = "You fool, the tide was out."


@pytest.fixture
def on(story: Story) -> Story:
    story.settings(jobs=("moderate",))
    with story.core.store.write() as tx:
        for name in ("cora", "dan"):
            people.put_member(tx, HERE, Member(name, name.title()), story.clock())
    put(story, "root", "ada", "My log of today.")
    put(story, "bens", "ben", "My log of yesterday.")
    story.work()
    return story


def put(story: Story, id: str, who: str, text: str, parent: str | None = None) -> None:
    story.core.intake.put(
        HERE, "lounge", SourceInput(id, "post", "Log", text, author_id=who, parent_id=parent), OPERATOR
    )
    story.work()


def of_kind(story: Story, kind: str) -> list[Suggestion]:
    found = story.core.approval.queue(story.cast.caller("mo"), job="moderate")
    return [one for one in found if one.payload["category"] == kind]


def test_three_harsh_answers_to_one_person_are_shown_together_with_each_of_them(on: Story) -> None:
    for n in range(3):
        put(on, f"r{n}", "ben", f"{RUDE} {n}", "root")
    (made,) = of_kind(on, "one_sided")
    assert [item.source_id for item in made.evidence] == ["r0", "r1", "r2"]
    assert {item.quote for item in made.evidence} == {"You fool"}
    assert made.payload["step"] == "private_note"


def test_the_note_goes_to_the_author_and_says_nothing_of_whom_they_wrote_to(on: Story) -> None:
    for n in range(3):
        put(on, f"r{n}", "ben", f"{RUDE} {n}", "root")
    (made,) = of_kind(on, "one_sided")
    (note,) = messages(made.payload, made.destination, None)
    assert note.destination.member_ids == ("ben",)
    assert "ada" not in note.text.lower()
    assert "log" not in note.text.lower()


def test_the_same_is_not_told_twice(on: Story) -> None:
    for n in range(5):
        put(on, f"r{n}", "ben", f"{RUDE} {n}", "root")
    assert len(of_kind(on, "one_sided")) == 1


def test_a_quarrel_from_both_sides_is_not_one_sided(on: Story) -> None:
    put(on, "back", "ada", RUDE, "bens")
    for n in range(4):
        put(on, f"r{n}", "ben", f"{RUDE} {n}", "root")
    assert of_kind(on, "one_sided") == []


def test_friends_who_write_a_lot_are_not_judged_by_rare_bad_days(on: Story) -> None:
    for n in range(20):
        put(on, f"k{n}", "ben", f"Thank you, log {n} helped.", "root")
    for n in range(3):
        put(on, f"r{n}", "ben", f"{RUDE} {n}", "root")
    assert of_kind(on, "one_sided") == []  # 3 of 23 answers


def test_three_people_against_one_within_a_day_are_put_to_a_host_without_a_note(on: Story) -> None:
    for who in ("ben", "cora", "dan"):
        put(on, f"r-{who}", who, f"{RUDE} {who}", "root")
    (made,) = of_kind(on, "pile_on")
    assert {item.source_id for item in made.evidence} == {"r-ben", "r-cora", "r-dan"}
    assert made.payload["step"] == "escalate"
    assert messages(made.payload, made.destination, None) == []
    assert set(made.payload["concerned"]) == {"ada", "ben", "cora", "dan"}


def test_switched_off_it_says_nothing(on: Story) -> None:
    on.settings(jobs=("moderate",), categories_off=("one_sided",))
    for n in range(3):
        put(on, f"r{n}", "ben", f"{RUDE} {n}", "root")
    assert of_kind(on, "one_sided") == []


def test_deleting_one_of_the_posts_keeps_the_review_open_with_what_is_left(on: Story) -> None:
    for n in range(3):
        put(on, f"r{n}", "ben", f"{RUDE} {n}", "root")
    on.core.intake.delete(HERE, "lounge", "r1", OPERATOR)
    (made,) = of_kind(on, "one_sided")
    assert made.status == "pending"
    assert [item.source_id for item in made.evidence] == ["r0", "r2"]
    assert made.payload["text"] == ""
