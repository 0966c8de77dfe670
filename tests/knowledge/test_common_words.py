"""In a large database, words that stand nearly everywhere are left out where rarer ones are there."""

from __future__ import annotations

import pytest
from conftest import HERE, Cast

from cohost.bootstrap import App
from cohost.model import SourceInput
from cohost.store import Tx, places
from cohost.store.audit import OPERATOR
from cohost.store.common_words import without_common

ASKED = ["harbours", "anchor", "lantern"]


def spaces(tx: Tx) -> list[int]:
    return [space.pk for space in places.all_spaces(tx, HERE)]


@pytest.fixture
def written(core: App, cast: Cast) -> App:
    """Forty posts on harbours; an anchor and a lantern stand in one each."""
    posts = [f"The harbour on day {number}." for number in range(38)]
    posts += ["The harbour and its anchor.", "The harbour and its lantern."]
    items = [("lounge", SourceInput(f"p{n}", "post", f"Post {n}", text)) for n, text in enumerate(posts)]
    core.intake.put_many(HERE, items, OPERATOR)
    return core


def test_common_words_are_left_out_of_a_large_database(written: App) -> None:
    with written.store.read() as tx:
        assert without_common(tx, ASKED, spaces(tx), large=1) == ["anchor", "lantern"]


def test_all_words_are_kept_in_a_small_one(written: App) -> None:
    with written.store.read() as tx:
        assert without_common(tx, ASKED, spaces(tx)) == ASKED


@pytest.mark.parametrize("terms", [["harbour", "day"], ["harbour", "day", "anchor"]])
def test_all_words_are_kept_where_too_few_rare_ones_are_left(written: App, terms: list[str]) -> None:
    with written.store.read() as tx:
        assert without_common(tx, terms, spaces(tx), large=1) == terms


def test_signs_in_a_word_are_no_syntax(written: App) -> None:
    with written.store.read() as tx:
        assert without_common(tx, ['a"b', "x'y", "harbour"], spaces(tx), large=1) == ['a"b', "x'y"]


def test_all_words_are_kept_where_little_of_a_large_database_is_searched(written: App) -> None:
    with written.store.read() as tx:
        course = places.space(tx, HERE, "course").pk
        assert without_common(tx, ASKED, [course], large=10) == ASKED
        assert without_common(tx, ASKED, spaces(tx), large=10) == ["anchor", "lantern"]
