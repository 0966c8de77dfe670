"""Who may read what, row by row of the destination table."""

from __future__ import annotations

import pytest
from story import HERE, Story

from cohost import audience
from cohost.audience import Sight
from cohost.errors import NotFound
from cohost.model import Member
from cohost.suggestion import Destination, for_asker, in_space

ALL, OPEN = {"course", "lounge", "den"}, {"course", "lounge"}  # den is private: ada's, and staff reads along


@pytest.fixture
def seen(story: Story) -> Sight:
    return sight(story)


def sight(story: Story) -> Sight:
    with story.core.store.read() as tx:
        return audience.sight(tx, HERE)


@pytest.mark.parametrize(
    ("destination", "readers", "usable"),
    [
        (in_space("course"), {"hana", "mo", "ada", "ben"}, OPEN),
        (in_space("den"), {"hana", "mo", "ada"}, ALL),
        (for_asker("ada"), {"ada"}, ALL),
        (for_asker("ben"), {"ben"}, OPEN),
        (for_asker("mo"), {"mo"}, ALL),
        (Destination("introduction", member_ids=("ada", "hana")), {"ada", "hana"}, OPEN),
        (Destination("moderation_desk", source_id="key"), {"hana", "mo"}, ALL),
        (Destination("private_note", member_ids=("ada",), source_id="key"), {"ada"}, set()),
        (Destination("hosts"), {"hana", "mo"}, ALL),
    ],
    ids=lambda value: value.kind if isinstance(value, Destination) else None,
)
def test_a_destination_has_its_readers_and_its_sources(
    seen: Sight, destination: Destination, readers: set[str], usable: set[str]
) -> None:
    assert audience.readers(seen, destination) == readers
    assert audience.usable_spaces(seen, destination) == usable


@pytest.mark.parametrize(
    "destination", [for_asker("zed"), for_asker("stranger"), Destination("asker"), in_space("gone")]
)
def test_where_nobody_reads_nothing_may_be_used(seen: Sight, destination: Destination) -> None:
    assert audience.readers(seen, destination) == frozenset()
    assert audience.usable_spaces(seen, destination) == frozenset()


def test_a_space_whose_readers_all_left_does_not_open_the_others(story: Story) -> None:
    story.put_space("attic", "ben")
    for name, role in (("hana", "host"), ("mo", "moderator"), ("ben", "member")):
        story.put_member(Member(name, name, role, active=False))  # type: ignore[arg-type]
    seen = sight(story)
    assert audience.readers(seen, in_space("attic")) == frozenset()
    assert audience.usable_spaces(seen, in_space("attic")) == OPEN | {"attic"}


def test_a_private_space_is_used_where_all_its_readers_belong_to_the_other(story: Story) -> None:
    story.put_space("crew", "ada", "ben")
    seen = sight(story)
    assert audience.usable_spaces(seen, in_space("den")) == ALL | {"crew"}  # whoever reads the den is in the crew
    assert audience.usable_spaces(seen, in_space("crew")) == OPEN | {"crew"}  # ben is not in the den


def test_who_left_reads_nothing_and_is_no_reader(story: Story) -> None:
    story.put_member(Member("ada", "Ada", active=False))
    seen = sight(story)
    assert audience.readers(seen, in_space("den")) == {"hana", "mo"}
    assert audience.usable_spaces(seen, for_asker("ada")) == frozenset()


def test_a_demoted_moderator_no_longer_reads_private_spaces(story: Story) -> None:
    story.put_member(Member("mo", "Mo", "member"))
    assert audience.usable_spaces(sight(story), for_asker("mo")) == OPEN


@pytest.mark.parametrize(
    ("outer", "inner", "contained"),
    [
        (in_space("course"), for_asker("ben"), True),
        (in_space("course"), in_space("den"), True),
        (in_space("den"), in_space("course"), False),
        (in_space("den"), for_asker("ada"), True),
        (in_space("den"), for_asker("ben"), False),
        (for_asker("ada"), for_asker("ada"), True),
        (for_asker("ada"), for_asker("ben"), False),
        (in_space("course"), for_asker("zed"), False),  # nobody there: nobody is offered anything
    ],
)
def test_an_answer_is_offered_again_only_within_its_audience(
    seen: Sight, outer: Destination, inner: Destination, contained: bool
) -> None:
    assert audience.contains(seen, outer, inner) == contained


@pytest.mark.parametrize(
    ("who", "knows"), [("hana", True), ("mo", True), ("ada", True), ("ben", False), ("platform", True)]
)
def test_a_private_space_looks_absent_to_those_outside(story: Story, seen: Sight, who: str, knows: bool) -> None:
    if knows:
        assert audience.space_in_sight(seen, story.cast.caller(who), "den").id == "den"
        return
    with pytest.raises(NotFound) as there:
        audience.space_in_sight(seen, story.cast.caller(who), "den")
    with pytest.raises(NotFound) as absent:
        audience.space_in_sight(seen, story.cast.caller(who), "attic")
    assert there.value.message == absent.value.message.replace("attic", "den")


@pytest.mark.parametrize(("who", "readable"), [("ada", ALL), ("ben", OPEN), ("mo", ALL), ("platform", OPEN)])
def test_a_caller_reads_what_they_belong_to(story: Story, seen: Sight, who: str, readable: set[str]) -> None:
    assert audience.readable_spaces(seen, story.cast.caller(who)) == readable


def test_hosts_are_told_who_will_read_it(seen: Sight) -> None:
    assert audience.describe(seen, in_space("course")) == "every member (Course)"
    assert audience.describe(seen, in_space("den")) == "the members of Den and staff"
    assert audience.describe(seen, in_space("attic")) == "nobody (the space is gone)"
    assert audience.describe(seen, for_asker("ada")) == "the person who asked"
