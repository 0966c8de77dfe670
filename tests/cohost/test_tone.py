"""Words that a community excludes: in no draft, whoever worded it; a quote may hold them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from story import HERE, Story
from test_discuss import ROPES
from test_discuss import drafts as prompts_of
from test_occasions import busy_week, kickoff, recap, say, welcome

from cohost import tone
from cohost.discuss.patterns import FORMATS, patterns
from cohost.model import SourceInput
from cohost.store.audit import OPERATOR
from cohost.testing import ScriptedModel


@pytest.fixture
def on(story: Story) -> Story:
    story.core.intake.put(HERE, "course", SourceInput("ropes", "lesson", "Ropes", ROPES), OPERATOR)
    return story


def exclude(story: Story, *words: str) -> None:
    story.settings(jobs=("discuss",), words_excluded=words)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("An Amazing loaf.", "amazing"),
        ("Amazingly good.", ""),
        ("> An amazing loaf.\n\nWhat do you say?", ""),
        ("“An amazing loaf”: is it?", ""),
        ("See [An amazing loaf](</board/a/sources/b>).", ""),
        ("A game\nchanger, this.", "game changer"),
        ("“Quoted” and amazing.", "amazing"),
    ],
)
def test_whole_words_count_and_quotes_do_not(text: str, found: str) -> None:
    assert tone.excluded(text, ("amazing", "game changer")) == found


def test_patterns_with_an_excluded_word_are_not_used(on: Story) -> None:
    exclude(on, "experience", "surprised", "you")
    made = prompts_of(on, 30)
    assert all(not tone.excluded(one.payload["text"], ("experience", "surprised", "you")) for one in made)
    assert not any(tone.excluded(one.payload["title"], ("you",)) for one in made)


def test_some_formats_are_left_with_common_words_excluded() -> None:
    without = patterns(("argue", "ready"))
    assert set(without) == set(FORMATS) - {"debate"}  # its easy way says "argue"
    assert without["question"].by_kind == patterns()["question"].by_kind


def test_where_no_words_are_left_the_host_is_told(on: Story) -> None:
    exclude(on, "a", "no", "one")
    (nothing,) = prompts_of(on, 3)
    assert nothing.status == "abstained"
    assert "excluded (a, no, one)" in nothing.rationale


@pytest.mark.parametrize("word", ["hello", "good to have you"])
def test_a_welcome_takes_another_greeting_or_says_that_there_is_none(on: Story, word: str) -> None:
    exclude(on, word)
    say(on, "knots", "ben", "Which knot do you trust?", title="Knots", day=2)
    one = welcome(on)
    if word == "hello":  # every greeting has it
        assert (one.status, "the part “greeting” of a welcome" in one.rationale) == ("abstained", True)
    else:
        assert (one.status, "welcome to" in one.payload["text"]) == ("pending", True)


def test_recaps_and_kick_offs_avoid_them_too(on: Story) -> None:
    exclude(on, "mind", "everybody", "turn", "example")
    busy_week(on)
    for one in (recap(on), kickoff(on)):
        assert one.status == "pending"
        assert not tone.excluded(one.payload["text"], ("mind", "everybody", "turn", "example"))


def test_a_model_that_uses_one_is_not_followed(on: Story) -> None:
    exclude(on, "amazing")
    said = {"title": "Ropes", "text": "An amazing rope: which one do you own?", "low_effort": "Name one."}
    worker = replace(on.core.worker, model=ScriptedModel([said]))
    (one,) = prompts_of(replace(on, core=replace(on.core, worker=worker)), 1, format="question")
    assert "amazing" not in one.payload["text"]
    assert (one.provenance.made_by, one.provenance.fallback) == ("embedded", tone.EXCLUDED)


def test_a_quote_may_hold_one(on: Story) -> None:
    exclude(on, "bowline", "hitch", "rope", "ropes")
    assert any("bowline" in one.payload["text"].lower() for one in prompts_of(on, 30))


def test_a_host_is_told_of_a_word_that_has_no_other(on: Story) -> None:
    exclude(on, "begun by")
    busy_week(on)
    assert "It says “begun by”, which you excluded" in recap(on).rationale
    assert "excluded" not in kickoff(on).rationale
