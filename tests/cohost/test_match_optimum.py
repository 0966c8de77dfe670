"""Pairs, mentors and groups against what is best by another way of finding it."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cohost.match.groups import match_groups, sizes_of, worst
from cohost.match.mentors import match_mentors
from cohost.match.profile import utc_hours


@pytest.mark.parametrize("seed", range(3))
def test_the_worst_group_is_nearly_as_good_as_the_worst_planted_one(seed: int) -> None:
    random = np.random.default_rng(seed)
    group = random.permutation(np.arange(120) // 4)
    people = random.standard_normal((30, 16))[group] + 0.5 * random.standard_normal((120, 16))
    people /= np.linalg.norm(people, axis=1, keepdims=True)
    scores = (people @ people.T).astype(np.float32)
    found = match_groups(scores, ~np.eye(120, dtype=bool), 4)
    planted = [tuple(np.flatnonzero(group == at).tolist()) for at in range(30)]
    assert sorted(at for g in found.groups for at in g) == list(range(120))
    assert worst(found.groups, scores) >= 0.95 * worst(planted, scores)


@given(st.integers(3, 300), st.integers(3, 6))
def test_groups_hold_everyone_and_are_of_three_to_six_where_the_number_allows(people: int, size: int) -> None:
    sizes = sizes_of(people, size)
    assert sum(sizes) == people
    assert all(3 <= one <= 6 for one in sizes)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 8), st.integers(1, 6), st.integers(0, 10_000))
def test_mentors_are_assigned_as_well_as_can_be(mentees: int, mentors: int, seed: int) -> None:
    from scipy.optimize import linear_sum_assignment

    random = np.random.default_rng(seed)
    scores = random.random((mentees, mentors)).astype(np.float32)
    capacities = random.integers(1, 4, mentors)
    places = np.repeat(np.arange(mentors), capacities)
    best = scores[:, places][linear_sum_assignment(scores[:, places], maximize=True)].sum()
    found = match_mentors(scores, np.ones_like(scores, bool), capacities.tolist(), [0] * mentees, spread=0)
    assert found.total == pytest.approx(best, abs=1e-3)  # counted in whole ten-thousandths


def test_the_mentee_who_was_left_out_comes_first() -> None:
    scores = np.array([[0.9], [0.1]], np.float32)
    assert match_mentors(scores, np.ones((2, 1), bool), [1], [0, 1]).mentor_of == (None, 0)


def test_popular_mentors_are_spared_where_others_are_nearly_as_good() -> None:
    scores = np.array([[0.50, 0.49]] * 4, np.float32)
    found = match_mentors(scores, np.ones((4, 2), bool), [4, 4], [0] * 4).mentor_of
    assert sorted(str(mentor) for mentor in found) == ["0", "0", "1", "1"]


def test_hours_follow_the_clock_of_the_place() -> None:
    winter, summer = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 7, 6, tzinfo=UTC)
    assert utc_hours([9], "Europe/Paris", winter) == {8}
    assert utc_hours([9], "Europe/Paris", summer) == {7}
    assert utc_hours([0], "Europe/Paris", winter) == {167}  # Monday midnight is Sunday in UTC


def test_where_clocks_differ_by_half_an_hour_only_whole_free_hours_count() -> None:
    assert utc_hours([9, 10], "Asia/Kolkata", datetime(2026, 1, 5, tzinfo=UTC)) == {4}  # 09:30 to 10:30 there
