"""A flag: suggested from a post, decided by a person, told to the author alone, and undone without a trace."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from story import HERE, Story

from cohost.errors import Forbidden, InvalidInput
from cohost.jobs.moderate import _joined
from cohost.model import Member, SourceInput
from cohost.ports import Finding
from cohost.store import people, safety_cases, suggestions, tables
from cohost.store.audit import OPERATOR
from cohost.suggestion import Suggestion
from cohost.testing import RecordingConnector

RUDE = "I read your log. You fool, the tide was out."
KIND = "I read your log. The tide was out."


@pytest.fixture
def on(story: Story) -> Story:
    story.settings(jobs=("answer", "moderate"))
    return story


def post(
    story: Story, text: str, who: str = "ben", *, id: str = "p1", space: str = "lounge", parent: str | None = None
) -> None:
    story.core.intake.put(HERE, space, SourceInput(id, "post", "Log", text, author_id=who, parent_id=parent), OPERATOR)


def flags(story: Story) -> list[Suggestion]:
    story.work()
    return story.core.approval.queue(story.cast.caller("mo"), job="moderate")


def flag(story: Story, text: str = RUDE, **kwargs: Any) -> Suggestion:
    post(story, text, **kwargs)
    return flags(story)[-1]


def everything(story: Story) -> dict[str, list[Any]]:
    """All rows that say what stands in the community and what members see."""
    with story.core.store.read() as tx:
        shown = (tables.sources, tables.chunks, tables.board_posts, tables.members, tables.space_members)
        return {table.name: [tuple(row) for row in tx.execute(sa.select(table))] for table in shown}


def test_a_flag_says_what_where_which_guideline_and_the_mildest_step(on: Story) -> None:
    made = flag(on)
    assert (made.payload["category"], made.payload["guideline"], made.payload["step"]) == (
        "harassment",
        1,
        "ask_to_edit",
    )
    assert [(item.quote, item.source_version) for item in made.evidence] == [("You fool", 1)]
    assert "> You fool" in made.payload["text"]
    assert "Be kind." in made.payload["text"]


def test_nothing_happens_to_anything_until_a_person_decides(on: Story) -> None:
    post(on, KIND)
    on.work()
    post(on, RUDE, id="p2")
    before = everything(on)
    assert len(flags(on)) == 1
    assert everything(on) == before


def test_posts_are_not_read_before_the_job_is_switched_on(story: Story) -> None:
    post(story, RUDE)
    assert flags(story) == []


def test_an_approved_note_reaches_its_author_alone_and_undo_leaves_no_trace(on: Story) -> None:
    post(on, RUDE)
    made = flags(on)[0]
    before = everything(on)
    sent = on.decide("approve", made, "mo")
    on.work()
    notes = {who: on.core.reports.notes(on.cast.caller(who)) for who in ("ada", "ben", "mo", "hana")}
    assert {who: len(found) for who, found in notes.items()} == {"ada": 0, "ben": 1, "mo": 0, "hana": 0}
    on.core.approval.undo(on.cast.caller("mo"), sent.id)
    assert on.now(sent).status == "undone"
    assert everything(on) == before
    assert [one.status for one in flags(on)] == ["undone"]  # not proposed again


def test_agreeing_that_nothing_is_to_be_done_sends_nothing(on: Story) -> None:
    done = on.decide("edit", flag(on), "mo", payload={"step": "none"})
    on.work()
    assert on.now(done).status == "published"
    assert on.core.reports.notes(on.cast.caller("ben")) == []


def test_verdict_and_step_are_chosen_apart(on: Story) -> None:
    changed = on.decide("edit", flag(on), "mo", payload={"step": "hold", "text": "Please write again."})
    assert (changed.payload["category"], changed.payload["step"]) == ("harassment", "hold")


def test_an_edit_never_changes_the_post_and_an_unknown_step_is_refused(on: Story) -> None:
    made = flag(on)
    with pytest.raises(InvalidInput):
        on.decide("edit", made, "mo", payload={"step": "ban"})
    kept = on.decide("edit", made, "mo", payload={"source_id": "other", "category": "hate", "text": "Hello."})
    assert (kept.payload["source_id"], kept.payload["category"]) == ("p1", "harassment")


def test_a_note_may_not_carry_what_its_author_may_not_read(on: Story) -> None:
    made = flag(on)
    secret = "The spare key of the boathouse lies under the third flower pot on the left."
    with pytest.raises(InvalidInput):
        on.decide("edit", made, "mo", payload={"text": f"By the way: {secret}"})
    assert on.now(made).status == "pending"


def test_a_rejection_needs_a_reason_and_the_same_words_are_not_flagged_again(on: Story) -> None:
    made = flag(on)
    with pytest.raises(InvalidInput):
        on.decide("reject", made, "mo")
    on.decide("reject", made, "mo", reason="They are old friends.")
    post(on, f"{RUDE} See you on Monday.")
    assert [one.status for one in flags(on)] == ["rejected"]


def test_an_edit_that_takes_the_words_out_withdraws_the_flag(on: Story) -> None:
    made = flag(on)
    post(on, KIND)
    on.work()
    assert on.now(made).status == "withdrawn"
    assert "You fool" not in str(on.now(made))


def test_a_deleted_post_leaves_no_words_in_the_queue(on: Story) -> None:
    made = flag(on)
    on.core.intake.delete(HERE, "lounge", "p1", OPERATOR)
    assert "You fool" not in str(on.now(made))


def test_quotes_in_answers_being_off_does_not_hide_a_post_from_moderators(on: Story) -> None:
    caller = on.cast.caller("ben")
    consents = on.core.uses.consents(caller)
    on.core.uses.set_consents(caller, type(consents)(False, False, False), OPERATOR)
    assert flag(on).status == "pending"


def test_nobody_decides_about_their_own_post_or_one_that_they_reported(on: Story) -> None:
    with on.core.store.write() as tx:
        people.put_member(tx, HERE, Member("mia", "Mia", "moderator"), on.clock())
    own = flag(on, who="mo")
    with pytest.raises(Forbidden):
        on.decide("approve", own, "mo")
    post(on, KIND, id="p2")
    on.core.reports.report(on.cast.caller("mo"), "lounge", "p2", "I do not like it.")
    reported = flags(on)[-1]
    assert reported.payload["category"] == "reported"
    with pytest.raises(Forbidden):
        on.decide("approve", reported, "mo")


def test_a_report_opens_a_case_and_says_nothing_of_who_made_it(on: Story) -> None:
    post(on, KIND)
    on.work()
    on.core.reports.report(on.cast.caller("ada"), "lounge", "p1", "It is about me.")
    on.core.reports.report(on.cast.caller("ada"), "lounge", "p1", "Again.")
    (made,) = flags(on)
    assert "ada" not in str(made)
    assert made.payload["step"] == "none"


def test_distress_is_answered_with_support_and_never_with_a_rule(on: Story) -> None:
    made = flag(on, "I cannot go on like this.")
    assert made.payload["step"] == "support"
    assert "Guideline" not in made.payload["text"]
    assert "helpline" in made.payload["text"]


def test_a_category_that_is_switched_off_is_not_looked_for(on: Story) -> None:
    on.settings(categories_off=("harassment",))
    post(on, RUDE)
    assert flags(on) == []


def test_posts_of_the_cohost_itself_are_not_read(on: Story, platform: RecordingConnector) -> None:
    on.core.intake.put(HERE, "lounge", SourceInput("b1", "post", "", RUDE, origin="bot"), OPERATOR)
    assert flags(on) == []


def test_erasing_the_author_takes_the_note_and_the_flag_with_them(on: Story) -> None:
    on.decide("approve", flag(on), "mo")
    on.work()
    on.core.erasure.erase(HERE, "ben", OPERATOR)
    with on.core.store.read() as tx:
        assert tx.execute(sa.select(tables.board_posts)).all() == []
        left = suggestions.queue(tx, HERE, statuses=(), job=None, jobs=None, after=None, limit=50)
    assert "You fool" not in str(left)


def test_a_block_a_report_and_an_open_case_keep_two_people_apart(on: Story) -> None:
    def apart() -> set[tuple[str, ...]]:
        with on.core.store.read() as tx:
            return {tuple(sorted(pair)) for pair in safety_cases.kept_apart(tx, HERE)}

    assert apart() == set()
    on.core.reports.block(on.cast.caller("ada"), "hana")
    post(on, KIND, id="p2", who="mo")
    on.core.reports.report(on.cast.caller("ada"), "lounge", "p2", "")
    post(on, KIND, who="hana")
    made = flag(on, who="ben", id="p3", parent="p1")
    assert apart() == {("ada", "hana"), ("ada", "mo"), ("ben", "hana")}
    on.decide("reject", made, "mo", reason="They are old friends.")
    assert apart() == {("ada", "hana"), ("ada", "mo")}


def test_erasing_who_reported_and_blocked_takes_both_with_them(on: Story) -> None:
    post(on, KIND)
    on.core.reports.report(on.cast.caller("ada"), "lounge", "p1", "It is about me.")
    on.core.reports.block(on.cast.caller("ada"), "ben")
    on.core.erasure.erase(HERE, "ada", OPERATOR)
    with on.core.store.read() as tx:
        assert tx.execute(sa.select(tables.reports)).all() == tx.execute(sa.select(tables.blocks)).all() == []


def test_deleting_the_post_never_closes_the_open_review_and_its_words_are_gone(on: Story) -> None:
    made = flag(on)
    on.core.intake.delete(HERE, "lounge", "p1", OPERATOR)
    left = on.now(made)
    assert left.status == "pending"
    assert "deleted" in left.notice
    assert (left.evidence, left.payload["text"]) == ((), "")
    assert left.payload["category"] == "harassment"
    done = on.decide("approve", left, "mo")
    on.work()
    assert on.now(done).status == "published"  # agreed; there is nothing to send
    assert on.core.reports.notes(on.cast.caller("ben")) == []


def test_marked_words_that_stand_close_together_are_one_quote(on: Story) -> None:
    made = flag(on, "You fool, call 555-0142 or You fool.")
    assert len(made.evidence) == 1
    finding = Finding("threat", 0.9, ((0, 4), (10, 14), (60, 64)))
    text = "Your lazy arms. ".ljust(64, "x")
    assert _joined(text, finding).spans == ((0, 14), (60, 64))
