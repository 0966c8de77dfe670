"""After an answer was published its sources change: hosts see what does not stand, and correct or withdraw it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from conftest import LESSON
from story import HERE, QUESTION, QUOTE, Story

from cohost import recall
from cohost.errors import InvalidInput
from cohost.store import people, suggestions
from cohost.store.audit import OPERATOR
from cohost.store.consents import Consents
from cohost.suggestion import Suggestion
from cohost.testing import RecordingConnector

NEW_QUOTE = "Spring tides come every second week, at new moon and at full moon."
EDITED = LESSON.replace(QUOTE, NEW_QUOTE)


@pytest.fixture
def published(story: Story) -> Suggestion:
    made = story.publish(story.draft())
    assert made.status == "published"
    return made


def corrections(story: Story, published: Suggestion) -> list[Suggestion]:
    with story.core.store.read() as tx:
        return suggestions.corrections_of(tx, published.id)


def edit(story: Story, text: str) -> None:
    story.clock.forward(minutes=1)  # type: ignore[attr-defined]
    story.put("course", "tides.md", text, title="Tides")


def test_quotes_that_moved_are_followed_and_the_answer_is_marked_verified(story: Story, published: Suggestion) -> None:
    edit(story, f"A new first paragraph.\n\n{LESSON}")
    now = story.now(published)
    assert now.outdated_at is None
    assert now.verified_at is not None
    source = story.source("course", "tides.md")
    assert source is not None
    assert all(source.text[item.start : item.end] == item.quote for item in now.evidence)
    assert story.work() == 0


def test_an_edited_quote_becomes_one_correction_with_both_texts(story: Story, published: Suggestion) -> None:
    edit(story, EDITED)
    assert story.now(published).outdated_at is not None
    story.work()
    (correction,) = corrections(story, published)
    assert (correction.status, correction.request_id) == ("pending", published.request_id)
    assert NEW_QUOTE in correction.payload["text"]
    with story.core.store.read() as tx:
        (change,) = recall.changes_behind(tx, correction)
    assert QUOTE in change.old
    assert NEW_QUOTE in change.new
    assert change.why == "edited"


def test_many_edits_ask_for_one_correction_only(story: Story, published: Suggestion) -> None:
    for number in range(3):
        edit(story, f"{EDITED}\n\nNote {number}.")
        story.work()
    assert [c.status for c in corrections(story, published) if c.status == "pending"] == ["pending"]


def test_an_approved_correction_takes_the_place_of_the_answer(story: Story, published: Suggestion) -> None:
    edit(story, EDITED)
    story.work()
    (correction,) = corrections(story, published)
    story.approve(correction)
    story.work()
    assert [story.now(one).status for one in (published, correction)] == ["corrected", "published"]
    posts = story.rows("board_posts")
    assert [NEW_QUOTE in post["text"] for post in posts] == [True]
    view = story.core.questions.get(story.cast.caller("ada"), published.request_id or "")
    assert view.answer is not None
    assert view.answer.suggestion_id == correction.id


def test_the_old_answer_stays_until_the_correction_is_posted(story: Story, published: Suggestion) -> None:
    edit(story, EDITED)
    while story.core.worker.draft_one():
        pass
    (correction,) = corrections(story, published)
    story.approve(correction)
    assert story.core.worker.due[0]() is False
    assert story.now(published).status == "published"


def test_a_rejected_correction_leaves_the_answer_and_needs_a_reason(story: Story, published: Suggestion) -> None:
    edit(story, EDITED)
    story.work()
    (correction,) = corrections(story, published)
    with pytest.raises(InvalidInput):
        story.decide("reject", correction)
    story.decide("reject", correction, reason="It says the same.")
    assert (story.now(published).status, story.now(published).outdated_at) == ("published", None)
    assert story.work() == 0


def test_what_is_put_back_is_verified_and_its_correction_goes_away(story: Story, published: Suggestion) -> None:
    edit(story, EDITED)
    story.work()
    edit(story, LESSON)
    story.work()
    now = story.now(published)
    assert (now.status, now.outdated_at) == ("published", None)
    assert now.verified_at is not None
    assert [one.status for one in corrections(story, published)] == ["withdrawn"]


def test_a_deleted_source_leaves_an_abstention_as_the_correction(story: Story, published: Suggestion) -> None:
    story.clock.forward(minutes=1)  # type: ignore[attr-defined]
    story.delete("course", "tides.md")
    story.work()
    (correction,) = corrections(story, published)
    assert correction.status == "abstained"
    with story.core.store.read() as tx:
        assert {change.why for change in recall.changes_behind(tx, correction)} == {"gone"}


def test_undo_withdraws_the_answer_and_its_correction_is_the_questions_next_draft(
    story: Story, published: Suggestion
) -> None:
    edit(story, EDITED)
    story.work()
    (correction,) = corrections(story, published)
    story.core.approval.undo(story.cast.caller("hana"), published.id)
    story.work()
    assert story.now(published).status == "undone"
    assert (story.now(correction).status, story.now(correction).corrects) == ("pending", None)
    assert len(story.of(story.core.questions.get(story.cast.caller("ada"), published.request_id or ""))) == 2


def test_a_source_that_its_readers_may_not_read_any_more_is_restricted(story: Story) -> None:
    story.put("lounge", "moon.md", "The harbour light burns green at low water.", title="Light")
    published = story.publish(story.draft(text="When does the harbour light burn green?", space="course"))
    assert published.evidence[0].space_id == "lounge"
    story.put_space("lounge", "ada")
    assert story.now(published).outdated_at is not None
    with story.core.store.read() as tx:
        assert {change.why for change in recall.changes(tx, story.now(published))} == {"restricted"}
    story.put_space("lounge", private=False)
    assert story.now(published).outdated_at is None


def test_who_takes_their_posts_out_of_answers_takes_them_out_of_published_ones_too(story: Story) -> None:
    story.put("lounge", "post-1", "The harbour light burns green at low water.", kind="post", author_id="ben")
    published = story.publish(story.draft(text="When does the harbour light burn green?", space="course"))
    assert published.evidence[0].source_id == "post-1"
    story.core.uses.set_consents(story.cast.caller("ben"), Consents(answers=False), OPERATOR)
    assert story.now(published).outdated_at is not None


def test_where_the_platform_cannot_take_back_hosts_are_told_to(story: Story, platform: RecordingConnector) -> None:
    platform.can_reverse = False
    story.settings(connector="recording")
    published = story.publish(story.draft())
    edit(story, EDITED)
    story.work()
    (correction,) = corrections(story, published)
    story.approve(correction)
    story.work()
    now = story.now(published)
    assert now.status == "corrected"
    assert "by hand" in now.notice


def test_an_outdated_answer_is_not_offered_to_nearly_the_same_question(story: Story, published: Suggestion) -> None:
    assert story.ask("ben", QUESTION).approved_answers
    edit(story, EDITED)
    assert story.ask("ben", QUESTION).approved_answers == ()


def test_a_member_who_is_erased_leaves_no_word_in_a_correction(story: Story) -> None:
    story.put("lounge", "post-1", "The harbour light burns green at low water.", kind="post", author_id="ben")
    published = story.publish(story.draft(text="When does the harbour light burn green?", space="course"))
    story.clock.forward(minutes=1)  # type: ignore[attr-defined]
    story.put("lounge", "post-1", "The harbour light burns red at low water.", kind="post", author_id="ben")
    story.work()
    assert corrections(story, published)
    story.core.erasure.erase(HERE, "ben", OPERATOR)
    assert "burns" not in story.everything()


def test_with_the_members_role_alone_nobody_else_is_concerned(story: Story, published: Suggestion) -> None:
    """A change of a member that changes no reader marks nothing."""
    with story.core.store.read() as tx:
        ben = people.member(tx, HERE, "ben")
    story.put_member(replace(ben, name="Benjamin"))
    assert story.now(published) == published


@pytest.mark.parametrize(
    ("again", "offered"), [("When do spring tides come", 1), ("When do the 3 spring tides come?", 0)]
)
def test_a_question_with_other_numbers_is_another_question(
    story: Story, published: Suggestion, again: str, offered: int
) -> None:
    assert len(story.ask("ben", again).approved_answers) == offered
