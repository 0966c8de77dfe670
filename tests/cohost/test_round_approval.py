"""A round of many is approved in portions: nobody waits for all of it, nothing is half done, and whoever dies loses nothing."""

from __future__ import annotations

from typing import Any

import pytest
from story import HERE, Story

from cohost import round_approval
from cohost.errors import Conflict, Forbidden
from cohost.model import Member
from cohost.rounds import RoundView
from cohost.store import people, profiles, rounds
from cohost.store.audit import OPERATOR
from cohost.store.profiles import StoredProfile
from cohost.suggestion import Decision
from tests.cohost.test_rounds import made, on

__all__ = ["on"]  # the fixture
MORE = 6  # members; with the four of the cast five pairs


@pytest.fixture
def many(on: Story, monkeypatch: pytest.MonkeyPatch) -> RoundView:
    """Five introductions, of which two are approved at once."""
    monkeypatch.setattr(round_approval, "AT_ONCE", 2)
    with on.core.store.write() as tx:
        for at in range(MORE):
            people.put_member(tx, HERE, Member(f"m{at}", f"Member {at}"), on.clock())
            profiles.put(tx, HERE, StoredProfile(f"m{at}", {"asks": ["sewing"]}, (), ("introductions",)), on.clock())
    return made(on)


def approve(on: Story, view: RoundView, who: str = "hana") -> list[str]:
    return list(on.core.round_approval.approve(on.cast.caller(who), view.round.id).values())


def statuses(on: Story, view: RoundView) -> list[str]:
    return [one.status for one in on.core.rounds.view(HERE, view.round.id).introductions]


def test_some_are_approved_at_once_and_the_worker_goes_on_with_the_others(on: Story, many: RoundView) -> None:
    assert sorted(approve(on, many)) == ["approved"] * 2 + ["waiting"] * 3
    view = on.core.rounds.view(HERE, many.round.id)
    assert view.approval_waiting == 3
    assert on.core.round_approval.step()
    assert on.core.rounds.view(HERE, many.round.id).approval_waiting == 1
    on.work()
    assert set(statuses(on, many)) == {"published"}
    assert not on.core.round_approval.step()


def test_who_clicks_twice_approves_once(on: Story, many: RoundView) -> None:
    approve(on, many)
    assert approve(on, many) == ["waiting"] * 3
    on.work()
    assert set(statuses(on, many)) == {"published"}


def test_a_worker_that_dies_in_a_portion_leaves_it_to_another(on: Story, many: RoundView, clock: Any) -> None:
    approve(on, many)
    with on.core.store.write() as tx:
        claimed = rounds.claim_approval(tx, on.clock(), on.clock() + round_approval.LEASE)
    assert claimed is not None
    one, version = claimed[2].left[0]
    on.core.approval.decide(on.cast.caller("hana"), one, Decision("approve", version))  # and it is gone
    assert not on.core.round_approval.step()  # still held
    clock.forward(minutes=3)
    on.work()
    view = on.core.rounds.view(HERE, many.round.id)
    assert set(statuses(on, many)) == {"published"}
    assert view.not_approved == {}


def test_a_host_who_lost_the_right_approves_no_more(on: Story, many: RoundView) -> None:
    approve(on, many)
    with on.core.store.write() as tx:
        people.put_member(tx, HERE, Member("hana", "Hana", role="member"), on.clock())
    on.work()
    view = on.core.rounds.view(HERE, many.round.id)
    assert sorted(statuses(on, many)) == ["pending"] * 3 + ["published"] * 2
    assert view.approval_waiting == 0
    assert all("no host here any more" in why for why in view.not_approved.values())


def test_what_changed_after_the_host_looked_is_not_approved(on: Story, many: RoundView) -> None:
    approve(on, many)
    with on.core.store.read() as tx:
        going_on = rounds.get(tx, HERE, many.round.id).approving
    assert going_on is not None
    one, version = going_on.left[-1]
    on.core.approval.decide(on.cast.caller("hana"), one, Decision("reject", version))
    on.work()
    view = on.core.rounds.view(HERE, many.round.id)
    assert sorted(statuses(on, many)) == ["published"] * 4 + ["rejected"]
    assert "already rejected" in view.not_approved[one]


def test_a_round_that_is_being_approved_is_not_matched_anew(on: Story, many: RoundView) -> None:
    approve(on, many)
    with pytest.raises(Conflict, match="being approved"):
        on.core.rounds.again(on.cast.caller("hana"), many.round.id, locked=[], dropped=[], actor=OPERATOR)


def test_only_a_person_who_may_decide_starts_it(on: Story, many: RoundView) -> None:
    with on.core.store.write() as tx:
        people.put_member(tx, HERE, Member("hana", "Hana", role="member"), on.clock())
    with pytest.raises(Forbidden):
        approve(on, many)
    assert set(statuses(on, many)) == {"pending"}


def test_who_is_erased_leaves_nothing_to_approve_behind(on: Story, many: RoundView) -> None:
    approve(on, many)
    with on.core.store.write() as tx:
        rounds.forget_member(tx, HERE, "hana")
    on.clock.forward(minutes=3)
    assert not on.core.round_approval.step()
    assert on.core.rounds.view(HERE, many.round.id).round.approving is None
