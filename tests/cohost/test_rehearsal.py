"""A rehearsal on the past: the same piece by piece as at once, with newcomers, decisions, budgets and its cost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from conftest import Clock
from story import HERE, Story

from cohost import rehearsal
from cohost.model import Member, SourceInput
from cohost.rehearsal import Prices, Rehearsed, rehearse
from cohost.store import people
from cohost.store.audit import OPERATOR

RUDE = "You fool, the tide was out."


@pytest.fixture
def past(story: Story, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Story:
    """Nine posts of two members, one of them new; three posts at a time are read."""
    monkeypatch.setattr(rehearsal, "BATCH", 3)
    monkeypatch.setattr("cohost.rehearsals.BATCH", 3)
    clock.forward(days=60)  # by now everybody but Nia has been here for long
    now = story.clock()
    story.put_member(Member("nia", "Nia", joined_at=now - timedelta(days=2)))
    for n in range(8):
        text, who = (RUDE, "nia") if n < 2 else (RUDE, "ben") if n == 2 else (f"Log {n}: a fair wind.", "ben")
        sent = SourceInput(f"p{n}", "post", "", text, author_id=who, created_at=now, updated_at=now)
        story.core.intake.put(HERE, "lounge", sent, OPERATOR)
    return story


def at_once(story: Story, *, prices: Prices = Prices(), limit: int = 100) -> Rehearsed:  # noqa: B008  frozen
    with story.core.store.read() as tx:
        community = people.community(tx, HERE)
    return rehearse(story.core.store, story.core.moderation, community, limit=limit, prices=prices)


def without_times(done: Rehearsed) -> Rehearsed:
    return replace(done, cost=replace(done.cost, seconds=0, cpu_s=0))


def test_newcomers_and_categories_are_counted_by_themselves(past: Story) -> None:
    done = at_once(past)
    assert (done.posts, done.newcomer_posts, len(done.flags), done.by_newcomers) == (
        9,
        3,
        3,
        2,
    )  # ada's from before, too
    assert [(one.category, one.flags, one.by_newcomers) for one in done.by_category] == [("harassment", 3, 2)]


def test_piece_by_piece_comes_to_the_same_and_tells_how_far_it_is(past: Story) -> None:
    asked = past.core.rehearsals.ask(HERE, 100, OPERATOR)
    seen = []
    while past.core.rehearsals.step():
        seen.append(past.core.rehearsals.get(HERE, asked.id)[0].found.posts)
    assert seen == [3, 6, 9]
    _, came = past.core.rehearsals.get(HERE, asked.id)
    assert came is not None
    assert without_times(came) == without_times(at_once(past))
    assert came.cost.cpu_s >= 0


def test_posts_of_one_moment_are_read_once_each(past: Story) -> None:
    assert at_once(past, limit=4).posts == 4
    assert len({flag.source_id for flag in at_once(past).flags}) == 3


def test_what_is_written_or_deleted_meanwhile_does_not_stop_it(past: Story) -> None:
    asked = past.core.rehearsals.ask(HERE, 100, OPERATOR)
    past.core.rehearsals.step()
    past.put("lounge", "new", RUDE, kind="post", author_id="ben")
    for n in (3, 4, 5, 6, 7):
        past.delete("lounge", f"p{n}")
    while past.core.rehearsals.step():
        pass
    current, came = past.core.rehearsals.get(HERE, asked.id)
    assert current.status == "done"
    assert came is not None
    assert "new" not in [flag.source_id for flag in came.flags]


def test_a_price_makes_the_estimate_money(past: Story) -> None:
    cost = at_once(past, prices=Prices(2.0, 8.0)).cost
    assert cost.money == pytest.approx((cost.input_tokens * 2 + cost.output_tokens * 8) / 1e6, abs=1e-4)
    assert cost.second_reader_calls == 3


def test_what_people_decided_before_is_told(past: Story) -> None:
    past.settings(jobs=("moderate",))
    past.put("lounge", "p2", f"{RUDE} Really.", kind="post", author_id="ben")
    past.work()
    (flag,) = past.core.approval.queue(past.cast.caller("mo"), job="moderate")
    past.decide("reject", flag, "mo", reason="Old friends.")
    done = at_once(past)
    assert (done.agreed, done.disagreed) == (0, 1)
    assert [(one.agreed, one.disagreed) for one in done.by_category] == [(0, 1)]


def test_only_the_newest_of_a_community_is_kept(past: Story) -> None:
    first = past.core.rehearsals.ask(HERE, 100, OPERATOR)
    second = past.core.rehearsals.ask(HERE, 100, OPERATOR)
    newest = past.core.rehearsals.newest(HERE)
    assert newest is not None
    assert (newest[0].id, len(past.rows("rehearsals"))) == (second.id, 1)
    assert first.id != second.id
