"""Whom a question finds: nearness before volume, freshness, room, and each person by themselves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cohost.match.helpers import HALF_LIFE_DAYS, MOST, NEAR, Said, likely


def said(member, cosine, post="", **changes):
    return Said(member, changes.pop("kind", "answered"), cosine, space_id="s", source_id=post, **changes)


def ranked(found, busy=None, room=None):
    return [one.member_id for one in likely(found, busy=busy or {}, room=room or {})]


def test_a_hundred_posts_nearby_do_not_outweigh_one_that_is_at_the_point():
    loud = [said("loud", 0.4, str(n)) for n in range(100)]
    assert ranked([*loud, said("quiet", 0.7, "one")]) == ["quiet", "loud"]


def test_a_long_post_counts_once_by_its_nearest_part():
    parts = [said("long", 0.5, "one") for _ in range(9)]
    (once,) = likely([said("long", 0.5, "one")], busy={}, room={})
    assert likely(parts, busy={}, room={}) == [once]


def test_an_answer_says_more_than_a_question_a_mark_more_than_none_and_new_more_than_old():
    pairs = [
        ({"kind": "asked"}, {"kind": "answered"}),
        ({}, {"marked": True}),
        ({"age_days": HALF_LIFE_DAYS}, {"age_days": 0.0}),
    ]
    for less, more in pairs:
        assert ranked([said("a", 0.6, "one", **less), said("b", 0.6, "one", **more)]) == ["b", "a"]


def test_who_is_asked_already_comes_later_and_without_room_not_at_all():
    both = [said("a", 0.6, "one"), said("b", 0.6, "one")]
    assert ranked(both) == ["a", "b"]
    assert ranked(both, busy={"a": 1}) == ["b", "a"]
    assert ranked(both, busy={"a": 1}, room={"a": 1}) == ["b"]


def test_nobody_is_better_than_anybody():
    assert ranked([said("a", NEAR - 0.01, "one")]) == []


cosines = st.floats(-1, 1, allow_nan=False)
many = st.lists(st.builds(said, st.sampled_from("abcdef"), cosines, st.sampled_from("pqrs")), max_size=40)


@given(many, st.sampled_from("abcdef"))
def test_without_somebody_the_others_stay_as_they_are(found, gone):
    before = [one for one in likely(found, busy={}, room={}) if one.member_id != gone]
    after = likely([one for one in found if one.member_id != gone], busy={}, room={})
    assert after[: len(before)] == before
    assert len(after) <= MOST
