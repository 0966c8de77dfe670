"""How much moderation shows: budget, most of a day, shadow mode, and what decisions teach it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from story import HERE, Story

from cohost.model import SourceInput
from cohost.ports import Learned
from cohost.sensitivity import ENOUGH_DECISIONS, agreement, bars
from cohost.store import moderation_fits, people, readings
from cohost.store.audit import OPERATOR
from cohost.store.moderation_fits import Agreement, Fit
from cohost.store.readings import Reading
from cohost.suggestion import Suggestion

RUDE = "I read your log. You fool, the tide was out."
WORRYING = "I cannot go on like this."


@pytest.fixture
def on(story: Story) -> Story:
    story.settings(jobs=("answer", "moderate"))
    return story


def post(story: Story, id: str, text: str = RUDE, who: str = "ben") -> None:
    story.core.intake.put(HERE, "lounge", SourceInput(id, "post", "Log", text, author_id=who), OPERATOR)


def flags(story: Story) -> list[Suggestion]:
    story.work()
    return story.core.approval.queue(story.cast.caller("mo"), job="moderate")


def read(story: Story) -> list[Reading]:
    with story.core.store.read() as tx:
        return readings.since(tx, HERE, story.clock() - timedelta(days=1))


def stored(story: Story, fit: Fit) -> None:
    with story.core.store.write() as tx:
        moderation_fits.add(tx, HERE, fit)


def reading(excess: float | None) -> Reading:
    return Reading("lounge", "p", 1, "ben", None, "spam", excess, (), "", None)  # type: ignore[arg-type]  # no time needed


def test_in_shadow_mode_posts_are_read_and_nothing_comes_to_the_queue(on: Story) -> None:
    on.settings(jobs=("moderate",), moderation_shadow=True)
    post(on, "p1")
    assert flags(on) == []
    assert [(one.source_id, one.category, one.outcome) for one in read(on)] == [("p1", "harassment", "shadow")]
    assert on.core.tuner.record(HERE).shadow == 1


def test_a_report_is_heard_also_in_shadow_mode(on: Story) -> None:
    on.settings(jobs=("moderate",), moderation_shadow=True)
    post(on, "p1")
    on.work()
    on.core.reports.report(on.cast.caller("ada"), "lounge", "p1", "")
    assert len(flags(on)) == 1


def test_beyond_the_most_of_a_day_posts_are_held_back_but_never_a_cry_for_help(on: Story) -> None:
    on.settings(jobs=("moderate",), flags_per_day=2)
    for n in range(3):
        post(on, f"p{n}", RUDE + f" {n}")
    assert len(flags(on)) == 2
    post(on, "help", WORRYING)
    assert [flag.payload["category"] for flag in flags(on)] == ["harassment", "harassment", "distress"]
    assert sorted(one.outcome for one in read(on)) == ["flagged", "flagged", "flagged", "held_back"]


def test_a_raised_bar_keeps_what_is_less_telling_out_of_the_queue(on: Story) -> None:
    stored(on, Fit(1, on.clock(), {"few": 3.0, "balanced": 1.5, "many": 0.5}))  # the tests' reader finds 1.0
    post(on, "p1")
    assert flags(on) == []
    on.settings(jobs=("moderate",), flag_budget="many")
    post(on, "p2")
    assert len(flags(on)) == 1


def test_bars_let_through_no_more_ordinary_posts_than_the_budget() -> None:
    scores = [reading(n / 100) for n in range(1000)]  # 0.00 .. 9.99
    found = bars(scores)
    assert {name: sum((one.excess or 0) >= at for one in scores) for name, at in found.items() if at < 3.0} == {}
    mild = [reading(None)] * 900 + [reading(n / 100) for n in range(100)]  # the hundred highest: 0.00 .. 0.99
    found = bars(mild)
    over = {name: sum(one.excess is not None and one.excess >= at for one in mild) for name, at in found.items()}
    assert over == {"few": 9, "balanced": 19, "many": 49}  # of 1,000: at most 10, 20, 50


def test_too_few_posts_set_no_bars() -> None:
    assert bars([reading(2.0)] * 199) == {}


def test_the_version_a_host_chose_is_used(on: Story) -> None:
    stored(on, Fit(1, on.clock(), learned=Learned({"harassment": -2.0})))
    on.settings(jobs=("moderate",), moderation_version=0)
    post(on, "p1")
    assert len(flags(on)) == 1
    on.settings(jobs=("moderate",), moderation_version=-1)
    post(on, "p2")
    assert len(flags(on)) == 1  # the newest version has learned that this is fine here


def test_fifty_disagreements_teach_it_and_fewer_do_not(on: Story) -> None:
    on.settings(jobs=("moderate",), flags_per_day=1000)
    for n in range(ENOUGH_DECISIONS):
        post(on, f"p{n}", RUDE + f" {n}")
    *most, last = flags(on)
    for flag in most:
        on.decide("reject", flag, "mo", reason="That is how we talk.")
    assert on.core.tuner.fit(HERE).learned == Learned()
    on.decide("reject", last, "mo", reason="That is how we talk.")
    made = on.core.tuner.fit(HERE)
    assert made.decisions == ENOUGH_DECISIONS
    assert made.learned.biases == {"harassment": -2.0}
    post(on, "after")
    assert len(flags(on)) == ENOUGH_DECISIONS  # no new one
    (tally,) = on.core.tuner.record(HERE).agreement
    assert (tally.category, tally.agreed, tally.decided) == ("harassment", 0, ENOUGH_DECISIONS)


def test_agreement_is_told_of_flags_like_this_one_only_and_only_where_there_are_some() -> None:
    decided = [Agreement("spam", 0.9, n < 7) for n in range(10)]
    other = [Agreement("hate", 0.9, True)] * 3 + [Agreement("spam", 0.6, False)] * 5
    assert agreement([*decided, *other], "spam", 0.85) == (7, 10)
    assert agreement([*decided, *other], "hate", 0.9) is None


def test_a_fit_is_made_once_a_day_where_the_job_is_on(on: Story) -> None:
    stored(on, Fit(1, on.clock() - timedelta(days=2)))
    on.work()
    with on.core.store.read() as tx:
        assert [fit.version for fit in moderation_fits.versions(tx, HERE)] == [2, 1]
    on.work()
    with on.core.store.read() as tx:
        assert len(moderation_fits.versions(tx, HERE)) == 2


def test_a_chosen_guideline_is_named_and_a_changed_one_is_found_by_meaning_again(on: Story) -> None:
    with on.core.store.write() as tx:
        old = people.community(tx, HERE)
        rules = (*old.guidelines, "No quarrels in the log.")
        people.put_community(tx, type(old)(old.id, old.name, old.big_purpose, rules, old.settings), on.clock())
    on.settings(jobs=("moderate",), category_guidelines={"harassment": "No quarrels in the log."})
    post(on, "p1")
    assert flags(on)[0].payload["guideline"] == len(rules)
    on.settings(jobs=("moderate",), category_guidelines={"harassment": "A guideline that is gone."})
    post(on, "p2")
    assert flags(on)[1].payload["guideline"] == 1


def test_readings_and_what_was_learned_go_with_an_erased_member(on: Story) -> None:
    post(on, "p1")
    on.work()
    stored(on, Fit(1, on.clock(), learned=Learned({"harassment": 1.0})))
    on.core.erasure.erase(HERE, "ben", OPERATOR)
    assert read(on) == []
    with on.core.store.read() as tx:
        assert moderation_fits.versions(tx, HERE) == []
