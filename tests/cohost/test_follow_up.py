"""Follow-ups are understood from the turns before them, by code or in a model's words."""

from __future__ import annotations

import pytest

from cohost.errors import ModelUnavailable
from cohost.jobs.follow_up import depends, resolved
from cohost.suggestion import Suggestion
from cohost.testing import ScriptedModel
from tests.cohost.answer_case import NEAP, SPRING, invented, said, with_model
from tests.story import Story

SPRING_TURN = {"role": "member", "text": "When do spring tides come?"}
ANSWER_TURN = {
    "role": "cohost",
    "text": f"Here is what our material says:\n\n> {SPRING}\n\n— [Tides › Spring tides](u)",
}
LIST_TURN = {
    "role": "cohost",
    "text": "There are two kinds:\n\n1. Spring tides, with much water\n2. Neap tides, with little water\n\n— Tides",
}

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    ("question", "does"),
    [
        ("And the neap ones?", True),
        ("And for the second one?", True),
        ("How long then?", True),
        ("Why is that?", True),
        ("What about neap tides?", True),
        ("Does it matter?", True),
        ("Why?", True),
        ("How do you tie a bowline knot on deck?", False),
        ("When should this boat leave the harbour mooring?", False),
    ],
)
def test_follow_up_is_told_from_a_question_that_stands_by_itself(question: str, does: bool) -> None:
    assert depends(question, [SPRING_TURN, ANSWER_TURN]) is does
    assert not depends(question, [])


@pytest.mark.parametrize(
    ("question", "answer", "words"),
    [
        ("And the neap ones?", ANSWER_TURN, {"when", "tides", "neap"}),
        ("Why is that?", ANSWER_TURN, {"why", "spring", "tides"}),
        ("How long then?", ANSWER_TURN, {"how", "long", "spring", "tides"}),
        ("And for the second one?", LIST_TURN, {"when", "neap", "little"}),
        ("How high is the last one?", LIST_TURN, {"how", "high", "neap"}),
        ("And for the fifth one?", LIST_TURN, {"when", "spring", "tides"}),  # there is none: the topic stays
    ],
)
def test_what_is_left_out_is_taken_from_the_turns_before(
    question: str, answer: dict[str, str], words: set[str]
) -> None:
    text = resolved(question, [SPRING_TURN, answer]).text
    assert words <= set(text.lower().replace("?", "").split())


def test_topic_of_a_bare_chain_is_what_the_answer_cited() -> None:
    text = resolved("How long then?", [{"role": "member", "text": "And why?"}, ANSWER_TURN]).text
    assert "tides" in text


def follow(story: Story, question: str, *turns: dict[str, str]) -> Suggestion:
    asked = story.core.questions.ask(story.cast.caller("ada"), question, space_id="course", history=turns)
    story.work()
    return story.of(asked)[-1]


def test_and_the_other_kind_is_answered_from_its_own_section(story: Story) -> None:
    drafted = follow(story, "And the neap ones?", SPRING_TURN, ANSWER_TURN)
    assert drafted.status == "pending"
    assert NEAP in drafted.payload["text"]
    assert SPRING not in drafted.payload["text"]
    assert drafted.payload["question"] == "And the neap ones?"


@sqlite
def test_follow_up_about_something_unheard_of_is_not_answered_with_the_old_answer(story: Story) -> None:
    assert follow(story, "And the storm surges?", SPRING_TURN, ANSWER_TURN).status == "abstained"


@sqlite
def test_model_puts_a_follow_up_into_words_before_the_search(story: Story) -> None:
    rewriting = {"question": "When do neap tides come?"}
    model = ScriptedModel([rewriting, {"answerable": True, "claims": [invented("At the half moons.", NEAP)]}])
    drafted = follow(with_model(story.core, story.cast, model), "And the others?", SPRING_TURN, ANSWER_TURN)
    rewrite, answer = model.prompts
    assert (rewrite.name, rewrite.job) == ("rewrite", "answer")
    assert "And the others?" in answer.user  # the member's own words are answered
    assert rewrite.begun_s == answer.begun_s is not None  # both within one deadline
    assert said(drafted) == ["At the half moons."]


@sqlite
def test_question_that_stands_by_itself_costs_no_rewriting(story: Story) -> None:
    model = ScriptedModel([{"answerable": False, "claims": []}])
    follow(with_model(story.core, story.cast, model), "When exactly do the neap tides come?", SPRING_TURN)
    assert [prompt.name for prompt in model.prompts] == ["answer"]


@sqlite
def test_model_that_fails_at_rewriting_is_not_asked_again(story: Story) -> None:
    model = ScriptedModel([ModelUnavailable("timeout", "Too late.")])
    drafted = follow(with_model(story.core, story.cast, model), "And the neap ones?", SPRING_TURN, ANSWER_TURN)
    assert (drafted.status, drafted.provenance.fallback) == ("pending", "timeout")
    assert NEAP in drafted.payload["text"]


@sqlite
@pytest.mark.parametrize("nonsense", ["", " ", "word " * 200])
def test_useless_rewriting_is_left_aside(story: Story, nonsense: str) -> None:
    model = ScriptedModel([{"question": nonsense}, {"answerable": True, "claims": [invented("At half moon.", NEAP)]}])
    assert said(follow(with_model(story.core, story.cast, model), "And the neap ones?", SPRING_TURN)) == [
        "At half moon."
    ]
