"""Rules in an order: each is kept as far as it can be, before all that follow it and before the weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest

from cohost.errors import InvalidInput
from cohost.match.limits import ALL_ALIKE, ALL_DIFFER, SILENT, TOO_MANY, limits, without_partner
from cohost.match.ordered import Kind, Rule, RuleField, rule_of
from cohost.match.plan import Plan, Round, Shape, plan, plan_mentors
from cohost.match.profile import Profile
from cohost.match.rules import Allowed, Must
from tests.cohost.match_case import embed, here, random_people

ZONES = (-5.0, 0.0, 5.5, 9.0)


def members(n: int) -> list[Profile]:
    """Five levels, three languages and four zones, in no order."""
    random = Random(3)  # noqa: S311  a game of dice
    return [
        replace(
            one, level=at % 5, languages=frozenset({("en", "fr", "pt")[at % 3]}), utc_offset=random.choice(ZONES),
            purposes=frozenset({"introductions", "helping"}),
        )
        for at, one in enumerate(random_people(n))
    ]  # fmt: skip


def made(people: Sequence[Profile], *rules: Rule, shape: Shape = "pairs") -> Plan:
    return plan(people, Round(shape, rules=rules), frozenset(), embed, run=here)


def kept(found: Plan, rule: Rule) -> int:
    return sum(rule not in meeting.unmet for meeting in found.meetings)


@pytest.mark.parametrize("shape", ["pairs", "groups"])
@pytest.mark.parametrize(("kind", "field"), [
    ("cluster", "level"), ("cluster", "languages"), ("distribute", "level"), ("balance", "level"), ("balance", "languages"),
])  # fmt: skip
def test_a_rule_that_can_be_kept_is_kept_everywhere(shape: Shape, kind: Kind, field: RuleField) -> None:
    rule = Rule(kind, field)
    found = made(members(60), rule, shape=shape)
    assert kept(found, rule) == len(found.meetings)


def test_without_the_rule_it_is_not_kept_everywhere() -> None:
    found = made(members(60))
    level = {one.member_id: one.level for one in members(60)}
    assert any(level[one] != level[other] for one, other in (meeting.member_ids for meeting in found.meetings))


def test_of_two_rules_that_exclude_each_other_the_first_is_kept() -> None:
    """Everybody on one level speaks one language, so that two alike in level always share it."""
    people = [replace(one, languages=frozenset({str(one.level)})) for one in members(60)]
    alike, mixed = Rule("cluster", "level"), Rule("distribute", "languages")
    first, second = made(people, alike, mixed), made(people, mixed, alike)
    assert (kept(first, alike), kept(first, mixed)) == (30, 0)
    assert (kept(second, alike), kept(second, mixed)) == (0, 30)


def test_zones_lie_around_the_clock() -> None:
    people = [
        replace(one, utc_offset=offset)
        for one, offset in zip(random_people(4), (-11.0, 12.0, 0.0, 1.0), strict=True)
    ]  # fmt: skip
    found = made(people, Rule("cluster", "time_zone"))
    assert {meeting.member_ids for meeting in found.meetings} == {("m00000", "m00001"), ("m00002", "m00003")}
    assert not any(meeting.unmet for meeting in found.meetings)  # an hour apart, each


def test_in_a_group_all_clocks_must_be_near() -> None:
    people = [replace(one, utc_offset=2.0 * at) for at, one in enumerate(random_people(3))]
    together = replace(people[2], utc_offset=1.0)
    rule = Rule("cluster", "time_zone")
    assert kept(made(people, rule, shape="groups"), rule) == 0  # the first and the last are four hours apart
    assert kept(made([*people[:2], together], rule, shape="groups"), rule) == 1


def test_one_group_without_a_rule_is_better_than_none_with_it() -> None:
    zones = (0.0,) * 9 + (-9.0, -6.0, -3.0, 3.0, 6.0, 9.0, 12.0)
    people = [replace(one, utc_offset=zone) for one, zone in zip(random_people(16), zones, strict=True)]
    rule = Rule("cluster", "time_zone")
    assert kept(made(people, rule, shape="groups"), rule) == 2  # eight of the nine; seven live far from everybody


def test_mentors_follow_the_rules_too() -> None:
    learners = members(20)
    mentors = [(replace(one, member_id=f"t{at}"), 4) for at, one in enumerate(members(10))]
    rule = Rule("cluster", "level")
    found = plan_mentors(learners, mentors, Round(rules=(rule,)), frozenset(), embed, run=here)
    assert kept(found, rule) == len(found.meetings) == 20


def test_a_hard_rule_is_never_given_up_for_a_rule_in_the_order() -> None:
    must, mixed = Must(shared_language=True), Rule("distribute", "languages")
    found = plan(members(60), Round(must=must, rules=(mixed,)), frozenset(), embed, run=here)
    assert kept(found, mixed) == 0
    assert not found.left_out


def test_what_stands_in_the_way_of_a_rule_is_counted_before_anybody_is_matched() -> None:
    people = tuple(Profile(f"m{at}", level=level) for at, level in enumerate((0, 0, 0, 0, 1, None)))
    alike, mixed = (
        found.limits for found in limits(
            [Rule("cluster", "level"), Rule("distribute", "level")], Allowed(people), learners=0, group_size=2
        )
    )  # fmt: skip
    assert alike == {SILENT: 1, ALL_DIFFER: 1}
    assert mixed == {SILENT: 1, TOO_MANY: 1}  # four of one level, three meetings
    (mentoring,) = limits([Rule("distribute", "level")], Allowed(people[:4]), learners=2, group_size=2)
    assert mentoring.limits == {ALL_ALIKE: 4}


def test_limits_are_told_from_public_rules_alone() -> None:
    people = tuple(members(12))
    secret = frozenset(frozenset({people[0].member_id, other.member_id}) for other in people[1:])
    assert without_partner(Allowed(people), 0) == []
    assert without_partner(Allowed(people, apart=secret), 0) == [0]  # so it is asked without secret pairs


@pytest.mark.parametrize("text", ["", "cluster", "cluster:age", "apart:level"])
def test_what_is_no_rule_is_refused_with_what_there_is(text: str) -> None:
    with pytest.raises(InvalidInput, match="KIND:FIELD"):
        rule_of(text)
