"""A host's CSV file of profiles."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cohost.errors import InvalidInput
from cohost.match.table import read_profiles

WINTER = datetime(2026, 1, 5, tzinfo=UTC)
HEAD = "member_id,asks,offers,level,languages,time_zone,free,shown,purposes"


def test_a_row_becomes_a_profile() -> None:
    row = "noor,chess; baking,sailing,2,EN;fr,Europe/Paris,mon 18-20,asks;offers,introductions;helping"
    (noor,) = read_profiles(f"\ufeff{HEAD}\n{row}\n", WINTER)
    assert (noor.member_id, noor.asks, noor.offers, noor.level) == ("noor", ("chess", "baking"), ("sailing",), 2)
    assert noor.languages == {"en", "fr"}
    assert noor.hours == {17, 18}  # Paris is an hour ahead in winter
    assert (noor.shown, noor.purposes) == ({"asks", "offers"}, {"introductions", "helping"})


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (",,,,,,,,introductions", "member_id is empty"),
        ("noor,,,7,,,,,", "level is '7'"),
        ("noor,,,²,,,,,", "level is '²'"),
        ("noor,,,,,,mon 18-20,,", "need a time_zone"),
        ("noor,,,,,Mars/Base,mon 18-20,,", "time_zone is 'Mars/Base'"),
        ("noor,,,,,../etc,mon 18-20,,", "time_zone is '../etc'"),
        ("noor,,,,,UTC,mon 20-18,,", "written like"),
        ("noor,,,,,,,birthday,", "shown holds birthday"),
        ("noor,,,,,,,,dating", "purposes holds dating"),
        ("noor,,,,,,,,,,", "more cells"),
        ("ada,,,,,,,,", "ada stands in an earlier row"),
    ],
)
def test_a_bad_row_is_named_by_its_line(row: str, told: str) -> None:
    with pytest.raises(InvalidInput, match="line 3: ") as refused:
        read_profiles(f"{HEAD}\nada,,,,,,,,\n{row}\n", WINTER)
    assert told in refused.value.message


def test_a_column_that_nobody_knows_is_refused() -> None:
    with pytest.raises(InvalidInput, match="Unknown columns: offer"):
        read_profiles("member_id,purposes,offer\n", WINTER)


def test_nobody_is_matched_who_did_not_say_so() -> None:
    (ada,) = read_profiles(f"{HEAD}\nada,,,,,,,,\n", WINTER)
    assert not ada.purposes
    assert not ada.shown
