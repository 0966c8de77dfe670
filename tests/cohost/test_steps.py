"""A decided step takes effect on the post itself, at once, and one call undoes all of it."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from story import HERE, Story

from cohost import audience
from cohost.errors import Conflict, InvalidInput
from cohost.model import SourceInput
from cohost.store import sources
from cohost.store.audit import OPERATOR
from cohost.suggestion import Suggestion, in_space
from cohost.testing import RecordingConnector

RUDE = "Bilge pumps want grease every spring. You fool, the tide was out."
ASKED = "When do bilge pumps want grease?"
POST = ("lounge", "p1")
# What says what stands in the community, who reads it, and what is known of it. Not: who decided what and when.
TOUCHED = (
    "sources", "chunks", "chunk_text", "board_posts", "members", "space_members", "evidence", "snapshots", "readings",
    "reports", "asides",
)  # fmt: skip
COUNTED = {"pk", "source_pk", "rowid", "chunk_pk"}  # a chunk that comes back has a new key


@pytest.fixture
def on(story: Story) -> Story:
    story.settings(jobs=("answer", "moderate"))
    story.put_space("pier", private=False)
    return story


def flag(story: Story, *, parent: str | None = None, text: str = RUDE) -> Suggestion:
    story.core.intake.put(
        HERE, "lounge", SourceInput("p1", "post", "Log", text, author_id="ben", parent_id=parent), OPERATOR
    )
    story.work()
    return story.core.approval.queue(story.cast.caller("mo"), job="moderate")[-1]


def reply(story: Story, id: str = "r1", text: str = "Mine were dry as sand last week.") -> None:
    story.core.intake.put(
        HERE, "lounge", SourceInput(id, "post", "", text, author_id="ada", parent_id="p1"), OPERATOR
    )  # fmt: skip


def step(story: Story, made: Suggestion, name: str, **more: Any) -> Suggestion:
    done = story.decide("edit", made, "mo", payload={"step": name, "text": "Please write again.", **more})
    story.work()
    return story.now(done)


def undo(story: Story, made: Suggestion) -> Suggestion:
    return story.core.approval.undo(story.cast.caller("mo"), made.id)


def state(story: Story) -> dict[str, list[str]]:
    """Every row of every table that a step may touch."""
    found: dict[str, list[str]] = {}
    with story.core.store.read() as tx:
        for name in TOUCHED:
            rows = tx.execute(sa.select(sa.text("*")).select_from(sa.text(f'"{name}"'))).mappings()
            kept = ({key: value for key, value in row.items() if key not in COUNTED} for row in rows)
            found[name] = sorted(map(str, kept))
    return found


def found(story: Story, space: str = "lounge") -> list[tuple[str, str]]:
    return story.search(ASKED, in_space(space), top_k=3)


def seen_by(story: Story, who: str, key: tuple[str, str] = POST) -> bool:
    with story.core.store.read() as tx:
        post = sources.texts(tx, HERE, [key]).get(key)
    return post is not None and audience.sees(story.cast.caller(who), post)


@pytest.mark.parametrize("name", ["hold", "remove", "move", "private_note", "ask_to_edit"])
def test_undo_leaves_every_table_as_it_was(on: Story, name: str) -> None:
    made = flag(on)
    reply(on)
    on.core.reports.report(on.cast.caller("ada"), *POST, "It is about me.")
    on.work()
    before = state(on)
    done = step(on, made, name, move_to="pier")
    assert done.status == "published"
    assert state(on) != before
    assert len(on.core.reports.notes(on.cast.caller("ben"))) == 1
    assert undo(on, done).status == "undone"
    after = state(on)
    assert {name: rows for name, rows in after.items() if rows != before[name]} == {}


@pytest.mark.parametrize("name", ["hold", "remove"])
def test_a_hidden_post_is_out_of_search_and_sight_with_the_decision_itself(on: Story, name: str) -> None:
    made = flag(on)
    reply(on)
    assert POST in found(on)
    on.decide("edit", made, "mo", payload={"step": name, "text": ""})  # no worker has moved yet
    assert not {POST, ("lounge", "r1")} & set(found(on))
    sight = {who: seen_by(on, who) for who in ("ada", "ben", "mo", "hana")}
    assert sight == {"ada": False, "ben": True, "mo": True, "hana": True}
    undo(on, on.now(made))
    assert POST in found(on)


def test_a_reply_that_comes_later_is_hidden_with_its_thread(on: Story) -> None:
    step(on, flag(on), "hold")
    reply(on, "r2", "Bilge pumps want grease, I say.")
    assert ("lounge", "r2") not in found(on)


def test_a_draft_that_quotes_a_held_post_is_withdrawn_at_once(on: Story) -> None:
    made = flag(on)
    draft = on.draft("ada", ASKED, space="lounge")
    assert [(item.space_id, item.source_id) for item in draft.evidence] == [POST]
    on.decide("edit", made, "mo", payload={"step": "hold", "text": ""})
    assert on.now(draft).status == "withdrawn"
    assert "grease" not in str(on.now(draft).payload.get("text"))


def test_a_posted_answer_is_outdated_while_the_post_is_held_and_right_again_after_undo(on: Story) -> None:
    made = flag(on)
    answer = on.publish(on.draft("ada", ASKED, space="lounge"))
    on.decide("edit", made, "mo", payload={"step": "hold", "text": ""})
    assert on.now(answer).outdated_at is not None
    undo(on, on.now(made))
    assert on.now(answer).outdated_at is None


def test_a_moved_thread_is_found_where_it_is_now(on: Story) -> None:
    made = flag(on)
    reply(on)
    step(on, made, "move", move_to="pier")
    assert ("pier", "p1") in found(on, "pier")
    assert on.source("pier", "r1")
    assert on.source(*POST) is None
    with pytest.raises(Exception, match="only a later"):  # a stale copy from a platform does not bring it back
        on.core.intake.put(
            HERE, "lounge", SourceInput("p1", "post", "Log", RUDE, updated_at=on.clock().replace(year=2025)), OPERATOR
        )


def test_a_post_is_not_moved_where_more_people_would_read_it(on: Story) -> None:
    on.core.intake.put(HERE, "den", SourceInput("p1", "post", "Log", RUDE, author_id="ada"), OPERATOR)
    on.work()
    made = on.core.approval.queue(on.cast.caller("mo"), job="moderate")[-1]
    for target in ("lounge", "nowhere", "den", None):
        with pytest.raises(InvalidInput):
            on.decide("edit", made, "mo", payload={"step": "move", "move_to": target})
    assert on.now(made).status == "pending"


def test_of_two_decisions_each_keeps_the_post_aside_by_itself(on: Story) -> None:
    first = step(on, flag(on), "hold")
    second = step(on, flag(on, text="555-0142 is my number; bilge pumps want grease."), "remove")
    assert first.id != second.id
    undo(on, first)
    assert not seen_by(on, "ada")
    undo(on, second)
    assert seen_by(on, "ada")


def test_what_a_connector_cannot_do_is_said_and_our_own_copy_follows_all_the_same(
    on: Story, platform: RecordingConnector
) -> None:
    on.settings(connector=platform.name)
    done = step(on, flag(on), "hold")
    assert "on your platform" in done.payload["by_hand"]
    assert [post.message.destination.kind for post in platform.posted] == ["private_note"]
    assert POST not in found(on)
    back = undo(on, done)
    assert "show it again" in back.notice
    assert POST in found(on)


def test_where_nothing_can_be_taken_back_the_post_comes_back_here_and_the_rest_is_said(
    on: Story, platform: RecordingConnector
) -> None:
    on.settings(connector=platform.name)
    done = step(on, flag(on), "remove")
    platform.can_reverse = False
    with pytest.raises(Conflict, match="by hand"):
        undo(on, done)
    assert POST in found(on)


def test_a_platform_that_takes_steps_is_told_what_to_do_with_which_post(
    on: Story, platform: RecordingConnector
) -> None:
    platform.steps = frozenset({"move", "hold", "remove"})
    on.settings(connector=platform.name)
    done = step(on, flag(on), "move", move_to="pier")
    about = next(post.message for post in platform.posted if post.message.destination.kind == "post")
    said = (about.step, about.destination.space_id, about.destination.source_id, about.move_to)
    assert said == ("move", *POST, "pier")
    assert done.payload["by_hand"] == ""
    undo(on, done)
    assert platform.standing == []


def test_giving_up_on_a_step_that_could_not_be_sent_gives_the_post_back(
    on: Story, platform: RecordingConnector
) -> None:
    platform.steps = frozenset({"hold"})
    on.settings(connector=platform.name)
    platform.fail("refused", "refused")
    failed = step(on, flag(on), "hold")
    assert failed.status == "failed"
    assert POST not in found(on)
    on.decide("reject", failed, "mo", reason="The platform does not want it.")
    assert POST in found(on)


def test_a_hidden_post_waits_for_no_time(on: Story) -> None:
    from cohost.suggestion import Decision

    made = flag(on)
    later = Decision("edit", made.version, {"step": "hold"}, publish_at=on.clock().replace(year=2027))
    with pytest.raises(InvalidInput, match="at once"):
        on.core.approval.decide(on.cast.caller("mo"), made.id, later)
    assert seen_by(on, "ada")


@pytest.mark.parametrize("name", ["hold", "remove", "move"])
def test_a_note_says_what_became_of_the_post(on: Story, name: str) -> None:
    made = flag(on)
    assert "Nothing has been changed" in made.payload["text"]
    on.decide("edit", made, "mo", payload={"step": name, "move_to": "pier"})
    on.work()
    (note,) = on.core.reports.notes(on.cast.caller("ben"))
    assert "Nothing has been changed" not in note.text
    assert "you can answer this note" in note.text.lower()


def test_an_overturned_appeal_brings_the_post_back_and_is_shown_once(on: Story) -> None:
    done = step(on, flag(on), "hold")
    ben = on.cast.caller("ben")
    (note,) = on.core.reports.notes(ben)
    appeal = on.core.appeals.make(ben, note.key, "It was a quotation.")
    assert not seen_by(on, "ada")
    on.core.appeals.decide(on.cast.caller("hana"), appeal.id, "overturned", "So it was.")
    assert seen_by(on, "ada")
    assert on.now(done).status == "undone"
    assert [one.id for one in on.core.appeals.own(ben).values()] == [appeal.id]


def test_a_flag_is_no_use_of_a_post_that_its_author_is_told_of(on: Story) -> None:
    step(on, flag(on), "hold")
    assert on.core.uses.of_caller(on.cast.caller("ben"), before=None, limit=10) == []
