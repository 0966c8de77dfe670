"""Whom a question speaks to."""

from __future__ import annotations

import pytest

from cohost.jobs.addressed import addressed
from cohost.model import Member

ADA, BEN = Member("ada", "Ada Lovell"), Member("ben", "Ben")


@pytest.mark.parametrize(
    ("question", "who"),
    [
        ("Ada, how long do you soak it?", [ADA]),
        ("hi Ada! how long do you soak it?", [ADA]),
        ("Do you soak it first, Ben?", [BEN]),
        ("@Ben and @Ada Lovell: do you soak it?", [ADA, BEN]),
        ("How long does Ada soak it?", []),  # about her, asked of everybody
        ("Has Ben, or anybody, soaked it?", []),
        ("ben, is that a name or a mountain?", []),
        ("Benches, chairs: what do we need?", []),
        ("", []),
    ],
)
def test_a_member_is_spoken_to_by_name(question, who):
    assert list(addressed(question, [ADA, BEN])) == who
