"""Who may decide what, when it takes effect, and when nobody needs to decide any more."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from conftest import Clock
from story import Story

from cohost.approval import Approval
from cohost.errors import AlreadyDecided, Conflict, Forbidden, InvalidInput, NotFound
from cohost.jobs import JOBS
from cohost.model import Member
from cohost.store import audit
from cohost.suggestion import Decision, Suggestion


@pytest.fixture
def draft(story: Story) -> Suggestion:
    return story.draft()


def deciding(story: Story, **rules: Any) -> Approval:
    """As if the job had other rules."""
    core = story.core
    return Approval(core.store, core.clock, core.connectors, {"answer": replace(JOBS["answer"], **rules)})


def approve(approval: Approval, story: Story, draft: Suggestion, who: str) -> Suggestion:
    return approval.decide(story.cast.caller(who), draft.id, Decision("approve", draft.version))


# Who


def test_what_moderators_decide_hosts_decide_too(story: Story, draft: Suggestion) -> None:
    flags = deciding(story, decided_by=frozenset({"moderator"}))
    assert flags.queue(story.cast.caller("mo")) == flags.queue(story.cast.caller("hana")) == [draft]
    with pytest.raises(NotFound):
        approve(flags, story, draft, "ada")
    assert approve(flags, story, draft, "mo").status == "approved"


def test_nobody_decides_about_themselves_while_somebody_else_can(story: Story, draft: Suggestion) -> None:
    about_mo = deciding(story, decided_by=frozenset({"moderator"}), concerned=lambda suggestion: frozenset({"mo"}))
    with pytest.raises(Forbidden, match="concerns you"):
        approve(about_mo, story, draft, "mo")
    handed = about_mo.decide(story.cast.caller("mo"), draft.id, Decision("escalate", draft.version))
    assert handed.assigned_to == "hana"
    assert approve(about_mo, story, handed, "hana").status == "approved"
    assert {row["by_concerned"] for row in story.rows("decisions")} == {False}
    with pytest.raises(Forbidden, match="concerns you"):
        about_mo.undo(story.cast.caller("mo"), draft.id)


def test_where_nobody_else_is_left_the_decision_says_so(story: Story, draft: Suggestion) -> None:
    about_hana = deciding(story, concerned=lambda suggestion: frozenset({"hana"}))
    assert approve(about_hana, story, draft, "hana").status == "approved"
    assert [row["by_concerned"] for row in story.rows("decisions")] == [True]


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_some_rejections_need_a_reason(story: Story, draft: Suggestion, reason: str) -> None:
    flags = deciding(story, needs_reason=True)
    with pytest.raises(InvalidInput, match="reason"):
        flags.decide(story.cast.caller("hana"), draft.id, Decision("reject", draft.version, reason=reason))
    done = flags.decide(story.cast.caller("hana"), draft.id, Decision("reject", draft.version, reason="No harm meant."))
    assert done.status == "rejected"


def test_who_has_lost_the_role_takes_nothing_back(story: Story, draft: Suggestion) -> None:
    story.publish(draft)
    signed_in = story.cast.caller("hana")
    story.put_member(Member("hana", "Hana", "moderator"))
    with pytest.raises(Forbidden, match="no host here any more"):
        story.core.approval.undo(signed_in, draft.id)
    assert story.now(draft).status == "published"


# When


def later(story: Story, **wait: float) -> Decision:
    return Decision("approve", 1, publish_at=story.clock() + timedelta(**wait))


def test_what_is_scheduled_is_not_sent_before_its_time(story: Story, draft: Suggestion, clock: Clock) -> None:
    story.core.approval.decide(story.cast.caller("hana"), draft.id, later(story, hours=3))
    assert (story.work(), story.now(draft).status) == (0, "approved")
    clock.forward(hours=4)
    assert (story.work(), story.now(draft).status) == (1, "published")


def test_a_time_that_has_passed_means_at_once(story: Story, draft: Suggestion) -> None:
    story.core.approval.decide(story.cast.caller("hana"), draft.id, later(story, hours=-3))
    assert (story.work(), story.now(draft).status) == (1, "published")


def test_what_is_scheduled_is_withdrawn_with_its_source(story: Story, draft: Suggestion, clock: Clock) -> None:
    story.core.approval.decide(story.cast.caller("hana"), draft.id, later(story, hours=3))
    story.delete("course", "tides.md")
    clock.forward(hours=4)
    story.work()
    assert (story.now(draft).status, story.rows("board_posts")) == ("withdrawn", [])


@pytest.mark.parametrize("decision", [Decision("reject", 1), Decision("escalate", 1), Decision("approve", 1)])
def test_a_time_goes_with_an_approval_within_a_year(story: Story, draft: Suggestion, decision: Decision) -> None:
    wrong = replace(decision, publish_at=story.clock() + timedelta(days=400))
    with pytest.raises(InvalidInput) as refused:
        story.core.approval.decide(story.cast.caller("hana"), draft.id, wrong)
    assert (refused.value.field, story.rows("decisions")) == ("publish_at", [])


def test_an_approval_is_taken_back_before_it_is_sent(story: Story, draft: Suggestion) -> None:
    story.core.approval.decide(story.cast.caller("hana"), draft.id, later(story, hours=3))
    back = story.core.approval.undo(story.cast.caller("hana"), draft.id)
    assert (back.status, story.outbox(draft), story.work()) == ("pending", [], 0)
    with story.core.store.read() as tx:
        last = audit.rows(tx, draft.community_id, object_id=draft.id)[0]
    assert (last.action, last.old) == ("suggestion.pending", "approved")
    assert story.publish(back).status == "published"


def test_what_was_never_approved_cannot_be_undone(story: Story, draft: Suggestion) -> None:
    with pytest.raises(Conflict, match="pending and cannot become undone"):
        story.core.approval.undo(story.cast.caller("hana"), draft.id)


def test_what_nobody_decides_expires(story: Story, draft: Suggestion, clock: Clock) -> None:
    clock.forward(days=89)
    assert (story.work(), story.now(draft).status) == (0, "pending")
    clock.forward(days=2)
    assert (story.work(), story.now(draft).status) == (1, "expired")
    with pytest.raises(AlreadyDecided, match="already expired"):
        story.approve(story.now(draft))
    with story.core.store.read() as tx:
        last = audit.rows(tx, draft.community_id, object_id=draft.id)[0]
    assert (last.action, last.actor, last.old) == ("suggestion.expired", "worker", "pending")


def test_what_was_handed_on_a_moment_ago_does_not_expire(story: Story, draft: Suggestion, clock: Clock) -> None:
    clock.forward(days=89)
    story.decide("escalate", draft)
    clock.forward(days=2)
    assert (story.work(), story.now(draft).status) == (0, "pending")
