"""Guidelines proposed in plain words, with reasons, for a host's answers."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cohost.errors import InvalidInput
from cohost.purpose.guidelines import proposals, questions
from cohost.testing import HashEmbedder

HASHED = HashEmbedder()


def test_there_are_at_least_a_dozen_and_no_two_alike() -> None:
    first = {one.id: one.answers[0].id for one in questions()}
    made = proposals(first, (), HASHED)
    assert 12 <= len(made) <= 20
    assert len({one.text for one in made}) == len(made)
    assert proposals(first, (), HASHED) == made


def test_each_is_short_whole_and_has_its_reason() -> None:
    texts = [(choice.text, choice.reason) for one in questions() for choice in one.answers if choice.text]
    texts += [(one.text, one.reason) for one in proposals({}, (), HASHED)]
    for text, reason in texts:
        assert 8 <= len(text.split()) <= 45, text
        assert re.fullmatch(r"[A-Z].*[.]", text), text
        assert re.fullmatch(r"[A-Z].*[.]", reason), reason
    assert all(len(one.answers) >= 2 and one.question.endswith("?") for one in questions())


def test_an_answer_decides_which_one_is_proposed() -> None:
    strict, open_ = (proposals({"self-promotion": answer}, (), HASHED)[-1] for answer in ("no", "after-giving"))
    assert "do not advertise" in strict.text
    assert "You may mention your own work" in open_.text
    assert strict.id == open_.id == "self-promotion"


def test_an_answer_may_bring_none() -> None:
    assert proposals({"advice": "no"}, (), HASHED) == proposals({}, (), HASHED)


def test_one_that_says_what_is_there_already_is_marked() -> None:
    (kind, *others) = proposals({}, (), HASHED)
    again = proposals({}, ("We eat at noon.", kind.text), HASHED)
    assert [one.like for one in again] == [2, *[None] * len(others)]


@pytest.mark.parametrize("answers", [{"weather": "no"}, {"self-promotion": "perhaps"}])
def test_what_is_not_asked_or_no_answer_is_named(answers: dict[str, str]) -> None:
    with pytest.raises(InvalidInput, match="self-promotion"):
        proposals(answers, (), HASHED)


def test_over_http_a_host_is_asked_and_gets_proposals(client: Any, as_: Any) -> None:
    asked = client.get("/v1/guidelines/questions", headers=as_("hana")).json()["items"]
    answers = {one["id"]: one["answers"][0]["id"] for one in asked}
    made = client.post("/v1/guidelines/proposals", json={"answers": answers}, headers=as_("hana")).json()["items"]
    assert len(made) >= 12
    refused = client.post("/v1/guidelines/proposals", json={"answers": {"weather": "no"}}, headers=as_("hana"))
    assert refused.status_code == 422
    assert client.get("/v1/community", headers=as_("hana")).json()["guidelines"] == ["Be kind."]
