"""A round keeps every hard rule, forgets nobody twice, and tells no secret.

COHOST_CHAOS_ROUNDS sets over how many generated communities each property is tried.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import rustworkx
from hypothesis import given, settings
from hypothesis import strategies as st

from cohost.errors import Busy, InvalidInput
from cohost.match.child import AT_ONCE, apart
from cohost.match.ordered import Rule
from cohost.match.plan import Plan, Round, plan, plan_mentors
from cohost.match.profile import Profile
from cohost.match.rules import NO_HOURS, NO_LANGUAGE, NOBODY_LEFT, Must
from tests.cohost.match_case import CHAOS_ROUNDS, SUBJECTS, communities, embed, here, random_people

ROOT = Path(__file__).parents[2]
INTRODUCTIONS = frozenset({"introductions"})
ROUNDS = st.builds(
    Round, shape=st.sampled_from(["pairs", "groups"]), group_size=st.integers(3, 6),
    must=st.builds(Must, overlap_hours=st.integers(0, 2), shared_language=st.booleans()),
    rules=st.lists(
        st.builds(
            Rule, st.sampled_from(["cluster", "distribute", "balance"]),
            st.sampled_from(["level", "languages", "time_zone", "asks"]),
        ), max_size=2,
    ).map(tuple),
)  # fmt: skip
Community = tuple[list[Profile], frozenset[frozenset[str]]]


@settings(max_examples=CHAOS_ROUNDS, deadline=None)
@given(communities(), ROUNDS)
def test_no_round_breaks_a_hard_rule(community: Community, asked: Round) -> None:
    people, apart_pairs = community
    made = plan(people, asked, apart_pairs, embed, run=here)
    who = {person.member_id: person for person in people}
    for meeting in made.meetings:
        for one, other in combinations(meeting.member_ids, 2):
            assert frozenset({one, other}) not in apart_pairs
            assert len(who[one].hours & who[other].hours) >= asked.must.overlap_hours
            assert who[one].languages & who[other].languages or not asked.must.shared_language
    willing = {person.member_id for person in people if "introductions" in person.purposes}
    assert sorted([*_met(made), *made.left_out]) == sorted(willing)


@settings(max_examples=CHAOS_ROUNDS, deadline=None)
@given(communities(), ROUNDS)
def test_what_a_host_reads_of_who_is_left_out_does_not_depend_on_secrets(community: Community, asked: Round) -> None:
    people, apart_pairs = community
    open_round = plan(people, asked, frozenset(), embed, run=here)
    secret_round = plan(people, asked, apart_pairs, embed, run=here)
    for member in open_round.left_out.keys() & secret_round.left_out.keys():
        assert open_round.left_out[member] == secret_round.left_out[member]
    assert set(secret_round.left_out.values()) <= {NO_LANGUAGE, NO_HOURS, NOBODY_LEFT}


@settings(max_examples=CHAOS_ROUNDS, deadline=None)
@given(communities())
def test_who_was_left_out_last_time_is_left_out_again_only_where_no_pairs_could_hold_them(community: Community) -> None:
    people, apart_pairs = community
    made = plan(people, Round(), apart_pairs, embed, run=here)
    again = [person for person in people if person.skipped and person.member_id in made.left_out]
    willing = [person for person in people if "introductions" in person.purposes]
    held = _most_skipped_that_pairs_can_hold(willing, apart_pairs)
    assert sum(person.skipped for person in willing) - len(again) >= held


def test_an_odd_number_ends_in_a_group_of_three() -> None:
    made = plan(random_people(7), Round(), frozenset(), embed, run=here)
    assert sorted(len(meeting.member_ids) for meeting in made.meetings) == [2, 2, 3]


def test_a_large_round_keeps_secret_pairs_apart_too() -> None:
    people = random_people(450)  # more than are looked at in full
    first = plan(people, Round(), frozenset(), embed, run=here)
    met = frozenset(frozenset(pair) for meeting in first.meetings for pair in combinations(meeting.member_ids, 2))
    second = plan(people, Round(), met, embed, run=here)
    assert not any(frozenset(pair) in met for m in second.meetings for pair in combinations(m.member_ids, 2))
    assert not second.left_out


def test_of_many_those_left_out_before_meet_somebody_even_where_all_want_the_same_few() -> None:
    wanted = [Profile(f"w{at}", offers=("chess",), purposes=INTRODUCTIONS) for at in range(8)]
    before = [Profile(f"b{at:02}", asks=("chess",), purposes=INTRODUCTIONS, skipped=1) for at in range(40)]
    others = [Profile(f"x{at:03}", purposes=INTRODUCTIONS) for at in range(400)]
    strangers = frozenset(frozenset((a.member_id, b.member_id)) for a, b in combinations(before, 2))
    made = plan([*wanted, *before, *others], Round(), strangers, embed, run=here)
    assert not made.left_out


def test_of_many_who_say_the_same_nobody_is_left_out() -> None:
    people = [
        Profile(f"m{at:04}", asks=(SUBJECTS[at % 6],), offers=(SUBJECTS[at * 7 % 6],), purposes=INTRODUCTIONS)
        for at in range(1_000)
    ]  # fmt: skip
    made = plan(people, Round(), frozenset(), embed, run=here)
    assert len(made.meetings) == 500
    assert not made.left_out


def test_many_left_out_before_do_not_make_a_round_of_thousands_slow() -> None:
    people = [replace(one, skipped=int(at < 500)) for at, one in enumerate(random_people(3_000))]
    looked_at = _pairs_looked_at(people)
    assert looked_at < 3_000 * 40  # all pairs of those five hundred would be a million and more


def test_a_score_is_the_sum_of_the_parts_that_are_shown() -> None:
    ada, ben = (
        Profile("ada", asks=("chess",), offers=("baking",), purposes=frozenset({"introductions"})),
        Profile("ben", asks=("baking",), offers=("chess",), purposes=frozenset({"introductions"})),
    )
    (meeting,) = plan([ada, ben], Round(), frozenset(), embed, run=here).meetings
    assert meeting.parts["asks_offers"] == pytest.approx(1)  # each offers just what the other asks for
    assert meeting.compatibility == pytest.approx(1 + 0.2)  # and they write as often: the weight of rhythm


def test_mentors_take_no_more_than_they_have_room_for() -> None:
    learners = random_people(5)
    mentors = [(Profile(f"t{at}", purposes=frozenset({"helping"})), 2) for at in range(2)]
    made = plan_mentors(learners, mentors, Round(), frozenset(), embed, run=here)
    assert sorted(meeting.member_ids[1] for meeting in made.meetings) == ["t0", "t0", "t1", "t1"]
    assert list(made.left_out.values()) == [NOBODY_LEFT]


def test_who_helps_some_may_be_helped_by_others_and_two_meet_once() -> None:
    both = frozenset({"introductions", "helping"})
    ada = Profile("ada", asks=("chess",), offers=("baking",), purposes=both)
    ben = Profile("ben", asks=("baking",), offers=("chess",), purposes=both)
    cora = Profile("cora", offers=("chess",), purposes=frozenset({"helping"}))
    made = plan_mentors([ada, ben], [(ada, 1), (ben, 1), (cora, 1)], Round(), frozenset(), embed, run=here)
    assert {meeting.member_ids for meeting in made.meetings} == {("ada", "cora"), ("ben", "ada")}
    alone = plan_mentors([ada, ben], [(ada, 1), (ben, 1)], Round(), frozenset(), embed, run=here)
    assert len(alone.meetings) == 1
    assert not alone.left_out  # both are in it


@settings(max_examples=CHAOS_ROUNDS, deadline=None)
@given(communities())
def test_who_stands_on_both_sides_is_kept_apart_on_both(community: Community) -> None:
    people, apart_pairs = community
    both = [replace(one, purposes=one.purposes | {"helping"}) for one in people]
    made = plan_mentors(both, [(one, 2) for one in both], Round(), apart_pairs, embed, run=here)
    met = [frozenset(meeting.member_ids) for meeting in made.meetings]
    assert len(met) == len(set(met))
    assert all(len(pair) == 2 for pair in met)
    assert not apart_pairs & set(met)


def test_a_round_is_made_in_another_process() -> None:
    people = random_people(AT_ONCE + 1)
    assert plan(people, Round(), frozenset(), embed) == plan(people, Round(), frozenset(), embed, run=here)


@pytest.mark.parametrize(("count", "started"), [(AT_ONCE, 0), (AT_ONCE + 1, 1)])
def test_a_process_is_started_only_for_more_than_a_few_people(count: int, started: int) -> None:
    runs: list[object] = []

    def run(solve: Callable[..., Any], *args: Any) -> Any:
        runs.append(solve)
        return solve(*args)

    people = [replace(one, purposes=INTRODUCTIONS) for one in random_people(count)]
    plan(people, Round(), frozenset(), embed, run=run)
    plan_mentors(
        people[1:], [(replace(people[0], purposes=frozenset({"helping"})), 1)], Round(), frozenset(), embed, run=run
    )
    assert len(runs) == 2 * started


def test_what_a_matching_raises_reaches_the_caller() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        apart(int, "three")


def test_a_process_that_dies_is_told_as_busy() -> None:
    with pytest.raises(Busy, match="died"):
        apart(exit, 1)


def test_a_process_that_dies_before_it_has_read_its_task_holds_nobody_up(tmp_path: Path) -> None:
    script = tmp_path / "unguarded.py"  # a child that imports this starts another one, which Python refuses
    script.write_text("from cohost.match.child import apart\napart(len, b'x' * 1_000_000)\n")
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    asked = [sys.executable, str(script)]
    ended = subprocess.run(asked, capture_output=True, cwd=ROOT, env=env, timeout=100)  # noqa: S603  our own script
    assert b"cohost.errors.Busy" in ended.stderr


def test_groups_of_two_are_refused() -> None:
    with pytest.raises(InvalidInput, match="3 to 6"):
        plan([], Round(shape="groups", group_size=2), frozenset(), embed, run=here)


def _pairs_looked_at(people: list[Profile]) -> int:
    seen: list[int] = []
    solve = rustworkx.max_weight_matching

    def counted(graph: rustworkx.PyGraph, **options: Any) -> set[tuple[int, int]]:
        seen.append(graph.num_edges())
        return solve(graph, **options)

    with mock.patch.object(rustworkx, "max_weight_matching", counted):
        plan(people, Round(), frozenset(), embed, run=here)
    return sum(seen)


def _met(made: Plan) -> list[str]:
    return [member for meeting in made.meetings for member in meeting.member_ids]


def _most_skipped_that_pairs_can_hold(people: list[Profile], apart_pairs: frozenset[frozenset[str]]) -> int:
    graph = rustworkx.PyGraph()
    graph.add_nodes_from(people)
    for one, other in combinations(range(len(people)), 2):
        if frozenset({people[one].member_id, people[other].member_id}) not in apart_pairs:
            graph.add_edge(one, other, people[one].skipped + people[other].skipped)
    return sum(
        graph.get_edge_data(one, other) for one, other in rustworkx.max_weight_matching(graph, weight_fn=lambda w: w)
    )
